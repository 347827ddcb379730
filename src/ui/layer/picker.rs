use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::text::{Line, Span};

use super::super::Theme;
use super::search_list;
use crate::app::composer::choice::{Beginning, Choice};
use crate::app::layer::picker::{Picker, searched};
use crate::app::layout::Area;
use crate::event::text;

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
    let mut spans = vec![Span::styled(format!(" {:<LABEL$}", choice.beginning.label()), style)];
    let name = text::fit_middle(&choice.name, name_width);
    let matched = if name == choice.name { picker.matched(&searched(choice)) } else { Vec::new() };
    for (position, c) in name.chars().enumerate() {
        let style = if matched.contains(&position) { theme.matched } else { theme.title_quiet };
        spans.push(Span::styled(c.to_string(), style));
    }
    spans.push(Span::raw(" ".repeat(name_width.saturating_sub(text::width(&name)) + 2)));
    let room = width.saturating_sub(LABEL + name_width + 4);
    spans.push(Span::styled(text::fit(&choice.detail, room), theme.dim));
    Line::from(spans)
}
