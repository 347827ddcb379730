use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use toml::de::DeTable;

use super::keys::from_environment;
use super::section::{ConfigText, Section, shown};
use super::{ConfigError, ConfigLayer, KeyNames, Lookup, Provenance, Setting, Target, parse_interval, parse_size};
use crate::blueshift::safety::{Safety, TestIdentity};
use crate::blueshift::{BadHeader, BaseUrl, HeaderVariable, Region};
use crate::event::signature::{SignatureHash, Signing};

/// The fields of a profile. A new one begins with a name in this list.
pub(super) const FIELDS: [&str; 17] = [
    "region",
    "url",
    "environment",
    "read_only",
    "test_identities",
    "event_key",
    "user_key",
    "verification_key",
    "verification_hash",
    "signed",
    "headers",
    "interval",
    "plan",
    "history",
    "record",
    "redact",
    "redact_key",
];

/// The longest name of a variable that may be a word without `_`; a longer one with digits in it looks like a key.
const LONGEST_WORD: usize = 15;

/// A named target: where it is, which keys open it, and what may be sent there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    target: Option<Setting<Target>>,
    interval: Option<Setting<Duration>>,
    plan: Option<Setting<PathBuf>>,
    history: Option<Setting<usize>>,
    records: bool,
    environment: Option<Environment>,
    read_only: Option<Provenance>,
    identities: Vec<TestIdentity>,
    event_key: Option<String>,
    user_key: Option<String>,
    verification_key: Option<String>,
    verification_hash: SignatureHash,
    signed: Vec<String>,
    headers: Vec<HeaderVariable>,
    redact: bool,
    redact_key: Option<Setting<String>>,
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Real customers.
    Production,
    /// Nobody real, but perhaps colleagues.
    Staging,
    /// The developer alone.
    Development,
}

impl FromStr for Environment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "production" => Ok(Self::Production),
            "staging" => Ok(Self::Staging),
            "development" => Ok(Self::Development),
            _ => Err("use production, staging or development".to_owned()),
        }
    }
}

impl Profile {
    pub(super) fn read<'a>(
        source: &'a ConfigText<'a>,
        name: Setting<&str>,
        table: &'a DeTable<'a>,
        elsewhere: &[&str],
    ) -> Result<Self, ConfigError> {
        let Setting { value: name, place } = name;
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c)) {
            let reason = format!("{} cannot name a profile: use letters, digits, `-`, `_` and `.`", shown(name));
            return Err(ConfigError::Unusable { place, reason });
        }
        let section = Section::new(
            source,
            format!("profile {name}"),
            table,
            &FIELDS,
            (elsewhere, "at the top of the file, above all that stands in brackets"),
        )?;
        let region = section.parsed("region", |text| text.parse::<Region>().map_err(|error| error.to_string()))?;
        let url = section.parsed("url", |text| text.parse::<BaseUrl>().map_err(|error| error.to_string()))?;
        let target = match (region, url) {
            (Some(_), Some(Setting { place, .. })) => {
                let reason = format!("region and url are both set in profile {name}: keep one of them");
                return Err(ConfigError::Unusable { place, reason });
            }
            (Some(Setting { value, place }), None) => Some(Setting { value: Target::Region(value), place }),
            (None, Some(Setting { value, place })) => Some(Setting { value: Target::Url(value), place }),
            (None, None) => None,
        };
        let read_only = section.flag("read_only")?;
        let key = |field| section.parsed(field, variable).map(|name| name.map(|name| name.value));
        Ok(Self {
            name: name.to_owned(),
            target,
            interval: section.parsed("interval", parse_interval)?,
            plan: section.parsed("plan", |folder| source.folder(folder))?,
            history: section.parsed("history", parse_size)?,
            records: section.parsed("record", record)?.is_some(),
            environment: section.parsed("environment", str::parse)?.map(|environment| environment.value),
            read_only: read_only.and_then(|Setting { value, place }| value.then_some(place)),
            identities: section.list("test_identities", str::parse)?,
            event_key: key("event_key")?,
            user_key: key("user_key")?,
            verification_key: key("verification_key")?,
            verification_hash: section
                .parsed("verification_hash", str::parse)?
                .map(|hash| hash.value)
                .unwrap_or_default(),
            signed: section.list("signed", event_type)?,
            headers: section.list("headers", header)?,
            redact: section.flag("redact")?.is_some_and(|redact| redact.value),
            redact_key: section.parsed("redact_key", variable)?,
        })
    }

    /// Its layer: the settings that other places can set too.
    pub(super) fn layer(&self) -> ConfigLayer {
        ConfigLayer {
            target: self.target.clone(),
            interval: self.interval.clone(),
            plan: self.plan.clone(),
            history: self.history.clone(),
        }
    }

    /// Where its keys are. A profile that names its own Event key is of an account of its own, so it has a User key only
    /// if it names that too: the key of one account must not go to the server of another.
    pub fn key_names(&self) -> KeyNames {
        let common = KeyNames::default();
        match &self.event_key {
            Some(event) => KeyNames { event: event.clone(), user: self.user_key.clone() },
            None => KeyNames { event: common.event, user: self.user_key.clone().or(common.user) },
        }
    }

    /// The folder of its plan, if it names one.
    pub fn plan(&self) -> Option<&Setting<PathBuf>> {
        self.plan.as_ref()
    }

    /// Whether every session of it is recorded.
    pub fn records(&self) -> bool {
        self.records
    }

    /// The headers that its requests have beside those of the API, each with the variable that holds its value.
    pub fn headers(&self) -> &[HeaderVariable] {
        &self.headers
    }

    /// Whether its events are masked wherever they are shown or written.
    pub fn redacts(&self) -> bool {
        self.redact
    }

    /// The variable that holds the key of the masks, if it names one.
    pub(super) fn redact_key(&self) -> Option<&Setting<String>> {
        self.redact_key.as_ref()
    }

    /// The variables of its keys, and of its headers, which hold secrets too.
    pub(super) fn key_variables(&self) -> impl Iterator<Item = &str> {
        let keys = [&self.event_key, &self.user_key, &self.verification_key].into_iter().flatten();
        let keys = keys.chain(self.redact_key.as_ref().map(|name| &name.value));
        keys.chain(self.headers.iter().map(|header| &header.variable)).map(String::as_str)
    }

    /// How its account has events signed; without the key where its variable is not set.
    pub fn signing(&self, lookup: Lookup<'_>) -> Result<Signing, ConfigError> {
        let key =
            self.verification_key.as_deref().map(|name| from_environment(lookup, name, "verification")).transpose()?;
        let key = key.flatten().map(|key| key.secret);
        Ok(Signing::new(key, self.verification_hash, self.signed.iter().cloned()))
    }

    /// The variable of the key that its events are verified by, if it names one.
    pub fn verification_variable(&self) -> Option<&str> {
        self.verification_key.as_deref()
    }

    /// Its safety rules for sending to `base`.
    ///
    /// Its `environment` is about its own target: where a flag or a variable leads elsewhere, it says nothing. Without a
    /// word, the platform itself is production and nothing else is.
    pub(super) fn safety(&self, base: &BaseUrl) -> Safety {
        let own = self.target.as_ref().map_or_else(|| Region::default().base_url(), |target| target.value.base_url());
        let environment = self.environment.filter(|_| *base == own);
        let production = match environment {
            Some(environment) => environment == Environment::Production,
            None => base.is_platform(),
        };
        let read_only = self.read_only.as_ref().map(|place| format!("profile {} ({place})", self.name));
        Safety { read_only, production, identities: self.identities.clone() }
    }
}

fn record(text: &str) -> Result<(), String> {
    let rule = "use \"auto\": each session is recorded in the state folder, and the newest five are kept";
    if text == "auto" { Ok(()) } else { Err(rule.to_owned()) }
}

fn event_type(name: &str) -> Result<String, String> {
    if name.is_empty() { Err("name an event type, as in \"purchase\"".to_owned()) } else { Ok(name.to_owned()) }
}

/// A header and the variable that holds its value: `X-Gateway: GATEWAY_TOKEN`.
fn header(text: &str) -> Result<HeaderVariable, String> {
    let (name, value) = text.split_once(':').ok_or_else(|| BadHeader::Name.to_string())?;
    let named = HeaderVariable::called(name).map_err(|error| error.to_string())?;
    Ok(HeaderVariable { variable: variable(value.trim())?, ..named })
}

/// The name of a variable. What is none may be the key itself, so it is not repeated.
pub(super) fn variable(text: &str) -> Result<String, String> {
    let letters = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let begins = text.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    let like_a_key = text.len() > LONGEST_WORD && !text.contains('_') && text.contains(|c: char| c.is_ascii_digit());
    if letters && begins && !like_a_key {
        return Ok(text.to_owned());
    }
    let rule = "this is the name of the environment variable that holds the key, such as STAGING_EVENT_KEY: capital \
                letters, digits and `_`";
    Err(format!("{rule}; if a key is there, take it out of the file"))
}
