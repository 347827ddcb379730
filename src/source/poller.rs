use std::collections::{BTreeMap, VecDeque};
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexSet;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::Instant;

use super::backfill::{self, Backfill, HOLD, Want};
use super::connection::{Connection, joined};
use super::counts::{Asked, Counting};
use super::failure::Failure;
use super::http::CompleteAnswer;
use super::requests::Requests;
use super::settings::{LONGEST_INTERVAL, Ladder, SHORTEST_INTERVAL, Settings};
use super::{Clock, SourceCommand, backoff, send};
use crate::blueshift::limits::MAX_HISTORY_EVENTS;
use crate::blueshift::{Call, Decoded, Decoder, HistoryAnswer, KeyMask, Summary, decode_history};
use crate::event::{Note, Payload, Sanitized, Snapshot, TypeName, Unknown, sanitized, text};
use crate::session::{
    Errors, Holding, Moment, Observed, Past, Polled, Problem, ProblemKind, Reach, Recalled, Recollection, Record,
    Tracker, Trouble,
};

/// How many notes are remembered as told. A server that makes up a new one at every poll is told again some day.
const NOTES_REMEMBERED: usize = 1024;

/// How long after a count that says that more came than was seen the rest is lost: the platform may show it a while later
/// than it counts it.
const SETTLING: Duration = Duration::from_secs(5);

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
struct Digested {
    /// What it says of the types; `None` of one that is as it was.
    known: Option<Known>,
    /// What can be told.
    observed: Observed,
}

struct Known {
    types: usize,
    counted: bool,
    notes: Vec<Note>,
}

/// How a body is looked at.
#[derive(Clone, Copy)]
struct Looking {
    at: Moment,
    holding: Holding,
    /// When the session began, by the server's clock, where this is the first body.
    began: Option<Timestamp>,
    /// Whether it was asked for after the last counts came.
    confirms: bool,
}

/// What is not certain yet after counts came.
struct Uncertain {
    /// Whether types are held that were counted.
    held: bool,
    /// Whether more was counted than came.
    missing: bool,
}

/// The outcome of a history.
struct Remembered {
    recollection: Recollection,
    is_current: bool,
    events: Vec<Arc<Payload>>,
    notes: Vec<Note>,
}

impl Memory {
    fn new(keys: KeyMask) -> Self {
        Self { decoder: Decoder::new(keys.clone()), keys, tracker: Tracker::default(), errors: BTreeMap::new() }
    }

    fn digest(&mut self, body: &[u8], looking: Looking) -> Result<Digested, Unknown> {
        let Looking { at, holding, began, confirms } = looking;
        if let Some(began) = began {
            self.tracker.begin(began);
        }
        let (known, mut observed) = match self.decoder.decode(body) {
            Decoded::Same => (None, Observed::default()),
            Decoded::Snapshot(snapshot) => {
                let observed = self.tracker.observe_holding(&snapshot, at, holding);
                let Snapshot { sightings, notes, .. } = snapshot;
                let counted = sightings.iter().any(|sighting| sighting.received.is_some());
                (Some(Known { types: sightings.len(), counted, notes }), observed)
            }
            Decoded::Unknown(unknown) => return Err(unknown),
        };
        if confirms {
            for event_type in self.tracker.counted() {
                observed.records.extend(self.tracker.complete(&event_type, true, at));
            }
        }
        Ok(Digested { known, observed })
    }

    fn recall(&mut self, body: &[u8], event_type: &TypeName, reach: Reach, at: Moment) -> Result<Remembered, Unknown> {
        let HistoryAnswer { events, listed, notes } = decode_history(body, event_type, &self.keys)?;
        let past = Past { events: events.clone(), is_full: listed >= MAX_HISTORY_EVENTS, reach };
        let is_current = self.tracker.is_current(event_type, &past);
        Ok(Remembered { recollection: self.tracker.recall(event_type, past, at), is_current, events, notes })
    }

    /// The counts that moved. Of the errors all are told when one of them moved.
    fn count(&mut self, body: &[u8], at: Moment) -> Result<(Vec<Record>, Uncertain), Unknown> {
        let Summary { counts, errors } = Summary::decode(body, &self.keys)?;
        let changes = self.tracker.observe_counts(&counts, at).into_iter().map(Record::Change);
        let mut records: Vec<_> = iter::once(Record::Counted { at }).chain(changes).collect();
        if errors != self.errors {
            self.errors.clone_from(&errors);
            records.push(Record::Errors(Errors { counts: errors, at }));
        }
        let held = !self.tracker.counted().is_empty();
        Ok((records, Uncertain { held, missing: self.tracker.missing().next().is_some() }))
    }
}

pub(super) struct Poller {
    connection: Arc<Connection>,
    records: mpsc::Sender<Vec<Record>>,
    /// The one request in flight.
    polling: JoinSet<Result<CompleteAnswer, Failure>>,
    interval: Duration,
    ladder: Option<Ladder>,
    /// How many polls were made since the ladder began.
    polls: usize,
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
    /// When counts came last.
    counts_came: Option<Moment>,
    backfill: Backfill,
    requests: Requests,
    /// The types that are held, with when they are told at the latest; the first comes first.
    held: VecDeque<(Instant, TypeName)>,
    /// The first snapshot, while it is held for what came before it.
    opening: Option<Vec<Record>>,
    /// When what is missing by the counts is lost, unless it came.
    settled: Option<Instant>,
    /// When the first snapshot was asked for, by the server's clock, once there is one.
    began: Option<Timestamp>,
    /// How far back what came before the session is wanted, by the server's clock.
    since: Option<Timestamp>,
    /// Since when somebody waits for all to be told that came until then.
    settling: Option<Instant>,
    /// Hands calls to the task that makes them.
    outbox: mpsc::UnboundedSender<(u64, Vec<Call>)>,
}

impl Poller {
    pub(super) fn new(settings: Settings, records: mpsc::Sender<Vec<Record>>, backfills: bool) -> Self {
        let started = settings.clock.now();
        let interval = settings.interval.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL);
        let expecting = settings.expecting.clone();
        let connection = Arc::new(Connection::new(settings));
        let mut memory = Memory::new(connection.keys.clone());
        if let Some(expecting) = &expecting {
            memory.tracker.ask_only_for(Arc::clone(&expecting.types));
        }
        let (outbox, handed_over) = mpsc::unbounded_channel();
        tokio::spawn(send::forward(Arc::clone(&connection), handed_over, records.clone()));
        Self {
            records,
            polling: JoinSet::new(),
            interval,
            ladder: expecting.and_then(|expecting| expecting.ladder),
            polls: 0,
            due: Some(Instant::now()),
            started,
            fresh: true,
            again: false,
            failures: 0,
            memory,
            types: 0,
            counted: false,
            told: IndexSet::new(),
            counting: Counting::new(Arc::clone(&connection)),
            counts_came: None,
            backfill: Backfill::new(Arc::clone(&connection), backfills),
            requests: Requests::new(Arc::clone(&connection)),
            held: VecDeque::new(),
            opening: None,
            settled: None,
            began: None,
            since: None,
            settling: None,
            outbox,
            connection,
        }
    }

    pub(super) async fn run(mut self, mut commands: mpsc::Receiver<SourceCommand>) {
        while let (Ok(()), Ok(())) = (self.step(&mut commands).await, self.tell_settled().await) {}
    }

    /// Waits for one thing to happen and deals with it.
    async fn step(&mut self, commands: &mut mpsc::Receiver<SourceCommand>) -> Result<(), Gone> {
        let due = self.due;
        // While the debug endpoint is in trouble, the counts would only add to it.
        let counts_due = self.counting.due().filter(|_| self.failures == 0);
        let histories_due = self.backfill.due();
        let release_due = self.held.front().map(|(due, _)| *due);
        tokio::select! {
            () = self.records.closed() => Err(Gone),
            Some(command) = commands.recv() => {
                self.obey(command);
                Ok(())
            }
            () = until(due) => self.poll().await,
            Some(outcome) = self.polling.join_next() => self.polled(joined(outcome).await).await,
            () = until(counts_due) => {
                self.counting.ask();
                Ok(())
            }
            asked = self.counting.asked() => self.counted(asked).await,
            () = until(histories_due) => {
                self.backfill.ask();
                Ok(())
            }
            asked = self.backfill.asked() => self.recalled(asked).await,
            records = self.requests.came() => self.requested(records).await,
            () = until(release_due) => self.release().await,
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
                self.polls = 0;
                self.poll_soon();
            }
            SourceCommand::Settle => {
                self.settling = Some(Instant::now());
                self.poll_soon();
            }
            SourceCommand::Send { batch, calls } => {
                // The sender ends only with this poller, or in a panic that ends the program.
                drop(self.outbox.send((batch, calls)));
            }
            // It polls a collector at most.
            SourceCommand::Collector(_) => {}
            SourceCommand::Recall(event_type) => {
                self.backfill.want_first(event_type, Want { probe: true, ..Want::now() });
            }
            SourceCommand::Earlier(event_type) => {
                self.backfill.want_first(event_type, Want { reach: Reach::Whole, ..Want::now() });
            }
        }
    }

    fn poll_soon(&mut self) {
        if self.polling.is_empty() {
            self.due = Some(self.soonest());
        } else {
            self.again = true;
        }
    }

    /// Tells what a collector of ours was sent; polls it again where it does not say so any more.
    async fn requested(&mut self, records: Vec<Record>) -> Result<(), Gone> {
        if !self.requests.waits() && self.due.is_none() && self.polling.is_empty() {
            self.due = Some(self.soonest());
        }
        self.tell(records).await
    }

    /// Says that all is told that came until somebody asked for that.
    async fn tell_settled(&mut self) -> Result<(), Gone> {
        let is_answered = self.settling.is_some_and(|asked| {
            !self.fresh && self.failures == 0 && self.polling.is_empty() && self.clock().instant(self.started) >= asked
        });
        let is_told = self.opening.is_none() && !self.memory.tracker.is_holding() && self.backfill.is_idle();
        if is_answered && is_told && self.requests.is_up_to_date() {
            self.settling = None;
            return self.tell_now(Vec::new()).await;
        }
        Ok(())
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
        // What a collector of ours tells itself need not be found in its answer.
        let is_told = self.began.is_some() && self.requests.is_followed();
        let last_request = answer.last_request;
        self.requests.hear(last_request);
        let looking = self.looking(at, server_ahead_ms);
        let digested = if is_told {
            Ok(Digested { known: None, observed: Observed::default() })
        } else {
            self.aside(move |memory| memory.digest(&answer.body, looking)).await
        };
        let Digested { known, observed } = match digested {
            Ok(digested) => digested,
            Err(unknown) => {
                let problem = self.connection.problem_of_body(&unknown);
                return self.failed(at, problem, None, Some(unknown)).await;
            }
        };
        self.began = self.began.or(looking.began);
        let notes = known.map_or_else(Vec::new, |Known { types, counted, notes }| {
            (self.types, self.counted) = (types, counted);
            self.untold(notes)
        });
        self.failures = 0;
        if self.counted || self.requests.is_followed() {
            self.counting.rest();
        } else {
            self.counting.want();
            if !observed.held.is_empty() || observed.records.iter().any(brings_an_event) {
                self.counting.changed();
            }
        }
        let mut notes = notes;
        notes.extend(self.uncounted());
        let started = self.clock().instant(self.started);
        // A server that takes longer than the interval is given a pause all the same.
        let interval = self.ladder.map_or(self.interval, |ladder| ladder.after(self.polls));
        self.polls += 1;
        let next = (started + interval).max(Instant::now() + interval.min(SHORTEST_INTERVAL));
        self.due = Some(next).filter(|_| !self.requests.waits());
        self.hurry();
        let polled = Polled { at, took, status, bytes: length, types: self.types, server_ahead_ms, last_request };
        let notes = notes.into_iter().map(|note| Record::Note { at, note });
        let records = iter::once(Record::Polled(polled)).chain(notes).chain(observed.records);
        let records = records.collect();
        self.ask_for_stepped_over(&observed.held, observed.passed, looking.holding.opening);
        self.tell(records).await?;
        self.settle(started).await
    }

    /// How the answer of a poll is looked at that came at `at`.
    fn looking(&mut self, at: Moment, server_ahead_ms: Option<i64>) -> Looking {
        let ahead = SignedDuration::from_millis(server_ahead_ms.unwrap_or(0));
        let server_time = self.started.wall.saturating_add(ahead).unwrap_or(self.started.wall);
        let began = self.began.is_none().then_some(server_time);
        let since = self.connection.settings.since;
        let opening = began.zip(since);
        if let Some((began, since)) = opening {
            self.since = Some(began.checked_sub(since).unwrap_or(Timestamp::MIN));
        }
        let confirms = self.counts_came.is_some_and(|came| came.elapsed <= self.started.elapsed);
        Looking { at, holding: self.backfill.holding(opening.is_some()), began, confirms }
    }

    /// Asks for the histories of types that changed.
    fn ask_for_stepped_over(&mut self, held: &[TypeName], passed: Vec<TypeName>, opening: bool) {
        let reach = if opening { self.since.map_or(Reach::Session, Reach::Since) } else { Reach::Session };
        let until = Instant::now() + HOLD;
        if opening && !held.is_empty() {
            self.opening = Some(Vec::new());
        }
        self.held.retain(|(_, event_type)| !held.contains(event_type));
        self.held.extend(held.iter().map(|event_type| (until, event_type.clone())));
        for event_type in held.iter().cloned().chain(passed) {
            self.backfill.want(event_type, Want { reach, ..Want::now() });
        }
    }

    /// Tells the types that were held long enough.
    async fn release(&mut self) -> Result<(), Gone> {
        let now = Instant::now();
        let over = self.held.iter().take_while(|(due, _)| *due <= now).count();
        let over: Vec<_> = self.held.drain(..over).map(|(_, event_type)| event_type).collect();
        self.complete(over).await
    }

    /// Tells types that were held, with what their histories listed as far as they answered.
    async fn complete(&mut self, types: Vec<TypeName>) -> Result<(), Gone> {
        let at = self.clock().now();
        let complete = move |memory: &mut Memory| {
            types.iter().flat_map(|event_type| memory.tracker.complete(event_type, false, at)).collect::<Vec<_>>()
        };
        let records = self.aside(complete).await;
        self.tell(records).await
    }

    /// Takes in the answer of the history endpoint.
    async fn recalled(&mut self, asked: backfill::Asked) -> Result<(), Gone> {
        let at = self.clock().now();
        let (event_type, want) = (asked.event_type.clone(), asked.want);
        let failed = asked.outcome.as_ref().err().map(|failure| self.backfill.failed(&asked, failure, at));
        let (remembered, trouble) = match failed {
            Some(trouble) => (None, trouble),
            None => match self.remembered(asked, at).await {
                Some(Ok(remembered)) => (Some(remembered), None),
                Some(Err(unknown)) => (None, self.backfill.unreadable(&unknown, at)),
                None => (None, None),
            },
        };
        let answered = remembered.is_some();
        let mut records = Vec::new();
        let mut events = Vec::new();
        if let Some(Remembered { recollection, is_current, events: came, notes }) = remembered {
            events = came;
            records.extend(self.untold(notes).into_iter().map(|note| Record::Note { at, note }));
            match recollection {
                Recollection::Held { is_overrun } => {
                    let waits = is_overrun && self.opening.is_none() && self.counting.ask_for_lost();
                    if !waits {
                        let name = event_type.clone();
                        records.extend(self.aside(move |memory| memory.tracker.complete(&name, false, at)).await);
                    }
                }
                Recollection::Late(late) => {
                    if want.reach == Reach::Whole {
                        let note = earlier(&event_type, late.iter().filter(|record| brings_an_event(record)).count());
                        records.push(Record::Note { at, note });
                    }
                    records.extend(late);
                }
            }
            if let Some(again) = want.second_look().filter(|_| !is_current) {
                self.backfill.want(event_type.clone(), again);
            }
        } else if !self.backfill.asks() {
            let held: Vec<_> = self.held.drain(..).map(|(_, event_type)| event_type).collect();
            self.complete(held).await?;
        }
        if want.settles && (answered || !self.backfill.asks()) {
            let name = event_type.clone();
            records.extend(self.aside(move |memory| memory.tracker.lost(&name, at)).await);
        }
        self.tell(records).await?;
        if want.probe {
            self.tell_now(vec![Record::Recalled(Recalled { event_type, events, at })]).await?;
        }
        match trouble {
            Some(trouble) => self.tell_now(vec![Record::HistoryTrouble(trouble)]).await,
            None => Ok(()),
        }
    }

    /// Reads a history.
    async fn remembered(&mut self, asked: backfill::Asked, at: Moment) -> Option<Result<Remembered, Unknown>> {
        let with_user_key = asked.with_user_key();
        let backfill::Asked { event_type, want, outcome, .. } = asked;
        let CompleteAnswer { body, .. } = outcome.ok()?;
        let recall = move |memory: &mut Memory| memory.recall(&body, &event_type, want.reach, at);
        let remembered = self.aside(recall).await;
        if remembered.is_ok() {
            self.backfill.succeeded(with_user_key);
        }
        Some(remembered)
    }

    /// Has what is missing by the counts looked for once more, or tells that it is lost, after a poll that was asked for at
    /// `started`: late enough for it to have come.
    async fn settle(&mut self, started: Instant) -> Result<(), Gone> {
        if self.settled.is_none_or(|settled| started < settled) {
            return Ok(());
        }
        self.settled = None;
        let (at, asks) = (self.clock().now(), self.backfill.asks());
        let (missing, lost) = self
            .aside(move |memory| {
                let missing: Vec<_> = memory.tracker.missing().cloned().collect();
                let tell = |event_type: &TypeName| memory.tracker.lost(event_type, at);
                if asks { (missing, Vec::new()) } else { (Vec::new(), missing.iter().filter_map(tell).collect()) }
            })
            .await;
        for event_type in missing {
            self.backfill.want(event_type, Want { settles: true, ..Want::now() });
        }
        self.tell(lost).await
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
                Ok((records, Uncertain { held, missing })) => {
                    self.counting.succeeded(asked.way, at);
                    self.counts_came = Some(at);
                    if missing {
                        self.settled.get_or_insert(Instant::now() + SETTLING);
                    }
                    // Whether nothing came while the counts were asked for.
                    if held && self.polling.is_empty() {
                        self.due = Some(self.soonest());
                    }
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
        let (memory, done) = joined(done.await).await;
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
        let pause = self.ladder.map_or(SHORTEST_INTERVAL, |ladder| ladder.ends().0.min(SHORTEST_INTERVAL));
        (self.clock().instant(self.started) + pause).max(Instant::now())
    }

    /// Those of the `notes` that were not told before.
    fn untold(&mut self, mut notes: Vec<Note>) -> Vec<Note> {
        notes.retain(|note| self.told.insert(note.clone()));
        let excess = self.told.len().saturating_sub(NOTES_REMEMBERED);
        self.told.drain(..excess);
        notes
    }

    /// Tells records in their order: after the first snapshot, while that is held for what came before it.
    async fn tell(&mut self, mut records: Vec<Record>) -> Result<(), Gone> {
        if let Some(opening) = &mut self.opening {
            opening.append(&mut records);
            let is_held = self.aside(|memory| memory.tracker.is_holding()).await;
            if is_held {
                return Ok(());
            }
            records = self.opening.take().unwrap_or_default();
        }
        if records.is_empty() { Ok(()) } else { self.tell_now(records).await }
    }

    async fn tell_now(&mut self, records: Vec<Record>) -> Result<(), Gone> {
        self.records.send(records).await.map_err(|_| Gone)
    }

    fn clock(&self) -> Clock {
        self.connection.settings.clock
    }
}

/// Whether the record is an event that came.
fn brings_an_event(record: &Record) -> bool {
    matches!(record, Record::Change(change) if change.payload.is_some())
}

/// What came of the question for all that the history has of a type.
fn earlier(event_type: &TypeName, came: usize) -> Note {
    let came = if came == 0 { "nothing".into() } else { text::counted(came as u64, "event") };
    Note(sanitized!("{}: {} from before in the history", event_type.shown(), came))
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
            let records = memory.count(body.as_bytes(), at).map(|(records, _)| records).unwrap_or_default();
            records.into_iter().any(|record| matches!(record, Record::Errors(_)))
        };
        assert_eq!([0, 5, 5, 6, 0, 0].map(|count| told(&mut memory, count)), [false, true, false, true, true, false]);
    }
}
