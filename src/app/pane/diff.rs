//! The inspector's tab that compares the event with the one before it of its type.

use super::{Answer, Context, Pane, Picked, Request, Tab};
use crate::app::changes::Changes;
use crate::app::cursor::Cursor;
use crate::app::keymap::{self, Action, Binding, Keys, bind, char, hint, key};
use crate::app::layout::Area;
use crate::app::shown::Shown;
use crate::app::{KeyCode, Mouse};
use crate::event::{Difference, Path};
use crate::session::EventNumber;

/// The keys of the comparison.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(
            &[key(KeyCode::Enter), char('l'), key(KeyCode::Right)],
            A::GoToField,
            "to the field, in the tree",
            "to the field",
        ),
        bind(&[char('n')], A::NextMatch, "next change"),
        bind(&[char('N')], A::PreviousMatch, "previous change"),
        hint(&[char('h'), key(KeyCode::Left)], A::Out, "back to the tree", "tree"),
    ];
    Keys::commands("Inspector: diff", BINDINGS, &[&keymap::EVENT, &keymap::LIST, &keymap::ANYWHERE])
};

/// At most so many changes of a sort are listed.
const MOST: usize = 1_000;

/// The changes as a list with a cursor.
#[derive(Debug, Default)]
pub struct DiffPane {
    /// The event that was compared.
    of: Option<EventNumber>,
    rows: Vec<DiffRow>,
    cursor: Cursor,
}

/// A line of the comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffRow {
    /// The heading of a group.
    Heading {
        /// The group.
        group: ChangeGroup,
        /// How many changes it has.
        count: usize,
    },
    /// A change.
    Change {
        /// Its group.
        group: ChangeGroup,
        /// The change.
        difference: Difference,
    },
    /// How many of a group are not listed.
    More(usize),
}

/// The sorts of changes, in the order in which they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeGroup {
    /// Another value.
    Changed,
    /// A value of another JSON type.
    Retyped,
    /// Not there before.
    Added,
    /// Not there any more.
    Removed,
    /// Times and UUIDs: they tell any two events apart.
    Volatile,
}

impl ChangeGroup {
    /// The heading.
    pub fn label(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Retyped => "retyped",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Volatile => "times and ids",
        }
    }
}

impl DiffPane {
    /// The rows on screen, from the top, each with whether the cursor is on it.
    pub fn visible(&self) -> impl Iterator<Item = (&DiffRow, bool)> {
        let visible = self.cursor.visible();
        let rows = self.rows.get(visible.clone()).unwrap_or_default();
        visible.zip(rows).map(|(index, row)| (row, index == self.cursor.at()))
    }

    /// Where the cursor is.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The change under the cursor.
    pub fn selected(&self) -> Option<&Difference> {
        match self.rows.get(self.cursor.at())? {
            DiffRow::Change { difference, .. } => Some(difference),
            DiffRow::Heading { .. } | DiffRow::More(_) => None,
        }
    }

    fn path(&self, shown: &Shown) -> Option<Path> {
        let difference = self.selected()?;
        let document = shown.document.as_ref().ok()?;
        Some(difference.node.map_or_else(|| difference.path.clone(), |node| document.path(node)))
    }

    /// Puts the cursor on the next change, or the one before, and round at the ends.
    fn step(&mut self, forward: bool) {
        let is_change = |index: &usize| matches!(self.rows.get(*index), Some(DiffRow::Change { .. }));
        let (at, len) = (self.cursor.at(), self.rows.len());
        let next = if forward {
            (at + 1..len).chain(0..at).find(is_change)
        } else {
            (at + 1..len)
                .chain(0..at)
                .rfind(|index| *index < at && is_change(index))
                .or_else(|| (at + 1..len).rfind(is_change))
        };
        if let Some(next) = next {
            self.cursor.put(next);
        }
    }
}

fn rows(changes: &Changes) -> Vec<DiffRow> {
    let groups = changes.groups();
    let groups = [
        (ChangeGroup::Changed, groups.changed),
        (ChangeGroup::Retyped, groups.retyped),
        (ChangeGroup::Added, groups.added),
        (ChangeGroup::Removed, groups.dropped),
        (ChangeGroup::Volatile, changes.volatile().collect()),
    ];
    let mut rows = Vec::new();
    for (group, members) in groups.into_iter().filter(|(_, members)| !members.is_empty()) {
        let count = members.len();
        rows.push(DiffRow::Heading { group, count });
        let listed = members.into_iter().take(MOST).cloned();
        rows.extend(listed.map(|difference| DiffRow::Change { group, difference }));
        rows.extend(count.checked_sub(MOST).filter(|more| *more > 0).map(DiffRow::More));
    }
    rows
}

impl Pane for DiffPane {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn count(&self, shown: &Shown) -> usize {
        shown.changes().map_or(0, Changes::count)
    }

    fn show(&mut self, context: &Context<'_>) {
        let number = context.shown.map(|shown| shown.event.number);
        if self.of == number {
            return;
        }
        self.of = number;
        let chosen = self.selected().map(|difference| difference.path.clone());
        self.rows = context.shown.and_then(Shown::changes).map(rows).unwrap_or_default();
        self.cursor.set_len(self.rows.len());
        let is_it = |row: &DiffRow| matches!(row, DiffRow::Change { difference, .. } if Some(&difference.path) == chosen.as_ref());
        self.cursor.put(self.rows.iter().position(is_it).unwrap_or(usize::from(!self.rows.is_empty())));
    }

    fn fit(&mut self, inner: Area) {
        self.cursor.fit(inner.height.into());
    }

    fn act(&mut self, action: Action, context: &Context<'_>) -> Option<Answer> {
        match action {
            Action::Out => return Some(Answer::request(Request::Tab(Tab::Tree))),
            Action::GoToField => return Some(Answer::request(Request::Reveal(self.path(context.shown?)?))),
            Action::NextMatch => self.step(true),
            Action::PreviousMatch => self.step(false),
            _ => return self.cursor.act(action).then(Answer::done),
        }
        Some(Answer::done())
    }

    fn can(&self, action: Action, _context: &Context<'_>) -> bool {
        action != Action::GoToField || self.selected().is_some()
    }

    fn click(&mut self, mouse: Mouse, inner: Area, context: &Context<'_>) -> Answer {
        // The first click chooses the change, a click on the chosen one goes to its field.
        match self.cursor.row_at(usize::from(mouse.row - inner.y)) {
            Some(row) if row == self.cursor.at() => {
                let path = context.shown.and_then(|shown| self.path(shown));
                path.map_or_else(Answer::done, |path| Answer::request(Request::Reveal(path)))
            }
            Some(row) => {
                self.cursor.put(row);
                Answer::done()
            }
            None => Answer::done(),
        }
    }

    fn scroll(&mut self, rows: isize) {
        self.cursor.scroll(rows);
    }

    fn picked<'a>(&'a self, context: &Context<'a>) -> Option<Picked<'a>> {
        let shown = context.shown?;
        let path = self.path(shown)?;
        let document = shown.document.as_ref().ok()?;
        let value = self.selected()?.node.map(|node| document.plain(node).into_owned());
        Some(Picked { path, value, finding: None })
    }
}
