//! The beginnings of a composition.

use crate::app::sending::DraftId;
use crate::event::Sanitized;
use crate::event::catalogue::Template;

/// One of the things to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its kind.
    pub beginning: Beginning,
    /// Its name.
    pub name: Sanitized,
    /// A description.
    pub detail: Sanitized,
}

/// The beginning of a composition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// The draft that the composer holds.
    Open,
    /// A draft that was left.
    Draft(DraftId),
    /// The event under the cursor, as it was received.
    Received,
    /// A template of the user.
    Own(Template),
    /// A template of the catalogue.
    Standard(Template),
    /// Nothing.
    Empty,
}

impl Beginning {
    /// The effect of choosing it, in a word or two.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Open | Self::Draft(_) => "go on",
            Self::Received => "resend",
            Self::Own(_) => "yours",
            Self::Standard(_) => "new",
            Self::Empty => "empty",
        }
    }
}
