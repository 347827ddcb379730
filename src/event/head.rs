//! The head of an event: its type, its uuid, whom it is about and when it happened, found in one pass.
//!
//! All rooms take it from here, so that an event is of one type wherever it is looked at.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::catalogue::IDENTIFIERS;
use super::{TypeName, json};

/// With what the account of our own collector begins. Of an event that has it, it is known what was added: all that
/// stands from its account, or from `_bsft_ts` just before it, to the end.
pub(crate) const COLLECTOR: [u8; 6] = *b"clicks";

/// The same as it is spelled in an event.
const COLLECTOR_SPELLED: &str = "\"636c6963-6b73-";

/// Whether an `account_uuid` is that of our own collector.
fn is_collector(account: &str) -> bool {
    account.starts_with(COLLECTOR_SPELLED)
}

/// The head of an event, as it is kept with the event's text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The type; `None` where neither the event nor the key that it stood under names one.
    pub event_type: Option<TypeName>,
    /// `event_uuid`, when it is a string.
    pub uuid: Option<Arc<str>>,
    /// `timestamp`: when the event happened, by the sender's clock.
    pub happened: Option<Timestamp>,
    /// `_bsft_ts`: when the platform received it, by the platform's clock.
    pub received: Option<Timestamp>,
    /// How many fields the event has at its top level.
    pub fields: usize,
    /// Where it stands in the event's text.
    pub places: Places,
}

/// Where the values of a head stand in the text of the event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The value of `event`, be it a name or not.
    pub(super) event: Option<Span>,
    /// The value that names the type; `None` where only the key does.
    pub(super) named: Option<Span>,
    pub(super) event_uuid: Option<Span>,
    /// The first value of what our own collector added, where it did.
    pub(super) added: Option<Span>,
    /// Every identifier that stands there, as often as it does, in the event's order.
    pub(super) identifiers: Box<[(&'static str, Span)]>,
}

/// Where a value stands in the text of its event, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Head {
    /// The head of the event whose text is `text`; a value that is not an object has none.
    ///
    /// `key` is what the event stands under in an answer, where it stands under one.
    pub fn of(text: &str, key: Option<&str>) -> Self {
        scan(text, |_| {}).unwrap_or_default().head(text, key)
    }

    /// The head of a text that differs in what this does not tell; `place` says where a place of this one is there.
    pub(super) fn moved(&self, place: impl Fn(u32) -> u32) -> Self {
        let moved = |span: Span| Span { start: place(span.start), end: place(span.end) };
        let Places { event, named, event_uuid, added, identifiers } = &self.places;
        let places = Places {
            event: event.map(moved),
            named: named.map(moved),
            event_uuid: event_uuid.map(moved),
            added: added.map(moved),
            identifiers: identifiers.iter().map(|(name, span)| (*name, moved(*span))).collect(),
        };
        Self { places, ..self.clone() }
    }

    /// Whether the event itself says of which type it is.
    pub fn names_its_type(&self) -> bool {
        self.places.named.is_some()
    }
}

/// The fields that make the head, as slices of the text they stand in. Of a field that is there twice the last counts,
/// as for most readers of JSON; of the identifiers all are kept.
#[derive(Clone, Debug, Default)]
pub struct HeadFields<'a> {
    /// `event`.
    pub event: Option<&'a str>,
    /// `action`.
    pub action: Option<&'a str>,
    /// `custom_event`.
    pub custom_event: Option<&'a str>,
    /// `event_uuid`.
    pub event_uuid: Option<&'a str>,
    /// `timestamp`.
    pub timestamp: Option<&'a str>,
    /// `_bsft_ts`.
    pub received: Option<&'a str>,
    /// Every identifier, in their order.
    pub identifiers: Vec<(&'static str, &'a str)>,
    /// How many fields there are in all.
    pub count: usize,
    /// The first field of what our own collector added, where it did.
    pub added: Option<&'a str>,
    /// `_bsft_ts`, where it is the field that was noted last.
    just_received: Option<&'a str>,
}

impl<'a> HeadFields<'a> {
    /// Takes the next field of the event into account: its name, decoded, and its value as JSON.
    pub fn note(&mut self, name: &str, value: &'a str) {
        self.count += 1;
        let just_received = self.just_received.take();
        match name {
            "event" => self.event = Some(value),
            "action" => self.action = Some(value),
            "custom_event" => self.custom_event = Some(value),
            "event_uuid" => self.event_uuid = Some(value),
            "timestamp" => self.timestamp = Some(value),
            "_bsft_ts" => (self.received, self.just_received) = (Some(value), Some(value)),
            "account_uuid" => {
                self.added = is_collector(value).then(|| just_received.unwrap_or(value));
            }
            _ => {
                let identifier = IDENTIFIERS.iter().find(|identifier| **identifier == name);
                self.identifiers.extend(identifier.map(|identifier| (*identifier, value)));
            }
        }
    }

    /// The value that names the type, with the name: that of `event`; else of `custom_event` where `action` is
    /// `custom_event`; else of `action`. None of these may be blank or anything but a text or a number.
    pub fn own_type(&self) -> Option<(&'a str, Cow<'a, str>)> {
        self.event.and_then(as_name).or_else(|| self.action_name())
    }

    /// The same of an event that stands under no key: one without any of these is named by `custom_event` alone.
    pub fn unkeyed_type(&self) -> Option<(&'a str, Cow<'a, str>)> {
        self.own_type().or_else(|| self.custom_event.and_then(as_name))
    }

    /// When the event happened, by `timestamp`.
    pub fn happened(&self) -> Option<Timestamp> {
        self.timestamp.and_then(instant)
    }

    /// By what the platform knows the customer: of the identifiers that say something the one that it asks for first,
    /// with its value as JSON.
    pub fn customer(&self) -> Option<(&'static str, &'a str)> {
        IDENTIFIERS.iter().find_map(|wanted| {
            let last = self.identifiers.iter().rfind(|(name, _)| name == wanted);
            last.copied().filter(|(_, value)| identifies(value).is_some())
        })
    }

    fn action_name(&self) -> Option<(&'a str, Cow<'a, str>)> {
        let action = self.action.and_then(as_name);
        match &action {
            Some((_, name)) if name == "custom_event" => self.custom_event.and_then(as_name).or(action),
            _ => action,
        }
    }

    /// The head of the event with these fields, which are slices of its `text`.
    pub fn head(&self, text: &str, key: Option<&str>) -> Head {
        let span = |value: &str| Span::of(text, value);
        let own = if key.is_some() { self.own_type() } else { self.unkeyed_type() };
        let named = own.as_ref().map(|(value, _)| span(value));
        Head {
            event_type: own.map(|(_, name)| TypeName::from(name)).or_else(|| key.map(TypeName::from)),
            uuid: self.event_uuid.and_then(json::as_string).map(Arc::from),
            happened: self.happened(),
            received: self.received.and_then(instant),
            fields: self.count,
            places: Places {
                event: self.event.map(span),
                named,
                event_uuid: self.event_uuid.map(span),
                added: self.added.map(span),
                identifiers: self.identifiers.iter().map(|(name, value)| (*name, span(value))).collect(),
            },
        }
    }
}

/// One field of an event, while it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a, 'n> {
    /// Its name, decoded.
    pub name: &'n str,
    /// The same as it is spelled, with its quotes.
    pub key: &'a str,
    /// Its value as JSON.
    pub value: &'a str,
}

/// Reads the head of the event that `text` is, and shows each of its fields to `visit` on the way. The error is that of
/// the parser: `text` is not JSON, or (`is_data`) not an object.
pub(crate) fn scan<'a>(text: &'a str, visit: impl FnMut(Field<'a, '_>)) -> serde_json::Result<HeadFields<'a>> {
    struct Scan<F>(F);

    impl<'de, F: FnMut(Field<'de, '_>)> DeserializeSeed<'de> for Scan<F> {
        type Value = HeadFields<'de>;

        fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
            deserializer.deserialize_map(self)
        }
    }

    impl<'de, F: FnMut(Field<'de, '_>)> Visitor<'de> for Scan<F> {
        type Value = HeadFields<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut fields = HeadFields::default();
            while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                let (key, value) = (key.get(), value.get());
                let name = json::string(key);
                fields.note(&name, value);
                self.0(Field { name: &name, key, value });
            }
            Ok(fields)
        }
    }

    let mut deserializer = serde_json::Deserializer::from_str(text);
    let fields = Scan(visit).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(fields)
}

impl Span {
    /// Where `part`, a slice of `whole`, stands in it. No event of more than 4 GiB is ever read further.
    fn of(whole: &str, part: &str) -> Self {
        let start = part.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: offset(start), end: offset(start + part.len()) }
    }
}

/// A name is a non-empty string, or a number that a sender put in its place. A string that holds JSON is an event, not
/// the name of one.
pub(crate) fn as_name(value: &str) -> Option<(&str, Cow<'_, str>)> {
    let name = match value.as_bytes().first()? {
        b'"' if json::encoded(value).is_none() => Some(json::string(value)).filter(|name| !name.is_empty()),
        b'-' | b'0'..=b'9' => Some(Cow::Borrowed(value)),
        _ => None,
    };
    name.map(|name| (value, name))
}

/// The text of a value, unless it is null or blank: the text of a string, of anything else the JSON.
pub(super) fn said(value: &str) -> Option<Cow<'_, str>> {
    let said = json::as_string(value).unwrap_or(Cow::Borrowed(value));
    (value != "null" && !said.trim().is_empty()).then_some(said)
}

/// The same of a value that can identify somebody, which a container cannot.
pub(super) fn identifies(value: &str) -> Option<Cow<'_, str>> {
    said(value).filter(|_| !json::is_container(value))
}

fn instant(value: &str) -> Option<Timestamp> {
    json::as_string(value)?.parse().ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
pub(crate) mod tests {
    use super::*;
    use crate::event::{Document, NodeId, Payload};

    /// Events, with the type that each is of where it stands under no key, and whether that is in the event under one
    /// too. Every place that has to do with types is held to it.
    pub(crate) const TYPES: [(&str, Option<&str>, bool); 19] = [
        (r#"{"event":"purchase","action":"view","email":"a@b.example"}"#, Some("purchase"), true),
        (r#"{"action":"purchase","email":"a@b.example"}"#, Some("purchase"), true),
        (r#"{"event":"view","event":"purchase","email":"a@b.example"}"#, Some("purchase"), true),
        (r#"{"action":"view","email":"a@b.example","action":"purchase"}"#, Some("purchase"), true),
        (r#"{"\u0065vent":"purch\u0061se","email":"a@b.example"}"#, Some("purchase"), true),
        (r#"{"event":"caf\u00e9 \ud83d\ude00","email":"a@b.example"}"#, Some("café 😀"), true),
        (r#"{"action":"custom_event","custom_event":"quiz_done","email":"a@b.example"}"#, Some("quiz_done"), true),
        (r#"{"custom_event":"quiz_done","action":"custom_event","event":""}"#, Some("quiz_done"), true),
        (r#"{"action":"custom_event","email":"a@b.example"}"#, Some("custom_event"), true),
        (r#"{"action":"purchase","custom_event":"quiz_done"}"#, Some("purchase"), true),
        (r#"{"custom_event":"quiz_done","email":"a@b.example"}"#, Some("quiz_done"), false),
        (r#"{"event":null,"action":"purchase","email":"a@b.example"}"#, Some("purchase"), true),
        (r#"{"event":"","action":"purchase","email":"a@b.example"}"#, Some("purchase"), true),
        (r#"{"event":{"name":"view"},"action":"purchase","email":"a@b.example"}"#, Some("purchase"), true),
        (r#"{"event":true,"email":"a@b.example"}"#, None, false),
        (r#"{"event":5,"email":"a@b.example"}"#, Some("5"), true),
        (r#"{"event":"view","event":null,"email":"a@b.example"}"#, None, false),
        (r#"{"email":"a@b.example"}"#, None, false),
        (r#"{"in":{"event":"view"},"email":"a@b.example"}"#, None, false),
    ];

    #[test]
    fn an_event_is_of_the_type_that_the_contract_says_however_it_is_read() {
        for (text, unkeyed, is_in_it) in TYPES {
            for key in [None, Some("the_key")] {
                let wanted = unkeyed.filter(|_| is_in_it || key.is_none()).or(key);
                let head = Head::of(text, key);
                assert_eq!(head.event_type.as_ref().map(TypeName::as_str), wanted, "{text} under {key:?}");
                let document = Document::read_under(text, key).unwrap();
                assert_eq!(*document.head(), head, "{text} under {key:?}");
                let named = document.type_field().map(|id| document.plain(id));
                assert_eq!(named.as_deref(), wanted.filter(|wanted| Some(*wanted) != key), "{text} under {key:?}");
            }
        }
    }

    #[test]
    fn of_a_field_that_is_there_twice_the_last_is_in_the_head() {
        let text = r#"{"event_uuid":"a","timestamp":"2025-09-17T10:26:54Z","event":"view","email":"a@b.example",
            "cookie":"c","event_uuid":"b","timestamp":"2025-09-17T10:26:55Z","email":"d@e.example","cookie":null}"#;
        let document = Document::read(text).unwrap();
        let head = document.head();
        assert_eq!(head.uuid.as_deref(), Some("b"));
        assert_eq!(head.happened, "2025-09-17T10:26:55Z".parse().ok());
        assert_eq!((head.received, head.fields), (None, 9));
        assert_eq!(document.uuid_field().map(|id| document.text(id)), Some("\"b\""));
        let fields: Vec<_> = document.identifier_fields().map(|(name, id)| (name, document.text(id))).collect();
        assert_eq!(fields, [("email", "\"d@e.example\""), ("cookie", "null")]);
        let payload = document.payload();
        assert_eq!(payload.identifier("email").as_deref(), Some("d@e.example"));
        assert_eq!(payload.identifier("cookie"), None);
        let all: Vec<_> = payload.identifiers().collect();
        let all: Vec<_> = all.iter().map(|(name, value)| (*name, &**value)).collect();
        assert_eq!(all, [("email", "a@b.example"), ("cookie", "c"), ("email", "d@e.example")]);
    }

    #[test]
    fn what_is_no_event_has_no_head() {
        for text in ["[1]", "7", "null", r#""{\"event\":\"view\"}""#, "[{\"event\":\"view\"}]", "{}"] {
            assert_eq!(Payload::new(text).head(), &Head::default(), "{text}");
            assert_eq!(*Document::read(text).unwrap().head(), Head::default(), "{text}");
        }
        let odd = r#"{"event_uuid":7,"timestamp":1758104814,"_bsft_ts":"11/11/2011","customer_id":"\ud800"}"#;
        let head = Head::of(odd, None);
        assert_eq!((head.uuid, head.happened, head.received, head.fields), (None, None, None, 4));
        assert_eq!(Document::read(odd).unwrap().get(NodeId::ROOT).unwrap().children, 4);
    }
}
