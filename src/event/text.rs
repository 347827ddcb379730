//! Text from the wire, made fit to show.
//!
//! A terminal acts on some characters instead of showing them, turns the order of others round, or disagrees with its
//! neighbour on how wide they are. Here each such character becomes its JSON escape, so the reader also sees what is
//! otherwise invisible: a zero-width space in a product id is a finding, not a blank.

use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

mod quantity;
mod sanitized;

pub use quantity::{age, counted, grouped, seconds_left, short_count, size, span, until_next_age, until_next_second};
pub use sanitized::{AsSanitized, Printable, Sanitized, SanitizedStr};
#[doc(hidden)]
pub use sanitized::{is_positional, printable};

/// More marks than this on one letter are shown as escapes: stacked marks run over the lines above and below.
const MARKS_PER_LETTER: usize = 2;

/// The sign that something was cut off.
pub const ELLIPSIS: char = '…';

/// `text` with every character that a terminal would not simply show replaced by its JSON escape.
pub fn sanitize(text: &str) -> Sanitized {
    sanitize_within(text, usize::MAX).0
}

/// Like [`sanitize`], for the first `columns` columns or a few more; also whether that was all of it. The work is
/// bounded by the columns, not by the text.
pub fn sanitize_within(text: &str, columns: usize) -> (Sanitized, bool) {
    if text.len() <= columns && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return (Sanitized::made(text.to_owned()), true);
    }
    let mut out = String::with_capacity(text.len().min(columns.saturating_mul(4)));
    let mut used = 0;
    let mut scan = Scan::default();
    for c in text.chars() {
        if used > columns {
            return (Sanitized::made(out), false);
        }
        used += scan.push(c, &mut out);
    }
    (Sanitized::made(out), true)
}

/// The same as [`str::trim`], which looks at characters where nearly all texts end in plain letters.
pub(crate) fn trimmed(text: &str) -> &str {
    let is_plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if is_plain(bytes.first()) && is_plain(bytes.last()) { text } else { text.trim() }
}

/// `text` sanitized and cut to `columns` columns; the work is bounded by them.
pub fn excerpt(text: &str, columns: usize) -> Sanitized {
    sanitize_within(text, columns).0.fit(columns)
}

/// The same JSON, byte for byte but for characters that a terminal would act on, which become escapes. That does not
/// change what it says: they can stand unescaped in valid JSON, but only within strings. Line breaks and tabs stay.
///
/// Less is escaped here than by [`sanitize`]: the text goes on to other programs, and an emoji stays what it is.
pub fn sanitize_json(json: &str) -> Sanitized {
    json_without(json, |_| false)
}

/// [`sanitize_json`] on one line: line breaks and tabs can stand unescaped only between its tokens, and go.
pub fn json_line(json: &str) -> Sanitized {
    json_without(json, |c| matches!(c, '\n' | '\r' | '\t'))
}

/// Where the first byte stands that is no plain letter, digit or sign.
fn beyond_plain(bytes: &[u8]) -> Option<usize> {
    let is_beyond = |byte: &u8| !matches!(byte, b' '..=b'~');
    // Without a way out of the loop, the compiler has many bytes compared at once.
    let (blocks, _) = bytes.as_chunks::<64>();
    let plain = blocks.iter().take_while(|block| !block.iter().fold(false, |any, byte| any | is_beyond(byte))).count();
    let plain = plain * 64;
    bytes.get(plain..)?.iter().position(is_beyond).map(|at| plain + at)
}

fn json_without(json: &str, left_out: impl Fn(char) -> bool) -> Sanitized {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    // Nearly all of nearly every text stays as it is.
    while let Some(at) = beyond_plain(rest.as_bytes()) {
        let (plain, other) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let mut chars = other.chars();
        let Some(c) = chars.next() else { return Sanitized::made(out) };
        rest = chars.as_str();
        match c {
            c if left_out(c) => {}
            '\n' | '\r' | '\t' => out.push(c),
            '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => {
                escape(c, &mut out);
            }
            c => out.push(c),
        }
    }
    out.push_str(rest);
    Sanitized::made(out)
}

/// A JSON string of `text` for showing: quoted, with the escapes that JSON needs and those that a terminal needs.
/// At most about `columns` columns wide; also whether that was all of it.
pub fn quoted_within(text: &str, columns: usize) -> (Sanitized, bool) {
    let mut out = String::from('"');
    let mut used = 1;
    let mut scan = Scan::default();
    for c in text.chars() {
        if used > columns {
            return (Sanitized::made(out), false);
        }
        used += match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
                scan = Scan { after_letter: true, marks: 0 };
                2
            }
            _ => scan.push(c, &mut out),
        };
    }
    out.push('"');
    (Sanitized::made(out), true)
}

/// Cuts sanitized text to `columns` columns, with an ellipsis where something was lost.
pub fn fit(text: &str, columns: usize) -> String {
    cut(text, columns).unwrap_or_else(|| text.to_owned())
}

/// `text` cut to `columns` columns; `None` when it fits as it is.
fn cut(text: &str, columns: usize) -> Option<String> {
    if text.len() <= columns && text.is_ascii() || text.width() <= columns {
        return None;
    }
    let mut out = String::new();
    let Some(room) = columns.checked_sub(1) else { return Some(out) };
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let width = grapheme.width();
        if used + width > room {
            break;
        }
        out.push_str(grapheme);
        used += width;
    }
    // What was cut before has its sign.
    if !out.ends_with(ELLIPSIS) {
        out.push(ELLIPSIS);
    }
    Some(out)
}

/// `text` cut to `columns` columns in its middle; `None` when it fits as it is.
fn cut_middle(text: &str, columns: usize) -> Option<String> {
    if width(text) <= columns || columns < 3 {
        return cut(text, columns);
    }
    let mut end = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true).rev() {
        let width = grapheme.width();
        if used + width > (columns - 1) / 2 {
            break;
        }
        end.insert_str(0, grapheme);
        used += width;
    }
    // The start is cut with its ellipsis to what the end leaves.
    Some(fit(text, columns - used) + &end)
}

/// How many columns sanitized text takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The context before a character, as far as it decides on it.
#[derive(Default)]
struct Scan {
    after_letter: bool,
    marks: usize,
}

impl Scan {
    /// Writes one character and says how many columns it took.
    fn push(&mut self, c: char, out: &mut String) -> usize {
        if matches!(c, ' '..='~') {
            *self = Self { after_letter: true, marks: 0 };
            out.push(c);
            return 1;
        }
        let columns = c.width().unwrap_or(0);
        if columns == 0 && !is_hidden(c) && c.width().is_some() && self.after_letter && self.marks < MARKS_PER_LETTER {
            self.marks += 1;
            out.push(c);
            return 0;
        }
        if columns == 0 || is_hidden(c) {
            *self = Self::default();
            return escape(c, out);
        }
        *self = Self { after_letter: true, marks: 0 };
        out.push(c);
        columns
    }
}

/// Characters that show nothing, or act on their neighbours: format characters (Unicode category Cf), fillers, odd
/// spaces, line separators, what is no character at all, and what makes one picture of several or another one of an emoji
/// (joiners, presentation selectors, skin tones), on whose width terminals disagree.
fn is_hidden(c: char) -> bool {
    match c {
        ' ' | '\u{3000}' => false,
        '\u{ad}'
        | '\u{34f}'
        | '\u{600}'..='\u{605}'
        | '\u{61c}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{890}'..='\u{891}'
        | '\u{8e2}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{fffe}'..='\u{ffff}'
        | '\u{110bd}'
        | '\u{110cd}'
        | '\u{13430}'..='\u{1345f}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{1f3fb}'..='\u{1f3ff}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        _ => c.is_whitespace() || c.is_control(),
    }
}

/// Writes the JSON escape of `c` and says how many columns it took.
fn escape(c: char, out: &mut String) -> usize {
    let before = out.len();
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        _ => {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out.len() - before
}

/// Two texts that have no room side by side, without most of the beginning that they share: `…19.7Z` and `…20.7Z`.
pub fn parted(one: &Sanitized, other: &Sanitized) -> (Sanitized, Sanitized) {
    /// How much of it stays, so that one sees where in the text that is, and how little is not worth leaving out.
    const KEPT: usize = 3;
    const LITTLE: usize = 7;
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    if same <= LITTLE {
        return (one.clone(), other.clone());
    }
    let rest = |text: &str| Sanitized::made(std::iter::once(ELLIPSIS).chain(text.chars().skip(same - KEPT)).collect());
    (rest(one), rest(other))
}

/// How alike two names are that one may be the other, misspelled.
const ALIKE: f64 = 0.8;

/// The name that is most like `name`, if one is like it.
pub fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let alike = names.map(|known| (strsim::jaro_winkler(name, known), known)).filter(|(alike, _)| *alike >= ALIKE);
    alike.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_shown_as_its_escape() {
        let cases = [
            ("plain text", "plain text"),
            ("\u{1b}[31mred\u{7}", "\\u001b[31mred\\u0007"),
            ("\u{9b}2J\u{7f}", "\\u009b2J\\u007f"),
            ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
            ("user\u{202e}gpj.exe", "user\\u202egpj.exe"),
            ("sku\u{200b}1\u{feff}", "sku\\u200b1\\ufeff"),
            ("1\u{a0}234\u{202f}€", "1\\u00a0234\\u202f€"),
            ("e\u{301}", "e\u{301}"),
            ("\u{301}lead", "\\u0301lead"),
            ("z\u{301}\u{302}\u{303}\u{304}", "z\u{301}\u{302}\\u0303\\u0304"),
            ("日本\u{3000}語", "日本\u{3000}語"),
            ("❤\u{fe0f}👍\u{1f3fd}", "❤\\ufe0f👍\\ud83c\\udffd"),
            ("👨\u{200d}👩\u{200d}👧", "👨\\u200d👩\\u200d👧"),
            ("a\u{200d}b", "a\\u200db"),
            ("می\u{200c}خواهم", "می\\u200cخواهم"),
            ("1\u{fe0f}\u{20e3} 🇩🇪", "1\\ufe0f\\u20e3 🇩🇪"),
            ("\u{e0041}", "\\udb40\\udc41"),
        ];
        for (text, shown) in cases {
            assert_eq!(sanitize(text), shown);
        }
    }

    #[test]
    fn a_string_is_quoted_as_json_quotes_it() {
        assert_eq!(quoted_within("say \"hi\" \\ \n", 99), (r#""say \"hi\" \\ \n""#.into(), true));
        assert!(!quoted_within("long long text", 4).1);
    }

    #[test]
    fn json_is_sanitized_without_another_change() {
        let cases = [
            ("{\r\n\t\"a\": 1.10,  \"a\":[]\n}", "{\r\n\t\"a\": 1.10,  \"a\":[]\n}"),
            ("\"\u{9b}2J\u{7f} \u{202e}gpj\u{200b}\"", "\"\\u009b2J\\u007f \\u202egpj\\u200b\""),
            ("\"é ❤\u{fe0f} 日本\"", "\"é ❤\u{fe0f} 日本\""),
        ];
        for (json, shown) in cases {
            assert_eq!(sanitize_json(json), shown);
        }
    }

    #[test]
    fn text_is_cut_at_a_whole_character() {
        let cases = [
            ("subscription_billing", 12, "subscriptio…"),
            ("short", 5, "short"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("abc", 1, "…"),
            ("abc… and more", 5, "abc…"),
            ("abc", 0, ""),
        ];
        for (text, columns, cut) in cases {
            assert_eq!(fit(text, columns), cut, "{text} in {columns}");
        }
    }

    #[test]
    fn a_name_is_cut_where_it_tells_least() {
        let cases = [
            ("subscription_downgrade", 14, "subscri…ngrade"),
            ("subscription_billing", 14, "subscri…illing"),
            ("view", 14, "view"),
            ("日本語日本語", 7, "日本…語"),
            ("abcdef", 2, "a…"),
        ];
        for (text, columns, cut) in cases {
            assert_eq!(sanitize(text).fit_middle(columns), cut, "{text} in {columns}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_a_terminal_acts_on_is_left(text in any::<String>()) {
            let shown = sanitize(&text);
            prop_assert!(!shown.chars().any(|c| c.is_control() || is_hidden(c)), "{shown:?}");
        }

        #[test]
        fn cut_text_is_never_wider_than_asked(text in any::<String>(), columns in 0_usize..40) {
            prop_assert!(sanitize(&text).fit(columns).width() <= columns);
            prop_assert!(sanitize(&text).fit_middle(columns).width() <= columns);
        }

        #[test]
        fn a_quoted_string_reads_back(text in any::<String>()) {
            let (shown, whole) = quoted_within(&text, usize::MAX);
            prop_assert!(whole);
            prop_assert_eq!(serde_json::from_str::<String>(&shown).ok(), Some(text));
        }
    }
}
