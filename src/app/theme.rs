//! The themes that can be chosen, by name. How each looks, `ui::theme` has.

use std::fmt;
use std::str::FromStr;

/// A theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ThemeName {
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
    /// White on black.
    HighContrast,
    /// The terminal's own sixteen colours.
    Sixteen,
    /// Without colours.
    None,
    /// The sixteen colours, and ASCII only.
    Ascii,
}

impl ThemeName {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Dark, Self::Light, Self::HighContrast, Self::Sixteen, Self::None, Self::Ascii];

    /// The names of all of them.
    pub const NAMES: [&str; Self::ALL.len()] = {
        let [dark, light, high_contrast, sixteen, none, ascii] = Self::ALL;
        [dark.as_str(), light.as_str(), high_contrast.as_str(), sixteen.as_str(), none.as_str(), ascii.as_str()]
    };

    /// Its name in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::Sixteen => "16",
            Self::None => "none",
            Self::Ascii => "ascii",
        }
    }
}

impl fmt::Display for ThemeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ThemeName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|theme| theme.as_str() == text);
        found.ok_or_else(|| format!("use one of {}", Self::NAMES.join(", ")))
    }
}
