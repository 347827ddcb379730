//! Lints the events that go out. Findings are reported and forbid nothing.

use std::sync::Arc;

use jiff::Timestamp;

use super::batching::Parcel;
use super::reporter::Reporter;
use crate::blueshift::Outgoing;
use crate::config::Config;
use crate::event::text::counted;
use crate::event::{Document, Redaction, Sanitized, sanitized};
use crate::lint::{Finding, LintContext, Severity, Stage};
use crate::plan::{Linter, Plan};

/// So many events of an input are looked at: what an integration gets wrong shows in them, and a long file goes out as
/// fast as without.
const LOOKED_AT: usize = 100;

/// Looks at the first events of an input.
pub(super) struct InputLinter {
    linter: Linter,
    redaction: Option<Arc<Redaction>>,
    now: Timestamp,
    seen: usize,
}

impl InputLinter {
    /// One that tells of what it finds with these masks, if with any.
    pub(super) fn new(config: &Config, plan: Plan, redaction: Option<Arc<Redaction>>) -> Self {
        let linter = Linter::new(config.levels.clone(), plan).with_signing(config.signing.clone(), true);
        Self { linter, redaction, now: Timestamp::now(), seen: 0 }
    }

    /// Tells in a line each what is wrong with the events of a call.
    pub(super) fn describe(&mut self, parcel: &Parcel, reporter: &Reporter) {
        let alone = parcel.through == 1 && parcel.part == Some(1.0);
        for (event, number) in parcel.events.iter().zip(&parcel.numbers) {
            if self.seen == LOOKED_AT {
                self.seen += 1;
                reporter.tell(&sanitized!(
                    "only the first {} events are linted here; `clickscope lint` checks all",
                    LOOKED_AT
                ));
            }
            for finding in self.look(event) {
                let name = event.event_type.shown();
                let of = if alone { name } else { sanitized!("event {}, {}", number, name) };
                reporter.complain(&sanitized!("{}: {}", of, told(&finding)));
            }
        }
    }

    /// Tells in one line how many errors there are in the events that are ready to go out.
    pub(super) fn count<'a>(&mut self, parcels: impl IntoIterator<Item = &'a Parcel>, reporter: &Reporter) {
        let events = parcels.into_iter().flat_map(|parcel| &parcel.events);
        let mut errors = events.flat_map(|event| self.look(event)).filter(|found| found.severity == Severity::Error);
        let Some(first) = errors.next() else { return };
        let more = errors.count();
        let events = if self.seen == 1 { "the event".into() } else { sanitized!("the first {} events", self.seen) };
        reporter.tell(&match more {
            0 => sanitized!("lint finds an error in {}: {}", events, told(&first)),
            more => sanitized!(
                "lint finds {} in {}, the first is {} (--dry-run tells all and sends nothing)",
                counted(more as u64 + 1, "error"),
                events,
                told(&first)
            ),
        });
    }

    /// The errors and warnings of an event, while there are not enough.
    fn look(&mut self, event: &Outgoing) -> Vec<Finding> {
        if self.seen >= LOOKED_AT {
            return Vec::new();
        }
        self.seen += 1;
        let Ok(document) = Document::new(Arc::clone(&event.payload)) else { return Vec::new() };
        let mut findings = self.linter.observe(&document, LintContext { stage: Stage::Outgoing, now: self.now });
        findings.retain(|finding| finding.severity > Severity::Note);
        match &self.redaction {
            Some(redaction) => {
                let twin = redaction.payload(&event.payload);
                findings.iter().map(|finding| redaction.finding(finding, &twin)).collect()
            }
            None => findings,
        }
    }
}

/// A finding in one line.
fn told(finding: &Finding) -> Sanitized {
    let pointer = finding.pointer();
    let gap = if pointer.is_empty() { "" } else { " " };
    sanitized!("{}[{}]{}{}: {}", finding.severity.as_str(), finding.rule.id, gap, pointer, finding.sentence())
}
