use jiff::{SignedDuration, Timestamp};

use super::{Moment, Polled};
use crate::event::{Sanitized, sanitized};

/// From this on the two clocks are said to differ. A server tells its time to the second, and an answer takes a while.
const LEAST: SignedDuration = SignedDuration::from_secs(60);

/// Knowledge of the server's clock. Times in events are judged by it: a clock of ours that is wrong is no fault of the
/// sender.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServerClock {
    /// By how much it is ahead of ours.
    ahead: SignedDuration,
}

impl ServerClock {
    /// Learns from an answer.
    pub fn hear(&mut self, polled: &Polled) {
        if let Some(millis) = polled.server_ahead_ms {
            self.ahead = SignedDuration::from_millis(millis);
        }
    }

    /// The time of `now` by the server's clock, as far as that is known to differ from ours.
    pub fn time(&self, now: Moment) -> Timestamp {
        if self.differs() { now.wall.checked_add(self.ahead).unwrap_or(now.wall) } else { now.wall }
    }

    /// A warning about our own clock; `None` while it agrees with the server's.
    pub fn complaint(&self) -> Option<Sanitized> {
        let which = if self.ahead.is_negative() { "ahead of" } else { "behind" };
        let minutes = self.ahead.unsigned_abs().as_secs().div_ceil(60);
        let (span, unit) = if minutes < 120 { (minutes, "min") } else { ((minutes + 30) / 60, "h") };
        self.differs().then(|| {
            sanitized!(
                "the clock of this machine is {} {} {} the server's: times are judged by the server's",
                span,
                unit,
                which
            )
        })
    }

    fn differs(&self) -> bool {
        self.ahead.abs() >= LEAST
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn clocks_that_differ_by_a_minute_or_more_are_told_of_and_the_server_s_holds() {
        let now = Moment { elapsed: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };
        let cases = [
            (0, None),
            (59_999, None),
            (-59_999, None),
            (60_000, Some("1 min behind")),
            (-3_600_000, Some("60 min ahead of")),
            (7_200_000, Some("2 h behind")),
            (i64::MAX, Some("behind")),
            (i64::MIN, Some("ahead of")),
        ];
        for (ahead, said) in cases {
            let mut clock = ServerClock::default();
            let polled = Polled {
                at: now,
                took: Duration::ZERO,
                status: 200,
                bytes: 0,
                types: 0,
                server_ahead_ms: Some(ahead),
                last_request: None,
            };
            clock.hear(&polled);
            clock.hear(&Polled { server_ahead_ms: None, ..polled });
            let complaint = clock.complaint();
            assert_eq!(complaint.is_some(), said.is_some(), "{ahead}");
            assert!(said.is_none_or(|said| complaint.is_some_and(|complaint| complaint.contains(said))), "{ahead}");
            let time = clock.time(now).as_millisecond();
            assert!(if said.is_none() { time == 0 } else { time == ahead || time == 0 }, "{ahead}");
        }
    }
}
