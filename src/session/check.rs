use std::time::Duration;

use serde::Serialize;

use super::ProblemKind;
use super::tagged::tagged;
use crate::event::{Sanitized, text};

/// The outcome of looking at one thing that a session needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The thing, in a word or two.
    pub check: &'static str,
    /// Whether it is as it should be.
    pub status: CheckStatus,
    /// Its state.
    pub found: Sanitized,
    /// What sets it right, where something is wrong.
    pub fix: Option<Sanitized>,
    /// The server's name for the request that failed, which its support asks for.
    pub request_id: Option<Sanitized>,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
    /// The sort of trouble, where it is one with the server.
    #[serde(skip)]
    pub trouble: Option<ProblemKind>,
}

/// Whether something is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// It is.
    Ok,
    /// Most works without it.
    Warning,
    /// Nothing works without it.
    Failure,
}

impl Check {
    /// Something that is as it should be.
    pub fn ok(check: &'static str, found: Sanitized) -> Self {
        Self { check, status: CheckStatus::Ok, found, fix: None, request_id: None, took_ms: None, trouble: None }
    }

    /// Something that could be better.
    pub fn warning(check: &'static str, found: Sanitized, fix: Sanitized) -> Self {
        Self { status: CheckStatus::Warning, fix: Some(fix), ..Self::ok(check, found) }
    }

    /// Something that is wrong.
    pub fn failure(check: &'static str, found: Sanitized, fix: Sanitized) -> Self {
        Self { status: CheckStatus::Failure, fix: Some(fix), ..Self::ok(check, found) }
    }

    /// The same with how long it took.
    #[must_use]
    pub fn taking(self, took: Duration) -> Self {
        Self { took_ms: u64::try_from(took.as_millis()).ok(), ..self }
    }

    /// Its line of JSON, without a line feed.
    pub fn line(&self) -> Sanitized {
        text::json_line(&tagged("check", self))
    }
}
