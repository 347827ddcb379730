//! Which theme suits the terminal.

use crate::ui::Theme;

/// The theme that suits the terminal, as far as its environment tells: `NO_COLOR`, `COLORTERM`, `TERM` and `COLORFGBG`
/// are the common ways in which terminals and their users say so.
pub(super) fn suiting(lookup: &dyn Fn(&str) -> Option<String>) -> Theme {
    let set = |name| lookup(name).filter(|value| !value.is_empty());
    if set("NO_COLOR").is_some() {
        return Theme::monochrome();
    }
    if !set("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit") {
        let many = set("TERM").is_some_and(|value| value.contains("256color"));
        return if many { Theme::dark_indexed() } else { Theme::terminal() };
    }
    // `15;0` is white on black; the last number is the background, and 7 and above are light ones.
    let background = set("COLORFGBG").and_then(|value| value.rsplit(';').next()?.parse::<u8>().ok());
    if background.is_some_and(|colour| colour == 7 || colour > 8) { Theme::light() } else { Theme::dark() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_theme_suits_what_the_terminal_says_of_itself() {
        let cases = [
            (&[][..], Theme::terminal()),
            (&[("TERM", "linux")], Theme::terminal()),
            (&[("TERM", "tmux-256color")], Theme::dark_indexed()),
            (&[("COLORTERM", "truecolor")], Theme::dark()),
            (&[("COLORTERM", "24bit"), ("COLORFGBG", "15;0")], Theme::dark()),
            (&[("COLORTERM", "truecolor"), ("COLORFGBG", "0;default;15")], Theme::light()),
            (&[("COLORTERM", "truecolor"), ("NO_COLOR", "1")], Theme::monochrome()),
            (&[("COLORTERM", "truecolor"), ("NO_COLOR", "")], Theme::dark()),
        ];
        for (environment, expected) in cases {
            let lookup = |wanted: &str| {
                environment.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(suiting(&lookup), expected, "{environment:?}");
        }
    }
}
