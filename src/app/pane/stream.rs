//! The stream: all that happened, in the session's order.

mod entry;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::Duration;

pub use entry::{About, Entry, EntryKind};

use super::{Answer, Context, Open, Pane, Request};
use crate::app::cursor::Cursor;
use crate::app::keymap::{self, Action, Binding, Keys, char, hint, key};
use crate::app::layout::Area;
use crate::app::pager::Pager;
use crate::app::scan::{Question, Scan};
use crate::app::values::values_of;
use crate::app::{KeyCode, Mouse};
use crate::event::{TypeName, sanitized, text};
use crate::session::{Gap, Moment};

/// The keys of the stream.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(
            &[key(KeyCode::Enter), char('l'), key(KeyCode::Right)],
            A::Open,
            "open what the line is about, as it was",
            "open",
        ),
        hint(&[char('*')], A::OnlyThis, "only this customer, cookie or order; again: the next of them", "only this"),
    ];
    Keys::commands("Stream", BINDINGS, &[&keymap::LIST, &keymap::ANYWHERE])
};

/// How many entries about events are kept.
const KEPT_EVENTS: usize = 20_000;

/// How many others are: a flood of events does not wash them away.
const KEPT_OTHERS: usize = 1_000;

/// Where one visitor's entries are at least so far apart, the pause is shown.
const PAUSE: Duration = Duration::from_secs(30);

/// All that happened, the newest first, and the part of it that is in view.
#[derive(Debug, Default)]
pub struct Stream {
    entries: VecDeque<Numbered>,
    /// The events that came while the screen is held still.
    waiting: VecDeque<Entry>,
    /// How many entries there were.
    count: u64,
    /// What the rows on screen are; `None` when they are the entries as they stand.
    rows: Option<Vec<Row>>,
    /// Whether the rows are to be made anew.
    is_stale: bool,
    /// How many types were muted when they were made.
    muted: usize,
    cursor: Cursor,
    /// The row that the reader has moved to: the cursor stays on it. Without one it is on the newest.
    chosen: Option<(u64, bool)>,
    /// Of each type the entry that says that some were lost, without a number; nothing where there are several.
    uncounted: HashMap<TypeName, Option<u64>>,
    /// Which of the values of an entry the stream was narrowed to last.
    narrowed_by: Option<(u64, usize)>,
}

/// An entry with its number.
#[derive(Debug)]
struct Numbered {
    number: u64,
    entry: Entry,
}

/// A row of a stream that is narrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    /// The entry at this place.
    Entry(usize),
    /// Nothing happened for so long after the entry at this place, which stands below.
    Pause(usize, Duration),
}

/// A line of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Something that happened.
    Entry(&'a Entry),
    /// So long nothing did.
    Pause(Duration),
}

impl Stream {
    /// Writes an entry down. A reader who has moved keeps what is on screen. How many were lost stands where it was told that
    /// some were, if that is one place.
    pub(in crate::app) fn push(&mut self, entry: Entry) {
        if self.is_told(&entry) {
            return;
        }
        // Events that came while the screen was held are shown late, at their time.
        let newer = self.entries.iter().take_while(|other| entry.is_older_than(&other.entry)).count();
        self.entries.insert(newer, Numbered { number: self.count, entry });
        self.count += 1;
        self.is_stale = true;
    }

    /// Whether an entry says how many were lost where another said that some were, which then says so.
    fn is_told(&mut self, entry: &Entry) -> bool {
        let About::Lost(gap) = &entry.about else { return false };
        if gap.lost.is_none() {
            let places = self.uncounted.entry(gap.event_type.clone());
            places.and_modify(|place| *place = None).or_insert(Some(self.count));
            return false;
        }
        let place = self.uncounted.remove(&gap.event_type).flatten().filter(|_| gap.late);
        let known = place.and_then(|place| self.entries.iter_mut().find(|other| other.number == place));
        let Some(known) = known else { return false };
        if let About::Lost(told) = &known.entry.about {
            known.entry = Entry::lost(Gap { lost: gap.lost, unless: None, ..(**told).clone() });
        }
        self.is_stale = true;
        true
    }

    /// The same lines as `twin` makes them, with no line chosen.
    pub(in crate::app) fn map(&self, twin: impl Fn(&Entry) -> Entry) -> Self {
        let numbered = |Numbered { number, entry }: &Numbered| Numbered { number: *number, entry: twin(entry) };
        let entries = self.entries.iter().map(numbered).collect();
        Self { entries, count: self.count, is_stale: true, ..Self::default() }
    }

    /// Keeps an entry until the screen may move again.
    pub(in crate::app) fn hold(&mut self, entry: Entry) {
        self.waiting.push_back(entry);
        if self.waiting.len() > KEPT_EVENTS {
            self.waiting.pop_front();
        }
    }

    /// Writes down what was kept.
    pub(in crate::app) fn release(&mut self) {
        for entry in std::mem::take(&mut self.waiting) {
            self.push(entry);
        }
    }

    /// Forgets all entries.
    pub(in crate::app) fn restart(&mut self) {
        self.entries.clear();
        self.waiting.clear();
        (self.chosen, self.narrowed_by) = (None, None);
        self.is_stale = true;
    }

    /// Goes back to the newest entries.
    pub(in crate::app) fn go_to_newest(&mut self) {
        self.chosen = None;
        self.cursor.put(0);
    }

    /// Has the rows made anew, because something else is to be seen.
    pub(in crate::app) fn look_again(&mut self) {
        self.is_stale = true;
    }

    /// Lets go of the oldest entries.
    fn forget(&mut self) {
        if self.entries.len() <= KEPT_OTHERS {
            return;
        }
        let (mut events, mut others) = (KEPT_EVENTS, KEPT_OTHERS);
        self.entries.retain(|Numbered { entry, .. }| {
            let left = if entry.about.event().is_some() { &mut events } else { &mut others };
            *left = left.saturating_sub(1);
            *left > 0
        });
    }

    /// Makes the rows, where something has changed: of the entries of types that are not `muted`, those that are left when
    /// the view is narrowed.
    pub(in crate::app) fn arrange(&mut self, narrowing: Option<&Scan>, muted: &BTreeSet<TypeName>) {
        let is_stale = std::mem::take(&mut self.is_stale) || self.muted != muted.len();
        if !is_stale {
            return;
        }
        self.muted = muted.len();
        self.forget();
        let line = self.cursor.line();
        self.rows = (narrowing.is_some() || !muted.is_empty()).then(|| self.rows_left(narrowing, muted));
        self.cursor.set_len(self.rows.as_ref().map_or(self.entries.len(), Vec::len));
        let Some(chosen) = self.chosen else {
            self.cursor.put(0);
            return;
        };
        let row = (0..self.cursor.len()).find(|row| self.name_of(*row) == Some(chosen));
        if let Some(row) = row {
            self.cursor.put_on_line(row, line);
        } else {
            // It has left at the end, or is not among what is left.
            self.cursor.put(self.cursor.at());
            self.choose();
        }
    }

    /// The rows that are left, and the pauses of what was narrowed down to.
    fn rows_left(&self, narrowing: Option<&Scan>, muted: &BTreeSet<TypeName>) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut above: Option<(usize, Moment)> = None;
        for (index, Numbered { entry, .. }) in self.entries.iter().enumerate() {
            let is_left = !entry.event_type.as_ref().is_some_and(|event_type| muted.contains(event_type))
                && (entry.kind == EntryKind::Step || narrowing.is_none_or(|narrowing| is_left(narrowing, entry)));
            if !is_left {
                continue;
            }
            if narrowing.is_some() && entry.kind != EntryKind::Step {
                let pause = above.map(|(_, later)| between(entry.at, later)).filter(|pause| *pause >= PAUSE);
                rows.extend(pause.map(|pause| Row::Pause(index, pause)));
                above = Some((index, entry.at));
            }
            rows.push(Row::Entry(index));
        }
        rows
    }

    fn row(&self, row: usize) -> Option<Row> {
        match &self.rows {
            Some(rows) => rows.get(row).copied(),
            None => (row < self.entries.len()).then_some(Row::Entry(row)),
        }
    }

    /// A row by what it is: the number of its entry, and whether it is the pause above that.
    fn name_of(&self, row: usize) -> Option<(u64, bool)> {
        let (index, is_pause) = match self.row(row)? {
            Row::Entry(index) => (index, false),
            Row::Pause(index, _) => (index, true),
        };
        self.entries.get(index).map(|entry| (entry.number, is_pause))
    }

    /// Holds on to the row that the cursor is on; at the top, to the newest.
    fn choose(&mut self) {
        self.chosen = self.name_of(self.cursor.at()).filter(|_| self.cursor.at() > 0);
    }

    fn line(&self, row: usize) -> Option<Line<'_>> {
        Some(match self.row(row)? {
            Row::Entry(index) => Line::Entry(&self.entries.get(index)?.entry),
            Row::Pause(_, pause) => Line::Pause(pause),
        })
    }

    /// The lines on screen, from the top, each with whether the cursor is on it.
    pub fn visible(&self) -> impl Iterator<Item = (Line<'_>, bool)> {
        self.cursor.visible().filter_map(|row| Some((self.line(row)?, row == self.cursor.at())))
    }

    /// The entry under the cursor.
    pub fn selected(&self) -> Option<&Entry> {
        match self.line(self.cursor.at())? {
            Line::Entry(entry) => Some(entry),
            Line::Pause(_) => None,
        }
    }

    /// All entries, the newest first.
    #[cfg(test)]
    pub(in crate::app) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().map(|numbered| &numbered.entry)
    }

    /// How many entries there are.
    pub fn total(&self) -> usize {
        self.entries.len()
    }

    /// Where the cursor is, and which part is on screen.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// How many of the entries are left in view; `None` when it is all of them.
    pub fn left(&self) -> Option<usize> {
        let left = self.rows.as_ref()?.iter().filter(|row| matches!(row, Row::Entry(_))).count();
        (left < self.entries.len()).then_some(left)
    }

    /// Opens what the entry under the cursor is about.
    fn open(&self) -> Answer {
        let Some(entry) = self.selected() else { return Answer::done() };
        match &entry.about {
            About::Event(number) => Answer::request(Request::ShowEvent(*number)),
            About::Finding(number, path) => Answer::request(Request::ShowFinding(*number, path.clone())),
            About::Batch(batch) => Answer::request(Request::ShowBatch(*batch, Self::whole(entry))),
            About::Request(number) => Answer::request(Request::Collected(*number)),
            About::Nothing | About::Lost(_) => Answer::request(Request::Open(Open::Pager(Self::whole(entry)))),
        }
    }

    /// The whole text of an entry, to read.
    fn whole(entry: &Entry) -> Pager {
        let title = entry.event_type.as_ref().map_or_else(|| entry.kind.label().into(), TypeName::shown);
        Pager::new(title, &entry.text)
    }

    /// Leaves only what is about the customer, the cookie or the order of the entry under the cursor; of the same entry again,
    /// about the next of these.
    fn narrow(&mut self, context: &Context<'_>) -> Answer {
        let row = self.name_of(self.cursor.at());
        let event = self.selected().and_then(|entry| context.history.get(entry.about.event()?));
        let (Some((number, _)), Some(event)) = (row, event) else {
            return Answer::warn("the line is about no event that is held: nothing to narrow down by");
        };
        let mut values = values_of(&event.payload);
        // Who looks at an order means that; else it is about the customer.
        let is_order = event.payload.identity(event.event_type.as_str()).is_some_and(|it| it.word == "order");
        if !is_order && values.first().is_some_and(|(name, _)| *name == crate::event::ORDER) {
            values.rotate_left(1);
        }
        let next = self.narrowed_by.filter(|(by, _)| *by == number).map_or(0, |(_, at)| at + 1) % values.len().max(1);
        let Some((name, value)) = values.get(next) else {
            return Answer::warn("the event names no customer, no cookie and no order");
        };
        self.narrowed_by = Some((number, next));
        // The line that was chosen is in what is left, and stays under the cursor.
        self.chosen = Some((number, false));
        let question = Question::Value { name, value: value.clone() };
        let more = match values.get((next + 1) % values.len()).filter(|_| values.len() > 1) {
            Some((other, _)) => sanitized!(" · * again: {}", *other),
            None => "".into(),
        };
        let said = sanitized!("only {}{}", question.title(), more);
        Answer { requests: vec![Request::Narrow(Some(question))], ..Answer::say(said) }
    }
}

/// Whether an entry is left where the view is narrowed: one about an event that is, or about those who are asked for.
fn is_left(narrowing: &Scan, entry: &Entry) -> bool {
    narrowing.key().is_some_and(|key| entry.keys.contains(&key))
        || entry.about.event().is_some_and(|number| narrowing.holds(number))
}

impl EntryKind {
    /// The kind in a word or two.
    fn label(self) -> &'static str {
        match self {
            Self::Trouble => "trouble",
            Self::Gap => "lost",
            Self::Step => "step",
            Self::Recovered => "live again",
            _ => "note",
        }
    }
}

/// How long after the older the later is: by our clock, or by the time of day where the older was there before the start.
fn between(older: Moment, later: Moment) -> Duration {
    if older.elapsed.is_zero() || later.elapsed.is_zero() {
        return Duration::try_from(later.wall.duration_since(older.wall)).unwrap_or_default();
    }
    later.since(older)
}

impl Pane for Stream {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn fit(&mut self, inner: Area) {
        self.cursor.fit(inner.height.into());
    }

    fn act(&mut self, action: Action, context: &Context<'_>) -> Option<Answer> {
        if self.cursor.act(action) {
            self.choose();
            return Some(Answer::done());
        }
        match action {
            Action::Open => Some(self.open()),
            Action::OnlyThis => Some(self.narrow(context)),
            _ => None,
        }
    }

    fn can(&self, action: Action, _context: &Context<'_>) -> bool {
        match action {
            Action::Open => self.selected().is_some_and(|entry| entry.kind != EntryKind::Step),
            Action::OnlyThis => self.selected().is_some_and(|entry| !entry.keys.is_empty()),
            _ => true,
        }
    }

    fn click(&mut self, mouse: Mouse, inner: Area, _context: &Context<'_>) -> Answer {
        let row = self.cursor.row_at(usize::from(mouse.row.saturating_sub(inner.y)));
        let Some(row) = row.filter(|_| inner.holds(mouse)) else { return Answer::done() };
        self.cursor.put(row);
        self.choose();
        self.open()
    }

    fn scroll(&mut self, rows: isize) {
        self.cursor.scroll(rows);
        self.choose();
    }
}

/// How long a pause was, for its line.
pub fn pause_words(pause: Duration) -> crate::event::Sanitized {
    // What is longer than a minute is told in minutes.
    let shown = if pause < Duration::from_mins(1) { pause } else { Duration::from_mins(pause.as_secs() / 60) };
    sanitized!("{} later", text::span(shown))
}
