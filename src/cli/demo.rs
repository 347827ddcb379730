use std::io::{self, IsTerminal};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use secrecy::SecretString;

use super::watch::{log_to_file, on_terminal};
use super::{Exit, Failure};
use crate::config::{Config, Layer};
use crate::runtime::{self, RuntimeError};
use crate::sandbox::{self, Sandbox};
use crate::source::Clock;
use crate::source::live::{self, Key, Timeouts};

/// The collector takes any key; this one says in its own words what it is.
const KEY: &str = "demo";

pub(super) fn run(interval: Option<Duration>) -> Result<Exit, Failure> {
    if !io::stdout().is_terminal() {
        return Err(RuntimeError::NoTerminal.into());
    }
    log_to_file()?;
    runtime::block_on(show(interval))?
}

async fn show(interval: Option<Duration>) -> Result<Exit, Failure> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let sandbox = Sandbox::start(sandbox::Config { listen, ..sandbox::Config::default() }).await?;
    let config = Config::resolve([Layer::flags(None, Some(&sandbox.url()), interval)?]);
    let base = config.target.value.base_url();
    let key = |called: &str| Key { secret: SecretString::from(KEY), called: called.to_owned() };
    let target = format!("demo · {}", base.host_label());
    let settings = live::Settings {
        base,
        event_key: key("the Event key of the demo"),
        user_key: Some(key("the User key of the demo")),
        interval: config.interval.value,
        timeouts: Timeouts::default(),
        body_limit: live::BODY_LIMIT,
        clock: Clock::start(),
    };
    on_terminal(target, settings).await
}
