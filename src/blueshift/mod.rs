//! The wire contract with Blueshift, in both directions: addresses, auth, every known shape of an answer, limits.
//!
//! What is documented, what is seen in client code and what is inferred is told at each part; where sources disagree,
//! every variant is read.

pub mod auth;
mod debug;
mod envelope;
mod error_body;
mod glance;
mod history;
mod json;
pub mod limits;
mod reading;
mod summary;
mod target;

pub use debug::{Decoded, Decoder};
pub use error_body::ErrorBody;
pub use history::decode_history;
pub use summary::Summary;
pub use target::{BaseUrl, Region, TargetError};
