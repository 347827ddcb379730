//! The inspector's tab that lists the events of the type that are held.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::types::tally;
use super::{PaneId, put_foot};
use crate::app::Model;
use crate::app::layout::Area;
use crate::app::shown::Shown;
use crate::event::{Sanitized, sanitized, text};
use crate::session::{Arrival, Captured, Moment};
use crate::ui::write::{blank, joined, span};
use crate::ui::{Theme, header, rect, scroll_thumb, severity};

/// How wide the column of findings is.
const FINDINGS: usize = 3;

/// The events of the type, a line each, the newest first.
pub(super) fn render(shown: &Shown, model: &Model, now: Moment, theme: &Theme, area: Area, buf: &mut Buffer) {
    let pane = &model.inspector.panes().history;
    let history = &model.session.history;
    let inner = area.inner();
    let focused = model.has_focus(PaneId::Inspector);
    for (y, (event, selected)) in (inner.y..).zip(pane.visible(model.versions())) {
        let place = Rect { y, height: 1, ..rect(inner) };
        if selected {
            buf.set_style(place, if focused { theme.selection } else { theme.selection_quiet });
        }
        let is_shown = event.number == shown.event.number;
        line(event, is_shown, model, now, theme, inner.width.into()).render(place, buf);
    }
    let place = pane.selected().and_then(|number| history.place(number));
    let place = place.map_or_else(Sanitized::default, |place| sanitized!("{} of {}", place.at, place.of));
    let dropped = match history.dropped_of(&shown.event.event_type) {
        0 => Sanitized::default(),
        dropped => sanitized!(
            " {} had to go: {} is the limit ",
            text::counted(dropped, "older event"),
            text::size(history.limit() as u64)
        ),
    };
    put_foot(&place, (&dropped, theme.warning), theme.dim, theme, area, buf);
    scroll_thumb(area, pane.cursor().offset(), pane.cursor().len(), theme, buf);
}

/// One event: when, how long ago, how bad, what changed, and how it came where that is worth a word.
fn line(event: &Captured, is_shown: bool, model: &Model, now: Moment, theme: &Theme, width: usize) -> Line<'static> {
    let time = event.payload.head().received.unwrap_or(event.at.wall);
    let found = model.checked.get(event.number).and_then(|found| found.tally());
    let came = came(event, model);
    let label = match came {
        Arrival::Poll => Sanitized::default(),
        came => sanitized!("  {} ", came.label()),
    };
    let lead = [
        match model.inspector.mark() {
            Some(mark) if mark.number == event.number => span("◆", theme.updated),
            _ if is_shown => span("▸", theme.name),
            _ => blank(1),
        },
        span(header::time_of_day(model, time), if is_shown { theme.title } else { theme.title_quiet }),
        blank(1),
        span(sanitized!("{:>4}", text::age(event.age(now))), theme.dim),
        blank(2),
        match found {
            Some(found) => span(tally(found).pad(FINDINGS), severity::style(found.worst, theme)),
            None => blank(FINDINGS),
        },
        blank(2),
    ];
    let used: usize = lead.iter().map(Span::width).sum();
    let room = width.saturating_sub(used + text::width(&label));
    let words = match model.session.history.lost_before(event.number) {
        Some(lost) => sanitized!("{} before · {}", lost.words(), words(event, model)),
        None => words(event, model),
    };
    let words = words.fit(room);
    let gap = room.saturating_sub(text::width(&words));
    let words = span(words, if is_shown { theme.title } else { theme.title_quiet });
    joined(lead.into_iter().chain([words, blank(gap), span(label, theme.dim)]).collect())
}

/// How the event came; of one that is known to be ours, that we sent it.
fn came(event: &Captured, model: &Model) -> Arrival {
    if model.outbox.probes().seen_as(&event.payload).is_some() { Arrival::Sent } else { event.arrival }
}

/// What changed from the event before it.
fn words(event: &Captured, model: &Model) -> Sanitized {
    let history = &model.session.history;
    match history.before(event.number) {
        Some(before) => {
            let words = model.inspector.panes().history.words((before.number, event.number));
            words.cloned().unwrap_or_else(|| "…".into())
        }
        None if history.dropped_of(&event.event_type) > 0 => "the oldest that is held".into(),
        None => "the first that was seen".into(),
    }
}
