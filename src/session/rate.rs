use std::ops::Range;
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

/// What is known of one of the spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// It was before the start.
    Before,
    /// Nobody could tell what came.
    Unknown,
    /// So many arrivals; of the running span, so far.
    Arrived(u64),
}

/// When nobody could tell what came, because polls failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outages {
    /// The last poll that did not.
    good: Option<Moment>,
    /// Whether they fail now.
    failing: bool,
    /// The spans without one, as far as they are still shown.
    past: Vec<Range<u64>>,
    /// The poll that ended the last outage of a whole span or more: nobody knows when that came which it brought.
    ended: Option<Moment>,
}

impl Outages {
    /// Notes that a poll failed.
    pub fn failed(&mut self) {
        self.failing = true;
    }

    /// Notes that one did not.
    pub fn polled(&mut self, at: Moment) {
        let missed = self.missed(span_of(at));
        if !missed.is_empty() {
            self.past.retain(|past| past.end + SPANS as u64 > missed.start);
            self.past.push(missed);
            self.ended = Some(at);
        }
        (self.good, self.failing) = (Some(at), false);
    }

    /// Whether what came with a poll at that time came at one that nobody knows.
    pub fn ended(&self, at: Moment) -> bool {
        self.ended == Some(at)
    }

    /// The spans before `end` that no poll has told of.
    fn missed(&self, end: u64) -> Range<u64> {
        let first = self.good.map_or(0, |good| span_of(good) + 1);
        if self.failing && first < end { first..end } else { 0..0 }
    }

    fn cover(&self, span: u64, now: Moment) -> bool {
        self.missed(span_of(now) + 1).contains(&span) || self.past.iter().any(|past| past.contains(&span))
    }
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
    pub fn counts(&self, now: Moment) -> [u64; 8] {
        let span = span_of(now).max(self.newest);
        let mut counts = self.ring_at(span);
        counts.rotate_left((slot(span) + 1) % SPANS);
        counts
    }

    /// The same, with what is not known.
    pub fn bars(&self, outages: &Outages, now: Moment) -> [Bar; 8] {
        let last = span_of(now).max(self.newest);
        let mut left = SPANS as u64;
        self.counts(now).map(|count| {
            left -= 1;
            match last.checked_sub(left) {
                None => Bar::Before,
                Some(span) if outages.cover(span, now) => Bar::Unknown,
                Some(_) => Bar::Arrived(count),
            }
        })
    }

    /// How long after `now` the bars change by the passing of time alone; `None` when they are all empty, or all unknown, and
    /// so stay.
    pub fn next_shift(&self, outages: &Outages, now: Moment) -> Option<Duration> {
        let bars = self.bars(outages, now);
        if [Bar::Arrived(0), Bar::Unknown].iter().any(|same| bars.iter().all(|bar| bar == same)) {
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
            assert_eq!(rate.counts(at(millis)), bars, "at {millis} ms");
        }
        rate.add(1, at(10_000_000));
        assert_eq!(rate.counts(at(10_000_000)), [0, 0, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn empty_bars_need_no_waking() {
        let mut rate = Rate::default();
        let shift = |rate: &Rate, millis| rate.next_shift(&Outages::default(), at(millis));
        assert_eq!(shift(&rate, 5_000), Some(Duration::from_secs(10)), "there are fewer from before the start then");
        assert_eq!(shift(&rate, 120_000), None);
        rate.add(1, at(125_000));
        assert_eq!(shift(&rate, 125_000), Some(Duration::from_secs(10)));
        assert_eq!(shift(&rate, 149_999), Some(Duration::from_millis(1)));
        assert_eq!(shift(&rate, 150_000), Some(Duration::from_secs(15)));
        assert_eq!(shift(&rate, 240_000), None);
    }

    /// The bars of a rate with an arrival in each of the first two spans: `.` before the start, `?` unknown.
    fn with_outage(polls: &[(u64, bool)], now: u64) -> String {
        let (mut rate, mut outages) = (Rate::default(), Outages::default());
        rate.add(1, at(1_000));
        rate.add(2, at(16_000));
        for (second, good) in polls {
            if *good { outages.polled(at(second * 1_000)) } else { outages.failed() }
        }
        let sign = |bar: &Bar| match bar {
            Bar::Before => ".".to_owned(),
            Bar::Unknown => "?".to_owned(),
            Bar::Arrived(count) => count.to_string(),
        };
        rate.bars(&outages, at(now * 1_000)).iter().map(sign).collect()
    }

    #[test]
    fn what_nobody_could_tell_is_unknown_and_not_nothing() {
        type Case = (&'static [(u64, bool)], u64, &'static str);
        let cases: [Case; 8] = [
            (&[], 20, "......12"),
            (&[(18, true)], 100, ".1200000"),
            (&[(18, true), (20, false)], 25, "......12"),
            (&[(18, true), (20, false), (50, false)], 50, "....12??"),
            (&[(18, true), (20, false), (50, false), (80, true)], 80, "..12???0"),
            (&[(18, true), (20, false), (50, false), (80, true)], 140, "???00000"),
            (&[(18, true), (20, false), (29, true)], 60, "...12000"),
            (&[(5, false), (20, true)], 40, ".....?20"),
        ];
        for (polls, now, expected) in cases {
            assert_eq!(with_outage(polls, now), expected, "{polls:?} at {now} s");
        }
    }

    #[test]
    fn what_comes_with_the_end_of_an_outage_came_at_a_time_that_nobody_knows() {
        let mut outages = Outages::default();
        outages.polled(at(5_000));
        outages.failed();
        outages.polled(at(14_000));
        assert!(!outages.ended(at(14_000)), "it was too short to matter");
        outages.failed();
        outages.polled(at(80_000));
        assert!(outages.ended(at(80_000)) && !outages.ended(at(81_000)));
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
            prop_assert_eq!(rate.counts(at(later)).iter().sum::<u64>(), expected);

            let outages = Outages::default();
            let bars = |at| rate.bars(&outages, at);
            match rate.next_shift(&outages, at(now)) {
                None => prop_assert_eq!(bars(at(now)), bars(at(later))),
                Some(shift) => {
                    prop_assert!(!shift.is_zero());
                    let just_before = at(now + u64::try_from(shift.as_millis()).unwrap_or_default() - 1);
                    prop_assert_eq!(bars(at(now)), bars(just_before));
                }
            }
        }
    }
}
