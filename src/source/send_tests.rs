//! The sender against the local collector.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::live::{self, BODY_LIMIT, Settings, Timeouts};
use super::send::{Label, Pace, Sender, Stage};
use super::{Clock, Source, SourceCommand};
use crate::blueshift::auth::AccountKey;
use crate::blueshift::limits::ATTEMPTS;
use crate::blueshift::{Batch, Call, CallLimits};
use crate::sandbox::{Fault, Sandbox, SandboxConfig};
use crate::session::{CallOutcome, Delivery, ProblemKind, Recalled, Record};

const CANARY: &str = "canary-5f0c-event-key";

async fn sandbox(config: SandboxConfig) -> Sandbox {
    Sandbox::start(SandboxConfig { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..config }).await.unwrap()
}

fn settings(url: &str) -> Settings {
    Settings {
        base: url.parse().unwrap(),
        event_key: AccountKey { secret: SecretString::from(CANARY), called: "the Event key of the test".into() },
        user_key: None,
        headers: Arc::default(),
        interval: Duration::from_millis(250),
        timeouts: Timeouts { retry: Duration::from_millis(1), ..Timeouts::default() },
        body_limit: BODY_LIMIT,
        since: None,
        expecting: None,
        authority: None,
        clock: Clock::start(),
    }
}

fn calls(draft: &str) -> Vec<Call> {
    Batch::read(draft, uuid::Uuid::new_v4).unwrap().calls(CallLimits::default())
}

/// The outcome of a draft that is sent in one call, and how many failed attempts were reported.
async fn deliver(url: &str, draft: &str) -> (Delivery, usize) {
    let mut sender = Sender::new(settings(url), Pace::unlimited());
    let [call] = &*calls(draft) else { panic!("{draft}") };
    let mut retries = 0;
    let delivery = sender
        .deliver(Label { batch: 1, call: 0, calls: 1 }, call, |stage| {
            retries += usize::from(matches!(stage, Stage::Failed(_)));
        })
        .await;
    assert!(!format!("{delivery:?}{sender:?}").contains(CANARY));
    (delivery, retries)
}

#[tokio::test]
async fn a_single_event_and_an_array_are_taken_where_they_belong() {
    let sandbox = sandbox(SandboxConfig::default()).await;
    let (single, _) = deliver(&sandbox.url(), r#"{"event":"view","email":"a@example.com"}"#).await;
    assert_eq!(single.verdict, CallOutcome::Taken { status: 200, body: r#"{"status":"OK"}"#.into() });
    let (bulk, _) = deliver(&sandbox.url(), r#"[{"event":"view"},{"event":"search"}]"#).await;
    assert_eq!(bulk.verdict, CallOutcome::Taken { status: 200, body: r#"{"status":"ok","count":2}"#.into() });
    assert_eq!((sandbox.arrivals(), bulk.events.len(), bulk.attempts), (3, 2, 1));
}

#[tokio::test]
async fn trouble_that_may_pass_is_tried_again_and_the_rest_is_not() {
    type Expected = fn(&CallOutcome) -> bool;
    let cases: [(&str, Option<u16>, u32, usize, Expected); 5] = [
        (
            "status=429@send",
            Some(429),
            ATTEMPTS,
            4,
            |v| matches!(v, CallOutcome::Failed(p) if p.kind == ProblemKind::RateLimited),
        ),
        (
            "status=503@send",
            Some(503),
            ATTEMPTS,
            4,
            |v| matches!(v, CallOutcome::Failed(p) if p.kind == ProblemKind::Unreachable),
        ),
        (
            "reset@send",
            None,
            ATTEMPTS,
            4,
            |v| matches!(v, CallOutcome::Failed(p) if p.kind == ProblemKind::Unreachable),
        ),
        ("status=401@send", Some(401), 1, 0, |v| matches!(v, CallOutcome::Failed(p) if p.kind == ProblemKind::Refused)),
        ("status=422@send", Some(422), 1, 0, |v| matches!(v, CallOutcome::Refused { status: 422, .. })),
    ];
    for (fault_spec, status, attempts, retries, verdict) in cases {
        let faults: Vec<Fault> = vec![fault_spec.parse().unwrap()];
        let sandbox = sandbox(SandboxConfig { faults, ..SandboxConfig::default() }).await;
        let (delivery, retried) = deliver(&sandbox.url(), r#"{"event":"view"}"#).await;
        assert_eq!((delivery.status, delivery.attempts, retried), (status, attempts, retries), "{delivery:?}");
        assert!(verdict(&delivery.verdict), "{delivery:?}");
        // An answer that is lost is no event that is lost: each attempt brought it once more.
        let duplicates = if matches!(fault_spec, "reset@send") { u64::from(ATTEMPTS) } else { 0 };
        assert_eq!(sandbox.arrivals(), duplicates, "{fault_spec}");
    }
}

#[tokio::test]
async fn a_429_and_then_a_200_is_a_delivery_with_its_attempts() {
    let sandbox =
        sandbox(SandboxConfig { faults: vec!["status=429@send".parse().unwrap()], ..SandboxConfig::default() }).await;
    let mut sender = Sender::new(settings(&sandbox.url()), Pace::unlimited());
    let [call] = &*calls(r#"{"event":"view"}"#) else { panic!() };
    let label = Label { batch: 1, call: 0, calls: 1 };
    let mend = |stage| {
        if matches!(stage, Stage::Failed(_)) {
            sandbox.set_faults(Vec::new());
        }
    };
    let delivery = sender.deliver(label, call, mend).await;
    assert_eq!(delivery.attempts, 2);
    assert!(matches!(delivery.verdict, CallOutcome::Taken { status: 200, .. }), "{delivery:?}");
    assert_eq!(sandbox.arrivals(), 1);
}

#[tokio::test]
async fn a_refused_event_is_told_with_the_field_that_the_server_names() {
    let sandbox = sandbox(SandboxConfig::default()).await;
    let mut sender = Sender::new(settings(&sandbox.url()), Pace::unlimited());
    let call = Call { bulk: false, body: r#"{"email":"a@example.com"}"#.into(), events: std::sync::Arc::default() };
    let delivery = sender.deliver(Label { batch: 1, call: 0, calls: 1 }, &call, |_| {}).await;
    let CallOutcome::Refused { status: 400, fields, .. } = delivery.verdict else { panic!("{delivery:?}") };
    assert_eq!(fields, [("event".into(), "`event` can't be blank".into())]);
}

async fn next_delivery(source: &mut Source) -> Delivery {
    loop {
        if let [Record::Delivered(delivery)] = &*source.records.recv().await.unwrap() {
            return delivery.clone();
        }
    }
}

#[tokio::test]
async fn the_poller_sends_in_order_and_asks_for_the_history() {
    let sandbox = sandbox(SandboxConfig::default()).await;
    let mut source = live::start(settings(&sandbox.url()));
    for (batch, name) in [(1, "view"), (2, "search")] {
        let calls = calls(&format!(r#"{{"event":"{name}","email":"a@example.com","event_uuid":"{name}-1"}}"#));
        source.commands.send(SourceCommand::Send { batch, calls }).await.unwrap();
    }
    for batch in [1, 2] {
        assert_eq!(next_delivery(&mut source).await.batch, batch);
    }
    source.commands.send(SourceCommand::Recall("view".into())).await.unwrap();
    let uuids = loop {
        if let [Record::Recalled(Recalled { event_type, events, .. })] = &*source.records.recv().await.unwrap() {
            assert_eq!(event_type.as_str(), "view");
            break events.iter().filter_map(|event| event.head().uuid.clone()).collect::<Vec<_>>();
        }
    };
    assert_eq!(uuids.iter().map(|uuid| &**uuid).collect::<Vec<_>>(), ["view-1"]);
}

#[tokio::test]
async fn after_a_call_that_failed_the_rest_of_its_batch_is_not_sent() {
    let sandbox =
        sandbox(SandboxConfig { faults: vec!["status=401@send".parse().unwrap()], ..SandboxConfig::default() }).await;
    let mut source = live::start(settings(&sandbox.url()));
    let two: Vec<_> = std::iter::repeat_with(|| calls(r#"{"event":"view"}"#)).take(2).flatten().collect();
    source.commands.send(SourceCommand::Send { batch: 1, calls: two }).await.unwrap();
    source.commands.send(SourceCommand::Send { batch: 2, calls: calls(r#"{"event":"view"}"#) }).await.unwrap();
    let mut ended = Vec::new();
    for _ in 0..3 {
        let delivery = next_delivery(&mut source).await;
        ended.push((delivery.batch, delivery.call, delivery.attempts));
    }
    assert_eq!(ended, [(1, 0, 1), (1, 1, 0), (2, 0, 1)]);
}
