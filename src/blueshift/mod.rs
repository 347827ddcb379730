//! The wire contract with Blueshift, in both directions: addresses, auth, every known shape of an answer, limits.

pub mod auth;
mod debug;
pub mod limits;

pub use debug::{Decoded, Decoder};
