use std::io::Write;

use clap_complete::Shell;

use super::{Exit, Failure};

pub(super) fn run(shell: Shell, command: clap::Command) -> Result<Exit, Failure> {
    std::io::stdout().write_all(&script(shell, command))?;
    Ok(Exit::Done)
}

fn script(shell: Shell, mut command: clap::Command) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "clickscope", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, ValueEnum};

    use super::*;
    use crate::cli::args::Cli;

    #[test]
    fn every_shell_completes_every_command_and_option() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8_lossy(&script(*shell, Cli::command())).into_owned();
            for word in
                ["watch", "demo", "sandbox", "completions", "man", "once", "json", "listen", "region", "interval"]
            {
                assert!(script.contains(word), "{shell} does not know {word}");
            }
        }
    }
}
