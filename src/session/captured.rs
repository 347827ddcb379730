use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Moment;
use crate::event::{Payload, TypeName};

/// Which of the captured events of a session one is: they are counted in the session's order, and no number is used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventNumber(pub u64);

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
            Self::Sent => "sent",
            Self::Tape => "tape",
        }
    }
}
