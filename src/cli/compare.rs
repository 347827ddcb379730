//! `clickscope compare`: what two tapes, files or accounts differ in.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use thiserror::Error;

use super::args::CompareArgs;
use super::folding::{Folding, source};
use super::headless::{self, Mode};
use super::input::Input;
use super::redact::redaction;
use super::stdout::Output;
use super::{Exit, Failure, stderr, watch};
use crate::config::{self, AccountKeys, Config, ConfigError, ConfigFile, ConfigLayer, Profile};
use crate::event::text::{counted, excerpt, json_line, sanitize};
use crate::event::{Sanitized, TypeName, sanitized};
use crate::plan::{Linter, Plan};
use crate::report::{Comparison, Difference, DifferenceKind, Report, shown_path};
use crate::runtime;
use crate::source::live;

/// Before the name of a profile, where a file may have that name too.
const PROFILE: &str = "profile:";

/// Why nothing is compared.
#[derive(Debug, Error)]
pub(super) enum CompareError {
    /// Standard input can be read once only.
    #[error("only one of the two can be standard input")]
    TwoInputs,
    /// Neither a file nor a profile.
    #[error("there is no file {name}, and {why}")]
    Nothing {
        /// What was named.
        name: Sanitized,
        /// Why it is no profile.
        why: Sanitized,
    },
    /// There is nothing to compare.
    #[error("{name}: there is no event in it, so there is nothing to compare")]
    NoEvent {
        /// The side.
        name: Sanitized,
    },
    /// The account did not answer.
    #[error("{name} could not be polled, so nothing is compared")]
    NotPolled {
        /// The profile.
        name: Sanitized,
        /// How the poll ended.
        exit: Exit,
    },
}

/// What the sides are read with.
pub(super) struct Setting<'a> {
    pub(super) file: &'a ConfigFile,
    /// The profile that is chosen for all, such as one that asks for masks.
    pub(super) chosen: Option<Profile>,
    /// Reads the plan, which each side has for itself.
    pub(super) plan: &'a dyn Fn() -> Result<Plan, Failure>,
}

pub(super) fn run(args: &CompareArgs, setting: &Setting<'_>) -> Result<Exit, Failure> {
    if args.a == "-" && args.b == "-" {
        return Err(CompareError::TwoInputs.into());
    }
    let (a, is_broken) = side(&args.a, args, setting)?;
    let (b, is_broken_too) = side(&args.b, args, setting)?;
    for ignored in &args.ignore {
        if let Some(complaint) = ignored.complaint(&a, &b) {
            stderr::say(&complaint);
        }
    }
    let comparison = Comparison::between(&a, &b, &args.ignore);
    let text = if args.json { lines(&comparison) } else { words(&comparison, &Look::of_stdout()) };
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    stderr::say_plainly(&summary(&comparison));
    Ok(match (is_broken || is_broken_too, comparison.differences.is_empty()) {
        (true, _) => Exit::Unusable,
        (false, true) => Exit::Done,
        (false, false) => Exit::Found,
    })
}

/// Where the events of a side come from.
enum From<'a> {
    /// A file, or standard input.
    File,
    /// A profile that is polled once.
    Profile(&'a str),
}

/// Finds what a side is. A name that is a file is that file.
fn find<'a>(name: &'a str, file: &ConfigFile) -> Result<From<'a>, CompareError> {
    let profile = |name: &str| file.choose(Some(name), &|_| None);
    let is_file = name == "-" || Path::new(name).exists();
    if let Some(profile) = name.strip_prefix(PROFILE).filter(|_| !is_file) {
        return Ok(From::Profile(profile));
    }
    match (is_file, profile(name)) {
        (true, Ok(_)) if name != "-" => {
            let name = sanitize(name);
            let told = sanitized!(
                "{} is a file and a profile: the file is compared; {}{} is the profile",
                name,
                PROFILE,
                name
            );
            stderr::say(&told);
            Ok(From::File)
        }
        (true, _) => Ok(From::File),
        (false, Ok(_)) => Ok(From::Profile(name)),
        (false, Err(error)) => {
            let why = match error {
                ConfigError::Unusable { reason, .. } => sanitize(&reason),
                error => Sanitized::of(&error),
            };
            Err(CompareError::Nothing { name: sanitize(name), why })
        }
    }
}

/// Reads one side.
fn side(name: &str, args: &CompareArgs, setting: &Setting<'_>) -> Result<(Report, bool), Failure> {
    let identifiers = setting.file.levels().identifiers();
    let (input, called, masks) = match find(name, setting.file)? {
        From::File => {
            let masks = redaction(&args.redact, setting.chosen.as_ref(), identifiers)?;
            (Input::open(name)?, source(name), masks)
        }
        From::Profile(profile) => {
            let lookup = |name: &str| std::env::var_os(name);
            let config = Config::read(ConfigLayer::default(), Some(profile), &lookup, setting.file)?;
            let masks = redaction(&args.redact, config.profile.as_ref().map(|profile| &profile.value), identifiers)?;
            (poll(sanitize(profile), &config)?, sanitize(profile), masks)
        }
    };
    let (levels, plan) = (setting.file.levels().clone(), (setting.plan)()?);
    let mut folding = Folding::new(levels, plan, args.received, masks);
    folding.read(input);
    let (report, is_broken) = folding.report(&called);
    if report.events == 0 {
        return Err(CompareError::NoEvent { name: report.source }.into());
    }
    Ok((report, is_broken))
}

/// What an account shows now, as `watch --once --json` prints it. That goes nowhere but into the comparison.
fn poll(name: Sanitized, config: &Config) -> Result<Input, Failure> {
    let lookup = |name: &str| std::env::var_os(name);
    config.exposure().iter().for_each(stderr::say);
    let keys = AccountKeys::read(&config.key_sources(), &lookup, config::prompt)?;
    let mode = Mode::Once { json: true, counts: keys.user.is_some() };
    let headers = config.headers(Arc::default(), &lookup)?;
    let settings = watch::settings(config, keys, headers);
    let printed = Printed::default();
    let linter = Linter::new(config.levels.clone(), Plan::default());
    let polling =
        async { headless::run(mode, linter, None, None, live::start(settings), printed.clone(), stderr::say).await };
    match runtime::block_on(polling)?? {
        Exit::Done => Ok(Input::of_text(name, printed.take())),
        exit => Err(CompareError::NotPolled { name, exit }.into()),
    }
}

/// Lines that are kept, in the place of a program that reads them.
#[derive(Clone, Debug, Default)]
struct Printed(Arc<Mutex<String>>);

impl Printed {
    fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Output for Printed {
    fn write(&mut self, text: &Sanitized) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
        Ok(())
    }

    fn is_closed(&self) -> bool {
        false
    }

    fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
        std::future::pending()
    }
}

/// An object a line, for each difference and each note.
fn lines(comparison: &Comparison) -> String {
    #[derive(Serialize)]
    struct Line<'a> {
        #[serde(flatten)]
        difference: &'a Difference,
        note: bool,
    }
    let differences = comparison.differences.iter().map(|difference| Line { difference, note: false });
    let notes = comparison.notes.iter().map(|difference| Line { difference, note: true });
    // Every name in it is a text: it can be written.
    let line = |line: Line<'_>| format!("{}\n", json_line(&serde_json::to_string(&line).unwrap_or_default()));
    differences.chain(notes).map(line).collect()
}

/// How the comparison looks. The default is plain, for a file or a program.
#[derive(Clone, Copy, Default)]
struct Look {
    heading: Style,
    removed: Style,
    added: Style,
    changed: Style,
    quiet: Style,
}

impl Look {
    fn of_stdout() -> Self {
        match AutoStream::choice(&io::stdout()) {
            ColorChoice::Never => Self::default(),
            _ => Self {
                heading: Style::new().bold(),
                removed: AnsiColor::Red.on_default(),
                added: AnsiColor::Green.on_default(),
                changed: AnsiColor::Yellow.on_default(),
                quiet: Style::new().dimmed(),
            },
        }
    }
}

/// The widest place, in columns.
const WIDEST_PLACE: usize = 40;

fn words(comparison: &Comparison, look: &Look) -> String {
    let Comparison { a, b, differences, notes, .. } = comparison;
    let mut out = String::new();
    if differences.is_empty() && notes.is_empty() {
        return out;
    }
    let width = a.name.width().max(b.name.width());
    for (letter, side) in [("A", a), ("B", b)] {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{letter}  {}  {}", side.name.pad(width), side.size);
    }
    list(differences, look, &mut out);
    if !notes.is_empty() {
        let _ = writeln!(out, "\n{}Perhaps by accident:{:#}", look.quiet, look.quiet);
        list(notes, look, &mut out);
    }
    out
}

fn list(differences: &[Difference], look: &Look, out: &mut String) {
    let place = |difference: &Difference| match &difference.path {
        None => Sanitized::literal("(the type)"),
        Some(path) if path.is_empty() => "(the event)".into(),
        Some(path) => excerpt(shown_path(path), WIDEST_PLACE),
    };
    let mut of: Option<&TypeName> = None;
    for difference in differences {
        if of != Some(&difference.event_type) {
            of = Some(&difference.event_type);
            let _ = writeln!(out, "\n{}{}{:#}", look.heading, difference.event_type.shown().fit(64), look.heading);
        }
        let group = differences.iter().filter(|other| other.event_type == difference.event_type);
        let width = group.map(|other| place(other).width()).max().unwrap_or(0);
        let (sign, style) = match (difference.a.count, difference.b.count) {
            (_, 0) => ("-", look.removed),
            (0, _) => ("+", look.added),
            _ => ("~", look.changed),
        };
        let [before, after] = difference.words();
        let note = match (difference.kind, difference.severity, difference.rule) {
            (DifferenceKind::Finding, Some(severity), Some(rule)) => {
                let title = difference.title.clone().unwrap_or_default();
                sanitized!("  {} {} [{}]", severity.sign(), title, rule)
            }
            _ if difference.findings.is_empty() => Sanitized::default(),
            _ => sanitized!("  [{}]", Sanitized::join(difference.findings.iter().copied(), ", ")),
        };
        let _ = writeln!(
            out,
            "{style}{sign}{style:#} {}  {style}{before} → {after}{style:#}{}{note}{:#}",
            place(difference).pad(width),
            look.quiet,
            look.quiet
        );
    }
}

fn summary(comparison: &Comparison) -> Sanitized {
    let Comparison { a, b, differences, notes, ignored } = comparison;
    let found = match differences.len() as u64 {
        0 => {
            let [a, b] = [a, b].map(|side| sanitized!("{} ({})", side.name, side.size));
            sanitized!("no difference between {} and {}", a, b)
        }
        count => counted(count, "difference"),
    };
    let rest = [(notes.len() as u64, "perhaps by accident"), (*ignored, "ignored")];
    let rest = rest.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| sanitized!("{} {}", count, what));
    Sanitized::join(std::iter::once(found).chain(rest), "; ")
}
