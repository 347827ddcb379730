//! The lines of a file, read from wherever one likes.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// The longest line that is read, in bytes: it is held in memory whole.
pub(super) const LONGEST: usize = 64 << 20;

/// How much is read at once, from the beginning of a line on.
const BUFFER: usize = 256 << 10;

/// The lines of a part of a file.
#[derive(Debug)]
pub(super) struct Lines {
    file: Arc<File>,
    /// What was read, and how much of it was given away.
    buffer: Vec<u8>,
    taken: usize,
    /// The place in the file behind what was read, and the end of the part.
    offset: u64,
    end: u64,
    size: usize,
}

/// A line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'b> {
    /// Without its line feed; empty where it is too long to be held.
    pub(super) bytes: &'b [u8],
    /// How long it is with its line feed.
    pub(super) length: u64,
    /// Whether a line feed is behind it.
    pub(super) is_ended: bool,
    /// Whether it is too long to be held.
    pub(super) is_too_long: bool,
}

impl Lines {
    /// Those of `file` from the byte `from` on, and up to `end`.
    pub(super) fn of(file: &Arc<File>, from: u64, end: u64) -> Self {
        Self::by(file, from, end, BUFFER)
    }

    /// The same, reading so many bytes at once.
    pub(super) fn by(file: &Arc<File>, from: u64, end: u64, size: usize) -> Self {
        Self { file: Arc::clone(file), buffer: Vec::new(), taken: 0, offset: from, end, size }
    }

    /// Goes on to there, where more was written meanwhile.
    pub(super) fn reach(&mut self, end: u64) {
        self.end = end;
    }

    /// How many bytes were read ahead of the line that was given last.
    fn held(&self) -> usize {
        self.buffer.len() - self.taken
    }

    /// The next line.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let mut searched = self.taken;
        loop {
            let rest = self.buffer.get(searched..).unwrap_or_default();
            if let Some(at) = memchr::memchr(b'\n', rest) {
                let (from, to) = (self.taken, searched + at);
                self.taken = to + 1;
                let is_too_long = to - from > LONGEST;
                let bytes = if is_too_long { &[][..] } else { self.buffer.get(from..to).unwrap_or_default() };
                return Ok(Some(Line { bytes, length: (to + 1 - from) as u64, is_ended: true, is_too_long }));
            }
            if self.held() > LONGEST {
                return self.skip().map(Some);
            }
            self.buffer.drain(..self.taken);
            self.taken = 0;
            searched = self.buffer.len();
            if self.fill()? == 0 {
                let length = self.buffer.len();
                if length == 0 {
                    return Ok(None);
                }
                self.taken = length;
                return Ok(Some(Line {
                    bytes: &self.buffer,
                    length: length as u64,
                    is_ended: false,
                    is_too_long: false,
                }));
            }
        }
    }

    /// Reads on; how many bytes.
    fn fill(&mut self) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let held = self.buffer.len();
        self.buffer.resize(held + left.min(self.size), 0);
        let read = loop {
            match self.file.read_at(self.buffer.get_mut(held..).unwrap_or_default(), self.offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(held + *read.as_ref().unwrap_or(&0));
        let read = read?;
        self.offset += read as u64;
        Ok(read)
    }

    /// Passes over a line that is too long to be held.
    fn skip(&mut self) -> io::Result<Line<'_>> {
        let mut length = self.held() as u64;
        loop {
            self.buffer.clear();
            self.taken = 0;
            let read = self.fill()?;
            if let Some(at) = memchr::memchr(b'\n', &self.buffer) {
                self.taken = at + 1;
                let length = length + at as u64 + 1;
                return Ok(Line { bytes: &[], length, is_ended: true, is_too_long: true });
            }
            length += read as u64;
            if read == 0 {
                return Ok(Line { bytes: &[], length, is_ended: false, is_too_long: true });
            }
        }
    }
}

/// The line of `file` that begins with the byte `at`, without its line feed.
pub(super) fn line_at(file: &Arc<File>, at: u64) -> io::Result<Vec<u8>> {
    let mut lines = Lines::by(file, at, u64::MAX, 4 << 10);
    Ok(lines.next()?.map(|line| line.bytes.to_vec()).unwrap_or_default())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(text: &[u8]) -> Arc<File> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text).unwrap();
        Arc::new(file)
    }

    #[test]
    fn lines_are_read_whatever_the_pieces_and_each_can_be_found_again() {
        let text = b"one\n\nthree, which is longer\r\nfour";
        let file = file(text);
        for size in [1, 2, 7, 4096] {
            let (mut lines, mut told, mut at) = (Lines::by(&file, 0, u64::MAX, size), Vec::new(), 0);
            while let Some(line) = lines.next().unwrap() {
                told.push((String::from_utf8(line.bytes.to_vec()).unwrap(), line.is_ended));
                assert_eq!(line_at(&file, at).unwrap(), line.bytes, "{size}");
                at += line.length;
            }
            assert_eq!(at, text.len() as u64);
            let expected = [("one", true), ("", true), ("three, which is longer\r", true), ("four", false)];
            assert_eq!(told, expected.map(|(text, is_ended)| (text.to_owned(), is_ended)), "{size}");
        }
        let mut part = Lines::by(&file, 4, 10, 3);
        assert_eq!(part.next().unwrap().unwrap().bytes, b"");
        assert_eq!(part.next().unwrap().unwrap().bytes, b"three");
        assert_eq!(part.next().unwrap(), None);
    }

    #[test]
    fn a_line_without_end_is_passed_over_and_not_held() {
        let long = vec![b'x'; LONGEST + 5];
        let file = file(&[b"a\n", &long[..], b"\nb\n"].concat());
        let mut lines = Lines::of(&file, 0, u64::MAX);
        assert_eq!(lines.next().unwrap().unwrap().bytes, b"a");
        let line = lines.next().unwrap().unwrap();
        assert_eq!((line.bytes.len(), line.length, line.is_too_long), (0, LONGEST as u64 + 6, true));
        assert_eq!(lines.next().unwrap().unwrap().bytes, b"b");
        assert_eq!(lines.next().unwrap(), None);
    }
}
