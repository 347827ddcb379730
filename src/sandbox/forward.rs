//! Passing on to the platform what the collector is sent.
//!
//! A request goes on as it came, whatever the collector itself makes of it, and the platform's answer is its answer. What
//! must not reach the platform, by the rules of a profile for sending, is refused before. What could not be passed on is kept
//! for a while, to be passed on when that is asked for.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST,
    HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE, VARY,
};
use axum::http::{Method, Request, Response, StatusCode, Uri};
use secrecy::SecretString;
use tokio::time::Instant;

use super::gate::{Gate, MOST_HELD};
use super::journal::{Exchange, Journal, PassedOn, events_of};
use super::{answer, paths};
use crate::blueshift::auth;
use crate::blueshift::safety::Safety;
use crate::event::text::sanitize;
use crate::event::{Payload, Sanitized, sanitized};
use crate::session::Forwarded;

/// How many requests that could not be passed on are kept, and how many bytes of them.
const MOST_KEPT: usize = 1_000;
const MOST_KEPT_BYTES: usize = 16 << 20;

/// The fields of a head that are about one connection (RFC 9110, section 7.6.1), and those that each connection has anew.
const OF_ONE_CONNECTION: [HeaderName; 9] = [
    CONNECTION,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    HOST,
    CONTENT_LENGTH,
];
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// What an answer tells browsers of whoever may read it: the collector's word, for pages talk to it.
const FOR_PAGES: [HeaderName; 3] = [ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_ALLOW_CREDENTIALS, VARY];

/// Passes a request on, and has its answer or why there is none.
pub type PassOn = Arc<
    dyn Fn(Request<Bytes>) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, Sanitized>> + Send>> + Send + Sync,
>;

/// Hears of the events of a request that was passed on and taken.
pub type Taken = Arc<dyn Fn(u64, Vec<String>, Duration) + Send + Sync>;

/// How requests are passed on.
#[derive(Clone)]
pub struct Forwarding {
    /// Where to, as it is shown.
    pub to: Sanitized,
    /// Passes one on.
    pub pass_on: PassOn,
    /// The key that takes the place of the sender's; without one the sender's goes on.
    pub key: Option<SecretString>,
    /// Whom events may be about.
    pub safety: Safety,
    /// Whether each waits until it is let go.
    pub hold: bool,
    /// Who is told of the events that the platform took: the number of the request, the events as they were sent, and how
    /// long ago they went out.
    pub taken: Option<Taken>,
}

impl fmt::Debug for Forwarding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forwarding").field("to", &self.to).finish_non_exhaustive()
    }
}

/// The passing on of one collector.
#[derive(Debug)]
pub(super) struct Forward {
    forwarding: Forwarding,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Each with the status that it has of the collector itself.
    requests: VecDeque<(Onward, u16)>,
    bytes: usize,
}

/// A request that is to be passed on.
#[derive(Clone, Debug)]
pub(super) struct Onward {
    pub(super) method: Method,
    /// The path and the query.
    pub(super) target: String,
    pub(super) head: HeaderMap,
    /// The body as it came, packed if it was.
    pub(super) body: Bytes,
}

impl Forward {
    pub(super) fn new(forwarding: Forwarding) -> Self {
        Self { forwarding, kept: Mutex::default() }
    }

    /// Whether a request is for the platform. What watchers ask, and what is the collector's own, is not; and where only some
    /// people may be told of, nothing is of which nobody knows whom it tells of.
    pub(super) fn takes(&self, method: &Method, path: &str) -> bool {
        let is_event = paths::takes_events(path);
        let is_api = path.starts_with("/api/") && !paths::is_for_watchers(path);
        *method != Method::OPTIONS && (is_event || is_api && self.forwarding.safety.identities.is_empty())
    }

    /// Why a request with this body, unpacked, must not reach the platform.
    pub(super) fn forbids(&self, method: &Method, target: &str, body: &[u8]) -> Option<String> {
        let safety = &self.forwarding.safety;
        if safety.identities.is_empty() {
            return None;
        }
        let events = events_of(method, target, &String::from_utf8_lossy(body));
        if events.is_empty() {
            return Some("nobody can tell whom it is about, and the profile has test identities".into());
        }
        events.iter().find_map(|event| safety.check_identity(&Payload::new(event)).err()).map(|error| error.to_string())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes on once more what could not be, in the name of whoever asks at that address; what comes of each is written
    /// down. How many went, and how many did not.
    pub(super) async fn again(&self, journal: &Journal, gate: &Gate, address: IpAddr) -> (usize, usize) {
        let kept: Vec<_> = {
            let mut kept = self.kept();
            kept.bytes = 0;
            gate.keeps(0);
            kept.requests.drain(..).collect()
        };
        let (mut passed, mut failed) = (0, 0);
        for (onward, own) in kept {
            let exchange = onward.exchange(address);
            let (answer, forwarded) = self.pass_on(onward, own, Ok(()), gate).await;
            *if forwarded.told.problem.is_none() { &mut passed } else { &mut failed } += 1;
            let status = answer.status().as_u16();
            self.write_down(Exchange { status, forwarded: Some(forwarded), ..exchange }, journal);
        }
        (passed, failed)
    }

    /// Writes a request down that was passed on, or could not be, and tells of its events where the platform took them.
    pub(super) fn write_down(&self, exchange: Exchange, journal: &Journal) {
        let went = exchange.forwarded.as_ref().filter(|passed| passed.told.problem.is_none() && exchange.status < 300);
        let events = self.forwarding.taken.as_ref().zip(went).map(|(taken, passed)| {
            let body = String::from_utf8_lossy(&exchange.body);
            (taken, events_of(&exchange.method, &exchange.target, &body), passed.told.took)
        });
        let began = Instant::now();
        let number = journal.push(exchange);
        if let Some((taken, events, took)) = events.filter(|(_, events, _)| !events.is_empty()) {
            taken(number, events, took + began.elapsed());
        }
    }

    fn keep(&self, onward: Onward, own: u16, gate: &Gate) {
        let mut kept = self.kept();
        kept.bytes += onward.weight();
        kept.requests.push_back((onward, own));
        while (kept.requests.len() > MOST_KEPT || kept.bytes > MOST_KEPT_BYTES)
            && let Some((oldest, _)) = kept.requests.pop_front()
        {
            kept.bytes -= oldest.weight();
        }
        gate.keeps(kept.requests.len());
    }

    /// Waits until a request may go; the error is why it does not.
    pub(super) async fn wait(&self, onward: &Onward, gate: &Gate) -> Result<(), Sanitized> {
        let line = || sanitized!("{} {}", Sanitized::of(&onward.method), sanitize(onward.path()));
        if self.forwarding.hold && !gate.hold(line()).await {
            return Err(sanitized!("{} requests wait to be passed on already", MOST_HELD));
        }
        Ok(())
    }

    /// Passes a request on that may go: its answer, and what is told of it. `own` is the status that it has of the
    /// collector itself.
    pub(super) async fn pass_on(
        &self,
        onward: Onward,
        own: u16,
        may_go: Result<(), Sanitized>,
        gate: &Gate,
    ) -> (Response<Body>, PassedOn) {
        let began = Instant::now();
        let Forwarding { to, pass_on, key, .. } = &self.forwarding;
        let passed = match may_go {
            Ok(()) => pass_on(onward.request(key.as_ref())).await,
            Err(problem) => Err(problem),
        };
        let mut told = Forwarded { to: to.clone(), own, took: began.elapsed(), problem: None };
        let answer = match passed {
            Ok(passed) => {
                let (mut parts, body) = passed.into_parts();
                strip(&mut parts.headers);
                for name in &FOR_PAGES {
                    parts.headers.remove(name);
                }
                Response::from_parts(parts, Body::from(body))
            }
            Err(problem) => {
                self.keep(onward, own, gate);
                let answer = answer::because(StatusCode::BAD_GATEWAY, format!("not passed on to {to}: {problem}"));
                told.problem = Some(problem);
                answer
            }
        };
        (answer, PassedOn { told, key: key.clone() })
    }
}

/// An answer of the platform with what the collector tells browsers in its `own`.
pub(super) fn for_pages(mut answer: Response<Body>, own: &HeaderMap) -> Response<Body> {
    for name in &FOR_PAGES {
        for value in own.get_all(name) {
            answer.headers_mut().append(name, value.clone());
        }
    }
    answer
}

/// That a request must not reach the platform, and why.
#[derive(Clone, Debug)]
pub(super) struct Forbidden(pub(super) String);

impl Onward {
    fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    fn weight(&self) -> usize {
        let head: usize = self.head.iter().map(|(name, value)| name.as_str().len() + value.len() + 64).sum();
        size_of::<Self>() + self.target.len() + head + self.body.len()
    }

    /// It as it goes on; `key` takes the place of its own.
    fn request(&self, key: Option<&SecretString>) -> Request<Bytes> {
        let target = if key.is_some() { auth::without_key(&self.target) } else { self.target.clone() };
        let mut request = Request::new(self.body.clone());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = target.parse().unwrap_or(Uri::from_static("/"));
        let head = request.headers_mut();
        head.clone_from(&self.head);
        strip(head);
        if let Some(key) = key {
            head.insert(AUTHORIZATION, auth::header(key));
        }
        request
    }

    /// It as it is written down when it is passed on once more, from that address.
    fn exchange(&self, address: IpAddr) -> Exchange {
        let Self { method, target, head, body } = self.clone();
        let (status, answer, told, forwarded) = Default::default();
        Exchange { method, target, head, body, address, began: Instant::now(), status, answer, told, forwarded }
    }
}

/// Takes out of a head what is about one connection.
fn strip(head: &mut HeaderMap) {
    let named: Vec<HeaderName> = head
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value: &HeaderValue| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in OF_ONE_CONNECTION.iter().chain([&KEEP_ALIVE]).chain(&named) {
        head.remove(name);
    }
}
