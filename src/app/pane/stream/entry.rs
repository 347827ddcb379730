//! One thing that happened.

use crate::app::values::keys_of;
use crate::event::{Path, Payload, Sanitized, TypeName};
use crate::lint::Severity;
use crate::session::{EventNumber, Gap, Moment};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When. Of what was there before the start, only the time of day counts.
    pub at: Moment,
    /// The kind.
    pub kind: EntryKind,
    /// The event type that it is about, if it is about one.
    pub event_type: Option<TypeName>,
    /// An account of it.
    pub text: Sanitized,
    /// What there is to see of it.
    pub about: About,
    /// Whom and which order it is about, each as a [`key_of`](crate::app::values::key_of).
    pub(in crate::app) keys: Box<[u64]>,
}

/// What an entry is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum About {
    /// All of it is in its text.
    #[default]
    Nothing,
    /// An event.
    Event(EventNumber),
    /// A finding of an event, at this place.
    Finding(EventNumber, Path),
    /// The batch of this number, which was sent.
    Batch(u64),
    /// Events that were lost.
    Lost(Box<Gap>),
    /// The request of this number, which our own collector was sent.
    Request(u64),
}

impl About {
    /// The event that it is about.
    pub fn event(&self) -> Option<EventNumber> {
        match self {
            Self::Event(number) | Self::Finding(number, _) => Some(*number),
            Self::Nothing | Self::Batch(_) | Self::Lost(_) | Self::Request(_) => None,
        }
    }
}

/// The sorts of things that happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// An event that was there before the start.
    Before,
    /// A type seen for the first time.
    New,
    /// A newer event of a known type.
    Updated,
    /// A type that is there no more.
    Gone,
    /// Events that were certainly lost.
    Gap,
    /// Something failed.
    Trouble,
    /// Something works again.
    Recovered,
    /// Something is wrong with an event; how bad it is at worst.
    Finding(Severity),
    /// Something worth knowing.
    Note,
    /// A step that began.
    Step,
    /// An event that was sent.
    Sent,
    /// A probe that came.
    Seen,
    /// Something that looks like a probe.
    Guessed,
    /// A probe that did not come.
    NotSeen,
}

impl Entry {
    /// One that is about nothing but itself.
    pub(in crate::app) fn new(at: Moment, kind: EntryKind, text: impl Into<Sanitized>) -> Self {
        Self { at, kind, event_type: None, text: text.into(), about: About::Nothing, keys: Box::default() }
    }

    /// One about events that were lost, at the place where they were.
    pub(in crate::app) fn lost(gap: Gap) -> Self {
        let entry = Self::new(gap.at, EntryKind::Gap, gap.sentence()).of_type(&gap.event_type);
        entry.about(About::Lost(Box::new(gap)))
    }

    /// The same about an event type.
    pub(in crate::app) fn of_type(self, event_type: &TypeName) -> Self {
        Self { event_type: Some(event_type.clone()), ..self }
    }

    /// The same about an event, a finding or a batch.
    pub(in crate::app) fn about(self, about: About) -> Self {
        Self { about, ..self }
    }

    /// The same about those whom an event is about.
    pub(in crate::app) fn of_those_in(self, payload: &Payload) -> Self {
        Self { keys: keys_of(payload), ..self }
    }

    /// Whether it came before another.
    pub(super) fn is_older_than(&self, other: &Self) -> bool {
        (self.at.elapsed, self.at.wall) < (other.at.elapsed, other.at.wall)
    }
}
