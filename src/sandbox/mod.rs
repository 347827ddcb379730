//! The local collector: an imitation of the platform for tests, demos and work without a network.
//!
//! It takes events as the platform does (`POST /api/v1/event`, `/api/v1/bulkevents`, the browser pixel `/unity.gif`),
//! shows them as the platform does (`GET /api/v1/event/debug`, `/history`, `POST …/summary.json`), and has routes of its
//! own: `DELETE /_sandbox/events` forgets everything, `GET /_sandbox/records?after=N` tells what it was sent and waits for
//! it, and `/blueshift.js` stands in for the browser library, so that a page with the vendor's snippet only needs the host
//! replaced. Nothing is written to disk, and nothing leaves the machine but what it is told to pass on (see `forward`);
//! `POST /_sandbox/forward` passes on once more what could not be.
//!
//! Whoever reaches it may send, pages of any origin included, as on the platform. What came is shown and forgotten only
//! under names that are its own, and for no page of another origin (see `access`).
//!
//! Where the platform's behaviour is not public, this is what the collector does:
//!
//! - An event without an identifier is answered with 200. It shows in the debug answer ("the most recent events our
//!   server has seen"), not in the history ("successful events"), and counts in the summary both for its type and as
//!   `missing_identifier`.
//! - A bulk call with one bad event is refused whole, and its errors name the event.
//! - A missing or null `event` is a 400, a name that breaks a published rule a 422.
//! - A body packed with `gzip` or `deflate` is read; another encoding is a 415 that names those.
//! - A form is a 400: JSON is what the documentation gives.
//! - `HEAD` of the pixel records nothing.
//! - Any key that is not empty is taken, unless the configuration lists some.
//! - Days are UTC days.

mod access;
mod answer;
mod body;
mod browser;
mod connection;
mod cors;
mod fault;
mod forward;
mod gate;
mod intake;
mod journal;
mod paths;
mod pixel;
mod rewrite;
mod scenario;
mod server;
mod shape;
mod state;
mod store;
mod summary;
mod tls;
mod traffic;

use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

pub use access::AllowedHost;
pub use fault::{Fault, FaultKind, Lie, Scope};
pub use forward::{Forwarding, PassOn, Taken};
pub use intake::Rejection;
pub use rewrite::Rewrite;
use scenario::Via;
pub use scenario::{SCENARIO_SCHEMA, Scenario};
pub use shape::DebugShape;
use traffic::ScheduledCall;
pub use traffic::Traffic;

use crate::event::signature::Signing;
use crate::event::{COLLECTOR, Identifiers, Sanitized};
use crate::session::{CollectorCommand, Moment, Record, Waiting};
use access::Access;
use gate::Waits;
use intake::{Account, Client};
use journal::Reading;
use state::Shared;
use tls::Tls;

/// Where the collector listens unless told otherwise.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8787);

/// How long a client may take unless told otherwise.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Why the collector, or its traffic, could not be set up.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// Another program listens there.
    #[error(
        "{addr} is already in use: stop the program that listens there, or choose another with --listen (port 0 takes any free one)"
    )]
    PortInUse {
        /// The address that was asked for.
        addr: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}: {source}; choose another with --listen")]
    Listen {
        /// The address that was asked for.
        addr: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The authority for https cannot be used.
    #[error("the certificate authority {}: {reason}; choose another place with --tls-ca FILE", file.display())]
    Certificate {
        /// Its file.
        file: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The variable that should hold the key does not.
    #[error("there is no key in {variable}: set it, or leave --key out to take any key")]
    NoKey {
        /// Its name, as it is shown.
        variable: Sanitized,
    },
    /// A host that cannot be read.
    #[error("`{name}` is no host: give a name or an address alone, without scheme, port and path, as in staging.lan")]
    Host {
        /// The text.
        name: String,
    },
    /// A fault that cannot be read.
    #[error("the fault `{spec}` is not valid: {reason}")]
    Fault {
        /// The text.
        spec: String,
        /// The reason.
        reason: String,
    },
    /// A rewrite that cannot be read.
    #[error("the rewrite `{spec}` is not valid: {reason}")]
    Rewrite {
        /// The text.
        spec: String,
        /// The reason.
        reason: String,
    },
    /// A scenario that cannot be used.
    #[error("{file}:{line}: {reason}")]
    Scenario {
        /// The name of its file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The reason.
        reason: String,
    },
}

/// How a collector is set up.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// Where to listen; port 0 takes any free port.
    pub listen: SocketAddr,
    /// The names and addresses under which it shows what came, besides localhost and its own.
    pub allowed_hosts: Vec<AllowedHost>,
    /// The file of the authority whose certificates are served over https; without one it is http.
    pub tls: Option<PathBuf>,
    /// How long a client may take for a head, for a body, and before it takes more of an answer.
    pub time_limit: Duration,
    /// The form of the debug answer.
    pub debug_shape: DebugShape,
    /// The faults that strike.
    pub faults: Vec<Fault>,
    /// The rewrites of every incoming event, one after the other.
    pub rewrites: Vec<Rewrite>,
    /// By which fields customers are identified: an event with none of them is dropped in processing.
    pub identifiers: Identifiers,
    /// Which event types must be signed, and how: those that are not are answered with 200 and ignored.
    pub signing: Signing,
    /// The keys that are taken; none means any that is not empty.
    pub accept_keys: Vec<SecretString>,
    /// How what is sent is passed on; `None` is not at all.
    pub forwarding: Option<Forwarding>,
    /// The seed for the chances of faults and the platform's identifiers. The same seed and the same requests give the
    /// same answers, but for the times in them.
    pub seed: u64,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            listen: DEFAULT_LISTEN,
            allowed_hosts: Vec::new(),
            tls: None,
            time_limit: TIME_LIMIT,
            debug_shape: DebugShape::default(),
            faults: Vec::new(),
            rewrites: Vec::new(),
            identifiers: Identifiers::default(),
            signing: Signing::default(),
            accept_keys: Vec::new(),
            forwarding: None,
            seed: 0,
        }
    }
}

/// A collector that runs until it is shut down or dropped.
pub struct Sandbox {
    shared: Arc<Shared>,
    scheme: &'static str,
    addr: SocketAddr,
    server: JoinHandle<()>,
}

impl Sandbox {
    /// Starts a collector. It needs a tokio runtime, and answers as soon as this returns.
    pub async fn start(config: SandboxConfig) -> Result<Self, SandboxError> {
        let SandboxConfig {
            listen,
            allowed_hosts,
            tls,
            time_limit,
            debug_shape,
            faults,
            rewrites,
            identifiers,
            signing,
            accept_keys,
            forwarding,
            seed,
        } = config;
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => SandboxError::PortInUse { addr: listen },
            _ => SandboxError::Listen { addr: listen, source },
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;

        let account_bits = xxhash_rust::xxh3::xxh3_128_with_seed(b"account", seed);
        let mut account_bytes = account_bits.to_be_bytes();
        account_bytes.iter_mut().zip(COLLECTOR).for_each(|(to, from)| *to = from);
        let account = Account {
            uuid: uuid::Builder::from_custom_bytes(account_bytes).into_uuid(),
            site: "sandbox.example".into(),
            seed,
            identifiers,
        };
        let access = Access::new(addr.ip(), allowed_hosts);
        let tls = tls.map(|file| Tls::new(&file, access.names())).transpose()?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared = Shared::new(account, access, time_limit, accept_keys, rewrites, faults, debug_shape);
        let shared = Arc::new(shared.passing_on(forwarding).verifying(signing));
        let router = server::router(Arc::clone(&shared));
        let server = tokio::spawn(connection::serve(listener, router, tls, Arc::clone(&shared)));
        Ok(Self { shared, scheme, addr, server })
    }

    /// The base address to give to senders and watchers on this machine: `http://127.0.0.1:8787`, without a slash at the
    /// end.
    pub fn url(&self) -> String {
        let mut addr = self.addr;
        if addr.ip().is_unspecified() {
            // "Every address" is one to listen on, not one to go to.
            addr.set_ip(if addr.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
        }
        format!("{}://{addr}", self.scheme)
    }

    /// What does to it what is asked of it. It needs a tokio runtime.
    pub fn hand(&self) -> impl Fn(CollectorCommand) + Send + use<> {
        let (shared, address) = (Arc::clone(&self.shared), self.addr.ip());
        move |command| match command {
            CollectorCommand::Next => shared.gate().press(),
            CollectorCommand::PassOn => {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    if let Some(forward) = shared.forward() {
                        forward.again(shared.journal(), shared.gate(), address).await;
                    }
                });
            }
        }
    }

    /// A reader of what it was sent, from its start on. It takes nothing from others, and no sender waits for it.
    pub fn records(&self) -> RecordReader {
        RecordReader { shared: Arc::clone(&self.shared), reading: Reading::after(0), waits: self.shared.gate().watch() }
    }

    /// A notice for a collector that other machines can reach: who can do what. `None` for one on loopback.
    pub fn exposure(&self) -> Option<String> {
        let addr = self.addr;
        let loopback = if addr.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        let alone = SocketAddr::new(loopback, addr.port());
        (!addr.ip().to_canonical().is_loopback()).then(|| {
            format!(
                "{addr} is open beyond this machine: whoever reaches it over the network can send events, read those \
                 that came and delete them, with any key; --listen {alone} keeps it to this machine"
            )
        })
    }

    /// Lets the traffic come in, in the rhythm of its scenario, until it or the collector ends. The first events are there
    /// before this returns to an idle runtime.
    pub fn play(&self, mut traffic: Traffic) -> Playing {
        let shared = Arc::clone(&self.shared);
        let by_keys = traffic.waits_for_keys();
        shared.gate().play_by_keys(by_keys);
        let task = tokio::spawn(async move {
            let start = Instant::now();
            while let Some(due) = traffic.due() {
                let is_due = async {
                    match start.checked_add(due) {
                        _ if by_keys => shared.gate().event().await,
                        Some(instant) => tokio::time::sleep_until(instant).await,
                        None => pending().await,
                    }
                };
                tokio::select! {
                    () = is_due => {}
                    () = shared.stopped() => return,
                }
                let Some(call) = traffic.next(Timestamp::now()) else { break };
                shared.take_call(&call).await;
            }
            shared.gate().play_by_keys(false);
        });
        Playing { task }
    }

    /// Takes an event as if it had been posted, without a connection: it is taken in or refused, and written down. What it says
    /// of itself stays as it is.
    pub async fn post(&self, event: &str) {
        let call = ScheduledCall { body: event.to_owned(), via: Via::Event, origin: Client::default() };
        self.shared.take_call(&call).await;
    }

    /// Takes an event in, and writes nothing down.
    #[cfg_attr(alone, expect(dead_code, reason = "the program has no use for it"))]
    pub fn accept(&self, event: &str) -> Result<(), Rejection> {
        let draft = intake::read(event)?;
        self.shared.take_in([draft], &Client::default(), Timestamp::now());
        Ok(())
    }

    /// Ends the collector: its port is free when this returns, and answers under way get a moment to finish.
    pub async fn shutdown(mut self) {
        self.shared.stop();
        // It ends by itself, and has nothing to give back.
        let _ = (&mut self.server).await;
    }
}

/// Traffic that comes in. It does so too when this is dropped.
#[derive(Debug)]
pub struct Playing {
    task: JoinHandle<()>,
}

impl Playing {
    /// Waits until all of it came in, or the collector ended.
    pub async fn over(&mut self) {
        // It has nothing to give back.
        let _ = (&mut self.task).await;
    }
}

/// Reads what a collector was sent, from its start on.
pub struct RecordReader {
    shared: Arc<Shared>,
    reading: Reading,
    waits: watch::Receiver<Waits>,
}

impl RecordReader {
    /// Waits for what comes next: the events of each request, and then itself; and what waits, where that changed. `now` tells the time of the watcher. `None` once
    /// the collector has ended.
    pub async fn next(&mut self, now: impl Fn() -> Moment) -> Option<Vec<Record>> {
        tokio::select! {
            biased;
            () = self.reading.wait(self.shared.journal()) => {}
            Ok(()) = self.waits.changed() => {
                let Waits { held, first, scenario, unsent } = self.waits.borrow_and_update().clone();
                return Some(vec![Record::Waiting(Waiting { held, first, scenario, unsent, at: now() })]);
            }
            () = self.shared.stopped() => return None,
        }
        Some(self.reading.next(self.shared.journal(), self.shared.account(), now()))
    }
}

/// Access for tests and benches, also those outside the crate.
#[cfg_attr(alone, expect(dead_code, reason = "the program has no use for it"))]
impl Sandbox {
    /// The address it listens on, with the port that it got.
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// From the next request on these faults strike, and no others.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.shared.set_faults(faults);
    }

    /// How many events were taken in since the start.
    pub fn arrivals(&self) -> u64 {
        self.shared.store().arrivals()
    }
}

#[cfg(test)]
impl Sandbox {
    /// From the next request on the debug answer has this form.
    pub fn set_debug_shape(&self, shape: DebugShape) {
        self.shared.set_debug_shape(shape);
    }

    /// How many times the debug answer was asked for since the start, refused requests included.
    pub fn polls(&self) -> u64 {
        self.shared.polls()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

impl std::fmt::Debug for RecordReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordReader").field("reading", &self.reading).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("addr", &self.addr).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod http_tests;
