//! Collectors on the screen: what they were sent, also what they refused.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::collector::Collector;
use crate::harness::{Launch, Program};

const BULK: &str =
    r#"{"events":[{"event":"view","customer_id":"1"},{"event":"kiln fired","customer_id":"undefined"}]}"#;

/// The answer of a collector at `address` to a body.
fn post(address: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic YW55Og==\r\nUser-Agent: shop/1.2\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Where the collector on that screen listens.
fn address(program: &Program) -> String {
    program.wait_for_text(&["collector · http://127.0.0.1:", "● listening"]);
    let screen = program.contents();
    let (_, rest) = screen.split_once("http://").unwrap();
    rest.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':')).collect()
}

#[test]
fn a_collector_shows_every_request_and_leads_from_a_refused_one_to_the_composer() {
    let mut program = Launch::clickscope(["sandbox", "--listen", "127.0.0.1:0"]).size(140, 40).start();
    let address = address(&program);
    assert!(
        post(&address, "/api/v1/event", r#"{"event":"view","customer_id":"1","sku":"a"}"#).starts_with("HTTP/1.1 200")
    );
    assert!(post(&address, "/api/v1/bulkevents", BULK).starts_with("HTTP/1.1 422"));
    program.wait_for_text(&["2 requests · 1 refused", "kiln fired", "POST /api/v1/bulkevents · 422 · 2 events"]);
    program.send("R");
    program.wait_for_text(&[
        "Requests 2 · 1 refused",
        "shop/1.2",
        "✗ events[1].event \"kiln fired\"",
        "events[1] event:",
    ]);
    program.send("\r");
    program.wait_for_text(&["authorization: [key]", "What is wrong", "events[1] customer_id"]);
    program.send("\x1b");
    program.wait_for("the list alone", |screen| !screen.contents().contains("What is wrong"));
    program.send("e");
    program.wait_for_text(&["\"event\": \"kiln fired\""]);
    program.send("\x1b");
    program.wait_for("the composer closed", |screen| !screen.contents().contains("\"event\": \"kiln fired\""));
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_terminal_is_given_back();
    assert!(TcpStream::connect(&address).is_err(), "the collector ends with its screen");
}

#[test]
fn who_watches_a_collector_of_another_process_sees_what_it_refused() {
    let collector = Collector::start();
    let url = collector.url();
    let address = url.strip_prefix("http://").unwrap();
    post(address, "/api/v1/bulkevents", BULK);
    let mut program = Launch::clickscope(["--url", &url, "--interval", "250ms"]).size(140, 40).start();
    program.wait_for_text(&["● live", "POST /api/v1/bulkevents · 422", "kiln fired"]);
    post(address, "/customers", "{}");
    program.wait_for_text(&["POST /customers · 404 · no such path"]);
    program.send("R");
    program.wait_for_text(&["Requests 2 · 2 refused"]);
}

#[test]
fn what_is_held_on_the_screen_goes_on_with_a_key_and_is_proved() {
    let upstream = Collector::start();
    let arguments = ["sandbox", "--listen", "127.0.0.1:0", "--hold", "--prove", "--interval", "250ms", "--forward"];
    let url = upstream.url();
    let arguments = [&arguments[..], &[&url]].concat();
    let mut program = Launch::clickscope(arguments).env("CLICKSCOPE_EVENT_KEY", "any").size(140, 40).start();
    let address = address(&program);
    let sender = std::thread::spawn({
        let address = address.clone();
        move || post(&address, "/api/v1/event", r#"{"event":"view","customer_id":"1","sku":"a"}"#)
    });
    program.wait_for_text(&["1 held"]);
    program.send("R");
    program.wait_for_text(&["POST /api/v1/event is held"]);
    program.send(".");
    assert!(sender.join().unwrap().starts_with("HTTP/1.1 200"));
    program.wait_for_text(&["Requests 1"]);
    program.wait_for("nothing held", |screen| !screen.contents().contains("held"));
    program.wait_for_text(&["view probably seen after"]);
    program.send("\x1b");
    program.wait_for("the list closed", |screen| !screen.contents().contains("Requests 1"));
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
}

#[test]
fn a_collector_that_speaks_https_is_sent_to_from_its_own_screen() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    let arguments = ["sandbox", "--listen", "127.0.0.1:0", "--tls", "--tls-ca", authority.to_str().unwrap()];
    let mut program = Launch::clickscope(arguments).size(140, 40).start();
    program.wait_for_text(&["collector · https://127.0.0.1:", "● listening"]);
    program.send("c");
    program.wait_for_text(&["purchase"]);
    program.send("view\r");
    program.wait_for_text(&["Compose", "\"event\": \"view\""]);
    program.send("\x13");
    program.wait_for_text(&["seen after"]);
}
