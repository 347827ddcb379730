//! The plan: what the team has agreed that its events look like, as JSON Schemas.
//!
//! A plan is read from texts, and a schema that is broken is told and left out. Events are held to it by an own reading
//! of JSON Schema (draft 2020-12): it says what is wrong in the words of a finding, at the field and with the fix, within
//! a budget that no schema and no event can exceed, and it knows what the platform adds to the events it shows.
//!
//! That reading is our own because the crate for it would make the program, which is copied to servers, larger by more
//! than half. The crate keeps ours honest all the same: a property test holds both to say the same of any schema and value.

mod absence;
mod check;
mod decimal;
mod format;
mod infer;
mod linter;
mod reading;
mod schema;
mod severity_overrides;

use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Arc;

use serde::de::IgnoredAny;

use crate::event::syntax;
use crate::event::text::{self, excerpt, sanitize};
use crate::event::{Document, NodeId, NodeKind, Path, Sanitized, Segment, sanitized};
use crate::lint::{Actual, Finding, Findings, Fix, LintContext, Rule, Severity, Stage, letters, shown, twin};
use absence::PlannedField;
use reading::SchemaIssue;
use schema::Schemas;

use absence::Absences;
pub use infer::{Inference, Inferred, InferredSchema, Lesson, MOST_TYPES};
pub use linter::{LintedAlone, Linter, LinterAlone};
pub use severity_overrides::{Level, RuleOf, SeverityOverrides, UnknownRule};

/// The widest name that a message repeats, in columns.
const WIDEST: usize = 60;

static EVENT: Rule = Rule {
    id: "plan-event",
    severity: Severity::Warning,
    title: "an event that is not in the plan",
    why: "Nobody agreed on this event type: it is misspelled, or the plan is behind what is sent.",
    documentation: "",
    bad: r#"{"event":"course_boked","email":"jane@example.com","course":"latte_art","seats":2}"#,
    good: r#"{"event":"course_booked","email":"jane@example.com","course":"latte_art","seats":2}"#,
};

static BROKEN: Rule = Rule {
    id: "plan-broken",
    severity: Severity::Warning,
    title: "an event whose schema cannot be used",
    why: "The problem in the schema is reported at the start; until it is fixed, the event is not checked against the plan.",
    documentation: "",
    bad: r#"{"properties":{"seats":{"type":"nubmer"}}}"#,
    good: r#"{"properties":{"seats":{"type":"number"}}}"#,
};

static MISSING: Rule = Rule {
    id: "plan-missing",
    severity: Severity::Error,
    title: "a field that the plan requires is missing",
    why: "What is built on the field (a segment, a campaign, a message) finds nothing in this event.",
    documentation: "",
    bad: r#"{"event":"course_booked","email":"jane@example.com","seats":2}"#,
    good: r#"{"event":"course_booked","email":"jane@example.com","course":"latte_art","seats":2}"#,
};

static TYPE: Rule = Rule {
    id: "plan-type",
    severity: Severity::Error,
    title: "a field of another type than planned",
    why: "The platform keeps the type of what it gets: conditions and sums that rely on the planned type do not hold.",
    documentation: "",
    bad: r#"{"event":"course_booked","email":"jane@example.com","course":"latte_art","seats":"2"}"#,
    good: r#"{"event":"course_booked","email":"jane@example.com","course":"latte_art","seats":2}"#,
};

static VALUE: Rule = Rule {
    id: "plan-value",
    severity: Severity::Error,
    title: "a value that the plan does not allow",
    why: "Segments and messages are built for the agreed values: any other falls through.",
    documentation: "",
    bad: r#"{"event":"course_booked","email":"jane@example.com","course":"latte_art","level":"Expert"}"#,
    good: r#"{"event":"course_booked","email":"jane@example.com","course":"latte_art","level":"expert"}"#,
};

static FIELD: Rule = Rule {
    id: "plan-field",
    severity: Severity::Note,
    title: "a field that the plan does not name",
    why: "The field is misspelled, or the plan is behind what is sent; it is an error where the schema allows no \
          others.",
    documentation: "",
    bad: r#"{"event":"course_booked","email":"jane@example.com","course":"latte_art","Seats":2}"#,
    good: r#"{"event":"course_booked","email":"jane@example.com","course":"latte_art","seats":2}"#,
};

static STALE: Rule = Rule {
    id: "plan-stale",
    severity: Severity::Note,
    title: "a planned field that is never sent",
    why: "Of at least 20 events of the type, none had the field: what is built on it waits in vain, or the plan still \
          names what is gone.",
    documentation: "",
    bad: r#"{"event":"course_booked","email":"jane@example.com","course":"latte_art"}"#,
    good: r#"{"event":"course_booked","email":"jane@example.com","course":"latte_art","seats":2,"level":"expert"}"#,
};

const RULES: &[&Rule] = &[&EVENT, &BROKEN, &MISSING, &TYPE, &VALUE, &FIELD, &STALE];

/// Every rule, those of the plan included.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    crate::lint::rules().chain(RULES.iter().copied())
}

/// Whether a rule holds events to the plan.
pub fn is_of_plan(rule: &Rule) -> bool {
    RULES.iter().any(|known| known.id == rule.id)
}

/// The rule with that id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
}

/// A tracking plan: one JSON Schema (2020-12) an event type. The default is none, against which nothing is wrong.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// By event type. One whose schema is broken is planned too, but nothing is known of it but the file.
    types: BTreeMap<String, Result<Arc<Planned>, String>>,
    remarks: Vec<BadSchema>,
}

/// The plan for one event type.
#[derive(Debug)]
struct Planned {
    file: String,
    schemas: Schemas,
    fields: Vec<PlannedField>,
}

/// A file of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaFile {
    /// Its name in messages: its path, or its name. The part after the last `/` names the event type, without `.json`
    /// or `.schema.json`, unless the schema itself does (`properties.event.const`).
    pub name: String,
    /// Its text, or why it could not be read.
    pub text: Result<String, UnreadableFile>,
}

/// Why there is no text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableFile {
    /// The line, from 1, where that is known.
    pub line: Option<usize>,
    /// The reason.
    pub reason: Sanitized,
}

/// Something wrong with a file of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSchema {
    /// The name of the file.
    pub file: String,
    /// The line, from 1, where that is known.
    pub line: Option<usize>,
    /// The column in characters, from 1, where it is no JSON.
    pub column: Option<usize>,
    /// Where in the schema, as a JSON Pointer; empty for the file itself.
    pub pointer: String,
    /// The reason.
    pub reason: Sanitized,
    /// The advice on what to do.
    pub advice: Sanitized,
}

impl BadSchema {
    /// `plan/purchase.json:12: /properties/total/type: there is no type "nubmer" (write one of …)`.
    pub fn sentence(&self) -> Sanitized {
        let Self { file, line, column, pointer, reason, advice } = self;
        let number = |number: &Option<usize>| number.map(|number| sanitized!(":{}", number)).unwrap_or_default();
        let place = sanitized!("{}{}{}", sanitize(file), number(line), number(column));
        let pointer = if pointer.is_empty() { Sanitized::default() } else { sanitized!(": {}", sanitize(pointer)) };
        sanitized!("{}{}: {} ({})", place, pointer, reason, advice)
    }
}

/// An event type of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedType<'a> {
    /// The event type.
    pub name: &'a str,
    /// The name of the file of its schema.
    pub file: &'a str,
    /// How many fields the schema names, those within others included.
    pub fields: usize,
    /// How many of them every event must have, where what they stand in is there.
    pub required: usize,
}

impl Plan {
    /// Reads the schemas in `files`, and says which are none; the others make the plan. Of two files for the same event
    /// type the first counts.
    pub fn read(files: impl IntoIterator<Item = SchemaFile>) -> (Self, Vec<BadSchema>) {
        let mut plan = Self::default();
        let mut bad = Vec::new();
        let mut places: BTreeMap<String, String> = BTreeMap::new();
        for SchemaFile { name: file, text } in files {
            let document = match document(&file, text) {
                Ok(document) => document,
                Err(broken) => {
                    plan.types.entry(type_of_file(&file).to_owned()).or_insert_with(|| Err(file.clone()));
                    bad.push(*broken);
                    continue;
                }
            };
            let constant = Path(["properties", "event", "const"].map(Segment::key).into());
            let constant = document.find(&constant).filter(|id| is_text(&document, *id));
            let event_type = constant.map_or_else(|| type_of_file(&file).into(), |id| document.plain(id)).into_owned();
            let at = constant.unwrap_or(NodeId::ROOT);
            let other = |reason, advice: &'static str| {
                at_node(&file, &document, &SchemaIssue { at, reason, advice: advice.into() })
            };
            match places.entry(event_type.clone()) {
                Entry::Occupied(first) => {
                    let (event_type, first) = (cut(&event_type), sanitize(first.get()));
                    let reason = sanitized!("the event type {} is already planned in {}", event_type, first);
                    bad.push(other(reason, "keep one of the two"));
                    continue;
                }
                Entry::Vacant(place) => place.insert(file.clone()),
            };
            if let Some(standard) = twin(&event_type) {
                let reason = sanitized!("{} is another spelling of the standard event {}", cut(&event_type), standard);
                plan.remarks.push(other(reason, "plan the event by the standard name, if it is that one"));
            }
            let planned = match reading::read(&document, type_of_file(&file)) {
                Ok((schemas, remarks)) => {
                    plan.remarks.extend(remarks.iter().map(|remark| at_node(&file, &document, remark)));
                    let fields = absence::fields(&schemas);
                    Ok(Arc::new(Planned { file, schemas, fields }))
                }
                Err(faults) => {
                    bad.extend(faults.iter().map(|fault| at_node(&file, &document, fault)));
                    Err(file)
                }
            };
            plan.types.insert(event_type, planned);
        }
        (plan, bad)
    }

    /// Whether nothing is planned.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    /// The event types that can be checked, by name.
    pub fn types(&self) -> impl Iterator<Item = PlannedType<'_>> {
        let planned = self.types.iter().filter_map(|(name, planned)| Some((name, planned.as_ref().ok()?)));
        planned.map(|(name, planned)| PlannedType {
            name,
            file: &planned.file,
            fields: planned.fields.len(),
            required: planned.fields.iter().filter(|field| field.is_required).count(),
        })
    }

    /// Remarks on what looks wrong in schemas that work nevertheless.
    pub fn remarks(&self) -> &[BadSchema] {
        &self.remarks
    }

    /// Finds where `event` is not as planned.
    ///
    /// Fields that the platform puts into the events that it shows are left out of it: they are there for a schema that
    /// requires them, and nothing else is asked of them.
    pub(super) fn check(&self, event: &Document, context: LintContext, findings: &mut Findings) {
        let Some(event_type) = type_of(event).filter(|_| !self.is_empty()) else { return };
        let at = event.type_field().unwrap_or(NodeId::ROOT);
        match self.types.get(event_type) {
            Some(Ok(planned)) => check::check(&planned.schemas, event, context.stage, findings),
            Some(Err(file)) => {
                let expected = sanitized!("a usable schema: {} is not", cut(file));
                findings.push(BROKEN.at(event.path(at), expected, shown_type(event, event_type)));
            }
            // Names with a period are those that the platform makes itself.
            None if context.stage == Stage::Received && event_type.contains('.') => {}
            None => {
                let finding = self.not_planned(event, at, event_type, findings);
                findings.push(finding);
            }
        }
    }

    fn not_planned(&self, event: &Document, at: NodeId, event_type: &str, findings: &mut Findings) -> Finding {
        let names = || self.types.keys().map(String::as_str);
        let spelled = letters(event_type);
        let twins: Vec<&str> = if findings.spend(self.types.len()) {
            names().filter(|name| letters(name) == spelled).collect()
        } else {
            Vec::new()
        };
        let fix = match twins[..] {
            [twin] if at != NodeId::ROOT => Some(Fix::Replace(serde_json::Value::from(twin).to_string())),
            _ => None,
        };
        let near = twins.first().copied().or_else(|| nearest(event_type, names(), |steps| findings.may_guess(steps)));
        let near = near.map(|near| sanitized!(", such as {}", cut(near))).unwrap_or_default();
        let expected = sanitized!("an event of the plan{}", near);
        Finding { fix, ..EVENT.at(event.path(at), expected, shown_type(event, event_type)) }
    }
}

/// The type that an event is of. A name that is no text belongs to no type of a plan.
fn type_of(event: &Document) -> Option<&str> {
    event.event_type().filter(|_| event.type_field().is_none_or(|at| is_text(event, at)))
}

/// The name of the type as it stands in the event, or in the key that the event stood under.
fn shown_type(event: &Document, event_type: &str) -> Actual {
    let in_key = || Actual::Value(cut(&serde_json::Value::from(event_type).to_string()));
    event.type_field().map_or_else(in_key, |at| shown(event, at))
}

fn is_text(document: &Document, at: NodeId) -> bool {
    document.get(at).is_some_and(|node| node.kind == NodeKind::String)
}

/// The event type that a file is named for.
fn type_of_file(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    let name = name.strip_suffix(".json").unwrap_or(name);
    name.strip_suffix(".schema").unwrap_or(name)
}

/// Reads the text of a file as JSON.
fn document(file: &str, text: Result<String, UnreadableFile>) -> Result<Document, Box<BadSchema>> {
    let broken = |line, column, reason| {
        let advice = "fix it, or move the file out of the folder".into();
        Box::new(BadSchema { file: file.to_owned(), line, column, pointer: String::new(), reason, advice })
    };
    let bad = |line, column, reason: Sanitized| {
        broken(Some(line), Some(column).filter(|column| *column > 0), sanitized!("not JSON: {}", reason))
    };
    let text = text.map_err(|UnreadableFile { line, reason }| broken(line, None, reason))?;
    // Editors of other systems begin a file with this mark, which is no JSON.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if text.trim().is_empty() {
        return Err(bad(1, 0, "it is empty".into()));
    }
    syntax::check(text).map_err(|error| bad(error.line, error.column, error.message))?;
    serde_json::from_str::<IgnoredAny>(text)
        .map_err(|error| bad(error.line(), error.column(), "a placeholder".into()))?;
    Document::read(text).map_err(|error| bad(1, 0, Sanitized::of(&error)))
}

fn at_node(file: &str, document: &Document, fault: &SchemaIssue) -> BadSchema {
    let before = document.payload().text().get(..document.span(fault.at).start).unwrap_or_default();
    BadSchema {
        file: file.to_owned(),
        line: Some(before.matches('\n').count() + 1),
        column: None,
        pointer: document.path(fault.at).pointer(),
        reason: fault.reason.clone(),
        advice: fault.advice.clone(),
    }
}

/// The longest name for which another is looked for, in bytes: a longer one is no slip of the pen, and comparing two costs
/// the product of their lengths.
const LONGEST: usize = 128;

/// The name that is most like `name`, if one is like it. Of each `may` is asked whether comparing it, which costs so many
/// steps, is still worth it.
fn nearest<'n>(
    name: &str,
    names: impl Iterator<Item = &'n str>,
    mut may: impl FnMut(usize) -> bool,
) -> Option<&'n str> {
    if name.len() > LONGEST {
        return None;
    }
    let near = names.filter(|known| known.len() <= LONGEST);
    text::nearest(name, near.take_while(|known| may(1 + name.len() * known.len() / 16)))
}

fn cut(text: &str) -> Sanitized {
    excerpt(text, WIDEST)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
mod tests;
