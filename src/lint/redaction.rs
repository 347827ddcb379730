//! The twins of findings. An event is judged as it came, so that a malformed address stays a finding; what is said of it
//! shows the mask.

use super::{Actual, Expected, Finding, Fix, Name, Reason, SHOWN};
use crate::event::text::excerpt;
use crate::event::{Path, Payload, Redaction};

impl Redaction {
    /// The twin of a finding in an event, `twin` being that of the event.
    pub fn finding(&self, finding: &Finding, twin: &Payload) -> Finding {
        let Finding { rule, severity, path, expected, found, fix, share } = finding;
        let twin_path = self.path(path);
        let expected = self.expected(path, expected);
        let found = match found {
            // It may be cut short, which a mask of it would not show.
            Actual::Value(_) => match twin.value(&twin_path) {
                Some(value) => Actual::Value(excerpt(value, SHOWN)),
                None => Actual::Text("a masked value".into()),
            },
            Actual::NoneOf { but } => Actual::NoneOf { but: but.as_ref().map(|but| self.name(but).as_ref().into()) },
            Actual::Name(name) => Actual::Name(self.name(name).as_ref().into()),
            Actual::Text(words) => Actual::Text(self.words_about(path, words)),
            Actual::Missing => Actual::Missing,
            Actual::Count { count, of } => Actual::Count { count: *count, of },
            Actual::Unlisted(count) => Actual::Unlisted(*count),
        };
        let fix = fix.as_ref().map(|fix| match fix {
            Fix::Replace(json) => Fix::Replace(self.json_at(path, json).into_owned()),
            Fix::Rename(name) => Fix::Rename(self.name(name).into_owned()),
            Fix::Remove => Fix::Remove,
        });
        Finding { rule, severity: *severity, path: twin_path, expected, found, fix, share: share.clone() }
    }

    /// The twin of what was expected at a path.
    pub fn expected(&self, path: &Path, expected: &Expected) -> Expected {
        match expected {
            Expected::Field { any_of, reason } => Expected::Field {
                any_of: any_of.iter().map(|name| self.field_name(name)).collect(),
                reason: self.reason(reason),
            },
            Expected::Name { name, reason } => {
                Expected::Name { name: self.field_name(name), reason: self.reason(reason) }
            }
            Expected::Type { types, reason } => Expected::Type { types: *types, reason: self.reason(reason) },
            Expected::Value { value, words } => Expected::Value { value: self.value(value).as_ref().into(), words },
            Expected::Text(words) => Expected::Text(self.words_about(path, words)),
        }
    }

    fn field_name(&self, name: &Name) -> Name {
        self.name(name).into_owned().into()
    }

    fn reason(&self, reason: &Reason) -> Reason {
        match reason {
            Reason::Beside(field) => Reason::Beside(self.name(field).as_ref().into()),
            Reason::Rule | Reason::Usual { .. } | Reason::SpelledBefore | Reason::Platform => reason.clone(),
        }
    }
}
