//! Plans from the command line: made from events, held to events, and told when they are broken.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::lint::{Piped, Ran};
use super::*;

/// The name of a file, and what stands in it.
type Contents<'a> = (&'a str, &'a [u8]);

/// A folder in which the program runs, so that it calls files by their names.
struct Folder(TempDir);

impl Folder {
    fn new(files: &[Contents]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, contents) in files {
            let path = folder.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, contents).unwrap();
        }
        folder
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(clickscope(arguments).current_dir(self.0.path()))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    fn schema(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }
}

/// Sixty events of two types, as different as those of one type are.
fn events() -> Vec<Value> {
    let course = |number: usize| {
        serde_json::json!({
            "event": "course_booked", "email": format!("guest{number}@example.com"), "booking_id": format!("B-{number}"),
            "level": if number.is_multiple_of(3) { "expert" } else { "beginner" },
            "starts_at": "2026-12-01T10:00:00Z", "price": 39,
            "products": [{"sku": "latte_art", "quantity": 1}, {"sku": "cupping", "seat": number}],
        })
    };
    let search = |number: usize| {
        let results = if number.is_multiple_of(2) { Value::from(number) } else { Value::from("none") };
        serde_json::json!({"event": "shelf_searched", "customer_id": "7", "results": results})
    };
    (0..30).flat_map(|number| [course(number), search(number)]).collect()
}

#[test]
fn the_same_events_satisfy_the_plan_that_was_inferred_from_them() {
    let events = events();
    let array = Value::from(events.clone()).to_string();
    let bulk = serde_json::json!({ "events": events }).to_string();
    let lines: String = events.iter().map(|event| event.to_string() + "\n").collect();
    let mut plans = Vec::new();
    for input in [&array, &bulk, &lines] {
        let folder = Folder::new(&[("in.json", input.as_bytes()), ("events.ndjson", lines.as_bytes())]);
        let ran = folder.run(&["plan", "infer", "in.json", "--into", "team/plan"]);
        assert_eq!(
            (ran.code, &*ran.stdout),
            (Some(0), "team/plan/course_booked.json\nteam/plan/shelf_searched.json\n")
        );
        assert_eq!(ran.stderr, "2 event types from 60 events\n");
        let ran = folder.run(&["lint", "events.ndjson", "--plan", "team/plan", "--json"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.found().iter().all(|(_, rule)| !rule.starts_with("plan-")), "{ran:?}");
        plans.push(folder.read("team/plan/course_booked.json"));

        let course = folder.schema("team/plan/course_booked.json");
        assert_eq!(course["properties"]["level"]["enum"], serde_json::json!(["beginner", "expert"]));
        assert_eq!(course["properties"]["starts_at"]["format"], "date-time");
        assert_eq!(course["properties"]["price"]["type"], "number");
        assert_eq!(course["properties"]["products"]["items"]["required"], serde_json::json!(["sku"]));
        let search = folder.schema("team/plan/shelf_searched.json");
        assert_eq!(search["properties"]["results"]["type"], serde_json::json!(["string", "integer"]));

        let printed: Value = serde_json::from_str(&folder.run(&["plan", "infer", "in.json"]).stdout).unwrap();
        assert_eq!((&printed["course_booked"], &printed["shelf_searched"]), (&course, &search));
        let listed = folder.run(&["plan", "check", "team/plan"]);
        assert_eq!(listed.code, Some(0));
        assert!(listed.stdout.starts_with("course_booked   team/plan/course_booked.json  "), "{}", listed.stdout);
    }
    assert!(plans.windows(2).all(|pair| pair.first() == pair.last()));
}

#[test]
fn what_watch_prints_makes_a_plan_of_what_was_sent() {
    let sandbox = Sandbox::start(&[]);
    sandbox.send(r#"{"event":"course_booked","email":"jane@example.com","seats":2}"#);
    sandbox.send(r#"{"event":"view","customer_id":"7","sku":"45790-32"}"#);
    let watched = Ran::of(&mut clickscope(&["watch", "--once", "--json", "--url", &sandbox.url]));
    assert_eq!(watched.code, Some(0), "{watched:?}");
    // A line without an event, as for a type of which only a count is known.
    let count = r#"{"type":"x","change":"new","event":null,"received":1,"captured":0,"observed_at":"2026-11-24T12:00:00Z","latency_ms":null,"findings":[]}"#;
    let folder = Folder::new(&[("seen.ndjson", format!("{}{count}\n", watched.stdout).as_bytes())]);
    let ran = folder.run(&["plan", "infer", "seen.ndjson", "--into", "plan"]);
    assert_eq!((ran.code, &*ran.stdout), (Some(0), "plan/course_booked.json\nplan/view.json\n"), "{ran:?}");
    let properties = folder.schema("plan/course_booked.json")["properties"].clone();
    let names: Vec<&String> = properties.as_object().unwrap().keys().collect();
    assert_eq!(names, ["event", "email", "seats"], "what the platform added is left out");

    let mut child = clickscope(&["plan", "infer"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(watched.stdout.as_bytes()).unwrap();
    let ran = Ran::ended(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(0));
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["course_booked"]["properties"], properties);
}

#[test]
fn files_that_are_there_are_kept_unless_forced_whatever_they_are_called() {
    let events =
        br#"[{"event":"booked","email":"jane@example.com","seats":2},{"event":"view","email":"jane@example.com"}]"#;
    let booked = r#"{"properties":{"event":{"const":"booked"}}}"#;
    let folder = Folder::new(&[("in.json", events), ("plan/mine.schema.json", booked.as_bytes())]);
    let ran = folder.run(&["plan", "infer", "in.json", "--into", "plan"]);
    assert_eq!((ran.code, &*ran.stdout), (Some(1), "plan/view.json\n"));
    assert_eq!(
        ran.stderr,
        "plan/mine.schema.json exists and was kept; --force overwrites it\n\
         the plan in plan is not the one that was inferred: 1 of 2 schemas not written\n\
         2 event types from 2 events\n\
         1 event with errors among them, which the plan takes for right: see `clickscope lint` before you commit it\n"
    );
    assert_eq!(folder.read("plan/mine.schema.json"), booked);
    let ran = folder.run(&["plan", "infer", "in.json", "--into", "plan", "--force"]);
    assert_eq!((ran.code, &*ran.stdout), (Some(0), "plan/mine.schema.json\nplan/view.json\n"));
    assert_eq!(folder.schema("plan/mine.schema.json")["properties"]["seats"]["type"], "integer");
}

#[test]
fn what_nothing_can_be_learnt_from_is_told() {
    let folder = Folder::new(&[
        ("nameless.json", br#"{"email":"jane@example.com"}"#),
        ("empty.json", b""),
        ("broken.ndjson", b"{\"event\":\"booked\"}\n{\"event\":}\n{\"event\":\"view\"}\n7\n"),
    ]);
    for file in ["nameless.json", "empty.json"] {
        let ran = folder.run(&["plan", "infer", file, "--into", "plan"]);
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""));
        assert!(ran.stderr.contains("there is no event with a name in it"), "{ran:?}");
        assert!(!folder.0.path().join("plan").exists());
    }
    let ran = folder.run(&["plan", "infer", "broken.ndjson", "--into", "plan"]);
    assert_eq!((ran.code, &*ran.stdout), (Some(2), "plan/booked.json\nplan/view.json\n"));
    assert!(ran.stderr.starts_with("broken.ndjson:2:10: not JSON: "), "{ran:?}");
    assert!(ran.stderr.contains("broken.ndjson:4: an event is an object\n"), "{ran:?}");
    assert!(folder.run(&["plan", "infer", "nothing.json"]).stderr.contains("nothing.json cannot be opened"));
}

#[test]
fn each_broken_plan_ends_with_2_the_file_the_place_and_the_reason() {
    let cases: [(&[Contents], &str); 10] = [
        (&[("plan/booked.json", b"{\n\"type\": \"object\"")], "plan/booked.json:2:17: not JSON: "),
        (&[("plan/booked.json", b"[1]")], "plan/booked.json:1: a schema is an object, or true or false"),
        (
            &[("plan/booked.json", b"{\n\"properties\": {\"a\":\n{\"type\": \"nubmer\"}}}")],
            "plan/booked.json:3: /properties/a/type: there is no type \"nubmer\"; did you mean \"number\"?",
        ),
        (
            &[("plan/booked.json", br#"{"pattern":"[a-"}"#)],
            "plan/booked.json:1: /pattern: the pattern \"[a-\" cannot be",
        ),
        (
            &[("plan/booked.json", br#"{"$ref":"product.json"}"#)],
            "booked.json:1: /$ref: \"product.json\" leads to a file",
        ),
        (
            &[("plan/booked.json", br#"{"$ref":"https://example.com/a"}"#)],
            "booked.json:1: /$ref: \"https://example.com/a\" leads to the network: references stay within a schema (copy",
        ),
        (
            &[("plan/booked.json", b"{}"), ("plan/other.json", br#"{"properties":{"event":{"const":"booked"}}}"#)],
            "plan/other.json:1: /properties/event/const: the event type booked is already planned in plan/booked.json",
        ),
        (
            &[("plan/booked.json", b"{\n\"title\":\"caf\xe9\"}")],
            "plan/booked.json:2: this line is not text (not UTF-8)",
        ),
        (
            &[("other/booked.json", b"{}")],
            "there is no folder plan; `clickscope plan infer FILE --into plan` makes one",
        ),
        (&[("plan/booked.txt", b"{}")], "there is no schema in plan: write one as EVENT_TYPE.json"),
    ];
    for (files, expected) in cases {
        let event: Contents = ("events.ndjson", b"{\"event\":\"booked\"}\n");
        let folder = Folder::new(&[files, &[event, ("plan.txt", b"")]].concat());
        for arguments in [&["lint", "events.ndjson", "--plan", "plan"][..], &["plan", "check", "plan"]] {
            let ran = folder.run(arguments);
            assert_eq!(ran.code, Some(2), "{ran:?}");
            assert!(ran.stderr.contains(expected), "{expected}: {ran:?}");
            assert!(!ran.stdout.contains("events.ndjson"), "nothing is linted: {ran:?}");
        }
    }
    let folder = Folder::new(&[("plan/a.json", b"{}"), ("plan/b.json", b"[]"), ("plan/c.json", b"{}")]);
    let ran = folder.run(&["plan", "check", "plan"]);
    assert_eq!(ran.stdout.lines().count(), 2, "the others are listed: {ran:?}");
}

#[test]
fn a_profile_names_the_plan_from_where_the_config_file_stands() {
    let settings = settings("[profiles.shop]\nplan = \"plan\"\n[profiles.lost]\nplan = \"gone\"\n");
    let plan = settings.path().join("clickscope/plan");
    fs::create_dir(&plan).unwrap();
    fs::write(plan.join("booked.json"), r#"{"required":["seats"]}"#).unwrap();
    let folder =
        Folder::new(&[("e.json", br#"{"event":"booked","email":"jane@example.com"}"#), ("here/other.json", b"{}")]);
    let run = |arguments: &[&str]| {
        let mut command = clickscope(arguments);
        Ran::of(command.current_dir(folder.0.path()).env("XDG_CONFIG_HOME", settings.path()))
    };
    let rules = |arguments: &[&str]| {
        let ran = run(&[&["lint", "e.json", "--json"], arguments].concat());
        ran.found().into_iter().map(|(_, rule)| rule).collect::<Vec<_>>()
    };
    assert_eq!(rules(&[]), [""; 0]);
    assert_eq!(rules(&["--profile", "shop"]), ["plan-missing"]);
    assert_eq!(rules(&["--profile", "shop", "--plan", "here"]), ["plan-event"]);
    let listed = run(&["--profile", "shop", "plan", "check"]);
    assert!(listed.code == Some(0) && listed.stdout.starts_with("booked  "), "{listed:?}");
    let lost = run(&["lint", "e.json", "--profile", "lost"]);
    assert_eq!((lost.code, &*lost.stdout), (Some(2), ""));
    assert!(lost.stderr.contains("config.toml:4: there is no folder "), "{lost:?}");
    assert!(run(&["plan", "check"]).stderr.contains("no plan is given"));
}

#[test]
fn a_plan_is_made_of_what_came_until_the_interrupt() {
    let folder = Folder::new(&[]);
    let mut command = clickscope(&["plan", "infer", "-", "--into", "plan"]);
    let mut infer = Piped::into(command.current_dir(folder.0.path()));
    // As long as nothing is read, the program may not listen for signals yet: a pipe holds 64 KiB.
    for number in 0..5_000 {
        infer.write(&format!(r#"{{"event":"booked","email":"jane@example.com","seats":{number}}}"#));
    }
    signal(&infer.child, Signal::INT);
    let (code, printed, told) = infer.end();
    assert_eq!((code, printed.as_str()), (Some(0), "plan/booked.json\n"), "{told}");
    assert_eq!(folder.schema("plan/booked.json")["properties"]["seats"]["type"], "integer");
}

#[test]
fn a_schema_that_no_plan_can_have_is_not_written() {
    let event = |n: usize| {
        let fields: Vec<_> = (0..1_000).map(|field| format!(r#""event_{n}_field_{field}":1"#)).collect();
        let fields = fields.join(",");
        format!("{{\"event\":\"wild\",{fields}}}\n{{\"event\":\"tame\",\"n\":{n}}}\n")
    };
    let events: String = (0..25).map(event).collect();
    let folder = Folder::new(&[("in.ndjson", events.as_bytes())]);
    let ran = folder.run(&["plan", "infer", "in.ndjson", "--into", "plan"]);
    assert_eq!((ran.code, &*ran.stdout), (Some(1), "plan/tame.json\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("wild has no schema: it would be larger than the 1 MiB"), "{}", ran.stderr);
    assert_eq!(folder.run(&["plan", "check", "plan"]).code, Some(0));
}

#[test]
fn all_of_a_plan_is_written_when_nobody_reads_the_names() {
    let folder = Folder::new(&[]);
    let mut command = clickscope(&["plan", "infer", "-", "--into", "plan"]);
    let mut child = command.current_dir(folder.0.path()).stdin(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    for name in ["booked", "cancelled", "moved"] {
        writeln!(stdin, r#"{{"event":"{name}","email":"jane@example.com"}}"#).unwrap();
    }
    drop(stdin);
    ended(&mut child);
    for name in ["booked", "cancelled", "moved"] {
        assert_eq!(folder.schema(&format!("plan/{name}.json"))["title"], name);
    }
}
