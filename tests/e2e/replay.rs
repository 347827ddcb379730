//! A recorded session, gone through as a person does.

use std::fs;

use crate::harness::{Launch, Program};

/// A tape of three types, an event each ten seconds from 14:00 on.
fn tape(events: u64) -> String {
    let time = |number: u64| {
        let seconds = number * 10;
        format!("2026-11-24T{:02}:{:02}:{:02}.000Z", 14 + seconds / 3600, seconds / 60 % 60, seconds % 60)
    };
    let target = r#""target":"us · api.example.com","redacted":false"#;
    let mut lines = vec![format!(r#"{{"record":"tape","version":1,{target},"observed_at":"{}"}}"#, time(0))];
    for number in 0..events {
        let name = match number % 3 {
            0 => "view",
            1 => "cart",
            _ => "purchase",
        };
        let change = if number < 3 { "new" } else { "updated" };
        let event = format!(r#"{{"event":"{name}","customer_id":"1","order_id":"order-{number}"}}"#);
        lines.push(format!(
            r#"{{"record":"event","type":"{name}","change":"{change}","event":{event},"received":null,"captured":{},"arrived":1,"coverage":null,"observed_at":"{}"}}"#,
            number / 3 + 1,
            time(number)
        ));
    }
    lines.join("\n") + "\n"
}

fn replaying(text: &str, arguments: &[&str]) -> Program {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("t.ndjson"), text).unwrap();
    Launch::clickscope([&["replay", "t.ndjson"], arguments].concat()).at_home(home).start()
}

#[test]
fn a_tape_is_opened_at_its_end_and_gone_through_by_steps_jumps_and_playing() {
    let mut program = replaying(&tape(360), &[]);
    program.wait_for_text(&["tape · t.ndjson", "us · api.example.com", "14:59:50", "360 of 360", "order-359"]);
    // Back a step, and on again; the end is the end.
    program.send(",");
    program.wait_for("the event before", |screen| {
        let contents = screen.contents();
        contents.contains("359 of 360") && contents.contains("14:59:40") && !contents.contains("order-359")
    });
    program.send(".");
    program.wait_for_text(&["360 of 360", "order-359"]);
    program.send(".");
    program.wait_for_text(&["this is the end of the tape"]);
    // To a time, by a step in time, and to a share.
    program.send("t14:10\r");
    program.wait_for_text(&["14:10:00", "61 of 360", "order-60"]);
    program.wait_for("nothing of later", |screen| !screen.contents().contains("order-61"));
    program.send("t+5m\r");
    program.wait_for_text(&["14:15:00", "91 of 360"]);
    program.send("t50%\r");
    program.wait_for_text(&["180 of 360", "order-179"]);
    // A place that is none is said, and mended.
    program.send("tnoon\r");
    program.wait_for_text(&["a place on a tape is"]);
    program.send("\x150%\r");
    program.wait_for_text(&["1 of 360", "14:00:00"]);
    // Playing goes on by itself, and holds.
    program.send("++++++++++ ");
    program.wait_for_text(&["▶ ×1024"]);
    program.wait_for_text(&["360 of 360", "▮▮ held"]);
    program.send("t7\r");
    program.wait_for_text(&["7 of 360"]);
    // The history is that of then, and each of its events can be looked at.
    program.send("\r<");
    program.wait_for_text(&["order-"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_terminal_is_given_back();
}

#[test]
fn a_replay_begins_where_it_is_asked_to_and_plays_at_once() {
    let mut program = replaying(&tape(360), &["--at", "14:30"]);
    program.wait_for_text(&["▮▮ held", "14:30:00", "181 of 360"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);

    let mut program = replaying(&tape(360), &["--speed", "2000"]);
    program.wait_for_text(&["360 of 360", "▮▮ held"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
}

#[test]
fn what_is_wrong_with_a_tape_is_on_the_screen_and_the_rest_is_too() {
    let whole = tape(30);
    let (torn, _) = whole.split_at(whole.len() - 30);
    let broken = torn.replacen(r#""change":"updated""#, "oops", 1);
    let mut program = replaying(&broken, &[]);
    program.wait_for_text(&["t.ndjson:31: the last line is torn", "t.ndjson:5: "]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);

    let mut program = replaying("a,b\n1,2\n", &[]);
    program.wait_for_text(&["t.ndjson: no tape and no file of events", "The tape cannot be read"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
}

#[test]
fn a_redacted_replay_shows_nobody() {
    let mut program =
        replaying(&tape(30).replace(r#""customer_id":"1""#, r#""email":"jane.doe@example.com""#), &["--redact"]);
    program.wait_for_text(&["30 of 30", "email"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    assert!(!String::from_utf8_lossy(&program.output()).contains("jane.doe"));
}
