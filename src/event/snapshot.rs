use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Payload, Sanitized, TypeName};

/// One answer of the debug endpoint, cut into what it says of each event type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The form the answer had.
    pub shape: Shape,
    /// One sighting per type, in the order of the answer.
    pub sightings: Vec<Sighting>,
    /// Oddities of the answer that did not keep it from being read.
    pub notes: Vec<Note>,
}

/// One snapshot's view of one event type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The type.
    pub event_type: TypeName,
    /// The events of the type that the answer holds, the newest first. Empty when the answer has only a count.
    pub events: Vec<Arc<Payload>>,
    /// How many events of the type the server says it received, where the answer has a count.
    pub received: Option<u64>,
}

/// The form of a debug answer. Only [`Shape::Single`] is documented; the others are what its siblings, its own
/// description and the dashboard suggest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Nothing yet: no body, `null`, `{}` or `[]`.
    Empty,
    /// One flat event object. It speaks of one type only, so it says nothing of the others.
    Single,
    /// An array of events of mixed types.
    Array,
    /// An object that maps each type to one event.
    Keyed,
    /// An object that maps each type to an array of events.
    KeyedArrays,
    /// An object that maps each type to a count with a sample.
    Counted,
}

impl Shape {
    /// Whether a type that the answer leaves out is a type that the server no longer knows.
    pub fn covers_every_type(self) -> bool {
        self != Self::Single
    }
}

/// Something odd in a readable answer, for the stream: said once, not at every poll.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Note(pub Sanitized);

/// An answer that is not a snapshot in any known shape, kept to be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// Why it could not be read: one line, with the place where there is one.
    pub reason: Sanitized,
    /// The body, as text without keys; bytes that are not UTF-8 stand as U+FFFD. At most the first mebibyte.
    pub body: Arc<str>,
    /// The body's true length in bytes.
    pub length: usize,
}
