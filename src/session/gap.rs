use serde::{Deserialize, Serialize};

use super::Moment;
use crate::event::{Sanitized, TypeName, sanitized, text};

/// Events of a type that were lost: they came, and no answer shows them any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Their type.
    #[serde(rename = "type")]
    pub event_type: TypeName,
    /// How many; `None` for at least one, where the server's count is not known. A number that becomes known later is told
    /// as another gap, and stands for those without one before it.
    pub lost: Option<u64>,
    /// Where that is not known: if exactly so many came, none was lost. The history lists no more, and nothing older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<u64>,
    /// Whether this became known late: they were lost before the newest event of the type that was told, else before the
    /// event that follows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// When this was known.
    #[serde(rename = "observed_at")]
    pub at: Moment,
}

impl Gap {
    /// What was lost, in words.
    pub fn sentence(&self) -> Sanitized {
        let (lost, unless) = match (self.lost, self.unless) {
            (Some(lost), _) => (text::counted(lost, "event"), Sanitized::default()),
            (None, None) => ("at least one event".into(), Sanitized::default()),
            (None, Some(came)) => ("at least one event".into(), sanitized!(", unless exactly {} came", came)),
        };
        sanitized!("{} lost before the {} one{}", lost, if self.late { "newest" } else { "next" }, unless)
    }
}
