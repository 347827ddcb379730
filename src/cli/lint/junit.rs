//! A `JUnit` report: for each file a test case for each event type, and one for whether it can be read at all.

use std::io::{self, Write};
use std::mem;

use indexmap::IndexMap;

use super::report::{FindingsWriter, Of, UNREADABLE, message};
use super::{Linted, Tally};
use crate::cli::input::BadInput;
use crate::event::text::counted;
use crate::event::{Sanitized, sanitized};
use crate::lint::Severity;
use crate::report::{LONGEST_FIELD, Reason, TestCase, TestSuite, Verdict, junit};

/// So many event types of a file have a case of their own.
const MOST_CASES: usize = 1_000;

/// Gathers test cases. What a case is called depends on no line, so that it is the same case when the file grows.
pub(super) struct Junit {
    /// From which severity on a finding is a failure.
    denied: Severity,
    called: Sanitized,
    suites: Vec<TestSuite>,
    unusable: Problems,
    types: IndexMap<Of, Gathered>,
}

/// What is found in the events of a type.
#[derive(Default)]
struct Gathered {
    failures: Problems,
    output: Sanitized,
}

/// Problems of a case, told as far as there is room.
#[derive(Default)]
struct Problems {
    count: u64,
    first: Option<(Sanitized, Sanitized)>,
    text: Sanitized,
}

impl Problems {
    fn push(&mut self, kind: Sanitized, message: Sanitized, line: &Sanitized) {
        self.count += 1;
        self.first.get_or_insert((kind, message));
        push(line, &mut self.text);
    }

    fn reason(self) -> Option<Reason> {
        let (kind, message) = self.first?;
        let message = match self.count {
            1 => message,
            count => sanitized!("{} (and {})", message, counted(count - 1, "more finding")),
        };
        Some(Reason { kind, message, text: self.text })
    }
}

/// Adds to a text that is cut where it is written.
fn push(line: &Sanitized, text: &mut Sanitized) {
    if text.len() <= 4 * LONGEST_FIELD {
        text.push(line);
    }
}

impl Junit {
    pub(super) fn new(denied: Severity) -> Self {
        let (called, suites, unusable) = (Sanitized::default(), Vec::new(), Problems::default());
        Self { denied, called, suites, unusable, types: IndexMap::new() }
    }

    fn input_ends(&mut self) {
        if self.called.is_empty() {
            return;
        }
        let class = mem::take(&mut self.called);
        let case = |name, verdict, output| TestCase { class: class.clone(), name, took: None, verdict, output };
        let verdict = mem::take(&mut self.unusable).reason().map_or(Verdict::Passed, Verdict::Broken);
        let readable = case("can be read".into(), verdict, Sanitized::default());
        let of_types = mem::take(&mut self.types).into_iter().map(|(of, Gathered { failures, output })| {
            case(of.words(), failures.reason().map_or(Verdict::Passed, Verdict::Failed), output)
        });
        let cases = std::iter::once(readable).chain(of_types).collect();
        self.suites.push(TestSuite { name: sanitized!("clickscope lint {}", class), cases });
    }
}

impl FindingsWriter for Junit {
    fn input(&mut self, called: &Sanitized, _out: &mut dyn Write) -> io::Result<()> {
        self.input_ends();
        self.called = called.clone();
        Ok(())
    }

    /// The findings that are denied fail the case; those that are not are its output.
    fn event(&mut self, event: &Linted, _out: &mut dyn Write) -> io::Result<()> {
        let of = Of::event(event);
        let of = if self.types.len() < MOST_CASES || self.types.contains_key(&of) { of } else { Of::Others };
        let case = self.types.entry(of).or_default();
        for located in &event.findings {
            let (severity, rule) = (located.finding.severity, located.finding.rule);
            let said = message(event, located);
            let mut line =
                sanitized!("{}:{}: {}[{}] {}\n", self.called, located.line, severity.as_str(), rule.id, said);
            if severity < self.denied {
                push(&line, &mut case.output);
                continue;
            }
            line.push(sanitized!("  why: {}\n", rule.why));
            case.failures.push(rule.id.into(), said, &line);
        }
        Ok(())
    }

    fn unusable(&mut self, bad: &BadInput, _out: &mut dyn Write) -> io::Result<()> {
        let line = sanitized!("{}\n", bad.told());
        self.unusable.push(UNREADABLE.into(), bad.told(), &line);
        Ok(())
    }

    fn end(&mut self, _tally: &Tally, out: &mut dyn Write) -> io::Result<()> {
        self.input_ends();
        junit(&self.suites, out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::printed;
    use super::*;

    #[test]
    fn a_case_is_called_by_its_type_and_fails_by_what_is_denied() {
        for (denied, verdict) in [
            (Severity::Error, "<failure type=\"a-rule\" message=\"purchase\\u001b&lt;"),
            (Severity::Note, "; write 12.50 (and 1 more finding)\">events, 1:2.json:4: error[a-rule] purchase"),
        ] {
            let printed = printed(&mut Junit::new(denied));
            for part in [
                verdict,
                r#"tests="2" failures="1" errors="1""#,
                r#"<testcase classname="events, 1:2.json" name="purchase\u001b&lt;"#,
                r#"name="can be read">"#,
                r#"<error type="not-an-event" message="events, 1:2.json:6:2: not JSON: &lt;100%&gt;">"#,
                "why: because &lt;it&gt; is so\n",
            ] {
                assert!(printed.contains(part), "{part} in {printed}");
            }
            assert_eq!(
                printed.contains("<system-out>events, 1:2.json:5: note[a-rule] purchase"),
                denied == Severity::Error
            );
        }
    }
}
