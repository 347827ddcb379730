use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use super::{ConfigError, Lookup, Provenance, Setting, text};
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
    let source = Setting {
        value: KeySource::Variable(VERIFICATION_KEY.to_owned()),
        place: Provenance::Environment(VERIFICATION_KEY.into()),
    };
    let key = read(&source, lookup, "verification key")?;
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

/// The longest output of a command, or file, that is read for a key; no key is as long.
const LONGEST: u64 = 4096;

/// Where a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// In a variable.
    Variable(String),
    /// In the first line that a command prints, which is run in a shell.
    Command(String),
    /// In the first line of a file that nobody else may read.
    File(PathBuf),
}

impl KeySource {
    /// The variable, if it is in one.
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::Variable(name) => Some(name),
            Self::Command(_) | Self::File(_) => None,
        }
    }
}

/// Where the keys of an account are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySources {
    /// The Event key.
    pub event: Setting<KeySource>,
    /// The User key; without a source there is none to be had.
    pub user: Option<Setting<KeySource>>,
}

impl Default for KeySources {
    /// The program's own variables.
    fn default() -> Self {
        let variable = |name: &str| Setting {
            value: KeySource::Variable(name.to_owned()),
            place: Provenance::Environment(name.to_owned().into()),
        };
        Self { event: variable(EVENT_KEY), user: Some(variable(USER_KEY)) }
    }
}

impl KeySources {
    /// The variable of the Event key, for a command that somebody else runs: the program's own where the key is in none.
    pub fn event_variable(&self) -> String {
        self.event.value.variable().unwrap_or(EVENT_KEY).to_owned()
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
    /// Reads the keys from where they are, and asks `ask` for the Event key where its variable is not set. `ask` gives
    /// `None` when there is nobody to ask.
    pub fn read(
        sources: &KeySources,
        lookup: Lookup<'_>,
        ask: impl FnOnce() -> Option<io::Result<SecretString>>,
    ) -> Result<Self, ConfigError> {
        let user = match &sources.user {
            Some(source) => read(source, lookup, "User key")?,
            None => None,
        };
        if let Some(event) = read(&sources.event, lookup, "Event key")? {
            return Ok(Self { event, user });
        }
        let variable = || sources.event_variable();
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

/// The keys as far as they are there, the Event key first; nobody is asked for one.
pub fn set_keys(sources: &KeySources, lookup: Lookup<'_>) -> [Result<Option<AccountKey>, ConfigError>; 2] {
    let user = sources.user.as_ref().map_or(Ok(None), |source| read(source, lookup, "User key"));
    [read(&sources.event, lookup, "Event key"), user]
}

/// A text that was read as a key, and not looked at yet.
pub(super) struct Found {
    pub(super) secret: SecretString,
    /// Where it is.
    pub(super) place: Provenance,
    /// Its name in messages.
    called: Sanitized,
}

/// Reads a key of that `kind`; `None` where its variable is not set.
pub(super) fn read(
    source: &Setting<KeySource>,
    lookup: Lookup<'_>,
    kind: &'static str,
) -> Result<Option<AccountKey>, ConfigError> {
    let Some(Found { secret, place, called }) = find(source, lookup, kind)? else { return Ok(None) };
    check(secret.expose_secret()).map_err(|reason| ConfigError::Unusable {
        reason: if source.value.variable().is_some() { reason } else { format!("the {kind} that is there: {reason}") },
        place,
    })?;
    Ok(Some(AccountKey { secret, called }))
}

/// Reads the text that is to be a key; `None` where its variable is not set. No error repeats what a command printed, what
/// stands in a file, or the name of a file that is not there, which may be the key itself.
pub(super) fn find(
    source: &Setting<KeySource>,
    lookup: Lookup<'_>,
    kind: &'static str,
) -> Result<Option<Found>, ConfigError> {
    let Setting { value, place } = source;
    let unusable = |reason: String| ConfigError::Unusable { place: place.clone(), reason };
    let (bytes, called) = match value {
        KeySource::Variable(name) => {
            let called = sanitized!("the {} from {}", kind, sanitize(name));
            let place = Provenance::Environment(name.to_owned().into());
            return Ok(text(lookup, name)?.map(|text| Found { secret: text.into(), place, called }));
        }
        KeySource::Command(command) => {
            let bytes = printed(command).map_err(|why| unusable(format!("the command of the {kind} {why}")))?;
            (bytes, sanitized!("the {} of the command in {}", kind, Sanitized::of(place)))
        }
        KeySource::File(path) => {
            let bytes = kept(path).map_err(|why| unusable(format!("the file of the {kind} {why}")))?;
            (bytes, sanitized!("the {} in {}", kind, sanitize(&path.display().to_string())))
        }
    };
    let line = std::str::from_utf8(&bytes).map(|text| text.lines().next().unwrap_or_default().trim());
    let line = line.map_err(|_| unusable(format!("the {kind} that is there is not text (not UTF-8)")))?;
    if line.is_empty() {
        return Err(unusable(format!("there is no {kind} there: its first line is empty")));
    }
    Ok(Some(Found { secret: SecretString::from(line), place: place.clone(), called }))
}

/// What a command prints. What it has to ask, it asks the terminal.
fn printed(command: &str) -> Result<Zeroizing<Vec<u8>>, String> {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = shell.spawn().map_err(|error| format!("cannot be run: {error}"))?;
    let mut text = Zeroizing::new(Vec::with_capacity(usize::try_from(LONGEST).unwrap_or_default()));
    let read = child.stdout.take().map_or(Ok(0), |stdout| stdout.take(LONGEST).read_to_end(&mut text));
    // What prints more than that is not waited for with its output held back: the pipe is closed.
    let status = child.wait().map_err(|error| format!("was lost: {error}"))?;
    read.map_err(|error| format!("cannot be read: {error}"))?;
    // One that prints on behind the key is ended by the closed pipe.
    if status.success() || text.len() as u64 == LONGEST { Ok(text) } else { Err(format!("failed ({status})")) }
}

/// What stands in a file that nobody else can read.
fn kept(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let system = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "is not there".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    // Asked before it is opened: to open a pipe waits for a writer.
    if !path.metadata().map_err(system)?.is_file() {
        return Err("is not a file".to_owned());
    }
    let file = File::open(path).map_err(system)?;
    let metadata = file.metadata().map_err(system)?;
    let shown = shell_word(&path.display().to_string());
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(format!("belongs to another user: run `sudo chown \"$USER\" {shown}`, or make one of your own"));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(format!("can be read by others: run `chmod 600 {shown}`"));
    }
    let mut text = Zeroizing::new(Vec::with_capacity(usize::try_from(LONGEST).unwrap_or_default()));
    file.take(LONGEST).read_to_end(&mut text).map_err(system)?;
    Ok(text)
}

/// A path as a shell reads it.
fn shell_word(path: &str) -> Sanitized {
    let is_plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+@%,:=".contains(c));
    if is_plain { sanitize(path) } else { sanitize(&format!("'{}'", path.replace('\'', "'\\''"))) }
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
        AccountKeys::read(&KeySources::default(), &lookup, || typed.map(|typed| Ok(SecretString::from(typed))))
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
        let variable = |name: &str| Setting {
            value: KeySource::Variable(name.to_owned()),
            place: Provenance::Environment(name.to_owned().into()),
        };
        let names = KeySources { event: variable("STAGING_KEY"), user: None };
        let lookup = |name: &str| match name {
            EVENT_KEY | USER_KEY => Some(OsString::from("of-another-account")),
            "STAGING_KEY" => Some(OsString::from("of-staging")),
            _ => None,
        };
        let keys = AccountKeys::read(&names, &lookup, || None).unwrap();
        assert_eq!(keys.event.secret.expose_secret(), "of-staging");
        assert_eq!(keys.event.called, "the Event key from STAGING_KEY");
        assert!(keys.user.is_none());

        let names = KeySources { event: variable("LIVE_KEY"), user: None };
        let error = AccountKeys::read(&names, &lookup, || None).unwrap_err();
        assert!(error.to_string().contains("set LIVE_KEY to"), "{error}");
    }

    #[test]
    fn a_key_comes_from_the_first_line_of_a_command_or_of_a_file_that_nobody_else_can_read() {
        use std::fs::{self, Permissions};
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str, mode: u32| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            KeySource::File(path)
        };
        let command = |text: &str| KeySource::Command(text.to_owned());
        let cases = [
            (command("printf 's3cr3t\\nurl: x\\n'"), Ok("the Event key of the command in config.toml:3")),
            (command("yes s3cr3t"), Ok("the Event key of the command in config.toml:3")),
            (command("echo s3cr3t; exit 3"), Err("the command of the Event key failed (exit status: 3)")),
            (command("echo"), Err("there is no Event key there: its first line is empty")),
            (command("echo s3cr3t two"), Err("the Event key that is there: it holds white space")),
            (command("printf '\\377'"), Err("not text")),
            (file("fine", " s3cr3t\r\nmore", 0o600), Ok("the Event key in ")),
            (file("read only", "s3cr3t", 0o400), Ok("the Event key in ")),
            (
                file("of the group", "s3cr3t", 0o640),
                Err("the file of the Event key can be read by others: run `chmod 600 '"),
            ),
            (file("of-all", "s3cr3t", 0o604), Err("of-all`")),
            (KeySource::File("/nowhere/s3cr3t".into()), Err("the file of the Event key is not there")),
            (KeySource::File("/dev/null".into()), Err("the file of the Event key is not a file")),
        ];
        let place = Provenance::File { path: Path::new("config.toml").into(), line: 3 };
        for (value, expected) in cases {
            let source = Setting { value, place: place.clone() };
            let sources = KeySources { event: source, user: None };
            let told = AccountKeys::read(&sources, &|_| None, || panic!("nobody is asked"));
            match (told, expected) {
                (Ok(keys), Ok(called)) => {
                    assert_eq!(keys.event.secret.expose_secret(), "s3cr3t");
                    assert!(keys.event.called.starts_with(called), "{}", keys.event.called);
                }
                (Err(error), Err(part)) => {
                    let told = error.to_string();
                    assert!(told.starts_with("config.toml:3: ") && told.contains(part), "{told}");
                    assert!(!told.contains("s3cr3t") && !format!("{error:?}").contains("s3cr3t"), "{told}");
                }
                (told, _) => panic!("{:?}: {:?}", sources.event, told.map(|keys| keys.event.called)),
            }
        }
    }

    #[test]
    fn a_key_is_not_in_its_debug_output() {
        let keys = read("s3cr3t", "s3cr3t-too", None).unwrap();
        assert!(!format!("{keys:?}").contains("s3cr3t"));
    }
}
