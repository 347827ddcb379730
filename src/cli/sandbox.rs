use std::future::pending;
use std::io::Write;
use std::path::{Path, PathBuf};

use tokio::signal::unix::{SignalKind, signal};

use super::incoming::{Begun, Incoming, press_with_enter};
use super::{Exit, Failure, args, stderr};
use crate::config;
use crate::event::text::sanitize;
use crate::event::{Identifiers, Sanitized, sanitized};
use crate::runtime::{self, RuntimeError};
use crate::sandbox::{self, Sandbox, SandboxError};

pub(super) fn run(args: args::SandboxArgs, identifiers: Identifiers) -> Result<Exit, Failure> {
    let args::SandboxArgs {
        listen,
        allowed_hosts,
        tls,
        tls_ca,
        debug_shape,
        mut faults,
        rewrites,
        incoming,
        print_schema,
    } = args;
    if print_schema {
        std::io::stdout().write_all(sandbox::SCENARIO_SCHEMA.as_bytes())?;
        return Ok(Exit::Done);
    }
    let coming = Incoming::open(&incoming)?;
    faults.extend(coming.iter().flat_map(Incoming::faults).cloned());
    runtime::log::to_stderr()?;
    let tls = if tls { Some(authority(tls_ca)?) } else { None };
    let config = sandbox::SandboxConfig {
        listen,
        allowed_hosts,
        tls,
        debug_shape,
        faults,
        rewrites,
        identifiers,
        ..sandbox::SandboxConfig::default()
    };
    runtime::block_on(serve(config, coming, incoming.exit_after_traffic))?
}

/// Where the authority is that signs for https: where the user says, else among what the program keeps.
fn authority(asked: Option<PathBuf>) -> Result<PathBuf, SandboxError> {
    let kept = || Some(config::state_folder()?.join("ca.pem"));
    asked.or_else(kept).ok_or_else(|| SandboxError::Certificate {
        file: "ca.pem".into(),
        reason: "has no place, since the system names no home".into(),
    })
}

/// What to do with a collector at `url`: for a person, beside the address for programs.
fn next_steps(url: &str, authority: Option<&Path>) -> Vec<Sanitized> {
    let url = sanitize(url);
    let file = authority.map(|file| sanitize(&file.display().to_string()));
    let trust = file.as_ref().map(|file| sanitized!("SSL_CERT_FILE={} ", file)).unwrap_or_default();
    let told = file.map(|file| {
        sanitized!("whoever sends over https has to trust {} (curl --cacert, NODE_EXTRA_CA_CERTS, SSL_CERT_FILE)", file)
    });
    let steps = [
        sanitized!("watch it: {}CLICKSCOPE_EVENT_KEY=any clickscope --url {}", trust, url),
        sanitized!("send to it: {}CLICKSCOPE_EVENT_KEY=any clickscope --url {} send purchase", trust, url),
        sanitized!(
            "your own sender: put {} in the place of https://api.getblueshift.com; any key will do; ^C ends",
            url
        ),
    ];
    told.into_iter().chain(steps).collect()
}

async fn serve(config: sandbox::SandboxConfig, coming: Option<Incoming>, ends: bool) -> Result<Exit, Failure> {
    let no_signals = |source| RuntimeError::System { what: "the handling of signals", source };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let authority = config.tls.clone();
    let sandbox = Sandbox::start(config).await?;
    if let Some(exposure) = sandbox.exposure() {
        stderr::say(&Sanitized::lines(&format!("warning: {exposure}")));
    }
    writeln!(std::io::stdout(), "{}", sandbox.url())?;
    for line in next_steps(&sandbox.url(), authority.as_deref()) {
        stderr::say(&line);
    }
    let comes_in = async {
        let Some(coming) = coming else { return pending().await };
        let Begun { presses, over } = coming.begin(&sandbox);
        presses.into_iter().for_each(press_with_enter);
        over.await;
        if !ends {
            pending::<()>().await;
        }
    };
    let exit = tokio::select! {
        () = comes_in => Exit::Done,
        _ = interrupt.recv() => Exit::Signal(2),
        // How a service is asked to end, so it ends as asked.
        _ = terminate.recv() => Exit::Done,
    };
    sandbox.shutdown().await;
    Ok(exit)
}
