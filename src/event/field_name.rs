//! The names of fields, each known once: the same few come again in event after event, and what follows from a name alone
//! is found out when it comes first.

use std::cell::RefCell;
use std::fmt;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

use foldhash::{HashMap, HashMapExt};
use xxhash_rust::xxh3::xxh3_64;

/// So many names are known, for as long as the program runs: those of its first events. A session has some hundreds, and
/// a stream of ever new names is not to fill the memory.
const MOST: usize = 4_096;

/// A longer one, in bytes, is no name that comes again.
const LONGEST: usize = 64;

/// So many names share a page of a [`ByName`].
const PAGE: usize = 64;

/// A name that is known.
pub(super) struct FieldName {
    pub(super) text: Box<str>,
    hash: u64,
    /// Which one it is, from 0.
    index: usize,
}

/// The names that are known, by their text.
type Names = HashMap<&'static str, &'static FieldName>;

static NAMES: LazyLock<Mutex<Names>> = LazyLock::new(Mutex::default);

thread_local! {
    /// Those that this thread has met: they are found without a lock.
    static MET: RefCell<Names> = RefCell::new(Names::new());
}

/// Takes in the names of one document.
pub(super) struct FieldNames(Names);

impl FieldNames {
    pub(super) fn of_thread() -> Self {
        Self(MET.take())
    }

    /// The name with that spelling, between its quotes; `None` for one that is not known and cannot be.
    pub(super) fn get(&mut self, spelled: &str) -> Option<&'static FieldName> {
        if let Some(known) = self.0.get(spelled) {
            return Some(known);
        }
        let is_one = spelled.len() <= LONGEST && !spelled.contains('\\');
        // A thread that has met as many as there can be has met all.
        if !is_one || self.0.len() >= MOST {
            return None;
        }
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(spelled) {
            self.0.insert(&known.text, known);
            return Some(known);
        }
        if names.len() >= MOST {
            self.0.clone_from(&names);
            return None;
        }
        let new = FieldName { text: spelled.into(), hash: xxh3_64(spelled.as_bytes()), index: names.len() };
        let new: &'static FieldName = Box::leak(Box::new(new));
        names.insert(&new.text, new);
        self.0.insert(&new.text, new);
        Some(new)
    }
}

impl Drop for FieldNames {
    fn drop(&mut self) {
        MET.set(std::mem::take(&mut self.0));
    }
}

impl FieldName {
    /// Which of the names that are known it is, from 0.
    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// The hash of its text (XXH3, 64 bits).
    pub(super) fn hash(&self) -> u64 {
        self.hash
    }
}

impl fmt::Debug for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// What follows from the names of fields: of those that are known it is found out once.
pub(crate) struct ByName<T> {
    pages: OnceLock<Box<[OnceLock<Page<T>>]>>,
}

type Page<T> = Box<[OnceLock<T>]>;

impl<T: Copy> ByName<T> {
    pub(crate) const fn new() -> Self {
        Self { pages: OnceLock::new() }
    }

    /// What follows from that one, or else `find` of it.
    pub(super) fn of(&self, name: &'static FieldName, find: impl FnOnce(&str) -> T) -> T {
        let pages = self.pages.get_or_init(|| (0..MOST / PAGE).map(|_| OnceLock::new()).collect());
        let page = pages.get(name.index / PAGE);
        let page = page.map(|page| page.get_or_init(|| (0..PAGE).map(|_| OnceLock::new()).collect()));
        let place = page.and_then(|page| page.get(name.index % PAGE));
        match place {
            Some(place) => *place.get_or_init(|| find(&name.text)),
            None => find(&name.text),
        }
    }
}

impl<T> fmt::Debug for ByName<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByName").finish_non_exhaustive()
    }
}

impl<T: Copy> Default for ByName<T> {
    fn default() -> Self {
        Self::new()
    }
}
