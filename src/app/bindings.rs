//! The keys as their user has bound them: what is said of an action takes the place of our own keys for it, wherever it
//! has a meaning.

use std::collections::HashMap;

use super::keymap::{Action, Binding, Keys};
use super::{Key, KeyCode};
use crate::event::Sanitized;
use crate::event::text::sanitize;

/// The keys in use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings {
    chosen: HashMap<Action, Vec<Key>>,
    /// Whether keys are written in ASCII only.
    ascii: bool,
}

impl Bindings {
    /// These keys for each action, looked at by nobody.
    pub(super) fn unchecked(chosen: HashMap<Action, Vec<Key>>) -> Self {
        Self { chosen, ascii: false }
    }

    /// The same, with keys written in ASCII only where that is wanted.
    #[must_use]
    pub fn spelled(&self, ascii: bool) -> Self {
        Self { ascii, ..self.clone() }
    }

    /// The keys of a binding in a place, that which is shown first before the others. Where text is typed, a character stays
    /// one; what has no other key there keeps ours.
    pub fn keys<'a>(&'a self, place: &Keys, binding: &'a Binding) -> impl Iterator<Item = Key> + use<'a> {
        let typing = place.typing;
        let usable = move |key: &&Key| !typing || !is_typed(**key);
        let chosen = self
            .chosen
            .get(&binding.action)
            .filter(|chosen| chosen.is_empty() || chosen.iter().any(|key| usable(&key)));
        let is_ours = chosen.is_none();
        chosen.map_or(binding.keys, Vec::as_slice).iter().filter(move |key| is_ours || usable(key)).copied()
    }

    /// The meaning of a key in a place.
    pub fn action(&self, place: &'static Keys, key: Key) -> Option<Action> {
        let found = place.all().find(|binding| self.keys(place, binding).any(|bound| bound == key));
        found.map(|binding| binding.action).or_else(|| self.action(place.under?, key))
    }

    /// The key that is shown first for a binding; empty where it has none.
    pub fn first(&self, place: &Keys, binding: &Binding) -> Sanitized {
        self.keys(place, binding).next().map(|key| self.shown(key)).unwrap_or_default()
    }

    /// The key that is shown first for an action in a place; empty where it has none.
    pub fn key_for(&self, place: &'static Keys, action: Action) -> Sanitized {
        let binding = place.all().find(|binding| binding.action == action);
        binding.map(|binding| self.first(place, binding)).unwrap_or_default()
    }

    /// A key as it is shown.
    pub fn shown(&self, key: Key) -> Sanitized {
        if self.ascii { sanitize(&key.written()) } else { key.shown() }
    }
}

/// Whether a key types a character where text is typed.
pub(super) fn is_typed(key: Key) -> bool {
    matches!(key.code, KeyCode::Char(_)) && !key.ctrl && !key.alt
}
