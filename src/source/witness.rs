//! A witness of what a collector passes on: it polls the account that the events go to, and proves that they arrive.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::settings::Settings;
use super::{Clock, Source, SourceCommand, live};
use crate::event::{Document, Identifiers, Note, Payload, Sanitized, TypeName, sanitized, text};
use crate::session::probe::{PATIENCE, ProbeId, ProbeState, Probes};
use crate::session::{Problem, Proof, Record, Trouble};

/// How many events may be waited for at a time. The endpoint shows one event a type, and the history 50: of more, most would
/// only be missed.
const MOST_WAITING: usize = 200;

/// How many requests may wait until the witness has time for them.
const WAITING_REQUESTS: usize = 1_000;

/// The events of a request that the platform took.
#[derive(Clone, Debug)]
pub struct Passed {
    /// The number of the request.
    pub request: u64,
    /// The events as they were sent.
    pub events: Vec<String>,
    /// How long ago they went out.
    pub ago: Duration,
}

/// Where a collector tells what it passed on. What is told while the witness has no time is not proved.
pub type Telling = mpsc::Sender<Passed>;

/// The account that events are passed on to, before anybody polls it.
#[derive(Debug)]
pub struct Account {
    /// How it is polled.
    pub settings: Settings,
    /// Its name, as it is shown.
    pub called: Sanitized,
    /// By which fields customers are identified.
    pub identifiers: Identifiers,
    told: mpsc::Receiver<Passed>,
}

impl Account {
    /// The account that those settings poll, and where to tell what is passed on to it.
    pub fn new(settings: Settings, called: Sanitized, identifiers: Identifiers) -> (Telling, Self) {
        let (telling, told) = mpsc::channel(WAITING_REQUESTS);
        (telling, Self { settings, called, identifiers, told })
    }
}

/// Waits for the events that a collector passed on.
pub(super) struct Witness {
    source: Source,
    called: Sanitized,
    told: mpsc::Receiver<Passed>,
    clock: Clock,
    probes: Probes,
    /// Those that are waited for, each with the request that it came with.
    waiting: Vec<(ProbeId, u64)>,
    /// The newest event of each type that was shown.
    newest: HashMap<TypeName, Arc<Payload>>,
    /// Whether the account answered, so that what is old is known to be.
    is_live: bool,
    trouble: Option<Problem>,
    /// Whether it was said that not all are waited for.
    has_said_so: bool,
}

impl Witness {
    /// Begins to poll, on the current tokio runtime.
    pub(super) fn start(account: Account) -> Self {
        let Account { settings, called, identifiers, told } = account;
        let clock = settings.clock;
        let probes = Probes::new(PATIENCE).identified_by(identifiers);
        let (waiting, newest) = (Vec::new(), HashMap::new());
        let source = live::start_at_once(settings);
        Self { source, called, told, clock, probes, waiting, newest, is_live: false, trouble: None, has_said_so: false }
    }

    /// Waits for news, and tells it: what became of events, and why the account tells nothing. It is safe to be dropped.
    pub(super) async fn next(&mut self) -> Vec<Record> {
        let patience = self.probes.next_expiry(self.clock.now());
        let over = async {
            match patience {
                Some(patience) => tokio::time::sleep(patience).await,
                None => std::future::pending().await,
            }
        };
        let mut said = Vec::new();
        tokio::select! {
            Some(records) = self.source.records.recv() => self.look_for(records, &mut said),
            Some(passed) = self.told.recv() => self.wait_for(&passed, &mut said),
            () = over => {}
            else => std::future::pending().await,
        }
        self.probes.expire(self.clock.now());
        for event_type in self.probes.overtaken() {
            // A full queue has work enough already.
            let _ = self.source.commands.try_send(SourceCommand::Recall(event_type));
        }
        said.extend(self.settled());
        said
    }

    fn wait_for(&mut self, passed: &Passed, said: &mut Vec<Record>) {
        let now = self.clock.now();
        let at = now.before(passed.ago);
        for event in &passed.events {
            let Ok(document) = Document::read(event) else { continue };
            if !self.is_live || self.waiting.len() >= MOST_WAITING {
                if !std::mem::replace(&mut self.has_said_so, true) {
                    let why = if self.is_live {
                        sanitized!("more than {} are waited for at a time", text::grouped(MOST_WAITING as u64))
                    } else {
                        "the account has not answered a poll yet".into()
                    };
                    said.push(self.note(&sanitized!("not every event that is passed on is proved: {}", why)));
                }
                return;
            }
            let payload = document.payload();
            let event_type = payload.event_type().cloned().unwrap_or_else(|| TypeName::from(TypeName::UNNAMED));
            // Without a marker of the sender's own it is known by its content.
            let uuid = payload.head().uuid.clone().unwrap_or_else(|| "".into());
            let newest = self.newest.get(&event_type).cloned();
            let id = self.probes.sent(event_type, uuid, Arc::new(document), at);
            self.probes.went_out(id, at);
            if let Some(newest) = newest {
                self.probes.sent_beside(id, &newest);
            }
            self.waiting.push((id, passed.request));
        }
        let _ = self.source.commands.try_send(SourceCommand::PollNow);
    }

    fn look_for(&mut self, records: Vec<Record>, said: &mut Vec<Record>) {
        let (mut changes, mut answered) = (Vec::new(), None);
        for record in records {
            match record {
                Record::Change(change) => {
                    if let Some(payload) = change.payload.as_ref().filter(|_| change.kind.is_newest()) {
                        self.newest.insert(change.event_type.clone(), Arc::clone(payload));
                    }
                    changes.push(change);
                }
                Record::Polled(polled) => {
                    (self.trouble, self.is_live) = (None, true);
                    answered = Some(polled.at);
                }
                Record::Counted { at } => answered = Some(at),
                Record::Errors(errors) => self.probes.count_errors(&errors),
                Record::Recalled(recalled) => drop(self.probes.recall(&recalled)),
                Record::Trouble(Trouble { problem, .. }) => {
                    if self.trouble.as_ref() != Some(&problem) {
                        said.push(self.note(&sanitized!(
                            "nothing can be proved: {} - {}",
                            problem.what,
                            problem.advice
                        )));
                    }
                    self.trouble = Some(problem);
                }
                _ => {}
            }
        }
        // What was held until its history answered comes without a poll.
        if let Some(at) = answered.or_else(|| changes.first().map(|change| change.at)) {
            self.probes.observe(&changes, at);
        }
    }

    /// The proofs of those that are not waited for any more.
    fn settled(&mut self) -> Vec<Record> {
        let (probes, now) = (&self.probes, self.clock.now());
        let is_settled = |(id, _): &mut (ProbeId, u64)| {
            probes.get(*id).is_none_or(|probe| !matches!(probe.state, ProbeState::Waiting))
        };
        let settled: Vec<_> = self.waiting.extract_if(.., is_settled).collect();
        let proof = |(id, request): (ProbeId, u64)| {
            Some(Record::Proof(Proof { request: Some(request), ..Proof::of(probes.get(id)?, now) }))
        };
        settled.into_iter().filter_map(proof).collect()
    }

    fn note(&self, told: &Sanitized) -> Record {
        Record::Note { at: self.clock.now(), note: Note(sanitized!("{}: {}", self.called, told)) }
    }
}
