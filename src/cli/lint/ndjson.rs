//! One object per line, for each finding.

use std::io::{self, Write};

use serde::Serialize;

use super::Linted;
use super::report::FindingsWriter;
use crate::event::text::json_line;
use crate::lint::Finding;

/// Prints lines of JSON.
pub(super) struct Ndjson<'a> {
    pub(super) called: &'a str,
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

impl FindingsWriter for Ndjson<'_> {
    fn event(&mut self, event: &Linted, out: &mut dyn Write) -> io::Result<()> {
        let event_type = event.event_type.as_deref();
        event.findings.iter().try_for_each(|located| {
            let line = Entry { file: self.called, line: located.line, event_type, finding: &located.finding };
            writeln!(out, "{}", json_line(&serde_json::to_string(&line)?))
        })
    }
}
