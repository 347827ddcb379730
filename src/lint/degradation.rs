//! Values that the platform takes with 200 and silently stores as something else: a date, a boolean or a number whose
//! spelling makes it a string, and text that stands where a value was meant.

use std::sync::LazyLock;

use foldhash::{HashSet, HashSetExt};
use jiff::Timestamp;

use super::amounts::{bare, currency, is_number};
use super::calendars::{self, Oddity};
use super::dates::{DateForm, is_relative, is_slashed, is_time, rewritten};
use super::missing::{self, LITERAL_TEXT, PLACEHOLDER_LEFT, is_placeholder};
use super::{Actual, Expected, Finding, Findings, Fix, LintContext, Rule, Severity, Stage, shown};
use crate::event::catalogue::{Attribute, Catalogue, IDENTIFIERS};
use crate::event::text::{sanitize, trimmed};
use crate::event::{ByName, Characters, Document, NodeId, NodeKind, Origin, sanitized};

const TYPES: &str = "https://help.blueshift.com/hc/en-us/articles/115002714773";

static DATE_FORMAT: Rule = Rule {
    id: "date-format",
    severity: Severity::Warning,
    title: "a date that is not ISO 8601",
    why: "A date in another format is stored as the string or the number that it is: date conditions in segments and \
          messages do not see it.",
    documentation: TYPES,
    bad: r#"{"event":"course_finished","email":"jane@example.com","finished_at":"11/11/2011"}"#,
    good: r#"{"event":"course_finished","email":"jane@example.com","finished_at":"2011-11-11"}"#,
};

static DATE_IMPOSSIBLE: Rule = Rule {
    id: "date-impossible",
    severity: Severity::Error,
    title: "a date that does not exist",
    why: "A date that no calendar has is stored as a string: date conditions in segments and messages do not see it.",
    documentation: TYPES,
    bad: r#"{"event":"course_finished","email":"jane@example.com","finished_at":"2014-14-11T17:27:20+00:00"}"#,
    good: r#"{"event":"course_finished","email":"jane@example.com","finished_at":"2014-11-14T17:27:20+00:00"}"#,
};

static DATE_EPOCH: Rule = Rule {
    id: "date-epoch",
    severity: Severity::Warning,
    title: "a Unix time where a date is meant",
    why: "A Unix time, in seconds or milliseconds, is stored as a number, not as a date.",
    documentation: TYPES,
    bad: r#"{"event":"course_finished","email":"jane@example.com","finished_at":1758104814}"#,
    good: r#"{"event":"course_finished","email":"jane@example.com","finished_at":"2025-09-17T10:26:54Z"}"#,
};

static BOOLEAN_SPELLING: Rule = Rule {
    id: "boolean-spelling",
    severity: Severity::Warning,
    title: "a boolean spelled differently",
    why: "Only true and false in lower case are booleans: anything else is stored as the string or the number that it \
          is, and conditions on it do not hold.",
    documentation: TYPES,
    bad: r#"{"event":"course_finished","email":"jane@example.com","is_member":"TRUE"}"#,
    good: r#"{"event":"course_finished","email":"jane@example.com","is_member":true}"#,
};

static NUMBER_FORMAT: Rule = Rule {
    id: "number-format",
    severity: Severity::Warning,
    title: "not a plain number",
    why: "What is not a bare number (a currency, a thousands separator, a unit or a word is in it) is stored as a string: \
          it cannot be summed or compared. Digits in quotes stand for a number.",
    documentation: TYPES,
    bad: r#"{"event":"course_booked","email":"jane@example.com","revenue":"$ 79.95"}"#,
    good: r#"{"event":"course_booked","email":"jane@example.com","revenue":"79.95"}"#,
};

static NUMBER_ROUNDED: Rule = Rule {
    id: "number-rounded",
    severity: Severity::Warning,
    title: "a number that JavaScript cannot hold",
    why: "Whole numbers beyond 9,007,199,254,740,991 are rounded by every reader that keeps them as JavaScript does: an id \
          becomes the id of another.",
    documentation: "",
    bad: r#"{"event":"course_booked","email":"jane@example.com","booking_id":9007199254740993}"#,
    good: r#"{"event":"course_booked","email":"jane@example.com","booking_id":"9007199254740993"}"#,
};

static EMPTY_STRING: Rule = Rule {
    id: "empty-string",
    severity: Severity::Note,
    title: "an empty value",
    why: "An empty string is a value too: it may overwrite a better one, and shows as nothing in messages.",
    documentation: "",
    bad: r#"{"event":"course_finished","email":"jane@example.com","teacher":""}"#,
    good: r#"{"event":"course_finished","email":"jane@example.com"}"#,
};

static HALF_CHARACTER: Rule = Rule {
    id: "half-character",
    severity: Severity::Warning,
    title: "half of a character",
    why: "An emoji is two units long in JavaScript, and slice or substring cut it in two: half of it is no character, is \
          shown as a question mark, and some readers refuse the whole event for it.",
    documentation: "",
    bad: r#"{"event":"course_finished","email":"jane@example.com","course":"Pottery \ud83d"}"#,
    good: r#"{"event":"course_finished","email":"jane@example.com","course":"Pottery"}"#,
};

static KEY_TWICE: Rule = Rule {
    id: "field-twice",
    severity: Severity::Warning,
    title: "a field that is there twice",
    why: "Readers of JSON keep one of two fields with the same name, most of them the last: the other value is lost.",
    documentation: "",
    bad: r#"{"event":"course_finished","email":"jane@example.com","teacher":"Kim","teacher":"Lou"}"#,
    good: r#"{"event":"course_finished","email":"jane@example.com","teacher":"Kim","second_teacher":"Lou"}"#,
};

pub(super) const RULES: &[&Rule] = &[
    &DATE_FORMAT,
    &DATE_IMPOSSIBLE,
    &DATE_EPOCH,
    &BOOLEAN_SPELLING,
    &NUMBER_FORMAT,
    &NUMBER_ROUNDED,
    &EMPTY_STRING,
    &KEY_TWICE,
    &HALF_CHARACTER,
];

pub(super) fn check(event: &Document, context: LintContext, findings: &mut Findings) {
    let mut platforms = false;
    for id in event.ids() {
        let Some(node) = event.get(id) else { continue };
        let key = event.key(id);
        let key = key.as_deref().unwrap_or_default();
        if node.depth == 1 {
            // Holds for all that stands in it, too. A timestamp that is not as the platform writes it is the sender's.
            platforms = context.stage == Stage::Received && event.origin(id) != Origin::Sender && key != "timestamp";
        }
        if platforms {
            continue;
        }
        if event.occurrence(id) > 0 && !is_of_the_pixel(event, node.depth, key, context.stage) {
            findings.tell(&KEY_TWICE, || KEY_TWICE.at(event.path(id), "one field of that name", shown(event, id)));
        }
        let whole = if event.is_key_escaped(id) { without_halves(event.key_text(id)) } else { None };
        if let Some(whole) = whole {
            findings.tell(&HALF_CHARACTER, || {
                let name = serde_json::from_str(&whole).ok().map(Fix::Rename);
                let spelled = event.key_text(id).trim_matches('"').into();
                let expected = "a name of whole characters";
                Finding { fix: name, ..HALF_CHARACTER.at(event.path(id), expected, Actual::Name(spelled)) }
            });
        }
        let diagnosis = match node.kind {
            NodeKind::String => {
                let halved = event.characters(id).may_have(Characters::ESCAPE).then(|| half_character(event.text(id)));
                halved.flatten().or_else(|| in_text(event, id, key, &event.plain(id)))
            }
            NodeKind::Number => in_number(event, id, key),
            _ => None,
        };
        if let Some(Diagnosis { rule, severity, expected, fix }) = diagnosis {
            let fix = fix.map(Fix::Replace);
            findings.tell(rule, || Finding { severity, fix, ..rule.at(event.path(id), expected, shown(event, id)) });
        }
    }
}

/// Whether our own collector wrote a field beside that of the page: the library of the pixel says these in its own words,
/// and a page may say them too.
fn is_of_the_pixel(event: &Document, depth: u32, key: &str, stage: Stage) -> bool {
    const OWN: [&str; 5] = ["cookie", "event", "referrer", "timestamp", "url"];
    depth == 1 && stage == Stage::Received && OWN.contains(&key) && event.is_of_our_collector()
}

/// The rule that a value breaks, and how.
struct Diagnosis {
    rule: &'static Rule,
    severity: Severity,
    expected: Expected,
    /// The JSON that is right, where that is certain.
    fix: Option<String>,
}

impl Diagnosis {
    fn new(rule: &'static Rule, expected: impl Into<Expected>, fix: Option<String>) -> Self {
        Self { rule, severity: rule.severity, expected: expected.into(), fix }
    }
}

fn half_character(json: &str) -> Option<Diagnosis> {
    without_halves(json).map(|whole| Diagnosis::new(&HALF_CHARACTER, "a text of whole characters", Some(whole)))
}

/// A string as JSON without what is half of a character in it (a lone surrogate); `None` where nothing is.
fn without_halves(json: &str) -> Option<String> {
    // Nearly no text has such an escape.
    memchr::memchr(b'\\', json.as_bytes()).filter(|_| json.contains("\\ud") || json.contains("\\uD"))?;
    let unit = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let (mut whole, mut at) = (String::with_capacity(json.len()), 0);
    while let Some(escape) = json.get(at..).and_then(|rest| rest.find('\\')) {
        let end = at + escape;
        whole.push_str(json.get(at..end)?);
        let (kept, length) = match (unit(end), unit(end + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (true, 12),
            (Some(0xd800..=0xdfff), _) => (false, 6),
            _ => (true, 2),
        };
        if kept {
            whole.push_str(json.get(end..end + length)?);
        }
        at = end + length;
    }
    whole.push_str(json.get(at..)?);
    (whole.len() < json.len()).then_some(whole)
}

/// One value has one fault at most: text that stands for no value is not also a wrong date.
fn in_text(event: &Document, id: NodeId, key: &str, text: &str) -> Option<Diagnosis> {
    let characters = event.characters(id);
    if trimmed(text).is_empty() {
        let top = event.parent(id) == Some(NodeId::ROOT);
        let held_elsewhere =
            top && (IDENTIFIERS.contains(&key) || matches!(key, "event" | "event_uuid" | "transaction_uuid"));
        // The platform's own pixel sends an empty referrer for a visitor who came from nowhere.
        let usual = top && key == "referrer";
        return (!held_elsewhere && !usual).then(|| Diagnosis::new(&EMPTY_STRING, "a value, or no such field", None));
    }
    let kind = FieldKind::of(event, id);
    if let Some(severity) = missing::literal(key, text, characters, kind.is_some()) {
        let expected = if severity == Severity::Note {
            "a value, if this stands for none; else it is right"
        } else {
            "a value, or no such field"
        };
        return Some(Diagnosis { severity, ..Diagnosis::new(&LITERAL_TEXT, expected, None) });
    }
    if is_placeholder(key, text, characters) {
        return Some(Diagnosis::new(&PLACEHOLDER_LEFT, "the value that belongs in its place", None));
    }
    match kind {
        Some(FieldKind::Date { sure }) => date_fault(key, text, sure),
        Some(FieldKind::Boolean { sure: true }) if matches!(text, "true" | "false") && keeps_types(event) => {
            let diagnosis = boolean(Some(text));
            let words = "true or false without quotes, as other fields of this event are without";
            Some(Diagnosis { severity: Severity::Note, expected: words.into(), ..diagnosis })
        }
        Some(FieldKind::Boolean { sure }) => boolean_fault(text, sure),
        Some(FieldKind::Number) => number_fault(text),
        None if is_boolean_word(key, text) => boolean_fault(text, true),
        None if matches!(text, "TRUE" | "FALSE" | "True" | "False") => {
            let words = "true or false, if it is meant as one";
            Some(Diagnosis { severity: Severity::Note, ..Diagnosis::new(&BOOLEAN_SPELLING, words, None) })
        }
        // A full date and time is one wherever it stands, and so is one with slashes.
        None => match DateForm::of(text) {
            DateForm::Impossible { swapped } if text.contains('T') => Some(impossible(swapped)),
            DateForm::Otherwise if characters.may_have(Characters::SLASH) && is_slashed(text) => {
                Some(date_format(rewritten(text)))
            }
            DateForm::Otherwise if is_price(event, id, text) => number_fault(text),
            _ => None,
        },
    }
}

fn in_number(event: &Document, id: NodeId, key: &str) -> Option<Diagnosis> {
    const MOST: u64 = (1 << 53) - 1;
    let text = event.text(id);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_whole = digits.len() >= 16 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_whole && digits.parse::<u64>().map_or(true, |number| number > MOST) {
        let expected = "a text, or a number of at most 15 digits";
        return Some(Diagnosis::new(&NUMBER_ROUNDED, expected, Some(quoted(text))));
    }
    match FieldKind::by_key(event, id)? {
        FieldKind::Date { sure } => epoch_fault(key, text).or_else(|| sure.then(|| date_format(None))),
        FieldKind::Boolean { sure: true } => match text {
            "0" => Some(boolean(Some("false"))),
            "1" => Some(boolean(Some("true"))),
            _ => Some(boolean(None)),
        },
        _ => None,
    }
}

/// The kind of value that a field is for, as far as its name and its place tell.
#[derive(Clone, Copy)]
enum FieldKind {
    /// `sure`: it is known to be one; else its name says so, as custom attributes' names do.
    Date {
        sure: bool,
    },
    Boolean {
        sure: bool,
    },
    Number,
}

/// The dates of the catalogue.
const DATES: [&str; 7] = [
    "billing_date",
    "date_of_birth",
    "joined_at",
    "subscription_canceled_at",
    "subscription_end_at",
    "subscription_started_at",
    "timestamp",
];

/// Names that are given to dates, though the catalogue does not have them.
const DATED: [&str; 10] =
    ["birthdate", "birthday", "created", "date", "dob", "expires", "last_login", "last_seen", "modified", "updated"];

/// Numbers that senders use though the catalogue does not have them.
const NUMBERS: [&str; 3] = ["amount", "qty", "subtotal"];

impl FieldKind {
    fn of(event: &Document, id: NodeId) -> Option<Self> {
        let meaning = Self::by_key(event, id)?;
        if !matches!(meaning, Self::Number) {
            return Some(meaning);
        }
        // A number is one in the event itself and in each of a list: `price` among the filters of a search may be a
        // range.
        let object = event.parent(id)?;
        let listed = |list: NodeId| event.get(list).is_some_and(|node| node.kind == NodeKind::Array);
        event.parent(object).is_none_or(listed).then_some(meaning)
    }

    /// Whether a field of that name is documented to be a number.
    fn is_number(name: &str) -> bool {
        static NUMERIC: LazyLock<HashSet<&str>> =
            LazyLock::new(|| known(|attribute| attribute.types.first().is_some_and(|it| it == "number")));
        NUMERIC.contains(name) || NUMBERS.contains(&name)
    }

    fn by_key(event: &Document, id: NodeId) -> Option<Self> {
        static KINDS: ByName<Option<FieldKind>> = ByName::new();
        event.by_key(id, &KINDS, Self::of_name)?
    }

    fn of_name(name: &str) -> Option<Self> {
        static BOOLEANS: LazyLock<HashSet<&str>> =
            LazyLock::new(|| known(|attribute| attribute.types.iter().any(|it| it == "boolean")));
        if DATES.contains(&name) {
            return Some(Self::Date { sure: true });
        }
        if BOOLEANS.contains(name) {
            return Some(Self::Boolean { sure: true });
        }
        if name == "unsubscribed" {
            return Some(Self::Boolean { sure: true });
        }
        if Self::is_number(name) {
            return Some(Self::Number);
        }
        let ends = |ending: &str| name.ends_with(ending);
        if DATED.contains(&name) || ["_at", "_date", "_timestamp", "_until"].into_iter().any(ends) {
            return Some(Self::Date { sure: false });
        }
        // `createdAt`, `startDate`; not `AT`.
        let camel = ["At", "Date", "Timestamp"].into_iter().filter_map(|ending| name.strip_suffix(ending));
        if camel.into_iter().any(|stem| stem.ends_with(|c: char| c.is_ascii_lowercase())) {
            return Some(Self::Date { sure: false });
        }
        let begins = |beginning: &str| name.starts_with(beginning);
        // `isMember`, `hasPaid`; not `island`, `hash`.
        let mut camel = ["is", "has"].into_iter().filter_map(|beginning| name.strip_prefix(beginning));
        let boolean = ["is_", "has_", "enable_", "unsubscribed_"].into_iter().any(begins)
            || camel.any(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
        boolean.then_some(Self::Boolean { sure: false })
    }
}

/// Whether a field of that name is documented to be a number, which a string of digits may stand for.
pub(super) fn is_number_by_name(name: &str) -> bool {
    FieldKind::is_number(name)
}

/// The names of the catalogue's attributes, at any depth, that are `wanted`.
pub(super) fn known(wanted: impl Fn(&Attribute) -> bool) -> HashSet<&'static str> {
    let definitions = Catalogue::standard().definitions().iter();
    let mut open: Vec<&Attribute> = definitions.flat_map(|definition| &definition.attributes).collect();
    let mut names = HashSet::new();
    while let Some(attribute) = open.pop() {
        open.extend(&attribute.attributes);
        if wanted(attribute) {
            names.insert(attribute.name.as_str());
        }
    }
    names
}

fn quoted(text: impl Into<String>) -> String {
    serde_json::Value::from(text.into()).to_string()
}

fn date_format(fix: Option<String>) -> Diagnosis {
    Diagnosis::new(&DATE_FORMAT, "an ISO 8601 date, such as 2016-04-12T17:27:20Z or 2016-04-12", fix.map(quoted))
}

fn impossible(swapped: Option<String>) -> Diagnosis {
    let expected: Expected = match swapped {
        Some(swapped) => {
            sanitized!("a date that exists; with day and month swapped it is {}, if that is meant", sanitize(&swapped))
                .into()
        }
        None => "a date that exists".into(),
    };
    Diagnosis::new(&DATE_IMPOSSIBLE, expected, None)
}

fn date_fault(key: &str, text: &str, sure: bool) -> Option<Diagnosis> {
    let odd = || {
        let Oddity { rule, severity, expected, right } = calendars::oddity(key, text, sure)?;
        Some(Diagnosis { rule, severity, expected, fix: right.map(quoted) })
    };
    match DateForm::of(text) {
        DateForm::Right => odd(),
        // The leap days of another calendar are none of ours.
        DateForm::Impossible { swapped } => odd().filter(|odd| odd.fix.is_some()).or_else(|| Some(impossible(swapped))),
        DateForm::Otherwise => epoch_fault(key, text).or_else(|| {
            // `expires_at` may well be "never" and `opens_at` "09:00".
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            let meant = digits > 2 && !is_time(text) || is_relative(text);
            (sure || meant).then(|| date_format(rewritten(text)))
        }),
    }
}

/// Seconds (9 or 10 digits: 1973 to 2286) or milliseconds (13 digits: 2001 to 2286) since 1970, with a fraction or
/// without.
fn epoch_fault(key: &str, text: &str) -> Option<Diagnosis> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let (unit, time) = match whole.len() {
        9 | 10 => ("seconds", Timestamp::from_second(number).ok()?),
        13 => ("milliseconds", Timestamp::from_millisecond(number).ok()?),
        _ => return None,
    };
    // With a fraction the replacement would be another moment, and a birthday is a day in a place, not a moment.
    let sure = fraction.is_empty() && key != "date_of_birth";
    let expected = sanitized!("an ISO 8601 date; as {} since 1970 this is {}", unit, time);
    Some(Diagnosis::new(&DATE_EPOCH, expected, sure.then(|| quoted(time.to_string()))))
}

fn boolean(fix: Option<&str>) -> Diagnosis {
    Diagnosis::new(&BOOLEAN_SPELLING, "true or false", fix.map(str::to_owned))
}

fn boolean_fault(text: &str, sure: bool) -> Option<Diagnosis> {
    if matches!(text, "true" | "false") {
        return None;
    }
    let meant = match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "y" | "t" => Some("true"),
        "false" | "no" | "off" | "0" | "n" | "f" => Some("false"),
        _ => None,
    };
    (sure || meant.is_some()).then(|| boolean(meant))
}

/// Whether a field of the sender's own says whether something is so, and its value says it in words.
fn is_boolean_word(key: &str, text: &str) -> bool {
    const NAMES: [&str; 22] = [
        "active",
        "consent",
        "email_opt_in",
        "enabled",
        "first_purchase",
        "guest_checkout",
        "in_stock",
        "loggedin",
        "logged_in",
        "marketing_consent",
        "member",
        "new_customer",
        "newsletter",
        "opt_in",
        "opted_in",
        "optin",
        "returning_customer",
        "sms_opt_in",
        "subscribed",
        "verified",
        "vip",
        "accepts_marketing",
    ];
    let text = trimmed(text);
    let is_word = text.len() <= 5 && ["true", "false", "yes", "no"].iter().any(|word| text.eq_ignore_ascii_case(word));
    is_word && NAMES.contains(&key)
}

/// Whether the sender tells true from "true": what goes through the pixel is all text.
fn keeps_types(event: &Document) -> bool {
    event.children(NodeId::ROOT).any(|field| {
        let is_typed = event.get(field).is_some_and(|node| matches!(node.kind, NodeKind::Number | NodeKind::Bool));
        is_typed && event.origin(field) == Origin::Sender
    })
}

fn number_fault(text: &str) -> Option<Diagnosis> {
    if is_number(text) {
        return None;
    }
    Some(Diagnosis::new(&NUMBER_FORMAT, "digits, and a period before the decimals", bare(text).map(as_number)))
}

/// A number as JSON has it; one that JSON has no spelling for stays a text.
fn as_number(digits: String) -> String {
    if serde_json::from_str::<serde_json::Number>(&digits).is_ok() { digits } else { quoted(digits) }
}

/// Whether a field of the sender's own holds an amount of money: `course_price` with `$ 79.95`.
fn is_price(event: &Document, id: NodeId, text: &str) -> bool {
    const ENDINGS: [&str; 8] = ["_price", "_total", "_amount", "_revenue", "_cost", "_fee", "_tax", "_discount"];
    static PRICES: ByName<bool> = ByName::new();
    let is_named = |key: &str| ENDINGS.iter().any(|ending| key.ends_with(ending));
    let is_decimal = || {
        let cents = text.trim().split_once(',').map_or("", |(_, cents)| cents);
        (1..=2).contains(&cents.len()) && cents.bytes().all(|byte| byte.is_ascii_digit())
    };
    event.by_key(id, &PRICES, is_named).is_some_and(|is_one| is_one)
        && (currency(text.trim()).is_some() || is_decimal())
        && bare(text).is_some()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests;
