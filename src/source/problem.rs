use std::time::Duration;

use super::failure::{Failure, RedirectTarget, Tls};
use crate::event::text::{size, span};
use crate::event::{Sanitized, Unknown, sanitized};
use crate::session::{Problem, ProblemKind};

/// The facts of a request that the words for its failure use.
#[derive(Debug)]
pub(super) struct RequestContext<'a> {
    /// Host and port, as the person knows them.
    pub(super) host: &'a Sanitized,
    /// The path that was asked for.
    pub(super) path: &'a Sanitized,
    /// Which key was sent: `the Event key from CLICKSCOPE_EVENT_KEY`. Never the key.
    pub(super) key: &'a Sanitized,
    /// Whether the target is this machine.
    pub(super) loopback: bool,
    /// Whether it is the platform itself, which has regions.
    pub(super) platform: bool,
}

/// The meaning of a 429.
const TOO_MANY: &str = "too many requests";
/// The longest text of a server that is passed on, in columns.
const LONGEST_SAID: usize = 200;

impl Failure {
    /// The failure in words, for the person who has to mend it.
    pub(super) fn problem(&self, context: &RequestContext<'_>) -> Problem {
        let RequestContext { host, path, loopback, .. } = *context;
        let unreachable = |what, advice| problem(ProblemKind::Unreachable, what, advice);
        let wrong = |what, advice| problem(ProblemKind::WrongAnswer, what, advice);
        match self {
            Self::NoClient(why) => unreachable(
                sanitized!("HTTPS cannot be set up: {}", why),
                "install the CA certificates of this system (package ca-certificates), or name a file of them in \
                 SSL_CERT_FILE",
            ),
            Self::UnknownHost => unreachable(
                sanitized!("there is no address for {}", host),
                "check the name in --url, and that the network and its DNS work",
            ),
            Self::ConnectionRefused if loopback => unreachable(
                sanitized!("nothing listens at {}", host),
                "start the local collector with `clickscope sandbox`, or correct the port in --url",
            ),
            Self::ConnectionRefused => unreachable(
                sanitized!("{} refused the connection", host),
                "check the host and the port in --url, and whether a firewall or a proxy is in the way",
            ),
            Self::Unroutable(why) => unreachable(
                sanitized!("there is no way to {}: {}", host, why),
                "check the network connection, and whether a VPN is needed",
            ),
            Self::ConnectTimeout(limit) => unreachable(
                sanitized!("{} took no connection within {}", host, span(*limit)),
                "check the network connection, and whether a VPN or a proxy is needed",
            ),
            Self::Tls(tls) => {
                let (what, advice) = tls.words(host);
                unreachable(what, advice)
            }
            Self::NotHttp => unreachable(
                sanitized!("what {} answered is not HTTP", host),
                "check the port in --url, and whether it should begin with https://",
            ),
            Self::Broken { midway: false } => unreachable(
                sanitized!("{} closed the connection without an answer", host),
                "it may be restarting; check the port in --url, and http:// against https://, if it goes on",
            ),
            Self::Broken { midway: true } => unreachable(
                sanitized!("the connection to {} broke in the middle of the answer", host),
                "nothing to do if it was once; else look at the server, or at a proxy on the way",
            ),
            Self::Truncated => unreachable(
                sanitized!("the answer of {} ended too early", host),
                "nothing to do if it was once; else look at the server, or at a proxy on the way",
            ),
            Self::BadEncoding(why) => wrong(
                sanitized!("the answer of {} cannot be decompressed: {}", host, why),
                "look at the server, or at a proxy on the way: the body is not what its Content-Encoding says",
            ),
            Self::Silent(limit) => unreachable(
                sanitized!("{} sent nothing for {}", host, span(*limit)),
                "it may be overloaded; a longer --interval asks less of it",
            ),
            Self::TooSlow(limit) => unreachable(
                sanitized!("the answer of {} was not complete after {}", host, span(*limit)),
                "the network or the server is slow; a longer --interval asks less of it",
            ),
            Self::TooLarge(limit) => wrong(
                sanitized!("the answer of {} is larger than {}", host, size(*limit)),
                "it was not read any further; check that --url is the origin of the API",
            ),
            Self::Redirect { status, to: Some(RedirectTarget::Elsewhere(origin)) } => wrong(
                sanitized!("{} answered {}, a redirect to {}; the key was not sent there", host, status, origin),
                "if that is the right place, give it as --url",
            ),
            Self::Redirect { status, to: Some(RedirectTarget::InCircles) } => wrong(
                sanitized!("{} answered {} over and over, each a redirect to itself", host, status),
                "check that --url is the origin of the API",
            ),
            Self::Redirect { status, to: Some(RedirectTarget::WithoutBody) } => wrong(
                sanitized!("{} answered {} to {}, a redirect on which nothing can be sent along", host, status, path),
                "check that --url is the origin of the API, such as https://api.getblueshift.com",
            ),
            Self::Redirect { status, to: None } => wrong(
                sanitized!("{} answered {}, a redirect to nowhere", host, status),
                "check that --url is the origin of the API",
            ),
            Self::Status { status, said, .. } => self::status(*status, said.as_ref(), context),
            Self::Other(why) => unreachable(
                sanitized!("the request to {} failed: {}", host, why),
                "check --url and the network connection",
            ),
        }
    }

    /// The status of the answer, when there was one that tells it.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Redirect { status, .. } | Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// How long the server asked us to wait.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl Tls {
    fn words(&self, host: &Sanitized) -> (Sanitized, &'static str) {
        match self {
            Self::Absent => (
                sanitized!("{} does not speak TLS on that port", host),
                "it most likely speaks plain HTTP: begin --url with http://, or correct the port",
            ),
            Self::UnknownIssuer => (
                sanitized!("the certificate of {} is signed by nobody this system trusts", host),
                "a proxy may be in the way: add its CA to the system's certificates, or name it in SSL_CERT_FILE",
            ),
            Self::Expired => (
                sanitized!("the certificate of {} has expired", host),
                "check the clock of this machine; if it is right, the server needs a new certificate",
            ),
            Self::NotYetValid => {
                (sanitized!("the certificate of {} is not valid yet", host), "check the clock of this machine")
            }
            Self::WrongName => (
                sanitized!("the certificate that came for {} is for another name", host),
                "check the host in --url; a captive portal or a proxy may have answered in its place",
            ),
            Self::Other(why) => (
                sanitized!("no TLS session with {}: {}", host, why),
                "check the port in --url, and whether a proxy is in the way",
            ),
        }
    }
}

fn status(status: u16, said: Option<&Sanitized>, context: &RequestContext<'_>) -> Problem {
    let RequestContext { host, path, key, platform, .. } = *context;
    let reason = reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let said = said.map(|said| said.fit(LONGEST_SAID)).filter(|said| !said.is_empty());
    let answered = match (&said, reason) {
        (Some(said), _) => sanitized!("{} answered {}: {}", host, status, said),
        (None, Some(reason)) => sanitized!("{} answered {} {}", host, status, reason),
        (None, None) => sanitized!("{} answered {}", host, status),
    };
    match status {
        401 | 403 => problem(
            ProblemKind::Refused,
            sanitized!("{}; it was asked with {}", answered, key),
            if platform {
                "check that the key is one of this account and this region (--region us or eu); it is not tried again by \
                 itself"
            } else {
                "check that the key is one that this server takes; it is not tried again by itself"
            },
        ),
        429 => problem(
            ProblemKind::RateLimited,
            match said {
                Some(said) if !said.eq_ignore_ascii_case(TOO_MANY) => sanitized!("{}; {}", answered, TOO_MANY),
                _ => sanitized!("{} answered 429: {}", host, TOO_MANY),
            },
            "polling slows down by itself; a longer --interval keeps it from happening again",
        ),
        408 | 500.. => problem(
            ProblemKind::Unreachable,
            answered,
            "the server has trouble of its own; polling goes on, more slowly until it answers",
        ),
        404 => problem(
            ProblemKind::WrongAnswer,
            sanitized!("{}; it knows no {}", answered, path),
            "check --url: it is the origin of the API, such as https://api.getblueshift.com",
        ),
        _ => problem(
            ProblemKind::WrongAnswer,
            answered,
            "check --url: it is the origin of the API, such as https://api.getblueshift.com",
        ),
    }
}

/// Whether a body is a web page: of a captive portal, a proxy, a dashboard.
pub(super) fn is_web_page(body: &str) -> bool {
    body.trim_start_matches('\u{feff}').trim_start().starts_with('<')
}

/// The problem with a body that came well but is no debug answer.
pub(super) fn unreadable(host: &Sanitized, unknown: &Unknown) -> Problem {
    if is_web_page(&unknown.body) {
        return web_page(host);
    }
    problem(
        ProblemKind::WrongAnswer,
        sanitized!("the answer of {} cannot be read: {}", host, unknown.reason.fit(LONGEST_SAID)),
        "check that --url is the origin of the API; what came can be looked at as it is",
    )
}

/// The problem with a web page in the place of an answer.
pub(super) fn web_page(host: &Sanitized) -> Problem {
    problem(
        ProblemKind::WrongAnswer,
        sanitized!("{} answered with a web page, not with JSON", host),
        "check --url: it is the origin of the API, not of the dashboard; a captive portal may answer too",
    )
}

fn problem(kind: ProblemKind, what: Sanitized, advice: &'static str) -> Problem {
    Problem { kind, what, advice: advice.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: u16, said: Option<&'static str>, platform: bool) -> Problem {
        let [host, path, key] = &["api.example.com", "/api/v1/event", "the Event key"].map(Sanitized::literal);
        let said = said.map(Sanitized::literal);
        status(code, said.as_ref(), &RequestContext { host, path, key, loopback: false, platform })
    }

    #[test]
    fn that_there_are_too_many_requests_is_said_once() {
        let cases = [
            (None, "api.example.com answered 429: too many requests"),
            (Some("Too Many Requests"), "api.example.com answered 429: too many requests"),
            (Some("Slow down"), "api.example.com answered 429: Slow down; too many requests"),
        ];
        for (said, expected) in cases {
            assert_eq!(told(429, said, true).what, expected);
        }
    }

    #[test]
    fn a_region_is_only_spoken_of_where_there_are_regions() {
        for platform in [true, false] {
            assert_eq!(told(401, None, platform).advice.contains("--region"), platform);
        }
    }
}
