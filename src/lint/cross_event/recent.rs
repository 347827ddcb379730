use foldhash::{HashMap, HashMapExt};

/// A map by hash that has room for so much and no more: once it is full, what was asked for longest ago is forgotten.
///
/// It has two generations. What is used is in the young one, or moves there; when that has half of the room, it becomes
/// the old one, and what the old one still held is gone. That costs no list of who came when.
#[derive(Debug)]
pub(super) struct Recent<V> {
    young: HashMap<u64, V>,
    old: HashMap<u64, V>,
    /// How much stands in the young one.
    weight: usize,
    room: usize,
    has_forgotten: bool,
}

/// How much room a value takes: 1, unless it grows.
pub(super) trait Weight {
    fn weight(&self) -> usize {
        1
    }
}

impl<V: Weight> Recent<V> {
    pub(super) fn new(room: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), weight: 0, room, has_forgotten: false }
    }

    /// The value, which stays as old as it is.
    pub(super) fn peek(&self, key: u64) -> Option<&V> {
        self.young.get(&key).or_else(|| self.old.get(&key))
    }

    /// The value, which was used now.
    pub(super) fn get(&mut self, key: u64) -> Option<&mut V> {
        if !self.old.is_empty() && !self.young.contains_key(&key) {
            let value = self.old.remove(&key)?;
            self.put(key, value);
        }
        self.young.get_mut(&key)
    }

    /// Remembers the value in place of one that is known, which it gives back.
    pub(super) fn put(&mut self, key: u64, value: V) -> Option<V> {
        if self.weight >= self.room / 2 {
            self.has_forgotten |= !self.old.is_empty();
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight += value.weight();
        let older = self.old.remove(&key);
        let before = self.young.insert(key, value);
        if let Some(before) = &before {
            self.weight = self.weight.saturating_sub(before.weight());
        }
        before.or(older)
    }

    /// Whether something is not known any more.
    pub(super) fn has_forgotten(&self) -> bool {
        self.has_forgotten
    }

    /// Says that a value that was used now has grown by so much.
    pub(super) fn grew(&mut self, by: usize) {
        self.weight += by;
    }

    /// How much is remembered.
    #[cfg(test)]
    pub(super) fn weight(&self) -> usize {
        self.young.values().chain(self.old.values()).map(Weight::weight).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    impl Weight for u64 {}

    #[test]
    fn what_is_used_stays_and_what_was_not_used_for_long_is_forgotten() {
        let mut recent = Recent::new(100);
        assert_eq!((recent.put(0, 7), recent.put(0, 8)), (None, Some(7)));
        for key in 1..1_000 {
            recent.put(key, key);
            assert_eq!(recent.get(0).copied(), Some(8), "after {key}");
        }
        assert_eq!((recent.peek(999), recent.peek(500)), (Some(&999), None));
    }

    proptest! {
        #[test]
        fn it_never_holds_more_than_it_has_room_for_and_always_the_last_half(
            keys in prop::collection::vec(0_u64..60, 1..400),
            room in 2_usize..40,
        ) {
            let mut recent = Recent::new(room);
            for (at, key) in keys.iter().enumerate() {
                let last: std::collections::HashSet<_> = keys.iter().take(at).rev().take(room / 2).collect();
                prop_assert!(last.iter().all(|key| recent.peek(**key).is_some()));
                recent.put(*key, *key);
                prop_assert!(recent.weight() <= room);
            }
        }
    }
}
