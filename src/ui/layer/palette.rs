use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::text::Line;

use super::super::Theme;
use super::search_list;
use crate::app::layer::palette::{Palette, PaletteCommand};
use crate::app::layout::Area;
use crate::event::text::AsSanitized;
use crate::event::{sanitized, text};
use crate::ui::write::{blank, joined, span};

/// Every command. Gives the place of the cursor in the line that is typed.
pub(super) fn render(palette: &Palette, area: Area, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
    let row = |command: &PaletteCommand, width| row(command, theme, width);
    search_list::render(palette, ("Commands", "No command matches."), row, area, theme, buf)
}

/// A command: its key, what it does, and where it holds.
fn row(command: &PaletteCommand, theme: &Theme, width: usize) -> Line<'static> {
    const KEY: usize = 11;
    let place = command.place.title;
    let room = width.saturating_sub(KEY + text::width(place) + 4);
    let label = command.binding.label.as_sanitized().fit(room);
    let gap = (room + 1).saturating_sub(text::width(&label));
    let key = command.key().fit(KEY - 1);
    let pad = KEY.saturating_sub(text::width(&key));
    joined(vec![
        span(sanitized!(" {}", key), theme.hint_key),
        blank(pad),
        span(label, theme.title_quiet),
        blank(gap),
        span(sanitized!("{} ", place), theme.dim),
    ])
}
