//! jq, at arm's length. The evaluator can be neither stopped nor bounded where it runs, so it runs in a child of this very
//! program, which has an empty environment, no files and limits of memory and time, and can be ended by force.

mod child;
mod client;
mod evaluator;
mod protocol;

pub use child::{is_child, run};
pub use client::{Client, Limits, itself};
pub use evaluator::WRITE_FIELD;
