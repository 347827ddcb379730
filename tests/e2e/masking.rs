//! Masks, from the first frame on and for a demo.

use std::fs;

use crate::collector::Collector;
use crate::harness::{Launch, Program};

/// Of the people of the demo shop, and of those in the events below.
const PEOPLE: [&str; 12] = [
    "lindqvist",
    "okafor",
    "tomas+shop",
    "tanabe",
    "omalley",
    "@example.com",
    "198.51.100.",
    "203.0.113.",
    "6f0c5b0e-58a1",
    "birdsong",
    "770123",
    "@canary.example",
];

const EVENT: &str = r#"{"event":"purchase","email":"jane.birdsong@canary.example","customer_id":7701234,"first_name":"Birdsong","url":"https://shop.test/?e=jane.birdsong%40canary.example","phone_number":"+17701234567","sku":"45790-32"}"#;

/// Fails when anything that the program has written, to the terminal or to its log, tells of somebody.
fn assert_tells_of_nobody(program: &Program) {
    let log = fs::read_to_string(program.log()).unwrap_or_default();
    for written in [String::from_utf8_lossy(&program.output()).into_owned(), log, program.contents()] {
        let written = written.to_lowercase();
        let told: Vec<_> = PEOPLE.iter().filter(|person| written.contains(**person)).collect();
        assert!(told.is_empty(), "{told:?} in {written}");
    }
}

#[test]
fn a_redacted_demo_tells_of_nobody_from_the_first_frame() {
    let mut program = Launch::clickscope(["demo", "--redact"]).env("CLICKSCOPE_EVENT_KEY", "").size(160, 45).start();
    program.wait_for("types of events", |screen| {
        let contents = screen.contents();
        contents.contains(" masked ") && contents.contains("● listening") && !contents.contains("Event types 0")
    });
    program.send("/identify\r");
    program.wait_for_text(&["@masked.example"]);
    program.send("[");
    program.wait_for_text(&["\"email\":\""]);
    program.send("!");
    program.wait_for_text(&["All findings"]);
    assert_tells_of_nobody(&program);
    program.send("\x1b");
    program.wait_for("the event", |screen| !screen.contents().contains("All findings"));
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    assert_tells_of_nobody(&program);
}

#[test]
fn a_profile_masks_what_is_seen_and_copied() {
    let collector = Collector::start();
    collector.accept(EVENT);
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/clickscope");
    fs::create_dir_all(&folder).unwrap();
    let profile = format!("[profiles.shop]\nurl = \"{}\"\nredact = true\n", collector.url());
    fs::write(folder.join("config.toml"), profile).unwrap();
    let mut program = Launch::clickscope(["watch", "--profile", "shop"]).at_home(home).start();
    program.wait_for_text(&[" masked ", "● live", "purchase", "@masked.example", "45790-32"]);
    program.send("ye");
    let copied = program.wait_for_any_copy();
    assert!(copied.contains("@masked.example") && copied.contains("%40masked.example"), "{copied}");
    assert!(!copied.to_lowercase().contains("birdsong") && !copied.contains("7701234"), "{copied}");
    program.send("M");
    program.wait_for_text(&["it stays so"]);
    assert_tells_of_nobody(&program);
}

#[test]
fn for_a_demo_the_masks_go_on_and_off() {
    let collector = Collector::start();
    collector.accept(EVENT);
    let mut program = Launch::clickscope(["watch", "--url", &collector.url(), "--interval", "250ms"]).start();
    program.wait_for_text(&["● live", "jane.birdsong@canary.example"]);
    program.send("M");
    program.wait_for("masks", |screen| {
        let contents = screen.contents().to_lowercase();
        contents.contains(" masked ") && !PEOPLE.iter().any(|person| contents.contains(person))
    });
    collector.accept(&EVENT.replace("45790-32", "46493-32"));
    program.wait_for_text(&["46493-32", "@masked.example"]);
    assert!(!program.contents().contains("birdsong"));
    program.send("M");
    program.wait_for_text(&["46493-32", "jane.birdsong@canary.example"]);
}
