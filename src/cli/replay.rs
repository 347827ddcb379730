use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use thiserror::Error;

use super::args::ReplayArgs;
use super::input::{BadInput, Input, InputError};
use super::watch::{interface, log_to_file, other_keys, terminal_has_screen};
use super::{Exit, Failure, plan, redact, stderr};
use crate::app::tape::ReplaySettings;
use crate::blueshift::KeyMask;
use crate::config::{self, Config};
use crate::event::text::json_line;
use crate::event::{Redaction, Sanitized, sanitized};
use crate::runtime::{self, InterfaceSettings, recording};
use crate::session::RecordLine;
use crate::session::tape::TapeError;
use crate::source::Clock;
use crate::source::tape::{LineReader, OpenError, Player, TapeFile, Told};

/// Why a tape cannot be replayed.
#[derive(Debug, Error)]
pub(super) enum ReplayError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Input(#[from] InputError),
    /// There is no tape that was recorded by itself.
    #[error("no session was recorded yet: a profile with record = \"auto\" records each one")]
    NoneRecorded,
    /// Standard input is the keyboard.
    #[error("there is nothing to replay on standard input: give a tape, as in `clickscope replay t.ndjson`")]
    Keyboard,
}

/// Replays a tape, or gives its records back.
pub(super) fn run(replay: &ReplayArgs, config: impl FnOnce() -> Result<Config, Failure>) -> Result<Exit, Failure> {
    let file = match &replay.file {
        Some(file) => file.clone(),
        None => newest()?,
    };
    let file = file.as_str();
    let config = config()?;
    let profile = config.profile.as_ref().map(|profile| &profile.value);
    let (redaction, is_masked) = redact::on_screen(&replay.redact, profile, config.levels.identifiers())?;
    // Who is no person gets records, unless something is asked for that only a screen can do.
    let is_asked_to_show = replay.at.is_some() || replay.play || replay.speed.is_some();
    if replay.json || !is_asked_to_show && !io::stdout().is_terminal() || !terminal_has_screen()? {
        return print(file, is_masked.then_some(redaction).as_ref());
    }
    let file = match file {
        "-" if io::stdin().is_terminal() => return Err(ReplayError::Keyboard.into()),
        "-" => TapeFile::stdin().map_err(ReplayError::from)?,
        file => TapeFile::open(Path::new(file)).map_err(ReplayError::from)?,
    };
    let begin = ReplaySettings {
        at: replay.at,
        plays: replay.play || replay.speed.is_some(),
        speed: replay.speed.unwrap_or_default(),
    };
    let notices = log_to_file()?;
    runtime::block_on(show(file, begin, (redaction, is_masked), &config, notices))?
}

/// The newest of the tapes that were recorded without being asked for one by one.
fn newest() -> Result<String, ReplayError> {
    let newest = config::tapes_folder().and_then(|folder| recording::latest(&folder));
    newest.and_then(|path| path.into_os_string().into_string().ok()).ok_or(ReplayError::NoneRecorded)
}

/// Shows a tape on the screen.
async fn show(
    file: TapeFile,
    begin: ReplaySettings,
    redaction: (Redaction, bool),
    config: &Config,
    notices: Vec<Sanitized>,
) -> Result<Exit, Failure> {
    let plan = plan::as_it_is(config.plan.as_ref())?;
    let clock = Clock::start();
    let target = sanitized!("tape · {}", file.called);
    let interface = interface(target, config, plan, redaction, KeyMask::new(&other_keys(config)), &[]);
    let notices = interface.notices.into_iter().chain(notices).collect();
    let interface = InterfaceSettings { notices, replay: Some(begin), ..interface };
    let end = Box::pin(runtime::run(interface, move || clock.now(), || Player::start(file, None))).await?;
    Ok(Exit::Interface(end.exit.code()))
}

/// Prints the records of a tape, a line each; of a file of other events the records that they make.
fn print(file: &str, redaction: Option<&Redaction>) -> Result<Exit, Failure> {
    let input = Input::open(file).map_err(ReplayError::from)?;
    input.outlast_an_interrupt()?;
    let (called, is_live) = (input.called.clone(), input.is_live);
    let mut out = BufWriter::new(io::stdout().lock());
    let mut reader = LineReader::default();
    let mut exit = Exit::Done;
    let mut is_empty = true;
    let told = |bad: &BadInput| redaction.map_or(bad.told(), |redaction| bad.twin(redaction).told());
    for part in input.values() {
        is_empty = false;
        let part = match part {
            Ok(part) => part,
            Err(unreadable) => {
                stderr::say(&told(&unreadable.of(&called)));
                exit = Exit::Unusable;
                continue;
            }
        };
        let is_ours = !matches!(RecordLine::read(&part.text), RecordLine::Other);
        match reader.read(part.text.as_bytes(), true) {
            Ok(_) if is_ours && redaction.is_none() => writeln!(out, "{}", json_line(part.text.trim()))?,
            Ok(Told::Records(records)) => {
                for record in records {
                    let twin = redaction.map(|redaction| redaction.record(&record));
                    writeln!(out, "{}", twin.as_ref().unwrap_or(&record).tape_line())?;
                }
            }
            Ok(Told::Header(header)) => {
                let twin = redaction.map(|redaction| redaction.header(&header));
                writeln!(out, "{}", twin.as_ref().unwrap_or(&header).line())?;
            }
            // Nobody knows what it tells, and of whom.
            Ok(Told::Nothing) => {}
            Err(error) => {
                let (called, line, reason) = (called.clone(), Some(part.line), Sanitized::of(&error));
                stderr::say(&told(&BadInput { called, line, column: None, reason, can_be_left_out: true }));
                exit = Exit::Unusable;
            }
        }
        if is_live {
            out.flush()?;
        }
    }
    out.flush()?;
    if is_empty {
        let (reason, can_be_left_out) = (Sanitized::of(&TapeError::Empty), false);
        stderr::say(&told(&BadInput { called, line: None, column: None, reason, can_be_left_out }));
        exit = Exit::Unusable;
    }
    Ok(exit)
}
