use std::time::Duration;

use crate::event::{Path, Sanitized, TypeName, sanitized, text};

/// The widest title that is made of conditions, in columns.
const WIDEST: usize = 120;

/// An event that must come, or must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// What it is called in messages and reports, where its writer says so.
    pub title: Option<Sanitized>,
    /// The type of the event.
    pub event_type: TypeName,
    /// What must be true of it.
    pub conditions: Vec<Condition>,
    /// How many such events are wanted.
    pub wanted: Wanted,
    /// How long they may take.
    pub within: Duration,
    /// What must have come before.
    pub after: Vec<Order>,
    /// Values that it shares with the event of another expectation.
    pub same: Vec<Same>,
}

/// What must be true of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// This jq expression gives something other than `false` and `null`.
    Jq(String),
    /// It is as the plan has it.
    FitsPlan,
    /// No rule finds an error in it.
    NoErrors,
}

/// How many events are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// At least so many.
    pub least: u64,
    /// At most so many; any number without one.
    pub most: Option<u64>,
}

/// What must have come before an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Any event of this type.
    Type(TypeName),
    /// One that meets the expectation of this number.
    Expectation(usize),
}

/// A value that is equal in the events of two expectations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Same {
    /// Where it stands in the event.
    pub path: Path,
    /// The number of the other expectation.
    pub of: usize,
    /// Where it stands in the event of the other.
    pub their: Path,
}

impl Condition {
    /// As it is shown.
    pub fn shown(&self) -> Sanitized {
        match self {
            Self::Jq(expression) => text::sanitize(expression),
            Self::FitsPlan => "fits the plan".into(),
            Self::NoErrors => "no errors".into(),
        }
    }
}

impl Default for Wanted {
    fn default() -> Self {
        Self { least: 1, most: None }
    }
}

impl Wanted {
    /// None at all.
    pub const NONE: Self = Self { least: 0, most: Some(0) };

    /// Whether such an event is forbidden.
    pub fn is_none(self) -> bool {
        self.most == Some(0)
    }

    /// Before the name of what is wanted: nothing, `2 `, `at least 2 `, `no `.
    fn words(self) -> Sanitized {
        match (self.least, self.most) {
            (_, Some(0)) => "no ".into(),
            (1, None) => Sanitized::default(),
            (least, None) => sanitized!("at least {} ", least),
            (least, Some(most)) if least == most => sanitized!("exactly {} ", least),
            (0, Some(most)) => sanitized!("at most {} ", most),
            (least, Some(most)) => sanitized!("{} to {} ", least, most),
        }
    }
}

impl Expectation {
    /// What it is called: its title, else what it says.
    pub fn called(&self) -> Sanitized {
        if let Some(title) = &self.title {
            return title.clone();
        }
        let conditions: Vec<_> = self.conditions.iter().map(Condition::shown).collect();
        let conditions = match conditions.as_slice() {
            [] => Sanitized::default(),
            conditions => sanitized!(" with {}", Sanitized::join(conditions, " and ")),
        };
        let after = self.after.iter().filter_map(|order| match order {
            Order::Type(event_type) => Some(event_type.shown()),
            // It is one of a file, where it has a title or stands beside the other.
            Order::Expectation(_) => None,
        });
        let after: Vec<_> = after.collect();
        let after = match after.as_slice() {
            [] => Sanitized::default(),
            types => sanitized!(" after {}", Sanitized::join(types, " and ")),
        };
        sanitized!("{}{}{}{}", self.wanted.words(), self.event_type.shown(), after, conditions).fit(WIDEST)
    }
}
