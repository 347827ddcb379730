use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::{AlertDescription, CertificateError, PeerIncompatible};

use crate::blueshift::KeyMask;
use crate::event::{Sanitized, text};

/// How the errors of a way through a proxy begin.
const TUNNEL: &str = "tunnel error:";
/// The longest text of a library that is told, in columns.
const LONGEST_CAUSE: usize = 200;
/// Of so many names of a certificate is told, and in so many columns.
const MOST_NAMES: usize = 8;
const LONGEST_NAMES: usize = 120;

/// Why a request brought no body that can be decoded.
///
/// It tells apart what a person would mend in different ways; [`super::problem`] says it in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// No HTTP client could be set up, mostly for want of CA certificates.
    NoClient(Sanitized),
    /// The CA certificates that the environment names cannot be had: which, and why.
    Certificates(Sanitized),
    /// What this variable names is no proxy.
    BadProxy(&'static str),
    /// The proxy wants a name and a password, or others.
    ProxyLogin,
    /// The proxy did not open a way to the host.
    NoTunnel(Sanitized),
    /// The host name, or that of the proxy, has no address.
    UnknownHost,
    /// Nobody listens there.
    ConnectionRefused,
    /// There is no way there: network down, no route, not permitted.
    Unroutable(Sanitized),
    /// No connection within the time for it.
    ConnectTimeout(Duration),
    /// No TLS session came about.
    Tls(Tls),
    /// Something answered, but not with HTTP.
    NotHttp,
    /// The head of the answer is longer than is read.
    LongHead,
    /// The connection was closed before anything could be asked.
    Closed,
    /// The connection broke before the answer began, or in the middle of it.
    Broken {
        /// Whether the answer had begun.
        midway: bool,
    },
    /// The body ended before its announced length, or in the middle of a compressed stream.
    Truncated,
    /// The parts of a body in parts are not marked as they must be.
    BadChunks(Sanitized),
    /// The body is not what its `Content-Encoding` says.
    BadEncoding(Sanitized),
    /// Not a byte came for this long.
    Silent(Duration),
    /// The whole took longer than this.
    TooSlow(Duration),
    /// The body is longer than the limit, in bytes, after decompression.
    TooLarge(u64),
    /// A redirect that was not followed.
    Redirect {
        /// The status.
        status: u16,
        /// Where it points to; `None` when that is no address.
        to: Option<RedirectTarget>,
    },
    /// A status that is no success.
    Status {
        /// The status.
        status: u16,
        /// The server's message.
        said: Option<Sanitized>,
        /// The fields that it names, each with what it says of them.
        fields: Vec<(Sanitized, Sanitized)>,
        /// The delay in `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// Anything else, in the words of the library.
    Other(Sanitized),
}

/// Where a redirect that was not followed points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RedirectTarget {
    /// Another origin: the key must not go there.
    Elsewhere(Sanitized),
    /// The same origin, for more hops than are followed.
    InCircles,
    /// Within the origin, but a client would ask there without the body, so that nothing would be sent.
    WithoutBody,
}

/// A failure of TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// The other side does not speak TLS: most likely plain HTTP.
    Absent,
    /// Nobody that this system trusts vouches for the certificate.
    UnknownIssuer,
    /// The certificate is no longer valid.
    Expired,
    /// The certificate is not valid yet: mostly a clock that is wrong.
    NotYetValid,
    /// The certificate is for other names: these.
    WrongName(Sanitized),
    /// The certificate is for no name at all.
    NoName,
    /// The certificate is that of a CA, mostly one that is signed by itself.
    Authority,
    /// The certificate was taken back.
    Revoked,
    /// The certificate is not one for servers.
    WrongPurpose,
    /// The other side speaks another version.
    Version,
    /// The two sides know no way of encryption that the other knows too.
    Cipher,
    /// The other side knows nobody of that name.
    UnknownName,
    /// The other side wants a certificate from us.
    ClientCertificate,
    /// The other side ended it, for this reason.
    Ended(Sanitized),
    /// Something else is wrong with the certificate.
    Certificate(Sanitized),
    /// Anything else, in the words of the library.
    Other(Sanitized),
}

/// The time-outs of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection, TLS included.
    pub connect: Duration,
    /// For every wait between two reads.
    pub read: Duration,
    /// For the whole, from the request to the last byte of the answer.
    pub whole: Duration,
    /// Before a call that sends events is made for the second time; the later waits grow from it.
    pub retry: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            read: Duration::from_secs(15),
            whole: Duration::from_mins(1),
            retry: Duration::from_secs(1),
        }
    }
}

impl Failure {
    /// Whether the server answers, and will not answer otherwise.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Status { status: 400..=499, .. } if !matches!(self, Self::Status { status: 408 | 429, .. }))
    }

    /// There is no client, for the first of the causes of `error`.
    pub(super) fn no_client(error: &reqwest::Error) -> Self {
        let causes = std::iter::successors(Some(error as &dyn Error), |cause| (*cause).source());
        Self::NoClient(text::sanitize(&causes.last().map_or_else(String::new, ToString::to_string)))
    }

    /// Reads what happened from the chain of causes of `error`, which came after `took`.
    pub(super) fn of(error: &reqwest::Error, took: Duration, timeouts: Timeouts, keys: &KeyMask) -> Self {
        if error.is_dns() {
            return Self::UnknownHost;
        }
        if error.is_timeout() {
            return if took >= timeouts.whole {
                Self::TooSlow(timeouts.whole)
            } else if error.is_connect() {
                Self::ConnectTimeout(timeouts.connect)
            } else {
                Self::Silent(timeouts.read)
            };
        }
        let midway = error.is_body() || error.is_decode();
        let found = causes(error).find_map(|cause| {
            if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
                return Some(Self::Tls(Tls::of(tls, keys)));
            }
            if let Some(http) = cause.downcast_ref::<hyper::Error>() {
                return if http.is_parse_too_large() {
                    Some(Self::LongHead)
                } else if http.is_parse() {
                    Some(Self::NotHttp)
                } else {
                    http.is_incomplete_message().then_some(Self::Broken { midway })
                };
            }
            Self::of_io(cause.downcast_ref::<io::Error>()?, midway)
        });
        match found {
            Some(Self::Broken { .. }) if error.is_connect() => Self::Closed,
            Some(found) => found,
            None => Self::in_words(error, keys),
        }
    }

    /// What is known by its words alone.
    fn in_words(error: &reqwest::Error, keys: &KeyMask) -> Self {
        let root = causes(error).last().map_or_else(|| error.to_string(), ToString::to_string);
        // The type of these is not to be had.
        if let Some(tunnel) = causes(error).map(ToString::to_string).find(|cause| cause.starts_with(TUNNEL)) {
            return match tunnel.strip_prefix(TUNNEL).map(str::trim_start) {
                Some("proxy authorization required") => Self::ProxyLogin,
                Some("unexpected end of file") => Self::NoTunnel("it closed the connection".into()),
                Some("unsuccessful") | None => Self::NoTunnel("it answered with another status than 200".into()),
                Some(why) => Self::NoTunnel(keys.line(why, LONGEST_CAUSE)),
            };
        }
        let root = keys.line(&root, LONGEST_CAUSE);
        // Decompression has no part in an error that the reader of the body found itself.
        if causes(error).any(<dyn Error>::is::<hyper::Error>) && (error.is_body() || error.is_decode()) {
            Self::BadChunks(root)
        } else if error.is_decode() {
            Self::BadEncoding(root)
        } else if error.is_connect() {
            Self::NoTunnel(root)
        } else {
            Self::Other(root)
        }
    }

    /// Whether what was sent may have arrived although it failed: whether it went out, and nobody said what came of it.
    pub(super) fn may_have_arrived(&self) -> bool {
        match self {
            Self::Silent(_)
            | Self::TooSlow(_)
            | Self::NotHttp
            | Self::LongHead
            | Self::Broken { .. }
            | Self::Truncated
            | Self::BadChunks(_)
            | Self::BadEncoding(_)
            | Self::TooLarge(_)
            | Self::Other(_) => true,
            // A server that has trouble may have had it after it took the events.
            Self::Status { status, .. } => matches!(status, 408 | 500..),
            _ => false,
        }
    }

    /// Whether it may be over a moment later, without anybody mending anything.
    pub(super) fn can_pass(&self) -> bool {
        match self {
            Self::UnknownHost
            | Self::ConnectionRefused
            | Self::Unroutable(_)
            | Self::ConnectTimeout(_)
            | Self::NoTunnel(_)
            | Self::Closed
            | Self::Broken { .. }
            | Self::Truncated
            | Self::Silent(_)
            | Self::TooSlow(_)
            | Self::Other(_) => true,
            Self::Tls(tls) => matches!(tls, Tls::Ended(_) | Tls::Other(_)),
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }

    pub(super) fn of_io(error: &io::Error, midway: bool) -> Option<Self> {
        use io::ErrorKind as Kind;

        Some(match error.kind() {
            Kind::ConnectionRefused => Self::ConnectionRefused,
            Kind::UnexpectedEof if midway => Self::Truncated,
            Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::UnexpectedEof => {
                Self::Broken { midway }
            }
            Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown
            | Kind::AddrNotAvailable
            | Kind::PermissionDenied => Self::Unroutable(text::sanitize(&error.kind().to_string())),
            _ => return None,
        })
    }
}

impl Tls {
    fn of(error: &rustls::Error, keys: &KeyMask) -> Self {
        use rustls::Error as E;

        let said = |words: String| keys.line(&words, LONGEST_CAUSE);
        match error {
            E::InvalidMessage(_) => Self::Absent,
            E::InvalidCertificate(certificate) => Self::of_certificate(certificate, keys),
            E::NoCertificatesPresented => Self::Certificate("it has none".into()),
            E::AlertReceived(alert) => match alert {
                AlertDescription::ProtocolVersion => Self::Version,
                AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => Self::Cipher,
                AlertDescription::UnrecognisedName => Self::UnknownName,
                AlertDescription::CertificateRequired
                | AlertDescription::NoCertificate
                | AlertDescription::BadCertificate => Self::ClientCertificate,
                alert => Self::Ended(said(in_words(&format!("{alert:?}")))),
            },
            E::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
                | PeerIncompatible::Tls12NotOffered,
            ) => Self::Version,
            E::PeerIncompatible(what) => Self::Other(said(in_words(&format!("{what:?}")))),
            E::PeerMisbehaved(what) => Self::Other(said(in_words(&format!("{what:?}")))),
            error => Self::Other(said(error.to_string())),
        }
    }

    fn of_certificate(error: &CertificateError, keys: &KeyMask) -> Self {
        use CertificateError as E;

        match error {
            E::UnknownIssuer => Self::UnknownIssuer,
            E::Expired | E::ExpiredContext { .. } => Self::Expired,
            E::NotValidYet | E::NotValidYetContext { .. } => Self::NotYetValid,
            E::NotValidForName => Self::WrongName("another name".into()),
            E::NotValidForNameContext { presented, .. } if presented.is_empty() => Self::NoName,
            E::NotValidForNameContext { presented, .. } => {
                // `DnsName("a.example")`, `IpAddress(127.0.0.1)`
                let bare = |name: &String| match name.split_once('(') {
                    Some((_, name)) => name.trim_end_matches(')').trim_matches('"').to_owned(),
                    None => name.clone(),
                };
                let names: Vec<_> = presented.iter().take(MOST_NAMES).map(bare).collect();
                Self::WrongName(keys.line(&names.join(", "), LONGEST_NAMES))
            }
            E::Revoked => Self::Revoked,
            E::InvalidPurpose | E::InvalidPurposeContext { .. } => Self::WrongPurpose,
            E::BadEncoding => Self::Certificate("it cannot be read".into()),
            E::BadSignature => Self::Certificate("its signature is wrong".into()),
            E::UnhandledCriticalExtension => {
                Self::Certificate("it has a part that must be understood and is not".into())
            }
            E::UnsupportedSignatureAlgorithmContext { .. }
            | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
                Self::Certificate("it is signed in a way that is not supported, mostly because it is not safe".into())
            }
            error if is_certificate_of_authority(error) => Self::Authority,
            // That of the verifier of the system.
            E::Other(other) if other.to_string().contains("extended key usage") => Self::WrongPurpose,
            E::Other(other) => Self::Certificate(keys.line(&in_words(&format!("{other}")), LONGEST_CAUSE)),
            error => Self::Certificate(keys.line(&in_words(&error.to_string()), LONGEST_CAUSE)),
        }
    }
}

/// Whether a certificate was refused because it is that of a CA.
pub(super) fn is_certificate_of_authority(error: &CertificateError) -> bool {
    // The type of the error is that of a library of the library.
    matches!(error, CertificateError::Other(other) if other.to_string() == "CaUsedAsEndEntity")
}

/// The name of a variant as words: `HandshakeFailure` is `handshake failure`. A text of words stays as it is.
fn in_words(name: &str) -> String {
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return name.to_owned();
    }
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// The causes of `error`, the outermost first.
fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause| cause_of(cause))
}

/// The cause of `error`. An `io::Error` leaves the error that it wraps out of its own causes, so that one is unwrapped
/// here: TLS errors travel in such wrappers, sometimes in two.
fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use rustls::{AlertDescription, InvalidMessage, OtherError, PeerMisbehaved};

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct OfTheVerifier(&'static str);

    #[test]
    fn what_is_wrong_with_tls_is_told_apart() {
        let certificate = rustls::Error::InvalidCertificate;
        let alert = rustls::Error::AlertReceived;
        let verifier = |name| {
            let error = OtherError(std::sync::Arc::new(OfTheVerifier(name)));
            rustls::Error::InvalidCertificate(CertificateError::Other(error))
        };
        let for_names = |presented: &[&str]| {
            certificate(CertificateError::NotValidForNameContext {
                expected: rustls::pki_types::ServerName::IpAddress(std::net::IpAddr::from([127, 0, 0, 1]).into()),
                presented: presented.iter().map(ToString::to_string).collect(),
            })
        };
        let cases = [
            (rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType), Tls::Absent),
            (certificate(CertificateError::UnknownIssuer), Tls::UnknownIssuer),
            (certificate(CertificateError::Expired), Tls::Expired),
            (certificate(CertificateError::NotValidYet), Tls::NotYetValid),
            (certificate(CertificateError::NotValidForName), Tls::WrongName("another name".into())),
            (
                for_names(&["DnsName(\"a.example\")", "IpAddress(10.0.0.1)"]),
                Tls::WrongName("a.example, 10.0.0.1".into()),
            ),
            (for_names(&[]), Tls::NoName),
            (certificate(CertificateError::Revoked), Tls::Revoked),
            (certificate(CertificateError::InvalidPurpose), Tls::WrongPurpose),
            (verifier("CaUsedAsEndEntity"), Tls::Authority),
            (verifier("UnsupportedCertVersion"), Tls::Certificate("unsupported cert version".into())),
            (alert(AlertDescription::ProtocolVersion), Tls::Version),
            (alert(AlertDescription::HandshakeFailure), Tls::Cipher),
            (alert(AlertDescription::UnrecognisedName), Tls::UnknownName),
            (alert(AlertDescription::CertificateRequired), Tls::ClientCertificate),
            (alert(AlertDescription::InternalError), Tls::Ended("internal error".into())),
            (rustls::Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13), Tls::Version),
            (
                rustls::Error::PeerMisbehaved(PeerMisbehaved::TooManyEmptyFragments),
                Tls::Other("too many empty fragments".into()),
            ),
        ];
        for (error, expected) in cases {
            assert_eq!(Tls::of(&error, &KeyMask::default()), expected, "{error}");
        }
    }

    #[test]
    fn an_error_is_found_however_often_it_is_wrapped() {
        let tls = || rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let once = io::Error::other(tls());
        let twice = io::Error::other(io::Error::other(tls()));
        for error in [once, twice] {
            let mut causes = std::iter::successors(Some(&error as &(dyn Error + 'static)), |&cause| cause_of(cause));
            assert!(causes.any(|cause| cause.downcast_ref() == Some(&tls())), "{error:?}");
        }
    }
}
