use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::keys::{self, KeySource};
use super::profile::variable;
use super::{ConfigError, Lookup, Profile, Provenance, Setting};
use crate::event::{Identifiers, Redaction};

/// With a shorter key, values could be tried until a mask comes out.
const SHORTEST_KEY: usize = 16;

/// Whether what is shown and written is masked, and with which key.
#[derive(Clone, Copy, Debug, Default)]
pub struct Masking<'a> {
    /// Whether the command line asks for masks.
    pub redact: bool,
    /// The variable that it names for the key.
    pub key: Option<&'a str>,
    /// The profile in use.
    pub profile: Option<&'a Profile>,
}

impl Masking<'_> {
    /// Whether everything is masked from the start. Who names a key wants masks.
    pub fn is_on(&self) -> bool {
        self.redact || self.key.is_some() || self.profile.is_some_and(Profile::redacts)
    }

    /// The redaction, with the key that the command line or else the profile names, or with one that
    /// is drawn for this run. `identifiers` are fields of the user's own that identify a customer.
    pub fn redaction(&self, lookup: Lookup<'_>, identifiers: &Identifiers) -> Result<Redaction, ConfigError> {
        let flag = |name: &str| {
            let place = Provenance::Flag("--redact-key");
            let unusable = |reason| ConfigError::Unusable { place: place.clone(), reason };
            let value = KeySource::Variable(variable(name).map_err(unusable)?);
            Ok::<_, ConfigError>(Setting { value, place: place.clone() })
        };
        let named = match self.key {
            Some(name) => Some(flag(name)?),
            None => self.profile.and_then(Profile::redact_key).cloned(),
        };
        let key = match named {
            Some(source) => read(&source, lookup)?,
            None => SecretString::from(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())),
        };
        Ok(Redaction::new(&key, identifiers))
    }
}

fn read(source: &Setting<KeySource>, lookup: Lookup<'_>) -> Result<SecretString, ConfigError> {
    let unusable = |place: Provenance, reason: String| ConfigError::Unusable { place, reason };
    let found = keys::find(source, lookup, "key of the masks")?.ok_or_else(|| {
        let name = source.value.variable().unwrap_or_default();
        let reason = format!(
            "{name} is not set: it is to hold the key of the masks, any text of {SHORTEST_KEY} characters or more"
        );
        unusable(source.place.clone(), reason)
    })?;
    if found.secret.expose_secret().chars().count() < SHORTEST_KEY {
        return Err(unusable(found.place, format!("the key of the masks needs {SHORTEST_KEY} characters or more")));
    }
    Ok(found.secret)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::ffi::OsString;

    use super::*;

    #[test]
    fn a_key_is_read_from_the_variable_and_joins_two_runs() {
        let lookup = |name: &str| match name {
            "MASKS" => Some(OsString::from("a key that is long enough")),
            "SHORT" => Some(OsString::from("s3cr3t")),
            _ => None,
        };
        let redaction = |key| {
            let masking = Masking { key, ..Masking::default() };
            masking.redaction(&lookup, &Identifiers::default()).map_err(|error| error.to_string())
        };
        let mask = |key| redaction(key).unwrap().value("jane.doe@shop.test").into_owned();
        assert_eq!(mask(Some("MASKS")), mask(Some("MASKS")));
        assert_ne!(mask(None), mask(None), "without one, each run draws its own");
        for (key, part) in
            [("SHORT", "16 characters"), ("UNSET", "UNSET is not set"), ("s3cr3t-key", "capital letters")]
        {
            let told = redaction(Some(key)).unwrap_err();
            assert!(told.contains(part) && !told.contains("s3cr3t"), "{told}");
        }
    }
}
