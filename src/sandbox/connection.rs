use std::future::Future;
use std::io::{self, IoSlice};
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Sleep;

use super::state::Shared;

/// The most connections at a time; more wait until one ends.
pub(super) const MAX_CONNECTIONS: usize = 512;

/// The most bytes that a head may have. A pixel holds its whole event there.
const MAX_HEAD_BYTES: usize = 128 << 10;

/// How long answers under way may take once the collector is to end.
const GRACE: Duration = Duration::from_millis(50);

/// How long to wait for the system to have room for another connection.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves every connection until the collector is told to end, and a moment longer.
pub(super) async fn serve(listener: TcpListener, router: Router, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shared.stopped() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, addr)) => drop(connections.spawn(answer(stream, addr, router.clone(), Arc::clone(&shared)))),
                // Too many open files, most likely: those that end make room.
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
        }
    }
    drop(listener);
    // A request that never ends must not hold the end up: what is left is aborted with the set.
    let _ = tokio::time::timeout(GRACE, async { while connections.join_next().await.is_some() {} }).await;
}

async fn answer(stream: TcpStream, addr: SocketAddr, router: Router, shared: Arc<Shared>) {
    // Small answers go out at once. Failing to say so only costs time.
    let _ = stream.set_nodelay(true);
    let time_limit = shared.time_limit();
    let peer = Peer { addr, local: stream.local_addr().ok().map(|local| local.ip()), cut: Arc::default() };
    let connection = Connection { stream, cut: Arc::clone(&peer.cut), time_limit, stalled: None };
    let router = TowerToHyperService::new(router);
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        router.call(request)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(time_limit)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(connection), service);
    let mut serving = pin!(serving);
    // How a connection ended is its client's affair.
    tokio::select! {
        _ = serving.as_mut() => {}
        () = shared.stopped() => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

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
        Pin::new(&mut self.stream).poll_read(cx, buf)
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
