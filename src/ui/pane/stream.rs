use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line as Row;
use ratatui::widgets::Widget;

use crate::app::Model;
use crate::app::keymap::{Action, LIST};
use crate::app::layout::Area;
use crate::app::pane::PaneId;
use crate::app::pane::stream::{Entry, EntryKind, Line, pause_words};
use crate::event::{Sanitized, sanitized, text};
use crate::ui::write::{blank, joined, span};
use crate::ui::{Theme, header, rect, severity};

/// The columns before the event type: the time, and the sign of what happened.
const LEAD: usize = 13;

/// All that happened, the newest at the top.
pub(in crate::ui) fn render(model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let stream = &model.stream;
    let mut title = vec![blank(1), span("Stream", crate::ui::title_style(PaneId::Stream, model, theme)), blank(1)];
    if let Some(left) = stream.left() {
        let all = text::grouped(stream.total() as u64);
        title.push(span(sanitized!("· {} of {} ", text::grouped(left as u64), all), theme.dim));
    }
    let above = stream.cursor().offset();
    if above > 0 {
        let back = model.preferences.bindings.key_for(&LIST, Action::First);
        let back = if back.is_empty() { back } else { sanitized!(" · {} goes back", back) };
        title.push(span(sanitized!("· {} newer above{} ", above, back), theme.warning));
    }
    crate::ui::pane(PaneId::Stream, model, joined(title), theme).render(rect(area), buf);
    let inner = area.inner();
    let width = usize::from(inner.width);
    let has_focus = model.has_focus(PaneId::Stream);
    for (y, (line, selected)) in (inner.y..).zip(stream.visible()) {
        let place = Rect { y, height: 1, ..rect(inner) };
        if selected && has_focus {
            buf.set_style(place, theme.selection);
        }
        let row = match line {
            Line::Pause(pause) => {
                joined(vec![blank(LEAD - 2), span(sanitized!("↑ {}", pause_words(pause)), theme.dim)])
            }
            Line::Entry(entry) if entry.kind == EntryKind::Step => rule(model, entry, width, theme),
            Line::Entry(entry) => row(model, entry, width, theme),
        };
        row.render(place, buf);
    }
    crate::ui::scroll_thumb(area, stream.cursor().offset(), stream.cursor().len(), theme, buf);
}

/// The line where a step begins: what stands above it is of the step.
fn rule(model: &Model, entry: &Entry, width: usize, theme: &Theme) -> Row<'static> {
    let words = sanitized!(" ── {} · {} ", entry.text, header::clock(model, entry.at));
    let rest = width.saturating_sub(text::width(&words) + 1);
    joined(vec![span(words, theme.updated), span(Sanitized::repeated("─", rest), theme.updated)])
}

fn row(model: &Model, entry: &Entry, width: usize, theme: &Theme) -> Row<'static> {
    let (sign, style) = sign(entry.kind, theme);
    let mut spans = vec![
        span(sanitized!(" {}  ", header::clock(model, entry.at)), theme.dim),
        span(sanitized!("{} ", sign), style),
    ];
    let mut room = width.saturating_sub(LEAD);
    if let Some(event_type) = &entry.event_type {
        let subject_width = if width >= 100 { 22 } else { 16 };
        let subject = event_type.shown().fit_middle(subject_width);
        let gap = subject_width.saturating_sub(text::width(&subject)) + 1;
        let (found, style) = found(model, entry, theme);
        spans.extend([span(subject, theme.title_quiet), blank(gap), span(sanitized!("{} ", found), style)]);
        room = room.saturating_sub(subject_width + 3);
    }
    let style = if entry.kind == EntryKind::Trouble { theme.error } else { theme.dim };
    spans.push(span(entry.text.fit(room), style));
    joined(spans)
}

/// The sign of what happened.
fn sign(kind: EntryKind, theme: &Theme) -> (&'static str, Style) {
    match kind {
        EntryKind::New => ("●", theme.new),
        EntryKind::Updated => ("●", theme.updated),
        EntryKind::Gone => ("×", theme.dim),
        EntryKind::Trouble => ("✗", theme.error),
        EntryKind::Finding(worst) => (severity::sign(worst), severity::style(worst, theme)),
        EntryKind::Gap => ("…", theme.warning),
        EntryKind::Before | EntryKind::Note | EntryKind::Step => ("·", theme.dim),
        EntryKind::Sent => ("→", theme.updated),
        EntryKind::Seen | EntryKind::Recovered => ("✓", theme.ok),
        EntryKind::Guessed => ("?", theme.warning),
        EntryKind::NotSeen => ("∅", theme.warning),
    }
}

/// The sign of the worst that was found in the event that an entry is about; a line of a finding has its sign in front.
fn found(model: &Model, entry: &Entry, theme: &Theme) -> (&'static str, Style) {
    let is_event = matches!(entry.kind, EntryKind::Before | EntryKind::New | EntryKind::Updated);
    let found = entry.about.event().filter(|_| is_event).and_then(|number| model.checked.get(number));
    found
        .and_then(|found| found.tally())
        .map_or((" ", theme.dim), |tally| (severity::sign(tally.worst), severity::style(tally.worst, theme)))
}
