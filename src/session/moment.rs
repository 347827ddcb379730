use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
    /// One of which only the time of day is known. Its `elapsed` counts from 1970, so that moments of one session stand as
    /// far apart as they should.
    pub fn at(wall: Timestamp) -> Self {
        let elapsed = Duration::try_from(wall.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default();
        Self { elapsed, wall }
    }

    /// The moment that was `span` before it.
    #[must_use]
    pub fn before(&self, span: Duration) -> Self {
        let Self { elapsed, wall } = *self;
        Self { elapsed: elapsed.saturating_sub(span), wall: wall.checked_sub(span).unwrap_or(wall) }
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(&self, earlier: Self) -> Duration {
        self.elapsed.saturating_sub(earlier.elapsed)
    }

    /// How long after this the first whole second of the program's clock comes that is at least `wait` away: what changes by
    /// the passing of time does so then, all in one picture.
    pub fn until_second(&self, wait: Duration) -> Duration {
        let due = self.elapsed.saturating_add(wait);
        let beyond = Duration::from_nanos(due.subsec_nanos().into());
        if beyond.is_zero() { wait } else { wait.saturating_add(Duration::from_secs(1)).saturating_sub(beyond) }
    }
}

/// The time of day, to the millisecond.
impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.3}", self.wall))
    }
}

/// Of a moment that is read back, only the time of day is known.
impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wall = String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)?;
        Ok(Self::at(wall))
    }
}

/// A span as whole milliseconds.
pub(super) fn millis_of(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// How a span is written and read.
pub(super) mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(super::millis_of(*span))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
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

    /// Whether it is known when the platform received it.
    pub(super) fn is_received(self) -> bool {
        self.received.is_some()
    }

    /// Whether the platform surely received it before `other`.
    pub(super) fn received_before(self, other: Timestamp) -> bool {
        self.received.is_some_and(|received| received < other)
    }

    /// Whether the platform received it at `other`.
    pub(super) fn received_at(self, other: Timestamp) -> bool {
        self.received == Some(other)
    }

    /// Whether these may be the times of the same event: what is known of both is equal.
    pub(super) fn may_equal(self, other: Self) -> bool {
        let may =
            |own: Option<Timestamp>, other: Option<Timestamp>| own.zip(other).is_none_or(|(own, other)| own == other);
        may(self.received, other.received) && may(self.happened, other.happened)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_does_so_on_the_second() {
        for (now, wait, until) in
            [(42_000, 0, 0), (42_000, 1_000, 1_000), (42_300, 0, 700), (42_300, 650, 700), (42_300, 701, 1_700)]
        {
            let moment = Moment { elapsed: Duration::from_millis(now), wall: Timestamp::UNIX_EPOCH };
            let told = moment.until_second(Duration::from_millis(wait));
            assert_eq!(told, Duration::from_millis(until), "{wait} ms after {now}");
        }
    }
}
