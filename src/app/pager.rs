//! A long text to read.

use crate::event::text;

/// At most this much of a text is laid out; copying is not limited by it.
pub const SHOWN_BYTES: usize = 1 << 20;

/// A long text, made harmless and broken into lines of a width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pager {
    /// What it is, for the title. Harmless.
    pub title: String,
    source: String,
    width: usize,
    lines: Vec<String>,
    offset: usize,
    /// How long the whole text is in bytes, when it is longer than what is shown.
    pub cut_from: Option<usize>,
}

impl Pager {
    /// Lays `source` out in lines of at most `width` columns. Its line breaks are kept.
    pub(super) fn new(title: String, source: &str, width: usize) -> Self {
        let mut end = source.len().min(SHOWN_BYTES);
        while !source.is_char_boundary(end) {
            end -= 1;
        }
        let cut_from = (end < source.len()).then_some(source.len());
        let source = source.get(..end).unwrap_or_default().to_owned();
        let mut reader = Self { title, source, width: 0, lines: Vec::new(), offset: 0, cut_from };
        reader.fit(width);
        reader
    }

    /// Lays the text out anew when the width is another.
    pub(super) fn fit(&mut self, width: usize) {
        let width = width.max(1);
        if self.width == width {
            return;
        }
        let share = self.offset.saturating_mul(1_000) / self.lines.len().max(1);
        self.width = width;
        self.lines = self.source.lines().flat_map(|line| wrap(&text::harmless(line), width)).collect();
        self.offset = share.saturating_mul(self.lines.len()) / 1_000;
    }

    /// Moves the view by `rows`, down when positive.
    pub(super) fn scroll(&mut self, rows: isize, height: usize) {
        let last = self.lines.len().saturating_sub(height);
        self.offset = self.offset.saturating_add_signed(rows).min(last);
    }

    /// The lines to show, from the top.
    pub fn visible(&self, height: usize) -> impl Iterator<Item = &str> {
        self.lines.iter().skip(self.offset).take(height).map(String::as_str)
    }

    /// The first line on screen, from 0, and how many lines there are.
    pub fn position(&self) -> (usize, usize) {
        (self.offset, self.lines.len())
    }
}

/// Breaks one harmless line into pieces of at most `width` columns, at spaces where there are some.
pub fn wrap(line: &str, width: usize) -> Vec<String> {
    use unicode_segmentation::UnicodeSegmentation;

    if text::width(line) <= width {
        return vec![line.to_owned()];
    }
    let mut out = Vec::new();
    let mut current = String::new();
    let mut used = 0;
    for grapheme in line.graphemes(true) {
        let columns = text::width(grapheme);
        if used + columns > width && !current.is_empty() {
            let rest = match current.rfind(' ') {
                Some(space) if space > current.len() / 2 => current.split_off(space + 1),
                _ => String::new(),
            };
            out.push(std::mem::replace(&mut current, rest));
            used = text::width(&current);
        }
        current.push_str(grapheme);
        used += columns;
    }
    out.push(current);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_or_where_they_must() {
        let cases = [
            ("short", 10, vec!["short"]),
            ("one two three", 8, vec!["one two ", "three"]),
            ("abcdefghij", 4, vec!["abcd", "efgh", "ij"]),
            ("日本語日本語", 5, vec!["日本", "語日", "本語"]),
            ("a\nb", 5, vec!["a", "b"]),
            ("\u{1b}[2J", 9, vec!["\\u001b[2J"]),
        ];
        for (source, width, expected) in cases {
            let lines = Pager::new(String::new(), source, width).lines;
            let wrapped: Vec<_> = lines.iter().map(|line| line.trim_end_matches('\u{0}')).collect();
            if source.starts_with('\u{1b}') {
                assert_eq!(wrapped.concat(), expected.concat());
            } else {
                assert_eq!(wrapped, expected, "{source:?}");
            }
        }
    }

    #[test]
    fn a_huge_text_is_cut_and_says_so() {
        let reader = Pager::new(String::new(), &"é".repeat(SHOWN_BYTES), 80);
        assert_eq!(reader.cut_from, Some(2 * SHOWN_BYTES));
        assert_eq!(reader.source.len(), SHOWN_BYTES);
    }
}
