//! The inspector: its border with the tabs, and the tab that is on.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::widgets::Widget;

use super::{PaneId, Tab};
use crate::app::Model;
use crate::app::keymap::Action;
use crate::app::layout::Area;
use crate::app::pane::inspector::UNNAMED;
use crate::app::shown::Shown;
use crate::event::{Sanitized, sanitized};
use crate::session::{Arrival, Moment};
use crate::ui::write::{line_of, put};
use crate::ui::{Theme, header, hint, rect};

/// The event under the cursor.
pub(in crate::ui) fn render(model: &Model, now: Moment, theme: &Theme, area: Area, buf: &mut Buffer) {
    let tab = model.tab();
    let shown = model.inspector.shown();
    let tabs = model.inspector.tabs(area);
    let first = tabs.first().map_or(0, |(_, _, place)| place.x);
    let room = usize::from(first.saturating_sub(area.x)).saturating_sub(4);
    let name = match (shown, &model.unknown) {
        (_, Some(_)) if tab == Tab::Raw => "the last answer".into(),
        (Some(shown), _) => shown.event.event_type.shown().fit_middle(room),
        (None, _) => UNNAMED.into(),
    };
    let title = if name.is_empty() { name } else { sanitized!(" {} ", name) };
    let title = line_of(title, crate::ui::title_style(PaneId::Inspector, model, theme));
    crate::ui::pane(PaneId::Inspector, model, title, theme).render(rect(area), buf);
    for (each, label, place) in tabs {
        let style = if each == tab { theme.heading_sorted } else { theme.dim };
        let alert = each == Tab::Raw && model.unknown.is_some();
        put(buf, (place.x, place.y), " ", 1, theme.dim);
        put(buf, (place.x + 1, place.y), label, usize::from(place.width.saturating_sub(2)), style);
        put(buf, (place.x + place.width - 1, place.y), if alert { "!" } else { " " }, 1, theme.error);
    }
    let (line, content) = model.inspector.areas(area.inner());
    if let Some(shown) = shown.filter(|_| line.height > 0) {
        put_line(shown, model, theme, line, buf);
    }
    let area = content.outer();
    match shown {
        _ if tab == Tab::Raw => super::raw::render(model, theme, area, buf),
        Some(shown) => match &shown.document {
            Ok(_) => super::render_tab(tab, shown, (model, now), theme, area, buf),
            Err(error) => {
                hint(sanitized!("No tree: {}. The Raw tab has the text.", Sanitized::of(error)), theme, area, buf);
            }
        },
        None => super::nothing(model, theme, area, buf),
    }
}

/// The widest name of the marked event's type, in columns.
const NAME: usize = 20;

/// A part of the line about the event, with how soon it has to give way: the highest goes first.
struct Part {
    rank: u8,
    text: Sanitized,
    /// The same where there is little room.
    short: Sanitized,
}

/// The line about the event on show: when it was and, of one of the past, that it is one.
fn put_line(shown: &Shown, model: &Model, theme: &Theme, area: Area, buf: &mut Buffer) {
    let past = model.inspector.is_past();
    let width = usize::from(area.width).saturating_sub(2);
    let text = fitted(parts(shown, model, past), width);
    let style = match model.inspector.mark() {
        _ if past => theme.badge,
        Some(_) => theme.updated,
        None => theme.dim,
    };
    let line = if past { sanitized!(" {} ", text).pad(area.width.into()) } else { sanitized!(" {}", text) };
    put(buf, (area.x, area.y), line, area.width.into(), style);
}

fn parts(shown: &Shown, model: &Model, past: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut add = |rank, text: Sanitized, short: Option<Sanitized>| {
        let short = short.unwrap_or_else(|| text.clone());
        parts.push(Part { rank, text, short });
    };
    if past {
        let place = shown.place.map_or_else(|| "let go".into(), |place| sanitized!("{} of {}", place.at, place.of));
        add(0, sanitized!("the past: {}", place), Some(sanitized!("past {}", place)));
    }
    if shown.event.arrival == Arrival::Refused {
        add(0, "refused by the collector".into(), Some("refused".into()));
    }
    let head = shown.event.payload.head();
    let rank_of_receipt = if shown.event.arrival == Arrival::Backfill { 3 } else { 4 };
    for (rank, word, time) in [(5, "happened", head.happened), (rank_of_receipt, "received", head.received)] {
        if let Some(time) = time {
            add(rank, sanitized!("{} {}", word, when(time, shown, model)), None);
        }
    }
    let seen = header::clock(model, shown.event.at);
    // When it was, as the platform says, tells more of one that was fetched than when that was done.
    let rank = if shown.event.arrival == Arrival::Backfill { 6 } else { 3 };
    add(rank, sanitized!("seen {}", seen), Some(seen).filter(|_| past));
    if let Some(mark) = model.inspector.mark() {
        let key = model.key_for(Action::Mark);
        if mark.number == shown.event.number {
            add(2, sanitized!("◆ marked: {} ends it", key), Some("◆ marked".into()));
        } else {
            let name = mark.event_type.shown().fit_middle(NAME);
            let long = sanitized!("◆ {} {} is marked", name, header::clock(model, mark.told_at()));
            add(2, long, Some(sanitized!("◆ {}", name)));
        }
    }
    let key = model.key_for(Action::Follow);
    if past && !key.is_empty() {
        add(1, sanitized!("{} is live again", key), Some(sanitized!("{}: live", key)));
    }
    parts
}

/// A time of the event, with its date where that is not the one on which we saw it.
fn when(time: Timestamp, shown: &Shown, model: &Model) -> Sanitized {
    let [date, seen] = [time, shown.event.at.wall].map(|time| time.to_zoned(model.time_zone.clone()).date());
    let clock = header::time_of_day(model, time);
    if date == seen { clock } else { sanitized!("{} {}", Sanitized::of(&date), clock) }
}

/// As much of the parts as fits, side by side.
fn fitted(mut parts: Vec<Part>, width: usize) -> Sanitized {
    const BETWEEN: &str = " · ";
    let long = |parts: &[Part]| Sanitized::join(parts.iter().map(|part| &part.text), BETWEEN);
    let short = |parts: &[Part]| Sanitized::join(parts.iter().map(|part| &part.short), BETWEEN);
    loop {
        let last = parts.iter().map(|part| part.rank).max().unwrap_or_default();
        if long(&parts).width() <= width {
            return long(&parts);
        }
        if last < 4 && (short(&parts).width() <= width || last == 0) {
            return short(&parts).fit(width);
        }
        parts.retain(|part| part.rank < last);
    }
}
