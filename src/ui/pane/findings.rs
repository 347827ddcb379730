//! The inspector's tab that lists the findings of the event.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use super::{held, put_foot};
use crate::app::Model;
use crate::app::findings::EventFindings;
use crate::app::keymap::Action;
use crate::app::layout::Area;
use crate::app::pane::findings::{FindingsPane, KEYS, areas};
use crate::app::pane::types::Earlier;
use crate::app::shown::Shown;
use crate::event::{Sanitized, sanitized, text};
use crate::lint::{Finding, Fix};
use crate::session::{Fault, Moment};
use crate::ui::severity::{self, sign};
use crate::ui::write::{blank, joined, put, span};
use crate::ui::{Theme, hint, rect, scroll_thumb};

/// Places wider than this, or than a third of the pane, do not push what is said of them further to the right.
const PLACE_COLUMN: usize = 28;

/// The column of what is expected, found and so on.
const LABEL: usize = 10;

/// The findings of the event on show.
pub(super) fn render(shown: &Shown, model: &Model, now: Moment, theme: &Theme, area: Area, buf: &mut Buffer) {
    let pane = &model.inspector.panes().findings;
    let Some((found, current)) = shown.latest_found() else {
        hint("Not checked yet.", theme, area, buf);
        return;
    };
    if found.tally().is_none() {
        let calm = if current { "Nothing wrong was found." } else { "Not checked yet." };
        let calm = match model.earlier() {
            None => calm.into(),
            Some(Earlier { tally, .. }) => {
                let key = model.preferences.bindings.key_for(&KEYS, Action::NextFinding);
                let count = text::counted(tally.count as u64, "finding");
                sanitized!("{}\n\n{} An event before it had {}: {} shows it.", calm, sign(tally.worst), count, key)
            }
        };
        hint(calm, theme, area, buf);
        return;
    }
    let (rows, below) = areas(area.inner());
    let focused = model.has_focus(super::PaneId::Inspector);
    let painter = Painter { found, current, shown, model, theme, width: rows.width.into() };
    for (y, (finding, selected)) in (rows.y..).zip(pane.visible()) {
        let row = Rect { y, height: 1, ..rect(rows) };
        if selected {
            buf.set_style(row, if focused { theme.selection } else { theme.selection_quiet });
        }
        painter.line(finding).render(row, buf);
    }
    if let Some(finding) = pane.selected().filter(|_| below.height > 0) {
        let fault = model.faults.of(&shown.event.event_type, finding).filter(|_| current);
        let often = fault.map(|fault| how_often(fault, model.faults.checked(&fault.event_type), now));
        explain_as(finding, often.as_ref(), current, below, theme, buf);
    }
    foot(model, pane, shown, theme, area, buf);
    if let Some(cursor) = pane.cursor() {
        scroll_thumb(Area { height: rows.height + 2, ..area }, cursor.offset(), cursor.len(), theme, buf);
    }
}

/// The bottom border: where the finding under the cursor is, and which of them it is.
fn foot(model: &Model, pane: &FindingsPane, shown: &Shown, theme: &Theme, area: Area, buf: &mut Buffer) {
    let place = match pane.cursor() {
        _ if shown.found().is_none() => "of the event before".into(),
        Some(cursor) => sanitized!("{} of {}", cursor.at() + 1, cursor.len()),
        None => Sanitized::default(),
    };
    let parts: Vec<_> = held(model).into_iter().chain([place]).collect();
    let style = if shown.newer > 0 { theme.updated } else { theme.dim };
    let right = sanitized!(" {} ", Sanitized::join(parts, " · "));
    let pointer = pane.selected().map_or_else(Sanitized::default, Finding::pointer);
    put_foot(&pointer, (&right, style), theme.dim, theme, area, buf);
}

struct Painter<'a> {
    found: &'a EventFindings,
    /// Whether it is of the event on show.
    current: bool,
    shown: &'a Shown,
    model: &'a Model,
    theme: &'a Theme,
    width: usize,
}

impl Painter<'_> {
    /// The style, or a dim one for the findings of the event before.
    fn fresh(&self, style: Style) -> Style {
        if self.current { style } else { self.theme.dim }
    }

    /// One finding: how bad, where, and what it is.
    fn line(&self, finding: &Finding) -> Line<'static> {
        let theme = self.theme;
        let fresh = |style| self.fresh(style);
        let column = self.found.widest_place().min(PLACE_COLUMN.min(self.width / 3)).max(EVENT.len());
        let place = match finding.place() {
            place if place.is_empty() => span(EVENT, theme.dim),
            place => span(place.fit_middle(column.max(self.width / 3)), fresh(theme.json_key)),
        };
        let gap = (column + 2).saturating_sub(place.width()).max(2);
        let often = self.often(finding);
        let room = self.width.saturating_sub(3 + place.width() + gap + 1);
        let often = Some(often).filter(|often| !often.is_empty() && text::width(often) + LEAST_SAID <= room);
        let room = room.saturating_sub(often.as_ref().map_or(0, |often| text::width(often) + 1));
        let mut said = finding.summary();
        if finding.place_says_little() && text::width(&said) > room {
            // Without its end, the first part would be the same of one attribute as of another; elsewhere it says enough.
            said = finding.brief();
        }
        let said = said.fit(room);
        let mut spans = vec![
            span(sanitized!(" {} ", sign(finding.severity)), fresh(severity::style(finding.severity, theme))),
            place,
            blank(gap),
        ];
        let rest = room + 1 - text::width(&said);
        spans.push(span(said, fresh(theme.title_quiet)));
        if let Some(often) = often {
            spans.extend([blank(rest), span(often, theme.dim)]);
        }
        joined(spans)
    }

    /// In how many events of the type it was found, where that says something.
    fn often(&self, finding: &Finding) -> Sanitized {
        let faults = &self.model.faults;
        let event_type = &self.shown.event.event_type;
        let fault = faults.of(event_type, finding).filter(|_| self.current && faults.checked(event_type) > 1);
        fault.map_or_else(Sanitized::default, |fault| fault.share(faults.checked(event_type)))
    }
}

/// What is said of a finding has at least so many columns beside how often it was found.
const LEAST_SAID: usize = 24;

/// `in 14 of 42 events, last 20 s ago · string 31, number 11`.
pub(in crate::ui) fn how_often(fault: &Fault, checked: u64, now: Moment) -> Sanitized {
    let ago = text::age(now.since(fault.last));
    let often = sanitized!("in {} events, last {} ago", fault.share(checked), ago);
    match &fault.finding.share {
        Some(share) => sanitized!("{} · {}", often, share.words()),
        None => often,
    }
}

/// All about a finding, under a line with the rule's id; `often` is how often it was found, where that is known.
pub(in crate::ui) fn explain(
    finding: &Finding,
    often: Option<&Sanitized>,
    area: Area,
    theme: &Theme,
    buf: &mut Buffer,
) {
    explain_as(finding, often, true, area, theme, buf);
}

/// The same, dim for a finding of the event before.
fn explain_as(
    finding: &Finding,
    often: Option<&Sanitized>,
    current: bool,
    area: Area,
    theme: &Theme,
    buf: &mut Buffer,
) {
    let fresh = |style| if current { style } else { theme.dim };
    let width = usize::from(area.width);
    let rule = finding.rule;
    put(buf, (area.x, area.y), Sanitized::repeated("─", width), usize::MAX, theme.border);
    let id = sanitized!(" {} {} ", finding.severity.as_str(), rule.id);
    put(buf, (area.x + 1, area.y), id, width.saturating_sub(2), fresh(severity::style(finding.severity, theme)));

    let mut rows = usize::from(area.height).saturating_sub(1);
    let mut y = area.y + 1;
    let documentation = usize::from(!rule.documentation.is_empty());
    let (expected, found) = (finding.expected.words(), finding.found.words());
    let fix = finding.fix.as_ref().map(Fix::words).unwrap_or_default();
    let why = rule.why.into();
    let often = often.cloned().unwrap_or_default();
    // Its key shows a value in full that does not fit; the address has its line all the same.
    let parts = [
        ("expected", &expected, theme.title_quiet, if rows < 8 { 2 } else { 3 }),
        ("found", &found, theme.title_quiet, 1),
        ("fix", &fix, theme.ok, 1),
        ("often", &often, theme.title_quiet, 1),
        ("why", &why, theme.dim, rows),
    ];
    for (label, said, style, most) in parts.into_iter().filter(|(_, said, ..)| !said.is_empty()) {
        let most = most.min(rows.saturating_sub(documentation));
        let used = put_part(label, said, fresh(style), Area { y, height: rows_of(most), ..area }, theme, buf);
        rows -= usize::from(used).min(rows);
        y += used;
    }
    if documentation > 0 && rows > 0 {
        put_part("docs", &rule.documentation.into(), theme.dim, Area { y, height: 1, ..area }, theme, buf);
    }
}

/// The place of a finding about the whole event.
const EVENT: &str = "(event)";

fn rows_of(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// A label, and what it is the label of in as many lines as it takes and `area` has. Gives how many.
fn put_part(label: &'static str, said: &Sanitized, style: Style, area: Area, theme: &Theme, buf: &mut Buffer) -> u16 {
    let room = usize::from(area.width).saturating_sub(LABEL + 2).max(1);
    let lines = said.wrap(room);
    let most = usize::from(area.height);
    for (row, (y, line)) in (area.y..area.y + area.height).zip(&lines).enumerate() {
        if row == 0 {
            put(buf, (area.x + 1, y), label, LABEL, theme.dim);
        }
        let cut = row + 1 == most && lines.len() > most;
        let line = if cut { sanitized!("{}…", line).fit(room) } else { line.clone() };
        let x = area.x + 1 + u16::try_from(LABEL).unwrap_or(0);
        put(buf, (x, y), line, room, style);
    }
    rows_of(lines.len().min(most))
}
