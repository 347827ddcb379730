use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::event::{Payload, TypeName};

/// What a payload costs beside its text: the struct around it, its place here, the memory of its hash, rounded up.
const OVERHEAD: usize = 512;
/// How many hashes are remembered at least, however small the limit.
const MIN_REMEMBERED: usize = 4096;

/// The payloads captured so far, within a limit of bytes, and a memory of those that had to go.
///
/// The oldest capture goes first, whatever its type; the newest of each type stays until it is forgotten on purpose.
#[derive(Debug)]
pub(super) struct History {
    limit: usize,
    held: usize,
    by_type: IndexMap<TypeName, VecDeque<Arc<Payload>>>,
    /// A mark for each payload in the order of their capture. It is the oldest of its type that goes.
    order: VecDeque<TypeName>,
    /// Hashes of type and text, in the order of their capture.
    remembered: VecDeque<u128>,
    known: HashSet<u128>,
}

impl History {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            held: 0,
            by_type: IndexMap::new(),
            order: VecDeque::new(),
            remembered: VecDeque::new(),
            known: HashSet::new(),
        }
    }

    /// Whether this payload was captured before for this type, as far as is remembered: all that are held, and of
    /// those that are not, the latest.
    pub(super) fn knows(&self, event_type: &TypeName, payload: &Payload) -> bool {
        self.known.contains(&fingerprint(event_type, payload))
    }

    /// Captures a payload that is newer than those of its type before it.
    pub(super) fn push(&mut self, event_type: &TypeName, payload: Arc<Payload>) {
        let fingerprint = fingerprint(event_type, &payload);
        if self.known.insert(fingerprint) {
            self.remembered.push_back(fingerprint);
        }
        self.held += cost(&payload);
        self.order.push_back(event_type.clone());
        self.by_type.entry(event_type.clone()).or_default().push_back(payload);
        while self.held > self.limit && self.drop_oldest() {}
        // What is held has the latest fingerprints, so it is not forgotten while it is here; save for the newest of a
        // type that has been quiet for long, which the tracker knows by itself.
        let room = (self.limit / OVERHEAD).max(MIN_REMEMBERED) + self.by_type.len();
        while self.remembered.len() > room {
            if let Some(oldest) = self.remembered.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }

    /// The held payloads of a type, the latest capture first.
    pub(super) fn of(&self, event_type: &TypeName) -> impl Iterator<Item = &Arc<Payload>> {
        self.by_type.get(event_type).into_iter().flat_map(|payloads| payloads.iter().rev())
    }

    /// Lets go of all payloads of the types that are not to be kept.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&TypeName) -> bool) {
        self.by_type.retain(|event_type, payloads| {
            let stays = keep(event_type);
            if !stays {
                self.held -= payloads.iter().map(|payload| cost(payload)).sum::<usize>();
            }
            stays
        });
        self.order.retain(|event_type| self.by_type.contains_key(event_type));
    }

    /// Drops the oldest capture that may go; `false` when there is none.
    fn drop_oldest(&mut self) -> bool {
        while let Some(event_type) = self.order.pop_front() {
            // A mark without an older payload is that of the newest, which stays; the next of its type brings its own.
            let Some(payloads) = self.by_type.get_mut(&event_type).filter(|payloads| payloads.len() > 1) else {
                continue;
            };
            if let Some(payload) = payloads.pop_front() {
                self.held -= cost(&payload);
                return true;
            }
        }
        false
    }
}

fn cost(payload: &Payload) -> usize {
    payload.text().len() + OVERHEAD
}

/// The same text under two types is two events.
fn fingerprint(event_type: &TypeName, payload: &Payload) -> u128 {
    payload.hash() ^ Payload::hash_of(event_type.as_str()).rotate_left(64)
}
