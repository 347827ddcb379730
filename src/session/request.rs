use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{EventNumber, Moment, Proof};
use crate::event::{Sanitized, sanitized, text};

/// How many requests a session holds.
const MOST_REQUESTS: usize = 10_000;

/// How many bytes of them.
const MOST_BYTES: usize = 16 << 20;

/// A request that our own collector was sent, with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Which one it is among all that the collector was sent, from 1.
    pub number: u64,
    /// The method.
    pub method: Sanitized,
    /// The path and the query, without keys.
    pub path: Sanitized,
    /// The status of the answer; 0 where there was none, for it was no request that could be read.
    pub status: u16,
    /// The program that sent it, by its `User-Agent`.
    #[serde(default)]
    pub sender: Option<Sanitized>,
    /// The address it came from.
    #[serde(default)]
    pub address: Option<Sanitized>,
    /// From the end of its head to its answer.
    #[serde(rename = "took_us", with = "micros")]
    pub took: Duration,
    /// How many events are in it, as far as they can be read.
    pub events: usize,
    /// Why it was refused, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// What came of passing it on to the platform, where that was asked for: then the answer is the platform's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forwarded: Option<Forwarded>,
    /// The fields of its head in their order, without keys.
    #[serde(default)]
    pub head: Vec<(Sanitized, Sanitized)>,
    /// How many bytes its body had.
    pub bytes: usize,
    /// The body as it came, without keys; `None` without one, and of one that was not read.
    #[serde(default)]
    pub body: Option<Arc<str>>,
    /// The body of the answer, as far as it is text and short.
    #[serde(default)]
    pub answer: Option<Arc<str>>,
    /// When it was answered.
    #[serde(rename = "observed_at")]
    pub at: Moment,
    /// The numbers that a session gave its events.
    #[serde(skip)]
    pub numbers: Vec<EventNumber>,
    /// Which one it is in the session, from 1: a collector that is started anew counts anew.
    #[serde(skip)]
    pub place: u64,
    /// What became of its events at the platform, where it was passed on and they were looked for there.
    #[serde(skip)]
    pub proofs: Vec<Proof>,
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The reason in a sentence.
    pub why: Sanitized,
    /// The field that it is about: `events[1].event`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Sanitized>,
    /// The value there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Sanitized>,
    /// Which of its events that is, from 0.
    #[serde(default)]
    pub event: usize,
}

/// A request that was passed on, or that could not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forwarded {
    /// Where to.
    pub to: Sanitized,
    /// The status that our own collector would have answered with.
    #[serde(rename = "own_status")]
    pub own: u16,
    /// How long the platform took.
    #[serde(rename = "took_us", with = "micros")]
    pub took: Duration,
    /// Why it was not passed on, where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Sanitized>,
}

/// What waits at our own collector for a word of whoever watches it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// How many requests wait to be passed on.
    pub held: usize,
    /// The one that has waited longest: `POST /api/v1/event`.
    #[serde(default)]
    pub first: Option<Sanitized>,
    /// Whether the next event of a scenario waits.
    #[serde(default)]
    pub scenario: bool,
    /// How many requests could not be passed on, and are kept.
    #[serde(default)]
    pub unsent: usize,
    /// When this was known.
    #[serde(rename = "observed_at")]
    pub at: Moment,
}

/// A word of whoever watches our own collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectorCommand {
    /// The next that waits may go on: a request that is held, else an event of the scenario.
    Next,
    /// Pass on once more what could not be.
    PassOn,
}

impl Forwarded {
    /// `from api.getblueshift.com in 88 ms`.
    fn words(&self) -> Sanitized {
        match &self.problem {
            None => sanitized!("from {} in {}", self.to, text::span(self.took)),
            Some(problem) => sanitized!("not passed on to {}: {}", self.to, problem),
        }
    }
}

impl Refusal {
    /// `events[1].event "kiln fired": the event name has white space`.
    pub fn sentence(&self) -> Sanitized {
        let value = self.value.as_ref().map(|value| sanitized!(" {}", value)).unwrap_or_default();
        match &self.place {
            Some(place) => sanitized!("{}{}: {}", place, value, self.why),
            None => self.why.clone(),
        }
    }
}

impl Request {
    /// Whether it was not answered as it asked.
    pub fn is_refused(&self) -> bool {
        self.status >= 400 || self.status == 0
    }

    /// The status, or that there was none.
    pub fn status_shown(&self) -> Sanitized {
        if self.status == 0 { "-".into() } else { sanitized!("{}", self.status) }
    }

    /// `POST /api/v1/bulkevents`.
    pub fn line(&self) -> Sanitized {
        sanitized!("{} {}", self.method, self.path)
    }

    /// The number of the event that it was refused for; of one that was not, of its first.
    pub fn event(&self) -> Option<EventNumber> {
        let at = self.refusal.as_ref().map_or(0, |refusal| refusal.event);
        self.numbers.get(at).copied()
    }

    /// All that is known of its answer in one sentence: `422 · events[1].event "kiln fired": the event name has white space`.
    pub fn outcome(&self) -> Sanitized {
        let why = self.refusal.as_ref().map(|refusal| sanitized!(" · {}", refusal.sentence())).unwrap_or_default();
        let events = match (self.events, &self.refusal) {
            (0, _) => Sanitized::default(),
            (events, _) => sanitized!(" · {}", text::counted(events as u64, "event")),
        };
        let Some(forwarded) = &self.forwarded else { return sanitized!("{}{}{}", self.status_shown(), events, why) };
        let here = sanitized!("{}{}", forwarded.own, why);
        let here =
            if forwarded.own == self.status && why.is_empty() { "".into() } else { sanitized!(" · here {}", here) };
        sanitized!("{} {}{}{}", self.status, forwarded.words(), events, here)
    }

    /// How many bytes it holds in memory, roughly.
    pub(super) fn weight(&self) -> usize {
        let head: usize = self.head.iter().map(|(name, value)| name.len() + value.len() + 64).sum();
        let text = |text: &Option<Arc<str>>| text.as_ref().map_or(0, |text| text.len());
        size_of::<Self>() + self.path.len() + head + text(&self.body) + text(&self.answer)
    }
}

/// The newest requests of a session. Every part is bounded.
#[derive(Debug, Default)]
pub struct Requests {
    held: VecDeque<Arc<Request>>,
    bytes: usize,
    /// How many there were.
    count: u64,
    refused: u64,
    /// The events that came since the last one: they are in the next.
    came: Vec<EventNumber>,
}

impl Requests {
    /// Learns that an event came in the request that will be told next.
    pub(super) fn note(&mut self, number: EventNumber) {
        self.came.push(number);
    }

    /// Takes one in, and tells it which numbers its events have.
    pub(super) fn take_in(&mut self, request: &mut Arc<Request>) {
        let came = std::mem::take(&mut self.came);
        self.count += 1;
        let own = came.len().saturating_sub(request.events);
        let known = Arc::make_mut(request);
        known.numbers = came.get(own..).unwrap_or_default().to_vec();
        known.place = self.count;
        self.refused += u64::from(request.is_refused());
        self.bytes += request.weight();
        self.held.push_back(Arc::clone(request));
        while (self.held.len() > MOST_REQUESTS || self.bytes > MOST_BYTES)
            && let Some(oldest) = self.held.pop_front_if(|oldest| oldest.place != request.place)
        {
            self.bytes -= oldest.weight();
        }
    }

    /// Takes in what became of an event that a request brought, while it is held.
    pub(super) fn prove(&mut self, proof: &Proof) {
        let at = proof.request.and_then(|number| self.held.iter().rposition(|request| request.number == number));
        if let Some(request) = at.and_then(|at| self.held.get_mut(at)) {
            Arc::make_mut(request).proofs.push(proof.clone());
        }
    }

    /// Those that are held, the newest first.
    pub fn newest_first(&self) -> impl DoubleEndedIterator<Item = &Arc<Request>> + ExactSizeIterator {
        self.held.iter().rev()
    }

    /// That at a place in the session, while it is held.
    pub fn get(&self, place: u64) -> Option<&Arc<Request>> {
        let at = self.held.binary_search_by_key(&place, |request| request.place).ok()?;
        self.held.get(at)
    }

    /// The newest of a number.
    pub fn numbered(&self, number: u64) -> Option<&Arc<Request>> {
        self.held.iter().rfind(|request| request.number == number)
    }

    /// How many came.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many of them were refused.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// The same ones as `twin` makes them.
    pub(super) fn map(&self, twin: impl Fn(&Request) -> Request) -> Self {
        let held: VecDeque<_> = self.held.iter().map(|request| Arc::new(twin(request))).collect();
        let bytes = held.iter().map(|request| request.weight()).sum();
        Self { held, bytes, count: self.count, refused: self.refused, came: self.came.clone() }
    }
}

/// A span as whole microseconds: on one machine a request takes less than a millisecond.
mod micros {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(span.as_micros()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_micros)
    }
}
