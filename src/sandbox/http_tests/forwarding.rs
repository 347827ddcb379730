//! Requests that are passed on to another collector, which stands for the platform.

use std::io::Write as _;

use super::records::{now, told};
use super::*;
use crate::blueshift::safety::{Safety, TestIdentity};
use crate::source::live::Timeouts;
use crate::source::relay::Relay;

const VIEW: &str = r#"{"event":"view","email":"jane@example.com","n":1.10}"#;

fn onward_to(url: &str) -> Forwarding {
    let timeouts = Timeouts { read: Duration::from_secs(20), ..Timeouts::default() };
    let relay = Arc::new(Relay::new(url.parse().unwrap(), &[], timeouts).unwrap());
    let pass_on: PassOn = Arc::new(move |request| {
        let relay = Arc::clone(&relay);
        Box::pin(async move { relay.pass_on(request).await.map_err(|problem| problem.what) })
    });
    Forwarding { to: "upstream".into(), pass_on, key: None, safety: Safety::default(), hold: false, taken: None }
}

async fn passing_on(forwarding: Forwarding) -> Sandbox {
    start_with(SandboxConfig { forwarding: Some(forwarding), ..SandboxConfig::default() }).await
}

#[tokio::test]
async fn the_answer_of_the_platform_is_the_answer_and_our_verdict_stands_beside_it() {
    // The faults there, what is sent, the status, the one that it would have had, and the problem.
    type Case<'a> = (&'a [&'a str], &'a str, u16, u16, Option<&'a str>);
    let upstream = start().await;
    let sandbox = passing_on(onward_to(&upstream.url())).await;
    let cases: [Case<'_>; 7] = [
        (&[], VIEW, 200, 200, None),
        (&["status=500@send"], VIEW, 500, 200, None),
        (&["status=401@send"], VIEW, 401, 200, None),
        (&["status=429@send", "retry-after=3s@send"], VIEW, 429, 200, None),
        (&["delay=20ms@send"], VIEW, 200, 200, None),
        (&["reset@send"], VIEW, 502, 200, Some("connection")),
        (&["status=202@send"], r#"{"event":"kiln fired"}"#, 202, 422, None),
    ];
    let mut reader = sandbox.records();
    for (faults_there, event, status, own, problem) in cases {
        upstream.set_faults(faults(faults_there));
        let answer = post(&sandbox, "/api/v1/event", event).await;
        assert_eq!(answer.status, status, "{faults_there:?}: {}", answer.text());
        assert!(answer.has("access-control-allow-origin: *"), "{}", answer.head);
        assert_eq!(answer.has("retry-after: 3"), status == 429, "{}", answer.head);
        let (_, requests) = told(&mut reader, 1).await;
        let request = requests.first().unwrap();
        let forwarded = request.forwarded.as_ref().unwrap();
        assert_eq!((request.status, forwarded.own), (status, own), "{request:?}");
        let is_told = match (&forwarded.problem, problem) {
            (Some(told), Some(part)) => told.contains(part),
            (told, part) => told.is_none() && part.is_none(),
        };
        assert!(is_told, "{faults_there:?}: {forwarded:?}");
        assert_eq!(request.refusal.is_some(), own == 422, "{request:?}");
        assert_eq!(request.answer.as_deref(), Some(answer.text()), "{request:?}");
    }
}

#[tokio::test]
async fn a_request_goes_on_as_it_came_with_the_key_of_its_sender_or_another() {
    let upstream =
        start_with(SandboxConfig { accept_keys: vec!["key".into(), "other".into()], ..SandboxConfig::default() }).await;
    let own = passing_on(onward_to(&upstream.url())).await;
    let other = passing_on(Forwarding { key: Some("other".into()), ..onward_to(&upstream.url()) }).await;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(VIEW.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let headers = format!("{KEY}Content-Encoding: gzip\r\nUser-Agent: shop/1.2\r\nX-Own: 7\r\n");
    exchange(&own, &request("POST", "/api/v1/event", &headers, &packed)).await.unwrap();
    post(&own, "/api/v1/bulkevents", "{not json").await;
    post(&own, "/api/v1/customers?full=1", r#"{"email":"jane@example.com"}"#).await;
    ask(&own, "GET", "/unity.gif?x=key&e=pageload&a=b", "", "").await;
    let strange = "Authorization: Basic c3RyYW5nZTo=\r\n";
    assert_eq!(ask(&other, "POST", "/api/v1/event", strange, VIEW).await.status, 200);
    assert_eq!(ask(&other, "GET", "/unity.gif?x=strange&e=pageload", "", "").await.status, 200);
    assert_eq!(ask(&own, "POST", "/api/v1/event", strange, VIEW).await.status, 401);
    // These are not for the platform.
    for path in ["/", "/blueshift.js", "/api/v1/event/debug"] {
        get(&own, path).await;
    }
    let (_, requests) = told(&mut upstream.records(), 7).await;
    let paths: Vec<_> = requests.iter().map(|request| (request.path.as_ref(), request.status)).collect();
    let expected = [
        ("/api/v1/event", 200),
        ("/api/v1/bulkevents", 400),
        ("/api/v1/customers?full=1", 404),
        ("/unity.gif?x=[key]&e=pageload&a=b", 200),
        ("/api/v1/event", 200),
        ("/unity.gif?e=pageload", 200),
        ("/api/v1/event", 401),
    ];
    assert_eq!(paths, expected);
    let first = requests.first().unwrap();
    assert_eq!((first.body.as_deref(), first.sender.as_deref()), (Some(VIEW), Some("shop/1.2")));
    let has =
        |name: &str, value: &str| first.head.iter().any(|(known, is)| known.as_ref() == name && is.as_ref() == value);
    assert!(has("x-own", "7") && has("content-encoding", "gzip"), "{first:?}");
    assert!(!first.head.iter().any(|(name, _)| name.as_ref() == "connection"), "{first:?}");
    let (_, requests) = told(&mut other.records(), 2).await;
    assert!(!format!("{requests:?}").contains("other"), "{requests:?}");
}

#[tokio::test]
async fn what_must_not_reach_the_platform_is_refused_and_listed() {
    let upstream = start().await;
    let identities = vec!["example.org".parse::<TestIdentity>().unwrap()];
    let safety = Safety { identities, ..Safety::default() };
    let guarded = Forwarding { safety, ..onward_to(&upstream.url()) };
    let forwarding = Some(guarded);
    let accept_keys = vec!["key".into()];
    let sandbox = start_with(SandboxConfig { accept_keys, forwarding, ..SandboxConfig::default() }).await;
    let strange = "Authorization: Basic c3RyYW5nZTo=\r\n";
    let known = r#"{"event":"view","email":"qa@example.org"}"#;
    let cases = [
        ("POST", "/api/v1/event", KEY, known.to_owned(), 200),
        ("POST", "/api/v1/event", KEY, VIEW.to_owned(), 403),
        ("POST", "/api/v1/event", KEY, r#"{"event":"view","customer_id":"7"}"#.to_owned(), 403),
        ("POST", "/api/v1/event", KEY, "{".to_owned(), 403),
        ("POST", "/api/v1/bulkevents", KEY, format!(r#"{{"events":[{known},{VIEW}]}}"#), 403),
        ("GET", "/unity.gif?x=key&e=view&email=jane@example.com", "", String::new(), 403),
        // Nobody can tell whom it is about.
        ("POST", "/api/v1/customers", KEY, r#"{"email":"qa@example.org"}"#.to_owned(), 404),
        // Nor does who is not let in reach it.
        ("POST", "/api/v1/event", strange, known.to_owned(), 401),
    ];
    let mut reader = sandbox.records();
    for (method, target, headers, body, status) in cases {
        let answer = ask(&sandbox, method, target, headers, &body).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        let (_, requests) = told(&mut reader, 1).await;
        let request = requests.first().unwrap();
        assert_eq!((request.status, request.refusal.is_some()), (status, status != 200), "{request:?}");
        assert_eq!(request.forwarded.is_some(), status == 200, "{request:?}");
    }
    assert_eq!(upstream.arrivals(), 1);
}

#[tokio::test]
async fn what_could_not_be_passed_on_is_listed_and_passed_on_when_asked() {
    let upstream = start().await;
    let url = upstream.url();
    let sandbox = passing_on(onward_to(&url)).await;
    upstream.shutdown().await;
    let answer = post(&sandbox, "/api/v1/event", VIEW).await;
    assert!(answer.status == 502 && answer.text().contains("nothing listens at 127.0.0.1"), "{}", answer.text());
    let listen = url.strip_prefix("http://").unwrap().parse().unwrap();
    let again = Sandbox::start(SandboxConfig { listen, ..SandboxConfig::default() }).await.unwrap();
    assert_eq!(ask(&sandbox, "POST", "/_sandbox/forward", "", "").await.status, 403);
    let foreign = format!("{CONFIRM}Origin: https://evil.example\r\n");
    assert_eq!(ask(&sandbox, "POST", "/_sandbox/forward", &foreign, "").await.status, 403);
    for expected in [r#"{"passed_on":1,"failed":0}"#, r#"{"passed_on":0,"failed":0}"#] {
        assert_eq!(ask(&sandbox, "POST", "/_sandbox/forward", CONFIRM, "").await.text(), expected);
    }
    assert_eq!(again.arrivals(), 1);
    let (changes, requests) = told(&mut sandbox.records(), 2).await;
    let told: Vec<_> =
        requests.iter().filter(|request| request.forwarded.is_some()).map(|request| request.status).collect();
    assert_eq!(told[..1], [502]);
    assert_eq!(changes.len(), 1, "it came once: {changes:?}");
    assert_eq!(ask(&start().await, "POST", "/_sandbox/forward", CONFIRM, "").await.status, 404);
}

#[tokio::test]
async fn a_held_request_goes_when_it_is_let_go() {
    let upstream = start().await;
    let sandbox = passing_on(Forwarding { hold: true, ..onward_to(&upstream.url()) }).await;
    let (hand, mut reader) = (sandbox.hand(), sandbox.records());
    // A press before anything waits lets nothing go.
    hand(CollectorCommand::Next);
    let (one, ()) = tokio::join!(post(&sandbox, "/api/v1/event", VIEW), async {
        let waits = waiting(&mut reader).await;
        assert_eq!((waits.held, waits.first.as_deref()), (1, Some("POST /api/v1/event")));
        // Others are served meanwhile.
        assert_eq!(debug(&sandbox).await.status, 200);
        assert_eq!(upstream.arrivals(), 0);
        hand(CollectorCommand::Next);
    });
    assert_eq!((one.status, upstream.arrivals()), (200, 1));
    assert_eq!(waiting(&mut reader).await.held, 0);
}

/// What waits, the next time that it is told.
async fn waiting(reader: &mut RecordReader) -> Waiting {
    loop {
        let records = reader.next(now).await.unwrap();
        if let Some(Record::Waiting(waiting)) = records.into_iter().next_back() {
            return waiting;
        }
    }
}

#[tokio::test]
async fn what_could_not_be_passed_on_goes_when_its_watcher_says_so() {
    let upstream = start().await;
    let url = upstream.url();
    let sandbox = passing_on(onward_to(&url)).await;
    upstream.shutdown().await;
    let mut reader = sandbox.records();
    post(&sandbox, "/api/v1/event", VIEW).await;
    assert_eq!(waiting(&mut reader).await.unsent, 1);
    let listen = url.strip_prefix("http://").unwrap().parse().unwrap();
    let again = Sandbox::start(SandboxConfig { listen, ..SandboxConfig::default() }).await.unwrap();
    sandbox.hand()(CollectorCommand::PassOn);
    assert_eq!(waiting(&mut reader).await.unsent, 0);
    let (_, requests) = told(&mut sandbox.records(), 2).await;
    let statuses: Vec<_> = requests.iter().map(|request| request.status).collect();
    assert_eq!((statuses, again.arrivals()), (vec![502, 200], 1));
}

#[tokio::test]
async fn a_slow_platform_keeps_nobody_else_waiting_and_a_gone_sender_loses_nothing() {
    let upstream = start().await;
    let sandbox = passing_on(onward_to(&upstream.url())).await;
    upstream.set_faults(faults(&["delay=1m@send"]));
    let mut stream = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    stream.write_all(&request("POST", "/api/v1/event", KEY, VIEW.as_bytes())).await.unwrap();
    while !debug(&sandbox).await.text().contains("jane@example.com") {}
    drop(stream);
    // The next one is fast, and the slow one is still under way when the platform goes.
    upstream.set_faults(Vec::new());
    assert_eq!(post(&sandbox, "/api/v1/event", VIEW).await.status, 200);
    upstream.shutdown().await;
    let (_, requests) = told(&mut sandbox.records(), 2).await;
    let slow = requests.last().unwrap().forwarded.as_ref().unwrap();
    assert!(slow.took > Duration::ZERO && requests.len() == 2, "{requests:?}");
}
