use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;

use super::args::DemoArgs;
use super::headless::Mode;
use super::recording;
use super::watch::{in_lines, log_to_file, on_terminal, terminal_has_screen};
use super::{Exit, Failure, plan, redact};
use crate::blueshift::auth::AccountKey;
use crate::config::{Config, ConfigFile, ConfigLayer};
use crate::event::{Redaction, Sanitized, sanitized};
use crate::runtime;
use crate::sandbox::{self, DebugShape, Sandbox, Traffic};
use crate::source::Clock;
use crate::source::live::{self, Timeouts};

/// The collector takes any key; this one says in its own words what it is.
const KEY: &str = "demo";

/// Takes the interval from `layers`; what is watched is not theirs to choose, nor the profile's. The `file` only says
/// which variables hold keys.
pub(super) fn run(args: &DemoArgs, layers: [ConfigLayer; 2], file: &ConfigFile) -> Result<Exit, Failure> {
    let masks = redact::on_screen(&args.redact, None, file.levels().identifiers())?;
    let notices = if terminal_has_screen()? {
        Some(log_to_file()?)
    } else {
        runtime::log::to_stderr()?;
        None
    };
    runtime::block_on(show(args.record.record.as_deref(), layers, file, masks, notices))?
}

/// Shows the demo on the screen with these `notices`, or without any in lines.
async fn show(
    record: Option<&Path>,
    layers: [ConfigLayer; 2],
    file: &ConfigFile,
    masks: (Redaction, bool),
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
    let (redaction, is_masked) = masks;
    let tape = record.map(|file| recording::begin(file, target.clone(), is_masked, settings.clock)).transpose()?;
    let Some(notices) = notices else {
        let redaction = is_masked.then_some(redaction);
        return in_lines((Mode::FollowInLines, None), &config, plan, redaction, settings, tape).await;
    };
    on_terminal(target, &config, plan, (redaction, is_masked), settings, tape, notices).await
}
