//! The loop: waits for something to happen, lets it happen to the application, carries out what that asks for, and
//! draws once when all queues are empty.

mod commands;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::mem::ManuallyDrop;
use std::time::Duration;

use ratatui::Frame;
use ratatui::layout;
use rustix::process::Signal;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until, timeout};

use super::clipboard::Clipboard;
use super::comparing::CompareWorker;
use super::console::{self, Console};
use super::drafts::DraftWriter;
use super::editor::Editing;
use super::events::{self, Keyboard};
use super::frame_limiter::FrameLimiter;
use super::input::LoopInput;
use super::linting::LintWorker;
use super::output::{Done, Job, TerminalOutput};
use super::querying::QueryWorker;
use super::recording::{Recorder, RecordingError, Tape};
use super::screen::Screen;
use super::telling::{self, PlanWriter};
use super::{Exit, Folders, RuntimeError, templates, terminal};
use crate::app::{self, DraftId, Effect, Field, Key, KeyCode, Message, Model, Outcome, Size};
use crate::event::{Sanitized, sanitized};
use crate::plan::Linter;
use crate::session::{Moment, Record, TapeNews};
use crate::source::tape::Player;
use crate::source::{Feed, Source};
use crate::ui::{self, Theme};
use commands::Commands;

/// How many messages are handled before a frame may be drawn although more are waiting: a flood of them must not keep
/// the screen still.
const BATCH: usize = 512;

/// How long leaving waits for a terminal that takes no output.
const PATIENCE: Duration = Duration::from_millis(30);

/// How long after the editor has ended an interrupt is still taken for one that was meant for it: the key that ends the
/// editor reaches us as well, and not always sooner than the news of the end.
const ECHO: Duration = Duration::from_millis(250);

/// A paste that comes as keys is over when none has come for so long.
const PASTE_OVER: Duration = Duration::from_millis(30);

/// Nobody has so many keys waiting that were typed one by one.
const PASTED: usize = 16;

/// The parts that the loop works with besides the terminal.
#[derive(Debug)]
pub(super) struct Workplace {
    /// Where drafts and templates are kept.
    pub(super) folders: Folders,
    /// What the session is recorded to from the start, if it is.
    pub(super) tape: Option<Tape>,
    /// Finds what is wrong with events and drafts.
    pub(super) linter: Linter,
    /// Takes the keys from the reader.
    pub(super) keys: Keyboard,
    /// The command of the user's editor.
    pub(super) editor: console::Command,
    /// The way of a copied text.
    pub(super) clipboard: Clipboard,
    /// Writes a plan.
    pub(super) plan_writer: PlanWriter,
    /// Whether the terminal is asked for its background, once the first frame is there.
    pub(super) asks_background: bool,
}

/// The application that the loop runs: the three functions of the application, and its state.
pub(super) trait Application {
    /// Lets `message` happen.
    fn update(&mut self, message: Message, now: Moment) -> Vec<Effect>;

    /// Where typed text goes now.
    fn field(&self) -> Field;

    /// Makes what a frame needs. Called before each one.
    fn prepare(&mut self) {}

    /// Draws the state as it is at `now`.
    fn view(&self, now: Moment, frame: &mut Frame<'_>);

    /// How long after `now` the picture changes by the passing of time.
    fn next_wake(&self, now: Moment) -> Option<Duration>;

    /// Whether it is enough to show with the next second what `message` will change.
    fn is_quiet(&self, _message: &Message) -> bool {
        false
    }

    /// The terminal says that its background is light.
    fn lighten(&mut self) {}

    /// Words as they may be written down: with masks, where what is seen has them.
    fn masked(&self, words: &Sanitized) -> Sanitized {
        words.clone()
    }

    /// What was seen, and sentences on what would not be sent if the program ended `now`.
    fn summary(&self, _now: Moment) -> Vec<Sanitized> {
        Vec::new()
    }
}

/// The application that the program is.
#[derive(Debug)]
pub(super) struct WatchApplication {
    pub(super) model: Model,
    pub(super) theme: Theme,
    /// The theme for a terminal with a light background, where that is to be found out.
    pub(super) light: Option<Theme>,
}

impl Application for WatchApplication {
    fn update(&mut self, message: Message, now: Moment) -> Vec<Effect> {
        let effects = app::update(&mut self.model, message, now);
        terminal::withhold_messages(self.model.is_masked());
        effects
    }

    fn field(&self) -> Field {
        self.model.field()
    }

    fn prepare(&mut self) {
        app::prepare(&mut self.model);
    }

    fn view(&self, now: Moment, frame: &mut Frame<'_>) {
        ui::view(&self.model, now, &self.theme, frame);
    }

    fn lighten(&mut self) {
        if let Some(light) = self.light.take() {
            self.theme = light;
        }
    }

    fn next_wake(&self, now: Moment) -> Option<Duration> {
        self.model.next_wake(now)
    }

    fn is_quiet(&self, message: &Message) -> bool {
        self.model.is_quiet(message)
    }

    fn masked(&self, words: &Sanitized) -> Sanitized {
        self.model.redaction().map_or_else(|| words.clone(), |redaction| redaction.words(words))
    }

    fn summary(&self, now: Moment) -> Vec<Sanitized> {
        self.model.summary(now).into_iter().chain(self.model.outbox.unsent(now)).collect()
    }
}

/// How the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// As it should.
    Exit(Exit),
    /// A task panicked.
    Panicked,
}

/// Runs the application on a terminal of `size` that was entered already, until it ends, and leaves the terminal. Gives
/// the sentences on what was seen and what was not sent as well.
///
/// `start` is called when the first frame was written.
pub(super) async fn run<A, C, F>(
    application: A,
    size: Size,
    console: C,
    mut workplace: Workplace,
    mut inputs: mpsc::Receiver<LoopInput>,
    clock: impl Fn() -> Moment,
    start: impl FnOnce() -> F,
) -> Result<(Ended, Vec<Sanitized>), RuntimeError>
where
    A: Application,
    C: Console,
    F: Into<Feed>,
{
    let (outcome_sender, outcomes) = mpsc::unbounded_channel();
    let mut event_loop = EventLoop {
        // The end of the program, a panic included, may not wait until gigabytes of history are taken apart; the system
        // takes them back at once.
        application: ManuallyDrop::new(application),
        clock,
        screen: ratatui::Terminal::new(Screen::new(area(size))).map_err(drawing)?,
        output: TerminalOutput::new(console),
        commands: Commands::default(),
        drafts: DraftWriter::new(workplace.folders.drafts.as_deref(), &outcome_sender),
        linting: LintWorker::new(std::mem::take(&mut workplace.linter), &outcome_sender),
        comparing: CompareWorker::new(&outcome_sender),
        querying: QueryWorker::new(&outcome_sender),
        recorder: None,
        workplace,
        outcomes,
        outcome_sender,
        limiter: FrameLimiter::default(),
        size,
        changed: true,
        wake: None,
        away: None,
        interrupts_from: None,
        pasting: None,
        player: None,
    };
    event_loop.go_on_recording();
    let ended = event_loop.run(&mut inputs, start).await;
    let mut summary = event_loop.application.summary((event_loop.clock)());
    let EventLoop { mut output, drafts, recorder, .. } = event_loop;
    let keep = || (drop(drafts), recorder.and_then(Recorder::finish)).1;
    let (written, kept) = tokio::join!(timeout(PATIENCE, output.finish()), spawn_blocking(keep));
    match kept {
        Ok(late) => summary.extend(late),
        Err(error) => tracing::error!(%error, "the drafts and the tape could not be finished"),
    }
    match written {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "the last output was not written"),
        Err(_) => tracing::warn!("the terminal takes no output; leaving without it"),
    }
    Ok((ended?, summary))
}

/// Why nothing is drawn for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Away {
    /// The terminal is somebody else's, or is just being taken back.
    Elsewhere,
    /// The user's editor has the terminal.
    Editing,
    /// A text is shown on the plain screen until a key is pressed.
    Printing,
}

struct EventLoop<A, C, N> {
    application: ManuallyDrop<A>,
    clock: N,
    screen: ratatui::Terminal<Screen>,
    output: TerminalOutput<C>,
    commands: Commands,
    drafts: DraftWriter,
    linting: LintWorker,
    comparing: CompareWorker,
    querying: QueryWorker,
    recorder: Option<Recorder>,
    workplace: Workplace,
    /// The outcomes of effects that take their time.
    outcomes: mpsc::UnboundedReceiver<Outcome>,
    outcome_sender: mpsc::UnboundedSender<Outcome>,
    limiter: FrameLimiter,
    size: Size,
    /// Whether something happened since the last frame.
    changed: bool,
    /// When time alone changes the picture. Set with each frame: reckoned any later, it would step over a change that
    /// fell between the frame and the reckoning.
    wake: Option<Instant>,
    away: Option<Away>,
    /// From when on an interrupt is meant for us again.
    interrupts_from: Option<Instant>,
    /// A paste that comes as keys, as far as it has come.
    pasting: Option<Pasting>,
    /// The player of the tape, where one is replayed.
    player: Option<Player>,
}

/// A paste that comes as keys, from a terminal that does not say that it is one.
struct Pasting {
    text: String,
    /// When it is over, unless more of it comes.
    until: Instant,
}

/// An event that ends the loop's wait.
enum Happened {
    Input(Option<LoopInput>),
    Records(Option<Vec<Record>>),
    Tape(Option<TapeNews>),
    Output(io::Result<Done>),
    Outcome(Outcome),
    CommandsTaken,
    PasteOver,
    Woke,
    FrameDue,
}

impl<A, C, N> EventLoop<A, C, N>
where
    A: Application,
    C: Console,
    N: Fn() -> Moment,
{
    async fn run<F: Into<Feed>>(
        &mut self,
        inputs: &mut mpsc::Receiver<LoopInput>,
        start: impl FnOnce() -> F,
    ) -> Result<Ended, RuntimeError> {
        let mut start = Some(start);
        let mut source: Option<Source> = None;
        loop {
            let refused = match &source {
                Some(source) => self.commands.send(&source.commands),
                None if start.is_none() => self.commands.refuse(),
                None => Vec::new(),
            };
            if let Some(ended) = self.tell(refused) {
                return Ok(ended);
            }
            let frame_due = self.draw()?;
            if self.output.is_idle()
                && let Some(start) = start.take()
            {
                match start().into() {
                    Feed::Live(live) => source = Some(live),
                    Feed::Tape(tape) => self.player = Some(tape),
                }
                if self.workplace.asks_background {
                    self.output.submit(Job::Write(events::BACKGROUND_QUESTION.to_vec()));
                }
            }

            let happened = {
                let (records, commands) = match &mut source {
                    Some(source) => (Some(&mut source.records), Some(&source.commands)),
                    None => (None, None),
                };
                tokio::select! {
                    biased;
                    input = inputs.recv() => Happened::Input(input),
                    done = self.output.done() => Happened::Output(done),
                    Some(outcome) = self.outcomes.recv() => Happened::Outcome(outcome),
                    () = until(self.pasting.as_ref().map(|pasting| pasting.until)) => Happened::PasteOver,
                    records = recv(records) => Happened::Records(records),
                    news = news(self.player.as_mut()) => Happened::Tape(news),
                    () = self.commands.room(commands) => Happened::CommandsTaken,
                    () = until(self.wake) => Happened::Woke,
                    () = until(frame_due) => Happened::FrameDue,
                }
            };
            if let Some(ended) = self.handle(happened, inputs, &mut source)? {
                self.record_the_rest(source);
                return Ok(ended);
            }
        }
    }

    /// Records what the source has told by now.
    fn record_the_rest(&mut self, source: Option<Source>) {
        let Some(mut source) = source.filter(|_| self.recorder.is_some()) else { return };
        while let Ok(records) = source.records.try_recv() {
            // It has ended already.
            let _ = self.update(Message::Records(records));
        }
    }

    /// Handles what happened, and what else has happened by now.
    fn handle(
        &mut self,
        happened: Happened,
        inputs: &mut mpsc::Receiver<LoopInput>,
        source: &mut Option<Source>,
    ) -> Result<Option<Ended>, RuntimeError> {
        let mut ended = match happened {
            Happened::Input(input) => self.input(input.unwrap_or(LoopInput::TerminalGone)),
            Happened::Records(records) => self.records(records, source),
            Happened::Tape(news) => self.news(news),
            Happened::Output(done) => self.output_done(done)?,
            Happened::Outcome(outcome) => {
                self.limiter.wait_no_more();
                self.tell([outcome])
            }
            Happened::Woke => {
                self.wake = None;
                self.check_terminal().or_else(|| self.update(Message::Woke))
            }
            Happened::PasteOver => self.end_paste(),
            Happened::CommandsTaken | Happened::FrameDue => None,
        };
        for _ in 0..BATCH {
            if ended.is_some() {
                break;
            }
            if let Ok(input) = inputs.try_recv() {
                ended = self.input(input);
            } else if let Some(Ok(news)) = self.player.as_mut().map(|player| player.news.try_recv()) {
                ended = self.news(Some(news));
            } else if let Some(Ok(records)) = source.as_mut().map(|source| source.records.try_recv()) {
                ended = self.records(Some(records), source);
            } else {
                break;
            }
        }
        Ok(ended)
    }

    fn input(&mut self, input: LoopInput) -> Option<Ended> {
        match input {
            LoopInput::Typed(keys) => return self.typed(&keys),
            // It comes whenever the terminal has it, in the midst of what is typed or pasted.
            LoopInput::LightBackground => {
                self.application.lighten();
                self.changed = true;
                return None;
            }
            LoopInput::Message(Message::Key(key)) if self.pasting.is_some() && events::text_of(key).is_some() => {
                return self.typed(&[key]);
            }
            _ => {}
        }
        self.end_paste().or_else(|| self.other_input(input))
    }

    /// Takes in keys for text that were there at once. In a text field they are a paste when nobody can have typed them.
    fn typed(&mut self, keys: &[Key]) -> Option<Ended> {
        let text: String = keys.iter().filter_map(|key| events::text_of(*key)).collect();
        if self.away.is_none() && (self.pasting.is_some() || is_paste(&text, self.application.field())) {
            let until = Instant::now() + PASTE_OVER;
            let pasting = self.pasting.get_or_insert_with(|| Pasting { text: String::new(), until });
            pasting.text.push_str(&text);
            pasting.until = until;
            return None;
        }
        keys.iter().find_map(|key| self.other_input(LoopInput::Message(Message::Key(*key))))
    }

    /// Tells the application of a paste that has come as keys, if one has.
    fn end_paste(&mut self) -> Option<Ended> {
        let Pasting { text, .. } = self.pasting.take()?;
        self.limiter.wait_no_more();
        let line = text.trim_end_matches(LINE_ENDS);
        let ends_line = self.application.field() == Field::Line && line.len() < text.len() && !line.contains(LINE_ENDS);
        let ended = self.update(Message::Paste(text));
        // Behind a line that is all, it is the key that ends the line.
        let enter = Key { code: KeyCode::Enter, ctrl: false, alt: false, shift: false };
        ended.or_else(|| ends_line.then(|| self.update(Message::Key(enter))).flatten())
    }

    fn other_input(&mut self, input: LoopInput) -> Option<Ended> {
        match input {
            LoopInput::Typed(keys) => self.typed(&keys),
            LoopInput::LightBackground => None,
            LoopInput::Message(Message::Key(_)) if self.away == Some(Away::Printing) => {
                self.enter();
                None
            }
            // Keys were typed for the editor, in the moment before it had them; and the console stops and goes on with
            // it by itself.
            LoopInput::Message(Message::Key(_) | Message::Mouse(_) | Message::Paste(_))
            | LoopInput::Stop
            | LoopInput::Continue
                if self.is_editing() =>
            {
                None
            }
            LoopInput::Message(message) => {
                self.limiter.wait_no_more();
                if let Message::Resized(size) = message {
                    self.resize(size);
                }
                self.update(message)
            }
            LoopInput::Leave(number) if is_typed(number) && self.is_interrupt_of_editor() => {
                tracing::debug!(number, "an interrupt for the editor");
                None
            }
            LoopInput::Leave(number) => {
                tracing::info!(number, "leaving on a signal");
                Some(Ended::Exit(Exit::Signal(number)))
            }
            LoopInput::Stop => {
                self.stop();
                None
            }
            // The terminal is entered anew also when nothing here asked to stop: what continued the process had the
            // terminal in the meantime.
            LoopInput::Continue => {
                self.enter();
                None
            }
            LoopInput::TerminalGone => Some(Ended::Exit(Exit::TerminalGone)),
            LoopInput::Panicked => Some(Ended::Panicked),
        }
    }

    fn records(&mut self, records: Option<Vec<Record>>, source: &mut Option<Source>) -> Option<Ended> {
        if let Some(gone) = self.check_terminal() {
            return Some(gone);
        }
        let Some(records) = records else {
            tracing::error!("the source ended");
            *source = None;
            return self.update(Message::SourceEnded(None));
        };
        for record in &records {
            log(record, |words| self.application.masked(words));
        }
        self.update(Message::Records(records))
    }

    fn news(&mut self, news: Option<TapeNews>) -> Option<Ended> {
        if let Some(gone) = self.check_terminal() {
            return Some(gone);
        }
        let Some(news) = news else {
            tracing::error!("the player of the tape ended");
            self.player = None;
            return self.update(Message::SourceEnded(None));
        };
        self.update(Message::Tape(news))
    }

    fn output_done(&mut self, done: io::Result<Done>) -> Result<Option<Ended>, RuntimeError> {
        match done {
            Ok(Done::Written | Done::Stopped) => Ok(None),
            Ok(Done::NotStopped) => {
                tracing::info!("not stopped: nobody could continue the program");
                self.away = None;
                Ok(None)
            }
            Ok(Done::Edited(outcome)) => {
                self.interrupts_from = Some(Instant::now() + ECHO);
                self.enter();
                Ok(self.tell([outcome]))
            }
            Ok(Done::Entered(size)) => {
                self.away = None;
                self.redraw().map_err(drawing)?;
                if size == self.size {
                    return Ok(None);
                }
                self.resize(size);
                Ok(self.update(Message::Resized(size)))
            }
            Err(error) => match self.check_terminal() {
                Some(gone) => Ok(Some(gone)),
                None if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
                    Ok(Some(Ended::Exit(Exit::TerminalGone)))
                }
                None => Err(RuntimeError::Terminal { doing: "written to", source: error }),
            },
        }
    }

    /// Ends the loop when nobody is at the other end of the terminal any more.
    fn check_terminal(&self) -> Option<Ended> {
        if self.output.is_alive() {
            return None;
        }
        tracing::info!("leaving, the terminal is gone");
        Some(Ended::Exit(Exit::TerminalGone))
    }

    /// Lets `message` happen, and whatever follows from it.
    fn update(&mut self, message: Message) -> Option<Ended> {
        let now = (self.clock)();
        if self.application.is_quiet(&message) {
            let second = Instant::now().checked_add(now.until_second(Duration::ZERO));
            self.wake = [self.wake, second].into_iter().flatten().min();
        } else {
            self.changed = true;
        }
        let mut messages = VecDeque::from([message]);
        while let Some(message) = messages.pop_front() {
            for effect in self.application.update(message, now) {
                match self.carry_out(effect) {
                    Carried::Out => {}
                    Carried::Outcome(outcome) => messages.push_back(Message::Done(outcome)),
                    Carried::Quit => return Some(Ended::Exit(Exit::Quit)),
                    Carried::Switch(at) => return Some(Ended::Exit(Exit::Profile(at))),
                }
            }
        }
        None
    }

    /// Tells the application what became of effects.
    fn tell(&mut self, outcomes: impl IntoIterator<Item = Outcome>) -> Option<Ended> {
        outcomes.into_iter().find_map(|outcome| self.update(Message::Done(outcome)))
    }

    fn carry_out(&mut self, effect: Effect) -> Carried {
        match effect {
            Effect::PollNow => self.commands.poll_now(),
            Effect::SetInterval(interval) => {
                tracing::debug!(?interval, "polling at another interval");
                self.commands.set_interval(interval);
            }
            Effect::Copy(text) => return self.copy(&text).into(),
            Effect::Print(text) => self.print(&text),
            Effect::Send { batch, calls } => return self.commands.ship(batch, calls).into(),
            Effect::Collector(command) => self.commands.collector(command),
            Effect::Recall(event_type) => self.commands.recall(event_type),
            Effect::Earlier(event_type) => self.commands.earlier(event_type),
            Effect::Lint { events, now } => {
                // The signs of findings would go out and on again with every newer event.
                self.limiter.expect_more(Instant::now());
                self.linting.events(events, now);
            }
            Effect::LintAnew => self.linting.anew(),
            Effect::Tape(command) => {
                if let Some(player) = &self.player {
                    player.command(command);
                }
            }
            Effect::Compare(pairs) => self.comparing.compare(pairs),
            Effect::LintDraft(question) => self.linting.draft(question),
            Effect::OpenDraft { draft, text } => self.drafts.open(draft, text),
            Effect::Evaluate { number, expression, event } => self.querying.evaluate(number, expression, event),
            Effect::StopEvaluation => self.querying.stop_evaluation(),
            Effect::Scan(step) => self.querying.scan(step),
            Effect::StopScan => self.querying.stop_scan(),
            Effect::KeepDraft { draft, text } => self.drafts.keep(draft, text),
            Effect::KeepTemplate { name, text } => self.keep_template(name, text),
            Effect::BeginRecording { name, header, held } => match self.recorder() {
                Ok(recorder) => recorder.begin(name, header, held),
                Err(error) => return Carried::Outcome(Outcome::RecordingNotBegun(Sanitized::of(&error))),
            },
            Effect::StopRecording => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.close();
                }
            }
            Effect::Record(records) => {
                if let Some(recorder) = &mut self.recorder {
                    recorder.write(records);
                }
            }
            Effect::Edit { draft, text } => return self.edit(draft, text).into(),
            Effect::Report(reporting) => self.beside(move || telling::report(*reporting)),
            Effect::Plan(planning) => {
                let writer = self.workplace.plan_writer;
                self.beside(move || telling::plan(&planning, writer));
            }
            Effect::Mouse(is_heard) => {
                let switch = terminal::hear_mouse(is_heard);
                self.output.submit(Job::Write(switch.into()));
            }
            Effect::SwitchProfile(at) => return Carried::Switch(at),
            Effect::Suspend => self.stop(),
            Effect::Redraw => {
                // The screen is in memory: writing to it does not fail.
                if let Err(error) = self.redraw() {
                    tracing::error!(%error, "the screen could not be cleared");
                }
            }
            Effect::Quit => return Carried::Quit,
        }
        Carried::Out
    }

    /// Goes on with the tape that was begun before the start, if one was.
    fn go_on_recording(&mut self) {
        let Some(tape) = self.workplace.tape.take() else { return };
        match self.recorder() {
            Ok(recorder) => recorder.go_on(tape),
            // Nobody listens only when the program ends.
            Err(error) => drop(self.outcome_sender.send(Outcome::RecordingEnded(Sanitized::of(&error)))),
        }
    }

    /// The recorder, which runs from the first time that it is needed.
    fn recorder(&mut self) -> Result<&mut Recorder, RecordingError> {
        let recorder = if let Some(recorder) = self.recorder.take() {
            recorder
        } else {
            let outcomes = self.outcome_sender.clone();
            Recorder::start(move |outcome| drop(outcomes.send(outcome)))?
        };
        Ok(self.recorder.insert(recorder))
    }

    /// Sends `text` to the clipboard, and says whether it can arrive, as soon as that is known.
    fn copy(&mut self, text: &str) -> Option<Outcome> {
        let clipboard = &self.workplace.clipboard;
        let sequence = match clipboard.sequence(text) {
            Ok(sequence) => sequence,
            Err(why) => return Some(Outcome::CopyFailed(Sanitized::of(&why))),
        };
        tracing::debug!(bytes = text.len(), "copied");
        let copied = Outcome::Copied { bytes: text.len() };
        let asking = (!clipboard.is_open()).then(|| clipboard.clone().ask());
        self.output.submit(Job::Write(sequence.into_bytes()));
        let Some(asking) = asking else { return Some(copied) };
        let outcomes = self.outcome_sender.clone();
        tokio::spawn(async move {
            let outcome = asking.await.map_or_else(|why| Outcome::CopyFailed(Sanitized::of(&why)), |()| copied);
            // Nobody listens only when the program ends.
            drop(outcomes.send(outcome));
        });
        None
    }

    /// Shows `text` on the plain screen, where the terminal's own selection reaches all of it.
    fn print(&mut self, text: &Sanitized) {
        self.away = Some(Away::Printing);
        self.output.submit(Job::Print(sanitized!("{}\n\n-- press any key to go back --", text)));
    }

    fn keep_template(&self, name: String, text: String) {
        let folder = self.workplace.folders.templates.clone();
        self.beside(move || templates::keep(folder.as_deref(), name, text));
    }

    /// Does what takes its time, and tells what came of it.
    fn beside(&self, work: impl FnOnce() -> Outcome + Send + 'static) {
        let outcomes = self.outcome_sender.clone();
        spawn_blocking(move || {
            // Nobody listens only when the program ends.
            drop(outcomes.send(work()));
        });
    }

    /// Hands the terminal over to the user's editor.
    fn edit(&mut self, draft: DraftId, text: String) -> Option<Outcome> {
        if self.is_editing() {
            return Some(Outcome::EditFailed("the editor is open already".into()));
        }
        self.away = Some(Away::Editing);
        let editing = Editing {
            command: self.workplace.editor.clone(),
            draft,
            text,
            shelf: self.drafts.shelf(),
            keys: self.workplace.keys.clone(),
        };
        self.output.submit(Job::Edit(Box::new(editing)));
        None
    }

    fn is_editing(&self) -> bool {
        self.away == Some(Away::Editing)
    }

    fn is_interrupt_of_editor(&self) -> bool {
        self.is_editing() || self.interrupts_from.is_some_and(|instant| Instant::now() < instant)
    }

    fn stop(&mut self) {
        self.away = Some(Away::Elsewhere);
        self.output.submit(Job::Stop);
    }

    /// Takes the terminal from whoever had it.
    fn enter(&mut self) {
        self.away = Some(Away::Elsewhere);
        self.output.submit(Job::Enter);
    }

    fn resize(&mut self, size: Size) {
        self.size = size;
        self.screen.backend_mut().resize(area(size));
    }

    /// Has every cell drawn with the next frame.
    fn redraw(&mut self) -> io::Result<()> {
        self.changed = true;
        self.screen.backend_mut().forget();
        self.screen.clear()
    }

    /// Draws what changed, if anything happened and the terminal has taken the frame before. When it is only too early,
    /// says when it may be drawn.
    fn draw(&mut self) -> Result<Option<Instant>, RuntimeError> {
        if !self.changed || self.away.is_some() || !self.output.is_idle() {
            return Ok(None);
        }
        let now = Instant::now();
        if let Some(due) = self.limiter.wait_until(now) {
            return Ok(Some(due));
        }
        let moment = (self.clock)();
        self.application.prepare();
        self.screen.draw(|frame| self.application.view(moment, frame)).map_err(drawing)?;
        let bytes = self.screen.backend_mut().take_frame().map_err(drawing)?;
        if !bytes.is_empty() {
            self.output.submit(Job::Write(bytes));
        }
        self.changed = false;
        self.limiter.drawn(now);
        self.wake = self.application.next_wake(moment).and_then(|wait| now.checked_add(wait));
        Ok(None)
    }
}

/// The fate of an effect.
enum Carried {
    Out,
    Outcome(Outcome),
    Quit,
    /// Another profile is to be watched, that of this place among them.
    Switch(usize),
}

impl From<Option<Outcome>> for Carried {
    fn from(outcome: Option<Outcome>) -> Self {
        outcome.map_or(Self::Out, Self::Outcome)
    }
}

const LINE_ENDS: [char; 2] = ['\r', '\n'];

/// Whether keys that were there at once are a paste where they go: there is text behind a line's end, or more of them than
/// are typed ahead. Keys that are commands are never one.
fn is_paste(text: &str, field: Field) -> bool {
    field != Field::Nowhere
        && (text.trim_end_matches(LINE_ENDS).contains(LINE_ENDS) || text.chars().nth(PASTED - 1).is_some())
}

/// Whether the signal is one that a key sends to everyone at the terminal.
fn is_typed(signal: i32) -> bool {
    [Signal::INT, Signal::QUIT].map(Signal::as_raw).contains(&signal)
}

/// Writes down what of a record is worth reading later, the words of others `masked`.
fn log(record: &Record, masked: impl Fn(&Sanitized) -> Sanitized) {
    match record {
        Record::Connecting { .. } => tracing::debug!("connecting"),
        Record::Polled(polled) => {
            tracing::debug!(polled.status, polled.bytes, polled.types, "polled");
        }
        Record::Counted { .. } => tracing::debug!("counted"),
        Record::Change(_) | Record::Errors(_) | Record::Gap(_) | Record::Note { .. } | Record::Proof(_) => {}
        Record::Waiting(waiting) => tracing::debug!(waiting.held, waiting.unsent, "what waits changed"),
        Record::Request(request) => tracing::debug!(request.number, request.status, "a request came"),
        Record::Delivered(delivery) => {
            tracing::info!(delivery.batch, events = delivery.events.len(), delivery.attempts, "a call ended");
        }
        Record::Retrying(retry) => {
            tracing::warn!(retry.batch, retry.attempts, what = %masked(&retry.problem.what), "a call failed");
        }
        Record::Recalled(recalled) => tracing::debug!(events = recalled.events.len(), "recalled"),
        Record::Trouble(trouble) => {
            tracing::warn!(trouble.attempt, what = %masked(&trouble.problem.what), "a poll failed");
        }
        Record::CountsTrouble(trouble) => {
            tracing::warn!(trouble.attempt, what = %masked(&trouble.problem.what), "the counts could not be had");
        }
        Record::HistoryTrouble(trouble) => {
            tracing::warn!(trouble.attempt, what = %masked(&trouble.problem.what), "the history could not be had");
        }
    }
}

fn area(size: Size) -> layout::Size {
    layout::Size { width: size.width, height: size.height }
}

fn drawing(source: io::Error) -> RuntimeError {
    RuntimeError::Terminal { doing: "drawn on", source }
}

async fn recv(records: Option<&mut mpsc::Receiver<Vec<Record>>>) -> Option<Vec<Record>> {
    match records {
        Some(records) => records.recv().await,
        None => std::future::pending().await,
    }
}

async fn news(player: Option<&mut Player>) -> Option<TapeNews> {
    match player {
        Some(player) => player.news.recv().await,
        None => std::future::pending().await,
    }
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
