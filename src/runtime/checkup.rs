//! What the terminal can do, as far as it can be told without drawing on it.

use std::io;
use std::process::{Command, Stdio};

use rustix::termios::isatty;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::clipboard::{Clipboard, NotCopied, PATIENCE, QUESTION, tmux_passes};
use super::terminal::size_of;
use crate::app::layout::SMALLEST;
use crate::event::{Sanitized, sanitized};
use crate::session::Check;

/// From this on a person notices that tmux waits after the escape key for what may follow it, in milliseconds.
const LONGEST_ESCAPE: u64 = 50;

/// Looks at the terminal. tmux is asked without the variables in `without`, which hold keys.
pub async fn terminal(lookup: &dyn Fn(&str) -> Option<String>, without: &[String]) -> Vec<Check> {
    let mut checks = vec![size(), colours(lookup)];
    let tmux = lookup("TMUX").is_some_and(|socket| !socket.is_empty());
    let answer = if tmux { ask_tmux(without).await } else { None };
    checks.push(copying(lookup, without, answer.as_deref()));
    if tmux {
        checks.extend(in_tmux(answer.as_deref()));
    }
    checks
}

fn size() -> Check {
    let size =
        [isatty(io::stdout()).then(|| size_of(io::stdout())), isatty(io::stderr()).then(|| size_of(io::stderr()))];
    let Some(size) = size.into_iter().flatten().next() else {
        return Check::ok("terminal", "there is none here: records are printed, a line each".into());
    };
    let found = sanitized!("{} columns, {} rows", size.width, size.height);
    if size.width >= SMALLEST.width && size.height >= SMALLEST.height {
        return Check::ok("terminal", found);
    }
    let fix = sanitized!("make it at least {} columns wide and {} rows high", SMALLEST.width, SMALLEST.height);
    Check::warning("terminal", found, fix)
}

fn colours(lookup: &dyn Fn(&str) -> Option<String>) -> Check {
    let set = |name| lookup(name).filter(|value| !value.is_empty());
    let Some(term) = set("TERM").filter(|term| term != "dumb") else {
        let fix = "set TERM to the name of the terminal, such as xterm-256color";
        return Check::warning("colours", "TERM names no terminal that can show a screen".into(), fix.into());
    };
    let found = if set("NO_COLOR").is_some() {
        "none, as NO_COLOR asks for"
    } else if set("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit") {
        "all of them (COLORTERM)"
    } else if term.contains("256color") {
        "256 (TERM)"
    } else {
        "16; where the terminal has more, COLORTERM=truecolor says so"
    };
    Check::ok("colours", found.into())
}

/// Whether copies arrive.
fn copying(lookup: &dyn Fn(&str) -> Option<String>, without: &[String], tmux: Option<&str>) -> Check {
    let outcome = match tmux {
        Some(answer) => tmux_passes(answer),
        None => Clipboard::detect(lookup, without).sequence("").map(|_| ()),
    };
    let print = "a capital letter after y prints what is to be copied";
    match outcome {
        Ok(()) => Check::ok("copying", "with OSC 52, unless the terminal is set not to take it".into()),
        Err(NotCopied::Tmux) => Check::warning(
            "copying",
            "tmux keeps copies to itself".into(),
            sanitized!("`tmux set -g set-clipboard on`, and in ~/.tmux.conf; without it, {}", print),
        ),
        Err(NotCopied::Deaf | NotCopied::TooLong { .. }) => {
            Check::warning("copying", "this terminal takes no copies (OSC 52)".into(), print.into())
        }
    }
}

/// What tmux says of itself: to what copies need, and how long it waits after an escape.
async fn ask_tmux(without: &[String]) -> Option<String> {
    let mut tmux = Command::new("tmux");
    let question = format!("{QUESTION}\n#{{escape-time}}");
    tmux.args(["display-message", "-p", &question]).stdin(Stdio::null()).stderr(Stdio::null());
    for name in without {
        tmux.env_remove(name);
    }
    let answer = timeout(PATIENCE, spawn_blocking(move || tmux.output())).await.ok()?.ok()?.ok()?;
    Some(String::from_utf8_lossy(&answer.stdout).into_owned()).filter(|answer| answer.contains('/'))
}

fn in_tmux(answer: Option<&str>) -> Vec<Check> {
    let Some((copies, escape)) = answer.and_then(|answer| answer.split_once('\n')) else {
        let fix = "look whether `tmux display-message -p ok` answers here";
        return vec![Check::warning("tmux", "tmux does not say how it is set".into(), fix.into())];
    };
    let passthrough = match copies.split('/').nth(1) {
        Some("on" | "1" | "all") => "on",
        Some("off" | "0") => "off; copies go with set-clipboard",
        _ => "always, as in versions before 3.3",
    };
    let wait = match escape.trim().parse::<u64>() {
        Ok(wait) if wait > LONGEST_ESCAPE => Check::warning(
            "tmux escape-time",
            sanitized!("tmux waits {} ms after esc", wait),
            "`tmux set -sg escape-time 10`, and in ~/.tmux.conf".into(),
        ),
        Ok(wait) => Check::ok("tmux escape-time", sanitized!("{} ms", wait)),
        Err(_) => Check::ok("tmux escape-time", Sanitized::literal("unknown")),
    };
    vec![Check::ok("tmux passthrough", passthrough.into()), wait]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::CheckStatus::{Ok, Warning};

    #[test]
    fn what_tmux_says_is_judged_with_the_command_that_mends_it() {
        let cases = [
            (Some("on/off/xterm\n500"), Ok, "off; copies go", Warning, "waits 500 ms"),
            (Some("external/on/xterm\n50"), Ok, "on", Ok, "50 ms"),
            (Some("external//xterm\n"), Ok, "before 3.3", Ok, "unknown"),
        ];
        for (answer, status, passthrough, of_wait, wait) in cases {
            let checks = in_tmux(answer);
            let told: Vec<_> = checks.iter().map(|check| (check.status, check.found.to_string())).collect();
            assert!(told.first().is_some_and(|(it, found)| *it == status && found.contains(passthrough)), "{told:?}");
            assert!(told.last().is_some_and(|(it, found)| *it == of_wait && found.contains(wait)), "{told:?}");
        }
        assert!(in_tmux(None).iter().all(|check| check.status == Warning));
        let copies = |answer| copying(&|_| None, &[], Some(answer)).status;
        assert_eq!([copies("on/off/xterm\n10"), copies("external/off/xterm\n10")], [Ok, Warning]);
    }

    #[test]
    fn colours_are_told_as_the_screen_takes_them() {
        let cases = [
            (&[][..], Warning, "TERM"),
            (&[("TERM", "dumb")], Warning, "TERM"),
            (&[("TERM", "xterm"), ("NO_COLOR", "1")], Ok, "none"),
            (&[("TERM", "xterm"), ("COLORTERM", "truecolor")], Ok, "all"),
            (&[("TERM", "tmux-256color")], Ok, "256"),
            (&[("TERM", "xterm")], Ok, "16"),
        ];
        for (environment, status, part) in cases {
            let lookup = |wanted: &str| {
                environment.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
            };
            let check = colours(&lookup);
            assert!(check.status == status && check.found.contains(part), "{check:?}");
        }
    }
}
