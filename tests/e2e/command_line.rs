//! Sending from the command line, as a person sees it.

use std::fs;

use crate::collector::Collector;
use crate::harness::Launch;

#[test]
fn production_takes_the_word_typed_on_the_terminal_and_no_other() {
    let collector = Collector::start();
    let settings = tempfile::tempdir().unwrap();
    fs::create_dir(settings.path().join("clickscope")).unwrap();
    let profile = format!("[profiles.live]\nurl = \"{}\"\nenvironment = \"production\"\n", collector.url());
    fs::write(settings.path().join("clickscope/config.toml"), profile).unwrap();
    let send = || {
        let launch = Launch::clickscope(["send", "purchase", "--profile", "live"]);
        launch.env("XDG_CONFIG_HOME", settings.path().to_str().unwrap()).start()
    };
    for (typed, code, told) in [("yes\r", 2, "nothing was sent"), ("production\r", 0, "sent purchase: 200")] {
        let mut program = send();
        program.wait_for_text(&["trigger messages to customers: purchase", "type production to send:"]);
        program.send(typed);
        assert_eq!(program.wait_for_exit(), code, "{typed:?}");
        assert!(program.contents().contains(told), "{}", program.contents());
    }
}

#[test]
fn many_events_show_how_far_they_are_and_an_interrupt_says_how_to_go_on() {
    let collector = Collector::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    fs::write(&path, "{\"event\":\"view\",\"email\":\"a@example.com\"}\n".repeat(10_000)).unwrap();
    let mut program = Launch::clickscope(["send", path.to_str().unwrap(), "--url", &collector.url()]).start();
    program.wait_for("the progress", |screen| {
        let contents = screen.contents();
        contents.contains("events · ") && contents.contains("/s · ") && contents.contains(" left")
    });
    program.send("\x03");
    assert_eq!(program.wait_for_exit(), 130);
    let contents = program.contents();
    assert!(contents.contains(" events went out; to resume with the rest, add --skip "), "{contents}");
    program.assert_terminal_is_given_back();
}
