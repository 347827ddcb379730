//! The command that is run: in a group of its own, so that all of it can be ended, and in the foreground of the terminal.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal as Blocked};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, getpgrp, getpid, kill_process, kill_process_group, waitid};
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::cli::stderr;
use crate::expect::CommandEnd;

/// How long a command may take to end once it was asked to.
const GRACE: Duration = Duration::from_secs(2);
/// How often it is looked whether the command was stopped at the terminal.
const LOOK: Duration = Duration::from_millis(50);

/// A command that runs.
pub(super) struct Running {
    child: Child,
    group: Option<Pid>,
    terminal: Option<Terminal>,
    is_over: bool,
}

/// The terminal, while the command has it.
struct Terminal {
    modes: Termios,
}

impl Running {
    /// Starts a command; its standard output is ours, or our standard error where `aside`.
    pub(super) fn start(words: &[OsString], aside: bool) -> io::Result<Self> {
        let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command.args(arguments).process_group(0);
        if aside {
            command.stdout(stderr::for_a_command());
        } else {
            command.stdout(Stdio::inherit());
        }
        let child = command.spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let terminal = group.and_then(Terminal::give);
        Ok(Self { child, group, terminal, is_over: false })
    }

    /// Waits for its end. It is safe to be dropped.
    pub(super) async fn ended(&mut self) -> CommandEnd {
        loop {
            let waited = match &self.terminal {
                Some(_) => timeout(LOOK, self.child.wait()).await,
                None => Ok(self.child.wait().await),
            };
            match waited {
                Ok(status) => {
                    self.is_over = true;
                    self.terminal.take().into_iter().for_each(Terminal::take_back);
                    return status.map_or(CommandEnd::Code(1), end);
                }
                Err(_) => self.stop_with_it(),
            }
        }
    }

    /// Where the user stopped it at the terminal, we stop too: the shell has the terminal then.
    fn stop_with_it(&mut self) {
        let Some(group) = self.group else { return };
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        let is_stopped = waitid(WaitId::Pid(group), options).ok().flatten().is_some_and(|status| status.stopped());
        if is_stopped && let Some(terminal) = self.terminal.take() {
            terminal.take_back();
            let _ = kill_process(getpid(), Signal::TSTP);
            self.terminal = Terminal::give(group);
            let _ = kill_process_group(group, Signal::CONT);
        }
    }

    /// Ends it and all that it started in its group: asks, and after a while does not ask.
    pub(super) async fn end(&mut self, signal: Signal) {
        let Some(group) = self.group.filter(|_| !self.is_over) else { return };
        let _ = kill_process_group(group, signal);
        let _ = kill_process_group(group, Signal::CONT);
        let _ = timeout(GRACE, self.child.wait()).await;
        let _ = kill_process_group(group, Signal::KILL);
        let _ = timeout(GRACE, self.child.wait()).await;
        self.is_over = true;
        self.terminal.take().into_iter().for_each(Terminal::take_back);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group.filter(|_| !self.is_over) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        self.terminal.take().into_iter().for_each(Terminal::take_back);
    }
}

impl Terminal {
    /// Gives the terminal to a group, where it is ours to give.
    fn give(group: Pid) -> Option<Self> {
        let stdin = io::stdin();
        if !isatty(&stdin) || tcgetpgrp(&stdin).ok()? != getpgrp() {
            return None;
        }
        let modes = tcgetattr(&stdin).ok()?;
        tcsetpgrp(&stdin, group).ok()?;
        // It may have asked the terminal before it had it.
        let _ = kill_process_group(group, Signal::CONT);
        Some(Self { modes })
    }

    /// Takes it back, as it was.
    fn take_back(self) {
        // Who is not in the foreground is stopped for such a call, unless the signal for that is blocked.
        let mut signal = SigSet::empty();
        signal.add(Blocked::SIGTTOU);
        if signal.thread_block().is_err() {
            return;
        }
        let stdin = io::stdin();
        if tcsetpgrp(&stdin, getpgrp()).is_ok() {
            let _ = tcsetattr(&stdin, OptionalActions::Drain, &self.modes);
        }
        let _ = signal.thread_unblock();
    }
}

fn end(status: ExitStatus) -> CommandEnd {
    match (status.code(), status.signal()) {
        (Some(code), _) => CommandEnd::Code(u8::try_from(code).unwrap_or(1)),
        (None, Some(signal)) => CommandEnd::Signal(u8::try_from(signal).unwrap_or_default()),
        (None, None) => CommandEnd::Code(1),
    }
}
