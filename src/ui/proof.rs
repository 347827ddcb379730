//! The proof that what was sent arrived: how each probe stands, what the server said, and what is different.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget, Wrap};

use super::Theme;
use crate::app::layout::Area;
use crate::app::proof::{self, Group, INDENT, Row, Tone};
use crate::app::{Model, time};
use crate::event::{Difference, DifferenceKind, NodeKind, text};
use crate::session::Moment;
use crate::session::probe::{Probe, ProbeState, Recognized};

/// Paths wider than this, or than a third of the view, do not push the values around them to the right.
const PATH_COLUMN: usize = 26;

/// The proof of the newest batch. The last column of `area` is the scroll bar's.
pub fn draw(model: &Model, now: Moment, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let buf = frame.buffer_mut();
    let area = area.intersection(buf.area);
    let width = usize::from(area.width.saturating_sub(1));
    let rows = model.outbox.proof(width);
    if rows.is_empty() {
        let text = "Nothing sent yet. ^S sends the draft; whether it arrives, how long that takes and what changes on \
                    the way shows here.";
        let place = Rect { x: area.x + 2, y: area.y + area.height / 3, width: area.width.saturating_sub(4), height: 4 };
        let hint = Paragraph::new(text).style(theme.dim).wrap(Wrap { trim: true }).centered();
        hint.render(place.intersection(area), buf);
        return;
    }
    let offset = model.outbox.offset().min(rows.len().saturating_sub(area.height.into()));
    let painter = Painter { theme, now, width };
    for (y, row) in (area.y..area.bottom()).zip(rows.iter().skip(offset)) {
        let place = Rect { y, height: 1, width: area.width.saturating_sub(1), ..area };
        painter.paint(row, place, buf);
    }
    let Rect { x, y, width, height } = area;
    let bordered = Area { x: x.saturating_sub(1), y: y.saturating_sub(1), width: width + 1, height: height + 2 };
    if x > 0 && y > 0 {
        super::scroll_thumb(bordered, offset, rows.len(), theme, buf);
    }
}

struct Painter<'a> {
    theme: &'a Theme,
    now: Moment,
    width: usize,
}

impl Painter<'_> {
    fn paint(&self, row: &Row<'_>, place: Rect, buf: &mut Buffer) {
        let theme = self.theme;
        let indent = Span::raw(" ".repeat(INDENT));
        match row {
            Row::Gap => {}
            Row::Headline(probe) => self.headline(probe, place, buf),
            Row::Sentence { text, tone } => {
                let style = match tone {
                    Tone::Quiet => theme.dim,
                    Tone::Plain => theme.title_quiet,
                    Tone::Good => theme.ok,
                    Tone::Warning => theme.warning,
                    Tone::Bad => theme.error,
                };
                Line::from(vec![indent, Span::styled(text.as_str(), style)]).render(place, buf);
            }
            Row::Again { next, attempt, most } => {
                let seconds = time::seconds_left(next.since(self.now));
                let text = format!("again in {seconds} s · attempt {attempt} of {most}");
                Line::from(vec![indent, Span::styled(text, theme.warning)]).render(place, buf);
            }
            Row::Field { name, message, column } => {
                let room = self.width.saturating_sub(INDENT);
                let column = (*column).min(self.path_column());
                let name = text::fit(&text::harmless_within(name, room).0, room / 2);
                let gap = " ".repeat(column.saturating_sub(text::width(&name)) + 2);
                let rest = room.saturating_sub(text::width(&name) + gap.len());
                let message = text::fit(&text::harmless_within(message, rest).0, rest);
                let spans = vec![
                    indent,
                    Span::styled(name, theme.json_key),
                    Span::raw(gap),
                    Span::styled(message, theme.title_quiet),
                ];
                Line::from(spans).render(place, buf);
            }
            Row::Heading { group, count } => {
                let spans =
                    vec![indent, Span::styled(group.label(), theme.name), Span::styled(format!(" {count}"), theme.dim)];
                Line::from(spans).render(place, buf);
            }
            Row::Difference { difference, group, column } => {
                self.difference(difference, *group, *column, place, buf);
            }
        }
    }

    fn headline(&self, probe: &Probe, place: Rect, buf: &mut Buffer) {
        let theme = self.theme;
        let (sign, style) = match &probe.state {
            ProbeState::Waiting => ("→", theme.updated),
            ProbeState::NotSent => ("✗", theme.error),
            ProbeState::Seen(seen) if seen.by == Recognized::ByContent => ("?", theme.warning),
            ProbeState::Seen(_) => ("✓", theme.ok),
            ProbeState::Missed(_) => ("∅", theme.warning),
        };
        let state = proof::state(probe, self.now);
        let room = self.width.saturating_sub(INDENT + 2 + text::width(&state));
        let (name, _) = text::harmless_within(probe.event_type.as_str(), 512);
        let name = text::fit_middle(&name, room);
        let short = format!("probe {}", proof::short(&probe.uuid));
        let line = Line::from(vec![
            Span::styled(format!(" {sign} "), style),
            Span::styled(name, theme.title),
            Span::raw("  "),
            Span::styled(state, style),
        ]);
        if line.width() + text::width(&short) + 3 <= self.width {
            Line::styled(format!("{short} "), theme.dim).right_aligned().render(place, buf);
        }
        line.render(place, buf);
    }

    fn path_column(&self) -> usize {
        PATH_COLUMN.min(self.width / 3)
    }

    fn difference(&self, difference: &Difference, group: Group, column: usize, place: Rect, buf: &mut Buffer) {
        let theme = self.theme;
        let quiet = matches!(group, Group::Respelled | Group::Added);
        let note = match difference.kind {
            DifferenceKind::Retyped { from, to } => format!("{} → {}", word(from), word(to)),
            DifferenceKind::Dropped | DifferenceKind::Changed | DifferenceKind::Added => String::new(),
        };
        // One step further in than its heading, and a blank at the end.
        let mut room = self.width.saturating_sub(INDENT + 2 + 1);
        let path = text::harmless_within(&difference.path.to_string(), 512).0;
        let path = text::fit_middle(&path, (room / 2).max(column.min(self.path_column())));
        let gap = column.min(self.path_column()).saturating_sub(text::width(&path)) + 2;
        room = room.saturating_sub(text::width(&path) + gap);
        let values =
            [&difference.before, &difference.after].map(|value| value.as_deref().map(|json| value_of(json, room)));
        let mut spans = vec![
            Span::raw(" ".repeat(INDENT + 2)),
            Span::styled(path, if quiet { theme.dim } else { theme.json_key }),
            Span::raw(" ".repeat(gap)),
        ];
        for (index, (shown, json)) in fitted(&values, room).into_iter().enumerate() {
            if index > 0 {
                spans.push(Span::styled(" → ", theme.dim));
            }
            spans.push(Span::styled(shown, if quiet { theme.dim } else { self.value_style(json) }));
        }
        let used: usize = spans.iter().map(Span::width).sum();
        if !note.is_empty() && used + 2 + text::width(&note) <= self.width {
            spans.push(Span::styled(format!("  {note}"), theme.dim));
        }
        Line::from(spans).render(place, buf);
    }

    fn value_style(&self, kind: NodeKind) -> Style {
        let theme = self.theme;
        match kind {
            NodeKind::String => theme.json_string,
            NodeKind::Number => theme.json_number,
            NodeKind::Bool => theme.json_word,
            NodeKind::Null => theme.json_null,
            NodeKind::Object | NodeKind::Array => theme.dim,
        }
    }
}

/// A value as it is shown, no wider than a few columns more than `room`, with its sort.
fn value_of(json: &str, room: usize) -> (String, NodeKind) {
    let kind = match json.as_bytes().first() {
        Some(b'"') => NodeKind::String,
        Some(b't' | b'f') => NodeKind::Bool,
        Some(b'n') => NodeKind::Null,
        Some(b'{') => NodeKind::Object,
        Some(b'[') => NodeKind::Array,
        _ => NodeKind::Number,
    };
    (text::harmless_within(json, room).0, kind)
}

/// The values that there are, cut so that they stand in `room` together. A short one leaves its room to the other.
fn fitted(values: &[Option<(String, NodeKind)>; 2], room: usize) -> Vec<(String, NodeKind)> {
    const ARROW: usize = 3;
    match values {
        [Some((before, from)), Some((after, to))] => {
            let room = room.saturating_sub(ARROW);
            let half = room / 2;
            let first = text::width(before).min(half.max(room.saturating_sub(text::width(after))));
            vec![(text::fit(before, first), *from), (text::fit(after, room - first), *to)]
        }
        [one, other] => one.iter().chain(other).map(|(shown, kind)| (text::fit(shown, room), *kind)).collect(),
    }
}

fn word(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Object => "object",
        NodeKind::Array => "array",
        NodeKind::String => "string",
        NodeKind::Number => "number",
        NodeKind::Bool => "bool",
        NodeKind::Null => "null",
    }
}
