//! Where settings and secrets come from, and which wins.
//!
//! A setting is looked for in layers, the nearest first: flag, environment, default. Each layer is a [`Layer`], read on
//! its own and checked on its own, so an error names the place where the value stands; [`Config::resolve`] lays them
//! over one another and remembers where each value came from.
//!
//! Keys are no settings: they come from the environment or a prompt only, and are secrets from the moment they are read.

mod interval;
mod keys;
mod layer;
mod prompt;

use std::ffi::OsString;
use std::fmt;

use thiserror::Error;

pub use interval::{LONGEST_INTERVAL, SHORTEST_INTERVAL, parse_interval};
pub use keys::{EVENT_KEY, Key, Keys, USER_KEY};
pub use layer::{Config, INTERVAL, Layer, REGION, Setting, Target, URL};
pub use prompt::prompt;

/// How an environment variable is looked up: [`std::env::var_os`], or a test's own.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A command line option, spelled with its dashes.
    Flag(&'static str),
    /// An environment variable.
    Environment(&'static str),
    /// Nowhere: it is what the program takes by itself.
    Default,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flag(name) | Self::Environment(name) => name,
            Self::Default => "the default",
        })
    }
}

/// A setting or a key that cannot be used. No text of it holds a value that may be a key.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The value is no such thing.
    #[error("{place}: {reason}")]
    Unusable {
        /// Where it stands.
        place: Place,
        /// What is wrong with it, and what is allowed.
        reason: String,
    },
    /// Two settings of the same layer that exclude each other.
    #[error("{0} and {1} are both set: a region is a URL by another name, so keep one of them")]
    Conflict(Place, Place),
    /// There is no key, and nobody who could be asked for it.
    #[error(
        "no Event key: set {EVENT_KEY} to the Event API key of the account (in the dashboard under Account settings, API \
         keys); for a local collector any text will do"
    )]
    NoKey,
    /// The person thought better of it.
    #[error("interrupted")]
    Interrupted,
    /// The terminal did not give a key.
    #[error("no Event key: the prompt failed ({0}); set {EVENT_KEY} instead")]
    Prompt(std::io::Error),
}

/// The variable `name` as text, without white space around it; `None` when it is not set, or set to nothing.
fn text(lookup: Lookup<'_>, name: &'static str) -> Result<Option<String>, ConfigError> {
    let Some(value) = lookup(name) else { return Ok(None) };
    let value = value.into_string().map_err(|_| ConfigError::Unusable {
        place: Place::Environment(name),
        reason: "the value is not text (not UTF-8)".to_owned(),
    })?;
    let value = value.trim();
    Ok((!value.is_empty()).then(|| value.to_owned()))
}
