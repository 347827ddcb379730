//! What the palette has to run and to go to.

use super::Model;
use super::keymap::{self, Action, Keys};
use super::layer::palette::{Palette, PaletteCommand, PaletteItem};
use super::layer::picker;
use super::places::places;
use crate::plan::rules;

/// The most event types that the palette lists: who has more finds them by the filter.
const MOST_TYPES: usize = 2_000;

/// The palette of what can be done where `model` is: the commands that were run from it before, then those of the place
/// with the keys, then the others; behind them all that can be gone to.
pub(super) fn palette(model: &Model) -> Palette {
    let (here, origin) = (model.pane_keys(), model.origin());
    let mut commands: Vec<_> = places(origin)
        .filter(|place| !place.typing && !std::ptr::eq(*place, &raw const keymap::LIST))
        .flat_map(|place| place.bindings.iter().map(move |binding| PaletteCommand { place, binding }))
        .filter(|command| !command.binding.label.is_empty() && !is_of_layers(command.binding.action))
        .filter(|command| origin.takes(command.binding.action))
        .collect();
    let rank = |command: &PaletteCommand| {
        let is_here = |keys: &'static Keys| std::ptr::eq(keys, command.place);
        let place = if is_here(here) { 0 } else { 2 - u8::from(here.with.iter().any(|keys| is_here(keys))) };
        let run = model.commands_run.iter().position(|action| *action == command.binding.action);
        (run.unwrap_or(usize::MAX), place)
    };
    commands.sort_by_key(rank);
    let types = model.types.rows().take(MOST_TYPES).map(|(name, _)| PaletteItem::Type(name.clone()));
    let templates = picker::templates(&model.composer).map(|choice| PaletteItem::Template(Box::new(choice)));
    let profiles = model.preferences.profiles.iter().enumerate();
    let profiles = profiles.map(|(at, name)| PaletteItem::Profile(at, name.clone()));
    let commands = commands.into_iter().map(PaletteItem::Command);
    let rest = profiles.chain(types).chain(templates).chain(rules().map(PaletteItem::Rule));
    Palette::new(commands.chain(rest).collect())
}

/// Whether an action has a meaning only in a layer that is open.
fn is_of_layers(action: Action) -> bool {
    matches!(action, Action::CopyTarget(_) | Action::PrintTarget(_) | Action::Accept | Action::Back)
}
