//! The screen for terminals and fonts that have no more than ASCII: each of our signs has one that stands for it, and what
//! has none is a question mark, so that the places of all others stay.

use ratatui::buffer::Buffer;

/// Spells every cell in ASCII.
pub(super) fn spell(buf: &mut Buffer) {
    for cell in &mut buf.content {
        if cell.symbol().is_ascii() {
            continue;
        }
        let mut chars = cell.symbol().chars();
        let sign = match (chars.next(), chars.next()) {
            (Some(c), None) => sign(c),
            _ => '?',
        };
        super::write::replace(cell, sign);
    }
}

/// The ASCII character for a sign of the screen.
const fn sign(c: char) -> char {
    match c {
        '·' => '.',
        '…' => '~',
        '→' | '▸' | '➜' => '>',
        '←' => '<',
        '↑' => '^',
        '↓' | '▾' => 'v',
        '↵' => '&',
        '✗' => 'X',
        '×' => 'x',
        '✓' => 'V',
        '∅' => '0',
        '●' | '◆' => '*',
        '◌' | '◐' | '○' => 'o',
        '−' | '–' | '—' | '─' | '━' | '▄' | '▃' => '-',
        '│' => '|',
        '┃' | '█' | '▇' | '▆' | '▅' => '#',
        '╭' | '╮' | '╰' | '╯' | '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' => '+',
        '▁' | '▂' => '_',
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::{at, busy, collecting, composing, faulty, press};
    use crate::app::{Model, ThemeName};
    use crate::ui::Theme;
    use crate::ui::picture::drawn;

    type Make = fn() -> Model;

    #[test]
    fn nothing_but_ascii_is_shown_and_every_sign_has_one_of_its_own() {
        let theme = Theme::named(ThemeName::Ascii);
        let mut unknown = String::new();
        let cases: [(Make, &str); 4] = [
            (|| busy(120, 36), "enter ] [ ? esc : esc z"),
            (|| faulty(120, 36), "! esc enter ] ] ] j"),
            (|| collecting(120, 36), "R j enter"),
            (|| composing(120, 36, "{\"event\":\"view\"}"), "^t"),
        ];
        for (model, keys) in cases {
            let mut model = model();
            for key in keys.split(' ') {
                press(&mut model, key, at(20));
                let plain = drawn(&model, at(20), &Theme::named(ThemeName::Dark));
                let ascii = drawn(&model, at(20), &theme);
                assert!(ascii.content.iter().all(|cell| cell.symbol().is_ascii()));
                let pairs = plain.content.iter().zip(&ascii.content);
                unknown.extend(
                    pairs
                        .filter(|(plain, ascii)| ascii.symbol() == "?" && plain.symbol() != "?")
                        .map(|(plain, _)| plain.symbol()),
                );
            }
        }
        let signs: String = unknown.chars().filter(|c| !c.is_alphanumeric()).collect();
        assert_eq!(signs, "", "signs that nothing stands for");
        for (one, other) in [('✗', '×'), ('✓', '∅'), ('●', '×'), ('→', '✓'), ('▸', '▾')] {
            assert_ne!(sign(one), sign(other));
        }
    }
}
