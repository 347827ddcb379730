use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::ops::{Bound, Range};
use std::sync::Arc;

use super::moment::Times;
use super::{Captured, Change, ChangeKind, Coverage, EventNumber, Gap, Moment};
use crate::event::{Payload, Redaction, Sanitized, TypeName, sanitized, text};

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
    events: BTreeMap<EventNumber, Entry>,
    types: HashMap<TypeName, Held>,
    /// The types that hold more than their newest event, by their bytes.
    by_bytes: BTreeSet<(usize, TypeName)>,
    /// All types, by the number of their last arrival.
    by_arrival: BTreeMap<u64, TypeName>,
    arrivals: u64,
    /// The number of the next event.
    next: EventNumber,
    bytes: usize,
    newest_bytes: usize,
    dropped: Dropped,
    /// The events that had to go and were not told of yet.
    let_go: Vec<EventNumber>,
}

/// How much had to go so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Events that were not the newest of their type.
    pub events: u64,
    /// Types, each with all its events.
    pub types: u64,
}

/// The place of an event among those of its type that are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which one it is, from 1, the oldest.
    pub at: usize,
    /// How many there are.
    pub of: usize,
}

/// How many events were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// At least one; where a number is there, none if exactly so many came.
    Some(Option<u64>),
    /// So many.
    Count(u64),
}

impl Lost {
    /// What a gap says was lost.
    pub fn of(gap: &Gap) -> Self {
        gap.lost.map_or(Self::Some(gap.unless), Self::Count)
    }

    /// The words for it.
    pub fn words(self) -> Sanitized {
        match self {
            Self::Some(None) => "at least 1 lost".into(),
            Self::Some(Some(came)) => sanitized!("at least 1 lost, unless {} came,", came),
            Self::Count(count) => sanitized!("{} lost", text::grouped(count)),
        }
    }

    /// Both together. A number stands for what was told without one.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Count(one), Self::Count(other)) => Self::Count(one.saturating_add(other)),
            (count @ Self::Count(_), Self::Some(_)) | (Self::Some(_), count) => count,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Budget {
    bytes: usize,
    newest: usize,
    types: usize,
}

/// An event that is held.
#[derive(Debug)]
struct Entry {
    captured: Captured,
    told: Told,
    /// What was lost of its type before it.
    lost: Option<Lost>,
    /// How many bytes are held elsewhere because of it.
    charged: usize,
}

/// What the change that brought an event told beside it.
#[derive(Clone, Copy, Debug)]
struct Told {
    kind: ChangeKind,
    received: Option<u64>,
    counted_at: Option<Moment>,
    captured: u64,
    arrived: u64,
    coverage: Option<Coverage>,
}

/// The events of one type.
#[derive(Debug, Default)]
struct Held {
    /// The newest last. Empty for a type of which only a count is known.
    versions: VecDeque<EventNumber>,
    bytes: usize,
    /// The bytes of the newest event, without what was charged for it.
    newest_bytes: usize,
    arrival: u64,
    dropped: u64,
    /// What was lost before the event that comes next.
    lost: Option<Lost>,
    /// The events before which some were lost whose number is not known; of more than one, the first two.
    uncounted: Vec<EventNumber>,
}

impl Entry {
    fn cost(&self) -> usize {
        cost_of(&self.captured.payload) + self.charged
    }

    /// The change that brought it.
    fn change(&self) -> Change {
        let Captured { event_type, payload, at, number, arrival } = self.captured.clone();
        let Told { kind, received, counted_at, captured, arrived, coverage } = self.told;
        let (payload, number) = (Some(payload), Some(number));
        Change { event_type, kind, payload, received, counted_at, captured, arrived, coverage, at, arrival, number }
    }
}

fn cost_of(payload: &Payload) -> usize {
    payload.text().len() + OVERHEAD
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

    /// An empty one that goes on with the numbers of this one.
    pub(super) fn anew(&self) -> Self {
        Self { next: self.next, ..Self::within(self.budget) }
    }

    fn within(budget: Budget) -> Self {
        Self {
            budget,
            events: BTreeMap::new(),
            types: HashMap::new(),
            by_bytes: BTreeSet::new(),
            by_arrival: BTreeMap::new(),
            arrivals: 0,
            next: EventNumber::default(),
            bytes: 0,
            newest_bytes: 0,
            dropped: Dropped::default(),
            let_go: Vec::new(),
        }
    }

    /// Takes in what came of a type, and gives the number of the event, where one came.
    ///
    /// The event that is the newest already is not held twice. One that is known to be older than the newest stands before
    /// those that it is surely older than, and in any case before the newest.
    pub(super) fn take_in(&mut self, change: &Change) -> Option<EventNumber> {
        let mut held = self.remove(&change.event_type);
        let number = change.payload.as_ref().map(|payload| self.hold(&mut held, change, payload));
        self.insert(&change.event_type, held);
        number
    }

    fn hold(&mut self, held: &mut Held, change: &Change, payload: &Arc<Payload>) -> EventNumber {
        let newest = held.versions.back().and_then(|number| self.get(*number));
        let is_earlier = change.kind == ChangeKind::Earlier;
        if let Some(newest) = newest.filter(|newest| !is_earlier && newest.payload.hash() == payload.hash()) {
            return newest.number;
        }
        let times = Times::of(payload);
        let is_newer =
            |number: &&EventNumber| self.get(**number).is_some_and(|other| times.is_before(Times::of(&other.payload)));
        let newer = if is_earlier { 1 + held.versions.iter().rev().skip(1).take_while(is_newer).count() } else { 0 };
        let number = self.next;
        self.next = EventNumber(number.0 + 1);
        held.versions.insert(held.versions.len().saturating_sub(newer), number);
        held.bytes += cost_of(payload);
        if held.versions.back() == Some(&number) {
            held.newest_bytes = cost_of(payload);
        }
        let (event_type, payload) = (change.event_type.clone(), Arc::clone(payload));
        let captured = Captured { event_type, payload, at: change.at, number, arrival: change.arrival };
        let lost = if newer == 0 { held.lost.take() } else { None };
        if matches!(lost, Some(Lost::Some(_))) && held.uncounted.len() < 2 {
            held.uncounted.push(number);
        }
        let Change { kind, received, counted_at, captured: distinct, arrived, coverage, .. } = *change;
        let told = Told { kind, received, counted_at, captured: distinct, arrived, coverage };
        self.events.insert(number, Entry { captured, told, lost, charged: 0 });
        number
    }

    /// Learns that events of a type were lost, before the newest one or before the one that comes next. A number that becomes
    /// known late stands where some were said to be lost, if that is one place.
    pub(super) fn lose(&mut self, gap: &Gap) {
        let Some(held) = self.types.get_mut(&gap.event_type) else { return };
        let newest = held.versions.back().copied().filter(|_| gap.late);
        let place = match (gap.lost, held.uncounted.as_slice()) {
            (Some(_), [only]) if gap.late && self.events.contains_key(only) => Some(*only),
            _ => newest,
        };
        match (gap.lost, place) {
            (Some(_), _) => held.uncounted.clear(),
            (None, Some(place)) if held.uncounted.len() < 2 && !held.uncounted.contains(&place) => {
                held.uncounted.push(place);
            }
            (None, _) => {}
        }
        let before = match place.and_then(|number| self.events.get_mut(&number)) {
            Some(event) => &mut event.lost,
            None => &mut held.lost,
        };
        let lost = Lost::of(gap);
        *before = Some(before.map_or(lost, |known| known.and(lost)));
    }

    /// What was lost of its type just before an event.
    pub fn lost_before(&self, number: EventNumber) -> Option<Lost> {
        self.events.get(&number)?.lost
    }

    /// Counts `bytes` that are held elsewhere because of an event as part of it, until it goes.
    pub fn charge(&mut self, number: EventNumber, bytes: usize) {
        let Some(entry) = self.events.get_mut(&number) else { return };
        entry.charged += bytes;
        let event_type = &entry.captured.event_type;
        let Some(held) = self.types.get_mut(event_type) else { return };
        let before = (held.bytes, event_type.clone());
        held.bytes += bytes;
        self.bytes += bytes;
        if self.by_bytes.remove(&before) {
            self.by_bytes.insert((held.bytes, before.1));
        }
        self.keep_within();
    }

    /// The numbers of the events that had to go since this was asked last.
    pub fn let_go(&mut self) -> Vec<EventNumber> {
        std::mem::take(&mut self.let_go)
    }

    /// The event of that number, while it is held.
    pub fn get(&self, number: EventNumber) -> Option<&Captured> {
        self.events.get(&number).map(|entry| &entry.captured)
    }

    /// All events that are held, in order of their numbers.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Captured> {
        self.events.values().map(|entry| &entry.captured)
    }

    /// The events that are held and have a greater number, in order of their numbers.
    pub fn later(&self, than: Option<EventNumber>) -> impl Iterator<Item = &Captured> {
        let from = than.map_or(Bound::Unbounded, Bound::Excluded);
        self.events.range((from, Bound::Unbounded)).map(|(_, entry)| &entry.captured)
    }

    /// The changes that brought the events that are held, in order of their numbers.
    pub(super) fn changes(&self) -> impl Iterator<Item = Change> {
        self.events.values().map(Entry::change)
    }

    /// One that holds the twins of these events, under the same numbers.
    pub(super) fn twin(&self, redaction: &Redaction) -> Self {
        let mut other = Self { next: self.next, ..Self::within(self.budget) };
        for event_type in self.by_arrival.values() {
            let Some(held) = self.types.get(event_type) else { continue };
            let name = redaction.type_name(event_type);
            let mut twin = other.remove(&name);
            (twin.dropped, twin.lost) = (twin.dropped + held.dropped, held.lost);
            for number in &held.versions {
                let Some(entry) = self.events.get(number) else { continue };
                let captured = redaction.captured(&entry.captured);
                let cost = cost_of(&captured.payload);
                (twin.bytes, twin.newest_bytes) = (twin.bytes + cost, cost);
                twin.versions.push_back(*number);
                other.events.insert(*number, Entry { captured, charged: 0, ..*entry });
            }
            other.insert(&name, twin);
        }
        Self { dropped: self.dropped, ..other }
    }

    /// How many events are held.
    pub fn held(&self) -> usize {
        self.events.len()
    }

    /// The number that the next event will have.
    pub(crate) fn next(&self) -> EventNumber {
        self.next
    }

    /// The newest event of a type.
    pub fn newest(&self, event_type: &TypeName) -> Option<&Captured> {
        self.get(*self.types.get(event_type)?.versions.back()?)
    }

    /// The events of a type that are held, the oldest first.
    pub fn versions<'h>(&'h self, event_type: &TypeName) -> impl DoubleEndedIterator<Item = &'h Captured> + use<'h> {
        let numbers = self.types.get(event_type).into_iter().flat_map(|held| &held.versions);
        numbers.filter_map(|number| self.get(*number))
    }

    /// Those of the events of a type that have these places, from 0, the newest.
    pub fn newest_first<'h>(
        &'h self,
        event_type: &TypeName,
        places: Range<usize>,
    ) -> impl Iterator<Item = &'h Captured> + use<'h> {
        let numbers = self.types.get(event_type).into_iter().flat_map(move |held| {
            let len = held.versions.len();
            let (first, end) = (len.saturating_sub(places.end), len.saturating_sub(places.start));
            held.versions.range(first.min(end)..end).rev()
        });
        numbers.filter_map(|number| self.get(*number))
    }

    /// How many events of a type are held.
    pub fn count(&self, event_type: &TypeName) -> usize {
        self.types.get(event_type).map_or(0, |held| held.versions.len())
    }

    /// The event of its type that came before the one of that number.
    pub fn before(&self, number: EventNumber) -> Option<&Captured> {
        let (versions, position) = self.position(number)?;
        self.get(*versions.get(position.checked_sub(1)?)?)
    }

    /// The event of its type that came after the one of that number.
    pub fn after(&self, number: EventNumber) -> Option<&Captured> {
        let (versions, position) = self.position(number)?;
        self.get(*versions.get(position + 1)?)
    }

    /// Where an event stands among those of its type.
    pub fn place(&self, number: EventNumber) -> Option<Place> {
        self.position(number).map(|(versions, position)| Place { at: position + 1, of: versions.len() })
    }

    fn position(&self, number: EventNumber) -> Option<(&VecDeque<EventNumber>, usize)> {
        let versions = &self.types.get(&self.get(number)?.event_type)?.versions;
        // They stand in order of their numbers but for those that came late.
        let at = versions.partition_point(|other| *other < number);
        let is_there = versions.get(at) == Some(&number);
        let position = if is_there { at } else { versions.iter().rposition(|other| *other == number)? };
        Some((versions, position))
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

    /// How many older events of a type had to go so far.
    pub fn dropped_of(&self, event_type: &TypeName) -> u64 {
        self.types.get(event_type).map_or(0, |held| held.dropped)
    }

    /// Takes a type out of all that is counted and ordered; an empty one when it is not known.
    fn remove(&mut self, event_type: &TypeName) -> Held {
        let Some(held) = self.types.remove(event_type) else { return Held::default() };
        self.by_arrival.remove(&held.arrival);
        if held.versions.len() > 1 {
            self.by_bytes.remove(&(held.bytes, event_type.clone()));
        }
        self.bytes -= held.bytes;
        self.newest_bytes -= held.newest_bytes;
        held
    }

    /// Puts a type back as the one that something came of last, and lets go of what is too much.
    fn insert(&mut self, event_type: &TypeName, mut held: Held) {
        held.arrival = self.arrivals;
        self.arrivals += 1;
        self.bytes += held.bytes;
        self.newest_bytes += held.newest_bytes;
        self.by_arrival.insert(held.arrival, event_type.clone());
        if held.versions.len() > 1 {
            self.by_bytes.insert((held.bytes, event_type.clone()));
        }
        self.types.insert(event_type.clone(), held);
        self.keep_within();
    }

    fn keep_within(&mut self) {
        while self.bytes > self.budget.bytes && self.drop_oldest() {}
        while (self.types.len() > self.budget.types || self.newest_bytes > self.budget.newest) && self.drop_quietest() {
        }
    }

    /// Drops the oldest event of the type with the most bytes; `false` when only newest events are left.
    fn drop_oldest(&mut self) -> bool {
        let Some((_, event_type)) = self.by_bytes.pop_last() else { return false };
        let Some(held) = self.types.get_mut(&event_type) else { return false };
        let Some(number) = held.versions.pop_front() else { return false };
        let cost = self.events.remove(&number).map_or(0, |entry| entry.cost());
        self.let_go.push(number);
        held.bytes -= cost;
        held.dropped += 1;
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
        for number in self.remove(&quietest).versions {
            self.events.remove(&number);
            self.let_go.push(number);
        }
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
    use crate::session::{Arrival, Moment};

    const NOW: Moment = Moment { elapsed: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };

    fn change(name: &str, kind: ChangeKind, payload: Option<Payload>) -> Change {
        Change {
            event_type: name.into(),
            kind,
            payload: payload.map(Arc::new),
            received: None,
            captured: 1,
            arrived: 1,
            counted_at: None,
            coverage: None,
            at: NOW,
            arrival: Arrival::Poll,
            number: None,
        }
    }

    /// Takes in a newer event.
    fn push(history: &mut History, name: &str, text: &str) -> EventNumber {
        history.take_in(&change(name, ChangeKind::Updated, Some(Payload::new(text)))).unwrap()
    }

    fn hear_of(history: &mut History, name: &str) {
        assert_eq!(history.take_in(&change(name, ChangeKind::Unchanged, None)), None);
    }

    /// An event that the platform received at a second.
    fn received(second: i64) -> Payload {
        let head = Head { received: Timestamp::from_second(second).ok(), ..Head::default() };
        let text = second.to_string();
        Payload::with_head(&text, Payload::hash_of(&text), head)
    }

    fn texts<'a>(history: &'a History, name: &str) -> Vec<&'a str> {
        history.versions(&name.into()).map(|captured| captured.payload.text()).collect()
    }

    #[test]
    fn the_versions_of_a_type_stand_in_order_and_each_knows_the_ones_beside_it() {
        let mut history = History::default();
        let numbers = ["a", "b", "a", "c", "c"].map(|text| push(&mut history, "view", text));
        push(&mut history, "search", "x");
        assert_eq!(numbers.map(|number| number.0), [0, 1, 2, 3, 3], "the newest is not held twice");
        assert_eq!(texts(&history, "view"), ["a", "b", "a", "c"]);
        let text = |captured: Option<&Captured>| captured.map(|captured| captured.payload.text().to_owned());
        let all: Vec<_> = history.iter().map(|captured| (captured.number.0, captured.payload.text())).collect();
        assert_eq!(all, [(0, "a"), (1, "b"), (2, "a"), (3, "c"), (4, "x")]);
        let beside = [0, 1, 2, 3, 4, 5].map(EventNumber).map(|number| {
            (text(history.before(number)), text(history.after(number)), history.place(number).map(|it| (it.at, it.of)))
        });
        let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let expected = [
            ("", "b", Some((1, 4))),
            ("a", "a", Some((2, 4))),
            ("b", "c", Some((3, 4))),
            ("a", "", Some((4, 4))),
            ("", "", Some((1, 1))),
            ("", "", None),
        ];
        assert_eq!(beside, expected.map(|(before, after, place)| (said(before), said(after), place)));
        let view = TypeName::from("view");
        assert_eq!(text(history.newest(&view)).as_deref(), Some("c"));
        assert_eq!(history.newest(&"checkout".into()), None);
        let places = |places| history.newest_first(&view, places).map(|it| it.number.0).collect::<Vec<_>>();
        assert_eq!([places(0..2), places(3..9), places(4..9)], [vec![3, 2], vec![0], vec![]]);
        assert_eq!((history.count(&view), history.count(&"checkout".into())), (4, 0));
        assert!(history.knows(&view) && !history.knows(&"checkout".into()));
    }

    #[test]
    fn an_event_that_comes_late_stands_where_its_time_says_and_is_never_the_newest() {
        let cases = [
            (1, ["1", "2", "4", "9"]),
            (3, ["2", "3", "4", "9"]),
            (7, ["2", "4", "7", "9"]),
            (12, ["2", "4", "12", "9"]),
        ];
        let late = |second| change("view", ChangeKind::Earlier, Some(received(second)));
        for (second, expected) in cases {
            let mut history = History::default();
            for second in [2, 4, 9] {
                history.take_in(&change("view", ChangeKind::Updated, Some(received(second))));
            }
            let number = history.take_in(&late(second)).unwrap();
            assert_eq!(texts(&history, "view"), expected);
            assert_eq!(number, EventNumber(3), "numbers are those of the session");
            assert!(history.after(number).is_some());
        }
        let mut history = History::default();
        history.take_in(&late(1));
        assert_eq!(texts(&history, "view"), ["1"]);
    }

    #[test]
    fn what_was_lost_stands_before_the_event_that_followed() {
        let mut history = History::default();
        let gap = |lost, late| Gap { event_type: "view".into(), lost, unless: None, late, at: NOW };
        history.lose(&gap(Some(9), false));
        let first = push(&mut history, "view", "1");
        history.lose(&gap(None, false));
        let second = push(&mut history, "view", "2");
        assert_eq!([first, second].map(|number| history.lost_before(number)), [None, Some(Lost::Some(None))]);
        history.lose(&gap(Some(3), true));
        history.lose(&gap(Some(2), true));
        history.lose(&gap(Some(1), false));
        let third = push(&mut history, "view", "3");
        let lost = [second, third].map(|number| history.lost_before(number));
        assert_eq!(lost, [Some(Lost::Count(5)), Some(Lost::Count(1))], "a number stands for what had none");
        history.lose(&gap(None, false));
        let places = ["4", "5"].map(|text| push(&mut history, "view", text));
        history.lose(&gap(Some(6), true));
        let lost = places.map(|number| history.lost_before(number));
        assert_eq!(lost, [Some(Lost::Count(6)), None], "also when more came meanwhile");
        let words = [Lost::Some(None), Lost::Some(Some(50)), Lost::Count(5)].map(Lost::words);
        assert_eq!(words, ["at least 1 lost", "at least 1 lost, unless 50 came,", "5 lost"]);
    }

    #[test]
    fn the_busiest_type_pays_for_itself() {
        let mut history = History::new(64 * 1024);
        let long = "x".repeat(1_000);
        for n in 0..500 {
            if n < 10 {
                push(&mut history, "quiet", &n.to_string());
            }
            push(&mut history, "busy", &format!("{n}{long}"));
        }
        assert_eq!(texts(&history, "quiet").len(), 10, "what is quiet keeps all it has");
        let busy = texts(&history, "busy");
        assert!(busy.last().unwrap().starts_with("499x"));
        assert!((30..=64).contains(&busy.len()), "{}", busy.len());
        let dropped = 500 - busy.len() as u64;
        assert_eq!(history.dropped(), Dropped { events: dropped, types: 0 });
        assert_eq!((history.dropped_of(&"busy".into()), history.dropped_of(&"quiet".into())), (dropped, 0));
        let let_go = history.let_go();
        assert_eq!((let_go.len() as u64, history.let_go()), (dropped, vec![]), "each is told once");
        assert!(let_go.iter().all(|number| history.get(*number).is_none()));
    }

    #[test]
    fn what_is_held_because_of_an_event_counts_until_it_goes() {
        let mut history = History::new(8 * OVERHEAD);
        let numbers = ["1", "2", "3"].map(|text| push(&mut history, "view", text));
        history.charge(numbers[0], 3 * OVERHEAD);
        assert_eq!(history.let_go(), []);
        history.charge(numbers[2], 4 * OVERHEAD);
        assert_eq!(history.let_go(), [numbers[0]], "with what was charged for it");
        history.charge(numbers[2], 100 * OVERHEAD);
        assert_eq!((history.let_go(), texts(&history, "view")), (vec![numbers[1]], vec!["3"]), "the newest stays");
        history.charge(numbers[0], 1);
        push(&mut history, "view", "4");
        assert_eq!(history.bytes, "4".len() + OVERHEAD);
    }

    #[test]
    fn without_room_for_older_events_the_newest_of_each_type_stay() {
        let mut history = History::new(0);
        for text in ["a", "b"] {
            for name in ["view", "search"] {
                push(&mut history, name, text);
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
            push(&mut history, &format!("order {n}"), &large);
        }
        let known = |n: usize| history.knows(&format!("order {n}").as_str().into());
        assert_eq!((0..20).filter(|n| known(*n)).collect::<Vec<_>>(), [17, 18, 19]);
        assert!(history.bytes <= LEAST_FOR_NEWEST);
        assert_eq!(history.dropped(), Dropped { events: 0, types: 17 });
        assert_eq!((history.iter().count(), history.let_go().len()), (3, 17));

        let larger = "x".repeat(LEAST_FOR_NEWEST + 1);
        push(&mut history, "huge", &larger);
        assert_eq!((history.types.len(), texts(&history, "huge").len()), (1, 1), "what came last stays");

        let mut history = History::default();
        for n in 0..=MOST_TYPES {
            hear_of(&mut history, &format!("order {n}"));
            hear_of(&mut history, "view");
        }
        assert_eq!((history.types.len(), history.dropped().types), (MOST_TYPES, 2));
        assert!(history.knows(&"view".into()) && !history.knows(&"order 1".into()) && history.knows(&"order 2".into()));
    }

    /// The same rules, counted anew each time: the quietest type first, each with the texts, the numbers and the costs of its
    /// events.
    type Plain = Vec<(TypeName, Vec<(String, EventNumber, usize)>)>;

    fn keep_plainly(types: &mut Plain, budget: Budget) {
        let bytes = |versions: &[(String, EventNumber, usize)]| versions.iter().map(|(.., cost)| cost).sum::<usize>();
        while types.iter().map(|(_, versions)| bytes(versions)).sum::<usize>() > budget.bytes {
            let heavy = types.iter_mut().filter(|(_, versions)| versions.len() > 1);
            let Some((_, versions)) = heavy.max_by_key(|(name, versions)| (bytes(versions), name.clone())) else {
                break;
            };
            versions.remove(0);
        }
        let newest = |types: &Plain| {
            types.iter().filter_map(|(_, versions)| Some(versions.last()?.0.len() + OVERHEAD)).sum::<usize>()
        };
        while types.len() > 1 && (types.len() > budget.types || newest(types) > budget.newest) {
            types.remove(0);
        }
    }

    /// What happens to a history.
    #[derive(Clone, Debug)]
    enum Step {
        HearOf(usize),
        TakeIn { of: usize, earlier: bool, length: usize },
        Charge { number: u64, bytes: usize },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            1 => (0_usize..8).prop_map(Step::HearOf),
            4 => (0_usize..8, any::<bool>(), 0_usize..3_000)
                .prop_map(|(of, earlier, length)| Step::TakeIn { of, earlier, length }),
            2 => (0_u64..80, 0_usize..3_000).prop_map(|(number, bytes)| Step::Charge { number, bytes }),
        ]
    }

    proptest! {
        #[test]
        fn the_budget_is_kept_and_what_came_last_is_there(
            steps in prop::collection::vec(step(), 0..80),
            bytes in 0_usize..20_000,
            newest in 0_usize..20_000,
            types in 1_usize..8,
        ) {
            let budget = Budget { bytes, newest, types };
            let (mut history, mut plain) = (History::within(budget), Plain::new());
            let (mut captured, mut let_go) = (0, 0);
            for (index, step) in steps.into_iter().enumerate() {
                let moved = |plain: &mut Plain, of: usize| {
                    let name = TypeName::from(format!("type {of}"));
                    let position = plain.iter().position(|(other, _)| *other == name);
                    let of_type = position.map_or((name, Vec::new()), |position| plain.remove(position));
                    plain.push(of_type);
                    plain.len() - 1
                };
                match step {
                    Step::HearOf(of) => {
                        hear_of(&mut history, &format!("type {of}"));
                        moved(&mut plain, of);
                    }
                    Step::TakeIn { of, earlier, length } => {
                        let text = format!("{index:length$}");
                        let kind = if earlier { ChangeKind::Earlier } else { ChangeKind::Updated };
                        let change = change(&format!("type {of}"), kind, Some(Payload::new(&text)));
                        let number = history.take_in(&change).unwrap();
                        prop_assert_eq!(number, EventNumber(captured), "no number is used twice");
                        captured += 1;
                        if !earlier {
                            prop_assert_eq!(history.newest(&change.event_type).map(|it| it.number), Some(number));
                        }
                        let at = moved(&mut plain, of);
                        let versions = &mut plain.get_mut(at).unwrap().1;
                        let at = if earlier { versions.len().saturating_sub(1) } else { versions.len() };
                        let cost = text.len() + OVERHEAD;
                        versions.insert(at, (text, number, cost));
                    }
                    Step::Charge { number, bytes } => {
                        history.charge(EventNumber(number), bytes);
                        let mut events = plain.iter_mut().flat_map(|(_, versions)| versions);
                        if let Some((.., cost)) = events.find(|(_, other, _)| other.0 == number) {
                            *cost += bytes;
                        }
                    }
                }
                keep_plainly(&mut plain, budget);
                prop_assert_eq!(history.types.len(), plain.len());
                for (name, versions) in &plain {
                    let held = history.versions(name).map(|it| (it.payload.text(), it.number));
                    prop_assert!(held.eq(versions.iter().map(|(text, number, _)| (&**text, *number))));
                }
                let_go += history.let_go().len() as u64;
                prop_assert_eq!(captured, history.iter().count() as u64 + let_go, "each is held, or was told to have gone");
                prop_assert!(history.bytes <= bytes || history.by_bytes.is_empty());
                prop_assert!(history.newest_bytes <= newest || history.types.len() == 1);
                let held: usize = plain.iter().flat_map(|(_, versions)| versions).map(|(.., cost)| cost).sum();
                prop_assert_eq!(history.bytes, held);
            }
        }
    }
}
