//! Probes: events that we sent and wait to see.

use std::sync::Arc;
use std::time::Duration;

use super::{Change, Moment};
use crate::event::{Difference, Document, Payload, TypeName};

/// How long a probe is waited for, unless told otherwise.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Names a probe within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProbeId(pub u64);

/// An event that we sent.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Its name.
    pub id: ProbeId,
    /// Its type.
    pub event_type: TypeName,
    /// The text of its `event_uuid`: the marker.
    pub uuid: Arc<str>,
    /// What was sent.
    pub sent: Arc<Document>,
    /// When it was handed to the network.
    pub sent_at: Moment,
    /// How it stands.
    pub state: ProbeState,
}

/// How a probe stands.
#[derive(Clone, Debug)]
pub enum ProbeState {
    /// It is waited for.
    Waiting,
    /// The call that carried it failed, so it is not waited for.
    NotSent,
    /// It came.
    Seen(Seen),
    /// It did not come in time.
    Missed(Vec<Clue>),
}

/// A probe that came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// How long after it was sent we saw it.
    pub after: Duration,
    /// How it was recognized.
    pub by: Recognized,
    /// The event as the platform shows it.
    pub received: Arc<Payload>,
    /// What is different from what was sent.
    pub differences: Vec<Difference>,
}

/// How an event was recognized as the one that we sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recognized {
    /// By its `event_uuid`.
    ByMarker,
    /// By its content, for no marker came back: a guess.
    ByContent,
}

/// What is known about a probe that was not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clue {
    /// Another event of the type came since, and may have taken its place in the answer.
    AnotherCame {
        /// How many are known to have come.
        arrived: u64,
    },
    /// The server's count of the type went up without an event that fits.
    CountWentUp {
        /// By how many.
        by: u64,
    },
    /// It carries no identifier, and the platform drops such events after it took them.
    NoIdentifier,
    /// Nothing of the type came at all.
    NothingCame,
    /// No poll succeeded since.
    NoPoll,
}

/// The probes of a session.
#[derive(Debug)]
pub struct Probes {
    patience: Duration,
    probes: Vec<Probe>,
}

impl Probes {
    /// None yet; each will be waited for as long as `patience`.
    pub fn new(patience: Duration) -> Self {
        Self { patience, probes: Vec::new() }
    }

    /// Begins to wait for an event that was handed to the network at `at`.
    pub fn sent(&mut self, event_type: TypeName, uuid: Arc<str>, sent: Arc<Document>, at: Moment) -> ProbeId {
        let id = ProbeId(self.probes.len() as u64);
        self.probes.push(Probe { id, event_type, uuid, sent, sent_at: at, state: ProbeState::Waiting });
        id
    }

    /// Corrects when one that is waited for is handed to the network: its call had to wait for its turn, or is made
    /// again. It is waited for as long from then on.
    pub fn went_out(&mut self, id: ProbeId, at: Moment) {
        let probe = self.probes.iter_mut().find(|probe| probe.id == id);
        if let Some(probe) = probe.filter(|probe| matches!(probe.state, ProbeState::Waiting)) {
            probe.sent_at = at;
        }
    }

    /// Stops waiting for one whose call failed.
    pub fn not_sent(&mut self, id: ProbeId) {
        let _ = id;
    }

    /// Looks for the probes in what a poll brought at `at`; the ones that were found.
    pub fn observe(&mut self, changes: &[Change], at: Moment) -> Vec<ProbeId> {
        let _ = (changes, at);
        Vec::new()
    }

    /// Looks for the probes in events that the history endpoint gave back.
    pub fn recall(&mut self, event_type: &TypeName, events: &[Arc<Payload>], at: Moment) -> Vec<ProbeId> {
        let _ = (event_type, events, at);
        Vec::new()
    }

    /// Gives up the probes whose time is over at `now`; the ones that were given up.
    pub fn expire(&mut self, now: Moment) -> Vec<ProbeId> {
        let _ = (now, self.patience);
        Vec::new()
    }

    /// The types of which an event came since a probe of it was sent, while the probe itself did not: worth asking the
    /// history for. Each is named once a time that something of it came.
    pub fn overtaken(&mut self) -> Vec<TypeName> {
        Vec::new()
    }

    /// Whether any is waited for.
    pub fn is_waiting(&self) -> bool {
        self.probes.iter().any(|probe| matches!(probe.state, ProbeState::Waiting))
    }

    /// How long after `now` the first is given up; `None` when none is waited for.
    pub fn next_expiry(&self, now: Moment) -> Option<Duration> {
        let _ = now;
        None
    }

    /// The probe with that name.
    pub fn get(&self, id: ProbeId) -> Option<&Probe> {
        self.probes.iter().find(|probe| probe.id == id)
    }

    /// The newest probe of a type.
    pub fn newest_of(&self, event_type: &TypeName) -> Option<&Probe> {
        self.probes.iter().rev().find(|probe| probe.event_type == *event_type)
    }

    /// How long it took until probes were seen, in this session; `None` before the first.
    pub fn latencies(&self) -> Option<Latencies> {
        None
    }
}

/// How long it took until probes were seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latencies {
    /// How many were seen.
    pub count: usize,
    /// The shortest.
    pub min: Duration,
    /// The median.
    pub median: Duration,
    /// 95 of 100 were not slower (nearest rank).
    pub p95: Duration,
}
