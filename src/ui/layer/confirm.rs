use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::widgets::Widget;

use super::super::{Theme, footer, rect};
use super::framed;
use crate::app::Model;
use crate::app::composer::WORD;
use crate::app::composer::confirm::Confirm;
use crate::app::layout::Area;
use crate::event::text::AsSanitized;
use crate::event::{Sanitized, sanitized, text};
use crate::ui::write::{joined, line_of, put};

/// The question before something goes to production. Gives the place of the cursor, when a word is asked for.
pub(super) fn render(
    confirm: &Confirm,
    model: &Model,
    area: Area,
    theme: &Theme,
    buf: &mut Buffer,
) -> Option<Position> {
    let inner = framed(line_of(" Send to production ", theme.danger), theme.danger, area, theme, buf);
    let width = usize::from(inner.width).saturating_sub(2).max(1);
    let mut lines: Vec<(Sanitized, Style)> =
        vec![(Sanitized::default(), theme.base), (confirm.ready.summary().fit(width), theme.title)];
    let people = confirm.about.wrap(width);
    let cut = people.len() > Confirm::ABOUT;
    lines.extend(people.into_iter().take(Confirm::ABOUT).zip(1..).map(|(line, number)| {
        let line =
            if cut && number == Confirm::ABOUT { sanitized!("{}…", line.as_sanitized().trim_end()) } else { line };
        (line.fit(width), theme.title)
    }));
    lines.extend([
        (sanitized!("to {}", model.target).fit(width), theme.title_quiet),
        (Sanitized::default(), theme.base),
    ]);
    if !confirm.triggers.is_empty() {
        let types = Sanitized::join(&confirm.triggers, ", ");
        let warning = sanitized!("{}: events of this kind usually trigger real messages to real customers", types);
        lines.extend(warning.wrap(width).into_iter().take(3).map(|line| (line, theme.warning)));
        lines.push((Sanitized::default(), theme.base));
    }
    let errors = confirm.errors;
    if errors > 0 {
        let (count, them) = (text::counted(errors, "error"), if errors == 1 { "it" } else { "them" });
        lines.push((sanitized!("✗ {} in the draft: esc, then F8 shows {}", count, them).fit(width), theme.error));
        lines.push((Sanitized::default(), theme.base));
    }
    let ask = match confirm.word {
        Some(_) => sanitized!("Type {}, then ↵ sends it. Esc sends nothing.", WORD),
        None => "↵ sends it. Esc sends nothing.".into(),
    };
    lines.extend(ask.wrap(width).into_iter().map(|line| (line, theme.title_quiet)));
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
        put(buf, (inner.x + 1, y), line, width, style);
        y += 1;
    }
    let input = confirm.word.as_ref()?;
    let place = Rect { y, height: 1, ..rect(inner) };
    let (spans, cursor) = footer::prompt("word", input, theme, place);
    joined(spans).render(place, buf);
    cursor
}
