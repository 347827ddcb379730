//! The event on show in the inspector.

use std::sync::Arc;

use super::changes::Changes;
use super::findings::{EventFindings, Linted};
use crate::event::{Document, DocumentError, Payload, TypeName};
use crate::session::History;

/// The event on show.
#[derive(Debug)]
pub struct Shown {
    /// Its type.
    pub event_type: TypeName,
    /// The event.
    pub payload: Arc<Payload>,
    /// The same as a document, or why it is none.
    pub document: Result<Arc<Document>, DocumentError>,
    /// Its findings or, until they are known, those of the event before it.
    found: Option<Arc<EventFindings>>,
    /// Whether the findings are its own.
    is_linted: bool,
    /// A newer event of the type that the reader has not gone on to, and how many there were.
    pub newer: Option<(Arc<Payload>, u64)>,
    /// Whether the reader has moved in it, so that it holds still.
    pub held: bool,
    /// The changes from the event before it; `None` where there is none, or it was not compared.
    changes: Option<Changes>,
    /// Whether it was looked for the event before.
    is_compared: bool,
}

impl Shown {
    pub(super) fn new(event_type: TypeName, payload: Arc<Payload>) -> Self {
        let document = Document::new(payload.clone()).map(Arc::new);
        Self {
            event_type,
            payload,
            document,
            found: None,
            is_linted: false,
            newer: None,
            held: false,
            changes: None,
            is_compared: false,
        }
    }

    pub(super) fn replace(&mut self, payload: Arc<Payload>) {
        self.document = Document::new(payload.clone()).map(Arc::new);
        self.payload = payload;
        self.is_linted = false;
        self.newer = None;
        self.is_compared = false;
    }

    /// Compares it with the event before it, once.
    pub(super) fn compare(&mut self, history: &History) {
        if !std::mem::replace(&mut self.is_compared, true) {
            let before = history.before(&self.event_type, &self.payload);
            let event = self.document.as_deref().ok();
            self.changes = before.zip(event).and_then(|(before, event)| Changes::between(before, event));
        }
    }

    /// The changes from the event of its type before it; `None` where there is none, or it was not compared.
    pub fn changes(&self) -> Option<&Changes> {
        self.changes.as_ref()
    }

    /// Takes in the findings of the event, if they are of this one.
    pub(super) fn learn(&mut self, linted: &Linted) {
        if Arc::ptr_eq(&self.payload, &linted.payload) {
            self.found = Some(Arc::clone(&linted.found));
            self.is_linted = true;
        }
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
