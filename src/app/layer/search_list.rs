//! A list to choose from, under a line in which it is searched.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use crate::app::Mouse;
use crate::app::cursor::Cursor;
use crate::app::keymap::{Action, Keys};
use crate::app::layout::Area;
use crate::app::pane::{Answer, Context, Pane, Request};

/// A list to choose from, and the line in which it is searched.
#[derive(Debug)]
pub struct SearchList<T> {
    /// The search.
    pub input: Input,
    items: Vec<T>,
    /// Indices into `items`: what the search leaves, the best first.
    order: Vec<usize>,
    pattern: Option<Pattern>,
    cursor: Cursor,
}

/// Something to choose.
pub(in crate::app) trait Item {
    /// The keys of a list of such.
    fn keys() -> &'static Keys;

    /// The text that is searched.
    fn searched(&self) -> String;

    /// A part of it by which it stands before those that match elsewhere.
    fn name(&self) -> Option<&str> {
        None
    }

    /// Whether the search is it and no other.
    fn is(&self, query: &str) -> bool;

    /// The answer when it is chosen.
    fn chosen(&self) -> Answer;
}

impl<T> SearchList<T> {
    pub(super) fn of(items: Vec<T>) -> Self {
        let order: Vec<_> = (0..items.len()).collect();
        let mut cursor = Cursor::default();
        cursor.set_len(order.len());
        Self { input: Input::default(), items, order, pattern: None, cursor }
    }

    /// The item under the cursor.
    pub fn selected(&self) -> Option<&T> {
        self.items.get(*self.order.get(self.cursor.at())?)
    }

    /// The items on screen, from the top, each with whether the cursor is on it.
    pub fn visible(&self) -> impl Iterator<Item = (&T, bool)> {
        let rows = self.cursor.visible();
        let items = rows.map(|row| (self.order.get(row).and_then(|index| self.items.get(*index)), row));
        items.filter_map(|(item, row)| Some((item?, row == self.cursor.at())))
    }

    /// Where the cursor is among those that the search leaves.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// How many there are, searched or not.
    pub fn total(&self) -> usize {
        self.items.len()
    }

    /// The characters of a text that the search matches, as positions.
    pub fn matched(&self, text: &str) -> Vec<usize> {
        let mut indices = Vec::new();
        if let Some(pattern) = &self.pattern {
            let mut buffer = Vec::new();
            let mut matcher = Matcher::new(Config::DEFAULT);
            pattern.indices(Utf32Str::new(text, &mut buffer), &mut matcher, &mut indices);
        }
        indices.into_iter().map(|at| at as usize).collect()
    }
}

/// How a text has what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Each word of it begins a word of the text.
    Words,
    /// Each stands in it as it is.
    Inside,
    /// The letters stand in it, in their order.
    Scattered,
}

impl Fit {
    fn of(query: &str, text: &str) -> Self {
        let text = text.to_lowercase();
        let of_word = |word: &str| {
            let begins = |at: usize| text.get(..at).is_none_or(|before| !before.ends_with(char::is_alphanumeric));
            if text.match_indices(word).any(|(at, _)| begins(at)) {
                Self::Words
            } else if text.contains(word) {
                Self::Inside
            } else {
                Self::Scattered
            }
        };
        let query = query.to_lowercase();
        // What is to be left out fits where it is not.
        query.split_whitespace().filter(|word| !word.starts_with('!')).map(of_word).max().unwrap_or(Self::Words)
    }
}

/// The rows of the list in the layer: under the line that is typed and a gap.
pub fn rows(inner: Area) -> Area {
    Area { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner }
}

fn choose<T: Item>(list: &SearchList<T>) -> Answer {
    list.selected().map_or_else(Answer::done, Item::chosen)
}

impl<T: Item> Pane for SearchList<T> {
    fn keys(&self) -> &'static Keys {
        T::keys()
    }

    fn fit(&mut self, inner: Area) {
        self.cursor.fit(rows(inner).height.into());
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        match action {
            Action::Accept => Some(choose(self)),
            Action::Back => Some(Answer::request(Request::Close)),
            _ => self.cursor.act(action).then(Answer::done),
        }
    }

    fn click(&mut self, mouse: Mouse, inner: Area, _context: &Context<'_>) -> Answer {
        let rows = rows(inner);
        let row = self.cursor.row_at(usize::from(mouse.row.saturating_sub(rows.y)));
        match row.filter(|_| rows.holds(mouse)) {
            Some(row) => {
                self.cursor.put(row);
                choose(self)
            }
            None => Answer::done(),
        }
    }

    fn scroll(&mut self, rows: isize) {
        self.cursor.step(rows);
    }

    fn input(&mut self) -> Option<&mut Input> {
        Some(&mut self.input)
    }

    /// Leaves what matches the search: what is meant by its name, then all else, the best match of each first.
    fn edited(&mut self) -> Answer {
        let query = self.input.value().trim();
        self.pattern = (!query.is_empty()).then(|| Pattern::parse(query, CaseMatching::Smart, Normalization::Smart));
        self.order = (0..self.items.len()).collect();
        if let Some(pattern) = &self.pattern {
            let mut matcher = Matcher::new(Config::DEFAULT);
            let mut buffer = Vec::new();
            let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
            let ranked = self.items.iter().enumerate().filter_map(|(index, item)| {
                let searched = item.searched();
                let (is_it, best, fit) = (item.is(query), score(&searched), Fit::of(query, &searched));
                let is_named = item.name().is_some_and(|name| score(name).is_some());
                (is_it || best.is_some()).then_some((!is_named, !is_it, fit, Reverse(best), index))
            });
            let mut ranked: Vec<_> = ranked.collect();
            // Who types words that stand somewhere means those, and no letters that are scattered over others.
            if ranked.iter().any(|(.., fit, _, _)| *fit != Fit::Scattered) {
                ranked
                    .retain(|(is_other_name, is_other, fit, ..)| *fit != Fit::Scattered || !is_other_name || !is_other);
            }
            ranked.sort_unstable();
            self.order = ranked.into_iter().map(|(.., index)| index).collect();
        }
        self.cursor.set_len(self.order.len());
        self.cursor.put(0);
        Answer::done()
    }
}
