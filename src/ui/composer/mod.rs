//! The composer: its border, its tabs, and what each shows.

mod confirm;
mod draft;
mod findings;
mod picker;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Widget};

pub(super) use confirm::render as render_confirm;
pub(super) use picker::render as render_picker;

use super::findings::{sign, style_of};
use super::{Theme, rect};
use crate::app::Model;
use crate::app::composer::completion::{Completion, Proposal};
use crate::app::composer::{Composition, Preview, Tab, Verdict};
use crate::app::layout::{self, Area, ComposerAreas};
use crate::app::pager;
use crate::event::syntax::{self, TokenKind};
use crate::event::text;
use crate::session::Moment;

/// The composer in the inspector's place. Gives the place of the cursor, while the draft is written.
pub(super) fn render(model: &Model, now: Moment, theme: &Theme, frame: &mut Frame<'_>) -> Option<Position> {
    let composition = model.composer.on_screen()?;
    let areas = model.composer_areas()?;
    // Asked for before the title, which is the draft's own type once it is known.
    let verdict = model.composer.verdict(&model.sending)?;
    border(composition, model, theme, areas.whole, frame.buffer_mut());
    match composition.tab {
        Tab::Edit => {
            let buf = frame.buffer_mut();
            notice(composition, theme, areas.notice, buf);
            match composition.completion.as_ref().and_then(Completion::selected) {
                Some(proposal) => explain(proposal, theme, areas.status, buf),
                None => status(verdict, model, theme, areas.status, buf),
            }
            findings::render(composition, theme, areas.findings, buf);
            foot(composition, model, theme, areas.whole, buf);
            let cursor = draft::render(composition, verdict, model, theme, areas.text, buf);
            if let (Some(completion), Some(cursor)) = (&composition.completion, cursor) {
                draft::render_completion(completion, &composition.editor, theme, areas.text, cursor, buf);
            }
            cursor
        }
        Tab::Preview => {
            if let Some(preview) = &composition.preview {
                render_preview(preview, theme, &areas, frame.buffer_mut());
            }
            None
        }
        Tab::Proof => {
            // Its scroll bar takes the last column: the border, as in every pane.
            let page = Area { width: areas.page.width + 1, ..areas.page };
            super::proof::draw(model, now, theme, rect(page), frame);
            None
        }
    }
}

fn border(composition: &Composition, model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let production = model.sending.safety.production;
    let style = if production { theme.danger } else { theme.border_focused };
    let tabs = layout::tabs(area, Tab::ALL.map(|tab| (tab, tab.label())));
    let taken: usize = tabs.iter().map(|(_, place)| usize::from(place.width)).sum();
    let mark = if production { " production " } else { "" };
    let room = usize::from(area.width).saturating_sub(taken + mark.len() + 15);
    let title = Line::from(vec![
        Span::styled(" Compose ", theme.title),
        Span::styled(format!("{} ", text::fit_middle(&composition.name(), room)), theme.title_quiet),
        Span::styled(mark, theme.danger),
    ]);
    Block::bordered().border_type(BorderType::Rounded).border_style(style).title_top(title).render(rect(area), buf);
    for (tab, place) in tabs {
        let style = if tab == composition.tab { theme.heading_sorted } else { theme.dim };
        let label = Line::from(vec![Span::raw(" "), Span::styled(tab.label(), style), Span::raw(" ")]);
        label.render(rect(place), buf);
    }
}

/// What was taken out of a received event.
fn notice(composition: &Composition, theme: &Theme, area: Area, buf: &mut Buffer) {
    let lines = composition.notice(area.width.saturating_sub(1).into());
    let shown = usize::from(area.height);
    let cut = lines.len() > shown;
    for ((y, line), number) in (area.y..area.y + area.height).zip(lines).zip(1..) {
        let line = if cut && number == shown { format!("{}…", line.trim_end()) } else { line };
        let line = text::fit(&line, area.width.saturating_sub(1).into());
        buf.set_string(area.x + 1, y, line, theme.dim);
    }
}

/// Whether the draft can be sent, and what it would be; or the first thing that is wrong with it.
fn status(verdict: &Verdict, model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let room = usize::from(area.width).saturating_sub(3);
    let (sign, style, lines) = match verdict {
        Verdict::Ready(ready) => {
            // What is wrong with an event forbids nothing, but a tick beside it would say that all is well.
            let errors = model.composer.on_screen().map_or(0, |composition| composition.findings.counts().errors);
            let (sign, style, ready_to) = if errors > 0 {
                ("!", theme.warning, "as it is: ^S sends it")
            } else {
                ("✓", theme.ok, "ready: ^S sends it")
            };
            (sign, style, vec![ready.summary(), format!("{ready_to} to {}", model.target)])
        }
        Verdict::Refused(refusal) => ("✗", theme.error, pager::wrap(&refusal.text, room.max(1))),
    };
    for (row, y) in (area.y..area.y + area.height).enumerate() {
        let Some(line) = lines.get(row) else { break };
        if row == 0 {
            buf.set_string(area.x + 1, y, sign, style);
        }
        let cut = row + 1 == usize::from(area.height) && lines.len() > row + 1;
        let line = if cut { format!("{line} {}", lines.get(row + 1).map_or("", String::as_str)) } else { line.clone() };
        let style = match (verdict, row) {
            (Verdict::Ready(_), 0) => theme.title_quiet,
            (Verdict::Ready(_), _) => theme.dim,
            (Verdict::Refused(_), _) => theme.error,
        };
        buf.set_string(area.x + 3, y, text::fit(&line, room), style);
    }
}

/// All that is known of the chosen proposal.
fn explain(proposal: &Proposal, theme: &Theme, area: Area, buf: &mut Buffer) {
    let room = usize::from(area.width).saturating_sub(3);
    let lines = pager::wrap(&format!("{} · {}", proposal.label, proposal.detail), room.max(1));
    for (y, line) in (area.y..area.y + area.height).zip(lines) {
        buf.set_string(area.x + 3, y, text::fit(&line, room), theme.dim);
    }
}

/// The bottom border: where the cursor is, and whether drafts are kept.
fn foot(composition: &Composition, model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let editor = &composition.editor;
    let cursor = editor.cursor();
    let place = format!(" line {} of {}, column {} ", cursor.line + 1, editor.lines().len(), editor.column() + 1);
    put_foot(&place, theme.dim, area, buf);
    let mut room = usize::from(area.width).saturating_sub(text::width(&place) + 8);
    let counts = composition.findings.counts();
    let found = counts.worst().map(|worst| {
        let words = format!("{} {counts}", sign(worst));
        let style = if composition.findings.are_stale() { theme.dim } else { style_of(worst, theme) };
        (if text::width(&words) > room { findings::brief(counts) } else { words }, style)
    });
    let not_kept = model.composer.not_kept().map(|why| (format!("not kept on disk: {why}"), theme.warning));
    let mut x = area.x + 2;
    for (said, style) in found.into_iter().chain(not_kept) {
        let said = text::fit(&said, room);
        if !said.is_empty() {
            (x, _) = buf.set_stringn(x, area.y + area.height - 1, format!(" {said} "), room + 2, style);
            room = room.saturating_sub(text::width(&said) + 2);
        }
    }
}

/// Writes at the right of the bottom border.
fn put_foot(text: &str, style: Style, area: Area, buf: &mut Buffer) {
    let width = u16::try_from(text::width(text)).unwrap_or(0);
    let x = (area.x + area.width).saturating_sub(width + 2).max(area.x + 1);
    buf.set_stringn(x, area.y + area.height - 1, text, usize::from(area.width.saturating_sub(2)), style);
}

/// The calls as commands, quietly coloured; or why there are none.
fn render_preview(preview: &Preview, theme: &Theme, areas: &ComposerAreas, buf: &mut Buffer) {
    let page = areas.page;
    match &preview.page {
        Err(refusal) => {
            let text = format!("No command, for the draft cannot be sent. {}", refusal.text);
            super::hint(&text, theme, areas.whole, buf);
        }
        Ok(reader) => {
            for (y, line) in (page.y..).zip(reader.visible(page.height.into())) {
                let room = usize::from(page.width);
                let mut x = page.x;
                for (piece, style) in command_pieces(line, theme) {
                    let used = usize::from(x - page.x);
                    (x, _) = buf.set_stringn(x, y, piece, room.saturating_sub(used), style);
                }
            }
            super::overlay::pager_foot(reader, areas.whole, theme, buf);
            let (offset, total) = reader.position();
            super::scroll_thumb(areas.whole, offset, total, theme, buf);
        }
    }
}

/// The parts of one line of a command: what is JSON in its colours, what is the shell's quietly.
fn command_pieces<'a>(line: &'a str, theme: &Theme) -> Vec<(&'a str, Style)> {
    let shell = ["curl ", "  --", "  '", "END_OF_EVENTS"].iter().any(|start| line.starts_with(start));
    let (lead, json) = match line.find('{').or_else(|| line.find('[')) {
        _ if !shell => ("", line),
        Some(start) if !line.starts_with("curl ") => line.split_at_checked(start).unwrap_or((line, "")),
        _ => (line, ""),
    };
    let tokens = syntax::tokens(json).into_iter();
    let json = tokens.map(|(range, kind)| (json.get(range).unwrap_or_default(), token_style(kind, theme)));
    [(lead, theme.dim)].into_iter().filter(|(lead, _)| !lead.is_empty()).chain(json).collect()
}

/// The style of a piece of a draft.
fn token_style(kind: TokenKind, theme: &Theme) -> Style {
    match kind {
        TokenKind::Key => theme.json_key,
        TokenKind::String => theme.json_string,
        TokenKind::Number => theme.json_number,
        TokenKind::Literal => theme.json_word,
        TokenKind::Punctuation => theme.dim,
        TokenKind::Placeholder => theme.placeholder,
        TokenKind::Space | TokenKind::Unknown => theme.title_quiet,
    }
}
