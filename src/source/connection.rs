use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::CONTENT_TYPE;
use secrecy::ExposeSecret;
use tokio::sync::OnceCell;
use tokio::task::{JoinError, spawn_blocking};
use url::{Host, Url};

use super::failure::Failure;
use super::http::{Answer, Http};
use super::live::{Key, Settings};
use super::problem::Context;
use crate::feed::Problem;

/// What stands for a key.
const WITHHELD: &str = "[key]";
/// A shorter key is no secret but a word (`any`, `demo`), which may well stand in a message by itself.
const SHORTEST_SECRET: usize = 12;

/// The endpoint that is watched.
pub(super) const DEBUG: &str = "/api/v1/event/debug";
/// The endpoint that has the counts.
pub(super) const SUMMARY: &str = "/api/v1/event/summary.json";

/// What every request needs.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) settings: Settings,
    pub(super) host: String,
    loopback: bool,
    http: OnceCell<Http>,
}

impl Connection {
    pub(super) fn new(settings: Settings) -> Self {
        let host = host(&settings.base);
        let loopback = is_loopback(&settings.base);
        Self { settings, host, loopback, http: OnceCell::new() }
    }

    /// The client, built when it is first needed: on a thread of its own, for it reads files and parses certificates.
    async fn http(&self) -> Result<&Http, Failure> {
        self.http
            .get_or_try_init(async || {
                let (base, loopback) = (self.settings.base.clone(), self.loopback);
                let (timeouts, body_limit) = (self.settings.timeouts, self.settings.body_limit);
                joined(spawn_blocking(move || Http::new(&base, loopback, timeouts, body_limit)).await)
            })
            .await
    }

    /// Asks the debug endpoint.
    pub(super) async fn debug(&self) -> Result<Answer, Failure> {
        let http = self.http().await?;
        let key = self.settings.event_key.secret.expose_secret();
        let request = http.client().get(endpoint(&self.settings.base, DEBUG)).basic_auth(key, Some(""));
        http.send(request).await
    }

    /// What to tell about a request to `path` that failed, sent with the key that is called `key`.
    pub(super) fn problem(&self, failure: &Failure, path: &str, key: &str) -> Problem {
        let mut problem = failure.problem(&Context { host: &self.host, path, key, loopback: self.loopback });
        problem.what = self.without_keys(&problem.what);
        problem
    }

    /// `text` from a server with our keys taken out, for a server may say what it was sent.
    pub(super) fn without_keys(&self, text: &str) -> String {
        let keys = std::iter::once(&self.settings.event_key).chain(&self.settings.user_key);
        keys.fold(text.to_owned(), |text, key| {
            let key = key.secret.expose_secret();
            let text = text.replace(&STANDARD.encode(format!("{key}:")), WITHHELD);
            if key.len() < SHORTEST_SECRET { text } else { text.replace(key, WITHHELD) }
        })
    }

    /// Asks the summary endpoint for the counts from `start` to `end`, ISO 8601 both. The parameters go in the query,
    /// as the reference has them, and in the body, as the help article has them [doc].
    pub(super) async fn summary(&self, key: &Key, start: &str, end: &str) -> Result<Answer, Failure> {
        let http = self.http().await?;
        let span = [("timestamp_start", start), ("timestamp_end", end)];
        let mut url = endpoint(&self.settings.base, SUMMARY);
        url.query_pairs_mut().extend_pairs(span);
        let body: serde_json::Map<_, _> =
            span.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        let request = http
            .client()
            .post(url)
            .basic_auth(key.secret.expose_secret(), Some(""))
            .header(CONTENT_TYPE, "application/json")
            .body(serde_json::Value::from(body).to_string());
        http.send(request).await
    }
}

/// What a task of ours brought. A panic in it goes on here: there is nothing sensible to do with half an answer.
pub(super) fn joined<T>(outcome: Result<T, JoinError>) -> T {
    outcome.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

fn endpoint(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

fn host(base: &Url) -> String {
    let host = base.host_str().unwrap_or_default();
    base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn is_loopback(base: &Url) -> bool {
    match base.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
