//! The page of the documentation that lists every action and its keys.

use std::fmt::Write as _;

use crate::app::Bindings;
use crate::app::key_table::every_place;
use crate::app::keymap::{Action, Keys};

fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    let bindings = Bindings::default();
    for place in every_place() {
        // Writing to a string cannot fail.
        let _ = write!(page, "\n## {}\n\n| keys | action | what it does |\n|---|---|---|\n", place.title);
        for binding in place.bindings {
            let keys = bindings.keys(place, binding).map(|key| format!("`{}`", key.written().replace('|', "\\|")));
            let keys: Vec<String> = keys.collect();
            let keys = if keys.is_empty() { "in the palette".to_owned() } else { keys.join(" ") };
            let _ = writeln!(page, "| {keys} | `{}` | {} |", binding.action.name(), label(place, binding.action));
        }
    }
    page
}

/// What an action does; digits share one label.
fn label(place: &Keys, action: Action) -> String {
    let label = place.bindings.iter().find(|binding| binding.action == action).map_or("", |binding| binding.label);
    if label.is_empty() { "likewise".to_owned() } else { label.replace('|', "\\|") }
}

const INTRODUCTION: &str = r#"# Keys and mouse

`?` shows this in the program, from the place where you are (`/` searches it); `:` finds every command by its words, its key or
its name, and event types, templates, profiles and rules as well; what was run from it last stands first.

## Keys of your own

In `~/.config/clickscope/config.toml`, below `[keys]`, each action can be given a key or several. They take the place of ours
wherever the action has a meaning; `[]` leaves it to the palette. Help, footer and palette show them.

```toml
[keys]
compose = "C"
next-pane = ["tab", "ctrl-n"]
mask = []
```

A key is a character (`x`, `G`, `|`), `space`, `enter`, `esc`, `tab`, `backspace`, `delete`, `up`, `down`, `left`, `right`, `home`,
`end`, `pgup`, `pgdn` or `f1` to `f24`, with `ctrl-`, `alt-` or `shift-` before it. Where text is typed, a character stays one.
A key that would mean two things in one place is refused with the names of both.

## Mouse

A click gives a pane the focus and chooses a row; a second click opens it, folds it or goes to its field. A line of the stream
opens at once, and so do tabs, the headings of the table (which sort), proposals and the hints in the bottom row. The wheel
scrolls, and a click beside a window closes it. `T` leaves the mouse to the terminal, to select text with it, and takes it back;
most terminals also select while shift is held. Without a mouse from the start:

```toml
[mouse]
capture = false
```
"#;

#[test]
fn the_documentation_of_the_keys_is_the_one_that_is_generated() {
    super::sample::assert_page("docs/keys.md", &page());
}
