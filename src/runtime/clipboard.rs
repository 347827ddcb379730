//! Copying to the clipboard of the terminal that the person sits at, over however many SSH hops: the OSC 52 sequence.

use std::fmt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// The longest text that is copied, in bytes: in base64 it is what xterm and its relatives take, about 100,000 bytes,
/// before they drop the whole of it without a word.
pub(super) const LIMIT: usize = 74_994;

/// GNU screen passes on a device control string of at most 768 bytes.
const SCREEN_CHUNK: usize = 512;

/// How long tmux may take to say what it passes on.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);

/// What tmux is asked: what it does with the two forms of a copy, and what terminal it is shown on. A pane may have an
/// option of its own, and a format knows it.
pub(super) const QUESTION: &str = "#{set-clipboard}/#{allow-passthrough}/#{client_termname}";

/// A multiplexer between the program and the terminal, which must be told to pass the sequence on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Multiplexer {
    #[default]
    None,
    Tmux,
    Screen,
}

impl Multiplexer {
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

/// The way to the clipboard.
#[derive(Clone, Debug, Default)]
pub(super) struct Clipboard {
    multiplexer: Multiplexer,
    /// The terminal is one that takes no copies.
    deaf: bool,
    /// tmux has said that it passes copies on.
    passed: Arc<AtomicBool>,
    /// The variables that tmux is asked without.
    without: Vec<String>,
}

/// Why a text is not on the clipboard, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotCopied {
    /// The text is longer than terminals take.
    #[error("{} kB is more than a terminal takes ({} kB): print it with the capital letter instead", bytes.div_ceil(1000), LIMIT / 1000)]
    TooLong { bytes: usize },
    /// The terminal is known for it.
    #[error("not copied: this terminal takes no copies; print it with the capital letter instead")]
    Deaf,
    /// tmux keeps copies to itself, as it does unless it is told otherwise.
    #[error("not copied: first `tmux set -g set-clipboard on`, or print it with the capital letter")]
    Tmux,
}

impl Clipboard {
    /// The way that the environment tells of. Whoever has to be asked of it is started without the variables in `without`.
    pub(super) fn detect(lookup: &dyn Fn(&str) -> Option<String>, without: &[String]) -> Self {
        let (tmux, term, program) = (lookup("TMUX"), lookup("TERM"), lookup("TERM_PROGRAM"));
        let multiplexer = Multiplexer::of(tmux.as_deref(), term.as_deref());
        let deaf = match multiplexer {
            // Of its own terminal it knows, and is asked.
            Multiplexer::Tmux => false,
            // It calls itself `screen.` and the terminal that it was started on.
            Multiplexer::Screen => term.as_deref().and_then(|term| term.strip_prefix("screen.")).is_some_and(is_deaf),
            Multiplexer::None => term.as_deref().is_some_and(is_deaf) || program.as_deref() == Some("Apple_Terminal"),
        };
        Self { multiplexer, deaf, passed: Arc::default(), without: without.to_vec() }
    }

    /// The bytes that put `text` on the clipboard.
    pub(super) fn sequence(&self, text: &str) -> Result<String, NotCopied> {
        if self.deaf { Err(NotCopied::Deaf) } else { sequence(text, self.multiplexer) }
    }

    /// Whether it is known without asking anyone that what is sent may arrive.
    pub(super) fn is_open(&self) -> bool {
        self.multiplexer != Multiplexer::Tmux || self.passed.load(Ordering::Relaxed)
    }

    /// Asks tmux whether it passes on what is sent. Where it does not say, it may.
    pub(super) async fn ask(self) -> Result<(), NotCopied> {
        let mut tmux = Command::new("tmux");
        tmux.args(["display-message", "-p", QUESTION]).stdin(Stdio::null()).stderr(Stdio::null());
        for name in &self.without {
            tmux.env_remove(name);
        }
        let asked = timeout(PATIENCE, spawn_blocking(move || tmux.output())).await;
        let Ok(Ok(Ok(answer))) = asked else { return Ok(()) };
        tmux_passes(&String::from_utf8_lossy(&answer.stdout))?;
        self.passed.store(true, Ordering::Relaxed);
        Ok(())
    }
}

/// Whether the terminal of that name is one that takes no copies, as far as names tell.
fn is_deaf(term: &str) -> bool {
    term == "linux" || term.starts_with("linux-") || term.starts_with("eterm")
}

/// Reads an answer to [`QUESTION`]. Versions that do not know an option leave it empty, and those before the second passed
/// everything on.
pub(super) fn tmux_passes(answer: &str) -> Result<(), NotCopied> {
    let mut parts = answer.trim_end().splitn(3, '/');
    let (clipboard, passthrough, term) = (parts.next(), parts.next(), parts.next());
    if term.is_some_and(is_deaf) {
        return Err(NotCopied::Deaf);
    }
    // The second was a switch once, which a format has as a number.
    let is_closed = clipboard.is_some_and(|clipboard| clipboard != "on") && matches!(passthrough, Some("off" | "0"));
    if is_closed { Err(NotCopied::Tmux) } else { Ok(()) }
}

/// The bytes that put `text` on the clipboard.
fn sequence(text: &str, multiplexer: Multiplexer) -> Result<String, NotCopied> {
    if text.len() > LIMIT {
        return Err(NotCopied::TooLong { bytes: text.len() });
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

impl<C: crossterm::Command> fmt::Display for Ansi<C> {
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
    fn a_copy_is_claimed_only_where_it_can_arrive() {
        use NotCopied::{Deaf, Tmux};
        // tmux: set-clipboard, allow-passthrough, its terminal.
        let answers = [
            ("on/off/xterm-256color\n", Ok(())),
            ("external/off/xterm-256color\n", Err(Tmux)),
            ("off/off/foot\n", Err(Tmux)),
            ("external/0/xterm-256color\n", Err(Tmux)),
            ("external/1/xterm-256color\n", Ok(())),
            ("external/on/foot\n", Ok(())),
            ("off/all/foot\n", Ok(())),
            ("on/on/linux\n", Err(Deaf)),
            // Version 3.2 and before.
            ("external//xterm\n", Ok(())),
            ("", Ok(())),
        ];
        for (answer, expected) in answers {
            assert_eq!(tmux_passes(answer), expected, "{answer:?}");
        }
        let environments = [
            (&[("TERM", "xterm-256color")][..], Ok(())),
            (&[("TERM", "linux")], Err(Deaf)),
            (&[("TERM", "eterm-color")], Err(Deaf)),
            (&[("TERM", "vte-256color")], Ok(())),
            (&[("TERM", "screen.linux")], Err(Deaf)),
            (&[("TERM", "screen.xterm-256color")], Ok(())),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "Apple_Terminal")], Err(Deaf)),
            (&[("TERM", "linux"), ("TMUX", "/tmp/tmux-0/default,1,0")], Ok(())),
            (&[], Ok(())),
        ];
        for (environment, expected) in environments {
            let lookup = |wanted: &str| {
                environment.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
            };
            let clipboard = Clipboard::detect(&lookup, &[]);
            assert_eq!(clipboard.sequence("text").map(drop), expected, "{environment:?}");
            assert_eq!(clipboard.is_open(), clipboard.multiplexer != Multiplexer::Tmux, "{environment:?}");
        }
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
