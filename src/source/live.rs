//! The live poller: asks the debug endpoint over and over and tells what changed.

use tokio::sync::mpsc;

pub use super::failure::Timeouts;
use super::poller::Poller;
pub use super::settings::{BODY_LIMIT, Expecting, LONGEST_INTERVAL, Ladder, SHORTEST_INTERVAL, Settings};
use super::{Source, WAITING_COMMANDS, WAITING_RECORDS};

/// Starts to poll, on the current tokio runtime. The first request goes out at once; the HTTP client is built on the
/// way, so nothing is paid for here.
///
/// # Panics
///
/// Outside a tokio runtime.
pub fn start(settings: Settings) -> Source {
    begin(settings, true)
}

/// The same for one who waits for events of its own: nothing is held back for what polls stepped over, and histories are
/// asked for only when it says so.
///
/// # Panics
///
/// Outside a tokio runtime.
pub fn start_at_once(settings: Settings) -> Source {
    begin(settings, false)
}

fn begin(settings: Settings, backfills: bool) -> Source {
    let (sender, records) = mpsc::channel(WAITING_RECORDS);
    let (commands, command_receiver) = mpsc::channel(WAITING_COMMANDS);
    let poller = Poller::new(settings, sender, backfills);
    tokio::spawn(poller.run(command_receiver));
    Source { records, commands }
}
