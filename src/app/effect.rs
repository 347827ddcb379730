use std::time::Duration;

/// What the application asks of the world. Plain data: the runtime carries it out and answers with an
/// [`Outcome`](super::Outcome) where there is something to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Poll now, also out of a refusal or a backoff.
    PollNow,
    /// Poll at this interval from now on.
    SetInterval(Duration),
    /// Put the text on the clipboard of the person's own terminal.
    Copy(String),
    /// Leave the screen, print the text on the plain terminal, wait for a key, and come back: for terminals that do
    /// not let programs copy. The text is already harmless.
    Print(String),
    /// Give the terminal back and stop, as Ctrl-Z does; come back on `fg`.
    Suspend,
    /// Draw every cell anew, for a screen that something else has written on.
    Redraw,
    /// Leave.
    Quit,
}
