use super::decimal::Decimal;
use crate::event::{Document, NodeId, NodeKind};

/// A set of the types that JSON Schema knows. A whole number is an integer and a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Kinds(u8);

/// Each type: its name in a schema, and what people call a value of it.
const ALL: [(Kinds, &str, &str); 7] = [
    (Kinds::STRING, "string", "a string"),
    (Kinds::NUMBER, "number", "a number"),
    (Kinds::INTEGER, "integer", "a whole number"),
    (Kinds::BOOLEAN, "boolean", "true or false"),
    (Kinds::OBJECT, "object", "an object"),
    (Kinds::ARRAY, "array", "an array"),
    (Kinds::NULL, "null", "null"),
];

impl Kinds {
    pub(super) const STRING: Self = Self(1);
    pub(super) const NUMBER: Self = Self(1 << 1);
    pub(super) const INTEGER: Self = Self(1 << 2);
    pub(super) const BOOLEAN: Self = Self(1 << 3);
    pub(super) const OBJECT: Self = Self(1 << 4);
    pub(super) const ARRAY: Self = Self(1 << 5);
    pub(super) const NULL: Self = Self(1 << 6);

    /// The type of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, known, _)| *known == name).map(|(kind, ..)| *kind)
    }

    /// Their names in a schema.
    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        ALL.into_iter().filter(move |(kind, ..)| self.has(*kind)).map(|(_, name, _)| name)
    }

    /// What the value at `id` is.
    pub(super) fn of(event: &Document, id: NodeId) -> Self {
        match event.get(id).map(|node| node.kind) {
            None => Self::default(),
            Some(NodeKind::String) => Self::STRING,
            Some(NodeKind::Number) => {
                let text = event.text(id);
                let is_whole = !text.contains(['.', 'e', 'E']) || Decimal::read(text).is_integer();
                if is_whole { Self::NUMBER.or(Self::INTEGER) } else { Self::NUMBER }
            }
            Some(NodeKind::Bool) => Self::BOOLEAN,
            Some(NodeKind::Object) => Self::OBJECT,
            Some(NodeKind::Array) => Self::ARRAY,
            Some(NodeKind::Null) => Self::NULL,
        }
    }

    #[must_use]
    pub(super) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether any of `other` is among them.
    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What is expected, in words: `a string, a number or null`.
    pub(super) fn words(self) -> String {
        let whole = if self.has(Self::NUMBER) { self.without(Self::INTEGER) } else { self };
        let words: Vec<&str> = ALL.iter().filter(|(kind, ..)| whole.has(*kind)).map(|(.., words)| *words).collect();
        match words.split_last() {
            None => "no value".to_owned(),
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
        }
    }
}
