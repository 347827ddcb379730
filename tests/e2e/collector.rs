//! A local collector for the program to watch.

use std::net::SocketAddr;

use clickscope::sandbox::{Config, Sandbox};
use tokio::runtime::Runtime;

/// A sandbox on a free port, with a runtime of its own.
pub(crate) struct Collector {
    sandbox: Sandbox,
    runtime: Runtime,
}

impl Collector {
    pub(crate) fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap())
    }

    /// A collector at the address of one that has ended.
    pub(crate) fn start_at(listen: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(Config { listen, ..Config::default() })).unwrap();
        Self { sandbox, runtime }
    }

    pub(crate) fn url(&self) -> String {
        self.sandbox.url()
    }

    /// Takes an event in.
    pub(crate) fn accept(&self, event: &str) {
        self.sandbox.accept(event).unwrap();
    }

    /// Has this fault strike, and no other; none when empty.
    pub(crate) fn fault(&self, fault: &str) {
        let faults = if fault.is_empty() { Vec::new() } else { vec![fault.parse().unwrap()] };
        self.sandbox.set_faults(faults);
    }

    /// Ends, so that nobody listens there any more, and says where it was.
    pub(crate) fn end(self) -> SocketAddr {
        let address = self.sandbox.local_addr();
        self.runtime.block_on(self.sandbox.shutdown());
        address
    }
}
