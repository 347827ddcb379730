//! What came between two polls, and what was found over the session, as a person sees it.

use crate::collector::Collector;
use crate::harness::{Launch, Program};

/// Watches a collector that knows one order, and polls when `r` is pressed.
fn watching(collector: &Collector, with_user_key: bool) -> Program {
    collector.accept(&order(1000));
    let launch = Launch::clickscope(["watch", "--url", &collector.url(), "--interval", "10min"]);
    let launch = if with_user_key { launch.env("CLICKSCOPE_USER_KEY", "any") } else { launch };
    let program = launch.start();
    program.wait_for_text(&["● live", "order 1000"]);
    if with_user_key {
        program.wait_for_text(&["recv"]);
    }
    program
}

fn order(number: u32) -> String {
    format!(r#"{{"event":"purchase","customer_id":"812123","order_id":"{number}"}}"#)
}

/// Opens the list of the past, at its oldest event.
fn open_history(program: &mut Program, first: &str) {
    program.send("\r]]");
    program.wait_for_text(&["History", first]);
    program.send("G");
}

#[test]
fn fifty_events_between_two_polls_are_all_captured_and_each_has_its_line() {
    let collector = Collector::start();
    let mut program = watching(&collector, true);
    (1001..=1050).for_each(|number| collector.accept(&order(number)));
    program.send("r");
    program.wait_for_text(&["History 51", "order 1050"]);
    program.wait_for("51 received and 51 captured", |screen| {
        screen.contents().lines().any(|line| line.contains("purchase") && line.matches(" 51").count() >= 2)
    });
    open_history(&mut program, r#"order_id "1049" → "1050""#);
    program.wait_for_text(&["the first that was seen", r#"order_id "1000" → "1001""#, "backfill"]);
    assert!(!program.contents().contains("lost"), "{}", program.contents());
    // In the stream too, the oldest below.
    program.send("\tzG");
    program.wait_for_text(&["order 1000", "order 1001", "order 1019"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
}

#[test]
fn of_eighty_events_thirty_are_lost_by_the_count_and_at_least_one_without() {
    let cases = [
        (true, "30 events lost before the", "30 lost before"),
        (false, "at least one event lost before the next one, unless exactly 50 came", "at least 1 lost"),
    ];
    for (with_user_key, in_stream, in_history) in cases {
        let collector = Collector::start();
        let mut program = watching(&collector, with_user_key);
        (1001..=1080).for_each(|number| collector.accept(&order(number)));
        program.send("r");
        program.wait_for_text(&["History 51", "order 1080"]);
        program.send("\t\tz");
        program.wait_for("the stream alone", |screen| !screen.contents().contains("Event types"));
        program.send("G");
        program.wait_for_text(&[in_stream, "order 1031", "order 1000"]);
        assert!(!program.contents().contains("order 1030"), "{}", program.contents());
        program.send("z");
        program.wait_for_text(&["Event types 1"]);
        program.send("\x1b");
        program.wait_for_text(&["↵ inspect"]);
        open_history(&mut program, r#"order_id "1079" → "1080""#);
        program.wait_for_text(&[in_history, "the first that was seen"]);
    }
}

#[test]
fn five_equal_events_in_a_row_are_five() {
    let collector = Collector::start();
    let mut program = watching(&collector, false);
    (0..5).for_each(|_| collector.accept(&order(7)));
    program.send("r");
    program.wait_for_text(&["History 6"]);
    program.send("\t\tz");
    program.wait_for("five lines in the stream, which is alone", |screen| {
        let contents = screen.contents();
        contents.matches(" order 7 ").count() == 5 && !contents.contains("Event types")
    });
    program.send("z");
    program.wait_for_text(&["Event types 1"]);
    program.send("\x1b");
    program.wait_for_text(&["↵ inspect"]);
    program.send("\r]]");
    program.wait_for_text(&["the first that was seen", r#"order_id "1000" → "7""#]);
}

#[test]
fn all_findings_of_the_session_are_in_one_list_that_leads_to_an_example() {
    let collector = Collector::start();
    let mut program = watching(&collector, false);
    for revenue in ["\"$ 31\"", "25", "\"$ 4\""] {
        collector.accept(&order(1001).replace('}', &format!(r#","revenue":{revenue}}}"#)));
    }
    collector.accept(r#"{"event":"view","customer_id":"undefined","sku":"a"}"#);
    program.send("r");
    program.wait_for_text(&["History 4", "view"]);
    program.send("!");
    program.wait_for_text(&["All findings of the session", "customer_id", "2 of 4", "\"$ 4\""]);
    // The cursor is looked for by what is said of its finding below the list.
    program.press_until("j", "the finding about the revenue", |screen| {
        let contents = screen.contents();
        contents.lines().any(|line| line.contains("number-format")) && contents.contains("in 2 of 4 events")
    });
    program.send("\r");
    program.wait_for("the example, at the field", |screen| {
        let contents = screen.contents();
        !contents.contains("All findings") && contents.contains("╭ purchase") && contents.contains("\"$ 4\"")
    });
}
