use std::time::Duration;

/// The wait after the first failure. The platform's advice is 1, 2, 4, 8 s … with jitter \[doc\].
const FIRST: Duration = Duration::from_secs(1);
/// No wait is longer than this, so that a server that came back is seen within a minute.
pub(super) const LONGEST: Duration = Duration::from_mins(1);
/// No `Retry-After` is followed for longer than this: a server that says "tomorrow" is asked again all the same.
pub(super) const LONGEST_ASKED: Duration = Duration::from_mins(10);

/// How long to wait before the next poll after `attempt` failures in a row (from 1).
///
/// The wait doubles from 1 s to 60 s, and is then shortened by up to a quarter: not at all for a `jitter` of 0, by a
/// quarter for 255. Each wait is so longer than the one before, whatever the jitter, until the longest is reached.
///
/// A `Retry-After` of the server takes precedence, within 1 s and 10 min.
pub(super) fn wait(attempt: u32, jitter: u8, asked: Option<Duration>) -> Duration {
    if let Some(asked) = asked {
        return asked.clamp(FIRST, LONGEST_ASKED);
    }
    let doublings = attempt.saturating_sub(1).min(16);
    let full = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    full.saturating_sub(full / 4 * u32::from(jitter) / 255)
}

/// A throw of the dice for [`wait`].
pub(super) fn jitter() -> u8 {
    let [throw, ..] = *uuid::Uuid::new_v4().as_bytes();
    throw
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn without_jitter_the_waits_are_the_documented_ones() {
        let waits: Vec<u64> = (1..=9).map(|attempt| wait(attempt, 0, None).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    }

    #[test]
    fn the_first_failure_after_a_success_waits_the_shortest_again() {
        assert!(wait(1, 0, None) <= FIRST);
    }

    proptest! {
        #[test]
        fn a_wait_stays_within_bounds(attempt: u32, jitter: u8) {
            let wait = wait(attempt, jitter, None);
            prop_assert!(wait >= FIRST / 4 * 3);
            prop_assert!(wait <= LONGEST);
        }

        #[test]
        fn waits_grow_whatever_the_jitter(attempt in 1_u32..6, now: u8, next: u8) {
            prop_assert!(wait(attempt + 1, next, None) > wait(attempt, now, None));
        }

        #[test]
        fn what_the_server_asked_for_is_followed_within_bounds(attempt: u32, jitter: u8, asked: Duration) {
            prop_assert_eq!(wait(attempt, jitter, Some(asked)), asked.max(FIRST).min(LONGEST_ASKED));
        }
    }
}
