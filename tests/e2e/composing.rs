//! Sending an event from the screen, as a person sees it.

use std::fs;
use std::process::Command;

use clickscope::event::catalogue::Catalogue;
use rustix::process::Signal;

use crate::collector::Collector;
use crate::harness::{Launch, Program};

const SEND: &str = "\x13";
const NEXT_TAB: &str = "\x14";
const CLOSE: &str = "\x1b";
const TO_THE_END: &str = "\x1b[1;5F";
const UP_TO_LINE_END: &str = "\x1b[A\x05";
const FIX: &str = "\x06";
const UNDO: &str = "\x1a";
const NEXT_FINDING: &str = "\x1b[19~";

fn watch(collector: &Collector) -> Launch {
    Launch::clickscope(["watch", "--url", &collector.url(), "--interval", "250ms"]).size(150, 45)
}

fn watching(collector: &Collector) -> Program {
    live(watch(collector))
}

fn live(launch: Launch) -> Program {
    let program = launch.start();
    program.wait_for_text(&["● live", "? help"]);
    program
}

/// Opens the composer with the template of this name.
fn compose(program: &mut Program, name: &str) {
    program.send(&format!("c^{name}\\ new$\r"));
    program.wait_for_text(&["Compose", "^S sends it"]);
}

fn paste(program: &mut Program, text: &str) {
    program.send(&format!("\x1b[200~{text}\x1b[201~"));
}

/// Opens the composer with nothing in it.
fn compose_nothing(program: &mut Program) {
    program.send("can\\ empty\\ draft\r");
    program.wait_for_text(&["Compose new draft", "line 1 of 1, column 1"]);
}

fn compose_text(program: &mut Program, text: &str) {
    compose_nothing(program);
    paste(program, text);
    program.wait_for_text(&["^S sends it"]);
}

/// Closes the composer, and waits: a key that followed at once would be one with Alt.
fn close(program: &mut Program) {
    program.send(CLOSE);
    program.wait_for("the composer closed", |screen| !screen.contents().contains("Compose"));
}

/// How a terminal pastes a text of many lines that does not say that it is a paste.
fn as_keys(text: &str) -> String {
    text.replace('\n', "\r")
}

#[test]
fn a_paste_without_brackets_is_as_good_as_one_with_them() {
    let item = "{\n    \"event\": \"view\",\n    \"tags\": [\n      1,\n      2\n    ]\n  }";
    let draft = format!("[\n  {}\n]", vec![item; 1000].join(",\n  "));
    assert!(draft.len() > 60_000);
    let mut program = Launch::clickscope(["watch", "--url", "http://127.0.0.1:9"]).start();
    program.wait_for_text(&["clickscope", "? help"]);
    compose_nothing(&mut program);
    program.send(&as_keys(&draft));
    program.wait_for_draft(&draft);

    let key = "0123456789abcdef0123456789abcdef";
    let command =
        format!("# to be sent\ncurl -u {key}: -d @- http://127.0.0.1:9 <<'EOF'\n{{\"event\":\"pasted\"}}\nEOF\n");
    program.send(&as_keys(&command));
    program.wait_for_text(&["taken over from the curl command; left out: the key"]);
    program.wait_for_draft("\"event\": \"pasted\"");
}

#[test]
fn what_a_terminal_answers_late_is_neither_typed_nor_a_key() {
    let mut program = Launch::clickscope(["watch", "--url", "http://127.0.0.1:9"]).start();
    program.wait_for_text(&["clickscope", "? help"]);
    let answers = "\x1b]11;rgb:1e1e/1e1e/qqqq\x07\x1bP>|q q(388)\x1b\\\x1b[>41;388;0c\x1b[?62;22c\x1b[12;40R";
    program.send(answers);
    compose_nothing(&mut program);
    program.send(answers);
    program.send("1");
    program.wait_for_draft("1");
    let files = fs::read_dir(program.drafts()).unwrap().flatten();
    // Beside a draft is the mark of the instance that has it open.
    let drafts = files.filter(|file| !file.file_name().to_string_lossy().starts_with('.'));
    let texts: Vec<_> = drafts.map(|file| fs::read_to_string(file.path()).unwrap()).collect();
    assert_eq!(texts, ["1"]);
}

#[test]
fn every_template_is_sent_and_proved() {
    let collector = Collector::start();
    let mut program = watching(&collector);
    for template in Catalogue::standard().templates() {
        compose(&mut program, &template.name);
        program.send(SEND);
        program.wait_for(&format!("the proof of {}", template.name), |screen| {
            let contents = screen.contents();
            let seen = contents.contains("seen after") || contents.contains("3 of 3 seen");
            seen && !contents.contains("waiting") && contents.contains("everything arrived as it was sent")
        });
        close(&mut program);
    }
}

#[test]
fn a_received_event_is_edited_and_sent_again_without_what_the_platform_added() {
    let collector = Collector::start();
    collector.accept(r#"{"event":"view","customer_id":"812123","page":"/coats"}"#);
    let mut program = watching(&collector);
    program.wait_for_text(&["/coats"]);
    program.send("e");
    program.wait_for_text(&["Compose", "taken out: ", "_bsft_ts", "^S sends it"]);
    program.send(&format!("{TO_THE_END}{UP_TO_LINE_END}"));
    paste(&mut program, ",\n  \"note\": \"again\"");
    program.wait_for_text(&["\"note\": \"again\"", "^S sends it"]);
    program.send(SEND);
    program.wait_for_text(&["seen after", "everything arrived as it was sent", "this session: 1 seen"]);
    close(&mut program);
    program.wait_for_text(&["again", "/coats"]);
    assert_eq!(collector.arrivals(), 2);
}

#[test]
fn a_command_that_was_copied_runs_in_a_shell_and_can_be_pasted_again() {
    let collector = Collector::start();
    let mut program = watching(&collector);
    let draft = r#"{"event":"view","customer_id":"812123","page":"it's\n$HOME `date` \"€\""}"#;
    compose_text(&mut program, draft);
    program.send(&format!("{NEXT_TAB}y"));
    let command = program.wait_for_any_copy();

    let shell = Command::new("sh").args(["-c", &command]).env("CLICKSCOPE_EVENT_KEY", "any").output().unwrap();
    assert!(shell.status.success(), "{command}\n{shell:?}");
    assert_eq!(collector.arrivals(), 1, "{command}\n{shell:?}");

    close(&mut program);
    compose_nothing(&mut program);
    paste(&mut program, &command);
    program.wait_for_text(&["taken over from the curl command", r#""it's\n$HOME `date` \"€\"""#, "^S sends it"]);
    program.send(SEND);
    program.wait_for_text(&["seen after", "everything arrived as it was sent"]);
    assert_eq!(collector.arrivals(), 2);
}

#[test]
fn a_draft_that_cannot_be_sent_says_where_it_is_wrong_and_sends_nothing() {
    let collector = Collector::start();
    let mut program = watching(&collector);
    let cases = [
        ("{\n  \"event\": \"view\",\n  \"page\" \"/coats\"\n}", "line 3, column 10"),
        (r#"{"event":"view","at":"{{nwo}}"}"#, "line 1, column 23"),
        ("[]", "the array is empty"),
        ("[7]", "an event is a JSON object"),
        (r#"{"customer_id":"1"}"#, "there is no event name"),
    ];
    for (draft, told) in cases {
        compose_nothing(&mut program);
        paste(&mut program, draft);
        program.wait_for_text(&[told]);
        program.send(SEND);
        program.wait_for_text(&[told, "nothing was sent"]);
        close(&mut program);
    }
    assert_eq!(collector.arrivals(), 0);
}

#[test]
fn what_is_wrong_with_a_draft_is_said_while_it_is_written_and_fixed_with_a_key() {
    let collector = Collector::start();
    let mut program = watching(&collector);
    let draft = "{\n  \"event\": \"view\",\n  \"customer_id\": \"1\",\n  \"seen_at\": \"11/25/2026\",\n  \"sku\": \"A-1\",\n  \"is_new\": \"TRUE\"\n}";
    compose_text(&mut program, draft);
    program.wait_for_text(&[
        "! 2 warnings",
        "! 4   \"seen_at\"",
        "! 6   \"is_new\"",
        "line 6 · is_new: a boolean spelled differently",
    ]);
    program.send(NEXT_FINDING);
    program.wait_for_text(&["seen_at: a date that is not ISO 8601", "^F fix: \"2026-11-25\"", "line 4 of 7"]);
    program.send(FIX);
    program
        .wait_for_text(&["\"seen_at\": \"2026-11-25\",", "seen_at: \"11/25/2026\" → \"2026-11-25\"; ^Z takes it back"]);
    program.wait_for("one finding left", |screen| {
        screen.contents().contains("! 1 warning ") && !screen.contents().contains("ISO 8601")
    });
    program.send(&format!("{FIX}{UNDO}"));
    program.wait_for_text(&["\"is_new\": \"TRUE\""]);
    program.send(&format!("{FIX}{FIX}"));
    program.wait_for("nothing left", |screen| {
        let contents = screen.contents();
        contents.contains("\"is_new\": true") && contents.contains("^S sends it") && !contents.contains("warning")
    });
    program.send(SEND);
    program.wait_for_text(&["seen after", "everything arrived as it was sent"]);
    assert_eq!(collector.arrivals(), 1);

    close(&mut program);
    compose_text(&mut program, r#"{"event":"view","email":"nobody"}"#);
    program.wait_for_text(&["✗ 2 errors"]);
    program.send(SEND);
    program.wait_for_text(&["this session: 2 seen"]);
    assert_eq!(collector.arrivals(), 2, "what is found forbids nothing");
}

#[test]
fn a_refused_key_is_named_and_nothing_is_sent_twice() {
    let collector = Collector::with_key("another");
    let mut program = watch(&collector).start();
    program.wait_for_text(&["401", "? help"]);
    compose(&mut program, "view");
    program.send(SEND);
    program.wait_for_text(&["the Event key from CLICKSCOPE_EVENT_KEY", "1 attempt"]);
    assert_eq!(collector.arrivals(), 0);
}

#[test]
fn a_call_that_comes_too_often_is_made_again_and_that_is_told() {
    let collector = Collector::start();
    let mut program = watching(&collector);
    compose(&mut program, "view");
    collector.fault("status=429@send retry-after=1s@send");
    program.send(SEND);
    program.wait_for_text(&["429", "again in", "attempt 2 of", "a retry can duplicate an event"]);
    collector.fault("");
    program.wait_for_text(&["seen after", "2 attempts"]);
    assert_eq!(collector.arrivals(), 1);
}

#[test]
fn who_leaves_while_a_call_waits_for_its_next_attempt_is_told_what_was_not_sent() {
    let collector = Collector::start();
    let mut program = watching(&collector);
    compose_text(&mut program, r#"{"event":"view","email":"jane@example.com"}"#);
    collector.fault("status=429@send retry-after=400s@send");
    program.send(SEND);
    program.wait_for_text(&["again in"]);
    program.signal(Signal::TERM);
    assert_eq!(program.wait_for_exit(), 143);
    program.assert_terminal_is_given_back();
    let told = program.contents();
    assert!(told.contains("clickscope: 1 event not sent (") && told.contains("attempt 2 was due in 6 min"), "{told}");
}

#[test]
fn what_the_platform_changes_on_the_way_is_shown_and_nothing_else() {
    let collector = Collector::mangling(&["drop=coupon", "retype=revenue", "set=products[0].sku=\"X-1\""]);
    let mut program = watching(&collector);
    let draft =
        r#"{"event":"purchase","customer_id":"1","revenue":31.24,"coupon":"SPRING","products":[{"sku":"A-1"}]}"#;
    compose_text(&mut program, draft);
    program.send(SEND);
    program.wait_for_text(&["seen after", "this session: 1 seen"]);
    let shown = program.contents();
    let found = |heading: &str| {
        let proof = shown.lines().map(|line| line.rsplit('│').nth(1).unwrap_or(line).trim());
        proof.skip_while(|line| *line != heading).skip(1).take_while(|line| !line.is_empty()).collect::<Vec<_>>()
    };
    let told = |heading| {
        let lines = found(heading).into_iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.collect::<Vec<_>>()
    };
    assert_eq!(told("dropped 1"), [r#"coupon "SPRING""#], "{shown}");
    assert_eq!(told("changed 1"), [r#"products[0].sku "A-1" → "X-1""#], "{shown}");
    let retyped = [r#"revenue 31.24 → "31.24" number → string"#, "digits in quotes stand for a number"];
    assert_eq!(told("retyped 1"), retyped, "{shown}");
}

#[test]
fn two_events_of_a_type_within_one_poll_are_both_proved() {
    let collector = Collector::start();
    let mut program = watching(&collector);
    compose_text(&mut program, r#"[{"event":"view","customer_id":"1"},{"event":"view","customer_id":"2"}]"#);
    program.send(SEND);
    program.wait_for_text(&["2 of 2 seen", "everything arrived as it was sent"]);
}

#[test]
fn production_asks_for_a_word_before_the_first_event_of_a_session() {
    let collector = Collector::start();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/clickscope");
    fs::create_dir_all(&folder).unwrap();
    let profile = format!("[profiles.live]\nurl = \"{}\"\nenvironment = \"production\"\n", collector.url());
    fs::write(folder.join("config.toml"), profile).unwrap();
    let launch = Launch::clickscope(["watch", "--profile", "live", "--interval", "250ms"]).size(150, 45);
    let mut program = live(launch.at_home(home));

    compose(&mut program, "view");
    program.wait_for_text(&[" production "]);
    program.send(SEND);
    program.wait_for_text(&["send nothing"]);
    program.send("prod\r");
    program.wait_for_text(&["nothing was sent: type production first"]);
    program.send("\x15production\r");
    program.wait_for_text(&["seen after"]);
    assert_eq!(collector.arrivals(), 1);

    // The word is asked for once; an event that triggers messages asks for a yes every time.
    program.send(SEND);
    program.wait_for_text(&["this session: 2 seen"]);
    close(&mut program);
    compose(&mut program, "purchase");
    program.send(SEND);
    program.wait_for_text(&["send nothing", "purchase"]);
    program.send("\x1b");
    program.wait_for_text(&["nothing was sent"]);
    assert_eq!(collector.arrivals(), 2);
}

#[test]
fn a_profile_that_only_reads_sends_nothing() {
    let collector = Collector::start();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/clickscope");
    fs::create_dir_all(&folder).unwrap();
    let profile = format!("[profiles.looking]\nurl = \"{}\"\nread_only = true\n", collector.url());
    fs::write(folder.join("config.toml"), profile).unwrap();
    let launch = Launch::clickscope(["watch", "--profile", "looking"]).size(150, 45);
    let mut program = live(launch.at_home(home));
    program.send("c^view\\ new$\r");
    program.wait_for_text(&["Compose", "Preview"]);
    program.send(SEND);
    program.wait_for_text(&["sending is off: read_only is set in"]);
    assert_eq!(collector.arrivals(), 0);
}

#[test]
fn a_draft_comes_back_after_the_program_was_killed() {
    let collector = Collector::start();
    let mut program = watching(&collector);
    compose_nothing(&mut program);
    paste(&mut program, r#"{"event":"half_written","note":"before the ki"#);
    program.send("ll");
    program.wait_for_text(&["before the kill"]);
    program.wait_for_draft("before the kill");
    let home = program.kill();
    let mut program = live(watch(&collector).at_home(home));
    program.send("c");
    program.wait_for_text(&["half_written", "an unfinished draft"]);
    program.send("half\r");
    program.wait_for_text(&["Compose", "before the kill"]);
}

#[test]
fn a_second_instance_is_told_of_a_draft_that_is_open_and_both_keep_their_text() {
    let collector = Collector::start();
    let mut first = watching(&collector);
    compose_text(&mut first, r#"{"event":"view","note":"first"}"#);
    first.wait_for_draft("first");
    let mut second = live(watch(&collector).env("HOME", first.home().to_str().unwrap()));
    second.send("c");
    second.wait_for_text(&["go on"]);
    second.send("\r");
    second.wait_for_text(&["open in another clickscope"]);
    paste(&mut second, "second");
    first.wait_for_draft("second");
    paste(&mut first, "more of the first");
    first.wait_for_draft("more of the first");
    let texts: Vec<_> = first.draft_texts().filter(|text| !text.is_empty()).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert_eq!(texts.iter().filter(|text| text.contains("second")).count(), 1, "{texts:?}");
}

#[test]
fn a_draft_that_is_kept_as_a_template_can_be_begun_with_in_the_next_session() {
    let collector = Collector::start();
    let mut program = watching(&collector);
    compose_text(&mut program, r#"{"event":"view","note":"mine"}"#);
    program.send("\x18");
    program.wait_for_text(&["keep as:"]);
    program.send("\x15my_view\r");
    program.wait_for_text(&["saved as the template my_view"]);
    program.send("\x18\x15my_view\r");
    program.wait_for_text(&["saved as the template my_view"]);
    let home = program.kill();
    let mut program = live(watch(&collector).at_home(home));
    program.send("cmy_view\r");
    program.wait_for_text(&["Compose", "mine", "^S sends it"]);
}
