use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use memchr::memmem::Finder;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::tagged::tagged;
use super::tape::Header;
use super::{Change, Delivery, Errors, Gap, Moment, Polled, Proof, Recalled, Request, Retry, Trouble, Waiting};
use crate::event::{Head, Note, Payload, Sanitized, TypeName, text};
use crate::lint::Finding;

/// One thing that happened in a session.
///
/// Whatever the source, a session is a sequence of these: what is on screen is a fold over them, and so is what
/// `watch --json` prints. A record has one line of JSON, in which its kind stands in `record`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An event (`event`), or a count without one (`count`), of one type.
    Change(Change),
    /// The server's counts of events that it could not process moved (`errors`).
    Errors(Errors),
    /// A request for a snapshot is on its way (`connection`). Told of the first one, and of one after trouble.
    Connecting {
        /// When it went out.
        at: Moment,
    },
    /// A snapshot came (`connection`).
    Polled(Polled),
    /// Counts came (`connection`).
    Counted {
        /// When the answer was complete.
        at: Moment,
    },
    /// A poll failed (`connection`). What was known before stays known.
    Trouble(Trouble),
    /// The counts could not be had (`connection`). Watching goes on without them.
    CountsTrouble(Trouble),
    /// The history could not be had (`connection`). Watching goes on without it.
    HistoryTrouble(Trouble),
    /// Events were lost (`gap`).
    Gap(Gap),
    /// Something was odd about an answer (`note`). Told once.
    Note {
        /// When the answer came.
        at: Moment,
        /// The oddity.
        note: Note,
    },
    /// A call that sends events has ended, well or not (`sent`).
    Delivered(Delivery),
    /// A call that sends events failed, and will be made again (`retry`).
    Retrying(Retry),
    /// The history endpoint gave events back (`backfill`).
    Recalled(Recalled),
    /// The outcome for an event that was sent and waited for (`proof`).
    Proof(Proof),
    /// Our own collector was sent a request (`request`). The events in it are told just before.
    Request(Arc<Request>),
    /// What waits at our own collector changed (`waiting`).
    Waiting(Waiting),
}

/// A line of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordLine<'l> {
    /// A record with an event.
    Event {
        /// The change that brought it.
        change: Change,
        /// The text of the event, where it stands in the line.
        text: &'l str,
    },
    /// Another record.
    Record(Box<Record>),
    /// The first line of a tape.
    Header(Header),
    /// A record of a kind, or in a form, that is not known here.
    Unknown,
    /// Something else, such as an event by itself.
    Other,
}

impl Record {
    /// The change, where it is one.
    pub fn change(&self) -> Option<&Change> {
        if let Self::Change(change) = self { Some(change) } else { None }
    }

    /// When it happened, or was known.
    pub fn at(&self) -> Moment {
        match self {
            Self::Change(Change { at, .. })
            | Self::Errors(Errors { at, .. })
            | Self::Connecting { at }
            | Self::Polled(Polled { at, .. })
            | Self::Counted { at }
            | Self::Trouble(Trouble { at, .. })
            | Self::CountsTrouble(Trouble { at, .. })
            | Self::HistoryTrouble(Trouble { at, .. })
            | Self::Gap(Gap { at, .. })
            | Self::Note { at, .. }
            | Self::Delivered(Delivery { at, .. })
            | Self::Retrying(Retry { at, .. })
            | Self::Recalled(Recalled { at, .. })
            | Self::Proof(Proof { at, .. })
            | Self::Waiting(Waiting { at, .. }) => *at,
            Self::Request(request) => request.at,
        }
    }

    /// The same as it happens at that moment, where it tells what happened; `None` where it tells how somebody else fared
    /// who watched.
    pub fn happening(self, at: Moment) -> Option<Self> {
        Some(match self {
            Self::Change(change) => Self::Change(Change { at, counted_at: change.counted_at.map(|_| at), ..change }),
            Self::Errors(errors) => Self::Errors(Errors { at, ..errors }),
            Self::Gap(gap) => Self::Gap(Gap { at, ..gap }),
            Self::Note { note, .. } => Self::Note { at, note },
            Self::Proof(proof) => Self::Proof(Proof { at, ..proof }),
            Self::Request(request) => Self::Request(Arc::new(Request { at, ..(*request).clone() })),
            Self::Connecting { .. }
            | Self::Polled(_)
            | Self::Counted { .. }
            | Self::Trouble(_)
            | Self::CountsTrouble(_)
            | Self::HistoryTrouble(_)
            | Self::Delivered(_)
            | Self::Retrying(_)
            | Self::Recalled(_)
            | Self::Waiting(_) => return None,
        })
    }

    /// The record as one line of JSON, without its line feed and sanitized. An event stands in it with the
    /// same tokens that it came with: only white space between them and the escapes within strings may differ.
    /// `findings` are what is wrong with the event, if it has one.
    pub fn line(&self, findings: &[Finding]) -> Sanitized {
        self.line_with(Some(findings))
    }

    /// The same as it stands on a tape: nobody has judged the event yet.
    pub fn tape_line(&self) -> Sanitized {
        self.line_with(None)
    }

    fn line_with(&self, findings: Option<&[Finding]>) -> Sanitized {
        let json = match self {
            Self::Change(change) if change.payload.is_some() => tagged(
                "event",
                &EventLine { change, late: change.is_late(), latency_ms: change.latency_ms(), findings },
            ),
            Self::Change(change) => tagged("count", change),
            Self::Errors(errors) => tagged("errors", errors),
            Self::Connecting { at } => connection(Endpoint::Events, State::Connecting, &At { at: *at }),
            Self::Polled(polled) => connection(Endpoint::Events, State::Live, polled),
            Self::Counted { at } => connection(Endpoint::Counts, State::Live, &At { at: *at }),
            Self::Trouble(trouble) => connection(Endpoint::Events, State::Trouble, trouble),
            Self::CountsTrouble(trouble) => connection(Endpoint::Counts, State::Trouble, trouble),
            Self::HistoryTrouble(trouble) => connection(Endpoint::History, State::Trouble, trouble),
            Self::Gap(gap) => tagged("gap", gap),
            Self::Note { at, note } => tagged("note", &NoteLine { text: note.0.clone(), at: *at }),
            Self::Delivered(delivery) => tagged("sent", delivery),
            Self::Retrying(retry) => tagged("retry", retry),
            Self::Recalled(recalled) => tagged("backfill", recalled),
            Self::Proof(proof) => tagged("proof", proof),
            Self::Request(request) => tagged("request", &**request),
            Self::Waiting(waiting) => tagged("waiting", waiting),
        };
        text::json_line(&json)
    }
}

impl<'l> RecordLine<'l> {
    /// Reads one line. The kind is taken first, and then what a line of that kind has. Lines of versions that wrote no
    /// kind are read as well. Findings are not read: an event is judged anew.
    pub fn read(line: &'l str) -> Self {
        // Events by themselves are many, and are not read twice.
        static OBSERVED: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("\"observed_at\""));
        if OBSERVED.find(line.as_bytes()).is_none() {
            return Self::Other;
        }
        let Ok(Kind { record, event, action, .. }) = serde_json::from_str(line) else { return Self::Other };
        match (record.as_deref(), event.map(RawValue::get)) {
            (Some("event"), Some(text)) => event_line(line, text).unwrap_or(Self::Other),
            (None, Some(text)) if text.starts_with('{') => event_line(line, text).unwrap_or(Self::Other),
            // The count of an older version.
            (None, None) => read(line, Record::Change).unwrap_or(Self::Other),
            (Some("tape"), None) if let Ok(header) = serde_json::from_str(line) => Self::Header(header),
            // An event of somebody's own may have a field of that name.
            (Some(record), None) if action.is_none() => other(record, line).unwrap_or(Self::Unknown),
            _ => Self::Other,
        }
    }
}

fn event_line<'l>(line: &'l str, text: &'l str) -> Option<RecordLine<'l>> {
    let change: Change = serde_json::from_str(line).ok()?;
    let event_type = &change.event_type;
    let is_named = |payload: &Arc<Payload>| payload.event_type() == Some(event_type);
    let payload = change.payload.as_ref().map(|payload| {
        if is_named(payload) || event_type.as_str() == TypeName::UNNAMED {
            return Arc::clone(payload);
        }
        // It has its type from the place it stood in.
        let head = Head::of(payload.text(), Some(event_type.as_str()));
        Arc::new(Payload::with_head(payload.text(), payload.hash(), head))
    });
    Some(RecordLine::Event { change: Change { payload, ..change }, text })
}

/// Reads a line of a kind without an event.
fn other<'l>(record: &str, line: &'l str) -> Option<RecordLine<'l>> {
    match record {
        "count" => read(line, Record::Change),
        "errors" => read(line, Record::Errors),
        "connection" => {
            let Connection { endpoint, state } = serde_json::from_str(line).ok()?;
            match (endpoint, state) {
                (Endpoint::Events, State::Connecting) => read(line, |At { at }| Record::Connecting { at }),
                (Endpoint::Events, State::Live) => read(line, Record::Polled),
                (Endpoint::Events, State::Trouble) => read(line, Record::Trouble),
                (Endpoint::Counts, State::Live) => read(line, |At { at }| Record::Counted { at }),
                (Endpoint::Counts, State::Trouble) => read(line, Record::CountsTrouble),
                (Endpoint::History, State::Trouble) => read(line, Record::HistoryTrouble),
                (Endpoint::Counts, State::Connecting) | (Endpoint::History, _) => None,
            }
        }
        "gap" => read(line, Record::Gap),
        "note" => read(line, |NoteLine { text, at }| Record::Note { at, note: Note(text) }),
        "sent" => read(line, Record::Delivered),
        "retry" => read(line, Record::Retrying),
        "backfill" => read(line, Record::Recalled),
        "proof" => read(line, Record::Proof),
        "waiting" => read(line, Record::Waiting),
        "request" => read(line, |request| Record::Request(Arc::new(request))),
        _ => None,
    }
}

fn read<'l, T: Deserialize<'l>>(line: &'l str, record: impl FnOnce(T) -> Record) -> Option<RecordLine<'l>> {
    let what = serde_json::from_str(line).ok()?;
    Some(RecordLine::Record(Box::new(record(what))))
}

/// The mark of a record among other JSON, and its kind.
#[derive(Deserialize)]
struct Kind<'l> {
    #[serde(borrow, default)]
    record: Option<Cow<'l, str>>,
    #[serde(borrow, default)]
    event: Option<&'l RawValue>,
    #[serde(default)]
    action: Option<IgnoredAny>,
    #[serde(rename = "observed_at")]
    _observed_at: IgnoredAny,
}

#[derive(Serialize)]
struct EventLine<'r> {
    #[serde(flatten)]
    change: &'r Change,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    late: bool,
    latency_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<&'r [Finding]>,
}

#[derive(Serialize, Deserialize)]
struct NoteLine {
    text: Sanitized,
    #[serde(rename = "observed_at")]
    at: Moment,
}

#[derive(Serialize, Deserialize)]
struct At {
    #[serde(rename = "observed_at")]
    at: Moment,
}

#[derive(Serialize, Deserialize)]
struct Connection {
    endpoint: Endpoint,
    state: State,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Endpoint {
    Events,
    Counts,
    History,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Connecting,
    Live,
    Trouble,
}

fn connection(endpoint: Endpoint, state: State, what: &impl Serialize) -> String {
    #[derive(Serialize)]
    struct RecordLine<'r, T> {
        #[serde(flatten)]
        connection: Connection,
        #[serde(flatten)]
        what: &'r T,
    }
    tagged("connection", &RecordLine { connection: Connection { endpoint, state }, what })
}

#[cfg(test)]
mod tests;
