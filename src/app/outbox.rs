//! The outbox: the calls as the server answered them, and the probes as polls find them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::Effect;
use super::pane::stream::{About, Entry, EntryKind, Stream};
use crate::blueshift::{Batch, CallLimits, Outgoing};
use crate::event::{Document, EventId, Identifiers, Redaction, Sanitized, TypeName, sanitized, text};
use crate::session::probe::{Clue, PATIENCE, Probe, ProbeId, ProbeState, Probes, Recognized, StageState};
use crate::session::{
    CallOutcome, Change, Delivery, Errors, History, Moment, Problem, ProblemKind, Proof, Recalled, Retry,
};

#[cfg(test)]
mod tests;

/// Of a larger batch only the newest events are waited for: the debug endpoint keeps one event a type, and the
/// history 50, so more could not be found anyway.
const MOST_PROBES: usize = 100;

/// So many batches are kept whose calls have ended, for their proofs.
const KEPT: usize = 50;

/// More probes than this that end at once are summed up in one line of the stream.
const ENTRIES_AT_ONCE: usize = 6;

/// The batches of this session.
#[derive(Debug)]
pub struct Outbox {
    /// How many were handed over; the last one's number.
    count: u64,
    /// The newest, and those before it that are still under way or can be looked at again; the newest last.
    sent: Vec<Sent>,
    probes: Probes,
    marks: HashMap<TypeName, ProbeMark>,
    /// The probes that are not waited for any more, and of which no proof was taken yet.
    ended: Vec<ProbeId>,
}

/// A batch that was handed over.
#[derive(Clone, Debug)]
pub struct Sent {
    number: u64,
    /// The type of its events, when they have one and the same.
    event_type: Option<TypeName>,
    bulk: bool,
    /// Its calls, in the order in which they are made.
    pub calls: Vec<SentCall>,
    /// The probes of its newest events, in the order of the events.
    pub probes: Vec<ProbeId>,
    /// Why the call that is under way is made again, and when.
    pub retry: Option<Retry>,
}

/// One call of a batch.
#[derive(Clone, Debug)]
pub struct SentCall {
    /// The events that it holds.
    pub events: Arc<[EventId]>,
    /// The outcome; `None` while that is open.
    pub delivery: Option<Delivery>,
}

/// How the newest probe of a type stands, for the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProbeMark {
    /// It is waited for.
    Waiting,
    /// It came.
    Seen,
    /// Something came that looks like it.
    Guessed,
    /// It did not come in time.
    Missed,
}

impl Sent {
    /// How many events it holds.
    pub fn events(&self) -> usize {
        self.calls.iter().map(|call| call.events.len()).sum()
    }

    /// The calls that the server took, and how many events they hold.
    pub fn taken(&self) -> (usize, usize) {
        let taken = self.calls.iter().filter(|call| call.is_taken());
        taken.fold((0, 0), |(calls, events), call| (calls + 1, events + call.events.len()))
    }

    fn is_under_way(&self) -> bool {
        self.calls.iter().any(|call| call.delivery.is_none())
    }

    /// The probes of the events that one call holds: calls hold the events in order.
    fn probes_of(&self, call: usize) -> &[ProbeId] {
        let unwatched = self.events().saturating_sub(self.probes.len());
        let before: usize = self.calls.iter().take(call).map(|call| call.events.len()).sum();
        let events = self.calls.get(call).map_or(0, |call| call.events.len());
        let from = before.saturating_sub(unwatched).min(self.probes.len());
        let to = (before + events).saturating_sub(unwatched).min(self.probes.len());
        self.probes.get(from..to).unwrap_or_default()
    }

    /// The calls that were not made because one before them could not be delivered, and how many events they hold.
    pub fn untried(&self) -> (usize, usize) {
        let untried = self.calls.iter().filter(|call| call.delivery.as_ref().is_some_and(is_untried));
        untried.fold((0, 0), |(calls, events), call| (calls + 1, events + call.events.len()))
    }

    /// The line of the stream when all its calls have ended; nothing when none was taken, for each has said so itself.
    fn summary(&self, probes: &Probes) -> Option<Sanitized> {
        let (taken, taken_events) = self.taken();
        if taken == 0 {
            return None;
        }
        let probe = self.probes.first().and_then(|id| probes.get(*id)).filter(|_| !self.bulk);
        let mut parts = vec![match probe {
            Some(probe) => sanitized!("sent as probe {}", short(&probe.uuid)),
            None => sanitized!(
                "sent {} in {}",
                part(taken_events, self.events(), "event"),
                part(taken, self.calls.len(), "call")
            ),
        }];
        if let [SentCall { delivery: Some(delivery), .. }] = self.calls.as_slice()
            && let CallOutcome::Taken { status, .. } = delivery.verdict
        {
            parts.push(sanitized!("{} in {}", status, text::span(delivery.took)));
            if delivery.attempts > 1 {
                parts.push(sanitized!("{} attempts", delivery.attempts));
            }
        }
        Some(Sanitized::join(parts, " · "))
    }

    /// A line of the stream about it. With one event, it is about those in that too.
    fn entry(&self, at: Moment, kind: EntryKind, text: Sanitized, probes: &Probes) -> Entry {
        let entry = Entry { event_type: self.event_type.clone(), ..Entry::new(at, kind, text) };
        let entry = entry.about(About::Batch(self.number));
        match self.probes.as_slice() {
            [only] => match probes.get(*only) {
                Some(probe) => entry.of_those_in(probe.sent.payload()),
                None => entry,
            },
            _ => entry,
        }
    }
}

impl SentCall {
    /// Whether the server took it.
    pub fn is_taken(&self) -> bool {
        self.delivery.as_ref().is_some_and(|delivery| matches!(delivery.verdict, CallOutcome::Taken { .. }))
    }
}

impl Outbox {
    /// One from which nothing went out yet, where customers are identified by these fields.
    pub(super) fn new(identifiers: Identifiers) -> Self {
        let probes = Probes::new(PATIENCE).identified_by(identifiers);
        Self { count: 0, sent: Vec::new(), probes, marks: HashMap::new(), ended: Vec::new() }
    }

    /// One from which nothing went out yet, whose numbers go on.
    pub(super) fn after(other: &Self, identifiers: Identifiers) -> Self {
        Self { count: other.count, ..Self::new(identifiers) }
    }

    /// The batch that was handed over last.
    fn newest(&self) -> Option<&Sent> {
        self.sent.last()
    }

    /// The batch of that number, while it is known.
    pub fn batch(&self, number: u64) -> Option<&Sent> {
        self.sent.iter().find(|sent| sent.number == number)
    }

    /// The probes of the session.
    pub fn probes(&self) -> &Probes {
        &self.probes
    }

    /// The fields that the server named when it refused the newest batch, each with what it said of them.
    pub fn refused_fields(&self) -> &[(Sanitized, Sanitized)] {
        let calls = self.newest().map_or(&[][..], |sent| &sent.calls);
        let refused = calls.iter().find_map(|call| match &call.delivery.as_ref()?.verdict {
            CallOutcome::Refused { fields, .. } => Some(fields.as_slice()),
            CallOutcome::Taken { .. } | CallOutcome::Failed(_) => None,
        });
        refused.unwrap_or_default()
    }

    /// How the newest probe of a type stands. One that has ended is told until another event of the type comes.
    pub fn mark(&self, event_type: &TypeName) -> Option<ProbeMark> {
        self.marks.get(event_type).copied()
    }

    /// How many batches were handed over; the last one's number.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Looks for probes in what a poll or a count brought; the ones that came.
    pub(super) fn observe(&mut self, changes: &[Change], at: Moment) -> Vec<ProbeId> {
        if !self.marks.is_empty() {
            for change in changes.iter().filter(|change| change.arrived > 0) {
                if self.mark(&change.event_type).is_some_and(|mark| mark != ProbeMark::Waiting) {
                    self.marks.remove(&change.event_type);
                }
            }
        }
        // What is refused proves nothing.
        let taken: Vec<_>;
        let changes = if changes.iter().any(Change::is_refused) {
            taken = changes.iter().filter(|change| !change.is_refused()).cloned().collect();
            &taken
        } else {
            changes
        };
        let found = self.probes.observe(changes, at);
        self.mark_all(&found);
        found
    }

    /// The proofs of the probes that have ended since this was asked last.
    pub(super) fn take_proofs(&mut self, now: Moment) -> Vec<Proof> {
        let ended = std::mem::take(&mut self.ended);
        let proofs = ended.into_iter().filter_map(|id| Some(Proof::of(self.probes.get(id)?, now)));
        // Of one that was seen before its call was answered there is more to tell then.
        let is_whole = |proof: &Proof| proof.stages.first().is_none_or(|stage| stage.state != StageState::Waiting);
        proofs.filter(is_whole).collect()
    }

    /// Marks the types of these probes by how the newest probe of each stands.
    fn mark_all(&mut self, probes: &[ProbeId]) {
        let has_ended =
            |id: &ProbeId| self.probes.get(*id).is_some_and(|probe| !matches!(probe.state, ProbeState::Waiting));
        self.ended.extend(probes.iter().copied().filter(has_ended));
        for id in probes {
            let Some(event_type) = self.probes.get(*id).map(|probe| probe.event_type.clone()) else { continue };
            let mark = self.probes.newest_of(&event_type).and_then(|probe| match &probe.state {
                ProbeState::Waiting => Some(ProbeMark::Waiting),
                ProbeState::NotSent => None,
                ProbeState::Seen(seen) if seen.by == Recognized::ByContent => Some(ProbeMark::Guessed),
                ProbeState::Seen(_) => Some(ProbeMark::Seen),
                ProbeState::Missed(_) => Some(ProbeMark::Missed),
            });
            match mark {
                Some(mark) => self.marks.insert(event_type, mark),
                None => self.marks.remove(&event_type),
            };
        }
    }

    /// Begins to wait for the newest of `events`, which are handed to the network now.
    fn begin(&mut self, events: Vec<Outgoing>, history: &History, now: Moment) -> Vec<ProbeId> {
        let unwatched = events.len().saturating_sub(MOST_PROBES);
        let mut begun = Vec::new();
        for Outgoing { event_type, uuid, payload } in events.into_iter().skip(unwatched) {
            // A sent event was read before, so this cannot fail; without a document there is nothing to compare.
            if let Ok(document) = Document::new(payload) {
                let newest = history.newest(&event_type).map(|newest| Arc::clone(&newest.payload));
                let id = self.probes.sent(event_type, uuid, Arc::new(document), now);
                if let Some(newest) = newest {
                    self.probes.sent_beside(id, &newest);
                }
                begun.push(id);
            }
        }
        self.mark_all(&begun);
        begun
    }

    /// How long after `now` a probe is given up, or one of the countdowns of the batch changes whose proof is `shown`.
    pub(super) fn next_wake(&self, now: Moment, shown: Option<u64>) -> Option<Duration> {
        let expiry = self.probes.next_expiry(now);
        let shown = shown.and_then(|batch| self.batch(batch));
        let waiting = shown.and_then(|sent| {
            let mut probes = sent.probes.iter().filter_map(|id| self.probes.get(*id));
            let waiting = probes.find(|probe| matches!(probe.state, ProbeState::Waiting))?;
            (waiting.sent_at.elapsed <= now.elapsed).then(|| text::until_next_age(now.since(waiting.sent_at)))
        });
        let retry = shown.and_then(|sent| text::until_next_second(sent.retry.as_ref()?.next.since(now)));
        [expiry, waiting, retry].into_iter().flatten().min()
    }

    /// A sentence on the events that would not be sent if the program ended `now`, and one on those that may have arrived
    /// although no answer has told so; neither when every call has ended. The calls are made one after the other.
    pub fn unsent(&self, now: Moment) -> Vec<Sanitized> {
        let (mut unsent, mut perhaps, mut why) = (0, 0, Sanitized::default());
        for (place, sent) in self.sent.iter().filter(|sent| sent.is_under_way()).enumerate() {
            let mut open = sent.calls.iter().filter(|call| call.delivery.is_none()).map(|call| call.events.len());
            if place == 0 {
                let waiting = sent.retry.as_ref().filter(|retry| retry.next.elapsed > now.elapsed);
                let next = open.next().unwrap_or_default();
                match waiting {
                    Some(Retry { perhaps: false, .. }) => unsent += next,
                    _ => perhaps += next,
                }
                if let Some(Retry { problem, attempts, next, .. }) = waiting {
                    let wait = text::span(next.since(now));
                    why = sanitized!(" ({}; attempt {} was due in {})", problem.what, *attempts + 1, wait);
                }
            }
            unsent += open.sum::<usize>();
        }
        let mut sentences = Vec::new();
        if unsent > 0 {
            sentences.push(sanitized!("{} not sent{}; the draft is kept", counted(unsent, "event"), why));
        }
        if perhaps > 0 {
            let events = counted(perhaps, "event");
            sentences.push(sanitized!("{} may have arrived{}: look before you send again", events, why));
        }
        sentences
    }

    /// Hands a batch over, and begins to wait for its events beside those that are held. Where what comes is masked, it is
    /// the twins that are waited for: what goes out is what was typed.
    pub fn send(
        &mut self,
        mut batch: Batch,
        limits: CallLimits,
        (history, redaction): (&History, Option<&Redaction>),
        now: Moment,
    ) -> Vec<Effect> {
        let calls = batch.calls(limits);
        if let Some(redaction) = redaction {
            for event in &mut batch.events {
                event.event_type = redaction.type_name(&event.event_type);
                event.payload = redaction.payload(&event.payload);
            }
        }
        self.count += 1;
        let first = batch.events.first().map(|event| event.event_type.clone());
        let sent = Sent {
            number: self.count,
            event_type: first.filter(|first| batch.events.iter().all(|event| event.event_type == *first)),
            bulk: batch.bulk,
            calls: calls.iter().map(|call| SentCall { events: Arc::clone(&call.events), delivery: None }).collect(),
            probes: self.begin(batch.events, history, now),
            retry: None,
        };
        let mut surplus = self.sent.iter().filter(|sent| !sent.is_under_way()).count().saturating_sub(KEPT - 1);
        self.sent.retain(|sent| {
            let goes = surplus > 0 && !sent.is_under_way();
            surplus -= usize::from(goes);
            !goes
        });
        self.sent.push(sent);
        vec![Effect::Send { batch: self.count, calls }, Effect::PollNow]
    }

    /// Takes in what became of a call.
    pub(super) fn delivered(&mut self, delivery: Delivery, stream: &mut Stream) -> Vec<Effect> {
        let Some(sent) = self.sent.iter_mut().find(|sent| sent.number == delivery.batch) else {
            return Vec::new();
        };
        let (at, index) = (delivery.at, delivery.call);
        let probes = sent.probes_of(index).to_vec();
        let Some(call) = sent.calls.get_mut(index) else { return Vec::new() };
        sent.retry = None;
        let delivery = call.delivery.insert(delivery);
        let answer = Arc::new(delivery.clone());
        let went_out = match delivery.verdict {
            CallOutcome::Taken { .. } => Some(at.before(delivery.took)),
            CallOutcome::Refused { .. } | CallOutcome::Failed(_) => None,
        };
        let trouble = trouble(delivery);
        let which = sanitized!("call {} of {}: ", index + 1, sent.calls.len());
        let which = if sent.calls.len() > 1 { which } else { "".into() };
        let (sent, probes_known) = (&*sent, &self.probes);
        let entry = |kind, text| sent.entry(at, kind, text, probes_known);
        if let Some(text) = trouble {
            stream.push(entry(EntryKind::Trouble, sanitized!("{}{}", which, text)));
        }
        let ended = !sent.is_under_way();
        if ended {
            let (calls, events) = sent.untried();
            if calls > 0 {
                let text = sanitized!("{} after it not tried: {}", counted(calls, "call"), counted(events, "event"));
                stream.push(entry(EntryKind::Trouble, text));
            }
            if let Some(text) = sent.summary(&self.probes) {
                stream.push(entry(EntryKind::Sent, text));
            }
        }
        for id in &probes {
            self.probes.delivered(*id, &answer);
            match went_out {
                Some(went_out) => self.probes.went_out(*id, went_out),
                None => self.probes.not_sent(*id),
            }
        }
        self.mark_all(&probes);
        // The poll that went out beside the call may have been answered before the platform had the event.
        if ended && self.probes.is_waiting() { vec![Effect::PollNow] } else { Vec::new() }
    }

    /// Takes in that a call is made again. It, and those after it, go out later than was thought.
    pub(super) fn retrying(&mut self, retry: Retry) {
        let Some(sent) = self.sent.iter_mut().find(|sent| sent.number == retry.batch) else { return };
        let open = sent.calls.iter().enumerate().filter(|(_, call)| call.delivery.is_none());
        for id in open.flat_map(|(index, _)| sent.probes_of(index)) {
            self.probes.went_out(*id, retry.next);
        }
        sent.retry = Some(retry);
    }

    /// Takes in the server's counts of errors.
    pub(super) fn count_errors(&mut self, errors: &Errors) {
        self.probes.count_errors(errors);
    }

    /// Takes in the events of a type that the history gave back.
    pub(super) fn recalled(&mut self, recalled: &Recalled, stream: &mut Stream) -> Vec<Effect> {
        let found = self.probes.recall(recalled);
        self.mark_all(&found);
        self.found_at(&found, recalled.at, stream)
    }

    /// Writes down the probes that came, and asks the history for those that another event may have stepped over.
    pub(super) fn found_at(&mut self, found: &[ProbeId], at: Moment, stream: &mut Stream) -> Vec<Effect> {
        let told = found.iter().filter_map(|id| {
            let probe = self.probes.get(*id)?;
            let ProbeState::Seen(seen) = &probe.state else { return None };
            let kind = match seen.by {
                Recognized::ByMarker => EntryKind::Seen,
                Recognized::ByContent => EntryKind::Guessed,
            };
            let text = seen.summary();
            Some(self.entry(*id, probe, at, kind, text))
        });
        let told = told.collect();
        write_down(stream, told, "seen", at);
        self.probes.overtaken().into_iter().map(Effect::Recall).collect()
    }

    /// A line of the stream about a probe.
    fn entry(&self, id: ProbeId, probe: &Probe, at: Moment, kind: EntryKind, text: Sanitized) -> Entry {
        let batch = self.sent.iter().find(|sent| sent.probes.contains(&id));
        let about = batch.map_or(About::Nothing, |sent| About::Batch(sent.number));
        Entry::new(at, kind, text).of_type(&probe.event_type).about(about).of_those_in(probe.sent.payload())
    }

    /// Closes the calls that nobody will make any more: those of one batch, or of all.
    pub(super) fn abandon(
        &mut self,
        batch: Option<u64>,
        why: &Sanitized,
        now: Moment,
        stream: &mut Stream,
    ) -> Vec<Effect> {
        let problem = Problem {
            kind: ProblemKind::Unreachable,
            what: why.clone(),
            advice: "the draft is kept: start clickscope again and send it".into(),
        };
        let open = self.sent.iter().filter(|sent| batch.is_none_or(|number| number == sent.number));
        let open = open.flat_map(|sent| {
            let calls = sent.calls.iter().enumerate().filter(|(_, call)| call.delivery.is_none());
            calls.map(|(index, call)| Delivery {
                batch: sent.number,
                call: index,
                calls: sent.calls.len(),
                events: Arc::clone(&call.events),
                at: now,
                took: Duration::ZERO,
                attempts: 0,
                status: None,
                verdict: CallOutcome::Failed(problem.clone()),
            })
        });
        let open: Vec<_> = open.collect();
        open.into_iter().flat_map(|delivery| self.delivered(delivery, stream)).collect()
    }

    /// Gives up the probes whose time is over.
    pub(super) fn expire(&mut self, now: Moment, stream: &mut Stream) {
        let given_up = self.probes.expire(now);
        self.mark_all(&given_up);
        let told = given_up.iter().filter_map(|id| {
            let probe = self.probes.get(*id)?;
            let ProbeState::Missed(clues) = &probe.state else { return None };
            let missed = sanitized!("not seen in {}", text::span(PATIENCE));
            let text = Sanitized::join(std::iter::once(missed).chain(clues.iter().map(Clue::sentence)), " · ");
            Some(self.entry(*id, probe, now, EntryKind::NotSeen, text))
        });
        let told = told.collect();
        write_down(stream, told, "not seen", now);
    }
}

fn write_down(stream: &mut Stream, told: Vec<Entry>, word: &'static str, at: Moment) {
    let rest = told.len().saturating_sub(ENTRIES_AT_ONCE);
    if rest > 0 {
        let text = sanitized!("and {} {}", counted(rest, "more probe"), word);
        stream.push(Entry::new(at, EntryKind::Note, text));
    }
    told.into_iter().take(ENTRIES_AT_ONCE).rev().for_each(|entry| stream.push(entry));
}

/// Whether the call was not made, because one before it could not be delivered.
pub(super) fn is_untried(delivery: &Delivery) -> bool {
    delivery.attempts == 0
}

/// The trouble of a call that was made and not taken.
fn trouble(delivery: &Delivery) -> Option<Sanitized> {
    match &delivery.verdict {
        _ if is_untried(delivery) => None,
        CallOutcome::Taken { .. } => None,
        CallOutcome::Refused { status, message, .. } if message.is_empty() => {
            Some(sanitized!("refused with {}", status))
        }
        CallOutcome::Refused { status, message, .. } => Some(sanitized!("refused with {}: {}", status, message)),
        CallOutcome::Failed(problem) => Some(sanitized!("not sent: {} — {}", problem.what, problem.advice)),
    }
}

/// As much of an `event_uuid` as tells the probes of a session apart.
pub fn short(uuid: &str) -> Sanitized {
    let start: String = uuid.chars().take(4).collect();
    text::sanitize(&start)
}

/// `1 event`, `30 events`.
pub(super) fn counted(count: usize, word: &'static str) -> Sanitized {
    text::counted(count as u64, word)
}

/// `90 events`, or `60 of 90 events` when it is not all of them.
fn part(some: usize, all: usize, word: &'static str) -> Sanitized {
    let all_of_them = counted(all, word);
    if some == all { all_of_them } else { sanitized!("{} of {}", text::grouped(some as u64), all_of_them) }
}
