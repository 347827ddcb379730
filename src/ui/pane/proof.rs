//! The proof that what was sent arrived: how each probe stands, what the server said, and what is different.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use crate::app::Model;
use crate::app::layout::Area;
use crate::app::outbox;
use crate::app::proof::{self, INDENT, ProofGroup, ProofRow, STAGE_COLUMNS, Tone};
use crate::event::{Sanitized, sanitized, text};
use crate::session::Moment;
use crate::session::probe::{Probe, ProbeState, Recognized, StageState};
use crate::ui::write::{blank, centered, joined, line_of, span};
use crate::ui::{Theme, difference, scroll_thumb};

/// The proof of a batch. The last column of `area` is the scroll bar's.
pub(in crate::ui) fn draw(model: &Model, now: Moment, theme: &Theme, area: Rect, frame: &mut Frame<'_>) {
    let buf = frame.buffer_mut();
    let area = area.intersection(buf.area);
    let width = usize::from(area.width.saturating_sub(1));
    let rows = proof::rows(&model.outbox, model.composer.proof().batch(), width);
    if rows.is_empty() {
        let text = "Nothing sent yet. ^S sends the draft; whether it arrives, how long that takes and what changes on \
                    the way shows here.";
        let place = Rect { x: area.x + 2, y: area.y + area.height / 3, width: area.width.saturating_sub(4), height: 4 };
        centered(text, theme.dim).render(place.intersection(area), buf);
        return;
    }
    let offset = model.composer.proof().offset().min(rows.len().saturating_sub(area.height.into()));
    let painter = Painter { theme, now, width };
    for (y, row) in (area.y..area.bottom()).zip(rows.iter().skip(offset)) {
        let place = Rect { y, height: 1, width: area.width.saturating_sub(1), ..area };
        painter.paint(row, place, buf);
    }
    let Rect { x, y, width, height } = area;
    let bordered = Area { x: x.saturating_sub(1), y: y.saturating_sub(1), width: width + 1, height: height + 2 };
    if x > 0 && y > 0 {
        scroll_thumb(bordered, offset, rows.len(), theme, buf);
    }
}

struct Painter<'a> {
    theme: &'a Theme,
    now: Moment,
    width: usize,
}

impl Painter<'_> {
    fn paint(&self, row: &ProofRow<'_>, place: Rect, buf: &mut Buffer) {
        let theme = self.theme;
        let indent = blank(INDENT);
        match row {
            ProofRow::Gap => {}
            ProofRow::Headline(probe) => self.headline(probe, place, buf),
            ProofRow::Stage(stage) => {
                let style = match stage.state {
                    StageState::Done => theme.ok,
                    StageState::Waiting => theme.dim,
                    StageState::Wrong => theme.error,
                };
                // After the sign and a blank, and before two.
                let name = Sanitized::literal(stage.stage.label()).pad(STAGE_COLUMNS - 4);
                let room = self.width.saturating_sub(INDENT + STAGE_COLUMNS);
                let said = stage.said.fit(room);
                let sign = span(sanitized!("{} ", stage.state.sign()), style);
                joined(vec![indent, sign, span(name, theme.title_quiet), blank(2), span(said, theme.dim)])
                    .render(place, buf);
            }
            ProofRow::Sentence { text, tone } => {
                let style = match tone {
                    Tone::Quiet => theme.dim,
                    Tone::Plain => theme.title_quiet,
                    Tone::Good => theme.ok,
                    Tone::Warning => theme.warning,
                    Tone::Bad => theme.error,
                };
                joined(vec![indent, span(text, style)]).render(place, buf);
            }
            ProofRow::Again { next, attempt, most } => {
                let seconds = text::seconds_left(next.since(self.now));
                let text = sanitized!("again in {} s · attempt {} of {}", seconds, attempt, most);
                joined(vec![indent, span(text, theme.warning)]).render(place, buf);
            }
            ProofRow::Field { name, message, column } => {
                let room = self.width.saturating_sub(INDENT);
                let column = difference::path_column(*column, self.width);
                let name = name.fit(room / 2);
                let gap = column.saturating_sub(text::width(&name)) + 2;
                let rest = room.saturating_sub(text::width(&name) + gap);
                let message = message.fit(rest);
                let spans = vec![indent, span(name, theme.json_key), blank(gap), span(message, theme.title_quiet)];
                joined(spans).render(place, buf);
            }
            ProofRow::Heading { group, count } => {
                let spans = vec![indent, span(group.label(), theme.name), span(sanitized!(" {}", count), theme.dim)];
                joined(spans).render(place, buf);
            }
            ProofRow::Difference { difference, group, column } => {
                let quiet = matches!(group, ProofGroup::Respelled | ProofGroup::Added);
                // One step further in than its heading.
                let columns = (INDENT + 2, *column, self.width);
                difference::line(difference, quiet, columns, theme).render(place, buf);
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
        let name = probe.event_type.shown().fit_middle(room);
        let short = sanitized!("probe {}", outbox::short(&probe.uuid));
        let line =
            joined(vec![span(sanitized!(" {} ", sign), style), span(name, theme.title), blank(2), span(state, style)]);
        if line.width() + text::width(&short) + 3 <= self.width {
            line_of(sanitized!("{} ", short), theme.dim).right_aligned().render(place, buf);
        }
        line.render(place, buf);
    }
}
