//! The things that come from outside into the event loop.

use crate::app::Message;

/// What can reach the event loop from outside, the source's records aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// Something that the application is to be told.
    Message(Message),
    /// A signal that asks to leave; its number.
    Leave(i32),
    /// A signal that asks to stop, as Ctrl-Z does.
    Stop,
    /// The process goes on after it was stopped.
    Continue,
    /// The terminal is gone, or can no longer be read.
    TerminalGone,
    /// A task panicked, and the terminal was given back.
    Panicked,
}
