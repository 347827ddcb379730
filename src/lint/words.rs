//! The words for a finding: for people in as much room as there is, and for programs.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::value::RawValue;

use super::finding::{Actual, Expected, Finding, Fix, Name, Reason};
use crate::event::text::{fit, grouped, harmless, harmless_within};

/// The widest name or list of names, in columns.
const WIDEST: usize = 100;

/// Harmless.
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (is_field, reason) = match self {
            Self::Field { any_of, reason } => {
                f.write_str(&one_of(any_of))?;
                (true, reason)
            }
            Self::Name { name, reason } => {
                write!(f, "the name {}", shown(name))?;
                (false, reason)
            }
            Self::Type { types, reason } => {
                write!(f, "{types}")?;
                (false, reason)
            }
            Self::Text(words) => return f.write_str(words),
        };
        match reason {
            Reason::Rule => Ok(()),
            Reason::Beside(field) => write!(f, ", as there is {}", shown(field)),
            Reason::Usual { times, of } if is_field => write!(f, ", which {times} of {of} before it have"),
            Reason::Usual { times, of } => write!(f, ", as in {times} of {of} before it"),
            Reason::SpelledBefore => f.write_str(", as it was spelled before"),
            Reason::Platform => f.write_str(", as the platform spells it"),
        }
    }
}

/// Harmless.
impl fmt::Display for Actual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("none"),
            Self::NoneOf { but: None } => f.write_str("none of them"),
            Self::NoneOf { but: Some(name) } => write!(f, "none of them, but {}", shown(name)),
            Self::Value(json) => f.write_str(json),
            Self::Name(name) => write!(f, "the name {}", shown(name)),
            Self::Count { count: 1, of } => write!(f, "1 {of}"),
            Self::Count { count, of } => write!(f, "{} {of}s", grouped(*count)),
            Self::Unlisted(count) => write!(f, "{} more places like those listed", grouped(*count)),
            Self::Text(words) => f.write_str(words),
        }
    }
}

/// The advice: `write 79.95`, `rename it to products`, `remove it`. Harmless.
impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A line break or a tab stands between the values of JSON, never in them.
            Self::Replace(json) => write!(f, "write {}", harmless(&json.replace(['\n', '\r', '\t'], " "))),
            Self::Rename(name) => write!(f, "rename it to {}", harmless(name)),
            Self::Remove => f.write_str("remove it"),
        }
    }
}

impl Finding {
    /// Where it is, as people write it; empty for the event itself. Harmless.
    pub fn place(&self) -> String {
        harmless(&self.path.to_string())
    }

    /// The same as a JSON Pointer. Harmless.
    pub fn pointer(&self) -> String {
        harmless(&self.path.pointer())
    }

    /// A few words on what is wrong; of a missing field also its name. Harmless.
    pub fn summary(&self) -> String {
        let title = self.rule.title;
        if self.is_rest() {
            format!("{title}: {}", self.found)
        } else if self.place_says_little() {
            format!("{title}: {}", self.expected)
        } else {
            title.to_owned()
        }
    }

    /// The same in still fewer words, for where there is little room: `missing: price`. Harmless.
    pub fn brief(&self) -> String {
        match (&self.expected, &self.found) {
            (Expected::Field { any_of, .. }, Actual::Missing) => format!("missing: {}", one_of(any_of)),
            _ => self.rule.title.to_owned(),
        }
    }

    /// One line on what is wrong and what to do. Harmless.
    pub fn sentence(&self) -> String {
        let Self { rule, expected, found, fix, .. } = self;
        let fix = fix.as_ref().map(|fix| format!("; {fix}")).unwrap_or_default();
        format!("{}: expected {expected}, found {found}{fix}", rule.title)
    }

    /// All that there is to say of it, in a few lines. Harmless.
    pub fn description(&self) -> String {
        let Self { rule, severity, expected, found, fix, .. } = self;
        let head = format!("{severity}[{}] {}", rule.id, self.pointer());
        let mut lines = vec![head.trim_end().to_owned(), rule.title.to_owned(), String::new()];
        lines.extend([format!("expected {expected}"), format!("found {found}")]);
        lines.extend(fix.as_ref().map(|fix| format!("fix: {fix}")));
        lines.extend([String::new(), rule.why.to_owned()]);
        lines.extend((!rule.documentation.is_empty()).then(|| rule.documentation.to_owned()));
        lines.join("\n")
    }
}

/// `rule`, `severity`, `path` as a JSON Pointer, `expected`, `found` and `fix`.
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Finding", 6)?;
        fields.serialize_field("rule", self.rule.id)?;
        fields.serialize_field("severity", &self.severity)?;
        fields.serialize_field("path", &self.path.pointer())?;
        fields.serialize_field("expected", &format_args!("{}", self.expected))?;
        fields.serialize_field("found", &format_args!("{}", self.found))?;
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
fn one_of(names: &[Name]) -> String {
    match names {
        [name] => shown(name),
        names => {
            let names: Vec<String> = names.iter().map(|name| shown(name)).collect();
            fit(&format!("one of {}", names.join(", ")), WIDEST)
        }
    }
}

fn shown(name: &str) -> String {
    fit(&harmless_within(name, WIDEST).0, WIDEST)
}
