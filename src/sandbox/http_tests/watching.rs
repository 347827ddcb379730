//! Tests of watching: the debug answer in its forms, the history, the summary.

use serde_json::json;

use super::*;
use crate::blueshift::KeyMask;

#[tokio::test]
async fn the_debug_answer_has_the_form_that_was_chosen() {
    let sandbox = start().await;
    for event in [r#"{"event":"view","n":1}"#, r#"{"event":"search"}"#, r#"{"event":"view","n":2}"#] {
        sandbox.accept(event).unwrap();
    }
    let mut answers = Vec::new();
    for shape in <DebugShape as clap::ValueEnum>::value_variants() {
        sandbox.set_debug_shape(*shape);
        answers.push((*shape, debug(&sandbox).await));
    }
    for (shape, answer) in answers {
        assert_eq!(answer.status, 200);
        let at = |pointer: &str| answer.json().pointer(pointer).cloned().unwrap_or_default();
        match shape {
            DebugShape::Single => assert_eq!((at("/event"), at("/n")), (json!("view"), json!(2))),
            DebugShape::Array => assert_eq!((at("/0/n"), at("/1/event")), (json!(2), json!("search"))),
            DebugShape::Keyed => assert_eq!((at("/view/n"), at("/search/event")), (json!(2), json!("search"))),
            DebugShape::KeyedArrays => assert_eq!((at("/view/0/n"), at("/view/1/n")), (json!(2), json!(1))),
            DebugShape::Counted => {
                assert_eq!(
                    (at("/view/count"), at("/view/last/n"), at("/search/count")),
                    (json!(2), json!(2), json!(1))
                );
            }
            DebugShape::Wrapped => assert_eq!((at("/status"), at("/events/view/n")), (json!("ok"), json!(2))),
            DebugShape::DoubleEncoded => {
                let inner: Value = serde_json::from_str(at("/view").as_str().unwrap()).unwrap();
                assert_eq!(inner.get("n"), Some(&json!(2)));
            }
            DebugShape::Empty => assert!(answer.body.is_empty()),
        }
    }
}

#[tokio::test]
async fn nothing_received_is_a_valid_answer_in_every_form() {
    let sandbox = start().await;
    let expected = ["{}", "[]", "{}", "{}", "{}", r#"{"status":"ok","events":{}}"#, "{}", ""];
    for (shape, body) in <DebugShape as clap::ValueEnum>::value_variants().iter().zip(expected) {
        sandbox.set_debug_shape(*shape);
        assert_eq!(debug(&sandbox).await.text(), body, "{shape:?}");
    }
}

#[tokio::test]
async fn the_history_has_the_newest_events_of_known_customers() {
    let sandbox = start().await;
    for n in 0..60 {
        sandbox.accept(&format!(r#"{{"event":"view","email":"x@y.example","n":{n}}}"#)).unwrap();
    }
    sandbox.accept(r#"{"event":"view","n":"nobody"}"#).unwrap();
    let numbers = async |target: &str| {
        let history = get(&sandbox, target).await.json();
        let events = history.get("view").and_then(Value::as_array).unwrap().clone();
        events.iter().map(|event| event.get("n").cloned().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(numbers("/api/v1/event/history?event_name=view&limit=2").await, [json!(59), json!(58)]);
    assert_eq!(numbers("/api/v1/event/history?event=view&limit=1").await, [json!(59)]);
    assert_eq!(numbers("/api/v1/event/history?event_name=view").await.len(), 49);
    assert_eq!(numbers("/api/v1/event/history?event_name=view&limit=1000").await.len(), 49);
    assert_eq!(get(&sandbox, "/api/v1/event/history?event_name=none").await.json(), json!({"none": []}));
    // The debug answer is what the server has *seen*.
    assert_eq!(debug(&sandbox).await.json().pointer("/view/n"), Some(&json!("nobody")));
}

#[tokio::test]
async fn the_summary_counts_events_and_missing_identifiers_for_query_and_body() {
    let sandbox = start().await;
    for event in [r#"{"event":"view","email":"x@y.example"}"#, r#"{"event":"view"}"#, r#"{"event":"mine"}"#] {
        sandbox.accept(event).unwrap();
    }
    let span = json!({"timestamp_start": "2000-01-01T00:00:00Z", "timestamp_end": "2100-01-01T00:00:00Z"}).to_string();
    let now = Timestamp::now();
    let query = format!("/api/v1/event/summary.json?timestamp_start={now}&timestamp_end={now}");
    for (target, body) in [("/api/v1/event/summary.json", ""), (&*query, "")] {
        let summary = post(&sandbox, target, body).await.json();
        let at = |pointer: &str| summary.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!((at("/stats/view/count"), at("/stats/view/type")), (json!(2), json!("standard")), "{summary}");
        assert_eq!((at("/stats/mine/count"), at("/stats/mine/type")), (json!(1), json!("custom_event")));
        assert_eq!((at("/stats/missing_identifier/count"), at("/status")), (json!(2), json!("ok")));
    }
    let future = post(&sandbox, "/api/v1/event/summary.json", &span).await.json();
    assert_eq!(future.pointer("/stats/view"), None, "a century ahead");
    assert_eq!(future.pointer("/timestamp_end"), Some(&json!("2100-01-01T23:59:59.999Z")));
}

#[tokio::test]
async fn every_form_of_the_debug_answer_is_one_that_the_watcher_reads() {
    use crate::blueshift::{Decoded, Decoder};
    use crate::event::Shape;

    let sandbox = start().await;
    for event in [r#"{"event":"view","n":1.10}"#, r#"{"event":"search"}"#, r#"{"event":"view","n":1e400}"#] {
        sandbox.accept(event).unwrap();
    }
    let expected = [
        (DebugShape::Single, Shape::Single, [("view", None)].as_slice()),
        (DebugShape::Array, Shape::Array, &[("view", None), ("search", None)]),
        (DebugShape::Keyed, Shape::Keyed, &[("view", None), ("search", None)]),
        (DebugShape::KeyedArrays, Shape::KeyedArrays, &[("view", None), ("search", None)]),
        (DebugShape::Counted, Shape::Counted, &[("view", Some(2)), ("search", Some(1))]),
        (DebugShape::Wrapped, Shape::Keyed, &[("view", None), ("search", None)]),
        (DebugShape::DoubleEncoded, Shape::Keyed, &[("view", None), ("search", None)]),
        (DebugShape::Empty, Shape::Empty, &[]),
    ];
    for (form, shape, types) in expected {
        sandbox.set_debug_shape(form);
        let body = debug(&sandbox).await.body;
        let Decoded::Snapshot(snapshot) = Decoder::default().decode(&body) else {
            panic!("{form:?}: {}", String::from_utf8_lossy(&body));
        };
        let seen: Vec<_> = snapshot.sightings.iter().map(|s| (s.event_type.as_str(), s.received)).collect();
        assert_eq!((snapshot.shape, seen.as_slice()), (shape, types), "{form:?}");
        let newest = snapshot.sightings.first().and_then(|sighting| sighting.events.first());
        assert!(newest.is_none_or(|payload| payload.text().starts_with(r#"{"event":"view","n":1e400,"#)), "{form:?}");
    }
}

#[tokio::test]
async fn the_summary_and_the_history_are_ones_that_the_watcher_reads() {
    use crate::blueshift::{Summary, decode_history};

    let sandbox = start().await;
    for event in [r#"{"event":"view","email":"x@y.example"}"#, r#"{"event":"view"}"#] {
        sandbox.accept(event).unwrap();
    }
    let summary =
        Summary::decode(&post(&sandbox, "/api/v1/event/summary.json", "").await.body, &KeyMask::default()).unwrap();
    assert_eq!(summary.counts.get(&crate::event::TypeName::from("view")), Some(&2));
    assert_eq!(summary.errors.get("missing_identifier"), Some(&1));
    let history = get(&sandbox, "/api/v1/event/history?event_name=view").await;
    assert_eq!(decode_history(&history.body, &"view".into(), &KeyMask::default()).unwrap().listed, 1);
}

#[tokio::test]
async fn events_that_are_not_signed_as_demanded_are_ignored_after_the_200_and_counted() {
    use crate::event::signature::{SignatureHash, Signing};

    let signing = |types: &[&str]| {
        let types = types.iter().map(|name| (*name).to_owned());
        Signing::new(Some("s3cr3t-of-the-account".into()), SignatureHash::Sha256, types)
    };
    let sandbox = start_with(SandboxConfig { signing: signing(&["view"]), ..SandboxConfig::default() }).await;
    let event = r#"{"event":"view","email":"x@y.example","n":"unsigned"}"#;
    let signed = signing(&[]).signed(&event.replace("unsigned", "signed")).unwrap();
    let wrong = signed.replace(r#""event_signature":""#, r#""event_signature":"0"#);
    for event in [&signed, event, &wrong, r#"{"event":"search","email":"x@y.example"}"#] {
        assert_eq!(post(&sandbox, "/api/v1/event", event).await.status, 200, "{event}");
    }
    let seen = debug(&sandbox).await.json();
    assert_eq!(seen.pointer("/view/n"), Some(&json!("signed")));
    assert!(seen.pointer("/search").is_some());
    let summary = post(&sandbox, "/api/v1/event/summary.json", "").await.json();
    let at = |pointer: &str| summary.pointer(pointer).cloned().unwrap_or_default();
    assert_eq!(
        (at("/stats/view/count"), at("/stats/event_verification_error/count")),
        (json!(1), json!(2)),
        "{summary}"
    );
}
