use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};

use super::backfill::{Landmarks, Mark, Past, Placed};
use super::moment::Times;
use super::seen::{Endpoint, SeenEvents};
use super::{Arrival, Change, ChangeKind, Coverage, Gap, Moment, Record};
use crate::event::{Payload, Sighting, Snapshot, TypeName};

/// Counts of received events by type, as the summary endpoint gives them.
pub type Counts = IndexMap<TypeName, u64>;

/// How many captured events are remembered, as hashes.
const REMEMBERED: usize = 128 * 1024;
/// How many types are known that the last snapshot did not speak of. A server that makes up names at every poll would
/// otherwise fill the memory. A type that is forgotten and comes back is new, with its counts at the start.
const MAX_QUIET: usize = 10_000;
/// How long before the session an event of a type that was not there then may have been received: the platform takes a
/// while to show it, and clocks differ.
const SLACK: SignedDuration = SignedDuration::from_secs(60);

/// The tracker's memory of every event type so far: hashes, times and counts, but no event.
///
/// - An event that was never captured is always news, and newer than what the answer lists after it: the endpoint tells
///   the latest events of a type. Clocks are not asked, for the times in two events may come from two clocks.
/// - An event that was captured before and is older than the newest, by its own time, is a stale answer (of a replica
///   that lags, perhaps), and changes nothing. Without such a time it is taken for an event that came again.
/// - The server's count of a type is the one in the snapshot where there is one, else the one from elsewhere. A type that
///   counts from elsewhere leave out has none, and is counted from zero when it comes.
/// - A count that runs backwards, at midnight or after a reset, tells of no arrivals; counting goes on from there.
/// - Each arrival is told once: an event when it comes, one that was not seen when it is counted.
/// - A type that changed may be held until its history answered: then it is told with what the history lists before it,
///   as if one answer had listed all of it. What the history tells later comes as [`ChangeKind::Earlier`].
/// - Lost is what was counted, or surely listed once, and cannot come any more. It is told once.
#[derive(Debug)]
pub struct Tracker {
    types: IndexMap<TypeName, Known>,
    seen: SeenEvents,
    /// How many snapshots were observed.
    snapshots: u64,
    /// Whether counts from elsewhere came, which are complete.
    counted: bool,
    /// When the session began, by the server's clock.
    began: Option<Timestamp>,
    /// The types that are held until their history answered.
    held: IndexMap<TypeName, Held>,
    /// The types of which a history may be asked for; any, where none is named.
    asked: Option<Arc<HashSet<TypeName>>>,
}

/// A type that changed and is held until its history answered.
#[derive(Debug)]
struct Held {
    sighting: Sighting,
    /// Whether the first snapshot brought it.
    is_first: bool,
    past: Option<Past>,
    /// A count from elsewhere that came meanwhile.
    count: Option<u64>,
    /// Whether counts from elsewhere left it out before, so that the next one counts from zero.
    from_zero: bool,
    /// When its newest event was seen.
    at: Moment,
}

/// How a snapshot is told whose changes a history may complete.
#[derive(Clone, Copy, Debug, Default)]
pub struct Holding {
    /// Whether histories can be asked for at all.
    pub asks: bool,
    /// How many types may be held at a time.
    pub most: usize,
    /// Whether all that the first snapshot brings is held, for the sake of what came before it.
    pub opening: bool,
}

/// The outcome of a snapshot whose changes a history may complete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// What can be told at once.
    pub records: Vec<Record>,
    /// The types that are held from now on.
    pub held: Vec<TypeName>,
    /// The types that changed and were told all the same, for there was no room to hold them.
    pub passed: Vec<TypeName>,
}

/// The state of one type.
#[derive(Debug, Default)]
struct Known {
    newest: Option<Mark>,
    /// The newest of the first snapshot.
    baseline: Option<Mark>,
    /// The hashes of the last sighting's events in order of size, where there were several.
    last: Vec<u128>,
    /// The snapshot that spoke of it last; 0 for a type that only a count is known of.
    seen_in: u64,
    /// Whether the server knew it in the last snapshot that could tell.
    present: bool,
    received: Option<Received>,
    /// Whether counts from elsewhere left it out, so that the next one counts from zero.
    from_zero: bool,
    /// Whether a history was asked for that may still bring what was counted.
    is_pending: bool,
    captured: u64,
    tally: Tally,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Received {
    count: u64,
    origin: Origin,
    at: Moment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Snapshot,
    Elsewhere,
}

/// The arrivals since the server's count became known, as two witnesses tell them: the events that came, and the growth of
/// the count. Either may be the first to know of one.
#[derive(Debug, Default)]
struct Tally {
    /// How many were told.
    told: u64,
    /// Distinct events among them.
    captured: u64,
    /// Events that came and were not counted yet.
    uncounted: u64,
    /// Events that were told because they were counted, and that did not come.
    unseen: u64,
    /// How many of these were told to be lost.
    lost: u64,
}

impl Tally {
    /// Events came in an answer without a count; `earlier` of them are older than the newest.
    fn came(&mut self, events: u64, earlier: u64) {
        let told_before = self.unseen.min(earlier);
        self.unseen -= told_before;
        let news = events - told_before;
        self.uncounted += news;
        self.told += news;
    }

    /// The count grew, in an answer that brought these events or none.
    fn grew(&mut self, by: u64, events: u64) {
        let late = by.min(self.uncounted);
        self.uncounted -= late;
        let new = by - late;
        let uncounted = events.saturating_sub(new);
        let told_before = self.unseen.min(uncounted);
        self.unseen = (self.unseen - told_before).saturating_add(new.saturating_sub(events));
        self.uncounted += uncounted - told_before;
        self.told = self.told.saturating_add(new).saturating_add(uncounted - told_before);
    }
}

impl Tally {
    /// How many more were counted than came, of which none was told to be lost.
    fn missing(&self) -> u64 {
        self.unseen.saturating_sub(self.uncounted).saturating_sub(self.lost)
    }

    /// The same, told to be lost from now on.
    fn lose(&mut self) -> Option<u64> {
        // Some of those that were told to be lost may have come all the same.
        self.lost = self.lost.min(self.unseen.saturating_sub(self.uncounted));
        let missing = self.missing();
        self.lost += missing;
        (missing > 0).then_some(missing)
    }
}

impl Default for Tracker {
    fn default() -> Self {
        Self::remembering(REMEMBERED)
    }
}

impl Tracker {
    /// One that has seen nothing, and that will remember so many events beside those of the last snapshot.
    fn remembering(events: usize) -> Self {
        let (types, held) = (IndexMap::new(), IndexMap::new());
        Self { types, seen: SeenEvents::new(events), snapshots: 0, counted: false, began: None, held, asked: None }
    }

    /// Compares `snapshot` with what is known, learns it, and says what changed: in the snapshot's order, the events of a
    /// type from the oldest to the newest, then what is gone.
    #[cfg_attr(alone, expect(dead_code, reason = "for tests and benches: the program may hold what changed"))]
    pub fn observe(&mut self, snapshot: &Snapshot, now: Moment) -> Vec<Change> {
        let records = self.observe_holding(snapshot, now, Holding::default()).records;
        records
            .into_iter()
            .filter_map(|record| if let Record::Change(change) = record { Some(change) } else { None })
            .collect()
    }

    /// The same, where types that changed may be held until [`complete`](Self::complete) tells them, for what stands
    /// before them in their history.
    pub fn observe_holding(&mut self, snapshot: &Snapshot, now: Moment, holding: Holding) -> Observed {
        self.snapshots += 1;
        let number = self.snapshots;
        let is_first = number == 1;
        let mut observed = Observed::default();
        for sighting in &snapshot.sightings {
            let event_type = &sighting.event_type;
            let is_newer = |held: &Held| held.sighting.events.first() != sighting.events.first();
            if self.held.get(event_type).is_some_and(|held| held.past.is_some() && is_newer(held)) {
                observed.records.extend(self.complete(event_type, false, now));
            }
            let known = self.types.get_mut(event_type);
            if let Some(held) = self.held.get_mut(event_type) {
                if held.see(sighting, now) {
                    observed.passed.push(event_type.clone());
                }
                known.filter(|known| known.present).into_iter().for_each(|known| known.seen_in = number);
                continue;
            }
            let asks = match &known {
                _ if !holding.asks || sighting.events.is_empty() => false,
                _ if self.asked.as_ref().is_some_and(|asked| !asked.contains(event_type)) => false,
                _ if is_first => holding.opening,
                Some(known) => known.may_step_over(sighting, &self.seen),
                None => true,
            };
            if asks && self.held.len() < holding.most {
                known.filter(|known| known.present).into_iter().for_each(|known| known.seen_in = number);
                let (sighting, from_zero) = (sighting.clone(), self.counted);
                let held = Held { sighting, is_first, past: None, count: None, from_zero, at: now };
                self.held.insert(event_type.clone(), held);
                observed.held.push(event_type.clone());
                continue;
            }
            if !self.types.contains_key(event_type) {
                self.types.insert(event_type.clone(), Known::new(self.counted));
            }
            let Some(known) = self.types.get_mut(event_type) else { continue };
            let mut changes = Vec::new();
            let seeing = Seeing { number, is_first, thorough: holding.asks, now };
            known.sight(sighting, seeing, &mut self.seen, &mut changes);
            known.is_pending = holding.asks && (asks || known.is_pending);
            if !known.is_pending {
                observed.records.extend(known.lost_in_snapshot(event_type, now).map(Record::Gap));
            }
            if asks && !is_first {
                observed.passed.push(event_type.clone());
            }
            observed.records.extend(changes.into_iter().map(Record::Change));
        }
        if snapshot.shape.covers_every_type() {
            for (event_type, known) in &mut self.types {
                if known.present && known.seen_in != number && !self.held.contains_key(event_type) {
                    known.present = false;
                    observed.records.push(Record::Change(known.change(event_type, ChangeKind::Gone, 0, now)));
                }
            }
        }
        self.forget_quiet();
        observed
    }

    /// Has the histories of these types alone asked for.
    pub fn ask_only_for(&mut self, types: Arc<HashSet<TypeName>>) {
        self.asked = Some(types);
    }

    /// Learns when the session began, by the server's clock.
    pub fn begin(&mut self, began: Timestamp) {
        self.began = Some(began);
    }

    /// Takes in what the history lists of a type. What was told already is completed at once; for a type that is held this
    /// says whether the history does not reach back to what was captured before, so that it has not all that came.
    pub fn recall(&mut self, event_type: &TypeName, past: Past, now: Moment) -> Recollection {
        let placed = self.place(event_type, &past);
        match self.held.get_mut(event_type) {
            Some(held) => {
                held.past = Some(past);
                Recollection::Held { is_overrun: placed.is_overrun }
            }
            None => Recollection::Late(self.late(event_type, &placed, now)),
        }
    }

    /// Whether the history lists the newest event that is known of a type.
    pub fn is_current(&self, event_type: &TypeName, past: &Past) -> bool {
        let held = self.held.get(event_type).and_then(|held| held.sighting.events.first());
        match held.map(|payload| Mark::of(payload, true)) {
            Some(held) => past.lists(&held),
            None => {
                self.types.get(event_type).and_then(|known| known.newest.as_ref()).is_some_and(|mark| past.lists(mark))
            }
        }
    }

    /// Whether any type is held.
    pub fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// The types that are held although their history answered, and that were counted since.
    pub fn counted(&self) -> Vec<TypeName> {
        let counted = self.held.iter().filter(|(_, held)| held.past.is_some() && held.count.is_some());
        counted.map(|(event_type, _)| event_type.clone()).collect()
    }

    /// Tells a type that was held, with what its history listed before it, if it answered. `is_confirmed` is whether a poll
    /// after its count found no newer event, so that all that was counted would be there.
    pub fn complete(&mut self, event_type: &TypeName, is_confirmed: bool, now: Moment) -> Vec<Record> {
        let past = self.held.get_mut(event_type).and_then(|held| held.past.take());
        let placed = past.as_ref().map(|past| self.place(event_type, past)).unwrap_or_default();
        let Some(held) = self.held.shift_remove(event_type) else { return Vec::new() };
        let mut records = self.tell_late(event_type, &placed, now);
        let known = self.types.entry(event_type.clone()).or_insert_with(|| Known::new(held.from_zero));
        let seeing = Seeing { number: self.snapshots, is_first: held.is_first, thorough: true, now: held.at };
        let mut changes = Vec::new();
        known.is_pending = past.is_none();
        known.sight(&held.with(&placed.between), seeing, &mut self.seen, &mut changes);
        for change in &mut changes {
            let is_change_of = |event| change.payload.as_ref().is_some_and(|payload| Arc::ptr_eq(event, payload));
            if placed.between.iter().any(is_change_of) {
                change.arrival = Arrival::Backfill;
            }
        }
        let was_counted = known.received.is_some();
        changes.extend(held.count.and_then(|count| known.count_elsewhere(event_type, Some(count), now)));
        let gap = |lost, unless| Gap { event_type: event_type.clone(), lost, unless, late: false, at: now };
        let gap = match known.received.map(|received| received.origin) {
            Some(Origin::Elsewhere) if is_confirmed && was_counted => {
                known.tally.lose().map(|lost| gap(Some(lost), None))
            }
            Some(Origin::Snapshot) => past.and_then(|_| known.lost_in_snapshot(event_type, now)),
            // With the one that was held.
            _ if placed.is_overrun && !held.is_first => Some(gap(None, Some(placed.between.len() as u64 + 1))),
            _ => None,
        };
        records.extend(gap.map(Record::Gap));
        records.extend(changes.into_iter().map(Record::Change));
        records
    }

    /// Tells events of a history that answered late, and what is lost now that it did.
    fn late(&mut self, event_type: &TypeName, placed: &Placed, now: Moment) -> Vec<Record> {
        let mut records = self.tell_late(event_type, placed, now);
        if let Some(known) = self.types.get_mut(event_type) {
            known.is_pending = false;
            let mut lost = known.lost_in_snapshot(event_type, now);
            if placed.is_overrun && known.received.is_none() {
                let unless = Some(placed.late.len() as u64 + 1);
                lost = Some(Gap { event_type: event_type.clone(), lost: None, unless, late: true, at: now });
            }
            records.extend(lost.map(|lost| Record::Gap(Gap { late: true, ..lost })));
        }
        records
    }

    /// What is lost of a type by counts from elsewhere, now that all that came before them would have come.
    pub fn lost(&mut self, event_type: &TypeName, now: Moment) -> Option<Record> {
        let known = self.types.get_mut(event_type)?;
        let lost = known.tally.lose().filter(|_| known.is_telling())?;
        Some(Record::Gap(Gap { event_type: event_type.clone(), lost: Some(lost), unless: None, late: true, at: now }))
    }

    /// The types of which more was counted than came.
    pub fn missing(&self) -> impl Iterator<Item = &TypeName> {
        let is_missing = |known: &Known| known.received.is_some() && known.tally.missing() > 0 && known.is_telling();
        self.types.iter().filter(move |(_, known)| is_missing(known)).map(|(event_type, _)| event_type)
    }

    fn place(&self, event_type: &TypeName, past: &Past) -> Placed {
        let known = self.types.get(event_type);
        let held = self.held.get(event_type).and_then(|held| held.sighting.events.first());
        let held = held.map(|payload| Mark::of(payload, true));
        let baseline = known.and_then(|known| known.baseline.as_ref());
        // Of a type that was not there at the beginning, all came since.
        let slack = if baseline.is_some() { SignedDuration::ZERO } else { SLACK };
        let landmarks = Landmarks {
            held: held.as_ref(),
            newest: known.and_then(|known| known.newest.as_ref()),
            baseline,
            began: self.began.and_then(|began| began.checked_sub(slack).ok()),
        };
        past.place(&landmarks, |event, uuid| self.seen.knows(event_type, event, uuid))
    }

    /// Tells events that are older than the newest that was told, the oldest first.
    fn tell_late(&mut self, event_type: &TypeName, placed: &Placed, now: Moment) -> Vec<Record> {
        let Some(known) = self.types.get_mut(event_type) else { return Vec::new() };
        let mut records = Vec::new();
        for (event, is_since_start) in placed.late.iter().rev() {
            self.seen.insert(event_type, event, Endpoint::History, false);
            known.captured += 1;
            let told_before = known.tally.told;
            if *is_since_start {
                known.tally.came(1, 1);
                known.tally.captured += 1;
            }
            let arrived = known.tally.told - told_before;
            let change = known.change(event_type, ChangeKind::Earlier, arrived, now);
            let payload = Some(Arc::clone(event));
            records.push(Record::Change(Change { payload, arrival: Arrival::Backfill, ..change }));
        }
        records
    }

    /// Learns counts from elsewhere, which are taken to be complete: a type that they leave out has no known count any
    /// more. Says which types they moved for, each as [`ChangeKind::Unchanged`]; a type may become known by it.
    pub fn observe_counts(&mut self, counts: &Counts, now: Moment) -> Vec<Change> {
        let mut changes = Vec::new();
        for (event_type, count) in counts {
            // What is held must not seem to be counted before it came.
            if let Some(held) = self.held.get_mut(event_type) {
                held.count = Some(*count);
                continue;
            }
            let known = self.types.entry(event_type.clone()).or_insert_with(|| Known::new(self.counted));
            changes.extend(known.count_elsewhere(event_type, Some(*count), now));
        }
        for (event_type, held) in &mut self.held {
            held.from_zero |= held.count.is_none() && !counts.contains_key(event_type);
        }
        for (event_type, known) in &mut self.types {
            if !counts.contains_key(event_type) && !self.held.contains_key(event_type) {
                changes.extend(known.count_elsewhere(event_type, None, now));
                known.from_zero = true;
            }
        }
        self.counted = true;
        self.forget_quiet();
        changes
    }

    /// Forgets the types that no snapshot spoke of for longest, where there are too many. Those of the last one stay: they
    /// would be new again at every poll.
    fn forget_quiet(&mut self) {
        let is_quiet = |known: &Known| known.seen_in != self.snapshots;
        let mut quiet: Vec<_> =
            self.types.values().filter(|known| is_quiet(known)).map(|known| known.seen_in).collect();
        let Some(mut surplus) = quiet.len().checked_sub(MAX_QUIET).filter(|surplus| *surplus > 0) else { return };
        quiet.sort_unstable();
        let newest_to_go = quiet.get(surplus - 1).copied().unwrap_or_default();
        self.types.retain(|_, known| {
            let goes = is_quiet(known) && known.seen_in <= newest_to_go && surplus > 0;
            surplus -= usize::from(goes);
            !goes
        });
    }
}

impl Known {
    /// One of which nothing is known yet.
    fn new(from_zero: bool) -> Self {
        Self { from_zero, ..Self::default() }
    }

    fn sight(&mut self, sighting: &Sighting, seeing: Seeing, seen: &mut SeenEvents, changes: &mut Vec<Change>) {
        let Seeing { number, is_first: is_first_snapshot, thorough, now } = seeing;
        let was_present = self.present;
        let returns = !was_present && self.seen_in > 0;
        (self.present, self.seen_in) = (true, number);

        let captured_before = self.captured;
        let first = match () {
            () if returns => ChangeKind::Returned,
            () if !was_present => ChangeKind::New,
            () => ChangeKind::Updated,
        };
        let news = self.news(sighting, first, seeing, seen);
        let captured = self.captured - captured_before;
        if let Some(newest) = news.iter().rev().find(|news| news.kind != ChangeKind::Earlier) {
            self.newest = Some(Mark::of(newest.event, thorough && !is_first_snapshot));
        }
        if is_first_snapshot {
            self.baseline.clone_from(&self.newest);
        }
        self.remember(sighting);

        let told_before = self.tally.told;
        let came_again = news.last().is_some_and(|news| news.kind == ChangeKind::Updated);
        let came = if is_first_snapshot { 0 } else { captured.max(came_again.into()) };
        let earlier = news.iter().filter(|news| news.kind == ChangeKind::Earlier).count() as u64;
        let (count, grown) = self.count(sighting.received, Origin::Snapshot, now);
        match grown {
            Some(grown) => self.tally.grew(grown, came),
            None => self.tally.came(came, earlier.min(came)),
        }
        self.tally.captured += if is_first_snapshot { 0 } else { captured };
        let arrived = self.tally.told - told_before;
        self.start_over_if(count == Moved::BecameKnown);

        let event_type = &sighting.event_type;
        if news.is_empty() {
            let kind = if was_present { ChangeKind::Unchanged } else { first };
            if !was_present || count != Moved::No {
                changes.push(self.change(event_type, kind, arrived, now));
            }
            return;
        }
        // Each event stands for one arrival as far as they go round, and the newest for all that were not seen.
        let unseen = arrived.saturating_sub(news.len() as u64);
        let count = news.len() as u64;
        for (News { event, kind, captured }, behind) in news.into_iter().zip((0..count).rev()) {
            let own = u64::from(behind < arrived) + if behind == 0 { unseen } else { 0 };
            let payload = Some(Arc::clone(event));
            changes.push(Change { payload, captured, ..self.change(event_type, kind, own, now) });
        }
    }

    /// The events of a sighting that are news, the oldest first, which is of kind `first`. All that is there in the first
    /// snapshot is new.
    fn news<'s>(
        &mut self,
        sighting: &'s Sighting,
        first: ChangeKind,
        seeing: Seeing,
        seen: &mut SeenEvents,
    ) -> Vec<News<'s>> {
        let was_present = first == ChangeKind::Updated;
        let event_type = &sighting.event_type;
        // Events listed after the one that was the newest so far are older than that.
        let known = sighting.events.iter().position(|event| self.is_newest(event));
        let is_stale = sighting.events.first().is_some_and(|event| {
            known != Some(0) && self.has_captured(event_type, event, seen) && self.is_before_newest(event)
        });
        let end_of_new = match known {
            _ if !was_present => sighting.events.len(),
            _ if is_stale => 0,
            known => known.unwrap_or(sighting.events.len()),
        };
        let mut news = Vec::new();
        for (index, event) in sighting.events.iter().enumerate().rev() {
            let is_repeated = index > 0 && sighting.events.first() == Some(event);
            let is_new = !is_repeated && !self.is_newest(event) && !self.has_captured(event_type, event, seen);
            if is_new {
                seen.insert(event_type, event, Endpoint::Debug, seeing.thorough);
                self.captured += 1;
            }
            let is_newest = index == 0 && end_of_new > 0;
            if is_new || is_newest {
                let kind = match index {
                    _ if index >= end_of_new => ChangeKind::Earlier,
                    _ if seeing.is_first || news.is_empty() => first,
                    _ => ChangeKind::Updated,
                };
                news.push(News { event, kind, captured: self.captured });
            }
        }
        news
    }

    /// Remembers which events the sighting had, where there are several.
    fn remember(&mut self, sighting: &Sighting) {
        self.last.clear();
        if sighting.events.len() > 1 {
            self.last.extend(sighting.events.iter().map(|event| event.hash()));
            self.last.sort_unstable();
        }
    }

    fn is_newest(&self, event: &Payload) -> bool {
        self.newest.as_ref().is_some_and(|newest| newest.hash == event.hash())
    }

    fn is_before_newest(&self, event: &Payload) -> bool {
        self.newest.as_ref().is_some_and(|newest| Times::of(event).is_before(newest.times))
    }

    /// Whether the sighting brings a newer event than was known, before which others may have been stepped over: not
    /// where it lists the one that was known, or counts no more than it lists.
    fn may_step_over(&self, sighting: &Sighting, seen: &SeenEvents) -> bool {
        let Some(newest) = sighting.events.first() else { return false };
        if sighting.events.iter().any(|event| self.is_newest(event)) {
            return false;
        }
        let is_stale = self.has_captured(&sighting.event_type, newest, seen) && self.is_before_newest(newest);
        let before = self.received.filter(|received| received.origin == Origin::Snapshot);
        let grown = before.zip(sighting.received).and_then(|(before, count)| count.checked_sub(before.count));
        !is_stale && grown.is_none_or(|grown| grown > sighting.events.len() as u64)
    }

    /// Whether equal events would look different.
    fn is_telling(&self) -> bool {
        self.newest.as_ref().is_some_and(Mark::is_telling)
    }

    /// What is lost by the counts that the snapshots have themselves: what was counted with an event and is not there can
    /// come no more.
    fn lost_in_snapshot(&mut self, event_type: &TypeName, now: Moment) -> Option<Gap> {
        let is_counted = self.received.is_some_and(|received| received.origin == Origin::Snapshot);
        let lost = if is_counted && self.is_telling() { self.tally.lose() } else { None };
        lost.map(|lost| Gap { event_type: event_type.clone(), lost: Some(lost), unless: None, late: false, at: now })
    }

    /// The last sighting is asked as well: an answer may hold more events than are remembered, and those that simply stay
    /// there must not count anew at every poll.
    fn has_captured(&self, event_type: &TypeName, event: &Payload, seen: &SeenEvents) -> bool {
        self.last.binary_search(&event.hash()).is_ok() || seen.contains(event_type, event)
    }

    fn count_elsewhere(&mut self, event_type: &TypeName, count: Option<u64>, now: Moment) -> Option<Change> {
        if self.present && self.received.is_some_and(|received| received.origin == Origin::Snapshot) {
            return None;
        }
        let told_before = self.tally.told;
        let (moved, grown) = self.count(count, Origin::Elsewhere, now);
        if let Some(grown) = grown {
            self.tally.grew(grown, 0);
        }
        let arrived = self.tally.told - told_before;
        self.start_over_if(moved == Moved::BecameKnown);
        (moved != Moved::No).then(|| self.change(event_type, ChangeKind::Unchanged, arrived, now))
    }

    /// Learns the server's count, or that it is not told (any more) by `origin`; and by how much it grew, where that is
    /// known.
    fn count(&mut self, count: Option<u64>, origin: Origin, at: Moment) -> (Moved, Option<u64>) {
        let before = self.received;
        let same_origin = before.filter(|received| received.origin == origin);
        let from_zero = origin == Origin::Elsewhere && before.is_none() && self.from_zero;
        match (same_origin, count) {
            (None, None) => (Moved::No, None),
            (Some(_), None) => {
                self.received = None;
                (Moved::Yes, None)
            }
            (None, Some(count)) => {
                self.received = Some(Received { count, origin, at });
                if from_zero { (Moved::Yes, Some(count)) } else { (Moved::BecameKnown, None) }
            }
            (Some(before), Some(count)) => {
                self.received = Some(Received { count, origin, at });
                if count < before.count {
                    // Events that were not counted yet are in the new count, or never will be.
                    self.tally.uncounted = 0;
                }
                let moved = if count == before.count { Moved::No } else { Moved::Yes };
                (moved, Some(count.saturating_sub(before.count)))
            }
        }
    }

    /// The count includes earlier events, which cannot be told apart.
    fn start_over_if(&mut self, became_known: bool) {
        if became_known {
            self.tally = Tally::default();
        }
    }

    fn change(&self, event_type: &TypeName, kind: ChangeKind, arrived: u64, now: Moment) -> Change {
        let coverage = Coverage { captured: self.tally.captured, received: self.tally.told };
        Change {
            event_type: event_type.clone(),
            kind,
            payload: None,
            received: self.received.map(|received| received.count),
            counted_at: self.received.map(|received| received.at),
            captured: self.captured,
            arrived,
            coverage: self.received.map(|_| coverage),
            at: now,
            arrival: Arrival::Poll,
            number: None,
        }
    }
}

/// How a sighting is looked at.
#[derive(Clone, Copy, Debug)]
struct Seeing {
    /// The number of the snapshot.
    number: u64,
    /// Whether it is the first one: what it holds did not arrive while we watched.
    is_first: bool,
    /// Whether the events may have to be found again in a history.
    thorough: bool,
    now: Moment,
}

impl Held {
    /// Takes in what a later snapshot says of the type; whether it has a newer event.
    fn see(&mut self, sighting: &Sighting, at: Moment) -> bool {
        let mut before = std::mem::replace(&mut self.sighting, sighting.clone());
        let is_newer = before.events.first() != sighting.events.first();
        if is_newer {
            self.at = at;
        }
        before.events.retain(|event| !sighting.events.contains(event));
        self.sighting.events.extend(before.events);
        self.sighting.received = sighting.received.or(before.received);
        is_newer
    }

    /// The sighting with events of a history, the newest first, each before those that are surely older.
    fn with(&self, between: &[Arc<Payload>]) -> Sighting {
        let mut events = self.sighting.events.clone();
        let mut place = 1;
        for event in between {
            let is_older = |other: &Arc<Payload>| Times::of(other).is_before(Times::of(event));
            while events.get(place).is_some_and(|other| !is_older(other)) {
                place += 1;
            }
            events.insert(place.min(events.len()), Arc::clone(event));
            place += 1;
        }
        Sighting { events, ..self.sighting.clone() }
    }
}

/// What a history that answered is to a type.
#[derive(Debug)]
pub enum Recollection {
    /// The type is held, and completed by it.
    Held {
        /// Whether it does not reach back to what was captured before, so that it has not all that came.
        is_overrun: bool,
    },
    /// The type was told already: this comes late.
    Late(Vec<Record>),
}

/// An event of a sighting that is news.
#[derive(Debug)]
struct News<'s> {
    event: &'s Arc<Payload>,
    kind: ChangeKind,
    /// How many were captured of the type with it.
    captured: u64,
}

/// The effect of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moved {
    No,
    Yes,
    BecameKnown,
}

#[cfg(test)]
mod backfill_tests;
#[cfg(test)]
mod tests;
