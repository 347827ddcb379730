//! What the table knows of one type.

use std::sync::Arc;
use std::time::Duration;

use super::Columns;
use crate::app::findings::{Linted, Tally, Told};
use crate::event::{Path, Redaction, Sanitized, json, text};
use crate::session::{Captured, Change, ChangeKind, Coverage, Moment, Rate};

/// The widest value of a field that the table keeps, in columns.
const WIDEST_VALUE: usize = 40;

/// How long a changed row stands out.
const FLASH: Duration = Duration::from_millis(600);

/// One event type.
#[derive(Clone, Debug, Default)]
pub struct TypeRow {
    /// The newest event that we hold.
    pub newest: Option<Captured>,
    /// Its findings, once they are known; until then, those of the one before.
    pub(in crate::app) linted: Option<Linted>,
    pub(super) worst: Option<Worst>,
    pub(super) told: Told,
    /// How many events came, whether they were captured or not.
    pub(super) came: u64,
    /// The server's own count.
    pub received: Option<u64>,
    /// How many distinct payloads we hold or held.
    pub captured: u64,
    /// How much of what the server received was captured, where its count is known.
    pub coverage: Option<Coverage>,
    /// Arrivals over time.
    pub rate: Rate,
    /// When the newest event came, in milliseconds of [`Moment::elapsed`]: below zero for one from before the start.
    /// `None` when nobody knows.
    pub(super) seen: Option<i64>,
    /// The news that the reader has not looked at yet.
    pub mark: Option<Mark>,
    /// Whether the server no longer knows the type.
    pub gone: bool,
    pub(super) flash: Option<Moment>,
    /// The values of the fields that have a column, and the hash of the event that they are of.
    pub(super) values: Option<(u128, Vec<Value>)>,
}

/// The value of a field that has a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    path: Arc<Path>,
    /// Its text; `None` where the event has no such field.
    text: Option<Sanitized>,
}

/// Of the events of a type the one with the worst finding; of several as bad, the newest. Where a fault comes and goes
/// with the traffic, the newest event alone would show it for the length of a poll.
#[derive(Clone, Debug)]
pub(super) struct Worst {
    pub(super) linted: Linted,
    /// How many events had come when it was the newest.
    pub(super) came: u64,
}

/// An earlier event of a type that has a worse finding than the newest.
#[derive(Clone, Copy, Debug)]
pub struct Earlier<'a> {
    /// The reason.
    pub tally: Tally,
    /// The event.
    pub(in crate::app) linted: &'a Linted,
    /// How many events came after it.
    pub(in crate::app) newer: u64,
}

/// Why a row asks to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mark {
    /// The type is new.
    New,
    /// A newer event came.
    Updated,
}

impl TypeRow {
    /// Takes in what happened to the type; `first` when nothing of it was known.
    pub(super) fn take_in(&mut self, change: &Change, first: bool) {
        if change.is_refused() {
            self.newest = change.event();
            self.seen = Some(millis(change.at.elapsed));
            self.flash = Some(change.at);
            self.mark = Some(if first { Mark::New } else { self.mark.unwrap_or(Mark::Updated) });
            return;
        }
        self.received = change.received;
        self.captured = change.captured;
        self.coverage = change.coverage;
        // A count says nothing of whether the endpoint still knows the type.
        self.gone = change.kind == ChangeKind::Gone || self.gone && change.kind == ChangeKind::Unchanged;
        self.came = self.came.saturating_add(change.arrived);
        if let Some(event) = change.event().filter(|_| change.kind != ChangeKind::Earlier) {
            self.newest = Some(event);
        }
        let watched = change.arrived > 0;
        match change.kind {
            ChangeKind::New | ChangeKind::Returned | ChangeKind::Updated if watched => {
                self.seen = Some(millis(change.at.elapsed));
                self.flash = Some(change.at);
                let new = first || self.mark == Some(Mark::New);
                self.mark = Some(if new { Mark::New } else { Mark::Updated });
            }
            ChangeKind::New | ChangeKind::Returned | ChangeKind::Updated => self.seen = seen_before(change),
            ChangeKind::Earlier | ChangeKind::Unchanged if watched => {
                self.seen = Some(millis(change.at.elapsed));
                self.flash = Some(change.at);
            }
            ChangeKind::Earlier | ChangeKind::Unchanged => {}
            ChangeKind::Gone => self.flash = Some(change.at),
        }
    }

    /// The twin of the row.
    pub(super) fn twin(&self, redaction: &Redaction) -> Self {
        Self {
            newest: self.newest.as_ref().map(|event| redaction.captured(event)),
            linted: self.linted.as_ref().map(|linted| linted.twin(redaction)),
            worst: self.worst.as_ref().map(|worst| Worst { linted: worst.linted.twin(redaction), ..*worst }),
            values: None,
            ..self.clone()
        }
    }

    /// The worst finding and how many there are; `None` where nothing was found, or nobody has looked yet.
    pub fn tally(&self) -> Option<Tally> {
        self.linted.as_ref()?.found.tally()
    }

    /// The last of the earlier events with the worst finding, where that is worse than any of the newest event.
    pub fn earlier(&self) -> Option<Earlier<'_>> {
        let Worst { linted, came } = self.worst.as_ref()?;
        let tally = linted.found.tally()?;
        let is_newest = self.is_newest(&linted.event);
        let is_worse = self.tally().is_none_or(|newest| newest.worst < tally.worst);
        (!is_newest && is_worse).then(|| Earlier { tally, linted, newer: self.came.saturating_sub(*came).max(1) })
    }

    pub(super) fn is_newest(&self, event: &Captured) -> bool {
        self.newest.as_ref().is_some_and(|newest| newest.number == event.number)
    }

    /// How long ago the newest event came; `None` when nobody knows.
    pub fn age(&self, now: Moment) -> Option<Duration> {
        let age = millis(now.elapsed).saturating_sub(self.seen?);
        Some(Duration::from_millis(u64::try_from(age).unwrap_or(0)))
    }

    /// Whether the row changed just now.
    pub fn flashes(&self, now: Moment) -> bool {
        self.flash_left(now).is_some()
    }

    /// The text of a field of the newest event that has a column; `None` where the event has no such field.
    pub fn value(&self, path: &Path) -> Option<&Sanitized> {
        let (_, values) = self.values.as_ref()?;
        values.iter().find(|value| *value.path == *path)?.text.as_ref()
    }

    /// Reads the values of the fields that have a column, unless they are known.
    pub(super) fn read_values(&mut self, columns: &Columns) {
        let Some(payload) = self.newest.as_ref().map(|event| &event.payload) else { return };
        if self.values.as_ref().is_some_and(|(hash, _)| *hash == payload.hash()) {
            return;
        }
        let value = |path: &Arc<Path>| Value {
            path: Arc::clone(path),
            text: payload.value(path).map(|raw| {
                let plain = json::as_string(raw);
                text::excerpt(plain.as_deref().unwrap_or(raw), WIDEST_VALUE)
            }),
        };
        self.values = Some((payload.hash(), columns.fields().map(value).collect()));
    }

    pub(super) fn flash_left(&self, now: Moment) -> Option<Duration> {
        FLASH.checked_sub(now.since(self.flash?)).filter(|left| !left.is_zero())
    }
}

/// When the newest event of a type came that was there before we were: by the platform's clock, or the sender's.
fn seen_before(change: &Change) -> Option<i64> {
    let head = change.payload.as_ref()?.head();
    let came = head.received.or(head.happened)?;
    let age = change.at.wall.as_millisecond().saturating_sub(came.as_millisecond()).max(0);
    Some(millis(change.at.elapsed).saturating_sub(age))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
