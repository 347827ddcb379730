//! The built program in a real pseudo-terminal: keys go in, and what a terminal would show comes out.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use vt100::{MouseProtocolEncoding, MouseProtocolMode, Screen};

/// How long a condition may take to come about. Long, for a machine under load; nothing waits for all of it unless the
/// test fails.
const LIMIT: Duration = Duration::from_secs(20);

/// How a program is to be run.
pub(crate) struct Launch {
    program: String,
    arguments: Vec<String>,
    environment: HashMap<String, String>,
    columns: u16,
    rows: u16,
    controlling: bool,
    home: Option<TempDir>,
}

impl Launch {
    /// The built program with these arguments, at 120x36, with an Event key and otherwise a plain environment.
    pub(crate) fn clickscope<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let environment = [("TERM", "xterm-256color"), ("TZ", "UTC"), ("CLICKSCOPE_EVENT_KEY", "any")];
        Self {
            program: env!("CARGO_BIN_EXE_clickscope").into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            environment: environment.map(|(name, value)| (name.into(), value.into())).into(),
            columns: 120,
            rows: 36,
            controlling: true,
            home: None,
        }
    }

    /// A line of a shell in which the program is on the path, such as one of the README.
    pub(crate) fn line(line: &str) -> Self {
        let folder = Path::new(env!("CARGO_BIN_EXE_clickscope")).parent().unwrap().display();
        let command = format!("PATH={folder}:$PATH; {line}");
        Self { program: "/bin/sh".into(), arguments: vec!["-c".into(), command], ..Self::clickscope([]) }
    }

    /// The program as a job of a shell with job control, which then runs `after`.
    pub(crate) fn in_shell(self, after: &str) -> Self {
        let command = format!("set -m; {} {}; {after}", self.program, self.arguments.join(" "));
        Self { program: "/bin/sh".into(), arguments: vec!["-c".into(), command], ..self }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    pub(crate) fn size(self, columns: u16, rows: u16) -> Self {
        Self { columns, rows, ..self }
    }

    /// In the home folder that an earlier program has left.
    pub(crate) fn at_home(self, home: TempDir) -> Self {
        Self { home: Some(home), ..self }
    }

    /// Does not make the terminal the controlling one, so that the loss of it sends no signal.
    pub(crate) fn without_hangup_signal(self) -> Self {
        Self { controlling: false, ..self }
    }

    pub(crate) fn start(self) -> Program {
        let home = self.home.unwrap_or_else(|| tempfile::tempdir().unwrap());
        let mut command = CommandBuilder::new(&self.program);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", home.path());
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command.args(&self.arguments);
        command.cwd(home.path());
        command.set_controlling_tty(self.controlling);

        let pair = native_pty_system().openpty(pty_size(self.columns, self.rows)).unwrap();
        let line_discipline = line_discipline(&*pair.master);
        let display = Arc::new(Display::new(self.columns, self.rows));
        let reader = read_into(Arc::clone(&display), pair.master.try_clone_reader().unwrap());
        let keys = pair.master.take_writer().unwrap();
        let child = Process(pair.slave.spawn_command(command).unwrap());
        Program { child, master: pair.master, keys, display, reader, line_discipline, home }
    }
}

/// A program that runs in a terminal.
pub(crate) struct Program {
    child: Process,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    display: Arc<Display>,
    reader: JoinHandle<()>,
    /// The terminal's own settings before the program began.
    line_discipline: String,
    /// The home folder of the program; empty at the start, unless an earlier program has left it.
    home: TempDir,
}

impl Program {
    /// Types `keys`, control characters and escape sequences included.
    pub(crate) fn send(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let mut state = self.display.lock();
        state.terminal.set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        drop(state);
        self.master.resize(pty_size(columns, rows)).unwrap();
    }

    /// The process that has the terminal.
    #[cfg(target_os = "linux")]
    pub(crate) fn pid(&self) -> i32 {
        self.master.process_group_leader().expect("some program has the terminal")
    }

    /// Sends a signal to the program that has the terminal, in a shell the job in the foreground.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.master.process_group_leader().expect("some program has the terminal");
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Waits until the screen, between two frames, meets the condition.
    pub(crate) fn wait_for(&self, what: &str, condition: impl Fn(&Screen) -> bool) {
        self.wait_for_state(what, |state| !state.drawing() && condition(state.terminal.screen()));
    }

    /// Presses a key until the screen meets the condition, as a person does when nothing happens: a shell that takes the
    /// terminal back loses what is typed in that moment.
    pub(crate) fn press_until(&mut self, key: &str, what: &str, condition: impl Fn(&Screen) -> bool) {
        const PATIENCE: Duration = Duration::from_secs(2);
        let deadline = Instant::now() + LIMIT;
        loop {
            self.send(key);
            let pressed = Instant::now();
            let mut state = self.display.lock();
            while !condition(state.terminal.screen()) {
                let left = PATIENCE.saturating_sub(pressed.elapsed());
                assert!(Instant::now() < deadline && !state.ended, "never saw {what}\n{}", state.describe());
                if left.is_zero() {
                    break;
                }
                state = self.display.changed.wait_timeout(state, left).unwrap().0;
            }
            if condition(state.terminal.screen()) {
                return;
            }
        }
    }

    /// Waits until the screen shows each of the texts.
    pub(crate) fn wait_for_text(&self, texts: &[&str]) {
        self.wait_for(&format!("{texts:?} on the screen"), |screen| {
            let contents = screen.contents();
            texts.iter().all(|text| contents.contains(text))
        });
    }

    /// Waits until a program has put `text` on the clipboard, and says through which of the wrappings it came.
    pub(crate) fn wait_for_copy(&self, text: &str) -> Copied {
        let plain = format!("\x1b]52;c;{}\x1b\\", STANDARD.encode(text));
        let through_tmux = format!("\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b"));
        self.wait_for_state(&format!("{text:?} on the clipboard"), |state| {
            state.terminal.callbacks().clipboard.last().is_some_and(|copied| copied == text)
        });
        let state = self.display.lock();
        Copied { plain: contains(&state.output, &plain), through_tmux: contains(&state.output, &through_tmux) }
    }

    /// Waits until a program has put a text on the clipboard, and says which was the last.
    pub(crate) fn wait_for_any_copy(&self) -> String {
        self.wait_for_state("a text on the clipboard", |state| !state.terminal.callbacks().clipboard.is_empty());
        self.display.lock().terminal.callbacks().clipboard.last().cloned().unwrap()
    }

    /// Waits until the program has ended, and says with which code.
    pub(crate) fn wait_for_exit(&mut self) -> u32 {
        self.wait_for_state("the end of the program", |state| state.ended);
        self.child.wait().expect("the program has closed its terminal and runs on")
    }

    /// Waits for the end of a program whose output is not read.
    pub(crate) fn wait_for_exit_unread(&mut self) -> u32 {
        self.child.wait().expect("the program runs on")
    }

    /// Kills the program as nothing can prevent, waits until it is gone, and hands over its home folder.
    pub(crate) fn kill(mut self) -> TempDir {
        self.signal(Signal::KILL);
        self.child.0.wait().unwrap();
        self.home
    }

    /// The home folder of a program that has ended.
    pub(crate) fn into_home(self) -> TempDir {
        self.home
    }

    /// Reads nothing more, as a terminal does that hangs.
    pub(crate) fn stop_reading(&self) {
        self.display.lock().reading = false;
    }

    /// Reads on what the program has left for a terminal that did not read.
    pub(crate) fn read_on(&mut self) {
        self.display.lock().reading = true;
        self.reader = read_into(Arc::clone(&self.display), self.master.try_clone_reader().unwrap());
        self.wait_for_state("the end of the output", |state| state.ended);
    }

    /// Closes the other end of the terminal, as a dropped line does, waits until the program has ended, and says with
    /// which code.
    ///
    /// The terminal is closed when nobody holds it, the reading thread included, so that is first made to read.
    pub(crate) fn hang_up(mut self) -> u32 {
        self.stop_reading();
        self.send("\x0c");
        self.reader.join().unwrap();
        drop(self.keys);
        drop(self.master);
        self.child.wait().expect("the program has outlived its terminal")
    }

    /// Fails unless the program has written this after it gave the screen back.
    pub(crate) fn assert_told(&self, text: &str) {
        // The line may be broken anywhere.
        let told = self.contents().replace('\n', "");
        assert!(told.contains(text), "{told}");
    }

    /// The screen as text.
    pub(crate) fn contents(&self) -> String {
        self.display.lock().terminal.screen().contents()
    }

    /// The row that the cursor is in, from 0.
    pub(crate) fn cursor_row(&self) -> usize {
        self.display.lock().terminal.screen().cursor_position().0.into()
    }

    /// Everything that the program has written and when, as an asciicast.
    pub(crate) fn cast(&self) -> String {
        let state = self.display.lock();
        let (rows, columns) = state.terminal.screen().size();
        let mut cast = format!("{{\"version\": 2, \"width\": {columns}, \"height\": {rows}}}\n");
        let began = state.reads.first().map(|(at, _)| *at);
        let mut from = 0;
        for (at, to) in &state.reads {
            let Some(written) = state.output.get(from..*to) else { continue };
            // What is cut in the middle of a character comes with the rest of it.
            let whole = std::str::from_utf8(written).map_or_else(|error| error.valid_up_to(), str::len);
            let text = String::from_utf8_lossy(written.get(..whole).unwrap_or_default());
            let seconds = began.map_or(0.0, |began| at.duration_since(began).as_secs_f64());
            writeln!(cast, "{}", serde_json::json!([seconds, "o", text])).unwrap();
            from += whole;
        }
        cast
    }

    /// Everything that the program has written.
    pub(crate) fn output(&self) -> Vec<u8> {
        self.display.lock().output.clone()
    }

    /// Fails when the program has set the terminal's title, as it never does itself.
    pub(crate) fn assert_no_title_was_set(&self) {
        let state = self.display.lock();
        assert!(!state.terminal.callbacks().titled, "{}", state.describe());
    }

    /// The home folder of the program, which it runs in.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Where the program writes its log.
    pub(crate) fn log(&self) -> PathBuf {
        self.home().join(".local/state/clickscope/clickscope.log")
    }

    /// Waits until a draft with this text in it is on disk.
    pub(crate) fn wait_for_draft(&self, text: &str) {
        let deadline = Instant::now() + LIMIT;
        while !self.draft_texts().any(|draft| draft.contains(text)) {
            assert!(Instant::now() < deadline, "never saw {text:?} in {}", self.drafts().display());
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// The texts of the drafts that it keeps. A file that is still being written is none of them yet.
    pub(crate) fn draft_texts(&self) -> impl Iterator<Item = String> + use<> {
        let files = fs::read_dir(self.drafts()).into_iter().flatten().flatten().map(|file| file.path());
        let drafts = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        drafts.filter_map(|path| fs::read_to_string(path).ok())
    }

    /// Where it keeps drafts for a collector on this machine, when it has no profile.
    pub(crate) fn drafts(&self) -> PathBuf {
        self.home().join(".local/state/clickscope/drafts/local")
    }

    /// Fails unless the terminal is as it was before the program began.
    pub(crate) fn assert_terminal_is_given_back(&self) {
        let state = self.display.lock();
        let modes = modes(state.terminal.screen());
        assert!(modes.is_empty(), "still switched on: {modes:?}\n{}", state.describe());
        assert_eq!(line_discipline(&*self.master), self.line_discipline);
    }

    fn wait_for_state(&self, what: &str, condition: impl Fn(&State) -> bool) {
        let deadline = Instant::now() + LIMIT;
        let mut state = self.display.lock();
        while !condition(&state) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !state.ended, "never saw {what}\n{}", state.describe());
            state = self.display.changed.wait_timeout(state, left).unwrap().0;
        }
    }
}

/// The process, which does not outlive the test.
struct Process(Box<dyn Child + Send + Sync>);

impl Process {
    /// The exit code, when it ends in time.
    fn wait(&mut self) -> Option<u32> {
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            if let Some(status) = self.0.try_wait().unwrap() {
                assert_eq!(status.signal(), None, "the program was killed by a signal");
                return Some(status.exit_code());
            }
            thread::sleep(Duration::from_millis(1));
        }
        None
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails when it has ended, as it should have.
        drop(self.0.kill());
    }
}

/// How a text came to the clipboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Copied {
    pub(crate) plain: bool,
    pub(crate) through_tmux: bool,
}

/// The calls to the terminal, and their answers.
struct Display {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    terminal: vt100::Parser<Extras>,
    output: Vec<u8>,
    /// How far the output went when, read by read.
    reads: Vec<(Instant, usize)>,
    ended: bool,
    /// Whether the reading thread goes on once it has read what comes next.
    reading: bool,
}

/// Handles the sequences that `vt100` ignores.
#[derive(Default)]
struct Extras {
    clipboard: Vec<String>,
    titled: bool,
    drawing: bool,
}

impl vt100::Callbacks for Extras {
    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
        let text = STANDARD.decode(data).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        self.clipboard.push(text.expect("what is copied is text in base64"));
    }

    fn set_window_title(&mut self, _: &mut Screen, _: &[u8]) {
        self.titled = true;
    }

    fn unhandled_csi(&mut self, _: &mut Screen, i1: Option<u8>, _: Option<u8>, parameters: &[&[u16]], command: char) {
        if i1 == Some(b'?') && parameters == [[2026]] {
            self.drawing = command == 'h';
        }
    }
}

impl Display {
    fn new(columns: u16, rows: u16) -> Self {
        let (rows, columns) = (rows.try_into().unwrap(), columns.try_into().unwrap());
        let terminal = vt100::Parser::new_with_callbacks(rows, columns, 0, Extras::default());
        let state = State { terminal, output: Vec::new(), reads: Vec::new(), ended: false, reading: true };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// A test that failed while it held the lock must not hide its own message.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn drawing(&self) -> bool {
        self.terminal.callbacks().drawing
    }

    /// The screen in a frame, and the end of what was written.
    fn describe(&self) -> String {
        let screen = self.terminal.screen();
        let width = usize::from(screen.size().1.get());
        let mut description = format!("┌{}┐\n", "─".repeat(width));
        for row in screen.rows(0, screen.size().1.get()) {
            writeln!(description, "│{row}").unwrap();
        }
        let tail = self.output.len().saturating_sub(300);
        let tail = String::from_utf8_lossy(self.output.get(tail..).unwrap_or_default());
        write!(description, "└{}┘\nended: {}, last output: {tail:?}", "─".repeat(width), self.ended).unwrap();
        description
    }
}

/// Shows what comes out of the terminal until it is closed.
fn read_into(display: Arc<Display>, mut reader: Box<dyn Read + Send>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        loop {
            let length = reader.read(&mut buffer).unwrap_or(0);
            let mut state = display.lock();
            let bytes = buffer.get(..length).unwrap_or_default();
            state.terminal.process(bytes);
            state.output.extend_from_slice(bytes);
            let written = state.output.len();
            state.reads.push((Instant::now(), written));
            state.ended = length == 0;
            display.changed.notify_all();
            if state.ended || !state.reading {
                return;
            }
        }
    })
}

/// The terminal modes that a program has left on.
fn modes(screen: &Screen) -> Vec<&'static str> {
    let modes = [
        ("the alternate screen", screen.alternate_screen()),
        ("the hiding of the cursor", screen.hide_cursor()),
        ("bracketed paste", screen.bracketed_paste()),
        ("the mouse", screen.mouse_protocol_mode() != MouseProtocolMode::None),
        ("the mouse encoding", screen.mouse_protocol_encoding() != MouseProtocolEncoding::Default),
    ];
    modes.into_iter().filter(|(_, on)| *on).map(|(mode, _)| mode).collect()
}

/// The settings of the line discipline, for comparing and showing.
fn line_discipline(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("a pseudo-terminal has settings"))
}

fn pty_size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn contains(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}
