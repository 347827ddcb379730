use std::ffi::OsString;

use hyper_util::client::proxy::matcher::Matcher;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::failure::Failure;
use crate::blueshift::BaseUrl;
use crate::event::{Sanitized, sanitized, text};

/// The schemes of proxies that can be asked.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];
/// The longest address that is told, in columns.
const LONGEST_ADDRESS: usize = 100;

/// The proxy that the environment names for a target.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    /// The variable that names it.
    pub(super) variable: &'static str,
    /// Where it is, without the name and the password for it.
    pub(super) address: Sanitized,
    /// The password, or the name where there is no password.
    pub(super) login: Option<SecretString>,
    /// All of it.
    url: SecretString,
}

impl Proxy {
    /// The proxy for `base`, by the rules that other programs follow too: the variable of the scheme, else `ALL_PROXY`,
    /// unless `NO_PROXY` names the host. Nothing on this machine is asked for by a proxy.
    pub(super) fn of(base: &BaseUrl, lookup: &dyn Fn(&str) -> Option<OsString>) -> Result<Option<Self>, Failure> {
        let own = if base.is_https() { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
        let said = |name: &'static str| Some((name, lookup(name).filter(|value| !value.is_empty())?));
        let named = own.into_iter().chain(["ALL_PROXY", "all_proxy"]).find_map(said);
        let Some((variable, value)) = named.filter(|_| !base.is_loopback()) else { return Ok(None) };
        let exempt = ["NO_PROXY", "no_proxy"].into_iter().find_map(|name| lookup(name)?.into_string().ok());
        // The rule for `NO_PROXY` is the library's, which is asked with a proxy that is none.
        let matcher = Matcher::builder().all("http://proxy.invalid").no(exempt.unwrap_or_default()).build();
        if base.as_str().parse().is_ok_and(|uri| matcher.intercept(&uri).is_none()) {
            return Ok(None);
        }
        let proxy = value.to_str().and_then(|value| Self::read(variable, value.trim()));
        proxy.map(Some).ok_or(Failure::BadProxy(variable))
    }

    fn read(variable: &'static str, value: &str) -> Option<Self> {
        let value = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
        let url = Url::parse(&value).ok()?;
        let host = url.host_str().filter(|host| !host.is_empty() && SCHEMES.contains(&url.scheme()))?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let address = text::excerpt(&format!("{}://{host}{port}", url.scheme()), LONGEST_ADDRESS);
        let login = url.password().or(Some(url.username())).filter(|login| !login.is_empty()).map(SecretString::from);
        Some(Self { variable, address, login, url: value.into() })
    }

    /// It as the HTTP client takes it.
    pub(super) fn client(&self) -> Result<reqwest::Proxy, Failure> {
        reqwest::Proxy::all(self.url.expose_secret()).map_err(|_| Failure::BadProxy(self.variable))
    }

    /// What a sentence calls it.
    pub(super) fn called(&self) -> Sanitized {
        sanitized!("the proxy {} ({})", self.address, self.variable)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_known_by_its_variable_and_its_address_without_the_login() {
        /// The target, the variables, and what is told.
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], Option<&'a str>);
        let cases: [Case<'_>; 13] = [
            ("https://a.example", &[], None),
            ("https://a.example", &[("HTTP_PROXY", "http://p:1")], None),
            ("https://a.example", &[("HTTPS_PROXY", "http://p:1")], Some("the proxy http://p:1 (HTTPS_PROXY)")),
            ("http://a.example", &[("http_proxy", "p:3128")], Some("the proxy http://p:3128 (http_proxy)")),
            ("http://a.example", &[("HTTP_PROXY", ""), ("all_proxy", "p")], Some("the proxy http://p (all_proxy)")),
            (
                "https://a.example",
                &[("ALL_PROXY", "socks5h://joe:s3cr3t@p:1080")],
                Some("the proxy socks5h://p:1080 (ALL_PROXY)"),
            ),
            ("https://a.example", &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "b.example, a.example")], None),
            ("https://a.example", &[("HTTPS_PROXY", "http://p:1"), ("no_proxy", "*")], None),
            ("http://127.0.0.1:8787", &[("HTTP_PROXY", "http://p:1")], None),
            ("http://localhost:8787", &[("HTTP_PROXY", "ftp://s3cr3t@p:1")], None),
            ("https://a.example", &[("HTTPS_PROXY", "ftp://s3cr3t@p:1")], Some("HTTPS_PROXY")),
            ("https://a.example", &[("HTTPS_PROXY", "s3cr3t@p:port")], Some("HTTPS_PROXY")),
            ("https://a.example", &[("HTTPS_PROXY", "http://")], Some("HTTPS_PROXY")),
        ];
        for (base, variables, expected) in cases {
            let lookup = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
            let found = Proxy::of(&base.parse().unwrap(), &lookup);
            assert!(!format!("{found:?}").contains("s3cr3t"), "{found:?}");
            let told = match found {
                Ok(proxy) => proxy.map(|proxy| {
                    proxy.client().unwrap();
                    proxy.called().to_string()
                }),
                Err(Failure::BadProxy(variable)) => Some(variable.to_owned()),
                Err(other) => panic!("{other:?}"),
            };
            assert_eq!(told.as_deref(), expected, "{base} {variables:?}");
        }
    }
}
