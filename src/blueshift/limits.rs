//! The platform's limits, as far as they are written down: names, sizes and rates.

use thiserror::Error;

use crate::event::text::{counted, grouped};

/// The most characters that an event name may have. (doc) developer.blueshift.com/reference/post_api-v1-event
pub const MAX_NAME_CHARS: usize = 64;

/// The most bytes of a bulk body: "1 MB" (doc). Whether that is 10^6 or 2^20 is not said; this is the smaller, which is
/// safe in both readings.
pub const SAFE_BODY_BYTES: usize = 1_000_000;

/// The most bytes of a body in the generous reading of "1 MB": beyond it a body is too large for certain.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// The most events of a bulk call by the newer documentation. (doc) developer.blueshift.com/reference/post_api-v1-bulkevents
pub const SAFE_BULK_EVENTS: usize = 30;

/// The most events of a bulk call by the older documentation (doc), which the mobile SDKs still go by. (code)
pub const MAX_BULK_EVENTS: usize = 100;

/// How many bulk calls a second are recommended. (doc)
pub const BULK_CALLS_PER_SECOND: u32 = 5;

/// How many times a call is made before it is given up. (doc) developer.blueshift.com/reference/api-errors: "about 5"
pub const ATTEMPTS: u32 = 5;

/// The most events that `/event/history` returns at once. (doc) developer.blueshift.com/reference/get_api-v1-event-history
pub const MAX_HISTORY_EVENTS: usize = 50;

/// A violation of the rules for event names. (doc) developer.blueshift.com/reference/post_api-v1-event
///
/// The rules are for names that are *sent*: the platform itself derives names with a period in them, such as
/// `back_in_stock.view`.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum BadName {
    /// There is no name.
    #[error("the event name is empty: name the event, as in `add_to_cart`")]
    Empty,
    /// More than [`MAX_NAME_CHARS`].
    #[error("the event name has {chars} characters: at most {MAX_NAME_CHARS} are allowed")]
    TooLong {
        /// How many it has.
        chars: usize,
    },
    /// A `.` in it.
    #[error("the event name contains a period: use `_` instead")]
    Period,
    /// A blank, a tab, a line break or another white space in it.
    #[error("the event name contains white space: use `_` instead")]
    WhiteSpace,
    /// A number, such as `2024` or `-1e3`. A name that only holds digits somewhere, such as `step2`, is fine.
    #[error("the event name is a number: begin it with a word, as in `step_2`")]
    Numeric,
}

/// Checks an event's name; the first broken rule is the answer.
pub fn check_name(name: &str) -> Result<(), BadName> {
    let chars = name.chars().count();
    if name.is_empty() {
        Err(BadName::Empty)
    } else if chars > MAX_NAME_CHARS {
        Err(BadName::TooLong { chars })
    } else if name.contains(char::is_whitespace) {
        Err(BadName::WhiteSpace)
    } else if is_numeric(name) {
        Err(BadName::Numeric)
    } else if name.contains('.') {
        Err(BadName::Period)
    } else {
        Ok(())
    }
}

/// Rust's own reading of numbers also takes `inf` and `nan`, which are words here.
fn is_numeric(name: &str) -> bool {
    name.contains(|c: char| c.is_ascii_digit()) && name.parse::<f64>().is_ok()
}

/// How a bulk call stands to the limits that it does not break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BulkFit {
    /// Within every published limit.
    Safe,
    /// Within the older limits only: more than [`SAFE_BULK_EVENTS`] events or [`SAFE_BODY_BYTES`].
    OlderLimitsOnly,
}

/// Which limit a bulk call breaks.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum BulkTooLarge {
    /// More than [`MAX_BULK_EVENTS`].
    #[error(
        "the call holds {events} events: at most {MAX_BULK_EVENTS} are allowed ({SAFE_BULK_EVENTS} by the newer documentation), \
         so split it"
    )]
    Events {
        /// How many it holds.
        events: usize,
    },
    /// More than [`MAX_BODY_BYTES`].
    #[error(
        "the body has {}: at most 1 MB ({}) is allowed, so split it",
        counted(*bytes as u64, "byte"),
        grouped(MAX_BODY_BYTES as u64)
    )]
    Bytes {
        /// How many it has.
        bytes: usize,
    },
}

/// Checks a bulk call of so many events in a body of so many bytes.
pub fn check_bulk(events: usize, bytes: usize) -> Result<BulkFit, BulkTooLarge> {
    if bytes > MAX_BODY_BYTES {
        Err(BulkTooLarge::Bytes { bytes })
    } else if events > MAX_BULK_EVENTS {
        Err(BulkTooLarge::Events { events })
    } else if events > SAFE_BULK_EVENTS || bytes > SAFE_BODY_BYTES {
        Ok(BulkFit::OlderLimitsOnly)
    } else {
        Ok(BulkFit::Safe)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_judged_by_the_published_rules() {
        let longest = "x".repeat(64);
        let too_long = "é".repeat(65);
        let cases = [
            ("purchase", Ok(())),
            ("identify1", Ok(())),
            ("24h_sale", Ok(())),
            ("infinity", Ok(())),
            ("nan", Ok(())),
            ("e", Ok(())),
            ("☕", Ok(())),
            (&*longest, Ok(())),
            ("", Err(BadName::Empty)),
            ("page load", Err(BadName::WhiteSpace)),
            ("page\u{a0}load", Err(BadName::WhiteSpace)),
            ("view\n", Err(BadName::WhiteSpace)),
            (" ", Err(BadName::WhiteSpace)),
            ("cart.add", Err(BadName::Period)),
            ("2024", Err(BadName::Numeric)),
            ("-1e3", Err(BadName::Numeric)),
            ("19.99", Err(BadName::Numeric)),
            (&*too_long, Err(BadName::TooLong { chars: 65 })),
        ];
        for (name, verdict) in cases {
            assert_eq!(check_name(name), verdict, "{name:?}");
        }
    }

    #[test]
    fn a_bulk_call_is_safe_tolerable_or_too_large() {
        let cases = [
            (0, 0, Ok(BulkFit::Safe)),
            (30, 1_000_000, Ok(BulkFit::Safe)),
            (31, 1, Ok(BulkFit::OlderLimitsOnly)),
            (1, 1_000_001, Ok(BulkFit::OlderLimitsOnly)),
            (100, 1_048_576, Ok(BulkFit::OlderLimitsOnly)),
            (101, 1, Err(BulkTooLarge::Events { events: 101 })),
            (1, 1_048_577, Err(BulkTooLarge::Bytes { bytes: 1_048_577 })),
        ];
        for (events, bytes, verdict) in cases {
            assert_eq!(check_bulk(events, bytes), verdict, "{events} events, {bytes} bytes");
        }
    }
}
