#[cfg(test)]
use std::fmt::Write as _;

#[cfg(test)]
use super::fields::{self, Field, Kind, OfProject};

/// Whose config file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The user's own.
    User,
    /// That of a project.
    Project,
}

/// A small config file to begin with. What stands behind `# ` at the start of a line is taken in by taking that away.
pub fn sample(whose: Whose) -> &'static str {
    match whose {
        Whose::User => USER,
        Whose::Project => PROJECT,
    }
}

const USER: &str = r#"# clickscope: where your events go, and how you watch them.
# `clickscope config explain` shows what counts and where it comes from; docs/config.md has every field.

profile = "staging"                     # without --profile
# columns = ["type", "find", "recv", "capt", "seen", ".order_id"]
# muted = ["heartbeat"]
# theme = "light"                       # `clickscope theme` shows each

[profiles.staging]
region = "us"                           # or "eu"; or url = "https://…" in its place
environment = "staging"                 # production asks before the first event goes out
event_key = "STAGING_EVENT_KEY"         # the variable that holds the key, never the key itself
# event_key_command = "pass show blueshift/staging"    # or a command that prints it
# event_key_file = "~/.keys/blueshift-staging"         # or a file that only you can read (chmod 600)
# test_identities = ["qa@example.com"]  # events go to no other email
# plan = "plan"                         # a folder of JSON Schemas, beside this file

# [profiles.live]
# region = "us"
# environment = "production"
# read_only = true                      # watch only
# redact = true                         # what tells who an event is about is masked

# [lint]
# event-name-case = "note"              # allow, note, warning or error

# [keys]                                # docs/keys.md has every action
# compose = "C"

# [mouse]
# capture = false                       # leave the mouse to the terminal
"#;

const PROJECT: &str = r#"# clickscope: what this project sends, for everybody who works on it.
# What needs no agreement counts at once; a url, a region or the names of key variables count for whoever has run
# `clickscope config trust`. Commands, files of keys, and what is for the eyes and hands stay in ~/.config/clickscope.

# profile = "staging"                   # a profile of this file, or of your own
# pinned = ["purchase"]
# volatile = ["*_nonce"]

[profiles.staging]
plan = "plan"                           # a folder of JSON Schemas, beside this file
redact = true

# [lint]
# identifiers = ["loyalty_id"]
"#;

/// Every field with its example, as one file.
#[cfg(test)]
pub(super) fn everything() -> String {
    let line = |field: &Field| format!("{} = {}\n", field.name, field.example);
    let is_said = |field: &&Field| !field.example.is_empty();
    let top: String = fields::TOP.iter().filter(is_said).map(line).collect();
    // Those that exclude others are left to the cases of their own.
    let alone =
        |field: &&Field| field.name != "url" && !field.name.ends_with("_command") && !field.name.ends_with("_file");
    let profile: String = fields::PROFILE.iter().filter(alone).map(line).collect();
    format!("{top}[profiles.staging]\n{profile}")
}

/// The page of the documentation that lists every field.
#[cfg(test)]
fn documentation() -> String {
    let mut page = String::from(INTRODUCTION);
    for (title, fields) in
        [("## At the top of the file", &fields::TOP[..]), ("## In a profile, `[profiles.NAME]`", &fields::PROFILE)]
    {
        let _ = write!(page, "\n{title}\n\n| field | what it says | for example | in a project |\n|---|---|---|---|\n");
        for field in fields {
            let example = match field.kind {
                Kind::Profiles => "`[profiles.staging]`".to_owned(),
                Kind::Levels => "`event-name-case = \"note\"`".to_owned(),
                Kind::Keys => "`compose = \"C\"`".to_owned(),
                Kind::Mouse => "`capture = false`".to_owned(),
                _ => format!("`{}`", field.example),
            };
            let words = match field.kind {
                Kind::OneOf(words) => format!(" ({})", words.join(", ")),
                _ => String::new(),
            };
            let project = match field.of_project {
                OfProject::Free => "yes".to_owned(),
                OfProject::Agreed(None) => "agreed to".to_owned(),
                OfProject::Agreed(Some(free)) => format!("`{free}`; else agreed to"),
                OfProject::Never => "no".to_owned(),
            };
            // Writing to a string cannot fail.
            let _ = writeln!(page, "| `{}` | {}{words} | {example} | {project} |", field.name, field.about);
        }
    }
    page
}

#[cfg(test)]
const INTRODUCTION: &str = r#"# Settings

A setting is looked for in five places, and the nearest wins: a flag, the environment, the file of the project, your own
file, the default. A profile that `--profile` names goes before the environment. `clickscope config explain` shows each
value, where it comes from, and what it hides; `clickscope config schema` prints the JSON Schema of the file for editors.

- **Your own file** is `~/.config/clickscope/config.toml` (`$XDG_CONFIG_HOME`); `clickscope config init` writes one.
- **The file of a project** is `.clickscope.toml`, looked for from the current folder up to the root of the repository;
  `clickscope config init --project` writes one. It has the same fields and is laid over your own, field by field.

## The environment

`CLICKSCOPE_PROFILE`, `CLICKSCOPE_REGION`, `CLICKSCOPE_URL`, `CLICKSCOPE_INTERVAL`, `CLICKSCOPE_HISTORY` and `CLICKSCOPE_THEME`
say what the flags say. `NO_COLOR`, `COLORTERM` and `TERM` choose the theme where nothing else does; `--theme` goes before them. `CLICKSCOPE_LOG` is the level of the log in `~/.local/state/clickscope`: `off`, `error`, `warn`, `info`, `debug`, `trace`.

## Keys

A key never stands in a config file. For the Event key, and likewise for `user_key`, `verification_key` and `redact_key`, a
profile says one of:

- `event_key = "STAGING_EVENT_KEY"`: the variable that holds it;
- `event_key_command = "pass show blueshift/staging"`: a command, run by `/bin/sh`; the key is the first line that it prints;
- `event_key_file = "~/.keys/staging"`: a file, of which the first line is the key. One that belongs to another user or that
  others can read is refused with the `chmod` to run.

Without any of these it is `CLICKSCOPE_EVENT_KEY`, and where that is not set the program asks.

## What a project may say

The file of a project comes with its code, and whoever can change the code can write it. So:

1. What decides what is checked and shown counts at once.
2. What decides where a key goes, which variable is a key, or what may be sent counts for whoever has agreed to the file:
   `clickscope config trust` shows those lines and notes the agreement, to this text at this place. A changed file has to be
   agreed to again; `clickscope config trust --forget` takes it back. Until then a command that would use such a profile
   ends with an error, and `lint`, `plan` and others that need no key go on.
3. A command, the file of a key, and what is for the person at the keyboard (theme, keys, mouse) are refused there.

The last column says which of these holds for a field.
"#;

/// Holds a page of the documentation to what is generated for it.
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
pub(super) fn assert_page(below: &str, page: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(below);
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        std::fs::write(&path, page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), page, "write it with INSTA_UPDATE=always");
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::config::ConfigFile;

    fn read(text: &str) -> Result<ConfigFile, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(crate::config::FILE_NAME), text).unwrap();
        ConfigFile::read(folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_samples_and_every_example_are_taken_as_they_stand_and_uncommented() {
        let uncommented = |text: &str| -> String {
            let is_field = |line: &str| line.contains(" = ") || line.starts_with("# [");
            text.lines()
                .map(|line| line.strip_prefix("# ").filter(|_| is_field(line)).unwrap_or(line).to_owned() + "\n")
                .collect()
        };
        for text in [USER, PROJECT, &everything()] {
            read(text).unwrap();
        }
        let one_key = |line: &&str| !line.starts_with("event_key_");
        read(&uncommented(USER).lines().filter(one_key).collect::<Vec<_>>().join("\n")).unwrap();
        read(&uncommented(PROJECT)).unwrap();
        for field in &fields::PROFILE {
            read(&format!("[profiles.a]\n{} = {}\n", field.name, field.example)).unwrap();
        }
    }

    #[test]
    fn the_documentation_is_the_one_that_is_generated() {
        assert_page("docs/config.md", &documentation());
    }

    #[test]
    fn the_config_of_the_readme_is_taken_as_it_is_pasted() {
        let readme = include_str!("../../README.md");
        let blocks: Vec<&str> = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert!(!blocks.is_empty());
        for block in blocks {
            read(block).unwrap();
        }
    }
}
