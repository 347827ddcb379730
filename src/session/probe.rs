//! Probes: events that we sent and wait to see.

mod similarity;
mod stages;
mod words;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexSet;
use serde::{Deserialize, Serialize};

use super::{Change, ChangeKind, Delivery, Errors, Moment, Recalled};
use crate::event::{
    Difference, DifferenceKind, Document, Groups, Identifiers, Path, Payload, Sanitized, Segment, TypeName, diff,
};
use similarity::Received;
pub use stages::{Stage, StageName, StageState, Way};

/// How long a probe is waited for, unless told otherwise.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Names a probe within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProbeId(pub u64);

/// An event that we sent.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Its name.
    pub id: ProbeId,
    /// Its type.
    pub event_type: TypeName,
    /// The text of its `event_uuid`: the marker.
    pub uuid: Arc<str>,
    /// The events as sent.
    pub sent: Arc<Document>,
    /// When it was handed to the network.
    pub sent_at: Moment,
    /// How it stands.
    pub state: ProbeState,
    /// What was noticed of it on its way.
    pub way: Way,
}

/// How a probe stands.
#[derive(Clone, Debug)]
pub enum ProbeState {
    /// It is waited for.
    Waiting,
    /// The call that carried it failed, so it is not waited for.
    NotSent,
    /// It came.
    Seen(Seen),
    /// It did not come in time.
    Missed(Vec<Clue>),
}

/// A probe that came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// How long after it was sent we saw it.
    pub after: Duration,
    /// How it was recognized.
    pub by: Recognized,
    /// The event as the platform shows it.
    pub received: Arc<Payload>,
    /// The differences from the event that was sent.
    pub differences: Vec<Difference>,
    /// Whether neither what was sent nor what came carries an identifier: the platform shows such an event as it came, and
    /// drops it when it processes it.
    pub unidentified: bool,
}

impl Seen {
    /// Whether the platform added the field of that name, which the sender did not send.
    pub fn is_added(&self, key: &str) -> bool {
        self.differences.iter().any(|difference| {
            difference.kind == DifferenceKind::Added
                && matches!(&*difference.path.0, [Segment::Key { name, .. }] if **name == *key)
        })
    }

    /// The differences that count: dropped, changed or retyped, but for what stands at one of the `allowed`
    /// places or in it.
    pub fn altered<'s>(&'s self, allowed: &'s [Path]) -> impl Iterator<Item = &'s Difference> {
        let groups = self.groups();
        let altered = [groups.dropped, groups.changed, groups.retyped].into_iter().flatten();
        altered.filter(|difference| !allowed.iter().any(|allowed| difference.path.0.starts_with(&allowed.0)))
    }

    /// The differences by their sorts.
    pub fn groups(&self) -> Groups<'_> {
        Groups::of(&self.differences)
    }
}

/// How an event was recognized as the one that we sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Recognized {
    /// By its `event_uuid`.
    #[serde(rename = "marker")]
    ByMarker,
    /// By its content, for no marker came back: a guess.
    #[serde(rename = "content")]
    ByContent,
}

/// A clue to a probe that was not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clue {
    /// An event that equals it was shown already when it was sent, so its own coming could not be seen.
    EqualBefore {
        /// By how many the server's count of the type went up since.
        counted: u64,
    },
    /// Another event of the type came since, and may have taken its place in the answer.
    AnotherCame {
        /// How many are known to have come.
        arrived: u64,
    },
    /// The server's count of the type went up without an event that fits.
    CountWentUp {
        /// By how many.
        by: u64,
    },
    /// It carries no identifier, and the platform drops such events after it took them.
    NoIdentifier,
    /// Nothing of the type came since it was sent; what was there before may be shown still.
    NothingCame,
    /// No poll succeeded since.
    NoPoll,
}

/// How many probes are remembered that are not waited for any more.
const MAX_SETTLED: usize = 1_000;
/// How many probes of a type an event is compared with by more than its `event_uuid`: the newest, for the newest event
/// is what the endpoint shows.
const MAX_COMPARED: usize = 64;
/// From this length on a marker is taken for unique, so that it is found in any text. An `event_uuid` of the sender's
/// own may be as short as `1`.
const TELLING: usize = 16;
/// The share of an event that is the same as in another, in percent, where all of it is.
const ALL_OF_IT: usize = 100;

/// The probes of a session.
///
/// An event is a probe's by its marker, in whatever poll it comes, even when the probe was given up or another event
/// was guessed to be it. Without the marker, an event that came since and says the same is guessed to be it.
#[derive(Debug)]
pub struct Probes {
    patience: Duration,
    /// By which fields customers are identified.
    identifiers: Identifiers,
    /// In the order of their names.
    watches: Vec<Watch>,
    next: u64,
    /// The server's counts by type, as far as they are known.
    counts: HashMap<TypeName, u64>,
    /// The server's counts of errors, once they are known.
    errors: Option<Arc<BTreeMap<Sanitized, u64>>>,
}

/// A probe, and what was noticed since it was sent.
#[derive(Debug)]
struct Watch {
    probe: Probe,
    /// When it was handed to the network the time before, when it is to be handed over again.
    before: Moment,
    /// How many other events of the type came.
    others: u64,
    /// By how much the server's count of the type went up when no event came.
    counted: u64,
    /// Whether a poll succeeded.
    polled: bool,
    /// Whether something of the type came that the history was not asked about yet.
    overtaken: bool,
    /// Whether an event was shown already that cannot be told from it.
    beside_equal: bool,
}

impl Probes {
    /// None yet; each will be waited for as long as `patience`.
    pub fn new(patience: Duration) -> Self {
        let (watches, counts) = (Vec::new(), HashMap::new());
        Self { patience, identifiers: Identifiers::default(), watches, next: 0, counts, errors: None }
    }

    /// The same where customers are identified by these fields.
    #[must_use]
    pub fn identified_by(self, identifiers: Identifiers) -> Self {
        Self { identifiers, ..self }
    }

    /// Begins to wait for an event that was handed to the network at `at`.
    pub fn sent(&mut self, event_type: TypeName, uuid: Arc<str>, sent: Arc<Document>, at: Moment) -> ProbeId {
        self.forget_settled();
        let id = ProbeId(self.next);
        self.next += 1;
        let way = Way {
            counted_before: self.counts.get(&event_type).copied(),
            counts: !self.counts.is_empty(),
            errors_before: self.errors.clone(),
            ..Way::default()
        };
        let probe = Probe { id, event_type, uuid, sent, sent_at: at, state: ProbeState::Waiting, way };
        let watch =
            Watch { probe, before: at, others: 0, counted: 0, polled: false, overtaken: false, beside_equal: false };
        self.watches.push(watch);
        id
    }

    /// Takes in which event of its type was shown when it was sent: beside one that equals it, its own coming cannot be
    /// seen.
    pub fn sent_beside(&mut self, id: ProbeId, newest: &Arc<Payload>) {
        let Some(watch) = self.waiting_mut(id) else { return };
        // A platform that shows the marker would show another event.
        let may_hide = newest.head().uuid.as_ref().is_none_or(|uuid| *uuid == watch.probe.uuid);
        watch.beside_equal = may_hide
            && Received::new(newest).and_then(|newest| newest.similarity(&watch.probe.sent)) == Some(ALL_OF_IT);
    }

    /// Corrects when one that is waited for is handed to the network: its call had to wait for its turn, or is made
    /// again. It is waited for as long from then on.
    pub fn went_out(&mut self, id: ProbeId, at: Moment) {
        if let Some(watch) = self.waiting_mut(id) {
            watch.before = std::mem::replace(&mut watch.probe.sent_at, at);
        }
    }

    /// Learns what became of the call that carried it.
    pub fn delivered(&mut self, id: ProbeId, delivery: &Arc<Delivery>) {
        if let Ok(index) = self.watches.binary_search_by_key(&id, |watch| watch.probe.id)
            && let Some(watch) = self.watches.get_mut(index)
        {
            watch.probe.way.delivery = Some(Arc::clone(delivery));
        }
    }

    /// Learns the server's counts of errors.
    pub fn count_errors(&mut self, errors: &Errors) {
        for watch in &mut self.watches {
            let Some(before) = &watch.probe.way.errors_before else { continue };
            let risen = errors.counts.iter().filter_map(|(sort, count)| {
                let by = count.saturating_sub(before.get(sort).copied().unwrap_or_default());
                (by > 0).then(|| (sort.clone(), by))
            });
            watch.probe.way.errors = risen.collect();
        }
        self.errors = Some(Arc::new(errors.counts.clone()));
    }

    /// Learns the server's counts.
    pub fn learn_counts(&mut self, changes: &[Change]) {
        for (change, count) in changes.iter().filter_map(|change| Some((change, change.received?))) {
            for watch in self.watches.iter_mut().filter(|watch| watch.probe.event_type == change.event_type) {
                let way = &mut watch.probe.way;
                if way.counts && count > way.counted_before.unwrap_or(0) {
                    way.counted = Some(count);
                }
            }
            self.counts.insert(change.event_type.clone(), count);
        }
    }

    /// Stops waiting for one whose call failed.
    pub fn not_sent(&mut self, id: ProbeId) {
        if let Some(watch) = self.waiting_mut(id) {
            watch.probe.state = ProbeState::NotSent;
        }
    }

    /// Looks for the probes in what a poll brought at `at`; the ones that were found. To be called for every poll that
    /// succeeded, also when it brought nothing.
    pub fn observe(&mut self, changes: &[Change], at: Moment) -> Vec<ProbeId> {
        self.learn_counts(changes);
        let came: Vec<_> = changes.iter().filter_map(|change| Some((change, change.payload.as_ref()?))).collect();
        let mut found = Vec::new();
        let mut unmarked = Vec::new();
        for (change, payload) in came {
            match self.marked(&change.event_type, payload) {
                Some(index) => found.extend(self.see(index, payload, Recognized::ByMarker, at)),
                None if is_news(change) => unmarked.push((change, payload)),
                None => {}
            }
        }
        for (change, payload) in unmarked {
            let waiting = self.waiting_of(&change.event_type);
            if let Some(index) = self.most_alike(&waiting, payload) {
                found.extend(self.see(index, payload, Recognized::ByContent, at));
            }
        }
        for watch in self.watches.iter_mut().filter(|watch| watch.is_waiting()) {
            watch.polled = true;
            for change in changes {
                watch.notice(change);
            }
        }
        found
    }

    /// Looks for the probes in events that the history endpoint gave back.
    ///
    /// The history also holds what came before a probe was sent. So an event without the marker is guessed to be a
    /// probe only when the platform's own time says that it came after; a clock that is ahead makes us miss one.
    pub fn recall(&mut self, recalled: &Recalled) -> Vec<ProbeId> {
        let Recalled { event_type, events, at } = recalled;
        let at = *at;
        let mut found = Vec::new();
        let mut unmarked = Vec::new();
        for payload in events {
            match self.marked(event_type, payload) {
                Some(index) => found.extend(self.see(index, payload, Recognized::ByMarker, at)),
                None => unmarked.push(payload),
            }
        }
        for payload in unmarked {
            let mut waiting = self.waiting_of(event_type);
            let is_later = |probe: &Probe| {
                // The platform tells whole seconds at times.
                payload.head().received.is_some_and(|time| time.as_second() >= probe.sent_at.wall.as_second())
            };
            waiting.retain(|index| self.watches.get(*index).is_some_and(|watch| is_later(&watch.probe)));
            if let Some(index) = self.most_alike(&waiting, payload) {
                found.extend(self.see(index, payload, Recognized::ByContent, at));
            }
        }
        found
    }

    /// Gives up the probes whose time is over at `now`; the ones that were given up.
    pub fn expire(&mut self, now: Moment) -> Vec<ProbeId> {
        let patience = self.patience;
        let is_over = |watch: &&mut Watch| watch.is_waiting() && now.since(watch.probe.sent_at) >= patience;
        let Self { watches, identifiers, .. } = self;
        let over = watches.iter_mut().filter(is_over);
        over.map(|watch| {
            watch.probe.state = ProbeState::Missed(watch.clues(identifiers));
            watch.probe.id
        })
        .collect()
    }

    /// The types of which an event came since a probe of it was sent, while the probe itself did not: worth asking the
    /// history for. Each is named once a time that something of it came.
    pub fn overtaken(&mut self) -> Vec<TypeName> {
        let waiting = self.watches.iter_mut().filter(|watch| watch.is_waiting());
        let overtaken =
            waiting.filter_map(|watch| std::mem::take(&mut watch.overtaken).then(|| watch.probe.event_type.clone()));
        overtaken.collect::<IndexSet<_>>().into_iter().collect()
    }

    /// Whether any is waited for.
    pub fn is_waiting(&self) -> bool {
        self.watches.iter().any(Watch::is_waiting)
    }

    /// How long after `now` the first is given up; `None` when none is waited for.
    pub fn next_expiry(&self, now: Moment) -> Option<Duration> {
        let waiting = self.watches.iter().filter(|watch| watch.is_waiting());
        let over = waiting.map(|watch| watch.probe.sent_at.elapsed.saturating_add(self.patience)).min();
        over.map(|over| over.saturating_sub(now.elapsed))
    }

    /// How the event was seen that is known to be one of ours; `None` for any other.
    pub fn seen_as(&self, payload: &Payload) -> Option<&Seen> {
        self.watches.iter().rev().find_map(|watch| match &watch.probe.state {
            ProbeState::Seen(seen) if watch.received(Recognized::ByMarker, payload) => Some(seen),
            _ => None,
        })
    }

    /// The probe with that name; `None` when it was settled long ago and so many were since that it is forgotten.
    pub fn get(&self, id: ProbeId) -> Option<&Probe> {
        let index = self.watches.binary_search_by_key(&id, |watch| watch.probe.id).ok()?;
        self.watches.get(index).map(|watch| &watch.probe)
    }

    /// The newest probe of a type.
    pub fn newest_of(&self, event_type: &TypeName) -> Option<&Probe> {
        self.watches.iter().rev().map(|watch| &watch.probe).find(|probe| probe.event_type == *event_type)
    }

    /// How long it took until probes were seen, in this session, as far as they are remembered; `None` before the
    /// first.
    pub fn latencies(&self) -> Option<Latencies> {
        let after = |watch: &Watch| match &watch.probe.state {
            ProbeState::Seen(seen) => Some(seen.after),
            _ => None,
        };
        let mut seen: Vec<_> = self.watches.iter().filter_map(after).collect();
        seen.sort_unstable();
        Latencies::of(&seen)
    }

    fn waiting_mut(&mut self, id: ProbeId) -> Option<&mut Watch> {
        let index = self.watches.binary_search_by_key(&id, |watch| watch.probe.id).ok()?;
        self.watches.get_mut(index).filter(|watch| watch.is_waiting())
    }

    /// The probe that the event is by its marker: one that is waited for, else one that is not known for sure.
    fn marked(&self, event_type: &TypeName, payload: &Payload) -> Option<usize> {
        let newest_first = || self.watches.iter().enumerate().rev();
        // With a marker of the sender's own, several probes may wait for the same one.
        if self.watches.iter().any(|watch| watch.received(Recognized::ByMarker, payload)) {
            return None;
        }
        if let Some(uuid) = payload.head().uuid.as_deref() {
            let is_it = |watch: &Watch| {
                *watch.probe.uuid == *uuid
                    && !uuid.is_empty()
                    && (watch.probe.event_type == *event_type || uuid.len() >= TELLING)
            };
            let mut marked = newest_first().filter(|(_, watch)| is_it(watch)).peekable();
            if marked.peek().is_some() {
                let (waiting, others): (Vec<_>, Vec<_>) = marked.partition(|(_, watch)| watch.is_waiting());
                let unsure = others.into_iter().filter(|(_, watch)| watch.is_unsure() && uuid.len() >= TELLING);
                return waiting.into_iter().chain(unsure).map(|(index, _)| index).next();
            }
        }
        // A platform that gives events a uuid of its own may keep ours elsewhere in the event.
        let is_in = |uuid: &str| uuid.len() >= TELLING && payload.text().contains(uuid);
        let waiting = newest_first().filter(|(_, watch)| watch.is_waiting() && watch.probe.event_type == *event_type);
        waiting.take(MAX_COMPARED).find(|(_, watch)| is_in(&watch.probe.uuid)).map(|(index, _)| index)
    }

    /// The probes of a type that are waited for, the newest first, as far as they are compared.
    fn waiting_of(&self, event_type: &TypeName) -> Vec<usize> {
        let watches = self.watches.iter().enumerate().rev();
        let waiting = watches.filter(|(_, watch)| watch.is_waiting() && watch.probe.event_type == *event_type);
        waiting.map(|(index, _)| index).take(MAX_COMPARED).collect()
    }

    /// Which of the `waiting` says the same as the event most of all; of equals the first.
    fn most_alike(&self, waiting: &[usize], payload: &Arc<Payload>) -> Option<usize> {
        if waiting.is_empty() || self.is_anothers(payload) {
            return None;
        }
        let received = Received::new(payload)?;
        let similarity = |index: &usize| {
            let watch = self.watches.get(*index)?;
            Some((received.similarity(&watch.probe.sent)?, *index))
        };
        let alike = waiting.iter().filter_map(similarity);
        alike.reduce(|best, next| if next.0 > best.0 { next } else { best }).map(|(_, index)| index)
    }

    /// Whether the event is known to be some probe already.
    fn is_anothers(&self, payload: &Payload) -> bool {
        let uuid = payload.head().uuid.as_ref();
        self.watches.iter().any(|watch| {
            let received = match &watch.probe.state {
                ProbeState::Seen(seen) => Some(&seen.received),
                _ => None,
            };
            let is_received = received.is_some_and(|received| {
                received.hash() == payload.hash() || uuid.is_some() && received.head().uuid.as_ref() == uuid
            });
            is_received || uuid == Some(&watch.probe.uuid)
        })
    }

    fn see(&mut self, index: usize, payload: &Arc<Payload>, by: Recognized, at: Moment) -> Option<ProbeId> {
        // An event that turns out to be this one was not the one that it was guessed to be.
        for watch in self.watches.iter_mut().filter(|watch| watch.received(Recognized::ByContent, payload)) {
            watch.probe.state = ProbeState::Waiting;
        }
        let watch = self.watches.get_mut(index)?;
        let unidentified = !self.identifiers.identify(&watch.probe.sent)
            && Document::new(Arc::clone(payload)).is_ok_and(|received| !self.identifiers.identify(&received));
        let probe = &mut watch.probe;
        // It may come from an attempt that seemed to have failed, while the next is not due yet.
        let from = if probe.sent_at.elapsed <= at.elapsed { probe.sent_at } else { watch.before };
        let (received, differences) = (Arc::clone(payload), differences(&probe.sent, payload));
        probe.state = ProbeState::Seen(Seen { after: at.since(from), by, received, differences, unidentified });
        Some(probe.id)
    }

    /// Those that are waited for are all kept: each settles within the patience.
    fn forget_settled(&mut self) {
        let settled = self.watches.iter().filter(|watch| !watch.is_waiting()).count();
        let mut surplus = settled.saturating_sub(MAX_SETTLED);
        if surplus > 0 {
            self.watches.retain(|watch| {
                let goes = surplus > 0 && !watch.is_waiting();
                surplus -= usize::from(goes);
                !goes
            });
        }
    }
}

impl Watch {
    fn is_waiting(&self) -> bool {
        matches!(self.probe.state, ProbeState::Waiting)
    }

    fn received(&self, how: Recognized, payload: &Payload) -> bool {
        matches!(&self.probe.state, ProbeState::Seen(seen) if seen.by == how && seen.received.hash() == payload.hash())
    }

    /// Whether it is settled in a way that the marker would overrule.
    fn is_unsure(&self) -> bool {
        matches!(self.probe.state, ProbeState::Seen(Seen { by: Recognized::ByContent, .. }) | ProbeState::Missed(_))
    }

    /// Learns from a change that did not bring it.
    fn notice(&mut self, change: &Change) {
        if change.event_type != self.probe.event_type {
            return;
        }
        if is_news(change) {
            self.others = self.others.saturating_add(change.arrived.max(1));
        } else if change.kind == ChangeKind::Unchanged {
            self.counted = self.counted.saturating_add(change.arrived);
        }
        self.overtaken |= is_news(change) || (change.kind == ChangeKind::Unchanged && change.arrived > 0);
    }

    /// The clues, the most telling first.
    fn clues(&self, identifiers: &Identifiers) -> Vec<Clue> {
        let nothing_came = self.others == 0 && self.counted == 0;
        let clues = [
            (!self.polled).then_some(Clue::NoPoll),
            self.beside_equal.then_some(Clue::EqualBefore { counted: self.counted }),
            (self.others > 0).then_some(Clue::AnotherCame { arrived: self.others }),
            (self.counted > 0 && !self.beside_equal).then_some(Clue::CountWentUp { by: self.counted }),
            (!identifiers.identify(&self.probe.sent)).then_some(Clue::NoIdentifier),
            (self.polled && nothing_came && !self.beside_equal).then_some(Clue::NothingCame),
        ];
        clues.into_iter().flatten().collect()
    }
}

/// Whether the change brought an event that was not there before. What the first snapshot of a session holds may be
/// days old.
fn is_news(change: &Change) -> bool {
    match change.kind {
        ChangeKind::Updated => change.payload.is_some(),
        ChangeKind::New | ChangeKind::Returned | ChangeKind::Earlier => change.payload.is_some() && change.arrived > 0,
        ChangeKind::Unchanged | ChangeKind::Gone => false,
    }
}

fn differences(sent: &Document, received: &Arc<Payload>) -> Vec<Difference> {
    Document::new(Arc::clone(received)).map_or_else(
        |_| {
            let text = |payload: &Payload| Some(payload.text().to_owned());
            let (before, after) = (text(sent.payload()), text(received));
            vec![Difference { path: Path::root(), kind: DifferenceKind::Changed, before, after, node: None }]
        },
        |received| diff(sent, &received),
    )
}

/// How long it took until probes were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latencies {
    /// How many were seen.
    pub count: usize,
    /// The shortest.
    pub min: Duration,
    /// The median: half were not slower (nearest rank).
    pub median: Duration,
    /// 95 of 100 were not slower (nearest rank).
    pub p95: Duration,
}

impl Latencies {
    /// Those of probes that were seen after so long, in ascending order; `None` of none.
    pub fn of(seen: &[Duration]) -> Option<Self> {
        let rank = |percent: usize| seen.get((seen.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { count: seen.len(), min: *seen.first()?, median: rank(50)?, p95: rank(95)? })
    }
}

#[cfg(test)]
mod tests;
