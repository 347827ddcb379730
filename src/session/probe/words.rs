//! What is said of probes: the same on the screen and on the command line.

use std::time::Duration;

use super::{Clue, Latencies, Recognized, Seen};
use crate::event::{Sanitized, sanitized};

/// How long it took: `38 ms`, `0.4 s`, `1.3 s`, `12 s`, `2 min 5 s`.
pub fn latency(took: Duration) -> Sanitized {
    let millis = took.as_millis();
    let seconds = millis / 1_000;
    match millis {
        0..100 => sanitized!("{} ms", millis),
        100..10_000 => sanitized!("{}.{} s", seconds, millis / 100 % 10),
        10_000..120_000 => sanitized!("{} s", seconds),
        _ => sanitized!("{} min {} s", seconds / 60, seconds % 60),
    }
}

impl Seen {
    /// `seen after 1.3 s · 2 fields changed on the way`; what the platform added is no change.
    pub fn summary(&self) -> Sanitized {
        let guess = match self.by {
            Recognized::ByMarker => "".into(),
            Recognized::ByContent => sanitized!(", {}", self.by.words()),
        };
        let altered = match self.groups().altered() {
            0 => "as sent".into(),
            1 => "1 field changed on the way".into(),
            count => sanitized!("{} fields changed on the way", count),
        };
        sanitized!("seen after {}{} · {}", latency(self.after), guess, altered)
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
            Self::NothingCame => "no event of the type came at all".into(),
            Self::NoPoll => "no poll succeeded since it was sent".into(),
        }
    }
}

impl Latencies {
    /// `min 0.4 s · median 1.3 s · p95 2.1 s`.
    pub fn summary(self) -> Sanitized {
        let [min, median, p95] = [self.min, self.median, self.p95].map(latency);
        sanitized!("min {} · median {} · p95 {}", min, median, p95)
    }
}
