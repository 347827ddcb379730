//! What our own collector was sent.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::super::header::clock;
use super::super::{Theme, hint, rect, scroll_thumb, severity};
use super::{cell, frame};
use crate::app::Model;
use crate::app::keymap::Action;
use crate::app::layer::long_list::areas;
use crate::app::layer::requests::RequestList;
use crate::app::layout::Area;
use crate::event::{Sanitized, sanitized, text};
use crate::session::{ProofOutcome, Request};
use crate::ui::write::{line_of, put};

/// In a layer narrower than this nobody is told who sent it.
const WIDE: u16 = 90;

/// In less room than this a reason says nothing.
const SHORTEST_REASON: usize = 12;

const TIME: u16 = 9;
const STATUS: u16 = 5;
const EVENTS: u16 = 8;
const TOOK: u16 = 8;
const SENDER: u16 = 24;

/// The columns of the list from left to right.
struct Columns {
    time: Area,
    status: Area,
    line: Area,
    events: Area,
    took: Area,
    sender: Option<Area>,
}

impl Columns {
    fn of(line: Area) -> Self {
        let sender = if line.width >= WIDE { SENDER } else { 0 };
        let room = line.width.saturating_sub(1 + TIME + STATUS + EVENTS + TOOK + sender);
        let column = |x: u16, width: u16| Area { x: line.x + x, width, height: 1, ..line };
        let target = 1 + TIME + STATUS;
        let after = target + room;
        Self {
            time: column(1, TIME),
            status: column(1 + TIME, STATUS),
            line: column(target, room),
            events: column(after, EVENTS),
            took: column(after + EVENTS, TOOK),
            sender: (sender > 0).then(|| column(after + EVENTS + TOOK + 2, SENDER - 2)),
        }
    }
}

/// The requests, and below them why the one under the cursor was refused.
pub(super) fn render(list: &RequestList, model: &Model, area: Area, theme: &Theme, buf: &mut Buffer) {
    let requests = &model.session.requests;
    let count = text::grouped(list.rows().cursor().len() as u64);
    let title = match (list.is_only_refused(), requests.refused()) {
        (true, _) => sanitized!(" Refused requests {} ", count),
        (false, 0) => sanitized!(" Requests {} ", count),
        (false, refused) => sanitized!(" Requests {} · {} refused ", count, text::grouped(refused)),
    };
    let inner = frame(line_of(title, theme.title), area, theme, buf);
    let waiting = model.session.waiting.as_ref().filter(|waiting| waiting.held > 0);
    if let Some((waiting, first)) = waiting.and_then(|waiting| Some((waiting, waiting.first.as_ref()?))) {
        let others = if waiting.held > 1 { sanitized!(", the first of {}", waiting.held) } else { "".into() };
        let told = sanitized!(" {} is held{} ", first, others);
        put(buf, (area.x + 2, area.y + area.height - 1), told, area.width.saturating_sub(4).into(), theme.warning);
    }
    if list.rows().cursor().is_empty() {
        let nothing: Sanitized = match &model.collector {
            _ if list.is_only_refused() => "None of them was refused.".into(),
            Some(_) if waiting.is_some() => {
                let key = model.key_in_pane(Action::StepOn);
                sanitized!("A request is listed when it is answered: the key {} lets it go on.", key)
            }
            Some(_) => "Nothing was sent here yet.".into(),
            None => "Requests are seen by a collector of your own: clickscope sandbox.".into(),
        };
        hint(nothing, theme, area, buf);
        return;
    }
    let headings = Columns::of(Area { height: 1, ..inner });
    let mut head = |area: Area, label: &'static str, right: bool| cell(area, label, right, theme.heading, buf);
    head(headings.time, "time", false);
    head(headings.line, "request", false);
    head(headings.events, "events", true);
    head(headings.took, "took", true);
    if let Some(sender) = headings.sender {
        head(sender, "sender", false);
    }
    let (rows, below) = areas(inner, list.rows().cursor().len());
    for (y, (number, selected)) in (rows.y..).zip(list.rows().visible()) {
        let line = Area { y, height: 1, ..rows };
        if selected {
            buf.set_style(rect(line), theme.selection);
        }
        if let Some(request) = requests.get(number) {
            row(request, &Columns::of(line), model, theme, buf);
        }
    }
    if let Some(request) = list.rows().selected().and_then(|number| requests.get(number)).filter(|_| below.height > 0) {
        explain(request, model, below, theme, buf);
    }
    let thumb = Area { height: rows.height + 3, ..area };
    scroll_thumb(thumb, list.rows().cursor().offset(), list.rows().cursor().len(), theme, buf);
}

fn row(request: &Request, columns: &Columns, model: &Model, theme: &Theme, buf: &mut Buffer) {
    let refused = request.is_refused();
    cell(columns.time, clock(model, request.at), false, theme.dim, buf);
    let style = if refused { theme.error } else { theme.ok };
    cell(columns.status, request.status_shown(), false, style, buf);
    let room = usize::from(columns.line.width).saturating_sub(1);
    let style = if refused { theme.title } else { theme.title_quiet };
    let line = request.line().fit_middle(room);
    let (x, width) = (columns.line.x + 2, line.width());
    cell(columns.line, line, false, style, buf);
    // Requests to one path are told apart by what is wrong with them.
    let left = room.saturating_sub(width + 2);
    if let Some(refusal) = request.refusal.as_ref().filter(|_| left >= SHORTEST_REASON) {
        let at = x.saturating_add(u16::try_from(width).unwrap_or(u16::MAX));
        put(buf, (at, columns.line.y), refusal.sentence().fit(left), left, theme.dim);
    }
    let events = if request.events == 0 { "".into() } else { text::grouped(request.events as u64) };
    cell(columns.events, events, true, theme.title_quiet, buf);
    cell(columns.took, took(request), true, theme.dim, buf);
    if let Some(sender) = columns.sender {
        let by = request.sender.clone().unwrap_or_else(|| "-".into());
        cell(sender, by.fit(usize::from(sender.width).saturating_sub(1)), false, theme.dim, buf);
    }
}

/// What is wrong with it, and then how it was answered.
fn explain(request: &Request, model: &Model, area: Area, theme: &Theme, buf: &mut Buffer) {
    let mut lines: Vec<(Sanitized, Style)> = Vec::new();
    match &request.refusal {
        Some(refusal) => lines.push((sanitized!("✗ {}", refusal.sentence()), theme.error)),
        None if request.is_refused() => lines.push((sanitized!("✗ {}", request.outcome()), theme.error)),
        None => lines.push((sanitized!("{}", request.outcome()), theme.title_quiet)),
    }
    lines.extend(request.proofs.iter().map(|proof| {
        let style = if proof.proof == ProofOutcome::Seen { theme.ok } else { theme.warning };
        (sanitized!("{} {}", proof.event_type.shown(), proof.told()), style)
    }));
    let found = model.findings_of(request);
    for (finding, of) in found.iter().take(usize::from(area.height)) {
        let place = Sanitized::join([of.clone(), finding.place()].iter().filter(|part| !part.is_empty()), "");
        let place = if place.is_empty() { place } else { sanitized!("{}: ", place) };
        let said = sanitized!("{} {}{}", finding.severity.sign(), place, finding.summary());
        lines.push((said, severity::style(finding.severity, theme)));
    }
    let width = usize::from(area.width.saturating_sub(2));
    let wrapped = lines.into_iter().flat_map(|(line, style)| line.wrap(width).into_iter().map(move |it| (it, style)));
    for (y, (line, style)) in (area.y..area.y + area.height).zip(wrapped) {
        put(buf, (area.x + 1, y), line, width, style);
    }
}

/// How long it took: a request on one machine takes less than a millisecond.
fn took(request: &Request) -> Sanitized {
    match request.took.as_micros() {
        micros @ 0..1_000 => sanitized!("{} µs", micros),
        _ => text::span(request.took),
    }
}
