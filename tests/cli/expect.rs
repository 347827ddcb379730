//! `expect` and `baseline` around real commands: what counts as new, each exit code, and what is said.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;

use crate::{CANARY, PATIENCE, Sandbox, always, clickscope, ended, signal, text};

const PURCHASE: &str = r#"{"event":"purchase","customer_id":"1","revenue":5}"#;

/// The same sandbox as a server that is polled: it does not say that it is one of ours.
struct Polled {
    sandbox: Sandbox,
    url: String,
    has_history: Arc<AtomicBool>,
}

impl Polled {
    fn start() -> Self {
        let sandbox = Sandbox::start(&[]);
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let has_history = Arc::new(AtomicBool::new(true));
        let (there, history) = (sandbox.url.strip_prefix("http://").unwrap().to_owned(), Arc::clone(&has_history));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, there, history) = (stream.unwrap(), there.clone(), Arc::clone(&history));
                // Who asked may have gone.
                std::thread::spawn(move || drop(pass_on(stream, &there, &history)));
            }
        });
        Self { sandbox, url, has_history }
    }
}

/// Passes one request on, and its answer back without the word of a collector.
fn pass_on(mut stream: TcpStream, there: &str, has_history: &AtomicBool) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        if !lower.starts_with("host:") && !lower.starts_with("connection:") && !lower.starts_with("accept-encoding:") {
            head.push(line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if head[0].contains("/event/history") && !has_history.load(Ordering::SeqCst) {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let mut onward = TcpStream::connect(there)?;
    write!(onward, "{}Host: {there}\r\nConnection: close\r\n\r\n", head.concat())?;
    onward.write_all(&body)?;
    let mut answer = Vec::new();
    onward.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let lines = String::from_utf8_lossy(&answer[..end]).into_owned();
    let kept: Vec<_> =
        lines.split("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("x-clickscope")).collect();
    stream.write_all(kept.join("\r\n").as_bytes())?;
    stream.write_all(&answer[end..])
}

/// `expect` against a server, with the arguments and the command behind them.
fn expect(url: &str, arguments: &[&str], command: &[&str]) -> Command {
    let mut all = vec!["expect"];
    all.extend(arguments);
    all.extend(["--url", url]);
    if !command.is_empty() {
        all.push("--");
        all.extend(command);
    }
    clickscope(&all)
}

/// A shell command that sends events to a server, one after the other.
fn sends(url: &str, events: &[&str]) -> String {
    let send = |event: &&str| {
        format!(
            "{} send - --url {url} --production --rate off <<'E' >/dev/null 2>&1\n{event}\nE\n",
            env!("CARGO_BIN_EXE_clickscope")
        )
    };
    events.iter().map(send).collect()
}

fn said(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), text(&output.stderr))
}

#[test]
fn what_was_there_before_is_no_arrival_and_an_equal_event_that_comes_anew_is() {
    let polled = Polled::start();
    for url in [&polled.sandbox.url, &polled.url] {
        polled.sandbox.send(PURCHASE);
        let (code, told) =
            said(&expect(url, &["purchase", "--where", ".revenue == 5", "--within", "1s"], &[]).output().unwrap());
        assert_eq!(code, Some(3), "{told}");
        assert!(
            told.contains("no purchase came")
                && told.contains("again: clickscope expect purchase --where '.revenue == 5'"),
            "{told}"
        );

        let script = format!("echo from the command; {}", sends(url, &[PURCHASE]));
        let output = expect(url, &["purchase", "--where", ".revenue == 5"], &["sh", "-c", &script]).output().unwrap();
        assert_eq!(
            (output.status.code(), text(&output.stdout)),
            (Some(0), "from the command\n".to_owned()),
            "{}",
            text(&output.stderr)
        );
        assert_eq!(text(&output.stderr), "✓ purchase with .revenue == 5: met\n");
    }
}

#[test]
fn what_comes_while_nothing_is_run_is_waited_for_and_ends_it_at_once() {
    let sandbox = Sandbox::start(&[]);
    let start = Instant::now();
    let mut child = expect(&sandbox.url, &["view", "--within", "10min"], &[]).spawn().unwrap();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < PATIENCE);
        sandbox.send(r#"{"event":"view","customer_id":"1"}"#);
    }
    assert_eq!(ended(&mut child).code(), Some(0));
}

#[test]
fn a_near_miss_is_told_condition_by_condition_with_what_was_found() {
    let sandbox = Sandbox::start(&[]);
    let event =
        r#"{"event":"purchase","customer_id":"1","revenue":25,"total":"30","Currency":"EUR","order_id":"A\u001b[31m"}"#;
    let other = r#"{"event":"purchase","customer_id":"2","revenue":1}"#;
    let script = sends(&sandbox.url, &[event, other, r#"{"event":"view","customer_id":"1"}"#]);
    let condition = r#".revenue > 30 and .total == 30 and .currency == "EUR" and .revenue < .total and .customer_id != "1" and .customer_id == "1""#;
    let output = expect(&sandbox.url, &["purchase", "--where", condition, "--within", "1s"], &["sh", "-c", &script])
        .output()
        .unwrap();
    let (code, told) = said(&output);
    assert_eq!(code, Some(1), "{told}");
    for part in [
        "2 purchase events came, and none of them matches",
        "order A\\u001b[31m",
        "✗ .revenue > 30        .revenue is 25, a number\n",
        "✗ .total == 30         .total is \"30\", a string; a string is never equal to a number\n",
        "✗ .currency == \"EUR\"   .currency: no such field; near: .Currency \"EUR\"\n",
        "✓ .revenue < .total    .revenue is 25, a number; .total is \"30\", a string; jq puts a number before a string",
        "✗ .customer_id != \"1\"  .customer_id is \"1\", a string\n",
        "also came: view 1\n",
        "the collector told every request, so nothing was missed; waited within 1 s of the command's end\n",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(!told.contains(CANARY) && !told.contains('\u{1b}'), "{told}");
}

#[test]
fn a_type_that_is_spelled_otherwise_is_named_and_what_was_refused_is_told() {
    let sandbox = Sandbox::start(&[]);
    let script = sends(&sandbox.url, &[r#"{"event":"Checkout","customer_id":"1"}"#]);
    let (code, told) =
        said(&expect(&sandbox.url, &["checkout", "--within", "1s"], &["sh", "-c", &script]).output().unwrap());
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("no checkout came; near: 1 Checkout\n"), "{told}");
}

#[test]
fn two_events_within_one_poll_are_both_seen() {
    let polled = Polled::start();
    polled.sandbox.send(PURCHASE);
    let script = sends(
        &polled.url,
        &[
            r#"[{"event":"purchase","customer_id":"1","revenue":31},{"event":"purchase","customer_id":"1","revenue":2}]"#,
        ],
    );
    let arguments = ["purchase", "--where", ".revenue == 31", "--within", "5s", "--interval", "5s"];
    let (code, told) = said(&expect(&polled.url, &arguments, &["sh", "-c", &script]).output().unwrap());
    assert_eq!(code, Some(0), "{told}");
}

#[test]
fn without_a_history_what_may_have_been_missed_is_part_of_the_verdict() {
    let polled = Polled::start();
    polled.has_history.store(false, Ordering::SeqCst);
    polled.sandbox.send(PURCHASE);
    let two =
        r#"[{"event":"purchase","customer_id":"1","revenue":31},{"event":"purchase","customer_id":"1","revenue":2}]"#;
    let script = sends(&polled.url, &[two]);
    let command = ["sh", "-c", &script];
    let missed = ["purchase", "--where", ".revenue == 31", "--within", "1s"];
    for (arguments, expected, word) in [
        (missed.to_vec(), 1, "cannot tell"),
        ([&missed[..], &["--lenient"]].concat(), 0, "cannot tell"),
        (vec!["purchase", "--where", ".revenue == 2", "--within", "1s"], 0, "met"),
        (vec!["purchase", "--none", "--where", ".revenue == 7", "--within", "1s"], 1, "cannot tell"),
        // Nothing came, so nothing was missed.
        (vec!["view", "--within", "1s"], 3, "not met"),
        (vec!["view", "--none", "--within", "1s"], 0, "met"),
    ] {
        let (code, told) = said(&expect(&polled.url, &arguments, &command).output().unwrap());
        assert_eq!(code, Some(expected), "{arguments:?}: {told}");
        assert!(told.contains(&format!(": {word}\n")), "{arguments:?}: {told}");
    }
    let (_, told) = said(&expect(&polled.url, &missed, &command).output().unwrap());
    assert!(told.contains("perhaps missed: a new purchase was there in 1 poll"), "{told}");
}

#[test]
fn counts_order_and_findings_are_part_of_what_is_expected() {
    let sandbox = Sandbox::start(&[]);
    let cart = r#"{"event":"add_to_cart","customer_id":"1","email":"a@example.com"}"#;
    let bad = r#"{"event":"purchase","customer_id":"1","revenue":"$ 5"}"#;
    let cases: [(&[&str], &[&str], i32, &str); 14] = [
        (&["--count", "2"], &[PURCHASE, PURCHASE], 0, ""),
        (&["--count", "1"], &[PURCHASE, PURCHASE], 1, "2 purchase events came; exactly 1 wanted"),
        (&["--count", "2"], &[PURCHASE], 1, "1 purchase came; exactly 2 wanted"),
        (&["--at-least", "2"], &[PURCHASE], 1, "1 purchase came; at least 2 wanted"),
        (&["--at-most", "1"], &[], 0, ""),
        (&["--none"], &[PURCHASE], 1, "1 purchase came"),
        (&["--none"], &[cart], 0, ""),
        // Met, but by a field that is spelled otherwise.
        (
            &["--none", "--where", ".Revenue > 3"],
            &[PURCHASE],
            0,
            "! .Revenue > 3: .Revenue: no such field; near: .revenue",
        ),
        (&["--none", "--has", "revenue=3"], &[PURCHASE], 0, "✓ no purchase with .revenue == 3: met\n"),
        (&["--after", "add_to_cart"], &[cart, PURCHASE], 0, "✓ purchase after add_to_cart: met"),
        (&["--after", "add_to_cart"], &[PURCHASE, cart], 1, "✗ after add_to_cart  it came "),
        (&["--after", "add_to_cart"], &[PURCHASE], 1, "✗ after add_to_cart  no add_to_cart came"),
        (&["--no-errors"], &[r#"{"event":"purchase","revenue":5}"#], 1, "✗ no errors  identifier-missing"),
        (&["--has", "revenue=$ 5"], &[bad], 0, ""),
    ];
    for (arguments, events, expected, part) in cases {
        let script = sends(&sandbox.url, events);
        let arguments = [&["purchase", "--within", "1s"], arguments].concat();
        let (code, told) = said(&expect(&sandbox.url, &arguments, &["sh", "-c", &script]).output().unwrap());
        assert_eq!(code, Some(expected), "{arguments:?} {events:?}: {told}");
        assert!(told.contains(part), "{arguments:?} {events:?}: {told}");
    }
}

#[test]
fn a_command_that_fails_wins_and_what_had_arrived_by_then_is_told() {
    let sandbox = Sandbox::start(&[]);
    for (ends, code) in [("exit 7", 7), ("kill -9 $$", 137)] {
        let script = format!("{}{ends}", sends(&sandbox.url, &[PURCHASE]));
        let start = Instant::now();
        let output = expect(
            &sandbox.url,
            &["purchase", "--has", "revenue=6", "--within", "10min", "--json"],
            &["sh", "-c", &script],
        )
        .output()
        .unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        assert!(start.elapsed() < PATIENCE, "it waited");
        let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&lines[0]["came"], &lines[0]["verdict"]), (&1.into(), &"not met".into()), "{lines:?}");
        assert_eq!((&lines[1]["exit"], &lines[1]["command_exit"]), (&code.into(), &code.into()), "{lines:?}");
    }
}

/// The process that a script wrote the number of.
fn process(file: &std::path::Path) -> Option<Pid> {
    Pid::from_raw(std::fs::read_to_string(file).ok()?.trim().parse().ok()?)
}

/// Whether a process is there, and no corpse that nobody has collected.
fn is_alive(pid: Pid) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    test_kill_process(pid).is_ok() && !status.contains(") Z ")
}

#[test]
fn a_command_that_takes_too_long_and_one_that_is_interrupted_go_with_all_that_they_started() {
    let sandbox = Sandbox::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    for (is_limit, expected) in [(true, 124), (false, 143)] {
        let file = folder.path().join(format!("pid{expected}"));
        let script =
            format!("trap '' TERM; sh -c 'trap \"\" TERM; echo $$ >{}; sleep 600' & sleep 600", file.display());
        let limit: &[&str] = if is_limit { &["--timeout", "1s"] } else { &[] };
        let arguments = [&["purchase", "--within", "1s"], limit].concat();
        let mut child = expect(&sandbox.url, &arguments, &["sh", "-c", &script])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while process(&file).is_none() {
            assert!(start.elapsed() < PATIENCE);
            std::thread::yield_now();
        }
        if !is_limit {
            signal(&child, Signal::TERM);
        }
        assert_eq!(ended(&mut child).code(), Some(expected));
        let left = process(&file).unwrap();
        while is_alive(left) {
            if start.elapsed() > PATIENCE {
                let _ = kill_process(left, Signal::KILL);
                panic!("it is left");
            }
            std::thread::yield_now();
        }
    }
}

#[test]
fn what_came_since_a_baseline_is_new_and_what_was_there_is_not() {
    let polled = Polled::start();
    let folder = tempfile::tempdir().unwrap();
    for (number, url) in [&polled.sandbox.url, &polled.url].into_iter().enumerate() {
        polled.sandbox.send(PURCHASE);
        let output = clickscope(&["baseline", "--url", url]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap()["last_request"].is_u64(), number == 0);
        let file = folder.path().join(format!("{number}.json"));
        std::fs::write(&file, &output.stdout).unwrap();
        let since = ["--since", file.to_str().unwrap(), "--within", "1s"];
        let after = |arguments: &[&str]| said(&expect(url, &[arguments, &since].concat(), &[]).output().unwrap());
        let (code, told) = after(&["purchase"]);
        assert_eq!(code, Some(3), "{told}");
        for revenue in 7..=9 {
            polled.sandbox.send(&PURCHASE.replace('5', &revenue.to_string()));
        }
        polled.sandbox.send(r#"{"event":"first_of_all","customer_id":"1"}"#);
        for (arguments, expected) in [
            (&["purchase", "--has", "revenue=7"][..], 0),
            (&["purchase", "--count", "3"], 0),
            (&["purchase", "--has", "revenue=5"], 1),
            (&["first_of_all"], 0),
        ] {
            let (code, told) = after(arguments);
            assert_eq!(code, Some(expected), "{url} {arguments:?}: {told}");
        }
        if number == 0 {
            let mut baseline: Value = serde_json::from_slice(&output.stdout).unwrap();
            baseline["last_request"] = 9999.into();
            std::fs::write(&file, baseline.to_string()).unwrap();
            let (code, told) = after(&["refund", "--none"]);
            assert_eq!(code, Some(1), "{told}");
            assert!(told.contains("cannot tell") && told.contains("the collector was started anew since"), "{told}");
        }
    }
    let file = folder.path().join("none.json");
    for (content, part) in [
        ("{}", "no baseline: missing field `baseline`"),
        ("{\"baseline\":9}", "written by a newer version (9)"),
        ("\n[", "line 2"),
    ] {
        std::fs::write(&file, content).unwrap();
        let (code, told) =
            said(&expect("http://127.0.0.1:9", &["view", "--since", file.to_str().unwrap()], &[]).output().unwrap());
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn a_tape_and_a_stream_are_judged_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let tape = folder.path().join("tape.ndjson");
    let sandbox = Sandbox::start(&[]);
    sandbox.send(PURCHASE);
    let script = sends(&sandbox.url, &[r#"{"event":"purchase","customer_id":"1","revenue":31}"#]);
    let record = tape.to_str().unwrap();
    let (code, told) = said(
        &expect(
            &sandbox.url,
            &["purchase", "--has", "revenue=1", "--within", "1s", "--record", record],
            &["sh", "-c", &script],
        )
        .output()
        .unwrap(),
    );
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains(&format!("tape: {record}\n")), "{told}");
    for (arguments, expected) in [
        (["purchase", "--has", "revenue=31"], 0),
        (["purchase", "--has", "revenue=5"], 1),
        (["view", "--has", "a=1"], 3),
    ] {
        let output = clickscope(&[&["expect"], &arguments[..], &["--from", record]].concat())
            .env_remove("CLICKSCOPE_EVENT_KEY")
            .output()
            .unwrap();
        let (code, told) = said(&output);
        assert_eq!(code, Some(expected), "{arguments:?}: {told}");
        assert!(expected == 0 || told.contains("read from "), "{told}");
    }
    let stream = |events: &str, arguments: &[&str]| {
        let mut child = clickscope(&[&["expect", "purchase", "--from", "-"], arguments].concat())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(events.as_bytes()).unwrap();
        said(&child.wait_with_output().unwrap())
    };
    assert_eq!(stream(&format!("{PURCHASE}\n{PURCHASE}\n"), &["--count", "2"]).0, Some(0));
    assert_eq!(stream(PURCHASE, &["--where", ".revenue.x"]).0, Some(1));
    let (code, told) = stream("{\"event\":\n", &[]);
    assert_eq!(code, Some(2), "{told}");
}

#[test]
fn bad_input_is_refused_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("ran");
    let touch = format!("touch {}", marker.display());
    let nowhere = "http://127.0.0.1:9";
    for (arguments, command, part) in [
        (
            &["purchase", "--where", ".revenue >"][..],
            vec!["sh", "-c", &touch],
            "--where: column 11: expected an expression at the end",
        ),
        (&["purchase", "--where", "revenue > 30"], vec!["sh", "-c", &touch], "did you mean `.revenue > 30`?"),
        (&["purchase", "--where", ".revenue = 30"], vec!["sh", "-c", &touch], "did you mean `.revenue == 30`?"),
        (&["purchase", "--where", ".a && .b"], vec!["sh", "-c", &touch], "column 4: jq has no `&&`: write `and`"),
        (&["purchase", "--where", "now > 1"], vec!["sh", "-c", &touch], "sees the event and nothing else\n"),
        (&["purchase", "--has", "revenue"], vec!["sh", "-c", &touch], "there is no `=`"),
        (&["purchase", "--at-least", "3", "--at-most", "2"], vec!["sh", "-c", &touch], "no number of events is both"),
        (&["purchase", "--none", "--count", "2"], vec!["sh", "-c", &touch], "cannot be used with"),
        (&[], vec!["sh", "-c", &touch], "TYPE"),
    ] {
        let (code, told) = said(&expect(nowhere, arguments, &command).output().unwrap());
        assert_eq!(code, Some(2), "{arguments:?}: {told}");
        assert!(told.contains(part), "{arguments:?}: {told}");
    }
    assert!(!marker.exists());
    let sandbox = Sandbox::start(&[]);
    let (code, told) = said(&expect(&sandbox.url, &["purchase"], &["/nonexistent/command"]).output().unwrap());
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("/nonexistent/command cannot be started"), "{told}");
}

#[test]
fn a_server_that_refuses_and_one_that_fails_end_it_before_the_command_runs() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("ran");
    let touch = format!("touch {}", marker.display());
    let (refusing, _) = always("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let (html, _) =
        always("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>");
    for (url, expected) in [(&refusing, 4), (&html, 5)] {
        // Where nothing was seen, nothing is known to have stayed away either.
        for wanted in [&["purchase"][..], &["purchase", "--none"], &["purchase", "--none", "--lenient"]] {
            let (code, told) = said(&expect(url, wanted, &["sh", "-c", &touch]).output().unwrap());
            assert_eq!(code, Some(expected), "{told}");
            assert!(told.contains("the command was not run") && told.contains("cannot tell"), "{told}");
        }
    }
    assert!(!marker.exists());
    let output = expect(&refusing, &["purchase"], &[]).env_remove("CLICKSCOPE_EVENT_KEY").output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
}

#[test]
fn an_interrupt_ends_it() {
    let sandbox = Sandbox::start(&[]);
    let mut child = expect(&sandbox.url, &["purchase", "--within", "10min"], &["sh", "-c", "echo begun; sleep 600"])
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    signal(&child, Signal::INT);
    assert_eq!(ended(&mut child).code(), Some(130));
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(told.contains("cannot tell") && told.contains("ended by a signal before its time"), "{told}");
}

#[test]
fn a_baseline_of_another_server_is_refused() {
    let [one, other] = [Sandbox::start(&[]), Sandbox::start(&[])];
    let output = clickscope(&["baseline", "--url", &one.url]).output().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &output.stdout).unwrap();
    let since = file.path().to_str().unwrap();
    let (code, told) = said(&expect(&other.url, &["purchase", "--since", since], &[]).output().unwrap());
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("is a baseline of local"), "{told}");
}

#[test]
fn what_runs_away_is_stopped_and_personal_values_can_be_masked() {
    let sandbox = Sandbox::start(&[]);
    let script =
        sends(&sandbox.url, &[r#"{"event":"purchase","customer_id":"1","email":"jane.doe@example.com","revenue":5}"#]);
    let run = |condition: &str, more: &[&str]| {
        let arguments = [&["purchase", "--where", condition, "--within", "1s"], more].concat();
        said(&expect(&sandbox.url, &arguments, &["sh", "-c", &script]).output().unwrap())
    };
    let (code, told) = run("last(repeat(1))", &[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("stopped: it took more than"), "{told}");
    let (code, told) = run(".email == .revenue", &["--redact"]);
    assert_eq!(code, Some(1), "{told}");
    let (told, _) = told.split_once("again: ").unwrap();
    assert!(told.contains(".email is ") && !told.contains("jane.doe"), "{told}");
    let script = sends(&sandbox.url, &[r#"{"event":"view","email":"jane.doe@@example.com"}"#]);
    let arguments = ["view", "--no-errors", "--within", "1s", "--redact"];
    let (_, told) = said(&expect(&sandbox.url, &arguments, &["sh", "-c", &script]).output().unwrap());
    let (told, _) = told.split_once("again: ").unwrap();
    assert!(told.contains("email-format /email") && !told.contains("jane"), "{told}");
}

#[test]
fn a_file_of_expectations_has_order_and_shared_values_and_tells_each_program_in_its_format() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.toml");
    let text_of_file = r#"
within = "1s"

[[expect]]
title = "the cart"
event = "add_to_cart"
where = '.quantity > 0'

[[expect]]
title = "the order <&> ```"
event = "checkout"
has = { currency = "EUR" }
after = "the cart"
same = { cart_id = "the cart" }

[[expect]]
event = "refund"
none = true
"#;
    std::fs::write(&file, text_of_file).unwrap();
    let sandbox = Sandbox::start(&[]);
    let cart = r#"{"event":"add_to_cart","customer_id":"1","quantity":1,"cart_id":"c7"}"#;
    let order = |cart: &str| format!(r#"{{"event":"checkout","customer_id":"1","currency":"EUR","cart_id":"{cart}"}}"#);
    let run = |events: &[&str], more: &[&str], summary: &std::path::Path| {
        let arguments = [&["-f", file.to_str().unwrap()], more].concat();
        let script = format!("echo from the command; {}", sends(&sandbox.url, events));
        let mut command = expect(&sandbox.url, &arguments, &["sh", "-c", &script]);
        let output =
            command.env("GITHUB_STEP_SUMMARY", summary).env("GITHUB_WORKSPACE", folder.path()).output().unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let summary = folder.path().join("summary.md");
    let (code, _, told) = run(&[cart, &order("c7")], &[], &summary);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(told.matches(": met\n").count(), 3, "{told}");

    let (code, _, told) = run(&[&order("c7"), cart], &[], &summary);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("✗ after the cart") && told.contains("✓ the same .cart_id as the cart"), "{told}");

    let (code, xml, told) = run(&[cart, &order("c8")], &["--format", "junit"], &summary);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.starts_with("from the command\n"), "{told}");
    for part in [
        r#"<testsuites tests="4" failures="1" errors="0""#,
        r#"classname="events.toml" name="the cart""#,
        r#"name="the order &lt;&amp;&gt; ```""#,
        r#"message="1 checkout came, and it does not match""#,
        "✗ the same .cart_id as the cart",
        r#"name="no refund""#,
        r#"name="the command""#,
    ] {
        assert!(xml.contains(part), "{part} in {xml}");
    }

    let (code, commands, told) = run(&[cart, &order("c8")], &["--format", "github"], &summary);
    assert_eq!(code, Some(1), "{told}");
    assert!(commands.starts_with("::error file=events.toml,title=the order <&> ```%3A not met::"), "{commands}");
    assert_eq!(commands.lines().count(), 1, "{commands}");
    let markdown = std::fs::read_to_string(&summary).unwrap();
    assert!(markdown.starts_with("### clickscope expect: 2 of 3 met\n\n    ✓ the cart: met\n"), "{markdown}");

    std::fs::write(&file, "[[expect]]\nevent = \"a\"\nwhere = 'a > 1'\n").unwrap();
    let (code, _, told) = run(&[], &[], &summary);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("events.toml:3: column 1: ") && told.contains("did you mean `.a > 1`?"), "{told}");
    std::fs::write(&file, "[[expect]]\nevent = \"a\"\nwher = 'a > 1'\n").unwrap();
    let (_, _, told) = run(&[], &[], &summary);
    assert!(told.contains("events.toml:3: unknown field `wher`: did you mean `where`?"), "{told}");
}

#[test]
fn a_server_that_cannot_be_reached_is_an_error_in_a_report_and_no_empty_success() {
    let (refusing, _) = always("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let output = expect(&refusing, &["purchase", "--format", "junit"], &["true"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    let xml = text(&output.stdout);
    assert!(xml.contains(r#"tests="1" failures="0" errors="1""#), "{xml}");
}
