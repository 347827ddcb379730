//! What is said of probes: the same on the screen and on the command line.

use std::fmt;
use std::time::Duration;

use super::{Clue, Latencies, Recognized, Seen};

/// How long it took: `38 ms`, `0.4 s`, `1.3 s`, `12 s`, `2 min 5 s`.
pub fn latency(took: Duration) -> String {
    let millis = took.as_millis();
    let seconds = millis / 1_000;
    match millis {
        0..100 => format!("{millis} ms"),
        100..10_000 => format!("{seconds}.{} s", millis / 100 % 10),
        10_000..120_000 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

impl Seen {
    /// `seen after 1.3 s · 2 fields changed on the way`; what the platform added is no change.
    pub fn summary(&self) -> String {
        let guess = match self.by {
            Recognized::ByMarker => String::new(),
            Recognized::ByContent => format!(", {}", self.by),
        };
        let altered = match self.groups().altered() {
            0 => "as sent".to_owned(),
            1 => "1 field changed on the way".to_owned(),
            count => format!("{count} fields changed on the way"),
        };
        format!("seen after {}{guess} · {altered}", latency(self.after))
    }
}

impl fmt::Display for Recognized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByMarker => "by its event_uuid",
            Self::ByContent => "by its content (a guess: its event_uuid did not come back)",
        })
    }
}

impl fmt::Display for Clue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnotherCame { arrived: 1 } => {
                f.write_str("another event of the type came since, and may have taken its place in the answer")
            }
            Self::AnotherCame { arrived } => {
                write!(f, "{arrived} events of the type came since, and may have taken its place in the answer")
            }
            Self::CountWentUp { by } => {
                write!(f, "the server's count of the type went up by {by}, but no event that fits was shown")
            }
            Self::NoIdentifier => f.write_str(
                "it carries no identifier (customer_id, email, device_id, cookie or another), and the platform drops \
                 such events after it took them",
            ),
            Self::NothingCame => f.write_str("no event of the type came at all"),
            Self::NoPoll => f.write_str("no poll succeeded since it was sent"),
        }
    }
}

/// `min 0.4 s · median 1.3 s · p95 2.1 s`.
impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [min, median, p95] = [self.min, self.median, self.p95].map(latency);
        write!(f, "min {min} · median {median} · p95 {p95}")
    }
}
