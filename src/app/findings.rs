//! What is wrong with the events on screen: where it shows, which of it is news, and the list of it.

use std::cmp::Reverse;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::tree::{self, Row, Spot};
use crate::event::lint::{Finding, Fix, Severity};
use crate::event::{Document, NodeId, Path, Payload, Segment, TypeName, text};

/// Of a type, so many different findings are told; of an integration that brings more, the table says enough.
const TOLD: usize = 256;

/// An event, with what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linted {
    /// Its type.
    pub event_type: TypeName,
    /// The event.
    pub payload: Arc<Payload>,
    /// What is wrong with it.
    pub found: Arc<Found>,
}

/// What is wrong with one event, and where it shows. Made once an event: what is drawn looks up only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The worst first, each severity in the order of the fields.
    findings: Vec<Finding>,
    marks: HashMap<Spot, Mark>,
    /// The values that findings are about, each once and in order.
    places: Vec<NodeId>,
    widest_place: usize,
}

/// What a row of the tree says of findings.
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

impl Found {
    /// Finds a place in `event` for each finding. One whose field is missing is put down to the container it would be in.
    pub fn new(event: &Document, mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| Reverse(finding.severity));
        let mut places = Places { event, children: HashMap::new() };
        let nodes: Vec<_> = findings.iter().map(|finding| places.nearest(&finding.path)).collect();
        let mut marks = HashMap::new();
        for (index, (finding, node)) in findings.iter().zip(&nodes).enumerate() {
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
        let widest_place = findings.iter().map(|finding| text::width(&place(finding))).max().unwrap_or(0);
        Self { findings, marks, places, widest_place }
    }

    /// All of it, the worst first, each severity in the order of the fields.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The worst, and how many; `None` of an event with which nothing is wrong.
    pub fn tally(&self) -> Option<Tally> {
        self.findings.first().map(|worst| Tally { worst: worst.severity, count: self.findings.len() })
    }

    /// How many columns the longest of the places takes.
    pub fn widest_place(&self) -> usize {
        self.widest_place
    }

    /// What is found at the row, the worst of it, with how many there are.
    pub fn here(&self, row: &Row) -> Option<(&Finding, usize)> {
        let (index, count) = self.marks.get(&row.spot)?.here?;
        Some((self.findings.get(index)?, count))
    }

    /// How bad what the row stands for is: of what is folded, all that is inside counts.
    pub fn worst(&self, row: &Row) -> Option<Severity> {
        if row.open == Some(true) {
            return self.here(row).map(|(finding, _)| finding.severity);
        }
        self.marks.get(&row.spot).map(|mark| mark.worst)
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
            raise(marks, Spot { node: parent, range: Some(range) }, severity);
        }
        if !raise(marks, Spot::value(parent), severity) {
            // Whatever this stands in is as bad already.
            return;
        }
        at = parent;
    }
}

/// Looks paths up in an event. What stands in a container is put down once: a path apiece through the products of a
/// large order would pass by all of them.
struct Places<'a> {
    event: &'a Document,
    children: HashMap<NodeId, HashMap<Segment, NodeId>>,
}

impl Places<'_> {
    /// The value at `path`, or the innermost there is on the way to it.
    fn nearest(&mut self, path: &Path) -> NodeId {
        let event = self.event;
        path.0
            .iter()
            .try_fold(NodeId::ROOT, |node, segment| {
                let children = self.children.entry(node).or_insert_with(|| {
                    event.children(node).filter_map(|child| Some((event.segment(child)?, child))).collect()
                });
                children.get(segment).copied().ok_or(node)
            })
            .unwrap_or_else(|last| last)
    }
}

/// Where it is, as people write it; empty for the event itself. Harmless.
pub fn place(finding: &Finding) -> String {
    text::harmless(&finding.path.to_string())
}

/// What is wrong, in a few words. Of the whole event that says little without what is expected of it. Harmless.
pub fn said(finding: &Finding) -> String {
    let Finding { rule, expected, .. } = finding;
    if finding.path.0.is_empty() { format!("{}: {expected}", rule.title) } else { rule.title.to_owned() }
}

/// What to do. Harmless.
pub fn help(fix: &Fix) -> String {
    match fix {
        // A line break or a tab stands between the values of JSON, never in them.
        Fix::Replace(json) => format!("write {}", text::harmless(&json.replace(['\n', '\r', '\t'], " "))),
        Fix::Rename(name) => format!("rename it to {}", text::harmless(name)),
        Fix::Remove => "remove it".to_owned(),
    }
}

/// All that there is to say of it, in a few lines. Harmless.
pub fn describe(finding: &Finding) -> String {
    let Finding { rule, severity, expected, found, .. } = finding;
    let pointer = text::harmless(&finding.path.pointer());
    let head = format!("{severity}[{}] {pointer}", rule.id);
    let mut lines = vec![head.trim_end().to_owned(), rule.title.to_owned(), String::new()];
    lines.extend([format!("expected {expected}"), format!("found {found}")]);
    lines.extend(finding.fix.as_ref().map(|fix| format!("fix: {}", help(fix))));
    lines.extend([String::new(), rule.why.to_owned()]);
    lines.extend((!rule.documentation.is_empty()).then(|| rule.documentation.to_owned()));
    lines.join("\n")
}

/// The findings of an event as a list with a cursor. The cursor stands on a finding, not on a line: it stays there when
/// a newer event has it too.
#[derive(Debug, Default)]
pub struct List {
    found: Option<Arc<Found>>,
    /// Whether it is of the event on show; else of the one before it.
    current: bool,
    cursor: usize,
    offset: usize,
}

impl List {
    /// Takes in what is wrong with the event on show.
    pub(super) fn learn(&mut self, found: &Arc<Found>) {
        if self.current && self.found.as_ref().is_some_and(|known| Arc::ptr_eq(known, found)) {
            return;
        }
        let line = self.cursor.saturating_sub(self.offset);
        if let Some(chosen) = self.selected() {
            let there = |same: &dyn Fn(&Finding) -> bool| found.findings.iter().position(same);
            let same = |other: &Finding| other.rule.id == chosen.rule.id && other.path == chosen.path;
            let exactly = |other: &Finding| same(other) && other.expected == chosen.expected;
            self.cursor = there(&exactly).or_else(|| there(&same)).unwrap_or(self.cursor);
        }
        self.cursor = self.cursor.min(found.findings.len().saturating_sub(1));
        self.offset = self.cursor.saturating_sub(line);
        self.found = Some(Arc::clone(found));
        self.current = true;
    }

    /// Another event is on show now, and nobody has looked at it yet.
    pub(super) fn outdate(&mut self) {
        self.current = false;
    }

    /// What is wrong with the event on show; `None` while nobody has looked at it.
    pub fn current(&self) -> Option<&Found> {
        self.found.as_deref().filter(|_| self.current)
    }

    /// The same, or of the event before it, and whether it is of the one on show.
    pub fn latest(&self) -> Option<(&Found, bool)> {
        self.found.as_deref().map(|found| (found, self.current))
    }

    /// The finding under the cursor.
    pub fn selected(&self) -> Option<&Finding> {
        self.found.as_ref()?.findings.get(self.cursor)
    }

    /// The findings to show, from the top, each with whether the cursor is on it.
    pub fn visible(&self, height: usize) -> impl Iterator<Item = (&Finding, bool)> {
        let findings = self.found.as_ref().map(|found| found.findings.as_slice()).unwrap_or_default();
        let rows = findings.iter().enumerate().skip(self.offset).take(height);
        rows.map(|(index, finding)| (finding, index == self.cursor))
    }

    /// Where the view begins, where the cursor is, and how many there are.
    pub fn position(&self) -> (usize, usize, usize) {
        (self.offset, self.cursor, self.len())
    }

    fn len(&self) -> usize {
        self.found.as_ref().map_or(0, |found| found.findings.len())
    }

    pub(super) fn select(&mut self, index: usize, height: usize) {
        self.cursor = index.min(self.len().saturating_sub(1));
        self.keep_in_view(height);
    }

    /// Moves the cursor by `rows`, down when positive.
    pub(super) fn move_by(&mut self, rows: isize, height: usize) {
        self.select(self.cursor.saturating_add_signed(rows), height);
    }

    /// Moves the view by `rows`, and the cursor only as far as it must to stay in it.
    pub(super) fn scroll(&mut self, rows: isize, height: usize) {
        let last = self.len().saturating_sub(height);
        self.offset = self.offset.saturating_add_signed(rows).min(last);
        let end = self.offset + height.saturating_sub(1);
        self.select(self.cursor.clamp(self.offset, end.max(self.offset)), height);
    }

    pub(super) fn keep_in_view(&mut self, height: usize) {
        let height = height.max(1);
        self.offset = self.offset.min(self.len().saturating_sub(height));
        self.offset = self.offset.clamp((self.cursor + 1).saturating_sub(height), self.cursor);
    }
}

/// What the activity log has told of the findings of a type. What is gone and comes again is no news.
#[derive(Clone, Debug, Default)]
pub(super) struct Told(HashSet<u64>);

impl Told {
    /// Which of the findings have not been told yet. From then on they have.
    pub(super) fn news<'a>(&mut self, findings: &'a [Finding]) -> Vec<&'a Finding> {
        findings.iter().filter(|finding| self.0.len() < TOLD && self.0.insert(sort_of(finding))).collect()
    }
}

/// What a finding has in common with others that are not worth another word: the rule, and the place, in whichever
/// element of an array. What concerns the whole event is told apart by what is expected of it, figures left out.
fn sort_of(finding: &Finding) -> u64 {
    let mut hasher = DefaultHasher::new();
    finding.rule.id.hash(&mut hasher);
    for segment in &finding.path.0 {
        match segment {
            Segment::Key { name, .. } => name.hash(&mut hasher),
            Segment::Index(_) => "[]".hash(&mut hasher),
        }
    }
    if finding.path.0.is_empty() {
        finding.expected.chars().filter(|c| !c.is_ascii_digit()).for_each(|c| c.hash(&mut hasher));
    }
    hasher.finish()
}

/// News in one line: the first, and how many more there are. Harmless.
pub(super) fn headline(news: &[&Finding]) -> Option<(Severity, String)> {
    let first = news.first()?;
    let place = Some(place(first)).filter(|place| !place.is_empty()).map(|place| place + ": ").unwrap_or_default();
    let more = match news.len() - 1 {
        0 => String::new(),
        more => format!(" · and {more} more"),
    };
    Some((first.severity, place + &said(first) + &more))
}

/// What was there at the start, as long as not all of it has been looked at: of that, the log has a summary only.
#[derive(Debug, Default)]
pub(super) struct Baseline {
    awaited: HashSet<TypeName>,
    types: usize,
    faulty: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
}

impl Baseline {
    pub(super) fn of(types: impl Iterator<Item = TypeName>) -> Self {
        let awaited: HashSet<_> = types.collect();
        Self { types: awaited.len(), awaited, ..Self::default() }
    }

    /// Counts what was found, when it is of a type that was there at the start. `false` when it is not.
    pub(super) fn counts(&mut self, linted: &Linted) -> bool {
        if !self.awaited.remove(&linted.event_type) {
            return false;
        }
        self.faulty += usize::from(linted.found.tally().is_some());
        for finding in linted.found.findings() {
            *match finding.severity {
                Severity::Error => &mut self.errors,
                Severity::Warning => &mut self.warnings,
                Severity::Info => &mut self.infos,
            } += 1;
        }
        true
    }

    /// The summary, once all has been looked at, with the worst of it.
    pub(super) fn summary(&self) -> Option<(Option<Severity>, String)> {
        if !self.awaited.is_empty() || self.types == 0 {
            return None;
        }
        let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let types = counted(self.types, "type");
        let found = [
            (self.errors, Severity::Error, "error"),
            (self.warnings, Severity::Warning, "warning"),
            (self.infos, Severity::Info, "note"),
        ];
        let found: Vec<_> = found.into_iter().filter(|(count, ..)| *count > 0).collect();
        let Some((_, worst, _)) = found.first() else {
            return Some((None, format!("nothing wrong was found in {types}")));
        };
        let parts: Vec<_> = found.iter().map(|(count, _, what)| counted(*count, what)).collect();
        Some((Some(*worst), format!("findings in {} of {types}: {}", self.faulty, parts.join(", "))))
    }
}
