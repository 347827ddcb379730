//! The platform's answers, with the statuses and bodies that its documentation gives, and answers gone wrong.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
    LOCATION, RETRY_AFTER,
};
use axum::http::{Response, StatusCode};
use futures_util::stream;
use serde::Serialize;

use crate::blueshift::auth::NoKey;
use crate::blueshift::limits;
use crate::event::text::grouped;

use super::fault::FaultKind;
use super::intake::Rejection;
use super::journal::{Told, Why};
use super::paths;

/// A transparent GIF of one pixel.
const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\
                     \x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// The browser library's stand-in.
const SCRIPT: &str = include_str!("blueshift.js");

/// The shop page, on which each click fires a call of the vendor's.
const SHOP: &str = include_str!("shop.html");

/// The shop page has its own script and styles, and asks nobody but this collector for anything.
const SHOP_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// A page such as a captive portal or a proxy puts in the place of an answer.
const PORTAL: &str = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head>\
                      <body><h1>Sign in to the network</h1></body></html>\n";

/// Escape sequences, bytes that are not UTF-8, and half a JSON text.
const GARBAGE: &[u8] = b"\x1b[2J\x1b]0;garbage\x07\xff\xfe\x00\x80{\"event\":\"gar\xc3(bage\",,\x1b[31m]]\r\n\xf0\x9f";

/// In how many pieces a slow body drips in.
const DRIPS: u32 = 20;

/// The header of a request to forget everything. A page of another origin cannot add it without being allowed to, and it
/// is not.
pub(super) const CONFIRMATION: HeaderName = HeaderName::from_static("x-clickscope");

/// The number of the last request that an answer with records tells of: to be asked for those after it.
pub(super) const LAST: HeaderName = HeaderName::from_static("x-clickscope-last");

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

fn answer(status: StatusCode, content_type: HeaderValue, body: impl Into<Body>) -> Response<Body> {
    let mut answer = Response::new(body.into());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}

/// 200 with a JSON text.
pub(super) fn ok(body: impl Into<Body>) -> Response<Body> {
    answer(StatusCode::OK, JSON, body)
}

/// The answer of `POST /event` to an event that it accepts. (doc)
pub(super) fn event_ok() -> Response<Body> {
    ok(r#"{"status":"OK"}"#)
}

/// The answer of `POST /bulkevents` to a call that it accepts. (doc)
pub(super) fn bulk_ok(count: usize) -> Response<Body> {
    #[derive(Serialize)]
    struct Taken {
        status: &'static str,
        count: usize,
    }
    ok(json(&Taken { status: "ok", count }))
}

/// What became of requests that were passed on once more.
pub(super) fn passed_on(passed: usize, failed: usize) -> Response<Body> {
    ok(format!(r#"{{"passed_on":{passed},"failed":{failed}}}"#))
}

/// Records, a line each, up to the request of that number.
pub(super) fn lines(lines: String, last: u64) -> Response<Body> {
    let mut answer = numbered(answer(StatusCode::OK, HeaderValue::from_static("application/x-ndjson"), lines), last);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// An answer that says what the number of the last request is: that is how a watcher knows a collector of ours.
pub(super) fn numbered(mut answer: Response<Body>, last: u64) -> Response<Body> {
    answer.headers_mut().insert(LAST, last.into());
    answer
}

/// The pixel's answer. (inferred)
pub(super) fn pixel() -> Response<Body> {
    let mut answer = answer(StatusCode::OK, HeaderValue::from_static("image/gif"), GIF);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A stand-in for the platform's browser library, which sends to the host that it came from.
pub(super) fn script() -> Response<Body> {
    answer(StatusCode::OK, HeaderValue::from_static("text/javascript; charset=utf-8"), SCRIPT)
}

/// The shop page.
pub(super) fn shop() -> Response<Body> {
    let mut answer = answer(StatusCode::OK, HeaderValue::from_static("text/html; charset=utf-8"), SHOP);
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, SHOP_POLICY);
    answer
}

/// An answer with what those who watch are told of it.
pub(super) fn told(mut answer: Response<Body>, told: Told) -> Response<Body> {
    answer.extensions_mut().insert(told);
    answer
}

const UNKNOWN_KEY: &str = "this collector accepts only other keys";

const FOREIGN_PAGE: &str = "a page of another origin may send events, and not look at them";

/// Why a request is not answered as it asks.
#[derive(Clone, Debug)]
pub(super) enum RefusedRequest {
    /// It has no usable key.
    NoKey(NoKey),
    /// Its key is not one of those that are taken.
    UnknownKey,
    /// Its events are not acceptable.
    Rejected(Rejection),
    /// One field or parameter is unusable, and why.
    Field(&'static str, String),
    /// It was sent to a name that is none of the collector's.
    WrongHost(String),
    /// A page of another origin asks for what is for watchers.
    ForeignPage,
    /// It would delete, and lacks the header that says so on purpose.
    Unconfirmed,
    /// Its body took longer than this.
    TooSlow(Duration),
    /// Its body is packed in a way that is not read, by its name.
    Encoding(String),
    /// Its body is too large once it is unpacked.
    TooLargeUnpacked,
    /// It must not reach the platform, and why.
    Forbidden(String),
    /// Its path leads nowhere.
    NoSuchPath(String),
    /// Its path is none for its method.
    WrongMethod,
}

impl From<NoKey> for RefusedRequest {
    fn from(reason: NoKey) -> Self {
        Self::NoKey(reason)
    }
}

impl From<Rejection> for RefusedRequest {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl RefusedRequest {
    /// The documented status and envelope, with the reason in it.
    pub(super) fn answer(&self) -> Response<Body> {
        // Who is not let in is not passed on either.
        let stays = matches!(self, Self::UnknownKey | Self::Forbidden(_));
        told(self.envelope(), Told { refused: Some(self.why()), stays, ..Told::default() })
    }

    /// Why it was refused, for those who watch.
    fn why(&self) -> Why {
        let about = |field, reason: &str| Why { reason: reason.to_owned(), index: None, field };
        match self {
            Self::NoKey(reason) => about(None, &reason.to_string()),
            Self::UnknownKey => about(None, UNKNOWN_KEY),
            Self::Rejected(rejection) => {
                let (index, field) = rejection.place();
                Why { reason: rejection.root().to_string(), index, field }
            }
            Self::Field(field, reason) => about(Some(field), reason),
            Self::WrongHost(name) => about(None, &format!("`{name}` is no name of this collector")),
            Self::ForeignPage => about(None, FOREIGN_PAGE),
            Self::Unconfirmed => about(None, "it lacks the header that says that it is asked for on purpose"),
            Self::TooSlow(limit) => about(None, &format!("the body was not there after {} ms", limit.as_millis())),
            Self::Encoding(name) => {
                about(None, &format!("the body is packed with `{name}`: gzip and deflate are read"))
            }
            Self::TooLargeUnpacked => about(None, "the body is larger than 1 MB once it is unpacked"),
            Self::Forbidden(why) => about(None, &format!("not passed on: {why}")),
            Self::NoSuchPath(path) => {
                let meant = paths::meant(path).map(|meant| format!(": {meant}")).unwrap_or_default();
                about(None, &format!("no such path{meant}"))
            }
            Self::WrongMethod => {
                about(None, "no such method for this path: the header Allow of the answer names those that there are")
            }
        }
    }

    fn envelope(&self) -> Response<Body> {
        let unauthorized = |detail: String| {
            problem(
                StatusCode::UNAUTHORIZED,
                &ProblemBody { detail: Some(detail), ..ProblemBody::message("Not authorized") },
            )
        };
        match self {
            Self::NoKey(reason) => unauthorized(reason.to_string()),
            Self::UnknownKey => unauthorized(UNKNOWN_KEY.into()),
            Self::Rejected(rejection) => rejected(rejection),
            Self::Field(field, reason) => {
                problem(StatusCode::BAD_REQUEST, &ProblemBody::of_field(field, reason.clone()))
            }
            Self::WrongHost(name) => because(
                StatusCode::MISDIRECTED_REQUEST,
                format!(
                    "this collector shows events under localhost and its own address only, not under `{name}`; start it \
                     with --allow-host NAME for another name"
                ),
            ),
            Self::ForeignPage => because(StatusCode::FORBIDDEN, FOREIGN_PAGE.into()),
            Self::Unconfirmed => because(
                StatusCode::FORBIDDEN,
                format!("this needs the header `{CONFIRMATION}: 1`, so that no page can do it"),
            ),
            Self::TooSlow(limit) => {
                because(StatusCode::REQUEST_TIMEOUT, format!("the body was not there after {} ms", limit.as_millis()))
            }
            Self::Encoding(name) => {
                let detail = format!("the body is packed with `{name}`: gzip, deflate and no packing are read");
                let mut answer = because(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail);
                answer.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, identity"));
                answer
            }
            Self::TooLargeUnpacked => because(
                StatusCode::PAYLOAD_TOO_LARGE,
                format!(
                    "the body is larger than 1 MB ({} bytes) once it is unpacked, so split it",
                    grouped(limits::MAX_BODY_BYTES as u64)
                ),
            ),
            Self::Forbidden(why) => because(StatusCode::FORBIDDEN, format!("not passed on: {why}")),
            // As seen for a path that leads nowhere. (third party)
            Self::NoSuchPath(path) => problem(
                StatusCode::NOT_FOUND,
                &ProblemBody {
                    status: Some("404"),
                    error: Some("Not Found"),
                    detail: paths::meant(path),
                    ..ProblemBody::default()
                },
            ),
            // The router adds `Allow`.
            Self::WrongMethod => problem(StatusCode::METHOD_NOT_ALLOWED, &ProblemBody::message("Method Not Allowed")),
        }
    }
}

/// 400, 413 or 422. The documentation gives no body for 413.
fn rejected(rejection: &Rejection) -> Response<Body> {
    let of = |field| ProblemBody::of_field(field, rejection.to_string());
    match rejection.root() {
        Rejection::TooLarge(_) => problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            &ProblemBody { detail: Some(rejection.to_string()), ..ProblemBody::message("Payload Too Large") },
        ),
        Rejection::BadName(_) | Rejection::NameNotText => problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            &ProblemBody { success: Some(false), error: Some("Validation failed"), ..of("event") },
        ),
        Rejection::NoName => problem(StatusCode::BAD_REQUEST, &of("event")),
        Rejection::NoEvents => problem(StatusCode::BAD_REQUEST, &of("events")),
        Rejection::NotJson(_) | Rejection::NotAnObject | Rejection::InBulk { .. } => {
            problem(StatusCode::BAD_REQUEST, &ProblemBody { message: Some("Bad Request"), ..of("body") })
        }
    }
}

/// Up to so many bytes, the body of an answer is kept for those who watch.
const LONGEST_ANSWER: u64 = 16 << 10;

/// An answer, and its body where that is short.
pub(super) async fn peek(answer: Response<Body>) -> (Response<Body>, Option<Bytes>) {
    if answer.body().size_hint().exact().is_none_or(|length| length > LONGEST_ANSWER) {
        return (answer, None);
    }
    let (parts, body) = answer.into_parts();
    // A body whose length is known is there already.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    (Response::from_parts(parts, Body::from(body.clone())), Some(body))
}

/// To one who speaks http where https is spoken.
pub(super) fn speaks_https() -> Response<Body> {
    because(StatusCode::BAD_REQUEST, "this collector speaks https: write https:// for http://".into())
}

/// The body of an answer that is not as asked: the envelopes differ from status to status.
#[derive(Default, Serialize)]
struct ProblemBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    success: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// A field, with what is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<[BTreeMap<&'a str, String>; 1]>,
}

impl<'a> ProblemBody<'a> {
    fn message(message: &'a str) -> Self {
        Self { message: Some(message), ..Self::default() }
    }

    fn of_field(field: &'a str, reason: String) -> Self {
        Self { errors: Some([BTreeMap::from([(field, reason)])]), ..Self::default() }
    }
}

fn problem(status: StatusCode, body: &ProblemBody<'_>) -> Response<Body> {
    answer(status, JSON, json(body))
}

/// A status that the platform is not known to give, with its usual words and the reason.
pub(super) fn because(status: StatusCode, detail: String) -> Response<Body> {
    let message = status.canonical_reason().unwrap_or_default();
    problem(status, &ProblemBody { detail: Some(detail), ..ProblemBody::message(message) })
}

/// As JSON; texts and numbers can always be written.
fn json(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

/// The answer of a fault that needs no request; `None` for one that spoils a real answer.
pub(super) fn instead(fault: &FaultKind, retry_after: Option<Duration>) -> Option<Response<Body>> {
    match fault {
        FaultKind::Status(code) => {
            let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let message = match status {
                StatusCode::UNAUTHORIZED => "Not authorized",
                other => other.canonical_reason().unwrap_or("Fault"),
            };
            let mut answer = problem(status, &ProblemBody::message(message));
            if let Some(after) = retry_after {
                // Whole seconds (RFC 9110), and never sooner than asked.
                let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
                answer.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            Some(answer)
        }
        FaultKind::Redirect(to) => {
            let mut answer = answer(StatusCode::FOUND, HeaderValue::from_static("text/html"), "");
            if let Ok(to) = HeaderValue::try_from(to.as_str()) {
                answer.headers_mut().insert(LOCATION, to);
            }
            Some(answer)
        }
        _ => None,
    }
}

/// Applies a fault to an answer whose body is `whole`.
pub(super) fn spoilt(fault: &FaultKind, status: StatusCode, content_type: HeaderValue, whole: Bytes) -> Response<Body> {
    match fault {
        FaultKind::Garbage => answer(StatusCode::OK, content_type, GARBAGE),
        FaultKind::Html => answer(StatusCode::OK, HeaderValue::from_static("text/html; charset=utf-8"), PORTAL),
        FaultKind::Blank => answer(StatusCode::OK, content_type, ""),
        FaultKind::Oversize(bytes) => sized(answer(StatusCode::OK, content_type, blanks(*bytes)), *bytes),
        FaultKind::Truncate => {
            let announced = whole.len() as u64;
            let half = whole.slice(..whole.len() / 2);
            sized(answer(status, content_type, cut_off(half)), announced)
        }
        FaultKind::SlowBody(duration) => {
            let announced = whole.len() as u64;
            sized(answer(status, content_type, dripping(whole, *duration)), announced)
        }
        FaultKind::Status(_)
        | FaultKind::RetryAfter(_)
        | FaultKind::Delay(_)
        | FaultKind::Redirect(_)
        | FaultKind::Lie(_)
        | FaultKind::Reset => answer(status, content_type, whole),
    }
}

pub(super) fn sized(mut answer: Response<Body>, length: u64) -> Response<Body> {
    answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    answer
}

/// A body that fails after what it has; the server then drops the connection.
fn cut_off(rest: Bytes) -> Body {
    Body::from_stream(stream::unfold(Some(rest), |rest| async move {
        match rest {
            Some(rest) if !rest.is_empty() => Some((Ok(rest), Some(Bytes::new()))),
            _ => {
                // An error in the same breath as the data would make the server drop the data as well.
                tokio::task::yield_now().await;
                Some((Err(io::Error::from(io::ErrorKind::ConnectionAborted)), None))
            }
        }
    }))
}

fn dripping(whole: Bytes, duration: Duration) -> Body {
    let piece = whole.len().div_ceil(DRIPS as usize).max(1);
    let pause = duration / DRIPS;
    Body::from_stream(stream::unfold(whole, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let drip = rest.split_to(piece.min(rest.len()));
        Some((Ok::<_, Infallible>(drip), rest))
    }))
}

fn blanks(bytes: u64) -> Body {
    const CHUNK: &[u8] = &[b' '; 64 << 10];
    Body::from_stream(stream::unfold(bytes, |left| async move {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK.len());
        let chunk = Bytes::from_static(CHUNK).slice(..size);
        (size > 0).then(|| (Ok::<_, Infallible>(chunk), left - size as u64))
    }))
}
