#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, mpsc as blocking};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::time;

use super::*;
use crate::app::{Key, KeyCode, Setup, ThemeName};
use crate::runtime::{clipboard, events, terminal};
use crate::session::{Problem, ProblemKind, Trouble};
use crate::source::SourceCommand;

const SIZE: Size = Size { width: 40, height: 6 };

/// Records the calls to the application and the terminal, and scripts their answers.
struct World {
    /// The messages that happened.
    messages: Vec<Message>,
    /// The text that is drawn.
    text: String,
    /// How often it was drawn, and when.
    frames: Vec<Instant>,
    /// The effects that each key press asks for.
    effects: Vec<(char, Effect)>,
    wake: Option<Duration>,
    /// The calls to the terminal, without its output.
    calls: Vec<&'static str>,
    display: vt100::Parser<Clipboard>,
    bytes: usize,
    alive: bool,
    can_stop: bool,
    size_on_entering: Size,
    /// The error that the next write fails with.
    fails: Option<io::Error>,
    /// Each write waits for a word from here, where there is one.
    gate: Option<blocking::Receiver<()>>,
    folders: Folders,
    /// A stand-in for the user's editor.
    editor: Option<Editor>,
    /// Where typed text goes.
    field: Field,
}

/// Gets the command and the file.
type Editor = Box<dyn FnMut(&str, &Path) -> io::Result<ExitStatus> + Send>;

#[derive(Default)]
struct Clipboard(Vec<String>);

impl vt100::Callbacks for Clipboard {
    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.0.push(String::from_utf8(STANDARD.decode(data).unwrap()).unwrap());
    }
}

#[derive(Clone)]
struct Fake(Arc<Mutex<World>>);

impl Fake {
    fn new() -> Self {
        let (rows, columns) = (SIZE.height.try_into().unwrap(), SIZE.width.try_into().unwrap());
        let mut display = vt100::Parser::new_with_callbacks(rows, columns, 0, Clipboard::default());
        display.process(&terminal::enter_sequence().unwrap());
        Self(Arc::new(Mutex::new(World {
            messages: Vec::new(),
            text: "first".into(),
            frames: Vec::new(),
            effects: Vec::new(),
            wake: None,
            calls: Vec::new(),
            display,
            bytes: 0,
            alive: true,
            can_stop: true,
            size_on_entering: SIZE,
            fails: None,
            gate: None,
            folders: Folders::default(),
            editor: None,
            field: Field::Nowhere,
        })))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    fn screen(&self) -> String {
        self.world().display.screen().contents()
    }

    /// Waits until the condition holds. While the time is paused this costs none.
    async fn until(&self, what: &str, condition: impl Fn(&World) -> bool) {
        let begun = std::time::Instant::now();
        while !condition(&self.world()) {
            assert!(begun.elapsed() < Duration::from_secs(10), "never {what}; the screen is:\n{}", self.screen());
            time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Application for Fake {
    fn update(&mut self, message: Message, _: Moment) -> Vec<Effect> {
        let mut world = self.world();
        let effects = match &message {
            Message::Paste(text) => {
                world.text = text.clone();
                Vec::new()
            }
            Message::Key(Key { code: KeyCode::Char(pressed), .. }) => {
                world.effects.iter().filter(|(key, _)| key == pressed).map(|(_, effect)| effect.clone()).collect()
            }
            _ => Vec::new(),
        };
        world.messages.push(message);
        effects
    }

    fn field(&self) -> Field {
        self.world().field
    }

    fn view(&self, _: Moment, frame: &mut Frame<'_>) {
        let mut world = self.world();
        world.frames.push(Instant::now());
        frame.render_widget(world.text.as_str(), frame.area());
    }

    fn next_wake(&self, _: Moment) -> Option<Duration> {
        self.world().wake
    }
}

impl Console for Fake {
    fn enter(&mut self) -> io::Result<Size> {
        let mut world = self.world();
        world.calls.push("enter");
        world.display.process(&terminal::enter_sequence()?);
        Ok(world.size_on_entering)
    }

    fn leave(&mut self) {
        let mut world = self.world();
        world.calls.push("leave");
        world.display.process(&terminal::leave_sequence().unwrap());
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let gate = self.world().gate.take();
        if let Some(gate) = gate {
            // A gate whose other end is gone stands open.
            let _ = gate.recv();
            self.world().gate = Some(gate);
        }
        let mut world = self.world();
        if let Some(error) = world.fails.take() {
            return Err(error);
        }
        world.bytes += bytes.len();
        world.display.process(bytes);
        Ok(())
    }

    fn print(&mut self, text: &Sanitized) -> io::Result<()> {
        let mut world = self.world();
        world.calls.push("print");
        world.display.process(&terminal::leave_sequence()?);
        world.display.process(text.replace('\n', "\r\n").as_bytes());
        Ok(())
    }

    fn can_stop(&self) -> bool {
        self.world().can_stop
    }

    fn stop(&mut self) -> io::Result<()> {
        self.world().calls.push("stop");
        Ok(())
    }

    fn run(&mut self, command: &console::Command, file: &Path) -> io::Result<ExitStatus> {
        let editor = {
            let mut world = self.world();
            world.calls.push("run");
            world.editor.take()
        };
        editor.map_or(Ok(ExitStatus::from_raw(0)), |mut editor| editor(&command.line, file))
    }

    fn is_alive(&self) -> bool {
        self.world().alive
    }
}

/// The outside of a loop that runs.
struct Outside {
    fake: Fake,
    inputs: mpsc::Sender<LoopInput>,
    records: Option<mpsc::Sender<Vec<Record>>>,
    commands: mpsc::Receiver<SourceCommand>,
}

impl Outside {
    async fn send(&self, message: Message) {
        self.inputs.send(LoopInput::Message(message)).await.unwrap();
    }

    async fn press(&self, char: char) {
        self.send(Message::Key(key(char))).await;
    }

    async fn show(&self, text: &str) {
        self.send(Message::Paste(text.into())).await;
        self.fake.until("shown", |world| world.display.screen().contents() == text).await;
    }
}

fn key(char: char) -> Key {
    Key { code: KeyCode::Char(char), ctrl: false, alt: false, shift: false }
}

/// Runs the loop with the fake application beside `script`, which begins when the first frame is shown, and says how the
/// loop ended; it must end when the script does, if not before.
async fn run_with<S>(fake: &Fake, script: impl FnOnce(Outside) -> S) -> Result<Ended, RuntimeError>
where
    S: Future<Output = Outside>,
{
    run_application(fake.clone(), fake, script).await
}

async fn run_application<A, S>(
    application: A,
    fake: &Fake,
    script: impl FnOnce(Outside) -> S,
) -> Result<Ended, RuntimeError>
where
    A: Application,
    S: Future<Output = Outside>,
{
    let (inputs, receiver) = mpsc::channel(64);
    let (records, record_receiver) = mpsc::channel(64);
    let (command_sender, commands) = mpsc::channel(1);
    let begun = Instant::now();
    let clock = move || Moment { elapsed: begun.elapsed(), wall: Timestamp::UNIX_EPOCH };
    let at_start = fake.clone();
    let start = move || {
        at_start.world().calls.push("start");
        Source { records: record_receiver, commands: command_sender }
    };
    let outside = Outside { fake: fake.clone(), inputs, records: Some(records), commands };
    let script = async {
        fake.until("started", |world| world.calls.contains(&"start")).await;
        // The loop is told to leave, unless it has left already.
        drop(script(outside).await.inputs.send(LoopInput::Leave(15)).await);
    };
    let size = fake.world().size_on_entering;
    // The keys have no reader here.
    let workplace = Workplace {
        plan_writer: |_, _| Err("nobody writes a plan here".into()),
        tape: None,
        folders: fake.world().folders.clone(),
        linter: Linter::default(),
        keys: events::keys().0,
        editor: console::Command { line: "ed -s".into(), without: vec!["A_KEY".into()] },
        clipboard: clipboard::Clipboard::default(),
        asks_background: false,
    };
    let (ended, ()) = tokio::join!(run(application, size, fake.clone(), workplace, receiver, clock, start), script);
    ended.map(|(ended, _)| ended)
}

/// The keys that a terminal makes of pasted text.
fn keys(text: &str) -> Vec<Key> {
    let code = |c| if c == '\r' { KeyCode::Enter } else { KeyCode::Char(c) };
    text.chars().map(|c| Key { code: code(c), ctrl: false, alt: false, shift: false }).collect()
}

#[tokio::test(start_paused = true)]
async fn a_paste_that_comes_as_keys_is_one_in_a_text_field_and_single_keys_stay_keys() {
    let paste = |text: &str| vec![Message::Paste(text.into())];
    let typed = |text: &str| keys(text).into_iter().map(Message::Key).collect::<Vec<_>>();
    let long = "a line that nobody types ahead";
    let cases: [(Field, &[&str], Vec<Message>); 12] = [
        (Field::Text, &["{\r  \"a\": 1\r}"], paste("{\r  \"a\": 1\r}")),
        (Field::Text, &["{\r  \"a\"", ": 1\r", "}"], paste("{\r  \"a\": 1\r}")),
        (Field::Text, &[long, "\r"], paste(&format!("{long}\r"))),
        (Field::Text, &["{\r"], typed("{\r")),
        (Field::Text, &["{", "\r", "}"], typed("{\r}")),
        (Field::Text, &["view"], typed("view")),
        (Field::Line, &["view\r"], typed("view\r")),
        (Field::Line, &["a\rb"], paste("a\rb")),
        (Field::Line, &[long], paste(long)),
        (Field::Line, &[long, "\r"], [paste(&format!("{long}\r")), typed("\r")].concat()),
        (Field::Nowhere, &["jj\rjj"], typed("jj\rjj")),
        (Field::Nowhere, &[long], typed(long)),
    ];
    for (field, bursts, told) in cases {
        let fake = Fake::new();
        fake.world().field = field;
        let ended = run_with(&fake, |outside| async move {
            for burst in bursts {
                let input = match keys(burst).as_slice() {
                    [key] => LoopInput::Message(Message::Key(*key)),
                    keys => LoopInput::Typed(keys.to_vec()),
                };
                outside.inputs.send(input).await.unwrap();
            }
            let count = told.len();
            outside.fake.until("told", |world| world.messages.len() == count).await;
            time::sleep(Duration::from_secs(1)).await;
            assert_eq!(outside.fake.world().messages, told, "{field:?}: {bursts:?}");
            outside
        })
        .await;
        assert_eq!(ended.unwrap(), Ended::Exit(Exit::Signal(15)));
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_does_not_wait_until_what_is_known_is_taken_apart() {
    struct Large {
        fake: Fake,
        _held: Arc<()>,
    }

    impl Application for Large {
        fn update(&mut self, message: Message, now: Moment) -> Vec<Effect> {
            self.fake.update(message, now)
        }

        fn field(&self) -> Field {
            self.fake.field()
        }

        fn view(&self, now: Moment, frame: &mut Frame<'_>) {
            self.fake.view(now, frame);
        }

        fn next_wake(&self, now: Moment) -> Option<Duration> {
            self.fake.next_wake(now)
        }
    }

    let leaving = [
        (LoopInput::Message(Message::Key(key('q'))), Exit::Quit),
        (LoopInput::Leave(15), Exit::Signal(15)),
        (LoopInput::TerminalGone, Exit::TerminalGone),
    ];
    for (input, exit) in leaving {
        let (fake, held) = (Fake::new(), Arc::new(()));
        fake.world().effects.push(('q', Effect::Quit));
        let application = Large { fake: fake.clone(), _held: Arc::clone(&held) };
        let ended = run_application(application, &fake, |outside| async move {
            outside.inputs.send(input).await.unwrap();
            outside
        });
        assert_eq!(ended.await.unwrap(), Ended::Exit(exit));
        assert_eq!(Arc::strong_count(&held), 2, "{exit:?}: it was dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_pasted_is_told_before_a_key_after_it_and_before_the_end() {
    let fake = Fake::new();
    fake.world().field = Field::Text;
    let ended = run_with(&fake, |outside| async move {
        let up = Message::Key(Key { code: KeyCode::Up, ctrl: false, alt: false, shift: false });
        for input in [LoopInput::Typed(keys("a\rb")), LoopInput::Message(up), LoopInput::Typed(keys("c\rd"))] {
            outside.inputs.send(input).await.unwrap();
        }
        outside
    })
    .await;
    ended.unwrap();
    let told: Vec<_> = fake
        .world()
        .messages
        .iter()
        .map(|message| match message {
            Message::Paste(text) => text.clone(),
            other => format!("{other:?}").chars().take(3).collect(),
        })
        .collect();
    assert_eq!(told, ["a\rb", "Key", "c\rd"]);
}

#[tokio::test(start_paused = true)]
async fn the_program_shows_what_its_source_reports_and_obeys_its_keys() {
    let size = Size { width: 100, height: 30 };
    let fake = Fake::new();
    fake.world().size_on_entering = size;
    fake.world().display.screen_mut().set_size(30.try_into().unwrap(), 100.try_into().unwrap());
    let at = Moment { elapsed: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };
    let model = Model::new(Setup {
        target: "us · api.example.com".into(),
        interval: Duration::from_secs(2),
        time_zone: TimeZone::UTC,
        size,
        now: at,
        sending: crate::app::Sending::to(crate::blueshift::Region::default().base_url()),
        history_limit: crate::session::HISTORY_LIMIT,
        table: crate::app::TableSettings::default(),
        volatile: crate::event::Volatile::default(),
        recording: None,
        notices: Vec::new(),
        redaction: crate::event::masks::redaction().into(),
        is_masked: false,
        collector: None,
        reads: false,
        preferences: crate::app::Preferences::default(),
    });
    let application = WatchApplication { model, theme: Theme::named(ThemeName::Dark), light: None };
    let ended = run_application(application, &fake, |mut outside| async move {
        assert!(outside.fake.screen().contains("us · api.example.com"), "{}", outside.fake.screen());

        let what = "api.example.com answered 401".into();
        let problem = Problem { kind: ProblemKind::Refused, what, advice: "set another key".into() };
        let trouble = Trouble { at, problem, attempt: 1, next: None, unknown: None };
        outside.records.as_ref().unwrap().send(vec![Record::Trouble(trouble)]).await.unwrap();
        outside.fake.until("told", |world| world.display.screen().contents().contains("answered 401")).await;

        outside.press('r').await;
        assert_eq!(outside.commands.recv().await, Some(SourceCommand::PollNow));
        outside.press('q').await;
        outside.inputs.closed().await;
        outside
    });
    assert_eq!(Box::pin(ended).await.unwrap(), Ended::Exit(Exit::Quit));
}

#[tokio::test(start_paused = true)]
async fn the_first_frame_is_on_the_screen_before_the_source_is_started() {
    let fake = Fake::new();
    let ended = run_with(&fake, |outside| async {
        assert_eq!(outside.fake.screen(), "first");
        assert_eq!(outside.fake.world().frames.len(), 1);
        outside
    });
    assert_eq!(ended.await.unwrap(), Ended::Exit(Exit::Signal(15)));
    assert_eq!(fake.world().calls, ["start", "leave"]);
    assert!(!fake.world().display.screen().alternate_screen());
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_messages_is_drawn_once() {
    let fake = Fake::new();
    let ended = run_with(&fake, |outside| async {
        for number in 0..50 {
            outside.send(Message::Paste(format!("text {number}"))).await;
        }
        outside.fake.until("drawn", |world| world.display.screen().contents() == "text 49").await;
        assert_eq!(outside.fake.world().frames.len(), 2);
        outside
    });
    ended.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn frames_are_16_ms_apart_at_least_and_show_the_last_state() {
    let fake = Fake::new();
    let ended = run_with(&fake, |outside| async {
        for number in 0..100 {
            outside.send(Message::Paste(format!("text {number}"))).await;
            time::sleep(Duration::from_millis(1)).await;
        }
        outside.fake.until("drawn", |world| world.display.screen().contents() == "text 99").await;
        outside
    });
    ended.await.unwrap();
    let world = fake.world();
    assert!(world.frames.len() >= 5, "{} frames in 100 ms", world.frames.len());
    for pair in world.frames.windows(2) {
        let [earlier, later] = pair else { unreachable!("a window of two") };
        assert!(*later - *earlier >= Duration::from_millis(16), "{:?}", *later - *earlier);
    }
}

#[tokio::test(start_paused = true)]
async fn messages_that_change_nothing_write_no_byte_and_no_message_draws_no_frame() {
    let fake = Fake::new();
    let ended = run_with(&fake, |outside| async {
        let written = outside.fake.world().bytes;
        for _ in 0..3 {
            let frames = outside.fake.world().frames.len();
            outside.send(Message::Resized(SIZE)).await;
            outside.fake.until("drawn", |world| world.frames.len() > frames).await;
        }
        let frames = outside.fake.world().frames.len();
        time::sleep(Duration::from_hours(1)).await;
        assert_eq!(outside.fake.world().frames.len(), frames);
        assert_eq!(outside.fake.world().bytes, written);
        outside
    });
    ended.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_application_is_woken_when_it_asked_to_be_and_only_then() {
    let fake = Fake::new();
    fake.world().wake = Some(Duration::from_millis(700));
    let ended = run_with(&fake, |outside| async {
        outside.fake.world().wake = None;
        outside.fake.until("woken and drawn", |world| world.frames.len() == 2).await;
        time::sleep(Duration::from_hours(1)).await;
        assert_eq!(outside.fake.world().messages, [Message::Woke]);
        outside
    });
    ended.await.unwrap();
    let world = fake.world();
    let [first, second] = world.frames.as_slice() else { panic!("{:?}", world.frames) };
    // Timers count whole milliseconds.
    assert!((700..=701).contains(&(*second - *first).as_millis()), "{:?}", *second - *first);
}

#[tokio::test(start_paused = true)]
async fn copying_hands_the_text_to_the_terminal_and_says_so() {
    let fake = Fake::new();
    let long = "x".repeat(clipboard::LIMIT + 1);
    fake.world().effects = vec![('y', Effect::Copy("31.24 €".into())), ('Y', Effect::Copy(long))];
    let ended = run_with(&fake, |outside| async {
        outside.press('y').await;
        outside.press('Y').await;
        outside.fake.until("copied", |world| !world.display.callbacks().0.is_empty()).await;
        outside
    });
    ended.await.unwrap();
    let world = fake.world();
    assert!(world.display.callbacks().0.iter().all(|copied| copied == "31.24 €"));
    let outcomes: Vec<_> = world.messages.iter().filter(|message| matches!(message, Message::Done(_))).collect();
    let [Message::Done(copied), Message::Done(Outcome::CopyFailed(reason))] = outcomes.as_slice() else {
        panic!("{outcomes:?}");
    };
    assert_eq!(*copied, Outcome::Copied { bytes: 9 });
    assert!(reason.contains("print it with the capital letter instead"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn what_concerns_the_source_reaches_it_also_when_it_is_slow_to_listen() {
    let fake = Fake::new();
    let fast = Duration::from_millis(500);
    fake.world().effects = vec![('r', Effect::PollNow), ('+', Effect::SetInterval(fast))];
    let ended = run_with(&fake, |mut outside| async {
        for char in ['r', 'r', '+', 'r'] {
            outside.press(char).await;
        }
        outside.fake.until("handled", |world| world.messages.len() == 4).await;
        assert_eq!(outside.commands.recv().await, Some(SourceCommand::SetInterval(fast)));
        assert_eq!(outside.commands.recv().await, Some(SourceCommand::PollNow));
        outside
    });
    ended.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn redrawing_writes_the_whole_screen_again() {
    let fake = Fake::new();
    fake.world().effects = vec![('l', Effect::Redraw)];
    let ended = run_with(&fake, |outside| async {
        outside.fake.world().display.process(b"\x1b[3;3Hsomething else wrote here");
        assert_ne!(outside.fake.screen(), "first");
        outside.press('l').await;
        outside.fake.until("redrawn", |world| world.display.screen().contents() == "first").await;
        outside
    });
    ended.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn quitting_writes_what_was_asked_for_before_and_leaves_the_terminal() {
    let fake = Fake::new();
    fake.world().effects = vec![('q', Effect::Copy("the last".into())), ('q', Effect::Quit)];
    let ended = run_with(&fake, |outside| async {
        outside.press('q').await;
        outside.inputs.closed().await;
        outside
    });
    assert_eq!(ended.await.unwrap(), Ended::Exit(Exit::Quit));
    assert_eq!(fake.world().display.callbacks().0, ["the last"]);
    assert_eq!(fake.world().calls, ["start", "leave"]);
}

#[tokio::test(start_paused = true)]
async fn printing_shows_the_text_on_the_plain_screen_until_a_key_is_pressed() {
    let fake = Fake::new();
    fake.world().effects = vec![('p', Effect::Print("one\ntwo".into()))];
    let ended = run_with(&fake, |outside| async {
        outside.press('p').await;
        outside.fake.until("printed", |world| world.display.screen().contents().contains("press any key")).await;
        assert!(outside.fake.screen().starts_with("one\ntwo\n"), "{}", outside.fake.screen());
        assert!(!outside.fake.world().display.screen().alternate_screen());
        outside.send(Message::Paste("second".into())).await;
        outside.press('x').await;
        outside.fake.until("back", |world| world.display.screen().contents() == "second").await;
        assert!(outside.fake.world().display.screen().alternate_screen());
        assert!(!outside.fake.world().messages.contains(&Message::Key(key('x'))));

        // Only the first key goes back; those after it mean what they always do.
        outside.press('p').await;
        outside.fake.until("printed", |world| world.display.screen().contents().contains("press any key")).await;
        outside.press('x').await;
        outside.press('q').await;
        outside.fake.until("back", |world| world.messages.last() == Some(&Message::Key(key('q')))).await;
        outside
    });
    ended.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn stopping_gives_the_terminal_back_and_continuing_takes_it_and_draws_everything() {
    let fake = Fake::new();
    fake.world().effects = vec![('z', Effect::Suspend)];
    let ended = run_with(&fake, |outside| async {
        outside.press('z').await;
        outside.fake.until("stopped", |world| world.calls.contains(&"stop")).await;
        assert!(!outside.fake.world().display.screen().alternate_screen());

        // Nothing is drawn on somebody else's screen.
        let bytes = outside.fake.world().bytes;
        outside.send(Message::Paste("second".into())).await;
        outside.fake.until("handled", |world| world.messages.len() == 2).await;
        time::sleep(Duration::from_secs(1)).await;
        assert_eq!(outside.fake.world().bytes, bytes);

        let larger = Size { width: 50, height: 8 };
        outside.fake.world().size_on_entering = larger;
        outside.inputs.send(LoopInput::Continue).await.unwrap();
        outside.fake.until("drawn", |world| world.display.screen().contents() == "second").await;
        assert_eq!(outside.fake.world().messages.last(), Some(&Message::Resized(larger)));
        outside
    });
    ended.await.unwrap();
    assert_eq!(fake.world().calls, ["start", "leave", "stop", "leave", "enter", "leave"]);
}

#[tokio::test(start_paused = true)]
async fn a_signal_to_stop_is_as_good_as_the_key() {
    let fake = Fake::new();
    let ended = run_with(&fake, |outside| async {
        outside.inputs.send(LoopInput::Stop).await.unwrap();
        outside.fake.until("stopped", |world| world.calls == ["start", "leave", "stop"]).await;
        outside
    });
    ended.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_nobody_could_continue_is_not_stopped() {
    let fake = Fake::new();
    fake.world().effects = vec![('z', Effect::Suspend)];
    fake.world().can_stop = false;
    let ended = run_with(&fake, |outside| async {
        outside.press('z').await;
        outside.show("second").await;
        assert_eq!(outside.fake.world().calls, ["start"]);
        outside
    });
    ended.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn another_size_is_told_and_drawn() {
    let fake = Fake::new();
    let small = Size { width: 3, height: 1 };
    let ended = run_with(&fake, |outside| async {
        outside.send(Message::Resized(small)).await;
        outside.fake.until("cut", |world| world.display.screen().contents() == "fir").await;
        assert_eq!(outside.fake.world().messages, [Message::Resized(small)]);
        outside
    });
    ended.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn reports_reach_the_application_and_the_end_of_the_source_is_told_once() {
    let fake = Fake::new();
    let at = Moment { elapsed: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };
    let ended = run_with(&fake, |mut outside| async move {
        let records = outside.records.take().unwrap();
        records.send(vec![Record::Connecting { at }]).await.unwrap();
        drop(records);
        outside.fake.until("told", |world| world.messages.len() == 2).await;
        outside.show("still here").await;
        outside
    });
    ended.await.unwrap();
    let told = [
        Message::Records(vec![Record::Connecting { at }]),
        Message::SourceEnded(None),
        Message::Paste("still here".into()),
    ];
    assert_eq!(fake.world().messages, told);
}

#[tokio::test]
async fn a_terminal_that_takes_no_output_holds_up_neither_messages_nor_the_last_state() {
    let fake = Fake::new();
    let ended = run_with(&fake, |outside| async {
        let (open, gate) = blocking::channel();
        outside.fake.world().gate = Some(gate);
        for number in 0..200 {
            outside.send(Message::Paste(format!("text {number}"))).await;
        }
        outside.fake.until("handled", |world| world.messages.len() == 200).await;
        assert_eq!(outside.fake.screen(), "first");
        drop(open);
        outside.fake.until("caught up", |world| world.display.screen().contents() == "text 199").await;
        outside
    });
    ended.await.unwrap();
}

#[tokio::test]
async fn a_signal_to_leave_is_obeyed_also_when_the_terminal_takes_no_output() {
    let fake = Fake::new();
    // It opens only when the loop has ended.
    let (open, gate) = blocking::channel();
    let ended = run_with(&fake, |outside| async {
        outside.fake.world().gate = Some(gate);
        outside.send(Message::Paste("never shown".into())).await;
        outside.fake.until("blocked", |world| world.gate.is_none()).await;
        outside
    });
    assert_eq!(ended.await.unwrap(), Ended::Exit(Exit::Signal(15)));
    assert_eq!(fake.screen(), "first");
    drop(open);
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_is_gone_ends_the_loop_however_it_is_noticed() {
    let cases = ["told", "at a report", "when woken", "by a failed write"];
    for case in cases {
        let fake = Fake::new();
        let ended = run_with(&fake, |mut outside| async move {
            let records = outside.records.take().unwrap();
            match case {
                "told" => outside.inputs.send(LoopInput::TerminalGone).await.unwrap(),
                "at a report" => {
                    outside.fake.world().alive = false;
                    let at = Moment { elapsed: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };
                    records.send(vec![Record::Connecting { at }]).await.unwrap();
                }
                "when woken" => {
                    outside.fake.world().wake = Some(Duration::from_secs(1));
                    outside.show("another").await;
                    outside.fake.world().alive = false;
                }
                _ => {
                    outside.fake.world().fails = Some(io::Error::from_raw_os_error(5));
                    outside.send(Message::Paste("lost".into())).await;
                }
            }
            outside.inputs.closed().await;
            drop(records);
            outside
        });
        assert_eq!(ended.await.unwrap(), Ended::Exit(Exit::TerminalGone), "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_fails_for_another_reason_is_an_error() {
    let fake = Fake::new();
    let ended = run_with(&fake, |outside| async {
        outside.fake.world().fails = Some(io::Error::other("no more"));
        outside.send(Message::Paste("lost".into())).await;
        outside.inputs.closed().await;
        outside
    });
    assert_eq!(ended.await.unwrap_err().to_string(), "the terminal could not be written to: no more");
    assert_eq!(fake.world().calls, ["start", "leave"]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_anywhere_ends_the_loop() {
    let fake = Fake::new();
    let ended = run_with(&fake, |outside| async {
        outside.inputs.send(LoopInput::Panicked).await.unwrap();
        outside.inputs.closed().await;
        outside
    });
    assert_eq!(ended.await.unwrap(), Ended::Panicked);
}

/// A fake with folders on disk, for as long as the guard is there.
fn at_home() -> (Fake, tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let drafts = home.path().join("drafts");
    let fake = Fake::new();
    fake.world().folders = Folders { drafts: Some(drafts.clone()), templates: Some(home.path().join("templates")) };
    (fake, home, drafts)
}

fn draft(text: &str) -> Effect {
    Effect::KeepDraft { draft: DraftId("d1".into()), text: text.into() }
}

fn edit(text: &str) -> Effect {
    Effect::Edit { draft: DraftId("d1".into()), text: text.into() }
}

fn outcomes(world: &World) -> Vec<Outcome> {
    let done = |message: &Message| match message {
        Message::Done(outcome) => Some(outcome.clone()),
        _ => None,
    };
    world.messages.iter().filter_map(done).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_reaches_the_source_in_order_and_a_source_that_has_ended_refuses_it_aloud() {
    let fake = Fake::new();
    let send = |batch| Effect::Send { batch, calls: Vec::new() };
    fake.world().effects =
        vec![('s', send(1)), ('s', send(2)), ('s', Effect::Recall("view".into())), ('t', send(3)), ('t', send(4))];
    let ended = run_with(&fake, |mut outside| async move {
        outside.press('s').await;
        for batch in [1, 2] {
            assert_eq!(outside.commands.recv().await, Some(SourceCommand::Send { batch, calls: Vec::new() }));
        }
        assert_eq!(outside.commands.recv().await, Some(SourceCommand::Recall("view".into())));
        drop(outside.records.take());
        outside.fake.until("told", |world| world.messages.contains(&Message::SourceEnded(None))).await;
        let frames = outside.fake.world().frames.len();
        outside.press('t').await;
        outside.fake.until("refused", |world| outcomes(world).len() == 2 && world.frames.len() > frames).await;
        outside
    });
    ended.await.unwrap();
    let outcomes = outcomes(&fake.world());
    let [Outcome::NotSent { batch: 3, why }, Outcome::NotSent { batch: 4, .. }] = outcomes.as_slice() else {
        panic!("{outcomes:?}");
    };
    assert!(why.contains("start again"), "{why}");
}

#[tokio::test]
async fn a_draft_is_on_disk_without_a_word_and_one_that_cannot_be_is_told() {
    let (fake, _home, drafts) = at_home();
    fake.world().effects = vec![('a', draft("{}")), ('b', draft("[]")), ('c', draft(" "))];
    let place = drafts.join("d1.json");
    let ended = run_with(&fake, |outside| async {
        for (key, text) in [('a', Some("{}")), ('b', Some("[]")), ('c', None)] {
            outside.press(key).await;
            outside.fake.until("on disk", |_| fs::read_to_string(&place).ok().as_deref() == text).await;
        }
        assert_eq!(outcomes(&outside.fake.world()), []);
        fs::remove_dir(&drafts).unwrap();
        fs::write(&drafts, "in the way").unwrap();
        outside.press('a').await;
        outside.fake.until("told", |world| !outcomes(world).is_empty()).await;
        outside
    });
    ended.await.unwrap();
    assert!(matches!(outcomes(&fake.world()).as_slice(), [Outcome::DraftNotKept(why)] if why.contains("memory only")));
}

#[tokio::test]
async fn the_last_text_of_a_draft_is_on_disk_when_the_loop_has_ended() {
    let (fake, _home, drafts) = at_home();
    let long = "x".repeat(1 << 20);
    fake.world().effects = vec![('a', draft("{}")), ('a', draft(&long)), ('a', Effect::Quit)];
    let ended = run_with(&fake, |outside| async {
        outside.press('a').await;
        outside.inputs.closed().await;
        outside
    });
    ended.await.unwrap();
    assert_eq!(fs::read_to_string(drafts.join("d1.json")).unwrap(), long);
}

#[tokio::test]
async fn a_template_is_kept_and_where_is_told() {
    let (fake, home, _) = at_home();
    fake.world().effects = vec![('S', Effect::KeepTemplate { name: "mine".into(), text: "{}".into() })];
    let ended = run_with(&fake, |outside| async {
        outside.press('S').await;
        outside.fake.until("told", |world| !outcomes(world).is_empty()).await;
        outside
    });
    ended.await.unwrap();
    let place = home.path().join("templates/mine.json");
    assert_eq!(fs::read_to_string(&place).unwrap(), "{}");
    let kept = Outcome::TemplateKept { name: "mine".into(), text: "{}".into(), place: Sanitized::of(&place.display()) };
    assert_eq!(outcomes(&fake.world()), [kept]);
}

#[tokio::test]
async fn the_editor_gets_the_terminal_and_the_newest_text_and_what_it_leaves_comes_back() {
    let (fake, _home, drafts) = at_home();
    let (open, gate) = blocking::channel::<()>();
    let place = drafts.join("d1.json");
    let expected = place.clone();
    fake.world().effects = vec![('a', draft("older")), ('e', edit("{}"))];
    fake.world().editor = Some(Box::new(move |command, file| {
        assert_eq!((command, file), ("ed -s", expected.as_path()));
        assert_eq!(fs::read_to_string(file)?, "{}");
        // Ends when the test lets it.
        let _ = gate.recv();
        fs::write(file, "{\"a\":1}\n")?;
        Ok(ExitStatus::from_raw(0))
    }));
    let ended = run_with(&fake, |outside| async {
        outside.press('a').await;
        outside.press('e').await;
        outside.fake.until("edited", |world| world.calls.contains(&"run")).await;
        assert!(!outside.fake.world().display.screen().alternate_screen());

        // Life goes on, but not on the screen; what is typed, and the signals that go with it, are the editor's.
        let drawn = |world: &World| (world.bytes, world.frames.len());
        let before = drawn(&outside.fake.world());
        for input in [LoopInput::Leave(2), LoopInput::Leave(3), LoopInput::Stop, LoopInput::Continue] {
            outside.inputs.send(input).await.unwrap();
        }
        outside.press('q').await;
        outside.send(Message::Woke).await;
        outside.fake.until("handled", |world| world.messages.last() == Some(&Message::Woke)).await;
        assert_eq!(drawn(&outside.fake.world()), before);
        assert_eq!(outside.fake.world().calls, ["start", "leave", "run"]);

        drop(open);
        // Ctrl-C that ended the editor may be told late.
        outside.fake.until("back", |world| !outcomes(world).is_empty()).await;
        outside.inputs.send(LoopInput::Leave(2)).await.unwrap();
        outside.fake.until("drawn", |world| world.display.screen().contents() == "first").await;
        outside
    });
    assert_eq!(ended.await.unwrap(), Ended::Exit(Exit::Signal(15)));
    let world = fake.world();
    assert_eq!(world.calls, ["start", "leave", "run", "leave", "enter", "leave"]);
    assert_eq!(outcomes(&world), [Outcome::Edited { draft: DraftId("d1".into()), text: "{\"a\":1}".into() }]);
    assert!(!world.messages.contains(&Message::Key(key('q'))));
}

#[tokio::test]
async fn an_editor_that_fails_brings_the_screen_back_and_the_reason() {
    let (fake, _home, drafts) = at_home();
    fake.world().effects = vec![('e', edit("{}"))];
    fake.world().editor = Some(Box::new(|_, _| Ok(ExitStatus::from_raw(127 << 8))));
    let ended = run_with(&fake, |outside| async {
        outside.press('e').await;
        outside.fake.until("told", |world| !outcomes(world).is_empty()).await;
        outside.show("here again").await;
        outside
    });
    ended.await.unwrap();
    let outcomes = outcomes(&fake.world());
    let [Outcome::EditFailed(why)] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert!(why.contains("`ed -s` was not found") && why.contains("set EDITOR"), "{why}");
    assert_eq!(fs::read_to_string(drafts.join("d1.json")).unwrap(), "{}");
}

#[tokio::test]
async fn a_signal_to_leave_is_obeyed_also_while_the_editor_is_open() {
    let (fake, _home, _) = at_home();
    let (open, gate) = blocking::channel::<()>();
    fake.world().effects = vec![('e', edit("{}"))];
    fake.world().editor = Some(Box::new(move |_, _| {
        let _ = gate.recv();
        Ok(ExitStatus::from_raw(0))
    }));
    let ended = run_with(&fake, |outside| async {
        outside.press('e').await;
        outside.fake.until("edited", |world| world.calls.contains(&"run")).await;
        outside.inputs.send(LoopInput::Leave(1)).await.unwrap();
        outside.inputs.closed().await;
        outside
    });
    assert_eq!(ended.await.unwrap(), Ended::Exit(Exit::Signal(1)));
    drop(open);
}
