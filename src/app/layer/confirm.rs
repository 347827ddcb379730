//! The question before something is sent to production.

use tui_input::Input;

use crate::app::composer::confirm::Confirm;
use crate::app::keymap::{self, Action, Binding, ENTER, ESC_OR_INTERRUPT, Keys, hint};
use crate::app::pane::{Answer, Context, Pane, Request, Said};
use crate::blueshift::safety::WORD;
use crate::event::sanitized;

/// The keys of the question.
pub(in crate::app) static KEYS: Keys = {
    const BINDINGS: &[Binding] = &[
        hint(ENTER, Action::Accept, "send it", "send"),
        hint(ESC_OR_INTERRUPT, Action::Back, "send nothing", "send nothing"),
    ];
    Keys::typing("Before something is sent to production", BINDINGS, &[&keymap::LINE])
};

impl Confirm {
    /// How many columns it takes, where there are as many.
    pub(super) const WIDTH: u16 = 68;

    /// How many rows say who it is about, where there are as many.
    pub const ABOUT: usize = 2;

    /// How many rows it takes, border included, when only what is said of people has to be broken.
    pub(super) fn rows(&self) -> u16 {
        let (warning, word) = (u16::from(!self.triggers.is_empty()), u16::from(self.word.is_some()));
        let about = self.about.wrap(usize::from(Self::WIDTH) - 4).len().min(Self::ABOUT);
        9 + u16::try_from(about).unwrap_or(0) + 3 * warning + word + 2 * u16::from(self.errors > 0)
    }
}

impl Pane for Confirm {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        match action {
            Action::Back => {
                let said = Some(Said { text: "nothing was sent".into(), bad: false });
                Some(Answer { said, ..Answer::request(Request::Close) })
            }
            Action::Accept if self.word.as_ref().is_some_and(|word| word.value().trim() != WORD) => {
                Some(Answer::warn(sanitized!("nothing was sent: type {} first, or press esc", WORD)))
            }
            Action::Accept => {
                let draft = std::mem::take(&mut self.draft);
                Some(Answer::request(Request::Close).and(Request::Confirmed { draft, previewed: self.previewed }))
            }
            _ => None,
        }
    }

    fn input(&mut self) -> Option<&mut Input> {
        self.word.as_mut()
    }
}
