//! What a shell is offered at the cursor.

use std::fs;
use std::process::Stdio;

use tempfile::TempDir;

use crate::{clickscope, text};

/// A home with profiles, of which the keys cannot be had without being told of it, a template, and a plan.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("clickscope");
    fs::create_dir_all(folder.join("templates")).unwrap();
    fs::create_dir_all(folder.join("plan")).unwrap();
    fs::write(folder.join("templates/my_order.json"), r#"{"event": "purchase"}"#).unwrap();
    fs::write(folder.join("plan/kiln_fired.json"), "{}").unwrap();
    let asked = home.path().join("asked").display().to_string();
    // What others may have written is not what a shell is given to run.
    fs::write(folder.join("plan/kiln;reboot.json"), "{}").unwrap();
    let config = format!(
        "profile = \"staging\"\n[profiles.staging]\nplan = \"plan\"\nevent_key_command = \"touch {asked}\"\n\
         [profiles.live]\n"
    );
    fs::write(folder.join("config.toml"), config).unwrap();
    home
}

/// What is offered for the last of these words.
fn offered(home: &TempDir, shell: &str, words: &[&str]) -> Vec<String> {
    let index = words.len().to_string();
    let mut command = clickscope(&[&["--", "clickscope"], words].concat());
    command.env("_CLICKSCOPE_COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", index).env("_CLAP_IFS", "\n");
    let output = command
        .env("XDG_CONFIG_HOME", home.path())
        .env("XDG_STATE_HOME", home.path())
        .current_dir(home.path())
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{words:?}: {}", text(&output.stderr));
    assert!(!home.path().join("asked").exists(), "a command of the config file was run");
    text(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn rules_templates_types_and_profiles_are_offered_as_the_program_knows_them() {
    let home = home();
    fs::write(home.path().join("purchases.ndjson"), "").unwrap();
    let tapes = home.path().join("clickscope/tapes");
    fs::create_dir_all(&tapes).unwrap();
    let tape = "{\"record\":\"tape\"}\n{\"record\":\"event\",\"type\":\"kiln_cooled\"}\n{\"record\":\"event\",\"type\":\"kiln`x`\"}\n";
    fs::write(tapes.join("staging-1.ndjson"), tape).unwrap();
    let cases: &[(&[&str], &[&str])] = &[
        (&["explain", "date-i"], &["date-impossible", "date-implausible"]),
        (&["lint", "-A", "order-t"], &["order-twice"]),
        (&["send", "purch"], &["purchase", "purchases.ndjson"]),
        (&["send", "my_"], &["my_order"]),
        (&["templates", "my_"], &["my_order"]),
        (&["--profile", ""], &["live", "staging"]),
        (&["watch", "--profile", "s"], &["staging"]),
        (&["lint", "purch"], &["purchases.ndjson"]),
        (&["expect", "kiln"], &["kiln_cooled", "kiln_fired"]),
        (&["expect", "purch"], &["purchase"]),
        (&["expect", "view", "--after", "pagel"], &["pageload"]),
        (&["send", "view", "--dry"], &["--dry-run"]),
        (&["repl"], &["replay"]),
        (&["watch", "--theme", "li"], &["light"]),
        (&["theme", "li"], &["light"]),
    ];
    for (words, expected) in cases {
        assert_eq!(offered(&home, "bash", words), *expected, "{words:?}");
    }
    fs::write(home.path().join("clickscope/config.toml"), "not = [toml").unwrap();
    assert_eq!(offered(&home, "bash", &["--profile", ""]), [""; 0]);
}

#[test]
fn each_shell_that_is_there_takes_the_script_and_completes() {
    let home = home();
    let bash = "source <(clickscope completions bash); COMP_WORDS=(clickscope explain date-imp); COMP_CWORD=2; \
                _clap_complete_clickscope clickscope date-imp explain; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let zsh = "compdef() { :; }; _describe() { print -l -- ${(P)3}; }; source <(clickscope completions zsh); \
               words=(clickscope explain date-imp); CURRENT=3; _clap_dynamic_completer_clickscope";
    let autoloaded = "compdef() { :; }; _describe() { print -l -- ${(P)3}; }; fpath=($PWD); autoload -Uz _clickscope; \
                      clickscope completions zsh > _clickscope; words=(clickscope explain date-imp); CURRENT=3; _clickscope";
    let fish = "clickscope completions fish | source; complete -C 'clickscope explain date-imp'";
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_clickscope")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let shells = [
        ("bash", &["--norc", "-c"][..], bash),
        ("zsh", &["-fc"], zsh),
        ("zsh", &["-fc"], autoloaded),
        ("fish", &["-c"], fish),
    ];
    for (shell, options, script) in shells {
        let mut command = std::process::Command::new(shell);
        command.args(options).arg(script).env("PATH", &path).env("HOME", home.path()).current_dir(home.path());
        command.env("XDG_CONFIG_HOME", home.path()).stdin(Stdio::null());
        // One that is not installed completes nothing.
        let Ok(output) = command.output() else { continue };
        let told = text(&output.stdout) + &text(&output.stderr);
        let offered: Vec<&str> = told.lines().map(|line| line.split([':', '\t']).next().unwrap()).collect();
        assert_eq!(offered, ["date-impossible", "date-implausible"], "{shell}: {told}");
    }
}
