//! How findings are printed: a file for each format.

use std::io::{self, Write};

use super::{Linted, Located, Tally};
use crate::cli::input::BadInput;
use crate::event::text::excerpt;
use crate::event::{Sanitized, sanitized};
use crate::lint::Finding;

/// The widest name of an event type, in columns.
pub(super) const WIDEST_TYPE: usize = 64;

/// The id under which programs are told what cannot be read: it is no rule, for nothing can allow it.
pub(super) const UNREADABLE: &str = "not-an-event";

/// Prints what is found in some inputs, in one format.
pub(super) trait FindingsWriter {
    /// Prints what stands before everything.
    fn begin(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Says that what follows is of the input that is called so.
    fn input(&mut self, called: &Sanitized, out: &mut dyn Write) -> io::Result<()>;

    /// Prints what is said of an event.
    fn event(&mut self, event: &Linted, out: &mut dyn Write) -> io::Result<()>;

    /// Prints what cannot be read, where other programs look for it; people are told on standard error.
    fn unusable(&mut self, _bad: &BadInput, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Prints what stands after everything.
    fn end(&mut self, _tally: &Tally, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// The events whose findings are told together.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Of {
    /// Those of one type.
    Type(String),
    /// Those without a name.
    Nameless,
    /// Calls of many events.
    Calls,
    /// Those of all types that came when there were too many already.
    Others,
}

impl Of {
    pub(super) fn event(event: &Linted) -> Self {
        match &event.event_type {
            Some(name) => Self::Type(name.clone()),
            None if event.is_call => Self::Calls,
            None => Self::Nameless,
        }
    }

    pub(super) fn words(&self) -> Sanitized {
        match self {
            Self::Type(name) => excerpt(name, WIDEST_TYPE),
            Self::Nameless => "events without a name".into(),
            Self::Calls => "bulk calls".into(),
            Self::Others => "other events".into(),
        }
    }
}

/// Which field of an event of which type it is about, as the beginning of a line: `purchase /revenue: `.
pub(super) fn place(event_type: Option<&str>, finding: &Finding) -> Sanitized {
    let event_type = event_type.map(|name| excerpt(name, WIDEST_TYPE)).filter(|name| !name.is_empty());
    let pointer = Some(finding.pointer()).filter(|pointer| !pointer.is_empty());
    match (event_type, pointer) {
        (None, None) => Sanitized::default(),
        (Some(one), None) | (None, Some(one)) => sanitized!("{}: ", one),
        (Some(event_type), Some(pointer)) => sanitized!("{} {}: ", event_type, pointer),
    }
}

/// A finding and its place, in one line.
pub(super) fn message(event: &Linted, Located { finding, .. }: &Located) -> Sanitized {
    sanitized!("{}{}", place(event.event_type.as_deref(), finding), finding.sentence())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
pub(super) mod tests {
    use super::*;
    use crate::event::{Path, Segment};
    use crate::lint::{Actual, Fix, Rule, Severity};

    static A_RULE: Rule = Rule {
        id: "a-rule",
        severity: Severity::Error,
        title: "a title",
        why: "because <it> is so",
        documentation: "https://example.com/",
        bad: "",
        good: "",
    };

    /// The input of which is reported.
    pub(in crate::cli::lint) const CALLED: &str = "events, 1:2.json";

    /// The report on an event with an error and a note, and on a text that cannot be read, all of them hostile.
    pub(in crate::cli::lint) fn printed(report: &mut dyn FindingsWriter) -> String {
        let path = Path(vec![Segment::key("a\u{1b}/,:%b")]);
        let found = Actual::Value(Sanitized::literal("100%\n<b>"));
        let fix = Some(Fix::Replace("12.50".to_owned()));
        let finding = Finding { fix, ..A_RULE.at(path, "less, & \"more\"", found) };
        let note = Finding { severity: Severity::Note, fix: None, ..finding.clone() };
        let event = Linted {
            event_type: Some("purchase\u{1b}<\u{ffff}".to_owned()),
            is_call: false,
            findings: vec![Located { line: 4, finding }, Located { line: 5, finding: note }],
        };
        let bad = BadInput {
            called: CALLED.into(),
            line: Some(6),
            column: Some(2),
            reason: "not JSON: <100%>".into(),
            can_be_left_out: true,
        };
        let mut out = Vec::new();
        report.begin(&mut out).unwrap();
        report.input(&CALLED.into(), &mut out).unwrap();
        report.event(&event, &mut out).unwrap();
        report.unusable(&bad, &mut out).unwrap();
        report.end(&Tally::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
}
