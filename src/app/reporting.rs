//! What is told others of the session: a report, or a plan that is made from it. Neither is made while a key waits.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::findings::{Checked, EventFindings};
use crate::event::text::counted;
use crate::event::{Document, Payload, Sanitized, TypeName};
use crate::lint::Stage;
use crate::plan::{Inference, Inferred};
use crate::report::{Extent, Fold, Report, csv, html, json, markdown};
use crate::session::{Arrival, Captured, EventNumber, History, Record, Session};

/// What a report is made of, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reporting {
    target: Sanitized,
    records: Vec<Record>,
    findings: HashMap<EventNumber, Arc<EventFindings>>,
    let_go: u64,
    /// How many events come later on the tape that is replayed.
    later: u64,
    is_masked: bool,
    /// Where it goes.
    pub to: ReportTo,
}

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportTo {
    /// To the clipboard.
    Clipboard,
    /// To the plain terminal.
    Terminal,
    /// Into a file, unless there is one of that name.
    File(PathBuf, ReportFormat),
}

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// Markdown.
    Markdown,
    /// HTML.
    Html,
    /// JSON.
    Json,
    /// CSV.
    Csv,
}

impl ReportFormat {
    /// The format of a file of that name.
    pub(super) fn of(name: &str) -> Option<Self> {
        match Path::new(name).extension()?.to_str()? {
            "md" | "markdown" => Some(Self::Markdown),
            "html" | "htm" => Some(Self::Html),
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// How many events are in no report: those that had gone, and those that come later on a tape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outside {
    pub(super) let_go: u64,
    pub(super) later: u64,
}

impl Reporting {
    /// That of the session as it is now; `is_masked` is whether that holds twins.
    pub(super) fn of(
        target: &Sanitized,
        session: &Session,
        checked: &Checked,
        outside: Outside,
        is_masked: bool,
        to: ReportTo,
    ) -> Self {
        let records = session.records();
        let numbers = records.iter().filter_map(|record| record.change()?.number);
        let findings = numbers.filter_map(|number| Some((number, Arc::clone(checked.get(number)?))));
        let findings = findings.collect();
        let Outside { let_go, later } = outside;
        Self { target: target.clone(), records, findings, let_go, later, is_masked, to }
    }

    /// Makes the report, in the format that suits where it goes. It takes as long as there are events.
    pub fn text(&self) -> String {
        let report = self.report();
        match &self.to {
            ReportTo::Clipboard => markdown(&report, Extent::COMMENT),
            ReportTo::Terminal | ReportTo::File(_, ReportFormat::Markdown) => markdown(&report, Extent::FILE),
            ReportTo::File(_, ReportFormat::Html) => html(&report, Extent::FILE),
            ReportTo::File(_, ReportFormat::Json) => json(&report),
            ReportTo::File(_, ReportFormat::Csv) => csv(&report),
        }
    }

    fn report(&self) -> Report {
        let mut fold = Fold::default();
        fold.let_go(self.let_go);
        fold.later(self.later);
        if self.is_masked {
            fold.masked();
        }
        for record in &self.records {
            let change = record.change();
            let event = change.and_then(|change| Document::new(change.payload.clone()?).ok());
            let found = change.and_then(|change| self.findings.get(&change.number?));
            fold.record(record, event.as_ref(), found.map_or(&[], |found| found.findings()));
        }
        fold.report(self.target.clone())
    }
}

/// From what a plan is to be made, and into which folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planning {
    events: Vec<Arc<Payload>>,
    /// The folder.
    pub folder: PathBuf,
}

impl Planning {
    /// That of the events of a type that are held, or of all.
    pub(super) fn of(history: &History, event_type: Option<&TypeName>, folder: PathBuf) -> Self {
        // What a collector refused shows nobody how events are to be.
        let learnt = |event: &&Captured| event.arrival != Arrival::Refused;
        let events: Box<dyn Iterator<Item = &Captured>> = match event_type {
            Some(event_type) => Box::new(history.versions(event_type)),
            None => Box::new(history.iter()),
        };
        Self { events: events.filter(learnt).map(|event| Arc::clone(&event.payload)).collect(), folder }
    }

    /// Learns from the events what their plan may be.
    pub fn infer(&self) -> Vec<Inferred> {
        let mut inference = Inference::default();
        for event in &self.events {
            if let Ok(document) = Document::new(Arc::clone(event)) {
                inference.observe(&document, Stage::Received);
            }
        }
        inference.schemas().collect()
    }

    /// From how many events it is made.
    pub(super) fn size(&self) -> Sanitized {
        counted(self.events.len() as u64, "event")
    }
}
