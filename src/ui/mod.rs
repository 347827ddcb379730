//! How the model looks: functions of the model, nothing else.

mod ascii;
mod composer;
mod difference;
mod footer;
mod header;
mod layer;
mod pane;
#[cfg(test)]
mod picture;
#[cfg(test)]
mod sanitized_tests;
mod severity;
#[cfg(test)]
mod tests;
mod theme;
mod write;

use std::borrow::Cow;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Widget};

pub use theme::{Theme, about};

use crate::app::Model;
use crate::app::layer::Layer;
use crate::app::layout::{Area, SMALLEST};
use crate::app::pane::PaneId;
use crate::event::syntax::TokenKind;
use crate::event::text::AsSanitized;
use crate::event::{Sanitized, sanitized};
use crate::session::Moment;
use write::{centered, put, span};

/// Draws the model as it is at `now`.
///
/// `now` is the time of the program; the session may have another, on its tape.
pub fn view(model: &Model, now: Moment, theme: &Theme, frame: &mut Frame<'_>) {
    draw(model, now, theme, frame);
    if theme.ascii {
        ascii::spell(frame.buffer_mut());
    }
}

fn draw(model: &Model, now: Moment, theme: &Theme, frame: &mut Frame<'_>) {
    let now = model.moment(now);
    let screen = frame.area();
    frame.buffer_mut().set_style(screen, theme.base);
    let Some(layout) = model.layout() else {
        too_small(theme, frame);
        return;
    };
    let composing = model.composing().is_some();
    let buf = frame.buffer_mut();
    header::render(model, now, theme, rect(layout.header), buf);
    header::render_banner(model, theme, rect(layout.banner), buf);
    if let Some(area) = layout.types {
        pane::types::render(model, now, theme, area, buf);
    }
    if let Some(area) = layout.inspector.filter(|_| !composing) {
        pane::inspector::render(model, now, theme, area, buf);
    }
    if let Some(area) = layout.stream {
        pane::stream::render(model, theme, area, buf);
    }
    let in_footer = footer::render(model, now, theme, rect(layout.footer), buf);
    let mut cursor = if composing { composer::render(model, now, theme, frame) } else { None };
    for layer in model.layers.iter().filter(|layer| !matches!(layer, Layer::Composer)) {
        cursor = layer::render(layer, cursor, model, now, theme, frame.buffer_mut());
    }
    if let Some(cursor) = in_footer.or(cursor) {
        frame.set_cursor_position(cursor);
    }
}

fn too_small(theme: &Theme, frame: &mut Frame<'_>) {
    let area = frame.area();
    let text = sanitized!(
        "clickscope needs a terminal of {}x{}; this one has {}x{}",
        SMALLEST.width,
        SMALLEST.height,
        area.width,
        area.height
    );
    let message = centered(text, theme.base);
    let y = area.height / 3;
    frame.render_widget(message, Rect { y, height: area.height - y, ..area });
}

fn rect(area: Area) -> Rect {
    Rect { x: area.x, y: area.y, width: area.width, height: area.height }
}

/// The border of a pane, with its title.
fn pane<'a>(pane: PaneId, model: &Model, title: Line<'a>, theme: &Theme) -> Block<'a> {
    let focused = model.has_focus(pane);
    let style = if focused { frame_style(model, theme) } else { theme.border };
    Block::bordered().border_type(BorderType::Rounded).border_style(style).title_top(title)
}

/// The style of the frame in which the keys work: it says who is at the other end.
fn frame_style(model: &Model, theme: &Theme) -> Style {
    match model.is_production() {
        true => theme.border_production,
        false if model.is_staging() => theme.border_staging,
        false => theme.border_focused,
    }
}

/// The style of a pane's title.
fn title_style(pane: PaneId, model: &Model, theme: &Theme) -> Style {
    if model.has_focus(pane) { theme.title } else { theme.title_quiet }
}

/// Shows in the right border which part of a longer list is on screen.
fn scroll_thumb(area: Area, offset: usize, total: usize, theme: &Theme, buf: &mut Buffer) {
    let inner = area.inner();
    let height = usize::from(inner.height);
    if total <= height || height == 0 {
        return;
    }
    let length = (height * height / total).max(1);
    let start = (offset * (height - length)).div_ceil(total - height).min(height - length);
    for row in start..start + length {
        let y = inner.y.saturating_add(u16::try_from(row).unwrap_or(u16::MAX));
        put(buf, (inner.x + inner.width, y), "┃", usize::MAX, theme.thumb);
    }
}

/// A sentence in an empty pane.
fn hint(text: impl Into<Sanitized>, theme: &Theme, area: Area, buf: &mut Buffer) {
    let inner = rect(area.inner());
    let y = inner.y + inner.height / 3;
    let area =
        Rect { x: inner.x + 2, y, width: inner.width.saturating_sub(4), height: inner.height - inner.height / 3 };
    centered(text, theme.dim).render(area, buf);
}

/// `text` with every place that reads like `query` in the style of a match.
fn highlight(text: &Sanitized, query: &str, style: Style, matched: Style) -> Vec<Span<'static>> {
    let exact = query.chars().any(char::is_uppercase);
    // Lower case may have another length: then places would be off, and no highlight is better than a wrong one.
    let haystack = if exact { Cow::Borrowed(&**text) } else { Cow::Owned(text.to_lowercase()) };
    if query.is_empty() || haystack.len() != text.len() {
        return vec![span(text, style)];
    }
    let mut spans = Vec::new();
    let mut rest = 0;
    for (start, found) in haystack.match_indices(query) {
        let end = start + found.len();
        if !text.is_char_boundary(start) || !text.is_char_boundary(end) {
            continue;
        }
        spans.push(span(text.as_sanitized().part(rest..start), style));
        spans.push(span(text.as_sanitized().part(start..end), matched));
        rest = end;
    }
    spans.push(span(text.as_sanitized().part(rest..text.len()), style));
    spans
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
