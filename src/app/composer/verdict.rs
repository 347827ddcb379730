use jiff::Timestamp;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

use crate::app::Sending;
use crate::blueshift::safety::Safety;
use crate::blueshift::{Batch, UnsendableReason};
use crate::event::placeholder::{self, Values};
use crate::event::{Sanitized, TypeName, sanitized, syntax, text};

/// Whether a draft can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It can, as this.
    Ready(Ready),
    /// It cannot.
    Refused(Refusal),
}

/// The form in which a draft would be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// How many events.
    pub events: usize,
    /// In how many calls.
    pub calls: usize,
    /// How many bytes their bodies have together.
    pub bytes: usize,
    /// The type of the events, or how many types they have.
    pub subject: Sanitized,
}

/// Why a draft cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The line and the column in characters, from 1, when it is about a place.
    pub place: Option<(usize, usize)>,
    /// The reason, with the place.
    pub text: Sanitized,
}

impl Refusal {
    fn new(place: Option<(usize, usize)>, error: &impl std::fmt::Display) -> Self {
        Self { place, text: Sanitized::of(error) }
    }
}

impl Verdict {
    /// Looks at `draft` as it would be sent at `now`.
    pub(super) fn of(draft: &str, sending: &Sending, seq: u64, now: Timestamp) -> Self {
        match batch(draft, sending, seq, now) {
            Ok(batch) => Self::Ready(Ready::of(&batch, sending)),
            Err(refusal) => Self::Refused(refusal),
        }
    }
}

impl Ready {
    pub(super) fn of(batch: &Batch, sending: &Sending) -> Self {
        let calls = batch.calls(sending.limits);
        Self {
            events: batch.events.len(),
            calls: calls.len(),
            bytes: calls.iter().map(|call| call.body.len()).sum(),
            subject: subject(batch),
        }
    }

    /// The summary: `1 event · purchase · 312 bytes`, `5 events in 1 call · 3 types · 2,104 bytes`.
    pub fn summary(&self) -> Sanitized {
        let events = match (self.events, self.calls) {
            (1, 1) => "1 event".into(),
            (events, calls) => {
                sanitized!("{} in {}", text::counted(events as u64, "event"), text::counted(calls as u64, "call"))
            }
        };
        sanitized!("{} · {} · {}", events, self.subject, text::size(self.bytes as u64))
    }
}

fn subject(batch: &Batch) -> Sanitized {
    const LONGEST: usize = 40;
    let mut types: Vec<_> = batch.events.iter().map(|event| &event.event_type).collect();
    types.sort_unstable();
    types.dedup();
    match types.as_slice() {
        [one] => one.shown().fit_middle(LONGEST),
        _ => sanitized!("{} types", types.len()),
    }
}

/// The batch that `draft` is sent as at `now`, when `seq` is the number of its sending in the session. The same values give the
/// same batch, so that a preview shows what will be sent.
pub(in crate::app) fn batch(draft: &str, sending: &Sending, seq: u64, now: Timestamp) -> Result<Batch, Refusal> {
    if draft.trim().is_empty() {
        return Err(Refusal::new(None, &"nothing is written yet: type JSON, or paste a curl command"));
    }
    syntax::check(draft).map_err(|error| Refusal::new(Some((error.line, error.column)), &error))?;
    let email = sending.safety.test_email();
    let environment = |name: &str| sending.environment.get(name).cloned();
    let values = Values { now, seed: sending.seed, seq, email: &email, environment: &environment };
    let resolved =
        placeholder::resolve(draft, &values).map_err(|error| Refusal::new(Some((error.line, error.column)), &error))?;
    let resolved = sending.signing.all_signed(&resolved).unwrap_or(resolved);
    let mut given = 0;
    let mark = || {
        given += 1;
        marker(sending.seed, seq, given)
    };
    let batch = Batch::read(&resolved, mark).map_err(|error| match &error.reason {
        UnsendableReason::Syntax(at) => Refusal::new(Some((at.line, at.column)), &error),
        _ => Refusal::new(None, &error),
    })?;
    sending.safety.check(&batch.events).map_err(|error| Refusal::new(None, &error))?;
    Ok(batch)
}

/// The marker of the event of that number in the sending of that number: made from the session's seed, so the same in
/// the preview and on the wire, and never the same twice.
fn marker(seed: u128, seq: u64, event: u64) -> Uuid {
    let mut from = [0; 32];
    let numbers = [u128::from(seq).rotate_left(64) | u128::from(event), seed].map(u128::to_be_bytes);
    for (to, byte) in from.iter_mut().zip(numbers.as_flattened()) {
        *to = *byte;
    }
    uuid::Builder::from_random_bytes(xxh3_128(&from).to_be_bytes()).into_uuid()
}

/// The types among the events that usually trigger real messages.
pub(super) fn triggers(batch: &Batch) -> Vec<Sanitized> {
    Safety::triggers(&batch.events).into_iter().map(TypeName::shown).collect()
}
