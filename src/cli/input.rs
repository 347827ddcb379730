use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, IsTerminal, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::SIGINT;
use signal_hook::flag;
use thiserror::Error;

use super::Exit;
use super::templates::{self, NoTemplate};
use crate::event::catalogue::Template;
use crate::event::syntax::SyntaxError;
use crate::event::text::sanitize;
use crate::event::{Sanitized, sanitized};
use crate::runtime::RuntimeError;

/// The most that a file may have which is not NDJSON, and that a line of NDJSON may have, in bytes: these are held in
/// memory whole.
const LONGEST: usize = 64 * 1024 * 1024;

/// How much is read from a file at once.
const BUFFER: usize = 256 * 1024;

/// Why there is no input.
#[derive(Debug, Error)]
pub(super) enum InputError {
    /// Neither a template nor a file.
    #[error("{0}; there is no file of that name here either")]
    NoTemplate(NoTemplate),
    /// No such file, and nothing else is meant by a name with `/` or `.` in it.
    #[error("there is no file {0}; `clickscope templates` lists what can be sent without a file")]
    NoFile(Sanitized),
    /// A folder.
    #[error("{0} is a folder, not a file")]
    Folder(Sanitized),
    /// The file cannot be opened.
    #[error("{file} cannot be opened: {source}")]
    Open {
        /// Its name.
        file: Sanitized,
        /// The system's error.
        source: io::Error,
    },
}

/// Something in an input that cannot be used, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadInput {
    /// The name of the input.
    pub(super) called: Sanitized,
    pub(super) line: Option<u64>,
    pub(super) column: Option<usize>,
    pub(super) reason: Sanitized,
    /// Whether the lines after it can be used without it.
    pub(super) can_be_left_out: bool,
}

impl BadInput {
    /// The line to mend, when it is one of an input that can go on after it.
    pub(super) fn line_to_mend(&self) -> Option<u64> {
        self.line.filter(|_| self.can_be_left_out)
    }

    /// The reason and its place, in one line.
    pub(super) fn told(&self) -> Sanitized {
        let place = match (self.line, self.column) {
            (Some(line), Some(column)) => sanitized!("{}:{}:{}", self.called, line, column),
            (Some(line), None) => sanitized!("{}:{}", self.called, line),
            _ => self.called.clone(),
        };
        sanitized!("{}: {}", place, self.reason)
    }
}

/// Why a text is not JSON, as it is said of an input.
pub(super) fn not_json(SyntaxError { message, .. }: &SyntaxError) -> Sanitized {
    sanitized!("not JSON: {}", message)
}

/// Where events are read from.
pub(super) struct Input {
    /// Its name in messages: `events.ndjson`, `standard input`, `template purchase`.
    pub(super) called: Sanitized,
    /// How long it is in bytes, where that is known beforehand.
    pub(super) size: Option<u64>,
    /// Whether another program writes it while it is read.
    pub(super) is_live: bool,
    reader: Box<dyn BufRead + Send>,
}

/// The text of an input.
pub(super) enum InputText {
    /// One JSON text: an event, or an array of them.
    One(String),
    /// One event per line.
    Lines(Lines),
}

/// A line of an input that cannot be read.
#[derive(Debug)]
pub(super) struct Unreadable {
    /// The line, from 1.
    pub(super) line: u64,
    /// Why.
    pub(super) reason: Sanitized,
    /// Whether the lines after it can be read.
    pub(super) only_this_line: bool,
}

impl Unreadable {
    /// As it is said of the input that is called so.
    pub(super) fn of(self, called: &Sanitized) -> BadInput {
        let Self { line, reason, only_this_line } = self;
        BadInput { called: called.clone(), line: Some(line), column: None, reason, can_be_left_out: only_this_line }
    }
}

impl Input {
    /// Finds what `what` names: `-` is standard input; a word without `/` and `.` is a template, if there is one of that
    /// name, so that what is sent does not depend on the folder; anything else is a file, if it is there.
    pub(super) fn find(what: &str, own: &[Template]) -> Result<Self, InputError> {
        if what == "-" {
            return Ok(Self::stdin());
        }
        let is_word = !what.contains(['/', '.']);
        if is_word && let Some(template) = templates::find(what, own) {
            return Ok(Self::template(template));
        }
        match File::open(what) {
            Ok(file) if file.metadata().is_ok_and(|metadata| metadata.is_dir()) => {
                Err(InputError::Folder(sanitize(what)))
            }
            Ok(file) => Ok(Self::file(what, file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => match templates::find(what, own) {
                Some(template) if !what.contains('/') => Ok(Self::template(template)),
                _ if is_word => Err(InputError::NoTemplate(NoTemplate::new(what, own))),
                _ => Err(InputError::NoFile(sanitize(what))),
            },
            Err(source) => Err(InputError::Open { file: sanitize(what), source }),
        }
    }

    /// Opens a file, or standard input for `-`. A file is called by its whole path, so that other programs find it.
    pub(super) fn open(what: &str) -> Result<Self, InputError> {
        if what == "-" {
            return Ok(Self::stdin());
        }
        match File::open(what) {
            Ok(file) if file.metadata().is_ok_and(|metadata| metadata.is_dir()) => {
                Err(InputError::Folder(sanitize(what)))
            }
            Ok(file) => Ok(Self { called: sanitize(what), ..Self::file(what, file) }),
            Err(source) => Err(InputError::Open { file: sanitize(what), source }),
        }
    }

    fn stdin() -> Self {
        if io::stdin().is_terminal() {
            super::stderr::say(&"reading events from the terminal; press ^D on an empty line to end".into());
        }
        let reader = Box::new(BufReader::with_capacity(BUFFER, io::stdin()));
        // A file that is given as standard input is there already.
        let is_file = fs::metadata("/dev/stdin").is_ok_and(|stdin| stdin.is_file());
        let is_live = !is_file && !io::stdin().is_terminal();
        Self { called: "standard input".into(), size: None, is_live, reader }
    }

    fn template(template: &Template) -> Self {
        let called = sanitized!("template {}", sanitize(&template.name));
        Self { called, size: None, is_live: false, reader: Box::new(Cursor::new(template.text.clone())) }
    }

    fn file(name: &str, file: File) -> Self {
        let length = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        let called = Path::new(name).file_name().map_or_else(|| name.into(), |name| name.to_string_lossy());
        let reader = Box::new(BufReader::with_capacity(BUFFER, file));
        Self { called: sanitize(&called), size: length, is_live: false, reader }
    }

    /// Leaves the first interrupt to the program that writes a live input: `^C` reaches every program of a pipeline, and
    /// this one is to make something of what came until then. A second interrupt ends it too.
    pub(super) fn outlast_an_interrupt(&self) -> Result<(), RuntimeError> {
        if !self.is_live {
            return Ok(());
        }
        let interrupted = Arc::new(AtomicBool::new(false));
        let code = Exit::Signal(2).code().into();
        // In this order: the first interrupt finds it unset, and the second set.
        flag::register_conditional_shutdown(SIGINT, code, Arc::clone(&interrupted))
            .and_then(|_| flag::register(SIGINT, interrupted))
            .map_err(|source| RuntimeError::System { what: "the handling of signals", source })?;
        Ok(())
    }

    /// Looks at what it holds. It is NDJSON when its first line is an object that ends on it, else all of it is one JSON
    /// text. No second line is waited for: an event alone is the same as a line and as a whole, and who writes the next
    /// one may take hours.
    pub(super) fn events(self) -> Result<InputText, Unreadable> {
        let mut lines = Lines { reader: self.reader, line: 0, bytes: 0, ahead: Vec::new() };
        let Some(first) = lines.read()? else { return Ok(InputText::One(String::new())) };
        if !is_whole_object(&first.bytes) {
            return lines.rest(first).map(InputText::One);
        }
        lines.ahead = vec![first];
        Ok(InputText::Lines(lines))
    }

    /// The same, but an object alone is one JSON text: it goes out by itself, and not in a call of many.
    pub(super) fn drafts(self) -> Result<InputText, Unreadable> {
        let mut lines = match self.events()? {
            InputText::Lines(lines) => lines,
            one @ InputText::One(_) => return Ok(one),
        };
        match (lines.read()?, lines.ahead.pop()) {
            (None, Some(only)) => lines.rest(only).map(InputText::One),
            (second, first) => {
                lines.ahead.extend(second.into_iter().chain(first));
                Ok(InputText::Lines(lines))
            }
        }
    }
}

/// The lines of an input that are not blank.
pub(super) struct Lines {
    reader: Box<dyn BufRead + Send>,
    line: u64,
    bytes: u64,
    /// The lines read ahead, the next one last.
    ahead: Vec<RawLine>,
}

struct RawLine {
    number: u64,
    bytes: Vec<u8>,
    /// Where it ends in the input.
    end: u64,
}

/// A line of an input.
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Its text.
    pub(super) text: String,
    /// How many bytes were read up to its end.
    pub(super) end: u64,
}

impl Iterator for Lines {
    type Item = Result<Line, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.ahead.pop().map_or_else(|| self.read(), |line| Ok(Some(line)));
        let RawLine { number, bytes, end } = match next {
            Ok(line) => line?,
            Err(unreadable) => return Some(Err(unreadable)),
        };
        Some(match String::from_utf8(bytes) {
            Ok(text) => Ok(Line { number, text, end }),
            Err(_) => Err(Unreadable { line: number, reason: NOT_TEXT.into(), only_this_line: true }),
        })
    }
}

const NOT_TEXT: &str = "this line is not text (not UTF-8)";

impl Lines {
    /// The next line that is not blank, without the mark that some editors put at the start of a file.
    fn read(&mut self) -> Result<Option<RawLine>, Unreadable> {
        loop {
            let mut bytes = Vec::new();
            let limit = LONGEST as u64 + 1;
            let read = (&mut self.reader).take(limit).read_until(b'\n', &mut bytes);
            self.line += 1;
            let number = self.line;
            let fatal = |reason: Sanitized| Unreadable { line: number, reason, only_this_line: false };
            let length = read.map_err(|error| fatal(sanitized!("it cannot be read: {}", Sanitized::of(&error))))?;
            if length == 0 {
                return Ok(None);
            }
            if length > LONGEST {
                return Err(fatal("this line is longer than 64 MiB".into()));
            }
            self.bytes += length as u64;
            if number == 1 && bytes.starts_with(BYTE_ORDER_MARK) {
                bytes.drain(..BYTE_ORDER_MARK.len());
            }
            if !bytes.trim_ascii().is_empty() {
                return Ok(Some(RawLine { number, bytes, end: self.bytes }));
            }
        }
    }

    /// All of the input, of which `first` is the first line that is not blank, as one text with its line numbers.
    fn rest(mut self, first: RawLine) -> Result<String, Unreadable> {
        let blank = usize::try_from(first.number).unwrap_or(usize::MAX).saturating_sub(1).min(LONGEST);
        let mut bytes = vec![b'\n'; blank];
        bytes.extend(first.bytes);
        let fatal = |line: u64, reason: Sanitized| Unreadable { line, reason, only_this_line: false };
        let limit = (LONGEST + 1).saturating_sub(bytes.len()) as u64;
        let read = (&mut self.reader).take(limit).read_to_end(&mut bytes);
        read.map_err(|error| fatal(first.number, sanitized!("it cannot be read: {}", Sanitized::of(&error))))?;
        if bytes.len() > LONGEST {
            let reason = "this begins a JSON text of more than 64 MiB; with one event per line (NDJSON), each line must be \
                          a whole object";
            return Err(fatal(first.number, reason.into()));
        }
        String::from_utf8(bytes).map_err(|error| {
            let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            fatal(valid.split(|byte| *byte == b'\n').count() as u64, NOT_TEXT.into())
        })
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Whether an object begins in `line` whose brackets are all closed in it; it may be broken otherwise.
fn is_whole_object(line: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in line {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    line.trim_ascii_start().first() == Some(&b'{') && depth == 0 && !in_string
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn input(bytes: &[u8]) -> Input {
        Input { called: "test".into(), size: None, is_live: false, reader: Box::new(Cursor::new(bytes.to_vec())) }
    }

    /// Lines with their numbers.
    type Numbered = Vec<(u64, String)>;

    /// One text, or the lines.
    fn read(bytes: &[u8]) -> Result<String, Numbered> {
        match input(bytes).drafts() {
            Ok(InputText::One(text)) => Ok(text),
            Ok(InputText::Lines(lines)) => Err(lines
                .map(|line| match line {
                    Ok(line) => (line.number, line.text.trim_end().to_owned()),
                    Err(unreadable) => (unreadable.line, format!("! {}", unreadable.reason)),
                })
                .collect()),
            Err(unreadable) => Err(vec![(unreadable.line, format!("!! {}", unreadable.reason))]),
        }
    }

    #[test]
    fn an_event_a_line_is_told_from_one_json_text() {
        let lines = |lines: &[(u64, &str)]| Err(lines.iter().map(|(line, text)| (*line, (*text).to_owned())).collect());
        let cases: [(&str, Result<&str, Numbered>); 14] = [
            ("", Ok("")),
            (" \n\n", Ok("")),
            (r#"{"a":1}"#, Ok(r#"{"a":1}"#)),
            ("\u{feff}{\"a\":1}\n", Ok("{\"a\":1}\n")),
            ("\n\n{\"a\":1}\n\n", Ok("\n\n{\"a\":1}\n")),
            ("{\n\"a\":1\n}", Ok("{\n\"a\":1\n}")),
            ("[{\"a\":1}]\n{\"a\":2}", Ok("[{\"a\":1}]\n{\"a\":2}")),
            ("[\n{\"a\":1}\n]", Ok("[\n{\"a\":1}\n]")),
            ("{\"a\":\"}\n{\"a\":2}", Ok("{\"a\":\"}\n{\"a\":2}")),
            ("{\"a\":1}\n{\"a\":2}", lines(&[(1, r#"{"a":1}"#), (2, r#"{"a":2}"#)])),
            ("{\"a\":1}\r\n\r\n{\"a\":2}\r\n", lines(&[(1, r#"{"a":1}"#), (3, r#"{"a":2}"#)])),
            ("{\"a\":{{now}}}\nbroken", lines(&[(1, r#"{"a":{{now}}}"#), (2, "broken")])),
            ("{\"a\" oops}\n{\"a\":\"\\\"}{\"}", lines(&[(1, r#"{"a" oops}"#), (2, r#"{"a":"\"}{"}"#)])),
            ("{a}\n\u{feff}{}", lines(&[(1, "{a}"), (2, "\u{feff}{}")])),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text.as_bytes()), expected.map(str::to_owned), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_text_is_named_by_its_line() {
        let expected = [(1, "{}".to_owned()), (2, format!("! {NOT_TEXT}")), (3, "{}".to_owned())];
        assert_eq!(read(b"{}\n{\"a\":\"\xff\"}\n{}"), Err(expected.into()));
        assert_eq!(read(b"\n[\n\"\xff\"]"), Err(vec![(3, format!("!! {NOT_TEXT}"))]));
    }

    #[test]
    fn what_never_ends_is_not_kept_in_memory() {
        for (start, part) in [("{\"a\":1}\n{}\n", "longer than 64 MiB"), ("[\n", "NDJSON")] {
            let endless = start.as_bytes().chain(io::repeat(b'x'));
            let input = Input { reader: Box::new(BufReader::new(endless)), ..input(b"") };
            let reason = match input.drafts() {
                Ok(InputText::Lines(mut lines)) => lines.find_map(Result::err).unwrap().reason.to_string(),
                Ok(InputText::One(_)) => String::new(),
                Err(unreadable) => unreadable.reason.into(),
            };
            assert!(reason.contains(part), "{reason}");
        }
    }
}
