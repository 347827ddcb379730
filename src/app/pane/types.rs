//! The table of event types.

mod column;
mod row;
mod sort;
mod step;

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use indexmap::IndexMap;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use tui_input::Input;

use super::{Answer, Context, Open, Pane, PaneId, PromptKind, Request};
use crate::app::cursor::Cursor;
use crate::app::findings::Linted;
use crate::app::keymap::{self, Action, Binding, Keys, bind, char, hint, key};
use crate::app::layout::{Area, Holds};
use crate::app::{KeyCode, Mouse};
use crate::event::{Redaction, TypeName, sanitized, text};
use crate::lint::Finding;
use crate::session::{Bar, Change, History, Moment, Outages, ServerClock};
pub use column::{Column, Columns};
use row::Worst;
pub use row::{Earlier, Mark, TypeRow};
pub use sort::Sort;
use sort::{Directed, millionths, rank};
pub use step::Step;

/// The keys of the table.
pub static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(&[key(KeyCode::Enter), char('l'), key(KeyCode::Right)], A::Inspect, "look into the event", "inspect"),
        hint(&[char('/')], A::Filter, "filter the types, fuzzily; !view leaves that out", "filter"),
        bind(&[char('s')], A::Sort, "sort by the next column"),
        bind(&[char('S')], A::Reverse, "reverse the order"),
        bind(&[], A::ToggleRate, "show or hide the rate of arrivals"),
        bind(&[], A::ResetColumns, "the columns as they were at the start"),
        bind(&[], A::Pin, "pin the type to the top, or let it go"),
        bind(&[], A::Mute, "mute the type: out of the table and the stream"),
        bind(&[], A::Muted, "the muted types, and the way back"),
        bind(&[char('a')], A::MarkSeen, "mark all as seen"),
    ];
    Keys::commands("Event types", BINDINGS, &[&keymap::EVENT, &keymap::LIST, &keymap::ANYWHERE])
};

/// The table of event types: one row a type, in the order and with the filter that the reader chose.
///
/// The cursor stands on a type, not on a row: it stays there when the order changes.
#[derive(Debug)]
pub struct Types {
    rows: IndexMap<TypeName, TypeRow>,
    /// Indices into `rows`: all of them, in order.
    sorted: Vec<usize>,
    /// The same: what the filter leaves.
    order: Vec<usize>,
    /// Where the type stands among those that matches the filter best: what the reader most likely means.
    best: Option<usize>,
    cursor: Cursor,
    selected: Option<TypeName>,
    /// Whether the selected type is in `order`, and so under the cursor: the filter may leave it out.
    is_listed: bool,
    /// Whether the selected type was chosen elsewhere, so that it stays also where it is not listed.
    is_sent_for: bool,
    /// Whether the reader has moved the cursor, or the view. Until then the newest stay in view.
    moved: bool,
    columns: Columns,
    /// The columns at the start.
    own_columns: Columns,
    /// The types that stand above the others.
    pinned: BTreeSet<TypeName>,
    /// The types that are neither in the table nor in the stream.
    muted: BTreeSet<TypeName>,
    /// The step that is on.
    step: Option<Step>,
    /// How many steps were begun.
    steps: u32,
    sort: Sort,
    filter: Option<Pattern>,
    query: String,
    /// The types with events that are left where the view is narrowed.
    left: Option<HashSet<TypeName>>,
    /// How wide the widest name is that there was.
    widest: usize,
    /// When nobody could tell what came.
    outages: Outages,
}

/// The table as its reader wants it from the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSettings {
    /// The columns.
    pub columns: Columns,
    /// The types that stand above the others.
    pub pinned: Vec<TypeName>,
    /// The types that are neither in the table nor in the stream.
    pub muted: Vec<TypeName>,
}

impl Default for Types {
    fn default() -> Self {
        Self {
            rows: IndexMap::new(),
            sorted: Vec::new(),
            order: Vec::new(),
            best: None,
            cursor: Cursor::default(),
            selected: None,
            is_listed: false,
            is_sent_for: false,
            moved: false,
            columns: Columns::default(),
            own_columns: Columns::default(),
            pinned: BTreeSet::new(),
            muted: BTreeSet::new(),
            step: None,
            steps: 0,
            sort: Sort::by(Column::Seen),
            filter: None,
            query: String::new(),
            left: None,
            widest: 0,
            outages: Outages::default(),
        }
    }
}

impl Types {
    /// An empty table.
    pub(in crate::app) fn new(settings: TableSettings) -> Self {
        let TableSettings { columns, pinned, muted } = settings;
        Self {
            own_columns: columns.clone(),
            columns,
            pinned: pinned.into_iter().collect(),
            muted: muted.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Forgets all that was counted. What the reader has chosen stays.
    pub(in crate::app) fn restart(&mut self) {
        self.rows.clear();
        self.sorted.clear();
        self.order.clear();
        self.step = None;
        self.outages = Outages::default();
        if self.sort.column == Column::Step {
            self.sort = Sort::by(Column::Seen);
        }
    }

    /// Notes that a poll failed.
    pub(in crate::app) fn failed(&mut self) {
        self.outages.failed();
    }

    /// Notes that one did not.
    pub(in crate::app) fn polled(&mut self, at: Moment) {
        self.outages.polled(at);
    }

    /// What is known of how often events of a type came.
    pub fn bars(&self, row: &TypeRow, now: Moment) -> [Bar; 8] {
        row.rate.bars(&self.outages, now)
    }

    /// Takes the marks of what is new off all types.
    pub(in crate::app) fn mark_seen(&mut self) {
        self.rows.values_mut().for_each(|row| row.mark = None);
    }

    /// The twin of the table. What was typed to filter it is not in it.
    pub(in crate::app) fn twin(&self, redaction: &Redaction) -> Self {
        let name = |name: &TypeName| redaction.type_name(name);
        let is_nobodys = |column: &Column| match column {
            Column::Field(path) => redaction.path(path) == **path,
            _ => true,
        };
        Self {
            rows: self.rows.iter().map(|(of, row)| (name(of), row.twin(redaction))).collect(),
            selected: self.selected.as_ref().map(name),
            is_sent_for: self.is_sent_for,
            moved: self.moved,
            columns: Columns::new(self.columns.iter().filter(|column| is_nobodys(column)).cloned()),
            own_columns: self.own_columns.clone(),
            pinned: self.pinned.iter().map(name).collect(),
            muted: self.muted.iter().map(name).collect(),
            step: self.step.as_ref().map(|step| step.named(name)),
            steps: self.steps,
            sort: if is_nobodys(&self.sort.column) { self.sort.clone() } else { Sort::by(Column::Seen) },
            outages: self.outages.clone(),
            widest: self.rows.keys().map(|of| name(of).shown().width()).max().unwrap_or(0),
            ..Self::default()
        }
    }

    /// Puts the rows in order for the first time.
    pub(in crate::app) fn begin(&mut self, now: Moment) {
        self.arrange(now);
    }

    /// Takes changes in; the types that `history` let go of leave the table.
    pub(in crate::app) fn apply(&mut self, changes: &[Change], history: &History, now: Moment) {
        for change in changes {
            self.apply_one(change);
        }
        if self.rows.len() > history.len() {
            self.rows.retain(|event_type, _| history.knows(event_type));
            if let Some(step) = &mut self.step {
                step.forget(|event_type| history.knows(event_type));
            }
        }
        if !changes.is_empty() {
            self.arrange(now);
        }
    }

    fn apply_one(&mut self, change: &Change) {
        if let Some(step) = &mut self.step {
            step.take_in(change);
        }
        let first = !self.rows.contains_key(&change.event_type);
        if first {
            self.widest = self.widest.max(change.event_type.shown().width());
        }
        let row = self.rows.entry(change.event_type.clone()).or_default();
        row.take_in(change, first);
        if !change.is_refused() && !self.outages.ended(change.at) {
            row.rate.add(change.arrived, change.at);
        }
    }

    /// Puts the rows in order again and the cursor back on its type, on the same line of the screen where possible.
    fn arrange(&mut self, now: Moment) {
        if matches!(self.sort.column, Column::Field(_)) {
            self.rows.values_mut().for_each(|row| row.read_values(&self.columns));
        }
        self.sorted.clear();
        self.sorted.extend(0..self.rows.len());
        let Sort { column, descending } = &self.sort;
        let (rows, step, descending) = (&self.rows, &self.step, *descending);
        // Numbers are sorted as such, and the unknown stands below zero; ties and names go by name.
        self.sorted.sort_by_cached_key(|index| {
            let (name, row) = rows.get_index(*index)?;
            let number = match column {
                Column::Name => None,
                Column::Step => step.as_ref().map(|step| step.count(name).into()),
                // The findings of an earlier event rank between those of the newest events and none.
                Column::Findings => row.tally().map(rank).or_else(|| Some(rank(row.earlier()?.tally) - (1 << 80))),
                Column::Received => row.received.map(i128::from),
                Column::Captured => Some(row.captured.into()),
                Column::Rate => Some(row.rate.counts(now).iter().map(|bar| i128::from(*bar)).sum()),
                Column::Seen => row.seen.map(i128::from),
                Column::Field(path) => row.value(path).and_then(|value| millionths(value)),
            };
            let text = match column {
                Column::Field(path) => row.value(path),
                _ => None,
            };
            Some((Directed { number, text, descending }, name))
        });
        if *column == Column::Name && descending {
            self.sorted.reverse();
        }
        if !self.pinned.is_empty() {
            self.sorted
                .sort_by_key(|index| !rows.get_index(*index).is_some_and(|(name, _)| self.pinned.contains(name)));
        }
        self.sift(false);
    }

    /// Leaves of the rows in their order what the filter and all else leave, and puts the cursor back on its type. What is
    /// `narrower` than before leaves only what was left before.
    fn sift(&mut self, narrower: bool) {
        let before = if narrower { std::mem::take(&mut self.order) } else { self.sorted.clone() };
        let Self { rows, muted, left, filter, .. } = &*self;
        let mut matcher = filter.as_ref().map(|filter| (filter, Matcher::new(Config::DEFAULT)));
        let (mut buffer, mut order, mut best) = (Vec::new(), Vec::with_capacity(before.len()), None);
        for index in before {
            let Some((name, _)) = rows.get_index(index) else { continue };
            if !muted.is_empty() && muted.contains(name) || left.as_ref().is_some_and(|left| !left.contains(name)) {
                continue;
            }
            if let Some((filter, matcher)) = &mut matcher {
                let Some(score) = filter.score(Utf32Str::new(name.as_str(), &mut buffer), matcher) else { continue };
                if best.is_none_or(|(most, _)| score > most) {
                    best = Some((score, order.len()));
                }
            }
            order.push(index);
        }
        self.order = order;
        self.best = best.map(|(_, position)| position);
        let line = self.cursor.line();
        self.cursor.set_len(self.order.len());
        let at = self.selected.as_ref().and_then(|name| self.rows.get_index_of(name));
        let position = at.and_then(|index| self.order.iter().position(|other| *other == index));
        self.is_listed = position.is_some();
        match position {
            Some(position) if !self.moved && self.sort == Sort::by(Column::Seen) => self.cursor.rest_at_top(position),
            Some(position) => self.cursor.put_on_line(position, line),
            None => {}
        }
    }

    /// Puts the cursor on the row at `position` of the order.
    fn select(&mut self, position: usize) {
        self.cursor.put(position);
        self.take_selected();
    }

    /// Selects the type of the row that the cursor is on.
    fn take_selected(&mut self) {
        let name = self.order.get(self.cursor.at()).and_then(|index| self.rows.get_index(*index));
        if let Some((name, _)) = name {
            self.selected = Some(name.clone());
            (self.is_listed, self.is_sent_for) = (true, false);
        }
    }

    /// Selects a type, whether it is listed or not.
    pub(in crate::app) fn send_for(&mut self, event_type: &TypeName) {
        if self.rows.contains_key(event_type) {
            self.selected = Some(event_type.clone());
            (self.is_sent_for, self.moved) = (true, true);
            self.sift(false);
        }
    }

    /// Puts the cursor on a row if it is on none.
    pub(in crate::app) fn select_something(&mut self) {
        if !self.is_listed && !self.is_sent_for {
            self.select(0);
        }
    }

    /// Sorts by `column`; by the same one again, the other way round.
    fn sort_by(&mut self, column: Column, now: Moment) {
        if self.sort.column == column {
            self.sort.descending = !self.sort.descending;
        } else {
            self.sort = Sort::by(column);
        }
        self.arrange(now);
    }

    /// Sorts by the next column to the right.
    fn sort_by_next(&mut self, now: Moment) {
        let shown: Vec<_> = self.columns.iter().filter(|column| self.shows(column)).collect();
        let at = shown.iter().position(|column| **column == self.sort.column).unwrap_or(0);
        let next = shown.into_iter().cycle().nth(at + 1).cloned().unwrap_or(Column::Name);
        self.sort_by(next, now);
    }

    /// Adds a column, or takes it out when it is there; whether it is there now.
    pub(in crate::app) fn toggle_column(&mut self, column: Column, now: Moment) -> bool {
        let is_there = self.columns.toggle(column);
        self.columns_changed(now);
        is_there
    }

    fn columns_changed(&mut self, now: Moment) {
        self.rows.values_mut().for_each(|row| row.values = None);
        if !self.columns.iter().any(|column| *column == self.sort.column) {
            self.sort = Sort::by(Column::Seen);
        }
        self.arrange(now);
    }

    /// Reads what the columns of fields show of the rows on screen.
    pub(in crate::app) fn read_values(&mut self) {
        if self.columns.fields().next().is_none() {
            return;
        }
        let Self { rows, order, columns, cursor, .. } = self;
        for index in order.get(cursor.visible()).unwrap_or_default() {
            if let Some((_, row)) = rows.get_index_mut(*index) {
                row.read_values(columns);
            }
        }
    }

    /// Begins a step. `waiting` are the changes that came before and are still to be shown.
    pub(in crate::app) fn begin_step<'a>(
        &mut self,
        clock: &ServerClock,
        waiting: impl Iterator<Item = &'a Change>,
        now: Moment,
    ) -> &Step {
        self.steps += 1;
        self.step.insert(Step::new(self.steps, clock.time(now), waiting))
    }

    /// Ends the step that is on, if one is.
    pub(in crate::app) fn end_step(&mut self, now: Moment) -> Option<Step> {
        let ended = self.step.take()?;
        if self.sort.column == Column::Step {
            self.sort = Sort::by(Column::Seen);
            self.arrange(now);
        }
        Some(ended)
    }

    /// The step that is on.
    pub fn step(&self) -> Option<&Step> {
        self.step.as_ref()
    }

    /// Whether a type stands above the others.
    pub fn is_pinned(&self, event_type: &TypeName) -> bool {
        self.pinned.contains(event_type)
    }

    /// The types that are neither in the table nor in the stream.
    pub fn muted(&self) -> &BTreeSet<TypeName> {
        &self.muted
    }

    /// Brings a muted type back, and the cursor to it.
    pub(in crate::app) fn unmute(&mut self, event_type: &TypeName) {
        self.muted.remove(event_type);
        if self.rows.contains_key(event_type) {
            self.selected = Some(event_type.clone());
        }
        self.sift(false);
    }

    /// Pins the selected type to the top, or lets it go.
    fn pin(&mut self, now: Moment) -> Answer {
        let Some(name) = self.selected.clone() else { return Answer::done() };
        let said = if self.pinned.remove(&name) {
            sanitized!("{} is pinned no more", name.shown())
        } else {
            self.pinned.insert(name.clone());
            sanitized!("{} is pinned to the top", name.shown())
        };
        self.arrange(now);
        Answer::say(said)
    }

    /// Takes the selected type out of the table, and the cursor to the next.
    fn mute(&mut self) -> Answer {
        let Some(name) = self.selected.clone().filter(|_| self.is_listed) else { return Answer::done() };
        self.muted.insert(name.clone());
        let at = self.cursor.at();
        self.sift(false);
        self.select(at);
        Answer::say(sanitized!("{} is muted; `muted types` among the commands brings it back", name.shown()))
    }

    /// Reverses the order.
    fn reverse(&mut self, now: Moment) {
        self.sort_by(self.sort.column.clone(), now);
    }

    /// Leaves only the types that match `query` in fuzzy search; all of them when it is empty.
    pub(in crate::app) fn set_filter(&mut self, query: &str) {
        // Another letter leaves only what was left, unless it is part of what has a meaning of its own.
        let is_plain = |query: &str| !query.trim().is_empty() && !query.contains(['!', '^', '$', '\'', '\\']);
        let narrower = is_plain(&self.query) && is_plain(query) && query.starts_with(&*self.query);
        query.clone_into(&mut self.query);
        self.filter =
            (!query.trim().is_empty()).then(|| Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart));
        self.sift(narrower);
        if let Some(best) = self.best {
            self.select(best);
        } else {
            self.select_something();
        }
    }

    /// Leaves only these types, where the view is narrowed. While `more` may be left, the cursor stays on its type, which may
    /// be among them.
    pub(in crate::app) fn narrow(&mut self, left: Option<HashSet<TypeName>>, more: bool) {
        if self.left != left {
            self.left = left;
            self.sift(false);
        }
        if !more {
            self.select_something();
        }
    }

    /// Notes that the reader has looked at the selected type.
    pub(in crate::app) fn look(&mut self) {
        if let Some(row) = self.selected.as_ref().and_then(|name| self.rows.get_mut(name)) {
            row.mark = None;
        }
    }

    /// Learns what is wrong with the newest event of a type, and gives what is news of it. The row of one that is the
    /// newest no more stays as it is.
    pub(in crate::app) fn learn<'a>(&mut self, linted: &'a Linted) -> Vec<&'a Finding> {
        let Some(row) = self.rows.get_mut(&linted.event.event_type) else { return Vec::new() };
        if row.is_newest(&linted.event) {
            row.linted = Some(linted.clone());
        }
        if let Some(tally) = linted.found.tally()
            && row.worst.as_ref().and_then(|worst| worst.linted.found.tally()).is_none_or(|it| it.worst <= tally.worst)
        {
            row.worst = Some(Worst { linted: linted.clone(), came: row.came });
        }
        row.told.news(linted.found.findings())
    }

    /// Puts the rows in order again after something was learnt, where the order depends on it.
    pub(in crate::app) fn learnt(&mut self, now: Moment) {
        if self.sort.column == Column::Findings {
            self.arrange(now);
        }
    }

    /// The row of a type.
    pub(in crate::app) fn row(&self, event_type: &TypeName) -> Option<&TypeRow> {
        self.rows.get(event_type)
    }

    /// The type under the cursor, with its row.
    pub fn selected(&self) -> Option<(&TypeName, &TypeRow)> {
        let name = self.selected.as_ref()?;
        self.rows.get(name).map(|row| (name, row))
    }

    /// The rows on screen, from the top, each with whether the cursor is on it.
    pub fn visible(&self) -> impl Iterator<Item = (&TypeName, &TypeRow, bool)> {
        let visible = self.cursor.visible();
        self.rows()
            .skip(visible.start)
            .take(visible.len())
            .enumerate()
            .map(move |(line, (name, row))| (name, row, self.is_listed && visible.start + line == self.cursor.at()))
    }

    /// All rows that the filter leaves, in order.
    pub fn rows(&self) -> impl Iterator<Item = (&TypeName, &TypeRow)> {
        self.order.iter().filter_map(|index| self.rows.get_index(*index))
    }

    /// The characters of `name` that the filter matched, as positions.
    pub fn matched(&self, name: &str) -> Vec<u32> {
        let mut indices = Vec::new();
        if let Some(filter) = &self.filter {
            let mut buffer = Vec::new();
            let mut matcher = Matcher::new(Config::DEFAULT);
            filter.indices(Utf32Str::new(name, &mut buffer), &mut matcher, &mut indices);
            indices.sort_unstable();
            indices.dedup();
        }
        indices
    }

    /// How many types the filter leaves, and how many there are but for the muted.
    pub fn counts(&self) -> (usize, usize) {
        let muted = self.muted.iter().filter(|name| self.rows.contains_key(*name)).count();
        (self.order.len(), self.rows.len() - muted)
    }

    /// How many rows with news there are, how many of them above the view, and how many below it.
    pub fn unseen(&self) -> (usize, usize, usize) {
        let visible = self.cursor.visible();
        let places = self.rows().enumerate().filter(|(_, (_, row))| row.mark.is_some()).map(|(place, _)| place);
        places.fold((0, 0, 0), |(all, above, below), place| {
            (all + 1, above + usize::from(place < visible.start), below + usize::from(place >= visible.end))
        })
    }

    /// The columns that fit into `inner`, from the left, each where its text goes.
    pub fn columns(&self, inner: Area) -> Vec<(Column, Area)> {
        self.columns.laid_out(inner, |column| self.shows(column))
    }

    /// How much room the table takes when nothing in it is cut, whatever is filtered.
    pub(in crate::app) fn holds(&self) -> Holds {
        let (_, all) = self.counts();
        let cells = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
        // Its border, and the headings.
        Holds {
            width: self.columns.width(cells(self.widest), |column| self.shows(column)).saturating_add(2),
            height: cells(all).saturating_add(3),
        }
    }

    /// Whether a column is shown where there is room: a count that nobody told is none.
    fn shows(&self, column: &Column) -> bool {
        match column {
            Column::Received => self.rows.values().any(|row| row.received.is_some()),
            Column::Step => self.step.is_some(),
            _ => true,
        }
    }

    /// Where the cursor is.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The order of the rows.
    pub fn sort(&self) -> &Sort {
        &self.sort
    }

    /// The filter's text.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// When a text or a colour in the visible rows changes by time alone.
    pub(in crate::app) fn next_wake(&self, now: Moment, bars_move: bool) -> Option<Duration> {
        let bars_move = bars_move && self.columns.iter().any(|column| *column == Column::Rate);
        self.visible()
            .flat_map(|(_, row, _)| {
                let age = row.age(now).map(text::until_next_age);
                let shift = bars_move.then(|| row.rate.next_shift(&self.outages, now)).flatten();
                let moves = [age, shift].into_iter().flatten().min();
                [moves.map(|wait| now.until_second(wait)), row.flash_left(now)]
            })
            .flatten()
            .min()
    }
}

impl Pane for Types {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn fit(&mut self, inner: Area) {
        // One row of the pane is the headings.
        self.cursor.fit(usize::from(inner.height).saturating_sub(1));
    }

    fn act(&mut self, action: Action, context: &Context<'_>) -> Option<Answer> {
        if self.cursor.act(action) {
            // Back at the first row, the newest come into view again.
            self.moved = action != Action::First;
            self.take_selected();
            return Some(Answer::done());
        }
        match action {
            Action::Inspect => return Some(Answer::request(Request::Focus(PaneId::Inspector))),
            Action::Filter => {
                return Some(Answer::request(Request::Open(Open::Prompt(
                    PromptKind::Filter,
                    Input::new(self.query.clone()),
                ))));
            }
            Action::Sort => self.sort_by_next(context.now),
            Action::Reverse => self.reverse(context.now),
            Action::ToggleRate => {
                self.toggle_column(Column::Rate, context.now);
            }
            Action::ResetColumns => {
                self.columns = self.own_columns.clone();
                self.columns_changed(context.now);
            }
            Action::Pin => return Some(self.pin(context.now)),
            Action::Mute => return Some(self.mute()),
            Action::Muted if self.muted.is_empty() => return Some(Answer::say("no type is muted")),
            Action::Muted => {
                return Some(Answer::request(Request::Open(Open::Muted(self.muted.iter().cloned().collect()))));
            }
            Action::MarkSeen => self.mark_seen(),
            _ => return None,
        }
        Some(Answer::done())
    }

    fn can(&self, action: Action, _context: &Context<'_>) -> bool {
        match action {
            Action::Inspect | Action::Filter | Action::Sort => !self.rows.is_empty(),
            Action::MarkSeen => self.rows.values().any(|row| row.mark.is_some()),
            _ => true,
        }
    }

    fn click(&mut self, mouse: Mouse, inner: Area, context: &Context<'_>) -> Answer {
        if !inner.holds(mouse) {
            return Answer::done();
        }
        if mouse.row == inner.y {
            let column = self.columns(inner).into_iter().find(|(_, area)| area.holds(mouse));
            if let Some((column, _)) = column {
                self.sort_by(column, context.now);
            }
        } else if let Some(position) = self.cursor.row_at(usize::from(mouse.row - inner.y - 1)) {
            self.moved = true;
            self.select(position);
        }
        Answer::done()
    }

    fn scroll(&mut self, rows: isize) {
        self.moved = true;
        self.cursor.scroll(rows);
        if self.is_listed {
            self.take_selected();
        }
    }
}

#[cfg(test)]
mod tests;
