use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::blueshift::limits;

use super::intake::{AcceptedEvent, Arrival, Client};

/// The most events of one type that are kept: as many as `/event/history` can be asked for.
pub(super) const MAX_EVENTS_PER_TYPE: usize = limits::MAX_HISTORY_EVENTS;

/// The most types that are kept; the one that was not heard of for longest goes first.
pub(super) const MAX_TYPES: usize = 10_000;

/// The most bytes that all events together may hold. 10,000 types of 50 events of 1 MB would be half a terabyte.
const MAX_BYTES: usize = 256 << 20;

/// How many days back counts are kept.
const MAX_DAYS: usize = 366;

const SECONDS_PER_DAY: i64 = 86_400;

/// The events of the collector. Every part is bounded.
#[derive(Debug)]
pub(super) struct Store {
    max_bytes: usize,
    /// In no order, for a type that goes must not cost a shift of those after it.
    types: IndexMap<Arc<str>, TypeLog>,
    /// The types by the number of their newest event, so that the first is the one to let go.
    recency: BTreeMap<u64, Arc<str>>,
    missing_identifier: DayCounts,
    /// Those that were ignored because they could not be verified.
    unverified: DayCounts,
    bytes: usize,
    arrivals: u64,
}

#[derive(Debug, Default)]
struct TypeLog {
    /// The number of its first event.
    first: u64,
    /// The newest first.
    events: VecDeque<Arc<Arrival>>,
    received: DayCounts,
    newest: u64,
}

/// The events of one type in a debug answer.
#[derive(Debug)]
pub(super) struct TypeView {
    pub(super) name: Arc<str>,
    pub(super) received: u64,
    /// The newest first; at least one.
    pub(super) events: Vec<Arc<Arrival>>,
}

impl Default for Store {
    fn default() -> Self {
        Self::new(MAX_BYTES)
    }
}

impl Store {
    fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            types: IndexMap::new(),
            recency: BTreeMap::new(),
            missing_identifier: DayCounts::default(),
            unverified: DayCounts::default(),
            bytes: 0,
            arrivals: 0,
        }
    }

    /// Takes an event in.
    pub(super) fn insert(&mut self, draft: AcceptedEvent, origin: Client, at: Timestamp) -> Arc<Arrival> {
        // From 1: 0 is the `newest` of a type that has none yet.
        self.arrivals += 1;
        let number = self.arrivals;
        let day = at.as_second().div_euclid(SECONDS_PER_DAY);
        let name = match self.types.get_key_value(draft.name.as_str()) {
            Some((name, _)) => Arc::clone(name),
            None => Arc::from(draft.name.as_str()),
        };
        let arrival = Arrival::new(draft, origin, at, number);
        if !arrival.is_identified() {
            self.missing_identifier.add(day);
        }
        self.bytes += arrival.bytes();

        let log =
            self.types.entry(Arc::clone(&name)).or_insert_with(|| TypeLog { first: number, ..TypeLog::default() });
        self.recency.remove(&log.newest);
        log.newest = number;
        log.received.add(day);
        let arrival = Arc::new(arrival.at_place(log.received.total));
        log.events.push_front(Arc::clone(&arrival));
        if log.events.len() > MAX_EVENTS_PER_TYPE
            && let Some(oldest) = log.events.pop_back()
        {
            self.bytes -= oldest.bytes();
        }
        self.recency.insert(number, name);
        while self.types.len() > MAX_TYPES || self.bytes > self.max_bytes {
            self.let_go();
        }
        arrival
    }

    /// Counts an event that is ignored because it could not be verified.
    pub(super) fn ignore(&mut self, at: Timestamp) {
        self.unverified.add(at.as_second().div_euclid(SECONDS_PER_DAY));
    }

    /// Lets go of the type that was not heard of for longest.
    fn let_go(&mut self) {
        if let Some((_, name)) = self.recency.pop_first()
            && let Some(log) = self.types.swap_remove(&name)
        {
            self.bytes -= log.events.iter().map(|event| event.bytes()).sum::<usize>();
        } else {
            // Nothing is left, so nothing is held.
            self.bytes = 0;
        }
    }

    /// Forgets everything but the number of events so far, which keeps telling events apart.
    pub(super) fn clear(&mut self) {
        *self = Self { arrivals: self.arrivals, ..Self::new(self.max_bytes) };
    }

    /// How many events were taken in since the start.
    pub(super) fn arrivals(&self) -> u64 {
        self.arrivals
    }

    /// Every type with its newest `depth` events, in the order in which the types first came.
    pub(super) fn view(&self, depth: usize) -> Vec<TypeView> {
        let view = |(name, log): (&Arc<str>, &TypeLog)| TypeView {
            name: Arc::clone(name),
            received: log.received.total,
            events: log.events.iter().take(depth).map(Arc::clone).collect(),
        };
        self.in_order().map(view).collect()
    }

    /// The types in the order in which they first came.
    fn in_order(&self) -> impl Iterator<Item = (&Arc<str>, &TypeLog)> {
        let mut types: Vec<_> = self.types.iter().collect();
        types.sort_unstable_by_key(|(_, log)| log.first);
        types.into_iter()
    }

    /// The newest event of all.
    pub(super) fn newest(&self) -> Option<Arc<Arrival>> {
        let (_, name) = self.recency.last_key_value()?;
        self.types.get(name)?.events.front().map(Arc::clone)
    }

    /// The newest events of a type that made it through processing, which needs an identifier.
    pub(super) fn history(&self, name: &str, limit: usize) -> Vec<Arc<Arrival>> {
        let events = self.types.get(name).into_iter().flat_map(|log| &log.events);
        events.filter(|event| event.is_identified()).take(limit).map(Arc::clone).collect()
    }

    /// How many events came on each of the days, for each type that has any, and how many of all had no identifier.
    pub(super) fn counts(&self, days: &Days) -> DailyCounts {
        let events = self.in_order().map(|(name, log)| (Arc::clone(name), log.received.on(days)));
        DailyCounts {
            events: events.filter(|(_, counts)| counts.iter().any(|count| *count > 0)).collect(),
            missing_identifier: self.missing_identifier.on(days),
            unverified: self.unverified.on(days),
        }
    }
}

/// A span of whole days (UTC), from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Days {
    first: i64,
    last: i64,
}

impl Days {
    /// The days that the two instants lie in and those between; of a long span the last [`MAX_DAYS`].
    pub(super) fn between(start: Timestamp, end: Timestamp) -> Self {
        let day = |at: Timestamp| at.as_second().div_euclid(SECONDS_PER_DAY);
        let longest = i64::try_from(MAX_DAYS - 1).unwrap_or(0);
        let last = day(end);
        Self { first: day(start).max(last - longest), last }
    }

    /// The first instant of each day.
    pub(super) fn starts(self) -> impl Iterator<Item = Timestamp> {
        (self.first..=self.last).filter_map(|day| Timestamp::from_second(day * SECONDS_PER_DAY).ok())
    }
}

/// Counts for the days of a [`Days`], a number a day.
#[derive(Debug)]
pub(super) struct DailyCounts {
    pub(super) events: Vec<(Arc<str>, Vec<u64>)>,
    pub(super) missing_identifier: Vec<u64>,
    pub(super) unverified: Vec<u64>,
}

#[derive(Debug, Default)]
struct DayCounts {
    total: u64,
    /// Day and count, the oldest first. A clock that is set back adds a second entry for its day, which is summed.
    days: VecDeque<(i64, u64)>,
}

impl DayCounts {
    fn add(&mut self, day: i64) {
        self.total += 1;
        match self.days.back_mut() {
            Some((last, count)) if *last == day => *count += 1,
            _ => {
                self.days.push_back((day, 1));
                if self.days.len() > MAX_DAYS {
                    self.days.pop_front();
                }
            }
        }
    }

    fn on(&self, days: &Days) -> Vec<u64> {
        let count = |day| self.days.iter().filter(|(d, _)| *d == day).map(|(_, count)| count).sum();
        (days.first..=days.last).map(count).collect()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use super::super::intake;
    use super::*;

    fn put(store: &mut Store, text: &str, second: i64) {
        store.insert(intake::read(text).unwrap(), Client::default(), Timestamp::from_second(second).unwrap());
    }

    fn names(store: &Store) -> Vec<String> {
        store.view(1).iter().map(|view| view.name.to_string()).collect()
    }

    #[test]
    fn fifty_events_of_a_type_are_kept_and_all_are_counted() {
        let mut store = Store::default();
        for n in 0..51 {
            put(&mut store, &format!(r#"{{"event":"view","email":"a@b.example","n":{n}}}"#), 0);
        }
        assert_eq!(store.history("view", 100).len(), 50);
        let view = store.view(100);
        assert_eq!(view.iter().map(|v| (v.received, v.events.len())).collect::<Vec<_>>(), [(51, 50)]);
    }

    #[test]
    fn the_type_that_was_silent_for_longest_goes_first() {
        let mut store = Store::default();
        for n in 0..MAX_TYPES {
            put(&mut store, &format!(r#"{{"event":"t{n}"}}"#), 0);
        }
        put(&mut store, r#"{"event":"t0"}"#, 0);
        put(&mut store, r#"{"event":"one_more"}"#, 0);
        let names = names(&store);
        assert_eq!(names.len(), MAX_TYPES);
        assert!(names.contains(&"t0".into()) && !names.contains(&"t1".into()) && names.contains(&"one_more".into()));
    }

    #[test]
    fn the_types_stay_in_the_order_in_which_they_came_when_one_goes() {
        let mut store = Store::default();
        for n in 0..MAX_TYPES + 3 {
            put(&mut store, &format!(r#"{{"event":"t{n}"}}"#), 0);
        }
        let expected: Vec<_> = (3..MAX_TYPES + 3).map(|n| format!("t{n}")).collect();
        assert_eq!(names(&store), expected);
        let counts = store.counts(&Days { first: 0, last: 0 });
        assert!(counts.events.iter().map(|(name, _)| &**name).eq(expected.iter().map(String::as_str)));
    }

    #[test]
    fn bytes_are_bounded_too() {
        let mut store = Store::new(100_000);
        let filler = "x".repeat(1_000);
        for n in 0..300 {
            put(&mut store, &format!(r#"{{"event":"t{}","filler":"{filler}"}}"#, n % 30), 0);
        }
        assert!((50_000..=100_000).contains(&store.bytes), "{}", store.bytes);
        let held: usize = store.view(usize::MAX).iter().flat_map(|v| &v.events).map(|e| e.bytes()).sum();
        assert_eq!(store.bytes, held);
        assert!(names(&store).contains(&"t29".into()));
    }

    #[test]
    fn clearing_forgets_events_and_counts() {
        let mut store = Store::default();
        put(&mut store, r#"{"event":"view"}"#, 0);
        store.clear();
        assert!(store.view(1).is_empty() && store.newest().is_none());
        let counts = store.counts(&Days { first: 0, last: 0 });
        assert!(counts.events.is_empty());
        assert_eq!((counts.missing_identifier, store.bytes, store.arrivals()), (vec![0], 0, 1));
    }

    #[test]
    fn counts_are_by_day_and_survive_a_clock_that_is_set_back() {
        let mut store = Store::default();
        let day = SECONDS_PER_DAY;
        for second in [0, day, day + 1, 3 * day, day + 2] {
            put(&mut store, r#"{"event":"view"}"#, second);
        }
        let counts = store.counts(&Days { first: 0, last: 3 });
        assert_eq!(counts.events, [("view".into(), vec![1, 3, 0, 1])]);
        assert_eq!(counts.missing_identifier, [1, 3, 0, 1]);
        assert!(store.counts(&Days { first: 7, last: 8 }).events.is_empty());
    }
}
