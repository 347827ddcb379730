use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeTable;

use super::fields;
use super::keys::{self, KeySource, KeySources};
use super::section::{ConfigText, Section, shown};
use super::{ConfigError, ConfigLayer, Lookup, Setting, Target, parse_interval, parse_size};
use crate::blueshift::safety::{Environment, Safety, TestIdentity};
use crate::blueshift::{BadHeader, BaseUrl, HeaderVariable, Region};
use crate::event::signature::{SignatureHash, Signing};

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
    read_only: Option<Setting<bool>>,
    identities: Option<Vec<TestIdentity>>,
    event_key: Option<Setting<KeySource>>,
    user_key: Option<Setting<KeySource>>,
    verification_key: Option<Setting<KeySource>>,
    verification_hash: Option<SignatureHash>,
    signed: Option<Vec<String>>,
    headers: Option<Vec<HeaderVariable>>,
    redact: Option<bool>,
    redact_key: Option<Setting<KeySource>>,
    /// What a project says of it that the user has not agreed to.
    unagreed: Option<Setting<&'static str>>,
}

impl Profile {
    pub(super) fn read<'a>(
        source: &'a ConfigText<'a>,
        name: Setting<&str>,
        table: &'a DeTable<'a>,
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
            &fields::PROFILE,
            (&fields::TOP, "at the top of the file, above all that stands in brackets"),
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
        Ok(Self {
            name: name.to_owned(),
            target,
            interval: section.parsed("interval", parse_interval)?,
            plan: section.parsed("plan", |folder| source.folder(folder))?,
            history: section.parsed("history", parse_size)?,
            records: section.parsed("record", record)?.is_some(),
            environment: section.parsed("environment", str::parse)?.map(|environment| environment.value),
            read_only: section.flag("read_only")?,
            identities: section.list("test_identities", str::parse)?,
            event_key: key(&section, source, ["event_key", "event_key_command", "event_key_file"])?,
            user_key: key(&section, source, ["user_key", "user_key_command", "user_key_file"])?,
            verification_key: key(
                &section,
                source,
                ["verification_key", "verification_key_command", "verification_key_file"],
            )?,
            verification_hash: section.parsed("verification_hash", str::parse)?.map(|hash| hash.value),
            signed: section.list("signed", event_type)?,
            headers: section.list("headers", header)?,
            redact: section.flag("redact")?.map(|redact| redact.value),
            redact_key: key(&section, source, ["redact_key", "redact_key_command", "redact_key_file"])?,
            unagreed: section.unagreed(&fields::PROFILE),
        })
    }

    /// This profile, with what a farther file says of it where this one says nothing.
    #[must_use]
    pub(super) fn over(self, far: &Self) -> Self {
        let far = far.clone();
        Self {
            name: self.name,
            target: self.target.or(far.target),
            interval: self.interval.or(far.interval),
            plan: self.plan.or(far.plan),
            history: self.history.or(far.history),
            records: self.records || far.records,
            environment: self.environment.or(far.environment),
            read_only: self.read_only.or(far.read_only),
            identities: self.identities.or(far.identities),
            // The keys of one account are named in one place.
            user_key: if self.event_key.is_some() { self.user_key } else { self.user_key.or(far.user_key) },
            event_key: self.event_key.or(far.event_key),
            verification_key: self.verification_key.or(far.verification_key),
            verification_hash: self.verification_hash.or(far.verification_hash),
            signed: self.signed.or(far.signed),
            headers: self.headers.or(far.headers),
            redact: self.redact.or(far.redact),
            redact_key: self.redact_key.or(far.redact_key),
            unagreed: self.unagreed.or(far.unagreed),
        }
    }

    /// Refuses a profile that says something which the user has to agree to, and has not.
    pub(super) fn agreed(&self) -> Result<(), ConfigError> {
        match &self.unagreed {
            None => Ok(()),
            Some(Setting { value: field, place }) => Err(ConfigError::Unagreed { place: place.clone(), field }),
        }
    }

    /// Its layer: the settings that other places can set too.
    pub(super) fn layer(&self) -> ConfigLayer {
        ConfigLayer {
            target: self.target.clone(),
            interval: self.interval.clone(),
            plan: self.plan.clone(),
            history: self.history.clone(),
            theme: None,
            show_keys: false,
        }
    }

    /// Where its keys are. A profile that names its own Event key is of an account of its own, so it has a User key only
    /// if it names that too: the key of one account must not go to the server of another.
    pub fn key_sources(&self) -> KeySources {
        let common = KeySources::default();
        match &self.event_key {
            Some(event) => KeySources { event: event.clone(), user: self.user_key.clone() },
            None => KeySources { event: common.event, user: self.user_key.clone().or(common.user) },
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
        self.headers.as_deref().unwrap_or_default()
    }

    /// Whether its events are masked wherever they are shown or written.
    pub fn redacts(&self) -> bool {
        self.redact == Some(true)
    }

    /// Where the key that its events are verified by is, if it says so.
    pub(super) fn verification_key(&self) -> Option<&Setting<KeySource>> {
        self.verification_key.as_ref()
    }

    /// Where the key of the masks is, if it says so.
    pub(super) fn redact_key(&self) -> Option<&Setting<KeySource>> {
        self.redact_key.as_ref()
    }

    /// The variables of its keys, and of its headers, which hold secrets too.
    pub(super) fn key_variables(&self) -> impl Iterator<Item = &str> {
        let keys = [&self.event_key, &self.user_key, &self.verification_key, &self.redact_key].into_iter().flatten();
        let keys = keys.filter_map(|source| source.value.variable());
        keys.chain(self.headers().iter().map(|header| &*header.variable))
    }

    /// How its account has events signed; without the key where its variable is not set.
    pub fn signing(&self, lookup: Lookup<'_>) -> Result<Signing, ConfigError> {
        let key = self.verification_key.as_ref().map(|source| keys::read(source, lookup, "verification key"));
        let key = key.transpose()?.flatten().map(|key| key.secret);
        let signed = self.signed.iter().flatten().cloned();
        Ok(Signing::new(key, self.verification_hash.unwrap_or_default(), signed))
    }

    /// The variable of the key that its events are verified by, if it names one.
    pub fn verification_variable(&self) -> Option<&str> {
        self.verification_key.as_ref().and_then(|source| source.value.variable())
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
        let read_only = self.read_only.as_ref().filter(|read_only| read_only.value);
        let read_only = read_only.map(|Setting { place, .. }| format!("profile {} ({place})", self.name));
        Safety { read_only, production, environment, identities: self.identities.clone().unwrap_or_default() }
    }
}

/// Where a key is: in a variable, in what a command prints, or in a file. Only one of the three can be said.
fn key(
    section: &Section<'_>,
    source: &ConfigText<'_>,
    [of_variable, of_command, of_file]: [&str; 3],
) -> Result<Option<Setting<KeySource>>, ConfigError> {
    let as_source = |text: &str| Ok(KeySource::Variable(variable(text)?));
    let command = |text: &str| match text.trim() {
        "" => Err("write a command that prints the key, as in \"pass show blueshift/event\"".to_owned()),
        command => Ok(KeySource::Command(command.to_owned())),
    };
    let all = [
        section.parsed(of_variable, as_source)?,
        section.parsed(of_command, command)?,
        section.parsed(of_file, |text| source.file(text).map(KeySource::File))?,
    ];
    let mut said = all.into_iter().flatten();
    match (said.next(), said.next()) {
        (_, Some(Setting { place, .. })) => {
            let reason = format!("the key is in one place: keep one of {of_variable}, {of_command} and {of_file}");
            Err(ConfigError::Unusable { place, reason })
        }
        (one, None) => Ok(one),
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
