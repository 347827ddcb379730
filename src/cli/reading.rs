//! The reading of an input, one thing after the other: records of a tape, events by themselves, many at once.

use super::input::{BadInput, Input, Part};
use super::lint::{self, is_object};
use crate::event::syntax::SyntaxError;
use crate::event::{Document, Form, NO_ARRAY, Sanitized};
use crate::session::tape::Header;
use crate::session::{Record, RecordLine};

/// Takes in what an input has.
pub(super) trait Reader {
    /// An event by itself.
    fn event(&mut self, event: &Document);

    /// A record, with its event where it has one.
    fn record(&mut self, record: &Record, event: Option<&Document>);

    /// The first line of a tape.
    fn header(&mut self, _header: Header) {}

    /// A part that cannot be read.
    fn unreadable(&mut self, bad: &BadInput);
}

/// Reads all of an input, which is called so in messages.
pub(super) fn read(input: Input, called: &Sanitized, reader: &mut impl Reader) {
    for part in input.values() {
        match part {
            Ok(part) => take_in(&part, called, reader),
            Err(unreadable) => reader.unreadable(&unreadable.of(called)),
        }
    }
}

fn take_in(part: &Part, called: &Sanitized, reader: &mut impl Reader) {
    let bad = |line: usize, column: Option<usize>, reason: Sanitized| {
        let (line, place) = part.place(line, column.unwrap_or(1));
        let (line, column) = (Some(line), column.map(|_| place));
        BadInput { called: called.clone(), line, column, reason, can_be_left_out: true }
    };
    match RecordLine::read(&part.text) {
        RecordLine::Event { change, .. } => record(&Record::Change(change), bad, reader),
        RecordLine::Record(told) => record(&told, bad, reader),
        RecordLine::Header(header) => reader.header(header),
        RecordLine::Unknown => {}
        RecordLine::Other => match Form::read(&part.text) {
            Form::NoArray(_) => reader.unreadable(&bad(1, None, NO_ARRAY.into())),
            Form::Event(text) => event(text, bad, reader),
            Form::Many { events, .. } => events.into_iter().for_each(|text| event(text, bad, reader)),
        },
    }
}

fn event(text: &str, bad: impl Fn(usize, Option<usize>, Sanitized) -> BadInput, reader: &mut impl Reader) {
    match lint::read(text) {
        Ok(event) if is_object(&event) => reader.event(&event),
        Ok(_) => reader.unreadable(&bad(1, None, "an event is an object".into())),
        Err(SyntaxError { line, column, message }) => reader.unreadable(&bad(line, Some(column), message)),
    }
}

fn record(record: &Record, bad: impl Fn(usize, Option<usize>, Sanitized) -> BadInput, reader: &mut impl Reader) {
    let payload = record.change().and_then(|change| change.payload.clone());
    match payload.map(Document::new).transpose() {
        Ok(event) => reader.record(record, event.as_ref()),
        Err(error) => reader.unreadable(&bad(1, None, Sanitized::of(&error))),
    }
}
