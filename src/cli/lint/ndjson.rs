//! One object per line, for each finding.

use std::io::{self, Write};

use serde::Serialize;

use super::Linted;
use super::report::{FindingsWriter, UNREADABLE};
use crate::cli::input::BadInput;
use crate::event::Sanitized;
use crate::event::text::json_line;
use crate::lint::{Finding, Severity};

/// Prints lines of JSON.
#[derive(Default)]
pub(super) struct Ndjson {
    called: Sanitized,
}

#[derive(Serialize)]
struct Entry<'a> {
    file: &'a str,
    line: u64,
    #[serde(rename = "type")]
    event_type: Option<&'a str>,
    #[serde(flatten)]
    finding: &'a Finding,
}

/// What is no event, in the form of a finding.
#[derive(Serialize)]
struct UnreadableEntry<'a> {
    file: &'a str,
    line: Option<u64>,
    #[serde(rename = "type")]
    event_type: Option<&'a str>,
    rule: &'static str,
    severity: Severity,
    path: &'static str,
    expected: &'static str,
    found: &'a str,
    fix: Option<()>,
}

impl FindingsWriter for Ndjson {
    fn input(&mut self, called: &Sanitized, _out: &mut dyn Write) -> io::Result<()> {
        self.called = called.clone();
        Ok(())
    }

    fn event(&mut self, event: &Linted, out: &mut dyn Write) -> io::Result<()> {
        let event_type = event.event_type.as_deref();
        event.findings.iter().try_for_each(|located| {
            let line = Entry { file: &self.called, line: located.line, event_type, finding: &located.finding };
            writeln!(out, "{}", json_line(&serde_json::to_string(&line)?))
        })
    }

    fn unusable(&mut self, bad: &BadInput, out: &mut dyn Write) -> io::Result<()> {
        let line = UnreadableEntry {
            file: &self.called,
            line: bad.line,
            event_type: None,
            rule: UNREADABLE,
            severity: Severity::Error,
            path: "",
            expected: "an event",
            found: &bad.reason,
            fix: None,
        };
        writeln!(out, "{}", json_line(&serde_json::to_string(&line)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::printed;
    use super::*;

    #[test]
    fn what_cannot_be_read_is_a_line_with_the_fields_of_a_finding() {
        let printed = printed(&mut Ndjson::default());
        let lines: Vec<serde_json::Value> =
            printed.lines().map(|line| serde_json::from_str(line).unwrap_or_default()).collect();
        let fields = |line: &serde_json::Value| line.as_object().map(|line| line.keys().cloned().collect::<Vec<_>>());
        assert_eq!(lines.first().and_then(fields), lines.last().and_then(fields));
        let last = r#"{"file":"events, 1:2.json","line":6,"type":null,"rule":"not-an-event","severity":"error","path":"","expected":"an event","found":"not JSON: <100%>","fix":null}"#;
        assert_eq!((printed.lines().count(), printed.lines().last()), (3, Some(last)));
    }
}
