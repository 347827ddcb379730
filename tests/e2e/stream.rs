//! The stream and the steps, as a person uses them.

use crate::collector::Collector;
use crate::harness::{Launch, Program};

fn watching(collector: &Collector, columns: u16, rows: u16) -> Program {
    let launch = Launch::clickscope(["watch", "--url", &collector.url(), "--interval", "250ms"]);
    let program = launch.size(columns, rows).start();
    program.wait_for_text(&["● live", "Stream"]);
    program
}

/// The rest of the line that begins with a type, after the marks in front of it.
fn row_of<'s>(contents: &'s str, name: &str) -> Option<&'s str> {
    let mut rows = contents.lines().filter(|line| line.starts_with('│'));
    let row = rows.find_map(|line| line.split_once(&format!(" {name} ")).map(|(_, rest)| rest));
    // What stands in the inspector beside it is not of the row.
    row.and_then(|row| row.split('│').next())
}

#[test]
fn a_click_that_fires_twice_is_seen_at_once() {
    let order = |number: u32| format!(r#"{{"event":"purchase","customer_id":"812123","order_id":"{number}"}}"#);
    let collector = Collector::start();
    collector.accept(&order(1));
    collector.accept(r#"{"event":"view","customer_id":"812123","sku":"a"}"#);
    let mut program = watching(&collector, 80, 24);
    program.wait_for_text(&["Event types 2"]);
    program.send("b");
    program.wait_for_text(&["── step 1 · ", "step"]);
    collector.accept(&order(2));
    program.wait_for("the first of the step", |screen| {
        row_of(&screen.contents(), "purchase").is_some_and(|row| row.contains("+1"))
    });
    collector.accept(&order(3));
    program.wait_for("the second of the step", |screen| {
        row_of(&screen.contents(), "purchase").is_some_and(|row| row.contains("+2"))
    });
    assert!(!row_of(&program.contents(), "view").unwrap().contains('+'), "{}", program.contents());
    program.send("b");
    program.wait_for("a new step", |screen| {
        let contents = screen.contents();
        contents.contains("── step 2 · ") && row_of(&contents, "purchase").is_some_and(|row| !row.contains('+'))
    });
    program.send(":end the step\r");
    program.wait_for_text(&["step 2 has ended"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
}

#[test]
fn one_visitor_s_journey_is_read_in_the_stream_and_each_event_of_it_as_it_was() {
    let collector = Collector::start();
    let mut program = watching(&collector, 120, 36);
    let journey = [
        (r#"{"event":"view","customer_id":"812123","sku":"beans"}"#, "sku beans"),
        (r#"{"event":"view","customer_id":"999","sku":"mugs"}"#, "sku mugs"),
        (r#"{"event":"view","customer_id":"812123","sku":"filters"}"#, "sku filters"),
        (r#"{"event":"purchase","customer_id":"812123","order_id":"50314","revenue":25}"#, "order 50314"),
    ];
    for (event, line) in journey {
        collector.accept(event);
        program.wait_for_text(&[line]);
    }
    program.send("\t\tz");
    program.wait_for("the stream alone", |screen| !screen.contents().contains("Event types"));
    // Of a purchase the order comes first, then the customer.
    program.press_until("*", "the customer's events", |screen| {
        let contents = screen.contents();
        contents.contains("* customer_id 812123 · 3 of 4 events, 2 types · esc shows all")
            && !contents.contains("sku mugs")
            && contents.contains("sku filters")
    });
    program.wait_for_text(&["sku beans", "order 50314"]);
    // The first that the customer did is the last of the lines.
    program.send("G\r");
    program.wait_for_text(&["╭ view ─", "\"beans\""]);
    program.send("\x1b");
    program.wait_for_text(&["* customer_id 812123", "╭ Stream · 4 of"]);
    program.send("z");
    program.wait_for_text(&["Event types 2"]);
    program.send("\x1b");
    program.wait_for("all of it", |screen| {
        let contents = screen.contents();
        contents.contains("sku mugs") && !contents.contains("esc shows all")
    });
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
}
