use crate::event::{NodeKind, Sanitized, sanitized};

/// A set of the types that JSON Schema knows. A whole number is an integer and a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct JsonTypes(u8);

/// Each type: its name in a schema, and what people call a value of it.
const ALL: [(JsonTypes, &str, &str); 7] = [
    (JsonTypes::STRING, "string", "a string"),
    (JsonTypes::NUMBER, "number", "a number"),
    (JsonTypes::INTEGER, "integer", "a whole number"),
    (JsonTypes::BOOLEAN, "boolean", "true or false"),
    (JsonTypes::OBJECT, "object", "an object"),
    (JsonTypes::ARRAY, "array", "an array"),
    (JsonTypes::NULL, "null", "null"),
];

impl JsonTypes {
    pub(crate) const STRING: Self = Self(1);
    pub(crate) const NUMBER: Self = Self(1 << 1);
    pub(crate) const INTEGER: Self = Self(1 << 2);
    pub(crate) const BOOLEAN: Self = Self(1 << 3);
    pub(crate) const OBJECT: Self = Self(1 << 4);
    pub(crate) const ARRAY: Self = Self(1 << 5);
    pub(crate) const NULL: Self = Self(1 << 6);

    /// The type of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, known, _)| *known == name).map(|(types, ..)| *types)
    }

    /// Their names in a schema.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        ALL.into_iter().filter(move |(types, ..)| self.has(*types)).map(|(_, name, _)| name)
    }

    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether any of `other` is among them.
    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The type of a value of that kind; of a number it is not known whether it is whole.
impl From<NodeKind> for JsonTypes {
    fn from(kind: NodeKind) -> Self {
        match kind {
            NodeKind::String => Self::STRING,
            NodeKind::Number => Self::NUMBER,
            NodeKind::Bool => Self::BOOLEAN,
            NodeKind::Object => Self::OBJECT,
            NodeKind::Array => Self::ARRAY,
            NodeKind::Null => Self::NULL,
        }
    }
}

impl JsonTypes {
    /// As people say it: `a string, a number or null`.
    pub(super) fn words(self) -> Sanitized {
        let told = if self.has(Self::NUMBER) { self.without(Self::INTEGER) } else { self };
        let words: Vec<_> = ALL.iter().filter(|(types, ..)| told.has(*types)).map(|(.., words)| *words).collect();
        match words.split_last() {
            None => "no value".into(),
            Some((last, [])) => (*last).into(),
            Some((last, others)) => sanitized!("{} or {}", Sanitized::join(others, ", "), last),
        }
    }
}
