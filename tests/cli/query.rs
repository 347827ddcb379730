//! The child that evaluates jq expressions: what it gives, what it sees, and how it ends.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clickscope::jq::{Client, Limits};
use clickscope::query::{QueryError, ValuesEnd, Verdict};

use crate::{CANARY, Sandbox, clickscope, text};

const EVENT: &str = r#"{"event":"purchase","customer_id":"42","revenue":25.00}"#;

fn client(limits: Limits) -> Client {
    Client::new(Some(PathBuf::from(env!("CARGO_BIN_EXE_clickscope"))), limits)
}

/// Long enough for a machine under load, and never waited for but by what has no end.
fn patient() -> Limits {
    Limits { time: Duration::from_secs(20) }
}

fn ended(error: QueryError) -> String {
    match error {
        QueryError::Ended(why) => why.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_child_answers_for_one_expression_after_the_other() {
    let mut client = client(patient());
    let values = client.values(".revenue, .customer_id", EVENT).await.unwrap();
    assert_eq!((values.texts, values.end), (vec!["25.00".to_owned(), r#""42""#.to_owned()], ValuesEnd::Complete));

    let error = client.values(".revenue | env", EVENT).await.unwrap_err();
    let QueryError::Expression(fault) = error else { panic!("{error:?}") };
    assert_eq!(
        (fault.at, &*fault.reason),
        (11..14, "env is not offered: an expression sees the event and nothing else")
    );

    let values = client.values(".revenue, .event.x", EVENT).await.unwrap();
    assert_eq!(values.texts, ["25.00"]);
    assert!(matches!(values.end, ValuesEnd::Failed(_)), "{values:?}");
    assert!(matches!(client.values(&" ".repeat(20_000), EVENT).await, Err(QueryError::Expression(_))));
}

#[tokio::test]
async fn thousands_of_events_are_tested_in_their_order() {
    let mut client = client(patient());
    let events: Vec<_> = (0..20_000).map(|number| format!(r#"{{"n":{number},"x":"{}"}}"#, "x".repeat(200))).collect();
    let mut verdicts = Vec::new();
    client
        .test("select(.n % 3 == 0)", events.iter().map(String::as_str), |verdict| verdicts.push(verdict))
        .await
        .unwrap();
    assert_eq!(verdicts.len(), events.len());
    for (number, verdict) in verdicts.iter().enumerate() {
        assert_eq!(*verdict, if number % 3 == 0 { Verdict::Matches } else { Verdict::Differs }, "{number}");
    }
    let mut verdicts = Vec::new();
    client.test(".n.x", ["{}", r#"{"n":1}"#], |verdict| verdicts.push(verdict)).await.unwrap();
    assert!(matches!(verdicts.as_slice(), [Verdict::Differs, Verdict::Failed(_)]), "{verdicts:?}");
}

#[tokio::test]
async fn several_expressions_are_asked_of_thousands_of_events_at_once() {
    let mut client = client(patient());
    let events: Vec<_> = (0..5_000).map(|number| format!(r#"{{"n":{number},"x":"{}"}}"#, "x".repeat(200))).collect();
    let mut verdicts = Vec::new();
    let expressions = [".n % 3 == 0", ".x", ".x.y", ".none"];
    client.test_all(&expressions, events.iter().map(String::as_str), |verdict| verdicts.push(verdict)).await.unwrap();
    assert_eq!(verdicts.len(), events.len());
    for (number, verdict) in verdicts.iter().enumerate() {
        assert_eq!(*verdict, [Some(number % 3 == 0), Some(true), None, Some(false)], "{number}");
    }
    let error = client.test_all(&[".n", "env"], [], |_| {}).await.unwrap_err();
    assert!(matches!(error, QueryError::Expression(_)), "{error:?}");
    let mut client = self::client(Limits { time: Duration::from_millis(500) });
    let error = client.test_all(&[".n", "last(repeat(1))"], ["{}"], |_| {}).await.unwrap_err();
    assert!(matches!(error, QueryError::Ended(_)), "{error:?}");
}

#[tokio::test]
async fn what_has_no_end_is_ended_with_a_reason_and_the_next_question_has_an_answer() {
    let quick = Limits { time: Duration::from_millis(1_500) };
    let cases = [
        ("last(repeat(1))", quick, "took more than"),
        ("def f: 1 + f; f", patient(), "calls itself without end"),
        ("[limit(1e12; repeat(\"x\" * 1000))]", patient(), "more memory than 512 MiB"),
        ("\"x\" * 100000000000", patient(), "stopped"),
    ];
    for (expression, limits, reason) in cases {
        let mut client = client(limits);
        let why = ended(client.values(expression, EVENT).await.unwrap_err());
        assert!(why.contains(reason), "{expression}: {why}");
        let mut verdicts = 0;
        let events = [EVENT, "{}", EVENT];
        let tested = client.test(&format!("if .revenue then {expression} end"), events, |_| verdicts += 1).await;
        assert!(ended(tested.unwrap_err()).contains("stopped"), "{expression}");
        assert_eq!(verdicts, 0, "{expression}");
        assert_eq!(client.values(".revenue", EVENT).await.unwrap().texts, ["25.00"], "{expression}");
    }
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_ends_its_child() {
    let mut client = client(patient());
    let start = Instant::now();
    let endless = client.values("last(repeat(1))", EVENT);
    assert!(tokio::time::timeout(Duration::from_millis(50), endless).await.is_err());
    assert_eq!(client.values(".revenue", EVENT).await.unwrap().texts, ["25.00"]);
    assert!(start.elapsed() < patient().time, "the next question waited for it");
}

/// A program in the child's place that writes down how it was started.
#[tokio::test]
async fn the_child_has_an_empty_environment_and_no_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let (program, told) = (folder.path().join("program"), folder.path().join("told"));
    let script = format!("#!/bin/sh\n{{ env; echo \"as $0\"; ls -l /proc/self/fd; pwd; }} >{} 2>&1\n", told.display());
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let why = ended(Client::new(Some(program), patient()).values(".", EVENT).await.unwrap_err());
    assert!(why.contains("has failed"), "{why}");
    let told = std::fs::read_to_string(told).unwrap();
    for line in told.lines().filter(|line| line.contains('=') && !line.contains(" -> ")) {
        let name = line.split('=').next().unwrap();
        assert!(["PWD", "OLDPWD", "SHLVL", "_"].contains(&name), "the shell's own and no other: {told}");
    }
    assert!(!told.contains("/dev/pts") && !told.contains("tty"), "{told}");
}

#[tokio::test]
async fn without_a_child_queries_are_refused_with_the_reason() {
    for (program, reason) in [(Some("/nonexistent/clickscope"), "could not be started"), (None, "cannot be found")] {
        let error = Client::new(program.map(PathBuf::from), patient()).values(".", EVENT).await.unwrap_err();
        let QueryError::Unavailable(why) = error else { panic!("{error:?}") };
        assert!(why.contains(reason), "{why}");
    }
}

#[test]
fn the_child_is_no_command_that_anybody_sees() {
    for arguments in [&["--help"][..], &["man"], &["completions", "bash"]] {
        let output = clickscope(arguments).output().unwrap();
        let told = text(&output.stdout) + &text(&output.stderr);
        assert!(output.status.success() && !told.contains("clickscope-jq"), "{arguments:?}: {told}");
        assert!(!told.contains(CANARY));
    }
}

/// It ends when whoever started it has gone, and takes nothing for a request that is none.
#[test]
fn the_child_ends_with_its_input() {
    use std::io::Write;
    use std::os::unix::process::CommandExt;

    for (input, succeeds) in
        [(&b""[..], true), (b"E\x01\0\0\0.", true), (b"what?", false), (b"E\xff\xff\xff\xff", false)]
    {
        let mut child = clickscope(&[]).arg0("clickscope-jq").stdin(std::process::Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        assert_eq!(crate::ended(&mut child).success(), succeeds, "{input:?}");
    }
}

#[test]
fn watch_prints_only_the_events_that_an_expression_is_true_of() {
    let sandbox = Sandbox::start(&[]);
    for (name, revenue) in [("view", 1), ("purchase", 31), ("checkout", 200)] {
        sandbox.send(&format!(r#"{{"event":"{name}","customer_id":"c","revenue":{revenue}}}"#));
    }
    let once = |expression: &str| {
        let arguments = ["watch", "--once", "--json", "--where", expression, "--url", &sandbox.url];
        clickscope(&arguments).output().unwrap()
    };
    let output = once("select(.revenue > 30)");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    let mut types: Vec<_> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].to_string())
        .collect();
    types.sort_unstable();
    assert_eq!(types, [r#""checkout""#, r#""purchase""#]);

    // What fails for an event is told once, and leaves nothing.
    let output = once(".event.x");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    assert_eq!(text(&output.stderr).matches("--where fails for an event of ").count(), 1, "{}", text(&output.stderr));

    // What cannot be used is refused before anything is asked for.
    for (expression, said) in [
        (".revenue >", "--where: column 11: expected an expression at the end"),
        ("revenue > 1", "--where: column 1: there is no function revenue"),
        ("env", "--where: column 1: env is not offered"),
    ] {
        let output =
            clickscope(&["watch", "--json", "--where", expression, "--url", "http://127.0.0.1:9"]).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{expression}");
        assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
    }
}
