//! The built program, driven as a person drives it: in a real pseudo-terminal, against the sandbox on real HTTP.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod at_home;
mod collector;
mod command_line;
mod composing;
mod editor;
mod expect;
mod harness;
mod history;
mod leaving;
mod masking;
mod query;
mod recording;
mod replay;
mod requests;
mod story;
mod stream;
mod tour;
mod trouble;
mod watching;
