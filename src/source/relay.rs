//! Passing requests on: as they came, to the server that they are for.

use std::time::Instant;

use bytes::Bytes;
use http::header::HeaderMap;
use http::{Method, Request, Response};
use reqwest::{Client, redirect};

use super::failure::{Failure, Timeouts};
use super::http::client_builder;
use super::problem::{self, Asking, RequestContext};
use super::proxy::Proxy;
use crate::blueshift::{BaseUrl, ExtraHeader, KeyMask};
use crate::event::Sanitized;
use crate::event::text::sanitize;
use crate::session::Problem;

/// The longest answer that is passed back, in bytes.
const LONGEST_ANSWER: usize = 16 << 20;

/// Passes requests on to one server, and its answers back.
#[derive(Debug)]
pub struct Relay {
    base: BaseUrl,
    host: Sanitized,
    client: Client,
    proxy: Option<Proxy>,
    timeouts: Timeouts,
    keys: KeyMask,
}

impl Relay {
    /// One to `base`, with the proxy and the certificates that hold for it. Each request has these headers too.
    pub fn new(base: BaseUrl, headers: &[ExtraHeader], timeouts: Timeouts) -> Result<Self, Problem> {
        let host = base.host_label();
        let proxy = Proxy::of(&base, &|name| std::env::var_os(name));
        let built = proxy.as_ref().map_err(Clone::clone).and_then(|proxy| {
            let mut extra = HeaderMap::new();
            for header in headers {
                extra.append(header.name(), header.value());
            }
            let builder = client_builder(base.is_https(), None, timeouts, proxy.as_ref())?;
            // What is said is passed back, and neither followed nor unpacked.
            let builder = builder.default_headers(extra).redirect(redirect::Policy::none()).no_gzip();
            builder.build().map_err(|error| Failure::no_client(&error))
        });
        let login = proxy.as_ref().ok().and_then(|proxy| proxy.as_ref()?.login.clone());
        let secrets = headers.iter().flat_map(ExtraHeader::secrets).collect::<Vec<_>>();
        let keys = KeyMask::new(login.iter().chain(&secrets));
        match (built, proxy) {
            (Ok(client), Ok(proxy)) => Ok(Self { base, host, client, proxy, timeouts, keys }),
            (Err(failure), _) | (Ok(_), Err(failure)) => Err(told(&failure, &base, &host, None, "/")),
        }
    }

    /// Passes a request on, whose target is a path with its query, and gives the answer back whatever its status.
    pub async fn pass_on(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Problem> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let failed = |failure: &Failure| told(failure, &self.base, &self.host, self.proxy.as_ref(), parts.uri.path());
        let start = Instant::now();
        let mut onward = self.client.request(parts.method.clone(), format!("{}{target}", self.base.as_str()));
        onward = onward.headers(parts.headers.clone());
        if !(body.is_empty() && matches!(parts.method, Method::GET | Method::HEAD)) {
            onward = onward.body(body);
        }
        let broken = |error: reqwest::Error| Failure::of(&error, start.elapsed(), self.timeouts, &self.keys);
        let mut answer = onward.send().await.map_err(|error| failed(&broken(error)))?;
        let mut read = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&broken(error)))? {
            if read.len() + chunk.len() > LONGEST_ANSWER {
                return Err(failed(&Failure::TooLarge(LONGEST_ANSWER as u64)));
            }
            read.extend_from_slice(&chunk);
        }
        let mut passed = Response::new(Bytes::from(read));
        *passed.status_mut() = answer.status();
        *passed.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(passed)
    }
}

fn told(failure: &Failure, base: &BaseUrl, host: &Sanitized, proxy: Option<&Proxy>, path: &str) -> Problem {
    let context = RequestContext {
        host,
        path: &sanitize(path),
        key: &"the sender's key".into(),
        loopback: base.is_loopback(),
        platform: base.is_platform(),
        proxy,
        asking: Asking::Sending,
    };
    problem::for_address(failure.problem(&context), base.is_of_region())
}
