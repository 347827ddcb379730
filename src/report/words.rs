//! Shares and times, as every format says them.

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::event::{Sanitized, sanitized};

/// `37 %` of them; all of them is 100 %, and none but all.
pub(super) fn percent(count: u64, of: u64) -> Sanitized {
    match u64::try_from(u128::from(count) * 100 / u128::from(of.max(1))).unwrap_or(u64::MAX) {
        0 if count > 0 => "<1 %".into(),
        percent => sanitized!("{} %", percent),
    }
}

/// A time of day, in UTC.
pub(super) fn clock(at: Timestamp) -> Sanitized {
    Sanitized::of(&at.strftime("%H:%M:%S"))
}

/// A day and a time of day, in UTC.
pub(super) fn date(at: Timestamp) -> Sanitized {
    Sanitized::of(&at.strftime("%Y-%m-%d %H:%M:%S"))
}

/// `2026-11-26 14:00:03 – 14:12:40 UTC`.
pub(super) fn from_to(from: Option<Timestamp>, to: Option<Timestamp>) -> Sanitized {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    match (from, to) {
        (Some(from), Some(to)) if from == to => sanitized!("{} UTC", date(from)),
        (Some(from), Some(to)) if day(from) == day(to) => sanitized!("{} – {} UTC", date(from), clock(to)),
        (Some(from), Some(to)) => sanitized!("{} – {} UTC", date(from), date(to)),
        _ => Sanitized::default(),
    }
}

/// An instant as ISO 8601 in UTC, to the millisecond.
#[expect(clippy::ref_option, reason = "serde calls it so")]
pub(super) fn time<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(|at| format!("{at:.3}")).serialize(serializer)
}
