//! `clickscope lint`: reads events, and says what is wrong with them.
//!
//! Events are read and told one after the other, so a file with one event per line may have any length; what is remembered
//! of those before is bounded.

mod github;
mod junit;
mod ndjson;
mod report;
mod sarif;
mod text;

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::ops::Range;

use jiff::Timestamp;
use serde::de::IgnoredAny;
use thiserror::Error;

use super::input::{BadInput, Input, InputError, InputText, not_json};
use super::{Exit, Failure, args, stderr};
use crate::event::placeholder::{self, TEST_ADDRESS, Values, resolve};
use crate::event::syntax::{self, SyntaxError};
use crate::event::text::{counted, fit, sanitize};
use crate::event::{Document, DocumentError, NodeId, NodeKind, Sanitized, Segment, sanitized};
use crate::lint::{Finding, LintContext, NodeLookup, Severity, SeverityCounts, Stage};
use crate::plan::Plan;
use crate::plan::{Level, Linter, RuleOf, SeverityOverrides};
use crate::session::{Change, Moment, RecordLine};
use github::Github;
use junit::Junit;
use ndjson::Ndjson;
use report::FindingsWriter;
use sarif::Sarif;
use text::{Look, Text};

/// Why nothing is linted.
#[derive(Debug, Error)]
pub(super) enum LintError {
    /// There is no input.
    #[error(transparent)]
    NoInput(#[from] InputError),
    /// There is nothing in it.
    #[error("{called}: there is no event in it")]
    Nothing {
        /// The name of the input.
        called: Sanitized,
    },
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

pub(super) fn run(args: &args::LintArgs, configured: &SeverityOverrides, plan: Plan) -> Result<Exit, Failure> {
    let levels = configured.clone().under(chosen(args)?);
    let input = Input::open(&args.file).map_err(LintError::from)?;
    input.outlast_an_interrupt()?;
    let called = input.called.clone();
    let mut run = Run {
        report: report(args, &called),
        out: BufWriter::new(io::stdout().lock()),
        context: LintContext {
            stage: if args.received { Stage::Received } else { Stage::Outgoing },
            now: Timestamp::now(),
        },
        linter: Linter::new(levels, plan),
        called: &called,
        is_live: input.is_live,
        tally: Tally::default(),
    };
    run.all(input)?;
    let tally = Tally { is_cut: run.linter.has_limits(), ..run.tally };
    drop(run);
    match tally {
        Tally { events: 0, unusable: 0, .. } => return Err(LintError::Nothing { called }.into()),
        // The errors already say everything.
        Tally { events: 0, .. } => {}
        _ => stderr::say_plainly(&tally.summary()),
    }
    Ok(tally.exit(args.deny.into()))
}

/// The report that the options ask for, of the input that is called so.
fn report<'a>(args: &args::LintArgs, called: &'a str) -> Box<dyn FindingsWriter + 'a> {
    match args.format {
        None if args.json => Box::new(Ndjson { called }),
        None => Box::new(Text::new(called, Look::of_stdout())),
        Some(args::LintFormat::Github) => Box::new(Github { called }),
        Some(args::LintFormat::Sarif) => Box::new(Sarif::new(called)),
        Some(args::LintFormat::Junit) => Box::new(Junit::new(called, args.deny.into())),
    }
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
    /// The line where it begins, from 1.
    line: u64,
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

/// One reading of one input.
struct Run<'a, W: Write> {
    report: Box<dyn FindingsWriter + 'a>,
    out: W,
    context: LintContext,
    linter: Linter,
    called: &'a Sanitized,
    /// Whether events come while it runs, so that somebody may be waiting for what is found.
    is_live: bool,
    tally: Tally,
}

impl<W: Write> Run<'_, W> {
    fn all(&mut self, input: Input) -> io::Result<()> {
        self.report.begin(&mut self.out)?;
        match input.events() {
            Err(unreadable) => self.unusable(&unreadable.of(self.called))?,
            Ok(InputText::One(text)) => self.one(&text)?,
            Ok(InputText::Lines(lines)) => {
                for line in lines {
                    match line {
                        Ok(line) => match Form::read(&line.text) {
                            Ok(Form::Call(_, NodeId::ROOT)) => self.bad(no_event(""), line.number)?,
                            form => self.form(form, line.number)?,
                        },
                        Err(unreadable) => {
                            let goes_on = unreadable.only_this_line;
                            self.unusable(&unreadable.of(self.called))?;
                            if !goes_on {
                                break;
                            }
                        }
                    }
                }
            }
        }
        self.report.end(&mut self.out)?;
        self.out.flush()
    }

    /// An event, or an array of them.
    fn one(&mut self, text: &str) -> io::Result<()> {
        if text.trim_ascii().is_empty() {
            return Ok(());
        }
        self.form(Form::read(&self.filled(text)), 1)
    }

    /// A template with its placeholders filled in, as `clickscope send` would; no line of it becomes another.
    fn filled<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.context.stage == Stage::Received || placeholder::first(text).is_none() {
            return Cow::Borrowed(text);
        }
        let environment = |_: &str| Some("a value".to_owned());
        let values = Values { now: self.context.now, seed: 0, seq: 1, email: TEST_ADDRESS, environment: &environment };
        resolve(text, &values).map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// Lints a text that begins in that line.
    fn form(&mut self, form: Result<Form, SyntaxError>, first: u64) -> io::Result<()> {
        match form {
            Ok(Form::Event(event)) => self.event(&event, self.context, first),
            Ok(Form::Call(call, events)) => self.call(&call, events, first),
            Ok(Form::Captured { event, at, line }) => {
                self.event(&event, LintContext { stage: Stage::Received, now: at.wall }, first + line)
            }
            Ok(Form::NoEvent) => Ok(()),
            Err(bad) => self.bad(bad, first),
        }
    }

    /// The events of a bulk call whose text begins in that line.
    fn call(&mut self, call: &Document, events: NodeId, first: u64) -> io::Result<()> {
        let lines = Lines::of(call.payload().text());
        let line = |id: NodeId| first - 1 + lines.line(call.span(id).start);
        if self.context.stage == Stage::Outgoing {
            let count = call.get(events).map_or(0, |events| events.children as usize);
            let findings = self.linter.bulk(count, call.text(NodeId::ROOT).len());
            if !findings.is_empty() {
                let line = line(NodeId::ROOT);
                let findings = findings.into_iter().map(|finding| Located { line, finding }).collect();
                self.tell(&Linted { event_type: None, line, findings })?;
            }
        }
        for element in call.children(events) {
            let line = line(element);
            match read(call.text(element)) {
                Ok(event) if is_object(&event) => self.event(&event, self.context, line)?,
                Ok(_) => self.bad(no_event("this element of the array is no event: "), line)?,
                Err(bad) => self.bad(bad, line)?,
            }
        }
        Ok(())
    }

    /// An event whose text begins in that line.
    fn event(&mut self, event: &Document, context: LintContext, first: u64) -> io::Result<()> {
        let lines = Lines::of(event.payload().text());
        let line = |span: Range<usize>| first - 1 + lines.line(span.start);
        if !is_object(event) {
            return self.bad(no_event(""), line(event.span(NodeId::ROOT)));
        }
        let findings = self.linter.observe(event, context);
        let mut places = NodeLookup::of(event, &findings);
        let located = |finding: Finding| Located { line: line(event.span(places.nearest(&finding.path))), finding };
        self.tally.events += 1;
        self.tell(&Linted {
            event_type: event.event_type().map(|name| fit(name, WIDEST_TYPE)),
            line: line(event.span(NodeId::ROOT)),
            findings: findings.into_iter().map(located).collect(),
        })
    }

    fn tell(&mut self, linted: &Linted) -> io::Result<()> {
        self.tally.add(linted);
        self.report.event(linted, &mut self.out)?;
        if self.is_live { self.out.flush() } else { Ok(()) }
    }

    fn bad(&mut self, SyntaxError { line, column, message }: SyntaxError, first: u64) -> io::Result<()> {
        let line = Some(first - 1 + line as u64);
        let column = (column > 0).then_some(column);
        self.unusable(&BadInput { called: self.called.clone(), line, column, reason: message, can_be_left_out: true })
    }

    /// Says what is no event; what was found so far goes before it, as it stands in the file.
    fn unusable(&mut self, bad: &BadInput) -> io::Result<()> {
        self.tally.unusable += 1;
        self.report.unusable(bad, &mut self.out)?;
        self.out.flush()?;
        stderr::say_plainly(&bad.told());
        Ok(())
    }
}

/// The forms in which events come.
pub(super) enum Form {
    /// One by itself, or nothing that is known.
    Event(Document),
    /// Many: an array, or a bulk call as it goes over the wire, `{"events":[…]}`, and where the array is in it.
    Call(Document, NodeId),
    /// One that was captured, in a record of ours.
    Captured {
        /// The event.
        event: Document,
        /// When it was seen.
        at: Moment,
        /// How many lines of the text stand before it.
        line: u64,
    },
    /// A record of ours without an event.
    NoEvent,
}

impl Form {
    pub(super) fn read(text: &str) -> Result<Self, SyntaxError> {
        let captured = match RecordLine::read(text) {
            RecordLine::Event { change: Change { payload: Some(payload), at, .. }, text: event } => {
                Some((payload, at, event))
            }
            RecordLine::Other => None,
            _ => return Ok(Self::NoEvent),
        };
        if let Some((payload, at, event)) = captured {
            let start = event.as_ptr().addr().saturating_sub(text.as_ptr().addr());
            let line = Lines::of(text).line(start) - 1;
            let event = Document::new(payload).map_err(|error| unreadable(&error))?;
            return Ok(Self::Captured { event, at, line });
        }
        let document = read(text)?;
        let events = document.child(NodeId::ROOT, &Segment::key("events"));
        let event = document.child(NodeId::ROOT, &Segment::key("event"));
        Ok(match events {
            _ if is_array(&document, NodeId::ROOT) => Self::Call(document, NodeId::ROOT),
            Some(events) if event.is_none() && is_array(&document, events) => Self::Call(document, events),
            _ => Self::Event(document),
        })
    }
}

fn unreadable(error: &DocumentError) -> SyntaxError {
    SyntaxError { line: 1, column: 0, message: Sanitized::of(error) }
}

pub(super) fn is_object(event: &Document) -> bool {
    event.get(NodeId::ROOT).is_some_and(|root| root.kind == NodeKind::Object)
}

fn is_array(document: &Document, id: NodeId) -> bool {
    document.get(id).is_some_and(|node| node.kind == NodeKind::Array)
}

/// Where something stands that is JSON and no event: at its beginning.
fn no_event(which: &'static str) -> SyntaxError {
    SyntaxError { line: 1, column: 0, message: sanitized!("{}an event is an object", which) }
}

/// Reads a text that must be JSON. What is allowed in a draft beyond that, is not here: these are events.
fn read(text: &str) -> Result<Document, SyntaxError> {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        // What is JSON but for its placeholders is none either; what is too deep for a draft is.
        syntax::check(text).map_err(|error| SyntaxError { message: not_json(&error), ..error })?;
        let (line, column) = (error.line(), error.column());
        return Err(SyntaxError { line, column, message: "not JSON: a placeholder outside of a string".into() });
    }
    Document::read(text).map_err(|error| unreadable(&error))
}

/// Where the lines of a text end.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// The line, from 1, in which this byte stands.
    fn line(&self, at: usize) -> u64 {
        self.0.partition_point(|end| *end < at) as u64 + 1
    }
}
