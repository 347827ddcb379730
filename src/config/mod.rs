//! Where settings and secrets come from, and which wins.
//!
//! A setting is looked for in layers, the nearest first: flag, environment, profile, default. A profile is what the file of the project says of it, and beneath
//! that what the user's own says. Each layer is a [`ConfigLayer`],
//! read on its own and checked on its own, so an error names the place where the value stands; [`Config::resolve`] lays
//! them over one another and remembers where each value came from. A profile that the command line names is itself
//! given by a flag, so what it says wins over the environment.
//!
//! Profiles stand in the config file ([`ConfigFile`]), which is read field by field with the line of each.
//!
//! Keys are no settings: they come from the environment, a command, a file of their own or a prompt, and are secrets from
//! the moment they are read. The config file only says where they are. What the file of a project may say, `project.rs` has.

mod bindings;
mod explain;
mod fields;
mod file;
mod folders;
mod headers;
mod interval;
mod keys;
#[cfg(test)]
mod keys_page;
mod layer;
mod lint;
mod plan;
mod profile;
mod project;
mod prompt;
mod redaction;
mod resolved;
mod sample;
mod schema;
mod section;
mod size;
mod templates;

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::event::text::sanitize;

pub use explain::{Explained, explain};
pub use file::{ConfigFile, FILE_NAME, LONGEST_FILE, PROFILE, Project, Said, project};
pub use folders::{config_folder, state_folder, tapes_folder};
pub use headers::headers;
pub use interval::{LONGEST_INTERVAL, SHORTEST_INTERVAL, parse_interval, parse_pace, parse_patience, parse_since};
pub use keys::{
    AccountKeys, EVENT_KEY, KeySource, KeySources, USER_KEY, VERIFICATION_KEY, demanded, set_keys, variable_shown,
};
pub use layer::{ConfigLayer, HISTORY, INTERVAL, REGION, Setting, THEME, Target, URL};
pub use plan::read_plan;
pub use profile::Profile;
pub use project::{Agreements, PROJECT_FILE};
pub use prompt::{ask_for_word, prompt};
pub use redaction::Masking;
pub use resolved::Config;
pub use sample::{Whose, sample};
pub use schema::schema;
pub use size::parse_size;
pub use templates::{TemplateError, own_templates};

/// How an environment variable is looked up: [`std::env::var_os`], or a test's own.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Provenance {
    /// A command line option, spelled with its dashes.
    Flag(&'static str),
    /// An environment variable.
    Environment(Cow<'static, str>),
    /// A line of a file.
    File {
        /// The file.
        path: Arc<Path>,
        /// The line, from 1.
        line: usize,
    },
    /// Nowhere: it is what the program takes by itself.
    Default,
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => f.write_str(name),
            Self::Environment(name) => f.write_str(name),
            Self::File { path, line } => write!(f, "{}:{line}", sanitize(&path.display().to_string())),
            Self::Default => f.write_str("the default"),
        }
    }
}

/// A setting or a key that cannot be used. No text of it holds a value that may be a key.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The value is no such thing.
    #[error("{place}: {reason}")]
    Unusable {
        /// Where it stands.
        place: Provenance,
        /// The reason, and what is allowed.
        reason: String,
    },
    /// Two settings of the same layer that exclude each other.
    #[error("{0} and {1} are both set: a region stands for a URL, so keep one of them")]
    Conflict(Provenance, Provenance),
    /// The file of a project says what the user has to agree to, and has not.
    #[error(
        "{place}: {field} counts when you agree to it, for this file came with the project and says where your keys go or \
         what may be sent: read it, then run `clickscope config trust`"
    )]
    Unagreed {
        /// Where it stands.
        place: Provenance,
        /// The field.
        field: &'static str,
    },
    /// There is no key, and nobody who could be asked for it.
    #[error(
        "no Event key: set {variable} to the Event API key of the account (in the dashboard under Account settings, API \
         keys); for a local collector, any text will do"
    )]
    NoKey {
        /// The variable that should hold it.
        variable: String,
    },
    /// The config file is there and cannot be read.
    #[error("{} cannot be read: {source}", sanitize(&path.display().to_string()))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The person thought better of it.
    #[error("interrupted")]
    Interrupted,
    /// The terminal did not give a key.
    #[error("no Event key: the prompt failed ({source}); set {variable} instead")]
    Prompt {
        /// The variable that could hold it.
        variable: String,
        /// The system's error.
        source: std::io::Error,
    },
}

/// The variable `name` as text, without white space around it; `None` when it is not set, or set to nothing.
fn text(lookup: Lookup<'_>, name: &str) -> Result<Option<String>, ConfigError> {
    let Some(value) = lookup(name) else { return Ok(None) };
    let value = value.into_string().map_err(|_| ConfigError::Unusable {
        place: Provenance::Environment(name.to_owned().into()),
        reason: "the value is not text (not UTF-8)".to_owned(),
    })?;
    let value = value.trim();
    Ok((!value.is_empty()).then(|| value.to_owned()))
}
