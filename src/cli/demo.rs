use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;

use super::headless::Mode;
use super::recording;
use super::watch::{in_lines, log_to_file, on_terminal, terminal_has_screen};
use super::{Exit, Failure, plan};
use crate::blueshift::auth::AccountKey;
use crate::config::{Config, ConfigFile, ConfigLayer};
use crate::event::{Sanitized, sanitized};
use crate::runtime;
use crate::sandbox::{self, DebugShape, Sandbox, Traffic};
use crate::source::Clock;
use crate::source::live::{self, Timeouts};

/// The collector takes any key; this one says in its own words what it is.
const KEY: &str = "demo";

/// Takes the interval from `layers`; what is watched is not theirs to choose, nor the profile's. The `file` only says
/// which variables hold keys. The session is recorded to the file `record`.
pub(super) fn run(record: Option<&Path>, layers: [ConfigLayer; 2], file: &ConfigFile) -> Result<Exit, Failure> {
    let notices = if terminal_has_screen()? {
        Some(log_to_file()?)
    } else {
        runtime::log::to_stderr()?;
        None
    };
    runtime::block_on(show(record, layers, file, notices))?
}

/// Shows the demo on the screen with these `notices`, or without any in lines.
async fn show(
    record: Option<&Path>,
    layers: [ConfigLayer; 2],
    file: &ConfigFile,
    notices: Option<Vec<Sanitized>>,
) -> Result<Exit, Failure> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    // With counts in it, the answer shows received beside captured from the first second on.
    let debug_shape = DebugShape::Counted;
    let identifiers = file.levels().identifiers().clone();
    let others = sandbox::SandboxConfig::default();
    let sandbox = Sandbox::start(sandbox::SandboxConfig { listen, debug_shape, identifiers, ..others }).await?;
    // The same shop at every start: who looks for the second time, or shows it to others, finds what was there before.
    sandbox.play(Traffic::shop(0)?);
    let here = ConfigLayer::flags(None, Some(&sandbox.url()), None)?;
    let config = Config::resolve(std::iter::once(here).chain(layers), file);
    let plan = plan::as_it_is(config.plan.as_ref())?;
    let base = config.target.value.base_url();
    let key = |called: &'static str| AccountKey { secret: SecretString::from(KEY), called: called.into() };
    let target = sanitized!("demo · {}", base.host_label());
    let settings = live::Settings {
        base,
        event_key: key("the Event key of the demo"),
        user_key: Some(key("the User key of the demo")),
        headers: Arc::default(),
        interval: config.interval.value,
        since: None,
        timeouts: Timeouts::default(),
        body_limit: live::BODY_LIMIT,
        clock: Clock::start(),
    };
    let tape = record.map(|file| recording::begin(file, target.clone(), false, settings.clock)).transpose()?;
    match notices {
        Some(notices) => on_terminal(target, &config, plan, settings, tape, notices).await,
        None => in_lines((Mode::FollowInLines, None), &config, plan, None, settings, tape).await,
    }
}
