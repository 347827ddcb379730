//! The first place where a text is not JSON, said for people.

use std::ops::Range;

use super::{SyntaxError, is_number, partner};
use crate::event::lexer::{self, Lexer, Piece};
use crate::event::placeholder;
use crate::event::text::{excerpt, sanitize};
use crate::event::{Sanitized, sanitized};

/// Checks that `draft` is one JSON value once its placeholders are resolved. Which placeholders there are is not asked
/// here: [`placeholder::resolve`] does.
pub fn check(draft: &str) -> Result<(), SyntaxError> {
    let mut check = Check { text: draft, open: Vec::new(), expect: Expect::Value, before: None, key: None };
    Lexer::new(draft)
        .filter(|(_, piece)| *piece != Piece::Space)
        .try_for_each(|(range, piece)| check.step(&range, piece))
        .and_then(|()| check.end())
        .map_err(|(offset, message)| {
            let (line, column) = lexer::position(draft, offset);
            SyntaxError { line, column, message }
        })
}

/// The tokens that may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    /// At the beginning of an array.
    ValueOrClose,
    Key,
    /// At the beginning of an object.
    KeyOrClose,
    Colon,
    CommaOrClose,
    End,
}

/// The pass over a draft's pieces. Its errors are the offset in the draft, and what is wrong there.
struct Check<'a> {
    text: &'a str,
    /// Where the open containers begin.
    open: Vec<usize>,
    expect: Expect,
    /// The piece before.
    before: Option<(Range<usize>, Piece)>,
    /// The last key.
    key: Option<Range<usize>>,
}

type Wrong = (usize, Sanitized);

impl Check<'_> {
    fn step(&mut self, range: &Range<usize>, piece: Piece) -> Result<(), Wrong> {
        self.expect = match (self.expect, piece) {
            (Expect::Value | Expect::ValueOrClose, Piece::Mark(b'{')) => self.opened(range.start, Expect::KeyOrClose),
            (Expect::Value | Expect::ValueOrClose, Piece::Mark(b'[')) => self.opened(range.start, Expect::ValueOrClose),
            (Expect::Value | Expect::ValueOrClose, Piece::Placeholder) => self.after_value(),
            (Expect::Value | Expect::ValueOrClose, Piece::String { closed }) => {
                self.string(range, closed)?;
                self.after_value()
            }
            (Expect::Value | Expect::ValueOrClose, Piece::Word) => {
                wrong_value(self.spelled(range)).map_or(Ok(()), |message| Err((range.start, message)))?;
                self.after_value()
            }
            (Expect::Key | Expect::KeyOrClose, Piece::String { closed }) => {
                self.string(range, closed)?;
                self.key = Some(range.clone());
                Expect::Colon
            }
            (Expect::Key | Expect::KeyOrClose, Piece::Placeholder) if !placeholder::is_number(self.spelled(range)) => {
                self.key = Some(range.clone());
                Expect::Colon
            }
            (Expect::CommaOrClose, Piece::Mark(b',')) if self.bracket() == Some(b'{') => Expect::Key,
            (Expect::CommaOrClose, Piece::Mark(b',')) | (Expect::Colon, Piece::Mark(b':')) => Expect::Value,
            (Expect::CommaOrClose | Expect::ValueOrClose | Expect::KeyOrClose, Piece::Mark(close @ (b'}' | b']')))
                if self.bracket() == Some(partner(close)) =>
            {
                self.open.pop();
                self.after_value()
            }
            _ => return Err(self.unexpected(range, piece)),
        };
        self.before = Some((range.clone(), piece));
        Ok(())
    }

    fn end(&self) -> Result<(), Wrong> {
        // Where the text ends for a reader: a line break after it begins no line that is worth a look.
        let end = self.text.trim_end_matches(['\n', '\r', '\t', ' ']).len();
        match (self.open.last(), self.expect) {
            (_, Expect::End) => Ok(()),
            (None, _) => Err((end, "there is nothing here: write an event as a JSON object, { … }".into())),
            (Some(_), _) => Err((end, sanitized!("the text ends here, and {}", self.still_open(end)))),
        }
    }

    fn opened(&mut self, at: usize, expect: Expect) -> Expect {
        self.open.push(at);
        expect
    }

    fn after_value(&self) -> Expect {
        if self.open.is_empty() { Expect::End } else { Expect::CommaOrClose }
    }

    /// The bracket of the innermost open container.
    fn bracket(&self) -> Option<u8> {
        self.text.as_bytes().get(*self.open.last()?).copied()
    }

    /// Checks the inside of a string.
    fn string(&self, range: &Range<usize>, closed: bool) -> Result<(), Wrong> {
        let text = self.spelled(range);
        if let Some((at, message)) = wrong_in_string(text) {
            return Err((range.start + at, message));
        }
        if closed {
            return Ok(());
        }
        Err((range.start, "the string that begins here has no closing \" on its line".into()))
    }

    /// Why a piece cannot stand where it does.
    fn unexpected(&self, range: &Range<usize>, piece: Piece) -> Wrong {
        let spelled = self.spelled(range);
        let shown = shown(spelled);
        let before = self.before.as_ref();
        let closes = matches!(piece, Piece::Mark(b'}' | b']'));
        let message = match self.expect {
            _ if piece == Piece::Word && begins_comment(spelled) => NO_COMMENTS.into(),
            Expect::Key | Expect::Value if closes && before.is_some_and(|(_, piece)| *piece == Piece::Mark(b',')) => {
                let comma = before.map_or(range.start, |(comma, _)| comma.start);
                return (comma, sanitized!("this comma has nothing after it before the `{}`: take it out", shown));
            }
            Expect::Key | Expect::KeyOrClose if piece == Piece::Word => {
                let bare = spelled.trim_matches(is_quote);
                sanitized!("a key needs double quotes: \"{}\"", self::shown(bare))
            }
            Expect::Key | Expect::KeyOrClose if piece == Piece::Placeholder => {
                sanitized!("a key is a string, and {} is a number", shown)
            }
            Expect::Key => sanitized!("expected a key in double quotes, not `{}`", shown),
            Expect::KeyOrClose => sanitized!("expected a key in double quotes or `}}`, not `{}`", shown),
            Expect::Colon => sanitized!("expected `:` between the key and its value, not `{}`", shown),
            Expect::Value => sanitized!("expected a value, not `{}`", shown),
            Expect::ValueOrClose => sanitized!("expected a value or `]`, not `{}`", shown),
            Expect::CommaOrClose if closes => {
                sanitized!("`{}` closes nothing: {}", shown, self.still_open(range.start))
            }
            Expect::CommaOrClose | Expect::End
                if piece == Piece::Word
                    && before.is_some_and(|(b, p)| b.end == range.start && matches!(p, Piece::String { .. })) =>
            {
                return (range.start.saturating_sub(1), "a quote within a string is written \\\"".into());
            }
            Expect::CommaOrClose if piece == Piece::Mark(b':') => {
                if let Some(wrong) = self.key_without_value() {
                    return wrong;
                }
                sanitized!("expected `,` or `{}`, not `:`: only a key in an object has one", self.close())
            }
            Expect::CommaOrClose => sanitized!("a comma is missing before `{}`", shown),
            Expect::End if closes => sanitized!("`{}` closes nothing: no bracket is open here", shown),
            Expect::End if piece == Piece::Mark(b',') && self.is_last(range) => {
                "nothing comes after this comma: take it out".into()
            }
            Expect::End if piece == Piece::Mark(b',') || matches!(piece, Piece::Mark(b'{')) => {
                "the value ends before this: several events stand in an array, [ …, … ]".into()
            }
            Expect::End => sanitized!("the value ends before this `{}`", shown),
        };
        (range.start, message)
    }

    /// When the piece before, which a `:` follows, is a key that was read as the value of the key before it: that one.
    fn key_without_value(&self) -> Option<Wrong> {
        let is_string = matches!(self.before, Some((_, Piece::String { .. })));
        let key = self.key.as_ref().filter(|_| is_string && self.bracket() == Some(b'{'))?;
        let spelled = self.spelled(key);
        let shown = match spelled.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(name) => sanitized!("\"{}\"", shown(name)),
            None => shown(spelled),
        };
        Some((key.start, sanitized!("the key {} has no value yet", shown)))
    }

    /// Which bracket still needs its other one, for an error at `from`. Its line is named only where it is another one:
    /// the text may itself be a line of a file, and then its own count of lines says nothing.
    fn still_open(&self, from: usize) -> Sanitized {
        let Some(&at) = self.open.last() else { return "no bracket is open".into() };
        let (line, column) = lexer::position(self.text, at);
        let place = match lexer::position(self.text, from) {
            (same, _) if same == line => sanitized!("column {}", column),
            _ => sanitized!("line {}, column {}", line, column),
        };
        let bracket = if self.bracket() == Some(b'[') { "[" } else { "{" };
        sanitized!("the `{}` in {} needs its `{}`", bracket, place, self.close())
    }

    fn is_last(&self, range: &Range<usize>) -> bool {
        self.text.get(range.end..).is_none_or(|rest| rest.trim().is_empty())
    }

    /// The bracket that it needs.
    fn close(&self) -> &'static str {
        if self.bracket() == Some(b'[') { "]" } else { "}" }
    }

    fn spelled(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}

const NO_COMMENTS: &str = "JSON has no comments";

fn begins_comment(word: &str) -> bool {
    word.starts_with("//") || word.starts_with("/*") || word.starts_with('#')
}

/// Quotes that are not JSON's: of other languages, of word processors.
fn is_quote(c: char) -> bool {
    matches!(c, '\'' | '`' | '“' | '”' | '„' | '‘' | '’' | '«' | '»')
}

/// The error for a bad word in the place of a value.
fn wrong_value(word: &str) -> Option<Sanitized> {
    if matches!(word, "true" | "false" | "null") || is_number(word) {
        return None;
    }
    let shown = shown(word);
    let lower = word.to_ascii_lowercase();
    let unsigned = word.trim_start_matches(['+', '-']);
    Some(match lower.as_str() {
        _ if begins_comment(word) => NO_COMMENTS.into(),
        _ if word.starts_with(is_quote) => sanitized!("a string needs double quotes, not `{}`", shown),
        "true" | "false" | "null" => sanitized!("`{}` is written `{}`", shown, sanitize(&lower)),
        "undefined" | "none" | "nil" => sanitized!("JSON has no `{}`: write null, or leave the field out", shown),
        "nan" | "infinity" | "-infinity" => sanitized!("JSON has no `{}`: leave the field out", shown),
        _ if word.starts_with('+') => sanitized!("a number has no plus sign in JSON: `{}`", shown),
        _ if unsigned.starts_with('.') => sanitized!("a number begins with a digit: 0.5, not `{}`", shown),
        _ if unsigned.starts_with('0') && unsigned.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => {
            sanitized!("a number has no zeros before it: `{}` is written without, or as a string", shown)
        }
        _ if unsigned.starts_with(|c: char| c.is_ascii_digit()) || unsigned.is_empty() => {
            sanitized!("`{}` is not a number in JSON: 19, -2.5, 1e9; as a string it needs double quotes", shown)
        }
        _ => sanitized!("`{}` is not a JSON value: a string needs double quotes", shown),
    })
}

/// The first error in a string, and the byte where it is. A first quote is there; a second may not be.
fn wrong_in_string(text: &str) -> Option<(usize, Sanitized)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte < 0x20 || *byte == b'\\')?;
        let rest = bytes.get(at..)?;
        at += match rest {
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            // Half of a pair is JSON, and says nothing that a text can hold: a finding, and no error.
            [b'\\', b'u', ..] if is_code_unit(rest) => 6,
            [b'\\', b'u', ..] => return Some((at, "\\u takes four digits 0-9, a-f, as in \\u00e9".into())),
            // How an open string ends: the missing quote is the error.
            [b'\\' | b'\r'] | [b'\\', b'\r'] => return None,
            [b'\\', ..] => {
                let escape: String = text.get(at..)?.chars().take(2).collect();
                return Some((
                    at,
                    sanitized!("JSON has no escape {}: a backslash itself is written \\\\", sanitize(&escape)),
                ));
            }
            _ => {
                let control: String = text.get(at..)?.chars().take(1).collect();
                return Some((at, sanitized!("this control character is written {} in a string", sanitize(&control))));
            }
        };
    }
}

/// Whether `bytes` begin with `\uXXXX`.
fn is_code_unit(bytes: &[u8]) -> bool {
    let digits = bytes.strip_prefix(b"\\u").and_then(|digits| digits.get(..4));
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

fn shown(text: &str) -> Sanitized {
    excerpt(text, 32)
}
