//! Numbers, sizes and durations as people read them: one spelling of each, on the screen and in lines.

use std::time::Duration;

use super::Sanitized;
use crate::sanitized;

/// `1 event`, `12,480 events`.
pub fn counted(count: u64, thing: &'static str) -> Sanitized {
    sanitized!("{} {}{}", grouped(count), thing, if count == 1 { "" } else { "s" })
}

/// A number with a comma at each thousand: `12,480`.
pub fn grouped(number: u64) -> Sanitized {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    Sanitized::made(grouped)
}

/// A size: `9,999 bytes`, `12 kB`, `1.4 MB`; one of whole mebibytes, as limits are, `64 MiB`.
pub fn size(bytes: u64) -> Sanitized {
    match bytes {
        _ if bytes > 0 && bytes.is_multiple_of(1 << 20) => sanitized!("{} MiB", grouped(bytes >> 20)),
        0..10_000 => counted(bytes, "byte"),
        10_000..1_000_000 => sanitized!("{} kB", bytes / 1_000),
        _ => sanitized!("{}.{} MB", grouped(bytes / 1_000_000), bytes / 100_000 % 10),
    }
}

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

/// A number in at most six characters, for a column: `12,345`, `123k`, `4.5M`.
pub fn short_count(count: u64) -> Sanitized {
    match count {
        0..1_000 => sanitized!("{}", count),
        1_000..100_000 => grouped(count),
        100_000..1_000_000 => sanitized!("{}k", count / 1_000),
        1_000_000..100_000_000 => sanitized!("{}.{}M", count / 1_000_000, count / 100_000 % 10),
        100_000_000..1_000_000_000 => sanitized!("{}M", count / 1_000_000),
        _ => sanitized!("{}G", (count / 1_000_000_000).min(9_999)),
    }
}

/// How long something takes or is to take: `38 ms`, `1.3 s`, `2 s`, `12 s`, `10 min`, `1 min 30 s`.
pub fn span(span: Duration) -> Sanitized {
    let millis = span.as_millis();
    match millis {
        0 if span.is_zero() => "0 s".into(),
        0 => "<1 ms".into(),
        1..1_000 => sanitized!("{} ms", millis),
        1_000..60_000 if millis % 1_000 < 100 || millis >= 10_000 => sanitized!("{} s", millis / 1_000),
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
    fn numbers_are_grouped_by_thousands() {
        for (number, told) in [(0, "0"), (999, "999"), (1_000, "1,000"), (123_456, "123,456"), (1_000_007, "1,000,007")]
        {
            assert_eq!(&*grouped(number), told);
        }
    }

    #[test]
    fn ages_counts_and_spans_are_short() {
        let ages =
            [(0, "0s"), (59, "59s"), (60, "1m"), (3_599, "59m"), (86_399, "23h"), (86_400, "1d"), (u64::MAX, "999w")];
        for (seconds, shown) in ages {
            assert_eq!(&*age(Duration::from_secs(seconds)), shown);
        }
        let counts =
            [(0, "0"), (999, "999"), (1_204, "1,204"), (99_999, "99,999"), (123_456, "123k"), (4_560_000, "4.5M")];
        for (number, shown) in counts {
            assert_eq!(&*short_count(number), shown);
        }
        let sizes = [
            (1, "1 byte"),
            (9_999, "9,999 bytes"),
            (12_345, "12 kB"),
            (1_449_000, "1.4 MB"),
            (64 << 20, "64 MiB"),
            (3_000_000_000, "3,000.0 MB"),
        ];
        for (bytes, shown) in sizes {
            assert_eq!(&*size(bytes), shown);
        }
        assert_eq!((&*counted(1, "event"), &*counted(12_480, "event")), ("1 event", "12,480 events"));
        let spans = [
            (0, "0 s"),
            (250, "250 ms"),
            (2_000, "2 s"),
            (1_500, "1.5 s"),
            (2_040, "2 s"),
            (12_300, "12 s"),
            (600_000, "10 min"),
            (90_000, "1 min 30 s"),
        ];
        for (millis, shown) in spans {
            assert_eq!(&*span(Duration::from_millis(millis)), shown);
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
            prop_assert!(short_count(number).len() <= 6);
        }
    }
}
