//! The findings of a draft at the cursor.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::super::Theme;
use super::super::severity::{self, sign};
use crate::app::composer::Composition;
use crate::app::composer::findings::{Placed, Repair};
use crate::app::layout::Area;
use crate::event::text;
use crate::lint::{Fix, SeverityCounts};

/// How many findings there are, in a few columns.
pub(super) fn brief(counts: SeverityCounts) -> String {
    counts.each().map(|(severity, count)| format!("{} {count}", sign(severity))).collect::<Vec<_>>().join("  ")
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
        let key = if fix.is_empty() { "" } else { "^F " }.to_owned();
        let here = if line.is_none() { theme.title_quiet } else { theme.dim };
        let what = (what(placed, line), styled(here));
        (what, [(key, styled(theme.hint_key)), (fix, styled(theme.title_quiet)), (rest, theme.dim)])
    };
    let text = Area { x: area.x + 3, width: area.width.saturating_sub(4), ..area };
    let signed = |placed: &Placed, y: u16, buf: &mut Buffer| {
        let severity = placed.finding.severity;
        buf.set_string(area.x + 1, y, sign(severity), styled(severity::style(severity, theme)));
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
            flow(&[what, (" · ".to_owned(), theme.dim), key, fix, rest], text, buf);
        }
        return;
    }
    let rows = usize::from(area.height);
    for (number, (placed, y)) in here.iter().zip(area.y..area.y + area.height).enumerate() {
        let left = if number + 1 == rows { here.len() - rows } else { 0 };
        let more = if left > 0 { format!(" +{left}") } else { String::new() };
        let width = u16::try_from(text::width(&more)).unwrap_or(0);
        signed(placed, y, buf);
        let (what, [key, fix, rest]) = pieces(placed);
        let row = Area { y, width: text.width.saturating_sub(width), height: 1, ..text };
        flow(&[what, (" · ".to_owned(), theme.dim), key, fix, rest], row, buf);
        buf.set_string(row.x + row.width, y, more, theme.dim);
    }
}

/// Writes pieces one behind the other, broken between words where a row ends, and cut at the end of the last.
fn flow(pieces: &[(String, Style)], area: Area, buf: &mut Buffer) {
    let (mut row, mut used, room) = (0, 0, usize::from(area.width));
    for (word, style) in
        pieces.iter().flat_map(|(piece, style)| piece.split_inclusive(' ').map(move |word| (word, *style)))
    {
        if row + 1 < area.height && used > 0 && used + text::width(word.trim_end()) > room {
            (row, used) = (row + 1, 0);
        }
        if row < area.height && used < room {
            // The white space behind the last word of a row needs no room.
            let bare = word.trim_end();
            let x = area.x + u16::try_from(used).unwrap_or(0);
            buf.set_string(x, area.y + row, text::fit(bare, room - used), style);
            used += text::width(word);
        }
    }
}

/// Where something is wrong, and what.
fn what(placed: &Placed, line: Option<usize>) -> String {
    const WIDEST: usize = 32;
    let finding = &placed.finding;
    let line = line.map_or_else(String::new, |line| format!("line {line} · "));
    match finding.place() {
        path if path.is_empty() => format!("{line}{}", finding.rule.title),
        path => format!("{line}{}: {}", text::fit_middle(&path, WIDEST), finding.rule.title),
    }
}

/// The effect of the fix, and the advice without one.
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
