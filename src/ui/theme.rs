use ratatui::style::{Color, Modifier, Style};
use toml::Table;

use crate::app::ThemeName;

/// Declares the theme with a style for each role, and a way to a role by its name.
macro_rules! theme {
    ($($role:ident)*) => {
        /// The styles of the screen, each by what it is for. Colour is never the only signal: whatever it says, a mark, a
        /// word or a place says too.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is the style of what it is called")]
        pub struct Theme {
            $(pub $role: Style,)*
            /// Whether only ASCII may be shown.
            pub ascii: bool,
        }

        impl Theme {
            /// Every role with its style.
            pub(super) fn roles_mut(&mut self) -> Vec<(&'static str, &mut Style)> {
                vec![$((stringify!($role), &mut self.$role)),*]
            }
        }
    };
}

theme! {
    base dim name border border_focused border_staging border_production thumb title title_quiet heading heading_sorted
    selection selection_quiet flash matched new updated gone spark json_key json_string json_number json_word json_null ok
    note warning error badge hint_key placeholder bracket mistake danger
}

/// The file of a theme.
const fn file(name: ThemeName) -> &'static str {
    match name {
        ThemeName::Dark => include_str!("../../assets/themes/dark.toml"),
        ThemeName::Light => include_str!("../../assets/themes/light.toml"),
        ThemeName::HighContrast => include_str!("../../assets/themes/high-contrast.toml"),
        ThemeName::Sixteen => include_str!("../../assets/themes/16.toml"),
        ThemeName::None => include_str!("../../assets/themes/none.toml"),
        ThemeName::Ascii => include_str!("../../assets/themes/ascii.toml"),
    }
}

/// What a theme is like in a line.
pub fn about(name: ThemeName) -> String {
    let about = file(name).lines().find_map(|line| line.strip_prefix("about = "));
    about.unwrap_or_default().trim_matches('"').to_owned()
}

/// What the file of a theme says, with what it is like beneath it.
#[derive(Debug, Default)]
struct Source {
    colors: Table,
    roles: Table,
    ascii: bool,
}

impl Source {
    fn read(name: ThemeName) -> Result<Self, String> {
        let mut file: Table = file(name).parse().map_err(|error| format!("{name}: {error}"))?;
        let mut source = match file.remove("like") {
            None => Self::default(),
            Some(like) => Self::read(like.as_str().unwrap_or_default().parse()?)?,
        };
        for (named, into) in [("colors", &mut source.colors), ("roles", &mut source.roles)] {
            if let Some(toml::Value::Table(table)) = file.remove(named) {
                into.extend(table);
            }
        }
        source.ascii |= file.get("ascii").and_then(toml::Value::as_bool) == Some(true);
        Ok(source)
    }

    fn theme(&self) -> Result<Theme, String> {
        let mut theme = Theme { ascii: self.ascii, ..Theme::default() };
        for (role, style) in theme.roles_mut() {
            let text =
                self.roles.get(role).and_then(toml::Value::as_str).ok_or_else(|| format!("{role} is missing"))?;
            *style = self.style(text).map_err(|word| format!("{role}: {word}"))?;
        }
        Ok(theme)
    }

    /// A style as it is written: `text on background`, `red bold underlined`. The error is the word that says nothing.
    fn style(&self, text: &str) -> Result<Style, String> {
        let color = |name: &str| {
            let written = self.colors.get(name).and_then(toml::Value::as_str).ok_or_else(|| name.to_owned())?;
            written.parse::<Color>().map_err(|_| written.to_owned())
        };
        let mut style = Style::new();
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            let modifier = match word {
                "on" => {
                    style = style.bg(color(words.next().unwrap_or_default())?);
                    continue;
                }
                "bold" => Modifier::BOLD,
                "dimmed" => Modifier::DIM,
                "italic" => Modifier::ITALIC,
                "underlined" => Modifier::UNDERLINED,
                "reversed" => Modifier::REVERSED,
                "crossed" => Modifier::CROSSED_OUT,
                word => {
                    style = style.fg(color(word)?);
                    continue;
                }
            };
            style = style.add_modifier(modifier);
        }
        Ok(style)
    }
}

/// The nearest colour of the 6x6x6 cube (16 to 231) or the ramp of greys (232 to 255).
fn indexed(color: Color) -> Color {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let Color::Rgb(r, g, b) = color else { return color };
    let cube = (0_u8..216).map(|n| {
        let step = |n: u8| STEPS.get(usize::from(n % 6)).copied().unwrap_or(0);
        (16 + n, [step(n / 36), step(n / 6), step(n)])
    });
    let greys = (0_u8..24).map(|n| (232 + n, [8 + 10 * n; 3]));
    let distance = |other: [u8; 3]| -> u32 {
        let parts = [r, g, b].into_iter().zip(other);
        parts.map(|(one, other)| u32::from(one.abs_diff(other)).pow(2)).sum()
    };
    let nearest = cube.chain(greys).min_by_key(|(_, other)| distance(*other));
    nearest.map_or(color, |(index, _)| Color::Indexed(index))
}

impl Theme {
    /// The theme of that name, in the colours of its file.
    pub fn named(name: ThemeName) -> Self {
        // The files are part of the program, and a test reads them all.
        Source::read(name).and_then(|source| source.theme()).unwrap_or_default()
    }

    /// The same for terminals with 256 colours, most of those behind SSH or in a multiplexer: each colour is the nearest of
    /// those that terminals have agreed on.
    #[must_use]
    pub fn indexed(mut self) -> Self {
        for (_, style) in self.roles_mut() {
            style.fg = style.fg.map(indexed);
            style.bg = style.bg.map(indexed);
        }
        self
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_theme_and_says_nothing_that_is_not_read() {
        for name in ThemeName::ALL {
            let source = Source::read(name).unwrap();
            let mut theme = source.theme().unwrap();
            let roles: Vec<&str> = theme.roles_mut().into_iter().map(|(role, _)| role).collect();
            let unknown: Vec<_> = source.roles.keys().filter(|role| !roles.contains(&role.as_str())).collect();
            assert!(unknown.is_empty(), "{name}: {unknown:?}");
            let own: Table = file(name).parse().unwrap();
            let fields: Vec<_> = own
                .keys()
                .filter(|key| !["about", "like", "ascii", "colors", "roles"].contains(&key.as_str()))
                .collect();
            assert!(fields.is_empty() && !about(name).is_empty(), "{name}: {fields:?}");
        }
    }

    #[test]
    fn colours_become_the_nearest_of_the_256() {
        let cases = [
            (Color::Rgb(0, 0, 0), Color::Indexed(16)),
            (Color::Rgb(255, 255, 255), Color::Indexed(231)),
            (Color::Rgb(0x15, 0x18, 0x1e), Color::Indexed(234)),
            (Color::Rgb(95, 175, 215), Color::Indexed(74)),
            (Color::Cyan, Color::Cyan),
        ];
        for (color, expected) in cases {
            assert_eq!(indexed(color), expected, "{color:?}");
        }
    }

    #[test]
    fn what_stands_out_stands_out_in_256_colours_too() {
        for name in [ThemeName::Dark, ThemeName::Light, ThemeName::HighContrast] {
            let theme = Theme::named(name).indexed();
            let grounds = [theme.base.bg, theme.selection.bg, theme.selection_quiet.bg, theme.flash.bg];
            for (at, ground) in grounds.iter().enumerate() {
                assert!(!grounds.iter().skip(at + 1).any(|other| other == ground), "{name}: {grounds:?}");
            }
            assert_ne!(theme.dim.fg, theme.base.fg);
        }
    }

    /// How much lighter one colour is than another, as the Web Content Accessibility Guidelines 2 have it.
    fn contrast(one: Color, other: Color) -> f64 {
        let luminance = |color: Color| {
            let Color::Rgb(r, g, b) = color else { panic!("{color:?} is no colour of its own") };
            let part = |part: u8| {
                let part = f64::from(part) / 255.0;
                if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_text_can_be_read_on_every_ground_that_it_stands_on() {
        for (name, on_base, on_others) in
            [(ThemeName::Dark, 4.5, 4.5), (ThemeName::Light, 4.5, 4.5), (ThemeName::HighContrast, 7.0, 4.5)]
        {
            let mut theme = Theme::named(name);
            let base = theme.base.bg.unwrap();
            let others = [theme.selection.bg, theme.selection_quiet.bg, theme.flash.bg].map(Option::unwrap);
            // A border is seen by its place, and is not read.
            for (role, style) in theme.roles_mut().into_iter().filter(|(role, _)| *role != "border") {
                let Some(ink) = style.fg else { continue };
                let found = contrast(ink, base);
                assert!(found >= on_base, "{name}: {role} has {found:.2} on the base");
                for ground in others {
                    let found = contrast(ink, ground);
                    assert!(found >= on_others, "{name}: {role} has {found:.2} on {ground}");
                }
            }
        }
    }
}
