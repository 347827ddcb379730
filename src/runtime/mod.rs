//! The impure part of the interface: the terminal, the event loop, signals, the clipboard, the log.
//!
//! [`run`] is the whole of it for a caller: it takes the terminal, shows the application until it is told to leave, and
//! gives the terminal back, whatever happens in between.

pub mod checkup;
mod clipboard;
mod comparing;
mod console;
pub mod drafts;
mod editor;
mod event_loop;
mod events;
mod folder;
mod frame_limiter;
mod input;
mod linting;
pub mod log;
mod output;
mod pen;
mod querying;
pub mod recording;
mod sampling;
mod screen;
mod signals;
mod telling;
mod templates;
mod terminal;
mod theme;
mod waiting;

use std::io;
use std::num::NonZero;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use crate::app::tape::ReplaySettings;
use crate::app::{Model, Preferences, Sending, Setup, TableSettings, ThemeName};
use crate::event::{Redaction, Sanitized, Volatile};
use crate::plan::Linter;
use crate::session::Moment;
use crate::source::Feed;
pub use crate::ui::about;
pub use sampling::sample;
pub use telling::PlanWriter;
pub use terminal::stdout_lost;

/// The settings of the interface at its start; the rest of [`Setup`] it reads from the terminal and the clock.
#[derive(Debug)]
pub struct InterfaceSettings {
    /// The label of the target in the header: `us · api.getblueshift.com`, `sandbox · 127.0.0.1:8787`.
    pub target: Sanitized,
    /// How often the source polls at first.
    pub interval: Duration,
    /// The time zone in which times of day are shown.
    pub time_zone: TimeZone,
    /// The settings for sending.
    pub sending: Sending,
    /// How many bytes of events are held beside the newest of each type.
    pub history_limit: usize,
    /// The fields whose changes say nothing of an event.
    pub volatile: Volatile,
    /// The table as its reader wants it from the start.
    pub table: TableSettings,
    /// Where drafts and templates are kept.
    pub folders: Folders,
    /// Checks events and drafts.
    pub linter: Linter,
    /// Writes a plan that is made of the session.
    pub plan_writer: PlanWriter,
    /// The variables that hold keys, which no other program is started with.
    pub key_variables: Vec<String>,
    /// What the session is recorded to from the start, if it is.
    pub tape: Option<recording::Tape>,
    /// Warnings from the start, a sentence each.
    pub notices: Vec<Sanitized>,
    /// Where the replay of a tape begins; `None` where a live source is watched.
    pub replay: Option<ReplaySettings>,
    /// Where the collector of this process listens, where that is what is watched.
    pub collector: Option<Sanitized>,
    /// Whether what another program writes is watched.
    pub reads: bool,
    /// What makes masks.
    pub redaction: Redaction,
    /// Whether all is masked from the first frame on.
    pub is_masked: bool,
    /// What the person at the keyboard wants.
    pub preferences: Preferences,
    /// The theme; without one, what suits the terminal.
    pub theme: Option<ThemeName>,
}

/// Where drafts and templates are kept. Without a folder they are in memory only, and the user is told so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    /// One file a draft.
    pub drafts: Option<PathBuf>,
    /// One file a template, `NAME.json`.
    pub templates: Option<PathBuf>,
}

/// Why the interface ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The person asked for it.
    Quit,
    /// The person asked for the profile of this place among those that can be switched to.
    Profile(usize),
    /// A signal asked for it; its number.
    Signal(i32),
    /// The terminal is gone: its window was closed or the line dropped.
    TerminalGone,
}

impl Exit {
    /// The process's exit code: 0, or 128 and the signal's number as shells count. A terminal that is gone counts as the
    /// hang-up signal that should have told so.
    pub fn code(self) -> u8 {
        match self {
            Self::Quit | Self::Profile(_) => 0,
            Self::Signal(number) => 128_u8.saturating_add(u8::try_from(number).unwrap_or(u8::MAX)),
            Self::TerminalGone => 129,
        }
    }
}

/// The end of the interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Why it ended.
    pub exit: Exit,
    /// What was seen, and sentences on the events whose sending was not over: what was not sent, and what may have arrived.
    pub summary: Vec<Sanitized>,
}

/// Why the interface could not be shown, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// Standard output is a file or a pipe.
    #[error(
        "standard output is not a terminal: run clickscope in one, or use `clickscope watch --json` or `replay --json`, which need none"
    )]
    NoTerminal,
    /// The operating system refused something about the terminal.
    #[error("the terminal could not be {doing}: {source}")]
    Terminal {
        /// The action that failed, as a participle: `switched to raw mode`.
        doing: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The operating system refused to start what the program runs on.
    #[error("{what} could not be set up: {source}")]
    System {
        /// The part that could not be set up.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
}

/// How many keys and signals may wait for the event loop. More than anyone types in a frame, and enough for a burst of
/// mouse wheel turns; a full queue only makes the reader wait.
const INPUT_QUEUE: usize = 256;

/// Shows the interface until it ends, on the terminal that standard output is.
///
/// The first frame is on the screen before `start` is called: it makes the source, and may take its time for it.
/// `clock` must tell the same time as the source's records do.
///
/// # Panics
///
/// When any task of the program panicked; the terminal was given back and the message printed by then.
pub async fn run<F: Into<Feed>>(
    settings: InterfaceSettings,
    clock: impl Fn() -> Moment,
    start: impl FnOnce() -> F,
) -> Result<End, RuntimeError> {
    let (inputs, receiver) = mpsc::channel(INPUT_QUEUE);
    signals::forward(&inputs)?;
    terminal::forward(inputs.clone());
    terminal::hear_mouse(!settings.preferences.no_mouse);
    let (console, guard, size) = terminal::take()?;
    tracing::info!(watching = %settings.target, width = size.width, height = size.height, "started");

    let now = clock();
    let lookup = |name: &str| std::env::var(name).ok();
    let theme::Suiting { theme, light } = theme::suiting(settings.theme, &lookup);
    let setup = Setup {
        target: settings.target,
        interval: settings.interval,
        time_zone: settings.time_zone,
        size,
        now,
        sending: settings.sending,
        history_limit: settings.history_limit,
        table: settings.table,
        volatile: settings.volatile,
        recording: settings.tape.as_ref().map(recording::Tape::place),
        notices: settings.notices,
        redaction: settings.redaction.into(),
        is_masked: settings.is_masked,
        collector: settings.collector,
        reads: settings.reads,
        preferences: Preferences {
            bindings: settings.preferences.bindings.spelled(theme.ascii).into(),
            ..settings.preferences
        },
    };
    let model = match settings.replay {
        Some(replay) => Model::replaying(setup, replay),
        None => Model::new(setup),
    };
    let (keys, claims) = events::keys();
    let workplace = event_loop::Workplace {
        asks_background: light.is_some(),
        clipboard: clipboard::Clipboard::detect(&lookup, &settings.key_variables),
        folders: settings.folders,
        tape: settings.tape,
        linter: settings.linter,
        plan_writer: settings.plan_writer,
        keys,
        editor: console::Command { line: editor::command(&lookup), without: settings.key_variables },
    };
    let application = event_loop::WatchApplication { model, theme, light };
    let ended = event_loop::run(application, size, console, workplace, receiver, clock, || {
        events::forward(inputs, size, claims);
        #[cfg(debug_assertions)]
        panic_if_asked();
        start()
    })
    .await;
    drop(guard);

    match ended? {
        (event_loop::Ended::Exit(exit), summary) => {
            tracing::info!(?exit, "ended");
            Ok(End { exit, summary })
        }
        // The hook has told all there is to tell; what is left is to end as a program ends that panicked.
        (event_loop::Ended::Panicked, _) => std::panic::resume_unwind(Box::new("a task panicked")),
    }
}

/// The most threads that tasks run on. The watcher needs one, and the sandbox under load a few.
const MOST_WORKERS: usize = 4;

/// Runs `main` on a new runtime and returns as soon as it does: a request, a name look-up or a write that still hangs
/// somewhere does not keep the program.
pub fn block_on<F: Future>(main: F) -> Result<F::Output, RuntimeError> {
    struct Abandon(Option<tokio::runtime::Runtime>);

    impl Drop for Abandon {
        fn drop(&mut self) {
            if let Some(runtime) = self.0.take() {
                runtime.shutdown_background();
            }
        }
    }

    // As many threads as a large machine has cores would take longer to start than the first frame.
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_WORKERS);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(|source| RuntimeError::System { what: "the async runtime", source })?;
    let runtime = Abandon(Some(runtime));
    match &runtime.0 {
        Some(inner) => Ok(inner.block_on(main)),
        None => unreachable!("it is only taken when dropped"),
    }
}

/// Panics where `CLICKSCOPE_PANIC` says so: `event-loop` or `task`. It lets the end-to-end tests see a panic of the
/// built program; release builds do not have it.
#[cfg(debug_assertions)]
fn panic_if_asked() {
    match std::env::var("CLICKSCOPE_PANIC").as_deref() {
        Ok("event-loop") => panic!("asked to in the event loop"),
        Ok("task") => {
            tokio::spawn(async { panic!("asked to in a task") });
        }
        _ => {}
    }
}
