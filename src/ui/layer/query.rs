use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget;

use super::super::{Theme, footer, rect, scroll_thumb};
use super::{frame, pager_foot};
use crate::app::layer::query::{HEAD_ROWS, QueryLine, Said};
use crate::app::layout::Area;
use crate::event::{Sanitized, sanitized};
use crate::ui::write::{joined, line_of, put};

/// The word before the line, and the columns that it takes with what stands around it.
const WORD: &str = "jq";
const LEAD: u16 = 5;

/// The line for an expression and what it gives. Gives the place of the cursor.
pub(super) fn render(query: &QueryLine, area: Area, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
    let room = usize::from(area.width).saturating_sub(16);
    let about = query.about().map_or_else(Sanitized::default, |about| sanitized!("over {} ", about.fit_middle(room)));
    let inner = frame(line_of(sanitized!(" Query {}", about), theme.title), area, theme, buf);
    let width = usize::from(inner.width);
    let line = Rect { height: 1, ..rect(inner) };
    let typed = width.saturating_sub(usize::from(LEAD) + 1);
    let (spans, cursor) = footer::prompt_within(WORD, &query.input, typed, theme, line);
    joined(spans).render(line, buf);

    let (said, style) = match query.said() {
        Said::Hint(hint) => (hint.into(), theme.dim),
        Said::Waiting => ("evaluating; esc stops it".into(), theme.dim),
        Said::Given(given, true) => (sanitized!("{} · it is true of this event", given), theme.ok),
        Said::Given(given, false) => (sanitized!("{} · it is not true of this event", given), theme.dim),
        Said::Failed(why) => (why, theme.error),
        Said::Fault(fault) => {
            let (start, columns) = fault.columns(query.input.value());
            let start = start.saturating_sub(query.input.visual_scroll(typed));
            let x = inner.x + LEAD + u16::try_from(start.min(typed)).unwrap_or(0);
            let columns = columns.min(typed.saturating_sub(start)).max(1);
            put(buf, (x, inner.y + 1), Sanitized::repeated("^", columns), columns, theme.error);
            (fault.reason, theme.error)
        }
    };
    if inner.height > 2 {
        put(buf, (inner.x + LEAD, inner.y + 2), said.fit(typed), typed, style);
    }
    let result = query.result();
    let (top, bottom) = (inner.y + HEAD_ROWS, inner.y + inner.height);
    for (y, line) in (top..bottom).zip(result.visible()) {
        put(buf, (inner.x + 1, y), line, width.saturating_sub(1), theme.title_quiet);
    }
    let rows = Area { y: area.y + HEAD_ROWS, height: area.height.saturating_sub(HEAD_ROWS), ..area };
    pager_foot(result, None, rows, theme, buf);
    scroll_thumb(rows, result.view().offset(), result.view().len(), theme, buf);
    cursor
}
