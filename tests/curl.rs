//! The printed curl commands, run by the shell of this machine: what reaches curl is what would be sent.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write;
use std::process::{Command, Stdio};

use clickscope::blueshift::{Call, HeaderVariable, Region, curl};
use proptest::prelude::*;

const KEY: &str = "k3y with 'odd' \"signs\" $HOME `date`";

/// A stand-in for curl: prints its arguments, and after them its standard input, each with a NUL at its end.
const STAND_IN: &str = r#"curl() { printf '%s\0' "$@"; cat; printf '\0'; }"#;

/// The arguments and the standard input of the command as a real shell hands them over.
fn run(call: &Call) -> Vec<String> {
    let headers = [HeaderVariable::called("X-`date`-'it'").unwrap()];
    let command = curl::write(call, &Region::Us.base_url(), "SOME_KEY", &headers);
    let mut shell = Command::new("/bin/sh")
        .env("SOME_KEY", KEY)
        .env("X__DATE___IT_", KEY)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let script = format!("{STAND_IN}\n{{\n{command}\n}} </dev/null\n");
    shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = shell.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    printed.strip_suffix('\0').unwrap().split('\0').map(str::to_owned).collect()
}

fn call(body: &serde_json::Value, bulk: bool) -> Call {
    Call { bulk, body: format!("{body:#}"), events: std::sync::Arc::default() }
}

#[test]
fn curl_gets_the_key_the_headers_the_body_and_the_address() {
    let call = call(&serde_json::json!({ "event": "view", "note": "it's" }), false);
    let expected = [
        "-sS",
        "-u",
        &format!("{KEY}:"),
        "-H",
        "Content-Type: application/json",
        "-H",
        &format!("x-`date`-'it': {KEY}"),
        "--data-raw",
        &call.body,
        "https://api.getblueshift.com/api/v1/event",
        "",
    ];
    assert_eq!(run(&call), expected);
}

#[test]
fn the_largest_body_reaches_curl_too() {
    let filler = "'$HOME`date`\\\"".repeat(64_000);
    let call = call(&serde_json::json!({ "events": [{ "event": "view", "filler": filler }] }), true);
    assert!(call.body.len() > 1_000_000);
    let words = run(&call);
    let (input, arguments) = words.split_last().unwrap();
    assert_eq!(input.trim_end(), call.body);
    assert!(arguments.ends_with(&["@-".into(), "https://api.getblueshift.com/api/v1/bulkevents".into()]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_event_breaks_out_of_its_quotes(text in "(['\"\\\\$`!;&|\n\r\t#*~(){} ]|.){0,40}", key in ".{0,10}") {
        let event = serde_json::json!({ "event": "view", key: text });
        let words = run(&call(&event, false));
        prop_assert_eq!(words.len(), 11);
        let body: serde_json::Value = serde_json::from_str(words.get(8).unwrap()).unwrap();
        prop_assert_eq!(body, event);
    }
}
