use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::moment::millis;
use super::{Moment, Problem, ProblemKind};
use crate::event::{EventId, Sanitized};

/// The outcome of one call that sends events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "SentLine", into = "SentLine")]
pub struct Delivery {
    /// Which batch, by the number that it was handed over with.
    pub batch: u64,
    /// Which of its calls, from 0.
    pub call: usize,
    /// How many calls it takes.
    pub calls: usize,
    /// The events that the call holds.
    pub events: Arc<[EventId]>,
    /// When the answer, or the last failure, was complete.
    pub at: Moment,
    /// From the request of the last attempt to the end of its answer.
    pub took: Duration,
    /// How many attempts were made. Each after the first may have sent the events again: the platform knows no
    /// idempotency (documented by absence).
    pub attempts: u32,
    /// The status of the last answer; `None` when there was none.
    pub status: Option<u16>,
    /// The outcome.
    pub verdict: CallOutcome,
}

/// The outcome of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// A 200: the server took it. It does not say that it will be of use.
    Taken {
        /// The status.
        status: u16,
        /// The body in one line.
        body: Sanitized,
    },
    /// The server refused what was sent: a 4xx that is not about the key or the rate. It is not sent again.
    Refused {
        /// The status.
        status: u16,
        /// The server's message in one line.
        message: Sanitized,
        /// The fields that it names, each with what it says of them.
        fields: Vec<(Sanitized, Sanitized)>,
    },
    /// It could not be delivered: the key is refused, or the network or the server had trouble after every attempt.
    Failed(Problem),
}

/// An attempt that failed and will be made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Which batch.
    pub batch: u64,
    /// How many attempts were made.
    pub attempts: u32,
    /// Why the last one failed.
    pub problem: Problem,
    /// Whether this attempt, or one before it, may have brought the events all the same.
    #[serde(default)]
    pub perhaps: bool,
    /// When the next is due.
    #[serde(rename = "next_at")]
    pub next: Moment,
    /// When the last one failed.
    #[serde(rename = "observed_at")]
    pub at: Moment,
}

/// A delivery as it is written: what came of it stands flat beside the rest.
#[derive(Serialize, Deserialize)]
struct SentLine {
    /// How many events the server took.
    sent: usize,
    status: Option<u16>,
    attempts: u32,
    #[serde(rename = "latency_ms", with = "millis")]
    took: Duration,
    events: Arc<[EventId]>,
    message: Option<Sanitized>,
    advice: Option<Sanitized>,
    fields: Option<Fields>,
    /// The server's answer when it accepted the events.
    answer: Option<Sanitized>,
    /// The kind of trouble, where the call failed.
    trouble: Option<ProblemKind>,
    batch: u64,
    call: usize,
    calls: usize,
    #[serde(rename = "observed_at")]
    at: Moment,
}

impl From<Delivery> for SentLine {
    fn from(delivery: Delivery) -> Self {
        let Delivery { batch, call, calls, events, at, took, attempts, status, verdict } = delivery;
        let mut line = Self {
            sent: 0,
            status,
            attempts,
            took,
            events,
            message: None,
            advice: None,
            fields: None,
            answer: None,
            trouble: None,
            batch,
            call,
            calls,
            at,
        };
        match verdict {
            CallOutcome::Taken { body, .. } => {
                line.sent = line.events.len();
                line.answer = Some(body);
            }
            CallOutcome::Refused { message, fields, .. } => {
                line.message = Some(message);
                line.fields = Some(Fields(fields));
            }
            CallOutcome::Failed(Problem { kind, what, advice }) => {
                (line.message, line.advice, line.trouble) = (Some(what), Some(advice), Some(kind));
            }
        }
        line
    }
}

impl From<SentLine> for Delivery {
    fn from(line: SentLine) -> Self {
        let SentLine { status, attempts, took, events, message, advice, fields, answer, trouble, .. } = line;
        let (batch, call, calls, at) = (line.batch, line.call, line.calls, line.at);
        let message = message.unwrap_or_default();
        let verdict = match (trouble, answer) {
            (Some(kind), _) => CallOutcome::Failed(Problem { kind, what: message, advice: advice.unwrap_or_default() }),
            (None, Some(body)) => CallOutcome::Taken { status: status.unwrap_or_default(), body },
            (None, None) => {
                let fields = fields.map(|Fields(fields)| fields).unwrap_or_default();
                CallOutcome::Refused { status: status.unwrap_or_default(), message, fields }
            }
        };
        Self { batch, call, calls, events, at, took, attempts, status, verdict }
    }
}

/// Fields with what is said of them, as an object. Of what is said of a field twice the last stands, as with most readers
/// of JSON.
struct Fields(Vec<(Sanitized, Sanitized)>);

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields: IndexMap<_, _> = self.0.iter().map(|(field, said)| (field, said)).collect();
        serializer.collect_map(fields)
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("fields with what is said of them")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}
