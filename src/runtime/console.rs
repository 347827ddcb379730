//! The terminal as far as the event loop needs one, so that a test can be one.

use std::io;
use std::path::Path;
use std::process::ExitStatus;

use crate::app::Size;
use crate::event::Sanitized;

/// The user's editor.
#[derive(Clone, Debug, Default)]
pub(super) struct Command {
    /// The command, for a shell.
    pub(super) line: String,
    /// The variables that it is started without.
    pub(super) without: Vec<String>,
}

/// A terminal as the event loop uses it. The calls may block, and [`super::output::TerminalOutput`] makes
/// them where that holds up nobody.
pub(super) trait Console: Send + 'static {
    /// Puts the terminal into the state that the interface needs, and says how large it is.
    fn enter(&mut self) -> io::Result<Size>;

    /// Gives it back as it was. Does nothing when it is given back already.
    fn leave(&mut self);

    /// Writes all of `bytes`, in one piece where the system takes it so; nothing when the terminal was given back.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Shows `text` on the plain screen, where it stays, without giving the terminal back.
    fn print(&mut self, text: &Sanitized) -> io::Result<()>;

    /// Whether there is somebody who could continue the process if it were stopped.
    fn can_stop(&self) -> bool;

    /// Stops the process and whatever runs as one job with it. Other threads may run on for a moment after it returns.
    fn stop(&mut self) -> io::Result<()>;

    /// Runs `command` with `file` as its argument, on the terminal that was given back, until it ends.
    /// When it stops, so does the process, and both go on together.
    fn run(&mut self, command: &Command, file: &Path) -> io::Result<ExitStatus>;

    /// Whether somebody is still at the other end.
    fn is_alive(&self) -> bool;
}
