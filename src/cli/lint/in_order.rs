//! Work on all cores whose outcomes come in the order of what was worked on, with no more at once than there are threads.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// More than so many threads wait for each other more than they do.
const MOST: usize = 8;

/// How many threads there may be.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(1, |threads| threads.get().min(MOST))
}

/// Whose outcome is told next.
struct Turn<T> {
    number: u64,
    tell: T,
    outcome: io::Result<()>,
    /// Whether nothing more is told.
    is_over: bool,
}

/// Works on what `next` gives, one thing a thread, and tells the outcomes in that order; to the end, or to the first error.
///
/// `next` is handed a function that returns when all that was given before has been told: whoever is about to wait for
/// input calls it, so that nobody waits for an outcome that is known. It says whether more is wanted.
pub(super) fn in_order<W, D>(
    threads: usize,
    next: impl FnMut(&dyn Fn() -> bool) -> Option<W> + Send,
    work: impl Fn(W) -> D + Sync,
    tell: impl FnMut(D) -> io::Result<()> + Send,
) -> io::Result<()> {
    let source = Mutex::new((next, 0_u64));
    let turn = Mutex::new(Turn { number: 0, tell, outcome: Ok(()), is_over: false });
    let changed = Condvar::new();
    let until = |number: u64| {
        let turn = locked(&turn);
        changed.wait_while(turn, |turn| turn.number != number && !turn.is_over).unwrap_or_else(PoisonError::into_inner)
    };
    let run = || {
        let _end = OnPanic(|| {
            locked(&turn).is_over = true;
            changed.notify_all();
        });
        loop {
            let (mine, number) = {
                let mut source = locked(&source);
                let (next, number) = &mut *source;
                let own = *number;
                if locked(&turn).is_over {
                    return;
                }
                let Some(mine) = next(&|| !until(own).is_over) else { return };
                *number += 1;
                (mine, own)
            };
            let done = work(mine);
            let mut turn = until(number);
            if turn.is_over {
                return;
            }
            turn.outcome = (turn.tell)(done);
            turn.is_over = turn.outcome.is_err();
            turn.number += 1;
            drop(turn);
            changed.notify_all();
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(run);
        }
        run();
    });
    turn.into_inner().unwrap_or_else(PoisonError::into_inner).outcome
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does something where the thread ends before its time: the others are not to wait for it.
struct OnPanic<F: Fn()>(F);

impl<F: Fn()> Drop for OnPanic<F> {
    fn drop(&mut self) {
        if thread::panicking() {
            (self.0)();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn outcomes_come_in_the_order_of_the_input_and_few_at_once() {
        for threads in 1..5 {
            let (mut given, told) = (0..1_000_u64, Mutex::new(Vec::new()));
            let (open, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let done = in_order(
                threads,
                |_| given.next(),
                |number| {
                    most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    // Some take longer than others.
                    (0..number % 7 * 500).fold(number, |sum, _| std::hint::black_box(sum))
                },
                |number| {
                    open.fetch_sub(1, Ordering::SeqCst);
                    locked(&told).push(number);
                    Ok(())
                },
            );
            assert!(done.is_ok());
            assert!(locked(&told).iter().copied().eq(0..1_000), "{threads} threads");
            assert!(most.into_inner() <= threads);
        }
    }

    #[test]
    fn nothing_is_given_or_told_after_an_error_and_all_is_told_before_input_is_waited_for() {
        for threads in 1..5 {
            let (mut given, told) = (0..1_000_u64, AtomicUsize::new(0));
            let failed = in_order(
                threads,
                |until_told| {
                    let next = given.next()?;
                    if next % 10 == 0 {
                        let is_wanted = until_told();
                        assert_eq!(is_wanted, next <= 500);
                        assert!(next > 500 || told.load(Ordering::SeqCst) as u64 == next);
                    }
                    Some(next)
                },
                |number| number,
                |number| {
                    told.fetch_add(1, Ordering::SeqCst);
                    if number == 500 { Err(io::Error::other("full")) } else { Ok(()) }
                },
            );
            assert!(failed.is_err_and(|error| error.to_string() == "full"));
            assert_eq!(told.into_inner(), 501);
        }
    }
}
