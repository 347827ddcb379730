//! Makes a report of what happened, in bounded memory: a fold over records, and over events by themselves.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::Timestamp;

use super::contents::{
    Example, FindingReport, GapReport, LeftOut, ProofLine, ProofReport, RefusalReport, Report, RequestReport,
    TypeReport,
};
use super::profile::{Profile, Room};
use super::timeline::Clock;
use crate::event::text::{excerpt, sanitize_json};
use crate::event::{Document, NodeId, Path, Payload, Sanitized, Segment, TypeName, sanitized};
use crate::lint::{Finding, Severity, SeverityCounts, Stage, extract};
use crate::session::probe::Latencies;
use crate::session::tape::Header;
use crate::session::{
    Altered, Arrival, Captured, Change, Coverage, Errors, EventNumber, Fault, FaultId, Faults, Gap, Lost, Moment,
    Proof, ProofOutcome, Record, Request, identity,
};

/// So many types are told, and so many proofs and gaps.
const MOST_TYPES: usize = 1_000;
const MOST_PROOFS: usize = 500;
const MOST_GAPS: usize = 500;
const MOST_REFUSALS: usize = 200;

/// So many latencies are remembered.
const MOST_LATENCIES: usize = 10_000;

/// An event that is an example is kept up to so many bytes, and shown up to so many.
const LONGEST_EXAMPLE: usize = 16 << 10;
const SHOWN_OF_EXAMPLE: usize = 1_200;

/// The widest value that is repeated, in columns.
const WIDEST: usize = 120;

/// So many differences of a proof are named.
const MOST_DIFFERENCES: usize = 5;

/// What happened, as far as a report says it.
#[derive(Debug, Default)]
pub struct Fold {
    types: IndexMap<TypeName, TypeFold>,
    room: Room,
    faults: Faults,
    examples: HashMap<FaultId, Arc<Payload>>,
    clock: Clock,
    ends: Option<(Timestamp, Timestamp)>,
    events: u64,
    untimed: u64,
    unreadable: u64,
    gaps: Vec<GapReport>,
    proofs: ProofReport,
    requests: RequestReport,
    /// How many were refused: by the status, the method and path, and the reason.
    refusals: IndexMap<(u16, Sanitized, Sanitized), u64>,
    latencies: Vec<Duration>,
    errors: Option<Errors>,
    left_out: LeftOut,
    target: Option<Sanitized>,
    redacted: bool,
}

/// What is known of a type.
#[derive(Debug, Default)]
struct TypeFold {
    captured: u64,
    ends: Option<(Timestamp, Timestamp)>,
    coverage: Option<Coverage>,
    received: Option<u64>,
    lost: Option<Lost>,
    profile: Profile,
}

impl Fold {
    /// Takes in what happened, with what was found in its event.
    pub fn record(&mut self, record: &Record, event: Option<&Document>, findings: &[Finding]) {
        match record {
            Record::Change(change) => self.change(change, event, findings),
            Record::Gap(gap) => self.gap(gap),
            Record::Proof(proof) => self.proof(proof),
            Record::Request(request) => self.request(request),
            Record::Errors(errors) => self.errors = Some(errors.clone()),
            _ => {}
        }
    }

    /// Takes in an event by itself, with what was found in it. When it was, only it can say.
    pub fn event(&mut self, event: &Document, stage: Stage, findings: &[Finding]) {
        let head = event.head();
        let event_type = head.event_type.clone().unwrap_or_else(|| TypeName::UNNAMED.into());
        let at = head.received.or(head.happened);
        self.captured(event_type, event, (EventNumber(self.events), at), stage, findings);
    }

    /// Takes in the header of a tape: what was watched, and whether all of it is masked.
    pub fn header(&mut self, header: &Header) {
        self.target = Some(header.target.clone()).filter(|target| !target.is_empty());
        self.redacted |= header.redacted;
    }

    /// Takes in that all that comes is masked.
    pub fn masked(&mut self) {
        self.redacted = true;
    }

    /// Takes in that something could not be read.
    pub fn unreadable(&mut self) {
        self.unreadable += 1;
    }

    /// Takes in that so many events had gone before this began.
    pub fn let_go(&mut self, events: u64) {
        self.left_out.let_go += events;
    }

    /// Takes in that so many events come later on the tape.
    pub fn later(&mut self, events: u64) {
        self.left_out.later += events;
    }

    fn change(&mut self, change: &Change, event: Option<&Document>, findings: &[Finding]) {
        let event_type = &change.event_type;
        if let Some(event) = event {
            let number = change.number.unwrap_or(EventNumber(self.events));
            if change.is_refused() {
                self.judged(event_type.clone(), event, Some(change.at.wall), number, findings);
                return;
            }
            self.captured(event_type.clone(), event, (number, Some(change.at.wall)), Stage::Received, findings);
        }
        if let Some(known) = self.known(event_type) {
            known.received = change.received.or(known.received);
            known.coverage = change.coverage.or(known.coverage);
        }
    }

    fn gap(&mut self, gap: &Gap) {
        let lost = Lost::of(gap);
        if let Some(known) = self.known(&gap.event_type) {
            known.lost = Some(known.lost.map_or(lost, |before| before.and(lost)));
        }
        if self.gaps.len() < MOST_GAPS {
            let (event_type, at) = (gap.event_type.clone(), Some(gap.at.wall));
            self.gaps.push(GapReport { event_type, lost, at });
        } else {
            self.left_out.gaps += 1;
        }
    }

    fn proof(&mut self, proof: &Proof) {
        let (count, word) = match proof.proof {
            ProofOutcome::Waiting => (None, "waiting"),
            ProofOutcome::NotSent => (Some(&mut self.proofs.not_sent), "not sent"),
            ProofOutcome::Seen => (Some(&mut self.proofs.seen), "seen"),
            ProofOutcome::Missed => (Some(&mut self.proofs.missed), "missed"),
        };
        if let Some(count) = count {
            *count += 1;
        }
        if let Some(after) = proof.after_ms.filter(|_| self.latencies.len() < MOST_LATENCIES) {
            self.latencies.push(Duration::from_millis(after));
        }
        if self.proofs.list.len() >= MOST_PROOFS {
            self.left_out.proofs += 1;
            return;
        }
        self.proofs.list.push(ProofLine {
            event_type: proof.event_type.clone(),
            event_uuid: excerpt(&proof.uuid, WIDEST),
            proof: word,
            after_ms: proof.after_ms,
            said: said(proof),
            at: Some(proof.at.wall),
        });
    }

    fn request(&mut self, request: &Request) {
        let unsent = request.forwarded.as_ref().is_some_and(|forwarded| forwarded.problem.is_some());
        self.requests.count += 1;
        self.requests.unsent += u64::from(unsent);
        if !request.is_refused() {
            return;
        }
        self.requests.refused += 1;
        let path = request.path.split('?').next().unwrap_or_default();
        let line = sanitized!("{} {}", request.method, excerpt(path, WIDEST));
        let why = request.refusal.as_ref().map(|refusal| excerpt(&refusal.sentence(), WIDEST)).unwrap_or_default();
        let refusal = (request.status, line, why);
        if self.refusals.len() >= MOST_REFUSALS && !self.refusals.contains_key(&refusal) {
            self.left_out.refusals += 1;
            return;
        }
        *self.refusals.entry(refusal).or_default() += 1;
    }

    /// The type, if there is room for it.
    fn known(&mut self, event_type: &TypeName) -> Option<&mut TypeFold> {
        if self.types.len() >= MOST_TYPES && !self.types.contains_key(event_type) {
            return None;
        }
        Some(self.types.entry(event_type.clone()).or_default())
    }

    fn captured(
        &mut self,
        event_type: TypeName,
        event: &Document,
        (number, at): (EventNumber, Option<Timestamp>),
        stage: Stage,
        findings: &[Finding],
    ) {
        self.events += 1;
        let is_faulty = findings.iter().any(|finding| finding.severity >= Severity::Warning);
        match at {
            Some(at) => {
                self.clock.take_in(at, is_faulty);
                widen(&mut self.ends, at);
            }
            None => self.untimed += 1,
        }
        if self.known(&event_type).is_none() {
            self.left_out.events += 1;
            return;
        }
        let Self { types, room, .. } = self;
        let known = types.entry(event_type.clone()).or_default();
        known.captured += 1;
        if let Some(at) = at {
            widen(&mut known.ends, at);
        }
        let (extract, _) = extract(event);
        known.profile.take_in(&extract, stage, room);
        self.judged(event_type, event, at, number, findings);
    }

    fn judged(
        &mut self,
        event_type: TypeName,
        event: &Document,
        at: Option<Timestamp>,
        number: EventNumber,
        findings: &[Finding],
    ) {
        let payload = event.payload();
        let wall = at.unwrap_or(Timestamp::UNIX_EPOCH);
        let elapsed = Duration::try_from(wall.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default();
        let (at, payload) = (Moment { elapsed, wall }, Arc::clone(payload));
        let captured = Captured { event_type, payload, at, number, arrival: Arrival::Tape };
        self.faults.take_in(&captured, findings);
        for finding in findings {
            let id = FaultId::of(&captured.event_type, finding);
            if self.faults.get(id).is_some_and(|fault| fault.example == number) {
                self.examples.insert(id, Arc::clone(&captured.payload));
            }
        }
    }

    /// The report on it, of what is called so.
    pub fn report(mut self, source: Sanitized) -> Report {
        self.latencies.sort_unstable();
        self.proofs.latencies = Latencies::of(&self.latencies);
        self.left_out.values = self.room.left_out;
        self.left_out.findings = self.faults.left_out();
        let refusals = self.refusals.drain(..).map(|((status, request, why), requests)| RefusalReport {
            requests,
            status,
            request,
            why,
        });
        self.requests.refusals = refusals.collect();
        self.requests.refusals.sort_by_key(|refusal| std::cmp::Reverse(refusal.requests));
        let mut findings: Vec<_> = self.faults.iter().map(|(id, fault)| self.finding(id, fault)).collect();
        findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), std::cmp::Reverse(finding.events)));
        let mut counts: HashMap<TypeName, SeverityCounts> = HashMap::new();
        for finding in &findings {
            counts.entry(finding.event_type.clone()).or_default().add(finding.severity);
        }
        let mut types: Vec<_> = self
            .types
            .iter()
            .map(|(event_type, known)| TypeReport {
                event_type: event_type.clone(),
                captured: known.captured,
                first: known.ends.map(|(first, _)| first),
                last: known.ends.map(|(_, last)| last),
                coverage: known.coverage,
                received_today: known.received,
                lost: known.lost,
                findings: counts.remove(event_type).unwrap_or_default(),
                fields: known.profile.fields(),
            })
            .collect();
        types.sort_by(|one, other| (other.captured, &one.event_type).cmp(&(one.captured, &other.event_type)));
        Report {
            source,
            target: self.target,
            redacted: self.redacted,
            from: self.ends.map(|(from, _)| from),
            to: self.ends.map(|(_, to)| to),
            events: self.events,
            untimed: self.untimed,
            unreadable: self.unreadable,
            types,
            timeline: self.clock.timeline(),
            findings,
            proofs: self.proofs,
            requests: self.requests,
            gaps: self.gaps,
            errors: self.errors.map(|errors| errors.counts.into_iter().collect()).unwrap_or_default(),
            left_out: self.left_out,
        }
    }

    fn finding(&self, id: FaultId, fault: &Fault) -> FindingReport {
        let finding = &fault.finding;
        let payload = self.examples.get(&id);
        let at = |at: Moment| Some(at.wall).filter(|wall| *wall != Timestamp::UNIX_EPOCH);
        FindingReport {
            id,
            event_type: fault.event_type.clone(),
            rule: finding.rule,
            severity: fault.severity,
            path: general(&finding.path),
            missing: finding.missing().iter().map(ToString::to_string).collect(),
            title: finding.summary(),
            events: fault.events,
            of: self.faults.checked(&fault.event_type),
            first: at(fault.first),
            last: at(fault.last),
            example: Example {
                number: fault.example.ordinal(),
                at: at(fault.last),
                identity: payload.and_then(|payload| identity(&fault.event_type, payload)),
                place: finding.place(),
                expected: finding.expected.words(),
                found: finding.found.words(),
                fix: finding.fix.as_ref().map(crate::lint::Fix::words),
                event: payload.and_then(shown),
            },
        }
    }
}

/// A path with `[]` for each place in an array.
fn general(path: &Path) -> String {
    let mut general = String::new();
    for segment in &path.0 {
        match segment {
            Segment::Index(_) if general.is_empty() => general.push_str(".[]"),
            Segment::Index(_) => general.push_str("[]"),
            Segment::Key { .. } => general.push_str(&Path(vec![segment.clone()]).jq()),
        }
    }
    general
}

/// The beginning of an event, indented; nothing of a very large one.
fn shown(payload: &Arc<Payload>) -> Option<Sanitized> {
    if payload.text().len() > LONGEST_EXAMPLE {
        return None;
    }
    let document = Document::new(Arc::clone(payload)).ok()?;
    let mut text = document.indented(NodeId::ROOT, SHOWN_OF_EXAMPLE);
    if text.len() > SHOWN_OF_EXAMPLE {
        let whole = text.get(..SHOWN_OF_EXAMPLE).unwrap_or(&text).rfind('\n').unwrap_or(0);
        text.truncate(whole);
        text.push_str("\n  …");
    }
    Some(sanitize_json(&text))
}

/// The differences of a proof, or why there are none, in a few words.
fn said(proof: &Proof) -> Sanitized {
    let altered = |it: &Altered| sanitized!("{} {}", excerpt(&it.path, 60), it.kind.word());
    match (&proof.differences, &proof.clues) {
        (Some(_), _) => {
            let own: Vec<_> = proof.altered().collect();
            let more = own.len().saturating_sub(MOST_DIFFERENCES);
            let named = own.iter().take(MOST_DIFFERENCES).map(|it| altered(it));
            let more = (more > 0).then(|| sanitized!("{} more", more));
            if own.is_empty() { "as sent".into() } else { Sanitized::join(named.chain(more), ", ") }
        }
        (None, Some(clues)) => Sanitized::join(clues.iter().take(MOST_DIFFERENCES), "; "),
        (None, None) => Sanitized::default(),
    }
}

fn widen(ends: &mut Option<(Timestamp, Timestamp)>, at: Timestamp) {
    *ends = Some(ends.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
}
