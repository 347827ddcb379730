//! What is personal by its form, wherever it stands: addresses, telephone numbers, IP addresses, cards, tokens.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// What a piece of text is by its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Email,
    Ip(IpAddr),
    Uuid,
    /// A card or a telephone: its digits count.
    Digits,
    /// A key, a signed token, a hash.
    Token,
}

/// Whether anything in `text` may be personal by its form, or in a pair of a name and a value. Most texts are not looked
/// at any further.
pub(super) fn may_hold(text: &str) -> bool {
    let (mut digits, mut dots, mut run, mut longest) = (0, 0, 0, 0);
    let (mut is_marked, mut has_quotes, mut colons) = (false, false, 0);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'-' => run += 1,
            b'0'..=b'9' => (digits, run) = (digits + 1, run + 1),
            _ => {
                longest = longest.max(run);
                run = 0;
                match byte {
                    b'@' | b'%' | b'=' | b'"' => is_marked = true,
                    b'\'' | b'\\' => has_quotes = true,
                    b':' => colons += 1,
                    b'.' => dots += 1,
                    _ => {}
                }
            }
        }
    }
    is_marked
        || longest.max(run) >= TOKEN
        // A telephone number has seven digits, an IP address three points, or colons.
        || digits >= 7
        || digits >= 4 && dots >= 3
        || colons >= 2
        || colons >= 1 && has_quotes
}

/// The fewest characters of a token.
const TOKEN: usize = 20;

/// Whether the byte is part of a word as texts and URLs have them.
pub(super) fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'~' | b'\'' | b'@' | 0x80..)
}

/// The word that begins at `at`, up to the next white space or punctuation.
pub(super) fn word(text: &str, at: usize) -> Range<usize> {
    let bytes = text.as_bytes().get(at..).unwrap_or_default();
    // A telephone number may hang on a name; in an address a sign may stand for another.
    let hangs = |length: usize| {
        let rest = bytes.get(length + 1..).unwrap_or_default();
        let is_number = rest.get(..7).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit));
        let mut local = rest.iter().take(LOCAL).take_while(|byte| is_of_word(**byte));
        is_number && !local.any(|byte| matches!(byte, b'@' | b'%'))
    };
    let ends = |(length, byte): (usize, &u8)| !is_of_word(*byte) || *byte == b'+' && length > 0 && hangs(length);
    let length = bytes.iter().enumerate().position(ends).unwrap_or(bytes.len());
    // What closes a quotation is no part of its last word.
    let quotes = bytes.get(..length).unwrap_or_default().iter().rev().take_while(|byte| **byte == b'\'').count();
    at..at + length - quotes
}

/// The most that an address has before its sign (RFC 5321).
const LOCAL: usize = 64;

/// What begins at `at`, a place where a word begins, and how far it goes: that of which more than one word is made.
/// `has_colons` says whether the text has more than one.
pub(super) fn across_words(text: &str, at: usize, has_colons: bool) -> Option<(Range<usize>, Form)> {
    let bytes = text.as_bytes();
    let first = *bytes.get(at)?;
    if has_colons && (first.is_ascii_hexdigit() || first == b':') {
        let found = colons(text, at);
        if found.is_some() {
            return found;
        }
    }
    if first.is_ascii_digit() || first == b'+' {
        return number(text, at);
    }
    None
}

/// An IP address of version 6, or the address of a network card.
fn colons(text: &str, at: usize) -> Option<(Range<usize>, Form)> {
    /// No address takes more.
    const LONGEST: usize = 48;
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let length = text.bytes().skip(at).take(LONGEST).take_while(is_part).count();
    let piece = text.get(at..at + length)?.trim_end_matches('.');
    if piece.bytes().filter(|byte| *byte == b':').count() < 2 || piece.len() < 4 {
        return None;
    }
    let end = at + piece.len();
    let before = at.checked_sub(1).and_then(|before| text.as_bytes().get(before));
    let stands_alone = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b':');
    if !stands_alone(before) || !stands_alone(text.as_bytes().get(end)) {
        return None;
    }
    if let Ok(address) = piece.parse::<Ipv6Addr>() {
        return Some((at..end, Form::Ip(IpAddr::V6(address))));
    }
    let is_card = piece.len() == 17 && piece.split(':').all(|part| part.len() == 2 && !part.contains('.'));
    is_card.then_some((at..end, Form::Token))
}

/// A telephone number or that of a card, which may be written in groups.
fn number(text: &str, at: usize) -> Option<(Range<usize>, Form)> {
    /// More than this is neither.
    const LONGEST: usize = 40;
    let bytes = text.as_bytes();
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    let is_international = bytes.get(at) == Some(&b'+');
    let is_national = bytes.get(at) == Some(&b'0');
    if !is_international
        && before.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+' | 0x80..))
    {
        return None;
    }
    let (mut end, mut gap, mut digits, mut groups) = (at, 2, 0, 0);
    for (index, byte) in bytes.iter().enumerate().skip(at).take(LONGEST) {
        match byte {
            b'0'..=b'9' => {
                groups += u32::from(gap > 0);
                (end, gap, digits) = (index + 1, 0, digits + 1);
            }
            b'+' if index == at => {}
            b' ' | b'-' | b'.' | b'(' | b')' if gap < 2 => gap += 1,
            b'/' if gap < 2 && is_national => gap += 1,
            _ => break,
        }
    }
    if bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'%' | 0x80..)) {
        return None;
    }
    let piece = text.get(at..end)?;
    let brackets = before == Some(&b'(') && piece.contains(')');
    if piece.parse::<Ipv4Addr>().is_ok() {
        return None;
    }
    let is_phone = match digits {
        7..=15 if is_international => true,
        10..=15 if piece.starts_with("00") => true,
        _ if begins_with_date(piece) => false,
        9..=15 if groups >= 3 || brackets && groups >= 2 => true,
        9..=12 if is_national => groups >= 2 || digits <= 11 && digits > 9,
        _ => false,
    };
    (is_phone || is_card(piece)).then_some((at..end, Form::Digits))
}

/// Whether the digits are those of a payment card: of a known issuer, and with the digit that checks the others.
pub(super) fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).take(20).collect();
    if !(14..=19).contains(&digits.len()) || text.contains('.') {
        return false;
    }
    let is_issued = matches!(digits.as_slice(), [3..=6, ..] | [2, 2..=7, ..]);
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, digit)| doubled(*digit, at % 2 == 1)).sum();
    is_issued && sum.is_multiple_of(10)
}

fn doubled(digit: u32, is_doubled: bool) -> u32 {
    match digit * 2 {
        _ if !is_doubled => digit,
        twice @ 10.. => twice - 9,
        twice => twice,
    }
}

/// Whether it begins as a date does, with the year in front or behind.
fn begins_with_date(text: &str) -> bool {
    let mut parts = text.split(['-', '.', '/', ' ']);
    let mut part = || parts.next().unwrap_or_default();
    let is_year = |text: &str| text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
    let is_short = |text: &str| (1..=2).contains(&text.len()) && text.parse::<u8>().is_ok_and(|it| it <= 31);
    let (first, second, third) = (part(), part(), part());
    is_year(first) && is_short(second) || is_short(first) && is_short(second) && is_year(third)
}

/// What a whole word is.
pub(super) fn of_word(word: &str) -> Option<Form> {
    if is_email(word) {
        return Some(Form::Email);
    }
    let first = word.bytes().next()?;
    if first.is_ascii_digit() && word.len() <= 15 {
        // No host ends so; a browser's version does.
        return word.parse().ok().filter(|_| !word.ends_with(".0.0.0")).map(|it| Form::Ip(IpAddr::V4(it)));
    }
    if word.len() == 36 && is_uuid(word) {
        return Some(Form::Uuid);
    }
    is_token(word).then_some(Form::Token)
}

/// Whether it is an address, or nearly: there is something on both sides of a sign, and no white space.
pub(super) fn is_email(word: &str) -> bool {
    let Some((local, domain)) = word.rsplit_once('@') else { return false };
    let says = |text: &str| text.chars().any(char::is_alphanumeric);
    // The picture of an icon for screens of twice the density.
    let is_density = domain.get(..3).is_some_and(|it| matches!(it, "2x." | "3x." | "4x."));
    says(local) && says(domain) && !is_density && !word.contains(char::is_whitespace)
}

pub(super) fn is_uuid(word: &str) -> bool {
    word.len() == 36 && uuid::Uuid::try_parse(word).is_ok()
}

/// Whether it is long and as mixed as what was drawn at random.
fn is_token(word: &str) -> bool {
    if word.len() < TOKEN {
        return false;
    }
    // A signed token (JWT) has three parts, of which the first is an object.
    if word.starts_with("eyJ") && word.len() > 30 {
        return true;
    }
    word.split(['.', '~', '\'', '@', '%', '+']).any(|part| {
        let bytes = part.as_bytes();
        if bytes.len() < TOKEN || !part.is_ascii() {
            return false;
        }
        let count = |is: fn(&u8) -> bool| bytes.iter().filter(|byte| is(byte)).count();
        let (digits, small, capital) =
            (count(u8::is_ascii_digit), count(u8::is_ascii_lowercase), count(u8::is_ascii_uppercase));
        let is_hex = bytes.iter().all(u8::is_ascii_hexdigit);
        let runs = bytes.chunk_by(|one, next| one.is_ascii_digit() == next.is_ascii_digit());
        let runs = runs.filter(|run| run.first().is_some_and(u8::is_ascii_digit)).count();
        let is_mixed = digits > 0 && small > 0 && capital > 0;
        is_hex && bytes.len() >= 32 && digits > 0 && small + capital > 0
            || is_mixed && runs >= 2
            || is_mixed && bytes.len() >= 32
            // What a service puts before its keys.
            || ["sk_", "pk_", "rk_", "ghp_", "gho_", "xoxb-", "xoxp-", "AKIA"].iter().any(|begin| part.starts_with(begin))
    })
}
