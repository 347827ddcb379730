//! What waits for a thread: one side adds to it, the other takes from it, until it is closed.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A state that a thread waits for.
#[derive(Debug, Default)]
pub(super) struct Waiting<S> {
    contents: Mutex<Contents<S>>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Contents<S> {
    state: S,
    closed: bool,
}

impl<S> Waiting<S> {
    /// Changes the state and wakes the thread; does nothing once it is closed.
    pub(super) fn change(&self, change: impl FnOnce(&mut S)) {
        let mut contents = self.lock();
        if !contents.closed {
            change(&mut contents.state);
            self.changed.notify_all();
        }
    }

    /// Lets the thread end: nothing is taken any more, also not what waits.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Whether it is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Waits until `take` finds something in the state; `None` once it is closed.
    pub(super) fn next<T>(&self, mut take: impl FnMut(&mut S) -> Option<T>) -> Option<T> {
        let mut contents = self.lock();
        loop {
            if contents.closed {
                return None;
            }
            let taken = take(&mut contents.state);
            if taken.is_some() {
                return taken;
            }
            contents = self.changed.wait(contents).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Contents<S>> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
