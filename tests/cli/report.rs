//! The hand-over: reports, and comparisons of two recordings.

use std::fs;

use super::lint::Ran;
use super::*;

/// A line of a tape.
fn line(second: usize, event: &str) -> String {
    let event_type = event.split('"').nth(3).unwrap();
    format!(
        r#"{{"record":"event","type":"{event_type}","change":"updated","event":{event},"received":null,"captured":1,"observed_at":"2026-11-26T14:03:{second:02}.000Z"}}"#
    )
}

const HEADER: &str = r#"{"record":"tape","version":1,"target":"staging · us","redacted":false,"observed_at":"2026-11-26T14:02:59.000Z"}"#;

fn tape(events: &[&str]) -> String {
    let lines = events.iter().enumerate().map(|(second, event)| line(second, event) + "\n");
    std::iter::once(format!("{HEADER}\n")).chain(lines).collect()
}

#[test]
fn a_report_is_made_of_a_tape_in_each_format_and_of_what_can_be_read_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape.ndjson");
    let events = [
        r#"{"event":"purchase","email":"canary@example.com","order_id":"50314","revenue":25}"#,
        r#"{"event":"purchase","order_id":"50315","revenue":"$ 31"}"#,
    ];
    fs::write(&path, tape(&events) + "{\"torn").unwrap();
    let report = |more: &[&str]| Ran::of(&mut clickscope(&[&["report", path.to_str().unwrap()], more].concat()));
    let markdown = report(&[]);
    assert_eq!(markdown.code, Some(0), "{markdown:?}");
    assert!(markdown.stdout.starts_with("# Events of `tape.ndjson`\n"), "{markdown:?}");
    assert!(
        markdown.stdout.contains("`staging · us`")
            && markdown.stdout.contains("`purchase 14:03:01 event 2 · order 50315`")
    );
    assert!(markdown.stderr.contains("torn"), "{markdown:?}");
    let html = report(&["--format", "html"]).stdout;
    assert!(html.starts_with("<!doctype html>") && html.contains("identifier-missing"));
    assert!(!html.contains("http://") && !html.contains("href=\"http") && !html.contains("<script"));
    let json: serde_json::Value = serde_json::from_str(&report(&["--format", "json"]).stdout).unwrap();
    assert_eq!((json["events"].as_u64(), json["types"][0]["captured"].as_u64()), (Some(2), Some(2)));
    let csv = report(&["--format", "csv"]).stdout;
    assert!(csv.starts_with("row,type,field,") && csv.contains("\r\ntype,purchase,"), "{csv}");
    for format in ["md", "html", "json", "csv"] {
        let masked = report(&["--redact", "--format", format]).stdout;
        assert!(!masked.contains("canary") && masked.contains("purchase"), "{masked}");
    }
    fs::write(&path, "").unwrap();
    let empty = report(&[]);
    assert_eq!((empty.code, empty.stdout.contains("There is no event in it.")), (Some(2), true), "{empty:?}");
    // One rule for all that read events: where there is none, that is said, and is no success.
    let file = path.to_str().unwrap();
    for empty in ["", "\n\n", &tape(&[])] {
        fs::write(&path, empty).unwrap();
        let replay = Ran::of(&mut clickscope(&["replay", "--json", file]));
        assert_eq!(replay.code, Some(if empty.trim().is_empty() { 2 } else { 0 }), "{empty}: {replay:?}");
        for line in [&["report", file][..], &["compare", file, file], &["lint", file], &["plan", "infer", file]] {
            let ran = Ran::of(&mut clickscope(line));
            assert_eq!(ran.code, Some(2), "{line:?}: {ran:?}");
            assert!(ran.stderr.contains("there is no event"), "{line:?}: {ran:?}");
        }
    }
    fs::write(&path, tape(&events) + "oops\n").unwrap();
    let broken = report(&[]);
    assert_eq!(broken.code, Some(2), "{broken:?}");
    assert!(broken.stderr.contains("tape.ndjson:4:1: not JSON") && broken.stdout.contains("1 part could not be read."));
    let missing = Ran::of(&mut clickscope(&["report", "/nonexistent/tape"]));
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(2), ""), "{missing:?}");
}

/// Records the events that a sandbox was sent on a tape.
fn record(tape: &Path, events: &[&str]) {
    let sandbox = Sandbox::start(&[]);
    for event in events {
        sandbox.send(event);
    }
    let arguments = ["watch", "--once", "--json", "--url", &sandbox.url, "--record", tape.to_str().unwrap()];
    let once = Ran::of(&mut clickscope(&arguments));
    assert_eq!(once.code, Some(0), "{once:?}");
}

#[test]
fn of_two_sandboxes_all_and_only_the_five_planted_differences_are_told() {
    let a = [
        r#"{"event":"purchase","email":"a@example.com","order_id":"1","revenue":25,"coupon":"X","products":[{"sku":"A","price":25,"quantity":1}]}"#,
        r#"{"event":"view","email":"a@example.com","product_id":"A","shop":{"id":1}}"#,
        r#"{"event":"search","email":"a@example.com","keywords":"x"}"#,
        r#"{"event":"signup","email":"a@example.com","joined":"2026-11-26T00:00:00Z"}"#,
    ];
    let b = [
        r#"{"event":"purchase","email":"b@example.com","order_id":"2","revenue":"25","products":[{"sku":"B","price":3,"quantity":2}]}"#,
        r#"{"event":"view","email":"b@example.com","product_id":"B","shop":{"id":1,"city":"y"}}"#,
        r#"{"event":"signup","email":"b@example.com","joined":"2026-13-26T00:00:00Z"}"#,
    ];
    let folder = tempfile::tempdir().unwrap();
    let paths = [("a.ndjson", &a[..]), ("b.ndjson", &b[..])].map(|(name, events)| {
        let path = folder.path().join(name);
        record(&path, events);
        path.to_str().unwrap().to_owned()
    });
    let compare = |more: &[&str]| Ran::of(&mut clickscope(&[&["compare", &paths[0], &paths[1]], more].concat()));
    let json = compare(&["--json"]);
    assert_eq!(json.code, Some(1), "{json:?}");
    let told = json.stdout.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["note"], false, "{line}");
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        format!("{} {}{}", text("kind"), text("type"), text("path"))
    });
    let planted = [
        "missing-field purchase.coupon",
        "retyped purchase.revenue",
        "missing-type search",
        "finding signup.joined",
        "missing-field view.shop.city",
    ];
    let mut told: Vec<_> = told.collect();
    told.sort();
    let mut planted = planted.to_vec();
    planted.sort_unstable();
    assert_eq!(told, planted);
    let text = compare(&[]);
    assert!(text.stdout.contains("~ revenue  number → string") && text.stderr.contains("5 differences"), "{text:?}");
    assert!(!text.stdout.contains('\u{1b}'));
    let ignored = [
        "--ignore",
        "purchase.coupon",
        "--ignore",
        ".revenue",
        "--ignore",
        "search",
        "--ignore",
        "signup",
        "--ignore",
        "view.shop.city",
    ];
    let none = compare(&ignored);
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""), "{none:?}");
    let unknown = compare(&["--ignore", "purchase.cuopon"]);
    assert!(unknown.stderr.contains("the nearest is purchase.coupon"), "{unknown:?}");
    let same = Ran::of(&mut clickscope(&["compare", &paths[0], &paths[0]]));
    assert_eq!(same.code, Some(0), "{same:?}");
}

#[test]
fn a_profile_is_polled_once_and_a_file_of_its_name_wins() {
    let sandbox = Sandbox::start(&[]);
    sandbox.send(r#"{"event":"view","email":"a@example.com","product_id":"A"}"#);
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("clickscope");
    fs::create_dir(&config).unwrap();
    fs::write(config.join("config.toml"), format!("[profiles.near]\nurl = \"{}\"\n", sandbox.url)).unwrap();
    fs::write(home.path().join("b.ndjson"), "{\"event\":\"search\",\"email\":\"a@example.com\",\"keywords\":\"x\"}\n")
        .unwrap();
    let compare = |a: &str, b: &str| {
        let mut command = clickscope(&["compare", a, b]);
        Ran::of(command.env("XDG_CONFIG_HOME", home.path()).current_dir(home.path()))
    };
    let polled = compare("near", "b.ndjson");
    assert_eq!(polled.code, Some(1), "{polled:?}");
    assert!(polled.stdout.contains("view") && polled.stdout.contains("search"), "{polled:?}");
    fs::copy(home.path().join("b.ndjson"), home.path().join("near")).unwrap();
    let file = compare("near", "b.ndjson");
    assert_eq!(file.code, Some(0), "{file:?}");
    assert!(file.stderr.contains("near is a file and a profile") && file.stderr.contains("profile:near"), "{file:?}");
    assert_eq!(compare("profile:near", "b.ndjson").code, Some(1));
    let neither = compare("nothing", "b.ndjson");
    assert_eq!(neither.code, Some(2), "{neither:?}");
    assert!(neither.stderr.contains("there is no file nothing") && neither.stderr.contains("near"), "{neither:?}");
    assert_eq!(compare("-", "-").code, Some(2));
}
