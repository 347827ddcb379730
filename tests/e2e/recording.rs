//! Sessions that are recorded while they are on the screen.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::process::Signal;

use crate::collector::Collector;
use crate::harness::{Launch, Program};

fn watch(collector: &Collector, more: &[&str]) -> Launch {
    let url = collector.url();
    Launch::clickscope(["watch", "--url", &url, "--interval", "250ms"].into_iter().chain(more.iter().copied()))
}

fn accept(collector: &Collector, numbers: std::ops::Range<u32>) {
    for n in numbers {
        collector.accept(&format!(r#"{{"event":"view{n}","customer_id":"812123","n":"n{n}"}}"#));
    }
}

/// The lines of a tape in the home of a program; all of them whole.
fn lines(path: &Path) -> Vec<String> {
    let tape = fs::read_to_string(path).unwrap();
    assert!(tape.ends_with('\n'), "{tape}");
    let lines: Vec<_> = tape.lines().map(str::to_owned).collect();
    for line in &lines {
        let parsed: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(parsed.get("record").is_some(), "{line}");
    }
    assert!(tape.starts_with(r#"{"record":"tape","version":1,"#), "{tape}");
    lines
}

fn events(lines: &[String]) -> usize {
    lines.iter().filter(|line| line.starts_with(r#"{"record":"event""#)).count()
}

/// A program that has recorded three events from its start.
fn recording(collector: &Collector) -> Program {
    accept(collector, 0..2);
    let program = watch(collector, &["--record", "tape.ndjson"]).start();
    program.wait_for_text(&["● live", "rec 2"]);
    accept(collector, 2..3);
    program.wait_for_text(&["rec 3"]);
    program
}

#[test]
fn what_ends_a_recording_by_force_leaves_all_that_was_seen() {
    let collector = Collector::start();
    let home = recording(&collector).kill();
    assert_eq!(events(&lines(&home.path().join("tape.ndjson"))), 3);
}

#[test]
fn a_line_that_drops_and_each_signal_close_the_recording_whole() {
    for signal in [Signal::HUP, Signal::TERM, Signal::INT] {
        let collector = Collector::start();
        let mut program = recording(&collector);
        program.signal(signal);
        program.wait_for_exit();
        let lines = lines(&program.home().join("tape.ndjson"));
        assert_eq!(events(&lines), 3, "{lines:?}");
        assert!(!lines.iter().any(|line| line.contains("findings")), "{lines:?}");
        program.assert_terminal_is_given_back();
        program.assert_told("3 events of 3 types in ");
    }
}

#[test]
fn what_is_held_is_written_when_that_is_asked_for_and_what_comes_after_it() {
    let collector = Collector::start();
    accept(&collector, 0..3);
    let mut program = watch(&collector, &[]).start();
    program.wait_for_text(&["● live", "view2"]);
    program.send("w");
    program.wait_for_text(&["record to: clickscope-local-20"]);
    program.send("\x15mine.ndjson\r");
    program.wait_for_text(&["3 events recorded in ", "mine.ndjson, and what comes", "rec 3"]);
    accept(&collector, 3..5);
    program.wait_for_text(&["rec 5"]);
    let path = program.home().join("mine.ndjson");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // What exists is not overwritten, and the recording goes on.
    program.send("w\x15mine.ndjson\r");
    program.wait_for_text(&["mine.ndjson exists: choose another name"]);
    accept(&collector, 5..6);
    program.wait_for_text(&["rec 6"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_told("mine.ndjson");
    assert_eq!(events(&lines(&path)), 6);
}

#[test]
fn the_hand_over_of_the_readme_is_three_commands_as_they_stand() {
    let readme = include_str!("../../README.md");
    let (_, section) = readme.split_once("## The hand-over\n").unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let commands: Vec<_> = block.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).collect();
    let [record, report, compare] = &*commands else { panic!("{commands:?}") };
    let mut home = tempfile::tempdir().unwrap();
    for (name, events) in [("staging", 3), ("production", 4)] {
        let collector = Collector::start();
        accept(&collector, 0..events);
        let line = record.replace("staging", name);
        let mut program = Launch::line(&line).env("CLICKSCOPE_URL", &collector.url()).at_home(home).start();
        program.wait_for_text(&[&format!("rec {events}")]);
        program.send("q");
        assert_eq!(program.wait_for_exit(), 0);
        home = program.into_home();
    }
    let mut program = Launch::line(report).at_home(home).start();
    assert_eq!(program.wait_for_exit(), 0);
    let home = program.into_home();
    let proof = fs::read_to_string(home.path().join("proof.html")).unwrap();
    assert!(proof.starts_with("<!doctype html>") && proof.contains("<b class=\"\">3</b> events"), "{proof}");
    let mut program = Launch::line(compare).at_home(home).start();
    program.wait_for_text(&["view3", "1 difference"]);
    assert_eq!(program.wait_for_exit(), 1);
}

#[test]
fn many_events_that_are_recorded_nowhere_are_not_lost_by_one_key() {
    let collector = Collector::start();
    accept(&collector, 0..120);
    let mut program = watch(&collector, &[]).start();
    program.wait_for_text(&["● live", "Event types 120"]);
    program.send("q");
    program.wait_for_text(&["q again quits · w saves 120 events"]);
    program.send("w\r");
    program.wait_for_text(&["120 events recorded in "]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_told("120 events of 120 types in ");
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_ends_the_recording_and_not_the_program() {
    let collector = Collector::start();
    accept(&collector, 0..2);
    let mut program = watch(&collector, &[]).start();
    program.wait_for_text(&["● live", "view1"]);
    program.send("w\x15/dev/full\r");
    program.wait_for_text(&["/dev/full cannot be recorded to: "]);
    accept(&collector, 2..3);
    program.wait_for_text(&["view2"]);
    assert!(!program.contents().contains("rec "), "{}", program.contents());
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
}

#[test]
fn a_profile_that_says_so_is_recorded_in_the_state_folder() {
    let collector = Collector::start();
    accept(&collector, 0..1);
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join(".config/clickscope");
    fs::create_dir_all(&config).unwrap();
    let profile = format!("[profiles.staging]\nurl = \"{}\"\nrecord = \"auto\"\n", collector.url());
    fs::write(config.join("config.toml"), profile).unwrap();
    let mut program = Launch::clickscope(["--profile", "staging"]).at_home(home).start();
    program.wait_for_text(&["rec 1"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    let tapes: Vec<_> = fs::read_dir(program.home().join(".local/state/clickscope/tapes")).unwrap().flatten().collect();
    let [tape] = &*tapes else { panic!("{tapes:?}") };
    assert_eq!(events(&lines(&tape.path())), 1);
    assert_eq!(fs::metadata(tape.path()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_demo_can_be_recorded_too() {
    let mut program = Launch::clickscope(["demo", "--record", "demo.ndjson"]).start();
    program.wait_for_text(&["● listening", "rec "]);
    program.wait_for("an event that is recorded", |screen| {
        let contents = screen.contents();
        contents.split("rec ").skip(1).any(|count| count.starts_with(|c: char| matches!(c, '1'..='9')))
    });
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    assert!(events(&lines(&program.home().join("demo.ndjson"))) > 0);
}
