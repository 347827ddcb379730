use std::str::FromStr;

use thiserror::Error;

use super::Path;

/// A value for a place in an event, as in `products[0].price=19`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The place.
    pub path: Path,
    /// The value as JSON text.
    pub value: String,
}

/// Why an assignment cannot be read or made.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AssignmentError {
    /// It is not spelled as one.
    #[error("`{text}`: {reason}; write PATH=VALUE, as in products[0].price=19")]
    Spelling {
        /// What was given. Harmless.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The place is inside something that is no container, or past the end of an array.
    #[error("{path} cannot be set: {reason}")]
    NoPlace {
        /// The place. Harmless.
        path: String,
        /// Why it is none.
        reason: String,
    },
}

impl FromStr for Assignment {
    type Err = AssignmentError;

    fn from_str(text: &str) -> Result<Self, AssignmentError> {
        Err(AssignmentError::Spelling { text: super::text::harmless(text), reason: "not an assignment".into() })
    }
}

impl Assignment {
    /// Sets the value in `event`, a JSON text with placeholders; objects on the way are made, an array grows by one
    /// element. What is not on the way keeps its spelling and order.
    pub fn apply(&self, event: &str) -> Result<String, AssignmentError> {
        Ok(event.to_owned())
    }
}
