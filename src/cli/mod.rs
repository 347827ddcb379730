//! The command line: one file a subcommand, each only wiring, output and an exit code.

mod args;
mod collecting;
mod commands;
mod compare;
mod completions;
mod config_files;
mod demo;
mod doctor;
mod expect;
mod filter;
mod folding;
mod forwarding;
mod github;
mod headless;
mod incoming;
mod input;
mod lines;
mod lint;
mod man;
mod plan;
mod reading;
mod recording;
mod redact;
mod replay;
mod report;
mod rules;
mod sandbox;
mod send;
mod sending;
mod stderr;
mod stdout;
mod table;
mod templates;
mod theme;
mod watch;
mod watched;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use thiserror::Error;

use crate::config::{self, Config, ConfigError, ConfigFile, ConfigLayer, Profile, Provenance, Setting};
use crate::event::Sanitized;
use crate::jq;
use crate::runtime::RuntimeError;
use crate::runtime::log::LogError;
use crate::runtime::recording::RecordingError;
use crate::sandbox::SandboxError;
use args::{Cli, Command};
use compare::CompareError;
use config_files::ConfigFileError;
use expect::ExpectError;
use forwarding::ForwardError;
use incoming::IncomingError;
use input::InputError;
use lint::LintError;
use man::ManError;
use plan::PlanError;
use replay::ReplayError;
use send::SendError;
use templates::NoTemplate;

/// The code of an output that cannot be written, as of `sysexits.h`: not that of a check that failed.
const EX_IOERR: u8 = 74;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// As asked.
    Done,
    /// The server refused an event, or something was left out.
    Incomplete,
    /// Something was found that is not to be.
    Found,
    /// The input cannot be sent or read; what is wrong with it was told.
    Unusable,
    /// An event to be proved was not seen in time.
    NotSeen,
    /// The server does not take the key.
    Refused,
    /// The network or the server did not recover, or it is the wrong server.
    Unreachable,
    /// Ended by the signal of this number.
    Signal(u8),
    /// The reader wants to watch the profile of this place among those that can be switched to.
    Profile(usize),
    /// Ended by the interface, with this code.
    Interface(u8),
    /// As a command that was run.
    Command(u8),
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Done | Self::Profile(_) => 0,
            Self::Incomplete | Self::Found => 1,
            Self::Unusable => 2,
            Self::NotSeen => 3,
            Self::Refused => 4,
            Self::Unreachable => 5,
            Self::Signal(number) => 128 + number,
            Self::Interface(code) | Self::Command(code) => code,
        }
    }
}

/// Why a command could not do what was asked.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Compare(#[from] CompareError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    ConfigFile(#[from] ConfigFileError),
    #[error(transparent)]
    Expect(#[from] ExpectError),
    #[error(transparent)]
    Filter(#[from] filter::FilterError),
    #[error(transparent)]
    Forward(#[from] ForwardError),
    #[error(transparent)]
    Incoming(#[from] IncomingError),
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Lint(#[from] LintError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Man(#[from] ManError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error(transparent)]
    Recording(#[from] RecordingError),
    #[error(transparent)]
    Replay(#[from] ReplayError),
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error(transparent)]
    Send(#[from] SendError),
    #[error(transparent)]
    Template(#[from] NoTemplate),
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Output(_) => EX_IOERR,
            // Asked for by whoever has to set it, like a key that the server refuses.
            Self::Config(ConfigError::NoKey { .. }) => Exit::Refused.code(),
            Self::Compare(CompareError::NotPolled { exit, .. }) => exit.code(),
            Self::Compare(_)
            | Self::Config(_)
            | Self::ConfigFile(_)
            | Self::Expect(_)
            | Self::Filter(_)
            | Self::Forward(_)
            | Self::Incoming(_)
            | Self::Input(_)
            | Self::Lint(_)
            | Self::Log(_)
            | Self::Man(_)
            | Self::Plan(_)
            | Self::Recording(_)
            | Self::Replay(_)
            | Self::Runtime(_)
            | Self::Sandbox(_)
            | Self::Send(_)
            | Self::Template(_) => 2,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Runs the program as its arguments and environment say.
pub fn run() -> ExitCode {
    if jq::is_child() {
        return jq::run();
    }
    if completions::answer() {
        return ExitCode::SUCCESS;
    }
    forbid_core_dumps();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let error = if error.kind() == ErrorKind::DisplayHelp {
                args::command().try_get_matches().err().unwrap_or(error)
            } else {
                error
            };
            return match error.print() {
                _ if error.use_stderr() => ExitCode::from(2),
                printed => ended(printed.map(|()| Exit::Done).map_err(Failure::Output)),
            };
        }
    };
    ended(dispatch(cli))
}

/// The code that the program ends with, when what it wrote is with its reader.
fn ended(result: Result<Exit, Failure>) -> ExitCode {
    // What does not end a line waits for more of it.
    // Who was told to end by a signal may have left behind a write that nobody reads.
    let is_signalled = matches!(result, Ok(Exit::Signal(_)));
    let flushed = if is_signalled { Ok(()) } else { io::stdout().flush() };
    match result.and_then(|exit| Ok(flushed.map(|()| exit)?)) {
        Ok(exit) => ExitCode::from(exit.code()),
        // How `| head` ends a program: not a failure.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Config(ConfigError::Interrupted)) => ExitCode::from(Exit::Signal(2).code()),
        Err(failure) => {
            stderr::say(&Sanitized::lines(&failure.to_string()));
            ExitCode::from(failure.code())
        }
    }
}

/// Sees to it that no image of the memory, with the keys in it, is left on disk by a crash. Best effort: where the system
/// refuses, nothing is worse than before.
fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = Rlimit { current: Some(0), ..getrlimit(Resource::Core) };
    let _ = setrlimit(Resource::Core, limit);
    // A system that hands dumps to a program does so whatever the limit.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    let Cli { options, command } = cli;
    let flags = ConfigLayer::flags(options.region, options.url.as_deref(), options.interval)?
        .with_plan(options.plan)
        .with_history(options.history)
        .with_theme(options.theme)
        .with_keys_shown(options.show_keys);
    let headers = config::headers(&options.headers)?;
    let file = ConfigFile::read_all;
    let lookup = |name: &str| std::env::var_os(name);
    let config = |flags| Config::read(flags, options.profile.as_deref(), &lookup, &file()?);
    // Commands that only read events need no target.
    let chosen = |file: &'_ ConfigFile| -> Result<Option<Profile>, ConfigError> {
        Ok(file.choose(options.profile.as_deref(), &lookup)?.map(|profile| profile.value.clone()))
    };
    let plan = |file: &ConfigFile| {
        let profile = chosen(file)?;
        let named = flags.plan.clone().or_else(|| profile?.plan().cloned());
        Ok::<_, ConfigError>(named)
    };
    match command.unwrap_or(Command::Watch(args::WatchArgs::default())) {
        Command::Watch(watch) => {
            let read = |switched: Option<&str>| -> Result<Config, Failure> {
                match switched {
                    None => Ok(config(flags.clone())?),
                    // The target of the flags is left.
                    Some(name) => {
                        let flags = ConfigLayer { target: None, ..flags.clone() };
                        Ok(Config::read(flags, Some(name), &lookup, &file()?)?)
                    }
                }
            };
            watch::run(&watch, read, &headers)
        }
        Command::Demo(demo) => demo::run(&demo, [flags, ConfigLayer::environment(&lookup)?], &file()?),
        Command::Send(send) => send::run(send, &config(flags)?, headers),
        Command::Expect(expect) => {
            let file = file()?;
            let (plan, profile) = (plan(&file)?, chosen(&file)?);
            let masks = redact::redaction(&expect.redact, profile.as_ref(), file.levels().identifiers())?;
            let setting = expect::Setting {
                levels: file.levels().clone(),
                signing: profile.map(|profile| profile.signing(&lookup)).transpose()?.unwrap_or_default(),
                must_fit_plan: flags.plan.is_some(),
                plan: plan::usable(plan.as_ref())?,
                redaction: masks,
                headers,
            };
            expect::run(&expect, setting, || Ok(config(flags)?))
        }
        Command::Baseline => expect::baseline(&config(flags)?, headers),
        Command::Replay(replay) => replay::run(&replay, || Ok(config(flags)?)),
        Command::Lint(lint) => {
            let file = file()?;
            let profile = file.choose(options.profile.as_deref(), &lookup)?.map(|profile| profile.value);
            let redaction = redact::redaction(&lint.redact, profile, file.levels().identifiers())?;
            let signing = profile.map(|profile| profile.signing(&lookup)).transpose()?.unwrap_or_default();
            lint::run(&lint, file.levels(), plan::usable(plan(&file)?.as_ref())?, signing, redaction)
        }
        Command::Report(report) => {
            let file = file()?;
            let redaction = redact::redaction(&report.redact, chosen(&file)?.as_ref(), file.levels().identifiers())?;
            report::run(&report, file.levels(), plan::usable(plan(&file)?.as_ref())?, redaction)
        }
        Command::Compare(compare) => {
            let file = file()?;
            let plan = || plan::usable(plan(&file)?.as_ref());
            compare::run(&compare, &compare::Setting { file: &file, chosen: chosen(&file)?, plan: &plan })
        }
        Command::Plan { command: args::PlanCommand::Infer(infer) } => plan::infer(&infer, file()?.levels()),
        Command::Plan { command: args::PlanCommand::Check { folder: Some(folder) } } => {
            plan::check(&plan::argument(folder))
        }
        Command::Plan { command: args::PlanCommand::Check { folder: None } } => {
            plan::check(&plan(&file()?)?.ok_or(PlanError::None)?)
        }
        Command::Rules(rules) => rules::list(rules),
        Command::Explain { rule } => rules::explain(rule),
        Command::Templates(templates) => templates::run(&templates),
        Command::Sandbox(sandbox) => {
            let file = file()?;
            let onward = sandbox.forward.forward.clone().map(|value| {
                let target = Some(Setting { value, place: Provenance::Flag("--forward") });
                let flags = ConfigLayer { target, ..flags.clone() };
                Config::read(flags, options.profile.as_deref(), &lookup, &file)
            });
            let onward = onward.transpose()?.map(|config| (config, headers));
            sandbox::run(*sandbox, [flags, ConfigLayer::environment(&lookup)?], &file, onward)
        }
        Command::Theme(theme) => theme::run(theme),
        Command::Config { command } => {
            let chosen = options.profile.as_deref();
            config_files::run(command, || Ok(config::explain(&flags, chosen, &lookup, &file()?)?))
        }
        Command::Doctor(doctor) => doctor::run(&doctor, &config(flags)?, headers),
        Command::Commands(commands) => commands::run(commands, &args::command()),
        Command::Completions { shell } => completions::run(shell),
        Command::Man(args) => man::run(&args, args::command()),
    }
}
