//! A collector of this process on the screen, or in lines where the terminal shows no other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use secrecy::SecretString;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::headless::Mode;
use super::watch::{in_lines, on_terminal};
use super::watched::Watched;
use super::{Exit, Failure, lines, plan, recording, stderr};
use crate::blueshift::auth::AccountKey;
use crate::config::{Config, ConfigFile, ConfigLayer};
use crate::event::text::sanitize;
use crate::event::{Redaction, Sanitized, sanitized};
use crate::runtime;
use crate::runtime::recording::{Recorded, Tape};
use crate::sandbox::Sandbox;
use crate::session::Record;
use crate::source::Clock;
use crate::source::live::{self, Timeouts};
use crate::source::witness::Account;

/// How long the end waits for lines that nobody reads.
const PATIENCE: Duration = Duration::from_millis(200);

/// How a collector is shown.
pub(super) struct Setting<'a> {
    /// Its word in the header.
    pub(super) called: &'static str,
    /// The key that it takes; without one any.
    pub(super) key: Option<SecretString>,
    /// The flags and the environment. What is watched is not theirs to choose.
    pub(super) layers: [ConfigLayer; 2],
    pub(super) file: &'a ConfigFile,
    /// What makes masks, and whether all is masked from the start.
    pub(super) masks: (Redaction, bool),
    /// Where the session is recorded to.
    pub(super) record: Option<&'a Path>,
    /// What is to be told on the screen; without it the terminal shows lines.
    pub(super) notices: Option<Vec<Sanitized>>,
    /// The file of the authority that it serves https with.
    pub(super) authority: Option<PathBuf>,
    /// Whether the tour is shown at first.
    pub(super) tour: bool,
    /// The account to look in for what is passed on.
    pub(super) account: Option<Box<Account>>,
}

impl Setting<'_> {
    /// What says where it is and how it is sent to.
    fn settings(&self, sandbox: &Sandbox) -> Result<(Config, Sanitized, live::Settings), Failure> {
        let here = ConfigLayer::flags(None, Some(&sandbox.url()), None)?;
        let mut config = Config::resolve(std::iter::once(here).chain(self.layers.clone()), self.file);
        config.preferences.tour = self.tour;
        let base = config.target.value.base_url();
        let target = sanitized!("{} · {}", self.called, sanitize(&sandbox.url()));
        let settings = live::Settings {
            base,
            // Without a key of its own it takes any; this one says in its own words what it is.
            event_key: AccountKey {
                secret: self.key.clone().unwrap_or_else(|| SecretString::from(self.called)),
                called: sanitized!("the Event key of the {}", self.called),
            },
            user_key: None,
            headers: Arc::default(),
            interval: config.interval.value,
            since: None,
            expecting: None,
            timeouts: Timeouts::default(),
            body_limit: live::BODY_LIMIT,
            authority: self.authority.clone(),
            clock: Clock::start(),
        };
        Ok((config, target, settings))
    }

    fn tape(&self, target: &Sanitized, clock: Clock) -> Result<Option<Tape>, Failure> {
        let begin = |file| recording::begin(file, target.clone(), self.masks.1, clock);
        Ok(self.record.map(begin).transpose()?)
    }
}

/// Shows what a collector is sent until the reader or a signal ends it.
pub(super) async fn show(sandbox: &Sandbox, setting: Setting<'_>) -> Result<Exit, Failure> {
    let (config, target, settings) = setting.settings(sandbox)?;
    let tape = setting.tape(&target, settings.clock)?;
    let plan = plan::as_it_is(config.plan.as_ref())?;
    let watched = Watched::Collector(sandbox, setting.account);
    let (redaction, is_masked) = setting.masks;
    let Some(notices) = setting.notices else {
        let redaction = is_masked.then_some(redaction);
        return in_lines(watched, (Mode::FollowInLines, None), &config, plan, redaction, settings, tape).await;
    };
    on_terminal(watched, target, &config, plan, (redaction, is_masked), settings, tape, notices).await
}

/// Tells of each request in a line on stderr, until the collector ends.
pub(super) fn tell(sandbox: &Sandbox, setting: Setting<'_>) -> Result<Telling, Failure> {
    let (_, target, settings) = setting.settings(sandbox)?;
    let tape = setting.tape(&target, settings.clock)?;
    let (redaction, is_masked) = setting.masks;
    let redaction = is_masked.then(|| Arc::new(redaction));
    let source = Watched::Collector(sandbox, setting.account).start(settings);
    let (mut source, recorded) = match tape {
        Some(tape) => {
            let (source, recorded) =
                runtime::recording::record(source, tape, redaction.clone(), |why| stderr::say(&why))?;
            (source, Some(recorded))
        }
        None => (source, None),
    };
    let (zone, runtime) = (TimeZone::system(), Handle::current());
    let (ended, over) = oneshot::channel();
    // A thread of its own: whoever does not read standard error keeps nobody else waiting.
    std::thread::spawn(move || {
        runtime.block_on(async {
            while let Some(records) = source.records.recv().await {
                for record in records {
                    let record = match &redaction {
                        Some(redaction) => redaction.record(&record),
                        None => record,
                    };
                    match record {
                        Record::Request(request) => stderr::say_plainly(&lines::request(&request, &zone)),
                        Record::Proof(proof) => stderr::say_plainly(&lines::proof(&proof, &zone)),
                        Record::Note { note, .. } => stderr::say(&note.0),
                        Record::Waiting(waiting) => lines::waiting(&waiting).iter().for_each(stderr::say),
                        _ => {}
                    }
                }
            }
        });
        // Nobody waits where the program has ended.
        let _ = ended.send(());
    });
    Ok(Telling { over, recorded })
}

/// Requests that are told of.
pub(super) struct Telling {
    over: oneshot::Receiver<()>,
    recorded: Option<Recorded>,
}

impl Telling {
    /// Waits a moment until what came is told, and is on its tape.
    pub(super) async fn over(self) {
        // Whoever does not read misses the rest.
        let _ = timeout(PATIENCE, self.over).await;
        if let Some(recorded) = self.recorded
            && let Some(late) = recorded.finish().await
        {
            stderr::say(&late);
        }
    }
}
