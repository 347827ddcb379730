//! The feed: what changed between one snapshot and the next, how often, and how the connection that brings it fares.
//!
//! Pure: a snapshot and a moment go in, changes come out.

mod change;
mod delivery;
mod history;
mod moment;
pub mod probe;
mod problem;
mod rate;
mod report;
mod seen;
mod state;
mod tracker;

pub use change::{Change, ChangeKind, Coverage};
pub use delivery::{Delivery, Retry, Verdict};
pub use history::{Captured, Dropped, HISTORY_LIMIT, History, MOST_TYPES};
pub use moment::Moment;
pub use problem::{Problem, ProblemKind};
pub use rate::Rate;
pub use report::{Polled, Report, Trouble};
pub use state::Session;
pub use tracker::{Counts, Tracker};
