use std::fmt::Write;

use jiff::Timestamp;

use crate::event::{TypeName, text};
use crate::feed::Change;

/// One change as a JSON object on one line, with its line feed.
pub(super) fn json(change: &Change) -> String {
    let mut line = String::from("{\"type\":");
    line.push_str(&one_line(&serde_json::Value::from(change.event_type.as_str()).to_string()));
    let event = change.payload.as_ref().map_or_else(|| "null".to_owned(), |payload| one_line(payload.text()));
    // Writing to a text cannot fail.
    let _ = writeln!(
        line,
        r#","change":"{}","event":{event},"received":{},"captured":{},"observed_at":"{:.3}","latency_ms":{}}}"#,
        change.kind.as_str(),
        number_or(change.received, "null"),
        change.captured,
        change.at.wall,
        number_or(change.latency_ms(), "null"),
    );
    line
}

/// The same JSON on one line, harmless to a terminal: line breaks can stand unescaped only between its tokens.
pub(super) fn one_line(json: &str) -> String {
    let mut line = text::harmless_json(json);
    line.retain(|c| !matches!(c, '\n' | '\r'));
    line
}

/// What is known of each type as a table for people.
pub(super) fn table<'a>(changes: impl IntoIterator<Item = &'a Change>) -> String {
    let header = ["TYPE", "RECEIVED", "CAPTURED", "LAST EVENT"].map(str::to_owned);
    let rows = std::iter::once(header).chain(changes.into_iter().map(|change| {
        let facts = change.payload.as_ref().map(|payload| payload.facts());
        let last = facts.and_then(|facts| facts.happened.or(facts.received));
        [
            name(&change.event_type),
            number_or(change.received, "?"),
            change.captured.to_string(),
            last.map_or_else(|| "?".to_owned(), |last: Timestamp| format!("{last:.0}")),
        ]
    }));
    let rows: Vec<[String; 4]> = rows.collect();
    let width = rows.iter().map(|[name, ..]| text::width(name)).max().unwrap_or_default();
    rows.iter().fold(String::new(), |mut table, [name, received, captured, last]| {
        let gap = width.saturating_sub(text::width(name));
        // Writing to a text cannot fail.
        let _ = writeln!(table, "{name}{:gap$}  {received:>8}  {captured:>8}  {last}", "");
        table
    })
}

/// The widest that a type's name gets in a table.
const NAME_COLUMNS: usize = 64;

fn name(event_type: &TypeName) -> String {
    text::fit(&text::harmless(event_type.as_str()), NAME_COLUMNS)
}

fn number_or(number: Option<impl ToString>, unknown: &str) -> String {
    number.map_or_else(|| unknown.to_owned(), |number| number.to_string())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::event::{Facts, Payload};
    use crate::feed::{ChangeKind, Moment};

    fn change(event_type: &str, event: Option<&str>) -> Change {
        let at = Moment { elapsed: Duration::ZERO, wall: "2026-11-23T09:00:00.123456Z".parse().unwrap() };
        let facts = Facts {
            happened: Some("2026-11-23T08:59:59Z".parse().unwrap()),
            received: Some("2026-11-23T08:59:59.250Z".parse().unwrap()),
            ..Facts::default()
        };
        Change {
            event_type: event_type.into(),
            kind: ChangeKind::Updated,
            payload: event.map(|event| Arc::new(Payload::new(event, facts))),
            previous: None,
            received: event.map(|_| 42),
            captured: 40,
            arrived: 1,
            coverage: None,
            at,
        }
    }

    #[test]
    fn a_line_holds_the_event_as_it_came_and_unknown_things_as_null() {
        let cases = [
            (
                change("purchase", Some("{\r\n  \"b\": 1.10,\n \"a\": 1e400, \"a\": 12345678901234567890}")),
                r#"{"type":"purchase","change":"updated","event":{  "b": 1.10, "a": 1e400, "a": 12345678901234567890},"received":42,"captured":40,"observed_at":"2026-11-23T09:00:00.123Z","latency_ms":250}"#,
            ),
            (
                change("a\"\u{1b}[2J\u{202e}", None),
                r#"{"type":"a\"\u001b[2J\u202e","change":"updated","event":null,"received":null,"captured":40,"observed_at":"2026-11-23T09:00:00.123Z","latency_ms":null}"#,
            ),
            (
                change("é", Some("{\"x\":\"\u{9b}31m\u{7f}é\\n\"}")),
                r#"{"type":"é","change":"updated","event":{"x":"\u009b31m\u007fé\n"},"received":42,"captured":40,"observed_at":"2026-11-23T09:00:00.123Z","latency_ms":250}"#,
            ),
        ];
        for (change, line) in cases {
            assert_eq!(json(&change), format!("{line}\n"));
        }
    }

    proptest! {
        #[test]
        fn any_name_and_any_event_make_one_line_that_reads_back(name: String, field: String) {
            let event = serde_json::to_string_pretty(&serde_json::json!({ field.as_str(): [1, { "x": name.as_str() }] })).unwrap();
            let line = json(&change(&name, Some(&event)));
            prop_assert!(line.ends_with('\n') && !line.trim_end_matches('\n').contains(char::is_control));
            let read: serde_json::Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(read.get("type"), Some(&serde_json::Value::from(name)));
            prop_assert_eq!(read.get("event"), Some(&serde_json::from_str(&event).unwrap()));
        }
    }

    #[test]
    fn a_table_lines_up_and_shows_the_unknown_as_unknown() {
        let table = table([&change("view", Some("{}")), &change("漢字\u{1b}[2J", None)]);
        assert_eq!(
            table,
            "\
TYPE           RECEIVED  CAPTURED  LAST EVENT
view                 42        40  2026-11-23T08:59:59Z
漢字\\u001b[2J         ?        40  ?
"
        );
    }
}
