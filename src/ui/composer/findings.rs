//! What is wrong with the draft at the cursor.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::super::Theme;
use crate::app::composer::Composition;
use crate::app::composer::findings::{Placed, Repair};
use crate::app::layout::Area;
use crate::event::lint::{Fix, Severity};
use crate::event::text;

/// The sign of a severity, for that is never told by colour alone.
pub(super) fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "✗",
        Severity::Warning => "!",
        Severity::Info => "i",
    }
}

/// The colour of a severity.
pub(super) fn style(severity: Severity, theme: &Theme) -> Style {
    match severity {
        Severity::Error => theme.error,
        Severity::Warning => theme.warning,
        Severity::Info => theme.info,
    }
}

/// The findings at the cursor, or nearest to it: one on two rows, several on a row each.
pub(super) fn render(composition: &Composition, theme: &Theme, area: Area, buf: &mut Buffer) {
    let findings = &composition.findings;
    let Some((place, here)) = findings.nearest(&composition.editor) else { return };
    let rows = usize::from(area.height);
    let line = (place.line != composition.editor.cursor().line).then_some(place.line + 1);
    let stale = findings.are_stale();
    let room = usize::from(area.width).saturating_sub(3);
    let styled = |style: Style| if stale { theme.dim } else { style };
    let mut rest = here.len().saturating_sub(rows);
    for (placed, y) in here.iter().zip(area.y..area.y + area.height) {
        let severity = placed.finding.severity;
        buf.set_string(area.x + 1, y, sign(severity), styled(style(severity, theme)));
        let (what, remedy) = (what(placed, line), remedy(placed));
        let is_last = y + 1 == area.y + area.height;
        let more = if is_last && rest > 0 { format!("  +{}", std::mem::take(&mut rest)) } else { String::new() };
        let mut pieces = vec![(what, styled(theme.title_quiet))];
        let mut below = Vec::new();
        let tail = [
            (if remedy.0.is_empty() { String::new() } else { "^F ".to_owned() }, styled(theme.hint_key)),
            (remedy.0, styled(theme.title_quiet)),
            (remedy.1, theme.dim),
        ];
        if here.len() == 1 && rows > 1 {
            below.extend(tail);
        } else {
            pieces.push((" · ".to_owned(), theme.dim));
            pieces.extend(tail);
        }
        put(&pieces, area.x + 3, y, room.saturating_sub(text::width(&more)), buf);
        let end = (area.x + area.width).saturating_sub(u16::try_from(text::width(&more)).unwrap_or(0));
        buf.set_string(end, y, more, theme.dim);
        put(&below, area.x + 3, y + 1, room, buf);
    }
}

/// Writes pieces of one row, as far as they fit.
fn put(pieces: &[(String, Style)], mut x: u16, y: u16, mut room: usize, buf: &mut Buffer) {
    for (piece, style) in pieces {
        let piece = text::fit(piece, room);
        room = room.saturating_sub(text::width(&piece));
        if !piece.is_empty() {
            (x, _) = buf.set_stringn(x, y, &piece, usize::MAX, *style);
        }
    }
}

/// Where something is wrong, and what.
fn what(placed: &Placed, line: Option<usize>) -> String {
    const WIDEST: usize = 32;
    let finding = &placed.finding;
    let line = line.map_or_else(String::new, |line| format!("line {line}: "));
    match text::harmless(&finding.path.to_string()) {
        path if path.is_empty() => format!("{line}{}", finding.rule.title),
        path => format!("{line}{}: {}", text::fit_middle(&path, WIDEST), finding.rule.title),
    }
}

/// What the fix does, and what is to be done without one.
fn remedy(placed: &Placed) -> (String, String) {
    const WIDEST: usize = 40;
    let finding = &placed.finding;
    let expected = format!("expected {}", finding.expected);
    match (&placed.repair, &finding.fix) {
        (Some(Repair::Edit { .. }), Some(Fix::Replace(json))) => (
            format!("fix: {}", text::fit(&text::harmless_within(json, WIDEST * 2).0, WIDEST)),
            format!(" · {expected}"),
        ),
        (Some(Repair::Edit { .. }), Some(Fix::Rename(name))) => {
            (format!("fix: rename it to {}", text::harmless(name)), String::new())
        }
        (Some(Repair::Edit { .. }), _) => ("fix: take it out".to_owned(), String::new()),
        (Some(Repair::Placeholder(placeholder)), _) => {
            let placeholder = text::fit(&text::harmless(placeholder), WIDEST);
            (String::new(), format!("{placeholder} makes it: {expected}"))
        }
        (None, _) => (String::new(), expected),
    }
}
