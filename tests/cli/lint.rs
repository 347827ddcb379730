//! Events that are linted from the command line: what is said of them where, and how it ends.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// What a run printed, and how it ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Ran {
    pub(super) fn of(command: &mut Command) -> Self {
        Self::ended(command.output().unwrap())
    }

    pub(super) fn ended(Output { status, stdout, stderr }: Output) -> Self {
        let ran = Self { code: status.code(), stdout: text(&stdout), stderr: text(&stderr) };
        assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "{}{}", ran.stdout, ran.stderr);
        ran
    }

    fn lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The line and the rule of each finding.
    pub(super) fn found(&self) -> Vec<(u64, String)> {
        let found = |line: &Value| (line["line"].as_u64().unwrap(), line["rule"].as_str().unwrap().to_owned());
        self.lines().iter().map(found).collect()
    }
}

/// A folder with events in it. The program runs there, so that it calls the file by its name.
struct Events(TempDir);

impl Events {
    const NAME: &str = "events, 100%.json";

    fn new(contents: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(Self::NAME), contents).unwrap();
        Self(folder)
    }

    fn lint(&self, arguments: &[&str]) -> Ran {
        Ran::of(clickscope(&[&["lint", Self::NAME], arguments].concat()).current_dir(self.0.path()))
    }
}

const CLEAN: &str = r#"{"event":"plan_chosen","email":"jane@example.com"}"#;
/// A warning.
const NOBODY: &str = r#"{"event":"plan_chosen","plan":"gold"}"#;
/// An error.
const PERIOD: &str = r#"{"event":"plan.chosen","email":"jane@example.com"}"#;

fn odd() -> Events {
    Events::new(format!("{CLEAN}\n\n{NOBODY}\n{PERIOD}\n{NOBODY}\n"))
}

#[test]
fn findings_are_told_with_their_place_and_why_once_and_errors_end_with_1() {
    let ran = odd().lint(&[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.stderr, "1 error, 2 warnings in 4 events\n");
    let heads: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with(Events::NAME)).collect();
    assert_eq!(
        heads,
        [
            "events, 100%.json:3: warning[identifier-missing]",
            "events, 100%.json:4: error[event-name-period] /event",
            "events, 100%.json:5: warning[identifier-missing]",
        ]
    );
    assert_eq!(ran.stdout.matches("  why: Without an identifier").count(), 1, "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("  expected ").count(), 3, "{}", ran.stdout);
}

#[test]
fn in_one_json_text_each_finding_has_the_line_of_its_field() {
    let text = "\n{\n  \"email\": \"jane@example.com\",\n  \"event\": \"plan.chosen\"\n}\n";
    assert_eq!(Events::new(text).lint(&["--json"]).found(), [(4, "event-name-period".to_owned())]);
    let array = format!("[{CLEAN},\n{{\n\"email\": \"jane@example.com\",\n\n\"event\":\n\"plan.chosen\"}},\n{NOBODY}]");
    let found = [(5, "event-name-period".to_owned()), (7, "identifier-missing".to_owned())];
    assert_eq!(Events::new(array).lint(&["--json"]).found(), found);
}

#[test]
fn where_nothing_is_wrong_nothing_is_printed() {
    for (contents, told) in [(CLEAN.to_owned(), "1 event"), (format!("[{CLEAN},{CLEAN}]"), "2 events")] {
        let ran = Events::new(&contents).lint(&["--deny", "info"]);
        assert_eq!((ran.code, &*ran.stdout, ran.stderr), (Some(0), "", format!("{told}, nothing found\n")));
    }
    let mut child = clickscope(&["lint", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{CLEAN}\n{PERIOD}\n").as_bytes()).unwrap();
    let ran = Ran::ended(child.wait_with_output().unwrap());
    assert!(ran.code == Some(1) && ran.stdout.starts_with("standard input:2: error[event-name-period]"), "{ran:?}");
}

#[test]
fn warnings_fail_only_when_they_are_denied() {
    let events = Events::new(NOBODY);
    for (arguments, code) in [
        (&[][..], 0),
        (&["--deny", "error"], 0),
        (&["--deny", "warning"], 1),
        (&["--deny", "info"], 1),
        (&["-D", "identifier-missing"], 1),
        (&["-D", "identifier-missing@plan_chosen"], 1),
        (&["-D", "identifier-missing@purchase"], 0),
        (&["-D", "identifier-missing", "-A", "identifier-missing@plan_chosen"], 0),
        (&["--deny", "warning", "-A", "identifier-missing"], 0),
        (&["--deny", "warning", "-W", "identifier-missing"], 1),
    ] {
        assert_eq!(events.lint(arguments).code, Some(code), "{arguments:?}");
    }
}

#[test]
fn the_config_file_sets_levels_and_options_win_over_it() {
    let config = "[lint]\nevent-name-period = \"warning\"\n[lint.plan_chosen]\nidentifier-missing = \"error\"\n";
    let settings = settings(config);
    let events = odd();
    let severities = |arguments: &[&str]| {
        let mut command = clickscope(&[&["lint", Events::NAME, "--json"], arguments].concat());
        let ran = Ran::of(command.current_dir(events.0.path()).env("XDG_CONFIG_HOME", settings.path()));
        ran.lines().iter().map(|line| line["severity"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(severities(&[]), ["error", "warning", "error"]);
    assert_eq!(severities(&["-W", "identifier-missing", "-D", "event-name-period"]), ["warning", "error", "warning"]);
    assert_eq!(severities(&["-A", "identifier-missing"]), ["warning"]);
}

#[test]
fn what_is_wrong_in_the_config_file_is_told_with_its_line() {
    for (config, line, part) in [
        ("[lint]\nevent-name-priod = \"allow\"", 2, "there is event-name-period"),
        ("[lint]\nevent-name-period = \"off\"", 2, "must be one of \"allow\", \"info\", \"warning\", \"error\""),
        ("[lint]\nevent-name-period = true", 2, "must be one of \"allow\""),
        ("[lint.purchase]\n\nevent-name-period = 1", 3, "must be one of \"allow\""),
        ("[lint.purchase]\nevent-name-priod = \"allow\"", 2, "there is event-name-period"),
        ("lint = 1", 1, "lint must be a table"),
    ] {
        let settings = settings(config);
        let ran = Ran::of(clickscope(&["lint", "-"]).env("XDG_CONFIG_HOME", settings.path()));
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""), "{ran:?}");
        assert!(ran.stderr.contains(&format!("config.toml:{line}: ")) && ran.stderr.contains(part), "{ran:?}");
    }
}

#[test]
fn what_is_no_event_is_told_with_its_place_and_ends_with_2() {
    for (contents, told) in [
        ("{\"event\":\"a\",}".as_bytes(), ":1:13: not JSON: "),
        (b"{\n\"event\": x\n}", ":2:10: not JSON: "),
        (b"[\n{\"event\":\"view\",\"email\":\"a@b.example\"},\n7]", ":3: this element of the array is none: "),
        (b"\n\"view\"", ":2: an event is an object"),
        (b"{\"event\":\"caf\xe9\"}", ":1: this line is not text"),
        (b"{\"event\":{{now}}}", ":1:"),
        (b"", ": there is no event in it"),
        (b"[]", ": there is no event in it"),
    ] {
        let ran = Events::new(contents).lint(&["--json"]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(&format!("{}{told}", Events::NAME)), "{ran:?}");
    }
    let ran = Ran::of(&mut clickscope(&["lint", "/nonexistent/\u{1b}events"]));
    assert!(ran.code == Some(2) && ran.stderr.contains("/nonexistent/\\u001bevents cannot be opened"), "{ran:?}");
}

#[test]
fn a_broken_line_does_not_hide_what_is_wrong_in_the_others() {
    let ran = Events::new(format!("{CLEAN}\n{{\"event\":}}\n[1]\n{PERIOD}\n")).lint(&["--json"]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(ran.found(), [(4, "event-name-period".to_owned())]);
    assert!(
        ran.stderr.contains("100%.json:2:10: not JSON: ") && ran.stderr.contains("100%.json:3: "),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.ends_with("1 error in 2 events; 2 could not be read\n"), "{}", ran.stderr);
}

#[test]
fn json_lines_say_all_of_a_finding() {
    let lines = odd().lint(&["--json"]).lines();
    assert_eq!(lines.len(), 3);
    let line = &lines[1];
    let known = json!(["events, 100%.json", 4, "plan.chosen", "event-name-period", "error", "/event"]);
    assert_eq!(json!([line["file"], line["line"], line["type"], line["rule"], line["severity"], line["path"]]), known);
    assert!(line["expected"].is_string() && line["found"].is_string() && line.get("fix").is_some(), "{line}");
}

#[test]
fn sarif_has_every_rule_and_a_place_for_each_result() {
    let ran = odd().lint(&["--format", "sarif"]);
    assert_eq!(ran.code, Some(1));
    let sarif: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let driver = &sarif["runs"][0]["tool"]["driver"];
    let rules: Vec<&Value> = driver["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for (result, line) in results.iter().zip([3, 4, 5]) {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "events%2C%20100%25.json");
        assert_eq!(place["region"]["startLine"], line);
        assert!(rules.contains(&&result["ruleId"]) && result["message"]["text"].is_string(), "{result}");
    }
    let clean = Events::new(CLEAN).lint(&["--format", "sarif"]);
    let sarif: Value = serde_json::from_str(&clean.stdout).unwrap();
    assert_eq!((clean.code, &sarif["runs"][0]["results"]), (Some(0), &json!([])));
}

/// The names of the elements of an XML text that is well-formed as far as is looked at: tags are closed in order, and
/// nothing stands where it has to be escaped.
fn elements(xml: &str) -> Vec<String> {
    let body = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").unwrap();
    let (mut open, mut seen): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
    for piece in body.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').unwrap();
        assert!(!after.contains('>'), "{piece}");
        for entity in piece.split('&').skip(1) {
            let (name, _) = entity.split_once(';').unwrap();
            assert!(["amp", "lt", "gt", "quot"].contains(&name), "{piece}");
        }
        assert!(tag.matches('"').count() % 2 == 0, "{tag}");
        let name = tag.trim_matches('/').split(' ').next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else {
            seen.push(name.to_owned());
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    seen
}

#[test]
fn junit_has_a_case_for_each_event_which_denied_findings_fail() {
    let hostile = r#"{"event":"a.<b>&\"\u0000\u001b\uffff","email":"jane@example.com"}"#;
    let events = Events::new(format!("{CLEAN}\n{NOBODY}\n{PERIOD}\n{hostile}\n"));
    for (arguments, failures) in [(&[][..], 2), (&["--deny", "warning"], 3)] {
        let ran = events.lint(&[&["--format", "junit"], arguments].concat());
        assert_eq!(ran.code, Some(1));
        let seen = elements(&ran.stdout);
        let count = |name: &str| seen.iter().filter(|seen| *seen == name).count();
        assert_eq!((count("testsuites"), count("testsuite"), count("testcase")), (1, 1, 4), "{}", ran.stdout);
        assert!(count("failure") >= failures, "{}", ran.stdout);
        assert!(ran.stdout.contains(&format!("tests=\"4\" failures=\"{failures}\"")), "{}", ran.stdout);
    }
}

#[test]
fn github_is_given_a_command_for_each_finding() {
    let ran = odd().lint(&["--format", "github"]);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let file = "file=events%2C 100%25.json";
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with(&format!("::warning {file},line=3,title=identifier-missing::")), "{lines:?}");
    assert!(lines[1].starts_with(&format!("::error {file},line=4,title=event-name-period::/event: ")), "{lines:?}");
}

#[test]
fn an_unknown_rule_ends_with_2_and_the_nearest_that_there_is() {
    for arguments in [
        &["lint", "-", "-W", "event-name-priod"][..],
        &["lint", "-", "-A", "event-name-priod@view"],
        &["lint", "-", "-D", "event-name-priod"],
        &["explain", "event-name-priod"],
    ] {
        let ran = Ran::of(&mut clickscope(arguments));
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""), "{ran:?}");
        assert!(ran.stderr.contains("no rule event-name-priod, but there is event-name-period"), "{ran:?}");
    }
    let ran = odd().lint(&["-W", "event-name-period", "-A", "event-name-period"]);
    assert_eq!((ran.code, &*ran.stdout), (Some(2), ""));
    assert!(ran.stderr.contains("event-name-period is given to -W and to -A: keep one"), "{}", ran.stderr);
}

#[test]
fn every_rule_is_listed_and_explained() {
    let rules = Ran::of(&mut clickscope(&["rules", "--json"])).lines();
    let list = Ran::of(&mut clickscope(&["rules"]));
    assert_eq!((list.code, list.stdout.lines().count()), (Some(0), rules.len()));
    for (rule, line) in rules.iter().zip(list.stdout.lines()) {
        let said = |field: &str| rule[field].as_str().unwrap();
        assert!(line.starts_with(said("id")) && line.ends_with(said("title")) && line.contains(said("severity")));
        let ran = Ran::of(&mut clickscope(&["explain", said("id")]));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        for field in ["id", "severity", "title", "why", "bad", "good"] {
            assert!(said(field).lines().all(|part| ran.stdout.contains(part)), "{field} in {}", ran.stdout);
        }
        assert!(rule["documentation"].as_str().is_none_or(|address| ran.stdout.contains(address)), "{}", ran.stdout);
    }
}
