//! The tape that a session is recorded to from its start.

use std::path::Path;

use super::sending::owner;
use super::stderr;
use crate::config::{self, Config};
use crate::event::{Sanitized, sanitized};
use crate::runtime::recording::{RecordingError, Tape};
use crate::session::tape::Header;
use crate::source::Clock;

/// Begins a tape in that file, of what is watched under that label.
pub(super) fn begin(file: &Path, target: Sanitized, is_masked: bool, clock: Clock) -> Result<Tape, RecordingError> {
    Tape::create(file, &Header::new(target, is_masked, clock.now()))
}

/// Begins the tape that a profile asks for. Where that is not possible, it is said, and the session goes on without it.
pub(super) fn begin_of_profile(config: &Config, is_masked: bool, clock: Clock) -> Option<Result<Tape, Sanitized>> {
    config.profile.as_ref().filter(|profile| profile.value.records())?;
    let now = clock.now();
    let Some(folder) = config::tapes_folder() else {
        return Some(Err("the session is not recorded: there is no folder for it (set XDG_STATE_HOME or HOME)".into()));
    };
    let name = format!("clickscope-{}-{}", owner(config), now.wall.strftime("%Y-%m-%dT%H%M%SZ"));
    let tape = Tape::create_in(&folder, &name, &Header::new(config.label(), is_masked, now));
    Some(tape.map_err(|error| sanitized!("the session is not recorded: {}", Sanitized::of(&error))))
}

/// Says where a session without a screen is recorded, or why it is not.
pub(super) fn said(tape: Option<Result<Tape, Sanitized>>) -> Option<Tape> {
    match tape? {
        Ok(tape) => {
            stderr::say(&sanitized!("recording to {}", tape.place()));
            Some(tape)
        }
        Err(why) => {
            stderr::say(&why);
            None
        }
    }
}
