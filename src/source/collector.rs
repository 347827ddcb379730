//! A source that hands over what a collector of this process was sent, and sends to it.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::connection::Connection;
use super::settings::Settings;
use super::witness::{Account, Witness};
use super::{Source, SourceCommand, WAITING_COMMANDS, WAITING_RECORDS, send};
use crate::session::{CollectorCommand, Record};

/// Starts to hand over what comes from `collected`, on the current tokio runtime. `settings` say where calls go, and `hand`
/// does what is asked of the collector itself; nothing is polled there, for nothing is missed; the `account` that it passes on to is, to prove that it arrives.
///
/// # Panics
///
/// Outside a tokio runtime.
pub fn start(
    settings: Settings,
    mut collected: mpsc::Receiver<Vec<Record>>,
    hand: impl Fn(CollectorCommand) + Send + 'static,
    account: Option<Box<Account>>,
) -> Source {
    let (sender, records) = mpsc::channel(WAITING_RECORDS);
    let (commands, mut asked) = mpsc::channel(WAITING_COMMANDS);
    let (outbox, handed_over) = mpsc::unbounded_channel();
    let connection = Arc::new(Connection::new(settings));
    tokio::spawn(send::forward(connection, handed_over, sender.clone()));
    tokio::spawn(async move {
        let mut witness = account.map(|account| Witness::start(*account));
        loop {
            let proved = async {
                match &mut witness {
                    Some(witness) => witness.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = sender.closed() => return,
                Some(command) = asked.recv() => match command {
                    SourceCommand::Send { batch, calls } => drop(outbox.send((batch, calls))),
                    SourceCommand::Collector(command) => hand(command),
                    _ => {}
                },
                records = proved => if !records.is_empty() && sender.send(records).await.is_err() { return },
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
