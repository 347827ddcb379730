use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use clap::ValueEnum;
use futures_util::stream;

use super::intake::{Account, Arrival};
use super::store::{Store, TypeView};

/// The form of the debug answer.
///
/// Only [`Single`](Self::Single) is documented, and it contradicts the documentation's own words ("of each event type").
/// The platform's real answer is not public, so every plausible form can be had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DebugShape {
    /// One flat event object, the newest of all, as in the published sample.
    Single,
    /// An array with the newest event of each type.
    Array,
    /// An object that maps each type to its newest event.
    #[default]
    Keyed,
    /// An object that maps each type to an array of its newest events, as `/event/history` answers.
    KeyedArrays,
    /// An object that maps each type to a count and a sample, as the dashboard shows them.
    Counted,
    /// The keyed form inside `{"status":"ok","events":…}`.
    Wrapped,
    /// The keyed form, with each event as a JSON text inside a string.
    DoubleEncoded,
    /// An empty body, whatever was received: a new account.
    Empty,
}

/// How many events of a type the keyed arrays hold.
const KEYED_ARRAY_DEPTH: usize = 10;

/// How many bytes of an answer are written before they go out.
const CHUNK_BYTES: usize = 64 << 10;

/// The part of the store to answer with, taken out of it so that the store is free while it is written.
///
/// It shares its events with the store and with every other answer, and they are written while they are read: a client
/// that is slow to read costs a chunk, and no copy of what the store holds.
#[derive(Default)]
pub(super) struct EventsAnswer {
    pieces: Vec<Piece>,
    /// The text after the last event so far.
    end: String,
    form: EventForm,
}

/// How the events of an answer are written.
#[derive(Clone, Copy, Default)]
struct EventForm {
    /// Whether each stands in a string.
    encoded: bool,
    /// Whether they have no uuid but one that was sent.
    without_uuid: bool,
}

/// One event, and what stands before it.
struct Piece {
    before: String,
    event: Arc<Arrival>,
}

impl DebugShape {
    pub(super) fn take(self, store: &Store) -> EventsAnswer {
        let mut out = EventsAnswer::default();
        out.form.encoded = self == Self::DoubleEncoded;
        match self {
            Self::Single => match store.newest() {
                Some(event) => out.event(event),
                None => out.text("{}"),
            },
            Self::Empty => {}
            Self::Array => out.array(store.view(1).into_iter().flat_map(|view| view.events)),
            Self::KeyedArrays => out.keyed(self, store.view(KEYED_ARRAY_DEPTH)),
            Self::Wrapped => {
                out.text(r#"{"status":"ok","events":"#);
                out.keyed(self, store.view(1));
                out.text("}");
            }
            Self::Keyed | Self::Counted | Self::DoubleEncoded => out.keyed(self, store.view(1)),
        }
        out
    }
}

impl EventsAnswer {
    /// `{"<name>":[<event>,…]}`, the form of `/event/history`.
    pub(super) fn history(name: &str, events: Vec<Arc<Arrival>>, without_uuid: bool) -> Self {
        let mut out = Self::default();
        out.form.without_uuid = without_uuid;
        out.text("{");
        out.string(name);
        out.text(":");
        out.array(events.into_iter());
        out.text("}");
        out
    }

    fn text(&mut self, text: &str) {
        self.end.push_str(text);
    }

    fn string(&mut self, text: &str) {
        self.end.push_str(&serde_json::Value::from(text).to_string());
    }

    fn event(&mut self, event: Arc<Arrival>) {
        self.pieces.push(Piece { before: std::mem::take(&mut self.end), event });
    }

    fn array(&mut self, events: impl Iterator<Item = Arc<Arrival>>) {
        self.text("[");
        for (index, event) in events.enumerate() {
            if index > 0 {
                self.text(",");
            }
            self.event(event);
        }
        self.text("]");
    }

    fn keyed(&mut self, shape: DebugShape, types: Vec<TypeView>) {
        self.text("{");
        for (index, TypeView { name, received, events }) in types.into_iter().enumerate() {
            if index > 0 {
                self.text(",");
            }
            self.string(&name);
            self.text(":");
            let mut events = events.into_iter();
            match shape {
                DebugShape::KeyedArrays => self.array(events),
                DebugShape::Counted => {
                    self.text(&format!(r#"{{"count":{received},"last":"#));
                    events.next().into_iter().for_each(|event| self.event(event));
                    self.text("}");
                }
                _ => events.next().into_iter().for_each(|event| self.event(event)),
            }
        }
        self.text("}");
    }

    /// How many bytes it has, and the body that writes them.
    pub(super) fn into_body(self, account: &Arc<Account>) -> (u64, Body) {
        let mut length = self.end.len();
        let mut scratch = Vec::new();
        for piece in &self.pieces {
            scratch.clear();
            piece.write(account, self.form, &mut scratch);
            length += scratch.len();
        }
        let chunks = self.into_chunks(Arc::clone(account)).map(Ok::<_, Infallible>);
        (length as u64, Body::from_stream(stream::iter(chunks)))
    }

    fn into_chunks(self, account: Arc<Account>) -> impl Iterator<Item = Bytes> {
        let Self { pieces, mut end, form } = self;
        let mut pieces = pieces.into_iter();
        std::iter::from_fn(move || {
            let mut chunk = Vec::new();
            while chunk.len() < CHUNK_BYTES
                && let Some(piece) = pieces.next()
            {
                piece.write(&account, form, &mut chunk);
            }
            if pieces.len() == 0 {
                chunk.append(&mut std::mem::take(&mut end).into_bytes());
            }
            (!chunk.is_empty()).then(|| chunk.into())
        })
    }
}

impl Piece {
    fn write(&self, account: &Account, form: EventForm, out: &mut Vec<u8>) {
        out.extend_from_slice(self.before.as_bytes());
        if form.encoded {
            let mut text = Vec::new();
            self.event.write(account, form.without_uuid, &mut text);
            // Writing a text to a vector cannot fail.
            let _ = serde_json::to_writer(out, &String::from_utf8_lossy(&text));
        } else {
            self.event.write(account, form.without_uuid, out);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use jiff::Timestamp;

    use super::super::intake::{self, Client};
    use super::*;

    #[test]
    fn an_answer_copies_a_chunk_at_a_time_however_much_the_store_holds() {
        let account = Arc::new(Account {
            uuid: uuid::Uuid::nil(),
            site: "shop.example".into(),
            seed: 0,
            identifiers: crate::event::Identifiers::default(),
        });
        let filler = "x".repeat(500_000);
        let mut store = Store::default();
        for number in 0..40 {
            let event = format!(r#"{{"event":"t{number}","filler":"{filler}"}}"#);
            store.insert(intake::read(&event).unwrap(), Client::default(), Timestamp::UNIX_EPOCH);
        }
        for shape in DebugShape::value_variants() {
            let mut answers: Vec<_> = (0..8).map(|_| shape.take(&store)).collect();
            let newest = store.newest().unwrap();
            // The store and this test hold it too.
            let holders = Arc::strong_count(&newest) - 2;
            assert_eq!(holders, if *shape == DebugShape::Empty { 0 } else { 8 }, "{shape:?}");
            let chunks = answers.pop().unwrap().into_chunks(Arc::clone(&account));
            let longest = chunks.map(|chunk| chunk.len()).max().unwrap_or(0);
            assert!(longest < CHUNK_BYTES + 502_000, "{shape:?}: {longest}");
        }
    }
}
