//! The keys as a whole: every action by its name, what a user binds, and the help.

use std::collections::{HashMap, HashSet};

use thiserror::Error;

use super::Key;
use super::bindings::{Bindings, is_typed};
use super::keymap::{self, ANYWHERE, Action, COLLECTOR, HelpLine, Keys, Origin, SIGNS};
use super::places::places;
use crate::event::{Sanitized, sanitized};

/// Every place with keys, in the order of the help.
pub fn every_place() -> impl Iterator<Item = &'static Keys> {
    places(Origin::Tape).chain([&COLLECTOR])
}

/// Every action, each once, in the order of the help.
pub fn every_action() -> impl Iterator<Item = Action> {
    let all = every_place().flat_map(|place| place.bindings);
    let mut seen = HashSet::new();
    all.map(|binding| binding.action).filter(move |action| seen.insert(*action))
}

/// The action of that name.
pub fn named(name: &str) -> Option<Action> {
    every_action().find(|action| action.name() == name)
}

/// Why keys cannot be bound so.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BadBinding {
    /// A key would mean two things in one place.
    #[error("{key} would be both {one} and {other} (in \"{place}\"): give one of them another key, or none with []")]
    Conflict {
        /// The key.
        key: Key,
        /// An action, in words and by its name.
        one: String,
        /// Another one.
        other: String,
        /// Where both have a meaning.
        place: &'static str,
    },
    /// Text is typed wherever the action has a meaning.
    #[error("{action} works where text is typed: give it a key with ctrl- or alt-, or one that types nothing")]
    Typed {
        /// The action.
        action: String,
    },
    /// The way out.
    #[error("{action} needs a key: every place is left by it")]
    NoWayOut {
        /// The action.
        action: String,
    },
}

impl BadBinding {
    /// Whether it is about that action.
    pub fn names(&self, action: Action) -> bool {
        let name = action.name();
        match self {
            Self::Conflict { one, other, .. } => *one == name || *other == name,
            Self::Typed { action } | Self::NoWayOut { action } => *action == name,
        }
    }
}

/// Binds each action to these keys, and to none of ours.
pub fn bind(chosen: impl IntoIterator<Item = (Action, Vec<Key>)>) -> Result<Bindings, BadBinding> {
    let chosen: HashMap<Action, Vec<Key>> = chosen.into_iter().collect();
    let bindings = Bindings::unchecked(chosen.clone());
    let all = every_place;
    for (action, keys) in &chosen {
        if *action == Action::Back && keys.is_empty() {
            return Err(BadBinding::NoWayOut { action: action.name() });
        }
        let mut of_it = all().filter(|place| place.all().any(|binding| binding.action == *action));
        let can = |place: &Keys| keys.is_empty() || keys.iter().any(|key| !place.typing || !is_typed(*key));
        if !of_it.any(can) {
            return Err(BadBinding::Typed { action: action.name() });
        }
    }
    for place in all() {
        check(&bindings, place, None)?;
    }
    for origin in [Origin::Tape, Origin::Collector] {
        for place in places(origin).filter(|place| place.has(&keymap::ANYWHERE)) {
            check(&bindings, place, origin.keys().map(|own| (own, origin)))?;
        }
    }
    Ok(bindings)
}

/// Looks for a key that means two things in a place, among them what is asked of the origin of the records.
fn check(bindings: &Bindings, place: &'static Keys, origin: Option<(&'static Keys, Origin)>) -> Result<(), BadBinding> {
    let mut meanings: HashMap<Key, Action> = HashMap::new();
    let takes = |action| origin.is_none_or(|(_, origin)| origin.takes(action));
    let of_origin = origin.into_iter().flat_map(|(own, _)| own.bindings);
    for binding in of_origin.chain(place.all().filter(|binding| takes(binding.action))) {
        for key in bindings.keys(place, binding) {
            let other = meanings.insert(key, binding.action).filter(|other| *other != binding.action);
            if let Some(other) = other {
                let (one, other) = (other.name(), binding.action.name());
                return Err(BadBinding::Conflict { key, one, other, place: place.title });
            }
        }
    }
    Ok(())
}

/// The help: a section a place, a line a binding, and at the end the signs; without what cannot be asked for.
pub(super) fn help(places: impl Iterator<Item = &'static Keys>, origin: Origin, bindings: &Bindings) -> Vec<HelpLine> {
    let palette = bindings.key_for(&ANYWHERE, Action::Palette);
    let mut lines = Vec::new();
    for place in places {
        if !lines.is_empty() {
            lines.push(HelpLine::Gap);
        }
        lines.push(HelpLine::Title(place.title));
        let told = place.bindings.iter().filter(|binding| !binding.label.is_empty());
        let told = told.filter(|binding| origin.takes(binding.action));
        lines.extend(told.map(|binding| {
            let keys: Vec<_> = bindings.keys(place, binding).map(|key| bindings.shown(key)).collect();
            let keys = match binding.action {
                Action::Level(1) if bindings.keys(place, binding).eq(binding.keys.iter().copied()) => "1 … 9".into(),
                // What has no key is run from the palette.
                _ if keys.is_empty() => sanitized!("palette ({})", palette),
                _ => Sanitized::join(keys, "  "),
            };
            HelpLine::Keys(keys, binding.label)
        }));
    }
    lines.extend([HelpLine::Gap, HelpLine::Title("Signs on the screen")]);
    lines.extend(SIGNS.iter().map(|(sign, meaning)| HelpLine::Keys((*sign).into(), meaning)));
    lines
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::app::KeyCode;

    fn bound(chosen: &[(&str, &[&str])]) -> Result<Bindings, BadBinding> {
        let read = |(name, keys): &(&str, &[&str])| {
            (named(name).unwrap(), keys.iter().map(|key| key.parse().unwrap()).collect())
        };
        bind(chosen.iter().map(read))
    }

    #[test]
    fn our_own_keys_are_no_conflict_and_every_action_can_have_another_key() {
        bound(&[]).unwrap();
        for action in every_action() {
            let key = Key { code: KeyCode::F(11), ctrl: true, alt: true, shift: false };
            let bindings = bind([(action, vec![key])]).unwrap();
            let mut all = every_place();
            let is_bound = all.any(|place| bindings.action(place, key) == Some(action));
            assert!(is_bound, "{}", action.name());
        }
    }

    #[test]
    fn a_key_is_taken_from_one_action_and_given_to_another() {
        let bindings = bound(&[("compose", &["C", "f2"]), ("down", &["n", "down"]), ("next-match", &[])]).unwrap();
        let types = &super::super::pane::types::KEYS;
        let tree = &super::super::pane::tree::KEYS;
        let palette = &super::super::layer::palette::KEYS;
        let cases = [
            (types, "C", Some("compose")),
            (types, "f2", Some("compose")),
            (types, "c", None),
            (types, "n", Some("down")),
            (tree, "n", Some("down")),
            (types, "j", None),
            // Text is typed there, so a character stays one.
            (palette, "n", None),
            (palette, "down", Some("down")),
            (palette, "ctrl-n", None),
        ];
        for (place, key, expected) in cases {
            let found = bindings.action(place, key.parse().unwrap()).map(Action::name);
            assert_eq!(found.as_deref(), expected, "{key} in {}", place.title);
        }
        assert_eq!(bindings.key_for(types, Action::Compose), "C");
        assert_eq!(bindings.spelled(true).key_for(palette, Action::Accept), "enter");
    }

    #[test]
    fn what_cannot_be_bound_is_refused_with_the_names_of_both() {
        let cases = [
            (bound(&[("compose", &["q"])]), "q would be both compose and quit"),
            (bound(&[("compose", &["x"]), ("mask", &["x"])]), "compose"),
            (bound(&[("step-on", &["c"])]), "step-on and compose"),
            (bound(&[("undo", &["u"])]), "undo works where text is typed"),
            (bound(&[("back", &[])]), "back needs a key"),
        ];
        for (told, part) in cases {
            let told = told.unwrap_err();
            assert!(told.to_string().contains(part), "{told}");
        }
        let told = bound(&[("compose", &["q"])]).unwrap_err();
        assert!(told.names(Action::Compose) && told.names(Action::Quit) && !told.names(Action::Help));
    }
}
