//! Where a key stands in a request, on the way out and on the way in.
//!
//! The REST API is documented to take HTTP Basic with the key as user name and an empty password. Shipped clients do it
//! in other ways too, and the platform takes those, so [`receive`] does as well; [`header`] writes the documented form.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_PAD_INDIFFERENT};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use crate::event::Sanitized;

/// The query parameters that carry a key: `x` of the browser pixel, `apiKey` of Segment's servers. (code)
const QUERY_PARAMETERS: [&str; 2] = ["x", "apiKey"];

/// Why a request holds no usable key. The text never repeats what was sent: it may be half a key.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NoKey {
    /// Neither a header nor a query parameter.
    #[error(
        "no key was sent: add the header `Authorization: Basic base64(\"KEY:\")` (curl: `-u KEY:`); a pixel has `x=KEY` in its address"
    )]
    Missing,
    /// `Bearer`, `Digest` or the like.
    #[error("the Authorization scheme is not Basic: send `Authorization: Basic base64(\"KEY:\")`")]
    OtherScheme,
    /// Not base64, or not base64 of a text.
    #[error("the Authorization header is not base64 of a text: send `Authorization: Basic base64(\"KEY:\")`")]
    Garbled,
    /// The key is there and empty; also what a key in the password's place (`-u :KEY`) comes to.
    #[error("the key is empty: the key is the user name and the password stays empty (curl: `-u KEY:`)")]
    Empty,
}

/// A key of the account, and its name.
#[derive(Clone, Debug)]
pub struct AccountKey {
    /// The key itself.
    pub secret: SecretString,
    /// Its name in messages: `the Event key from CLICKSCOPE_EVENT_KEY`.
    pub called: Sanitized,
}

/// The value of an `Authorization` header for `key`: `Basic base64("KEY:")`, the documented form, marked sensitive.
pub fn header(key: &SecretString) -> HeaderValue {
    let credentials = STANDARD.encode(format!("{}:", key.expose_secret()));
    // Base64 is always a valid header value, so the fallback (which a server refuses) is never sent.
    let mut value = HeaderValue::try_from(format!("Basic {credentials}")).unwrap_or(HeaderValue::from_static("Basic"));
    value.set_sensitive(true);
    value
}

/// The key of a request, from the value of its `Authorization` header or else from its raw query string.
///
/// Besides the documented `Basic base64("KEY:")` it reads what shipped clients send (code): `Basic base64("KEY")`
/// without the colon (`RudderStack`), a bare `base64("KEY:")` without the scheme (the iOS SDK), and `?x=KEY` or
/// `?apiKey=KEY` without a header (the pixel, Segment). The scheme's case, stray white space and base64 padding do not
/// matter.
pub fn receive(header: Option<&[u8]>, query: Option<&str>) -> Result<SecretString, NoKey> {
    match header {
        Some(header) => from_header(header),
        None => from_query(query.unwrap_or_default()),
    }
}

fn from_header(header: &[u8]) -> Result<SecretString, NoKey> {
    let header = std::str::from_utf8(header).map_err(|_| NoKey::Garbled)?.trim_ascii();
    let encoded = match header.split_once(|c: char| c.is_ascii_whitespace()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("basic") => rest,
        Some(_) => return Err(NoKey::OtherScheme),
        None if header.eq_ignore_ascii_case("basic") => return Err(NoKey::Empty),
        None => header,
    };
    // A long value may have been folded; inner white space is never part of base64.
    let encoded: String = encoded.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let decoded = STANDARD_PAD_INDIFFERENT.decode(encoded).map_err(|_| NoKey::Garbled)?;
    let credentials = std::str::from_utf8(&decoded).map_err(|_| NoKey::Garbled)?;
    let (user, _password) = credentials.split_once(':').unwrap_or((credentials, ""));
    non_empty(user)
}

fn from_query(query: &str) -> Result<SecretString, NoKey> {
    let (_, key) = url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| QUERY_PARAMETERS.contains(&&**name))
        .ok_or(NoKey::Missing)?;
    non_empty(&key)
}

/// The target of a request (path and query) without the key in its query, whatever that is.
pub fn withhold(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else { return target.to_owned() };
    let parameter = |parameter: &str| match parameter.split_once('=') {
        Some((name, _)) if QUERY_PARAMETERS.contains(&name) => format!("{name}=[key]"),
        _ => parameter.to_owned(),
    };
    let query: Vec<_> = query.split('&').map(parameter).collect();
    format!("{path}?{}", query.join("&"))
}

/// The target of a request without a key in its query.
pub fn without_key(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else { return target.to_owned() };
    let is_key = |parameter: &&str| QUERY_PARAMETERS.contains(&parameter.split('=').next().unwrap_or_default());
    let others: Vec<_> = query.split('&').filter(|parameter| !is_key(parameter)).collect();
    if others.is_empty() { path.to_owned() } else { format!("{path}?{}", others.join("&")) }
}

fn non_empty(key: &str) -> Result<SecretString, NoKey> {
    // `echo KEY | base64` encodes the line feed too.
    let key = key.trim();
    if key.is_empty() { Err(NoKey::Empty) } else { Ok(SecretString::from(key)) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use base64::engine::general_purpose::STANDARD_NO_PAD;
    use proptest::prelude::*;

    use super::*;

    fn received(header: Option<&str>, query: Option<&str>) -> Result<String, NoKey> {
        receive(header.map(str::as_bytes), query).map(|key| key.expose_secret().to_owned())
    }

    #[test]
    fn a_key_is_read_in_every_form_that_senders_use() {
        let padded = STANDARD.encode("k3y:");
        let unpadded = STANDARD_NO_PAD.encode("k3y:");
        let no_colon = STANDARD.encode("k3y");
        let line_feed = STANDARD.encode("k3y\n");
        let with_password = STANDARD.encode("k3y:secret");
        let cases = [
            (format!("Basic {padded}"), "documented"),
            (format!("Basic {unpadded}"), "without padding"),
            (format!("basic {padded}"), "lower case"),
            (format!("BASIC\t {padded} "), "stray white space"),
            (format!("  Basic {} {}", &padded[..3], &padded[3..]), "folded"),
            (format!("Basic {no_colon}"), "no colon"),
            (padded, "no scheme"),
            (no_colon, "no scheme, no colon"),
            (format!("Basic {line_feed}"), "encoded line feed"),
            (format!("Basic {with_password}"), "a password, which is ignored"),
        ];
        for (header, what) in cases {
            assert_eq!(received(Some(&header), None).as_deref(), Ok("k3y"), "{what}: {header}");
        }
        for query in ["x=k3y", "t=1&e=view&x=k3y", "apiKey=k3y", "x=k%33y", "apiKey=k3y+"] {
            assert_eq!(received(None, Some(query)).as_deref(), Ok("k3y"), "{query}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_with_the_reason() {
        let empty = format!("Basic {}", STANDARD.encode(":"));
        let in_the_password = format!("Basic {}", STANDARD.encode(":k3y"));
        let blank = format!("Basic {}", STANDARD.encode(" \n:"));
        let cases = [
            (None, None, NoKey::Missing),
            (None, Some("key=k3y&X=k3y"), NoKey::Missing),
            (None, Some("x="), NoKey::Empty),
            (Some("Bearer abc"), Some("x=k3y"), NoKey::OtherScheme),
            (Some("Basic"), None, NoKey::Empty),
            (Some("Basic "), None, NoKey::Empty),
            (Some(""), None, NoKey::Empty),
            (Some(&*empty), None, NoKey::Empty),
            (Some(&*in_the_password), None, NoKey::Empty),
            (Some(&*blank), None, NoKey::Empty),
            (Some("Basic <EVENT_API_KEY>"), None, NoKey::Garbled),
            (Some("Basic /////w=="), None, NoKey::Garbled),
        ];
        for (header, query, reason) in cases {
            assert_eq!(received(header, query), Err(reason), "{header:?} {query:?}");
        }
    }

    #[test]
    fn a_target_is_shown_without_its_key() {
        for (target, shown) in [
            ("/unity.gif?e=view&x=k3y&z=1", "/unity.gif?e=view&x=[key]&z=1"),
            ("/api/v1/event?apiKey=k3y", "/api/v1/event?apiKey=[key]"),
            ("/unity.gif?x=", "/unity.gif?x=[key]"),
            ("/unity.gif?xx=a&x", "/unity.gif?xx=a&x"),
            ("/x=k3y", "/x=k3y"),
        ] {
            assert_eq!(withhold(target), shown, "{target}");
        }
    }

    #[test]
    fn the_key_shows_in_no_debug_output() {
        let key = SecretString::from("canary-9f31");
        let header = header(&key);
        let received = receive(Some(header.as_bytes()), None);
        let shown = format!("{header:?} {received:?} {:?}", receive(None, Some("x=canary-9f31")));
        assert!(!shown.contains("canary"), "{shown}");
        assert!(!shown.contains(&STANDARD.encode("canary-9f31:")), "{shown}");
    }

    proptest! {
        #[test]
        fn what_is_sent_is_received(key in "[!-9;-~]{1,80}") {
            let header = header(&SecretString::from(key.as_str()));
            prop_assert_eq!(received(Some(header.to_str().unwrap()), None), Ok(key));
        }

        #[test]
        fn no_bytes_panic(header in proptest::collection::vec(any::<u8>(), 0..80), query in ".{0,80}") {
            let _ = (receive(Some(&header), None), receive(None, Some(&query)));
        }
    }
}
