//! Queries over the event in view and over the session, as a person types them.

use crate::collector::Collector;
use crate::harness::{Launch, Program};

const PURCHASE: &str = r#"{"event":"purchase","customer_id":"812123","revenue":31.24,"products":[{"sku":"45790-32"}]}"#;
const VIEW: &str = r#"{"event":"view","customer_id":"4","page":"/coats"}"#;

/// A collector that knows two types, and the program that shows them, with `purchase` selected.
fn watching() -> (Collector, Program) {
    let collector = Collector::start();
    collector.accept(VIEW);
    collector.accept(PURCHASE);
    let mut program = Launch::clickscope(["watch", "--url", &collector.url(), "--interval", "250ms"]).start();
    program.wait_for_text(&["● live", "purchase", "view"]);
    program.send("/purch\r");
    program.wait_for_text(&["1 of 2", "31.24"]);
    program.send("\x1b");
    program.wait_for("both types", |screen| !screen.contents().contains("1 of 2"));
    (collector, program)
}

#[test]
fn a_query_gives_values_as_it_is_typed_and_then_narrows_the_session() {
    let (collector, mut program) = watching();
    program.send("|.products[].sk");
    program.wait_for_text(&["Query over purchase", "null", "not true of this event"]);
    program.send("u");
    program.wait_for_text(&["1 value · it is true of this event", "\"45790-32\""]);
    program.send("\x15revenue > 30");
    program.wait_for_text(&["^^^^^^^", "there is no function revenue: a field is written .revenue"]);
    // What is wrong stays on the screen, and so does everything else.
    program.send("\r");
    program.wait_for_text(&["Query over purchase", "a field is written .revenue"]);
    program.send("\x15select(.revenue > 30)\r");
    program.wait_for_text(&["| select(.revenue > 30) · 1 of 2 events, 1 type · esc shows all", "Event types 1 of 2"]);
    collector.accept(&PURCHASE.replace("31.24", "12"));
    program.wait_for_text(&["1 of 3 events", "31.24"]);
    collector.accept(&PURCHASE.replace("31.24", "99.5"));
    program.wait_for_text(&["2 of 4 events", "99.5"]);
    program.send("\x1b");
    program.wait_for("all types", |screen| {
        let contents = screen.contents();
        contents.contains("Event types 2") && !contents.contains("| select")
    });
    // The line has what was typed before.
    program.send("|\x1b[A");
    program.wait_for_text(&["select(.revenue > 30)"]);
    program.press_until("\x1b", "the line closed", |screen| !screen.contents().contains("Query over"));
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_terminal_is_given_back();
}

#[test]
fn a_query_without_end_is_ended_while_the_screen_stays_whole() {
    let (collector, mut program) = watching();
    program.send("|def f: 1 + f; f");
    program.wait_for_text(&["stopped: it needs more memory than 512 MiB, or calls itself without end"]);
    program.send("\x15last(repeat(1))");
    program.wait_for_text(&["evaluating; esc stops it"]);
    program.send("\x1b");
    program.wait_for_text(&["stopped", "Query over purchase"]);
    program.send("\x15[limit(1e12; repeat(\"x\" * 1000))]");
    program.wait_for_text(&["stopped: it"]);
    program.send("\x15.revenue");
    program.wait_for_text(&["1 value", "31.24"]);
    // Over the session it is told in the footer, and nothing is narrowed.
    program.send("\x15last(repeat(1))\r");
    program.wait_for_text(&["stopped: it took more than 2 s for one event"]);
    collector.accept(&PURCHASE.replace("31.24", "77.5"));
    program.wait_for_text(&["77.5", "Event types 2", "● live"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_terminal_is_given_back();
}

#[test]
fn an_asterisk_leaves_the_events_with_the_value_under_the_cursor() {
    let (_collector, mut program) = watching();
    program.send("\r/customer\r*");
    program.wait_for_text(&[r#"| select(.customer_id == "812123") · 1 of 2 events, 1 type"#, "Event types 1 of 2"]);
    program.press_until("\x1b", "all types", |screen| screen.contents().contains("Event types 2"));
}

#[test]
fn a_search_goes_on_in_the_other_events_that_are_held() {
    let (collector, mut program) = watching();
    collector.accept(&PURCHASE.replace("45790-32", "99999-99"));
    program.wait_for_text(&["99999-99"]);
    program.send("\r/45790\r");
    program.wait_for_text(&["45790-32", "match 1 of 1"]);
    program.send("/\x15/coats\r");
    program.wait_for_text(&["/coats", "match 1 of 1"]);
    program.send("/\x15nothing like it\r");
    program.wait_for_text(&["no event that is held has it"]);
}
