use crate::event::text::sanitize;
use crate::event::{Sanitized, sanitized};
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::Serialize;
use url::{Host, Url};

/// The most events of one type that `/event/history` gives at once (documented).
const MAX_HISTORY: u8 = 50;

/// A span of time as the platform takes it.
#[derive(Serialize)]
struct SummaryQuery {
    timestamp_start: String,
    timestamp_end: String,
}

/// Where an account lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Region {
    /// The United States and the rest of the world.
    #[default]
    Us,
    /// The European Union.
    Eu,
}

impl Region {
    /// Every region.
    pub const ALL: [Self; 2] = [Self::Us, Self::Eu];

    /// The region's name as the user writes it: `us`, `eu`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
        }
    }

    /// The region's base URL. As `servers` in the API description has it.
    #[expect(clippy::missing_panics_doc, reason = "what is parsed is a constant, and a test parses it")]
    pub fn base_url(self) -> BaseUrl {
        let url = match self {
            Self::Us => "https://api.getblueshift.com",
            Self::Eu => "https://api.eu.getblueshift.com",
        };
        BaseUrl(Url::parse(url).expect("a constant that is a URL"))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Region {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        Self::ALL.into_iter().find(|region| region.as_str() == text).ok_or(TargetError::Region)
    }
}

/// Why something cannot be a target.
///
/// No variant holds what was given: a URL is a place where keys are put by mistake, also one that cannot be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not the name of a region.
    #[error("no such region; use `us` (also for the rest of the world) or `eu`")]
    Region,
    /// No scheme, or another than the two that are spoken.
    #[error("the URL must start with http:// or https://, as in http://127.0.0.1:8787")]
    Scheme,
    /// Not a URL.
    #[error("not a URL: {0}; write it as in http://127.0.0.1:8787")]
    Syntax(url::ParseError),
    /// A colon behind the host and no port, as where a variable for it is not set.
    #[error("there is no port behind the colon; write it as in http://127.0.0.1:8787")]
    NoPort,
    /// A user or a password before the host.
    #[error("the URL must not contain a user or a key before its host; set CLICKSCOPE_EVENT_KEY instead")]
    UserInfo,
    /// A query or a fragment.
    #[error("the URL must end with its path, without `?` or `#`; a key belongs in CLICKSCOPE_EVENT_KEY")]
    Query,
}

/// The address under which a server speaks the event API: a scheme, a host, perhaps a port, perhaps a path before
/// `/api/v1`. It holds no key, so it may be shown. All its endpoints are documented.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// `POST` of one event.
    pub fn event(&self) -> Url {
        self.endpoint("event")
    }

    /// `POST` of several events at once.
    pub fn bulk_events(&self) -> Url {
        self.endpoint("bulkevents")
    }

    /// `GET` of the latest event of each type.
    pub fn debug(&self) -> Url {
        self.endpoint("event/debug")
    }

    /// `GET` of the latest events of one type, at most `limit` of them, and at most the 50 that the platform gives.
    pub fn history(&self, event_name: &str, limit: u8) -> Url {
        let mut url = self.endpoint("event/history");
        let limit = limit.clamp(1, MAX_HISTORY).to_string();
        url.query_pairs_mut().append_pair("event_name", event_name).append_pair("limit", &limit);
        url
    }

    /// `GET` of what a collector of ours was sent after the request of that number. The platform has no such thing.
    pub fn requests(&self, after: u64) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/_sandbox/records", self.0.path().trim_end_matches('/')));
        url.set_query(Some(&format!("after={after}")));
        url
    }

    /// `POST` for counts by type, over the last seven days when nothing else is asked.
    pub fn summary(&self) -> Url {
        self.endpoint("event/summary.json")
    }

    /// The same over a span of time, which stands in the query (documented in the API description).
    pub fn summary_between(&self, start: Timestamp, end: Timestamp) -> Url {
        self.summary_with_body(start, end).0
    }

    /// The same with the span in a body to post too, as a page of the documentation has it. It stands in the query still:
    /// a server that reads one of the two finds it.
    pub fn summary_with_body(&self, start: Timestamp, end: Timestamp) -> (Url, String) {
        let mut url = self.summary();
        let span = SummaryQuery { timestamp_start: start.to_string(), timestamp_end: end.to_string() };
        url.query_pairs_mut()
            .append_pair("timestamp_start", &span.timestamp_start)
            .append_pair("timestamp_end", &span.timestamp_end);
        // Texts can always be written.
        (url, serde_json::to_string(&span).unwrap_or_default())
    }

    /// Whether what goes there is encrypted on the way.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether the server is this very machine, by the address or the name `localhost`.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name == "localhost" || name.ends_with(".localhost")
            }
            None => false,
        }
    }

    /// Whether the server is the platform itself, by its host: whatever scheme, port or region.
    pub fn is_platform(&self) -> bool {
        let Some(Host::Domain(name)) = self.0.host() else { return false };
        let name = name.trim_end_matches('.');
        name == "getblueshift.com" || name.ends_with(".getblueshift.com")
    }

    /// Whether it is the address of a region, which nobody has written by hand.
    pub fn is_of_region(&self) -> bool {
        Region::ALL.iter().any(|region| region.base_url() == *self)
    }

    /// The host, with the port where it is not the scheme's own: `api.getblueshift.com`, `127.0.0.1:8787`.
    pub fn host_label(&self) -> Sanitized {
        let host = sanitize(self.0.host_str().unwrap_or_default());
        self.0.port().map_or_else(|| host.clone(), |port| sanitized!("{}:{}", host, port))
    }

    /// The address itself, without a slash at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    fn endpoint(&self, name: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}/api/v1/{name}", self.0.path().trim_end_matches('/')));
        url
    }
}

impl FromStr for BaseUrl {
    type Err = TargetError;

    /// Takes what a person may have copied: with or without a slash at the end, or the whole address of an endpoint.
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        // Asked first: in `localhost:8787` the parser takes `localhost` for the scheme.
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        if !scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")) {
            return Err(TargetError::Scheme);
        }
        let mut url = Url::parse(text).map_err(TargetError::Syntax)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::UserInfo);
        }
        let authority = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
        if authority.is_some_and(|authority| authority.ends_with(':')) {
            return Err(TargetError::NoPort);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(TargetError::Query);
        }
        let path = url.path().trim_end_matches('/');
        let end = match path.find("/api/v1") {
            Some(start) if matches!(path.as_bytes().get(start + "/api/v1".len()), None | Some(b'/')) => start,
            _ => path.strip_suffix("/api").unwrap_or(path).len(),
        };
        let path = path.get(..end).unwrap_or_default().to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BaseUrl").field(&self.as_str()).finish()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_paste_becomes_the_base() {
        let cases = [
            ("https://api.getblueshift.com", "https://api.getblueshift.com"),
            ("HTTPS://API.getblueshift.com/", "https://api.getblueshift.com"),
            ("https://api.getblueshift.com/api", "https://api.getblueshift.com"),
            ("https://api.getblueshift.com/api/v1", "https://api.getblueshift.com"),
            ("https://api.eu.getblueshift.com/api/v1/event/debug", "https://api.eu.getblueshift.com"),
            (" http://127.0.0.1:8787/ ", "http://127.0.0.1:8787"),
            ("http://[::1]:8787", "http://[::1]:8787"),
            ("http://proxy.example.com/blueshift/", "http://proxy.example.com/blueshift"),
            ("http://proxy.example.com/blueshift/api/v1/event", "http://proxy.example.com/blueshift"),
            ("http://proxy.example.com/api/v10", "http://proxy.example.com/api/v10"),
            ("https://example.com:443", "https://example.com"),
        ];
        for (given, base) in cases {
            assert_eq!(given.parse::<BaseUrl>().unwrap().as_str(), base, "{given}");
        }
    }

    #[test]
    fn what_cannot_be_a_base_is_refused_without_printing_it() {
        let cases = [
            ("", TargetError::Scheme),
            ("localhost:8787", TargetError::Scheme),
            ("s3cret:@api.getblueshift.com", TargetError::Scheme),
            ("ftp://s3cret.example.com", TargetError::Scheme),
            ("http://", TargetError::Syntax(url::ParseError::EmptyHost)),
            ("http://s3cret:@example.com:99999", TargetError::Syntax(url::ParseError::InvalidPort)),
            ("http://127.0.0.1:", TargetError::NoPort),
            ("http://example.com:/api/v1", TargetError::NoPort),
            ("https://s3cret@example.com", TargetError::UserInfo),
            ("https://:s3cret@example.com", TargetError::UserInfo),
            ("https://example.com/?x=s3cret", TargetError::Query),
            ("https://example.com/#s3cret", TargetError::Query),
        ];
        for (given, expected) in cases {
            let error = given.parse::<BaseUrl>().unwrap_err();
            assert_eq!(error, expected, "{given}");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn every_endpoint_stands_under_the_base() {
        let base: BaseUrl = "http://proxy.example.com/blueshift".parse().unwrap();
        let prefix = "http://proxy.example.com/blueshift/api/v1/";
        let endpoints = [
            (base.event(), "event"),
            (base.bulk_events(), "bulkevents"),
            (base.debug(), "event/debug"),
            (base.history("add to&cart", 50), "event/history?event_name=add+to%26cart&limit=50"),
            (base.history("view", 0), "event/history?event_name=view&limit=1"),
            (base.history("view", 200), "event/history?event_name=view&limit=50"),
            (base.summary(), "event/summary.json"),
        ];
        for (url, rest) in endpoints {
            assert_eq!(url.as_str(), format!("{prefix}{rest}"));
        }
        assert_eq!(Region::Eu.base_url().debug().as_str(), "https://api.eu.getblueshift.com/api/v1/event/debug");
    }

    #[test]
    fn a_span_of_time_stands_in_the_query_and_in_the_body() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let (start, end) = (time("2018-10-16T00:00:00Z"), time("2018-10-28T23:59:59Z"));
        let (url, body) = Region::Us.base_url().summary_with_body(start, end);
        assert_eq!(Region::Us.base_url().summary_between(start, end), url);
        assert_eq!(
            url.query(),
            Some("timestamp_start=2018-10-16T00%3A00%3A00Z&timestamp_end=2018-10-28T23%3A59%3A59Z")
        );
        assert_eq!(body, r#"{"timestamp_start":"2018-10-16T00:00:00Z","timestamp_end":"2018-10-28T23:59:59Z"}"#);
    }

    #[test]
    fn loopback_is_told_from_the_rest() {
        let cases = [
            ("http://127.0.0.1:8787", true, "127.0.0.1:8787"),
            ("http://127.9.9.9", true, "127.9.9.9"),
            ("http://[::1]:1", true, "[::1]:1"),
            ("http://[::ffff:127.0.0.1]", true, "[::ffff:7f00:1]"),
            ("http://localhost:3000", true, "localhost:3000"),
            ("http://shop.localhost", true, "shop.localhost"),
            ("http://localhost.example.com", false, "localhost.example.com"),
            ("http://10.0.0.1", false, "10.0.0.1"),
            ("https://api.getblueshift.com", false, "api.getblueshift.com"),
        ];
        for (given, is_loopback, label) in cases {
            let base: BaseUrl = given.parse().unwrap();
            assert_eq!((base.is_loopback(), &*base.host_label()), (is_loopback, label));
        }
    }

    #[test]
    fn the_platform_is_known_by_its_host() {
        for region in Region::ALL {
            assert!(region.base_url().is_platform() && region.base_url().is_of_region());
        }
        let cases = [
            ("http://API.getblueshift.com:8080/x", true),
            ("https://api.getblueshift.com.", true),
            ("https://api.getblueshift.com.example.com", false),
            ("https://notgetblueshift.com", false),
            ("http://127.0.0.1:8787", false),
        ];
        for (given, expected) in cases {
            assert_eq!(given.parse::<BaseUrl>().unwrap().is_platform(), expected, "{given}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_or_refused_and_what_is_taken_reads_back(text: String) {
            for text in [text.clone(), format!("http://{text}"), format!("https://h.example/{text}")] {
                if let Ok(base) = text.parse::<BaseUrl>() {
                    let again = base.as_str().parse::<BaseUrl>();
                    prop_assert_eq!(again.as_ref(), Ok(&base));
                    prop_assert!(base.debug().path().ends_with("/api/v1/event/debug"));
                }
            }
        }
    }
}
