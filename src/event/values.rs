//! JSON values one after the other, as files and pipes hold them: where each begins and ends. A line of NDJSON, what
//! `jq` prints over many lines, and objects with nothing between them are all read so.
//!
//! Only brackets and strings are looked at. Whether a value is JSON, is for others to say; but one that is broken off is
//! not to swallow those after it, so it ends where the next one certainly begins.

/// The mark between the values of a JSON text sequence (RFC 7464).
const RECORD_SEPARATOR: u8 = 0x1e;

/// The bytes of the mark that some programs put before a text: more than once, where files were put together.
const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// A value as it stands in an input, or a line that holds none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its bytes: what stands before it and after it on its line is in it only where that is no white space.
    pub bytes: Vec<u8>,
    /// The line in which it begins, from 1.
    pub line: u64,
    /// The column in characters at which it begins, from 1.
    pub column: usize,
    /// Whether it begins as an object or an array does.
    pub is_container: bool,
}

/// Cuts an input that comes in pieces into its values, and holds no more than the value that it is in.
#[derive(Debug)]
pub struct Splitter {
    state: State,
    value: Value,
    /// The brackets that are open.
    open: Vec<u8>,
    /// The last byte that is no white space, outside of strings.
    last: u8,
    /// Whether the next byte is the first of its line.
    at_line_start: bool,
    line: u64,
    column: usize,
    /// Whether no value goes over the end of its line.
    by_line: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before a value.
    Between,
    /// In a container, outside of strings.
    Inside,
    String,
    /// Behind a backslash in a string.
    Escape,
    /// Behind a value, on its line.
    After,
    /// In what is no value, which goes to the end of its line.
    NoValue,
    /// Behind the place where a value is known to be broken.
    Broken,
}

impl Default for Splitter {
    fn default() -> Self {
        let value = Value { bytes: Vec::new(), line: 1, column: 1, is_container: false };
        let (state, open) = (State::Between, Vec::new());
        Self { state, value, open, last: 0, at_line_start: true, line: 1, column: 1, by_line: false }
    }
}

impl Splitter {
    /// From here on a value that is broken off ends with its line: every line is known to be one value.
    pub fn go_by_line(&mut self) {
        self.by_line = true;
    }

    /// Takes in what comes next: how many bytes of it were taken, and the value that ended with them, if one did. What
    /// was not taken is to be given again.
    pub fn take(&mut self, piece: &[u8]) -> (usize, Option<Value>) {
        // Where what belongs to the value begins in the piece.
        let mut from = 0;
        let mut next = 0;
        while let Some(byte) = piece.get(next).copied() {
            if self.state == State::String && !matches!(byte, b'"' | b'\\' | b'\n') {
                let rest = piece.get(next..).unwrap_or_default();
                next += memchr::memchr3(b'"', b'\\', b'\n', rest).unwrap_or(rest.len());
                self.at_line_start = false;
                continue;
            }
            let at = next;
            next += 1;
            let at_line_start = std::mem::replace(&mut self.at_line_start, byte == b'\n');
            match self.state {
                State::Between => match byte {
                    b'\n' => (self.line, self.column) = (self.line + 1, 1),
                    RECORD_SEPARATOR => {}
                    b' ' | b'\t' | b'\r' => self.column += 1,
                    _ if MARK.contains(&byte) => {}
                    _ => {
                        from = at;
                        (self.value.line, self.value.column) = (self.line, self.column);
                        if let Some(end) = end_of_one(piece, at) {
                            (self.value.is_container, self.at_line_start) = (true, true);
                            return (end, Some(self.end(piece.get(at..end))));
                        }
                        self.value.is_container = matches!(byte, b'{' | b'[');
                        self.state = if self.value.is_container { State::Inside } else { State::NoValue };
                        self.open.clear();
                        self.enter(byte);
                    }
                },
                State::Inside | State::String | State::Escape if self.by_line && byte == b'\n' => {
                    return (at + 1, Some(self.end(piece.get(from..=at))));
                }
                State::Inside => match byte {
                    b'{' | b'[' if at_line_start && !self.may_hold_here() => {
                        self.at_line_start = true;
                        return (at, Some(self.end(piece.get(from..at))));
                    }
                    b'"' => self.state = State::String,
                    _ => self.enter(byte),
                },
                State::String => match byte {
                    b'"' => (self.state, self.last) = (State::Inside, byte),
                    b'\\' => self.state = State::Escape,
                    b'\n' => self.break_off(piece.get(from..=at)),
                    _ => {}
                },
                State::Escape if byte == b'\n' => self.break_off(piece.get(from..=at)),
                State::Escape => self.state = State::String,
                State::After => match byte {
                    b'\n' => return (at + 1, Some(self.end(piece.get(from..=at)))),
                    b' ' | b'\t' | b'\r' => {}
                    b'{' | b'[' | RECORD_SEPARATOR => return (at, Some(self.end(piece.get(from..at)))),
                    _ if byte == MARK[0] => return (at, Some(self.end(piece.get(from..at)))),
                    _ => self.state = State::NoValue,
                },
                State::NoValue if byte == b'\n' => return (at + 1, Some(self.end(piece.get(from..=at)))),
                State::NoValue => {}
                State::Broken => match byte {
                    b'{' | b'[' if at_line_start => {
                        self.at_line_start = true;
                        return (at, Some(self.end(None)));
                    }
                    b'\n' => self.line += 1,
                    _ => {}
                },
            }
        }
        if !matches!(self.state, State::Between | State::Broken) {
            self.value.bytes.extend_from_slice(piece.get(from..).unwrap_or_default());
        }
        (piece.len(), None)
    }

    /// How much of the value that it is in was taken.
    pub fn held(&self) -> usize {
        self.value.bytes.len()
    }

    /// The line where the value begins that it is in, or the one that it is in where it is in none.
    pub fn line(&self) -> u64 {
        if self.state == State::Between { self.line } else { self.value.line }
    }

    /// The rest, where the input ends.
    pub fn finish(&mut self) -> Option<Value> {
        (self.state != State::Between).then(|| self.end(None))
    }

    /// A byte of a container outside of its strings.
    fn enter(&mut self, byte: u8) {
        match byte {
            b'{' | b'[' => self.open.push(byte),
            b'}' | b']' => {
                self.open.pop();
                if self.open.is_empty() {
                    self.state = State::After;
                }
            }
            b' ' | b'\t' | b'\r' | b'\n' => return,
            _ => {}
        }
        self.last = byte;
    }

    /// Whether an object or an array may stand here in the innermost container.
    fn may_hold_here(&self) -> bool {
        match self.open.last() {
            Some(b'[') => matches!(self.last, b'[' | b','),
            _ => self.last == b':',
        }
    }

    /// No string goes over the end of a line.
    fn break_off(&mut self, rest: Option<&[u8]>) {
        self.value.bytes.extend_from_slice(rest.unwrap_or_default());
        self.state = State::Broken;
    }

    fn end(&mut self, rest: Option<&[u8]>) -> Value {
        self.value.bytes.extend_from_slice(rest.unwrap_or_default());
        let bytes = &self.value.bytes;
        // A broken one may have gone on without being held.
        let breaks = memchr::memchr_iter(b'\n', bytes).count() as u64;
        let line_start = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
        let characters = bytes.get(line_start..).unwrap_or_default().iter().filter(|byte| **byte & 0xc0 != 0x80);
        let before = if breaks == 0 { self.column } else { 1 };
        self.column = if self.state == State::Broken { 1 } else { before + characters.count() };
        self.line += breaks;
        self.state = State::Between;
        std::mem::replace(&mut self.value, Value { bytes: Vec::new(), line: 1, column: 1, is_container: false })
    }
}

/// Where the line ends that is one object for certain, as nearly all lines of NDJSON are: it ends as one, another value
/// begins behind it, and in it none begins behind another.
fn end_of_one(piece: &[u8], at: usize) -> Option<usize> {
    let rest = piece.get(at..).filter(|rest| rest.first() == Some(&b'{'))?;
    let end = memchr::memchr(b'\n', rest)?;
    let line = rest.get(..end)?;
    let is_closed = line.trim_ascii_end().last() == Some(&b'}');
    let goes_on = matches!(rest.get(end + 1), Some(b'{' | b'['));
    let is_end = |close: usize| {
        let behind = line.get(close + 1..).unwrap_or_default().trim_ascii_start().first();
        !behind.is_some_and(|byte| matches!(*byte, b'{' | b'[' | RECORD_SEPARATOR) || MARK.contains(byte))
    };
    (is_closed && goes_on && memchr::memchr2_iter(b'}', b']', line).all(is_end)).then_some(at + end + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A value with the line and the column where it begins.
    type Placed<'a> = (u64, usize, &'a str);

    /// The values of a text that comes in pieces of that length, each with its place.
    fn split(text: &str, length: usize) -> Vec<(u64, usize, String)> {
        split_by(Splitter::default(), text, length)
    }

    fn split_by(mut splitter: Splitter, text: &str, length: usize) -> Vec<(u64, usize, String)> {
        let mut values = Vec::new();
        for piece in text.as_bytes().chunks(length.max(1)) {
            let mut rest = piece;
            while !rest.is_empty() {
                let (taken, value) = splitter.take(rest);
                rest = rest.get(taken..).unwrap_or_default();
                values.extend(value);
            }
        }
        values.extend(splitter.finish());
        let told = |value: Value| {
            let text = String::from_utf8_lossy(&value.bytes).trim_end().to_owned();
            (value.line, value.column, text)
        };
        values.into_iter().map(told).collect()
    }

    #[test]
    fn where_every_line_is_a_value_a_broken_one_takes_no_other_with_it() {
        let lines = ["{\"a\":", "{\"b\":[1,", "{\"c\":\"x\\", "{\"d\":\"é", "{}", "{\"e\":{\"f\":"];
        let text = lines.join("\n");
        for length in [1, 2, 3, text.len()] {
            let mut splitter = Splitter::default();
            splitter.go_by_line();
            let values = split_by(splitter, &text, length);
            let expected: Vec<_> = (1..).zip(lines).map(|(line, text)| (line, 1, text.to_owned())).collect();
            assert_eq!(values, expected, "in pieces of {length}");
        }
    }

    #[test]
    fn values_are_told_apart_however_they_are_laid_out() {
        let cases: &[(&str, &[Placed])] = &[
            ("", &[]),
            (" \r\n\n", &[]),
            ("{\"a\":1}", &[(1, 1, "{\"a\":1}")]),
            ("{\"a\":1}\r\n\r\n  {\"a\":2}\r\n", &[(1, 1, "{\"a\":1}"), (3, 3, "{\"a\":2}")]),
            // As jq prints it.
            (
                "{\n  \"a\": 1\n}\n{\n  \"a\": [\n    2\n  ]\n}\n",
                &[(1, 1, "{\n  \"a\": 1\n}"), (4, 1, "{\n  \"a\": [\n    2\n  ]\n}")],
            ),
            ("{\"é\":1}{\"a\":2} [3]\n{}", &[(1, 1, "{\"é\":1}"), (1, 8, "{\"a\":2}"), (1, 16, "[3]"), (2, 1, "{}")]),
            ("{\n\"é\":1}{}", &[(1, 1, "{\n\"é\":1}"), (2, 7, "{}")]),
            ("\u{feff}{}\n\u{feff}{}\u{feff}[]", &[(1, 1, "{}"), (2, 1, "{}"), (2, 3, "[]")]),
            ("\u{1e}{}\n\u{1e}{}\n", &[(1, 1, "{}"), (2, 1, "{}")]),
            // Without indentation.
            (
                "{\n\"a\":\n[\n{\n\"b\": 1\n},\n{\n}\n]\n}\n{}",
                &[(1, 1, "{\n\"a\":\n[\n{\n\"b\": 1\n},\n{\n}\n]\n}"), (11, 1, "{}")],
            ),
            ("[\n{\"a\":1},\n{\"a\":2}\n]", &[(1, 1, "[\n{\"a\":1},\n{\"a\":2}\n]")]),
            ("{\"a\":\"\\\"}{\"}\n{\"a\":{{now}}}", &[(1, 1, "{\"a\":\"\\\"}{\"}"), (2, 1, "{\"a\":{{now}}}")]),
            // A value that is broken off ends where the next one begins.
            ("{\"a\":1\n{\"a\":2}", &[(1, 1, "{\"a\":1"), (2, 1, "{\"a\":2}")]),
            ("{\"a\":\"\n{\"a\":2}", &[(1, 1, "{\"a\":\""), (2, 1, "{\"a\":2}")]),
            ("{\"a\":\"\\\n{\"a\":2}", &[(1, 1, "{\"a\":\"\\"), (2, 1, "{\"a\":2}")]),
            (
                "{\n\"a\":\"x\n\"\n}\n{\"a\":2}\n7\n[",
                &[(1, 1, "{\n\"a\":\"x"), (5, 1, "{\"a\":2}"), (6, 1, "7"), (7, 1, "[")],
            ),
            ("{\n  \"a\": 1,\n{\n}\n", &[(1, 1, "{\n  \"a\": 1,"), (3, 1, "{\n}")]),
            // Text that is no value goes to the end of its line.
            (
                "{\"a\":1},\n{\"a\":}}\noops {}\n{}",
                &[(1, 1, "{\"a\":1},"), (2, 1, "{\"a\":}}"), (3, 1, "oops {}"), (4, 1, "{}")],
            ),
        ];
        for (text, expected) in cases {
            for length in [1, 2, 3, 7, text.len()] {
                let values = split(text, length);
                let values: Vec<_> = values.iter().map(|(line, column, text)| (*line, *column, &**text)).collect();
                assert_eq!(values, *expected, "{text:?} in pieces of {length}");
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_no_white_space_is_lost_but_behind_a_break(text in r#"[{}\[\]":,a \n\\]{0,40}"#, length in 1_usize..9) {
            let values = split(&text, length);
            prop_assert_eq!(&values, &split(&text, text.len()));
            for (line, column, value) in values {
                let line = text.split('\n').nth(usize::try_from(line).unwrap_or(0) - 1).unwrap_or_default();
                let first = value.split('\n').next().unwrap_or_default();
                prop_assert!(line.chars().skip(column - 1).collect::<String>().starts_with(first));
            }
        }
    }
}
