//! Takes records into the model: events, counts, troubles, and the findings of events.

use std::sync::Arc;

use super::entries::{self, Budget};
use super::findings::{self, Baseline, Linted};
use super::keymap::Action;
use super::pane::stream::{About, Entry, EntryKind};
use super::{Effect, Model};
use crate::event::{Sanitized, sanitized, text};
use crate::session;
use crate::session::probe::Recognized;
use crate::session::{
    CallOutcome, Captured, Change, ChangeKind, Delivery, Errors, Gap, MOST_TYPES, Moment, Polled, ProofOutcome, Record,
    Trouble,
};

/// More entries than this from one poll are summed up in one line.
const ENTRIES_A_POLL: usize = 12;

/// What changed is told of so many bytes of the newest events at another place of a tape.
const RESTORED: usize = 2 << 20;

/// Takes in what happened.
pub(super) fn hear(model: &mut Model, mut records: Vec<Record>, now: Moment) -> Vec<Effect> {
    let was_live = model.connection.last_good.is_some();
    let errors_before = model.session.errors.clone();
    let clock_before = model.session.clock.complaint();
    let was_missing_some = model.misses_some().is_some();
    remember(model, &mut records, now);
    let unmasked = model.redaction().is_none().then(|| Arc::clone(&model.redaction));
    let recorded = model.recordings.write(&records, unmasked.as_deref());
    let complaint = model.session.clock.complaint();
    if let Some(complaint) = complaint.filter(|_| clock_before.is_none()) {
        note(model, now, EntryKind::Trouble, complaint);
    }
    let (mut effects, mut changes) = (Vec::from_iter(recorded), Vec::new());
    let (mut gaps, mut answered) = (Vec::new(), None);
    for record in records {
        if let Record::Polled(Polled { at, .. }) | Record::Counted { at } = &record {
            answered = Some(*at);
        }
        match record {
            Record::Change(change) => changes.push(change),
            Record::Gap(gap) => gaps.push((changes.len(), gap)),
            other => effects.extend(hear_other(model, other, errors_before.as_ref())),
        }
    }
    if let Some(event_type) = model.misses_some().filter(|_| !was_missing_some && model.tape.is_none()) {
        let name = event_type.shown();
        let key = model.key_behind(Action::Faster);
        let text = sanitized!("{} changes at nearly every poll: a shorter interval{} sees more of it", name, key);
        note(model, now, EntryKind::Note, text);
    }
    // What was lost before an event that comes with it is told with that.
    let comes = |(place, gap): &(usize, Gap)| {
        let brings = |change: &Change| change.event_type == gap.event_type && change.payload.is_some();
        !gap.late && changes.iter().skip(*place).any(brings)
    };
    let (gaps, alone): (Vec<_>, Vec<_>) = gaps.into_iter().partition(comes);
    for (_, gap) in alone {
        tell(model, Entry::lost(gap));
    }
    let Some(at) = answered.or_else(|| changes.first().map(|change| change.at)) else { return effects };
    // Probes are looked for also while the screen is held still.
    let found = model.outbox.observe(&changes, at);
    if !was_live && model.connection.last_good.is_some() && model.tape.is_none() {
        begin(model, &changes, now);
    } else {
        take_in(model, changes, gaps, now);
    }
    effects.extend(model.outbox.found_at(&found, at, &mut model.stream));
    effects
}

/// Shows what a session knows at another place of its tape: nothing of it is news.
pub(super) fn restore(model: &mut Model, mut records: Vec<Record>, now: Moment) {
    remember(model, &mut records, now);
    let sizes = records.iter().rev().filter_map(|record| Some(record.change()?.payload.as_ref()?.text().len()));
    // What changed is told of the newest events only: it takes longest.
    let compared = sizes.scan(0, |bytes, size| {
        *bytes += 2 * size;
        Some(*bytes)
    });
    let compared = compared.take_while(|bytes| *bytes <= RESTORED).count();
    let events = records.iter().filter(|record| record.change().is_some_and(|change| change.payload.is_some())).count();
    let (mut changes, mut told) = (Vec::new(), 0);
    for record in records {
        let change = match record {
            Record::Change(change) => change,
            other => {
                hear_other(model, other, None);
                continue;
            }
        };
        told += usize::from(change.payload.is_some());
        let mut budget = Budget::of_restored(told + compared > events);
        let entry = entries::of_change(&change, &model.session.history, &model.volatile, &mut budget);
        if let Some(entry) = entry {
            model.stream.push(entry);
        }
        changes.push(change);
    }
    model.unlinted.extend(changes.iter().filter_map(Change::event));
    model.baseline = Some(Baseline::of(&model.unlinted));
    model.types.apply(&changes, &model.session.history, now);
    model.types.mark_seen();
    model.types.select_something();
}

/// Takes in what happened besides changes. `errors_before` are the server's counts of errors that were known.
fn hear_other(model: &mut Model, record: Record, errors_before: Option<&Errors>) -> Vec<Effect> {
    let replays = model.tape.is_some();
    match record {
        Record::Connecting { .. } => model.connection.connecting(),
        Record::Polled(polled) => hear_poll(model, &polled),
        Record::Note { at, note: odd } => note(model, at, EntryKind::Note, odd.0),
        Record::Counted { at } => {
            model.connection.counts_trouble = None;
            model.connection.counted = Some(at);
        }
        Record::Trouble(trouble) => hear_trouble(model, trouble),
        Record::CountsTrouble(trouble) => {
            let text = sanitized!("no counts: {} — {}", trouble.problem.what, trouble.problem.advice);
            note(model, trouble.at, EntryKind::Trouble, text);
            model.connection.counts_trouble = Some(trouble);
        }
        Record::HistoryTrouble(trouble) => {
            let text = sanitized!("no history: {} — {}", trouble.problem.what, trouble.problem.advice);
            note(model, trouble.at, EntryKind::Trouble, text);
            model.connection.history_trouble = Some(trouble);
        }
        Record::Gap(gap) => tell(model, Entry::lost(gap)),
        Record::Delivered(delivery) if replays => tell_sent(model, &delivery),
        Record::Delivered(delivery) => return model.outbox.delivered(delivery, &mut model.stream),
        Record::Retrying(retry) => model.outbox.retrying(retry),
        Record::Recalled(recalled) => return model.outbox.recalled(&recalled, &mut model.stream),
        Record::Errors(errors) => {
            model.outbox.count_errors(&errors);
            hear_errors(model, &errors, errors_before);
        }
        Record::Proof(proof) if replays || proof.request.is_some() => {
            let kind = match (proof.proof, proof.by) {
                (ProofOutcome::Seen, Some(Recognized::ByContent)) => EntryKind::Guessed,
                (ProofOutcome::Seen, _) => EntryKind::Seen,
                (ProofOutcome::Waiting, _) => EntryKind::Sent,
                (ProofOutcome::NotSent | ProofOutcome::Missed, _) => EntryKind::NotSeen,
            };
            let entry = Entry::new(proof.at, kind, proof.told()).of_type(&proof.event_type);
            let request = proof.request.and_then(|number| model.session.requests.numbered(number));
            model
                .stream
                .push(request.map(|request| About::Request(request.place)).into_iter().fold(entry, Entry::about));
        }
        Record::Request(request) => tell_request(model, &request),
        // Changes are heard together.
        Record::Change(_) | Record::Proof(_) | Record::Waiting(_) => {}
    }
    Vec::new()
}

/// Tells of a request that our own collector refused. One that it took is told by its events.
fn tell_request(model: &mut Model, request: &session::Request) {
    if !request.is_refused() {
        return;
    }
    let text = sanitized!("{} · {}", request.line(), request.outcome());
    tell(model, Entry::new(request.at, EntryKind::Trouble, text).about(About::Request(request.place)));
}

/// Tells of a call that was made when the tape was recorded.
fn tell_sent(model: &mut Model, delivery: &Delivery) {
    let events = text::counted(delivery.events.len() as u64, "event");
    let (kind, told) = match &delivery.verdict {
        CallOutcome::Taken { status, .. } => {
            (EntryKind::Sent, sanitized!("sent {} · {} in {}", events, status, text::span(delivery.took)))
        }
        CallOutcome::Refused { status, message, .. } => {
            (EntryKind::Trouble, sanitized!("{} refused with {}: {}", events, status, message))
        }
        CallOutcome::Failed(problem) => (EntryKind::Trouble, sanitized!("{} not sent: {}", events, problem.what)),
    };
    let entry = Entry::new(delivery.at, kind, told);
    let event_type = delivery.events.first().map(|event| &event.event_type).filter(|_| delivery.events.len() == 1);
    model.stream.push(match event_type {
        Some(event_type) => entry.of_type(event_type),
        None => entry,
    });
}

/// Keeps what came in the session, and tells the first time that something had to go for it.
fn remember(model: &mut Model, records: &mut [Record], at: Moment) {
    let before = model.session.history.dropped();
    let let_go = model.session.take_in(records);
    model.forget(&let_go);
    let history = &model.session.history;
    let dropped = history.dropped();
    if before.events == 0 && dropped.events > 0 {
        let limit = text::size(history.limit() as u64);
        let text =
            sanitized!("the history has reached {}: from now on the oldest events of the largest types go", limit);
        note(model, at, EntryKind::Note, text);
    }
    if before.types == 0 && dropped.types > 0 {
        let most = text::grouped(MOST_TYPES as u64);
        let text =
            sanitized!("more than {} event types, or too large ones: from now on the quietest leave the table", most);
        note(model, at, EntryKind::Note, text);
    }
}

fn hear_poll(model: &mut Model, polled: &Polled) {
    if model.connection.last_good.is_none() && model.tape.is_none() {
        let types = polled.types;
        let known = if types == 1 { "1 event type is".into() } else { sanitized!("{} event types are", types) };
        note(model, polled.at, EntryKind::Note, sanitized!("connected: {} known", known));
    }
    if let Some(trouble) = &model.connection.trouble {
        let polls = if trouble.attempt == 1 { "poll" } else { "polls" };
        let text = sanitized!("live again after {} failed {}", trouble.attempt, polls);
        note(model, polled.at, EntryKind::Recovered, text);
    }
    model.unknown = None;
    model.types.polled(polled.at);
    model.connection.polled(polled);
}

/// Shows what was there at the start.
fn begin(model: &mut Model, changes: &[Change], now: Moment) {
    expect_findings(model, changes);
    let mut budget = Budget::default();
    let events: Vec<_> = changes.iter().filter_map(Change::event).collect();
    let mut known: Vec<_> = events.iter().map(|event| entries::before(event, &mut budget)).collect();
    known.sort_by_key(|entry| entry.at.wall);
    for entry in known {
        model.stream.push(entry);
    }
    model.baseline = Some(Baseline::of(&model.unlinted));
    model.types.apply(changes, &model.session.history, now);
    model.types.select_something();
}

/// Tells which of the server's counts of errors went up. What was counted before we came is in the header only.
fn hear_errors(model: &mut Model, errors: &Errors, before: Option<&Errors>) {
    let Some(before) = before else { return };
    for (sort, count) in &errors.counts {
        let more = count.saturating_sub(before.counts.get(sort).copied().unwrap_or_default());
        if more > 0 {
            let text = sanitized!("{} the server could not process: {}", text::counted(more, "more event"), sort);
            note(model, errors.at, EntryKind::Trouble, text);
        }
    }
}

fn hear_trouble(model: &mut Model, trouble: Trouble) {
    let known = model.connection.trouble.as_ref().is_some_and(|before| before.problem == trouble.problem);
    if !known {
        note(model, trouble.at, EntryKind::Trouble, trouble.problem.what.clone());
    }
    if trouble.unknown.is_some() || model.unknown.is_some() {
        model.unknown.clone_from(&trouble.unknown);
    }
    model.types.failed();
    model.connection.failed(trouble);
}

/// Tells something in the stream, or keeps it until the screen may move again.
fn tell(model: &mut Model, entry: Entry) {
    if model.pause.is_some() { model.stream.hold(entry) } else { model.stream.push(entry) }
}

/// Shows changes, or keeps them until the screen may move again. Of the `gaps` each stands before the event of its type that
/// comes at its place among the changes, or after.
fn take_in(model: &mut Model, changes: Vec<Change>, mut gaps: Vec<(usize, Gap)>, now: Moment) {
    let mut budget = Budget::default();
    for (index, change) in changes.iter().enumerate() {
        let Some(entry) = entries::of_change(change, &model.session.history, &model.volatile, &mut budget) else {
            continue;
        };
        let is_before = |(place, gap): &mut (usize, Gap)| {
            *place <= index && gap.event_type == change.event_type && change.payload.is_some()
        };
        for (_, gap) in gaps.extract_if(.., is_before) {
            tell(model, Entry::lost(Gap { at: entry.at, ..gap }));
        }
        tell(model, entry);
    }
    let Some(pause) = &mut model.pause else {
        show(model, &changes, now);
        return;
    };
    for change in changes {
        pause.arrived += change.arrived;
        match pause.changes.entry(change.event_type.clone()) {
            indexmap::map::Entry::Vacant(entry) => {
                entry.insert(change);
            }
            indexmap::map::Entry::Occupied(mut entry) => {
                let before = entry.get();
                let (kind, newer) = match (before.kind, change.kind) {
                    (first @ (ChangeKind::New | ChangeKind::Returned), ChangeKind::Updated) => (first, true),
                    (
                        kind @ (ChangeKind::New | ChangeKind::Returned | ChangeKind::Updated),
                        ChangeKind::Earlier | ChangeKind::Unchanged,
                    )
                    | (kind @ ChangeKind::Earlier, ChangeKind::Unchanged) => (kind, false),
                    (_, kind) => (kind, true),
                };
                let arrived = before.arrived.saturating_add(change.arrived);
                let change = if newer {
                    change
                } else {
                    Change { payload: before.payload.clone(), number: before.number, arrival: before.arrival, ..change }
                };
                entry.insert(Change { kind, arrived, ..change });
            }
        }
    }
    let history = &model.session.history;
    if pause.changes.len() > history.len() {
        pause.changes.retain(|event_type, _| history.knows(event_type));
    }
}

/// Shows changes in the table and in the inspector.
pub(super) fn show(model: &mut Model, changes: &[Change], now: Moment) {
    expect_findings(model, changes);
    model.types.apply(changes, &model.session.history, now);
    model.types.select_something();
    let is_newer = |change: &&Change| model.inspector.shows(&change.event_type) && change.kind.is_newest();
    let came = changes.iter().filter(is_newer).map(|change| change.arrived.max(1)).sum();
    if let Some(newest) = changes.iter().rfind(is_newer).and_then(Change::event) {
        model.inspector.newer(&newest, came);
    }
}

/// Has the events linted that `changes` bring.
fn expect_findings(model: &mut Model, changes: &[Change]) {
    for change in changes {
        let known = model.types.row(&change.event_type).and_then(|row| row.newest.as_ref());
        let is_known = |event: &Captured| known.is_some_and(|known| known.number == event.number);
        model.unlinted.extend(change.event().filter(|event| !is_known(event)));
    }
}

/// Learns what is wrong with events, and tells what is news of it. Of what was there at the start only a summary is told.
pub(super) fn learn(model: &mut Model, linted: &[Linted], now: Moment) {
    let mut told = Vec::new();
    // Late findings of events from before the session was begun anew say nothing of it.
    for linted in linted.iter().filter(|linted| linted.event.number >= model.numbers_from).collect::<Vec<_>>() {
        let let_go = model.checked.keep(linted, &mut model.session.history);
        model.forget(&let_go);
        model.faults.take_in(&linted.event, linted.found.findings());
        let news = model.types.learn(linted);
        if model.baseline.as_mut().is_some_and(|baseline| baseline.counts(linted)) {
            continue;
        }
        told.extend(findings::headline(&news).map(|(severity, text)| {
            let path = news.first().map(|finding| finding.path.clone()).unwrap_or_default();
            Entry::new(now, EntryKind::Finding(severity), text)
                .of_type(&linted.event.event_type)
                .about(About::Finding(linted.event.number, path))
                .of_those_in(&linted.event.payload)
        }));
    }
    model.types.learnt(now);
    if let Some((worst, text)) = model.baseline.as_ref().and_then(Baseline::summary) {
        note(model, now, worst.map_or(EntryKind::Note, EntryKind::Finding), text);
        model.baseline = None;
    }
    if told.len() > ENTRIES_A_POLL {
        note(model, now, EntryKind::Note, sanitized!("and findings in {} more types", told.len() - ENTRIES_A_POLL));
    }
    for entry in told.into_iter().take(ENTRIES_A_POLL).rev() {
        model.stream.push(entry);
    }
}

/// Tells something in the stream that is about no event type.
pub(super) fn note(model: &mut Model, at: Moment, kind: EntryKind, text: Sanitized) {
    model.stream.push(Entry::new(at, kind, text));
}
