//! The inspector: its border with the tabs, and the tab that is on.

use ratatui::buffer::Buffer;
use ratatui::widgets::Widget;

use super::{PaneId, Tab};
use crate::app::Model;
use crate::app::layout::{self, Area};
use crate::event::Sanitized;
use crate::event::sanitized;
use crate::ui::write::{line_of, put};
use crate::ui::{Theme, hint, rect};

/// The event under the cursor.
pub(in crate::ui) fn render(model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let tab = model.tab();
    let shown = model.inspector.shown();
    let tabs = layout::tabs(area, model.inspector.tabs(area));
    let taken: usize = tabs.iter().map(|(_, place)| usize::from(place.width)).sum();
    let room = usize::from(area.width).saturating_sub(taken + 6);
    let name = match (shown, &model.unknown) {
        (_, Some(_)) if tab == Tab::Raw => "the last answer".into(),
        (Some(shown), _) => shown.event.event_type.shown().fit_middle(room),
        (None, _) => "Event".into(),
    };
    let title = line_of(sanitized!(" {} ", name), crate::ui::title_style(PaneId::Inspector, model, theme));
    crate::ui::pane(PaneId::Inspector, model, title, theme).render(rect(area), buf);
    for ((each, label), (_, place)) in model.inspector.tabs(area).into_iter().zip(tabs) {
        let style = if each == tab { theme.heading_sorted } else { theme.dim };
        let alert = each == Tab::Raw && model.unknown.is_some();
        put(buf, (place.x, place.y), " ", 1, theme.dim);
        put(buf, (place.x + 1, place.y), label, usize::from(place.width.saturating_sub(2)), style);
        put(buf, (place.x + place.width - 1, place.y), if alert { "!" } else { " " }, 1, theme.error);
    }
    match shown {
        _ if tab == Tab::Raw => super::raw::render(model, theme, area, buf),
        Some(shown) => match &shown.document {
            Ok(_) => super::render_tab(tab, shown, model, theme, area, buf),
            Err(error) => {
                hint(sanitized!("No tree: {}. The Raw tab has the text.", Sanitized::of(error)), theme, area, buf);
            }
        },
        None => super::nothing(model, theme, area, buf),
    }
}
