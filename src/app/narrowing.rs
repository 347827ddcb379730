//! What narrows the view to some of the events.

use super::pane::stream::{Entry, key_of};
use crate::event::{Sanitized, sanitized, text};

/// The widest value that a title repeats, in columns.
const WIDEST: usize = 40;

/// What leaves only some of the events in view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowing {
    /// What is left, in a few words: `customer_id 812123`.
    pub title: Sanitized,
    key: u64,
}

impl Narrowing {
    /// Leaves the events in which a field of that name, an identifier or the order, has that value.
    pub(super) fn by_value(name: &'static str, value: &str) -> Self {
        Self { title: sanitized!("{} {}", name, text::excerpt(value, WIDEST)), key: key_of(name, value) }
    }

    /// Whether it leaves an entry of the stream.
    pub(super) fn leaves(&self, entry: &Entry) -> bool {
        entry.keys.contains(&self.key)
    }
}
