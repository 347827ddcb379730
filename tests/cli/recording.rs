//! Sessions that are recorded while they are printed, and what reads the tapes.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use super::lint::Ran;
use super::*;

/// Events that a collector takes in while it is watched without a screen, on a tape.
struct Recorded {
    sandbox: Sandbox,
    child: Child,
    lines: mpsc::Receiver<String>,
    folder: TempDir,
    tape: PathBuf,
}

impl Recorded {
    fn start() -> Self {
        Self::start_with(&[])
    }

    fn start_with(more: &[&str]) -> Self {
        let sandbox = Sandbox::start(&["--debug-shape", "keyed-arrays"]);
        let folder = tempfile::tempdir().unwrap();
        let tape = folder.path().join("tape.ndjson");
        let arguments = ["watch", "--json", "--interval", "250ms", "--url", &sandbox.url, "--record"];
        let arguments = [&arguments[..], &[tape.to_str().unwrap()], more].concat();
        let mut child = clickscope(&arguments).spawn().unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        Self { sandbox, child, lines, folder, tape }
    }

    fn send(&self, numbers: std::ops::RangeInclusive<u64>) {
        for n in numbers {
            self.sandbox.send(&format!(r#"{{"event":"plan_chosen","email":"jane{n}@example.com","seats":{n}}}"#));
        }
    }

    /// Waits until so many events are printed.
    fn wait_for(&self, events: usize) {
        let is_event = |line: &String| line.contains(r#""record":"event""#);
        let lines = std::iter::from_fn(|| self.lines.recv_timeout(PATIENCE).ok());
        assert_eq!(lines.filter(is_event).take(events).count(), events);
    }
}

impl Recorded {
    /// Waits until so many events are on the tape: what is printed may be there a moment before it is written.
    fn wait_until_written(&self, events: usize) {
        let started = Instant::now();
        while fs::read_to_string(&self.tape).unwrap().matches(r#""record":"event""#).count() < events {
            assert!(started.elapsed() < PATIENCE, "{}", fs::read_to_string(&self.tape).unwrap());
            std::thread::yield_now();
        }
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn records(tape: &str) -> Vec<Value> {
    tape.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))).collect()
}

fn seats(records: &[Value]) -> Vec<u64> {
    records.iter().filter_map(|record| record["event"]["seats"].as_u64()).collect()
}

#[test]
fn every_signal_that_ends_it_leaves_a_whole_tape_that_is_read() {
    for (by, code) in [(Signal::HUP, 129), (Signal::TERM, 143), (Signal::INT, 130)] {
        let mut recorded = Recorded::start();
        recorded.send(1..=5);
        recorded.wait_for(5);
        signal(&recorded.child, by);
        assert_eq!(ended(&mut recorded.child).code(), Some(code));
        let mut told = String::new();
        recorded.child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert!(!told.contains("by itself"), "{told}");
        let tape = fs::read_to_string(&recorded.tape).unwrap();
        assert!(tape.ends_with('\n') && !tape.contains(CANARY) && !tape.contains("findings"), "{tape}");
        let lines = records(&tape);
        let header = &lines[0];
        assert_eq!((&header["record"], &header["version"]), (&"tape".into(), &1.into()), "{header}");
        assert!(header["target"].as_str().unwrap().starts_with("local · 127.0.0.1:"), "{header}");
        assert_eq!(seats(&lines), [1, 2, 3, 4, 5]);
        assert!(lines.iter().any(|line| line["state"] == "live"), "{tape}");

        let path = recorded.tape.to_str().unwrap();
        let lint = Ran::of(&mut clickscope(&["lint", path]));
        assert!(lint.code == Some(0) && lint.stderr.contains("5 events"), "{lint:?}");
        let inferred = Ran::of(&mut clickscope(&["plan", "infer", path]));
        assert!(inferred.code == Some(0) && inferred.stdout.contains(r#""plan_chosen": {"#), "{inferred:?}");
        let sent = Ran::of(&mut clickscope(&["send", "--dry-run", path]));
        assert_eq!((sent.code, sent.stdout.matches("event_uuid").count()), (Some(0), 5), "{sent:?}");
    }
}

#[test]
fn a_masked_tape_holds_nobody() {
    let mut recorded = Recorded::start_with(&["--redact"]);
    recorded.send(1..=3);
    recorded.wait_for(3);
    signal(&recorded.child, Signal::TERM);
    ended(&mut recorded.child);
    let tape = fs::read_to_string(&recorded.tape).unwrap();
    let lines = records(&tape);
    assert_eq!((&lines[0]["redacted"], seats(&lines)), (&true.into(), vec![1, 2, 3]));
    assert!(!tape.contains("jane"), "{tape}");
}

#[test]
fn what_ends_it_by_force_leaves_at_most_a_torn_line_which_is_said_and_passed_over() {
    let mut recorded = Recorded::start();
    recorded.send(1..=5);
    recorded.wait_for(5);
    recorded.wait_until_written(5);
    recorded.child.kill().unwrap();
    recorded.child.wait().unwrap();
    let tape = fs::read_to_string(&recorded.tape).unwrap();
    assert_eq!(seats(&records(&tape)), [1, 2, 3, 4, 5]);
    // As a disk would have it that took half of a line.
    let last = tape.trim_end().rfind(r#""event":{"#).unwrap();
    let torn = recorded.folder.path().join("torn.ndjson");
    fs::write(&torn, tape.get(..last + 12).unwrap()).unwrap();
    let path = torn.to_str().unwrap();
    let line = tape.get(..last).unwrap().lines().count();
    let said = format!("{line}: the last line is torn, for the recording was ended by force: all before it is read\n");
    for (command, code) in [(&["lint"][..], 0), (&["plan", "infer"], 0), (&["send", "--dry-run"], 0)] {
        let ran = Ran::of(&mut clickscope(&[command, &[path]].concat()));
        assert_eq!((ran.code, ran.stderr.matches(&said).count()), (Some(code), 1), "{ran:?}");
    }
}

#[test]
fn a_tape_of_a_newer_version_and_a_broken_line_are_named_with_what_is_read_all_the_same() {
    let mut recorded = Recorded::start();
    recorded.send(1..=2);
    recorded.wait_for(2);
    signal(&recorded.child, Signal::TERM);
    ended(&mut recorded.child);
    let tape = fs::read_to_string(&recorded.tape).unwrap();
    let newer = tape.replacen(r#""version":1"#, r#""version":2"#, 1);
    let broken = tape.replacen('\n', "\n{\"record\":\"event\",\"event\":\n", 1);
    let path = recorded.folder.path().join("bad.ndjson");
    for (bad, told) in [(newer, ":1: written by a newer version (2); this one reads 1"), (broken, ":2:27: not JSON: ")]
    {
        fs::write(&path, bad).unwrap();
        for command in [&["lint", "--json"][..], &["plan", "infer"], &["send", "--dry-run", "--keep-going"]] {
            let ran = Ran::of(&mut clickscope(&[command, &[path.to_str().unwrap()]].concat()));
            assert!(ran.stderr.contains(told) && ran.code != Some(0), "{command:?}: {ran:?}");
            let is_read = ran.stdout.contains("plan_chosen") || ran.stderr.contains("2 events, nothing found");
            assert!(is_read, "{command:?}: {ran:?}");
        }
    }
}

#[test]
fn nothing_is_overwritten_and_what_cannot_be_written_is_said_before_anything_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("there.ndjson");
    fs::write(&there, "mine").unwrap();
    let nowhere = folder.path().join("no/where.ndjson");
    for (path, told) in [(&there, "exists: choose another name"), (&nowhere, "cannot be recorded to")] {
        let command = ["watch", "--json", "--url", "http://127.0.0.1:9", "--record", path.to_str().unwrap()];
        let ran = Ran::of(&mut clickscope(&command));
        assert_eq!((ran.code, ran.stderr.contains(told)), (Some(2), true), "{ran:?}");
    }
    assert_eq!(fs::read_to_string(there).unwrap(), "mine");
}

#[test]
fn a_profile_is_recorded_each_time_it_is_watched_and_the_newest_five_are_kept() {
    let sandbox = Sandbox::start(&[]);
    sandbox.send(r#"{"event":"view","customer_id":"c"}"#);
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join(".config/clickscope");
    fs::create_dir_all(&config).unwrap();
    let profile = format!("[profiles.staging]\nurl = \"{}\"\nrecord = \"auto\"\n", sandbox.url);
    fs::write(config.join("config.toml"), profile).unwrap();
    let tapes = home.path().join(".local/state/clickscope/tapes");
    for _ in 0..6 {
        let mut command = clickscope(&["watch", "--json", "--profile", "staging"]);
        let mut child = command.env("HOME", home.path()).spawn().unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        lines.recv_timeout(PATIENCE).unwrap();
        signal(&child, Signal::TERM);
        let ran = Ran::ended(child.wait_with_output().unwrap());
        assert!(
            ran.stderr.starts_with("clickscope: recording to ") && ran.stderr.contains("/clickscope-staging-"),
            "{ran:?}"
        );
    }
    assert_eq!(fs::read_dir(tapes).unwrap().count(), 5);
}

#[test]
fn the_schema_is_printed_without_a_key_and_the_lines_are_as_it_says() {
    let ran = Ran::of(clickscope(&["watch", "--print-schema"]).env_remove("CLICKSCOPE_EVENT_KEY"));
    let schema: Value = serde_json::from_str(&ran.stdout).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let mut recorded = Recorded::start();
    recorded.send(1..=3);
    recorded.wait_for(3);
    signal(&recorded.child, Signal::TERM);
    ended(&mut recorded.child);
    let watched = Ran::of(&mut clickscope(&["watch", "--once", "--json", "--url", &recorded.sandbox.url]));
    for line in records(&(fs::read_to_string(&recorded.tape).unwrap() + &watched.stdout)) {
        let faults: Vec<_> = schema.iter_errors(&line).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{line}: {faults:#?}");
    }
}
