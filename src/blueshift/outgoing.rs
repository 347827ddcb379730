use std::ops::Range;
use std::sync::Arc;

use serde_json::value::RawValue;
use thiserror::Error;
use uuid::Uuid;

use super::limits::{self, BadName};
use crate::event::json;
use crate::event::syntax::{self, SyntaxError};
use crate::event::text::counted;
use crate::event::text::sanitize;
use crate::event::{EventId, Form, NO_ARRAY, Payload, TypeName, scan};

/// The text before the events of a bulk call.
pub(super) const BULK_OPEN: &str = r#"{"events":["#;
/// The other side of [`BULK_OPEN`].
pub(super) const BULK_CLOSE: &str = "]}";

/// An event that can be sent: checked, and carrying an `event_uuid` by which it can be recognized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its name.
    pub event_type: TypeName,
    /// The text of its `event_uuid`.
    pub uuid: Arc<str>,
    /// The event itself, as it goes over the wire: one object.
    pub payload: Arc<Payload>,
}

impl Outgoing {
    /// Its type and its UUID.
    pub fn id(&self) -> EventId {
        EventId { event_type: self.event_type.clone(), uuid: Arc::clone(&self.uuid) }
    }
}

/// The events that one draft is sent as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The events, at least one.
    pub events: Vec<Outgoing>,
    /// Whether they go to `/api/v1/bulkevents`: the draft was an array, or `{"events": […]}`.
    pub bulk: bool,
}

/// Why a draft is not sent.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}{reason}", .index.map_or_else(String::new, |index| format!("at [{index}]: ")))]
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
    Syntax(#[from] SyntaxError),
    /// An array without events.
    #[error("the array is empty: there is nothing to send")]
    NoEvents,
    /// `events` holds an object.
    #[error("{NO_ARRAY}")]
    NoArray,
    /// Some other JSON value.
    #[error("an event is a JSON object, but this is {0}")]
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
    #[error("the event has {}: a call may have at most 1 MB", counted(*bytes as u64, "byte"))]
    TooLarge {
        /// How many it has.
        bytes: usize,
    },
}

impl Batch {
    /// Reads what is to be sent from `text`, the JSON of one event, an array of events, or `{"events": […]}`. An event
    /// without `event_uuid` gets one from `mark`, as its last field; its text is otherwise left to the letter.
    pub fn read(text: &str, mut mark: impl FnMut() -> Uuid) -> Result<Self, Unsendable> {
        let whole = |reason| Unsendable { index: None, reason };
        let raws = match Form::read(text) {
            Form::Many { events, .. } => events,
            Form::NoArray(_) => return Err(whole(UnsendableReason::NoArray)),
            Form::Event(text) => {
                let event = Outgoing::read(text, mark).map_err(whole)?;
                return Ok(Self { events: vec![event], bulk: false });
            }
        };
        if raws.is_empty() {
            return Err(whole(UnsendableReason::NoEvents));
        }
        let read_at = |(index, raw): (usize, &str)| {
            Outgoing::read(raw, &mut mark).map_err(|reason| Unsendable { index: Some(index), reason })
        };
        let events = raws.into_iter().enumerate().map(read_at).collect::<Result<_, _>>()?;
        Ok(Self { events, bulk: true })
    }
}

impl Outgoing {
    /// Reads one event, as [`Batch::read`] does.
    pub fn read(text: &str, mut mark: impl FnMut() -> Uuid) -> Result<Self, UnsendableReason> {
        let text = without_mark(text);
        let mut last = LastField::default();
        let scanned = scan(text, |field| last = LastField { key: field.key, value: field.value });
        let head = match scanned {
            Ok(head) => head,
            // `Data` also comes where the object would have begun, before the rest of the text was looked at.
            Err(error) if error.is_data() => match serde_json::from_str::<&RawValue>(text) {
                Ok(raw) => return Err(UnsendableReason::NotAnObject(sort(raw.get()))),
                Err(error) => return Err(broken(text, &error).into()),
            },
            Err(error) => return Err(broken(text, &error).into()),
        };
        let text = text.trim_matches(is_space);
        let name = name(text, head.event)?;
        limits::check_name(&name)?;
        let (uuid, text) = match head.event_uuid {
            Some(raw) if raw.starts_with('"') && raw != "\"\"" => (json::string(raw).into_owned(), text.to_owned()),
            // Two fields of one name would be a riddle, so an empty one gets the value.
            Some(raw @ ("null" | "\"\"")) => {
                let uuid = mark().to_string();
                let Range { start, end } = span(text, raw);
                let (head, tail) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
                let text = format!("{head}\"{uuid}\"{tail}");
                (uuid, text)
            }
            Some(raw) => return Err(UnsendableReason::UuidNotText(sort(raw))),
            None => {
                let uuid = mark().to_string();
                let text = with_last_field(text, &last, &format!("\"{uuid}\""));
                (uuid, text)
            }
        };
        let bytes = text.len();
        if BULK_OPEN.len() + bytes + BULK_CLOSE.len() > limits::MAX_BODY_BYTES {
            return Err(UnsendableReason::TooLarge { bytes });
        }
        Ok(Self { event_type: name.into(), uuid: uuid.into(), payload: Arc::new(Payload::new(&text)) })
    }

    /// Its JSON text.
    pub fn text(&self) -> &str {
        self.payload.text()
    }
}

/// Editors on Windows put a mark before a text, which is no part of it (RFC 8259, section 8.1).
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Why `text` is not JSON: in our own words where they are known, else in those of the parser.
fn broken(text: &str, error: &serde_json::Error) -> SyntaxError {
    syntax::check(text).err().unwrap_or_else(|| {
        let said = error.to_string();
        let message = sanitize(said.rsplit_once(" at line ").map_or(&*said, |(message, _)| message));
        // The parser counts bytes, and from 0 where it stands before the first.
        let before = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
        let before = before.get(..before.floor_char_boundary(error.column())).unwrap_or_default();
        SyntaxError { line: error.line().max(1), column: before.chars().count().max(1), message }
    })
}

fn name(text: &str, raw: Option<&str>) -> Result<String, UnsendableReason> {
    let raw = raw.filter(|raw| *raw != "null").ok_or(UnsendableReason::NoName)?;
    if !raw.starts_with('"') {
        return Err(UnsendableReason::NameNotText(sort(raw)));
    }
    serde_json::from_str(raw).map_err(|_| {
        // The one thing that can be wrong with a string that was read over: JSON can spell half a character.
        let before = text.get(..span(text, raw).start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let message = "the event name holds half a character: an escape from \\ud800 to \\udfff needs its other half";
        let (line, column) = (before.matches('\n').count() + 1, line.chars().count() + 1);
        SyntaxError { line, column, message: message.into() }.into()
    })
}

/// The kind of value that `raw` is, in words.
fn sort(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// Where `part`, a slice of `whole`, stands in it.
fn span(whole: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
    start..start + part.len()
}

/// `text` with an `event_uuid` behind its last field, written as that one is: on a line of its own or not, with a blank
/// after the colon or not.
fn with_last_field(text: &str, last: &LastField<'_>, value: &str) -> String {
    let (key, end) = (span(text, last.key), span(text, last.value).end);
    let between = |range: Range<usize>| text.get(range).unwrap_or_default();
    let colon = between(key.end..end - last.value.len());
    let before = between(0..key.start);
    let mut gap = between(before.trim_end_matches(is_space).len()..key.start);
    if gap.is_empty() && colon.ends_with(' ') {
        gap = " ";
    }
    let (head, tail) = (between(0..end), between(end..text.len()));
    format!("{head},{gap}\"event_uuid\"{colon}{value}{tail}")
}

/// The field that stands last in an event, as slices of its text.
#[derive(Default)]
struct LastField<'a> {
    key: &'a str,
    value: &'a str,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use proptest::prelude::*;

    use super::*;
    use crate::event::TYPES;

    const MARK: &str = "00000000-0000-0000-0000-000000000001";

    fn one(text: &str) -> Result<Outgoing, UnsendableReason> {
        Outgoing::read(text, || Uuid::from_u128(1))
    }

    #[test]
    fn what_is_sent_is_of_the_type_that_its_head_says() {
        for (text, unkeyed, _) in TYPES {
            let Ok(sent) = one(text) else { continue };
            assert_eq!((Some(sent.event_type.as_str()), sent.payload.event_type()), (unkeyed, Some(&sent.event_type)));
            assert_eq!(sent.payload.head().uuid.as_deref(), Some(MARK), "{text}");
        }
        assert_eq!(one(r#"{"event":"view","event":"purchase"}"#).unwrap().event_type.as_str(), "purchase");
    }

    fn many(text: &str) -> Result<Batch, Unsendable> {
        let mut n = 0;
        Batch::read(text, || {
            n += 1;
            Uuid::from_u128(n)
        })
    }

    #[test]
    fn an_event_without_a_marker_gets_one_in_the_style_of_its_text() {
        let cases = [
            (r#"{"event":"view"}"#, r#"{"event":"view","event_uuid":"#, "}"),
            (r#" {"event": "view"} "#, r#"{"event": "view", "event_uuid": "#, "}"),
            (r#"{ "event": "view" }"#, r#"{ "event": "view", "event_uuid": "#, " }"),
            (r#"{"event":"view", "n" : 1.10}"#, r#"{"event":"view", "n" : 1.10, "event_uuid" : "#, "}"),
            (
                "{\n  \"event\": \"view\",\n  \"n\": [\n    1e400\n  ]\n}\n",
                "{\n  \"event\": \"view\",\n  \"n\": [\n    1e400\n  ],\n  \"event_uuid\": ",
                "\n}",
            ),
            ("{\r\n\t\"event\":\"view\"\r\n}", "{\r\n\t\"event\":\"view\",\r\n\t\"event_uuid\":", "\r\n}"),
            ("{\"n\":1,\"n\":2,\"event\":\"view\"}", "{\"n\":1,\"n\":2,\"event\":\"view\",\"event_uuid\":", "}"),
            ("\u{feff}{\"event\":\"view\"}", "{\"event\":\"view\",\"event_uuid\":", "}"),
            (r#"{"event":"view","event_uuid": null,"n":1}"#, r#"{"event":"view","event_uuid": "#, r#","n":1}"#),
            (r#"{"event_uuid":"","event":"view"}"#, r#"{"event_uuid":"#, r#","event":"view"}"#),
            (r#"{"\u0065vent":"view"}"#, r#"{"\u0065vent":"view","event_uuid":"#, "}"),
        ];
        for (text, head, tail) in cases {
            let event = one(text).unwrap();
            assert_eq!(event.text(), format!("{head}\"{MARK}\"{tail}"), "{text}");
            assert_eq!((event.event_type.as_str(), &*event.uuid), ("view", MARK), "{text}");
        }
    }

    #[test]
    fn an_own_marker_is_kept_and_so_is_every_letter_of_the_text() {
        let text = r#"{"event":"view","event_uuid":"4f\u0031","n":1.10,"big":12345678901234567890,"n":-0}"#;
        let event = one(text).unwrap();
        assert_eq!((&*event.uuid, event.text()), ("4f1", text));
        assert_eq!(&*one(r#"{"event":"view","event_uuid":5,"event_uuid":"x"}"#).unwrap().uuid, "x");
    }

    #[test]
    fn what_is_no_event_is_refused_with_the_rule() {
        use UnsendableReason::{Name, NameNotText, NoName, NotAnObject, UuidNotText};
        let cases = [
            ("5", NotAnObject("a number")),
            (" -0.1 ", NotAnObject("a number")),
            ("\"view\"", NotAnObject("a string")),
            ("null", NotAnObject("null")),
            ("true", NotAnObject("a boolean")),
            ("[]", NotAnObject("an array")),
            ("{}", NoName),
            (r#"{"Event":"view"}"#, NoName),
            (r#"{"event":null}"#, NoName),
            (r#"{"event":5}"#, NameNotText("a number")),
            (r#"{"event":["view"]}"#, NameNotText("an array")),
            (r#"{"event":""}"#, Name(BadName::Empty)),
            (r#"{"event":"page load"}"#, Name(BadName::WhiteSpace)),
            (r#"{"event":"back_in_stock.view"}"#, Name(BadName::Period)),
            (r#"{"event":"view","event":"2024"}"#, Name(BadName::Numeric)),
            (r#"{"event":"view","event_uuid":7}"#, UuidNotText("a number")),
            (r#"{"event":"view","event_uuid":{}}"#, UuidNotText("an object")),
        ];
        for (text, reason) in cases {
            assert_eq!(one(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn broken_json_is_told_with_its_place() {
        let cases = [
            ("{\"event\":\"view\"\n  \"n\":1}", 2, 3),
            ("{\"event\":\"é\" 5}", 1, 14),
            ("5 5", 1, 3),
            ("{\"event\":\"view\"} {}", 1, 18),
            ("[{\"event\":\"view\"},\n {\"event\" \"view\"}]", 2, 11),
            ("{\n \"event\":\"\\ud800\"}", 2, 10),
        ];
        for (text, line, column) in cases {
            let error = many(text).unwrap_err();
            let Unsendable { index: None, reason: UnsendableReason::Syntax(syntax) } = &error else {
                panic!("{text}: {error:?}")
            };
            assert_eq!((syntax.line, syntax.column), (line, column), "{text}: {error}");
            assert!(!syntax.message.is_empty() && !syntax.message.contains(" at line"), "{error}");
        }
        for text in ["", "{", "[", "[{\"event\":\"view\"}"] {
            let error = many(text).unwrap_err();
            assert!(
                matches!(error, Unsendable { index: None, reason: UnsendableReason::Syntax(_) }),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn an_array_or_its_envelope_is_a_bulk_call_and_nothing_else_is() {
        let text = r#"{"event":"a"}, {"event":"b"}"#;
        for text in [format!("[{text}]"), format!(" [\n{text}\n] "), format!("{{ \"events\" : [{text}] }}")] {
            let batch = many(&text).unwrap();
            assert!(batch.bulk);
            let names: Vec<_> = batch.events.iter().map(|event| event.event_type.as_str()).collect();
            assert_eq!(names, ["a", "b"]);
            assert!(batch.events.iter().all(|event| event.text().contains(&*event.uuid)));
            assert_ne!(batch.events.first().unwrap().uuid, batch.events.last().unwrap().uuid);
        }
        for text in [r#"{"event":"view","events":[1]}"#, r#"{"events":[1],"event":"view"}"#, r#"{"event":"events"}"#] {
            let batch = many(text).unwrap();
            assert!(!batch.bulk && batch.events.len() == 1, "{text}");
        }
    }

    #[test]
    fn an_array_is_refused_with_the_event_that_breaks_a_rule() {
        let error = |text| many(text).unwrap_err();
        for text in ["[]", "{\"events\": [ ]}"] {
            assert_eq!(error(text), Unsendable { index: None, reason: UnsendableReason::NoEvents });
        }
        assert_eq!(
            error(r#"[{"event":"view"}, 7]"#).to_string(),
            "at [1]: an event is a JSON object, but this is a number"
        );
        assert_eq!(error(r#"{"events":[[]]}"#).reason, UnsendableReason::NotAnObject("an array"));
        assert_eq!(error(r#"{"events":{"event":"view"}}"#).reason, UnsendableReason::NoArray);
    }

    #[test]
    fn an_event_that_no_call_can_hold_is_too_large_and_the_largest_is_not() {
        let of_length = |length: usize| {
            let empty = r#"{"event":"view","event_uuid":"x","filler":""}"#;
            empty.replace("\"\"", &format!("\"{}\"", "x".repeat(length - empty.len())))
        };
        let most = limits::MAX_BODY_BYTES - BULK_OPEN.len() - BULK_CLOSE.len();
        assert_eq!(one(&of_length(most)).unwrap().text().len(), most);
        assert_eq!(one(&of_length(most + 1)), Err(UnsendableReason::TooLarge { bytes: most + 1 }));
    }

    #[test]
    fn an_event_of_very_many_fields_and_an_array_of_very_many_events_lose_nothing() {
        let fields: String = (0..120_000).map(|_| "\"\":1,").collect();
        assert_eq!(one(&format!("{{{fields}\"event\":\"view\"}}")).unwrap().event_type.as_str(), "view");
        let events = vec![r#"{"event":"view"}"#; 120_000].join(",");
        assert_eq!(many(&format!("[{events}]")).unwrap().events.len(), 120_000);
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in ".*") {
            let _ = many(&text);
        }

        #[test]
        fn only_the_marker_is_added(keys in proptest::collection::vec(".{0,8}", 0..6), value: String, pretty: bool) {
            let mut event = serde_json::Map::new();
            event.insert("event".into(), "view".into());
            for key in keys {
                event.entry(key).or_insert_with(|| value.as_str().into());
            }
            event.remove("event_uuid");
            let event = serde_json::Value::Object(event);
            let text = if pretty { format!("{event:#}") } else { event.to_string() };
            let sent = one(&text).unwrap();
            let mut read: serde_json::Value = serde_json::from_str(sent.text()).unwrap();
            let added = read.as_object_mut().unwrap().shift_remove("event_uuid");
            prop_assert_eq!(added, Some(MARK.into()));
            prop_assert_eq!(read, event);
            let start = text.trim_end_matches(['}', '\n']);
            prop_assert!(sent.text().starts_with(start), "{}", sent.text());
        }
    }
}
