//! What came already, over very many events, in some eight bytes each.

use std::fmt;

/// So many are remembered of one sort, for which 128 MiB are enough.
const ROOM: usize = 10_000_000;

/// How many bits of a hash choose the part that it stands in: parts grow one by one.
const PART_BITS: u32 = 8;

/// How many bits tell the values of one name apart.
const VALUE_BITS: u32 = 20;

/// The last value that came with each name, both as hashes of which only so much is kept that two of ten million names are
/// hardly ever taken for one. What it has no room for is not remembered.
pub(super) struct LookBack {
    parts: Vec<Part>,
    left: usize,
    is_full: bool,
}

/// A table by open addressing, in which 0 is no entry.
#[derive(Clone, Default)]
struct Part {
    table: Vec<u64>,
    /// How many entries it has.
    count: usize,
}

impl fmt::Debug for LookBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookBack").field("left", &self.left).finish_non_exhaustive()
    }
}

impl Default for LookBack {
    fn default() -> Self {
        Self::new(ROOM)
    }
}

impl LookBack {
    pub(super) fn new(room: usize) -> Self {
        Self { parts: Vec::new(), left: room, is_full: false }
    }

    /// Remembers the value of a name. Says whether it had the same one before; `None` where it is not known.
    pub(super) fn put(&mut self, name: u64, value: u64) -> Option<bool> {
        self.replace(name, value).map(|before| before == kept(value))
    }

    /// Remembers the value of a name, and gives what is [`kept`] of the one before it; `None` where it is not known.
    pub(super) fn replace(&mut self, name: u64, value: u64) -> Option<u64> {
        let value = kept(value);
        let tag = tag(name);
        let entry = (tag << VALUE_BITS) | value;
        if self.parts.is_empty() {
            self.parts = vec![Part::default(); 1 << PART_BITS];
        }
        let part = usize::try_from(name >> (u64::BITS - PART_BITS)).ok()?;
        let Part { table, count } = self.parts.get_mut(part)?;
        if let Some(slot) = slot(table, tag).filter(|slot| **slot != 0) {
            let before = std::mem::replace(slot, entry);
            return Some(kept(before << (u64::BITS - VALUE_BITS)));
        }
        let Some(left) = self.left.checked_sub(1) else {
            self.is_full = true;
            return None;
        };
        self.left = left;
        // A table that is nearly full is slow.
        if (*count + 1) * 8 > table.len() * 7 {
            let entries = std::mem::take(table);
            *table = vec![0; (entries.len() * 2).max(8)];
            for entry in entries.into_iter().filter(|entry| *entry != 0) {
                *slot(table, entry >> VALUE_BITS)? = entry;
            }
        }
        *count += 1;
        *slot(table, tag)? = entry;
        None
    }

    /// Whether the name had that value last; `None` where it is not known. Nothing is remembered.
    pub(super) fn is(&self, name: u64, value: u64) -> Option<bool> {
        let tag = tag(name);
        let table = &self.parts.get(usize::try_from(name >> (u64::BITS - PART_BITS)).ok()?)?.table;
        let mask = table.len().checked_sub(1)?;
        let mut at = usize::try_from(tag).ok()? & mask;
        loop {
            match table.get(at).copied()? {
                0 => return None,
                entry if entry >> VALUE_BITS == tag => {
                    return Some(kept(entry << (u64::BITS - VALUE_BITS)) == kept(value));
                }
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Has the entry of a name fetched from memory, for which it will be asked soon: nothing else here takes as long.
    pub(super) fn fetch(&self, name: u64) {
        let part = usize::try_from(name >> (u64::BITS - PART_BITS)).ok().and_then(|part| self.parts.get(part));
        let entry = part.and_then(|part| {
            let mask = part.table.len().checked_sub(1)?;
            part.table.get(usize::try_from(tag(name)).ok()? & mask)
        });
        std::hint::black_box(entry.copied());
    }

    /// Whether something was not remembered for want of room.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }
}

/// What is kept of a name beside its part. It is never 0, so neither is an entry.
fn tag(name: u64) -> u64 {
    ((name << PART_BITS) >> VALUE_BITS).max(1)
}

/// What is kept of a value: enough to tell those of one name apart.
pub(super) fn kept(value: u64) -> u64 {
    value >> (u64::BITS - VALUE_BITS)
}

/// Where the entry with that tag stands in a table, or would stand.
fn slot(table: &mut [u64], tag: u64) -> Option<&mut u64> {
    let mask = table.len().checked_sub(1)?;
    let mut at = usize::try_from(tag).ok()? & mask;
    while table.get(at).is_some_and(|entry| *entry != 0 && entry >> VALUE_BITS != tag) {
        at = (at + 1) & mask;
    }
    table.get_mut(at)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    #[test]
    fn what_it_has_no_room_for_is_not_remembered_and_it_says_so() {
        let mut seen = LookBack::new(2);
        let hash = |text: &str| xxh3_64(text.as_bytes());
        assert_eq!((seen.put(hash("a"), 1), seen.put(hash("b"), 1), seen.is_full()), (None, None, false));
        assert_eq!((seen.put(hash("c"), 1), seen.put(hash("c"), 1), seen.is_full()), (None, None, true));
        assert_eq!(seen.put(hash("a"), 1), Some(true));
    }

    #[test]
    fn a_name_takes_few_bytes() {
        let mut seen = LookBack::default();
        for name in 0..200_000_u64 {
            assert_eq!(seen.put(xxh3_64(&name.to_le_bytes()), 0), None, "{name}");
        }
        let slots: usize = seen.parts.iter().map(|part| part.table.len()).sum();
        assert!(slots <= 480_000, "{slots}");
    }

    proptest! {
        #[test]
        fn it_knows_what_a_map_knows(names in prop::collection::vec((0_u64..300, 0_u64..3), 0..600)) {
            let (mut seen, mut map) = (LookBack::default(), HashMap::new());
            for (name, value) in names {
                // All in one part, and many at one place of it.
                let (name, value) = (((name % 30) << 8) | (name << 20), xxh3_64(&value.to_le_bytes()));
                let before = map.insert(name.max(1 << 8), value);
                prop_assert_eq!(seen.put(name.max(1 << 8), value), before.map(|before| before == value));
            }
        }
    }
}
