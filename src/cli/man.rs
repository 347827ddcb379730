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
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        writeln!(page, ".SH \"CLICKSCOPE {}\"", subcommand.get_name().to_uppercase())?;
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
        for subcommand in command.get_subcommands().chain([&command]) {
            assert!(page.contains(subcommand.get_name()), "{}", subcommand.get_name());
            for option in subcommand.get_arguments().filter_map(clap::Arg::get_long) {
                assert!(page.contains(&format!("--{option}")), "--{option}");
            }
        }
    }
}
