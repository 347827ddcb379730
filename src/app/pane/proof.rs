//! The composer's tab that shows what came of the draft that was sent last.

use super::{Answer, Context, Request};
use crate::app::KeyCode;
use crate::app::composer::{Composer, ComposerTab};
use crate::app::keymap::{self, Action, BACK_TO_DRAFT, Binding, ESC_OR_Q, Keys, bind, char, ctrl, hint, key};

/// The keys of the proof.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(&[ctrl('s')], A::Send, "send the draft", "send"),
        hint(BACK_TO_DRAFT, A::EditDraft, "back to the draft", "edit"),
        hint(&[char(']'), char('[')], A::PreviousTab, "to the calls", "tab"),
        bind(&[ctrl('t')], A::NextTab, "next tab: the draft, then the calls"),
        hint(&[char('S')], A::SaveTemplate, "save the draft as a template of your own", "save as"),
        hint(ESC_OR_Q, A::Back, "close; the draft stays", "close"),
        hint(&[char('?'), key(KeyCode::F(1))], A::Help, "this help", "help"),
        bind(&[ctrl('l')], A::Redraw, "redraw the screen"),
    ];
    Keys::commands("Composer: the proof", BINDINGS, &[&keymap::LIST])
};

/// Does what a key means in the proof.
pub(in crate::app) fn act(composer: &mut Composer, action: Action, context: &Context<'_>) -> Option<Answer> {
    if composer.proof_mut().turn(action) {
        return Some(Answer::done());
    }
    Some(match action {
        Action::Back => Answer::request(Request::Close),
        Action::Send => composer.send(context),
        Action::NextTab | Action::EditDraft => composer.select_tab(ComposerTab::Edit, context),
        Action::PreviousTab => composer.select_tab(ComposerTab::Preview, context),
        Action::SaveTemplate => composer.ask_for_name(),
        _ => return None,
    })
}
