//! The reader of keys, mouse, pastes and changes of size.

use crossterm::event::{
    Event, EventStream, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use futures_util::{FutureExt, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::input::LoopInput;
use super::terminal;
use crate::app::{Key, KeyCode, Message, Mouse, MouseKind, Size};

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
            let mut events = EventStream::new();
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
                let input = match event {
                    Some(Ok(event)) => match message(event) {
                        Some(message) => LoopInput::Message(message),
                        None => continue,
                    },
                    Some(Err(error)) => {
                        tracing::error!(%error, "reading the terminal failed");
                        LoopInput::TerminalGone
                    }
                    None => LoopInput::TerminalGone,
                };
                let last = input == LoopInput::TerminalGone;
                if inputs.send(input).await.is_err() || last {
                    return;
                }
            }
        });
    });
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
    fn sizes_and_pastes_pass_and_focus_does_not() {
        assert_eq!(message(Event::Resize(80, 24)), Some(Message::Resized(Size { width: 80, height: 24 })));
        assert_eq!(message(Event::Paste("a\nb".into())), Some(Message::Paste("a\nb".into())));
        assert_eq!(message(Event::Resize(0, 24)), None);
        assert_eq!(message(Event::FocusGained), None);
    }
}
