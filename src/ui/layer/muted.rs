use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::super::Theme;
use super::search_list;
use crate::app::layer::muted::{Muted, MutedType};
use crate::app::layout::Area;
use crate::event::sanitized;
use crate::ui::write::line_of;

/// The muted types. Gives the place of the cursor in the line that is typed.
pub(super) fn render(muted: &Muted, area: Area, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
    let row = |MutedType(name): &MutedType, width: usize| {
        line_of(sanitized!(" {}", name.shown().fit_middle(width.saturating_sub(2))), theme.title_quiet)
    };
    search_list::render(muted, ("Muted types", "No muted type matches."), row, area, theme, buf)
}
