//! An event: one JSON object that a sender sent, and what can be said about it without asking anyone.
//!
//! Nothing here knows of a clock, a socket or a screen.

mod path;
mod payload;
mod snapshot;

pub use path::{Path, Segment};
pub use payload::{Facts, Payload, TypeName};
pub use snapshot::{Note, Shape, Sighting, Snapshot, Unknown};
