use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::event::{Payload, Sanitized, TypeName, sanitized, text};

/// The widest value that identifies an event, in columns.
const WIDEST: usize = 60;

/// Which of the captured events of a session one is: they are counted in the session's order, and no number is used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventNumber(pub u64);

impl EventNumber {
    /// The number as people are told it, counted from 1.
    pub fn ordinal(self) -> u64 {
        self.0 + 1
    }
}

/// A captured event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// Its type.
    pub event_type: TypeName,
    /// The event.
    pub payload: Arc<Payload>,
    /// When we saw it.
    pub at: Moment,
    /// Which one it is.
    pub number: EventNumber,
    /// How it came to us.
    pub arrival: Arrival,
}

impl Captured {
    /// `purchase 14:03:20 event 42 · order 50314`: what tells it from others, with the time of day in `zone`.
    pub fn heading(&self, zone: &TimeZone) -> Sanitized {
        let at = self.at.wall.to_zoned(zone.clone());
        let at = sanitized!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
        heading(&self.event_type, Some(&at), self.number.ordinal(), identity(&self.event_type, &self.payload).as_ref())
    }

    /// How long ago it was: since the platform received it, where it says so, else since we saw it.
    pub fn age(&self, now: Moment) -> Duration {
        match self.payload.head().received {
            Some(received) => Duration::try_from(now.wall.duration_since(received)).unwrap_or_default(),
            None => now.since(self.at),
        }
    }

    /// When it came to the platform, as far as it says so; by our clock it is never after we saw it.
    pub fn came(&self) -> Moment {
        let head = self.payload.head();
        let wall = head.received.or(head.happened).unwrap_or(self.at.wall).min(self.at.wall);
        let ago = Duration::try_from(self.at.wall.duration_since(wall)).unwrap_or_default();
        Moment { elapsed: self.at.elapsed.saturating_sub(ago), wall }
    }

    /// The time that it is called by. What a poll shows came just now; what the history gives back came when it says.
    pub fn told_at(&self) -> Moment {
        if self.arrival == Arrival::Backfill { self.came() } else { self.at }
    }
}

/// `purchase 14:03:20 event 42 · order 50314`.
pub fn heading(event_type: &TypeName, at: Option<&Sanitized>, number: u64, identity: Option<&Sanitized>) -> Sanitized {
    let at = at.map(|at| sanitized!(" {}", at)).unwrap_or_default();
    let identity = identity.map(|identity| sanitized!(" · {}", identity)).unwrap_or_default();
    sanitized!("{}{} event {}{}", event_type.shown(), at, number, identity)
}

/// What identifies an event of that type to its reader: `order 50314`.
pub fn identity(event_type: &TypeName, payload: &Payload) -> Option<Sanitized> {
    let identity = payload.identity(event_type.as_str())?;
    Some(sanitized!("{} {}", identity.word, text::excerpt(&identity.value, WIDEST)))
}

/// The ways on which an event can come to us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arrival {
    /// A poll of the debug endpoint showed it.
    #[default]
    Poll,
    /// The history endpoint gave it back.
    Backfill,
    /// Our own collector took it in.
    Collector,
    /// Our own collector was sent it, and refused it.
    Refused,
    /// We sent it.
    Sent,
    /// It was read from a tape.
    Tape,
}

impl Arrival {
    /// Its word on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Backfill => "backfill",
            Self::Collector => "collector",
            Self::Refused => "refused",
            Self::Sent => "sent",
            Self::Tape => "tape",
        }
    }
}
