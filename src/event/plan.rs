//! The plan: what the team has agreed that its events look like, as JSON Schemas.

use super::Document;
use super::lint::{Context, Finding};

/// A tracking plan: one JSON Schema (2020-12) an event type. The default is none, against which nothing is wrong.
#[derive(Debug, Default)]
pub struct Plan {}

impl Plan {
    /// Where `event` is not as planned.
    pub fn check(&self, _event: &Document, _context: Context) -> Vec<Finding> {
        Vec::new()
    }
}
