//! A `JUnit` report: a test case for each event.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::ElementWriter;

use super::report::{FindingsWriter, UNREADABLE, WIDEST_TYPE, message};
use super::{Linted, Located};
use crate::cli::input::BadInput;
use crate::event::text::excerpt;
use crate::lint::Severity;

/// Prints test cases, once all of them are there: how many there are stands before them.
pub(super) struct Junit<'a> {
    called: &'a str,
    /// From which severity on a finding is a failure.
    denied: Severity,
    cases: Writer<Vec<u8>>,
    tests: u64,
    failures: u64,
    errors: u64,
}

impl<'a> Junit<'a> {
    pub(super) fn new(called: &'a str, denied: Severity) -> Self {
        Self { called, denied, cases: Writer::new_with_indent(Vec::new(), b' ', 0), tests: 0, failures: 0, errors: 0 }
    }

    /// A test case of that name, to be filled.
    fn case(&mut self, name: &str) -> ElementWriter<'_, Vec<u8>> {
        let attributes = [("classname", &*printable(self.called)), ("name", &printable(name))];
        self.cases.create_element("testcase").with_attributes(attributes)
    }
}

impl FindingsWriter for Junit<'_> {
    /// The findings that are denied fail the case; those that are not are its output.
    fn event(&mut self, event: &Linted, _out: &mut dyn Write) -> io::Result<()> {
        let (called, denied) = (self.called, self.denied);
        let (failures, others): (Vec<&Located>, Vec<&Located>) =
            event.findings.iter().partition(|located| located.finding.severity >= denied);
        self.tests += 1;
        self.failures += u64::from(!failures.is_empty());
        let of_type = event.event_type.as_deref().map(|name| format!(": {}", excerpt(name, WIDEST_TYPE)));
        let case = self.case(&format!("line {}{}", event.line, of_type.unwrap_or_default()));
        if event.findings.is_empty() {
            case.write_empty()?;
            return Ok(());
        }
        case.write_inner_content(|case| {
            for located in failures {
                let rule = located.finding.rule;
                let attributes = [("type", rule.id), ("message", &printable(&message(event, located)))];
                let text = printable(&format!("{called}:{}: {}", located.line, rule.why));
                case.create_element("failure").with_attributes(attributes).write_text_content(BytesText::new(&text))?;
            }
            if !others.is_empty() {
                let line = |located: &Located| {
                    let (severity, id) = (located.finding.severity, located.finding.rule.id);
                    format!("{called}:{}: {severity}[{id}] {}\n", located.line, message(event, located))
                };
                let text = printable(&others.into_iter().map(line).collect::<String>());
                case.create_element("system-out").write_text_content(BytesText::new(&text))?;
            }
            Ok(())
        })?;
        Ok(())
    }

    fn unusable(&mut self, bad: &BadInput, _out: &mut dyn Write) -> io::Result<()> {
        self.tests += 1;
        self.errors += 1;
        let attributes = [("type", UNREADABLE), ("message", &printable(&bad.reason))];
        self.case(&format!("line {}", bad.line.unwrap_or(1))).write_inner_content(|case| {
            case.create_element("error").with_attributes(attributes).write_empty()?;
            Ok(())
        })?;
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Self { called, tests, failures, errors, .. } = self;
        let counts = [("tests", tests.to_string()), ("failures", failures.to_string()), ("errors", errors.to_string())];
        let counts = || counts.iter().map(|(name, count)| (*name, count.as_str()));
        let name = printable(&format!("clickscope lint {called}"));
        let cases = BytesText::from_escaped(String::from_utf8_lossy(self.cases.get_ref()));
        let mut report = Writer::new_with_indent(&mut *out, b' ', 0);
        report.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        report.create_element("testsuites").with_attributes(counts()).write_inner_content(|suites| {
            let suite = suites.create_element("testsuite").with_attribute(("name", &*name)).with_attributes(counts());
            suite.with_attribute(("skipped", "0")).write_text_content(cases)?;
            Ok(())
        })?;
        writeln!(out)
    }
}

/// A text without what XML has no way to write: most control characters.
fn printable(text: &str) -> String {
    let is_none = |c: char| c.is_control() && !matches!(c, '\t' | '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.replace(is_none, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::{CALLED, printed};
    use super::*;

    #[test]
    fn a_case_fails_by_what_is_denied_and_hostile_text_is_escaped() {
        let printed = printed(&mut Junit::new(CALLED, Severity::Error));
        for part in [
            r#"tests="2" failures="1" errors="1""#,
            r#"name="line 3: purchase\u001b&lt;"#,
            r#"<error type="not-an-event" message="not JSON: &lt;100%&gt;"/>"#,
            "because &lt;it&gt; is so</failure>",
            "<system-out>events, 1:2.json:5: note[a-rule] purchase",
        ] {
            assert!(printed.contains(part), "{part} in {printed}");
        }
        assert!(!printed.contains(['\u{1b}', '\u{ffff}']), "{printed}");
    }
}
