use std::fmt::Write;

use jiff::Timestamp;
use serde_json::Value;

use crate::event::{TypeName, text};
use crate::lint::Finding;
use crate::session::Change;

/// One change, with what is wrong with its event, as a JSON object on one line, with its line feed.
pub(super) fn json(change: &Change, findings: &[Finding]) -> String {
    let mut line = String::from("{\"type\":");
    line.push_str(&one_line(&Value::from(change.event_type.as_str()).to_string()));
    let event = change.payload.as_ref().map_or_else(|| "null".to_owned(), |payload| one_line(payload.text()));
    // A finding has nothing that cannot be written.
    let findings = serde_json::to_string(findings).unwrap_or_default();
    // Writing to a text cannot fail.
    let _ = writeln!(
        line,
        r#","change":"{}","event":{event},"received":{},"captured":{},"observed_at":"{:.3}","latency_ms":{},"findings":{}}}"#,
        change.kind.as_str(),
        number_or(change.received, "null"),
        change.captured,
        change.at.wall,
        number_or(change.latency_ms(), "null"),
        one_line(&findings),
    );
    line
}

/// The same JSON on one line, harmless to a terminal: line breaks can stand unescaped only between its tokens.
pub(super) fn one_line(json: &str) -> String {
    let mut line = text::harmless_json(json);
    line.retain(|c| !matches!(c, '\n' | '\r'));
    line
}

/// What is known of each type, with what is wrong with its event, as a table for people.
pub(super) fn table<'a>(changes: impl IntoIterator<Item = (&'a Change, Vec<Finding>)>) -> String {
    let header = ["TYPE", "RECEIVED", "CAPTURED", "LAST EVENT", "FINDINGS"].map(str::to_owned);
    let rows = std::iter::once(header).chain(changes.into_iter().map(|(change, findings)| {
        let head = change.payload.as_ref().map(|payload| payload.head());
        let last = head.and_then(|head| head.happened.or(head.received));
        [
            name(&change.event_type),
            number_or(change.received, "?"),
            change.captured.to_string(),
            last.map_or_else(|| "?".to_owned(), |last: Timestamp| format!("{last:.0}")),
            worst(&findings),
        ]
    }));
    let rows: Vec<[String; 5]> = rows.collect();
    let width = rows.iter().map(|[name, ..]| text::width(name)).max().unwrap_or_default();
    let widest = rows.iter().map(|[.., last, _]| last.len()).max().unwrap_or_default();
    rows.iter().fold(String::new(), |mut table, [name, received, captured, last, findings]| {
        let gap = width.saturating_sub(text::width(name));
        let row = format!("{name}{:gap$}  {received:>8}  {captured:>8}  {last:widest$}  {findings}", "");
        table.push_str(row.trim_end());
        table + "\n"
    })
}

/// The sign of the worst, and how many there are: `✗ 2`. Nothing, where nothing is wrong.
fn worst(findings: &[Finding]) -> String {
    let worst = findings.iter().map(|finding| finding.severity).max();
    worst.map(|worst| format!("{} {}", worst.sign(), findings.len())).unwrap_or_default()
}

/// The widest that a type's name gets in a table.
const NAME_COLUMNS: usize = 64;

fn name(event_type: &TypeName) -> String {
    text::fit(&text::harmless(event_type.as_str()), NAME_COLUMNS)
}

fn number_or(number: Option<impl ToString>, unknown: &str) -> String {
    number.map_or_else(|| unknown.to_owned(), |number| number.to_string())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::event::{Head, Path, Payload, Segment};
    use crate::lint::{Actual, Fix, Severity};
    use crate::session::{ChangeKind, Moment};

    fn change(event_type: &str, event: Option<&str>) -> Change {
        let at = Moment { elapsed: Duration::ZERO, wall: "2026-11-23T09:00:00.123456Z".parse().unwrap() };
        let head = Head {
            happened: Some("2026-11-23T08:59:59Z".parse().unwrap()),
            received: Some("2026-11-23T08:59:59.250Z".parse().unwrap()),
            ..Head::default()
        };
        Change {
            event_type: event_type.into(),
            kind: ChangeKind::Updated,
            payload: event.map(|event| Arc::new(Payload::with_head(event, 0, head))),
            received: event.map(|_| 42),
            captured: 40,
            arrived: 1,
            coverage: None,
            at,
        }
    }

    #[test]
    fn a_line_holds_the_event_as_it_came_and_unknown_things_as_null() {
        let cases = [
            (
                change("purchase", Some("{\r\n  \"b\": 1.10,\n \"a\": 1e400, \"a\": 12345678901234567890}")),
                r#"{"type":"purchase","change":"updated","event":{  "b": 1.10, "a": 1e400, "a": 12345678901234567890},"received":42,"captured":40,"observed_at":"2026-11-23T09:00:00.123Z","latency_ms":250,"findings":[]}"#,
            ),
            (
                change("a\"\u{1b}[2J\u{202e}", None),
                r#"{"type":"a\"\u001b[2J\u202e","change":"updated","event":null,"received":null,"captured":40,"observed_at":"2026-11-23T09:00:00.123Z","latency_ms":null,"findings":[]}"#,
            ),
            (
                change("é", Some("{\"x\":\"\u{9b}31m\u{7f}é\\n\"}")),
                r#"{"type":"é","change":"updated","event":{"x":"\u009b31m\u007fé\n"},"received":42,"captured":40,"observed_at":"2026-11-23T09:00:00.123Z","latency_ms":250,"findings":[]}"#,
            ),
        ];
        for (change, line) in cases {
            assert_eq!(json(&change, &[]), format!("{line}\n"));
        }
    }

    #[test]
    fn what_is_wrong_stands_at_the_end_of_a_line() {
        let rule = crate::plan::rule("date-impossible").unwrap();
        let at = |path: Path, fix| Finding {
            severity: Severity::Warning,
            fix,
            ..rule.at(path, "a \"day\"", Actual::Value("2014-14-11".to_owned()))
        };
        let findings = [
            at(Path(vec![Segment::key("a/\u{9b}")]), Some(Fix::Replace("1.10".to_owned()))),
            at(Path::root(), Some(Fix::Remove)),
            at(Path::root(), None),
        ];
        let line = json(&change("view", Some("{}")), &findings);
        let told = |path, fix| {
            format!(
                r#"{{"rule":"date-impossible","severity":"warning","path":"{path}","expected":"a \"day\"","found":"2014-14-11","fix":{fix}}}"#
            )
        };
        let told = [
            told("/a~1\\u009b", r#"{"kind":"replace","value":1.10}"#),
            told("", r#"{"kind":"remove","value":null}"#),
            told("", "null"),
        ];
        assert!(line.ends_with(&format!(r#""latency_ms":250,"findings":[{}]}}{}"#, told.join(","), "\n")), "{line}");
    }

    proptest! {
        #[test]
        fn any_name_and_any_event_make_one_line_that_reads_back(name: String, field: String) {
            let event = serde_json::to_string_pretty(&serde_json::json!({ field.as_str(): [1, { "x": name.as_str() }] })).unwrap();
            let rule = crate::plan::rule("date-impossible").unwrap();
            let fix = Some(Fix::Rename(name.clone()));
            let finding = Finding { fix, ..rule.at(Path(vec![Segment::key(&*field)]), "", Actual::Missing) };
            let line = json(&change(&name, Some(&event)), std::slice::from_ref(&finding));
            prop_assert!(line.ends_with('\n') && !line.trim_end_matches('\n').contains(char::is_control));
            let read: Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(read.pointer("/findings/0/path"), Some(&Value::from(finding.path.pointer())));
            prop_assert_eq!(read.pointer("/findings/0/fix/value"), Some(&Value::from(name.as_str())));
            prop_assert_eq!(read.get("type"), Some(&Value::from(name)));
            prop_assert_eq!(read.get("event"), Some(&serde_json::from_str(&event).unwrap()));
        }
    }

    #[test]
    fn a_table_lines_up_and_shows_the_unknown_as_unknown() {
        let found = |rule: &str| crate::plan::rule(rule).unwrap().at(Path::root(), "", Actual::Missing);
        let changes = [
            (change("view", Some("{}")), vec![found("identifier-missing"), found("date-impossible")]),
            (change("漢字\u{1b}[2J", None), vec![found("identifier-missing")]),
            (change("search", Some("{}")), Vec::new()),
        ];
        assert_eq!(
            table(changes.iter().map(|(change, findings)| (change, findings.clone()))),
            "\
TYPE           RECEIVED  CAPTURED  LAST EVENT            FINDINGS
view                 42        40  2026-11-23T08:59:59Z  ✗ 2
漢字\\u001b[2J         ?        40  ?                     ! 1
search               42        40  2026-11-23T08:59:59Z
"
        );
    }
}
