use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap_mangen::Man;
use thiserror::Error;

use super::{Exit, Failure, args};
use crate::event::Sanitized;
use crate::event::text::sanitize;

/// Why a page is not written.
#[derive(Debug, Error)]
#[error("the manual page {file} cannot be written: {source}")]
pub(super) struct ManError {
    file: Sanitized,
    source: io::Error,
}

pub(super) fn run(args: &args::ManArgs, command: clap::Command) -> Result<Exit, Failure> {
    let Some(folder) = &args.into else {
        io::stdout().write_all(&page(command)?)?;
        return Ok(Exit::Done);
    };
    write(folder, "clickscope", &page(command.clone())?)?;
    for (name, page) in pages(command)? {
        write(folder, &name, &page)?;
    }
    Ok(Exit::Done)
}

fn write(folder: &Path, name: &str, page: &[u8]) -> Result<(), ManError> {
    let file = folder.join(format!("{name}.1"));
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(&file, page));
    written.map_err(|source| ManError { file: sanitize(&file.to_string_lossy()), source })
}

/// A page for each command, by its name with hyphens, `clickscope-plan-infer`; with what holds for all commands: keys and
/// exit codes.
fn pages(mut command: clap::Command) -> io::Result<Vec<(String, Vec<u8>)>> {
    command.build();
    let whole = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let for_all = whole.split_once("\n\n").map_or("", |(_, keys)| keys).to_owned();
    let named = subcommands("CLICKSCOPE", &command).into_iter();
    let page = |(name, subcommand): (String, &clap::Command)| {
        let name = name.to_lowercase().replace(' ', "-");
        let man = Man::new(subcommand.clone()).title(name.clone());
        let mut page = Vec::new();
        man.render(&mut page)?;
        writeln!(page, ".SH \"KEYS AND EXIT CODES\"\n.nf\n{}\n.fi", for_all.replace('-', "\\-"))?;
        writeln!(page, ".SH FILES\n~/.config/clickscope/config.toml, ~/.local/state/clickscope")?;
        writeln!(page, ".SH \"SEE ALSO\"\nclickscope(1)")?;
        Ok((name, page))
    };
    named.map(page).collect()
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
    fn every_command_has_a_page_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let args = args::ManArgs { into: Some(folder.path().join("man1")) };
        run(&args, Cli::command()).unwrap();
        let read = |name: &str| fs::read_to_string(folder.path().join("man1").join(name)).unwrap().replace('\\', "");
        assert!(read("clickscope.1").contains("CLICKSCOPE PLAN INFER"));
        let page = read("clickscope-plan-infer.1");
        for part in ["clickscope-plan-infer", "--into", "CLICKSCOPE_EVENT_KEY", "130  interrupted", "clickscope(1)"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        let file = folder.path().join("man1/clickscope.1/x");
        let refused = run(&args::ManArgs { into: Some(file) }, Cli::command()).unwrap_err();
        assert!(refused.to_string().contains("cannot be written"), "{refused}");
    }

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
