//! A long text to read.

use super::cursor::Cursor;
use super::keymap::Action;
use super::layout::Area;
use crate::event::Sanitized;
use crate::event::text::sanitize;

/// At most this much of a text is laid out; copying is not limited by it.
pub const SHOWN_BYTES: usize = 1 << 20;

/// A long text, sanitized and broken into lines of a width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pager {
    /// The title.
    pub title: Sanitized,
    source: String,
    width: usize,
    lines: Vec<Sanitized>,
    view: Cursor,
    /// How long the whole text is in bytes, when it is longer than what is shown.
    pub cut_from: Option<usize>,
}

impl Pager {
    /// A text to lay out. Its line breaks are kept.
    pub(super) fn new(title: impl Into<Sanitized>, source: &str) -> Self {
        let mut end = source.len().min(SHOWN_BYTES);
        while !source.is_char_boundary(end) {
            end -= 1;
        }
        let cut_from = (end < source.len()).then_some(source.len());
        let source = source.get(..end).unwrap_or_default().to_owned();
        Self { title: title.into(), source, width: 0, lines: Vec::new(), view: Cursor::default(), cut_from }
    }

    /// Lays the text out for an area, anew when its width is another.
    pub(super) fn fit_to(&mut self, inner: Area) {
        let width = usize::from(inner.width).max(1);
        self.view.fit(inner.height.into());
        if self.width == width {
            return;
        }
        let share = self.view.offset().saturating_mul(1_000) / self.lines.len().max(1);
        self.width = width;
        self.lines = self.source.lines().flat_map(|line| sanitize(line).wrap(width)).collect();
        self.view.set_len(self.lines.len());
        self.view.put_on_line(share.saturating_mul(self.lines.len()) / 1_000, 0);
    }

    /// Does what a key means that moves the view; `false` when it means something else.
    pub(super) fn turn(&mut self, action: Action) -> bool {
        self.view.act_on_view(action)
    }

    /// Moves the view by `rows`, down when positive.
    pub(super) fn scroll_by(&mut self, rows: isize) {
        self.view.scroll(rows);
    }

    /// The lines on screen, from the top.
    pub fn visible(&self) -> impl Iterator<Item = &Sanitized> {
        self.lines.get(self.view.visible()).unwrap_or_default().iter()
    }

    /// Which part of it is on screen.
    pub fn view(&self) -> &Cursor {
        &self.view
    }
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
            (r#"{"sku":"a1","title":"coat"}"#, 16, vec![r#"{"sku":"a1","#, r#""title":"coat"}"#]),
            ("https://shop.example/coats", 24, vec!["https://shop.example/", "coats"]),
            ("a/bcdefghij", 6, vec!["a/bcde", "fghij"]),
            ("日本語日本語", 5, vec!["日本", "語日", "本語"]),
            ("a\nb", 5, vec!["a", "b"]),
            ("\u{1b}[2J", 9, vec!["\\u001b[2J"]),
        ];
        for (source, width, expected) in cases {
            let mut pager = Pager::new("", source);
            pager.fit_to(Area { width: u16::try_from(width).unwrap_or(1), height: 9, ..Area::default() });
            let lines = pager.lines;
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
        let reader = Pager::new("", &"é".repeat(SHOWN_BYTES));
        assert_eq!(reader.cut_from, Some(2 * SHOWN_BYTES));
        assert_eq!(reader.source.len(), SHOWN_BYTES);
    }
}
