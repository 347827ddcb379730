use std::sync::Arc;

use indexmap::IndexMap;

use super::moment::Times;
use super::seen::SeenEvents;
use super::{Arrival, Change, ChangeKind, Coverage, Moment};
use crate::event::{Payload, Sighting, Snapshot, TypeName};

/// Counts of received events by type, as the summary endpoint gives them.
pub type Counts = IndexMap<TypeName, u64>;

/// How many captured events are remembered, as hashes.
const REMEMBERED: usize = 128 * 1024;
/// How many types are known that the last snapshot did not speak of. A server that makes up names at every poll would
/// otherwise fill the memory. A type that is forgotten and comes back is new, with its counts at the start.
const MAX_QUIET: usize = 10_000;

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
#[derive(Debug)]
pub struct Tracker {
    types: IndexMap<TypeName, Known>,
    seen: SeenEvents,
    /// How many snapshots were observed.
    snapshots: u64,
    /// Whether counts from elsewhere came, which are complete.
    counted: bool,
}

/// The state of one type.
#[derive(Debug, Default)]
struct Known {
    newest: Option<Newest>,
    /// The hashes of the last sighting's events in order of size, where there were several.
    last: Vec<u128>,
    /// The snapshot that spoke of it last; 0 for a type that only a count is known of.
    seen_in: u64,
    /// Whether the server knew it in the last snapshot that could tell.
    present: bool,
    received: Option<Received>,
    /// Whether counts from elsewhere left it out, so that the next one counts from zero.
    from_zero: bool,
    captured: u64,
    tally: Tally,
}

/// The newest event of a type.
#[derive(Clone, Copy, Debug)]
struct Newest {
    hash: u128,
    times: Times,
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

impl Default for Tracker {
    fn default() -> Self {
        Self::remembering(REMEMBERED)
    }
}

impl Tracker {
    /// One that has seen nothing, and that will remember so many events beside those of the last snapshot.
    fn remembering(events: usize) -> Self {
        Self { types: IndexMap::new(), seen: SeenEvents::new(events), snapshots: 0, counted: false }
    }

    /// Compares `snapshot` with what is known, learns it, and says what changed: in the snapshot's order, the events of a
    /// type from the oldest to the newest, then what is gone.
    pub fn observe(&mut self, snapshot: &Snapshot, now: Moment) -> Vec<Change> {
        self.snapshots += 1;
        let number = self.snapshots;
        let mut changes = Vec::new();
        for sighting in &snapshot.sightings {
            if !self.types.contains_key(&sighting.event_type) {
                self.types.insert(sighting.event_type.clone(), Known::new(self.counted));
            }
            if let Some(known) = self.types.get_mut(&sighting.event_type) {
                known.sight(sighting, number, &mut self.seen, now, &mut changes);
            }
        }
        if snapshot.shape.covers_every_type() {
            for (event_type, known) in &mut self.types {
                if known.present && known.seen_in != number {
                    known.present = false;
                    changes.push(known.change(event_type, ChangeKind::Gone, 0, now));
                }
            }
        }
        self.forget_quiet();
        changes
    }

    /// Learns counts from elsewhere, which are taken to be complete: a type that they leave out has no known count any
    /// more. Says which types they moved for, each as [`ChangeKind::Unchanged`]; a type may become known by it.
    pub fn observe_counts(&mut self, counts: &Counts, now: Moment) -> Vec<Change> {
        let mut changes = Vec::new();
        for (event_type, count) in counts {
            let known = self.types.entry(event_type.clone()).or_insert_with(|| Known::new(self.counted));
            changes.extend(known.count_elsewhere(event_type, Some(*count), now));
        }
        for (event_type, known) in &mut self.types {
            if !counts.contains_key(event_type) {
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

    fn sight(
        &mut self,
        sighting: &Sighting,
        number: u64,
        seen: &mut SeenEvents,
        now: Moment,
        changes: &mut Vec<Change>,
    ) {
        let (was_present, is_first_snapshot) = (self.present, number == 1);
        let returns = !was_present && self.seen_in > 0;
        (self.present, self.seen_in) = (true, number);

        let captured_before = self.captured;
        let first = match () {
            () if returns => ChangeKind::Returned,
            () if !was_present => ChangeKind::New,
            () => ChangeKind::Updated,
        };
        let news = self.news(sighting, first, is_first_snapshot, seen);
        let captured = self.captured - captured_before;
        if let Some(newest) = news.iter().rev().find(|news| news.kind != ChangeKind::Earlier) {
            self.newest = Some(Newest { hash: newest.event.hash(), times: Times::of(newest.event) });
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
        is_first_snapshot: bool,
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
                seen.insert(event_type, event);
                self.captured += 1;
            }
            let is_newest = index == 0 && end_of_new > 0;
            if is_new || is_newest {
                let kind = match index {
                    _ if index >= end_of_new => ChangeKind::Earlier,
                    _ if is_first_snapshot || news.is_empty() => first,
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
        self.newest.is_some_and(|newest| newest.hash == event.hash())
    }

    fn is_before_newest(&self, event: &Payload) -> bool {
        self.newest.is_some_and(|newest| Times::of(event).is_before(newest.times))
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
mod tests;
