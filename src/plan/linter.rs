use std::collections::HashSet;

use super::{Absences, Plan, SeverityOverrides};
use crate::event::{Document, NodeId, NodeKind, Path, Segment};
use crate::lint::cross_event::CrossEvent;
use crate::lint::{Finding, LintContext, NodeLookup, bulk, dedupe, found, in_order};

/// Lints one event after the other: each by itself, against the plan, and beside those before it.
#[derive(Debug, Default)]
pub struct Linter {
    levels: SeverityOverrides,
    plan: Plan,
    cross_event: CrossEvent,
    absences: Absences,
}

impl Linter {
    /// A linter that has seen no event yet.
    pub fn new(levels: SeverityOverrides, plan: Plan) -> Self {
        Self { levels, plan, ..Self::default() }
    }

    /// The findings in `event`, also beside those observed before; and learns from it for those after it.
    pub fn observe(&mut self, event: &Document, context: LintContext) -> Vec<Finding> {
        let mut findings = self.by_itself(event, context);
        let malformed = malformed(event, &findings);
        findings.extend(self.cross_event.observe(event, &malformed, context));
        findings.extend(self.absences.observe(&self.plan, event));
        self.told(event, findings)
    }

    /// The findings in what may be sent one day: an event, or each of an array of them. Nothing is learnt from it.
    pub fn judge(&self, draft: &Document, context: LintContext) -> Vec<Finding> {
        if draft.get(NodeId::ROOT).is_none_or(|root| root.kind != NodeKind::Array) {
            return self.told(draft, self.by_itself(draft, context));
        }
        let mut findings = Vec::new();
        for (index, element) in draft.children(NodeId::ROOT).enumerate() {
            let Ok(event) = Document::read(draft.text(element)) else { continue };
            let found = self.told(&event, self.by_itself(&event, context));
            findings.extend(found.into_iter().map(|mut finding| {
                let Path(inside) = std::mem::take(&mut finding.path);
                finding.path = Path(std::iter::once(Segment::Index(index)).chain(inside).collect());
                finding
            }));
        }
        findings
    }

    /// The findings in a bulk call of so many events in a body of so many bytes, apart from the events themselves.
    pub fn bulk(&self, events: usize, bytes: usize) -> Vec<Finding> {
        self.levels.apply(None, bulk(events, bytes))
    }

    fn by_itself(&self, event: &Document, context: LintContext) -> Vec<Finding> {
        let mut findings = found(event, context);
        findings.extend(self.plan.check(event, context));
        findings
    }

    /// Those of the findings that are told. One that is allowed does not stand in for another.
    fn told(&self, event: &Document, findings: Vec<Finding>) -> Vec<Finding> {
        in_order(event, self.levels.apply(event.event_type(), findings))
    }
}

/// The values of which something else is wrong than that they are of another type than before.
fn malformed(event: &Document, findings: &[Finding]) -> HashSet<NodeId> {
    let mut places = NodeLookup::of(event, findings);
    let of_form = findings.iter().filter(|finding| dedupe::is_of_form(finding.rule));
    of_form.map(|finding| places.nearest(&finding.path)).collect()
}
