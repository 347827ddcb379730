//! `clickscope lint`: reads events, and says what is wrong with them.
//!
//! Events are read and told one after the other, so a file with one event per line may have any length; what is remembered
//! of those before is bounded.

mod github;
mod in_order;
mod junit;
mod ndjson;
mod report;
mod sarif;
mod text;

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use indexmap::IndexSet;
use jiff::Timestamp;
use serde::de::IgnoredAny;
use thiserror::Error;

use super::github::{StepSummary, in_repository};
use super::input::{AtHand, BadInput, Input, Lines, Part, Unreadable, Values, not_json};
use super::{Exit, Failure, args, stderr};
use crate::event::placeholder::{self, TEST_ADDRESS, Values as Placeholders, resolve};
use crate::event::signature::Signing;
use crate::event::syntax::{self, SyntaxError};
use crate::event::text::{counted, fit, sanitize};
use crate::event::{Document, DocumentError, Form, NO_ARRAY, NodeId, NodeKind, Redaction, Sanitized, sanitized};
use crate::lint::{Finding, LintContext, NodeLookup, Severity, SeverityCounts, Stage};
use crate::plan::Plan;
use crate::plan::{Level, LintedAlone, Linter, LinterAlone, RuleOf, SeverityOverrides};
use crate::session::{CapturedEvent, captured};
use github::Github;
use in_order::{in_order, threads};
use junit::Junit;
use ndjson::Ndjson;
use report::FindingsWriter;
use sarif::Sarif;
use text::{Look, Text};

/// Why nothing is linted.
#[derive(Debug, Error)]
pub(super) enum LintError {
    /// Two options that exclude each other.
    #[error("{rule} is passed to both {first} and {second}: keep one of them")]
    Conflict {
        /// The argument.
        rule: Sanitized,
        /// The one option.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
}

pub(super) fn run(
    args: &args::LintArgs,
    configured: &SeverityOverrides,
    plan: Plan,
    signing: Signing,
    redaction: Option<Redaction>,
) -> Result<Exit, Failure> {
    let levels = configured.clone().under(chosen(args)?);
    let stage = if args.received { Stage::Received } else { Stage::Outgoing };
    let linter = Linter::new(levels, plan).with_signing(signing, false);
    let mut run = Run {
        report: report(args),
        out: BufWriter::new(io::stdout()),
        context: LintContext { stage, now: Timestamp::now() },
        linter,
        redaction,
        is_live: false,
        tally: Tally::default(),
    };
    run.report.begin(&mut run.out)?;
    for file in files(&args.files) {
        // Other programs find a file by its place in the repository, a person from where he is.
        let called = match args.format {
            _ if file.name == STDIN => "standard input".into(),
            Some(_) => sanitize(&in_repository(&file.name)),
            None => sanitize(&file.name),
        };
        run.file(&file, &called)?;
    }
    run.report.end(&run.tally, &mut run.out)?;
    run.out.flush()?;
    let tally = run.tally;
    if tally.events > 0 {
        stderr::say_plainly(&tally.summary());
    }
    Ok(tally.exit(args.deny.into()))
}

/// The report that the options ask for.
fn report(args: &args::LintArgs) -> Box<dyn FindingsWriter + Send> {
    match args.format {
        None if args.json => Box::new(Ndjson::default()),
        None => Box::new(Text::new(Look::of_stdout())),
        Some(args::LintFormat::Github) => Box::new(Github::new(StepSummary::of_environment())),
        Some(args::LintFormat::Sarif) => Box::new(Sarif::new()),
        Some(args::LintFormat::Junit) => Box::new(Junit::new(args.deny.into())),
    }
}

/// The name of standard input as an argument.
const STDIN: &str = "-";

/// A file that is named by the arguments.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Named {
    name: String,
    /// Whether it is a pattern that no file matches.
    matches_nothing: bool,
}

/// The files that the arguments name, each once and in their order; those of a pattern by their names.
fn files(arguments: &[String]) -> IndexSet<Named> {
    let named = arguments.iter().flat_map(|argument| {
        let is_pattern = argument.contains(['*', '?', '[']) && !Path::new(argument).exists();
        let matching = is_pattern.then(|| glob::glob(argument).ok()).flatten().into_iter().flatten();
        let files = matching.filter_map(Result::ok).filter(|path| !path.is_dir());
        let mut names: Vec<_> = files.filter_map(|path| path.into_os_string().into_string().ok()).collect();
        let matches_nothing = is_pattern && names.is_empty();
        if names.is_empty() {
            names.push(argument.clone());
        }
        names.into_iter().map(move |name| Named { name, matches_nothing })
    });
    named.collect()
}

/// The severities from the options. The order of different options is not known, so they may not speak of the same.
fn chosen(args: &args::LintArgs) -> Result<SeverityOverrides, LintError> {
    let options = [
        ("-W", &args.warn, Level::At(Severity::Warning)),
        ("-A", &args.allow, Level::Allow),
        ("-D", &args.error, Level::At(Severity::Error)),
    ];
    let mut levels = SeverityOverrides::default();
    for (option, rules, level) in options {
        for rule in rules {
            let before = levels.set(rule.clone(), level).filter(|before| *before != level);
            if let Some((first, ..)) = before.and_then(|before| options.iter().find(|(.., level)| *level == before)) {
                return Err(LintError::Conflict { rule: name(rule), first, second: option });
            }
        }
    }
    Ok(levels)
}

fn name(RuleOf { rule, event_type }: &RuleOf) -> Sanitized {
    event_type.as_ref().map_or_else(|| rule.id.into(), |of| sanitize(&format!("{}@{of}", rule.id)))
}

/// The widest name of an event's type that is told, in columns: the platform takes 64 characters.
const WIDEST_TYPE: usize = 256;

/// An event, or a call of many, with what is wrong with it.
struct Linted {
    /// Its event type, if it names one; short.
    event_type: Option<String>,
    /// Whether it is a call.
    is_call: bool,
    findings: Vec<Located>,
}

/// A finding, and the line of its field.
struct Located {
    line: u64,
    finding: Finding,
}

/// How much was found.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    events: u64,
    findings: SeverityCounts,
    /// How many things in the input are not events.
    unusable: u64,
    /// Whether some repeats and changes could not be found.
    is_cut: bool,
}

impl Tally {
    fn add(&mut self, linted: &Linted) {
        self.findings.extend(linted.findings.iter().map(|located| &located.finding));
    }

    /// `2 errors, 1 warning in 14 events`.
    fn summary(&self) -> Sanitized {
        let events = counted(self.events, "event");
        let told = if self.findings.worst().is_none() {
            sanitized!("{}, nothing found", events)
        } else {
            sanitized!("{} in {}", self.findings.summary(), events)
        };
        let told =
            if self.is_cut { sanitized!("{}; not all of them were compared with each other", told) } else { told };
        match self.unusable {
            0 => told,
            count => sanitized!("{}; {} could not be read", told, count),
        }
    }

    fn exit(&self, denied: Severity) -> Exit {
        match (self.unusable, self.findings.worst() >= Some(denied)) {
            (0, false) => Exit::Done,
            (0, true) => Exit::Found,
            _ => Exit::Unusable,
        }
    }
}

/// So many parts of an input, and so many bytes of them, are taken at a time.
const MOST_PARTS: usize = 64;
const MOST_BYTES: usize = 256 * 1024;

/// Up to so many events of one call are taken as one part.
const MOST_OF_A_CALL: usize = 16;

/// The next parts of an input. Those that have to be waited for are not waited for before all is told of those before.
fn batch(values: &mut Values, is_live: bool, until_told: &dyn Fn() -> bool) -> Option<Vec<Result<Part, Unreadable>>> {
    let (mut parts, mut bytes) = (Vec::new(), 0);
    while parts.len() < MOST_PARTS && bytes < MOST_BYTES {
        let part = match values.at_hand() {
            AtHand::Part(part) => part,
            AtHand::Nothing if is_live && !parts.is_empty() => break,
            AtHand::Nothing => {
                if is_live && !until_told() {
                    break;
                }
                let Some(part) = values.next() else { break };
                part
            }
            AtHand::End => break,
        };
        bytes += part.as_ref().map_or(0, |part| part.text.len());
        parts.push(part);
    }
    (!parts.is_empty()).then_some(parts)
}

/// What is known of an input before it is seen beside what came before.
enum Step {
    Event(Box<EventStep>),
    /// An array of very many events, or a bulk payload, as it is in the input.
    Call(Part),
    /// What is wrong with a call.
    Found(Linted),
    Unusable(BadInput),
}

/// An event whose text begins in that line, with what is wrong with it by itself.
struct EventStep {
    event: Document,
    context: LintContext,
    line: u64,
    alone: LintedAlone,
}

/// What can be done with any part of an input, whatever came before it.
struct ByItself<'a> {
    context: LintContext,
    linter: Arc<LinterAlone>,
    called: &'a Sanitized,
}

impl ByItself<'_> {
    fn parts(&self, parts: Vec<Result<Part, Unreadable>>) -> Vec<Step> {
        let mut steps = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Ok(part) => self.part(part, &mut steps),
                Err(unreadable) => steps.push(Step::Unusable(unreadable.of(self.called))),
            }
        }
        steps
    }

    /// A template with its placeholders filled in, as `clickscope send` would; no line of it becomes another. A line is an
    /// event as it was sent.
    fn filled<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.context.stage == Stage::Received
            || !text.trim_ascii().contains('\n')
            || placeholder::first(text).is_none()
        {
            return Cow::Borrowed(text);
        }
        let environment = |_: &str| Some("a value".to_owned());
        let now = self.context.now;
        let values = Placeholders { now, seed: 0, seq: 1, email: TEST_ADDRESS, environment: &environment };
        resolve(text, &values).map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// Lints a part of the input.
    fn part(&self, part: Part, steps: &mut Vec<Step>) {
        match captured(&part.text) {
            Some(None) => return,
            Some(Some(CapturedEvent { payload, text, at })) => {
                let line = Lines::of(&part.text, part.line).line(offset(&part.text, text));
                let context = LintContext { stage: Stage::Received, now: at.wall };
                return steps.push(match Document::new(payload) {
                    Ok(event) => self.event(event, context, line),
                    Err(error) => self.bad(unreadable(&error), &part),
                });
            }
            None => {}
        }
        let text = self.filled(&part.text);
        match Form::read(&text) {
            Form::Many { events, .. } => match check(&text) {
                Ok(()) if events.len() > MOST_OF_A_CALL => steps.push(Step::Call(part)),
                Ok(()) => {
                    let lines = Lines::of(&text, part.line);
                    steps.extend(self.call(&text, &lines, events.len()));
                    steps.extend(events.into_iter().map(|event| self.element(event, lines.line(offset(&text, event)))));
                }
                Err(bad) => steps.push(self.bad(bad, &part)),
            },
            Form::NoArray(object) => {
                let line = Lines::of(&text, part.line).line(offset(&text, object));
                steps.push(self.no_event(NO_ARRAY.into(), line));
            }
            Form::Event(text) => steps.push(match read(text) {
                Ok(event) => self.event(event, self.context, part.line),
                Err(bad) => self.bad(bad, &part),
            }),
        }
    }

    /// What is wrong with an array of so many events, or a bulk payload, as a whole.
    fn call(&self, text: &str, lines: &Lines, events: usize) -> Option<Step> {
        let whole = text.trim_ascii();
        let outgoing = self.context.stage == Stage::Outgoing;
        let findings = if outgoing { self.linter.bulk(events, whole.len()) } else { Vec::new() };
        let line = lines.line(offset(text, whole));
        let findings: Vec<_> = findings.into_iter().map(|finding| Located { line, finding }).collect();
        (!findings.is_empty()).then_some(Step::Found(Linted { event_type: None, is_call: true, findings }))
    }

    /// One of the events of a call.
    fn element(&self, element: &str, line: u64) -> Step {
        match Document::read(element) {
            Ok(event) if is_object(&event) => self.event(event, self.context, line),
            Ok(_) => self.no_event(no_event("this element of the array is no event: "), line),
            Err(error) => self.no_event(Sanitized::of(&error), line),
        }
    }

    /// An event whose text begins in that line.
    fn event(&self, event: Document, context: LintContext, line: u64) -> Step {
        if !is_object(&event) {
            let lines = Lines::of(event.payload().text(), line);
            return self.no_event(no_event(""), lines.line(event.span(NodeId::ROOT).start));
        }
        let alone = self.linter.lint(&event, context);
        Step::Event(Box::new(EventStep { event, context, line, alone }))
    }

    fn bad(&self, SyntaxError { line, column, message }: SyntaxError, part: &Part) -> Step {
        let (line, column) = part.place(line, column);
        let (line, column) = (Some(line), (column > 0).then_some(column));
        Step::Unusable(BadInput { called: self.called.clone(), line, column, reason: message, can_be_left_out: true })
    }

    /// Says why what begins in that line is no event.
    fn no_event(&self, reason: Sanitized, line: u64) -> Step {
        let line = Some(line);
        Step::Unusable(BadInput { called: self.called.clone(), line, column: None, reason, can_be_left_out: true })
    }
}

/// One reading of some inputs.
struct Run<W: Write> {
    report: Box<dyn FindingsWriter + Send>,
    out: W,
    context: LintContext,
    linter: Linter,
    /// What makes masks of all that is found, where that is asked for.
    redaction: Option<Redaction>,
    /// Whether events come while it runs, so that somebody may be waiting for what is found.
    is_live: bool,
    tally: Tally,
}

impl<W: Write + Send> Run<W> {
    /// Reads a file, which is called so; events are compared with those of the same file. One that cannot be read is told
    /// in the report, for whoever reads only that would take it for a file without faults.
    fn file(&mut self, file: &Named, called: &Sanitized) -> Result<(), Failure> {
        let masked = self.redaction.as_ref().map(|redaction| redaction.words(called));
        self.report.input(masked.as_ref().unwrap_or(called), &mut self.out)?;
        let whole =
            |reason| BadInput { called: called.clone(), line: None, column: None, reason, can_be_left_out: false };
        if file.matches_nothing {
            return Ok(self.unusable(&whole("no file has such a name".into()))?);
        }
        let input = match Input::open(&file.name) {
            Ok(input) => input,
            Err(error) => return Ok(self.unusable(&whole(error.reason()))?),
        };
        input.outlast_an_interrupt()?;
        let (events, unusable) = (self.tally.events, self.tally.unusable);
        self.is_live = input.is_live;
        self.all(input, called)?;
        if (events, unusable) == (self.tally.events, self.tally.unusable) {
            self.unusable(&whole("there is no event in it".into()))?;
        }
        self.tally.is_cut |= self.linter.has_limits();
        self.linter.forget();
        Ok(())
    }

    fn all(&mut self, input: Input, called: &Sanitized) -> io::Result<()> {
        let by_itself = ByItself { context: self.context, linter: self.linter.alone(), called };
        let (mut values, is_live) = (input.values(), self.is_live);
        in_order(
            threads(),
            |until_told| batch(&mut values, is_live, until_told),
            |parts| by_itself.parts(parts),
            |steps| self.steps(&by_itself, steps),
        )
    }

    fn steps(&mut self, by_itself: &ByItself, steps: Vec<Step>) -> io::Result<()> {
        steps.into_iter().try_for_each(|step| self.step(by_itself, step))?;
        if self.is_live { self.out.flush() } else { Ok(()) }
    }

    fn step(&mut self, by_itself: &ByItself, step: Step) -> io::Result<()> {
        match step {
            Step::Event(event) => self.event(*event),
            Step::Call(part) => self.call(by_itself, &part),
            Step::Found(linted) => self.tell(&linted),
            Step::Unusable(bad) => self.unusable(&bad),
        }
    }

    /// The events of an array, or of a bulk payload, some at a time.
    fn call(&mut self, by_itself: &ByItself, part: &Part) -> io::Result<()> {
        let text = by_itself.filled(&part.text);
        let Form::Many { events, .. } = Form::read(&text) else { return Ok(()) };
        let lines = Lines::of(&text, part.line);
        by_itself.call(&text, &lines, events.len()).map_or(Ok(()), |step| self.step(by_itself, step))?;
        let mut batches = events.chunks(MOST_OF_A_CALL);
        let elements = |events: &[&str]| -> Vec<Step> {
            events.iter().map(|event| by_itself.element(event, lines.line(offset(&text, event)))).collect()
        };
        in_order(threads(), |_| batches.next(), elements, |steps| self.steps(by_itself, steps))
    }

    fn event(&mut self, step: EventStep) -> io::Result<()> {
        let EventStep { event, context, line, alone } = step;
        let lines = Lines::of(event.payload().text(), line);
        let line = |span: Range<usize>| lines.line(span.start);
        let findings = self.linter.go_on(&event, alone, context);
        let mut places = NodeLookup::of(&event, &findings);
        let located = |finding: Finding| Located { line: line(event.span(places.nearest(&finding.path))), finding };
        self.tally.events += 1;
        let mut event_type = event.event_type().map(|name| fit(name, WIDEST_TYPE));
        let mut findings: Vec<_> = findings.into_iter().map(located).collect();
        if let Some(redaction) = &self.redaction {
            let twin = redaction.payload(event.payload());
            event_type = event.event_type().map(|name| fit(&redaction.text(name), WIDEST_TYPE));
            for located in &mut findings {
                located.finding = redaction.finding(&located.finding, &twin);
            }
        }
        self.tell(&Linted { event_type, is_call: false, findings })
    }

    fn tell(&mut self, linted: &Linted) -> io::Result<()> {
        self.tally.add(linted);
        self.report.event(linted, &mut self.out)
    }

    /// Says what is no event; what was found so far goes before it, as it stands in the file.
    fn unusable(&mut self, bad: &BadInput) -> io::Result<()> {
        let bad = &match &self.redaction {
            Some(redaction) => bad.twin(redaction),
            None => bad.clone(),
        };
        self.tally.unusable += 1;
        self.report.unusable(bad, &mut self.out)?;
        self.out.flush()?;
        stderr::say_plainly(&bad.told());
        Ok(())
    }
}

/// Where a part of a text begins in it.
fn offset(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

fn unreadable(error: &DocumentError) -> SyntaxError {
    SyntaxError { line: 1, column: 1, message: Sanitized::of(error) }
}

pub(super) fn is_object(event: &Document) -> bool {
    event.get(NodeId::ROOT).is_some_and(|root| root.kind == NodeKind::Object)
}

/// Why what is JSON is no event.
fn no_event(which: &'static str) -> Sanitized {
    sanitized!("{}an event is an object", which)
}

/// Reads a text that must be JSON.
pub(super) fn read(text: &str) -> Result<Document, SyntaxError> {
    Document::read(text).map_err(|error| check(text).err().unwrap_or_else(|| unreadable(&error)))
}

/// Placeholders, which a draft may have beyond JSON, are not allowed here: these are events.
fn check(text: &str) -> Result<(), SyntaxError> {
    let Err(error) = serde_json::from_str::<IgnoredAny>(text) else { return Ok(()) };
    syntax::check(text).map_err(|error| SyntaxError { message: not_json(&error), ..error })?;
    Err(SyntaxError {
        line: error.line(),
        column: error.column(),
        message: "not JSON: a placeholder outside of a string".into(),
    })
}
