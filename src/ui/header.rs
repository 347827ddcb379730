use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;
use ratatui::widgets::Widget;

use super::{Theme, severity};
use crate::app::connection_status::ConnectionState;
use crate::app::tape::Tape;
use crate::app::{InputState, Model};
use crate::event::{Sanitized, sanitized, text};
use crate::lint::Severity;
use crate::session::Moment;
use crate::ui::write::{blank, joined, put, span};

/// The top row: what is watched on the left, how it fares on the right. How it fares is never cut.
pub(super) fn render(model: &Model, now: Moment, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let width = usize::from(area.width);
    let state = [true, false].map(|wide| joined(state(model, now, theme, wide)));
    let state = state
        .into_iter()
        .find(|line| line.width() + 40 <= width)
        .unwrap_or_else(|| joined(self::state(model, now, theme, false)));
    let mark = if model.is_production() { "production  " } else { "" };
    let masked = if model.is_masked() { " masked " } else { "" };
    let gap = if masked.is_empty() { "" } else { "  " };
    let room = width.saturating_sub(state.width() + mark.len() + masked.len() + gap.len() + 15);
    let found = found(model, theme);
    let found = found.into_iter().find(|found| joined(found.clone()).width() + LEAST_OF_TARGET <= room);
    let found = found.unwrap_or_default();
    let room = room.saturating_sub(joined(found.clone()).width());
    let errors =
        errors(model).into_iter().flatten().find(|errors| errors.width() + LEAST_TARGET <= room).unwrap_or_default();
    let recorded = model.tape.as_ref().and_then(|tape| tape.header.as_ref()).map(|header| &header.target);
    let both = recorded.map(|recorded| sanitized!("{} · {}", model.target, recorded));
    let both = both.filter(|both| both.width() + errors.width() <= room);
    let target = both.unwrap_or_else(|| model.target.fit_middle(room - errors.width()));
    let mut left = vec![span(" clickscope", theme.name), blank(2), span(masked, theme.badge), span(gap, theme.base)];
    left.extend([span(mark, theme.danger), span(target, theme.base)]);
    left.extend(found);
    left.push(span(errors, theme.warning));
    let left = joined(left);
    left.render(area, buf);
    state.right_aligned().render(area, buf);
}

/// The columns that are left of the target at least, where there are findings to tell of: what is wrong is found first.
const LEAST_OF_TARGET: usize = 9;

/// The columns that the target gets at least, where there are errors to tell of.
const LEAST_TARGET: usize = 16;

/// How many errors and warnings the session has, and in how many types, in more words and in fewer; nothing without any.
fn found(model: &Model, theme: &Theme) -> Vec<Vec<Span<'static>>> {
    let counts = model.faults.counts();
    let sorts = [(Severity::Error, counts.errors), (Severity::Warning, counts.warnings)];
    let signs: Vec<_> = sorts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .flat_map(|(severity, count)| {
            let sign = sanitized!("{} {}", severity.sign(), text::short_count(count as u64));
            [blank(1), span(sign, severity::style(severity, theme))]
        })
        .collect();
    if signs.is_empty() {
        return Vec::new();
    }
    let (_, types) = model.types.counts();
    let of = sanitized!(" in {} of {}", counts.types, types.max(counts.types));
    let signs = [vec![blank(1)], signs].concat();
    vec![[signs.clone(), vec![span(of, theme.dim)]].concat(), signs]
}

/// The server's counts of events that it could not process today, each sort by its name and all together, in fewer and
/// fewer words; nothing where there are none.
fn errors(model: &Model) -> Option<[Sanitized; 3]> {
    let counts = &model.session.errors.as_ref().filter(|errors| !errors.counts.is_empty())?.counts;
    let each: Vec<_> =
        counts.iter().map(|(sort, count)| sanitized!("{} {}", sort, text::short_count(*count))).collect();
    let all = counts.values().fold(0, |all: u64, count| all.saturating_add(*count));
    let all = text::short_count(all);
    Some([
        sanitized!("  ! server errors today: {}", Sanitized::join(each, " · ")),
        sanitized!("  ! {} server errors today", all),
        sanitized!("  ! server {}", all),
    ])
}

/// The connection in words; `wide` with what the last answer took.
fn state(model: &Model, now: Moment, theme: &Theme, wide: bool) -> Vec<Span<'static>> {
    if let Some(tape) = &model.tape {
        return on_tape(model, tape, now, theme);
    }
    let mut spans = Vec::new();
    if let Some(recording) = model.recordings.on() {
        spans.push(span(sanitized!("rec {}", text::short_count(recording.events)), theme.dim));
        spans.push(blank(2));
    }
    if let Some(pause) = &model.pause {
        spans.push(span(sanitized!(" paused · +{} ", text::short_count(pause.arrived)), theme.badge));
        spans.push(blank(2));
    }
    if let Some(input) = model.input {
        let (word, style) = match input {
            InputState::Open => ("● reading", theme.ok),
            InputState::Ended => ("■ read to its end", theme.dim),
        };
        spans.extend([span(word, style), blank(1)]);
        return spans;
    }
    if model.collector.is_some() {
        spans.extend(on_collector(model, theme, wide));
        return spans;
    }
    let stale = model.connection.last_good.map(|good| sanitized!("stale since {}", clock(model, good.at)));
    let nothing = || "no answer yet".into();
    match model.connection.state() {
        ConnectionState::Connecting => {
            spans.push(span("◌ connecting", theme.warning));
            if let Some(stale) = stale {
                spans.push(span(sanitized!(" · {}", stale), theme.dim));
            }
        }
        ConnectionState::Live => {
            if model.pause.is_none() {
                spans.push(span("● live", theme.ok));
            } else {
                // The screen differs from the actual state.
                spans.push(span("polling", theme.dim));
            }
            spans.push(span(sanitized!(" {}", text::span(model.polling_interval())), theme.dim));
            if let Some(good) = model.connection.last_good {
                if wide && model.misses_some().is_some() {
                    spans.push(span(" · shorter (-) sees more", theme.warning));
                } else if wide {
                    let took = sanitized!(" · {} ms · {}", good.took.as_millis(), good.status);
                    spans.push(span(took, theme.dim));
                }
                spans.push(span(sanitized!("   polled {}", clock(model, good.at)), theme.dim));
            }
        }
        ConnectionState::BackingOff(next) => {
            let seconds = text::seconds_left(next.since(now));
            spans.push(span(sanitized!("◐ {}", stale.unwrap_or_else(nothing)), theme.warning));
            spans.push(span(sanitized!(" · trying again in {} s", seconds), theme.dim));
        }
        ConnectionState::Refused => {
            spans.push(span("✗ refused", theme.error));
            let since = stale.unwrap_or_else(nothing);
            spans.push(span(sanitized!(" · {} · r tries again", since), theme.dim));
        }
    }
    spans.push(blank(1));
    spans
}

/// What the collector was sent: `● listening  248 requests · 3 refused`.
fn on_collector(model: &Model, theme: &Theme, wide: bool) -> Vec<Span<'static>> {
    let requests = &model.session.requests;
    let mut spans = vec![span(if wide { "● listening  " } else { "●" }, theme.ok)];
    spans.push(span(sanitized!(" {}", text::counted(requests.count(), "request")), theme.dim));
    if requests.refused() > 0 {
        spans.push(span(sanitized!(" · {} refused", text::grouped(requests.refused())), theme.error));
    }
    if let Some(waiting) = &model.session.waiting {
        if waiting.unsent > 0 {
            let word = if wide { "not passed on" } else { "unsent" };
            spans.push(span(sanitized!(" · {} {}", text::grouped(waiting.unsent as u64), word), theme.error));
        }
        if waiting.held > 0 {
            spans.push(span(sanitized!(" · {} held", text::grouped(waiting.held as u64)), theme.warning));
        } else if waiting.scenario {
            spans.push(span(" · the next event waits", theme.dim));
        }
    }
    spans.push(blank(1));
    spans
}

/// Where a replay is on its tape: `▶ ×4  14:03:22  12,034 of 248,112`.
fn on_tape(model: &Model, tape: &Tape, now: Moment, theme: &Theme) -> Vec<Span<'static>> {
    let (sign, style) = if tape.is_playing() {
        (sanitized!("▶ {}", Sanitized::of(&tape.speed())), theme.ok)
    } else {
        ("▮▮ held".into(), theme.badge)
    };
    let mut spans = vec![span(sanitized!(" {} ", sign), style), blank(1)];
    if tape.waits() {
        spans.push(span("waits until it is read  ", theme.warning));
    }
    let time = if tape.tells_time() { clock(model, now) } else { "no time".into() };
    spans.push(span(sanitized!("{}  ", time), theme.title_quiet));
    spans.extend([span(tape.place(), theme.dim), blank(1)]);
    spans
}

/// The rows under the header: in trouble what happened and what to do, and what the view is narrowed to.
pub(super) fn render_banner(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    render_narrowing(model, theme, area, buf);
    for (y, line) in (area.y..area.bottom()).zip(model.banner_lines()) {
        let mark = if y == area.y { "✗" } else { " " };
        let room = usize::from(area.width.saturating_sub(1));
        put(buf, (area.x + 1, y), sanitized!("{} {}", mark, line), room, theme.error);
    }
}

/// The row under these, when the view is narrowed.
fn render_narrowing(model: &Model, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let Some(narrowing) = model.queries.narrowing() else { return };
    let room = usize::from(area.width.saturating_sub(2));
    let line = narrowing.line(model.session.history.held(), room);
    put(buf, (area.x + 1, area.bottom().saturating_sub(1)), line, room, theme.warning);
}

/// The time of day of a moment, to the second.
pub(super) fn clock(model: &Model, at: Moment) -> Sanitized {
    time_of_day(model, at.wall)
}

/// The same of a time.
pub(super) fn time_of_day(model: &Model, time: Timestamp) -> Sanitized {
    if time == Timestamp::UNIX_EPOCH {
        // An event of a file, which tells no time.
        return "--:--:--".into();
    }
    let time = time.to_zoned(model.time_zone.clone());
    sanitized!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
}
