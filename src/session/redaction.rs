//! The twins of records: what a record says, with masks for all that tells who it is about.

use std::sync::Arc;

use super::probe::Stage;
use super::proof::{Altered, Json};
use super::tape::Header;
use super::{
    CallOutcome, Captured, Change, Delivery, Errors, Forwarded, Gap, Polled, Problem, Proof, Recalled, Record, Refusal,
    Request, Retry, TapeNews, Trouble, Waiting,
};
use crate::event::{EventId, Note, Redaction, Unknown, sanitized, text};
use crate::lint::Finding;

impl Redaction {
    /// The twin of a record. What a field holds that has none is a number, a time or a word of the program.
    pub fn record(&self, record: &Record) -> Record {
        match record {
            Record::Change(change) => Record::Change(self.change(change)),
            Record::Errors(errors) => Record::Errors(self.errors(errors)),
            Record::Connecting { at } => Record::Connecting { at: *at },
            Record::Polled(polled) => {
                let Polled { at, took, status, bytes, types, server_ahead_ms, last_request } = *polled;
                Record::Polled(Polled { at, took, status, bytes, types, server_ahead_ms, last_request })
            }
            Record::Counted { at } => Record::Counted { at: *at },
            Record::Trouble(trouble) => Record::Trouble(self.trouble(trouble)),
            Record::CountsTrouble(trouble) => Record::CountsTrouble(self.trouble(trouble)),
            Record::HistoryTrouble(trouble) => Record::HistoryTrouble(self.trouble(trouble)),
            Record::Gap(gap) => Record::Gap(self.gap(gap)),
            Record::Note { at, note: Note(note) } => Record::Note { at: *at, note: Note(self.words(note)) },
            Record::Delivered(delivery) => Record::Delivered(self.delivery(delivery)),
            Record::Retrying(retry) => {
                let Retry { batch, attempts, problem, perhaps, next, at } = retry;
                let (batch, attempts, perhaps, next, at) = (*batch, *attempts, *perhaps, *next, *at);
                Record::Retrying(Retry { batch, attempts, problem: self.problem(problem), perhaps, next, at })
            }
            Record::Recalled(Recalled { event_type, events, at }) => {
                let events = events.iter().map(|event| self.payload(event)).collect();
                Record::Recalled(Recalled { event_type: self.type_name(event_type), events, at: *at })
            }
            Record::Proof(proof) => Record::Proof(self.proof(proof)),
            Record::Request(request) => Record::Request(Arc::new(self.request(request))),
            Record::Waiting(waiting) => {
                let first = waiting.first.as_ref().map(|first| self.words(first));
                Record::Waiting(Waiting { first, ..waiting.clone() })
            }
        }
    }

    /// The twin of the first line of a tape.
    pub fn header(&self, header: &Header) -> Header {
        Header { target: self.words(&header.target), redacted: true, ..*header }
    }

    /// The twin of what is told of a tape.
    pub fn news(&self, news: &TapeNews) -> TapeNews {
        let twins = |records: &[Record]| records.iter().map(|record| self.record(record)).collect();
        match news {
            TapeNews::Extent { extent, header } => {
                let header = header.as_ref().map(|header| Box::new(self.header(header)));
                TapeNews::Extent { extent: *extent, header }
            }
            TapeNews::Played { records, position, seek } => {
                TapeNews::Played { records: twins(records), position: *position, seek: *seek }
            }
            TapeNews::Restored { records, position, seek } => {
                TapeNews::Restored { records: twins(records), position: *position, seek: *seek }
            }
            TapeNews::Ended => TapeNews::Ended,
            TapeNews::Fault(told) => TapeNews::Fault(self.words(told)),
            TapeNews::Lasting(told) => TapeNews::Lasting(self.words(told)),
            TapeNews::Failed(told) => TapeNews::Failed(self.words(told)),
        }
    }

    /// The twin of a record, and those of what was found in its event.
    pub fn judged(&self, record: &Record, findings: &[Finding]) -> (Record, Vec<Finding>) {
        let twin = self.record(record);
        let payload = twin.change().and_then(|change| change.payload.as_deref());
        let findings = payload.map(|payload| findings.iter().map(|it| self.finding(it, payload)).collect());
        let findings = findings.unwrap_or_default();
        (twin, findings)
    }

    pub(super) fn errors(&self, Errors { counts, at }: &Errors) -> Errors {
        let counts = counts.iter().map(|(sort, count)| (self.words(sort), *count)).collect();
        Errors { counts, at: *at }
    }

    /// The twin of a gap.
    pub fn gap(&self, gap: &Gap) -> Gap {
        let Gap { event_type, lost, unless, late, at } = gap;
        Gap { event_type: self.type_name(event_type), lost: *lost, unless: *unless, late: *late, at: *at }
    }

    /// The twin of a change.
    pub fn change(&self, change: &Change) -> Change {
        Change {
            event_type: self.type_name(&change.event_type),
            payload: change.payload.as_ref().map(|payload| self.payload(payload)),
            ..*change
        }
    }

    /// The twin of an event that was captured.
    pub fn captured(&self, event: &Captured) -> Captured {
        let (event_type, payload) = (self.type_name(&event.event_type), self.payload(&event.payload));
        Captured { event_type, payload, ..*event }
    }

    /// The twin of a trouble.
    pub fn trouble(&self, trouble: &Trouble) -> Trouble {
        let Trouble { at, problem, attempt, next, unknown } = trouble;
        let unknown = unknown.as_ref().map(|unknown| Arc::new(self.unknown(unknown)));
        Trouble { at: *at, problem: self.problem(problem), attempt: *attempt, next: *next, unknown }
    }

    /// The twin of what happened, and of what to do about it.
    pub fn problem(&self, problem: &Problem) -> Problem {
        let Problem { kind, what, advice } = problem;
        Problem { kind: *kind, what: self.words(what), advice: self.words(advice) }
    }

    /// The twin of an answer that could not be read. Where it is no JSON, no field of it has a name: nothing of it stays.
    pub fn unknown(&self, unknown: &Unknown) -> Unknown {
        let Unknown { reason, body, length } = unknown;
        Unknown { reason: self.words(reason), body: self.body(body, *length).as_ref().into(), length: *length }
    }

    fn delivery(&self, delivery: &Delivery) -> Delivery {
        let Delivery { batch, call, calls, events, at, took, attempts, status, verdict } = delivery;
        let verdict = match verdict {
            CallOutcome::Taken { status, body } => CallOutcome::Taken { status: *status, body: self.words(body) },
            CallOutcome::Refused { status, message, fields } => {
                let fields = fields.iter().map(|(field, said)| (self.words(field), self.words(said)));
                CallOutcome::Refused { status: *status, message: self.words(message), fields: fields.collect() }
            }
            CallOutcome::Failed(problem) => CallOutcome::Failed(self.problem(problem)),
        };
        Delivery {
            batch: *batch,
            call: *call,
            calls: *calls,
            events: events.iter().map(|event| self.id(event)).collect(),
            at: *at,
            took: *took,
            attempts: *attempts,
            status: *status,
            verdict,
        }
    }

    fn id(&self, EventId { event_type, uuid }: &EventId) -> EventId {
        EventId { event_type: self.type_name(event_type), uuid: self.text(uuid).as_ref().into() }
    }

    /// The twin of a request.
    pub fn request(&self, request: &Request) -> Request {
        let refusal = request.refusal.as_ref().map(|Refusal { why, place, value, event }| {
            let (place, value) = (place.as_ref().map(|it| self.words(it)), value.as_ref().map(|it| self.words(it)));
            Refusal { why: self.words(why), place, value, event: *event }
        });
        Request {
            method: self.words(&request.method),
            path: self.words(&request.path),
            sender: request.sender.as_ref().map(|sender| self.words(sender)),
            address: None,
            refusal,
            head: request.head.iter().map(|(name, value)| (self.words(name), self.words(value))).collect(),
            body: request.body.as_deref().map(|body| self.body(body, request.bytes)),
            answer: request.answer.as_deref().map(|answer| self.body(answer, answer.len())),
            numbers: request.numbers.clone(),
            forwarded: request.forwarded.as_ref().map(|forwarded| Forwarded {
                to: self.words(&forwarded.to),
                problem: forwarded.problem.as_ref().map(|problem| self.words(problem)),
                ..*forwarded
            }),
            proofs: request.proofs.iter().map(|proof| self.proof(proof)).collect(),
            ..*request
        }
    }

    /// The twin of a body. Where it is no JSON, no field of it has a name: nothing of it stays.
    fn body(&self, body: &str, length: usize) -> Arc<str> {
        match serde_json::from_str::<serde::de::IgnoredAny>(body) {
            Ok(_) => self.json(body).as_ref().into(),
            Err(_) => sanitized!("(masked: {})", text::size(length as u64)).as_ref().into(),
        }
    }

    /// The twin of a proof.
    pub fn proof(&self, proof: &Proof) -> Proof {
        let Proof {
            event_type,
            uuid,
            request,
            proof,
            after_ms,
            by,
            dropped_in_processing,
            differences,
            clues,
            stages,
            at,
        } = proof;
        let altered = |Altered { path, kind, sent, received }: &Altered| {
            let json = |json: &Json| Json(self.json_at_pointer(path, &json.0).as_ref().into());
            let (sent, received) = (sent.as_ref().map(json), received.as_ref().map(json));
            Altered { path: self.pointer(path), kind: *kind, sent, received }
        };
        Proof {
            event_type: self.type_name(event_type),
            uuid: self.text(uuid).as_ref().into(),
            request: *request,
            proof: *proof,
            after_ms: *after_ms,
            by: *by,
            dropped_in_processing: *dropped_in_processing,
            differences: differences.as_ref().map(|differences| differences.iter().map(altered).collect()),
            clues: clues.as_ref().map(|clues| clues.iter().map(|clue| self.words(clue)).collect()),
            stages: stages.iter().map(|stage| Stage { said: self.words(&stage.said), ..*stage }).collect(),
            at: *at,
        }
    }
}
