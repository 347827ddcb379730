//! The layers over the panes, each drawn by a file of the same name as its state in `app::layer`.

mod all_findings;
mod completion;
mod confirm;
mod help;
mod muted;
mod palette;
mod picker;
mod query;
mod requests;
mod search_list;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::{Theme, rect, scroll_thumb};
use crate::app::Model;
use crate::app::layer::Layer;
use crate::app::layout::Area;
use crate::app::pager::Pager;
use crate::event::text::AsSanitized;
use crate::event::{Sanitized, sanitized, text};
use crate::session::Moment;
use crate::ui::write::{line_of, put};

/// A layer; `under` is the place of the cursor in what stands under it. Gives its own place, when a line is typed in it.
pub(super) fn render(
    layer: &Layer,
    under: Option<Position>,
    model: &Model,
    now: Moment,
    theme: &Theme,
    buf: &mut Buffer,
) -> Option<Position> {
    let area = layer.area(model.size);
    match layer {
        Layer::Pager(pager) => render_pager(pager, area, theme, buf),
        Layer::AllFindings(list) => all_findings::render(list, model, now, area, theme, buf),
        Layer::Requests(list) => requests::render(list, model, area, theme, buf),
        Layer::Help(help) => return help::render(help, area, theme, buf),
        Layer::Palette(palette) => return palette::render(palette, model, area, theme, buf),
        Layer::Picker(picker) => return picker::render(picker, area, theme, buf),
        Layer::Muted(muted) => return muted::render(muted, area, theme, buf),
        Layer::Query(query) => return query::render(query, area, theme, buf),
        Layer::Confirm(confirm) => return confirm::render(confirm, model, area, theme, buf),
        Layer::Completion(completion) => {
            if let Some(cursor) = under {
                completion::render(completion, cursor, model, theme, buf);
            }
            return under;
        }
        // In the inspector's place, and in the footer.
        Layer::Composer | Layer::Prompt(_) | Layer::Copy(_) => {}
    }
    None
}

/// A long value, over the panes.
fn render_pager(pager: &Pager, area: Area, theme: &Theme, buf: &mut Buffer) {
    let room = usize::from(area.width).saturating_sub(30);
    let title = line_of(sanitized!(" {} ", pager.title.fit(room)), theme.title);
    let inner = frame(title, area, theme, buf);
    for (y, line) in (inner.y..).zip(pager.visible()) {
        put(buf, (inner.x, y), line, inner.width.into(), theme.title_quiet);
    }
    pager_foot(pager, None, area, theme, buf);
    scroll_thumb(area, pager.view().offset(), pager.view().len(), theme, buf);
}

/// The words in the bottom border about a text that is longer than what is shown.
pub(super) fn pager_foot(pager: &Pager, held: Option<Sanitized>, area: Area, theme: &Theme, buf: &mut Buffer) {
    let (offset, total) = (pager.view().offset(), pager.view().len());
    let height = usize::from(area.inner().height);
    let mut foot = Sanitized::default();
    if total > height {
        foot = sanitized!(" lines {}–{} of {} ", offset + 1, (offset + height).min(total), total);
    }
    if let Some(bytes) = pager.cut_from {
        foot = sanitized!(" the first mebibyte of {} ·{}", text::size(bytes as u64), foot);
    }
    if let Some(held) = held {
        foot = if foot.is_empty() { sanitized!(" {} ", held) } else { sanitized!(" {} ·{}", held, foot) };
    }
    let width = u16::try_from(text::width(&foot)).unwrap_or(0);
    let x = (area.x + area.width).saturating_sub(width + 2).max(area.x + 1);
    let room = usize::from(area.width.saturating_sub(2));
    put(buf, (x, area.y + area.height - 1), foot, room, theme.dim);
}

/// An empty overlay with its border; gives the area inside it.
fn frame(title: Line<'_>, area: Area, theme: &Theme, buf: &mut Buffer) -> Area {
    framed(title, theme.border_focused, area, theme, buf)
}

/// The same with a border of another style.
fn framed(title: Line<'_>, border: Style, area: Area, theme: &Theme, buf: &mut Buffer) -> Area {
    Clear.render(rect(area), buf);
    buf.set_style(rect(area), theme.base);
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(border).title_top(title);
    block.render(rect(area), buf);
    area.inner()
}

/// A cell of a table in a layer, its text at its left or its right end.
fn cell(area: Area, text: impl AsSanitized, right: bool, style: Style, buf: &mut Buffer) {
    let text = text.as_sanitized();
    let room = usize::from(area.width);
    let lead = if right { room.saturating_sub(text::width(&text)) } else { 0 };
    let Rect { x, y, .. } = rect(area);
    put(buf, (x + u16::try_from(lead).unwrap_or(0), y), text, room, style);
}
