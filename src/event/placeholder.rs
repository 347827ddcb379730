//! Placeholders: what stands in a draft for a value that is known only when it is sent.
//!
//! In a string, braces that are not closed on their line or hold a control character are text, and so are those of which
//! one is spelled as the JSON escape `\u007b`; outside strings two braces in a row are never JSON.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use uuid::Uuid;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::lexer;
use super::text::excerpt;
use super::{Sanitized, sanitized};

/// Every placeholder as it is spelled, with what comes in its place.
pub const ALL: &[(&str, &str)] = &[
    ("{{uuid}}", "a new UUID at each place"),
    ("{{now}}", "the time of sending, ISO 8601 in UTC"),
    ("{{now-2d}}", "a time before or after it: + or -, then s, m, h, d, w, as in now+1h30m"),
    ("{{epoch}}", "the time of sending in seconds since 1970"),
    ("{{seq}}", "which sending of the session this is, from 1"),
    ("{{email}}", "a test address, another at each sending"),
    ("{{env.NAME}}", "the environment variable NAME"),
];

/// An address that takes the tag of `{{email}}`. The domain never receives mail (RFC 2606).
pub(crate) const TEST_ADDRESS: &str = "clickscope@example.com";

/// The values that placeholders are resolved from. The same values give the same text.
pub struct Values<'a> {
    /// `{{now}}`, `{{now-2d}}`, `{{epoch}}`.
    pub now: Timestamp,
    /// The seed of `{{uuid}}` and of the tag of `{{email}}`, together with `seq`; each `{{uuid}}` in a text is
    /// another.
    pub seed: u128,
    /// `{{seq}}`: how many drafts were sent before in this session, and one.
    pub seq: u64,
    /// `{{email}}`: the address that takes a tag.
    pub email: &'a str,
    /// `{{env.NAME}}`: looks a variable up. Those that hold keys must not be found.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
}

/// A placeholder that cannot be resolved.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("line {line}, column {column}: {reason}")]
pub struct PlaceholderError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The reason, and what is allowed.
    pub reason: Sanitized,
}

/// Puts values in the place of every placeholder of `draft`. Within a string a value is escaped as the string needs it;
/// on its own it is a JSON number (`{{epoch}}`, `{{seq}}`) or a JSON string.
pub fn resolve(draft: &str, values: &Values<'_>) -> Result<String, PlaceholderError> {
    let mut out = String::with_capacity(draft.len());
    let mut uuids = 0;
    let mut copied = 0;
    for (range, in_string) in lexer::placeholders(draft) {
        let value = Placeholder::read(draft.get(range.clone()).unwrap_or_default())
            .and_then(|placeholder| placeholder.value(values, &mut uuids))
            .map_err(|reason| error_at(draft, range.start, reason))?;
        out.push_str(draft.get(copied..range.start).unwrap_or_default());
        match value {
            Value::Number(number) => out.push_str(&number),
            Value::Text(text) => {
                let quoted = serde_json::Value::from(text).to_string();
                out.push_str(if in_string { without_quotes(&quoted) } else { &quoted });
            }
        }
        copied = range.end;
    }
    out.push_str(draft.get(copied..).unwrap_or_default());
    Ok(out)
}

/// `json` as a draft that means just that: what looks like a placeholder in its strings is spelled so that it is none.
/// Events that were received can hold `{{first_name}}` and the like.
pub fn literal(json: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    for (range, _) in lexer::placeholders(json).filter(|(_, in_string)| *in_string) {
        out.push_str(json.get(copied..range.start).unwrap_or_default());
        out.push_str("\\u007b");
        copied = range.start + 1;
    }
    if copied == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(json.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// `draft` as JSON of the same length, with every value where it stands in the draft: a placeholder on its own becomes
/// a number or a string as it will be one, and those within strings stay. It is JSON when what the draft resolves to is.
pub fn mask(draft: &str) -> Cow<'_, str> {
    let mut out = String::new();
    for (range, _) in lexer::placeholders(draft).filter(|(_, in_string)| !in_string) {
        out.push_str(draft.get(out.len()..range.start).unwrap_or_default());
        if is_number(draft.get(range.clone()).unwrap_or_default()) {
            out.extend(std::iter::repeat_n('1', range.len()));
        } else {
            out.push('"');
            out.extend(std::iter::repeat_n('-', range.len() - 2));
            out.push('"');
        }
    }
    if out.is_empty() {
        return Cow::Borrowed(draft);
    }
    out.push_str(draft.get(out.len()..).unwrap_or_default());
    Cow::Owned(out)
}

/// The first placeholder of `draft` as it is spelled.
pub fn first(draft: &str) -> Option<&str> {
    let (range, _) = lexer::placeholders(draft).next()?;
    draft.get(range)
}

/// Whether the placeholder that is spelled so stands for a number where it is on its own.
pub(super) fn is_number(spelling: &str) -> bool {
    matches!(Placeholder::read(spelling), Ok(Placeholder::Epoch | Placeholder::Seq))
}

/// A placeholder that was understood.
enum Placeholder<'a> {
    Uuid,
    Now(SignedDuration),
    Epoch,
    Seq,
    Email,
    Environment(&'a str),
}

/// The replacement for a placeholder.
enum Value {
    Number(String),
    Text(String),
}

impl<'a> Placeholder<'a> {
    /// Reads one with its braces. The error says what is wrong and what is allowed.
    fn read(spelling: &'a str) -> Result<Self, Sanitized> {
        let name = spelling.trim_start_matches('{').trim_end_matches('}').trim();
        if let Some(variable) = name.strip_prefix("env.") {
            return Ok(Self::Environment(variable));
        }
        match name {
            "uuid" => Ok(Self::Uuid),
            "now" => Ok(Self::Now(SignedDuration::ZERO)),
            "epoch" => Ok(Self::Epoch),
            "seq" => Ok(Self::Seq),
            "email" => Ok(Self::Email),
            _ => match name.strip_prefix("now").map(str::trim_start) {
                Some(offset) if offset.starts_with(['+', '-']) => read_offset(offset).map(Self::Now),
                _ => Err(unknown(spelling)),
            },
        }
    }

    /// Its value, or why there is none. `uuids` counts those that were given out.
    fn value(&self, values: &Values<'_>, uuids: &mut u64) -> Result<Value, Sanitized> {
        Ok(match self {
            Self::Uuid => {
                *uuids += 1;
                Value::Text(uuid(values, *uuids).to_string())
            }
            Self::Now(offset) => {
                let time = values.now.checked_add(*offset).map_err(|_| out_of_range())?;
                Value::Text(format!("{time:.3}"))
            }
            Self::Epoch => Value::Number(values.now.as_second().to_string()),
            Self::Seq => Value::Number(values.seq.to_string()),
            Self::Email => Value::Text(tagged(values)),
            Self::Environment(name) => Value::Text((values.environment)(name).ok_or_else(|| {
                let name = excerpt(name, 60);
                sanitized!(
                    "the environment variable `{}` is not set, or it holds a key, which no event may carry",
                    name
                )
            })?),
        })
    }
}

/// Reads `-2d`, `+1h30m`, `+1d-2h`: a sign, then numbers with units; each further sign turns what follows it.
fn read_offset(text: &str) -> Result<SignedDuration, Sanitized> {
    let wrong = || {
        sanitized!(
            "`now{}` is no time: write a sign and numbers with s, m, h, d or w, as in {{{{now-2d}}}}",
            shown(text)
        )
    };
    let mut seconds: i64 = 0;
    let mut sign = 1;
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(['+', '-']) {
            sign = if rest.starts_with('-') { -1 } else { 1 };
            rest = after.trim_start();
        }
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) =
            rest.split_at_checked(digits).filter(|(number, _)| !number.is_empty()).ok_or_else(wrong)?;
        let mut after = after.chars();
        let unit = match after.next() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86_400,
            Some('w') => 7 * 86_400,
            _ => return Err(wrong()),
        };
        seconds = number
            .parse::<i64>()
            .ok()
            .and_then(|number| number.checked_mul(unit * sign))
            .and_then(|part| seconds.checked_add(part))
            .ok_or_else(out_of_range)?;
        rest = after.as_str();
        if rest.is_empty() {
            return Ok(SignedDuration::from_secs(seconds));
        }
    }
}

/// The seed of the values: the same for one sending.
fn sending(values: &Values<'_>) -> [u8; 24] {
    let mut bytes = [0; 24];
    let (seed, seq) = bytes.split_at_mut(16);
    seed.copy_from_slice(&values.seed.to_be_bytes());
    seq.copy_from_slice(&values.seq.to_be_bytes());
    bytes
}

/// The `occurrence`th UUID of a sending: of version 4 in form, though drawn from a hash, so that the preview shows what
/// will be sent.
fn uuid(values: &Values<'_>, occurrence: u64) -> Uuid {
    let bytes = [&sending(values)[..], &occurrence.to_be_bytes()].concat();
    uuid::Builder::from_random_bytes(xxh3_128(&bytes).to_be_bytes()).into_uuid()
}

/// The test address with the tag of this sending, the same at each place so that the events of a bulk have one person.
/// An address that has a tag keeps it before the new one.
fn tagged(values: &Values<'_>) -> String {
    let tag = xxh3_64(&sending(values)) >> 32;
    let (name, domain) = match values.email.rfind('@').map(|at| values.email.split_at(at)) {
        Some(parts) => parts,
        None => (values.email, ""),
    };
    let joint = if name.contains('+') { '-' } else { '+' };
    format!("{name}{joint}{tag:08x}{domain}")
}

fn unknown(spelling: &str) -> Sanitized {
    let known = Sanitized::join(ALL.iter().map(|(spelling, _)| *spelling), ", ");
    sanitized!("`{}` is not a placeholder: there are {}; for the text itself write \\u007b{{", shown(spelling), known)
}

fn out_of_range() -> Sanitized {
    "this time is out of range: dates go from the year -9999 to 9999".into()
}

fn shown(text: &str) -> Sanitized {
    excerpt(text, 40)
}

fn without_quotes(quoted: &str) -> &str {
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(quoted)
}

fn error_at(draft: &str, offset: usize, reason: Sanitized) -> PlaceholderError {
    let (line, column) = lexer::position(draft, offset);
    PlaceholderError { line, column, reason }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::event::Document;
    use crate::fuzz_tests;

    const NOTHING: &dyn Fn(&str) -> Option<String> = &|_| None;

    #[test]
    fn any_draft_is_filled_or_told_why_not() {
        let seeds = [
            r#"{"a":"{{now}}","b":{{seq}},"c":"x {{uuid}} {{email}}","d":"{{now-1h}}","e":"{{env.HOME}}"}"#,
            r#"{"a":"\{{now}}","b":"{{ rand 1 9 }}","{{seq}}":{{epoch}}}"#,
            r#"{"a":"{{now}} {{{seq}}} \\{{uuid}}","{{b}}":["{{","}}"]}"#,
        ];
        fuzz_tests::texts(&seeds, |draft| {
            let resolved = resolve(draft, &values());
            if let (Ok(filled), true) = (&resolved, crate::event::syntax::check(draft).is_ok()) {
                assert!(serde_json::from_str::<serde::de::IgnoredAny>(filled).is_ok(), "{filled}");
            }
            assert_eq!(mask(draft).len(), draft.len());
            if let Ok(meant) = serde_json::from_str::<serde_json::Value>(draft) {
                let literal = resolve(&literal(draft), &values()).unwrap();
                assert_eq!(serde_json::from_str::<serde_json::Value>(&literal).unwrap(), meant, "{literal}");
            }
            resolved.err().map(|error| error.reason.chars().filter(char::is_ascii_lowercase).collect::<String>())
        });
    }

    fn values() -> Values<'static> {
        Values {
            now: "2026-03-17T17:27:20.0459Z".parse().unwrap(),
            seed: 7,
            seq: 3,
            email: TEST_ADDRESS,
            environment: &|name| (name == "STORE").then(|| "Café \"5\"\\\n".to_owned()),
        }
    }

    fn resolved(draft: &str) -> String {
        resolve(draft, &values()).unwrap()
    }

    #[test]
    fn each_stands_as_the_place_needs_it() {
        let cases = [
            (r#"{"at": "{{now}}"}"#, r#"{"at": "2026-03-17T17:27:20.045Z"}"#),
            (r#"{"at": {{now}}}"#, r#"{"at": "2026-03-17T17:27:20.045Z"}"#),
            (r#"{"at": "{{ now - 2d }}"}"#, r#"{"at": "2026-03-15T17:27:20.045Z"}"#),
            (r#"{"at": "{{now+90m}}"}"#, r#"{"at": "2026-03-17T18:57:20.045Z"}"#),
            (r#"{"at": "{{now+1h30m}}"}"#, r#"{"at": "2026-03-17T18:57:20.045Z"}"#),
            (r#"{"at": "{{now-1w+1d-20s}}"}"#, r#"{"at": "2026-03-11T17:27:00.045Z"}"#),
            (r#"{"at": {{epoch}}}"#, r#"{"at": 1773768440}"#),
            (r#"{"id": "test-{{seq}}", "n": {{ seq }}}"#, r#"{"id": "test-3", "n": 3}"#),
            (r#"{"store": "in {{env.STORE}}"}"#, r#"{"store": "in Café \"5\"\\\n"}"#),
            (r#"{"store": {{env.STORE}}}"#, r#"{"store": "Café \"5\"\\\n"}"#),
            (r#"{"text": "\u007b{now}}"}"#, r#"{"text": "\u007b{now}}"}"#),
            (r#"{"text": "{{ open"}"#, r#"{"text": "{{ open"}"#),
        ];
        for (draft, expected) in cases {
            assert_eq!(resolved(draft), expected);
        }
    }

    #[test]
    fn what_cannot_be_resolved_is_named_with_its_place_and_what_is_allowed() {
        let cases = [
            ("{\n \"é\": \"{{nwo}}\"}", 2, 8, "`{{nwo}}` is not a placeholder: there are {{uuid}}, {{now}}"),
            ("{{}}", 1, 1, "`{{}}` is not a placeholder"),
            ("[{{NOW}}]", 1, 2, "`{{NOW}}` is not a placeholder"),
            ("[\"{{\u{202e}}}\"]", 1, 3, "`{{\\u202e}}` is not a placeholder"),
            ("[\"{{now-2}}\"]", 1, 3, "`now-2` is no time: write a sign and numbers with s, m, h, d or w"),
            ("[\"{{now-}}\"]", 1, 3, "`now-` is no time"),
            ("[\"{{now-1d 3}}\"]", 1, 3, "`now-1d 3` is no time"),
            ("[\"{{now+2y}}\"]", 1, 3, "`now+2y` is no time"),
            ("[\"{{nowhere}}\"]", 1, 3, "`{{nowhere}}` is not a placeholder"),
            ("[\"{{now-99999999d}}\"]", 1, 3, "out of range"),
            ("[\"{{now+99999999999999999999w}}\"]", 1, 3, "out of range"),
            ("[\"{{now+9223372036854775807s1s}}\"]", 1, 3, "out of range"),
            ("[\"{{env.STORES}}\"]", 1, 3, "the environment variable `STORES` is not set"),
            ("[\"{{env.}}\"]", 1, 3, "the environment variable `` is not set"),
        ];
        for (draft, line, column, reason) in cases {
            let error = resolve(draft, &values()).unwrap_err();
            assert_eq!((error.line, error.column), (line, column), "{draft}");
            assert!(error.reason.contains(reason), "{draft}: {}", error.reason);
        }
    }

    #[test]
    fn each_uuid_is_another_and_the_same_values_give_the_same_again() {
        let draft = r#"["{{uuid}}", {{uuid}}, "{{uuid}}"]"#;
        let texts: Vec<String> = serde_json::from_str(&resolved(draft)).unwrap();
        let uuids: Vec<Uuid> = texts.iter().map(|text| text.parse().unwrap()).collect();
        assert!(uuids.iter().all(|uuid| uuid.get_version_num() == 4 && uuid.get_variant() == uuid::Variant::RFC4122));
        assert_eq!(uuids.iter().collect::<HashSet<_>>().len(), 3);
        assert_eq!(resolved(draft), resolved(draft));
        assert_ne!(resolve(draft, &Values { seq: 4, ..values() }).unwrap(), resolved(draft));
    }

    #[test]
    fn a_sending_has_one_address_and_the_next_another() {
        let of = |email, seq| resolve(r#""{{email}}""#, &Values { seq, email, ..values() }).unwrap();
        let all: Vec<String> = serde_json::from_str(&resolved(r#"["{{email}}", {{email}}]"#)).unwrap();
        assert_eq!(all.first(), all.last());
        assert_ne!(of(TEST_ADDRESS, 1), of(TEST_ADDRESS, 2));
        let tag = of("me@shop.example", 1).replace("\"me+", "").replace("@shop.example\"", "");
        assert!(tag.len() == 8 && tag.chars().all(|c| c.is_ascii_hexdigit()), "{tag}");
        assert_eq!(of("me+qa@shop.example", 1), format!("\"me+qa-{tag}@shop.example\""));
        assert_eq!(of("\"a@b\"@c.example", 1), format!("\"\\\"a@b\\\"+{tag}@c.example\""));
        assert_eq!(of("nobody", 1), format!("\"nobody+{tag}\""));
    }

    #[test]
    fn what_was_received_can_be_sent_to_the_letter() {
        let json = r#"{"subject": "Hi {{first_name}}, {{now}} {{{x}}}", "a": [{"b": {}}]}"#;
        let draft = literal(json);
        assert_eq!(resolved(&draft), draft);
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&draft), read(json));
        assert!(matches!(literal(r#"{"a": "plain"}"#), Cow::Borrowed(_)));
    }

    #[test]
    fn every_one_that_is_offered_is_resolved() {
        let values = Values { environment: &|_| Some(String::new()), ..values() };
        for (spelling, description) in ALL {
            assert!(!description.is_empty());
            let value: serde_json::Value = serde_json::from_str(&resolve(spelling, &values).unwrap()).unwrap();
            assert_eq!(value.is_number(), is_number(spelling), "{spelling}");
        }
    }

    /// A draft with placeholders wherever one can stand.
    fn draft() -> impl Strategy<Value = String> {
        const SOME: &[&str] = &["{{now}}", "{{ seq }}", "{{epoch}}", "{{env.STORE}}", "{{now - 1d}}", "{{uuid}}"];
        let text = prop_oneof![
            prop::sample::select(SOME).prop_map(|one| format!("\"{one} é\"")),
            prop::sample::select(SOME).prop_map(|one| format!("\"\\\"{{{one}\"")),
            Just("{{ uuid}}".to_owned()),
            "[a-c]{0,2}".prop_map(|text| format!("\"{text}\"")),
        ];
        let leaf =
            prop_oneof![text.clone(), prop::sample::select(SOME).prop_map(str::to_owned), Just("-1.5".to_owned())];
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
                prop::collection::vec((text.clone(), inner), 0..4).prop_map(|fields| {
                    let fields: Vec<_> = fields.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
                    format!("{{\n{} }}", fields.join(","))
                }),
            ]
        })
    }

    #[test]
    fn a_mask_has_each_value_where_the_draft_has_it() {
        let cases = [
            (r#"{"a": "{{now}} x"}"#, r#"{"a": "{{now}} x"}"#),
            (r#"{"a": {{epoch}}, {{uuid}}: "é"}"#, r#"{"a": 111111111, "------": "é"}"#),
            (r"[-{{seq}}, {{é}}]", r#"[-1111111, "----"]"#),
            ("{{now", "{{now"),
        ];
        for (draft, masked) in cases {
            assert_eq!(mask(draft), masked);
        }
        assert_eq!(first(r#"{"a": "b {{ now }} {{seq}}"}"#), Some("{{ now }}"));
        assert_eq!(first(r#"{"a": "\u007b{now}}"}"#), None);
    }

    proptest! {
        #[test]
        fn a_mask_is_as_long_as_the_draft_and_has_the_values_of_what_it_resolves_to(draft in draft()) {
            let masked = mask(&draft);
            prop_assert_eq!(masked.len(), draft.len());
            let document = |text: &str| Document::read(text).unwrap();
            let (sent, written) = (document(&resolved(&draft)), document(&masked));
            prop_assert!(serde_json::from_str::<serde_json::Value>(&masked).is_ok(), "{}", masked);
            let shape = |document: &Document| -> Vec<_> {
                document.ids().filter_map(|id| document.get(id)).map(|node| (node.kind, node.depth, node.position)).collect()
            };
            prop_assert_eq!(shape(&written), shape(&sent));
        }

        #[test]
        fn no_text_has_a_mask_of_another_length(text in "([{}\"\\\\ \\n,:é]|\\{\\{(now|seq|é)\\}\\}){0,20}") {
            prop_assert_eq!(mask(&text).len(), text.len());
        }

        #[test]
        fn text_without_placeholders_comes_back_to_the_letter(text in any::<String>()) {
            let text = text.replace("{{", "{ ");
            prop_assert_eq!(resolve(&text, &values()), Ok(text));
        }

        #[test]
        fn no_text_breaks_it(text in "([{}\"\\\\ \\n+-é]|now|env\\.|[0-9]{1,20}|[smhdw]|seq)*", seconds in any::<i64>()) {
            let now = Timestamp::from_second(seconds % 250_000_000_000).unwrap();
            let _ = resolve(&text, &Values { now, environment: NOTHING, ..values() });
        }

        #[test]
        fn any_value_of_the_environment_arrives_as_it_is(value in any::<String>(), email in any::<String>()) {
            let values = Values { environment: &|_| Some(value.clone()), email: &email, ..values() };
            let resolved = resolve(r#"["{{env.A}}", {{ env.A }}, "{{email}}"]"#, &values).unwrap();
            let read: Vec<String> = serde_json::from_str(&resolved).unwrap();
            prop_assert_eq!(read.first(), Some(&value));
            prop_assert_eq!(read.get(1), Some(&value));
        }

        #[test]
        fn a_literal_draft_resolves_to_what_it_was(text in "([{}a ]|\\{\\{|\\}\\}|now)*") {
            let json = serde_json::Value::from(text.clone()).to_string();
            let draft = resolve(&literal(&json), &values()).unwrap();
            prop_assert_eq!(serde_json::from_str::<String>(&draft).unwrap(), text);
        }
    }
}
