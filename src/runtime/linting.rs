//! The linting of what is on screen, on a thread of its own: no key waits for it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::waiting::Waiting;
use crate::app::Outcome;
use crate::app::composer::findings::Question;
use crate::app::findings::{EventFindings, Linted};
use crate::event::{Document, TypeName};
use crate::lint::{LintContext, Stage};
use crate::plan::Linter;
use crate::session::{Arrival, Captured};

/// Findings are passed on after so long, however many events are still to be checked.
const TOLD_AFTER: Duration = Duration::from_millis(30);

/// Lints events and drafts, and tells what it finds as [`Outcome`]s. Of each type only the events that came last wait, and
/// of drafts the newest text: where more comes than can be looked at, what is on screen no more is passed over.
///
/// It ends when it is dropped, after the event that it is at.
#[derive(Debug)]
pub(super) struct LintWorker {
    waiting: Arc<Waiting<State>>,
}

#[derive(Debug, Default)]
struct State {
    events: IndexMap<TypeName, OfOneType>,
    /// Whether what was learnt from events is to be forgotten.
    is_anew: bool,
    draft: Option<Box<Question>>,
}

/// The events of one type that came at the same time.
#[derive(Debug)]
struct OfOneType {
    events: VecDeque<Captured>,
    now: Timestamp,
}

/// The next task of the thread.
enum Work {
    Anew,
    Draft(Box<Question>),
    Events(VecDeque<(TypeName, OfOneType)>),
}

impl LintWorker {
    pub(super) fn new(linter: Linter, outcomes: &mpsc::UnboundedSender<Outcome>) -> Self {
        let waiting = Arc::new(Waiting::default());
        let (at, outcomes) = (Arc::clone(&waiting), outcomes.clone());
        if let Err(error) = thread::Builder::new().name("linting".into()).spawn(move || run(&at, linter, &outcomes)) {
            tracing::error!(%error, "nothing is linted");
            waiting.close();
        }
        Self { waiting }
    }

    /// Looks at events that the platform shows.
    pub(super) fn events(&self, events: Vec<Captured>, now: Timestamp) {
        let mut by_type = IndexMap::new();
        for event in events {
            let of_type =
                by_type.entry(event.event_type.clone()).or_insert_with(|| OfOneType { events: VecDeque::new(), now });
            of_type.events.push_back(event);
        }
        self.waiting.change(|state| state.events.extend(by_type));
    }

    /// Forgets what was learnt from events, and those that wait.
    pub(super) fn anew(&self) {
        self.waiting.change(|state| {
            state.events.clear();
            state.is_anew = true;
        });
    }

    /// Looks at a draft as it would be sent.
    pub(super) fn draft(&self, question: Box<Question>) {
        self.waiting.change(|state| state.draft = Some(question));
    }
}

impl Drop for LintWorker {
    fn drop(&mut self) {
        self.waiting.close();
    }
}

fn run(waiting: &Waiting<State>, mut linter: Linter, outcomes: &mpsc::UnboundedSender<Outcome>) {
    while let Some(work) = waiting.next(State::work) {
        let outcome = match work {
            Work::Anew => {
                linter.forget();
                continue;
            }
            Work::Draft(question) => {
                let answer = question.answer(&linter).map(Box::new);
                Outcome::DraftLinted { number: question.number, answer }
            }
            Work::Events(mut events) => {
                let told = observe(waiting, &mut linter, &mut events);
                waiting.change(|state| state.put_back(events));
                Outcome::Linted(told)
            }
        };
        if outcomes.send(outcome).is_err() {
            return;
        }
    }
}

/// Looks at one event after the other, until it is time to tell.
fn observe(
    waiting: &Waiting<State>,
    linter: &mut Linter,
    of_types: &mut VecDeque<(TypeName, OfOneType)>,
) -> Vec<Linted> {
    let begun = Instant::now();
    let mut told = Vec::new();
    while let Some((_, OfOneType { events, now })) = of_types.front_mut() {
        let Some(event) = events.pop_front() else {
            of_types.pop_front();
            continue;
        };
        // What was refused is as it was sent, and nothing is learnt from it for others.
        let is_refused = event.arrival == Arrival::Refused;
        let stage = if is_refused { Stage::Outgoing } else { Stage::Received };
        let context = LintContext { stage, now: *now };
        let mut look = |document: &Document| {
            if is_refused { linter.alone().all(document, context) } else { linter.observe(document, context) }
        };
        // Text that cannot be read has its own error where it is shown.
        let found =
            Document::new(Arc::clone(&event.payload)).map(|document| EventFindings::new(&document, look(&document)));
        told.push(Linted { event, found: found.unwrap_or_default().into() });
        if begun.elapsed() > TOLD_AFTER || waiting.is_closed() {
            break;
        }
    }
    told
}

impl State {
    /// The next thing to do. A draft goes first: somebody types it.
    fn work(&mut self) -> Option<Work> {
        if std::mem::take(&mut self.is_anew) {
            return Some(Work::Anew);
        }
        if let Some(draft) = self.draft.take() {
            return Some(Work::Draft(draft));
        }
        (!self.events.is_empty()).then(|| Work::Events(self.events.drain(..).collect()))
    }

    /// Puts events back that were not looked at, before those that have come since, unless these are newer.
    fn put_back(&mut self, events: VecDeque<(TypeName, OfOneType)>) {
        // They are of another place of the tape.
        if self.is_anew {
            return;
        }
        let newer = std::mem::replace(&mut self.events, events.into_iter().collect());
        self.events.extend(newer);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::app::fixture::captured;
    use crate::lint::Finding;

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    fn rules(findings: &[Finding]) -> Vec<&'static str> {
        findings.iter().map(|finding| finding.rule.id).collect()
    }

    #[test]
    fn every_event_that_is_handed_over_is_told_of_with_what_is_wrong_with_it() {
        let (sender, mut outcomes) = mpsc::unbounded_channel();
        let linting = LintWorker::new(Linter::default(), &sender);
        let names: Vec<_> = (0..500).map(|number| format!("type_{number}")).collect();
        let text = r#"{"event":"x","email":"jane.doe@acme.com","billing_date":"2014-14-11T17:27:20+00:00"}"#;
        linting.events(names.iter().map(|name| captured(name, text)).collect(), now());
        let mut told = Vec::new();
        while told.len() < names.len() {
            match outcomes.blocking_recv().unwrap() {
                Outcome::Linted(linted) => told.extend(linted),
                other => panic!("{other:?}"),
            }
        }
        for (linted, name) in told.iter().zip(&names) {
            assert_eq!(linted.event.event_type.as_str(), name);
            assert!(rules(linted.found.findings()).contains(&"date-impossible"), "{linted:?}");
        }
    }

    #[test]
    fn of_a_draft_the_newest_text_is_told_of_last_and_by_its_number() {
        let (sender, mut outcomes) = mpsc::unbounded_channel();
        let linting = LintWorker::new(Linter::default(), &sender);
        for number in 1..=50 {
            let draft = r#"[{"event":"a.b","customer_id":"1"}]"#.to_owned();
            let (email, environment) = (String::new(), BTreeMap::new());
            linting.draft(Box::new(Question { number, draft, now: now(), seed: 0, seq: 1, email, environment }));
        }
        loop {
            let outcome = outcomes.blocking_recv().unwrap();
            let Outcome::DraftLinted { number, answer } = outcome else { panic!("{outcome:?}") };
            let list = answer.unwrap().list;
            let pointers: Vec<_> = list.iter().map(|placed| placed.finding.path.pointer()).collect();
            assert_eq!(pointers, ["/0/event"], "{list:?}");
            if number == 50 {
                break;
            }
        }
    }

    #[test]
    fn it_ends_when_nobody_needs_it_any_more() {
        let (sender, mut outcomes) = mpsc::unbounded_channel();
        let linting = LintWorker::new(Linter::default(), &sender);
        drop(sender);
        drop(linting);
        assert_eq!(outcomes.blocking_recv(), None);
    }
}
