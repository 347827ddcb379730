//! A tape that is played: its records come from a file, in the order and, if asked for, at the pace in which they happened.
//!
//! One thread reads the file from its beginning and makes a sparse index of it: gigabytes are indexed, and never held. The
//! other plays. Who goes to another place is told what a session knows there: the newest event of each type before it, and
//! what happened last. What is packed, or is no file of lines, is unpacked once into a file without a name, which is gone with
//! the program, so that one can go back in it too.

mod index;
mod line;
mod playback;
mod reading;
#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
mod tests;
mod text;

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc as blocking;
use std::thread;

use thiserror::Error;
use tokio::sync::mpsc;

use crate::event::text::sanitize;
use crate::event::{Redaction, Sanitized, sanitized};
use crate::session::{TapeCommand, TapeNews};
pub use line::{LineReader, Told};
use playback::{Ask, Playback};
use reading::Tape;

/// How many news may wait for a watcher that is busy.
const WAITING_NEWS: usize = 4;

/// A file that is open and was not read yet.
#[derive(Debug)]
pub struct TapeFile {
    /// Its name in messages.
    pub called: Sanitized,
    file: File,
}

/// Why a tape cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// A folder.
    #[error("{0} is a folder, not a tape")]
    Folder(Sanitized),
    /// No such file, or it may not be read.
    #[error("the tape {file} cannot be opened: {source}")]
    Open {
        /// Its name.
        file: Sanitized,
        /// The system's error.
        source: io::Error,
    },
}

impl TapeFile {
    /// Standard input.
    pub fn stdin() -> Result<Self, OpenError> {
        let called = || "standard input".into();
        let file = io::stdin().as_fd().try_clone_to_owned();
        let file = file.map_err(|source| OpenError::Open { file: called(), source })?;
        Ok(Self { called: called(), file: file.into() })
    }

    /// Opens a file, and reads nothing of it.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let named = sanitize(&path.to_string_lossy());
        match File::open(path) {
            Ok(file) if file.metadata().is_ok_and(|metadata| metadata.is_dir()) => Err(OpenError::Folder(named)),
            Ok(file) => {
                let called = path.file_name().map_or(named, |name| sanitize(&name.to_string_lossy()));
                Ok(Self { called, file })
            }
            Err(source) => Err(OpenError::Open { file: named, source }),
        }
    }
}

/// The two ends that a watcher holds of a tape that is played: news come out, commands go in.
///
/// Dropping it ends the playing.
#[derive(Debug)]
pub struct Player {
    /// The news in order. Bounded: a watcher that does not read holds the tape.
    pub news: mpsc::Receiver<TapeNews>,
    asks: blocking::Sender<Ask>,
}

impl Player {
    /// Begins to read a tape, and plays nothing until it is told to. With a redaction it tells the twins of what is on it.
    pub fn start(file: TapeFile, redaction: Option<Redaction>) -> Self {
        let (asks, asked) = blocking::channel();
        let (sender, news) = mpsc::channel(WAITING_NEWS);
        let tape = Arc::new(Tape::default());
        let reader_asks = asks.clone();
        let called = file.called.clone();
        reading::begin(file, &tape, move || reader_asks.send(Ask::Read).is_ok());
        let failed = sender.clone();
        let run = move || Playback::new(called, tape, sender, redaction).run(&asked);
        if let Err(error) = thread::Builder::new().name("player".into()).spawn(run) {
            let told = sanitized!("no thread can be started to play the tape: {}", Sanitized::of(&error));
            drop(failed.try_send(TapeNews::Failed(told)));
        }
        Self { news, asks }
    }

    /// Has the player do something. A player that has ended does nothing more, and has said so.
    pub fn command(&self, command: TapeCommand) {
        let _ = self.asks.send(Ask::Command(command));
    }
}
