use std::borrow::Cow;

use xxhash_rust::xxh3::xxh3_128;

use super::KeyMask;
use super::reading::{Memo, Reading};
use crate::event::{Sanitized, Snapshot, Unknown, sanitized};

/// How much of a body that cannot be read is kept to be looked at.
const MAX_SHOWN: usize = 1024 * 1024;

/// Decodes answers of the debug endpoint one after another, and remembers the last so that what did not change is not
/// parsed again.
///
/// The documented answer is one flat event, which contradicts its own description; the true form for several types is
/// not public. So every form is read that its siblings, the dashboard and real senders suggest: one event, an array,
/// an object keyed by type with an event, an array or a count with a sample under each key, any of them inside a
/// wrapper (`events`, `data`, `stats`…) or inside a JSON string, and nothing at all. All but the first are inferred.
///
/// An event's type is its `event`; else its `custom_event` when its `action` is `custom_event`; else its `action`; else
/// the key it stands under; else [`TypeName::UNNAMED`](crate::event::TypeName::UNNAMED).
///
/// Cost follows change: the same body costs a hash; of another body, one level is scanned, and only slices whose text
/// was not in the body before are read further. An event whose text did not change is the same `Arc` again. Only the
/// slices of the last snapshot are remembered, each as a copy of its own, so no body is kept alive.
#[derive(Debug, Default)]
pub struct Decoder {
    keys: KeyMask,
    body: Option<u128>,
    memo: Memo,
}

/// The content of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// Byte for byte the same as the last body that was a snapshot.
    Same,
    /// A snapshot.
    Snapshot(Snapshot),
    /// Not a snapshot in any known shape.
    Unknown(Unknown),
}

impl Decoder {
    /// One that repeats no key of `keys` when it says what is wrong with an answer.
    pub fn new(keys: KeyMask) -> Self {
        Self { keys, ..Self::default() }
    }

    /// Decodes one body. A body that cannot be read changes nothing of what is remembered.
    pub fn decode(&mut self, body: &[u8]) -> Decoded {
        let hash = xxh3_128(body);
        if self.body == Some(hash) {
            return Decoded::Same;
        }
        let (text, first_odd) = text_of(body);
        let mut reading = Reading::new(&self.memo, &self.keys);
        if let Some(place) = first_odd {
            reading.note(sanitized!("the answer is not UTF-8 at byte {}; odd bytes are shown as U+FFFD", place));
        }
        match reading.answer(&text, 0) {
            Ok(shape) => {
                let (sightings, notes, memo) = reading.into_parts();
                self.memo = memo;
                self.body = Some(hash);
                Decoded::Snapshot(Snapshot { shape, sightings, notes })
            }
            Err(reason) => Decoded::Unknown(unknown(body, reason, &self.keys)),
        }
    }
}

/// The body as text, without a byte order mark, and where the first byte stands that is not UTF-8, counted from 1.
/// Such bytes cost only themselves, not the answer.
pub(super) fn text_of(body: &[u8]) -> (Cow<'_, str>, Option<usize>) {
    let rest = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match std::str::from_utf8(rest) {
        Ok(text) => (Cow::Borrowed(text), None),
        Err(error) => (String::from_utf8_lossy(rest), Some(body.len() - rest.len() + error.valid_up_to() + 1)),
    }
}

pub(super) fn unknown(body: &[u8], reason: Sanitized, keys: &KeyMask) -> Unknown {
    // Twice as much as is shown, for the sake of a key that runs over its end.
    let text = String::from_utf8_lossy(body.get(..2 * MAX_SHOWN).unwrap_or(body));
    Unknown { reason, body: keys.mask_within(&text, MAX_SHOWN).into(), length: body.len() }
}

#[cfg(test)]
mod tests;
