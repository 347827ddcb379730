//! An expectation that is written from an event that is as it should be.

use std::fmt::Write as _;

use crate::event::catalogue::Catalogue;
use crate::event::{Difference, DifferenceKind, Document, NodeId, NodeKind, Origin, Path, Payload, Segment, Volatile};

/// How many conditions are written.
const MOST: usize = 30;
/// How deep in the event.
const DEEPEST: u32 = 3;
/// The longest text that is taken for a constant where there is no other event to tell.
const LONGEST_CONSTANT: usize = 24;

/// An entry of a file of expectations for events like one: of the fields that its sender gave them, the constants with their
/// values, and the types of the others. A constant is what all the `others` of its type have too. What tells any two events
/// apart is left out, and what tells who one is about is never a constant.
pub fn entry(event: &Document, others: &[&Payload], volatile: &Volatile) -> String {
    let name = event.event_type().unwrap_or_default();
    let mut out = format!("[[expect]]\nevent = {}\n", quoted(name));
    let identifiers: Vec<NodeId> = event.identifier_fields().map(|(_, id)| id).collect();
    let personal = Catalogue::standard().personal();
    let conditions: Vec<String> = event
        .ids()
        .filter(|id| is_told(event, *id))
        .filter_map(|id| {
            let path = event.path(id);
            let is_private = identifiers.contains(&id)
                || path
                    .0
                    .iter()
                    .any(|segment| matches!(segment, Segment::Key { name, .. } if personal.contains(&**name)));
            condition(event, id, &path, others, volatile, is_private)
        })
        .take(MOST)
        .collect();
    if !conditions.is_empty() {
        out.push_str("where = [\n");
        for condition in conditions {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "  {},", quoted(&condition));
        }
        out.push_str("]\n");
    }
    out
}

/// Whether a value is one that its sender gave the event, and not deep in it. Of an array the first element stands for all.
fn is_told(event: &Document, id: NodeId) -> bool {
    let Some(node) = event.get(id).filter(|node| (1..=DEEPEST).contains(&node.depth)) else { return false };
    let mut at = Some(id);
    while let Some(here) = at {
        let is_later = event.get(here).is_some_and(|node| node.position > 0);
        let in_array = event.key(here).is_none() && event.parent(here).is_some();
        let is_top = event.get(here).is_some_and(|node| node.depth == 1);
        if in_array && is_later || is_top && (event.origin(here) != Origin::Sender || event.type_field() == Some(here))
        {
            return false;
        }
        at = event.parent(here);
    }
    node.kind != NodeKind::Object && node.kind != NodeKind::Null
}

fn condition(
    event: &Document,
    id: NodeId,
    path: &Path,
    others: &[&Payload],
    volatile: &Volatile,
    is_private: bool,
) -> Option<String> {
    let (node, value, place) = (event.get(id)?, event.text(id), path.jq());
    if node.kind == NodeKind::Array {
        return (node.children > 0).then(|| format!("({place} | length) > 0"));
    }
    let text = Some(value.to_owned());
    let differs =
        Difference { path: path.clone(), kind: DifferenceKind::Changed, before: text.clone(), after: text, node: None };
    if volatile.holds(&differs) {
        return None;
    }
    let is_constant = !is_private
        && match (others, node.kind) {
            ([], NodeKind::Bool) => true,
            ([], NodeKind::String) => value.len() <= LONGEST_CONSTANT && !value.contains(|c: char| c.is_ascii_digit()),
            ([], _) => false,
            (others, _) => others.iter().all(|other| other.value(path) == Some(value)),
        };
    if is_constant {
        return Some(format!("{place} == {value}"));
    }
    let kind = match node.kind {
        NodeKind::String => "string",
        NodeKind::Number => "number",
        NodeKind::Bool => "boolean",
        NodeKind::Object | NodeKind::Array | NodeKind::Null => return None,
    };
    Some(format!("({place} | type) == \"{kind}\""))
}

/// A text as TOML has it: literally, unless something in it must be escaped.
fn quoted(text: &str) -> String {
    if text.contains('\'') || text.chars().any(char::is_control) {
        // The escapes of JSON are escapes of TOML, but for DEL, which JSON leaves as it is.
        return serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F");
    }
    format!("'{text}'")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::time::Duration;

    use super::*;

    const EVENT: &str = r#"{"event":"purchase","email":"jane@example.com","customer_id":"7","currency":"EUR","revenue":31.24,
        "order_id":"A-50314","gift":false,"note":"it's","coupon":null,"sent_at":"2026-11-26T12:00:00Z","nonce_x":"aa",
        "request":"0e0f2c1e-8a5b-4a55-9e0e-1f5c3a2b1d00","products":[{"sku":"A1","price":9.5},{"sku":"B2"}],
        "event_uuid":"u1","_bsft_ts":"2026-11-26T12:00:01Z"}"#;

    #[test]
    fn an_event_is_written_as_an_expectation_that_can_be_read() {
        let event = Document::read(EVENT).unwrap();
        let volatile = Volatile::named(vec!["nonce_*".to_owned()]);
        let alone = entry(&event, &[], &volatile);
        let expected = r#"[[expect]]
event = 'purchase'
where = [
  '(.email | type) == "string"',
  '(.customer_id | type) == "string"',
  '.currency == "EUR"',
  '(.revenue | type) == "number"',
  '(.order_id | type) == "string"',
  '.gift == false',
  ".note == \"it's\"",
  '(.products | length) > 0',
  '(.products[0].sku | type) == "string"',
  '(.products[0].price | type) == "number"',
]
"#;
        assert_eq!(alone, expected);
        let other = Payload::new(&EVENT.replace("A-50314", "A-50315").replace("EUR", "USD"));
        let beside = entry(&event, &[&other], &volatile);
        for part in [
            "'.revenue == 31.24'",
            "(.order_id | type)",
            "(.currency | type)",
            "'.products[0].sku == \"A1\"'",
            "(.email | type)",
        ] {
            assert!(beside.contains(part), "{part} in {beside}");
        }
        for text in [alone, beside] {
            let listed = super::super::file::read(&text, Duration::from_secs(10), false).unwrap();
            assert_eq!(listed.len(), 1, "{text}");
        }
    }

    #[test]
    fn a_hostile_name_is_written_so_that_it_is_read_again() {
        let text = "{\"event\":\"a'\\u001b\\u007f\\\"\\n]]\",\"x\":true}";
        let event = Document::read(text).unwrap();
        let written = entry(&event, &[], &Volatile::default());
        let [listed] = &*super::super::file::read(&written, Duration::from_secs(10), false).unwrap() else {
            panic!("{written}")
        };
        assert_eq!(Some(listed.expectation.event_type.as_str()), event.event_type());
    }
}
