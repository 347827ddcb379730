use std::time::Duration;

use jiff::Timestamp;

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
