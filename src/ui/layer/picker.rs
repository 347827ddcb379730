use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::super::{Theme, footer, hint, rect, scroll_thumb};
use super::frame;
use crate::app::composer::choice::{Beginning, Choice};
use crate::app::layer::picker::{Picker, list};
use crate::app::layout::Area;
use crate::event::text;

/// The picker. Gives the place of the cursor in the line that is typed.
pub(super) fn render(picker: &Picker, area: Area, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
    let (offset, left, all) = (picker.cursor().offset(), picker.cursor().len(), picker.total());
    let count = if left == all { format!("{all} ") } else { format!("{left} of {all} ") };
    let title = Line::from(vec![Span::styled(" Compose ", theme.title), Span::styled(count, theme.dim)]);
    let inner = frame(title, area, theme, buf);
    let line = Rect { height: 1, ..rect(inner) };
    let (spans, cursor) = footer::prompt("search", &picker.input, theme, line);
    Line::from(spans).render(line, buf);
    let list = list(inner);
    if left == 0 {
        let place = Area { y: list.y.saturating_sub(1), height: list.height + 2, ..area };
        hint("Nothing has that name.", theme, place, buf);
    }
    for (y, (choice, selected)) in (list.y..).zip(picker.visible()) {
        let place = Rect { y, height: 1, ..rect(list) };
        if selected {
            buf.set_style(place, theme.selection);
        }
        row(picker, choice, theme, list.width.into()).render(place, buf);
    }
    let scrolled = Area { y: list.y.saturating_sub(1), height: list.height + 2, ..area };
    scroll_thumb(scrolled, offset, left, theme, buf);
    cursor
}

fn row<'a>(picker: &Picker, choice: &Choice, theme: &Theme, width: usize) -> Line<'a> {
    const LABEL: usize = 8;
    let name_width = if width >= 70 { 26 } else { 22 };
    let style = match choice.beginning {
        Beginning::Open | Beginning::Draft(_) => theme.updated,
        Beginning::Received => theme.new,
        Beginning::Own(_) => theme.warning,
        Beginning::Standard(_) | Beginning::Empty => theme.dim,
    };
    let mut spans = vec![Span::styled(format!(" {:<LABEL$}", choice.beginning.label()), style)];
    let name = text::fit_middle(&choice.name, name_width);
    let matched = if name == choice.name { picker.matched(choice) } else { Vec::new() };
    for (position, c) in name.chars().enumerate() {
        let style = if matched.contains(&position) { theme.matched } else { theme.title_quiet };
        spans.push(Span::styled(c.to_string(), style));
    }
    spans.push(Span::raw(" ".repeat(name_width.saturating_sub(text::width(&name)) + 2)));
    let room = width.saturating_sub(LABEL + name_width + 4);
    spans.push(Span::styled(text::fit(&choice.detail, room), theme.dim));
    Line::from(spans)
}
