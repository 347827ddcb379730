//! JSON as it is being typed: its tokens, its first error, its layout. Everything here knows the placeholders of a draft
//! (`{{now}}`), which are not JSON until they are resolved.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;
use thiserror::Error;

use super::text;

/// The first place where a draft is not JSON.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What was expected or is wrong, in one line. Harmless.
    pub message: String,
}

/// What a piece of a draft is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A string that stands where a key stands.
    Key,
    /// Any other string.
    String,
    /// A number.
    Number,
    /// `true`, `false`, `null`.
    Literal,
    /// A brace, a bracket, a colon or a comma.
    Punctuation,
    /// `{{…}}`, within a string or on its own.
    Placeholder,
    /// White space.
    Space,
    /// Anything else.
    Unknown,
}

/// The tokens of one line, which cover it without gaps. A JSON string cannot go over a line's end, so a line can be read
/// by itself; one that is left open ends with the line and is [`TokenKind::Unknown`].
pub fn tokens(line: &str) -> Vec<(Range<usize>, TokenKind)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, kind) = token(rest);
        let end = at + length;
        match kind {
            TokenKind::Key | TokenKind::String => pieces(line, at..end, kind, &mut tokens),
            _ => tokens.push((at..end, kind)),
        }
        at = end;
    }
    tokens
}

/// A string with the placeholders in it as tokens of their own.
fn pieces(line: &str, whole: Range<usize>, kind: TokenKind, tokens: &mut Vec<(Range<usize>, TokenKind)>) {
    let mut from = whole.start;
    while let Some((start, end)) = line.get(from..whole.end).and_then(placeholder_in) {
        if start > 0 {
            tokens.push((from..from + start, kind));
        }
        tokens.push((from + start..from + end, TokenKind::Placeholder));
        from += end;
    }
    if from < whole.end {
        tokens.push((from..whole.end, kind));
    }
}

/// Where the first placeholder of a text on one line begins and ends.
pub(super) fn placeholder_in(text: &str) -> Option<(usize, usize)> {
    let start = text.find("{{")?;
    let inside = text.get(start + 2..)?;
    let end = inside.find("}}")?;
    // The innermost pair counts: `{{ {{now}}` holds one placeholder.
    let start = start + inside.get(..end)?.rfind("{{").map_or(0, |nested| nested + 2);
    let end = text.get(start..)?.find("}}")? + start + 2;
    (!text.get(start..end)?.contains('\n')).then_some((start, end))
}

/// The token at the start of `rest`, which is not empty, and its length in bytes. A string may go on to the end of the
/// text, for all that a broken one looks like.
pub(super) fn token(rest: &str) -> (usize, TokenKind) {
    let first = rest.as_bytes().first().copied().unwrap_or_default();
    let run = |belongs: fn(u8) -> bool| rest.bytes().position(|byte| !belongs(byte)).unwrap_or(rest.len());
    match first {
        b' ' | b'\t' | b'\r' | b'\n' => (run(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')), TokenKind::Space),
        b'{' if rest.starts_with("{{") => match placeholder_in(rest) {
            Some((0, end)) => (end, TokenKind::Placeholder),
            _ => (1, TokenKind::Punctuation),
        },
        b'{' | b'}' | b'[' | b']' | b':' | b',' => (1, TokenKind::Punctuation),
        b'"' => match string_length(rest) {
            Some(length) => {
                let after = rest.get(length..).unwrap_or_default();
                let is_key = after.trim_start_matches([' ', '\t']).starts_with(':');
                (length, if is_key { TokenKind::Key } else { TokenKind::String })
            }
            None => (rest.find('\n').unwrap_or(rest.len()), TokenKind::Unknown),
        },
        b'-' | b'0'..=b'9' => {
            (run(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')), TokenKind::Number)
        }
        _ => {
            let length = rest.find([' ', '\t', '\r', '\n', '{', '}', '[', ']', ':', ',', '"']).unwrap_or(rest.len());
            let known = matches!(rest.get(..length), Some("true" | "false" | "null"));
            (length, if known { TokenKind::Literal } else { TokenKind::Unknown })
        }
    }
}

/// How long the string is that `rest` begins with, its quotes included; `None` when it does not end on its line.
fn string_length(rest: &str) -> Option<usize> {
    let mut bytes = rest.bytes().enumerate().skip(1);
    loop {
        match bytes.next()? {
            (at, b'"') => return Some(at + 1),
            (_, b'\n') => return None,
            (_, b'\\') => {
                bytes.next().filter(|(_, byte)| *byte != b'\n')?;
            }
            _ => {}
        }
    }
}

/// Checks that `draft` is one JSON value once its placeholders are resolved.
pub fn check(draft: &str) -> Result<(), SyntaxError> {
    let Err(error) = serde_json::from_str::<IgnoredAny>(&stand_in(draft)) else { return Ok(()) };
    Err(explain(draft, &error))
}

/// The draft with a number in the place of each placeholder outside strings, byte for byte as long, so that places in one
/// are places in the other.
pub fn stand_in(draft: &str) -> Cow<'_, str> {
    if !draft.contains("{{") {
        return Cow::Borrowed(draft);
    }
    let mut text = String::with_capacity(draft.len());
    let mut at = 0;
    while let Some(rest) = draft.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, kind) = token(rest);
        match kind {
            TokenKind::Placeholder => {
                text.push('0');
                text.extend(std::iter::repeat_n(' ', length - 1));
            }
            _ => text.push_str(rest.get(..length).unwrap_or_default()),
        }
        at += length;
    }
    Cow::Owned(text)
}

const TRAILING_COMMA: &str = "a comma too many: nothing follows it before the bracket";

fn explain(draft: &str, error: &serde_json::Error) -> SyntaxError {
    let line_text = draft.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    // serde counts bytes, and stops at the byte that it did not expect, or at the last one before an end.
    let column = error.column().saturating_sub(1).min(line_text.len());
    let column = line_text.floor_char_boundary(column);
    let found = line_text.get(column..).unwrap_or_default();
    let place = |message: String| SyntaxError {
        line: error.line().max(1),
        column: line_text.get(..column).unwrap_or_default().chars().count() + 1,
        message: text::harmless(&message),
    };
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(&*message, |(message, _)| message);
    if message.starts_with("EOF while parsing a string") || message.starts_with("control character") {
        let start = tokens(line_text).into_iter().find(|(_, kind)| *kind == TokenKind::Unknown);
        let start = start.map_or(column, |(range, _)| range.start);
        return SyntaxError {
            line: error.line().max(1),
            column: line_text.get(..start).unwrap_or_default().chars().count() + 1,
            message: "the string that begins here is not closed on its line".into(),
        };
    }
    if message.starts_with("EOF") {
        return place(match open_bracket(draft) {
            Some((bracket, line)) => {
                let close = if bracket == '{' { '}' } else { ']' };
                format!("it ends too soon: the `{bracket}` of line {line} is not closed, `{close}` is missing")
            }
            None if draft.trim().is_empty() => {
                "there is nothing here: write an event, as in {\"event\": \"view\"}".into()
            }
            None => "it ends too soon: a value is missing".into(),
        });
    }
    place(match message {
        "key must be a string" if found.starts_with('}') => TRAILING_COMMA.into(),
        "trailing comma" => TRAILING_COMMA.into(),
        "trailing characters" => {
            "there is more after the end of the value: put several events into an array, [ … ]".into()
        }
        "key must be a string" | "expected value" if found.starts_with('\'') => {
            "strings stand in double quotes, not in single ones".into()
        }
        "key must be a string" => "a key in double quotes was expected".into(),
        "expected value" => {
            "a value was expected: a string in double quotes, a number, true, false, null, { or [".into()
        }
        "expected ident" => "true, false or null was expected".into(),
        "invalid number" => "this is no JSON number: digits, with one point at most".into(),
        "invalid escape" => "this escape is not known: \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX are".into(),
        other => other.to_owned(),
    })
}

/// The innermost bracket that is not closed, and the line where it stands.
fn open_bracket(draft: &str) -> Option<(char, usize)> {
    let mut open = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(rest) = draft.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, kind) = token(rest);
        let piece = rest.get(..length).unwrap_or_default();
        match (kind, piece) {
            (TokenKind::Punctuation, "{") => open.push(('{', line)),
            (TokenKind::Punctuation, "[") => open.push(('[', line)),
            (TokenKind::Punctuation, "}" | "]") => {
                open.pop();
            }
            (TokenKind::Space, space) => line += space.matches('\n').count(),
            _ => {}
        }
        at += length;
    }
    open.pop()
}

/// Lays `draft` out anew, two spaces a level; nothing but white space between tokens changes, so number spellings,
/// doubled keys and placeholders stay. The error is that of [`check`].
pub fn format(draft: &str) -> Result<String, SyntaxError> {
    check(draft)?;
    let mut out = String::with_capacity(draft.len() * 5 / 4);
    let mut depth = 0_usize;
    let mut opened = false;
    let mut at = 0;
    while let Some(rest) = draft.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, kind) = token(rest);
        let piece = rest.get(..length).unwrap_or_default();
        at += length;
        if kind == TokenKind::Space {
            continue;
        }
        let closes = kind == TokenKind::Punctuation && matches!(piece, "}" | "]");
        if closes {
            depth = depth.saturating_sub(1);
        }
        // An empty container stays on its line.
        if opened != closes {
            new_line(&mut out, depth);
        }
        opened = false;
        out.push_str(piece);
        if kind == TokenKind::Punctuation {
            match piece {
                "{" | "[" => {
                    depth += 1;
                    opened = true;
                }
                "," => new_line(&mut out, depth),
                ":" => out.push(' '),
                _ => {}
            }
        }
    }
    Ok(out)
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Where the bracket stands that belongs to the one at, or just before, `column` (in characters) of `line`. The work is
/// bounded: a partner that is very far away is not found.
pub fn matching_bracket(lines: &[String], line: usize, column: usize) -> Option<(usize, usize)> {
    const MOST_BYTES: usize = 256 * 1024;
    let brackets = |line: usize| {
        let text = lines.get(line).map(String::as_str).filter(|text| text.len() <= MOST_BYTES)?;
        let found = tokens(text).into_iter().filter(|(_, kind)| *kind == TokenKind::Punctuation);
        let found = found.filter_map(|(range, _)| {
            let bracket = text.get(range.clone())?.chars().next().filter(|c| matches!(c, '{' | '}' | '[' | ']'))?;
            Some((text.get(..range.start)?.chars().count(), bracket))
        });
        Some(found.collect::<Vec<_>>())
    };
    let here = brackets(line)?;
    let at = |column: usize| here.iter().position(|(place, _)| *place == column);
    let start = at(column).or_else(|| at(column.checked_sub(1)?))?;
    let (_, bracket) = here.get(start)?;
    let forward = matches!(bracket, '{' | '[');
    let mut budget = MOST_BYTES;
    let mut depth = 0_usize;
    let mut line = line;
    let mut row = here.clone();
    let mut next = start;
    loop {
        let ordered: Vec<_> = if forward { row.split_off(next) } else { row.drain(..=next).rev().collect() };
        for (column, bracket) in ordered {
            if matches!(bracket, '{' | '[') == forward {
                depth += 1;
            } else {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some((line, column));
                }
            }
        }
        loop {
            line = if forward { line + 1 } else { line.checked_sub(1)? };
            budget = budget.checked_sub(lines.get(line)?.len() + 1)?;
            row = brackets(line)?;
            if !row.is_empty() {
                break;
            }
        }
        next = if forward { 0 } else { row.len() - 1 };
    }
}

/// How deep the line after `before`, the text of a line up to the cursor, is to be indented: as that line, and two spaces
/// more after a bracket that it leaves open.
pub fn indent_after(before: &str) -> usize {
    let indent = before.len() - before.trim_start_matches(' ').len();
    let opens = before.trim_end().ends_with(['{', '[']);
    indent + if opens { 2 } else { 0 }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_error_is_told_with_its_place_and_what_was_expected() {
        let cases = [
            ("", 1, 1, "there is nothing here"),
            ("{\n  \"event\": \"view\",\n}", 3, 1, "a comma too many"),
            ("{\n  \"é\": 'view'\n}", 2, 8, "double quotes, not in single"),
            ("{ event: 1 }", 1, 3, "a key in double quotes"),
            ("{ 'event': 1 }", 1, 3, "not in single"),
            ("{\"a\": 1 \"b\": 2}", 1, 9, "expected `,` or `}`"),
            ("{\"a\" 1}", 1, 6, "expected `:`"),
            ("{\"a\": }", 1, 7, "a value was expected"),
            ("{\"a\": tru}", 1, 10, "true, false or null"),
            ("{\"a\": 1.}", 1, 9, "no JSON number"),
            ("{\n  \"a\": [1,\n  2", 3, 3, "the `[` of line 2 is not closed"),
            ("{\"a\": \"é\\q\"}", 1, 10, "this escape is not known"),
            ("{\n  \"a\": \"open,\n  \"b\": 1\n}", 2, 8, "the string that begins here is not closed"),
            ("{\"a\": \"open", 1, 7, "the string that begins here is not closed"),
            ("{} {}", 1, 4, "put several events into an array"),
            ("{\"n\": {{seq}}, \"x\": }", 1, 21, "a value was expected"),
        ];
        for (draft, line, column, message) in cases {
            let error = check(draft).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{draft:?}: {error}");
            assert!(error.message.contains(message), "{draft:?}: {error}");
        }
        assert_eq!(check(&("[".repeat(10_000) + &"]".repeat(10_000))), Ok(()), "depth is no danger");
    }

    #[test]
    fn placeholders_stand_for_values_and_in_strings() {
        for draft in ["{\"n\": {{seq}}, \"at\": \"{{now}} \"}", "[{{ epoch }},{{uuid}}]", "{{now}}", "{\"a\":\"{{x\"}"]
        {
            assert_eq!(check(draft), Ok(()), "{draft}");
        }
    }

    #[test]
    fn a_line_is_cut_into_its_tokens() {
        use TokenKind as T;
        let cases: [(&str, &[(&str, T)]); 4] = [
            (
                "  \"a\" : [1.5e3, true]",
                &[
                    ("  ", T::Space),
                    ("\"a\"", T::Key),
                    (" ", T::Space),
                    (":", T::Punctuation),
                    (" ", T::Space),
                    ("[", T::Punctuation),
                    ("1.5e3", T::Number),
                    (",", T::Punctuation),
                    (" ", T::Space),
                    ("true", T::Literal),
                    ("]", T::Punctuation),
                ],
            ),
            (
                "\"x{{now}}y{{uuid}}\",{{seq}}",
                &[
                    ("\"x", T::String),
                    ("{{now}}", T::Placeholder),
                    ("y", T::String),
                    ("{{uuid}}", T::Placeholder),
                    ("\"", T::String),
                    (",", T::Punctuation),
                    ("{{seq}}", T::Placeholder),
                ],
            ),
            ("\"open \\\"", &[("\"open \\\"", T::Unknown)]),
            ("truth'", &[("truth'", T::Unknown)]),
        ];
        for (line, expected) in cases {
            let found: Vec<_> = tokens(line).into_iter().map(|(range, kind)| (&line[range], kind)).collect();
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn a_draft_is_laid_out_without_touching_its_values() {
        let draft = "{\"a\":1.10,\"a\":{},\"b\":[ ],\"c\":[1,{\"d\":\"{ , }\"}],\"n\":{{seq}}}";
        let formatted = "{\n  \"a\": 1.10,\n  \"a\": {},\n  \"b\": [],\n  \"c\": [\n    1,\n    {\n      \"d\": \"{ , }\"\n    }\n  ],\n  \"n\": {{seq}}\n}";
        assert_eq!(format(draft).unwrap(), formatted);
        assert!(format("{").is_err());
    }

    #[test]
    fn the_bracket_that_belongs_to_another_is_found() {
        let lines: Vec<String> = ["{", "  \"a]\": [1, {", "  }],", "  \"b\": {}", "}"].map(str::to_owned).into();
        let cases = [
            ((0, 0), Some((4, 0))),
            ((4, 0), Some((0, 0))),
            ((4, 1), Some((0, 0))),
            ((1, 8), Some((2, 3))),
            ((2, 3), Some((1, 8))),
            ((1, 12), Some((2, 2))),
            ((3, 7), Some((3, 8))),
            ((1, 4), None),
            ((9, 0), None),
        ];
        for ((line, column), expected) in cases {
            assert_eq!(matching_bracket(&lines, line, column), expected, "{line}:{column}");
        }
    }

    #[test]
    fn a_new_line_is_indented_as_the_one_before_it() {
        for (before, indent) in [("", 0), ("{", 2), ("  \"a\": 1,", 2), ("  \"a\": [ ", 4), ("    ", 4)] {
            assert_eq!(indent_after(before), indent, "{before:?}");
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i32>().prop_map(Into::into),
            "\\PC{0,8}".prop_map(|text: String| text.replace("{{", "{").into()),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
                proptest::collection::vec(("\\PC{0,4}", inner), 0..4)
                    .prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn tokens_cover_a_line_without_gaps(line in "[ -~é{}\\[\\]\":,\\\\]{0,40}") {
            let mut end = 0;
            for (range, _) in tokens(&line) {
                prop_assert_eq!(range.start, end);
                prop_assert!(range.end > range.start && line.is_char_boundary(range.end));
                end = range.end;
            }
            prop_assert_eq!(end, line.len());
        }

        #[test]
        fn any_text_is_checked_at_a_place_that_is_there(draft in "\\PC{0,30}|[{}\\[\\]\",:0-9 \n]{0,30}") {
            prop_assert_eq!(stand_in(&draft).len(), draft.len());
            if let Err(error) = check(&draft) {
                let line = draft.split('\n').nth(error.line - 1);
                prop_assert!(line.is_some_and(|line| error.column <= line.chars().count() + 1), "{} in {:?}", error, draft);
            }
        }

        #[test]
        fn a_layout_keeps_the_value_and_is_its_own_layout(value in any_json()) {
            let once = format(&value.to_string()).unwrap();
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&once).unwrap(), value);
            prop_assert_eq!(format(&once).unwrap(), once);
        }
    }
}
