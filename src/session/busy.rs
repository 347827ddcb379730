use std::collections::HashMap;

use super::Record;
use crate::event::TypeName;

/// From how many polls in which a type changed, more than those in which it did not, it changes at nearly every poll.
const OFTEN: u32 = 8;
/// The weight of a poll in which a type did not change, in polls in which it did.
const QUIET: u32 = 2;

/// Which types change at nearly every poll, so that polls may step over most of what comes.
#[derive(Clone, Debug, Default)]
pub struct Busy {
    /// How many more polls changed a type than did not, up to a few.
    changed: HashMap<TypeName, u32>,
    began: bool,
}

impl Busy {
    /// Takes in records that came at once.
    pub fn hear(&mut self, records: &[Record]) {
        if !records.iter().any(|record| matches!(record, Record::Polled(_))) {
            return;
        }
        // What was there at the beginning did not come at once.
        if !std::mem::replace(&mut self.began, true) {
            return;
        }
        self.changed.retain(|_, polls| {
            *polls = polls.saturating_sub(QUIET);
            *polls > 0
        });
        let newest = records
            .iter()
            .filter_map(Record::change)
            .filter(|change| change.payload.is_some() && change.kind.is_newest());
        let mut told = std::collections::HashSet::new();
        for event_type in newest.map(|change| &change.event_type).filter(|event_type| told.insert(*event_type)) {
            let polls = self.changed.entry(event_type.clone()).or_default();
            *polls = (*polls + QUIET + 1).min(OFTEN + QUIET);
        }
    }

    /// The type that changes most often, if it does so at nearly every poll.
    pub fn type_at_every_poll(&self) -> Option<&TypeName> {
        let busiest = self.changed.iter().filter(|(_, polls)| **polls >= OFTEN);
        busiest
            .max_by_key(|(event_type, polls)| (**polls, std::cmp::Reverse(*event_type)))
            .map(|(event_type, _)| event_type)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::event::Payload;
    use crate::session::{Arrival, Change, ChangeKind, Moment, Polled};

    const NOW: Moment = Moment { elapsed: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };

    fn poll(changes: bool) -> Vec<Record> {
        let polled = Polled {
            at: NOW,
            took: Duration::ZERO,
            status: 200,
            bytes: 2,
            types: 1,
            server_ahead_ms: None,
            last_request: None,
        };
        let change = Change {
            event_type: "view".into(),
            kind: ChangeKind::Updated,
            payload: Some(Arc::new(Payload::new("{}"))),
            received: None,
            captured: 1,
            arrived: 1,
            coverage: None,
            counted_at: None,
            at: NOW,
            arrival: Arrival::Poll,
            number: None,
        };
        let changes = changes.then_some(Record::Change(change));
        std::iter::once(Record::Polled(polled)).chain(changes).collect()
    }

    #[test]
    fn a_type_that_changes_at_nearly_every_poll_is_busy_until_it_rests() {
        let cases = [
            ("c", false),
            ("ccccc", false),
            ("ccccccccccc", true),
            ("ccccccccccc...", false),
            ("c.c.c.c.c.c.c.c.c.c.c.c.", false),
            ("cccc.cccccc.cccccc", true),
        ];
        for (polls, expected) in cases {
            let mut busy = Busy::default();
            busy.hear(&poll(true));
            for poll_changes in polls.chars() {
                busy.hear(&poll(poll_changes == 'c'));
                busy.hear(&[]);
            }
            assert_eq!(busy.type_at_every_poll().map(TypeName::as_str), expected.then_some("view"), "{polls}");
        }
    }
}
