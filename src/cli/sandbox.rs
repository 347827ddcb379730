use std::future::pending;
use std::io::Write;

use tokio::signal::unix::{SignalKind, signal};

use super::incoming::{Begun, Incoming, press_with_enter};
use super::{Exit, Failure, args, stderr};
use crate::event::text::sanitize;
use crate::event::{Identifiers, Sanitized, sanitized};
use crate::runtime::{self, RuntimeError};
use crate::sandbox::{self, Sandbox};

pub(super) fn run(args: args::SandboxArgs, identifiers: Identifiers) -> Result<Exit, Failure> {
    let args::SandboxArgs { listen, allowed_hosts, debug_shape, mut faults, rewrites, incoming, print_schema } = args;
    if print_schema {
        std::io::stdout().write_all(sandbox::SCENARIO_SCHEMA.as_bytes())?;
        return Ok(Exit::Done);
    }
    let coming = Incoming::open(&incoming)?;
    faults.extend(coming.iter().flat_map(Incoming::faults).cloned());
    runtime::log::to_stderr()?;
    let config = sandbox::SandboxConfig {
        listen,
        allowed_hosts,
        debug_shape,
        faults,
        rewrites,
        identifiers,
        ..sandbox::SandboxConfig::default()
    };
    runtime::block_on(serve(config, coming, incoming.exit_after_traffic))?
}

/// What to do with a collector at `url`: for a person, beside the address for programs.
fn next_steps(url: &str) -> [Sanitized; 3] {
    let url = sanitize(url);
    [
        sanitized!("watch it: CLICKSCOPE_EVENT_KEY=any clickscope --url {}", url),
        sanitized!("send to it: CLICKSCOPE_EVENT_KEY=any clickscope --url {} send purchase", url),
        sanitized!(
            "your own sender: put {} in the place of https://api.getblueshift.com; any key will do; ^C ends",
            url
        ),
    ]
}

async fn serve(config: sandbox::SandboxConfig, coming: Option<Incoming>, ends: bool) -> Result<Exit, Failure> {
    let no_signals = |source| RuntimeError::System { what: "the handling of signals", source };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let sandbox = Sandbox::start(config).await?;
    if let Some(exposure) = sandbox.exposure() {
        stderr::say(&Sanitized::lines(&format!("warning: {exposure}")));
    }
    writeln!(std::io::stdout(), "{}", sandbox.url())?;
    for line in next_steps(&sandbox.url()) {
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
