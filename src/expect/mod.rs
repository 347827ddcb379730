//! Expectations: which events must come, or must not, what came in their place, and what that means.
//!
//! Records go in, and verdicts and their reasons come out. The conditions of an expectation are jq expressions; whoever
//! evaluates them says for each event which of them it meets.

mod arrivals;
mod baseline;
mod expectation;
mod explanation;
mod judge;
mod outcome;

pub use arrivals::{Arrivals, Arrived};
pub use baseline::{Baseline, BaselineError};
pub use expectation::{Condition, Expectation, Order, Same, Wanted};
pub use explanation::{Found, absent};
pub use judge::{Judge, Mark, Verdict};
pub use outcome::{Closest, CommandEnd, Line, Outcome, Watching};

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
mod tests;
