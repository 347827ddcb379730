//! A draft goes to the user's own editor and comes back, and the terminal with it.

use std::fs;

use rustix::process::Signal;

use crate::harness::{Launch, Program};

/// The program with this editor. Nobody listens at that address, and it need not matter here.
fn with_editor(editor: &str) -> Launch {
    Launch::clickscope(["watch", "--url", "http://127.0.0.1:9"]).env("EDITOR", editor)
}

const OPEN_EDITOR: &str = "\x0f";

/// Opens a draft in the composer and hands it to the editor.
fn edit(launch: Launch) -> Program {
    let mut program = launch.start();
    program.wait_for_text(&["clickscope", "? help"]);
    program.send("c^view\\ new$\r");
    program.wait_for_text(&["Compose view"]);
    program.send(OPEN_EDITOR);
    program
}

/// Waits until an editor was opened for the `time`th time; what the earlier ones wrote is still there.
fn wait_for_editor(program: &Program, time: usize) {
    program.wait_for("the editor", |screen| {
        !screen.alternate_screen() && screen.contents().matches("in the editor").count() == time
    });
}

fn wait_for_composer(program: &Program, text: &str) {
    program.wait_for("the composer", |screen| screen.alternate_screen() && screen.contents().contains(text));
}

/// Closes the composer, and then the program.
fn leave(program: &mut Program) {
    program.send("\x1b");
    program.wait_for("the composer closed", |screen| !screen.contents().contains("Compose"));
    program.send("q");
}

/// Shows that it is there, and takes a line in its place.
const ASKING: &str = r#"sh -c 'echo "in the editor"; read -r line; echo "$line" > "$1"' sh"#;

#[test]
fn the_editor_has_the_keys_and_the_plain_terminal_and_what_it_saves_is_the_draft() {
    let mut program = edit(with_editor(ASKING));
    for round in 1..=2 {
        wait_for_editor(&program, round);
        program.assert_terminal_is_given_back();
        program.send(&format!("{{\"event\":\"typed{round}\"}}\r"));
        wait_for_composer(&program, &format!("typed{round}"));
        program.send(OPEN_EDITOR);
    }
    wait_for_editor(&program, 3);
    program.resize(100, 30);
    program.send("{\"event\":\"last\"}\r");
    wait_for_composer(&program, "last");
    leave(&mut program);
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_terminal_is_given_back();
}

#[test]
fn the_editor_is_started_without_the_keys_and_a_key_that_it_leaves_is_taken_out() {
    const KEY: &str = "0123456789abcdef0123456789abcdef";
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join(".config/clickscope");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), "[profiles.staging]\nregion = \"us\"\nevent_key = \"STAGING_KEY\"\n")
        .unwrap();
    let editor = r#"sh -c 'env > "$HOME/environment"; echo "[\"$LEFT\", \"edited\"]" > "$1"' sh"#;
    let launch = with_editor(editor)
        .env("CLICKSCOPE_EVENT_KEY", KEY)
        .env("CLICKSCOPE_USER_KEY", "another-secret-key")
        .env("STAGING_KEY", "secret-of-staging")
        .env("LEFT", &format!("{}secret-of-staging", KEY.to_uppercase()));
    let program = edit(launch.at_home(home));
    wait_for_composer(&program, r#"["[key][key]", "edited"]"#);
    program.wait_for_draft(r#"["[key][key]", "edited"]"#);
    let environment = fs::read_to_string(program.home().join("environment")).unwrap();
    assert!(environment.contains("EDITOR=") && !environment.contains("_KEY="), "{environment}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_crash_leaves_no_image_of_the_memory() {
    let program = with_editor("true").start();
    program.wait_for_text(&["clickscope", "? help"]);
    let limits = fs::read_to_string(format!("/proc/{}/limits", program.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
}

#[test]
fn the_interrupt_key_ends_the_editor_and_nothing_else() {
    let mut program = edit(with_editor("echo in the editor; exec sleep 1000; true"));
    wait_for_editor(&program, 1);
    program.send("\x03");
    wait_for_composer(&program, "was ended by signal 2");
    leave(&mut program);
    assert_eq!(program.wait_for_exit(), 0);
}

#[test]
fn an_editor_that_is_not_there_is_named_and_the_draft_stays() {
    let mut program = edit(with_editor("no-such-editor --wait"));
    wait_for_composer(&program, "`no-such-editor --wait` was not found");
    assert_eq!(fs::read_dir(program.drafts()).unwrap().count(), 1);
    leave(&mut program);
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_terminal_is_given_back();
}

/// The end of the program is seen when nobody holds the terminal any more, so the editor must be gone as well.
#[test]
fn a_signal_to_end_ends_the_editor_too() {
    for signal in [Signal::TERM, Signal::HUP] {
        let mut program = edit(with_editor("echo in the editor; exec sleep 1000; true"));
        wait_for_editor(&program, 1);
        program.signal(signal);
        assert_eq!(program.wait_for_exit(), 128 + signal.as_raw().unsigned_abs(), "{signal:?}");
        program.assert_terminal_is_given_back();
    }
}

#[test]
fn a_stopped_editor_stops_the_program_and_both_go_on_together() {
    let launch = with_editor(ASKING).in_shell("echo in the $((1 + 1))nd; read line; fg; echo ended with $?");
    let mut program = edit(launch);
    wait_for_editor(&program, 1);
    program.send("\x1a");
    program.wait_for_text(&["in the 2nd"]);
    program.press_until("\r", "the editor again", |screen| screen.contents().lines().count() > 3);
    program.send("{\"event\":\"typed\"}\r");
    wait_for_composer(&program, "typed");
    leave(&mut program);
    program.wait_for_text(&["ended with 0"]);
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_terminal_is_given_back();
}
