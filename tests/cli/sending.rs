//! Events that are sent from the command line: what goes out, what is said of it, and how it ends.

use std::fs;
use std::io::BufWriter;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

/// The output and the exit of a run.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn of(command: &mut Command) -> Self {
        Self::ended(command.output().unwrap())
    }

    fn ended(Output { status, stdout, stderr }: Output) -> Self {
        let ran = Self { code: status.code(), stdout: text(&stdout), stderr: text(&stderr) };
        // Nor does anything that a server says act on the terminal.
        assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "{}{}", ran.stdout, ran.stderr);
        assert!(!ran.stdout.contains(CANARY) && !ran.stderr.contains(CANARY), "{}{}", ran.stdout, ran.stderr);
        ran
    }

    /// The output, as JSON lines.
    fn lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn send(url: &str, arguments: &[&str]) -> Ran {
    Ran::of(&mut clickscope(&[&["send", "--url", url], arguments].concat()))
}

fn send_input(url: &str, arguments: &[&str], input: &[u8]) -> Ran {
    let mut command = clickscope(&[&["send", "--url", url, "-"], arguments].concat());
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // A program that refuses what it reads does not read the rest.
    drop(child.stdin.take().unwrap().write_all(input));
    Ran::ended(child.wait_with_output().unwrap())
}

/// The newest event of each type that the sandbox shows.
fn seen(sandbox: &Sandbox) -> Vec<Value> {
    let ran = Ran::of(&mut clickscope(&["watch", "--once", "--json", "--url", &sandbox.url]));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran.lines()
}

/// How many events of a type the sandbox counted.
fn received(sandbox: &Sandbox, event_type: &str) -> u64 {
    let mut command = clickscope(&["watch", "--once", "--json", "--url", &sandbox.url]);
    let ran = Ran::of(command.env("CLICKSCOPE_USER_KEY", "any"));
    let line = ran.lines().into_iter().find(|line| line["type"] == event_type);
    line.map_or(0, |line| line["received"].as_u64().unwrap())
}

fn file(name: &str, contents: impl AsRef<[u8]>) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, contents).unwrap();
    (folder, path.to_str().unwrap().to_owned())
}

/// So many events, a line each, but for one line that is something else.
fn ndjson(lines: usize, odd: usize, instead: &[u8]) -> Vec<u8> {
    let mut out = BufWriter::new(Vec::new());
    for line in 1..=lines {
        if line == odd {
            out.write_all(instead).unwrap();
        } else {
            write!(out, r#"{{"event":"view","email":"a@example.com","sku":"A-1","line":{line}}}"#).unwrap();
        }
        out.write_all(b"\n").unwrap();
    }
    out.into_inner().unwrap()
}

/// A server that gives these answers, one after the other, and the bodies that it was sent.
fn in_turn(answers: &'static [&'static str]) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, bodies) = mpsc::channel();
    std::thread::spawn(move || {
        for (stream, answer) in listener.incoming().zip(answers) {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            sender.send(text(&body)).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (url, bodies)
}

#[test]
fn every_template_is_sent_and_proved() {
    let sandbox = Sandbox::start(&[]);
    let templates = Ran::of(&mut clickscope(&["templates", "--json"])).lines();
    assert_eq!(templates.len(), 17);
    for template in templates {
        let name = template["name"].as_str().unwrap();
        let ran = send(&sandbox.url, &[name, "--prove", "--json"]);
        assert_eq!(ran.code, Some(0), "{name}: {}{}", ran.stdout, ran.stderr);
        let (call, proofs) = ran.lines().split_first().map(|(call, proofs)| (call.clone(), proofs.to_vec())).unwrap();
        assert_eq!(call["sent"], proofs.len(), "{name}");
        let events = call["events"].as_array().unwrap().iter().map(|event| &event["event_uuid"]);
        assert!(events.eq(proofs.iter().map(|proof| &proof["event_uuid"])), "{name}: in the order of the events");
        for proof in proofs {
            assert_eq!((&proof["proof"], &proof["by"]), (&json!("seen"), &json!("marker")), "{name}");
            assert!(proof["after_ms"].is_u64(), "{name}");
            let differences = proof["differences"].as_array().unwrap();
            assert!(differences.iter().all(|difference| difference["kind"] == "added"), "{name}: {differences:?}");
        }
    }
}

#[test]
fn at_a_pace_each_event_goes_out_by_itself() {
    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 17\r\nConnection: close\r\n\r\n{\"status\":\"ok\"}\r\n";
    let (url, bodies) = in_turn(&[OK; 4]);
    let start = Instant::now();
    let ran = send(&url, &["journey", "--pace", "20ms"]);
    assert_eq!((ran.code, ran.stdout.matches("sent ").count()), (Some(0), 5), "{}{}", ran.stdout, ran.stderr);
    assert!(start.elapsed() >= Duration::from_millis(60));
    let sent: Vec<Value> = bodies.try_iter().map(|body| serde_json::from_str(&body).unwrap()).collect();
    let names: Vec<_> = sent.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["view", "add_to_cart", "checkout", "purchase"]);
    assert!(sent.iter().all(|event| event["email"] == sent[0]["email"]), "one customer: {sent:?}");
    assert_eq!(sent[2]["total"], sent[3]["total"]);
    assert!(sent.iter().map(|event| event["timestamp"].as_str().unwrap()).is_sorted());

    // One that is written now does not wait for the next.
    let (url, bodies) = in_turn(&[OK; 2]);
    let mut command = clickscope(&["send", "--url", &url, "-", "--pace", "10ms"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for n in 1..=2 {
        writeln!(input, r#"{{"event":"view","email":"a@example.com","n":{n}}}"#).unwrap();
        let body: Value = serde_json::from_str(&bodies.recv_timeout(PATIENCE).unwrap()).unwrap();
        assert_eq!(body["n"], n);
    }
    drop(input);
    assert_eq!(ended(&mut child).code(), Some(0));

    let ran = send(&url, &["journey", "--pace", "1s", "--batch", "5"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
}

#[test]
fn the_proof_shows_exactly_what_was_done_to_the_event() {
    let rewrites = ["--rewrite", "drop=coupon", "--rewrite", "retype=revenue", "--rewrite", "set=site=\"elsewhere\""];
    let sandbox = Sandbox::start(&rewrites);
    let event = r#"{"event":"purchase","email":"a@example.com","revenue":31.24,"coupon":"BF26","site":"here"}"#;
    let ran = send_input(&sandbox.url, &["--prove", "--json"], event.as_bytes());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let proof = ran.lines().pop().unwrap();
    let changes = proof["differences"].as_array().unwrap().iter().filter(|difference| difference["kind"] != "added");
    let changes: Vec<Value> = changes.cloned().collect();
    let expected = [
        json!({ "path": "/revenue", "kind": "retyped", "sent": 31.24, "received": "31.24" }),
        json!({ "path": "/coupon", "kind": "dropped", "sent": "BF26" }),
        json!({ "path": "/site", "kind": "changed", "sent": "here", "received": "elsewhere" }),
    ];
    assert_eq!(changes, expected);

    let ran = send_input(&sandbox.url, &["--prove"], event.as_bytes());
    let groups = [
        "3 fields changed on the way\n",
        "\n  dropped\n    coupon  \"BF26\"\n",
        "\n  changed\n    site  \"here\" → \"elsewhere\"\n",
        "\n  retyped (digits in quotes stand for a number)\n    revenue  31.24 → \"31.24\"\n",
        "\n  added by the platform\n    _bsft_ts",
    ];
    for group in groups {
        assert!(ran.stdout.contains(group), "{group:?} in {}", ran.stdout);
    }
}

#[test]
fn of_events_of_one_type_in_one_poll_each_is_proved() {
    let sandbox = Sandbox::start(&[]);
    let ran = send_input(&sandbox.url, &["--prove", "--json"], &ndjson(5, 0, b""));
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let proofs = ran.lines().split_off(1);
    assert_eq!(proofs.len(), 5);
    assert!(proofs.iter().all(|proof| proof["proof"] == "seen" && proof["by"] == "marker"), "{proofs:?}");
}

#[test]
fn what_is_not_seen_in_time_ends_with_3_and_what_is_known() {
    let sandbox = Sandbox::start(&["--debug-shape", "empty"]);
    let ran = send(&sandbox.url, &["view", "--prove", "--within", "1s"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("not seen within 1 s\n  ✓ sent\n  ✓ accepted  200 in ")
            && ran.stdout.contains("\n  ✗ shown     not by the debug endpoint, nor by the history\n")
            && ran.stdout.contains("\n  no event of the type came since it was sent"),
        "{}",
        ran.stdout
    );
    let ran = send(&sandbox.url, &["view", "--prove", "--within", "1s", "--json"]);
    let proof = ran.lines().pop().unwrap();
    assert_eq!((ran.code, &proof["proof"]), (Some(3), &json!("missed")));
    assert!(proof["clues"][0].is_string());
    let stages: Vec<_> =
        proof["stages"].as_array().unwrap().iter().map(|stage| [&stage["stage"], &stage["state"]]).collect();
    assert_eq!(stages, [["sent", "done"], ["accepted", "done"], ["shown", "wrong"]], "{proof}");
}

#[test]
fn printed_commands_run_in_a_shell_and_send_what_would_have_been_sent() {
    let sandbox = Sandbox::start(&[]);
    let odd = r#"{"event":"odd","email":"a@example.com","quote":"it's $HOME `x` \\ \"y\"","n":1.10}"#;
    let (_folder, path) = file("odd.json", odd);
    let (_other, many) = file("many.ndjson", ndjson(31, 0, b""));
    let total = || ["odd", "view", "search"].map(|event_type| received(&sandbox, event_type)).iter().sum::<u64>();
    for (what, events) in [(&*path, 1), (&*many, 31), ("view", 1), ("search", 1)] {
        let before = total();
        let mut command = clickscope(&["send", what, "--url", &sandbox.url, "--dry-run"]);
        let ran = Ran::of(command.env_remove("CLICKSCOPE_EVENT_KEY"));
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{what}");
        assert_eq!(total(), before, "{what}: nothing was sent");

        let mut shell = Command::new("sh");
        let Output { status, stdout, stderr } = shell
            .args(["-e", "-c", &ran.stdout])
            .env("CLICKSCOPE_EVENT_KEY", CANARY)
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .unwrap();
        assert!(status.success(), "{what}: {}", text(&stderr));
        assert!(text(&stdout).to_lowercase().contains("ok"), "{what}: {}", text(&stdout));
        assert_eq!(total(), before + events, "{what}");
    }
    let seen = seen(&sandbox).into_iter().find(|line| line["type"] == "odd").unwrap();
    let expected: Value = serde_json::from_str(odd).unwrap();
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&seen["event"][field], value, "{field}");
    }
}

#[test]
fn what_lint_finds_is_told_on_the_side_and_forbids_nothing() {
    let sandbox = Sandbox::start(&[]);
    let faulty =
        r#"{"event":"search","email":"nobody","keywords":"tea","skus":["A-1"],"seen_at":"11/25/2026","note":""}"#;
    let (_folder, path) = file("faulty.json", faulty);
    let ran = send(&sandbox.url, &[&path, "--dry-run"]);
    assert_eq!((ran.code, ran.stderr.lines().count()), (Some(0), 2), "{}", ran.stderr);
    for told in [
        "clickscope: search: error[email-format] /email: not an e-mail address: expected an address such as jane@example.com, found \"nobody\"\n",
        "; write \"2026-11-25\"\n",
    ] {
        assert!(ran.stderr.contains(told), "{told} in {}", ran.stderr);
    }
    assert!(ran.stdout.starts_with("curl ") && !ran.stdout.contains("email-format"), "{}", ran.stdout);
    let ran = send(&sandbox.url, &[&path]);
    let told = "clickscope: lint finds an error in the event: error[email-format] /email: not an e-mail address: expected an address such as jane@example.com, found \"nobody\"\n";
    assert_eq!((ran.code, &*ran.stderr), (Some(0), told));
    assert_eq!(received(&sandbox, "search"), 1);

    let after = format!("{{oops}}\n{{oops}}\n{faulty}\n");
    let ran = send_input(&sandbox.url, &["--dry-run", "--keep-going"], after.as_bytes());
    assert!(ran.stderr.contains("clickscope: event 3, search: error[email-format]"), "{}", ran.stderr);

    let many = (faulty.to_owned() + "\n").repeat(130);
    let ran = send_input(&sandbox.url, &["--dry-run"], many.as_bytes());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("clickscope: event 1, search: error[email-format] /email"), "{}", ran.stderr);
    assert!(ran.stderr.contains("only the first 100 events are linted here"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("clickscope: and 190 more\n"), "{}", ran.stderr);
}

#[test]
fn a_value_is_set_and_placeholders_are_resolved_or_left() {
    let sandbox = Sandbox::start(&[]);
    let draft = "{\"event\":\"view\",\"sku\":\"1\",\"email\":\"{{email}}\",\"n\":{{seq}},\"a\":[1]}\n".repeat(3);
    let assign = ["--set", "a[0]={\"x\":1.10}", "--set", "note=two words", "--set", "who={{env.WHO}}"];
    let mut command = clickscope(&[&["send", "-", "--url", &sandbox.url], &assign[..]].concat());
    let mut child = command.env("WHO", "me").stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(draft.as_bytes()).unwrap();
    let ran = Ran::ended(child.wait_with_output().unwrap());
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
    let event = &seen(&sandbox)[0]["event"];
    assert_eq!(event["n"], 3);
    assert_eq!((&event["note"], &event["who"]), (&json!("two words"), &json!("me")));
    assert_eq!(event["a"].to_string(), r#"[{"x":1.10}]"#);
    let email = event["email"].as_str().unwrap();
    assert!(email.starts_with("clickscope+") && email.ends_with("@example.com"), "{email}");

    let ran = send_input(&sandbox.url, &["--no-placeholders"], br#"{"event":"view","note":"{{first_name}}"}"#);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(seen(&sandbox)[0]["event"]["note"], "{{first_name}}");

    let bulk = br#"{"events":[{"event":"view","sku":"1","email":"a@example.com"},{"event":"view","sku":"1","email":"b@example.com"}]}"#;
    let ran = send_input(&sandbox.url, &["--set", "coupon=BF26", "--set", "lines[0].qty=2"], bulk);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "each event of a bulk payload is set");
    let event = &seen(&sandbox)[0]["event"];
    let told = [&event["email"], &event["coupon"], &event["lines"]];
    assert_eq!(told, [&json!("b@example.com"), &json!("BF26"), &json!([{ "qty": 2 }])]);

    // A key is not to be had by a draft.
    let ran = send_input(&sandbox.url, &[], br#"{"event":"view","k":"{{env.CLICKSCOPE_EVENT_KEY}}"}"#);
    assert!(ran.code == Some(2) && ran.stderr.contains("standard input:1:22: "), "{}", ran.stderr);
}

#[test]
fn a_header_stands_in_a_printed_command_as_a_variable() {
    let ran = send("http://127.0.0.1:9", &["view", "--dry-run", "--header", "X-Gateway: s3cr3t"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("-H 'x-gateway: '\"$X_GATEWAY\" ") && !ran.stdout.contains("s3cr3t"), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_sent_is_refused_with_the_rule_and_nothing_is_sent() {
    let (url, requests) = always("HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let large = format!(r#"{{"event":"view","x":"{}"}}"#, "y".repeat(1 << 20));
    let long_name = format!(r#"{{"event":"{}"}}"#, "n".repeat(65));
    let cases: &[(&[u8], &str)] = &[
        (b"", "standard input: there is nothing to send"),
        (b"[]", "standard input:1: the array is empty"),
        (br#"{"event":"view",}"#, "standard input:1:16: not JSON: "),
        (b"[\n{\"event\":\"view\"},\n oops]", "standard input:3:2: not JSON: "),
        (b"7", "an event is a JSON object, but this is a number"),
        (br#"[{"event":"view"},[]]"#, "at [1]: an event is a JSON object"),
        (br#"{"email":"a@example.com"}"#, "there is no event name"),
        (br#"{"event":"page load"}"#, "the event name contains white space"),
        (br#"{"event":7}"#, "the event name is"),
        (long_name.as_bytes(), "at most 64 are allowed"),
        (large.as_bytes(), "at most 1 MB"),
        (b"{\n\"event\": \"caf\xe9\"}", "standard input:2: this line is not text (not UTF-8)"),
        (br#"{"event":"view","x":"{{yesterday}}"}"#, "standard input:1:22: `{{yesterday}}` is not a placeholder"),
        (br#"{"event":"view","x":"{{env.NOT_SET}}"}"#, "NOT_SET"),
    ];
    for (input, part) in cases {
        let ran = send_input(&url, &[], input);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(part), "{part:?} in {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    let arguments: &[(&[&str], &str)] = &[
        (&["purchse"], "no template \"purchse\"; did you mean purchase? `clickscope templates` lists them"),
        (&["./purchase"], "there is no file ./purchase; "),
        (&["purchase.jsn"], "there is no file purchase.jsn; "),
        (&["/"], "clickscope: / is a folder, not a file\n"),
        (&["bulk", "--skip", "3"], "--skip 3 leaves nothing of the 3 events"),
        (&["view", "--set", "email"], "there is no `=`"),
        (&["view", "--set", "email.x=1"], "--set: email.x cannot be set: email is a"),
        (&["view", "--within", "1s"], "--prove"),
        (&["view", "--batch", "101"], "--batch"),
        (&["view", "--rate", "0"], "use a whole number of at least 1, or `off`"),
    ];
    for (arguments, part) in arguments {
        let ran = send(&url, arguments);
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(part), "{part:?} in {}", ran.stderr);
    }
    let ran = send_input(&url, &["--prove"], &ndjson(101, 0, b""));
    assert!(ran.code == Some(2) && ran.stderr.contains("more than 100 events"), "{}", ran.stderr);
    assert_eq!(requests.load(Ordering::SeqCst), 0);
}

#[test]
fn a_broken_line_is_told_before_anything_of_a_file_is_sent_and_of_a_pipe_how_to_go_on() {
    let sandbox = Sandbox::start(&[]);
    for (instead, part) in [
        (&br#"{"event":"view","email"}"#[..], ":7031:24: not JSON: "),
        (b"{\"event\":\"caf\xe9\"}", ":7031: this line is not text (not UTF-8)"),
        (br#"{"email":"a@example.com"}"#, ":7031: there is no event name"),
        (b"[7]", ":7031: at [0]: an event is a JSON object, but this is a number"),
    ] {
        let before = received(&sandbox, "view");
        let (_folder, path) = file("events.ndjson", ndjson(7_100, 7_031, instead));
        let ran = send(&sandbox.url, &[&path, "--rate", "off"]);
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""));
        assert!(ran.stderr.starts_with(&format!("clickscope: events.ndjson{part}")), "{part:?} in {}", ran.stderr);
        assert_eq!(received(&sandbox, "view"), before, "a file is read to its end first");

        let ran = send_input(&sandbox.url, &["--rate", "off"], &ndjson(7_100, 7_031, instead));
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(&format!("clickscope: standard input{part}")), "{part:?} in {}", ran.stderr);
        assert!(ran.stderr.starts_with("clickscope: this input goes out while it is read: "), "{}", ran.stderr);
        let told = "clickscope: 7,030 events went out; to resume, fix line 7031 and add --skip 7030, or add --skip 7030 --keep-going\n";
        assert!(ran.stderr.ends_with(told), "{}", ran.stderr);
        assert_eq!(received(&sandbox, "view"), before + 7_030);

        let ran = send(&sandbox.url, &[&path, "--rate", "off", "--skip", "7031"]);
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
        assert_eq!(received(&sandbox, "view"), before + 7_099);

        let ran = send(&sandbox.url, &[&path, "--rate", "off", "--keep-going"]);
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert!(ran.stderr.contains(part) && ran.stderr.ends_with("0 events refused, 1 line left out\n"));
        assert_eq!(received(&sandbox, "view"), before + 2 * 7_099);
    }
}

#[test]
fn an_event_that_the_server_refuses_ends_with_1_and_names_the_field() {
    let refusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 54\r\nConnection: close\r\n\r\n\
                   {\"errors\":[{\"customer_id\":\"can't be \\u001b[2Jblank\"}]}";
    let (url, requests) = always(refusal);
    let ran = send(&url, &["purchase"]);
    assert_eq!((ran.code, &*ran.stdout), (Some(1), ""));
    assert!(ran.stderr.starts_with("clickscope: the server refused purchase with 400: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("customer_id") && ran.stderr.contains("can't be [2Jblank"), "{}", ran.stderr);
    assert_eq!(requests.load(Ordering::SeqCst), 1);

    let ran = send(&url, &["purchase", "--json"]);
    let line = &ran.lines()[0];
    assert_eq!((ran.code, &line["sent"], &line["status"]), (Some(1), &json!(0), &json!(400)));
    assert_eq!(line["fields"]["customer_id"], "can't be [2Jblank");

    let ran = send_input(&url, &["--keep-going", "--batch", "1", "--rate", "off"], &ndjson(3, 0, b""));
    assert!(ran.code == Some(1) && ran.stderr.ends_with("3 events refused, 0 lines left out\n"), "{}", ran.stderr);
    assert_eq!(requests.load(Ordering::SeqCst), 5);

    // Of many that end alike, a person needs to see a few; a program gets them all.
    let many = ["--keep-going", "--batch", "1", "--rate", "off", "--json"];
    let ran = send_input(&url, &many, &ndjson(30, 17, b"oops"));
    assert_eq!((ran.code, ran.lines().len(), ran.stderr.lines().count()), (Some(1), 29, 12), "{}", ran.stderr);
    let end = "clickscope: and 20 more\nclickscope: not everything went out: 29 events refused, 1 line left out\n";
    assert!(ran.stderr.ends_with(end), "{}", ran.stderr);
}

#[test]
fn a_key_that_is_refused_or_missing_says_what_to_set() {
    let (url, requests) = always("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    for arguments in [&["view"][..], &["view", "--prove"], &["bulk", "--keep-going"]] {
        let ran = send(&url, arguments);
        assert_eq!(ran.code, Some(4), "{}", ran.stderr);
        assert!(ran.stderr.contains("CLICKSCOPE_EVENT_KEY"), "{}", ran.stderr);
    }
    assert_eq!(requests.load(Ordering::SeqCst), 3);
    let ran = send(&url, &["view", "--json"]);
    let line = &ran.lines()[0];
    assert_eq!((&line["sent"], &line["status"]), (&json!(0), &json!(401)));
    assert!(line["advice"].as_str().unwrap().contains("check that the key"), "{line}");
    let ran = Ran::of(clickscope(&["send", "view", "--url", &url]).env_remove("CLICKSCOPE_EVENT_KEY"));
    assert!(ran.code == Some(4) && ran.stderr.contains("set CLICKSCOPE_EVENT_KEY to"), "{}", ran.stderr);
}

#[test]
fn trouble_of_the_debug_endpoint_says_what_was_sent() {
    let sandbox = Sandbox::start(&["--fault", "status=401@watch"]);
    let ran = send(&sandbox.url, &["view", "--prove"]);
    assert_eq!((ran.code, &*ran.stdout), (Some(4), ""));
    assert!(ran.stderr.contains("answered 401") && ran.stderr.contains("; nothing was sent - "), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);

    let url = watched_until_something_is_sent();
    let ran = send(&url, &["view", "--prove"]);
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("clickscope: 1 event went out, 0 of them seen so far\n"), "{}", ran.stderr);
}

/// A server whose debug endpoint refuses the key from the first event on.
fn watched_until_something_is_sent() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut sent = false;
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let is_event = lines.next().is_some_and(|line| line.is_ok_and(|line| line.starts_with("POST ")));
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let answer = match (is_event, sent) {
                (false, true) => "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                _ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
            };
            sent |= is_event;
            // The client may be gone.
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    url
}

#[test]
fn a_429_is_tried_again_and_the_attempts_are_told() {
    let (url, bodies) = in_turn(&[
        "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"status\":\"OK\"}",
    ]);
    let ran = send(&url, &["view", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let line = &ran.lines()[0];
    assert_eq!((&line["sent"], &line["status"], &line["attempts"]), (&json!(1), &json!(200), &json!(2)));
    assert!(ran.stderr.contains("429") && ran.stderr.contains("(attempt 1 of "), "{}", ran.stderr);
    assert_eq!(bodies.recv_timeout(PATIENCE).unwrap(), bodies.recv_timeout(PATIENCE).unwrap());
}

#[test]
fn only_an_attempt_that_nobody_answered_may_have_brought_the_event_too() {
    let cases = [
        ("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false),
        ("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", true),
    ];
    for (first, perhaps) in cases {
        let taken = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"status\":\"OK\"}";
        let (url, _bodies) = in_turn(Box::leak(Box::new([first, taken])));
        let ran = send(&url, &["view"]);
        assert!(ran.stdout.contains("at attempt 2"), "{}", ran.stdout);
        assert_eq!(ran.stdout.contains("may have delivered it too"), perhaps, "{}", ran.stdout);
        assert_eq!(ran.stderr.contains("may have arrived"), perhaps && ran.stderr.contains(" - "), "{}", ran.stderr);
    }
}

/// What is said on standard error, up to the line that has `part` in it.
fn told_until(stderr: &mut impl BufRead, part: &str) -> String {
    let mut told = String::new();
    while !told.contains(part) {
        assert!(stderr.read_line(&mut told).unwrap() > 0, "{told}");
    }
    told
}

#[test]
fn a_signal_while_the_next_attempt_is_waited_for_ends_it_and_says_what_was_not_sent() {
    for (asked, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let (url, bodies) = in_turn(&[
            "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 400\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ]);
        let mut child = clickscope(&["send", "view", "--json", "--url", &url]).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        told_until(&mut stderr, "(attempt 1 of 5; trying again in 6 min 40 s)");
        signal(&child, asked);
        assert_eq!(ended(&mut child).code(), Some(code));
        let mut told = String::new();
        stderr.read_to_string(&mut told).unwrap();
        assert!(told.contains("not sent once more: ") && told.contains("1 event did not go out"), "{told}");
        assert!(!told.contains("may have arrived"), "{told}");
        let printed = text(&child.wait_with_output().unwrap().stdout);
        let line: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!((&line["sent"], &line["attempts"]), (&json!(0), &json!(1)));
        assert_eq!(bodies.try_iter().count(), 1);
    }
}

#[test]
fn a_signal_while_a_call_hangs_ends_it_within_a_second_and_says_that_it_may_have_arrived() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut child = clickscope(&["send", "view", "--url", &url]).spawn().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    assert!(stream.read(&mut [0; 64]).unwrap() > 0);
    signal(&child, Signal::TERM);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    told_until(&mut stderr, "stopping after the call in flight");
    let asked = Instant::now();
    assert_eq!(ended(&mut child).code(), Some(143));
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    let mut told = String::new();
    stderr.read_to_string(&mut told).unwrap();
    assert!(told.contains("may have arrived"), "{told}");
}

#[test]
fn a_call_that_fails_after_a_signal_is_not_made_again() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut child = clickscope(&["send", "view", "--url", &url]).spawn().unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    assert!(stream.read(&mut [0; 64]).unwrap() > 0);
    signal(&child, Signal::INT);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    told_until(&mut stderr, "stopping after the call in flight");
    stream.write_all(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(ended(&mut child).code(), Some(130));
    let mut told = String::new();
    stderr.read_to_string(&mut told).unwrap();
    assert!(told.contains("429") && told.contains("1 event did not go out"), "{told}");
}

#[test]
fn an_interrupt_ends_it_after_the_call_in_flight_and_says_how_to_go_on() {
    let sandbox = Sandbox::start(&[]);
    let (_folder, path) = file("events.ndjson", ndjson(20_000, 0, b""));
    let mut command = clickscope(&["send", &path, "--url", &sandbox.url, "--json", "--batch", "1"]);
    let mut child = command.spawn().unwrap();
    let lines = lines_of(child.stdout.take().unwrap());
    lines.recv_timeout(PATIENCE).unwrap();
    signal(&child, Signal::INT);
    assert_eq!(ended(&mut child).code(), Some(130));
    let sent = 1 + lines.iter().count();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    let went_out = if sent == 1 { "1 event".to_owned() } else { format!("{sent} events") };
    let told = format!("clickscope: {went_out} went out; to resume with the rest, add --skip {sent}\n");
    assert!(stderr.ends_with(&told), "{stderr}");
    assert_eq!(received(&sandbox, "view"), sent as u64);
}

#[test]
fn a_profile_guards_what_is_sent() {
    let sandbox = Sandbox::start(&[]);
    let here = &sandbox.url;
    let profiles = format!(
        "[profiles.live]\nurl = \"{here}\"\nenvironment = \"production\"\n\
         [profiles.looking]\nurl = \"{here}\"\nread_only = true\n\
         [profiles.testing]\nurl = \"{here}\"\ntest_identities = [\"qa@shop.example\"]\n"
    );
    let folder = settings(&profiles);
    let run = |profile: &str, arguments: &[&str]| {
        let mut command = clickscope(&[&["send", "purchase", "--profile", profile], arguments].concat());
        Ran::of(command.env("XDG_CONFIG_HOME", folder.path()))
    };
    let refused: &[(&str, &[&str], &[&str])] = &[
        ("live", &[], &["purchase", "usually trigger messages", "is production", "--production"]),
        ("looking", &[], &["sending is off: read_only is set in profile looking (", "config.toml:6)"]),
        ("looking", &["--production"], &["sending is off"]),
        ("testing", &["--set", "email=jane@shop.example"], &["jane@shop.example is not among", "(qa@shop.example)"]),
        ("testing", &["--set", "email=", "--set", "customer_id=7"], &["no email, only customer_id"]),
    ];
    for (profile, arguments, parts) in refused {
        let ran = run(profile, arguments);
        assert_eq!((ran.code, &*ran.stdout), (Some(2), ""), "{profile}: {}", ran.stderr);
        for part in *parts {
            assert!(ran.stderr.contains(part), "{profile}: {part:?} in {}", ran.stderr);
        }
    }
    assert_eq!(received(&sandbox, "purchase"), 0);
    let ran = run("live", &["--production"]);
    assert!(ran.code == Some(0) && ran.stderr.contains("usually trigger messages"), "{}", ran.stderr);
    let ran = run("testing", &[]);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
    let email = &seen(&sandbox)[0]["event"]["email"];
    assert!(email.as_str().unwrap().starts_with("qa+"), "{email}");
}

#[test]
fn what_is_sent_is_signed_with_the_key_that_the_profile_names_and_the_key_is_never_shown() {
    let sandbox = Sandbox::start(&["--require-signature", "purchase"]);
    let profile = format!(
        "[profiles.near]\nurl = \"{}\"\nverification_key = \"NEAR_VERIFICATION_KEY\"\nverification_hash = \"md5\"\n\
         signed = [\"purchase\"]\n",
        sandbox.url
    );
    let folder = settings(&profile);
    let run = |arguments: &[&str], key: Option<&str>| {
        let mut command = clickscope(&[&["--profile", "near"], arguments].concat());
        let command = command.env("XDG_CONFIG_HOME", folder.path());
        Ran::of(match key {
            Some(key) => command.env("NEAR_VERIFICATION_KEY", key),
            None => command.env_remove("NEAR_VERIFICATION_KEY"),
        })
    };
    let unsigned = run(&["send", "purchase"], None);
    assert!(unsigned.stderr.contains("NEAR_VERIFICATION_KEY is not set, so no event is signed"), "{}", unsigned.stderr);
    assert!(unsigned.stderr.contains("signature-missing"), "{}", unsigned.stderr);
    assert_eq!((unsigned.code, received(&sandbox, "purchase")), (Some(0), 0), "ignored after the 200");
    let signed = run(&["send", "purchase"], Some(CANARY));
    assert_eq!((signed.code, &*signed.stderr), (Some(0), ""));
    let event = seen(&sandbox).remove(0)["event"].clone();
    assert_eq!(event["verification_key"], event["email"], "{event}");
    assert_eq!(event["event_signature"].as_str().map(str::len), Some(32), "{event}");
    let printed = run(&["send", "purchase", "--dry-run"], Some(CANARY));
    assert!(printed.stdout.contains("event_signature"), "{}", printed.stdout);
    let (_folder, path) =
        file("wrong.json", event.to_string().replace("\"event_signature\":\"", "\"event_signature\":\"0"));
    let linted = run(&["lint", &path, "--received"], Some(CANARY));
    assert!(linted.stdout.contains("signature-format"), "{}", linted.stdout);
}

#[test]
fn own_templates_are_listed_printed_and_sent() {
    let sandbox = Sandbox::start(&[]);
    let folder = settings("");
    let templates = folder.path().join("clickscope/templates");
    fs::create_dir(&templates).unwrap();
    fs::write(templates.join("vip.json"), "{\"event\": \"vip\", \"email\": \"{{email}}\"}\n").unwrap();
    fs::write(templates.join("view.json"), "{\"event\": \"view\", \"mine\": true}").unwrap();
    fs::write(templates.join("broken.json"), b"\xff").unwrap();
    let run = |arguments: &[&str]| Ran::of(clickscope(arguments).env("XDG_CONFIG_HOME", folder.path()));

    let ran = run(&["templates"]);
    assert_eq!(ran.code, Some(0));
    assert!(
        ran.stdout.lines().any(|line| line.starts_with("vip ") && line.ends_with("own template")),
        "{}",
        ran.stdout
    );
    assert!(ran.stderr.contains("broken.json is left out: line 1 is not text"), "{}", ran.stderr);
    let own: Vec<Value> =
        run(&["templates", "--json"]).lines().into_iter().filter(|line| line["own"] == true).collect();
    assert_eq!(own.iter().map(|line| line["name"].as_str().unwrap()).collect::<Vec<_>>(), ["view", "vip"]);
    assert_eq!(run(&["templates", "vip"]).stdout, "{\"event\": \"vip\", \"email\": \"{{email}}\"}\n");
    let ran = run(&["templates", "nothing"]);
    assert!(
        ran.code == Some(2) && ran.stderr.contains("no template \"nothing\"; `clickscope templates`"),
        "{}",
        ran.stderr
    );

    assert_eq!(run(&["send", "view", "--url", &sandbox.url]).code, Some(0));
    assert_eq!(seen(&sandbox)[0]["event"]["mine"], true);
}

#[test]
fn a_strict_proof_fails_where_a_field_came_otherwise_that_may_not() {
    let sandbox = Sandbox::start(&["--rewrite", "retype=price", "--rewrite", "drop=coupon"]);
    let event = br#"{"event":"view","email":"a@example.com","sku":"A-1","price":25,"coupon":"BF26"}"#;
    for (arguments, code, told) in [
        (&["--prove"][..], 0, ""),
        (
            &["--prove", "--strict"],
            1,
            "clickscope: not as it was sent: coupon, price; --allow PATH lets a field come otherwise\n",
        ),
        (
            &["--prove", "--strict", "--allow", "coupon"],
            1,
            "clickscope: not as it was sent: price; --allow PATH lets a field come otherwise\n",
        ),
        (&["--prove", "--strict", "--allow", "coupon", "--allow", "price"], 0, ""),
    ] {
        let ran = send_input(&sandbox.url, arguments, event);
        assert_eq!((ran.code, &*ran.stderr), (Some(code), told), "{arguments:?}: {ran:?}");
    }
    let ran = send_input(&sandbox.url, &["--strict"], event);
    assert!(ran.code == Some(2) && ran.stderr.contains("--prove"), "{ran:?}");
}

#[test]
fn an_event_without_an_identifier_is_proved_to_be_dropped() {
    let sandbox = Sandbox::start(&[]);
    let ran = send_input(&sandbox.url, &["--prove"], br#"{"event":"view","sku":"a \ud83d"}"#);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains(" · as sent · but dropped in processing, "), "{ran:?}");
    assert!(ran.stderr.contains("seen, and dropped in processing for want of an identifier: 1 event"), "{ran:?}");
    let ran = send_input(&sandbox.url, &["--prove", "--json"], br#"{"event":"view","sku":"a"}"#);
    assert_eq!(ran.lines().pop().unwrap()["dropped_in_processing"], true);
}
