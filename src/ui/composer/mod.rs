//! The composer: its border, its tabs, and what each shows.

mod findings;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use ratatui::style::Style;
use ratatui::widgets::{Block, BorderType, Widget};

use super::severity::{self, sign};
use super::{Theme, frame_style, pane, rect};
use crate::app::Model;
use crate::app::composer::completion::Proposal;
use crate::app::composer::{ComposerTab, Composition, Verdict};
use crate::app::layer::Layer;
use crate::app::layout::{self, Area};
use crate::event::text::AsSanitized;
use crate::event::{Sanitized, sanitized, text};
use crate::session::Moment;
use crate::ui::write::{blank, joined, put, span};

/// The composer in the inspector's place. Gives the place of the cursor, while the draft is written.
pub(super) fn render(model: &Model, now: Moment, theme: &Theme, frame: &mut Frame<'_>) -> Option<Position> {
    let composition = model.composing()?;
    let areas = model.composer.areas();
    border(composition, model, theme, areas.whole, frame.buffer_mut());
    match composition.tab {
        ComposerTab::Edit => {
            let buf = frame.buffer_mut();
            notice(composition, theme, areas.notice, buf);
            let verdict = model.composer.verdict();
            match model.layers.last() {
                Some(Layer::Completion(completion)) => {
                    if let Some(proposal) = completion.selected() {
                        explain(proposal, theme, areas.status, buf);
                    }
                }
                _ => {
                    if let Some(verdict) = verdict {
                        status(verdict, composition, model, theme, areas.status, buf);
                    }
                }
            }
            findings::render(composition, theme, areas.findings, buf);
            foot(composition, model, theme, areas.whole, buf);
            pane::draft::render(composition, verdict, model, theme, areas.text, buf)
        }
        ComposerTab::Preview => {
            if let Some(preview) = &composition.preview {
                pane::preview::render(preview, theme, areas, frame.buffer_mut());
            }
            None
        }
        ComposerTab::Proof => {
            // Its scroll bar takes the last column: the border, as in every pane.
            let page = Area { width: areas.page.width + 1, ..areas.page };
            pane::proof::draw(model, now, theme, rect(page), frame);
            None
        }
    }
}

fn border(composition: &Composition, model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let production = model.is_production();
    let style = frame_style(model, theme);
    let tabs = layout::tabs(area, ComposerTab::ALL.map(|tab| (tab, tab.label())), false);
    let taken: usize = tabs.iter().map(|(_, place)| usize::from(place.width)).sum();
    let mark = if production { " production " } else { "" };
    let room = usize::from(area.width).saturating_sub(taken + mark.len() + 15);
    let title = joined(vec![
        span(" Compose ", theme.title),
        span(sanitized!("{} ", composition.name().fit_middle(room)), theme.title_quiet),
        span(mark, theme.danger),
    ]);
    Block::bordered().border_type(BorderType::Rounded).border_style(style).title_top(title).render(rect(area), buf);
    for (tab, place) in tabs {
        let style = if tab == composition.tab { theme.heading_sorted } else { theme.dim };
        let label = joined(vec![blank(1), span(tab.label(), style), blank(1)]);
        label.render(rect(place), buf);
    }
}

/// The fields that were taken out of a received event.
fn notice(composition: &Composition, theme: &Theme, area: Area, buf: &mut Buffer) {
    let lines = composition.notice(area.width.saturating_sub(1).into());
    let shown = usize::from(area.height);
    let cut = lines.len() > shown;
    for ((y, line), number) in (area.y..area.y + area.height).zip(lines).zip(1..) {
        let line = if cut && number == shown { sanitized!("{}…", line.as_sanitized().trim_end()) } else { line };
        let line = line.fit(area.width.saturating_sub(1).into());
        put(buf, (area.x + 1, y), line, usize::MAX, theme.dim);
    }
}

/// Whether the draft can be sent, and what it would be; or the first thing that is wrong with it.
fn status(verdict: &Verdict, composition: &Composition, model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let room = usize::from(area.width).saturating_sub(3);
    let (sign, style, lines) = match verdict {
        Verdict::Ready(ready) => {
            // Findings forbid nothing, but a tick beside it would say that all is well.
            let errors = composition.findings.counts().errors;
            let (sign, style, ready_to) = if errors > 0 {
                ("!", theme.warning, "as it is: ^S sends it")
            } else {
                ("✓", theme.ok, "ready: ^S sends it")
            };
            let to = match &model.tape {
                Some(_) => "a tape has nowhere to send to".into(),
                None => sanitized!("{} to {}", ready_to, model.target),
            };
            (sign, style, vec![ready.summary(), to])
        }
        Verdict::Refused(refusal) => ("✗", theme.error, refusal.text.wrap(room.max(1))),
    };
    for (row, y) in (area.y..area.y + area.height).enumerate() {
        let Some(line) = lines.get(row) else { break };
        if row == 0 {
            put(buf, (area.x + 1, y), sign, usize::MAX, style);
        }
        let cut = row + 1 == usize::from(area.height);
        let next = lines.get(row + 1).filter(|_| cut);
        let line = next.map_or_else(|| line.clone(), |next| sanitized!("{} {}", line, next));
        let style = match (verdict, row) {
            (Verdict::Ready(_), 0) => theme.title_quiet,
            (Verdict::Ready(_), _) => theme.dim,
            (Verdict::Refused(_), _) => theme.error,
        };
        put(buf, (area.x + 3, y), line.fit(room), usize::MAX, style);
    }
}

/// All that is known of the chosen proposal.
fn explain(proposal: &Proposal, theme: &Theme, area: Area, buf: &mut Buffer) {
    let room = usize::from(area.width).saturating_sub(3);
    let lines = sanitized!("{} · {}", proposal.label, proposal.detail).wrap(room.max(1));
    for (y, line) in (area.y..area.y + area.height).zip(lines) {
        put(buf, (area.x + 3, y), line.fit(room), usize::MAX, theme.dim);
    }
}

/// The bottom border: where the cursor is, and whether drafts are kept.
fn foot(composition: &Composition, model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let editor = &composition.editor;
    let cursor = editor.cursor();
    let place = sanitized!(" line {} of {}, column {} ", cursor.line + 1, editor.lines().len(), editor.column() + 1);
    put_foot(&place, theme.dim, area, buf);
    let mut room = usize::from(area.width).saturating_sub(text::width(&place) + 8);
    let counts = composition.findings.counts();
    let found = counts.worst().map(|worst| {
        let words = sanitized!("{} {}", sign(worst), counts.summary());
        let style = if composition.findings.are_stale() { theme.dim } else { severity::style(worst, theme) };
        (if text::width(&words) > room { findings::brief(counts) } else { words }, style)
    });
    let not_kept = model.composer.not_kept().map(|why| (sanitized!("not saved to disk: {}", why), theme.warning));
    let mut x = area.x + 2;
    for (said, style) in found.into_iter().chain(not_kept) {
        let said = said.fit(room);
        if !said.is_empty() {
            x = put(buf, (x, area.y + area.height - 1), sanitized!(" {} ", said), room + 2, style);
            room = room.saturating_sub(text::width(&said) + 2);
        }
    }
}

/// Writes at the right of the bottom border.
fn put_foot(text: &Sanitized, style: Style, area: Area, buf: &mut Buffer) {
    let width = u16::try_from(text::width(text)).unwrap_or(0);
    let x = (area.x + area.width).saturating_sub(width + 2).max(area.x + 1);
    put(buf, (x, area.y + area.height - 1), text, usize::from(area.width.saturating_sub(2)), style);
}
