use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};

use super::baseline::{Baseline, Newest};
use crate::event::{Payload, Sanitized, TypeName, sanitized, text};
use crate::session::{Arrival, Change, ChangeKind, Gap, Moment, Polled, Problem, Record, Request};

/// An event that came and was not there before.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Its type.
    pub event_type: TypeName,
    /// The event.
    pub payload: Arc<Payload>,
    /// When we saw it.
    pub at: Timestamp,
    /// Which one it is, in the order in which they were told.
    number: u64,
    /// Those of one poll have no order but that of their times.
    batch: u64,
    /// Whether who told it told all in the order in which they came.
    is_in_order: bool,
}

impl Arrived {
    /// Whether it came after another; `None` where that cannot be told.
    pub fn is_after(&self, other: &Self) -> Option<bool> {
        if self.event_type == other.event_type || self.is_in_order && other.is_in_order {
            return Some(self.number > other.number);
        }
        let times = |event: &Self| (event.payload.head().received, event.payload.head().happened);
        let ((received, happened), (their_received, their_happened)) = (times(self), times(other));
        let apart = |own: Option<Timestamp>, their: Option<Timestamp>| {
            own.zip(their).filter(|(own, their)| own != their).map(|(own, their)| own > their)
        };
        let by_poll = (self.batch != other.batch).then_some(self.batch > other.batch);
        apart(received, their_received).or(by_poll).or_else(|| apart(happened, their_happened))
    }

    /// What tells it from others, where `payload` is shown of it: the time at which it was seen and what identifies it.
    pub fn heading(&self, payload: &Payload) -> Sanitized {
        let at = sanitized!("{}", Sanitized::of(&format_args!("{:.3}", self.at)));
        match crate::session::identity(&self.event_type, payload) {
            Some(identity) => sanitized!("{}, {}", at, identity),
            None => at,
        }
    }
}

/// Tells from records which events are new, and what may have been missed.
#[derive(Debug, Default)]
pub struct Arrivals {
    /// Whether what was there before is known.
    has_begun: bool,
    /// Whether records are read from a tape or a stream.
    is_tape: bool,
    since: Option<Baseline>,
    known: HashMap<TypeName, Known>,
    number: u64,
    batch: u64,
    /// How many came of each type.
    came: IndexMap<TypeName, u64>,
    /// How many were refused of each type, and why the last was.
    refused: IndexMap<TypeName, (u64, Option<Sanitized>)>,
    /// How many were there before, on a tape.
    before: u64,
    polls: u64,
    /// How long it was between polls, at least and at most.
    intervals: Option<(Duration, Duration)>,
    last_poll: Option<Moment>,
    /// By how many milliseconds the server's clock is ahead.
    server_ahead_ms: i64,
    /// How many requests a collector of ours was sent, as it said last.
    last_request: Option<u64>,
    /// Which of its requests was told last.
    told_request: Option<u64>,
    lost_requests: u64,
    trouble: Option<Problem>,
    history_trouble: Option<Problem>,
    gaps: Vec<Gap>,
    is_unsettled: bool,
    /// Why it was not watched for as long as it should have been.
    cut_off: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Known {
    hashes: HashSet<u128>,
    newest: Option<Arc<Payload>>,
    /// How many were counted, as was said last.
    received: Option<u64>,
    /// How many were counted that did not come, and when that was said.
    counted: Option<(u64, Moment)>,
    /// How many were counted and never seen.
    unseen: u64,
    /// In how many polls a new one was there.
    changed: u64,
    last_batch: u64,
}

impl Arrivals {
    /// What comes from now on: what the first poll shows was there before.
    pub fn from_now() -> Self {
        Self::default()
    }

    /// What came since a baseline was taken.
    pub fn since(baseline: Baseline) -> Self {
        // A collector of ours that tells all after a request tells nothing that came before.
        Self { since: Some(baseline), ..Self::default() }
    }

    /// What is on a tape, or comes in a stream.
    pub fn of_tape() -> Self {
        Self { has_begun: true, is_tape: true, ..Self::default() }
    }

    /// Whether what was there before is known, so that what comes is new.
    pub fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Takes in records that came at once; the events of them that are new.
    pub fn take(&mut self, records: &[Record]) -> Vec<Arrived> {
        self.batch += 1;
        let mut arrived = Vec::new();
        let is_first = !self.has_begun && records.iter().any(|record| matches!(record, Record::Polled(_)));
        for record in records {
            match record {
                Record::Change(change) if change.is_refused() => self.refuse(change),
                Record::Change(change) if !self.has_begun => self.learn(change),
                Record::Change(change) => arrived.extend(self.change(change)),
                Record::Gap(gap) => self.gaps.push(gap.clone()),
                Record::Polled(polled) => self.polled(polled),
                Record::Trouble(trouble) => self.trouble = Some(trouble.problem.clone()),
                Record::HistoryTrouble(trouble) => self.history_trouble = Some(trouble.problem.clone()),
                Record::Request(request) => self.request(request),
                _ => {}
            }
        }
        if is_first {
            self.has_begun = true;
            // A number of an earlier session says nothing of this one.
            self.told_request = self.since.as_ref().map_or(self.last_request, |since| since.last_request);
            // Its numbers begin anew.
            if self.told_request > self.last_request {
                self.told_request = self.last_request.map(|_| 0);
                self.cut_off("the collector was started anew since the baseline was taken");
            }
            // Who tells all requests since the baseline tells the events in them.
            if self.since.is_some() && (self.told_request.is_none() || self.last_request.is_none()) {
                arrived.extend(self.later(records));
            }
        } else if let Some(polled) = records.iter().find_map(|record| match record {
            Record::Polled(polled) => Some(polled),
            _ => None,
        }) {
            arrived.extend(self.confirm(polled));
        }
        arrived
    }

    /// An event by itself, of a file or a stream.
    pub fn event(&mut self, payload: &Arc<Payload>, at: Timestamp) -> Arrived {
        let event_type = payload.event_type().cloned().unwrap_or_else(|| TypeName::from(TypeName::UNNAMED));
        self.batch += 1;
        self.arrived(event_type, payload, at, true)
    }

    /// Says that not all was told that came until the end.
    pub fn unsettled(&mut self) {
        self.is_unsettled = true;
    }

    /// Says why it was not watched for as long as it should have been.
    pub fn cut_off(&mut self, why: &'static str) {
        self.cut_off = Some(why);
    }

    /// The trouble that the server is in, if it did not answer last.
    pub fn trouble(&self) -> Option<&Problem> {
        self.trouble.as_ref()
    }

    /// Whether a collector of ours told every request.
    pub fn is_complete(&self) -> bool {
        self.last_request.is_some()
    }

    /// Whether it was watched to the end.
    pub fn is_whole(&self) -> bool {
        !self.is_unsettled && self.cut_off.is_none()
    }

    /// How many events came of each type.
    pub fn came(&self) -> &IndexMap<TypeName, u64> {
        &self.came
    }

    /// How many of a type a collector of ours refused, and why the last.
    pub fn refused(&self, event_type: &TypeName) -> Option<&(u64, Option<Sanitized>)> {
        self.refused.get(event_type)
    }

    /// Whether nothing may have been missed, of whatever type.
    pub(super) fn is_sure(&self) -> bool {
        self.gaps.is_empty() && self.known.keys().all(|event_type| self.doubts(event_type).is_empty())
    }

    /// How many events of a tape were there before it was begun.
    pub fn before(&self) -> u64 {
        self.before
    }

    /// How many polls were answered.
    pub fn polls(&self) -> u64 {
        self.polls
    }

    /// The shortest and the longest time between two of them.
    pub fn intervals(&self) -> Option<(Duration, Duration)> {
        self.intervals
    }

    /// What was lost, as it was told.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// What was there when the first poll was answered.
    pub fn baseline(&self, target: Sanitized, now: Timestamp) -> Baseline {
        let newest = |known: &Known| Some(Newest::of(known.newest.as_ref()?, known.received));
        let types =
            self.known.iter().filter_map(|(event_type, known)| Some((event_type.as_str().to_owned(), newest(known)?)));
        let server_time = now.checked_add(SignedDuration::from_millis(self.server_ahead_ms)).unwrap_or(now);
        let types: BTreeMap<_, _> = types.collect();
        let (version, last_request) = (Baseline::VERSION, self.last_request);
        Baseline { version, target, taken_at: now, server_time, last_request, types }
    }

    /// Why an event of a type may have come that is not known of.
    pub fn doubts(&self, event_type: &TypeName) -> Vec<Sanitized> {
        let mut doubts = Vec::new();
        let gaps = || self.gaps.iter().filter(|gap| gap.event_type == *event_type);
        let lost: u64 = gaps().filter_map(|gap| gap.lost).sum();
        if lost > 0 {
            doubts.push(sanitized!(
                "{} of {} lost: they came between two polls",
                text::counted(lost, "event"),
                event_type.shown()
            ));
        } else if let Some(gap) = gaps().next_back() {
            doubts.push(sanitized!("{} {}", event_type.shown(), gap.sentence()));
        }
        let known = self.known.get(event_type);
        let unseen = known.map_or(0, |known| known.unseen).saturating_sub(lost);
        if unseen > 0 {
            doubts.push(sanitized!(
                "{} of {} counted that no poll showed",
                text::counted(unseen, "event"),
                event_type.shown()
            ));
        }
        if self.lost_requests > 0 {
            let lost = text::counted(self.lost_requests, "request");
            doubts.push(sanitized!("the collector did not hold {} any more", lost));
        }
        let changed = known.filter(|known| known.received.is_none()).map_or(0, |known| known.changed);
        if let Some(problem) = self.history_trouble.as_ref().filter(|_| changed > 0) {
            doubts.push(sanitized!(
                "a new {} was there in {}, and what came before it since the last cannot be known: {}",
                event_type.shown(),
                text::counted(changed, "poll"),
                problem.what
            ));
        }
        doubts.extend(self.cut_off.map(Sanitized::from));
        if self.is_unsettled && !self.is_tape {
            doubts.push("the last question at the end was not answered in time".into());
        }
        doubts
    }

    fn polled(&mut self, polled: &Polled) {
        self.polls += 1;
        self.trouble = None;
        self.server_ahead_ms = polled.server_ahead_ms.unwrap_or(self.server_ahead_ms);
        if self.last_request.is_some() && polled.last_request.is_none() && !self.is_tape {
            self.lost_requests += 1;
        }
        self.last_request = polled.last_request;
        if let Some(last) = self.last_poll {
            let interval = polled.at.since(last);
            let (least, most) = self.intervals.unwrap_or((interval, interval));
            self.intervals = Some((least.min(interval), most.max(interval)));
        }
        self.last_poll = Some(polled.at);
    }

    fn request(&mut self, request: &Request) {
        if let Some(refusal) = &request.refusal
            && let Some((_, (_, why))) = self.refused.last_mut()
        {
            *why = Some(refusal.sentence());
        }
        if self.is_tape {
            return;
        }
        if let Some(told) = self.told_request {
            self.lost_requests += request.number.saturating_sub(told + 1);
        }
        self.told_request = Some(request.number);
    }

    fn refuse(&mut self, change: &Change) {
        self.refused.entry(change.event_type.clone()).or_default().0 += 1;
    }

    /// Takes in what was there before.
    fn learn(&mut self, change: &Change) {
        let known = self.known.entry(change.event_type.clone()).or_default();
        known.received = change.received.or(known.received);
        if let Some(payload) = &change.payload {
            known.hashes.insert(payload.hash());
            if change.kind.is_newest() {
                known.newest = Some(Arc::clone(payload));
            }
        }
    }

    /// Of what the first poll told, that which came since the baseline.
    fn later(&mut self, records: &[Record]) -> Vec<Arrived> {
        let Some(since) = self.since.clone() else { return Vec::new() };
        let mut types: IndexMap<&TypeName, Vec<&Change>> = IndexMap::new();
        for change in records.iter().filter_map(Record::change).filter(|change| !change.is_refused()) {
            types.entry(&change.event_type).or_default().push(change);
        }
        let mut arrived = Vec::new();
        for (event_type, changes) in types {
            let newest = since.of(event_type);
            let events: Vec<_> =
                changes.iter().filter_map(|change| Some((*change, change.payload.as_ref()?))).collect();
            let known_at = newest.and_then(|newest| events.iter().rposition(|(_, payload)| newest.is(payload)));
            let border = newest.and_then(|newest| newest.received_at);
            let count = events.len();
            let mut fresh = 0;
            for (place, (change, payload)) in events.into_iter().enumerate() {
                let is_last = place + 1 == count;
                let received = payload.head().received;
                let is_new = match (known_at, newest) {
                    (Some(known_at), _) => place > known_at,
                    // Its newest has changed, and what was between may be listed.
                    (None, Some(_)) => {
                        is_last || received.zip(border).is_some_and(|(received, border)| received > border)
                    }
                    (None, None) => is_last || received.is_some_and(|received| received >= since.server_time),
                };
                if is_new {
                    fresh += 1;
                    arrived.push(self.arrived(event_type.clone(), payload, change.at.wall, false));
                }
            }
            let counted = changes.iter().filter_map(|change| change.received).next_back();
            let grown = newest
                .and_then(|newest| newest.received)
                .zip(counted)
                .map_or(0, |(then, now)| now.saturating_sub(then));
            let unseen = grown.saturating_sub(fresh);
            if unseen > 0 {
                let known = self.known.entry(event_type.clone()).or_default();
                let equal = known.newest.clone().filter(|newest| fresh == 0 && !is_telling(newest));
                known.unseen += unseen - u64::from(equal.is_some());
                arrived.extend(equal.map(|payload| self.arrived(event_type.clone(), &payload, self.wall(), false)));
            } else if known_at.is_none() && newest.is_some() && grown == 0 && counted.is_none() && border.is_none() {
                self.known.entry(event_type.clone()).or_default().changed += 1;
            }
        }
        arrived
    }

    fn wall(&self) -> Timestamp {
        self.last_poll.map_or(Timestamp::UNIX_EPOCH, |at| at.wall)
    }

    fn change(&mut self, change: &Change) -> Option<Arrived> {
        let is_in_order = self.is_tape || change.arrival == Arrival::Collector;
        let Some(payload) = &change.payload else {
            let known = self.known.entry(change.event_type.clone()).or_default();
            known.received = change.received.or(known.received);
            if change.arrived > 0 && !is_in_order {
                let (before, _) = known.counted.unwrap_or((0, change.at));
                known.counted = Some((before + change.arrived, change.at));
            }
            return None;
        };
        // A tape that was polled begins with what was there before.
        let is_opening = change.kind == ChangeKind::New && change.arrived == 0 && change.arrival == Arrival::Poll;
        if self.is_tape {
            if is_opening {
                self.before += 1;
                return None;
            }
            return Some(self.arrived(change.event_type.clone(), payload, change.at.wall, true));
        }
        let known = self.known.entry(change.event_type.clone()).or_default();
        known.received = change.received.or(known.received);
        let is_known = known.hashes.contains(&payload.hash());
        let is_back = change.kind == ChangeKind::Returned && change.arrived == 0;
        if is_known && (is_telling(payload) || is_back) && change.arrival != Arrival::Collector {
            return None;
        }
        known.hashes.insert(payload.hash());
        known.counted = None;
        if change.kind.is_newest() {
            known.newest = Some(Arc::clone(payload));
        }
        if change.arrival != Arrival::Collector && known.last_batch != self.batch {
            known.changed += 1;
            known.last_batch = self.batch;
        }
        Some(self.arrived(change.event_type.clone(), payload, change.at.wall, is_in_order))
    }

    /// What was counted and is shown by no poll since: an event that is equal to the one before it, or one that is lost.
    fn confirm(&mut self, polled: &Polled) -> Vec<Arrived> {
        let started = polled.at.elapsed.saturating_sub(polled.took);
        let mut equal = Vec::new();
        for (event_type, known) in &mut self.known {
            let Some((count, at)) = known.counted else { continue };
            if at.elapsed > started && at != polled.at {
                continue;
            }
            known.counted = None;
            match &known.newest {
                Some(newest) if !is_telling(newest) => {
                    known.unseen += count - 1;
                    equal.push((event_type.clone(), Arc::clone(newest)));
                }
                _ => known.unseen += count,
            }
        }
        equal
            .into_iter()
            .map(|(event_type, payload)| self.arrived(event_type, &payload, polled.at.wall, false))
            .collect()
    }

    fn arrived(&mut self, event_type: TypeName, payload: &Arc<Payload>, at: Timestamp, is_in_order: bool) -> Arrived {
        self.number += 1;
        *self.came.entry(event_type.clone()).or_default() += 1;
        let (number, batch) = (self.number, self.batch);
        Arrived { event_type, payload: Arc::clone(payload), at, number, batch, is_in_order }
    }
}

/// Whether two events that are equal would still look different.
fn is_telling(payload: &Payload) -> bool {
    let head = payload.head();
    head.uuid.as_deref().is_some_and(|uuid| !uuid.is_empty()) || head.received.is_some()
}
