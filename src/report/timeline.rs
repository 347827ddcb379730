//! When the events came, in so few spans of time that they can be drawn.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::words::time;

/// At most so many spans.
const MOST: i64 = 48;

/// How long a span may be, in seconds. Each is a multiple of the one before, so that spans can be put together; they go on
/// with ten times the last.
const WIDTHS: [i64; 11] = [1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400, 604_800, 31_449_600];

/// The counts of events by when they came.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    width: i64,
    spans: BTreeMap<i64, Counts>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    events: u64,
    faulty: u64,
}

/// When the events came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// How long each span is, in seconds.
    pub seconds: i64,
    /// The spans, one after the other, those without an event too.
    pub spans: Vec<Span>,
}

/// A span of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// When it begins.
    #[serde(serialize_with = "time")]
    pub at: Option<Timestamp>,
    /// How many events came in it.
    pub events: u64,
    /// How many of them have an error or a warning.
    pub faulty: u64,
}

impl Default for Clock {
    fn default() -> Self {
        Self { width: 1, spans: BTreeMap::new() }
    }
}

impl Clock {
    pub(super) fn take_in(&mut self, at: Timestamp, is_faulty: bool) {
        let counts = self.spans.entry(at.as_second().div_euclid(self.width)).or_default();
        counts.events += 1;
        counts.faulty += u64::from(is_faulty);
        while self.length() > MOST {
            self.widen();
        }
    }

    fn length(&self) -> i64 {
        let ends = self.spans.first_key_value().zip(self.spans.last_key_value());
        ends.map_or(0, |((first, _), (last, _))| last - first + 1)
    }

    fn widen(&mut self) {
        let next = WIDTHS.into_iter().find(|width| *width > self.width).unwrap_or(self.width.saturating_mul(10));
        let times = next / self.width;
        self.width = next;
        for (span, counts) in std::mem::take(&mut self.spans) {
            let sum = self.spans.entry(span.div_euclid(times)).or_default();
            sum.events += counts.events;
            sum.faulty += counts.faulty;
        }
    }

    pub(super) fn timeline(&self) -> Timeline {
        let (Some((first, _)), Some((last, _))) = (self.spans.first_key_value(), self.spans.last_key_value()) else {
            return Timeline::default();
        };
        let spans = (*first..=*last).map(|span| {
            let Counts { events, faulty } = self.spans.get(&span).copied().unwrap_or_default();
            Span { at: Timestamp::from_second(span.saturating_mul(self.width)).ok(), events, faulty }
        });
        Timeline { seconds: self.width, spans: spans.collect() }
    }
}

impl Timeline {
    /// The most events of a span.
    pub fn most(&self) -> u64 {
        self.spans.iter().map(|span| span.events).max().unwrap_or(0)
    }

    /// How long each span is: `1 min`, `6 h`.
    pub fn width(&self) -> crate::event::Sanitized {
        let (size, unit) = match self.seconds {
            0..60 => (1, "s"),
            60..3_600 => (60, "min"),
            3_600..86_400 => (3_600, "h"),
            86_400..31_449_600 => (86_400, "d"),
            _ => (31_449_600, "years"),
        };
        crate::event::sanitized!("{} {}", self.seconds / size, unit)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn timeline(seconds: &[i64]) -> Timeline {
        let mut clock = Clock::default();
        for second in seconds {
            clock.take_in(Timestamp::from_second(*second).unwrap(), second % 2 == 1);
        }
        clock.timeline()
    }

    #[test]
    fn spans_are_as_short_as_they_can_be_drawn() {
        assert_eq!(timeline(&[]), Timeline::default());
        for (last, width, spans) in
            [(0, "1 s", 1), (47, "1 s", 48), (48, "5 s", 10), (3_600, "5 min", 13), (9_000_000, "7 d", 15)]
        {
            let timeline = timeline(&[0, last]);
            assert_eq!((&*timeline.width(), timeline.spans.len()), (width, spans), "{last}");
        }
    }

    proptest! {
        #[test]
        fn no_event_is_lost_or_counted_twice(seconds in proptest::collection::vec(-377_705_023_201_i64..253_402_207_200, 1..50)) {
            let timeline = timeline(&seconds);
            let spans = i64::try_from(timeline.spans.len()).unwrap();
            prop_assert!(spans <= MOST);
            prop_assert_eq!(timeline.spans.iter().map(|span| span.events).sum::<u64>(), seconds.len() as u64);
        }
    }
}
