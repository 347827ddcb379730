use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use tokio::sync::OnceCell;
use tokio::task::{JoinError, spawn_blocking};

use super::failure::Failure;
use super::http::{CompleteAnswer, Exchange, Http};
use super::problem::{self, Asking, RequestContext};
use super::proxy::Proxy;
use super::settings::Settings;
use crate::blueshift::auth::AccountKey;
use crate::blueshift::{Call, ExtraHeader, KeyMask, auth, limits};
use crate::event::text::sanitize;
use crate::event::{Sanitized, TypeName, Unknown};
use crate::session::Problem;

/// The endpoint that is watched.
const DEBUG: Sanitized = Sanitized::literal("/api/v1/event/debug");
/// The endpoint that has what polls stepped over.
const HISTORY: Sanitized = Sanitized::literal("/api/v1/event/history");
/// The endpoint that has the counts.
const SUMMARY: Sanitized = Sanitized::literal("/api/v1/event/summary.json");

/// The span of the counts that are asked for only to see whether they can be had.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The parts that every request needs.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) settings: Settings,
    pub(super) host: Sanitized,
    /// Masks the keys in text from a server, where it is read.
    pub(super) keys: KeyMask,
    /// The proxy that is asked in the target's place, or why there cannot be one.
    pub(super) proxy: Result<Option<Proxy>, Failure>,
    http: OnceCell<Http>,
}

/// What can be asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question<'a> {
    /// The newest event of each type.
    Debug,
    /// The newest events of a type.
    History(&'a TypeName),
    /// The counts of the last day.
    Summary(Span),
    /// Whether it takes events.
    Send(&'a Call),
}

/// How the span of a summary is told to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// In the query, without a body, as the API description has it.
    Query,
    /// In a body as well, as a page of the documentation has it.
    Body,
}

impl Connection {
    pub(super) fn new(settings: Settings) -> Self {
        let host = settings.base.host_label();
        let proxy = Proxy::of(&settings.base, &|name| std::env::var_os(name));
        let login = proxy.as_ref().ok().and_then(|proxy| proxy.as_ref()?.login.as_ref());
        let keys = std::iter::once(&settings.event_key).chain(&settings.user_key).map(|key| &key.secret);
        let secrets = settings.headers.iter().flat_map(ExtraHeader::secrets).collect::<Vec<_>>();
        let keys = KeyMask::new(keys.chain(login).chain(&secrets));
        Self { host, keys, proxy, settings, http: OnceCell::new() }
    }

    /// The client, built when it is first needed: on a thread of its own, for it reads files and parses certificates.
    async fn http(&self) -> Result<&Http, Failure> {
        self.http
            .get_or_try_init(async || {
                let (settings, keys, proxy) = (self.settings.clone(), self.keys.clone(), self.proxy.clone()?);
                let build = move || Http::new(&settings, proxy.as_ref(), keys);
                joined(spawn_blocking(build).await).await
            })
            .await
    }

    /// Asks the debug endpoint.
    pub(super) async fn debug(&self) -> Result<CompleteAnswer, Failure> {
        let http = self.http().await?;
        let key = auth::header(&self.settings.event_key.secret);
        let request = http.client().get(self.settings.base.debug()).header(AUTHORIZATION, key);
        http.send(request).await
    }

    /// Asks the history endpoint for the newest events of a type.
    pub(super) async fn history(&self, event_type: &TypeName, key: &AccountKey) -> Result<CompleteAnswer, Failure> {
        let http = self.http().await?;
        let key = auth::header(&key.secret);
        let most = u8::try_from(limits::MAX_HISTORY_EVENTS).unwrap_or(u8::MAX);
        let url = self.settings.base.history(event_type.as_str(), most);
        http.send(http.client().get(url).header(AUTHORIZATION, key)).await
    }

    /// Asks a collector of ours what it was sent after the request of that number.
    pub(super) async fn requests(&self, after: u64) -> Result<CompleteAnswer, Failure> {
        let http = self.http().await?;
        let key = auth::header(&self.settings.event_key.secret);
        http.send(http.client().get(self.settings.base.requests(after)).header(AUTHORIZATION, key)).await
    }

    /// Asks something with that key, or without one, and gives all that is known of the answer.
    pub(super) async fn ask(&self, question: &Question<'_>, key: Option<&AccountKey>) -> Exchange {
        let http = match self.http().await {
            Ok(http) => http,
            Err(failure) => {
                return Exchange { outcome: Err(failure), took: Duration::ZERO, date: None, request_id: None };
            }
        };
        let (base, client) = (&self.settings.base, http.client());
        let json = |request: RequestBuilder, body: String| request.header(CONTENT_TYPE, "application/json").body(body);
        let request = match question {
            Question::Debug => client.get(base.debug()),
            Question::History(of) => client.get(base.history(of.as_str(), 1)),
            Question::Send(call) => json(client.post(call.url(base)), call.body.clone()),
            Question::Summary(span) => {
                let now = Timestamp::now();
                let (url, body) = base.summary_with_body(now - DAY, now);
                match span {
                    Span::Query => client.post(url),
                    Span::Body => json(client.post(url), body),
                }
            }
        };
        let key = key.map(|key| auth::header(&key.secret));
        http.exchange(key.into_iter().fold(request, |request, key| request.header(AUTHORIZATION, key))).await
    }

    /// Makes a call that sends events, once.
    pub(super) async fn deliver(&self, call: &Call) -> Result<CompleteAnswer, Failure> {
        let http = self.http().await?;
        let request = http
            .client()
            .post(call.url(&self.settings.base))
            .header(AUTHORIZATION, auth::header(&self.settings.event_key.secret))
            .header(CONTENT_TYPE, "application/json")
            .body(call.body.clone());
        http.send(request).await
    }

    /// What to tell about a call that sends events and failed. `perhaps` is whether an attempt before may have brought
    /// them all the same.
    pub(super) fn problem_of_sending(&self, failure: &Failure, call: &Call, perhaps: bool) -> Problem {
        let path = sanitize(call.url(&self.settings.base).path());
        let problem = self.told(failure, &path, &self.settings.event_key.called, Asking::Sending);
        if perhaps { Problem { advice: problem::MAY_HAVE_ARRIVED.into(), ..problem } } else { problem }
    }

    /// What to tell about a poll that failed.
    pub(super) fn problem_of_polling(&self, failure: &Failure) -> Problem {
        self.told(failure, &DEBUG, &self.settings.event_key.called, Asking::Events)
    }

    /// What to tell about counts that could not be had with the key that is called `key`.
    pub(super) fn problem_of_counting(&self, failure: &Failure, key: &Sanitized) -> Problem {
        self.told(failure, &SUMMARY, key, Asking::Counts)
    }

    /// What to tell about a body that came well but is no answer to what was asked.
    pub(super) fn problem_of_body(&self, unknown: &Unknown) -> Problem {
        problem::for_address(problem::unreadable(&self.host, unknown), self.settings.base.is_of_region())
    }

    /// What to tell about a web page in the place of an answer.
    pub(super) fn problem_of_web_page(&self) -> Problem {
        problem::for_address(problem::web_page(&self.host), self.settings.base.is_of_region())
    }

    /// What to tell about a history that could not be had with the key that is called `key`.
    pub(super) fn problem_of_recalling(&self, failure: &Failure, key: &Sanitized) -> Problem {
        self.told(failure, &HISTORY, key, Asking::History)
    }

    fn told(&self, failure: &Failure, path: &Sanitized, key: &Sanitized, asking: Asking) -> Problem {
        let base = &self.settings.base;
        let (loopback, platform) = (base.is_loopback(), base.is_platform());
        let proxy = self.proxy.as_ref().ok().and_then(Option::as_ref);
        let context = RequestContext { host: &self.host, path, key, loopback, platform, proxy, asking };
        problem::for_address(failure.problem(&context), base.is_of_region())
    }

    /// Asks the summary endpoint for the counts from `start` to `end`.
    pub(super) async fn summary(
        &self,
        key: &AccountKey,
        start: Timestamp,
        end: Timestamp,
        span: Span,
    ) -> Result<CompleteAnswer, Failure> {
        let http = self.http().await?;
        let key = auth::header(&key.secret);
        let request = match span {
            Span::Query => http.client().post(self.settings.base.summary_between(start, end)),
            Span::Body => {
                let (url, body) = self.settings.base.summary_with_body(start, end);
                http.client().post(url).header(CONTENT_TYPE, "application/json").body(body)
            }
        };
        http.send(request.header(AUTHORIZATION, key)).await
    }
}

/// The result of a task of ours. A panic in it goes on here: there is nothing sensible to do with half an answer. One that
/// was cancelled has no result: the runtime ends, and whoever waits ends with it.
pub(super) async fn joined<T>(outcome: Result<T, JoinError>) -> T {
    match outcome.map_err(JoinError::try_into_panic) {
        Ok(result) => result,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(_)) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_is_cancelled_as_the_program_ends_panics_nobody() {
        let task = tokio::spawn(std::future::pending::<()>());
        task.abort();
        let outcome = task.await;
        assert!(outcome.is_err());
        tokio::select! {
            biased;
            () = joined(outcome) => panic!("there is no result"),
            () = std::future::ready(()) => {}
        }
    }
}
