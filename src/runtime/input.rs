//! The things that come from outside into the event loop.

use crate::app::Message;

/// Input to the event loop from outside, except for the source's records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LoopInput {
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
