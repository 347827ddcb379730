//! The proposals for the place of the cursor in the draft.

use crate::app::KeyCode;
use crate::app::composer::completion::Completion;
use crate::app::keymap::{Action, Binding, ESC_OR_INTERRUPT, Keys, bind, ctrl, hint, key};
use crate::app::pane::{Answer, Context, Pane, Request, draft};

/// The keys while something is proposed. What has no meaning here has that of the draft.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(&[key(KeyCode::Enter), key(KeyCode::Tab)], A::Accept, "take it", "take"),
        hint(&[key(KeyCode::Down), ctrl('n')], A::Down, "the next one", "next"),
        bind(&[key(KeyCode::Up), ctrl('p')], A::Up, "the previous one"),
        hint(ESC_OR_INTERRUPT, A::Back, "none of them", "none"),
    ];
    Keys { under: Some(&draft::KEYS), ..Keys::typing("Composer: while something is proposed", BINDINGS, &[]) }
};

impl Pane for Completion {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        match action {
            Action::Up => self.move_by(-1),
            Action::Down => self.move_by(1),
            Action::Back => return Some(Answer::request(Request::Close)),
            Action::Accept => return Some(Answer::request(Request::Complete)),
            _ => return None,
        }
        Some(Answer::done())
    }
}
