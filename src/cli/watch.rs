use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;
use secrecy::SecretString;
use tokio::signal::unix::{SignalKind, signal};

use super::args::{RecordArgs, RedactArgs, WatchArgs};
use super::filter::Filter;
use super::headless::{self, Mode};
use super::input::{Input, InputError};
use super::redact;
use super::sending::{folders, sending};
use super::stdout::Stdout;
use super::watched::Watched;
use super::{Exit, Failure, plan, recording, stderr};
use crate::app::{Preferences, Sending};
use crate::blueshift::auth::AccountKey;
use crate::blueshift::safety::Safety;
use crate::blueshift::{ExtraHeader, KeyMask};
use crate::config::{self, AccountKeys, Config};
use crate::event::text::sanitize;
use crate::event::{Redaction, Sanitized, sanitized};
use crate::lint;
use crate::plan::{BadSchema, Level, Linter, Plan, RuleOf, SeverityOverrides};
use crate::runtime::recording::Tape;
use crate::runtime::{self, InterfaceSettings, RuntimeError, drafts};
use crate::session::{HISTORY_LIMIT, tape};
use crate::source::live::{self, Timeouts};
use crate::source::{Clock, Source};

/// Watches the target that `read` tells of; it is asked again, by the name of a profile, when the reader switches to one.
pub(super) fn run(
    watch: &WatchArgs,
    read: impl Fn(Option<&str>) -> Result<Config, Failure>,
    headers: &Arc<[ExtraHeader]>,
) -> Result<Exit, Failure> {
    if watch.print_schema {
        io::stdout().write_all(tape::SCHEMA.as_bytes())?;
        return Ok(Exit::Done);
    }
    // Who is no person gets records.
    let json = watch.json || !watch.once && !io::stdout().is_terminal();
    // Before a key is asked for, which would be in vain.
    let on_screen = !watch.once && !json && terminal_has_screen()?;
    let filter = match &watch.filter {
        Some(_) if on_screen => return Err(Filter::on_screen().into()),
        filter => filter.clone().map(Filter::of).transpose()?,
    };
    if let Some(from) = &watch.from {
        return stream(from, watch.no_rules, on_screen, filter, &watch.redact, &watch.record, &read(None)?);
    }
    let prepared = Prepared::of(watch, read(None)?, headers)?;
    if on_screen {
        return on_screens(watch, read, headers, prepared);
    }
    let Prepared { config, plan, redaction, is_masked, settings, has_counts } = prepared;
    let mode = match (watch.once, json) {
        (true, json) => Mode::Once { json, counts: has_counts },
        (false, true) => Mode::Follow,
        (false, false) => Mode::FollowInLines,
    };
    let tape = tape_of(watch, &config, is_masked, &settings)?;
    let tape_of_profile = || recording::begin_of_profile(&config, is_masked, settings.clock).filter(|_| !watch.once);
    runtime::log::to_stderr()?;
    let tape = tape.or_else(|| recording::said(tape_of_profile()));
    runtime::block_on(in_lines(
        Watched::Endpoint,
        (mode, filter),
        &config,
        plan,
        is_masked.then_some(redaction),
        settings,
        tape,
    ))?
}

/// What is watched, with its keys.
struct Prepared {
    config: Config,
    plan: (Plan, Vec<BadSchema>),
    redaction: Redaction,
    is_masked: bool,
    settings: live::Settings,
    /// Whether there is a key for the server's counts.
    has_counts: bool,
}

impl Prepared {
    fn of(watch: &WatchArgs, config: Config, headers: &Arc<[ExtraHeader]>) -> Result<Self, Failure> {
        let lookup = |name: &str| std::env::var_os(name);
        let plan = plan::as_it_is(config.plan.as_ref())?;
        let profile = config.profile.as_ref().map(|profile| &profile.value);
        let (redaction, is_masked) = redact::on_screen(&watch.redact, profile, config.levels.identifiers())?;
        let keys = AccountKeys::read(&config.key_sources(), &lookup, config::prompt)?;
        let has_counts = keys.user.is_some();
        let headers = config.headers(Arc::clone(headers), &lookup)?;
        let settings = live::Settings { since: watch.since, ..settings(&config, keys, headers) };
        Ok(Self { config, plan, redaction, is_masked, settings, has_counts })
    }
}

/// The tape that the command line asks for.
fn tape_of(
    watch: &WatchArgs,
    config: &Config,
    is_masked: bool,
    settings: &live::Settings,
) -> Result<Option<Tape>, Failure> {
    let begin = |file: &PathBuf| recording::begin(file, config.label(), is_masked, settings.clock);
    Ok(watch.record.record.as_ref().map(begin).transpose()?)
}

/// Shows one profile after the other on the screen, as its reader switches between them. One that cannot be watched is told
/// of where the reader was before.
fn on_screens(
    watch: &WatchArgs,
    read: impl Fn(Option<&str>) -> Result<Config, Failure>,
    headers: &Arc<[ExtraHeader]>,
    mut prepared: Prepared,
) -> Result<Exit, Failure> {
    let mut notices = log_to_file()?;
    let mut tape = tape_of(watch, &prepared.config, prepared.is_masked, &prepared.settings)?;
    loop {
        let Prepared { config, plan, redaction, is_masked, settings, .. } = prepared;
        let of_profile =
            tape.is_none().then(|| recording::begin_of_profile(&config, is_masked, settings.clock)).flatten();
        let tape_now = tape.take().or_else(|| match of_profile? {
            Ok(tape) => Some(tape),
            Err(why) => {
                notices.push(why);
                None
            }
        });
        let names = Arc::clone(&config.preferences.profiles);
        let shown = on_terminal(
            Watched::Endpoint,
            config.label(),
            &config,
            plan,
            (redaction, is_masked),
            settings,
            tape_now,
            std::mem::take(&mut notices),
        );
        let at = match runtime::block_on(shown)?? {
            Exit::Profile(at) => at,
            exit => return Ok(exit),
        };
        let wanted = names.get(at).map(ToString::to_string);
        let before = config.profile.map(|profile| profile.value.name);
        prepared = match read(wanted.as_deref()).and_then(|config| Prepared::of(watch, config, headers)) {
            Ok(prepared) => prepared,
            Err(why) => {
                let name = sanitize(wanted.as_deref().unwrap_or_default());
                notices.push(sanitized!("{} cannot be watched: {}", name, Sanitized::of(&why)));
                Prepared::of(watch, read(before.as_deref())?, headers)?
            }
        };
    }
}

/// Watches what another program writes, or a file has.
fn stream(
    from: &str,
    no_rules: bool,
    on_screen: bool,
    filter: Option<Filter>,
    redact: &RedactArgs,
    record: &RecordArgs,
    config: &Config,
) -> Result<Exit, Failure> {
    let mut config = config.clone();
    if no_rules {
        config.levels = without_rules(&config.levels);
    }
    let config = &config;
    let input = Input::open(from)?;
    if from == "-" && io::stdin().is_terminal() {
        return Err(InputError::Keyboard.into());
    }
    let target = sanitized!("stream · {}", input.called);
    let plan = plan::as_it_is(config.plan.as_ref())?;
    let profile = config.profile.as_ref().map(|profile| &profile.value);
    let (redaction, is_masked) = redact::on_screen(redact, profile, config.levels.identifiers())?;
    // Nobody is asked for anything, so no key is either.
    let none = AccountKey { secret: SecretString::from(""), called: "no key".into() };
    let settings = settings(config, AccountKeys { event: none, user: None }, Arc::default());
    let begin = |file: &PathBuf| recording::begin(file, target.clone(), is_masked, settings.clock);
    let tape = record.record.as_ref().map(begin).transpose()?;
    if on_screen {
        let notices = log_to_file()?;
        let masks = (redaction, is_masked);
        let watched = Watched::Stream(input);
        return runtime::block_on(on_terminal(watched, target, config, plan, masks, settings, tape, notices))?;
    }
    runtime::log::to_stderr()?;
    let mode = (Mode::FollowToEnd, filter);
    let redaction = is_masked.then_some(redaction);
    runtime::block_on(in_lines(Watched::Stream(input), mode, config, plan, redaction, settings, tape))?
}

/// The severities where the rules of the platform do not hold: only what a plan says does.
fn without_rules(levels: &SeverityOverrides) -> SeverityOverrides {
    let mut off = SeverityOverrides::default();
    for rule in lint::rules() {
        off.set(RuleOf { rule, event_type: None }, Level::Allow);
    }
    levels.clone().under(off)
}

/// Whether the terminal that standard output is can show a screen. One that is called `dumb`, or has no name, gets lines,
/// and why is said.
pub(super) fn terminal_has_screen() -> Result<bool, Failure> {
    if !io::stdout().is_terminal() {
        return Err(RuntimeError::NoTerminal.into());
    }
    let has_screen = has_screen(std::env::var_os("TERM").as_deref());
    if !has_screen {
        stderr::say(&"TERM names no terminal that can show a screen, so each event is a line; ^C ends".into());
    }
    Ok(has_screen)
}

fn has_screen(term: Option<&OsStr>) -> bool {
    term.is_some_and(|term| !term.is_empty() && term != "dumb")
}

/// Prints what `settings` say, a line each, until it is done or a signal comes.
pub(super) async fn in_lines(
    watched: Watched<'_>,
    mode: (Mode, Option<Filter>),
    config: &Config,
    (plan, broken): (Plan, Vec<BadSchema>),
    redaction: Option<Redaction>,
    settings: live::Settings,
    tape: Option<Tape>,
) -> Result<Exit, Failure> {
    config.exposure().iter().for_each(stderr::say);
    for schema in &broken {
        stderr::say(&sanitized!("plan: {}", schema.sentence()));
    }
    let linter = Linter::new(config.levels.clone(), plan).with_signing(config.signing.clone(), false);
    let source = watched.start(settings);
    let redaction = redaction.map(Arc::new);
    let Some(tape) = tape else {
        return signalled_or(tokio::spawn(print(mode, linter, redaction, source)), false).await;
    };
    let (source, recorded) = runtime::recording::record(source, tape, redaction.clone(), |why| stderr::say(&why))?;
    let exit = signalled_or(tokio::spawn(print(mode, linter, redaction, source)), true).await;
    if let Some(late) = recorded.finish().await {
        stderr::say(&late);
    }
    exit
}

/// Shows the interface on what `settings` say; the source starts after the first frame. The `notices` are shown as well.
/// Beside the redaction stands whether it is on from the start.
#[expect(clippy::too_many_arguments, reason = "each is one thing that is shown")]
pub(super) async fn on_terminal(
    watched: Watched<'_>,
    target: Sanitized,
    config: &Config,
    plan: (Plan, Vec<BadSchema>),
    redaction: (Redaction, bool),
    settings: live::Settings,
    tape: Option<Tape>,
    notices: Vec<Sanitized>,
) -> Result<Exit, Failure> {
    let clock = settings.clock;
    let interface = interface(target, config, plan, redaction, all_keys(config, &settings), &settings.headers);
    let notices = config.exposure().into_iter().chain(interface.notices).chain(notices).collect();
    let reads = matches!(watched, Watched::Stream(_));
    let sending = interface.sending;
    // Nothing is sent to where a stream comes from, and so to no customer.
    let safety = if reads { Safety::default() } else { sending.safety };
    let interface = InterfaceSettings {
        sending: Sending { safety, ..sending },
        reads,
        interval: settings.interval,
        tape,
        notices,
        collector: watched.address().map(|address| sanitize(&address)),
        preferences: match watched {
            Watched::Endpoint => config.preferences.clone(),
            Watched::Collector(..) | Watched::Stream(_) => interface.preferences,
        },
        ..interface
    };
    let end = Box::pin(runtime::run(interface, move || clock.now(), || watched.start(settings))).await?;
    end.summary.iter().for_each(stderr::say);
    Ok(match end.exit {
        runtime::Exit::Profile(at) => Exit::Profile(at),
        exit => Exit::Interface(exit.code()),
    })
}

/// The settings of the interface as `config` has them, with what is to be told of the plan.
pub(super) fn interface(
    target: Sanitized,
    config: &Config,
    (plan, broken): (Plan, Vec<BadSchema>),
    (redaction, is_masked): (Redaction, bool),
    keys: KeyMask,
    headers: &[ExtraHeader],
) -> InterfaceSettings {
    let folders = folders(config);
    let drafts = folders.drafts.as_deref().map(drafts::recent).unwrap_or_default();
    let broken = broken.iter().map(|schema| sanitized!("plan: {}", schema.sentence()));
    InterfaceSettings {
        target,
        interval: config.interval.value,
        time_zone: TimeZone::system(),
        sending: Sending { keys, drafts, ..sending(config, &folders, headers) },
        history_limit: config.history.as_ref().map_or(HISTORY_LIMIT, |history| history.value),
        table: config.table.clone(),
        volatile: config.volatile.clone(),
        folders,
        linter: Linter::new(config.levels.clone(), plan).with_signing(config.signing.clone(), true),
        plan_writer: plan::into_folder,
        key_variables: config.key_variables().iter().cloned().collect(),
        tape: None,
        notices: broken.collect(),
        replay: None,
        collector: None,
        reads: false,
        redaction,
        is_masked,
        // Only a target of the config file can be left for another one.
        preferences: Preferences { profiles: Arc::default(), ..config.preferences.clone() },
        theme: config.theme.as_ref().map(|theme| theme.value),
    }
}

/// The keys in use, and those of other profiles as far as they are set: none of them may get into a draft.
fn all_keys(config: &Config, settings: &live::Settings) -> KeyMask {
    let others: Vec<SecretString> = other_keys(config).into_iter().chain(config.signing.key().cloned()).collect();
    let used = [Some(&settings.event_key), settings.user_key.as_ref()].into_iter().flatten();
    let headers: Vec<SecretString> = settings.headers.iter().flat_map(ExtraHeader::secrets).collect();
    KeyMask::new(used.map(|key| &key.secret).chain(&others).chain(&headers))
}

/// The keys of profiles as far as they are set.
pub(super) fn other_keys(config: &Config) -> Vec<SecretString> {
    config.key_variables().iter().filter_map(|name| std::env::var(name).ok()).map(SecretString::from).collect()
}

/// Logs to the file, and gives a notice where there is none: the program does without. Only a level that is none ends it.
pub(super) fn log_to_file() -> Result<Vec<Sanitized>, Failure> {
    match runtime::log::to_file() {
        Ok(_) => Ok(Vec::new()),
        Err(error @ runtime::log::LogError::Level(_)) => Err(error.into()),
        Err(error) => Ok(vec![sanitized!("no log is written: {}", Sanitized::of(&error))]),
    }
}

/// The settings of the poller and the sender, from `config`.
pub(super) fn settings(config: &Config, keys: AccountKeys, headers: Arc<[ExtraHeader]>) -> live::Settings {
    live::Settings {
        base: config.target.value.base_url(),
        event_key: keys.event,
        user_key: keys.user,
        headers,
        interval: config.interval.value,
        since: None,
        expecting: None,
        timeouts: Timeouts::default(),
        body_limit: live::BODY_LIMIT,
        authority: None,
        clock: Clock::start(),
    }
}

async fn print(
    (mode, filter): (Mode, Option<Filter>),
    linter: Linter,
    redaction: Option<Arc<Redaction>>,
    source: Source,
) -> Result<Exit, Failure> {
    headless::run(mode, linter, filter, redaction, source, Stdout, stderr::say).await
}

/// Waits for `task`, or for a signal to end; a terminal that hung up is one where something is still to be closed. The task
/// may hang in a write to a reader that does not read, so it has a thread of its own and is left behind.
async fn signalled_or(
    task: tokio::task::JoinHandle<Result<Exit, Failure>>,
    hears_hangup: bool,
) -> Result<Exit, Failure> {
    let number = async |kind: SignalKind| {
        let mut signal =
            signal(kind).map_err(|source| RuntimeError::System { what: "the handling of signals", source })?;
        signal.recv().await;
        Ok::<_, Failure>(Exit::Signal(u8::try_from(kind.as_raw_value()).unwrap_or_default()))
    };
    tokio::select! {
        outcome = task => outcome.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())),
        exit = number(SignalKind::interrupt()) => exit,
        exit = number(SignalKind::terminate()) => exit,
        exit = number(SignalKind::hangup()), if hears_hangup && !ignores_hangup() => exit,
    }
}

/// Whether the program was started to outlive its terminal, as `nohup` does. That can be told on Linux only.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (SignalKind::hangup().as_raw_value() - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_without_a_name_or_called_dumb_gets_lines() {
        for (term, expected) in
            [(None, false), (Some(""), false), (Some("dumb"), false), (Some("linux"), true), (Some("xterm"), true)]
        {
            assert_eq!(has_screen(term.map(OsStr::new)), expected, "{term:?}");
        }
    }

    #[test]
    fn the_poller_keeps_every_interval_that_can_be_asked_for() {
        assert_eq!(config::SHORTEST_INTERVAL, live::SHORTEST_INTERVAL);
        assert_eq!(config::LONGEST_INTERVAL, live::LONGEST_INTERVAL);
    }
}
