use std::time::Duration;

use super::backoff;
use super::failure::{Failure, RedirectTarget, Tls};
use super::proxy::Proxy;
use crate::event::text::{counted, size, span};
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
    /// The proxy that is asked in its place.
    pub(super) proxy: Option<&'a Proxy>,
    /// What the request is for.
    pub(super) asking: Asking,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    /// To poll for what the platform shows.
    Events,
    /// To ask for its counts.
    Counts,
    /// To ask for its history of a type.
    History,
    /// To send events.
    Sending,
}

/// The meaning of a 429.
const TOO_MANY: &str = "too many requests";
/// The longest text of a server that is passed on, in columns.
const LONGEST_SAID: usize = 200;
/// What to do where the address of the API seems wrong.
const CHECK_URL: &str = "check --url: it is the origin of the API, such as https://api.getblueshift.com";
/// The same for the address of a region.
const NOT_THE_ADDRESS: &str =
    "check the network connection, and whether a proxy, a firewall or a captive portal is in the way";
/// What it means that there is no history.
const WITHOUT_HISTORY: &str = "of events between two polls only the newest is seen; a shorter --interval sees more";
/// What to do about a connection that broke.
const ONCE: &str = "nothing to do if it was once; else look at the server, or at a proxy on the way";
/// What to do where nobody said what came of what was sent.
pub(super) const MAY_HAVE_ARRIVED: &str =
    "what was sent may have arrived all the same: look for it before you send it again";

impl Failure {
    /// The failure in words, for the person who has to mend it.
    pub(super) fn problem(&self, context: &RequestContext<'_>) -> Problem {
        let told = if let Self::Status { status, said, .. } = self {
            self::status(*status, said.as_ref(), context)
        } else {
            let kind = if self.can_pass() { ProblemKind::Unreachable } else { ProblemKind::WrongAnswer };
            let (what, advice) = self.connecting(context).unwrap_or_else(|| self.answering(context));
            Problem { kind, what, advice }
        };
        let what = match self.retry_after() {
            Some(asked) if asked > backoff::LONGEST_ASKED => {
                let followed = span(backoff::LONGEST_ASKED);
                sanitized!("{}; it asks to wait {}, and is asked again after {}", told.what, long(asked), followed)
            }
            Some(asked) if asked > backoff::LONGEST => sanitized!("{}; it asks to wait {}", told.what, long(asked)),
            _ => told.what,
        };
        let advice = if context.asking == Asking::Sending && self.may_have_arrived() {
            MAY_HAVE_ARRIVED.into()
        } else {
            told.advice
        };
        Problem { kind: told.kind, what, advice }
    }

    /// What happened before anything could be asked, and what to do; `None` when it happened later.
    fn connecting(&self, context: &RequestContext<'_>) -> Option<(Sanitized, Sanitized)> {
        let RequestContext { host, loopback, proxy, .. } = *context;
        // With a proxy it is the proxy that is connected to.
        let peer = proxy.map_or_else(|| host.clone(), Proxy::called);
        let advice = |direct: &'static str| match proxy {
            Some(proxy) => sanitized!("check {}; the hosts in NO_PROXY are asked without it", proxy.variable),
            None => direct.into(),
        };
        let told = match self {
            Self::NoClient(why) => (
                sanitized!("HTTPS cannot be set up: {}", why),
                "install the CA certificates of this system (package ca-certificates), or name a file of them in \
                 SSL_CERT_FILE"
                    .into(),
            ),
            Self::Certificates(what) => {
                (what.clone(), "correct the variable, or unset it: then the certificates of this system hold".into())
            }
            Self::BadProxy(variable) => (
                sanitized!("{} is set, but not to the address of a proxy", *variable),
                "write it as in http://127.0.0.1:3128 (https, socks4, socks4a, socks5 and socks5h work too), or unset it"
                    .into(),
            ),
            Self::ProxyLogin => proxy_login(context),
            Self::NoTunnel(why) => match proxy {
                Some(_) => (
                    sanitized!("{} opened no way to {}: {}", peer, host, why),
                    sanitized!("{}, and that it is one that may go there", advice("")),
                ),
                None => (
                    sanitized!("no connection to {} came about: {}", host, why),
                    "check --url and the network connection".into(),
                ),
            },
            Self::UnknownHost => (
                sanitized!("there is no address for {}", peer),
                advice("check the name in --url, and that the network and its DNS work"),
            ),
            Self::ConnectionRefused if loopback => (
                sanitized!("nothing listens at {}", host),
                "start the local collector with `clickscope sandbox`, or correct the port in --url".into(),
            ),
            Self::ConnectionRefused => (
                sanitized!("{} refused the connection", peer),
                advice("check the host and the port in --url, and whether a firewall or a proxy is in the way"),
            ),
            Self::Unroutable(why) => (
                sanitized!("there is no way to {}: {}", peer, why),
                advice("check the network connection, and whether a VPN is needed"),
            ),
            Self::ConnectTimeout(limit) => (
                sanitized!("{} took no connection within {}", peer, span(*limit)),
                advice("check the network connection, and whether a VPN or a proxy is needed"),
            ),
            Self::Closed => (
                sanitized!("{} closed the connection before anything could be asked", peer),
                advice("check the port in --url, and http:// against https://; a proxy may be in the way"),
            ),
            Self::Tls(tls) => tls.words(&through(host, proxy)),
            _ => return None,
        };
        Some(told)
    }

    /// What was wrong with the answer, and what to do.
    fn answering(&self, context: &RequestContext<'_>) -> (Sanitized, Sanitized) {
        let RequestContext { path, proxy, asking, .. } = *context;
        let host = &through(context.host, proxy);
        let slower = match asking {
            Asking::Events => "; a longer --interval asks less of it",
            Asking::Counts | Asking::History | Asking::Sending => "",
        };
        let (what, advice): (_, Sanitized) = match self {
            Self::NotHttp => (
                sanitized!("what {} answered is not HTTP", host),
                "check the port in --url, and whether it should begin with https://".into(),
            ),
            Self::LongHead => (
                sanitized!("the head of the answer of {} is too long: more than 100 lines, or too many bytes", host),
                "look at the server, or at a proxy on the way, for what it adds to its answers".into(),
            ),
            Self::Broken { midway: false } => (
                sanitized!("{} closed the connection without an answer", host),
                "it may be restarting; check the port in --url, and http:// against https://, if it goes on".into(),
            ),
            Self::Broken { midway: true } => {
                (sanitized!("the connection to {} broke in the middle of the answer", host), ONCE.into())
            }
            Self::Truncated => (sanitized!("the answer of {} ended too early", host), ONCE.into()),
            Self::BadChunks(why) => (
                sanitized!("the parts of the answer of {} are not marked as HTTP has it: {}", host, why),
                "look at the server, or at a proxy on the way: the body is not what Transfer-Encoding says".into(),
            ),
            Self::BadEncoding(why) => (
                sanitized!("the answer of {} cannot be decompressed: {}", host, why),
                "look at the server, or at a proxy on the way: the body is not what its Content-Encoding says".into(),
            ),
            Self::Silent(limit) => {
                (sanitized!("{} sent nothing for {}", host, span(*limit)), sanitized!("it may be overloaded{}", slower))
            }
            Self::TooSlow(limit) => (
                sanitized!("the answer of {} was not complete after {}", host, span(*limit)),
                sanitized!("the network or the server is slow{}", slower),
            ),
            Self::TooLarge(limit) => (
                sanitized!("the answer of {} is larger than {}", host, size(*limit)),
                "it was not read any further; check that --url is the origin of the API".into(),
            ),
            Self::Redirect { status, to: Some(RedirectTarget::Elsewhere(origin)) } => (
                sanitized!("{} answered {}, a redirect to {}; the key was not sent there", host, *status, origin),
                "if that is the right place, give it as --url".into(),
            ),
            Self::Redirect { status, to: Some(RedirectTarget::InCircles) } => (
                sanitized!("{} answered {} over and over, each a redirect to itself", host, *status),
                "check that --url is the origin of the API".into(),
            ),
            Self::Redirect { status, to: Some(RedirectTarget::WithoutBody) } => (
                sanitized!("{} answered {} to {}, a redirect on which nothing can be sent along", host, *status, path),
                "check that --url is the origin of the API, such as https://api.getblueshift.com".into(),
            ),
            Self::Redirect { status, to: None } => (
                sanitized!("{} answered {}, a redirect to nowhere", host, *status),
                "check that --url is the origin of the API".into(),
            ),
            Self::Other(why) => {
                (sanitized!("the request to {} failed: {}", host, why), "check --url and the network connection".into())
            }
            // The rest happens before there is an answer, or is one with a status.
            _ => (sanitized!("the request to {} failed", host), "check --url and the network connection".into()),
        };
        (what, advice)
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

/// A wait of more than a minute in words.
fn long(wait: Duration) -> Sanitized {
    match wait.as_secs() {
        0..7_200 => span(wait),
        seconds @ 7_200..172_800 => counted(seconds / 3_600, "hour"),
        seconds => counted(seconds / 86_400, "day"),
    }
}

impl Tls {
    fn words(&self, host: &Sanitized) -> (Sanitized, Sanitized) {
        let (what, advice) = match self {
            Self::Absent => (
                sanitized!("{} does not speak TLS on that port", host),
                "it most likely speaks plain HTTP: begin --url with http://, or correct the port",
            ),
            Self::UnknownIssuer => (
                sanitized!("the certificate of {} is signed by nobody that is trusted here", host),
                "a proxy may be in the way: add its CA to the system's certificates, or name it in SSL_CERT_FILE",
            ),
            Self::Expired => (
                sanitized!("the certificate of {} has expired", host),
                "check the clock of this machine; if it is right, the server needs a new certificate",
            ),
            Self::NotYetValid => {
                (sanitized!("the certificate of {} is not valid yet", host), "check the clock of this machine")
            }
            Self::WrongName(names) => (
                sanitized!("the certificate that came for {} is for {}", host, names),
                "check the host in --url; a captive portal or a proxy may have answered in its place",
            ),
            Self::NoName => (
                sanitized!("the certificate of {} names no host: it has no subjectAltName", host),
                "the server needs another certificate; with openssl: -addext subjectAltName=DNS:NAME",
            ),
            Self::Authority => (
                sanitized!("the certificate of {} is that of a CA, mostly one that is signed by itself", host),
                "to trust this very certificate, name a file with it in SSL_CERT_FILE; else the server needs another",
            ),
            Self::Revoked => {
                (sanitized!("the certificate of {} was revoked", host), "the server needs a new certificate")
            }
            Self::WrongPurpose => (
                sanitized!("the certificate of {} is not one for servers", host),
                "the server needs a certificate with the purpose serverAuth",
            ),
            Self::Version => (
                sanitized!("{} speaks neither TLS 1.2 nor 1.3", host),
                "the server, or a proxy on the way, needs a newer TLS: older ones are not safe",
            ),
            Self::Cipher => (
                sanitized!("{} knows no way of encryption that is known here", host),
                "the server, or a proxy on the way, needs newer ones: older ones are not safe",
            ),
            Self::UnknownName => (sanitized!("{} knows no host of that name", host), "check the host in --url"),
            Self::ClientCertificate => (
                sanitized!("{} wants a certificate from its clients", host),
                "there is no way to give one here: ask for an entrance that does without",
            ),
            Self::Ended(why) => (
                sanitized!("{} ended the TLS handshake: {}", host, why),
                "check the port in --url, and whether a proxy is in the way",
            ),
            Self::Certificate(why) => (
                sanitized!("the certificate of {} cannot be used: {}", host, why),
                "the server needs another certificate; a proxy may have answered in its place",
            ),
            Self::Other(why) => (
                sanitized!("no TLS session with {}: {}", host, why),
                "check the port in --url, and whether a proxy is in the way",
            ),
        };
        (what, advice.into())
    }
}

/// The host, and the proxy that is asked in its place.
fn through(host: &Sanitized, proxy: Option<&Proxy>) -> Sanitized {
    match proxy {
        Some(proxy) => sanitized!("{} through {}", host, proxy.called()),
        None => host.clone(),
    }
}

fn proxy_login(context: &RequestContext<'_>) -> (Sanitized, Sanitized) {
    match context.proxy {
        Some(proxy) if proxy.login.is_some() => (
            sanitized!("{} does not take the name and the password that stand in {}", proxy.called(), proxy.variable),
            sanitized!("correct them in {}; in a password, write `@`, `:` and `/` as %40, %3A and %2F", proxy.variable),
        ),
        Some(proxy) => (
            sanitized!("{} wants a name and a password", proxy.called()),
            sanitized!("put them into {}, as in http://NAME:PASSWORD@HOST:PORT", proxy.variable),
        ),
        None => (
            sanitized!("{} answered 407: a proxy on the way wants a name and a password", context.host),
            "put them into the variable that names the proxy: HTTPS_PROXY, HTTP_PROXY or ALL_PROXY".into(),
        ),
    }
}

fn status(status: u16, said: Option<&Sanitized>, context: &RequestContext<'_>) -> Problem {
    let RequestContext { path, key, platform, asking, proxy, .. } = *context;
    let host = &through(context.host, proxy);
    let reason = reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let said = said.map(|said| said.fit(LONGEST_SAID)).filter(|said| !said.is_empty());
    let answered = match (&said, reason) {
        (Some(said), _) => sanitized!("{} answered {}: {}", host, status, said),
        (None, Some(reason)) => sanitized!("{} answered {} {}", host, status, reason),
        (None, None) => sanitized!("{} answered {}", host, status),
    };
    let again = match asking {
        Asking::Events => "polling goes on, more slowly until it answers",
        Asking::Counts => "the counts are asked for again by themselves",
        Asking::History => "it is asked again by itself",
        Asking::Sending => "send again when it answers",
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
        407 => {
            let (what, advice) = proxy_login(context);
            Problem { kind: ProblemKind::WrongAnswer, what, advice }
        }
        429 => problem(
            ProblemKind::RateLimited,
            match said {
                Some(said) if !said.eq_ignore_ascii_case(TOO_MANY) => sanitized!("{}; {}", answered, TOO_MANY),
                _ => sanitized!("{} answered 429: {}", host, TOO_MANY),
            },
            match asking {
                Asking::Events => "polling slows down by itself; a longer --interval keeps it from happening again",
                Asking::Counts | Asking::History => again,
                Asking::Sending => "nothing of it was taken: wait a little, or send at a lower rate",
            },
        ),
        404 | 405 | 410 | 501 if asking == Asking::History => {
            problem(ProblemKind::WrongAnswer, sanitized!("{}; it knows no {}", answered, path), WITHOUT_HISTORY)
        }
        408 | 500.. => Problem {
            kind: ProblemKind::Unreachable,
            what: answered,
            advice: sanitized!("the server has trouble of its own; {}", again),
        },
        404 | 405 | 410 => {
            problem(ProblemKind::WrongAnswer, sanitized!("{}; it knows no {}", answered, path), CHECK_URL)
        }
        // The address is right, for it was understood.
        400..=499 => problem(
            ProblemKind::WrongAnswer,
            answered,
            match asking {
                Asking::Sending => "mend what it names, and send again",
                Asking::History => WITHOUT_HISTORY,
                Asking::Events | Asking::Counts => {
                    "it does not take this request as the platform does: look at what it says, and at what stands before it"
                }
            },
        ),
        _ => problem(ProblemKind::WrongAnswer, answered, CHECK_URL),
    }
}

/// The same problem, with advice that suits an address that came with the region: it is right, and who asks for
/// it has set no `--url`.
pub(super) fn for_address(problem: Problem, of_region: bool) -> Problem {
    let advice = if of_region && problem.advice.contains("--url") { NOT_THE_ADDRESS.into() } else { problem.advice };
    Problem { advice, ..problem }
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

    fn context(
        platform: bool,
        proxy: Option<&Proxy>,
        asking: Asking,
        tell: impl FnOnce(&RequestContext<'_>) -> Problem,
    ) -> Problem {
        let [host, path, key] = &["api.example.com", "/api/v1/event", "the Event key"].map(Sanitized::literal);
        tell(&RequestContext { host, path, key, loopback: false, platform, proxy, asking })
    }

    fn told(code: u16, said: Option<&'static str>, platform: bool) -> Problem {
        let said = said.map(Sanitized::literal);
        context(platform, None, Asking::Events, |context| status(code, said.as_ref(), context))
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
    fn a_wait_that_the_server_orders_is_said_with_its_time_and_how_much_of_it_is_kept_to() {
        let status = |asked: Option<u64>| Failure::Status {
            status: 503,
            said: None,
            fields: Vec::new(),
            retry_after: asked.map(Duration::from_secs),
        };
        let cases = [
            (None, ""),
            (Some(60), ""),
            (Some(400), "; it asks to wait 6 min 40 s"),
            (Some(600), "; it asks to wait 10 min"),
            (Some(3_600), "; it asks to wait 60 min, and is asked again after 10 min"),
            (Some(86_400), "; it asks to wait 24 hours, and is asked again after 10 min"),
            (Some(604_800), "; it asks to wait 7 days, and is asked again after 10 min"),
        ];
        let what = |asked| context(true, None, Asking::Events, |context| status(asked).problem(context)).what;
        for (asked, more) in cases {
            assert_eq!(what(asked), format!("{}{more}", what(None)).as_str());
        }
    }

    #[test]
    fn a_region_is_only_spoken_of_where_there_are_regions() {
        for platform in [true, false] {
            assert_eq!(told(401, None, platform).advice.contains("--region"), platform);
        }
    }

    #[test]
    fn an_address_that_came_with_the_region_is_not_to_be_checked() {
        let failures = [
            Failure::UnknownHost,
            Failure::ConnectionRefused,
            Failure::Closed,
            Failure::NotHttp,
            Failure::Broken { midway: false },
            Failure::TooLarge(1),
            Failure::Redirect { status: 302, to: None },
            Failure::Tls(Tls::Absent),
            Failure::Tls(Tls::UnknownName),
            Failure::Status { status: 404, said: None, fields: Vec::new(), retry_after: None },
        ];
        for failure in failures {
            let problem = context(true, None, Asking::Events, |context| failure.problem(context));
            for of_region in [true, false] {
                let problem = for_address(problem.clone(), of_region);
                assert_eq!(problem.advice.contains("--url"), !of_region, "{problem:?}");
            }
        }
    }

    #[test]
    fn advice_is_about_what_was_asked_and_what_was_answered() {
        for asking in [Asking::Events, Asking::Counts, Asking::Sending] {
            for code in [400, 402, 407, 411, 413, 415, 422, 429, 451] {
                let problem = context(true, None, asking, |context| status(code, None, context));
                assert!(!problem.advice.contains("--url"), "{code} {asking:?}: {problem:?}");
            }
            for failure in [Failure::Silent(Duration::from_secs(1)), Failure::TooSlow(Duration::from_secs(1))] {
                let problem = context(true, None, asking, |context| failure.problem(context));
                assert_eq!(problem.advice.contains("--interval"), asking == Asking::Events, "{problem:?}");
            }
        }
    }

    #[test]
    fn only_what_went_out_and_was_not_answered_may_have_arrived() {
        let status = |status| Failure::Status { status, said: None, fields: Vec::new(), retry_after: None };
        let cases = [
            (status(429), false),
            (status(401), false),
            (status(404), false),
            (status(407), false),
            (status(500), true),
            (status(503), true),
            (Failure::ConnectionRefused, false),
            (Failure::UnknownHost, false),
            (Failure::ConnectTimeout(Duration::from_secs(5)), false),
            (Failure::Closed, false),
            (Failure::Tls(Tls::Expired), false),
            (Failure::ProxyLogin, false),
            (Failure::Silent(Duration::from_secs(5)), true),
            (Failure::Broken { midway: false }, true),
            (Failure::Truncated, true),
            (Failure::NotHttp, true),
        ];
        for (failure, perhaps) in cases {
            let problem = context(true, None, Asking::Sending, |context| failure.problem(context));
            assert_eq!(problem.advice.contains("may have arrived"), perhaps, "{problem:?}");
        }
    }

    #[test]
    fn trouble_with_a_proxy_is_told_of_the_proxy() {
        let named = |value: &str| {
            let lookup = |name: &str| (name == "HTTP_PROXY").then(|| value.into());
            Proxy::of(&"http://api.example.com".parse().expect("a URL"), &lookup).ok().flatten()
        };
        let (plain, with_login) = (named("http://10.0.0.1:3128"), named("http://joe:s3cr3t-of-joe@10.0.0.1:3128"));
        let cases = [
            (&plain, Failure::ConnectionRefused, "the proxy http://10.0.0.1:3128 (HTTP_PROXY) refused the connection"),
            (&plain, Failure::UnknownHost, "there is no address for the proxy http://10.0.0.1:3128 (HTTP_PROXY)"),
            (
                &plain,
                Failure::NoTunnel("no".into()),
                "the proxy http://10.0.0.1:3128 (HTTP_PROXY) opened no way to api.example.com: no",
            ),
            (&plain, Failure::ProxyLogin, "the proxy http://10.0.0.1:3128 (HTTP_PROXY) wants a name and a password"),
            (
                &with_login,
                Failure::ProxyLogin,
                "the proxy http://10.0.0.1:3128 (HTTP_PROXY) does not take the name and the password that stand in \
                 HTTP_PROXY",
            ),
            (
                &plain,
                Failure::NotHttp,
                "what api.example.com through the proxy http://10.0.0.1:3128 (HTTP_PROXY) answered is not HTTP",
            ),
        ];
        for (proxy, failure, what) in cases {
            let problem = context(true, proxy.as_ref(), Asking::Events, |context| failure.problem(context));
            assert_eq!(problem.what, what);
            assert!(!format!("{problem:?}").contains("s3cr3t"), "{problem:?}");
        }
    }
}
