//! Events that come into our own collector by themselves: scenarios, and tapes.

use std::fs;

use serde_json::Value;

use super::*;

fn file(name: &str, contents: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, contents).unwrap();
    (folder, path.to_str().unwrap().to_owned())
}

/// What the collector shows once it shows so many types.
fn shown(url: &str, types: usize) -> Vec<Value> {
    let start = Instant::now();
    loop {
        let output = clickscope(&["watch", "--once", "--json", "--url", url]).output().unwrap();
        let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        if lines.len() >= types {
            assert_eq!(lines.len(), types, "{lines:?}");
            return lines;
        }
        assert!(start.elapsed() < PATIENCE, "{lines:?}");
    }
}

const SCENARIO: &str = r#"
pace = "10ms"
faults = ["status=418@send"]

[[people]]
email = "mara@example.com"
ip = "198.51.100.23"

[[events]]
body = { event = "view", email = "${person.email}", price = 1.10 }

[[events]]
body = '{"event":"purchase","email":"${person.email}","revenue":1e400}'
"#;

#[test]
fn a_scenario_comes_in_with_its_faults() {
    let (_folder, scenario) = file("demo.toml", SCENARIO);
    let sandbox = Sandbox::start(&["--scenario", &scenario]);
    let lines = shown(&sandbox.url, 2);
    let event = |event_type: &str| lines.iter().find(|line| line["type"] == event_type).unwrap()["event"].to_string();
    assert!(event("view").contains(r#""price":1.10"#) && event("view").contains("198.51.100.23"), "{lines:?}");
    assert!(event("purchase").contains(r#""revenue":1e+400"#), "{lines:?}");
    let mut refused = clickscope(&["send", "view", "--url", &sandbox.url]);
    let told = text(&refused.output().unwrap().stderr);
    assert!(told.contains("418"), "{told}");
}

#[test]
fn a_collector_ends_when_all_came_in_if_that_is_asked_for() {
    let (_folder, scenario) = file("demo.toml", SCENARIO);
    let (_other, tape) = file("tape.ndjson", "{\"event\":\"view\",\"email\":\"a@x.example\"}\n");
    for incoming in [["--scenario", &scenario], ["--tape", &tape]] {
        let mut sandbox = Sandbox::start(&[&incoming[..], &["--exit-after-traffic"]].concat());
        assert_eq!(ended(&mut sandbox.child).code(), Some(0), "{incoming:?}");
    }
    let (_folder, endless) = file("endless.toml", &format!("repeat = true\n{SCENARIO}"));
    let output = clickscope(&["sandbox", "--exit-after-traffic", "--scenario", &endless]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("repeats without an end"), "{}", text(&output.stderr));
}

#[test]
fn a_presenter_has_each_event_come_in_with_enter() {
    let (_folder, scenario) = file("demo.toml", &SCENARIO.replace("10ms", "key"));
    let arguments = ["sandbox", "--listen", "127.0.0.1:0", "--exit-after-traffic", "--scenario", &scenario];
    let mut child = clickscope(&arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut keys = child.stdin.take().unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
    writeln!(keys).unwrap();
    assert_eq!(shown(url.trim(), 1)[0]["type"], "view");
    writeln!(keys).unwrap();
    assert_eq!(ended(&mut child).code(), Some(0));
}

#[test]
fn a_tape_comes_in_as_it_was_recorded() {
    let line = |event: &str, second: u32, uuid: &str| {
        format!(
            r#"{{"event":"{event}","email":"a@x.example","event_uuid":"{uuid}","_bsft_ts":"2026-05-04T03:02:0{second}.000Z"}}"#
        )
    };
    let (_folder, tape) = file("tape.ndjson", &[line("view", 1, "u-1"), line("purchase", 2, "u-2")].join("\n"));
    let sandbox = Sandbox::start(&["--tape", &tape, "--speed", "1000"]);
    for line in shown(&sandbox.url, 2) {
        let uuid = if line["type"] == "view" { "u-1" } else { "u-2" };
        assert_eq!((&line["event"]["event_uuid"], &line["event"]["email"]), (&uuid.into(), &"a@x.example".into()));
        assert!(line["event"]["_bsft_ts"].as_str().unwrap().starts_with("2026-05-04T03:02:0"), "{line}");
    }
}

#[test]
fn what_cannot_come_in_is_refused_with_the_place() {
    let (_folder, wrong) = file("wrong.toml", &SCENARIO.replace("[[people]]", "[[peopel]]"));
    let (_other, empty) = file("empty.toml", "");
    let cases: [(&[&str], &[&str]); 6] = [
        (&["--scenario", &wrong], &["wrong.toml:5: unknown field `peopel`: did you mean `people`?"]),
        (&["--scenario", &empty], &["empty.toml:1: there is nothing to send"]),
        (&["--scenario", "/nowhere.toml"], &["/nowhere.toml", "cannot be read"]),
        (&["--tape", "/nowhere.ndjson"], &["/nowhere.ndjson", "cannot be opened"]),
        (&["--scenario", &empty, "--tape", &empty], &["--scenario", "--tape"]),
        (&["--exit-after-traffic"], &["--scenario"]),
    ];
    for (arguments, wanted) in cases {
        let output = clickscope(&[&["sandbox", "--listen", "127.0.0.1:0"], arguments].concat()).output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(wanted.iter().all(|wanted| told.contains(wanted)), "{arguments:?}: {told}");
    }
}

#[test]
fn the_schema_of_a_scenario_is_printed() {
    let output = clickscope(&["sandbox", "--print-schema"]).output().unwrap();
    let schema: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(schema["title"], "clickscope scenario");
}

#[test]
fn a_tape_that_is_none_ends_it_and_what_a_collector_refused_is_not_sent_to_another() {
    let (_folder, file_of_words) = file("words.txt", "no tape\n");
    let arguments = ["sandbox", "--listen", "127.0.0.1:0", "--exit-after-traffic", "--tape", &file_of_words];
    let output = clickscope(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    let record = |arrival: &str, sku: &str| {
        format!(
            r#"{{"record":"event","type":"view","change":"updated","event":{{"event":"view","customer_id":"1","sku":"{sku}"}},"received":1,"captured":1,"coverage":null,"observed_at":"2026-11-26T14:03:00Z","from":"{arrival}"}}"#
        )
    };
    let (_folder, tape) = file("own.ndjson", &[record("refused", "r"), record("collector", "c")].join("\n"));
    let sandbox = Sandbox::start(&["--tape", &tape, "--speed", "1000"]);
    assert_eq!(shown(&sandbox.url, 1)[0]["event"]["sku"], "c");
    let records = clickscope(&["watch", "--once", "--json", "--url", &sandbox.url]).output().unwrap();
    assert!(!text(&records.stdout).contains(r#""sku":"r""#));
}
