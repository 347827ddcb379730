//! A test report in the XML of `JUnit`, as the schema of Jenkins has it and other programs read it too.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::Duration;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::event::Sanitized;

/// So many characters of a field are written: programs that read reports refuse, or drop in silence, what is much longer.
pub const LONGEST_FIELD: usize = 8_000;

/// Test cases that belong together, at least one: a report without any is taken for a run that never was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestSuite {
    /// Its name.
    pub name: Sanitized,
    /// Its cases.
    pub cases: Vec<TestCase>,
}

/// One test case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCase {
    /// What it is a case of, such as a file. With the name it is the same in every run, so that the case has a history.
    pub class: Sanitized,
    /// Its name.
    pub name: Sanitized,
    /// How long it took, where that says something.
    pub took: Option<Duration>,
    /// How it ended.
    pub verdict: Verdict,
    /// What else is told of it.
    pub output: Sanitized,
}

/// How a test case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should.
    Passed,
    /// What was tested is not as it should be.
    Failed(Reason),
    /// It could not be tested.
    Broken(Reason),
}

/// Why a test case did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The kind of trouble, in a word.
    pub kind: Sanitized,
    /// The reason in a line.
    pub message: Sanitized,
    /// All that is known of it.
    pub text: Sanitized,
}

/// Writes a report.
pub fn junit(suites: &[TestSuite], out: &mut dyn Write) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 0);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all = counts(suites.iter().flat_map(|suite| &suite.cases));
    let root = xml.create_element("testsuites").with_attributes(attributes(&all));
    root.write_inner_content(|xml| {
        for suite in suites {
            let counts = counts(&suite.cases);
            let element = xml.create_element("testsuite").with_attribute(("name", &*field(&suite.name)));
            let element = element.with_attributes(attributes(&counts)).with_attribute(("skipped", "0"));
            element.write_inner_content(|xml| suite.cases.iter().try_for_each(|it| case(it, xml)))?;
        }
        Ok(())
    })?;
    writeln!(out)
}

/// How many cases there are, and how many of them failed or are broken.
fn counts<'a>(cases: impl IntoIterator<Item = &'a TestCase>) -> [(&'static str, String); 3] {
    let [mut tests, mut failures, mut errors] = [0_u64; 3];
    for case in cases {
        tests += 1;
        failures += u64::from(matches!(case.verdict, Verdict::Failed(_)));
        errors += u64::from(matches!(case.verdict, Verdict::Broken(_)));
    }
    [("tests", tests), ("failures", failures), ("errors", errors)].map(|(name, count)| (name, count.to_string()))
}

fn attributes<'a>(counts: &'a [(&'static str, String)]) -> impl Iterator<Item = (&'a str, &'a str)> {
    counts.iter().map(|(name, count)| (*name, count.as_str()))
}

fn case<W: Write>(TestCase { class, name, took, verdict, output }: &TestCase, xml: &mut Writer<W>) -> io::Result<()> {
    let seconds = took.map(|took| format!("{:.3}", took.as_secs_f64()));
    let names = [("classname", &*field(class)), ("name", &field(name))];
    let element = xml.create_element("testcase").with_attributes(names);
    let element = element.with_attributes(seconds.as_deref().map(|seconds| ("time", seconds)));
    let problem = match verdict {
        Verdict::Passed if output.is_empty() => {
            element.write_empty()?;
            return Ok(());
        }
        Verdict::Passed => None,
        Verdict::Failed(reason) => Some(("failure", reason)),
        Verdict::Broken(reason) => Some(("error", reason)),
    };
    element.write_inner_content(|xml| {
        if let Some((tag, Reason { kind, message, text })) = problem {
            let attributes = [("type", &*field(kind)), ("message", &field(message))];
            let element = xml.create_element(tag).with_attributes(attributes);
            element.write_text_content(BytesText::new(&field(text)))?;
        }
        if !output.is_empty() {
            xml.create_element("system-out").write_text_content(BytesText::new(&field(output)))?;
        }
        Ok(())
    })?;
    Ok(())
}

/// A text as it fits into a field: not too long, and without what XML has no way to write.
fn field(text: &str) -> Cow<'_, str> {
    let is_none = |c: char| c.is_control() && !matches!(c, '\t' | '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    let end = text.char_indices().nth(LONGEST_FIELD).map(|(end, _)| end);
    let kept = end.and_then(|end| text.get(..end)).unwrap_or(text);
    if end.is_none() && !kept.contains(is_none) {
        return Cow::Borrowed(text);
    }
    let mark = if end.is_some() { "… (cut)" } else { "" };
    let room = LONGEST_FIELD - mark.chars().count();
    let kept = kept.chars().take(if end.is_some() { room } else { LONGEST_FIELD });
    Cow::Owned(kept.map(|c| if is_none(c) { '\u{fffd}' } else { c }).chain(mark.chars()).collect())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::event::text::{sanitize, sanitize_json};

    fn reason(text: Sanitized) -> Reason {
        Reason { kind: "a-kind".into(), message: sanitize("<0> & \"1\"\u{1b}"), text }
    }

    fn printed(verdict: Verdict, output: Sanitized) -> String {
        let case = TestCase {
            class: "tests/a.ndjson".into(),
            name: "purchase".into(),
            took: Some(Duration::from_millis(1_250)),
            verdict,
            output,
        };
        let mut out = Vec::new();
        junit(&[TestSuite { name: "a <suite>".into(), cases: vec![case] }], &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_case_is_written_with_its_verdict_and_hostile_text_is_escaped() {
        let head = "<testcase classname=\"tests/a.ndjson\" name=\"purchase\" time=\"1.250\"";
        let message = "type=\"a-kind\" message=\"&lt;0&gt; &amp; &quot;1&quot;\\u001b\">";
        let cases = [
            (Verdict::Passed, "", [r#"tests="1" failures="0" errors="0""#.into(), format!("{head}/>")]),
            (Verdict::Passed, "said", [format!("{head}>"), "<system-out>said</system-out>".into()]),
            (
                Verdict::Failed(reason(sanitize_json("a\u{ffff}b"))),
                "",
                [r#"tests="1" failures="1" errors="0""#.into(), format!("<failure {message}a\u{fffd}b</failure>")],
            ),
            (
                Verdict::Broken(reason("all of it".into())),
                "",
                [r#"tests="1" failures="0" errors="1""#.into(), format!("<error {message}all of it</error>")],
            ),
        ];
        for (verdict, output, parts) in cases {
            let xml = printed(verdict, output.into());
            assert!(xml.contains("<testsuite name=\"a &lt;suite&gt;\" tests=\"1\""), "{xml}");
            assert!(parts.iter().all(|part| xml.contains(part)), "{xml}");
        }
    }

    #[test]
    fn a_field_has_at_most_so_many_characters() {
        for (length, is_cut) in [(LONGEST_FIELD, false), (LONGEST_FIELD + 1, true), (9 * LONGEST_FIELD, true)] {
            let xml = printed(Verdict::Failed(reason(sanitize(&"é".repeat(length)))), Sanitized::default());
            let written = xml.split_once("\\u001b\">").unwrap().1.split_once('<').unwrap().0;
            assert_eq!(written.chars().count(), LONGEST_FIELD, "{length}");
            assert_eq!(written.ends_with("… (cut)"), is_cut, "{length}");
        }
    }
}
