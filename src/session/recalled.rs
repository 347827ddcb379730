use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Moment;
use crate::event::{Payload, TypeName};

/// The events of a type that the history endpoint gave back. A history that could not be had is told as an empty one: it
/// only helps to find what polls stepped over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recalled {
    /// Their type.
    #[serde(rename = "type")]
    pub event_type: TypeName,
    /// The events, the newest first.
    pub events: Vec<Arc<Payload>>,
    /// When they came.
    #[serde(rename = "observed_at")]
    pub at: Moment,
}
