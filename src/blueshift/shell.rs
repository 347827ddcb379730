//! A command line read as a POSIX shell would read it, without running anything.

use std::str::Chars;

use thiserror::Error;

/// One word of a command, after quotes and escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// Whether something in it is known only when the command is run: a variable, the output of another command. The
    /// text has `$` in its place.
    pub(super) is_open: bool,
}

/// Why a command line cannot be read.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(super) enum ShellError {
    /// A quote without its other half, or the like.
    #[error("{0} is not closed: copy the whole command")]
    Unclosed(&'static str),
    /// `^"`, or `^` at the end of a line.
    #[error("it is written for the Windows command prompt: copy it once more \"as cURL (bash)\"")]
    CommandPrompt,
    /// A backtick at the end of a line.
    #[error("it is written for PowerShell: copy it once more \"as cURL (bash)\"")]
    PowerShell,
    /// `$'\xff'`
    #[error("an escape in $'…' gives bytes that are not text")]
    NotText,
}

/// The words of the first command in a text. Redirections are left out, but for what they say of the standard input.
pub(super) struct ShellWords<'a> {
    chars: Characters<'a>,
    here: Option<Here>,
    input: Option<Word>,
    /// What stands behind the command, from the sign that ended it, once it has ended.
    behind: Option<&'a str>,
}

/// The characters of a text, of which the next can be looked at.
#[derive(Clone)]
struct Characters<'a>(Chars<'a>);

impl<'a> Characters<'a> {
    fn peek(&self) -> Option<char> {
        self.0.clone().next()
    }

    fn next_if(&mut self, is_meant: impl FnOnce(&char) -> bool) -> Option<char> {
        self.peek().filter(is_meant).and_then(|_| self.0.next())
    }

    fn next_if_eq(&mut self, wanted: char) -> Option<char> {
        self.next_if(|c| *c == wanted)
    }

    fn as_str(&self) -> &'a str {
        self.0.as_str()
    }
}

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        self.0.next()
    }
}

/// A here-document that is announced: `<<EOF`.
struct Here {
    delimiter: Word,
    is_quoted: bool,
    without_tabs: bool,
}

/// Stands in for a value that only a running shell knows.
const OPEN: char = '$';

impl<'a> ShellWords<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { chars: Characters(text.chars()), here: None, input: None, behind: None }
    }

    /// The next word; `None` at the end of the command.
    pub(super) fn next(&mut self) -> Result<Option<Word>, ShellError> {
        loop {
            self.skip_blanks();
            if self.behind.is_some() {
                return Ok(None);
            }
            match self.chars.peek() {
                None => self.behind = Some(""),
                Some('#') => while self.chars.next_if(|c| *c != '\n').is_some() {},
                Some('\n' | ';' | '|' | '&' | ')') => self.end(),
                Some('<' | '>') if !self.at_placeholder() => self.redirect()?,
                Some(_) => {
                    let (word, is_quoted) = self.word()?;
                    // In `2>/dev/null` the number belongs to what follows.
                    let is_number = !is_quoted && word.text.bytes().all(|byte| byte.is_ascii_digit());
                    if !(is_number && matches!(self.chars.peek(), Some('<' | '>'))) {
                        return Ok(Some(word));
                    }
                }
            }
        }
    }

    /// What the command gets on its standard input, as far as the text says, and what stands behind all of it. To be
    /// asked for after the last word.
    pub(super) fn finish(self) -> Result<(Option<Word>, &'a str), ShellError> {
        let Some(Here { delimiter, is_quoted, without_tabs }) = self.here else {
            return Ok((self.input, self.behind.unwrap_or_default()));
        };
        let mut rest = self.chars.as_str();
        let mut text = String::new();
        loop {
            let line = rest.split_inclusive('\n').next().ok_or(ShellError::Unclosed("the here-document"))?;
            rest = rest.get(line.len()..).unwrap_or_default();
            let line = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
            let line = if without_tabs { line.trim_start_matches('\t') } else { line };
            if line == delimiter.text {
                break;
            }
            text.push_str(line);
            text.push('\n');
        }
        let is_open = !is_quoted && text.contains(['$', '`', '\\']);
        Ok((Some(Word { text, is_open }), rest))
    }

    fn skip_blanks(&mut self) {
        loop {
            while self.chars.next_if(|c| matches!(c, ' ' | '\t' | '\r')).is_some() {}
            if !self.continues() {
                return;
            }
        }
    }

    /// Goes over a line's end that is escaped.
    fn continues(&mut self) -> bool {
        let mut ahead = self.chars.clone();
        if ahead.next() != Some('\\') {
            return false;
        }
        ahead.next_if_eq('\r');
        let continues = ahead.next() == Some('\n');
        if continues {
            self.chars = ahead;
        }
        continues
    }

    /// Ends the command. What follows on its line may still be read for a here-document's sake, as in
    /// `curl -d @- <<EOF | jq .`.
    fn end(&mut self) {
        self.behind = Some(self.chars.as_str());
        while self.chars.next_if(|c| *c != '\n').is_some() {}
        self.chars.next();
    }

    /// Whether a placeholder of a manual stands here, `<EVENT_API_KEY>`, which no shell would take for a word.
    fn at_placeholder(&self) -> bool {
        let mut ahead = self.chars.clone();
        let mut length = 0;
        ahead.next() == Some('<')
            && loop {
                match ahead.next() {
                    Some(c) if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') => length += 1,
                    Some('>') => break length > 0,
                    _ => break false,
                }
            }
    }

    fn redirect(&mut self) -> Result<(), ShellError> {
        let mut operator = String::new();
        while let Some(c) = self.chars.next_if(|c| matches!(c, '<' | '>' | '&' | '|')) {
            operator.push(c);
        }
        let without_tabs = operator == "<<" && self.chars.next_if_eq('-').is_some();
        self.skip_blanks();
        let (mut word, is_quoted) = self.word()?;
        match &*operator {
            "<<" => self.here = Some(Here { delimiter: word, is_quoted, without_tabs }),
            "<<<" => {
                word.text.push('\n');
                self.input = Some(word);
            }
            _ => {}
        }
        Ok(())
    }

    /// Reads a word, and whether any of it was quoted.
    fn word(&mut self) -> Result<(Word, bool), ShellError> {
        let mut word = Word::default();
        let mut is_quoted = false;
        loop {
            if self.continues() {
                continue;
            }
            let is_placeholder = self.at_placeholder();
            let is_more = |c: &char| match c {
                '<' => is_placeholder,
                ' ' | '\t' | '\r' | '\n' | ';' | '|' | '&' | ')' | '>' => false,
                _ => true,
            };
            let Some(c) = self.chars.next_if(is_more) else { return Ok((word, is_quoted)) };
            match c {
                '<' => {
                    word.text.push(c);
                    while let Some(c) = self.chars.next_if(|c| *c != '>') {
                        word.text.push(c);
                    }
                    word.text.extend(self.chars.next());
                }
                '\'' => {
                    is_quoted = true;
                    self.until_quote(&mut word.text)?;
                }
                '"' => {
                    is_quoted = true;
                    self.double_quoted(&mut word)?;
                }
                '$' if self.chars.next_if_eq('\'').is_some() => {
                    is_quoted = true;
                    self.ansi_quoted(&mut word.text)?;
                }
                // A text to be translated, which it never is.
                '$' if self.chars.peek() == Some('"') => {}
                '$' | '`' => self.open(c, &mut word)?,
                '\\' => {
                    is_quoted = true;
                    word.text.push(self.chars.next().unwrap_or('\\'));
                }
                '^' if matches!(self.chars.peek(), Some('"' | '\n' | '\r')) => return Err(ShellError::CommandPrompt),
                c => word.text.push(c),
            }
        }
    }

    fn until_quote(&mut self, text: &mut String) -> Result<(), ShellError> {
        loop {
            match self.chars.next().ok_or(ShellError::Unclosed("a quote (')"))? {
                '\'' => return Ok(()),
                c => text.push(c),
            }
        }
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), ShellError> {
        loop {
            if self.continues() {
                continue;
            }
            match self.chars.next().ok_or(ShellError::Unclosed("a quote (\")"))? {
                '"' => return Ok(()),
                '\\' => {
                    let escaped = self.chars.next_if(|c| matches!(c, '$' | '`' | '"' | '\\'));
                    word.text.push(escaped.unwrap_or('\\'));
                }
                c @ ('$' | '`') => self.open(c, word)?,
                c => word.text.push(c),
            }
        }
    }

    /// Reads over `$NAME`, `${…}`, `$(…)` or a command in backticks; a `$` before anything else is itself.
    fn open(&mut self, first: char, word: &mut Word) -> Result<(), ShellError> {
        match (first, self.chars.peek()) {
            ('`', Some('\n' | '\r') | None) => return Err(ShellError::PowerShell),
            ('`', _) => self.skip_to('`', '`')?,
            (_, Some('(')) => {
                self.chars.next();
                self.skip_to('(', ')')?;
            }
            (_, Some('{')) => {
                self.chars.next();
                self.skip_to('{', '}')?;
            }
            (_, Some(c)) if c.is_ascii_alphabetic() || c == '_' => {
                while self.chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '_').is_some() {}
            }
            (_, Some(c)) if c.is_ascii_digit() || "@*#?-$!".contains(c) => {
                self.chars.next();
            }
            _ => {
                word.text.push(first);
                return Ok(());
            }
        }
        word.text.push(OPEN);
        word.is_open = true;
        Ok(())
    }

    /// Reads to the `close` that belongs to an `open` before this place.
    fn skip_to(&mut self, open: char, close: char) -> Result<(), ShellError> {
        let mut depth = 1_usize;
        while depth > 0 {
            match self.chars.next().ok_or(ShellError::Unclosed("a substitution"))? {
                c if c == close => depth -= 1,
                c if c == open => depth += 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads the rest of `$'…'`: a quote with the escapes of C. Browsers write it, each UTF-16 unit by itself.
    fn ansi_quoted(&mut self, text: &mut String) -> Result<(), ShellError> {
        let mut bytes = Vec::new();
        let mut high = None;
        let mut push = |bytes: &mut Vec<u8>, code: u32| -> Result<(), ShellError> {
            let code = match (high.take(), code) {
                (None, 0xd800..=0xdbff) => {
                    high = Some(code);
                    return Ok(());
                }
                (Some(high), 0xdc00..=0xdfff) => 0x1_0000 + ((high - 0xd800) << 10) + (code - 0xdc00),
                (None, code) => code,
                (Some(_), _) => return Err(ShellError::NotText),
            };
            let c = char::from_u32(code).ok_or(ShellError::NotText)?;
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            Ok(())
        };
        let unclosed = ShellError::Unclosed("a quote ($')");
        loop {
            let c = self.chars.next().ok_or(unclosed)?;
            if c == '\'' {
                break;
            }
            if c != '\\' {
                push(&mut bytes, u32::from(c))?;
                continue;
            }
            let escaped = self.chars.next().ok_or(unclosed)?;
            match escaped {
                'n' => bytes.push(b'\n'),
                'r' => bytes.push(b'\r'),
                't' => bytes.push(b'\t'),
                'a' => bytes.push(0x7),
                'b' => bytes.push(0x8),
                'e' | 'E' => bytes.push(0x1b),
                'f' => bytes.push(0xc),
                'v' => bytes.push(0xb),
                'x' => bytes.extend(self.number(16, 2).and_then(|byte| u8::try_from(byte).ok())),
                'u' => push(&mut bytes, self.number(16, 4).ok_or(ShellError::NotText)?)?,
                'U' => push(&mut bytes, self.number(16, 8).ok_or(ShellError::NotText)?)?,
                '0'..='7' => {
                    let first = escaped.to_digit(8).unwrap_or_default();
                    let more: Vec<u32> = std::iter::from_fn(|| self.digit(8)).take(2).collect();
                    let byte = more.into_iter().fold(first, |number, digit| number * 8 + digit) & 0xff;
                    bytes.extend(u8::try_from(byte));
                }
                '\\' | '\'' | '"' | '?' => bytes.extend(u8::try_from(escaped)),
                other => {
                    bytes.push(b'\\');
                    push(&mut bytes, u32::from(other))?;
                }
            }
        }
        if high.is_some() {
            return Err(ShellError::NotText);
        }
        text.push_str(&String::from_utf8(bytes).map_err(|_| ShellError::NotText)?);
        Ok(())
    }

    fn digit(&mut self, radix: u32) -> Option<u32> {
        self.chars.next_if(|c| c.is_digit(radix))?.to_digit(radix)
    }

    /// A number of at most so many digits.
    fn number(&mut self, radix: u32, digits: usize) -> Option<u32> {
        let digits: Vec<u32> = std::iter::from_fn(|| self.digit(radix)).take(digits).collect();
        let number =
            |digits: Vec<u32>| digits.into_iter().fold(0_u32, |n, digit| n.wrapping_mul(radix).wrapping_add(digit));
        (!digits.is_empty()).then(|| number(digits))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The words, with a sign before those that are open, and the standard input.
    fn read(text: &str) -> Result<(Vec<String>, Option<String>), ShellError> {
        let spelled = |word: Word| if word.is_open { format!("open:{}", word.text) } else { word.text };
        let mut words = ShellWords::new(text);
        let mut list = Vec::new();
        while let Some(word) = words.next()? {
            list.push(spelled(word));
        }
        Ok((list, words.finish()?.0.map(spelled)))
    }

    #[test]
    fn words_come_out_as_a_shell_would_hand_them_over() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("a  b\tc\n d", &["a", "b", "c"]),
            (r#"'a b' "c d" e\ f"#, &["a b", "c d", "e f"]),
            (r#"'it'\''s' "say \"hi\" \n \$x""#, &["it's", r#"say "hi" \n $x"#]),
            ("'' \"\"x", &["", "x"]),
            ("a\\\n b\\\r\n  c d\\\ne \"f\\\ng\"", &["a", "b", "c", "de", "fg"]),
            ("'two\nlines'", &["two\nlines"]),
            (r"$'a\n\t\'\\\x41\u00e9\ud83d\ude00\101\?\z'", &["a\n\t'\\A\u{e9}😀A?\\z"]),
            (r"$'\xc3\xa9\U0001F600\e'", &["é😀\u{1b}"]),
            (
                r#"$x ${x:-y} $(pass "a b") `date` "$x:" $"text""#,
                &["open:$", "open:$", "open:$", "open:$", "open:$:", "text"],
            ),
            ("$ 5$ \"$\" $.", &["$", "5$", "$", "$."]),
            ("a # b", &["a"]),
            ("a#b '#'", &["a#b", "#"]),
            ("a | b", &["a"]),
            ("a; b", &["a"]),
            ("a & b", &["a"]),
            ("a b) c", &["a", "b"]),
            ("a > file b 2>/dev/null 2>&1 c 2d", &["a", "b", "c", "2d"]),
            ("-u <EVENT_API_KEY>: b", &["-u", "<EVENT_API_KEY>:", "b"]),
            ("{\"a\":1}", &["{a:1}"]),
        ];
        for (text, words) in cases {
            let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(read(text).map(|(words, _)| words), Ok(words), "{text}");
        }
    }

    #[test]
    fn the_standard_input_is_a_here_document_or_a_here_string() {
        let cases = [
            ("a <<'EOF' b\n{\"$x\":\n1}\nEOF\nc", Some("{\"$x\":\n1}\n")),
            ("a <<EOF | jq .\n1\nEOF", Some("1\n")),
            ("a <<-EOF\n\t1\n\tEOF", Some("1\n")),
            ("a <<EOF\n$x\nEOF", Some("open:$x\n")),
            ("a <<< '{}'", Some("{}\n")),
            ("a < file", None),
            ("a", None),
        ];
        for (text, input) in cases {
            assert_eq!(read(text).map(|(_, input)| input), Ok(input.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn what_stands_behind_a_command_is_known() {
        let cases = [
            ("a 'b;c'; d", "; d"),
            ("a && b", "&& b"),
            ("a\nb\n", "\nb\n"),
            ("a <<EOF | b\n1\nEOF\nc", "c"),
            ("a <<EOF\r\n1\r\nEOF\r\nc", "c"),
            ("a", ""),
        ];
        for (text, behind) in cases {
            let mut words = ShellWords::new(text);
            while let Ok(Some(_)) = words.next() {}
            assert_eq!(words.finish().map(|(_, behind)| behind), Ok(behind), "{text}");
        }
    }

    #[test]
    fn what_is_no_whole_command_of_a_shell_is_told_as_such() {
        let cases = [
            ("a 'b", ShellError::Unclosed("a quote (')")),
            ("a \"b", ShellError::Unclosed("a quote (\")")),
            ("a $'b\\'", ShellError::Unclosed("a quote ($')")),
            ("a $(b", ShellError::Unclosed("a substitution")),
            ("a <<EOF\nb", ShellError::Unclosed("the here-document")),
            ("curl ^\n  -d x", ShellError::CommandPrompt),
            ("curl ^\"http://x^\"", ShellError::CommandPrompt),
            ("curl `\n  -d x", ShellError::PowerShell),
            (r"$'\xff'", ShellError::NotText),
            (r"$'\ud83d'", ShellError::NotText),
            (r"$'\ude00'", ShellError::NotText),
        ];
        for (text, error) in cases {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "([-a-z0-9 \n\r\t'\"\\\\$`<>|&;#^(){}]|.){0,60}") {
            let _ = read(&text);
        }
    }
}
