//! Who is shown what came, who may forget it, and how long anyone may take.

use std::time::{Duration, Instant};

use super::*;

/// The requests that only those who belong here may make. What was sent comes last: then there is something to tell.
const KEPT: [(&str, &str); 6] = [
    ("GET", "/api/v1/event/debug"),
    ("HEAD", "/api/v1/event/debug"),
    ("GET", "/api/v1/event/history?event_name=view"),
    ("POST", "/api/v1/event/summary.json"),
    ("DELETE", "/_sandbox/events"),
    ("GET", "/_sandbox/records?after=0"),
];

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default()
}

async fn status_for(sandbox: &Sandbox, method: &str, target: &str, headers: &str) -> u16 {
    let head = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n{KEY}{CONFIRM}{headers}");
    let answer = raw(sandbox, &head).await;
    let (answered, _) = answer.split_once("\r\n\r\n").unwrap();
    assert!(!answered.to_ascii_lowercase().contains("access-control"), "{method} {target} {headers}: {answer}");
    status(&answer)
}

#[tokio::test]
async fn what_came_is_shown_under_our_own_names_only() {
    let allowed_hosts = vec!["staging.lan".parse().unwrap()];
    let sandbox = start_with(SandboxConfig { allowed_hosts, ..SandboxConfig::default() }).await;
    let own = sandbox.local_addr().to_string();
    for (method, target) in KEPT {
        for host in [&own, "localhost", "LOCALHOST.:80", "[::1]:8787", "staging.lan:1"] {
            assert_eq!(
                status_for(&sandbox, method, target, &format!("Host: {host}\r\n")).await,
                200,
                "{target} {host}"
            );
        }
        for host in ["evil.example", "evil.example:8787", "localhost.evil.example", "192.0.2.1", "", "user@localhost"] {
            assert_eq!(
                status_for(&sandbox, method, target, &format!("Host: {host}\r\n")).await,
                421,
                "{target} {host}"
            );
        }
        assert_eq!(status_for(&sandbox, method, target, "").await, 421, "{target} without a host");
        let absolute = format!("http://evil.example{target}");
        assert_eq!(status_for(&sandbox, method, &absolute, "Host: localhost\r\n").await, 421, "{target}");
        let old = raw(&sandbox, &format!("{method} {target} HTTP/1.0\r\n{KEY}{CONFIRM}")).await;
        assert_eq!(status(&old), 200, "{target} of an old client: {old}");
    }
    let head = format!("GET /api/v1/event/debug HTTP/1.1\r\nHost: pi.lan\r\nConnection: close\r\n{KEY}");
    let refusal = raw(&sandbox, &head).await;
    assert!(refusal.contains("--allow-host") && refusal.contains("pi.lan"), "{refusal}");
}

#[tokio::test]
async fn what_came_is_shown_to_no_page_of_another_origin() {
    let sandbox = start().await;
    sandbox.accept(r#"{"event":"view","email":"jane@example.com"}"#).unwrap();
    let own = sandbox.local_addr();
    for (method, target) in KEPT {
        let foreign = [
            "Origin: https://evil.example",
            "Origin: null",
            "Origin: http://localhost:1",
            "Origin: http://127.0.0.1",
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Site: same-site",
            "Origin:",
        ];
        for header in foreign {
            let headers = format!("Host: {own}\r\n{header}\r\n");
            assert_eq!(status_for(&sandbox, method, target, &headers).await, 403, "{method} {target} {header}");
        }
        let asks =
            format!("Host: {own}\r\nOrigin: https://evil.example\r\nAccess-Control-Request-Method: {method}\r\n");
        assert_ne!(status_for(&sandbox, "OPTIONS", target, &asks).await / 100, 2, "{target}");
    }
    assert!(debug(&sandbox).await.text().contains("jane@example.com"), "nothing was deleted");
    let headers = format!("Host: {own}\r\nOrigin: http://{own}\r\nSec-Fetch-Site: same-origin\r\n");
    for (method, target) in KEPT {
        assert_eq!(status_for(&sandbox, method, target, &headers).await, 200, "{method} {target}");
    }
}

#[tokio::test]
async fn each_route_is_for_those_it_is_meant_for() {
    let view = r#"{"event":"view","email":"x@y.example"}"#;
    let bulk = format!(r#"{{"events":[{view}]}}"#);
    // For one of our own, a page of another origin, one under a name of its own that leads here, one that says only where
    // it is, one without a key, and one with another key where keys are listed.
    let sender = [200, 200, 200, 200, 401, 401];
    let anybody = [200; 6];
    let watcher = [200, 403, 421, 403, 401, 401];
    let own = [200, 403, 421, 403, 200, 401];
    let routes = [
        ("POST", "/api/v1/event", view, sender),
        ("POST", "/api/v1/bulkevents", &bulk, sender),
        ("GET", "/unity.gif?e=view", "", sender),
        ("HEAD", "/unity.gif?e=view", "", anybody),
        ("GET", "/blueshift.js", "", anybody),
        ("GET", "/", "", anybody),
        ("OPTIONS", "/api/v1/event", "", [204; 6]),
        ("GET", "/nowhere", "", [404; 6]),
        ("GET", "/api/v1/event/debug", "", watcher),
        ("HEAD", "/api/v1/event/debug", "", watcher),
        ("GET", "/api/v1/event/history?event_name=view", "", watcher),
        ("POST", "/api/v1/event/summary.json", "", watcher),
        ("GET", "/_sandbox/records?after=0", "", own),
        ("HEAD", "/_sandbox/records?after=0", "", own),
        ("POST", "/_sandbox/forward", "", [404, 403, 421, 403, 404, 401]),
        ("DELETE", "/_sandbox/events", "", own),
    ];
    let any = start().await;
    let listed = start_with(SandboxConfig { accept_keys: vec!["key".into()], ..SandboxConfig::default() }).await;
    for (method, target, body, expected) in routes {
        for sandbox in [&any, &listed] {
            assert_eq!(post(sandbox, "/api/v1/event", view).await.status, 200);
        }
        let here = "Host: localhost\r\n";
        let other = "Authorization: Basic b3RoZXI6\r\n";
        let cases = [
            (&any, here, KEY, ""),
            (&any, here, KEY, "Origin: https://evil.example\r\n"),
            (&any, "Host: evil.example\r\n", KEY, ""),
            (&any, here, KEY, "Sec-Fetch-Site: cross-site\r\n"),
            (&any, here, "", ""),
            (&listed, here, other, ""),
        ];
        for ((sandbox, host, key, more), expected) in cases.into_iter().zip(expected) {
            let length = body.len();
            let head = format!(
                "{method} {target} HTTP/1.1\r\nConnection: close\r\n{host}{key}{more}{CONFIRM}Content-Length: {length}\r\n\r\n"
            );
            let answer = exchange(sandbox, format!("{head}{body}").as_bytes()).await.unwrap();
            let answer = String::from_utf8_lossy(&answer);
            assert_eq!(status(&answer), expected, "{method} {target} {host}{key}{more}: {answer}");
            // What is refused tells nothing of what came.
            assert!(expected < 400 || !answer.contains("x@y.example"), "{method} {target}: {answer}");
        }
        // With a key that is listed, as before.
        let answer = ask(&listed, method, target, &format!("{KEY}{CONFIRM}"), body).await;
        assert_eq!(answer.status, expected.first().copied().unwrap_or_default(), "{method} {target} {}", answer.head);
    }
}

#[tokio::test]
async fn nothing_is_deleted_without_the_header_that_says_so() {
    let sandbox = start().await;
    sandbox.accept(r#"{"event":"view"}"#).unwrap();
    let refusal = ask(&sandbox, "DELETE", "/_sandbox/events", KEY, "").await;
    assert!(refusal.status == 403 && refusal.text().contains("x-clickscope: 1"), "{}", refusal.text());
    assert!(debug(&sandbox).await.text().contains("view"));
    assert_eq!(ask(&sandbox, "DELETE", "/_sandbox/events", CONFIRM, "").await.status, 200);
    assert_eq!(debug(&sandbox).await.text(), "{}");
}

#[tokio::test]
async fn events_are_taken_under_any_name() {
    let sandbox = start().await;
    for host in ["Host: api.getblueshift.com\r\n", "Host: evil.example:1\r\n", "Host:\r\n", ""] {
        let pixel = raw(&sandbox, &format!("GET /unity.gif?x=k&e=view HTTP/1.1\r\n{host}Connection: close\r\n")).await;
        assert_eq!(status(&pixel), 200, "{host}: {pixel}");
    }
    assert_eq!(sandbox.arrivals(), 4);
}

#[tokio::test]
async fn only_a_collector_beyond_loopback_has_something_to_warn_of() {
    for (listen, open) in [("127.0.0.1:0", false), ("127.0.0.2:0", false), ("0.0.0.0:0", true)] {
        let sandbox = Sandbox::start(SandboxConfig { listen: listen.parse().unwrap(), ..SandboxConfig::default() })
            .await
            .unwrap();
        let exposure = sandbox.exposure();
        assert_eq!(exposure.is_some(), open, "{listen}: {exposure:?}");
        if let Some(exposure) = exposure {
            let port = sandbox.local_addr().port();
            assert!(exposure.contains(&format!("0.0.0.0:{port}")), "{exposure}");
            assert!(exposure.contains(&format!("--listen 127.0.0.1:{port}")), "{exposure}");
            assert_eq!(sandbox.url(), format!("http://127.0.0.1:{port}"));
        }
    }
}

#[tokio::test]
async fn a_slow_head_and_a_slow_body_end_by_the_time_limit() {
    let time_limit = Duration::from_millis(100);
    let sandbox = start_with(SandboxConfig { time_limit, ..SandboxConfig::default() }).await;
    let head = format!("POST /api/v1/event HTTP/1.1\r\nHost: s\r\n{KEY}Content-Length: 20\r\n\r\n{{\"event\"");
    let starts = [("", 0), ("POST /api/v1/event HTT", 0), ("POST / HTTP/1.1\r\nHost: s\r\n", 0), (&*head, 408)];
    for (start, expected) in starts {
        let begun = Instant::now();
        let answer = exchange(&sandbox, start.as_bytes()).await.unwrap_or_default();
        assert!(begun.elapsed() >= time_limit, "{start}");
        assert_eq!(status(&String::from_utf8_lossy(&answer)), expected, "{start}");
    }
    assert_eq!(sandbox.arrivals(), 0);
}

#[tokio::test]
async fn one_who_does_not_read_is_let_go() {
    let sandbox =
        start_with(SandboxConfig { time_limit: Duration::from_millis(100), ..SandboxConfig::default() }).await;
    let filler = "x".repeat(1_000_000);
    for number in 0..30 {
        sandbox.accept(&format!(r#"{{"event":"t{number}","filler":"{filler}"}}"#)).unwrap();
    }
    let mut idle = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    idle.write_all(&request("GET", "/api/v1/event/debug", KEY, b"")).await.unwrap();
    let holders = || Arc::strong_count(sandbox.shared.account());
    let begun = Instant::now();
    for wanted in [2, 1] {
        while holders() != wanted {
            assert!(begun.elapsed() < Duration::from_secs(20), "{} hold an answer", holders());
            tokio::task::yield_now().await;
        }
    }
    // Who reads gets it all.
    assert!(debug(&sandbox).await.body.len() > 30_000_000);
}

#[tokio::test]
async fn what_other_readers_of_json_refuse_is_shown_as_it_came() {
    let sandbox = start().await;
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let sent = [
        r#"{"event":"half","email":"x@y.example","title":"shoe \ud83d""#.to_owned(),
        format!(r#"{{"event":"deep","email":"x@y.example","deep":{deep}"#),
        r#"{"event":"twice","email":"x@y.example","n":1,"n":2"#.to_owned(),
    ];
    for event in &sent {
        assert_eq!(post(&sandbox, "/api/v1/event", &format!("{event}}}")).await.status, 200);
        let call = format!(r#"{{"sent by":"\ud83d","events":[{event}}}]}}"#);
        assert_eq!(post(&sandbox, "/api/v1/bulkevents", &call).await.status, 200);
    }
    let shown = debug(&sandbox).await;
    for (event, name) in sent.iter().zip(["half", "deep", "twice"]) {
        assert!(shown.text().contains(&format!(r#""{name}":{event},"_bsft_ts""#)), "{name}");
        let history = get(&sandbox, &format!("/api/v1/event/history?event_name={name}")).await;
        assert_eq!(history.text().matches(event.as_str()).count(), 2, "{name}");
    }
}
