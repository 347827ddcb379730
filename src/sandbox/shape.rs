use std::sync::Arc;

use clap::ValueEnum;

use super::intake::{Account, Arrival};
use super::store::{Store, TypeView};

/// The form of the debug answer.
///
/// Only [`Single`](Self::Single) is documented, and it contradicts the documentation's own words ("of each event type").
/// What the platform really answers is not public, so every plausible form can be had.
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

/// What is to be written of the store, taken out of it so that the store is free while it is written.
pub(super) enum DebugAnswer {
    Single(Option<Arc<Arrival>>),
    Types(DebugShape, Vec<TypeView>),
}

impl DebugShape {
    pub(super) fn take(self, store: &Store) -> DebugAnswer {
        match self {
            Self::Single => DebugAnswer::Single(store.newest()),
            Self::KeyedArrays => DebugAnswer::Types(self, store.view(KEYED_ARRAY_DEPTH)),
            Self::Empty => DebugAnswer::Types(self, Vec::new()),
            _ => DebugAnswer::Types(self, store.view(1)),
        }
    }
}

impl DebugAnswer {
    pub(super) fn write(&self, account: &Account) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Single(Some(event)) => event.write(account, &mut out),
            Self::Single(None) => out.extend_from_slice(b"{}"),
            Self::Types(DebugShape::Empty, _) => {}
            Self::Types(DebugShape::Array, types) => {
                write_array(types.iter().flat_map(|view| &view.events), account, &mut out);
            }
            Self::Types(shape, types) => {
                if *shape == DebugShape::Wrapped {
                    out.extend_from_slice(br#"{"status":"ok","events":"#);
                }
                write_keyed(*shape, types, account, &mut out);
                if *shape == DebugShape::Wrapped {
                    out.push(b'}');
                }
            }
        }
        out
    }
}

/// `{"<name>":[<event>,…]}`, the form of `/event/history`.
pub(super) fn write_history(name: &str, events: &[Arc<Arrival>], account: &Account) -> Vec<u8> {
    let mut out = vec![b'{'];
    write_string(name, &mut out);
    out.push(b':');
    write_array(events.iter(), account, &mut out);
    out.push(b'}');
    out
}

fn write_keyed(shape: DebugShape, types: &[TypeView], account: &Account, out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, TypeView { name, received, events }) in types.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(name, out);
        out.push(b':');
        match (shape, events.first()) {
            (DebugShape::KeyedArrays, _) => write_array(events.iter(), account, out),
            (DebugShape::Counted, Some(event)) => {
                out.extend_from_slice(format!(r#"{{"count":{received},"last":"#).as_bytes());
                event.write(account, out);
                out.push(b'}');
            }
            (DebugShape::DoubleEncoded, Some(event)) => {
                let mut text = Vec::new();
                event.write(account, &mut text);
                write_string(&String::from_utf8_lossy(&text), out);
            }
            (_, Some(event)) => event.write(account, out),
            (_, None) => out.extend_from_slice(b"null"),
        }
    }
    out.push(b'}');
}

fn write_array<'a>(events: impl Iterator<Item = &'a Arc<Arrival>>, account: &Account, out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, event) in events.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        event.write(account, out);
    }
    out.push(b']');
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    // Writing a text to a vector cannot fail.
    let _ = serde_json::to_writer(out, text);
}
