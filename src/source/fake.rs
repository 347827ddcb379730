//! A source without a server, for tests of those who watch one.

use tokio::sync::mpsc;

use super::{Command, Source};
use crate::session::Report;

/// The far side of a source: a test says what it tells, and sees what it is asked.
#[derive(Debug)]
pub struct Fake {
    /// Tells the watcher something. Dropping it ends the source.
    pub reports: mpsc::Sender<Report>,
    /// What the watcher asked.
    pub commands: mpsc::Receiver<Command>,
}

/// A source and its far side.
pub fn pair() -> (Source, Fake) {
    let (report_sender, reports) = mpsc::channel(16);
    let (commands, command_receiver) = mpsc::channel(16);
    (Source { reports, commands }, Fake { reports: report_sender, commands: command_receiver })
}
