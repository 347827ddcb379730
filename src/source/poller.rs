use std::collections::BTreeMap;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexSet;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::Instant;

use super::connection::{Connection, joined};
use super::counts::{Asked, Counting};
use super::failure::Failure;
use super::http::CompleteAnswer;
use super::settings::{LONGEST_INTERVAL, SHORTEST_INTERVAL, Settings};
use super::{Clock, SourceCommand, backoff, send};
use crate::blueshift::{Call, Decoded, Decoder, KeyMask, Summary, decode_history};
use crate::event::{Note, Sanitized, Snapshot, TypeName, Unknown};
use crate::session::{Change, Errors, Moment, Polled, Problem, ProblemKind, Recalled, Record, Tracker, Trouble};

/// How many notes are remembered as told. A server that makes up a new one at every poll is told again some day.
const NOTES_REMEMBERED: usize = 1024;

/// The watcher has gone, so there is nobody left to poll for.
struct Gone;

/// The decoder with its memory of earlier answers, lent to a blocking thread while it works.
#[derive(Debug, Default)]
struct Memory {
    keys: KeyMask,
    decoder: Decoder,
    tracker: Tracker,
    /// The server's counts of errors, as they were told last.
    errors: BTreeMap<Sanitized, u64>,
}

/// The outcome of a body.
enum Digested {
    Same,
    Snapshot { types: usize, counted: bool, changes: Vec<Change>, notes: Vec<Note> },
    Unknown(Unknown),
}

impl Memory {
    fn new(keys: KeyMask) -> Self {
        Self { decoder: Decoder::new(keys.clone()), keys, tracker: Tracker::default(), errors: BTreeMap::new() }
    }

    fn digest(&mut self, body: &[u8], at: Moment) -> Digested {
        match self.decoder.decode(body) {
            Decoded::Same => Digested::Same,
            Decoded::Snapshot(snapshot) => {
                let changes = self.tracker.observe(&snapshot, at);
                let Snapshot { sightings, notes, .. } = snapshot;
                let counted = sightings.iter().any(|sighting| sighting.received.is_some());
                Digested::Snapshot { types: sightings.len(), counted, changes, notes }
            }
            Decoded::Unknown(unknown) => Digested::Unknown(unknown),
        }
    }

    /// The counts that moved. Of the errors all are told when one of them moved.
    fn count(&mut self, body: &[u8], at: Moment) -> Result<Vec<Record>, Unknown> {
        let Summary { counts, errors } = Summary::decode(body, &self.keys)?;
        let changes = self.tracker.observe_counts(&counts, at).into_iter().map(Record::Change);
        let mut records: Vec<_> = iter::once(Record::Counted { at }).chain(changes).collect();
        if errors != self.errors {
            self.errors.clone_from(&errors);
            records.push(Record::Errors(Errors { counts: errors, at }));
        }
        Ok(records)
    }
}

pub(super) struct Poller {
    connection: Arc<Connection>,
    records: mpsc::Sender<Vec<Record>>,
    /// The one request in flight.
    polling: JoinSet<Result<CompleteAnswer, Failure>>,
    interval: Duration,
    /// When the next poll goes out; `None` while one is under way, or when only a command brings it about.
    due: Option<Instant>,
    started: Moment,
    /// Whether there was no answer yet.
    fresh: bool,
    /// Whether another poll was asked for while one was under way, whose answer may be too old for who asked.
    again: bool,
    /// How many polls have failed in a row.
    failures: u32,
    memory: Memory,
    /// How many types the last snapshot spoke of, and whether it had counts.
    types: usize,
    counted: bool,
    told: IndexSet<Note>,
    counting: Counting,
    /// Hands calls to the task that makes them.
    outbox: mpsc::UnboundedSender<(u64, Vec<Call>)>,
}

impl Poller {
    pub(super) fn new(settings: Settings, records: mpsc::Sender<Vec<Record>>) -> Self {
        let started = settings.clock.now();
        let interval = settings.interval.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL);
        let connection = Arc::new(Connection::new(settings));
        let (outbox, handed_over) = mpsc::unbounded_channel();
        tokio::spawn(send::forward(Arc::clone(&connection), handed_over, records.clone()));
        Self {
            records,
            polling: JoinSet::new(),
            interval,
            due: Some(Instant::now()),
            started,
            fresh: true,
            again: false,
            failures: 0,
            memory: Memory::new(connection.keys.clone()),
            types: 0,
            counted: false,
            told: IndexSet::new(),
            counting: Counting::new(Arc::clone(&connection)),
            outbox,
            connection,
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<SourceCommand>) {
        while let Ok(()) = self.step(&mut commands).await {}
    }

    /// Waits for one thing to happen and deals with it.
    async fn step(&mut self, commands: &mut mpsc::Receiver<SourceCommand>) -> Result<(), Gone> {
        let due = self.due;
        // While the debug endpoint is in trouble, the counts would only add to it.
        let counts_due = self.counting.due().filter(|_| self.failures == 0);
        tokio::select! {
            () = self.records.closed() => Err(Gone),
            Some(command) = commands.recv() => {
                self.obey(command);
                Ok(())
            }
            () = until(due) => self.poll().await,
            Some(outcome) = self.polling.join_next() => self.polled(joined(outcome)).await,
            () = until(counts_due) => {
                self.counting.ask();
                Ok(())
            }
            asked = self.counting.asked() => self.counted(asked).await,
        }
    }

    fn obey(&mut self, command: SourceCommand) {
        match command {
            SourceCommand::SetInterval(interval) => {
                self.interval = interval.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL);
                if self.failures == 0 && self.due.is_some() {
                    self.due = Some(self.clock().instant(self.started) + self.interval);
                }
            }
            SourceCommand::PollNow => {
                self.counting.ask_now();
                if self.polling.is_empty() {
                    self.due = Some(self.soonest());
                } else {
                    self.again = true;
                }
            }
            SourceCommand::Send { batch, calls } => {
                // The sender ends only with this poller, or in a panic that ends the program.
                drop(self.outbox.send((batch, calls)));
            }
            SourceCommand::Recall(event_type) => self.recall(event_type),
        }
    }

    /// Asks for the history of a type, beside everything else. It only helps to find what polls stepped over, so one
    /// that cannot be had is an empty one.
    fn recall(&self, event_type: TypeName) {
        let connection = Arc::clone(&self.connection);
        let records = self.records.clone();
        tokio::spawn(async move {
            let events = match connection.history(&event_type).await {
                Ok(answer) => decode_history(&answer.body, &event_type, &connection.keys).unwrap_or_default(),
                Err(failure) => {
                    let problem = connection.problem_of_polling(&failure);
                    tracing::debug!(what = %problem.what, "no history");
                    Vec::new()
                }
            };
            let at = connection.settings.clock.now();
            drop(records.send(vec![Record::Recalled(Recalled { event_type, events, at })]).await);
        });
    }

    /// Sends the request off.
    async fn poll(&mut self) -> Result<(), Gone> {
        self.due = None;
        self.again = false;
        self.started = self.clock().now();
        if self.fresh || self.failures > 0 {
            self.tell(vec![Record::Connecting { at: self.started }]).await?;
        }
        let connection = Arc::clone(&self.connection);
        self.polling.spawn(async move { connection.debug().await });
        Ok(())
    }

    async fn polled(&mut self, outcome: Result<CompleteAnswer, Failure>) -> Result<(), Gone> {
        self.fresh = false;
        let at = self.clock().now();
        let answer = match outcome {
            Ok(answer) => answer,
            Err(failure) => {
                let problem = self.connection.problem_of_polling(&failure);
                return self.failed(at, problem, failure.retry_after(), None).await;
            }
        };
        let took = at.since(self.started);
        let server_ahead_ms = answer.date.map(|date| ahead(date, at, took));
        let length = u64::try_from(answer.body.len()).unwrap_or(u64::MAX);
        let status = answer.status;
        let digested = self.aside(move |memory| memory.digest(&answer.body, at)).await;
        let (changes, notes) = match digested {
            Digested::Same => (Vec::new(), Vec::new()),
            Digested::Snapshot { types, counted, changes, notes } => {
                self.types = types;
                self.counted = counted;
                (changes, self.untold(notes))
            }
            Digested::Unknown(unknown) => {
                let problem = self.connection.problem_of_body(&unknown);
                return self.failed(at, problem, None, Some(unknown)).await;
            }
        };
        self.failures = 0;
        if self.counted {
            self.counting.rest();
        } else {
            self.counting.want();
            if changes.iter().any(|change| change.payload.is_some()) {
                self.counting.changed();
            }
        }
        let mut notes = notes;
        notes.extend(self.uncounted());
        let started = self.clock().instant(self.started);
        // A server that takes longer than the interval is given a pause all the same.
        self.due = Some((started + self.interval).max(Instant::now() + SHORTEST_INTERVAL));
        self.hurry();
        let polled = Polled { at, took, status, bytes: length, types: self.types, server_ahead_ms };
        let notes = notes.into_iter().map(|note| Record::Note { at, note });
        let records = iter::once(Record::Polled(polled)).chain(notes).chain(changes.into_iter().map(Record::Change));
        self.tell(records.collect()).await
    }

    /// Says once why the events that the platform received are not counted, where they could be.
    fn uncounted(&mut self) -> Option<Note> {
        let is_unknown = self.types > 0 && !self.counted && self.connection.settings.user_key.is_none();
        let note = Note("no counts of received events: set CLICKSCOPE_USER_KEY".into());
        (is_unknown && self.told.insert(note.clone())).then_some(note)
    }

    async fn failed(
        &mut self,
        at: Moment,
        problem: Problem,
        asked: Option<Duration>,
        unknown: Option<Unknown>,
    ) -> Result<(), Gone> {
        self.failures = self.failures.saturating_add(1);
        let wait =
            (problem.kind != ProblemKind::Refused).then(|| backoff::wait(self.failures, backoff::jitter(), asked));
        let next = wait.map(|wait| Clock::after(at, wait));
        self.due = next.map(|next| self.clock().instant(next));
        self.hurry();
        let trouble = Trouble { at, problem, attempt: self.failures, next, unknown: unknown.map(Arc::new) };
        self.tell(vec![Record::Trouble(trouble)]).await
    }

    async fn counted(&mut self, asked: Asked) -> Result<(), Gone> {
        let at = self.clock().now();
        let trouble = match asked.outcome {
            Ok(CompleteAnswer { body, .. }) => match self.aside(move |memory| memory.count(&body, at)).await {
                Ok(records) => {
                    self.counting.succeeded(asked.way, at);
                    return self.tell(records).await;
                }
                Err(unknown) => self.counting.unreadable(&unknown, at),
            },
            Err(failure) => self.counting.failed(&failure, &asked.called, asked.way, at),
        };
        match trouble {
            Some(trouble) => self.tell(vec![Record::CountsTrouble(trouble)]).await,
            None => Ok(()),
        }
    }

    /// Lets the memory do work on a thread where it holds nothing up: a body of 10 MB takes a while to read.
    async fn aside<T: Send + 'static>(&mut self, work: impl FnOnce(&mut Memory) -> T + Send + 'static) -> T {
        let mut memory = std::mem::take(&mut self.memory);
        let done = spawn_blocking(move || {
            let done = work(&mut memory);
            (memory, done)
        });
        let (memory, done) = joined(done.await);
        self.memory = memory;
        done
    }

    /// Brings the next poll forward when one was asked for while the last was under way.
    fn hurry(&mut self) {
        if std::mem::take(&mut self.again) {
            self.due = Some(self.soonest());
        }
    }

    /// Now, unless the last poll went out a moment ago: a key that is held down is no reason to flood a server.
    fn soonest(&self) -> Instant {
        (self.clock().instant(self.started) + SHORTEST_INTERVAL).max(Instant::now())
    }

    /// Those of the `notes` that were not told before.
    fn untold(&mut self, mut notes: Vec<Note>) -> Vec<Note> {
        notes.retain(|note| self.told.insert(note.clone()));
        let excess = self.told.len().saturating_sub(NOTES_REMEMBERED);
        self.told.drain(..excess);
        notes
    }

    async fn tell(&mut self, records: Vec<Record>) -> Result<(), Gone> {
        self.records.send(records).await.map_err(|_| Gone)
    }

    fn clock(&self) -> Clock {
        self.connection.settings.clock
    }
}

/// By how many milliseconds the server's clock is ahead of ours, where an answer that took so long, until `at`, is of the
/// second `date`: it was written half way, in the middle of that second, as far as one can tell.
fn ahead(date: Timestamp, at: Moment, took: Duration) -> i64 {
    let written = at.wall.as_millisecond().saturating_sub(i64::try_from(took.as_millis() / 2).unwrap_or(i64::MAX));
    date.as_millisecond().saturating_add(500).saturating_sub(written)
}

/// Waits until `due`; for ever when there is none.
async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_again_when_they_move() {
        let mut memory = Memory::default();
        let at = Clock::start().now();
        let told = |memory: &mut Memory, count: u32| {
            let body = format!(r#"{{"stats":{{"missing_identifier":{{"count":{count},"type":"error"}}}}}}"#);
            let records = memory.count(body.as_bytes(), at).unwrap_or_default();
            records.into_iter().any(|record| matches!(record, Record::Errors(_)))
        };
        assert_eq!([0, 5, 5, 6, 0, 0].map(|count| told(&mut memory, count)), [false, true, false, true, true, false]);
    }
}
