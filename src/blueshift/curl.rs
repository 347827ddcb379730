//! Calls as curl commands, in both directions.

use thiserror::Error;

use super::{BaseUrl, Call};

/// The variable that stands for the key in a printed command.
pub const KEY_VARIABLE: &str = "CLICKSCOPE_EVENT_KEY";

/// Writes `call` as a command for a POSIX shell; the key is the variable `key_variable`, never its value.
pub fn write(call: &Call, base: &BaseUrl, key_variable: &str) -> String {
    let _ = (call, base, key_variable);
    String::new()
}

/// What a pasted curl command would send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// The draft: the body, of a bulk call the array in it.
    pub draft: String,
    /// What of the command was left out, each in a few words: another host, a key. Harmless, and without the key.
    pub left_out: Vec<String>,
}

/// Why a pasted text is no command that can be taken over.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CurlError {
    /// It does not begin with `curl`: it is not meant as a command.
    #[error("this is no curl command")]
    NotCurl,
    /// It is one, but cannot be read.
    #[error("the curl command cannot be taken over: {0}")]
    Unusable(String),
}

/// Reads a curl command as a shell and curl would: quoting, line continuations, `-d`, `--data-raw`, `--json`, headers.
/// Nothing is run and no file is read.
pub fn read(command: &str) -> Result<Pasted, CurlError> {
    let _ = command;
    Err(CurlError::NotCurl)
}
