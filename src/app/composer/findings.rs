//! The findings of a draft as it would be sent, and their places in the draft.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::Timestamp;

use super::editor::{Editor, Place};
use crate::event::placeholder::{self, Values};
use crate::event::{Document, NodeId, NodeKind, Path, Segment, syntax};
use crate::lint::{Finding, Fix, LintContext, SeverityCounts, Stage};
use crate::plan::Linter;

#[cfg(test)]
mod tests;

/// So many findings of one draft are told; the worst, where there are more.
const MOST: usize = 1_000;

/// A draft to be linted, with all that says what would be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// To know the answer by: each question of a session has another.
    pub number: u64,
    /// The draft, its placeholders as they are written.
    pub draft: String,
    /// When it would be sent.
    pub now: Timestamp,
    /// [`Values::seed`].
    pub seed: u128,
    /// [`Values::seq`].
    pub seq: u64,
    /// [`Values::email`].
    pub email: String,
    /// The environment for `{{env.NAME}}`.
    pub environment: BTreeMap<String, String>,
}

/// The findings of a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DraftFindings {
    /// In the order of the draft; of very many the worst.
    pub list: Vec<Placed>,
    /// How many there are in all.
    pub counts: SeverityCounts,
}

/// A finding, and its place in the draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The reason.
    pub finding: Finding,
    /// The part of a line that it shows at: the value, the name where that is wrong, or where a container begins.
    pub mark: Range<Place>,
    /// The change that sets it right, when that is certain.
    pub repair: Option<Repair>,
}

/// The change of a draft that sets a finding right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Text comes in the place of a part of it.
    Edit {
        /// The part.
        range: Range<Place>,
        /// The text.
        text: String,
    },
    /// Nothing: what is wrong comes from the placeholder that is spelled so.
    Placeholder(String),
}

impl Question {
    /// The findings of the draft as it would be sent. `None` when that cannot be known: the draft is not JSON yet, or
    /// one of its placeholders has no value.
    pub fn answer(&self, linter: &Linter) -> Option<DraftFindings> {
        syntax::check(&self.draft).ok()?;
        let Self { now, seed, seq, ref email, .. } = *self;
        let environment = |name: &str| self.environment.get(name).cloned();
        let values = Values { now, seed, seq, email, environment: &environment };
        let sent = document(&placeholder::resolve(&self.draft, &values).ok()?)?;
        // Value by value the same, with the places of the draft.
        let written = document(&placeholder::mask(&self.draft)).filter(|written| written.len() == sent.len())?;
        let mut findings = judge(linter, &sent, LintContext { stage: Stage::Outgoing, now });
        let mut counts = SeverityCounts::default();
        counts.extend(&findings);
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        findings.truncate(MOST);
        let draft = DraftText { text: &self.draft, lines: line_starts(&self.draft), sent: &sent, written: &written };
        let mut list: Vec<_> = findings.into_iter().map(|finding| draft.place(finding)).collect();
        list.sort_by_key(|placed| placed.mark.start);
        Some(DraftFindings { list, counts })
    }
}

fn document(text: &str) -> Option<Document> {
    Document::read(text).ok()
}

/// The findings of each event of `sent`, which may be the body of a bulk call too.
fn judge(linter: &Linter, sent: &Document, context: LintContext) -> Vec<Finding> {
    let events = Segment::key("events");
    let is_array = |id: &NodeId| sent.get(*id).is_some_and(|node| node.kind == NodeKind::Array);
    let only = sent.get(NodeId::ROOT).filter(|root| root.children == 1);
    let array = only.and_then(|_| sent.child(NodeId::ROOT, &events)).filter(is_array);
    let Some(array) = array.and_then(|id| document(sent.text(id))) else { return linter.judge(sent, context) };
    let mut findings = linter.judge(&array, context);
    for finding in &mut findings {
        finding.path.0.insert(0, events.clone());
    }
    findings
}

/// Where each line begins.
fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// A draft in which findings are looked for: its values as they are sent and as they are written have the same numbers.
struct DraftText<'a> {
    text: &'a str,
    lines: Vec<usize>,
    sent: &'a Document,
    written: &'a Document,
}

impl DraftText<'_> {
    fn place(&self, finding: Finding) -> Placed {
        // A missing field shows where it would stand.
        let mut path = Some(finding.path.clone());
        let id = loop {
            match path.as_ref().map(|path| self.sent.find(path)) {
                Some(None) => path = path.as_ref().and_then(Path::parent),
                Some(Some(id)) => break id,
                None => break NodeId::ROOT,
            }
        };
        let is_there = path.as_ref() == Some(&finding.path);
        let repair = finding.fix.as_ref().filter(|_| is_there).and_then(|fix| self.repair(id, fix));
        let mark = self.mark(id, finding.fix.as_ref());
        Placed { mark: self.places(mark), repair, finding }
    }

    fn mark(&self, id: NodeId, fix: Option<&Fix>) -> Range<usize> {
        let (key, value) = (self.key(id), self.value(id));
        let container = self.written.get(id).is_some_and(|node| node.kind.is_container());
        match fix {
            Some(Fix::Rename(_) | Fix::Remove) if !key.is_empty() => key,
            _ if container && !key.is_empty() => key,
            _ if container => value.start..value.start + 1,
            _ => value,
        }
    }

    fn repair(&self, id: NodeId, fix: &Fix) -> Option<Repair> {
        let (range, text) = match fix {
            Fix::Replace(json) => {
                let range = self.value(id);
                (range.clone(), self.replaced(id, json, self.text.get(range)?))
            }
            Fix::Rename(name) => (self.key(id), Some(serde_json::Value::from(name.as_str()).to_string())),
            Fix::Remove => {
                let (range, text) = (self.with_comma(id)?, String::new());
                return Some(Repair::Edit { range: self.places(range), text });
            }
        };
        let spelled = self.text.get(range.clone())?;
        match (text, placeholder::first(spelled)) {
            // Text put around a value leaves its placeholders as they are.
            (Some(text), found) if found.is_none() || text.contains(spelled) => {
                Some(Repair::Edit { range: self.places(range), text })
            }
            // What a whole container is made of is not what one of its placeholders makes.
            (_, Some(_)) if self.sent.get(id)?.kind.is_container() => None,
            (_, Some(placeholder)) => Some(Repair::Placeholder(placeholder.to_owned())),
            _ => None,
        }
    }

    /// `json`, which is to stand for a value, with what it keeps of that as it is spelled in the draft. `None` when it
    /// keeps nothing of a container in which there are placeholders.
    fn replaced(&self, id: NodeId, json: &str, spelled: &str) -> Option<String> {
        match json.split_once(self.sent.text(id)) {
            Some((before, after)) if self.sent.get(id)?.kind.is_container() => {
                Some(format!("{before}{spelled}{after}"))
            }
            _ if placeholder::first(spelled).is_some() => None,
            // Another event in the place of the whole draft is to be read.
            _ if id == NodeId::ROOT => Some(document(json)?.indented(NodeId::ROOT, usize::MAX)),
            _ => Some(json.to_owned()),
        }
    }

    /// A field with the comma that it needs no more, and the white space up to where the next stands.
    fn with_comma(&self, id: NodeId) -> Option<Range<usize>> {
        let parent = self.written.parent(id)?;
        let (mut before, mut after) = (None, None);
        for sibling in self.written.children(parent) {
            match sibling.cmp(&id) {
                std::cmp::Ordering::Less => before = Some(sibling),
                std::cmp::Ordering::Equal => {}
                std::cmp::Ordering::Greater => {
                    after = Some(sibling);
                    break;
                }
            }
        }
        let span = self.written.span(id);
        let inside = self.value(parent);
        Some(match (before, after) {
            (_, Some(after)) => span.start..self.written.span(after).start,
            (Some(before), None) => self.written.span(before).end..span.end,
            (None, None) => inside.start + 1..inside.end.saturating_sub(1),
        })
    }

    fn key(&self, id: NodeId) -> Range<usize> {
        let start = self.written.span(id).start;
        start..start + self.written.key_text(id).len()
    }

    fn value(&self, id: NodeId) -> Range<usize> {
        let end = self.written.span(id).end;
        end - self.written.text(id).len()..end
    }

    fn places(&self, range: Range<usize>) -> Range<Place> {
        let place = |at: usize| {
            let line = self.lines.partition_point(|start| *start <= at).saturating_sub(1);
            Place { line, byte: at - self.lines.get(line).copied().unwrap_or(0) }
        };
        place(range.start)..place(range.end)
    }
}

/// The findings of a draft that is being edited, as far as they are known. Its marks move with the text, so that they can be
/// shown until more is known.
#[derive(Debug, Default)]
pub struct ComposerFindings {
    /// Each with the mark of that number in the editor.
    list: Vec<Placed>,
    counts: SeverityCounts,
    /// The last question, and the revision of the text that it was about.
    asked: Option<(u64, u64)>,
    /// Whether that was answered.
    answered: bool,
    /// Whether the last answer was that the draft cannot be read, so that the findings are about an older text.
    stale: bool,
    /// Whether something is to be fixed once it is known what.
    pub(in crate::app) wanted: bool,
}

/// The finding that can be fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ToFix {
    /// That is not known yet.
    Unknown,
    /// The draft cannot be read.
    Unreadable,
    /// Nothing that is certain.
    Nothing,
    /// The finding of that number.
    This(usize),
}

impl ComposerFindings {
    /// How many there are.
    pub fn counts(&self) -> SeverityCounts {
        self.counts
    }

    /// Whether they are about an older text because the draft cannot be read as it is.
    pub fn are_stale(&self) -> bool {
        self.stale
    }

    /// Whether what is found at `mark` is to be said quietly: it is about an older text, or about what is being typed.
    pub fn is_quiet(&self, mark: &Range<Place>, editor: &Editor) -> bool {
        let cursor = editor.cursor();
        self.stale || editor.is_typing() && mark.start <= cursor && cursor <= mark.end
    }

    /// Those that show on the given lines, with where they show now.
    pub fn on<'a>(
        &'a self,
        lines: Range<usize>,
        editor: &'a Editor,
    ) -> impl Iterator<Item = (&'a Finding, &'a Range<Place>)> {
        let marks = editor.marks();
        let from = marks.partition_point(|mark| mark.start.line < lines.start);
        let to = marks.partition_point(|mark| mark.start.line < lines.end);
        let shown = marks.get(from..to).unwrap_or_default().iter().zip(self.list.get(from..to).unwrap_or_default());
        shown.filter(|(mark, _)| !mark.is_empty()).map(|(mark, placed)| (&placed.finding, mark))
    }

    /// Those at the place that is at the cursor or nearest to it, the worst first, and where that is.
    pub fn nearest<'a>(&'a self, editor: &'a Editor) -> Option<(&'a Range<Place>, Vec<&'a Placed>)> {
        let cursor = editor.cursor();
        let distance = |mark: &Range<Place>| {
            let lines = mark.start.line.abs_diff(cursor.line);
            let bytes = mark.start.byte.saturating_sub(cursor.byte).max(cursor.byte.saturating_sub(mark.end.byte));
            (lines, if lines == 0 { bytes } else { 0 })
        };
        let nearest = shown(editor).map(|(_, mark)| mark).min_by_key(|mark| distance(mark))?;
        let mut here: Vec<_> = shown(editor)
            .filter(|(_, mark)| mark.start == nearest.start)
            .filter_map(|(number, _)| self.list.get(number))
            .collect();
        here.sort_by_key(|placed| std::cmp::Reverse(placed.finding.severity));
        Some((nearest, here))
    }

    /// Whether the finding of that number is one of those at the cursor or nearest to it, or on its line.
    pub(super) fn is_spoken_of(&self, number: usize, editor: &Editor) -> bool {
        let Some(mark) = editor.marks().get(number) else { return false };
        mark.start.line == editor.cursor().line
            || self.nearest(editor).is_some_and(|(nearest, _)| nearest.start == mark.start)
    }

    /// Whether one of them has a fix that is certain.
    pub fn can_be_fixed(&self) -> bool {
        !self.stale && self.list.iter().any(|placed| matches!(placed.repair, Some(Repair::Edit { .. })))
    }

    /// The finding to fix first: at the cursor, else on its line, else after it, else from the start on. What a
    /// placeholder makes counts on the cursor's line, or when there is nothing else.
    pub(super) fn to_fix(&self, editor: &Editor) -> ToFix {
        if !self.answered || self.is_to_be_asked(editor) {
            return ToFix::Unknown;
        }
        if self.stale {
            return ToFix::Unreadable;
        }
        let cursor = editor.cursor();
        let rank = |(number, mark): &(usize, &Range<Place>)| {
            let repair = self.list.get(*number)?.repair.as_ref()?;
            let here = mark.start.line == cursor.line;
            let (rank, distance) = if mark.start <= cursor && cursor <= mark.end {
                (0, 0)
            } else if here {
                (1, mark.start.byte.abs_diff(cursor.byte))
            } else if mark.start > cursor {
                (3, *number)
            } else {
                (4, *number)
            };
            let made = matches!(repair, Repair::Placeholder(_));
            Some((if made { if here { 2 } else { 5 } } else { rank }, distance, *number))
        };
        let first = shown(editor).filter_map(|shown| rank(&shown)).min();
        first.map_or(ToFix::Nothing, |(_, _, number)| ToFix::This(number))
    }

    /// The finding of that number.
    pub(super) fn get(&self, number: usize) -> Option<&Placed> {
        self.list.get(number)
    }

    /// Takes one off the list that was fixed; what else there is will be known anew.
    pub(super) fn fixed(&mut self, number: usize, editor: &mut Editor) {
        if number < self.list.len() {
            let placed = self.list.remove(number);
            self.counts.remove(placed.finding.severity);
            let mut marks = editor.marks().to_vec();
            if number < marks.len() {
                marks.remove(number);
            }
            editor.set_marks(marks);
        }
    }

    /// Whether the text has changed since it was last asked about.
    pub(super) fn is_to_be_asked(&self, editor: &Editor) -> bool {
        self.asked.is_none_or(|(_, revision)| revision != editor.revision())
    }

    /// Remembers that the text as it is was asked about.
    pub(super) fn ask(&mut self, number: u64, editor: &Editor) {
        self.asked = Some((number, editor.revision()));
        self.answered = false;
    }

    /// Takes an answer in, unless it is to an older question; `None` is that the draft cannot be read.
    pub(super) fn learn(&mut self, number: u64, found: Option<&DraftFindings>, editor: &mut Editor) {
        if self.asked != Some((number, editor.revision())) {
            return;
        }
        self.answered = true;
        self.stale = found.is_none();
        let none_left = editor.marks().iter().all(Range::is_empty);
        let nothing = DraftFindings::default();
        let Some(DraftFindings { list, counts }) = found.or_else(|| none_left.then_some(&nothing)) else { return };
        self.counts = *counts;
        self.list.clone_from(list);
        editor.set_marks(list.iter().map(|placed| placed.mark.clone()).collect());
    }
}

/// The place of the next finding after the cursor, or of the one before it; round the ends of the draft.
pub(in crate::app) fn step(editor: &Editor, forward: bool) -> Option<Place> {
    let cursor = editor.cursor();
    let mut starts = shown(editor).map(|(_, mark)| mark.start);
    if forward {
        let first = starts.clone().next();
        starts.find(|start| *start > cursor).or(first)
    } else {
        let last = starts.clone().next_back();
        starts.take_while(|start| *start < cursor).last().or(last)
    }
}

/// The marks that are left, by their number.
fn shown(editor: &Editor) -> impl DoubleEndedIterator<Item = (usize, &Range<Place>)> + Clone {
    editor.marks().iter().enumerate().filter(|(_, mark)| !mark.is_empty())
}
