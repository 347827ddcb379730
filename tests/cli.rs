//! The built program as a person or a script meets it: what it prints where, and how it ends.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "cli/backfill.rs"]
mod backfill;
#[path = "cli/completions.rs"]
mod completions;
#[path = "cli/config.rs"]
mod config;
#[path = "cli/docs.rs"]
mod docs;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/expect.rs"]
mod expect;
#[path = "cli/forwarding.rs"]
mod forwarding;
#[path = "cli/https.rs"]
mod https;
#[path = "cli/inputs.rs"]
mod inputs;
#[path = "cli/lint.rs"]
mod lint;
#[path = "cli/masking.rs"]
mod masking;
#[path = "cli/plan.rs"]
mod plan;
#[path = "cli/query.rs"]
mod query;
#[path = "cli/recording.rs"]
mod recording;
#[path = "cli/replay.rs"]
mod replay;
#[path = "cli/report.rs"]
mod report;
#[path = "cli/scenario.rs"]
mod scenario;
#[path = "cli/sending.rs"]
mod sending;
#[path = "cli/streaming.rs"]
mod streaming;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};

const CANARY: &str = "canary-9d1c40aa7b";
/// Longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program with nothing of this machine's settings in it.
fn clickscope(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clickscope"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CLICKSCOPE_")
            || name.starts_with("GITHUB_")
            || name.to_ascii_lowercase().ends_with("_proxy")
        {
            command.env_remove(name);
        }
    }
    // No home, and so no config file and no templates, but those of a test that has them.
    command.env("HOME", "/nonexistent").env_remove("XDG_CONFIG_HOME").env_remove("XDG_STATE_HOME");
    command.env("CLICKSCOPE_EVENT_KEY", CANARY);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Waits for the program to end, and ends it when it does not.
fn ended(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it did not end");
        }
        std::thread::yield_now();
    }
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// A running `clickscope sandbox`.
struct Sandbox {
    child: Child,
    url: String,
}

impl Sandbox {
    fn start(arguments: &[&str]) -> Self {
        let mut child = clickscope(&[&["sandbox", "--listen", "127.0.0.1:0"], arguments].concat()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, url: line.trim_end().to_owned() }
    }

    fn send(&self, event: &str) {
        let answer = self.post("/api/v1/event", event);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// The answer to a body, sent with the key `any`.
    fn post(&self, path: &str, event: &str) -> String {
        let addr: SocketAddr = self.url.strip_prefix("http://").unwrap().parse().unwrap();
        let mut stream = std::net::TcpStream::connect(addr).unwrap();
        let length = event.len();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {addr}\r\nAuthorization: Basic YW55Og==\r\nContent-Length: {length}\r\n\
             Content-Type: application/json\r\nConnection: close\r\n\r\n{event}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It may have ended already, as the test wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A server that answers every request with the same bytes, and counts them.
fn always(answer: impl Into<String>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let answer = answer.into();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            counter.fetch_add(1, Ordering::SeqCst);
            // The client may be gone.
            drop(stream.write_all(answer.as_bytes()));
        }
    });
    (url, requests)
}

fn nobody_listens() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn lines_of(stdout: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines() {
            if sender.send(line.unwrap()).is_err() {
                return;
            }
        }
    });
    receiver
}

#[test]
fn without_a_key_and_somebody_to_ask_it_ends_with_4_and_names_what_to_set() {
    for arguments in [&["watch", "--json"][..], &["watch", "--once"]] {
        let Output { status, stdout, stderr } = clickscope(arguments).env("CLICKSCOPE_EVENT_KEY", "").output().unwrap();
        assert_eq!(status.code(), Some(4), "{}", text(&stderr));
        assert!(stdout.is_empty() && text(&stderr).contains("set CLICKSCOPE_EVENT_KEY to"), "{}", text(&stderr));
    }
}

#[test]
fn what_cannot_be_used_ends_with_2_and_names_the_option_or_the_variable() {
    /// Arguments, environment, and what the message must say.
    type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (&["--region", "asia"], &[], &["--region", "us, eu"]),
        (&["--interval", "5", "watch"], &[], &["--interval", "500ms"]),
        (&["watch", "--interval", "1h"], &[], &["--interval", "250ms to 10min"]),
        (&["watch", "--json", "--url", "localhost:8787"], &[], &["--url", "http://"]),
        (&["watch", "--json", "--url", "https://s3cr3t@example.com"], &[], &["--url", "CLICKSCOPE_EVENT_KEY"]),
        (&["watch", "--json", "--url", "https://example.com/?api_key=s3cr3t"], &[], &["--url", "CLICKSCOPE_EVENT_KEY"]),
        (&["--region", "us", "watch", "--url", "http://127.0.0.1:1"], &[], &["--region and --url", "keep one"]),
        (&["watch", "--json"], &[("CLICKSCOPE_REGION", "asia")], &["CLICKSCOPE_REGION", "eu"]),
        (&["watch", "--json"], &[("CLICKSCOPE_URL", "example.com")], &["CLICKSCOPE_URL", "https://"]),
        (&["watch", "--json"], &[("CLICKSCOPE_INTERVAL", "often")], &["CLICKSCOPE_INTERVAL", "500ms"]),
        (&["watch", "--json"], &[("CLICKSCOPE_LOG", "loud")], &["CLICKSCOPE_LOG", "debug"]),
        (
            &["watch", "--json"],
            &[("CLICKSCOPE_EVENT_KEY", "<EVENT_API_KEY>")],
            &["CLICKSCOPE_EVENT_KEY", "placeholder"],
        ),
        (
            &["watch", "--json"],
            &[("CLICKSCOPE_USER_KEY", "s3cr3t\u{7}")],
            &["CLICKSCOPE_USER_KEY", "control character"],
        ),
        (&["watch", "--from", "/nonexistent"], &[], &["cannot be opened"]),
        (&["watch", "--no-rules"], &[], &["--from"]),
        (&["demo"], &[], &["not a terminal"]),
        (&["sandbox", "--listen", "nowhere"], &[], &["--listen"]),
        (&["sandbox", "--fault", "gremlins"], &[], &["--fault", "truncate"]),
        (&["sandbox", "--debug-shape", "round"], &[], &["--debug-shape", "keyed"]),
        (&["wacth"], &[], &["watch"]),
        (&["watch", "--json", "--header", "s3cr3t"], &[], &["--header", "before a colon"]),
        (&["send", "view", "--header", "Authorization: s3cr3t"], &[], &["--header", "set by clickscope itself"]),
    ];
    for (arguments, environment, parts) in cases {
        let mut command = clickscope(arguments);
        command.envs(environment.iter().copied());
        let Output { status, stdout, stderr } = command.output().unwrap();
        let stderr = text(&stderr);
        assert_eq!(status.code(), Some(2), "{arguments:?} {environment:?}: {stderr}");
        assert!(stdout.is_empty(), "{arguments:?}");
        for part in *parts {
            assert!(stderr.contains(part), "{part:?} in {stderr}");
        }
        assert!(!stderr.contains("s3cr3t") && !stderr.contains(CANARY), "{stderr}");
    }
}

/// A folder for `XDG_CONFIG_HOME` with this config file in it.
fn settings(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("clickscope")).unwrap();
    std::fs::write(folder.path().join("clickscope/config.toml"), config).unwrap();
    folder
}

#[test]
fn a_profile_says_what_to_watch_and_where_its_key_is() {
    let sandbox = Sandbox::start(&[]);
    sandbox.send(r#"{"event":"view","cookie":"c"}"#);
    let here = &sandbox.url;
    let file = settings(&format!("profile = \"here\"\n[profiles.here]\nurl = \"{here}\"\nevent_key = \"HERE_KEY\"\n"));
    let run = |arguments: &[&str], key: Option<&str>| {
        let mut command = clickscope(&[&["watch", "--once", "--json"], arguments].concat());
        command.env("XDG_CONFIG_HOME", file.path()).envs(key.map(|key| ("HERE_KEY", key)));
        let Output { status, stdout, stderr } = command.output().unwrap();
        (status.code(), text(&stdout), text(&stderr))
    };
    let (code, stdout, stderr) = run(&[], Some("any"));
    assert_eq!((code, &*stderr), (Some(0), ""));
    assert!(stdout.contains(r#""type":"view""#), "{stdout}");

    // The key of another account is no substitute.
    let (code, _, stderr) = run(&[], None);
    assert!(code == Some(4) && stderr.contains("set HERE_KEY to"), "{stderr}");
    let (code, _, stderr) = run(&["--profile", "there"], Some("any"));
    assert!(code == Some(2) && stderr.contains("--profile: no profile \"there\": there are here"), "{stderr}");
}

#[test]
fn a_broken_config_file_ends_with_2_and_names_the_line_and_what_is_allowed() {
    let file = settings("[profiles.staging]\nregion = \"us\"\n\n\n\n\nregoin = \"eu\"\n");
    let path = file.path().join("clickscope/config.toml");
    let Output { status, stdout, stderr } =
        clickscope(&["watch", "--json"]).env("XDG_CONFIG_HOME", file.path()).output().unwrap();
    assert_eq!(status.code(), Some(2));
    assert!(stdout.is_empty());
    let told = format!(
        "clickscope: {}:7: unknown field \"regoin\" in profile staging: use one of region, url, environment, ",
        path.display()
    );
    assert!(text(&stderr).starts_with(&told), "{}", text(&stderr));
}

#[test]
fn help_version_completions_and_the_manual_go_to_standard_output() {
    let cases: &[(&[&str], &str)] = &[
        (&["--help"], "CLICKSCOPE_EVENT_KEY"),
        (&["--version"], env!("CARGO_PKG_VERSION")),
        (&["watch", "--help"], "latency_ms"),
        (&["demo", "--help"], "clickscope demo"),
        (&["sandbox", "--help"], "status=429:0.2"),
        (&["completions", "--help"], "source <("),
        (&["man", "--help"], "man1"),
        (&["completions", "bash"], "_CLICKSCOPE_COMPLETE"),
        (&["man"], ".TH"),
    ];
    for (arguments, part) in cases {
        let Output { status, stdout, stderr } = clickscope(arguments).output().unwrap();
        assert_eq!(status.code(), Some(0), "{arguments:?}");
        assert!(text(&stdout).contains(part), "{arguments:?}");
        assert!(stderr.is_empty(), "{arguments:?}");
    }
    for (command, has) in [("send", true), ("sandbox", false), ("explain", false)] {
        let help = text(&clickscope(&[command, "--help"]).output().unwrap().stdout);
        assert_eq!(help.contains("--region"), has, "{help}");
    }
}

#[test]
fn once_prints_a_line_for_each_type_with_the_event_as_it_came() {
    let sandbox = Sandbox::start(&[]);
    sandbox.send(r#"{"event":"view","email":"jane.doe@example.com","n":12345678901234567890}"#);
    sandbox.send(r#"{"event":"purchase","email":"jane.doe@example.com","revenue":1.10}"#);
    let run = |json: &[&str], user_key: Option<&str>| {
        let mut command = clickscope(&[&["watch", "--once", "--url", &sandbox.url], json].concat());
        command.envs(user_key.map(|key| ("CLICKSCOPE_USER_KEY", key)));
        let Output { status, stdout, stderr } = command.output().unwrap();
        assert_eq!((status.code(), text(&stderr)), (Some(0), String::new()));
        text(&stdout)
    };

    let printed = run(&["--json"], None);
    let lines: Vec<serde_json::Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut names: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["purchase", "view"]);
    for line in &lines {
        let fields: Vec<&String> = line.as_object().unwrap().keys().collect();
        assert_eq!(
            fields,
            [
                "record",
                "type",
                "change",
                "event",
                "received",
                "captured",
                "arrived",
                "coverage",
                "observed_at",
                "latency_ms",
                "findings"
            ]
        );
        assert!(line["findings"].is_array());
        assert_eq!((&line["change"], &line["captured"]), (&"new".into(), &1.into()));
        assert!(line["received"].is_null());
        assert!(line["latency_ms"].is_number());
    }
    assert!(printed.contains(r#""n":12345678901234567890,"#) && printed.contains(r#""revenue":1.10,"#), "{printed}");

    let counted = run(&["--json"], Some("the-user-key"));
    for line in counted.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!((&line["change"], &line["received"]), (&"new".into(), &1.into()), "{line}");
    }

    let table = run(&[], None);
    assert_eq!(table.lines().next().unwrap(), "TYPE      RECEIVED  CAPTURED  LAST EVENT            FINDINGS");
    assert_eq!(table.lines().count(), 3);
}

#[test]
fn what_is_wrong_with_events_is_printed_as_the_config_file_and_the_plan_say() {
    let sandbox = Sandbox::start(&[]);
    sandbox
        .send(r#"{"event":"plan_chosen","email":"jane.doe@example.com","billing_date":"2014-14-11T17:27:20+00:00"}"#);
    let folder = settings("[lint]\nplan-event = \"error\"\n[lint.plan_chosen]\ndate-impossible = \"warning\"\n");
    let plan = folder.path().join("plan");
    std::fs::create_dir(&plan).unwrap();
    std::fs::write(plan.join("purchase.json"), r#"{"properties":{"event":{"const":"purchase"}}}"#).unwrap();
    std::fs::write(plan.join("broken.json"), "{").unwrap();
    let run = |arguments: &[&str]| {
        let mut command = clickscope(&[&["watch", "--once", "--url", &sandbox.url], arguments].concat());
        command.env("XDG_CONFIG_HOME", folder.path());
        let Output { status, stdout, stderr } = command.output().unwrap();
        assert_eq!(status.code(), Some(0), "what is found does not change how it ends");
        (text(&stdout), text(&stderr))
    };

    let (printed, told) = run(&["--json"]);
    assert_eq!(told, "");
    let line: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let finding = &line["findings"][0];
    let fields: Vec<&String> = finding.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["rule", "severity", "path", "expected", "found", "fix"]);
    assert_eq!(
        (&finding["rule"], &finding["severity"], &finding["path"]),
        (&"date-impossible".into(), &"warning".into(), &"/billing_date".into())
    );

    let (table, told) = run(&["--plan", plan.to_str().unwrap()]);
    assert!(table.lines().nth(1).unwrap().ends_with("Z  ✗ 2"), "{table}");
    assert!(told.starts_with("clickscope: plan: ") && told.contains("broken.json"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn an_account_without_events_is_no_trouble() {
    let sandbox = Sandbox::start(&["--debug-shape", "empty"]);
    let Output { status, stdout, stderr } =
        clickscope(&["watch", "--once", "--json", "--url", &sandbox.url]).output().unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(stdout.is_empty());
    assert_eq!(text(&stderr), "clickscope: the endpoint knows no events yet\n");
}

#[test]
fn following_prints_a_line_for_each_change_and_ends_quietly_when_nobody_reads() {
    let sandbox = Sandbox::start(&[]);
    let mut child = clickscope(&["watch", "--json", "--interval", "250ms", "--url", &sandbox.url]).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut next = || {
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        (line["type"].to_string(), line["change"].to_string(), line["event"]["n"].to_string())
    };
    let is = |name: &str, change: &str, n: &str| (format!("{name:?}"), format!("{change:?}"), n.to_owned());
    sandbox.send(r#"{"event":"view","cookie":"c","n":1}"#);
    assert_eq!(next(), is("view", "new", "1"));
    sandbox.send(r#"{"event":"view","cookie":"c","n":2}"#);
    assert_eq!(next(), is("view", "updated", "2"));
    // Nothing more arrives, so nothing is written: the closed pipe is noticed all the same.
    drop(stdout);
    assert_eq!(ended(&mut child).code(), Some(0));
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(stderr, "");
}

#[test]
fn a_refused_key_ends_with_4_after_one_request_and_names_the_variable() {
    for mode in [&["watch", "--json"][..], &["watch", "--once", "--json"], &["watch", "--once"]] {
        let (url, requests) = always(
            "HTTP/1.1 401 Unauthorized\r\nContent-Length: 28\r\nConnection: close\r\n\r\n{\"message\":\"Not authorized\"}",
        );
        let Output { status, stdout, stderr } = clickscope(&[mode, &["--url", &url]].concat()).output().unwrap();
        let stderr = text(&stderr);
        assert_eq!(status.code(), Some(4), "{stderr}");
        assert!(stdout.is_empty());
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(stderr.contains("401: Not authorized") && stderr.contains("CLICKSCOPE_EVENT_KEY"), "{stderr}");
        assert_eq!(requests.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn once_ends_with_5_where_nobody_answers_or_the_wrong_server_does() {
    let nobody = clickscope(&["watch", "--once", "--json", "--url", &nobody_listens()]).spawn().unwrap();
    let (wrong, requests) = always("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let Output { status, stdout, stderr } = clickscope(&["watch", "--once", "--url", &wrong]).output().unwrap();
    assert_eq!(status.code(), Some(5));
    assert!(stdout.is_empty());
    assert!(text(&stderr).contains("404") && text(&stderr).contains("--url"), "{}", text(&stderr));
    assert_eq!(requests.load(Ordering::SeqCst), 1);

    // That one was tried again, in the meantime.
    let Output { status, stdout, stderr } = nobody.wait_with_output().unwrap();
    let stderr = text(&stderr);
    assert_eq!(status.code(), Some(5), "{stderr}");
    assert!(stdout.is_empty());
    assert!(stderr.contains("nothing listens at 127.0.0.1") && stderr.contains("clickscope sandbox"), "{stderr}");
    assert!(stderr.contains("(attempt 1 of 4; trying again"), "{stderr}");
}

/// A server that answers every connection with these bytes, whatever is asked; its port.
fn says(answer: &'static [u8]) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            drop(stream.write_all(answer));
        }
    });
    port
}

#[test]
fn trouble_with_a_proxy_names_the_proxy_and_its_variable_and_never_its_password() {
    let dead = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let wants_login =
        says(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let refusing = says(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let no_proxy = says(b"SSH-2.0-OpenSSH_9.6\r\n");
    let (plain, secure) = ("http://events.invalid", "https://events.invalid");
    let cases = [
        (plain, "HTTP_PROXY", format!("http://127.0.0.1:{dead}"), "refused the connection", 2),
        (secure, "https_proxy", format!("127.0.0.1:{dead}"), "refused the connection", 2),
        (secure, "ALL_PROXY", format!("socks5h://joe:s3cr3t-of-joe@127.0.0.1:{dead}"), "", 2),
        (plain, "HTTP_PROXY", "http://no-such-proxy.invalid:1".to_owned(), "there is no address for the proxy", 2),
        (plain, "HTTP_PROXY", format!("http://127.0.0.1:{wants_login}"), "wants a name and a password", 1),
        (secure, "HTTPS_PROXY", format!("http://127.0.0.1:{wants_login}"), "wants a name and a password", 1),
        (
            secure,
            "HTTPS_PROXY",
            format!("http://joe:s3cr3t-of-joe@127.0.0.1:{wants_login}"),
            "does not take the name",
            1,
        ),
        (secure, "HTTPS_PROXY", format!("http://127.0.0.1:{refusing}"), "opened no way to events.invalid", 2),
        (secure, "HTTPS_PROXY", format!("http://127.0.0.1:{no_proxy}"), "opened no way to events.invalid", 2),
        (plain, "HTTP_PROXY", format!("http://127.0.0.1:{no_proxy}"), "is not HTTP", 1),
    ];
    let children: Vec<_> = cases
        .iter()
        .map(|(url, variable, proxy, ..)| {
            let arguments = ["watch", "--once", "--url", url];
            clickscope(&arguments).env(variable, proxy).spawn().unwrap()
        })
        .collect();
    for ((url, variable, proxy, part, lines), child) in cases.iter().zip(children) {
        let Output { status, stderr, .. } = child.wait_with_output().unwrap();
        let stderr = text(&stderr);
        assert_eq!(status.code(), Some(5), "{stderr}");
        let told: Vec<_> = stderr.lines().filter(|line| line.contains(variable)).collect();
        assert_eq!(told.len(), *lines, "{url} {proxy}: {stderr}");
        assert!(told.iter().all(|line| line.contains(part) && line.contains("the proxy ")), "{part}: {stderr}");
        assert!(!stderr.contains("s3cr3t"), "{stderr}");
    }
    let bad = clickscope(&["watch", "--once", "--url", plain]).env("HTTP_PROXY", "ftp://s3cr3t@a").output().unwrap();
    let stderr = text(&bad.stderr);
    assert!(stderr.contains("HTTP_PROXY is set, but not to the address of a proxy"), "{stderr}");
    assert!(!stderr.contains("s3cr3t") && !stderr.contains("attempt"), "{stderr}");
}

#[test]
fn a_key_on_an_open_way_is_warned_of_once() {
    let dead = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    for arguments in [&["watch", "--once"][..], &["send", "view"]] {
        let mut command = clickscope(&[arguments, &["--url", "http://collector.invalid"]].concat());
        let told = text(&command.env("HTTP_PROXY", format!("127.0.0.1:{dead}")).output().unwrap().stderr);
        let warned = told.lines().filter(|line| line.contains("over plain http://")).count();
        assert_eq!(warned, 1, "{told}");
    }
    let told = text(&clickscope(&["watch", "--once", "--url", &nobody_listens()]).output().unwrap().stderr);
    assert!(!told.contains("over plain http://"), "{told}");
}

#[test]
fn certificates_that_the_environment_names_and_cannot_be_had_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("garbage.pem");
    std::fs::write(&garbage, "no certificate").unwrap();
    for (path, part) in [("/nonexistent/ca.pem", "No such file"), (garbage.to_str().unwrap(), "no certificate in it")] {
        let mut command = clickscope(&["watch", "--once", "--url", "https://127.0.0.1:1"]);
        let Output { status, stderr, .. } = command.env("SSL_CERT_FILE", path).output().unwrap();
        let stderr = text(&stderr);
        assert_eq!(status.code(), Some(5), "{stderr}");
        assert!(stderr.contains(&format!("SSL_CERT_FILE names {path}: ")) && stderr.contains(part), "{stderr}");
        assert!(!stderr.contains("attempt"), "it was tried again: {stderr}");
    }
}

#[test]
fn trouble_is_told_once_and_so_is_its_end() {
    let sandbox = Sandbox::start(&["--fault", "status=503:0.5"]);
    let mut child = clickscope(&["watch", "--json", "--interval", "250ms", "--url", &sandbox.url]).spawn().unwrap();
    let (sender, told) = mpsc::channel();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    std::thread::spawn(move || stderr.lines().try_for_each(|line| sender.send(line.unwrap())));
    let expected = ["answered 503", "the server answers again", "answered 503"];
    for part in expected {
        let line = told.recv_timeout(PATIENCE).unwrap();
        assert!(line.starts_with("clickscope: ") && line.contains(part), "{part:?} in {line:?}");
    }
    signal(&child, Signal::INT);
    assert_eq!(ended(&mut child).code(), Some(130));
}

#[test]
fn a_signal_ends_it_even_while_nobody_reads_what_it_prints() {
    let sandbox = Sandbox::start(&[]);
    let long = "x".repeat(200_000);
    sandbox.send(&format!(r#"{{"event":"view","cookie":"c","long":"{long}"}}"#));
    for (number, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut child = clickscope(&["watch", "--json", "--url", &sandbox.url]).spawn().unwrap();
        // The first byte is there, and the rest does not fit into the pipe.
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        signal(&child, number);
        assert_eq!(ended(&mut child).code(), Some(code));
    }
}

#[test]
fn the_sandbox_prints_its_url_and_runs_until_it_is_told_to_end() {
    for (number, code) in [(Signal::INT, 130), (Signal::TERM, 0)] {
        let mut sandbox = Sandbox::start(&[]);
        assert!(sandbox.url.starts_with("http://127.0.0.1:") && !sandbox.url.ends_with(":0"), "{}", sandbox.url);
        sandbox.send(r#"{"event":"view","cookie":"c"}"#);
        signal(&sandbox.child, number);
        assert_eq!(ended(&mut sandbox.child).code(), Some(code));
        let mut next_steps = String::new();
        sandbox.child.stderr.take().unwrap().read_to_string(&mut next_steps).unwrap();
        let watching = format!("clickscope: watch it: CLICKSCOPE_EVENT_KEY=any clickscope --url {}\n", sandbox.url);
        assert!(next_steps.contains(&watching) && next_steps.lines().count() == 4, "{next_steps}");
    }
}

#[test]
fn a_sandbox_without_a_screen_tells_of_each_request_in_a_line() {
    let mut sandbox = Sandbox::start(&["--headless", "--redact", "--record", "/dev/null"]);
    let told = lines_of(sandbox.child.stderr.take().unwrap());
    sandbox.send(r#"{"event":"view","cookie":"c"}"#);
    let bulk = r#"{"events":[{"event":"view"},{"event":"kiln fired","email":"jane@canary.example"}]}"#;
    let answer = sandbox.post("/api/v1/bulkevents", bulk);
    assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
    let lines: Vec<String> =
        std::iter::from_fn(|| told.recv_timeout(PATIENCE).ok()).filter(|line| line.contains("POST")).take(2).collect();
    let parts = [
        &["  -  POST /api/v1/event  200 · 1 event"][..],
        &[
            "POST /api/v1/bulkevents  422 · 2 events · events[1].event \"kiln fired\": the event name contains white space",
        ],
    ];
    for (line, parts) in lines.iter().zip(parts) {
        assert!(parts.iter().all(|part| line.contains(part)) && line.as_bytes()[2] == b':', "{line}");
    }
}

#[test]
fn a_sandbox_with_a_key_takes_no_other() {
    let ran = clickscope(&["sandbox", "--key", "NO_SUCH_KEY"]).output().unwrap();
    assert!(
        ran.status.code() == Some(2) && text(&ran.stderr).contains("no key in the variable NO_SUCH_KEY"),
        "{ran:?}"
    );
    let mut command = clickscope(&["sandbox", "--listen", "127.0.0.1:0", "--key", "OUR_KEY"]);
    let mut child = command.env("OUR_KEY", "c4n4ry-of-the-collector").spawn().unwrap();
    let url = lines_of(child.stdout.take().unwrap()).recv_timeout(PATIENCE).unwrap();
    let told = lines_of(child.stderr.take().unwrap());
    let mut sandbox = Sandbox { child, url };
    assert!(sandbox.post("/api/v1/event", r#"{"event":"view","cookie":"c"}"#).starts_with("HTTP/1.1 401"));
    let mut lines = std::iter::from_fn(|| told.recv_timeout(PATIENCE).ok());
    assert!(lines.any(|line| line.ends_with("; only the key of --key will do; ^C ends")));
    let line = lines.find(|line| line.contains("401")).unwrap();
    assert!(line.contains("accepts only other keys") && !line.contains("c4n4ry"), "{line}");
    signal(&sandbox.child, Signal::TERM);
    assert_eq!(ended(&mut sandbox.child).code(), Some(0));
}

#[test]
fn a_sandbox_beyond_loopback_says_who_can_reach_it_and_prints_a_url_that_works() {
    let command = ["sandbox", "--listen", "0.0.0.0:0", "--allow-host", "staging.lan"];
    let mut child = clickscope(&command).spawn().unwrap();
    let url = lines_of(child.stdout.take().unwrap()).recv_timeout(PATIENCE).unwrap();
    let watched = clickscope(&["watch", "--once", "--json", "--url", &url]).output().unwrap();
    assert_eq!(watched.status.code(), Some(0), "{}", text(&watched.stderr));
    signal(&child, Signal::TERM);
    ended(&mut child);
    let mut warning = String::new();
    child.stderr.take().unwrap().read_to_string(&mut warning).unwrap();
    let parts = ["clickscope: warning: 0.0.0.0:", "over the network", "read", "delete", "--listen 127.0.0.1:"];
    assert!(parts.iter().all(|part| warning.contains(part)) && warning.matches("warning").count() == 1, "{warning}");

    let refused = clickscope(&["sandbox", "--allow-host", "http://staging.lan"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("is no host"), "{}", text(&refused.stderr));
}

#[test]
fn a_port_in_use_is_told_with_the_option_to_change() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let Output { status, stdout, stderr } = clickscope(&["sandbox", "--listen", &addr]).output().unwrap();
    let stderr = text(&stderr);
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert!(stdout.is_empty());
    assert!(stderr.contains(&addr) && stderr.contains("in use") && stderr.contains("--listen"), "{stderr}");
}

#[test]
fn a_key_is_in_nothing_that_can_be_seen_from_outside() {
    // A server that says what it was sent, as debugging proxies do.
    let encoded = "Y2FuYXJ5LTlkMWM0MGFhN2I6";
    let (url, _) = always(
        "HTTP/1.1 500 Oops\r\nContent-Length: 81\r\nConnection: close\r\n\r\n\
         {\"message\":\"you sent Basic Y2FuYXJ5LTlkMWM0MGFhN2I6, which is canary-9d1c40aa7b\"}",
    );
    let mut child = clickscope(&["watch", "--json", "--url", &url])
        .env("CLICKSCOPE_USER_KEY", CANARY)
        .env("CLICKSCOPE_LOG", "trace")
        .spawn()
        .unwrap();
    let lines = lines_of(child.stdout.take().unwrap());
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut seen = String::new();
    while !seen.contains("you sent") {
        assert_ne!(stderr.read_line(&mut seen).unwrap(), 0, "{seen}");
    }
    let cmdline = std::fs::read(Path::new("/proc").join(child.id().to_string()).join("cmdline")).unwrap_or_default();
    signal(&child, Signal::TERM);
    ended(&mut child);
    stderr.read_to_string(&mut seen).unwrap();
    seen.push_str(&String::from_utf8_lossy(&cmdline));
    seen.extend(lines.iter());
    assert!(!seen.contains(CANARY) && !seen.contains(encoded), "{seen}");
}

#[test]
fn a_key_in_an_answer_that_cannot_be_read_goes_no_further() {
    let user_key = "canary-of-the-user/61f0";
    let basic = |key: &str| STANDARD.encode(format!("{key}:"));
    let (basic_event, basic_user) = (basic(CANARY), basic(user_key));
    let forms = [
        CANARY.to_owned(),
        user_key.to_owned(),
        format!("Basic {basic_event}"),
        basic_user.trim_end_matches('=').to_owned(),
        STANDARD.encode(CANARY),
        STANDARD.encode(user_key),
        user_key.replace('/', "%2F"),
    ];
    let mut withheld = false;
    for form in forms {
        for (status, body) in [
            ("200 OK", form.clone()),
            ("200 OK", format!("<html><title>{form}</title>")),
            ("200 OK", format!("{{\"message\":\"you sent {form}\"}}")),
            ("422 No", format!("{{\"errors\":[{{\"{form}\":\"{form} is odd\"}}]}}")),
            ("404 None", form.clone()),
        ] {
            let (url, _) = always(format!(
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            ));
            let commands: [&[&str]; 3] = [&["watch", "--once"], &["watch", "--once", "--json"], &["send", "view"]];
            for command in commands {
                let mut program = clickscope(&[command, &["--url", &url]].concat());
                program.env("CLICKSCOPE_USER_KEY", user_key).env("CLICKSCOPE_LOG", "trace");
                let Output { stdout, stderr, .. } = program.output().unwrap();
                let told = text(&stdout) + &text(&stderr);
                let shown = ["canary", "2F61f0", &basic_event[..8], &basic_user[..8]];
                withheld |= told.contains("[key]");
                assert!(!shown.iter().any(|part| told.contains(part)), "{command:?}, {body}: {told}");
            }
        }
        assert!(std::mem::take(&mut withheld), "{form}");
    }
}

#[test]
fn an_output_that_cannot_be_written_ends_with_74_and_one_that_nobody_reads_with_0() {
    let sandbox = Sandbox::start(&[]);
    sandbox.send(r#"{"event":"view","cookie":"c"}"#);
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one.ndjson"), folder.path().join("other.ndjson"));
    std::fs::write(&one, r#"{"event":"view","product_id":"","email":"a b"}"#).unwrap();
    std::fs::write(&other, r#"{"event":"search","email":"a@b.example"}"#).unwrap();
    let (one, other, url) = (one.to_str().unwrap(), other.to_str().unwrap(), sandbox.url.as_str());
    let commands: &[&[&str]] = &[
        &["--help"],
        &["lint", "--help"],
        &["--version"],
        &["rules"],
        &["explain", "field-twice"],
        &["templates"],
        &["templates", "view"],
        &["commands", "--json"],
        &["completions", "bash"],
        &["man"],
        &["config", "schema"],
        &["theme", "dark"],
        &["watch", "--print-schema"],
        &["lint", one],
        &["lint", "--format", "junit", one],
        &["compare", one, other],
        &["report", one],
        &["plan", "infer", one],
        &["watch", "--once", "--json", "--url", url],
        &["send", "view", "--dry-run", "--url", url],
        &["expect", "view", "--from", one, "--json"],
        &["doctor", "--url", url],
        &["baseline", "--url", url],
    ];
    for command in commands {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let Output { status, stderr, .. } = clickscope(command).stdout(full).output().unwrap();
        let stderr = text(&stderr);
        assert_eq!(status.code(), Some(74), "{command:?}: {stderr}");
        assert!(stderr.contains("cannot write to standard output"), "{command:?}: {stderr}");

        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let Output { status, stderr, .. } = clickscope(command).stdout(writer).output().unwrap();
        assert_eq!(status.code(), Some(0), "{command:?}: {}", text(&stderr));
    }
}

/// The program on a terminal of its own.
struct OnTerminal {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    output: mpsc::Receiver<Vec<u8>>,
    keyboard: Box<dyn Write + Send>,
    /// Everything that it wrote.
    seen: String,
}

impl OnTerminal {
    fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_clickscope"));
        command.args(arguments);
        Self::spawn(command, environment)
    }

    /// A shell that has the program as `$0`.
    fn start_shell(script: &str) -> Self {
        let mut command = portable_pty::CommandBuilder::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_clickscope")]);
        Self::spawn(command, &[])
    }

    fn spawn(mut command: portable_pty::CommandBuilder, environment: &[(&str, &str)]) -> Self {
        let size = portable_pty::PtySize { rows: 36, cols: 120, ..portable_pty::PtySize::default() };
        let pty = portable_pty::native_pty_system().openpty(size).unwrap();
        command.env_clear();
        let common = [("TERM", "xterm-256color"), ("HOME", "/nonexistent")];
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        // Else it would be the home, which there is none of.
        command.cwd(std::env::temp_dir());
        for (name, value) in common.iter().chain(environment) {
            command.env(name, value);
        }
        let child = pty.slave.spawn_command(command).unwrap();
        let (mut reader, keyboard) = (pty.master.try_clone_reader().unwrap(), pty.master.take_writer().unwrap());
        let (sender, output) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // A terminal that nobody writes to any more ends with an error.
            while let Some(read) = reader.read(&mut bytes).ok().and_then(|count| bytes.get(..count)) {
                if read.is_empty() || sender.send(read.to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, output, keyboard, seen: String::new() }
    }

    fn read_until(&mut self, part: &str) {
        while !self.seen.contains(part) {
            let Ok(bytes) = self.output.recv_timeout(PATIENCE) else { panic!("no {part:?} in {}", self.seen) };
            self.seen.push_str(&String::from_utf8_lossy(&bytes));
        }
    }

    /// How it ended, when all that it wrote is read.
    fn ended(&mut self) -> u32 {
        loop {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(mpsc::RecvTimeoutError::Disconnected) => return self.child.wait().unwrap().exit_code(),
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("it did not end: {}", self.seen),
            }
        }
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        // It may have ended already, as the test wanted.
        drop(self.child.kill());
    }
}

#[test]
fn a_key_that_is_typed_in_is_not_shown() {
    let sandbox = Sandbox::start(&[]);
    sandbox.send(r#"{"event":"view","cookie":"c"}"#);
    let mut terminal = OnTerminal::start(&["watch", "--once", "--url", &sandbox.url], &[]);
    terminal.read_until("Event API key");
    writeln!(terminal.keyboard, "{CANARY}").unwrap();
    terminal.read_until("view");
    assert_eq!(terminal.ended(), 0);
    assert!(!terminal.seen.contains(CANARY), "{}", terminal.seen);
}

#[test]
fn leaving_the_prompt_gives_the_terminal_back_as_it_was() {
    let mut shell = OnTerminal::start_shell("stty -g; \"$0\" watch --once; echo ended with $?; stty -g");
    shell.read_until("Event API key");
    write!(shell.keyboard, "abc\x03").unwrap();
    shell.read_until("ended with 130\r\n");
    assert_eq!(shell.ended(), 0);
    let modes: Vec<&str> = shell.seen.lines().filter(|line| line.matches(':').count() > 10).collect();
    let [before, after] = modes[..] else { panic!("{}", shell.seen) };
    assert_eq!(before, after);
    assert!(!shell.seen.contains("abc"), "{}", shell.seen);
}

#[test]
fn a_key_is_neither_on_the_screen_nor_in_the_log() {
    let sandbox = Sandbox::start(&[]);
    sandbox.send(r#"{"event":"view","cookie":"c"}"#);
    let state = tempfile::tempdir().unwrap();
    let environment = [
        ("CLICKSCOPE_EVENT_KEY", CANARY),
        ("CLICKSCOPE_USER_KEY", CANARY),
        ("CLICKSCOPE_LOG", "trace"),
        ("XDG_STATE_HOME", state.path().to_str().unwrap()),
    ];
    let mut terminal = OnTerminal::start(&["--url", &sandbox.url], &environment);
    terminal.read_until("view");
    write!(terminal.keyboard, "q").unwrap();
    assert_eq!(terminal.ended(), 0);
    let log = std::fs::read_to_string(state.path().join("clickscope/clickscope.log")).unwrap();
    assert!(log.contains("started"), "{log}");
    assert!(!log.contains(CANARY) && !terminal.seen.contains(CANARY), "{log}{}", terminal.seen);
}
