use std::sync::Arc;

use super::Moment;
use crate::event::{Payload, TypeName};

/// What a snapshot, or a count, brought for one event type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The type.
    pub event_type: TypeName,
    /// What happened to it.
    pub kind: ChangeKind,
    /// The newest event of the type that we hold; for [`ChangeKind::Gone`] the last one seen. `None` when only a count
    /// is known.
    pub payload: Option<Arc<Payload>>,
    /// The event that was the newest before, when there was another.
    pub previous: Option<Arc<Payload>>,
    /// The server's own count for the type; `None` is unknown, not zero.
    pub received: Option<u64>,
    /// How many distinct payloads of the type we hold or held.
    pub captured: u64,
    /// How many events this change is known to stand for: by the server's count where it grew, else by the distinct
    /// payloads that came. On the first snapshot of a session it is zero, for nothing arrived while we watched.
    pub arrived: u64,
    /// When we saw it.
    pub at: Moment,
}

impl Change {
    /// How long the event was under way: from its own `timestamp` to the platform's `_bsft_ts`, in milliseconds.
    /// Negative when the clocks disagree; `None` when either is missing.
    pub fn latency_ms(&self) -> Option<i64> {
        let facts = self.payload.as_ref()?.facts();
        Some(facts.received?.as_millisecond().saturating_sub(facts.happened?.as_millisecond()))
    }
}

/// What happened to an event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// Seen for the first time, or again after it was gone.
    New,
    /// A newer event of a known type.
    Updated,
    /// The newest event is the same; reported only when a count moved.
    Unchanged,
    /// The server no longer knows the type.
    Gone,
}

impl ChangeKind {
    /// The word for it, in lower case: `new`, `updated`, `unchanged`, `gone`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Gone => "gone",
        }
    }
}
