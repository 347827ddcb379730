//! Texts that were looked at and have nothing personal in them. Those that are longest to look at come again and again: the
//! browser, the address of a page.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many are remembered: each has one place, and the last that came has it.
const PLACES: usize = 4096;

/// The fingerprints of such texts.
pub(super) struct PlainTexts(Box<[AtomicU64]>);

impl Default for PlainTexts {
    fn default() -> Self {
        Self((0..PLACES).map(|_| AtomicU64::new(0)).collect())
    }
}

impl PlainTexts {
    /// Whether a text with that fingerprint is known to have nothing personal in it.
    pub(super) fn has(&self, fingerprint: u128) -> bool {
        let (place, rest) = self.place(fingerprint);
        place.is_some_and(|place| place.load(Ordering::Relaxed) == rest)
    }

    /// Remembers one.
    pub(super) fn remember(&self, fingerprint: u128) {
        let (place, rest) = self.place(fingerprint);
        if let Some(place) = place {
            place.store(rest, Ordering::Relaxed);
        }
    }

    /// The place of a fingerprint, and what is written there. One half of it is enough: by it no two texts meet.
    fn place(&self, fingerprint: u128) -> (Option<&AtomicU64>, u64) {
        let low = usize::try_from(fingerprint % PLACES as u128).unwrap_or_default();
        // Nothing is written as zero.
        (self.0.get(low), u64::try_from(fingerprint >> 64).unwrap_or_default().max(1))
    }
}
