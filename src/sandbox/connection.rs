use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, Sleep, timeout};

use super::answer::{self, RefusedRequest};
use super::body::{ReceivedBody, read_body};
use super::forward::{Forbidden, Onward};
use super::journal::{Exchange, NO_ANSWER, Told};
use super::state::Shared;
use super::tls::{self, Tls};
use super::{forward, paths};

/// The most connections at a time. One more takes the place of the one on which nothing has happened for longest; where
/// each has a request that waits for its answer, it waits too.
pub(super) const MAX_CONNECTIONS: usize = 512;

/// The most bytes that a head may have. A pixel holds its whole event there, in an address of at most 64 KiB.
pub(super) const MAX_HEAD_BYTES: usize = 128 << 10;

/// How long answers under way may take once the collector is to end.
const GRACE: Duration = Duration::from_millis(50);

/// How long to wait for room for another connection before looking again.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves every connection until the collector is told to end, and a moment longer.
pub(super) async fn serve(listener: TcpListener, router: Router, tls: Option<Tls>, shared: Arc<Shared>) {
    let tls = tls.map(Arc::new);
    let mut open = Connections::default();
    'accepting: loop {
        let accepted = tokio::select! {
            () = shared.stopped() => break,
            Some(ended) = open.tasks.join_next_with_id() => {
                open.forget(&ended);
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, addr)) = accepted else {
            // Too many open files, most likely.
            open.close_longest_idle();
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        while open.tasks.len() >= MAX_CONNECTIONS {
            open.close_longest_idle();
            tokio::select! {
                () = shared.stopped() => break 'accepting,
                Some(ended) = open.tasks.join_next_with_id() => open.forget(&ended),
                // One that had a request may have its answer by now.
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        let activity = Arc::new(Activity::new(&open.clock));
        let serving = converse(stream, addr, router.clone(), tls.clone(), Arc::clone(&shared), Arc::clone(&activity));
        open.activities.insert(open.tasks.spawn(serving).id(), activity);
    }
    drop(listener);
    // A request that never ends must not hold the end up: what is left is aborted with the set.
    let _ = timeout(GRACE, async { while open.tasks.join_next().await.is_some() {} }).await;
}

/// The connections that are open.
#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    activities: HashMap<Id, Arc<Activity>>,
    clock: Arc<AtomicU64>,
}

impl Connections {
    fn forget(&mut self, ended: &Result<(Id, ()), JoinError>) {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, ())| *id);
        self.activities.remove(&id);
    }

    fn close_longest_idle(&self) {
        let idle = self.activities.values().filter(|activity| !activity.is_answering());
        if let Some(activity) = idle.min_by_key(|activity| activity.last.load(Ordering::Relaxed)) {
            activity.close.notify_one();
        }
    }
}

/// What happens on one connection.
struct Activity {
    /// Counts what happens on all of them: what has the lower number was longer ago.
    clock: Arc<AtomicU64>,
    last: AtomicU64,
    is_answering: AtomicBool,
    close: Notify,
}

impl Activity {
    fn new(clock: &Arc<AtomicU64>) -> Self {
        let last = clock.fetch_add(1, Ordering::Relaxed).into();
        Self { clock: Arc::clone(clock), last, is_answering: AtomicBool::new(false), close: Notify::new() }
    }

    fn happens(&self) {
        self.last.store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
    }

    /// From here on a whole request waits for its answer, until what this gives is dropped.
    fn begin_answer(&self) -> Answering<'_> {
        self.is_answering.store(true, Ordering::Relaxed);
        Answering(&self.is_answering)
    }

    /// Whether a whole request is there whose answer has not begun.
    fn is_answering(&self) -> bool {
        self.is_answering.load(Ordering::Relaxed)
    }

    /// Waits until the connection has to make room for another.
    async fn must_go(&self) {
        loop {
            self.close.notified().await;
            // A request may have come in between.
            if !self.is_answering() {
                break;
            }
        }
    }
}

struct Answering<'a>(&'a AtomicBool);

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

async fn converse(
    stream: TcpStream,
    addr: SocketAddr,
    router: Router,
    tls: Option<Arc<Tls>>,
    shared: Arc<Shared>,
    activity: Arc<Activity>,
) {
    // Small answers go out at once. Failing to say so only costs time.
    let _ = stream.set_nodelay(true);
    let time_limit = shared.time_limit();
    let peer = Peer { addr, local: stream.local_addr().ok().map(|local| local.ip()), cut: Arc::default() };
    let local = peer.local;
    let cut = Arc::clone(&peer.cut);
    let connection = Connection { stream, cut, activity: Arc::clone(&activity), time_limit, stalled: None };
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request: Request<Incoming>| exchange(request, &router, &peer, &shared, &activity));
    let address = addr.ip().to_canonical();
    let broken = |status, why| shared.journal().push(Exchange::unread(address, status, why));
    let conversation = async {
        let Some(tls) = tls else { return respond(connection, service, &shared, broken).await };
        let mut first = [0];
        let Ok(Ok(1)) = timeout(time_limit, connection.stream.peek(&mut first)).await else { return };
        if first != [tls::HANDSHAKE] {
            let hint = service_fn(async |request: Request<Incoming>| {
                let answer = answer::speaks_https();
                let why = "it came over http, and this collector speaks https".to_owned();
                let (method, target) = (request.method().clone(), request.uri().to_string());
                let exchange = Exchange::unread(address, answer.status().as_u16(), why);
                shared.journal().push(Exchange { method, target, head: request.headers().clone(), ..exchange });
                Ok::<_, Infallible>(answer)
            });
            return respond(connection, hint, &shared, broken).await;
        }
        let Ok(acceptor) = tls.acceptor(local) else { return };
        match timeout(time_limit, acceptor.accept(connection)).await {
            Ok(Ok(stream)) => respond(stream, service, &shared, broken).await,
            // One that says nothing, or goes again, has asked for nothing.
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                broken(
                    NO_ANSWER,
                    format!(
                        "the TLS handshake failed: {error}; whoever sends has to trust the authority of this collector"
                    ),
                );
            }
            Ok(Err(_)) | Err(_) => {}
        }
    };
    tokio::select! {
        () = conversation => {}
        () = activity.must_go() => {}
    }
}

async fn respond<S>(
    connection: impl AsyncRead + AsyncWrite + Unpin,
    service: S,
    shared: &Shared,
    broken: impl Fn(u16, String) -> u64,
) where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible>,
{
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.time_limit())
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(connection), service);
    let mut serving = pin!(serving);
    tokio::select! {
        ended = serving.as_mut() => if let Err(error) = ended && error.is_parse() {
            let status = status_of(&error);
            broken(status, format!("it is no HTTP request that can be read: {error}"));
        },
        () = shared.stopped() => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

/// The status with which hyper answers what it cannot read. Of some errors only their words tell the sort.
fn status_of(error: &hyper::Error) -> u16 {
    match error.to_string() {
        words if words.contains("URI too long") => 414,
        _ if error.is_parse_too_large() => 431,
        words if words.contains("HTTP2 preface") => NO_ANSWER,
        _ => 400,
    }
}

/// Answers a request, and writes it down for those who watch. What these ask for over and over is not.
async fn exchange(
    request: Request<Incoming>,
    router: &TowerToHyperService<Router>,
    peer: &Peer,
    shared: &Arc<Shared>,
    activity: &Activity,
) -> Result<Response<Body>, Infallible> {
    let began = Instant::now();
    let (mut parts, body) = request.into_parts();
    let (method, head) = (parts.method.clone(), parts.headers.clone());
    let target = parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let ReceivedBody { raw, unpacked } =
        if body.is_end_stream() { ReceivedBody::none() } else { read_body(shared, &head, Body::new(body)).await };
    let (body, seen) = match unpacked {
        Ok(body) => (body.clone(), body),
        Err(refusal) => {
            parts.extensions.insert(BodyTrouble(refusal));
            (Bytes::new(), raw.clone().unwrap_or_default())
        }
    };
    let path = target.split('?').next().unwrap_or_default();
    let onward = match (shared.forward(), raw) {
        (Some(forward), Some(raw)) if forward.takes(&method, path) => {
            if let Some(why) = forward.forbids(&method, &target, &body) {
                parts.extensions.insert(Forbidden(why));
            }
            Some(Onward { method: method.clone(), target: target.clone(), head: head.clone(), body: raw })
        }
        _ => None,
    };
    parts.extensions.insert(peer.clone());
    let _answering = activity.begin_answer();
    let mut answer = router.call(Request::from_parts(parts, Body::from(body))).await?;
    let told = answer.extensions_mut().remove::<Told>().unwrap_or_default();
    let status = answer.status().as_u16();
    if paths::is_for_watchers(path) && status < 400 {
        return Ok(answer);
    }
    let address = peer.addr.ip().to_canonical();
    let forwarded = None;
    let exchange = Exchange { method, target, head, body: seen, address, began, status, answer: None, told, forwarded };
    match onward {
        Some(onward) if !exchange.told.stays => Ok(passed_on(shared, onward, exchange, answer).await),
        _ => {
            let (answer, said) = answer::peek(answer).await;
            shared.journal().push(Exchange { answer: said, ..exchange });
            Ok(answer)
        }
    }
}

/// Passes a request on that was answered, and writes it down with the answer that came, which is its answer.
async fn passed_on(shared: &Arc<Shared>, onward: Onward, exchange: Exchange, own: Response<Body>) -> Response<Body> {
    let shared = Arc::clone(shared);
    // It goes on also when its sender is gone.
    let task = tokio::spawn(async move {
        let Some(forward) = shared.forward() else { return own };
        let status = own.status().as_u16();
        let may_go = tokio::select! {
            may_go = forward.wait(&onward, shared.gate()) => may_go,
            () = shared.stopped() => return own,
        };
        let (answer, forwarded) = forward.pass_on(onward, status, may_go, shared.gate()).await;
        let (answer, said) = answer::peek(forward::for_pages(answer, own.headers())).await;
        let (status, forwarded) = (answer.status().as_u16(), Some(forwarded));
        forward.write_down(Exchange { status, answer: said, forwarded, ..exchange }, shared.journal());
        answer
    });
    // It does not panic, and nobody aborts it.
    task.await.unwrap_or_default()
}

/// Why the body of a request could not be read.
#[derive(Clone, Debug)]
pub(super) struct BodyTrouble(pub(super) RefusedRequest);

/// Who is at the other end of a request's connection, and the means to cut it.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) addr: SocketAddr,
    /// The address of this machine that was connected to.
    pub(super) local: Option<IpAddr>,
    cut: Arc<AtomicBool>,
}

impl Peer {
    /// Makes the next write on the connection fail, and the close a reset (RST) rather than an orderly end.
    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
    }
}

/// A TCP stream that fails to write once it is cut, or once its client has taken nothing for too long.
struct Connection {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
    activity: Arc<Activity>,
    time_limit: Duration,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    fn writable(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        if self.cut.load(Ordering::Acquire) {
            return Err(self.reset(io::ErrorKind::ConnectionReset));
        }
        Ok(Pin::new(&mut self.stream))
    }

    fn write(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let written = write(self.writable()?, cx);
        if written.is_ready() {
            self.activity.happens();
            self.stalled = None;
            return written;
        }
        let time_limit = self.time_limit;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(time_limit)));
        match stalled.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(self.reset(io::ErrorKind::TimedOut))),
            Poll::Pending => Poll::Pending,
        }
    }

    /// With a linger time of zero the kernel sends RST when the stream is dropped, and holds nothing back for the client.
    fn reset(&self, kind: io::ErrorKind) -> io::Error {
        self.stream.set_zero_linger().err().unwrap_or(kind.into())
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if read.is_ready() {
            self.activity.happens();
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.write(cx, |stream, cx| stream.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, |stream, cx| stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.writable() {
            Ok(stream) => stream.poll_shutdown(cx),
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}
