use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::{ConfigError, ConfigFile, KeyNames, Lookup, Place, Profile, parse_interval, text};
use crate::blueshift::safety::Safety;
use crate::blueshift::{BaseUrl, Region, TargetError};
use crate::plan::SeverityOverrides;

/// The variable that chooses the region.
pub const REGION: &str = "CLICKSCOPE_REGION";
/// The variable that names the base URL.
pub const URL: &str = "CLICKSCOPE_URL";
/// The variable that sets the interval.
pub const INTERVAL: &str = "CLICKSCOPE_INTERVAL";

/// The interval for a server on the network. No rate is published for the debug endpoint, so it is a polite guess.
const INTERVAL_FAR: Duration = Duration::from_secs(2);
/// The interval for a server on this machine.
const INTERVAL_NEAR: Duration = Duration::from_millis(500);

/// What is watched.
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

    /// What the header calls it: `us · api.getblueshift.com`, `local · 127.0.0.1:8787`, `collector.example.com`.
    pub fn label(&self) -> String {
        match self {
            Self::Region(region) => format!("{region} · {}", region.base_url().host_label()),
            Self::Url(url) if url.is_loopback() => format!("local · {}", url.host_label()),
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
    pub place: Place,
}

/// What one place says. All of it is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layer {
    /// What to watch.
    pub target: Option<Setting<Target>>,
    /// How often to poll.
    pub interval: Option<Setting<Duration>>,
    /// The folder of the plan.
    pub plan: Option<Setting<PathBuf>>,
}

impl Layer {
    /// What the command line says. The URL comes as text, for only here is it certain that an error does not repeat it:
    /// people put keys into URLs.
    pub fn flags(region: Option<Region>, url: Option<&str>, interval: Option<Duration>) -> Result<Self, ConfigError> {
        let region = region.map(|value| Setting { value, place: Place::Flag("--region") });
        let place = Place::Flag("--url");
        let url = url.map(str::parse).transpose();
        let unusable = |error: TargetError| ConfigError::Unusable { place: place.clone(), reason: error.to_string() };
        let url = url.map_err(unusable)?;
        let url = url.map(|value| Setting { value, place });
        let interval = interval.map(|value| Setting { value, place: Place::Flag("--interval") });
        Ok(Self { target: target(region, url)?, interval, plan: None })
    }

    /// The same, with the folder of the plan that the command line names, if it names one.
    #[must_use]
    pub fn with_plan(self, folder: Option<PathBuf>) -> Self {
        Self { plan: folder.map(|value| Setting { value, place: Place::Flag("--plan") }), ..self }
    }

    /// What the environment says.
    pub fn environment(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let region = read(lookup, REGION, |text| text.parse::<Region>().map_err(|error| error.to_string()))?;
        let url = read(lookup, URL, |text| text.parse::<BaseUrl>().map_err(|error| error.to_string()))?;
        let interval = read(lookup, INTERVAL, parse_interval)?;
        Ok(Self { target: target(region, url)?, interval, plan: None })
    }
}

fn read<T>(
    lookup: Lookup<'_>,
    name: &'static str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<Setting<T>>, ConfigError> {
    let place = Place::Environment(name.into());
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

/// Every setting, and where each came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// What to watch.
    pub target: Setting<Target>,
    /// How often to poll.
    pub interval: Setting<Duration>,
    /// The folder of the plan, if there is one.
    pub plan: Option<Setting<PathBuf>>,
    /// The profile that is in use.
    pub profile: Option<Setting<Profile>>,
    /// How bad the findings of which lint rules are, where the file says so.
    pub levels: SeverityOverrides,
    key_variables: BTreeSet<String>,
}

impl Config {
    /// Chooses the profile and lays everything over one another: the `flags`, what the environment says, the profile,
    /// the defaults. A profile that is named by a flag, as `chosen`, goes before the environment.
    pub fn read(
        flags: Layer,
        chosen: Option<&str>,
        lookup: Lookup<'_>,
        file: &ConfigFile,
    ) -> Result<Self, ConfigError> {
        let environment = Layer::environment(lookup)?;
        let profile =
            file.choose(chosen, lookup)?.map(|Setting { value, place }| Setting { value: value.clone(), place });
        let said = profile.as_ref().map(|profile| profile.value.layer()).unwrap_or_default();
        let by_flag = matches!(&profile, Some(Setting { place: Place::Flag(_), .. }));
        let layers = if by_flag { [flags, said, environment] } else { [flags, environment, said] };
        Ok(Self { profile, ..Self::resolve(layers, file) })
    }

    /// Lays `layers` over one another, the nearest first, and the defaults under them. No profile is chosen.
    ///
    /// Region and URL are one setting: a region in a nearer layer wins over a URL in a farther one.
    pub fn resolve(layers: impl IntoIterator<Item = Layer>, file: &ConfigFile) -> Self {
        let layers = layers.into_iter().fold(Layer::default(), |near, far| Layer {
            target: near.target.or(far.target),
            interval: near.interval.or(far.interval),
            plan: near.plan.or(far.plan),
        });
        let target =
            layers.target.unwrap_or(Setting { value: Target::Region(Region::default()), place: Place::Default });
        let loopback = target.value.base_url().is_loopback();
        let interval = layers
            .interval
            .unwrap_or(Setting { value: if loopback { INTERVAL_NEAR } else { INTERVAL_FAR }, place: Place::Default });
        Self {
            target,
            interval,
            plan: layers.plan,
            profile: None,
            levels: file.levels().clone(),
            key_variables: file.key_variables(),
        }
    }

    /// What the header calls it: `staging · us · api.getblueshift.com`.
    pub fn label(&self) -> String {
        let target = self.target.value.label();
        self.profile.as_ref().map_or_else(|| target.clone(), |profile| format!("{} · {target}", profile.value.name))
    }

    /// Where the keys are.
    pub fn key_names(&self) -> KeyNames {
        self.profile.as_ref().map(|profile| profile.value.key_names()).unwrap_or_default()
    }

    /// What may be sent, and what asks first.
    pub fn safety(&self) -> Safety {
        let base = self.target.value.base_url();
        match &self.profile {
            Some(profile) => profile.value.safety(&base),
            None => Safety { production: base.is_platform(), ..Safety::default() },
        }
    }

    /// What drafts may know of the environment: the variables that are text, without those that hold keys, be it of
    /// another profile.
    pub fn harmless_environment(
        &self,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> BTreeMap<String, String> {
        let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        variables.into_iter().filter_map(text).filter(|(name, _)| !self.key_variables.contains(name)).collect()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Result<Layer, ConfigError> {
        Layer::environment(&|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_default() {
        let near = "http://127.0.0.1:8787";
        let cases = [
            (None, None, &[][..], "us · api.getblueshift.com", Place::Default, 2_000),
            (Some(Region::Eu), None, &[(REGION, "us")], "eu · api.eu.getblueshift.com", Place::Flag("--region"), 2_000),
            (None, Some(near), &[(REGION, "eu")], "local · 127.0.0.1:8787", Place::Flag("--url"), 500),
            (Some(Region::Us), None, &[(URL, near)], "us · api.getblueshift.com", Place::Flag("--region"), 2_000),
            (None, None, &[(REGION, "eu")], "eu · api.eu.getblueshift.com", Place::Environment(REGION.into()), 2_000),
            (None, None, &[(URL, near), (REGION, " ")], "local · 127.0.0.1:8787", Place::Environment(URL.into()), 500),
            (None, None, &[(URL, "https://a.example.com/x")], "a.example.com", Place::Environment(URL.into()), 2_000),
            (
                None,
                None,
                &[(URL, near), (INTERVAL, "3s")],
                "local · 127.0.0.1:8787",
                Place::Environment(URL.into()),
                3_000,
            ),
        ];
        for (region, url, variables, label, place, milliseconds) in cases {
            let flags = Layer::flags(region, url, None).unwrap();
            let config = Config::resolve([flags, environment(variables).unwrap()], &ConfigFile::default());
            assert_eq!(config.target.value.label(), label);
            assert_eq!(config.target.place, place, "{label}");
            assert_eq!(config.interval.value, Duration::from_millis(milliseconds), "{label}");
        }
    }

    #[test]
    fn an_unusable_variable_is_named_with_what_is_allowed() {
        let cases = [
            (&[(REGION, "asia")][..], "CLICKSCOPE_REGION: ", "eu"),
            (&[(URL, "localhost:8787")], "CLICKSCOPE_URL: ", "http://"),
            (&[(URL, "https://s3cr3t@example.com")], "CLICKSCOPE_URL: ", "CLICKSCOPE_EVENT_KEY"),
            (&[(INTERVAL, "5")], "CLICKSCOPE_INTERVAL: ", "500ms"),
            (&[(URL, "http://a.example"), (REGION, "eu")], "CLICKSCOPE_REGION and CLICKSCOPE_URL", "keep one"),
        ];
        for (variables, start, part) in cases {
            let message = environment(variables).unwrap_err().to_string();
            assert!(message.starts_with(start) && message.contains(part), "{message}");
            assert!(!message.contains("s3cr3t"), "{message}");
        }
        let error = Layer::flags(None, Some("http://s3cr3t@a.example"), None).unwrap_err();
        assert!(error.to_string().starts_with("--url: ") && !error.to_string().contains("s3cr3t"), "{error}");
        let error = Layer::flags(Some(Region::Us), Some("http://a.example"), None).unwrap_err();
        assert!(error.to_string().starts_with("--region and --url are both set"), "{error}");
    }
}
