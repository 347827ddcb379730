//! The event on show in the inspector.

use std::sync::Arc;

use super::changes::{Changes, Compared, Comparison, Pair};
use super::findings::EventFindings;
use super::scan::Versions;
use crate::event::{Document, DocumentError, Volatile};
use crate::session::{Captured, History, Place};

/// The event on show.
#[derive(Debug)]
pub struct Shown {
    /// The event.
    pub event: Captured,
    /// The same as a document, or why it is none.
    pub document: Result<Arc<Document>, DocumentError>,
    /// Its findings or, until they are known, those of the event before it.
    found: Option<Arc<EventFindings>>,
    /// Whether the findings are its own.
    is_linted: bool,
    /// Where it stands among those of its type that are held; `None` when it is not one of them any more.
    pub place: Option<Place>,
    /// How many those are.
    pub held_of_type: usize,
    /// How many newer events of the type came that the reader has not gone on to.
    pub newer: u64,
    /// Whether the reader has moved in it, so that it holds still.
    pub held: bool,
    /// Against the event of its type before it.
    comparison: Comparison,
    /// Against the marked event.
    marked: Comparison,
    /// Whether it was looked for the event before.
    is_compared: bool,
}

impl Shown {
    pub(super) fn new(event: Captured) -> Self {
        let document = Document::new(Arc::clone(&event.payload)).map(Arc::new);
        Self {
            event,
            document,
            found: None,
            is_linted: false,
            place: None,
            held_of_type: 0,
            newer: 0,
            held: false,
            comparison: Comparison::Nothing,
            marked: Comparison::Nothing,
            is_compared: false,
        }
    }

    /// Shows another event of the type.
    pub(super) fn replace(&mut self, event: Captured) {
        self.document = Document::new(Arc::clone(&event.payload)).map(Arc::new);
        self.event = event;
        self.is_linted = false;
        self.newer = 0;
        self.is_compared = false;
        self.marked = Comparison::Nothing;
    }

    /// Finds its place among the others.
    pub(super) fn place(&mut self, versions: Versions<'_>) {
        self.place = versions.history.place(self.event.number);
        self.held_of_type = versions.count(&self.event.event_type);
    }

    /// Compares it with the event before it and with the one that is marked, unless that is known.
    pub(super) fn compare(&mut self, history: &History, mark: Option<&Captured>, volatile: &Volatile) {
        let document = self.document.as_deref().ok();
        let is_other = |comparison: &Comparison, other: Option<&Captured>| {
            comparison.other().map(|other| other.number) != other.map(|other| other.number)
        };
        let before = history.before(self.event.number);
        // Where the one before had to go, what is known of it stays.
        if !std::mem::replace(&mut self.is_compared, true) || before.is_some() && is_other(&self.comparison, before) {
            self.comparison = Comparison::begin(before, &self.event, document, volatile);
        }
        let mark = mark.filter(|mark| mark.number != self.event.number);
        if is_other(&self.marked, mark) {
            self.marked = Comparison::begin(mark, &self.event, document, volatile);
        }
    }

    /// The comparisons that were not made yet.
    pub(super) fn pairs(&self, volatile: &Arc<Volatile>) -> impl Iterator<Item = Pair> {
        [&self.marked, &self.comparison].into_iter().filter_map(|comparison| comparison.pair(&self.event, volatile))
    }

    /// Takes in a comparison that was asked for.
    pub(super) fn compared(&mut self, compared: &Compared) {
        self.marked.learn(self.event.number, compared);
        self.comparison.learn(self.event.number, compared);
    }

    /// The changes from the event of its type before it; `None` where there is none, or it was not compared.
    pub fn changes(&self) -> Option<&Changes> {
        self.comparison.changes()
    }

    /// What it is compared with where the reader compares: the marked event, if that is another, else the one before.
    pub fn comparison(&self) -> &Comparison {
        if self.is_against_mark() { &self.marked } else { &self.comparison }
    }

    /// Whether it is compared with the marked event.
    pub fn is_against_mark(&self) -> bool {
        self.marked.other().is_some()
    }

    /// Takes in the findings of the event.
    pub(super) fn learn(&mut self, found: &Arc<EventFindings>) {
        self.found = Some(Arc::clone(found));
        self.is_linted = true;
    }

    /// Its findings; `None` while it has not been checked.
    pub fn found(&self) -> Option<&Arc<EventFindings>> {
        self.found.as_ref().filter(|_| self.is_linted)
    }

    /// The same, or those of the event before it, and whether they are its own.
    pub fn latest_found(&self) -> Option<(&Arc<EventFindings>, bool)> {
        self.found.as_ref().map(|found| (found, self.is_linted))
    }
}
