use jiff::Timestamp;

use crate::event::text::Printable;
use crate::event::{Sanitized, sanitized};
use crate::lint::Finding;
use crate::session::Change;

/// A table of the types, with the findings in the newest event of each.
pub(super) fn table<'a>(changes: impl IntoIterator<Item = (&'a Change, &'a [Finding])>) -> Sanitized {
    let changes: Vec<_> = changes.into_iter().collect();
    let less =
        changes.iter().map(|(change, _)| change).find(|change| change.received.is_some_and(|it| it < change.captured));
    let less = less.map(|change| {
        let counted = change.counted_at.unwrap_or(change.at).wall;
        sanitized!(
            "RECEIVED is the server's count of its day, as of {:.0}; CAPTURED is what was seen in this run\n",
            counted
        )
    });
    let header = ["TYPE", "RECEIVED", "CAPTURED", "LAST EVENT", "FINDINGS"].map(Sanitized::literal);
    let rows = std::iter::once(header).chain(changes.iter().map(|(change, findings)| {
        let head = change.payload.as_ref().map(|payload| payload.head());
        let last = head.and_then(|head| head.happened.or(head.received));
        [
            change.event_type.shown().fit(NAME_COLUMNS),
            number_or(change.received, "?"),
            sanitized!("{}", change.captured),
            last.map_or("?".into(), |last: Timestamp| sanitized!("{:.0}", last)),
            worst(findings),
        ]
    }));
    let rows: Vec<[Sanitized; 5]> = rows.collect();
    let width = rows.iter().map(|[name, ..]| name.width()).max().unwrap_or_default();
    let widest = rows.iter().map(|[.., last, _]| last.len()).max().unwrap_or_default();
    let lines = rows.iter().map(|[name, received, captured, last, findings]| {
        let findings = if findings.is_empty() { findings.clone() } else { sanitized!("  {}", findings) };
        let last = if findings.is_empty() { last.clone() } else { last.pad(widest) };
        sanitized!("{}  {:>8}  {:>8}  {}{}\n", name.pad(width), received, captured, last, findings)
    });
    lines.chain(less).collect()
}

/// The sign of the worst, and how many there are: `✗ 2`. Nothing, where nothing is wrong.
fn worst(findings: &[Finding]) -> Sanitized {
    let worst = findings.iter().map(|finding| finding.severity).max();
    worst.map(|worst| sanitized!("{} {}", worst.sign(), findings.len())).unwrap_or_default()
}

/// The widest that a type's name gets in a table.
const NAME_COLUMNS: usize = 64;

fn number_or(number: Option<impl Printable>, unknown: &'static str) -> Sanitized {
    number.map_or(unknown.into(), |number| sanitized!("{}", number))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::event::{Head, Path, Payload};
    use crate::lint::Actual;
    use crate::session::{Arrival, ChangeKind, Moment};

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
            counted_at: None,
            coverage: None,
            at,
            arrival: Arrival::Poll,
            number: None,
        }
    }

    #[test]
    fn a_table_lines_up_and_shows_the_unknown_as_unknown() {
        let found = |rule: &str| crate::plan::rule(rule).unwrap().at(Path::root(), "", Actual::Missing);
        let changes = [
            (change("view", Some("{}")), vec![found("identifier-missing"), found("date-impossible")]),
            (change("漢字\u{1b}[2J", None), vec![found("date-format")]),
            (change("search", Some("{}")), Vec::new()),
        ];
        assert_eq!(
            table(changes.iter().map(|(change, findings)| (change, findings.as_slice()))),
            "\
TYPE           RECEIVED  CAPTURED  LAST EVENT            FINDINGS
view                 42        40  2026-11-23T08:59:59Z  ✗ 2
漢字\\u001b[2J         ?        40  ?                     ! 1
search               42        40  2026-11-23T08:59:59Z
"
        );
        let at = Moment { elapsed: Duration::ZERO, wall: "2026-11-23T08:59:10Z".parse().unwrap() };
        let less = Change { received: Some(39), counted_at: Some(at), ..change("view", None) };
        let told = table([(&less, [].as_slice())]);
        let told = told.lines().last();
        let expected = "RECEIVED is the server's count of its day, as of 2026-11-23T08:59:10Z; CAPTURED is what was seen in this run";
        assert_eq!(told, Some(expected));
    }
}
