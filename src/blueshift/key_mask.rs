use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use regex_lite::Regex;
use secrecy::{ExposeSecret, SecretString};

use crate::event::{Sanitized, text};

/// Replaces a key.
const WITHHELD: &str = "[key]";
/// A shorter key is no secret but a word (`any`, `demo`), which may well stand in a text by itself.
const SHORTEST_SECRET: usize = 12;
/// How much of a text is looked at for one line of it.
const MAX_LOOKED_AT: usize = 64 * 1024;
/// How many backslashes in a row are taken for one escape: JSON in JSON strings doubles them.
const MAX_BACKSLASHES: usize = 8;

/// Where a key stands in commands and headers, whatever it is: the part of that name.
///
/// A variable (`$KEY`) and the place for a key in a manual (`<EVENT_API_KEY>`) are no keys, nor is what stands for one
/// that was taken out.
static PLACES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let header = r#"(?i:authorization)["']?\s*[:=]\s*["']?\s*(?i:basic|bearer|token)\s+(?<header>[\w+/=.~%-]+)"#;
    let user = r#"(?:^|\s)(?:-[a-zA-Z]*u|--user)(?:\s+|=)?["']?(?<user>[^\s"':<$\[=-][^\s"':]*):"#;
    let address = r#"://(?<address>[^\s/"'@:<$\[][^\s/"'@]*)@"#;
    let variable = r#"\b[A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASSWORD)=["']?(?<variable>[^\s"'<$\[][^\s"']*)"#;
    Regex::new(&[header, user, address, variable].join("|")).ok()
});

/// Takes the keys of the account out of what a server wrote, for a server may say what it was sent.
///
/// Whatever of it will be shown goes through here where it enters, before any cut: half a key is no longer found. An
/// event stays as it came: it is what the server holds, not what it says.
#[derive(Clone, Default)]
pub struct KeyMask(Arc<[Pattern]>);

/// One form of a key.
struct Pattern {
    text: SecretString,
    /// How many characters of base64 may follow that belong to it: what ends it depends on what was encoded with it.
    tail: usize,
}

impl KeyMask {
    /// A mask for `keys`: as they are, and in base64 with whatever was encoded around them. In either, any character
    /// may be spelled as URLs, JSON and HTML spell it, and case does not matter.
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k SecretString>) -> Self {
        Self(keys.into_iter().flat_map(|key| Pattern::all(key.expose_secret())).collect())
    }

    /// `text` with `[key]` for each key.
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.0.is_empty() {
            return Cow::Borrowed(text);
        }
        self.mask_within(text, text.len())
    }

    /// The same of the first `bytes` of it. A key that runs over the cut is no half key: it goes as a whole.
    pub fn mask_within<'t>(&self, text: &'t str, bytes: usize) -> Cow<'t, str> {
        let end = text.floor_char_boundary(bytes);
        let mut begins = [false; 256];
        for first in self.0.iter().filter_map(|pattern| pattern.text.expose_secret().bytes().next()) {
            for byte in [first.to_ascii_lowercase(), first.to_ascii_uppercase(), b'%', b'\\', b'&'] {
                if let Some(begins) = begins.get_mut(usize::from(byte)) {
                    *begins = true;
                }
            }
        }
        let (mut masked, mut kept, mut at) = (String::new(), 0, 0);
        while let Some(byte) = text.as_bytes().get(at).filter(|_| at < end) {
            let may_begin = begins.get(usize::from(*byte)).is_some_and(|begins| *begins);
            let rest = text.as_bytes().get(at..).filter(|_| may_begin);
            let length = rest.and_then(|rest| self.0.iter().filter_map(|pattern| pattern.at_start_of(rest)).max());
            at += match length {
                Some(length) => {
                    masked.push_str(text.get(kept..at).unwrap_or_default());
                    masked.push_str(WITHHELD);
                    kept = at + length;
                    length
                }
                None => 1,
            };
        }
        let rest = text.get(kept..end).unwrap_or_default();
        if kept == 0 { Cow::Borrowed(rest) } else { Cow::Owned(masked + rest) }
    }

    /// What a person has pasted without the keys in it: those of the account, and whatever stands where a command or a
    /// header has one. `None` when there is none.
    pub fn take_out(&self, text: &str) -> Option<String> {
        let mut cleaned = String::new();
        let mut kept = 0;
        for found in PLACES.iter().flat_map(|places| places.captures_iter(text)) {
            // Only one of the parts is there, and it stands after the whole match.
            let Some(key) = found.iter().skip(1).flatten().next() else { continue };
            cleaned.push_str(text.get(kept..key.start()).unwrap_or_default());
            cleaned.push_str(WITHHELD);
            kept = key.end();
        }
        cleaned.push_str(text.get(kept..).unwrap_or_default());
        match self.mask(&cleaned) {
            Cow::Owned(masked) => Some(masked),
            Cow::Borrowed(_) => (kept > 0).then_some(cleaned),
        }
    }

    /// `text` without keys in one line of at most `columns` columns: every run of white space and control characters
    /// becomes a space.
    pub fn line(&self, text: &str, columns: usize) -> Sanitized {
        let masked = self.mask_within(text, MAX_LOOKED_AT);
        let is_gap = |c: char| c.is_whitespace() || c.is_control();
        let mut line = String::new();
        for word in masked.split(is_gap).filter(|word| !word.is_empty()) {
            // A character takes four bytes at most, and may be nothing but a mark on the one before.
            if line.len() > columns.saturating_mul(16) {
                break;
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        text::excerpt(&line, columns)
    }
}

impl fmt::Debug for KeyMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMask")
    }
}

impl Pattern {
    fn new(text: &str, tail: usize) -> Self {
        Self { text: SecretString::from(text), tail }
    }

    fn all(key: &str) -> Vec<Self> {
        if key.is_empty() {
            return Vec::new();
        }
        if key.len() < SHORTEST_SECRET {
            return vec![Self::new(&STANDARD_NO_PAD.encode(format!("{key}:")), 2)];
        }
        let mut patterns = vec![Self::new(key, 0)];
        // Three bytes make four characters, so a key is written in three ways, by how many bytes stand before it. The
        // characters that hold bits of something else as well are no part of the pattern.
        for before in 0..3 {
            let bytes = [&vec![0; before], key.as_bytes()].concat();
            let (start, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
            for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
                patterns.push(Self::new(encoded.get(start..end).unwrap_or_default(), 4));
            }
        }
        patterns
    }

    /// How many bytes it takes at the start of `text`, if it stands there.
    fn at_start_of(&self, text: &[u8]) -> Option<usize> {
        let mut length = 0;
        for byte in self.text.expose_secret().bytes() {
            length += spelling(byte, text.get(length..)?)?;
        }
        for _ in 0..self.tail {
            let rest = text.get(length..)?;
            let plain = rest.first().filter(|byte| byte.is_ascii_alphanumeric()).map(|_| 1);
            match plain.or_else(|| b"=+/-_".iter().find_map(|sign| spelling(*sign, rest))) {
                Some(more) => length += more,
                None => break,
            }
        }
        Some(length)
    }
}

/// How many bytes spell `wanted` at the start of `text`: an escape of it, or itself in either case.
fn spelling(wanted: u8, text: &[u8]) -> Option<usize> {
    let escape = match text {
        [b'%', digits @ ..] => digits.get(..2).map(|digits| (hex(digits), 3)),
        [b'&', b'#', rest @ ..] => html_reference(rest).map(|(byte, length)| (byte, length + 2)),
        [b'\\', ..] => json_escape(text),
        _ => None,
    };
    match escape {
        Some((Some(byte), length)) if byte == wanted => Some(length),
        _ => text.first().filter(|byte| byte.eq_ignore_ascii_case(&wanted)).map(|_| 1),
    }
}

fn hex(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The byte that a numeric reference stands for, without its `&#`, and how long it is.
fn html_reference(text: &[u8]) -> Option<(Option<u8>, usize)> {
    let length = text.iter().take(8).position(|byte| *byte == b';')?;
    let byte = match text.get(..length)? {
        [b'x' | b'X', digits @ ..] => hex(digits),
        digits => std::str::from_utf8(digits).ok()?.parse().ok(),
    };
    Some((byte, length + 1))
}

/// The byte that an escape stands for, in JSON or in JSON within its strings, and how long it is.
fn json_escape(text: &[u8]) -> Option<(Option<u8>, usize)> {
    let slashes = text.iter().take(MAX_BACKSLASHES).take_while(|byte| **byte == b'\\').count();
    match text.get(slashes..)? {
        [b'u', b'0', b'0', digits @ ..] => Some((hex(digits.get(..2)?), slashes + 5)),
        [b'/', ..] => Some((Some(b'/'), slashes + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;
    use crate::blueshift::{Decoder, ErrorBody, Summary};

    const KEY: &str = "c4n+ary/5e1f?0b7c";

    fn mask(key: &str) -> KeyMask {
        KeyMask::new([&SecretString::from(key)])
    }

    #[test]
    fn a_key_is_found_however_it_is_spelled() {
        let encoded = |text: String| STANDARD.encode(text);
        let spelled = |spelling: &dyn Fn(u8) -> String| KEY.bytes().map(spelling).collect::<Vec<_>>().concat();
        let url_encoded: String = url::form_urlencoded::byte_serialize(KEY.as_bytes()).collect();
        let cases = [
            KEY.to_owned(),
            KEY.to_ascii_uppercase(),
            encoded(format!("{KEY}:")),
            encoded(format!("{KEY}:")).trim_end_matches('=').to_owned(),
            encoded(KEY.to_owned()),
            encoded(format!("{KEY}\n")),
            URL_SAFE.encode(format!("{KEY}:")),
            encoded(format!("{KEY}:")).replace('=', "%3D").replace('+', "%2b").replace('/', "%2F"),
            encoded(format!("{KEY}:")).replace('/', "\\/").replace('=', "\\u003d"),
            encoded(format!("{KEY}:")).replace('=', "&#x3D;").replace('+', "&#43;"),
            url_encoded.clone(),
            url_encoded.to_ascii_lowercase(),
            KEY.replace('/', "\\/"),
            KEY.replace('/', "\\\\\\/"),
            KEY.replace('+', "\\u002b"),
            spelled(&|byte| format!("%{byte:02X}")),
            spelled(&|byte| format!("\\\\u{byte:04x}")),
            spelled(&|byte| format!("&#{byte};")),
        ];
        for spelled in cases {
            let masked = mask(KEY).mask(&format!("«{spelled}» and {spelled}.")).into_owned();
            assert_eq!(masked, "«[key]» and [key].", "{spelled}");
        }
        for before in ["", "a", "ab", "abc", "Bearer "] {
            let masked = mask(KEY).mask(&encoded(format!("{before}{KEY}{before}"))).into_owned();
            let left = masked.replace("[key]", "");
            assert!(masked.contains("[key]") && left.len() <= 2 * before.len() + 4, "{before}: {masked}");
        }
    }

    #[test]
    fn a_word_is_no_secret_unless_it_is_sent_as_a_key() {
        for (text, masked) in
            [("any", "any"), ("demo any", "demo any"), ("Basic YW55Og== is any", "Basic [key] is any")]
        {
            assert_eq!(mask("any").mask(text), masked);
        }
        assert_eq!(mask("").mask("Og== :"), "Og== :");
        assert_eq!(KeyMask::default().mask(KEY), KEY);
    }

    #[test]
    fn a_key_is_taken_out_of_what_is_pasted_wherever_commands_and_headers_have_one() {
        let other = "0123456789abcdef0123456789abcdef";
        let known = STANDARD.encode(format!("{KEY}:"));
        let cases = [
            (format!("key {KEY}!"), "key [key]!"),
            (format!("\"a\": \"{known}\""), "\"a\": \"[key]\""),
            (format!("Authorization: Basic {}", STANDARD.encode(other)), "Authorization: Basic [key]"),
            (format!("-H 'authorization:bearer {other}'"), "-H 'authorization:bearer [key]'"),
            (format!("\"Authorization\": \"Basic {other}\""), "\"Authorization\": \"Basic [key]\""),
            (format!("x -u {other}: y"), "x -u [key]: y"),
            (format!("-sSu'{other}:' y"), "-sSu'[key]:' y"),
            (format!("--user={other}:x"), "--user=[key]:x"),
            (format!("https://{other}:@h/ http://{other}@h"), "https://[key]@h/ http://[key]@h"),
            (format!("export SHOP_EVENT_KEY=\"{other}\"; -u {other}:"), "export SHOP_EVENT_KEY=\"[key]\"; -u [key]:"),
        ];
        for (text, expected) in cases {
            let cleaned = mask(KEY).take_out(&text);
            assert_eq!(cleaned.as_deref(), Some(expected), "{text}");
            assert_eq!(mask(KEY).take_out(expected), None, "nothing is taken out twice");
        }
        for text in
            ["{\"event\":\"view\"}", "-u \"$KEY:\"", "-u <EVENT_API_KEY>:", "KEY=$OTHER", "a -u", "[email protected]"]
        {
            assert_eq!(mask(KEY).take_out(text), None, "{text}");
        }
    }

    #[test]
    fn a_cut_leaves_no_half_of_a_key() {
        let text = format!("key {KEY} was sent");
        for bytes in 0..=text.len() {
            let masked = mask(KEY).mask_within(&text, bytes).into_owned();
            assert!("key [key] was sent".starts_with(&masked), "{bytes}: {masked}");
        }
        for columns in 0..30 {
            let line = mask(KEY).line(&format!(" a\n{text}"), columns);
            assert!(!line.contains("c4n") && line.width() <= columns, "{columns}: {line}");
        }
    }

    #[test]
    fn a_line_is_one_line_without_what_a_terminal_acts_on() {
        assert_eq!(mask(KEY).line(" a\r\n\tb\u{1b}[2J \u{202e}c ", 40), "a b [2J \\u202ec");
        assert_eq!(mask(KEY).line("too long", 5), "too …");
    }

    #[test]
    fn what_is_wrong_with_an_answer_is_told_without_half_a_key() {
        let basic = STANDARD.encode(format!("{KEY}:"));
        let parts = [KEY, &basic, &STANDARD.encode(KEY)].map(|form| form.chars().collect::<Vec<_>>());
        let parts: Vec<String> =
            parts.iter().flat_map(|form| form.windows(6).map(|part| part.iter().collect())).collect();
        for form in [KEY, &basic] {
            for before in (0..250).step_by(3) {
                let key = format!("{}{form}", ". ".repeat(before));
                let bodies = [
                    key.clone(),
                    format!("[1, \"{key}\""),
                    format!("\"{key}\""),
                    format!("{{\"message\":\"{key}\",\"errors\":[{{\"{key}\":[\"{key}\"]}}]}}"),
                    format!("{{\"{key}\":1}}"),
                    format!("[\"{key}\",\"{key}\"]"),
                    format!("<title>{key}</title>"),
                ];
                for body in bodies {
                    let mut said = vec![format!("{:?}", Summary::decode(body.as_bytes(), &mask(KEY)))];
                    said.push(format!("{:?}", Decoder::new(mask(KEY)).decode(body.as_bytes())));
                    said.push(format!("{:?}", ErrorBody::read(body.as_bytes(), &mask(KEY))));
                    for said in said {
                        let left: Vec<_> = parts.iter().filter(|part| said.contains(*part)).collect();
                        assert!(left.is_empty(), "{left:?} of {body} is in {said}");
                    }
                }
            }
        }
    }

    #[test]
    fn it_shows_nothing_of_the_keys_itself() {
        assert_eq!(format!("{:?}", mask(KEY)), "KeyMask");
    }

    proptest! {
        #[test]
        fn no_key_is_left_and_nothing_else_goes(
            key in "[!-9;-~]{12,40}", before in "[ é]{0,9}", after in "[ é]{0,9}", form in 0..4_usize,
        ) {
            let spelled = match form {
                0 => key.clone(),
                1 => STANDARD.encode(format!("{key}:")),
                2 => STANDARD.encode(&key),
                _ => url::form_urlencoded::byte_serialize(key.as_bytes()).collect(),
            };
            let masked = mask(&key).mask(&format!("{before}{spelled}{after}")).into_owned();
            prop_assert_eq!(masked, format!("{before}[key]{after}"));
        }

        #[test]
        fn no_text_is_too_odd(text: String, bytes in 0..80_usize, columns in 0..40_usize) {
            let mask = mask(KEY);
            prop_assert_eq!(mask.mask(&text), &*text);
            prop_assert!(text.starts_with(&*mask.mask_within(&text, bytes)));
            prop_assert!(mask.line(&text, columns).width() <= columns);
        }
    }
}
