//! The text of a draft: the lines and columns that are seen of it, in colours.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

use crate::app::Model;
use crate::app::composer::editor::Editor;
use crate::app::composer::{Composition, Verdict};
use crate::app::layout::Area;
use crate::event::syntax::{self, TokenKind, matching_bracket};
use crate::event::{Sanitized, sanitized, text};
use crate::ui::severity::{self, sign};
use crate::ui::write::put;
use crate::ui::{Theme, scroll_thumb, token_style};

/// Lines up to this length are read whole; of longer ones only what is seen, and a little more.
const READ_WHOLE: usize = 4 * 1024;

/// How much is read after what is seen of a long line, to tell keys from other strings.
const READ_AHEAD: usize = 256;

/// Draws the lines that are seen and gives the place of the cursor.
pub(in crate::ui) fn render(
    composition: &Composition,
    verdict: Option<&Verdict>,
    model: &Model,
    theme: &Theme,
    area: Area,
    buf: &mut Buffer,
) -> Option<Position> {
    let Composition { editor, findings, .. } = composition;
    let gutter = editor.gutter().min(area.width);
    let digits = usize::from(gutter.saturating_sub(1));
    let painter = Painter { theme, x: area.x + gutter, room: usize::from(area.width - gutter) };
    let cursor = editor.cursor();
    let wrong = match verdict {
        Some(Verdict::Refused(refusal)) => {
            refusal.place.map(|(line, column)| (line.saturating_sub(1), column.saturating_sub(1)))
        }
        Some(Verdict::Ready(_)) | None => None,
    };
    let bracket = bracket(editor);
    let refused = if model.composer.is_sent_last() { model.outbox.refused_fields() } else { &[] };
    let seen = editor.top()..editor.top() + usize::from(area.height);
    let mut found = findings.on(seen, editor).peekable();
    let lines = editor.lines().iter().enumerate().skip(editor.top());
    for (y, (number, line)) in (area.y..area.y + area.height).zip(lines) {
        let start = editor.start_of(number);
        let style = match wrong {
            Some((wrong, _)) if wrong == number => theme.error,
            _ if number == cursor.line => theme.title_quiet,
            _ => theme.dim,
        };
        put(buf, (area.x, y), sanitized!("{:>digits$}", number + 1), digits, style);
        painter.line(line, start, y, buf);
        let (mut worst, mut before) = (None, None);
        while let Some((finding, part)) = found.next_if(|(_, part)| part.start.line == number) {
            let quiet = findings.is_quiet(part, editor);
            worst = worst.max(Some((finding.severity, !quiet)));
            // Of several at one place the worst comes first.
            if before.replace(part.start) != Some(part.start) {
                let style = match quiet {
                    true if findings.are_stale() => theme.dim,
                    true => Style::new(),
                    false => severity::style(finding.severity, theme),
                };
                painter.mark(line, start, part.start.byte..part.end.byte, style, y, buf);
            }
        }
        if let Some((worst, loud)) = worst {
            let style = if loud { severity::style(worst, theme) } else { theme.dim };
            put(buf, (area.x, y), sign(worst), usize::MAX, style);
        }
        let mut mark = |column: usize, style: Style| {
            if let Some(place) = painter.cell(line, start, column) {
                buf.set_style(Rect { x: place, y, width: 1, height: 1 }, style);
            }
        };
        if let Some((_, column)) = wrong.filter(|(wrong, _)| *wrong == number) {
            mark(column, theme.mistake);
        }
        for (_, column) in bracket.into_iter().flatten().filter(|(line, _)| *line == number) {
            mark(column, theme.bracket);
        }
        painter.remark(line, start, refused, y, buf);
    }
    let whole = Area {
        x: area.x.saturating_sub(1),
        y: area.y.saturating_sub(1),
        width: area.width + 2,
        height: area.height + 2,
    };
    scroll_thumb(whole, editor.top(), editor.lines().len(), theme, buf);
    let row = u16::try_from(cursor.line.checked_sub(editor.top())?).ok().filter(|row| *row < area.height)?;
    let line = editor.lines().get(cursor.line)?;
    let start = editor.start_of(cursor.line);
    let before = line.get(start..cursor.byte)?;
    let column = text::width(&text::sanitize_within(before, painter.room).0) + usize::from(start > 0);
    let column = u16::try_from(column.min(painter.room.saturating_sub(1))).ok()?;
    Some(Position { x: painter.x + column, y: area.y + row })
}

/// The bracket at the cursor, or before it, and its partner.
fn bracket(editor: &Editor) -> Option<[(usize, usize); 2]> {
    let cursor = editor.cursor();
    let (before, after) = editor.lines().get(cursor.line)?.split_at_checked(cursor.byte)?;
    let is_bracket = |c: Option<char>| matches!(c, Some('{' | '}' | '[' | ']'));
    let at = is_bracket(after.chars().next());
    if !at && !is_bracket(before.chars().next_back()) {
        return None;
    }
    let column = editor.column();
    let partner = matching_bracket(editor.lines(), cursor.line, column)?;
    // At the end of a string there may be a bracket that is none: then the one before the cursor is meant.
    let here = if at && matching_bracket(editor.lines(), partner.0, partner.1) == Some((cursor.line, column)) {
        column
    } else {
        column.saturating_sub(1)
    };
    Some([(cursor.line, here), partner])
}

struct Painter<'a> {
    theme: &'a Theme,
    x: u16,
    room: usize,
}

impl Painter<'_> {
    /// Draws what is seen of `line` from the byte `start` on.
    fn line(&self, line: &str, start: usize, y: u16, buf: &mut Buffer) {
        let lead = usize::from(start > 0);
        let mut x = self.x + u16::from(start > 0);
        let end = char_boundary(line, start.saturating_add(self.room * 4));
        let mut used = lead;
        for (range, kind) in tokens_seen(line, start..end) {
            let (piece, _) = text::sanitize_within(line.get(range).unwrap_or_default(), self.room);
            let width = text::width(&piece);
            x = put(buf, (x, y), &piece, self.room.saturating_sub(used), token_style(kind, self.theme));
            used += width;
            if used > self.room {
                break;
            }
        }
        if start > 0 {
            put(buf, (self.x, y), "…", usize::MAX, self.theme.dim);
        }
        if used > self.room || end < line.len() {
            let last = u16::try_from(self.room.saturating_sub(1)).unwrap_or(0);
            put(buf, (self.x + last, y), "…", usize::MAX, self.theme.dim);
        }
    }

    /// Underlines what is seen of a part of `line`, which a finding is about.
    fn mark(&self, line: &str, start: usize, part: Range<usize>, style: Style, y: u16, buf: &mut Buffer) {
        let lead = usize::from(start > 0);
        let column = |byte: usize| {
            let before = line.get(start..byte.max(start)).unwrap_or_default();
            (text::width(&text::sanitize_within(before, self.room).0) + lead).min(self.room)
        };
        let (from, to) = (column(part.start), column(part.end));
        let cells = |columns: usize| u16::try_from(columns).unwrap_or(u16::MAX);
        let place = Rect { x: self.x + cells(from), y, width: cells(to.saturating_sub(from)), height: 1 };
        buf.set_style(place, style.add_modifier(Modifier::UNDERLINED));
    }

    /// Where the character of that number is drawn, if it is.
    fn cell(&self, line: &str, start: usize, column: usize) -> Option<u16> {
        let byte = line.char_indices().nth(column).map_or(line.len(), |(byte, _)| byte);
        let (before, whole) = text::sanitize_within(line.get(start..byte)?, self.room);
        let column = text::width(&before) + usize::from(start > 0);
        let place = u16::try_from(column).ok().filter(|_| whole && column < self.room)?;
        Some(self.x + place)
    }

    /// The server's words about the field on this line, behind it.
    fn remark(&self, line: &str, start: usize, refused: &[(Sanitized, Sanitized)], y: u16, buf: &mut Buffer) {
        if refused.is_empty() || start > 0 || line.len() > self.room {
            return;
        }
        let Some(key) = line.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) else { return };
        // Servers name nested fields by their path; the last step is the key.
        let named = |field: &str| field.rsplit(['.', '/', '[', ']']).find(|step| !step.is_empty()) == Some(key);
        let Some((_, message)) = refused.iter().find(|(field, _)| named(field)) else { return };
        let used = text::width(&text::sanitize(line)) + 2;
        let room = self.room.saturating_sub(used);
        if room > 4 {
            let message = sanitized!("✗ {}", message).fit(room);
            let x = self.x + u16::try_from(used).unwrap_or(0);
            put(buf, (x, y), message, usize::MAX, self.theme.error);
        }
    }
}

/// The tokens that are seen of a line. A long one is not read whole: where strings begin and end before the part that is
/// seen is found by their quotes alone.
fn tokens_seen(line: &str, seen: Range<usize>) -> Vec<(Range<usize>, TokenKind)> {
    let cut = |tokens: Vec<(Range<usize>, TokenKind)>, from: usize| {
        let moved = tokens.into_iter().map(move |(range, kind)| {
            ((range.start + from).clamp(seen.start, seen.end)..(range.end + from).clamp(seen.start, seen.end), kind)
        });
        moved.filter(|(range, _)| !range.is_empty()).collect::<Vec<_>>()
    };
    if line.len() <= READ_WHOLE {
        return cut(syntax::tokens(line), 0);
    }
    let opened = open_string(line.as_bytes().get(..seen.start).unwrap_or_default());
    let mut from = opened.unwrap_or(seen.start);
    let mut out = Vec::new();
    if seen.start - from > READ_WHOLE {
        // A string that began long before: it is one, whatever else there is to say of it.
        let bytes = line.as_bytes().get(seen.start..).unwrap_or_default();
        let end = closing_quote(bytes).map_or(seen.end, |end| (seen.start + end + 1).min(seen.end));
        out.push((seen.start..end, TokenKind::String));
        from = end;
    }
    let until = char_boundary(line, seen.end + READ_AHEAD);
    let text = line.get(from..until).unwrap_or_default();
    let mut tokens = syntax::tokens(text);
    if let Some((range, kind)) = tokens.last_mut()
        && *kind == TokenKind::Unknown
        && until < line.len()
        && text.get(range.clone()).is_some_and(|text| text.starts_with('"'))
    {
        // It only looks open because it was cut here.
        *kind = TokenKind::String;
    }
    out.extend(cut(tokens, from));
    out
}

/// Where the string begins that is open at the end of `bytes`.
fn open_string(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let start = at + bytes.get(at..)?.iter().position(|byte| *byte == b'"')?;
        match closing_quote(bytes.get(start + 1..)?) {
            Some(length) => at = start + 1 + length + 1,
            None => return Some(start),
        }
    }
}

/// Where the quote is that ends the string whose inside begins with `bytes`.
fn closing_quote(bytes: &[u8]) -> Option<usize> {
    let mut escaped = false;
    bytes.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })
}

fn char_boundary(line: &str, byte: usize) -> usize {
    let mut byte = byte.min(line.len());
    while !line.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_seen_of_a_long_line_has_the_colours_of_the_whole() {
        let product = r#"{"sku":"a\"b","title":"say {{now}} [1]","price":19.5,"new":true},"#;
        let line = format!("[{}null]", product.repeat(400));
        let whole = syntax::tokens(&line);
        let kind_at = |tokens: &[(Range<usize>, TokenKind)], at: usize| {
            tokens.iter().find(|(range, _)| range.contains(&at)).map(|(_, kind)| *kind)
        };
        for start in (0..line.len() - 200).step_by(131) {
            let seen = tokens_seen(&line, start..start + 200);
            for at in start..start + 200 {
                let (expected, told) = (kind_at(&whole, at), kind_at(&seen, at));
                // A number, a word or a placeholder that is cut at the edge may be told as something else.
                let near_edge = at < start + 12;
                assert!(expected == told || near_edge, "byte {at} seen from {start}: {told:?}, not {expected:?}");
            }
        }
    }

    #[test]
    fn one_string_of_a_mebibyte_is_a_string_wherever_it_is_looked_at() {
        use TokenKind::{Key, Number, Punctuation, String};
        let line = format!(r#"{{"a": "{}", "b": 1}}"#, "x".repeat(1 << 20));
        assert_eq!(tokens_seen(&line, 500_000..500_400), [(500_000..500_400, TokenKind::String)]);
        let end = line.len();
        let seen = tokens_seen(&line, end - 40..end);
        let kinds: Vec<_> = seen.iter().map(|(_, kind)| *kind).filter(|kind| *kind != TokenKind::Space).collect();
        assert_eq!(kinds, [String, Punctuation, Key, Punctuation, Number, Punctuation]);
    }

    proptest! {
        #[test]
        fn the_tokens_cover_what_is_seen(line in r#"["\\a{}é: ,1]{0,40}"#, from in 0_usize..60, repeat in 1_usize..300) {
            let line = line.repeat(repeat);
            let start = char_boundary(&line, from);
            let end = char_boundary(&line, start + 50);
            let seen: String =
                tokens_seen(&line, start..end).into_iter().filter_map(|(range, _)| line.get(range)).collect();
            prop_assert_eq!(Some(seen.as_str()), line.get(start..end));
        }
    }
}
