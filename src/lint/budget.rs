//! How much of an event is looked at, what that may cost, and how much is told of it, whatever comes; and that the rest is
//! said to be left out.
//!
//! No check can leave it: a check sees the extract of an event, so what it goes through once is bounded; what goes through
//! one thing for each of another pays for that with [`Findings::spend`]; and [`Findings`] is all that it can tell.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Actual, Finding, Rule, Severity};
use crate::event::{Document, Extent, Extract, NodeId, Path, Segment};

/// The limits of a check. Real events have a handful of levels, and one of 1 MB has some ten thousand values.
const EXTENT: Extent = Extent { values: 100_000, depth: 64, names: 4_096 };

/// How many steps the looking may take: about a value and a question each, where there are many questions.
const MOST_STEPS: u32 = 1_000_000;

/// How many steps the guessing may take of what a name was meant for: what is wrong is told all the same.
const MOST_GUESSES: u32 = 400_000;

/// How many findings of one rule are kept, of which some may be told by others.
const MOST_KEPT: usize = 1_000;

/// How many bytes the places of the findings may have in all.
const MOST_BYTES: usize = 16 << 20;

/// How many findings of one rule are listed for one event.
const MOST_LISTED: usize = 100;

static CUT_SHORT: Rule = Rule {
    id: "cut-short",
    severity: Severity::Warning,
    title: "an event too large to be checked in full",
    why: "An event is checked to 64 levels and 100,000 values, in a bounded number of steps, and compared with others \
          to 1,000 fields an object: what lies beyond may be wrong without a word here.",
    documentation: "",
    bad: concat!(
        r#"{"event":"plan_chosen","email":"jane@example.com","tree":"#,
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
        "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"
    ),
    good: r#"{"event":"plan_chosen","email":"jane@example.com","tree":[["oak"],["elm"]]}"#,
};

pub(super) const RULES: &[&Rule] = &[&CUT_SHORT];

/// The part of an event that is checked, and a finding for the rest.
pub(crate) fn extract(event: &Document) -> (Cow<'_, Document>, Findings) {
    let mut findings = Findings::default();
    let document = extract_into(event, &mut findings);
    (document.map_or(Cow::Borrowed(event), Cow::Owned), findings)
}

/// The same with room for the findings; `None` where all of the event is checked.
pub(crate) fn extract_into(event: &Document, findings: &mut Findings) -> Option<Document> {
    let Extract { document, values, deep, under } = event.within(EXTENT)?;
    if values {
        let found = Actual::Count { count: event.len() as u64, of: "value" };
        findings.push(cut_short(Path::root(), "at most 100,000 values, which were checked", found));
    }
    if let Some(container) = deep {
        let path = field_around(&document, container);
        findings.push(cut_short(path, "at most 64 levels, which were checked", "more levels than that"));
    }
    if let Some(container) = under {
        let path = document.path(document.parent(container).unwrap_or(NodeId::ROOT));
        let expected = "names of at most 4,096 bytes in all around a value: those within were checked";
        findings.push(cut_short(path, expected, "longer names than that"));
    }
    Some(document)
}

/// The field of the event in which a value stands.
fn field_around(event: &Document, id: NodeId) -> Path {
    let above = |id: &NodeId| event.parent(*id).filter(|above| *above != NodeId::ROOT);
    let field = std::iter::successors(Some(id), above).last().unwrap_or(id);
    event.segment(field).map_or_else(Path::root, |segment: Segment| Path(vec![segment]))
}

/// That not all of what stands at `path` was looked at.
pub(super) fn cut_short(path: Path, most: &'static str, found: impl Into<Actual>) -> Finding {
    CUT_SHORT.at(path, most, found)
}

/// The findings in one event, and the steps that are left to look for more.
#[derive(Debug)]
pub(crate) struct Findings {
    kept: Vec<Finding>,
    /// How many there are of each rule.
    counts: Vec<(&'static Rule, usize)>,
    /// Of each rule of which there are too many, the one that counts those that are not kept.
    rests: Vec<Finding>,
    steps: u32,
    guesses: u32,
    bytes: usize,
    was_cut: bool,
    /// The rules whose findings nobody wants, and nothing follows from.
    unwanted: Arc<[&'static Rule]>,
}

impl Default for Findings {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            counts: Vec::new(),
            rests: Vec::new(),
            steps: MOST_STEPS,
            guesses: MOST_GUESSES,
            bytes: MOST_BYTES,
            was_cut: false,
            unwanted: Arc::default(),
        }
    }
}

impl Findings {
    /// Room for the findings of all other rules than these.
    pub(crate) fn without(unwanted: Arc<[&'static Rule]>) -> Self {
        Self { unwanted, ..Self::default() }
    }

    /// Whether a finding of one of these rules is of any use.
    pub(crate) fn want(&self, rules: &[&'static Rule]) -> bool {
        self.unwanted.is_empty() || rules.iter().any(|rule| !self.unwanted.contains(rule))
    }

    pub(crate) fn push(&mut self, finding: Finding) {
        self.tell(finding.rule, || finding);
    }

    /// Takes a finding of that rule, which is not made where there are too many of them already.
    pub(crate) fn tell(&mut self, rule: &'static Rule, finding: impl FnOnce() -> Finding) {
        if !self.want(&[rule]) {
            return;
        }
        let of_rule = match self.counts.iter_mut().find(|(known, _)| std::ptr::eq(*known, rule)) {
            Some((_, count)) => count,
            None => &mut self.counts.push_mut((rule, 0)).1,
        };
        *of_rule += 1;
        if *of_rule <= MOST_KEPT && self.bytes > 0 {
            let finding = finding();
            self.bytes = self.bytes.saturating_sub(bytes(&finding.path));
            self.kept.push(finding);
        } else {
            self.more(rule, 1);
        }
    }

    /// Pays for so many steps; false when that is too much, and then what they were for is left undone.
    pub(crate) fn spend(&mut self, steps: usize) -> bool {
        let left = u32::try_from(steps).ok().and_then(|steps| self.steps.checked_sub(steps));
        self.steps = left.unwrap_or(0);
        self.was_cut |= left.is_none();
        left.is_some()
    }

    /// Pays for so many steps of a guess; false when it is not worth that any more.
    pub(crate) fn may_guess(&mut self, steps: usize) -> bool {
        let left = u32::try_from(steps).ok().and_then(|steps| self.guesses.checked_sub(steps));
        self.guesses = left.unwrap_or(0);
        left.is_some()
    }

    /// Counts so many more of a rule, which were not made.
    pub(crate) fn more(&mut self, rule: &'static Rule, count: usize) {
        match self.rests.iter_mut().find(|rest| std::ptr::eq(rest.rule, rule)) {
            Some(rest) => rest.found = Actual::Unlisted(rest.count() + count as u64),
            None => self.rests.push(self.rest(rule, count as u64)),
        }
    }

    fn rest(&self, rule: &'static Rule, count: u64) -> Finding {
        let before = self.kept.iter().rev().find(|finding| std::ptr::eq(finding.rule, rule));
        let (severity, expected) =
            before.map_or((rule.severity, "another value".into()), |before| (before.severity, before.expected.clone()));
        Finding { severity, ..rule.at(Path::root(), expected, Actual::Unlisted(count)) }
    }

    /// Says that something was left undone.
    pub(crate) fn cut(&mut self) {
        self.was_cut = true;
    }

    /// Those that were found so far, but for those of which there are too many.
    pub(crate) fn kept(&self) -> &[Finding] {
        &self.kept
    }

    /// Changes those that are kept.
    pub(super) fn each(&mut self, change: impl FnMut(&mut Finding)) {
        self.kept.iter_mut().for_each(change);
    }

    /// All of them.
    pub(crate) fn done(self) -> Vec<Finding> {
        let Self { kept: mut all, rests, was_cut, .. } = self;
        if was_cut {
            let expected = "an event that can be checked in time";
            all.push(cut_short(Path::root(), expected, "too much: the rest was not checked"));
        }
        all.extend(rests);
        all
    }
}

impl Extend<Finding> for Findings {
    fn extend<I: IntoIterator<Item = Finding>>(&mut self, findings: I) {
        findings.into_iter().for_each(|finding| self.push(finding));
    }
}

fn bytes(path: &Path) -> usize {
    let of = |segment: &Segment| match segment {
        Segment::Key { name, .. } => name.len(),
        Segment::Index(_) => size_of::<usize>(),
    };
    path.0.iter().map(of).sum()
}

/// The first findings of each rule, and of a rule with more how many those are. Of a rule whose findings are all told by
/// others, those that were not kept are too.
pub(super) fn listed(findings: Vec<Finding>) -> Vec<Finding> {
    if findings.len() <= MOST_LISTED && findings.iter().all(|finding| !finding.is_rest()) {
        return findings;
    }
    let (uncounted, findings): (Vec<_>, Vec<_>) = findings.into_iter().partition(Finding::is_rest);
    let mut listed: Vec<Finding> = Vec::new();
    let mut rests: Vec<(Finding, usize)> = Vec::new();
    for finding in findings.into_iter().chain(uncounted) {
        let known = rests.iter_mut().find(|(rest, _)| std::ptr::eq(rest.rule, finding.rule));
        let is_rest = finding.is_rest();
        match known {
            Some((rest, count)) if is_rest || *count >= MOST_LISTED => {
                rest.found = Actual::Unlisted(rest.count() + finding.count());
                rest.severity = rest.severity.max(finding.severity);
            }
            Some((_, count)) => {
                *count += 1;
                listed.push(finding);
            }
            None if is_rest => {}
            None => {
                let rest = Finding { path: Path::root(), found: Actual::Unlisted(0), fix: None, ..finding.clone() };
                rests.push((rest, 1));
                listed.push(finding);
            }
        }
    }
    let rests = rests.into_iter().map(|(rest, _)| rest);
    listed.extend(rests.filter(|rest| rest.count() > 0));
    listed
}

#[cfg(test)]
mod tests {
    use super::super::Stage;
    use super::super::tests::{findings, of};
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
        assert_eq!(cut(&wide(EXTENT.values - 2)), []);
        assert_eq!(cut(&wide(EXTENT.values - 1)), [(String::new(), "100,001 values".to_owned())]);
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

    #[test]
    fn what_stands_under_very_long_names_is_left_out_but_not_the_names_themselves() {
        let long = "n".repeat(5_000);
        let event = format!(r#"{{"email":"jane","{long}":{{"email":"jane"}},"{long}{long}":"undefined"}}"#);
        assert_eq!(cut(&event), [(String::new(), "longer names than that".to_owned())]);
        let found = findings(&event, Stage::Outgoing);
        let at = |rule: &str| found.iter().filter(|it| it.rule.id == rule).map(|it| it.path.pointer().len()).collect();
        assert_eq!((at("email-format"), at("literal-text")), (vec!["/email".len()], vec![10_001]));
    }

    #[test]
    fn the_fields_of_the_event_itself_are_looked_at_first_and_what_may_be_in_the_rest_is_not_missing() {
        let many = r#"{"sku":"1"},"#.repeat(100_000);
        let event = format!(r#"{{"event":"view","products":[{many}{{"sku":""}}],"email":"jane@example.com"}}"#);
        let found: Vec<_> = findings(&event, Stage::Received).iter().map(|it| it.rule.id).collect();
        assert_eq!(found, ["cut-short"]);
        let own: String = (0..120_000).fold(String::new(), |all, number| all + &format!(r#""f{number}":1,"#));
        let event = format!(r#"{{"event":"purchase",{own}"email":"jane@example.com","revenue":1}}"#);
        let found: Vec<_> = findings(&event, Stage::Received).iter().map(|it| it.rule.id).collect();
        assert_eq!(found, ["cut-short"]);
    }
}
