//! What polls stepped over, on real HTTP: against the collector, and against a server that answers as the test says.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use secrecy::SecretString;

use super::live::{self, Settings};
use super::tests::{Reply, Server, answer, next, settings};
use super::{Source, SourceCommand};
use crate::blueshift::auth::AccountKey;
use crate::sandbox::{Sandbox, SandboxConfig};
use crate::session::{Change, ChangeKind, Record};

/// A collector with these faults that knows an event, and a poller that polls only when it is told to.
async fn watched(faults: &[&str], with_user_key: bool, since: Option<Duration>) -> (Sandbox, Source) {
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let sandbox = Sandbox::start(SandboxConfig { listen, faults, ..SandboxConfig::default() }).await.unwrap();
    post(&sandbox, 0..=0);
    let user_key = with_user_key.then(|| AccountKey {
        secret: SecretString::from("canary-user-key"),
        called: "the User key of the test".into(),
    });
    let interval = Duration::from_mins(10);
    let settings = Settings { user_key, interval, since, ..settings(&sandbox.url().parse().unwrap()) };
    (sandbox, live::start(settings))
}

fn post(sandbox: &Sandbox, numbers: std::ops::RangeInclusive<u32>) {
    for n in numbers {
        sandbox.accept(&format!(r#"{{"event":"view","email":"a@example.com","n":{n}}}"#)).unwrap();
    }
}

async fn poll(source: &Source) {
    source.commands.send(SourceCommand::PollNow).await.unwrap();
}

/// The records until one of them is as wanted.
async fn until(source: &mut Source, is_wanted: impl Fn(&Record) -> bool) -> Vec<Record> {
    let mut records = Vec::new();
    while !records.iter().any(&is_wanted) {
        records.extend(next(source).await);
    }
    records
}

fn number(change: &Change) -> Option<u64> {
    let event: serde_json::Value = serde_json::from_str(change.payload.as_ref()?.text()).unwrap();
    event.get("n")?.as_u64()
}

fn is_event(n: u64) -> impl Fn(&Record) -> bool {
    move |record| matches!(record, Record::Change(change) if number(change) == Some(n))
}

fn is_counted(record: &Record) -> bool {
    matches!(record, Record::Counted { .. })
}

/// The numbers of the events in their order, of those that came late without.
fn events(records: &[Record], late: bool) -> Vec<u64> {
    let is_wanted = |change: &&Change| (change.kind == ChangeKind::Earlier) == late;
    let changes =
        records.iter().filter_map(|record| if let Record::Change(change) = record { Some(change) } else { None });
    changes.filter(is_wanted).filter_map(number).collect()
}

fn lost(records: &[Record]) -> Vec<(Option<u64>, bool)> {
    let gaps = records.iter().filter_map(|record| if let Record::Gap(gap) = record { Some(gap) } else { None });
    gaps.map(|gap| (gap.lost, gap.late)).collect()
}

#[tokio::test]
async fn fifty_events_between_two_polls_are_all_captured_in_their_order() {
    let (sandbox, mut source) = watched(&[], true, None).await;
    until(&mut source, is_counted).await;
    post(&sandbox, 1..=50);
    poll(&source).await;
    let records = until(&mut source, is_event(50)).await;
    assert_eq!(events(&records, false), (1..=50).collect::<Vec<_>>());
    assert_eq!((events(&records, true), lost(&records)), (vec![], vec![]), "and nothing is said to be lost");
}

#[tokio::test]
async fn five_equal_events_in_a_row_are_five() {
    let (sandbox, mut source) = watched(&[], false, None).await;
    until(&mut source, is_event(0)).await;
    for _ in 0..5 {
        post(&sandbox, 7..=7);
    }
    poll(&source).await;
    let records = until(&mut source, is_event(7)).await;
    assert_eq!(events(&records, false), [7; 5]);
}

#[tokio::test]
async fn of_eighty_events_thirty_are_lost_by_the_count_and_at_least_one_without() {
    for with_user_key in [true, false] {
        let (sandbox, mut source) = watched(&[], with_user_key, None).await;
        until(&mut source, |record| if with_user_key { is_counted(record) } else { is_event(0)(record) }).await;
        post(&sandbox, 1..=80);
        poll(&source).await;
        let is_told = |record: &Record| match record {
            Record::Gap(gap) => gap.lost.is_some() == with_user_key,
            _ => false,
        };
        let records = until(&mut source, is_told).await;
        assert_eq!(events(&records, false), (31..=80).collect::<Vec<_>>());
        let lost = lost(&records);
        assert_eq!(lost.last().copied().map(|(lost, _)| lost), Some(with_user_key.then_some(30)), "{lost:?}");
    }
}

#[tokio::test]
async fn what_came_shortly_before_the_session_is_there_when_it_is_asked_for() {
    let (sandbox, mut source) = watched(&[], false, None).await;
    until(&mut source, is_event(0)).await;
    post(&sandbox, 1..=3);
    let since = Some(Duration::from_mins(10));
    let mut again = live::start(Settings { since, ..settings(&sandbox.url().parse().unwrap()) });
    let first = next(&mut again).await;
    assert!(matches!(first.as_slice(), [Record::Connecting { .. }]), "{first:?}");
    let records = next(&mut again).await;
    assert!(matches!(records.first(), Some(Record::Polled(_))), "{records:?}");
    assert_eq!(events(&records, false), [0, 1, 2, 3], "the snapshot with what came before it");
    assert!(records.iter().all(|record| !matches!(record, Record::Change(change) if change.arrived > 0)));

    // The other asks for one type.
    let mut source =
        live::start(Settings { interval: Duration::from_mins(10), ..settings(&sandbox.url().parse().unwrap()) });
    until(&mut source, is_event(3)).await;
    source.commands.send(SourceCommand::Earlier("view".into())).await.unwrap();
    let records = until(&mut source, is_event(2)).await;
    assert_eq!(events(&records, true), [0, 1, 2]);
    assert!(records.iter().any(|record| matches!(record, Record::Note { note, .. } if note.0.contains("3 events"))));
}

#[tokio::test]
async fn a_history_that_is_slow_is_told_late() {
    let (sandbox, mut source) = watched(&["delay=2s@history"], false, None).await;
    until(&mut source, is_event(0)).await;
    post(&sandbox, 1..=3);
    poll(&source).await;
    let records = until(&mut source, is_event(3)).await;
    assert_eq!(events(&records, false), [3]);
    let records = until(&mut source, is_event(2)).await;
    assert_eq!(events(&records, true), [1, 2]);
}

#[tokio::test]
async fn a_history_that_lies_costs_nothing_and_is_told_of_once() {
    for (lie, said) in [("others", "of others"), ("unordered", "newest event first"), ("no-uuid", "without event_uuid")]
    {
        let (sandbox, mut source) = watched(&[&format!("lie={lie}@history")], false, None).await;
        sandbox.accept(r#"{"event":"search","email":"a@example.com","n":1000}"#).unwrap();
        until(&mut source, is_event(0)).await;
        let mut records = Vec::new();
        for n in [10, 20, 30] {
            for n in n - 3..=n {
                post(&sandbox, n..=n);
                // Where there are no uuids, time tells events apart.
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
            poll(&source).await;
            records.extend(until(&mut source, is_event(n.into())).await);
        }
        let expected: Vec<u64> = [7, 17, 27].into_iter().flat_map(|first| first..first + 4).collect();
        let views: Vec<_> = events(&records, false).into_iter().filter(|n| *n < 1000).collect();
        assert_eq!(views, expected, "{lie}");
        let notes =
            records.iter().filter(|record| matches!(record, Record::Note { note, .. } if note.0.contains(said)));
        assert_eq!(notes.count(), 1, "{lie}");
    }
}

/// A server whose type changes with every poll, and what it answers for the history to a key.
async fn changing(history: impl Fn(usize, bool) -> Vec<u8> + Send + 'static) -> (Server, Settings) {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |number, request| {
        if request.starts_with("GET /api/v1/event/history") {
            let asked = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            return Reply::Bytes(history(asked, request.contains("dXNlcjo=")));
        }
        let event = format!(r#"{{"view":{{"event":"view","event_uuid":"u{number}","n":{number}}}}}"#);
        Reply::Bytes(answer("200 OK", "", &event))
    })
    .await;
    let user_key = Some(AccountKey { secret: SecretString::from("user"), called: "the User key".into() });
    let settings = Settings { user_key, ..settings(&server.url) };
    (server, settings)
}

fn histories(server: &Server) -> usize {
    server.requests().iter().filter(|request| request.starts_with("GET /api/v1/event/history")).count()
}

/// The troubles with the history in eight polls.
async fn troubles(settings: Settings) -> Vec<String> {
    let mut source = live::start(settings);
    let (mut polls, mut told) = (0, Vec::new());
    while polls < 8 {
        for record in next(&mut source).await {
            match record {
                Record::Polled(_) => polls += 1,
                Record::HistoryTrouble(trouble) => {
                    told.push(format!("{} - {}", trouble.problem.what, trouble.problem.advice));
                }
                Record::Trouble(trouble) => panic!("{trouble:?}"),
                _ => {}
            }
        }
    }
    told
}

#[tokio::test]
async fn a_server_without_a_history_is_asked_once_and_told_of_once() {
    let cases = [
        ("404 Not Found", r#"{"message":"Not Found"}"#, "it knows no /api/v1/event/history"),
        ("405 Method Not Allowed", "", "405"),
        ("501 Not Implemented", "", "501"),
        ("200 OK", "<html>", "a web page"),
        ("422 Unprocessable Entity", r#"{"error":"no"}"#, "422: no"),
    ];
    for (status, body, said) in cases {
        let (server, settings) = changing(move |_, _| answer(status, "", body)).await;
        let told = troubles(settings).await;
        assert_eq!((histories(&server), told.len()), (1, 1), "{status}: {told:?}");
        assert!(told.iter().all(|told| told.contains(said)), "{told:?}");
    }
}

#[tokio::test]
async fn the_other_key_has_one_try_and_is_kept_where_it_is_taken() {
    let (server, settings) = changing(|_, _| answer("401 Unauthorized", "", "")).await;
    let told = troubles(settings).await;
    assert_eq!((histories(&server), told.len()), (2, 1), "{told:?}");
    assert!(told.iter().all(|told| told.contains("then with the User key")), "{told:?}");

    let (server, settings) =
        changing(
            |_, is_user_key| {
                if is_user_key { answer("200 OK", "", r#"{"view":[]}"#) } else { answer("403 Forbidden", "", "") }
            },
        )
        .await;
    assert_eq!(troubles(settings).await, [""; 0]);
    let refused = server
        .requests()
        .iter()
        .filter(|request| request.starts_with("GET /api/v1/event/history") && !request.contains("dXNlcjo="))
        .count();
    assert_eq!((refused, histories(&server) > 2), (1, true));
}

#[tokio::test]
async fn a_history_that_is_asked_too_often_is_left_alone_for_as_long_as_it_says() {
    let (server, settings) = changing(|_, _| answer("429 Too Many Requests", "Retry-After: 60\r\n", "")).await;
    let told = troubles(settings).await;
    assert_eq!((histories(&server), told.len()), (1, 1), "{told:?}");
}

#[tokio::test]
async fn no_more_than_thirty_histories_are_asked_for_in_a_minute() {
    let types = |number: usize| {
        let events: Vec<_> =
            (0..40).map(|n| format!(r#""t{n}":{{"event":"t{n}","event_uuid":"u{number}-{n}"}}"#)).collect();
        format!("{{{}}}", events.join(","))
    };
    let server = Server::start(move |number, request| {
        let is_history = request.starts_with("GET /api/v1/event/history");
        Reply::Bytes(answer("200 OK", "", &if is_history { "{}".to_owned() } else { types(number) }))
    })
    .await;
    let mut source = live::start(settings(&server.url));
    let mut polls = 0;
    while polls < 6 {
        polls += next(&mut source).await.iter().filter(|record| matches!(record, Record::Polled(_))).count();
    }
    assert_eq!(histories(&server), 30);
}
