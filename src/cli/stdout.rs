use std::io::{self, Write};

use rustix::event::{PollFd, PollFlags};

use crate::event::Sanitized;
use crate::runtime;

/// Where lines for other programs go.
pub(super) trait Output {
    /// Writes it all, now.
    fn write(&mut self, text: &Sanitized) -> io::Result<()>;

    /// Whether nobody reads any more.
    fn is_closed(&self) -> bool;

    /// Ends as soon as nobody reads any more; never where the system does not tell.
    fn closed(&self) -> impl Future<Output = ()> + Send + use<Self>;
}

/// The standard output of the process.
#[derive(Debug)]
pub(super) struct Stdout;

impl Output for Stdout {
    /// A reader that does not read holds this up for as long as it likes, but nothing else: not even on a machine with
    /// one core, where the runtime has but one thread.
    fn write(&mut self, text: &Sanitized) -> io::Result<()> {
        tokio::task::block_in_place(|| {
            let mut stdout = io::stdout().lock();
            stdout.write_all(text.as_bytes())?;
            stdout.flush()
        })
    }

    /// Asks the system without writing: a program that has nothing to say for hours must not outlive its reader.
    fn is_closed(&self) -> bool {
        let stdout = io::stdout();
        let mut polled = [PollFd::new(&stdout, PollFlags::empty())];
        let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
        let gone = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
        rustix::event::poll(&mut polled, Some(&now)).is_ok() && polled.iter().any(|fd| fd.revents().intersects(gone))
    }

    fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
        runtime::stdout_lost()
    }
}
