//! One body, from its outermost bracket to the events in it.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;
use xxhash_rust::xxh3::xxh3_128;

use super::KeyMask;
use super::envelope::{
    BESIDE, PLAIN, WRAPPERS, complains, complaint, is_one_of, is_only_an_error, is_recognisable, names_no_event,
    not_json, says_empty,
};
use super::outline::{Outline, holds_events};
use crate::event::json::{self, Elements, Json, Member, Members};
use crate::event::{Head, Note, Payload, Sanitized, Shape, Sighting, TypeName, sanitized};

/// The contents of slices of earlier bodies, by the hash of their text and of the key that they stood under.
pub(super) type Memo = HashMap<u128, SliceContent>;

/// The content of a slice.
#[derive(Clone, Debug)]
pub(super) enum SliceContent {
    /// An event.
    Event(Arc<Payload>),
    /// An array of events, with how many of its elements are something else.
    List { events: Arc<[Arc<Payload>]>, odd: usize },
    /// A count, perhaps with a sample.
    Counted { received: u64, sample: Arc<[Arc<Payload>]> },
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
    keys: &'m KeyMask,
    old: &'m Memo,
    memo: Memo,
    groups: IndexMap<TypeName, TypeEvents>,
    notes: Vec<Note>,
    events_left: usize,
    odd: usize,
}

#[derive(Default)]
struct TypeEvents {
    events: Vec<Arc<Payload>>,
    received: Option<u64>,
}

impl<'m> Reading<'m> {
    pub(super) fn new(old: &'m Memo, keys: &'m KeyMask) -> Self {
        Self {
            keys,
            old,
            memo: HashMap::with_capacity(old.len()),
            groups: IndexMap::with_capacity(old.len()),
            notes: Vec::new(),
            events_left: MAX_EVENTS,
            odd: 0,
        }
    }

    pub(super) fn note(&mut self, note: Sanitized) {
        let note = Note(note);
        if self.notes.len() < MAX_NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Reads a whole body, or what a wrapper holds. The error is the reason, in one line, why it is no snapshot.
    pub(super) fn answer(&mut self, text: &str, depth: usize) -> Result<Shape, Sanitized> {
        if text.trim_ascii().is_empty() {
            return Ok(Shape::Empty);
        }
        match json::read(text).map_err(|error| not_json(text, &error, self.keys))? {
            Json::Object(members) => self.object(text, &members, depth),
            Json::Array(elements) => self.array(&elements),
            Json::Scalar("null") => Ok(Shape::Empty),
            Json::String(string) if string.trim().is_empty() => Ok(Shape::Empty),
            Json::Scalar(scalar) => Err(sanitized!("the answer is {}, not events", self.keys.line(scalar, 40))),
            Json::String(string) if depth < MAX_WRAPPERS && string.trim_ascii_start().starts_with(['{', '[', '"']) => {
                self.note("the answer is JSON inside a JSON string".into());
                self.answer(&string, depth + 1).map_err(|reason| sanitized!("inside a JSON string, {}", reason))
            }
            Json::String(string) => {
                Err(sanitized!("the answer is a text, not events: {}", self.keys.line(&string, 120)))
            }
        }
    }

    /// The sightings, the notes and what to remember for the next body.
    /// Whether the events of each type stand in the order in which they are given back.
    pub(super) fn is_in_order(&self) -> bool {
        self.groups.values().all(|group| {
            let mut ordered = group.events.clone();
            newest_first(&mut ordered);
            ordered == group.events
        })
    }

    pub(super) fn into_parts(mut self) -> (Vec<Sighting>, Vec<Note>, Memo) {
        if self.odd > 0 {
            self.note(sanitized!("{} of the answer's elements are not events and were left out", self.odd));
        }
        let sightings = self.groups.into_iter().map(|(event_type, group)| {
            let mut events = group.events;
            newest_first(&mut events);
            Sighting { event_type, events, received: group.received }
        });
        (sightings.collect(), self.notes, self.memo)
    }

    fn object(&mut self, text: &str, members: &Members<'_>, depth: usize) -> Result<Shape, Sanitized> {
        if members.list.is_empty() {
            return Ok(Shape::Empty);
        }
        let mut outline = Outline::default();
        for member in &members.list {
            outline.note(&member.name, member.value);
        }
        let complains = complains(&members.list);
        let surely = outline.has_event() || (outline.has_weak_name() && outline.identified);
        if surely || (outline.is_event() && !complains) {
            self.tell_duplicates(members);
            let event = self.event(text, None);
            self.file(&event);
            return Ok(Shape::Single);
        }

        let holders: Vec<_> = members.list.iter().filter(|member| holds_events(member.value)).collect();
        if complains && !holders.iter().any(|member| is_recognisable(member)) {
            return Err(sanitized!("the answer is an error, not events: {}", complaint(text, self.keys)));
        }
        let is_beside = |member: &&Member<'_>| is_one_of(member, &BESIDE) && !is_recognisable(member);
        let holders: Vec<_> = holders.into_iter().filter(|member| !is_beside(member)).collect();
        if holders.is_empty() {
            return if says_empty(members) { Ok(Shape::Empty) } else { Err(names_no_event(members, self.keys)) };
        }
        self.tell_duplicates(members);
        if complains {
            self.note(sanitized!("the answer also says: {}", complaint(text, self.keys)));
        }
        let wrapped = depth < MAX_WRAPPERS && holders.iter().all(|member| is_one_of(member, &WRAPPERS));
        if wrapped { self.wrapped(&holders, depth) } else { self.keyed(members) }
    }

    /// Reads what each wrapper holds. An event directly in a wrapper has no key that could name it.
    fn wrapped(&mut self, holders: &[&Member<'_>], depth: usize) -> Result<Shape, Sanitized> {
        let mut shape = None;
        let mut reason = None;
        for member in holders {
            let inner = if json::is_container(member.value) { None } else { json::encoded(member.value) };
            let inner = inner.as_deref().unwrap_or(member.value);
            match self.answer(inner, depth + 1) {
                Ok(Shape::Empty) => shape = shape.or(Some(Shape::Empty)),
                Ok(found) => shape = shape.filter(|shape| *shape != Shape::Empty).or(Some(found)),
                Err(said) => {
                    let name = self.keys.line(&member.name, 40);
                    reason = reason.or(Some(sanitized!("in `{}`, {}", name, said)));
                }
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

    fn array(&mut self, elements: &Elements<'_>) -> Result<Shape, Sanitized> {
        let Some(first) = elements.list.first() else { return Ok(Shape::Empty) };
        // An array of errors has the form of an array of events without names.
        if elements.list.iter().all(|element| is_only_an_error(element)) {
            return Err(sanitized!("the answer is an error, not events: {}", complaint(first, self.keys)));
        }
        let mut list = Vec::new();
        let odd = self.collect(elements, None, &mut list, 0);
        if list.is_empty() {
            return Err(sanitized!(
                "the answer is an array without an event in it, its first element is {}",
                self.keys.line(first, 40)
            ));
        }
        self.odd += odd;
        for event in &list {
            self.file(event);
        }
        Ok(Shape::Array)
    }

    fn keyed(&mut self, members: &Members<'_>) -> Result<Shape, Sanitized> {
        self.tell_left_out(members.left_out);
        let (events_before, types_before) = (self.events_left, self.groups.len());
        let mut shape = Shape::Keyed;
        let mut is_odd = false;
        for member in &members.list {
            if holds_events(member.value) {
                let odd_before = self.odd;
                match self.entry(&member.name, member.value, 0) {
                    Shape::Counted => shape = Shape::Counted,
                    Shape::KeyedArrays if shape == Shape::Keyed => shape = Shape::KeyedArrays,
                    _ => {}
                }
                is_odd |= self.odd > odd_before;
            } else if member.value != "null" && !is_one_of(member, &PLAIN) && !is_one_of(member, &BESIDE) {
                let (name, value) = (self.keys.line(&member.name, 40), self.keys.line(member.value, 40));
                self.note(sanitized!("`{}` holds {} where an event was expected", name, value));
            }
        }
        if self.events_left == events_before && self.groups.len() == types_before {
            return if is_odd { Err(names_no_event(members, self.keys)) } else { Ok(Shape::Empty) };
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
        match self.found(key, text) {
            SliceContent::Event(event) => {
                self.file(&event);
                Shape::Keyed
            }
            SliceContent::List { events, odd } => {
                self.odd += odd;
                for event in &*events {
                    self.file(event);
                }
                Shape::KeyedArrays
            }
            SliceContent::Counted { received, sample } => {
                let name = sample.first().map_or_else(|| key.into(), type_of);
                for event in &*sample {
                    self.file(event);
                }
                let group = self.groups.entry(name).or_default();
                group.received = group.received.max(Some(received));
                Shape::Counted
            }
        }
    }

    /// The content of a slice under a key, from the memo when it is known.
    fn found(&mut self, key: &str, text: &str) -> SliceContent {
        let text_hash = Payload::hash_of(text);
        let hash = memo_hash(text_hash, Some(key));
        if let Some(found) = self.memo.get(&hash) {
            return found.clone();
        }
        if let Some(found) = self.old.get(&hash) {
            self.remember(key, hash, found);
            return found.clone();
        }
        let mut events = Vec::new();
        let found = if text.starts_with('[') {
            let odd = self.collect_from(text, Some(key), &mut events, 0);
            SliceContent::List { events: events.into(), odd }
        } else {
            let outline = Outline::of(text);
            match outline.counted() {
                Some((received, sample)) => {
                    if let Some(sample) = sample {
                        self.odd += self.collect_from(sample, Some(key), &mut events, 0);
                    }
                    // A count over events of several types is the length of a list, not what was received of a type.
                    let mut names = events.iter().filter(|event| event.head().names_its_type()).map(type_of);
                    let first = names.next();
                    if names.all(|name| Some(name) == first) {
                        SliceContent::Counted { received, sample: events.into() }
                    } else {
                        SliceContent::List { events: events.into(), odd: 0 }
                    }
                }
                None => SliceContent::Event(Arc::new(Payload::with_head(
                    text,
                    text_hash,
                    outline.head.head(text, Some(key)),
                ))),
            }
        };
        self.memo.insert(hash, found.clone());
        found
    }

    /// The event that `text`, an object, is, from the memo when it is known.
    fn event(&mut self, text: &str, key: Option<&str>) -> Arc<Payload> {
        let text_hash = Payload::hash_of(text);
        let hash = memo_hash(text_hash, key);
        if let Some(SliceContent::Event(event)) = self.memo.get(&hash) {
            return Arc::clone(event);
        }
        let event = match self.old.get(&hash) {
            Some(SliceContent::Event(event)) => Arc::clone(event),
            _ => Arc::new(Payload::with_head(text, text_hash, Head::of(text, key))),
        };
        // The same text under a key may be a count with a sample: that stays remembered.
        self.memo.entry(hash).or_insert_with(|| SliceContent::Event(Arc::clone(&event)));
        event
    }

    /// Carries over what is known of a slice under a key, with the events in it: when only one of them changes, the
    /// others are still known.
    fn remember(&mut self, key: &str, hash: u128, found: &SliceContent) {
        if let SliceContent::List { events, .. } | SliceContent::Counted { sample: events, .. } = found {
            for event in &**events {
                let hash = memo_hash(event.hash(), Some(key));
                self.memo.entry(hash).or_insert_with(|| SliceContent::Event(Arc::clone(event)));
            }
        }
        self.memo.insert(hash, found.clone());
    }

    /// Gathers the events of an array, also out of arrays and strings in it; gives the number of other elements.
    fn collect(
        &mut self,
        elements: &Elements<'_>,
        key: Option<&str>,
        events: &mut Vec<Arc<Payload>>,
        depth: usize,
    ) -> usize {
        self.tell_left_out(elements.left_out);
        elements.list.iter().map(|element| self.collect_from(element, key, events, depth + 1)).sum()
    }

    fn collect_from(&mut self, text: &str, key: Option<&str>, events: &mut Vec<Arc<Payload>>, depth: usize) -> usize {
        if text.starts_with('{') {
            if events.len() < self.events_left {
                events.push(self.event(text, key));
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
            return self.collect_from(inner.trim_ascii(), key, events, depth + 1);
        }
        match json::read(text) {
            Ok(Json::Array(elements)) => self.collect(&elements, key, events, depth),
            _ => 1,
        }
    }

    /// Puts an event under its type.
    fn file(&mut self, event: &Arc<Payload>) {
        if self.events_left == 0 {
            return self.tell_left_out(1);
        }
        self.events_left -= 1;
        self.groups.entry(type_of(event)).or_default().events.push(Arc::clone(event));
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
                let name = self.keys.line(&member.name, 40);
                self.note(sanitized!("`{}` stands more than once in the answer; all are kept", name));
            }
        }
    }
}

/// The type that an event is filed under.
fn type_of(event: &Arc<Payload>) -> TypeName {
    event.event_type().cloned().unwrap_or_else(|| TypeName::UNNAMED.into())
}

/// The memo's key for a text and the key that it stood under, since that may name its type.
fn memo_hash(text: u128, key: Option<&str>) -> u128 {
    text ^ key.map_or(0, |key| xxh3_128(key.as_bytes())).rotate_left(64)
}

/// Orders by when the platform received the events, else by when they happened; where either is not known of all, the
/// answer's own order stands, which `/event/history` documents to be the newest first.
fn newest_first(events: &mut [Arc<Payload>]) {
    if events.iter().all(|event| event.head().received.is_some()) {
        events.sort_by_key(|event| Reverse((event.head().received, event.head().happened)));
    } else if events.iter().all(|event| event.head().happened.is_some()) {
        events.sort_by_key(|event| Reverse(event.head().happened));
    }
}
