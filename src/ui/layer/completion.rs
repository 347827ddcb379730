use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::super::{Theme, rect, scroll_thumb};
use crate::app::Model;
use crate::app::composer::completion::Completion;
use crate::app::layout::Area;
use crate::event::text;
use crate::ui::write::{blank, joined, span};

/// The proposals for the cursor's place, under the cursor or above it.
pub(super) fn render(completion: &Completion, cursor: Position, model: &Model, theme: &Theme, buf: &mut Buffer) {
    const MOST_ROWS: usize = 8;
    const WIDEST: u16 = 64;
    let Some(editor) = model.composing().map(|composition| &composition.editor) else { return };
    let text_area = model.composer.areas().text;
    let below = (text_area.y + text_area.height).saturating_sub(cursor.y + 1);
    let above = cursor.y.saturating_sub(text_area.y);
    let all = completion.proposals();
    let room = usize::from(below.max(above).saturating_sub(2));
    let rows = all.len().min(MOST_ROWS).min(room);
    if rows == 0 {
        return;
    }
    let label_width = all.iter().map(|proposal| text::width(&proposal.label)).max().unwrap_or(0).min(26);
    let detail_width = all.iter().map(|proposal| text::width(&proposal.detail)).max().unwrap_or(0);
    let wanted = u16::try_from(label_width + detail_width + 7).unwrap_or(u16::MAX);
    let width = wanted.min(WIDEST).min(text_area.width);
    let height = u16::try_from(rows).unwrap_or(0) + 2;
    let y = if height <= below { cursor.y + 1 } else { cursor.y - height };
    let typed = u16::try_from(editor.cursor().byte.saturating_sub(completion.start().byte)).unwrap_or(0);
    let most = (text_area.x + text_area.width).saturating_sub(width);
    let x = cursor.x.saturating_sub(typed + 2).clamp(text_area.x, most.max(text_area.x));
    let area = Area { x, y, width, height };
    Clear.render(rect(area), buf);
    buf.set_style(rect(area), theme.base);
    Block::bordered().border_type(BorderType::Rounded).border_style(theme.border_focused).render(rect(area), buf);
    let inner = area.inner();
    let chosen = completion.chosen();
    let first = (chosen + 1).saturating_sub(rows);
    let shown = all.iter().enumerate().skip(first).take(rows);
    for (y, (number, proposal)) in (inner.y..).zip(shown) {
        let place = Rect { y, height: 1, ..rect(inner) };
        let label = proposal.label.fit(label_width);
        let gap = label_width.saturating_sub(text::width(&label)) + 2;
        let room = usize::from(inner.width).saturating_sub(label_width + 4);
        let line =
            joined(vec![blank(1), span(label, theme.json_key), blank(gap), span(proposal.detail.fit(room), theme.dim)]);
        if number == chosen {
            buf.set_style(place, theme.selection);
        }
        line.render(place, buf);
    }
    scroll_thumb(area, first, all.len(), theme, buf);
}
