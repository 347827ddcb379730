use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::text::Line;

use super::super::Theme;
use super::search_list;
use crate::app::composer::choice::{Beginning, Choice};
use crate::app::layer::picker::{Picker, searched};
use crate::app::layout::Area;
use crate::event::text::AsSanitized;
use crate::event::{sanitized, text};
use crate::ui::write::{blank, joined, span};

/// The picker. Gives the place of the cursor in the line that is typed.
pub(super) fn render(picker: &Picker, area: Area, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
    let row = |choice: &Choice, width| row(picker, choice, theme, width);
    search_list::render(picker, ("Compose", "Nothing has that name."), row, area, theme, buf)
}

fn row(picker: &Picker, choice: &Choice, theme: &Theme, width: usize) -> Line<'static> {
    const LABEL: usize = 8;
    let name_width = if width >= 70 { 26 } else { 22 };
    let style = match choice.beginning {
        Beginning::Open | Beginning::Draft(_) => theme.updated,
        Beginning::Received => theme.new,
        Beginning::Own(_) => theme.warning,
        Beginning::Standard(_) | Beginning::Empty => theme.dim,
    };
    let mut spans = vec![span(sanitized!(" {:<LABEL$}", choice.beginning.label()), style)];
    let name = choice.name.fit_middle(name_width);
    let matched = if name == choice.name { picker.matched(&searched(choice)) } else { Vec::new() };
    for position in 0..name.chars().count() {
        let style = if matched.contains(&position) { theme.matched } else { theme.title_quiet };
        spans.push(span(name.as_sanitized().chars_at(position..position + 1), style));
    }
    spans.push(blank(name_width.saturating_sub(text::width(&name)) + 2));
    let room = width.saturating_sub(LABEL + name_width + 4);
    spans.push(span(choice.detail.fit(room), theme.dim));
    joined(spans)
}
