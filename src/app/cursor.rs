//! The cursor of a list.

use std::ops::Range;

use super::keymap::Action;

/// A position in a list, and the part of the list that is on screen.
///
/// Every list of the screen has one. It learns how many rows it has and how many of them can be seen, and keeps its
/// position among those. A text that is only scrolled has one too, and looks at its offset alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    at: usize,
    offset: usize,
    height: usize,
    len: usize,
    /// Whether the view rests at the top, wherever the position is, because nobody has moved yet.
    rests: bool,
}

impl Cursor {
    /// The row that it is on, from 0; also in an empty list.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The first row on screen.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// How many rows the list has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the list has no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The rows on screen.
    pub fn visible(&self) -> Range<usize> {
        self.offset.min(self.len)..self.offset.saturating_add(self.height).min(self.len)
    }

    /// The row that stands on `line` of the screen's part, if one does.
    pub fn row_at(&self, line: usize) -> Option<usize> {
        let row = self.offset.saturating_add(line);
        (line < self.height && row < self.len).then_some(row)
    }

    /// On which line of the screen's part it stands.
    pub(super) fn line(&self) -> usize {
        self.at.saturating_sub(self.offset)
    }

    /// Learns how many rows can be seen.
    pub(super) fn fit(&mut self, height: usize) {
        self.height = height;
        self.show();
    }

    /// Learns how many rows there are.
    pub(super) fn set_len(&mut self, len: usize) {
        self.len = len;
        self.show();
    }

    /// Goes to a row, or to the last when there are fewer.
    pub(super) fn put(&mut self, row: usize) {
        self.rests = false;
        self.at = row;
        self.show();
    }

    /// Goes to a row and shows it on that line, where the list is long enough for that.
    pub(super) fn put_on_line(&mut self, row: usize, line: usize) {
        self.rests = false;
        self.at = row;
        self.offset = row.saturating_sub(line);
        self.show();
    }

    /// Goes to a row, which may be out of view: that stays at the top until something moves.
    pub(super) fn rest_at_top(&mut self, row: usize) {
        self.rests = true;
        self.at = row;
        self.show();
    }

    /// Moves by `rows`, down when positive; `isize::MIN` and `isize::MAX` are the first and the last.
    pub(super) fn step(&mut self, rows: isize) {
        self.put(self.at.saturating_add_signed(rows));
    }

    /// Moves the view by `rows`, and the position only as far as it must to stay in it.
    pub(super) fn scroll(&mut self, rows: isize) {
        self.offset = self.offset.saturating_add_signed(rows).min(self.len.saturating_sub(self.height.max(1)));
        let end = self.offset + self.height.saturating_sub(1);
        self.put(self.at.clamp(self.offset, end));
    }

    /// Does what a key means that moves a cursor; `false` when it means something else.
    pub(super) fn act(&mut self, action: Action) -> bool {
        let rows = self.rows(action);
        if let Some(rows) = rows {
            self.step(rows);
        }
        rows.is_some()
    }

    /// The same in a text that is only scrolled.
    pub(super) fn act_on_view(&mut self, action: Action) -> bool {
        let rows = self.rows(action);
        if let Some(rows) = rows {
            self.scroll(rows);
        }
        rows.is_some()
    }

    fn rows(&self, action: Action) -> Option<isize> {
        // One row of the page before stays, so that the eye finds on.
        let page = isize::try_from(self.height).unwrap_or(isize::MAX).saturating_sub(1).max(1);
        Some(match action {
            Action::Up => -1,
            Action::Down => 1,
            Action::PageUp => -page,
            Action::PageDown => page,
            Action::First => isize::MIN,
            Action::Last => isize::MAX,
            _ => return None,
        })
    }

    fn show(&mut self) {
        let height = self.height.max(1);
        self.at = self.at.min(self.len.saturating_sub(1));
        if self.rests {
            self.offset = 0;
            return;
        }
        self.offset = self.offset.min(self.len.saturating_sub(height));
        self.offset = self.offset.clamp((self.at + 1).saturating_sub(height), self.at);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Step = (fn(&mut Cursor), usize, Range<usize>);

    #[test]
    fn it_moves_over_rows_and_the_view_follows() {
        let mut cursor = Cursor::default();
        cursor.fit(3);
        cursor.set_len(10);
        let cases: [Step; 10] = [
            (|it| it.step(1), 1, 0..3),
            (|it| it.step(4), 5, 3..6),
            (|it| it.scroll(2), 5, 5..8),
            (|it| it.scroll(isize::MAX), 7, 7..10),
            (|it| it.step(isize::MIN), 0, 0..3),
            (|it| it.put_on_line(6, 1), 6, 5..8),
            (|it| it.rest_at_top(8), 8, 0..3),
            (|it| it.step(-1), 7, 5..8),
            (|it| it.set_len(4), 3, 1..4),
            (|it| it.set_len(0), 0, 0..0),
        ];
        for (number, (work, at, visible)) in cases.into_iter().enumerate() {
            work(&mut cursor);
            assert_eq!((cursor.at(), cursor.visible()), (at, visible), "step {number}");
        }
    }

    proptest! {
        #[test]
        fn it_is_always_on_a_row_that_can_be_seen(steps in prop::collection::vec((0_u8..5, -30_isize..30), 0..40)) {
            let mut cursor = Cursor::default();
            for (kind, number) in steps {
                match kind {
                    0 => cursor.step(number),
                    1 => cursor.scroll(number),
                    2 => cursor.fit(number.unsigned_abs()),
                    3 => cursor.set_len(number.unsigned_abs()),
                    _ => cursor.put_on_line(number.unsigned_abs(), 4),
                }
                prop_assert!(cursor.at() < cursor.len().max(1));
                let height = cursor.height.max(1);
                prop_assert!((cursor.offset()..cursor.offset() + height).contains(&cursor.at()));
            }
        }
    }
}
