//! Whatever goes wrong with the server, the screen says what and what to do, and keeps the last good data.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::process::Signal;

use crate::collector::Collector;
use crate::harness::{Launch, Program};

/// The program with one type on the screen.
fn watching(collector: &Collector) -> Program {
    collector.accept(r#"{"event":"purchase","customer_id":"812123","revenue":31.24}"#);
    let program = Launch::clickscope(["watch", "--url", &collector.url(), "--interval", "250ms"]).start();
    program.wait_for_text(&["● live", "purchase", "31.24"]);
    program
}

#[test]
fn every_fault_is_told_with_the_last_good_data_on_the_screen_and_is_over_when_it_is_over() {
    let faults: [(&str, &[&str]); 11] = [
        ("status=401", &["refused", "Event key", "r tries again"]),
        ("status=403", &["refused", "Event key", "r tries again"]),
        ("status=404", &["404", "check --url", "trying again"]),
        ("status=429", &["429", "too many requests", "trying again"]),
        ("status=503", &["503", "trouble of its own", "trying again"]),
        ("truncate", &["too early", "trying again"]),
        ("reset", &["connection", "trying again"]),
        ("garbage", &["cannot be read", "trying again"]),
        ("html", &["web page", "trying again"]),
        ("oversize=70000000", &["larger than 64 MiB", "trying again"]),
        ("redirect=http://127.0.0.1:9/elsewhere", &["redirect to http://127.0.0.1:9", "key was not sent"]),
    ];
    let collector = Collector::start();
    let mut program = watching(&collector);
    for (fault, told) in faults {
        collector.fault(fault);
        program.wait_for_text(told);
        program.wait_for_text(&["stale since", "purchase", "31.24"]);
        collector.fault("");
        // Not waiting for the next poll that is due by itself, which may be some seconds away, or never come.
        program.send("r");
        program.wait_for("the connection again", |screen| {
            let contents = screen.contents();
            contents.contains("● live") && !contents.contains("stale since")
        });
    }
}

#[test]
fn an_answer_that_does_not_come_keeps_neither_keys_nor_a_signal_waiting() {
    for fault in ["delay=1h", "slow-body=1h"] {
        let collector = Collector::start();
        let mut program = watching(&collector);
        collector.fault(fault);
        program.send("/nothing");
        program.wait_for_text(&["0 of 1"]);
        program.send("\x1b");
        program.wait_for_text(&["31.24"]);
        program.signal(Signal::TERM);
        assert_eq!(program.wait_for_exit(), 143, "{fault}");
        program.assert_terminal_is_given_back();
    }
}

#[test]
fn a_server_that_is_gone_is_told_and_found_again() {
    let collector = Collector::start();
    let mut program = watching(&collector);
    let address = collector.end();
    program.wait_for_text(&["nothing listens at 127.0.0.1", "clickscope sandbox", "stale since", "31.24"]);

    let again = Collector::start_at(address);
    again.accept(r#"{"event":"view","customer_id":"812123"}"#);
    program.send("r");
    program.wait_for_text(&["● live", "view"]);
}

#[test]
fn the_key_is_nowhere_on_the_screen_nor_in_the_log() {
    let collector = Collector::start();
    collector.fault("status=401");
    let key = "evt-5ecret-0123456789";
    let url = collector.url();
    let launch = Launch::clickscope(["watch", "--url", &url]).env("CLICKSCOPE_EVENT_KEY", key);
    let mut program = launch.env("CLICKSCOPE_LOG", "trace").start();
    program.wait_for_text(&["refused", "Event key"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    let log = fs::read_to_string(program.log()).unwrap();
    assert!(log.contains("started") && log.contains("a poll failed"), "{log}");
    let written = String::from_utf8_lossy(&program.output()).into_owned();
    for text in [log, written] {
        // As it is, and as the header carries it, whatever the header's beginning.
        assert!(!text.contains(key) && !text.contains("ZXZ0LTVlY3JldC"), "{text}");
    }
}

#[test]
fn a_key_in_an_answer_that_cannot_be_read_is_on_no_screen_and_in_no_log() {
    let key = "evt-5ecret-0123456789";
    let basic = STANDARD.encode(format!("{key}:"));
    let said = format!("you sent Basic {basic}, which is {key} or %65vt%2D5ecret-0123456789");
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let length = said.len();
            // The program may be gone.
            drop(write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{said}"));
        }
    });
    let launch = Launch::clickscope(["watch", "--url", &url]).env("CLICKSCOPE_EVENT_KEY", key);
    let mut program = launch.env("CLICKSCOPE_LOG", "trace").start();
    program.wait_for_text(&["cannot be read", "you sent Basic [key], which is [key] or [key]"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    let log = fs::read_to_string(program.log()).unwrap();
    assert!(log.contains("a poll failed"), "{log}");
    let written = String::from_utf8_lossy(&program.output()).into_owned();
    for text in [log, written] {
        assert!(!text.contains("5ecret") && !text.contains(&basic[..8]), "{text}");
    }
}
