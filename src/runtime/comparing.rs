//! The comparison of events, on a thread of its own: no key waits for two large ones.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::mpsc;

use crate::app::Outcome;
use crate::app::changes::Pair;

/// Compares events, and tells of each pair as an [`Outcome`]. What is asked last replaces what still waits: nobody looks at
/// that any more.
///
/// It ends when it is dropped, after the pair that it is at.
#[derive(Debug)]
pub(super) struct CompareWorker {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Pair>,
    closed: bool,
}

impl CompareWorker {
    pub(super) fn new(outcomes: &mpsc::UnboundedSender<Outcome>) -> Self {
        let shared = Arc::new(Shared::default());
        let (at, outcomes) = (Arc::clone(&shared), outcomes.clone());
        if let Err(error) = thread::Builder::new().name("comparing".into()).spawn(move || at.run(&outcomes)) {
            tracing::error!(%error, "nothing is compared");
        }
        Self { shared }
    }

    /// Compares these, and no others that were asked for before.
    pub(super) fn compare(&self, pairs: Vec<Pair>) {
        self.shared.lock().waiting = pairs.into();
        self.shared.changed.notify_all();
    }
}

impl Drop for CompareWorker {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, outcomes: &mpsc::UnboundedSender<Outcome>) {
        while let Some(pair) = self.wait() {
            if outcomes.send(Outcome::Compared(pair.compare())).is_err() {
                return;
            }
        }
    }

    /// Waits for a pair; `None` when there is nothing more to come.
    fn wait(&self) -> Option<Pair> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(pair) = state.waiting.pop_front() {
                return Some(pair);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
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
