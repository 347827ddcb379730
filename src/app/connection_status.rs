//! The connection as the reader sees it.

use std::time::Duration;

use crate::event::{Redaction, text};
use crate::session::{Moment, Polled, Trouble};

/// How the connection to the endpoint fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionStatus {
    /// The last answer that was a snapshot.
    pub last_good: Option<LastGood>,
    /// The trouble that the last poll had, if it had one.
    pub trouble: Option<Trouble>,
    /// Whether a request is under way after which either will be known.
    pub connecting: bool,
    /// The trouble that the counts had.
    pub counts_trouble: Option<Trouble>,
    /// Why there is no history, where there is none.
    pub history_trouble: Option<Trouble>,
    /// When the counts came that are asked for by themselves.
    pub counted: Option<Moment>,
}

/// The last answer that was a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastGood {
    /// When it came.
    pub at: Moment,
    /// How long it took.
    pub took: Duration,
    /// The HTTP status.
    pub status: u16,
}

/// The connection in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// Nothing is known yet.
    Connecting,
    /// The last poll brought a snapshot.
    Live,
    /// The last poll failed; the next is due at this moment.
    BackingOff(Moment),
    /// The last poll failed, and only the user can bring about the next.
    Refused,
}

impl ConnectionStatus {
    pub(super) fn new() -> Self {
        Self {
            last_good: None,
            trouble: None,
            connecting: true,
            counts_trouble: None,
            history_trouble: None,
            counted: None,
        }
    }

    /// The twin of it.
    pub(super) fn twin(&self, redaction: &Redaction) -> Self {
        let twin = |trouble: &Option<Trouble>| trouble.as_ref().map(|trouble| redaction.trouble(trouble));
        Self {
            trouble: twin(&self.trouble),
            counts_trouble: twin(&self.counts_trouble),
            history_trouble: twin(&self.history_trouble),
            ..*self
        }
    }

    pub(super) fn connecting(&mut self) {
        self.connecting = true;
    }

    pub(super) fn polled(&mut self, polled: &Polled) {
        self.last_good = Some(LastGood { at: polled.at, took: polled.took, status: polled.status });
        self.trouble = None;
        self.connecting = false;
    }

    pub(super) fn failed(&mut self, trouble: Trouble) {
        self.trouble = Some(trouble);
        self.connecting = false;
    }

    /// The connection in a word.
    pub fn state(&self) -> ConnectionState {
        match &self.trouble {
            _ if self.connecting && self.last_good.is_none() => ConnectionState::Connecting,
            None if self.last_good.is_none() => ConnectionState::Connecting,
            None => ConnectionState::Live,
            Some(_) if self.connecting => ConnectionState::Connecting,
            Some(trouble) => trouble.next.map_or(ConnectionState::Refused, ConnectionState::BackingOff),
        }
    }

    /// When the countdown to the next poll changes.
    pub(super) fn next_wake(&self, now: Moment) -> Option<Duration> {
        let ConnectionState::BackingOff(next) = self.state() else { return None };
        text::until_next_second(next.since(now))
    }
}
