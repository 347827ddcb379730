//! A long list in a layer, with headings above and something said of the chosen entry below.

use crate::app::Mouse;
use crate::app::cursor::Cursor;
use crate::app::keymap::Action;
use crate::app::layout::Area;
use crate::app::pane::findings;

/// Entries in their order, with a cursor that stays on its entry as others come and go.
#[derive(Debug)]
pub struct LongList<T> {
    order: Vec<T>,
    /// The entry that the cursor is on.
    chosen: Option<T>,
    /// Whether a cursor at the top stays there as entries come in above.
    follows: bool,
    cursor: Cursor,
}

/// What a click on a list meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Click {
    /// It was on no entry.
    Beside,
    /// It chose an entry.
    Chose,
    /// It was on the chosen entry.
    Again,
}

impl<T: Copy + PartialEq> LongList<T> {
    /// An empty list, which will begin at the entry that is chosen. Where it `follows`, a cursor at the top stays there.
    pub(super) fn new(chosen: Option<T>, follows: bool) -> Self {
        Self { order: Vec::new(), chosen, follows, cursor: Cursor::default() }
    }

    /// Takes in which entries there are now.
    pub(super) fn learn(&mut self, order: impl IntoIterator<Item = T>) {
        self.order.clear();
        self.order.extend(order);
        let line = self.cursor.line();
        self.cursor.set_len(self.order.len());
        match self.chosen.and_then(|chosen| self.order.iter().position(|entry| *entry == chosen)) {
            Some(at) => self.cursor.put_on_line(at, line),
            None if self.follows => self.cursor.put(0),
            None => self.cursor.put_on_line(self.cursor.at(), line),
        }
    }

    fn choose(&mut self) {
        self.chosen = self.selected().filter(|_| !self.follows || self.cursor.at() > 0);
    }

    /// The entry under the cursor.
    pub fn selected(&self) -> Option<T> {
        self.order.get(self.cursor.at()).copied()
    }

    /// The entries on screen, from the top, each with whether the cursor is on it.
    pub fn visible(&self) -> impl Iterator<Item = (T, bool)> {
        let rows = self.cursor.visible();
        let entries = self.order.get(rows.clone()).unwrap_or_default();
        rows.zip(entries).map(|(row, entry)| (*entry, row == self.cursor.at()))
    }

    /// Where the cursor is.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    pub(super) fn fit(&mut self, inner: Area) {
        self.cursor.fit(areas(inner, self.order.len()).0.height.into());
    }

    /// Moves the cursor, where the action means that.
    pub(super) fn act(&mut self, action: Action) -> bool {
        let moves = self.cursor.act(action);
        if moves {
            self.choose();
        }
        moves
    }

    pub(super) fn click(&mut self, mouse: Mouse, inner: Area) -> Click {
        let (list, _) = areas(inner, self.order.len());
        match mouse.row.checked_sub(list.y).and_then(|line| self.cursor.row_at(line.into())) {
            Some(row) if row == self.cursor.at() => Click::Again,
            Some(row) => {
                self.cursor.put(row);
                self.choose();
                Click::Chose
            }
            None => Click::Beside,
        }
    }

    pub(super) fn scroll(&mut self, rows: isize) {
        self.cursor.scroll(rows);
        self.choose();
    }
}

/// The area of so many entries, below their headings, and of what is said of the one under the cursor.
pub fn areas(inner: Area, entries: usize) -> (Area, Area) {
    let (list, below) = findings::areas(inner, entries + 1);
    (Area { y: list.y + 1, height: list.height.saturating_sub(1), ..list }, below)
}

/// How many rows a list of so many entries takes, with its border and what is said of one, in so many columns.
pub(super) fn rows(entries: usize, columns: u16) -> u16 {
    u16::try_from(entries).unwrap_or(u16::MAX).saturating_add(3 + findings::explained(columns))
}
