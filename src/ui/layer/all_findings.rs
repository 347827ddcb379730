//! All findings of the session.

use ratatui::buffer::Buffer;

use super::super::header::clock;
use super::super::pane::{Explained, explain, how_often};
use super::super::{Theme, hint, rect, scroll_thumb, severity};
use super::{cell, frame};
use crate::app::Model;
use crate::app::layer::all_findings::{AllFindings, Widths};
use crate::app::layer::long_list::areas;
use crate::app::layout::Area;
use crate::event::{Sanitized, sanitized, text};
use crate::lint::{Actual, Finding};
use crate::session::{Fault, Moment};
use crate::ui::write::{line_of, put};

/// In a layer narrower than this it is not said since when.
const WIDE: u16 = 90;

/// The place of what is wrong with an event as a whole.
const EVENT: &str = "(event)";

/// In a column of this width the value is told too.
const WIDE_SAID: u16 = 30;

/// The heading of the column of how often.
const OFTEN: &str = "events";
/// What stands between two columns.
const GAP: u16 = 2;
/// The column of a time of day, and that of an age.
const TIME: u16 = 10;
const AGE: u16 = 6;

/// The columns of the list from left to right, each with its heading.
struct Columns {
    event_type: Area,
    place: Area,
    said: Area,
    often: Area,
    since: Option<Area>,
    last: Area,
}

impl Columns {
    fn of(line: Area, widest: Widths) -> Self {
        let with_gap = |width: usize| u16::try_from(width).unwrap_or(u16::MAX).saturating_add(GAP);
        let since = if line.width >= WIDE { TIME } else { 0 };
        let often = with_gap(widest.often.max(OFTEN.len()));
        let room = line.width.saturating_sub(3 + often + since + AGE);
        let most = room * 3 / 10;
        let (types, places) =
            (with_gap(widest.event_type).min(most), with_gap(widest.place.max(EVENT.len())).min(most));
        let column = |x: u16, width: u16| Area { x: line.x + x, width, height: 1, ..line };
        let after = 3 + room;
        Self {
            event_type: column(3, types),
            place: column(3 + types, places),
            said: column(3 + types + places, room - types - places),
            often: column(after, often),
            since: (since > 0).then(|| column(after + often, since)),
            last: column(after + often + since, AGE),
        }
    }
}

/// The faults of the session, and below them all about the one under the cursor.
pub(super) fn render(list: &AllFindings, model: &Model, now: Moment, area: Area, theme: &Theme, buf: &mut Buffer) {
    let faults = &model.faults;
    let title = sanitized!(" All findings of the session {} ", text::grouped(list.rows().cursor().len() as u64));
    let inner = frame(line_of(title, theme.title), area, theme, buf);
    if list.rows().cursor().is_empty() {
        hint("Nothing wrong was found so far.", theme, area, buf);
        return;
    }
    let headings = Columns::of(Area { height: 1, ..inner }, list.widths());
    let mut head = |area: Area, label: &'static str, right: bool| cell(area, label, right, theme.heading, buf);
    head(headings.event_type, "type", false);
    head(headings.place, "field", false);
    head(headings.said, "finding", false);
    head(headings.often, OFTEN, true);
    if let Some(since) = headings.since {
        head(since, "since", true);
    }
    head(headings.last, "last", true);
    let (rows, below) = areas(inner, list.rows().cursor().len());
    for (y, (id, selected)) in (rows.y..).zip(list.rows().visible()) {
        let line = Area { y, height: 1, ..rows };
        if selected {
            buf.set_style(rect(line), theme.selection);
        }
        if let Some(fault) = faults.get(id) {
            row(fault, &Columns::of(line, list.widths()), (model, now), line, theme, buf);
        }
    }
    if let Some(fault) = list.rows().selected().and_then(|id| faults.get(id)).filter(|_| below.height > 0) {
        let often = how_often(fault, faults.checked(&fault.event_type), now);
        let width = Columns::of(rows, list.widths()).said.width;
        let is_cut = said(&fault.finding, width).width() > room_of(width);
        explain(&Explained { finding: &fault.finding, is_cut, often: Some(often), current: true }, below, theme, buf);
    }
    if faults.left_out() > 0 {
        let more = sanitized!(" {} of further kinds are not counted ", text::grouped(faults.left_out()));
        put(buf, (area.x + 2, area.y + area.height - 1), more, area.width.saturating_sub(4).into(), theme.dim);
    }
    let thumb = Area { height: rows.height + 3, ..area };
    scroll_thumb(thumb, list.rows().cursor().offset(), list.rows().cursor().len(), theme, buf);
}

/// What is said of a finding in a column of that width, all of it.
fn said(finding: &Finding, width: u16) -> Sanitized {
    match &finding.found {
        Actual::Value(value) if width >= WIDE_SAID => sanitized!("{} · {}", value, finding.rule.title),
        _ if finding.place_says_little() => finding.brief(),
        _ => finding.rule.title.into(),
    }
}

fn room_of(width: u16) -> usize {
    usize::from(width).saturating_sub(1)
}

fn row(fault: &Fault, columns: &Columns, (model, now): (&Model, Moment), line: Area, theme: &Theme, buf: &mut Buffer) {
    let finding = &fault.finding;
    let style = severity::style(fault.severity, theme);
    put(buf, (line.x + 1, line.y), severity::sign(fault.severity), 1, style);
    let middle = |text: Sanitized, area: Area| text.fit_middle(usize::from(area.width).saturating_sub(2));
    cell(columns.event_type, middle(fault.event_type.shown(), columns.event_type), false, theme.title_quiet, buf);
    let place = Some(finding.place()).filter(|place| !place.is_empty()).unwrap_or_else(|| EVENT.into());
    cell(columns.place, middle(place, columns.place), false, theme.json_key, buf);
    let said = said(finding, columns.said.width).fit(room_of(columns.said.width));
    cell(columns.said, said, false, theme.title_quiet, buf);
    let often = fault.share(model.faults.checked(&fault.event_type));
    cell(columns.often, often, true, theme.title_quiet, buf);
    if let Some(since) = columns.since {
        cell(since, clock(model, fault.first), true, theme.dim, buf);
    }
    cell(columns.last, text::age(now.since(fault.last)), true, theme.dim, buf);
}
