//! What comes into our own collector by itself: a scenario, or the events of a tape.

use std::fs;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::thread;

use thiserror::Error;

use super::args::IncomingArgs;
use super::{Failure, stderr};
use crate::event::text::sanitize;
use crate::event::{Sanitized, sanitized};
use crate::sandbox::{Fault, Sandbox, Scenario, Traffic};
use crate::session::{CollectorCommand, Record, Speed, TapeCommand, TapeNews};
use crate::source::tape::{OpenError, Player, TapeFile};

/// Why nothing can come in.
#[derive(Debug, Error)]
pub(super) enum IncomingError {
    /// The scenario cannot be read.
    #[error("the scenario {file} cannot be read: {source}")]
    Scenario {
        /// Its name.
        file: Sanitized,
        /// The system's error.
        source: io::Error,
    },
    /// It would never end.
    #[error("{0} repeats without an end, so --exit-after-traffic would never end: give `repeat` a number of rounds")]
    Endless(Sanitized),
    /// The tape cannot be played.
    #[error("{0}")]
    Unplayable(Sanitized),
    /// The tape cannot be opened.
    #[error(transparent)]
    Tape(#[from] OpenError),
}

/// Something that comes in by itself, before it does.
pub(super) enum Incoming {
    /// A scenario.
    Scenario(Scenario),
    /// A tape, and how fast it is played.
    Tape(TapeFile, Speed),
}

impl Incoming {
    /// What the arguments name. It is read, and nothing comes in yet.
    pub(super) fn open(args: &IncomingArgs) -> Result<Option<Self>, Failure> {
        if let Some(path) = &args.scenario {
            let scenario = Self::scenario(path)?;
            if args.exit_after_traffic && !scenario.ends() {
                return Err(IncomingError::Endless(sanitize(&path.display().to_string())).into());
            }
            return Ok(Some(Self::Scenario(scenario)));
        }
        let tape = args.tape.as_deref().map(TapeFile::open).transpose().map_err(IncomingError::from)?;
        Ok(tape.map(|tape| Self::Tape(tape, args.speed.unwrap_or_default())))
    }

    fn scenario(path: &Path) -> Result<Scenario, Failure> {
        let file = path.display().to_string();
        let text = fs::read_to_string(path);
        let text = text.map_err(|source| IncomingError::Scenario { file: sanitize(&file), source })?;
        Ok(Scenario::read(&file, &text)?)
    }

    /// The faults that strike.
    pub(super) fn faults(&self) -> &[Fault] {
        match self {
            Self::Scenario(scenario) => scenario.faults(),
            Self::Tape(..) => &[],
        }
    }

    /// Whether each event waits for a key press.
    pub(super) fn waits_for_keys(&self) -> bool {
        matches!(self, Self::Scenario(scenario) if scenario.waits_for_keys())
    }

    /// Begins. What it gives has it come in to its end; what is odd about it goes to `tell`.
    pub(super) fn begin<'a>(
        self,
        sandbox: &'a Sandbox,
        tell: impl Fn(&Sanitized) + Send + 'a,
    ) -> Pin<Box<dyn Future<Output = Result<(), IncomingError>> + Send + 'a>> {
        match self {
            Self::Scenario(scenario) => {
                let mut playing = sandbox.play(Traffic::new(scenario, 0));
                Box::pin(async move {
                    playing.over().await;
                    Ok(())
                })
            }
            Self::Tape(file, speed) => Box::pin(play(file, speed, sandbox, tell)),
        }
    }
}

/// Plays a tape to its end into the collector. What one refused before is not sent to another.
async fn play(
    file: TapeFile,
    speed: Speed,
    sandbox: &Sandbox,
    tell: impl Fn(&Sanitized) + Send,
) -> Result<(), IncomingError> {
    let called = file.called.clone();
    let mut player = Player::start(file, None);
    player.command(TapeCommand::Play(speed));
    while let Some(news) = player.news.recv().await {
        match news {
            TapeNews::Played { records, .. } => {
                let payloads = records.iter().filter_map(|record| match record {
                    Record::Change(change) if !change.is_refused() => change.payload.as_ref(),
                    _ => None,
                });
                for payload in payloads {
                    sandbox.post(payload.text()).await;
                }
            }
            TapeNews::Fault(told) | TapeNews::Lasting(told) => tell(&told),
            TapeNews::Failed(told) => return Err(IncomingError::Unplayable(told)),
            TapeNews::Ended => {
                tell(&sanitized!("{} has ended", called));
                return Ok(());
            }
            TapeNews::Extent { .. } | TapeNews::Restored { .. } => {}
        }
    }
    Ok(())
}

/// Has each line of standard input let the next go on that waits.
pub(super) fn press_with_enter(hand: impl Fn(CollectorCommand) + Send + 'static) {
    let read = move || {
        io::stdin().lines().map_while(Result::ok).for_each(|_| hand(CollectorCommand::Next));
        stderr::say(&"standard input has ended: what waits for Enter waits for ever".into());
    };
    if let Err(error) = thread::Builder::new().name("keys".into()).spawn(read) {
        stderr::say(&sanitized!("no thread can be started to wait for Enter: {}", Sanitized::of(&error)));
    }
}
