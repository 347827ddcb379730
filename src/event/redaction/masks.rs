//! What stands in the place of a value: of its type and about of its form, and known as a mask when it is seen again.
//!
//! All of it comes out of a keyed hash (SipHash-2-4 of 128 bits, a pseudorandom function, whose key HMAC-SHA-256 makes of the
//! text that is given). Without the key nobody can try values until a mask comes out. An event has many of them, and a hash
//! for each that is made for long messages would cost as much as all else that is done with it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fmt::Write as _;
use std::hash::Hasher as _;

use jiff::civil::{Date, date};
use jiff::{Span, Unit};
use ring::hmac;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use siphasher::sip128::{Hasher128, SipHasher24};

/// Shorter values become a constant: of so few there are, that a mask each would tell them apart.
pub(super) const SHORTEST: usize = 6;

/// The mask of a short text, and with what that of a long one begins.
const WORD: &str = "masked";

/// Where a masked address is at home. Nobody is: the name is reserved (RFC 2606).
const DOMAIN: &str = "@masked.example";

/// With what a masked UUID begins: `mask` in hexadecimal.
const UUID: &str = "6d61736b";

/// The mask of a number of few digits.
const FEW_DIGITS: &str = "11111";

/// More digits than this are so many that no two numbers have the same mask, without being kept from it.
const MOST_DIGITS: usize = 18;

/// Letters and digits that are not mistaken for one another.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// How many of them a mask has: as many as it takes for two of a million values not to have the same.
const LENGTH: usize = 10;

/// How many of them the mask of a long text has.
const LONG: usize = 24;

/// The key, ready to hash with.
pub(super) struct Masks {
    key: SecretBox<[u8; 16]>,
}

/// What a hash is for, so that one of one kind says nothing of another.
#[derive(Clone, Copy)]
enum Kind {
    Word = 1,
    Email,
    Uuid,
    Address4,
    Address6,
    Permutation,
    Digits,
    Fingerprint,
}

impl Masks {
    pub(super) fn new(key: &SecretString) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
        let tag = hmac::sign(&key, b"masks");
        let key = SecretBox::init_with_mut(|key: &mut [u8; 16]| {
            key.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        });
        Self { key }
    }

    fn hash(&self, kind: Kind, parts: &[&[u8]]) -> u128 {
        let mut hasher = SipHasher24::new_with_key(self.key.expose_secret());
        hasher.write(&[kind as u8]);
        for part in parts {
            hasher.write(part);
        }
        hasher.finish128().as_u128()
    }

    /// What tells a text apart from all others. Nobody finds two with the same who does not have the key.
    pub(super) fn fingerprint(&self, text: &str) -> u128 {
        self.hash(Kind::Fingerprint, &[text.as_bytes()])
    }

    /// The mask of a text of no form.
    pub(super) fn word(&self, text: &str) -> String {
        if text.chars().count() < SHORTEST {
            return WORD.to_owned();
        }
        let length = if text.len() > LONG { LONG } else { LENGTH };
        format!("{WORD}-{}", letters(self.hash(Kind::Word, &[text.as_bytes()]), length))
    }

    /// The mask of an address. Mailboxes are the same in capitals, so their masks are, but for the capitals.
    pub(super) fn email(&self, text: &str) -> String {
        let lower = text.to_lowercase();
        if text.chars().count() < SHORTEST {
            return format!("{WORD}{DOMAIN}");
        }
        let mut mask = letters(self.hash(Kind::Email, &[lower.as_bytes()]), LENGTH);
        if text == text.to_uppercase() && text != lower {
            mask.make_ascii_uppercase();
        } else if text != lower
            && let Some(first) = mask.get_mut(..1)
        {
            first.make_ascii_uppercase();
        }
        mask + DOMAIN
    }

    /// The mask of a UUID, which is one.
    pub(super) fn uuid(&self, text: &str) -> String {
        let hash = format!("{:032x}", self.hash(Kind::Uuid, &[text.to_ascii_lowercase().as_bytes()]));
        let part = |from: usize, to: usize| hash.get(from..to).unwrap_or_default();
        format!("{UUID}-{}-8{}-8{}-{}", part(0, 4), part(4, 7), part(7, 10), part(10, 22))
    }

    /// The mask of an IP address: of version 4 in the block that is reserved for ever (RFC 1112), of version 6 in the one
    /// for documentation (RFC 3849).
    pub(super) fn ip(&self, address: IpAddr) -> IpAddr {
        match address {
            IpAddr::V4(address) => {
                let hash = self.hash(Kind::Address4, &[&address.octets()]);
                let [.., a, b, c, d] = hash.to_be_bytes();
                IpAddr::V4(Ipv4Addr::new(0xf0 | a, b, c, d))
            }
            IpAddr::V6(address) => {
                let hash = self.hash(Kind::Address6, &[&address.octets()]);
                IpAddr::V6(Ipv6Addr::from_bits(0x2001_0db8 << 96 | hash >> 32))
            }
        }
    }

    /// The mask of the digits in `text`, in their places. Two numbers of as many digits never have the same.
    pub(super) fn digits(&self, text: &str) -> String {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if digits.len() < SHORTEST {
            return FEW_DIGITS.to_owned();
        }
        let mask = self.number(&digits);
        let mut mask = mask.chars();
        text.chars().map(|c| if c.is_ascii_digit() { mask.next().unwrap_or('0') } else { c }).collect()
    }

    /// The mask of a JSON number, or of one inside a string.
    pub(super) fn decimal(&self, text: &str) -> String {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
        let is_plain = [whole, fraction].iter().all(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        if !is_plain || text.bytes().filter(u8::is_ascii_digit).count() < SHORTEST {
            return FEW_DIGITS.to_owned();
        }
        if fraction.is_empty() {
            return format!("{sign}{}", self.digits(whole));
        }
        // A latitude stays one: what is before the point is told by what is behind it.
        let digits = self.spread(&format!("{whole}.{fraction}"), fraction.len());
        let (first, _) = digits.split_at_checked(1).unwrap_or(("1", ""));
        format!("{sign}{first}.{digits}")
    }

    /// The mask of a day, which is one of the same two centuries; `None` where it is of another.
    pub(super) fn day(&self, text: &str) -> Option<String> {
        const FIRST: Date = date(1900, 1, 1);
        const DAYS: u64 = 73_049;
        let day: Date = text.parse().ok()?;
        let number = u64::try_from(FIRST.until((Unit::Day, day)).ok()?.get_days()).ok().filter(|day| *day < DAYS)?;
        let mask = i32::try_from(self.permuted(number, DAYS)).ok()?;
        Some(FIRST.checked_add(Span::new().days(mask)).ok()?.to_string())
    }

    /// Another number of as many digits. One that begins with a zero stays one, for no other may.
    fn number(&self, digits: &str) -> String {
        let count = digits.len();
        if count > MOST_DIGITS {
            return self.spread(digits, count);
        }
        let (Ok(value), Some(unit)) = (digits.parse::<u64>(), u32::try_from(count - 1).ok().map(|n| 10_u64.pow(n)))
        else {
            return self.spread(digits, count);
        };
        let (least, size) = if digits.starts_with('0') { (0, unit) } else { (unit, unit * 9) };
        format!("{:0count$}", least + self.permuted(value.saturating_sub(least), size))
    }

    /// `length` digits that `text` determines; the first is no zero.
    fn spread(&self, text: &str, length: usize) -> String {
        let mut out = String::with_capacity(length + 32);
        for block in 0_u32.. {
            if out.len() >= length {
                break;
            }
            let hash = self.hash(Kind::Digits, &[&block.to_be_bytes(), text.as_bytes()]);
            // Writing to a string cannot fail.
            let _ = write!(out, "{:032}", hash % 10_u128.pow(32));
        }
        out.truncate(length);
        if out.starts_with('0') {
            out.replace_range(..1, "7");
        }
        out
    }

    /// Where `value`, which is less than `size`, goes in a permutation of all that are: a Feistel network, walked until it
    /// is back inside.
    fn permuted(&self, value: u64, size: u64) -> u64 {
        const ROUNDS: u8 = 8;
        let left_size = size.isqrt() + 1;
        let right_size = size.div_ceil(left_size);
        let by = |round: u8, half: u64, most: u64| {
            let hash = self.hash(Kind::Permutation, &[&[round], &size.to_be_bytes(), &half.to_be_bytes()]);
            // The upper half of the bits is as good as all.
            u64::try_from(hash >> 64).unwrap_or_default() % most
        };
        let mut at = value;
        loop {
            let (mut left, mut right) = (at / right_size, at % right_size);
            for round in 0..ROUNDS {
                if round % 2 == 0 {
                    left = (left + by(round, right, left_size)) % left_size;
                } else {
                    right = (right + by(round, left, right_size)) % right_size;
                }
            }
            at = left * right_size + right;
            if at < size {
                return at;
            }
        }
    }
}

/// Whether `text` is a mask, which stays as it is.
pub(super) fn is_mask(text: &str) -> bool {
    let of_letters = |text: &str, lengths: &[usize]| {
        lengths.contains(&text.len()) && text.bytes().all(|byte| LETTERS.contains(&byte.to_ascii_lowercase()))
    };
    if let Some(local) = text.strip_suffix(DOMAIN) {
        return local == WORD || of_letters(local, &[LENGTH]);
    }
    if let Some(rest) = text.strip_prefix(WORD) {
        return rest.is_empty() || rest.strip_prefix('-').is_some_and(|rest| of_letters(rest, &[LENGTH, LONG]));
    }
    text.starts_with(UUID) && text.get(14..15) == Some("8") && uuid::Uuid::try_parse(text).is_ok()
}

/// Whether an address tells of nobody: it is a mask, or every machine has it.
pub(super) fn is_nobody(address: IpAddr) -> bool {
    address.is_loopback()
        || match address {
            IpAddr::V4(address) => address.octets().first().is_some_and(|first| *first >= 0xf0),
            IpAddr::V6(address) => address.to_bits() >> 96 == 0x2001_0db8,
        }
}

fn letters(mut hash: u128, length: usize) -> String {
    let mut out = String::with_capacity(length);
    for _ in 0..length {
        let letter = usize::try_from(hash % 32).ok().and_then(|at| LETTERS.get(at));
        out.push(char::from(*letter.unwrap_or(&b'x')));
        hash /= 32;
    }
    out
}
