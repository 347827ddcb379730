//! An event: one JSON object that a sender sent, and what can be said about it without asking anyone.
//!
//! Nothing here knows of a clock, a socket or a screen.

mod assignment;
pub mod catalogue;
mod characters;
mod diff;
mod document;
mod extract;
mod field_index;
mod field_name;
mod form;
mod head;
mod identifiers;
mod identity;
pub(crate) mod json;
mod lexer;
pub mod misread;
mod origin;
mod path;
mod payload;
pub mod placeholder;
mod redaction;
pub mod signature;
mod snapshot;
pub mod syntax;
pub mod text;
mod type_name;
pub mod values;

pub use crate::sanitized;
pub use assignment::{Assignment, AssignmentError};
pub(crate) use characters::Characters;
pub use diff::{
    ArrayMatch, Difference, DifferenceKind, Groups, MatchedBy, Piece, PieceKind, QUOTED_DIGITS, Volatile, alike, diff,
    diff_matched, inside,
};
#[cfg(test)]
pub(crate) use document::VISITED;
pub use document::{Children, Document, DocumentError, Node, NodeId, NodeKind};
pub(crate) use extract::{Extent, Extract};
pub(crate) use field_index::FieldIndex;
pub(crate) use field_name::ByName;
pub use form::{Form, NO_ARRAY};
#[cfg(test)]
pub(crate) use head::tests::TYPES;
pub(crate) use head::{COLLECTOR, as_name, scan};
pub use head::{Head, HeadFields, Places};
pub use identifiers::Identifiers;
pub use identity::{Identity, ORDER};
pub use origin::{Origin, origin};
pub use path::{Path, PathError, Segment};
pub use payload::Payload;
pub use redaction::Redaction;
#[cfg(test)]
pub(crate) use redaction::tests as masks;
pub use snapshot::{Note, Shape, Sighting, Snapshot, Unknown};
pub use text::Sanitized;
pub use type_name::{EventId, TypeName};
