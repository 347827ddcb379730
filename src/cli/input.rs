use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, IsTerminal, Seek};
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
use crate::event::values::{Splitter, Value};
use crate::event::{Redaction, Sanitized, sanitized};
use crate::runtime::RuntimeError;
use crate::session::RecordLine;
use crate::session::tape::{self, TapeError};
use crate::source::packed;

/// The most that one value may have, in bytes: it is held in memory whole.
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
    /// Standard input is the keyboard.
    #[error("there is nothing to read on standard input: pipe events into it, or name a file")]
    Keyboard,
    /// The file cannot be opened.
    #[error("{file} cannot be opened: {source}")]
    Open {
        /// Its name.
        file: Sanitized,
        /// The system's error.
        source: io::Error,
    },
}

impl InputError {
    /// Why, without the name.
    pub(super) fn reason(&self) -> Sanitized {
        match self {
            Self::Folder(_) => "a folder, not a file".into(),
            Self::Open { source, .. } => sanitized!("cannot be opened: {}", sanitize(&source.to_string())),
            Self::NoTemplate(_) | Self::NoFile(_) | Self::Keyboard => Sanitized::lines(&self.to_string()),
        }
    }
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

    /// The same with masks.
    pub(super) fn twin(&self, redaction: &Redaction) -> Self {
        Self { called: redaction.words(&self.called), reason: redaction.words(&self.reason), ..self.clone() }
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
    /// The file that it is, where that can be read again.
    file: Option<File>,
    /// Whether it is read for the second time, and all was said of it.
    is_again: bool,
}

/// A part of an input that cannot be read.
#[derive(Debug)]
pub(super) struct Unreadable {
    /// The line where it begins, from 1; `None` where it is all of the input.
    pub(super) line: Option<u64>,
    /// Why.
    pub(super) reason: Sanitized,
    /// Whether what comes after it can be read.
    pub(super) goes_on: bool,
}

impl Unreadable {
    /// As it is said of the input that is called so.
    pub(super) fn of(self, called: &Sanitized) -> BadInput {
        let Self { line, reason, goes_on } = self;
        BadInput { called: called.clone(), line, column: None, reason, can_be_left_out: goes_on }
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
        Self { called: "standard input".into(), size: None, is_live, reader, file: None, is_again: false }
    }

    fn template(template: &Template) -> Self {
        let called = sanitized!("template {}", sanitize(&template.name));
        let reader = Box::new(Cursor::new(template.text.clone()));
        Self { called, size: None, is_live: false, reader, file: None, is_again: false }
    }

    /// A text that is called so.
    pub(super) fn of_text(called: Sanitized, text: String) -> Self {
        let size = Some(text.len() as u64);
        Self { called, size, is_live: false, reader: Box::new(Cursor::new(text)), file: None, is_again: false }
    }

    fn file(name: &str, file: File) -> Self {
        let length = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        let called = Path::new(name).file_name().map_or_else(|| name.into(), |name| name.to_string_lossy());
        let again = length.and_then(|_| file.try_clone().ok());
        let reader = Box::new(BufReader::with_capacity(BUFFER, file));
        Self { called: sanitize(&called), size: length, is_live: false, reader, file: again, is_again: false }
    }

    /// The values, and the input once more, to be read from its beginning when they are done with.
    pub(super) fn again(self) -> (Values, Option<Rewind>) {
        let Self { called, size, is_live, reader, file, .. } = self;
        let values = Values::new(reader, Some(called.clone()));
        (values, file.map(|file| Rewind { called, size, is_live, file }))
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

    /// Its values, one after the other. No value waits for the next one, for who writes that may take hours.
    pub(super) fn values(self) -> Values {
        Values::new(self.reader, Some(self.called).filter(|_| !self.is_again))
    }
}

/// An input that was read, to be read again.
pub(super) struct Rewind {
    called: Sanitized,
    size: Option<u64>,
    is_live: bool,
    file: File,
}

impl Rewind {
    /// The input from its beginning.
    pub(super) fn input(mut self) -> io::Result<Input> {
        self.file.rewind()?;
        let Self { called, size, is_live, file } = self;
        let reader = Box::new(BufReader::with_capacity(BUFFER, file));
        Ok(Input { called, size, is_live, reader, file: None, is_again: true })
    }
}

/// The values of an input, in order: objects and arrays with or without anything between them, over one line or many.
/// Text that is no value goes to the end of its line. Where not even the first is one, nothing after it is read.
pub(super) struct Values {
    reader: Box<dyn BufRead + Send>,
    splitter: Splitter,
    /// How many bytes were taken; `None` where these are not those of the file.
    bytes: Option<u64>,
    state: Reading,
    is_tape: bool,
    /// How much of what was read was not taken yet.
    at_hand: usize,
    /// The name of the input, where it is said that the end of a tape is torn.
    called: Option<Sanitized>,
}

/// What an input gives without being waited for.
pub(super) enum AtHand {
    Part(Result<Part, Unreadable>),
    /// More may come.
    Nothing,
    End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Nothing was read yet.
    New,
    /// No value was read yet.
    First,
    Going,
    Ended,
}

/// A value of an input.
pub(super) struct Part {
    /// Its text.
    pub(super) text: String,
    /// The line where it begins, from 1.
    pub(super) line: u64,
    /// The column in characters, from 1.
    column: usize,
    /// How many bytes of the input were read up to its end, where that is known.
    pub(super) end: Option<u64>,
}

impl Part {
    /// Where what is said of a place in its text, a line and a column from 1, stands in the input.
    pub(super) fn place(&self, line: usize, column: usize) -> (u64, usize) {
        let before = if line <= 1 { self.column - 1 } else { 0 };
        (self.line + line.saturating_sub(1) as u64, before + column)
    }
}

/// Where the lines of a part end.
pub(super) struct Lines {
    first: u64,
    ends: Vec<usize>,
}

impl Lines {
    /// Those of a text that begins in that line.
    pub(super) fn of(text: &str, first: u64) -> Self {
        Self { first, ends: memchr::memchr_iter(b'\n', text.as_bytes()).collect() }
    }

    /// The line in which this byte stands.
    pub(super) fn line(&self, at: usize) -> u64 {
        self.first + self.ends.partition_point(|end| *end < at) as u64
    }
}

const NOT_TEXT: &str = "this line is not text (not UTF-8)";

impl Values {
    fn new(reader: Box<dyn BufRead + Send>, called: Option<Sanitized>) -> Self {
        let (splitter, bytes, state) = (Splitter::default(), Some(0), Reading::New);
        Self { reader, splitter, bytes, state, is_tape: false, at_hand: 0, called }
    }

    /// Looks at a value for the beginning of a tape, and says why not all of that may be read.
    fn look_for_tape(&mut self, text: &str, is_first: bool) -> Result<(), TapeError> {
        if !is_first && !text.starts_with(r#"{"record":"tape""#) {
            return Ok(());
        }
        let RecordLine::Header(header) = RecordLine::read(text) else { return Ok(()) };
        self.is_tape = true;
        self.splitter.go_by_line();
        header.check()
    }

    /// Whether the end of a tape is torn in that value, which is no fault of the rest: that is said, and no more.
    fn is_torn(&self, Value { bytes, line, .. }: &Value) -> bool {
        let is_torn = self.is_tape
            && !bytes.ends_with(b"\n")
            && tape::check(&String::from_utf8_lossy(bytes), false) == Err(TapeError::Torn);
        if let Some(called) = self.called.as_ref().filter(|_| is_torn) {
            super::stderr::say_plainly(&sanitized!("{}:{}: {}", called, line, Sanitized::of(&TapeError::Torn)));
        }
        is_torn
    }

    /// Looks at how the input is written.
    fn begin(&mut self) -> Result<(), Unreadable> {
        let reader = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        let unpacked = packed::unpack(reader).map_err(|error| {
            let reason = match error.kind() {
                io::ErrorKind::InvalidData => Sanitized::of(&error),
                _ => sanitized!("it cannot be read: {}", Sanitized::of(&error)),
            };
            Unreadable { line: None, reason, goes_on: false }
        })?;
        if !unpacked.is_plain {
            self.bytes = None;
        }
        self.reader = unpacked.reader;
        Ok(())
    }

    /// The next value; `None` where that is not at hand and may not be waited for.
    fn read(&mut self, may_wait: bool) -> Option<Result<Option<Value>, Unreadable>> {
        if self.state == Reading::New && may_wait {
            if let Err(error) = self.begin() {
                return Some(Err(error));
            }
            self.state = Reading::First;
        }
        loop {
            if self.at_hand == 0 && !may_wait {
                return None;
            }
            let fatal =
                |splitter: &Splitter, reason| Unreadable { line: Some(splitter.line()), reason, goes_on: false };
            let piece = match self.reader.fill_buf() {
                Ok(piece) => piece,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    let reason = sanitized!("it cannot be read: {}", Sanitized::of(&error));
                    return Some(Err(fatal(&self.splitter, reason)));
                }
            };
            if piece.is_empty() {
                return Some(Ok(self.splitter.finish()));
            }
            let (taken, value) = self.splitter.take(piece);
            self.at_hand = piece.len() - taken;
            self.reader.consume(taken);
            self.bytes = self.bytes.map(|bytes| bytes + taken as u64);
            if self.splitter.held().max(value.as_ref().map_or(0, |value| value.bytes.len())) > LONGEST {
                let reason = "this begins a JSON text of more than 64 MiB; with an event a line (NDJSON), each line must \
                              be a whole object";
                return Some(Err(fatal(&self.splitter, reason.into())));
            }
            if value.is_some() {
                return Some(Ok(value));
            }
        }
    }

    /// The next part, if it was read already.
    pub(super) fn at_hand(&mut self) -> AtHand {
        self.advance(false)
    }

    fn advance(&mut self, may_wait: bool) -> AtHand {
        if self.state == Reading::Ended {
            return AtHand::End;
        }
        let value = match self.read(may_wait) {
            None => return AtHand::Nothing,
            Some(Ok(Some(value))) => value,
            Some(Ok(None)) => {
                self.state = Reading::Ended;
                return AtHand::End;
            }
            Some(Err(unreadable)) => {
                self.state = Reading::Ended;
                return AtHand::Part(Err(unreadable));
            }
        };
        if self.is_torn(&value) {
            self.state = Reading::Ended;
            return AtHand::End;
        }
        let is_first = self.state == Reading::First;
        self.state = if is_first && !value.is_container { Reading::Ended } else { Reading::Going };
        let Value { bytes, line, column, .. } = value;
        AtHand::Part(match String::from_utf8(bytes) {
            Ok(text) => match self.look_for_tape(&text, is_first) {
                Ok(()) => Ok(Part { text, line, column, end: self.bytes }),
                Err(newer) => Err(Unreadable { line: Some(line), reason: Sanitized::of(&newer), goes_on: true }),
            },
            Err(error) => {
                let valid = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
                let line = line + valid.split(|byte| *byte == b'\n').count() as u64 - 1;
                Err(Unreadable { line: Some(line), reason: NOT_TEXT.into(), goes_on: true })
            }
        })
    }
}

impl Iterator for Values {
    type Item = Result<Part, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.advance(true) {
            AtHand::Part(part) => Some(part),
            AtHand::Nothing | AtHand::End => None,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    fn input(bytes: impl Read + Send + 'static) -> Input {
        let reader = Box::new(BufReader::new(bytes));
        Input { called: "test".into(), size: None, is_live: false, reader, file: None, is_again: false }
    }

    /// A value, or why there is none, with the line where it begins.
    type Told = (Option<u64>, String);

    fn read(bytes: &[u8]) -> Vec<Told> {
        let told = |part: Result<Part, Unreadable>| match part {
            Ok(part) => (Some(part.line), part.text.trim_end().to_owned()),
            Err(bad) => (bad.line, format!("{} {}", if bad.goes_on { "!" } else { "!!" }, bad.reason)),
        };
        input(Cursor::new(bytes.to_vec())).values().map(told).collect()
    }

    #[test]
    fn values_are_read_whatever_they_come_in() {
        let one = |line, text: &str| (Some(line), text.to_owned());
        let gzip = |text: &[u8]| {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            packed.write_all(text).unwrap();
            packed.finish().unwrap()
        };
        let two = [gzip(b"{\"a\":1}\n"), gzip(b"{\"a\":2}\n")].concat();
        let cases: Vec<(&[u8], Vec<Told>)> = vec![
            (b"", vec![]),
            (b"{}", vec![one(1, "{}")]),
            (b"\n\n{\"a\":1}\r\n{\"a\":2}", vec![one(3, "{\"a\":1}"), one(4, "{\"a\":2}")]),
            (b"{\n\"a\":1\n}\n[]", vec![one(1, "{\n\"a\":1\n}"), one(4, "[]")]),
            (&two, vec![one(1, "{\"a\":1}"), one(2, "{\"a\":2}")]),
            // Nothing in it is known.
            (b"a,b\n1,2\n{}", vec![one(1, "a,b")]),
            (b"{}\noops\n{}", vec![one(1, "{}"), one(2, "oops"), one(3, "{}")]),
            (b"{}\n{\"a\":\n\"\xff\"}\n{}", vec![one(1, "{}"), one(3, &format!("! {NOT_TEXT}")), one(4, "{}")]),
        ];
        for (bytes, expected) in cases {
            assert_eq!(read(bytes), expected, "{bytes:?}");
        }
        let cut = gzip(b"{\"a\":1}\n{\"a\":2}\n");
        let read = read(cut.get(..cut.len() - 9).unwrap());
        assert!(read.last().unwrap().1.starts_with("!! it cannot be read: "), "{read:?}");
    }

    #[test]
    fn a_tape_is_read_line_by_line_and_a_torn_end_is_no_value() {
        let header = |version| {
            format!(r#"{{"record":"tape","version":{version},"target":"us","observed_at":"2026-11-24T12:00:00.000Z"}}"#)
        };
        let (whole, broken, torn) = (r#"{"event":"é"}"#, r#"{"event":"#, r#"{"event":"é"#);
        let first = (Some(1), header(1));
        let one = |line, text: &str| (Some(line), text.to_owned());
        let cases: Vec<(Vec<u8>, Vec<Told>)> = vec![
            (header(1).into(), vec![first.clone()]),
            (format!("{}\n{whole}\n", header(1)).into(), vec![first.clone(), one(2, whole)]),
            (format!("{}\n{whole}", header(1)).into(), vec![first.clone(), one(2, whole)]),
            (format!("{}\n{whole}\n{torn}", header(1)).into(), vec![first.clone(), one(2, whole)]),
            (format!("{}\n{broken}\n{whole}\n", header(1)).into(), vec![first.clone(), one(2, broken), one(3, whole)]),
            // In the middle of a character.
            ([format!("{}\n", header(1)).as_bytes(), b"{\"event\":\"\xc3"].concat(), vec![first.clone()]),
            // Not of a tape.
            (format!("{whole}\n{torn}").into(), vec![one(1, whole), one(2, torn)]),
            (
                format!("{}\n{whole}\n{}\n{broken}\n{whole}", header(1), header(1)).into(),
                vec![first.clone(), one(2, whole), one(3, &header(1)), one(4, broken), one(5, whole)],
            ),
        ];
        for (bytes, expected) in cases {
            assert_eq!(read(&bytes), expected, "{:?}", String::from_utf8_lossy(&bytes));
        }
        let read = read(format!("{}\n{whole}\n{torn}", header(2)).as_bytes());
        let [(Some(1), newer), rest] = &*read else { panic!("{read:?}") };
        assert!(newer.starts_with("! written by a newer version (2); this one reads 1"), "{newer}");
        assert_eq!(rest, &one(2, whole));
    }

    #[test]
    fn what_never_ends_is_not_kept_in_memory() {
        for start in ["{\"a\":1}\n{}\n", "[\n", "{\"a\":\""] {
            let endless = input(start.as_bytes().chain(io::repeat(b'x')));
            let reason = endless.values().find_map(Result::err).unwrap().reason;
            assert!(reason.contains("more than 64 MiB") && reason.contains("NDJSON"), "{reason}");
        }
        let values = input("{}".as_bytes().chain(io::repeat(b'{').take(9)).chain(io::repeat(b' '))).values();
        assert_eq!(values.take(1).filter_map(Result::ok).count(), 1);
    }
}
