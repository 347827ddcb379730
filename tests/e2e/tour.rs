//! The tour of the demo, and the keys that are shown to those who look on.

use crate::at_home::home;
use crate::harness::{Launch, Program};

fn demo(columns: u16, rows: u16) -> Program {
    Launch::clickscope(["demo", "--show-keys"]).size(columns, rows).start()
}

#[test]
fn the_tour_leads_to_an_event_that_was_fixed_sent_and_seen() {
    for (columns, rows) in [(120, 36), (80, 24), (60, 15)] {
        let mut program = demo(columns, rows);
        program.wait_for_text(&["tour 1/5  ! what is wrong, worst first"]);
        program.send("!");
        program.wait_for_text(&["All findings of the session", "tour 2/5  ↵ the event, at the red field"]);
        program.send("\r");
        program.wait_for_text(&["✗ products", "tour 3/5  e edit it, to send it again"]);
        program.send("e");
        program.wait_for_text(&["Compose purchase", "tour 4/5  ^F fix what is certain"]);
        program.send("\x06");
        program.wait_for_text(&["products can be fixed: press ^F again"]);
        program.send("\x06");
        program.wait_for_text(&["\"quantity\": 2}]", "tour 5/5  ^S send it, see it arrive"]);
        program.send("\x13");
        program.wait_for_text(&["seen after", "that was the tour: ? has all keys"]);
        program.send("q");
        program.wait_for("the composer closed", |screen| !screen.contents().contains("Compose purchase"));
        assert!(!program.contents().contains("tour"), "{}", program.contents());
        program.send("q");
        assert_eq!(program.wait_for_exit(), 0);
    }
}

#[test]
fn the_tour_is_put_away_and_taken_up_again() {
    let mut program = demo(80, 24);
    program.wait_for_text(&["tour 1/5", "esc no tour"]);
    program.send("\x1b");
    program.wait_for_text(&["no tour; : tour brings it back"]);
    assert!(!program.contents().contains("tour 1/5"));
    program.send(":tour\r");
    program.wait_for_text(&["tour 1/5  ! what is wrong"]);
}

#[test]
fn the_keys_of_commands_are_shown_and_what_is_typed_is_not() {
    let home = home("show_keys = true\n");
    let mut program = Launch::clickscope(["watch", "--url", "http://127.0.0.1:9"]).at_home(home).start();
    program.wait_for_text(&["clickscope", "? help"]);
    let shows = |keys: &'static str| {
        move |screen: &vt100::Screen| screen.contents().lines().last().is_some_and(|row| row.contains(keys))
    };
    program.send("/s3cr3t\x15\r");
    program.wait_for("what is no text", shows(" /  ^U  ↵"));
    program.wait_for("they fade", |screen| !shows("↵")(screen));
    program.send(":keys that are pressed\r");
    program.wait_for_text(&["keys are shown no more"]);
}
