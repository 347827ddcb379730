//! The log of what happened.

use std::collections::VecDeque;

use super::{Answer, Context, Pane};
use crate::app::cursor::Cursor;
use crate::app::keymap::{self, Action, Keys};
use crate::app::layout::Area;
use crate::event::Sanitized;
use crate::lint::Severity;
use crate::session::Moment;

/// The keys of the log.
pub(in crate::app) static KEYS: Keys = Keys::commands("Activity", &[], &[&keymap::LIST, &keymap::ANYWHERE]);

/// How many entries are kept.
const KEPT: usize = 1_000;

/// The log, the newest first.
#[derive(Debug, Default)]
pub struct Activity {
    entries: VecDeque<Entry>,
    view: Cursor,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// The kind.
    pub kind: EntryKind,
    /// The event type that it is about, or nothing.
    pub subject: Sanitized,
    /// An account of it.
    pub text: Sanitized,
}

/// The sorts of things that happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A type seen for the first time.
    New,
    /// A newer event of a known type.
    Updated,
    /// A type that is there no more.
    Gone,
    /// Something failed.
    Trouble,
    /// Something works again.
    Recovered,
    /// Something is wrong with an event; how bad it is at worst.
    Finding(Severity),
    /// Something worth knowing.
    Note,
    /// An event that was sent.
    Sent,
    /// A probe that came.
    Seen,
    /// Something that looks like a probe.
    Guessed,
    /// A probe that did not come.
    NotSeen,
}

impl Activity {
    /// Writes an entry down. A reader who has scrolled keeps what is on screen.
    pub(in crate::app) fn push(&mut self, entry: Entry) {
        // Events that came while the screen was held are shown late, at their time.
        let newer = self.entries.iter().take_while(|other| other.at.elapsed > entry.at.elapsed).count();
        self.entries.insert(newer, entry);
        self.entries.truncate(KEPT);
        self.view.set_len(self.entries.len());
        if self.view.offset() > 0 && newer <= self.view.offset() {
            self.view.scroll(1);
        }
    }

    /// Goes back to the newest entries.
    pub(in crate::app) fn go_to_newest(&mut self) {
        self.view.scroll(isize::MIN);
    }

    /// The entries on screen, from the top.
    pub fn visible(&self) -> impl Iterator<Item = &Entry> {
        self.entries.range(self.view.visible())
    }

    /// All entries, the newest first.
    #[cfg(test)]
    pub(in crate::app) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Which part of it is on screen.
    pub fn view(&self) -> &Cursor {
        &self.view
    }
}

impl Pane for Activity {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn fit(&mut self, inner: Area) {
        self.view.fit(inner.height.into());
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        self.view.act_on_view(action).then(Answer::done)
    }

    fn scroll(&mut self, rows: isize) {
        self.view.scroll(rows);
    }
}
