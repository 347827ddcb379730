//! A question that is put to every event of the session: to those that are held, the oldest first, and to each that comes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::tree::Needle;
use crate::event::{Document, Payload, Sanitized, TypeName};
use crate::query::QueryError;
use crate::session::{Captured, EventNumber, History};

/// So many events are asked at a time, and so many bytes of them: an answer comes within a few frames, and collecting them
/// takes no time that a key would wait for.
const EVENTS: usize = 2_048;
const BYTES: usize = 4 << 20;

/// What the events are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether a jq expression gives something other than `false` and `null`.
    Query(String),
    /// Whether a key or a value reads like this.
    Text(String),
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
    /// Answers a question for a text. A query is answered elsewhere.
    pub fn search(&self, text: &str) -> Scanned {
        let needle = Needle::new(text);
        let holds = |payload: &Arc<Payload>| {
            needle.may_be_in(payload.text())
                && Document::new(Arc::clone(payload)).is_ok_and(|event| event.ids().any(|id| needle.is_at(&event, id)))
        };
        let found = self.events.iter().filter(|(_, payload)| holds(payload)).map(|(number, _)| *number).collect();
        Scanned { generation: self.generation, found, ..Scanned::default() }
    }
}

impl Scan {
    pub(super) fn new(generation: u64, question: Question) -> Self {
        Self {
            generation,
            question: Arc::new(question),
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

    /// What is asked.
    pub fn text(&self) -> &str {
        match &*self.question {
            Question::Query(text) | Question::Text(text) => text,
        }
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

    /// How many events it is true of, of how many types.
    pub fn found(&self) -> (usize, usize) {
        (self.found.len(), self.by_type.len())
    }

    /// How many events beside that one it is true of.
    pub fn found_beside(&self, number: EventNumber) -> usize {
        self.found.len() - usize::from(self.holds(number))
    }

    /// How many events have answered, and of how many it is an error to ask, with the first.
    pub fn answered(&self) -> (u64, Option<(u64, &Sanitized)>) {
        (self.answered, self.failure.as_ref().map(|failure| (self.failed, failure)))
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

    /// The next event that it is true of, or the one before: from newer to older ones of a type, then to the next type, and
    /// round at the end.
    pub(super) fn next(&self, from: &Captured, forward: bool) -> Option<EventNumber> {
        let (name, number) = (&from.event_type, from.number);
        let of_type = self.by_type.get(name);
        let near = of_type.and_then(|numbers| {
            if forward {
                numbers.range(..number).next_back()
            } else {
                numbers.range(number..).find(|other| **other != number)
            }
        });
        let other = || {
            let mut all = self.by_type.iter();
            let (after, before): (Vec<_>, Vec<_>) = all.by_ref().partition(|(other, _)| *other > name);
            let mut others = after.into_iter().chain(before);
            if forward {
                others.next().and_then(|(_, numbers)| numbers.last())
            } else {
                let is_other = |(other, _): &(&TypeName, _)| *other != name;
                let last = others.rfind(is_other);
                last.or_else(|| self.by_type.get_key_value(name)).and_then(|(_, numbers)| numbers.first())
            }
        };
        near.or_else(other).copied()
    }
}
