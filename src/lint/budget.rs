//! How much of an event is looked at and how much is told of it, whatever comes; and that the rest is said to be left out.

use std::collections::HashMap;

use super::{Actual, Finding, LintContext, Rule, Severity};
use crate::event::{Document, NodeId, Path, Segment};

/// How many containers a value may stand in to be looked at. Real events have a handful.
const DEEPEST: u32 = 64;

/// How many values of an event are looked at. An event of 1 MB has some ten thousand.
const MOST_VALUES: usize = 100_000;

/// How many findings of one rule are listed for one event.
const MOST_LISTED: usize = 100;

static CUT_SHORT: Rule = Rule {
    id: "cut-short",
    severity: Severity::Warning,
    title: "an event too large to be checked in full",
    why: "An event is checked to 64 levels and 100,000 values, and compared with others to 1,000 fields an object: \
          what lies beyond may be wrong without a word here.",
    documentation: "",
    bad: concat!(
        r#"{"event":"plan_chosen","email":"jane@example.com","tree":"#,
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"
    ),
    good: r#"{"event":"plan_chosen","email":"jane@example.com","tree":[["oak"],["elm"]]}"#,
};

pub(super) const RULES: &[&Rule] = &[&CUT_SHORT];

/// The values that are looked at, in document order.
pub(super) fn looked_at(event: &Document) -> impl Iterator<Item = NodeId> {
    event.ids().take(MOST_VALUES).filter(|id| is_looked_at(event, *id))
}

pub(super) fn is_looked_at(event: &Document, id: NodeId) -> bool {
    id.index() < MOST_VALUES && event.get(id).is_some_and(|node| node.depth <= DEEPEST)
}

pub(super) fn check(event: &Document, _context: LintContext, findings: &mut Vec<Finding>) {
    if event.len() > MOST_VALUES {
        let found = Actual::Count { count: event.len() as u64, of: "value" };
        findings.push(cut_short(Path::root(), "at most 100,000 values, which were checked", found));
    }
    let mut ids = event.ids().take(MOST_VALUES);
    let deep = ids.find(|id| event.get(*id).is_some_and(|node| node.depth > DEEPEST));
    let mut around = deep;
    while let Some(above) = around.and_then(|id| event.parent(id)).filter(|above| *above != NodeId::ROOT) {
        around = Some(above);
    }
    if let Some(field) = around {
        let path = event.segment(field).map_or_else(Path::root, |segment: Segment| Path(vec![segment]));
        findings.push(cut_short(path, "at most 64 levels, which were checked", "more levels than that"));
    }
}

/// That not all of what stands at `path` was looked at.
pub(super) fn cut_short(path: Path, most: &'static str, found: impl Into<Actual>) -> Finding {
    CUT_SHORT.at(path, most, found)
}

/// The first findings of each rule, and of a rule with more how many those are.
pub(super) fn listed(findings: Vec<Finding>) -> Vec<Finding> {
    if findings.len() <= MOST_LISTED {
        return findings;
    }
    let mut listed: Vec<Finding> = Vec::new();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut rests: Vec<Finding> = Vec::new();
    for finding in findings {
        let count = counts.entry(finding.rule.id).or_default();
        *count += 1;
        if *count <= MOST_LISTED {
            listed.push(finding);
            continue;
        }
        match rests.iter_mut().find(|rest| rest.rule.id == finding.rule.id) {
            Some(rest) => {
                rest.found = Actual::Unlisted(rest.count() + 1);
                rest.severity = rest.severity.max(finding.severity);
            }
            None => rests.push(Finding { path: Path::root(), found: Actual::Unlisted(1), fix: None, ..finding }),
        }
    }
    listed.extend(rests);
    listed
}

#[cfg(test)]
mod tests {
    use super::super::tests::{findings, of};
    use super::super::{Finding, Stage};
    use super::*;

    fn cut(event: &str) -> Vec<(String, String)> {
        let found = of(event, Stage::Received, "cut-short").into_iter();
        found.map(|finding| (finding.path.pointer(), finding.found.words().to_string())).collect()
    }

    #[test]
    fn what_is_too_deep_or_too_much_is_said_to_be_left_out() {
        let nested = |levels: usize| format!(r#"{{"a":1,"b":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
        let wide = |values: usize| format!(r#"{{"a":[1{}]}}"#, ",1".repeat(values - 1));
        assert_eq!(cut(&nested(64)), []);
        let deep = [("/b".to_owned(), "more levels than that".to_owned())];
        assert_eq!(cut(&nested(65)), deep);
        assert_eq!(cut(&nested(50_000)), deep);
        assert_eq!(cut(&wide(MOST_VALUES - 2)), []);
        assert_eq!(cut(&wide(MOST_VALUES - 1)), [(String::new(), "100,001 values".to_owned())]);
    }

    #[test]
    fn nothing_is_told_of_what_is_not_looked_at_and_the_rest_is_checked() {
        let event = format!(
            r#"{{"late":{{"email":"jane"}},"b":{}{{"email":"jane"}}{},"email":"jane"}}"#,
            "[".repeat(64),
            "]".repeat(64)
        );
        let found = of(&event, Stage::Outgoing, "email-format");
        let places: Vec<_> = found.iter().map(|finding| finding.path.pointer()).collect();
        assert_eq!(places, ["/late/email", "/email"]);
    }

    #[test]
    fn of_many_findings_of_a_rule_the_first_hundred_are_listed_and_the_others_counted() {
        let fields = |count: usize| (0..count).fold(String::new(), |all, n| all + &format!(r#","f{n}":"undefined""#));
        let event = |count| format!(r#"{{"event":"plan_chosen","teacher":""{}}}"#, fields(count));
        let listed = |count| {
            let of_rule = |finding: &Finding| finding.rule.id == "literal-text";
            let found = findings(&event(count), Stage::Outgoing);
            let others = found.iter().filter(|finding| !of_rule(finding)).count();
            let of_rule = found.into_iter().filter(of_rule);
            (of_rule.map(|finding| (finding.is_rest(), finding.found.words().to_string())).collect::<Vec<_>>(), others)
        };
        let others = 2;
        assert_eq!(listed(100), (vec![(false, r#""undefined""#.to_owned()); 100], others));
        let (found, rest) = listed(10_000);
        assert_eq!((found.len(), rest), (101, others), "with the one that counts the others");
        assert_eq!(found.last(), Some(&(true, "9,900 more places like those listed".to_owned())));
    }
}
