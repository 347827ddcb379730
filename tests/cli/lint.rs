//! Events that are linted from the command line: what is said of them where, and how it ends.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// The output and the exit of a run.
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

/// Gives the program an input as another one writes it, and takes what it prints.
pub(super) struct Piped {
    pub(super) child: Child,
    stdin: Option<std::process::ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Piped {
    pub(super) fn into(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, stdin, stdout }
    }

    pub(super) fn write(&mut self, line: &str) {
        writeln!(self.stdin.as_ref().unwrap(), "{line}").unwrap();
    }

    fn read_line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    /// Ends the input, and gives how the program ended and what else it printed.
    pub(super) fn end(mut self) -> (Option<i32>, String, String) {
        drop(self.stdin.take());
        let (mut rest, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut rest).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (ended(&mut self.child).code(), rest, stderr)
    }
}

const CLEAN: &str = r#"{"event":"plan_chosen","email":"jane@example.com"}"#;
/// A warning.
const DOLLARS: &str = r#"{"event":"plan_chosen","email":"jane@example.com","currency":"usd"}"#;
/// An error.
const NOBODY: &str = r#"{"event":"plan_chosen","plan":"gold"}"#;
/// Another.
const PERIOD: &str = r#"{"event":"plan.chosen","email":"jane@example.com"}"#;

fn odd() -> Events {
    Events::new(format!("{CLEAN}\n\n{NOBODY}\n{PERIOD}\n{NOBODY}\n"))
}

#[test]
fn findings_are_told_with_their_place_and_why_once_and_errors_end_with_1() {
    let ran = odd().lint(&[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.stderr, "3 errors in 4 events\n");
    let heads: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with(Events::NAME)).collect();
    assert_eq!(
        heads,
        [
            "events, 100%.json:3: error[identifier-missing] plan_chosen: no customer identifier",
            "events, 100%.json:4: error[event-name-period] plan.chosen /event: period in the event name",
            "events, 100%.json:5: error[identifier-missing] plan_chosen: no customer identifier",
        ]
    );
    assert_eq!(ran.stdout.matches("  why       Without an identifier").count(), 1, "{}", ran.stdout);
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
        let ran = Events::new(&contents).lint(&["--deny", "note"]);
        assert_eq!((ran.code, &*ran.stdout, ran.stderr), (Some(0), "", format!("{told}, nothing found\n")));
    }
    let mut child = clickscope(&["lint", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{CLEAN}\n{PERIOD}\n").as_bytes()).unwrap();
    let ran = Ran::ended(child.wait_with_output().unwrap());
    assert!(ran.code == Some(1) && ran.stdout.starts_with("standard input:2: error[event-name-period]"), "{ran:?}");
}

#[test]
fn warnings_fail_only_when_they_are_denied() {
    let events = Events::new(DOLLARS);
    for (arguments, code) in [
        (&[][..], 0),
        (&["--deny", "error"], 0),
        (&["--deny", "warning"], 1),
        (&["--deny", "note"], 1),
        (&["--deny", "info"], 1),
        (&["-D", "currency-format"], 1),
        (&["-D", "currency-format@plan_chosen"], 1),
        (&["-D", "currency-format@purchase"], 0),
        (&["-D", "currency-format", "-A", "currency-format@plan_chosen"], 0),
        (&["--deny", "warning", "-A", "currency-format"], 0),
        (&["--deny", "warning", "-W", "currency-format"], 1),
    ] {
        assert_eq!(events.lint(arguments).code, Some(code), "{arguments:?}");
    }
}

#[test]
fn the_config_file_sets_levels_and_options_win_over_it() {
    let config = "[lint]\nevent-name-period = \"warning\"\n[lint.plan_chosen]\nidentifier-missing = \"note\"\n";
    let settings = settings(config);
    let events = odd();
    let severities = |arguments: &[&str]| {
        let mut command = clickscope(&[&["lint", Events::NAME, "--json"], arguments].concat());
        let ran = Ran::of(command.current_dir(events.0.path()).env("XDG_CONFIG_HOME", settings.path()));
        ran.lines().iter().map(|line| line["severity"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(severities(&[]), ["note", "warning", "note"]);
    assert_eq!(severities(&["-W", "identifier-missing", "-D", "event-name-period"]), ["warning", "error", "warning"]);
    assert_eq!(severities(&["-A", "identifier-missing"]), ["warning"]);
}

#[test]
fn a_field_that_the_config_file_names_identifies_customers() {
    let settings = settings("[lint]\nidentifiers = [\"loyalty_id\"]\n");
    for (identifier, code) in [("loyalty_id", 0), ("shoe_size", 1)] {
        let events = Events::new(format!("{{\"event\":\"plan_chosen\",\"{identifier}\":\"7\"}}\n"));
        let mut command = clickscope(&["lint", Events::NAME]);
        let ran = Ran::of(command.current_dir(events.0.path()).env("XDG_CONFIG_HOME", settings.path()));
        assert_eq!(ran.code, Some(code), "{ran:?}");
    }
}

#[test]
fn a_template_passes_and_a_placeholder_that_nothing_fills_in_does_not() {
    let lint = |text: &str, arguments: &[&str]| Events::new(text).lint(&[&["--deny", "warning"], arguments].concat());
    let template = r#"{
  "event": "plan_chosen",
  "email": "{{email}}",
  "seats": {{seq}},
  "chosen_at": "{{now-2d}}",
  "plan": "{{env.PLAN}}"
}
"#;
    assert_eq!(lint(template, &[]).code, Some(0));
    let whole = "{\n\"event\":\"plan_chosen\",\n\"email\":\"{{email}}\"}";
    assert_eq!(lint(whole, &[]).code, Some(0));
    assert_eq!(lint(whole, &["--received"]).code, Some(1), "what was received is not filled in any more");
    assert_eq!(lint(&whole.replace("{{email}}", "{{ user.email }}"), &[]).code, Some(1));
    assert_eq!(lint(&whole.replace('\n', ""), &[]).code, Some(1), "a line is an event as it was sent");
}

#[test]
fn what_is_wrong_in_the_config_file_is_told_with_its_line() {
    for (config, line, part) in [
        ("[lint]\nevent-name-priod = \"allow\"", 2, "there is event-name-period"),
        ("[lint]\nevent-name-period = \"off\"", 2, "must be one of \"allow\", \"note\", \"warning\", \"error\""),
        ("[lint]\nevent-name-period = true", 2, "must be one of \"allow\""),
        ("[lint.purchase]\n\nevent-name-period = 1", 3, "must be one of \"allow\""),
        ("[lint.purchase]\nevent-name-priod = \"allow\"", 2, "there is event-name-period"),
        ("[lint]\nidentifiers = \"loyalty_id\"", 2, "must be a list of names of fields"),
        ("[lint]\nidentifiers = [\n\"loyalty_id\",\n7]", 4, "must be a list of names of fields"),
        ("[lint]\nidentifiers = [\" \"]", 2, "must be a list of names of fields"),
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
        (b"[\n{\"event\":\"view\",\"email\":\"a@b.example\"},\n7]", ":3: this element of the array is no event: "),
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
    assert!(ran.code == Some(2) && ran.stderr.contains("/nonexistent/\\u001bevents: cannot be opened: "), "{ran:?}");
}

#[test]
fn a_broken_line_does_not_hide_what_is_wrong_in_the_others() {
    let ran = Events::new(format!("{CLEAN}\n{{\"event\":}}\n[1]\n{PERIOD}\n")).lint(&["--json"]);
    assert_eq!(ran.code, Some(2));
    let found = [(2, "not-an-event"), (3, "not-an-event"), (4, "event-name-period")];
    assert_eq!(ran.found(), found.map(|(line, rule)| (line, rule.to_owned())));
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
fn a_missing_field_is_told_whatever_it_is_called() {
    for [first, second] in [["one", "two"], ["a", "of"]] {
        let usual =
            |n| format!("{{\"event\":\"kiln_fired\",\"email\":\"a{n}@example.com\",\"{first}\":1,\"{second}\":2}}\n");
        let events = (0..40).map(usual).collect::<String>() + r#"{"event":"kiln_fired"}"#;
        let lines = Events::new(events).lint(&["--json"]).lines();
        let told: Vec<_> = lines.iter().map(|line| json!([line["rule"], line["expected"], line["found"]])).collect();
        let usually =
            |name| json!(["field-sometimes-missing", format!("{name}, which 40 of 40 before it have"), "none"]);
        let identifiers = "one of customer_id, email, device_id, cookie, phone_number, user_uuid, group_id";
        let nobody = json!(["identifier-missing", identifiers, "none of them"]);
        assert_eq!(told, [usually(first), usually(second), nobody]);
    }
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
            assert!(["amp", "lt", "gt", "quot", "apos"].contains(&name), "{piece}");
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
fn junit_has_a_case_for_each_type_which_denied_findings_fail() {
    let hostile = r#"{"event":"a.<b>&\"\u0000\u001b\uffff","email":"jane@example.com"}"#;
    let events = Events::new(format!("{CLEAN}\n{DOLLARS}\n{PERIOD}\n{hostile}\n"));
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
    assert!(lines[0].starts_with(&format!("::error {file},line=3,title=identifier-missing::")), "{lines:?}");
    assert!(
        lines[1].starts_with(&format!("::error {file},line=4,title=event-name-period::plan.chosen /event: ")),
        "{lines:?}"
    );
}

#[test]
fn several_files_are_linted_each_by_itself_and_a_pattern_stands_for_its_files() {
    let events = odd();
    let folder = events.0.path();
    fs::create_dir(folder.join("sub")).unwrap();
    fs::write(folder.join("sub/b.ndjson"), format!("{CLEAN}\n{PERIOD}\n")).unwrap();
    fs::write(folder.join("sub/a.ndjson"), PERIOD).unwrap();
    let lint = |arguments: &[&str]| {
        let mut command = clickscope(&[&["lint", "--json"], arguments].concat());
        let ran = Ran::of(command.current_dir(folder));
        let files: Vec<_> = ran.lines().iter().map(|line| line["file"].as_str().unwrap().to_owned()).collect();
        (ran, files)
    };
    for (arguments, files, code) in [
        (&["sub/b.ndjson", "sub/a.ndjson"][..], &["sub/b.ndjson", "sub/a.ndjson"][..], 1),
        (&["**/*.ndjson", "sub/a.ndjson"], &["sub/a.ndjson", "sub/b.ndjson"], 1),
        (&["sub/[a]*", "sub/none*", "sub/b.ndjson"], &["sub/a.ndjson", "sub/none*", "sub/b.ndjson"], 2),
        (&["sub", "nowhere.json", "sub/a.ndjson"], &["sub", "nowhere.json", "sub/a.ndjson"], 2),
    ] {
        let (ran, told) = lint(arguments);
        assert_eq!(
            (ran.code, &*told),
            (Some(code), &*files.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()),
            "{ran:?}"
        );
    }
    let (ran, _) = lint(&["sub/none*", "sub", "nowhere.json"]);
    for part in
        ["sub/none*: no file has such a name\n", "sub: a folder, not a file\n", "nowhere.json: cannot be opened: "]
    {
        assert!(ran.stderr.contains(part), "{ran:?}");
    }
    let changing =
        [r#"{"event":"a_b","email":"a@b.example","n":1}"#, r#"{"event":"a_b","email":"a@b.example","n":"1"}"#];
    fs::write(folder.join("1.json"), changing[0]).unwrap();
    fs::write(folder.join("2.json"), changing[1]).unwrap();
    let (ran, told) = lint(&["1.json", "2.json", "--deny", "note"]);
    assert_eq!((ran.code, told.len()), (Some(0), 0), "{ran:?}");
}

#[test]
fn what_cannot_be_read_is_an_error_in_every_report() {
    let events = Events::new("[]");
    for (form, parts) in [
        (
            "junit",
            &[
                "tests=\"2\" failures=\"0\" errors=\"2\"",
                "name=\"can be read\"><error type=\"not-an-event\" message=\"gone.ndjson: cannot",
            ][..],
        ),
        (
            "sarif",
            &[
                "\"executionSuccessful\":false",
                "{\"text\":\"gone.ndjson: cannot be opened: ",
                "100%.json: there is no event in it\"",
            ],
        ),
        (
            "github",
            &[
                "::error file=gone.ndjson,title=not-an-event::cannot be opened: ",
                "::error file=events%2C 100%25.json,title",
            ],
        ),
    ] {
        let ran = events.lint(&["gone.ndjson", "--format", form]);
        let flat = ran.stdout.replace('\n', "");
        assert!(ran.code == Some(2) && parts.iter().all(|part| flat.contains(part)), "{ran:?}");
    }
    let ran = events.lint(&["gone.ndjson", "--json"]);
    let told: Vec<_> = ran.lines().iter().map(|line| json!([line["file"], line["line"], line["rule"]])).collect();
    assert_eq!(told, [json!([Events::NAME, null, "not-an-event"]), json!(["gone.ndjson", null, "not-an-event"])]);
}

#[test]
fn a_job_of_github_is_shown_the_worst_and_told_all_in_its_summary() {
    let events = Events::new(format!("{DOLLARS}\n") + &format!("{NOBODY}\n").repeat(25));
    let folder = events.0.path();
    fs::create_dir(folder.join("sub")).unwrap();
    let summary = folder.join("summary.md");
    let lint = |summary: &Path| {
        let file = format!("../{}", Events::NAME);
        let mut command = clickscope(&["lint", &file, "--format", "github"]);
        command.current_dir(folder.join("sub")).env("GITHUB_WORKSPACE", folder).env("GITHUB_STEP_SUMMARY", summary);
        Ran::of(&mut command)
    };
    let ran = lint(&summary);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 11, "{ran:?}");
    assert!(lines[0].starts_with("::error file=events%2C 100%25.json,line=2,title=identifier-missing::"), "{ran:?}");
    assert!(lines[9].ends_with(" (and 15 more errors: see the summary of the job)"), "{ran:?}");
    assert!(lines[10].starts_with("::warning ") && lines[10].contains("line=1,"), "{ran:?}");
    let told = fs::read_to_string(&summary).unwrap();
    assert!(told.starts_with("### clickscope lint: 25 errors, 1 warning in 26 events\n\n| |"), "{told}");
    let rows: Vec<&str> = told.lines().filter(|line| line.contains("100%.json")).collect();
    assert_eq!(rows.len(), 26);
    assert!(
        rows[0].starts_with("| ✗ | `events, 100%.json:2` | `plan_chosen` | ") && rows[25].starts_with("| ! | "),
        "{told}"
    );
    lint(&summary);
    assert_eq!(fs::read_to_string(&summary).unwrap(), told.repeat(2), "another step adds to it");
    let ran = lint(&folder.join("none/summary.md"));
    assert!(ran.code == Some(1) && ran.stderr.contains("the summary of the step, "), "{ran:?}");
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
    assert!(ran.stderr.contains("event-name-period is passed to both -W and -A: keep one"), "{}", ran.stderr);
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
        assert!(ran.stdout.contains(&format!("{} ({})", said("id"), said("severity"))), "{}", ran.stdout);
        for field in ["id", "title", "why", "bad", "good"] {
            assert!(said(field).lines().all(|part| ran.stdout.contains(part)), "{field} in {}", ran.stdout);
        }
        assert!(rule["documentation"].as_str().is_none_or(|address| ran.stdout.contains(address)), "{}", ran.stdout);
    }
}

/// The samples of the vendor's page on event data, one a line; the last is its bulk call.
const SAMPLES: &str = r#"{"event":"identify","customer_id":"11111","email":"[email protected]","joined_at":"2015-03-17T17:27:20+00:00","firstname":"John","lastname":"Doe","other":"value"}
{"event":"view","products":[{"sku":"45790-32"}]}
{"event":"add_to_cart","product_id":"sku1"}
{"event":"remove_from_cart","product_id":"sku1"}
{"event":"checkout","email":"[email protected]","total":30,"products":[{"sku":"45790-32"},{"sku":"46493-33"}]}
{"event":"purchase","email":"[email protected]","order_id":"50314","total":30,"revenue":25,"shipping":3,"tax":2,"discount":2.5,"coupon":"hasbros","products":[{"sku":"45790-32","price":19,"quantity":1},{"sku":"46493-32","price":3,"quantity":2}]}
{"event":"search","keywords":"Search Keyword","product_ids":["SKU1","SKU2"]}
{"event":"your_custom_event_name","attribute1":"value1","attribute2":"value2"}
{"email":"[email protected]","event":"subscription_start","subscription_period_type":"month","subscription_period_length":"1","subscription_plan_type":"subscription-sku-name1","subscription_amount":"29.99","subscription_started_at":"2015-03-17T17:27:20+00:00","subscription_end_at":"2015-06-17T17:27:20+00:00"}
{"email":"[email protected]","event":"subscription_upgrade","subscription_period_type":"month","subscription_period_length":"1","subscription_plan_type":"subscription-sku-name2","subscription_amount":"39.99","subscription_started_at":"2015-04-17T17:27:20+00:00"}
{"email":"[email protected]","event":"subscription_downgrade","subscription_period_type":"month","subscription_period_length":"1","subscription_plan_type":"subscription-sku-name3","subscription_amount":"9.99","subscription_started_at":"2015-03-17T17:27:20+00:00"}
{"email":"[email protected]","event":"subscription_billing","revenue":"19.99","billing_date":"2014-14-11T17:27:20+00:00"}
{"email":"[email protected]","event":"subscription_cancel","subscription_plan_type":"subscription-sku-name","subscription_canceled_at":"2016-04-12T17:27:20+00:00"}
{"events":[{"customer_id":"812122","event":"identify","device_type":"ios","device_tokens":"49244924492449244924492449244924492449244924","device_id":"4444444","device_idfa":"3333","device_idfv":"33133","device_manufacturer":"Apple","os_name":"ios","network_carrier":"verizon","ip":"201.44.11.21","email":"[email protected]","latitude":"212.99333","longitude":"-12.39334"},{"customer_id":"812123","event":"purchase","ip":"201.44.11.22","email":"[email protected]","revenue":"31.24"}]}
"#;

/// The findings in them: line, severity, rule and place.
const IN_SAMPLES: [&str; 27] = [
    "1 error email-format /email",
    "2 error identifier-missing ",
    "3 error identifier-missing ",
    "4 error identifier-missing ",
    "5 error email-format /email",
    "6 error email-format /email",
    "6 note purchase-arithmetic /total",
    "7 error identifier-missing ",
    "8 error identifier-missing ",
    "8 error placeholder-left /event",
    "9 error email-format /email",
    "9 note subscription-length /subscription_end_at",
    "10 error email-format /email",
    "11 error email-format /email",
    "12 error email-format /email",
    "12 error date-impossible /billing_date",
    "13 error email-format /email",
    "14 note device-type-value /device_type",
    "14 note device-tokens /device_tokens",
    "14 warning advertising-id-format /device_idfa",
    "14 warning advertising-id-format /device_idfv",
    "14 error email-format /email",
    "14 error latitude-range /latitude",
    "14 warning attribute-recommended ",
    "14 warning attribute-recommended ",
    "14 error email-format /email",
    // The other purchase has its revenue as a number.
    "14 warning field-type-changes /revenue",
];

fn told(ran: &Ran) -> Vec<String> {
    let said = |line: &Value, field: &str| line[field].as_str().unwrap().to_owned();
    let told = |line: &Value| {
        format!("{} {} {} {}", line["line"], said(line, "severity"), said(line, "rule"), said(line, "path"))
    };
    ran.lines().iter().map(told).collect()
}

#[test]
fn the_samples_of_the_vendors_page_give_what_is_wrong_with_them_and_nothing_else() {
    let ran = Events::new(SAMPLES).lint(&["--json"]);
    assert_eq!((ran.code, told(&ran)), (Some(1), IN_SAMPLES.map(str::to_owned).to_vec()), "{}", ran.stderr);
    // With the addresses that the page hides, one customer's address comes with another customer.
    let (first, last) = SAMPLES.trim_end().rsplit_once('\n').unwrap();
    let plain = format!(
        "{}\n{}\n",
        first.replace("[email protected]", "jd@acme.example"),
        last.replace("[email protected]", "jane.doe@acme.com")
    );
    let ran = Events::new(plain).lint(&["--json"]);
    let mut wanted = IN_SAMPLES.map(str::to_owned).to_vec();
    wanted.retain(|line| !line.contains("email-format"));
    wanted.insert(wanted.len() - 1, "14 warning identity-conflict /customer_id".to_owned());
    assert_eq!((ran.code, told(&ran)), (Some(1), wanted));
    let lines = ran.lines();
    let conflict = lines.iter().find(|line| line["rule"] == "identity-conflict").unwrap();
    assert_eq!(
        (&conflict["expected"], &conflict["found"]),
        (&json!("812122, as with this email before"), &json!("\"812123\""))
    );
}

#[test]
fn a_clean_file_is_clean_across_its_events_too() {
    let event = |n: u32| {
        format!(
            r#"{{"event":"purchase","customer_id":"c{n}","email":"c{n}@example.com","order_id":"{n}","revenue":25,"products":[{{"sku":"45790-32","price":25,"quantity":1}}]}}"#
        ) + "\n"
    };
    let ran = Events::new((0..500).map(event).collect::<String>()).lint(&["--deny", "note"]);
    assert_eq!((ran.code, &*ran.stdout, &*ran.stderr), (Some(0), "", "500 events, nothing found\n"));
}

#[test]
fn what_shows_across_events_is_told_at_the_later_one_in_every_form() {
    let events = Events::new(
        r#"{"event":"course_booked","email":"jane@example.com","seats":2}
{"event":"course_booked","email":"jane@example.com","seats":"2"}
"#,
    );
    let found = [(2, "field-type-changes".to_owned())];
    assert_eq!(events.lint(&["--json"]).found(), found);
    for (form, told) in [
        (
            "github",
            "::warning file=events%2C 100%25.json,line=2,title=field-type-changes::course_booked /seats: a field of another type than before: expected a number, as in 1 of 1",
        ),
        ("junit", "events, 100%.json:2: warning[field-type-changes] course_booked /seats: a field of another type"),
        ("sarif", r#""ruleId":"field-type-changes""#),
    ] {
        let ran = events.lint(&["--format", form]);
        assert!(ran.code == Some(0) && ran.stdout.contains(told), "{ran:?}");
    }
    let ran = events.lint(&["-D", "field-type-changes@course_booked"]);
    assert!(
        ran.code == Some(1) && ran.stdout.contains(":2: error[field-type-changes] course_booked /seats"),
        "{ran:?}"
    );
}

#[test]
fn a_bulk_call_is_told_from_events_a_line_and_held_to_its_limits() {
    let array = |count: usize| format!("[{}]", vec![CLEAN; count].join(",\n"));
    let wire = |count: usize| format!("\n{{\"events\":{}}}", array(count));
    let big = format!(r#"[{{"event":"plan_chosen","email":"jane@example.com","note":"{}"}}]"#, "x".repeat(1 << 20));
    let over = |line, count| vec![(line, "bulk-limits".to_owned()); count];
    for (contents, arguments, code, found) in [
        (array(30), &[][..], 0, vec![]),
        (array(31), &[], 0, over(1, 1)),
        (wire(31), &[], 0, over(2, 1)),
        (wire(101), &[], 1, over(2, 1)),
        (wire(101), &["--received"], 0, vec![]),
        (wire(101), &["-A", "bulk-limits"], 0, vec![]),
        (format!("{CLEAN}\n").repeat(200), &[], 0, vec![]),
        (big, &[], 1, over(1, 2)),
    ] {
        let ran = Events::new(&contents).lint(&[&["--json"], arguments].concat());
        assert_eq!((ran.code, ran.found()), (Some(code), found), "{}: {arguments:?}", ran.stderr);
    }
    let ran = Events::new(wire(3).replacen("plan_chosen", "plan.chosen", 2)).lint(&["--json"]);
    assert_eq!(ran.found(), [(2, "event-name-period".to_owned()), (3, "event-name-period".to_owned())]);
    assert_eq!(ran.stderr, "2 errors in 3 events\n");
    let ran = Events::new(r#"{"event":"booked","email":"a@b.example","events":[7]}"#).lint(&["--json"]);
    assert_eq!((ran.code, ran.found()), (Some(0), vec![]), "a name makes it an event");
    let ran = Events::new("{\"events\":[\n7]}").lint(&["--json"]);
    assert!(
        ran.code == Some(2) && ran.stderr.contains("100%.json:2: this element of the array is no event"),
        "{ran:?}"
    );
}

#[test]
fn people_are_told_the_first_findings_of_a_sort_and_how_many_more_there_are() {
    let lines = format!("{NOBODY}\n").repeat(25) + &format!("{PERIOD}\n").repeat(11);
    let events = Events::new(lines);
    let ran = events.lint(&[]);
    assert_eq!(
        ran.stdout.matches("error[identifier-missing] plan_chosen: no customer identifier").count(),
        10,
        "{}",
        ran.stdout
    );
    assert_eq!(ran.stdout.matches("error[event-name-period]").count(), 10, "{}", ran.stdout);
    let more = "events, 100%.json: and 15 more of identifier-missing in plan_chosen\n\
                events, 100%.json: and 1 more of event-name-period in plan.chosen\n";
    assert!(ran.stdout.ends_with(more), "{}", ran.stdout);
    assert_eq!(ran.stderr, "36 errors in 36 events\n");
    assert_eq!(events.lint(&["--json"]).lines().len(), 36);
}

#[test]
fn what_is_not_looked_at_is_said() {
    let deep = |levels: usize| {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        format!(r#"{{"event":"plan_chosen","email":"jane@example.com","tree":{open}{close}}}"#)
    };
    let ran = Events::new(deep(100)).lint(&["--json", "--deny", "warning"]);
    assert_eq!((ran.code, ran.found()), (Some(1), vec![(1, "cut-short".to_owned())]));
    let ran = Events::new(deep(200)).lint(&["--json"]);
    assert_eq!((ran.code, ran.found()), (Some(0), vec![(1, "cut-short".to_owned())]));
    let wide = |field: &str| {
        let fields: Vec<_> = (0..10_000).map(|n| format!(r#""f{n}":{field}"#)).collect();
        format!(r#"{{"event":"plan_chosen","email":"jane@example.com",{}}}"#, fields.join(","))
    };
    let ran = Events::new(wide("1")).lint(&["--json"]);
    assert_eq!(ran.found(), [(1, "cut-short".to_owned())]);
    let ran = Events::new(wide("\"undefined\"")).lint(&["--json"]);
    let last = ran.lines().pop().unwrap();
    assert_eq!((ran.lines().len(), &last["found"]), (102, &json!("9,900 more places like those listed")));
    assert!(ran.stderr.starts_with("10,001 warnings in 1 event"), "{}", ran.stderr);
    let ran = Events::new(wide("\"undefined\"")).lint(&[]);
    assert_eq!(ran.stdout.matches("found     \"undefined\"").count(), 10);
    assert!(ran.stdout.ends_with(": and 9,990 more of literal-text in plan_chosen\n"), "{}", ran.stdout);
}

#[test]
fn what_watch_prints_is_linted_as_received_and_finds_the_same() {
    let sandbox = Sandbox::start(&[]);
    sandbox
        .send(r#"{"event":"seat_booked","email":"jane.doe@example.com","billing_date":"2014-14-11T17:27:20+00:00"}"#);
    sandbox.send(r#"{"event":"plan_chosen","email":"jane@example.com"}"#);
    let watched = Ran::of(&mut clickscope(&["watch", "--once", "--json", "--url", &sandbox.url]));
    assert_eq!(watched.code, Some(0), "{watched:?}");
    let rules = |line: &Value| {
        line["findings"].as_array().unwrap().iter().map(|found| found["rule"].clone()).collect::<Vec<_>>()
    };
    let told: Vec<Value> = watched.lines().iter().flat_map(rules).collect();
    assert_eq!(told, ["date-impossible"]);

    // A type of which only a count is known is no event, and nothing to complain of.
    let count = r#"{"type":"x","change":"new","event":null,"received":1,"captured":0,"observed_at":"2026-11-24T12:00:00Z","latency_ms":null,"findings":[]}"#;
    let ran = Events::new(format!("{count}\n{}", watched.stdout)).lint(&["--json"]);
    assert_eq!((ran.code, &*ran.stderr), (Some(1), "1 error in 2 events\n"), "{ran:?}");
    assert_eq!(ran.lines().iter().map(|line| line["rule"].clone()).collect::<Vec<_>>(), told);
    let ran = Events::new(count).lint(&[]);
    assert!(ran.code == Some(2) && ran.stderr.contains("there is no event in it"), "{ran:?}");
}

#[test]
fn an_event_is_of_the_type_that_the_table_shows() {
    for (event, of) in [
        (r#"{"action":"checkout","email":"a@example.com","paid_at":"25/11/2026"}"#, "checkout"),
        (r#"{"event":"search","event":"view","email":"a@example.com","paid_at":"25/11/2026"}"#, "view"),
        // A line of `watch` says the type where the event does not.
        (
            r#"{"type":"course_booked","change":"new","event":{"email":"a@example.com","paid_at":"25/11/2026"},"received":1,"captured":1,"observed_at":"2026-11-24T12:00:00Z","latency_ms":null,"findings":[]}"#,
            "course_booked",
        ),
    ] {
        let events = Events::new(event);
        let of_date = |ran: Ran| {
            let lines = ran.lines().into_iter();
            lines.filter(|line| line["rule"] == "date-format").map(|line| line["type"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(of_date(events.lint(&["--json"])), [of], "{event}");
        assert_eq!(of_date(events.lint(&["--json", "-A", "date-format@search"])), [of], "{event}");
        assert_eq!(of_date(events.lint(&["--json", "-A", &format!("date-format@{of}")])), [""; 0], "{event}");
    }
}

#[test]
fn what_is_found_is_told_while_events_still_come_and_an_interrupt_is_for_who_writes_them() {
    let mut lint = Piped::into(&mut clickscope(&["lint", "-", "--json"]));
    lint.write(DOLLARS);
    assert!(lint.read_line().contains(r#""line":1"#), "before a second event is there");
    signal(&lint.child, Signal::INT);
    lint.write(DOLLARS);
    assert!(lint.read_line().contains(r#""line":2"#), "it goes on");
    let (code, rest, told) = lint.end();
    assert_eq!((code, rest.as_str()), (Some(0), ""));
    assert!(told.contains("2 warnings in 2 events"), "{told}");

    let mut lint = Piped::into(&mut clickscope(&["lint", "-", "--json"]));
    lint.write(DOLLARS);
    lint.read_line();
    let start = Instant::now();
    while lint.child.try_wait().unwrap().is_none() && start.elapsed() < PATIENCE {
        signal(&lint.child, Signal::INT);
        std::thread::yield_now();
    }
    assert_eq!(ended(&mut lint.child).code(), Some(130), "who insists is heard");
}
