//! What one look at an object tells: its own name as an event, the facts worth keeping, and whether it is an event at
//! all or a count with a sample.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::json;
use crate::event::Facts;

/// One pass over the members of an object.
#[derive(Default)]
pub(super) struct Head<'a> {
    event: Option<&'a str>,
    action: Option<&'a str>,
    custom_event: Option<&'a str>,
    count: Option<u64>,
    sample: Option<&'a str>,
    /// Whether some member is neither a count, a sample nor what the summary tells of a type.
    beyond_count: bool,
    pub(super) identified: bool,
    pub(super) facts: Facts,
}

impl<'a> Head<'a> {
    /// Looks at `text`; a value that is not an object tells nothing.
    pub(super) fn of(text: &'a str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(super) fn note(&mut self, name: &str, value: &'a str) {
        self.facts.fields += 1;
        self.identified |= identifies(name, value);
        match name {
            "event" => self.event = Some(value),
            "action" => self.action = Some(value),
            "custom_event" => self.custom_event = Some(value),
            "count" => self.count = json::as_count(value),
            "event_uuid" => self.facts.uuid = json::as_string(value).map(|uuid| Arc::from(&*uuid)),
            "timestamp" => self.facts.happened = instant(value),
            "_bsft_ts" => self.facts.received = instant(value),
            _ => {}
        }
        match name {
            "sample" | "last" | "latest" | "event" | "events" if value == "null" || holds_events(value) => {
                if value != "null" {
                    self.sample = Some(value);
                }
            }
            // What the summary says of a type beside its count (documented).
            "count" | "archived" | "display_name" | "properties" | "type" => {}
            _ => self.beyond_count = true,
        }
    }

    /// The name that the object gives itself: `event`; else `custom_event` when `action` says so; else `action`.
    pub(super) fn own_name(&self) -> Option<Cow<'a, str>> {
        self.event.and_then(as_name).or_else(|| self.action_name())
    }

    /// A name that the place where the object stands overrules: `custom_event` without an `action`.
    pub(super) fn spare_name(&self) -> Option<Cow<'a, str>> {
        self.custom_event.and_then(as_name)
    }

    /// Whether the object has the member that makes an event an event.
    pub(super) fn has_event(&self) -> bool {
        self.event.is_some_and(|value| as_name(value).is_some() || value == "\"\"")
    }

    /// Whether the object has a name in a member that an answer which is no event may have too.
    pub(super) fn has_weak_name(&self) -> bool {
        self.action_name().or_else(|| self.spare_name()).is_some()
    }

    /// Whether anything at all says that the object is an event.
    pub(super) fn is_event(&self) -> bool {
        self.has_event() || self.has_weak_name() || self.identified
    }

    fn action_name(&self) -> Option<Cow<'a, str>> {
        let action = self.action.and_then(as_name);
        if action.as_deref() == Some("custom_event") {
            return self.spare_name().or(action);
        }
        action
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
pub(super) fn identifies(name: &str, value: &str) -> bool {
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

/// A name is a non-empty string, or a number that a sender put in its place. A string that holds JSON is an event, not
/// the name of one.
pub(super) fn as_name(value: &str) -> Option<Cow<'_, str>> {
    match value.as_bytes().first()? {
        b'"' if json::encoded(value).is_none() => Some(json::string(value)).filter(|name| !name.is_empty()),
        b'-' | b'0'..=b'9' => Some(Cow::Borrowed(value)),
        _ => None,
    }
}

/// Whether a value is an object, an array, or a string that holds one.
pub(super) fn holds_events(value: &str) -> bool {
    json::is_container(value) || json::encoded(value).is_some()
}

fn instant(value: &str) -> Option<Timestamp> {
    json::as_string(value)?.parse().ok()
}

impl<'de: 'a, 'a> Deserialize<'de> for Head<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Look;

        impl<'de> Visitor<'de> for Look {
            type Value = Head<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut head = Head::default();
                while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    head.note(&json::string(name.get()), value.get());
                }
                Ok(head)
            }
        }

        deserializer.deserialize_map(Look)
    }
}
