use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

/// The name of an event type, as the platform knows it: `purchase`, `add_to_cart`, `your_custom_event_name`.
///
/// It is whatever text came over the wire, so it may be empty, very long, or hold control characters: pass it through
/// [`super::text`] before it is shown. Cloning shares the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeName(Arc<str>);

impl TypeName {
    /// What an event is filed under that has no name and stands in no place that would give it one. The platform allows
    /// no white space in a name (documented), so no type of its own can be called this.
    pub const UNNAMED: &str = "(no name)";

    /// The name as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<Arc<str>>> From<T> for TypeName {
    fn from(name: T) -> Self {
        Self(name.into())
    }
}

impl fmt::Debug for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// What a head at an event tells, read once when its text is first seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// `event_uuid`, when it is a string.
    pub uuid: Option<Arc<str>>,
    /// `timestamp`: when the event happened, by the sender's clock.
    pub happened: Option<Timestamp>,
    /// `_bsft_ts`: when the platform received it, by the platform's clock.
    pub received: Option<Timestamp>,
    /// How many fields the event has at its top level.
    pub fields: usize,
}

/// One captured event: its exact text and what is known of it.
///
/// The text is one complete, valid JSON value, exactly as it came: key order, number spelling, duplicate keys and
/// white space included. It is almost always an object; an answer may hold something else in its place.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    text: Box<str>,
    hash: u128,
    facts: Facts,
}

impl Payload {
    /// Keeps `text`, which must be one valid JSON value, with the `facts` read from it.
    pub fn new(text: &str, facts: Facts) -> Self {
        Self::hashed(text, Self::hash_of(text), facts)
    }

    /// The same for those who know the hash already: `hash` must be [`Payload::hash_of`] of `text`.
    pub fn hashed(text: &str, hash: u128, facts: Facts) -> Self {
        Self { text: text.into(), hash, facts }
    }

    /// The hash that tells two texts apart (XXH3, 128 bits).
    pub fn hash_of(text: &str) -> u128 {
        xxhash_rust::xxh3::xxh3_128(text.as_bytes())
    }

    /// The event's JSON text, exactly as it came.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The hash of the text: equal texts have equal hashes.
    pub fn hash(&self) -> u128 {
        self.hash
    }

    /// What a head at the event tells.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload").field("text", &self.text).field("facts", &self.facts).finish_non_exhaustive()
    }
}
