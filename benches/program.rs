//! The cost of the built program as a process: from its start to the first painted frame, and watching while nothing
//! happens; and how many events a second its collector takes in, beside a route that does nothing with them.
//!
//! Each figure is printed as a line, `start_ms 7.1`, beside that of what it is compared with.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may stop, and prints what it measured")]

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use clickscope::blueshift::safety::Safety;
use clickscope::sandbox::{Forwarding, PassOn, Sandbox, SandboxConfig};
use clickscope::source::live::Timeouts;
use clickscope::source::relay::Relay;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

const PROGRAM: &str = env!("CARGO_BIN_EXE_clickscope");
const STARTS: usize = 41;
const ROWS: NonZero<u16> = NonZero::new(36).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(120).unwrap();
const IDLE: Duration = Duration::from_secs(10);
const EVENTS: usize = 20_000;
const ROUNDS: usize = 5;

fn main() {
    let (ours, theirs) = (start(&[PROGRAM, "demo"], "clickscope"), start(&["/bin/echo", "clickscope"], "clickscope"));
    println!("start_ms {ours:.1}");
    println!("start_of_echo_ms {theirs:.1}");

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let sandbox = runtime.block_on(Sandbox::start(SandboxConfig { listen, ..SandboxConfig::default() })).unwrap();
    for number in 0..100 {
        sandbox.accept(&format!(r#"{{"event":"type_{number}","customer_id":"{number}","revenue":1.10}}"#)).unwrap();
    }
    println!("idle_percent_of_a_core {:.2}", idle(&sandbox.url()));

    println!("redaction_percent_of_watch_json {:.1}", redaction(&runtime));

    let plain = runtime.block_on(async move {
        let listener = tokio::net::TcpListener::bind(listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let route = post(|_body: String| async { r#"{"status":"OK"}"# });
        let serving = axum::serve(listener, Router::new().route("/api/v1/event", route));
        tokio::spawn(async move { serving.await.unwrap() });
        address
    });
    // Taken in turns, so that what else the machine does falls on both.
    let median = |ours: SocketAddr| {
        let mut rounds: Vec<_> = (0..ROUNDS).map(|_| (intake(ours), intake(plain))).collect();
        rounds.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
        *rounds.get(ROUNDS / 2).unwrap()
    };
    let (ours, theirs) = median(sandbox.local_addr());
    println!("intake_a_second {ours:.0}");
    println!("intake_of_a_plain_route_a_second {theirs:.0}");
    let screen = OnScreen::start();
    let (ours, theirs) = median(screen.address);
    println!("intake_with_screen_a_second {ours:.0}");
    println!("intake_of_a_plain_route_beside_it_a_second {theirs:.0}");
    drop(screen);
    println!("ten_thousand_in_ten_seconds_on_screen_after_ms {:.0}", ten_thousand());

    let between = runtime.block_on(passing_on(&sandbox.url(), listen));
    let mut rounds: Vec<_> =
        (0..ROUNDS).map(|_| latency(between.local_addr()) - latency(sandbox.local_addr())).collect();
    rounds.sort_by(f64::total_cmp);
    println!("passing_on_adds_ms {:.3}", rounds.get(ROUNDS / 2).unwrap());
}

/// A collector with its screen.
struct OnScreen {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    address: SocketAddr,
    seen: Arc<Mutex<Vec<u8>>>,
    _terminal: portable_pty::PtyPair,
}

impl OnScreen {
    fn start() -> Self {
        let address = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let pair = pty();
        let mut builder = CommandBuilder::new(PROGRAM);
        builder.args(["sandbox", "--listen", &address.to_string()]);
        builder.env("TERM", "xterm-256color");
        let mut reader = pair.master.try_clone_reader().unwrap();
        let child = pair.slave.spawn_command(builder).unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        thread::spawn(move || {
            let mut buffer = [0; 8_192];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                sink.lock().unwrap().extend_from_slice(buffer.get(..read).unwrap());
            }
        });
        while TcpStream::connect(address).is_err() {
            thread::yield_now();
        }
        Self { child, address, seen, _terminal: pair }
    }

    fn shows(&self, text: &str) -> bool {
        let seen = self.seen.lock().unwrap();
        let mut parser = vt100::Parser::new(ROWS, COLUMNS, 0);
        parser.process(&seen);
        parser.screen().contents().contains(text)
    }
}

impl Drop for OnScreen {
    fn drop(&mut self) {
        self.child.kill().unwrap_or_default();
        self.child.wait().unwrap();
    }
}

/// How long after the last of 10,000 requests in 10 seconds the screen counts all of them, in milliseconds.
fn ten_thousand() -> f64 {
    let screen = OnScreen::start();
    let mut sender = Sender::to(screen.address);
    let begin = Instant::now();
    for number in 0..10_000 {
        let due = begin + Duration::from_millis(number);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        sender.send();
    }
    let sent = Instant::now();
    while !screen.shows("10,000 requests") {
        assert!(sent.elapsed() < Duration::from_secs(10), "some were lost");
    }
    sent.elapsed().as_secs_f64() * 1_000.0
}

fn pty() -> portable_pty::PtyPair {
    native_pty_system().openpty(PtySize { rows: 36, cols: 120, pixel_width: 0, pixel_height: 0 }).unwrap()
}

/// The median of the milliseconds from the start of a program to the moment at which `text` is on its terminal.
fn start(command: &[&str], text: &str) -> f64 {
    let mut times: Vec<_> = (0..STARTS)
        .map(|_| {
            let pair = pty();
            let mut builder = CommandBuilder::new(command.first().unwrap());
            builder.args(command.iter().skip(1));
            builder.env("TERM", "xterm-256color");
            let mut reader = pair.master.try_clone_reader().unwrap();
            let begin = Instant::now();
            let mut child = pair.slave.spawn_command(builder).unwrap();
            let mut seen = Vec::new();
            let mut buffer = [0; 4_096];
            while !String::from_utf8_lossy(&seen).contains(text) {
                let read = reader.read(&mut buffer).unwrap();
                seen.extend_from_slice(buffer.get(..read).unwrap());
            }
            let took = begin.elapsed();
            child.kill().unwrap_or_default();
            child.wait().unwrap();
            took.as_secs_f64() * 1_000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    *times.get(STARTS / 2).unwrap()
}

/// The part of a core that watching an unchanged answer of 100 types takes at polls every 2 s.
fn idle(url: &str) -> f64 {
    let pair = pty();
    let mut builder = CommandBuilder::new(PROGRAM);
    builder.args(["--url", url, "--interval", "2s"]);
    builder.env("TERM", "xterm-256color");
    builder.env("CLICKSCOPE_EVENT_KEY", "any");
    let mut child = pair.slave.spawn_command(builder).unwrap();
    let mut reader = pair.master.try_clone_reader().unwrap();
    // Someone has to read the terminal, or the program waits for it.
    thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
    thread::sleep(Duration::from_secs(3));
    let pid = child.process_id().unwrap();
    let before = cpu_seconds(pid);
    thread::sleep(IDLE);
    let used = cpu_seconds(pid) - before;
    child.kill().unwrap_or_default();
    child.wait().unwrap();
    used / IDLE.as_secs_f64() * 100.0
}

/// By how many percent masks make `watch --json` dearer, in CPU time, of 2,000 events of about 1 kB as a shop sends them.
fn redaction(runtime: &tokio::runtime::Runtime) -> f64 {
    const TYPES: usize = 2_000;
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let sandbox = runtime.block_on(Sandbox::start(SandboxConfig { listen, ..SandboxConfig::default() })).unwrap();
    for number in 0..TYPES {
        let products: Vec<_> = (0..8)
            .map(|at| {
                format!(r#"{{"sku":"45790-{at}","title":"Wool socks, pack of {at}","price":19.{at},"quantity":{at}}}"#)
            })
            .collect();
        let event = format!(
            r#"{{"event":"type_{number}","timestamp":"2026-11-17T10:26:54.688Z","customer_id":"{number}812123","email":"shopper{number}@example.com","phone_number":"+1770555{number:04}","ip":"198.51.100.7","url":"https://shop.example/cart?email=shopper{number}%40example.com&page=2","user_agent":"Mozilla/5.0 (X11; Linux x86_64)","revenue":31.24,"products":[{}]}}"#,
            products.join(",")
        );
        sandbox.accept(&event).unwrap();
    }
    let url = sandbox.url();
    let cpu = |more: &[&str]| {
        let before = cpu_seconds_of_children();
        let mut command = std::process::Command::new(PROGRAM);
        command.args(["watch", "--once", "--json", "--url", &url]).args(more).env("CLICKSCOPE_EVENT_KEY", "any");
        assert!(command.stdout(std::process::Stdio::null()).status().unwrap().success());
        cpu_seconds_of_children() - before
    };
    // In turns here too. The clock of the system has steps of 10 ms: so it is the sum that counts.
    let rounds = (0..ROUNDS * 4).map(|_| (cpu(&[]), cpu(&["--redact"])));
    let (plain, masked) = rounds.fold((0.0, 0.0), |sum, round| (sum.0 + round.0, sum.1 + round.1));
    (masked / plain - 1.0) * 100.0
}

/// The CPU time of the processes that have ended, of those that this one has started.
fn cpu_seconds_of_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    // `cutime` and `cstime`, in ticks of which a second has 100.
    fields.skip(13).take(2).map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// The CPU time of a process and its threads, from Linux's own count of nanoseconds on the run queue.
fn cpu_seconds(pid: u32) -> f64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let nanos = tasks.filter_map(|task| {
        let line = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        line.split(' ').next()?.parse::<f64>().ok()
    });
    nanos.sum::<f64>() / 1e9
}

/// How many events a second a server takes, one a request, over one connection.
fn intake(address: SocketAddr) -> f64 {
    let mut sender = Sender::to(address);
    let begin = Instant::now();
    (0..EVENTS).for_each(|_| sender.send());
    f64::from(u32::try_from(EVENTS).unwrap()) / begin.elapsed().as_secs_f64()
}

/// The median of the milliseconds that an event takes.
fn latency(address: SocketAddr) -> f64 {
    let mut sender = Sender::to(address);
    let mut times: Vec<_> = (0..EVENTS / 10)
        .map(|_| {
            let begin = Instant::now();
            sender.send();
            begin.elapsed()
        })
        .collect();
    times.sort();
    times.get(times.len() / 2).unwrap().as_secs_f64() * 1_000.0
}

/// A collector that passes on to the one at `url`.
async fn passing_on(url: &str, listen: SocketAddr) -> Sandbox {
    let relay = Arc::new(Relay::new(url.parse().unwrap(), &[], Timeouts::default()).unwrap());
    let pass_on: PassOn = Arc::new(move |request| {
        let relay = Arc::clone(&relay);
        Box::pin(async move { relay.pass_on(request).await.map_err(|problem| problem.what) })
    });
    let forwarding =
        Forwarding { to: "the other".into(), pass_on, key: None, safety: Safety::default(), hold: false, taken: None };
    let config = SandboxConfig { listen, forwarding: Some(forwarding), ..SandboxConfig::default() };
    Sandbox::start(config).await.unwrap()
}

/// Sends the same event over and over on one connection.
struct Sender {
    request: String,
    stream: TcpStream,
}

impl Sender {
    fn to(address: SocketAddr) -> Self {
        let body = r#"{"event":"purchase","customer_id":"812123","email":"jane@example.com","order_id":"50314","revenue":31.24}"#;
        let request = format!(
            "POST /api/v1/event HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic YW55Og==\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { request, stream }
    }

    fn send(&mut self) {
        let mut buffer = [0; 4_096];
        self.stream.write_all(self.request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            let read = self.stream.read(&mut buffer).unwrap();
            assert!(read > 0, "the server hung up");
            answer.extend_from_slice(buffer.get(..read).unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "an event was not taken");
    }
}
