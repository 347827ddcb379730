use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use super::moment::{Moment, Times};
use crate::event::{Payload, TypeName};

/// How many bytes of events are held when nothing else is asked.
pub const HISTORY_LIMIT: usize = 64 * 1024 * 1024;
/// How many event types are known at a time.
pub const MOST_TYPES: usize = 10_000;
/// The size that the newest events may have together, however small the limit is: no less than one answer may hold, or the types
/// of an honest server would push each other out.
const LEAST_FOR_NEWEST: usize = 64 * 1024 * 1024;
/// The cost of an event beside its text: the structs around it and their places in memory, rounded up.
const OVERHEAD: usize = 512;

/// The captured events of a session that are held: the newest of each type, and older ones within a limit of bytes.
///
/// - While the limit is exceeded, the oldest event of the type with the most bytes goes, so that a busy type does not
///   push out the others. The newest of a type is not touched by this.
/// - The quietest type, the one of which nothing came for longest, goes with its newest event when there are more than
///   [`MOST_TYPES`], or when the newest events alone exceed the limit. Otherwise a sender that puts ids into event
///   names would fill the memory.
/// - The event that came last stays in any case.
#[derive(Debug)]
pub struct History {
    budget: Budget,
    types: HashMap<TypeName, Held>,
    /// The types that hold more than their newest event, by their bytes.
    by_bytes: BTreeSet<(usize, TypeName)>,
    /// All types, by the number of their last arrival.
    by_arrival: BTreeMap<u64, TypeName>,
    arrivals: u64,
    bytes: usize,
    newest_bytes: usize,
    dropped: Dropped,
}

/// A captured event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// The event.
    pub payload: Arc<Payload>,
    /// When we saw it.
    pub at: Moment,
}

/// How much had to go so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Events that were not the newest of their type.
    pub events: u64,
    /// Types, each with all its events.
    pub types: u64,
}

#[derive(Clone, Copy, Debug)]
struct Budget {
    bytes: usize,
    newest: usize,
    types: usize,
}

/// The events of one type.
#[derive(Debug, Default)]
struct Held {
    /// The newest last. Empty for a type of which only a count is known.
    versions: VecDeque<Captured>,
    bytes: usize,
    arrival: u64,
}

impl Held {
    fn newest_bytes(&self) -> usize {
        self.versions.back().map_or(0, Captured::cost)
    }
}

impl Captured {
    fn cost(&self) -> usize {
        self.payload.text().len() + OVERHEAD
    }
}

impl Default for History {
    fn default() -> Self {
        Self::new(HISTORY_LIMIT)
    }
}

impl History {
    /// An empty one that will hold at most `limit` bytes of events, save for the newest of each type.
    pub fn new(limit: usize) -> Self {
        Self::within(Budget { bytes: limit, newest: limit.max(LEAST_FOR_NEWEST), types: MOST_TYPES })
    }

    fn within(budget: Budget) -> Self {
        Self {
            budget,
            types: HashMap::new(),
            by_bytes: BTreeSet::new(),
            by_arrival: BTreeMap::new(),
            arrivals: 0,
            bytes: 0,
            newest_bytes: 0,
            dropped: Dropped::default(),
        }
    }

    /// Takes in an event that is the newest of its type; the one that is the newest already is not held twice.
    pub fn push(&mut self, event_type: &TypeName, captured: Captured) {
        let mut held = self.remove(event_type);
        if held.versions.back().is_none_or(|newest| newest.payload.hash() != captured.payload.hash()) {
            held.bytes += captured.cost();
            held.versions.push_back(captured);
        }
        self.insert(event_type, held);
    }

    /// Takes in an event that was captured after newer ones of its type. It stands before those that it is surely older
    /// than, and in any case before the newest.
    pub fn push_earlier(&mut self, event_type: &TypeName, captured: Captured) {
        let mut held = self.remove(event_type);
        let times = Times::of(&captured.payload);
        let is_newer = |other: &&Captured| times.is_before(Times::of(&other.payload));
        let newer = held.versions.iter().rev().skip(1).take_while(is_newer).count();
        held.bytes += captured.cost();
        held.versions.insert(held.versions.len().saturating_sub(1 + newer), captured);
        self.insert(event_type, held);
    }

    /// Learns that something of a type came, or that there is such a type.
    pub fn hear_of(&mut self, event_type: &TypeName) {
        let held = self.remove(event_type);
        self.insert(event_type, held);
    }

    /// The newest event of a type.
    #[cfg(test)]
    pub(crate) fn newest(&self, event_type: &TypeName) -> Option<&Captured> {
        self.types.get(event_type)?.versions.back()
    }

    /// The event of a type that came before `payload`, which is one of those that are held.
    pub fn before(&self, event_type: &TypeName, payload: &Payload) -> Option<&Captured> {
        let versions = &self.types.get(event_type)?.versions;
        let is_it = |captured: &Captured| std::ptr::eq(Arc::as_ptr(&captured.payload), payload);
        let equals = |captured: &Captured| captured.payload.hash() == payload.hash();
        // An event that came again is there twice with the same text.
        let position = versions.iter().rposition(is_it).or_else(|| versions.iter().rposition(equals))?;
        versions.get(position.checked_sub(1)?)
    }

    /// The events of a type that are held, the oldest first.
    #[cfg(test)]
    pub(crate) fn versions<'h>(
        &'h self,
        event_type: &TypeName,
    ) -> impl DoubleEndedIterator<Item = &'h Captured> + use<'h> {
        self.types.get(event_type).into_iter().flat_map(|held| &held.versions)
    }

    /// How many types are known.
    pub(crate) fn len(&self) -> usize {
        self.types.len()
    }

    /// Whether a type is known.
    pub fn knows(&self, event_type: &TypeName) -> bool {
        self.types.contains_key(event_type)
    }

    /// How many bytes may be held.
    pub fn limit(&self) -> usize {
        self.budget.bytes
    }

    /// How much had to go so far.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Takes a type out of all that is counted and ordered; an empty one when it is not known.
    fn remove(&mut self, event_type: &TypeName) -> Held {
        let Some(held) = self.types.remove(event_type) else { return Held::default() };
        self.by_arrival.remove(&held.arrival);
        if held.versions.len() > 1 {
            self.by_bytes.remove(&(held.bytes, event_type.clone()));
        }
        self.bytes -= held.bytes;
        self.newest_bytes -= held.newest_bytes();
        held
    }

    /// Puts a type back as the one that something came of last, and lets go of what is too much.
    fn insert(&mut self, event_type: &TypeName, mut held: Held) {
        held.arrival = self.arrivals;
        self.arrivals += 1;
        self.bytes += held.bytes;
        self.newest_bytes += held.newest_bytes();
        self.by_arrival.insert(held.arrival, event_type.clone());
        if held.versions.len() > 1 {
            self.by_bytes.insert((held.bytes, event_type.clone()));
        }
        self.types.insert(event_type.clone(), held);
        while self.bytes > self.budget.bytes && self.drop_oldest() {}
        while (self.types.len() > self.budget.types || self.newest_bytes > self.budget.newest) && self.drop_quietest() {
        }
    }

    /// Drops the oldest event of the type with the most bytes; `false` when only newest events are left.
    fn drop_oldest(&mut self) -> bool {
        let Some((_, event_type)) = self.by_bytes.pop_last() else { return false };
        let Some(held) = self.types.get_mut(&event_type) else { return false };
        let cost = held.versions.pop_front().map_or(0, |captured| captured.cost());
        held.bytes -= cost;
        self.bytes -= cost;
        self.dropped.events += 1;
        if held.versions.len() > 1 {
            self.by_bytes.insert((held.bytes, event_type));
        }
        true
    }

    /// Drops the type of which nothing came for longest; `false` when only the last one is left.
    fn drop_quietest(&mut self) -> bool {
        if self.types.len() < 2 {
            return false;
        }
        let Some((_, quietest)) = self.by_arrival.pop_first() else { return false };
        self.remove(&quietest);
        self.dropped.types += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use std::time::Duration;

    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::event::Head;

    const NOW: Moment = Moment { elapsed: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };

    fn captured(text: &str) -> Captured {
        Captured { payload: Arc::new(Payload::new(text)), at: NOW }
    }

    /// An event that the platform received at a second.
    fn received(second: i64) -> Captured {
        let head = Head { received: Timestamp::from_second(second).ok(), ..Head::default() };
        let text = second.to_string();
        Captured { payload: Arc::new(Payload::with_head(&text, Payload::hash_of(&text), head)), at: NOW }
    }

    fn texts<'a>(history: &'a History, name: &str) -> Vec<&'a str> {
        history.versions(&name.into()).map(|captured| captured.payload.text()).collect()
    }

    #[test]
    fn the_versions_of_a_type_stand_in_order_and_each_knows_the_one_before() {
        let mut history = History::default();
        for text in ["a", "b", "a", "c", "c"] {
            history.push(&"view".into(), captured(text));
        }
        assert_eq!(texts(&history, "view"), ["a", "b", "a", "c"]);
        let view = TypeName::from("view");
        let text = |captured: Option<&Captured>| captured.map(|captured| captured.payload.text().to_owned());
        assert_eq!(text(history.newest(&view)).as_deref(), Some("c"));
        let versions: Vec<_> = history.versions(&view).cloned().collect();
        let before: Vec<_> = versions.iter().map(|it| text(history.before(&view, &it.payload))).collect();
        assert_eq!(before.iter().map(Option::as_deref).collect::<Vec<_>>(), [None, Some("a"), Some("b"), Some("a")]);
        let equal = captured("a");
        assert_eq!(text(history.before(&view, &equal.payload)).as_deref(), Some("b"), "the last of the same text");
        assert_eq!(history.before(&view, &captured("x").payload), None);
        assert_eq!(history.newest(&"search".into()), None);
        assert!(history.knows(&view) && !history.knows(&"search".into()));
    }

    #[test]
    fn an_event_that_comes_late_stands_where_its_time_says_and_is_never_the_newest() {
        let cases = [
            (1, ["1", "2", "4", "9"]),
            (3, ["2", "3", "4", "9"]),
            (7, ["2", "4", "7", "9"]),
            (12, ["2", "4", "12", "9"]),
        ];
        for (second, expected) in cases {
            let mut history = History::default();
            for second in [2, 4, 9] {
                history.push(&"view".into(), received(second));
            }
            history.push_earlier(&"view".into(), received(second));
            assert_eq!(texts(&history, "view"), expected);
        }
        let mut history = History::default();
        history.push_earlier(&"view".into(), captured("only"));
        assert_eq!(texts(&history, "view"), ["only"]);
    }

    #[test]
    fn the_busiest_type_pays_for_itself() {
        let mut history = History::new(64 * 1024);
        let long = "x".repeat(1_000);
        for n in 0..500 {
            if n < 10 {
                history.push(&"quiet".into(), captured(&n.to_string()));
            }
            history.push(&"busy".into(), captured(&format!("{n}{long}")));
        }
        assert_eq!(texts(&history, "quiet").len(), 10, "what is quiet keeps all it has");
        let busy = texts(&history, "busy");
        assert!(busy.last().unwrap().starts_with("499x"));
        assert!((30..=64).contains(&busy.len()), "{}", busy.len());
        assert_eq!(history.dropped(), Dropped { events: 500 - busy.len() as u64, types: 0 });
    }

    #[test]
    fn without_room_for_older_events_the_newest_of_each_type_stay() {
        let mut history = History::new(0);
        for text in ["a", "b"] {
            for name in ["view", "search"] {
                history.push(&name.into(), captured(text));
            }
        }
        assert_eq!((texts(&history, "view"), texts(&history, "search")), (vec!["b"], vec!["b"]));
        assert_eq!(history.dropped(), Dropped { events: 2, types: 0 });
    }

    #[test]
    fn ids_in_event_names_do_not_fill_the_memory() {
        let mut history = History::default();
        let large = "x".repeat(LEAST_FOR_NEWEST / 4);
        for n in 0..20 {
            history.push(&format!("order {n}").as_str().into(), captured(&large));
        }
        let known = |n: usize| history.knows(&format!("order {n}").as_str().into());
        assert_eq!((0..20).filter(|n| known(*n)).collect::<Vec<_>>(), [17, 18, 19]);
        assert!(history.bytes <= LEAST_FOR_NEWEST);
        assert_eq!(history.dropped(), Dropped { events: 0, types: 17 });

        let larger = "x".repeat(LEAST_FOR_NEWEST + 1);
        history.push(&"huge".into(), captured(&larger));
        assert_eq!((history.types.len(), texts(&history, "huge").len()), (1, 1), "what came last stays");

        let mut history = History::default();
        for n in 0..=MOST_TYPES {
            history.hear_of(&format!("order {n}").as_str().into());
            history.hear_of(&"view".into());
        }
        assert_eq!((history.types.len(), history.dropped().types), (MOST_TYPES, 2));
        assert!(history.knows(&"view".into()) && !history.knows(&"order 1".into()) && history.knows(&"order 2".into()));
    }

    /// The same rules, counted anew each time.
    #[derive(Default)]
    struct Plain {
        /// The quietest type first.
        types: Vec<(TypeName, Vec<Captured>)>,
    }

    impl Plain {
        fn take_in(&mut self, name: &TypeName, add: impl FnOnce(&mut Vec<Captured>), budget: Budget) {
            let position = self.types.iter().position(|(other, _)| other == name);
            let (name, mut versions) =
                position.map_or((name.clone(), Vec::new()), |position| self.types.remove(position));
            add(&mut versions);
            self.types.push((name, versions));
            let bytes = |versions: &[Captured]| versions.iter().map(Captured::cost).sum::<usize>();
            while self.types.iter().map(|(_, versions)| bytes(versions)).sum::<usize>() > budget.bytes {
                let heavy = self.types.iter_mut().filter(|(_, versions)| versions.len() > 1);
                let Some((_, versions)) = heavy.max_by_key(|(name, versions)| (bytes(versions), name.clone())) else {
                    break;
                };
                versions.remove(0);
            }
            let newest = |types: &[(TypeName, Vec<Captured>)]| {
                types.iter().filter_map(|(_, versions)| Some(versions.last()?.cost())).sum::<usize>()
            };
            while self.types.len() > 1 && (self.types.len() > budget.types || newest(&self.types) > budget.newest) {
                self.types.remove(0);
            }
        }
    }

    proptest! {
        #[test]
        fn the_budget_is_kept_and_what_came_last_is_there(
            steps in prop::collection::vec((0_usize..8, prop::option::of((any::<bool>(), 0_usize..3_000))), 0..80),
            bytes in 0_usize..20_000,
            newest in 0_usize..20_000,
            types in 1_usize..8,
        ) {
            let budget = Budget { bytes, newest, types };
            let (mut history, mut plain) = (History::within(budget), Plain::default());
            for (number, (name, event)) in steps.into_iter().enumerate() {
                let name = TypeName::from(format!("type {name}"));
                match event {
                    None => {
                        history.hear_of(&name);
                        plain.take_in(&name, |_| {}, budget);
                    }
                    Some((is_newest, length)) => {
                        let captured = captured(&format!("{number:length$}"));
                        let after = captured.clone();
                        if is_newest {
                            history.push(&name, captured);
                            prop_assert_eq!(history.newest(&name), Some(&after));
                        } else {
                            history.push_earlier(&name, captured);
                        }
                        plain.take_in(&name, |versions| {
                            let at = if is_newest { versions.len() } else { versions.len().saturating_sub(1) };
                            versions.insert(at, after);
                        }, budget);
                    }
                }
                prop_assert_eq!(history.types.len(), plain.types.len());
                for (name, versions) in &plain.types {
                    prop_assert!(history.versions(name).eq(versions));
                }
                prop_assert!(history.bytes <= bytes || history.by_bytes.is_empty());
                prop_assert!(history.newest_bytes <= newest || history.types.len() == 1);
                let held: usize = plain.types.iter().flat_map(|(_, versions)| versions).map(Captured::cost).sum();
                prop_assert_eq!(history.bytes, held);
            }
        }
    }
}
