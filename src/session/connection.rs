use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Moment;
use super::moment::millis;
use crate::event::{Sanitized, Unknown};

/// A poll that brought a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Polled {
    /// When the answer was complete.
    #[serde(rename = "observed_at")]
    pub at: Moment,
    /// From the request to the end of the answer.
    #[serde(rename = "took_ms", with = "millis")]
    pub took: Duration,
    /// The HTTP status.
    pub status: u16,
    /// The length of the body in bytes, after decompression.
    pub bytes: u64,
    /// How many types the answer spoke of.
    pub types: usize,
    /// By how many milliseconds the server's clock is ahead of ours, as its `Date` header tells to the second; `None` where
    /// it has none.
    #[serde(default)]
    pub server_ahead_ms: Option<i64>,
    /// The number of the last request that the server was sent, where it is a collector of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_request: Option<u64>,
}

/// A poll that failed, and what comes next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// When it failed.
    #[serde(rename = "observed_at")]
    pub at: Moment,
    /// An account of it.
    pub problem: Problem,
    /// How many polls in a row have failed, this one included.
    pub attempt: u32,
    /// When the next poll is due; `None` when only the user can bring it about (`r`).
    #[serde(rename = "next_at")]
    pub next: Option<Moment>,
    /// The body that could not be read, when that was the trouble.
    #[serde(rename = "answer", default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<Arc<Unknown>>,
}

/// A failure, in words for the person who has to fix it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The kind of trouble.
    pub kind: ProblemKind,
    /// One line: what happened, and to what.
    pub what: Sanitized,
    /// One line: what to do now.
    pub advice: Sanitized,
}

/// The sorts of trouble, as far as a watcher acts on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// 401 or 403: the server does not take the key. Not tried again by itself.
    Refused,
    /// 429: too many requests.
    RateLimited,
    /// No connection, a broken one, a time-out, TLS, or a 5xx.
    Unreachable,
    /// An answer that is not one of the debug endpoint: 404 or another 4xx, a redirect, HTML, a body that cannot be
    /// read, or one too large.
    WrongAnswer,
}
