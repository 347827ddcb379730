//! The forms in which events come: every command that reads events reads the same ones.

use std::fs;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::lint::Ran;
use super::*;

const ONE: &str = r#"{"event":"plan_chosen","email":"jane@example.com","seats":1}"#;
const TWO: &str = r#"{"event":"seat_booked","email":"jane@example.com","seat":"A \ud83d"}"#;

/// A record of ours with an event in it.
fn record(event: &str) -> String {
    format!(
        r#"{{"record":"event","type":"x","change":"new","event":{event},"received":1,"captured":1,"observed_at":"2026-11-24T12:00:00Z","findings":[]}}"#
    )
}

fn pretty(json: &str) -> String {
    let value: Box<serde_json::value::RawValue> = serde_json::from_str(json).unwrap();
    value.get().replacen('{', "{\n  ", 1).replace(",\"", ",\n  \"")
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

/// The runs of a command on a file, and of the same on standard input.
fn both(command: &[&str], contents: &[u8]) -> [Ran; 2] {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.json");
    fs::write(&path, contents).unwrap();
    let file = Ran::of(&mut clickscope(&[command, &[path.to_str().unwrap()]].concat()));
    let mut child = clickscope(&[command, &["-"]].concat()).stdin(Stdio::piped()).spawn().unwrap();
    drop(child.stdin.take().unwrap().write_all(contents));
    [file, Ran::ended(child.wait_with_output().unwrap())]
}

#[test]
fn each_command_reads_the_same_events_of_each_form() {
    let bulk = format!(r#"{{"events":[{ONE},{TWO}]}}"#);
    let ours = [
        r#"{"record":"connection","endpoint":"events","state":"connecting","observed_at":"2026-11-24T12:00:00Z"}"#,
        r#"{"record":"count","type":"x","change":"new","received":1,"captured":0,"observed_at":"2026-11-24T12:00:00Z"}"#,
        r#"{"record":"errors","errors":{"missing_identifier":1},"observed_at":"2026-11-24T12:00:00Z"}"#,
        r#"{"record":"of a later version","observed_at":"2026-11-24T12:00:00Z"}"#,
    ]
    .join("\n");
    let header =
        r#"{"record":"tape","version":1,"target":"us","redacted":false,"observed_at":"2026-11-24T12:00:00.000Z"}"#;
    let cut = |line: &str| line.get(..line.len() - 20).unwrap().to_owned();
    let deep = format!(r#"{{"event":"deep","email":"a@b.example","tree":{}{}}}"#, "[".repeat(500), "]".repeat(500));
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("an array", format!("[{ONE},\n{TWO}]").into()),
        ("a bulk payload", bulk.clone().into()),
        ("a bulk payload over lines", format!("{{\n\"events\": [\n{ONE},\n{TWO}\n]\n}}\n").into()),
        ("a bulk payload with more in it", format!(r#"{{"v":1,"events":[{ONE},{TWO}]}}"#).into()),
        ("NDJSON", format!("{ONE}\n{TWO}\n").into()),
        ("with CRLF and blank lines", format!("\r\n{ONE}\r\n\r\n{TWO}\r\n").into()),
        ("with a mark", format!("\u{feff}{ONE}\n{TWO}").into()),
        ("put together of two with marks", format!("\u{feff}{ONE}\n\u{feff}{TWO}\n").into()),
        ("what jq prints", format!("{}\n{}\n", pretty(ONE), pretty(TWO)).into()),
        ("with nothing between", format!("{ONE}{TWO}").into()),
        ("a JSON text sequence", format!("\u{1e}{ONE}\n\u{1e}{TWO}\n").into()),
        ("arrays in a row", format!("[{ONE}]\n[{TWO}]\n").into()),
        ("gzip", gzip(&format!("{ONE}\n{TWO}\n"))),
        ("gzip twice", [gzip(ONE), gzip(TWO)].concat()),
        ("our own records", format!("{ours}\n{}\n{}\n{ours}\n", record(ONE), record(TWO)).into()),
        ("a tape", format!("{header}\n{ours}\n{}\n{}\n{ours}\n", record(ONE), record(TWO)).into()),
        ("a tape with a torn end", format!("{header}\n{}\n{}\n{}", record(ONE), record(TWO), cut(&record(ONE))).into()),
        ("a packed tape", gzip(&format!("{header}\n{}\n{}\n{header}\n", record(ONE), record(TWO)))),
        ("our own records as jq prints them", format!("{}\n{}\n", pretty(&record(ONE)), pretty(&record(TWO))).into()),
    ];
    for (form, contents) in &forms {
        for ran in both(&["plan", "infer"], contents) {
            assert_eq!(ran.code, Some(0), "{form}: {}", ran.stderr);
            let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
            assert_eq!(plan.as_object().unwrap().keys().collect::<Vec<_>>(), ["plan_chosen", "seat_booked"], "{form}");
        }
        for ran in both(&["lint", "--json"], contents) {
            assert!(
                ran.code != Some(2) && ran.stderr.ends_with("in 2 events\n")
                    || ran.stderr.ends_with("2 events, nothing found\n"),
                "{form}: {ran:?}"
            );
        }
        for ran in both(&["send", "--dry-run", "--no-placeholders"], contents) {
            assert_eq!(ran.code, Some(0), "{form}: {}", ran.stderr);
            let calls = ran.stdout.matches("/bulkevents").count();
            let events = ran.stdout.matches(r#""event_uuid""#).count();
            assert_eq!((calls, events), (1, 2), "{form}: {}", ran.stdout);
            assert!(ran.stdout.contains(r"A \ud83d"), "{form}: {}", ran.stdout);
        }
    }
    for alone in [ONE.to_owned(), record(ONE), pretty(ONE), deep] {
        for ran in both(&["send", "--dry-run"], alone.as_bytes()) {
            assert!(ran.code == Some(0) && ran.stdout.contains("/api/v1/event'"), "{ran:?}");
        }
        for ran in both(&["lint"], alone.as_bytes()) {
            assert_eq!(ran.code, Some(0), "{ran:?}");
        }
    }
}

#[test]
fn what_is_no_event_is_named_alike_by_each() {
    let utf16: Vec<u8> = format!("\u{feff}{ONE}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (contents, told) in [
        (&utf16[..], ": this is UTF-16"),
        (
            format!("{{\"events\":{{\"1\":{ONE}}}}}").as_bytes(),
            ":1: an object stands where an array of events is meant",
        ),
        (format!("{ONE}\n{{\"event\":\"view\",\n\n{TWO}").as_bytes(), ":2:17: not JSON: "),
        (format!("{ONE}\n  {{\"event\":x}}").as_bytes(), ":2:12: not JSON: "),
        (format!("{ONE} {{\"event\":x}}").as_bytes(), ":1:71: not JSON: "),
        (b"{\"event\":\"caf\xe9\"}", ":1: this line is not text (not UTF-8)"),
    ] {
        for command in [&["lint"][..], &["plan", "infer"], &["send", "--dry-run"]] {
            for ran in both(command, contents) {
                assert_eq!(ran.code, Some(2), "{command:?}: {ran:?}");
                assert!(ran.stderr.contains(told), "{command:?} without {told}: {}", ran.stderr);
            }
        }
    }
}

#[test]
fn a_captured_event_is_sent_as_its_sender_sent_it() {
    let sandbox = Sandbox::start(&[]);
    let sent = r#"{"event":"plan_chosen","email":"jane@example.com","user_agent":"mine","seats":1}"#;
    sandbox.send(sent);
    let watched = Ran::of(&mut clickscope(&["watch", "--once", "--json", "--url", &sandbox.url]));
    for ran in both(&["send", "--dry-run"], watched.stdout.as_bytes()) {
        let body = ran.stdout.split("--data-raw '").nth(1).unwrap().split("' \\").next().unwrap();
        let mut event: Value = serde_json::from_str(body).unwrap();
        event.as_object_mut().unwrap().remove("event_uuid");
        assert_eq!(event, serde_json::from_str::<Value>(sent).unwrap(), "{ran:?}");
    }
}
