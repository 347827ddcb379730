//! The form that a value must have for the platform to use it: addresses, numbers on a map, codes, and the event's own time.

use core::net::IpAddr;
use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::{Expected, Finding, Findings, Fix, LintContext, Rule, Severity, Stage, shown};
use crate::event::text::trimmed;
use crate::event::{ByName, Document, NodeId, NodeKind, Sanitized, sanitized};

const EVENT: &str = "https://developer.blueshift.com/reference/post_api-v1-event";
const CUSTOMER: &str = "https://developer.blueshift.com/docs/customer-related-data";
const ATTRIBUTES: &str = "https://help.blueshift.com/hc/en-us/articles/115002653294";
const EXPORT: &str = "https://help.blueshift.com/hc/en-us/articles/360011050933-Export-event-data";

/// How far two clocks may be apart before it is worth a word.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How long after it happened an event is still taken for a live one.
const OLD: SignedDuration = SignedDuration::from_hours(90 * 24);

static EMAIL: Rule = Rule {
    id: "email-format",
    severity: Severity::Error,
    title: "not an e-mail address",
    why: "The customer can be neither found by it nor written to.",
    documentation: CUSTOMER,
    bad: r#"{"event":"plan_chosen","email":"[email protected]"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com"}"#,
};

static PHONE: Rule = Rule {
    id: "phone-format",
    severity: Severity::Warning,
    title: "phone number not in E.164",
    why: "Messages go only to numbers written as + and the country code, with nothing between the digits.",
    documentation: ATTRIBUTES,
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","phone_number":"+1 (415) 555-0100"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","phone_number":"+14155550100"}"#,
};

static IP: Rule = Rule {
    id: "ip-format",
    severity: Severity::Warning,
    title: "not an IP address",
    why: "The customer is located by this address, so it must be one address and nothing else.",
    documentation: EVENT,
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","ip":"203.0.113.24, 198.51.100.7"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","ip":"203.0.113.24"}"#,
};

static URL: Rule = Rule {
    id: "url-format",
    severity: Severity::Warning,
    title: "not a whole URL",
    why: "Pages are told apart by their whole address, and a link in a message needs the scheme and the host.",
    documentation: EVENT,
    bad: r#"{"event":"pageload","email":"jane@example.com","url":"/coffee"}"#,
    good: r#"{"event":"pageload","email":"jane@example.com","url":"https://shop.example.com/coffee"}"#,
};

static LATITUDE: Rule = Rule {
    id: "latitude-range",
    severity: Severity::Error,
    title: "not a latitude",
    why: "Latitudes are numbers of degrees from -90 to 90: anything else is no place on Earth.",
    documentation: EVENT,
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","latitude":"212.99333","longitude":"-12.39334"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","latitude":"37.7749","longitude":"-122.4194"}"#,
};

static LONGITUDE: Rule = Rule {
    id: "longitude-range",
    severity: Severity::Error,
    title: "not a longitude",
    why: "Longitudes are numbers of degrees from -180 to 180: anything else is no place on Earth.",
    documentation: EVENT,
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","latitude":37.7749,"longitude":237.5806}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","latitude":37.7749,"longitude":-122.4194}"#,
};

static CURRENCY: Rule = Rule {
    id: "currency-format",
    severity: Severity::Warning,
    title: "not a currency code",
    why: "Currencies are told apart by a code of three capital letters (ISO 4217): anything else is another \
          currency, or none.",
    documentation: "",
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","currency":"usd"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","currency":"USD"}"#,
};

static ADVERTISING_ID: Rule = Rule {
    id: "advertising-id-format",
    severity: Severity::Warning,
    title: "advertising id is not a UUID",
    why: "The ids that iOS and Android give are UUIDs: anything else was made up and matches no device.",
    documentation: "https://developer.blueshift.com/docs/event-attributes-for-integration-without-sdk",
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","device_idfa":"3333"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","device_idfa":"EA7583CD-A667-48BC-B806-42ECB2B48606"}"#,
};

static GENDER: Rule = Rule {
    id: "gender-value",
    severity: Severity::Warning,
    title: "a gender that the platform does not know",
    why: "Segments can select only male, female and unknown.",
    documentation: ATTRIBUTES,
    bad: r#"{"event":"identify","email":"jane@example.com","gender":"Female"}"#,
    good: r#"{"event":"identify","email":"jane@example.com","gender":"female"}"#,
};

static FUTURE: Rule = Rule {
    id: "timestamp-future",
    severity: Severity::Warning,
    title: "an event from the future",
    why: "What happens later seems to come before it, so campaigns and attribution go wrong: a clock, a time zone or \
          the date itself is off.",
    documentation: EXPORT,
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","timestamp":"2062-11-24T11:59:00Z"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com"}"#,
};

static PAST: Rule = Rule {
    id: "timestamp-old",
    severity: Severity::Note,
    title: "an event from more than 90 days ago",
    why: "An event this old starts no campaign that reacts to what just happened; that is right for an import, and \
          wrong for a live event.",
    documentation: EXPORT,
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","timestamp":"2016-04-12T17:27:20Z"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com"}"#,
};

static CLOCK_SKEW: Rule = Rule {
    id: "clock-skew",
    severity: Severity::Note,
    title: "received at another time than it happened",
    why: "The platform received it more than 5 minutes before or after the time that it gives: a clock is off, or the \
          event waited on its way.",
    documentation: EXPORT,
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","timestamp":"2026-11-24T10:00:00Z","_bsft_ts":"2026-11-24T11:00:00Z"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","timestamp":"2026-11-24T10:59:59Z","_bsft_ts":"2026-11-24T11:00:00Z"}"#,
};

pub(super) const RULES: &[&Rule] = &[
    &EMAIL,
    &PHONE,
    &IP,
    &URL,
    &LATITUDE,
    &LONGITUDE,
    &CURRENCY,
    &ADVERTISING_ID,
    &GENDER,
    &FUTURE,
    &PAST,
    &CLOCK_SKEW,
];

pub(super) fn check(event: &Document, context: LintContext, findings: &mut Findings) {
    let (mut happened, mut received) = (None, None);
    for id in event.ids() {
        let own = || event.parent(id) == Some(NodeId::ROOT);
        match Meaning::of(event, id) {
            Meaning::Happened if own() => happened = Some(id),
            Meaning::Received if own() => received = instant(event, id),
            Meaning::Anywhere(judge) => findings.extend(FilledField::read(event, id).and_then(|field| judge(&field))),
            Meaning::Own(judge) if own() => {
                findings.extend(FilledField::read(event, id).and_then(|field| judge(&field)));
            }
            _ => {}
        }
    }
    findings.extend(happened.and_then(|id| check_time(event, id, received, context)));
}

/// A look at one value: what is wrong with it, if anything.
type ValueCheck = fn(&FilledField<'_>) -> Option<Finding>;

/// The part that a field of some name has in these rules.
#[derive(Clone, Copy)]
enum Meaning {
    None,
    /// When the event happened.
    Happened,
    /// When the platform received it.
    Received,
    /// Its value has a form, wherever it stands.
    Anywhere(ValueCheck),
    /// The same of the event's own field: what a product or another object within it calls so may mean something else.
    Own(ValueCheck),
}

impl Meaning {
    fn of(event: &Document, id: NodeId) -> Self {
        static MEANINGS: ByName<Meaning> = ByName::new();
        event.by_key(id, &MEANINGS, Self::of_name).unwrap_or(Self::None)
    }

    fn of_name(name: &str) -> Self {
        match name {
            "timestamp" => Self::Happened,
            "_bsft_ts" => Self::Received,
            "email" => Self::Anywhere(email),
            "latitude" => Self::Anywhere(|field| degrees(field, &LATITUDE, 90.0)),
            "longitude" => Self::Anywhere(|field| degrees(field, &LONGITUDE, 180.0)),
            "currency" => Self::Anywhere(currency),
            "phone_number" => Self::Own(phone),
            "ip" => Self::Own(ip),
            "url" | "referrer" => Self::Own(url),
            "device_idfa" | "device_idfv" | "advertising_id" => Self::Own(advertising_id),
            "gender" => Self::Own(gender),
            _ => Self::None,
        }
    }
}

/// A field with something in it.
struct FilledField<'a> {
    event: &'a Document,
    id: NodeId,
    kind: NodeKind,
    text: Cow<'a, str>,
}

impl<'a> FilledField<'a> {
    /// The field, unless it is null or blank: whether it may be, is another rule's.
    fn read(event: &'a Document, id: NodeId) -> Option<Self> {
        let (kind, text) = (event.get(id)?.kind, event.plain(id));
        (kind != NodeKind::Null && !trimmed(&text).is_empty()).then_some(Self { event, id, kind, text })
    }

    fn breaks(&self, rule: &'static Rule, expected: impl Into<Expected>) -> Finding {
        rule.at(self.event.path(self.id), expected, shown(self.event, self.id))
    }

    /// The same with a text that sets it right.
    fn mends(&self, rule: &'static Rule, expected: &'static str, right: Option<String>) -> Finding {
        let fix = right.map(|right| Fix::Replace(serde_json::Value::from(right).to_string()));
        Finding { fix, ..self.breaks(rule, expected) }
    }
}

fn email(field: &FilledField<'_>) -> Option<Finding> {
    if is_address(&field.text) {
        return None;
    }
    let trimmed = field.text.trim();
    let right = is_address(trimmed).then(|| trimmed.to_owned());
    let expected = if matches!(trimmed, "[email protected]" | "[email\u{a0}protected]") {
        "an address: web pages show this text in place of one that they hide"
    } else if field.text.contains(char::is_whitespace) {
        "an address such as jane@example.com, without white space"
    } else {
        "an address such as jane@example.com"
    };
    Some(field.mends(&EMAIL, expected, right))
}

/// Whether mail can go there: what mailbox providers take, which is less than RFC 5322 allows (no quoted names, no
/// comments, no domain without a dot).
pub(crate) fn is_address(text: &str) -> bool {
    is_plain_address(text).unwrap_or_else(|| is_any_address(text))
}

fn is_any_address(text: &str) -> bool {
    let odd = |c: char| {
        matches!(c, '(' | ')' | '<' | '>' | '[' | ']' | ',' | ';' | ':' | '\\' | '"' | '@')
            || c.is_whitespace()
            || c.is_control()
    };
    let Some((name, domain)) = text.rsplit_once('@') else { return false };
    let is_name = name.len() <= 64 && !name.contains(odd) && name.split('.').all(|part| !part.is_empty());
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || !c.is_ascii() && !odd(c))
    };
    let Some((_, top)) = domain.rsplit_once('.') else { return false };
    is_name && domain.len() <= 253 && domain.split('.').all(is_label) && !top.bytes().all(|byte| byte.is_ascii_digit())
}

/// The same of a text of letters, digits and the usual signs; `None` of any other.
fn is_plain_address(text: &str) -> Option<bool> {
    let at = memchr::memchr(b'@', text.as_bytes())?;
    let (name, domain) = (text.as_bytes().get(..at)?, text.as_bytes().get(at + 1..)?);
    let (mut before, mut labels, mut length, mut has_letter) = (b'.', 0, 0, false);
    for byte in name {
        match byte {
            b'.' if before == b'.' => return Some(false),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'+' => before = *byte,
            _ => return None,
        }
    }
    if before == b'.' || name.len() > 64 || domain.len() > 253 {
        return None;
    }
    before = b'.';
    for byte in domain {
        match byte {
            b'.' if matches!(before, b'.' | b'-') || length > 63 => return Some(false),
            b'.' => (labels, length, has_letter) = (labels + 1, 0, false),
            b'-' if before == b'.' => return Some(false),
            b'a'..=b'z' | b'A'..=b'Z' | b'-' => (length, has_letter) = (length + 1, true),
            b'0'..=b'9' => length += 1,
            _ => return None,
        }
        before = *byte;
    }
    Some(labels > 0 && has_letter && !matches!(before, b'.' | b'-') && length <= 63)
}

/// Whether it is a UUID with its hyphens and nothing else.
pub(crate) fn is_uuid(text: &str) -> bool {
    /// The places of the hyphens, as bits.
    const HYPHENS: u64 = 1 << 8 | 1 << 13 | 1 << 18 | 1 << 23;
    if text.len() != 36 {
        return false;
    }
    let mut hyphens = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte == b'-' {
            hyphens |= 1 << at;
        } else if !byte.is_ascii_hexdigit() {
            return false;
        }
    }
    hyphens == HYPHENS
}

fn phone(field: &FilledField<'_>) -> Option<Finding> {
    if field.kind == NodeKind::String && is_phone(&field.text) {
        return None;
    }
    // In `+44 (0)20…` the zero is only dialled at home: taking the signs out would make another number.
    let digits = field.text.replace([' ', '-', '.', '(', ')', '/', '\u{a0}'], "");
    // Two zeros are dialled for the sign in most of the world.
    let digits = digits.strip_prefix("00").map_or(digits.clone(), |number| format!("+{number}"));
    let right = (field.kind == NodeKind::String && !field.text.contains("(0") && is_phone(&digits)).then_some(digits);
    Some(field.mends(&PHONE, "a string of + and 6 to 14 digits, the country code first", right))
}

fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (6..=14).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn ip(field: &FilledField<'_>) -> Option<Finding> {
    field.text.parse::<IpAddr>().is_err().then(|| field.breaks(&IP, "one IPv4 or IPv6 address"))
}

fn url(field: &FilledField<'_>) -> Option<Finding> {
    // The reader of URLs mends what it can (`https:shop`, blanks, line breaks); what reads the events may not.
    if is_plain_url(&field.text) {
        return None;
    }
    let whole =
        field.text.contains("://") && !field.text.contains(char::is_whitespace) && Url::parse(&field.text).is_ok();
    if !whole {
        return Some(field.breaks(&URL, "a whole URL such as https://shop.example.com/coffee"));
    }
    let odd = odd_in_url(&field.text)?;
    let found =
        field.breaks(&URL, "a URL in which <, >, {, }, \", \\, ^ and a % without two digits are percent-encoded");
    // Behind the question mark browsers leave most of them as they were typed.
    let typed = field.text.find('?').is_some_and(|query| query < odd);
    Some(Finding { severity: if typed { Severity::Note } else { found.severity }, ..found })
}

/// Whether a URL is one of a page without anything of note in it, as nearly all are: any reader takes it as it stands.
fn is_plain_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    // A host that ends in digits may be an address; one with two hyphens in a row may stand for letters of another script.
    let is_label =
        |label: &str| label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    host.len() < 254
        && host.split('.').all(|label| (1..64).contains(&label.len()) && is_label(label))
        && host.rsplit('.').next().is_some_and(|top| top.starts_with(|c: char| c.is_ascii_lowercase()))
        && !host.contains("--")
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_.~-?=&+".contains(&byte))
}

/// Where a character stands that no URL has (RFC 3986), or a percent sign that begins no code.
fn odd_in_url(url: &str) -> Option<usize> {
    let is_code =
        |at: usize| url.as_bytes().get(at + 1..at + 3).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit));
    url.bytes().enumerate().find_map(|(at, byte)| match byte {
        b'<' | b'>' | b'{' | b'}' | b'"' | b'\\' | b'^' | b'`' => Some(at),
        b'%' if !is_code(at) => Some(at),
        _ => None,
    })
}

fn degrees(field: &FilledField<'_>, rule: &'static Rule, most: f64) -> Option<Finding> {
    let number = matches!(field.kind, NodeKind::Number | NodeKind::String);
    let degrees = field.text.trim().parse::<f64>().ok().filter(|_| number);
    let fits = degrees.is_some_and(|degrees| (-most..=most).contains(&degrees));
    (!fits).then(|| field.breaks(rule, sanitized!("a number from -{} to {}", most, most)))
}

fn currency(field: &FilledField<'_>) -> Option<Finding> {
    let is_code = |code: &str| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if is_code(&field.text) {
        return None;
    }
    let right = Some(field.text.trim().to_ascii_uppercase()).filter(|code| is_code(code));
    Some(field.mends(&CURRENCY, "three capital letters, such as USD", right))
}

fn advertising_id(field: &FilledField<'_>) -> Option<Finding> {
    (!is_uuid(&field.text))
        .then(|| field.breaks(&ADVERTISING_ID, "a UUID such as EA7583CD-A667-48BC-B806-42ECB2B48606"))
}

fn gender(field: &FilledField<'_>) -> Option<Finding> {
    const KNOWN: [&str; 3] = ["male", "female", "unknown"];
    if KNOWN.contains(&&*field.text) {
        return None;
    }
    let word = field.text.trim().to_lowercase();
    let right = KNOWN.contains(&&*word).then_some(word);
    Some(field.mends(&GENDER, "male, female or unknown", right))
}

/// The time at `id`. A date without a time zone, or one that cannot be read, is another rule's.
fn instant(event: &Document, id: NodeId) -> Option<Timestamp> {
    event.plain(id).parse().ok()
}

/// Checks when the event happened. An event that was received long ago is old, but was not when it came, so
/// that is judged by when it was received.
fn check_time(event: &Document, id: NodeId, received: Option<Timestamp>, context: LintContext) -> Option<Finding> {
    let happened = instant(event, id)?;
    let finding = |rule: &'static Rule, expected: Expected| Some(rule.at(event.path(id), expected, shown(event, id)));
    if happened.duration_since(context.now) > SKEW {
        let hours = whole_hours(received.unwrap_or(context.now).duration_since(happened));
        let expected = hours.map(|hours| {
            sanitized!(
                "when the event happened: it is {} h ahead to the minute, as local time is that is written as UTC",
                hours.abs()
            )
        });
        return finding(&FUTURE, expected.map_or("when the event happened: a time that has come".into(), Into::into));
    }
    let received = received.filter(|_| context.stage == Stage::Received);
    let arrives = if context.stage == Stage::Received { received? } else { context.now };
    let late = arrives.duration_since(happened);
    if late > OLD {
        return finding(&PAST, "when the event happened: a time of the last 90 days".into());
    }
    let received = received.filter(|_| late.abs() > SKEW)?;
    if let Some(hours) = whole_hours(late) {
        let expected = sanitized!(
            "about {}: it is {} h off to the minute, as local time is that is written as UTC, or hh in place of HH",
            received,
            hours
        );
        return finding(&CLOCK_SKEW, expected.into());
    }
    let (apart, side) = (rough(late), if late.is_positive() { "before" } else { "after" });
    finding(&CLOCK_SKEW, sanitized!("about {}, when it was received; this is {} {}", received, apart, side).into())
}

/// How many hours a duration is, where it is hours to the minute, as zones are apart.
fn whole_hours(duration: SignedDuration) -> Option<i64> {
    const HOUR: i64 = 3_600;
    let seconds = duration.as_secs();
    let hours = (seconds + seconds.signum() * HOUR / 2) / HOUR;
    ((1..=14).contains(&hours.abs()) && (seconds - hours * HOUR).abs() <= 60).then_some(hours)
}

/// A duration in the unit that tells most.
fn rough(duration: SignedDuration) -> Sanitized {
    match duration.abs().as_mins() {
        minutes @ ..120 => sanitized!("{} minutes", minutes),
        minutes @ ..2880 => sanitized!("{} hours", minutes / 60),
        minutes => sanitized!("{} days", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{fixed, of};
    use super::*;

    /// Holds that `rule` finds something in an event with that field when and only when `sound` is false.
    fn judges(rule: &str, field: &str, cases: &[(&str, bool)]) {
        for (value, sound) in cases {
            let event = format!(r#"{{"event":"plan_chosen","{field}":{value}}}"#);
            let found = of(&event, Stage::Outgoing, rule);
            assert_eq!(found.is_empty(), *sound, "{event}: {found:?}");
            assert!(found.iter().all(|finding| finding.path.pointer() == format!("/{field}")), "{event}: {found:?}");
        }
    }

    fn mends(rule: &str, field: &str, cases: &[(&str, Option<&str>)]) {
        for (value, right) in cases {
            let event = format!(r#"{{"event":"plan_chosen","{field}":{value}}}"#);
            assert_eq!(fixed(&event, rule).as_deref(), *right, "{event}");
        }
    }

    #[test]
    fn an_address_is_one_that_mail_can_go_to() {
        let cases = [
            (r#""jane@example.com""#, true),
            (r#""jane.o'doe+a-b_c@mail.example.co.uk""#, true),
            (r#""jörg@bücher.example""#, true),
            (r#""jane@xn--bcher-kva.example""#, true),
            ("null", true),
            (r#""""#, true),
            (r#""{{email}}""#, true),
            (r#""undefined""#, true),
            (r#""[email protected]""#, false),
            (r#""[email\u00a0protected]""#, false),
            (r#""jane""#, false),
            (r#""jane@""#, false),
            (r#""@example.com""#, false),
            (r#""jane@example""#, false),
            (r#""jane@@example.com""#, false),
            (r#""jane@doe@example.com""#, false),
            (r#""jane doe@example.com""#, false),
            (r#""jane..doe@example.com""#, false),
            (r#"".jane@example.com""#, false),
            (r#""jane@example..com""#, false),
            (r#""jane@-example.com""#, false),
            (r#""jane@exam_ple.com""#, false),
            (r#""jane@10.0.0.1""#, false),
            (r#""Jane <jane@example.com>""#, false),
            (r#""mailto:jane@example.com""#, false),
            (r#""a@example.com,b@example.com""#, false),
            (r#""jane@example.com ""#, false),
            ("42", false),
            (r#"["jane@example.com"]"#, false),
        ];
        judges("email-format", "email", &cases);
        mends(
            "email-format",
            "email",
            &[(r#"" jane@example.com\n""#, Some(r#""jane@example.com""#)), (r#""[email protected]""#, None)],
        );
        let words = |email: &str| {
            let event = serde_json::json!({"event": "x", "email": email}).to_string();
            of(&event, Stage::Outgoing, "email-format").first().map(|it| it.expected.words().to_string())
        };
        let of_address = |what: &str| Some(format!("an address{what}"));
        let hidden = of_address(": web pages show this text in place of one that they hide");
        assert_eq!((words("[email protected]"), words("[email\u{a0}protected]")), (hidden.clone(), hidden));
        assert_eq!(words("jane doe@example.com"), of_address(" such as jane@example.com, without white space"));
        assert_eq!(words("jane"), of_address(" such as jane@example.com"));
        let nested = of(r#"{"event":"gift","to":{"email":"jane"}}"#, Stage::Outgoing, "email-format");
        assert_eq!(nested.first().map(|finding| finding.path.pointer()).as_deref(), Some("/to/email"));
    }

    #[test]
    fn a_url_has_no_signs_that_must_be_encoded() {
        use Severity::{Note, Warning};
        // A template's page, a mailer's links, a search form, a page without faults.
        let cases = [
            ("https://shop.example.com/{category}/1", Some(Warning)),
            ("https://shop.example.com/<sku>", Some(Warning)),
            ("https://shop.example.com/50%", Some(Warning)),
            ("https://shop.example.com/?q=50%&p=1", Some(Note)),
            ("https://shop.example.com/?f={a}", Some(Note)),
            ("https://shop.example.com/caf%C3%A9?q=a|b&x=[1]", None),
        ];
        for (url, severity) in cases {
            let event = serde_json::json!({"event": "pageload", "cookie": "c", "url": url}).to_string();
            let found = of(&event, Stage::Outgoing, "url-format");
            assert_eq!(found.first().map(|it| it.severity), severity, "{url}");
        }
    }

    #[test]
    fn a_time_that_is_whole_hours_off_is_said_to_be_local_time() {
        // A host in local time, one that writes hh for HH, a queue.
        let cases = [("10:00:10", true), ("23:59:30", true), ("10:35:00", false)];
        for (time, is_whole) in cases {
            let day = if time.starts_with("23") { "23" } else { "24" };
            let event = format!(
                r#"{{"event":"x","timestamp":"2026-11-{day}T{time}Z","_bsft_ts":"2026-11-24T12:00:00Z","email":"a@b.example"}}"#
            );
            let found = of(&event, Stage::Received, "clock-skew");
            let said = found.first().map(|it| it.expected.words().to_string()).unwrap_or_default();
            assert_eq!(said.contains("to the minute"), is_whole, "{time}: {said}");
        }
        let ahead = r#"{"event":"x","timestamp":"2026-11-24T13:00:00Z","email":"a@b.example"}"#;
        let said = of(ahead, Stage::Outgoing, "timestamp-future").first().map(|it| it.expected.words().to_string());
        assert!(said.is_some_and(|said| said.contains("1 h ahead to the minute")));
    }

    #[test]
    fn a_phone_number_has_its_country_code_and_digits_only() {
        let cases = [
            (r#""+14155550100""#, true),
            (r#""+123456""#, true),
            (r#""+12345678901234""#, true),
            (r#""+12345""#, false),
            (r#""+123456789012345""#, false),
            (r#""+04155550100""#, false),
            (r#""14155550100""#, false),
            (r#""+1 415 555 0100""#, false),
            ("14155550100", false),
        ];
        judges("phone-format", "phone_number", &cases);
        let fixes = [
            (r#""+1 (415) 555-0100""#, Some(r#""+14155550100""#)),
            (r#""+44 (0)20 7946 0000""#, None),
            (r#""0049 1511 2345678""#, Some(r#""+4915112345678""#)),
            (r#""415-555-0100""#, None),
            ("14155550100", None),
        ];
        mends("phone-format", "phone_number", &fixes);
    }

    #[test]
    fn an_ip_address_is_one_address() {
        let cases = [
            (r#""203.0.113.24""#, true),
            (r#""2001:db8::1""#, true),
            (r#""203.0.113""#, false),
            (r#""203.0.113.256""#, false),
            (r#""203.0.113.24:80""#, false),
            (r#""203.0.113.24, 10.0.0.1""#, false),
            (r#""localhost""#, false),
            ("42", false),
        ];
        judges("ip-format", "ip", &cases);
    }

    #[test]
    fn a_url_is_a_whole_one() {
        let cases = [
            (r#""https://shop.example.com/a?b=c#d""#, true),
            (r#""http://localhost:3000/""#, true),
            (r#""android-app://com.example.shop""#, true),
            (r#""""#, true),
            (r#""/coffee""#, false),
            (r#""shop.example.com/coffee""#, false),
            (r#""localhost:3000/coffee""#, false),
            (r#""https://""#, false),
            (r#""https://shop.example.com/a b""#, false),
            (r#""https://shop.example.com/\n""#, false),
        ];
        judges("url-format", "url", &cases);
        judges("url-format", "referrer", &cases);
        assert!(of(r#"{"products":[{"url":"/coffee"}]}"#, Stage::Outgoing, "url-format").is_empty());
    }

    #[test]
    fn a_place_is_on_the_map() {
        let both = [
            ("0", true),
            ("-90", true),
            (r#""90.0""#, true),
            ("null", true),
            ("-180.0001", false),
            (r#""212.99333""#, false),
            ("[37.77]", false),
            ("1e400", false),
            ("true", false),
        ];
        judges("latitude-range", "latitude", &both);
        judges("latitude-range", "latitude", &[("90.01", false), ("180", false)]);
        judges("longitude-range", "longitude", &both);
        judges("longitude-range", "longitude", &[("90.01", true), ("180", true), ("-180", true)]);
        assert_eq!(of(r#"{"at":{"latitude":91}}"#, Stage::Outgoing, "latitude-range").len(), 1);
    }

    #[test]
    fn a_currency_is_its_code_in_capitals() {
        let cases =
            [(r#""USD""#, true), (r#""usd""#, false), (r#""US$""#, false), (r#""EURO""#, false), ("978", false)];
        judges("currency-format", "currency", &cases);
        let fixes = [(r#""eUr""#, Some(r#""EUR""#)), (r#""USD ""#, Some(r#""USD""#)), (r#""$""#, None)];
        mends("currency-format", "currency", &fixes);
    }

    #[test]
    fn an_advertising_id_is_a_uuid() {
        let cases = [
            (r#""EA7583CD-A667-48BC-B806-42ECB2B48606""#, true),
            (r#""ea7583cd-a667-48bc-b806-42ecb2b48606""#, true),
            (r#""00000000-0000-0000-0000-000000000000""#, true),
            (r#""3333""#, false),
            (r#""EA7583CDA66748BCB80642ECB2B48606""#, false),
            ("3333", false),
        ];
        for field in ["device_idfa", "device_idfv", "advertising_id"] {
            judges("advertising-id-format", field, &cases);
        }
        judges("advertising-id-format", "device_id", &[(r#""3333""#, true)]);
    }

    #[test]
    fn a_gender_is_one_that_the_platform_knows() {
        let cases =
            [(r#""male""#, true), (r#""unknown""#, true), (r#""Male""#, false), (r#""f""#, false), ("1", false)];
        judges("gender-value", "gender", &cases);
        mends("gender-value", "gender", &[(r#""FEMALE""#, Some(r#""female""#)), (r#""w""#, None)]);
        assert!(of(r#"{"products":[{"gender":"women"}]}"#, Stage::Outgoing, "gender-value").is_empty());
    }

    #[test]
    fn a_time_is_held_to_now_and_to_when_it_was_received() {
        const TIME: [&str; 3] = ["timestamp-future", "timestamp-old", "clock-skew"];
        let (out, seen) = (Stage::Outgoing, Stage::Received);
        let cases: [(&str, &str, Stage, &[&str]); 14] = [
            ("2026-11-24T12:05:00Z", "", out, &[]),
            ("2026-11-24T12:05:01Z", "", out, &["timestamp-future"]),
            ("2026-11-24T14:00:00+02:00", "", out, &[]),
            ("2026-11-24T14:00:00-02:00", "", seen, &["timestamp-future"]),
            ("20261124T120501Z", "", out, &["timestamp-future"]),
            ("2026-08-26T12:00:00Z", "", out, &[]),
            ("2026-08-26T11:59:59Z", "", out, &["timestamp-old"]),
            ("2016-04-12T17:27:20Z", "", seen, &[]),
            ("2016-04-12T17:27:20Z", "2016-04-12T17:27:21Z", seen, &[]),
            ("2016-04-12T17:27:20Z", "2016-12-12T17:27:21Z", seen, &["timestamp-old"]),
            ("2026-11-24T11:00:00Z", "2026-11-24T11:05:01Z", seen, &["clock-skew"]),
            ("2026-11-24T11:00:00Z", "2026-11-24T10:54:59Z", seen, &["clock-skew"]),
            ("2026-11-24T11:00:00Z", "2026-11-24T11:30:00Z", out, &[]),
            ("yesterday", "2026-11-24T11:30:00Z", seen, &[]),
        ];
        for (happened, received, stage, expected) in cases {
            let event = format!(
                r#"{{"_bsft_ts":"{received}","at":{{"timestamp":"2099-01-01T00:00:00Z"}},"timestamp":"{happened}"}}"#
            );
            let found: Vec<_> = TIME.into_iter().filter(|rule| !of(&event, stage, rule).is_empty()).collect();
            assert_eq!(found, expected, "{event}, {stage:?}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_address_is_told_as_any_other(text in "[a1.@_ é-]{0,12}") {
            if let Some(is_one) = is_plain_address(&text) {
                prop_assert_eq!(is_one, is_any_address(&text));
            }
        }
    }
}
