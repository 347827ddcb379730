use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::{Theme, rect};
use crate::app::Model;
use crate::app::keymap::{self, HelpLine};
use crate::app::layout::Area;
use crate::app::pager::Pager;
use crate::event::text;

/// A long value, over the panes.
pub(super) fn render_pager(reader: &Pager, model: &Model, theme: &Theme, buf: &mut Buffer) {
    let area = model.overlay();
    let (offset, total) = reader.position();
    let room = usize::from(area.width).saturating_sub(30);
    let title = Line::styled(format!(" {} ", text::fit(&reader.title, room)), theme.title);
    let inner = frame(title, area, theme, buf);
    for (y, line) in (inner.y..).zip(reader.visible(inner.height.into())) {
        buf.set_stringn(inner.x, y, line, inner.width.into(), theme.title_quiet);
    }
    pager_foot(reader, area, theme, buf);
    super::scroll_thumb(area, offset, total, theme, buf);
}

/// What the bottom border says of a text that is longer than what is shown.
pub(super) fn pager_foot(reader: &Pager, area: Area, theme: &Theme, buf: &mut Buffer) {
    let (offset, total) = reader.position();
    let height = usize::from(area.inner().height);
    let mut foot = String::new();
    if total > height {
        foot = format!(" lines {}–{} of {total} ", offset + 1, (offset + height).min(total));
    }
    if let Some(bytes) = reader.cut_from {
        foot = format!(" the first mebibyte of {bytes} bytes ·{foot}");
    }
    let width = u16::try_from(text::width(&foot)).unwrap_or(0);
    let x = (area.x + area.width).saturating_sub(width + 2).max(area.x + 1);
    let room = usize::from(area.width.saturating_sub(2));
    buf.set_stringn(x, area.y + area.height - 1, foot, room, theme.dim);
}

/// The help, over the panes.
pub(super) fn render_help(offset: usize, model: &Model, theme: &Theme, buf: &mut Buffer) {
    const KEYS: usize = 22;
    let area = model.overlay();
    let lines = keymap::help();
    let inner = frame(Line::styled(" Keys ", theme.title), area, theme, buf);
    let visible = lines.iter().skip(offset).take(inner.height.into());
    for (y, line) in (inner.y..).zip(visible) {
        let line = match line {
            HelpLine::Gap => continue,
            HelpLine::Title(title) => Line::styled(format!(" {title}"), theme.name),
            HelpLine::Keys(keys, label) => Line::from(vec![
                Span::styled(format!("   {keys}"), theme.hint_key),
                Span::raw(" ".repeat(KEYS.saturating_sub(text::width(keys)).max(1))),
                Span::styled(text::fit(label, usize::from(inner.width).saturating_sub(KEYS + 3)), theme.title_quiet),
            ]),
        };
        line.render(Rect { y, height: 1, ..rect(inner) }, buf);
    }
    super::scroll_thumb(area, offset, lines.len(), theme, buf);
}

/// An empty overlay with its border; gives the area inside it.
pub(super) fn frame(title: Line<'_>, area: Area, theme: &Theme, buf: &mut Buffer) -> Area {
    framed(title, theme.border_focused, area, theme, buf)
}

/// The same with a border of another style.
pub(super) fn framed(title: Line<'_>, border: Style, area: Area, theme: &Theme, buf: &mut Buffer) -> Area {
    Clear.render(rect(area), buf);
    buf.set_style(rect(area), theme.base);
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(border).title_top(title);
    block.render(rect(area), buf);
    area.inner()
}
