//! Copying to the clipboard of the terminal that the person sits at, over however many SSH hops: the OSC 52 sequence.

use std::env;
use std::fmt;

use crossterm::Command;
use crossterm::clipboard::CopyToClipboard;

/// The longest text that is copied, in bytes: in base64 it is what xterm and its relatives take, about 100,000 bytes,
/// before they drop the whole of it without a word.
pub(super) const LIMIT: usize = 74_994;

/// GNU screen passes on a device control string of at most 768 bytes.
const SCREEN_CHUNK: usize = 512;

/// A multiplexer between the program and the terminal, which must be told to pass the sequence on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Multiplexer {
    None,
    Tmux,
    Screen,
}

impl Multiplexer {
    /// The one that the environment tells of.
    pub(super) fn detect() -> Self {
        Self::of(env::var("TMUX").ok().as_deref(), env::var("TERM").ok().as_deref())
    }

    /// tmux may call its terminal `screen` too, and sets `TMUX` always.
    fn of(tmux: Option<&str>, term: Option<&str>) -> Self {
        if tmux.is_some_and(|socket| !socket.is_empty()) {
            Self::Tmux
        } else if term.is_some_and(|term| term.starts_with("screen")) {
            Self::Screen
        } else {
            Self::None
        }
    }
}

/// The text is longer than terminals take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} kB is more than a terminal takes ({} kB): print it with the capital letter instead", bytes.div_ceil(1000), LIMIT / 1000)]
pub(super) struct TooLong {
    bytes: usize,
}

/// The bytes that put `text` on the clipboard.
pub(super) fn sequence(text: &str, multiplexer: Multiplexer) -> Result<String, TooLong> {
    if text.len() > LIMIT {
        return Err(TooLong { bytes: text.len() });
    }
    let plain = Ansi(CopyToClipboard::to_clipboard_from(text)).to_string();
    Ok(match multiplexer {
        Multiplexer::None => plain,
        // Which of the two tmux passes on depends on its options `set-clipboard` and `allow-passthrough`.
        Multiplexer::Tmux => format!("{plain}\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")),
        Multiplexer::Screen => through_screen(&plain),
    })
}

/// Screen hands on what stands in device control strings, so a long sequence goes in several. It would take the string
/// terminator inside for its own, and the bell ends the inner one as well.
fn through_screen(plain: &str) -> String {
    let inner = plain.strip_suffix("\x1b\\").map_or_else(|| plain.to_owned(), |start| format!("{start}\x07"));
    let mut wrapped = String::with_capacity(inner.len() + inner.len() / SCREEN_CHUNK * 4 + 8);
    let mut rest = inner.as_str();
    while !rest.is_empty() {
        // The sequence is ASCII: base64 between control characters.
        let (chunk, tail) = rest.split_at(rest.len().min(SCREEN_CHUNK));
        wrapped.push_str("\x1bP");
        wrapped.push_str(chunk);
        wrapped.push_str("\x1b\\");
        rest = tail;
    }
    wrapped
}

/// A command as the text of its escape sequence.
struct Ansi<C>(C);

impl<C: Command> fmt::Display for Ansi<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write_ansi(formatter)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    /// The text that a terminal would put on its clipboard.
    fn copied(bytes: &str) -> Vec<String> {
        #[derive(Default)]
        struct Clipboard(Vec<String>);

        impl vt100::Callbacks for Clipboard {
            fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
                self.0.push(String::from_utf8(STANDARD.decode(data).unwrap()).unwrap());
            }
        }

        let (rows, columns) = (24.try_into().unwrap(), 80.try_into().unwrap());
        let mut terminal = vt100::Parser::new_with_callbacks(rows, columns, 0, Clipboard::default());
        terminal.process(bytes.as_bytes());
        std::mem::take(&mut terminal.callbacks_mut().0)
    }

    /// The bytes that tmux passes to the outer terminal with `allow-passthrough`.
    fn passed_by_tmux(bytes: &str) -> String {
        let wrapped = bytes.split_once("\x1bPtmux;").unwrap().1;
        wrapped.strip_suffix("\x1b\\").unwrap().replace("\x1b\x1b", "\x1b")
    }

    /// The bytes that screen passes on: the insides of its device control strings.
    fn passed_by_screen(bytes: &str) -> String {
        bytes.split("\x1bP").map(|part| part.strip_suffix("\x1b\\").unwrap_or(part)).collect()
    }

    proptest! {
        #[test]
        fn any_text_arrives_on_the_clipboard_through_every_multiplexer(text in ".{0,2000}") {
            let plain = sequence(&text, Multiplexer::None).unwrap();
            prop_assert_eq!(copied(&plain), [text.clone()]);

            let tmux = sequence(&text, Multiplexer::Tmux).unwrap();
            prop_assert!(tmux.starts_with(&plain));
            prop_assert_eq!(copied(&passed_by_tmux(&tmux)), [text.clone()]);

            let screen = sequence(&text, Multiplexer::Screen).unwrap();
            prop_assert_eq!(copied(&passed_by_screen(&screen)), [text]);
            prop_assert!(screen.split("\x1b\\").all(|string| string.len() <= 768));
        }
    }

    #[test]
    fn a_text_longer_than_terminals_take_is_refused_with_another_way() {
        assert!(sequence(&"x".repeat(LIMIT), Multiplexer::None).unwrap().len() < 100_100);
        let refused = sequence(&"x".repeat(LIMIT + 1), Multiplexer::None).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "75 kB is more than a terminal takes (74 kB): print it with the capital letter instead"
        );
    }

    #[test]
    fn the_multiplexer_is_told_by_the_environment() {
        let cases = [
            (None, Some("xterm-256color"), Multiplexer::None),
            (Some(""), Some("xterm-256color"), Multiplexer::None),
            (Some("/run/tmux/default,1,0"), Some("screen-256color"), Multiplexer::Tmux),
            (None, Some("screen.xterm-256color"), Multiplexer::Screen),
            (None, None, Multiplexer::None),
        ];
        for (tmux, term, expected) in cases {
            assert_eq!(Multiplexer::of(tmux, term), expected, "{tmux:?} {term:?}");
        }
    }
}
