use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use super::super::{Theme, footer, rect};
use super::framed;
use crate::app::Model;
use crate::app::composer::WORD;
use crate::app::composer::confirm::Confirm;
use crate::app::layout::Area;
use crate::app::pager;
use crate::event::text;

/// The question before something goes to production. Gives the place of the cursor, when a word is asked for.
pub(super) fn render(
    confirm: &Confirm,
    model: &Model,
    area: Area,
    theme: &Theme,
    buf: &mut Buffer,
) -> Option<Position> {
    let inner = framed(Line::styled(" Send to production ", theme.danger), theme.danger, area, theme, buf);
    let width = usize::from(inner.width).saturating_sub(2).max(1);
    let mut lines: Vec<(String, Style)> =
        vec![(String::new(), theme.base), (text::fit(&confirm.ready.summary(), width), theme.title)];
    let people = pager::wrap(&confirm.about, width);
    let cut = people.len() > Confirm::ABOUT;
    lines.extend(people.into_iter().take(Confirm::ABOUT).zip(1..).map(|(line, number)| {
        let line = if cut && number == Confirm::ABOUT { format!("{}…", line.trim_end()) } else { line };
        (text::fit(&line, width), theme.title)
    }));
    lines.extend([(text::fit(&format!("to {}", model.target), width), theme.title_quiet), (String::new(), theme.base)]);
    if !confirm.triggers.is_empty() {
        let types = confirm.triggers.join(", ");
        let warning = format!("{types}: events of this kind usually trigger real messages to real customers");
        lines.extend(pager::wrap(&warning, width).into_iter().take(3).map(|line| (line, theme.warning)));
        lines.push((String::new(), theme.base));
    }
    let errors = confirm.errors;
    if errors > 0 {
        let (count, them) = (text::counted(errors, "error"), if errors == 1 { "it" } else { "them" });
        lines.push((text::fit(&format!("✗ {count} in the draft: esc, then F8 shows {them}"), width), theme.error));
        lines.push((String::new(), theme.base));
    }
    let ask = match confirm.word {
        Some(_) => format!("Type {WORD}, then ↵ sends it. Esc sends nothing."),
        None => "↵ sends it. Esc sends nothing.".to_owned(),
    };
    lines.extend(pager::wrap(&ask, width).into_iter().map(|line| (line, theme.title_quiet)));
    let room = usize::from(inner.height.saturating_sub(u16::from(confirm.word.is_some())));
    let mut over = lines.len().saturating_sub(room);
    // Where rows are few, the empty ones go first.
    lines.retain(|(line, _)| {
        let goes = line.is_empty() && over > 0;
        over -= usize::from(goes);
        !goes
    });
    let mut y = inner.y;
    for (line, style) in lines.into_iter().take(room) {
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
