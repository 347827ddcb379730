//! The inspector's tab that compares the event with the one before it of its type.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use super::PaneId;
use super::{held, put_foot};
use crate::app::Model;
use crate::app::layout::Area;
use crate::app::pane::diff::{ChangeGroup, DiffRow};
use crate::app::shown::Shown;
use crate::event::{Sanitized, sanitized, text};
use crate::ui::write::{blank, joined, line_of, put, span};
use crate::ui::{Theme, difference, header, hint, rect, scroll_thumb, severity};

/// How far changes are indented under their heading; the sign of what is wrong with one stands there.
const INDENT: usize = 3;

/// The changes from the event before, a line each.
pub(super) fn render(shown: &Shown, model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let pane = &model.inspector.panes().diff;
    let Some(changes) = shown.changes() else {
        let held = model.session.history.before(shown.event.number).is_some();
        let why = if held {
            "The two events are too large to be compared."
        } else {
            "No event of this type was captured before this one."
        };
        hint(why, theme, area, buf);
        return;
    };
    let before = sanitized!("the event before was seen at {}", header::clock(model, changes.before_at));
    if pane.cursor().is_empty() {
        hint(sanitized!("Nothing differs: {}.", before), theme, area, buf);
        return;
    }
    let inner = area.inner();
    let width = usize::from(inner.width);
    let widest = pane.visible().filter_map(|(row, _)| match row {
        DiffRow::Change { difference, .. } => Some(text::width(&difference.path.to_string())),
        DiffRow::Heading { .. } | DiffRow::More(_) => None,
    });
    let columns = (INDENT, widest.max().unwrap_or(0), width);
    let focused = model.has_focus(PaneId::Inspector);
    for (y, (row, selected)) in (inner.y..).zip(pane.visible()) {
        let place = Rect { y, height: 1, ..rect(inner) };
        if selected {
            buf.set_style(place, if focused { theme.selection } else { theme.selection_quiet });
        }
        match row {
            DiffRow::Heading { group, count } => joined(vec![
                blank(1),
                span(group.label(), if *group == ChangeGroup::Volatile { theme.dim } else { theme.name }),
                span(sanitized!(" {}", count), theme.dim),
            ]),
            DiffRow::Change { group, difference } => {
                difference::line(difference, *group == ChangeGroup::Volatile, columns, theme)
            }
            DiffRow::More(more) => {
                line_of(sanitized!("{}and {} more", Sanitized::repeated(" ", INDENT), more), theme.dim)
            }
        }
        .render(place, buf);
        let node = match row {
            DiffRow::Change { difference, .. } => difference.node,
            DiffRow::Heading { .. } | DiffRow::More(_) => None,
        };
        if let Some(worst) = node.and_then(|node| shown.found()?.worst_of(node)) {
            put(buf, (inner.x + 1, y), severity::sign(worst), 1, severity::style(worst, theme));
        }
    }
    let count = text::counted(changes.count() as u64, "change");
    let since = sanitized!("{} from the one at {}", count, header::clock(model, changes.before_at));
    let parts: Vec<_> = held(shown).into_iter().chain([since]).collect();
    let style = if shown.newer > 0 { theme.updated } else { theme.dim };
    let right = sanitized!(" {} ", Sanitized::join(parts, " · "));
    let path = pane.selected().map_or_else(Sanitized::default, |difference| Sanitized::of(&difference.path));
    put_foot(&path, (&right, style), theme.dim, theme, area, buf);
    scroll_thumb(area, pane.cursor().offset(), pane.cursor().len(), theme, buf);
}
