//! What happens, in lines for a person whose terminal shows nothing else.

use jiff::tz::TimeZone;

use crate::event::text::{counted, grouped};
use crate::event::{Sanitized, sanitized};
use crate::lint::Finding;
use crate::session::{Change, ChangeKind, Errors, Gap, Moment, Proof, Request, Waiting};

/// The widest that a type's name gets.
const NAME_COLUMNS: usize = 64;

/// The widest that the name of a program gets.
const SENDER_COLUMNS: usize = 40;

/// The widest that a path with its query gets.
const TARGET_COLUMNS: usize = 100;

/// Of the findings in one event so many are told, and the others counted.
const MOST_FINDINGS: usize = 3;

/// A line for an event that came, or for a type that went, and one for each finding below it; nothing where only a count
/// moved.
pub(super) fn change(change: &Change, findings: &[Finding], zone: &TimeZone) -> Sanitized {
    let what = match change.kind {
        ChangeKind::New => "new",
        ChangeKind::Returned => "known again",
        ChangeKind::Updated => "a newer event",
        ChangeKind::Earlier => "an event from before the newest",
        ChangeKind::Gone => "no longer known to the endpoint",
        ChangeKind::Unchanged => return Sanitized::default(),
    };
    let name = change.event_type.shown().fit(NAME_COLUMNS);
    let mut said = sanitized!("{}  {}  {}", time(change.at, zone), name, what);
    if let Some(received) = change.received {
        said.push(sanitized!(" · {} received, {} captured", grouped(received), grouped(change.captured)));
    }
    said.push("\n");
    for finding in findings.iter().take(MOST_FINDINGS) {
        let place = Some(finding.place()).filter(|place| !place.is_empty());
        let place = place.map(|place| sanitized!("{}: ", place)).unwrap_or_default();
        said.push(sanitized!("          {} {}{}\n", finding.severity.sign(), place, finding.summary()));
    }
    if findings.len() > MOST_FINDINGS {
        let more = (findings.len() - MOST_FINDINGS) as u64;
        said.push(sanitized!("          and {}\n", counted(more, "more finding")));
    }
    said
}

/// A line for the server's own counts of errors.
pub(super) fn errors(errors: &Errors, zone: &TimeZone) -> Sanitized {
    let counts = errors.counts.iter().map(|(sort, count)| sanitized!("{} {}", grouped(*count), sort));
    let counts = Sanitized::join(counts, ", ");
    sanitized!("{}  the server could not process these events today: {}\n", time(errors.at, zone), counts)
}

/// A line for events that were lost.
pub(super) fn gap(gap: &Gap, zone: &TimeZone) -> Sanitized {
    let name = gap.event_type.shown().fit(NAME_COLUMNS);
    sanitized!("{}  {}  {}\n", time(gap.at, zone), name, gap.sentence())
}

/// A line for a request to a collector: `14:03:20  curl/8.5.0  POST /api/v1/event  422  event "a b": …`.
pub(super) fn request(request: &Request, zone: &TimeZone) -> Sanitized {
    let sender = request.sender.as_ref().map_or("-".into(), |sender| sender.fit(SENDER_COLUMNS));
    let line = request.line().fit(TARGET_COLUMNS);
    sanitized!("{}  {}  {}  {}", time(request.at, zone), sender, line, request.outcome())
}

/// A line for the proof of an event that was passed on: `14:03:21  request 7: view seen after 1.3 s`.
pub(super) fn proof(proof: &Proof, zone: &TimeZone) -> Sanitized {
    let request = proof.request.map(|number| sanitized!("request {}: ", number)).unwrap_or_default();
    let clues = proof.clues.iter().flatten().cloned();
    let told = Sanitized::join(std::iter::once(proof.told()).chain(clues), " · ");
    sanitized!("{}  {}{} {}", time(proof.at, zone), request, proof.event_type.shown(), told)
}

/// What waits at a collector for a line of standard input, where something does.
pub(super) fn waiting(waiting: &Waiting) -> Option<Sanitized> {
    match (&waiting.first, waiting.held) {
        (Some(first), 2..) => {
            Some(sanitized!("{} requests wait, the first is {}: Enter passes it on", waiting.held, first))
        }
        (Some(first), _) => Some(sanitized!("{} waits: Enter passes it on", first)),
        (None, _) => waiting.scenario.then(|| "each event waits for Enter".into()),
    }
}

fn time(at: Moment, zone: &TimeZone) -> Sanitized {
    Sanitized::of(&at.wall.to_zoned(zone.clone()).strftime("%H:%M:%S"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::event::{Path, Payload};
    use crate::lint::Actual;
    use crate::session::Arrival;

    #[test]
    fn an_event_is_a_line_with_its_findings_below_and_a_count_alone_is_none() {
        let at = Moment { elapsed: Duration::ZERO, wall: "2026-11-23T09:00:00.9Z".parse().unwrap() };
        let said = |kind, received, findings: &[Finding]| {
            let payload = (kind != ChangeKind::Unchanged).then(|| Arc::new(Payload::new("{}")));
            let event_type = "view\u{1b}[2J".into();
            let change = Change {
                event_type,
                kind,
                payload,
                received,
                captured: 3,
                arrived: 1,
                arrival: Arrival::Poll,
                number: None,
                counted_at: None,
                coverage: None,
                at,
            };
            super::change(&change, findings, &TimeZone::UTC)
        };
        let found = |at: &str| {
            let rule = crate::plan::rule("date-impossible").unwrap();
            rule.at(at.parse::<Path>().unwrap(), "a date", Actual::Text("none".into()))
        };
        let cases = [
            (ChangeKind::New, Some(1204), "new · 1,204 received, 3 captured"),
            (ChangeKind::Updated, None, "a newer event"),
            (ChangeKind::Gone, None, "no longer known to the endpoint"),
        ];
        for (kind, received, words) in cases {
            assert_eq!(said(kind, received, &[]), format!("09:00:00  view\\u001b[2J  {words}\n").as_str());
        }
        assert_eq!(said(ChangeKind::Unchanged, Some(7), &[]), "");
        let findings = ["a", "b", "c", "d", "e"].map(found);
        let lines = said(ChangeKind::Updated, None, &findings);
        let lines: Vec<&str> = lines.lines().skip(1).collect();
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert_eq!(lines.first().copied(), Some("          ✗ a: a date that does not exist"));
        assert_eq!(lines.last().copied(), Some("          and 2 more findings"));
    }
}
