//! What a watcher has its records from.

use std::thread;

use tokio::sync::mpsc;

use super::input::{BadInput, Input};
use crate::event::{Note, Sanitized};
use crate::sandbox::Sandbox;
use crate::session::Record;
use crate::source::tape::{LineReader, Told};
use crate::source::witness::Account;
use crate::source::{self, Clock, Source, live};

/// How many batches of records are read ahead of who watches.
const READ_AHEAD: usize = 1;

/// What a watcher has its records from.
pub(super) enum Watched<'a> {
    /// The endpoint that the settings name.
    Endpoint,
    /// A collector of this process, and the account that it passes on to where what arrives there is to be proved.
    Collector(&'a Sandbox, Option<Box<Account>>),
    /// What another program writes, or a file has.
    Stream(Input),
}

impl Watched<'_> {
    /// Begins to watch it, on the current tokio runtime.
    pub(super) fn start(self, settings: live::Settings) -> Source {
        let (sandbox, account) = match self {
            Self::Endpoint => return live::start(settings),
            Self::Stream(input) => return read(input, settings.clock),
            Self::Collector(sandbox, account) => (sandbox, account),
        };
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

/// How many commands may wait that nobody listens to.
const UNHEARD: usize = 1;

/// Of so many things that cannot be read each is told.
const MOST_TOLD: u64 = 20;

/// Reads an input on a thread of its own, until it ends or nobody watches any more. What comes happens now, whatever time it
/// tells: it is watched as it comes.
fn read(input: Input, clock: Clock) -> Source {
    let (sender, records) = mpsc::channel::<Vec<Record>>(READ_AHEAD);
    let (commands, _) = mpsc::channel(UNHEARD);
    thread::spawn(move || {
        let called = input.called.clone();
        let mut reader = LineReader::default();
        let mut unreadable = 0_u64;
        for part in input.values() {
            let told = match part {
                Ok(part) => reader.read(part.text.as_bytes(), true).map_err(|error| BadInput {
                    called: called.clone(),
                    line: Some(part.line),
                    column: None,
                    reason: Sanitized::of(&error),
                    can_be_left_out: true,
                }),
                Err(unreadable) => Err(unreadable.of(&called)),
            };
            let at = clock.now();
            let records = match told {
                Ok(Told::Records(records)) => records.into_iter().filter_map(|record| record.happening(at)).collect(),
                Ok(Told::Header(_) | Told::Nothing) => continue,
                Err(bad) => {
                    unreadable += 1;
                    if unreadable > MOST_TOLD {
                        continue;
                    }
                    vec![Record::Note { at, note: Note(bad.told()) }]
                }
            };
            if sender.blocking_send(records).is_err() {
                return;
            }
        }
    });
    Source { records, commands }
}
