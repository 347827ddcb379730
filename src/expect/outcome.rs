use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use super::judge::Candidate;
use super::{Arrivals, Expectation, Found, Judge, Line, Verdict};
use crate::event::{Document, Payload, Sanitized, TypeName, sanitized, text};

/// How many other types are named.
const MOST_OTHERS: usize = 8;

/// What became of an expectation, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// What it is called.
    pub title: Sanitized,
    /// The type of the event.
    #[serde(rename = "type")]
    pub event_type: TypeName,
    /// The verdict.
    pub verdict: Verdict,
    /// The reason in a sentence.
    pub reason: Sanitized,
    /// How many of the type came.
    pub came: u64,
    /// How many of them meet it.
    pub matched: u64,
    /// The event that is told of: the first that meets the conditions of an expectation that is met, or that forbids; else the
    /// one that comes closest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closest: Option<Closest>,
    /// Why an event may have been missed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<Sanitized>,
}

/// An event that is told of, condition by condition.
#[derive(Clone, Debug, Serialize)]
pub struct Closest {
    /// When it was seen, and what identifies it.
    pub heading: Sanitized,
    /// What is said of each condition.
    pub conditions: Vec<Line>,
    /// The event.
    pub event: Option<Box<RawValue>>,
}

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandEnd {
    /// By itself, with this code.
    Code(u8),
    /// By this signal.
    Signal(u8),
    /// It took longer than it may.
    TooLong(Duration),
}

/// How it was watched.
#[derive(Clone, Debug)]
pub enum Watching {
    /// A tape or a stream was read, which is called so.
    Read(Sanitized),
    /// An endpoint was asked.
    Live,
}

impl CommandEnd {
    /// The exit code that it stands for.
    pub fn code(self) -> u8 {
        match self {
            Self::Code(code) => code,
            Self::Signal(number) => 128_u8.saturating_add(number),
            // As `timeout` has it.
            Self::TooLong(_) => 124,
        }
    }

    /// What is said of one that failed.
    pub fn words(self) -> Option<Sanitized> {
        match self {
            Self::Code(0) => None,
            Self::Code(code) => Some(sanitized!("the command ended with {}", code)),
            Self::Signal(number) => Some(sanitized!("the command was ended by signal {}", number)),
            Self::TooLong(limit) => {
                Some(sanitized!("the command took longer than {} and was ended", text::span(limit)))
            }
        }
    }
}

impl Verdict {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::CannotTell => "cannot tell",
        }
    }

    /// Its sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Met => "✓",
            Self::NotMet => "✗",
            Self::CannotTell => "?",
        }
    }
}

impl Judge {
    /// The event that is told of an expectation: the first that meets it where it is met or must not be, else the closest.
    /// Of one that forbids and is met that shows a field that is spelled otherwise.
    pub fn told_of(&self, number: usize) -> Option<&Candidate> {
        let forbids =
            |expectation: &Expectation| expectation.wanted.most.is_some_and(|most| self.matched(number) > most);
        let is_forbidden = self.expectations().get(number).is_some_and(forbids);
        let is_met = self.verdict(number, false) == Verdict::Met;
        let first = self.first(number);
        if is_forbidden || is_met && first.is_some() { first } else { self.closest(number).or(first) }
    }

    /// What became of an expectation. `found` has what the sides of its conditions are in the event that is told of, whose
    /// text is `shown`.
    pub fn outcome(
        &self,
        number: usize,
        arrivals: &Arrivals,
        found: &[Found],
        shown: Option<&Arc<Payload>>,
    ) -> Option<Outcome> {
        let expectation = self.expectations().get(number)?;
        let event_type = expectation.event_type.clone();
        let doubts = arrivals.doubts(&event_type);
        let verdict = self.verdict(number, !doubts.is_empty());
        let (came, matched) = (self.came(number), self.matched(number));
        let document = shown.and_then(|payload| Document::new(Arc::clone(payload)).ok());
        let closest = self.told_of(number).map(|candidate| {
            let marked = expectation.conditions.iter().zip(&candidate.marks).enumerate();
            let none = Found::default();
            let conditions = marked.map(|(place, (condition, mark))| {
                condition.line(mark, found.get(place).unwrap_or(&none), document.as_ref())
            });
            let arrived = &candidate.arrived;
            let conditions = conditions.chain(self.lines_beside(number, arrived)).collect();
            let event = shown.and_then(|payload| RawValue::from_string(payload.text().to_owned()).ok());
            Closest { heading: arrived.heading(shown.unwrap_or(&arrived.payload)), conditions, event }
        });
        let reason = reason(expectation, verdict, (came, matched), arrivals);
        let doubts = if verdict == Verdict::Met { Vec::new() } else { doubts };
        Some(Outcome { title: expectation.called(), event_type, verdict, reason, came, matched, closest, doubts })
    }
}

/// Why it is so, in a sentence.
fn reason(expectation: &Expectation, verdict: Verdict, (came, fitting): (u64, u64), arrivals: &Arrivals) -> Sanitized {
    let name = expectation.event_type.shown();
    let wanted = expectation.wanted;
    let events = |count: u64| match count {
        1 => sanitized!("1 {}", name),
        count => sanitized!("{} {} events", text::grouped(count), name),
    };
    if came == 0 {
        let refused = arrivals.refused(&expectation.event_type).map(|(count, why)| {
            let why = why.as_ref().map(|why| sanitized!(" ({})", why)).unwrap_or_default();
            sanitized!("; the collector refused {}{}", text::grouped(*count), why)
        });
        let near = near_type(&expectation.event_type, arrivals);
        let before = match arrivals.before() {
            0 => Sanitized::default(),
            before => sanitized!("; {} on the tape were there before it was begun", text::counted(before, "event")),
        };
        return sanitized!("no {} came{}{}{}", name, refused.unwrap_or_default(), near.unwrap_or_default(), before);
    }
    let sentence = if expectation.conditions.is_empty() && expectation.after.is_empty() && expectation.same.is_empty() {
        sanitized!("{} came", events(came))
    } else {
        match (came, fitting) {
            (1, 0) => sanitized!("1 {} came, and it does not match", name),
            (came, 0) => sanitized!("{} came, and none of them matches", events(came)),
            (1, _) => sanitized!("1 {} came, and it matches", name),
            (came, fitting) if came == fitting => sanitized!("{} came, and all of them match", events(came)),
            (came, fitting) => sanitized!("{} came, and {} of them match", events(came), text::grouped(fitting)),
        }
    };
    let asked = match (wanted.least, wanted.most) {
        _ if verdict == Verdict::Met || wanted.is_none() => Sanitized::default(),
        (1, None) => Sanitized::default(),
        (least, None) => sanitized!("; at least {} wanted", text::grouped(least)),
        (least, Some(most)) if least == most => sanitized!("; exactly {} wanted", text::grouped(least)),
        (_, Some(most)) if fitting > most => sanitized!("; at most {} wanted", text::grouped(most)),
        (least, Some(most)) => sanitized!("; {} to {} wanted", text::grouped(least), text::grouped(most)),
    };
    sanitized!("{}{}", sentence, asked)
}

/// A type that came and that may be meant.
fn near_type(event_type: &TypeName, arrivals: &Arrivals) -> Option<Sanitized> {
    let names = arrivals.came().keys().map(TypeName::as_str);
    let near = crate::query::near_name(event_type.as_str(), names)?;
    let count = arrivals.came().iter().find(|(name, _)| name.as_str() == near).map_or(0, |(_, count)| *count);
    Some(sanitized!("; near: {} {}", text::grouped(count), text::excerpt(near, 64)))
}

impl Arrivals {
    /// What else came: types with how many there were.
    pub fn others(&self, expected: &[Expectation]) -> Option<Sanitized> {
        let is_expected = |event_type: &TypeName| expected.iter().any(|it| it.event_type == *event_type);
        let mut others: Vec<_> = self.came().iter().filter(|(event_type, _)| !is_expected(event_type)).collect();
        others.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let named = others
            .iter()
            .take(MOST_OTHERS)
            .map(|(name, count)| sanitized!("{} {}", name.shown(), text::grouped(**count)));
        let named = Sanitized::join(named, ", ");
        match others.len().saturating_sub(MOST_OTHERS) as u64 {
            0 if others.is_empty() => None,
            0 => Some(named),
            more => Some(sanitized!("{}, and {} more", named, text::counted(more, "type"))),
        }
    }

    /// How it was watched, in a sentence.
    pub fn watched(&self, watching: &Watching) -> Sanitized {
        let gaps = match self.gaps().len() as u64 {
            0 if self.is_sure() => "; no gap".into(),
            0 => Sanitized::default(),
            gaps => sanitized!("; {}", text::counted(gaps, "gap")),
        };
        match watching {
            Watching::Read(called) => sanitized!("read from {}{}", called, gaps),
            Watching::Live if self.is_complete() && self.is_whole() => {
                "the collector told every request, so nothing was missed".into()
            }
            Watching::Live if self.is_complete() => {
                "the collector told every request until it was not asked any more".into()
            }
            Watching::Live => {
                let every = self.intervals().map(|(least, most)| {
                    if text::span(least) == text::span(most) {
                        sanitized!(", every {}", text::span(least))
                    } else {
                        sanitized!(", {} to {} apart", text::span(least), text::span(most))
                    }
                });
                let times = match self.polls() {
                    1 => "once".into(),
                    polls => text::counted(polls, "time"),
                };
                sanitized!("polled {}{}{}", times, every.unwrap_or_default(), gaps)
            }
        }
    }
}
