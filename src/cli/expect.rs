//! `clickscope expect`: waits for events that were not there before, around a command, and says what came instead.

mod command;
mod evaluation;
mod formats;
mod text;

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use rustix::process::Signal;
use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use super::args::{ExpectArgs, ExpectFormat};
use super::input::{Input, InputError};
use super::reading::{self, Reader};
use super::{Exit, Failure, input, recording, stderr, watch};
use crate::blueshift::{ExtraHeader, KeyMask};
use crate::config::{self, AccountKeys, Config, Provenance};
use crate::event::signature::Signing;
use crate::event::text::sanitize;
use crate::event::{Document, Redaction, Sanitized, TypeName, sanitized};
use crate::expect::file::Listed;
use crate::expect::{
    self, Arrivals, Arrived, Baseline, BaselineError, CommandEnd, Condition, Expectation, Judge, Order, Outcome,
    Verdict, Wanted, Watching,
};
use crate::lint::{Finding, Stage};
use crate::plan::{Linter, Plan, SeverityOverrides};
use crate::runtime::{self, RuntimeError};
use crate::session::{ProblemKind, Record};
use crate::source::live::{self, Expecting, Ladder};
use crate::source::{Source, SourceCommand};
use command::Running;
use evaluation::Evaluation;

/// How many polls in a row may fail before the first that succeeds. The waits between them make 7 s.
const ATTEMPTS: u32 = 4;
/// How long the last question may take once the time is over.
const SETTLING: Duration = Duration::from_secs(3);
/// How many events of a file are judged at once.
const AT_ONCE: usize = 4_096;
/// How much is asked for before a baseline, for clocks and what is shown late.
const SLACK: Duration = Duration::from_mins(2);

/// Why an expectation may not have had all of its time.
const ENDED: &str = "it was ended by a signal before its time was over";

/// Why nothing can be expected.
#[derive(Debug, Error)]
pub(super) enum ExpectError {
    /// A condition cannot be used.
    #[error("{place}: {reason}")]
    Condition {
        /// Where it stands.
        place: Sanitized,
        /// Why, with its place in the expression.
        reason: Sanitized,
    },
    /// Nothing is evaluated here.
    #[error("{0}")]
    NoQueries(Sanitized),
    /// Something in a file of expectations cannot be used.
    #[error("{file}:{line}: {reason}")]
    File {
        /// Its name.
        file: Sanitized,
        /// The line.
        line: usize,
        /// Why.
        reason: Sanitized,
    },
    /// The counts contradict each other.
    #[error("--at-least {least} and --at-most {most}: no number of events is both")]
    Counts {
        /// At least so many.
        least: u64,
        /// At most so many.
        most: u64,
    },
    /// The command cannot be started.
    #[error("{command} cannot be started: {source}")]
    Command {
        /// Its name.
        command: Sanitized,
        /// The system's error.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("{file} cannot be read: {source}")]
    Unreadable {
        /// Its name.
        file: Sanitized,
        /// The system's error.
        source: io::Error,
    },
    /// A file is no baseline.
    #[error("{file}: {source}")]
    Baseline {
        /// Its name.
        file: Sanitized,
        /// Why.
        source: BaselineError,
    },
    /// A baseline is of another server.
    #[error("{file} is a baseline of {theirs}, and this is {own}: take one of it with `clickscope baseline`")]
    OtherTarget {
        /// Its name.
        file: Sanitized,
        /// What it is of.
        theirs: Sanitized,
        /// What is watched.
        own: Sanitized,
    },
    /// There is no input.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The input cannot be read whole.
    #[error("{0}")]
    BadInput(Sanitized),
}

/// What events are judged by.
pub(super) struct Setting {
    pub(super) levels: SeverityOverrides,
    pub(super) signing: Signing,
    /// Whether a plan was named on the command line, which every event must fit then.
    pub(super) must_fit_plan: bool,
    pub(super) plan: Plan,
    pub(super) redaction: Option<Redaction>,
    pub(super) headers: Arc<[ExtraHeader]>,
}

/// How a run ended.
struct Ended {
    outcomes: Vec<Outcome>,
    /// What else came.
    others: Option<Sanitized>,
    /// How it was watched.
    watched: Sanitized,
    command: Option<CommandEnd>,
    /// The signal that ended us.
    signal: Option<u8>,
    /// How the server is in trouble.
    trouble: Option<Exit>,
    /// How long was waited.
    within: Sanitized,
    tape: Option<Sanitized>,
}

pub(super) fn run(
    args: &ExpectArgs,
    setting: Setting,
    config: impl FnOnce() -> Result<Config, Failure>,
) -> Result<Exit, Failure> {
    let expectations = match &args.file {
        Some(file) => listed(file, args.within, &setting)?,
        None => vec![(expectation(args, setting.must_fit_plan)?, Vec::new())],
    };
    let linter = Linter::new(setting.levels.clone(), setting.plan.clone()).with_signing(setting.signing.clone(), false);
    let redaction = setting.redaction.map(Arc::new);
    let mut evaluation = Evaluation::new(linter, redaction.clone());
    let since = args.since.as_deref().map(read_baseline).transpose()?;
    let again = Again::new(&setting.headers);
    if let Some(file) = &args.from {
        let input = Input::open(file).map_err(ExpectError::from)?;
        input.outlast_an_interrupt()?;
        let ended = runtime::block_on(async {
            let judge = Judge::new(checked(expectations, &mut evaluation).await?);
            judge_input(input, judge, evaluation).await
        })??;
        return finish(args, &ended, &again);
    }
    // Before a key is asked for, which would be in vain.
    let (expectations, evaluation) = runtime::block_on(async {
        let expectations = checked(expectations, &mut evaluation).await?;
        Ok::<_, ExpectError>((expectations, evaluation.renewed()))
    })??;
    let judge = Judge::new(expectations);
    let config = config()?;
    if let (Some(since), Some(file)) = (&since, &args.since)
        && since.target != config.target.value.label()
    {
        let file = sanitize(&file.display().to_string());
        return Err(
            ExpectError::OtherTarget { file, theirs: since.target.clone(), own: config.target.value.label() }.into()
        );
    }
    let keys = AccountKeys::read(&config.key_sources(), &|name| std::env::var_os(name), config::prompt)?;
    let headers = config.headers(Arc::clone(&setting.headers), &|name| std::env::var_os(name))?;
    let settings = watch::settings(&config, keys, headers);
    let again = again.without(&settings);
    let settings = live::Settings {
        since: since.as_ref().filter(|since| since.last_request.is_none()).map(|since| age(since, &settings)),
        expecting: Some(Expecting {
            types: types(judge.expectations()),
            ladder: ladder(&config),
            after: since.as_ref().and_then(|since| since.last_request),
        }),
        ..settings
    };
    let tape = args.record.record.as_ref();
    let is_masked = redaction.is_some();
    let tape = tape.map(|file| recording::begin(file, config.label(), is_masked, settings.clock)).transpose()?;
    runtime::log::to_stderr()?;
    config.exposure().iter().for_each(stderr::say);
    let arrivals = since.map_or_else(Arrivals::from_now, Arrivals::since);
    let ended = runtime::block_on(async {
        let source = live::start(settings);
        let place = tape.as_ref().map(runtime::recording::Tape::place);
        let (source, recorded) = match tape {
            Some(tape) => {
                let (source, recorded) =
                    runtime::recording::record(source, tape, redaction.clone(), |why| stderr::say(&why))?;
                (source, Some(recorded))
            }
            None => (source, None),
        };
        let live = Live { args, source, judge, evaluation, arrivals };
        let ended = Box::pin(live.run()).await;
        if let Some(recorded) = recorded
            && let Some(late) = recorded.finish().await
        {
            stderr::say(&late);
        }
        ended.map(|ended| Ended { tape: place, ..ended })
    })??;
    finish(args, &ended, &again)
}

/// Prints what is there now.
pub(super) fn baseline(config: &Config, headers: Arc<[ExtraHeader]>) -> Result<Exit, Failure> {
    let keys = AccountKeys::read(&config.key_sources(), &|name| std::env::var_os(name), config::prompt)?;
    let headers = config.headers(headers, &|name| std::env::var_os(name))?;
    let settings = watch::settings(config, keys, headers);
    let settings = live::Settings { expecting: Some(Expecting::default()), ..settings };
    runtime::log::to_stderr()?;
    config.exposure().iter().for_each(stderr::say);
    let clock = settings.clock;
    let mut arrivals = Arrivals::from_now();
    let begun = runtime::block_on(async {
        let mut source = live::start(settings);
        begin(&mut source, &mut arrivals).await
    })?;
    if let Err(exit) = begun {
        return Ok(exit);
    }
    let baseline = arrivals.baseline(config.target.value.label(), clock.now().wall);
    let json = serde_json::to_string_pretty(&baseline).map_err(io::Error::from)?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(crate::event::text::sanitize_json(&json).as_bytes())?;
    stdout.write_all(b"\n")?;
    Ok(Exit::Done)
}

/// The expectation that the arguments are.
fn expectation(args: &ExpectArgs, must_fit_plan: bool) -> Result<Expectation, ExpectError> {
    let has = args.has.iter().map(|has| format!("{} == {}", has.path.jq(), has.value));
    let mut conditions: Vec<_> = args.conditions.iter().cloned().chain(has).map(Condition::Jq).collect();
    conditions.extend(must_fit_plan.then_some(Condition::FitsPlan));
    conditions.extend(args.no_errors.then_some(Condition::NoErrors));
    let wanted = match (args.none, args.count, args.at_least, args.at_most) {
        (true, ..) => Wanted::NONE,
        (_, Some(count), ..) => Wanted { least: count, most: Some(count) },
        (.., None, None) => Wanted::default(),
        (.., least, most) => Wanted { least: least.unwrap_or(0), most },
    };
    if let Some(most) = wanted.most.filter(|most| *most < wanted.least) {
        return Err(ExpectError::Counts { least: wanted.least, most });
    }
    Ok(Expectation {
        title: None,
        event_type: TypeName::from(args.event_type.as_deref().unwrap_or_default()),
        conditions,
        wanted,
        within: args.within,
        after: args.after.iter().map(|name| Order::Type(TypeName::from(name.as_str()))).collect(),
        same: Vec::new(),
    })
}

/// An expectation, and where each of its expressions stands, if not on the command line.
type Written = (Expectation, Vec<Sanitized>);

/// The expectations of a file.
fn listed(file: &Path, within: Duration, setting: &Setting) -> Result<Vec<Written>, ExpectError> {
    let called = sanitize(&file.display().to_string());
    let text = read_text(file)?;
    let listed = expect::file::read(&text, within, !setting.plan.is_empty())
        .map_err(|(line, reason)| ExpectError::File { file: called.clone(), line, reason: sanitize(&reason) })?;
    let written = listed.into_iter().map(|Listed { mut expectation, lines }| {
        if setting.must_fit_plan && !expectation.conditions.contains(&Condition::FitsPlan) {
            expectation.conditions.push(Condition::FitsPlan);
        }
        (expectation, lines.into_iter().map(|line| sanitized!("{}:{}", called, line)).collect())
    });
    Ok(written.collect())
}

/// Refuses what cannot be evaluated, and cuts the rest into the conditions that it is made of.
async fn checked(written: Vec<Written>, evaluation: &mut Evaluation) -> Result<Vec<Expectation>, ExpectError> {
    let mut checked = Vec::with_capacity(written.len());
    for (mut expectation, places) in written {
        let mut conditions = Vec::new();
        let mut places = places.into_iter();
        for condition in std::mem::take(&mut expectation.conditions) {
            match condition {
                Condition::Jq(expression) => {
                    let place = places.next().unwrap_or_else(|| "--where".into());
                    evaluation.check(&place, &expression).await?;
                    conditions.extend(evaluation.parts(&expression).await.into_iter().map(Condition::Jq));
                }
                other => conditions.push(other),
            }
        }
        expectation.conditions = conditions;
        checked.push(expectation);
    }
    Ok(checked)
}

fn read_text(file: &Path) -> Result<String, ExpectError> {
    let called = sanitize(&file.display().to_string());
    std::fs::read_to_string(file).map_err(|source| ExpectError::Unreadable { file: called, source })
}

fn read_baseline(file: &Path) -> Result<Baseline, ExpectError> {
    let text = read_text(file)?;
    let called = sanitize(&file.display().to_string());
    Baseline::read(&text).map_err(|source| ExpectError::Baseline { file: called, source })
}

/// How far back a baseline is, with some time before it.
fn age(since: &Baseline, settings: &live::Settings) -> Duration {
    let age = settings.clock.now().wall.duration_since(since.taken_at);
    Duration::try_from(age).unwrap_or_default() + SLACK
}

/// The types that are waited for, and those that they must come after.
fn types(expectations: &[Expectation]) -> Arc<HashSet<TypeName>> {
    let after = expectations.iter().flat_map(|expectation| &expectation.after).filter_map(|order| match order {
        Order::Type(event_type) => Some(event_type.clone()),
        Order::Expectation(_) => None,
    });
    Arc::new(expectations.iter().map(|expectation| expectation.event_type.clone()).chain(after).collect())
}

/// How fast to poll, where nobody says how often.
fn ladder(config: &Config) -> Option<Ladder> {
    let is_near = config.target.value.base_url().is_loopback();
    let ladder = if is_near { Ladder::NEAR } else { Ladder::FAR };
    matches!(config.interval.place, Provenance::Default).then_some(ladder)
}

/// Waits for the first answer, which shows what is there now. The error is the end of the run; why, is told.
async fn begin(source: &mut Source, arrivals: &mut Arrivals) -> Result<Vec<Arrived>, Exit> {
    loop {
        let Some(records) = source.records.recv().await else { return Err(Exit::Unreachable) };
        for record in &records {
            let Record::Trouble(trouble) = record else { continue };
            let problem = &trouble.problem;
            stderr::say(&sanitized!("{}; {}", problem.what, problem.advice));
            match problem.kind {
                ProblemKind::Refused => return Err(Exit::Refused),
                ProblemKind::WrongAnswer => return Err(Exit::Unreachable),
                _ if trouble.attempt >= ATTEMPTS => return Err(Exit::Unreachable),
                _ => {}
            }
        }
        let arrived = arrivals.take(&records);
        if arrivals.has_begun() {
            return Ok(arrived);
        }
    }
}

/// A run against a server.
struct Live<'a> {
    args: &'a ExpectArgs,
    source: Source,
    judge: Judge,
    evaluation: Evaluation,
    arrivals: Arrivals,
}

/// What happened next.
enum Next {
    Records(Option<Vec<Record>>),
    Command(CommandEnd),
    /// The time of an expectation is over, or that of the last question.
    Time,
    /// The command took too long.
    TooLong,
    Signal(u8),
}

impl Live<'_> {
    async fn run(mut self) -> Result<Ended, Failure> {
        let mut signals = Signals::new()?;
        let begun = tokio::select! {
            begun = begin(&mut self.source, &mut self.arrivals) => begun,
            number = signals.next() => {
                self.arrivals.cut_off(ENDED);
                return Ok(self.ended(None, Some(number), None).await);
            }
        };
        let first = match begun {
            Ok(arrived) => arrived,
            Err(exit) => {
                self.arrivals.cut_off("nothing was watched, for the server did not tell what is there");
                if !self.args.command.is_empty() {
                    stderr::say(&"the command was not run: what it sends could not have been seen".into());
                }
                return Ok(self.ended(None, None, Some(exit)).await);
            }
        };
        let aside = self.args.json || self.args.format.is_some();
        let mut running = match self.args.command.first() {
            Some(program) => Some(
                Running::start(&self.args.command, aside)
                    .map_err(|source| ExpectError::Command { command: sanitize(&program.to_string_lossy()), source })?,
            ),
            None => None,
        };
        self.hear(first).await?;
        let mut command = None;
        // Since when it is waited.
        let mut waits = running.is_none().then(Instant::now);
        let limit = self.args.timeout.map(|limit| Instant::now() + limit);
        let mut settling: Option<Instant> = None;
        loop {
            let failed = command.and_then(CommandEnd::words).is_some();
            if running.is_none() && self.is_settled() {
                break;
            }
            let due = match settling {
                Some(_) => settling,
                None if failed => Some(Instant::now()),
                None => waits.and_then(|since| self.next_deadline(since)),
            };
            let limit = limit.filter(|_| running.is_some());
            let next = tokio::select! {
                records = self.source.records.recv() => Next::Records(records),
                end = over(running.as_mut()) => Next::Command(end),
                () = until(due) => Next::Time,
                () = until(limit) => Next::TooLong,
                number = signals.next() => Next::Signal(number),
            };
            match next {
                Next::Records(None) => break,
                Next::Records(Some(records)) if records.is_empty() => {
                    // All is told that came until it was asked for.
                    if settling.take().is_some() {
                        self.close(waits, failed);
                    }
                }
                Next::Records(Some(records)) => {
                    let arrived = self.arrivals.take(&records);
                    self.hear(arrived).await?;
                }
                Next::Command(end) => {
                    (running, command) = (None, Some(end));
                    waits = Some(Instant::now());
                    let _ = self.source.commands.try_send(SourceCommand::PollNow);
                }
                Next::Time if settling.take().is_some() => {
                    self.arrivals.unsettled();
                    self.close(waits, failed);
                }
                Next::Time => {
                    let _ = self.source.commands.try_send(SourceCommand::Settle);
                    settling = Some(Instant::now() + SETTLING);
                }
                Next::TooLong => {
                    if let Some(mut running) = running.take() {
                        running.end(Signal::TERM).await;
                    }
                    command = Some(CommandEnd::TooLong(self.args.timeout.unwrap_or_default()));
                    waits = Some(Instant::now());
                }
                Next::Signal(number) => {
                    if let Some(mut running) = running.take() {
                        running.end(Signal::from_named_raw(number.into()).unwrap_or(Signal::TERM)).await;
                    }
                    self.arrivals.cut_off(ENDED);
                    return Ok(self.ended(command, Some(number), None).await);
                }
            }
        }
        let trouble = self.arrivals.trouble().map(|problem| match problem.kind {
            ProblemKind::Refused => Exit::Refused,
            _ => Exit::Unreachable,
        });
        Ok(self.ended(command, None, trouble).await)
    }

    fn numbers(&self) -> std::ops::Range<usize> {
        0..self.judge.expectations().len()
    }

    fn is_settled(&self) -> bool {
        self.numbers().all(|number| self.judge.is_settled(number))
    }

    /// When the time of the next expectation is over that is not settled.
    fn next_deadline(&self, since: Instant) -> Option<Instant> {
        let open = self.judge.expectations().iter().enumerate().filter(|(number, _)| !self.judge.is_settled(*number));
        open.map(|(_, expectation)| since + expectation.within).min()
    }

    /// Closes the expectations whose time is over, or all of them.
    fn close(&mut self, since: Option<Instant>, all: bool) {
        let now = Instant::now();
        let over: Vec<_> = self
            .judge
            .expectations()
            .iter()
            .enumerate()
            .filter_map(|(number, expectation)| {
                let is_over = since.is_some_and(|since| since + expectation.within <= now);
                (all || is_over).then_some(number)
            })
            .collect();
        for number in over {
            self.judge.close(number);
        }
    }

    async fn hear(&mut self, arrived: Vec<Arrived>) -> Result<(), ExpectError> {
        hear(&mut self.judge, &mut self.evaluation, arrived, |_| Stage::Received).await
    }

    async fn ended(mut self, command: Option<CommandEnd>, signal: Option<u8>, trouble: Option<Exit>) -> Ended {
        let outcomes = outcomes(&self.judge, &mut self.evaluation, &self.arrivals).await;
        let within = self.judge.expectations().iter().map(|expectation| expectation.within).max();
        let within = crate::event::text::span(within.unwrap_or_default());
        let within = match command {
            Some(_) => sanitized!("within {} of the command's end", within),
            None => sanitized!("within {}", within),
        };
        let others = self.arrivals.others(self.judge.expectations());
        let watched = self.arrivals.watched(&Watching::Live);
        Ended { outcomes, others, watched, command, signal, trouble, within, tape: None }
    }
}

/// Holds what arrived against the expectations.
async fn hear(
    judge: &mut Judge,
    evaluation: &mut Evaluation,
    arrived: Vec<Arrived>,
    stage: impl Fn(&Arrived) -> Stage,
) -> Result<(), ExpectError> {
    let is_linted = |expectation: &Expectation| {
        expectation.conditions.iter().any(|condition| !matches!(condition, Condition::Jq(_)))
    };
    let lints = judge.expectations().iter().any(is_linted);
    let findings: Vec<Vec<Finding>> = arrived
        .iter()
        .map(|arrived| if lints { evaluation.lint(arrived, stage(arrived)) } else { Vec::new() })
        .collect();
    for arrived in &arrived {
        judge.note(arrived);
    }
    let mut of_types: IndexMap<&TypeName, Vec<(&Arrived, &[Finding])>> = IndexMap::new();
    for (arrived, findings) in arrived.iter().zip(&findings) {
        of_types.entry(&arrived.event_type).or_default().push((arrived, findings.as_slice()));
    }
    for (event_type, events) in of_types {
        let numbers: Vec<usize> = judge.concerned(event_type).collect();
        if numbers.is_empty() {
            continue;
        }
        // All conditions of a type are evaluated together, so that an event is read once.
        let of = |number: &usize| judge.expectations().get(*number).map_or(&[][..], |it| it.conditions.as_slice());
        let conditions: Vec<_> = numbers.iter().flat_map(of).cloned().collect();
        let lengths: Vec<_> = numbers.iter().map(|number| (*number, of(number).len())).collect();
        let marks = evaluation.marks(&conditions.iter().collect::<Vec<_>>(), &events).await?;
        for ((arrived, _), marks) in events.into_iter().zip(marks) {
            let mut marks = marks.into_iter();
            for (number, length) in &lengths {
                judge.hear(*number, arrived, marks.by_ref().take(*length).collect());
            }
        }
    }
    Ok(())
}

/// What became of the expectations.
async fn outcomes(judge: &Judge, evaluation: &mut Evaluation, arrivals: &Arrivals) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for number in 0..judge.expectations().len() {
        outcomes.extend(evaluation.outcome(judge, number, arrivals).await);
    }
    outcomes
}

/// Reads an input to its end and judges what is in it.
async fn judge_input(input: Input, mut judge: Judge, mut evaluation: Evaluation) -> Result<Ended, Failure> {
    let called = input.called.clone();
    let (sender, mut batches) = tokio::sync::mpsc::channel(4);
    let name = called.clone();
    tokio::task::spawn_blocking(move || {
        let mut taking = Taking { batch: Vec::new(), sender, at: jiff::Timestamp::now() };
        reading::read(input, &name, &mut taking);
        taking.hand_over();
    });
    let mut arrivals = Arrivals::of_tape();
    while let Some(batch) = batches.recv().await {
        let mut arrived = Vec::with_capacity(batch.len());
        let mut outgoing = HashSet::new();
        for taken in batch {
            match taken {
                Taken::Record(record) => arrived.extend(arrivals.take(std::slice::from_ref(&record))),
                Taken::Event(payload, at) => {
                    let event = arrivals.event(&payload, at);
                    outgoing.insert(Arc::as_ptr(&event.payload));
                    arrived.push(event);
                }
                Taken::Bad(told) => return Err(ExpectError::BadInput(told).into()),
            }
        }
        let stage = |arrived: &Arrived| {
            if outgoing.contains(&Arc::as_ptr(&arrived.payload)) { Stage::Outgoing } else { Stage::Received }
        };
        hear(&mut judge, &mut evaluation, arrived, stage).await?;
        // A stream may never end.
        if (0..judge.expectations().len()).all(|number| judge.is_settled(number)) {
            break;
        }
    }
    let outcomes = outcomes(&judge, &mut evaluation, &arrivals).await;
    let others = arrivals.others(judge.expectations());
    let watched = arrivals.watched(&Watching::Read(called));
    let (command, signal, trouble, tape) = (None, None, None, None);
    Ok(Ended { outcomes, others, watched, command, signal, trouble, within: Sanitized::default(), tape })
}

/// What an input has, one after the other.
enum Taken {
    Record(Record),
    Event(Arc<crate::event::Payload>, jiff::Timestamp),
    Bad(Sanitized),
}

/// Reads an input in batches.
struct Taking {
    batch: Vec<Taken>,
    sender: tokio::sync::mpsc::Sender<Vec<Taken>>,
    at: jiff::Timestamp,
}

impl Taking {
    fn take(&mut self, taken: Taken) {
        self.batch.push(taken);
        if self.batch.len() >= AT_ONCE {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        // Nobody listens where what was read before could not be judged.
        drop(self.sender.blocking_send(std::mem::take(&mut self.batch)));
    }
}

impl Reader for Taking {
    fn event(&mut self, event: &Document) {
        let at = event.head().received.or(event.head().happened).unwrap_or(self.at);
        self.take(Taken::Event(Arc::clone(event.payload()), at));
    }

    fn record(&mut self, record: &Record, _event: Option<&Document>) {
        self.take(Taken::Record(record.clone()));
    }

    fn unreadable(&mut self, bad: &input::BadInput) {
        self.take(Taken::Bad(bad.told()));
    }
}

/// How to run it again, as a line for a shell.
struct Again {
    words: Vec<String>,
    keys: KeyMask,
}

impl Again {
    fn new(headers: &[ExtraHeader]) -> Self {
        let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        let secrets: Vec<_> = headers.iter().flat_map(ExtraHeader::secrets).collect();
        Self { words, keys: KeyMask::new(&secrets) }
    }

    /// The same without any of the keys.
    fn without(self, settings: &live::Settings) -> Self {
        let keys = [Some(&settings.event_key), settings.user_key.as_ref()].into_iter().flatten();
        let headers: Vec<_> = settings.headers.iter().flat_map(ExtraHeader::secrets).collect();
        Self { keys: KeyMask::new(keys.map(|key| &key.secret).chain(&headers)), ..self }
    }

    fn line(&self) -> Sanitized {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
        let quoted = |word: &String| {
            if !word.is_empty() && word.chars().all(plain) {
                word.clone()
            } else {
                format!("'{}'", word.replace('\'', r"'\''"))
            }
        };
        let words: Vec<_> = std::iter::once("clickscope".to_owned()).chain(self.words.iter().map(quoted)).collect();
        sanitize(&self.keys.mask(&words.join(" ")))
    }
}

/// Tells how it ended, and gives the code for it.
fn finish(args: &ExpectArgs, ended: &Ended, again: &Again) -> Result<Exit, Failure> {
    let exit = exit(args, ended);
    if args.json {
        text::json(ended, exit.code(), &again.line())?;
        return Ok(exit);
    }
    let lines = text::lines(ended, exit == Exit::Done, &again.line());
    lines.iter().for_each(stderr::say_plainly);
    let file = args.file.as_deref();
    match args.format {
        Some(ExpectFormat::Junit) => formats::junit(ended, file, args.lenient)?,
        Some(ExpectFormat::Github) => formats::github(ended, file, args.lenient, &lines)?,
        None => {}
    }
    Ok(exit)
}

fn exit(args: &ExpectArgs, ended: &Ended) -> Exit {
    if let Some(number) = ended.signal {
        return Exit::Signal(number);
    }
    match ended.command.map(CommandEnd::code) {
        None | Some(0) => {}
        Some(code) => return Exit::Command(code),
    }
    let verdicts = || ended.outcomes.iter().map(|outcome| (outcome.verdict, outcome.came));
    let is_unmet = verdicts().any(|(verdict, came)| verdict == Verdict::NotMet && came > 0);
    let is_unknown = verdicts().any(|(verdict, _)| verdict == Verdict::CannotTell) && !args.lenient;
    let is_missing = verdicts().any(|(verdict, _)| verdict == Verdict::NotMet);
    match ended.trouble {
        Some(exit) if verdicts().any(|(verdict, _)| verdict != Verdict::Met) || ended.outcomes.is_empty() => exit,
        _ if is_unmet || is_unknown => Exit::Found,
        _ if is_missing => Exit::NotSeen,
        _ => Exit::Done,
    }
}

/// The signals that end a program.
struct Signals([(tokio::signal::unix::Signal, u8); 3]);

impl Signals {
    fn new() -> Result<Self, Failure> {
        let listen = |kind: SignalKind| {
            let heard =
                signal(kind).map_err(|source| RuntimeError::System { what: "the handling of signals", source })?;
            Ok::<_, Failure>((heard, u8::try_from(kind.as_raw_value()).unwrap_or_default()))
        };
        Ok(Self([listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?]))
    }

    async fn next(&mut self) -> u8 {
        let Self([(one, first), (two, second), (three, third)]) = self;
        tokio::select! {
            _ = one.recv() => *first,
            _ = two.recv() => *second,
            _ = three.recv() => *third,
        }
    }
}

/// Waits for the end of a command; for ever without one.
async fn over(running: Option<&mut Running>) -> CommandEnd {
    match running {
        Some(running) => running.ended().await,
        None => std::future::pending().await,
    }
}

/// Waits until `due`; for ever when there is none.
async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
