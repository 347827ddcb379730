//! A step: what came since the reader said that something begins.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::event::TypeName;
use crate::session::{Arrival, Change, ChangeKind};

/// Of what is told late, an event that the platform had so long before the step began is not of it, whoever's clock is a
/// little off.
const BEFORE: Duration = Duration::from_mins(1);

/// What came since the reader said that something begins: how many events of each type.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its number, from 1.
    pub number: u32,
    /// When it began, by the server's clock.
    began: Timestamp,
    counts: HashMap<TypeName, u64>,
    /// How many events had come before it that are not in the table yet, because the screen is held still.
    waiting: HashMap<TypeName, u64>,
}

impl Step {
    /// One that begins now. `waiting` are the changes that came before and are still to be shown.
    pub(super) fn new<'a>(number: u32, began: Timestamp, waiting: impl Iterator<Item = &'a Change>) -> Self {
        let mut before: HashMap<TypeName, u64> = HashMap::new();
        for change in waiting {
            *before.entry(change.event_type.clone()).or_default() += change.arrived;
        }
        Self { number, began, counts: HashMap::new(), waiting: before }
    }

    /// The same for types of other names.
    pub(super) fn named(&self, name: impl Fn(&TypeName) -> TypeName) -> Self {
        let named = |counts: &HashMap<TypeName, u64>| counts.iter().map(|(of, count)| (name(of), *count)).collect();
        Self { counts: named(&self.counts), waiting: named(&self.waiting), ..*self }
    }

    /// How many events of a type came.
    pub fn count(&self, event_type: &TypeName) -> u64 {
        self.counts.get(event_type).copied().unwrap_or(0)
    }

    /// Forgets the types that are no longer known.
    pub(super) fn forget(&mut self, is_known: impl Fn(&TypeName) -> bool) {
        self.counts.retain(|event_type, _| is_known(event_type));
    }

    /// Takes a change in.
    pub(super) fn take_in(&mut self, change: &Change) {
        let mut came = change.arrived;
        if let Some(waiting) = self.waiting.get_mut(&change.event_type) {
            let before = came.min(*waiting);
            *waiting -= before;
            came -= before;
        }
        if came > 0 && !self.is_after(change) {
            *self.counts.entry(change.event_type.clone()).or_default() += came;
        }
    }

    /// Whether it began well after the platform had the event.
    fn is_after(&self, change: &Change) -> bool {
        if change.arrival != Arrival::Backfill && change.kind != ChangeKind::Earlier {
            return false;
        }
        let received = change.payload.as_ref().and_then(|payload| payload.head().received);
        let before = self.began.checked_sub(BEFORE).unwrap_or(self.began);
        received.is_some_and(|received| received < before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{at, change};

    #[test]
    fn events_count_from_the_step_on_and_those_of_before_do_not() {
        let came = |arrived, text: &str| change("purchase", ChangeKind::Updated, text, 9, arrived, at(70));
        let late = |received: &str| Change {
            kind: ChangeKind::Earlier,
            ..came(1, &format!(r#"{{"_bsft_ts":"{received}"}}"#))
        };
        let cases = [
            (vec![came(1, "{}")], vec![], 1),
            (vec![came(1, "{}"), came(1, "{}")], vec![], 2),
            (vec![came(0, "{}")], vec![], 0),
            (vec![came(3, "{}")], vec![came(1, "{}"), came(1, "{}")], 1),
            (vec![came(1, "{}"), came(2, "{}")], vec![came(2, "{}")], 1),
            (vec![came(1, r#"{"_bsft_ts":"2026-11-23T14:02:00Z"}"#)], vec![], 1),
            (vec![late("2026-11-23T14:02:00Z")], vec![], 0),
            (vec![late("2026-11-23T14:03:50Z")], vec![], 1),
        ];
        for (changes, waiting, expected) in cases {
            let mut step = Step::new(1, at(60).wall, waiting.iter());
            for change in &changes {
                step.take_in(change);
            }
            assert_eq!(step.count(&"purchase".into()), expected, "{changes:?}");
            assert_eq!(step.count(&"view".into()), 0);
        }
    }
}
