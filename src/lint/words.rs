//! The words for a finding: for people in as much room as there is, and for programs.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::value::RawValue;

use super::JsonTypes;
use super::finding::{Actual, Expected, Finding, Fix, Name, Reason, Share};
use crate::event::text::{excerpt, grouped, sanitize};
use crate::event::{Sanitized, sanitized};

/// The widest name or list of names, in columns.
const WIDEST: usize = 100;

impl Expected {
    /// The expectation, in words.
    pub fn words(&self) -> Sanitized {
        let (what, is_field, reason) = match self {
            Self::Field { any_of, reason } => (one_of(any_of), true, reason),
            Self::Name { name, reason } => (sanitized!("the name {}", shown(name)), false, reason),
            Self::Type { types, reason } => (types.words(), false, reason),
            Self::Value { value, words } => return sanitized!("{}, {}", sanitize(value), *words),
            Self::Text(words) => return words.clone(),
        };
        match reason {
            Reason::Rule => what,
            Reason::Beside(field) => sanitized!("{}, as there is {}", what, shown(field)),
            Reason::Usual { times, of } if is_field => sanitized!("{}, which {} of {} before it have", what, times, of),
            Reason::Usual { times, of } => sanitized!("{}, as in {} of {} before it", what, times, of),
            Reason::SpelledBefore => sanitized!("{}, as it was spelled before", what),
            Reason::Platform => sanitized!("{}, as the platform spells it", what),
        }
    }
}

impl Actual {
    /// The actual value, in words.
    pub fn words(&self) -> Sanitized {
        match self {
            Self::Missing => "none".into(),
            Self::NoneOf { but: None } => "none of them".into(),
            Self::NoneOf { but: Some(name) } => sanitized!("none of them, but {}", shown(name)),
            Self::Value(text) | Self::Text(text) => text.clone(),
            Self::Name(name) => sanitized!("the name {}", shown(name)),
            Self::Count { count: 1, of } => sanitized!("1 {}", of),
            Self::Count { count, of } => sanitized!("{} {}s", grouped(*count), of),
            Self::Unlisted(count) => sanitized!("{} more places like those listed", grouped(*count)),
        }
    }
}

impl Share {
    /// `string 31, number 11, missing 2`.
    pub fn words(&self) -> Sanitized {
        let kinds = self.kinds.iter().map(|(kind, count)| {
            let name = JsonTypes::from(*kind).names().next().unwrap_or_default();
            sanitized!("{} {}", name, grouped((*count).into()))
        });
        let missing = (self.missing > 0).then(|| sanitized!("missing {}", grouped(self.missing.into())));
        Sanitized::join(kinds.chain(missing), ", ")
    }
}

impl Fix {
    /// The advice: `write 79.95`, `rename it to products`, `remove it`.
    pub fn words(&self) -> Sanitized {
        match self {
            // A line break or a tab stands between the values of JSON, never in them.
            Self::Replace(json) => sanitized!("write {}", sanitize(&json.replace(['\n', '\r', '\t'], " "))),
            Self::Rename(name) => sanitized!("rename it to {}", sanitize(name)),
            Self::Remove => "remove it".into(),
        }
    }
}

impl Finding {
    /// Where it is, as people write it; empty for the event itself.
    pub fn place(&self) -> Sanitized {
        Sanitized::of(&self.path)
    }

    /// The same as a JSON Pointer.
    pub fn pointer(&self) -> Sanitized {
        sanitize(&self.path.pointer())
    }

    /// A few words on what is wrong; of a missing field also its name.
    pub fn summary(&self) -> Sanitized {
        let title = self.rule.title;
        if self.is_rest() {
            sanitized!("{}: {}", title, self.found.words())
        } else if self.place_says_little() {
            sanitized!("{}: {}", title, self.expected.words())
        } else {
            title.into()
        }
    }

    /// The same in still fewer words, for where there is little room: `missing: price`.
    pub fn brief(&self) -> Sanitized {
        match (&self.expected, &self.found) {
            (Expected::Field { any_of, .. }, Actual::Missing) => sanitized!("missing: {}", one_of(any_of)),
            _ => self.rule.title.into(),
        }
    }

    /// One line on what is wrong and what to do.
    pub fn sentence(&self) -> Sanitized {
        let Self { rule, expected, found, fix, .. } = self;
        let fix = fix.as_ref().map(|fix| sanitized!("; {}", fix.words())).unwrap_or_default();
        sanitized!("{}: expected {}, found {}{}", rule.title, expected.words(), found.words(), fix)
    }

    /// All that there is to say of it, in a few lines.
    pub fn description(&self) -> Sanitized {
        let Self { rule, severity, expected, found, fix, share, .. } = self;
        let pointer = self.pointer();
        let gap = if pointer.is_empty() { "" } else { " " };
        let mut lines = vec![sanitized!("{}[{}]{}{}", severity.as_str(), rule.id, gap, pointer)];
        lines.extend([rule.title.into(), "".into()]);
        lines.extend([sanitized!("expected {}", expected.words()), sanitized!("found {}", found.words())]);
        lines.extend(share.as_ref().map(|share| sanitized!("so far: {}", share.words())));
        lines.extend(fix.as_ref().map(|fix| sanitized!("fix: {}", fix.words())));
        lines.extend(["".into(), rule.why.into()]);
        lines.extend((!rule.documentation.is_empty()).then(|| rule.documentation.into()));
        Sanitized::join(lines, "\n")
    }
}

/// `rule`, `severity`, `path` as a JSON Pointer, `expected`, `found` and `fix`.
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Finding", 6)?;
        fields.serialize_field("rule", self.rule.id)?;
        fields.serialize_field("severity", &self.severity)?;
        fields.serialize_field("path", &self.path.pointer())?;
        fields.serialize_field("expected", &self.expected.words())?;
        fields.serialize_field("found", &self.found.words())?;
        fields.serialize_field("fix", &self.fix)?;
        fields.end()
    }
}

/// `kind` is `replace`, `rename` or `remove`; `value` the other value or name.
impl Serialize for Fix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Fix", 2)?;
        let kind = match self {
            Self::Replace(_) => "replace",
            Self::Rename(_) => "rename",
            Self::Remove => "remove",
        };
        fields.serialize_field("kind", kind)?;
        match self {
            Self::Replace(json) => match serde_json::from_str::<&RawValue>(json) {
                Ok(value) => fields.serialize_field("value", value)?,
                Err(_) => fields.serialize_field("value", json)?,
            },
            Self::Rename(name) => fields.serialize_field("value", name)?,
            Self::Remove => fields.serialize_field("value", &())?,
        }
        fields.end()
    }
}

/// A text, or null.
pub(super) fn unless_empty<S: Serializer>(text: &&str, serializer: S) -> Result<S::Ok, S::Error> {
    Some(text).filter(|text| !text.is_empty()).serialize(serializer)
}

/// `price`; `one of product_id, sku`.
fn one_of(names: &[Name]) -> Sanitized {
    match names {
        [name] => shown(name),
        names => sanitized!("one of {}", Sanitized::join(names.iter().map(|name| shown(name)), ", ")).fit(WIDEST),
    }
}

fn shown(name: &str) -> Sanitized {
    excerpt(name, WIDEST)
}
