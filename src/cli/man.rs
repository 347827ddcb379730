use std::io::{self, Write};

use clap_mangen::Man;

use super::{Exit, Failure};

pub(super) fn run(command: clap::Command) -> Result<Exit, Failure> {
    io::stdout().write_all(&page(command)?)?;
    Ok(Exit::Done)
}

/// One page for all commands: the program's own, then a section for each command.
fn page(mut command: clap::Command) -> io::Result<Vec<u8>> {
    command.build();
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    for (name, subcommand) in subcommands("CLICKSCOPE", &command) {
        writeln!(page, ".SH \"{name}\"")?;
        let man = Man::new(subcommand.clone());
        let mut sections = Vec::new();
        man.render_description_section(&mut sections)?;
        man.render_synopsis_section(&mut sections)?;
        man.render_options_section(&mut sections)?;
        man.render_extra_section(&mut sections)?;
        page.extend(String::from_utf8_lossy(&sections).replace(".SH ", ".SS ").bytes());
    }
    Ok(page)
}

/// Every command below that one, with its whole name.
fn subcommands<'a>(within: &str, command: &'a clap::Command) -> Vec<(String, &'a clap::Command)> {
    let own = command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help");
    own.flat_map(|subcommand| {
        let name = format!("{within} {}", subcommand.get_name().to_uppercase());
        let inside = subcommands(&name, subcommand);
        std::iter::once((name, subcommand)).chain(inside)
    })
    .collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::args::Cli;

    #[test]
    fn the_page_speaks_of_every_command_and_every_option() {
        let page = String::from_utf8(page(Cli::command()).unwrap()).unwrap().replace('\\', "");
        let mut command = Cli::command();
        command.build();
        let commands = subcommands("CLICKSCOPE", &command);
        assert!(commands.iter().any(|(name, _)| name == "CLICKSCOPE PLAN INFER"));
        for (name, subcommand) in commands.into_iter().chain([(String::new(), &command)]) {
            assert!(page.contains(&name), "{name}");
            for option in subcommand.get_arguments().filter_map(clap::Arg::get_long) {
                assert!(page.contains(&format!("--{option}")), "--{option}");
            }
        }
    }
}
