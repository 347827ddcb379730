use super::changes::Compared;
use super::composer::findings::DraftFindings;
use super::findings::Linted;
use super::input::{Key, Mouse, Size};
use super::scan::Scanned;
use super::sending::DraftId;
use crate::event::Sanitized;
use crate::query::{QueryError, Values};
use crate::session::{Record, TapeNews};

/// The things that can happen to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something.
    Mouse(Mouse),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this size now.
    Resized(Size),
    /// These things happened, in this order.
    Records(Vec<Record>),
    /// This is told of the tape that is replayed.
    Tape(TapeNews),
    /// The source has ended and will tell nothing more; the text says why, if it is known.
    SourceEnded(Option<Sanitized>),
    /// An instant that the model asked to be woken at has come.
    Woke,
    /// An effect was carried out, or failed.
    Done(Outcome),
}

/// The outcome of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The text was handed to the terminal; whether the terminal took it cannot be known.
    Copied {
        /// The length of the text in bytes.
        bytes: usize,
    },
    /// The text could not be handed over, and why.
    CopyFailed(Sanitized),
    /// None of the batch's calls went out or ever will, and why.
    NotSent {
        /// Which batch, by the number that it was handed over with.
        batch: u64,
        /// Why.
        why: Sanitized,
    },
    /// This is what is wrong with events, or nothing.
    Linted(Vec<Linted>),
    /// This is what changed from one event to another.
    Compared(Compared),
    /// This is what is wrong with a draft, or nothing.
    DraftLinted {
        /// The number of the question.
        number: u64,
        /// Its findings; `None` when it cannot be read.
        answer: Option<Box<DraftFindings>>,
    },
    /// This is what an expression gives for an event.
    Evaluated {
        /// The number of the evaluation.
        number: u64,
        /// The values, or why there are none.
        answer: Result<Values, QueryError>,
    },
    /// This is what events of the session answered.
    Scanned(Box<Scanned>),
    /// A report was made, to be copied or printed.
    Reported {
        /// All of it.
        text: String,
        /// Whether it is to be printed.
        print: bool,
    },
    /// A report or a plan is on disk, or not: what to say.
    Kept(Result<Sanitized, Sanitized>),
    /// The draft could not be put on disk, and why. It is in memory only. Told once, until one can be kept again.
    DraftNotKept(Sanitized),
    /// After one that was not, a draft is on disk.
    DraftKeptAgain,
    /// Another instance has the draft open, or has changed it since: one of its own stands for it here.
    DraftElsewhere {
        /// The draft.
        draft: DraftId,
        /// The one that stands for it.
        own: DraftId,
    },
    /// The template of this name is on disk.
    TemplateKept {
        /// Its name.
        name: String,
        /// The draft that it is.
        text: String,
        /// Where it is.
        place: Sanitized,
    },
    /// The template could not be put on disk, and why.
    TemplateNotKept(Sanitized),
    /// The user's editor ended, and this is what is in the draft now.
    Edited {
        /// Which draft.
        draft: DraftId,
        /// The whole of it.
        text: String,
    },
    /// A tape is begun, and what was held is on it.
    RecordingBegun {
        /// Where it is.
        place: Sanitized,
        /// How many events were held.
        events: u64,
    },
    /// The tape was closed, as it was asked for.
    RecordingClosed {
        /// Where it is.
        place: Sanitized,
        /// How many events are on it.
        events: u64,
    },
    /// No tape could be begun, and why. One that was on goes on.
    RecordingNotBegun(Sanitized),
    /// The tape could not be written on, and why.
    RecordingEnded(Sanitized),
    /// The user's editor could not be used, and why. The draft is as it was.
    EditFailed(Sanitized),
}
