//! One event on its way in: is it acceptable, and what did the sender not say that the platform adds?
//!
//! A sender's event is never rebuilt from a parsed value. It is scanned once, in place, and its text is kept: number
//! spelling (`1.10`, `1e400`), key order and keys that stand twice come out as they went in. What the platform adds
//! is spliced in before the closing brace, and only when somebody asks for the event, so that taking one in is cheap.

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use thiserror::Error;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::blueshift::limits::{self, BadName, BulkTooLarge};
use crate::event::json::{self, Json};
use crate::event::{Identifiers, scan};

use super::browser::Browser;

/// Why an event, or a call with events, was not accepted.
#[derive(Clone, Debug, Error)]
pub enum Rejection {
    /// The text is not JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// The text is JSON but not an object.
    #[error("the body is JSON but not an object: send one object, as in `{{\"event\":\"view\",\"email\":\"…\"}}`")]
    NotAnObject,
    /// There is no `event`, or it is null.
    #[error("`event` can't be blank")]
    NoName,
    /// `event` is neither a text nor a number.
    #[error("`event` is not a string")]
    NameNotText,
    /// `event` breaks a rule for names.
    #[error(transparent)]
    BadName(#[from] BadName),
    /// The call is too large.
    #[error(transparent)]
    TooLarge(#[from] BulkTooLarge),
    /// A bulk call without an array `events`.
    #[error("`events` can't be blank: send `{{\"events\":[…]}}`")]
    NoEvents,
    /// One event of a bulk call was not accepted, and with it none.
    #[error("events[{index}]: {reason}")]
    InBulk {
        /// Its place in the call, from 0.
        index: usize,
        /// The reason.
        reason: Box<Rejection>,
    },
}

/// The fields that the platform adds, as far as the sender did not send them.
const ADDED: [&str; 13] = [
    "_bsft_ts",
    "account_uuid",
    "event_uuid",
    "user_uuid",
    "session_uuid",
    "site",
    "timestamp",
    "timestamp_epoch",
    "user_agent",
    "browser_type",
    "browser_version",
    "browser_platform",
    "ip",
];

/// Which of them the sender has sent, by their places in [`ADDED`].
#[derive(Clone, Copy, Debug, Default)]
struct Sent(u16);

impl Sent {
    fn insert(&mut self, name: &str) {
        self.0 |= Self::bit(name);
    }

    fn contains(self, name: &str) -> bool {
        self.0 & Self::bit(name) != 0
    }

    fn bit(name: &str) -> u16 {
        ADDED.iter().position(|added| *added == name).map_or(0, |place| 1 << place)
    }
}

/// An event that was accepted, as it was sent.
#[derive(Clone, Debug)]
pub(super) struct AcceptedEvent {
    pub(super) name: String,
    text: Box<str>,
    sent: Sent,
    person: Option<u128>,
    is_identified: bool,
    happened: Option<Timestamp>,
}

impl AcceptedEvent {
    /// The event, as the sender wrote it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The same where customers are identified by these fields too.
    pub(super) fn identified_by(self, identifiers: &Identifiers) -> Self {
        let is_identified = self.is_identified || identifiers.name_in_text(&self.text);
        Self { is_identified, ..self }
    }
}

/// Who sent an event, as far as the request says.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    pub(super) ip: Option<IpAddr>,
    pub(super) user_agent: Option<Box<str>>,
}

/// Reads one event. Whatever the sender spelled is kept as it is.
pub(super) fn read(text: &str) -> Result<AcceptedEvent, Rejection> {
    if text.len() > limits::MAX_BODY_BYTES {
        return Err(BulkTooLarge::Bytes { bytes: text.len() }.into());
    }
    let text = text.trim_matches(is_json_space);
    let mut sent = Sent::default();
    let head = scan(text, |field| sent.insert(field.name)).map_err(|error| {
        if error.is_data() { Rejection::NotAnObject } else { Rejection::NotJson(error.to_string()) }
    })?;
    let name = name(head.event)?;
    limits::check_name(&name)?;
    let person = head.customer().map(|(_, value)| xxh3_128_with_seed(value.as_bytes(), 0));
    let is_identified = person.is_some();
    Ok(AcceptedEvent { name, text: text.into(), sent, person, is_identified, happened: head.happened() })
}

/// Reads the events of a bulk call, `{"events":[…]}`: all of them or none.
pub(super) fn read_bulk(text: &str) -> Result<Vec<AcceptedEvent>, Rejection> {
    let level = |text| json::read(text).map_err(|error| Rejection::NotJson(error.to_string()));
    let Json::Object(call) = level(text)? else { return Err(Rejection::NoEvents) };
    // Of a key that is there twice the last counts, as in an event.
    let events = call.list.into_iter().rfind(|member| member.name == "events").ok_or(Rejection::NoEvents)?;
    let Json::Array(events) = level(events.value)? else { return Err(Rejection::NoEvents) };
    limits::check_bulk(events.list.len() + events.left_out, text.len())?;
    let read_at = |(index, event): (usize, &&str)| {
        read(event).map_err(|reason| Rejection::InBulk { index, reason: Box::new(reason) })
    };
    events.list.iter().enumerate().map(read_at).collect()
}

/// The events of a bulk call, whatever is wrong with them; none where it cannot be read as far as that.
pub(super) fn events_of_bulk(text: &str) -> Vec<String> {
    let events = || {
        let Json::Object(call) = json::read(text).ok()? else { return None };
        let events = call.list.into_iter().rfind(|member| member.name == "events")?;
        let Json::Array(events) = json::read(events.value).ok()? else { return None };
        Some(events.list.into_iter().filter(|event| is_object(event)).map(str::to_owned).collect())
    };
    events().unwrap_or_default()
}

/// Whether a text is one JSON object.
pub(super) fn is_object(text: &str) -> bool {
    scan(text, |_| {}).is_ok()
}

impl Rejection {
    /// Which event of a bulk call it is about, and which field of it.
    pub(super) fn place(&self) -> (Option<usize>, Option<&'static str>) {
        match self {
            Self::InBulk { index, reason } => (Some(*index), reason.place().1),
            Self::NoName | Self::NameNotText | Self::BadName(_) => (None, Some("event")),
            Self::NoEvents => (None, Some("events")),
            Self::NotJson(_) | Self::NotAnObject | Self::TooLarge(_) => (None, None),
        }
    }

    /// The reason to refuse the event itself, wherever it stood.
    pub(super) fn root(&self) -> &Self {
        match self {
            Self::InBulk { reason, .. } => reason.root(),
            other => other,
        }
    }
}

fn is_json_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn name(raw: Option<&str>) -> Result<String, Rejection> {
    let raw = raw.filter(|raw| *raw != "null").ok_or(Rejection::NoName)?;
    match raw.chars().next() {
        Some('"') => Ok(json::string(raw).into_owned()),
        Some('-' | '0'..='9') => Err(BadName::Numeric.into()),
        _ => Err(Rejection::NameNotText),
    }
}

/// Fields that all events of one collector share.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) uuid: Uuid,
    pub(super) site: Box<str>,
    pub(super) seed: u64,
    /// By which fields its customers are identified.
    pub(super) identifiers: Identifiers,
}

/// An event that was taken in.
#[derive(Debug)]
pub(super) struct Arrival {
    draft: AcceptedEvent,
    origin: Client,
    at: Timestamp,
    /// Counts all events of the collector, so it tells two arrivals apart.
    number: u64,
    /// Counts those of its type.
    place: u64,
}

impl Arrival {
    pub(super) fn new(draft: AcceptedEvent, origin: Client, at: Timestamp, number: u64) -> Self {
        Self { draft, origin, at, number, place: 0 }
    }

    /// The same as the event of its type that came at this place, from 1.
    pub(super) fn at_place(self, place: u64) -> Self {
        Self { place, ..self }
    }

    /// At which place it came of its type, from 1.
    pub(super) fn place(&self) -> u64 {
        self.place
    }

    /// The name of its type.
    pub(super) fn name(&self) -> &str {
        &self.draft.name
    }

    /// Whether the sender said who the event is about.
    pub(super) fn is_identified(&self) -> bool {
        self.draft.is_identified
    }

    /// How many bytes it holds in memory, roughly.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.draft.text.len()
            + self.draft.name.len()
            + self.origin.user_agent.as_deref().map_or(0, str::len)
    }

    /// Writes the event as the platform would show it: the sender's text, and after it the platform's own fields as far
    /// as the sender did not send them, `without_uuid` without an `event_uuid`. The names are those of published samples,
    /// the values are imitated.
    pub(super) fn write(&self, account: &Account, without_uuid: bool, out: &mut Vec<u8>) {
        let AcceptedEvent { text, sent, person, happened, .. } = &self.draft;
        let head = text.strip_suffix('}').unwrap_or(text).trim_end_matches(is_json_space);
        out.extend_from_slice(head.as_bytes());
        let mut fields = Fields { out, sent: *sent };
        let happened = happened.unwrap_or(self.at);
        fields.quoted("_bsft_ts", &format_args!("{:.3}", self.at));
        fields.quoted("account_uuid", &account.uuid);
        if !without_uuid {
            let event_uuid = xxh3_128_with_seed(&self.number.to_le_bytes(), account.seed);
            fields.quoted("event_uuid", &uuid(event_uuid));
        }
        if let Some(person) = person {
            fields.quoted("user_uuid", &uuid(*person));
        }
        fields.raw("session_uuid", &"null");
        fields.text("site", Some(&account.site));
        fields.quoted("timestamp", &format_args!("{happened:.3}"));
        fields.raw("timestamp_epoch", &happened.as_second());
        if let Some(user_agent) = &self.origin.user_agent {
            let browser = Browser::from_user_agent(user_agent);
            fields.text("user_agent", Some(user_agent));
            fields.text("browser_type", Some(browser.name));
            fields.text("browser_version", Some(browser.version));
            fields.text("browser_platform", browser.platform);
        }
        if let Some(ip) = self.origin.ip {
            fields.quoted("ip", &ip);
        }
        out.push(b'}');
    }
}

fn uuid(bits: u128) -> Uuid {
    uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
}

/// Appends fields to an object whose closing brace is still to come; it already has one field, the event's name.
struct Fields<'a> {
    out: &'a mut Vec<u8>,
    sent: Sent,
}

impl Fields<'_> {
    fn raw(&mut self, key: &str, value: &dyn fmt::Display) {
        if !self.sent.contains(key) {
            self.put(format_args!(",\"{key}\":{value}"));
        }
    }

    /// For a value that has nothing to escape.
    fn quoted(&mut self, key: &str, value: &dyn fmt::Display) {
        if !self.sent.contains(key) {
            self.put(format_args!(",\"{key}\":\"{value}\""));
        }
    }

    fn text(&mut self, key: &str, value: Option<&str>) {
        if !self.sent.contains(key) {
            self.put(format_args!(",\"{key}\":{}", serde_json::Value::from(value)));
        }
    }

    fn put(&mut self, text: fmt::Arguments<'_>) {
        // Writing to a vector cannot fail.
        let _ = std::io::Write::write_fmt(self.out, text);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use super::*;
    use crate::event::{Document, TYPES};
    use crate::fuzz_tests;
    use crate::sandbox::{paths, pixel};

    #[test]
    fn any_request_is_taken_or_refused_and_what_is_taken_is_shown_as_json() {
        let seeds = [
            r#"{"event":"purchase","email":"jane@example.com","timestamp":"2026-05-04T03:02:01Z","n":1.10}"#,
            r#"{"events":[{"event":"a","cookie":"c"},{"event":"b","customer_id":7}]}"#,
            "e=view&email=a%40b.example&products_json=%5B%7B%22sku%22%3A1%7D%5D&t=1795419679",
            "/api/v1/Event.json",
        ];
        let shown = |event: AcceptedEvent| {
            let mut out = Vec::new();
            Arrival::new(event, Client::default(), Timestamp::UNIX_EPOCH, 3).write(&account(), false, &mut out);
            assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&out).is_ok(), "{}", out.escape_ascii());
        };
        fuzz_tests::bytes(&seeds, |body| {
            let text = String::from_utf8_lossy(body);
            let refused = |refused: Rejection| refused.to_string().chars().filter(char::is_ascii_lowercase).collect();
            let one: Result<(), String> = read(&text).map(shown).map_err(refused);
            let many = read_bulk(&text).map(|events| events.into_iter().map(shown).count());
            let many: Result<usize, String> = many.map_err(refused);
            assert!(events_of_bulk(&text).iter().all(|event| is_object(event)));
            let query = pixel::event(&text);
            assert!(serde_json::from_str::<serde::de::IgnoredAny>(&query).is_ok(), "{query}");
            drop(pixel::query(&text));
            drop(paths::meant(&text));
            (one, many)
        });
    }

    fn account() -> Account {
        Account { uuid: Uuid::nil(), site: "shop.example".into(), seed: 7, identifiers: Identifiers::default() }
    }

    fn shown(text: &str) -> String {
        let at = "2026-05-04T03:02:01.5Z".parse().unwrap();
        let origin = Client { ip: Some([127, 0, 0, 1].into()), user_agent: Some("curl/8.5.0".into()) };
        let mut out = Vec::new();
        Arrival::new(read(text).unwrap(), origin, at, 3).write(&account(), false, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_senders_text_is_kept_to_the_letter() {
        let sent =
            r#"{"event":"purchase","a":1.10,"b":1e400,"a":12345678901234567890,"email":"x@y.example",  "c":[1.0 ]"#;
        let shown = shown(&format!("\n  {sent}\n  }}\n "));
        assert!(shown.starts_with(sent), "{shown}");
        assert_eq!(shown.matches("\"event\"").count(), 1);
    }

    #[test]
    fn the_platforms_fields_are_added() {
        let value: serde_json::Value =
            serde_json::from_str(&shown(r#"{"event":"view","email":"x@y.example"}"#)).unwrap();
        let text = |key: &str| value.get(key).map(|v| v.as_str().map_or(v.to_string(), str::to_owned));
        let expected = [
            ("_bsft_ts", "2026-05-04T03:02:01.500Z"),
            ("account_uuid", "00000000-0000-0000-0000-000000000000"),
            ("session_uuid", "null"),
            ("site", "shop.example"),
            ("timestamp", "2026-05-04T03:02:01.500Z"),
            ("timestamp_epoch", "1777863721"),
            ("user_agent", "curl/8.5.0"),
            ("browser_type", "curl"),
            ("browser_version", "8.5.0"),
            ("browser_platform", "null"),
            ("ip", "127.0.0.1"),
        ];
        for (key, expected) in expected {
            assert_eq!(text(key).as_deref(), Some(expected), "{key}");
        }
        for key in ["event_uuid", "user_uuid"] {
            assert!(Uuid::parse_str(&text(key).unwrap()).is_ok(), "{key}");
        }
    }

    #[test]
    fn what_the_sender_sent_is_not_added_again() {
        let fields = [
            ("_bsft_ts", "1"),
            ("account_uuid", "\"a\""),
            ("event_uuid", "\"1234abcd-efghijkj-1234kfjadslk-34iu123\""),
            ("user_uuid", "\"u\""),
            ("session_uuid", "\"s\""),
            ("site", "null"),
            ("timestamp", "\"2015-03-17T17:27:20+00:00\""),
            ("timestamp_epoch", "5"),
            ("user_agent", "\"mine\""),
            ("browser_type", "1"),
            ("browser_version", "2"),
            ("browser_platform", "3"),
            ("ip", "\"201.44.11.21\""),
        ];
        let sent = fields.map(|(key, value)| format!("\"{key}\":{value}")).join(",");
        let sent = format!("{{\"event\":\"view\",{sent}}}");
        assert_eq!(shown(&sent), sent);
    }

    #[test]
    fn the_epoch_follows_the_senders_own_timestamp() {
        let shown = shown(r#"{"event":"view","timestamp":"2015-03-17T17:27:20+00:00"}"#);
        assert!(shown.contains(r#""timestamp_epoch":1426613240"#), "{shown}");
    }

    #[test]
    fn an_event_is_identified_by_any_known_identifier_that_is_not_blank() {
        let cases = [
            (r#"{"event":"view"}"#, false),
            (r#"{"event":"view","email":null}"#, false),
            (r#"{"event":"view","customer_id":""}"#, false),
            (r#"{"event":"view","customer_id":"  "}"#, false),
            (r#"{"event":"view","Email":"x@y.example"}"#, false),
            (r#"{"event":"view","email":"x@y.example"}"#, true),
            (r#"{"event":"view","customer_id":812122}"#, true),
            (r#"{"event":"view","customer_id":"","device_id":"d"}"#, true),
            (r#"{"event":"view","cookie":"c"}"#, true),
            (r#"{"event":"view","phone_number":"+491700000000"}"#, true),
            (r#"{"event":"view","group_id":"g"}"#, true),
            (r#"{"event":"view","user_uuid":"u"}"#, true),
        ];
        for (text, identified) in cases {
            assert_eq!(read(text).unwrap().person.is_some(), identified, "{text}");
        }
    }

    #[test]
    fn what_is_no_event_is_rejected_with_the_reason() {
        let cases = [
            ("", "the body is not JSON: EOF while parsing a value at line 1 column 0"),
            ("{\"event\":\"view\"", "the body is not JSON: EOF while parsing an object at line 1 column 15"),
            ("{\"event\":\"view\"} x", "the body is not JSON: trailing characters at line 1 column 18"),
            ("event=view", "the body is not JSON: expected value at line 1 column 1"),
            ("[]", "the body is JSON but not an object"),
            ("7", "the body is JSON but not an object"),
            ("null", "the body is JSON but not an object"),
            ("{}", "`event` can't be blank"),
            ("{\"event\":null}", "`event` can't be blank"),
            ("{\"event\":{}}", "`event` is not a string"),
            ("{\"event\":true}", "`event` is not a string"),
            ("{\"event\":5}", "the event name is a number"),
            ("{\"event\":\"\"}", "the event name is empty"),
            ("{\"event\":\"page load\"}", "the event name contains white space"),
        ];
        for (text, reason) in cases {
            let rejection = read(text).map(|draft| draft.name).unwrap_err().to_string();
            assert!(rejection.starts_with(reason), "{text}: {rejection}");
        }
    }

    #[test]
    fn a_field_that_the_user_names_identifies_too() {
        let mut identifiers = Identifiers::default();
        identifiers.name("loyalty_id");
        for (text, identified) in [
            (r#"{"event":"view","loyalty_id":7}"#, true),
            (r#"{"event":"view","loyalty_id":""}"#, false),
            (r#"{"event":"view","email":"x@y.example"}"#, true),
            (r#"{"event":"view","email":["x@y.example"]}"#, false),
        ] {
            let event = read(text).unwrap().identified_by(&identifiers);
            assert_eq!(event.is_identified, identified, "{text}");
        }
    }

    #[test]
    fn what_other_readers_of_json_refuse_is_taken_as_it_came() {
        let deep = format!("{}1{}", r#"{"a":["#.repeat(300), "]}".repeat(300));
        let deepest = format!("{}{}", "[".repeat(400_000), "]".repeat(400_000));
        let cases = [
            r#"{"event":"view","email":"x@y.example","title":"shoe \ud83d"}"#.to_owned(),
            r#"{"event":"view","email":"x@y.example","\udc00":{"\ud83d":"\ud83d\ud83d"}}"#.to_owned(),
            r#"{"event":"view\ud83d","email":"x@y.example"}"#.to_owned(),
            format!(r#"{{"event":"view","email":"x@y.example","deep":{deep}}}"#),
            format!(r#"{{"event":"view","email":"x@y.example","deep":{deepest}}}"#),
            r#"{"event":"a","n":1,"email":"","event":"view","n":2,"email":"x@y.example"}"#.to_owned(),
        ];
        for event in cases {
            let start: String = event.chars().take(80).collect();
            let draft = read(&event).unwrap();
            assert_eq!((draft.text(), draft.person.is_some()), (&*event, true), "{start}");
            // The type is the one that a watcher reads.
            assert_eq!(Document::read(&event).unwrap().event_type(), Some(&*draft.name), "{start}");
            let call = format!(r#"{{"\ud83d":"\udc00","events":[],"deep":{deep},"events":[{event}]}}"#);
            let texts: Vec<_> = read_bulk(&call).unwrap().iter().map(|draft| draft.text().to_owned()).collect();
            assert_eq!(texts, [event.as_str()], "{start}");
            assert!(shown(&event).starts_with(event.strip_suffix('}').unwrap()), "{start}");
        }
    }

    #[test]
    fn what_is_taken_is_of_the_type_that_the_debug_answer_shows() {
        for (text, unkeyed, _) in TYPES {
            let taken = read(text).map(|draft| draft.name).ok();
            let is_named = Document::read(text).unwrap().head().names_its_type();
            assert!(taken.is_none() || is_named && taken.as_deref() == unkeyed, "{text}: {taken:?}");
        }
        assert_eq!(read(r#"{"event":"view","event":"search"}"#).unwrap().name, "search");
        assert!(read(r#"{"event":"view","event":null,"action":"view"}"#).is_err());
    }

    #[test]
    fn a_bulk_call_is_taken_whole_or_not_at_all() {
        let good = r#"{"events":[{"event":"view"},{"event":"search"}]}"#;
        assert_eq!(read_bulk(good).unwrap().len(), 2);
        let cases = [
            (r#"{"events":[{"event":"view"},{"event":"a.b"}]}"#, "events[1]: the event name contains a period"),
            (r#"{"events":[7]}"#, "events[0]: the body is JSON but not an object"),
            ("{}", "`events` can't be blank"),
            (r#"{"events":{"event":"view"}}"#, "`events` can't be blank"),
            ("[]", "`events` can't be blank"),
            ("[", "the body is not JSON"),
        ];
        for (text, reason) in cases {
            let rejection = read_bulk(text).map(|drafts| drafts.len()).unwrap_err().to_string();
            assert!(rejection.starts_with(reason), "{text}: {rejection}");
        }
        let many = format!("{{\"events\":[{}]}}", vec![r#"{"event":"view"}"#; 101].join(","));
        assert!(read_bulk(&many).is_err_and(|r| matches!(r, Rejection::TooLarge(_))));
    }
}
