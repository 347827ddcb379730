use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;
use ratatui::widgets::Widget;

use super::{Theme, severity};
use crate::app::connection_status::ConnectionState;
use crate::app::keymap::Action;
use crate::app::tape::Tape;
use crate::app::{InputState, Model};
use crate::event::text::AsSanitized;
use crate::event::{Sanitized, sanitized, text};
use crate::lint::Severity;
use crate::session::{Errors, Moment};
use crate::ui::write::{blank, joined, put, span};

/// A part of the top row, in more words and in fewer: the first is what is shown.
type Ways = Vec<Vec<Span<'static>>>;

/// The parts of the top row, from left to right.
const NAME: usize = 0;
const TARGET: usize = 1;
const FOUND: usize = 2;
const ERRORS: usize = 3;
const STATE: usize = 4;

/// Which part has to do with fewer words as the room gets less, the first first. In the end the target is cut: what is wrong,
/// and how the connection fares, are told at any width.
const GIVES_WAY: [usize; 11] = [ERRORS, STATE, FOUND, TARGET, ERRORS, TARGET, FOUND, STATE, NAME, ERRORS, ERRORS];

/// The top row: what is watched and what is wrong on the left, how it fares on the right.
pub(super) fn render(model: &Model, now: Moment, theme: &Theme, area: Rect, buf: &mut Buffer) {
    let marks = [
        (model.is_masked(), " masked ", theme.badge),
        (model.is_production(), "production", theme.danger),
        (model.is_read_only(), "read-only", theme.name),
    ];
    let marks = marks.into_iter().filter(|(holds, ..)| *holds);
    let marks: Vec<_> = marks.flat_map(|(_, word, style)| [span(word, style), blank(2)]).collect();
    let mut parts: [Ways; 5] = [
        vec![vec![span("clickscope", theme.name), blank(2)], Vec::new()],
        targets(model).into_iter().map(|target| vec![span(target, theme.base)]).collect(),
        found(model, theme),
        errors(model).into_iter().map(|errors| vec![span(errors, theme.warning)]).collect(),
        [2, 1, 0].map(|words| state(model, now, theme, words)).into(),
    ];
    let width = usize::from(area.width);
    let used = |parts: &[Ways]| 2 + width_of(&marks) + parts.iter().map(width_of_first).sum::<usize>();
    for part in GIVES_WAY {
        if used(&parts) <= width {
            break;
        }
        if let Some(ways) = parts.get_mut(part).filter(|ways| ways.len() > 1) {
            ways.remove(0);
        }
    }
    let too_much = used(&parts).saturating_sub(width);
    let [name, target, found, errors, state] = parts.map(|ways| ways.into_iter().next().unwrap_or_default());
    let target = if too_much > 0 { cut(model, width_of(&target).saturating_sub(too_much), theme) } else { target };
    let left = [vec![blank(1)], name, marks, target, found, errors].concat();
    joined(left).render(area, buf);
    joined(state).right_aligned().render(area, buf);
}

fn width_of(spans: &[Span<'_>]) -> usize {
    spans.iter().map(Span::width).sum()
}

fn width_of_first(ways: &Ways) -> usize {
    ways.first().map_or(0, |way| width_of(way))
}

/// What is watched: with the target that a tape was recorded from, as it is, and with the profile and the host only.
fn targets(model: &Model) -> Vec<Sanitized> {
    let target = &model.target;
    let recorded = model.tape.as_ref().and_then(|tape| tape.header.as_ref()).map(|header| &header.target);
    let both = recorded.map(|recorded| sanitized!("{} · {}", target, recorded));
    let ends = target.find(" · ").zip(target.rfind(" · ")).filter(|(first, last)| first < last);
    let ends = ends.map(|(first, last)| {
        let [first, last] = [0..first, last..target.len()].map(|part| target.as_sanitized().part(part));
        sanitized!("{}{}", first, last)
    });
    both.into_iter().chain([target.clone()]).chain(ends).collect()
}

/// The shortest of them, cut to so many columns: the profile stands in front.
fn cut(model: &Model, columns: usize, theme: &Theme) -> Vec<Span<'static>> {
    let target = targets(model).pop().unwrap_or_default();
    vec![span(target.fit(columns), theme.base)]
}

/// How many errors and warnings the session has, and in how many types, in more words and in fewer; nothing without any.
fn found(model: &Model, theme: &Theme) -> Ways {
    let counts = model.faults.counts();
    let sorts = [(Severity::Error, counts.errors, "error"), (Severity::Warning, counts.warnings, "warning")];
    let sorts: Vec<_> = sorts.into_iter().filter(|(_, count, _)| *count > 0).collect();
    if sorts.is_empty() {
        return Vec::new();
    }
    let tally = |with_words: bool| {
        let signs = sorts.iter().flat_map(|(severity, count, word)| {
            let number = text::short_count(*count as u64);
            let word = match (with_words, count) {
                (false, _) => Sanitized::default(),
                (true, 1) => sanitized!(" {}", word),
                (true, _) => sanitized!(" {}s", word),
            };
            let sign = sanitized!("{} {}{}", severity.sign(), number, word);
            [blank(1), span(sign, severity::style(*severity, theme))]
        });
        std::iter::once(blank(1)).chain(signs).collect::<Vec<_>>()
    };
    let (_, types) = model.types.counts();
    let of = sanitized!(" in {} of {}", counts.types, types.max(counts.types));
    let with = |mut tally: Vec<_>, of: Sanitized| {
        tally.push(span(of, theme.dim));
        tally
    };
    vec![with(tally(true), sanitized!("{} types", of)), with(tally(false), of), tally(false)]
}

/// The server's counts of events that it could not process today, each sort by its name and all together, in fewer and
/// fewer words; nothing where there are none.
fn errors(model: &Model) -> Vec<Sanitized> {
    let errors = model.session.errors.as_ref().filter(|errors| !errors.counts.is_empty());
    let Some(Errors { counts, .. }) = errors else { return Vec::new() };
    let each: Vec<_> =
        counts.iter().map(|(sort, count)| sanitized!("{} {}", sort, text::short_count(*count))).collect();
    let all = counts.values().fold(0, |all: u64, count| all.saturating_add(*count));
    let all = text::short_count(all);
    vec![
        sanitized!("  ! server errors today: {}", Sanitized::join(each, " · ")),
        sanitized!("  ! {} server errors today", all),
        sanitized!("  ! server {}", all),
        Sanitized::default(),
    ]
}

/// The connection in words: all of them with 2, without what the last answer took with 1, without when it came with 0.
fn state(model: &Model, now: Moment, theme: &Theme, words: u8) -> Vec<Span<'static>> {
    let wide = words > 1;
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
                    let key = model.key_behind(Action::Faster);
                    spans.push(span(sanitized!(" · shorter{} sees more", key), theme.warning));
                } else if wide {
                    let took = sanitized!(" · {} ms · {}", good.took.as_millis(), good.status);
                    spans.push(span(took, theme.dim));
                }
                if words > 0 {
                    spans.push(span(sanitized!("   polled {}", clock(model, good.at)), theme.dim));
                }
            }
        }
        ConnectionState::BackingOff(next) => {
            let seconds = text::seconds_left(next.since(now));
            spans.push(span(sanitized!("◐ {}", stale.unwrap_or_else(nothing)), theme.warning));
            let trying = if words > 0 { "trying again" } else { "again" };
            spans.push(span(sanitized!(" · {} in {} s", trying, seconds), theme.dim));
        }
        ConnectionState::Refused => {
            spans.push(span("✗ refused", theme.error));
            let since = stale.unwrap_or_else(nothing);
            let key = model.key_in_pane(Action::Poll);
            let again = if key.is_empty() { key } else { sanitized!(" · {} tries again", key) };
            spans.push(span(sanitized!(" · {}{}", since, again), theme.dim));
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
