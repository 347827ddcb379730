//! The place of the events that a history lists among those that were captured.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_128;

use super::moment::Times;
use crate::event::json::{self, Json};
use crate::event::{Origin, Payload, origin};

/// How far back the events of a history are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reach {
    /// To the beginning of the session.
    #[default]
    Session,
    /// To an instant, by the server's clock.
    Since(Timestamp),
    /// As far as the history goes.
    Whole,
}

/// What the history endpoint answered of one type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// The events, the newest first.
    pub events: Vec<Arc<Payload>>,
    /// Whether it lists as many as it can, so that there may be older ones.
    pub is_full: bool,
    /// How far back they are wanted.
    pub reach: Reach,
}

/// What an event is known again by, in whatever form it comes: the endpoints may show the same event differently.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) hash: u128,
    pub(super) uuid: Option<Arc<str>>,
    /// What the sender said, where the event has no uuid or a history was asked for it.
    content: Option<u128>,
    pub(super) times: Times,
}

impl Mark {
    /// The mark of `payload`; `thorough` where it may have to be found by its content.
    pub(super) fn of(payload: &Payload, thorough: bool) -> Self {
        let uuid = payload.head().uuid.clone().filter(|uuid| !uuid.is_empty());
        let content = thorough.then(|| content(payload));
        Self { hash: payload.hash(), uuid, content, times: Times::of(payload) }
    }

    /// Whether two events that are equal would still look different, so that their number can be known.
    pub(super) fn is_telling(&self) -> bool {
        self.uuid.is_some() || self.times.is_received()
    }

    /// Whether the event, known by `uuid` where it has one of its own, is the same: by that, else by content and time.
    fn is(&self, event: &Payload, uuid: Option<&str>) -> bool {
        if self.hash == event.hash() {
            return true;
        }
        match (self.uuid.as_deref(), uuid) {
            (Some(own), Some(other)) => own == other,
            _ => match self.content {
                Some(own) => self.times.may_equal(Times::of(event)) && own == content(event),
                None => self.times.is_received() && self.times == Times::of(event),
            },
        }
    }
}

/// A hash of what the sender said in an event: its fields without those that the platform adds, in whatever order.
pub(super) fn content(payload: &Payload) -> u128 {
    let Ok(Json::Object(members)) = json::read(payload.text()) else { return payload.hash() };
    let sent = members.list.iter().filter(|member| member.name != "event" && origin(&member.name) == Origin::Sender);
    let hashes = sent.map(|member| xxh3_128(member.name.as_bytes()).rotate_left(1) ^ xxh3_128(member.value.as_bytes()));
    hashes.fold(0, u128::wrapping_add)
}

/// What is known of a type, to place the events of its history by.
#[derive(Debug)]
pub(super) struct Landmarks<'k> {
    /// The event that is held until the history answered.
    pub(super) held: Option<&'k Mark>,
    /// The newest that was captured before.
    pub(super) newest: Option<&'k Mark>,
    /// The newest when the session began.
    pub(super) baseline: Option<&'k Mark>,
    /// When the session began, by the server's clock; `None` where that is not known.
    pub(super) began: Option<Timestamp>,
}

/// Events of a history that were not captured yet, each list with the newest first.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// Those between the newest that was captured before and the one that is held.
    pub(super) between: Vec<Arc<Payload>>,
    /// Those before the newest that was captured, with whether they came since the session began.
    pub(super) late: Vec<(Arc<Payload>, bool)>,
    /// Whether the history does not reach back to what was captured, so that there is more than it lists.
    pub(super) is_overrun: bool,
}

/// An event of a history.
struct Listed<'p> {
    event: &'p Arc<Payload>,
    /// Its uuid, unless others of the list have the same: then it tells nothing.
    uuid: Option<&'p str>,
    is_known: bool,
}

impl Past {
    /// Places the events of the history; `is_known` says of an event, with its uuid, whether it was captured.
    pub(super) fn place(&self, landmarks: &Landmarks<'_>, is_known: impl Fn(&Payload, Option<&str>) -> bool) -> Placed {
        let Landmarks { held, newest, baseline, began } = *landmarks;
        let listed = self.listed(|event, uuid| {
            let is = |mark: Option<&Mark>| mark.is_some_and(|mark| mark.is(event, uuid));
            is(newest) || is(baseline) || is_known(event, uuid)
        });
        let found = |mark: &Mark| listed.iter().position(|listed| mark.is(listed.event, listed.uuid));
        let (held, newest) = (held.map(|mark| (found(mark), mark)), newest.map(|mark| (found(mark), mark)));
        // What is listed before an event of the session came in the session too.
        let known_up_to = listed.iter().rposition(|listed| listed.is_known).unwrap_or(0);
        let since_start = |place: usize, event: &Payload| match (event.head().received, baseline) {
            (Some(received), Some(Mark { times, .. })) if times.is_received() => {
                times.received_before(received) || times.received_at(received) && place < known_up_to
            }
            (Some(received), _) if began.is_some_and(|began| began <= received) => true,
            _ => place < known_up_to,
        };
        let mut placed = Placed::default();
        let mut reaches_back = false;
        for (place, Listed { event, uuid, is_known }) in listed.iter().enumerate() {
            let is_since_start = since_start(place, event);
            let is_older = |mark: &Mark| Times::of(event).is_before(mark.times);
            reaches_back |= *is_known || !is_since_start || newest.is_some_and(|(_, mark)| is_older(mark));
            let is_wanted = match self.reach {
                Reach::Session => is_since_start,
                Reach::Since(since) => {
                    is_since_start || event.head().received.or(event.head().happened).is_some_and(|at| at >= since)
                }
                Reach::Whole => true,
            };
            if !is_wanted || *is_known || held.is_some_and(|(_, mark)| mark.is(event, *uuid)) {
                continue;
            }
            // What is newer than all that was polled comes with the next poll.
            let compared = |(found, mark): (Option<usize>, &Mark)| match found {
                Some(other) => Some(place < other),
                None if mark.times.is_before(Times::of(event)) => Some(true),
                None if Times::of(event).is_before(mark.times) => Some(false),
                None => None,
            };
            let is_after = |landmark: Option<_>| landmark.and_then(compared);
            if is_after(held.or(newest)) == Some(true) {
                continue;
            }
            let is_late = held.is_none() || is_after(newest) == Some(false);
            if !is_late {
                placed.between.push(Arc::clone(event));
                continue;
            }
            // One without a uuid may be one that was captured with it.
            let is_sure = uuid.is_some() || newest.is_none_or(|(_, mark)| mark.uuid.is_none());
            if is_sure || !is_since_start {
                placed.late.push((Arc::clone(event), is_since_start));
            }
        }
        placed.is_overrun = self.is_full && !reaches_back;
        placed
    }

    /// Whether it lists the event with that mark.
    pub(super) fn lists(&self, mark: &Mark) -> bool {
        self.listed(|_, _| false).iter().any(|listed| mark.is(listed.event, listed.uuid))
    }

    fn listed(&self, is_known: impl Fn(&Payload, Option<&str>) -> bool) -> Vec<Listed<'_>> {
        let mut times_there: HashMap<&str, usize> = HashMap::new();
        for uuid in self.events.iter().filter_map(|event| event.head().uuid.as_deref()) {
            *times_there.entry(uuid).or_default() += 1;
        }
        let listed = self.events.iter().map(|event| {
            let own = event.head().uuid.as_deref();
            let uuid = own.filter(|uuid| !uuid.is_empty() && times_there.get(uuid) == Some(&1));
            Listed { event, uuid, is_known: is_known(event, uuid) }
        });
        listed.collect()
    }
}
