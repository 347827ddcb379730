//! What happens to the composer.

use jiff::Timestamp;
use tui_input::Input;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::completion::Completion;
use super::editor::Editor;
use super::picker::{Beginning, Picker};
use super::quick_fix::{fix, step};
use super::{Composition, Confirm, Preview, Ready, Refusal, Tab, resend, verdict};
use crate::app::keymap::{Action, Context};
use crate::app::layout::{self, Pane};
use crate::app::pager::Pager;
use crate::app::update::{bad_toast, toast};
use crate::app::{Draft, DraftId, Effect, Mode, Model, Mouse, MouseKind, Outcome, copy, outbox};
use crate::blueshift::recipients::about;
use crate::blueshift::safety::{Forbidden, WORD};
use crate::blueshift::{Batch, curl};
use crate::event::catalogue::{Catalogue, Template};
use crate::event::syntax::{self, TokenKind};
use crate::event::text;
use crate::session::Moment;

/// The longest name of a template.
const LONGEST_NAME: usize = 64;

/// Does what a key means in the composer and in what belongs to it; `None` when it is not the composer's matter.
pub(in crate::app) fn act(model: &mut Model, action: Action, context: Context, now: Moment) -> Option<Vec<Effect>> {
    match context {
        Context::Picker => act_in_picker(model, action, now),
        Context::Confirm => act_in_confirm(model, action, now),
        Context::TemplateName => act_in_template_name(model, action, now),
        Context::Completion => act_in_completion(model, action, now).or_else(|| act_in_editor(model, action, now)),
        Context::Composer => act_in_editor(model, action, now),
        Context::Preview | Context::Proof => act_in_tab(model, action, now),
        _ => match action {
            Action::Compose => {
                let picker = Picker::new(&model.composer, &model.sending, &model.inspector, now.wall);
                model.mode = Mode::Picker(picker);
                Some(Vec::new())
            }
            Action::Resend => {
                resend(model, now);
                Some(Vec::new())
            }
            _ => None,
        },
    }
}

fn act_in_picker(model: &mut Model, action: Action, now: Moment) -> Option<Vec<Effect>> {
    let height = model.picker_height();
    let Mode::Picker(picker) = &mut model.mode else { return None };
    let page = isize::try_from(height).unwrap_or(1).saturating_sub(1).max(1);
    match action {
        Action::Up => picker.move_by(-1, height),
        Action::Down => picker.move_by(1, height),
        Action::PageUp => picker.move_by(-page, height),
        Action::PageDown => picker.move_by(page, height),
        Action::Accept => pick(model, now),
        Action::Back => model.mode = Mode::Panes,
        _ => return None,
    }
    Some(Vec::new())
}

/// Begins with what the picker's cursor is on.
fn pick(model: &mut Model, now: Moment) {
    let Mode::Picker(picker) = &model.mode else { return };
    let Some(choice) = picker.selected().cloned() else { return };
    match choice.beginning {
        Beginning::Open => open(model),
        Beginning::Draft(id) => {
            let Some(at) = model.sending.drafts.iter().position(|draft| draft.id == id) else { return };
            let Draft { id, text, changed } = model.sending.drafts.remove(at);
            let mut composition = Composition::new(id, choice.name, &text, changed);
            composition.touched = true;
            hold(model, composition);
        }
        Beginning::Received => resend(model, now),
        Beginning::Own(Template { name, text, .. }) | Beginning::Standard(Template { name, text, .. }) => {
            begin(model, &name, &text, now);
        }
        Beginning::Empty => begin(model, "", "", now),
    }
}

/// Begins with the event under the cursor.
fn resend(model: &mut Model, now: Moment) {
    let Some(shown) = model.inspector.shown() else {
        return bad_toast(model, now, "no event is selected: choose one that can be sent again".into());
    };
    let name = shown.event_type.as_str().to_owned();
    let (draft, taken_out) = match &shown.tree {
        Ok(tree) => resend::draft(tree.document(), &name),
        Err(_) => (shown.payload.text().to_owned(), Vec::new()),
    };
    begin(model, &name, &draft, now);
    if let Some(composition) = model.composer.on_screen_mut() {
        composition.taken_out = taken_out;
    }
}

/// Begins a composition with a draft of that name.
fn begin(model: &mut Model, name: &str, draft: &str, now: Moment) {
    let title = if name.is_empty() { "new draft".to_owned() } else { text::harmless_within(name, 256).0 };
    model.composer.begun += 1;
    let id = id_of(name, model.sending.seed, model.composer.begun, now.wall);
    hold(model, Composition::new(id, title, draft, now.wall));
}

/// A name by which drafts sort by time, safe for any file system.
pub(super) fn id_of(name: &str, seed: u128, begun: u64, now: Timestamp) -> DraftId {
    const LONGEST: usize = 40;
    let safe = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name: String = name.chars().filter(safe).take(LONGEST).map(|c| c.to_ascii_lowercase()).collect();
    let name = if name.is_empty() { "draft" } else { &name };
    let mark = xxh3_64_with_seed(&seed.to_be_bytes(), begun) & 0xffff;
    DraftId(format!("{}-{name}-{mark:04x}", now.strftime("%Y%m%dT%H%M%SZ")))
}

/// Takes up a composition; the one before is left among the drafts, if it is worth it.
fn hold(model: &mut Model, composition: Composition) {
    if let Some(before) = model.composer.composition.replace(composition)
        && before.touched
    {
        let draft = Draft { text: before.editor.text(), id: before.id, changed: before.changed };
        model.sending.drafts.insert(0, draft);
    }
    open(model);
}

fn open(model: &mut Model) {
    model.mode = Mode::Panes;
    if !model.composer.open {
        model.composer.open = true;
        model.composer.came_from = model.focus;
    }
    model.focus = Pane::Inspector;
    if let Some(composition) = &mut model.composer.composition {
        composition.tab = Tab::Edit;
    }
}

fn close(model: &mut Model) {
    model.composer.open = false;
    model.focus = model.composer.came_from;
    if let Some(composition) = &mut model.composer.composition {
        composition.completion = None;
        composition.findings.wanted = false;
    }
}

fn act_in_editor(model: &mut Model, action: Action, now: Moment) -> Option<Vec<Effect>> {
    let height = model.composer_areas().map_or(1, |areas| areas.text.height);
    let page = isize::try_from(height).unwrap_or(1).saturating_sub(1).max(1);
    let move_by = |model: &mut Model, lines| {
        in_view(model, |editor| editor.move_by(lines));
        Vec::new()
    };
    Some(match action {
        Action::Back => {
            close(model);
            Vec::new()
        }
        Action::Send => send(model, now),
        Action::NextTab => select_tab(model, Tab::Preview, now),
        Action::Up => move_by(model, -1),
        Action::Down => move_by(model, 1),
        Action::PageUp => move_by(model, -page),
        Action::PageDown => move_by(model, page),
        Action::First => move_by(model, isize::MIN),
        Action::Last => move_by(model, isize::MAX),
        Action::Edit(edit) => change(model, now, |editor| editor.edit(edit)),
        Action::NewLine => change(model, now, Editor::new_line),
        Action::Undo => take_back(model, now, Editor::undo, "nothing to undo"),
        Action::Redo => take_back(model, now, Editor::redo, "nothing to redo"),
        Action::Reformat => reformat(model, now),
        Action::Fix => fix(model, now),
        Action::NextFinding => step(model, true, now),
        Action::PreviousFinding => step(model, false, now),
        Action::Complete => complete(model, false, now),
        Action::Indent => complete(model, true, now),
        Action::OutsideEditor => {
            let composition = model.composer.on_screen()?;
            vec![Effect::Edit { draft: composition.id.clone(), text: composition.editor.text() }]
        }
        Action::SaveTemplate => ask_for_name(model),
        _ => return None,
    })
}

/// Does something in the editor that is no change of the text.
pub(super) fn in_view(model: &mut Model, work: impl FnOnce(&mut Editor)) {
    if let Some(composition) = model.composer.on_screen_mut() {
        composition.completion = None;
        composition.findings.wanted = false;
        work(&mut composition.editor);
    }
}

/// Does something to the text, and keeps what came of it. Proposals for the cursor follow it.
pub(super) fn change(model: &mut Model, now: Moment, work: impl FnOnce(&mut Editor)) -> Vec<Effect> {
    let Some(composition) = model.composer.on_screen_mut() else { return Vec::new() };
    let revision = composition.editor.revision();
    composition.findings.wanted = false;
    work(&mut composition.editor);
    let asked = composition.completion.take().is_some();
    if composition.editor.revision() == revision {
        return Vec::new();
    }
    composition.touch(now.wall);
    if asked {
        composition.completion = proposals(&composition.editor, &model.sending.environment);
    }
    vec![Effect::KeepDraft { draft: composition.id.clone(), text: composition.editor.text() }]
}

fn proposals(editor: &Editor, environment: &std::collections::BTreeMap<String, String>) -> Option<Completion> {
    Completion::at_cursor(editor, Catalogue::standard(), environment)
}

fn take_back(model: &mut Model, now: Moment, work: fn(&mut Editor) -> bool, otherwise: &str) -> Vec<Effect> {
    let mut done = false;
    let effects = change(model, now, |editor| done = work(editor));
    if let Some(composition) = model.composer.on_screen_mut() {
        composition.completion = None;
    }
    if !done {
        toast(model, now, otherwise.into());
    }
    effects
}

fn reformat(model: &mut Model, now: Moment) -> Vec<Effect> {
    let Some(composition) = model.composer.on_screen_mut() else { return Vec::new() };
    match syntax::format(&composition.editor.text()) {
        Ok(formatted) => change(model, now, |editor| editor.set_text(formatted.trim_end())),
        Err(error) => {
            composition.completion = None;
            composition.editor.go_to(error.line.saturating_sub(1), error.column.saturating_sub(1));
            bad_toast(model, now, "it is not JSON yet".into());
            Vec::new()
        }
    }
}

/// Proposes what can stand at the cursor. Where nothing can, `indent` says whether to indent instead.
fn complete(model: &mut Model, indent: bool, now: Moment) -> Vec<Effect> {
    let Some(composition) = model.composer.on_screen_mut() else { return Vec::new() };
    let editor = &composition.editor;
    let cursor = editor.cursor();
    let before = editor.lines().get(cursor.line).and_then(|line| line.get(..cursor.byte)).unwrap_or_default();
    // Where nothing is written yet, the key that indents should.
    let blank = before.trim().is_empty();
    let in_string = matches!(syntax::tokens(before).last(), Some((range, TokenKind::Unknown))
        if before.get(range.clone()).is_some_and(|open| open.starts_with('"')));
    let proposed = if indent && blank { None } else { proposals(editor, &model.sending.environment) };
    match proposed {
        Some(only) if only.proposals().len() == 1 => {
            composition.completion = None;
            change(model, now, |editor| only.take(editor))
        }
        // Spaces in the middle of a string are never what was meant.
        None if indent && !in_string => change(model, now, Editor::indent),
        None => {
            composition.completion = None;
            toast(model, now, "nothing is known that could stand here".into());
            Vec::new()
        }
        proposed => {
            composition.completion = proposed;
            Vec::new()
        }
    }
}

fn act_in_completion(model: &mut Model, action: Action, now: Moment) -> Option<Vec<Effect>> {
    let completion = &mut model.composer.on_screen_mut()?.completion;
    match action {
        Action::Up => completion.as_mut()?.move_by(-1),
        Action::Down => completion.as_mut()?.move_by(1),
        Action::Back => *completion = None,
        Action::Accept => {
            let taken = completion.take()?;
            return Some(change(model, now, |editor| taken.take(editor)));
        }
        _ => return None,
    }
    Some(Vec::new())
}

fn act_in_tab(model: &mut Model, action: Action, now: Moment) -> Option<Vec<Effect>> {
    let tab = model.composer.on_screen()?.tab;
    let height = model.composer_areas().map_or(1, |areas| areas.page.height.into());
    let page = isize::try_from(height).unwrap_or(1).saturating_sub(1).max(1);
    let rows = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -page,
        Action::PageDown => page,
        Action::First => isize::MIN,
        Action::Last => isize::MAX,
        _ => 0,
    };
    if rows != 0 {
        scroll(model, tab, rows, height);
        return Some(Vec::new());
    }
    Some(match action {
        Action::Back => {
            close(model);
            Vec::new()
        }
        Action::Send => send(model, now),
        Action::NextTab => select_tab(model, if tab == Tab::Preview { Tab::Proof } else { Tab::Edit }, now),
        Action::PreviousTab => select_tab(model, if tab == Tab::Preview { Tab::Proof } else { Tab::Preview }, now),
        Action::EditDraft => select_tab(model, Tab::Edit, now),
        Action::SaveTemplate => ask_for_name(model),
        Action::CopyCommand => commands(model, now).map(Effect::Copy).into_iter().collect(),
        Action::PrintCommand => {
            commands(model, now).map(|text| Effect::Print(copy::harmless_lines(&text))).into_iter().collect()
        }
        _ => return None,
    })
}

fn scroll(model: &mut Model, tab: Tab, rows: isize, height: usize) {
    match tab {
        Tab::Edit => in_view(model, |editor| editor.scroll(rows, height)),
        Tab::Preview => {
            let preview = model.composer.on_screen_mut().and_then(|composition| composition.preview.as_mut());
            if let Some(Ok(reader)) = preview.map(|preview| &mut preview.page) {
                reader.scroll(rows, height);
            }
        }
        Tab::Proof => model.outbox.scroll(rows, height),
    }
}

/// The commands of the preview; a word about it where there are none.
fn commands(model: &mut Model, now: Moment) -> Option<String> {
    let preview = model.composer.on_screen()?.preview.as_ref()?;
    if preview.page.is_ok() {
        return Some(preview.commands.clone());
    }
    bad_toast(model, now, "there is no command to copy: the draft cannot be sent as it is".into());
    None
}

fn select_tab(model: &mut Model, tab: Tab, now: Moment) -> Vec<Effect> {
    let preview = (tab == Tab::Preview).then(|| preview(model, now)).flatten();
    if let Some(composition) = model.composer.on_screen_mut() {
        composition.tab = tab;
        composition.preview = preview;
        composition.completion = None;
        composition.findings.wanted = false;
    }
    Vec::new()
}

/// The calls that the draft would be sent with now.
fn preview(model: &Model, now: Moment) -> Option<Preview> {
    let composition = model.composer.on_screen()?;
    let width = model.composer_areas().map_or(1, |areas| areas.page.width.into());
    let seq = model.composer.next();
    let batch = verdict::batch(&composition.editor.text(), &model.sending, seq, now.wall);
    let commands = batch.as_ref().map_or_else(
        |_| String::new(),
        |batch| {
            let calls = batch.calls(model.sending.limits);
            let written = calls.iter().map(|call| curl::write(call, &model.sending.base, &model.sending.key_variable));
            written.collect::<Vec<_>>().join("\n\n")
        },
    );
    let page = batch.map(|_| Pager::new(String::new(), &commands, width));
    Some(Preview { commands, page })
}

/// Sends the draft, unless something is wrong with it or somebody has to be asked.
fn send(model: &mut Model, now: Moment) -> Vec<Effect> {
    if let Some(place) = &model.sending.safety.read_only {
        let refused = Forbidden::ReadOnly(place.clone()).to_string();
        bad_toast(model, now, text::harmless(&refused));
        return Vec::new();
    }
    let seq = model.composer.next();
    let Some(composition) = model.composer.on_screen_mut() else { return Vec::new() };
    composition.completion = None;
    composition.findings.wanted = false;
    let draft = composition.editor.text();
    match verdict::batch(&draft, &model.sending, seq, now.wall) {
        Err(refusal) => refuse(model, &refusal, now),
        Ok(batch) => {
            let triggers = verdict::triggers(&batch);
            let confirmed = model.composer.confirmed;
            if !model.sending.safety.production || confirmed && triggers.is_empty() {
                return deliver(model, batch, now);
            }
            let ready = Ready::of(&batch, &model.sending);
            let word = (!confirmed).then(Input::default);
            let about = about(&batch);
            model.mode = Mode::Confirm(Box::new(Confirm { word, ready, about, triggers, draft }));
            Vec::new()
        }
    }
}

/// Sends nothing, and goes to where the draft is wrong. The status line under it says why.
fn refuse(model: &mut Model, refusal: &Refusal, now: Moment) -> Vec<Effect> {
    if let Some(composition) = model.composer.on_screen_mut() {
        if let Some((line, column)) = refusal.place {
            composition.editor.go_to(line.saturating_sub(1), column.saturating_sub(1));
        }
        composition.tab = Tab::Edit;
    }
    bad_toast(model, now, "nothing was sent".into());
    Vec::new()
}

fn act_in_confirm(model: &mut Model, action: Action, now: Moment) -> Option<Vec<Effect>> {
    match action {
        Action::Back => {
            model.mode = Mode::Panes;
            toast(model, now, "nothing was sent".into());
            Some(Vec::new())
        }
        Action::Accept => {
            let Mode::Confirm(confirm) = &model.mode else { return None };
            if confirm.word.as_ref().is_some_and(|word| word.value().trim() != WORD) {
                bad_toast(model, now, format!("nothing was sent: type {WORD} first, or press esc"));
                return Some(Vec::new());
            }
            // Made anew, for it may have been looked at for long: `{{now}}` is when it is sent.
            let batch = verdict::batch(&confirm.draft, &model.sending, model.composer.next(), now.wall);
            model.composer.confirmed = true;
            model.mode = Mode::Panes;
            Some(match batch {
                Ok(batch) => deliver(model, batch, now),
                Err(refusal) => refuse(model, &refusal, now),
            })
        }
        _ => None,
    }
}

fn deliver(model: &mut Model, batch: Batch, now: Moment) -> Vec<Effect> {
    model.composer.sent += 1;
    select_tab(model, Tab::Proof, now);
    if let Some(composition) = model.composer.on_screen_mut() {
        composition.verdict.take();
        model.composer.sent_last = Some(composition.id.clone());
    }
    outbox::send(model, batch, now)
}

fn ask_for_name(model: &mut Model) -> Vec<Effect> {
    if let Some(composition) = model.composer.on_screen() {
        let lines = composition.editor.lines();
        let name = super::completion::event_type(lines).unwrap_or_default().to_lowercase();
        let name: String = name.chars().filter(|c| is_in_names(*c)).take(LONGEST_NAME).collect();
        model.mode = Mode::TemplateName(Input::new(free_name(&name, &model.sending.templates)));
    }
    Vec::new()
}

/// The name itself, or the first of `name-2`, `name-3`, … that no template has.
fn free_name(name: &str, own: &[Template]) -> String {
    let is_free = |name: &str| !is_standard(name) && own.iter().all(|template| template.name != name);
    if name.is_empty() || is_free(name) {
        return name.to_owned();
    }
    let mut numbered = (2_u64..).map(|number| {
        let number = format!("-{number}");
        // All of a name's characters are single bytes.
        let room = name.len().min(LONGEST_NAME - number.len());
        format!("{}{number}", name.get(..room).unwrap_or_default())
    });
    numbered.find(|name| is_free(name)).unwrap_or_default()
}

fn is_standard(name: &str) -> bool {
    Catalogue::standard().template(name).is_some()
}

fn act_in_template_name(model: &mut Model, action: Action, now: Moment) -> Option<Vec<Effect>> {
    match action {
        Action::Back => model.mode = Mode::Panes,
        Action::Accept => {
            let Mode::TemplateName(input) = &model.mode else { return None };
            let name = input.value().trim().to_owned();
            if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_in_names) {
                let rule = format!("a template's name is at most {LONGEST_NAME} of a-z, 0-9, _ and -: my_purchase");
                bad_toast(model, now, rule);
                return Some(Vec::new());
            }
            let text = model.composer.on_screen()?.editor.text();
            if model.sending.templates.iter().any(|own| own.name == name && own.text != text) {
                bad_toast(model, now, "there is a template of that name: choose another".into());
                return Some(Vec::new());
            }
            model.mode = Mode::Panes;
            return Some(vec![Effect::KeepTemplate { name, text }]);
        }
        _ => return None,
    }
    Some(Vec::new())
}

/// Whether a character may stand in the name of a template, which is a file's name too.
fn is_in_names(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '_' | '-')
}

/// Types a character into the draft, when it is on screen.
pub(in crate::app) fn type_text(model: &mut Model, c: char, now: Moment) -> Vec<Effect> {
    change(model, now, |editor| editor.type_char(c))
}

/// Takes pasted text in: a curl command as what it would send, anything else as it is. `None` when it is not the
/// composer's matter.
pub(in crate::app) fn paste(model: &mut Model, pasted: &str, now: Moment) -> Option<Vec<Effect>> {
    let command = curl_command(pasted);
    if command.is_some() && matches!(model.mode, Mode::Picker(_)) {
        begin(model, "", "", now);
    }
    let tab = model.composer.on_screen().filter(|_| matches!(model.mode, Mode::Panes))?.tab;
    let Some(command) = command else {
        return Some(if tab == Tab::Edit { change(model, now, |editor| editor.insert(pasted)) } else { Vec::new() });
    };
    match curl::read(command) {
        Err(error) => {
            bad_toast(model, now, text::harmless(&error.to_string()));
            Some(Vec::new())
        }
        Ok(taken) => {
            select_tab(model, Tab::Edit, now);
            let draft = syntax::format(&taken.draft).unwrap_or(taken.draft);
            let effects = change(model, now, |editor| editor.set_text(draft.trim_end()));
            let left_out = match taken.left_out.as_slice() {
                [] => String::new(),
                left_out => format!("; left out: {}", left_out.join(", ")),
            };
            toast(model, now, format!("taken over from the curl command{left_out}"));
            Some(effects)
        }
    }
}

/// The pasted text, when it is a curl command, without the prompt that it was copied with.
fn curl_command(pasted: &str) -> Option<&str> {
    let command = pasted.trim_start();
    let command = command.strip_prefix("$ ").map_or(command, str::trim_start);
    command.strip_prefix("curl").filter(|rest| rest.starts_with(char::is_whitespace)).map(|_| command)
}

/// Takes in what became of an effect; `None` when it is not the composer's matter.
pub(in crate::app) fn done(model: &mut Model, outcome: &Outcome, now: Moment) -> Option<Vec<Effect>> {
    match outcome {
        Outcome::DraftNotKept(why) => {
            let why = text::harmless(why);
            if model.composer.not_kept.as_ref() != Some(&why) {
                bad_toast(model, now, why.clone());
            }
            model.composer.not_kept = Some(why);
        }
        Outcome::DraftKeptAgain => model.composer.not_kept = None,
        Outcome::TemplateKept { name, text, place } => {
            let place = text::harmless(place);
            let templates = &mut model.sending.templates;
            templates.retain(|template| template.name != *name);
            let description = format!("kept in {place}");
            templates.insert(0, Template { name: name.clone(), description, text: text.clone() });
            let instead = if is_standard(name) { ", which takes the standard one's place," } else { "" };
            toast(model, now, format!("kept as the template {}{instead} in {place}", text::harmless(name)));
        }
        Outcome::Edited { draft, text } => {
            let Some(composition) = model.composer.composition.as_mut().filter(|held| held.id == *draft) else {
                if let Some(left) = model.sending.drafts.iter_mut().find(|left| left.id == *draft) {
                    left.text.clone_from(text);
                    left.changed = now.wall;
                }
                return Some(vec![Effect::KeepDraft { draft: draft.clone(), text: text.clone() }]);
            };
            let revision = composition.editor.revision();
            composition.editor.set_text(text.strip_suffix('\n').unwrap_or(text));
            if composition.editor.revision() == revision {
                return Some(Vec::new());
            }
            composition.touch(now.wall);
            composition.completion = None;
            if composition.tab == Tab::Preview {
                composition.tab = Tab::Edit;
            }
            return Some(vec![Effect::KeepDraft { draft: draft.clone(), text: composition.editor.text() }]);
        }
        Outcome::DraftLinted { number, answer } => {
            let Some(composition) = &mut model.composer.composition else { return Some(Vec::new()) };
            composition.findings.learn(*number, answer.as_deref(), &mut composition.editor);
            if std::mem::take(&mut composition.findings.wanted) {
                // Should this not be the answer that was waited for, it is wanted again.
                return Some(fix(model, now));
            }
        }
        _ => return None,
    }
    Some(Vec::new())
}

/// Lets the mouse do what it did; `false` when it is not the composer's matter.
pub(in crate::app) fn point(model: &mut Model, mouse: Mouse, now: Moment) -> bool {
    let rows = match mouse.kind {
        MouseKind::Press => 0,
        MouseKind::ScrollUp => -3,
        MouseKind::ScrollDown => 3,
    };
    match &model.mode {
        Mode::Picker(_) => point_in_picker(model, mouse, rows, now),
        Mode::Confirm(_) | Mode::TemplateName(_) => true,
        Mode::Panes => point_in_composer(model, mouse, rows, now),
        _ => false,
    }
}

fn point_in_picker(model: &mut Model, mouse: Mouse, rows: isize, now: Moment) -> bool {
    let (height, overlay) = (model.picker_height(), model.overlay());
    let list = layout::picker_list(overlay);
    let Mode::Picker(picker) = &mut model.mode else { return false };
    if rows != 0 {
        picker.move_by(rows, height);
    } else if !overlay.holds(mouse) {
        model.mode = Mode::Panes;
    } else if list.holds(mouse) && picker.select_line(usize::from(mouse.row - list.y)) {
        pick(model, now);
    }
    true
}

fn point_in_composer(model: &mut Model, mouse: Mouse, rows: isize, now: Moment) -> bool {
    let Some(tab) = model.composer.on_screen().map(|composition| composition.tab) else { return false };
    let Some(areas) = model.composer_areas().filter(|areas| areas.whole.holds(mouse)) else { return false };
    let shown = if tab == Tab::Edit { areas.text } else { areas.page };
    if rows != 0 {
        scroll(model, tab, rows, shown.height.into());
    } else if mouse.row == areas.whole.y {
        let tabs = layout::tabs(areas.whole, Tab::ALL.map(|tab| (tab, tab.label())));
        if let Some((tab, _)) = tabs.into_iter().find(|(_, area)| area.holds(mouse)) {
            select_tab(model, tab, now);
        }
    } else if tab == Tab::Edit && areas.findings.holds(mouse) {
        in_view(model, |_| {});
        if let Some(composition) = model.composer.on_screen_mut()
            && let Some((mark, _)) = composition.findings.nearest(&composition.editor)
        {
            let place = mark.start;
            composition.editor.go_to_place(place);
        }
    } else if tab == Tab::Edit && shown.holds(mouse) {
        let (row, column) = (usize::from(mouse.row - shown.y), mouse.column - shown.x);
        in_view(model, |editor| editor.go_to_cell(row, column.saturating_sub(editor.gutter()).into()));
    }
    true
}

/// What must hold after every message: the cursors are in view, and what is broken into lines has the right width.
pub(in crate::app) fn settle(model: &mut Model) {
    let height = model.picker_height();
    if let Mode::Picker(picker) = &mut model.mode {
        picker.keep_in_view(height);
    }
    let Some(areas) = model.composer_areas() else { return };
    model.outbox.fit(areas.page.width.into());
    let Some(composition) = model.composer.on_screen_mut() else { return };
    let width = areas.text.width.saturating_sub(composition.editor.gutter());
    composition.editor.keep_in_view(width.into(), areas.text.height.into());
    if let Some(Ok(reader)) = composition.preview.as_mut().map(|preview| &mut preview.page) {
        reader.fit(areas.page.width.into());
    }
}
