use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::blueshift::safety::{Forbidden, Safety};
use crate::blueshift::{Batch, Call, CallLimits, Outgoing, Packer, Unsendable, UnsendableReason};
use crate::cli::input::{BadInput, Input, Lines, Part, Values, not_json};
use crate::event::placeholder::{self, PlaceholderError};
use crate::event::signature::Signing;
use crate::event::syntax::{self, SyntaxError};
use crate::event::{Assignment, AssignmentError, Form, NO_ARRAY, Sanitized, sanitized};
use crate::session::captured;

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
    /// Calls go out before all of the input was read.
    Streams,
    /// An event that is left out.
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
    /// How the account has events signed.
    pub(super) signing: Signing,
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
    /// Whether each event goes by itself.
    pub(super) one_by_one: bool,
    /// Whether events that cannot be sent are left out.
    pub(super) keep_going: bool,
    /// Whether it is said of an input that can be read only once that calls go out while it is read.
    pub(super) tells_that_it_streams: bool,
}

/// Reads `input` to its end, or to where it cannot go on, and hands out what there is to send. It waits for whoever
/// takes it, so no more than a few calls are in memory, and ends when nobody does. What can be read twice is read to its
/// end before any of it is handed out, so that nothing of a file with a mistake in it is sent.
///
/// Blocks, so it needs a thread of its own.
pub(super) fn pack(input: Input, preparation: &Preparation, batching: Batching, packed: &mpsc::Sender<Packed>) {
    let (called, size) = (input.called.clone(), input.size);
    let packing = |streams| Packing::new(&called, size, preparation, batching, streams);
    let (values, rewind) = input.again();
    // Nobody takes it any more: there is nobody to tell.
    let _ = match rewind {
        // What is known to its end, as a template is, does not stream.
        None => packing(batching.tells_that_it_streams && size.is_none())
            .run(values, &mut |next| packed.blocking_send(next)),
        Some(rewind) => {
            let mut stopped = None;
            let looked_over = packing(false).run(values, &mut |next| {
                match next {
                    // Nobody waits for what cannot be sent.
                    _ if packed.is_closed() => return Err(mpsc::error::SendError(next)),
                    Packed::Stopped(bad) => stopped = Some(bad),
                    _ => {}
                }
                Ok(())
            });
            let input = rewind.input().map_err(|error| {
                let reason = sanitized!("it cannot be read again: {}", Sanitized::of(&error));
                DraftError::of_all(reason).of(&called, None)
            });
            match (stopped, input) {
                (Some(bad), _) | (None, Err(bad)) => packed.blocking_send(Packed::Stopped(bad)),
                (None, Ok(input)) => looked_over
                    .and_then(|()| packing(false).run(input.values(), &mut |next| packed.blocking_send(next))),
            }
        }
    };
}

fn ratio(part: u64, whole: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a ratio is for a bar, not for counting")]
    let ratio = part as f64 / whole as f64;
    ratio
}

/// Somebody stopped taking what is packed.
type Gone = mpsc::error::SendError<Packed>;

/// Takes what is packed.
type Taker<'t> = dyn FnMut(Packed) -> Result<(), Gone> + 't;

/// The packing of one input.
struct Packing<'a> {
    called: &'a Sanitized,
    size: Option<u64>,
    preparation: &'a Preparation,
    batching: Batching,
    /// Whether calls go out while what comes after them is still to be read, which is to be said.
    streams: bool,
    packer: Packer,
    /// The events in the packer, and which of the input they are.
    events: Vec<Outgoing>,
    numbers: Vec<u64>,
    /// How many events were read, those that were skipped or left out included.
    read: u64,
    /// How many of them were read up to the last in the packer.
    through: u64,
    /// How many bytes were, where that is known.
    bytes: Option<u64>,
}

/// The draft of one event, or of several that are one JSON text.
struct Drafted<'t> {
    text: Cow<'t, str>,
    /// Where it begins in the text of its part.
    start: (usize, usize),
    is_many: bool,
}

impl<'a> Packing<'a> {
    fn new(
        called: &'a Sanitized,
        size: Option<u64>,
        preparation: &'a Preparation,
        batching: Batching,
        streams: bool,
    ) -> Self {
        Self {
            called,
            size,
            preparation,
            batching,
            streams,
            packer: Packer::new(batching.limits),
            events: Vec::new(),
            numbers: Vec::new(),
            read: 0,
            through: batching.skip,
            bytes: Some(0),
        }
    }

    fn run(mut self, mut parts: Values, take: &mut Taker<'_>) -> Result<(), Gone> {
        let mut next = parts.next();
        let mut is_first = true;
        while let Some(part) = next {
            // The next one is waited for only where it matters: an event that is alone goes out by itself.
            let mut after = None;
            let is_alone = is_first && !self.batching.one_by_one && {
                after = Some(parts.next());
                matches!(after, Some(None))
            };
            is_first = false;
            let done = match part {
                Ok(part) => self.part(&part, is_alone, take)?,
                Err(unreadable) => {
                    let goes_on = unreadable.goes_on;
                    self.read += 1;
                    self.is_skipped() || self.bad(unreadable.of(self.called), goes_on, take)?
                }
            };
            if !done {
                return Ok(());
            }
            next = after.unwrap_or_else(|| parts.next());
        }
        if self.read > 0 && self.read <= self.batching.skip {
            let reason = sanitized!("--skip {} leaves nothing of the {} events", self.batching.skip, self.read);
            return take(Packed::Stopped(DraftError::of_all(reason).of(self.called, None)));
        }
        self.flush(take)
    }

    /// Whether the event that was read last is passed over.
    fn is_skipped(&self) -> bool {
        self.read <= self.batching.skip
    }

    /// Takes in what is in a part; whether it goes on after it.
    fn part(&mut self, part: &Part, is_alone: bool, take: &mut Taker<'_>) -> Result<bool, Gone> {
        let drafted = match Drafted::of(&part.text) {
            Ok(Some(drafted)) => drafted,
            // A record of ours that holds no event.
            Ok(None) => return Ok(true),
            Err(reason) => {
                self.read += 1;
                return Ok(
                    self.is_skipped() || self.bad(self.told(DraftError::of_all(reason), part, (1, 1)), true, take)?
                );
            }
        };
        let first = self.read + 1;
        // Events alone on their line are many, and are not looked at to be passed over.
        if !drafted.is_many {
            self.read += 1;
            if self.is_skipped() {
                return Ok(true);
            }
        }
        let resolved = match self.preparation.resolve(&drafted.text, first) {
            Ok(text) => text,
            Err(fault) => {
                self.read = first;
                return Ok(self.is_skipped() || self.bad(self.told(fault, part, drafted.start), true, take)?);
            }
        };
        let event = |text: &str| {
            let signed = self.preparation.signing.signed(text);
            let event = Outgoing::read(signed.as_deref().unwrap_or(text), Uuid::new_v4)?;
            self.preparation.safety.check([&event])?;
            Ok(event)
        };
        if !drafted.is_many {
            return match event(&resolved) {
                Ok(event) if is_alone => {
                    let call = Call::alone(&event);
                    let (numbers, through) = (vec![self.read], self.read);
                    take(Packed::Parcel(Parcel { call, events: vec![event], numbers, through, part: Some(1.0) }))?;
                    Ok(true)
                }
                Ok(event) => self.event(event, part, take).map(|()| true),
                Err(fault) => self.bad(self.told(fault, part, drafted.start), true, take),
            };
        }
        let Form::Many { array, events } = Form::read(&resolved) else {
            self.read = first;
            let fault = Batch::read(&resolved, Uuid::new_v4)
                .err()
                .map_or_else(|| DraftError::of_all("this is no array of events".into()), DraftError::from);
            return Ok(self.is_skipped() || self.bad(self.told(fault, part, drafted.start), true, take)?);
        };
        if events.is_empty() {
            let fault = DraftError::of_all(Sanitized::of(&UnsendableReason::NoEvents));
            self.read = first;
            return Ok(self.is_skipped() || self.bad(self.told(fault, part, drafted.start), true, take)?);
        }
        let lines = Lines::of(array, 1);
        let start = |text: &str| text.as_ptr().addr().saturating_sub(array.as_ptr().addr());
        let outgoing = events.iter().enumerate().map(|(index, text)| {
            event(text).map_err(|DraftError { reason, .. }| {
                let line = usize::try_from(lines.line(start(text))).unwrap_or(usize::MAX);
                (line, sanitized!("at [{}]: {}", index, reason))
            })
        });
        // All of an array is looked at before any of it is sent.
        let outgoing: Vec<_> = outgoing.collect();
        let bad = |(line, reason): (usize, Sanitized)| {
            let (line, _) = part.place(drafted.start.0 + line - 1, 1);
            let called = self.called.clone();
            BadInput { called, line: Some(line), column: None, reason, can_be_left_out: true }
        };
        let outgoing: Vec<_> = outgoing.into_iter().map(|event| event.map_err(bad)).collect();
        let skipped = usize::try_from(self.batching.skip.saturating_sub(self.read)).unwrap_or(usize::MAX);
        if !self.batching.keep_going
            && let Some(bad) = outgoing.iter().skip(skipped).find_map(|event| event.as_ref().err())
        {
            return self.bad(bad.clone(), true, take);
        }
        for event in outgoing {
            self.read += 1;
            if self.is_skipped() {
                continue;
            }
            match event {
                Ok(event) => self.event(event, part, take)?,
                Err(bad) => {
                    self.bad(bad, true, take)?;
                }
            }
        }
        Ok(true)
    }

    /// Puts an event into the call that is packed, or hands it out where each goes by itself.
    fn event(&mut self, event: Outgoing, part: &Part, take: &mut Taker<'_>) -> Result<(), Gone> {
        if self.batching.one_by_one {
            if self.through > self.batching.skip && std::mem::take(&mut self.streams) {
                take(Packed::Streams)?;
            }
            (self.through, self.bytes) = (self.read, part.end);
            let call = Call::alone(&event);
            (self.events, self.numbers) = (vec![event], vec![self.read]);
            return self.hand_over(call, take);
        }
        if let Some(call) = self.packer.push(&event) {
            if std::mem::take(&mut self.streams) {
                take(Packed::Streams)?;
            }
            self.hand_over(call, take)?;
        }
        self.events.push(event);
        self.numbers.push(self.read);
        (self.through, self.bytes) = (self.read, part.end);
        Ok(())
    }

    /// Leaves out an event that cannot be sent, or ends with it; whether it goes on.
    fn bad(&mut self, bad: BadInput, goes_on: bool, take: &mut Taker<'_>) -> Result<bool, Gone> {
        if goes_on && self.batching.keep_going {
            take(Packed::LeftOut(bad))?;
            return Ok(true);
        }
        self.flush(take)?;
        take(Packed::Stopped(bad))?;
        Ok(false)
    }

    /// A fault of what begins there in a part, as it is said of the input.
    fn told(&self, fault: DraftError, part: &Part, (line, column): (usize, usize)) -> BadInput {
        let place = fault.place.map(|(own, at)| (line + own - 1, if own == 1 { column + at - 1 } else { at }));
        let (line, at) = part.place(place.map_or(line, |(line, _)| line), place.map_or(1, |(_, column)| column));
        BadInput {
            called: self.called.clone(),
            line: Some(line),
            column: place.map(|_| at),
            reason: fault.reason,
            can_be_left_out: true,
        }
    }

    fn flush(&mut self, take: &mut Taker<'_>) -> Result<(), Gone> {
        self.packer.finish().map_or(Ok(()), |call| self.hand_over(call, take))
    }

    fn hand_over(&mut self, call: Call, take: &mut Taker<'_>) -> Result<(), Gone> {
        let (events, numbers) = (std::mem::take(&mut self.events), std::mem::take(&mut self.numbers));
        let part = self.size.zip(self.bytes).map(|(size, bytes)| ratio(bytes, size));
        take(Packed::Parcel(Parcel { call, events, numbers, through: self.through, part }))
    }
}

impl<'t> Drafted<'t> {
    /// The draft that a text holds; `None` where it is a record of ours without an event.
    fn of(text: &'t str) -> Result<Option<Self>, Sanitized> {
        let at = |part: &str| syntax::position(text, part.as_ptr().addr().saturating_sub(text.as_ptr().addr()));
        Ok(match captured(text) {
            Some(None) => None,
            Some(Some(event)) => Some(Self { text: Cow::Owned(event.draft()), start: at(event.text), is_many: false }),
            None => match Form::read(text) {
                Form::Many { array, .. } => Some(Self { text: Cow::Borrowed(array), start: at(array), is_many: true }),
                Form::Event(event) => Some(Self { text: Cow::Borrowed(event), start: (1, 1), is_many: false }),
                Form::NoArray(_) => return Err(NO_ARRAY.into()),
            },
        })
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
                &placeholder::Values { now, seed: *seed, seq: number, email, environment: &environment },
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
