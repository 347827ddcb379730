//! What a browser is told about pages of other origins: any may send, and read why it was refused.
//!
//! A request may carry credentials: a beacon always does, `fetch` and XHR where the page asks for it. Then the wildcard is
//! not a wildcard (Fetch standard), so the origin and the headers that a page names are answered by their names.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HeaderName, HeaderValue,
    ORIGIN, VARY,
};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::middleware::Next;

const PRIVATE_NETWORK_REQUEST: HeaderName = HeaderName::from_static("access-control-request-private-network");
const PRIVATE_NETWORK_ALLOW: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// Lets a page of any origin read the answer.
pub(super) async fn readable_by_any_page(request: Request, next: Next) -> Response<Body> {
    let origin = request.headers().get(ORIGIN).cloned();
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    headers.append(VARY, HeaderValue::from_static("origin"));
    match origin {
        Some(origin) => {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        None => {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
    }
    answer
}

/// The answer to a browser's preflight request: it may, and from a public site to this machine too (Private Network
/// Access).
pub(super) async fn preflight(asked: HeaderMap) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    if let Some(named) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, named.clone());
        headers.append(VARY, HeaderValue::from_static("access-control-request-headers"));
    }
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    if asked.contains_key(PRIVATE_NETWORK_REQUEST) {
        headers.insert(PRIVATE_NETWORK_ALLOW, HeaderValue::from_static("true"));
        headers.append(VARY, HeaderValue::from_static("access-control-request-private-network"));
    }
    answer
}
