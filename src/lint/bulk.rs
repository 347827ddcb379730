//! The limits of one call of many events.

use super::{Actual, Finding, Findings, LintContext, Rule, Severity, Stage};
use crate::event::{Document, NodeId, Path};

/// The most events by the newer documentation, and by the older, which the mobile SDKs still go by (documented, code).
const EVENTS: [usize; 2] = [30, 100];

/// The most bytes: "1 MB" (documented). Whether that is 10^6 or 2^20 is not said.
const BYTES: [usize; 2] = [1_000_000, 1 << 20];

static BULK_LIMITS: Rule = Rule {
    id: "bulk-limits",
    severity: Severity::Error,
    title: "too much for one call",
    why: "The platform documents at most 30 events (100 in older pages) and 1 MB for one call, and does not say what \
          becomes of more.",
    documentation: "https://developer.blueshift.com/reference/post_api-v1-bulkevents",
    bad: "[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]",
    good: r#"[{"event":"plan_chosen","email":"jane@example.com"},{"event":"plan_chosen","email":"kim@example.com"}]"#,
};

pub(super) const RULES: &[&Rule] = &[&BULK_LIMITS];

/// The findings in a call of so many events in a body of so many bytes, apart from the events themselves: a warning where
/// the documentation is of two minds, an error beyond both.
pub(crate) fn bulk(events: usize, bytes: usize) -> Vec<Finding> {
    let [safe_events, most_events] = EVENTS;
    let [safe_bytes, most_bytes] = BYTES;
    let smaller = match events {
        1 => "an event that fits into a call of 1 MB: this one cannot be sent",
        _ => "at most 1 MB in a call: split it into several",
    };
    let fewer = "at most 30 events in a call (100 in older documentation): split it into several";
    let limits = [(events, safe_events, most_events, fewer, "event"), (bytes, safe_bytes, most_bytes, smaller, "byte")];
    let over = limits.into_iter().filter(|(count, safe, ..)| count > safe);
    over.map(|(count, _, most, expected, of)| {
        let severity = if count > most { Severity::Error } else { Severity::Warning };
        let found = Actual::Count { count: count as u64, of };
        Finding { severity, ..BULK_LIMITS.at(Path::root(), expected, found) }
    })
    .collect()
}

/// What goes around an event in a bulk call: `{"events":[…]}`.
const AROUND: usize = 13;

/// Checks that an event that is to be sent fits into a call.
pub(super) fn check(event: &Document, context: LintContext, findings: &mut Findings) {
    if context.stage == Stage::Outgoing {
        findings.extend(bulk(1, AROUND + event.text(NodeId::ROOT).len()));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::of;
    use super::*;

    #[test]
    fn an_event_that_is_too_large_for_a_call_is_told() {
        use Severity::{Error, Warning};
        let found = |length: usize, stage| {
            let around = r#"{"event":"x","cookie":"c","a":""}"#.len();
            let event = format!(r#"{{"event":"x","cookie":"c","a":"{}"}}"#, "a".repeat(length - around));
            of(&event, stage, "bulk-limits").first().map(|finding| finding.severity)
        };
        let cases = [(999_987, None), (999_988, Some(Warning)), (1_048_563, Some(Warning)), (1_048_564, Some(Error))];
        for (length, severity) in cases {
            assert_eq!(found(length, Stage::Outgoing), severity, "{length} bytes");
            assert_eq!(found(length, Stage::Received), None, "{length} bytes");
        }
    }

    /// The counts that are found, and how bad each is.
    type Wanted = &'static [(&'static str, Severity)];

    #[test]
    fn a_call_is_held_to_what_is_documented_of_its_size() {
        use Severity::{Error, Warning};
        let cases: [(usize, usize, Wanted); 8] = [
            (0, 2, &[]),
            (30, 1_000_000, &[]),
            (31, 2, &[("31 events", Warning)]),
            (100, 2, &[("100 events", Warning)]),
            (101, 2, &[("101 events", Error)]),
            (1, 1_000_001, &[("1,000,001 bytes", Warning)]),
            (1, 1_048_577, &[("1,048,577 bytes", Error)]),
            (500, 1_048_577, &[("500 events", Error), ("1,048,577 bytes", Error)]),
        ];
        for (events, bytes, wanted) in cases {
            let found = bulk(events, bytes);
            let found: Vec<_> =
                found.iter().map(|finding| (finding.found.words().to_string(), finding.severity)).collect();
            let wanted: Vec<_> = wanted.iter().map(|(found, severity)| ((*found).to_owned(), *severity)).collect();
            assert_eq!(found, wanted, "{events} events, {bytes} bytes");
        }
    }
}
