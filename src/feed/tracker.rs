use indexmap::IndexMap;

use super::{Change, Moment};
use crate::event::{Snapshot, TypeName};

/// Counts of received events by type, as the summary endpoint gives them.
pub type Counts = IndexMap<TypeName, u64>;

/// What has been seen of every event type so far.
#[derive(Debug, Default)]
pub struct Tracker {}

impl Tracker {
    /// Compares `snapshot` with what is known, learns it, and says what changed, in the snapshot's order.
    pub fn observe(&mut self, _snapshot: &Snapshot, _now: Moment) -> Vec<Change> {
        Vec::new()
    }

    /// Learns counts from elsewhere, and says which types they moved for.
    pub fn observe_counts(&mut self, _counts: &Counts, _now: Moment) -> Vec<Change> {
        Vec::new()
    }
}
