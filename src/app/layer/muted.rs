//! The muted types, to bring one back.

use super::search_list::{Item, SearchList};
use crate::app::KeyCode;
use crate::app::keymap::{self, Action, Binding, ENTER, ESC_OR_INTERRUPT, Keys, bind, ctrl, hint, key};
use crate::app::pane::{Answer, Request};
use crate::event::TypeName;

/// The keys of the list.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(ENTER, A::Accept, "bring it back", "bring back"),
        hint(ESC_OR_INTERRUPT, A::Back, "leave them muted", "close"),
        bind(&[key(KeyCode::Up), ctrl('p')], A::Up, "up"),
        bind(&[key(KeyCode::Down), ctrl('n')], A::Down, "down"),
        bind(&[key(KeyCode::PageUp)], A::PageUp, "a page up"),
        bind(&[key(KeyCode::PageDown)], A::PageDown, "a page down"),
    ];
    Keys::typing("Muted types", BINDINGS, &[&keymap::LINE])
};

/// The muted types, and the line in which they are searched.
pub type Muted = SearchList<MutedType>;

/// A muted type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutedType(pub TypeName);

impl Muted {
    /// The list of these.
    pub(super) fn new(types: Vec<TypeName>) -> Self {
        Self::of(types.into_iter().map(MutedType).collect())
    }
}

impl Item for MutedType {
    fn keys() -> &'static Keys {
        &KEYS
    }

    fn searched(&self) -> String {
        self.0.as_str().to_owned()
    }

    fn is(&self, query: &str) -> bool {
        self.0.as_str() == query
    }

    fn chosen(&self) -> Answer {
        Answer::request(Request::Close).and(Request::Unmute(self.0.clone()))
    }
}
