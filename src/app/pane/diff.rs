//! The inspector's tab that compares the event with the one before it of its type.

use super::{Answer, Context, Pane, Picked, Request, Tab};
use crate::app::changes::Changes;
use crate::app::cursor::Cursor;
use crate::app::keymap::{self, Action, Binding, Keys, bind, char, hint, key};
use crate::app::layout::Area;
use crate::app::shown::Shown;
use crate::app::{KeyCode, Mouse};
use crate::event::{ArrayMatch, Difference, MatchedBy, Path, PieceKind, Sanitized, inside, sanitized, text};
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
        bind(&[char('/')], A::Search, "search in the tree"),
    ];
    Keys::commands("Inspector: diff", BINDINGS, &[&keymap::EVENT, &keymap::LIST, &keymap::ANYWHERE])
};

/// At most so many changes of a sort are listed.
const MOST: usize = 1_000;

/// Texts of no more bytes than this are read at a glance.
const SHORT: usize = 40;

/// So many bytes of changed texts are compared word by word.
const TEXTS: usize = 128 * 1024;

/// So much of what both texts have is kept on either side of what differs, in columns.
const KEPT: usize = 12;

/// The widest part of a text that only one has, and the widest path of an array, in columns.
const WIDEST_PART: usize = 256;
const WIDEST_PATH: usize = 32;

/// The changes as a list with a cursor.
#[derive(Debug, Default)]
pub struct DiffPane {
    /// The event that was compared, with which, and whether that is done.
    of: Option<(EventNumber, Option<EventNumber>, bool)>,
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
    /// A text that changed as it was, or as it is, word by word.
    Text {
        /// Its group.
        group: ChangeGroup,
        /// Whether it is as it was.
        was: bool,
        /// Its parts, each with whether only this one of the two texts has it.
        parts: Vec<(Sanitized, bool)>,
    },
    /// Something about the comparison.
    Note(Sanitized),
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
    /// In another place of its array.
    Moved,
    /// Not there before.
    Added,
    /// Not there any more.
    Removed,
    /// Times, UUIDs and the like: they tell any two events apart.
    Volatile,
}

impl ChangeGroup {
    /// The heading.
    pub fn label(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Retyped => "retyped",
            Self::Moved => "moved",
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
        let rows = self.rows.get(..=self.cursor.at())?;
        // The parts of a text stand under its change.
        match rows.iter().rfind(|row| !matches!(row, DiffRow::Text { .. }))? {
            DiffRow::Change { difference, .. } => Some(difference),
            DiffRow::Heading { .. } | DiffRow::Text { .. } | DiffRow::Note(_) | DiffRow::More(_) => None,
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
        (ChangeGroup::Moved, groups.moved),
        (ChangeGroup::Added, groups.added),
        (ChangeGroup::Removed, groups.dropped),
        (ChangeGroup::Volatile, changes.volatile().iter().collect()),
    ];
    let mut rows = Vec::new();
    let mut left = TEXTS;
    for (group, members) in groups.into_iter().filter(|(_, members)| !members.is_empty()) {
        let count = members.len();
        rows.push(DiffRow::Heading { group, count });
        for difference in members.into_iter().take(MOST) {
            rows.push(DiffRow::Change { group, difference: difference.clone() });
            if group == ChangeGroup::Changed {
                rows.extend(texts(difference, &mut left).into_iter().flatten());
            }
        }
        rows.extend(count.checked_sub(MOST).filter(|more| *more > 0).map(DiffRow::More));
    }
    rows.extend(changes.arrays().iter().map(|array| DiffRow::Note(note(array))));
    match changes.same() {
        0 => {}
        same => rows.push(DiffRow::Note(sanitized!("{} the same", text::counted(same as u64, "field")))),
    }
    rows
}

/// The changes as text, a line each, in their groups.
pub(in crate::app) fn text(changes: &Changes) -> Sanitized {
    let lines = rows(changes).into_iter().filter_map(|row| match row {
        DiffRow::Heading { group, .. } => Some(group.label().into()),
        DiffRow::Change { difference, .. } => {
            let path = Sanitized::of(&difference.path);
            let path = if path.is_empty() { "(event)".into() } else { path };
            let values = [&difference.before, &difference.after].into_iter().flatten();
            let values = values.map(|value| text::excerpt(value, WIDEST_PART));
            Some(sanitized!("  {}  {}", path, Sanitized::join(values, " → ")))
        }
        DiffRow::Text { .. } => None,
        DiffRow::Note(note) => Some(note),
        DiffRow::More(count) => Some(sanitized!("  and {} more", count)),
    });
    Sanitized::join(lines, "\n")
}

/// How the elements of an array were matched.
fn note(array: &ArrayMatch) -> Sanitized {
    let path = Sanitized::of(&array.path);
    let path = if path.is_empty() { "the event".into() } else { path.fit_middle(WIDEST_PATH) };
    match array.by {
        MatchedBy::Field(name) => sanitized!("{}: items matched by {}", path, name),
        MatchedBy::Position => sanitized!("{}: items compared by their places", path),
    }
}

/// The two texts of a change word by word, where one line says too little: they are long, or only blanks differ. As long as
/// there are bytes `left` for it.
fn texts(difference: &Difference, left: &mut usize) -> Option<[DiffRow; 2]> {
    let read = |json: &Option<String>| serde_json::from_str::<String>(json.as_deref()?).ok();
    let (before, after) = (read(&difference.before)?, read(&difference.after)?);
    let only_blanks = || before.split_whitespace().eq(after.split_whitespace());
    if before.len().max(after.len()) <= SHORT && !only_blanks() {
        return None;
    }
    *left = left.checked_sub(before.len() + after.len())?;
    let pieces = inside(&before, &after);
    let row = |was: bool| {
        let own = if was { PieceKind::Dropped } else { PieceKind::Added };
        let (first, last) = (0, pieces.len() - 1);
        let shown = pieces.iter().enumerate().filter(|(_, piece)| piece.kind == PieceKind::Same || piece.kind == own);
        let parts = shown.map(|(at, piece)| match piece.kind {
            PieceKind::Same => (folded(piece.text, at == first, at == last), false),
            PieceKind::Dropped | PieceKind::Added => (with_blanks(piece.text), true),
        });
        DiffRow::Text { group: ChangeGroup::Changed, was, parts: parts.collect() }
    };
    Some([row(true), row(false)])
}

/// As much of a part that both texts have as says where the others stand.
fn folded(part: &str, is_first: bool, is_last: bool) -> Sanitized {
    let all = text::sanitize_within(part, 2 * KEPT).0;
    if all.width() <= 2 * KEPT && all.len() >= part.len() {
        return all;
    }
    let start: String = part.chars().take(if is_first { 0 } else { KEPT }).collect();
    let end: Vec<char> = part.chars().rev().take(if is_last { 0 } else { KEPT }).collect();
    let end: String = end.into_iter().rev().collect();
    sanitized!("{}…{}", text::sanitize(&start), text::sanitize(&end))
}

/// A part that only one of the two texts has, its outer blanks made visible.
fn with_blanks(part: &str) -> Sanitized {
    let inner = part.trim_matches(' ');
    let before = part.len() - part.trim_start_matches(' ').len();
    let after = if inner.is_empty() { 0 } else { part.len() - before - inner.len() };
    let blanks = |count: usize| Sanitized::repeated("·", count.min(KEPT));
    sanitized!("{}{}{}", blanks(before), text::excerpt(inner, WIDEST_PART), blanks(after))
}

impl Pane for DiffPane {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn count(&self, shown: &Shown) -> usize {
        shown.comparison().changes().map_or(0, Changes::count)
    }

    fn show(&mut self, context: &Context<'_>) {
        let of = context.shown.map(|shown| {
            let comparison = shown.comparison();
            (shown.event.number, comparison.other().map(|other| other.number), comparison.changes().is_some())
        });
        if self.of == of {
            return;
        }
        self.of = of;
        let chosen = self.selected().map(|difference| difference.path.clone());
        self.rows = context.shown.and_then(|shown| shown.comparison().changes()).map(rows).unwrap_or_default();
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
