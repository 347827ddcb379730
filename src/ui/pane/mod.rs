//! The panes, each drawn by a file of the same name as its state in `app::pane`.

mod diff;
pub(super) mod draft;
mod findings;
mod history;
pub(super) mod inspector;
pub(super) mod preview;
pub(super) mod proof;
mod raw;
pub(super) mod stream;
mod tree;
pub(super) mod types;

pub(super) use findings::{Explained, explain, how_often};

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::{Theme, hint};
use crate::app::Model;
use crate::app::layout::Area;
use crate::app::pane::{PaneId, Tab};
use crate::app::shown::Shown;
use crate::event::{Sanitized, sanitized, text};
use crate::session::Moment;
use crate::ui::write::put;

/// The event on show in one of the inspector's tabs.
fn render_tab(tab: Tab, shown: &Shown, (model, now): (&Model, Moment), theme: &Theme, area: Area, buf: &mut Buffer) {
    match tab {
        Tab::Tree => tree::render(shown, model, theme, area, buf),
        Tab::Diff => diff::render(shown, model, theme, area, buf),
        Tab::History => history::render(shown, model, now, theme, area, buf),
        Tab::Findings => findings::render(shown, model, now, theme, area, buf),
        Tab::Raw => raw::render(model, theme, area, buf),
    }
}

/// Why there is no event to show.
fn nothing(model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let counted = model.types.selected().is_some();
    let reason = if counted { "The endpoint gave a count for this type, but no event." } else { "Nothing selected." };
    hint(reason, theme, area, buf);
}

/// Whether the event on show stays there while newer ones come, and how many have. In the past the line at the top says so.
fn held(model: &Model) -> Option<Sanitized> {
    let shown = model.inspector.shown()?;
    match shown.newer {
        _ if model.inspector.is_past() => None,
        0 => shown.held.then(|| "held".into()),
        count => Some(sanitized!("held, {} newer", text::short_count(count))),
    }
}

/// Writes into the bottom border: what the cursor is on at the left, and at the right what is said of the whole.
fn put_foot(
    left: &Sanitized,
    (right, right_style): (&Sanitized, Style),
    style: Style,
    theme: &Theme,
    area: Area,
    buf: &mut Buffer,
) {
    let room = usize::from(area.width).saturating_sub(6 + text::width(right));
    let y = area.y + area.height - 1;
    if !left.is_empty() && room > 3 {
        let shown = left.fit(room);
        put(buf, (area.x + 1, y), sanitized!(" {} ", shown), room + 2, theme.title_quiet.patch(style));
    }
    let right = right.fit(usize::from(area.width.saturating_sub(2)));
    let width = u16::try_from(text::width(&right)).unwrap_or(0);
    let x = (area.x + area.width).saturating_sub(width + 2).max(area.x + 1);
    put(buf, (x, y), right, usize::from(area.width - 2), right_style);
}
