//! `clickscope send`: reads events, sends them, and proves that they arrived.
//!
//! Sending has three stages: [`super::input`] reads drafts, [`batching`] makes calls of them on a thread of its own,
//! and the loop here sends one call after the other while [`verifier`] watches for what was sent.

mod batching;
mod linting;
mod reporter;
mod verifier;

use std::collections::{BTreeSet, VecDeque};
use std::future::pending;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::input::{BadInput, Input, InputError};
use super::sending::{folders, sending};
use super::stdout::{Output, Stdout};
use super::{Exit, Failure, args, plan, redact, watch};
use crate::app::Sending;
use crate::blueshift::safety::{Forbidden, Safety, WORD};
use crate::blueshift::{CallLimits, ExtraHeader, curl};
use crate::config::{self, AccountKeys, Config};
use crate::event::text::{counted, excerpt, grouped, sanitize, span};
use crate::event::{Path, Sanitized, sanitized};
use crate::runtime::{self, RuntimeError};
use crate::session::probe::{ProbeId, ProbeState};
use crate::session::{CallOutcome, Delivery, Moment, Problem, ProblemKind, Retry};
use crate::source::Clock;
use crate::source::live::Settings;
use crate::source::send::{Label, Pace, Sender, Stage};
use batching::{Batching, Packed, Parcel, Placeholders, Preparation};
use linting::InputLinter;
use reporter::{Reporter, Words, rate};
use verifier::{MOST, Sample, Verifier};

/// How many places are named that came otherwise than they were sent.
const MOST_PLACES: usize = 8;
/// The widest of them, in columns.
const WIDEST_PLACE: usize = 60;

/// How many calls may be ready before they are sent: enough to read on while one is under way.
const READY: usize = 4;

/// How long a call that is under way is waited for when the program is asked to end.
const PATIENCE: Duration = Duration::from_millis(800);

/// Why nothing is sent, or nothing more.
#[derive(Debug, Error)]
pub(super) enum SendError {
    /// There is no input.
    #[error(transparent)]
    NoInput(#[from] InputError),
    /// The input cannot be sent.
    #[error("{}", .0.told())]
    Input(BadInput),
    /// There is nothing in it, or nothing after what is skipped.
    #[error("{called}: there is nothing to send{}", if *.skipped { " after the lines that --skip leaves out" } else { "" })]
    Nothing {
        /// The name of the input.
        called: Sanitized,
        /// Whether something was to be skipped.
        skipped: bool,
    },
    /// The profile forbids it.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Nobody can be asked.
    #[error(
        "{target} is production, and there is no terminal to ask on: pass --production if these events are to reach real \
         customers; nothing was sent"
    )]
    NobodyToAsk {
        /// Where it would go.
        target: Sanitized,
    },
    /// Another word was typed.
    #[error("not confirmed; nothing was sent")]
    NotConfirmed,
    /// The terminal did not give a word.
    #[error("cannot ask on the terminal ({0}): pass --production if these events are to reach real customers")]
    NotAsked(io::Error),
    /// More than can be proved.
    #[error(
        "there are more than {MOST} events, the most that can be proved in one run: send fewer, or leave out --prove"
    )]
    TooManyToProve,
    /// An event that cannot be compared with another.
    #[error("an event cannot be proved: {0}")]
    NotComparable(Sanitized),
}

pub(super) fn run(args: args::SendArgs, config: &Config, headers: Arc<[ExtraHeader]>) -> Result<Exit, Failure> {
    let sending = sending(config, &folders(config), &headers);
    if !args.dry_run {
        // Before anything is read: a profile that only watches needs no look at what would be sent.
        sending.safety.check([]).map_err(SendError::from)?;
    }
    let input = Input::find(&args.what, &sending.templates).map_err(SendError::from)?;
    runtime::log::to_stderr()?;
    runtime::block_on(send(args, config, headers, sending, input))?
}

async fn send(
    args: args::SendArgs,
    config: &Config,
    headers: Arc<[ExtraHeader]>,
    sending: Sending,
    input: Input,
) -> Result<Exit, Failure> {
    let nothing = SendError::Nothing { called: input.called.clone(), skipped: args.skip > 0 };
    let profile = config.profile.as_ref().map(|profile| &profile.value);
    // What goes out is not masked, only what is told of it.
    let redaction = redact::redaction(&args.redact, profile, config.levels.identifiers())?.map(Arc::new);
    let mut reporter = Reporter::new(redaction.clone());
    let mut parcels = Parcels::begin(&args, &sending, input);
    parcels.look_ahead(args.prove, &reporter).await?;
    if parcels.ahead.is_empty() {
        reporter.done();
        return if parcels.left_out > 0 { Ok(Exit::Incomplete) } else { Err(nothing.into()) };
    }
    let (plan, broken) = plan::as_it_is(config.plan.as_ref())?;
    for schema in broken {
        reporter.tell(&sanitized!("plan: {}", schema.sentence()));
    }
    let mut linting = InputLinter::new(config, plan, redaction.clone());
    let variable = config.profile.as_ref().and_then(|profile| profile.value.verification_variable());
    if let Some(variable) = variable.filter(|_| !config.signing.has_key()) {
        reporter.tell(&sanitized!("{} is not set, so no event is signed here", sanitize(variable)));
    }
    if args.dry_run {
        let printed = print_commands(parcels, &sending, &mut linting, &reporter).await;
        reporter.done();
        return printed;
    }
    linting.count(&parcels.ahead, &reporter);
    let samples = if args.prove { parcels.samples()? } else { VecDeque::new() };
    let keys = AccountKeys::read(&config.key_sources(), &|name| std::env::var_os(name), config::prompt)?;
    if sending.safety.production {
        reporter.triggers(parcels.ahead.iter().flat_map(|parcel| &parcel.events));
        if !args.production {
            confirm(config)?;
        }
    }
    if let Some(exposure) = config.exposure() {
        reporter.tell(&exposure);
    }
    let headers = config.headers(headers, &|name| std::env::var_os(name))?;
    let mut signals = Signals::new()?;
    let settings = Settings { interval: sending.probe_interval, ..watch::settings(config, keys, headers) };
    let verifier = if args.prove {
        let started = tokio::select! {
            biased;
            exit = signals.next() => {
                reporter.tell(&"nothing was sent".into());
                return Ok(exit);
            }
            started = Verifier::start(settings.clone(), args.within, sending.identifiers.clone(), &reporter) => started,
        };
        match started {
            Ok(verifier) => Some(verifier),
            Err(exit) => return Ok(exit),
        }
    } else {
        None
    };
    // At a pace that one can follow, each event is told as it goes out.
    if args.pace.is_none() && parcels.ahead.front().is_some_and(|first| first.part != Some(1.0)) {
        reporter.show_progress(args.json);
    }
    let pace = match (args.pace, args.rate.0) {
        (Some(gap), _) => Pace::every(gap),
        (None, Some(rate)) => Pace::calls_a_second(rate.get()),
        (None, None) => Pace::unlimited(),
    };
    let run = Run {
        words: Words { json: args.json, redaction },
        within: args.within,
        keep_going: args.keep_going,
        strict: args.strict.then(|| args.allow.clone()),
        production: sending.safety.production,
        clock: settings.clock,
        sender: Sender::new(settings, pace),
        signals,
        reporter,
        verifier,
        samples,
        probes: Vec::new(),
        tally: Tally { through: args.skip, ..Tally::default() },
        began: Instant::now(),
    };
    run.through(parcels).await
}

/// Asks for the word that lets events go to real customers.
pub(super) fn confirm(config: &Config) -> Result<(), SendError> {
    let target = config.label();
    let question = sanitized!("clickscope: {} is production; type {} to send: ", target, WORD);
    match config::ask_for_word(&question) {
        None => Err(SendError::NobodyToAsk { target }),
        Some(Err(error)) => Err(SendError::NotAsked(error)),
        Some(Ok(word)) if word == WORD => Ok(()),
        Some(Ok(_)) => Err(SendError::NotConfirmed),
    }
}

async fn print_commands(
    mut parcels: Parcels,
    sending: &Sending,
    linting: &mut InputLinter,
    reporter: &Reporter,
) -> Result<Exit, Failure> {
    let mut stdout = Stdout;
    loop {
        match parcels.next(reporter).await {
            None if parcels.left_out > 0 => return Ok(Exit::Incomplete),
            None => return Ok(Exit::Done),
            Some(Err(bad)) => return Err(SendError::Input(bad).into()),
            Some(Ok(parcel)) => {
                linting.describe(&parcel, reporter);
                let Sending { base, key_variable, header_variables, .. } = sending;
                let command = curl::write(&parcel.call, base, key_variable, header_variables);
                stdout.write(&sanitized!("{}\n", command))?;
            }
        }
    }
}

/// The calls that are packed on another thread, in order.
struct Parcels {
    packed: mpsc::Receiver<Packed>,
    ahead: VecDeque<Parcel>,
    /// The error that ended it early, if one did.
    stopped: Option<BadInput>,
    /// How many lines were left out.
    left_out: u64,
}

impl Parcels {
    fn begin(args: &args::SendArgs, sending: &Sending, input: Input) -> Self {
        let (sender, packed) = mpsc::channel(READY);
        let placeholders = Placeholders {
            seed: sending.seed,
            email: sending.safety.test_email(),
            environment: sending.environment.clone(),
        };
        let preparation = Preparation {
            assignments: args.assignments.clone(),
            placeholders: (!args.no_placeholders).then_some(placeholders),
            signing: sending.signing.clone(),
            // Whether sending is off was asked before; printed commands send nothing.
            safety: Safety { read_only: None, ..sending.safety.clone() },
        };
        let limits = CallLimits { events: args.batch, ..sending.limits };
        // Where nothing goes out, or nothing before all was read, or mistakes are left out, there is nothing to say.
        let tells_that_it_streams = !(args.dry_run || args.prove || args.keep_going);
        let (skip, one_by_one) = (args.skip, args.pace.is_some());
        let batching = Batching { limits, skip, one_by_one, keep_going: args.keep_going, tells_that_it_streams };
        tokio::task::spawn_blocking(move || batching::pack(input, &preparation, batching, &sender));
        Self { packed, ahead: VecDeque::new(), stopped: None, left_out: 0 }
    }

    /// Waits for the first call, or for all when every event has to be known before the first goes out.
    async fn look_ahead(&mut self, all: bool, reporter: &Reporter) -> Result<(), SendError> {
        let mut events = 0;
        while let Some(next) = self.unpack(reporter).await {
            match next {
                Err(bad) if all || self.ahead.is_empty() => return Err(SendError::Input(bad)),
                Err(bad) => self.stopped = Some(bad),
                Ok(parcel) => {
                    events += parcel.events.len();
                    self.ahead.push_back(parcel);
                    if all && events > MOST {
                        return Err(SendError::TooManyToProve);
                    }
                    if !all {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// The samples to compare with the events that are ready, call by call.
    fn samples(&self) -> Result<VecDeque<Vec<Sample>>, SendError> {
        let samples = |parcel: &Parcel| parcel.events.iter().map(Sample::new).collect();
        self.ahead.iter().map(samples).collect::<Result<_, _>>().map_err(SendError::NotComparable)
    }

    /// The next call, or what ended it before its time. Safe to be dropped.
    async fn next(&mut self, reporter: &Reporter) -> Option<Result<Parcel, BadInput>> {
        if let Some(parcel) = self.ahead.pop_front() {
            return Some(Ok(parcel));
        }
        if let Some(bad) = self.stopped.take() {
            return Some(Err(bad));
        }
        self.unpack(reporter).await
    }

    async fn unpack(&mut self, reporter: &Reporter) -> Option<Result<Parcel, BadInput>> {
        loop {
            match self.packed.recv().await? {
                Packed::Parcel(parcel) => return Some(Ok(parcel)),
                Packed::Stopped(bad) => return Some(Err(bad)),
                Packed::Streams => reporter.tell(
                    &"this input goes out while it is read: what stands before a mistake is sent (a file is read to its \
                      end first)"
                        .into(),
                ),
                Packed::LeftOut(bad) => {
                    self.left_out += 1;
                    reporter.complain(&sanitized!("{}; left out", bad.told()));
                }
            }
        }
    }
}

/// The signals that ask to end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> Result<Self, RuntimeError> {
        let on = |kind| signal(kind).map_err(|source| RuntimeError::System { what: "the handling of signals", source });
        Ok(Self { interrupt: on(SignalKind::interrupt())?, terminate: on(SignalKind::terminate())? })
    }

    /// The exit that the next signal asks for.
    async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Signal(2),
            _ = self.terminate.recv() => Exit::Signal(15),
        }
    }
}

/// How much went out so far.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Events that the server took.
    events: u64,
    /// Calls that it took.
    calls: u64,
    /// Events that it refused.
    refused: u64,
    /// How many events of the input are done with, so that a later run can skip them.
    through: u64,
}

/// A reason to stop before everything is sent.
enum Ended {
    /// A signal, or trouble that was told.
    With(Exit),
    /// Input that cannot be sent.
    At(BadInput),
}

/// The attempts of one call.
#[derive(Debug, Default)]
struct Attempts {
    count: u32,
    /// Whether one is under way.
    in_flight: bool,
    /// Whether one that failed may have brought the events all the same.
    perhaps: bool,
    /// Why the last one failed.
    problem: Option<Problem>,
}

impl Attempts {
    /// Takes in what happened; the attempt that will be made again.
    fn note(&mut self, stage: Stage) -> Option<Retry> {
        match stage {
            Stage::Attempt => {
                self.count += 1;
                self.in_flight = true;
                None
            }
            Stage::Failed(retry) => {
                self.in_flight = false;
                self.perhaps |= retry.perhaps;
                self.problem = Some(retry.problem.clone());
                Some(retry)
            }
        }
    }

    /// The end of a call that is given up.
    fn given_up(&self, label: Label, parcel: &Parcel, at: Moment) -> Delivery {
        let what = match &self.problem {
            _ if self.in_flight => "stopped before the call was answered".into(),
            Some(problem) => sanitized!("not sent once more: {}", problem.what),
            None => "stopped between two attempts".into(),
        };
        let advice = if self.in_flight || self.perhaps {
            "its events may have arrived: look for them before you send them again".into()
        } else {
            sanitized!("{} did not go out", counted(parcel.events.len() as u64, "event"))
        };
        Delivery {
            batch: label.batch,
            call: label.call,
            calls: label.calls,
            events: Arc::clone(&parcel.call.events),
            at,
            took: Duration::ZERO,
            attempts: self.count,
            status: None,
            verdict: CallOutcome::Failed(Problem { kind: ProblemKind::Unreachable, what, advice }),
        }
    }
}

struct Run {
    words: Words,
    within: Duration,
    keep_going: bool,
    /// Where fields may come otherwise, when others may not.
    strict: Option<Vec<Path>>,
    production: bool,
    clock: Clock,
    sender: Sender,
    signals: Signals,
    reporter: Reporter,
    verifier: Option<Verifier>,
    /// The events still to be proved, call by call.
    samples: VecDeque<Vec<Sample>>,
    /// The probes that are running.
    probes: Vec<ProbeId>,
    tally: Tally,
    began: Instant,
}

impl Run {
    async fn through(mut self, mut parcels: Parcels) -> Result<Exit, Failure> {
        let ended = self.ship(&mut parcels).await?;
        self.reporter.done();
        if self.tally.calls > 1 && !self.words.json {
            let Tally { events, calls, .. } = self.tally;
            let elapsed = self.began.elapsed();
            let took = span(elapsed);
            Stdout.write(&sanitized!(
                "sent {} in {} and {}, {}/s\n",
                counted(events, "event"),
                counted(calls, "call"),
                took,
                grouped(rate(events, elapsed))
            ))?;
        }
        let exit = match ended {
            Some(Ended::With(exit)) => {
                self.tell_how_to_go_on(None);
                return Ok(exit);
            }
            Some(Ended::At(bad)) => {
                self.reporter.tell(&bad.told());
                self.tell_how_to_go_on(bad.line_to_mend());
                Exit::Unusable
            }
            None if self.tally.refused > 0 || parcels.left_out > 0 => {
                let refused = counted(self.tally.refused, "event");
                let left_out = counted(parcels.left_out, "line");
                self.reporter.tell(&sanitized!("not everything went out: {} refused, {} left out", refused, left_out));
                Exit::Incomplete
            }
            None => Exit::Done,
        };
        let proved = self.prove().await?;
        Ok(if exit == Exit::Done { proved } else { exit })
    }

    /// Sends call after call.
    async fn ship(&mut self, parcels: &mut Parcels) -> Result<Option<Ended>, Failure> {
        loop {
            let next = tokio::select! {
                biased;
                exit = self.signals.next() => return Ok(Some(Ended::With(exit))),
                settled = listen(&mut self.verifier, &self.reporter) => {
                    match settled {
                        Ok(settled) => self.print_proofs(&settled)?,
                        Err(exit) => {
                            if self.tally.events == 0 {
                                self.reporter.tell(&"nothing was sent".into());
                            }
                            return Ok(Some(Ended::With(exit)));
                        }
                    }
                    continue;
                }
                next = parcels.next(&self.reporter) => next,
            };
            let parcel = match next {
                None => return Ok(None),
                Some(Err(bad)) => return Ok(Some(Ended::At(bad))),
                Some(Ok(parcel)) => parcel,
            };
            if self.production {
                self.reporter.triggers(&parcel.events);
            }
            if let Some(ended) = self.deliver(&parcel).await? {
                return Ok(Some(ended));
            }
            self.reporter.progress(self.tally.events, self.began.elapsed(), parcel.part);
        }
    }

    /// Sends one call to its end, whatever comes of it.
    async fn deliver(&mut self, parcel: &Parcel) -> Result<Option<Ended>, Failure> {
        let samples = self.samples.pop_front().unwrap_or_default();
        let ids = self.verifier.as_mut().map(|verifier| verifier.sent(&samples)).unwrap_or_default();
        let call = usize::try_from(self.tally.calls).unwrap_or(usize::MAX);
        let label = Label { batch: 0, call, calls: call.saturating_add(1) };
        let (telling, mut stages) = mpsc::unbounded_channel();
        let mut attempts = Attempts::default();
        let mut interrupted = None;
        let mut patience: Option<Instant> = None;
        let mut settled = Vec::new();
        let ended = {
            let mut delivering = pin!(self.sender.deliver(label, &parcel.call, |stage| drop(telling.send(stage))));
            loop {
                tokio::select! {
                    biased;
                    Some(stage) = stages.recv() => {
                        // Nothing is sent once more after it was asked to end.
                        if let Some(retry) = attempts.note(stage) {
                            if interrupted.is_some() {
                                break None;
                            }
                            self.reporter.retry(&retry);
                        }
                    }
                    exit = self.signals.next() => {
                        let again = interrupted.replace(exit).is_some();
                        if again || !attempts.in_flight {
                            break None;
                        }
                        self.reporter.tell(&"stopping after the call in flight; interrupt again to stop at once".into());
                        patience = Some(Instant::now() + PATIENCE);
                    }
                    delivery = &mut delivering => break Some(delivery),
                    () = until(patience) => break None,
                    heard = listen(&mut self.verifier, &self.reporter), if interrupted.is_none() => match heard {
                        Ok(ids) => settled.extend(ids),
                        // Whether the events of this call arrive is known when it is answered, and not before.
                        Err(exit) => interrupted = Some(exit),
                    },
                }
            }
        };
        self.probes.extend(&ids);
        if attempts.count == 0
            && let (None, Some(exit)) = (&ended, interrupted)
        {
            if let Some(verifier) = &mut self.verifier {
                verifier.not_sent(&ids);
            }
            if self.tally.events == 0 {
                self.reporter.tell(&"nothing was sent".into());
            }
            return Ok(Some(Ended::With(exit)));
        }
        let delivery = ended.unwrap_or_else(|| attempts.given_up(label, parcel, self.clock.now()));
        self.note(parcel, &delivery, &ids, attempts.perhaps)?;
        self.print_proofs(&settled)?;
        let ended = self.goes_on(parcel, &delivery.verdict);
        // Who asked to end is told that it ended for that.
        Ok(interrupted.map(Ended::With).or(ended))
    }

    /// Tells what came of a call.
    fn note(
        &mut self,
        parcel: &Parcel,
        delivery: &Delivery,
        ids: &[ProbeId],
        perhaps_twice: bool,
    ) -> Result<(), Failure> {
        let events = parcel.events.len() as u64;
        match &delivery.verdict {
            CallOutcome::Taken { .. } => {
                self.tally.events += events;
                self.tally.calls += 1;
            }
            CallOutcome::Refused { .. } => self.tally.refused += events,
            CallOutcome::Failed(_) => {}
        }
        if let Some(verifier) = &mut self.verifier {
            verifier.delivered(ids, delivery);
            match &delivery.verdict {
                CallOutcome::Taken { .. } => verifier.taken(ids, began(delivery)),
                CallOutcome::Refused { .. } | CallOutcome::Failed(_) => verifier.not_sent(ids),
            }
        }
        self.reporter.verdict(parcel, &delivery.verdict);
        if self.words.json || !self.reporter.shows_progress() {
            Stdout.write(&self.words.call(parcel, delivery, perhaps_twice))?;
        }
        Ok(())
    }

    /// The reason to stop after this call, if there is one.
    fn goes_on(&mut self, parcel: &Parcel, verdict: &CallOutcome) -> Option<Ended> {
        match verdict {
            CallOutcome::Failed(problem) if problem.kind == ProblemKind::Refused => Some(Ended::With(Exit::Refused)),
            CallOutcome::Failed(_) => Some(Ended::With(Exit::Unreachable)),
            CallOutcome::Refused { .. } if !self.keep_going => Some(Ended::With(Exit::Incomplete)),
            CallOutcome::Refused { .. } | CallOutcome::Taken { .. } => {
                self.tally.through = parcel.through;
                None
            }
        }
    }

    /// `to_mend` is the line that stopped it, when one did.
    fn tell_how_to_go_on(&self, to_mend: Option<u64>) {
        let Tally { events, through, .. } = self.tally;
        if events == 0 {
            return;
        }
        let went_out = counted(events, "event");
        let is_seen = |state: &ProbeState| matches!(state, ProbeState::Seen(_));
        let seen = self.verifier.as_ref().map(|verifier| verifier.count(&self.probes, is_seen));
        let seen = seen.map(|seen| sanitized!(", {} of them seen so far", seen)).unwrap_or_default();
        let left = self.is_something_left().then(|| {
            if let Some(line) = to_mend {
                sanitized!(
                    "; to resume, fix line {} and add --skip {}, or add --skip {} --keep-going",
                    line,
                    through,
                    through
                )
            } else {
                sanitized!("; to resume with the rest, add --skip {}", through)
            }
        });
        self.reporter.tell(&sanitized!("{} went out{}{}", went_out, seen, left.unwrap_or_default()));
    }

    /// Whether there may be events that did not go out. All are known when they are to be proved.
    fn is_something_left(&self) -> bool {
        let not_sent =
            |verifier: &Verifier| verifier.count(&self.probes, |state| matches!(state, ProbeState::NotSent)) > 0;
        !self.samples.is_empty() || self.verifier.as_ref().is_none_or(not_sent)
    }

    /// Waits for everything that was sent to be seen, or given up.
    async fn prove(mut self) -> Result<Exit, Failure> {
        while self.verifier.as_ref().is_some_and(Verifier::is_waiting) {
            let settled = tokio::select! {
                biased;
                exit = self.signals.next() => return Ok(exit),
                settled = listen(&mut self.verifier, &self.reporter) => settled,
            };
            match settled {
                Ok(settled) => self.print_proofs(&settled)?,
                Err(exit) => {
                    self.tell_how_to_go_on(None);
                    return Ok(exit);
                }
            }
        }
        let Some(verifier) = &self.verifier else { return Ok(Exit::Done) };
        if let Some(latencies) = verifier.latencies().filter(|_| !self.words.json) {
            Stdout.write(&sanitized!("{}\n", latencies))?;
        }
        let seen = || {
            let probes = self.probes.iter().filter_map(|id| verifier.get(*id));
            probes.filter_map(|probe| if let ProbeState::Seen(seen) = &probe.state { Some(seen) } else { None })
        };
        let unidentified = seen().filter(|seen| seen.unidentified).count();
        if unidentified > 0 {
            let by = match verifier.missing_identifier() {
                Some(by) if by > 0 => sanitized!("; the server's count of missing_identifier went up by {}", by),
                _ => "".into(),
            };
            let events = counted(unidentified as u64, "event");
            self.reporter.tell(&sanitized!(
                "seen, and dropped in processing for want of an identifier: {}{}",
                events,
                by
            ));
        }
        let mut altered = BTreeSet::new();
        if let Some(allowed) = &self.strict {
            altered.extend(seen().flat_map(|seen| seen.altered(allowed)).map(|difference| difference.path.to_string()));
        }
        if !altered.is_empty() {
            let places: Vec<_> = altered.iter().take(MOST_PLACES).map(|place| excerpt(place, WIDEST_PLACE)).collect();
            let more = altered.len().saturating_sub(MOST_PLACES);
            let more = if more > 0 { sanitized!(" and {} more", more) } else { "".into() };
            self.reporter.tell(&sanitized!(
                "not as it was sent: {}{}; --allow PATH lets a field come otherwise",
                Sanitized::join(places, ", "),
                more
            ));
        }
        Ok(if self.probes.iter().any(|id| verifier.is_missed(*id)) {
            Exit::NotSeen
        } else if unidentified > 0 || !altered.is_empty() {
            Exit::Found
        } else {
            Exit::Done
        })
    }

    /// Tells what came of these, in the order in which they were sent.
    fn print_proofs(&self, settled: &[ProbeId]) -> Result<(), Failure> {
        let Some(verifier) = &self.verifier else { return Ok(()) };
        let settled = BTreeSet::from_iter(settled);
        let probes = settled.into_iter().filter_map(|id| verifier.get(*id));
        let lines: Sanitized = probes.map(|probe| self.words.proof(probe, self.within, verifier.now())).collect();
        if !lines.is_empty() {
            Stdout.write(&lines)?;
        }
        Ok(())
    }
}

/// Waits until then; for ever, where it is not said.
async fn until(then: Option<Instant>) {
    match then {
        Some(then) => tokio::time::sleep_until(then).await,
        None => pending().await,
    }
}

/// The verifier's next news; pending for ever without a verifier.
async fn listen(verifier: &mut Option<Verifier>, reporter: &Reporter) -> Result<Vec<ProbeId>, Exit> {
    match verifier {
        Some(verifier) => verifier.listen(reporter).await,
        None => pending().await,
    }
}

/// When the attempt began that ended a delivery.
fn began(delivery: &Delivery) -> Moment {
    let Delivery { at, took, .. } = delivery;
    Moment { elapsed: at.elapsed.saturating_sub(*took), wall: at.wall.checked_sub(*took).unwrap_or(at.wall) }
}
