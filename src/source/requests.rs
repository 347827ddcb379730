//! What a collector of ours in another process was sent: its requests, and the events that it refused, which no poll shows.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::connection::{Connection, joined};
use super::failure::Failure;
use super::http::CompleteAnswer;
use crate::session::{Record, RecordLine};

/// How many of its latest requests are asked for at the start.
const AT_START: u64 = 500;

/// Asks a collector for its requests, as soon as an answer says that there are more.
#[derive(Debug)]
pub(super) struct Requests {
    connection: Arc<Connection>,
    /// The one question under way.
    asked: JoinSet<Result<CompleteAnswer, Failure>>,
    /// The number of the last request that was told.
    told: Option<u64>,
    /// The number of the last request, as the last answer has it.
    last: Option<u64>,
    follows: Follows,
}

/// Whether the collector is asked for all that it is sent, in the place of polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follows {
    /// It is polled.
    No,
    /// It will be, once an answer says that it is a collector of ours.
    AtFirst,
    /// It is: a question waits for the next request.
    Now,
    /// The last question failed.
    Again,
}

impl Requests {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        let expecting = connection.settings.expecting.as_ref();
        let follows = if expecting.is_some() { Follows::AtFirst } else { Follows::No };
        let told = expecting.and_then(|expecting| expecting.after);
        Self { connection, asked: JoinSet::new(), told, last: None, follows }
    }

    /// Learns from an answer what the number of the last request is; only a collector of ours says so.
    pub(super) fn hear(&mut self, last: Option<u64>) {
        let Some(last) = last else { return };
        self.last = Some(last);
        // One that was started anew counts anew.
        let told = self.told.filter(|told| *told <= last);
        let told = match self.follows {
            Follows::No => told.unwrap_or(last.saturating_sub(AT_START)),
            Follows::AtFirst if self.told.is_none() => last,
            _ => told.unwrap_or(0),
        };
        self.told = Some(told);
        let is_polled = self.follows == Follows::No;
        if !is_polled {
            self.follows = Follows::Now;
        }
        if !is_polled || last > told {
            self.ask();
        }
    }

    /// Whether it tells all, so that what polls show is known already.
    pub(super) fn is_followed(&self) -> bool {
        matches!(self.follows, Follows::Now | Follows::Again)
    }

    /// Whether a poll would tell nothing, for a question waits for what comes.
    pub(super) fn waits(&self) -> bool {
        self.follows == Follows::Now
    }

    /// Whether all was told up to the last request that is known of.
    pub(super) fn is_up_to_date(&self) -> bool {
        !self.is_followed() || self.told >= self.last
    }

    fn ask(&mut self) {
        if let (true, Some(told)) = (self.asked.is_empty(), self.told) {
            let connection = Arc::clone(&self.connection);
            self.asked.spawn(async move { connection.requests(told).await });
        }
    }

    /// What came of the question; waits where none is under way. What polls show is left to them, where it is polled.
    pub(super) async fn came(&mut self) -> Vec<Record> {
        let Some(outcome) = self.asked.join_next().await else { return std::future::pending().await };
        let CompleteAnswer { body, last_request, .. } = match joined(outcome).await {
            Ok(answer) => answer,
            // It is the collector's word beside what was asked for: without it, watching goes on.
            Err(failure) => {
                self.follows = match self.follows {
                    Follows::Now | Follows::Again if !failure.is_refusal() => Follows::Again,
                    _ => Follows::No,
                };
                return Vec::new();
            }
        };
        self.told = last_request.or(self.told);
        if last_request.is_none() {
            self.follows = Follows::No;
        }
        let follows = self.is_followed();
        if follows {
            self.last = self.last.max(self.told);
            self.ask();
        }
        let body = String::from_utf8_lossy(&body);
        let record = |line| match RecordLine::read(line) {
            RecordLine::Event { change, .. } if follows || change.is_refused() => Some(Record::Change(change)),
            RecordLine::Record(record) if follows || matches!(*record, Record::Request(_)) => Some(*record),
            _ => None,
        };
        body.lines().filter_map(record).collect()
    }
}
