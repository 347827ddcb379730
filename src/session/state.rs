use super::{Busy, Errors, EventNumber, History, Record, ServerClock};

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
}

impl Session {
    /// One that knows nothing yet, and that will hold at most `limit` bytes of events beside the newest of each type.
    pub fn new(limit: usize) -> Self {
        Self { history: History::new(limit), errors: None, clock: ServerClock::default(), busy: Busy::default() }
    }

    /// Takes in what happened, and gives each event its number. The numbers of those that had to go for it are given back.
    pub fn take_in(&mut self, records: &mut [Record]) -> Vec<EventNumber> {
        self.busy.hear(records);
        for record in records {
            match record {
                Record::Change(change) => change.number = self.history.take_in(change),
                Record::Gap(gap) => self.history.lose(gap),
                Record::Errors(errors) => self.errors = Some(errors.clone()),
                Record::Polled(polled) => self.clock.hear(polled),
                _ => {}
            }
        }
        self.history.let_go()
    }
}
