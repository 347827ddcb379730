//! The findings of the events on screen: their places, and which of them are news.

use std::cmp::Reverse;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{HashMap, HashSet};
use std::hash::Hasher;
use std::sync::Arc;

use super::tree::{self, Part, Spot, TreeRow};
use crate::event::{Document, NodeId, Redaction, Sanitized, TypeName, sanitized, text};
use crate::lint::{Finding, NodeLookup, Severity, SeverityCounts};
use crate::session::{Captured, EventNumber, History};

/// Of a type, so many different findings are told; of an integration that brings more, the table says enough.
const TOLD: usize = 256;

/// About how many bytes the path and the texts of a finding take.
const FINDING_TEXTS: usize = 256;

/// An event, with what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linted {
    /// The event.
    pub event: Captured,
    /// Its findings.
    pub found: Arc<EventFindings>,
}

/// The findings of the events that are held, by their numbers: they go with the event, and count as part of it.
#[derive(Debug, Default)]
pub struct Checked(HashMap<EventNumber, Arc<EventFindings>>);

impl Checked {
    /// The findings of an event; `None` while it has not been checked, and once it is no longer held.
    pub fn get(&self, number: EventNumber) -> Option<&Arc<EventFindings>> {
        self.0.get(&number)
    }

    /// Keeps the findings of an event that `history` holds. The numbers of the events that had to go for it are given back.
    pub(super) fn keep(&mut self, linted: &Linted, history: &mut History) -> Vec<EventNumber> {
        let number = linted.event.number;
        if history.get(number).is_some() && self.0.insert(number, Arc::clone(&linted.found)).is_none() {
            history.charge(number, linted.found.bytes());
            return history.let_go();
        }
        Vec::new()
    }

    /// The twins of them; `history` holds those of the events.
    pub(super) fn twin(&self, redaction: &Redaction, history: &mut History) -> Self {
        let twin = |(number, found): (&EventNumber, &Arc<EventFindings>)| {
            let event = history.get(*number)?;
            Some((*number, found.twin(redaction, event)))
        };
        let twins: HashMap<_, _> = self.0.iter().filter_map(twin).collect();
        for (number, found) in &twins {
            history.charge(*number, found.bytes());
        }
        Self(twins)
    }

    /// Forgets the events that are no longer held.
    pub(super) fn forget(&mut self, let_go: &[EventNumber]) {
        for number in let_go {
            self.0.remove(number);
        }
    }
}

/// The findings of one event, and their places. Made once an event: what is drawn looks up only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFindings {
    /// The worst first, each severity in the order of the fields.
    findings: Vec<Finding>,
    marks: HashMap<Spot, Mark>,
    /// The values that findings are about, each once and in order.
    places: Vec<NodeId>,
    widest_place: usize,
}

/// The mark of a row of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    /// The worst of what is found here and inside.
    worst: Severity,
    /// The worst of what is found here, as its position among the findings, and how many there are.
    here: Option<(usize, usize)>,
}

/// The worst of some findings, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tally {
    /// The worst.
    pub worst: Severity,
    /// How many, of every severity.
    pub count: usize,
}

impl Linted {
    /// The twin of it.
    pub(super) fn twin(&self, redaction: &Redaction) -> Self {
        let event = redaction.captured(&self.event);
        Self { found: self.found.twin(redaction, &event), event }
    }
}

impl EventFindings {
    /// The twins of the findings, for that of the event. They stand in the same places.
    fn twin(&self, redaction: &Redaction, event: &Captured) -> Arc<Self> {
        let findings: Vec<_> = self.findings.iter().map(|finding| redaction.finding(finding, &event.payload)).collect();
        let widest_place = findings.iter().map(|finding| text::width(&finding.place())).max().unwrap_or(0);
        Arc::new(Self { findings, marks: self.marks.clone(), places: self.places.clone(), widest_place })
    }

    /// Finds a place in `event` for each finding. One whose field is missing is put down to the container it would be in.
    pub fn new(event: &Document, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| Reverse(finding.severity));
        let mut places = NodeLookup::of(event, &findings);
        let nodes: Vec<_> = findings.iter().map(|finding| places.nearest(&finding.path)).collect();
        let mut marks = HashMap::new();
        // A finding that only counts others says nothing of the event as a whole.
        let listed = findings.iter().zip(&nodes).enumerate().filter(|(_, (finding, _))| !finding.is_rest());
        for (index, (finding, node)) in listed {
            raise(&mut marks, Spot::value(*node), finding.severity);
            if let Some(mark) = marks.get_mut(&Spot::value(*node)) {
                let (first, count) = mark.here.unwrap_or((index, 0));
                mark.here = Some((first, count + 1));
            }
            raise_around(&mut marks, event, *node, finding.severity);
        }
        let mut places = nodes;
        places.sort_unstable();
        places.dedup();
        let widest_place = findings.iter().map(|finding| text::width(&finding.place())).max().unwrap_or(0);
        Self { findings, marks, places, widest_place }
    }

    /// All of it, the worst first, each severity in the order of the fields.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The worst, and how many; `None` of an event with which nothing is wrong.
    pub fn tally(&self) -> Option<Tally> {
        let count = || self.findings.iter().map(Finding::count).sum::<u64>();
        let worst = self.findings.first()?;
        Some(Tally { worst: worst.severity, count: usize::try_from(count()).unwrap_or(usize::MAX) })
    }

    /// About how many bytes it takes; none where nothing was found.
    fn bytes(&self) -> usize {
        self.findings.len() * (size_of::<Finding>() + FINDING_TEXTS) + self.marks.len() * 2 * size_of::<(Spot, Mark)>()
    }

    /// How many columns the longest of the places takes.
    pub fn widest_place(&self) -> usize {
        self.widest_place
    }

    /// The worst of the findings at the row, with how many there are.
    pub fn here(&self, row: &TreeRow) -> Option<(&Finding, usize)> {
        let (index, count) = self.marks.get(&row.spot)?.here?;
        Some((self.findings.get(index)?, count))
    }

    /// How bad what the row stands for is: of what is folded, all that is inside counts.
    pub fn worst(&self, row: &TreeRow) -> Option<Severity> {
        if row.open == Some(true) {
            return self.here(row).map(|(finding, _)| finding.severity);
        }
        self.marks.get(&row.spot).map(|mark| mark.worst)
    }

    /// How bad the value is, all that is inside it included.
    pub fn worst_of(&self, node: NodeId) -> Option<Severity> {
        self.marks.get(&Spot::value(node)).map(|mark| mark.worst)
    }

    /// The next value that a finding is about after `node`, or before it, and round at the ends.
    pub(super) fn next(&self, node: NodeId, forward: bool) -> Option<NodeId> {
        let places = &self.places;
        let next = if forward {
            places.iter().find(|place| **place > node).or_else(|| places.first())
        } else {
            places.iter().rev().find(|place| **place < node).or_else(|| places.last())
        };
        next.copied()
    }
}

/// Marks `spot` with `severity`, unless it is as bad already; says whether it was not.
fn raise(marks: &mut HashMap<Spot, Mark>, spot: Spot, severity: Severity) -> bool {
    match marks.entry(spot) {
        Entry::Vacant(entry) => {
            entry.insert(Mark { worst: severity, here: None });
            true
        }
        Entry::Occupied(mut entry) => {
            let mark = entry.get_mut();
            let raised = mark.worst < severity;
            mark.worst = mark.worst.max(severity);
            raised
        }
    }
}

/// Marks all that `node` stands in, ranges too.
fn raise_around(marks: &mut HashMap<Spot, Mark>, event: &Document, node: NodeId, severity: Severity) {
    let mut at = node;
    while let Some(parent) = event.parent(at) {
        let children = event.get(parent).map_or(0, |node| node.children);
        let position = event.get(at).map_or(0, |node| node.position);
        for range in tree::ranges_around(children, position) {
            raise(marks, Spot { node: parent, part: Some(Part::Range(range)) }, severity);
        }
        if !raise(marks, Spot::value(parent), severity) {
            // Whatever this stands in is as bad already.
            return;
        }
        at = parent;
    }
}

/// The findings of a type that the stream has told. What is gone and comes again is no news.
#[derive(Clone, Debug, Default)]
pub(super) struct Told(HashSet<u64>);

impl Told {
    /// Which of the findings have not been told yet. From then on they have.
    pub(super) fn news<'a>(&mut self, findings: &'a [Finding]) -> Vec<&'a Finding> {
        findings.iter().filter(|finding| self.0.len() < TOLD && self.0.insert(sort_of(finding))).collect()
    }
}

/// The hash of the kind of a finding.
fn sort_of(finding: &Finding) -> u64 {
    let mut hasher = DefaultHasher::new();
    finding.hash_kind(&mut hasher);
    hasher.finish()
}

/// News in one line: the first, and how many more there are.
pub(super) fn headline(news: &[&Finding]) -> Option<(Severity, Sanitized)> {
    let first = news.first()?;
    let place = Some(first.place()).filter(|place| !place.is_empty());
    let place = place.map(|place| sanitized!("{}: ", place)).unwrap_or_default();
    let more = match news.len() - 1 {
        0 => Sanitized::default(),
        more => sanitized!(" · and {} more", more),
    };
    Some((first.severity, sanitized!("{}{}{}", place, first.summary(), more)))
}

/// The events that were there at the start, until all of them were checked: of these, the stream has a summary only.
#[derive(Debug, Default)]
pub(super) struct Baseline {
    awaited: HashMap<EventNumber, TypeName>,
    types: HashSet<TypeName>,
    faulty: HashSet<TypeName>,
    counts: SeverityCounts,
}

impl Baseline {
    pub(super) fn of(events: &[Captured]) -> Self {
        let awaited: HashMap<_, _> = events.iter().map(|event| (event.number, event.event_type.clone())).collect();
        Self { types: awaited.values().cloned().collect(), awaited, ..Self::default() }
    }

    /// Counts what was found, when it is of an event that was there at the start. `false` when it is not.
    pub(super) fn counts(&mut self, linted: &Linted) -> bool {
        if self.awaited.remove(&linted.event.number).is_none() {
            // Those of its type that were not looked at before a newer one are passed over.
            self.awaited.retain(|_, event_type| *event_type != linted.event.event_type);
            return false;
        }
        if linted.found.tally().is_some() {
            self.faulty.insert(linted.event.event_type.clone());
        }
        self.counts.extend(linted.found.findings());
        true
    }

    /// The summary, once all has been looked at, with the worst of it.
    pub(super) fn summary(&self) -> Option<(Option<Severity>, Sanitized)> {
        if !self.awaited.is_empty() || self.types.is_empty() {
            return None;
        }
        let types = text::counted(self.types.len() as u64, "type");
        let worst = self.counts.worst();
        let told = if worst.is_none() {
            sanitized!("nothing wrong was found in {}", types)
        } else {
            sanitized!("findings in {} of {}: {}", self.faulty.len(), types, self.counts.summary())
        };
        Some((worst, told))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::super::fixture::{captured, document};
    use super::super::tree::{Range, Tree};
    use super::*;
    use crate::event::{Path, Segment};
    use crate::lint::{Actual, Expected, Fix};
    use crate::plan::rule;

    fn finding(id: &str, path: &str) -> Finding {
        let rule = rule(id).unwrap();
        rule.at(path.parse().unwrap(), "something else", Actual::Value("\"none\"".into()))
    }

    fn found(event: &Document, findings: &[(&str, &str)]) -> EventFindings {
        EventFindings::new(event, findings.iter().map(|(id, path)| finding(id, path)).collect())
    }

    fn linted(event: &Captured, findings: &[(&str, &str)]) -> Linted {
        Linted { event: event.clone(), found: found(&document("{}"), findings).into() }
    }

    /// The marks of the rows of a tree: how bad, and the rule and the number of what is found there.
    fn signs(tree: &Tree, found: &EventFindings) -> Vec<String> {
        let said = |row: &TreeRow| {
            let place = tree.document().path(row.spot.node).to_string();
            let range = row.spot.part.map_or_else(String::new, |part| match part {
                Part::Range(range) => format!("~{}", range.first),
                Part::Platform => "~platform".into(),
            });
            let worst = found.worst(row)?;
            let here = found.here(row).map_or_else(String::new, |(it, count)| format!(" {} {count}", it.rule.id));
            Some(format!("{place}{range} {worst}{here}"))
        };
        tree.visible().iter().filter_map(said).collect()
    }

    const ORDER: &str = r#"{"event":"purchase","total":"$ 1","lines":[{"sku":"a","at":"2014-14-11"},{"sku":"b"}]}"#;
    const IN_IT: [(&str, &str); 6] = [
        ("empty-string", "total"),
        ("number-format", "total"),
        ("date-impossible", "lines[0].at"),
        ("attribute-recommended", ""),
        ("attribute-required", "lines[1].price"),
        ("empty-string", "customer.name"),
    ];

    #[test]
    fn a_row_says_how_bad_its_field_is_and_a_folded_one_what_is_inside() {
        let event = document(ORDER);
        let found = found(&event, &IN_IT);
        let mut tree = Tree::new(Arc::new(event));
        tree.cursor_mut().fit(usize::MAX / 2);
        assert_eq!(
            signs(&tree, &found),
            [
                " warning attribute-recommended 2",
                "total warning number-format 2",
                "lines[0].at error date-impossible 1",
                "lines[1] error attribute-required 1"
            ],
            "what is missing is put down to the container that it would be in"
        );
        tree.open_to_level(1);
        assert_eq!(
            signs(&tree, &found),
            [" warning attribute-recommended 2", "total warning number-format 2", "lines error"]
        );
        tree.open_to_level(0);
        assert_eq!(signs(&tree, &found), [" error attribute-recommended 2"]);
        assert_eq!(found.tally(), Some(Tally { worst: Severity::Error, count: 6 }));
        assert_eq!(found.widest_place(), "customer.name".len().max("lines[1].price".len()));
    }

    #[test]
    fn a_folded_range_says_what_is_in_it() {
        let wide: Vec<u32> = (0..20_500).collect();
        let event = document(&format!(r#"{{"list":{wide:?}}}"#));
        let found = found(&event, &[("empty-string", "list[3]"), ("number-format", "list[20417]")]);
        let mut tree = Tree::new(Arc::new(event));
        tree.cursor_mut().fit(usize::MAX / 2);
        tree.open_to_level(2);
        assert_eq!(signs(&tree, &found), ["list~0 note", "list~20000 warning"]);
        tree.reveal(tree.nearest("list[20499]".parse().unwrap()));
        assert_eq!(signs(&tree, &found), ["list~0 note", "list[20417] warning number-format 1"]);
        let range = Some(Range { first: 10_000, size: 10_000 });
        let list = tree.nearest("list".parse().unwrap());
        assert_eq!(
            found.worst(&TreeRow {
                spot: Spot { node: list, part: range.map(Part::Range) },
                depth: 2,
                open: Some(false)
            }),
            None
        );
    }

    #[test]
    fn the_next_place_is_found_in_the_order_of_the_fields_and_round_at_the_ends() {
        let event = document(ORDER);
        let found = found(&event, &IN_IT);
        let places = |forward| {
            let mut at = NodeId::ROOT;
            (0..4)
                .map(|_| {
                    at = found.next(at, forward).unwrap();
                    event.path(at).to_string()
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(places(true), ["total", "lines[0].at", "lines[1]", ""]);
        assert_eq!(places(false), ["lines[1]", "lines[0].at", "total", ""]);
        assert_eq!(EventFindings::default().next(NodeId::ROOT, true), None);
    }

    #[test]
    fn what_was_told_once_is_no_news_in_whichever_element_it_is_and_with_whichever_figures() {
        let mut told = Told::default();
        let mut news = |findings: &[Finding]| headline(&told.news(findings)).map(|(_, text)| text);
        let price = [finding("number-format", "lines[0].price"), finding("number-format", "lines[7].price")];
        assert_eq!(news(&price).as_deref(), Some("lines[0].price: not a plain number"));
        assert_eq!(news(&[finding("number-format", "lines[8].price")]), None);
        let other = [finding("number-format", "price"), finding("date-format", "price"), finding("date-epoch", "at")];
        assert_eq!(news(&other).as_deref(), Some("price: not a plain number · and 2 more"));
        let missing = |expected: Expected, place: &str| {
            [Finding { expected, found: Actual::Missing, ..finding("attribute-recommended", place) }]
        };
        let inside = |name: &'static str| missing(Expected::field(name), "products[3]");
        assert_eq!(news(&inside("sku")).as_deref(), Some("products[3]: a recommended attribute is missing: sku"));
        assert!(news(&inside("price")).is_some() && news(&inside("sku")).is_none());
        let whole = |name: &'static str| missing(Expected::field(name), "");
        assert_eq!(news(&whole("total")).as_deref(), Some("a recommended attribute is missing: total"));
        assert_eq!(news(&whole("products")).as_deref(), Some("a recommended attribute is missing: products"));
        assert_eq!(news(&whole("total")), None);
        let sum = |sum: &str| missing(text::sanitize(&format!("a sum of {sum}")).into(), "");
        let (sum, other_sum) = (sum("12.50"), sum("3.00"));
        assert!(news(&sum).is_some() && news(&other_sum).is_none());
    }

    #[test]
    fn what_is_told_of_a_type_is_bounded() {
        let mut told = Told::default();
        let findings: Vec<_> = (0..10_000).map(|n| finding("empty-string", &format!("key_{n}"))).collect();
        assert_eq!(told.news(&findings).len(), TOLD);
        assert_eq!(told.news(&[finding("date-format", "at")]), [] as [&Finding; 0]);
    }

    #[test]
    fn of_the_start_there_is_a_summary_once_all_of_it_was_looked_at() {
        let events: Vec<_> = ["a", "a", "b", "c", "c", "a", "d"]
            .iter()
            .zip(0..)
            .map(|(name, number)| Captured { number: EventNumber(number), ..captured(name, "{}") })
            .collect();
        let [older, a, b, stepped_over, c, newer_a, d] = events.as_slice() else { unreachable!() };
        let mut baseline = Baseline::of(events.get(..5).unwrap());
        assert!(baseline.counts(&linted(older, &[("date-impossible", "z")])));
        assert!(baseline.counts(&linted(a, &[("empty-string", "x"), ("date-epoch", "y")])));
        assert!(!baseline.counts(&linted(newer_a, &[("date-epoch", "y")])), "a newer event of the type is news");
        assert!(!baseline.counts(&linted(d, &[("date-epoch", "y")])));
        assert!(baseline.counts(&linted(b, &[])));
        assert!(baseline.counts(&linted(c, &[("date-impossible", "y")])));
        assert_eq!(baseline.summary(), None);
        let after = Captured { number: EventNumber(9), ..c.clone() };
        assert!(!baseline.counts(&linted(&after, &[])), "of its type none is waited for any more");
        assert_ne!(stepped_over.number, c.number);
        let expected = "findings in 2 of 3 types: 2 errors, 1 warning, 1 note";
        assert_eq!(baseline.summary(), Some((Some(Severity::Error), expected.into())));
        let mut fine = Baseline::of(std::slice::from_ref(a));
        assert!(fine.counts(&linted(a, &[])));
        assert_eq!(fine.summary(), Some((None, "nothing wrong was found in 1 type".into())));
        assert_eq!(Baseline::default().summary(), None);
    }

    #[test]
    fn a_finding_is_described_in_full_and_sanitized() {
        let mut finding = finding("number-format", "");
        finding.path = Path(vec![Segment::key("to\u{1b}tal"), Segment::key("a/b")]);
        finding.fix = Some(Fix::Replace("[\n  1,\t\"\u{202e}\"\n]".into()));
        let text = finding.description();
        assert!(text.starts_with("warning[number-format] /to\\u001btal/a~1b\nnot a plain number\n"), "{text}");
        assert!(text.contains("\nfix: write [   1, \"\\u202e\" ]\n"), "{text}");
        assert!(text.ends_with(finding.rule.documentation), "{text}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
    }

    proptest! {
        #[test]
        fn a_folded_container_is_as_bad_as_the_worst_inside(
            severities in prop::collection::vec((0_usize..600, 0_usize..3), 0..40),
        ) {
            let wide: Vec<u32> = (0..600).collect();
            let event = document(&format!(r#"{{"a":{{"list":{wide:?}}}}}"#));
            let levels = [Severity::Note, Severity::Warning, Severity::Error];
            let findings: Vec<_> = severities.iter().map(|(index, level)| {
                let severity = levels.get(*level).copied().unwrap();
                Finding { severity, ..finding("number-format", &format!("a.list[{index}]")) }
            }).collect();
            let found = EventFindings::new(&event, findings.clone());
            let list = event.find(&"a.list".parse().unwrap()).unwrap();
            let folded = |spot| found.worst(&TreeRow { spot, depth: 1, open: Some(false) });
            let worst = |inside: &dyn Fn(usize) -> bool| {
                let inside = severities.iter().zip(&findings).filter(|((index, _), _)| inside(*index));
                inside.map(|(_, finding)| finding.severity).max()
            };
            prop_assert_eq!(folded(Spot::value(NodeId::ROOT)), worst(&|_| true));
            prop_assert_eq!(folded(Spot::value(list)), worst(&|_| true));
            for first in (0..600).step_by(100) {
                let range = Some(Range { first, size: 100 });
                let inside = |index| (first as usize..first as usize + 100).contains(&index);
                prop_assert_eq!(folded(Spot { node: list, part: range.map(Part::Range) }), worst(&inside));
            }
        }
    }
}
