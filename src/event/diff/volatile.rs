//! The differences that tell any two events apart, and so are no news: times and UUIDs.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Difference, DifferenceKind};
use crate::event::Segment;

/// The fields whose changes tell any two events apart: times, UUIDs and epochs, and those that are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volatile {
    names: Vec<String>,
}

impl Volatile {
    /// Those that always are, and the fields of these names: `session_token`, `*_nonce`, `x_*`.
    pub fn named(names: Vec<String>) -> Self {
        Self { names }
    }

    /// A name as it can be given to [`Volatile::named`]; the error says what is allowed.
    pub fn read_name(text: &str) -> Result<String, String> {
        let name = text.strip_prefix('*').unwrap_or(text);
        let name = name.strip_suffix('*').unwrap_or(name);
        if name.is_empty() || name.contains('*') {
            return Err("write the name of a field, with `*` for any beginning or end of it".to_owned());
        }
        Ok(text.to_owned())
    }

    /// Whether a difference says only that these are two events.
    pub fn holds(&self, difference: &Difference) -> bool {
        let is_other = matches!(difference.kind, DifferenceKind::Changed | DifferenceKind::Retyped { .. });
        let Some(Segment::Key { name, .. }) = difference.path.0.last() else { return difference.is_volatile() };
        is_other && self.names.iter().any(|pattern| fits(pattern, name)) || difference.is_volatile()
    }
}

/// Whether a name is one that the pattern stands for.
fn fits(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (None, None) => name == pattern,
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (Some(rest), Some(_)) => name.contains(rest.trim_end_matches('*')),
    }
}

impl Difference {
    /// Whether it is of the kind that tells any two events apart: another time of day, another UUID, a later epoch. Of
    /// dates without a time of day nothing is known, so they count as changes.
    fn is_volatile(&self) -> bool {
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
    use super::Volatile;
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

    #[test]
    fn fields_can_be_named_whose_changes_say_nothing() {
        let names = ["token", "*_nonce", "x_*", "*trace*"];
        let volatile = Volatile::named(names.map(|name| Volatile::read_name(name).unwrap()).into());
        let cases = [
            ("token", true),
            ("my_token", false),
            ("a_nonce", true),
            ("nonce", false),
            ("x_1", true),
            ("1_x_1", false),
            ("my_trace_id", true),
            ("revenue", false),
        ];
        for (name, expected) in cases {
            let event = |value: &str| Document::read(&format!("{{\"{name}\":{value}}}")).unwrap();
            let differences = diff(&event("1"), &event("\"2\""));
            assert_eq!(volatile.holds(differences.first().unwrap()), expected, "{name}");
            let added = diff(&Document::read("{}").unwrap(), &event("1"));
            assert!(!volatile.holds(added.first().unwrap()), "what is new says something");
        }
        for name in ["", "*", "**", "a*b", "**a"] {
            assert!(Volatile::read_name(name).is_err(), "{name}");
        }
    }
}
