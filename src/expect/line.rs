use serde::Serialize;

use crate::event::Sanitized;

/// What is said of one condition in one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Whether it is met; `None` where that cannot be told.
    pub met: Option<bool>,
    /// The condition.
    pub condition: Sanitized,
    /// What was found.
    pub detail: Sanitized,
    /// Whether the answer is hardly one to what is meant: it is met by the order that jq gives to values of different types,
    /// or not met for want of the field.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_odd: bool,
}

impl Line {
    /// Its sign.
    pub fn sign(&self) -> &'static str {
        match self.met {
            Some(true) => "✓",
            Some(false) => "✗",
            None => "?",
        }
    }
}
