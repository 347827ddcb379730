use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::blueshift::safety::{Forbidden, Safety};
use crate::blueshift::{Batch, Call, CallLimits, Outgoing, Packer, Unsendable, UnsendableReason};
use crate::cli::input::{BadInput, Input, InputText, Line, Unreadable, not_json};
use crate::event::placeholder::{self, PlaceholderError, Values};
use crate::event::syntax::{self, SyntaxError};
use crate::event::{Assignment, AssignmentError, Sanitized, sanitized};

/// A call, and what it carries.
#[derive(Debug)]
pub(super) struct Parcel {
    /// The call.
    pub(super) call: Call,
    /// Its events.
    pub(super) events: Vec<Outgoing>,
    /// Which event of the input each of them is, from 1, those that were skipped or left out included.
    pub(super) numbers: Vec<u64>,
    /// How many events of the input there are up to its last, those that were skipped or left out included.
    pub(super) through: u64,
    /// Which part of the input is sent with it, where that is known; the last call of an array is at 1.
    pub(super) part: Option<f64>,
}

/// A piece of an input, packed for sending.
#[derive(Debug)]
pub(super) enum Packed {
    /// Something to send.
    Parcel(Parcel),
    /// A line that is left out.
    LeftOut(BadInput),
    /// An error that ends it.
    Stopped(BadInput),
}

/// The preparation of a draft before it is sent.
#[derive(Debug)]
pub(super) struct Preparation {
    /// The assignments to apply.
    pub(super) assignments: Vec<Assignment>,
    /// The values that its placeholders are resolved from; `None` leaves them as they stand.
    pub(super) placeholders: Option<Placeholders>,
    /// Who it may be about.
    pub(super) safety: Safety,
}

/// The values that placeholders are resolved from, but for the time and the number of the draft.
#[derive(Debug)]
pub(super) struct Placeholders {
    pub(super) seed: u128,
    pub(super) email: String,
    pub(super) environment: BTreeMap<String, String>,
}

/// How drafts are packed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batching {
    /// How much a call may hold.
    pub(super) limits: CallLimits,
    /// How many events of the input are passed over.
    pub(super) skip: u64,
    /// Whether lines that cannot be sent are left out.
    pub(super) keep_going: bool,
}

/// Reads `input` to its end, or to where it cannot go on, and hands out what there is to send. It waits for whoever
/// takes it, so no more than a few calls are in memory, and ends when nobody does.
///
/// Blocks, so it needs a thread of its own.
pub(super) fn pack(input: Input, preparation: &Preparation, batching: Batching, packed: &mpsc::Sender<Packed>) {
    let (called, size) = (input.called.clone(), input.size);
    let stopped = |fault: DraftError| Packed::Stopped(fault.of(&called, None));
    // Nobody takes it any more: there is nobody to tell.
    let _ = match input.drafts() {
        Err(unreadable) => packed.blocking_send(Packed::Stopped(unreadable.of(&called))),
        Ok(InputText::One(text)) => match one(&text, preparation, batching) {
            Ok(parcels) => parcels.into_iter().try_for_each(|parcel| packed.blocking_send(Packed::Parcel(parcel))),
            Err(fault) => packed.blocking_send(stopped(fault)),
        },
        Ok(InputText::Lines(lines)) => LineByLine::new(&called, size, preparation, batching, packed).run(lines),
    };
}

/// The calls of one JSON text; none, when it is blank. All of it is checked before any of it is sent.
fn one(text: &str, preparation: &Preparation, batching: Batching) -> Result<Vec<Parcel>, DraftError> {
    if text.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let text = preparation.resolve(text, 1)?;
    let Batch { mut events, bulk } = Batch::read(&text, Uuid::new_v4)?;
    preparation.safety.check(&events)?;
    let skip = usize::try_from(batching.skip).unwrap_or(usize::MAX);
    if skip >= events.len() {
        return Err(DraftError::of_all(sanitized!("--skip {} leaves nothing of the {} events", skip, events.len())));
    }
    let all = events.len() as u64;
    let mut through = batching.skip;
    let mut rest = events.split_off(skip).into_iter();
    let batch = Batch { events: rest.as_slice().to_vec(), bulk };
    let parcels = batch.calls(batching.limits).into_iter().map(|call| {
        let events: Vec<Outgoing> = rest.by_ref().take(call.events.len()).collect();
        let first = through + 1;
        through += events.len() as u64;
        Parcel { call, events, numbers: (first..=through).collect(), through, part: Some(ratio(through, all)) }
    });
    Ok(parcels.collect())
}

fn ratio(part: u64, whole: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a ratio is for a bar, not for counting")]
    let ratio = part as f64 / whole as f64;
    ratio
}

/// Somebody stopped taking what is packed.
type Gone = mpsc::error::SendError<Packed>;

/// The batching of an input with one event per line.
struct LineByLine<'a> {
    called: &'a Sanitized,
    size: Option<u64>,
    preparation: &'a Preparation,
    batching: Batching,
    packed: &'a mpsc::Sender<Packed>,
    packer: Packer,
    /// The events in the packer, and which of the input they are.
    events: Vec<Outgoing>,
    numbers: Vec<u64>,
    /// How many events were read up to the last in the packer.
    through: u64,
    /// How many bytes were.
    bytes: u64,
}

impl<'a> LineByLine<'a> {
    fn new(
        called: &'a Sanitized,
        size: Option<u64>,
        preparation: &'a Preparation,
        batching: Batching,
        packed: &'a mpsc::Sender<Packed>,
    ) -> Self {
        Self {
            called,
            size,
            preparation,
            batching,
            packed,
            packer: Packer::new(batching.limits),
            events: Vec::new(),
            numbers: Vec::new(),
            through: batching.skip,
            bytes: 0,
        }
    }

    fn run(mut self, lines: impl Iterator<Item = Result<Line, Unreadable>>) -> Result<(), Gone> {
        let skip = usize::try_from(self.batching.skip).unwrap_or(usize::MAX);
        for (number, line) in lines.enumerate().skip(skip) {
            let number = number as u64 + 1;
            let (end, event) = match line {
                Ok(line) => (line.end, self.event(&line, number)),
                Err(unreadable) => {
                    let goes_on = unreadable.only_this_line;
                    let bad = unreadable.of(self.called);
                    if !goes_on {
                        self.flush()?;
                        return self.packed.blocking_send(Packed::Stopped(bad));
                    }
                    (self.bytes, Err(bad))
                }
            };
            match event {
                Ok(event) => {
                    if let Some(call) = self.packer.push(&event) {
                        self.hand_over(call)?;
                    }
                    self.events.push(event);
                    self.numbers.push(number);
                    (self.through, self.bytes) = (number, end);
                }
                Err(bad) if self.batching.keep_going => self.packed.blocking_send(Packed::LeftOut(bad))?,
                Err(bad) => {
                    self.flush()?;
                    return self.packed.blocking_send(Packed::Stopped(bad));
                }
            }
        }
        self.flush()
    }

    fn event(&self, line: &Line, number: u64) -> Result<Outgoing, BadInput> {
        let read = || {
            let text = self.preparation.resolve(&line.text, number)?;
            let event = Outgoing::read(&text, Uuid::new_v4)?;
            self.preparation.safety.check([&event])?;
            Ok(event)
        };
        read().map_err(|fault: DraftError| fault.of(self.called, Some(line.number)))
    }

    fn flush(&mut self) -> Result<(), Gone> {
        self.packer.finish().map_or(Ok(()), |call| self.hand_over(call))
    }

    fn hand_over(&mut self, call: Call) -> Result<(), Gone> {
        let (events, numbers) = (std::mem::take(&mut self.events), std::mem::take(&mut self.numbers));
        let part = self.size.map(|size| ratio(self.bytes, size));
        self.packed.blocking_send(Packed::Parcel(Parcel { call, events, numbers, through: self.through, part }))
    }
}

impl Preparation {
    /// The draft as it is sent as the `number`th.
    fn resolve(&self, draft: &str, number: u64) -> Result<String, DraftError> {
        let mut text = draft.to_owned();
        for assignment in &self.assignments {
            text = assignment.apply(&text)?;
        }
        let Some(Placeholders { seed, email, environment }) = &self.placeholders else { return Ok(text) };
        if text.contains("{{") {
            // The places of errors are told as they are in the draft, before values of any length come into it.
            syntax::check(&text)?;
            let environment = |name: &str| environment.get(name).cloned();
            let now = Timestamp::now();
            text = placeholder::resolve(
                &text,
                &Values { now, seed: *seed, seq: number, email, environment: &environment },
            )?;
        }
        Ok(text)
    }
}

/// An error in a draft, and its place.
#[derive(Debug)]
struct DraftError {
    place: Option<(usize, usize)>,
    reason: Sanitized,
}

impl DraftError {
    /// One that has no place.
    fn of_all(reason: Sanitized) -> Self {
        Self { place: None, reason }
    }

    /// In an input, or in a line of it.
    fn of(self, called: &Sanitized, line: Option<u64>) -> BadInput {
        let (own_line, column) = self.place.unzip();
        let can_be_left_out = line.is_some();
        let line = line.or(own_line.map(|line| line as u64));
        BadInput { called: called.clone(), line, column, reason: self.reason, can_be_left_out }
    }
}

impl From<SyntaxError> for DraftError {
    fn from(error: SyntaxError) -> Self {
        Self { place: Some((error.line, error.column)), reason: not_json(&error) }
    }
}

impl From<PlaceholderError> for DraftError {
    fn from(PlaceholderError { line, column, reason }: PlaceholderError) -> Self {
        Self { place: Some((line, column)), reason }
    }
}

impl From<UnsendableReason> for DraftError {
    fn from(reason: UnsendableReason) -> Self {
        match reason {
            UnsendableReason::Syntax(error) => error.into(),
            reason => Self::of_all(Sanitized::of(&reason)),
        }
    }
}

impl From<Unsendable> for DraftError {
    fn from(unsendable: Unsendable) -> Self {
        match unsendable {
            Unsendable { index: None, reason } => reason.into(),
            unsendable => Self::of_all(Sanitized::of(&unsendable)),
        }
    }
}

impl From<AssignmentError> for DraftError {
    fn from(error: AssignmentError) -> Self {
        match error {
            AssignmentError::NotJson(error) => error.into(),
            error => Self::of_all(sanitized!("--set: {}", Sanitized::of(&error))),
        }
    }
}

impl From<Forbidden> for DraftError {
    fn from(forbidden: Forbidden) -> Self {
        Self::of_all(Sanitized::of(&forbidden))
    }
}
