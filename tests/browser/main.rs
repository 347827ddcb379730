//! The collector and the reports as a browser sees them: headless Chromium, where one is installed.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail by panic")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use clickscope::sandbox::{Sandbox, SandboxConfig};
use serde_json::Value;
use tokio::runtime::Runtime;

mod chromium;
mod report;
mod sending;
mod shop;
mod site;
mod snippets;

/// A collector that runs beside the test.
struct Collector {
    sandbox: Sandbox,
    _runtime: Runtime,
}

impl Collector {
    fn start() -> Self {
        Self::start_with(SandboxConfig::default())
    }

    fn start_with(config: SandboxConfig) -> Self {
        let runtime = Runtime::new().unwrap();
        let config = SandboxConfig { listen: (Ipv4Addr::LOCALHOST, 0).into(), ..config };
        let sandbox = runtime.block_on(Sandbox::start(config)).unwrap();
        Self { sandbox, _runtime: runtime }
    }

    fn addr(&self) -> SocketAddr {
        self.sandbox.local_addr()
    }

    /// The events of a type that it shows, the newest first.
    fn events(&self, name: &str) -> Vec<Value> {
        let mut stream = TcpStream::connect(self.addr()).unwrap();
        write!(
            stream,
            "GET /api/v1/event/history?event_name={name}&apiKey=k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let history: Value = serde_json::from_str(body).unwrap();
        history.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
    }
}

/// Whether each of the fields is in the event with that value.
fn assert_holds(event: &Value, fields: &Value) {
    for (name, value) in fields.as_object().unwrap() {
        assert_eq!(event.get(name), Some(value), "{name} of {event}");
    }
}
