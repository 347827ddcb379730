//! The reading of a tape, on a thread of its own: what it is, where its lines are, and the index of them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::index::{Index, Indexer};
use super::text::{LONGEST, Line, Lines};
use super::{TapeFile, line};
use crate::event::syntax;
use crate::event::text::json_line;
use crate::event::values::{Splitter, Value};
use crate::event::{Form, Sanitized, sanitized};
use crate::session::RecordLine;
use crate::session::tape::{self, Header, TapeError};
use crate::source::packed::{self, Unpacked};

/// How much is read at once.
const BUFFER: usize = 1 << 20;

/// How often it is told how far the reading has come.
const TOLD_EVERY: Duration = Duration::from_millis(50);

/// A tape that is being read, for its reader and its player.
#[derive(Debug, Default)]
pub(super) struct Tape {
    index: Mutex<Index>,
    /// The file that has its lines: the tape itself, or what was unpacked of it.
    text: OnceLock<Arc<File>>,
    header: OnceLock<Header>,
}

impl Tape {
    /// Its index as far as it is made. Nobody keeps it for long.
    pub(super) fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file that has its lines, once that is known.
    pub(super) fn text(&self) -> Option<&Arc<File>> {
        self.text.get()
    }

    /// The first line of a tape, once it was read.
    pub(super) fn header(&self) -> Option<&Header> {
        self.header.get()
    }
}

/// Reads the tape on a thread of its own, and tells `heard` now and then. It ends early when that says that nobody listens any
/// more.
pub(super) fn begin(file: TapeFile, tape: &Arc<Tape>, heard: impl FnMut() -> bool + Send + 'static) {
    let TapeFile { called, file } = file;
    let mut reading = Reading {
        tape: Arc::clone(tape),
        called,
        heard,
        due: Instant::now() + TOLD_EVERY,
        indexer: Indexer::default(),
        line: 0,
    };
    let run = move || {
        if let Err(Stopped::Failed(why)) = reading.read(file) {
            reading.tape.index().failed = Some(sanitized!("{}: {}", reading.called, why));
        }
        (reading.heard)();
    };
    if let Err(error) = thread::Builder::new().name("tape".into()).spawn(run) {
        tape.index().failed = Some(sanitized!("no thread can be started to read the tape: {}", Sanitized::of(&error)));
    }
}

/// Why the reading ends before the end of the tape.
enum Stopped {
    /// Nobody listens any more.
    Unheard,
    /// It cannot be read.
    Failed(Sanitized),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // It says so itself.
            io::ErrorKind::InvalidData => Self::Failed(Sanitized::of(&error)),
            _ => Self::Failed(sanitized!("it cannot be read: {}", Sanitized::of(&error))),
        }
    }
}

impl From<TapeError> for Stopped {
    fn from(error: TapeError) -> Self {
        Self::Failed(Sanitized::of(&error))
    }
}

struct Reading<H> {
    tape: Arc<Tape>,
    called: Sanitized,
    heard: H,
    /// When it is told next how far this is.
    due: Instant,
    indexer: Indexer,
    /// How many lines were read.
    line: u64,
}

impl<H: FnMut() -> bool> Reading<H> {
    fn read(&mut self, file: File) -> Result<(), Stopped> {
        let length = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        self.tape.index().size = length.unwrap_or_default();
        let itself = length.and_then(|_| file.try_clone().ok());
        let packed = Counted { file, tape: Arc::clone(&self.tape) };
        let Unpacked { mut reader, is_plain } = packed::unpack(Box::new(BufReader::with_capacity(BUFFER, packed)))?;
        let mut first = Vec::new();
        loop {
            let before = first.len();
            (&mut reader).take(LONGEST as u64).read_until(b'\n', &mut first)?;
            let read = first.get(before..).unwrap_or_default();
            if read.is_empty() {
                return Err(TapeError::Empty.into());
            }
            if !line::trimmed(&String::from_utf8_lossy(read)).is_empty() {
                break;
            }
        }
        let is_by_line = is_by_line(&first)?;
        if let Some(itself) = itself.filter(|_| is_plain && is_by_line) {
            return self.index_file(itself);
        }
        let text = Arc::new(tempfile::tempfile()?);
        drop(self.tape.text.set(Arc::clone(&text)));
        let reader = io::Cursor::new(first).chain(reader);
        if is_by_line { self.unpack_lines(&text, reader) } else { self.unpack_values(&text, reader) }
    }

    /// Makes the index of a file that has a record or an event a line.
    fn index_file(&mut self, file: File) -> Result<(), Stopped> {
        let file = Arc::new(file);
        drop(self.tape.text.set(Arc::clone(&file)));
        let mut lines = Lines::by(&file, 0, u64::MAX, BUFFER);
        while let Some(line) = lines.next()? {
            self.take(line);
            if self.indexer.is_full() {
                self.close(true)?;
            }
        }
        self.finish()
    }

    /// Copies the lines of a file that was packed, or of a stream, and makes the index of them.
    fn unpack_lines(&mut self, text: &File, mut reader: impl BufRead) -> Result<(), Stopped> {
        let mut copy = BufWriter::with_capacity(BUFFER, text);
        let mut line = Vec::new();
        let trouble = loop {
            line.clear();
            let read = (&mut reader).take(LONGEST as u64).read_until(b'\n', &mut line);
            let trouble = read.err();
            if line.is_empty() {
                break trouble;
            }
            if trouble.is_some() && !line.ends_with(b"\n") {
                // Where it is cut short is told by itself.
                break trouble;
            }
            copy.write_all(&line)?;
            let is_ended = line.ends_with(b"\n");
            let bytes = line.strip_suffix(b"\n").unwrap_or(&line);
            self.take(Line { bytes, length: line.len() as u64, is_ended, is_too_long: line.len() >= LONGEST });
            if self.indexer.is_full() {
                copy.flush()?;
                self.close(false)?;
            }
            if trouble.is_some() {
                break trouble;
            }
        };
        copy.flush()?;
        self.cut(trouble);
        self.finish()
    }

    /// Lays out the records and events of a file that has them otherwise, one a line, and makes the index of them.
    fn unpack_values(&mut self, text: &File, mut reader: impl BufRead) -> Result<(), Stopped> {
        let mut copy = BufWriter::with_capacity(BUFFER, text);
        let mut splitter = Splitter::default();
        let trouble = loop {
            let piece = match reader.fill_buf() {
                Ok(piece) => piece,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => break Some(error),
            };
            if piece.is_empty() {
                break None;
            }
            let (taken, value) = splitter.take(piece);
            reader.consume(taken);
            if splitter.held() > LONGEST {
                self.line = splitter.line();
                return Err(Stopped::Failed(self.placed(&TapeError::TooLong)));
            }
            if let Some(value) = value {
                self.lay_out(value, &mut copy)?;
            }
        };
        if let Some(value) = splitter.finish() {
            self.lay_out(value, &mut copy)?;
        }
        copy.flush()?;
        self.cut(trouble);
        self.finish()
    }

    fn lay_out(&mut self, value: Value, copy: &mut BufWriter<&File>) -> Result<(), Stopped> {
        let Value { bytes, line, .. } = value;
        self.line = line;
        let Ok(text) = String::from_utf8(bytes) else {
            self.fault(&TapeError::NotText);
            return Ok(());
        };
        let text = line::trimmed(&text);
        if let Err(error) = syntax::check(text) {
            self.line += error.line.saturating_sub(1) as u64;
            self.fault(&TapeError::Broken(error));
            return Ok(());
        }
        let values = match RecordLine::read(text) {
            RecordLine::Other => match Form::read(text) {
                Form::Event(event) => vec![event],
                Form::Many { events, .. } => events,
                Form::NoArray(_) => Vec::new(),
            },
            _ => vec![text],
        };
        if values.is_empty() && !text.starts_with('[') {
            self.fault(&TapeError::NoEvent);
        }
        for value in values {
            if !value.starts_with('{') {
                self.fault(&TapeError::NoEvent);
                continue;
            }
            let laid_out = json_line(value);
            copy.write_all(laid_out.as_bytes())?;
            copy.write_all(b"\n")?;
            self.indexer.take_in(laid_out.as_bytes(), laid_out.len() as u64 + 1);
            if self.indexer.is_full() {
                copy.flush()?;
                self.close(false)?;
            }
        }
        Ok(())
    }

    /// Takes the next line into the index; one that is seen to be broken as one that tells nothing.
    fn take(&mut self, line: Line<'_>) {
        self.line += 1;
        let Line { bytes, length, is_ended, is_too_long } = line;
        let is_whole = match self.trouble(bytes, is_ended, is_too_long) {
            Some(error) => {
                self.fault(&error);
                matches!(error, TapeError::Newer(_))
            }
            None => true,
        };
        self.indexer.take_in(if is_whole { bytes } else { &[] }, length);
    }

    /// What is wrong with a line, as far as that is seen at a glance: with the first of a tape, that it is of a newer version;
    /// with the last one, that it is torn.
    fn trouble(&self, bytes: &[u8], is_ended: bool, is_too_long: bool) -> Option<TapeError> {
        if is_too_long {
            return Some(TapeError::TooLong);
        }
        if !is_ended {
            let text = String::from_utf8_lossy(bytes);
            let text = line::trimmed(&text);
            // Only a tape is known to have been recorded.
            let is_tape = self.tape.header().is_some();
            return if text.is_empty() { None } else { tape::check(text, !is_tape).err() };
        }
        if bytes.starts_with(br#"{"record":"tape""#)
            && let Ok(text) = std::str::from_utf8(bytes)
            && let RecordLine::Header(header) = RecordLine::read(line::trimmed(text))
        {
            let checked = header.check();
            drop(self.tape.header.set(header));
            return checked.err();
        }
        None
    }

    fn fault(&self, error: &TapeError) {
        self.tape.index().fault(self.placed(error));
    }

    /// What is wrong with the line that was read last, and where that is.
    fn placed(&self, error: &TapeError) -> Sanitized {
        sanitized!("{}:{}: {}", self.called, self.line, Sanitized::of(error))
    }

    /// Tells that the rest could not be read.
    fn cut(&mut self, trouble: Option<io::Error>) {
        if let Some(error) = trouble {
            let told = sanitized!("{}:{}: {}", self.called, self.line + 1, Sanitized::of(&error));
            self.tape.index().fault(told);
        }
    }

    /// Adds what was read to the index, and tells how far it is if it is time to.
    fn close(&mut self, is_file: bool) -> Result<(), Stopped> {
        let mut index = self.tape.index();
        self.indexer.close(&mut index);
        if is_file {
            index.read = index.end().offset;
        }
        drop(index);
        let now = Instant::now();
        if now < self.due {
            return Ok(());
        }
        self.due = now + TOLD_EVERY;
        if (self.heard)() { Ok(()) } else { Err(Stopped::Unheard) }
    }

    fn finish(&mut self) -> Result<(), Stopped> {
        let mut index = self.tape.index();
        self.indexer.close(&mut index);
        let (end, text) = (index.end(), self.tape.text());
        drop(index);
        // The last record may stand before lines that tell no time, and before one that is torn.
        let last = match text {
            Some(text) => {
                let from = end.offset.saturating_sub(BUFFER as u64);
                let mut lines = Lines::of(text, from, end.offset);
                if from > 0 {
                    lines.next()?;
                }
                let mut last = None;
                while let Some(line) = lines.next()? {
                    last = line::time(line.bytes).or(last);
                }
                last
            }
            None => None,
        };
        let mut index = self.tape.index();
        index.finish(last);
        if index.end().lines == 0 {
            return Err(TapeError::Empty.into());
        }
        Ok(())
    }
}

/// Whether a file that begins so has a record or an event a line. What begins otherwise than with an object or an array is no
/// file of events.
fn is_by_line(first: &[u8]) -> Result<bool, TapeError> {
    let Ok(text) = std::str::from_utf8(first) else { return Err(TapeError::Foreign) };
    let text = line::trimmed(text);
    if !text.starts_with(['{', '[']) {
        return Err(TapeError::Foreign);
    }
    let is_record = !matches!(RecordLine::read(text), RecordLine::Other);
    Ok(is_record
        || syntax::check(text).is_ok() && matches!(Form::read(text), Form::Event(event) if event.starts_with('{')))
}

/// A file that is being read, of which it is known how far.
struct Counted {
    file: File,
    tape: Arc<Tape>,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buf)?;
        self.tape.index().read += read as u64;
        Ok(read)
    }
}
