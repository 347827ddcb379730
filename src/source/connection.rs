use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use tokio::sync::OnceCell;
use tokio::task::{JoinError, spawn_blocking};

use super::failure::Failure;
use super::http::{CompleteAnswer, Http};
use super::problem::RequestContext;
use super::settings::Settings;
use crate::blueshift::auth::AccountKey;
use crate::blueshift::{Call, KeyMask, auth, limits};
use crate::event::text::sanitize;
use crate::event::{Sanitized, TypeName};
use crate::session::{Problem, ProblemKind};

/// The endpoint that is watched.
pub(super) const DEBUG: Sanitized = Sanitized::literal("/api/v1/event/debug");
/// The endpoint that has the counts.
pub(super) const SUMMARY: Sanitized = Sanitized::literal("/api/v1/event/summary.json");

/// The parts that every request needs.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) settings: Settings,
    pub(super) host: Sanitized,
    /// Masks the keys in text from a server, where it is read.
    pub(super) keys: KeyMask,
    http: OnceCell<Http>,
}

impl Connection {
    pub(super) fn new(settings: Settings) -> Self {
        let host = settings.base.host_label();
        let keys = std::iter::once(&settings.event_key).chain(&settings.user_key).map(|key| &key.secret);
        Self { host, keys: KeyMask::new(keys), settings, http: OnceCell::new() }
    }

    /// The client, built when it is first needed: on a thread of its own, for it reads files and parses certificates.
    async fn http(&self) -> Result<&Http, Failure> {
        self.http
            .get_or_try_init(async || {
                let base = self.settings.base.clone();
                let (timeouts, body_limit) = (self.settings.timeouts, self.settings.body_limit);
                let keys = self.keys.clone();
                joined(spawn_blocking(move || Http::new(&base, timeouts, body_limit, keys)).await)
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
    pub(super) async fn history(&self, event_type: &TypeName) -> Result<CompleteAnswer, Failure> {
        let http = self.http().await?;
        let key = auth::header(&self.settings.event_key.secret);
        let most = u8::try_from(limits::MAX_HISTORY_EVENTS).unwrap_or(u8::MAX);
        let url = self.settings.base.history(event_type.as_str(), most);
        http.send(http.client().get(url).header(AUTHORIZATION, key)).await
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

    /// The problem of a failed call that sends events.
    pub(super) fn problem_of_sending(&self, failure: &Failure, call: &Call) -> Problem {
        let url = call.url(&self.settings.base);
        let problem = self.problem(failure, &sanitize(url.path()), &self.settings.event_key.called);
        let advice = match (problem.kind, failure) {
            (ProblemKind::RateLimited, _) => "wait a little, or send at a lower rate",
            (ProblemKind::Unreachable, Failure::Status { .. }) => {
                "the server has trouble of its own; send again when it answers"
            }
            // The request went out, and what became of it there is the one thing that nobody said.
            (
                _,
                Failure::Silent(_)
                | Failure::TooSlow(_)
                | Failure::Broken { .. }
                | Failure::Truncated
                | Failure::BadEncoding(_)
                | Failure::TooLarge(_),
            ) => "what was sent may have arrived all the same: look for it before you send it again",
            _ => return problem,
        };
        Problem { advice: advice.into(), ..problem }
    }

    /// The problem of a failed request to `path`, sent with the key that is called `key`.
    pub(super) fn problem(&self, failure: &Failure, path: &Sanitized, key: &Sanitized) -> Problem {
        let base = &self.settings.base;
        let (loopback, platform) = (base.is_loopback(), base.is_platform());
        failure.problem(&RequestContext { host: &self.host, path, key, loopback, platform })
    }

    /// Asks the summary endpoint for the counts from `start` to `end`.
    pub(super) async fn summary(
        &self,
        key: &AccountKey,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<CompleteAnswer, Failure> {
        let http = self.http().await?;
        let (url, body) = self.settings.base.summary_between(start, end);
        let request = http
            .client()
            .post(url)
            .header(AUTHORIZATION, auth::header(&key.secret))
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        http.send(request).await
    }
}

/// The result of a task of ours. A panic in it goes on here: there is nothing sensible to do with half an answer.
pub(super) fn joined<T>(outcome: Result<T, JoinError>) -> T {
    outcome.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
