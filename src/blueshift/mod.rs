//! The wire contract with Blueshift, in both directions: addresses, auth, every known shape of an answer, limits.

mod debug;

pub use debug::{Decoded, Decoder};
