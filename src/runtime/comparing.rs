//! The comparison of events, on a thread of its own: no key waits for two large ones.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;

use tokio::sync::mpsc;

use super::waiting::Waiting;
use crate::app::Outcome;
use crate::app::changes::Pair;

/// Compares events, and tells of each pair as an [`Outcome`]. What is asked last replaces what still waits: nobody looks at
/// that any more.
///
/// It ends when it is dropped, after the pair that it is at.
#[derive(Debug)]
pub(super) struct CompareWorker {
    waiting: Arc<Waiting<VecDeque<Pair>>>,
}

impl CompareWorker {
    pub(super) fn new(outcomes: &mpsc::UnboundedSender<Outcome>) -> Self {
        let waiting = Arc::new(Waiting::default());
        let (at, outcomes) = (Arc::clone(&waiting), outcomes.clone());
        if let Err(error) = thread::Builder::new().name("comparing".into()).spawn(move || run(&at, &outcomes)) {
            tracing::error!(%error, "nothing is compared");
            waiting.close();
        }
        Self { waiting }
    }

    /// Compares these, and no others that were asked for before.
    pub(super) fn compare(&self, pairs: Vec<Pair>) {
        self.waiting.change(|waiting| *waiting = pairs.into());
    }
}

impl Drop for CompareWorker {
    fn drop(&mut self) {
        self.waiting.close();
    }
}

fn run(waiting: &Waiting<VecDeque<Pair>>, outcomes: &mpsc::UnboundedSender<Outcome>) {
    while let Some(pair) = waiting.next(VecDeque::pop_front) {
        if outcomes.send(Outcome::Compared(pair.compare())).is_err() {
            return;
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::app::fixture::captured;
    use crate::session::{Captured, EventNumber};

    fn pair(number: u64, after: &str) -> Pair {
        let after = Captured { number: EventNumber(number), ..captured("view", after) };
        Pair::of(&captured("view", r#"{"n":0}"#), &after, &Arc::default()).unwrap()
    }

    #[test]
    fn what_is_asked_last_is_told_of_also_while_much_else_waits() {
        let (sender, mut outcomes) = mpsc::unbounded_channel();
        let comparing = CompareWorker::new(&sender);
        for _ in 0..50 {
            comparing.compare((1..100).map(|number| pair(number, r#"{"n":1}"#)).collect());
        }
        comparing.compare(vec![pair(100, r#"{"n":2}"#)]);
        loop {
            let outcome = outcomes.blocking_recv().unwrap();
            let Outcome::Compared(compared) = outcome else { panic!("{outcome:?}") };
            if compared.pair.1 == EventNumber(100) {
                assert_eq!(compared.words(), "n 0 → 2");
                break;
            }
        }
        drop(sender);
        drop(comparing);
        assert_eq!(outcomes.blocking_recv(), None, "it ends when nobody needs it any more");
    }
}
