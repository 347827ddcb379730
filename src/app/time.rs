//! How long ago, in as few characters as tell enough.

use std::time::Duration;

use crate::event::{Sanitized, sanitized};

/// An age in at most four characters: `0s`, `59s`, `3m`, `23h`, `12d`, `99w`.
pub fn age(age: Duration) -> Sanitized {
    let seconds = age.as_secs();
    let (size, sign) = unit(seconds);
    sanitized!("{}{}", (seconds / size).min(999), sign)
}

/// How long until [`age`] of it reads differently.
pub fn until_next_age(age: Duration) -> Duration {
    let (size, _) = unit(age.as_secs());
    let next = (age.as_secs() / size + 1) * size;
    Duration::from_secs(next).saturating_sub(age)
}

/// A count in at most six characters: `12,345`, `123k`, `4.5M`.
pub fn count(count: u64) -> Sanitized {
    match count {
        0..1_000 => sanitized!("{}", count),
        1_000..100_000 => sanitized!("{},{:03}", count / 1_000, count % 1_000),
        100_000..1_000_000 => sanitized!("{}k", count / 1_000),
        1_000_000..100_000_000 => sanitized!("{}.{}M", count / 1_000_000, count / 100_000 % 10),
        100_000_000..1_000_000_000 => sanitized!("{}M", count / 1_000_000),
        _ => sanitized!("{}G", (count / 1_000_000_000).min(9_999)),
    }
}

/// An interval or a delay: `250 ms`, `2 s`, `1.5 s`, `10 min`.
pub fn span(span: Duration) -> Sanitized {
    let millis = span.as_millis();
    match millis {
        0 if !span.is_zero() => "<1 ms".into(),
        0..1_000 => sanitized!("{} ms", millis),
        1_000..60_000 if millis.is_multiple_of(1_000) || millis >= 10_000 => sanitized!("{} s", millis / 1_000),
        1_000..60_000 => sanitized!("{}.{} s", millis / 1_000, millis / 100 % 10),
        _ if millis % 60_000 < 1_000 => sanitized!("{} min", millis / 60_000),
        _ => sanitized!("{} min {} s", millis / 60_000, millis / 1_000 % 60),
    }
}

/// The seconds that are left, as a countdown tells them: `1` until the last moment.
pub fn seconds_left(left: Duration) -> u64 {
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

/// How long until [`seconds_left`] of it reads differently; `None` when nothing is left.
pub fn until_next_second(left: Duration) -> Option<Duration> {
    let beyond = Duration::from_nanos(left.subsec_nanos().into());
    (!left.is_zero()).then(|| if beyond.is_zero() { Duration::from_secs(1) } else { beyond })
}

fn unit(seconds: u64) -> (u64, &'static str) {
    match seconds {
        0..60 => (1, "s"),
        60..3_600 => (60, "m"),
        3_600..86_400 => (3_600, "h"),
        86_400..8_640_000 => (86_400, "d"),
        _ => (604_800, "w"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ages_counts_and_spans_are_short() {
        let ages =
            [(0, "0s"), (59, "59s"), (60, "1m"), (3_599, "59m"), (86_399, "23h"), (86_400, "1d"), (u64::MAX, "999w")];
        for (seconds, shown) in ages {
            assert_eq!(age(Duration::from_secs(seconds)), shown);
        }
        let counts =
            [(0, "0"), (999, "999"), (1_204, "1,204"), (99_999, "99,999"), (123_456, "123k"), (4_560_000, "4.5M")];
        for (number, shown) in counts {
            assert_eq!(count(number), shown);
        }
        let spans = [
            (250, "250 ms"),
            (2_000, "2 s"),
            (1_500, "1.5 s"),
            (12_300, "12 s"),
            (600_000, "10 min"),
            (90_000, "1 min 30 s"),
        ];
        for (millis, shown) in spans {
            assert_eq!(span(Duration::from_millis(millis)), shown);
        }
    }

    proptest! {
        #[test]
        fn an_age_reads_differently_exactly_when_it_says(millis in 0_u64..10_000_000_000) {
            let now = Duration::from_millis(millis);
            let next = now + until_next_age(now);
            prop_assert_ne!(age(now), age(next));
            prop_assert_eq!(age(now), age(next.saturating_sub(Duration::from_millis(1))));
        }

        #[test]
        fn a_countdown_reads_differently_exactly_when_it_says(millis in 1_u64..100_000) {
            let left = Duration::from_millis(millis);
            let next = until_next_second(left).unwrap_or_default();
            let soon = left.saturating_sub(next.saturating_sub(Duration::from_millis(1)));
            prop_assert_eq!(seconds_left(soon), seconds_left(left));
            prop_assert_eq!(seconds_left(left.saturating_sub(next)), seconds_left(left) - 1);
        }

        #[test]
        fn a_count_fits_its_column(number: u64) {
            prop_assert!(count(number).len() <= 6);
        }
    }
}
