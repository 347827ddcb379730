//! The lines of a tape, and of other files with events: the records that they stand for.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::event::{Form, Head, Payload, TypeName};
use crate::session::tape::{self, Header, TapeError};
use crate::session::{Arrival, Change, ChangeKind, Moment, Record, RecordLine};

/// A line, as it is told.
#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    /// What happened.
    Records(Vec<Record>),
    /// The first line of a tape.
    Header(Header),
    /// Nothing that is known here.
    Nothing,
}

/// Makes records of lines, one after the other. An event by itself becomes one as a watcher would have told it.
#[derive(Debug, Default)]
pub struct LineReader {
    /// How many events of each type came, where they are events by themselves.
    counts: HashMap<TypeName, u64>,
    /// The latest time that was told.
    latest: Option<Timestamp>,
}

impl LineReader {
    /// One for the lines behind those that brought so many events.
    pub(super) fn after(counts: HashMap<TypeName, u64>) -> Self {
        Self { counts, latest: None }
    }

    /// The line as it is told; `is_ended` says whether a line feed is behind it.
    pub fn read(&mut self, line: &[u8], is_ended: bool) -> Result<Told, TapeError> {
        let text = std::str::from_utf8(line).map_err(|_| TapeError::NotText)?;
        let text = trimmed(text);
        if text.is_empty() {
            return Ok(Told::Nothing);
        }
        Ok(match RecordLine::read(text) {
            RecordLine::Event { change, .. } => Told::Records(vec![Record::Change(change)]),
            RecordLine::Record(record) => Told::Records(vec![*record]),
            RecordLine::Header(header) => Told::Header(header),
            RecordLine::Unknown => Told::Nothing,
            RecordLine::Other => {
                tape::check(text, is_ended)?;
                let events = match Form::read(text) {
                    Form::Event(event) => vec![event],
                    Form::Many { events, .. } => events,
                    Form::NoArray(_) => return Err(TapeError::NoEvent),
                };
                if !events.iter().all(|event| event.trim_start().starts_with('{')) {
                    return Err(TapeError::NoEvent);
                }
                Told::Records(events.into_iter().map(|event| self.event(event)).collect())
            }
        })
    }

    /// The record of an event by itself.
    fn event(&mut self, text: &str) -> Record {
        let payload = Arc::new(Payload::new(text));
        let head = payload.head();
        let event_type = head.event_type.clone().unwrap_or_else(|| TypeName::UNNAMED.into());
        self.latest = self.latest.max(head.received.or(head.happened));
        let at = Moment::at(self.latest.unwrap_or(Timestamp::UNIX_EPOCH));
        let count = self.counts.entry(event_type.clone()).or_default();
        *count += 1;
        let kind = if *count == 1 { ChangeKind::New } else { ChangeKind::Updated };
        Record::Change(Change {
            event_type,
            kind,
            payload: Some(payload),
            received: None,
            counted_at: None,
            captured: *count,
            arrived: 1,
            coverage: None,
            at,
            arrival: Arrival::Tape,
            number: None,
        })
    }
}

/// The time that a line tells: of a record when it was seen, of an event by itself when it came.
pub(super) fn time(line: &[u8]) -> Option<Timestamp> {
    let text = trimmed(std::str::from_utf8(line).ok()?);
    match RecordLine::read(text) {
        RecordLine::Event { change, .. } => known(change.at),
        RecordLine::Record(record) => known(record.at()),
        RecordLine::Header(header) => known(header.at),
        RecordLine::Unknown => None,
        RecordLine::Other => {
            let head = Head::of(text, None);
            head.received.or(head.happened)
        }
    }
}

/// The time of a moment; `None` for that of an event of which no time is known.
pub(super) fn known(at: Moment) -> Option<Timestamp> {
    (at.wall != Timestamp::UNIX_EPOCH).then_some(at.wall)
}

/// A line without what may stand around it: a byte order mark, the mark of a JSON text sequence, blanks.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(['\u{feff}', '\u{1e}', ' ', '\t', '\r', '\n'])
}
