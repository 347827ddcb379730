use std::sync::Arc;

use super::{Captured, ChangeKind, Errors, History, Record, ServerClock};

/// A watcher's knowledge of a session.
#[derive(Debug, Default)]
pub struct Session {
    /// The captured events.
    pub history: History,
    /// The server's counts of events that it could not process, since they are known.
    pub errors: Option<Errors>,
    /// The server's clock.
    pub clock: ServerClock,
}

impl Session {
    /// One that knows nothing yet, and that will hold at most `limit` bytes of events beside the newest of each type.
    pub fn new(limit: usize) -> Self {
        Self { history: History::new(limit), errors: None, clock: ServerClock::default() }
    }

    /// Takes in what happened.
    pub fn take_in(&mut self, records: &[Record]) {
        for record in records {
            let change = match record {
                Record::Change(change) => change,
                Record::Errors(errors) => {
                    self.errors = Some(errors.clone());
                    continue;
                }
                Record::Polled(polled) => {
                    self.clock.hear(polled);
                    continue;
                }
                _ => continue,
            };
            let Some(payload) = &change.payload else {
                self.history.hear_of(&change.event_type);
                continue;
            };
            let captured = Captured { payload: Arc::clone(payload), at: change.at };
            match change.kind {
                ChangeKind::Earlier => self.history.push_earlier(&change.event_type, captured),
                _ => self.history.push(&change.event_type, captured),
            }
        }
    }
}
