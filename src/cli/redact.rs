//! What `--redact` and the profile say of masks.

use super::Failure;
use super::args::RedactArgs;
use crate::config::{Masking, Profile};
use crate::event::{Identifiers, Redaction};

/// The redaction that all that a command shows and writes goes through; `None` where nothing is to be masked.
pub(super) fn redaction(
    args: &RedactArgs,
    profile: Option<&Profile>,
    identifiers: &Identifiers,
) -> Result<Option<Redaction>, Failure> {
    let (redaction, is_on) = on_screen(args, profile, identifiers)?;
    Ok(is_on.then_some(redaction))
}

/// The redaction of a screen, and whether it is on from the start: there is a key for it.
pub(super) fn on_screen(
    args: &RedactArgs,
    profile: Option<&Profile>,
    identifiers: &Identifiers,
) -> Result<(Redaction, bool), Failure> {
    let masking = Masking { redact: args.redact, key: args.redact_key.as_deref(), profile };
    Ok((masking.redaction(&|name| std::env::var_os(name), identifiers)?, masking.is_on()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use clap::CommandFactory;

    use crate::cli::args::{Cli, Command};

    /// Whether what a command prints is of events, and so has to be masked where that is asked for. A new command says so
    /// here.
    fn prints_of_events(command: &Command) -> bool {
        match command {
            Command::Watch(_)
            | Command::Demo(_)
            | Command::Expect(_)
            | Command::Replay(_)
            | Command::Report(_)
            | Command::Compare(_)
            | Command::Send(_)
            | Command::Sandbox(_)
            | Command::Lint(_) => true,
            // Schemas have names and values that keep recurring, and are what is asked for; the others see no events.
            Command::Plan { .. }
            | Command::Baseline
            | Command::Rules(_)
            | Command::Explain { .. }
            | Command::Templates(_)
            | Command::Config { .. }
            | Command::Theme(_)
            | Command::Doctor(_)
            | Command::Commands(_)
            | Command::Completions { .. }
            | Command::Man(_) => false,
        }
    }

    #[test]
    fn every_command_that_prints_of_events_can_mask_them() {
        use clap::Parser;
        let lines = [
            "watch",
            "demo",
            "expect view",
            "baseline",
            "send view",
            "replay t",
            "report t",
            "compare a b",
            "lint -",
            "plan infer",
            "rules",
            "explain date-format",
            "templates",
            "sandbox",
            "config explain",
            "theme",
            "doctor",
            "commands",
            "completions bash",
            "man",
        ];
        let mut seen: Vec<_> = Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        for line in lines {
            let words = || std::iter::once("clickscope").chain(line.split(' '));
            let command = Cli::try_parse_from(words()).unwrap().command.unwrap();
            let masked = Cli::try_parse_from(words().chain(["--redact", "--redact-key", "KEY"]));
            assert_eq!(masked.is_ok(), prints_of_events(&command), "{line}");
            seen.retain(|name| Some(name.as_str()) != line.split(' ').next());
        }
        assert_eq!(seen, [""; 0], "commands that nobody looked at");
    }
}
