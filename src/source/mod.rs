//! Where records come from: the live poller, a collector of this process, and tapes.

mod backfill;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod backfill_tests;
mod backoff;
mod certificates;
pub mod checkup;
mod clock;
pub mod collector;
mod connection;
mod counts;
mod failure;
mod http;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod key_tests;
pub mod live;
pub mod packed;
mod poller;
mod problem;
mod proxy;
pub mod relay;
mod requests;
pub mod send;
#[cfg(test)]
mod send_tests;
mod settings;
pub mod tape;
#[cfg(test)]
mod tests;
pub mod witness;

use std::time::Duration;

use tokio::sync::mpsc;

pub use clock::Clock;

use crate::blueshift::Call;
use crate::event::TypeName;
use crate::session::{CollectorCommand, Record};

/// How many batches of records may wait for a watcher that is busy, before the source waits with them.
const WAITING_RECORDS: usize = 16;
/// How many commands may wait for a source.
const WAITING_COMMANDS: usize = 16;

/// A watcher's command to a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceCommand {
    /// Poll at this interval from now on.
    SetInterval(Duration),
    /// Poll now, whatever the interval or the backoff says; also the way out of a refusal.
    PollNow,
    /// Send these calls, one after the other, at the documented rate. What becomes of each is recorded.
    Send {
        /// A number to name it by in records.
        batch: u64,
        /// The calls.
        calls: Vec<Call>,
    },
    /// Ask the history endpoint for the events of this type, for a probe that they may have stepped over.
    Recall(TypeName),
    /// Do this at a collector of ours; another source has none.
    Collector(CollectorCommand),
    /// Ask the history endpoint for all that it has of this type, from before the session too.
    Earlier(TypeName),
    /// Poll now, and give a batch without a record once all is told that came before.
    Settle,
}

/// Where a watcher has its records from.
#[derive(Debug)]
pub enum Feed {
    /// A live source.
    Live(Source),
    /// A tape that is played.
    Tape(tape::Player),
}

impl From<Source> for Feed {
    fn from(source: Source) -> Self {
        Self::Live(source)
    }
}

impl From<tape::Player> for Feed {
    fn from(player: tape::Player) -> Self {
        Self::Tape(player)
    }
}

/// The two ends that a watcher holds of a source: records come out, commands go in.
///
/// Dropping it ends the source.
#[derive(Debug)]
pub struct Source {
    /// The records in order; those that came at once are together. Bounded: a watcher that does not read slows the source,
    /// not the other way round.
    pub records: mpsc::Receiver<Vec<Record>>,
    /// The watcher's commands.
    pub commands: mpsc::Sender<SourceCommand>,
}
