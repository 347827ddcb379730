use std::sync::Arc;

use super::journal::Journal;
use super::{Arrival, Busy, Errors, EventNumber, History, Record, Requests, ServerClock, Waiting};
use crate::event::Redaction;

/// A watcher's knowledge of a session.
#[derive(Debug, Default)]
pub struct Session {
    /// The captured events.
    pub history: History,
    /// The server's counts of events that it could not process, since they are known.
    pub errors: Option<Errors>,
    /// The server's clock.
    pub clock: ServerClock,
    /// Which types change at nearly every poll.
    pub busy: Busy,
    /// What our own collector was sent.
    pub requests: Requests,
    /// What waits there.
    pub waiting: Option<Waiting>,
    /// How many events came.
    pub events: u64,
    journal: Journal,
}

impl Session {
    /// One that knows nothing yet, and that will hold at most `limit` bytes of events beside the newest of each type.
    pub fn new(limit: usize) -> Self {
        Self { history: History::new(limit), ..Self::default() }
    }

    /// One that knows nothing, and whose events have numbers that this one has given to none.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self { history: self.history.anew(), ..Self::default() }
    }

    /// Takes in what happened, and gives each event its number. The numbers of those that had to go for it are given back.
    pub fn take_in(&mut self, records: &mut [Record]) -> Vec<EventNumber> {
        self.busy.hear(records);
        for record in records {
            let next = self.history.next();
            match record {
                Record::Change(change) => {
                    change.number = self.history.take_in(change);
                    if matches!(change.arrival, Arrival::Collector | Arrival::Refused) {
                        change.number.into_iter().for_each(|number| self.requests.note(number));
                    }
                    self.events += u64::from(change.payload.is_some());
                    if change.number == Some(next) {
                        continue;
                    }
                    // The text of one that came again is in memory once.
                    let held = change.number.and_then(|number| self.history.get(number));
                    if let Some(held) = held {
                        change.payload = Some(Arc::clone(&held.payload));
                    }
                }
                Record::Gap(gap) => self.history.lose(gap),
                Record::Errors(errors) => self.errors = Some(errors.clone()),
                Record::Polled(polled) => self.clock.hear(polled),
                Record::Request(request) => self.requests.take_in(request),
                Record::Proof(proof) => self.requests.prove(proof),
                Record::Waiting(waiting) => self.waiting = Some(waiting.clone()),
                _ => {}
            }
            self.journal.keep(record, next);
        }
        self.journal.forget(&self.history);
        self.history.let_go()
    }

    /// The twin of it.
    #[must_use]
    pub fn twin(&self, redaction: &Redaction) -> Self {
        Self {
            history: self.history.twin(redaction),
            errors: self.errors.as_ref().map(|errors| redaction.errors(errors)),
            clock: self.clock,
            busy: Busy::default(),
            requests: self.requests.map(|request| redaction.request(request)),
            waiting: self.waiting.clone(),
            events: self.events,
            journal: self.journal.twin(redaction),
        }
    }

    /// How many events a tape of what is held would have.
    pub fn held(&self) -> u64 {
        (self.history.held() + self.journal.repeats()) as u64
    }

    /// All that is held, in the order in which it happened.
    pub fn records(&self) -> Vec<Record> {
        self.journal.records(&self.history)
    }
}
