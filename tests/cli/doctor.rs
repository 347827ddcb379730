//! What is told of a way that works, of one that does not, and that no key is told.

use serde_json::Value;

use super::lint::Ran;
use super::*;

const USER: &str = "user-canary-5be1";

/// The checks, by their names, and how it ended.
fn doctor(url: &str, arguments: &[&str]) -> (Ran, Vec<(String, String, String, Value)>) {
    let mut command = clickscope(&[&["doctor", "--json", "--url", url], arguments].concat());
    let ran = Ran::of(command.env("CLICKSCOPE_USER_KEY", USER));
    assert_secret(&ran);
    let field = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let lines = ran.stdout.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["record"], "check");
        assert_eq!(line["fix"].is_null(), line["status"] == "ok", "{line}");
        (field(&line, "check"), field(&line, "status"), field(&line, "found"), line.clone())
    });
    let lines = lines.collect();
    (ran, lines)
}

fn assert_secret(ran: &Ran) {
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!([CANARY, USER, "jane@example.com"].iter().all(|secret| !said.contains(secret)), "{said}");
    for key in [CANARY, USER] {
        assert!(!said.contains(&STANDARD.encode(format!("{key}:"))), "{said}");
    }
}

fn of<'a>(checks: &'a [(String, String, String, Value)], name: &str) -> (&'a str, &'a str) {
    let check = checks.iter().find(|(check, ..)| check == name).unwrap_or_else(|| panic!("no {name} in {checks:?}"));
    (&check.1, &check.2)
}

#[test]
fn a_way_that_works_is_well_and_nothing_is_sent() {
    let sandbox = Sandbox::start(&[]);
    sandbox.send(r#"{"event":"view","email":"jane@example.com"}"#);
    let (ran, checks) = doctor(&sandbox.url, &[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for (name, part) in [
        ("target", "--url"),
        ("proxy", "none"),
        ("dns", "1 IPv4 address"),
        ("tcp", "IPv4"),
        ("clock", "agree"),
        ("event key", "events yes, counts yes"),
        ("user key", "events yes, counts yes"),
        ("events", ": 1 type"),
        ("history", "1 event"),
        ("counts", "of 1 type"),
        ("rate limit", "none of"),
        ("terminal", "none here"),
    ] {
        let (status, found) = of(&checks, name);
        assert!(status == "ok" && found.contains(part), "{name}: {found}");
    }
    assert!(checks.iter().all(|(name, ..)| name != "probe" && name != "status page"), "{checks:?}");
    let (ran, checks) = doctor(&sandbox.url, &["--send-probe"]);
    let (status, found) = of(&checks, "probe");
    assert!(ran.code == Some(0) && status == "ok" && found.contains("seen after"), "{ran:?}");
    let (_, checks) = doctor(&sandbox.url, &[]);
    assert!(of(&checks, "events").1.contains(": 2 types"), "the probe alone was sent: {checks:?}");
}

#[test]
fn what_fails_is_named_with_its_fix_and_ends_as_elsewhere() {
    let nowhere = format!("http://{}", TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap());
    let (ran, checks) = doctor(&nowhere, &[]);
    assert!(ran.code == Some(5) && of(&checks, "tcp").1.contains("nothing listens at"), "{ran:?}");
    let html = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>";
    let refused = "HTTP/1.1 401 Unauthorized\r\nx-request-id: 7f3a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let limited = "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    for (answer, code, name, part) in [
        (html, 5, "events", "web page"),
        (refused, 4, "event key", "events no, counts no"),
        (limited, 5, "rate limit", "(429), and it asks to wait 7 s"),
    ] {
        let (url, _) = always(answer);
        let (ran, checks) = doctor(&url, &[]);
        assert!(ran.code == Some(code) && of(&checks, name).1.contains(part), "{ran:?}");
        if code == 4 {
            assert!(checks.iter().any(|(check, .., line)| check == name && line["request_id"] == "7f3a"), "{checks:?}");
        }
    }
}

#[test]
fn keys_that_are_swapped_are_named() {
    let mut sandbox = clickscope(&["sandbox", "--listen", "127.0.0.1:0", "--key", "SANDBOX_KEY"]);
    let mut child = sandbox.env("SANDBOX_KEY", USER).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let sandbox = Sandbox { child, url: line.trim_end().to_owned() };
    let (ran, checks) = doctor(&sandbox.url, &[]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    let key = checks.iter().find(|(check, ..)| check == "event key").unwrap();
    assert!(key.1 == "failure" && key.3["fix"].as_str().unwrap().contains("swapped"), "{key:?}");
    let mut command = clickscope(&["doctor", "--url", &sandbox.url]);
    let ran = Ran::of(command.env_remove("CLICKSCOPE_EVENT_KEY"));
    assert!(ran.code == Some(4) && ran.stdout.contains("fix: set CLICKSCOPE_EVENT_KEY"), "{ran:?}");
}

#[test]
fn a_text_for_a_ticket_is_a_table_without_keys() {
    let sandbox = Sandbox::start(&[]);
    sandbox.send(r#"{"event":"view","email":"jane@example.com"}"#);
    let mut command = clickscope(&["doctor", "--ticket", "--url", &sandbox.url]);
    let ran = Ran::of(command.env("CLICKSCOPE_USER_KEY", USER));
    assert_secret(&ran);
    assert!(ran.stdout.starts_with("### clickscope doctor: ") && ran.stdout.contains("| ✓ | dns | `"), "{ran:?}");
    assert!(ran.stderr.ends_with(" checks, all is well\n") || ran.stderr.contains("0 failures"), "{ran:?}");
}
