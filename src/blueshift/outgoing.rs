use std::sync::Arc;

use thiserror::Error;
use uuid::Uuid;

use super::limits::BadName;
use crate::event::TypeName;

/// An event that can be sent: checked, and carrying an `event_uuid` by which it can be recognized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its name.
    pub event_type: TypeName,
    /// The text of its `event_uuid`.
    pub uuid: Arc<str>,
    /// Its JSON text, as it goes over the wire: one object.
    pub text: Arc<str>,
}

/// What one draft is sent as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// The events, at least one.
    pub events: Vec<Outgoing>,
    /// Whether they go to `/api/v1/bulkevents`: the draft was an array, or `{"events": […]}`.
    pub bulk: bool,
}

/// Why a draft is not sent.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}{reason}", .index.map_or_else(String::new, |index| format!("event {} of the array: ", index + 1)))]
pub struct Unsendable {
    /// Which event of an array, from 0; `None` for a single one, or for the whole.
    pub index: Option<usize>,
    /// The rule that it breaks.
    pub reason: UnsendableReason,
}

/// The rules for what is sent.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum UnsendableReason {
    /// Not JSON.
    #[error("not JSON: {0}")]
    Syntax(#[from] crate::event::syntax::SyntaxError),
    /// An array without events.
    #[error("the array is empty: there is nothing to send")]
    NoEvents,
    /// Some other JSON value.
    #[error("an event is a JSON object, and this is {0}")]
    NotAnObject(&'static str),
    /// No `event`.
    #[error("there is no event name: add \"event\": \"purchase\", or whatever it is")]
    NoName,
    /// `event` is not a string.
    #[error("the event name is {0}, not a string")]
    NameNotText(&'static str),
    /// The name breaks a published rule.
    #[error(transparent)]
    Name(#[from] BadName),
    /// `event_uuid` is there and is not a string.
    #[error("event_uuid is {0}, not a string: correct it, or leave it out and one is added")]
    UuidNotText(&'static str),
    /// One event is larger than a whole call may be.
    #[error("the event has {bytes} bytes: 1 MB is the most that a call may have")]
    TooLarge {
        /// How many it has.
        bytes: usize,
    },
}

impl Shipment {
    /// Reads what is to be sent from `text`, the JSON of one event, an array of events, or `{"events": […]}`. An event
    /// without `event_uuid` gets one from `mark`, as its last field; its text is otherwise left to the letter.
    pub fn read(text: &str, mark: impl FnMut() -> Uuid) -> Result<Self, Unsendable> {
        let _ = (text, mark);
        Err(Unsendable { index: None, reason: UnsendableReason::NoEvents })
    }
}

impl Outgoing {
    /// Reads one event, as [`Shipment::read`] does.
    pub fn read(text: &str, mark: impl FnMut() -> Uuid) -> Result<Self, UnsendableReason> {
        let _ = (text, mark);
        Err(UnsendableReason::NoName)
    }
}
