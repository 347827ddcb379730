//! A difference between two events, on one line: `revenue  25 → "25"  number → string`.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Theme;
use crate::event::{Difference, DifferenceKind, NodeKind, Sanitized, sanitized, text};
use crate::ui::write::{blank, joined, span};

/// Paths wider than this, or than two fifths of the view, do not push the values around them to the right.
const PATH_COLUMN: usize = 26;

/// How much of a value is looked at for the part in which it differs, in columns.
const LOOKED_AT: usize = 512;

/// How wide the column of paths is, when the widest has so many columns and the view `width`.
pub(super) fn path_column(widest: usize, width: usize) -> usize {
    widest.min(PATH_COLUMN).min(width * 2 / 5)
}

/// The line of a difference behind `indent` columns, in `width` of them; `column` is how wide the paths around it are, and
/// a quiet one is dim.
pub(super) fn line(
    difference: &Difference,
    quiet: bool,
    (indent, column, width): (usize, usize, usize),
    theme: &Theme,
) -> Line<'static> {
    let note = match difference.kind {
        DifferenceKind::Retyped { from, to } => sanitized!("{} → {}", word(from), word(to)),
        DifferenceKind::Moved { from, to } => sanitized!("from place {} to {}", from, to),
        DifferenceKind::Dropped | DifferenceKind::Changed | DifferenceKind::Added => Sanitized::default(),
    };
    // A blank at the end.
    let mut room = width.saturating_sub(indent + 1);
    let column = path_column(column, width);
    let path = text::sanitize_within(&difference.path.to_string(), 512).0;
    let path = if path.is_empty() { "(event)".into() } else { path };
    let path = path.fit_middle((room / 2).max(column));
    let gap = column.saturating_sub(text::width(&path)) + 2;
    room = room.saturating_sub(text::width(&path) + gap);
    let values =
        [&difference.before, &difference.after].map(|value| value.as_deref().map(|json| value_of(json, LOOKED_AT)));
    let mut spans = vec![blank(indent), span(path, if quiet { theme.dim } else { theme.json_key }), blank(gap)];
    for (index, (shown, json)) in fitted(&values, room).into_iter().enumerate() {
        if index > 0 {
            spans.push(span(" → ", theme.dim));
        }
        spans.push(span(shown, if quiet { theme.dim } else { value_style(json, theme) }));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    if !note.is_empty() && used + 2 + text::width(&note) <= width {
        spans.push(span(sanitized!("  {}", note), theme.dim));
    }
    joined(spans)
}

/// The style of a value of that kind.
pub(super) fn value_style(kind: NodeKind, theme: &Theme) -> Style {
    match kind {
        NodeKind::String => theme.json_string,
        NodeKind::Number => theme.json_number,
        NodeKind::Bool => theme.json_word,
        NodeKind::Null => theme.json_null,
        NodeKind::Object | NodeKind::Array => theme.dim,
    }
}

/// A value as it is shown, no wider than a few columns more than `room`, with its sort.
fn value_of(json: &str, room: usize) -> (Sanitized, NodeKind) {
    let kind = match json.as_bytes().first() {
        Some(b'"') => NodeKind::String,
        Some(b't' | b'f') => NodeKind::Bool,
        Some(b'n') => NodeKind::Null,
        Some(b'{') => NodeKind::Object,
        Some(b'[') => NodeKind::Array,
        _ => NodeKind::Number,
    };
    (text::sanitize_within(json, room).0, kind)
}

/// The values that there are, cut so that they stand in `room` together. A short one leaves its room to the other.
fn fitted(values: &[Option<(Sanitized, NodeKind)>; 2], room: usize) -> Vec<(Sanitized, NodeKind)> {
    const ARROW: usize = 3;
    match values {
        [Some((before, from)), Some((after, to))] => {
            let room = room.saturating_sub(ARROW);
            let fits = text::width(before) + text::width(after) <= room;
            let (before, after) = if fits { (before.clone(), after.clone()) } else { text::parted(before, after) };
            let half = room / 2;
            let first = text::width(&before).min(half.max(room.saturating_sub(text::width(&after))));
            vec![(before.fit(first), *from), (after.fit(room - first), *to)]
        }
        [one, other] => one.iter().chain(other).map(|(shown, kind)| (shown.fit(room), *kind)).collect(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_values_that_are_cut_show_where_they_part() {
        let cases = [
            (r#""2026-11-23T14:03:19.7Z""#, r#""2026-11-23T14:03:20.7Z""#, 40, r#"…03:19.7Z""#, r#"…03:20.7Z""#),
            ("25", "31.24", 40, "25", "31.24"),
            (r#""abcdefgh1""#, r#""abcdefgh2""#, 30, r#""abcdefgh1""#, r#""abcdefgh2""#),
            (r#""one thing""#, r#""other things""#, 20, r#""one th…"#, r#""other t…"#),
        ];
        for (before, after, room, first, second) in cases {
            let values = [before, after].map(|value| Some((value.into(), NodeKind::String)));
            let shown: Vec<_> = fitted(&values, room).into_iter().map(|(shown, _)| shown).collect();
            assert_eq!(shown, [first, second], "{before} → {after}");
        }
    }
}
