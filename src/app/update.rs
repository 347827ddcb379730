use std::time::Duration;

use indexmap::IndexMap;
use tui_input::{Input, InputRequest};

use super::activity::EntryKind;
use super::findings::List;
use super::inspector::Tab;
use super::keymap::{self, Action, Context, LineEdit};
use super::layout::Pane;
use super::model::{Pause, TOAST};
use super::pager::Pager;
use super::reports::{hear, learn, note, show};
use super::tree::Tree;
use super::{Effect, Key, KeyCode, Message, Mode, Model, Outcome, Size, Toast, composer, copy, mouse, outbox, time};
use crate::event::{NodeId, text};
use crate::session::Moment;

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
    outbox::expire(model, now);
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
            outbox::abandon(model, None, "polling has ended", now)
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
                Outcome::NotSent { batch, why } => {
                    bad_toast(model, now, text::harmless(&why));
                    return outbox::abandon(model, Some(batch), &why, now);
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
    if let Mode::Pager(reader) = &mut model.mode {
        reader.fit(width);
    }
    model.activity.scroll(0, model.activity_height());
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
        Action::Help => open_help(model, context),
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
        Action::NextTab => turn_tabs(model, 1),
        Action::PreviousTab => turn_tabs(model, Tab::ALL.len() - 1),
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

/// Opens the help: in a pane at its start, elsewhere at what is said of where the reader is.
pub(super) fn open_help(model: &mut Model, context: Context) {
    model.mode = Mode::Help { offset: 0 };
    if !context.is_pane() {
        let title = keymap::HelpLine::Title(context.title());
        let at = keymap::help().iter().position(|line| *line == title).unwrap_or(0);
        move_by(model, Context::Help, isize::try_from(at).unwrap_or(0));
    }
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
        | Mode::Pager(_)
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
        Context::Pager => {
            if let Mode::Pager(reader) = &mut model.mode {
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

/// Goes to another tab. From a field with a finding the list of findings begins at that one; from the event itself, where
/// the cursor is at first, at the worst.
fn turn_tabs(model: &mut Model, steps: usize) {
    let is_field = model.inspector.tree().and_then(Tree::selected).is_some_and(|row| row.depth > 0);
    let at_field = model.inspector.finding().filter(|_| is_field && model.tab() == Tab::Tree).cloned();
    model.inspector.turn_tabs(steps);
    let height = model.findings_height();
    if let (Some(finding), Tab::Findings, Some(list)) = (at_field, model.tab(), model.inspector.findings_mut()) {
        list.select_finding(&finding, height);
    }
}

/// Moves the tree's cursor to the next field with a finding, or to the one before; from the table, to the first.
fn go_to_finding(model: &mut Model, forward: bool, now: Moment) {
    let at = model.inspector.tree().and_then(Tree::selected).map_or(NodeId::ROOT, |row| row.spot.node);
    let found = model.inspector.findings().and_then(List::current);
    match found.map(|found| found.next(at, forward)) {
        Some(Some(node)) => {
            model.focus = Pane::Inspector;
            model.inspector.select_tab(Tab::Tree);
            in_tree(model, |tree, height| tree.reveal(node, height)).unwrap_or_default();
        }
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
        model.mode = Mode::Pager(Pager::new(title, &source, width));
    }
}
