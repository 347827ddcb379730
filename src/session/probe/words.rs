//! Words for probes: the same on the screen and on the command line.

use super::{Clue, Latencies, Recognized, Seen};
use crate::event::text::{counted, span};
use crate::event::{Sanitized, sanitized};

/// The fate of an event that came without an identifier.
const UNIDENTIFIED: &str = " · but dropped in processing, for it carries no identifier (customer_id, email, device_id, \
                            cookie or another)";

impl Seen {
    /// `seen after 1.3 s · 2 fields changed on the way`; what the platform added is no change.
    pub fn summary(&self) -> Sanitized {
        let guess = match self.by {
            Recognized::ByMarker => "".into(),
            Recognized::ByContent => sanitized!(", {}", self.by.words()),
        };
        let altered = match self.groups().altered() {
            0 => "as sent".into(),
            count => sanitized!("{} changed on the way", counted(count as u64, "field")),
        };
        let fate = if self.unidentified { UNIDENTIFIED } else { "" };
        sanitized!("seen after {}{} · {}{}", span(self.after), guess, altered, fate)
    }
}

impl Recognized {
    fn words(self) -> &'static str {
        match self {
            Self::ByMarker => "by its event_uuid",
            Self::ByContent => "by its content (a guess: its event_uuid did not come back)",
        }
    }
}

impl Clue {
    /// The clue in a sentence.
    pub fn sentence(&self) -> Sanitized {
        match self {
            Self::EqualBefore { counted } => {
                let counted = match counted {
                    0 => "".into(),
                    by => sanitized!("; the server's count of the type went up by {}", by),
                };
                sanitized!(
                    "an event that equals it was shown before it was sent: whether this one came too cannot be told{}",
                    counted
                )
            }
            Self::AnotherCame { arrived: 1 } => {
                "another event of the type came since, and may have taken its place in the answer".into()
            }
            Self::AnotherCame { arrived } => {
                sanitized!("{} events of the type came since, and may have taken its place in the answer", arrived)
            }
            Self::CountWentUp { by } => {
                sanitized!("the server's count of the type went up by {}, but no event that fits was shown", by)
            }
            Self::NoIdentifier => "it carries no identifier (customer_id, email, device_id, cookie or another), and \
                                   the platform drops such events after it took them"
                .into(),
            Self::NothingCame => "no event of the type came since it was sent".into(),
            Self::NoPoll => "no poll succeeded since it was sent".into(),
        }
    }
}

impl Latencies {
    /// `min 0.4 s · median 1.3 s · p95 2.1 s`.
    pub fn summary(self) -> Sanitized {
        let [min, median, p95] = [self.min, self.median, self.p95].map(span);
        sanitized!("min {} · median {} · p95 {}", min, median, p95)
    }
}
