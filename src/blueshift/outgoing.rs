use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use thiserror::Error;
use uuid::Uuid;

use super::limits::{self, BadName};
use crate::event::{TypeName, syntax};

/// An event that can be sent: checked, and carrying an `event_uuid` by which it can be recognized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its name.
    pub event_type: TypeName,
    /// The text of its `event_uuid`.
    pub uuid: Arc<str>,
    /// Its JSON text, as it goes over the wire: one object.
    pub text: Arc<str>,
}

/// What one draft is sent as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// The events, at least one.
    pub events: Vec<Outgoing>,
    /// Whether they go to `/api/v1/bulkevents`: the draft was an array, or `{"events": […]}`.
    pub bulk: bool,
}

/// Why a draft is not sent.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}{reason}", .index.map_or_else(String::new, |index| format!("event {} of the array: ", index + 1)))]
pub struct Unsendable {
    /// Which event of an array, from 0; `None` for a single one, or for the whole.
    pub index: Option<usize>,
    /// The rule that it breaks.
    pub reason: UnsendableReason,
}

/// The rules for what is sent.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum UnsendableReason {
    /// Not JSON.
    #[error("not JSON: {0}")]
    Syntax(#[from] crate::event::syntax::SyntaxError),
    /// An array without events.
    #[error("the array is empty: there is nothing to send")]
    NoEvents,
    /// Some other JSON value.
    #[error("an event is a JSON object, and this is {0}")]
    NotAnObject(&'static str),
    /// No `event`.
    #[error("there is no event name: add \"event\": \"purchase\", or whatever it is")]
    NoName,
    /// `event` is not a string.
    #[error("the event name is {0}, not a string")]
    NameNotText(&'static str),
    /// The name breaks a published rule.
    #[error(transparent)]
    Name(#[from] BadName),
    /// `event_uuid` is there and is not a string.
    #[error("event_uuid is {0}, not a string: correct it, or leave it out and one is added")]
    UuidNotText(&'static str),
    /// One event is larger than a whole call may be.
    #[error("the event has {bytes} bytes: 1 MB is the most that a call may have")]
    TooLarge {
        /// How many it has.
        bytes: usize,
    },
}

impl Shipment {
    /// Reads what is to be sent from `text`, the JSON of one event, an array of events, or `{"events": […]}`. An event
    /// without `event_uuid` gets one from `mark`, as its last field; its text is otherwise left to the letter.
    pub fn read(text: &str, mut mark: impl FnMut() -> Uuid) -> Result<Self, Unsendable> {
        let whole = |reason| Unsendable { index: None, reason };
        syntax::check(text).map_err(|error| whole(error.into()))?;
        let text = text.trim_matches(is_json_space);
        let elements = match text.chars().next() {
            Some('[') => Some(elements(text).map_err(whole)?),
            Some('{') => wrapped(text),
            _ => None,
        };
        let Some(elements) = elements else {
            let event = Outgoing::read(text, mark).map_err(whole)?;
            return Ok(Self { events: vec![event], bulk: false });
        };
        if elements.is_empty() {
            return Err(whole(UnsendableReason::NoEvents));
        }
        let read = |(index, element): (usize, &RawValue)| {
            Outgoing::read(element.get(), &mut mark).map_err(|reason| Unsendable { index: Some(index), reason })
        };
        let events = elements.into_iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { events, bulk: true })
    }
}

impl Outgoing {
    /// Reads one event, as [`Shipment::read`] does.
    pub fn read(text: &str, mut mark: impl FnMut() -> Uuid) -> Result<Self, UnsendableReason> {
        let text = text.trim_matches(is_json_space);
        let scan: Scan<'_> = match serde_json::from_str(text) {
            Ok(scan) => scan,
            Err(error) if error.is_data() => return Err(UnsendableReason::NotAnObject(kind(text))),
            Err(_) => {
                syntax::check(text)?;
                // A text that is JSON and that serde still does not take: an escape that stands for no character.
                return Err(UnsendableReason::NotAnObject("an object with a broken escape in a key"));
            }
        };
        let event_type = name(scan.name)?;
        let (uuid, text) = match scan.uuid {
            Some(raw) if is_blank(raw) => {
                let uuid = mark().to_string();
                let text = replace(text, raw, &uuid);
                (uuid, text)
            }
            Some(raw) => (string(raw).ok_or_else(|| UnsendableReason::UuidNotText(kind(raw.get())))?, text.to_owned()),
            None => {
                let uuid = mark().to_string();
                let text = append(text, &uuid);
                (uuid, text)
            }
        };
        let bytes = text.len() + BULK_ENVELOPE.len();
        if bytes > limits::MAX_BODY_BYTES {
            return Err(UnsendableReason::TooLarge { bytes: text.len() });
        }
        Ok(Self { event_type: event_type.into(), uuid: uuid.into(), text: text.into() })
    }
}

/// What stands around the events of a bulk call.
pub(super) const BULK_ENVELOPE: &str = r#"{"events":[]}"#;

/// The fields of an event that sending looks at. Of a key that stands there twice the last counts, as with the platform's
/// own reader (inferred).
#[derive(Default)]
struct Scan<'a> {
    name: Option<&'a RawValue>,
    uuid: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Scan<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Scan<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scan<'de>, A::Error> {
                let mut scan = Scan::default();
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    match &*key {
                        "event" => scan.name = Some(map.next_value()?),
                        "event_uuid" => scan.uuid = Some(map.next_value()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(scan)
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

fn elements(array: &str) -> Result<Vec<&RawValue>, UnsendableReason> {
    serde_json::from_str(array).map_err(|_| UnsendableReason::NotAnObject(kind(array)))
}

/// The events of a whole bulk body: an object with `events`, an array, and nothing else. An event may have a field of that
/// name, but it has a name too.
fn wrapped(object: &str) -> Option<Vec<&RawValue>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body<'a> {
        #[serde(borrow)]
        events: Vec<&'a RawValue>,
    }
    serde_json::from_str::<Body<'_>>(object).ok().map(|body| body.events)
}

fn name(raw: Option<&RawValue>) -> Result<String, UnsendableReason> {
    let raw = raw.filter(|raw| raw.get() != "null").ok_or(UnsendableReason::NoName)?;
    let name = string(raw).ok_or_else(|| UnsendableReason::NameNotText(kind(raw.get())))?;
    limits::check_name(&name)?;
    Ok(name)
}

fn string(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

fn is_blank(raw: &RawValue) -> bool {
    raw.get() == "null" || string(raw).is_some_and(|text| text.trim().is_empty())
}

fn is_json_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// What a JSON value is, in words.
fn kind(json: &str) -> &'static str {
    match json.trim_start_matches(is_json_space).chars().next() {
        Some('{') => "an object",
        Some('[') => "an array",
        Some('"') => "a string",
        Some('t' | 'f') => "a boolean",
        Some('n') => "null",
        Some(_) => "a number",
        None => "nothing",
    }
}

/// Puts `uuid` in the place of `raw`, which is a part of `text`.
fn replace(text: &str, raw: &RawValue, uuid: &str) -> String {
    let start = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let (before, rest) = text.split_at_checked(start).unwrap_or((text, ""));
    let after = rest.get(raw.get().len()..).unwrap_or_default();
    format!("{before}\"{uuid}\"{after}")
}

/// Adds the marker to an object as its last field, laid out as the field before it.
fn append(object: &str, uuid: &str) -> String {
    let body = object.strip_suffix('}').unwrap_or(object);
    let fields = body.trim_end_matches(is_json_space);
    let end = body.get(fields.len()..).unwrap_or_default();
    let comma = if fields.ends_with('{') { "" } else { "," };
    let first = fields.strip_prefix('{').unwrap_or_default();
    let indent = first.get(..first.len() - first.trim_start_matches(is_json_space).len()).unwrap_or_default();
    let indent = if indent.contains('\n') { indent } else { "" };
    let space = if first.trim_start_matches(is_json_space).find("\": ").is_some() { " " } else { "" };
    format!("{fields}{comma}{indent}\"event_uuid\":{space}\"{uuid}\"{end}}}")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UUID: &str = "00000000-0000-4000-8000-000000000007";

    fn read(text: &str) -> Result<Shipment, Unsendable> {
        Shipment::read(text, || Uuid::parse_str(UUID).unwrap())
    }

    #[test]
    fn an_event_keeps_its_text_and_gets_a_marker_as_its_last_field() {
        let cases = [
            (r#"{"event":"view"}"#, format!(r#"{{"event":"view","event_uuid":"{UUID}"}}"#)),
            (
                " \n{\"event\": \"view\",\"a\":1.10, \"a\":1e400 }\n",
                format!("{{\"event\": \"view\",\"a\":1.10, \"a\":1e400,\"event_uuid\": \"{UUID}\" }}"),
            ),
            (
                "{\n  \"event\": \"view\",\n  \"x\": [1,\n2]\n}",
                format!("{{\n  \"event\": \"view\",\n  \"x\": [1,\n2],\n  \"event_uuid\": \"{UUID}\"\n}}"),
            ),
            (
                r#"{"event":"view","event_uuid":null,"a":1}"#,
                format!(r#"{{"event":"view","event_uuid":"{UUID}","a":1}}"#),
            ),
            (r#"{"event_uuid":" ","event":"view"}"#, format!(r#"{{"event_uuid":"{UUID}","event":"view"}}"#)),
            (r#"{"event":"view","events":[]}"#, format!(r#"{{"event":"view","events":[],"event_uuid":"{UUID}"}}"#)),
        ];
        for (text, expected) in cases {
            let shipment = read(text).unwrap();
            assert!(!shipment.bulk, "{text}");
            let [event] = &*shipment.events else { panic!("{text}") };
            assert_eq!((&*event.text, &*event.uuid, event.event_type.as_str()), (&*expected, UUID, "view"));
        }
    }

    #[test]
    fn a_marker_of_its_own_is_kept() {
        let text = r#"{"event":"view","event_uuid":"mine"}"#;
        let shipment = read(text).unwrap();
        let [event] = &*shipment.events else { panic!() };
        assert_eq!((&*event.uuid, &*event.text), ("mine", text));
    }

    #[test]
    fn an_array_and_a_bulk_body_are_sent_as_bulk() {
        for text in
            [r#"[{"event":"a"},{"event":"b"}]"#, r#" {"events": [{"event":"a"},{"event":"b"}]}"#, r#"[{"event":"a"}]"#]
        {
            let shipment = read(text).unwrap();
            assert!(shipment.bulk, "{text}");
            assert_eq!(shipment.events.first().map(|event| event.event_type.as_str()), Some("a"));
        }
    }

    #[test]
    fn what_the_platform_would_refuse_or_lose_is_not_sent() {
        let large = format!(r#"{{"event":"view","a":"{}"}}"#, "x".repeat(limits::MAX_BODY_BYTES));
        let cases = [
            ("", "not JSON"),
            ("{", "not JSON"),
            ("{\"event\":\"view\"} x", "not JSON"),
            ("7", "an event is a JSON object, and this is a number"),
            ("null", "this is null"),
            ("[]", "the array is empty"),
            (r#"{"events":[]}"#, "the array is empty"),
            ("{}", "there is no event name"),
            (r#"{"event":null}"#, "there is no event name"),
            (r#"{"event":5}"#, "the event name is a number, not a string"),
            (r#"{"event":"page load"}"#, "white space"),
            (r#"{"event":""}"#, "empty"),
            (r#"{"event":"view","event_uuid":7}"#, "event_uuid is a number, not a string"),
            (r#"[{"event":"view"},[]]"#, "event 2 of the array: an event is a JSON object, and this is an array"),
            (r#"{"events":[{"event":"a.b"}]}"#, "event 1 of the array: the event name holds a period"),
            (&large, "1 MB is the most"),
        ];
        for (text, reason) in cases {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{}: {error}", text.get(..60).unwrap_or(text));
        }
    }

    proptest! {
        #[test]
        fn the_marked_event_is_the_event_and_its_marker(keys in proptest::collection::vec("[a-z\"\\\\ ]{0,6}", 0..5), pretty: bool) {
            let mut event = serde_json::Map::new();
            event.insert("event".into(), "view".into());
            for key in keys {
                event.insert(key.clone(), serde_json::json!([key, 1.5, { "k": null }]));
            }
            prop_assume!(!event.contains_key("event_uuid"));
            let value = serde_json::Value::Object(event.clone());
            let text = if pretty { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
            let shipment = read(&text).unwrap();
            event.insert("event_uuid".into(), UUID.into());
            let sent: serde_json::Value = serde_json::from_str(&shipment.events.first().unwrap().text).unwrap();
            prop_assert_eq!(sent, serde_json::Value::Object(event));
        }
    }
}
