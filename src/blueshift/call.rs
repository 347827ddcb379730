use std::mem;
use std::sync::Arc;

use url::Url;

use super::outgoing::{BULK_CLOSE, BULK_OPEN};
use super::{BaseUrl, Batch, Outgoing, limits};
use crate::event::EventId;

/// One HTTP call that sends events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Whether it goes to `/api/v1/bulkevents`.
    pub bulk: bool,
    /// The body: the event, or `{"events":[…]}`.
    pub body: String,
    /// The events that it holds.
    pub events: Arc<[EventId]>,
}

impl Call {
    /// The call that sends one event by itself, to `/api/v1/event`.
    pub fn alone(event: &Outgoing) -> Self {
        Self { bulk: false, body: event.text().to_owned(), events: [event.id()].into() }
    }

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
    events: Vec<EventId>,
}

impl Packer {
    /// An empty one. Limits beyond what the platform takes at all are brought within it.
    pub fn new(limits: CallLimits) -> Self {
        let CallLimits { events, bytes } = limits;
        let limits =
            CallLimits { events: events.clamp(1, limits::MAX_BULK_EVENTS), bytes: bytes.min(limits::MAX_BODY_BYTES) };
        Self { limits, body: String::new(), events: Vec::new() }
    }

    /// Adds an event; the call that was full before it comes back. An event that is larger than the limit goes alone:
    /// it was let through because the platform may take it all the same.
    pub fn push(&mut self, event: &Outgoing) -> Option<Call> {
        let bytes = self.body.len() + ",".len() + event.text().len() + BULK_CLOSE.len();
        let full =
            if self.events.len() == self.limits.events || bytes > self.limits.bytes { self.finish() } else { None };
        self.body.push_str(if self.events.is_empty() { BULK_OPEN } else { "," });
        self.body.push_str(event.text());
        self.events.push(event.id());
        full
    }

    /// The last call, if there is anything in it.
    pub fn finish(&mut self) -> Option<Call> {
        let events = mem::take(&mut self.events);
        if events.is_empty() {
            return None;
        }
        self.body.push_str(BULK_CLOSE);
        // The next body will be about as long as this one.
        let next = String::with_capacity(self.body.len());
        Some(Call { bulk: true, body: mem::replace(&mut self.body, next), events: events.into() })
    }
}

impl Batch {
    /// The calls that send it: one to `/api/v1/event` for a single event, else as many bulk calls as the limits ask for.
    pub fn calls(&self, limits: CallLimits) -> Vec<Call> {
        if let ([event], false) = (&*self.events, self.bulk) {
            return vec![Call::alone(event)];
        }
        let mut packer = Packer::new(limits);
        let mut calls: Vec<_> = self.events.iter().filter_map(|event| packer.push(event)).collect();
        calls.extend(packer.finish());
        calls
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn event(n: usize, filler: usize) -> Outgoing {
        let text = format!(r#"{{"event":"view","n":{n},"filler":"{}"}}"#, "x".repeat(filler));
        Outgoing::read(&text, Uuid::nil).unwrap()
    }

    #[test]
    fn a_single_event_goes_alone_and_an_array_of_one_does_not() {
        let one = event(0, 0);
        let base: BaseUrl = "http://127.0.0.1:8787".parse().unwrap();
        let calls = |bulk| Batch { events: vec![one.clone()], bulk }.calls(CallLimits::default());
        let alone = Call { bulk: false, body: one.text().to_owned(), events: [one.id()].into() };
        assert_eq!(alone.url(&base).as_str(), "http://127.0.0.1:8787/api/v1/event");
        assert_eq!(calls(false), [alone]);
        let in_bulk = Call { bulk: true, body: format!(r#"{{"events":[{}]}}"#, one.text()), events: [one.id()].into() };
        assert_eq!(in_bulk.url(&base).as_str(), "http://127.0.0.1:8787/api/v1/bulkevents");
        assert_eq!(calls(true), [in_bulk]);
    }

    #[test]
    fn a_call_holds_as_much_as_fits_to_the_last_byte() {
        let events = vec![event(0, 10), event(1, 10)];
        let both = BULK_OPEN.len() + 2 * events.first().unwrap().text().len() + 1 + BULK_CLOSE.len();
        let batch = Batch { events, bulk: true };
        assert_eq!(batch.calls(CallLimits { events: 30, bytes: both }).len(), 1);
        assert_eq!(batch.calls(CallLimits { events: 30, bytes: both - 1 }).len(), 2);
        assert_eq!(batch.calls(CallLimits { events: 1, bytes: both }).len(), 2);
    }

    #[test]
    fn what_the_platform_refuses_for_certain_is_not_packed_whatever_the_limits_say() {
        let events: Vec<_> = (0..101).map(|n| event(n, 0)).collect();
        let calls = Batch { events, bulk: true }.calls(CallLimits { events: usize::MAX, bytes: usize::MAX });
        assert_eq!(calls.iter().map(|call| call.events.len()).collect::<Vec<_>>(), [100, 1]);
        assert_eq!(Packer::new(CallLimits { events: 0, bytes: 0 }).finish(), None);
    }

    proptest! {
        #[test]
        fn calls_break_no_limit_lose_nothing_and_keep_the_order(
            fillers in proptest::collection::vec(0_usize..400, 0..80),
            events in 1_usize..12,
            bytes in 0_usize..2_000,
        ) {
            let sent: Vec<_> = fillers.iter().enumerate().map(|(n, filler)| event(n, *filler)).collect();
            let calls = Batch { events: sent.clone(), bulk: true }.calls(CallLimits { events, bytes });
            let mut arrived = Vec::new();
            for call in &calls {
                let body: serde_json::Value = serde_json::from_str(&call.body).unwrap();
                let held = body.get("events").unwrap().as_array().unwrap().clone();
                prop_assert!(call.bulk && held.len() == call.events.len() && !held.is_empty());
                prop_assert!(call.events.len() <= events && (call.body.len() <= bytes || call.events.len() == 1));
                arrived.extend(held);
            }
            let sent: Vec<serde_json::Value> =
                sent.iter().map(|event| serde_json::from_str(event.text()).unwrap()).collect();
            prop_assert_eq!(arrived, sent);
            // None could have taken the first event of the next as well.
            for pair in calls.windows(2) {
                let [call, next] = pair else { unreachable!() };
                let first = next.body.find('}').unwrap() + 1 - BULK_OPEN.len();
                prop_assert!(call.events.len() == events || call.body.len() + 1 + first > bytes);
            }
        }
    }
}
