//! Plays the tape of the moving picture in the README, `assets/story.tape`. With `CLICKSCOPE_CAST=FILE` it takes its time and
//! leaves what the terminal showed in that file, as an asciicast.

use std::thread;
use std::time::Duration;

use crate::harness::{Launch, Program};

const TAPE: &str = include_str!("../../assets/story.tape");

/// One line of a tape.
#[derive(Debug)]
enum Line<'a> {
    Size(u16, u16),
    Run(&'a str),
    Type(&'a str),
    Key(&'a str),
    WaitFor(&'a str),
    Pause(Duration),
}

fn read(line: &str) -> Option<Line<'_>> {
    Some(match line.split_once(' ')? {
        ("size", size) => {
            let (columns, rows) = size.split_once('x')?;
            Line::Size(columns.parse().ok()?, rows.parse().ok()?)
        }
        ("run", arguments) => Line::Run(arguments),
        ("type", text) => Line::Type(text),
        ("key", name) => Line::Key(key(name)?),
        ("wait", rest) => Line::WaitFor(rest.strip_prefix("for ")?),
        ("pause", millis) => Line::Pause(Duration::from_millis(millis.strip_suffix("ms")?.parse().ok()?)),
        _ => return None,
    })
}

/// What a terminal sends for a key.
fn key(name: &str) -> Option<&str> {
    Some(match name {
        "enter" => "\r",
        "esc" => "\x1b",
        "ctrl-f" => "\x06",
        "ctrl-s" => "\x13",
        one if one.chars().count() == 1 => one,
        _ => return None,
    })
}

#[test]
fn the_story_of_the_readme_is_true() {
    let cast = std::env::var_os("CLICKSCOPE_CAST");
    let lines = TAPE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut size = (80, 24);
    let mut program: Option<Program> = None;
    for line in lines {
        match (read(line).unwrap_or_else(|| panic!("no line of a tape: {line}")), &mut program) {
            (Line::Size(columns, rows), None) => size = (columns, rows),
            (Line::Run(arguments), None) => {
                let launch =
                    Launch::clickscope(arguments.split(' ')).size(size.0, size.1).env("COLORTERM", "truecolor");
                program = Some(launch.start());
            }
            (Line::Type(text) | Line::Key(text), Some(program)) => program.send(text),
            (Line::WaitFor(text), Some(program)) => program.wait_for_text(&[text]),
            (Line::Pause(_), Some(_)) if cast.is_none() => {}
            (Line::Pause(pause), Some(_)) => thread::sleep(pause),
            (line, _) => panic!("{line:?} at a wrong place"),
        }
    }
    if let (Some(cast), Some(program)) = (cast, program) {
        std::fs::write(cast, program.cast()).unwrap();
    }
}
