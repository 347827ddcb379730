//! Who may look at what came in, and forget it.
//!
//! A collector on loopback is in reach of every page that a browser on this machine shows. Such a page may send, for that
//! is what the platform takes; it may not read. What gives one away is a `Host` that is not ours (a name of the page's own
//! that was made to lead here: DNS rebinding), an `Origin` that is not ours, and the browser's own word for where the
//! request comes from (`Sec-Fetch-Site`), which is there when `Origin` is not.

use std::net::IpAddr;
use std::str::FromStr;

use axum::http::header::{HOST, HeaderName, HeaderValue, ORIGIN};
use axum::http::{HeaderMap, Uri, Version};
use url::{Host, Url};

use super::SandboxError;
use super::answer::RefusedRequest;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A name or an address that a collector answers to besides its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost(Host);

impl FromStr for AllowedHost {
    type Err = SandboxError;

    fn from_str(text: &str) -> Result<Self, SandboxError> {
        let host = match text.parse::<IpAddr>() {
            Ok(address) => Some(of_address(address)),
            // A wildcard is a name to the parser, and would never be met.
            Err(_) if text.contains('*') => None,
            Err(_) => canonical(text),
        };
        host.map(Self).ok_or_else(|| SandboxError::Host { name: text.to_owned() })
    }
}

/// The names and addresses under which one collector shows what it holds.
#[derive(Debug)]
pub(super) struct Access {
    listen: IpAddr,
    allowed: Vec<AllowedHost>,
}

impl Access {
    pub(super) fn new(listen: IpAddr, allowed: Vec<AllowedHost>) -> Self {
        Self { listen: listen.to_canonical(), allowed }
    }

    /// The names and addresses for which a certificate is made.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        let listen = (!self.listen.is_unspecified()).then(|| self.listen.to_string());
        let allowed = self.allowed.iter().map(|AllowedHost(host)| match host {
            Host::Domain(name) => name.clone(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        });
        for name in listen.into_iter().chain(allowed) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Refuses a request that may come from a page of another origin. `local` is the address at which it arrived.
    pub(super) fn check(
        &self,
        version: Version,
        uri: &Uri,
        headers: &HeaderMap,
        local: Option<IpAddr>,
    ) -> Result<(), RefusedRequest> {
        let mut names: Vec<_> = headers.get_all(HOST).iter().map(HeaderValue::to_str).collect();
        // The target stands in for the header where it names a host itself.
        names.extend(uri.authority().map(|authority| Ok(authority.as_str())));
        // No browser is as old as a request that needs no `Host`.
        if names.is_empty() && version >= Version::HTTP_11 {
            return Err(RefusedRequest::WrongHost(String::new()));
        }
        let mut own = None;
        for name in names {
            let name = name.unwrap_or_default();
            let authority = Authority::read(name).filter(|authority| self.answers_to(&authority.host, local));
            own = Some(authority.ok_or_else(|| RefusedRequest::WrongHost(name.to_owned()))?);
        }
        let is_own = |origin: &HeaderValue| {
            let origin = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
            origin.zip(own.as_ref()).is_some_and(|(origin, own)| own.is_origin(&origin))
        };
        let is_near = |site: &HeaderValue| matches!(site.as_bytes(), b"same-origin" | b"none");
        if headers.get_all(ORIGIN).iter().all(is_own) && headers.get_all(SEC_FETCH_SITE).iter().all(is_near) {
            Ok(())
        } else {
            Err(RefusedRequest::ForeignPage)
        }
    }

    fn answers_to(&self, host: &Host, local: Option<IpAddr>) -> bool {
        let is_here = |address: IpAddr| {
            address.is_loopback() || address == self.listen || Some(address) == local.map(|local| local.to_canonical())
        };
        let is_own = match host {
            Host::Ipv4(address) => is_here((*address).into()),
            Host::Ipv6(address) => is_here((*address).into()),
            // Everything under localhost is loopback for a browser (RFC 6761), whatever a name server says.
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        };
        is_own || self.allowed.iter().any(|allowed| allowed.0 == *host)
    }
}

/// The content of a `Host` header.
#[derive(Debug, PartialEq, Eq)]
struct Authority {
    host: Host,
    port: Option<u16>,
}

impl Authority {
    fn read(text: &str) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            // The colons of an IPv6 address stand in brackets.
            Some((host, port)) if !port.ends_with(']') => (host, port),
            _ => (text, ""),
        };
        let port = match port {
            "" => None,
            port if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(port.parse().ok()?),
            _ => return None,
        };
        Some(Self { host: canonical(host)?, port })
    }

    /// Whether a page of that origin came from here. A proxy in between may speak TLS.
    fn is_origin(&self, origin: &Url) -> bool {
        let default = match origin.scheme() {
            "http" => 80,
            "https" => 443,
            _ => return false,
        };
        origin.host_str().and_then(canonical).is_some_and(|host| host == self.host)
            && origin.port().unwrap_or(default) == self.port.unwrap_or(default)
    }
}

/// A host as all its spellings come to: in lower case, in ASCII, without the dot of the root, and an IPv4 address as one.
fn canonical(text: &str) -> Option<Host> {
    Some(match Host::parse(text).ok()? {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(&name);
            (!name.is_empty()).then(|| Host::Domain(name.to_owned()))?
        }
        Host::Ipv4(address) => Host::Ipv4(address),
        Host::Ipv6(address) => of_address(address.into()),
    })
}

fn of_address(address: IpAddr) -> Host {
    match address.to_canonical() {
        IpAddr::V4(address) => Host::Ipv4(address),
        IpAddr::V6(address) => Host::Ipv6(address),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use super::*;

    fn passes(host: &str, headers: &[(HeaderName, &str)]) -> bool {
        let access = Access::new([192, 0, 2, 7].into(), vec!["Staging.LAN".parse().unwrap(), "::2".parse().unwrap()]);
        let mut map: HeaderMap = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        map.insert(HOST, host.parse().unwrap());
        access.check(Version::HTTP_11, &Uri::from_static("/"), &map, Some([192, 0, 2, 9].into())).is_ok()
    }

    #[test]
    fn a_host_is_ours_in_every_spelling_and_no_other_is() {
        let ours = [
            "localhost",
            "LOCALHOST:8787",
            "localhost.",
            "localhost:",
            "shop.localhost:1",
            "127.0.0.1:8787",
            "127.1.2.3",
            "127.1",
            "127.0.0.1.",
            "[::1]",
            "[::1]:8787",
            "[::ffff:127.0.0.1]:8787",
            "192.0.2.7",
            "192.0.2.9:80",
            "staging.lan:9",
            "STAGING.lan.",
            "[::2]:1",
        ];
        for host in ours {
            assert!(passes(host, &[]), "{host}");
        }
        let others = [
            "",
            ":8787",
            ".",
            "evil.example",
            "evil.example:8787",
            "localhost.evil.example",
            "notlocalhost",
            "localhost..",
            "localhost@evil.example",
            "evil@localhost",
            "localhost:x",
            "localhost:+1",
            "localhost:99999",
            "::1",
            "[::1",
            "[::3]",
            "192.0.2.8",
            "127.0.0.1.evil.example",
            "localhost/",
            "localhost evil",
            "sub.staging.lan",
        ];
        for host in others {
            assert!(!passes(host, &[]), "{host}");
        }
    }

    #[test]
    fn only_a_page_of_our_own_may_look() {
        let host = "localhost:8787";
        for origin in ["http://localhost:8787", "https://localhost:8787", "HTTP://LOCALHOST:8787"] {
            assert!(passes(host, &[(ORIGIN, origin)]), "{origin}");
        }
        let foreign = [
            "null",
            "",
            "http://localhost",
            "http://localhost:3000",
            "http://127.0.0.1:8787",
            "https://shop.example",
            "file://",
            "chrome-extension://localhost:8787",
            "localhost:8787",
        ];
        for origin in foreign {
            assert!(!passes(host, &[(ORIGIN, origin)]), "{origin}");
        }
        assert!(passes("staging.lan", &[(ORIGIN, "https://staging.lan")]));
        for (site, near) in [("none", true), ("same-origin", true), ("same-site", false), ("cross-site", false)] {
            assert_eq!(passes(host, &[(SEC_FETCH_SITE, site)]), near, "{site}");
        }
    }

    #[test]
    fn a_host_counts_in_every_place_that_names_one_and_may_be_missing_in_old_requests_only() {
        let access = Access::new([127, 0, 0, 1].into(), Vec::new());
        let check = |version, uri: &str, hosts: &[&str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, host.parse().unwrap());
            }
            access.check(version, &uri.parse().unwrap(), &headers, None).is_ok()
        };
        assert!(check(Version::HTTP_10, "/", &[]) && !check(Version::HTTP_11, "/", &[]));
        assert!(!check(Version::HTTP_10, "/", &["evil.example"]));
        assert!(check(Version::HTTP_11, "http://localhost/", &["localhost"]));
        assert!(!check(Version::HTTP_11, "http://evil.example/", &["localhost"]));
        assert!(!check(Version::HTTP_11, "/", &["localhost", "evil.example"]));
        assert!(!check(Version::HTTP_11, "/", &["evil.example", "localhost"]));
    }

    #[test]
    fn what_is_no_host_alone_cannot_be_allowed() {
        for text in ["staging.lan", "STAGING.lan.", "192.0.2.1", "::1", "[::1]", "bücher.example"] {
            assert!(text.parse::<AllowedHost>().is_ok(), "{text}");
        }
        for text in ["", "*", "*.lan", "http://staging.lan", "staging.lan:80", "a/b", "a b", "user@host"] {
            let error = text.parse::<AllowedHost>().unwrap_err().to_string();
            assert!(error.contains("as in staging.lan"), "{text}: {error}");
        }
    }
}
