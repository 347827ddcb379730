//! Messages to the person, beside the output for programs.

use std::io::{self, IsTerminal, Write};
use std::process::Stdio;

use crate::event::Sanitized;

/// Whether a person may be reading it.
pub(super) fn is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Where a command that is run writes what standard output has no room for.
pub(super) fn for_a_command() -> Stdio {
    Stdio::from(io::stderr())
}

/// Says something in a line of its own that begins with the name of the program.
pub(super) fn say(line: &Sanitized) {
    let _ = writeln!(io::stderr(), "clickscope: {line}");
}

/// The same, in a line that begins as it stands: with the place in a file, so that editors find it.
pub(super) fn say_plainly(line: &Sanitized) {
    // Where nobody listens, there is nobody to tell that.
    let _ = writeln!(io::stderr(), "{line}");
}
