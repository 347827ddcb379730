use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget;

use super::super::{Theme, footer, hint, rect, scroll_thumb};
use super::frame;
use crate::app::keymap::HelpLine;
use crate::app::layer::help::Help;
use crate::app::layout::Area;
use crate::event::text::AsSanitized;
use crate::event::{sanitized, text};
use crate::ui::write::{blank, joined, line_of, span};

/// The help. Gives the place of the cursor where it is searched.
pub(super) fn render(help: &Help, area: Area, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
    let inner = frame(line_of(" Keys ", theme.title), area, theme, buf);
    let mut cursor = None;
    if help.has_search() {
        let line = Rect { height: 1, ..rect(inner) };
        let (spans, place) = footer::prompt("search", &help.input, theme, line);
        joined(spans).render(line, buf);
        cursor = place.filter(|_| help.is_searching);
    }
    // Where there is little room, the words need it more than the gap before them.
    let keys_width: usize = if inner.width < 60 { 14 } else { 22 };
    let rows = help.rows(inner);
    let below = Area { y: rows.y.saturating_sub(1), height: rows.height + 2, ..area };
    if help.view().is_empty() {
        hint("Nothing is called so.", theme, below, buf);
    }
    for (y, line) in (rows.y..).zip(help.visible()) {
        let line = match line {
            HelpLine::Gap => continue,
            HelpLine::Title(title) => line_of(sanitized!(" {}", title), theme.name),
            HelpLine::Keys(keys, label) => {
                let gap = keys_width.saturating_sub(text::width(keys)).max(1);
                let room = usize::from(inner.width).saturating_sub(text::width(keys) + gap + 3);
                joined(vec![
                    span(sanitized!("   {}", keys), theme.hint_key),
                    blank(gap),
                    span(label.as_sanitized().fit(room), theme.title_quiet),
                ])
            }
        };
        line.render(Rect { y, height: 1, ..rect(inner) }, buf);
    }
    scroll_thumb(below, help.view().offset(), help.view().len(), theme, buf);
    cursor
}
