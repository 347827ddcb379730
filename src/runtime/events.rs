//! The reader of keys, mouse, pastes and changes of size.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::{Duration, Instant};

use crossterm::event::{
    Event, EventStream, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use futures_util::{FutureExt, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::input::LoopInput;
use super::terminal;
use crate::app::{Key, KeyCode, Message, Mouse, MouseKind, Size};

/// So many events are gathered before they are told.
const MOST_AT_ONCE: usize = 1024;

/// Asks the terminal for the colour of its background (OSC 11).
pub(super) const BACKGROUND_QUESTION: &[u8] = b"\x1b]11;?\x1b\\";

/// The longest answer that is looked at.
const LONGEST_ANSWER: usize = 64;

/// How long the rest of an answer may take that has begun to come.
const UNFINISHED: Duration = Duration::from_millis(100);

/// Takes the keys from the reader, for another program that is given the terminal.
#[derive(Clone, Debug)]
pub(super) struct Keyboard(mpsc::Sender<Claim>);

/// The reader's end of [`Keyboard`].
#[derive(Debug)]
pub(super) struct Claims(mpsc::Receiver<Claim>);

#[derive(Debug)]
struct Claim {
    /// Told when nothing reads any more.
    granted: oneshot::Sender<()>,
    /// Ends when the reader may go on.
    over: oneshot::Receiver<()>,
}

/// As long as it is there, the reader leaves the keys alone.
#[derive(Debug)]
pub(super) struct Claimed {
    _over: oneshot::Sender<()>,
}

/// The two ends by which the reader is told to leave the keys alone.
pub(super) fn keys() -> (Keyboard, Claims) {
    let (sender, receiver) = mpsc::channel(1);
    (Keyboard(sender), Claims(receiver))
}

impl Keyboard {
    /// Waits until nothing reads the terminal, and keeps it so. Blocks, so it is not for the event loop.
    pub(super) fn claim(&self) -> Claimed {
        let (granted, wait) = oneshot::channel();
        let (claimed, over) = oneshot::channel();
        // A reader that has ended reads nothing.
        if self.0.blocking_send(Claim { granted, over }).is_ok() {
            drop(wait.blocking_recv());
        }
        Claimed { _over: claimed }
    }
}

/// Reads the terminal for as long as `inputs` is read, and sends what the application knows of.
///
/// It has a thread to itself: crossterm's reader blocks in the middle of an escape sequence until the rest of it comes,
/// and turns in circles when the terminal is gone. Neither may hold up the event loop.
///
/// A change of size is seen only from here on, so one since the terminal had `size` is told first.
pub(super) fn forward(inputs: mpsc::Sender<LoopInput>, size: Size, mut claims: Claims) {
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        runtime.block_on(async move {
            let (mut events, mut late) = (EventStream::new(), LateAnswers::default());
            let now = terminal::size();
            if now != size && inputs.send(LoopInput::Message(Message::Resized(now))).await.is_err() {
                return;
            }
            loop {
                let event = tokio::select! {
                    event = events.next() => event,
                    Some(claim) = claims.0.recv() => {
                        events = leave_alone(events, claim).await;
                        continue;
                    }
                    () = inputs.closed() => return,
                };
                let (messages, is_gone) = gather(&mut events, event, &mut late).await;
                terminal::read_on();
                let light = std::mem::take(&mut late.is_light).then_some(LoopInput::LightBackground);
                for input in
                    light.into_iter().chain(inputs_of(messages)).chain(is_gone.then_some(LoopInput::TerminalGone))
                {
                    if inputs.send(input).await.is_err() {
                        return;
                    }
                }
                if is_gone {
                    return;
                }
            }
        });
    });
}

/// What `event` and all that is there with it tell the application, and whether the terminal is gone.
async fn gather(
    events: &mut EventStream,
    event: Option<io::Result<Event>>,
    late: &mut LateAnswers,
) -> (Vec<Message>, bool) {
    let mut messages = Vec::new();
    let mut event = event;
    loop {
        match event {
            Some(Ok(event)) => {
                messages.extend(Some(event).filter(|event| !late.take(event, Instant::now())).and_then(message));
            }
            Some(Err(error)) => {
                tracing::error!(%error, "reading the terminal failed");
                return (messages, true);
            }
            None => return (messages, true),
        }
        if messages.len() >= MOST_AT_ONCE {
            return (messages, false);
        }
        // Asked with the waker of this task: crossterm remembers the one that it was asked with first.
        match poll_fn(|context| Poll::Ready(events.poll_next_unpin(context))).await {
            Poll::Ready(next) => event = next,
            Poll::Pending => return (messages, false),
        }
    }
}

/// The messages with the keys for text that stand together in one.
fn inputs_of(messages: Vec<Message>) -> Vec<LoopInput> {
    let mut inputs = Vec::new();
    let mut typed = Vec::new();
    for message in messages {
        match message {
            Message::Key(key) if text_of(key).is_some() => typed.push(key),
            message => {
                inputs.extend(input_of(std::mem::take(&mut typed)));
                inputs.push(LoopInput::Message(message));
            }
        }
    }
    inputs.extend(input_of(typed));
    inputs
}

fn input_of(typed: Vec<Key>) -> Option<LoopInput> {
    match typed.as_slice() {
        [] => None,
        [key] => Some(LoopInput::Message(Message::Key(*key))),
        keys => (!is_rest_of_answer(keys)).then_some(LoopInput::Typed(typed)),
    }
}

/// The text that a key stands for, if it is one: its line ends are those that terminals paste.
pub(super) fn text_of(key: Key) -> Option<char> {
    match (key.code, key.ctrl, key.alt || key.shift) {
        (KeyCode::Char(c), false, false) => Some(c),
        (KeyCode::Enter, false, false) => Some('\r'),
        // A line feed, where a paste has them as they are.
        (KeyCode::Char('j'), true, false) => Some('\n'),
        (KeyCode::Tab, false, false) => Some('\t'),
        _ => None,
    }
}

/// Whether `keys` are what crossterm leaves of a terminal that says which one it is: it knows nothing of `ESC [ >`, and
/// takes the numbers after it for keys.
fn is_rest_of_answer(keys: &[Key]) -> bool {
    let text: Option<String> = keys.iter().map(|key| text_of(*key)).collect();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.is_some_and(|text| {
        text.strip_suffix('c').is_some_and(|numbers| numbers.contains(';') && numbers.split(';').all(is_number))
    })
}

/// What a terminal answers to a question that somebody else has asked, an editor before us or a shell: a string between
/// `ESC ]` or the like and its end. crossterm knows nothing of such, and would have it typed.
#[derive(Debug, Default)]
struct LateAnswers {
    /// Within one: when something of it came last, and whether that was an escape.
    within: Option<(Instant, bool)>,
    /// The text of it so far.
    text: String,
    /// Whether one said that the background is light.
    is_light: bool,
}

impl LateAnswers {
    /// Whether the event is a part of an answer, which is nobody's.
    fn take(&mut self, event: &Event, now: Instant) -> bool {
        use crossterm::event::KeyCode as Code;

        let Event::Key(KeyEvent { code, modifiers, .. }) = event else { return false };
        let with = |wanted: KeyModifiers| modifiers.contains(wanted);
        // One that never ends must not swallow what is typed after it.
        let within = self.within.take().filter(|(last, _)| now.saturating_duration_since(*last) < UNFINISHED);
        if let Some((_, escaped)) = within {
            let is_over = match code {
                Code::Char('g') => with(KeyModifiers::CONTROL),
                Code::Char('\\') => with(KeyModifiers::ALT) || escaped,
                Code::Char('\u{9c}') => true,
                _ => false,
            };
            self.within = (!is_over).then_some((now, *code == Code::Esc));
            match code {
                _ if is_over => self.is_light |= is_light_background(&std::mem::take(&mut self.text)),
                Code::Char(c) if self.text.len() < LONGEST_ANSWER => self.text.push(*c),
                _ => {}
            }
            return true;
        }
        let begins = matches!(code, Code::Char(']' | 'P' | '_' | '^' | 'X')) && with(KeyModifiers::ALT);
        if begins && !with(KeyModifiers::CONTROL) {
            self.within = Some((now, false));
            self.text.clear();
            self.text.extend(code.as_char());
        }
        self.within.is_some()
    }
}

/// Whether an answer says that the terminal's background is light: `]11;rgb:ffff/ffff/ffff`.
fn is_light_background(answer: &str) -> bool {
    let Some((_, colour)) = answer.strip_prefix("]11;").and_then(|colour| colour.split_once(':')) else { return false };
    let part = |digits: &str| {
        let most = match digits.len() {
            1 => 0xf,
            2 => 0xff,
            3 => 0xfff,
            4 => 0xffff,
            _ => return None,
        };
        Some(f64::from(u32::from_str_radix(digits, 16).ok()?) / f64::from(most))
    };
    let mut parts = colour.split('/').map(part);
    let mut next = || parts.next().flatten();
    // How bright each of the three looks (Rec. 601).
    matches!((next(), next(), next()), (Some(r), Some(g), Some(b)) if 0.299 * r + 0.587 * g + 0.114 * b > 0.5)
}

/// Reads nothing while the claim lasts.
async fn leave_alone(mut events: EventStream, claim: Claim) -> EventStream {
    // Keys typed until now were meant for the other program. They cannot be passed on, but it must not be taken for
    // something that was typed after it either.
    while let Some(Some(Ok(_))) = events.next().now_or_never() {}
    drop(events);
    // The dropped one has a thread that may still be at the terminal; the new one begins when that has let go, and reads
    // nothing before it is asked.
    let events = EventStream::new();
    // Whoever claimed them may have given up by now, and then the claim is over as well.
    let _ = claim.granted.send(());
    let _ = claim.over.await;
    events
}

/// The application's word for a terminal event, if it has one.
fn message(event: Event) -> Option<Message> {
    match event {
        Event::Key(event) => key(event).map(Message::Key),
        Event::Mouse(event) => mouse(event).map(Message::Mouse),
        Event::Paste(text) => Some(Message::Paste(text)),
        // A terminal that does not know its size has not become one without cells.
        Event::Resize(width, height) if width > 0 && height > 0 => Some(Message::Resized(Size { width, height })),
        Event::Resize(..) | Event::FocusGained | Event::FocusLost => None,
    }
}

fn key(event: KeyEvent) -> Option<Key> {
    use crossterm::event::KeyCode as Code;

    if event.kind == KeyEventKind::Release {
        return None;
    }
    let mut shift = event.modifiers.contains(KeyModifiers::SHIFT);
    let code = match event.code {
        Code::Char(char) => {
            shift = false;
            KeyCode::Char(char)
        }
        Code::BackTab => {
            shift = true;
            KeyCode::Tab
        }
        Code::Enter => KeyCode::Enter,
        Code::Esc => KeyCode::Esc,
        Code::Tab => KeyCode::Tab,
        Code::Backspace => KeyCode::Backspace,
        Code::Delete => KeyCode::Delete,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        Code::F(number) => KeyCode::F(number),
        _ => return None,
    };
    let (ctrl, alt) = (event.modifiers.contains(KeyModifiers::CONTROL), event.modifiers.contains(KeyModifiers::ALT));
    Some(Key { code, ctrl, alt, shift })
}

fn mouse(event: MouseEvent) -> Option<Mouse> {
    let kind = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseKind::Press,
        MouseEventKind::ScrollUp => MouseKind::ScrollUp,
        MouseEventKind::ScrollDown => MouseKind::ScrollDown,
        _ => return None,
    };
    Some(Mouse { kind, column: event.column, row: event.row })
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyCode as Code;

    use super::*;

    fn plain(code: KeyCode) -> Key {
        Key { code, ctrl: false, alt: false, shift: false }
    }

    #[test]
    fn keys_are_told_as_the_application_names_them() {
        let press = |code, modifiers| key(KeyEvent::new(code, modifiers));
        let x = plain(KeyCode::Char('x'));
        let cases = [
            (press(Code::Char('x'), KeyModifiers::NONE), Some(x)),
            (press(Code::Char('X'), KeyModifiers::SHIFT), Some(plain(KeyCode::Char('X')))),
            (press(Code::Char('x'), KeyModifiers::CONTROL), Some(Key { ctrl: true, ..x })),
            (press(Code::Char('x'), KeyModifiers::ALT), Some(Key { alt: true, ..x })),
            (press(Code::BackTab, KeyModifiers::SHIFT), Some(Key { shift: true, ..plain(KeyCode::Tab) })),
            (press(Code::Up, KeyModifiers::SHIFT), Some(Key { shift: true, ..plain(KeyCode::Up) })),
            (press(Code::F(1), KeyModifiers::NONE), Some(plain(KeyCode::F(1)))),
            (press(Code::CapsLock, KeyModifiers::NONE), None),
        ];
        for (told, expected) in cases {
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn a_held_key_repeats_and_a_released_one_says_nothing() {
        let of_kind = |kind| key(KeyEvent::new_with_kind(Code::Down, KeyModifiers::NONE, kind));
        assert_eq!(of_kind(KeyEventKind::Press), Some(plain(KeyCode::Down)));
        assert_eq!(of_kind(KeyEventKind::Repeat), Some(plain(KeyCode::Down)));
        assert_eq!(of_kind(KeyEventKind::Release), None);
    }

    #[test]
    fn the_mouse_is_told_by_press_and_wheel_only() {
        let of_kind = |kind| {
            let event = MouseEvent { kind, column: 7, row: 3, modifiers: KeyModifiers::NONE };
            message(Event::Mouse(event))
        };
        let told = |kind| Some(Message::Mouse(Mouse { kind, column: 7, row: 3 }));
        assert_eq!(of_kind(MouseEventKind::Down(MouseButton::Left)), told(MouseKind::Press));
        assert_eq!(of_kind(MouseEventKind::ScrollUp), told(MouseKind::ScrollUp));
        assert_eq!(of_kind(MouseEventKind::ScrollDown), told(MouseKind::ScrollDown));
        for kind in [MouseEventKind::Moved, MouseEventKind::Up(MouseButton::Left), MouseEventKind::ScrollLeft] {
            assert_eq!(of_kind(kind), None);
        }
    }

    #[test]
    fn keys_for_text_that_are_there_at_once_are_told_together() {
        let typed = |text: &str| -> Vec<Key> {
            let code = |c| match c {
                '\r' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                c => KeyCode::Char(c),
            };
            text.chars()
                .map(|c| Key { ctrl: c == '\n', ..plain(if c == '\n' { KeyCode::Char('j') } else { code(c) }) })
                .collect()
        };
        let messages = |text: &str| typed(text).into_iter().map(Message::Key).collect::<Vec<_>>();
        let up = || Message::Key(plain(KeyCode::Up));
        assert_eq!(inputs_of(messages("a")), [LoopInput::Message(Message::Key(plain(KeyCode::Char('a'))))]);
        assert_eq!(inputs_of(messages("{\r\t\n}")), [LoopInput::Typed(typed("{\r\t\n}"))]);
        let mixed = [messages("ab"), vec![up()], messages("c")].concat();
        let told =
            [LoopInput::Typed(typed("ab")), LoopInput::Message(up()), LoopInput::Message(messages("c").remove(0))];
        assert_eq!(inputs_of(mixed), told);
        assert_eq!(inputs_of(messages("0;276;0c")), [], "the rest of what a terminal says of itself");
        for text in ["12c", ";c", "1;2", "abc"] {
            assert_eq!(inputs_of(messages(text)), [LoopInput::Typed(typed(text))], "{text}");
        }
    }

    #[test]
    fn late_answers_of_the_terminal_are_nobodys() {
        let key = |code, modifiers| Event::Key(KeyEvent::new(code, modifiers));
        let alt = |c| key(Code::Char(c), KeyModifiers::ALT);
        let bell = key(Code::Char('g'), KeyModifiers::CONTROL);
        let typed = |text: &str| text.chars().map(|c| key(Code::Char(c), KeyModifiers::NONE)).collect::<Vec<_>>();
        let answers = [
            [vec![alt(']')], typed("11;rgb:1e1e/1e1e/2e2e"), vec![bell]].concat(),
            [vec![alt(']')], typed("4;1;rgb:00/00/00"), vec![alt('\\')]].concat(),
            [
                vec![key(Code::Char('P'), KeyModifiers::ALT | KeyModifiers::SHIFT)],
                typed(">|xterm(388)"),
                vec![alt('\\')],
            ]
            .concat(),
            [vec![alt('_')], typed("Gi=1;OK"), vec![key(Code::Esc, KeyModifiers::NONE)], typed("\\")].concat(),
            [vec![alt('^'), key(Code::Enter, KeyModifiers::NONE)], typed("q\u{9c}")].concat(),
        ];
        let now = Instant::now();
        for answer in answers {
            let mut late = LateAnswers::default();
            for event in &answer {
                assert!(late.take(event, now), "{event:?} of {answer:?}");
            }
            assert!(!late.take(&alt('p'), now) && !late.take(&typed("q").remove(0), now), "after {answer:?}");
        }
        for (answer, light) in [
            ("11;rgb:ffff/ffff/ffff", true),
            ("11;rgba:fb/fb/f9/ff", true),
            ("11;rgb:1515/1818/1e1e", false),
            ("11;rgb:f/0/0", false),
            ("10;rgb:ffff/ffff/ffff", false),
            ("11;rgb:zz/ff/ff", false),
            ("11;rgb:ff/ff", false),
            ("11;rgb:/ff/ff", false),
            ("11;rgb:fffffffff/ff/ff", false),
        ] {
            let mut late = LateAnswers::default();
            for event in [vec![alt(']')], typed(answer), vec![alt('\\')]].concat() {
                assert!(late.take(&event, now));
            }
            assert_eq!(late.is_light, light, "{answer}");
        }
        let mut late = LateAnswers::default();
        assert!(late.take(&alt(']'), now) && !late.take(&typed("q").remove(0), now + UNFINISHED), "it does not go on");
    }

    #[test]
    fn sizes_and_pastes_pass_and_focus_does_not() {
        assert_eq!(message(Event::Resize(80, 24)), Some(Message::Resized(Size { width: 80, height: 24 })));
        assert_eq!(message(Event::Paste("a\nb".into())), Some(Message::Paste("a\nb".into())));
        assert_eq!(message(Event::Resize(0, 24)), None);
        assert_eq!(message(Event::FocusGained), None);
    }
}
