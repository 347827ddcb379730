use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::section::{ConfigText, shown};
use crate::app::key_table::{bind, every_action, named};
use crate::app::keymap::Action;
use crate::app::{Bindings, Key};
use crate::event::text::nearest;

/// Reads `[keys]`: for each action that is named one key, or a list of keys, of which an empty one leaves it to the palette.
pub(super) fn bindings(source: &ConfigText<'_>, table: &DeTable<'_>) -> Result<Bindings, ConfigError> {
    let mut chosen = Vec::new();
    let mut places = Vec::new();
    for (name, value) in table {
        let action = named(name.get_ref()).ok_or_else(|| source.unusable(&name.span(), unknown(name.get_ref())))?;
        let keys = match value.get_ref() {
            DeValue::Array(keys) => {
                keys.iter().map(|key| read(source, name.get_ref(), key)).collect::<Result<_, _>>()?
            }
            _ => vec![read(source, name.get_ref(), value)?],
        };
        places.push((action, value.span()));
        chosen.push((action, keys));
    }
    bind(chosen).map_err(|bad| {
        // Of two that are in each other's way, the one that stands further down was written without a thought of the other.
        let named = places.iter().filter(|(action, _)| bad.names(*action)).map(|(_, span)| span.clone());
        source.unusable(&named.max_by_key(|span| span.start).unwrap_or_default(), format!("keys: {bad}"))
    })
}

fn read(source: &ConfigText<'_>, action: &str, value: &Spanned<DeValue<'_>>) -> Result<Key, ConfigError> {
    let text = value.get_ref().as_str().unwrap_or_default();
    text.parse().map_err(|why| source.unusable(&value.span(), format!("keys.{}: {why}", shown(action))))
}

fn unknown(name: &str) -> String {
    let names: Vec<String> = every_action().map(Action::name).collect();
    let near = nearest(name, names.iter().map(String::as_str));
    let meant = near.map_or_else(String::new, |near| format!("did you mean \"{near}\"? "));
    format!("keys: no action is called {}: {meant}docs/keys.md and the palette have them all", shown(name))
}
