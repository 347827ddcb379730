use std::time::Duration;

use super::failure::{Failure, RedirectTarget, Tls};
use crate::event::{Unknown, text};
use crate::session::{Problem, ProblemKind};

/// What a failure is told about: the words that differ from request to request.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// Host and port, as the person knows them.
    pub(super) host: &'a str,
    /// The path that was asked for.
    pub(super) path: &'a str,
    /// Which key was sent: `the Event key from CLICKSCOPE_EVENT_KEY`. Never the key.
    pub(super) key: &'a str,
    /// Whether the target is this machine.
    pub(super) loopback: bool,
    /// Whether it is the platform itself, which has regions.
    pub(super) platform: bool,
}

/// What a 429 means.
const TOO_MANY: &str = "too many requests";
/// The longest text of a server that is passed on, in columns.
const LONGEST_SAID: usize = 200;

impl Failure {
    /// The failure in words, for the person who has to mend it.
    pub(super) fn problem(&self, context: &Context<'_>) -> Problem {
        let Context { host, path, loopback, .. } = *context;
        let unreachable = |what: String, advice: &str| problem(ProblemKind::Unreachable, what, advice);
        let wrong = |what: String, advice: &str| problem(ProblemKind::WrongAnswer, what, advice);
        match self {
            Self::NoClient(why) => unreachable(
                format!("HTTPS cannot be set up: {}", plain(why)),
                "install the CA certificates of this system (package ca-certificates), or name a file of them in \
                 SSL_CERT_FILE",
            ),
            Self::UnknownHost => unreachable(
                format!("there is no address for {host}"),
                "check the name in --url, and that the network and its DNS work",
            ),
            Self::ConnectionRefused if loopback => unreachable(
                format!("nothing listens at {host}"),
                "start the local collector with `clickscope sandbox`, or correct the port in --url",
            ),
            Self::ConnectionRefused => unreachable(
                format!("{host} refused the connection"),
                "check the host and the port in --url, and whether a firewall or a proxy is in the way",
            ),
            Self::Unroutable(why) => unreachable(
                format!("there is no way to {host}: {}", plain(why)),
                "check the network connection, and whether a VPN is needed",
            ),
            Self::ConnectTimeout(limit) => unreachable(
                format!("{host} took no connection within {}", spelled(*limit)),
                "check the network connection, and whether a VPN or a proxy is needed",
            ),
            Self::Tls(tls) => {
                let (what, advice) = tls.words(host);
                unreachable(what, advice)
            }
            Self::NotHttp => unreachable(
                format!("what {host} answered is not HTTP"),
                "check the port in --url, and whether it should begin with https://",
            ),
            Self::Broken { midway: false } => unreachable(
                format!("{host} closed the connection without an answer"),
                "it may be restarting; check the port in --url, and http:// against https://, if it goes on",
            ),
            Self::Broken { midway: true } => unreachable(
                format!("the connection to {host} broke in the middle of the answer"),
                "nothing to do if it was once; else look at the server, or at a proxy on the way",
            ),
            Self::Truncated => unreachable(
                format!("the answer of {host} ended too early"),
                "nothing to do if it was once; else look at the server, or at a proxy on the way",
            ),
            Self::BadEncoding(why) => wrong(
                format!("the answer of {host} cannot be decompressed: {}", plain(why)),
                "look at the server, or at a proxy on the way: the body is not what its Content-Encoding says",
            ),
            Self::Silent(limit) => unreachable(
                format!("{host} sent nothing for {}", spelled(*limit)),
                "it may be overloaded; a longer --interval asks less of it",
            ),
            Self::TooSlow(limit) => unreachable(
                format!("the answer of {host} was not complete after {}", spelled(*limit)),
                "the network or the server is slow; a longer --interval asks less of it",
            ),
            Self::TooLarge(limit) => wrong(
                format!("the answer of {host} is larger than {}", size(*limit)),
                "it was not read any further; check that --url is the origin of the API",
            ),
            Self::Redirect { status, to: Some(RedirectTarget::Elsewhere(origin)) } => wrong(
                format!("{host} answered {status}, a redirect to {origin}; the key was not sent there"),
                "if that is the right place, give it as --url",
            ),
            Self::Redirect { status, to: Some(RedirectTarget::InCircles) } => wrong(
                format!("{host} answered {status} over and over, each a redirect to itself"),
                "check that --url is the origin of the API",
            ),
            Self::Redirect { status, to: Some(RedirectTarget::WithoutBody) } => wrong(
                format!("{host} answered {status} to {path}, a redirect on which nothing can be sent along"),
                "check that --url is the origin of the API, such as https://api.getblueshift.com",
            ),
            Self::Redirect { status, to: None } => wrong(
                format!("{host} answered {status}, a redirect to nowhere"),
                "check that --url is the origin of the API",
            ),
            Self::Status { status, said, .. } => self::status(*status, said.as_deref(), context),
            Self::Other(why) => unreachable(
                format!("the request to {host} failed: {}", plain(why)),
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
    fn words(&self, host: &str) -> (String, &'static str) {
        match self {
            Self::Absent => (
                format!("{host} does not speak TLS on that port"),
                "it most likely speaks plain HTTP: begin --url with http://, or correct the port",
            ),
            Self::UnknownIssuer => (
                format!("the certificate of {host} is signed by nobody this system trusts"),
                "a proxy may be in the way: add its CA to the system's certificates, or name it in SSL_CERT_FILE",
            ),
            Self::Expired => (
                format!("the certificate of {host} has expired"),
                "check the clock of this machine; if it is right, the server needs a new certificate",
            ),
            Self::NotYetValid => {
                (format!("the certificate of {host} is not valid yet"), "check the clock of this machine")
            }
            Self::WrongName => (
                format!("the certificate that came for {host} is for another name"),
                "check the host in --url; a captive portal or a proxy may have answered in its place",
            ),
            Self::Other(why) => (
                format!("no TLS session with {host}: {}", plain(why)),
                "check the port in --url, and whether a proxy is in the way",
            ),
        }
    }
}

fn status(status: u16, said: Option<&str>, context: &Context<'_>) -> Problem {
    let Context { host, path, key, platform, .. } = *context;
    let reason = reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let said = said.map(plain).filter(|said| !said.is_empty());
    let answered = match (&said, reason) {
        (Some(said), _) => format!("{host} answered {status}: {said}"),
        (None, Some(reason)) => format!("{host} answered {status} {reason}"),
        (None, None) => format!("{host} answered {status}"),
    };
    match status {
        401 | 403 => problem(
            ProblemKind::Refused,
            format!("{answered}; it was asked with {key}"),
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
                Some(said) if !said.eq_ignore_ascii_case(TOO_MANY) => format!("{answered}; {TOO_MANY}"),
                _ => format!("{host} answered 429: {TOO_MANY}"),
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
            format!("{answered}; it knows no {path}"),
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
pub(super) fn unreadable(host: &str, unknown: &Unknown) -> Problem {
    if is_web_page(&unknown.body) {
        return web_page(host);
    }
    problem(
        ProblemKind::WrongAnswer,
        format!("the answer of {host} cannot be read: {}", plain(&unknown.reason)),
        "check that --url is the origin of the API; what came can be looked at as it is",
    )
}

/// The problem with a web page in the place of an answer.
pub(super) fn web_page(host: &str) -> Problem {
    problem(
        ProblemKind::WrongAnswer,
        format!("{host} answered with a web page, not with JSON"),
        "check --url: it is the origin of the API, not of the dashboard; a captive portal may answer too",
    )
}

fn problem(kind: ProblemKind, what: String, advice: &str) -> Problem {
    Problem { kind, what, advice: advice.to_owned() }
}

/// `text` on one line, harmless to a terminal, and not too long.
fn plain(text: &str) -> String {
    let (harmless, _) = text::harmless_within(text.trim(), LONGEST_SAID);
    text::fit(&harmless, LONGEST_SAID)
}

fn spelled(limit: Duration) -> String {
    if limit.as_secs() > 0 { format!("{} s", limit.as_secs()) } else { format!("{} ms", limit.as_millis()) }
}

fn size(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: u16, said: Option<&str>, platform: bool) -> Problem {
        let (host, path, key) = ("api.example.com", "/api/v1/event", "the Event key");
        status(code, said, &Context { host, path, key, loopback: false, platform })
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
