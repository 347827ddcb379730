//! The contents of a report, whatever its format. Its serialization is the JSON format.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::profile::FieldReport;
use super::timeline::Timeline;
use super::words::{clock, date, time};
use crate::event::text::{counted, grouped};
use crate::event::{Sanitized, TypeName, sanitized};
use crate::lint::{Rule, Severity, SeverityCounts};
use crate::session::probe::Latencies;
use crate::session::{Coverage, FaultId, Lost, heading};

/// What is said of a session, a tape or a file of events.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The name of what it is about: a file, a target.
    pub source: Sanitized,
    /// The target that was watched, where that is known.
    pub target: Option<Sanitized>,
    /// Whether personal values were masked.
    pub redacted: bool,
    /// When the first event came.
    #[serde(serialize_with = "time")]
    pub from: Option<Timestamp>,
    /// When the last one did.
    #[serde(serialize_with = "time")]
    pub to: Option<Timestamp>,
    /// How many events there are.
    pub events: u64,
    /// How many of them do not say when they were.
    pub untimed: u64,
    /// How many things that were read are no events.
    pub unreadable: u64,
    /// The event types, those with the most events first.
    pub types: Vec<TypeReport>,
    /// When the events came.
    pub timeline: Timeline,
    /// The findings, the worst first, each kind once.
    pub findings: Vec<FindingReport>,
    /// What became of events that were sent and waited for.
    pub proofs: ProofReport,
    /// What a collector of our own was sent.
    pub requests: RequestReport,
    /// The places where events were lost.
    pub gaps: Vec<GapReport>,
    /// The server's counts of events that it could not process.
    pub errors: Vec<(Sanitized, u64)>,
    /// What there was too much of to be told.
    pub left_out: LeftOut,
}

/// What is said of an event type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TypeReport {
    /// The type.
    #[serde(rename = "type")]
    pub event_type: TypeName,
    /// How many events of it there are.
    pub captured: u64,
    /// When the first one came.
    #[serde(serialize_with = "time")]
    pub first: Option<Timestamp>,
    /// When the last one did.
    #[serde(serialize_with = "time")]
    pub last: Option<Timestamp>,
    /// How many the server counted while its count was known, and how many of those were captured.
    pub coverage: Option<Coverage>,
    /// The server's count of its day, as it was told last.
    pub received_today: Option<u64>,
    /// What was certainly lost.
    #[serde(serialize_with = "lost")]
    pub lost: Option<Lost>,
    /// How many kinds of findings it has.
    #[serde(serialize_with = "severities")]
    pub findings: SeverityCounts,
    /// Its fields.
    pub fields: Vec<FieldReport>,
}

/// A kind of finding in the events of one type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingReport {
    /// The kind, the same in every report.
    #[serde(skip)]
    pub id: FaultId,
    /// The type.
    #[serde(rename = "type")]
    pub event_type: TypeName,
    /// The rule that is broken.
    #[serde(serialize_with = "rule_id")]
    pub rule: &'static Rule,
    /// How bad it is at worst.
    pub severity: Severity,
    /// Where, as for jq, with `[]` for any element.
    pub path: String,
    /// The names of which one is missing there.
    pub missing: Vec<String>,
    /// A few words on what is wrong.
    pub title: Sanitized,
    /// In how many events it was found.
    pub events: u64,
    /// Of how many that were checked.
    pub of: u64,
    /// When an event first had it.
    #[serde(serialize_with = "time")]
    pub first: Option<Timestamp>,
    /// When an event last had it.
    #[serde(serialize_with = "time")]
    pub last: Option<Timestamp>,
    /// One event that has it.
    pub example: Example,
}

/// One event that has a finding.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Example {
    /// Which one it is, counted from 1 in their order.
    pub number: u64,
    /// When it came.
    #[serde(serialize_with = "time")]
    pub at: Option<Timestamp>,
    /// What identifies it: `order 50314`.
    pub identity: Option<Sanitized>,
    /// Where in it.
    pub place: Sanitized,
    /// What was expected there.
    pub expected: Sanitized,
    /// What was there.
    pub found: Sanitized,
    /// The fix, where it is certain.
    pub fix: Option<Sanitized>,
    /// The event, indented; its beginning, where it is long.
    pub event: Option<Sanitized>,
}

/// What became of the events that were sent and waited for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ProofReport {
    /// How many were seen.
    pub seen: u64,
    /// How many were not.
    pub missed: u64,
    /// How many were not sent at all.
    pub not_sent: u64,
    /// How long it took.
    #[serde(serialize_with = "latencies")]
    pub latencies: Option<Latencies>,
    /// Each of them.
    pub list: Vec<ProofLine>,
}

/// What became of one event that was sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProofLine {
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: TypeName,
    /// Its `event_uuid`.
    pub event_uuid: Sanitized,
    /// Whether it was seen: `seen`, `missed`, `not sent`, `waiting`.
    pub proof: &'static str,
    /// How long after it was sent, in milliseconds.
    pub after_ms: Option<u64>,
    /// The fields that came otherwise, or why it is not known.
    pub said: Sanitized,
    /// When this was known.
    #[serde(serialize_with = "time")]
    pub at: Option<Timestamp>,
}

/// The requests that a collector of our own was sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RequestReport {
    /// How many there were.
    pub count: u64,
    /// How many of them were refused.
    pub refused: u64,
    /// How many could not be passed on.
    pub unsent: u64,
    /// The kinds of refusals, the most frequent first.
    pub refusals: Vec<RefusalReport>,
}

/// The requests that were refused for one reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RefusalReport {
    /// How many.
    pub requests: u64,
    /// The status of the answer.
    pub status: u16,
    /// The method and the path: `POST /api/v1/event`.
    pub request: Sanitized,
    /// The reason, with the field that it is about.
    pub why: Sanitized,
}

/// A place where events were lost.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GapReport {
    /// Their type.
    #[serde(rename = "type")]
    pub event_type: TypeName,
    /// How many.
    #[serde(serialize_with = "lost_here")]
    pub lost: Lost,
    /// When this was known.
    #[serde(serialize_with = "time")]
    pub at: Option<Timestamp>,
}

/// What there was too much of to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Events of further types.
    pub events: u64,
    /// Values in further fields.
    pub values: u64,
    /// Findings of further kinds.
    pub findings: u64,
    /// Further proofs.
    pub proofs: u64,
    /// Requests that were refused for further reasons.
    pub refusals: u64,
    /// Further gaps.
    pub gaps: u64,
    /// Events that were let go before the report was asked for.
    pub let_go: u64,
    /// Events that come later on the tape of which this tells the beginning.
    pub later: u64,
}

impl Report {
    /// The findings, each with whether it is the first of its rule, whose reason is told.
    pub fn findings_by_rule(&self) -> impl Iterator<Item = (&FindingReport, bool)> {
        let mut told = HashSet::new();
        self.findings.iter().map(move |finding| (finding, told.insert(finding.rule.id)))
    }

    /// How many kinds of findings there are in all.
    pub fn severities(&self) -> SeverityCounts {
        let mut counts = SeverityCounts::default();
        self.findings.iter().for_each(|finding| counts.add(finding.severity));
        counts
    }

    /// A time, in UTC; with the day, unless all events came on one.
    pub(super) fn time(&self, at: Timestamp) -> Sanitized {
        let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
        let is_one_day = self.from.map(day) == Some(day(at)) && self.to.map(day) == Some(day(at));
        if is_one_day { clock(at) } else { date(at) }
    }

    /// `1,204 events of 12 types`.
    pub fn size(&self) -> Sanitized {
        sanitized!("{} of {}", counted(self.events, "event"), counted(self.types.len() as u64, "type"))
    }

    /// What was left out, a sentence each.
    pub fn remarks(&self) -> Vec<Sanitized> {
        type Words = fn(u64) -> Sanitized;
        let LeftOut { events, values, findings, proofs, refusals, gaps, let_go, later } = self.left_out;
        let told: [(u64, Words); 10] = [
            (later, |count| {
                sanitized!("{} that come later on the tape: this tells it up to there.", counted(count, "event"))
            }),
            (self.unreadable, |count| sanitized!("{} could not be read.", counted(count, "part"))),
            (self.untimed, |count| {
                sanitized!("{} without a time, and so not in the timeline.", counted(count, "event"))
            }),
            (let_go, |count| sanitized!("{} before those were let go for want of memory.", counted(count, "event"))),
            (events, |count| {
                sanitized!("{} of further types, which are counted and not told.", counted(count, "event"))
            }),
            (values, |count| {
                sanitized!("{} in further fields, or too deep, which are not told.", counted(count, "value"))
            }),
            (findings, |count| sanitized!("{} of further kinds, which are not told.", counted(count, "finding"))),
            (proofs, |count| sanitized!("{} more.", counted(count, "proof"))),
            (refusals, |count| sanitized!("{} refused for further reasons.", counted(count, "request"))),
            (gaps, |count| sanitized!("{} more.", counted(count, "gap"))),
        ];
        told.into_iter().filter(|(count, _)| *count > 0).map(|(count, words)| words(count)).collect()
    }
}

impl RequestReport {
    /// `The collector was sent 248 requests and refused 68.`
    pub fn summary(&self) -> Sanitized {
        let refused = if self.refused == 0 { "none".into() } else { grouped(self.refused) };
        let unsent = match self.unsent {
            0 => Sanitized::default(),
            unsent => sanitized!("; {} could not be passed on", grouped(unsent)),
        };
        sanitized!("The collector was sent {} and refused {}{}.", counted(self.count, "request"), refused, unsent)
    }
}

impl ProofReport {
    /// `3 seen, 1 not seen · min 0.4 s · median 1.3 s · p95 2.1 s`.
    pub fn summary(&self) -> Sanitized {
        let counts = [(self.seen, "seen"), (self.missed, "not seen"), (self.not_sent, "not sent")];
        let counts = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| sanitized!("{} {}", grouped(count), word));
        let counts = Sanitized::join(counts, ", ");
        Sanitized::join(std::iter::once(counts).chain(self.latencies.map(Latencies::summary)), " · ")
    }
}

impl TypeReport {
    /// The findings by severity: `✗ 2 ! 1`; a dash where there are none.
    pub fn signs(&self) -> Sanitized {
        let signs = self.findings.each().map(|(severity, count)| sanitized!("{} {}", severity.sign(), grouped(count)));
        let signs = Sanitized::join(signs, " ");
        if signs.is_empty() { "–".into() } else { signs }
    }

    /// How many of those that the server counted while it was watched were captured: `40 of 42`; `?` where it gave no count.
    pub fn while_watched(&self) -> Sanitized {
        self.coverage.map_or_else(
            || "?".into(),
            |Coverage { captured, received }| sanitized!("{} of {}", grouped(captured), grouped(received)),
        )
    }

    /// What was certainly lost.
    pub fn lost_words(&self) -> Sanitized {
        self.lost.map_or_else(|| "–".into(), lost_words)
    }
}

impl GapReport {
    /// How many.
    pub fn lost_words(&self) -> Sanitized {
        lost_words(self.lost)
    }
}

fn lost_words(lost: Lost) -> Sanitized {
    match lost {
        Lost::Count(count) => grouped(count),
        Lost::Some(None) => "at least 1".into(),
        Lost::Some(Some(came)) => sanitized!("at least 1, unless {} came", grouped(came)),
    }
}

impl FindingReport {
    /// Where it is, as people write it; of something that is missing, where it would be.
    pub fn place(&self) -> Sanitized {
        crate::event::text::excerpt(super::profile::shown_path(&self.path), 120)
    }

    /// `purchase 14:03:20 event 42 · order 50314`.
    pub fn heading(&self) -> Sanitized {
        let Example { number, at, identity, .. } = &self.example;
        heading(&self.event_type, at.map(clock).as_ref(), *number, identity.as_ref())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn rule_id<S: Serializer>(rule: &&'static Rule, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(rule.id)
}

/// How many; `null` is at least one, or none where exactly as many came as `unless` says.
#[derive(Serialize)]
struct LostLine {
    events: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unless: Option<u64>,
}

impl From<Lost> for LostLine {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Count(count) => Self { events: Some(count), unless: None },
            Lost::Some(unless) => Self { events: None, unless },
        }
    }
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
fn lost<S: Serializer>(lost: &Option<Lost>, serializer: S) -> Result<S::Ok, S::Error> {
    lost.map(LostLine::from).serialize(serializer)
}

fn lost_here<S: Serializer>(lost: &Lost, serializer: S) -> Result<S::Ok, S::Error> {
    LostLine::from(*lost).serialize(serializer)
}

fn severities<S: Serializer>(counts: &SeverityCounts, serializer: S) -> Result<S::Ok, S::Error> {
    let counts = [("errors", counts.errors), ("warnings", counts.warnings), ("notes", counts.notes)];
    serializer.collect_map(counts)
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
fn latencies<S: Serializer>(latencies: &Option<Latencies>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Line {
        #[serde(rename = "min_ms")]
        min: u128,
        #[serde(rename = "median_ms")]
        median: u128,
        #[serde(rename = "p95_ms")]
        p95: u128,
    }
    let line =
        latencies.map(|it| Line { min: it.min.as_millis(), median: it.median.as_millis(), p95: it.p95.as_millis() });
    line.serialize(serializer)
}
