//! The inspector: its border with the tabs, and the tab that is on.

use ratatui::buffer::Buffer;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use super::{PaneId, Tab};
use crate::app::layout::{self, Area};
use crate::app::pane::inspector::Shown;
use crate::app::{Model, time};
use crate::event::text;
use crate::ui::{Theme, hint, rect};

/// The event under the cursor.
pub(in crate::ui) fn render(model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let tab = model.tab();
    let shown = model.inspector.shown();
    let tabs = layout::tabs(area, model.inspector.tabs(area));
    let taken: usize = tabs.iter().map(|(_, place)| usize::from(place.width)).sum();
    let room = usize::from(area.width).saturating_sub(taken + 6);
    let name = match (shown, &model.unknown) {
        (_, Some(_)) if tab == Tab::Raw => "the last answer".to_owned(),
        (Some(shown), _) => text::fit_middle(&text::harmless_within(shown.event_type.as_str(), 512).0, room),
        (None, _) => "Event".to_owned(),
    };
    let title = Line::styled(format!(" {name} "), crate::ui::title_style(PaneId::Inspector, model, theme));
    crate::ui::pane(PaneId::Inspector, model, title, theme).render(rect(area), buf);
    for ((each, label), (_, place)) in model.inspector.tabs(area).into_iter().zip(tabs) {
        let style = if each == tab { theme.heading_sorted } else { theme.dim };
        let alert = each == Tab::Raw && model.unknown.is_some();
        buf.set_stringn(place.x, place.y, " ", 1, theme.dim);
        buf.set_stringn(place.x + 1, place.y, label, usize::from(place.width.saturating_sub(2)), style);
        buf.set_stringn(place.x + place.width - 1, place.y, if alert { "!" } else { " " }, 1, theme.error);
    }
    match shown {
        _ if tab == Tab::Raw => super::raw::render(model, theme, area, buf),
        Some(shown) => match &shown.document {
            Ok(_) => super::render_tab(tab, shown, model, theme, area, buf),
            Err(error) => hint(&format!("No tree: {error}. The Raw tab has the text."), theme, area, buf),
        },
        None => nothing(model, theme, area, buf),
    }
}

/// Why there is no event to show.
pub(super) fn nothing(model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let counted = model.types.selected().is_some();
    let reason = if counted { "The endpoint gave a count for this type, but no event." } else { "Nothing selected." };
    hint(reason, theme, area, buf);
}

/// Whether the event on show stays there while newer ones come, and how many have.
pub(super) fn held(shown: &Shown) -> Option<String> {
    match &shown.newer {
        Some((_, count)) => Some(format!("held, {} newer", time::count(*count))),
        None => shown.held.then(|| "held".to_owned()),
    }
}

/// Writes into the bottom border: what the cursor is on at the left, and at the right what is said of the whole.
pub(super) fn put_foot(
    left: &str,
    (right, right_style): (&str, Style),
    style: Style,
    theme: &Theme,
    area: Area,
    buf: &mut Buffer,
) {
    let room = usize::from(area.width).saturating_sub(6 + text::width(right));
    let y = area.y + area.height - 1;
    if !left.is_empty() && room > 3 {
        let shown = text::fit(left, room);
        buf.set_stringn(area.x + 1, y, format!(" {shown} "), room + 2, theme.title_quiet.patch(style));
    }
    let right = text::fit(right, usize::from(area.width.saturating_sub(2)));
    let width = u16::try_from(text::width(&right)).unwrap_or(0);
    let x = (area.x + area.width).saturating_sub(width + 2).max(area.x + 1);
    buf.set_stringn(x, y, right, usize::from(area.width - 2), right_style);
}
