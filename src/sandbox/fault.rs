//! Faults to order: what a server, or a network between, does to an answer.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::SandboxError;

/// How long a body is dripped when the fault does not say.
const SLOW_BODY: Duration = Duration::from_secs(10);

/// The size of an oversized body when the fault does not say.
const OVERSIZE: u64 = 100_000_000;

/// One kind of trouble, how often it strikes and whom.
///
/// Written as `KIND[=VALUE][:PROBABILITY][@SCOPE]`: `delay=2s`, `status=429:0.2`, `reset:0.1@send`. Without a
/// probability it strikes always; without a scope it strikes those who watch, so that events still come in.
///
/// Several faults of one answer add up: every `delay` passes first, then the first other fault that strikes is the
/// answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The kind of fault.
    pub kind: FaultKind,
    /// How likely it is for each answer, from 0 to 1.
    pub probability: f64,
    /// Whose answers it happens to.
    pub scope: Scope,
}

/// The kinds of faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// `status=CODE`: this status with the platform's body for it. The request has no effect.
    Status(u16),
    /// `retry-after=DURATION`: answers of `status` faults carry this `Retry-After` header. The platform is not known to
    /// send one. (third party)
    RetryAfter(Duration),
    /// `delay=DURATION`: the answer waits.
    Delay(Duration),
    /// `redirect=URL`: 302 to there. The request has no effect.
    Redirect(String),
    /// `truncate`: the connection ends after half of the announced body.
    Truncate,
    /// `reset`: the connection is reset instead of an answer.
    Reset,
    /// `garbage`: 200 with bytes that are not even text.
    Garbage,
    /// `html`: 200 with the page of a captive portal.
    Html,
    /// `blank`: 200 with an empty body.
    Blank,
    /// `slow-body[=DURATION]`: the body drips in over that long, ten seconds by default.
    SlowBody(Duration),
    /// `oversize[=BYTES]`: 200 with a body of that many blanks, 100 MB by default.
    Oversize(u64),
    /// `lie=others|unordered|no-uuid`: a history that is not as documented.
    Lie(Lie),
}

/// The ways in which a history lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// `others`: it lists events of other types too.
    Others,
    /// `unordered`: it does not list the newest event first.
    Unordered,
    /// `no-uuid`: its events have no `event_uuid`, unless it was sent.
    NoUuid,
}

impl Lie {
    const ALL: [(&'static str, Self); 3] =
        [("others", Self::Others), ("unordered", Self::Unordered), ("no-uuid", Self::NoUuid)];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, lie)| *lie == self).map_or("", |(name, _)| name)
    }
}

/// Whose answers a fault happens to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// `@watch`: debug, history and summary.
    #[default]
    Watch,
    /// `@history`: history only.
    History,
    /// `@send`: event, bulkevents and the pixel.
    Send,
    /// `@all`: all of them.
    All,
}

impl Scope {
    fn covers(self, other: Self) -> bool {
        self == Self::All || self == other || (self, other) == (Self::Watch, Self::History)
    }
}

const ALLOWED: &str = "use status=CODE, delay=DURATION, truncate, reset, garbage, html, blank, slow-body[=DURATION], \
                       oversize[=BYTES], redirect=URL, retry-after=DURATION or lie=others|unordered|no-uuid, each with an \
                       optional :PROBABILITY (0 to 1) and @watch, @history, @send or @all, as in `status=429:0.2`";

impl FromStr for Fault {
    type Err = SandboxError;

    fn from_str(spec: &str) -> Result<Self, SandboxError> {
        let refuse = |reason: String| SandboxError::Fault { spec: spec.to_owned(), reason };
        let spec = spec.trim();
        let (rest, scope) = match spec.rsplit_once('@') {
            Some((rest, "watch")) => (rest, Scope::Watch),
            Some((rest, "history")) => (rest, Scope::History),
            Some((rest, "send")) => (rest, Scope::Send),
            Some((rest, "all")) => (rest, Scope::All),
            // An address may hold an `@`.
            _ if spec.starts_with("redirect=") => (spec, Scope::default()),
            Some((_, other)) => return Err(refuse(format!("`{other}` is not a scope"))),
            None => (spec, Scope::default()),
        };
        // The value may hold a colon too (an address does), so only a number behind the last one is a probability.
        let (rest, probability) = match rest.rsplit_once(':') {
            Some((head, tail)) => match tail.parse::<f64>() {
                Ok(probability) if (0.0..=1.0).contains(&probability) => (head, probability),
                _ if rest.starts_with("redirect=") => (rest, 1.0),
                _ => return Err(refuse(format!("`{tail}` is not a probability from 0 to 1"))),
            },
            None => (rest, 1.0),
        };
        let (name, value) = match rest.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (rest, None),
        };
        let kind = FaultKind::new(name, value).map_err(refuse)?;
        Ok(Self { kind, probability, scope })
    }
}

impl FaultKind {
    fn new(name: &str, value: Option<&str>) -> Result<Self, String> {
        let required = || value.ok_or_else(|| format!("`{name}` needs a value"));
        let plain = |kind| match value {
            None => Ok(kind),
            Some(_) => Err(format!("`{name}` takes no value")),
        };
        match name {
            "status" => match required()?.parse() {
                Ok(code @ 200..=599) => Ok(Self::Status(code)),
                _ => Err("the status is not a number from 200 to 599".into()),
            },
            "retry-after" => Ok(Self::RetryAfter(duration(required()?)?)),
            "delay" => Ok(Self::Delay(duration(required()?)?)),
            "redirect" => Ok(Self::Redirect(required()?.to_owned())),
            "slow-body" => Ok(Self::SlowBody(value.map_or(Ok(SLOW_BODY), duration)?)),
            "oversize" => match value.map_or(Ok(OVERSIZE), str::parse) {
                Ok(bytes) => Ok(Self::Oversize(bytes)),
                Err(_) => Err("the size is not a number of bytes".into()),
            },
            "lie" => match Lie::ALL.iter().find(|(name, _)| Some(*name) == value) {
                Some((_, lie)) => Ok(Self::Lie(*lie)),
                None => Err("a history lies with `others`, `unordered` or `no-uuid`".into()),
            },
            "truncate" => plain(Self::Truncate),
            "reset" => plain(Self::Reset),
            "garbage" => plain(Self::Garbage),
            "html" => plain(Self::Html),
            "blank" => plain(Self::Blank),
            _ => Err(ALLOWED.into()),
        }
    }
}

/// A duration such as `250ms`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let parsed: Option<jiff::SignedDuration> = text.parse().ok();
    parsed
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| format!("`{text}` is not a duration such as 250ms, 2s or 1m"))
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(code) => write!(f, "status={code}"),
            Self::RetryAfter(duration) => write!(f, "retry-after={}", Friendly(*duration)),
            Self::Delay(duration) => write!(f, "delay={}", Friendly(*duration)),
            Self::Redirect(to) => write!(f, "redirect={to}"),
            Self::Truncate => f.write_str("truncate"),
            Self::Reset => f.write_str("reset"),
            Self::Garbage => f.write_str("garbage"),
            Self::Html => f.write_str("html"),
            Self::Blank => f.write_str("blank"),
            Self::SlowBody(duration) => write!(f, "slow-body={}", Friendly(*duration)),
            Self::Oversize(bytes) => write!(f, "oversize={bytes}"),
            Self::Lie(lie) => write!(f, "lie={}", lie.name()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.probability)?;
        f.write_str(match self.scope {
            Scope::Watch => "@watch",
            Scope::History => "@history",
            Scope::Send => "@send",
            Scope::All => "@all",
        })
    }
}

struct Friendly(Duration);

impl fmt::Display for Friendly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", jiff::SignedDuration::try_from(self.0).unwrap_or(jiff::SignedDuration::MAX))
    }
}

/// The combined effect of the faults on one answer.
#[derive(Debug, Default, PartialEq)]
pub(super) struct RolledFaults {
    pub(super) delay: Duration,
    pub(super) retry_after: Option<Duration>,
    pub(super) fault: Option<FaultKind>,
    /// What is not true about a history.
    pub(super) lies: Vec<Lie>,
}

/// Rolls every fault for an answer to someone in `scope`.
pub(super) fn roll(faults: &[Fault], scope: Scope, dice: &Dice) -> RolledFaults {
    let mut verdict = RolledFaults::default();
    for fault in faults.iter().filter(|fault| fault.scope.covers(scope)) {
        if dice.roll() >= fault.probability {
            continue;
        }
        match &fault.kind {
            FaultKind::Delay(duration) => verdict.delay = verdict.delay.saturating_add(*duration),
            FaultKind::RetryAfter(duration) => verdict.retry_after = Some(*duration),
            FaultKind::Lie(lie) => verdict.lies.push(*lie),
            kind => {
                verdict.fault.get_or_insert_with(|| kind.clone());
            }
        }
    }
    verdict
}

/// Chance that can be repeated: the same seed gives the same rolls.
#[derive(Debug)]
pub(super) struct Dice {
    seed: u64,
    rolls: AtomicU64,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, rolls: AtomicU64::new(0) }
    }

    /// 64 random bits.
    pub(super) fn bits(&self) -> u64 {
        xxh3_64_with_seed(&self.rolls.fetch_add(1, Ordering::Relaxed).to_le_bytes(), self.seed)
    }

    /// A number from 0 to below 1.
    pub(super) fn roll(&self) -> f64 {
        let numerator = u32::try_from(self.bits() >> 32).unwrap_or(0);
        f64::from(numerator) / 4_294_967_296.0
    }

    /// A whole number in the range.
    pub(super) fn within(&self, range: &RangeInclusive<u64>) -> u64 {
        let span = range.end().saturating_sub(*range.start()).saturating_add(1);
        range.start() + self.bits() % span
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use super::*;

    #[test]
    fn a_fault_is_read_from_its_spec() {
        let always = |kind| Fault { kind, probability: 1.0, scope: Scope::Watch };
        let cases = [
            ("status=429:0.2", Fault { probability: 0.2, ..always(FaultKind::Status(429)) }),
            ("status=503", always(FaultKind::Status(503))),
            ("delay=2s", always(FaultKind::Delay(Duration::from_secs(2)))),
            ("delay=250ms:0.5", Fault { probability: 0.5, ..always(FaultKind::Delay(Duration::from_millis(250))) }),
            ("truncate", always(FaultKind::Truncate)),
            ("reset:0", Fault { probability: 0.0, ..always(FaultKind::Reset) }),
            ("reset:1@send", Fault { scope: Scope::Send, ..always(FaultKind::Reset) }),
            ("garbage@all", Fault { scope: Scope::All, ..always(FaultKind::Garbage) }),
            (" html@watch ", always(FaultKind::Html)),
            ("blank", always(FaultKind::Blank)),
            ("slow-body", always(FaultKind::SlowBody(Duration::from_secs(10)))),
            ("slow-body=1m", always(FaultKind::SlowBody(Duration::from_mins(1)))),
            ("oversize", always(FaultKind::Oversize(100_000_000))),
            ("oversize=5:0.5", Fault { probability: 0.5, ..always(FaultKind::Oversize(5)) }),
            ("retry-after=3s", always(FaultKind::RetryAfter(Duration::from_secs(3)))),
            ("redirect=http://a:1/b", always(FaultKind::Redirect("http://a:1/b".into()))),
            ("lie=no-uuid", always(FaultKind::Lie(Lie::NoUuid))),
            ("status=404@history", Fault { scope: Scope::History, ..always(FaultKind::Status(404)) }),
            ("redirect=http://u@a/b:c", always(FaultKind::Redirect("http://u@a/b:c".into()))),
        ];
        for (spec, fault) in cases {
            let read: Fault = spec.parse().unwrap();
            assert_eq!(read, fault, "{spec}");
            assert_eq!(read.to_string().parse::<Fault>().unwrap(), fault, "{read}");
        }
    }

    #[test]
    fn an_unusable_spec_is_refused_with_what_is_allowed() {
        let cases = [
            ("", "use status=CODE"),
            ("explode", "use status=CODE"),
            ("status", "`status` needs a value"),
            ("status=abc", "the status is not a number from 200 to 599"),
            ("status=99", "the status is not a number from 200 to 599"),
            ("delay=soon", "`soon` is not a duration"),
            ("delay=-2s", "`-2s` is not a duration"),
            ("truncate=1", "`truncate` takes no value"),
            ("reset:2", "`2` is not a probability"),
            ("reset:nan", "`nan` is not a probability"),
            ("reset:", "`` is not a probability"),
            ("reset@home", "`home` is not a scope"),
            ("lie", "a history lies with `others`"),
            ("oversize=big", "the size is not a number of bytes"),
        ];
        for (spec, reason) in cases {
            let message = spec.parse::<Fault>().unwrap_err().to_string();
            assert!(message.contains(reason) && message.contains(&format!("`{spec}`")), "{spec}: {message}");
        }
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_says_and_only_its_scope() {
        let faults = ["status=429:0.25".parse::<Fault>().unwrap()];
        let dice = Dice::new(1);
        let struck = (0..4000).filter(|_| roll(&faults, Scope::Watch, &dice).fault.is_some()).count();
        assert!((850..1150).contains(&struck), "{struck}");
        assert_eq!(roll(&faults, Scope::Send, &dice), RolledFaults::default());
    }

    #[test]
    fn the_same_seed_gives_the_same_rolls() {
        let rolls = |seed| {
            let dice = Dice::new(seed);
            (0..8).map(|_| dice.roll().to_bits()).collect::<Vec<_>>()
        };
        assert_eq!(rolls(5), rolls(5));
        assert_ne!(rolls(5), rolls(6));
    }

    #[test]
    fn delays_add_up_and_the_first_other_fault_is_the_answer() {
        let faults: Vec<Fault> =
            ["delay=1s", "reset:0", "truncate", "delay=2s", "garbage"].map(|spec| spec.parse().unwrap()).into();
        let verdict = roll(&faults, Scope::Watch, &Dice::new(0));
        assert_eq!((verdict.delay, verdict.fault), (Duration::from_secs(3), Some(FaultKind::Truncate)));
    }
}
