//! The inspector: the event under the cursor, looked into.

use std::sync::Arc;

use super::reader::Reader;
use super::tree::{Row, Tree};
use crate::event::{Document, DocumentError, NodeKind, Path, Payload, TypeName, Unknown, text};

/// How many events that the reader has left keep their folds and their cursor.
const REMEMBERED: usize = 8;

/// The event under the cursor of the table, looked into.
///
/// It goes on to newer events of the type until the reader moves in it; then it holds still and counts them.
#[derive(Debug, Default)]
pub struct Inspector {
    shown: Option<Shown>,
    /// The folds of events looked at before, the latest last.
    left: Vec<Shown>,
    tab: Tab,
    raw: Option<Reader>,
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
    /// As it came.
    Raw,
}

impl Tab {
    /// All tabs, from left to right.
    pub const ALL: [Self; 2] = [Self::Tree, Self::Raw];

    /// The tab's name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Tree => "Tree",
            Self::Raw => "Raw",
        }
    }
}

impl Shown {
    fn new(event_type: TypeName, payload: Arc<Payload>) -> Self {
        let tree = Document::new(payload.clone()).map(Tree::new);
        Self { event_type, payload, tree, newer: None, held: false }
    }

    fn replace(&mut self, payload: Arc<Payload>, height: usize) {
        match (Document::new(payload.clone()), &mut self.tree) {
            (Ok(document), Ok(tree)) => tree.replace(document, height),
            (document, tree) => *tree = document.map(Tree::new),
        }
        self.payload = payload;
        self.newer = None;
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
                let mut reader = Reader::new(title, &unknown.body, width);
                reader.cut_from = (unknown.length > unknown.body.len()).then_some(unknown.length);
                Some(reader)
            }
            (None, Some(shown)) => Some(Reader::new(String::new(), shown.payload.text(), width)),
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

    /// The raw text, when its tab is on.
    pub fn raw(&self) -> Option<&Reader> {
        self.raw.as_ref()
    }

    pub(super) fn raw_mut(&mut self) -> Option<&mut Reader> {
        self.raw.as_mut()
    }

    /// The tab that is on. With nothing to show but an answer that could not be read, that is the raw one.
    pub fn tab(&self, unknown: bool) -> Tab {
        if self.shown.is_none() && unknown { Tab::Raw } else { self.tab }
    }

    /// What the row under the cursor stands for: its path and its value as text for people.
    pub(super) fn value(&self) -> Option<(Path, String)> {
        let tree = self.tree()?;
        let Row { spot, .. } = tree.selected()?;
        Some((tree.document().path(spot.node), tree.document().plain(spot.node).into_owned()))
    }

    /// The value under the cursor as a text to read: a string as it is, a container indented.
    pub(super) fn readable(&self) -> Option<(String, String)> {
        let tree = self.tree()?;
        let node = tree.selected()?.spot.node;
        let document = tree.document();
        let path = document.path(node);
        let name =
            if path.0.is_empty() { self.shown.as_ref()?.event_type.as_str().to_owned() } else { path.to_string() };
        let source = match document.get(node)?.kind {
            NodeKind::Object | NodeKind::Array => document.indented(node, super::reader::SHOWN_BYTES),
            _ => document.plain(node).into_owned(),
        };
        Some((text::harmless(&name), source))
    }
}
