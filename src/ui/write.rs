//! Text on its way to the screen. Spans, lines and cells are made of it here and nowhere else, and only of what is
//! sanitized and of words of the program.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Alignment;
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Wrap};

use crate::event::Sanitized;
use crate::event::text::AsSanitized;

/// A text in a style.
pub(super) fn span(text: impl Into<Sanitized>, style: Style) -> Span<'static> {
    Span::styled(text.into(), style)
}

/// So many columns of nothing.
pub(super) fn blank(columns: usize) -> Span<'static> {
    Span::raw(" ".repeat(columns))
}

/// A line of one text.
pub(super) fn line_of(text: impl Into<Sanitized>, style: Style) -> Line<'static> {
    Line::styled(text.into(), style)
}

/// A line of several texts.
pub(super) fn joined(spans: Vec<Span<'static>>) -> Line<'static> {
    Line::from(spans)
}

/// A text in the middle of its area, in as many lines as it takes.
pub(super) fn centered(text: impl Into<Sanitized>, style: Style) -> Paragraph<'static> {
    Paragraph::new(Text::raw(text.into())).style(style).wrap(Wrap { trim: true }).alignment(Alignment::Center)
}

/// Writes a text into the cells from `x` and `y` on, as far as there is `room` for it. Gives the column behind it.
pub(super) fn put(buf: &mut Buffer, (x, y): (u16, u16), text: impl AsSanitized, room: usize, style: Style) -> u16 {
    buf.set_stringn(x, y, text.as_sanitized().as_str(), room, style).0
}
/// Puts one of our own signs in place of what stands in a cell.
pub(super) fn replace(cell: &mut Cell, sign: char) {
    cell.set_char(sign);
}
