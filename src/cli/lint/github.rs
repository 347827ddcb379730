//! Annotations of GitHub Actions, and a table of all that was found in the summary of the step.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::report::{FindingsWriter, UNREADABLE, message, place};
use super::{Linted, Tally};
use crate::cli::github::StepSummary;
use crate::cli::input::BadInput;
use crate::event::text::grouped;
use crate::event::{Sanitized, sanitized};
use crate::lint::Severity;
use crate::report::{Annotation, Annotations, cell};

/// How much of a summary is kept for its end.
const ROOM_FOR_THE_END: usize = 256;

/// Gathers what is found, which is then printed with the worst first.
pub(super) struct Github {
    called: Sanitized,
    annotations: Annotations,
    summary: Option<Summary>,
}

/// The rows of the table, those of errors first.
struct Summary {
    of_step: StepSummary,
    rows: [Vec<String>; 3],
    room: usize,
    left_out: u64,
}

impl Github {
    pub(super) fn new(summary: Option<StepSummary>) -> Self {
        let summary = summary.map(|of_step| Summary {
            room: of_step.room().saturating_sub(ROOM_FOR_THE_END),
            of_step,
            rows: Default::default(),
            left_out: 0,
        });
        Self { called: Sanitized::default(), annotations: Annotations::default(), summary }
    }

    fn add(&mut self, severity: Severity, line: Option<u64>, title: &Sanitized, message: Sanitized, row: &str) {
        if let Some(summary) = &mut self.summary {
            let place = line.map_or_else(|| self.called.clone(), |line| sanitized!("{}:{}", self.called, line));
            summary.row(severity, format!("| {} | {} | {row} |\n", severity.sign(), cell(&place)));
        }
        let file = Some(self.called.clone());
        self.annotations.push(Annotation { severity, file, line, title: title.clone(), message });
    }
}

impl Summary {
    fn row(&mut self, severity: Severity, row: String) {
        let [errors, warnings, notes] = &mut self.rows;
        let rows = match severity {
            Severity::Error => errors,
            Severity::Warning => warnings,
            Severity::Note => notes,
        };
        match self.room.checked_sub(row.len()) {
            Some(room) => {
                self.room = room;
                rows.push(row);
            }
            None => self.left_out += 1,
        }
    }

    fn add(&self, tally: &Tally) {
        let mut out = format!("### clickscope lint: {}\n\n", tally.summary());
        let rows: String = self.rows.iter().flatten().map(String::as_str).collect();
        if !rows.is_empty() {
            out += "| | Where | Event | Problem |\n|:-:|:--|:--|:--|\n";
            out += &rows;
        }
        if self.left_out > 0 {
            // Writing to a string cannot fail.
            let _ = write!(out, "\nand {} more\n", grouped(self.left_out));
        }
        out.push('\n');
        self.of_step.add(&out);
    }
}

impl FindingsWriter for Github {
    fn input(&mut self, called: &Sanitized, _out: &mut dyn Write) -> io::Result<()> {
        self.called = called.clone();
        Ok(())
    }

    fn event(&mut self, event: &Linted, _out: &mut dyn Write) -> io::Result<()> {
        for located in &event.findings {
            let finding = &located.finding;
            let place = place(event.event_type.as_deref(), finding);
            let place = place.strip_suffix(": ").unwrap_or(&place);
            let row = format!(
                "{} | {} {}",
                cell(&crate::event::text::sanitize(place)),
                cell(&finding.sentence()),
                cell(&finding.rule.id.into())
            );
            self.add(finding.severity, Some(located.line), &finding.rule.id.into(), message(event, located), &row);
        }
        Ok(())
    }

    fn unusable(&mut self, bad: &BadInput, _out: &mut dyn Write) -> io::Result<()> {
        let row = format!("| {}", cell(&bad.reason));
        self.add(Severity::Error, bad.line, &UNREADABLE.into(), bad.reason.clone(), &row);
        Ok(())
    }

    fn end(&mut self, tally: &Tally, out: &mut dyn Write) -> io::Result<()> {
        let elsewhere =
            if self.summary.is_some() { "see the summary of the job" } else { "GitHub shows ten of a kind" };
        out.write_all(self.annotations.commands(&elsewhere.into()).as_bytes())?;
        if let Some(summary) = &self.summary {
            summary.add(tally);
        }
        Ok(())
    }
}
