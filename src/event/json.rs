//! JSON read one level at a time, as slices of the text it stands in.
//!
//! No value is ever built: a slice keeps numbers, key order, duplicate keys and white space as they came, and skipping
//! over it is iterative, so depth cannot exhaust the stack. `serde_json::Value` is kept away from what comes over the
//! wire also because, with `arbitrary_precision`, an object with its private number key turns into a number.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// How many members or elements of one level are looked at. Two bytes of text make one element of sixteen bytes, so a
/// hostile body would otherwise take a multiple of its own size.
const MAX_PER_LEVEL: usize = 100_000;

/// A JSON value, one level deep.
pub(crate) enum Json<'a> {
    Object(Members<'a>),
    Array(Elements<'a>),
    String(Cow<'a, str>),
    /// `null`, `true`, `false` or a number, as it is spelled.
    Scalar(&'a str),
}

/// The members of an object in their order, duplicates included.
pub(crate) struct Members<'a> {
    pub(crate) list: Vec<Member<'a>>,
    /// How many more there were than are looked at.
    pub(crate) left_out: usize,
}

pub(crate) struct Member<'a> {
    pub(crate) name: Cow<'a, str>,
    /// The value's text, without white space around it.
    pub(crate) value: &'a str,
}

/// The texts of the elements of an array.
pub(crate) struct Elements<'a> {
    pub(crate) list: Vec<&'a str>,
    /// How many more there were than are looked at.
    pub(crate) left_out: usize,
}

/// Reads one level of `text`, which must hold one JSON value and nothing else but white space.
pub(crate) fn read(text: &str) -> serde_json::Result<Json<'_>> {
    match text.trim_ascii_start().as_bytes().first() {
        Some(b'{') => serde_json::from_str(text).map(Json::Object),
        Some(b'[') => serde_json::from_str(text).map(Json::Array),
        _ => {
            let raw: &RawValue = serde_json::from_str(text)?;
            let raw = raw.get();
            Ok(if raw.starts_with('"') { Json::String(string(raw)) } else { Json::Scalar(raw) })
        }
    }
}

/// The text of a JSON string, `raw` being the string with its quotes; the last may be missing from one that is being
/// typed. A surrogate without its other half, which JSON allows and Unicode does not, becomes one U+FFFD. What cannot be
/// decoded is left as it is spelled.
pub(crate) fn string(raw: &str) -> Cow<'_, str> {
    let inner = raw.strip_prefix('"').unwrap_or(raw);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Cow::Borrowed(inner);
    }
    serde_json::from_str(raw).map_or(Cow::Borrowed(inner), |WobblyString(text)| Cow::Owned(text))
}

/// The same to show: as it is spelled where half of a character is in it, for no text can stand for that.
pub(crate) fn shown(raw: &str) -> Cow<'_, str> {
    match string(raw) {
        Cow::Owned(text) if text.contains(char::REPLACEMENT_CHARACTER) => {
            let inner = raw.strip_prefix('"').unwrap_or(raw);
            Cow::Borrowed(inner.strip_suffix('"').unwrap_or(inner))
        }
        text => text,
    }
}

/// Reads a text in which halves of characters may stand, as [`string`] does.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    WobblyString::deserialize(deserializer).map(|WobblyString(text)| text)
}

/// The text of a JSON string; `None` when `raw` is another value.
pub(crate) fn as_string(raw: &str) -> Option<Cow<'_, str>> {
    raw.starts_with('"').then(|| string(raw))
}

/// A count: a whole number from 0, also when it is spelled as a float or inside a string.
pub(crate) fn as_count(raw: &str) -> Option<u64> {
    let digits = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if let Ok(count) = digits.parse() {
        return Some(count);
    }
    let float: f64 = digits.parse().ok()?;
    let exact = float.fract() == 0.0 && float <= 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number from 0 to 2^53")]
    exact.then_some(float as u64)
}

/// Whether `raw` is an object or an array.
pub(crate) fn is_container(raw: &str) -> bool {
    raw.starts_with(['{', '['])
}

/// The text that a JSON string holds, when that text is itself an object or an array.
pub(crate) fn encoded(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?;
    // Cheap to tell for nearly every string: only white space may stand before the bracket, and it may be escaped.
    if !inner.starts_with(|first: char| first.is_ascii_whitespace() || matches!(first, '{' | '[' | '\\')) {
        return None;
    }
    let text = string(raw);
    let looks_it = is_container(text.trim_ascii_start());
    (looks_it && serde_json::from_str::<IgnoredAny>(&text).is_ok()).then_some(text)
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Members { list: Vec::new(), left_out: 0 };
                while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    if members.list.len() < MAX_PER_LEVEL {
                        members.list.push(Member { name: string(name.get()), value: value.get() });
                    } else {
                        members.left_out += 1;
                    }
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Elements<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
                let mut elements = Elements { list: Vec::new(), left_out: 0 };
                while let Some(element) = array.next_element::<&RawValue>()? {
                    if elements.list.len() < MAX_PER_LEVEL {
                        elements.list.push(element.get());
                    } else {
                        elements.left_out += 1;
                    }
                }
                Ok(elements)
            }
        }

        deserializer.deserialize_seq(InOrder)
    }
}

/// A string that was read as bytes, the one form in which `serde_json` gives out surrogates that have lost their other
/// half: each of them is one U+FFFD.
struct WobblyString(String);

impl<'de> Deserialize<'de> for WobblyString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = String;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
                let mut text = String::with_capacity(bytes.len());
                for chunk in bytes.utf8_chunks() {
                    text.push_str(chunk.valid());
                    // A surrogate is three bytes, none of which is part of a character: this is the first.
                    if chunk.invalid().first() == Some(&0xed) {
                        text.push(char::REPLACEMENT_CHARACTER);
                    }
                }
                Ok(text)
            }

            fn visit_str<E>(self, text: &str) -> Result<String, E> {
                Ok(text.to_owned())
            }
        }

        deserializer.deserialize_bytes(Bytes).map(Self)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn members_keep_order_duplicates_and_spelling() {
        let text = "{ \"b\" : 1.10 , \"a\":12345678901234567890,\"b\":1e400, \"\\u0063\":-0 }";
        let Json::Object(members) = read(text).unwrap() else { panic!("not an object") };
        let seen: Vec<_> = members.list.iter().map(|member| (&*member.name, member.value)).collect();
        assert_eq!(seen, [("b", "1.10"), ("a", "12345678901234567890"), ("b", "1e400"), ("c", "-0")]);
    }

    #[test]
    fn half_a_surrogate_pair_in_a_key_or_a_string_does_not_spoil_the_rest() {
        let Json::Object(members) = read(r#"{"\ud800x":"\udc00y"}"#).unwrap() else { panic!("not an object") };
        let member = members.list.first().unwrap();
        assert_eq!((&*member.name, &*string(member.value)), ("\u{fffd}x", "\u{fffd}y"));
    }

    #[test]
    fn half_a_surrogate_pair_is_one_character_and_shown_as_it_is_spelled() {
        let cases = [
            (r#""plain""#, "plain", "plain"),
            (r#""\ud83d\ude00\n""#, "😀\n", "😀\n"),
            (r#""a\n\ud83d""#, "a\n\u{fffd}", r"a\n\ud83d"),
            (r#""\uDE00""#, "\u{fffd}", r"\uDE00"),
            (r#""\ud83d\ud83d\ude00\ude00""#, "\u{fffd}😀\u{fffd}", r"\ud83d\ud83d\ude00\ude00"),
            ("\"\u{fffd}\"", "\u{fffd}", "\u{fffd}"),
            (r#""cut \u""#, r"cut \u", r"cut \u"),
        ];
        for (raw, text, spelled) in cases {
            assert_eq!((&*string(raw), &*shown(raw)), (text, spelled), "{raw}");
        }
    }

    #[test]
    fn a_raw_control_character_in_a_key_is_not_json() {
        assert!(read("{\"a\nb\":1}").is_err());
    }

    #[test]
    fn depth_does_not_exhaust_the_stack() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert!(matches!(read(&deep), Ok(Json::Object(_))));
    }

    #[test]
    fn a_level_of_very_many_members_is_cut_and_counted() {
        let many = format!("[{}0]", "0,".repeat(MAX_PER_LEVEL + 4));
        let Json::Array(elements) = read(&many).unwrap() else { panic!("not an array") };
        assert_eq!((elements.list.len(), elements.left_out), (MAX_PER_LEVEL, 5));
    }

    #[test]
    fn counts_are_whole_numbers_in_any_spelling() {
        let cases = [
            ("0", Some(0)),
            ("310", Some(310)),
            ("310.0", Some(310)),
            ("3.1e2", Some(310)),
            ("\"12\"", Some(12)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("1e400", None),
            ("-1", None),
            ("1.5", None),
            ("null", None),
            ("\"inf\"", None),
            ("{}", None),
        ];
        for (raw, count) in cases {
            assert_eq!(as_count(raw), count, "{raw}");
        }
    }

    #[test]
    fn only_a_string_that_holds_json_counts_as_encoded() {
        assert_eq!(encoded(r#""{\"a\":1}""#).as_deref(), Some(r#"{"a":1}"#));
        assert_eq!(encoded(r#"" [1]""#).as_deref(), Some(" [1]"));
        for raw in [r#""purchase""#, r#""{not json""#, r#""[email protected]""#, r#""12""#, "12", "{}"] {
            assert_eq!(encoded(raw), None, "{raw}");
        }
    }
}
