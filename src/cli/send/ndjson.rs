//! What `send --json` prints: an object a line, for each call and for each event that was to be proved.

use std::time::Duration;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::batching::Parcel;
use crate::cli::line::one_line;
use crate::event::text::Sanitized;
use crate::event::{Difference, DifferenceKind};
use crate::session::probe::{Clue, Probe, ProbeState, Recognized, Seen};
use crate::session::{Delivery, Verdict};

/// A call that ended.
#[derive(Serialize)]
struct Call<'a> {
    sent: usize,
    status: Option<u16>,
    attempts: u32,
    latency_ms: u64,
    events: Vec<Sent<'a>>,
    message: Option<&'a Sanitized>,
    advice: Option<&'a Sanitized>,
    fields: Option<Fields<'a>>,
}

/// An event that a call held.
#[derive(Serialize)]
struct Sent<'a> {
    #[serde(rename = "type")]
    event_type: &'a str,
    event_uuid: &'a str,
}

/// The fields that the server refused, each with what it says of them.
struct Fields<'a>(&'a [(Sanitized, Sanitized)]);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Of what is said of a field twice, the last stands, as with most readers of JSON.
        let fields: IndexMap<_, _> = self.0.iter().map(|(field, what)| (field, what)).collect();
        serializer.collect_map(fields)
    }
}

/// What became of an event that was to be proved.
#[derive(Serialize)]
struct Probed<'a> {
    #[serde(rename = "type")]
    event_type: &'a str,
    event_uuid: &'a str,
    proof: &'static str,
    after_ms: Option<u64>,
    by: Option<&'static str>,
    differences: Option<Vec<Differing<'a>>>,
    clues: Option<Vec<String>>,
}

/// A difference between what was sent and what was received.
#[derive(Serialize)]
struct Differing<'a> {
    path: String,
    kind: &'static str,
    // A value that is not there has no field; a `null` would be one that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent: Option<JsonText<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<JsonText<'a>>,
}

/// The value that a text spells; what is nested too deeply to be read is told as its text.
struct JsonText<'a>(&'a str);

impl Serialize for JsonText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str(self.0).unwrap_or_else(|_| Value::from(self.0)).serialize(serializer)
    }
}

/// The line for a call that ended.
pub(super) fn call(parcel: &Parcel, delivery: &Delivery) -> String {
    let (sent, message, advice, fields) = match &delivery.verdict {
        Verdict::Taken { .. } => (delivery.events, None, None, None),
        Verdict::Refused { message, fields, .. } => (0, Some(message), None, Some(Fields(fields))),
        Verdict::Failed(problem) => (0, Some(&problem.what), Some(&problem.advice), None),
    };
    let events = parcel.events.iter();
    line(&Call {
        sent,
        status: delivery.status,
        attempts: delivery.attempts,
        latency_ms: milliseconds(delivery.took),
        events: events.map(|event| Sent { event_type: event.event_type.as_str(), event_uuid: &event.uuid }).collect(),
        message,
        advice,
        fields,
    })
}

/// The line for an event that was to be proved.
pub(super) fn proof(probe: &Probe) -> String {
    let (proof, seen, clues) = match &probe.state {
        ProbeState::Waiting => ("waiting", None, None),
        ProbeState::NotSent => ("not sent", None, None),
        ProbeState::Seen(seen) => ("seen", Some(seen), None),
        ProbeState::Missed(clues) => ("missed", None, Some(clues.iter().map(Clue::to_string).collect())),
    };
    line(&Probed {
        event_type: probe.event_type.as_str(),
        event_uuid: &probe.uuid,
        proof,
        after_ms: seen.map(|seen| milliseconds(seen.after)),
        by: seen.map(|seen| match seen.by {
            Recognized::ByMarker => "marker",
            Recognized::ByContent => "content",
        }),
        differences: seen.map(differences),
        clues,
    })
}

fn differences(seen: &Seen) -> Vec<Differing<'_>> {
    let differences = seen.differences.iter();
    let differing = differences.map(|Difference { path, kind, before, after, .. }| Differing {
        path: path.pointer(),
        kind: name(*kind),
        sent: before.as_deref().map(JsonText),
        received: after.as_deref().map(JsonText),
    });
    differing.collect()
}

fn line(told: &impl Serialize) -> String {
    // Nothing in it cannot be written.
    one_line(&serde_json::to_string(told).unwrap_or_default()) + "\n"
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn name(kind: DifferenceKind) -> &'static str {
    match kind {
        DifferenceKind::Dropped => "dropped",
        DifferenceKind::Changed => "changed",
        DifferenceKind::Retyped { .. } => "retyped",
        DifferenceKind::Added => "added",
    }
}
