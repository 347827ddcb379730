//! Signed events: both halves of the signature, as the account expects them.

use super::{Actual, Expected, Finding, Findings, Fix, LintContext, Rule, Severity, Stage, shown};
use crate::event::signature::{SIGNATURE, SIGNED, SignatureHash, Signing, VALUE, signed_value};
use crate::event::{Document, NodeId, NodeKind, sanitized};

const DOCUMENTATION: &str = "https://help.blueshift.com/hc/en-us/articles/115002745373";

static MISSING: Rule = Rule {
    id: "signature-missing",
    severity: Severity::Error,
    title: "an event that is not signed",
    why: "An account that verifies events answers 200 and then ignores an event without both verification_key and \
          event_signature (Event Verification Error). Which types must be signed is said in the profile: \
          signed = [\"purchase\"].",
    documentation: DOCUMENTATION,
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","verification_key":"jane@example.com"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","verification_key":"jane@example.com","event_signature":"0c7e6a405862e402eb76a70f8a26fc732d07c32931e9fae9ab1582911d2e8a3b"}"#,
};

static FORMAT: Rule = Rule {
    id: "signature-format",
    severity: Severity::Error,
    title: "not the form of a signature",
    why: "The signature is compared digit by digit: in capitals, in Base64 or with a prefix it never matches, and the event is \
          ignored after the 200.",
    documentation: DOCUMENTATION,
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","verification_key":"jane@example.com","event_signature":"0C7E6A405862E402EB76A70F8A26FC732D07C32931E9FAE9AB1582911D2E8A3B"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","verification_key":"jane@example.com","event_signature":"0c7e6a405862e402eb76a70f8a26fc732d07c32931e9fae9ab1582911d2e8a3b"}"#,
};

static WRONG: Rule = Rule {
    id: "signature-wrong",
    severity: Severity::Error,
    title: "a signature of something else",
    why: "verification_key must be the email or the customer_id of the event, to the letter, and the signature the hash of it \
          and the account's key: anything else is ignored after the 200. Whether the hash is right can be said only where \
          the profile names the variable of the key.",
    documentation: DOCUMENTATION,
    bad: r#"{"event":"plan_chosen","email":"jane@example.com","verification_key":"Jane@Example.com","event_signature":"0c7e6a405862e402eb76a70f8a26fc732d07c32931e9fae9ab1582911d2e8a3b"}"#,
    good: r#"{"event":"plan_chosen","email":"jane@example.com","verification_key":"jane@example.com","event_signature":"0c7e6a405862e402eb76a70f8a26fc732d07c32931e9fae9ab1582911d2e8a3b"}"#,
};

pub(super) const RULES: &[&Rule] = &[&MISSING, &FORMAT, &WRONG];

/// Checks the signature of an event. `is_signed_later` says that what is missing is added before it goes out.
pub(crate) fn check(
    event: &Document,
    signing: &Signing,
    is_signed_later: bool,
    context: LintContext,
    findings: &mut Findings,
) {
    if event.get(NodeId::ROOT).is_none_or(|root| root.kind != NodeKind::Object) {
        return;
    }
    let (mut value, mut signature) = (None, None);
    for field in event.children(NodeId::ROOT).filter(|field| event.occurrence(*field) == 0) {
        match event.key_text(field) {
            "\"verification_key\"" => value = Some(field),
            "\"event_signature\"" => signature = Some(field),
            _ => {}
        }
    }
    let missing = |name: &'static str| MISSING.at(event.path(NodeId::ROOT), Expected::field(name), Actual::Missing);
    match (value, signature) {
        (None, None) => {
            let is_required = event.event_type().is_some_and(|name| signing.is_required(name));
            // What the platform shows was taken, whatever became of it.
            let counts = context.stage == Stage::Outgoing && is_required && !(is_signed_later && signing.has_key());
            if counts && signed_value(event).is_some() {
                findings.extend([missing(VALUE), missing(SIGNATURE)]);
            }
        }
        (Some(_), None) => findings.push(missing(SIGNATURE)),
        (None, Some(_)) => findings.push(missing(VALUE)),
        (Some(value), Some(signature)) => {
            let is_of_event = is_of_event(event, value, findings);
            check_signature(event, value, signature, signing, is_of_event, findings);
        }
    }
}

/// Whether the value that is signed is one of the event's own.
fn is_of_event(event: &Document, value: NodeId, findings: &mut Findings) -> bool {
    let text = event.plain(value);
    let mut own = event.identifier_fields().filter(|(name, _)| SIGNED.contains(name));
    let is_own = own.any(|(_, field)| event.plain(field) == text);
    if !is_own {
        let expected = "the email or the customer_id of this event, to the letter";
        findings.push(WRONG.at(event.path(value), expected, shown(event, value)));
    }
    is_own
}

fn check_signature(
    event: &Document,
    value: NodeId,
    id: NodeId,
    signing: &Signing,
    is_of_event: bool,
    findings: &mut Findings,
) {
    let text = event.plain(id);
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let known = signing.has_key().then(|| signing.hash().digits());
    let is_long = |text: &str| match known {
        Some(digits) => text.len() == digits,
        None => [SignatureHash::Sha256, SignatureHash::Md5].iter().any(|hash| text.len() == hash.digits()),
    };
    let right = signing.signature(&event.plain(value)).filter(|_| is_of_event);
    let fix = |right: Option<String>| right.map(|right| Fix::Replace(serde_json::Value::from(right).to_string()));
    if !(is_hex(&text) && is_long(&text)) {
        let plain = text.trim().to_ascii_lowercase();
        let plain = plain.rsplit(['=', ':', ' ']).next().unwrap_or_default();
        let plain = (is_hex(plain) && is_long(plain)).then(|| plain.to_owned());
        let expected =
            sanitized!("{} hexadecimal digits in small letters", known.unwrap_or(SignatureHash::Sha256.digits()));
        let finding = FORMAT.at(event.path(id), expected, shown(event, id));
        findings.push(Finding { fix: fix(right.or(plain)), ..finding });
    } else if right.as_ref().is_some_and(|right| *right != *text) {
        let expected = "the hash of verification_key and the account's key, one behind the other";
        let finding = WRONG.at(event.path(id), expected, shown(event, id));
        findings.push(Finding { fix: fix(right), ..finding });
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::super::tests::{context, read};
    use super::*;

    const KEY: &str = "8b8d518f7bb0934eecbaf9db97418623";
    /// The signature of abc@def.com with that key, as the vendor's page has it.
    const MD5: &str = "c896247ad8f9a3f697dc35d4d537c6c3";

    fn found(fields: &str, signing: &Signing, later: bool) -> Vec<(&'static str, String, Option<Fix>)> {
        let event = read(&format!(r#"{{"event":"purchase","email":"abc@def.com"{fields}}}"#));
        let mut findings = Findings::default();
        check(&event, signing, later, context(Stage::Outgoing), &mut findings);
        findings.done().into_iter().map(|it| (it.rule.id, it.path.pointer(), it.fix)).collect()
    }

    #[test]
    fn a_signature_is_held_to_what_the_account_expects() {
        let key = || Some(KEY.into());
        let md5 = Signing::new(key(), SignatureHash::Md5, ["purchase".to_owned()]);
        let without_key = Signing::new(None, SignatureHash::Sha256, ["purchase".to_owned()]);
        let both =
            |value: &str, signature: &str| format!(r#","verification_key":"{value}","event_signature":"{signature}""#);
        let ids = |fields: &str, signing: &Signing| -> Vec<_> {
            found(fields, signing, false).into_iter().map(|(id, at, _)| (id, at)).collect()
        };
        let at = |id: &'static str, at: &str| (id, at.to_owned());
        assert_eq!(ids("", &Signing::default()), []);
        assert_eq!(ids("", &md5), [at("signature-missing", ""), at("signature-missing", "")]);
        assert_eq!(ids("", &without_key), [at("signature-missing", ""), at("signature-missing", "")]);
        assert_eq!(found("", &md5, true), [], "it is signed before it goes out");
        assert_eq!(found("", &without_key, true).len(), 2, "without a key it is not");
        assert_eq!(ids(&both("abc@def.com", MD5), &md5), []);
        assert_eq!(ids(&both("abc@def.com", MD5), &Signing::default()), []);
        assert_eq!(ids(&both("ABC@def.com", MD5), &md5), [at("signature-wrong", "/verification_key")]);
        let right = Some(Fix::Replace(format!("\"{MD5}\"")));
        let wrong = both("abc@def.com", &MD5.replace('c', "d"));
        let wrong = found(&wrong, &md5, false);
        assert_eq!(wrong, [("signature-wrong", "/event_signature".to_owned(), right.clone())]);
        for odd in [MD5.to_uppercase(), format!("md5={MD5}"), MD5[1..].to_owned()] {
            let found = found(&both("abc@def.com", &odd), &md5, false);
            assert_eq!(found, [("signature-format", "/event_signature".to_owned(), right.clone())], "{odd}");
        }
        let base64 = both("abc@def.com", "yJYketj5o/aX3DXU1TfGww==");
        let found = found(&base64, &Signing::default(), false);
        assert_eq!(found.first().unwrap().2, None);
    }
}
