use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use tui_input::Input;

use super::Theme;
use crate::app::Model;
use crate::app::keymap::{Action, Binding, Keys};
use crate::app::layer::Layer;
use crate::app::pane::PromptKind;
use crate::app::tape::Tape;
use crate::event::text::AsSanitized;
use crate::event::{Sanitized, sanitized, text};
use crate::session::Moment;
use crate::ui::write::{blank, joined, span};

/// The label before the keys that choose a copy.
const COPY: &str = " copy:";

/// The most columns for the name of a file that is typed, and those for what stands around it, the first key included.
const ROOM_FOR_NAME: usize = 48;
const ROOM_FOR_KEY: usize = 14;

/// The bottom row: the keys that work here, or the line being typed; and the answer to what was done. Gives the place
/// of the cursor, when a line is being typed.
pub(super) fn render(model: &Model, now: Moment, theme: &Theme, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let toast = model.toast.as_ref().map_or_else(Line::default, |toast| {
        let style = if toast.bad { theme.error } else { theme.ok };
        // As a span: a line's own style would colour the whole row.
        joined(vec![span(sanitized!(" {} ", toast.text.fit(usize::from(area.width) - 2)), style)])
    });
    let room = usize::from(area.width).saturating_sub(toast.width());
    let keys = model.keys();
    let hints = || model.hints().filter(|binding| model.can(binding.action, now) && is_shown(binding.action, model));
    // Nobody knows by heart what can be copied: where there is little room, all of it stands closely.
    let is_copying = matches!(model.layers.last(), Some(Layer::Copy(_)));
    let close = is_copying && COPY.len() + hints().map(hint_width).sum::<usize>() > room;
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
        Some(Layer::Copy(_)) if area.width >= 110 => (vec![span(" copy, or print with a capital:", theme.name)], None),
        Some(Layer::Copy(_)) => (vec![span(if close { " copy" } else { COPY }, theme.name)], None),
        _ => (Vec::new(), None),
    };
    let mut used: usize = spans.iter().map(Span::width).sum();
    for binding in hints() {
        let Some(key) = binding.keys.first() else { continue };
        let word = if binding.action == Action::Pause && model.pause.is_some() {
            "go on"
        } else if binding.action == Action::Play && model.tape.as_ref().is_some_and(Tape::is_playing) {
            "hold"
        } else {
            binding.short.unwrap_or_default()
        };
        let word = match close {
            true if binding.action == Action::Back => Sanitized::default(),
            true => sanitized!(" {}", word),
            false => sanitized!(" {} ", word),
        };
        let pair = [span(sanitized!(" {}", key.shown()), theme.hint_key), span(word, theme.dim)];
        let width: usize = pair.iter().map(Span::width).sum();
        // Leaving and help are what a lost reader looks for: room is kept for them.
        let kept = if is_way_out(binding.action) { 0 } else { way_out_width(keys) };
        if used + width + kept > room {
            continue;
        }
        used += width;
        spans.extend(pair);
    }
    joined(spans).render(area, buf);
    toast.right_aligned().render(area, buf);
    cursor
}

/// Whether the footer has room for an action: holding the screen still is told of when it is.
fn is_shown(action: Action, model: &Model) -> bool {
    action != Action::Pause || model.pause.is_some()
}

/// Whether a file or a folder is named.
fn is_of_file(kind: PromptKind) -> bool {
    matches!(kind, PromptKind::TapeName | PromptKind::Report | PromptKind::Plan | PromptKind::PlanOfType)
}

fn is_way_out(action: Action) -> bool {
    matches!(action, Action::Help | Action::Quit)
}

fn way_out_width(keys: &'static Keys) -> usize {
    keys.hints().filter(|binding| is_way_out(binding.action)).map(hint_width).sum()
}

/// How wide the key and the word of a hint are, with the blanks around them.
fn hint_width(binding: &Binding) -> usize {
    let key = binding.keys.first().map_or(0, |key| text::width(&key.to_string()));
    key + binding.short.map_or(0, text::width) + 3
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
