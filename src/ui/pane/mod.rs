//! The panes, each drawn by a file of the same name as its state in `app::pane`.

pub(super) mod activity;
mod diff;
pub(super) mod draft;
mod findings;
pub(super) mod inspector;
pub(super) mod preview;
pub(super) mod proof;
mod raw;
mod tree;
pub(super) mod types;

use ratatui::buffer::Buffer;

use super::Theme;
use crate::app::Model;
use crate::app::layout::Area;
use crate::app::pane::inspector::Shown;
use crate::app::pane::{PaneId, Tab};

/// The event on show in one of the inspector's tabs.
fn render_tab(tab: Tab, shown: &Shown, model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    match tab {
        Tab::Tree => tree::render(shown, model, theme, area, buf),
        Tab::Diff => diff::render(shown, model, theme, area, buf),
        Tab::Findings => findings::render(shown, model, theme, area, buf),
        Tab::Raw => raw::render(model, theme, area, buf),
    }
}
