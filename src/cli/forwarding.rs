//! Passing on what our own collector is sent: where to, with which key, and by which rules.

use std::sync::Arc;

use secrecy::SecretString;
use thiserror::Error;

use super::args::ForwardArgs;
use super::send::{self, SendError};
use super::watch::settings;
use super::{Failure, stderr};
use crate::blueshift::ExtraHeader;
use crate::blueshift::auth::AccountKey;
use crate::config::{self, AccountKeys, Config};
use crate::event::Sanitized;
use crate::sandbox::{Forwarding, PassOn, Taken};
use crate::source::live::Timeouts;
use crate::source::relay::Relay;
use crate::source::witness::{Account, Passed};

/// Why nothing can be passed on.
#[derive(Debug, Error)]
pub(super) enum ForwardError {
    /// There is no key in the variable.
    #[error("--forward-key: there is no key in {0}; set it, or leave --forward-key out to pass on the sender's key")]
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

/// How what is sent is passed on to the target of `config`, and the account to look for it in where that is asked for. Asks
/// for the word where that is production.
pub(super) fn forwarding(
    args: &ForwardArgs,
    config: &Config,
    headers: Arc<[ExtraHeader]>,
) -> Result<(Forwarding, Option<Box<Account>>), Failure> {
    let safety = config.safety();
    safety.check([]).map_err(SendError::from)?;
    let variable = args.forward_key.as_ref().map(|name| match &**name {
        "" => config.key_sources().event_variable(),
        name => name.to_owned(),
    });
    let key = variable.map(|name| {
        let value = std::env::var(&name).ok().filter(|value| !value.trim().is_empty());
        value
            .map(|value| SecretString::from(value.trim()))
            .ok_or_else(|| ForwardError::NoKey(config::variable_shown(&name)))
    });
    let key = key.transpose()?;
    if safety.production && !args.production {
        send::confirm(config)?;
    }
    if let Some(exposure) = config.exposure() {
        stderr::say(&exposure);
    }
    let headers = config.headers(headers, &|name| std::env::var_os(name))?;
    let (taken, account) = if args.prove {
        let (telling, account) = account(config, key.as_ref(), Arc::clone(&headers))?;
        (Some(telling), Some(Box::new(account)))
    } else {
        (None, None)
    };
    let relay = Relay::new(config.target.value.base_url(), &headers, Timeouts::default());
    let relay =
        Arc::new(relay.map_err(|problem| ForwardError::NoClient { what: problem.what, advice: problem.advice })?);
    let pass_on: PassOn = Arc::new(move |request| {
        let relay = Arc::clone(&relay);
        Box::pin(async move { relay.pass_on(request).await.map_err(|problem| problem.what) })
    });
    let to = config.target.value.base_url().host_label();
    Ok((Forwarding { to, pass_on, key, safety, hold: args.hold, taken }, account))
}

/// The account that the target of `config` is with this key, else with that of the environment, and who is told of what it
/// took.
fn account(
    config: &Config,
    key: Option<&SecretString>,
    headers: Arc<[ExtraHeader]>,
) -> Result<(Taken, Account), Failure> {
    let keys = match key {
        Some(key) => {
            let event = AccountKey { secret: key.clone(), called: "the Event key of --forward-key".into() };
            AccountKeys { event, user: None }
        }
        None => AccountKeys::read(&config.key_sources(), &|name| std::env::var_os(name), || None)?,
    };
    let identifiers = config.levels.identifiers().clone();
    let called = config.target.value.base_url().host_label();
    let (telling, account) = Account::new(settings(config, keys, headers), called, identifiers);
    // While there is no time for it, nothing is lost but a proof.
    let taken: Taken = Arc::new(move |request, events, ago| _ = telling.try_send(Passed { request, events, ago }));
    Ok((taken, account))
}

/// Whether what a collector at this address passes on to `config` would come back to it.
pub(super) fn is_circle(config: &Config, url: &str) -> bool {
    let base = config.target.value.base_url();
    let port = url.rsplit(':').next().unwrap_or_default();
    base.is_loopback() && base.host_label().ends_with(&format!(":{port}"))
}
