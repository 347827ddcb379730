//! Passing on what our own collector is sent: where to, with which key, and by which rules.

use std::sync::Arc;

use secrecy::SecretString;
use thiserror::Error;

use super::args::ForwardArgs;
use super::send::{self, SendError};
use super::{Failure, stderr};
use crate::blueshift::ExtraHeader;
use crate::config::Config;
use crate::event::text::sanitize;
use crate::event::{Sanitized, sanitized};
use crate::sandbox::{Forwarding, PassOn};
use crate::source::live::Timeouts;
use crate::source::relay::Relay;

/// Why nothing can be passed on.
#[derive(Debug, Error)]
pub(super) enum ForwardError {
    /// There is no key in the variable.
    #[error("--forward-key: {0} is not set; set it, or leave --forward-key out to pass on the sender's key")]
    NoKey(Sanitized),
    /// There can be no connection.
    #[error("{what}: {advice}")]
    NoClient {
        /// What happened.
        what: Sanitized,
        /// What to do.
        advice: Sanitized,
    },
    /// It would go round in circles.
    #[error("--forward leads to this collector itself: name the server that it is to pass on to")]
    ToItself,
}

/// How what is sent is passed on to the target of `config`. Asks for the word where that is production.
pub(super) fn forwarding(
    args: &ForwardArgs,
    config: &Config,
    headers: Arc<[ExtraHeader]>,
) -> Result<Forwarding, Failure> {
    let safety = config.safety();
    safety.check([]).map_err(SendError::from)?;
    let variable = args.forward_key.as_ref().map(|name| match &**name {
        "" => config.key_names().event,
        name => name.to_owned(),
    });
    let key = variable.map(|name| {
        let value = std::env::var(&name).ok().filter(|value| !value.trim().is_empty());
        value.map(|value| SecretString::from(value.trim())).ok_or_else(|| ForwardError::NoKey(sanitize(&name)))
    });
    let key = key.transpose()?;
    if safety.production && !args.production {
        send::confirm(config)?;
    }
    if let Some(exposure) = config.exposure() {
        stderr::say(&exposure);
    }
    let headers = config.headers(headers, &|name| std::env::var_os(name))?;
    let relay = Relay::new(config.target.value.base_url(), &headers, Timeouts::default());
    let relay =
        Arc::new(relay.map_err(|problem| ForwardError::NoClient { what: problem.what, advice: problem.advice })?);
    let pass_on: PassOn = Arc::new(move |request| {
        let relay = Arc::clone(&relay);
        Box::pin(async move { relay.pass_on(request).await.map_err(|problem| problem.what) })
    });
    let hold = args.hold.then_some(say_held as fn(&Sanitized));
    Ok(Forwarding { to: config.target.value.base_url().host_label(), pass_on, key, safety, hold })
}

fn say_held(request: &Sanitized) {
    stderr::say(&sanitized!("{} waits: Enter passes it on", request));
}

/// Whether what a collector at this address passes on to `config` would come back to it.
pub(super) fn is_circle(config: &Config, url: &str) -> bool {
    let base = config.target.value.base_url();
    let port = url.rsplit(':').next().unwrap_or_default();
    base.is_loopback() && base.host_label().ends_with(&format!(":{port}"))
}
