//! What is asked of events, answered beside the event loop: queries by a child process, texts on a thread that may wait.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::app::Outcome;
use crate::app::scan::{Question, ScanStep, Scanned};
use crate::event::Payload;
use crate::jq::{Client, Limits, itself};
use crate::query::Verdict;

/// Answers one question after the other, and ends the one that nobody waits for any more.
#[derive(Debug)]
pub(super) struct QueryWorker {
    jobs: mpsc::UnboundedSender<Job>,
}

#[derive(Debug)]
enum Job {
    Evaluate {
        number: u64,
        expression: String,
        event: Arc<Payload>,
    },
    Scan(Box<ScanStep>),
    /// Nobody waits for an evaluation.
    StopEvaluation,
    /// Nobody waits for the answers of the session's events.
    StopScan,
}

impl Job {
    /// Whether nobody waits for `other` when this comes.
    fn replaces(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Evaluate { .. } | Self::StopEvaluation, Self::Evaluate { .. }) => true,
            (Self::Scan(newer), Self::Scan(older)) => {
                newer.question.narrows() == older.question.narrows() && newer.generation != older.generation
            }
            (Self::StopScan, Self::Scan(older)) => older.question.narrows(),
            _ => false,
        }
    }
}

impl QueryWorker {
    pub(super) fn new(outcomes: &mpsc::UnboundedSender<Outcome>) -> Self {
        let (jobs, receiver) = mpsc::unbounded_channel();
        tokio::spawn(work(receiver, outcomes.clone()));
        Self { jobs }
    }

    /// Evaluates an expression for an event.
    pub(super) fn evaluate(&self, number: u64, expression: String, event: Arc<Payload>) {
        self.add(Job::Evaluate { number, expression, event });
    }

    /// Asks events of the session.
    pub(super) fn scan(&self, step: Box<ScanStep>) {
        self.add(Job::Scan(step));
    }

    /// Ends the evaluation for one event.
    pub(super) fn stop_evaluation(&self) {
        self.add(Job::StopEvaluation);
    }

    /// Ends the query over the session.
    pub(super) fn stop_scan(&self) {
        self.add(Job::StopScan);
    }

    fn add(&self, job: Job) {
        // Nobody listens only when the program ends.
        drop(self.jobs.send(job));
    }
}

async fn work(mut jobs: mpsc::UnboundedReceiver<Job>, outcomes: mpsc::UnboundedSender<Outcome>) {
    let mut client = Client::new(itself(), Limits::default());
    let mut waiting: VecDeque<Job> = VecDeque::new();
    loop {
        let job = match waiting.pop_front() {
            Some(job) => job,
            None => match jobs.recv().await {
                Some(job) => job,
                None => return,
            },
        };
        let mut answer = Box::pin(answer(&mut client, &job));
        let outcome = loop {
            tokio::select! {
                biased;
                newer = jobs.recv() => {
                    let Some(newer) = newer else { return };
                    waiting.retain(|other| !newer.replaces(other));
                    let replaced = newer.replaces(&job);
                    waiting.push_back(newer);
                    if replaced {
                        break None;
                    }
                }
                outcome = &mut answer => break outcome,
            }
        };
        if outcome.is_some_and(|outcome| outcomes.send(outcome).is_err()) {
            return;
        }
    }
}

/// The answer to a question. Dropped on the way, it takes the child with it that it waits for.
async fn answer(client: &mut Client, job: &Job) -> Option<Outcome> {
    match job {
        Job::Evaluate { number, expression, event } => {
            let answer = client.values(expression, event.text()).await;
            Some(Outcome::Evaluated { number: *number, answer })
        }
        Job::Scan(step) => match &*step.question {
            Question::Query(expression) => Some(Outcome::Scanned(Box::new(query(client, step, expression).await))),
            Question::Text(_) | Question::Value { .. } => {
                let step = step.clone();
                let answered = spawn_blocking(move || step.answer());
                answered.await.ok().flatten().map(|scanned| Outcome::Scanned(Box::new(scanned)))
            }
        },
        Job::StopEvaluation | Job::StopScan => None,
    }
}

async fn query(client: &mut Client, step: &ScanStep, expression: &str) -> Scanned {
    let mut scanned = Scanned { generation: step.generation, ..Scanned::default() };
    let mut numbers = step.events.iter().map(|(number, _)| *number);
    let texts = step.events.iter().map(|(_, payload)| payload.text());
    let tested = client.test(expression, texts, |verdict| {
        let number = numbers.next();
        match verdict {
            Verdict::Matches => scanned.found.extend(number),
            Verdict::Differs => {}
            Verdict::Failed(why) => {
                scanned.failed += 1;
                scanned.failure.get_or_insert(why);
            }
        }
    });
    let error = tested.await.err();
    Scanned { error, ..scanned }
}
