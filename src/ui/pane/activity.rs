use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::app::Model;
use crate::app::keymap::{Action, LIST};
use crate::app::layout::Area;
use crate::app::pane::PaneId;
use crate::app::pane::activity::EntryKind;
use crate::event::{Sanitized, sanitized, text};
use crate::ui::write::{blank, joined, span};
use crate::ui::{Theme, header, rect, severity};

/// The log of what happened, the newest at the top.
pub(in crate::ui) fn render(model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let mut title = vec![blank(1), span("Activity", crate::ui::title_style(PaneId::Activity, model, theme))];
    title.push(match model.activity.view().offset() {
        0 => blank(1),
        above => {
            let back = LIST
                .key_for(Action::First)
                .map_or_else(Sanitized::default, |key| sanitized!(" · {} goes back", key.shown()));
            span(sanitized!(" {} newer above{} ", above, back), theme.warning)
        }
    });
    crate::ui::pane(PaneId::Activity, model, joined(title), theme).render(rect(area), buf);
    let inner = area.inner();
    let subject_width = if inner.width >= 100 { 22 } else { 16 };
    for (y, entry) in (inner.y..).zip(model.activity.visible()) {
        let (sign, style) = match entry.kind {
            EntryKind::New => ("+", theme.new),
            EntryKind::Updated => ("●", theme.updated),
            EntryKind::Gone => ("×", theme.dim),
            EntryKind::Trouble => ("✗", theme.error),
            EntryKind::Finding(worst) => (severity::sign(worst), severity::style(worst, theme)),
            EntryKind::Note => ("·", theme.dim),
            EntryKind::Sent => ("→", theme.updated),
            EntryKind::Seen | EntryKind::Recovered => ("✓", theme.ok),
            EntryKind::Guessed => ("?", theme.warning),
            EntryKind::NotSeen => ("∅", theme.warning),
        };
        let mut spans = vec![
            span(sanitized!(" {}  ", header::clock(model, entry.at)), theme.dim),
            span(sanitized!("{} ", sign), style),
        ];
        let mut room = usize::from(inner.width).saturating_sub(13);
        if !entry.subject.is_empty() {
            let subject = entry.subject.fit_middle(subject_width);
            let gap = subject_width.saturating_sub(text::width(&subject)) + 2;
            spans.push(span(subject, theme.title_quiet));
            spans.push(blank(gap));
            room = room.saturating_sub(subject_width + 2);
        }
        let style = if entry.kind == EntryKind::Trouble { theme.error } else { theme.dim };
        spans.push(span(entry.text.fit(room), style));
        joined(spans).render(Rect { y, height: 1, ..rect(inner) }, buf);
    }
    crate::ui::scroll_thumb(area, model.activity.view().offset(), model.activity.view().len(), theme, buf);
}
