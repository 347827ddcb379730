use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::reporter::Reporter;
use crate::blueshift::Outgoing;
use crate::cli::Exit;
use crate::event::{Document, Identifiers, Payload, Sanitized, TypeName, sanitized};
use crate::session::probe::{Probe, ProbeId, ProbeState, Probes};
use crate::session::{Change, Delivery, Errors, Moment, Problem, ProblemKind, Record, Trouble};
use crate::source::live::{self, Settings};
use crate::source::{Clock, Source, SourceCommand};

/// The most events that are proved in one run. The endpoint shows one event a type, and the history 50: of more, most
/// would only be missed.
pub(super) const MOST: usize = 100;

/// How many polls in a row may fail before the first that succeeds. The waits between them make 7 s.
const ATTEMPTS: u32 = 4;

/// An event that is to be proved, ready to be compared.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    event: Outgoing,
    document: Arc<Document>,
}

impl Sample {
    /// The error is the reason why nothing can be compared with it.
    pub(super) fn new(event: &Outgoing) -> Result<Self, Sanitized> {
        let document = Document::new(Arc::clone(&event.payload)).map_err(|error| Sanitized::of(&error))?;
        Ok(Self { event: event.clone(), document: Arc::new(document) })
    }
}

/// Watches the debug endpoint for what is sent.
pub(super) struct Verifier {
    source: Source,
    probes: Probes,
    clock: Clock,
    /// The trouble that was told last and still holds.
    trouble: Option<Problem>,
    /// How many events the server could not process for want of an identifier: what it told first, and last.
    missing_identifier: Option<(u64, u64)>,
    /// The newest event of each type that was shown.
    newest: HashMap<TypeName, Arc<Payload>>,
}

impl Verifier {
    /// Starts to poll, and waits for what the endpoint shows before anything is sent: else what is old would look new.
    /// The error is the end of the run; why, and that nothing was sent, is told.
    pub(super) async fn start(
        settings: Settings,
        within: Duration,
        identifiers: Identifiers,
        reporter: &Reporter,
    ) -> Result<Self, Exit> {
        let clock = settings.clock;
        let mut source = live::start_at_once(settings);
        let mut probes = Probes::new(within).identified_by(identifiers);
        let mut missing_identifier = None;
        let mut newest = HashMap::new();
        loop {
            let Some(records) = source.records.recv().await else {
                reporter.tell(&"the debug endpoint is no longer watched; nothing was sent".into());
                return Err(Exit::Unreachable);
            };
            let answered = records.iter().any(|record| matches!(record, Record::Polled(_)));
            let changes: Vec<_> = records.iter().filter_map(Record::change).cloned().collect();
            probes.learn_counts(&changes);
            for record in records {
                match record {
                    Record::Errors(errors) => {
                        note_errors(&mut missing_identifier, &errors);
                        probes.count_errors(&errors);
                    }
                    Record::Change(change) => note_newest(&mut newest, &change),
                    Record::Trouble(Trouble { problem, attempt, .. }) => {
                        let exit = match problem.kind {
                            ProblemKind::Refused => Exit::Refused,
                            ProblemKind::WrongAnswer => Exit::Unreachable,
                            _ if attempt >= ATTEMPTS => Exit::Unreachable,
                            _ => {
                                reporter.problem(&problem);
                                continue;
                            }
                        };
                        let what = sanitized!("{}; nothing was sent", problem.what);
                        reporter.problem(&Problem { what, ..problem });
                        return Err(exit);
                    }
                    _ => {}
                }
            }
            if answered {
                break;
            }
        }
        Ok(Self { source, probes, clock, trouble: None, missing_identifier, newest })
    }

    /// Begins to wait for what is handed to the network now.
    pub(super) fn sent(&mut self, samples: &[Sample]) -> Vec<ProbeId> {
        let now = self.clock.now();
        let begin = |Sample { event, document }: &Sample| {
            let id = self.probes.sent(event.event_type.clone(), event.uuid.clone(), document.clone(), now);
            if let Some(newest) = self.newest.get(&event.event_type) {
                self.probes.sent_beside(id, newest);
            }
            id
        };
        samples.iter().map(begin).collect()
    }

    /// They were taken; the attempt that brought them began at `at`.
    pub(super) fn taken(&mut self, ids: &[ProbeId], at: Moment) {
        for id in ids {
            self.probes.went_out(*id, at);
        }
        // A full queue has work enough already.
        let _ = self.source.commands.try_send(SourceCommand::PollNow);
    }

    /// Learns what became of the call that carried them.
    pub(super) fn delivered(&mut self, ids: &[ProbeId], delivery: &Delivery) {
        let delivery = Arc::new(delivery.clone());
        for id in ids {
            self.probes.delivered(*id, &delivery);
        }
    }

    /// They were not taken.
    pub(super) fn not_sent(&mut self, ids: &[ProbeId]) {
        for id in ids {
            self.probes.not_sent(*id);
        }
    }

    /// Waits for something to happen; the probes that are settled by it. It is safe to be dropped.
    pub(super) async fn listen(&mut self, reporter: &Reporter) -> Result<Vec<ProbeId>, Exit> {
        let patience = self.probes.next_expiry(self.clock.now());
        let records = tokio::select! {
            records = self.source.records.recv() => records.ok_or(Exit::Unreachable)?,
            () = elapse(patience) => return Ok(self.probes.expire(self.clock.now())),
        };
        let (mut settled, mut changes, mut answered) = (Vec::new(), Vec::new(), None);
        for record in records {
            match record {
                Record::Change(change) => {
                    note_newest(&mut self.newest, &change);
                    changes.push(change);
                }
                Record::Polled(polled) => {
                    self.trouble = None;
                    answered = Some(polled.at);
                }
                Record::Errors(errors) => {
                    note_errors(&mut self.missing_identifier, &errors);
                    self.probes.count_errors(&errors);
                }
                Record::Counted { at } => answered = Some(at),
                Record::Recalled(recalled) => settled.extend(self.probes.recall(&recalled)),
                Record::Trouble(Trouble { problem, .. }) => {
                    if self.trouble.as_ref() != Some(&problem) {
                        reporter.problem(&problem);
                    }
                    if problem.kind == ProblemKind::Refused {
                        return Err(Exit::Refused);
                    }
                    self.trouble = Some(problem);
                }
                _ => {}
            }
        }
        // What was held until its history answered comes without a poll.
        if let Some(at) = answered.or_else(|| changes.first().map(|change| change.at)) {
            settled.extend(self.probes.observe(&changes, at));
        }
        for event_type in self.probes.overtaken() {
            let _ = self.source.commands.try_send(SourceCommand::Recall(event_type));
        }
        settled.extend(self.probes.expire(self.clock.now()));
        Ok(settled)
    }

    /// The current time.
    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Whether any is waited for.
    pub(super) fn is_waiting(&self) -> bool {
        self.probes.is_waiting()
    }

    pub(super) fn get(&self, id: ProbeId) -> Option<&Probe> {
        self.probes.get(id)
    }

    /// How long it took until they were seen; `None` when fewer than two were.
    pub(super) fn latencies(&self) -> Option<Sanitized> {
        let latencies = self.probes.latencies().filter(|latencies| latencies.count > 1)?;
        Some(sanitized!("seen {}: {}", latencies.count, latencies.summary()))
    }

    /// How many of these are in a state.
    pub(super) fn count(&self, ids: &[ProbeId], state: impl Fn(&ProbeState) -> bool) -> usize {
        ids.iter().filter(|id| self.get(**id).is_some_and(|probe| state(&probe.state))).count()
    }

    /// By how much the server's count of events without an identifier went up, where it tells.
    pub(super) fn missing_identifier(&self) -> Option<u64> {
        self.missing_identifier.map(|(first, last)| last.saturating_sub(first))
    }

    /// Whether it is one that did not come in time.
    pub(super) fn is_missed(&self, id: ProbeId) -> bool {
        self.get(id).is_some_and(|probe| matches!(probe.state, ProbeState::Missed(_)))
    }
}

fn note_newest(newest: &mut HashMap<TypeName, Arc<Payload>>, change: &Change) {
    if let Some(payload) = change.payload.as_ref().filter(|_| change.kind.is_newest()) {
        newest.insert(change.event_type.clone(), Arc::clone(payload));
    }
}

fn note_errors(noted: &mut Option<(u64, u64)>, errors: &Errors) {
    let count = errors.counts.get("missing_identifier").copied().unwrap_or(0);
    *noted = Some((noted.map_or(count, |(first, _)| first), count));
}

/// Waits so long; for ever, where it is not said.
async fn elapse(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
