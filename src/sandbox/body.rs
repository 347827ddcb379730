//! The body of a request: read within limits of size and time, and unpacked.
//!
//! That the platform unpacks bodies is not documented, and senders pack them all the same. `gzip` and `deflate` are read
//! here, within the limit for bodies that are not packed; another encoding is answered with its name and those that are
//! read. What the body says is JSON, whatever its `Content-Type`: a beacon calls it a text, and curl a form.

use std::io::Read;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use futures_util::StreamExt;

use crate::blueshift::limits::{self, BulkTooLarge};

use super::answer::RefusedRequest;
use super::intake::Rejection;
use super::state::Shared;

/// How much of a body that is too large is still read, so that a client in the middle of sending it gets the answer and
/// not a reset.
const MAX_DRAINED_BYTES: usize = 16 << 20;

/// How a packed file of `gzip` begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The content types of a form, which no route is documented to take.
const FORMS: [&str; 2] = ["application/x-www-form-urlencoded", "multipart/form-data"];

/// A body that was read.
#[derive(Debug)]
pub(super) struct ReceivedBody {
    /// As it came; `None` where it did not come whole.
    pub(super) raw: Option<Bytes>,
    /// Unpacked, if it is not too large and not too slow.
    pub(super) unpacked: Result<Bytes, RefusedRequest>,
}

impl ReceivedBody {
    /// That of a request without one.
    pub(super) fn none() -> Self {
        Self { raw: Some(Bytes::new()), unpacked: Ok(Bytes::new()) }
    }
}

/// Reads a whole body.
pub(super) async fn read_body(shared: &Shared, headers: &HeaderMap, body: Body) -> ReceivedBody {
    let limit = shared.time_limit();
    let whole = whole_body(headers, body);
    match tokio::time::timeout(limit, whole).await.unwrap_or(Err(RefusedRequest::TooSlow(limit))) {
        Ok(raw) => ReceivedBody { unpacked: unpack(headers, raw.clone()), raw: Some(raw) },
        Err(refusal) => ReceivedBody { raw: None, unpacked: Err(refusal) },
    }
}

/// The body as a text, which JSON is.
pub(super) fn text(body: &[u8]) -> Result<&str, RefusedRequest> {
    std::str::from_utf8(body).map_err(|error| {
        let reason = if body.starts_with(&GZIP) {
            "it is packed with gzip, and lacks the header `Content-Encoding: gzip`".into()
        } else {
            error.to_string()
        };
        Rejection::NotJson(reason).into()
    })
}

async fn whole_body(headers: &HeaderMap, body: Body) -> Result<Bytes, RefusedRequest> {
    let too_large = |bytes| RefusedRequest::from(Rejection::TooLarge(BulkTooLarge::Bytes { bytes }));
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if let Some(bytes) = announced.filter(|bytes| *bytes > MAX_DRAINED_BYTES) {
        return Err(too_large(bytes));
    }
    let mut chunks = body.into_data_stream();
    let mut body = Bytes::new();
    let mut rest = Vec::new();
    let mut length = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| RefusedRequest::Field("body", "ended before its announced length".into()))?;
        length += chunk.len();
        if length > MAX_DRAINED_BYTES {
            break;
        } else if length > limits::MAX_BODY_BYTES {
            rest = Vec::new();
        } else if length == chunk.len() {
            // Nearly every event comes in one piece, which then is the body.
            body = chunk;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&body);
            }
            rest.extend_from_slice(&chunk);
        }
    }
    if length > limits::MAX_BODY_BYTES {
        return Err(too_large(length));
    }
    Ok(if rest.is_empty() { body } else { rest.into() })
}

/// The body as its sender wrote it, before it was packed; an error also for a form, which holds no JSON.
fn unpack(headers: &HeaderMap, body: Bytes) -> Result<Bytes, RefusedRequest> {
    let encodings = headers.get_all(CONTENT_ENCODING).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let mut body = body;
    // The last encoding was the last to be applied.
    let named: Vec<String> =
        encodings.flat_map(|list| list.split(',').map(|name| name.trim().to_lowercase()).collect::<Vec<_>>()).collect();
    for name in named.iter().rev() {
        body = match &**name {
            "" | "identity" => body,
            "gzip" | "x-gzip" => inflate("gzip", &body, MultiGzDecoder::new(&*body))?,
            // The standard means zlib by that name; several clients send the bare stream.
            "deflate" if is_zlib(&body) => inflate("deflate", &body, ZlibDecoder::new(&*body))?,
            "deflate" => inflate("deflate", &body, DeflateDecoder::new(&*body))?,
            other => return Err(RefusedRequest::Encoding(other.to_owned())),
        };
    }
    let content_type = headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).to_lowercase());
    let form = FORMS.into_iter().find(|form| content_type.as_deref().is_some_and(|named| named.starts_with(form)));
    match (form, body.trim_ascii_start().first()) {
        // What is packed is no form, and why it cannot be read is told of it.
        (Some(form), Some(first)) if !matches!(first, b'{' | b'[' | b'"') && !body.starts_with(&GZIP) => {
            Err(Rejection::NotJson(format!(
                "it is a form ({form}), and only JSON is documented: send one object, as in `JSON.stringify(event)`"
            ))
            .into())
        }
        _ => Ok(body),
    }
}

/// Whether the first two bytes are a header of zlib (RFC 1950).
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..] if method & 15 == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0)
}

fn inflate(name: &'static str, packed: &[u8], stream: impl Read) -> Result<Bytes, RefusedRequest> {
    let mut whole = Vec::new();
    // One byte more than may be there tells what ends at the limit from what goes on.
    let limit = limits::MAX_BODY_BYTES as u64 + 1;
    match stream.take(limit).read_to_end(&mut whole) {
        Ok(_) if whole.len() > limits::MAX_BODY_BYTES => Err(RefusedRequest::TooLargeUnpacked),
        Ok(_) => Ok(whole.into()),
        Err(_) if packed.trim_ascii_start().starts_with(b"{") => {
            Err(RefusedRequest::Field("body", format!("is said to be packed with {name}, and is not packed")))
        }
        Err(error) => Err(RefusedRequest::Field("body", format!("cannot be unpacked with {name}: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use std::io::Write;

    use axum::http::{HeaderName, HeaderValue};
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;

    use super::*;

    const EVENT: &str = r#"{"event":"view","n":1.10}"#;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(body).unwrap();
        packed.finish().unwrap()
    }

    fn zlib(body: &[u8]) -> Vec<u8> {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
        packed.write_all(body).unwrap();
        packed.finish().unwrap()
    }

    fn deflate(body: &[u8]) -> Vec<u8> {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
        packed.write_all(body).unwrap();
        packed.finish().unwrap()
    }

    fn unpacked(headers: &[(HeaderName, &str)], body: &[u8]) -> Result<Bytes, RefusedRequest> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        unpack(&map, Bytes::copy_from_slice(body))
    }

    fn reason(refusal: &RefusedRequest) -> String {
        format!("{refusal:?}")
    }

    #[test]
    fn a_body_is_unpacked_by_the_encodings_that_it_names() {
        let event = EVENT.as_bytes();
        let cases = [
            (&[][..], event.to_vec()),
            (&["identity"], event.to_vec()),
            (&[""], event.to_vec()),
            (&["gzip"], gzip(event)),
            (&["GZIP"], gzip(event)),
            (&["x-gzip"], gzip(event)),
            (&["deflate"], zlib(event)),
            (&["deflate"], deflate(event)),
            (&["identity, gzip"], gzip(event)),
            (&["deflate, gzip"], gzip(&zlib(event))),
            (&["deflate", "gzip"], gzip(&zlib(event))),
            // Two packed files on end are one (RFC 1952).
            (&["gzip"], [gzip(event.split_at(9).0), gzip(event.split_at(9).1)].concat()),
        ];
        for (encodings, body) in cases {
            let headers: Vec<_> = encodings.iter().map(|encoding| (CONTENT_ENCODING, *encoding)).collect();
            assert_eq!(unpacked(&headers, &body).unwrap(), event, "{encodings:?}");
        }
    }

    #[test]
    fn what_cannot_be_unpacked_says_why() {
        let event = EVENT.as_bytes();
        let cut = gzip(event).split_at(20).0.to_vec();
        let cases = [
            ("br", event.to_vec(), "Encoding(\"br\")"),
            ("zstd, gzip", gzip(event), "Encoding(\"zstd\")"),
            ("gzip", event.to_vec(), "said to be packed with gzip, and is not packed"),
            ("gzip", cut, "cannot be unpacked with gzip"),
            ("deflate", gzip(event), "cannot be unpacked with deflate"),
        ];
        for (encoding, body, expected) in cases {
            let refusal = unpacked(&[(CONTENT_ENCODING, encoding)], &body).unwrap_err();
            assert!(reason(&refusal).contains(expected), "{encoding}: {refusal:?}");
        }
        let refusal = text(&gzip(event)).unwrap_err();
        assert!(reason(&refusal).contains("lacks the header `Content-Encoding: gzip`"), "{refusal:?}");
    }

    #[test]
    fn a_bomb_ends_at_the_limit_of_a_body() {
        let blanks = |count| vec![b' '; count];
        let most = unpacked(&[(CONTENT_ENCODING, "gzip")], &gzip(&blanks(limits::MAX_BODY_BYTES))).unwrap();
        assert_eq!(most.len(), limits::MAX_BODY_BYTES);
        for (encoding, body) in [
            ("gzip", gzip(&blanks(limits::MAX_BODY_BYTES + 1))),
            ("deflate", zlib(&blanks(64 << 20))),
            ("gzip, gzip", gzip(&gzip(&blanks(64 << 20)))),
        ] {
            let refusal = unpacked(&[(CONTENT_ENCODING, encoding)], &body).unwrap_err();
            assert!(matches!(refusal, RefusedRequest::TooLargeUnpacked), "{encoding}: {refusal:?}");
        }
    }

    #[test]
    fn a_form_is_told_from_json_by_what_it_holds() {
        let urlencoded = "application/x-www-form-urlencoded; charset=UTF-8";
        // What curl sends with -d, and a beacon of a text.
        for content_type in [urlencoded, "text/plain;charset=UTF-8", "application/json", "nonsense"] {
            assert!(unpacked(&[(CONTENT_TYPE, content_type)], EVENT.as_bytes()).is_ok(), "{content_type}");
            assert!(unpacked(&[(CONTENT_TYPE, content_type)], b" ").is_ok(), "{content_type}");
        }
        for (content_type, body) in
            [(urlencoded, "event=view"), ("Multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data")]
        {
            let refusal = unpacked(&[(CONTENT_TYPE, content_type)], body.as_bytes()).unwrap_err();
            assert!(reason(&refusal).contains("it is a form"), "{refusal:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_as_it_was(body: Vec<u8>) {
            for (encoding, packed) in [("gzip", gzip(&body)), ("deflate", zlib(&body)), ("deflate", deflate(&body))] {
                prop_assert_eq!(&unpacked(&[(CONTENT_ENCODING, encoding)], &packed).unwrap()[..], &body[..]);
            }
        }
    }
}
