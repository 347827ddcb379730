use jiff::Timestamp;

use crate::event::{TypeName, text};
use crate::lint::Finding;
use crate::session::Change;

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

    use super::*;
    use crate::event::{Head, Path, Payload};
    use crate::lint::Actual;
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
