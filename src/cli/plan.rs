//! `clickscope plan`: makes a plan of events, and says what is wrong with one.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use thiserror::Error;

use super::input::{BadInput, Input, InputError};
use super::lint::is_object;
use super::reading::{self, Reader};
use super::{Exit, Failure, args, stderr};
use crate::config::{self, Provenance, Setting};
use crate::event::text::{counted, excerpt, grouped, sanitize, sanitize_json};
use crate::event::{Document, Sanitized, sanitized};
use crate::lint::{LintContext, Severity, Stage};
use crate::plan::{BadSchema, Inference, Inferred, Lesson, Linter, MOST_TYPES, Plan, PlannedType, SeverityOverrides};
use crate::session::{Change, Record};

/// The widest name of an event type, in columns.
const WIDEST: usize = 64;

/// Why there is no plan.
#[derive(Debug, Error)]
pub(super) enum PlanError {
    /// There is no input.
    #[error(transparent)]
    NoInput(#[from] InputError),
    /// There is nothing in it to learn from.
    #[error("{called}: there is no event with a name in it")]
    Nothing {
        /// The name of the input.
        called: Sanitized,
    },
    /// Neither an option nor a profile names a folder.
    #[error("no plan is given: name its folder, as in `clickscope plan check plan`, or set `plan` in a profile")]
    None,
    /// Something in it is no schema.
    #[error("the plan cannot be used{}", lines(.0))]
    Broken(Vec<BadSchema>),
    /// A file or a folder cannot be written.
    #[error("{path} cannot be written: {source}")]
    Write {
        /// Which.
        path: Sanitized,
        /// The system's error.
        source: io::Error,
    },
}

fn lines(bad: &[BadSchema]) -> Sanitized {
    bad.iter().map(|bad| sanitized!("\n  {}", bad.sentence())).collect()
}

/// The plan in a folder that must be whole; none, where no folder is named.
pub(super) fn usable(folder: Option<&Setting<PathBuf>>) -> Result<Plan, Failure> {
    let (plan, bad) = as_it_is(folder)?;
    if bad.is_empty() { Ok(plan) } else { Err(PlanError::Broken(bad).into()) }
}

/// The plan in a folder with what is broken in it, for those who go on without that.
pub(super) fn as_it_is(folder: Option<&Setting<PathBuf>>) -> Result<(Plan, Vec<BadSchema>), Failure> {
    Ok(folder.map(config::read_plan).transpose()?.unwrap_or_default())
}

/// A folder that is named as an argument.
pub(super) fn argument(folder: PathBuf) -> Setting<PathBuf> {
    Setting { value: folder, place: Provenance::Flag("DIR") }
}

/// Lists what is planned, and tells what is broken.
pub(super) fn check(folder: &Setting<PathBuf>) -> Result<Exit, Failure> {
    let (plan, bad) = config::read_plan(folder)?;
    io::stdout().write_all(table(&plan).as_bytes())?;
    for remark in plan.remarks() {
        stderr::say(&remark.sentence());
    }
    if bad.is_empty() { Ok(Exit::Done) } else { Err(PlanError::Broken(bad).into()) }
}

/// A line for each event type.
fn table(plan: &Plan) -> Sanitized {
    let rows = plan.types().map(|known| (known, excerpt(known.name, WIDEST), sanitize(known.file)));
    let rows: Vec<_> = rows.collect();
    let widest = rows.iter().map(|(_, name, _)| name.width()).max().unwrap_or(0);
    let longest = rows.iter().map(|(.., file)| file.width()).max().unwrap_or(0);
    let line = |(known, name, file): &(PlannedType<'_>, Sanitized, Sanitized)| {
        let fields = counted(known.fields as u64, "field");
        sanitized!("{}  {}  {}, {} required\n", name.pad(widest), file.pad(longest), fields, known.required)
    };
    rows.iter().map(line).collect()
}

/// Learns from events what their plan may be, and prints or writes it.
pub(super) fn infer(args: &args::InferArgs, levels: &SeverityOverrides) -> Result<Exit, Failure> {
    let stage = if args.received { Stage::Received } else { Stage::Outgoing };
    let input = Input::open(&args.file).map_err(PlanError::from)?;
    input.outlast_an_interrupt()?;
    let called = input.called.clone();
    let mut learning = Learning {
        inference: Inference::default(),
        linter: Linter::new(levels.clone(), Plan::default()),
        context: LintContext { stage, now: Timestamp::now() },
        tally: Tally::default(),
    };
    reading::read(input, &called, &mut learning);
    let Learning { inference, tally, .. } = learning;
    let inferred: Vec<Inferred> = inference.schemas().collect();
    if inferred.is_empty() {
        return Err(PlanError::Nothing { called }.into());
    }
    let exit = match &args.into {
        Some(folder) => write(folder, &inferred, args.force)?,
        None => print(&inferred)?,
    };
    let events = inferred.iter().map(|inferred| inferred.events).sum();
    let types = counted(inferred.len() as u64, "event type");
    stderr::say_plainly(&sanitized!("{} from {}{}", types, counted(events, "event"), tally.left_out()));
    if tally.faulty > 0 {
        let faulty = counted(tally.faulty, "event");
        stderr::say_plainly(&sanitized!(
            "{} with errors among them, which the plan takes for right: see `clickscope lint` before you commit it",
            faulty
        ));
    }
    Ok(if tally.unusable > 0 { Exit::Unusable } else { exit })
}

/// What became of the events of an input.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    nameless: u64,
    /// That a collector refused.
    refused: u64,
    /// Of types that there is no room for.
    surplus: u64,
    in_part: u64,
    /// Learnt from, with errors in them.
    faulty: u64,
    unusable: u64,
}

impl Tally {
    /// What was not learnt from, as the end of a line.
    fn left_out(&self) -> Sanitized {
        let parts = [
            (self.nameless, "without a name left out".into()),
            (self.refused, "that a collector refused left out".into()),
            (self.surplus, sanitized!("of further types left out: a plan has at most {}", grouped(MOST_TYPES as u64))),
            (self.in_part, "learnt from in part: they are too large, or have too many fields".into()),
        ];
        let told = parts.into_iter().filter(|(count, _)| *count > 0);
        told.map(|(count, what)| sanitized!("; {} {}", counted(count, "event"), what)).collect()
    }
}

struct Learning {
    inference: Inference,
    linter: Linter,
    context: LintContext,
    tally: Tally,
}

impl Learning {
    fn learn(&mut self, event: &Document, context: LintContext) {
        match self.inference.observe(event, context.stage) {
            Lesson::Nameless => return self.tally.nameless += 1,
            Lesson::OneTypeTooMany => return self.tally.surplus += 1,
            Lesson::InPart => self.tally.in_part += 1,
            Lesson::Learnt => {}
        }
        let found = self.linter.judge(event, context);
        self.tally.faulty += u64::from(found.iter().any(|finding| finding.severity == Severity::Error));
    }
}

impl Reader for Learning {
    fn event(&mut self, event: &Document) {
        self.learn(event, self.context);
    }

    fn record(&mut self, record: &Record, event: Option<&Document>) {
        // What a server shows in the place of an event has no fields to learn.
        // Nor does what was refused show how events are to be.
        if record.change().is_some_and(Change::is_refused) {
            self.tally.refused += 1;
        } else if let Some(event) = event.filter(|event| is_object(event)) {
            self.learn(event, LintContext { stage: Stage::Received, now: record.at().wall });
        }
    }

    fn unreadable(&mut self, bad: &BadInput) {
        self.tally.unusable += 1;
        stderr::say_plainly(&bad.told());
    }
}

/// Prints an object with a schema for each type.
fn print(inferred: &[Inferred]) -> Result<Exit, Failure> {
    let schemas = inferred.iter().map(|inferred| (&*inferred.event_type, &inferred.schema));
    // Texts can always be written.
    let schemas = serde_json::to_string_pretty(&schemas.collect::<BTreeMap<_, _>>()).unwrap_or_default();
    writeln!(io::stdout(), "{}", sanitize_json(&schemas))?;
    Ok(Exit::Done)
}

/// What became of the files of a plan.
#[derive(Default)]
struct Written {
    /// Those that were written.
    paths: Vec<Sanitized>,
    /// Those that were there and are kept.
    kept: Vec<Sanitized>,
    /// The types that have none, for it would be too large.
    without: Vec<Sanitized>,
}

/// Writes a file for each type. What is there is kept, unless it is to be overwritten.
fn write_files(folder: &Path, inferred: &[Inferred], force: bool, written: &mut Written) -> Result<(), PlanError> {
    let called = |path: &Path| sanitize(&path.display().to_string());
    let unwritten = |path: &Path, source| PlanError::Write { path: called(path), source };
    // Where there is no plan yet, nothing of it can be in the way.
    let (plan, _) = config::read_plan(&argument(folder.to_owned())).unwrap_or_default();
    let planned: BTreeMap<&str, &Path> = plan.types().map(|known| (known.name, Path::new(known.file))).collect();
    fs::create_dir_all(folder).map_err(|source| unwritten(folder, source))?;
    let name = |path: &&Path| path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    let mut taken: HashSet<String> = planned.values().filter_map(name).collect();
    for inferred in inferred {
        let path = match planned.get(&*inferred.event_type) {
            Some(path) => (*path).to_owned(),
            None => folder.join(file_name(&inferred.event_type, &mut taken)),
        };
        let text = sanitize_json(&inferred.text());
        if text.len() as u64 > config::LONGEST_FILE {
            written.without.push(excerpt(&inferred.event_type, WIDEST));
            continue;
        }
        let mut options = File::options();
        options.write(true).create_new(!force).create(true).truncate(force);
        match options.open(&path).and_then(|mut file| file.write_all(text.as_bytes())) {
            Ok(()) => written.paths.push(called(&path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => written.kept.push(called(&path)),
            Err(source) => return Err(unwritten(&path, source)),
        }
    }
    Ok(())
}

/// Writes a file for each type and prints its name.
fn write(folder: &Path, inferred: &[Inferred], force: bool) -> Result<Exit, Failure> {
    let mut written = Written::default();
    let outcome = write_files(folder, inferred, force, &mut written);
    for path in &written.kept {
        stderr::say_plainly(&sanitized!("{} exists and was kept; --force overwrites it", path));
    }
    for of in &written.without {
        stderr::say_plainly(&sanitized!(
            "{} has no schema: it would be larger than the 1 MiB that one may have, because nearly every event names its \
             fields differently",
            of
        ));
    }
    let told = written.paths.iter().try_for_each(|path| writeln!(io::stdout(), "{path}"));
    outcome?;
    told?;
    let missing = written.kept.len() + written.without.len();
    if missing == 0 {
        return Ok(Exit::Done);
    }
    stderr::say_plainly(&sanitized!(
        "the plan in {} is not the one that was inferred: {} of {} not written",
        sanitize(&folder.display().to_string()),
        missing,
        counted(inferred.len() as u64, "schema")
    ));
    Ok(Exit::Incomplete)
}

/// Writes a plan for the screen, and says what is there now.
pub(super) fn into_folder(folder: &Path, inferred: &[Inferred]) -> Result<Sanitized, Sanitized> {
    let mut written = Written::default();
    write_files(folder, inferred, false, &mut written).map_err(|error| Sanitized::of(&error))?;
    let Written { paths, kept, without } = &written;
    let rest = [(kept.len(), "there already and kept"), (without.len(), "too large to write")];
    let rest = rest
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| sanitized!("{} {}", counted(count as u64, "schema"), what));
    let written = sanitized!(
        "plan in {}: {} written",
        sanitize(&folder.display().to_string()),
        counted(paths.len() as u64, "schema")
    );
    Ok(Sanitized::join(std::iter::once(written).chain(rest), "; "))
}

/// The longest name of a file in characters, without its ending: any of them may take 4 of the usual 255 bytes.
const LONGEST_NAME: usize = 60;

/// `TYPE.json`, as far as that can be the name of a file; one that is among `taken` gets a number. Some file systems do
/// not tell large letters from small ones.
fn file_name(event_type: &str, taken: &mut HashSet<String>) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = event_type.chars().map(plain).take(LONGEST_NAME).collect();
    let name = if name.starts_with('.') { format!("_{name}") } else { name };
    let mut number = 1;
    let mut file = format!("{name}.json");
    while !taken.insert(file.to_lowercase()) {
        number += 1;
        file = format!("{name}-{number}.json");
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_for_its_type_as_far_as_files_can_be() {
        let mut taken = HashSet::from(["view.json".to_owned()]);
        let long = "n".repeat(70);
        let cases = [
            ("purchase", "purchase.json"),
            ("Purchase", "Purchase-2.json"),
            ("view", "view-2.json"),
            ("a/b c", "a_b_c.json"),
            ("../up", "_.._up.json"),
            ("größe.view", "größe.view.json"),
            ("\u{1b}[2J", "__2J.json"),
            (&long, &format!("{}.json", &long[10..])),
        ];
        for (event_type, file) in cases {
            assert_eq!(file_name(event_type, &mut taken), file);
        }
    }
}
