use std::io::{self, IsTerminal};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use secrecy::SecretString;

use super::watch::{log_to_file, on_terminal};
use super::{Exit, Failure, plan};
use crate::blueshift::auth::AccountKey;
use crate::config::{Config, ConfigFile, ConfigLayer};
use crate::event::sanitized;
use crate::runtime::{self, RuntimeError};
use crate::sandbox::{self, DebugShape, Sandbox, Traffic};
use crate::source::Clock;
use crate::source::live::{self, Timeouts};

/// The collector takes any key; this one says in its own words what it is.
const KEY: &str = "demo";

/// Takes the interval from `layers`; what is watched is not theirs to choose, nor the profile's. The `file` only says
/// which variables hold keys.
pub(super) fn run(layers: [ConfigLayer; 2], file: &ConfigFile) -> Result<Exit, Failure> {
    if !io::stdout().is_terminal() {
        return Err(RuntimeError::NoTerminal.into());
    }
    log_to_file()?;
    runtime::block_on(show(layers, file))?
}

async fn show(layers: [ConfigLayer; 2], file: &ConfigFile) -> Result<Exit, Failure> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    // With counts in it, the answer shows received beside captured from the first second on.
    let debug_shape = DebugShape::Counted;
    let sandbox =
        Sandbox::start(sandbox::SandboxConfig { listen, debug_shape, ..sandbox::SandboxConfig::default() }).await?;
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
        timeouts: Timeouts::default(),
        body_limit: live::BODY_LIMIT,
        clock: Clock::start(),
    };
    on_terminal(target, &config, plan, settings).await
}
