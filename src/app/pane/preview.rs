//! The composer's tab that shows the calls that the draft would be sent with.

use super::{Answer, Context, Request};
use crate::app::composer::{Composer, ComposerTab};
use crate::app::keymap::{self, Action, BACK_TO_DRAFT, Binding, ESC_OR_Q, Keys, bind, char, ctrl, hint, key};
use crate::app::{Effect, KeyCode};
use crate::event::Sanitized;

/// The keys of the preview.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(&[ctrl('s')], A::Send, "send the draft", "send"),
        hint(BACK_TO_DRAFT, A::EditDraft, "back to the draft", "edit"),
        hint(&[char('y')], A::CopyCalls, "copy the command", "copy"),
        hint(&[char('Y')], A::PrintCalls, "print the command", "print"),
        // Never into the draft, where the next of them would be typed.
        hint(&[char(']'), char('[')], A::PreviousTab, "to the proof", "tab"),
        bind(&[ctrl('t')], A::NextTab, "next tab: the proof, then the draft"),
        hint(&[char('S')], A::SaveTemplate, "save the draft as a template of your own", "save as"),
        hint(ESC_OR_Q, A::Back, "close; the draft stays", "close"),
        hint(&[char('?'), key(KeyCode::F(1))], A::Help, "this help", "help"),
        bind(&[ctrl('l')], A::Redraw, "redraw the screen"),
    ];
    Keys::commands("Composer: the preview", BINDINGS, &[&keymap::LIST])
};

/// Does what a key means in the preview.
pub(in crate::app) fn act(composer: &mut Composer, action: Action, context: &Context<'_>) -> Option<Answer> {
    let preview = composer.composition_mut()?.preview.as_mut()?;
    if let Ok(page) = &mut preview.page
        && page.turn(action)
    {
        return Some(Answer::done());
    }
    let is_sendable = preview.page.is_ok();
    Some(match action {
        Action::Back => Answer::request(Request::Close),
        Action::Send => composer.send(context),
        Action::NextTab | Action::PreviousTab => composer.select_tab(ComposerTab::Proof, context),
        Action::EditDraft => composer.select_tab(ComposerTab::Edit, context),
        Action::SaveTemplate => composer.ask_for_name(),
        Action::CopyCalls | Action::PrintCalls if !is_sendable => {
            Answer::warn("there is no command to copy: the draft cannot be sent as it is")
        }
        Action::CopyCalls => Answer::effect(Effect::Copy(preview.commands.clone())),
        Action::PrintCalls => Answer::effect(Effect::Print(Sanitized::lines(&preview.commands))),
        _ => return None,
    })
}
