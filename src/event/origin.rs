/// Who put a field into a received event, as far as its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The sender, or nobody can tell.
    Sender,
    /// The platform, when it received or processed the event.
    Platform,
}

/// Names that received events carry and senders hardly ever send. `ip`, `url`, `referrer`, `cookie`, `email` and
/// `customer_id` are seen in received events too, but they are the sender's own words far more often, so they are not
/// here. `santized_at` is the platform's own spelling.
///
/// Seen in the documented answers of `/event/history`, `/customer_search/show_events` and `/data_connectors/…/debug`.
const PLATFORM_FIELDS: [&str; 16] = [
    "_exp",
    "account_uuid",
    "action",
    "browser_platform",
    "browser_type",
    "browser_version",
    "custom_event",
    "event_uuid",
    "sanitized_at",
    "santized_at",
    "session_uuid",
    "site",
    "timestamp",
    "timestamp_epoch",
    "user_agent",
    "user_uuid",
];

/// The platform's reserved prefix.
const PLATFORM_PREFIX: &str = "_bsft";

/// Who put the top-level field `key` into a received event. Nested fields are always the sender's.
pub fn origin(key: &str) -> Origin {
    if key.starts_with(PLATFORM_PREFIX) || PLATFORM_FIELDS.binary_search(&key).is_ok() {
        Origin::Platform
    } else {
        Origin::Sender
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_fields_are_told_from_the_senders_own() {
        assert!(PLATFORM_FIELDS.is_sorted(), "the list is searched by halves");
        for key in ["_bsft_ts", "_bsft_anything", "_exp", "user_uuid", "santized_at", "timestamp_epoch", "action"] {
            assert_eq!(origin(key), Origin::Platform, "{key}");
        }
        for key in ["event", "email", "customer_id", "ip", "revenue", "bsft_sdk_version", "", "Timestamp"] {
            assert_eq!(origin(key), Origin::Sender, "{key}");
        }
    }
}
