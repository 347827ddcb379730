use std::fmt::Write;
use std::time::Duration;

use indexmap::IndexMap;
use tokio::time::Instant;

use super::stdout::Output;
use super::{Exit, Failure, line};
use crate::event::TypeName;
use crate::feed::{Change, Problem, ProblemKind, Report, Trouble};
use crate::source::Source;

/// How many polls in a row may fail before `--once` gives up. The waits between them make 7 s.
const ATTEMPTS: u32 = 4;
/// `--once` does not sit out a longer wait that a server asks for.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// How long `--once` waits for the counts after it has the events.
const COUNTS_PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks whether anybody still reads.
const LOOK: Duration = Duration::from_secs(1);

/// What to print, and for how long.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mode {
    /// A line for each change, for ever.
    Follow,
    /// What the endpoint knows, once.
    Once {
        /// As JSON lines; else as a table.
        json: bool,
        /// Whether the counts of the summary endpoint come later than the events.
        counts: bool,
    },
}

/// Prints what `source` tells until it is done or nobody reads any more; troubles go to `tell`, a line each.
pub(super) async fn run(
    mode: Mode,
    mut source: Source,
    mut output: impl Output,
    mut tell: impl FnMut(&str),
) -> Result<Exit, Failure> {
    let mut printer = Printer::new(mode);
    let mut look = tokio::time::interval(LOOK);
    loop {
        let patience = printer.patience;
        let report = tokio::select! {
            report = source.reports.recv() => report,
            _ = look.tick() => {
                if output.is_closed() {
                    return Ok(Exit::Done);
                }
                continue;
            }
            () = until(patience) => None,
        };
        let step = match report {
            Some(report) => printer.report(report),
            None if patience.is_some() => printer.finish(),
            None => Step { told: Some("polling ended by itself".to_owned()), ..Step::leave(Exit::Unreachable) },
        };
        if let Some(told) = &step.told {
            tell(told);
        }
        if !step.printed.is_empty() {
            output.write(step.printed.as_bytes())?;
        }
        if let Some(exit) = step.exit {
            return Ok(exit);
        }
        if output.is_closed() {
            return Ok(Exit::Done);
        }
    }
}

/// What comes of one report.
#[derive(Debug, Default)]
struct Step {
    printed: String,
    told: Option<String>,
    exit: Option<Exit>,
}

impl Step {
    fn leave(exit: Exit) -> Self {
        Self { exit: Some(exit), ..Self::default() }
    }
}

struct Printer {
    mode: Mode,
    /// The trouble that was told last and still holds.
    trouble: Option<Problem>,
    /// What `--once` will print.
    types: IndexMap<TypeName, Change>,
    /// Until when `--once` waits for counts, once it has the events.
    patience: Option<Instant>,
}

impl Printer {
    fn new(mode: Mode) -> Self {
        Self { mode, trouble: None, types: IndexMap::new(), patience: None }
    }

    fn report(&mut self, report: Report) -> Step {
        match (report, self.mode) {
            (Report::Connecting { .. }, _) => Step::default(),
            (Report::Polled(polled), Mode::Follow) => {
                let told = self.trouble.take().map(|_| "the server answers again".to_owned());
                Step { printed: lines(&polled.changes), told, exit: None }
            }
            (Report::Counted { changes, .. }, Mode::Follow) => Step { printed: lines(&changes), ..Step::default() },
            (Report::Trouble(trouble), Mode::Follow) => self.trouble(&trouble, None),
            (Report::CountsTrouble(trouble), Mode::Follow) => counts_unknown(&trouble),

            (Report::Polled(polled), Mode::Once { counts, .. }) => {
                self.learn(polled.changes);
                let counted = self.types.values().any(|change| change.received.is_some());
                if !counts || counted {
                    return self.finish();
                }
                self.patience.get_or_insert_with(|| Instant::now() + COUNTS_PATIENCE);
                Step::default()
            }
            (Report::Counted { changes, .. }, Mode::Once { .. }) => {
                self.learn(changes);
                self.finish()
            }
            // The events are there already: they are what was asked for.
            (Report::Trouble(_), Mode::Once { .. }) if self.patience.is_some() => self.finish(),
            (Report::Trouble(trouble), Mode::Once { .. }) => self.trouble(&trouble, Some(ATTEMPTS)),
            (Report::CountsTrouble(trouble), Mode::Once { .. }) => {
                Step { told: counts_unknown(&trouble).told, ..self.finish() }
            }
        }
    }

    /// Prints what was learned, and leaves.
    fn finish(&mut self) -> Step {
        let json = matches!(self.mode, Mode::Once { json: true, .. } | Mode::Follow);
        let known = || self.types.values().filter(|change| change.payload.is_some());
        let printed = if json { known().map(line::json).collect() } else { line::table(known()) };
        let told = self.types.is_empty().then(|| "the endpoint knows no events yet".to_owned());
        Step { printed, told, exit: Some(Exit::Done) }
    }

    fn learn(&mut self, changes: Vec<Change>) {
        for change in changes {
            self.types.insert(change.event_type.clone(), change);
        }
    }

    /// Tells a trouble, unless it is the one that was told last, and leaves where waiting is of no use. A refusal waits
    /// for a key press, and here is nobody to press one.
    fn trouble(&mut self, trouble: &Trouble, attempts: Option<u32>) -> Step {
        let Trouble { problem, attempt, next, at, .. } = trouble;
        let hopeless = attempts.is_some_and(|attempts| {
            let wait = next.map_or(Duration::MAX, |next| next.since(*at));
            *attempt >= attempts || problem.kind == ProblemKind::WrongAnswer || wait > LONGEST_WAIT
        });
        let exit = match problem.kind {
            ProblemKind::Refused => Some(Exit::Refused),
            _ if hopeless => Some(Exit::Unreachable),
            _ => None,
        };
        let is_news = self.trouble.replace(problem.clone()).as_ref() != Some(problem);
        let mut told = format!("{} - {}", problem.what, problem.advice);
        if let (Some(attempts), None) = (attempts, exit) {
            // Writing to a text cannot fail.
            let _ = write!(told, " (attempt {attempt} of {attempts}; trying again)");
        }
        let told = (is_news || exit.is_some()).then_some(told);
        Step { printed: String::new(), told, exit }
    }
}

fn lines(changes: &[Change]) -> String {
    changes.iter().map(line::json).collect()
}

fn counts_unknown(trouble: &Trouble) -> Step {
    let Problem { what, advice, .. } = &trouble.problem;
    Step { told: Some(format!("the counts stay unknown: {what} - {advice}")), ..Step::default() }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
