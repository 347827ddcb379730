use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::ExposeSecret;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connection::{Connection, Span};
use super::failure::Failure;
use super::http::CompleteAnswer;
use super::{Clock, backoff};
use crate::blueshift::auth::AccountKey;
use crate::event::{Sanitized, Unknown, sanitized};
use crate::session::{Moment, Problem, ProblemKind, Trouble};

/// How often the counts are asked for. They are kept by the day, and nothing is said of a rate that is tolerated.
const INTERVAL: Duration = Duration::from_mins(1);
/// How long after an event came the counts are asked for: by then the platform may have counted it.
const SOON: Duration = Duration::from_secs(3);
/// How often they are asked for at most, however much comes.
const LEAST: Duration = Duration::from_secs(10);
/// How often at most where the user asks.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Asks for the counts of today, where the debug answers have none and there is a User key.
#[derive(Debug)]
pub(super) struct Counting {
    connection: Arc<Connection>,
    asking: JoinSet<Asked>,
    /// When they are asked for next; `None` while they are not wanted, under way, or refused.
    due: Option<Instant>,
    /// When they were asked for last.
    asked: Option<Instant>,
    /// How soon they are wanted again, where that was said while a request was under way.
    again: Option<Soon>,
    way: Way,
    refused: bool,
    failures: u32,
    told: Option<Problem>,
}

/// How the server wants to be asked, as far as that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Way {
    /// Whether it took the Event key where it refused the User key.
    with_event_key: bool,
    /// How it wants the span told; `None` while that is not known.
    span: Option<Span>,
}

/// What became of a request, which key it went with in the end, and what is known of the way now.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) outcome: Result<CompleteAnswer, Failure>,
    pub(super) called: Sanitized,
    pub(super) way: Way,
}

/// Why the counts are wanted before they are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Soon {
    /// Something came.
    Changed,
    /// The user asks.
    AtOnce,
}

impl Counting {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            asking: JoinSet::new(),
            due: None,
            asked: None,
            again: None,
            way: Way::default(),
            refused: false,
            failures: 0,
            told: None,
        }
    }

    /// When they are asked for next.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Begins to ask, unless it has begun, or must not.
    pub(super) fn want(&mut self) {
        let can = self.connection.settings.user_key.is_some() && !self.refused;
        if can && self.due.is_none() && self.asking.is_empty() {
            self.due = Some(Instant::now());
        }
    }

    /// Stops to ask: the debug answers have counts themselves.
    pub(super) fn rest(&mut self) {
        self.due = None;
        self.again = None;
    }

    /// Asks soon, for something came that the last counts do not have.
    pub(super) fn changed(&mut self) {
        self.hasten(Soon::Changed);
    }

    /// Asks now, also where the server refused the keys.
    pub(super) fn ask_now(&mut self) {
        if std::mem::take(&mut self.refused) || self.due.is_some() || !self.asking.is_empty() {
            self.want();
            self.hasten(Soon::AtOnce);
        }
    }

    /// Asks at once, for something was lost; whether there is anything to hope for.
    pub(super) fn ask_for_lost(&mut self) -> bool {
        let is_asked_for = self.failures == 0 && (self.due.is_some() || !self.asking.is_empty());
        if is_asked_for {
            self.hasten(Soon::AtOnce);
        }
        is_asked_for
    }

    fn hasten(&mut self, soon: Soon) {
        if !self.asking.is_empty() {
            self.again = self.again.max(Some(soon));
            return;
        }
        let Some(due) = self.due.filter(|_| self.failures == 0 || soon == Soon::AtOnce) else { return };
        let (wait, gap) = match soon {
            Soon::Changed => (SOON, LEAST),
            Soon::AtOnce => (Duration::ZERO, AT_ONCE),
        };
        let soonest = self.asked.map_or_else(Instant::now, |asked| asked + gap);
        self.due = Some(due.min(soonest.max(Instant::now() + wait)));
    }

    /// Sends the request off.
    pub(super) fn ask(&mut self) {
        self.due = None;
        self.asked = Some(Instant::now());
        let connection = Arc::clone(&self.connection);
        let way = self.way;
        self.asking.spawn(async move { ask(&connection, way).await });
    }

    /// The outcome of the request under way; waits for ever when there is none.
    pub(super) async fn asked(&mut self) -> Asked {
        match self.asking.join_next().await {
            Some(asked) => super::connection::joined(asked).await,
            None => std::future::pending().await,
        }
    }

    /// Learns that the counts came, and in which way.
    pub(super) fn succeeded(&mut self, way: Way, at: Moment) {
        self.way = way;
        self.failures = 0;
        self.told = None;
        self.due = Some(self.clock().instant(at) + INTERVAL);
        if let Some(soon) = self.again.take() {
            self.hasten(soon);
        }
    }

    /// Learns that no answer came to a request with the key that is called `called`, and what is known of the way.
    pub(super) fn failed(&mut self, failure: &Failure, called: &Sanitized, way: Way, at: Moment) -> Option<Trouble> {
        self.way.span = way.span;
        let problem = self.connection.problem_of_counting(failure, called);
        self.troubled(problem, failure.retry_after(), at)
    }

    /// Learns that an answer has no counts in it.
    pub(super) fn unreadable(&mut self, unknown: &Unknown, at: Moment) -> Option<Trouble> {
        self.troubled(self.connection.problem_of_body(unknown), None, at)
    }

    /// Decides on the next request, and tells the trouble unless it was the last that was told.
    fn troubled(&mut self, problem: Problem, asked: Option<Duration>, at: Moment) -> Option<Trouble> {
        self.failures = self.failures.saturating_add(1);
        self.refused = problem.kind == ProblemKind::Refused;
        let wait = (!self.refused)
            .then(|| INTERVAL.max(asked.map_or(Duration::ZERO, |asked| backoff::wait(1, 0, Some(asked)))));
        let next = wait.map(|wait| Clock::after(at, wait));
        self.due = next.map(|next| self.clock().instant(next));
        if self.told.as_ref() == Some(&problem) {
            return None;
        }
        self.told = Some(problem.clone());
        Some(Trouble { at, problem, attempt: self.failures, next, unknown: None })
    }

    fn clock(&self) -> Clock {
        self.connection.settings.clock
    }
}

/// Asks with the User key, as the reference says, and where that is refused with the Event key, as the help article
/// does \[doc\].
async fn ask(connection: &Connection, way: Way) -> Asked {
    let settings = &connection.settings;
    let event_key = &settings.event_key;
    let Some(user_key) = settings.user_key.as_ref().filter(|_| !way.with_event_key) else {
        return ask_with(connection, event_key, Way { with_event_key: true, ..way }).await;
    };
    let first = ask_with(connection, user_key, way).await;
    let refused = matches!(first.outcome, Err(Failure::Status { status: 401 | 403, .. }));
    if !refused || user_key.secret.expose_secret() == event_key.secret.expose_secret() {
        return first;
    }
    let second = ask_with(connection, event_key, Way { with_event_key: true, ..first.way }).await;
    let refused_too = matches!(second.outcome, Err(Failure::Status { status: 401 | 403, .. }));
    if refused_too {
        Asked { called: sanitized!("{}, then with {}", first.called, second.called), ..first }
    } else {
        second
    }
}

/// Asks with the span in the query, and where the server does not take that with a body as well, once: the description of
/// the API and a page of its documentation disagree. Which of the two it takes is part of what is known then.
async fn ask_with(connection: &Connection, key: &AccountKey, way: Way) -> Asked {
    let (start, end) = today(Timestamp::now(), TimeZone::system());
    let asked = |outcome, span| Asked { outcome, called: key.called.clone(), way: Way { span, ..way } };
    let outcome = connection.summary(key, start, end, way.span.unwrap_or(Span::Query)).await;
    match &outcome {
        Ok(_) => asked(outcome, way.span.or(Some(Span::Query))),
        Err(Failure::Status { status: 400 | 406 | 411 | 415 | 422, .. }) if way.span.is_none() => {
            let second = connection.summary(key, start, end, Span::Body).await;
            let span = if second.is_ok() { Span::Body } else { Span::Query };
            // What it says of the way that is documented best is of more use than what it says of the other.
            if second.is_ok() { asked(second, Some(span)) } else { asked(outcome, Some(span)) }
        }
        Err(_) => asked(outcome, way.span),
    }
}

/// From midnight to now.
///
/// The platform widens a span to whole days in the time zone of the account \[doc: the sample answer comes back from
/// 07:00:00.000Z to 06:59:59.999Z\], which nobody tells us. Midnight is therefore taken where this machine is: right
/// when account and developer share a time zone, up to a day too wide when they do not, and right as it stands should
/// the platform not widen after all.
fn today(now: Timestamp, zone: TimeZone) -> (Timestamp, Timestamp) {
    let midnight = now.to_zoned(zone).start_of_day().map_or(now, |midnight| midnight.timestamp());
    (midnight, now)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn counts_are_asked_for_soon_after_something_came_and_at_once_when_the_user_asks() {
        let mut settings = super::super::tests::settings(&"http://127.0.0.1:9".parse().unwrap());
        let mut counting = Counting::new(Arc::new(Connection::new(settings)));
        let start = Instant::now();
        let due = |counting: &Counting| counting.due().map(|due| due.duration_since(start).as_secs());
        counting.want();
        counting.changed();
        counting.ask_now();
        assert_eq!(due(&counting), None, "there is no key to ask with");

        settings = super::super::tests::settings(&"http://127.0.0.1:9".parse().unwrap());
        settings.user_key = Some(settings.event_key.clone());
        let clock = settings.clock;
        let mut counting = Counting::new(Arc::new(Connection::new(settings)));
        counting.want();
        assert_eq!(due(&counting), Some(0));
        counting.asked = Some(start);
        counting.succeeded(Way::default(), clock.now());
        assert_eq!(due(&counting), Some(60));
        counting.changed();
        assert_eq!(due(&counting), Some(10), "at most every 10 s");
        tokio::time::advance(Duration::from_secs(9)).await;
        counting.changed();
        assert_eq!(due(&counting), Some(10), "something that comes all the time does not put it off");
        tokio::time::advance(Duration::from_secs(11)).await;
        counting.asked = Some(start);
        counting.succeeded(Way::default(), clock.now());
        counting.changed();
        assert_eq!(due(&counting), Some(23), "within 5 s");
        counting.ask_now();
        assert_eq!(due(&counting), Some(20));
    }

    #[test]
    fn today_begins_at_midnight_of_this_machine() {
        let now: Timestamp = "2026-11-23T01:30:15.25Z".parse().unwrap();
        for (hours, start) in [(0, "2026-11-23T00:00:00Z"), (1, "2026-11-22T23:00:00Z"), (-8, "2026-11-22T08:00:00Z")] {
            let zone = TimeZone::fixed(jiff::tz::offset(hours));
            assert_eq!(today(now, zone), (start.parse().unwrap(), now));
        }
    }
}
