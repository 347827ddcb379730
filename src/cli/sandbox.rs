use std::future::pending;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use tokio::signal::unix::{SignalKind, signal};

use super::collecting::{self, Setting};
use super::forwarding::{ForwardError, forwarding, is_circle};
use super::incoming::{Incoming, press_with_enter};
use super::watch::{log_to_file, terminal_has_screen};
use super::{Exit, Failure, args, redact, stderr};
use crate::blueshift::ExtraHeader;
use crate::config::{self, Config, ConfigFile, ConfigLayer};
use crate::event::text::sanitize;
use crate::event::{Sanitized, sanitized};
use crate::runtime::{self, RuntimeError};
use crate::sandbox::{self, Sandbox, SandboxError};

/// Runs a collector, which passes on to the target of `onward`, with these headers, what it is sent.
pub(super) fn run(
    args: args::SandboxArgs,
    layers: [ConfigLayer; 2],
    file: &ConfigFile,
    onward: Option<(Config, Arc<[ExtraHeader]>)>,
) -> Result<Exit, Failure> {
    let args::SandboxArgs {
        listen,
        allowed_hosts,
        tls,
        tls_ca,
        debug_shape,
        mut faults,
        rewrites,
        key,
        signed,
        headless,
        record,
        redact,
        incoming,
        forward,
        print_schema,
    } = args;
    if print_schema {
        std::io::stdout().write_all(sandbox::SCENARIO_SCHEMA.as_bytes())?;
        return Ok(Exit::Done);
    }
    let coming = Incoming::open(&incoming)?;
    faults.extend(coming.iter().flat_map(Incoming::faults).cloned());
    let identifiers = file.levels().identifiers().clone();
    let masks = redact::on_screen(&redact, None, &identifiers)?;
    let key = key.as_deref().map(key_of).transpose()?;
    let has_screen = !headless && std::io::stdout().is_terminal() && terminal_has_screen()?;
    let by_enter = !has_screen && (forward.hold || coming.as_ref().is_some_and(Incoming::waits_for_keys));
    let forwarding = onward.as_ref().map(|(onward, headers)| forwarding(&forward, onward, Arc::clone(headers)));
    let (forwarding, account) = forwarding.transpose()?.unzip();
    let notices = if has_screen {
        Some(log_to_file()?)
    } else {
        runtime::log::to_stderr()?;
        None
    };
    let tls = if tls { Some(authority(tls_ca)?) } else { None };
    let config = sandbox::SandboxConfig {
        listen,
        allowed_hosts,
        tls,
        debug_shape,
        faults,
        rewrites,
        identifiers,
        signing: config::demanded(signed, &|name| std::env::var_os(name))?,
        accept_keys: key.clone().into_iter().collect(),
        forwarding,
        ..sandbox::SandboxConfig::default()
    };
    let record = record.record.as_deref();
    let (account, authority) = (account.flatten(), config.tls.clone());
    let setting =
        Setting { called: "collector", key, layers, file, masks, record, notices, authority, tour: false, account };
    let onward = onward.map(|(onward, _)| onward);
    let coming = Coming { what: coming, by_enter, ends: incoming.exit_after_traffic };
    runtime::block_on(serve(config, setting, coming, onward.as_ref()))?
}

/// The key in that variable.
fn key_of(variable: &str) -> Result<SecretString, SandboxError> {
    let key = std::env::var(variable).ok().map(SecretString::from);
    key.filter(|key| !key.expose_secret().trim().is_empty())
        .ok_or_else(|| SandboxError::NoKey { variable: config::variable_shown(variable) })
}

/// Where the authority is that signs for https: where the user says, else among what the program keeps.
fn authority(asked: Option<PathBuf>) -> Result<PathBuf, SandboxError> {
    let kept = || Some(config::state_folder()?.join("ca.pem"));
    asked.or_else(kept).ok_or_else(|| SandboxError::Certificate {
        file: "ca.pem".into(),
        reason: "has no place, since the system names no home".into(),
    })
}

/// What to do with a collector at `url`: for a person, beside the address for programs. It may take one key only.
fn next_steps(url: &str, authority: Option<&Path>, one_key: bool) -> Vec<Sanitized> {
    let url = sanitize(url);
    let trust = authority.map(|file| sanitized!("SSL_CERT_FILE={} ", sanitize(&file.display().to_string())));
    let trust = trust.unwrap_or_default();
    let (key, which) = if one_key { ("…", "only the key of --key") } else { ("any", "any key") };
    let steps = [
        sanitized!("watch it: {}CLICKSCOPE_EVENT_KEY={} clickscope --url {}", trust, key, url),
        sanitized!("send to it: {}CLICKSCOPE_EVENT_KEY={} clickscope --url {} send purchase", trust, key, url),
        sanitized!(
            "your own sender: put {} in the place of https://api.getblueshift.com; {} will do; ^C ends",
            url,
            which
        ),
    ];
    authority.map(trusted).into_iter().chain(steps).collect()
}

/// What a collector asks of its senders that speaks https.
fn trusted(authority: &Path) -> Sanitized {
    let file = sanitize(&authority.display().to_string());
    sanitized!("whoever sends over https has to trust {} (curl --cacert, NODE_EXTRA_CA_CERTS, SSL_CERT_FILE)", file)
}

/// What is told once the screen is given back.
#[derive(Default)]
struct Later(Mutex<(Vec<Sanitized>, usize)>);

impl Later {
    const MOST: usize = 20;

    fn say(&self, told: &Sanitized) {
        let mut later = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if later.0.len() < Self::MOST { later.0.push(told.clone()) } else { later.1 += 1 }
    }

    fn tell(self) {
        let (told, more) = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        told.iter().for_each(stderr::say);
        if more > 0 {
            stderr::say(&sanitized!("and {} more", more));
        }
    }
}

/// What comes in by itself.
struct Coming {
    what: Option<Incoming>,
    /// Whether it, or what is held, waits for lines of standard input.
    by_enter: bool,
    /// Whether the collector ends with it.
    ends: bool,
}

async fn serve(
    config: sandbox::SandboxConfig,
    setting: Setting<'_>,
    coming: Coming,
    onward: Option<&Config>,
) -> Result<Exit, Failure> {
    let authority = setting.authority.clone();
    let sandbox = Sandbox::start(config).await?;
    if onward.is_some_and(|onward| is_circle(onward, &sandbox.url())) {
        return Err(ForwardError::ToItself.into());
    }
    let exposure = sandbox.exposure().map(|exposure| Sanitized::lines(&format!("warning: {exposure}")));
    let has_screen = setting.notices.is_some();
    let later = Later::default();
    let comes_in = async {
        let over = coming
            .what
            .map(|what| what.begin(&sandbox, |told| if has_screen { later.say(told) } else { stderr::say(told) }));
        if coming.by_enter {
            press_with_enter(sandbox.hand());
        }
        let Some(over) = over else { return pending().await };
        over.await?;
        if !coming.ends {
            pending::<()>().await;
        }
        Ok::<_, Failure>(())
    };
    let exit = if has_screen {
        let notices = setting
            .notices
            .map(|notices| exposure.into_iter().chain(authority.as_deref().map(trusted)).chain(notices).collect());
        tokio::select! {
            exit = collecting::show(&sandbox, Setting { notices, ..setting }) => exit,
            over = comes_in => over.map(|()| Exit::Done),
        }
    } else {
        exposure.iter().for_each(stderr::say);
        writeln!(std::io::stdout(), "{}", sandbox.url())?;
        for line in next_steps(&sandbox.url(), authority.as_deref(), setting.key.is_some()) {
            stderr::say(&line);
        }
        let no_signals = |source| RuntimeError::System { what: "the handling of signals", source };
        let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
        let told = collecting::tell(&sandbox, setting)?;
        let exit = tokio::select! {
            over = comes_in => over.map(|()| Exit::Done),
            _ = interrupt.recv() => Ok(Exit::Signal(2)),
            // How a service is asked to end, so it ends as asked.
            _ = terminate.recv() => Ok(Exit::Done),
        };
        sandbox.shutdown().await;
        told.over().await;
        return exit;
    };
    sandbox.shutdown().await;
    later.tell();
    exit
}
