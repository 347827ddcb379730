#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::event::{Shape, TYPES, TypeName};
use crate::fuzz_tests;

/// A type with the texts of its events and its count.
type Row<'a> = (&'a str, Vec<&'a str>, Option<u64>);

fn snapshot(body: &str) -> Snapshot {
    match Decoder::default().decode(body.as_bytes()) {
        Decoded::Snapshot(snapshot) => snapshot,
        other => panic!("{body}\nis no snapshot: {other:?}"),
    }
}

#[test]
fn any_body_is_read_and_the_same_again_brings_nothing() {
    let seeds = [
        r#"{"purchase":{"event":"purchase","event_uuid":"a"},"view":{"event":"view"}}"#,
        r#"{"view":[{"event":"view","n":1},{"event":"view","n":2}]}"#,
        r#"{"status":"ok","data":{"view":{"count":7,"sample":{"event":"view"}}}}"#,
        r#"[{"event":"view"},"{\"event\":\"view\"}"]"#,
        r#"{"error":"unauthorized"}"#,
    ];
    fuzz_tests::bytes(&seeds, |body| {
        let mut decoder = Decoder::default();
        match decoder.decode(body) {
            Decoded::Snapshot(snapshot) => {
                assert!(matches!(decoder.decode(body), Decoded::Same));
                let events = snapshot.sightings.iter().flat_map(|sighting| &sighting.events);
                assert!(events.clone().all(|event| crate::event::Document::read(event.text()).is_ok()));
                (Some(snapshot.shape), snapshot.sightings.len().min(8), events.count().min(8), snapshot.notes.len())
            }
            Decoded::Same => (None, 0, 0, 0),
            Decoded::Unknown(unknown) => (None, 1 + unknown.reason.len(), 0, 0),
        }
    });
}

fn rows(snapshot: &Snapshot) -> Vec<Row<'_>> {
    snapshot
        .sightings
        .iter()
        .map(|sighting| {
            let texts = sighting.events.iter().map(|event| event.text()).collect();
            (sighting.event_type.as_str(), texts, sighting.received)
        })
        .collect()
}

fn notes(body: &str) -> Vec<String> {
    snapshot(body).notes.into_iter().map(|note| note.0.into()).collect()
}

fn reason(body: &[u8]) -> String {
    match Decoder::default().decode(body) {
        Decoded::Unknown(unknown) => unknown.reason.into(),
        other => panic!("{}\nshould be unknown: {other:?}", String::from_utf8_lossy(body)),
    }
}

#[test]
fn the_documented_answer_is_one_flat_event() {
    let body = r#"{"customer_id":"812123","event":"identify","device_type":"ios","latitude":"212.99333"}"#;
    let snapshot = snapshot(body);
    assert_eq!(snapshot.shape, Shape::Single);
    assert_eq!(rows(&snapshot), [("identify", vec![body], None)]);
    assert_eq!(snapshot.notes, []);
}

#[test]
fn an_event_is_named_by_event_then_action_then_the_key_it_stands_under() {
    for (event, unkeyed, is_in_it) in TYPES {
        let keyed = unkeyed.filter(|_| is_in_it).unwrap_or("key");
        for (body, name) in [
            (event.to_owned(), unkeyed.unwrap_or(TypeName::UNNAMED)),
            (format!("[{event}]"), unkeyed.unwrap_or(TypeName::UNNAMED)),
            (format!(r#"{{"key":{event}}}"#), keyed),
            (format!(r#"{{"key":[{event}]}}"#), keyed),
            (format!(r#"{{"key":{{"count":3,"sample":{event}}}}}"#), keyed),
        ] {
            let snapshot = snapshot(&body);
            let received = body.contains("count").then_some(3);
            assert_eq!(rows(&snapshot), [(name, vec![event], received)], "{body}");
            let payload = snapshot.sightings.first().unwrap().events.first().unwrap();
            assert_eq!(payload.event_type().map_or(TypeName::UNNAMED, TypeName::as_str), name, "{body}");
        }
    }
    // One text is of two types where it stands under two keys.
    let bare = r#"{"n":1,"email":"a@b.example"}"#;
    let body = format!(r#"{{"one":{bare},"other":{bare}}}"#);
    assert_eq!(rows(&snapshot(&body)), [("one", vec![bare], None), ("other", vec![bare], None)]);
}

#[test]
fn every_form_of_several_types_gives_the_same_sightings() {
    let view = r#"{"event":"view","n":1.10}"#;
    let buy = r#"{ "event" : "purchase", "n":12345678901234567890 }"#;
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let (view_quoted, buy_quoted) = (quoted(view), quoted(buy));
    let keyed = format!(r#"{{"view":{view},"purchase":{buy}}}"#);
    let bodies = [
        (Shape::Array, format!("[{view},{buy}]")),
        (Shape::Array, format!("[[{view}],[{buy}]]")),
        (Shape::Array, format!("[{view_quoted},{buy_quoted}]")),
        (Shape::Array, format!("\u{feff} [\n{view} ,\t{buy}]\r\n")),
        (Shape::Keyed, keyed.clone()),
        (Shape::Keyed, format!(r#"{{"view":{view_quoted},"purchase":{buy}}}"#)),
        (Shape::KeyedArrays, format!(r#"{{"view":[{view}],"purchase":[{buy}]}}"#)),
        (Shape::KeyedArrays, format!(r#"{{"view":[{view_quoted}],"purchase":{}}}"#, quoted(&format!("[{buy}]")))),
        (Shape::KeyedArrays, format!(r#"{{"view":{view},"purchase":[{buy}],"search":[]}}"#)),
        (Shape::Array, format!(r#"{{"events":[{view},{buy}]}}"#)),
        (Shape::Keyed, format!(r#"{{"status":"ok","count":2,"data":{keyed}}}"#)),
        (Shape::Keyed, format!(r#"{{"success":true,"message":"OK","result":{{"events":{keyed},"count":2}}}}"#)),
        (Shape::Keyed, format!(r#"{{"data":{},"errors":[],"meta":{{"page":1}}}}"#, quoted(&keyed))),
        (Shape::Array, format!(r#"{{"event":[{view},{buy}]}}"#)),
        (Shape::Keyed, format!(r#"{{"event":{keyed}}}"#)),
        (Shape::Keyed, quoted(&keyed)),
        (Shape::Keyed, quoted(&quoted(&keyed))),
    ];
    for (shape, body) in bodies {
        let snapshot = snapshot(&body);
        assert_eq!(rows(&snapshot), [("view", vec![view], None), ("purchase", vec![buy], None)], "{body}");
        assert_eq!(snapshot.shape, shape, "{body}");
    }
}

#[test]
fn counts_come_with_or_without_a_sample() {
    let event = r#"{"event":"view","count":3}"#;
    let nameless = r#"{"sku":"a","count":3}"#;
    let cases = [
        (format!(r#"{{"view":{{"count":12,"sample":{event}}}}}"#), vec![event], Some(12)),
        (format!(r#"{{"view":{{"count":12,"last":{event}}}}}"#), vec![event], Some(12)),
        (format!(r#"{{"view":{{"event":{event},"count":12.0}}}}"#), vec![event], Some(12)),
        (format!(r#"{{"view":{{"count":"12","events":[{event}]}}}}"#), vec![event], Some(12)),
        (format!(r#"{{"stats":{{"view":{{"count":12,"sample":{event}}}}},"status":"ok"}}"#), vec![event], Some(12)),
        (format!(r#"{{"view":{{"count":12,"sample":{nameless}}}}}"#), vec![nameless], Some(12)),
        (r#"{"view":{"count":0}}"#.into(), vec![], Some(0)),
        (r#"{"view":{"count":12,"sample":null}}"#.into(), vec![], Some(12)),
        (
            r#"{"view":{"archived":false,"count":310,"display_name":"view","properties":{},"type":"standard"}}"#.into(),
            vec![],
            Some(310),
        ),
    ];
    for (body, texts, received) in cases {
        let snapshot = snapshot(&body);
        assert_eq!(rows(&snapshot), [("view", texts, received)], "{body}");
        assert_eq!(snapshot.shape, Shape::Counted, "{body}");
    }
}

#[test]
fn an_event_with_a_count_among_its_fields_is_an_event() {
    let events = [
        r#"{"event":"cart","count":3}"#,
        r#"{"customer_id":"1","count":3,"last":{"sku":"a"}}"#,
        r#"{"sku":"a","count":3}"#,
        r#"{"count":3,"_bsft_ts":"2025-09-17T10:26:55.000Z"}"#,
        r#"{"count":-1}"#,
        r#"{"count":{"event":1}}"#,
        r#"{"count":2,"sample":"text","x":1}"#,
    ];
    for event in events {
        let body = format!(r#"{{"cart":{event}}}"#);
        assert_eq!(rows(&snapshot(&body)), [("cart", vec![event], None)], "{body}");
    }
    // The count of a list of several types is nobody's.
    let body = r#"{"list":{"count":2,"events":[{"event":"a"},{"event":"b"}]}}"#;
    let found = snapshot(body);
    assert_eq!(rows(&found), [("a", vec![r#"{"event":"a"}"#], None), ("b", vec![r#"{"event":"b"}"#], None)]);
}

#[test]
fn types_may_be_named_like_the_parts_of_an_envelope() {
    for name in
        ["data", "events", "event", "stats", "status", "message", "error", "errors", "count", "action", "success"]
    {
        let event = format!(r#"{{"event":"{name}","x":{{"y":1}}}}"#);
        let other = r#"{"event":"view"}"#;
        for (body, expected) in [
            (format!(r#"{{"{name}":{event}}}"#), vec![(name, vec![&*event], None)]),
            (format!(r#"{{"{name}":[{event}]}}"#), vec![(name, vec![&*event], None)]),
            (
                format!(r#"{{"{name}":{event},"view":{other}}}"#),
                vec![(name, vec![&*event], None), ("view", vec![other], None)],
            ),
        ] {
            assert_eq!(rows(&snapshot(&body)), expected, "{body}");
        }
        // Beside a type, what has no name of its own is named by its key, unless it reads as a complaint.
        let nameless = r#"{"customer_id":"1"}"#;
        let body = format!(r#"{{"{name}":{nameless},"view":{other}}}"#);
        assert_eq!(rows(&snapshot(&body)), [(name, vec![nameless], None), ("view", vec![other], None)], "{body}");
    }
}

#[test]
fn an_event_with_nested_fields_is_not_taken_for_an_envelope() {
    let events = [
        (r#"{"event":"view","data":{"event":"x"},"events":[{"event":"y"}]}"#, "view"),
        (r#"{"event":"signup_failed","error":"bad password","status":"error"}"#, "signup_failed"),
        (r#"{"action":"custom_event","custom_event":"oops","message":"broken","account_uuid":"1"}"#, "oops"),
        (r#"{"customer_id":"1","products":[{"sku":"a"}]}"#, TypeName::UNNAMED),
        (r#"{"products":[{"event":"a"}],"_bsft_ts":"2025-09-17T10:26:55.000Z"}"#, TypeName::UNNAMED),
    ];
    for (event, name) in events {
        let snapshot = snapshot(event);
        assert_eq!((snapshot.shape, rows(&snapshot)), (Shape::Single, vec![(name, vec![event], None)]), "{event}");
    }
}

#[test]
fn nothing_yet_has_many_spellings() {
    let bodies = [
        "",
        " \r\n\t",
        "\u{feff}",
        "null",
        " null ",
        "{}",
        "[]",
        "{ }",
        r#""""#,
        r#""{}""#,
        r#"{"events":[]}"#,
        r#"{"data":{}}"#,
        r#"{"data":null,"status":"ok"}"#,
        r#"{"status":"ok","count":0}"#,
        r#"{"events":{},"errors":[],"count":0}"#,
        r#"{"view":[],"search":[]}"#,
        r#"{"data":{"events":[]}}"#,
        r#"{"errors":[],"count":0}"#,
    ];
    for body in bodies {
        let snapshot = snapshot(body);
        assert_eq!((snapshot.shape, snapshot.sightings.len()), (Shape::Empty, 0), "{body}");
    }
}

#[test]
fn what_is_not_events_says_why_in_one_line() {
    let cases: &[(&str, &str)] = &[
        (r#"{"message":"Not authorized"}"#, "an error, not events: Not authorized"),
        (r#"{"status":"404","error":"Not Found"}"#, "an error, not events: Not Found"),
        (r#"{"errors":[{"customer_id":"can't be blank"}]}"#, "customer_id: can't be blank"),
        (r#"{"errors":{"event":["can't be blank"]}}"#, "event: can't be blank"),
        (r#"{"errors":[{"event":"can't be blank"}]}"#, "event: can't be blank"),
        (r#"{"success":false,"error":"Validation failed"}"#, "Validation failed"),
        (r#"{"success":false,"data":{}}"#, "is an error"),
        (r#"{"error":{"code":1,"message":"Rate limit exceeded"}}"#, "Rate limit exceeded"),
        (r#"{"message":"Too Many Requests","events":[]}"#, "Too Many Requests"),
        (r#"{"status":"error","events":{}}"#, "status error"),
        (r#"{"data":{"message":"Forbidden"}}"#, "in `data`, the answer is an error, not events: Forbidden"),
        (r#"[{"error":"Not Found"},{"message":"x"}]"#, "Not Found"),
        (r#"{"status":"ok"}"#, "without an event in it; it has `status`"),
        (r#"{"status":"maintenance"}"#, "without an event in it"),
        (r#"{"customer_id":["can't be blank"]}"#, "without an event in it; it has `customer_id`"),
        (r#"{"a":1,"b":2,"c":3,"d":4,"e":5}"#, "`a`, `b`, `c`, `d`, …"),
        ("[1,2,3]", "its first element is 1"),
        (r#"["Not authorized"]"#, "Not authorized"),
        ("42", "is 42, not events"),
        ("true", "is true, not events"),
        (r#""hello""#, "a text, not events: hello"),
        (r#""{\"a\"""#, "inside a JSON string, the answer ends in the middle"),
        ("<!DOCTYPE html><html><head><title>Sign in</title>", "HTML, not JSON: Sign in"),
        ("{\"view\":{\"event\":\"view\"},\n\"purch", "ends in the middle of its JSON, at line 2, column 6 (byte 32)"),
        ("{\"view\":\n{\"a\":1,}}", "not JSON: key must be a string at line 2, column 8 (byte 17)"),
        ("[{}] trailing", "not JSON: trailing characters at line 1, column 6 (byte 6)"),
        ("hello\u{1b}[31m", "not JSON"),
        ("{\"view\":{\"a\":01}}", "not JSON: invalid number"),
    ];
    for (body, said) in cases {
        let reason = reason(body.as_bytes());
        assert!(reason.contains(said), "{body}\n{reason}");
        assert!(!reason.contains(char::is_control), "{reason:?}");
    }
}

#[test]
fn an_unreadable_body_is_kept_to_be_looked_at_but_not_whole() {
    let body = vec![b'x'; 3 * MAX_SHOWN];
    let Decoded::Unknown(unknown) = Decoder::default().decode(&body) else { panic!("it is not JSON") };
    assert_eq!((unknown.body.len(), unknown.length), (MAX_SHOWN, 3 * MAX_SHOWN));
}

#[test]
fn a_complaint_beside_events_does_not_hide_them() {
    let body = r#"{"events":[{"event":"view"}],"errors":[{"shard":"3 did not answer"}]}"#;
    assert_eq!(rows(&snapshot(body)), [("view", vec![r#"{"event":"view"}"#], None)]);
    assert_eq!(notes(body), ["the answer also says: shard: 3 did not answer"]);
}

#[test]
fn what_is_odd_is_told() {
    let cases = [
        (r#"{"view":{"event":"view"},"view":{"event":"view","n":2}}"#, "`view` stands more than once"),
        (r#"{"event":"view","n":1,"n":2}"#, "`n` stands more than once"),
        (r#"[{"event":"view"},7,null]"#, "2 of the answer's elements are not events"),
        (r#"{"view":[{"event":"view"},"x"]}"#, "1 of the answer's elements are not events"),
        (r#"["{\"event\":\"view\"}"]"#, "JSON inside JSON strings"),
        (r#""[{\"event\":\"view\"}]""#, "JSON inside a JSON string"),
        (r#"{"view":{"event":"view"},"purchase":7}"#, "`purchase` holds 7 where an event was expected"),
    ];
    for (body, said) in cases {
        let notes = notes(body);
        assert!(notes.len() == 1 && notes.iter().all(|note| note.contains(said)), "{body}\n{notes:?}");
    }
    let numbers = (0..1000).map(|number| format!(r#""t{number}":{number}"#)).collect::<Vec<_>>().join(",");
    let body = format!(r#"{{{numbers},"view":{{"event":"view"}}}}"#);
    assert!(notes(&body).len() < 20, "notes are few");
}

#[test]
fn both_of_two_equal_keys_are_kept() {
    let body = r#"{"view":{"event":"view","n":1},"view":{"event":"view","n":2}}"#;
    assert_eq!(rows(&snapshot(body)), [("view", vec![r#"{"event":"view","n":1}"#, r#"{"event":"view","n":2}"#], None)]);
}

#[test]
fn bytes_that_are_not_utf_8_cost_only_themselves() {
    let body = b"\xef\xbb\xbf{\"view\":{\"event\":\"view\",\"name\":\"caf\xe9\"},\"search\":{\"event\":\"search\"}}";
    let Decoded::Snapshot(snapshot) = Decoder::default().decode(body) else { panic!("no snapshot") };
    let view = "{\"event\":\"view\",\"name\":\"caf\u{fffd}\"}";
    assert_eq!(rows(&snapshot), [("view", vec![view], None), ("search", vec![r#"{"event":"search"}"#], None)]);
    assert_eq!(snapshot.notes.len(), 1);
    assert!(snapshot.notes.iter().all(|note| note.0.contains("byte 39")), "{:?}", snapshot.notes);
}

#[test]
fn events_of_a_type_stand_newest_first() {
    let event = |n: u32, fields: &str| format!(r#"{{"event":"view","n":{n}{fields}}}"#);
    let received = |second: u32| format!(r#","_bsft_ts":"2025-09-17T10:26:{second:02}.000Z""#);
    let happened = |second: u32| format!(r#","timestamp":"2025-09-17T10:26:{second:02}Z""#);
    let both = |r: u32, h: u32| received(r) + &happened(h);
    let cases = [
        ([received(5), received(9), received(7)], [1, 2, 0]),
        ([happened(5), happened(9), happened(7)], [1, 2, 0]),
        ([both(5, 9), both(7, 1), both(5, 10)], [1, 2, 0]),
        ([received(5), String::new(), received(7)], [0, 1, 2]),
        ([both(5, 1), happened(3), happened(2)], [1, 2, 0]),
        ([String::new(), String::new(), String::new()], [0, 1, 2]),
        ([received(5), received(5), received(5)], [0, 1, 2]),
    ];
    for (fields, order) in cases {
        let events: Vec<_> = (0..).zip(&fields).map(|(n, fields)| event(n, fields)).collect();
        let body = format!("[{}]", events.join(","));
        let found = snapshot(&body);
        let expected: Vec<_> = order.iter().filter_map(|n: &usize| events.get(*n).map(String::as_str)).collect();
        assert_eq!(rows(&found), [("view", expected, None)], "{body}");
    }
}

#[test]
fn the_head_is_read_once_and_only_where_they_are_what_they_should_be() {
    let head = |body: &str| snapshot(body).sightings.into_iter().next().unwrap().events.remove(0).head().clone();
    let found = head(
        r#"{"event":"view","event_uuid":"u-1","timestamp":"2025-09-17T10:26:54.688Z","_bsft_ts":"2025-09-17T12:26:55+02:00","n":1}"#,
    );
    assert_eq!(found.uuid.as_deref(), Some("u-1"));
    assert_eq!(found.happened, Some("2025-09-17T10:26:54.688Z".parse().unwrap()));
    assert_eq!(found.received, Some("2025-09-17T10:26:55Z".parse().unwrap()));
    assert_eq!(found.fields, 5);
    let found = head(r#"{"event":"view","event_uuid":7,"timestamp":1758104814,"_bsft_ts":"11/11/2011"}"#);
    assert_eq!((found.uuid, found.happened, found.received, found.fields), (None, None, None, 4));
}

#[test]
fn the_same_body_is_the_same_also_after_one_that_could_not_be_read() {
    let mut decoder = Decoder::default();
    let body = br#"[{"event":"view"}]"#;
    assert!(matches!(decoder.decode(body), Decoded::Snapshot(_)));
    assert_eq!(decoder.decode(body), Decoded::Same);
    assert!(matches!(decoder.decode(b"<html>"), Decoded::Unknown(_)));
    assert!(matches!(decoder.decode(b"<html>"), Decoded::Unknown(_)));
    assert_eq!(decoder.decode(body), Decoded::Same);
    assert!(matches!(decoder.decode(b""), Decoded::Snapshot(_)));
    assert!(matches!(decoder.decode(body), Decoded::Snapshot(_)));
}

#[test]
fn what_did_not_change_is_the_very_same_payload() {
    let kept = r#"{"event":"kept","n":1}"#;
    let changing = |n: u32| format!(r#"{{"event":"changing","n":{n}}}"#);
    let quoted = serde_json::to_string(kept).unwrap();
    let forms: [&dyn Fn(u32) -> String; 6] = [
        &|n| format!("[{kept},{}]", changing(n)),
        &|n| format!(r#"{{"kept":{kept},"changing":{}}}"#, changing(n)),
        &|n| format!(r#"{{"kept":[{kept}],"changing":[{}]}}"#, changing(n)),
        &|n| format!(r#"{{"mixed":[{kept},{}]}}"#, changing(n)),
        &|n| format!(r#"{{"kept":{{"count":{n},"sample":{kept}}}}}"#),
        &|n| format!(r#"{{"data":[{quoted},{}]}}"#, changing(n)),
    ];
    for form in forms {
        let mut decoder = Decoder::default();
        let mut kept_at = |n: u32| {
            let Decoded::Snapshot(snapshot) = decoder.decode(form(n).as_bytes()) else { panic!("no snapshot") };
            let sighting = snapshot.sightings.into_iter().find(|sighting| sighting.event_type.as_str() == "kept");
            sighting.unwrap().events.remove(0)
        };
        let first = kept_at(1);
        for n in 2..5 {
            assert!(Arc::ptr_eq(&first, &kept_at(n)), "{}", form(n));
        }
    }
}

#[test]
fn only_the_last_snapshot_is_remembered() {
    let mut decoder = Decoder::default();
    for n in 0..100 {
        let body = format!(r#"{{"view":[{{"event":"view","n":{n}}}],"search":{{"event":"search","n":{n}}}}}"#);
        assert!(matches!(decoder.decode(body.as_bytes()), Decoded::Snapshot(_)));
    }
    assert!(decoder.memo.len() <= 3, "{}", decoder.memo.len());
}

#[test]
fn a_body_of_very_many_tiny_events_is_cut_and_told() {
    let many = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
    let body = format!("[{}]", vec![many(90_000); 3].join(","));
    let snapshot = snapshot(&body);
    let kept: usize = snapshot.sightings.iter().map(|sighting| sighting.events.len()).sum();
    assert_eq!((kept, snapshot.notes.len()), (200_000, 1));
}

#[test]
fn deep_nesting_is_read_and_kept() {
    let deep = format!(r#"{{"event":"deep","x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(rows(&snapshot(&format!("[{deep}]"))), [("deep", vec![&*deep], None)]);
    let arrays = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(reason(arrays.as_bytes()).contains("array without an event"));
}

#[test]
fn an_event_that_holds_the_private_key_of_a_json_library_is_kept_as_it_is() {
    let event =
        r#"{"event":"view","n":{"$serde_json::private::Number":"1e5"},"r":{"$serde_json::private::RawValue":"[1"}}"#;
    assert_eq!(rows(&snapshot(&format!("[{event}]"))), [("view", vec![event], None)]);
}

/// JSON of any form, spelled in odd ways.
fn any_json() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just("12345678901234567890"),
        Just("1.10"),
        Just("1e400"),
        Just("-0"),
        Just("0.0"),
        Just("12"),
        Just("404"),
    ];
    let text = prop_oneof![any::<String>(), "[a-z_]{0,12}".prop_map(String::from), Just("{\"event\":\"x\"}".into())]
        .prop_map(|text| serde_json::to_string(&text).unwrap_or_default());
    let leaf = prop_oneof![
        number.prop_map(String::from),
        text,
        Just("null".into()),
        Just("true".into()),
        Just("false".into()),
        Just(r#""\ud800""#.into()),
    ];
    let key = prop_oneof![
        "[a-z_]{1,8}",
        proptest::sample::select(vec![
            "event",
            "events",
            "data",
            "stats",
            "count",
            "sample",
            "last",
            "error",
            "errors",
            "message",
            "status",
            "action",
            "custom_event",
            "customer_id",
            "success",
            "timestamp",
            "_bsft_ts",
        ])
        .prop_map(String::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(|list| format!("[{}]", list.join(" ,"))),
            proptest::collection::vec((key.clone(), inner.clone()), 0..6).prop_map(|members| {
                let members = members.into_iter().map(|(key, value)| format!("\"{key}\" :{value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
            inner.prop_map(|json| serde_json::to_string(&json).unwrap_or_default()),
        ]
    })
}

/// An event that names itself, with fields of any form.
fn any_event() -> impl Strategy<Value = (String, String)> {
    let name =
        proptest::sample::select(vec!["view", "purchase", "data", "events", "errors", "message", "count", "a.b c"]);
    let field = ("[a-z]{1,3}_[a-z]{0,3}", any_json());
    (name, proptest::collection::vec(field, 0..5), 0_usize..5).prop_map(|(name, fields, place)| {
        let mut members: Vec<_> = fields.into_iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
        members.insert(place.min(members.len()), format!("\"event\":\"{name}\""));
        (name.to_owned(), format!("{{{}}}", members.join(",")))
    })
}

proptest! {
    #[test]
    fn no_bytes_are_too_odd(bodies in proptest::collection::vec(any::<Vec<u8>>(), 1..4)) {
        let mut decoder = Decoder::default();
        for body in bodies {
            let first = decoder.decode(&body);
            let again = decoder.decode(&body);
            prop_assert_eq!(matches!(first, Decoded::Unknown(_)), matches!(again, Decoded::Unknown(_)));
        }
    }

    #[test]
    fn no_json_is_too_odd(body in any_json(), cut in 0_usize..400) {
        let mut decoder = Decoder::default();
        match decoder.decode(body.as_bytes()) {
            Decoded::Snapshot(snapshot) => {
                prop_assert_eq!(decoder.decode(body.as_bytes()), Decoded::Same);
                for event in snapshot.sightings.iter().flat_map(|sighting| &sighting.events) {
                    prop_assert!(serde_json::from_str::<&serde_json::value::RawValue>(event.text()).is_ok());
                }
            }
            Decoded::Unknown(unknown) => prop_assert!(!unknown.reason.is_empty() && !unknown.reason.contains('\n')),
            Decoded::Same => prop_assert!(false, "nothing was decoded before"),
        }
        let cut = body.floor_char_boundary(cut);
        let _ = decoder.decode(body.get(..cut).unwrap_or_default().as_bytes());
    }

    #[test]
    fn every_form_of_the_same_events_gives_the_same_sightings(
        events in proptest::collection::vec(any_event(), 1..12),
        gap in "[ \t\r\n]{0,3}",
    ) {
        let mut by_type = indexmap::IndexMap::<&str, Vec<&str>>::new();
        for (name, text) in &events {
            by_type.entry(name).or_default().push(text);
        }
        let expected: Vec<Row<'_>> = by_type.iter().map(|(name, texts)| (*name, texts.clone(), None)).collect();
        let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
        let grouped: Vec<&str> = by_type.values().flatten().copied().collect();
        let array = format!("[{gap}{}{gap}]", grouped.join(&format!("{gap},")));
        let encoded = format!("[{}]", grouped.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(","));
        let lists = by_type.iter().map(|(name, texts)| format!("{}:{gap}[{}]", quoted(name), texts.join(",")));
        let keyed = format!("{{{}}}", lists.collect::<Vec<_>>().join(&format!("{gap},{gap}")));
        let singles = by_type.iter().flat_map(|(name, texts)| texts.iter().map(move |text| (name, text)));
        let singles = singles.map(|(name, text)| format!("{}:{gap}{text}", quoted(name)));
        let singles = format!("{{{}}}", singles.collect::<Vec<_>>().join(","));
        let bodies = [
            format!(r#"{{"events":{array}}}"#),
            format!(r#"{{"status":"ok","count":3,"data":{{"events":{keyed}}}}}"#),
            format!(r#"{{"result":{}}}"#, quoted(&singles)),
            quoted(&keyed),
            array,
            encoded,
            keyed,
            singles,
        ];
        for body in bodies {
            let Decoded::Snapshot(snapshot) = Decoder::default().decode(body.as_bytes()) else {
                return Err(TestCaseError::fail(format!("no snapshot: {body}")));
            };
            prop_assert_eq!(rows(&snapshot), expected.clone(), "{}", body);
        }
    }
}
