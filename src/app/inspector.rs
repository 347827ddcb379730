//! The inspector: the event under the cursor, looked into.

use std::sync::Arc;

use super::findings::{self, Linted, List};
use super::pager::Pager;
use super::tree::{Row, Tree};
use crate::event::{Document, DocumentError, NodeKind, Path, Payload, TypeName, Unknown, text};
use crate::lint::Finding;

/// How many events that the reader has left keep their folds and their cursor.
const REMEMBERED: usize = 8;

/// A value of no more bytes than this is read at a head.
const SHORT: usize = 200;

/// The event under the cursor of the table, looked into.
///
/// It goes on to newer events of the type until the reader moves in it; then it holds still and counts them.
#[derive(Debug, Default)]
pub struct Inspector {
    shown: Option<Shown>,
    /// The folds of events looked at before, the latest last.
    left: Vec<Shown>,
    tab: Tab,
    raw: Option<Pager>,
}

/// One event, laid out.
#[derive(Debug)]
pub struct Shown {
    /// Its type.
    pub event_type: TypeName,
    /// The event.
    pub payload: Arc<Payload>,
    /// Its tree, or why it has none.
    pub tree: Result<Tree, DocumentError>,
    /// What is wrong with it.
    pub findings: List,
    /// A newer event of the type that the reader has not gone on to, and how many there were.
    pub newer: Option<(Arc<Payload>, u64)>,
    /// Whether the reader has moved in it, so that it holds still.
    pub held: bool,
}

/// The views of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    /// As a tree.
    #[default]
    Tree,
    /// What is wrong with it.
    Findings,
    /// As it came.
    Raw,
}

impl Tab {
    /// All tabs, from left to right.
    pub const ALL: [Self; 3] = [Self::Tree, Self::Findings, Self::Raw];

    /// The tab's name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Tree => "Tree",
            Self::Findings => "Findings",
            Self::Raw => "Raw",
        }
    }

    /// The tab `steps` further on, and round at the end.
    fn further(self, steps: usize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        Self::ALL.iter().cycle().nth(at + steps).copied().unwrap_or_default()
    }
}

impl Shown {
    fn new(event_type: TypeName, payload: Arc<Payload>) -> Self {
        let tree = Document::new(payload.clone()).map(Tree::new);
        Self { event_type, payload, tree, findings: List::default(), newer: None, held: false }
    }

    fn replace(&mut self, payload: Arc<Payload>, height: usize) {
        match (Document::new(payload.clone()), &mut self.tree) {
            (Ok(document), Ok(tree)) => tree.replace(document, height),
            (document, tree) => *tree = document.map(Tree::new),
        }
        self.payload = payload;
        self.findings.outdate();
        self.newer = None;
    }

    /// Takes in what is wrong with the event, if it is this one.
    fn learn(&mut self, linted: &Linted) {
        if Arc::ptr_eq(&self.payload, &linted.payload) {
            self.findings.learn(&linted.found);
        }
    }
}

impl Inspector {
    /// Shows the newest event of a type: the one under the table's cursor.
    pub(super) fn show(&mut self, event_type: &TypeName, payload: &Arc<Payload>, height: usize) {
        if self.shown.as_ref().is_some_and(|shown| shown.event_type == *event_type) {
            return;
        }
        let known = self.left.iter().position(|left| left.event_type == *event_type);
        let shown = match known.map(|index| self.left.remove(index)) {
            Some(mut shown) => {
                shown.held = false;
                if !Arc::ptr_eq(&shown.payload, payload) {
                    shown.replace(payload.clone(), height);
                }
                shown.newer = None;
                shown
            }
            None => Shown::new(event_type.clone(), payload.clone()),
        };
        if let Some(before) = self.shown.replace(shown) {
            self.left.push(before);
            if self.left.len() > REMEMBERED {
                self.left.remove(0);
            }
        }
        self.raw = None;
    }

    /// Shows nothing.
    pub(super) fn clear(&mut self) {
        self.shown = None;
        self.raw = None;
    }

    /// Takes in that a newer event of the shown type came; `came` is how many there were.
    pub(super) fn newer(&mut self, payload: &Arc<Payload>, came: u64, height: usize) {
        let Some(shown) = &mut self.shown else { return };
        if Arc::ptr_eq(&shown.payload, payload) {
            return;
        }
        if shown.held {
            let before = shown.newer.as_ref().map_or(0, |(_, count)| *count);
            shown.newer = Some((payload.clone(), before + came.max(1)));
        } else {
            shown.replace(payload.clone(), height);
            self.raw = None;
        }
    }

    /// Shows an earlier event of the type on show, and holds still on it: `newest` is the newest, and `since` are how many
    /// came after the earlier one.
    pub(super) fn show_earlier(&mut self, earlier: &Linted, newest: Arc<Payload>, since: u64, height: usize) {
        let Some(shown) = self.shown.as_mut().filter(|shown| shown.event_type == earlier.event_type) else { return };
        shown.replace(Arc::clone(&earlier.payload), height);
        shown.learn(earlier);
        shown.newer = Some((newest, since));
        shown.held = true;
        self.raw = None;
    }

    /// Takes in what is wrong with an event. It may be older than the one in the table, when that is on show.
    pub(super) fn learn(&mut self, linted: &Linted) {
        if let Some(shown) = &mut self.shown {
            shown.learn(linted);
        }
    }

    /// Holds still, because the reader has moved.
    pub(super) fn hold(&mut self) {
        if let Some(shown) = &mut self.shown {
            shown.held = true;
        }
    }

    /// Goes on to the newest event, and with the newer ones from then on.
    pub(super) fn follow(&mut self, height: usize) {
        let Some(shown) = &mut self.shown else { return };
        shown.held = false;
        if let Some((payload, _)) = shown.newer.take() {
            shown.replace(payload, height);
            self.raw = None;
        }
    }

    /// Goes to another tab.
    pub(super) fn select_tab(&mut self, tab: Tab) {
        self.tab = tab;
    }

    /// Goes to the tab `steps` further to the right, and round at the end.
    pub(super) fn turn_tabs(&mut self, steps: usize) {
        self.tab = self.tab.further(steps);
    }

    /// The tabs from left to right, each with what it is called now: that of the findings says how many there are.
    pub fn tabs(&self) -> [(Tab, String); 3] {
        let count = self.findings().and_then(List::latest).map_or(0, |(found, _)| found.findings().len());
        Tab::ALL.map(|tab| match (tab, count) {
            (Tab::Findings, 1..) => (tab, format!("{} {}", tab.label(), super::time::count(count as u64))),
            (tab, _) => (tab, tab.label().to_owned()),
        })
    }

    /// Lays the raw text out for `width` columns, when that tab is on. An answer that could not be read comes first:
    /// it is what the reader has to see.
    pub(super) fn lay_out_raw(&mut self, unknown: Option<&Arc<Unknown>>, width: usize) {
        if self.tab(unknown.is_some()) != Tab::Raw {
            return;
        }
        if let Some(raw) = &mut self.raw {
            raw.fit(width);
            return;
        }
        self.raw = match (unknown, &self.shown) {
            (Some(unknown), _) => {
                let title = format!("answer of {} bytes: {}", unknown.length, text::harmless(&unknown.reason));
                let mut reader = Pager::new(title, &unknown.body, width);
                reader.cut_from = (unknown.length > unknown.body.len()).then_some(unknown.length);
                Some(reader)
            }
            (None, Some(shown)) => Some(Pager::new(String::new(), shown.payload.text(), width)),
            (None, None) => None,
        };
    }

    /// Forgets the layout of the raw text, because what it shows has changed.
    pub(super) fn drop_raw(&mut self) {
        self.raw = None;
    }

    /// The event on show.
    pub fn shown(&self) -> Option<&Shown> {
        self.shown.as_ref()
    }

    /// The tree on show.
    pub fn tree(&self) -> Option<&Tree> {
        self.shown.as_ref()?.tree.as_ref().ok()
    }

    pub(super) fn tree_mut(&mut self) -> Option<&mut Tree> {
        self.shown.as_mut()?.tree.as_mut().ok()
    }

    /// What is wrong with the event on show.
    pub fn findings(&self) -> Option<&List> {
        Some(&self.shown.as_ref()?.findings)
    }

    pub(super) fn findings_mut(&mut self) -> Option<&mut List> {
        Some(&mut self.shown.as_mut()?.findings)
    }

    /// The finding under the cursor: of the list, or of the tree's row.
    pub fn finding(&self) -> Option<&Finding> {
        match self.tab {
            Tab::Findings => self.findings()?.selected(),
            Tab::Tree => {
                let row = self.tree()?.selected()?;
                self.findings()?.current()?.here(&row).map(|(finding, _)| finding)
            }
            Tab::Raw => None,
        }
    }

    /// The raw text, when its tab is on.
    pub fn raw(&self) -> Option<&Pager> {
        self.raw.as_ref()
    }

    pub(super) fn raw_mut(&mut self) -> Option<&mut Pager> {
        self.raw.as_mut()
    }

    /// The tab that is on. With nothing to show but an answer that could not be read, that is the raw one.
    pub fn tab(&self, unknown: bool) -> Tab {
        if self.shown.is_none() && unknown { Tab::Raw } else { self.tab }
    }

    /// What the cursor is on: its path, and its value as text for people, if there is one. In the list of findings that
    /// is the field that one is about.
    pub(super) fn value(&self) -> Option<(Path, Option<String>)> {
        let document = self.tree()?.document();
        if self.tab == Tab::Findings {
            let path = self.finding()?.path.clone();
            let value = document.find(&path).map(|node| document.plain(node).into_owned());
            return Some((path, value));
        }
        let Row { spot, .. } = self.tree()?.selected()?;
        Some((document.path(spot.node), Some(document.plain(spot.node).into_owned())))
    }

    /// What the cursor is on as a text to read: a string as it is, a container indented, a finding in words. Beside a value
    /// stands the worst of what is wrong with it: below a short one, and above one that it would be far below.
    pub(super) fn readable(&self) -> Option<(String, String)> {
        if self.tab == Tab::Findings {
            let finding = self.finding()?;
            return Some((finding.rule.id.to_owned(), findings::describe(finding)));
        }
        let tree = self.tree()?;
        let node = tree.selected()?.spot.node;
        let document = tree.document();
        let path = document.path(node);
        let name =
            if path.0.is_empty() { self.shown.as_ref()?.event_type.as_str().to_owned() } else { path.to_string() };
        let source = match document.get(node)?.kind {
            NodeKind::Object | NodeKind::Array => document.indented(node, super::pager::SHOWN_BYTES),
            _ => document.plain(node).into_owned(),
        };
        let text = match self.finding().map(findings::describe) {
            None => source,
            Some(wrong) if source.len() > SHORT => format!("{wrong}\n\n{source}"),
            Some(wrong) => format!("{source}\n\n{wrong}"),
        };
        Some((text::harmless(&name), text))
    }
}
