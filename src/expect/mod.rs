//! Expectations: which events must come, or must not, what came in their place, and what that means.
//!
//! Records go in, and verdicts and their reasons come out. The conditions of an expectation are jq expressions; whoever
//! evaluates them says for each event which of them it meets.

mod arrivals;
mod baseline;
mod expectation;
mod explanation;
pub mod file;
mod judge;
mod line;
mod outcome;
mod writing;

pub use arrivals::{Arrivals, Arrived};
pub use baseline::{Baseline, BaselineError};
pub use expectation::{Condition, Expectation, Order, Same, Wanted};
pub use explanation::{Found, absent};
pub use judge::{Judge, Mark, Verdict};
pub use line::Line;
pub use outcome::{Closest, CommandEnd, Outcome, Watching};
pub use writing::entry;

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
mod tests;
