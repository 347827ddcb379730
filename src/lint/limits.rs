//! The documented limits by which the platform refuses or drops events: names, identifiers, the event's UUID.

use std::sync::LazyLock;

use foldhash::{HashMap, HashSet};
use uuid::Uuid;

use super::values::is_uuid;
use super::{Actual, Expected, Finding, Findings, Fix, LintContext, Rule, Severity, Stage, shown};
use crate::event::catalogue::{ANY_EVENT, Catalogue, IDENTIFIERS};
use crate::event::text::{excerpt, sanitize, trimmed};
use crate::event::{ByName, Document, NodeId, NodeKind, Path, sanitized};

const EVENT: &str = "https://developer.blueshift.com/reference/post_api-v1-event";
const CUSTOMER: &str = "https://developer.blueshift.com/docs/customer-related-data";

/// The longest name of an event, in characters (documented).
pub(super) const LONGEST_NAME: usize = 64;

/// The identifiers in the order in which a sender should think of them.
const EXPECTED: [&str; IDENTIFIERS.len()] =
    ["customer_id", "email", "device_id", "cookie", "phone_number", "user_uuid", "group_id"];

/// Reserved names that senders may use: the first asks for priority, the second says which tool sent the event (code).
const SENDABLE: [&str; 2] = ["_bsft_high_priority", "_bsft_source"];

static NAME_MISSING: Rule = Rule {
    id: "event-name-missing",
    severity: Severity::Error,
    title: "no event name",
    why: "An event without a name belongs to no event type: nothing can count it or be triggered by it.",
    documentation: EVENT,
    bad: r#"{"email":"jane@example.com","plan":"gold"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","plan":"gold"}"#,
};

static NAME_EMPTY: Rule = Rule {
    id: "event-name-empty",
    severity: Severity::Error,
    title: "blank event name",
    why: "An event whose name is blank belongs to no event type.",
    documentation: EVENT,
    bad: r#"{"event":"","email":"jane@example.com"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com"}"#,
};

static NAME_PERIOD: Rule = Rule {
    id: "event-name-period",
    severity: Severity::Error,
    title: "period in the event name",
    why: "The platform takes no name with a period; only names that it derives itself, such as back_in_stock.view, \
          have one.",
    documentation: EVENT,
    bad: r#"{"event":"plan.chosen","email":"jane@example.com"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com"}"#,
};

static NAME_WHITESPACE: Rule = Rule {
    id: "event-name-whitespace",
    severity: Severity::Error,
    title: "white space in the event name",
    why: "The platform takes no name with white space, also not at its start or end, where it cannot be seen.",
    documentation: EVENT,
    bad: r#"{"event":"plan_chosen ","email":"jane@example.com"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com"}"#,
};

static NAME_NUMERIC: Rule = Rule {
    id: "event-name-numeric",
    severity: Severity::Error,
    title: "numeric event name",
    why: "The platform takes no name that is a number.",
    documentation: EVENT,
    bad: r#"{"event":"2024","email":"jane@example.com"}"#,
    good: r#"{"event":"step_2024","email":"jane@example.com"}"#,
};

static NAME_TOO_LONG: Rule = Rule {
    id: "event-name-too-long",
    severity: Severity::Error,
    title: "event name over 64 characters",
    why: "The platform takes names of at most 64 characters.",
    documentation: EVENT,
    bad: r#"{"event":"customer_has_chosen_the_gold_plan_in_the_third_step_of_onboarding","email":"jane@example.com"}"#,
    good: r#"{"event":"gold_plan_chosen_in_onboarding","email":"jane@example.com"}"#,
};

static NAME_CASE: Rule = Rule {
    id: "event-name-case",
    severity: Severity::Warning,
    title: "a standard event's name, spelled differently",
    why: "Names must match to the letter: this one makes a custom event, and what is built on the standard one \
          (catalog affinity, recommendations, revenue) does not see it.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/360001314233",
    bad: r#"{"event":"Add_To_Cart","email":"jane@example.com","product_id":"45790-32","quantity":1}"#,
    good: r#"{"event":"add_to_cart","email":"jane@example.com","product_id":"45790-32","quantity":1}"#,
};

static IDENTIFIER_MISSING: Rule = Rule {
    id: "identifier-missing",
    severity: Severity::Error,
    title: "no customer identifier",
    why: "Without an identifier the event is answered with 200 and then dropped in processing (missing_identifier). A \
          server must send one; to what a page sends, the pixel adds its cookie. Identifiers of your own are named in \
          the config file, as in [lint] identifiers = [\"loyalty_id\"].",
    documentation: EVENT,
    bad: r#"{"event":"plan_chosen","plan":"gold"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","plan":"gold"}"#,
};

static IDENTIFIER_EMPTY: Rule = Rule {
    id: "identifier-empty",
    severity: Severity::Error,
    title: "blank identifier",
    why: "A blank identifier names nobody: leave the field out where the customer is not known.",
    documentation: EVENT,
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","customer_id":""}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","customer_id":"812123"}"#,
};

static IDENTIFIER_TOO_LONG: Rule = Rule {
    id: "identifier-too-long",
    severity: Severity::Error,
    title: "identifier over its limit",
    why: "The platform keeps identifiers only up to a length: 128 characters for a customer_id (more than the 64 of \
          older documentation is a note), 256 for an email; a cookie over the 36 of the pixel's own is a warning.",
    documentation: CUSTOMER,
    bad: r#"{"event":"plan_chosen","customer_id":"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI4MTIxMjMiLCJuYW1lIjoiSmFuZSIsImlhdCI6MTc5NTYwMDAwMH0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"}"#,
    good: r#"{"event":"plan_chosen","customer_id":"812123"}"#,
};

static EVENT_UUID: Rule = Rule {
    id: "event-uuid-format",
    severity: Severity::Error,
    title: "event_uuid is not a UUID",
    why: "An event_uuid must be a UUID as RFC 4122 spells it: 32 hexadecimal digits in five groups, with hyphens \
          between them.",
    documentation: EVENT,
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","event_uuid":"1234abcd-efghijkj-1234kfjadslk-34iu123"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","event_uuid":"2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c"}"#,
};

static TRANSACTION_UUID: Rule = Rule {
    id: "transaction-uuid-format",
    severity: Severity::Error,
    title: "transaction_uuid is not a UUID",
    why: "A transaction_uuid keeps a message from being sent twice for one transaction, and must be a UUID of 32 hexadecimal \
          digits in five groups.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/115002745413",
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","transaction_uuid":"50314"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","transaction_uuid":"2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c"}"#,
};

static RESERVED_NAME: Rule = Rule {
    id: "reserved-name",
    severity: Severity::Warning,
    title: "a name reserved for the platform",
    why: "Names that start with _bsft belong to the platform, which may overwrite what was sent.",
    documentation: "",
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","_bsft_ts":"2026-11-24T11:59:00Z"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com"}"#,
};

pub(super) const RULES: &[&Rule] = &[
    &NAME_MISSING,
    &NAME_EMPTY,
    &NAME_PERIOD,
    &NAME_WHITESPACE,
    &NAME_NUMERIC,
    &NAME_TOO_LONG,
    &NAME_CASE,
    &IDENTIFIER_MISSING,
    &IDENTIFIER_EMPTY,
    &IDENTIFIER_TOO_LONG,
    &EVENT_UUID,
    &TRANSACTION_UUID,
    &RESERVED_NAME,
];

pub(super) fn check(event: &Document, context: LintContext, findings: &mut Findings) {
    if event.get(NodeId::ROOT).is_none_or(|root| root.kind != NodeKind::Object) {
        return;
    }
    let outgoing = context.stage == Stage::Outgoing;
    // An identifier that is blank is a finding of its own.
    let (mut named, mut identified, mut blank) = (false, false, false);
    for field in event.children(NodeId::ROOT).filter(|field| event.occurrence(*field) == 0) {
        let role = Role::of(event, field);
        if role == Role::Other {
            continue;
        }
        let Some(name) = event.key(field) else { continue };
        let kind = event.get(field).map(|node| node.kind);
        match role {
            Role::Name if kind != Some(NodeKind::Null) => {
                named = true;
                check_name(event, field, outgoing, findings);
            }
            // The platform gives every event a UUID: what is none is what was sent.
            Role::Uuid if kind != Some(NodeKind::Null) => check_uuid(&EVENT_UUID, event, field, findings),
            Role::Transaction if kind != Some(NodeKind::Null) => check_uuid(&TRANSACTION_UUID, event, field, findings),
            // A null says that there is none, as its absence would.
            Role::Identifier if kind != Some(NodeKind::Null) => {
                if trimmed(&event.plain(field)).is_empty() {
                    // The platform adds a `user_uuid` of its own.
                    if outgoing || name != "user_uuid" {
                        blank = true;
                        findings.push(IDENTIFIER_EMPTY.at(
                            event.path(field),
                            sanitized!(
                                "{} {}, or no such field",
                                if name == "email" { "an" } else { "a" },
                                sanitize(&name)
                            ),
                            shown(event, field),
                        ));
                    }
                } else {
                    identified |= !kind.is_some_and(NodeKind::is_container);
                    check_length(event, field, &name, findings);
                }
            }
            Role::Reserved if outgoing => findings.push(Finding {
                fix: Some(Fix::Remove),
                ..RESERVED_NAME.at(event.path(field), "a name that does not start with _bsft", shown(event, field))
            }),
            _ => {}
        }
    }
    // A received event may be named by another field, or by the place where it stands in the answer alone.
    if let Some(field) = event.type_field().filter(|_| !named && !outgoing) {
        check_name(event, field, outgoing, findings);
    }
    if !named && outgoing {
        let other =
            event.children(NodeId::ROOT).find(|id| event.key(*id).is_some_and(|key| letters(&key) == "eventname"));
        findings.push(match other {
            Some(field) => Finding {
                fix: Some(Fix::Rename("event".to_owned())),
                ..NAME_MISSING.at(event.path(field), Expected::name("event"), shown(event, field))
            },
            None => NAME_MISSING.at(Path::root(), Expected::field("event"), Actual::Missing),
        });
    }
    if !identified && !blank && !is_from_page(event) {
        // A field that looks like one and is none is most likely where it went.
        let likely =
            event.children(NodeId::ROOT).filter_map(|field| event.key(field)).find(|key| is_like_identifier(key));
        let but = likely.map(|key| (&*excerpt(&key, LONGEST_NAME)).into());
        findings.push(IDENTIFIER_MISSING.at(Path::root(), Expected::any_of(EXPECTED), Actual::NoneOf { but }));
    }
}

/// The part that a field of the event has in these rules, by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Name,
    Uuid,
    Transaction,
    Identifier,
    Reserved,
    Other,
}

impl Role {
    fn of(event: &Document, field: NodeId) -> Self {
        static ROLES: ByName<Role> = ByName::new();
        event.by_key(field, &ROLES, Self::of_name).unwrap_or(Self::Other)
    }

    fn of_name(name: &str) -> Self {
        match name {
            "event" => Self::Name,
            "event_uuid" => Self::Uuid,
            "transaction_uuid" => Self::Transaction,
            _ if IDENTIFIERS.contains(&name) => Self::Identifier,
            _ if name.starts_with("_bsft") && !SENDABLE.contains(&name) => Self::Reserved,
            _ => Self::Other,
        }
    }
}

/// Whether an event says that it goes through the pixel, which adds a cookie: from the tool that drives it in pages, or by
/// what the platform notes of it (code).
fn is_from_page(event: &Document) -> bool {
    const MARKS: [&str; 3] = ["_bsft_source", "_bsft_js_pipeline", "_bsft_js_events_export"];
    event.children(NodeId::ROOT).filter_map(|field| event.key(field)).any(|key| MARKS.contains(&&*key))
}

fn check_name(event: &Document, field: NodeId, outgoing: bool, findings: &mut Findings) {
    let kind = event.get(field).map(|node| node.kind);
    let name = event.plain(field);
    let path = || event.path(field);
    let mut push = |rule: &'static Rule, expected: Expected, fix: Option<String>| {
        // What no text can hold, such as half an emoji, would stay another character.
        let fix = fix.filter(|name| !name.contains(char::REPLACEMENT_CHARACTER));
        let fix = fix.map(|name| Fix::Replace(serde_json::Value::from(name).to_string()));
        findings.push(Finding { fix, ..rule.at(path(), expected, shown(event, field)) });
    };
    match kind {
        Some(NodeKind::String) => {}
        Some(NodeKind::Number) => return push(&NAME_NUMERIC, "a name that is not a number".into(), None),
        _ => return push(&NAME_MISSING, "the event's name, a string".into(), None),
    }
    if name.trim().is_empty() {
        return push(&NAME_EMPTY, "the event's name".into(), None);
    }
    if outgoing && name.contains('.') {
        push(&NAME_PERIOD, "a name without a period".into(), None);
    }
    if name.contains(char::is_whitespace) {
        let trimmed = name.trim();
        // The sender must say what is to stand for white space between words.
        let fix = (!trimmed.contains(char::is_whitespace)).then(|| trimmed.to_owned());
        push(&NAME_WHITESPACE, "a name without white space".into(), fix);
    }
    if is_numeric(name.trim()) {
        push(&NAME_NUMERIC, "a name that is not a number".into(), None);
    }
    let length = name.chars().count();
    if length > LONGEST_NAME {
        push(&NAME_TOO_LONG, sanitized!("at most {} characters, here are {}", LONGEST_NAME, length).into(), None);
    } else if let Some(standard) = twin(&name) {
        let fix = Some(Fix::Replace(serde_json::Value::from(standard).to_string()));
        // White space is not only another spelling: the platform takes no such name.
        let severity = if name.contains(char::is_whitespace) { Severity::Error } else { NAME_CASE.severity };
        findings.push(Finding { severity, fix, ..NAME_CASE.at(path(), standard, shown(event, field)) });
    }
}

/// Whether other platforms call by such a name what this one has an identifier for.
fn is_like_identifier(key: &str) -> bool {
    const LIKE: [&str; 7] = ["userid", "uid", "clientid", "memberid", "accountid", "emailaddress", "phone"];
    LIKE.contains(&&*letters(key))
}

/// Whether all of `name` is a number. One that only holds digits (`identify1`) is not, and the platform takes it (the
/// vendor's own sample).
fn is_numeric(name: &str) -> bool {
    let digits = name.strip_prefix(['+', '-']).unwrap_or(name);
    digits.contains(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && digits.matches('.').count() <= 1
}

/// The standard event that `name` is another spelling of.
pub(crate) fn twin(name: &str) -> Option<&'static str> {
    static NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let names = Catalogue::standard().definitions().iter().map(|definition| definition.event_type.as_str());
        names.filter(|name| *name != ANY_EVENT).collect()
    });
    if NAMES.contains(name) { None } else { standard(&letters(name)).filter(|standard| *standard != name) }
}

/// The standard event whose name has those [`letters`].
pub(super) fn standard(letters: &str) -> Option<&'static str> {
    static STANDARD: LazyLock<HashMap<String, &str>> = LazyLock::new(|| {
        let names = Catalogue::standard().definitions().iter().map(|definition| definition.event_type.as_str());
        names.filter(|name| *name != ANY_EVENT).map(|name| (self::letters(name), name)).collect()
    });
    STANDARD.get(letters).copied()
}

/// A name without what is easily changed in it: case, and what stands between its words.
pub(crate) fn letters(name: &str) -> String {
    let counts = |c: &char| !matches!(c, '_' | '-') && !c.is_whitespace();
    if name.is_ascii() {
        let mut letters = String::with_capacity(name.len());
        letters.extend(name.bytes().map(|byte| char::from(byte.to_ascii_lowercase())).filter(counts));
        return letters;
    }
    name.chars().filter(counts).flat_map(char::to_lowercase).collect()
}

fn check_uuid(rule: &'static Rule, event: &Document, field: NodeId, findings: &mut Findings) {
    let text = event.plain(field);
    if is_uuid(&text) {
        return;
    }
    let fix = Uuid::try_parse(&text).ok().map(|uuid| Fix::Replace(format!("\"{uuid}\"")));
    let expected = "a UUID such as 2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c, or no such field";
    findings.push(Finding { fix, ..rule.at(event.path(field), expected, shown(event, field)) });
}

fn check_length(event: &Document, field: NodeId, name: &str, findings: &mut Findings) {
    // Hardly any is so long, and none has more characters than bytes.
    const SHORTEST_LIMIT: usize = 36;
    let text = event.plain(field);
    if text.len() <= SHORTEST_LIMIT {
        return;
    }
    let length = text.chars().count();
    let (most, severity) = match name {
        "customer_id" if length > 128 => (128, Severity::Error),
        "customer_id" if length > 64 => (64, Severity::Note),
        "email" if length > 256 => (256, Severity::Error),
        // Documented as the length that the pixel's cookie has, not as a limit.
        "cookie" if length > 36 => (36, Severity::Warning),
        _ => return,
    };
    let expected = sanitized!("at most {} characters, here are {}", most, length);
    findings.push(Finding { severity, ..IDENTIFIER_TOO_LONG.at(event.path(field), expected, shown(event, field)) });
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::tests::{findings, fixed, of};
    use super::*;

    const RECEIVED: Stage = Stage::Received;
    const OUTGOING: Stage = Stage::Outgoing;

    /// The rules about names that an event with that name breaks.
    fn names(name: &str, stage: Stage) -> Vec<&'static str> {
        let event = serde_json::json!({"event": name, "email": "jane@example.com", "product_id": "1", "quantity": 1});
        let findings = findings(&event.to_string(), stage);
        findings.iter().map(|finding| finding.rule.id).filter(|id| id.starts_with("event-name")).collect()
    }

    #[test]
    fn a_name_is_held_to_the_limits_of_the_platform() {
        let long = "n".repeat(65);
        let cases: [(&str, &[&str]); 20] = [
            ("add_to_cart", &[]),
            ("identify1", &[]),
            ("Gold_Plan", &[]),
            ("custom", &[]),
            ("Custom", &[]),
            ("größe_gewählt", &[]),
            ("", &["event-name-empty"]),
            (" \t", &["event-name-empty"]),
            ("plan.chosen", &["event-name-period"]),
            ("plan chosen", &["event-name-whitespace"]),
            ("plan_chosen\n", &["event-name-whitespace"]),
            ("plan\u{a0}chosen", &["event-name-whitespace"]),
            ("42", &["event-name-numeric"]),
            ("-42", &["event-name-numeric"]),
            ("4.2", &["event-name-numeric"]),
            (&long, &["event-name-too-long"]),
            (&long[1..], &[]),
            ("Add_To_Cart", &["event-name-case"]),
            ("AddToCart", &["event-name-case"]),
            ("page load", &["event-name-case"]),
        ];
        for (name, broken) in cases {
            assert_eq!(names(name, OUTGOING), broken, "{name:?}");
        }
        for name in ["back_in_stock.view", "price_change.add_to_cart"] {
            assert_eq!(names(name, RECEIVED), [""; 0], "the platform's own {name}");
        }
        assert_eq!(names("plan chosen", RECEIVED), ["event-name-whitespace"]);
    }

    #[test]
    fn a_name_is_set_right_only_where_it_is_clear_what_is_meant() {
        let cases = [
            (r#"{"event":"Add-To-Cart","email":"a@b.example"}"#, "event-name-case", Some(r#""add_to_cart""#)),
            (r#"{"event":" plan\n","email":"a@b.example"}"#, "event-name-whitespace", Some(r#""plan""#)),
            (r#"{"event":"gold plan","email":"a@b.example"}"#, "event-name-whitespace", None),
            (r#"{"event":"a.b","email":"a@b.example"}"#, "event-name-period", None),
        ];
        for (event, rule, fix) in cases {
            assert_eq!(fixed(event, rule).as_deref(), fix, "{event}");
        }
    }

    #[test]
    fn a_name_that_is_no_text_is_no_name() {
        let cases = [
            (r#"{"email":"a@b.example"}"#, "event-name-missing", ""),
            (r#"{"event":null,"email":"a@b.example"}"#, "event-name-missing", ""),
            (r#"{"event":true,"email":"a@b.example"}"#, "event-name-missing", "/event"),
            (r#"{"event":{"name":"x"},"email":"a@b.example"}"#, "event-name-missing", "/event"),
            (r#"{"event":7,"email":"a@b.example"}"#, "event-name-numeric", "/event"),
        ];
        for (event, rule, pointer) in cases {
            let found = of(event, OUTGOING, rule);
            assert_eq!(found.iter().map(|finding| finding.path.pointer()).collect::<Vec<_>>(), [pointer], "{event}");
        }
        assert!(of(r#"{"action":"custom_event","email":"a@b.example"}"#, RECEIVED, "event-name-missing").is_empty());
    }

    #[test]
    fn a_customer_must_be_named_by_something() {
        let cases: [(&str, &[&str]); 11] = [
            (r#"{"event":"x","_bsft_source":"segment.com"}"#, &[]),
            (r#"{"event":"x","url":"https://shop.example.com/"}"#, &["identifier-missing"]),
            (r#"{"event":"x","customer_id":812123}"#, &[]),
            (r#"{"event":"x","cookie":"c67dca9f-6a3c-4f0e-9b0a-0d1f9be3a8d2"}"#, &[]),
            (r#"{"event":"x","group_id":"g"}"#, &[]),
            (r#"{"event":"x"}"#, &["identifier-missing"]),
            (r#"{"event":"x","user":{"email":"a@b.example"}}"#, &["identifier-missing"]),
            (r#"{"event":"x","mail":"a@b.example"}"#, &["identifier-missing"]),
            (r#"{"event":"x","customer_id":null}"#, &["identifier-missing"]),
            (r#"{"event":"x","customer_id":" "}"#, &["identifier-empty"]),
            (r#"{"event":"x","customer_id":"","device_id":"d"}"#, &["identifier-empty"]),
        ];
        for (event, broken) in cases {
            let mut ids: Vec<_> = findings(event, OUTGOING).iter().map(|finding| finding.rule.id).collect();
            ids.retain(|id| id.starts_with("identifier"));
            ids.sort_unstable();
            assert_eq!(ids, broken, "{event}");
        }
        let received = r#"{"event":"x","user_uuid":"2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c"}"#;
        assert!(of(received, RECEIVED, "identifier-missing").is_empty());
        assert!(of(r#"{"event":"x","user_uuid":""}"#, RECEIVED, "identifier-empty").is_empty());
    }

    #[test]
    fn an_identifier_is_as_long_as_the_platform_keeps_it() {
        let cases = [
            ("customer_id", 64, None),
            ("customer_id", 65, Some(Severity::Note)),
            ("customer_id", 128, Some(Severity::Note)),
            ("customer_id", 129, Some(Severity::Error)),
            ("email", 256, None),
            ("email", 257, Some(Severity::Error)),
            ("cookie", 36, None),
            ("cookie", 37, Some(Severity::Warning)),
            ("device_id", 500, None),
        ];
        for (name, length, severity) in cases {
            // Characters count, not bytes.
            let event = serde_json::json!({"event": "x", name: "é".repeat(length)}).to_string();
            let found = of(&event, OUTGOING, "identifier-too-long");
            assert_eq!(found.first().map(|finding| finding.severity), severity, "{name} of {length}");
            assert!(
                found.iter().all(|finding| finding.found.words().to_string().chars().count() <= 60),
                "{name} is shown short"
            );
        }
    }

    #[test]
    fn what_other_platforms_call_a_customer_or_an_event_is_pointed_at() {
        let found = |event: &str, rule: &str| {
            of(event, OUTGOING, rule).into_iter().next().map(|it| (it.found.words().to_string(), it.fix))
        };
        let missing = |event: &str| found(event, "identifier-missing").map(|(found, _)| found);
        assert_eq!(missing(r#"{"event":"x","userId":"7"}"#).as_deref(), Some("none of them, but userId"));
        assert_eq!(missing(r#"{"event":"x","course":"7"}"#).as_deref(), Some("none of them"));
        let long = format!(r#"{{"event":"x","user{}id":"7"}}"#, "_".repeat(100_000));
        assert!(missing(&long).is_some_and(|found| found.chars().count() < 100), "however long it is");
        let named = found(r#"{"eventName":"x","cookie":"c"}"#, "event-name-missing");
        assert_eq!(named, Some(("\"x\"".to_owned(), Some(Fix::Rename("event".to_owned())))));
        let severity = |name: &str| {
            let event = format!(r#"{{"event":"{name}","cookie":"c","sku":"1"}}"#);
            of(&event, OUTGOING, "event-name-case").first().map(|finding| finding.severity)
        };
        assert_eq!((severity("View"), severity("view ")), (Some(Severity::Warning), Some(Severity::Error)));
    }

    #[test]
    fn an_event_uuid_is_spelled_as_the_rfc_spells_it() {
        let right = "2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c";
        let fix = format!("\"{right}\"");
        let cases = [
            (right, None),
            ("2F1D6A52-6F0E-4C55-8E57-1F9B6A1F0D3C", None),
            ("2f1d6a526f0e4c558e571f9b6a1f0d3c", Some(Some(&fix))),
            ("{2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c}", Some(Some(&fix))),
            ("", Some(None)),
            ("order-17", Some(None)),
        ];
        for (uuid, found) in cases {
            let event = serde_json::json!({"event": "x", "email": "a@b.example", "event_uuid": uuid}).to_string();
            assert_eq!(of(&event, OUTGOING, "event-uuid-format").len(), usize::from(found.is_some()), "{uuid}");
            assert_eq!(fixed(&event, "event-uuid-format").as_ref(), found.flatten(), "{uuid}");
            assert_eq!(
                of(&event, RECEIVED, "event-uuid-format").len(),
                usize::from(found.is_some()),
                "{uuid} received"
            );
        }
    }

    #[test]
    fn names_of_the_platform_are_not_for_sending() {
        let event = r#"{"event":"x","email":"a@b.example","_bsft_ts":1,"_bsft_source":"segment.com",
            "_bsft_high_priority":true,"bsft_x":1,"in":{"_bsft_y":1}}"#;
        let found = of(event, OUTGOING, "reserved-name");
        assert_eq!(found.iter().map(|finding| finding.path.pointer()).collect::<Vec<_>>(), ["/_bsft_ts"]);
        assert_eq!(found.first().unwrap().fix, Some(Fix::Remove));
        assert!(of(event, RECEIVED, "reserved-name").is_empty());
    }
}
