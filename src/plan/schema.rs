//! A JSON Schema as it is held to values: every keyword of the draft 2020-12 that asks something.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Mutex, OnceLock};

use regex_lite::Regex;
use url::Url;

use super::decimal::Decimal;
use super::format::Format;
use crate::event::{ByName, Document, NodeId, NodeKind};
use crate::lint::{JsonTypes, letters};

/// The draft of JSON Schema that a plan is written in.
pub(super) const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// One schema of a [`Schemas`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SchemaId(pub(super) u32);

/// A document that was read: every schema in it, and those that it refers to.
#[derive(Debug)]
pub(super) struct Schemas {
    /// The schema that is the document itself.
    pub(super) root: SchemaId,
    /// Whether any asks what others have not looked at: only then it is kept what they have.
    pub(super) has_unevaluated: bool,
    pub(super) every: Vec<Schema>,
    pub(super) resources: Vec<Resource>,
}

/// The constraints on a value.
#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) constraints: Vec<Constraint>,
    /// Which part of the document with an `$id` of its own it stands in.
    pub(super) resource: usize,
}

/// One thing that is asked of a value: a keyword, or those that only mean something together.
#[derive(Debug)]
pub(super) enum Constraint {
    /// That there is none: the schema `false`.
    Absence,
    Type(JsonTypes),
    /// `enum`; or `const`, with a single one.
    OneOf(Vec<Literal>),
    Minimum {
        than: Decimal,
        exclusive: bool,
    },
    Maximum {
        than: Decimal,
        exclusive: bool,
    },
    MultipleOf(Decimal),
    Length(Bounds),
    Pattern(Pattern),
    Format(Format),
    Elements(Bounds),
    Different,
    Items {
        first: Vec<SchemaId>,
        rest: Option<SchemaId>,
    },
    Contains {
        schema: SchemaId,
        bounds: Bounds,
    },
    Fields(Bounds),
    Required(Vec<Box<str>>),
    RequiredWith {
        field: Box<str>,
        others: Vec<Box<str>>,
    },
    Properties(Properties),
    Names(SchemaId),
    With {
        field: Box<str>,
        schema: SchemaId,
    },
    All(Vec<SchemaId>),
    Any(Vec<SchemaId>),
    One(Vec<SchemaId>),
    Not(SchemaId),
    If {
        test: SchemaId,
        then: Option<SchemaId>,
        otherwise: Option<SchemaId>,
    },
    Ref(SchemaId),
    /// With an anchor that is dynamic, it leads to the outermost one of that name on the way here.
    DynamicRef {
        schema: SchemaId,
        anchor: Option<Box<str>>,
    },
    UnevaluatedItems(SchemaId),
    UnevaluatedFields(SchemaId),
}

/// The schemas of the fields of an object, by their names.
#[derive(Debug, Default)]
pub(super) struct Properties {
    pub(super) named: BTreeMap<Box<str>, SchemaId>,
    pub(super) patterns: Vec<(Pattern, SchemaId)>,
    /// The schema of all the others.
    pub(super) others: Option<SchemaId>,
    /// What the names of fields are among them.
    pub(super) fields: ByName<Option<SchemaId>>,
    /// The names by their letters, once that is asked for.
    spelled: OnceLock<HashMap<String, Vec<Box<str>>>>,
}

impl Properties {
    /// The schema of the field at `id`, if it is named.
    pub(super) fn of_field(&self, event: &Document, id: NodeId) -> Option<SchemaId> {
        event.by_key(id, &self.fields, |name| self.named.get(name).copied())?
    }

    /// The names that have these letters.
    pub(super) fn spelled(&self, with: &str) -> impl Iterator<Item = &str> {
        let spelled = self.spelled.get_or_init(|| {
            let mut spelled: HashMap<_, Vec<_>> = HashMap::new();
            for name in self.named.keys() {
                spelled.entry(letters(name)).or_default().push(name.clone());
            }
            spelled
        });
        spelled.get(with).into_iter().flatten().map(|name| &**name)
    }
}

/// How many there must and may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) least: Option<usize>,
    pub(super) most: Option<usize>,
}

impl Bounds {
    pub(super) fn hold(self, count: usize) -> bool {
        self.least.is_none_or(|least| count >= least) && self.most.is_none_or(|most| count <= most)
    }

    pub(super) fn is_set(self) -> bool {
        self != Self::default()
    }
}

/// A regular expression, which is matched in time linear in the text, and how it is written.
#[derive(Debug)]
pub(super) struct Pattern {
    regex: Regex,
    pub(super) text: Box<str>,
    /// The texts that were asked for last, each with the answer: the same few, such as names of event types, come again and
    /// again.
    asked: Mutex<VecDeque<(Box<str>, bool)>>,
}

impl Pattern {
    pub(super) fn new(regex: Regex, text: Box<str>) -> Self {
        Self { regex, text, asked: Mutex::default() }
    }

    /// Whether a part of the text fits.
    pub(super) fn is_match(&self, text: &str) -> bool {
        /// So many are kept, of so many bytes at most.
        const MOST: usize = 8;
        const LONGEST: usize = 64;
        // Where another thread has them it costs less to look than to wait.
        let Some(mut asked) = self.asked.try_lock().ok().filter(|_| text.len() <= LONGEST) else {
            return self.regex.is_match(text);
        };
        if let Some((_, answer)) = asked.iter().find(|(known, _)| **known == *text) {
            return *answer;
        }
        let answer = self.regex.is_match(text);
        if asked.len() >= MOST {
            asked.pop_front();
        }
        asked.push_back((text.into(), answer));
        answer
    }
}

/// A value that a schema names; equal are those that JSON Schema holds for equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Number(Decimal),
    String(Box<str>),
    Array(Vec<Literal>),
    Object(BTreeMap<Box<str>, Literal>),
}

impl Literal {
    /// The value at `id`; `None` when it is deeper than so many levels.
    pub(super) fn read(document: &Document, id: NodeId, levels: u32) -> Option<Self> {
        let levels = levels.checked_sub(1)?;
        let inside = |child| Self::read(document, child, levels);
        Some(match document.get(id).map(|node| node.kind) {
            None | Some(NodeKind::Null) => Self::Null,
            Some(NodeKind::Bool) => Self::Bool(document.text(id) == "true"),
            Some(NodeKind::Number) => Self::Number(Decimal::read(document.text(id))),
            Some(NodeKind::String) => Self::String(document.plain(id).into()),
            Some(NodeKind::Array) => Self::Array(document.children(id).map(inside).collect::<Option<_>>()?),
            Some(NodeKind::Object) => {
                let field = |child| Some((document.key(child)?.into(), inside(child)?));
                Self::Object(document.children(id).map(field).collect::<Option<_>>()?)
            }
        })
    }

    /// Whether `text` is this string but for white space around it and the size of letters.
    pub(super) fn is_spelled(&self, text: &str) -> bool {
        matches!(self, Self::String(value) if value.to_lowercase() == text.trim().to_lowercase())
    }
}

/// As JSON.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::String(value) => f.write_str(&quoted(value)),
            Self::Array(values) => {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", values.join(","))
            }
            Self::Object(fields) => {
                let fields: Vec<String> =
                    fields.iter().map(|(key, value)| format!("{}:{value}", quoted(key))).collect();
                write!(f, "{{{}}}", fields.join(","))
            }
        }
    }
}

/// The team's document among those that are read.
pub(super) const OWN: usize = 0;

/// A part of a document that references can name: the document itself, and what has an `$id` within it.
#[derive(Debug)]
pub(super) struct Resource {
    pub(super) url: Url,
    pub(super) document: usize,
    pub(super) root: NodeId,
    pub(super) anchors: HashMap<Box<str>, SchemaId>,
    /// Which of the anchors are dynamic.
    pub(super) dynamic: HashSet<Box<str>>,
}

impl Schemas {
    pub(super) fn get(&self, id: SchemaId) -> Option<&Schema> {
        self.every.get(id.0 as usize)
    }

    /// The schema that this dynamic anchor is in this resource, if it is one.
    pub(super) fn dynamic(&self, resource: usize, anchor: &str) -> Option<SchemaId> {
        let resource = self.resources.get(resource).filter(|resource| resource.dynamic.contains(anchor))?;
        resource.anchors.get(anchor).copied()
    }

    /// Whether what stands in this resource was written by the team.
    pub(super) fn is_own(&self, resource: usize) -> bool {
        self.resources.get(resource).is_some_and(|resource| resource.document == OWN)
    }
}

impl Constraint {
    /// Whether it asks about what other constraints have not looked at.
    pub(super) fn is_about_the_rest(&self) -> bool {
        matches!(self, Self::UnevaluatedItems(_) | Self::UnevaluatedFields(_))
    }

    /// The schemas that it holds the same value to.
    pub(super) fn of_the_same_value(&self) -> Vec<SchemaId> {
        match self {
            Self::All(schemas) | Self::Any(schemas) | Self::One(schemas) => schemas.clone(),
            Self::Not(schema) | Self::With { schema, .. } | Self::Ref(schema) | Self::DynamicRef { schema, .. } => {
                vec![*schema]
            }
            Self::If { test, then, otherwise } => [Some(*test), *then, *otherwise].into_iter().flatten().collect(),
            _ => Vec::new(),
        }
    }
}
