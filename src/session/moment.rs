use std::time::Duration;

use jiff::Timestamp;

use crate::event::Payload;

/// A point in time, read from two clocks at once.
///
/// Ages and rates come from `elapsed`, which only goes forward; `wall` is for showing and recording, and may jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Time since the program started, by a clock that never goes back.
    pub elapsed: Duration,
    /// The time of day.
    pub wall: Timestamp,
}

impl Moment {
    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(&self, earlier: Self) -> Duration {
        self.elapsed.saturating_sub(earlier.elapsed)
    }
}

/// When an event happened and was received, as far as it says so itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Times {
    happened: Option<Timestamp>,
    received: Option<Timestamp>,
}

impl Times {
    pub(super) fn of(payload: &Payload) -> Self {
        let head = payload.head();
        Self { happened: head.happened, received: head.received }
    }

    /// Whether an event of these times is surely older than one of the others: by when the platform received them, else
    /// by when they happened.
    pub(super) fn is_before(self, other: Self) -> bool {
        match (self.received, other.received) {
            (Some(received), Some(other)) => received < other,
            _ => self.happened.zip(other.happened).is_some_and(|(happened, other)| happened < other),
        }
    }
}
