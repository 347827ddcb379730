//! A source that hands over what a collector of this process was sent, and sends to it.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::connection::Connection;
use super::settings::Settings;
use super::{Source, SourceCommand, WAITING_COMMANDS, WAITING_RECORDS, send};
use crate::session::Record;

/// Starts to hand over what comes from `collected`, on the current tokio runtime. `settings` say where calls go; nothing is
/// polled, for nothing is missed.
///
/// # Panics
///
/// Outside a tokio runtime.
pub fn start(settings: Settings, mut collected: mpsc::Receiver<Vec<Record>>) -> Source {
    let (sender, records) = mpsc::channel(WAITING_RECORDS);
    let (commands, mut asked) = mpsc::channel(WAITING_COMMANDS);
    let (outbox, handed_over) = mpsc::unbounded_channel();
    let connection = Arc::new(Connection::new(settings));
    tokio::spawn(send::forward(connection, handed_over, sender.clone()));
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = sender.closed() => return,
                Some(command) = asked.recv() => {
                    if let SourceCommand::Send { batch, calls } = command {
                        drop(outbox.send((batch, calls)));
                    }
                }
                came = collected.recv() => {
                    let Some(records) = came else { return };
                    if sender.send(records).await.is_err() {
                        return;
                    }
                }
            }
        }
    });
    Source { records, commands }
}
