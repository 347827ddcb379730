use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use secrecy::ExposeSecret;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connection::{Connection, joined};
use super::failure::Failure;
use super::http::CompleteAnswer;
use super::{Clock, backoff};
use crate::event::{Sanitized, TypeName, Unknown, sanitized};
use crate::session::{Holding, Moment, Problem, ProblemKind, Reach, Trouble};

/// How long a type that changed is held until its history answers.
pub(super) const HOLD: Duration = Duration::from_secs(1);
/// How many calls are made in a [`SPAN`]: nothing is said of a rate that is tolerated.
const CALLS: usize = 30;
const SPAN: Duration = Duration::from_mins(1);
/// How many calls are under way at a time.
const AT_ONCE: usize = 2;
/// How long after a history that did not have the newest event yet it is asked once more: it lists what was processed.
const SECOND_LOOK: Duration = Duration::from_secs(5);

/// Asks the history endpoint for what polls stepped over: the one place that does, within one budget.
#[derive(Debug)]
pub(super) struct Backfill {
    connection: Arc<Connection>,
    /// Whether types that changed are held and asked for by themselves.
    by_itself: bool,
    asking: JoinSet<Asked>,
    wanted: IndexMap<TypeName, Want>,
    /// When the calls of the last minute were made.
    calls: VecDeque<Instant>,
    /// Until when the server wants to be left alone.
    paused: Option<Instant>,
    endpoint: Endpoint,
    with_user_key: bool,
    failures: u32,
    told: Option<Problem>,
}

/// What is known of the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Untried,
    Works,
    /// There is none, or it takes none of the keys: it is not asked again by itself.
    Absent,
}

/// Why and when a history is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Want {
    pub(super) due: Instant,
    pub(super) reach: Reach,
    /// Whether a probe is looked for in it.
    pub(super) probe: bool,
    /// Whether it was asked for again, for it did not have the newest event.
    pub(super) second: bool,
    /// Whether what is missing by the counts is lost once it answered.
    pub(super) settles: bool,
}

impl Want {
    /// For what came since the session began.
    pub(super) fn now() -> Self {
        let due = Instant::now();
        Self { due, reach: Reach::Session, probe: false, second: false, settles: false }
    }

    /// The same a while later, for a history that did not have the newest event.
    pub(super) fn second_look(self) -> Option<Self> {
        let due = Instant::now() + SECOND_LOOK;
        (!self.second).then_some(Self { due, reach: Reach::Session, second: true, ..Self::now() })
    }

    fn with(self, other: Self) -> Self {
        Self {
            due: self.due.min(other.due),
            reach: if other.reach == Reach::Session { self.reach } else { other.reach },
            probe: self.probe || other.probe,
            second: self.second && other.second,
            settles: self.settles || other.settles,
        }
    }
}

/// What became of a request, and which key it went with in the end.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) event_type: TypeName,
    pub(super) want: Want,
    pub(super) outcome: Result<CompleteAnswer, Failure>,
    called: Sanitized,
    with_user_key: bool,
    /// How many calls it took beside the first.
    more_calls: usize,
}

impl Backfill {
    pub(super) fn new(connection: Arc<Connection>, by_itself: bool) -> Self {
        Self {
            connection,
            by_itself,
            asking: JoinSet::new(),
            wanted: IndexMap::new(),
            calls: VecDeque::new(),
            paused: None,
            endpoint: Endpoint::Untried,
            with_user_key: false,
            failures: 0,
            told: None,
        }
    }

    /// Whether it is of use to ask.
    pub(super) fn asks(&self) -> bool {
        self.endpoint != Endpoint::Absent
    }

    /// How many types may be held for their history now; `opening` where the first snapshot is held.
    pub(super) fn holding(&mut self, opening: bool) -> Holding {
        self.forget_calls();
        let is_paused = self.paused.is_some_and(|until| until > Instant::now());
        let left = CALLS.saturating_sub(self.calls.len() + self.wanted.len());
        Holding { asks: self.by_itself && self.asks(), most: if is_paused { 0 } else { left }, opening }
    }

    /// Asks for the history of a type as soon as the budget allows it.
    pub(super) fn want(&mut self, event_type: TypeName, want: Want) {
        if self.asks() {
            self.wanted.entry(event_type).and_modify(|known| *known = known.with(want)).or_insert(want);
        }
    }

    /// The same before all others, also of a server that did not answer before: somebody waits for it.
    pub(super) fn want_first(&mut self, event_type: TypeName, want: Want) {
        if !self.asks() {
            (self.endpoint, self.told) = (Endpoint::Untried, None);
        }
        let want = self.wanted.get(&event_type).map_or(want, |known| known.with(want));
        self.wanted.shift_insert(0, event_type, want);
    }

    /// Whether nothing is under way, and nothing waits for more than a second look.
    pub(super) fn is_idle(&self) -> bool {
        let now = Instant::now();
        self.asking.is_empty() && !self.wanted.values().any(|want| want.due <= now)
    }

    /// When the next request can go out.
    pub(super) fn due(&self) -> Option<Instant> {
        if self.asking.len() >= AT_ONCE {
            return None;
        }
        let wanted = self.wanted.values().map(|want| want.due).min()?;
        let free = self.calls.front().filter(|_| self.calls.len() >= CALLS).map(|first| *first + SPAN);
        [free, self.paused].into_iter().flatten().chain([wanted]).max()
    }

    /// Sends off what is due.
    pub(super) fn ask(&mut self) {
        self.forget_calls();
        let now = Instant::now();
        while self.asking.len() < AT_ONCE && self.calls.len() < CALLS {
            let Some(index) = self.wanted.values().position(|want| want.due <= now) else { return };
            let Some((event_type, want)) = self.wanted.shift_remove_index(index) else { return };
            self.calls.push_back(now);
            let (connection, with_user_key) = (Arc::clone(&self.connection), self.with_user_key);
            self.asking.spawn(async move { ask(&connection, event_type, want, with_user_key).await });
        }
    }

    /// The outcome of a request under way; waits for ever when there is none.
    pub(super) async fn asked(&mut self) -> Asked {
        let asked = match self.asking.join_next().await {
            Some(asked) => joined(asked).await,
            None => std::future::pending().await,
        };
        self.calls.extend(std::iter::repeat_n(Instant::now(), asked.more_calls));
        asked
    }

    /// Learns that a history came and could be read.
    pub(super) fn succeeded(&mut self, with_user_key: bool) {
        self.endpoint = Endpoint::Works;
        self.with_user_key = with_user_key;
        (self.failures, self.paused, self.told) = (0, None, None);
    }

    /// Learns that no answer came. What is wanted stays wanted where waiting helps.
    pub(super) fn failed(&mut self, asked: &Asked, failure: &Failure, at: Moment) -> Option<Trouble> {
        let problem = self.connection.problem_of_recalling(failure, &asked.called);
        tracing::debug!(what = %problem.what, "no history");
        self.failures = self.failures.saturating_add(1);
        let passes = match problem.kind {
            ProblemKind::RateLimited => true,
            ProblemKind::Unreachable => failure.status() != Some(501),
            ProblemKind::Refused | ProblemKind::WrongAnswer => false,
        };
        if passes {
            let wait = backoff::wait(self.failures, backoff::jitter(), failure.retry_after());
            self.paused = self.paused.max(Some(Instant::now() + wait));
            if !asked.want.probe {
                self.want(asked.event_type.clone(), asked.want);
            }
            return self.tell(problem, at, Some(Clock::after(at, wait)));
        }
        self.cannot(problem, at)
    }

    /// Learns that an answer is no history.
    pub(super) fn unreadable(&mut self, unknown: &Unknown, at: Moment) -> Option<Trouble> {
        let problem = self.connection.problem_of_body(unknown);
        tracing::debug!(what = %problem.what, "no history");
        self.cannot(problem, at)
    }

    /// Gives the endpoint up, unless it answered before: then it is about this type alone.
    fn cannot(&mut self, problem: Problem, at: Moment) -> Option<Trouble> {
        if self.endpoint == Endpoint::Works && problem.kind != ProblemKind::Refused {
            return None;
        }
        self.endpoint = Endpoint::Absent;
        self.wanted.clear();
        self.tell(problem, at, None)
    }

    /// The trouble, unless it was the last that was told.
    fn tell(&mut self, problem: Problem, at: Moment, next: Option<Moment>) -> Option<Trouble> {
        if self.told.as_ref() == Some(&problem) {
            return None;
        }
        self.told = Some(problem.clone());
        Some(Trouble { at, problem, attempt: self.failures, next, unknown: None })
    }

    fn forget_calls(&mut self) {
        while self.calls.front().is_some_and(|call| call.elapsed() >= SPAN) {
            self.calls.pop_front();
        }
    }
}

impl Asked {
    /// Whether it was the User key that was taken.
    pub(super) fn with_user_key(&self) -> bool {
        self.with_user_key
    }
}

/// Asks with the Event key, as the reference says, and where that is refused with the User key, as an older one does
/// \[doc\]; or the other way round, where it was the User key that was taken.
async fn ask(connection: &Connection, event_type: TypeName, want: Want, with_user_key: bool) -> Asked {
    let settings = &connection.settings;
    let event_key = &settings.event_key;
    let user_key = settings.user_key.as_ref();
    let user_key = user_key.filter(|key| key.secret.expose_secret() != event_key.secret.expose_secret());
    let (first, second) = match user_key {
        Some(user_key) if with_user_key => (user_key, Some(event_key)),
        user_key => (event_key, user_key),
    };
    let outcome = connection.history(&event_type, first).await;
    let refused = matches!(outcome, Err(Failure::Status { status: 401 | 403, .. }));
    let asked = Asked { event_type, want, outcome, called: first.called.clone(), with_user_key, more_calls: 0 };
    let Some(second) = second.filter(|_| refused) else { return asked };
    let outcome = connection.history(&asked.event_type, second).await;
    let refused_too = matches!(outcome, Err(Failure::Status { status: 401 | 403, .. }));
    if refused_too {
        Asked { called: sanitized!("{}, then with {}", asked.called, second.called), more_calls: 1, ..asked }
    } else {
        Asked { outcome, called: second.called.clone(), with_user_key: !with_user_key, more_calls: 1, ..asked }
    }
}
