use std::collections::{HashSet, VecDeque};

use crate::event::{Payload, TypeName};

/// Which events were captured, as hashes of type and text: all up to a number, and of more the latest.
#[derive(Debug)]
pub(super) struct SeenEvents {
    limit: usize,
    order: VecDeque<u128>,
    known: HashSet<u128>,
}

impl SeenEvents {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, order: VecDeque::new(), known: HashSet::new() }
    }

    pub(super) fn contains(&self, event_type: &TypeName, payload: &Payload) -> bool {
        self.known.contains(&fingerprint(event_type, payload))
    }

    pub(super) fn insert(&mut self, event_type: &TypeName, payload: &Payload) {
        let fingerprint = fingerprint(event_type, payload);
        if self.known.insert(fingerprint) {
            self.order.push_back(fingerprint);
        }
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

/// The same text under two types is two events.
fn fingerprint(event_type: &TypeName, payload: &Payload) -> u128 {
    payload.hash() ^ Payload::hash_of(event_type.as_str()).rotate_left(64)
}
