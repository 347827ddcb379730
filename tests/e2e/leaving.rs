//! However the program ends or stops, the terminal is as it was before.

use rustix::process::Signal;

use crate::collector::Collector;
use crate::harness::{Launch, Program};

/// The program at its first frame. Nobody listens at that address, and it need not matter here.
fn running() -> Program {
    shown(watch())
}

fn watch() -> Launch {
    Launch::clickscope(["watch", "--url", "http://127.0.0.1:9"])
}

fn shown(launch: Launch) -> Program {
    let program = launch.start();
    program.wait_for("the first frame", |screen| screen.alternate_screen() && screen.contents().contains("clickscope"));
    program
}

#[test]
fn the_key_to_leave_gives_the_terminal_back() {
    for key in ["q", "\x03"] {
        let mut program = running();
        program.send(key);
        assert_eq!(program.wait_for_exit(), 0, "{key:?}");
        program.assert_terminal_is_given_back();
    }
}

#[test]
fn a_signal_to_end_gives_the_terminal_back_and_is_told_by_the_exit_code() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        let mut program = running();
        program.signal(signal);
        assert_eq!(program.wait_for_exit(), 128 + signal.as_raw().unsigned_abs(), "{signal:?}");
        program.assert_terminal_is_given_back();
    }
}

#[test]
fn a_closed_terminal_ends_the_program() {
    assert_eq!(running().hang_up(), 129);
}

#[test]
fn a_closed_terminal_ends_the_program_also_when_no_signal_tells_of_it() {
    assert_eq!(shown(watch().without_hangup_signal()).hang_up(), 129);
}

#[test]
fn a_signal_ends_the_program_also_when_the_terminal_takes_no_more_output() {
    let mut program = running();
    program.stop_reading();
    // Each draws the whole screen: more than a terminal holds back.
    program.send(&"\x0c".repeat(200));
    program.signal(Signal::TERM);
    assert_eq!(program.wait_for_exit_unread(), 143);
    program.read_on();
    program.assert_terminal_is_given_back();
}

#[test]
fn a_terminal_that_shows_no_screen_gets_lines() {
    let collector = Collector::start();
    collector.accept(r#"{"event":"view","email":"jane@example.com","timestamp":"2014-14-11T17:27:20"}"#);
    let url = collector.url();
    for (command, seen) in [(&["watch", "--url", &url][..], "  view  new"), (&["demo"], "  identify  ")] {
        let mut program = Launch::clickscope(command.iter().copied()).env("TERM", "dumb").start();
        program.wait_for_text(&["TERM names no terminal", seen, "          ✗ "]);
        let escapes = program.output().contains(&0x1b);
        program.send("\x03");
        assert_eq!((program.wait_for_exit(), escapes), (130, false), "{command:?}");
    }
}

#[test]
fn lines_for_a_program_end_with_their_terminal_also_when_no_signal_tells_of_it() {
    let collector = Collector::start();
    let program = Launch::clickscope(["watch", "--json", "--url", &collector.url()]).without_hangup_signal().start();
    collector.accept(r#"{"event":"view","email":"jane@example.com"}"#);
    program.wait_for_text(&["\"view\""]);
    assert_eq!(program.hang_up(), 0);
}

#[test]
fn a_log_that_cannot_be_written_is_said() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(".local"), "in the way").unwrap();
    let program = shown(watch().at_home(home));
    program.wait_for_text(&["no log is written", "clickscope.log"]);
}

/// Debug builds panic where this variable says so.
#[cfg(debug_assertions)]
#[test]
fn a_panic_in_any_task_gives_the_terminal_back_and_is_told_after_it() {
    for place in ["event-loop", "task"] {
        let mut program = watch().env("CLICKSCOPE_PANIC", place).start();
        assert_eq!(program.wait_for_exit(), 101, "{place}");
        program.assert_terminal_is_given_back();
        let told = program.contents();
        assert!(told.contains("a bug") && told.contains("src/runtime/mod.rs"), "{told}");
        let log = std::fs::read_to_string(program.log()).unwrap();
        assert!(log.contains("panicked"), "{log}");
    }
}

#[test]
fn stopping_gives_the_terminal_to_the_shell_and_fg_brings_the_screen_back() {
    let stop_by_key = |program: &mut Program| program.send("\x1a");
    let stop_by_signal = |program: &mut Program| program.signal(Signal::TSTP);
    for stop in [&stop_by_key as &dyn Fn(&mut Program), &stop_by_signal] {
        let mut program = shown(watch().in_shell("echo in the $((1 + 1))nd; read line; fg; echo ended with $?"));
        stop(&mut program);
        program.wait_for("the shell", |screen| !screen.alternate_screen() && screen.contents().contains("in the 2nd"));
        program.assert_terminal_is_given_back();

        program.send("\r");
        program.wait_for("the screen again", |screen| {
            screen.alternate_screen() && screen.contents().contains("clickscope")
        });
        program.send("q");
        program.wait_for_text(&["ended with 0"]);
        assert_eq!(program.wait_for_exit(), 0);
        program.assert_terminal_is_given_back();
    }
}
