//! Records in a pipe: of an account without being asked for, and of what another program writes.

use serde_json::{Value, json};

use super::lint::{Piped, Ran};
use super::*;

#[test]
fn without_a_terminal_watch_prints_records() {
    let sandbox = Sandbox::start(&[]);
    sandbox.send(r#"{"event":"view","email":"jane@example.com"}"#);
    for arguments in [&["watch"][..], &[]] {
        let mut child = clickscope(&[arguments, &["--url", &sandbox.url]].concat()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&line["record"], &line["type"]), (&json!("event"), &json!("view")));
    }
}

/// What is printed of each event, and how it ended.
fn streamed(lines: &str, arguments: &[&str]) -> (Ran, Vec<Value>) {
    let mut command = clickscope(&[&["watch", "--from", "-"], arguments].concat());
    let mut piped = Piped::into(command.env_remove("CLICKSCOPE_EVENT_KEY"));
    piped.write(lines);
    let (code, stdout, stderr) = piped.end();
    let records = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (Ran { code, stdout, stderr }, records)
}

#[test]
fn what_another_program_writes_is_watched_to_its_end_without_a_key() {
    let lines = concat!(
        r#"{"event":"page view","anonymousId":"1","revenue":"$ 5"}"#,
        "\n{\"event\":\"page view\",\"anonymousId\":\"2\"}\nno JSON\n[{\"event\":\"click\"},\n{\"event\":\"click\",\"n\":2}]\n",
    );
    let told = |record: &Value| {
        json!([record["type"], record["change"], record["captured"], record["findings"].as_array().map(Vec::is_empty)])
    };
    for (arguments, is_clean) in [(&[][..], false), (&["--no-rules"], true)] {
        let (ran, records) = streamed(lines, arguments);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let expected =
            [("page view", "new", 1), ("page view", "updated", 2), ("click", "new", 1), ("click", "updated", 2)];
        let expected = expected.map(|(of, change, captured)| json!([of, change, captured, is_clean]));
        assert_eq!(records.iter().map(told).collect::<Vec<_>>(), expected, "{ran:?}");
        assert!(ran.stderr.contains("standard input:3: not JSON"), "{ran:?}");
    }
    let (ran, records) = streamed(lines, &["--where", ".n == 2", "--no-rules"]);
    assert_eq!((ran.code, records.len()), (Some(0), 1), "{ran:?}");
    let (ran, records) = streamed(lines, &["--redact"]);
    assert!(ran.code == Some(0) && records.len() == 4, "{ran:?}");
}

#[test]
fn a_plan_holds_where_the_rules_do_not_and_records_of_ours_are_watched_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let schema = r#"{"type":"object","required":["user"],"properties":{"event":{"const":"click"}}}"#;
    std::fs::write(folder.path().join("click.json"), schema).unwrap();
    let plan = folder.path().to_str().unwrap();
    let (_, records) = streamed(r#"{"event":"click","email":"nobody"}"#, &["--no-rules", "--plan", plan]);
    let rules: Vec<_> = records[0]["findings"].as_array().unwrap().iter().map(|found| found["rule"].clone()).collect();
    assert_eq!(rules.len(), 1, "{rules:?}");
    assert!(rules[0].as_str().unwrap().starts_with("plan-"), "{rules:?}");

    let sandbox = Sandbox::start(&[]);
    sandbox.send(r#"{"event":"view","email":"jane@example.com"}"#);
    let once = Ran::of(&mut clickscope(&["watch", "--once", "--json", "--url", &sandbox.url]));
    let (ran, records) = streamed(&once.stdout, &[]);
    let [record] = &*records else { panic!("{ran:?}") };
    assert_eq!((&record["event"]["email"], record.get("from")), (&json!("jane@example.com"), None));
}

#[test]
fn programs_are_told_what_there_is_to_call() {
    let ran = Ran::of(&mut clickscope(&["commands", "--json"]));
    let program: Value = serde_json::from_str(&ran.stdout).unwrap();
    let command = program["commands"].as_array().unwrap().iter().find(|command| command["name"] == "watch").unwrap();
    assert!(command["options"].as_array().unwrap().iter().any(|option| option["long"] == "--from"), "{command}");
    let ran = Ran::of(&mut clickscope(&["commands"]));
    assert!(ran.stdout.lines().any(|line| line.starts_with("plan infer ")), "{ran:?}");
}
