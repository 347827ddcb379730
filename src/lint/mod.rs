//! Lint: what is wrong with an event, said at the field, with why it matters and, where it is sure, the fix.
//!
//! Each rule is a [`Rule`] among `rules` and a check beside others of its sort: those of one event, those across the
//! events of a session, those of the team's plan and those of a bulk call. A check sees an event and where in its life it
//! is: the platform's own additions are never held against a received event. A `plan::Linter` joins them all, and a fault is
//! told once, as bad as the `plan::SeverityOverrides` say.
//!
//! The plan (`event::plan`) is a room of its own that speaks in this one's words, [`Rule`] and [`Finding`]; only the list
//! of all rules and the `plan::Linter` look back into it.

mod amounts;
mod attributes;
mod budget;
mod bulk;
mod calendars;
mod characters;
mod counts;
pub(crate) mod cross_event;
mod dates;
pub(crate) mod dedupe;
mod degradation;
mod envelopes;
#[cfg(test)]
mod false_alarm_tests;
mod finding;
mod json_types;
mod limits;
mod missing;
mod nobody;
mod per_event;
mod redaction;
mod secrets;
mod seen;
mod sender;
mod severity;
mod signature;
mod values;
mod words;

use std::sync::Arc;

use foldhash::{HashMap, HashSet};
use jiff::Timestamp;
use serde::Serialize;

use crate::event::text::excerpt;
use crate::event::{Document, NodeId, Path, Segment};

pub(crate) use budget::{Findings, extract, extract_into};
pub(crate) use bulk::bulk;
pub use counts::SeverityCounts;
pub(crate) use dates::{is_day, numbers};
use finding::Mended;
pub use finding::{Actual, Expected, Finding, Fix, Name, Reason, Share};
pub use json_types::JsonTypes;
pub(crate) use limits::{letters, twin};
pub use seen::seen;
pub use severity::Severity;
pub(crate) use signature::check as check_signature;
pub(crate) use values::{is_address, is_uuid};

/// Something that can be wrong with an event.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its name: `date-format`.
    pub id: &'static str,
    /// How bad it is, unless configured otherwise.
    pub severity: Severity,
    /// Its subject, in a few words.
    pub title: &'static str,
    /// Why it matters, in one sentence.
    pub why: &'static str,
    /// Where the platform says so; the address of a page. Empty where it is inferred.
    #[serde(serialize_with = "words::unless_empty")]
    pub documentation: &'static str,
    /// An example that breaks it: an event, or several that come one after the other, one a line; or a bulk call, an array.
    pub bad: &'static str,
    /// The same as it should be.
    pub good: &'static str,
}

/// Where in its life an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// It is to be sent: what the platform would refuse or lose counts.
    Outgoing,
    /// The platform shows it: what the platform added or derived does not count.
    Received,
}

/// The circumstances in which an event is checked.
#[derive(Clone, Copy, Debug)]
pub struct LintContext {
    /// Where in its life the event is.
    pub stage: Stage,
    /// The time by which "in the future" and "long ago" are judged.
    pub now: Timestamp,
}

/// The rules that need no plan, by their sort.
pub(crate) fn rules() -> impl Iterator<Item = &'static Rule> {
    let of_any_event =
        [limits::RULES, degradation::RULES, missing::RULES, calendars::RULES, values::RULES, attributes::RULES];
    let by_subject = [characters::RULES, envelopes::RULES, nobody::RULES, secrets::RULES, signature::RULES];
    let of_others = [bulk::RULES, budget::RULES];
    let of_each = of_any_event.into_iter().chain(by_subject).chain(per_event::RULES);
    of_each.chain(cross_event::RULES).chain(of_others).flatten().copied()
}

/// The findings in `event`, in the order of its fields; what concerns the whole event comes first.
#[cfg(test)]
pub(crate) fn lint(event: &Document, context: LintContext) -> Vec<Finding> {
    let (event, mut findings) = extract(event);
    find(&event, context, &mut findings);
    in_order(&event, findings.done())
}

/// Finds what the rules for one event say of it.
pub(crate) fn find(event: &Document, context: LintContext, findings: &mut Findings) {
    /// The rules of a sort, and what finds where they are broken.
    type Check = (&'static [&'static [&'static Rule]], fn(&Document, LintContext, &mut Findings));
    let each: [Check; 10] = [
        (&[limits::RULES], limits::check),
        (&[degradation::RULES, missing::RULES, calendars::RULES], degradation::check),
        (&[values::RULES], values::check),
        (&[attributes::RULES], attributes::check),
        (&[characters::RULES], characters::check),
        (&[envelopes::RULES], envelopes::check),
        (&[nobody::RULES], nobody::check),
        (&[secrets::RULES], secrets::check),
        (&per_event::RULES, per_event::check),
        (&[bulk::RULES], bulk::check),
    ];
    for (rules, check) in each {
        if rules.iter().any(|rules| findings.want(rules)) {
            check(event, context, findings);
        }
    }
    sender::ease(event, findings);
}

/// The findings in the order of the event's fields, each fault told once, and not too many of one rule.
pub(crate) fn in_order(event: &Document, findings: Vec<Finding>) -> Vec<Finding> {
    let mut lookup = NodeLookup::of(event, &findings);
    let at: Vec<NodeId> = findings.iter().map(|finding| lookup.nearest(&finding.path)).collect();
    let mut with_place: Vec<_> = at.into_iter().zip(findings).collect();
    // A field that seems missing may be in the part of a container that was not checked.
    with_place.retain(|(at, finding)| finding.missing().is_empty() || event.is_whole(*at));
    with_place.sort_by_key(|(at, finding)| (*at, finding.rule.id));
    let mut findings: Vec<Finding> = with_place.into_iter().map(|(_, finding)| finding).collect();
    findings.dedup();
    budget::listed(dedupe::told(findings))
}

/// Looks up where the findings in an event stand.
#[derive(Debug)]
pub struct NodeLookup<'a> {
    event: &'a Document,
    /// The children of each container that was passed by, of those that findings name: one by one, the findings in the
    /// products of a large order would each count through all of them. `None` for so few findings that this is cheaper.
    known: Option<Known>,
}

#[derive(Debug, Default)]
struct Known {
    names: HashSet<Arc<str>>,
    indices: HashSet<usize>,
    children: HashMap<NodeId, HashMap<Segment, NodeId>>,
}

impl<'a> NodeLookup<'a> {
    /// The places of these findings, and of no others, in `event`.
    pub fn of(event: &'a Document, findings: &[Finding]) -> Self {
        const FEW: usize = 64;
        let known = (findings.len() >= FEW).then(|| {
            let mut known = Known::default();
            for step in findings.iter().flat_map(|finding| &finding.path.0) {
                match step {
                    Segment::Key { name, .. } if known.names.contains(name) => {}
                    Segment::Key { name, .. } => drop(known.names.insert(Arc::clone(name))),
                    Segment::Index(index) => drop(known.indices.insert(*index)),
                }
            }
            known
        });
        Self { event, known }
    }

    /// The value at `path`, or the innermost there is on the way to it.
    pub fn nearest(&mut self, path: &Path) -> NodeId {
        path.0.iter().try_fold(NodeId::ROOT, |id, step| self.child(id, step).ok_or(id)).unwrap_or_else(|last| last)
    }

    fn child(&mut self, id: NodeId, step: &Segment) -> Option<NodeId> {
        let event = self.event;
        let Some(Known { names, indices, children }) = &mut self.known else { return event.child(id, step) };
        let is_named = |child: &NodeId| match event.key(*child) {
            Some(key) => names.contains(&*key),
            None => event.get(*child).is_some_and(|node| indices.contains(&(node.position as usize))),
        };
        let children = children.entry(id).or_insert_with(|| {
            let named = event.children(id).filter(is_named);
            named.filter_map(|child| Some((event.segment(child)?, child))).collect()
        });
        children.get(step).copied()
    }
}

impl Rule {
    /// A finding of this rule at `path`, without a fix.
    pub(crate) fn at(&'static self, path: Path, expected: impl Into<Expected>, found: impl Into<Actual>) -> Finding {
        let (expected, found) = (expected.into(), found.into());
        Finding { rule: self, severity: self.severity, path, expected, found, fix: None, share: None }
    }
}

/// How much of a value is shown, in columns.
const SHOWN: usize = 60;

/// The value at `id`.
pub(crate) fn shown(event: &Document, id: NodeId) -> Actual {
    Actual::Value(excerpt(event.text(id), SHOWN))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {

    use super::*;
    use crate::event::catalogue::Catalogue;
    use crate::event::placeholder::{TEST_ADDRESS, Values, resolve};
    use crate::plan::Linter;

    pub(super) fn read(event: &str) -> Document {
        Document::read(event).unwrap()
    }

    /// On a day in November 2026.
    pub(super) fn context(stage: Stage) -> LintContext {
        LintContext { stage, now: "2026-11-24T12:00:00Z".parse().unwrap() }
    }

    /// The findings in `event`.
    pub(super) fn findings(event: &str, stage: Stage) -> Vec<Finding> {
        lint(&read(event), context(stage))
    }

    /// The findings of that one rule.
    pub(super) fn of(event: &str, stage: Stage, rule: &str) -> Vec<Finding> {
        findings(event, stage).into_iter().filter(|finding| finding.rule.id == rule).collect()
    }

    /// The JSON that sets right what breaks that one rule, in an event to be sent.
    pub(super) fn fixed(event: &str, rule: &str) -> Option<String> {
        of(event, Stage::Outgoing, rule).into_iter().find_map(|finding| match finding.fix {
            Some(Fix::Replace(json)) => Some(json),
            _ => None,
        })
    }

    /// The findings of that one rule in events that come one after the other: in which of them, where, and what was expected.
    pub(super) fn across(events: &[&str], stage: Stage, rule: &str) -> Vec<(usize, String, String)> {
        let mut linter = Linter::default();
        let found = events.iter().enumerate().flat_map(|(at, event)| {
            let found = linter.observe(&read(event), context(stage)).into_iter();
            found
                .filter(|finding| finding.rule.id == rule)
                .map(move |it| (at, it.path.pointer(), it.expected.words().to_string()))
        });
        found.collect()
    }

    /// The rules that an example breaks, each once: an event, one a line, or a bulk call as an array of them.
    fn broken(example: &str, stage: Stage) -> Vec<&'static str> {
        let mut linter = Linter::default();
        let mut findings = Vec::new();
        if example.starts_with('[') {
            let events: Vec<serde_json::Value> = serde_json::from_str(example).unwrap();
            findings.extend(bulk(events.len(), example.len()));
            findings.extend(events.iter().flat_map(|it| linter.observe(&read(&it.to_string()), context(stage))));
        } else {
            findings.extend(example.lines().flat_map(|event| linter.observe(&read(event), context(stage))));
        }
        let mut ids: Vec<_> = findings.iter().map(|finding| finding.rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    #[test]
    fn every_rule_finds_its_bad_example_and_nothing_in_its_good_one() {
        let mut ids: Vec<_> = rules().map(|rule| rule.id).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair.first() != pair.last()), "an id twice in {ids:?}");
        // Those of the plan need one.
        for rule in rules() {
            // Only a received event is right to say when it was received.
            let stage = if rule.good.contains("_bsft_ts") { Stage::Received } else { Stage::Outgoing };
            assert!(broken(rule.bad, stage).contains(&rule.id), "{} in its bad example", rule.id);
            assert_eq!(broken(rule.good, stage), [""; 0], "in the good example of {}", rule.id);
        }
    }

    #[test]
    fn what_is_told_names_the_fault_that_was_found_and_no_other() {
        // A rule, an event that breaks it, what the finding says among other things, and words of another fault.
        let cases: &[(&str, &str, &[&str], &[&str])] = &[
            (
                "products-array",
                r#"{"products":["A1","A2"]}"#,
                &["objects with a product_id", "found [\"A1\""],
                &["key by key"],
            ),
            (
                "products-array",
                r#"{"products":"A1"}"#,
                &["an array of objects, one a product", "found \"A1\""],
                &["hide"],
            ),
            ("products-array", r#"{"products":{"a":{"sku":"1"}}}"#, &["can hide products"], &[]),
            (
                "date-impossible",
                r#"{"at":"x","ends_at":"2026-02-30T10:00:00Z"}"#,
                &["a date that exists", "2026-02-30"],
                &["swapped"],
            ),
            ("date-impossible", r#"{"ends_at":"2026-14-02T10:00:00Z"}"#, &["swapped it is 2026-02-14"], &[]),
            ("date-epoch", r#"{"ends_at":1758104814000}"#, &["as milliseconds since 1970"], &["as seconds"]),
            ("date-format", r#"{"billing_date":20261124}"#, &["the number that it is"], &["stored as a string"]),
            ("boolean-spelling", r#"{"unsubscribed":1}"#, &["found 1; write true"], &["stored as a string"]),
            ("number-format", r#"{"event":"purchase","revenue":"free"}"#, &["bare number", "found \"free\""], &[]),
            ("event-uuid-format", r#"{"event_uuid":7}"#, &["five groups", "found 7"], &["documentation is not"]),
            ("event-name-whitespace", r#"{"event":"plan chosen"}"#, &["without white space"], &["another event type"]),
            ("latitude-range", r#"{"latitude":"212.9"}"#, &["not a latitude", "found \"212.9\""], &["Longitudes"]),
            (
                "currency-format",
                r#"{"currency":"US Dollar"}"#,
                &["or none", "found \"US Dollar\""],
                &["other spelling"],
            ),
            ("email-format", r#"{"email":"jane doe@example.com"}"#, &["without white space"], &["hide"]),
            ("timestamp-future", r#"{"timestamp":"2062-11-24T11:59:00Z"}"#, &["the date itself"], &[]),
            ("half-character", r#"{"shoe\ud83d":1}"#, &["found the name shoe\\ud83d"], &["\\\\ud83d", "a text of"]),
            ("bulk-limits", &format!(r#"{{"a":"{}"}}"#, "a".repeat(1 << 20)), &["this one cannot be sent"], &["split"]),
        ];
        for (rule, event, said, unsaid) in cases {
            let found = of(event, Stage::Outgoing, rule);
            let told: Vec<String> = found.iter().map(|it| format!("{} - {}", it.sentence(), it.rule.why)).collect();
            let [told] = told.as_slice() else { panic!("{rule}: {told:?}") };
            assert!(said.iter().all(|words| told.contains(words)), "{rule}: {told}");
            assert!(!unsaid.iter().any(|words| told.contains(words)), "{rule}: {told}");
        }
    }

    #[test]
    fn the_finding_in_an_example_shows_the_value_that_is_wrong_in_it() {
        for rule in rules() {
            let stage = if rule.good.contains("_bsft_ts") { Stage::Received } else { Stage::Outgoing };
            let mut linter = Linter::default();
            let events = rule.bad.lines().filter(|_| !rule.bad.starts_with('[')).map(read);
            for event in events {
                let found = linter.observe(&event, context(stage)).into_iter().filter(|it| it.rule.id == rule.id);
                for finding in found.filter(|finding| matches!(finding.found, Actual::Value(_))) {
                    let value = event.find(&finding.path).map(|id| excerpt(event.text(id), SHOWN));
                    assert_eq!(value.as_ref(), Some(&finding.found.words()), "{}", rule.id);
                    assert_ne!(finding.expected.words(), finding.found.words(), "{}", rule.id);
                }
            }
        }
    }

    #[test]
    fn the_examples_of_the_catalogue_are_as_they_should_be() {
        let now = "2026-11-24T11:59:00Z".parse().unwrap();
        let values = Values { now, seed: 7, seq: 3, email: TEST_ADDRESS, environment: &|_| None };
        for template in Catalogue::standard().templates() {
            let draft = resolve(&template.text, &values).unwrap();
            let example: serde_json::Value = serde_json::from_str(&draft).unwrap();
            for event in example.as_array().map_or(std::slice::from_ref(&example), Vec::as_slice) {
                let found = findings(&event.to_string(), Stage::Outgoing);
                assert!(found.is_empty(), "{}: {found:#?}", template.name);
            }
        }
    }
}
