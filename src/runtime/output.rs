use std::collections::VecDeque;
use std::io;

use tokio::task::{JoinHandle, spawn_blocking};

use super::console::Console;
use super::editor::Editing;
use crate::app::{Outcome, Size};
use crate::event::Sanitized;

/// Something to do with the terminal.
#[derive(Debug)]
pub(super) enum Job {
    /// Write these bytes.
    Write(Vec<u8>),
    /// Show this text on the plain screen.
    Print(Sanitized),
    /// Give the terminal back and stop the process.
    Stop,
    /// Give the terminal to the user's editor.
    Edit(Box<Editing>),
    /// Take the terminal, from whatever state it is in.
    Enter,
}

/// The outcome of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// The bytes or the text were written.
    Written,
    /// The process was told to stop. It has gone on only when the signal to continue was seen.
    Stopped,
    /// Nobody could continue the process, so it was not stopped.
    NotStopped,
    /// The editor has ended or could not be run, and this became of the draft. The terminal is to be taken again.
    Edited(Outcome),
    /// The terminal is ours, and this large.
    Entered(Size),
}

/// Does the jobs for a terminal one after the other, away from the event loop: a terminal that takes no output, because
/// the line is slow or the other end is stopped, must not keep the program from reading, polling or leaving.
#[derive(Debug)]
pub(super) struct TerminalOutput<C> {
    /// `None` while a job runs, and when one panicked.
    console: Option<C>,
    waiting: VecDeque<Job>,
    running: Option<JoinHandle<(C, io::Result<Done>)>>,
}

impl<C: Console> TerminalOutput<C> {
    pub(super) fn new(console: C) -> Self {
        Self { console: Some(console), waiting: VecDeque::new(), running: None }
    }

    /// Does `job` after those that wait.
    pub(super) fn submit(&mut self, job: Job) {
        self.waiting.push_back(job);
        self.run_next();
    }

    /// Whether there is nothing to do.
    pub(super) fn is_idle(&self) -> bool {
        self.running.is_none()
    }

    /// Whether somebody is still at the other end, as far as can be known now.
    pub(super) fn is_alive(&self) -> bool {
        self.console.as_ref().is_none_or(Console::is_alive)
    }

    /// Waits for the running job; for ever when none runs. Nothing is lost when it is not waited for to the end.
    pub(super) async fn done(&mut self) -> io::Result<Done> {
        let Some(running) = &mut self.running else { return std::future::pending().await };
        let joined = running.await;
        self.running = None;
        let (console, done) = joined.map_err(io::Error::other)?;
        self.console = Some(console);
        if done.is_ok() {
            self.run_next();
        }
        done
    }

    /// Does what is left to do, and gives the terminal back.
    pub(super) async fn finish(&mut self) -> io::Result<()> {
        while !self.is_idle() {
            self.done().await?;
        }
        if let Some(console) = &mut self.console {
            console.leave();
        }
        Ok(())
    }

    fn run_next(&mut self) {
        if self.running.is_some() {
            return;
        }
        let Some(mut console) = self.console.take() else { return };
        let Some(job) = self.waiting.pop_front() else {
            self.console = Some(console);
            return;
        };
        self.running = Some(spawn_blocking(move || {
            let done = run(job, &mut console);
            (console, done)
        }));
    }
}

fn run(job: Job, console: &mut impl Console) -> io::Result<Done> {
    match job {
        Job::Write(bytes) => console.write(&bytes).map(|()| Done::Written),
        Job::Print(text) => console.print(&text).map(|()| Done::Written),
        Job::Stop if !console.can_stop() => Ok(Done::NotStopped),
        Job::Stop => {
            console.leave();
            console.stop().map(|()| Done::Stopped)
        }
        Job::Edit(editing) => Ok(Done::Edited(editing.carry_out(console))),
        Job::Enter => {
            console.leave();
            console.enter().map(Done::Entered)
        }
    }
}
