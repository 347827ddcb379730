//! The composer's tab that shows what came of the draft that was sent last.

use super::{Answer, Context, Request, preview};
use crate::app::KeyCode;
use crate::app::composer::{Composer, Tab};
use crate::app::cursor::Cursor;
use crate::app::keymap::{self, Action, Binding, ESC_OR_Q, Keys, bind, char, ctrl, hint, key};
use crate::app::layout::Area;
use crate::app::outbox::Outbox;

/// The keys of the proof.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(&[ctrl('s')], A::Send, "send the draft again", "send again"),
        hint(preview::EDIT, A::EditDraft, "back to the draft", "edit"),
        hint(&[char(']'), char('[')], A::PreviousTab, "to the calls", "tab"),
        bind(&[ctrl('t')], A::NextTab, "next tab: the draft, then the calls"),
        hint(&[char('S')], A::SaveTemplate, "keep the draft as a template", "save"),
        hint(ESC_OR_Q, A::Back, "close; the draft stays", "close"),
        hint(&[char('?'), key(KeyCode::F(1))], A::Help, "this help", "help"),
        bind(&[ctrl('l')], A::Redraw, "redraw the screen"),
    ];
    Keys::commands("Composer: the proof", BINDINGS, &[&keymap::LIST])
};

/// Which part of the proof is on screen.
#[derive(Debug, Default)]
pub struct ProofView {
    view: Cursor,
    width: usize,
    /// The number of the batch on show.
    batch: u64,
}

impl ProofView {
    /// The first row on screen.
    pub fn offset(&self) -> usize {
        self.view.offset()
    }

    /// Turns to the batch that was sent last.
    pub(in crate::app) fn show(&mut self, outbox: &Outbox) {
        if self.batch != outbox.count() {
            self.batch = outbox.count();
            self.view = Cursor::default();
        }
        self.view.set_len(outbox.proof(self.width).len());
    }

    pub(in crate::app) fn fit(&mut self, inner: Area) {
        self.width = inner.width.into();
        self.view.fit(inner.height.into());
    }

    pub(in crate::app) fn scroll_by(&mut self, rows: isize) {
        self.view.scroll(rows);
    }
}

/// Does what a key means in the proof.
pub(in crate::app) fn act(composer: &mut Composer, action: Action, context: &Context<'_>) -> Option<Answer> {
    if composer.proof_mut().view.act_on_view(action) {
        return Some(Answer::done());
    }
    Some(match action {
        Action::Back => Answer::request(Request::Close),
        Action::Send => composer.send(context),
        Action::NextTab | Action::EditDraft => composer.select_tab(Tab::Edit, context),
        Action::PreviousTab => composer.select_tab(Tab::Preview, context),
        Action::SaveTemplate => composer.ask_for_name(),
        _ => return None,
    })
}
