use std::time::Duration;

use super::Moment;

/// How long one span is. Eight of them make two minutes: long enough to see what a test run brought, short enough that
/// the bars move while one looks.
const SPAN: Duration = Duration::from_secs(15);
const SPANS: usize = 8;

/// How many arrivals there were in each of the last eight spans of fifteen seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// The newest span that something was added in, counted from the start of the program.
    newest: u64,
    /// Arrivals by span, at the span's number modulo their number.
    arrivals: [u64; SPANS],
}

impl Rate {
    /// Adds `arrived` arrivals at `now`. Time before what was added last counts as that time.
    pub fn add(&mut self, arrived: u64, now: Moment) {
        let span = span_of(now).max(self.newest);
        self.arrivals = self.ring_at(span);
        self.newest = span;
        if let Some(arrivals) = self.arrivals.get_mut(slot(span)) {
            *arrivals = arrivals.saturating_add(arrived);
        }
    }

    /// The arrivals in each of the last eight spans up to `now`, the oldest first; the last one is still running.
    pub fn bars(&self, now: Moment) -> [u64; 8] {
        let span = span_of(now).max(self.newest);
        let mut bars = self.ring_at(span);
        bars.rotate_left((slot(span) + 1) % SPANS);
        bars
    }

    /// How long after `now` the bars change by the passing of time alone; `None` when they are all empty, and so stay.
    pub fn next_shift(&self, now: Moment) -> Option<Duration> {
        if self.bars(now) == [0; SPANS] {
            return None;
        }
        let next = SPAN.checked_mul(u32::try_from(span_of(now).max(self.newest) + 1).ok()?)?;
        Some(next.saturating_sub(now.elapsed))
    }

    /// The ring as it is in `span`, with what has left it cleared.
    fn ring_at(&self, span: u64) -> [u64; SPANS] {
        let mut ring = self.arrivals;
        for passed in (self.newest + 1..=span).rev().take(SPANS) {
            if let Some(arrivals) = ring.get_mut(slot(passed)) {
                *arrivals = 0;
            }
        }
        ring
    }
}

fn span_of(now: Moment) -> u64 {
    now.elapsed.as_secs() / SPAN.as_secs()
}

fn slot(span: u64) -> usize {
    usize::try_from(span % SPANS as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn at(millis: u64) -> Moment {
        Moment { elapsed: Duration::from_millis(millis), wall: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn arrivals_move_left_as_time_passes_and_leave_after_two_minutes() {
        let mut rate = Rate::default();
        rate.add(3, at(1_000));
        rate.add(2, at(14_999));
        rate.add(4, at(15_000));
        let cases = [
            (15_000, [0, 0, 0, 0, 0, 0, 5, 4]),
            (29_999, [0, 0, 0, 0, 0, 0, 5, 4]),
            (30_000, [0, 0, 0, 0, 0, 5, 4, 0]),
            (119_999, [5, 4, 0, 0, 0, 0, 0, 0]),
            (120_000, [4, 0, 0, 0, 0, 0, 0, 0]),
            (135_000, [0; 8]),
            (10_000_000, [0; 8]),
        ];
        for (millis, bars) in cases {
            assert_eq!(rate.bars(at(millis)), bars, "at {millis} ms");
        }
        rate.add(1, at(10_000_000));
        assert_eq!(rate.bars(at(10_000_000)), [0, 0, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn empty_bars_need_no_waking() {
        let mut rate = Rate::default();
        assert_eq!(rate.next_shift(at(5_000)), None);
        rate.add(1, at(5_000));
        assert_eq!(rate.next_shift(at(5_000)), Some(Duration::from_secs(10)));
        assert_eq!(rate.next_shift(at(29_999)), Some(Duration::from_millis(1)));
        assert_eq!(rate.next_shift(at(30_000)), Some(Duration::from_secs(15)));
        assert_eq!(rate.next_shift(at(120_000)), None);
    }

    proptest! {
        #[test]
        fn bars_hold_what_came_in_the_last_spans_and_change_only_when_said(
            adds in proptest::collection::vec((0_u64..40_000, 0_u64..5), 0..40),
            wait in 0_u64..200_000,
        ) {
            let (mut rate, mut now, mut log) = (Rate::default(), 0, Vec::new());
            for (step, arrived) in adds {
                now += step;
                rate.add(arrived, at(now));
                log.push((now, arrived));
            }
            let later = now + wait;
            let first = (later / 15_000).saturating_sub(7) * 15_000;
            let expected: u64 = log.iter().filter(|(when, _)| *when >= first).map(|(_, arrived)| arrived).sum();
            prop_assert_eq!(rate.bars(at(later)).iter().sum::<u64>(), expected);

            match rate.next_shift(at(now)) {
                None => prop_assert_eq!(rate.bars(at(now)), rate.bars(at(later))),
                Some(shift) => {
                    prop_assert!(!shift.is_zero());
                    let just_before = at(now + u64::try_from(shift.as_millis()).unwrap_or_default() - 1);
                    prop_assert_eq!(rate.bars(at(now)), rate.bars(just_before));
                }
            }
        }
    }
}
