//! What those who watch are told of each request.

use super::*;
use crate::session::{Arrival, Change, ChangeKind, Request};

pub(super) fn now() -> Moment {
    Moment { elapsed: Duration::from_secs(5), wall: Timestamp::now() }
}

/// What was told of the requests so far.
pub(super) async fn told(reader: &mut RecordReader, requests: usize) -> (Vec<Change>, Vec<Arc<Request>>) {
    let (mut changes, mut told) = (Vec::new(), Vec::new());
    while told.len() < requests {
        for record in reader.next(now).await.unwrap() {
            match record {
                Record::Change(change) => changes.push(change),
                Record::Request(request) => told.push(request),
                Record::Waiting(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    (changes, told)
}

#[tokio::test]
async fn what_cannot_be_read_is_told_as_it_came_and_what_comes_over_no_connection_too() {
    let sandbox = start().await;
    let form = format!("{KEY}Content-Type: application/x-www-form-urlencoded\r\n");
    ask(&sandbox, "POST", "/api/v1/event", &form, "event=view").await;
    sandbox.post(r#"{"event":"view"}"#).await;
    sandbox.post(r#"{"event":"kiln fired"}"#).await;
    let (changes, requests) = told(&mut sandbox.records(), 3).await;
    let told: Vec<_> = requests.iter().map(|it| (it.status, it.body.as_deref().unwrap())).collect();
    let expected = [(400, "event=view"), (200, r#"{"event":"view"}"#), (422, r#"{"event":"kiln fired"}"#)];
    assert_eq!(told, expected);
    assert_eq!(changes.iter().map(Change::is_refused).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test]
async fn whoever_asks_for_what_comes_after_a_request_of_another_session_is_told_all() {
    let sandbox = start().await;
    post(&sandbox, "/api/v1/event", r#"{"event":"view"}"#).await;
    let answer = get(&sandbox, "/_sandbox/records?after=99").await;
    assert!(answer.text().contains(r#""record":"request","number":1"#), "{}", answer.text());
}

#[tokio::test]
async fn every_request_is_told_with_its_events_its_answer_and_why_it_was_refused() {
    let sandbox = start().await;
    let json = format!("{KEY}Content-Type: application/json\r\nUser-Agent: shop/1.2\r\n");
    let cases = [
        ("POST", "/api/v1/event", r#"{"event":"view","customer_id":"1","n":1.10}"#, 200, 1, None),
        (
            "POST",
            "/api/v1/bulkevents",
            r#"{"events":[{"event":"view"},{"event":"kiln fired"}]}"#,
            422,
            2,
            Some("events[1].event \"kiln fired\": the event name contains white space: use `_` instead"),
        ),
        ("POST", "/api/v1/event", r#"{"email":"x@y.example"}"#, 400, 1, Some("event: `event` can't be blank")),
        ("POST", "/api/v1/event", "{", 400, 0, Some("the body is not JSON: EOF")),
        ("POST", "/api/v1/bulkevents", r#"{"event":"view"}"#, 400, 0, Some("events: `events` can't be blank")),
        ("GET", "/unity.gif?x=key&e=pageload&a=b", "", 200, 1, None),
        ("GET", "/unity.gif?e=page%20load", "", 422, 1, Some("event \"page load\": the event name contains")),
        ("POST", "/api/v1/Event/", "{}", 404, 0, Some("no such path: did you mean /api/v1/event?")),
        ("PUT", "/api/v1/event", "{}", 405, 0, Some("no such method for this path")),
        ("GET", "/api/v1/event/debug", "", 200, 0, None),
        ("GET", "/blueshift.js", "", 200, 0, None),
    ];
    let mut expected = Vec::new();
    for (method, target, body, status, events, why) in cases {
        let answer = ask(&sandbox, method, target, &json, body).await;
        assert_eq!(answer.status, status, "{target} {}", answer.text());
        if !target.ends_with("/debug") {
            expected.push((method, target, status, events, why));
        }
    }
    let mut reader = sandbox.records();
    let (changes, requests) = told(&mut reader, expected.len()).await;
    for (request, (method, target, status, events, why)) in requests.iter().zip(&expected) {
        assert_eq!(
            (request.method.as_ref(), request.status, request.events),
            (*method, *status, *events),
            "{request:?}"
        );
        assert_eq!(request.path.as_ref(), target.replace("x=key", "x=[key]"));
        assert_eq!(request.sender.as_deref(), Some("shop/1.2"));
        let refusal = request.refusal.as_ref().map(|refusal| refusal.sentence().to_string());
        let is_told = match (&refusal, why) {
            (Some(refusal), Some(why)) => refusal.starts_with(why),
            (refusal, why) => refusal.is_none() && why.is_none(),
        };
        assert!(is_told, "{target}: {refusal:?}");
        assert!(!format!("{request:?}").contains("a2V5Og"), "{request:?}");
    }
    let numbers: Vec<_> = requests.iter().map(|request| request.number).collect();
    assert_eq!(numbers, (1..=expected.len() as u64).collect::<Vec<_>>());
    assert_eq!(requests[0].body.as_deref(), Some(r#"{"event":"view","customer_id":"1","n":1.10}"#));
    assert_eq!(requests[0].answer.as_deref(), Some(r#"{"status":"OK"}"#));

    let told: Vec<_> = changes
        .iter()
        .map(|change| (change.event_type.as_str(), change.arrival, change.kind, change.received, change.captured))
        .collect();
    let (taken, refused) = (Arrival::Collector, Arrival::Refused);
    let expected = [
        ("view", taken, ChangeKind::New, Some(1), 1),
        ("view", refused, ChangeKind::Updated, None, 0),
        ("kiln fired", refused, ChangeKind::Updated, None, 0),
        ("(no name)", refused, ChangeKind::Updated, None, 0),
        ("pageload", taken, ChangeKind::New, Some(1), 1),
        ("page load", refused, ChangeKind::Updated, None, 0),
    ];
    assert_eq!(told, expected);
    assert!(changes[0].payload.as_ref().unwrap().text().starts_with(r#"{"event":"view","customer_id":"1","n":1.10,"#));
    assert!(changes.iter().all(|change| (change.arrived == 1) == (change.arrival == taken)));
}

#[tokio::test]
async fn records_are_pulled_by_number_and_waited_for() {
    let sandbox = start().await;
    for n in 0..3 {
        post(&sandbox, "/api/v1/event", &format!(r#"{{"event":"view","customer_id":"{n}"}}"#)).await;
    }
    let answer = ask(&sandbox, "GET", "/_sandbox/records?after=1", "", "").await;
    assert!(answer.status == 200 && answer.has("x-clickscope-last: 3"), "{}", answer.head);
    let lines: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = lines.iter().map(|line| line["record"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["event", "request", "event", "request"]);
    let waiting = ask(&sandbox, "GET", "/_sandbox/records?after=3", "", "");
    let sending = async {
        post(&sandbox, "/api/v1/event", r#"{"event":"late","customer_id":"4"}"#).await;
    };
    let (answer, ()) = tokio::join!(waiting, sending);
    assert!(answer.text().contains(r#""type":"late""#) && answer.has("x-clickscope-last: 4"), "{}", answer.text());
    assert_eq!(ask(&sandbox, "GET", "/_sandbox/records?after=x", "", "").await.status, 400);
    assert_eq!(ask(&sandbox, "GET", "/_sandbox/records", "Origin: https://evil.example\r\n", "").await.status, 403);
}

#[tokio::test]
async fn what_fell_out_of_memory_is_told_as_a_gap_of_each_type() {
    let sandbox = start().await;
    let mut reader = sandbox.records();
    post(&sandbox, "/api/v1/event", r#"{"event":"view","customer_id":"0"}"#).await;
    told(&mut reader, 1).await;
    // 80 of these are more than it holds.
    let body = format!(r#"{{"event":"view","customer_id":"1","filler":"{}"}}"#, "x".repeat(900_000));
    for _ in 0..80 {
        assert_eq!(post(&sandbox, "/api/v1/event", &body).await.status, 200);
    }
    let records = reader.next(now).await.unwrap();
    assert!(matches!(&records[0], Record::Note { note, .. } if note.0.contains("earlier request")), "{:?}", records[0]);
    let Record::Gap(gap) = &records[1] else { panic!("{:?}", records[1]) };
    let captured = records.iter().filter(|record| record.change().is_some()).count() as u64;
    assert_eq!(gap.lost, Some(80 - captured));
    assert_eq!(records.iter().filter(|record| matches!(record, Record::Gap(_))).count(), 1);
}

#[tokio::test]
async fn a_reader_ends_with_the_collector_and_forgetting_lets_the_types_go() {
    let sandbox = start().await;
    let mut reader = sandbox.records();
    post(&sandbox, "/api/v1/event", r#"{"event":"view","customer_id":"0"}"#).await;
    let (mut changes, _) = told(&mut reader, 1).await;
    ask(&sandbox, "DELETE", "/_sandbox/events", CONFIRM, "").await;
    let left = ask(&sandbox, "GET", "/_sandbox/records?after=0", "", "").await;
    assert!(!left.text().contains("customer_id") && left.text().contains("DELETE"), "{}", left.text());
    post(&sandbox, "/api/v1/event", r#"{"event":"view","customer_id":"0"}"#).await;
    changes.extend(told(&mut reader, 2).await.0);
    let kinds: Vec<_> = changes.iter().map(|change| (change.kind, change.received)).collect();
    assert_eq!(kinds, [(ChangeKind::New, Some(1)), (ChangeKind::Gone, None), (ChangeKind::New, Some(1))]);
    sandbox.shutdown().await;
    assert_eq!(reader.next(now).await, None);
}
