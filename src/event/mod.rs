//! An event: one JSON object that a sender sent, and what can be said about it without asking anyone.
//!
//! Nothing here knows of a clock, a socket or a screen.

mod assignment;
pub mod catalogue;
mod diff;
mod document;
mod lexer;
mod origin;
mod path;
mod payload;
pub mod placeholder;
mod snapshot;
pub mod syntax;
pub mod text;

pub use assignment::{Assignment, AssignmentError};
pub use diff::{Difference, DifferenceKind, alike, diff};
pub use document::{Children, Document, DocumentError, Node, NodeId, NodeKind};
pub use origin::{Origin, origin};
pub use path::{Path, PathError, Segment};
pub use payload::{Facts, Payload, TypeName};
pub use snapshot::{Note, Shape, Sighting, Snapshot, Unknown};
