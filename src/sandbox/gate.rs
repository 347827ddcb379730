//! What waits for a key press: requests before they are passed on, and the events of a scenario.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit, oneshot, watch};

use crate::event::Sanitized;

/// How many requests may wait at a time. Their senders may be gone, so nothing else bounds them.
pub(super) const MOST_HELD: usize = 512;

/// Lets what waits go on, one at a time, and tells of it.
#[derive(Debug)]
pub(super) struct Gate {
    queue: Mutex<VecDeque<(Sanitized, oneshot::Sender<()>)>>,
    /// How many events of the scenario may come in.
    events: Semaphore,
    waits: watch::Sender<Waits>,
}

/// What waits at a collector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Waits {
    /// How many requests do.
    pub(super) held: usize,
    /// The first of them.
    pub(super) first: Option<Sanitized>,
    /// Whether the next event of a scenario does.
    pub(super) scenario: bool,
    /// How many requests could not be passed on, and are kept.
    pub(super) unsent: usize,
}

impl Default for Gate {
    fn default() -> Self {
        Self { queue: Mutex::default(), events: Semaphore::new(0), waits: watch::Sender::default() }
    }
}

impl Gate {
    fn queue(&self) -> MutexGuard<'_, VecDeque<(Sanitized, oneshot::Sender<()>)>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, queue: &VecDeque<(Sanitized, oneshot::Sender<()>)>) {
        let first = queue.front().map(|(request, _)| request.clone());
        self.change(|waits| Waits { held: queue.len(), first, ..waits });
    }

    /// Tells of what waits now, where that is news.
    fn change(&self, change: impl FnOnce(Waits) -> Waits) {
        self.waits.send_if_modified(|waits| {
            let before = waits.clone();
            *waits = change(before.clone());
            *waits != before
        });
    }

    /// Holds a request until it may go on; `false` at once where too many wait.
    pub(super) async fn hold(&self, request: Sanitized) -> bool {
        let go = {
            let mut queue = self.queue();
            if queue.len() >= MOST_HELD {
                return false;
            }
            let (go, gone) = oneshot::channel();
            queue.push_back((request, go));
            self.tell(&queue);
            gone
        };
        go.await.is_ok()
    }

    /// From here on, or no longer, each event of a scenario waits.
    pub(super) fn play_by_keys(&self, by_keys: bool) {
        self.change(|waits| Waits { scenario: by_keys, ..waits });
    }

    /// Waits until the next event of the scenario may come in.
    pub(super) async fn event(&self) {
        drop(self.events.acquire().await.map(SemaphorePermit::forget));
    }

    /// Lets the request go on that has waited longest, else the next event of the scenario come in.
    pub(super) fn press(&self) {
        let mut queue = self.queue();
        let went = std::iter::from_fn(|| queue.pop_front()).any(|(_, go)| go.send(()).is_ok());
        self.tell(&queue);
        if !went && self.waits.borrow().scenario {
            self.events.add_permits(1);
        }
    }

    /// So many requests are kept that could not be passed on.
    pub(super) fn keeps(&self, unsent: usize) {
        self.change(|waits| Waits { unsent, ..waits });
    }

    /// Tells of what waits as it changes, from now on; at once where something does.
    pub(super) fn watch(&self) -> watch::Receiver<Waits> {
        let mut watch = self.waits.subscribe();
        if *watch.borrow() != Waits::default() {
            watch.mark_changed();
        }
        watch
    }
}
