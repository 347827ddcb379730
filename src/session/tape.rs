//! The form of a tape: a header, and then a record a line.
//!
//! A line of it is whole when it was written, so that what ends a recording by force leaves at most its last line torn.
//! Findings are not on it: whoever reads it judges anew, by the rules and the plan that hold then.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Moment;
use super::tagged::tagged;
use crate::event::syntax::{self, SyntaxError};
use crate::event::{Sanitized, text};

/// The version of the form that is written, and the newest that is known.
pub const VERSION: u64 = 1;

/// The JSON Schema of every line of a tape, and of what `watch --json` prints.
pub const SCHEMA: &str = include_str!("../../assets/records.schema.json");

/// The first line of a tape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of its form.
    pub version: u64,
    /// The label of what was watched. There are no keys in it.
    #[serde(default)]
    pub target: Sanitized,
    /// Whether all of it is masked.
    #[serde(default)]
    pub redacted: bool,
    /// When it was begun.
    #[serde(rename = "observed_at")]
    pub at: Moment,
}

/// Why a tape, or a line of it, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TapeError {
    /// It is of a form that is not known here. What is known of it can be read.
    #[error("written by a newer version ({0}); this one reads {VERSION}, and passes over what it does not know")]
    Newer(u64),
    /// The last line ends before its end.
    #[error("the last line is torn, for the recording was ended by force: all before it is read")]
    Torn,
    /// A line is not JSON.
    #[error("not JSON: {}", .0.message)]
    Broken(SyntaxError),
    /// A line is not text.
    #[error("not text (not UTF-8)")]
    NotText,
    /// A line is longer than may be held in memory.
    #[error("longer than 64 MiB; each line must be a record or an event of its own")]
    TooLong,
    /// A value is JSON, and no event.
    #[error("neither a record nor an event, which is an object")]
    NoEvent,
    /// It is nothing that holds events.
    #[error(
        "no tape and no file of events: it begins with neither a record nor an event. `clickscope watch --record` writes a tape"
    )]
    Foreign,
    /// It holds nothing.
    #[error("empty: there is no record and no event in it")]
    Empty,
}

impl Header {
    /// That of a tape that is begun now.
    pub fn new(target: Sanitized, redacted: bool, at: Moment) -> Self {
        Self { version: VERSION, target, redacted, at }
    }

    /// Its line, without the line feed.
    pub fn line(&self) -> Sanitized {
        text::json_line(&tagged("tape", self))
    }

    /// Whether the tape is of a form that is known.
    pub fn check(&self) -> Result<(), TapeError> {
        if self.version > VERSION { Err(TapeError::Newer(self.version)) } else { Ok(()) }
    }
}

/// Whether a line of a tape is JSON; `is_ended` says whether a line feed is behind it.
pub fn check(line: &str, is_ended: bool) -> Result<(), TapeError> {
    syntax::check(line).map_err(|error| if is_ended { TapeError::Broken(error) } else { TapeError::Torn })
}

#[cfg(test)]
mod tests;
