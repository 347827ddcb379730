use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::session::Moment;

/// The clock of the program: the one place where the time is read.
///
/// Copies tell the same time, for they count from the same start. The elapsed part is tokio's, so that it stands still
/// where a test has paused the time.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that starts to count now.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Now, by both clocks.
    pub fn now(self) -> Moment {
        Moment { elapsed: self.start.elapsed(), wall: Timestamp::now() }
    }

    /// The instant that `moment` was, or will be, for timers.
    pub fn instant(self, moment: Moment) -> Instant {
        self.start + moment.elapsed
    }

    /// The moment `wait` after `moment`.
    pub(super) fn after(moment: Moment, wait: Duration) -> Moment {
        Moment {
            elapsed: moment.elapsed.saturating_add(wait),
            wall: moment.wall.checked_add(wait).unwrap_or(Timestamp::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_a_clock_agree_and_never_go_back() {
        let clock = Clock::start();
        let first = clock.now();
        let copy = clock;
        let second = copy.now();
        assert!(second.elapsed >= first.elapsed);
        assert_eq!(clock.instant(second) - clock.instant(first), second.since(first));
    }

    #[test]
    fn a_moment_beyond_the_end_of_time_is_the_end_of_time() {
        let end = Moment { elapsed: Duration::MAX, wall: Timestamp::MAX };
        assert_eq!(Clock::after(end, Duration::from_secs(1)), end);
    }
}
