//! What bad input gets: each kind ends by a limit, and others are served meanwhile.

use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::records::told;
use super::*;

/// Both ends of each connection are files of this process.
fn allow_many_files() {
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files }).unwrap();
}

/// What comes back for bytes that are sent as far as they are taken, up to the end of the connection or a reset.
async fn outcome(sandbox: &Sandbox, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    // Who is refused in the middle of sending need not go on.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn what_is_no_request_is_answered_so_or_not_at_all() {
    let sandbox = start().await;
    let header = |value: &str| format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Filler: {value}\r\n\r\n").into_bytes();
    let head = "POST /api/v1/event HTTP/1.1\r\nHost: s\r\n";
    let cases: [(&str, Vec<u8>, &str); 14] = [
        ("a TLS handshake", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), "HTTP/1.1 400 Bad Request"),
        ("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec(), "HTTP/1.1 400 Bad Request"),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), ""),
        ("a version that is not there", b"GET / HTTP/7.0\r\n\r\n".to_vec(), "HTTP/1.1 400 Bad Request"),
        ("a word", b"hello\r\n\r\n".to_vec(), "HTTP/1.1 400 Bad Request"),
        ("zeros", vec![0; 4096], "HTTP/1.1 400 Bad Request"),
        ("line breaks alone", b"\r\n".repeat(8), ""),
        ("a control character in a header", header("\x01"), "HTTP/1.1 400 Bad Request"),
        ("a length that is no number", format!("{head}Content-Length: ten\r\n\r\n").into(), "HTTP/1.1 400 Bad Request"),
        (
            "two lengths",
            format!("{head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}").into(),
            "HTTP/1.1 400 Bad Request",
        ),
        ("a header of 1 MB", header(&"x".repeat(1 << 20)), "HTTP/1.1 431 Request Header Fields Too Large"),
        (
            "an address of 70 kB",
            format!("GET /{} HTTP/1.1\r\nHost: s\r\n\r\n", "x".repeat(70_000)).into(),
            "HTTP/1.1 414 URI Too Long",
        ),
        (
            "an address of 1 MB",
            format!("GET /{} HTTP/1.1\r\nHost: s\r\n\r\n", "x".repeat(1 << 20)).into(),
            "HTTP/1.1 431 Request Header Fields Too Large",
        ),
        (
            "ten thousand headers",
            format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(10_000)).into(),
            "HTTP/1.1 431 Request Header Fields Too Large",
        ),
    ];
    let mut statuses = Vec::new();
    for (what, bytes, expected) in cases {
        assert_eq!(outcome(&sandbox, &bytes).await, expected, "{what}");
        let status = expected.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
        statuses.extend((what != "line breaks alone").then_some(status));
        assert_eq!(debug(&sandbox).await.status, 200, "after {what}");
    }
    let (_, requests) = told(&mut sandbox.records(), statuses.len()).await;
    for (request, status) in requests.iter().zip(statuses) {
        let why = &request.refusal.as_ref().unwrap().why;
        assert!(why.starts_with("it is no HTTP request that can be read: "), "{request:?}");
        assert!(request.status == status && request.is_refused(), "{request:?}");
    }
    // A pixel holds its whole event in its address.
    let long = format!("/unity.gif?x=k&e=view&filler={}", "x".repeat(60_000));
    assert_eq!(get(&sandbox, &long).await.status, 200);
    assert_eq!(sandbox.arrivals(), 1);
}

#[tokio::test]
async fn a_body_without_end_ends_by_its_size_or_by_its_time() {
    let time_limit = Duration::from_millis(300);
    let sandbox = start_with(SandboxConfig { time_limit, ..SandboxConfig::default() }).await;
    let head = format!("POST /api/v1/event HTTP/1.1\r\nHost: s\r\n{KEY}Transfer-Encoding: chunked\r\n\r\n");
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000)).into_bytes();
    for (what, pause, expected) in [("fast", None, "413"), ("slow", Some(Duration::from_millis(30)), "408")] {
        let (mut from, mut to) = TcpStream::connect(sandbox.local_addr()).await.unwrap().into_split();
        to.write_all(head.as_bytes()).await.unwrap();
        let chunk = chunk.clone();
        let sending = tokio::spawn(async move {
            let mut sent = 0;
            while to.write_all(&chunk).await.is_ok() {
                sent += chunk.len();
                if let Some(pause) = pause {
                    tokio::time::sleep(pause).await;
                }
            }
            sent
        });
        let mut answer = vec![0; 512];
        let length = from.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(answer.get(..length).unwrap()).into_owned();
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")), "{what}: {answer}");
        drop(from);
        let sent = sending.await.unwrap();
        assert!(sent < 64 << 20, "{what}: it was read on and on: {sent}");
        assert_eq!(debug(&sandbox).await.status, 200, "after {what}");
    }
    assert_eq!(sandbox.arrivals(), 0);
}

#[tokio::test]
async fn two_thousand_idle_connections_keep_nobody_from_being_served() {
    allow_many_files();
    let sandbox =
        start_with(SandboxConfig { faults: faults(&["delay=400ms@watch"]), ..SandboxConfig::default() }).await;
    // One has a request under way, and keeps its place until the answer.
    let mut busy = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    busy.write_all(&request("GET", "/api/v1/event/debug", KEY, b"")).await.unwrap();
    while sandbox.polls() == 0 {
        tokio::task::yield_now().await;
    }
    let mut idle = Vec::new();
    for number in 0..2000 {
        let mut client = TcpStream::connect(sandbox.local_addr()).await.unwrap();
        // Some say nothing, some do not end their head, and some not their body.
        let begun = match number % 3 {
            0 => String::new(),
            1 => "GET / HTTP/1.1\r\nHost: ".to_owned(),
            _ => format!("POST /api/v1/event HTTP/1.1\r\nHost: s\r\n{KEY}Content-Length: 20\r\n\r\n{{"),
        };
        client.write_all(begun.as_bytes()).await.unwrap();
        idle.push(client);
    }
    let begun = Instant::now();
    assert_eq!(post(&sandbox, "/api/v1/event", r#"{"event":"view"}"#).await.status, 200);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let mut answer = String::new();
    busy.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // Those that were idle for longest had to go.
    let mut closed = 0;
    for client in &mut idle {
        let gone = async { client.read(&mut [0]).await };
        closed += usize::from(tokio::time::timeout(Duration::from_millis(1), gone).await.is_ok());
    }
    assert!(closed >= 2000 - connection::MAX_CONNECTIONS, "{closed}");
}

#[tokio::test]
async fn more_requests_at_a_time_than_are_served_wait_for_one_to_end() {
    allow_many_files();
    let sandbox = start_with(SandboxConfig { faults: faults(&["delay=1h@watch"]), ..SandboxConfig::default() }).await;
    let mut clients = Vec::new();
    for _ in 0..connection::MAX_CONNECTIONS {
        let mut client = TcpStream::connect(sandbox.local_addr()).await.unwrap();
        client.write_all(&request("GET", "/api/v1/event/debug", KEY, b"")).await.unwrap();
        clients.push(client);
    }
    while sandbox.polls() < connection::MAX_CONNECTIONS as u64 {
        tokio::task::yield_now().await;
    }
    let mut late = TcpStream::connect(sandbox.local_addr()).await.unwrap();
    late.write_all(&request("POST", "/api/v1/event", KEY, br#"{"event":"view"}"#)).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(300), late.readable()).await;
    assert!(early.is_err(), "all of them are busy");
    drop(clients.pop());
    let mut answer = String::new();
    late.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
