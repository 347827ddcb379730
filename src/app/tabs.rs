//! The inspector's tabs, each with its state.

use super::pane::diff::DiffPane;
use super::pane::findings::FindingsPane;
use super::pane::history::HistoryPane;
use super::pane::raw::RawPane;
use super::pane::tree::TreePane;
use super::pane::{Pane, Tab};

/// The state of every tab.
#[derive(Debug, Default)]
pub struct Tabs {
    /// The event as a tree.
    pub tree: TreePane,
    /// The changes from the one before it.
    pub diff: DiffPane,
    /// The events of its type that are held.
    pub history: HistoryPane,
    /// Its findings as a list.
    pub findings: FindingsPane,
    /// Its text.
    pub raw: RawPane,
}

impl Tabs {
    /// The pane of a tab.
    pub(super) fn get(&self, tab: Tab) -> &dyn Pane {
        match tab {
            Tab::Tree => &self.tree,
            Tab::Diff => &self.diff,
            Tab::History => &self.history,
            Tab::Findings => &self.findings,
            Tab::Raw => &self.raw,
        }
    }

    pub(super) fn get_mut(&mut self, tab: Tab) -> &mut dyn Pane {
        match tab {
            Tab::Tree => &mut self.tree,
            Tab::Diff => &mut self.diff,
            Tab::History => &mut self.history,
            Tab::Findings => &mut self.findings,
            Tab::Raw => &mut self.raw,
        }
    }
}
