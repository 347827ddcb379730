//! Tests of running a collector: its start and end, its bounds, its faults and its traffic.

use std::time::{Duration, Instant};

use serde_json::json;

use super::*;

#[tokio::test]
async fn a_reset_forgets_every_event() {
    let sandbox = start().await;
    sandbox.accept(r#"{"event":"view"}"#).unwrap();
    assert_eq!(ask(&sandbox, "DELETE", "/_sandbox/events", CONFIRM, "").await.status, 200);
    assert_eq!(debug(&sandbox).await.text(), "{}");
    let summary = post(&sandbox, "/api/v1/event/summary.json", "").await.json();
    assert_eq!(summary.pointer("/stats/missing_identifier/count"), Some(&json!(0)));
}

#[tokio::test]
async fn a_status_fault_answers_as_the_platform_does_and_only_to_its_scope() {
    let sandbox =
        start_with(SandboxConfig { faults: faults(&["status=429", "retry-after=2500ms"]), ..SandboxConfig::default() })
            .await;
    let answer = debug(&sandbox).await;
    assert_eq!((answer.status, answer.json()), (429, json!({"message": "Too Many Requests"})));
    assert!(answer.has("retry-after: 3"), "{}", answer.head);
    assert_eq!(post(&sandbox, "/api/v1/event/summary.json", "").await.status, 429);
    assert_eq!(post(&sandbox, "/api/v1/event", r#"{"event":"view"}"#).await.status, 200);

    sandbox.set_faults(faults(&["status=503@send"]));
    let refused = post(&sandbox, "/api/v1/event", r#"{"event":"search"}"#).await;
    assert_eq!(refused.status, 503);
    assert!(!refused.head.contains("retry-after"));
    let shown = debug(&sandbox).await;
    assert_eq!((shown.status, shown.json().get("search")), (200, None));
}

#[tokio::test]
async fn a_fault_spoils_the_answer_in_its_own_way() {
    let sandbox = start().await;
    sandbox.accept(r#"{"event":"view","filler":"0123456789"}"#).unwrap();
    let whole = debug(&sandbox).await.body;
    let sent = request("GET", "/api/v1/event/debug", KEY, b"");

    sandbox.set_faults(faults(&["truncate"]));
    let raw = exchange(&sandbox, &sent).await.unwrap();
    let text = String::from_utf8(raw).unwrap().to_ascii_lowercase();
    assert!(text.contains(&format!("content-length: {}", whole.len())), "{text}");
    assert!(
        text.ends_with(&String::from_utf8_lossy(whole.get(..whole.len() / 2).unwrap()).to_ascii_lowercase()),
        "{text}"
    );

    sandbox.set_faults(faults(&["reset"]));
    let error = exchange(&sandbox, &sent).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);

    sandbox.set_faults(faults(&["garbage"]));
    let answer = debug(&sandbox).await;
    assert!(answer.status == 200 && std::str::from_utf8(&answer.body).is_err());

    sandbox.set_faults(faults(&["html"]));
    let answer = debug(&sandbox).await;
    assert!(answer.status == 200 && answer.has("content-type: text/html; charset=utf-8"), "{}", answer.head);

    sandbox.set_faults(faults(&["blank"]));
    let answer = debug(&sandbox).await;
    assert!(answer.status == 200 && answer.body.is_empty());

    sandbox.set_faults(faults(&["oversize=200000"]));
    assert_eq!(debug(&sandbox).await.body.len(), 200_000);

    sandbox.set_faults(faults(&["redirect=http://elsewhere.example/debug"]));
    let answer = debug(&sandbox).await;
    assert!(answer.status == 302 && answer.has("location: http://elsewhere.example/debug"), "{}", answer.head);

    sandbox.set_faults(faults(&["slow-body=100ms", "delay=50ms"]));
    let asked = Instant::now();
    assert_eq!(debug(&sandbox).await.body, whole);
    assert!(asked.elapsed() >= Duration::from_millis(150), "{:?}", asked.elapsed());

    sandbox.set_faults(Vec::new());
    assert_eq!(debug(&sandbox).await.body, whole);
}

#[tokio::test]
async fn one_type_is_kept_fifty_deep_and_ten_thousand_types_wide() {
    let sandbox = start().await;
    let bulk = |from: usize, to: usize| {
        let events = (from..to).map(|n| format!(r#"{{"event":"t{n}","email":"x@y.example"}}"#)).collect::<Vec<_>>();
        format!("{{\"events\":[{}]}}", events.join(","))
    };
    for batch in 0..100 {
        assert_eq!(post(&sandbox, "/api/v1/bulkevents", &bulk(batch * 100, batch * 100 + 100)).await.status, 200);
    }
    assert_eq!(post(&sandbox, "/api/v1/bulkevents", &bulk(10_000, 10_001)).await.status, 200);
    let shown = debug(&sandbox).await.json();
    let types = shown.as_object().unwrap();
    assert_eq!(types.len(), 10_000);
    assert!(!types.contains_key("t0") && types.contains_key("t1") && types.contains_key("t10000"));
}

#[tokio::test]
async fn a_port_in_use_is_said_with_the_option_to_change_it() {
    let sandbox = start().await;
    let second = Sandbox::start(SandboxConfig { listen: sandbox.local_addr(), ..SandboxConfig::default() }).await;
    let error = second.unwrap_err();
    assert!(matches!(error, SandboxError::PortInUse { addr } if addr == sandbox.local_addr()));
    assert!(error.to_string().contains("--listen"), "{error}");
}

#[tokio::test]
async fn an_address_that_is_not_ours_is_said_to_be_unusable() {
    let error = Sandbox::start(SandboxConfig { listen: ([192, 0, 2, 1], 0).into(), ..SandboxConfig::default() })
        .await
        .unwrap_err();
    assert!(matches!(error, SandboxError::Listen { .. }), "{error}");
}

#[tokio::test]
async fn a_shutdown_is_quick_whatever_is_under_way_and_frees_the_port() {
    let sandbox = start_with(SandboxConfig { faults: faults(&["delay=1h"]), ..SandboxConfig::default() }).await;
    let addr = sandbox.local_addr();
    let mut waiting = TcpStream::connect(addr).await.unwrap();
    waiting.write_all(&request("GET", "/api/v1/event/debug", KEY, b"")).await.unwrap();
    let mut half = TcpStream::connect(addr).await.unwrap();
    half.write_all(b"POST /api/v1/event HTTP/1.1\r\nContent-Le").await.unwrap();
    while sandbox.polls() == 0 {
        tokio::task::yield_now().await;
    }
    let asked = Instant::now();
    sandbox.shutdown().await;
    assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
    TcpListener::bind(addr).await.unwrap();
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "the delay ends with the collector: {answer}");
}

#[tokio::test]
async fn dropping_it_ends_it() {
    let sandbox = start().await;
    let addr = sandbox.local_addr();
    drop(sandbox);
    while TcpStream::connect(addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
    TcpListener::bind(addr).await.unwrap();
}

#[tokio::test]
async fn a_key_is_in_no_debug_output() {
    let config = SandboxConfig { accept_keys: vec!["canary-9f31".into()], ..SandboxConfig::default() };
    assert!(!format!("{config:?}").contains("canary"));
    let sandbox = start_with(config).await;
    assert!(!format!("{sandbox:?}").contains("canary"));
    let answer = ask(&sandbox, "GET", "/api/v1/event/debug?apiKey=canary-0000", "", "").await;
    assert!(answer.status == 401 && !answer.text().contains("canary"), "{}", answer.text());
}

#[tokio::test]
async fn traffic_comes_in_at_once_and_ends_with_the_collector() {
    let sandbox = start().await;
    sandbox.play(Traffic::shop(0).unwrap());
    let begun = Instant::now();
    while debug(&sandbox).await.json().as_object().unwrap().len() < 5 {
        assert!(begun.elapsed() < Duration::from_secs(5), "no traffic");
    }
    let shown = debug(&sandbox).await.json();
    let browser = |pointer: &str| shown.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    assert_eq!((browser("/view/browser_type"), browser("/view/browser_platform")), ("Chrome".into(), "macOS".into()));
    let shared = Arc::downgrade(&sandbox.shared);
    sandbox.shutdown().await;
    while shared.strong_count() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "something still runs");
        tokio::task::yield_now().await;
    }
}
