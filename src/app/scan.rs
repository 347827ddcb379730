//! A question that is put to every event of the session: to those that are held, the oldest first, and to each that comes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::tree::Needle;
use super::values::{key_of, keys_of};
use crate::event::{Document, Payload, Sanitized, TypeName, sanitized, text};
use crate::query::QueryError;
use crate::session::{Captured, EventNumber, History};

/// So many events are asked at a time, and so many bytes of them: an answer comes within a few frames, and collecting them
/// takes no time that a key would wait for.
const EVENTS: usize = 2_048;
const BYTES: usize = 4 << 20;

/// So much of a question is repeated, in columns; and of the value in one.
const WIDEST: usize = 120;
const WIDEST_VALUE: usize = 40;

/// And so much at least, where there is little room.
const LEAST_TITLE: usize = 8;

/// What the events are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether a jq expression gives something other than `false` and `null`.
    Query(String),
    /// Whether a key or a value reads like this.
    Text(String),
    /// Whether an identifier of the customer, or the order, has a value.
    Value {
        /// The field.
        name: &'static str,
        /// Its value.
        value: String,
    },
}

impl Question {
    /// The question in a few words.
    pub(super) fn title(&self) -> Sanitized {
        match self {
            Self::Query(text) | Self::Text(text) => text::sanitize_within(text, WIDEST).0.fit(WIDEST),
            Self::Value { name, value } => sanitized!("{} {}", *name, text::excerpt(value, WIDEST_VALUE)),
        }
    }

    /// Whether it narrows the view, and is no search.
    pub fn narrows(&self) -> bool {
        !matches!(self, Self::Text(_))
    }

    /// The key that it is put with.
    fn sign(&self) -> &'static str {
        match self {
            Self::Query(_) => "|",
            Self::Text(_) => "/",
            Self::Value { .. } => "*",
        }
    }
}

/// Some events that are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanStep {
    /// Tells one question from those before it.
    pub generation: u64,
    /// The question.
    pub question: Arc<Question>,
    /// The events, in order of their numbers.
    pub events: Vec<(EventNumber, Arc<Payload>)>,
}

/// What some events answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    /// The generation of the question.
    pub generation: u64,
    /// Those that it is true of.
    pub found: Vec<EventNumber>,
    /// How many could not be asked, and why the first could not.
    pub failed: u64,
    /// Why the first of them could not.
    pub failure: Option<Sanitized>,
    /// Why no more are asked.
    pub error: Option<QueryError>,
}

/// A question to the session, and what is known of the answer.
#[derive(Debug)]
pub struct Scan {
    generation: u64,
    question: Arc<Question>,
    /// The value that is asked for, as what is about no event that is held is known by it.
    key: Option<u64>,
    /// The last event that was asked.
    asked: Option<EventNumber>,
    /// How many are being asked just now.
    asking: u64,
    /// Whether all that were held have been asked once.
    done: bool,
    answered: u64,
    found: BTreeMap<EventNumber, TypeName>,
    by_type: BTreeMap<TypeName, BTreeSet<EventNumber>>,
    failed: u64,
    failure: Option<Sanitized>,
}

impl ScanStep {
    /// Answers a question that needs nothing but the events; `None` for a query.
    pub fn answer(&self) -> Option<Scanned> {
        match &*self.question {
            Question::Query(_) => None,
            Question::Text(text) => {
                let needle = Needle::new(text);
                Some(self.found(|payload| {
                    needle.may_be_in(payload.text())
                        && Document::new(Arc::clone(payload))
                            .is_ok_and(|event| event.ids().any(|id| needle.is_at(&event, id)))
                }))
            }
            Question::Value { name, value } => {
                let key = key_of(name, value);
                Some(self.found(|payload| keys_of(payload).contains(&key)))
            }
        }
    }

    fn found(&self, holds: impl Fn(&Arc<Payload>) -> bool) -> Scanned {
        let found = self.events.iter().filter(|(_, payload)| holds(payload)).map(|(number, _)| *number).collect();
        Scanned { generation: self.generation, found, ..Scanned::default() }
    }
}

impl Scan {
    pub(super) fn new(generation: u64, question: Question) -> Self {
        let key = match &question {
            Question::Value { name, value } => Some(key_of(name, value)),
            Question::Query(_) | Question::Text(_) => None,
        };
        Self {
            generation,
            question: Arc::new(question),
            key,
            asked: None,
            asking: 0,
            done: false,
            answered: 0,
            found: BTreeMap::new(),
            by_type: BTreeMap::new(),
            failed: 0,
            failure: None,
        }
    }

    /// Asks from the first event on, as another question.
    pub(super) fn begin_again(&mut self, generation: u64) {
        *self = Self::new(generation, (*self.question).clone());
    }

    /// What is asked.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Asks the next events, unless some are being asked or all were.
    pub(super) fn step(&mut self, history: &History) -> Option<ScanStep> {
        if self.asking > 0 {
            return None;
        }
        let (mut events, mut bytes) = (Vec::new(), 0);
        for event in history.later(self.asked) {
            bytes += event.payload.text().len();
            if events.len() >= EVENTS || bytes > BYTES && !events.is_empty() {
                break;
            }
            events.push((event.number, Arc::clone(&event.payload)));
        }
        self.asked = events.last().map(|(number, _)| *number).or(self.asked);
        self.asking = events.len() as u64;
        self.done |= events.is_empty();
        let question = Arc::clone(&self.question);
        let step = ScanStep { generation: self.generation, question, events };
        (self.asking > 0).then_some(step)
    }

    /// Takes in what some events answered; `false` for the answer to another question.
    pub(super) fn hear(&mut self, scanned: &Scanned, history: &History) -> bool {
        if scanned.generation != self.generation {
            return false;
        }
        self.answered += std::mem::take(&mut self.asking);
        self.done |= history.later(self.asked).next().is_none();
        self.failed += scanned.failed;
        self.failure = self.failure.take().or_else(|| scanned.failure.clone());
        for event in scanned.found.iter().filter_map(|number| history.get(*number)) {
            self.found.insert(event.number, event.event_type.clone());
            self.by_type.entry(event.event_type.clone()).or_default().insert(event.number);
        }
        true
    }

    /// Forgets events that are no longer held.
    pub(super) fn forget(&mut self, let_go: &[EventNumber]) {
        for number in let_go {
            let Some(event_type) = self.found.remove(number) else { continue };
            if let Some(of_type) = self.by_type.get_mut(&event_type) {
                of_type.remove(number);
                if of_type.is_empty() {
                    self.by_type.remove(&event_type);
                }
            }
        }
    }

    /// Whether it is true of an event.
    pub fn holds(&self, number: EventNumber) -> bool {
        self.found.contains_key(&number)
    }

    /// The key of the value that is asked for, where one is.
    pub(super) fn key(&self) -> Option<u64> {
        self.key
    }

    /// What it leaves of the session, of which `held` events are held, in a line of at most `room` columns.
    pub fn line(&self, held: usize, room: usize) -> Sanitized {
        let (events, types) = self.found();
        let held = held as u64;
        let (of, so_far) = if self.is_done() { (held, "") } else { (self.answered.min(held), " so far") };
        let failed = match &self.failure {
            Some(why) => sanitized!(" · {} failed: {}", text::grouped(self.failed), why.fit(WIDEST / 2)),
            None => Sanitized::default(),
        };
        let counts = sanitized!(
            " · {} of {}{}, {} · esc shows all",
            text::grouped(events as u64),
            text::counted(of, "event"),
            so_far,
            text::counted(types as u64, "type")
        );
        // How it ends is never cut.
        let left = room.saturating_sub(text::width(&counts) + 2).max(LEAST_TITLE);
        sanitized!("{} {}{}{}", self.question.sign(), self.question.title().fit(left), counts, failed).fit(room)
    }

    /// How many events it is true of, of how many types.
    fn found(&self) -> (usize, usize) {
        (self.found.len(), self.by_type.len())
    }

    /// How many events beside that one it is true of.
    pub fn found_beside(&self, number: EventNumber) -> usize {
        self.found.len() - usize::from(self.holds(number))
    }

    /// Whether events are being asked.
    pub(super) fn is_asking(&self) -> bool {
        self.asking > 0
    }

    /// Whether all events that are held have been asked once, so that only what comes is asked.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// The types with events that it is true of.
    pub(super) fn types(&self) -> impl Iterator<Item = &TypeName> {
        self.by_type.keys()
    }

    /// The newest event of a type that it is true of.
    pub(super) fn newest(&self, event_type: &TypeName) -> Option<EventNumber> {
        self.by_type.get(event_type)?.last().copied()
    }

    /// The events of a type that it is true of.
    fn of_type(&self, event_type: &TypeName) -> impl DoubleEndedIterator<Item = EventNumber> {
        self.by_type.get(event_type).into_iter().flatten().copied()
    }

    /// The next older or newer event of its type that it is true of.
    fn near(&self, from: &Captured, older: bool) -> Option<EventNumber> {
        let (numbers, number) = (self.by_type.get(&from.event_type)?, from.number);
        let near = if older {
            numbers.range(..number).next_back()
        } else {
            numbers.range(number..).find(|other| **other != number)
        };
        near.copied()
    }

    /// The next event that it is true of, or the one before: from newer to older ones of a type, then to the next type, and
    /// round at the end.
    pub(super) fn next(&self, from: &Captured, forward: bool) -> Option<EventNumber> {
        let name = &from.event_type;
        let other = || {
            let (after, before): (Vec<_>, Vec<_>) = self.by_type.iter().partition(|(other, _)| *other > name);
            let mut others = after.into_iter().chain(before);
            if forward {
                others.next().and_then(|(_, numbers)| numbers.last())
            } else {
                let last = others.rfind(|(other, _)| *other != name);
                last.or_else(|| self.by_type.get_key_value(name)).and_then(|(_, numbers)| numbers.first())
            }
        };
        self.near(from, forward).or_else(|| other().copied())
    }
}

/// The events of each type that are in view: those that are held, and of these the ones that the view is narrowed to.
#[derive(Clone, Copy, Debug)]
pub struct Versions<'a> {
    /// The events that are held.
    pub history: &'a History,
    /// What the view is narrowed by.
    pub narrowing: Option<&'a Scan>,
}

impl<'a> Versions<'a> {
    /// How many there are of a type.
    pub(super) fn count(&self, event_type: &TypeName) -> usize {
        self.narrowing.map_or_else(|| self.history.count(event_type), |left| left.of_type(event_type).count())
    }

    /// Those of a type at these places, the newest first.
    pub(super) fn newest_first(
        &self,
        event_type: &'a TypeName,
        places: Range<usize>,
    ) -> Box<dyn Iterator<Item = &'a Captured> + 'a> {
        let history = self.history;
        match self.narrowing {
            None => Box::new(history.newest_first(event_type, places)),
            Some(left) => {
                let numbers = left.of_type(event_type).rev().skip(places.start).take(places.len());
                Box::new(numbers.filter_map(|number| history.get(number)))
            }
        }
    }

    /// The oldest of a type.
    pub(super) fn oldest(&self, event_type: &TypeName) -> Option<&'a Captured> {
        let number = self.narrowing.map(|left| left.of_type(event_type).next());
        number.map_or_else(|| self.history.versions(event_type).next(), |number| self.history.get(number?))
    }

    /// How many newer ones of its type there are than an event that is in view.
    pub(super) fn newer(&self, number: EventNumber) -> Option<usize> {
        let Some(left) = self.narrowing else { return self.history.place(number).map(|place| place.of - place.at) };
        let event = self.history.get(number).filter(|_| left.holds(number))?;
        Some(left.of_type(&event.event_type).rev().take_while(|other| *other != number).count())
    }

    /// The next older event of the type of one that is held, or the next newer.
    pub(super) fn near(&self, from: &Captured, older: bool) -> Option<&'a Captured> {
        match self.narrowing {
            Some(left) => self.history.get(left.near(from, older)?),
            None if older => self.history.before(from.number),
            None => self.history.after(from.number),
        }
    }
}
