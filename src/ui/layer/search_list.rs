use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::Widget;

use super::super::{Theme, footer, hint, rect, scroll_thumb};
use super::frame;
use crate::app::layer::search_list::{SearchList, rows};
use crate::app::layout::Area;
use crate::event::sanitized;
use crate::ui::write::{joined, span};

/// A list and the line in which it is searched; `row` draws an item in so many columns. Gives the place of the cursor in
/// the line.
pub(super) fn render<T>(
    list: &SearchList<T>,
    (title, nothing): (&'static str, &'static str),
    row: impl Fn(&T, usize) -> Line<'static>,
    area: Area,
    theme: &Theme,
    buf: &mut Buffer,
) -> Option<Position> {
    let (offset, left, all) = (list.cursor().offset(), list.cursor().len(), list.total());
    let count = if left == all { sanitized!("{} ", all) } else { sanitized!("{} of {} ", left, all) };
    let title = joined(vec![span(sanitized!(" {} ", title), theme.title), span(count, theme.dim)]);
    let inner = frame(title, area, theme, buf);
    let line = Rect { height: 1, ..rect(inner) };
    let (spans, cursor) = footer::prompt("search", &list.input, theme, line);
    joined(spans).render(line, buf);
    let rows = rows(inner);
    let scrolled = Area { y: rows.y.saturating_sub(1), height: rows.height + 2, ..area };
    if left == 0 {
        hint(nothing, theme, scrolled, buf);
    }
    for (y, (item, selected)) in (rows.y..).zip(list.visible()) {
        let place = Rect { y, height: 1, ..rect(rows) };
        if selected {
            buf.set_style(place, theme.selection);
        }
        row(item, rows.width.into()).render(place, buf);
    }
    scroll_thumb(scrolled, offset, left, theme, buf);
    cursor
}
