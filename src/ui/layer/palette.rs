use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::text::Line;

use super::super::Theme;
use super::search_list;
use crate::app::Model;
use crate::app::layer::palette::{Palette, PaletteItem};
use crate::app::layout::Area;
use crate::event::{Sanitized, sanitized, text};
use crate::ui::write::{blank, joined, span};

/// Every command. Gives the place of the cursor in the line that is typed.
pub(super) fn render(
    palette: &Palette,
    model: &Model,
    area: Area,
    theme: &Theme,
    buf: &mut Buffer,
) -> Option<Position> {
    let row = |item: &PaletteItem, width| row(item, model, theme, width);
    search_list::render(palette, ("Commands", "No command matches."), row, area, theme, buf)
}

/// A command: its key, what it does, and where it holds.
fn row(item: &PaletteItem, model: &Model, theme: &Theme, width: usize) -> Line<'static> {
    const KEY: usize = 11;
    let place = item.kind();
    let room = width.saturating_sub(KEY + text::width(place) + 4);
    let label = item.label().fit(room);
    let gap = (room + 1).saturating_sub(text::width(&label));
    let key = match item {
        PaletteItem::Command(command) => model.preferences.bindings.first(command.place, command.binding),
        _ => Sanitized::default(),
    };
    let key = key.fit(KEY - 1);
    let pad = KEY.saturating_sub(text::width(&key));
    joined(vec![
        span(sanitized!(" {}", key), theme.hint_key),
        blank(pad),
        span(label, theme.title_quiet),
        blank(gap),
        span(sanitized!("{} ", place), theme.dim),
    ])
}
