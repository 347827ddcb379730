use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use super::super::{Theme, rect, scroll_thumb};
use super::frame;
use crate::app::keymap::HelpLine;
use crate::app::layer::help::Help;
use crate::app::layout::Area;
use crate::event::text::AsSanitized;
use crate::event::{sanitized, text};
use crate::ui::write::{blank, joined, line_of, span};

/// The help.
pub(super) fn render(help: &Help, area: Area, theme: &Theme, buf: &mut Buffer) {
    const KEYS: usize = 22;
    let inner = frame(line_of(" Keys ", theme.title), area, theme, buf);
    for (y, line) in (inner.y..).zip(help.visible()) {
        let line = match line {
            HelpLine::Gap => continue,
            HelpLine::Title(title) => line_of(sanitized!(" {}", title), theme.name),
            HelpLine::Keys(keys, label) => joined(vec![
                span(sanitized!("   {}", keys), theme.hint_key),
                blank(KEYS.saturating_sub(text::width(keys)).max(1)),
                span(label.as_sanitized().fit(usize::from(inner.width).saturating_sub(KEYS + 3)), theme.title_quiet),
            ]),
        };
        line.render(Rect { y, height: 1, ..rect(inner) }, buf);
    }
    scroll_thumb(area, help.view().offset(), help.view().len(), theme, buf);
}
