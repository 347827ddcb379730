//! What only shows beside other events: a field that changes its type, one order bought twice.

use super::{Context, Finding, Rule};
use crate::event::Document;

pub(super) const RULES: &[&Rule] = &[];

/// What is remembered of the events observed so far; bounded, however many they are.
#[derive(Debug, Default)]
pub struct Session {}

impl Session {
    /// What is wrong with `event` beside those before it; and remembers it for those after it.
    pub fn observe(&mut self, _event: &Document, _context: Context) -> Vec<Finding> {
        Vec::new()
    }
}
