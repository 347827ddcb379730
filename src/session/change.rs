use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Arrival, Captured, EventNumber, Moment};
use crate::event::{Payload, TypeName};

/// The change that a snapshot, or a count, brought for one event type: an event, or news of its count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The type.
    #[serde(rename = "type")]
    pub event_type: TypeName,
    /// The kind of change.
    #[serde(rename = "change")]
    pub kind: ChangeKind,
    /// The event that came; `None` where none did.
    #[serde(rename = "event", default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Arc<Payload>>,
    /// The server's own count for the type, as the server tells it: it may start anew at midnight or run backwards.
    /// `None` is unknown, not zero.
    #[serde(default)]
    pub received: Option<u64>,
    /// When that was counted; `None` where it is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_at: Option<Moment>,
    /// How many distinct events of the type were captured so far. One that comes back after so many others that it was
    /// forgotten counts anew.
    pub captured: u64,
    /// How many events this change is known to stand for; over all changes each arrival is told once, when it is known
    /// first: by the event that came, or by the server's count. On the first snapshot of a session it is zero, for nothing
    /// arrived while we watched.
    #[serde(default)]
    pub arrived: u64,
    /// How much of what the server received was captured, since its count became known; `None` while it is not.
    #[serde(default)]
    pub coverage: Option<Coverage>,
    /// When we saw it.
    #[serde(rename = "observed_at")]
    pub at: Moment,
    /// How the event came to us.
    #[serde(rename = "from", default, skip_serializing_if = "is_usual")]
    pub arrival: Arrival,
    /// The number of the event in the session that took it in; `None` before one has, and where no event came.
    #[serde(skip)]
    pub number: Option<EventNumber>,
}

impl Change {
    /// The event that came, once a session has taken it in.
    pub fn event(&self) -> Option<Captured> {
        let (event_type, payload) = (self.event_type.clone(), self.payload.clone()?);
        Some(Captured { event_type, payload, at: self.at, number: self.number?, arrival: self.arrival })
    }

    /// Whether the event is one of the history that came after a newer one of its type was told.
    pub fn is_late(&self) -> bool {
        self.kind == ChangeKind::Earlier && self.arrival == Arrival::Backfill
    }

    /// Whether the event was refused: it counts as neither received nor captured.
    pub fn is_refused(&self) -> bool {
        self.arrival == Arrival::Refused
    }

    /// How long the event was under way: from its own `timestamp` to the platform's `_bsft_ts`, in milliseconds.
    /// Negative when the clocks disagree; `None` when either is missing.
    pub fn latency_ms(&self) -> Option<i64> {
        let head = self.payload.as_ref()?.head();
        Some(head.received?.as_millisecond().saturating_sub(head.happened?.as_millisecond()))
    }
}

/// Whether a value is the usual one, of which nothing is written.
fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Captured against received, over one span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Coverage {
    /// How many distinct payloads were captured.
    pub captured: u64,
    /// How many events are known to have been received: never less than were captured.
    pub received: u64,
}

/// The sorts of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// The type is seen for the first time. All that the first snapshot holds is new.
    New,
    /// The type is seen again after it was gone.
    Returned,
    /// A newer event of a known type.
    Updated,
    /// An event that was not captured before, and that is older than the newest of its type.
    Earlier,
    /// No event came, but the server's count moved or became known.
    Unchanged,
    /// The server no longer knows the type.
    Gone,
}

impl ChangeKind {
    /// Whether the event of such a change, if there is one, is the newest of its type.
    pub fn is_newest(self) -> bool {
        matches!(self, Self::New | Self::Returned | Self::Updated)
    }
}
