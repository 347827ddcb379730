//! The scenario of [`Traffic`](super::Traffic): a TOML file that says who sends which events, and when.
//!
//! All that the shortest one needs are events. They are sent in the order of the file, `pace` apart:
//!
//! ```toml
//! pace = "2s"
//!
//! [[people]]
//! email = "mara@example.com"
//!
//! [[events]]
//! body = { event = "view", email = "${person.email}", sku = "HC-ETH-250" }
//!
//! [[events]]
//! body = { event = "purchase", email = "${person.email}", order_id = "${next 50314}" }
//! ```
//!
//! - `pace`: the time between two events, `"2s"` or a range, `["1s", "3s"]`; 1 s by default. `"key"` waits for a key press
//!   before each event, whatever other times the file names.
//! - `repeat`: how many rounds are played, or `true` for no end; by default one.
//! - `faults`: as those of `--fault`.
//! - `people`, `lists`: tables to choose from, as `${person.email}` and, from the list `product`, `${product.price}`. A
//!   session takes one of each when it first needs one, and keeps it: who views also buys. They come in turn, or by chance
//!   where sessions do. A person may have an `ip`.
//! - `events`: a `body`, which is a table or JSON in a text; in a text, numbers and keys keep any spelling. An array of them
//!   is a bulk call. `sender` says who sends it, `wait` how long after the one before, `name` how sessions call it.
//! - `senders`: by name, how a program sends: `via` is `event`, `bulk` or `pixel`, and `user_agent` its header.
//! - `opening`: `events` to begin with, `pace` apart, so that there is something to see at once.
//! - `sessions`: the ways through the events that there are, instead of all in order. A step is the name of an event, or a
//!   table: `send`, `wait`, how many `times`, with which `chance`, and what is chosen `anew` each time. Each session is
//!   played once a round; without an end they are drawn, by `weight`. A session begins `every` so often, or when the one
//!   before has ended.
//!
//! In the texts of a body `${…}` stands for a value. A text that is nothing else takes the value's own type, so
//! `"${product.price}"` becomes `12.50`, spelled as in the file; inside a longer text the value is written out.
//!
//! | written | becomes |
//! |---|---|
//! | `${person.email}` | the field of the session's person |
//! | `${person}` | the person, as an object |
//! | `${many product 100}` | an array of that many members of a list |
//! | `${int 1 6}` | a whole number in that range |
//! | `${decimal 0 100}` | a number in that range with two decimals, as in `31.20` |
//! | `${digits 6}` | a text of so many digits |
//! | `${next 50314}` | a text that counts up from there, through the whole scenario |
//! | `${uuid}` | a UUID |
//! | `${now}`, `${now +90d}`, `${now -1h}` | an instant as text |

mod file;
mod template;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Deserialize;

use super::Fault;
pub(super) use template::{BodyTemplate, CastMember, Filling};

/// The JSON Schema of a scenario file.
pub const SCENARIO_SCHEMA: &str = include_str!("../../../assets/scenario.schema.json");

/// The list that `people` are.
pub(super) const PERSON: &str = "person";

/// A scenario that was checked: every name in it refers to something.
#[derive(Debug)]
pub struct Scenario {
    pub(super) pace: Pace,
    pub(super) rounds: Rounds,
    pub(super) faults: Vec<Fault>,
    pub(super) cast: BTreeMap<String, Vec<CastMember>>,
    pub(super) events: Vec<EventTemplate>,
    pub(super) opening: Opening,
    pub(super) sessions: Vec<Script>,
    /// How often a session begins, in milliseconds; `None` is when the one before has ended.
    pub(super) every: Option<RangeInclusive<u64>>,
    /// Whether the members of lists come in turn, and not by chance.
    pub(super) in_turn: bool,
}

impl Scenario {
    /// The faults that it has strike.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Whether each event waits for a key press.
    pub fn waits_for_keys(&self) -> bool {
        self.pace == Pace::Key
    }

    /// Whether it comes to an end by itself.
    pub fn ends(&self) -> bool {
        self.rounds != Rounds::Endless
    }
}

/// What comes between two events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// A key press.
    Key,
    /// So many milliseconds.
    Time(RangeInclusive<u64>),
}

/// How often the sessions are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounds {
    /// Each session so often, in the order of the file.
    Of(u64),
    /// Without an end, drawn by weight.
    Endless,
}

/// An event to send.
#[derive(Debug)]
pub(super) struct EventTemplate {
    pub(super) sender: SendingProgram,
    pub(super) body: BodyTemplate,
}

/// How a program sends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendingProgram {
    pub(super) via: Via,
    pub(super) user_agent: Option<Box<str>>,
}

/// The way an event takes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Via {
    /// `POST /api/v1/event`.
    Event,
    /// `POST /api/v1/bulkevents`.
    Bulk,
    /// `GET /unity.gif`.
    Pixel,
}

/// What is sent before the first session.
#[derive(Debug, Default)]
pub(super) struct Opening {
    /// Places in the scenario's `events`.
    pub(super) events: Vec<usize>,
    pub(super) pace: Duration,
}

/// One kind of session.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) weight: u64,
    pub(super) steps: Vec<Step>,
}

/// A step of a session.
#[derive(Debug)]
pub(super) struct Step {
    /// A place in the scenario's `events`.
    pub(super) event: usize,
    pub(super) chance: f64,
    pub(super) times: RangeInclusive<u64>,
    /// How long after the step before, in milliseconds.
    pub(super) wait: RangeInclusive<u64>,
    /// The lists of which a member is chosen anew each time.
    pub(super) anew: Vec<String>,
}
