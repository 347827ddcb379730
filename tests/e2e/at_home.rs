//! What the config file says for the person at the keyboard: profiles to switch between, keys, the mouse, the theme.

use std::fs;

use tempfile::TempDir;
use vt100::Color;

use crate::collector::Collector;
use crate::harness::Launch;

/// A home with this config file.
pub(crate) fn home(config: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/clickscope");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), config).unwrap();
    home
}

#[test]
fn another_profile_is_watched_and_what_was_typed_and_recorded_is_kept() {
    let (one, two) = (Collector::start(), Collector::start());
    one.accept(r#"{"event":"view","cookie":"c"}"#);
    two.accept(r#"{"event":"purchase","cookie":"c"}"#);
    let config = format!(
        "[profiles.one]\nurl = \"{}\"\n[profiles.two]\nurl = \"{}\"\n\
         [profiles.none]\nurl = \"{}\"\nevent_key_file = \"nowhere\"\n",
        one.url(),
        two.url(),
        two.url()
    );
    let arguments = ["watch", "--profile", "one", "--record", "tape.ndjson"];
    let mut program = Launch::clickscope(arguments).at_home(home(&config)).start();
    program.wait_for_text(&["one · local", "● live", "view"]);
    program.send("can\\ empty\\ draft\r");
    program.wait_for_text(&["Compose new draft", "line 1 of 1, column 1"]);
    program.send("{\"kept\": 1}\x1b");
    program.wait_for("the composer closed", |screen| !screen.contents().contains(" Compose "));

    program.send(":profile to switch to two\r");
    program.wait_for_text(&["two · local", "● live", "purchase"]);
    let tape = fs::read_to_string(program.home().join("tape.ndjson")).unwrap();
    assert!(tape.ends_with('\n') && tape.contains("\"view\"") && !tape.contains("\"purchase\""), "{tape}");
    let drafts = program.home().join(".local/state/clickscope/drafts/one");
    let draft = fs::read_dir(drafts).unwrap().next().unwrap().unwrap().path();
    assert!(fs::read_to_string(draft).unwrap().contains("kept"));

    program.send(":profile to switch to none\r");
    program.wait_for_text(&["two · local", "none cannot be watched"]);
    program.send("q");
    assert_eq!(program.wait_for_exit(), 0);
    program.assert_terminal_is_given_back();
}

#[test]
fn keys_of_ones_own_are_shown_and_the_mouse_is_let_go() {
    let collector = Collector::start();
    let home = home("[keys]\ncompose = \"C\"\n[mouse]\ncapture = false\n");
    let mut program = Launch::clickscope(["watch", "--url", &collector.url()]).at_home(home).start();
    program.wait_for_text(&["● live", " C compose"]);
    let hears_mouse = |output: Vec<u8>| output.windows(8).any(|bytes| bytes == b"\x1b[?1000h");
    assert!(!hears_mouse(program.output()));
    program.send("T");
    program.wait_for_text(&["the mouse works here again"]);
    assert!(hears_mouse(program.output()));
    program.send("C");
    program.wait_for_text(&["search:"]);
}

#[test]
fn the_terminal_is_asked_for_its_background_behind_the_first_frame_and_no_key_is_lost() {
    let collector = Collector::start();
    let mut program = Launch::clickscope(["watch", "--url", &collector.url()]).env("COLORTERM", "truecolor").start();
    program.wait_for_text(&["● live"]);
    let output = program.output();
    let place = |wanted: &[u8]| output.windows(wanted.len()).position(|bytes| bytes == wanted);
    assert!(place(b"\x1b]11;?\x1b\\").unwrap() > place(b"\x1b[?2026l").unwrap());
    let is = |r, g, b| move |screen: &vt100::Screen| screen.cell(0, 0).unwrap().bgcolor() == Color::Rgb(r, g, b);
    program.wait_for("a dark background", is(0x15, 0x18, 0x1e));
    program.send("\x1b]11;rgb:ffff/ffff/ffff\x1b\\?");
    program.wait_for("a light background", is(0xfb, 0xfb, 0xf9));
    program.wait_for_text(&[" Keys "]);

    let arguments = ["watch", "--url", &collector.url(), "--theme", "dark"];
    let program = Launch::clickscope(arguments).env("COLORTERM", "truecolor").env("NO_COLOR", "1").start();
    program.wait_for("a dark background", is(0x15, 0x18, 0x1e));
    program.wait_for_text(&["● live"]);
    assert!(!program.output().windows(5).any(|bytes| bytes == b"\x1b]11;"), "who chose is not asked");
}
