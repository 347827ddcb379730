//! What is wrong with the events on screen.

use std::sync::Arc;

use crate::event::lint::Finding;
use crate::event::{Payload, TypeName};

/// An event, with what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linted {
    /// Its type.
    pub event_type: TypeName,
    /// The event.
    pub payload: Arc<Payload>,
    /// What is wrong with it, in the order of its fields.
    pub findings: Arc<[Finding]>,
}
