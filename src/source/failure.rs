use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::CertificateError;

use crate::blueshift::KeyMask;
use crate::event::{Sanitized, text};

/// The longest text of a library that is told, in columns.
const LONGEST_CAUSE: usize = 200;

/// Why a request brought no body that can be decoded.
///
/// It tells apart what a person would mend in different ways; [`super::problem`] says it in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// No HTTP client could be set up, mostly for want of CA certificates.
    NoClient(Sanitized),
    /// The host name has no address.
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
    /// The connection broke before the answer began, or in the middle of it.
    Broken {
        /// Whether the answer had begun.
        midway: bool,
    },
    /// The body ended before its announced length, or in the middle of a compressed stream.
    Truncated,
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
    /// The certificate is for other names.
    WrongName,
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
        causes(error)
            .find_map(|cause| {
                if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
                    return Some(Self::Tls(Tls::of(tls, keys)));
                }
                if let Some(http) = cause.downcast_ref::<hyper::Error>() {
                    return if http.is_parse() {
                        Some(Self::NotHttp)
                    } else {
                        http.is_incomplete_message().then_some(Self::Broken { midway })
                    };
                }
                Self::of_io(cause.downcast_ref::<io::Error>()?, midway)
            })
            .unwrap_or_else(|| {
                let root = causes(error).last().map_or_else(|| error.to_string(), ToString::to_string);
                let root = keys.line(&root, LONGEST_CAUSE);
                if error.is_decode() { Self::BadEncoding(root) } else { Self::Other(root) }
            })
    }

    fn of_io(error: &io::Error, midway: bool) -> Option<Self> {
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
        let other = || Self::Other(keys.line(&error.to_string(), LONGEST_CAUSE));
        match error {
            rustls::Error::InvalidMessage(_) => Self::Absent,
            rustls::Error::InvalidCertificate(certificate) => match certificate {
                CertificateError::UnknownIssuer => Self::UnknownIssuer,
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::WrongName,
                _ => other(),
            },
            _ => other(),
        }
    }
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
    use rustls::{AlertDescription, InvalidMessage};

    use super::*;

    #[test]
    fn what_is_wrong_with_tls_is_told_apart() {
        let certificate = rustls::Error::InvalidCertificate;
        let cases = [
            (rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType), Tls::Absent),
            (certificate(CertificateError::UnknownIssuer), Tls::UnknownIssuer),
            (certificate(CertificateError::Expired), Tls::Expired),
            (certificate(CertificateError::NotValidYet), Tls::NotYetValid),
            (certificate(CertificateError::NotValidForName), Tls::WrongName),
        ];
        for (error, expected) in cases {
            assert_eq!(Tls::of(&error, &KeyMask::default()), expected);
        }
        for error in
            [certificate(CertificateError::Revoked), rustls::Error::AlertReceived(AlertDescription::HandshakeFailure)]
        {
            assert_eq!(Tls::of(&error, &KeyMask::default()), Tls::Other(text::sanitize(&error.to_string())));
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
