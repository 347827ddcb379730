use super::{Document, NodeId};

/// Who put a field into a received event, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The sender.
    Sender,
    /// Either: the platform adds fields of that name, and a sender may send one.
    Perhaps,
    /// The platform, when it received or processed the event.
    Platform,
}

/// Names under which the platform adds fields. `url`, `referrer`, `cookie`, `email` and `customer_id` are seen in received
/// events too, but they are the sender's own words far more often, so they are not here. `santized_at` is the platform's
/// own spelling.
///
/// Seen in the documented answers of `/event/history`, `/customer_search/show_events` and `/data_connectors/…/debug`.
const PLATFORM_FIELDS: [&str; 17] = [
    "_exp",
    "account_uuid",
    "action",
    "browser_platform",
    "browser_type",
    "browser_version",
    "custom_event",
    "event_uuid",
    "ip",
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

/// Who put the top-level field `key` into a received event, as far as its name tells.
pub fn origin(key: &str) -> Origin {
    if key.starts_with(PLATFORM_PREFIX) {
        Origin::Platform
    } else if PLATFORM_FIELDS.binary_search(&key).is_ok() {
        Origin::Perhaps
    } else {
        Origin::Sender
    }
}

impl Document {
    /// Whether our own collector took the event in.
    pub(crate) fn is_of_our_collector(&self) -> bool {
        self.head().places.added.is_some()
    }

    /// Who put the value at `id` into the event. What is nested has its origin from the field that it stands in, and is
    /// not asked for: of it, this says that it is the sender's.
    pub fn origin(&self, id: NodeId) -> Origin {
        let Some(node) = self.get(id).filter(|node| node.depth == 1) else { return Origin::Sender };
        match self.head().places.added {
            Some(added) if node.value.start >= added.start => Origin::Platform,
            Some(_) => Origin::Sender,
            None => self.key(id).map_or(Origin::Sender, |key| origin(&key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::COLLECTOR;

    #[test]
    fn platform_fields_are_told_from_the_senders_own() {
        assert!(PLATFORM_FIELDS.is_sorted(), "the list is searched by halves");
        for key in ["_bsft_ts", "_bsft_anything"] {
            assert_eq!(origin(key), Origin::Platform, "{key}");
        }
        for key in ["_exp", "user_uuid", "user_agent", "ip", "santized_at", "timestamp_epoch", "action"] {
            assert_eq!(origin(key), Origin::Perhaps, "{key}");
        }
        for key in ["event", "email", "customer_id", "revenue", "bsft_sdk_version", "", "Timestamp"] {
            assert_eq!(origin(key), Origin::Sender, "{key}");
        }
    }

    #[test]
    fn what_our_collector_added_is_known_by_its_place() {
        let account = uuid::Builder::from_custom_bytes({
            let mut bytes = [7; 16];
            bytes.iter_mut().zip(COLLECTOR).for_each(|(to, from)| *to = from);
            bytes
        });
        let account = account.into_uuid();
        for (text, senders, platforms) in [
            (
                format!(
                    r#"{{"event":"view","user_agent":"x","ip":"y","_bsft_ts":"t","account_uuid":"{account}","site":"s"}}"#
                ),
                &["event", "user_agent", "ip"][..],
                &["_bsft_ts", "account_uuid", "site"][..],
            ),
            (
                format!(r#"{{"_bsft_ts":"t","event":"view","timestamp":1,"account_uuid":"{account}","ip":"y"}}"#),
                &["_bsft_ts", "event", "timestamp"],
                &["account_uuid", "ip"],
            ),
        ] {
            let document = Document::read(&text).expect("it is JSON");
            for (names, origin) in [(senders, Origin::Sender), (platforms, Origin::Platform)] {
                let fields = document.children(NodeId::ROOT).filter(|field| document.origin(*field) == origin);
                let fields: Vec<_> = fields.filter_map(|field| document.key(field)).collect();
                assert_eq!(fields, names, "{text}");
            }
        }
    }
}
