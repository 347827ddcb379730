//! The kinds of objects in an answer: an event, a count with a sample, or neither.

use crate::event::{HeadFields, as_name, json, scan};

/// An object of an answer, as one pass over its members shows it.
#[derive(Default)]
pub(super) struct Outline<'a> {
    /// The head of the event that it may be.
    pub(super) head: HeadFields<'a>,
    count: Option<u64>,
    sample: Option<&'a str>,
    /// Whether some member is neither a count, a sample nor what the summary tells of a type.
    beyond_count: bool,
    pub(super) identified: bool,
}

impl<'a> Outline<'a> {
    /// Looks at `text`; a value that is not an object tells nothing.
    pub(super) fn of(text: &'a str) -> Self {
        let mut outline = Self::default();
        match scan(text, |field| outline.look(field.name, field.value)) {
            Ok(head) => Self { head, ..outline },
            Err(_) => Self::default(),
        }
    }

    /// Takes one member into account.
    pub(super) fn note(&mut self, name: &str, value: &'a str) {
        self.head.note(name, value);
        self.look(name, value);
    }

    fn look(&mut self, name: &str, value: &'a str) {
        self.identified |= identifies(name, value);
        match name {
            "sample" | "last" | "latest" | "event" | "events" if value == "null" || holds_events(value) => {
                if value != "null" {
                    self.sample = Some(value);
                }
            }
            "count" => self.count = json::as_count(value),
            // The other fields of a type in the summary (documented).
            "archived" | "display_name" | "properties" | "type" => {}
            _ => self.beyond_count = true,
        }
    }

    /// Whether the object has the member that makes an event an event.
    pub(super) fn has_event(&self) -> bool {
        self.head.event.is_some_and(|value| as_name(value).is_some() || value == "\"\"")
    }

    /// Whether the object has a name in a member that an answer which is no event may have too.
    pub(super) fn has_weak_name(&self) -> bool {
        [self.head.action, self.head.custom_event].into_iter().flatten().any(|value| as_name(value).is_some())
    }

    /// Whether anything at all says that the object is an event.
    pub(super) fn is_event(&self) -> bool {
        self.has_event() || self.has_weak_name() || self.identified
    }

    /// The count and the sample, when the object is not an event but tells of a type: `{"count":12,"sample":{…}}`, the
    /// form that the dashboard's click stream suggests (inferred), or an entry of the summary's `stats` (documented).
    pub(super) fn counted(&self) -> Option<(u64, Option<&'a str>)> {
        let count = self.count?;
        let is_one = !self.is_event() && (self.sample.is_some() || !self.beyond_count);
        is_one.then_some((count, self.sample))
    }
}

/// Whether a member shows that the object around it is an event: an identifier of the customer, or a field that the
/// platform adds to what it received. Only plain values count: a type may be named `email`.
fn identifies(name: &str, value: &str) -> bool {
    let known = matches!(
        name,
        "customer_id"
            | "email"
            | "device_id"
            | "cookie"
            | "phone_number"
            | "user_uuid"
            | "event_uuid"
            | "account_uuid"
            | "session_uuid"
    );
    (known || name.starts_with("_bsft_")) && !json::is_container(value)
}

/// Whether a value is an object, an array, or a string that holds one.
pub(super) fn holds_events(value: &str) -> bool {
    json::is_container(value) || json::encoded(value).is_some()
}
