use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Moment;
use crate::event::Sanitized;

/// The server's counts of the events that it took and could not process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errors {
    /// How many today, by sort, such as `missing_identifier`; the list of sorts is the server's and open. None is zero.
    #[serde(rename = "errors")]
    pub counts: BTreeMap<Sanitized, u64>,
    /// When we learnt it.
    #[serde(rename = "observed_at")]
    pub at: Moment,
}
