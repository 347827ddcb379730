use url::Url;

use super::{BaseUrl, Outgoing, Shipment, limits};

/// One HTTP call that sends events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Whether it goes to `/api/v1/bulkevents`.
    pub bulk: bool,
    /// The body: the event, or `{"events":[…]}`.
    pub body: String,
    /// How many events it holds.
    pub events: usize,
}

impl Call {
    /// Where it goes.
    pub fn url(&self, base: &BaseUrl) -> Url {
        if self.bulk { base.bulk_events() } else { base.event() }
    }
}

/// How many events, and how many bytes, one bulk call may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// Events, from 1 to [`limits::MAX_BULK_EVENTS`].
    pub events: usize,
    /// Bytes of the body.
    pub bytes: usize,
}

impl Default for CallLimits {
    /// The safe reading of the documentation.
    fn default() -> Self {
        Self { events: limits::SAFE_BULK_EVENTS, bytes: limits::SAFE_BODY_BYTES }
    }
}

/// Packs events into bulk calls, one after the other, without holding more than one call.
#[derive(Debug)]
pub struct Packer {
    limits: CallLimits,
    body: String,
    events: usize,
}

impl Packer {
    /// An empty one.
    pub fn new(limits: CallLimits) -> Self {
        Self { limits, body: String::new(), events: 0 }
    }

    /// Adds an event; the call that was full before it comes back.
    pub fn push(&mut self, event: &Outgoing) -> Option<Call> {
        let _ = (event, self.limits, &self.body, self.events);
        None
    }

    /// The last call, if there is anything in it.
    pub fn finish(&mut self) -> Option<Call> {
        None
    }
}

impl Shipment {
    /// The calls that send it: one to `/api/v1/event` for a single event, else as many bulk calls as the limits ask for.
    pub fn calls(&self, limits: CallLimits) -> Vec<Call> {
        let _ = limits;
        Vec::new()
    }
}
