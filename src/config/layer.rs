use std::path::PathBuf;
use std::time::Duration;

use super::{ConfigError, Lookup, Provenance, parse_interval, parse_size, text};
use crate::app::ThemeName;
use crate::blueshift::{BaseUrl, Region, TargetError};
use crate::event::{Sanitized, sanitized};

/// The variable that chooses the region.
pub const REGION: &str = "CLICKSCOPE_REGION";
/// The variable that names the base URL.
pub const URL: &str = "CLICKSCOPE_URL";
/// The variable that sets the interval.
pub const INTERVAL: &str = "CLICKSCOPE_INTERVAL";
/// The variable that sets how much of the history is held.
pub const HISTORY: &str = "CLICKSCOPE_HISTORY";

/// The variable that names the theme.
pub const THEME: &str = "CLICKSCOPE_THEME";

/// The server to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The platform itself.
    Region(Region),
    /// Any server that speaks its API.
    Url(BaseUrl),
}

impl Target {
    /// Where it is.
    pub fn base_url(&self) -> BaseUrl {
        match self {
            Self::Region(region) => region.base_url(),
            Self::Url(url) => url.clone(),
        }
    }

    /// Its label in the header: `us · api.getblueshift.com`, `local · 127.0.0.1:8787`, `collector.example.com`.
    pub fn label(&self) -> Sanitized {
        match self {
            Self::Region(region) => sanitized!("{} · {}", region.as_str(), region.base_url().host_label()),
            Self::Url(url) if url.is_loopback() => sanitized!("local · {}", url.host_label()),
            Self::Url(url) => url.host_label(),
        }
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub place: Provenance,
}

/// The settings from one place, all of them optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigLayer {
    /// The target.
    pub target: Option<Setting<Target>>,
    /// How often to poll.
    pub interval: Option<Setting<Duration>>,
    /// The folder of the plan.
    pub plan: Option<Setting<PathBuf>>,
    /// How many bytes of events are held beside the newest of each type.
    pub history: Option<Setting<usize>>,
    /// The theme.
    pub theme: Option<Setting<ThemeName>>,
    /// Whether the keys that are pressed are to be shown.
    pub show_keys: bool,
}

impl ConfigLayer {
    /// The layer of the command line. The URL comes as text, for only here is it certain that an error does not repeat it:
    /// people put keys into URLs.
    pub fn flags(region: Option<Region>, url: Option<&str>, interval: Option<Duration>) -> Result<Self, ConfigError> {
        let region = region.map(|value| Setting { value, place: Provenance::Flag("--region") });
        let place = Provenance::Flag("--url");
        let url = url.map(str::parse).transpose();
        let unusable = |error: TargetError| ConfigError::Unusable { place: place.clone(), reason: error.to_string() };
        let url = url.map_err(unusable)?;
        let url = url.map(|value| Setting { value, place });
        let interval = interval.map(|value| Setting { value, place: Provenance::Flag("--interval") });
        Ok(Self { target: target(region, url)?, interval, ..Self::default() })
    }

    /// The same, with the folder of the plan that the command line names, if it names one.
    #[must_use]
    pub fn with_plan(self, folder: Option<PathBuf>) -> Self {
        Self { plan: folder.map(|value| Setting { value, place: Provenance::Flag("--plan") }), ..self }
    }

    /// The same, with what the command line says of the history, if it does.
    #[must_use]
    pub fn with_history(self, bytes: Option<usize>) -> Self {
        Self { history: bytes.map(|value| Setting { value, place: Provenance::Flag("--history") }), ..self }
    }

    /// The same, with the theme that the command line names, if it names one.
    #[must_use]
    pub fn with_theme(self, theme: Option<ThemeName>) -> Self {
        Self { theme: theme.map(|value| Setting { value, place: Provenance::Flag("--theme") }), ..self }
    }

    /// The same, with the keys that are pressed shown where the command line wants it.
    #[must_use]
    pub fn with_keys_shown(self, show_keys: bool) -> Self {
        Self { show_keys, ..self }
    }

    /// The layer of the environment.
    pub fn environment(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let region = read(lookup, REGION, |text| text.parse::<Region>().map_err(|error| error.to_string()))?;
        let url = read(lookup, URL, |text| text.parse::<BaseUrl>().map_err(|error| error.to_string()))?;
        let interval = read(lookup, INTERVAL, parse_interval)?;
        let history = read(lookup, HISTORY, parse_size)?;
        let theme = read(lookup, THEME, str::parse)?;
        Ok(Self { target: target(region, url)?, interval, history, theme, ..Self::default() })
    }
}

fn read<T>(
    lookup: Lookup<'_>,
    name: &'static str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<Setting<T>>, ConfigError> {
    let place = Provenance::Environment(name.into());
    let Some(text) = text(lookup, name)? else { return Ok(None) };
    match parse(&text) {
        Ok(value) => Ok(Some(Setting { value, place })),
        Err(reason) => Err(ConfigError::Unusable { place, reason }),
    }
}

fn target(
    region: Option<Setting<Region>>,
    url: Option<Setting<BaseUrl>>,
) -> Result<Option<Setting<Target>>, ConfigError> {
    match (region, url) {
        (Some(region), Some(url)) => Err(ConfigError::Conflict(region.place, url.place)),
        (Some(region), None) => Ok(Some(Setting { value: Target::Region(region.value), place: region.place })),
        (None, Some(url)) => Ok(Some(Setting { value: Target::Url(url.value), place: url.place })),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Result<ConfigLayer, ConfigError> {
        ConfigLayer::environment(&|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn an_unusable_variable_is_named_with_what_is_allowed() {
        let cases = [
            (&[(REGION, "asia")][..], "CLICKSCOPE_REGION: ", "eu"),
            (&[(URL, "localhost:8787")], "CLICKSCOPE_URL: ", "http://"),
            (&[(URL, "https://s3cr3t@example.com")], "CLICKSCOPE_URL: ", "CLICKSCOPE_EVENT_KEY"),
            (&[(INTERVAL, "5")], "CLICKSCOPE_INTERVAL: ", "500ms"),
            (&[(HISTORY, "64")], "CLICKSCOPE_HISTORY: ", "64MiB"),
            (&[(THEME, "pink")], "CLICKSCOPE_THEME: ", "dark, light, high-contrast, 16, none, ascii"),
            (&[(URL, "http://a.example"), (REGION, "eu")], "CLICKSCOPE_REGION and CLICKSCOPE_URL", "keep one"),
        ];
        for (variables, start, part) in cases {
            let message = environment(variables).unwrap_err().to_string();
            assert!(message.starts_with(start) && message.contains(part), "{message}");
            assert!(!message.contains("s3cr3t"), "{message}");
        }
        let error = ConfigLayer::flags(None, Some("http://s3cr3t@a.example"), None).unwrap_err();
        assert!(error.to_string().starts_with("--url: ") && !error.to_string().contains("s3cr3t"), "{error}");
        let error = ConfigLayer::flags(Some(Region::Us), Some("http://a.example"), None).unwrap_err();
        assert!(error.to_string().starts_with("--region and --url are both set"), "{error}");
    }
}
