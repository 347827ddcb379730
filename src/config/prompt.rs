use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

/// No key is longer; what is pasted beyond it is read and forgotten.
const LONGEST: usize = 4096;

/// Asks for the Event key on the terminal, without showing what is typed; `None` where there is no terminal.
///
/// Standard input must be the terminal too: a program that was started with its input elsewhere was started by another
/// program, which would wait for ever. Ctrl-C is an error of the kind [`io::ErrorKind::Interrupted`].
pub fn prompt() -> Option<io::Result<SecretString>> {
    if !io::stdin().is_terminal() {
        return None;
    }
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
    Some(ask(terminal))
}

/// Shows `question` on the terminal and reads the line that answers it; `None` where nobody can be asked.
///
/// Standard input may be elsewhere, for it may be what is sent; standard error must be the terminal, as it is for
/// whoever started the program by hand.
pub fn ask_for_word(question: &str) -> Option<io::Result<String>> {
    if !io::stderr().is_terminal() {
        return None;
    }
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
    let mut answer = || {
        terminal.write_all(question.as_bytes())?;
        let mut line = String::new();
        BufReader::new(&terminal).take(LONGEST as u64).read_line(&mut line)?;
        Ok(line.trim().to_owned())
    };
    Some(answer())
}

fn ask(terminal: File) -> io::Result<SecretString> {
    // Before the question is there to be answered: a key that is pasted at once must not flash up.
    let mut silent = Silent::new(terminal)?;
    silent.terminal.write_all(b"Event API key (not shown): ")?;
    let line = read_line(&mut silent.terminal);
    silent.terminal.write_all(b"\r\n")?;
    line
}

/// A terminal that shows nothing of what is typed and leaves every key to us, until this is dropped. Ctrl-C is a key
/// too then: as a signal it would end the program before the terminal was given back.
struct Silent {
    terminal: File,
    before: Termios,
}

impl Silent {
    fn new(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut silent = before.clone();
        silent.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(&terminal, OptionalActions::Now, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that is gone.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

/// Reads keys up to Enter, with the editing keys that a terminal has by itself.
fn read_line(keys: &mut impl Read) -> io::Result<SecretString> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut key = [0];
    loop {
        let read = keys.read(&mut key)?;
        let [byte] = key;
        match byte {
            _ if read == 0 => break,
            b'\r' | b'\n' => break,
            // Ctrl-C, Ctrl-\
            0x03 | 0x1c => return Err(io::ErrorKind::Interrupted.into()),
            // Ctrl-D
            0x04 if line.is_empty() => break,
            // Backspace, in both its forms
            0x08 | 0x7f => drop(line.pop()),
            // Ctrl-U
            0x15 => line.clear(),
            byte if line.len() < LONGEST => line.push(byte),
            _ => {}
        }
    }
    Ok(SecretString::from(String::from_utf8_lossy(&line).into_owned()))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_line_is_edited_as_on_a_terminal() {
        let cases = [
            (&b"abc\r"[..], Ok("abc")),
            (b"abc\nmore\n", Ok("abc")),
            (b"abc", Ok("abc")),
            (b"abd\x7fc\r", Ok("abc")),
            (b"\x08\x08abc\r", Ok("abc")),
            (b"wrong\x15abc\r", Ok("abc")),
            (b"\x04abc\r", Ok("")),
            (b"ab\xff\r", Ok("ab\u{fffd}")),
            (b"abc\x03", Err(io::ErrorKind::Interrupted)),
        ];
        for (mut keys, expected) in cases {
            let line = read_line(&mut keys);
            let line = line.as_ref().map(ExposeSecret::expose_secret).map_err(io::Error::kind);
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn a_line_without_end_takes_no_more_than_a_key_may_be_long() {
        let line = read_line(&mut io::repeat(b'x').take(1 << 20));
        assert_eq!(line.map(|line| line.expose_secret().len()).ok(), Some(LONGEST));
    }
}
