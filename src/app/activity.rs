//! The log of what happened.

use std::collections::VecDeque;

use crate::lint::Severity;
use crate::session::Moment;

/// How many entries are kept.
const KEPT: usize = 1_000;

/// What happened, the newest first.
#[derive(Debug, Default)]
pub struct Activity {
    entries: VecDeque<Entry>,
    /// How many entries stand above the first one on screen.
    offset: usize,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// What sort of thing.
    pub kind: EntryKind,
    /// What it happened to: an event type, or nothing. Not yet harmless.
    pub subject: String,
    /// What happened. Harmless.
    pub text: String,
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
    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push_front(entry);
        if self.offset > 0 {
            self.offset += 1;
        }
        self.entries.truncate(KEPT);
        self.offset = self.offset.min(self.entries.len().saturating_sub(1));
    }

    /// Moves the view by `rows`, down when positive; `height` is how many rows there are to see.
    pub(super) fn scroll(&mut self, rows: isize, height: usize) {
        let last = self.entries.len().saturating_sub(height);
        self.offset = self.offset.saturating_add_signed(rows).min(last);
    }

    /// The entries to show, from the top.
    pub fn visible(&self, height: usize) -> impl Iterator<Item = &Entry> {
        self.entries.iter().skip(self.offset).take(height)
    }

    /// How many entries are above the view.
    pub fn above(&self) -> usize {
        self.offset
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing has happened yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
