//! The poller on real HTTP, against a server that answers byte for byte what the test says.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::live::{self, Settings, Timeouts};
use super::send::{Label, Pace, Sender};
use super::{Clock, Source, SourceCommand};
use crate::blueshift::auth::AccountKey;
use crate::blueshift::{BaseUrl, Call};
use crate::event::Note;
use crate::session::{CallOutcome, Change, Polled, ProblemKind, Record, Trouble};

const CANARY: &str = "canary-5e1f0b7c";
const NOTHING_NEW: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

/// The server's reaction to the n-th request, counted from 0.
pub(super) enum Reply {
    Bytes(Vec<u8>),
    /// The bytes, and then a reset of the connection.
    Reset(Vec<u8>),
    /// The bytes, and then nothing more for ever.
    Hang(Vec<u8>),
}

pub(super) struct Server {
    pub(super) url: BaseUrl,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(super) async fn start(reply: impl Fn(usize, &str) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut hung = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(request) = read_request(&mut stream).await else { continue };
                let count = seen.lock().unwrap().len();
                let reply = reply(count, &request);
                seen.lock().unwrap().push(request);
                match reply {
                    Reply::Bytes(bytes) => {
                        let _ = stream.write_all(&bytes).await;
                        let _ = stream.shutdown().await;
                    }
                    Reply::Reset(bytes) => {
                        let _ = stream.write_all(&bytes).await;
                        let _ = stream.set_zero_linger();
                    }
                    Reply::Hang(bytes) => {
                        let _ = stream.write_all(&bytes).await;
                        hung.push(stream);
                    }
                }
            }
        });
        Self { url, requests }
    }

    pub(super) async fn always(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |_, _| Reply::Bytes(answer.clone())).await
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, length)| length.parse().unwrap());
        if body.len() >= length {
            return Some(text);
        }
    }
}

pub(super) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
        .into_bytes()
}

pub(super) fn settings(base: &BaseUrl) -> Settings {
    Settings {
        base: base.clone(),
        event_key: AccountKey {
            secret: SecretString::from(CANARY),
            called: "the Event key from CLICKSCOPE_EVENT_KEY".into(),
        },
        user_key: None,
        headers: Arc::default(),
        interval: Duration::from_millis(250),
        since: None,
        expecting: None,
        timeouts: Timeouts::default(),
        body_limit: 64 * 1024,
        authority: None,
        clock: Clock::start(),
    }
}

pub(super) async fn next(source: &mut Source) -> Vec<Record> {
    tokio::time::timeout(Duration::from_secs(20), source.records.recv()).await.unwrap().unwrap()
}

async fn next_trouble(source: &mut Source) -> Trouble {
    loop {
        match &*next(source).await {
            [Record::Trouble(trouble)] => return trouble.clone(),
            [Record::Connecting { .. }] => {}
            other => panic!("expected trouble, got {other:?}"),
        }
    }
}

/// A poll that succeeded, with what it brought.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) polled: Polled,
    pub(super) changes: Vec<Change>,
    pub(super) notes: Vec<Note>,
}

impl Heard {
    fn of(records: Vec<Record>) -> Option<Self> {
        let mut records = records.into_iter();
        let Some(Record::Polled(polled)) = records.next() else { return None };
        let (mut changes, mut notes) = (Vec::new(), Vec::new());
        for record in records {
            match record {
                Record::Change(change) => changes.push(change),
                Record::Note { note, .. } => notes.push(note),
                other => panic!("a poll brought {other:?}"),
            }
        }
        Some(Self { polled, changes, notes })
    }
}

pub(super) async fn next_polled(source: &mut Source) -> Heard {
    loop {
        if let Some(heard) = Heard::of(next(source).await) {
            return heard;
        }
    }
}

/// The changes of the next counts.
async fn next_counted(source: &mut Source) -> Vec<Change> {
    loop {
        let records = next(source).await;
        if let Some(Record::Counted { .. }) = records.first() {
            let change = |record| if let Record::Change(change) = record { Some(change) } else { None };
            return records.into_iter().filter_map(change).collect();
        }
        assert!(!matches!(records.first(), Some(Record::CountsTrouble(_))), "{records:?}");
    }
}

/// The first trouble with a server that always answers the same.
async fn trouble_with(reply: Reply) -> Trouble {
    let reply = Mutex::new(Some(reply));
    let server = Server::start(move |_, _| reply.lock().unwrap().take().unwrap()).await;
    let mut short = settings(&server.url);
    short.timeouts.read = Duration::from_millis(200);
    next_trouble(&mut live::start(short)).await
}

#[tokio::test]
async fn each_kind_of_bad_answer_is_told_apart_with_what_happened_and_what_to_do() {
    use ProblemKind::{RateLimited, Refused, Unreachable, WrongAnswer};

    let bomb = {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&vec![b' '; 10 << 20]).unwrap();
        let body = gzip.finish().unwrap();
        assert!(body.len() < 64 * 1024);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
        [head.into_bytes(), body].concat()
    };
    let lines = format!("HTTP/1.1 200 OK\r\n{}Content-Length: 2\r\n\r\n{{}}", "X: y\r\n".repeat(120));
    let endless = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[{}", " ".repeat(80 * 1024));
    let short = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"view\":";
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"vie\r\n";
    let bytes = |text: &str| Reply::Bytes(text.as_bytes().to_vec());
    let status = |status: &str, body: &str| Reply::Bytes(answer(status, "", body));
    let cases = [
        (status("401 Unauthorized", r#"{"message":"Not authorized"}"#), Refused, "401: Not authorized", "key"),
        (status("403 Forbidden", ""), Refused, "403 Forbidden", "this server takes"),
        (
            status("404 Not Found", r#"{"status":"404","error":"Not Found"}"#),
            WrongAnswer,
            "no /api/v1/event/debug",
            "--url",
        ),
        (status("400 Bad Request", "<html>"), WrongAnswer, "400: an HTML page", "look at what it says"),
        (status("422 Whatever", ""), WrongAnswer, "422 Unprocessable", "look at what it says"),
        (status("405 Whatever", ""), WrongAnswer, "it knows no /api/v1/event/debug", "--url"),
        (status("407 Whatever", ""), WrongAnswer, "407: a proxy on the way", "HTTPS_PROXY"),
        (
            status("500 Internal Server Error", &format!("no room {}", "x".repeat(80 * 1024))),
            Unreachable,
            "500: no room xxx",
            "polling",
        ),
        (
            Reply::Reset(b"HTTP/1.1 503 Oops\r\nContent-Length: 500\r\n\r\nno room here".into()),
            Unreachable,
            "503",
            "polling",
        ),
        (bytes(&lines), WrongAnswer, "the head of the answer of 127.0.0.1", "adds"),
        (
            bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
            WrongAnswer,
            "not marked as HTTP has it",
            "Transfer-Encoding",
        ),
        (status("429 Too Many Requests", ""), RateLimited, "429: too many requests", "--interval"),
        (status("500 Internal Server Error", ""), Unreachable, "500 Internal", "polling goes on"),
        (
            status("503 Service Unavailable", r#"{"message":"a\u001b[31mb\nc"}"#),
            Unreachable,
            "503: a [31mb c",
            "polling",
        ),
        (status("599 Odd", ""), Unreachable, "599", "polling"),
        (bytes(short), Unreachable, "ended too early", "proxy"),
        (bytes(chunks), Unreachable, "ended too early", "proxy"),
        (bytes(""), Unreachable, "closed the connection without an answer", "http://"),
        (bytes("SSH-2.0-OpenSSH_9.6\r\n"), WrongAnswer, "not HTTP", "https://"),
        (Reply::Reset(short.into()), Unreachable, "127.0.0.1", "proxy"),
        (Reply::Hang(short.into()), Unreachable, "sent nothing for 200 ms", "--interval"),
        (Reply::Hang(Vec::new()), Unreachable, "sent nothing for 200 ms", "--interval"),
        (bytes(&endless), WrongAnswer, "larger than 65 kB", "--url"),
        (bytes("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n{"), WrongAnswer, "larger than 65 kB", "--url"),
        (Reply::Bytes(bomb), WrongAnswer, "larger than 65 kB", "--url"),
        (
            bytes(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 30\r\n\r\nthis is not gzip, not at all!!",
            ),
            WrongAnswer,
            "decompressed",
            "Content-Encoding",
        ),
        (
            bytes("HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n"),
            WrongAnswer,
            "302, a redirect",
            "--url",
        ),
        (
            bytes("HTTP/1.1 301 Moved\r\nLocation: https://user:pass@example.com/a?b\r\nContent-Length: 0\r\n\r\n"),
            WrongAnswer,
            "a redirect to https://example.com;",
            "--url",
        ),
    ];
    for (reply, kind, what, advice) in cases {
        let trouble = trouble_with(reply).await;
        let problem = &trouble.problem;
        assert_eq!(problem.kind, kind, "{problem:?}");
        assert!(problem.what.contains(what), "{what:?} in {problem:?}");
        assert!(problem.advice.contains(advice), "{advice:?} in {problem:?}");
        assert!(problem.what.contains("127.0.0.1"), "{problem:?}");
        assert!(!problem.what.contains(char::is_control) && !problem.advice.contains(char::is_control), "{problem:?}");
        assert_eq!(trouble.attempt, 1);
        assert_eq!(trouble.next.is_none(), kind == Refused, "{problem:?}");
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_told_as_such_and_tried_again() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let mut source = live::start(settings(&url));
    let first = next_trouble(&mut source).await;
    assert!(first.problem.what.starts_with("nothing listens at 127.0.0.1:"), "{first:?}");
    assert!(first.problem.advice.contains("clickscope sandbox"), "{first:?}");
    let second = next_trouble(&mut source).await;
    assert_eq!(second.attempt, 2);
    assert!(second.at.since(first.at) >= Duration::from_millis(750));
}

#[tokio::test]
async fn a_host_without_an_address_is_told_as_such() {
    let mut source = live::start(settings(&"http://no-such-host.invalid".parse().unwrap()));
    let trouble = next_trouble(&mut source).await;
    assert_eq!(trouble.problem.what, "there is no address for no-such-host.invalid");
}

#[tokio::test]
async fn a_refused_key_is_not_tried_again_until_asked_and_then_recovers() {
    let server = Server::start(|count, _| {
        Reply::Bytes(if count == 0 { answer("401 Unauthorized", "", "") } else { NOTHING_NEW.into() })
    })
    .await;
    let mut source = live::start(settings(&server.url));
    let trouble = next_trouble(&mut source).await;
    assert_eq!(trouble.next, None);
    assert!(trouble.problem.what.contains("CLICKSCOPE_EVENT_KEY"), "{trouble:?}");
    // An interval is no reason to try again.
    source.commands.send(SourceCommand::SetInterval(Duration::from_millis(1))).await.unwrap();
    assert_eq!(server.requests().len(), 1);
    source.commands.send(SourceCommand::PollNow).await.unwrap();
    assert!(matches!(*next(&mut source).await, [Record::Connecting { .. }]));
    assert_eq!(next_polled(&mut source).await.polled.status, 200);
}

#[tokio::test]
async fn retry_after_is_honoured_and_one_good_answer_ends_the_backoff() {
    let server = Server::start(|count, _| {
        Reply::Bytes(match count {
            0 => answer("503 Service Unavailable", "Retry-After: 2\r\n", ""),
            1 | 3 => NOTHING_NEW.into(),
            _ => answer("429 Too Many Requests", "Retry-After: 86400\r\n", ""),
        })
    })
    .await;
    let mut source = live::start(settings(&server.url));
    let trouble = next_trouble(&mut source).await;
    assert_eq!(trouble.next.map(|next| next.since(trouble.at)), Some(Duration::from_secs(2)));
    let polled = next_polled(&mut source).await;
    assert!(polled.polled.at.since(trouble.at) >= Duration::from_secs(2));
    let trouble = next_trouble(&mut source).await;
    assert_eq!(trouble.attempt, 1);
    assert_eq!(trouble.next.map(|next| next.since(trouble.at)), Some(Duration::from_mins(10)));
    source.commands.send(SourceCommand::PollNow).await.unwrap();
    assert!(next_polled(&mut source).await.polled.at.since(trouble.at) < Duration::from_mins(10));
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_but_not_in_circles() {
    let server = Server::start(|_, request| {
        Reply::Bytes(if request.starts_with("GET /v2 ") {
            NOTHING_NEW.into()
        } else {
            answer("307 Temporary Redirect", "Location: /v2\r\n", "")
        })
    })
    .await;
    next_polled(&mut live::start(settings(&server.url))).await;
    assert!(server.requests().iter().all(|request| request.to_lowercase().contains("authorization: basic ")));

    let circle = Server::always(answer("302 Found", "Location: /again\r\n", "")).await;
    let trouble = next_trouble(&mut live::start(settings(&circle.url))).await;
    assert!(trouble.problem.what.contains("over and over"), "{trouble:?}");
    assert_eq!(circle.requests().len(), 6);
}

#[tokio::test]
async fn a_redirect_never_carries_the_key_to_another_origin() {
    let other = Server::always(NOTHING_NEW).await;
    let to = format!("Location: {}\r\n", other.url.debug());
    let server = Server::always(answer("302 Found", &to, "")).await;
    let trouble = next_trouble(&mut live::start(settings(&server.url))).await;
    assert!(trouble.problem.what.contains(other.url.as_str()), "{trouble:?}");
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn the_key_goes_out_as_the_user_name_and_is_in_nothing_that_is_told() {
    // A server, or a proxy with a debug page, may well say what it was sent.
    let server = Server::start(|count, request| {
        assert!(!request.contains(CANARY));
        let said = serde_json::json!({ "message": format!("{CANARY} {request}") }).to_string();
        Reply::Bytes(answer(if count == 0 { "500 Oops" } else { "401 Unauthorized" }, "", &said))
    })
    .await;
    let settings = settings(&server.url);
    let mut told = vec![format!("{settings:?}")];
    let mut source = live::start(settings);
    for _ in 0..4 {
        told.push(format!("{:?}", next(&mut source).await));
    }
    let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{CANARY}:"));
    assert!(server.requests().iter().all(|request| request.contains(&format!("Basic {encoded}\r\n"))));
    assert!(told.iter().all(|told| !told.contains(CANARY) && !told.contains(&encoded)), "{told:#?}");
}

#[tokio::test]
async fn a_base_with_a_path_keeps_it() {
    let server = Server::always(NOTHING_NEW).await;
    next_polled(&mut live::start(settings(&format!("{}/proxy/", server.url).parse().unwrap()))).await;
    assert!(server.requests().iter().all(|request| request.starts_with("GET /proxy/api/v1/event/debug HTTP")));
}

#[tokio::test]
async fn one_request_is_in_flight_and_a_poll_asked_for_meanwhile_comes_after_it() {
    let server = Server::start(|count, _| {
        if count == 0 { Reply::Hang(b"HTTP/1.1 200 OK\r\n".to_vec()) } else { Reply::Bytes(NOTHING_NEW.into()) }
    })
    .await;
    let mut patient = settings(&server.url);
    patient.timeouts.read = Duration::from_millis(300);
    let mut source = live::start(patient);
    assert!(matches!(*next(&mut source).await, [Record::Connecting { .. }]));
    source.commands.send(SourceCommand::PollNow).await.unwrap();
    source.commands.send(SourceCommand::PollNow).await.unwrap();
    let trouble = next_trouble(&mut source).await;
    assert_eq!(server.requests().len(), 1);
    let polled = next_polled(&mut source).await;
    assert!(polled.polled.at.since(trouble.at) < Duration::from_millis(750), "the backoff was waited for");
}

#[tokio::test]
async fn polling_stops_when_nobody_watches() {
    let server = Server::start(|_, _| Reply::Hang(Vec::new())).await;
    let source = live::start(settings(&server.url));
    let ended = source.commands.clone();
    drop(source.records);
    drop(source.commands);
    tokio::time::timeout(Duration::from_secs(20), ended.closed()).await.unwrap();
}

/// Answers the debug endpoint with `debug` and the summary endpoint by the key of the request.
async fn counting_server(debug: &'static str, summary: impl Fn(&str) -> Vec<u8> + Send + 'static) -> Server {
    Server::start(move |_, request| {
        Reply::Bytes(if request.starts_with("GET /api/v1/event/debug ") {
            answer("200 OK", "", debug)
        } else {
            summary(request)
        })
    })
    .await
}

fn with_user_key(server: &Server) -> Settings {
    let secret = SecretString::from("canary-of-the-user");
    Settings {
        user_key: Some(AccountKey { secret, called: "the User key from CLICKSCOPE_USER_KEY".into() }),
        ..settings(&server.url)
    }
}

fn basic(key: &str) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{key}:"))
}

const ONE_VIEW: &str = r#"{"view":{"event":"view","sku":"1"}}"#;
const SUMMARY: &str = r#"{"stats":{"view":{"count":7,"type":"standard"}},"status":"ok"}"#;

#[tokio::test]
async fn an_unchanged_answer_brings_no_changes_and_a_new_event_brings_one() {
    let server = Server::start(|count, request| {
        let another = r#"{"view":{"event":"view","sku":"2"}}"#;
        Reply::Bytes(if request.contains("/history") {
            answer("404 Not Found", "", "")
        } else {
            answer("200 OK", "", if count < 2 { ONE_VIEW } else { another })
        })
    })
    .await;
    let mut source = live::start(settings(&server.url));
    let first = next_polled(&mut source).await;
    assert_eq!((first.changes.len(), first.polled.types, first.polled.status), (1, 1, 200));
    assert_eq!(first.polled.bytes, u64::try_from(ONE_VIEW.len()).unwrap());
    let second = next_polled(&mut source).await;
    assert_eq!((second.changes.len(), second.polled.types), (0, 1));
    let third = next_polled(&mut source).await;
    assert_eq!(third.changes, [], "it is held until its history answers");
    let told = next(&mut source).await;
    let [Record::Change(change)] = &told[..] else { panic!("{told:?}") };
    assert_eq!(change.payload.as_ref().unwrap().text(), r#"{"event":"view","sku":"2"}"#);
}

#[tokio::test]
async fn a_broken_body_leaves_what_was_known_and_can_be_looked_at() {
    let server =
        Server::start(|count, _| Reply::Bytes(answer("200 OK", "", if count == 1 { "[1, 2" } else { ONE_VIEW }))).await;
    let mut source = live::start(settings(&server.url));
    next_polled(&mut source).await;
    let trouble = next_trouble(&mut source).await;
    assert_eq!(&*trouble.unknown.unwrap().body, "[1, 2");
    assert!(next_polled(&mut source).await.changes.is_empty());
}

#[tokio::test]
async fn what_is_odd_about_an_answer_is_told_once() {
    let server = Server::start(|count, _| {
        Reply::Bytes(answer(
            "200 OK",
            "",
            &format!(r#"{{"view":{{"event":"view","n":{count}}},"view":{{"event":"view"}}}}"#),
        ))
    })
    .await;
    let mut source = live::start(settings(&server.url));
    let first = next_polled(&mut source).await.notes;
    let [odd, uncounted] = &*first else { panic!("{first:?}") };
    assert!(odd.0.contains("view") && uncounted.0.contains("CLICKSCOPE_USER_KEY"), "{first:?}");
    let second = next_polled(&mut source).await;
    assert!(second.notes.is_empty(), "{second:?}");
}

#[tokio::test]
async fn counts_come_with_the_user_key_and_span_today() {
    let server = counting_server(ONE_VIEW, |_| answer("200 OK", "", SUMMARY)).await;
    let mut source = live::start(with_user_key(&server));
    let changes = next_counted(&mut source).await;
    assert_eq!(changes.iter().map(|change| change.received).collect::<Vec<_>>(), [Some(7)]);
    let requests = server.requests();
    let asked = requests.iter().find(|request| request.starts_with("POST ")).unwrap();
    assert!(asked.starts_with("POST /api/v1/event/summary.json?timestamp_start=20"), "{asked}");
    assert!(asked.contains("&timestamp_end=20") && asked.ends_with("\r\n\r\n"), "{asked}");
    assert!(asked.contains(&basic("canary-of-the-user")) && !asked.contains(&basic(CANARY)), "{asked}");
}

#[tokio::test]
async fn a_server_that_wants_the_span_in_a_body_gets_it_there_and_is_asked_so_from_then_on() {
    for (takes_body, bodies) in [(true, [false, true, true]), (false, [false, true, false])] {
        let server = counting_server(ONE_VIEW, move |request| {
            let has_body = request.contains(r#"{"timestamp_start":"20"#) && request.contains(r#""timestamp_end":"20"#);
            if takes_body && has_body {
                answer("200 OK", "", SUMMARY)
            } else {
                answer("422 Unprocessable Entity", "", r#"{"message":"no span"}"#)
            }
        })
        .await;
        let mut source = live::start(with_user_key(&server));
        let asked = || {
            let requests = server.requests();
            requests.iter().filter(|request| request.starts_with("POST ")).cloned().collect::<Vec<_>>()
        };
        while asked().len() < 3 {
            if asked().len() == 2 {
                source.commands.send(SourceCommand::PollNow).await.unwrap();
            }
            for record in next(&mut source).await {
                if let Record::CountsTrouble(trouble) = record {
                    assert!(!takes_body && trouble.problem.what.contains("422: no span"), "{trouble:?}");
                }
            }
        }
        let with_body: Vec<_> = asked().iter().map(|request| request.ends_with('}')).collect();
        assert_eq!(with_body, bodies);
    }
}

#[tokio::test]
async fn a_header_of_the_user_goes_with_each_request_and_its_value_is_in_nothing_that_is_told() {
    let server = Server::start(|_, request| {
        let said = serde_json::json!({ "message": request }).to_string();
        Reply::Bytes(answer("500 Oops", "", &said))
    })
    .await;
    let mut settings = settings(&server.url);
    settings.headers = Arc::new(["X-Gateway-Token: Bearer canary-of-the-gateway".parse().unwrap()]);
    let mut told = vec![format!("{settings:?}")];
    let mut source = live::start(settings);
    source.commands.send(SourceCommand::Recall("view".into())).await.unwrap();
    for _ in 0..4 {
        told.push(format!("{:?}", next(&mut source).await));
    }
    let requests = server.requests();
    assert!(requests.iter().all(|request| request.contains("x-gateway-token: Bearer canary-of-the-gateway\r\n")));
    assert!(told.iter().all(|told| !told.contains("canary-of-the-gateway")), "{told:#?}");
}

#[tokio::test]
async fn the_errors_that_the_server_counted_come_with_the_counts_and_show_no_key() {
    let error = |name: &str, count: u32| format!(r#""{name}":{{"count":{count},"type":"error"}}"#);
    let errors = [
        error("missing_identifier", 5),
        error("quiet", 0),
        error(&format!("{CANARY} in it"), 1),
        error(&"x".repeat(5_000), 1),
    ];
    let summary = format!(r#"{{"stats":{{{}}}}}"#, errors.join(","));
    let server = counting_server(ONE_VIEW, move |_| answer("200 OK", "", &summary)).await;
    let mut source = live::start(with_user_key(&server));
    let counts = loop {
        if let Some(Record::Errors(errors)) = next(&mut source).await.pop() {
            break errors.counts;
        }
    };
    let told = ["missing_identifier", "[key] in it", "quiet"].map(|sort| counts.get(sort).copied());
    assert_eq!((told, counts.len()), ([Some(5), Some(1), None], 3), "{counts:?}");
    assert!(counts.keys().all(|sort| sort.len() <= 70), "{counts:?}");
}

#[tokio::test]
async fn where_the_user_key_is_refused_the_event_key_has_a_try() {
    let server = counting_server(ONE_VIEW, |request| {
        if request.contains(&basic(CANARY)) {
            answer("200 OK", "", SUMMARY)
        } else {
            answer("401 Unauthorized", "", "")
        }
    })
    .await;
    let mut source = live::start(with_user_key(&server));
    assert_eq!(next_counted(&mut source).await.len(), 1);
}

#[tokio::test]
async fn counts_that_cannot_be_had_are_told_once_and_watching_goes_on() {
    let server = counting_server(ONE_VIEW, |_| answer("403 Forbidden", "", r#"{"message":"Forbidden"}"#)).await;
    let mut source = live::start(with_user_key(&server));
    let trouble = loop {
        if let [Record::CountsTrouble(trouble)] = &*next(&mut source).await {
            break trouble.clone();
        }
    };
    assert_eq!(trouble.problem.kind, ProblemKind::Refused);
    let what = &trouble.problem.what;
    assert!(what.contains("CLICKSCOPE_USER_KEY, then with the Event key from CLICKSCOPE_EVENT_KEY"), "{what}");
    // Asking again is told again only if it is other trouble.
    source.commands.send(SourceCommand::PollNow).await.unwrap();
    let refusals = || server.requests().iter().filter(|request| request.starts_with("POST ")).count();
    while refusals() < 4 {
        assert!(matches!(*next(&mut source).await, [Record::Polled(_), ..]));
    }
}

#[tokio::test]
async fn without_a_user_key_or_with_counts_in_the_answer_nobody_asks_for_counts() {
    let server =
        counting_server(r#"{"view":{"count":3,"sample":{"event":"view"}}}"#, |_| answer("200 OK", "", SUMMARY)).await;
    let mut source = live::start(with_user_key(&server));
    let polled = next_polled(&mut source).await;
    assert_eq!(polled.changes.first().unwrap().received, Some(3));
    next_polled(&mut source).await;
    assert!(server.requests().iter().all(|request| request.starts_with("GET ")));

    let server = counting_server(ONE_VIEW, |_| answer("200 OK", "", SUMMARY)).await;
    let mut source = live::start(settings(&server.url));
    next_polled(&mut source).await;
    next_polled(&mut source).await;
    assert!(server.requests().iter().all(|request| request.starts_with("GET ")));
}

#[tokio::test]
async fn neither_an_interval_nor_a_key_held_down_makes_it_poll_without_a_pause() {
    let server = Server::always(NOTHING_NEW).await;
    let hasty = Settings { interval: Duration::ZERO, ..settings(&server.url) };
    let mut source = live::start(hasty);
    source.commands.send(SourceCommand::SetInterval(Duration::ZERO)).await.unwrap();
    let first = next_polled(&mut source).await;
    let second = next_polled(&mut source).await;
    assert!(second.polled.at.since(first.polled.at) >= live::SHORTEST_INTERVAL);

    source.commands.send(SourceCommand::SetInterval(Duration::MAX)).await.unwrap();
    let mut last = second;
    for _ in 0..3 {
        source.commands.send(SourceCommand::PollNow).await.unwrap();
        source.commands.send(SourceCommand::PollNow).await.unwrap();
        let next = next_polled(&mut source).await;
        let started = |polled: &Polled| polled.at.elapsed.saturating_sub(polled.took);
        assert!(started(&next.polled).saturating_sub(started(&last.polled)) >= live::SHORTEST_INTERVAL);
        last = next;
    }
}

/// The outcome for an event that is sent to a server that answers like this.
async fn verdict_of(server: &Server) -> CallOutcome {
    let mut settings = settings(&server.url);
    settings.timeouts.read = Duration::from_millis(200);
    settings.timeouts.retry = Duration::from_millis(1);
    let mut sender = Sender::new(settings, Pace::unlimited());
    let call = Call { bulk: false, body: r#"{"event":"view"}"#.to_owned(), events: Arc::default() };
    sender.deliver(Label { batch: 1, call: 0, calls: 1 }, &call, |_| {}).await.verdict
}

#[tokio::test]
async fn an_event_is_taken_only_where_its_body_arrived() {
    let server = Server::start(|_, request| {
        Reply::Bytes(if request.starts_with("POST /v2 ") {
            answer("200 OK", "", r#"{"status":"OK"}"#)
        } else {
            answer("307 Temporary Redirect", "Location: /v2\r\n", "")
        })
    })
    .await;
    assert!(matches!(verdict_of(&server).await, CallOutcome::Taken { .. }));
    assert!(server.requests().iter().all(|request| request.ends_with(r#"{"event":"view"}"#)));

    for status in ["301 Moved Permanently", "302 Found", "303 See Other"] {
        // Who follows these asks with GET, and is told that all is well.
        let server = Server::start(move |_, request| {
            Reply::Bytes(if request.starts_with("GET ") {
                answer("200 OK", "", r#"{"status":"OK"}"#)
            } else {
                answer(status, "Location: /v2\r\n", "")
            })
        })
        .await;
        let CallOutcome::Failed(problem) = verdict_of(&server).await else { panic!("{status}") };
        assert_eq!(problem.kind, ProblemKind::WrongAnswer);
        assert!(problem.what.contains("nothing can be sent along"), "{problem:?}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_web_page_with_a_200_is_no_success() {
    let server = Server::always(answer("200 OK", "", "\n<!doctype html><title>Sign in</title>")).await;
    let CallOutcome::Failed(problem) = verdict_of(&server).await else { panic!("taken") };
    assert!(problem.what.ends_with("answered with a web page, not with JSON"), "{problem:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn after_an_answer_that_did_not_come_it_is_said_that_the_event_may_have_arrived() {
    for hang in ["", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"] {
        let server = Server::start(move |_, _| Reply::Hang(hang.into())).await;
        let CallOutcome::Failed(problem) = verdict_of(&server).await else { panic!("taken") };
        assert!(problem.advice.contains("may have arrived"), "{problem:?}");
        assert_eq!(server.requests().len(), 5);
    }
}

#[tokio::test]
async fn a_key_that_a_server_says_back_is_in_no_verdict() {
    for status in ["200 OK", "422 Unprocessable Entity", "401 Unauthorized", "503 Service Unavailable"] {
        let server = Server::start(move |_, request| {
            let said = serde_json::json!({ "message": CANARY, "errors": [{ CANARY: request }] }).to_string();
            Reply::Bytes(answer(status, "", &said))
        })
        .await;
        let verdict = format!("{:?}", verdict_of(&server).await);
        assert!(!verdict.contains(CANARY) && !verdict.contains(&basic(CANARY)), "{verdict}");
    }
}
