use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget;

use crate::app::Model;
use crate::app::connection_status::ConnectionState;
use crate::app::findings::Tally;
use crate::app::keymap::Action;
use crate::app::layout::Area;
use crate::app::outbox::ProbeMark;
use crate::app::pane::PaneId;
use crate::app::pane::types::{Column, Earlier, KEYS, Mark, TypeRow};
use crate::event::text::{self, AsSanitized};
use crate::event::{Sanitized, TypeName, sanitized};
use crate::session::{Bar, Moment};
use crate::ui::write::{blank, joined, line_of, put, span};
use crate::ui::{Theme, rect, severity};

/// The table of event types.
pub(in crate::ui) fn render(model: &Model, now: Moment, theme: &Theme, area: Area, buf: &mut Buffer) {
    let (left, all) = model.types.counts();
    let sort = model.types.sort();
    let mut title = vec![blank(1), span("Event types", crate::ui::title_style(PaneId::Types, model, theme))];
    let count = if left == all { sanitized!(" {} ", all) } else { sanitized!(" {} of {} ", left, all) };
    title.push(span(count, theme.dim));
    let muted = model.types.muted().len();
    if muted > 0 {
        title.push(span(sanitized!("· {} muted ", muted), theme.dim));
    }
    if !model.types.query().is_empty() {
        let room = usize::from(area.width).saturating_sub(26 + if muted > 0 { 12 } else { 0 });
        let query = text::sanitize(model.types.query()).fit(room);
        title.push(span(sanitized!("/{} ", query), theme.matched));
    }
    let arrow = if sort.descending { "↓" } else { "↑" };
    let order = line_of(sanitized!(" {} {} ", sort.column.title(), arrow), theme.dim);
    let title = joined(title);
    let both = title.width() + order.width() + 4 <= usize::from(area.width);
    let mut block = crate::ui::pane(PaneId::Types, model, title, theme);
    if both {
        block = block.title_top(order.right_aligned());
    }
    let counts = of_counts(model, now).unwrap_or_default();
    let room = usize::from(area.width).saturating_sub(4 + counts.width());
    if let Some(unseen) = unseen(model).into_iter().find(|unseen| unseen.width() <= room) {
        block = block.title_bottom(line_of(unseen, theme.dim));
    }
    if !counts.is_empty() {
        block = block.title_bottom(line_of(counts, theme.dim).right_aligned());
    }
    block.render(rect(area), buf);

    if all == 0 {
        crate::ui::hint(waiting(model), theme, area, buf);
        return;
    }
    let inner = area.inner();
    let columns = model.types.columns(inner);
    let has_rate = columns.iter().any(|(column, _)| *column == Column::Rate);
    let scale = if has_rate { scale(model, model.rates_at(now)) } else { 0 };
    for (column, place) in &columns {
        let style = if *column == sort.column { theme.heading_sorted } else { theme.heading };
        let label = if *column == Column::Rate { rate_heading(scale) } else { column.label() };
        put_cell(label, column, Area { height: 1, ..*place }, style, buf);
    }
    if left == 0 {
        let nothing: Sanitized = match model.types.query() {
            _ if model.queries.narrowing().is_some() => "Nothing here matches what narrows the view.".into(),
            "" => {
                let key = model.key_behind(Action::Palette);
                sanitized!("All types are muted: `muted types` among the commands{} brings them back.", key)
            }
            _ => "No type matches the filter.".into(),
        };
        crate::ui::hint(nothing, theme, area, buf);
        return;
    }
    for (y, row) in (inner.y + 1..).zip(model.types.visible()) {
        put_row(model, now, row, (&columns, scale), Area { y, height: 1, ..inner }, theme, buf);
    }
    crate::ui::scroll_thumb(
        Area { y: area.y + 1, height: area.height - 1, ..area },
        model.types.cursor().offset(),
        left,
        theme,
        buf,
    );
}

/// Why there is no type yet.
fn waiting(model: &Model) -> Sanitized {
    let words = match model.connection.state() {
        _ if model.tape.is_some() && model.banner().is_some() => {
            "The tape cannot be read: the line at the top says why."
        }
        _ if model.tape.is_some() => "The tape is being read.",
        _ if model.session.waiting.as_ref().is_some_and(|waiting| waiting.held > 0 || waiting.scenario) => {
            let key = model.key_in_pane(Action::StepOn);
            return sanitized!("No events yet. One waits: the key {} lets it go on.", key);
        }
        _ if model.input.is_some() => "No events yet. Each line of JSON that comes shows here.",
        _ if model.collector.is_some() => {
            "No events yet. Send one to the address at the top, or click in the shop that it shows a browser."
        }
        ConnectionState::Live => "No events yet. What you send to the platform shows here within one poll.",
        ConnectionState::Connecting => "Waiting for the first answer.",
        ConnectionState::BackingOff(_) | ConnectionState::Refused => "No answer yet: the line at the top says why.",
    };
    words.into()
}

/// One type of the table.
fn put_row(
    model: &Model,
    now: Moment,
    (name, row, selected): (&TypeName, &TypeRow, bool),
    (columns, scale): (&[(Column, Area)], u64),
    place: Area,
    theme: &Theme,
    buf: &mut Buffer,
) {
    let y = place.y;
    let line = rect(place);
    if selected {
        let focused = model.has_focus(PaneId::Types);
        buf.set_style(line, if focused { theme.selection } else { theme.selection_quiet });
    }
    // Only what says what came: the rest of the line would have to be sent twice over a slow one.
    let flash = |x: u16, width: u16, buf: &mut Buffer| {
        if row.flashes(now) && !selected {
            buf.set_style(rect(Area { x, width, y, height: 1 }), theme.flash);
        }
    };
    flash(place.x, 2, buf);
    // As in the tree: how bad it is stands first, then what is news.
    let found = row.tally().filter(|_| !row.gone);
    if let Some(Tally { worst, .. }) = found {
        put(buf, (place.x, y), severity::sign(worst), 1, severity::style(worst, theme));
    }
    let mark = mark(row, model.outbox.mark(name), theme);
    put(buf, (place.x + 1, y), mark.sign, 1, mark.style);
    if model.types.is_pinned(name) {
        put(buf, (place.x + 2, y), "^", 1, theme.dim);
    }
    let of_step = model.types.step().map(|step| step.count(name));
    for (column, place) in columns {
        let place = Area { y, height: 1, ..*place };
        let value = match column {
            Column::Name => {
                let width = u16::try_from(name.shown().width()).unwrap_or(u16::MAX);
                flash(place.x, place.width.min(width), buf);
                put_name(model, name, row, of_step == Some(0), theme, place, buf);
                put_word(mark.word, width, place, theme, buf);
                continue;
            }
            Column::Findings => {
                if let Some(Earlier { tally, .. }) = row.earlier() {
                    let x = put(buf, (place.x, y), "was ", place.width.into(), theme.dim);
                    put(buf, (x, y), severity::sign(tally.worst), 1, severity::style(tally.worst, theme));
                    continue;
                }
                found.map_or_else(Sanitized::default, |found| count(found.count))
            }
            Column::Step => match of_step {
                Some(came @ 1..) => sanitized!("+{}", text::short_count(came)),
                _ => Sanitized::default(),
            },
            Column::Field(path) => row.value(path).cloned().unwrap_or_else(|| "–".into()),
            Column::Received => row.received.map_or_else(|| "–".into(), text::short_count),
            Column::Captured => text::short_count(row.captured),
            Column::Rate => {
                put_rate(model.types.bars(row, model.rates_at(now)), scale, place, theme, buf);
                continue;
            }
            Column::Seen => row.age(now).map_or_else(|| "–".into(), text::age),
        };
        let style = match column {
            Column::Findings => found.map_or(theme.dim, |found| severity::style(found.worst, theme)),
            Column::Received if row.received.is_some() => theme.base.bg_reset(),
            Column::Step => theme.updated,
            Column::Field(path) if row.value(path).is_some() => theme.base.bg_reset(),
            _ => theme.dim,
        };
        put_cell(&value, column, place, style, buf);
    }
}

/// How many types have news, in more words and in fewer; nothing without any.
fn unseen(model: &Model) -> Vec<Sanitized> {
    let (all, above, below) = model.types.unseen();
    if all == 0 {
        return Vec::new();
    }
    let outside = [(above, "above"), (below, "below")].into_iter().filter(|(count, _)| *count > 0);
    let outside = outside.map(|(count, place)| sanitized!("{} {}", count, place));
    let unseen = Sanitized::join(std::iter::once(sanitized!("{} unseen", all)).chain(outside), " · ");
    let key = model.preferences.bindings.key_for(&KEYS, Action::MarkSeen);
    let with_key = sanitized!(" {} · {}: all seen ", unseen, key);
    [Some(with_key).filter(|_| !key.is_empty()), Some(sanitized!(" {} ", unseen))].into_iter().flatten().collect()
}

/// A number in at most three characters.
fn count(count: usize) -> Sanitized {
    if count > 99 { "99+".into() } else { sanitized!("{}", count) }
}

/// A word on the counts where they would mislead: they are old, or smaller than what was captured.
fn of_counts(model: &Model, now: Moment) -> Option<Sanitized> {
    let is_less = |row: &TypeRow| row.received.is_some_and(|received| received < row.captured);
    let age = model.counts_age(now).map(|age| sanitized!(" counts {} old ", text::age(age)));
    age.or_else(|| model.types.visible().any(|(_, row, _)| is_less(row)).then(|| " recv is today's count ".into()))
}

/// A style that leaves the row's background as it is.
trait BackgroundKept {
    fn bg_reset(self) -> Self;
}

impl BackgroundKept for Style {
    fn bg_reset(mut self) -> Self {
        self.bg = None;
        self
    }
}

/// What is news of a type: a sign, and the word for it where there is room.
struct News {
    sign: &'static str,
    word: &'static str,
    style: Style,
}

/// An event that the user sent matters more than one that came.
fn mark(row: &TypeRow, probe: Option<ProbeMark>, theme: &Theme) -> News {
    let (sign, word, style) = match (probe, row.gone, row.mark) {
        (Some(ProbeMark::Waiting), ..) => ("→", "sent", theme.updated),
        (Some(ProbeMark::Seen), ..) => ("✓", "arrived", theme.ok),
        (Some(ProbeMark::Guessed), ..) => ("?", "perhaps arrived", theme.warning),
        // Nothing came; what is wrong with an event is said in front.
        (Some(ProbeMark::Missed), ..) => ("∅", "not seen", theme.warning),
        (None, true, _) => ("×", "gone", theme.dim),
        (None, false, Some(Mark::New)) => ("●", "new", theme.new),
        (None, false, Some(Mark::Updated)) => ("●", "", theme.updated),
        (None, false, None) => (" ", "", theme.dim),
    };
    News { sign, word, style }
}

/// The word behind a name of so many columns, where all of it has room.
fn put_word(word: &'static str, name: u16, place: Area, theme: &Theme, buf: &mut Buffer) {
    let used = name.saturating_add(1);
    if usize::from(place.width.saturating_sub(used)) >= word.len() {
        put(buf, (place.x + used, place.y), word, word.len(), theme.dim);
    }
}

/// `is_quiet` is a type of which nothing came in the step that is on.
fn put_name(
    model: &Model,
    name: &TypeName,
    row: &TypeRow,
    is_quiet: bool,
    theme: &Theme,
    place: Area,
    buf: &mut Buffer,
) {
    let room = usize::from(place.width);
    let base = if row.gone {
        theme.gone
    } else if is_quiet || name.as_str().is_empty() {
        theme.dim
    } else {
        theme.title_quiet
    };
    let shown = name.shown().fit_middle(room);
    put(buf, (place.x, place.y), &shown, room, base);
    // Positions hold only where nothing was replaced or cut on the way to the screen.
    if name.as_str().is_ascii() && shown == name.as_str() && !model.types.query().is_empty() {
        for at in model.types.matched(name.as_str()) {
            let x = place.x.saturating_add(u16::try_from(at).unwrap_or(u16::MAX));
            if x < place.x + place.width {
                buf.set_style(Rect { x, y: place.y, width: 1, height: 1 }, theme.matched);
            }
        }
    }
}

fn put_cell(value: impl AsSanitized, column: &Column, place: Area, style: Style, buf: &mut Buffer) {
    let room = usize::from(place.width);
    let left = matches!(column, Column::Name | Column::Field(_));
    let value = value.as_sanitized().fit(room);
    let lead = if left { 0 } else { room.saturating_sub(text::width(&value)) };
    let x = place.x + u16::try_from(lead).unwrap_or(0);
    put(buf, (x, place.y), value, room, style);
}

/// How bad it is at worst, and how much there is.
pub(super) fn tally(Tally { worst, count }: Tally) -> Sanitized {
    let sign = severity::sign(worst);
    if count > 99 { sanitized!("{}99+", sign) } else { sanitized!("{}{:>2}", sign, count) }
}

/// How high a full bar is, in arrivals a minute: a round number, so that it seldom changes.
fn scale(model: &Model, now: Moment) -> u64 {
    let bars = model.types.visible().flat_map(|(_, row, _)| model.types.bars(row, now));
    let most = bars.map(|bar| if let Bar::Arrived(count) = bar { count } else { 0 }).max().unwrap_or(0);
    let most = most.saturating_mul(SPANS_A_MINUTE);
    let rounds = std::iter::successors(Some(10_u64), |round| round.checked_mul(10));
    rounds
        .flat_map(|round| [round, round.saturating_mul(2), round.saturating_mul(5)])
        .find(|round| *round >= most)
        .unwrap_or(most)
}

/// How many bars a minute has.
const SPANS_A_MINUTE: u64 = 4;

/// The heading of the rates, with their scale.
fn rate_heading(scale: u64) -> Sanitized {
    sanitized!("rate █={}/min", compact(scale))
}

/// A number in at most four characters.
fn compact(number: u64) -> Sanitized {
    match number {
        0..1_000 => sanitized!("{}", number),
        1_000..1_000_000 => sanitized!("{}k", number / 1_000),
        _ => sanitized!("{}M", (number / 1_000_000).min(999)),
    }
}

/// The arrivals as bars up to the scale, and those of the last minute as a number: a dot where nothing came, a question mark
/// where nobody could tell.
fn put_rate(bars: [Bar; 8], scale: u64, place: Area, theme: &Theme, buf: &mut Buffer) {
    const SIGNS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    for (x, bar) in (place.x..place.x + place.width).zip(bars) {
        let (sign, style) = match bar {
            Bar::Before => (" ", theme.dim),
            Bar::Unknown => ("?", theme.dim),
            Bar::Arrived(0) => ("·", theme.dim),
            Bar::Arrived(count) => {
                let eighths = count.saturating_mul(SPANS_A_MINUTE * 8).div_ceil(scale.max(1)).clamp(1, 8) - 1;
                let sign = usize::try_from(eighths).ok().and_then(|eighths| SIGNS.get(eighths));
                (sign.copied().unwrap_or("█"), theme.spark)
            }
        };
        put(buf, (x, place.y), sign, 1, style);
    }
    let mut minute = bars.iter().rev().take(bars.len() / 2);
    let sum = minute.try_fold(0_u64, |sum, bar| match bar {
        Bar::Before => Some(sum),
        Bar::Unknown => None,
        Bar::Arrived(count) => Some(sum.saturating_add(*count)),
    });
    let number = sum.map_or_else(|| "?".into(), compact);
    put_cell(number, &Column::Rate, place, theme.dim, buf);
}
