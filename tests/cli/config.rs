//! Config files: what is written, explained and agreed to, and where keys come from.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::*;

/// A home, and a repository in it.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir_all(home.path("code/.git")).unwrap();
        std::fs::create_dir_all(home.path("code/src")).unwrap();
        home
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The program in a folder of the repository.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = clickscope(arguments);
        command.env("HOME", self.0.path()).env_remove("CLICKSCOPE_EVENT_KEY").current_dir(self.path("code/src"));
        let Output { status, stdout, stderr } = command.output().unwrap();
        (status.code(), text(&stdout), text(&stderr))
    }
}

#[test]
fn a_config_file_is_written_once_and_explained() {
    let home = Home::new();
    let (code, stdout, _) = home.run(&["config", "init"]);
    assert_eq!(code, Some(0));
    let path = home.path(".config/clickscope/config.toml");
    assert_eq!(stdout.trim_end(), path.to_str().unwrap());
    let (code, _, stderr) = home.run(&["config", "init"]);
    assert!(code == Some(2) && stderr.contains("is there already"), "{stderr}");
    let (code, stdout, _) = home.run(&["config", "init", "--project"]);
    assert_eq!((code, stdout.as_str()), (Some(0), ".clickscope.toml\n"));

    let (code, stdout, stderr) = home.run(&["config", "explain"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let line =
        |name: &str| stdout.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().collect::<Vec<_>>();
    assert_eq!(line("profile")[1], "staging");
    assert!(line("plan")[2].ends_with("code/src/.clickscope.toml:10"), "{stdout}");
    assert!(stdout.contains("the variable STAGING_EVENT_KEY (not set)"), "{stdout}");
    let (_, stdout, _) = home.run(&["config", "explain", "--json", "--interval", "7s"]);
    let interval = stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let interval = interval.into_iter().find(|line| line["name"] == "interval").unwrap();
    assert_eq!(interval, serde_json::json!({"name": "interval", "value": "7 s", "from": "--interval", "hidden": []}));

    let (code, stdout, _) = home.run(&["config", "schema"]);
    let schema: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert!(code == Some(0) && schema["properties"]["profiles"].is_object());
}

#[test]
fn a_key_comes_from_a_command_or_a_file_of_its_own_and_is_seen_nowhere() {
    let sandbox = Sandbox::start(&[]);
    sandbox.send(r#"{"event":"view","cookie":"c"}"#);
    let home = Home::new();
    home.write("key", &format!("{CANARY}\n"));
    let url = &sandbox.url;
    home.write(
        ".config/clickscope/config.toml",
        &format!(
            "[profiles.command]\nurl = \"{url}\"\nevent_key_command = \"echo {CANARY}\"\n\
             [profiles.file]\nurl = \"{url}\"\nevent_key_file = \"~/key\"\n\
             [profiles.broken]\nurl = \"{url}\"\nevent_key_command = \"echo {CANARY} >&2; exit 3\"\n\
             [profiles.itself]\nurl = \"{url}\"\nevent_key_file = \"{CANARY}\"\n"
        ),
    );
    let mode = |mode| std::fs::set_permissions(home.path("key"), std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o600);
    let watch = |profile: &str| home.run(&["watch", "--once", "--json", "--profile", profile]);
    for profile in ["command", "file"] {
        let (code, stdout, stderr) = watch(profile);
        assert_eq!(code, Some(0), "{stderr}");
        assert!(
            stdout.contains("\"view\"") && !stdout.contains(CANARY) && !stderr.contains(CANARY),
            "{stdout}{stderr}"
        );
    }
    mode(0o644);
    let cases = [
        ("file", format!("run `chmod 600 {}`", home.path("key").display())),
        ("broken", "the command of the Event key failed (exit status: 3)".to_owned()),
        ("itself", "the file of the Event key is not there".to_owned()),
    ];
    for (profile, part) in cases {
        let (code, stdout, stderr) = watch(profile);
        assert!(code == Some(2) && stderr.contains(&part) && stdout.is_empty(), "{stderr}");
        let own = stderr.lines().filter(|line| line.starts_with("clickscope: ")).collect::<String>();
        assert!(!own.contains(CANARY), "{stderr}");
        for arguments in
            [&["config", "explain", "--profile", profile][..], &["config", "explain", "--json", "--profile", profile]]
        {
            let (code, stdout, stderr) = home.run(arguments);
            assert!(code == Some(0) && !stdout.contains(CANARY) && !stderr.contains(CANARY), "{stdout}{stderr}");
        }
    }
}

#[test]
fn a_project_sends_no_key_anywhere_before_that_is_agreed_to() {
    let (url, requests) = always("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let home = Home::new();
    home.write(".config/clickscope/config.toml", "[profiles.live]\nevent_key_command = \"echo k\"\n");
    let project = |comment: &str| format!("profile = \"live\"\n[profiles.live]\nurl = \"{url}\"{comment}\n");
    home.write("code/.clickscope.toml", &project(""));
    home.write("code/events.ndjson", "{\"event\":\"view\",\"cookie\":\"c\",\"product_id\":\"1\"}\n");
    let refused = |home: &Home| {
        for arguments in [&["watch", "--once"][..], &["send", "view"]] {
            let (code, _, stderr) = home.run(arguments);
            assert!(code == Some(2) && stderr.contains(".clickscope.toml:3: url counts when you agree"), "{stderr}");
        }
        assert_eq!(requests.load(Ordering::SeqCst), 0);
    };
    refused(&home);
    let (code, _, stderr) = home.run(&["lint", "../events.ndjson"]);
    assert_eq!(code, Some(0), "what needs no key needs no word: {stderr}");
    let (_, stdout, stderr) = home.run(&["config", "explain"]);
    assert!(stdout.contains(&url) && stderr.contains("`clickscope config trust` shows it"), "{stdout}{stderr}");

    let (code, stdout, _) = home.run(&["config", "trust"]);
    assert!(code == Some(0) && stdout.contains(&format!("profiles.live.url = {url}")), "{stdout}");
    home.write("code/.clickscope.toml", &project(" # another"));
    refused(&home);
    home.run(&["config", "trust"]);
    home.run(&["config", "trust", "--forget"]);
    refused(&home);
    home.run(&["config", "trust"]);
    assert_eq!(home.run(&["watch", "--once"]).0, Some(4));
    assert!(requests.load(Ordering::SeqCst) > 0);

    home.write("code/.clickscope.toml", "[profiles.live]\nevent_key_command = \"touch ran\"\n");
    home.run(&["config", "trust"]);
    let (code, _, stderr) = home.run(&["watch", "--once"]);
    assert!(code == Some(2) && stderr.contains("is for your own config file"), "{stderr}");
    assert!(!home.path("code/src/ran").exists());
    std::fs::remove_file(home.path("code/.clickscope.toml")).unwrap();
    let (code, _, stderr) = home.run(&["config", "trust"]);
    assert!(code == Some(2) && stderr.contains("config init --project"), "{stderr}");
}

#[test]
fn the_themes_are_listed_and_one_is_shown_by_its_name() {
    let home = Home::new();
    let (code, stdout, _) = home.run(&["theme"]);
    let names: Vec<&str> = stdout.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!((code, names), (Some(0), vec!["dark", "light", "high-contrast", "16", "none", "ascii"]));
    let (code, stdout, _) = home.run(&["theme", "ascii"]);
    assert!(code == Some(0) && stdout.contains("purchase") && stdout.is_ascii(), "{stdout}");
    home.write(".config/clickscope/config.toml", "theme = \"pink\"\n");
    let (code, _, stderr) = home.run(&["config", "explain"]);
    assert!(code == Some(2) && stderr.contains("config.toml:1: theme: use one of dark, light"), "{stderr}");
}

#[test]
fn the_version_names_the_commit_where_there_is_one() {
    let (code, stdout, _) = Home::new().run(&["--version"]);
    let version = stdout.trim_end().strip_prefix(concat!("clickscope ", env!("CARGO_PKG_VERSION"))).unwrap();
    let commit = version.strip_prefix(" (").and_then(|version| version.strip_suffix(')'));
    let is_commit = |commit: &str| commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(code == Some(0) && (version.is_empty() || commit.is_some_and(is_commit)), "{stdout}");
}
