use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{ACCEPT, DATE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, StatusCode, redirect};
use tokio::time::Instant;
use url::Url;

use super::certificates;
use super::failure::{Failure, RedirectTarget, Timeouts};
use super::proxy::Proxy;
use super::settings::Settings;
use crate::blueshift::{ErrorBody, KeyMask};
use crate::event::{Sanitized, text};

/// Where a collector of ours says what the number of the last request is.
const LAST_REQUEST: &str = "x-clickscope-last";
/// Where a server says how it calls a request, and the longest such name that is told, in columns.
const REQUEST_ID: &str = "x-request-id";
const LONGEST_ID: usize = 100;
/// How many redirects within the same origin are followed.
const HOPS: usize = 5;
/// How the paths end that take a body.
const POSTED: [&str; 3] = ["/api/v1/event", "/api/v1/bulkevents", "/api/v1/event/summary.json"];
/// The longest origin that is told, in columns.
const LONGEST_ORIGIN: usize = 100;
/// How much of the body of an error answer is read: enough for any message.
const ERROR_BODY_LIMIT: u64 = 64 * 1024;

/// An HTTP client for one origin, with its limits.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    timeouts: Timeouts,
    body_limit: u64,
    /// Masks the parts of a failure that quote a server, or a library that quotes one.
    keys: KeyMask,
}

/// What came of a request, with what is known of it beside that.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) outcome: Result<CompleteAnswer, Failure>,
    /// How long it took.
    pub(super) took: Duration,
    /// The time on the server's clock.
    pub(super) date: Option<Timestamp>,
    /// The server's name for the request.
    pub(super) request_id: Option<Sanitized>,
}

/// A complete answer with a status of success.
#[derive(Debug)]
pub(super) struct CompleteAnswer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// The time on the server's clock.
    pub(super) date: Option<Timestamp>,
    /// The number of the last request that it was sent, where the server is a collector of ours.
    pub(super) last_request: Option<u64>,
}

impl Http {
    /// Sets a client up for `base`. This reads the system's CA certificates, which takes milliseconds, but only for
    /// `https`: a plain target works on a system that has none.
    pub(super) fn new(settings: &Settings, proxy: Option<&Proxy>, keys: KeyMask) -> Result<Self, Failure> {
        let Settings { base, headers: extra, timeouts, body_limit, authority, .. } = settings;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for header in &**extra {
            headers.append(header.name(), header.value());
        }
        let builder = client_builder(base.is_https(), authority.as_deref(), *timeouts, proxy)?
            .user_agent(concat!("clickscope/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(redirect::Policy::custom(follow));
        let client = builder.build().map_err(|error| Failure::no_client(&error))?;
        Ok(Self { client, timeouts: *timeouts, body_limit: *body_limit, keys })
    }

    /// The client, to make requests with.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends `request` and reads the whole answer.
    ///
    /// Errors are stripped of everything but what happened: the request, with its key, is never part of one.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<CompleteAnswer, Failure> {
        self.exchange(request).await.outcome
    }

    /// The same, with what the head of the answer says, also where it is none of success.
    pub(super) async fn exchange(&self, request: RequestBuilder) -> Exchange {
        let start = Instant::now();
        let (outcome, date, request_id) = match request.send().await {
            Ok(response) => {
                let said = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
                let date = said(DATE.as_str()).and_then(date);
                let request_id = said(REQUEST_ID).map(|id| self.keys.line(id, LONGEST_ID));
                (self.read(response, date, start).await, date, request_id)
            }
            Err(error) => (Err(self.failed(&error, start)), None, None),
        };
        Exchange { outcome, took: start.elapsed(), date, request_id }
    }

    fn failed(&self, error: &reqwest::Error, start: Instant) -> Failure {
        Failure::of(error, start.elapsed(), self.timeouts, &self.keys)
    }

    async fn read(
        &self,
        mut response: Response,
        date: Option<Timestamp>,
        start: Instant,
    ) -> Result<CompleteAnswer, Failure> {
        let failed = |error: reqwest::Error| self.failed(&error, start);
        let status = response.status();
        let last_request = response.headers().get(LAST_REQUEST).and_then(|value| value.to_str().ok()?.parse().ok());
        if status.is_success() {
            let limit = self.body_limit;
            let mut body = Vec::new();
            let is_announced = response.content_length().is_some_and(|announced| announced > limit);
            if !is_announced {
                read(&mut response, limit, &mut body).await.map_err(failed)?;
            }
            if is_announced || too_long(&body, limit) {
                return Err(Failure::TooLarge(limit));
            }
            return Ok(CompleteAnswer { status: status.as_u16(), body, date, last_request });
        }
        if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
            return Err(Failure::Redirect { status: status.as_u16(), to: redirect_target(&response, &self.keys) });
        }
        let retry_after =
            response.headers().get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?, Timestamp::now()));
        // What the status says holds even when the body breaks off, and what came of it may say why.
        let mut body = Vec::new();
        drop(read(&mut response, ERROR_BODY_LIMIT, &mut body).await);
        let said = ErrorBody::read(&body, &self.keys);
        let (said, fields) = said.map_or((None, Vec::new()), |said| (Some(said.message), said.fields));
        Err(Failure::Status { status: status.as_u16(), said, fields, retry_after })
    }
}

/// Sets a client up with the time that it has, the proxy that it asks, and the certificates that it trusts: those of the
/// `authority`, else those that the environment names, else the system's.
pub(super) fn client_builder(
    certificates: bool,
    authority: Option<&Path>,
    timeouts: Timeouts,
    proxy: Option<&Proxy>,
) -> Result<ClientBuilder, Failure> {
    // A second call finds the provider installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();

    let mut builder = Client::builder()
        .connect_timeout(timeouts.connect)
        .read_timeout(timeouts.read)
        .timeout(timeouts.whole)
        // Which proxy there is was found out before, so that it can be told.
        .no_proxy();
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy.client()?);
    }
    // A proxy may be asked over TLS too.
    if !certificates && proxy.is_none() {
        builder = builder.tls_certs_only([]);
    } else if let Some(tls) = certificates::named(authority, &|name| std::env::var_os(name))? {
        builder = builder.tls_backend_preconfigured(tls);
    }
    Ok(builder)
}

/// Reads the body as it comes, decompressed, to its end or until it is longer than `limit`.
async fn read(response: &mut Response, limit: u64, body: &mut Vec<u8>) -> Result<(), reqwest::Error> {
    // The length is only the server's word: of what is reserved, memory is taken for the bytes that came.
    const MOST_RESERVED: u64 = 16 << 20;
    let announced = response.content_length().unwrap_or(0);
    body.reserve(usize::try_from(announced.min(limit).min(MOST_RESERVED)).unwrap_or(0));
    while !too_long(body, limit) {
        let Some(chunk) = response.chunk().await? else { break };
        body.extend_from_slice(&chunk);
    }
    Ok(())
}

fn too_long(body: &[u8], limit: u64) -> bool {
    u64::try_from(body.len()).is_ok_and(|length| length > limit)
}

/// Follows a redirect within the origin that was asked, and hands any other back: the key must not go elsewhere.
fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let Some(first) = attempt.previous().first() else { return attempt.stop() };
    let same_origin = first.origin() == attempt.url().origin();
    let loses_body = is_posted(first) && drops_body(attempt.status());
    if same_origin && !loses_body && attempt.previous().len() <= HOPS { attempt.follow() } else { attempt.stop() }
}

/// Whether what goes to `url` has a body. A redirect is not told the method.
fn is_posted(url: &Url) -> bool {
    POSTED.iter().any(|end| url.path().ends_with(end))
}

/// Whether a redirect turns POST into GET, whose success would say nothing about what was to be sent (RFC 9110, section
/// 15.4).
fn drops_body(status: StatusCode) -> bool {
    matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER)
}

fn redirect_target(response: &Response, keys: &KeyMask) -> Option<RedirectTarget> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let to = response.url().join(location).ok()?;
    Some(if to.origin() != response.url().origin() {
        RedirectTarget::Elsewhere(origin(&to, location, keys))
    } else if is_posted(response.url()) && drops_body(response.status()) {
        RedirectTarget::WithoutBody
    } else {
        RedirectTarget::InCircles
    })
}

/// The origin of `to`, unless it holds a part of a key: then the host is not in the location as it is without keys.
fn origin(to: &Url, location: &str, keys: &KeyMask) -> Sanitized {
    let masked = keys.mask(location);
    if masked == location || to.host_str().is_some_and(|host| masked.to_ascii_lowercase().contains(host)) {
        text::excerpt(&to.origin().ascii_serialization(), LONGEST_ORIGIN)
    } else {
        "another origin".into()
    }
}

/// How long a `Retry-After` asks to wait: a number of seconds, or an HTTP date (RFC 9110, section 10.2.3).
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let then = date(value)?;
    Some(Duration::try_from(then.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// An HTTP date (RFC 9110, section 5.6.7).
fn date(value: &str) -> Option<Timestamp> {
    Some(jiff::fmt::rfc2822::parse(value).ok()?.timestamp())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn plain_http_behind_https_is_told_as_such() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        });
        let settings = crate::source::tests::settings(&url.replace("https", "http").parse().unwrap());
        let http = Http::new(&settings, None, KeyMask::default()).unwrap();
        let failure = http.send(http.client().get(url)).await.unwrap_err();
        assert_eq!(failure, Failure::Tls(super::super::failure::Tls::Absent));
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        let cases = [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Mon, 23 Nov 2026 09:00:30 GMT", Some(30)),
            ("Mon, 23 Nov 2026 08:00:00 GMT", Some(0)),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("Mon, 99 Nov 2026 08:00:00 GMT", None),
        ];
        for (value, seconds) in cases {
            assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }
}
