use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::event::{Payload, Sanitized, TypeName};

/// What was there before: of each type the newest event, and how many were counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// The version of its form.
    #[serde(rename = "baseline")]
    pub version: u64,
    /// The label of what was asked. There are no keys in it.
    pub target: Sanitized,
    /// When that was, by our clock.
    #[serde(with = "timestamp")]
    pub taken_at: Timestamp,
    /// The same by the server's clock, as far as it tells.
    #[serde(with = "timestamp")]
    pub server_time: Timestamp,
    /// The number of the last request, where the server is a collector of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_request: Option<u64>,
    /// The types that there were.
    pub types: BTreeMap<String, Newest>,
}

/// The newest event of a type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newest {
    /// The hash of its text.
    pub hash: String,
    /// Its uuid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// When it was received.
    #[serde(default, with = "timestamp::optional", skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// How many of its type were counted by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<u64>,
}

/// Why a file is no baseline.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// It is of a form that is not known here.
    #[error("written by a newer version ({version}); this one reads {}", Baseline::VERSION)]
    Newer {
        /// Its version.
        version: u64,
    },
    /// It is something else.
    #[error("line {line}: no baseline: {reason}; `clickscope baseline` writes one")]
    Other {
        /// The line where that shows.
        line: usize,
        /// Why.
        reason: Sanitized,
    },
}

impl Baseline {
    /// The version that is written, and the newest that is read.
    pub const VERSION: u64 = 1;

    /// Reads the text of a file.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        #[derive(Deserialize)]
        struct Version {
            baseline: u64,
        }
        let other =
            |error: serde_json::Error| BaselineError::Other { line: error.line(), reason: Sanitized::of(&error) };
        let Version { baseline } = serde_json::from_str(text).map_err(other)?;
        if baseline > Self::VERSION {
            return Err(BaselineError::Newer { version: baseline });
        }
        serde_json::from_str(text).map_err(other)
    }

    /// What it knows of a type.
    pub fn of(&self, event_type: &TypeName) -> Option<&Newest> {
        self.types.get(event_type.as_str())
    }
}

impl Newest {
    /// That of an event.
    pub fn of(payload: &Payload, received: Option<u64>) -> Self {
        let head = payload.head();
        Self {
            hash: hash(payload),
            uuid: head.uuid.as_deref().map(str::to_owned),
            received_at: head.received,
            received,
        }
    }

    /// Whether it is this event, in whatever form it is shown.
    pub fn is(&self, payload: &Payload) -> bool {
        let head = payload.head();
        let is_telling = |uuid: &str| !uuid.is_empty() && head.received == self.received_at;
        self.hash == hash(payload)
            || head.uuid.as_deref().is_some_and(|uuid| is_telling(uuid) && self.uuid.as_deref() == Some(uuid))
    }
}

fn hash(payload: &Payload) -> String {
    format!("{:032x}", payload.hash())
}

/// How an instant is written and read.
mod timestamp {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }

    pub(super) mod optional {
        use super::{Deserializer, Serializer, Timestamp};

        #[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
        pub(in super::super) fn serialize<S: Serializer>(
            at: &Option<Timestamp>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match at {
                Some(at) => super::serialize(at, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Timestamp>, D::Error> {
            super::deserialize(deserializer).map(Some)
        }
    }
}
