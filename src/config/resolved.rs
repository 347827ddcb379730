use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::{ConfigError, ConfigFile, ConfigLayer, KeySources, Lookup, Profile, Provenance, Setting, Target};
use crate::app::{Preferences, TableSettings, ThemeName};
use crate::blueshift::Region;
use crate::blueshift::safety::Safety;
use crate::event::signature::Signing;
use crate::event::text::sanitize;
use crate::event::{Sanitized, Volatile, sanitized};
use crate::plan::SeverityOverrides;

/// The interval for a server on the network. No rate is published for the debug endpoint, so it is a polite guess.
const INTERVAL_FAR: Duration = Duration::from_secs(2);
/// The interval for a server on this machine.
const INTERVAL_NEAR: Duration = Duration::from_millis(500);

/// How often such a target is polled where nobody says how often.
pub(super) fn usual_interval(target: &Target) -> Duration {
    if target.base_url().is_loopback() { INTERVAL_NEAR } else { INTERVAL_FAR }
}

/// The layers, the nearest first: what a profile says goes before the environment where it is chosen by a flag.
pub(super) fn in_order(
    flags: ConfigLayer,
    environment: ConfigLayer,
    profile: Option<(&Profile, &Provenance)>,
) -> [ConfigLayer; 3] {
    match profile {
        Some((profile, Provenance::Flag(_))) => [flags, profile.layer(), environment],
        Some((profile, _)) => [flags, environment, profile.layer()],
        None => [flags, environment, ConfigLayer::default()],
    }
}

/// Every setting, and where each came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The target.
    pub target: Setting<Target>,
    /// How often to poll.
    pub interval: Setting<Duration>,
    /// How many bytes of events are held beside the newest of each type, where it is said.
    pub history: Option<Setting<usize>>,
    /// What the file says for the person at the keyboard.
    pub preferences: Preferences,
    /// The theme, where it is said.
    pub theme: Option<Setting<ThemeName>>,
    /// The folder of the plan, if there is one.
    pub plan: Option<Setting<PathBuf>>,
    /// The profile that is in use.
    pub profile: Option<Setting<Profile>>,
    /// How bad the findings of which lint rules are, where the file says so.
    pub levels: SeverityOverrides,
    /// The fields whose changes say nothing of an event, as the file has them.
    pub volatile: Volatile,
    /// The table of event types, as the file has it.
    pub table: TableSettings,
    /// How the account of the profile has events signed.
    pub signing: Signing,
    key_variables: BTreeSet<String>,
}

impl Config {
    /// Chooses the profile and lays everything over one another: the `flags`, what the environment says, the profile,
    /// the defaults. A profile that is named by a flag, as `chosen`, goes before the environment.
    pub fn read(
        flags: ConfigLayer,
        chosen: Option<&str>,
        lookup: Lookup<'_>,
        file: &ConfigFile,
    ) -> Result<Self, ConfigError> {
        let environment = ConfigLayer::environment(lookup)?;
        let profile =
            file.choose(chosen, lookup)?.map(|Setting { value, place }| Setting { value: value.clone(), place });
        if let Some(profile) = &profile {
            profile.value.agreed()?;
        }
        let layers = in_order(flags, environment, profile.as_ref().map(|profile| (&profile.value, &profile.place)));
        let signing = profile.as_ref().map(|profile| profile.value.signing(lookup)).transpose()?.unwrap_or_default();
        Ok(Self { profile, signing, ..Self::resolve(layers, file) })
    }

    /// Lays `layers` over one another, the nearest first, and the defaults under them. No profile is chosen.
    ///
    /// Region and URL are one setting: a region in a nearer layer wins over a URL in a farther one.
    pub fn resolve(layers: impl IntoIterator<Item = ConfigLayer>, file: &ConfigFile) -> Self {
        let layers = layers.into_iter().fold(ConfigLayer::default(), |near, far| ConfigLayer {
            target: near.target.or(far.target),
            interval: near.interval.or(far.interval),
            plan: near.plan.or(far.plan),
            history: near.history.or(far.history),
            theme: near.theme.or(far.theme),
            show_keys: near.show_keys || far.show_keys,
        });
        let target =
            layers.target.unwrap_or(Setting { value: Target::Region(Region::default()), place: Provenance::Default });
        let interval =
            layers.interval.unwrap_or(Setting { value: usual_interval(&target.value), place: Provenance::Default });
        let preferences = file.preferences();
        let preferences = Preferences { show_keys: preferences.show_keys || layers.show_keys, ..preferences };
        Self {
            target,
            interval,
            plan: layers.plan,
            history: layers.history,
            preferences,
            theme: layers.theme.or_else(|| file.theme().cloned()),
            profile: None,
            signing: Signing::default(),
            levels: file.levels().clone(),
            volatile: file.volatile().clone(),
            table: file.table().clone(),
            key_variables: file.key_variables(),
        }
    }

    /// Its label in the header: `staging · us · api.getblueshift.com`.
    pub fn label(&self) -> Sanitized {
        let target = self.target.value.label();
        match &self.profile {
            Some(profile) => sanitized!("{} · {}", sanitize(&profile.value.name), target),
            None => target,
        }
    }

    /// What there is to say of the way that keys take, if that is not a safe one.
    pub fn exposure(&self) -> Option<Sanitized> {
        let base = self.target.value.base_url();
        let is_open = !base.is_https() && !base.is_loopback();
        is_open.then(|| {
            let host = base.host_label();
            sanitized!("the key goes to {} over plain http://, where others on the way can read it: use https://", host)
        })
    }

    /// Where the keys are.
    pub fn key_sources(&self) -> KeySources {
        self.profile.as_ref().map(|profile| profile.value.key_sources()).unwrap_or_default()
    }

    /// The rules for sending: who may be sent to, and when to ask first.
    pub fn safety(&self) -> Safety {
        let base = self.target.value.base_url();
        match &self.profile {
            Some(profile) => profile.value.safety(&base),
            None => Safety { production: base.is_platform(), ..Safety::default() },
        }
    }

    /// The variables that hold keys: the program's own, and those of every profile.
    pub fn key_variables(&self) -> &BTreeSet<String> {
        &self.key_variables
    }

    /// The environment that drafts may use: the variables that are text, without those that hold keys, be it of
    /// another profile.
    pub fn environment_without_keys(
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
    use super::*;
    use crate::config::{INTERVAL, REGION, URL};

    #[test]
    fn a_key_on_an_open_way_is_told_of() {
        let cases = [
            ("http://collector.example.com", true),
            ("http://10.0.0.7:8787", true),
            ("http://api.getblueshift.com", true),
            ("https://collector.example.com", false),
            ("http://127.0.0.1:8787", false),
            ("http://[::1]", false),
            ("http://localhost", false),
        ];
        for (url, told) in cases {
            let flags = ConfigLayer::flags(None, Some(url), None).unwrap();
            assert_eq!(Config::resolve([flags], &ConfigFile::default()).exposure().is_some(), told, "{url}");
        }
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_the_default() {
        let near = "http://127.0.0.1:8787";
        let cases = [
            (None, None, &[][..], "us · api.getblueshift.com", Provenance::Default, 2_000),
            (
                Some(Region::Eu),
                None,
                &[(REGION, "us")],
                "eu · api.eu.getblueshift.com",
                Provenance::Flag("--region"),
                2_000,
            ),
            (None, Some(near), &[(REGION, "eu")], "local · 127.0.0.1:8787", Provenance::Flag("--url"), 500),
            (Some(Region::Us), None, &[(URL, near)], "us · api.getblueshift.com", Provenance::Flag("--region"), 2_000),
            (
                None,
                None,
                &[(REGION, "eu")],
                "eu · api.eu.getblueshift.com",
                Provenance::Environment(REGION.into()),
                2_000,
            ),
            (
                None,
                None,
                &[(URL, near), (REGION, " ")],
                "local · 127.0.0.1:8787",
                Provenance::Environment(URL.into()),
                500,
            ),
            (
                None,
                None,
                &[(URL, "https://a.example.com/x")],
                "a.example.com",
                Provenance::Environment(URL.into()),
                2_000,
            ),
            (
                None,
                None,
                &[(URL, near), (INTERVAL, "3s")],
                "local · 127.0.0.1:8787",
                Provenance::Environment(URL.into()),
                3_000,
            ),
        ];
        for (region, url, variables, label, place, milliseconds) in cases {
            let flags = ConfigLayer::flags(region, url, None).unwrap();
            let lookup =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
            let config = Config::resolve([flags, ConfigLayer::environment(&lookup).unwrap()], &ConfigFile::default());
            assert_eq!(config.target.value.label(), label);
            assert_eq!(config.target.place, place, "{label}");
            assert_eq!(config.interval.value, Duration::from_millis(milliseconds), "{label}");
        }
    }
}
