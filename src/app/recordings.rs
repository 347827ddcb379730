//! The tapes that the session is recorded to.

use super::Effect;
use crate::event::{Redaction, Sanitized};
use crate::session::{EventNumber, Record};

/// A tape that the session is recorded to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Where it is.
    pub place: Sanitized,
    /// How many events are on it, or on the way there.
    pub events: u64,
    /// Whether it says that all of it is masked.
    pub is_masked: bool,
}

/// The tape that is on, and the one that is just begun.
#[derive(Debug, Default)]
pub struct Recordings {
    pub(super) on: Option<Recording>,
    pub(super) next: Option<Recording>,
    /// Up to where the session is on a tape that was closed.
    pub(super) saved: Option<EventNumber>,
    /// Whether the reader was told what would be lost, and the next key to quit quits.
    pub(super) is_leaving: bool,
}

impl Recordings {
    /// With a tape that is on from the start, where one is.
    pub(super) fn new(place: Option<Sanitized>, is_masked: bool) -> Self {
        Self { on: place.map(|place| Recording { place, events: 0, is_masked }), ..Self::default() }
    }

    /// The tape that is on.
    pub fn on(&self) -> Option<&Recording> {
        self.on.as_ref()
    }

    /// What is to be written of what happened. A tape that says it is masked stays so when the masks are taken off: then
    /// `redaction` makes the twins, which it does while there are no others.
    pub(super) fn write(&mut self, records: &[Record], redaction: Option<&Redaction>) -> Option<Effect> {
        if records.is_empty() || self.on.is_none() && self.next.is_none() {
            return None;
        }
        let has_event = |record: &&Record| record.change().is_some_and(|change| change.payload.is_some());
        let events = records.iter().filter(has_event).count() as u64;
        for recording in self.on.iter_mut().chain(&mut self.next) {
            recording.events += events;
        }
        let is_masked = self.on.iter().chain(&self.next).any(|recording| recording.is_masked);
        Some(Effect::Record(match redaction.filter(|_| is_masked) {
            Some(redaction) => records.iter().map(|record| redaction.record(record)).collect(),
            None => records.to_vec(),
        }))
    }
}
