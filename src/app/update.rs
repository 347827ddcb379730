use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use tui_input::{Input, InputRequest};

use super::activity::{Entry, EntryKind};
use super::findings::{self, Baseline, Linted, List};
use super::inspector::Tab;
use super::keymap::{self, Action, Context, LineEdit};
use super::layout::Pane;
use super::model::{Pause, TOAST};
use super::reader::Reader;
use super::tree::Tree;
use super::{Effect, Key, KeyCode, Message, Mode, Model, Outcome, Size, Toast, composer, copy, mouse, shipments, time};
use crate::event::{NodeId, text};
use crate::feed::{Change, ChangeKind, Moment, Polled, Report, Trouble};

/// More entries than this from one poll are summed up in one line.
const ENTRIES_A_POLL: usize = 12;

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

/// Lets `message` happen to the model at `now`, and says what that asks of the world.
pub fn update(model: &mut Model, message: Message, now: Moment) -> Vec<Effect> {
    // The next key is for what comes next: an answer to the last one would only hide what can be done now.
    let answered = matches!(message, Message::Key(_));
    if answered || model.toast.as_ref().is_some_and(|toast| toast.until.since(now).is_zero()) {
        model.toast = None;
    }
    shipments::expire(model, now);
    let mut effects = match message {
        Message::Key(key) => press(model, key, now),
        Message::Mouse(mouse) => {
            mouse::point(model, mouse, now);
            Vec::new()
        }
        Message::Paste(pasted) => paste(model, &pasted, now),
        Message::Resized(size) => {
            resize(model, size);
            Vec::new()
        }
        Message::Report(report) => hear(model, report, now),
        Message::SourceEnded(why) => {
            let text = why.map_or_else(String::new, |why| format!(": {}", text::harmless(&why)));
            note(model, now, EntryKind::Trouble, format!("polling has ended{text}; leave with q and start again"));
            shipments::abandon(model, None, "polling has ended", now)
        }
        Message::Woke => Vec::new(),
        Message::Done(outcome) => composer::done(model, &outcome, now).unwrap_or_else(|| {
            match outcome {
                Outcome::Copied { bytes } => toast(model, now, format!("copied {bytes} bytes")),
                Outcome::CopyFailed(why) => bad_toast(model, now, text::harmless(&why)),
                Outcome::TemplateNotKept(why) | Outcome::EditFailed(why) => {
                    // What to do about it may be too long for the bottom row.
                    note(model, now, EntryKind::Trouble, text::harmless(&why));
                    bad_toast(model, now, text::harmless(&why));
                }
                Outcome::NotSent { shipment, why } => {
                    bad_toast(model, now, text::harmless(&why));
                    return shipments::abandon(model, Some(shipment), &why, now);
                }
                Outcome::Linted(linted) => learn(model, &linted, now),
                Outcome::DraftNotKept(_)
                | Outcome::DraftKeptAgain
                | Outcome::TemplateKept { .. }
                | Outcome::Edited { .. }
                | Outcome::DraftLinted { .. } => {}
            }
            Vec::new()
        }),
    };
    // Probes are waited for at a faster poll, and the reader may choose another interval meanwhile.
    let interval = model.polling_interval();
    if interval != model.told_interval {
        model.told_interval = interval;
        effects.push(Effect::SetInterval(interval));
    }
    if !model.unlinted.is_empty() {
        effects.push(Effect::Lint { events: std::mem::take(&mut model.unlinted), now: now.wall });
    }
    let kept = effects.iter().find_map(|effect| match effect {
        Effect::KeepDraft { draft, text } => Some((draft, text)),
        _ => None,
    });
    let question = composer::ask_for_findings(model, kept, now);
    effects.extend(question);
    settle(model);
    effects
}

/// What must hold after every message: the inspector shows what the table's cursor is on, what is seen is not unseen,
/// and the cursors are in view.
fn settle(model: &mut Model) {
    let height = model.inspector_height();
    match model.types.selected() {
        Some((name, row)) => {
            if let Some(payload) = &row.payload {
                model.inspector.show(name, payload, height);
                if let Some(linted) = &row.linted {
                    model.inspector.learn(linted);
                }
            } else if model.inspector.shown().is_some_and(|shown| shown.event_type != *name) {
                model.inspector.clear();
            }
        }
        None => model.inspector.clear(),
    }
    composer::settle(model);
    let Some(layout) = model.layout() else { return };
    if let Some(area) = layout.inspector.filter(|_| model.composer.on_screen().is_none()) {
        let behind = model.inspector.shown().is_some_and(|shown| shown.newer.is_some());
        // While a filter is typed the cursor passes over types that nobody looks at.
        if !behind && !matches!(model.mode, Mode::Filter(_)) {
            model.types.look();
        }
        let unknown = model.unknown.clone();
        model.inspector.lay_out_raw(unknown.as_ref(), area.inner().width.into());
        if let Some(tree) = model.inspector.tree_mut() {
            tree.keep_in_view(height);
        }
        let height = model.findings_height();
        if let Some(findings) = model.inspector.findings_mut() {
            findings.keep_in_view(height);
        }
    }
    model.types.keep_in_view(model.types_height());
}

fn resize(model: &mut Model, size: Size) {
    model.size = size;
    let width = model.overlay().inner().width.into();
    if let Mode::Reader(reader) = &mut model.mode {
        reader.fit(width);
    }
    model.activity.scroll(0, model.activity_height());
}

fn hear(model: &mut Model, report: Report, now: Moment) -> Vec<Effect> {
    match report {
        Report::Connecting { .. } => model.link.connecting(),
        Report::Polled(polled) => {
            // Probes are looked for also while the screen is held still.
            let (at, found) = (polled.at, model.shipments.observe(&polled.changes, polled.at));
            hear_poll(model, polled, now);
            return shipments::found_at(model, &found, at);
        }
        Report::Counted { at, changes } => {
            model.link.counts_trouble = None;
            let found = model.shipments.observe(&changes, at);
            take_in(model, changes, now);
            return shipments::found_at(model, &found, at);
        }
        Report::Trouble(trouble) => hear_trouble(model, trouble),
        Report::CountsTrouble(trouble) => {
            let text = format!("no counts: {} — {}", trouble.problem.what, trouble.problem.advice);
            note(model, trouble.at, EntryKind::Trouble, text::harmless(&text));
            model.link.counts_trouble = Some(trouble);
        }
        Report::Delivered(delivery) => return shipments::delivered(model, delivery),
        Report::Retrying(retry) => shipments::retrying(model, retry),
        Report::Recalled { at, event_type, events } => return shipments::recalled(model, &event_type, &events, at),
    }
    Vec::new()
}

fn hear_poll(model: &mut Model, polled: Polled, now: Moment) {
    let first = model.link.last_good.is_none();
    if let Some(trouble) = &model.link.trouble {
        let polls = if trouble.attempt == 1 { "poll" } else { "polls" };
        let text = format!("live again after {} failed {polls}", trouble.attempt);
        note(model, polled.at, EntryKind::Recovered, text);
    }
    if model.unknown.take().is_some() {
        model.inspector.drop_raw();
    }
    model.link.polled(&polled);
    for odd in &polled.notes {
        note(model, polled.at, EntryKind::Note, text::harmless(&odd.0));
    }
    if first {
        let types = polled.types;
        let known = if types == 1 { "1 event type is".into() } else { format!("{types} event types are") };
        note(model, polled.at, EntryKind::Note, format!("connected: {known} known"));
        let height = model.types_height();
        expect_findings(model, &polled.changes);
        model.baseline = Some(Baseline::of(model.unlinted.iter().map(|(event_type, _)| event_type.clone())));
        model.types.apply(&polled.changes, height, now);
        model.types.select_something(height);
    } else {
        take_in(model, polled.changes, now);
    }
}

fn hear_trouble(model: &mut Model, trouble: Trouble) {
    let known = model.link.trouble.as_ref().is_some_and(|before| before.problem == trouble.problem);
    if !known {
        note(model, trouble.at, EntryKind::Trouble, text::harmless(&trouble.problem.what));
    }
    if trouble.unknown.is_some() || model.unknown.is_some() {
        model.unknown.clone_from(&trouble.unknown);
        model.inspector.drop_raw();
    }
    model.link.failed(trouble);
}

/// Shows changes, or keeps them until the screen may move again.
fn take_in(model: &mut Model, changes: Vec<Change>, now: Moment) {
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
                let kind = match (before.kind, change.kind) {
                    (ChangeKind::New, ChangeKind::Updated | ChangeKind::Unchanged) => ChangeKind::New,
                    (ChangeKind::Updated, ChangeKind::Unchanged) => ChangeKind::Updated,
                    (_, kind) => kind,
                };
                let arrived = before.arrived.saturating_add(change.arrived);
                let previous = before.previous.clone();
                entry.insert(Change { kind, previous, arrived, ..change });
            }
        }
    }
}

fn show(model: &mut Model, changes: &[Change], now: Moment) {
    let height = model.types_height();
    let told: Vec<_> = changes
        .iter()
        .filter_map(|change| {
            let before = model.types.row(&change.event_type).map_or(0, |row| row.captured);
            entry(change, change.captured.saturating_sub(before))
        })
        .collect();
    expect_findings(model, changes);
    model.types.apply(changes, height, now);
    model.types.select_something(height);
    let shown = model.inspector.shown().map(|shown| shown.event_type.clone());
    let inspector_height = model.inspector_height();
    for change in changes.iter().filter(|change| Some(&change.event_type) == shown.as_ref()) {
        if let Some(payload) = &change.payload {
            model.inspector.newer(payload, change.arrived, inspector_height);
        }
    }
    if told.len() > ENTRIES_A_POLL {
        let at = changes.first().map_or(now, |change| change.at);
        let rest = told.len() - ENTRIES_A_POLL;
        note(model, at, EntryKind::Note, format!("and {rest} more types changed"));
    }
    for entry in told.into_iter().take(ENTRIES_A_POLL).rev() {
        model.activity.push(entry);
    }
}

/// Has the newest events linted that `changes` bring.
fn expect_findings(model: &mut Model, changes: &[Change]) {
    for change in changes {
        let known = model.types.row(&change.event_type).and_then(|row| row.payload.as_ref());
        if let Some(payload) =
            change.payload.as_ref().filter(|payload| !known.is_some_and(|known| Arc::ptr_eq(known, payload)))
        {
            model.unlinted.push((change.event_type.clone(), Arc::clone(payload)));
        }
    }
}

/// Learns what is wrong with events, and tells what is news of it. Of what was there at the start only a summary is told.
fn learn(model: &mut Model, linted: &[Linted], now: Moment) {
    let mut told = Vec::new();
    for linted in linted {
        model.inspector.learn(linted);
        let news = model.types.learn(linted);
        if model.baseline.as_mut().is_some_and(|baseline| baseline.counts(linted)) {
            continue;
        }
        told.extend(findings::headline(&news).map(|(severity, text)| {
            let subject = linted.event_type.as_str().to_owned();
            Entry { at: now, kind: EntryKind::Finding(severity), subject, text }
        }));
    }
    let height = model.types_height();
    model.types.learnt(height, now);
    if let Some((worst, text)) = model.baseline.as_ref().and_then(Baseline::summary) {
        note(model, now, worst.map_or(EntryKind::Note, EntryKind::Finding), text);
        model.baseline = None;
    }
    if told.len() > ENTRIES_A_POLL {
        note(model, now, EntryKind::Note, format!("and findings in {} more types", told.len() - ENTRIES_A_POLL));
    }
    for entry in told.into_iter().take(ENTRIES_A_POLL).rev() {
        model.activity.push(entry);
    }
}

/// What the activity log says of a change that brought `captured` new payloads; nothing of one for which no event
/// came.
fn entry(change: &Change, captured: u64) -> Option<Entry> {
    let fields = change.payload.as_ref().map(|payload| match payload.facts().fields {
        1 => "1 field".to_owned(),
        fields => format!("{fields} fields"),
    });
    let fields = fields.unwrap_or_else(|| "a count without an event".into());
    let came = match (change.arrived, captured) {
        (0 | 1, _) => "a newer event".to_owned(),
        (arrived, captured) if captured >= arrived => format!("{} events came", time::count(arrived)),
        (arrived, captured) => {
            format!("{} events came, {} of them captured", time::count(arrived), time::count(captured))
        }
    };
    let (kind, text) = match change.kind {
        ChangeKind::New if change.arrived > 1 => (EntryKind::New, format!("new type · {came} · {fields}")),
        ChangeKind::New => (EntryKind::New, format!("new type · {fields}")),
        ChangeKind::Updated => (EntryKind::Updated, format!("{came} · {fields}")),
        ChangeKind::Unchanged if change.arrived > 0 => {
            let received = time::count(change.arrived);
            (EntryKind::Updated, format!("{received} received, and the newest event is the same"))
        }
        ChangeKind::Unchanged => return None,
        ChangeKind::Gone => (EntryKind::Gone, "no longer known to the endpoint; the last event stays here".into()),
    };
    Some(Entry { at: change.at, kind, subject: change.event_type.as_str().to_owned(), text })
}

fn note(model: &mut Model, at: Moment, kind: EntryKind, text: String) {
    model.activity.push(Entry { at, kind, subject: String::new(), text });
}

pub(super) fn toast(model: &mut Model, now: Moment, text: String) {
    let until = Moment { elapsed: now.elapsed + TOAST, ..now };
    model.toast = Some(Toast { text, until, bad: false });
}

pub(super) fn bad_toast(model: &mut Model, now: Moment, text: String) {
    toast(model, now, text);
    if let Some(toast) = &mut model.toast {
        toast.bad = true;
    }
}

fn press(model: &mut Model, key: Key, now: Moment) -> Vec<Effect> {
    let context = model.context();
    if let Some(action) = keymap::action(context, key) {
        return act(model, action, context, now);
    }
    if let (KeyCode::Char(c), false, false) = (key.code, key.ctrl, key.alt) {
        if matches!(context, Context::Composer | Context::Completion) {
            return composer::type_text(model, c, now);
        }
        type_text(model, c.encode_utf8(&mut [0; 4]), now);
    }
    Vec::new()
}

fn paste(model: &mut Model, pasted: &str, now: Moment) -> Vec<Effect> {
    composer::paste(model, pasted, now).unwrap_or_else(|| {
        let line = pasted.lines().next().unwrap_or_default();
        type_text(model, line, now);
        Vec::new()
    })
}

/// Takes in text for the line that is being edited, if one is.
fn type_text(model: &mut Model, text: &str, now: Moment) {
    if let Some(input) = model.mode.input_mut() {
        for c in text.chars().filter(|c| !c.is_control()) {
            input.handle(InputRequest::InsertChar(c));
        }
        edited(model, now);
    }
}

fn edited(model: &mut Model, now: Moment) {
    let (types_height, height) = (model.types_height(), model.inspector_height());
    match &mut model.mode {
        Mode::Filter(input) => model.types.set_filter(input.value(), types_height, now),
        Mode::Search(input) => {
            if let Some(tree) = model.inspector.tree_mut() {
                tree.search_for(input.value());
                tree.go_to_match_from_here(height);
            }
            model.inspector.hold();
        }
        Mode::Picker(picker) => picker.search(),
        _ => {}
    }
}

fn act(model: &mut Model, action: Action, context: Context, now: Moment) -> Vec<Effect> {
    if let Some(effects) = composer::act(model, action, context, now) {
        return effects;
    }
    let types_height = model.types_height();
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::Poll => {
            toast(model, now, "polling now".into());
            return vec![Effect::PollNow];
        }
        Action::Slower => step_interval(model, true, now),
        Action::Faster => step_interval(model, false, now),
        Action::Back => back(model, now),
        Action::Help => model.mode = Mode::Help { offset: 0 },
        Action::Pause => pause(model, now),
        Action::NextPane => move_focus(model, 1),
        Action::PreviousPane => move_focus(model, 2),
        Action::Zoom => model.zoomed = !model.zoomed,
        Action::Up => move_by(model, context, -1),
        Action::Down => move_by(model, context, 1),
        Action::PageUp => move_by(model, context, -page(model, context)),
        Action::PageDown => move_by(model, context, page(model, context)),
        Action::First => move_by(model, context, isize::MIN),
        Action::Last => move_by(model, context, isize::MAX),
        Action::Inspect => model.focus = Pane::Inspector,
        Action::Filter => model.mode = Mode::Filter(Input::new(model.types.query().to_owned())),
        Action::Sort => model.types.sort_by_next(types_height, now),
        Action::Reverse => model.types.reverse(types_height, now),
        Action::Open => {
            if in_tree(model, Tree::toggle) == Some(false) {
                view_value(model);
            }
        }
        Action::In => in_tree(model, Tree::go_in).unwrap_or_default(),
        Action::Out if matches!(context, Context::Raw | Context::Findings) => model.inspector.select_tab(Tab::Tree),
        Action::Out => {
            let row = model.inspector.tree().and_then(Tree::selected);
            if row.is_none_or(|row| row.depth == 0 && row.open != Some(true)) {
                leave_inspector(model);
            } else {
                in_tree(model, Tree::go_out);
            }
        }
        Action::Level(level) => {
            in_tree(model, |tree, height| tree.open_to_level(level.into(), height)).unwrap_or_default();
        }
        Action::OpenAll => in_tree(model, Tree::open_all).unwrap_or_default(),
        Action::View => view_value(model),
        Action::Search => {
            let query = model.inspector.tree().map_or_else(String::new, |tree| tree.query().to_owned());
            model.mode = Mode::Search(Input::new(query));
        }
        Action::NextMatch | Action::PreviousMatch => {
            in_tree(model, |tree, height| tree.go_to_match(action == Action::NextMatch, height));
        }
        Action::NextFinding | Action::PreviousFinding => go_to_finding(model, action == Action::NextFinding, now),
        Action::Earlier => go_to_earlier(model, now),
        Action::GoToField => go_to_field(model),
        Action::Follow => {
            let height = model.inspector_height();
            model.inspector.follow(height);
        }
        Action::NextTab => model.inspector.turn_tabs(1),
        Action::PreviousTab => model.inspector.turn_tabs(Tab::ALL.len() - 1),
        Action::Copy => {
            if model.inspector.shown().is_some() {
                model.mode = Mode::Copy;
            }
        }
        Action::CopyTarget(target) => return copy::text(model, target, now).map(Effect::Copy).into_iter().collect(),
        Action::PrintTarget(target) => {
            let printed = copy::text(model, target, now);
            return printed.map(|text| Effect::Print(copy::harmless_lines(&text))).into_iter().collect();
        }
        Action::Accept => model.mode = Mode::Panes,
        Action::Compose
        | Action::Resend
        | Action::Send
        | Action::EditDraft
        | Action::Undo
        | Action::Redo
        | Action::Reformat
        | Action::Fix
        | Action::OutsideEditor
        | Action::Complete
        | Action::Indent
        | Action::NewLine
        | Action::SaveTemplate
        | Action::CopyCommand
        | Action::PrintCommand => {}
        Action::Edit(edit) => edit_line(model, edit, now),
    }
    Vec::new()
}

fn edit_line(model: &mut Model, edit: LineEdit, now: Moment) {
    if let Some(input) = model.mode.input_mut() {
        input.handle(request(edit));
        edited(model, now);
    }
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

/// Steps back one level, and at the outermost one does nothing.
fn back(model: &mut Model, now: Moment) {
    let height = model.types_height();
    match &model.mode {
        Mode::Filter(_) => {
            model.mode = Mode::Panes;
            model.types.set_filter("", height, now);
        }
        Mode::Search(_) => {
            model.mode = Mode::Panes;
            if let Some(tree) = model.inspector.tree_mut() {
                tree.search_for("");
            }
        }
        Mode::Copy
        | Mode::Reader(_)
        | Mode::Help { .. }
        | Mode::Picker(_)
        | Mode::Confirm(_)
        | Mode::TemplateName(_) => model.mode = Mode::Panes,
        Mode::Panes if model.focus == Pane::Inspector => {
            match model.inspector.tree_mut().filter(|tree| !tree.query().is_empty()) {
                Some(tree) => tree.search_for(""),
                None if model.zoomed => model.zoomed = false,
                None => leave_inspector(model),
            }
        }
        Mode::Panes if model.zoomed => model.zoomed = false,
        Mode::Panes if model.focus == Pane::Activity => model.focus = Pane::Types,
        Mode::Panes if !model.types.query().is_empty() => model.types.set_filter("", height, now),
        Mode::Panes => {}
    }
}

/// Goes back to the table. A reader who has left the event behind wants to see the newest one again.
fn leave_inspector(model: &mut Model) {
    let height = model.inspector_height();
    model.inspector.follow(height);
    model.focus = Pane::Types;
}

fn pause(model: &mut Model, now: Moment) {
    match model.pause.take() {
        None => model.pause = Some(Pause { since: now, arrived: 0, changes: IndexMap::new() }),
        Some(pause) => {
            let changes: Vec<_> = pause.changes.into_values().collect();
            show(model, &changes, now);
        }
    }
}

/// Gives the focus to the pane `steps` further on.
fn move_focus(model: &mut Model, steps: usize) {
    const PANES: [Pane; 3] = [Pane::Types, Pane::Inspector, Pane::Activity];
    let at = PANES.iter().position(|pane| *pane == model.focus).unwrap_or(0);
    if let Some(pane) = PANES.iter().cycle().nth(at + steps) {
        model.focus = *pane;
    }
}

fn step_interval(model: &mut Model, longer: bool, now: Moment) {
    let next = if longer {
        INTERVALS.iter().find(|interval| **interval > model.interval)
    } else {
        INTERVALS.iter().rev().find(|interval| **interval < model.interval)
    };
    let Some(&interval) = next else {
        toast(model, now, format!("polling every {} already: that is the limit", time::span(model.interval)));
        return;
    };
    model.interval = interval;
    toast(model, now, format!("polling every {}", time::span(interval)));
}

fn page(model: &Model, context: Context) -> isize {
    let height = match context {
        Context::Types | Context::Filter => model.types_height(),
        Context::Tree | Context::Raw => model.inspector_height(),
        Context::Findings => model.findings_height(),
        Context::Activity => model.activity_height(),
        _ => model.overlay_height(),
    };
    // One row of the page before stays, so that the eye finds on.
    isize::try_from(height).unwrap_or(1).saturating_sub(1).max(1)
}

/// Moves the cursor of `context` by `rows`, or its view where it has no cursor.
pub(super) fn move_by(model: &mut Model, context: Context, rows: isize) {
    let (types, inspector) = (model.types_height(), model.inspector_height());
    let (activity, overlay) = (model.activity_height(), model.overlay_height());
    match context {
        Context::Types | Context::Filter => match rows {
            isize::MIN => model.types.select(0, types),
            isize::MAX => model.types.select_last(types),
            _ => model.types.move_by(rows, types),
        },
        Context::Tree => in_tree(model, |tree, height| tree.move_by(rows, height)).unwrap_or_default(),
        Context::Findings => {
            let height = model.findings_height();
            model.inspector.hold();
            if let Some(findings) = model.inspector.findings_mut() {
                findings.move_by(rows, height);
            }
        }
        Context::Raw => {
            model.inspector.hold();
            if let Some(raw) = model.inspector.raw_mut() {
                raw.scroll(rows, inspector);
            }
        }
        Context::Activity => model.activity.scroll(rows, activity),
        Context::Reader => {
            if let Mode::Reader(reader) = &mut model.mode {
                reader.scroll(rows, overlay);
            }
        }
        Context::Help => {
            if let Mode::Help { offset } = &mut model.mode {
                let last = keymap::help().len().saturating_sub(overlay);
                *offset = offset.saturating_add_signed(rows).min(last);
            }
        }
        _ => {}
    }
}

/// Does something in the tree, which is what makes the inspector hold still.
fn in_tree<T>(model: &mut Model, work: impl FnOnce(&mut Tree, usize) -> T) -> Option<T> {
    let height = model.inspector_height();
    model.inspector.hold();
    model.inspector.tree_mut().map(|tree| work(tree, height))
}

/// Moves the tree's cursor to the next field with a finding, or to the one before.
fn go_to_finding(model: &mut Model, forward: bool, now: Moment) {
    let at = model.inspector.tree().and_then(Tree::selected).map_or(NodeId::ROOT, |row| row.spot.node);
    let found = model.inspector.findings().and_then(List::current);
    match found.map(|found| found.next(at, forward)) {
        Some(Some(node)) => in_tree(model, |tree, height| tree.reveal(node, height)).unwrap_or_default(),
        Some(None) => toast(model, now, "nothing wrong was found".into()),
        None => toast(model, now, "not looked at yet".into()),
    }
}

/// Shows the last event of the type that had worse findings than the newest, at the worst of them.
fn go_to_earlier(model: &mut Model, now: Moment) {
    let newest = model.types.selected().and_then(|(_, row)| row.payload.clone());
    let earlier = model.earlier().map(|earlier| (earlier.linted.clone(), earlier.newer));
    let Some(((linted, newer), newest)) = earlier.zip(newest) else {
        toast(model, now, "no event before had worse findings than the newest".into());
        return;
    };
    let height = model.inspector_height();
    model.inspector.show_earlier(&linted, newest, newer, height);
    model.focus = Pane::Inspector;
    if model.tab() == Tab::Tree
        && let Some(worst) = linted.found.findings().first()
    {
        in_tree(model, |tree, height| tree.reveal(tree.nearest(worst.path.clone()), height)).unwrap_or_default();
    }
}

/// Goes from a finding to its field in the tree; to the container it would be in, when it is missing.
pub(super) fn go_to_field(model: &mut Model) {
    let Some(path) = model.inspector.finding().map(|finding| finding.path.clone()) else { return };
    model.inspector.select_tab(Tab::Tree);
    in_tree(model, |tree, height| tree.reveal(tree.nearest(path), height)).unwrap_or_default();
}

fn view_value(model: &mut Model) {
    if let Some((title, source)) = model.inspector.readable() {
        let width = model.overlay().inner().width.into();
        model.inspector.hold();
        model.mode = Mode::Reader(Reader::new(title, &source, width));
    }
}
