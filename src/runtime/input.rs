//! The things that come from outside into the event loop.

use crate::app::{Key, Message};

/// Input to the event loop from outside, except for the source's records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LoopInput {
    /// Something that the application is to be told.
    Message(Message),
    /// Keys for text that were there at once: typed ahead, or pasted by a terminal that does not say so.
    Typed(Vec<Key>),
    /// The terminal's background, for which it was asked, is a light one.
    LightBackground,
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
