//! A local collector for the program to watch.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clickscope::sandbox::{Sandbox, SandboxConfig};
use tokio::runtime::Runtime;

const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A sandbox on a free port, with a runtime of its own.
pub(crate) struct Collector {
    sandbox: Sandbox,
    runtime: Runtime,
}

impl Collector {
    pub(crate) fn start() -> Self {
        Self::start_at(ANY_PORT)
    }

    /// A collector at the address of one that has ended.
    pub(crate) fn start_at(listen: SocketAddr) -> Self {
        Self::start_with(SandboxConfig { listen, ..SandboxConfig::default() })
    }

    /// One that does this to every event on its way in.
    pub(crate) fn mangling(rewrites: &[&str]) -> Self {
        let rewrites = rewrites.iter().map(|rewrite| rewrite.parse().unwrap()).collect();
        Self::start_with(SandboxConfig { listen: ANY_PORT, rewrites, ..SandboxConfig::default() })
    }

    /// One that takes this key only.
    pub(crate) fn with_key(key: &str) -> Self {
        Self::start_with(SandboxConfig { listen: ANY_PORT, accept_keys: vec![key.into()], ..SandboxConfig::default() })
    }

    fn start_with(config: SandboxConfig) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(config)).unwrap();
        Self { sandbox, runtime }
    }

    pub(crate) fn url(&self) -> String {
        self.sandbox.url()
    }

    /// Takes an event in.
    pub(crate) fn accept(&self, event: &str) {
        self.sandbox.accept(event).unwrap();
    }

    /// Has these faults strike, separated by blanks, and no others; none when empty.
    pub(crate) fn fault(&self, faults: &str) {
        self.sandbox.set_faults(faults.split_whitespace().map(|fault| fault.parse().unwrap()).collect());
    }

    /// How many events have arrived.
    pub(crate) fn arrivals(&self) -> u64 {
        self.sandbox.arrivals()
    }

    /// Ends, so that nobody listens there any more, and says where it was.
    pub(crate) fn end(self) -> SocketAddr {
        let address = self.sandbox.local_addr();
        self.runtime.block_on(self.sandbox.shutdown());
        address
    }
}
