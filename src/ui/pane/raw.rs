//! The inspector's tab that shows the event as it came.

use ratatui::buffer::Buffer;

use super::{held, nothing, put_foot};
use crate::app::Model;
use crate::app::layout::Area;
use crate::event::Sanitized;
use crate::ui::write::put;
use crate::ui::{Theme, layer, scroll_thumb};

/// The text of the event, or of an answer that could not be read.
pub(super) fn render(model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let Some(pager) = model.inspector.panes().raw.pager() else {
        nothing(model, theme, area, buf);
        return;
    };
    let inner = area.inner();
    for (y, line) in (inner.y..).zip(pager.visible()) {
        put(buf, (inner.x, y), line, inner.width.into(), theme.title_quiet);
    }
    if pager.title.is_empty() {
        let held = held(model);
        layer::pager_foot(pager, held, area, theme, buf);
    } else {
        put_foot(&pager.title, (&Sanitized::default(), theme.dim), theme.error, theme, area, buf);
    }
    scroll_thumb(area, pager.view().offset(), pager.view().len(), theme, buf);
}
