//! `replay --json`: the records of a tape, and of other files with events.

use std::fs;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::lint::Ran;
use super::*;

const HEADER: &str =
    r#"{"record":"tape","version":1,"target":"us","redacted":false,"observed_at":"2026-11-24T12:00:00.000Z"}"#;
const COUNTED: &str =
    r#"{"record":"connection","endpoint":"counts","state":"live","observed_at":"2026-11-24T12:00:01.000Z"}"#;
const EVENT: &str = r#"{"record":"event","type":"view","change":"new","event":{"event":"view","n":1.50},"received":1,"captured":1,"arrived":1,"coverage":null,"observed_at":"2026-11-24T12:00:02.000Z","latency_ms":null}"#;

fn replayed(contents: &[u8]) -> [Ran; 2] {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.ndjson");
    fs::write(&path, contents).unwrap();
    let file = Ran::of(&mut clickscope(&["replay", path.to_str().unwrap(), "--json"]));
    let mut child = clickscope(&["replay", "-", "--json"]).stdin(Stdio::piped()).spawn().unwrap();
    drop(child.stdin.take().unwrap().write_all(contents));
    [file, Ran::ended(child.wait_with_output().unwrap())]
}

#[test]
fn the_lines_of_a_tape_come_back_as_they_are_whatever_it_is_packed_in() {
    let tape = format!("{HEADER}\n{COUNTED}\n{EVENT}\n");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(tape.as_bytes()).unwrap();
    let zstd = ruzstd::encoding::compress_to_vec(tape.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    for contents in [tape.clone().into_bytes(), gzip.finish().unwrap(), zstd] {
        for ran in replayed(&contents) {
            assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), tape.as_str(), ""));
        }
    }
}

#[test]
fn events_by_themselves_become_records() {
    let events = br#"[{"event":"view","n":1,"timestamp":"2026-11-24T12:00:00Z"},{"event":"view","n":2}]"#;
    for ran in replayed(events) {
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        let lines: Vec<serde_json::Value> =
            ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let told: Vec<_> = lines
            .iter()
            .map(|line| (line["change"].as_str(), line["event"]["n"].as_u64(), line["captured"].as_u64()))
            .collect();
        assert_eq!(told, [(Some("new"), Some(1), Some(1)), (Some("updated"), Some(2), Some(2))]);
        assert!(lines.iter().all(|line| line["from"] == "tape" && line["observed_at"] == "2026-11-24T12:00:00.000Z"));
    }
}

#[test]
fn what_cannot_be_read_is_said_with_its_line_and_left_out() {
    let cases = [
        (format!("{HEADER}\n{{\"record\":\n{EVENT}\n"), 2, ":2: not JSON", 2),
        (format!("{HEADER}\n{EVENT}\n{}", &EVENT[..40]), 0, ":3: the last line is torn", 2),
        (format!("{}\n{EVENT}\n", HEADER.replace(":1,", ":9,")), 2, ":1: written by a newer version (9)", 1),
        (format!("{HEADER}\n[1]\n"), 2, ":2: neither a record nor an event", 1),
    ];
    for (contents, code, told, lines) in cases {
        for ran in replayed(contents.as_bytes()) {
            assert_eq!(ran.code, Some(code), "{contents}\n{}", ran.stderr);
            assert!(ran.stderr.contains(told), "{}", ran.stderr);
            assert_eq!(ran.stdout.lines().count(), lines, "{contents}");
        }
    }
    let ran = Ran::of(&mut clickscope(&["replay", "none.ndjson", "--json"]));
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("none.ndjson"), "{}", ran.stderr);
}

#[test]
fn with_redact_nobody_is_told_of() {
    let event = EVENT.replace(r#""n":1.50"#, r#""email":"jane.doe@example.com","n":1.50"#);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.ndjson");
    fs::write(&path, format!("{HEADER}\n{event}\n")).unwrap();
    let ran = Ran::of(&mut clickscope(&["replay", path.to_str().unwrap(), "--json", "--redact"]));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let lines: Vec<serde_json::Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["redacted"]), (2, &serde_json::Value::Bool(true)));
    assert!(!ran.stdout.contains("jane") && lines[1]["event"]["email"].is_string(), "{}", ran.stdout);
}

#[test]
fn the_newest_tape_of_those_that_record_themselves_is_found() {
    let home = tempfile::tempdir().unwrap();
    let last = || Ran::of(clickscope(&["replay", "--last", "--json"]).env("XDG_STATE_HOME", home.path()));
    let none = last();
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("no session was recorded yet"), "{}", none.stderr);
    let folder = home.path().join("clickscope/tapes");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("clickscope-a-2026-11-24T120000Z.ndjson"), format!("{HEADER}\n")).unwrap();
    let newer = folder.join("clickscope-a-2026-11-25T120000Z.ndjson");
    fs::write(&newer, format!("{HEADER}\n{EVENT}\n")).unwrap();
    fs::File::open(&newer).unwrap().set_modified(std::time::SystemTime::now() + Duration::from_mins(1)).unwrap();
    assert_eq!(last().stdout.lines().count(), 2);
}
