//! JSON as it is being typed: its tokens, its first error, its layout. Everything here knows the placeholders of a draft
//! (`{{now}}`), which are not JSON until they are resolved.

mod check;

use std::ops::Range;

use thiserror::Error;

use super::Sanitized;
use super::lexer::{self, Lexer, Piece};
pub use check::check;
pub(crate) use lexer::position;

/// How much text is searched for the other bracket of a pair. Beyond it the pair is farther than a screen can show, and
/// the search is done at every key press.
const BRACKET_SEARCH: usize = 1 << 20;

/// One level of layout.
const INDENT: &str = "  ";

/// From this level on, a layout goes no further in: the depth of a text would else cost the square of it.
pub(super) const DEEPEST: usize = 64;

/// The first place where a draft is not JSON.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The reason in one line.
    pub message: Sanitized,
}

/// The kind of a token.
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
/// by itself; one that is left open ends with the line and is [`TokenKind::Unknown`]. A string is a key when a colon
/// follows it on the line; placeholders within strings are tokens of their own.
pub fn tokens(line: &str) -> Vec<(Range<usize>, TokenKind)> {
    let mut tokens = Vec::new();
    for (range, piece) in Lexer::new(line) {
        let text = line.get(range.clone()).unwrap_or_default();
        let kind = match piece {
            Piece::Space => TokenKind::Space,
            Piece::Mark(_) => TokenKind::Punctuation,
            Piece::Placeholder => TokenKind::Placeholder,
            Piece::Word if matches!(text, "true" | "false" | "null") => TokenKind::Literal,
            Piece::Word if is_number(text) => TokenKind::Number,
            Piece::Word => TokenKind::Unknown,
            Piece::String { closed } => {
                let kind = match closed {
                    false => TokenKind::Unknown,
                    true if line.get(range.end..).is_some_and(|rest| rest.trim_start().starts_with(':')) => {
                        TokenKind::Key
                    }
                    true => TokenKind::String,
                };
                push_string(&mut tokens, &range, text, kind);
                continue;
            }
        };
        tokens.push((range, kind));
    }
    tokens
}

/// Cuts a string around its placeholders.
fn push_string(tokens: &mut Vec<(Range<usize>, TokenKind)>, range: &Range<usize>, text: &str, kind: TokenKind) {
    let mut at = range.start;
    for found in lexer::placeholders_in(text) {
        let (start, end) = (range.start + found.start, range.start + found.end);
        if at < start {
            tokens.push((at..start, kind));
        }
        tokens.push((start..end, TokenKind::Placeholder));
        at = end;
    }
    if at < range.end {
        tokens.push((at..range.end, kind));
    }
}

/// Lays `draft` out anew, two spaces a level; nothing but white space between tokens changes, so number spellings,
/// doubled keys and placeholders stay. The error is that of [`check`].
pub fn format(draft: &str) -> Result<String, SyntaxError> {
    check(draft)?;
    let mut out = String::with_capacity(draft.len() * 2);
    let mut depth: usize = 0;
    let new_line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n(INDENT, depth.min(DEEPEST)));
    };
    let mut pieces = Lexer::new(draft).filter(|(_, piece)| *piece != Piece::Space).peekable();
    while let Some((range, piece)) = pieces.next() {
        let text = draft.get(range).unwrap_or_default();
        match piece {
            Piece::Mark(b'{' | b'[') => {
                out.push_str(text);
                if let Some((close, _)) = pieces.next_if(|(_, piece)| matches!(piece, Piece::Mark(b'}' | b']'))) {
                    out.push_str(draft.get(close).unwrap_or_default());
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            Piece::Mark(b'}' | b']') => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push_str(text);
            }
            Piece::Mark(b',') => {
                out.push_str(text);
                new_line(&mut out, depth);
            }
            Piece::Mark(_) => out.push_str(": "),
            _ => out.push_str(text),
        }
    }
    Ok(out)
}

/// The other bracket of the pair of which one is at the cursor, or else just before it: its line, and its column in
/// characters, both from 0 as the cursor's are. `None` where there is no bracket, or its pair is not there, of the other
/// sort, or too far away.
pub fn matching_bracket(lines: &[String], line: usize, column: usize) -> Option<(usize, usize)> {
    let text = lines.get(line)?;
    let here = brackets(text);
    let at = |column: usize| {
        let (offset, _) = text.char_indices().nth(column)?;
        here.iter().find(|(bracket, _)| *bracket == offset)
    };
    let &(start, first) = at(column).or_else(|| at(column.checked_sub(1)?))?;
    let forward = is_opening(first);
    let mut waiting = Vec::new();
    let mut budget = BRACKET_SEARCH;
    let mut next = Some(line);
    while let Some((number, text)) = next.and_then(|number| Some((number, lines.get(number)?))) {
        budget = budget.checked_sub(text.len() + 1)?;
        let mut found = brackets(text);
        if number == line {
            found.retain(|(offset, _)| if forward { *offset >= start } else { *offset <= start });
        }
        if !forward {
            found.reverse();
        }
        for (offset, bracket) in found {
            if is_opening(bracket) == forward {
                waiting.push(bracket);
            } else if waiting.pop().is_none_or(|other| partner(other) != bracket) {
                return None;
            } else if waiting.is_empty() {
                return Some((number, text.get(..offset)?.chars().count()));
            }
        }
        next = if forward { number.checked_add(1) } else { number.checked_sub(1) };
    }
    None
}

/// How many spaces a new line begins with when the line before it is `line_before_cursor`: as many as that line, and two
/// more if it leaves a bracket open.
pub fn indent_after(line_before_cursor: &str) -> usize {
    let own = line_before_cursor.chars().take_while(|c| c.is_whitespace()).map(|c| if c == '\t' { 2 } else { 1 }).sum();
    let open = brackets(line_before_cursor)
        .into_iter()
        .fold(0_usize, |open, (_, bracket)| if is_opening(bracket) { open + 1 } else { open.saturating_sub(1) });
    if open > 0 { INDENT.len() + own } else { own }
}

/// The braces and brackets of a line that are no part of a string or placeholder, with their offsets.
fn brackets(line: &str) -> Vec<(usize, u8)> {
    Lexer::new(line)
        .filter_map(|(range, piece)| match piece {
            Piece::Mark(mark @ (b'{' | b'}' | b'[' | b']')) => Some((range.start, mark)),
            _ => None,
        })
        .collect()
}

fn is_opening(bracket: u8) -> bool {
    matches!(bracket, b'{' | b'[')
}

fn partner(bracket: u8) -> u8 {
    match bracket {
        b'{' => b'}',
        b'}' => b'{',
        b'[' => b']',
        _ => b'[',
    }
}

/// Whether `word` is a number as JSON spells them.
fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (number, exponent) = match word.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (word, None),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::event::placeholder::{self, TEST_ADDRESS, Values, resolve};
    use crate::event::text::sanitize;
    use crate::fuzz_tests;

    #[test]
    fn any_text_is_json_or_told_why_not_and_is_laid_out() {
        let seeds = [
            r#"{"event":"purchase","at":"{{now}}","n":{{seq}},"list":[1,-2.5e3,true,null,"\u00e9"]}"#,
            "{\n  \"a\": 1, // no\n}",
            "[01, +1, 'x', undefined]",
        ];
        fuzz_tests::texts(&seeds, |text| {
            let checked = check(text);
            if placeholder::first(text).is_none() {
                let read = serde_json::from_str::<serde::de::IgnoredAny>(text);
                assert_eq!(checked.is_ok(), read.is_ok(), "{checked:?}, {read:?}");
            }
            let laid_out = format(text);
            if let Ok(laid_out) = &laid_out {
                assert_eq!(format(laid_out).as_ref(), Ok(laid_out));
            }
            let lines = lines(text);
            assert!(lines.iter().flat_map(|line| tokens(line)).all(|(range, _)| range.end <= text.len()));
            assert!(matching_bracket(&lines, 0, 0).is_none_or(|(line, _)| line < lines.len()));
            checked.err().map(|error| error.message.chars().filter(char::is_ascii_lowercase).collect::<String>())
        });
    }

    fn kinds(line: &str) -> Vec<(&str, TokenKind)> {
        tokens(line).into_iter().map(|(range, kind)| (line.get(range).unwrap(), kind)).collect()
    }

    fn lines(text: &str) -> Vec<String> {
        text.split('\n').map(str::to_owned).collect()
    }

    #[test]
    fn a_line_is_cut_into_tokens() {
        use TokenKind::{Key, Literal, Number, Placeholder, Punctuation, Space, String, Unknown};
        let cases: &[(&str, &[(&str, TokenKind)])] = &[
            ("", &[]),
            (
                r#"  "price" : 19.5,"#,
                &[
                    ("  ", Space),
                    (r#""price""#, Key),
                    (" ", Space),
                    (":", Punctuation),
                    (" ", Space),
                    ("19.5", Number),
                    (",", Punctuation),
                ],
            ),
            (r#""{{now}}""#, &[("\"", String), ("{{now}}", Placeholder), ("\"", String)]),
            (
                r#""a-{{seq}}{{uuid}}":"#,
                &[("\"a-", Key), ("{{seq}}", Placeholder), ("{{uuid}}", Placeholder), ("\"", Key), (":", Punctuation)],
            ),
            ("{{{seq}}}", &[("{", Punctuation), ("{{seq}}", Placeholder), ("}", Punctuation)]),
            (
                "[true,nil,null",
                &[
                    ("[", Punctuation),
                    ("true", Literal),
                    (",", Punctuation),
                    ("nil", Unknown),
                    (",", Punctuation),
                    ("null", Literal),
                ],
            ),
            (r#""open: {{now}}"#, &[("\"open: ", Unknown), ("{{now}}", Placeholder)]),
            (
                "01 -0 1e+9 .5",
                &[
                    ("01", Unknown),
                    (" ", Space),
                    ("-0", Number),
                    (" ", Space),
                    ("1e+9", Number),
                    (" ", Space),
                    (".5", Unknown),
                ],
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(kinds(line), *expected, "{line}");
        }
    }

    #[test]
    fn the_first_error_is_named_at_its_place() {
        let cases = [
            ("", 1, 1, "there is nothing here"),
            (" \n ", 1, 1, "there is nothing here"),
            ("{\"a\": 1,\n \"b\": 2,\n}", 2, 8, "this comma has nothing after it before the `}`: take it out"),
            ("[1, ]", 1, 3, "this comma has nothing after it before the `]`"),
            ("{'a': 1}", 1, 2, "a key needs double quotes: \"a\""),
            ("{\"a\": 'é'}", 1, 7, "a string needs double quotes, not `'é'`"),
            ("{“a”: 1}", 1, 2, "a key needs double quotes: \"a\""),
            ("{a: 1}", 1, 2, "a key needs double quotes: \"a\""),
            ("{1: 1}", 1, 2, "a key needs double quotes: \"1\""),
            ("{{{seq}}: 1}", 1, 2, "a key is a string, and {{seq}} is a number"),
            ("{\"é\": 1\n \"b\": 2}", 2, 2, "a comma is missing before `\"b\"`"),
            ("[1 2]", 1, 4, "a comma is missing before `2`"),
            ("{\"a\" 1}", 1, 6, "expected `:` between the key and its value, not `1`"),
            ("{\"a\"}", 1, 5, "expected `:` between the key and its value, not `}`"),
            ("{\"a\":}", 1, 6, "expected a value, not `}`"),
            ("{\"a\":,}", 1, 6, "expected a value, not `,`"),
            ("[,1]", 1, 2, "expected a value or `]`, not `,`"),
            ("{,}", 1, 2, "expected a key in double quotes or `}`, not `,`"),
            ("{\"a\":1,,}", 1, 8, "expected a key in double quotes, not `,`"),
            ("{\n\n\n  \"customer_id\": \n \"order_id\": 1}", 4, 3, "the key \"customer_id\" has no value yet"),
            ("{\"a\": {\"b\": 1},\n \"c\": \"d\": [", 2, 2, "the key \"c\" has no value yet"),
            ("{{{uuid}}: \"a\": 1}", 1, 2, "the key {{uuid}} has no value yet"),
            ("{\"\u{202e}a\": \"b\":", 1, 2, "the key \"\\u202ea\" has no value yet"),
            ("{\"a\": 1: 2}", 1, 8, "expected `,` or `}`, not `:`"),
            ("{\"a\": {\"b\": 1}: 2}", 1, 15, "expected `,` or `}`, not `:`"),
            ("{\"a\": [\"b\": 2]}", 1, 11, "expected `,` or `]`, not `:`"),
            ("[1: 2]", 1, 3, "expected `,` or `]`, not `:`"),
            ("{\"é\": \"open,\n \"b\": 1}", 1, 7, "the string that begins here has no closing \" on its line"),
            ("{\"a\": \"open\\", 1, 7, "the string that begins here has no closing \" on its line"),
            ("{\"a\": \"open\\\r\n", 1, 7, "the string that begins here has no closing \" on its line"),
            ("{\"a\": [1,\n  {\"b\": 2}\n}", 3, 1, "`}` closes nothing: the `[` in line 1, column 7 needs its `]`"),
            ("\n {\"a\": {\n", 2, 9, "the text ends here, and the `{` in column 8 needs its `}`"),
            ("{\"a\":\r\n", 1, 6, "the text ends here, and the `{` in column 1 needs its `}`"),
            ("{\n\"a\":", 2, 5, "the text ends here, and the `{` in line 1, column 1 needs its `}`"),
            ("{}\n{}", 2, 1, "several events stand in an array"),
            ("{}, {}", 1, 3, "several events stand in an array"),
            ("{\"a\": 1},\n", 1, 9, "nothing comes after this comma: take it out"),
            ("{}}", 1, 3, "`}` closes nothing: no bracket is open here"),
            ("]", 1, 1, "expected a value, not `]`"),
            ("{} x", 1, 4, "the value ends before this `x`"),
            ("{\"a\": \"so \"called\" b\"}", 1, 11, "a quote within a string is written \\\""),
            ("{\"a\": True}", 1, 7, "`True` is written `true`"),
            ("{\"a\": undefined}", 1, 7, "JSON has no `undefined`: write null, or leave the field out"),
            ("{\"a\": NaN}", 1, 7, "JSON has no `NaN`"),
            ("{\"a\": +1}", 1, 7, "no plus sign"),
            ("{\"a\": .5}", 1, 7, "begins with a digit"),
            ("{\"a\": 007}", 1, 7, "no zeros before it"),
            ("{\"a\": 2026-03-17}", 1, 7, "`2026-03-17` is not a number"),
            ("{\"a\": -}", 1, 7, "`-` is not a number"),
            ("{\"a\": word}", 1, 7, "`word` is not a JSON value: a string needs double quotes"),
            ("{\"a\": 1 // one\n}", 1, 9, "JSON has no comments"),
            ("{ # first\n}", 1, 3, "JSON has no comments"),
            ("{\"a\": /* */ 1}", 1, 7, "JSON has no comments"),
            ("{\"a\": \"x\ty\"}", 1, 9, "this control character is written \\t in a string"),
            ("{\"a\": \"\\\r.\"}", 1, 8, "JSON has no escape \\\\r"),
            ("{\"a\": \"\\é\"}", 1, 8, "JSON has no escape \\é"),
            ("{\"a\": \"\\u12\"}", 1, 8, "\\u takes four digits"),
            ("\u{feff}{}", 1, 1, "`\\ufeff` is not a JSON value"),
            ("{\u{a0}\"a\": 1}", 1, 2, "a key needs double quotes: \"\\u00a0\""),
            ("{{now\n}}", 1, 2, "expected a key in double quotes or `}`, not `{`"),
        ];
        for (draft, line, column, message) in cases {
            let error = check(draft).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{draft:?}: {}", error.message);
            assert!(error.message.contains(message), "{draft:?}: {}", error.message);
        }
    }

    #[test]
    fn placeholders_stand_for_values_and_keys() {
        let good = [
            r#"{"a": {{now}}, {{uuid}}: [{{seq}}, "{{epoch}}"], "{{env.A}}": {"b": {"c":{{email}}}}}"#,
            "{{now}}",
            r#"{"a": "\ud83d\ude00 \u00e9 \/ \n", "a": 1e400, "b": -0.0E+1}"#,
            "\r\n\t[ ]\r\n",
            // Half of a pair of escapes, which `slice` in JavaScript leaves of an emoji.
            r#"{"a": "shoe \ud83d", "\ude00": "\ud83d\ud83d"}"#,
        ];
        for draft in good {
            assert_eq!(check(draft), Ok(()), "{draft}");
        }
    }

    #[test]
    fn no_depth_is_too_deep_and_none_costs_the_square_of_it() {
        for levels in [127, 128, 100_000] {
            let deep = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
            assert_eq!(check(&deep), Ok(()));
            assert!(format(&deep).unwrap().len() < levels * 2 * (2 * DEEPEST + 2));
        }
    }

    #[test]
    fn a_draft_is_laid_out_without_touching_its_spelling() {
        let draft = r#"{"a":1.10,"b":[ ],"c":[{"d":"\u0041 :,{}"},1e400,{{ seq }}],"a":{
        }, {{uuid}} :"{{now}}"}"#;
        let expected = [
            "{",
            "  \"a\": 1.10,",
            "  \"b\": [],",
            "  \"c\": [",
            "    {",
            "      \"d\": \"\\u0041 :,{}\"",
            "    },",
            "    1e400,",
            "    {{ seq }}",
            "  ],",
            "  \"a\": {},",
            "  {{uuid}}: \"{{now}}\"",
            "}",
        ];
        assert_eq!(format(draft), Ok(expected.join("\n")));
        assert_eq!(format("{\"a\":1,}"), Err(check("{\"a\":1,}").unwrap_err()));
    }

    #[test]
    fn the_other_bracket_of_a_pair_is_found() {
        let text = lines("{\"é\": [1, \"]\", {{seq}}],\n \"b\": {\"c\": {}}\n}");
        let cases = [
            ((0, 0), Some((2, 0))),
            ((2, 0), Some((0, 0))),
            ((2, 1), Some((0, 0))),
            ((0, 6), Some((0, 22))),
            ((0, 22), Some((0, 6))),
            ((0, 23), Some((0, 6))),
            ((0, 11), None),
            ((0, 16), None),
            ((1, 6), Some((1, 14))),
            ((1, 13), Some((1, 12))),
            // Between two brackets, the one at the cursor.
            ((1, 14), Some((1, 6))),
            ((1, 3), None),
            ((0, 999), None),
            ((9, 0), None),
        ];
        for ((line, column), expected) in cases {
            assert_eq!(matching_bracket(&text, line, column), expected, "at {line}, {column}");
        }
        assert_eq!(matching_bracket(&lines("[}"), 0, 0), None);
        assert_eq!(matching_bracket(&lines("[{\n]"), 0, 0), None);
        assert_eq!(matching_bracket(&lines("[\n"), 0, 0), None);
        assert_eq!(matching_bracket(&lines("}"), 0, 0), None);
    }

    #[test]
    fn the_search_for_a_bracket_has_an_end() {
        let mut text = vec!["\"0123456789012345678901234567890\",".to_owned(); 40_000];
        text.insert(0, "[".into());
        text.push("]".into());
        assert_eq!(matching_bracket(&text, 0, 0), None);
        assert_eq!(matching_bracket(&text, 40_001, 0), None);
    }

    #[test]
    fn a_new_line_is_indented_as_its_place_asks() {
        let cases = [
            ("", 0),
            ("{", 2),
            ("  \"a\": [", 4),
            ("  \"a\": [1, 2],", 2),
            ("  }, {", 4),
            ("  \"a\": \"{\",", 2),
            ("  \"a\": {{now}},", 2),
            ("  [{", 4),
            ("  }]", 2),
            ("\t{", 4),
        ];
        for (line, spaces) in cases {
            assert_eq!(indent_after(line), spaces, "{line:?}");
        }
    }

    fn json() -> impl Strategy<Value = String> {
        let placeholder =
            prop_oneof![Just("{{now}}"), Just("{{ seq }}"), Just("\"{{uuid}} x\"")].prop_map(str::to_owned);
        let leaf = prop_oneof![
            placeholder,
            Just("null".to_owned()),
            any::<f64>().prop_map(|number| serde_json::Value::from(number).to_string()),
            any::<String>()
                .prop_map(|text| placeholder::literal(&serde_json::Value::from(text).to_string()).into_owned()),
        ];
        let space = "[ \n\r\t]{0,2}";
        leaf.prop_recursive(5, 64, 6, move |inner| {
            prop_oneof![
                (space, prop::collection::vec(inner.clone(), 0..6))
                    .prop_map(|(space, items)| format!("[{space}{}{space}]", items.join(&format!("{space},")))),
                (space, prop::collection::vec(("[a-c\\PC]{0,3}", inner), 0..6)).prop_map(|(space, fields)| {
                    let fields: Vec<_> = fields
                        .into_iter()
                        .map(|(key, value)| format!("{}{space}:{value}", serde_json::Value::from(key)))
                        .collect();
                    format!("{space}{{{space}{}}}{space}", fields.join(","))
                }),
            ]
        })
    }

    /// JSON with a character put in, taken out or doubled.
    fn nearly_json() -> impl Strategy<Value = String> {
        (json(), any::<prop::sample::Index>(), "[{}\\[\\]:,\"'\\\\ \n\te0-9.+-]{0,2}", 0_usize..3).prop_map(
            |(text, at, typed, removed)| {
                let mut chars: Vec<char> = text.chars().collect();
                let at = at.index(chars.len() + 1);
                let end = (at + removed).min(chars.len());
                chars.splice(at..end, typed.chars());
                chars.into_iter().collect()
            },
        )
    }

    fn without_space(draft: &str) -> String {
        let pieces = Lexer::new(draft).filter(|(_, piece)| *piece != Piece::Space);
        pieces.map(|(range, _)| draft.get(range).unwrap()).collect()
    }

    fn values() -> Values<'static> {
        let now = Timestamp::UNIX_EPOCH;
        Values { now, seed: 1, seq: 1, email: TEST_ADDRESS, environment: &|_| None }
    }

    fn is_good_if_serde_json_reads_it(draft: &str) {
        let checked = check(draft);
        if let Ok(resolved) = resolve(draft, &values()) {
            let read = serde_json::from_str::<serde::de::IgnoredAny>(&resolved);
            // A digit beside `{{seq}}` makes another number of it once it is resolved; the draft has two values.
            if checked.is_ok() || !draft.contains("seq") {
                assert_eq!(checked.is_ok(), read.is_ok(), "{draft:?} {resolved:?}: {checked:?} {read:?}");
            }
        }
    }

    #[test]
    fn whatever_stands_in_the_braces_of_a_placeholder_is_judged_as_serde_json_does() {
        let typed = (0..=0xa0).filter_map(char::from_u32).chain(['\u{2028}', '\u{3000}', '\u{feff}', '”']);
        for c in typed {
            let names =
                [format!("uuid{c}"), format!("{c}uuid"), format!("now{c}-2d"), format!("now-2{c}d"), c.to_string()];
            for name in names {
                for draft in
                    [format!("[\"{{{{{name}}}}} x\"]"), format!("[{{{{{name}}}}}]"), format!("{{{{{{{name}}}}}:1}}")]
                {
                    is_good_if_serde_json_reads_it(&draft);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_tokens_cover_the_line(line in "[\\PC\"\\\\{}:,]*") {
            let mut end = 0;
            for (range, _) in tokens(&line) {
                prop_assert_eq!(range.start, end);
                prop_assert!(range.end > range.start);
                prop_assert!(line.get(range.clone()).is_some());
                end = range.end;
            }
            prop_assert_eq!(end, line.len());
        }

        #[test]
        fn a_draft_is_good_if_serde_json_reads_what_it_resolves_to(draft in prop_oneof![json(), nearly_json()]) {
            is_good_if_serde_json_reads_it(&draft);
        }

        #[test]
        fn an_error_stands_in_the_draft_and_is_one_sanitized_line(draft in prop_oneof![nearly_json(), any::<String>()]) {
            if let Err(SyntaxError { line, column, message }) = check(&draft) {
                let width = draft.split('\n').nth(line - 1).map(|line| line.chars().count());
                prop_assert!(width.is_some_and(|width| (1..=width + 1).contains(&column)), "{}:{}", line, column);
                prop_assert_eq!(sanitize(&message), message);
            }
        }

        #[test]
        fn layout_changes_nothing_but_white_space(draft in json()) {
            let laid_out = format(&draft).unwrap();
            prop_assert_eq!(check(&laid_out), Ok(()));
            prop_assert_eq!(without_space(&laid_out), without_space(&draft));
            prop_assert_eq!(format(&laid_out), Ok(laid_out));
        }

        #[test]
        fn brackets_are_each_others_pair(draft in json()) {
            let lines = lines(&format(&draft).unwrap());
            for (number, line) in lines.iter().enumerate() {
                for (offset, _) in brackets(line) {
                    let column = line.get(..offset).unwrap().chars().count();
                    let (other, there) = matching_bracket(&lines, number, column).unwrap();
                    prop_assert_eq!(matching_bracket(&lines, other, there), Some((number, column)));
                }
            }
        }

        #[test]
        fn a_new_line_is_indented_as_the_layout_does_it(draft in json()) {
            let lines = lines(&format(&draft).unwrap());
            for (line, next) in lines.iter().zip(lines.iter().skip(1)) {
                let closes = next.trim_start().starts_with(['}', ']']);
                let spaces = next.len() - next.trim_start_matches(' ').len();
                prop_assert_eq!(indent_after(line) - if closes { 2 } else { 0 }, spaces);
            }
        }
    }
}
