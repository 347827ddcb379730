//! The tokens of a draft, before anything is known of its grammar. Whoever looks for placeholders and whoever looks
//! for JSON must agree on where strings begin and end: both read a draft through this.

use std::ops::Range;

/// A piece of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// White space as JSON defines it.
    Space,
    /// A brace, a bracket, a colon or a comma.
    Mark(u8),
    /// A string with its quotes. One without a second quote goes to the end of its line.
    String {
        /// Whether it has both.
        closed: bool,
    },
    /// `{{…}}` outside strings.
    Placeholder,
    /// Anything else, up to the next of the above: numbers and literals, and what should have been one.
    Word,
}

/// Cuts a text into pieces that cover it without gaps.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }
}

impl Iterator for Lexer<'_> {
    type Item = (Range<usize>, Piece);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.text.get(self.at..)?;
        let first = *rest.as_bytes().first()?;
        let (length, piece) = match first {
            b'"' => string(rest),
            b'{' => match placeholder(rest) {
                Some(length) => (length, Piece::Placeholder),
                None => (1, Piece::Mark(first)),
            },
            _ if is_mark(first) => (1, Piece::Mark(first)),
            _ if is_space(first) => (run(rest, |byte| !is_space(byte)), Piece::Space),
            _ => (run(rest, |byte| is_space(byte) || is_mark(byte) || byte == b'"'), Piece::Word),
        };
        let start = self.at;
        self.at += length;
        Some((start..self.at, piece))
    }
}

/// The placeholders of a draft: where each stands, and whether that is within a string.
pub(super) fn placeholders(draft: &str) -> impl Iterator<Item = (Range<usize>, bool)> {
    // Most drafts that are large have none, and looking for two bytes is cheaper than cutting into pieces.
    let text = if draft.contains("{{") { draft } else { "" };
    Lexer::new(text).flat_map(move |(range, piece)| {
        let (outside, string) = match piece {
            Piece::Placeholder => (Some((range, false)), None),
            Piece::String { .. } => (None, Some(range)),
            _ => (None, None),
        };
        let inside = string.into_iter().flat_map(move |range| {
            let start = range.start;
            let string = draft.get(range).unwrap_or_default();
            placeholders_in(string).map(move |found| (start + found.start..start + found.end, true))
        });
        outside.into_iter().chain(inside)
    })
}

/// Where placeholders stand in a string. An escaped brace begins none.
pub(super) fn placeholders_in(string: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = string.as_bytes().get(at..)?;
            let stop = at + rest.iter().position(|byte| matches!(byte, b'{' | b'\\'))?;
            match string.get(stop..).and_then(placeholder) {
                Some(length) => {
                    at = stop + length;
                    return Some(stop..at);
                }
                None if rest.get(stop - at) == Some(&b'\\') => at = stop + 2,
                None => at = stop + 1,
            }
        }
    })
}

/// How long the placeholder is that `text` begins with. Braces that are not closed on the line, or before the string
/// ends, are text; so are those with a control character between them, which no string may hold.
fn placeholder(text: &str) -> Option<usize> {
    let name = text.strip_prefix("{{")?;
    let end = name.find(|c| matches!(c, '{' | '}' | '"' | '\0'..' '))?;
    name.get(end..)?.starts_with("}}").then_some(end + 4)
}

/// How long the string is that `text` begins with.
fn string(text: &str) -> (usize, Piece) {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(stop) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| matches!(b, b'"' | b'\\' | b'\n')))
    {
        at += stop;
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'"'), _) => return (at + 1, Piece::String { closed: true }),
            (Some(b'\n'), _) | (_, Some(b'\n')) => return (run(text, |b| b == b'\n'), Piece::String { closed: false }),
            _ => at += 2,
        }
    }
    (text.len(), Piece::String { closed: false })
}

/// How many bytes come before the first that `stops`. Only ASCII may stop, so that no character is cut.
fn run(text: &str, stops: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(stops).unwrap_or(text.len())
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn is_mark(byte: u8) -> bool {
    matches!(byte, b'{' | b'}' | b'[' | b']' | b':' | b',')
}

/// The line and the column, both from 1, of a byte of `text`; the column is in characters.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before.get(line_start..).unwrap_or_default().chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces(text: &str) -> Vec<(&str, Piece)> {
        Lexer::new(text).map(|(range, piece)| (text.get(range).unwrap_or_default(), piece)).collect()
    }

    #[test]
    fn a_draft_is_cut_where_json_and_placeholders_begin_and_end() {
        let closed = Piece::String { closed: true };
        let open = Piece::String { closed: false };
        let cases: &[(&str, &[(&str, Piece)])] = &[
            ("", &[]),
            (r#""a{{b}}""#, &[(r#""a{{b}}""#, closed)]),
            ("{{{seq}}}", &[("{", Piece::Mark(b'{')), ("{{seq}}", Piece::Placeholder), ("}", Piece::Mark(b'}'))]),
            (
                "{{seq}",
                &[("{", Piece::Mark(b'{')), ("{", Piece::Mark(b'{')), ("seq", Piece::Word), ("}", Piece::Mark(b'}'))],
            ),
            ("\"a\\\"b\" \"c", &[(r#""a\"b""#, closed), (" ", Piece::Space), ("\"c", open)]),
            ("\"a\\\n1", &[("\"a\\", open), ("\n", Piece::Space), ("1", Piece::Word)]),
            ("\"a\\", &[("\"a\\", open)]),
            ("-1.5é,\u{a0}", &[("-1.5é", Piece::Word), (",", Piece::Mark(b',')), ("\u{a0}", Piece::Word)]),
        ];
        for (text, expected) in cases {
            assert_eq!(pieces(text), *expected, "{text:?}");
        }
    }

    #[test]
    fn placeholders_are_found_within_strings_and_outside() {
        let cases: &[(&str, &[(&str, bool)])] = &[
            (r#"{"a": {{seq}}}"#, &[("{{seq}}", false)]),
            (r#"{"a": "x{{ now }}{{seq}}"}"#, &[("{{ now }}", true), ("{{seq}}", true)]),
            (r#"["{{{now}}}", "{{ {{uuid}}"]"#, &[("{{now}}", true), ("{{uuid}}", true)]),
            (r#"["{{now}", "now}}", "{{", "}}"]"#, &[]),
            (r#"["\{{now}}", "\\{{now}}", "\u007b{now}}"]"#, &[("{{now}}", true)]),
            ("{{now\n}}", &[]),
            ("[\"{{now\t}}\", \"{{\r now}}\", \"{{now\u{b}}}\", {{\tnow}}]", &[]),
            ("[\"{{now\u{a0}}}\", \"{{now\u{85}}}\"]", &[("{{now\u{a0}}}", true), ("{{now\u{85}}}", true)]),
            (r#"["\é{{now}}"]"#, &[("{{now}}", true)]),
        ];
        for (text, expected) in cases {
            let found: Vec<_> =
                placeholders(text).map(|(range, inside)| (text.get(range).unwrap_or_default(), inside)).collect();
            assert_eq!(found, *expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_text(text in "[\\PC\\n\"\\\\{}é]*") {
            let joined: String = pieces(&text).into_iter().map(|(piece, _)| piece).collect();
            prop_assert_eq!(joined, text);
        }

        #[test]
        fn placeholders_stand_apart_and_in_order(text in "[{}\"\\\\a\\n é]*") {
            let mut end = 0;
            for (range, _) in placeholders(&text) {
                prop_assert!(range.start >= end);
                prop_assert!(text.get(range.clone()).is_some_and(|found| found.starts_with("{{") && found.ends_with("}}")));
                end = range.end;
            }
        }
    }
}
