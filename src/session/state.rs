use std::sync::Arc;

use super::{Captured, Change, ChangeKind, History};

/// What a watcher knows of a session.
#[derive(Debug, Default)]
pub struct Session {
    /// The captured events.
    pub history: History,
}

impl Session {
    /// One that knows nothing yet, and that will hold at most `limit` bytes of events beside the newest of each type.
    pub fn new(limit: usize) -> Self {
        Self { history: History::new(limit) }
    }

    /// Takes in what a poll or a count brought.
    pub fn take_in(&mut self, changes: &[Change]) {
        for change in changes {
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
