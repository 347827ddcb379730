//! The inspector's tab that compares the event with the one before it of its type.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use super::PaneId;
use super::{held, put_foot};
use crate::app::Model;
use crate::app::changes::Comparison;
use crate::app::layout::Area;
use crate::app::pane::diff::{ChangeGroup, DiffRow};
use crate::app::shown::Shown;
use crate::event::{Sanitized, sanitized, text};
use crate::ui::write::{blank, joined, line_of, put, span};
use crate::ui::{Theme, difference, header, hint, rect, scroll_thumb, severity};

/// How far changes are indented under their heading; the sign of what is wrong with one stands there.
const INDENT: usize = 3;

/// The widest name of the marked event's type, in columns.
const NAME: usize = 20;

/// A text that changed, as it was or as it is.
fn text_line(was: bool, parts: &[(Sanitized, bool)], theme: &Theme) -> Line<'static> {
    let (sign, style) = if was { ("− ", theme.error) } else { ("+ ", theme.ok) };
    let lead = [blank(INDENT + 2), span(sign, style)];
    let parts = parts.iter().map(|(part, own)| span(part, if *own { style } else { theme.dim }));
    joined(lead.into_iter().chain(parts).collect())
}

/// The changes from the event before, or from the marked one, a line each.
pub(super) fn render(shown: &Shown, model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let pane = &model.inspector.panes().diff;
    let comparison = shown.comparison();
    let (changes, other) = match comparison {
        Comparison::Done(other, changes) => (changes, other),
        Comparison::Nothing if model.inspector.mark().is_some() => {
            hint("This is the marked event, and there is none before it.", theme, area, buf);
            return;
        }
        Comparison::Nothing => {
            hint("No event of this type was captured before this one.", theme, area, buf);
            return;
        }
        Comparison::Awaited(_) => {
            hint("Comparing…", theme, area, buf);
            return;
        }
        Comparison::Impossible(_) => {
            hint("The two events cannot be compared: they are too large, or one is no JSON.", theme, area, buf);
            return;
        }
    };
    let clock = header::clock(model, other.told_at());
    let before = if shown.is_against_mark() {
        sanitized!("the marked {} was seen at {}", other.event_type.shown().fit_middle(NAME), clock)
    } else {
        sanitized!("the event before was seen at {}", clock)
    };
    if pane.cursor().is_empty() {
        hint(sanitized!("Nothing differs: {}.", before), theme, area, buf);
        return;
    }
    let inner = area.inner();
    let width = usize::from(inner.width);
    let widest = pane.visible().filter_map(|(row, _)| match row {
        DiffRow::Change { difference, .. } => Some(text::width(&difference.path.to_string())),
        DiffRow::Heading { .. } | DiffRow::Text { .. } | DiffRow::Note(_) | DiffRow::More(_) => None,
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
            DiffRow::Text { was, parts, .. } => text_line(*was, parts, theme),
            DiffRow::Note(note) => line_of(sanitized!(" {}", note), theme.dim),
            DiffRow::More(more) => {
                line_of(sanitized!("{}and {} more", Sanitized::repeated(" ", INDENT), more), theme.dim)
            }
        }
        .render(place, buf);
        let node = match row {
            DiffRow::Change { difference, .. } => difference.node,
            DiffRow::Heading { .. } | DiffRow::Text { .. } | DiffRow::Note(_) | DiffRow::More(_) => None,
        };
        if let Some(worst) = node.and_then(|node| shown.found()?.worst_of(node)) {
            put(buf, (inner.x + 1, y), severity::sign(worst), 1, severity::style(worst, theme));
        }
    }
    let count = text::counted(changes.count() as u64, "change");
    let since = if shown.is_against_mark() {
        sanitized!("{} from the marked {} at {}", count, other.event_type.shown().fit_middle(NAME), clock)
    } else {
        sanitized!("{} from the one at {}", count, clock)
    };
    let parts: Vec<_> = held(model).into_iter().chain([since]).collect();
    let style = if shown.newer > 0 { theme.updated } else { theme.dim };
    let right = sanitized!(" {} ", Sanitized::join(parts, " · "));
    let path = pane.selected().map_or_else(Sanitized::default, |difference| Sanitized::of(&difference.path));
    put_foot(&path, (&right, style), theme.dim, theme, area, buf);
    scroll_thumb(area, pane.cursor().offset(), pane.cursor().len(), theme, buf);
}
