use super::DraftId;
use super::composer::findings::Answer;
use super::findings::Linted;
use crate::session::Report;

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
    /// The source told something.
    Report(Report),
    /// The source has ended and will tell nothing more; the text says why, if it is known.
    SourceEnded(Option<String>),
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
    CopyFailed(String),
    /// None of the batch's calls went out or ever will, and why.
    NotSent {
        /// Which batch, by the number that it was handed over with.
        batch: u64,
        /// Why.
        why: String,
    },
    /// This is what is wrong with events, or nothing.
    Linted(Vec<Linted>),
    /// This is what is wrong with a draft, or nothing.
    DraftLinted {
        /// The number of the question.
        number: u64,
        /// What is wrong with it; `None` when it cannot be read.
        answer: Option<Box<Answer>>,
    },
    /// The draft could not be put on disk, and why. It is in memory only. Told once, until one can be kept again.
    DraftNotKept(String),
    /// After one that was not, a draft is on disk.
    DraftKeptAgain,
    /// The template of this name is on disk.
    TemplateKept {
        /// Its name.
        name: String,
        /// The draft that it is.
        text: String,
        /// Where it is. Not yet harmless.
        place: String,
    },
    /// The template could not be put on disk, and why.
    TemplateNotKept(String),
    /// The user's editor ended, and this is what is in the draft now.
    Edited {
        /// Which draft.
        draft: DraftId,
        /// The whole of it.
        text: String,
    },
    /// The user's editor could not be used, and why. The draft is as it was. Not yet harmless.
    EditFailed(String),
}

/// The terminal's size in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// A key with its modifiers. An upper-case letter is its own [`KeyCode::Char`], without `shift`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Whether Ctrl was held.
    pub ctrl: bool,
    /// Whether Alt was held.
    pub alt: bool,
    /// Whether Shift was held, for keys that are not characters.
    pub shift: bool,
}

/// The keys that the application knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the key of that name")]
pub enum KeyCode {
    Char(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// Something the mouse did, at a cell counted from 0 at the top left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mouse {
    /// What it did.
    pub kind: MouseKind,
    /// The column.
    pub column: u16,
    /// The row.
    pub row: u16,
}

/// The actions of a mouse that are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MouseKind {
    /// The left button went down.
    Press,
    /// The wheel turned up by one step.
    ScrollUp,
    /// The wheel turned down by one step.
    ScrollDown,
}
