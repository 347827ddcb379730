//! Keys, the mouse and the terminal's size.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use crate::event::Sanitized;

/// The terminal's size in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// A key with its modifiers. An upper-case letter is its own [`KeyCode::Char`], without `shift`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Whether Ctrl was held.
    pub ctrl: bool,
    /// Whether Alt was held.
    pub alt: bool,
    /// Whether Shift was held, for keys that are not characters.
    pub shift: bool,
}

/// The keys that the application knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the key of that name")]
pub enum KeyCode {
    Char(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// Something the mouse did, at a cell counted from 0 at the top left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mouse {
    /// The result.
    pub kind: MouseKind,
    /// The column.
    pub column: u16,
    /// The row.
    pub row: u16,
}

/// The actions of a mouse that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MouseKind {
    /// The left button went down.
    Press,
    /// The wheel turned up by one step.
    ScrollUp,
    /// The wheel turned down by one step.
    ScrollDown,
}

/// The keys that are no characters, by their names in settings; the first of several is the one that we write.
const NAMED: [(&str, KeyCode); 18] = [
    ("enter", KeyCode::Enter),
    ("return", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("escape", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("del", KeyCode::Delete),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pageup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("pagedown", KeyCode::PageDown),
];

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            "write a key as in \"x\", \"G\", \"ctrl-s\", \"alt-enter\", \"space\", \"f5\", \"up\", \"pgdn\" or \"esc\""
                .to_owned()
        };
        let mut key = Self { code: KeyCode::Esc, ctrl: false, alt: false, shift: false };
        let mut rest = text;
        loop {
            // What is left is the key itself where nothing follows: `-` is one too.
            let held = [("ctrl-", &mut key.ctrl), ("alt-", &mut key.alt), ("shift-", &mut key.shift)];
            let found = held.into_iter().find_map(|(name, held)| {
                let after = rest
                    .get(..name.len())
                    .filter(|start| start.eq_ignore_ascii_case(name))
                    .and(rest.get(name.len()..))?;
                (!after.is_empty()).then(|| {
                    *held = true;
                    after
                })
            });
            match found {
                Some(after) => rest = after,
                None => break,
            }
        }
        let mut chars = rest.chars();
        let lower = rest.to_lowercase();
        let named = NAMED.iter().find(|(name, _)| *name == lower).map(|(_, code)| *code);
        let number =
            lower.strip_prefix('f').and_then(|number| number.parse().ok()).filter(|number| (1..=24).contains(number));
        key.code = match (chars.next(), chars.next(), named, number) {
            (Some(c), None, ..) if !c.is_whitespace() && !c.is_control() => KeyCode::Char(c),
            _ if lower == "space" => KeyCode::Char(' '),
            (_, _, Some(code), _) => code,
            (_, _, None, Some(number)) => KeyCode::F(number),
            _ => return Err(bad()),
        };
        // Terminals tell an upper-case letter as itself, and Ctrl with a letter as the lower-case one.
        if let KeyCode::Char(c) = key.code {
            if std::mem::take(&mut key.shift) {
                key.code = KeyCode::Char(c.to_uppercase().next().unwrap_or(c));
            }
            if key.ctrl {
                key.code = KeyCode::Char(c.to_ascii_lowercase());
            }
        }
        Ok(key)
    }
}

impl Key {
    /// The key as it is written in settings: `ctrl-l`, `enter`, `space`, `G`.
    pub fn written(&self) -> String {
        let mut text = String::new();
        for (is_held, name) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            text.push_str(if is_held { name } else { "" });
        }
        match self.code {
            KeyCode::Char(' ') => text.push_str("space"),
            KeyCode::Char(c) => text.push(c),
            KeyCode::F(number) => {
                // Writing to a string cannot fail.
                let _ = write!(text, "f{number}");
            }
            code => text.push_str(NAMED.iter().find(|(_, named)| *named == code).map_or("", |(name, _)| name)),
        }
        text
    }

    /// The key as people write it, to show.
    pub fn shown(&self) -> Sanitized {
        Sanitized::of(self)
    }
}

/// The key as people write it: `↵`, `^L`, `space`, `q`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("^")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        if self.shift {
            f.write_str("shift-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("space"),
            KeyCode::Backspace => f.write_str("backspace"),
            KeyCode::Char(c) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::Enter => f.write_str("↵"),
            KeyCode::Esc => f.write_str("esc"),
            KeyCode::Tab => f.write_str("tab"),
            KeyCode::Delete => f.write_str("del"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::Home => f.write_str("home"),
            KeyCode::End => f.write_str("end"),
            KeyCode::PageUp => f.write_str("pgup"),
            KeyCode::PageDown => f.write_str("pgdn"),
            KeyCode::F(number) => write!(f, "F{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_people_write_them_and_written_so_that_they_can_be_read() {
        let cases = [
            ("x", "x"),
            ("G", "G"),
            ("-", "-"),
            ("ctrl--", "ctrl--"),
            ("Ctrl-S", "ctrl-s"),
            ("shift-x", "X"),
            ("alt-Enter", "alt-enter"),
            ("shift-tab", "shift-tab"),
            ("ctrl-alt-F12", "ctrl-alt-f12"),
            ("return", "enter"),
            ("PageDown", "pgdn"),
            ("space", "space"),
            ("f", "f"),
            ("|", "|"),
            ("é", "é"),
        ];
        for (text, expected) in cases {
            let key: Key = text.parse().unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!(key.written(), expected, "{text}");
            assert_eq!(key.written().parse(), Ok(key), "{text}");
        }
        for text in ["", "ctrl-", "xx", "f0", "f25", "super-x", " ", "\n", "ctrl-xx"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }
}
