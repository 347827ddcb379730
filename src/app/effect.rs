use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::DraftId;
use super::changes::Pair;
use super::composer::findings::Question;
use super::reporting::{Planning, Reporting};
use super::scan::ScanStep;
use crate::blueshift::Call;
use crate::event::{Payload, Sanitized, TypeName};
use crate::session::tape::Header;
use crate::session::{Captured, CollectorCommand, Record, TapeCommand};

/// The requests of the application to the world. Plain data: the runtime carries it out and answers with an
/// [`Outcome`](super::Outcome) where there is something to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Poll now, also out of a refusal or a backoff.
    PollNow,
    /// Have our own collector do this.
    Collector(CollectorCommand),
    /// Poll at this interval from now on.
    SetInterval(Duration),
    /// Send these calls.
    Send {
        /// A number to name it by in records.
        batch: u64,
        /// The calls.
        calls: Vec<Call>,
    },
    /// Ask the history endpoint for the events of this type, for a probe that they may have stepped over.
    Recall(TypeName),
    /// Ask the history endpoint for all that it has of this type, from before the session too.
    Earlier(TypeName),
    /// Look for what is wrong with the newest events of these types.
    Lint {
        /// The events.
        events: Vec<Captured>,
        /// When they came.
        now: Timestamp,
    },
    /// Forget what was learnt from events: the session is at another place of its tape.
    LintAnew,
    /// Have the player of the tape do something.
    Tape(TapeCommand),
    /// Say what changed from the one to the other of each of these pairs, and no more of those that were asked before.
    Compare(Vec<Pair>),
    /// Look for what is wrong with a draft.
    LintDraft(Box<Question>),
    /// Claim a draft that is taken up again.
    OpenDraft {
        /// Which draft.
        draft: DraftId,
        /// The text that was read of it.
        text: String,
    },
    /// Evaluate a jq expression for one event, in the place of whatever was being evaluated.
    Evaluate {
        /// A number to name it by.
        number: u64,
        /// The expression.
        expression: String,
        /// The event.
        event: Arc<Payload>,
    },
    /// Nobody waits for an evaluation any more.
    StopEvaluation,
    /// Put a question to events of the session.
    Scan(Box<ScanStep>),
    /// Nobody waits any more for what the session's events answer to a query.
    StopScan,
    /// Put the draft on disk, in place of what was there of it before.
    KeepDraft {
        /// Which draft.
        draft: DraftId,
        /// The whole of it.
        text: String,
    },
    /// Put a template of this name on disk, beside the others of the user.
    KeepTemplate {
        /// Its name.
        name: String,
        /// The draft that it is.
        text: String,
    },
    /// Begin a tape in the file of that name, in the place of one that is on.
    BeginRecording {
        /// The name of the file, as the user has typed it.
        name: String,
        /// What stands at its beginning.
        header: Header,
        /// What is held so far.
        held: Vec<Record>,
    },
    /// Write these on the tape.
    Record(Vec<Record>),
    /// Close the tape that is on.
    StopRecording,
    /// Give the terminal and the draft to the user's own editor, and come back with what became of it.
    Edit {
        /// Which draft.
        draft: DraftId,
        /// The whole of it.
        text: String,
    },
    /// Put the text on the clipboard of the person's own terminal.
    Copy(String),
    /// Leave the screen, print the text on the plain terminal, wait for a key, and come back: for terminals that do
    /// not let programs copy.
    Print(Sanitized),
    /// Make a report, and put it where it is to go.
    Report(Box<Reporting>),
    /// Make a plan, and write it into its folder.
    Plan(Box<Planning>),
    /// Hear of the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Give the terminal back and stop, as Ctrl-Z does; come back on `fg`.
    Suspend,
    /// Draw every cell anew, for a screen that something else has written on.
    Redraw,
    /// Watch the target of another profile, by its place among them.
    SwitchProfile(usize),
    /// Leave.
    Quit,
}
