//! What must not be in an event at all: card numbers, passwords, keys and tokens, account numbers, and persons in URLs.
//!
//! A finding never shows the secret itself: it ends up in logs and reports.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::limits::letters;
use super::values::{is_address, is_uuid};
use super::{Actual, Finding, Findings, Fix, LintContext, Rule, Severity};
use crate::event::text::sanitize;
use crate::event::{ByName, Characters, Document, NodeId, NodeKind, Origin, sanitized};
use crate::lint::Stage;

static CARD: Rule = Rule {
    id: "card-number",
    severity: Severity::Error,
    title: "a payment card in an event",
    why: "Card numbers and security codes may only be where the rules of the card schemes (PCI DSS) are kept: events are \
          shown, exported and put into messages, so take it out and have what was sent deleted.",
    documentation: "",
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","payment":"4111 1111 1111 1111"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","payment":"visa","card_last4":"1111"}"#,
};

static SECRET: Rule = Rule {
    id: "secret",
    severity: Severity::Error,
    title: "a password, key or token in an event",
    why: "Whoever can read events can use it: take it out, and change it, as it is known to others now.",
    documentation: "",
    bad: r#"{"event":"signed_up","email":"jane@example.com","password":"correct horse"}"#,
    good: r#"{"event":"signed_up","email":"jane@example.com"}"#,
};

static IBAN: Rule = Rule {
    id: "bank-account",
    severity: Severity::Error,
    title: "a bank account in an event",
    why: "Its check digits are those of an IBAN: account numbers are for payments, and nothing in a campaign needs one.",
    documentation: "",
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","account":"DE89 3704 0044 0532 0130 00"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com"}"#,
};

static IN_URL: Rule = Rule {
    id: "url-personal",
    severity: Severity::Warning,
    title: "a person or a key in a URL",
    why: "URLs end up in reports, in logs and in the referrer that other sites see: an address or a token in one is passed \
          on to all of them. A password or an access token is an error.",
    documentation: "",
    bad: r#"{"event":"pageload","email":"jane@example.com","url":"https://shop.example.com/reset?email=jane%40example.com"}"#,
    good: r#"{"event":"pageload","email":"jane@example.com","url":"https://shop.example.com/reset"}"#,
};

pub(super) const RULES: &[&Rule] = &[&CARD, &SECRET, &IBAN, &IN_URL];

pub(super) fn check(event: &Document, context: LintContext, findings: &mut Findings) {
    let mut platforms = false;
    for id in event.ids() {
        let Some(node) = event.get(id) else { continue };
        if node.depth == 1 {
            platforms = context.stage == Stage::Received && event.origin(id) == Origin::Platform;
        }
        let text = event.text(id);
        let told = match node.kind {
            _ if platforms => None,
            // No shorter text is one, with its quotes.
            NodeKind::String if text.len() >= 5 => in_text(event, id, text),
            NodeKind::Number if text.len() >= 3 => in_number(event, id, text),
            _ => None,
        };
        if let Some(Told { rule, severity, expected, found, whole }) = told {
            findings.tell(rule, || Finding {
                severity,
                fix: whole.then_some(Fix::Remove).filter(|_| event.key(id).is_some()),
                ..rule.at(event.path(id), expected, found)
            });
        }
    }
}

struct Told {
    rule: &'static Rule,
    severity: Severity,
    expected: &'static str,
    found: Actual,
    /// Whether the field holds nothing else.
    whole: bool,
}

fn told(rule: &'static Rule, expected: &'static str, found: impl Into<Actual>, whole: bool) -> Told {
    Told { rule, severity: rule.severity, expected, found: found.into(), whole }
}

const NONE: &str = "no such field";

fn in_text(event: &Document, id: NodeId, json: &str) -> Option<Told> {
    if let Some(what) = event.by_key(id, &SECRETS, secret_name).flatten() {
        let text = event.plain(id);
        let is_hidden = text.chars().all(|c| matches!(c, '*' | '•' | 'x' | 'X' | '.' | '-' | '#'));
        let is_answer = matches!(&*text, "true" | "false" | "yes" | "no" | "null" | "undefined" | "none");
        let is_code = what != CODE || (3..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_hidden && !is_answer && is_code && !super::missing::is_no_value(&text, event.characters(id)) {
            return Some(told(if what == CODE { &CARD } else { &SECRET }, NONE, what, true));
        }
    }
    let inner = json.get(1..json.len() - 1).unwrap_or_default();
    // No shorter text is any of these, and no UUID.
    if inner.len() < 15 || is_uuid(inner) {
        return None;
    }
    if inner.starts_with("http") {
        return if inner.contains(['?', '#', '@']) { in_url(&event.plain(id)) } else { None };
    }
    let has_digits = event.characters(id).may_have(Characters::DIGIT);
    let digits: usize = if has_digits { inner.bytes().map(|byte| usize::from(byte.is_ascii_digit())).sum() } else { 0 };
    if digits >= 15
        && let Some(card) = card(&event.key(id).unwrap_or_default(), inner)
    {
        let found =
            sanitized!("a card number that ends in {}", sanitize(card.get(card.len() - 4..).unwrap_or_default()));
        return Some(told(&CARD, NONE, Actual::Text(found), card.len() + 8 >= inner.len()));
    }
    if digits >= 10 && is_iban(inner) {
        return Some(told(&IBAN, NONE, "an IBAN", true));
    }
    if let Some(what) = token(inner) {
        return Some(told(&SECRET, NONE, what, true));
    }
    None
}

/// What the fields of a name hold, when that is a secret.
static SECRETS: ByName<Option<&'static str>> = ByName::new();

fn in_number(event: &Document, id: NodeId, digits: &str) -> Option<Told> {
    if digits.len() > 19 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if (3..=4).contains(&digits.len()) && event.by_key(id, &SECRETS, secret_name).flatten() == Some(CODE) {
        return Some(told(&CARD, NONE, CODE, true));
    }
    let card = card(&event.key(id)?, digits)?;
    let found = sanitized!("a card number that ends in {}", sanitize(card.get(card.len() - 4..).unwrap_or_default()));
    Some(told(&CARD, NONE, Actual::Text(found), true))
}

const CODE: &str = "the security code of a card";
const PASSWORD: &str = "a password";
const KEY: &str = "a key or a token";

/// The letters of names of passwords.
const PASSWORDS: [&str; 9] = [
    "contraseña",
    "kennwort",
    "motdepasse",
    "passphrase",
    "passwd",
    "password",
    "passwordconfirmation",
    "passwort",
    "pwd",
];

/// The same of keys and tokens.
const KEYS: [&str; 16] = [
    "accesstoken",
    "apikey",
    "apisecret",
    "authtoken",
    "bearertoken",
    "clientsecret",
    "idtoken",
    "privatekey",
    "refreshtoken",
    "resettoken",
    "secretkey",
    "sessiontoken",
    "authorization",
    "jwt",
    "xapikey",
    "writekey",
];

/// The same of the security codes of cards.
const CODES: [&str; 7] = ["cardcvc", "cardcvv", "cvc", "cvc2", "cvv", "cvv2", "cardsecuritycode"];

/// Numbers that everybody knows from documentation: each is a card under any name.
const SAMPLES: [&str; 6] = [
    "4111111111111111",
    "4242424242424242",
    "5555555555554444",
    "378282246310005",
    "6011111111111117",
    "4012888888881881",
];

/// What a field of that name holds, when it is a secret.
fn secret_name(key: &str) -> Option<&'static str> {
    // The last letter of each of the names tells most others off.
    let last = key.bytes().next_back()?.to_ascii_lowercase();
    if !matches!(last, b'a' | b'b' | b'c' | b'd' | b'e' | b'k' | b'n' | b'r' | b's' | b't' | b'v' | b'w' | b'y' | b'2')
    {
        return None;
    }
    if key.len() > 40 {
        return None;
    }
    let name = letters(key);
    let is_or_ends = |known: &&str| name == **known || known.len() > 5 && name.ends_with(*known);
    if PASSWORDS.iter().any(is_or_ends) {
        Some(PASSWORD)
    } else if KEYS.iter().any(|known| is_or_ends(known) && begins_a_word(key, known)) {
        Some(KEY)
    } else {
        CODES.contains(&&*name).then_some(CODE)
    }
}

/// Whether the end of a name that has these letters begins with a word of it: an `android_token` is no id token.
fn begins_a_word(key: &str, letters: &str) -> bool {
    let counts = |(_, c): &(usize, char)| c.is_alphanumeric();
    let Some((start, first)) = key.char_indices().rev().filter(counts).nth(letters.chars().count() - 1) else {
        return false;
    };
    let before = key.get(..start).and_then(|before| before.chars().next_back());
    before.is_none_or(|before| !before.is_alphanumeric() || first.is_uppercase() && !before.is_uppercase())
}

/// The card number in a text: in groups of four wherever it stands, or bare where the name of the field says that it may
/// be one. Of bare numbers one of ten has right check digits by chance, so what is called an id, a code or a number is not
/// taken for a card.
fn card(key: &str, text: &str) -> Option<String> {
    let is_bare = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_bare {
        if !is_card(text) {
            return None;
        }
        let name = letters(key);
        let may_be =
            name.contains("card") || name.contains("payment") || matches!(&*name, "pan" | "cc" | "ccnumber" | "ccnum");
        let is_other = ["gift", "loyalty", "member", "bonus"].iter().any(|word| name.contains(word));
        return (may_be && !is_other || SAMPLES.contains(&text)).then(|| text.to_owned());
    }
    groups(text)
}

/// A card number in groups, `4111 1111 1111 1111` or with hyphens.
fn groups(text: &str) -> Option<String> {
    const FORMS: [&[usize]; 2] = [&[4, 4, 4, 4], &[4, 6, 5]];
    let is_gap = |byte: u8| matches!(byte, b' ' | b'-');
    let is_other = |byte: &u8| !byte.is_ascii_digit() && !is_gap(*byte);
    // Dates and UUIDs have digits enough, and none so many on end.
    if text.as_bytes().split(is_other).all(|run| run.len() < 15) {
        return None;
    }
    let mut from = 0;
    while let Some(start) = text.bytes().skip(from).position(|byte| byte.is_ascii_digit()).map(|at| at + from) {
        let run = text.bytes().skip(start).take_while(|byte| byte.is_ascii_digit() || is_gap(*byte)).count();
        let run_text = text.get(start..start + run).unwrap_or_default().trim_end_matches([' ', '-']);
        if (15..=40).contains(&run_text.len()) {
            let parts: Vec<&str> = run_text.split([' ', '-']).collect();
            for form in FORMS {
                let is_alike = |parts: &&[&str]| parts.iter().zip(form).all(|(part, length)| part.len() == *length);
                let mut alike = parts.windows(form.len()).filter(is_alike).map(<[&str]>::concat);
                if let Some(digits) = alike.find(|digits| is_card(digits)) {
                    return Some(digits);
                }
            }
        }
        from = start + run.max(1);
    }
    None
}

/// Whether it is the number of a card: the beginning and the length of a scheme, and right check digits (Luhn).
fn is_card(digits: &str) -> bool {
    let begins = |from: usize, to: usize, length: usize| {
        let number: Option<usize> = digits.get(..length).and_then(|part| part.parse().ok());
        number.is_some_and(|number| (from..=to).contains(&number))
    };
    let is_of_scheme = match digits.len() {
        13 | 19 => begins(4, 4, 1) && digits.len() == 19,
        14 => begins(300, 305, 3) || begins(36, 36, 2) || begins(38, 39, 2),
        15 => begins(34, 34, 2) || begins(37, 37, 2),
        16 => {
            begins(4, 4, 1)
                || begins(51, 55, 2)
                || begins(2221, 2720, 4)
                || begins(6011, 6011, 4)
                || begins(644, 659, 3)
                || begins(3528, 3589, 4)
                || begins(62, 62, 2)
        }
        _ => false,
    };
    is_of_scheme && luhn(digits)
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0');
            if at % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10) && digits.bytes().any(|byte| byte != b'0')
}

/// Whether a text is an IBAN: two letters of a country that has them, its length, and the remainder by 97.
fn is_iban(text: &str) -> bool {
    const LENGTHS: [(&[u8; 2], usize); 38] = [
        (b"AD", 24),
        (b"AE", 23),
        (b"AT", 20),
        (b"BE", 16),
        (b"BG", 22),
        (b"BR", 29),
        (b"CH", 21),
        (b"CY", 28),
        (b"CZ", 24),
        (b"DE", 22),
        (b"DK", 18),
        (b"EE", 20),
        (b"ES", 24),
        (b"FI", 18),
        (b"FR", 27),
        (b"GB", 22),
        (b"GR", 27),
        (b"HR", 21),
        (b"HU", 28),
        (b"IE", 22),
        (b"IL", 23),
        (b"IS", 26),
        (b"IT", 27),
        (b"LI", 21),
        (b"LT", 20),
        (b"LU", 20),
        (b"LV", 21),
        (b"MC", 27),
        (b"MT", 31),
        (b"NL", 18),
        (b"NO", 15),
        (b"PL", 28),
        (b"PT", 25),
        (b"RO", 24),
        (b"SA", 24),
        (b"SE", 24),
        (b"SI", 19),
        (b"TR", 26),
    ];
    let mut country = text.bytes().take(2);
    let (Some(first), Some(second)) = (country.next(), country.next()) else { return false };
    let country = [first.to_ascii_uppercase(), second.to_ascii_uppercase()];
    let Some((_, length)) = LENGTHS.iter().find(|(known, _)| **known == country) else { return false };
    if text.len() > length + length / 4 + 1 {
        return false;
    }
    let characters: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').map(|byte| byte.to_ascii_uppercase()).collect();
    let is_alike = characters.len() == *length
        && characters.iter().all(u8::is_ascii_alphanumeric)
        && characters.iter().skip(2).take(2).all(u8::is_ascii_digit);
    let moved = characters.iter().skip(4).chain(characters.iter().take(4));
    is_alike
        && moved.fold(0_u32, |rest, byte| match byte {
            b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
            _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
        }) == 1
}

/// What kind of key or token a text is, where its form says so.
fn token(text: &str) -> Option<&'static str> {
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| text.starts_with(beginning));
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    match text.bytes().next()? {
        b'e' if begins(&["eyJ"]) && is_jwt(text) => Some("a JSON Web Token"),
        b'A' if text.len() == 20 && begins(&["AKIA", "ASIA"]) && is_word(text) => Some("a key of AWS"),
        b'A' if text.len() == 39 && begins(&["AIza"]) && is_word(text) => Some("a key of Google"),
        b'g' if text.len() >= 30 && begins(&["ghp_", "gho_", "ghs_", "github_pat_", "glpat-"]) && is_word(text) => {
            Some("a token of GitHub")
        }
        b's' | b'r' if text.len() >= 20 && begins(&["sk_live_", "sk_test_", "rk_live_"]) && is_word(text) => {
            Some("a key of Stripe")
        }
        b'x' if text.len() >= 20 && begins(&["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-"]) && is_word(text) => {
            Some("a token of Slack")
        }
        b'-' if begins(&["-----BEGIN "]) && text.contains("PRIVATE KEY-----") => Some("a private key"),
        b'$' if text.len() >= 50 && begins(&["$2a$", "$2b$", "$2y$", "$argon2", "$6$", "$5$"]) => {
            Some("the hash of a password")
        }
        b'B' | b'b' => {
            let (scheme, rest) = text.split_once(' ')?;
            if scheme.eq_ignore_ascii_case("bearer") {
                return (rest.len() >= 16 && !rest.contains(' ')).then_some("a bearer token");
            }
            let basic = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(rest).ok()).flatten()?;
            basic.contains(&b':').then_some("a user's name and password")
        }
        _ => None,
    }
}

/// Three parts with dots between them, the first of which says how it is signed.
fn is_jwt(text: &str) -> bool {
    let mut parts = text.split('.');
    let (Some(head), Some(body), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let is_object = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        Some(
            bytes.first() == Some(&b'{')
                && bytes.last() == Some(&b'}')
                && (part != head || bytes.windows(3).any(|it| it == b"alg")),
        )
    };
    is_object(head) == Some(true) && body.starts_with("ey")
}

/// A person or a secret in the parts of a URL that say something.
fn in_url(url: &str) -> Option<Told> {
    let (scheme, rest) = url.split_once("://")?;
    if scheme.len() > 5 {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let error = |found: &'static str| {
        Some(Told { severity: Severity::Error, ..told(&IN_URL, "a URL without it", found, false) })
    };
    if authority.split_once('@').is_some_and(|(user, _)| user.contains(':')) {
        return error("a user's name and password in it");
    }
    let query = rest.get(rest.find(['?', '#'])? + 1..)?;
    for pair in query.split(['&', '#', ';', '?']) {
        let Some((name, value)) = pair.split_once('=').filter(|(_, value)| value.len() >= 6) else { continue };
        if value.contains('@') || value.contains("%40") {
            let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
            if is_address(value.trim()) {
                return Some(told(&IN_URL, "a URL without it", "an address in it", false));
            }
        }
        if is_jwt(value) {
            return error("a JSON Web Token in it");
        }
        match secret_name(name) {
            Some(PASSWORD) => return error("a password in it"),
            Some(_) => return error("a key or a token in it"),
            None => {}
        }
        if value.len() >= 16
            && matches!(name, "token" | "sid" | "session_id" | "sessionid" | "PHPSESSID" | "jsessionid" | "auth")
        {
            return Some(told(&IN_URL, "a URL without it", "a token in it", false));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests::of;
    use super::*;

    /// How bad it is that a field holds that, if it is a finding of the rule.
    fn found(rule: &str, key: &str, json: &str) -> Option<Severity> {
        let event = format!(r#"{{"event":"x","cookie":"c","{key}":{json}}}"#);
        let found = of(&event, Stage::Outgoing, rule);
        let secret = json.trim_matches('"');
        assert!(found.iter().all(|it| !it.sentence().contains(secret)), "{event} is not to be told");
        found.first().map(|it| it.severity)
    }

    #[test]
    fn secrets_are_known_by_their_names_their_forms_and_their_check_digits() {
        // The rule, the sender of whom it was seen or is known, the field, and what is in it.
        let cases = [
            ("card-number", "a shop's checkout form", "payment", r#""4111 1111 1111 1111""#),
            ("card-number", "a call centre", "comment", r#""paid by 5555-5555-5555-4444 today""#),
            ("card-number", "Amex", "note", r#""3782 822463 10005""#),
            ("card-number", "a shop's own field", "card_number", "4012888888881881"),
            ("card-number", "a test card", "x", r#""4242424242424242""#),
            ("card-number", "a payment page", "cvv", r#""123""#),
            ("card-number", "a payment page", "cvc", "123"),
            ("secret", "a form that sends all its fields", "password", r#""correct horse""#),
            ("secret", "the same in camel case", "userPassword", r#""hunter2""#),
            ("secret", "a German form", "passwort", r#""geheim12""#),
            ("secret", "an app", "access_token", r#""ya29.a0AfB""#),
            ("secret", "an app", "auth_token", r#""8f14e45f""#),
            ("secret", "an app in camel case", "googleIdToken", r#""8f14e45f""#),
            ("secret", "a form without capitals", "newpassword", r#""hunter22""#),
            ("secret", "a Segment envelope", "writeKey", r#""8f14e45fceea167a""#),
            ("secret", "an app", "session", r#""eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI4MTIxMjMifQ.c2lnbmF0dXJl""#),
            ("secret", "a server", "header", r#""Bearer 8f14e45fceea167a5a36dedd4bea2543""#),
            ("secret", "a server", "header", r#""Basic amFuZTpzZWNyZXQ=""#),
            ("secret", "a server", "credentials_of", r#""AKIAIOSFODNN7EXAMPLE""#),
            ("secret", "a database", "hash", r#""$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234""#),
            ("bank-account", "a direct debit form", "account", r#""DE89370400440532013000""#),
            ("bank-account", "a direct debit form", "konto", r#""GB82 WEST 1234 5698 7654 32""#),
            ("url-personal", "a page of a newsletter", "url", r#""https://a.example/u?e=jane%40example.com""#),
            ("url-personal", "an app's link", "deep_link", r#""https://a.example/#access_token=ya29a0AfB""#),
            ("url-personal", "a login page", "referrer", r#""https://a.example/?user=jane&password=hunter2""#),
            ("url-personal", "a server", "image", r#""https://jane:hunter2@a.example/b.png""#),
        ];
        for (rule, sender, key, json) in cases {
            assert!(found(rule, key, json).is_some(), "{sender}: {rule} in {key} {json}");
        }
    }

    #[test]
    fn numbers_and_words_that_only_look_alike_are_none() {
        let cases = [
            ("order_id", r#""4512345678901234""#),
            ("order_id", "4111111111111112"),
            ("card_number", r#""4111 1111 1111 1112""#),
            ("gift_card_number", r#""4539578763621486""#),
            ("gtin", r#""4006381333931""#),
            ("imei", r#""490154203237518""#),
            ("at", r#""2026-11-24T11:59:00.000Z""#),
            ("phone", r#""+49 1511 2345 6789 01""#),
            ("password", r#""********""#),
            ("password", "true"),
            ("password_changed_at", r#""2026-11-24""#),
            ("password_hint", r#""the usual""#),
            ("device_token", r#""fGw8yT1kQ2:APA91bH""#),
            ("android_token", r#""fGw8yT1kQ2:APA91bH""#),
            ("androidToken", r#""fGw8yT1kQ2:APA91bH""#),
            ("bidtoken", r#""8f14e45f""#),
            ("token_count", "12"),
            ("postcode", r#""SE89370400440532""#),
            ("reference", r#""DE89370400440532013001""#),
            ("motto", r#""eye.candy.shop""#),
            ("greeting", r#""Basic tee, 2 pieces""#),
            ("greeting", r#""bearer of good news today""#),
            ("url", r#""https://a.example/?q=a%40b&token_type=bearer&page=12""#),
            ("url", r#""https://a.example/@jane/shoes?utm_source=mail@work""#),
            ("cvv", r#""matched""#),
        ];
        for (key, json) in cases {
            for rule in RULES {
                assert_eq!(found(rule.id, key, json), None, "{key}: {json}");
            }
        }
    }
}
