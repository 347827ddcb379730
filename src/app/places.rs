//! Every place with keys: what the help and the palette are made of.

use super::keymap::{self, Keys, Origin};
use super::{layer, pane};

/// The panes and tabs, then the layers, in the order of the help.
static PLACES: [&Keys; 29] = [
    &pane::types::KEYS,
    &keymap::EVENT,
    &pane::tree::KEYS,
    &pane::diff::KEYS,
    &pane::history::KEYS,
    &pane::findings::KEYS,
    &pane::raw::KEYS,
    &pane::stream::KEYS,
    &pane::draft::KEYS,
    &pane::preview::KEYS,
    &pane::proof::KEYS,
    &layer::COPY,
    &layer::prompt::FILTER,
    &layer::prompt::SEARCH,
    &layer::query::KEYS,
    &layer::palette::KEYS,
    &layer::picker::KEYS,
    &layer::muted::KEYS,
    &layer::all_findings::KEYS,
    &layer::requests::KEYS,
    &layer::completion::KEYS,
    &layer::confirm::KEYS,
    &layer::prompt::TEMPLATE_NAME,
    &layer::prompt::JUMP,
    &layer::prompt::PLACE_NAME,
    &layer::prompt::TAPE_NAME,
    &layer::PAGER,
    &layer::help::KEYS,
    &layer::help::SEARCH,
];

/// Every place with keys, in the order of the help, for a session of that origin.
pub(super) fn places(origin: Origin) -> impl Iterator<Item = &'static Keys> {
    let is_there =
        move |place: &&'static Keys| origin == Origin::Tape || !std::ptr::eq(*place, &raw const layer::prompt::JUMP);
    let places = [&keymap::ANYWHERE, &keymap::LIST].into_iter().chain(PLACES).chain([&keymap::LINE]);
    origin.keys().into_iter().chain(places.filter(is_there))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::app::keymap::{Action, char, ctrl, key};
    use crate::app::{Bindings, Key, KeyCode};

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for place in places(Origin::Tape).chain([&keymap::COLLECTOR]) {
            let mut meanings: HashMap<Key, Action> = HashMap::new();
            for binding in place.all() {
                for key in binding.keys {
                    let other = meanings.insert(*key, binding.action);
                    assert_eq!(other, None, "{key} in {}", place.title);
                }
            }
        }
    }

    #[test]
    fn the_keys_of_an_origin_take_only_those_that_are_not_asked_of_it() {
        for origin in [Origin::Tape, Origin::Collector] {
            for place in places(origin).filter(|place| place.has(&keymap::ANYWHERE)) {
                for key in origin.keys().into_iter().flat_map(|keys| keys.bindings).flat_map(|binding| binding.keys) {
                    let other = Bindings::default().action(place, *key).filter(|action| origin.takes(*action));
                    assert_eq!(other, None, "{key} in {}", place.title);
                }
            }
        }
    }

    #[test]
    fn every_place_can_be_left_and_has_a_way_to_be_found() {
        for place in PLACES.iter().filter(|place| !std::ptr::eq(**place, &raw const keymap::EVENT)) {
            assert!(place.hints().count() >= 1, "{} has no hint", place.title);
            assert_eq!(Bindings::default().action(place, key(KeyCode::Esc)), Some(Action::Back), "{}", place.title);
        }
    }

    #[test]
    fn the_escape_key_never_quits_and_typing_is_never_taken_for_a_command() {
        for place in places(Origin::Tape).filter(|place| place.typing) {
            for c in (' '..='~').chain(['é', '日']) {
                assert_eq!(Bindings::default().action(place, char(c)), None, "{c:?} in {}", place.title);
            }
            assert_ne!(Bindings::default().action(place, ctrl('c')), Some(Action::Quit), "{}", place.title);
        }
    }
}
