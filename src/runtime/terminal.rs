//! The terminal of the process: taken once, and given back whatever happens.
//!
//! The modes that are on are process-wide state, because the panic hook must be able to switch it off from any thread.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::panic::PanicHookInfo;
use std::path::Path;
use std::process::{self, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::queue;
use crossterm::style::{Print, ResetColor};
use crossterm::terminal::{EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, getpgrp, getsid, kill_current_process_group, kill_process, waitpid};
use rustix::termios::{OptionalActions, QueueSelector, isatty, tcflush, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::{Notify, mpsc};

use super::RuntimeError;
use super::console::{Command, Console};
use super::input::LoopInput;
use crate::app::Size;
use crate::event::text::sanitize;
use crate::event::{Sanitized, sanitized};

/// How long giving the terminal back waits for one that takes no output. The event loop has waited as long before it,
/// and the program must be gone a tenth of a second after a signal.
const PATIENCE: Duration = Duration::from_millis(30);

/// Only presses and the wheel, as the application asks for nothing else: reports of every movement would keep a slow
/// line busy.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";
/// Whether the mouse is heard, as long as the terminal is ours.
static HEARS_MOUSE: AtomicBool = AtomicBool::new(true);

/// Has the mouse heard, or leaves it to the terminal. Gives what is to be written for it.
pub(super) fn hear_mouse(is_heard: bool) -> &'static str {
    HEARS_MOUSE.store(is_heard, Ordering::SeqCst);
    if is_heard { MOUSE_ON } else { MOUSE_OFF }
}

/// Ends a string sequence that a broken-off write may have left open; nothing otherwise.
const STRING_TERMINATOR: &str = "\x1b\\";

/// The modes that are on now: one of the three below. Whoever sets it to [`FREE`] switches it off.
static STATE: AtomicU8 = AtomicU8::new(FREE);
/// Nothing: the terminal is somebody else's.
const FREE: u8 = 0;
/// All of it.
const TAKEN: u8 = 1;
/// Raw mode only, so that a key can be waited for: the screen is the plain one. To leave the other screen once more
/// would put the cursor back above what was printed.
const PLAIN: u8 = 2;
/// Held while writing, so that what gives the terminal back is never written into the middle of a frame.
static WRITING: Mutex<()> = Mutex::new(());
/// Held while giving the terminal back, so that a second panic is not printed before the first has done so.
static GIVING_BACK: Mutex<()> = Mutex::new(());
/// The editor that has the terminal, so that it does not outlive us and contend with the shell for the keys.
static EDITOR: Mutex<Option<Pid>> = Mutex::new(None);
/// Told when a task panicked.
static PANICKED: Notify = Notify::const_new();

/// The terminal that standard output is.
#[derive(Debug)]
pub(super) struct Terminal {
    tty: OwnedFd,
}

/// Gives the terminal back when dropped, if nothing else has done so.
#[derive(Debug)]
pub(super) struct Guard(());

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Takes the terminal for the interface, and sees to it that a panic gives it back.
pub(super) fn take() -> Result<(Terminal, Guard, Size), RuntimeError> {
    let stdout = io::stdout();
    if !isatty(&stdout) {
        return Err(RuntimeError::NoTerminal);
    }
    let tty = stdout
        .as_fd()
        .try_clone_to_owned()
        .map_err(|source| RuntimeError::System { what: "standard output", source })?;
    install_panic_hook();
    let mut terminal = Terminal { tty };
    let guard = Guard(());
    let size =
        terminal.enter().map_err(|source| RuntimeError::Terminal { doing: "switched to the full screen", source })?;
    Ok((terminal, guard, size))
}

impl Console for Terminal {
    fn enter(&mut self) -> io::Result<Size> {
        crossterm::terminal::enable_raw_mode()?;
        STATE.store(TAKEN, Ordering::SeqCst);
        self.write(&enter_sequence()?)?;
        Ok(size_of(&self.tty))
    }

    fn leave(&mut self) {
        give_back();
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let _writing = WRITING.lock();
        if STATE.load(Ordering::SeqCst) == TAKEN { write_all(&self.tty, bytes) } else { Ok(()) }
    }

    fn print(&mut self, text: &Sanitized) -> io::Result<()> {
        let mut bytes = leave_sequence()?;
        for line in text.lines() {
            // In raw mode a line feed goes down and not back.
            bytes.extend_from_slice(line.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        self.write(&bytes)?;
        // Nothing to do where a panic has given everything back in the meantime.
        let _ = STATE.compare_exchange(TAKEN, PLAIN, Ordering::SeqCst, Ordering::SeqCst);
        Ok(())
    }

    /// A process group in which the session began has nobody who could continue it: where a shell's job control started
    /// us, the group is another one.
    fn can_stop(&self) -> bool {
        getsid(None).is_ok_and(|session| session != getpgrp())
    }

    /// The whole group, for the program may have been started by another one that waits for it, as `cargo run` does.
    fn stop(&mut self) -> io::Result<()> {
        Ok(kill_current_process_group(Signal::STOP)?)
    }

    /// The editor is one job with us: the keys that interrupt and stop it reach us as well, and the event loop lets them
    /// pass as long as this takes.
    fn run(&mut self, command: &Command, file: &Path) -> io::Result<ExitStatus> {
        // As an argument of its own the file's name needs no quotes, and the command may have arguments.
        let mut shell = process::Command::new("sh");
        shell.args(["-c", &format!("{} \"$@\"", command.line), "sh"]).arg(file);
        for name in &command.without {
            shell.env_remove(name);
        }
        if !isatty(io::stdin()) {
            shell.stdin(File::open("/dev/tty").map_or_else(|_| Stdio::inherit(), Stdio::from));
        }
        let child = shell.spawn()?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or(Errno::CHILD)?;
        *editor() = Some(pid);
        let status = loop {
            match waitpid(Some(pid), WaitOptions::UNTRACED) {
                Ok(Some((_, status))) if status.stopped() => {
                    if self.can_stop() {
                        self.stop()?;
                    }
                }
                Ok(Some((_, status))) => break Ok(ExitStatus::from_raw(status.as_raw())),
                Ok(None) | Err(Errno::INTR) => {}
                Err(error) => break Err(error.into()),
            }
        };
        *editor() = None;
        status
    }

    fn is_alive(&self) -> bool {
        tcgetattr(&self.tty).is_ok()
    }
}

/// The size of the terminal that standard output is.
pub(super) fn size() -> Size {
    size_of(io::stdout())
}

/// Has crossterm read what is left to be read, if anything is.
///
/// It learns that there is input once, reads a kilobyte of it, and learns of the rest only when more comes: the end of a
/// long paste would wait for the next key. To set the terminal as it is set tells it once more.
pub(super) fn read_on() {
    let Ok(_turn) = GIVING_BACK.try_lock() else { return };
    let tty = io::stdout();
    let mut fds = [PollFd::new(&tty, PollFlags::IN)];
    let waits = poll(&mut fds, Some(&Timespec::default())).is_ok_and(|ready| ready > 0);
    if waits
        && STATE.load(Ordering::SeqCst) != FREE
        && let Ok(settings) = tcgetattr(&tty)
        && let Err(error) = tcsetattr(&tty, OptionalActions::Now, &settings)
    {
        tracing::warn!(%error, "input that waits may not be read before there is more");
    }
}

/// The size; the old standard where the terminal does not know its own, as some serial lines do not.
pub(super) fn size_of(tty: impl AsFd) -> Size {
    match tcgetwinsize(tty) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => Size { width: size.ws_col, height: size.ws_row },
        _ => Size { width: 80, height: 24 },
    }
}

/// Switches the terminal to our screen.
pub(super) fn enter_sequence() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    queue!(bytes, EnterAlternateScreen, Hide, EnableBracketedPaste)?;
    if HEARS_MOUSE.load(Ordering::SeqCst) {
        queue!(bytes, Print(MOUSE_ON))?;
    }
    Ok(bytes)
}

/// Switches it back.
pub(super) fn leave_sequence() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    queue!(
        bytes,
        Print(STRING_TERMINATOR),
        EndSynchronizedUpdate,
        ResetColor,
        Print(MOUSE_OFF),
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    )?;
    Ok(bytes)
}

fn editor() -> MutexGuard<'static, Option<Pid>> {
    EDITOR.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the editor to end, if one runs, and gives it a moment to leave the terminal as it was.
fn dismiss_editor(deadline: Instant) {
    let Some(pid) = *editor() else { return };
    tracing::info!("leaving while the editor is open");
    if kill_process(pid, Signal::TERM).is_err() {
        return;
    }
    while editor().is_some() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Gives the terminal back, once, on whatever thread. A terminal that takes no output gets its line discipline back at
/// least.
fn give_back() {
    let deadline = Instant::now() + PATIENCE;
    let _turn = lock_until(&GIVING_BACK, deadline);
    dismiss_editor(deadline);
    let state = STATE.swap(FREE, Ordering::SeqCst);
    if state == FREE {
        return;
    }
    let stdout = io::stdout();
    if state == TAKEN
        && let Some(_writing) = lock_writing(&stdout, deadline)
        && takes_output(&stdout, deadline)
        && let Ok(bytes) = leave_sequence()
        && let Err(error) = write_all(&stdout, &bytes)
    {
        tracing::warn!(%error, "the terminal did not take the end of the screen");
    }
    if let Err(error) = crossterm::terminal::disable_raw_mode() {
        tracing::warn!(%error, "the terminal's line discipline could not be restored");
    }
}

/// How long before its deadline what gives the terminal back stops to wait, and drops what the terminal has not taken.
const MARGIN: Duration = Duration::from_millis(15);

/// The right to write. A frame that the terminal does not take may hold it: what is queued of that is dropped then, until
/// the rest of it has gone the same way.
fn lock_writing(tty: impl AsFd, deadline: Instant) -> Option<MutexGuard<'static, ()>> {
    let mut turn = lock_until(&WRITING, deadline.checked_sub(MARGIN)?);
    while turn.is_none() && Instant::now() < deadline {
        drop_queued(&tty);
        turn = lock_until(&WRITING, Instant::now() + Duration::from_millis(1));
    }
    turn
}

/// Whether the terminal takes output, if need be in the place of what it has not taken so far: half a frame is of no use
/// to anyone, and what switches the modes off is.
fn takes_output(tty: impl AsFd, deadline: Instant) -> bool {
    let patience = deadline.saturating_duration_since(Instant::now() + MARGIN);
    let is_ready = |limit| wait_writable(&tty, Some(limit)).unwrap_or(false);
    is_ready(patience) || {
        drop_queued(&tty);
        is_ready(MARGIN)
    }
}

fn drop_queued(tty: impl AsFd) {
    if let Err(error) = tcflush(tty, QueueSelector::OFlush) {
        tracing::warn!(%error, "what the terminal has not taken could not be dropped");
    }
}

/// Writes everything, in one call where the terminal takes it, and waits where it is set not to block.
fn write_all(tty: impl AsFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(&tty, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                wait_writable(&tty, None)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Waits until the terminal takes output, or for `limit`, and says whether it does.
fn wait_writable(tty: impl AsFd, limit: Option<Duration>) -> io::Result<bool> {
    let limit = limit.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
    let mut fds = [PollFd::new(&tty, PollFlags::OUT)];
    match poll(&mut fds, limit.as_ref()) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// The lock, or `None` where it is not to be had before `deadline`: the holder may be this very thread, panicking.
fn lock_until(mutex: &Mutex<()>, deadline: Instant) -> Option<MutexGuard<'_, ()>> {
    loop {
        match mutex.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return None,
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// From now on a panic gives the terminal back first and is told on the plain screen then.
fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(on_panic)));
}

/// Whether the message of a panic, which may quote what came over the wire, is left out: what is seen is masked.
static IS_WITHHELD: AtomicBool = AtomicBool::new(false);

/// From now on says where a panic was and not its message, or says both again.
pub(super) fn withhold_messages(withhold: bool) {
    IS_WITHHELD.store(withhold, Ordering::Relaxed);
}

fn on_panic(info: &PanicHookInfo<'_>) {
    give_back();
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let message = info.payload_as_str().unwrap_or("no message");
    let message = if IS_WITHHELD.load(Ordering::Relaxed) { "(its message is masked)" } else { message };
    let backtrace = Backtrace::capture();
    let mut stderr = io::stderr().lock();
    let told = match backtrace.status() {
        BacktraceStatus::Captured => write!(stderr, "{}{backtrace}", obituary(&place, message)),
        _ => write!(stderr, "{}", obituary(&place, message)),
    };
    // Nothing is left to do where even this fails.
    drop(told);
    tracing::error!(place, message, "panicked");
    PANICKED.notify_one();
}

/// The message for a panic. Its own text may quote what came over the wire.
fn obituary(place: &str, message: &str) -> Sanitized {
    sanitized!("clickscope ended because of a bug at {}: {}\n", sanitize(place), sanitize(message))
}

/// Tells the event loop of a panic in any task, and of the loss of the terminal.
///
/// The loss is told by the hang-up signal as well, unless something ignores it or the terminal is not the controlling
/// one. Without either, crossterm's reader would keep a core busy.
pub(super) fn forward(inputs: mpsc::Sender<LoopInput>) {
    tokio::spawn(async move {
        let input = tokio::select! {
            () = PANICKED.notified() => LoopInput::Panicked,
            () = stdout_lost() => LoopInput::TerminalGone,
        };
        // The event loop is gone only when the program ends already.
        drop(inputs.send(input).await);
    });
}

/// Ends when standard output is no longer connected to anything; never where the system cannot tell.
pub async fn stdout_lost() {
    #[expect(deprecated, reason = "the other constructor is unsafe, for what an owned descriptor cannot do")]
    let watched =
        io::stdout().as_fd().try_clone_to_owned().and_then(|tty| AsyncFd::with_interest(tty, Interest::ERROR));
    match watched {
        Ok(tty) => {
            if tty.ready(Interest::ERROR).await.is_ok() {
                return;
            }
        }
        Err(error) => tracing::info!(%error, "standard output cannot be watched for its loss"),
    }
    std::future::pending::<()>().await;
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn the_way_out_undoes_every_mode_of_the_way_in() {
        let mut terminal = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
        let modes = |terminal: &vt100::Parser| {
            let screen = terminal.screen();
            (
                screen.alternate_screen(),
                screen.hide_cursor(),
                screen.bracketed_paste(),
                screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None,
                screen.mouse_protocol_encoding() != vt100::MouseProtocolEncoding::Default,
            )
        };
        terminal.process(b"$ clickscope\r\n");
        let before = (modes(&terminal), terminal.screen().contents());

        terminal.process(&enter_sequence().unwrap());
        assert_eq!(modes(&terminal), (true, true, true, true, true));

        // A frame that broke off in the middle of a copy.
        terminal.process(b"\x1b[?2026h\x1b[31mred\x1b]52;c;aGVsbG8");
        terminal.process(&leave_sequence().unwrap());
        assert_eq!((modes(&terminal), terminal.screen().contents()), before);
        assert_eq!(terminal.screen().fgcolor(), vt100::Color::Default);
    }

    #[test]
    fn a_panic_is_told_without_the_control_characters_of_its_message() {
        let told = obituary("src/event/path.rs:7:5", "index out of bounds in `\x1b]0;title\x07`");
        assert!(told.contains("src/event/path.rs:7:5") && told.contains("index out of bounds"), "{told}");
        assert!(!told.trim_end().contains(char::is_control), "{told:?}");
        assert!(told.ends_with('\n'));
    }
}
