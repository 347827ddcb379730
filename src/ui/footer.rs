use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Span;
use ratatui::widgets::Widget;
use tui_input::Input;

use super::Theme;
use crate::app::Model;
use crate::app::layer::Layer;
use crate::app::pane::PromptKind;
use crate::event::text::AsSanitized;
use crate::event::{sanitized, text};
use crate::session::Moment;
use crate::ui::write::{blank, joined, span};

/// The most columns for the name of a file that is typed, and those for what stands around it, the first key included.
const ROOM_FOR_NAME: usize = 48;
const ROOM_FOR_KEY: usize = 14;

/// The bottom row: the keys that work here, or the line being typed; and the answer to what was done. Gives the place
/// of the cursor, when a line is being typed.
pub(super) fn render(model: &Model, now: Moment, theme: &Theme, area: Rect, buf: &mut Buffer) -> Option<Position> {
    // As spans: a line's own style would colour the whole row.
    let answer = model.answer().map(|(answer, bad)| span(answer, if bad { theme.error } else { theme.ok }));
    let trail = model.trail();
    let (last, earlier) = trail.split_last().map_or((None, &[][..]), |(last, earlier)| (Some(last), earlier));
    let trail = earlier.iter().map(|key| span(key, theme.hint_key)).chain(last.map(|key| span(key, theme.selection)));
    let at_right = joined(answer.into_iter().chain(trail).collect());
    let (lead, close) = model.lead_of_hints(now);
    let (mut spans, cursor) = match model.layers.last() {
        Some(Layer::Prompt(typed)) if is_of_file(typed.kind) => {
            let is_on = typed.kind == PromptKind::TapeName && model.recordings.on().is_some();
            let label = if is_on { "record anew to" } else { typed.kind.label() };
            let used = label.len() + ROOM_FOR_KEY;
            let room = usize::from(area.width).saturating_sub(used).clamp(1, ROOM_FOR_NAME);
            prompt_within(label, &typed.input, room, theme, area)
        }
        Some(Layer::Prompt(typed)) => {
            let (mut spans, cursor) = prompt(typed.kind.label(), &typed.input, theme, area);
            if let Some(selected) = spans.get_mut(1).filter(|_| typed.is_selected) {
                selected.style = theme.selection;
            }
            (spans, cursor)
        }
        _ if !lead.is_empty() => (vec![span(lead, theme.name)], None),
        _ => (Vec::new(), None),
    };
    let used: usize = spans.iter().map(Span::width).sum();
    for hint in model.hints_behind(used, close, now) {
        spans.extend([
            span(hint.key, theme.hint_key),
            span(hint.word, if hint.step.is_some() { theme.title } else { theme.dim }),
        ]);
    }
    joined(spans).render(area, buf);
    at_right.right_aligned().render(area, buf);
    cursor
}

/// Whether a file or a folder is named.
fn is_of_file(kind: PromptKind) -> bool {
    matches!(kind, PromptKind::TapeName | PromptKind::Report | PromptKind::Plan | PromptKind::PlanOfType)
}

/// A line that is being typed, and the place of its cursor.
pub(super) fn prompt(
    word: &'static str,
    input: &Input,
    theme: &Theme,
    area: Rect,
) -> (Vec<Span<'static>>, Option<Position>) {
    const ROOM: usize = 24;
    prompt_within(word, input, ROOM, theme, area)
}

/// The same with so many columns for what is typed.
pub(super) fn prompt_within(
    word: &'static str,
    input: &Input,
    room: usize,
    theme: &Theme,
    area: Rect,
) -> (Vec<Span<'static>>, Option<Position>) {
    let lead = sanitized!(" {}: ", word);
    let scroll = input.visual_scroll(room);
    let value = text::sanitize(input.value());
    let typed = value.as_sanitized().chars_at(scroll..scroll + room);
    let before = input.visual_cursor().saturating_sub(scroll);
    let x = area.x + u16::try_from(text::width(&lead) + before).unwrap_or(0);
    let gap = room.saturating_sub(text::width(&typed)) + 1;
    let typed_style = Style { bg: None, ..theme.title };
    let spans = vec![span(lead, theme.name), span(typed, typed_style), blank(gap)];
    (spans, Some(Position { x: x.min(area.right().saturating_sub(1)), y: area.y }))
}
