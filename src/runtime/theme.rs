//! Which theme suits the terminal.

use crate::app::ThemeName;
use crate::ui::Theme;

/// How many colours a terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    Sixteen,
    TwoHundred,
    Millions,
}

/// What is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Suiting {
    pub(super) theme: Theme,
    /// The theme for a light background, where the terminal has to be asked whether it has one.
    pub(super) light: Option<Theme>,
}

/// The theme that is `chosen`, as the terminal can show it; else the one that suits the terminal, as far as its environment
/// tells: `NO_COLOR`, `COLORTERM`, `TERM` and `COLORFGBG` are the common ways in which terminals and their users say so.
pub(super) fn suiting(chosen: Option<ThemeName>, lookup: &dyn Fn(&str) -> Option<String>) -> Suiting {
    let set = |name| lookup(name).filter(|value| !value.is_empty());
    let depth = depth(lookup);
    let alone = |name| Suiting { theme: fitted(name, depth), light: None };
    if let Some(name) = chosen {
        // Where colours are asked for by name, `NO_COLOR` does not hold; by itself crossterm would write none.
        crossterm::style::force_color_output(true);
        return alone(name);
    }
    let is_plain = set("NO_COLOR").is_some();
    if !speaks_unicode(lookup) {
        let theme = if is_plain { ThemeName::None } else { ThemeName::Ascii };
        return Suiting { theme: Theme { ascii: true, ..fitted(theme, depth) }, light: None };
    }
    if is_plain {
        return alone(ThemeName::None);
    }
    if depth == Depth::Sixteen {
        return alone(ThemeName::Sixteen);
    }
    // `15;0` is white on black; the last number is the background, and 7 and above are light ones.
    let background = set("COLORFGBG").and_then(|value| value.rsplit(';').next()?.parse::<u8>().ok());
    match background {
        Some(colour) if colour == 7 || colour > 8 => alone(ThemeName::Light),
        Some(_) => alone(ThemeName::Dark),
        None => Suiting { light: Some(fitted(ThemeName::Light, depth)), ..alone(ThemeName::Dark) },
    }
}

fn depth(lookup: &dyn Fn(&str) -> Option<String>) -> Depth {
    let term = lookup("TERM").unwrap_or_default();
    let is_direct = matches!(lookup("COLORTERM").as_deref(), Some("truecolor" | "24bit")) || term.ends_with("-direct");
    match is_direct {
        true => Depth::Millions,
        false if term.contains("256color") => Depth::TwoHundred,
        false => Depth::Sixteen,
    }
}

/// Whether the locale's characters are UTF-8. Without a word about characters they are: containers and servers have no locale
/// and are looked at in terminals that have one.
fn speaks_unicode(lookup: &dyn Fn(&str) -> Option<String>) -> bool {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| lookup(name).filter(|value| !value.is_empty()));
    let characters = locale.as_deref().and_then(|locale| locale.split_once('.')).map(|(_, after)| after.to_lowercase());
    characters.is_none_or(|characters| characters.starts_with("utf"))
}

/// A theme in the colours that the terminal of this environment has.
pub(super) fn shown(name: ThemeName, lookup: &dyn Fn(&str) -> Option<String>) -> Theme {
    fitted(name, depth(lookup))
}

fn fitted(name: ThemeName, depth: Depth) -> Theme {
    let has_own_colours = matches!(name, ThemeName::Dark | ThemeName::Light | ThemeName::HighContrast);
    match depth {
        Depth::TwoHundred => Theme::named(name).indexed(),
        Depth::Sixteen if has_own_colours => Theme::named(ThemeName::Sixteen),
        Depth::Sixteen | Depth::Millions => Theme::named(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_theme_suits_what_the_terminal_says_of_itself() {
        use ThemeName as T;
        let plain = Theme::named;
        let indexed = |name| Theme::named(name).indexed();
        let ascii = |name| Theme { ascii: true, ..Theme::named(name) };
        let cases = [
            (None, &[][..], plain(T::Sixteen), false),
            (None, &[("TERM", "linux")], plain(T::Sixteen), false),
            (None, &[("TERM", "tmux-256color")], indexed(T::Dark), true),
            (None, &[("TERM", "xterm-direct")], plain(T::Dark), true),
            (None, &[("COLORTERM", "truecolor")], plain(T::Dark), true),
            (None, &[("COLORTERM", "24bit"), ("COLORFGBG", "15;0")], plain(T::Dark), false),
            (None, &[("COLORTERM", "truecolor"), ("COLORFGBG", "0;default;15")], plain(T::Light), false),
            (None, &[("TERM", "xterm-256color"), ("COLORFGBG", "0;15")], indexed(T::Light), false),
            (None, &[("COLORTERM", "truecolor"), ("NO_COLOR", "1")], plain(T::None), false),
            (None, &[("COLORTERM", "truecolor"), ("NO_COLOR", "")], plain(T::Dark), true),
            (None, &[("LANG", "de_DE.ISO-8859-1"), ("COLORTERM", "truecolor")], plain(T::Ascii), false),
            (None, &[("LANG", "de_DE.ISO-8859-1"), ("NO_COLOR", "1")], ascii(T::None), false),
            (None, &[("LC_ALL", "C.UTF-8"), ("LANG", "de_DE.ISO-8859-1"), ("TERM", "vt100")], plain(T::Sixteen), false),
            (None, &[("LANG", "C"), ("TERM", "vt100")], plain(T::Sixteen), false),
            (Some(T::Light), &[("COLORTERM", "truecolor"), ("NO_COLOR", "1")], plain(T::Light), false),
            (Some(T::Dark), &[("TERM", "xterm-256color"), ("COLORFGBG", "0;15")], indexed(T::Dark), false),
            (Some(T::HighContrast), &[("TERM", "linux")], plain(T::Sixteen), false),
            (Some(T::None), &[("COLORTERM", "truecolor")], plain(T::None), false),
            (Some(T::Ascii), &[("COLORTERM", "truecolor")], plain(T::Ascii), false),
        ];
        for (chosen, environment, expected, asks) in cases {
            let lookup = |wanted: &str| {
                environment.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
            };
            let found = suiting(chosen, &lookup);
            assert_eq!(found.theme, expected, "{chosen:?} {environment:?}");
            assert_eq!(found.light.is_some(), asks, "{chosen:?} {environment:?}");
        }
    }
}
