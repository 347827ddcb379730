use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use super::super::{Theme, footer, overlay, rect};
use crate::app::Model;
use crate::app::composer::Confirm;
use crate::app::reader;
use crate::app::safety::WORD;
use crate::event::text;

/// What is about to go to production, over the panes. Gives the place of the cursor, when a word is asked for.
pub(in crate::ui) fn render(confirm: &Confirm, model: &Model, theme: &Theme, buf: &mut Buffer) -> Option<Position> {
    let area = model.overlay();
    let inner = overlay::framed(Line::styled(" Send to production ", theme.danger), theme.danger, area, theme, buf);
    let width = usize::from(inner.width).saturating_sub(2).max(1);
    let mut lines: Vec<(String, Style)> = vec![
        (String::new(), theme.base),
        (text::fit(&confirm.ready.summary(), width), theme.title),
        (text::fit(&format!("to {}", model.target), width), theme.title_quiet),
        (String::new(), theme.base),
    ];
    if !confirm.triggers.is_empty() {
        let types = confirm.triggers.join(", ");
        let warning = format!("{types}: events of this kind usually trigger real messages to real customers");
        lines.extend(reader::wrap(&warning, width).into_iter().take(3).map(|line| (line, theme.warning)));
        lines.push((String::new(), theme.base));
    }
    let ask = match confirm.word {
        Some(_) => format!("Type {WORD}, then ↵ sends it. Esc sends nothing."),
        None => "↵ sends it. Esc sends nothing.".to_owned(),
    };
    lines.extend(reader::wrap(&ask, width).into_iter().map(|line| (line, theme.title_quiet)));
    let mut y = inner.y;
    for (line, style) in lines.into_iter().take(inner.height.saturating_sub(1).into()) {
        let style = Style { bg: None, ..style };
        buf.set_stringn(inner.x + 1, y, line, width, style);
        y += 1;
    }
    let input = confirm.word.as_ref()?;
    let place = Rect { y, height: 1, ..rect(inner) };
    let (spans, cursor) = footer::prompt("word", input, theme, place);
    Line::from(spans).render(place, buf);
    cursor
}
