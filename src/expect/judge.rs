use std::collections::HashMap;

use serde::Serialize;

use super::{Arrived, Expectation, Order};
use crate::event::{Sanitized, TypeName};

/// How many events that meet their conditions are held of one expectation: others are found by them.
const MOST_HELD: usize = 1_000;

/// What became of a condition in one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is true.
    Met,
    /// It is not.
    Unmet,
    /// It cannot be said: why.
    Failed(Sanitized),
}

/// What became of an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Verdict {
    /// It is met.
    #[serde(rename = "met")]
    Met,
    /// It is not.
    #[serde(rename = "not met")]
    NotMet,
    /// An event may have been missed that would decide it.
    #[serde(rename = "cannot tell")]
    CannotTell,
}

/// An event, and which of the conditions it meets.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The event.
    pub arrived: Arrived,
    /// For each condition, in their order.
    pub marks: Vec<Mark>,
}

/// Whether an event stands where it must beside those of other expectations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Beside {
    /// It does not.
    No,
    /// That cannot be told.
    Unknown,
    /// It does.
    Yes,
}

/// Holds expectations against what comes.
#[derive(Debug)]
pub struct Judge {
    expectations: Vec<Expectation>,
    states: Vec<State>,
    /// Of the types that others must come after, the first that came.
    firsts: HashMap<TypeName, Arrived>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether what comes from now on comes too late.
    is_closed: bool,
    /// How many of its type came.
    came: u64,
    /// How many of them meet the conditions.
    matching: u64,
    /// How many may meet them: a condition could not be evaluated, and the others are met.
    undecided: u64,
    /// The first of them.
    held: Vec<Candidate>,
    /// The one that meets most conditions of those that do not meet all; of several the last.
    closest: Option<Candidate>,
}

impl Mark {
    /// Whether it is true.
    pub fn is_met(&self) -> bool {
        *self == Self::Met
    }
}

impl Judge {
    /// One of these expectations. What they name of each other is there, and in no circle.
    pub fn new(expectations: Vec<Expectation>) -> Self {
        let states = expectations.iter().map(|_| State::default()).collect();
        Self { expectations, states, firsts: HashMap::new() }
    }

    /// The expectations.
    pub fn expectations(&self) -> &[Expectation] {
        &self.expectations
    }

    /// The numbers of the expectations that an event of a type may meet.
    pub fn concerned(&self, event_type: &TypeName) -> impl Iterator<Item = usize> {
        let all = self.expectations.iter().zip(&self.states).enumerate();
        let is_concerned = move |(number, (expectation, state)): (usize, (&Expectation, &State))| {
            (!state.is_closed && expectation.event_type == *event_type).then_some(number)
        };
        all.filter_map(is_concerned)
    }

    /// Notes that an event came, whether or not anything is expected of it.
    pub fn note(&mut self, arrived: &Arrived) {
        let of_type = |order: &Order| matches!(order, Order::Type(event_type) if *event_type == arrived.event_type);
        let is_named = self.expectations.iter().any(|expectation| expectation.after.iter().any(of_type));
        if is_named && !self.firsts.contains_key(&arrived.event_type) {
            self.firsts.insert(arrived.event_type.clone(), arrived.clone());
        }
    }

    /// Takes in an event and which conditions of one expectation it meets.
    pub fn hear(&mut self, number: usize, arrived: &Arrived, marks: Vec<Mark>) {
        let Some(state) = self.states.get_mut(number).filter(|state| !state.is_closed) else { return };
        state.came += 1;
        let met = |marks: &[Mark]| marks.iter().filter(|mark| mark.is_met()).count();
        let candidate = |marks| Candidate { arrived: arrived.clone(), marks };
        let is_undecided = marks.iter().any(|mark| !mark.is_met()) && marks.iter().all(|mark| *mark != Mark::Unmet);
        state.undecided += u64::from(is_undecided);
        if marks.iter().all(Mark::is_met) {
            state.matching += 1;
            if state.held.len() < MOST_HELD {
                state.held.push(candidate(marks));
            }
        } else if state.closest.as_ref().is_none_or(|closest| met(&closest.marks) <= met(&marks)) {
            state.closest = Some(candidate(marks));
        }
    }

    /// Says that what comes from now on comes too late for an expectation.
    pub fn close(&mut self, number: usize) {
        if let Some(state) = self.states.get_mut(number) {
            state.is_closed = true;
        }
    }

    /// Whether nothing that may still come can change what becomes of an expectation.
    pub fn is_settled(&self, number: usize) -> bool {
        let (Some(expectation), Some(state)) = (self.expectations.get(number), self.states.get(number)) else {
            return true;
        };
        let (sure, _) = self.satisfying(number);
        let wanted = expectation.wanted;
        state.is_closed || wanted.most.is_some_and(|most| sure > most) || wanted.most.is_none() && sure >= wanted.least
    }

    /// What becomes of an expectation as it stands; `is_doubtful` where an event may have been missed.
    pub fn verdict(&self, number: usize, is_doubtful: bool) -> Verdict {
        let Some(wanted) = self.expectations.get(number).map(|expectation| expectation.wanted) else {
            return Verdict::NotMet;
        };
        let (sure, perhaps) = self.satisfying(number);
        let most = wanted.most.unwrap_or(u64::MAX);
        match () {
            () if sure > most => Verdict::NotMet,
            () if sure >= wanted.least && wanted.most.is_none() => Verdict::Met,
            // One that forbids is not met by what could not be evaluated.
            () if sure >= wanted.least && sure + perhaps + self.undecided(number) <= most && !is_doubtful => {
                Verdict::Met
            }
            () if sure + perhaps < wanted.least && !is_doubtful => Verdict::NotMet,
            () => Verdict::CannotTell,
        }
    }

    /// How many events there are of which it could not be evaluated whether they meet it.
    fn undecided(&self, number: usize) -> u64 {
        self.states.get(number).map_or(0, |state| state.undecided)
    }

    /// How many events of its type came while it was open.
    pub fn came(&self, number: usize) -> u64 {
        self.states.get(number).map_or(0, |state| state.came)
    }

    /// How many events meet an expectation, its order and what it shares included.
    pub fn matched(&self, number: usize) -> u64 {
        self.satisfying(number).0
    }

    /// The first event that meets an expectation.
    pub fn first(&self, number: usize) -> Option<&Candidate> {
        self.held(number).iter().find(|candidate| self.beside(number, &candidate.arrived) == Beside::Yes)
    }

    /// The event that comes closest to meeting an expectation, of those that do not.
    pub fn closest(&self, number: usize) -> Option<&Candidate> {
        let elsewhere = self.held(number).iter().rev();
        let mut elsewhere = elsewhere.filter(|candidate| self.beside(number, &candidate.arrived) != Beside::Yes);
        elsewhere.next().or_else(|| self.states.get(number)?.closest.as_ref())
    }

    /// How many events certainly meet an expectation, and how many may.
    fn satisfying(&self, number: usize) -> (u64, u64) {
        let (Some(expectation), Some(state)) = (self.expectations.get(number), self.states.get(number)) else {
            return (0, 0);
        };
        if expectation.after.is_empty() && expectation.same.is_empty() {
            return (state.matching, 0);
        }
        let mut counts = (0, 0);
        for candidate in &state.held {
            match self.beside(number, &candidate.arrived) {
                Beside::Yes => counts.0 += 1,
                Beside::Unknown => counts.1 += 1,
                Beside::No => {}
            }
        }
        counts
    }

    fn held(&self, number: usize) -> &[Candidate] {
        self.states.get(number).map_or(&[], |state| state.held.as_slice())
    }

    /// Whether an event stands as an expectation says beside those of others: after them, with the same values.
    pub(super) fn beside(&self, number: usize, arrived: &Arrived) -> Beside {
        let Some(expectation) = self.expectations.get(number) else { return Beside::No };
        let types = expectation.after.iter().filter_map(|order| match order {
            Order::Type(event_type) => Some(self.after_type(event_type, arrived)),
            Order::Expectation(_) => None,
        });
        let mut others: Vec<usize> = expectation.same.iter().map(|same| same.of).collect();
        others.extend(expectation.after.iter().filter_map(|order| match order {
            Order::Expectation(other) => Some(*other),
            Order::Type(_) => None,
        }));
        others.sort_unstable();
        others.dedup();
        let others = others.into_iter().map(|other| self.beside_other(number, arrived, other));
        types.chain(others).min().unwrap_or(Beside::Yes)
    }

    pub(super) fn after_type(&self, event_type: &TypeName, arrived: &Arrived) -> Beside {
        self.firsts.get(event_type).map_or(Beside::No, |first| told(arrived.is_after(first)))
    }

    /// Whether there is one event of another expectation that this one comes after, if it must, and shares all values with
    /// that it must.
    fn beside_other(&self, number: usize, arrived: &Arrived, other: usize) -> Beside {
        let Some(expectation) = self.expectations.get(number) else { return Beside::No };
        let is_ordered = expectation.after.contains(&Order::Expectation(other));
        let same = || expectation.same.iter().filter(|same| same.of == other);
        let stands = |candidate: &Candidate| {
            let their = &candidate.arrived;
            if !same().all(|same| is_same(arrived.payload.value(&same.path), their.payload.value(&same.their))) {
                return Beside::No;
            }
            let order = if is_ordered { told(arrived.is_after(their)) } else { Beside::Yes };
            order.min(self.beside(other, their))
        };
        self.held(other).iter().map(stands).max().unwrap_or(Beside::No)
    }

    /// The first event of another expectation, to say what one does not come after.
    pub(super) fn first_held(&self, other: usize) -> Option<&Arrived> {
        self.held(other).first().map(|candidate| &candidate.arrived)
    }

    /// The first event of a type that others must come after.
    pub(super) fn first_of(&self, event_type: &TypeName) -> Option<&Arrived> {
        self.firsts.get(event_type)
    }
}

fn told(is_so: Option<bool>) -> Beside {
    match is_so {
        Some(true) => Beside::Yes,
        Some(false) => Beside::No,
        None => Beside::Unknown,
    }
}

/// Whether two values are equal, as jq has it: `30` is `30.0`, and no string.
pub(super) fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    let number = |text: &str| text.parse::<f64>().ok();
    one == other || read(one) == read(other) || number(one).is_some_and(|own| number(other) == Some(own))
}
