//! Watching events, as a person sees it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::collector::Collector;
use crate::harness::{Copied, Launch, Program};

const PURCHASE: &str = r#"{"event":"purchase","customer_id":"812123","revenue":31.24,"products":[{"sku":"45790-32"}]}"#;
const VIEW: &str = r#"{"event":"view","customer_id":"812123","page":"/coats"}"#;

fn watch(collector: &Collector) -> Launch {
    Launch::clickscope(["watch", "--url", &collector.url(), "--interval", "250ms"])
}

/// A collector that knows two types, and the program that shows them, with `purchase` selected.
fn watching() -> (Collector, Program) {
    watching_as(|launch| launch)
}

fn watching_as(change: impl FnOnce(Launch) -> Launch) -> (Collector, Program) {
    let collector = Collector::start();
    collector.accept(VIEW);
    collector.accept(PURCHASE);
    let mut program = change(watch(&collector)).start();
    program.wait_for_text(&["● live", "purchase", "view"]);
    // Leaves only it in the table, keeps it selected, and takes the filter off again.
    program.send("/purch\r");
    program.wait_for_text(&["1 of 2"]);
    program.send("\x1b");
    program.wait_for("both types", |screen| !screen.contents().contains("1 of 2"));
    (collector, program)
}

#[test]
fn the_first_frame_is_there_before_the_server_has_answered() {
    let collector = Collector::start();
    collector.accept(PURCHASE);
    collector.fault("delay=1h");
    let mut program = watch(&collector).start();
    program.wait_for_text(&["clickscope", "connecting", "Event types 0", "? help"]);
    // A request that never ends keeps nobody.
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
}

#[test]
fn the_demo_needs_neither_a_key_nor_a_server_and_shows_a_shop_at_work() {
    let mut program = Launch::clickscope(["demo"]).env("CLICKSCOPE_EVENT_KEY", "").start();
    program.wait_for("types of events", |screen| {
        let contents = screen.contents();
        contents.contains("demo · http://127.0.0.1")
            && contents.contains("● listening")
            && !contents.contains("Event types 0")
    });
    program.wait_for("what is wrong in it", |screen| {
        screen.contents().lines().any(|line| line.starts_with("│✗") && line.contains(" subscription_cancel "))
    });
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_terminal_is_given_back();
}

#[test]
fn what_the_collector_takes_in_appears_and_changes_on_the_screen() {
    let collector = Collector::start();
    let program = watch(&collector).start();
    program.wait_for_text(&["● live", "Event types 0"]);
    collector.accept(PURCHASE);
    program.wait_for_text(&["Event types 1", "purchase", "31.24", "45790-32"]);
    collector.accept(&PURCHASE.replace("31.24", "12345678901234567890.10"));
    program.wait_for_text(&["12345678901234567890.10"]);
}

#[test]
fn while_paused_the_screen_holds_still_and_counts_what_comes() {
    let (collector, mut program) = watching();
    program.send(" ");
    program.wait_for_text(&["paused · +0"]);
    collector.accept(&PURCHASE.replace("31.24", "77.5"));
    program.wait_for_text(&["paused · +1", "31.24"]);
    program.send(" ");
    program.wait_for_text(&["77.5"]);
    assert!(!program.contents().contains("paused"));
}

#[test]
fn a_filter_leaves_the_types_that_match_also_when_it_is_pasted() {
    let (_collector, mut program) = watching();
    program.send("/\x1b[200~vw\x1b[201~");
    program.wait_for("only the view", |screen| {
        let contents = screen.contents();
        contents.contains("1 of 2") && contents.contains("/coats")
    });
    program.send("\r\x1b");
    program.wait_for("both types", |screen| !screen.contents().contains("1 of 2"));
}

#[test]
fn the_inspector_folds_and_searches_and_stays_where_the_reader_is() {
    let (collector, mut program) = watching();
    program.send("\r0");
    program.wait_for("everything folded", |screen| !screen.contents().contains("\"45790-32\""));
    program.send(":unfold everything\r");
    program.wait_for_text(&["\"45790-32\""]);
    program.send("/sku");
    program.wait_for_text(&["1 of 1"]);
    program.send("\r");
    collector.accept(&PURCHASE.replace("31.24", "99"));
    program.wait_for_text(&["the past: 1 of 2", "31.24"]);
    program.send("f");
    program.wait_for("the newest event", |screen| {
        let contents = screen.contents();
        contents.contains("99") && !contents.contains("the past")
    });
    program.send("[");
    program.wait_for_text(&[r#""revenue":99"#]);
}

#[test]
fn the_reader_goes_back_in_time_and_is_live_again() {
    let (collector, mut program) = watching();
    for revenue in ["32", "33"] {
        collector.accept(&PURCHASE.replace("31.24", revenue));
        program.wait_for_text(&[&format!("{revenue}  was")]);
    }
    program.send("\r<<");
    program.wait_for_text(&["the past: 1 of 3", "31.24", "f is live again"]);
    collector.accept(&PURCHASE.replace("31.24", "34"));
    program.wait_for_text(&["the past: 1 of 4", "31.24"]);
    program.send("]]");
    program.wait_for_text(&["revenue 33 → 34", "revenue 31.24 → 32", "the first that was seen"]);
    program.send("kk\r");
    program.wait_for_text(&["the past: 3 of 4", "33  was 32"]);
    program.send("f");
    program.wait_for("the newest event", |screen| {
        let contents = screen.contents();
        contents.contains("34  was 33") && !contents.contains("the past")
    });
}

#[test]
fn a_marked_event_is_compared_with_one_of_another_type() {
    let (_collector, mut program) = watching();
    program.send("m");
    program.wait_for_text(&["◆ marked: m ends it"]);
    program.send("/view\r\r");
    program.wait_for_text(&["◆ purchase", "is marked"]);
    program.send("d");
    program.wait_for_text(&["from the marked purchase at", "page", "revenue", "products"]);
    program.send("m");
    program.wait_for_text(&["◆ marked: m ends it", "This is the marked event"]);
    program.send("m");
    program.wait_for("no mark", |screen| !screen.contents().contains('◆'));
}

#[test]
fn what_is_wrong_with_an_event_is_in_the_table_and_in_a_list_that_leads_to_the_field() {
    let (collector, mut program) = watching();
    program.wait_for_text(&["findings in 2 of 2 types"]);
    let bad = PURCHASE
        .replace("31.24", r#""$ 31.24","total":30"#)
        .replace("}]}", r#","bought_at":"2014-14-11T17:27:20+00:00"}]}"#);
    collector.accept(&bad);
    program.wait_for("findings in the table and in the log", |screen| {
        let contents = screen.contents();
        let in_table =
            contents.lines().any(|line| line.starts_with("│✗") && line.contains(" purchase ") && line.contains(" 5 "));
        in_table && contents.contains("bought_at: a date that does not exist")
    });
    program.send("\r0]]]");
    program.wait_for_text(&["products[0].bought_at", "error date-impossible", "expected", "docs"]);
    program.send("jj");
    program.wait_for_text(&["warning number-format", "fix       write 31.24"]);
    program.send("yf");
    let copied = program.wait_for_any_copy();
    let (event, finding) = copied.split_once('\n').unwrap();
    assert!(event.starts_with("purchase ") && event.contains(" event "), "{copied}");
    assert!(finding.starts_with("warning[number-format] /revenue\n"), "{copied}");
    program.send("g\r");
    program.wait_for("the field in the tree", |screen| {
        let contents = screen.contents();
        contents.contains("\"2014-14-11T17:27:20+00:00\"") && contents.contains(" products[0].bought_at ─")
    });
    program.send("XX");
    program.wait_for_text(&[" revenue ─"]);
}

#[test]
fn copying_puts_the_value_on_the_terminals_clipboard() {
    let (_collector, mut program) = watching();
    program.send("yt");
    assert_eq!(program.wait_for_copy("purchase"), Copied { plain: true, through_tmux: false });
    program.send("\r/revenue\ryv");
    program.wait_for_copy("31.24");
    program.wait_for_text(&["copied 5 bytes"]);
    program.send("yj");
    program.wait_for_copy(".revenue");
}

#[test]
fn inside_tmux_the_copy_is_sent_in_both_forms() {
    let (_collector, mut program) = watching_as(|launch| launch.env("TMUX", "/run/tmux-0/default,1,0"));
    program.send("yt");
    assert_eq!(program.wait_for_copy("purchase"), Copied { plain: true, through_tmux: true });
}

#[test]
fn a_copy_that_tmux_keeps_to_itself_is_not_claimed_until_tmux_is_told_to_pass_it_on() {
    let home = tempfile::tempdir().unwrap();
    let tmux = home.path().join("tmux");
    let says = home.path().join("says");
    // It answers as tmux does, and also with what it was started with.
    fs::write(&tmux, "#!/bin/sh\nprintf '%s' \"$CLICKSCOPE_EVENT_KEY\" > key; cat says\n").unwrap();
    fs::set_permissions(&tmux, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(&says, "external/off/xterm-256color\n").unwrap();
    let path = format!("{}:{}", home.path().display(), std::env::var("PATH").unwrap());
    let environment = |launch: Launch| launch.env("TMUX", "/run/tmux-0/default,1,0").env("PATH", &path).at_home(home);
    let (_collector, mut program) = watching_as(environment);
    program.send("yt");
    program.wait_for_text(&["not copied: first `tmux set -g set-clipboard on`"]);
    assert!(!program.contents().contains("copied 8 bytes"));
    fs::write(says, "on/off/xterm-256color\n").unwrap();
    program.send("yt");
    program.wait_for_text(&["copied 8 bytes"]);
    assert_eq!(fs::read_to_string(program.home().join("key")).unwrap(), "");
}

#[test]
fn printing_shows_the_value_on_the_plain_screen_until_a_key_is_pressed_and_leaves_it_there() {
    let (_collector, mut program) = watching();
    program.send("yE");
    program.wait_for("the event on the plain screen", |screen| {
        let contents = screen.contents();
        !screen.alternate_screen() && contents.contains(r#""revenue":31.24"#) && contents.contains("press any key")
    });
    program.send(" ");
    program.wait_for("the screen again", |screen| {
        screen.alternate_screen() && screen.contents().contains("Event types 2")
    });
    assert!(!program.contents().contains("paused"));
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_terminal_is_given_back();
    // The next output, such as the shell's prompt, goes below it.
    let contents = program.contents();
    let last: Vec<_> = contents.lines().rev().take(2).collect();
    assert!(
        matches!(last.as_slice(), [seen, "-- press any key to go back --"] if seen.contains("2 events of 2 types")),
        "{last:?}"
    );
    assert!(program.cursor_row() > program.contents().lines().count() - 1);
}

#[test]
fn a_click_selects_the_row_under_the_mouse() {
    let (_collector, mut program) = watching();
    let row = program.contents().lines().position(|line| line.starts_with('│') && line.contains(" view ")).unwrap();
    program.send(&format!("\x1b[<0;10;{}M", row + 1));
    program.wait_for_text(&["/coats"]);
}

#[test]
fn every_size_shows_what_fits_and_too_small_a_one_says_so() {
    let (_collector, mut program) = watching_as(|launch| launch.size(80, 24));
    program.wait_for_text(&["Event types 2", "31.24", "Stream", "? help"]);
    program.resize(60, 15);
    program.wait_for("one pane", |screen| {
        let contents = screen.contents();
        contents.contains("Event types 2") && !contents.contains("31.24")
    });
    program.resize(40, 8);
    program.wait_for_text(&["clickscope needs a terminal of"]);
    program.resize(1, 1);
    program.resize(160, 45);
    program.wait_for_text(&["Event types 2", "31.24", "Stream", "? help"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_terminal_is_given_back();
}

#[test]
fn nothing_that_came_over_the_wire_reaches_the_terminal_as_a_command() {
    let (collector, mut program) = watching();
    let hostile = r#"{"event":"purchase","customer_id":"1","note":"\u001b]0;owned\u0007\u001b[2J\u009b31m\u202eend"}"#;
    collector.accept(hostile);
    program.wait_for_text(&["owned"]);
    program.send("\r/note\ryV");
    program.wait_for_text(&["press any key"]);
    program.send(" q");
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_no_title_was_set();
}

#[test]
fn what_another_program_writes_is_watched_with_the_keys_of_the_terminal() {
    let lines = r#"printf '%s\n' '{"event":"tap","n":1,"email":"x"}' '{"event":"tap","n":2}' '{"event":"swipe"}'"#;
    let mut program = Launch::line(&format!("{lines} | clickscope watch --from - --no-rules")).start();
    program.wait_for_text(&["stream · standard input", "■ read to its end", "Event types 2", "swipe", "tap"]);
    program.press_until("j", "the other type", |screen| screen.contents().contains("was 1"));
    program.send("r");
    program.wait_for_text(&["nobody is asked for anything here"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_terminal_is_given_back();
}
