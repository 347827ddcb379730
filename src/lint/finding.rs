use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::mem;

use super::json_types::JsonTypes;
use super::{Rule, Severity};
use crate::event::{NodeKind, Path, Sanitized, Segment};

/// One thing wrong with an event, as data; its words are made where they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that it breaks.
    pub rule: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// Where: the field, or the event itself. Its [`Path::pointer`] is a JSON Pointer.
    pub path: Path,
    /// The expectation that was not met.
    pub expected: Expected,
    /// The state of it instead.
    pub found: Actual,
    /// The change that sets it right, when that is certain.
    pub fix: Option<Fix>,
    /// How the field stands in the events of the type so far, where it is not in all of them the same.
    pub share: Option<Box<Share>>,
}

/// In how many events a field is of which type, and in how many it is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The types, the most usual first, each with how many values are of it.
    pub kinds: Vec<(NodeKind, u32)>,
    /// How many objects do without it.
    pub missing: u32,
}

/// The name of a field, as it is written in events.
pub type Name = Cow<'static, str>;

/// The expectation that a finding says was not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A field, or one of several, in the object that the finding is about.
    Field {
        /// The names of which one is enough; the usual one first.
        any_of: Vec<Name>,
        /// Why.
        reason: Reason,
    },
    /// Another name for the field that the finding is about.
    Name {
        /// That name.
        name: Name,
        /// Why.
        reason: Reason,
    },
    /// A value of another type.
    Type {
        /// Any of these.
        types: JsonTypes,
        /// Why.
        reason: Reason,
    },
    /// A value of another event.
    Value {
        /// That value, cut short.
        value: Box<str>,
        /// Where it was.
        words: &'static str,
    },
    /// Anything else, in words.
    Text(Sanitized),
}

/// Why something is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The rule says it all.
    Rule,
    /// The field of that name is there.
    Beside(Box<str>),
    /// It is so in so many of those before it.
    Usual {
        /// How many have it so.
        times: u32,
        /// How many there are.
        of: u32,
    },
    /// It was spelled so before.
    SpelledBefore,
    /// The platform spells it so.
    Platform,
}

/// The state of an event where it is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actual {
    /// No such field.
    Missing,
    /// None of those that identify something; perhaps one that looks like it.
    NoneOf {
        /// The name of that one.
        but: Option<Box<str>>,
    },
    /// A value, as its JSON, cut short.
    Value(Sanitized),
    /// A name that is wrong itself.
    Name(Box<str>),
    /// So many of something.
    Count {
        /// How many.
        count: u64,
        /// Their name, in the singular.
        of: &'static str,
    },
    /// The finding only counts those of its rule that are not listed, for there are too many in one event.
    Unlisted(u64),
    /// Anything else, in words.
    Text(Sanitized),
}

/// A change that sets a field right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Another value, as JSON text.
    Replace(String),
    /// Another name for the field.
    Rename(String),
    /// No such field.
    Remove,
}

/// What should stand in the place of something wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mended {
    /// This text.
    As(String),
    /// Nobody knows.
    Unknown,
}

impl Mended {
    /// The text, where it is known.
    pub(super) fn known(self) -> Option<String> {
        match self {
            Self::As(text) => Some(text),
            Self::Unknown => None,
        }
    }
}

impl Finding {
    /// Feeds `hasher` with the kind of finding, in common with others that are not worth another word: the rule, and the
    /// place, in whichever element of an array. What is missing is told apart by what that is, figures left out.
    pub fn hash_kind(&self, hasher: &mut impl Hasher) {
        self.rule.id.hash(hasher);
        for segment in &self.path.0 {
            match segment {
                Segment::Key { name, .. } => name.hash(hasher),
                Segment::Index(_) => "[]".hash(hasher),
            }
        }
        if self.place_says_little() {
            self.expected.hash_subject(hasher);
        }
    }

    /// Whether it only counts the findings of its rule that are not listed, for there are too many in one event.
    pub fn is_rest(&self) -> bool {
        matches!(self.found, Actual::Unlisted(_))
    }

    /// How many findings it stands for.
    pub fn count(&self) -> u64 {
        match self.found {
            Actual::Unlisted(count) => count,
            _ => 1,
        }
    }

    /// Whether it is about something that is not there, or about the whole event: then its place says little.
    pub fn place_says_little(&self) -> bool {
        self.path.0.is_empty() || matches!(self.found, Actual::Missing | Actual::NoneOf { .. })
    }

    /// The names of the fields of which one is missing in the object at its path.
    pub(crate) fn missing(&self) -> &[Name] {
        match (&self.expected, &self.found) {
            (Expected::Field { any_of, .. }, Actual::Missing | Actual::NoneOf { .. }) => any_of,
            _ => &[],
        }
    }

    /// The name that the field at its path should have.
    pub(crate) fn right_name(&self) -> Option<&str> {
        match (&self.fix, &self.expected) {
            (Some(Fix::Rename(name)), _) => Some(name),
            (_, Expected::Name { name, .. }) => Some(name),
            _ => None,
        }
    }
}

impl Expected {
    /// A field of that name.
    pub(crate) fn field(name: impl Into<Name>) -> Self {
        Self::Field { any_of: vec![name.into()], reason: Reason::Rule }
    }

    /// A field of one of those names.
    pub(crate) fn any_of<N: Into<Name>>(names: impl IntoIterator<Item = N>) -> Self {
        Self::Field { any_of: names.into_iter().map(Into::into).collect(), reason: Reason::Rule }
    }

    /// That name for the field.
    pub(crate) fn name(name: impl Into<Name>) -> Self {
        Self::Name { name: name.into(), reason: Reason::Rule }
    }

    /// Feeds `hasher` with what is expected, but not with figures or with why: that tells a finding from others of its
    /// rule and place that are worth a word of their own.
    pub fn hash_subject(&self, hasher: &mut impl Hasher) {
        mem::discriminant(self).hash(hasher);
        match self {
            Self::Field { any_of, .. } => any_of.hash(hasher),
            Self::Name { name, .. } => name.hash(hasher),
            Self::Type { types, .. } => types.hash(hasher),
            Self::Value { words, .. } => words.hash(hasher),
            Self::Text(words) => words.as_literal().hash(hasher),
        }
    }
}

impl From<&'static str> for Expected {
    fn from(words: &'static str) -> Self {
        Self::Text(words.into())
    }
}

impl From<Sanitized> for Expected {
    fn from(words: Sanitized) -> Self {
        Self::Text(words)
    }
}

impl From<&'static str> for Actual {
    fn from(words: &'static str) -> Self {
        Self::Text(words.into())
    }
}
