//! The findings of a draft at the cursor.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::super::Theme;
use super::super::severity::{self, sign};
use crate::app::composer::Composition;
use crate::app::composer::findings::{Placed, Repair};
use crate::app::layout::Area;
use crate::event::text::AsSanitized;
use crate::event::{Sanitized, sanitized, text};
use crate::lint::{Fix, SeverityCounts};
use crate::ui::write::put;

/// How many findings there are, in a few columns.
pub(super) fn brief(counts: SeverityCounts) -> Sanitized {
    Sanitized::join(counts.each().map(|(severity, count)| sanitized!("{} {}", sign(severity), count)), "  ")
}

/// The findings at the cursor, or nearest to it: one on all rows, several on a row each.
pub(super) fn render(composition: &Composition, theme: &Theme, area: Area, buf: &mut Buffer) {
    let findings = &composition.findings;
    let Some((mark, here)) = findings.nearest(&composition.editor) else { return };
    let line = (mark.start.line != composition.editor.cursor().line).then_some(mark.start.line + 1);
    let quiet = findings.is_quiet(mark, &composition.editor);
    let styled = |style: Style| if quiet { theme.dim } else { style };
    let pieces = |placed: &Placed| {
        let (fix, rest) = remedy(placed);
        let key = Sanitized::literal(if fix.is_empty() { "" } else { "^F " });
        let here = if line.is_none() { theme.title_quiet } else { theme.dim };
        let what = (what(placed, line), styled(here));
        (what, [(key, styled(theme.hint_key)), (fix, styled(theme.title_quiet)), (rest, theme.dim)])
    };
    let text = Area { x: area.x + 3, width: area.width.saturating_sub(4), ..area };
    let signed = |placed: &Placed, y: u16, buf: &mut Buffer| {
        let severity = placed.finding.severity;
        put(buf, (area.x + 1, y), sign(severity), usize::MAX, styled(severity::style(severity, theme)));
    };
    if let [only] = here.as_slice() {
        signed(only, area.y, buf);
        let (what, remedy) = pieces(only);
        let width: usize = remedy.iter().map(|(piece, _)| text::width(piece)).sum();
        if area.height > 1 && width <= usize::from(text.width) {
            flow(&[what], Area { height: 1, ..text }, buf);
            flow(&remedy, Area { y: text.y + 1, height: text.height - 1, ..text }, buf);
        } else {
            let [key, fix, rest] = remedy;
            flow(&[what, (" · ".into(), theme.dim), key, fix, rest], text, buf);
        }
        return;
    }
    let rows = usize::from(area.height);
    for (number, (placed, y)) in here.iter().zip(area.y..area.y + area.height).enumerate() {
        let left = if number + 1 == rows { here.len() - rows } else { 0 };
        let more = if left > 0 { sanitized!(" +{}", left) } else { Sanitized::default() };
        let width = u16::try_from(text::width(&more)).unwrap_or(0);
        signed(placed, y, buf);
        let (what, [key, fix, rest]) = pieces(placed);
        let row = Area { y, width: text.width.saturating_sub(width), height: 1, ..text };
        flow(&[what, (" · ".into(), theme.dim), key, fix, rest], row, buf);
        put(buf, (row.x + row.width, y), &more, usize::MAX, theme.dim);
    }
}

/// Writes pieces one behind the other, broken between words where a row ends, and cut at the end of the last.
fn flow(pieces: &[(Sanitized, Style)], area: Area, buf: &mut Buffer) {
    let (mut row, mut used, room) = (0, 0, usize::from(area.width));
    for (word, style) in
        pieces.iter().flat_map(|(piece, style)| piece.as_sanitized().words().map(move |word| (word, *style)))
    {
        if row + 1 < area.height && used > 0 && used + text::width(&word.trim_end()) > room {
            (row, used) = (row + 1, 0);
        }
        if row < area.height && used < room {
            // The white space behind the last word of a row needs no room.
            let bare = word.trim_end();
            let x = area.x + u16::try_from(used).unwrap_or(0);
            put(buf, (x, area.y + row), bare.fit(room - used), usize::MAX, style);
            used += text::width(&word);
        }
    }
}

/// Where something is wrong, and what.
fn what(placed: &Placed, line: Option<usize>) -> Sanitized {
    const WIDEST: usize = 32;
    let finding = &placed.finding;
    let line = line.map_or_else(Sanitized::default, |line| sanitized!("line {} · ", line));
    match finding.place() {
        path if path.is_empty() => sanitized!("{}{}", line, finding.rule.title),
        path => sanitized!("{}{}: {}", line, path.fit_middle(WIDEST), finding.rule.title),
    }
}

/// The effect of the fix, and the advice without one.
fn remedy(placed: &Placed) -> (Sanitized, Sanitized) {
    const WIDEST: usize = 40;
    let finding = &placed.finding;
    let expected = sanitized!("expected {}", finding.expected.words());
    match (&placed.repair, &finding.fix) {
        (Some(Repair::Edit { .. }), Some(Fix::Replace(json))) => {
            (sanitized!("fix: {}", text::excerpt(json, WIDEST)), sanitized!(" · {}", expected))
        }
        (Some(Repair::Edit { .. }), Some(Fix::Rename(name))) => {
            (sanitized!("fix: rename it to {}", text::sanitize(name)), Sanitized::default())
        }
        (Some(Repair::Edit { .. }), _) => ("fix: take it out".into(), Sanitized::default()),
        (Some(Repair::Placeholder(placeholder)), _) => {
            let placeholder = text::sanitize(placeholder).fit(WIDEST);
            (Sanitized::default(), sanitized!("{} makes it: {}", placeholder, expected))
        }
        (None, _) => (Sanitized::default(), expected),
    }
}
