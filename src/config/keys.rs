use std::io;

use secrecy::{ExposeSecret, SecretString};

use super::{ConfigError, Lookup, Provenance, text};
use crate::blueshift::auth::AccountKey;
use crate::event::signature::{SignatureHash, Signing};
use crate::event::text::sanitize;
use crate::event::{Sanitized, sanitized};

/// The variable that holds the Event key.
pub const EVENT_KEY: &str = "CLICKSCOPE_EVENT_KEY";
/// The variable that holds the User key.
pub const USER_KEY: &str = "CLICKSCOPE_USER_KEY";

/// The variable that holds the key by which a sandbox verifies events.
pub const VERIFICATION_KEY: &str = "CLICKSCOPE_VERIFICATION_KEY";

/// How a sandbox verifies events of these types: by the key in the environment, else by whether they are signed at all.
pub fn demanded(types: Vec<String>, lookup: Lookup<'_>) -> Result<Signing, ConfigError> {
    let key = from_environment(lookup, VERIFICATION_KEY, "verification")?;
    Ok(Signing::new(key.map(|key| key.secret), SignatureHash::default(), types))
}

/// The keys of the account.
#[derive(Clone, Debug)]
pub struct AccountKeys {
    /// The Event key: sends events and sees what was received.
    pub event: AccountKey,
    /// The User key: has the counts too. It can read and delete personal data, so it is used for nothing else.
    pub user: Option<AccountKey>,
}

/// The variables that hold the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyNames {
    /// That of the Event key.
    pub event: String,
    /// That of the User key; without one there is none to be had.
    pub user: Option<String>,
}

impl Default for KeyNames {
    /// The program's own.
    fn default() -> Self {
        Self { event: EVENT_KEY.to_owned(), user: Some(USER_KEY.to_owned()) }
    }
}

/// The name of a variable as it is shown: one that is not written as variables are is perhaps the key itself.
pub fn variable_shown(name: &str) -> Sanitized {
    let is_name = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name.contains('_');
    if is_name { sanitized!("the variable {}", sanitize(name)) } else { "a variable of the name that was given".into() }
}

impl AccountKeys {
    /// Reads the keys from the environment, and asks `ask` for the Event key where there is none. `ask` gives `None`
    /// when there is nobody to ask.
    pub fn read(
        names: &KeyNames,
        lookup: Lookup<'_>,
        ask: impl FnOnce() -> Option<io::Result<SecretString>>,
    ) -> Result<Self, ConfigError> {
        let user = match &names.user {
            Some(name) => from_environment(lookup, name, "User")?,
            None => None,
        };
        if let Some(event) = from_environment(lookup, &names.event, "Event")? {
            return Ok(Self { event, user });
        }
        let variable = || names.event.clone();
        let typed = ask().ok_or_else(|| ConfigError::NoKey { variable: variable() })?;
        let typed = typed.map_err(|source| match source.kind() {
            io::ErrorKind::Interrupted => ConfigError::Interrupted,
            _ => ConfigError::Prompt { variable: variable(), source },
        })?;
        let typed = SecretString::from(typed.expose_secret().trim());
        if typed.expose_secret().is_empty() {
            return Err(ConfigError::NoKey { variable: variable() });
        }
        check(typed.expose_secret())
            .map_err(|reason| ConfigError::Unusable { place: Provenance::Flag("the key that was typed in"), reason })?;
        let event = AccountKey { secret: typed, called: "the Event key that was typed in".into() };
        Ok(Self { event, user })
    }
}

pub(super) fn from_environment(
    lookup: Lookup<'_>,
    name: &str,
    kind: &'static str,
) -> Result<Option<AccountKey>, ConfigError> {
    let Some(secret) = text(lookup, name)?.map(SecretString::from) else { return Ok(None) };
    check(secret.expose_secret())
        .map_err(|reason| ConfigError::Unusable { place: Provenance::Environment(name.to_owned().into()), reason })?;
    Ok(Some(AccountKey { secret, called: sanitized!("the {} key from {}", kind, sanitize(name)) }))
}

/// Whether `key` can be a key at all. The reason never repeats it.
fn check(key: &str) -> Result<(), String> {
    let upper = key.to_ascii_uppercase();
    let bracketed = key.starts_with('<') && key.ends_with('>');
    let named = ["EVENT_API_KEY", "EVENT_KEY", "USER_API_KEY", "USER_KEY", "API_KEY"]
        .iter()
        .any(|name| upper.strip_prefix("YOUR_").unwrap_or(&upper) == *name);
    if bracketed || named {
        return Err("this is the placeholder from a sample; replace it with the key of the account".to_owned());
    }
    // Basic authentication ends the user name, which the key is, at the first colon.
    if let Some(odd) = key.chars().find(|c| !c.is_ascii_graphic() || *c == ':') {
        let what = match odd {
            ':' => "a colon".to_owned(),
            odd if odd.is_whitespace() => "white space".to_owned(),
            odd if odd.is_control() => "a control character".to_owned(),
            _ => "a character that is not ASCII".to_owned(),
        };
        return Err(format!("it holds {what}, which no key has; copy the key again, without anything else"));
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn read(event: &str, user: &str, typed: Option<&str>) -> Result<AccountKeys, ConfigError> {
        let lookup = |name: &str| match name {
            EVENT_KEY => Some(OsString::from(event)),
            USER_KEY => Some(OsString::from(user)),
            _ => None,
        };
        AccountKeys::read(&KeyNames::default(), &lookup, || typed.map(|typed| Ok(SecretString::from(typed))))
    }

    #[test]
    fn what_may_be_a_key_is_not_shown_for_a_name() {
        for (name, shown) in [
            ("STAGING_EVENT_KEY", "the variable STAGING_EVENT_KEY"),
            ("abc-123", "a variable of the name that was given"),
            ("8b8d518f7bb0934eecbaf9db97418623", "a variable of the name that was given"),
            ("8B8D518F7BB0934E", "a variable of the name that was given"),
            ("", "a variable of the name that was given"),
        ] {
            assert_eq!(variable_shown(name), shown);
        }
    }

    #[test]
    fn keys_come_from_the_environment_and_the_event_key_else_from_the_prompt() {
        let keys = read(" 0123abcd\n", "", Some("not asked")).unwrap();
        assert_eq!(keys.event.secret.expose_secret(), "0123abcd");
        assert_eq!(keys.event.called, "the Event key from CLICKSCOPE_EVENT_KEY");
        assert!(keys.user.is_none());

        let keys = read("", "user-key", Some(" typed ")).unwrap();
        assert_eq!(keys.event.secret.expose_secret(), "typed");
        assert_eq!(keys.event.called, "the Event key that was typed in");
        assert_eq!(keys.user.unwrap().called, "the User key from CLICKSCOPE_USER_KEY");
    }

    #[test]
    fn without_a_key_and_without_a_terminal_the_variable_to_set_is_named() {
        for typed in [None, Some("  ")] {
            let error = read("", "", typed).unwrap_err();
            assert!(matches!(error, ConfigError::NoKey { .. }));
            assert!(error.to_string().contains("CLICKSCOPE_EVENT_KEY"), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_a_key_is_refused_with_the_reason_and_never_repeated() {
        let cases = [
            ("<EVENT_API_KEY>", "placeholder"),
            ("<your key>", "placeholder"),
            ("YOUR_EVENT_API_KEY", "placeholder"),
            ("event_api_key", "placeholder"),
            ("s3cr3t key", "white space"),
            ("s3cr3t:", "a colon"),
            ("s3cr3t\u{7}", "a control character"),
            ("s3cr3tü", "not ASCII"),
        ];
        for (key, part) in cases {
            for (outcome, name) in [
                (read(key, "", None), EVENT_KEY),
                (read("fine", key, None), USER_KEY),
                (read("", "", Some(key)), "the key that was typed in"),
            ] {
                let error = outcome.unwrap_err();
                let message = error.to_string();
                assert!(message.starts_with(name) && message.contains(part), "{message}");
                assert!(!message.contains(key) && !format!("{error:?}").contains(key), "{message}");
            }
        }
    }

    #[test]
    fn a_profile_has_its_keys_where_it_says() {
        let names = KeyNames { event: "STAGING_KEY".to_owned(), user: None };
        let lookup = |name: &str| match name {
            EVENT_KEY | USER_KEY => Some(OsString::from("of-another-account")),
            "STAGING_KEY" => Some(OsString::from("of-staging")),
            _ => None,
        };
        let keys = AccountKeys::read(&names, &lookup, || None).unwrap();
        assert_eq!(keys.event.secret.expose_secret(), "of-staging");
        assert_eq!(keys.event.called, "the Event key from STAGING_KEY");
        assert!(keys.user.is_none());

        let names = KeyNames { event: "LIVE_KEY".to_owned(), user: None };
        let error = AccountKeys::read(&names, &lookup, || None).unwrap_err();
        assert!(error.to_string().contains("set LIVE_KEY to"), "{error}");
    }

    #[test]
    fn a_key_is_not_in_its_debug_output() {
        let keys = read("s3cr3t", "s3cr3t-too", None).unwrap();
        assert!(!format!("{keys:?}").contains("s3cr3t"));
    }
}
