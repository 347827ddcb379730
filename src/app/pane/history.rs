//! The inspector's tab that lists the events of the type that are held, the newest first.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::{Answer, Context, Pane, Request, Tab};
use crate::app::changes::{Compared, Pair};
use crate::app::cursor::Cursor;
use crate::app::keymap::{self, Action, Binding, Keys, char, hint, key};
use crate::app::layout::Area;
use crate::app::scan::Versions;
use crate::app::shown::Shown;
use crate::app::{KeyCode, Mouse};
use crate::event::{Sanitized, TypeName, Volatile, text};
use crate::session::{Captured, EventNumber, Moment};

/// The keys of the list.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(&[key(KeyCode::Enter), char('l'), key(KeyCode::Right)], A::Inspect, "look into this event", "open"),
        hint(&[char('h'), key(KeyCode::Left)], A::Out, "back to the tree", "tree"),
        keymap::bind(&[char('/')], A::Search, "search in the tree"),
    ];
    Keys::commands("Inspector: history", BINDINGS, &[&keymap::EVENT, &keymap::LIST, &keymap::ANYWHERE])
};

/// So many events at most are remembered with what changed in them.
const REMEMBERED: usize = 1_024;

/// The held events of the type on show as a list with a cursor: it stands on the event on show until the reader moves it,
/// and then on the event where it was put.
#[derive(Debug, Default)]
pub struct HistoryPane {
    event_type: Option<TypeName>,
    /// The event under the cursor.
    at: Option<EventNumber>,
    /// The event that was on show last.
    shown: Option<EventNumber>,
    cursor: Cursor,
    /// Whether the cursor was moved, so that the event under it is another.
    moved: bool,
    /// What changed from one event to the next, in a few words.
    words: HashMap<(EventNumber, EventNumber), Sanitized>,
}

impl HistoryPane {
    /// The rows on screen, from the top: each event with whether the cursor is on it.
    pub fn visible<'h>(&'h self, versions: Versions<'h>) -> impl Iterator<Item = (&'h Captured, bool)> {
        let rows = self.cursor.visible();
        let events = self.event_type.iter().flat_map(move |name| versions.newest_first(name, rows.clone()));
        events.map(|event| (event, Some(event.number) == self.at))
    }

    /// Where the cursor is.
    pub fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The event under the cursor.
    pub fn selected(&self) -> Option<EventNumber> {
        self.at
    }

    /// What changed from the one event to the other, in a few words, once it is known.
    pub fn words(&self, pair: (EventNumber, EventNumber)) -> Option<&Sanitized> {
        self.words.get(&pair)
    }

    /// The events on screen of which it is not known what changed in them.
    pub(super) fn unknown(&self, versions: Versions<'_>, volatile: &Arc<Volatile>) -> Vec<Pair> {
        let (history, visible) = (versions.history, self.visible(versions));
        let pairs = visible.filter_map(|(event, _)| Pair::of(history.before(event.number)?, event, volatile));
        pairs.filter(|pair| !self.words.contains_key(&pair.numbers())).collect()
    }

    /// Takes in what changed from one event to another.
    pub(super) fn learn(&mut self, compared: &Compared) {
        if self.words.len() >= REMEMBERED {
            self.words.clear();
        }
        self.words.insert(compared.pair, compared.words());
    }

    /// How long after `now` an age on screen reads differently.
    pub(super) fn next_wake(&self, versions: Versions<'_>, now: Moment) -> Option<Duration> {
        self.visible(versions).map(|(event, _)| text::until_next_age(event.age(now))).min()
    }

    fn take_cursor(&mut self, context: &Context<'_>) {
        let row = self.cursor.at();
        let name = self.event_type.as_ref();
        let event = name.and_then(|name| context.versions().newest_first(name, row..row + 1).next());
        self.at = event.map(|event| event.number);
    }

    fn open(&self) -> Answer {
        self.at.map_or_else(Answer::done, |number| {
            Answer::request(Request::ShowEvent(number)).and(Request::Tab(Tab::Tree))
        })
    }
}

impl Pane for HistoryPane {
    fn keys(&self) -> &'static Keys {
        &KEYS
    }

    fn count(&self, shown: &Shown) -> usize {
        shown.held_of_type
    }

    fn show(&mut self, context: &Context<'_>) {
        let Some(shown) = context.shown else {
            *self = Self::default();
            return;
        };
        let Captured { event_type, number, .. } = &shown.event;
        if self.event_type.as_ref() != Some(event_type) {
            self.event_type = Some(event_type.clone());
            self.words.clear();
            self.at = None;
            self.moved = false;
        }
        if mem::take(&mut self.moved) {
            self.take_cursor(context);
        }
        if self.at == self.shown || self.at.is_none() {
            self.at = Some(*number);
        }
        self.shown = Some(*number);
        let line = self.cursor.line();
        self.cursor.set_len(context.versions().count(event_type));
        if let Some(newer) = self.at.and_then(|number| context.versions().newer(number)) {
            // What comes above it does not move it on the screen.
            self.cursor.put_on_line(newer, line);
        } else {
            // It had to go, and those before it as well.
            self.cursor.put(self.cursor.at());
            self.take_cursor(context);
        }
    }

    fn fit(&mut self, inner: Area) {
        self.cursor.fit(inner.height.into());
    }

    fn act(&mut self, action: Action, _context: &Context<'_>) -> Option<Answer> {
        match action {
            Action::Out => return Some(Answer::request(Request::Tab(Tab::Tree))),
            Action::Inspect => return Some(self.open()),
            _ if self.cursor.act(action) => self.moved = true,
            _ => return None,
        }
        Some(Answer::done())
    }

    fn click(&mut self, mouse: Mouse, inner: Area, _context: &Context<'_>) -> Answer {
        // The first click chooses the event, a click on the chosen one opens it.
        match self.cursor.row_at(usize::from(mouse.row - inner.y)) {
            Some(row) if row == self.cursor.at() => return self.open(),
            Some(row) => {
                self.cursor.put(row);
                self.moved = true;
            }
            None => {}
        }
        Answer::done()
    }

    fn scroll(&mut self, rows: isize) {
        self.cursor.scroll(rows);
        self.moved = true;
    }
}
