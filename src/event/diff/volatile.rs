//! The differences that tell any two events apart, and so are no news: times and UUIDs.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Difference, DifferenceKind};
use crate::event::Segment;

impl Difference {
    /// Whether it is of the kind that tells any two events apart: another time of day, another UUID, a later epoch. Of
    /// dates without a time of day nothing is known, so they count as changes.
    pub fn is_volatile(&self) -> bool {
        let (DifferenceKind::Changed, Some(before), Some(after)) = (self.kind, &self.before, &self.after) else {
            return false;
        };
        match (serde_json::from_str::<String>(before), serde_json::from_str::<String>(after)) {
            (Ok(before), Ok(after)) => {
                let both = |is: fn(&str) -> bool| is(&before) && is(&after);
                both(|text| Uuid::try_parse(text).is_ok()) || both(|text| text.parse::<Timestamp>().is_ok())
            }
            (Err(_), Err(_)) => self.is_named_for_time() && is_epoch(before) && is_epoch(after),
            _ => false,
        }
    }

    /// Whether the field's name says that it holds a time: `timestamp_epoch`, `sent_at`, `_exp`.
    fn is_named_for_time(&self) -> bool {
        let Some(Segment::Key { name, .. }) = self.path.0.last() else { return false };
        ["time", "epoch", "_at", "_ts", "_exp"].iter().any(|part| name.contains(part))
    }
}

/// Whether a number is one of seconds or milliseconds since 1970, of this century.
fn is_epoch(json: &str) -> bool {
    const SECONDS: std::ops::Range<u64> = 946_684_800..4_102_444_800;
    let number = json.split('.').next().and_then(|whole| whole.parse::<u64>().ok());
    number.is_some_and(|number| SECONDS.contains(&number) || SECONDS.contains(&(number / 1_000)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::diff;
    use crate::event::Document;

    #[test]
    fn times_and_uuids_tell_any_two_events_apart() {
        let cases = [
            (
                "event_uuid",
                "\"7f3a7f3a-0000-4000-8000-000000000001\"",
                "\"7f3a7f3a-0000-4000-8000-000000000002\"",
                true,
            ),
            ("timestamp", "\"2026-11-23T14:03:19.700Z\"", "\"2026-11-23T14:03:20Z\"", true),
            ("timestamp_epoch", "1758104814", "1758104815", true),
            ("sent_at", "1758104814000", "1758104815000.5", true),
            ("customer_id", "1758104814", "1758104815", false),
            ("billing_date", "\"2026-11-23\"", "\"2026-12-23\"", false),
            ("revenue", "25", "31.24", false),
            ("sku", "\"a\"", "\"b\"", false),
            ("timestamp", "\"2026-11-23T14:03:19.700Z\"", "null", false),
            ("event_uuid", "\"7f3a7f3a-0000-4000-8000-000000000001\"", "\"\"", false),
        ];
        for (name, before, after, volatile) in cases {
            let event = |value: &str| Document::read(&format!("{{\"{name}\":{value}}}")).unwrap();
            let differences = diff(&event(before), &event(after));
            assert_eq!(differences.first().unwrap().is_volatile(), volatile, "{name}: {before} → {after}");
        }
    }
}
