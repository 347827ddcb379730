//! One body, from its outermost bracket to the events in it.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::envelope::{
    BESIDE, PLAIN, WRAPPERS, complains, complaint, is_one_of, is_only_an_error, is_recognisable, names_no_event,
    not_json, says_empty,
};
use super::error_body::one_line;
use super::head::{self, Head};
use super::json::{self, Elements, Json, Member, Members};
use crate::event::{Note, Payload, Shape, Sighting, TypeName};

/// What slices of earlier bodies were found to be, by the hash of their text.
pub(super) type Memo = HashMap<u128, Found>;

/// What a slice is.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// An event.
    Event(Event),
    /// An array of events, with how many of its elements are something else.
    List { events: Arc<[Event]>, odd: usize },
    /// A count, perhaps with a sample.
    Counted { received: u64, sample: Arc<[Event]> },
}

/// An event with the names that it gives itself.
#[derive(Clone, Debug)]
pub(super) struct Event {
    name: Option<TypeName>,
    /// For an event that has no name and stands under no key.
    spare: Option<TypeName>,
    payload: Arc<Payload>,
}

/// How many events of one answer are kept. The smallest event takes two bytes of text and a few hundred of memory.
const MAX_EVENTS: usize = 200_000;
/// How deep wrappers, and strings that hold JSON, may stand in each other.
const MAX_WRAPPERS: usize = 4;
/// How many different oddities are told of one answer.
const MAX_NOTES: usize = 16;

const ENCODED: &str = "events come as JSON inside JSON strings";

/// The reading of one body. What it finds is in [`Reading::into_parts`] when [`Reading::answer`] gave a shape.
pub(super) struct Reading<'m> {
    old: &'m Memo,
    memo: Memo,
    groups: IndexMap<TypeName, Group>,
    notes: Vec<Note>,
    events_left: usize,
    odd: usize,
}

#[derive(Default)]
struct Group {
    events: Vec<Arc<Payload>>,
    received: Option<u64>,
}

impl<'m> Reading<'m> {
    pub(super) fn new(old: &'m Memo) -> Self {
        Self {
            old,
            memo: HashMap::with_capacity(old.len()),
            groups: IndexMap::with_capacity(old.len()),
            notes: Vec::new(),
            events_left: MAX_EVENTS,
            odd: 0,
        }
    }

    pub(super) fn note(&mut self, note: String) {
        let note = Note(note);
        if self.notes.len() < MAX_NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Reads a whole body, or what a wrapper holds. The error is the reason, in one line, why it is no snapshot.
    pub(super) fn answer(&mut self, text: &str, depth: usize) -> Result<Shape, String> {
        if text.trim_ascii().is_empty() {
            return Ok(Shape::Empty);
        }
        match json::read(text).map_err(|error| not_json(text, &error))? {
            Json::Object(members) => self.object(text, &members, depth),
            Json::Array(elements) => self.array(&elements),
            Json::Scalar("null") => Ok(Shape::Empty),
            Json::String(string) if string.trim().is_empty() => Ok(Shape::Empty),
            Json::Scalar(scalar) => Err(format!("the answer is {}, not events", one_line(scalar, 40))),
            Json::String(string) if depth < MAX_WRAPPERS && string.trim_ascii_start().starts_with(['{', '[', '"']) => {
                self.note("the answer is JSON inside a JSON string".into());
                self.answer(&string, depth + 1).map_err(|reason| format!("inside a JSON string, {reason}"))
            }
            Json::String(string) => Err(format!("the answer is a text, not events: {}", one_line(&string, 120))),
        }
    }

    /// The sightings, the notes and what to remember for the next body.
    pub(super) fn into_parts(mut self) -> (Vec<Sighting>, Vec<Note>, Memo) {
        if self.odd > 0 {
            self.note(format!("{} of the answer's elements are not events and were left out", self.odd));
        }
        let sightings = self.groups.into_iter().map(|(event_type, group)| {
            let mut events = group.events;
            newest_first(&mut events);
            Sighting { event_type, events, received: group.received }
        });
        (sightings.collect(), self.notes, self.memo)
    }

    fn object(&mut self, text: &str, members: &Members<'_>, depth: usize) -> Result<Shape, String> {
        if members.list.is_empty() {
            return Ok(Shape::Empty);
        }
        let mut head = Head::default();
        for member in &members.list {
            head.note(&member.name, member.value);
        }
        let complains = complains(&members.list);
        let surely = head.has_event() || (head.has_weak_name() && head.identified);
        if surely || (head.is_event() && !complains) {
            self.tell_duplicates(members);
            let event = self.event(text);
            self.file(None, &event);
            return Ok(Shape::Single);
        }

        let holders: Vec<_> = members.list.iter().filter(|member| head::holds_events(member.value)).collect();
        if complains && !holders.iter().any(|member| is_recognisable(member)) {
            return Err(format!("the answer is an error, not events: {}", complaint(text)));
        }
        let is_beside = |member: &&Member<'_>| is_one_of(member, &BESIDE) && !is_recognisable(member);
        let holders: Vec<_> = holders.into_iter().filter(|member| !is_beside(member)).collect();
        if holders.is_empty() {
            return if says_empty(members) { Ok(Shape::Empty) } else { Err(names_no_event(members)) };
        }
        self.tell_duplicates(members);
        if complains {
            self.note(format!("the answer also says: {}", complaint(text)));
        }
        let wrapped = depth < MAX_WRAPPERS && holders.iter().all(|member| is_one_of(member, &WRAPPERS));
        if wrapped { self.wrapped(&holders, depth) } else { self.keyed(members) }
    }

    /// Reads what each wrapper holds. An event directly in a wrapper has no key that could name it.
    fn wrapped(&mut self, holders: &[&Member<'_>], depth: usize) -> Result<Shape, String> {
        let mut shape = None;
        let mut reason = None;
        for member in holders {
            let inner = if json::is_container(member.value) { None } else { json::encoded(member.value) };
            let inner = inner.as_deref().unwrap_or(member.value);
            match self.answer(inner, depth + 1) {
                Ok(Shape::Empty) => shape = shape.or(Some(Shape::Empty)),
                Ok(found) => shape = shape.filter(|shape| *shape != Shape::Empty).or(Some(found)),
                Err(said) => reason = reason.or(Some(format!("in `{}`, {said}", one_line(&member.name, 40)))),
            }
        }
        match (shape, reason) {
            (Some(shape), reason) => {
                if let Some(reason) = reason {
                    self.note(reason);
                }
                Ok(shape)
            }
            (None, reason) => Err(reason.unwrap_or_default()),
        }
    }

    fn array(&mut self, elements: &Elements<'_>) -> Result<Shape, String> {
        let Some(first) = elements.list.first() else { return Ok(Shape::Empty) };
        // An array of errors has the form of an array of events without names.
        if elements.list.iter().all(|element| is_only_an_error(element)) {
            return Err(format!("the answer is an error, not events: {}", complaint(first)));
        }
        let mut list = Vec::new();
        let odd = self.collect(elements, &mut list, 0);
        if list.is_empty() {
            return Err(format!(
                "the answer is an array without an event in it, its first element is {}",
                one_line(first, 40)
            ));
        }
        self.odd += odd;
        for event in &list {
            self.file(None, event);
        }
        Ok(Shape::Array)
    }

    fn keyed(&mut self, members: &Members<'_>) -> Result<Shape, String> {
        self.tell_left_out(members.left_out);
        let (events_before, types_before) = (self.events_left, self.groups.len());
        let mut shape = Shape::Keyed;
        let mut is_odd = false;
        for member in &members.list {
            if head::holds_events(member.value) {
                let odd_before = self.odd;
                match self.entry(&member.name, member.value, 0) {
                    Shape::Counted => shape = Shape::Counted,
                    Shape::KeyedArrays if shape == Shape::Keyed => shape = Shape::KeyedArrays,
                    _ => {}
                }
                is_odd |= self.odd > odd_before;
            } else if member.value != "null" && !is_one_of(member, &PLAIN) && !is_one_of(member, &BESIDE) {
                let name = one_line(&member.name, 40);
                self.note(format!("`{name}` holds {} where an event was expected", one_line(member.value, 40)));
            }
        }
        if self.events_left == events_before && self.groups.len() == types_before {
            return if is_odd { Err(names_no_event(members)) } else { Ok(Shape::Empty) };
        }
        Ok(shape)
    }

    /// Reads what stands under one key, and says which form it has.
    pub(super) fn entry(&mut self, key: &str, text: &str, depth: usize) -> Shape {
        if !json::is_container(text) {
            return match json::encoded(text) {
                Some(inner) if depth < MAX_WRAPPERS => {
                    self.note(ENCODED.into());
                    self.entry(key, inner.trim_ascii(), depth + 1)
                }
                _ => {
                    self.odd += 1;
                    Shape::Keyed
                }
            };
        }
        match self.found(text) {
            Found::Event(event) => {
                self.file(Some(key), &event);
                Shape::Keyed
            }
            Found::List { events, odd } => {
                self.odd += odd;
                for event in &*events {
                    self.file(Some(key), event);
                }
                Shape::KeyedArrays
            }
            Found::Counted { received, sample } => {
                let name = sample.first().and_then(|event| event.name.clone()).unwrap_or_else(|| key.into());
                for event in &*sample {
                    self.file(Some(key), event);
                }
                let group = self.groups.entry(name).or_default();
                group.received = group.received.max(Some(received));
                Shape::Counted
            }
        }
    }

    /// What a slice under a key is, from the memo when its text is known.
    fn found(&mut self, text: &str) -> Found {
        let hash = Payload::hash_of(text);
        if let Some(found) = self.memo.get(&hash) {
            return found.clone();
        }
        if let Some(found) = self.old.get(&hash) {
            self.remember(hash, found);
            return found.clone();
        }
        let mut events = Vec::new();
        let found = if text.starts_with('[') {
            let odd = self.collect_from(text, &mut events, 0);
            Found::List { events: events.into(), odd }
        } else {
            let head = Head::of(text);
            match head.counted() {
                Some((received, sample)) => {
                    if let Some(sample) = sample {
                        self.odd += self.collect_from(sample, &mut events, 0);
                    }
                    // A count over events of several types is the length of a list, not what was received of a type.
                    let mut names = events.iter().filter_map(|event| event.name.as_ref());
                    let first = names.next();
                    if names.all(|name| Some(name) == first) {
                        Found::Counted { received, sample: events.into() }
                    } else {
                        Found::List { events: events.into(), odd: 0 }
                    }
                }
                None => Found::Event(Event::new(text, hash, head)),
            }
        };
        self.memo.insert(hash, found.clone());
        found
    }

    /// The event that `text`, an object, is, from the memo when its text is known.
    fn event(&mut self, text: &str) -> Event {
        let hash = Payload::hash_of(text);
        if let Some(Found::Event(event)) = self.memo.get(&hash) {
            return event.clone();
        }
        let event = match self.old.get(&hash) {
            Some(Found::Event(event)) => event.clone(),
            _ => Event::new(text, hash, Head::of(text)),
        };
        // The same text under a key may be a count with a sample: that stays remembered.
        self.memo.entry(hash).or_insert_with(|| Found::Event(event.clone()));
        event
    }

    /// Carries over what is known of a slice, with the events in it: when only one of them changes, the others are
    /// still known.
    fn remember(&mut self, hash: u128, found: &Found) {
        if let Found::List { events, .. } | Found::Counted { sample: events, .. } = found {
            for event in &**events {
                self.memo.entry(event.payload.hash()).or_insert_with(|| Found::Event(event.clone()));
            }
        }
        self.memo.insert(hash, found.clone());
    }

    /// Gathers the events of an array, also out of arrays and strings in it; gives the number of other elements.
    fn collect(&mut self, elements: &Elements<'_>, events: &mut Vec<Event>, depth: usize) -> usize {
        self.tell_left_out(elements.left_out);
        elements.list.iter().map(|element| self.collect_from(element, events, depth + 1)).sum()
    }

    fn collect_from(&mut self, text: &str, events: &mut Vec<Event>, depth: usize) -> usize {
        if text.starts_with('{') {
            if events.len() < self.events_left {
                events.push(self.event(text));
            } else {
                self.tell_left_out(1);
            }
            return 0;
        }
        if depth > MAX_WRAPPERS {
            return 1;
        }
        if let Some(inner) = json::encoded(text) {
            self.note(ENCODED.into());
            return self.collect_from(inner.trim_ascii(), events, depth + 1);
        }
        match json::read(text) {
            Ok(Json::Array(elements)) => self.collect(&elements, events, depth),
            _ => 1,
        }
    }

    /// Puts an event under its name: its own, else the key's, else the one kept for that, else [`TypeName::UNNAMED`].
    fn file(&mut self, key: Option<&str>, event: &Event) {
        if self.events_left == 0 {
            return self.tell_left_out(1);
        }
        self.events_left -= 1;
        let name = event.name.clone().or_else(|| key.map(TypeName::from)).or_else(|| event.spare.clone());
        let name = name.unwrap_or_else(|| TypeName::from(TypeName::UNNAMED));
        self.groups.entry(name).or_default().events.push(Arc::clone(&event.payload));
    }

    fn tell_left_out(&mut self, left_out: usize) {
        if left_out > 0 {
            self.note("the answer holds more events than are kept; the rest was left out".into());
        }
    }

    /// Nothing is merged when a key stands twice: both values are read, and it is told.
    fn tell_duplicates(&mut self, members: &Members<'_>) {
        let mut seen = HashSet::with_capacity(members.list.len());
        for member in &members.list {
            if !seen.insert(&*member.name) {
                self.note(format!(
                    "`{}` stands more than once in the answer; all are kept",
                    one_line(&member.name, 40)
                ));
            }
        }
    }
}

impl Event {
    fn new(text: &str, hash: u128, head: Head<'_>) -> Self {
        let name = head.own_name().map(TypeName::from);
        let spare = if name.is_none() { head.spare_name().map(TypeName::from) } else { None };
        Self { name, spare, payload: Arc::new(Payload::hashed(text, hash, head.facts)) }
    }
}

/// Orders by when the platform received the events, else by when they happened; where either is not known of all, the
/// answer's own order stands, which `/event/history` documents to be the newest first.
fn newest_first(events: &mut [Arc<Payload>]) {
    if events.iter().all(|event| event.facts().received.is_some()) {
        events.sort_by_key(|event| Reverse((event.facts().received, event.facts().happened)));
    } else if events.iter().all(|event| event.facts().happened.is_some()) {
        events.sort_by_key(|event| Reverse(event.facts().happened));
    }
}
