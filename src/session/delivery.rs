use std::time::Duration;

use super::{Moment, Problem};
use crate::event::Sanitized;

/// What became of one call that sends events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Which batch, by the number that it was handed over with.
    pub batch: u64,
    /// Which of its calls, from 0.
    pub call: usize,
    /// How many calls it takes.
    pub calls: usize,
    /// How many events the call holds.
    pub events: usize,
    /// When the answer, or the last failure, was complete.
    pub at: Moment,
    /// From the request of the last attempt to the end of its answer.
    pub took: Duration,
    /// How many attempts were made. Each after the first may have sent the events again: the platform knows no
    /// idempotency (documented by absence).
    pub attempts: u32,
    /// The status of the last answer; `None` when there was none.
    pub status: Option<u16>,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
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
        /// What the server said, in one line.
        message: Sanitized,
        /// The fields that it names, each with what it says of them.
        fields: Vec<(Sanitized, Sanitized)>,
    },
    /// It could not be delivered: the key is refused, or the network or the server had trouble after every attempt.
    Failed(Problem),
}

/// An attempt that failed and will be made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Which batch.
    pub batch: u64,
    /// How many attempts were made.
    pub attempts: u32,
    /// Why the last one failed.
    pub problem: Problem,
    /// When the next is due.
    pub next: Moment,
}
