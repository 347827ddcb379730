//! Identifiers that stand for nobody, or for everybody: what forms, tests and spreadsheets put in the place of one.

use uuid::Uuid;

use super::{Expected, Finding, Findings, Fix, LintContext, Mended, Rule, Severity, Stage, shown};
use crate::event::text::trimmed;
use crate::event::{Document, NodeKind, sanitized};

const DOCUMENTATION: &str = "https://help.blueshift.com/hc/en-us/articles/6479978144275";

static NOBODY: Rule = Rule {
    id: "identifier-of-nobody",
    severity: Severity::Error,
    title: "an identifier that stands for nobody",
    why: "All that carry the same identifier become one profile: with guest, 0 or an address for tests, the events of many \
          people are joined, and cannot be parted again. Words that a test may mean are a warning.",
    documentation: DOCUMENTATION,
    bad: r#"{"event":"plan_chosen","customer_id":"guest"}"#,
    good: r#"{"event":"plan_chosen","cookie":"c67dca9f-6a3c-4f0e-9b0a-0d1f9be3a8d2"}"#,
};

static ROUNDED: Rule = Rule {
    id: "identifier-rounded",
    severity: Severity::Error,
    title: "an identifier that a spreadsheet has rewritten",
    why: "Spreadsheets and data frames make 1.23457E+11 or 20417.0 of a number: the first stands for many customers, the \
          second is another identifier than 20417.",
    documentation: DOCUMENTATION,
    bad: r#"{"event":"plan_chosen","customer_id":"1.23457E+11"}"#,
    good: r#"{"event":"plan_chosen","customer_id":"123457012345"}"#,
};

pub(super) const RULES: &[&Rule] = &[&NOBODY, &ROUNDED];

pub(super) fn check(event: &Document, context: LintContext, findings: &mut Findings) {
    for (name, field) in event.identifier_fields() {
        // What the platform itself gives is one.
        let is_platforms = context.stage == Stage::Received && name == "user_uuid";
        let kind = event.get(field).map(|node| node.kind);
        if is_platforms || !matches!(kind, Some(NodeKind::String | NodeKind::Number)) {
            continue;
        }
        let text = event.plain(field);
        let text = trimmed(&text);
        if let Some(whole) = rewritten(name, text) {
            let fix = whole.known().map(|whole| Fix::Replace(serde_json::Value::from(whole).to_string()));
            let expected = "the identifier as it was before a spreadsheet read it";
            findings.push(Finding { fix, ..ROUNDED.at(event.path(field), expected, shown(event, field)) });
        } else if let Some((severity, expected)) = nobody(name, text) {
            findings.push(Finding { severity, ..NOBODY.at(event.path(field), expected, shown(event, field)) });
        }
    }
}

/// The identifier that a number of a spreadsheet was.
fn rewritten(name: &str, text: &str) -> Option<Mended> {
    if !matches!(name, "customer_id" | "phone_number" | "device_id") || !text.starts_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    if let Some((mantissa, exponent)) = text.split_once(['E', 'e']) {
        let exponent = exponent.strip_prefix('+')?;
        let is_number = mantissa.contains('.')
            && mantissa.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && !exponent.is_empty()
            && exponent.bytes().all(|byte| byte.is_ascii_digit());
        return is_number.then_some(Mended::Unknown);
    }
    let whole = text.strip_suffix(".0")?;
    whole.bytes().all(|byte| byte.is_ascii_digit()).then(|| Mended::As(whole.to_owned()))
}

/// That an identifier stands for nobody, and how bad that is.
fn nobody(name: &str, text: &str) -> Option<(Severity, Expected)> {
    let word = "an identifier of one customer, or no such field where the customer is not known";
    if name == "group_id" {
        return None;
    }
    if name == "email" {
        return is_made_up(text).map(|severity| (severity, "an address of the customer, or no such field".into()));
    }
    if text.len() == 36 && Uuid::try_parse(text).is_ok_and(|uuid| uuid.is_nil() || uuid.is_max()) {
        return Some((
            Severity::Error,
            "a UUID of one customer or device: this one is what programs have for none".into(),
        ));
    }
    if name == "device_id" && is_devices(text) {
        return Some((Severity::Error, sanitized!("an id of one device: many devices give this one").into()));
    }
    if name == "phone_number" {
        let digits = text.trim_start_matches('+').as_bytes();
        let alike = digits.windows(2).all(|pair| pair.first() == pair.last());
        let counted = matches!(digits, b"1234567890" | b"11234567890" | b"0123456789" | b"123456789");
        return (digits.len() >= 6 && (alike || counted))
            .then(|| (Severity::Error, "a number of the customer, or no such field".into()));
    }
    let zeros = text.bytes().all(|byte| matches!(byte, b'0' | b'-')) && text.contains('0');
    if zeros || matches!(text, "-1" | "-999" | "-" | "--" | "?" | "." | "*" | "1e0") {
        return Some((Severity::Error, word.into()));
    }
    if text.len() > 24 || text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    severity_of_word(&text.to_lowercase().replace([' ', '-'], "_")).map(|severity| (severity, word.into()))
}

/// Words that stand for whoever is not known, in small letters.
fn severity_of_word(word: &str) -> Option<Severity> {
    match word {
        "guest"
        | "guest_user"
        | "guestuser"
        | "unknown"
        | "anonymous"
        | "anonym"
        | "anon"
        | "anonymous_user"
        | "nobody"
        | "none"
        | "no"
        | "false"
        | "true"
        | "not_logged_in"
        | "notloggedin"
        | "logged_out"
        | "loggedout"
        | "not_set"
        | "unset"
        | "empty"
        | "default"
        | "visitor"
        | "user"
        | "customer"
        | "string"
        | "id"
        | "gast"
        | "unbekannt"
        | "invité"
        | "invite"
        | "anonyme"
        | "inconnu"
        | "invitado"
        | "desconocido"
        | "anónimo"
        | "anonimo"
        | "ospite"
        | "sconosciuto"
        | "convidado"
        | "desconhecido"
        | "gość"
        | "nieznany"
        | "гость"
        | "аноним"
        | "неизвестно"
        | "ゲスト"
        | "匿名"
        | "不明"
        | "游客"
        | "未知"
        | "访客" => Some(Severity::Error),
        "test" | "tester" | "testing" | "test_user" | "testuser" | "test1" | "test123" | "dummy" | "temp"
        | "sample" | "example" | "admin" | "asdf" | "abc" | "abc123" | "foo" | "xxx" => Some(Severity::Warning),
        _ => None,
    }
}

/// Whether many devices give that id: emulators and broken builds of Android, and what it says in place of an address.
fn is_devices(text: &str) -> bool {
    matches!(
        text,
        "9774d56d682e549c" | "02:00:00:00:00:00" | "00:00:00:00:00:00" | "000000000000000" | "004999010640000"
    )
}

/// Whether an address was made up to fill a form: its name and its domain are both words for that, or nobody reads it.
fn is_made_up(text: &str) -> Option<Severity> {
    let (name, domain) = text.split_once('@')?;
    // No word of these is longer.
    if name.len() > 12 {
        return None;
    }
    let (name, domain) = (name.to_ascii_lowercase(), domain.to_ascii_lowercase());
    let (host, top) = domain.split_once('.')?;
    // These are set aside for tests, and whoever uses them knows.
    if matches!(top, "test" | "invalid" | "example") || host == "example" {
        return None;
    }
    let name_is = |names: &[&str]| names.contains(&&*name);
    let none = [
        "no",
        "none",
        "noemail",
        "no-email",
        "nomail",
        "na",
        "unknown",
        "guest",
        "anonymous",
        "nobody",
        "null",
        "undefined",
    ];
    let tests = [
        "test", "tester", "testing", "test1", "test123", "a", "aa", "aaa", "abc", "asdf", "dummy", "fake", "sample",
        "user", "email", "x",
    ];
    let hosts = [
        "test", "testing", "none", "noemail", "nomail", "asdf", "abc", "a", "aa", "fake", "dummy", "domain", "email",
        "x", "xxx", "null", "nowhere",
    ];
    let is_answered_by_none = ["noreply", "no-reply", "donotreply", "do-not-reply"];
    if name_is(&none) || name_is(&is_answered_by_none) || name_is(&tests) && hosts.contains(&host) {
        let severity = if name_is(&tests) { Severity::Warning } else { Severity::Error };
        return Some(severity);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests::of;
    use super::*;

    #[test]
    fn nobody_is_known_by_what_senders_write_for_it() {
        use Severity::{Error, Warning};
        let cases = [
            ("a checkout without an account", "customer_id", r#""guest""#, Some(Error)),
            ("a database", "customer_id", "0", Some(Error)),
            ("a database", "customer_id", r#""-1""#, Some(Error)),
            ("a shop", "customer_id", r#""Unknown""#, Some(Error)),
            ("a shop", "customer_id", r#""Not logged in""#, Some(Error)),
            ("a German shop", "customer_id", r#""Gast""#, Some(Error)),
            ("a Japanese shop", "customer_id", r#""ゲスト""#, Some(Error)),
            ("a service", "customer_id", r#""00000000-0000-0000-0000-000000000000""#, Some(Error)),
            ("an app without consent", "device_id", r#""00000000-0000-0000-0000-000000000000""#, Some(Error)),
            ("an emulator", "device_id", r#""9774d56d682e549c""#, Some(Error)),
            ("a form", "email", r#""test@test.com""#, Some(Warning)),
            ("a till", "email", r#""noemail@shop.co.uk""#, Some(Error)),
            ("a till", "phone_number", r#""+1111111111""#, Some(Error)),
            ("a test", "customer_id", r#""test""#, Some(Warning)),
            ("a shop", "customer_id", r#""10""#, None),
            ("a shop", "customer_id", "1", None),
            ("a shop", "customer_id", r#""guest-20417""#, None),
            ("a shop", "email", r#""test@harbour-coffee.com""#, None),
            ("the documentation", "email", r#""test@example.com""#, None),
            ("a shop", "group_id", r#""default""#, None),
            ("a shop", "phone_number", r#""+4915112345678""#, None),
        ];
        for (sender, name, json, severity) in cases {
            let event = format!(r#"{{"event":"x","{name}":{json}}}"#);
            let found = of(&event, Stage::Outgoing, "identifier-of-nobody");
            assert_eq!(found.first().map(|it| it.severity), severity, "{sender}: {event}");
        }
    }

    #[test]
    fn what_a_spreadsheet_made_of_an_identifier_is_known() {
        let fix = |json: &str| {
            let event = format!(r#"{{"event":"x","customer_id":{json}}}"#);
            let found = of(&event, Stage::Outgoing, "identifier-rounded");
            found.into_iter().next().map(|it| it.fix)
        };
        assert_eq!(fix(r#""1.23457E+11""#), Some(None));
        assert_eq!(fix("1.23457e+11"), Some(None));
        assert_eq!(fix("20417.0"), Some(Some(Fix::Replace("\"20417\"".into()))));
        for json in [r#""12E45""#, r#""1.2.0""#, "20417", r#""20417.05""#, r#""3e8f.1""#] {
            assert_eq!(fix(json), None, "{json}");
        }
    }
}
