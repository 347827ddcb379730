//! A collector that passes on what it is sent.

use std::fs;

use super::*;

/// What a collector shows, as text.
fn shown(url: &str) -> String {
    text(&clickscope(&["watch", "--once", "--json", "--url", url]).output().unwrap().stdout)
}

fn send(url: &str, event: &str) -> String {
    let mut command = clickscope(&["send", "--url", url, "-"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(event.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn what_is_sent_arrives_at_the_next_server_and_its_answer_comes_back() {
    let upstream = Sandbox::start(&[]);
    let sandbox = Sandbox::start(&["--forward", &upstream.url]);
    sandbox.send(r#"{"event":"view","customer_id":"7"}"#);
    assert!(shown(&upstream.url).contains(r#""customer_id":"7""#));
    let strict = Sandbox::start(&["--fault", "status=418@send"]);
    let sandbox = Sandbox::start(&["--forward", &strict.url]);
    let told = send(&sandbox.url, r#"{"event":"view","email":"a@example.com"}"#);
    assert!(told.contains("418"), "{told}");
}

#[test]
fn a_held_request_goes_on_with_enter() {
    let upstream = Sandbox::start(&[]);
    let arguments = ["sandbox", "--listen", "127.0.0.1:0", "--hold", "--forward", &upstream.url];
    let mut child = clickscope(&arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().to_owned();
    let sending = std::thread::spawn(move || send(&url, r#"{"event":"view","email":"a@example.com"}"#));
    let mut notices = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(notices.any(|notice| notice.contains("POST /api/v1/event waits: Enter passes it on")));
    assert_eq!(shown(&upstream.url), "");
    writeln!(child.stdin.as_ref().unwrap()).unwrap();
    let told = sending.join().unwrap();
    assert!(told.contains("200"), "{told}");
    assert!(shown(&upstream.url).contains("a@example.com"));
    signal(&child, Signal::TERM);
    assert_eq!(ended(&mut child).code(), Some(0));
}

#[test]
fn the_rules_of_a_profile_hold_for_what_is_passed_on() {
    let upstream = Sandbox::start(&[]);
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("clickscope")).unwrap();
    let profiles = format!(
        "[profiles.qa]\ntest_identities = [\"example.org\"]\n[profiles.live]\nread_only = true\n\
         [profiles.shop]\nurl = \"{}\"\nenvironment = \"production\"\n",
        upstream.url
    );
    fs::write(home.path().join("clickscope/config.toml"), profiles).unwrap();
    let start = |profile: &str, more: &[&str]| {
        let arguments = ["sandbox", "--listen", "127.0.0.1:0", "--profile", profile, "--forward", &upstream.url];
        let mut command = clickscope(&[&arguments[..], more].concat());
        command.env("XDG_CONFIG_HOME", home.path());
        command
    };
    let mut child = start("qa", &[]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let sandbox = Sandbox { child, url: line.trim().to_owned() };
    let told = send(&sandbox.url, r#"{"event":"view","email":"jane@example.com"}"#);
    assert!(told.contains("403") && told.contains("test identities"), "{told}");
    assert_eq!(shown(&upstream.url), "");
    let told = send(&sandbox.url, r#"{"event":"view","email":"qa@example.org"}"#);
    assert!(told.contains("200"), "{told}");

    for (profile, reason) in [("live", "sending is off"), ("shop", "is production, and there is no terminal to ask on")]
    {
        let output = start(profile, &[]).output().unwrap();
        let told = text(&output.stderr);
        assert!(output.status.code() == Some(2) && told.contains(reason), "{profile}: {told}");
    }
    let mut child = start("shop", &["--production"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("http://"), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_cannot_be_passed_on_to_is_refused_with_the_reason() {
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let itself = format!("http://localhost:{port}");
    let cases: [(&[&str], &str); 6] = [
        (&["--forward", "mars"], "no such region"),
        (&["--forward", "ftp://example.com"], "the URL must start with http"),
        (&["--forward", "us"], "is production, and there is no terminal to ask on"),
        (&["--forward", &itself], "leads to this collector itself"),
        (
            &["--forward", "http://127.0.0.1:9", "--forward-key", "NO_SUCH_VARIABLE"],
            "there is no key in the variable NO_SUCH_VARIABLE",
        ),
        (&["--hold"], "--forward"),
    ];
    for (arguments, reason) in cases {
        let output = clickscope(&[&["sandbox", "--listen", &listen], arguments].concat()).output().unwrap();
        let told = text(&output.stderr);
        assert!(output.status.code() == Some(2) && told.contains(reason), "{arguments:?}: {told}");
    }
}

#[test]
fn what_is_passed_on_is_looked_for_at_the_platform_and_told_when_it_is_seen() {
    let upstream = Sandbox::start(&["--rewrite", "set=total=30"]);
    let arguments =
        ["sandbox", "--listen", "127.0.0.1:0", "--prove", "--interval", "250ms", "--forward", &upstream.url];
    let mut child = clickscope(&arguments).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().to_owned();
    // Until the account has answered, nobody knows what is old there.
    let (stop, stopped) = mpsc::channel::<()>();
    let sending = std::thread::spawn(move || {
        for n in 1.. {
            send(&url, &format!(r#"{{"event":"checkout","email":"a@example.com","total":1,"n":{n}}}"#));
            if !matches!(stopped.try_recv(), Err(mpsc::TryRecvError::Empty)) {
                return;
            }
        }
    });
    let mut notices = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let proved = notices.find(|notice| notice.contains("1 field changed on the way")).unwrap();
    assert!(proved.contains("  request ") && proved.contains(": checkout "), "{proved}");
    drop(stop);
    sending.join().unwrap();
    signal(&child, Signal::TERM);
    assert_eq!(ended(&mut child).code(), Some(0));
}
