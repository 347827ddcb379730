//! The values that an event can be looked for by: its identifiers and its order.

use crate::event::{ORDER, Payload};

/// What an event can be looked for by: its identifiers and its order, each with its value. The order comes first.
pub(super) fn values_of(payload: &Payload) -> Vec<(&'static str, String)> {
    let order = payload.field(ORDER).map(|value| (ORDER, value));
    order.into_iter().chain(payload.customers()).map(|(name, value)| (name, value.into_owned())).collect()
}

/// The keys of an event: its identifiers and its order.
pub(super) fn keys_of(payload: &Payload) -> Box<[u64]> {
    values_of(payload).iter().map(|(name, value)| key_of(name, value)).collect()
}

/// The keys of an event without that of its order, which needs no reading.
pub(super) fn identifiers_of(payload: &Payload) -> Box<[u64]> {
    payload.customers().map(|(name, value)| key_of(name, &value)).collect()
}

/// A field and its value as one number.
pub(super) fn key_of(name: &str, value: &str) -> u64 {
    let hash = Payload::hash_of(&format!("{name}\0{value}"));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "half of the hash is enough to tell the values of a session apart"
    )]
    let half = hash as u64;
    half
}
