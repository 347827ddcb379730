//! `expect` at a terminal: the command has it while it runs, and it is as before when that ends, however that is.

use crate::collector::Collector;
use crate::harness::{Launch, Program};

/// `expect` around a command in a shell.
fn around(collector: &Collector, options: &[&str], script: &str) -> Program {
    let url = collector.url();
    let mut arguments = vec!["expect", "view", "--within", "1s", "--url", &url];
    arguments.extend(options);
    arguments.extend(["--", "sh", "-c", script]);
    Launch::clickscope(arguments).start()
}

#[test]
fn a_command_that_is_ended_leaves_the_terminal_as_it_was() {
    let collector = Collector::start();
    let mut program = around(&collector, &["--timeout", "1s"], "stty raw -echo; echo begun; sleep 600");
    program.wait_for_text(&["begun"]);
    assert_eq!(program.wait_for_exit(), 124);
    program.assert_terminal_is_given_back();
    program.assert_told("the command took longer than 1 s and was ended");
}

#[test]
fn an_interrupt_from_the_keyboard_is_for_the_command() {
    let collector = Collector::start();
    let mut program = around(&collector, &[], "stty -echo; echo begun; sleep 600");
    program.wait_for_text(&["begun"]);
    program.send("\x03");
    assert_eq!(program.wait_for_exit(), 130);
    program.assert_terminal_is_given_back();
}

#[test]
fn a_command_reads_what_is_typed() {
    let collector = Collector::start();
    let mut program = around(&collector, &[], "echo begun; read line; echo \"got <$line>\"");
    program.wait_for_text(&["begun"]);
    program.send("hello\r");
    program.wait_for_text(&["got <hello>"]);
    assert_eq!(program.wait_for_exit(), 3);
    program.assert_terminal_is_given_back();
}

#[test]
fn a_command_that_is_stopped_gives_the_shell_its_terminal_and_goes_on_in_the_foreground() {
    let collector = Collector::start();
    let url = collector.url();
    let launch = Launch::clickscope(["expect", "view", "--within", "1s", "--url", &url, "--", "cat"]);
    let mut program = launch.in_shell("echo shell has it; fg; echo ended with $?").start();
    program.press_until("one\r", "what is typed, twice", |screen| screen.contents().contains("one\none"));
    program.send("\x1a");
    program.wait_for_text(&["shell has it"]);
    program.press_until("two\r", "what is typed, twice", |screen| screen.contents().contains("two\ntwo"));
    program.send("\x04");
    program.wait_for_text(&["ended with 3"]);
    program.wait_for_exit();
}
