use std::sync::Arc;

use foldhash::HashSet;

use super::{Absences, Plan, SeverityOverrides, rules};
use crate::event::signature::Signing;
use crate::event::{Document, NodeId, NodeKind, Path, Segment};
use crate::lint::cross_event::CrossEvent;
use crate::lint::{
    Finding, Findings, LintContext, NodeLookup, Rule, bulk, check_signature, dedupe, extract_into, find, in_order,
};

/// Lints one event after the other: each by itself, against the plan, and beside those before it.
#[derive(Debug, Default)]
pub struct Linter {
    alone: Arc<LinterAlone>,
    cross_event: CrossEvent,
    absences: Absences,
}

/// The part of a [`Linter`] that remembers nothing: it lints events by themselves and against the plan, as many at a time as
/// one likes.
#[derive(Clone, Debug, Default)]
pub struct LinterAlone {
    levels: SeverityOverrides,
    plan: Plan,
    /// The rules that need not be looked at.
    unwanted: Arc<[&'static Rule]>,
    signing: Signing,
    /// Whether what is judged is signed before it goes out.
    signs: bool,
}

/// The findings in an event by itself, before it is seen beside others.
#[derive(Debug)]
pub struct LintedAlone {
    /// The part that is checked, where that is not all of the event.
    extract: Option<Document>,
    findings: Findings,
}

impl Linter {
    /// A linter that has seen no event yet.
    pub fn new(levels: SeverityOverrides, plan: Plan) -> Self {
        // Of a value that is of a wrong form more follows than that it is told.
        let unwanted = rules().filter(|rule| levels.never_tell(rule) && !dedupe::is_of_form(rule)).collect();
        let alone = Arc::new(LinterAlone { levels, plan, unwanted, ..LinterAlone::default() });
        Self { alone, ..Self::default() }
    }

    /// The part of it that remembers nothing.
    pub fn alone(&self) -> Arc<LinterAlone> {
        Arc::clone(&self.alone)
    }

    /// The same for an account that signs events; `signs` says that what is judged is signed before it goes out.
    #[must_use]
    pub fn with_signing(self, signing: Signing, signs: bool) -> Self {
        let alone = Arc::new(LinterAlone { signing, signs, ..Arc::unwrap_or_clone(self.alone) });
        Self { alone, ..self }
    }

    /// Forgets the events that were observed.
    pub fn forget(&mut self) {
        (self.cross_event, self.absences) = (CrossEvent::default(), Absences::default());
    }

    /// The findings in `event`, also beside those observed before; and learns from it for those after it.
    pub fn observe(&mut self, event: &Document, context: LintContext) -> Vec<Finding> {
        self.go_on(event, self.alone.lint(event, context), context)
    }

    /// The same of an event that was linted by itself.
    pub fn go_on(&mut self, event: &Document, alone: LintedAlone, context: LintContext) -> Vec<Finding> {
        let LintedAlone { extract, mut findings } = alone;
        let event = extract.as_ref().unwrap_or(event);
        let malformed = malformed(event, findings.kept());
        self.cross_event.observe(event, &malformed, context, &mut findings);
        self.absences.observe(&self.alone.plan, event, &mut findings);
        self.alone.told(event, findings)
    }

    /// The findings in what may be sent one day: an event, or each of an array of them, also beside those observed
    /// before. Nothing is learnt from it.
    pub fn judge(&self, draft: &Document, context: LintContext) -> Vec<Finding> {
        if draft.get(NodeId::ROOT).is_none_or(|root| root.kind != NodeKind::Array) {
            return self.foreseen(draft, context);
        }
        let mut findings = Findings::default();
        for (index, element) in draft.children(NodeId::ROOT).enumerate() {
            let Ok(event) = Document::read(draft.text(element)) else { continue };
            let found = self.foreseen(&event, context);
            findings.extend(found.into_iter().map(|mut finding| {
                let Path(inside) = std::mem::take(&mut finding.path);
                finding.path = Path(std::iter::once(Segment::Index(index)).chain(inside).collect());
                finding
            }));
        }
        findings.done()
    }

    fn foreseen(&self, event: &Document, context: LintContext) -> Vec<Finding> {
        let LintedAlone { extract, mut findings } = self.alone.lint(event, context);
        let event = extract.as_ref().unwrap_or(event);
        let malformed = malformed(event, findings.kept());
        self.cross_event.foresee(event, &malformed, context, &mut findings);
        self.alone.told(event, findings)
    }

    /// Whether of the events observed so far some repeats and changes could not be found.
    pub fn has_limits(&self) -> bool {
        self.cross_event.has_limits()
    }
}

impl LinterAlone {
    /// What is wrong with `event` whatever came before it.
    pub fn lint(&self, event: &Document, context: LintContext) -> LintedAlone {
        let mut findings = Findings::without(Arc::clone(&self.unwanted));
        let extract = extract_into(event, &mut findings);
        let checked = extract.as_ref().unwrap_or(event);
        find(checked, context, &mut findings);
        check_signature(checked, &self.signing, self.signs, context, &mut findings);
        self.plan.check(checked, context, &mut findings);
        LintedAlone { extract, findings }
    }

    /// The findings in a bulk call of so many events in a body of so many bytes, apart from the events themselves.
    pub fn bulk(&self, events: usize, bytes: usize) -> Vec<Finding> {
        self.levels.apply(None, bulk(events, bytes))
    }

    /// The findings in an event by itself, be it of the session or not.
    pub fn all(&self, event: &Document, context: LintContext) -> Vec<Finding> {
        let LintedAlone { extract, findings } = self.lint(event, context);
        self.told(extract.as_ref().unwrap_or(event), findings)
    }

    /// Those of the findings that are told. One that is allowed does not stand in for another.
    fn told(&self, event: &Document, findings: Findings) -> Vec<Finding> {
        in_order(event, self.levels.apply_to(event, findings.done()))
    }
}

/// The values of which something else is wrong than that they are of another type than before.
fn malformed(event: &Document, findings: &[Finding]) -> HashSet<NodeId> {
    let mut places = NodeLookup::of(event, findings);
    let of_form = findings.iter().filter(|finding| dedupe::is_of_form(finding.rule));
    of_form.map(|finding| places.nearest(&finding.path)).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::event::VISITED;
    use crate::fuzz_tests;
    use crate::lint::Stage;
    use crate::plan::SchemaFile;

    const CONTEXT: LintContext = LintContext { stage: Stage::Outgoing, now: jiff::Timestamp::UNIX_EPOCH };

    /// The hostile part of an event of that size.
    type Hostile = fn(usize) -> String;

    fn repeated(count: usize, one: impl Fn(usize) -> String) -> String {
        (0..count).map(one).collect::<Vec<_>>().join(",")
    }

    const HOSTILE: [(&str, Hostile); 14] = [
        ("products", |n| format!(r#""products":[{}]"#, repeated(n, |_| r#"{"qty":1}"#.into()))),
        ("products without anything", |n| format!(r#""products":[{}]"#, repeated(n, |_| "{}".into()))),
        ("an object of products", |n| {
            format!(r#""products":{{{}}}"#, repeated(n, |at| format!(r#""p{at}":{{"Sku":1}}"#)))
        }),
        ("a name again and again", |n| repeated(n, |_| r#""Email":1"#.into())),
        ("an identifier again and again", |n| repeated(n, |_| r#""cookie":1,"email":1"#.into())),
        ("twins of a standard name", |n| repeated(n, |at| format!(r#""customer{}id":1"#, "_".repeat(at % 50 + 2)))),
        ("twins of each other", |n| repeated(n, |at| format!(r#""f{}{}":1"#, at / 4, "_".repeat(at % 4)))),
        ("unplanned fields", |n| repeated(n, |at| format!(r#""planed_{at}":1"#))),
        ("fields under a name", |n| {
            format!(r#""{}":[{}]"#, "n".repeat(4 * n), repeated(n, |_| r#""undefined""#.into()))
        }),
        ("texts for nothing", |n| repeated(n, |at| format!(r#""f{at}":"undefined""#))),
        ("levels", |n| format!(r#""a":{}{}"#, "[".repeat(n), "]".repeat(n))),
        ("objects in each other", |n| format!(r#""a":{}1{}"#, r#"{"a":"#.repeat(n), "}".repeat(n))),
        ("a long text", |n| format!(r#""email":"{}","planed":"{}""#, "a@".repeat(n), "x".repeat(8 * n))),
        ("objects that lack all that is usual", |n| format!(r#""usual":[{}]"#, repeated(n, |_| "{}".into()))),
    ];

    /// A linter with a large plan that has seen events with many fields.
    fn linter() -> Linter {
        let fields = repeated(1_000, |at| format!(r#""planned_{at}":{{"type":"string"}}"#));
        let each = format!(r#"{{"properties":{{{fields}}},"required":["planned_1","planned_2"]}}"#);
        let schema = format!(r#"{{"properties":{{{fields},"products":{{"items":{each}}}}}}}"#);
        let file = SchemaFile { name: "booked.json".into(), text: Ok(schema) };
        let (plan, bad) = Plan::read([file]);
        assert_eq!(bad, []);
        let mut linter = Linter::new(SeverityOverrides::default(), plan);
        let usual = repeated(1_000, |at| format!(r#""usual_{at}":1"#));
        let event = Document::read(&format!(r#"{{"event":"booked","usual":[{{{usual}}}]}}"#)).unwrap();
        for _ in 0..6 {
            linter.observe(&event, CONTEXT);
        }
        linter
    }

    /// How many values are gone through for an event with those fields, and how many bytes the findings have.
    fn cost(fields: &str) -> (u64, usize) {
        let event = Document::read(&format!(r#"{{"event":"booked",{fields}}}"#)).unwrap();
        let mut linter = linter();
        let before = VISITED.get();
        let findings = linter.observe(&event, CONTEXT);
        let visited = VISITED.get() - before;
        (
            visited,
            findings.iter().map(|finding| finding.path.pointer().len() + finding.found.words().to_string().len()).sum(),
        )
    }

    #[test]
    fn any_events_are_linted_one_after_the_other() {
        let seeds = [
            "{\"event\":\"purchase\",\"email\":\"jane@example.com\",\"order_id\":\"7\",\"revenue\":25,\"products\":[{\"sku\":\"1\",\"price\":25,\"quantity\":1}]}\n{\"event\":\"purchase\",\"email\":\"kim@example.com\",\"order_id\":7,\"revenue\":\"$ 25\"}",
            "{\"event\":\"identify\",\"customer_id\":\"1\",\"joined_at\":\"11/11/2011\",\"phone_number\":\"+1 (415) 555-0100\",\"gender\":\"F\",\"ip\":\"::1\"}",
            "{\"event\":\"subscription_start\",\"subscription_started_at\":\"2026-01-31\",\"subscription_end_at\":\"2026-02-28\",\"subscription_period_type\":\"month\",\"subscription_period_length\":\"1\"}",
            "{\"event\":\"booked\",\"planned_1\":1,\"Planned_2\":\"x\",\"_bsft_ts\":\"2026-11-24T11:00:00Z\",\"timestamp\":1758104814}",
        ];
        fuzz_tests::texts(&seeds, |text| {
            let mut linter = Linter::new(SeverityOverrides::default(), small_plan());
            let mut told = Vec::new();
            for (at, line) in text.lines().enumerate() {
                if serde_json::from_str::<serde::de::IgnoredAny>(line).is_err() {
                    continue;
                }
                let Ok(event) = Document::read(line) else { continue };
                let stage = if at % 2 == 0 { Stage::Outgoing } else { Stage::Received };
                for finding in linter.observe(&event, LintContext { stage, ..CONTEXT }) {
                    assert!(event.find(&finding.path).is_some(), "{} at {}", finding.rule.id, finding.path);
                    if let Some(crate::lint::Fix::Replace(json)) = &finding.fix {
                        assert!(serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok(), "{json}");
                    }
                    drop((finding.description(), finding.sentence()));
                    told.push(finding.rule.id);
                }
            }
            told.sort_unstable();
            told.dedup();
            told
        });
    }

    /// The plan of one event type.
    fn small_plan() -> Plan {
        let schema = r#"{"properties":{"planned_1":{"type":"string"},"planned_2":{"type":"string","minLength":2},"n":{"minimum":1.5}},"required":["planned_1"],"additionalProperties":false}"#;
        Plan::read([SchemaFile { name: "booked.json".into(), text: Ok(schema.to_owned()) }]).0
    }

    #[test]
    fn what_is_to_be_sent_is_held_to_what_came() {
        let mut linter = Linter::default();
        let order = |id: &str| {
            let text =
                format!(r#"{{"event":"purchase","email":"jane@example.com","order_id":"{id}","revenue":1,"sku":"1"}}"#);
            Document::read(&text).unwrap()
        };
        let found = |linter: &Linter, id: &str| {
            let found = linter.judge(&order(id), CONTEXT);
            found.iter().map(|it| (it.rule.id, it.expected.words().to_string())).collect::<Vec<_>>()
        };
        assert_eq!(found(&linter, "1"), []);
        linter.observe(&order("1"), CONTEXT);
        linter.observe(&order("1"), CONTEXT);
        let twice = "an order that did not come yet: this one came 2 times already".to_owned();
        for _ in 0..2 {
            assert_eq!(found(&linter, "1"), [("order-twice", twice.clone())], "nothing is learnt from it");
        }
        assert_eq!(found(&linter, "2"), []);
        assert_eq!(linter.alone().all(&order("1"), CONTEXT), []);
    }

    #[test]
    fn no_event_costs_more_than_in_proportion_to_its_size() {
        for (name, hostile) in HOSTILE {
            let [small, large] = [1_000, 4_000].map(hostile);
            let ((few, _), (many, bytes)) = (cost(&small), cost(&large));
            assert!(many <= 5 * few.max(10_000), "{name}: {few} values are gone through for a quarter, {many} for all");
            assert!(bytes <= 10 * large.len() + 10_000, "{name}: {bytes} bytes are told of {}", large.len());
        }
    }
}
