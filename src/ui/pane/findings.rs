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

/// The column of what is expected, found and so on, and the width from which on it stands beside what is said.
const LABEL: usize = 10;
const BESIDE: u16 = 56;

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
    let (rows, below) = areas(area.inner(), found.findings().len());
    let focused = model.has_focus(super::PaneId::Inspector);
    let painter = Painter { found, current, shown, model, theme, width: rows.width.into() };
    let mut is_cut = false;
    for (y, (finding, selected)) in (rows.y..).zip(pane.visible()) {
        let row = Rect { y, height: 1, ..rect(rows) };
        let line = painter.line(finding);
        if selected {
            buf.set_style(row, if focused { theme.selection } else { theme.selection_quiet });
            is_cut = line.spans.iter().any(|span| span.content.ends_with(text::ELLIPSIS));
        }
        line.render(row, buf);
    }
    if let Some(finding) = pane.selected().filter(|_| below.height > 0) {
        let fault = model.faults.of(&shown.event.event_type, finding).filter(|_| current);
        let often = fault.map(|fault| how_often(fault, model.faults.checked(&fault.event_type), now));
        explain(&Explained { finding, is_cut, often, current }, below, theme, buf);
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
        let column = self.found.widest_place().min(self.width / 3).max(EVENT.len());
        let place = match finding.place() {
            place if place.is_empty() => span(EVENT, theme.dim),
            place => span(place.fit_middle(column), fresh(theme.json_key)),
        };
        let gap = column + 2 - place.width();
        let often = self.often(finding);
        let room = self.width.saturating_sub(3 + place.width() + gap + 1);
        let mut said = finding.summary();
        // What it is, all of it, matters more than how often it was found.
        let beside = room.saturating_sub(often.width() + 1);
        let fits = said.width() <= beside || said.width() > room && beside >= LEAST_SAID;
        let often = Some(often).filter(|often| !often.is_empty() && fits);
        let room = if often.is_some() { beside } else { room };
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

/// Where it is cut all the same, what is said of a finding has at least so many columns beside how often it was found.
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

/// A finding that all is told of.
pub(in crate::ui) struct Explained<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// Whether its row has no room for what it is.
    pub is_cut: bool,
    /// How often it was found, where that is known.
    pub often: Option<Sanitized>,
    /// Whether it is of the event on show; one of the event before is dim.
    pub current: bool,
}

/// All about a finding, under a line with the rule's id.
pub(in crate::ui) fn explain(explained: &Explained<'_>, area: Area, theme: &Theme, buf: &mut Buffer) {
    let Explained { finding, is_cut, often, current } = explained;
    let fresh = |style| if *current { style } else { theme.dim };
    let width = usize::from(area.width);
    let rule = finding.rule;
    put(buf, (area.x, area.y), Sanitized::repeated("─", width), usize::MAX, theme.border);
    let id = sanitized!(" {} {} ", finding.severity.as_str(), rule.id);
    put(buf, (area.x + 1, area.y), id, width.saturating_sub(2), fresh(severity::style(finding.severity, theme)));

    let mut rows = area.height.saturating_sub(1);
    let mut y = area.y + 1;
    let documentation = u16::from(!rule.documentation.is_empty());
    let parts = [
        ("", if *is_cut { rule.title.into() } else { Sanitized::default() }, theme.title_quiet),
        ("expected", finding.expected.words(), theme.title_quiet),
        ("found", finding.found.words(), theme.title_quiet),
        ("fix", finding.fix.as_ref().map(Fix::words).unwrap_or_default(), theme.ok),
        ("often", often.clone().unwrap_or_default(), theme.title_quiet),
        ("why", rule.why.into(), theme.dim),
        ("docs", rule.documentation.into(), theme.dim),
    ];
    for (label, said, style) in parts.into_iter().filter(|(_, said, _)| !said.is_empty()) {
        // The address has a line whatever comes before it.
        let kept = if label == "docs" { 0 } else { documentation };
        let place = Area { y, height: rows.saturating_sub(kept), ..area };
        let used = put_part(label, &said, fresh(style), place, theme, buf);
        rows -= used.min(rows);
        y += used;
    }
}

/// The place of a finding about the whole event.
const EVENT: &str = "(event)";

/// A label, and what it is the label of, in as many lines as it takes and `area` has: beside each other, or one behind the
/// other where there is little room. Gives how many.
fn put_part(label: &'static str, said: &Sanitized, style: Style, area: Area, theme: &Theme, buf: &mut Buffer) -> u16 {
    let is_beside = area.width >= BESIDE;
    let indent = if is_beside && !label.is_empty() { LABEL } else { 0 };
    let room = usize::from(area.width).saturating_sub(indent + 2).max(1);
    let lines = match (is_beside, label) {
        (true, _) | (false, "") => said.wrap(room),
        (false, label) => sanitized!("{} {}", label, said).wrap(room),
    };
    let most = usize::from(area.height);
    for (row, (y, line)) in (area.y..area.y + area.height).zip(&lines).enumerate() {
        let cut = row + 1 == most && lines.len() > most;
        let line = if cut { sanitized!("{}…", line).fit(room) } else { line.clone() };
        let x = area.x + 1 + u16::try_from(indent).unwrap_or(0);
        put(buf, (x, y), line, room, style);
        if row == 0 {
            put(buf, (area.x + 1, y), label, label.len(), theme.dim);
        }
    }
    u16::try_from(lines.len().min(most)).unwrap_or(u16::MAX)
}
