//! The dispatcher: the one place that sees the whole model. It gives each message to the pane or the layer that it is for,
//! and carries out what that answers.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use tui_input::{Input, InputRequest};

use super::composer::ComposerTab;
use super::key_trail::KeyTrail;
use super::keymap::{self, Action, CopyTarget, Keys, LineEdit, Origin};
use super::layer::all_findings::AllFindings;
use super::layer::help::Help;
use super::layer::picker::Picker;
use super::layer::query::QueryLine;
use super::layer::requests::RequestList;
use super::layer::{self, Layer};
use super::model::{InputTarget, Masked, Parts, Pause, bad_toast, toast};
use super::pager::Pager;
use super::pane::stream::EntryKind;
use super::pane::types::Column;
use super::pane::{Answer, Context, Open, Pane, PaneId, PromptKind, Request, Said, Tab, draft, preview, proof};
use super::places::places;
use super::recording;
use super::records::{hear, learn, note, show};
use super::replaying::{self, hear_tape};
use super::reporting::{Outside, Planning, ReportFormat, ReportTo, Reporting};
use super::scan::{Question, Scan, Versions};
use super::tape::Tape;
use super::{
    Effect, InputState, Key, KeyCode, Message, Model, Mouse, MouseKind, Outcome, commands, composer, copy, headless,
    key_table,
};
use crate::blueshift::Batch;
use crate::blueshift::curl::{self, CurlError};
use crate::event::{Sanitized, TypeName, sanitized, text};
use crate::session::{CollectorCommand, EventNumber, Moment, ProofOutcome, Record};

/// The intervals that `+` and `-` step through.
const INTERVALS: [Duration; 11] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(2),
    Duration::from_mins(5),
    Duration::from_mins(10),
];

/// Why nothing is sent in a replay.
const NOWHERE: &str = "a tape has nowhere to send to: clickscope send or watch does; the draft is kept";

/// Why nothing is sent where another program writes what is watched.
const NOWHERE_IN_STREAM: &str = "a stream has nowhere to send to: clickscope send or watch does; the draft is kept";

/// Why nobody is asked for anything there.
const NOBODY_ASKED: &str = "nobody is asked for anything here: each event shows when it comes";

/// Why a collector of this process is not asked for anything.
const NO_POLLS: &str = "nothing is polled here: each request shows when it comes";

/// The longest line that is typed, in bytes: what is pasted beyond it was meant for something else.
const LONGEST_LINE: usize = crate::query::LONGEST;

/// Lets `message` happen to the model at `now`, and says what that asks of the world.
///
/// `at` is the time of the program; the session may have another, on its tape.
pub(super) fn update(model: &mut Model, message: Message, at: Moment) -> Vec<Effect> {
    model.happened = at;
    let now = model.moment(at);
    // The next key is for what comes next: an answer to the last one would only hide what can be done now.
    let answered = matches!(message, Message::Key(_));
    if answered || model.toast.as_ref().is_some_and(|toast| toast.until.since(at).is_zero()) {
        model.toast = None;
        model.recordings.is_leaving &= answered;
    }
    model.key_trail.fade(at);
    model.outbox.expire(now, &mut model.stream);
    let mut effects = match message {
        Message::Key(key) => press(model, key, now),
        Message::Mouse(mouse) => point(model, mouse, now),
        Message::Paste(pasted) => paste(model, &pasted, now),
        Message::Resized(size) => {
            model.size = size;
            Vec::new()
        }
        Message::Records(records) => hear(model, records, now),
        Message::Tape(news) => hear_tape(model, news, at),
        Message::SourceEnded(_) if model.input.is_some() => {
            model.input = Some(InputState::Ended);
            note(model, now, EntryKind::Note, "what is read has come to its end".into());
            Vec::new()
        }
        Message::SourceEnded(why) => {
            let text = why.map_or_else(|| "".into(), |why| sanitized!(": {}", why));
            note(model, now, EntryKind::Trouble, sanitized!("polling has ended{}; quit with q and start again", text));
            model.outbox.abandon(None, &"polling has ended".into(), now, &mut model.stream)
        }
        Message::Woke => Vec::new(),
        Message::Done(outcome) => done(model, outcome, now),
    };
    effects.extend(keep_proofs(model, now));
    // Probes are waited for at a faster poll, and the reader may choose another interval meanwhile.
    let interval = model.polling_interval();
    if interval != model.told_interval {
        model.told_interval = interval;
        effects.push(Effect::SetInterval(interval));
    }
    if !model.unlinted.is_empty() {
        // What the message brought may have moved the time of a tape.
        let now = model.session.clock.time(model.moment(at));
        effects.push(Effect::Lint { events: std::mem::take(&mut model.unlinted), now });
    }
    effects.extend(model.queries.step(&model.session.history));
    let kept = effects.iter().find_map(|effect| match effect {
        Effect::KeepDraft { draft, text } => Some((draft, text)),
        _ => None,
    });
    let question = composer::ask_for_findings(&mut model.composer, &model.sending, kept, now);
    effects.extend(question);
    model.settle(now);
    let versions = Versions { history: &model.session.history, narrowing: model.queries.narrowing() };
    effects.extend(model.inspector.questions(versions, &model.volatile));
    effects
}

/// Keeps the proofs of the probes that have ended, and has them recorded.
fn keep_proofs(model: &mut Model, now: Moment) -> Option<Effect> {
    let mut proofs: Vec<_> = model.outbox.take_proofs(now).into_iter().map(Record::Proof).collect();
    if !proofs.is_empty() {
        model.session.take_in(&mut proofs);
        end_tour(model, &proofs, now);
    }
    let unmasked = model.redaction().is_none().then(|| Arc::clone(&model.redaction));
    model.recordings.write(&proofs, unmasked.as_deref())
}

/// Ends the tour with the event that was seen.
fn end_tour(model: &mut Model, proofs: &[Record], now: Moment) {
    let is_seen = |record: &Record| matches!(record, Record::Proof(proof) if proof.proof == ProofOutcome::Seen);
    if model.preferences.tour && proofs.iter().any(is_seen) {
        model.preferences.tour = false;
        let key = model.preferences.bindings.key_for(&keymap::ANYWHERE, Action::Help);
        toast(model, now, sanitized!("that was the tour: {} has all keys", key));
    }
}

/// Makes what a frame needs and a message does not. Once before each frame.
pub fn prepare(model: &mut Model) {
    if model.composing().is_some() {
        model.composer.prepare(&model.sending);
    }
}

fn done(model: &mut Model, outcome: Outcome, now: Moment) -> Vec<Effect> {
    if let Some(answer) = with_composer(model, now, |composer, context| composer.done(&outcome, context)) {
        if matches!(outcome, Outcome::Edited { .. }) {
            close_completion(model);
        }
        return apply(model, answer, now);
    }
    match outcome {
        Outcome::Copied { bytes } => toast(model, now, sanitized!("copied {}", text::size(bytes as u64))),
        Outcome::CopyFailed(why) => bad_toast(model, now, why),
        Outcome::TemplateNotKept(why) | Outcome::EditFailed(why) => {
            // The advice may be too long for the bottom row.
            note(model, now, EntryKind::Trouble, why.clone());
            bad_toast(model, now, why);
        }
        Outcome::NotSent { batch, why } => {
            bad_toast(model, now, &why);
            return model.outbox.abandon(Some(batch), &why, now, &mut model.stream);
        }
        Outcome::Reported { text, print: false } => return vec![Effect::Copy(text)],
        Outcome::Reported { text, print: true } => return vec![Effect::Print(Sanitized::lines(&text))],
        Outcome::Kept(Ok(said)) => {
            note(model, now, EntryKind::Note, said.clone());
            toast(model, now, said);
        }
        Outcome::Kept(Err(why)) => {
            note(model, now, EntryKind::Trouble, why.clone());
            bad_toast(model, now, why);
        }
        Outcome::RecordingBegun { place, events } => recording::begun(model, place, events, now),
        Outcome::RecordingClosed { place, events } => recording::closed(model, &place, events, now),
        Outcome::RecordingNotBegun(why) => recording::not_begun(model, why, now),
        Outcome::RecordingEnded(why) => recording::ended(model, why, now),
        Outcome::Linted(linted) => learn(model, &linted, now),
        Outcome::Compared(compared) => model.inspector.compared(&compared),
        Outcome::Evaluated { number, answer } => {
            if let Some(line) = query_line(model) {
                line.hear(number, answer);
            }
        }
        Outcome::Scanned(scanned) => {
            model.stream.look_again();
            if let Some(why) = model.queries.hear(&scanned, &model.session.history) {
                note(model, now, EntryKind::Trouble, why.clone());
                bad_toast(model, now, why);
            }
            if let Some(forward) = model.queries.seeking {
                search_elsewhere(model, forward, now);
            }
        }
        Outcome::DraftNotKept(_)
        | Outcome::DraftKeptAgain
        | Outcome::DraftElsewhere { .. }
        | Outcome::TemplateKept { .. }
        | Outcome::Edited { .. }
        | Outcome::DraftLinted { .. } => {}
    }
    Vec::new()
}

fn press(model: &mut Model, key: Key, now: Moment) -> Vec<Effect> {
    if model.preferences.show_keys {
        model.key_trail.press(key, model.keys().typing, model.happened);
    }
    let action = model.action(key);
    model.recordings.is_leaving &= action == Some(Action::Quit);
    if let Some(action) = action {
        return act(model, action, now);
    }
    match (key.code, key.ctrl, key.alt) {
        (KeyCode::Char(c), false, false) => type_text(model, c.encode_utf8(&mut [0; 4]), now),
        _ => Vec::new(),
    }
}

fn paste(model: &mut Model, pasted: &str, now: Moment) -> Vec<Effect> {
    let is_command = || !matches!(curl::read(pasted), Err(CurlError::NotCurl));
    if matches!(model.layers.last(), Some(Layer::Picker(_))) && is_command() {
        model.layers.pop();
        let answer = with_composer(model, now, |composer, context| composer.begin("", "", context));
        apply(model, answer, now);
    }
    let completing = close_completion(model);
    if matches!(model.layers.last(), Some(Layer::Composer)) {
        let answer =
            with_composer(model, now, |composer, context| composer.paste(pasted, &Context { completing, ..*context }));
        return apply(model, answer, now);
    }
    let line = pasted.split(['\r', '\n']).next().unwrap_or_default();
    let cleaned = model.sending.keys.take_out(line);
    if cleaned.is_some() {
        bad_toast(model, now, composer::TAKEN_OUT);
    }
    type_text(model, cleaned.as_deref().unwrap_or(line), now)
}

/// Takes in text for the draft or the line that is being edited, if one is.
fn type_text(model: &mut Model, text: &str, now: Moment) -> Vec<Effect> {
    let completing = close_completion(model);
    if matches!(model.layers.last(), Some(Layer::Composer)) {
        let mut effects = Vec::new();
        for c in text.chars() {
            let answer = with_composer(model, now, |composer, context| {
                composer.type_char(c, &Context { completing, ..*context })
            });
            effects.extend(apply(model, answer, now));
        }
        return effects;
    }
    let typed: String = text.chars().filter(|c| !c.is_control()).collect();
    edit_line(model, true, |input| insert(input, &typed), now)
}

/// Puts a text where the cursor of a line is, as far as the line may be long.
fn insert(input: &mut Input, text: &str) {
    let (value, cursor) = (input.value(), input.cursor());
    let at = value.char_indices().nth(cursor).map_or(value.len(), |(at, _)| at);
    let (before, after) = value.split_at_checked(at).unwrap_or((value, ""));
    let text = text.get(..text.floor_char_boundary(LONGEST_LINE.saturating_sub(value.len()))).unwrap_or_default();
    *input = Input::new([before, text, after].concat()).with_cursor(cursor + text.chars().count());
}

fn edit_line(model: &mut Model, replaces: bool, edit: impl FnOnce(&mut Input), now: Moment) -> Vec<Effect> {
    let answer = model.with(InputTarget::Layer, now, |pane, _| {
        pane.begins_edit(replaces);
        let input = pane.input()?;
        edit(input);
        Some(pane.edited())
    });
    answer.flatten().map_or_else(Vec::new, |answer| apply(model, answer, now))
}

/// Takes the proposals away that stand over the draft; whether there were any.
fn close_completion(model: &mut Model) -> bool {
    model.layers.pop_if(|layer| matches!(layer, Layer::Completion(_))).is_some()
}

fn with_composer<T>(
    model: &mut Model,
    now: Moment,
    work: impl FnOnce(&mut composer::Composer, &Context<'_>) -> T,
) -> T {
    let Parts { inspector, composer, context, .. } = model.parts(now);
    work(composer, &Context { shown: inspector.shown(), ..context })
}

/// Does what an action means where the keys go now.
pub(super) fn act(model: &mut Model, action: Action, now: Moment) -> Vec<Effect> {
    let nowhere = match model.origin() {
        Origin::Tape => Some(NOWHERE),
        Origin::Stream => Some(NOWHERE_IN_STREAM),
        Origin::Polls | Origin::Collector => None,
    };
    if action == Action::Send
        && let Some(nowhere) = nowhere
    {
        bad_toast(model, now, nowhere);
        return Vec::new();
    }
    let mut completing = false;
    if model.layers.last().is_some_and(|layer| layer.pane().is_some()) {
        if let Action::Edit(edit) = action
            && model.layers.last_mut().and_then(Layer::pane_mut).is_some_and(|pane| pane.input().is_some())
        {
            let deletes = matches!(edit, LineEdit::DeleteLeft | LineEdit::DeleteRight);
            return edit_line(model, deletes, |input| _ = input.handle(request(edit)), now);
        }
        let answer = model.with(InputTarget::Layer, now, |pane, context| pane.act(action, context)).flatten();
        if let Some(answer) = answer {
            return apply(model, answer, now);
        }
        completing = close_completion(model);
        if !completing {
            return Vec::new();
        }
    }
    if let Some(Layer::Composer) = model.layers.last() {
        let answer = model
            .with(InputTarget::Composer, now, |pane, context| pane.act(action, &Context { completing, ..*context }));
        return match answer.flatten() {
            Some(answer) => apply(model, answer, now),
            None => anywhere(model, action, now),
        };
    }
    act_in_pane(model, action, now)
}

/// Does what an action means in the pane that has the focus.
fn act_in_pane(model: &mut Model, action: Action, now: Moment) -> Vec<Effect> {
    // Keys about the event on show work in the table too.
    for id in [model.focus, PaneId::Inspector] {
        let answer = model.with(InputTarget::Pane(id), now, |pane, context| pane.act(action, context)).flatten();
        if let Some(answer) = answer {
            return apply(model, answer, now);
        }
        if model.focus == PaneId::Stream {
            break;
        }
    }
    anywhere(model, action, now)
}

/// Carries out what a pane or a layer answered.
fn apply(model: &mut Model, answer: Answer, now: Moment) -> Vec<Effect> {
    let Answer { mut effects, said, requests } = answer;
    match said {
        Some(Said { text, bad: false }) => toast(model, now, text),
        Some(Said { text, bad: true }) => bad_toast(model, now, text),
        None => {}
    }
    for request in requests {
        effects.extend(comply(model, request, now));
    }
    effects
}

fn comply(model: &mut Model, request: Request, now: Moment) -> Vec<Effect> {
    match request {
        Request::Focus(pane) => focus(model, pane),
        Request::Leave => leave_inspector(model),
        Request::Open(Open::Composer) => {
            if model.composing().is_none() {
                model.layers.push(Layer::Composer);
            }
        }
        Request::Open(open) => model.layers.push(open.into()),
        Request::Close => match model.layers.pop() {
            Some(Layer::Composer) => model.composer.closed(),
            Some(Layer::AllFindings(list)) => model.fault = list.rows().selected(),
            _ => {}
        },
        Request::Tab(tab) => model.inspector.select_tab(tab),
        Request::Collected(number) => show_requests(model, Some(number)),
        Request::ReadCollected(number) => model.layers.extend(super::requests::pager(model, number).map(Layer::Pager)),
        Request::Reveal(path) => {
            let Parts { inspector, context, .. } = model.parts(now);
            inspector.reveal(&path, &context);
        }
        Request::Act(action) => return act_in_pane(model, action, now),
        Request::Run(place, action) => return run(model, place, action, now),
        Request::ShowType(name) => show_type(model, &name),
        Request::SwitchProfile(at) => return vec![Effect::SwitchProfile(at)],
        Request::Filter(query) => model.types.set_filter(&query),
        Request::Column(path) => {
            let name = Sanitized::of(&path);
            let is_there = model.types.toggle_column(Column::Field(path.into()), now);
            let said = if is_there { "is a column of the table now" } else { "is no column any more" };
            toast(model, now, sanitized!("{} {}", name, said));
        }
        Request::ShowEvent(number) => show_event(model, number, now),
        Request::ShowFinding(number, path) => {
            show_event(model, number, now);
            model.inspector.learn(&model.checked);
            let Parts { inspector, context, .. } = model.parts(now);
            inspector.show_finding(&path, &context);
        }
        Request::ShowBatch(batch, text) => show_batch(model, batch, text, now),
        Request::Narrow(question) => {
            model.stream.look_again();
            return model.queries.narrow(question);
        }
        Request::Unmute(event_type) => {
            model.types.unmute(&event_type);
            toast(model, now, sanitized!("{} is back", event_type.shown()));
        }
        Request::Search(query) => {
            model.inspector.search(&query);
            model.queries.search_for(&query);
        }
        Request::SearchElsewhere(forward) => search_elsewhere(model, forward, now),
        Request::Evaluate => {
            let number = model.queries.next_number();
            return query_line(model).map_or_else(Vec::new, |line| line.evaluate(number));
        }
        Request::Copy { target: CopyTarget::Report, print } => {
            return report(model, if print { ReportTo::Terminal } else { ReportTo::Clipboard }, now);
        }
        Request::Copy { target, print } => {
            let text = headless::text(model, target)
                .unwrap_or_else(|| copy::text(&model.inspector, target, &model.time_zone, &model.context(now)));
            match text {
                Ok(text) if print => return vec![Effect::Print(Sanitized::lines(&text))],
                Ok(text) => return vec![Effect::Copy(text)],
                Err(why) => bad_toast(model, now, why),
            }
        }
        Request::Begin(choice) => {
            let answer = with_composer(model, now, |composer, context| composer.begin_with(*choice, context));
            return apply(model, answer, now);
        }
        Request::Compose(text) => {
            let answer = with_composer(model, now, |composer, context| composer.begin("", &text, context));
            return apply(model, answer, now);
        }
        Request::Complete => {
            if let Some(Layer::Completion(completion)) = model.layers.pop() {
                let answer = with_composer(model, now, |composer, context| composer.take(completion, context));
                return apply(model, answer, now);
            }
        }
        Request::Confirmed { draft, previewed } => {
            let answer = with_composer(model, now, |composer, context| composer.confirmed(&draft, previewed, context));
            return apply(model, answer, now);
        }
        Request::Deliver(batch) => return deliver(model, *batch, now),
        Request::Record(name) => return recording::begin(model, name, now),
        Request::Jump(typed) => return jump(model, &typed, now),
        Request::Report(name) => return write_report(model, name, now),
        Request::Plan { folder, of_type } => return make_plan(model, folder, of_type, now),
        Request::KeepTemplate(name) => {
            let answer = model.composer.keep_template(name);
            return apply(model, answer, now);
        }
    }
    Vec::new()
}

/// Goes where was typed on the tape.
fn jump(model: &mut Model, typed: &str, now: Moment) -> Vec<Effect> {
    match replaying::jump(model, typed) {
        Ok((effects, said)) => {
            model.layers.pop();
            if let Some(said) = said {
                toast(model, now, said);
            }
            effects
        }
        Err(why) => {
            bad_toast(model, now, Sanitized::of(&why));
            Vec::new()
        }
    }
}

/// Hands a batch over to the network. It goes out as it was typed, and once; what is waited for is what will be seen of it.
fn deliver(model: &mut Model, batch: Batch, now: Moment) -> Vec<Effect> {
    let Model { outbox, session, sending, redaction, masked, .. } = model;
    let (limits, history) = (sending.limits, &session.history);
    match masked {
        Masked::Nothing => outbox.send(batch, limits, (history, None), now),
        Masked::ForGood(_) => outbox.send(batch, limits, (history, Some(redaction)), now),
        Masked::ForNow(plain, _) => {
            let effects = plain.outbox.send(batch.clone(), limits, (&plain.session.history, None), now);
            outbox.send(batch, limits, (history, Some(redaction)), now);
            effects
        }
    }
}

/// Does what an action means in the place that has those keys.
fn run(model: &mut Model, place: &'static Keys, action: Action, now: Moment) -> Vec<Effect> {
    let is_it = |keys: &'static Keys| std::ptr::eq(keys, place);
    let tab = Tab::ALL.into_iter().find(|tab| is_it(model.inspector.panes().get(*tab).keys()));
    if let Some(tab) = tab {
        focus(model, PaneId::Inspector);
        model.inspector.select_tab(tab);
        // Of what it shows now, and not of what it showed when it was last on.
        model.with(InputTarget::Pane(PaneId::Inspector), now, |pane, context| pane.show(context));
    } else if is_it(model.types.keys()) {
        focus(model, PaneId::Types);
    } else if [&draft::KEYS, &preview::KEYS, &proof::KEYS].into_iter().any(is_it) {
        let key = model.preferences.bindings.key_for(&keymap::ANYWHERE, Action::Compose);
        bad_toast(model, now, sanitized!("that works in the composer: {} opens it", key));
        return Vec::new();
    }
    model.commands_run.retain(|run| *run != action);
    model.commands_run.insert(0, action);
    act_in_pane(model, action, now)
}

/// Looks into the newest event of a type.
fn show_type(model: &mut Model, name: &TypeName) {
    model.types.send_for(name);
    model.inspector.follow();
    focus(model, PaneId::Inspector);
}

/// Gives a pane the focus. The log goes back to the newest when it is left.
fn focus(model: &mut Model, pane: PaneId) {
    if model.focus == PaneId::Stream && pane != PaneId::Stream {
        model.stream.go_to_newest();
    }
    model.opened_from = None;
    model.focus = pane;
}

/// Has our own collector let go on what waits, or pass on what could not be.
fn at_collector(model: &mut Model, action: Action, now: Moment) -> Vec<Effect> {
    let (command, nothing) = match action {
        Action::PassOn => (CollectorCommand::PassOn, "nothing is left that could not be passed on"),
        _ => (
            CollectorCommand::Next,
            "nothing waits: a key lets go on what --hold holds, and the events of a scenario with pace = \"key\"",
        ),
    };
    if model.waits_for(action) {
        return vec![Effect::Collector(command)];
    }
    toast(model, now, nothing);
    Vec::new()
}

/// Does what an action means in any pane.
fn anywhere(model: &mut Model, action: Action, now: Moment) -> Vec<Effect> {
    let origin = model.origin();
    if !origin.takes(action) {
        let why = match origin {
            Origin::Tape => replaying::refusal(action),
            Origin::Stream => NOBODY_ASKED,
            Origin::Polls | Origin::Collector => NO_POLLS,
        };
        toast(model, now, why);
        return Vec::new();
    }
    match action {
        Action::Quit => return recording::quit(model, now),
        Action::StopRecording => return recording::stop(model, now),
        Action::Record => {
            let input = Input::new(model.tape_name(now));
            model.layers.push(Open::Prompt(PromptKind::TapeName, input).into());
        }
        Action::Mouse => return turn_mouse(model, now),
        Action::Tour => turn_tour(model, now),
        Action::ShowKeys => {
            let is_on = !model.preferences.show_keys;
            model.preferences.show_keys = is_on;
            model.key_trail = KeyTrail::default();
            toast(model, now, if is_on { "keys are shown here" } else { "keys are shown no more" });
        }
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Poll => {
            toast(model, now, "polling now");
            return vec![Effect::PollNow];
        }
        Action::Slower => step_interval(model, true, now),
        Action::Faster => step_interval(model, false, now),
        Action::Back => return back(model, now),
        Action::Help => {
            let help = key_table::help(places(model.origin()), model.origin(), &model.preferences.bindings);
            model.layers.push(Layer::Help(Help::new(help, model.keys())));
        }
        Action::Palette => {
            let palette = commands::palette(model);
            model.layers.push(Layer::Palette(palette));
        }
        Action::Query => return query(model),
        Action::Pause => pause(model, now),
        Action::StepOn | Action::PassOn if origin == Origin::Collector => return at_collector(model, action, now),
        Action::Play
        | Action::PlayFaster
        | Action::PlaySlower
        | Action::StepOn
        | Action::StepBack
        | Action::JumpTo
        | Action::TapeStart
        | Action::TapeEnd => {
            let (effects, said) = replaying::act(model, action, model.happened);
            match said {
                Some((said, true)) => bad_toast(model, now, said),
                Some((said, false)) => toast(model, now, said),
                None => {}
            }
            return effects;
        }
        Action::NextPane => move_focus(model, 1),
        Action::PreviousPane => move_focus(model, PaneId::ALL.len() - 1),
        Action::BeginStep => begin_step(model, now),
        Action::EndStep => {
            let ended = model.types.end_step(now);
            let begin = model.preferences.bindings.key_for(&keymap::ANYWHERE, Action::BeginStep);
            let said = ended.map_or_else(
                || sanitized!("no step is on: {} begins one", begin),
                |step| sanitized!("step {} has ended", step.number),
            );
            toast(model, now, said);
        }
        Action::Zoom => model.zoomed = !model.zoomed,
        Action::Mask => model.is_mask_asked = true,
        Action::Earlier => go_to_earlier(model, now),
        Action::AskHistory => return ask_history(model, now),
        Action::Requests => show_requests(model, None),
        Action::AllFindings => {
            model.layers.push(Layer::AllFindings(AllFindings::new(&model.faults, model.fault)));
        }
        Action::Compose => {
            let picker = Picker::new(&model.composer, model.inspector.shown(), now.wall);
            model.layers.push(Layer::Picker(picker));
        }
        Action::Report => {
            let at = now.wall.to_zoned(model.time_zone.clone()).strftime("%Y-%m-%d-%H%M%S").to_string();
            ask(model, PromptKind::Report, format!("clickscope-{at}.html"));
        }
        Action::InferPlan => ask(model, PromptKind::Plan, "plan".to_owned()),
        Action::InferPlanOfType if model.inspector.shown().is_some() => {
            ask(model, PromptKind::PlanOfType, "plan".to_owned());
        }
        Action::Resend => {
            let answer = with_composer(model, now, composer::Composer::resend);
            return apply(model, answer, now);
        }
        _ => {}
    }
    Vec::new()
}

/// Shows the tour, or puts it away.
fn turn_tour(model: &mut Model, now: Moment) {
    model.preferences.tour = !model.preferences.tour;
    let key = model.preferences.bindings.key_for(&keymap::ANYWHERE, Action::Palette);
    let told = if model.preferences.tour {
        "the tour: the keys at the left below, one after the other".into()
    } else {
        sanitized!("no tour; {} tour brings it back", key)
    };
    toast(model, now, told);
}

/// Leaves the mouse to the terminal, or takes it back.
fn turn_mouse(model: &mut Model, now: Moment) -> Vec<Effect> {
    let is_left = !model.preferences.no_mouse;
    model.preferences.no_mouse = is_left;
    let key = model.preferences.bindings.key_for(&keymap::ANYWHERE, Action::Mouse);
    let told = if is_left {
        sanitized!("the terminal has the mouse, to select with; {} takes it back", key)
    } else {
        "the mouse works here again".into()
    };
    toast(model, now, told);
    vec![Effect::Mouse(!is_left)]
}

/// Shows what our own collector was sent, from a request on.
fn show_requests(model: &mut Model, number: Option<u64>) {
    model.layers.push(Layer::Requests(RequestList::new(&model.session.requests, number)));
}

/// Has a report of the session made.
fn report(model: &mut Model, to: ReportTo, now: Moment) -> Vec<Effect> {
    let later = model.tape.as_ref().map_or(0, Tape::later);
    let told = match later {
        0 => "making the report".into(),
        later => sanitized!("making the report up to here: {} of the tape come later", text::counted(later, "event")),
    };
    toast(model, now, told);
    let is_masked = model.redaction().is_some();
    let Model { target, session, checked, tape, .. } = model;
    let let_go = match tape {
        Some(tape) => tape.position().events.saturating_sub(session.held()),
        None => session.history.dropped().events,
    };
    let outside = Outside { let_go, later };
    vec![Effect::Report(Box::new(Reporting::of(target, session, checked, outside, is_masked, to)))]
}

/// Has one made and written into a file, in the format that its name says.
fn write_report(model: &mut Model, name: String, now: Moment) -> Vec<Effect> {
    let Some(format) = ReportFormat::of(&name) else {
        bad_toast(model, now, "end the name with .html, .md, .json or .csv");
        return Vec::new();
    };
    model.layers.pop();
    report(model, ReportTo::File(name.into(), format), now)
}

/// Has a plan made of the events that are held, or of those of the type on show.
fn make_plan(model: &mut Model, folder: String, of_type: bool, now: Moment) -> Vec<Effect> {
    if folder.is_empty() {
        bad_toast(model, now, "name a folder");
        return Vec::new();
    }
    model.layers.pop();
    let shown = model.inspector.shown().map(|shown| shown.event.event_type.clone()).filter(|_| of_type);
    let planning = Planning::of(&model.session.history, shown.as_ref(), folder.into());
    let later = model.tape.as_ref().map_or(0, Tape::later);
    let rest = (later > 0).then(|| sanitized!("; {} of the tape come later", text::counted(later, "event")));
    toast(model, now, sanitized!("making a plan of {}{}", planning.size(), rest.unwrap_or_default()));
    vec![Effect::Plan(Box::new(planning))]
}

/// Asks for a name, with a proposal.
fn ask(model: &mut Model, kind: PromptKind, proposal: String) {
    model.layers.push(Open::Prompt(kind, proposal.into()).into());
}

fn request(edit: LineEdit) -> InputRequest {
    match edit {
        LineEdit::Left => InputRequest::GoToPrevChar,
        LineEdit::Right => InputRequest::GoToNextChar,
        LineEdit::WordLeft => InputRequest::GoToPrevWord,
        LineEdit::WordRight => InputRequest::GoToNextWord,
        LineEdit::Start => InputRequest::GoToStart,
        LineEdit::End => InputRequest::GoToEnd,
        LineEdit::DeleteLeft => InputRequest::DeletePrevChar,
        LineEdit::DeleteRight => InputRequest::DeleteNextChar,
        LineEdit::DeleteWordLeft => InputRequest::DeletePrevWord,
        LineEdit::DeleteToStart => InputRequest::DeleteFromStart,
        LineEdit::DeleteToEnd => InputRequest::DeleteTillEnd,
    }
}

/// Asks for what the platform has of the type on show, else of the selected one.
fn ask_history(model: &mut Model, now: Moment) -> Vec<Effect> {
    let shown = model.inspector.shown().map(|shown| &shown.event.event_type);
    let Some(event_type) = shown.or_else(|| model.types.selected().map(|(name, _)| name)).cloned() else {
        return Vec::new();
    };
    toast(model, now, sanitized!("asking the platform for earlier events of {}", event_type.shown()));
    vec![Effect::Earlier(event_type)]
}

/// Steps back one level, and at the outermost one does nothing.
fn back(model: &mut Model, now: Moment) -> Vec<Effect> {
    match model.focus {
        PaneId::Stream if model.queries.narrowing().is_some() => return comply(model, Request::Narrow(None), now),
        PaneId::Inspector if model.opened_from.is_some() => leave_inspector(model),
        _ if model.zoomed => model.zoomed = false,
        PaneId::Inspector => leave_inspector(model),
        PaneId::Stream => focus(model, PaneId::Types),
        PaneId::Types if model.leaves_tour() => turn_tour(model, now),
        PaneId::Types if model.types.query().is_empty() => return comply(model, Request::Narrow(None), now),
        PaneId::Types => model.types.set_filter(""),
    }
    Vec::new()
}

/// Opens the line for a query, with the one that narrows the session now.
fn query(model: &mut Model) -> Vec<Effect> {
    let event = model.inspector.shown().map(|shown| {
        let at = shown.event.at.wall.to_zoned(model.time_zone.clone());
        let time = sanitized!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
        (sanitized!("{} {}", shown.event.event_type.shown(), time), Arc::clone(&shown.event.payload))
    });
    let expression = match model.queries.narrowing().map(Scan::question) {
        Some(Question::Query(expression)) => expression.as_str(),
        _ => "",
    };
    let mut line = QueryLine::new(expression, event, model.queries.earlier().to_owned());
    let effects = line.evaluate(model.queries.next_number());
    model.layers.push(Layer::Query(Box::new(line)));
    effects
}

fn query_line(model: &mut Model) -> Option<&mut QueryLine> {
    model.layers.iter_mut().find_map(|layer| match layer {
        Layer::Query(line) => Some(&mut **line),
        _ => None,
    })
}

/// Goes on with the search in the next event that has a match, or in the one before.
fn search_elsewhere(model: &mut Model, forward: bool, now: Moment) {
    model.queries.seeking = None;
    let Some((search, shown)) = model.queries.search().zip(model.inspector.shown()) else { return };
    let Some(number) = model.queries.elsewhere(&shown.event, forward) else {
        if !search.is_done() {
            model.queries.seeking = Some(forward);
            toast(model, now, "searching the other events");
        } else if model.inspector.tree().is_some_and(|tree| tree.matches().1 > 0) {
            model.inspector.go_to_match(forward);
        } else {
            bad_toast(model, now, "no event that is held has it");
        }
        return;
    };
    let Question::Text(query) = search.question().clone() else { return };
    show_event(model, number, now);
    let Parts { inspector, context, .. } = model.parts(now);
    inspector.show_match(&query, forward, &context);
}

/// Goes back to the table, or to where the event was opened. A reader who has left the event behind wants to see the newest
/// one again.
fn leave_inspector(model: &mut Model) {
    model.inspector.follow();
    model.focus = model.opened_from.take().unwrap_or(PaneId::Types);
}

/// Shows an event of the history, with its type under the table's cursor.
fn show_event(model: &mut Model, number: EventNumber, now: Moment) {
    let Some(event) = model.session.history.get(number).cloned() else {
        bad_toast(model, now, "the event is no longer held: the history has let go of it");
        return;
    };
    let newer = model.session.history.place(number).map_or(0, |place| place.of - place.at);
    model.types.send_for(&event.event_type);
    model.inspector.show_event(event, newer as u64);
    if model.focus == PaneId::Stream {
        model.opened_from = Some(PaneId::Stream);
    }
    model.focus = PaneId::Inspector;
    // The draft stands where the event is to be seen, and is kept.
    if model.composing().is_some() {
        model.layers.retain(|layer| !matches!(layer, Layer::Composer | Layer::Completion(_)));
        model.composer.closed();
    }
}

/// Shows what came of a batch that was sent: its proof, or what the stream has where that is not known any more.
fn show_batch(model: &mut Model, batch: u64, text: Pager, now: Moment) {
    if model.outbox.batch(batch).is_none() || model.composer.composition().is_none() {
        model.layers.push(Layer::Pager(text));
        return;
    }
    if model.composing().is_none() {
        model.layers.push(Layer::Composer);
    }
    let answer = with_composer(model, now, |composer, context| composer.select_tab(ComposerTab::Proof, context));
    apply(model, answer, now);
    model.composer.proof_mut().turn_to(batch, &model.outbox);
}

pub(super) fn pause(model: &mut Model, now: Moment) {
    match model.pause.take() {
        None => {
            let after = model.session.history.iter().next_back().map(|event| event.number);
            model.pause = Some(Pause { since: now, arrived: 0, after, changes: IndexMap::new() });
        }
        Some(pause) => {
            model.stream.release();
            let changes: Vec<_> = pause.changes.into_values().collect();
            show(model, &changes, now);
            // Also those that newer ones of their types have stepped over.
            let came = model.session.history.iter().rev().take_while(|event| Some(event.number) > pause.after);
            let unlinted = came.filter(|event| model.checked.get(event.number).is_none());
            model.unlinted = unlinted.cloned().collect::<Vec<_>>().into_iter().rev().collect();
        }
    }
}

/// Begins a step: what comes from here on is counted anew.
fn begin_step(model: &mut Model, now: Moment) {
    let waiting = model.pause.as_ref().into_iter().flat_map(|pause| pause.changes.values());
    let number = model.types.begin_step(&model.session.clock, waiting, now).number;
    note(model, now, EntryKind::Step, sanitized!("step {}", number));
    toast(model, now, sanitized!("step {}: what comes from here on is counted", number));
}

/// Gives the focus to the pane `steps` further on.
fn move_focus(model: &mut Model, steps: usize) {
    let at = PaneId::ALL.iter().position(|pane| *pane == model.focus).unwrap_or(0);
    if let Some(pane) = PaneId::ALL.iter().cycle().nth(at + steps) {
        focus(model, *pane);
    }
}

fn step_interval(model: &mut Model, longer: bool, now: Moment) {
    let next = if longer {
        INTERVALS.iter().find(|interval| **interval > model.interval)
    } else {
        INTERVALS.iter().rev().find(|interval| **interval < model.interval)
    };
    let Some(&interval) = next else {
        toast(model, now, sanitized!("polling every {} already: that is the limit", text::span(model.interval)));
        return;
    };
    model.interval = interval;
    toast(model, now, sanitized!("polling every {}", text::span(interval)));
}

/// Shows the last event of the type that had worse findings than the newest, at the worst of them.
fn go_to_earlier(model: &mut Model, now: Moment) {
    let earlier = model.earlier().map(|earlier| (earlier.linted.clone(), earlier.newer));
    let Some((linted, newer)) = earlier else {
        let is_on_show = model.types.selected().is_some_and(|(_, row)| row.earlier().is_some());
        let faulty = model.types.selected().is_some_and(|(_, row)| row.tally().is_some());
        let told = match (is_on_show, faulty) {
            (true, _) => "it is on show: the last event that was worse than the newest",
            (false, true) => "no event before had worse findings than the newest",
            (false, false) => "nothing wrong was found",
        };
        toast(model, now, told);
        return;
    };
    let Parts { inspector, context, .. } = model.parts(now);
    inspector.show_earlier(&linted, newer, &context);
    model.focus = PaneId::Inspector;
}

/// Does what the mouse did.
fn point(model: &mut Model, mouse: Mouse, now: Moment) -> Vec<Effect> {
    let rows = match mouse.kind {
        MouseKind::Press => 0,
        MouseKind::ScrollUp => -3,
        MouseKind::ScrollDown => 3,
    };
    if let Some(action) = model.hint_at(mouse, now).filter(|_| rows == 0) {
        return act(model, action, now);
    }
    if model.layers.last().is_some_and(|layer| !layer.lets_mouse_through()) {
        let size = model.size;
        let Parts { inspector, layers, context, .. } = model.parts(now);
        let context = Context { shown: inspector.shown(), ..context };
        let answer = layers.last_mut().map(|layer| layer::point(layer, mouse, size, rows, &context));
        return answer.map_or_else(Vec::new, |answer| apply(model, answer, now));
    }
    let Some((pane, area)) = model.layout().and_then(|layout| {
        let pane = layout.pane_at(mouse)?;
        Some((pane, layout.area(pane)?))
    }) else {
        return Vec::new();
    };
    let composing = model.composing().is_some();
    let target = if composing && pane == PaneId::Inspector { InputTarget::Composer } else { InputTarget::Pane(pane) };
    if target == InputTarget::Composer {
        close_completion(model);
    }
    if rows != 0 {
        model.with(target, now, |pane, _| pane.scroll(rows));
        return Vec::new();
    }
    if target != InputTarget::Composer {
        model.layers.retain(|layer| matches!(layer, Layer::Composer | Layer::Completion(_)));
    }
    if !composing {
        focus(model, pane);
    }
    let answer = model.with(target, now, |pane, context| pane.click(mouse, area.inner(), context));
    answer.map_or_else(Vec::new, |answer| apply(model, answer, now))
}
