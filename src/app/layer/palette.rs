//! The palette: every command with its key and the place where it holds, to search and to run.

use super::search_list::{Item, SearchList};
use crate::app::keymap::{self, Action, Binding, ENTER, ESC_OR_INTERRUPT, Keys, Origin, bind, ctrl, hint, key};
use crate::app::pane::{Answer, Request};
use crate::app::{Key, KeyCode};
use crate::event::Sanitized;

/// The keys of the palette.
pub(in crate::app) static KEYS: Keys = {
    use Action as A;
    const BINDINGS: &[Binding] = &[
        hint(ENTER, A::Accept, "run it", "run"),
        hint(ESC_OR_INTERRUPT, A::Back, "run nothing", "close"),
        bind(&[key(KeyCode::Up), ctrl('p')], A::Up, "up"),
        bind(&[key(KeyCode::Down), ctrl('n')], A::Down, "down"),
        bind(&[key(KeyCode::PageUp)], A::PageUp, "a page up"),
        bind(&[key(KeyCode::PageDown)], A::PageDown, "a page down"),
    ];
    Keys::typing("Choosing a command", BINDINGS, &[&keymap::LINE])
};

/// Every command, and the line in which they are searched.
pub type Palette = SearchList<PaletteCommand>;

/// One command.
#[derive(Clone, Copy, Debug)]
pub struct PaletteCommand {
    /// Where it holds.
    pub place: &'static Keys,
    /// Its meaning and its keys.
    pub binding: &'static Binding,
}

impl PaletteCommand {
    /// Its first key; empty for a command that only the palette has.
    pub fn key(&self) -> Sanitized {
        self.binding.keys.first().map(Key::shown).unwrap_or_default()
    }
}

impl Palette {
    /// The palette of the commands of `places`, with those of `here` first; without what cannot be asked for.
    pub(in crate::app) fn new(
        places: impl Iterator<Item = &'static Keys>,
        here: &'static Keys,
        origin: Origin,
    ) -> Self {
        let mut commands: Vec<_> = places
            .filter(|place| !place.typing && !std::ptr::eq(*place, &raw const keymap::LIST))
            .flat_map(|place| place.bindings.iter().map(move |binding| PaletteCommand { place, binding }))
            .filter(|command| !command.binding.label.is_empty() && !is_of_layers(command.binding.action))
            .filter(|command| origin.takes(command.binding.action))
            .collect();
        let rank = |command: &PaletteCommand| {
            let is_here = |keys: &'static Keys| std::ptr::eq(keys, command.place);
            if is_here(here) { 0 } else { 2 - u8::from(here.with.iter().any(|keys| is_here(keys))) }
        };
        commands.sort_by_key(rank);
        Self::of(commands)
    }
}

impl Item for PaletteCommand {
    fn keys() -> &'static Keys {
        &KEYS
    }

    fn searched(&self) -> String {
        format!("{} {}", self.binding.label, self.place.title)
    }

    /// Who types a key means that one.
    fn is(&self, query: &str) -> bool {
        self.key() == query
    }

    fn chosen(&self) -> Answer {
        Answer::request(Request::Close).and(Request::Run(self.place, self.binding.action))
    }
}

/// Whether an action has a meaning only in a layer that is open.
fn is_of_layers(action: Action) -> bool {
    matches!(action, Action::CopyTarget(_) | Action::PrintTarget(_) | Action::Accept | Action::Back)
}
