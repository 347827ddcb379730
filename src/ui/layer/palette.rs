use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::super::{Theme, footer, hint, rect, scroll_thumb};
use super::frame;
use crate::app::layer::palette::{Command, Palette};
use crate::app::layer::picker::list;
use crate::app::layout::Area;
use crate::event::text;

/// Every command. Gives the place of the cursor in the line that is typed.
pub(super) fn render(palette: &Palette, area: Area, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
    let (offset, left, all) = (palette.cursor().offset(), palette.cursor().len(), palette.total());
    let count = if left == all { format!("{all} ") } else { format!("{left} of {all} ") };
    let title = Line::from(vec![Span::styled(" Commands ", theme.title), Span::styled(count, theme.dim)]);
    let inner = frame(title, area, theme, buf);
    let line = Rect { height: 1, ..rect(inner) };
    let (spans, cursor) = footer::prompt("search", &palette.input, theme, line);
    Line::from(spans).render(line, buf);
    let list = list(inner);
    let scrolled = Area { y: list.y.saturating_sub(1), height: list.height + 2, ..area };
    if left == 0 {
        hint("No command matches.", theme, scrolled, buf);
    }
    for (y, (command, selected)) in (list.y..).zip(palette.visible()) {
        let place = Rect { y, height: 1, ..rect(list) };
        if selected {
            buf.set_style(place, theme.selection);
        }
        row(command, theme, list.width.into()).render(place, buf);
    }
    scroll_thumb(scrolled, offset, left, theme, buf);
    cursor
}

/// A command: its key, what it does, and where it holds.
fn row(command: &Command, theme: &Theme, width: usize) -> Line<'static> {
    const KEY: usize = 11;
    let place = command.place.title;
    let room = width.saturating_sub(KEY + text::width(place) + 4);
    let label = text::fit(command.binding.label, room);
    let gap = (room + 1).saturating_sub(text::width(&label));
    let key = text::fit(&command.key(), KEY - 1);
    let pad = KEY.saturating_sub(text::width(&key));
    Line::from(vec![
        Span::styled(format!(" {key}"), theme.hint_key),
        Span::raw(" ".repeat(pad)),
        Span::styled(label, theme.title_quiet),
        Span::raw(" ".repeat(gap)),
        Span::styled(format!("{place} "), theme.dim),
    ])
}
