//! The collector as its clients see it: over real connections.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may fail by panic")]

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

mod access;
mod forwarding;
mod limits;
mod records;
mod running;
mod sending;
mod tls;
mod watching;

/// The header that deleting needs.
const CONFIRM: &str = "X-Clickscope: 1\r\n";

const KEY: &str = "Authorization: Basic a2V5Og==\r\n";

/// An answer: status, head as text, body.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn has(&self, header: &str) -> bool {
        self.head.lines().any(|line| line.eq_ignore_ascii_case(header))
    }
}

/// One request on a connection of its own, in plain bytes: what real clients send has more forms than an HTTP library
/// lets through.
async fn exchange(sandbox: &Sandbox, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(sandbox.local_addr()).await?;
    stream.write_all(request).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// The answer to a head as it is given, without a body.
async fn raw(sandbox: &Sandbox, head: &str) -> String {
    let answer = exchange(sandbox, format!("{head}\r\n").as_bytes()).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn request(method: &str, target: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

async fn ask(sandbox: &Sandbox, method: &str, target: &str, headers: &str, body: &str) -> Answer {
    let raw = exchange(sandbox, &request(method, target, headers, body.as_bytes())).await.unwrap();
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(raw.get(..end).unwrap().to_vec()).unwrap();
    let body = raw.get(end + 4..).unwrap().to_vec();
    assert!(!head.to_ascii_lowercase().contains("transfer-encoding"), "{head}");
    Answer { status: head.split(' ').nth(1).unwrap().parse().unwrap(), head, body }
}

async fn post(sandbox: &Sandbox, target: &str, body: &str) -> Answer {
    ask(sandbox, "POST", target, &format!("{KEY}Content-type: application/json\r\n"), body).await
}

async fn get(sandbox: &Sandbox, target: &str) -> Answer {
    ask(sandbox, "GET", target, KEY, "").await
}

async fn debug(sandbox: &Sandbox) -> Answer {
    get(sandbox, "/api/v1/event/debug").await
}

async fn start() -> Sandbox {
    start_with(SandboxConfig::default()).await
}

async fn start_with(config: SandboxConfig) -> Sandbox {
    Sandbox::start(SandboxConfig { listen: (Ipv4Addr::LOCALHOST, 0).into(), ..config }).await.unwrap()
}

fn faults(specs: &[&str]) -> Vec<Fault> {
    specs.iter().map(|spec| spec.parse().unwrap()).collect()
}
