//! What polls stepped over, as `watch` prints it.

use serde_json::{Value, json};

use super::{PATIENCE, Sandbox, clickscope, lines_of};

/// The lines of `watch --json` on a collector that knows one event, beginning with the line of that.
struct Watched {
    sandbox: Sandbox,
    child: std::process::Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Watched {
    /// Polls so seldom that all that is sent comes between two polls.
    fn start(with_user_key: bool, more: &[&str]) -> Self {
        let sandbox = Sandbox::start(&[]);
        send(&sandbox, 0..=0);
        let mut command = clickscope(&[&["watch", "--json", "--interval", "3s", "--url", &sandbox.url], more].concat());
        if with_user_key {
            command.env("CLICKSCOPE_USER_KEY", "the-user-key");
        }
        let mut child = command.spawn().unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        let mut watched = Self { sandbox, child, lines };
        watched.until(|line| if with_user_key { line["received"] == 1 } else { line["record"] == "event" });
        watched
    }

    /// The lines until one is as wanted.
    fn until(&mut self, is_wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut lines = Vec::new();
        while !lines.last().is_some_and(&is_wanted) {
            let line = self.lines.recv_timeout(PATIENCE).unwrap();
            lines.push(serde_json::from_str(&line).unwrap());
        }
        lines
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn send(sandbox: &Sandbox, numbers: std::ops::RangeInclusive<u32>) {
    for n in numbers {
        sandbox.send(&format!(r#"{{"event":"view","customer_id":"c","n":{n}}}"#));
    }
}

fn numbers(lines: &[Value]) -> Vec<u64> {
    lines.iter().filter_map(|line| line["event"]["n"].as_u64()).collect()
}

#[test]
fn fifty_events_between_two_polls_are_all_printed_in_their_order() {
    let mut watched = Watched::start(true, &[]);
    send(&watched.sandbox, 1..=50);
    let lines = watched.until(|line| line["event"]["n"] == 50);
    assert_eq!(numbers(&lines), (1..=50).collect::<Vec<_>>());
    assert!(lines.iter().all(|line| line["record"] != "gap" && line["late"] == Value::Null), "{lines:?}");
    let from: Vec<_> = lines.iter().map(|line| &line["from"]).filter(|from| **from == "backfill").collect();
    assert!(from.len() >= 40, "{from:?}");
}

#[test]
fn of_eighty_events_thirty_are_lost_by_the_count_and_at_least_one_without() {
    for (with_user_key, lost) in [(true, json!(30)), (false, Value::Null)] {
        let mut watched = Watched::start(with_user_key, &[]);
        send(&watched.sandbox, 1..=80);
        let lines = watched.until(|line| line["record"] == "gap" && line["lost"] == lost);
        let gap = lines.last().unwrap();
        assert_eq!((&gap["type"], gap["observed_at"].is_string()), (&json!("view"), true), "{gap}");
    }
}

#[test]
fn five_equal_events_in_a_row_are_five_lines() {
    let mut watched = Watched::start(false, &[]);
    for _ in 0..5 {
        send(&watched.sandbox, 7..=7);
    }
    let mut came = 0;
    while came < 5 {
        came += watched.until(|line| line["event"]["n"] == 7).len();
    }
}

#[test]
fn once_prints_what_came_shortly_before_where_that_is_asked_for() {
    let sandbox = Sandbox::start(&[]);
    send(&sandbox, 1..=3);
    for (since, expected) in [(&[][..], vec![3]), (&["--since", "10m"][..], vec![1, 2, 3])] {
        let arguments = [&["watch", "--once", "--json", "--url", &sandbox.url], since].concat();
        let output = clickscope(&arguments).output().unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(numbers(&lines), expected, "{lines:?}");
    }
}
