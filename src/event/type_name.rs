use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use super::json;
use super::text::{Sanitized, sanitize_within};

/// The name of an event type, as the platform knows it: `purchase`, `add_to_cart`, `your_custom_event_name`.
///
/// It is whatever text came over the wire, so it may be empty, very long, or hold control characters. Cloning shares the
/// text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TypeName(Arc<str>);

impl TypeName {
    /// The type of an event without a name, in a place that gives it none, and what a name of no characters is shown as. The
    /// platform allows no white space in a name (documented), so no type of its own can be called this.
    pub const UNNAMED: &str = "(no name)";

    /// The name as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name to show. One that is as long as a body is cut: its first part is enough to cut from.
    pub fn shown(&self) -> Sanitized {
        const MOST: usize = 512;
        let name = if self.0.is_empty() { Self::UNNAMED } else { &self.0 };
        sanitize_within(name, MOST).0
    }
}

impl<T: Into<Arc<str>>> From<T> for TypeName {
    fn from(name: T) -> Self {
        Self(name.into())
    }
}

impl<'de> Deserialize<'de> for TypeName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::lenient(deserializer).map(Self::from)
    }
}

impl fmt::Debug for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The identity of one event among those that were sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EventId {
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: TypeName,
    /// The text of its `event_uuid`.
    #[serde(rename = "event_uuid")]
    pub uuid: Arc<str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_whatever_it_is() {
        let cases = [("purchase", "purchase"), ("", "(no name)"), (" ", " "), ("\u{1b}[31m", "\\u001b[31m")];
        for (name, shown) in cases {
            assert_eq!(TypeName::from(name).shown(), shown, "{name:?}");
        }
    }
}
