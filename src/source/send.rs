//! Sends events: call by call, at a rate that the platform asks for, again where that can help.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use super::connection::Connection;
use super::failure::Failure;
use super::http::CompleteAnswer;
use super::settings::Settings;
use super::{Clock, backoff, problem};
use crate::blueshift::{Call, limits};
use crate::session::{CallOutcome, Delivery, ProblemKind, Record, Retry};

/// How much of an answer's body is kept, in columns.
const LONGEST_BODY: usize = 200;

/// How long the span is in which calls are counted.
const WINDOW: Duration = Duration::from_secs(1);

/// Keeps calls apart, and no more than so many in any second: also where one is late, and where one is made again.
#[derive(Clone, Debug)]
pub struct Pace {
    /// The most calls of a second; `None` is no limit.
    most: Option<usize>,
    gap: Duration,
    /// Before when the next must not go out, for the sake of the one before.
    next: Option<Instant>,
    /// When the last ones were answered, as many as may be in a second at most. Until then they may have arrived.
    answered: VecDeque<Instant>,
}

impl Pace {
    /// So many calls a second, evenly.
    pub fn calls_a_second(calls: u32) -> Self {
        let calls = calls.max(1);
        let most = Some(usize::try_from(calls).unwrap_or(usize::MAX));
        Self { most, gap: WINDOW / calls, ..Self::unlimited() }
    }

    /// No sooner than so long after the one before.
    pub fn every(gap: Duration) -> Self {
        Self { gap, ..Self::unlimited() }
    }

    /// As fast as they are answered.
    pub fn unlimited() -> Self {
        Self { most: None, gap: Duration::ZERO, next: None, answered: VecDeque::new() }
    }

    /// When a call may go out that is ready at `now`.
    fn due(&mut self, now: Instant) -> Instant {
        while self.answered.front().is_some_and(|answered| *answered + WINDOW <= now) {
            self.answered.pop_front();
        }
        let next = self.next.map_or(now, |next| next.max(now));
        match self.most.and_then(|most| self.answered.len().checked_sub(most)) {
            // The call arrives after it goes out, and that one arrived before it was answered.
            Some(oldest) => self.answered.get(oldest).map_or(next, |answered| next.max(*answered + WINDOW)),
            None => next,
        }
    }

    /// Learns that a call goes out now, which may be later than it was due.
    fn goes_out(&mut self, now: Instant) {
        self.next = Some(now + self.gap);
    }

    /// Learns that it was answered, or given up.
    fn ended(&mut self, now: Instant) {
        if self.most.is_some() {
            self.answered.push_back(now);
        }
    }
}

impl Default for Pace {
    /// The platform's limit.
    fn default() -> Self {
        Self::calls_a_second(limits::BULK_CALLS_PER_SECOND)
    }
}

/// Which call of which batch a delivery is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// The batch's number.
    pub batch: u64,
    /// Which of its calls, from 0.
    pub call: usize,
    /// How many calls it takes.
    pub calls: usize,
}

/// What happens to a call before it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// An attempt goes out now.
    Attempt,
    /// It failed, and another will follow.
    Failed(Retry),
}

/// Sends calls one after the other over one connection.
#[derive(Debug)]
pub struct Sender {
    connection: Arc<Connection>,
    pace: Pace,
}

impl Sender {
    /// One that sends with the Event key of `settings`. The HTTP client is built with the first call.
    pub fn new(settings: Settings, pace: Pace) -> Self {
        Self::over(Arc::new(Connection::new(settings)), pace)
    }

    pub(super) fn over(connection: Arc<Connection>, pace: Pace) -> Self {
        Self { connection, pace }
    }

    /// Makes `call` when its time has come, and again after 429, a 5xx and network trouble, with the documented waits
    /// between; `telling` is told of each attempt, and of each that will be followed by another. Dropping the future
    /// between two attempts sends nothing more; in the middle of one it cannot be known whether the events arrived.
    pub async fn deliver(&mut self, label: Label, call: &Call, mut telling: impl FnMut(Stage)) -> Delivery {
        let clock = self.connection.settings.clock;
        let (mut attempts, mut perhaps) = (0, false);
        loop {
            sleep_until(self.pace.due(Instant::now())).await;
            self.pace.goes_out(Instant::now());
            telling(Stage::Attempt);
            let started = clock.now();
            let outcome = self.connection.deliver(call).await;
            let at = clock.now();
            self.pace.ended(Instant::now());
            attempts += 1;
            let status = match &outcome {
                Ok(answer) => Some(answer.status),
                Err(failure) => failure.status(),
            };
            let ended = |verdict| Delivery {
                batch: label.batch,
                call: label.call,
                calls: label.calls,
                events: Arc::clone(&call.events),
                at,
                took: at.since(started),
                attempts,
                status,
                verdict,
            };
            let failure = match outcome {
                Ok(answer) => return ended(self.answered(&answer)),
                Err(failure) => failure,
            };
            if let Some(refused) = refused(&failure) {
                return ended(refused);
            }
            perhaps |= failure.may_have_arrived();
            let problem = self.connection.problem_of_sending(&failure, call, perhaps);
            if attempts >= limits::ATTEMPTS || !can_pass(problem.kind) {
                return ended(CallOutcome::Failed(problem));
            }
            let wait = backoff::wait(attempts, backoff::jitter(), failure.retry_after());
            let wait = wait.mul_f64(self.connection.settings.timeouts.retry.as_secs_f64());
            let next = Clock::after(at, wait);
            telling(Stage::Failed(Retry { batch: label.batch, attempts, problem, perhaps, next, at }));
            sleep(wait).await;
        }
    }

    fn answered(&self, answer: &CompleteAnswer) -> CallOutcome {
        let body = String::from_utf8_lossy(&answer.body);
        // A captive portal says 200 to everything.
        if problem::is_web_page(&body) {
            return CallOutcome::Failed(self.connection.problem_of_web_page());
        }
        CallOutcome::Taken { status: answer.status, body: self.connection.keys.line(&body, LONGEST_BODY) }
    }
}

/// The server's reasons to refuse the events; `None` when the failure is about something else.
fn refused(failure: &Failure) -> Option<CallOutcome> {
    let Failure::Status { status: status @ 400..=499, said, fields, .. } = failure else { return None };
    if matches!(status, 401 | 403 | 404 | 405 | 408 | 429) {
        return None;
    }
    let reason = || reqwest::StatusCode::from_u16(*status).ok()?.canonical_reason();
    let message = said.clone().unwrap_or_else(|| reason().unwrap_or("refused").into());
    Some(CallOutcome::Refused { status: *status, message, fields: fields.clone() })
}

/// Whether trouble of this kind may be over at the next attempt.
fn can_pass(kind: ProblemKind) -> bool {
    matches!(kind, ProblemKind::RateLimited | ProblemKind::Unreachable)
}

/// Sends what comes, in order, and records what becomes of it, until nobody hands anything over or listens any more.
pub(super) async fn forward(
    connection: Arc<Connection>,
    mut outbox: mpsc::UnboundedReceiver<(u64, Vec<Call>)>,
    records: mpsc::Sender<Vec<Record>>,
) {
    let mut sender = Sender::over(connection, Pace::default());
    while let Some((batch, calls)) = outbox.recv().await {
        for (number, call) in calls.iter().enumerate() {
            let label = Label { batch, call: number, calls: calls.len() };
            let (telling, mut retries) = mpsc::unbounded_channel();
            let delivering = sender.deliver(label, call, |stage| {
                if let Stage::Failed(retry) = stage {
                    drop(telling.send(retry));
                }
            });
            tokio::pin!(delivering);
            let delivery = loop {
                tokio::select! {
                    () = records.closed() => return,
                    Some(retry) = retries.recv() => {
                        if records.send(vec![Record::Retrying(retry)]).await.is_err() {
                            return;
                        }
                    }
                    delivery = &mut delivering => break delivery,
                }
            };
            let failed = matches!(delivery.verdict, CallOutcome::Failed(_)).then(|| delivery.clone());
            if records.send(vec![Record::Delivered(delivery)]).await.is_err() {
                return;
            }
            let Some(failed) = failed else { continue };
            // A call that failed once will fail again a moment later, and the order of events is kept: the rest of the
            // batch shares its fate without being tried.
            for (number, call) in calls.iter().enumerate().skip(number + 1) {
                let untried = Delivery {
                    call: number,
                    events: Arc::clone(&call.events),
                    attempts: 0,
                    status: None,
                    took: Duration::ZERO,
                    ..failed.clone()
                };
                if records.send(vec![Record::Delivered(untried)]).await.is_err() {
                    return;
                }
            }
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_keeps_calls_apart_and_does_not_save_up_idle_time() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut pace = Pace::calls_a_second(5);
        let cases = [(0, 0), (0, 200), (50, 400), (390, 600), (2_000, 2_000), (2_001, 2_200), (2_500, 2_500)];
        for (ready, due) in cases {
            assert_eq!(pace.due(at(ready)), at(due), "ready at {ready} ms");
            pace.goes_out(at(due));
            pace.ended(at(due));
        }
        // One that went out late, such as after a machine that slept, keeps the next away.
        pace.goes_out(at(3_150));
        assert_eq!(pace.due(at(3_200)), at(3_350));
        let mut unlimited = Pace::unlimited();
        assert_eq!((unlimited.due(at(7)), unlimited.due(at(7))), (at(7), at(7)));
    }

    proptest::proptest! {
        /// However long each takes to arrive and to be answered, and however late each goes out.
        #[test]
        fn no_second_has_more_calls_than_its_limit(
            limit in 1_u32..8, calls in proptest::collection::vec((0_u64..400, 0_u64..600, 0_u64..600, 0_u64..90), 2..40),
        ) {
            let start = Instant::now();
            let (mut pace, mut now, mut arrived) = (Pace::calls_a_second(limit), start, Vec::new());
            for (idle, there, back, late) in calls {
                now = pace.due(now + Duration::from_millis(idle)) + Duration::from_millis(late);
                pace.goes_out(now);
                arrived.push(now + Duration::from_millis(there));
                now += Duration::from_millis(there + back);
                pace.ended(now);
            }
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            for (first, next) in arrived.iter().zip(arrived.iter().skip(limit)) {
                proptest::prop_assert!(next.duration_since(*first) >= WINDOW, "{arrived:?}");
            }
        }
    }
}
