use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::SignedDuration;

/// The shortest interval between two polls that can be asked for.
pub const SHORTEST_INTERVAL: Duration = Duration::from_millis(250);
/// The longest interval between two polls that can be asked for.
pub const LONGEST_INTERVAL: Duration = Duration::from_mins(10);

/// Reads an interval between polls: `500ms`, `2s`, `1.5s`, `10min`, from 250 ms to 10 min.
///
/// The error is the reason in one line, with what is allowed.
pub fn parse_interval(text: &str) -> Result<Duration, String> {
    parse_within(text, SHORTEST_INTERVAL..=LONGEST_INTERVAL, "250ms to 10min")
}

/// Reads how long to wait for something: `30s`, `2min`, from 1 s to 10 min.
///
/// The error is the reason in one line, with what is allowed.
pub fn parse_patience(text: &str) -> Result<Duration, String> {
    parse_within(text, Duration::from_secs(1)..=Duration::from_mins(10), "1s to 10min")
}

/// Reads how far back something is asked for: `90s`, `10min`, `2h`, from 1 s to 24 h.
///
/// The error is the reason in one line, with what is allowed.
pub fn parse_since(text: &str) -> Result<Duration, String> {
    parse_within(text, Duration::from_secs(1)..=Duration::from_hours(24), "1s to 24h")
}

/// Reads how long to wait between two events that are sent: `500ms`, `1s`, from 10 ms to 1 h.
///
/// The error is the reason in one line, with what is allowed.
pub fn parse_pace(text: &str) -> Result<Duration, String> {
    parse_within(text, Duration::from_millis(10)..=Duration::from_hours(1), "10ms to 1h")
}

fn parse_within(text: &str, range: RangeInclusive<Duration>, allowed: &str) -> Result<Duration, String> {
    const SPELLING: &str = "write a number with its unit, such as 500ms, 2s or 10min";
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("the unit is missing; {SPELLING}"));
    }
    let interval: SignedDuration = text.parse().map_err(|_| format!("not a duration; {SPELLING}"))?;
    Duration::try_from(interval)
        .ok()
        .filter(|interval| range.contains(interval))
        .ok_or_else(|| format!("out of range; use {allowed}"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_a_number_with_its_unit_within_limits() {
        let ok = |milliseconds| Ok(Duration::from_millis(milliseconds));
        let cases = [
            ("250ms", ok(250)),
            ("2s", ok(2_000)),
            (" 2 s ", ok(2_000)),
            ("1.5s", ok(1_500)),
            ("10min", ok(600_000)),
            ("10m", ok(600_000)),
            ("1m 30s", ok(90_000)),
            ("2", Err("unit is missing")),
            ("", Err("unit is missing")),
            ("fast", Err("not a duration")),
            ("2 parsecs", Err("not a duration")),
            ("\u{1b}[31m", Err("not a duration")),
            ("249ms", Err("250ms to 10min")),
            ("11min", Err("250ms to 10min")),
            ("-2s", Err("250ms to 10min")),
            ("0s", Err("250ms to 10min")),
        ];
        for (text, expected) in cases {
            match (parse_interval(text), expected) {
                (Ok(interval), Ok(expected)) => assert_eq!(interval, expected, "{text:?}"),
                (Err(reason), Err(part)) => assert!(reason.contains(part), "{text:?}: {reason}"),
                (outcome, _) => panic!("{text:?} gave {outcome:?}"),
            }
        }
        assert_eq!(parse_patience("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_since("2h"), Ok(Duration::from_hours(2)));
        assert!(parse_since("25h").unwrap_err().contains("1s to 24h"));
        assert!(parse_patience("999ms").unwrap_err().contains("1s to 10min"));
    }
}
