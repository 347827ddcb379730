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
    /// The body so far, without what closes it; empty when there is no event in it.
    body: String,
    events: usize,
}

const OPEN: &str = "{\"events\":[";
const CLOSE: &str = "]}";

impl Packer {
    /// An empty one.
    pub fn new(limits: CallLimits) -> Self {
        Self { limits, body: String::new(), events: 0 }
    }

    /// Adds an event; the call that was full before it comes back. An event that is larger by itself than a body should be
    /// goes alone: [`Outgoing`] sees to it that it is not larger than a body can be.
    pub fn push(&mut self, event: &Outgoing) -> Option<Call> {
        let bytes = self.body.len() + 1 + event.text.len() + CLOSE.len();
        let full = self.events >= self.limits.events.max(1) || bytes > self.limits.bytes;
        let call = if full { self.finish() } else { None };
        self.body.push_str(if self.events == 0 { OPEN } else { "," });
        self.body.push_str(&event.text);
        self.events += 1;
        call
    }

    /// The last call, if there is anything in it.
    pub fn finish(&mut self) -> Option<Call> {
        if self.events == 0 {
            return None;
        }
        let mut body = std::mem::take(&mut self.body);
        body.push_str(CLOSE);
        Some(Call { bulk: true, body, events: std::mem::take(&mut self.events) })
    }
}

impl Shipment {
    /// The calls that send it: one to `/api/v1/event` for a single event, else as many bulk calls as the limits ask for.
    pub fn calls(&self, limits: CallLimits) -> Vec<Call> {
        let mut packer = Packer::new(limits);
        if !self.bulk {
            let single = |event: &Outgoing| Call { bulk: false, body: event.text.to_string(), events: 1 };
            return self.events.iter().map(single).collect();
        }
        let mut calls: Vec<_> = self.events.iter().filter_map(|event| packer.push(event)).collect();
        calls.extend(packer.finish());
        calls
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shipment(sizes: &[usize], bulk: bool) -> Shipment {
        let events = sizes.iter().enumerate().map(|(number, size)| {
            let text = format!(r#"{{"event":"view","event_uuid":"{number}","x":"{}"}}"#, "é".repeat(*size));
            Outgoing::read(&text, uuid::Uuid::nil).unwrap()
        });
        Shipment { events: events.collect(), bulk }
    }

    #[test]
    fn a_single_event_and_an_array_go_where_they_belong() {
        let base = crate::blueshift::Region::Us.base_url();
        let [single] = &*shipment(&[1], false).calls(CallLimits::default()) else { panic!() };
        assert_eq!((single.url(&base).path(), single.events), ("/api/v1/event", 1));
        assert!(single.body.starts_with("{\"event\":"));
        let [bulk] = &*shipment(&[1, 1], true).calls(CallLimits::default()) else { panic!() };
        assert_eq!((bulk.url(&base).path(), bulk.events), ("/api/v1/bulkevents", 2));
    }

    #[test]
    fn calls_are_as_full_as_the_limits_allow() {
        let cases = [
            (65, CallLimits::default(), vec![30, 30, 5]),
            (30, CallLimits::default(), vec![30]),
            (250, CallLimits { events: 100, ..CallLimits::default() }, vec![100, 100, 50]),
            (3, CallLimits { events: 0, bytes: 0 }, vec![1, 1, 1]),
        ];
        for (count, limits, expected) in cases {
            let events: Vec<_> = shipment(&vec![1; count], true).calls(limits).iter().map(|call| call.events).collect();
            assert_eq!(events, expected, "{limits:?}");
        }
    }

    proptest! {
        #[test]
        fn calls_keep_to_both_limits_and_lose_nothing(
            sizes in proptest::collection::vec(0_usize..400, 1..80),
            most in 1_usize..40,
            bytes in 900_usize..3_000,
        ) {
            let shipment = shipment(&sizes, true);
            let calls = shipment.calls(CallLimits { events: most, bytes });
            let mut sent = Vec::new();
            for call in &calls {
                prop_assert!(call.events <= most && call.body.len() <= bytes);
                let body: serde_json::Value = serde_json::from_str(&call.body).unwrap();
                let events = body.get("events").and_then(serde_json::Value::as_array).unwrap();
                prop_assert_eq!(events.len(), call.events);
                sent.extend(events.iter().map(ToString::to_string));
            }
            let expected: Vec<_> = shipment.events.iter().map(|event| event.text.to_string()).collect();
            prop_assert_eq!(sent, expected);
        }
    }
}
