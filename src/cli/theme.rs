use std::io::{self, IsTerminal, Write};

use super::args::ThemeArgs;
use super::{Exit, Failure};
use crate::app::ThemeName;
use crate::runtime;

/// Lists the themes, each with a sample where somebody looks at it or asked for it by name.
pub(super) fn run(args: ThemeArgs) -> Result<Exit, Failure> {
    let mut out = io::stdout().lock();
    let shows = args.name.is_some() || out.is_terminal();
    for name in ThemeName::ALL.into_iter().filter(|name| args.name.is_none_or(|wanted| wanted == *name)) {
        writeln!(out, "{name:15}{}", runtime::about(name))?;
        if shows {
            out.write_all(runtime::sample(name).as_bytes())?;
            writeln!(out)?;
        }
    }
    Ok(Exit::Done)
}
