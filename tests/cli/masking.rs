//! Masks in what is printed.

use super::*;

/// What must not be seen of somebody.
const CANARIES: [&str; 7] =
    ["birdsong", "jane.canary", "canary.example", "7701234567", "8812345", "203.0.113.77", "4111111111111111"];

const EVENT: &str = r#"{"event":"purchase","email":"jane.canary@canary.example","customer_id":8812345,"first_name":"Birdsong","phone_number":"+17701234567","ip":"203.0.113.77","url":"https://shop.test/?e=jane.canary%40canary.example&first_name=Birdsong","card":4111111111111111,"note":"\u006aane.canary\u0040canary.example","by":{"jane.canary@canary.example":[["+17701234567"]]},"revenue":"free","birth_date":"2026-14-02"}"#;

fn printed(command: &mut Command) -> (String, String) {
    let Output { stdout, stderr, .. } = command.output().unwrap();
    (text(&stdout), text(&stderr))
}

fn assert_tells_of_nobody(printed: &str) {
    let lower = printed.to_lowercase();
    let told: Vec<_> = CANARIES.iter().filter(|canary| lower.contains(**canary)).collect();
    assert!(told.is_empty(), "{told:?} in {printed}");
}

#[test]
fn what_is_printed_of_events_tells_of_nobody() {
    let sandbox = Sandbox::start(&[]);
    sandbox.send(EVENT);
    sandbox.send(&EVENT.replace("\"purchase\"", "\"call_+17701234567\""));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.ndjson");
    std::fs::write(&file, format!("{EVENT}\n{EVENT}\n{}\n", EVENT.replace("8812345", "88123456"))).unwrap();
    let file = file.to_str().unwrap();
    let commands: &[&[&str]] = &[
        &["watch", "--once", "--json", "--url", &sandbox.url, "--redact"],
        &["watch", "--once", "--url", &sandbox.url, "--redact"],
        &["lint", file, "--redact"],
        &["lint", file, "--redact", "--json"],
        &["lint", file, "--redact", "--format", "sarif"],
        &["lint", file, "--redact", "--format", "junit"],
        &["lint", file, "--redact", "--format", "github"],
    ];
    for arguments in commands {
        let (stdout, stderr) = printed(&mut clickscope(arguments));
        assert!(!stdout.is_empty(), "{arguments:?}: {stderr}");
        assert_tells_of_nobody(&stdout);
        assert_tells_of_nobody(&stderr);
    }
    let (stdout, _) = printed(&mut clickscope(&["watch", "--once", "--json", "--url", &sandbox.url]));
    assert!(CANARIES.iter().any(|canary| stdout.contains(canary)), "the test sees what it looks for");
}

#[test]
fn neither_what_cannot_be_read_nor_the_name_of_a_file_tells_of_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let [file, other] = ["jane.canary@canary.example.ndjson", "b.ndjson"].map(|name| folder.path().join(name));
    let broken = [
        "jane.canary@canary.example",
        r#"{"first_name": Birdsong}"#,
        r#"{"first_name":"Birdsong" "email":1}"#,
        r#"{"record":"event","type":"p","event":Birdsong"#,
        r#"["jane.canary@canary.example"]"#,
        r#"{"Birdsong" Birdsong}"#,
    ];
    std::fs::write(&file, format!("{EVENT}\n{}\n", broken.join("\n"))).unwrap();
    std::fs::write(&other, EVENT).unwrap();
    let [file, other] = [&file, &other].map(|path| path.to_str().unwrap());
    for line in ["report", "report --format html", "replay --json", "lint", "lint --json", "lint --format sarif"] {
        let (stdout, stderr) = printed(clickscope(&line.split(' ').collect::<Vec<_>>()).args([file, "--redact"]));
        assert!(!stdout.is_empty() && stderr.contains("not JSON"), "{line}: {stderr}");
        assert_tells_of_nobody(&stdout);
        assert_tells_of_nobody(&stderr);
    }
    let (stdout, stderr) = printed(&mut clickscope(&["compare", file, other, "--redact"]));
    assert_tells_of_nobody(&stdout);
    assert_tells_of_nobody(&stderr);
}

#[test]
fn a_key_in_the_environment_joins_two_runs_and_none_does_not() {
    let sandbox = Sandbox::start(&[]);
    sandbox.send(EVENT);
    let email = |arguments: &[&str]| {
        let watch = ["watch", "--once", "--json", "--url", &sandbox.url];
        let (stdout, stderr) =
            printed(clickscope(&[&watch, arguments].concat()).env("MASKS", "any text that is long enough"));
        let line: serde_json::Value = serde_json::from_str(stdout.lines().next().expect(&stderr)).unwrap();
        line["event"]["email"].as_str().unwrap().to_owned()
    };
    assert_eq!(email(&["--redact-key", "MASKS"]), email(&["--redact", "--redact-key", "MASKS"]));
    assert_ne!(email(&["--redact"]), email(&["--redact"]));
    let (_, stderr) = printed(&mut clickscope(&["watch", "--once", "--json", "--redact-key", "s3cr3t-key-itself"]));
    assert!(stderr.contains("--redact-key") && !stderr.contains("s3cr3t"), "{stderr}");
}
