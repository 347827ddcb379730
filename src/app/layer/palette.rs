//! The palette: every command with its key and the place where it holds, to search and to run.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;

use super::picker;
use crate::app::cursor::Cursor;
use crate::app::keymap::{self, Action, Binding, ENTER, ESC_OR_INTERRUPT, Keys, bind, ctrl, hint, key};
use crate::app::layout::Area;
use crate::app::pane::{Answer, Context, Pane, Request};
use crate::app::{KeyCode, Mouse};

/// The keys of the palette.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(ENTER, A::Accept, "run it", "run"),
        hint(ESC_OR_INTERRUPT, A::Back, "run nothing", "close"),
        bind(&[key(KeyCode::Up), ctrl('p')], A::Up, "up"),
        bind(&[key(KeyCode::Down), ctrl('n')], A::Down, "down"),
        bind(&[key(KeyCode::PageUp)], A::PageUp, "a page up"),
        bind(&[key(KeyCode::PageDown)], A::PageDown, "a page down"),
    ];
    Keys::typing("Choosing a command", BINDINGS, &[&keymap::LINE])
};

/// Every command, and the line in which they are searched.
#[derive(Debug)]
pub struct Palette {
    /// The search.
    pub input: Input,
    commands: Vec<Command>,
    /// Indices into `commands`: what the search leaves, the best first.
    order: Vec<usize>,
    cursor: Cursor,
}

/// One command.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// Where it holds.
    pub place: &'static Keys,
    /// Its meaning and its keys.
    pub binding: &'static Binding,
}

impl Command {
    /// Its first key; empty for a command that only the palette has.
    pub fn key(&self) -> String {
        self.binding.keys.first().map_or_else(String::new, ToString::to_string)
    }
}

impl Palette {
    /// The palette of the commands of `places`, with those of `here` first.
    pub(in crate::app) fn new(places: impl Iterator<Item = &'static Keys>, here: &'static Keys) -> Self {
        let mut commands: Vec<_> = places
            .filter(|place| !place.typing && !std::ptr::eq(*place, &raw const keymap::LIST))
            .flat_map(|place| place.bindings.iter().map(move |binding| Command { place, binding }))
            .filter(|command| !command.binding.label.is_empty() && !is_of_layers(command.binding.action))
            .collect();
        let rank = |command: &Command| {
            let is_here = |keys: &'static Keys| std::ptr::eq(keys, command.place);
            if is_here(here) { 0 } else { 2 - u8::from(here.with.iter().any(|keys| is_here(keys))) }
        };
        commands.sort_by_key(rank);
        let order: Vec<_> = (0..commands.len()).collect();
        let mut cursor = Cursor::default();
        cursor.set_len(order.len());
        Self { input: Input::default(), commands, order, cursor }
    }

    fn search(&mut self) {
        let query = self.input.value().trim();
        let pattern = Pattern::parse(query, CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let ranked = self.commands.iter().enumerate().filter_map(|(index, command)| {
            // Who types a key means that one.
            let is_key = !query.is_empty() && command.key() == query;
            let text = format!("{} {}", command.binding.label, command.place.title);
            let score = pattern.score(Utf32Str::new(&text, &mut buffer), &mut matcher);
            (is_key || score.is_some()).then_some((!is_key, Reverse(score), index))
        });
        let mut ranked: Vec<_> = ranked.collect();
        ranked.sort_unstable();
        self.order = ranked.into_iter().map(|(.., index)| index).collect();
        self.cursor.set_len(self.order.len());
        self.cursor.put(0);
    }

    fn selected(&self) -> Option<&Command> {
        self.commands.get(*self.order.get(self.cursor.at())?)
    }

    fn run(&self) -> Answer {
        match self.selected() {
            Some(Command { place, binding }) => {
                Answer::request(Request::Close).and(Request::Run(place, binding.action))
            }
            None => Answer::done(),
        }
    }

    /// The commands on screen, from the top, each with whether the cursor is on it.
    pub fn visible(&self) -> impl Iterator<Item = (&Command, bool)> {
        let rows = self.cursor.visible();
        let commands = rows.map(|row| (self.order.get(row).and_then(|index| self.commands.get(*index)), row));
        commands.filter_map(|(command, row)| Some((command?, row == self.cursor.at())))
    }

    /// Where the cursor is among those that the search leaves.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// How many there are, searched or not.
    pub fn total(&self) -> usize {
        self.commands.len()
    }
}

/// Whether an action has a meaning only in a layer that is open.
fn is_of_layers(action: Action) -> bool {
    matches!(action, Action::CopyTarget(_) | Action::PrintTarget(_) | Action::Accept | Action::Back)
}

impl Pane for Palette {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn fit(&mut self, inner: Area) {
        self.cursor.fit(picker::list(inner).height.into());
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        match action {
            Action::Accept => Some(self.run()),
            Action::Back => Some(Answer::request(Request::Close)),
            _ => self.cursor.act(action).then(Answer::done),
        }
    }

    fn click(&mut self, mouse: Mouse, inner: Area, _context: &Context<'_>) -> Answer {
        let list = picker::list(inner);
        let row = self.cursor.row_at(usize::from(mouse.row.saturating_sub(list.y)));
        match row.filter(|_| list.holds(mouse)) {
            Some(row) => {
                self.cursor.put(row);
                self.run()
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

    fn edited(&mut self) -> Answer {
        self.search();
        Answer::done()
    }
}
