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
}

impl Requests {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self { connection, asked: JoinSet::new(), told: None }
    }

    /// Learns from an answer what the number of the last request is; only a collector of ours says so.
    pub(super) fn hear(&mut self, last: Option<u64>) {
        let Some(last) = last else { return };
        // One that was started anew counts anew.
        let told = self.told.filter(|told| *told <= last).unwrap_or(last.saturating_sub(AT_START));
        self.told = Some(told);
        if last > told && self.asked.is_empty() {
            let connection = Arc::clone(&self.connection);
            self.asked.spawn(async move { connection.requests(told).await });
        }
    }

    /// What came of the question; waits where none is under way. What polls show is left to them.
    pub(super) async fn came(&mut self) -> Vec<Record> {
        let Some(outcome) = self.asked.join_next().await else { return std::future::pending().await };
        // It is the collector's word beside what was asked for: without it, watching goes on.
        let Ok(CompleteAnswer { body, last_request, .. }) = joined(outcome).await else { return Vec::new() };
        self.told = last_request.or(self.told);
        let body = String::from_utf8_lossy(&body);
        let record = |line| match RecordLine::read(line) {
            RecordLine::Event { change, .. } if change.is_refused() => Some(Record::Change(change)),
            RecordLine::Record(record) if matches!(*record, Record::Request(_)) => Some(*record),
            _ => None,
        };
        body.lines().filter_map(record).collect()
    }
}
