use std::collections::{HashSet, VecDeque};

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_128;

use super::backfill;
use crate::event::{Payload, TypeName};

/// Which events were captured, as hashes of type and text: all up to a number, and of more the latest.
#[derive(Debug)]
pub(super) struct SeenEvents {
    limit: usize,
    order: VecDeque<(u128, Option<u128>)>,
    known: HashSet<u128>,
}

/// Where an event was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    Debug,
    History,
}

impl SeenEvents {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, order: VecDeque::new(), known: HashSet::new() }
    }

    /// Whether the event was captured, as the debug endpoint shows it. One that the history told in another form is known
    /// by its uuid.
    pub(super) fn contains(&self, event_type: &TypeName, payload: &Payload) -> bool {
        let by_uuid = || Some(alias(event_type, payload.head().uuid.as_deref()?, Endpoint::History));
        self.known.contains(&fingerprint(event_type, payload.hash()))
            || by_uuid().is_some_and(|alias| self.known.contains(&alias))
    }

    /// Whether the event was captured, as the history shows it, known by `uuid` where it has one of its own.
    pub(super) fn knows(&self, event_type: &TypeName, payload: &Payload, uuid: Option<&str>) -> bool {
        let is_alias = |origin| uuid.is_some_and(|uuid| self.known.contains(&alias(event_type, uuid, origin)));
        self.known.contains(&fingerprint(event_type, payload.hash()))
            || is_alias(Endpoint::Debug)
            || is_alias(Endpoint::History)
            || {
                let (content, head) = (backfill::content(payload), payload.head());
                let times = [head.received, head.happened].into_iter().flatten().map(Some).chain([None]);
                let mut said = times.map(|time| said(event_type, content, time));
                said.any(|said| self.known.contains(&said))
            }
    }

    /// Takes in an event that was seen at `origin`. One of the debug endpoint that has no uuid is known by its content
    /// too, where the history may be asked for it.
    pub(super) fn insert(&mut self, event_type: &TypeName, payload: &Payload, origin: Endpoint, thorough: bool) {
        let fingerprint = fingerprint(event_type, payload.hash());
        let other = match payload.head().uuid.as_deref() {
            Some(uuid) => Some(alias(event_type, uuid, origin)),
            None => thorough.then(|| {
                let time = payload.head().received.or(payload.head().happened);
                said(event_type, backfill::content(payload), time)
            }),
        };
        if self.known.insert(fingerprint) {
            self.known.extend(other);
            self.order.push_back((fingerprint, other));
        }
        if self.order.len() > self.limit
            && let Some((oldest, other)) = self.order.pop_front()
        {
            self.known.remove(&oldest);
            other.map(|other| self.known.remove(&other));
        }
    }
}

/// The same text under two types is two events.
fn fingerprint(event_type: &TypeName, hash: u128) -> u128 {
    hash ^ Payload::hash_of(event_type.as_str()).rotate_left(64)
}

fn alias(event_type: &TypeName, uuid: &str, origin: Endpoint) -> u128 {
    let turn = if origin == Endpoint::Debug { 32 } else { 96 };
    fingerprint(event_type, xxh3_128(uuid.as_bytes()).rotate_left(turn))
}

fn said(event_type: &TypeName, content: u128, time: Option<Timestamp>) -> u128 {
    let time = time.map_or(0, |time| xxh3_128(&time.as_nanosecond().to_le_bytes()));
    fingerprint(event_type, content.rotate_left(17) ^ time)
}
