//! What a watcher has its records from.

use tokio::sync::mpsc;

use crate::sandbox::Sandbox;
use crate::session::Record;
use crate::source::live;
use crate::source::witness::Account;
use crate::source::{self, Source};

/// How many batches of records are read ahead of who watches.
const READ_AHEAD: usize = 1;

/// What a watcher has its records from.
pub(super) enum Watched<'a> {
    /// The endpoint that the settings name.
    Endpoint,
    /// A collector of this process, and the account that it passes on to where what arrives there is to be proved.
    Collector(&'a Sandbox, Option<Box<Account>>),
}

impl Watched<'_> {
    /// Begins to watch it, on the current tokio runtime.
    pub(super) fn start(self, settings: live::Settings) -> Source {
        let Self::Collector(sandbox, account) = self else { return live::start(settings) };
        let (sender, collected) = mpsc::channel::<Vec<Record>>(READ_AHEAD);
        let (mut reader, clock) = (sandbox.records(), settings.clock);
        tokio::spawn(async move {
            while let Some(records) = reader.next(|| clock.now()).await {
                if sender.send(records).await.is_err() {
                    return;
                }
            }
        });
        source::collector::start(settings, collected, sandbox.hand(), account)
    }

    /// Where it listens, where it is a collector.
    pub(super) fn address(&self) -> Option<String> {
        if let Self::Collector(sandbox, _) = self { Some(sandbox.url()) } else { None }
    }
}
