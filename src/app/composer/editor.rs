//! A text being edited: its lines, the cursor, what can be undone, and which part of it is on screen.

use std::collections::VecDeque;
use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use crate::app::keymap::LineEdit;
use crate::app::layout::Area;
use crate::event::{syntax, text};

/// How many bytes of removed and inserted text are remembered for undoing; the last change is, whatever its size.
const REMEMBERED: usize = 32 << 20;

/// One level of indent.
const INDENT: &str = "  ";

/// A text being edited.
///
/// Every change goes through one splice and is remembered by what it removed and inserted, so its cost is that of the
/// lines that it touches, never that of the text.
#[derive(Debug)]
pub struct Editor {
    /// At least one; none holds a line break.
    lines: Vec<String>,
    cursor: Place,
    /// The column that moving up and down aims for.
    goal: Option<usize>,
    /// The first line on screen.
    top: usize,
    /// Where the cursor's line begins on screen. Other lines begin at their start.
    left: usize,
    /// How many columns and rows can be seen.
    view: (usize, usize),
    undo: VecDeque<Change>,
    redo: Vec<Change>,
    /// How many bytes `undo` holds.
    remembered: usize,
    /// Whether the next character may join the change before it.
    joins: bool,
    bytes: usize,
    revision: u64,
    marks: Vec<Range<Place>>,
}

/// A place between two characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, from 0.
    pub line: usize,
    /// The byte in the line, always at the start of a character.
    pub byte: usize,
}

#[derive(Debug)]
struct Change {
    at: Place,
    removed: String,
    inserted: String,
    /// Where the cursor was before.
    cursor: Place,
    kind: ChangeKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChangeKind {
    Typed,
    Deleted,
    Other,
}

impl Change {
    fn cost(&self) -> usize {
        self.removed.len() + self.inserted.len()
    }
}

impl Editor {
    /// Begins to edit `text`, with the cursor at its start.
    pub fn new(text: &str) -> Self {
        let text = unified(text);
        Self {
            lines: text.split('\n').map(str::to_owned).collect(),
            cursor: Place::default(),
            goal: None,
            top: 0,
            left: 0,
            view: (0, 0),
            undo: VecDeque::new(),
            redo: Vec::new(),
            remembered: 0,
            joins: false,
            bytes: text.len(),
            revision: 0,
            marks: Vec::new(),
        }
    }

    /// The whole text.
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(self.bytes);
        for (number, line) in self.lines.iter().enumerate() {
            if number > 0 {
                out.push('\n');
            }
            out.push_str(line);
        }
        out
    }

    /// The lines.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Where the cursor is.
    pub fn cursor(&self) -> Place {
        self.cursor
    }

    /// The cursor's column in characters, from 0.
    pub fn column(&self) -> usize {
        self.before().chars().count()
    }

    /// A number that is another after each change of the text.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Marks parts of lines, in the order of the text and none over a line's end. They then move with the text.
    pub fn set_marks(&mut self, marks: Vec<Range<Place>>) {
        self.marks = marks;
    }

    /// The marks where they are now, as many and in the same order; empty where nothing of the marked part is left, or
    /// where lines were made or joined in it.
    pub fn marks(&self) -> &[Range<Place>] {
        &self.marks
    }

    /// The text of a part of it.
    pub fn text_of(&self, range: Range<Place>) -> String {
        let Range { start, end } = range;
        let mut out = String::new();
        for (number, line) in self.lines.iter().enumerate().take(end.line + 1).skip(start.line) {
            if number > start.line {
                out.push('\n');
            }
            let from = if number == start.line { start.byte } else { 0 };
            let to = if number == end.line { end.byte } else { line.len() };
            out.push_str(line.get(from..to).unwrap_or_default());
        }
        out
    }

    /// Whether the last thing done was to type or to delete at the cursor.
    pub fn is_typing(&self) -> bool {
        self.joins
    }

    /// The first line on screen.
    pub fn top(&self) -> usize {
        self.top
    }

    /// The byte at which a line begins on screen.
    pub fn start_of(&self, line: usize) -> usize {
        if line == self.cursor.line { self.left } else { 0 }
    }

    /// The columns that the line numbers take, the gap after them included.
    pub fn gutter(&self) -> u16 {
        let digits = self.lines.len().to_string().len().max(2);
        u16::try_from(digits + 2).unwrap_or(u16::MAX)
    }

    fn line(&self, line: usize) -> &str {
        self.lines.get(line).map_or("", String::as_str)
    }

    fn before(&self) -> &str {
        self.line(self.cursor.line).get(..self.cursor.byte).unwrap_or_default()
    }

    fn after(&self) -> &str {
        self.line(self.cursor.line).get(self.cursor.byte..).unwrap_or_default()
    }

    fn end(&self) -> Place {
        let line = self.lines.len() - 1;
        Place { line, byte: self.line(line).len() }
    }

    /// Types a character. A closing bracket that begins a line goes back one level.
    pub fn type_char(&mut self, c: char) {
        let before = self.before();
        let begins = !before.is_empty() && before.bytes().all(|byte| byte == b' ');
        if matches!(c, '}' | ']') && begins {
            let start = Place { byte: before.len().saturating_sub(INDENT.len()), ..self.cursor };
            self.change(start..self.cursor, &c.to_string(), ChangeKind::Other);
            return;
        }
        // A word is undone as a whole, together with the white space after it.
        let new_word = before.ends_with(char::is_whitespace) && !c.is_whitespace();
        self.joins &= !new_word;
        self.change(self.cursor..self.cursor, c.encode_utf8(&mut [0; 4]), ChangeKind::Typed);
    }

    /// Inserts text at the cursor, which then stands after it.
    pub fn insert(&mut self, text: &str) {
        self.replace(self.cursor..self.cursor, text);
    }

    /// Puts `text` in the place of what is there. The cursor then stands after it.
    pub fn replace(&mut self, range: Range<Place>, text: &str) {
        self.change(range, &unified(text), ChangeKind::Other);
    }

    /// Begins a new line, as deep as this one, or one level deeper after an opening bracket.
    pub fn new_line(&mut self) {
        let before = self.before();
        let indent = before.len() - before.trim_start_matches(' ').len();
        let deeper = syntax::indent_after(before);
        let inserted = format!("\n{}", " ".repeat(deeper));
        let spaces = self.after().len() - self.after().trim_start().len();
        if deeper > indent && self.after().trim_start().starts_with(['}', ']']) {
            let end = Place { byte: self.cursor.byte + spaces, ..self.cursor };
            let closing = format!("{inserted}\n{}", " ".repeat(indent));
            self.change(self.cursor..end, &closing, ChangeKind::Other);
            let line = self.cursor.line.saturating_sub(1);
            self.cursor = Place { line, byte: self.line(line).len() };
        } else {
            self.change(self.cursor..self.cursor, &inserted, ChangeKind::Other);
        }
    }

    /// Goes one level in.
    pub fn indent(&mut self) {
        self.insert(INDENT);
    }

    /// Puts another text in the place of all, as one change. What begins and ends as before stays out of it, and the
    /// cursor on its line where that is possible.
    pub fn set_text(&mut self, text: &str) {
        let text = unified(text);
        let new: Vec<&str> = text.split('\n').collect();
        let same = |(old, new): &(&String, &&str)| old.as_str() == **new;
        let head = self.lines.iter().zip(&new).take_while(same).count();
        if head == new.len() && head == self.lines.len() {
            return;
        }
        // At least one line is replaced by at least one, so that no line break has to be taken along.
        let most = self.lines.len().min(new.len()) - 1;
        let head = head.min(most);
        let tail = self.lines.iter().rev().zip(new.iter().rev()).take(most - head).take_while(same).count();
        let middle = new.get(head..new.len() - tail).unwrap_or_default().join("\n");
        let last = self.lines.len() - tail - 1;
        let (cursor, end) = (self.cursor, Place { line: last, byte: self.line(last).len() });
        self.change(Place { line: head, byte: 0 }..end, &middle, ChangeKind::Other);
        self.cursor = self.nearest(cursor);
    }

    /// Does what a line editor does, over line ends too.
    pub fn edit(&mut self, edit: LineEdit) {
        let here = self.cursor;
        match edit {
            LineEdit::Left => self.move_to(self.left_of(here)),
            LineEdit::Right => self.move_to(self.right_of(here)),
            LineEdit::WordLeft => self.move_to(self.word_left_of(here)),
            LineEdit::WordRight => self.move_to(self.word_right_of(here)),
            LineEdit::Start => {
                // First to where the text of the line begins, then to its very start.
                let line = self.line(here.line);
                let text = line.len() - line.trim_start_matches(' ').len();
                self.move_to(Place { byte: if here.byte == text { 0 } else { text }, ..here });
            }
            LineEdit::End => self.move_to(Place { byte: self.line(here.line).len(), ..here }),
            LineEdit::DeleteLeft => self.delete(self.left_of(here)..here),
            LineEdit::DeleteRight => self.delete(here..self.right_of(here)),
            LineEdit::DeleteWordLeft => self.delete(self.word_left_of(here)..here),
            LineEdit::DeleteToStart => self.delete(Place { byte: 0, ..here }..here),
            LineEdit::DeleteToEnd if self.after().is_empty() => self.delete(here..self.right_of(here)),
            LineEdit::DeleteToEnd => self.delete(here..Place { byte: self.line(here.line).len(), ..here }),
        }
    }

    /// Moves the cursor by lines, down when positive, as near to its column as the line allows.
    pub fn move_by(&mut self, lines: isize) {
        let goal = self.goal.unwrap_or_else(|| self.column());
        let last = self.lines.len() - 1;
        let line = match lines {
            isize::MIN => 0,
            isize::MAX => last,
            _ => self.cursor.line.saturating_add_signed(lines).min(last),
        };
        self.move_to(match lines {
            isize::MIN => Place::default(),
            isize::MAX => self.end(),
            _ => Place { line, byte: byte_of(self.line(line), goal) },
        });
        self.goal = Some(goal);
    }

    /// Moves the cursor to a place of the text.
    pub fn go_to_place(&mut self, place: Place) {
        self.move_to(self.nearest(place));
    }

    /// Moves the cursor to a line and a column in characters, both from 0, or as near as there is something.
    pub fn go_to(&mut self, line: usize, column: usize) {
        let line = line.min(self.lines.len() - 1);
        self.move_to(Place { line, byte: byte_of(self.line(line), column) });
    }

    /// Moves the cursor to what is drawn on `row` and `column` of the view.
    pub fn go_to_cell(&mut self, row: usize, column: usize) {
        let line = (self.top + row).min(self.lines.len() - 1);
        let start = self.start_of(line);
        // A line that begins before the view has a sign of that in its first column.
        let column = column.saturating_sub(usize::from(start > 0));
        let mut used = 0;
        let mut byte = start;
        for grapheme in self.line(line).get(start..).unwrap_or_default().graphemes(true) {
            used += text::width(&text::sanitize(grapheme));
            if used > column {
                break;
            }
            byte += grapheme.len();
        }
        self.move_to(Place { line, byte });
    }

    /// Moves what is seen by `rows`, and the cursor only as far as it must to stay in it.
    pub fn scroll(&mut self, rows: isize) {
        let (_, height) = self.view;
        let last = self.lines.len().saturating_sub(height);
        self.top = self.top.saturating_add_signed(rows).min(last);
        let end = self.top + height.saturating_sub(1);
        let line = self.cursor.line.clamp(self.top, end.max(self.top));
        if line != self.cursor.line {
            let down = isize::try_from(line).unwrap_or(isize::MAX);
            self.move_by(down.saturating_sub_unsigned(self.cursor.line));
        }
    }

    /// Learns which area the text has, and brings the cursor into it.
    pub fn fit(&mut self, area: Area) {
        self.view = (area.width.into(), area.height.into());
        self.keep_in_view();
    }

    /// By how many lines a page is turned: one line of the page before stays.
    pub fn page(&self) -> isize {
        isize::try_from(self.view.1).unwrap_or(1).saturating_sub(1).max(1)
    }

    fn keep_in_view(&mut self) {
        let (width, height) = self.view;
        let Place { line, byte } = self.cursor;
        let height = height.max(1);
        self.top = self.top.min(self.lines.len().saturating_sub(height)).clamp((line + 1).saturating_sub(height), line);
        // One column at each end tells that the line goes on there.
        let room = width.saturating_sub(2).max(1);
        let text = self.line(line);
        let fits = |start: usize| {
            let (shown, whole) = text::sanitize_within(text.get(start..byte).unwrap_or_default(), room);
            whole && text::width(&shown) < room
        };
        if self.left == 0 && fits(0) {
            return;
        }
        let kept = self.left > 0 && self.left < byte && text.is_char_boundary(self.left) && fits(self.left);
        self.left = if fits(0) {
            0
        } else if kept {
            self.left
        } else {
            let mut used = 0;
            let mut start = byte;
            for grapheme in text.get(..byte).unwrap_or_default().graphemes(true).rev() {
                used += text::width(&text::sanitize(grapheme));
                if used > room / 2 {
                    break;
                }
                start -= grapheme.len();
            }
            start
        };
    }

    /// Takes the last change back; `false` when there is none.
    pub fn undo(&mut self) -> bool {
        let Some(change) = self.undo.pop_back() else { return false };
        self.remembered -= change.cost();
        self.splice(change.at..end_of(change.at, &change.inserted), &change.removed);
        self.cursor = change.cursor;
        self.redo.push(change);
        self.moved();
        true
    }

    /// Makes the change again that was taken back last; `false` when there is none.
    pub fn redo(&mut self) -> bool {
        let Some(change) = self.redo.pop() else { return false };
        self.splice(change.at..end_of(change.at, &change.removed), &change.inserted);
        self.cursor = end_of(change.at, &change.inserted);
        self.remembered += change.cost();
        self.undo.push_back(change);
        self.moved();
        true
    }

    fn delete(&mut self, range: Range<Place>) {
        if range.start < range.end {
            self.change(range, "", ChangeKind::Deleted);
        }
    }

    /// Makes a change and remembers it.
    fn change(&mut self, range: Range<Place>, inserted: &str, kind: ChangeKind) {
        let (at, cursor) = (range.start, self.cursor);
        let removed = self.splice(range, inserted);
        self.cursor = end_of(at, inserted);
        self.goal = None;
        self.redo.clear();
        self.remembered += removed.len() + inserted.len();
        let before = self.undo.back_mut().filter(|before| self.joins && before.kind == kind);
        match (before, kind) {
            (Some(before), ChangeKind::Typed) if end_of(before.at, &before.inserted) == at => {
                before.inserted.push_str(inserted);
            }
            (Some(before), ChangeKind::Deleted) if before.at == end_of(at, &removed) => {
                before.removed.insert_str(0, &removed);
                before.at = at;
            }
            _ => self.undo.push_back(Change { at, removed, inserted: inserted.to_owned(), cursor, kind }),
        }
        self.joins = kind != ChangeKind::Other;
        while self.remembered > REMEMBERED && self.undo.len() > 1 {
            self.remembered -= self.undo.pop_front().map_or(0, |change| change.cost());
        }
    }

    /// Puts `text` in the place of what is there, and gives back what was.
    fn splice(&mut self, range: Range<Place>, text: &str) -> String {
        let Range { start, end } = range;
        self.revision += 1;
        let inserted_to = end_of(start, text);
        for mark in &mut self.marks {
            moved_along(mark, start..end, inserted_to);
        }
        let removed = if start.line == end.line {
            let Some(line) = self.lines.get_mut(start.line) else { return String::new() };
            let tail = if text.contains('\n') { line.split_off(end.byte) } else { String::new() };
            let removed = line.get(start.byte..end.byte).unwrap_or_default().to_owned();
            if text.contains('\n') {
                line.truncate(start.byte);
                self.put_lines(start.line, text, &tail);
            } else {
                line.replace_range(start.byte..end.byte, text);
            }
            removed
        } else {
            let mut removed = String::new();
            let mut tail = String::new();
            if let Some(first) = self.lines.get_mut(start.line) {
                removed = first.split_off(start.byte);
            }
            for line in self.lines.drain(start.line + 1..=end.line) {
                removed.push('\n');
                removed.push_str(&line);
                tail = line;
            }
            let tail = tail.split_off(end.byte);
            removed.truncate(removed.len() - tail.len());
            self.put_lines(start.line, text, &tail);
            removed
        };
        self.bytes = self.bytes + text.len() - removed.len();
        removed
    }

    /// Appends the lines of `text` and then `tail` to what is left of `line`.
    fn put_lines(&mut self, line: usize, text: &str, tail: &str) {
        let mut pieces = text.split('\n');
        if let (Some(first), Some(line)) = (pieces.next(), self.lines.get_mut(line)) {
            line.push_str(first);
        }
        let rest: Vec<_> = pieces.map(str::to_owned).collect();
        let last = line + rest.len();
        let below = line + 1;
        self.lines.splice(below..below, rest);
        if let Some(line) = self.lines.get_mut(last) {
            line.push_str(tail);
        }
    }

    fn move_to(&mut self, place: Place) {
        self.cursor = place;
        self.moved();
    }

    fn moved(&mut self) {
        self.goal = None;
        self.joins = false;
    }

    /// The place itself, or the nearest one that there is.
    fn nearest(&self, place: Place) -> Place {
        let line = place.line.min(self.lines.len() - 1);
        let text = self.line(line);
        let mut byte = place.byte.min(text.len());
        while !text.is_char_boundary(byte) {
            byte -= 1;
        }
        Place { line, byte }
    }

    fn left_of(&self, place: Place) -> Place {
        let before = self.line(place.line).get(..place.byte).unwrap_or_default();
        match (before.graphemes(true).next_back(), place.line.checked_sub(1)) {
            (Some(grapheme), _) => Place { byte: place.byte - grapheme.len(), ..place },
            (None, Some(line)) => Place { line, byte: self.line(line).len() },
            (None, None) => place,
        }
    }

    fn right_of(&self, place: Place) -> Place {
        let after = self.line(place.line).get(place.byte..).unwrap_or_default();
        match after.graphemes(true).next() {
            Some(grapheme) => Place { byte: place.byte + grapheme.len(), ..place },
            None if place.line + 1 < self.lines.len() => Place { line: place.line + 1, byte: 0 },
            None => place,
        }
    }

    fn word_left_of(&self, place: Place) -> Place {
        let before = self.line(place.line).get(..place.byte).unwrap_or_default();
        let passed = over_word(before.graphemes(true).rev());
        if before.is_empty() { self.left_of(place) } else { Place { byte: place.byte - passed, ..place } }
    }

    fn word_right_of(&self, place: Place) -> Place {
        let after = self.line(place.line).get(place.byte..).unwrap_or_default();
        let passed = over_word(after.graphemes(true));
        if after.is_empty() { self.right_of(place) } else { Place { byte: place.byte + passed, ..place } }
    }
}

/// How many bytes are passed to come to the other end of the next word.
fn over_word<'a>(graphemes: impl Iterator<Item = &'a str>) -> usize {
    let mut graphemes = graphemes.peekable();
    let mut passed = 0;
    for in_word in [false, true] {
        while let Some(grapheme) = graphemes.next_if(|grapheme| grapheme.starts_with(is_word) == in_word) {
            passed += grapheme.len();
        }
    }
    passed
}

/// Text with one sort of line break: terminals paste `\r`, files may hold `\r\n`, and in JSON neither can be part of a
/// value.
fn unified(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

/// Moves a mark with the text of which `removed` made room for what now ends at `to`.
fn moved_along(mark: &mut Range<Place>, removed: Range<Place>, to: Place) {
    let moved = |place: Place| match place.line.checked_sub(removed.end.line) {
        Some(0) => Place { line: to.line, byte: to.byte + place.byte - removed.end.byte },
        Some(below) => Place { line: to.line + below, ..place },
        None => place,
    };
    let one_line = removed.start.line == removed.end.line && removed.start.line == to.line;
    let start = if mark.start >= removed.end { moved(mark.start) } else { mark.start.min(removed.start) };
    let end = match mark.end {
        _ if mark.is_empty() => start,
        end if end <= removed.start => end,
        end if mark.start >= removed.end => moved(end),
        _ if !one_line => start,
        end if end >= removed.end => moved(end),
        _ => removed.start,
    };
    *mark = start..end;
}

/// Where `text` ends that begins at `at`.
fn end_of(at: Place, text: &str) -> Place {
    match text.rfind('\n') {
        None => Place { byte: at.byte + text.len(), ..at },
        Some(last) => Place { line: at.line + text.matches('\n').count(), byte: text.len() - last - 1 },
    }
}

/// The byte at which the character of that number begins, or what it is drawn as one with; the end of a shorter line.
fn byte_of(line: &str, column: usize) -> usize {
    let byte = line.char_indices().nth(column).map_or(line.len(), |(byte, _)| byte);
    let mut cursor = GraphemeCursor::new(byte, line.len(), true);
    match cursor.is_boundary(line, 0) {
        Ok(false) => cursor.prev_boundary(line, 0).ok().flatten().unwrap_or(0),
        _ => byte,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn area(columns: u16, rows: u16) -> Area {
        Area { width: columns, height: rows, ..Area::default() }
    }

    /// An editor of `text` with the cursor at its `|`.
    fn editor(text: &str) -> Editor {
        let at = text.find('|').unwrap_or(0);
        let mut editor = Editor::new(&text.replacen('|', "", 1));
        editor.cursor = end_of(Place::default(), text.get(..at).unwrap_or_default());
        editor
    }

    /// The text with a `|` at the cursor.
    fn shown(editor: &Editor) -> String {
        let mut lines = editor.lines.clone();
        if let Some(line) = lines.get_mut(editor.cursor.line) {
            line.insert(editor.cursor.byte, '|');
        }
        lines.join("\n")
    }

    fn typed(editor: &mut Editor, text: &str) {
        for c in text.chars() {
            if c == '\n' { editor.new_line() } else { editor.type_char(c) }
        }
    }

    #[test]
    fn new_lines_keep_the_depth_and_brackets_change_it() {
        let cases = [
            ("|", "{\n\"a\": [\n1,\n2\n]\n}", "{\n  \"a\": [\n    1,\n    2\n  ]\n}|"),
            ("{|}", "\n", "{\n  |\n}"),
            ("  [|  ],", "\n1", "  [\n    1|\n  ],"),
            ("  1|, 2", "\n", "  1\n  |, 2"),
            ("    |", "x}", "    x}|"),
            (" |", "]", "]|"),
        ];
        for (before, keys, after) in cases {
            let mut editor = editor(before);
            typed(&mut editor, keys);
            assert_eq!(shown(&editor), after, "{keys:?} in {before:?}");
        }
    }

    #[test]
    fn moving_by_lines_never_ends_within_a_character() {
        for (before, after) in [
            ("ab|\n👨\u{200d}👩", "ab\n|👨\u{200d}👩"),
            ("abcd|\n👨\u{200d}👩x", "abcd\n👨\u{200d}👩x|"),
            ("a|\ne\u{301}x", "a\n|e\u{301}x"),
        ] {
            let mut editor = editor(before);
            editor.move_by(1);
            assert_eq!(shown(&editor), after, "{before:?}");
        }
    }

    #[test]
    fn editing_goes_over_line_ends_and_never_into_a_character() {
        use LineEdit as E;
        let cases = [
            ("a\n|b", E::Left, "a|\nb"),
            ("a|\nb", E::Right, "a\n|b"),
            ("👨\u{200d}👩|x", E::Left, "|👨\u{200d}👩x"),
            ("e\u{301}|x", E::DeleteLeft, "|x"),
            ("|👨\u{200d}👩x", E::Right, "👨\u{200d}👩|x"),
            ("👍\u{1f3fd}|", E::DeleteLeft, "|"),
            ("ne\u{301}e\u{301}|", E::WordLeft, "|ne\u{301}e\u{301}"),
            ("|ne\u{301}e\u{301} x", E::WordRight, "ne\u{301}e\u{301}| x"),
            ("a\n|b", E::DeleteLeft, "a|b"),
            ("a|\nb", E::DeleteRight, "a|b"),
            ("\"order_id\": |1", E::WordLeft, "\"|order_id\": 1"),
            ("|\"order_id\": 1", E::WordRight, "\"order_id|\": 1"),
            ("one two|", E::DeleteWordLeft, "one |"),
            ("  ab|c", E::Start, "  |abc"),
            ("  |abc", E::Start, "|  abc"),
            ("|abc", E::End, "abc|"),
            ("abc|d", E::DeleteToStart, "|d"),
            ("a|bc\nd", E::DeleteToEnd, "a|\nd"),
            ("a|\nd", E::DeleteToEnd, "a|d"),
            ("|", E::DeleteLeft, "|"),
            ("|", E::DeleteRight, "|"),
            ("|", E::WordLeft, "|"),
            ("|", E::WordRight, "|"),
        ];
        for (before, edit, after) in cases {
            let mut editor = editor(before);
            editor.edit(edit);
            assert_eq!(shown(&editor), after, "{edit:?} in {before:?}");
        }
    }

    #[test]
    fn moving_up_and_down_keeps_the_column_over_shorter_lines() {
        let mut editor = editor("日本語日本\nab\nabcdef");
        editor.edit(LineEdit::End);
        editor.move_by(1);
        assert_eq!(shown(&editor), "日本語日本\nab|\nabcdef");
        editor.move_by(1);
        assert_eq!(shown(&editor), "日本語日本\nab\nabcde|f");
        editor.move_by(isize::MIN);
        assert_eq!(editor.cursor(), Place::default());
        editor.move_by(isize::MAX);
        assert_eq!(shown(&editor), "日本語日本\nab\nabcdef|");
        editor.go_to(99, 99);
        assert_eq!(shown(&editor), "日本語日本\nab\nabcdef|");
    }

    #[test]
    fn what_is_typed_is_undone_word_by_word() {
        let mut editor = editor("|");
        typed(&mut editor, "one two");
        editor.edit(LineEdit::DeleteLeft);
        editor.edit(LineEdit::DeleteLeft);
        let mut seen = Vec::new();
        while editor.undo() {
            seen.push(editor.text());
        }
        assert_eq!(seen, ["one two", "one ", ""]);
        while editor.redo() {}
        assert_eq!(shown(&editor), "one t|");
        editor.edit(LineEdit::Left);
        editor.type_char('x');
        assert!(!editor.redo(), "what was taken back is gone once something else is done");
    }

    #[test]
    fn another_text_is_one_change_of_the_lines_that_differ() {
        let mut editor = editor("{\n  \"a\": 1,\n  \"b\": 2|\n}");
        editor.set_text("{\n  \"a\": 1,\r\n  \"c\": 3,\n  \"b\": 2\n}");
        assert_eq!(editor.text(), "{\n  \"a\": 1,\n  \"c\": 3,\n  \"b\": 2\n}");
        assert!(editor.undo() && !editor.undo());
        assert_eq!(shown(&editor), "{\n  \"a\": 1,\n  \"b\": 2|\n}");
        let revision = editor.revision();
        editor.set_text(&editor.text());
        assert_eq!(editor.revision(), revision, "the same text is no change");
    }

    #[test]
    fn the_cursor_is_always_in_view_and_clicks_hit_what_is_drawn() {
        let mut editor = Editor::new(&format!("short\n{}", "日\u{1b}x".repeat(2_000)));
        for column in [0, 10, 3_000, 6_000, 2_990, 5, 6_000] {
            editor.go_to(1, column);
            editor.fit(area(40, 1));
            let start = editor.start_of(1);
            let seen = text::width(&text::sanitize(editor.line(1).get(start..editor.cursor.byte).unwrap()));
            assert!(editor.top() == 1 && start <= editor.cursor.byte && seen < 39, "{column}: {seen}");
            let cell = seen + usize::from(start > 0);
            let cursor = editor.cursor();
            editor.go_to_cell(0, cell);
            assert_eq!(editor.cursor(), cursor);
        }
        editor.go_to_cell(9, 9);
        assert_eq!(editor.cursor().line, 1);
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let mut editor = Editor::new("");
        for n in 0..5 {
            editor.set_text(&n.to_string().repeat(REMEMBERED / 4));
        }
        assert!(editor.remembered <= REMEMBERED);
        assert!(editor.undo.len() < 5 && editor.undo());
    }

    #[test]
    fn marks_move_with_the_text_that_they_are_on() {
        let (start, end) = (7, 9);
        let cases = [
            ("before it", (0, 1)..(0, 1), "xx", Some("12")),
            ("right before it", (1, start)..(1, start), "9", Some("12")),
            ("right behind it", (1, end)..(1, end), "9", Some("12")),
            ("within it", (1, start + 1)..(1, start + 1), "9", Some("192")),
            ("a part of it", (1, start)..(1, start + 1), "", Some("2")),
            ("all of it", (1, start)..(1, end), "789", Some("789")),
            ("from before into it", (1, 2)..(1, start + 1), "x", Some("x2")),
            ("from it to behind", (1, start + 1)..(1, end + 1), "", Some("1")),
            ("more than it", (1, 2)..(1, end + 1), "x", None),
            ("lines before it", (0, 1)..(1, 2), "\n\n ", Some("12")),
            ("lines behind it", (1, end + 1)..(2, 0), "", Some("12")),
            ("a line end into it", (1, start + 1)..(1, start + 1), "\n", None),
        ];
        for (what, Range { start: from, end: to }, text, marked) in cases {
            let mut editor = Editor::new("{\n  \"a\": 12,\n  \"b\": 3\n}");
            let place = |(line, byte)| Place { line, byte };
            editor.set_marks(vec![place((1, start))..place((1, end)), place((2, 2))..place((2, 5))]);
            editor.replace(place(from)..place(to), text);
            let [first, second] = editor.marks() else { panic!("{:?}", editor.marks()) };
            assert_eq!(marked.unwrap_or_default(), editor.text_of(first.clone()), "{what}");
            assert_eq!(editor.text_of(second.clone()), "\"b\"", "{what}");
            editor.undo();
            let second = editor.marks().last().unwrap().clone();
            assert_eq!(editor.text_of(second), "\"b\"", "taken back: {what}");
        }
    }

    /// Some change of a text.
    #[derive(Clone, Debug)]
    enum Step {
        Type(char),
        NewLine,
        Insert(String),
        Set(String),
        Edit(LineEdit),
        Move(isize),
        Click(usize, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        use LineEdit as E;
        let edits = [
            E::Left,
            E::Right,
            E::WordLeft,
            E::WordRight,
            E::Start,
            E::End,
            E::DeleteLeft,
            E::DeleteRight,
            E::DeleteWordLeft,
            E::DeleteToStart,
            E::DeleteToEnd,
        ];
        prop_oneof![
            any::<char>().prop_filter("typed", |c| *c != '\n' && *c != '\r').prop_map(Step::Type),
            prop::sample::select(vec!['{', '}', '[', ' ', 'a']).prop_map(Step::Type),
            Just(Step::NewLine),
            "[a日\u{301}\u{1b}{} \n\r]{0,12}".prop_map(Step::Insert),
            "[ab\n]{0,12}".prop_map(Step::Set),
            prop::sample::select(edits.to_vec()).prop_map(Step::Edit),
            (-3_isize..4).prop_map(Step::Move),
            (0_usize..6, 0_usize..12).prop_map(|(row, column)| Step::Click(row, column)),
        ]
    }

    proptest! {
        #[test]
        fn every_change_can_be_taken_back_and_made_again(steps in prop::collection::vec(step(), 0..40)) {
            let start = "{\n  \"é\": 1\n}";
            let mut editor = Editor::new(start);
            editor.set_marks(vec![Place { line: 1, byte: 2 }..Place { line: 1, byte: 6 }, Place { line: 1, byte: 8 }..Place { line: 1, byte: 9 }]);
            for step in steps {
                match step {
                    Step::Type(c) => editor.type_char(c),
                    Step::NewLine => editor.new_line(),
                    Step::Insert(text) => editor.insert(&text),
                    Step::Set(text) => editor.set_text(&text),
                    Step::Edit(edit) => editor.edit(edit),
                    Step::Move(lines) => editor.move_by(lines),
                    Step::Click(row, column) => editor.go_to_cell(row, column),
                }
                editor.fit(area(10, 3));
                let Place { line, byte } = editor.cursor();
                prop_assert!(editor.line(line).is_char_boundary(byte) && line < editor.lines.len());
                prop_assert!(editor.line(line).is_char_boundary(editor.start_of(line)));
                prop_assert_eq!(editor.text().len(), editor.bytes);
                prop_assert!(!editor.lines.iter().any(|line| line.contains(['\n', '\r'])));
                for Range { start, end } in editor.marks() {
                    prop_assert!(start <= end && start.line == end.line, "{:?}", editor.marks());
                    prop_assert!(editor.lines.get(start.line).is_some_and(|line| line.get(start.byte..end.byte).is_some()));
                }
                prop_assert!(editor.marks().is_sorted_by_key(|mark| mark.start), "{:?}", editor.marks());
            }
            let end = editor.text();
            while editor.undo() {}
            prop_assert_eq!(editor.text(), start);
            while editor.redo() {}
            prop_assert_eq!(editor.text(), end);
            prop_assert_eq!(editor.text().len(), editor.bytes);
        }
    }
}
