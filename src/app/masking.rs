//! Masks over all that is seen: what the model hears while they are on are twins, so nothing that is made of it can show
//! who an event is about.

use std::sync::Arc;

use super::changes::Compared;
use super::composer::findings::DraftFindings;
use super::connection_status::ConnectionStatus;
use super::entries::{self, Budget};
use super::findings::headline;
use super::model::{Masked, Unjudged, bad_toast, toast};
use super::outbox::Outbox;
use super::pane::inspector::Inspector;
use super::pane::stream::{About, Entry, Stream};
use super::queries::Queries;
use super::tape::Tape;
use super::update::pause;
use super::{Effect, Message, Model, Outcome, Setup, TableSettings};
use crate::event::Redaction;
use crate::session::{Moment, Record, TapeNews};

#[cfg(test)]
mod tests;

/// Lets `message` happen to the model at `now`, and says what that asks of the world.
///
/// While masks are on, the model itself is told of twins only. Where they can be taken off again, the model that is held
/// beside is told of everything.
pub fn update(model: &mut Model, message: Message, now: Moment) -> Vec<Effect> {
    let redaction = model.redaction().cloned();
    let mut effects = match (redaction, message) {
        (None, message) => super::update::update(model, message, now),
        (Some(redaction), Message::Records(records)) => hear(model, &redaction, &records, now),
        (Some(redaction), Message::Tape(news)) => {
            if let TapeNews::Played { records, .. } | TapeNews::Restored { records, .. } = &news {
                hold(model, records);
            }
            let twin = redaction.news(&news);
            visible(model, Message::Tape(twin), now)
        }
        (Some(redaction), Message::Done(outcome)) => done(model, &redaction, outcome, now),
        (Some(redaction), Message::SourceEnded(why)) => {
            let mut effects = beneath(model, || Message::SourceEnded(why.clone()), now);
            let why = why.as_ref().map(|why| redaction.words(why));
            effects.extend(visible(model, Message::SourceEnded(why), now));
            effects
        }
        // What somebody does, and the time.
        (
            Some(_),
            message @ (Message::Key(_) | Message::Mouse(_) | Message::Paste(_) | Message::Resized(_) | Message::Woke),
        ) => visible(model, message, now),
    };
    if std::mem::take(&mut model.is_mask_asked) {
        effects.extend(turn(model, now));
    }
    effects
}

/// Lets something happen to the model that is seen. What it wants judged is judged as it came.
fn visible(model: &mut Model, message: Message, now: Moment) -> Vec<Effect> {
    let mut effects = super::update::update(model, message, now);
    match &mut model.masked {
        Masked::Nothing => {}
        // The one beside has asked for it.
        Masked::ForNow(..) if model.tape.is_none() => {
            effects.retain(|effect| !matches!(effect, Effect::Lint { .. }));
        }
        Masked::ForGood(unjudged) | Masked::ForNow(_, unjudged) => {
            for effect in &mut effects {
                let Effect::Lint { events, .. } = effect else { continue };
                for event in events {
                    event.payload = unjudged.take(&event.payload).unwrap_or_else(|| Arc::clone(&event.payload));
                }
            }
        }
    }
    effects
}

/// Lets something happen to the model that is held beside, if one is. Of what it asks, only what nobody sees is done.
fn beneath(model: &mut Model, message: impl FnOnce() -> Message, now: Moment) -> Vec<Effect> {
    let Masked::ForNow(plain, _) = &mut model.masked else { return Vec::new() };
    let mut effects = super::update::update(plain, message(), now);
    effects.retain(|effect| matches!(effect, Effect::Lint { .. } | Effect::Recall(_)));
    effects
}

/// Holds the events as they came, where it is from here that they are judged.
fn hold(model: &mut Model, records: &[Record]) {
    let is_judged_beside = matches!(model.masked, Masked::ForNow(..)) && model.tape.is_none();
    if let Masked::ForGood(unjudged) | Masked::ForNow(_, unjudged) = &mut model.masked
        && !is_judged_beside
    {
        let events = records.iter().filter_map(|record| record.change()?.payload.as_ref());
        events.for_each(|event| unjudged.hold(event));
    }
}

fn hear(model: &mut Model, redaction: &Redaction, records: &[Record], now: Moment) -> Vec<Effect> {
    hold(model, records);
    let mut effects = beneath(model, || Message::Records(records.to_vec()), now);
    let twins = records.iter().map(|record| redaction.record(record)).collect();
    effects.extend(visible(model, Message::Records(twins), now));
    effects
}

fn done(model: &mut Model, redaction: &Redaction, outcome: Outcome, now: Moment) -> Vec<Effect> {
    let twin = match outcome {
        Outcome::Linted(linted) => {
            let twins = linted.iter().map(|linted| linted.twin(redaction)).collect();
            beneath(model, || Message::Done(Outcome::Linted(linted)), now);
            Outcome::Linted(twins)
        }
        // Of the events themselves, from before the masks.
        Outcome::Compared(Compared { pair, after, .. })
            if model.session.history.get(pair.1).is_some_and(|event| event.payload != after) =>
        {
            return Vec::new();
        }
        Outcome::DraftLinted { number, answer } => {
            Outcome::DraftLinted { number, answer: answer.map(|answer| Box::new(of_draft(redaction, *answer))) }
        }
        Outcome::NotSent { batch, why } => {
            beneath(model, || Message::Done(Outcome::NotSent { batch, why: why.clone() }), now);
            Outcome::NotSent { batch, why: redaction.words(&why) }
        }
        // Each is about what the masked model has asked, or about what was typed.
        outcome @ (Outcome::Compared(_)
        | Outcome::Copied { .. }
        | Outcome::CopyFailed(_)
        | Outcome::Evaluated { .. }
        | Outcome::Scanned(_)
        | Outcome::DraftNotKept(_)
        | Outcome::DraftKeptAgain
        | Outcome::DraftElsewhere { .. }
        | Outcome::TemplateKept { .. }
        | Outcome::TemplateNotKept(_)
        | Outcome::Edited { .. }
        | Outcome::Reported { .. }
        | Outcome::Kept(_)
        | Outcome::RecordingBegun { .. }
        | Outcome::RecordingClosed { .. }
        | Outcome::RecordingNotBegun(_)
        | Outcome::RecordingEnded(_)
        | Outcome::EditFailed(_)) => outcome,
    };
    visible(model, Message::Done(twin), now)
}

/// What is said of a draft may repeat what other events had. What was typed stays as it was, and so does its repair.
fn of_draft(redaction: &Redaction, mut answer: DraftFindings) -> DraftFindings {
    for placed in &mut answer.list {
        placed.finding.expected = redaction.expected(&placed.finding.path, &placed.finding.expected);
    }
    answer
}

/// Puts the masks on, or takes them off.
fn turn(model: &mut Model, now: Moment) -> Vec<Effect> {
    let session_now = model.moment(now);
    let mut effects = vec![Effect::StopEvaluation, Effect::StopScan, Effect::Compare(Vec::new())];
    match std::mem::replace(&mut model.masked, Masked::Nothing) {
        Masked::ForGood(unjudged) => {
            model.masked = Masked::ForGood(unjudged);
            bad_toast(model, now, "masked from the start (--redact, or redact = true in the profile): it stays so");
            return Vec::new();
        }
        Masked::Nothing => {
            if model.pause.is_some() {
                pause(model, session_now);
            }
            let twin = twin(model, session_now);
            let mut plain = std::mem::replace(model, twin);
            // There is one player for both.
            model.tape = plain.tape.take();
            std::mem::swap(&mut model.recordings, &mut plain.recordings);
            std::mem::swap(&mut model.key_trail, &mut plain.key_trail);
            model.masked = Masked::ForNow(Box::new(plain), Unjudged::default());
            toast(model, now, "masked: M shows it again; drafts from before are hidden");
        }
        Masked::ForNow(plain, _) => {
            let masked = std::mem::replace(model, *plain);
            (model.tape, model.recordings) = (masked.tape, masked.recordings);
            effects.extend(model.tape.as_mut().map(Tape::tell_again).unwrap_or_default());
            (model.preferences, model.commands_run) = (masked.preferences, masked.commands_run);
            model.key_trail = masked.key_trail;
            (model.size, model.interval, model.told_interval) = (masked.size, masked.interval, masked.told_interval);
            model.composer.take_in(masked.composer);
            model.queries.ask_again(&masked.queries);
            model.inspector.ask_again();
            toast(model, now, "masked no more");
        }
    }
    model.settle(session_now);
    effects.extend(super::update::update(model, Message::Woke, now));
    effects
}

/// The model as it would be, had it heard of twins only. What was typed into it is not in it.
fn twin(model: &Model, now: Moment) -> Model {
    let redaction = &model.redaction;
    let mut session = model.session.twin(redaction);
    let checked = model.checked.twin(redaction, &mut session.history);
    let mut twin = Model::new(Setup {
        target: redaction.words(&model.target),
        interval: model.interval,
        time_zone: model.time_zone.clone(),
        size: model.size,
        now,
        sending: model.sending.clone(),
        history_limit: model.session.history.limit(),
        table: TableSettings::default(),
        volatile: (*model.volatile).clone(),
        notices: Vec::new(),
        recording: None,
        redaction: Arc::clone(redaction),
        is_masked: true,
        collector: model.collector.clone(),
        reads: model.input.is_some(),
        preferences: model.preferences.clone(),
    });
    twin.told_interval = model.told_interval;
    twin.commands_run.clone_from(&model.commands_run);
    (twin.started, twin.happened, twin.numbers_from) = (model.started, model.happened, model.numbers_from);
    twin.types = model.types.twin(redaction);
    twin.types.begin(now);
    twin.types.select_something();
    twin.faults = model.faults.twin(redaction, &session.history);
    twin.inspector = Inspector::twin(&model.inspector, redaction);
    twin.connection = ConnectionStatus::twin(&model.connection, redaction);
    twin.unknown = model.unknown.as_ref().map(|unknown| Arc::new(redaction.unknown(unknown)));
    twin.outbox = Outbox::after(&model.outbox, model.sending.identifiers.clone());
    twin.composer = model.composer.without_drafts();
    twin.queries = Queries::after(&model.queries);
    (twin.focus, twin.zoomed) = (model.focus, model.zoomed);
    (twin.session, twin.checked) = (session, checked);
    twin.stream = stream(&model.stream, &twin);
    let shown = model.inspector.shown().and_then(|shown| twin.session.history.get(shown.event.number));
    if let Some(shown) = shown.cloned() {
        let newer = model.inspector.shown().map_or(0, |shown| shown.newer);
        twin.inspector.show_event(shown, newer);
    }
    twin
}

/// The lines of the stream as they would be. What changed with an event is not told again.
fn stream(stream: &Stream, twin: &Model) -> Stream {
    let budget = std::cell::RefCell::new(Budget::default());
    stream.map(|entry| {
        let redaction = &twin.redaction;
        let event = entry.about.event().and_then(|number| twin.session.history.get(number));
        let (text, keys) = match (&entry.about, event) {
            (About::Event(_), Some(event)) => entries::later(event, &mut budget.borrow_mut()),
            (About::Finding(number, path), Some(_)) => {
                let path = redaction.path(path);
                let found = twin.checked.get(*number);
                let here = found.iter().flat_map(|found| found.findings()).filter(|finding| finding.path == path);
                let told = headline(&here.collect::<Vec<_>>()).map(|(_, text)| text);
                (told.unwrap_or_else(|| "a finding".into()), Box::default())
            }
            (About::Event(_) | About::Finding(..), None) => ("an event that is held no more".into(), Box::default()),
            (About::Nothing | About::Batch(_) | About::Lost(_) | About::Request(_), _) => {
                (redaction.words(&entry.text), Box::default())
            }
        };
        let about = match &entry.about {
            About::Finding(number, path) => About::Finding(*number, redaction.path(path)),
            About::Lost(gap) => About::Lost(Box::new(redaction.gap(gap))),
            about => about.clone(),
        };
        let event_type = entry.event_type.as_ref().map(|event_type| redaction.type_name(event_type));
        Entry { at: entry.at, kind: entry.kind, event_type, text, about, keys }
    })
}

impl Model {
    /// Whether all that is seen is masked.
    pub fn is_masked(&self) -> bool {
        self.redaction().is_some()
    }
}
