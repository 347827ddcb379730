use std::sync::Arc;
use std::time::Duration;

use super::{Change, Delivery, Moment, Problem, Retry};
use crate::event::{Note, Payload, TypeName, Unknown};

/// What a source tells those who watch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// A request is on its way. Sent for the first one, and for one after trouble.
    Connecting {
        /// When it went out.
        at: Moment,
    },
    /// The endpoint answered with a snapshot.
    Polled(Polled),
    /// Counts came from the summary endpoint.
    Counted {
        /// When they came.
        at: Moment,
        /// The types whose counts moved, or became known.
        changes: Vec<Change>,
    },
    /// A poll failed. What was known before stays known.
    Trouble(Trouble),
    /// The counts could not be had. Watching goes on without them.
    CountsTrouble(Trouble),
    /// A call that sends events has ended, well or not.
    Delivered(Delivery),
    /// A call that sends events failed, and will be made again.
    Retrying(Retry),
    /// The events of a type that the history endpoint gave back, the newest first. A history that could not be had is
    /// told as an empty one: it only helps to find what polls stepped over.
    Recalled {
        /// When they came.
        at: Moment,
        /// Their type.
        event_type: TypeName,
        /// The events.
        events: Vec<Arc<Payload>>,
    },
}

/// A poll that brought a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polled {
    /// When the answer was complete.
    pub at: Moment,
    /// From the request to the end of the answer.
    pub took: Duration,
    /// The HTTP status.
    pub status: u16,
    /// The length of the body in bytes, after decompression.
    pub bytes: u64,
    /// How many types the answer spoke of.
    pub types: usize,
    /// What changed; empty when nothing did.
    pub changes: Vec<Change>,
    /// What was odd about the answer; each is told once.
    pub notes: Vec<Note>,
}

/// A poll that failed, and what comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// When it failed.
    pub at: Moment,
    /// What happened.
    pub problem: Problem,
    /// How many polls in a row have failed, this one included.
    pub attempt: u32,
    /// When the next poll is due; `None` when only the user can bring it about (`r`).
    pub next: Option<Moment>,
    /// The body that could not be read, when that was the trouble.
    pub unknown: Option<Arc<Unknown>>,
}
