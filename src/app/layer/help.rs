//! The help: every key, by the place where it holds.

use crate::app::KeyCode;
use crate::app::cursor::Cursor;
use crate::app::keymap::{self, Action, Binding, HelpLine, Keys, bind, char, ctrl, hint, key};
use crate::app::layout::Area;
use crate::app::pane::{Answer, Context, Pane, Request};

/// The keys of the help.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const CLOSE: &[crate::app::Key] = &[key(KeyCode::Esc), char('q'), char('?'), key(KeyCode::F(1)), ctrl('c')];
    const BINDINGS: &[Binding] =
        &[bind(&[ctrl('f'), char(' ')], A::PageDown, "a page down"), hint(CLOSE, A::Back, "close", "close")];
    Keys::commands("Reading this help", BINDINGS, &[&keymap::LIST])
};

/// The help, and which part of it is on screen.
#[derive(Debug)]
pub struct Help {
    lines: Vec<HelpLine>,
    view: Cursor,
}

impl Help {
    /// The help, from its start, or from what is said of a place where text is typed: who asks there is in the middle of
    /// something.
    pub(in crate::app) fn new(lines: Vec<HelpLine>, place: &'static Keys, from_start: bool) -> Self {
        let mut view = Cursor::default();
        view.set_len(lines.len());
        let title = HelpLine::Title(place.title);
        let at = lines.iter().position(|line| *line == title).filter(|_| !from_start);
        view.put_on_line(at.unwrap_or(0), 0);
        Self { lines, view }
    }

    /// The lines on screen, from the top.
    pub fn visible(&self) -> &[HelpLine] {
        self.lines.get(self.view.visible()).unwrap_or_default()
    }

    /// Which part of it is on screen.
    pub fn view(&self) -> &Cursor {
        &self.view
    }
}

impl Pane for Help {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn fit(&mut self, inner: Area) {
        self.view.fit(inner.height.into());
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        if action == Action::Back {
            return Some(Answer::request(Request::Close));
        }
        self.view.act_on_view(action).then(Answer::done)
    }

    fn scroll(&mut self, rows: isize) {
        self.view.scroll(rows);
    }
}
