use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::Moment;
use super::moment::millis_of;
use super::probe::{Clue, Probe, ProbeState, Recognized, Stage};
use crate::event::{Difference, DifferenceKind, Sanitized, TypeName, sanitized, text};

/// The outcome for an event that was sent and waited for, as a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: TypeName,
    /// The text of its `event_uuid`.
    #[serde(rename = "event_uuid")]
    pub uuid: Arc<str>,
    /// The number of the request to our own collector that it came with, where that passed it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<u64>,
    /// How it stands.
    pub proof: ProofOutcome,
    /// How long after it was sent it was seen, in milliseconds.
    pub after_ms: Option<u64>,
    /// How it was recognized.
    pub by: Option<Recognized>,
    /// Whether it was seen and is dropped in processing, for it carries no identifier.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dropped_in_processing: bool,
    /// The differences from the event as sent, where it was seen.
    pub differences: Option<Vec<Altered>>,
    /// The clues, where it was missed.
    pub clues: Option<Vec<Sanitized>>,
    /// The stages that it came to.
    #[serde(default)]
    pub stages: Vec<Stage>,
    /// When this was known.
    #[serde(rename = "observed_at")]
    pub at: Moment,
}

impl Alteration {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Changed => "changed",
            Self::Retyped => "retyped",
            Self::Added => "added",
        }
    }
}

impl Proof {
    /// The fields that came otherwise than they were sent; what the platform added is none of them.
    pub fn altered(&self) -> impl Iterator<Item = &Altered> {
        self.differences.iter().flatten().filter(|altered| altered.kind != Alteration::Added)
    }

    /// What came of the event, in a few words.
    pub fn told(&self) -> Sanitized {
        let after = self.after_ms.map(|after| sanitized!(" after {}", text::span(Duration::from_millis(after))));
        match self.proof {
            ProofOutcome::Waiting => "waited for".into(),
            ProofOutcome::NotSent => "not sent".into(),
            ProofOutcome::Seen => {
                let changed = self.altered().count();
                let changed = (changed > 0)
                    .then(|| sanitized!(" · {} changed on the way", text::counted(changed as u64, "field")));
                let by = if self.by == Some(Recognized::ByContent) { "probably seen" } else { "seen" };
                Sanitized::join([Some(by.into()), after, changed].into_iter().flatten(), "")
            }
            ProofOutcome::Missed => "not seen in time".into(),
        }
    }
}

/// How an event that was sent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProofOutcome {
    /// It is waited for.
    Waiting,
    /// The call that carried it failed.
    #[serde(rename = "not sent")]
    NotSent,
    /// It came.
    Seen,
    /// It did not come in time.
    Missed,
}

/// A field that came otherwise than it was sent. A value that is not there has no field; a `null` would be one that is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Altered {
    /// Where it is, as a JSON Pointer.
    pub path: String,
    /// In which way.
    pub kind: Alteration,
    /// The events as sent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    pub sent: Option<Json>,
    /// The event that came.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    pub received: Option<Json>,
}

/// The ways in which a field may come otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Alteration {
    /// It did not come.
    Dropped,
    /// It came with another value.
    Changed,
    /// It came as another type.
    Retyped,
    /// It was not sent.
    Added,
}

impl Proof {
    /// How `probe` stands at `at`.
    pub fn of(probe: &Probe, at: Moment) -> Self {
        let (proof, seen, clues) = match &probe.state {
            ProbeState::Waiting => (ProofOutcome::Waiting, None, None),
            ProbeState::NotSent => (ProofOutcome::NotSent, None, None),
            ProbeState::Seen(seen) => (ProofOutcome::Seen, Some(seen), None),
            ProbeState::Missed(clues) => (ProofOutcome::Missed, None, Some(clues.iter().map(Clue::sentence).collect())),
        };
        Self {
            event_type: probe.event_type.clone(),
            uuid: Arc::clone(&probe.uuid),
            request: None,
            proof,
            after_ms: seen.map(|seen| millis_of(seen.after)),
            by: seen.map(|seen| seen.by),
            dropped_in_processing: seen.is_some_and(|seen| seen.unidentified),
            differences: seen.map(|seen| seen.differences.iter().map(Altered::from).collect()),
            clues,
            stages: probe.stages(),
            at,
        }
    }
}

impl From<&Difference> for Altered {
    fn from(Difference { path, kind, before, after, .. }: &Difference) -> Self {
        let value = |text: &String| Json(text.as_str().into());
        let kind = match kind {
            DifferenceKind::Dropped => Alteration::Dropped,
            DifferenceKind::Changed | DifferenceKind::Moved { .. } => Alteration::Changed,
            DifferenceKind::Retyped { .. } => Alteration::Retyped,
            DifferenceKind::Added => Alteration::Added,
        };
        let (sent, received) = (before.as_ref().map(value), after.as_ref().map(value));
        Self { path: path.pointer(), kind, sent, received }
    }
}

/// A JSON value as it is spelled: any depth, any number, half of a pair of escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json(pub Box<str>);

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(&self.0) {
            Ok(json) => json.serialize(serializer),
            Err(_) => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(|json| Self(json.get().into()))
    }
}

/// A `null` that is there.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}
