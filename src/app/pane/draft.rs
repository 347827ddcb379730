//! The composer's tab in which the draft is written.

use super::{Answer, Context, Open, Request};
use crate::app::composer::completion::Completion;
use crate::app::composer::editor::Editor;
use crate::app::composer::{Composer, ComposerTab, findings, quick_fix};
use crate::app::keymap::{
    ALT_BACKSPACE, Action, Binding, ENTER, ESC_OR_INTERRUPT, Keys, alt, bind, ctrl, hint, key, with_ctrl, with_shift,
};
use crate::app::{Effect, KeyCode, Mouse};
use crate::event::catalogue::Catalogue;
use crate::event::syntax::{self, TokenKind};

/// The keys of the draft.
pub(in crate::app) static KEYS: Keys = {
    use crate::app::keymap::LineEdit as E;
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(&[ctrl('s')], A::Send, "send the draft", "send"),
        hint(&[ctrl('f')], A::Fix, "apply the fix here, or go to the next one", "fix"),
        hint(&[key(KeyCode::F(8)), alt('n')], A::NextFinding, "to the next finding", "next finding"),
        bind(&[with_shift(KeyCode::F(8)), alt('p')], A::PreviousFinding, "to the previous finding"),
        hint(ESC_OR_INTERRUPT, A::Back, "close; the draft stays", "close"),
        hint(&[ctrl('t')], A::NextTab, "next tab: the calls, then the proof", "preview"),
        hint(&[ctrl('x')], A::SaveTemplate, "save the draft as a template of your own", "save as"),
        hint(&[ctrl('n')], A::Complete, "propose what can stand here", "complete"),
        hint(&[ctrl('r')], A::Reformat, "reformat the draft", "reformat"),
        hint(&[ctrl('o')], A::OutsideEditor, "into $EDITOR, and back", "$EDITOR"),
        hint(&[ctrl('z')], A::Undo, "undo the last change", "undo"),
        bind(&[ctrl('y')], A::Redo, "redo it"),
        bind(ENTER, A::NewLine, "a new line"),
        bind(&[key(KeyCode::Tab)], A::Indent, "complete a key or a value, else one level in"),
        bind(&[key(KeyCode::Up)], A::Up, "up"),
        bind(&[key(KeyCode::Down)], A::Down, "down"),
        bind(&[key(KeyCode::PageUp)], A::PageUp, "a page up"),
        bind(&[key(KeyCode::PageDown)], A::PageDown, "a page down"),
        bind(&[with_ctrl(KeyCode::Home)], A::First, "to the first line"),
        bind(&[with_ctrl(KeyCode::End)], A::Last, "to the last line"),
        bind(&[key(KeyCode::Left)], A::Edit(E::Left), "left"),
        bind(&[key(KeyCode::Right)], A::Edit(E::Right), "right"),
        bind(&[with_ctrl(KeyCode::Left), alt('b')], A::Edit(E::WordLeft), "a word left"),
        bind(&[with_ctrl(KeyCode::Right), alt('f')], A::Edit(E::WordRight), "a word right"),
        bind(&[key(KeyCode::Home), ctrl('a')], A::Edit(E::Start), "to the start of the line"),
        bind(&[key(KeyCode::End), ctrl('e')], A::Edit(E::End), "to its end"),
        bind(&[key(KeyCode::Backspace), ctrl('h')], A::Edit(E::DeleteLeft), "delete to the left"),
        bind(&[key(KeyCode::Delete), ctrl('d')], A::Edit(E::DeleteRight), "delete to the right"),
        bind(&[ctrl('w'), ALT_BACKSPACE], A::Edit(E::DeleteWordLeft), "delete a word"),
        bind(&[ctrl('u')], A::Edit(E::DeleteToStart), "delete to the start of the line"),
        bind(&[ctrl('k')], A::Edit(E::DeleteToEnd), "delete to its end, or the line's end itself"),
        hint(&[key(KeyCode::F(1))], A::Help, "this help", "help"),
        bind(&[ctrl('l')], A::Redraw, "redraw the screen"),
    ];
    Keys::typing("Composer: the draft", BINDINGS, &[])
};

/// Does what a key means in the draft.
pub(in crate::app) fn act(composer: &mut Composer, action: Action, context: &Context<'_>) -> Option<Answer> {
    let composition = composer.composition_mut()?;
    let page = composition.editor.page();
    let lines = match action {
        Action::Up => Some(-1),
        Action::Down => Some(1),
        Action::PageUp => Some(-page),
        Action::PageDown => Some(page),
        Action::First => Some(isize::MIN),
        Action::Last => Some(isize::MAX),
        _ => None,
    };
    if let Some(lines) = lines {
        composition.in_view(|editor| editor.move_by(lines));
        return Some(Answer::done());
    }
    Some(match action {
        Action::Back => Answer::request(Request::Close),
        Action::Send => composer.send(context),
        Action::NextTab => composer.select_tab(ComposerTab::Preview, context),
        Action::Edit(edit) => composer.change(context, |editor| editor.edit(edit)),
        Action::NewLine => composer.change(context, Editor::new_line),
        Action::Undo => take_back(composer, context, Editor::undo, "nothing to undo"),
        Action::Redo => take_back(composer, context, Editor::redo, "nothing to redo"),
        Action::Reformat => reformat(composer, context),
        Action::Fix => quick_fix::fix(composer, context),
        Action::NextFinding => step(composer, true),
        Action::PreviousFinding => step(composer, false),
        Action::Complete => complete(composer, false, context),
        Action::Indent => complete(composer, true, context),
        Action::OutsideEditor => {
            Answer::effect(Effect::Edit { draft: composition.id.clone(), text: composition.editor.text() })
        }
        Action::SaveTemplate => composer.ask_for_name(),
        _ => return None,
    })
}

/// Puts the cursor where the mouse is.
pub(in crate::app) fn click(composer: &mut Composer, mouse: Mouse) {
    let areas = *composer.areas();
    let Some(composition) = composer.composition_mut() else { return };
    if areas.findings.holds(mouse) {
        composition.findings.wanted = false;
        if let Some((mark, _)) = composition.findings.nearest(&composition.editor) {
            let place = mark.start;
            composition.editor.go_to_place(place);
        }
    } else if areas.text.holds(mouse) {
        let (row, column) = (usize::from(mouse.row - areas.text.y), mouse.column - areas.text.x);
        composition.in_view(|editor| editor.go_to_cell(row, column.saturating_sub(editor.gutter()).into()));
    }
}

fn take_back(
    composer: &mut Composer,
    context: &Context<'_>,
    work: fn(&mut Editor) -> bool,
    otherwise: &'static str,
) -> Answer {
    let mut done = false;
    let context = Context { completing: false, ..*context };
    let answer = composer.change(&context, |editor| done = work(editor));
    if done { answer } else { Answer::say(otherwise) }
}

fn reformat(composer: &mut Composer, context: &Context<'_>) -> Answer {
    let Some(composition) = composer.composition_mut() else { return Answer::done() };
    match syntax::format(&composition.editor.text()) {
        Ok(formatted) => composer.change(context, |editor| editor.set_text(formatted.trim_end())),
        Err(error) => {
            composition.editor.go_to(error.line.saturating_sub(1), error.column.saturating_sub(1));
            Answer::warn("it is not JSON yet")
        }
    }
}

/// Proposes what can stand at the cursor. Where nothing can, `indent` says whether to indent instead.
fn complete(composer: &mut Composer, indent: bool, context: &Context<'_>) -> Answer {
    let Some(composition) = composer.composition_mut() else { return Answer::done() };
    let editor = &composition.editor;
    let cursor = editor.cursor();
    let before = editor.lines().get(cursor.line).and_then(|line| line.get(..cursor.byte)).unwrap_or_default();
    // Where nothing is written yet, the key that indents should.
    let blank = before.trim().is_empty();
    let in_string = matches!(syntax::tokens(before).last(), Some((range, TokenKind::Unknown))
        if before.get(range.clone()).is_some_and(|open| open.starts_with('"')));
    let proposed = if indent && blank {
        None
    } else {
        Completion::at_cursor(editor, Catalogue::standard(), &context.sending.environment)
    };
    let context = Context { completing: false, ..*context };
    match proposed {
        Some(only) if only.proposals().len() == 1 => composer.change(&context, |editor| only.take(editor)),
        // Spaces in the middle of a string are never what was meant.
        None if indent && !in_string => composer.change(&context, Editor::indent),
        None => Answer::say("nothing is known to fit here"),
        Some(proposed) => Answer::request(Request::Open(Open::Completion(proposed))),
    }
}

/// Goes to another finding.
fn step(composer: &mut Composer, forward: bool) -> Answer {
    let Some(composition) = composer.composition_mut() else { return Answer::done() };
    match findings::step(&composition.editor, forward) {
        Some(place) => {
            composition.in_view(|editor| editor.go_to_place(place));
            Answer::done()
        }
        None if composition.findings.are_stale() => {
            Answer::warn("the draft is not valid JSON yet: it is checked once it is")
        }
        None => Answer::say("nothing is known to be wrong"),
    }
}
