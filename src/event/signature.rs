//! Signed events: what an account that verifies events wants in them.
//!
//! An event that names a customer by `email` or `customer_id` carries that value again as `verification_key`, and as
//! `event_signature` the hash of it and the account's key behind it, in small hexadecimal digits (documented).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use md5::{Digest, Md5};
use ring::digest::{Context, SHA256};
use secrecy::{ExposeSecret, SecretString};

use super::{Document, Form, NodeId, NodeKind, Segment};

/// The field that holds the value that is signed.
pub const VALUE: &str = "verification_key";
/// The field that holds the signature.
pub const SIGNATURE: &str = "event_signature";

/// The identifiers of which one is signed, the one that is taken first.
pub const SIGNED: [&str; 2] = ["email", "customer_id"];

/// How an account hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SignatureHash {
    /// SHA-256.
    #[default]
    Sha256,
    /// MD5, as accounts from before 23 March 2021 do.
    Md5,
}

impl SignatureHash {
    /// How many digits a signature has.
    pub fn digits(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Md5 => 32,
        }
    }
}

impl FromStr for SignatureHash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "sha256" => Ok(Self::Sha256),
            "md5" => Ok(Self::Md5),
            _ => Err("use \"sha256\", or \"md5\" for an account from before 23 March 2021".to_owned()),
        }
    }
}

/// The key by which an account verifies events.
#[derive(Clone)]
struct VerificationKey(Arc<SecretString>);

impl PartialEq for VerificationKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for VerificationKey {}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerificationKey(…)")
    }
}

/// How the events of an account are signed. The default is that they are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signing {
    key: Option<VerificationKey>,
    hash: SignatureHash,
    /// The event types that must be signed.
    required: Vec<Box<str>>,
}

impl Signing {
    /// That of an account with this key, if it is known, which demands it of events of these types.
    pub fn new(key: Option<SecretString>, hash: SignatureHash, required: impl IntoIterator<Item = String>) -> Self {
        let key = key.map(|key| VerificationKey(Arc::new(key)));
        Self { key, hash, required: required.into_iter().map(Into::into).collect() }
    }

    /// Whether nothing is known of it.
    pub fn is_unknown(&self) -> bool {
        self.key.is_none() && self.required.is_empty()
    }

    /// Whether events can be signed here.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The key, if it is known, to keep it out of what is shown.
    pub fn key(&self) -> Option<&SecretString> {
        self.key.as_ref().map(|VerificationKey(key)| &**key)
    }

    /// Whether an event carries the signature that is demanded of its type; without a key, whether it carries one at all.
    pub fn accepts(&self, text: &str) -> bool {
        let Ok(event) = Document::read(text) else { return true };
        let names_somebody = signed_value(&event).is_some();
        if !names_somebody || !event.event_type().is_some_and(|name| self.is_required(name)) {
            return true;
        }
        let field = |wanted: &str| {
            let field = event.child(NodeId::ROOT, &Segment::key(wanted))?;
            (event.get(field)?.kind == NodeKind::String).then(|| event.plain(field))
        };
        let (Some(value), Some(signature)) = (field(VALUE), field(SIGNATURE)) else { return false };
        let mut own = event.identifier_fields().filter(|(name, _)| SIGNED.contains(name));
        let is_own = own.any(|(_, field)| event.plain(field) == value);
        // Whoever plays both kinds of account takes both kinds of signature.
        let is_right = |hash| self.hashed(hash, &value).is_none_or(|right| right == *signature);
        is_own && [SignatureHash::Sha256, SignatureHash::Md5].into_iter().any(is_right)
    }

    /// Whether an event of that type must be signed.
    pub fn is_required(&self, event_type: &str) -> bool {
        self.required.iter().any(|required| **required == *event_type)
    }

    /// How it hashes.
    pub fn hash(&self) -> SignatureHash {
        self.hash
    }

    /// The signature of a value; `None` where the key is not known.
    pub fn signature(&self, value: &str) -> Option<String> {
        self.hashed(self.hash, value)
    }

    fn hashed(&self, hash: SignatureHash, value: &str) -> Option<String> {
        let VerificationKey(key) = self.key.as_ref()?;
        let parts = [value.as_bytes(), key.expose_secret().as_bytes()];
        Some(match hash {
            SignatureHash::Sha256 => {
                let mut hash = Context::new(&SHA256);
                for part in parts {
                    hash.update(part);
                }
                hex(hash.finish().as_ref())
            }
            SignatureHash::Md5 => hex(&parts.iter().fold(Md5::new(), Digest::chain_update).finalize()),
        })
    }

    /// The event with its signature; `None` where it has one already, names nobody who is to be verified, need not be
    /// signed, or cannot be.
    pub fn signed(&self, text: &str) -> Option<String> {
        self.key.as_ref()?;
        let event = Document::read(text).ok()?;
        if !self.required.is_empty() && !event.event_type().is_some_and(|name| self.is_required(name)) {
            return None;
        }
        let is_signed = |field| event.key(field).is_some_and(|key| matches!(&*key, VALUE | SIGNATURE));
        if event.get(NodeId::ROOT)?.kind != NodeKind::Object || event.children(NodeId::ROOT).any(is_signed) {
            return None;
        }
        let value = signed_value(&event)?;
        let fields =
            format!(r#""{VALUE}":{},"{SIGNATURE}":"{}""#, serde_json::Value::from(&*value), self.signature(&value)?);
        let end = text.rfind('}')?;
        let head = text.get(..end)?;
        Some(format!("{},{fields}{}", head.trim_end(), text.get(end..)?))
    }

    /// The same of one event, an array of them, or a call of many.
    pub fn all_signed(&self, text: &str) -> Option<String> {
        self.key.as_ref()?;
        match Form::read(text) {
            Form::Event(text) => self.signed(text),
            Form::NoArray(_) => None,
            Form::Many { array, events } => {
                let signed = events.iter().map(|event| self.signed(event));
                let (mut out, mut rest, mut offset) = (String::with_capacity(array.len()), array, 0);
                for (event, signed) in events.iter().zip(signed) {
                    let start = event.as_ptr().addr().checked_sub(array.as_ptr().addr())?;
                    out.push_str(rest.get(..start - offset)?);
                    out.push_str(signed.as_deref().unwrap_or(event));
                    (rest, offset) = (array.get(start + event.len()..)?, start + event.len());
                }
                out.push_str(rest);
                Some(out)
            }
        }
    }
}

/// The value of an event that is signed: its address, else its customer.
pub fn signed_value(event: &Document) -> Option<String> {
    let value = |wanted: &str| {
        let (_, field) = event.identifier_fields().find(|(name, _)| *name == wanted)?;
        let kind = event.get(field)?.kind;
        let text = event.plain(field);
        (matches!(kind, NodeKind::String | NodeKind::Number) && !text.trim().is_empty()).then(|| text.into_owned())
    };
    SIGNED.into_iter().find_map(value)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, byte| {
        // Writing to a text cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// The key of the vendor's page on event verification.
    const KEY: &str = "8b8d518f7bb0934eecbaf9db97418623";

    fn signing(hash: SignatureHash, required: &[&str]) -> Signing {
        Signing::new(Some(KEY.into()), hash, required.iter().map(|name| (*name).to_owned()))
    }

    #[test]
    fn the_vendors_vector_holds() {
        let signature = |hash| signing(hash, &[]).signature("abc@def.com").unwrap();
        assert_eq!(signature(SignatureHash::Md5), "c896247ad8f9a3f697dc35d4d537c6c3");
        assert_eq!(signature(SignatureHash::Sha256).len(), SignatureHash::Sha256.digits());
        // SHA-256 of nothing (FIPS 180-4).
        let empty = Signing::new(Some("".into()), SignatureHash::Sha256, []).signature("").unwrap();
        assert_eq!(empty, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn an_event_is_signed_once_and_only_where_it_names_a_customer() {
        let md5 = signing(SignatureHash::Md5, &[]);
        let right = r#""verification_key":"abc@def.com","event_signature":"c896247ad8f9a3f697dc35d4d537c6c3""#;
        let event = r#"{"event":"view","customer_id":7,"email":"abc@def.com" }"#;
        let signed = format!(r#"{{"event":"view","customer_id":7,"email":"abc@def.com",{right}}}"#);
        assert_eq!(md5.signed(event), Some(signed.clone()));
        assert_eq!(md5.signed(&signed), None);
        assert_eq!(md5.signed(r#"{"event":"view","cookie":"c"}"#), None);
        assert_eq!(md5.signed("[]"), None);
        let by_customer = md5.signed(r#"{"event":"view","customer_id":7,"email":""}"#).unwrap();
        assert!(by_customer.contains(r#""verification_key":"7""#), "{by_customer}");
        assert_eq!(signing(SignatureHash::Md5, &["purchase"]).signed(event), None);
        assert!(signing(SignatureHash::Md5, &["view"]).signed(event).is_some());
        assert_eq!(Signing::new(None, SignatureHash::Md5, ["view".to_owned()]).signed(event), None);
        let many = md5.all_signed(&format!("[{event}, {{\"event\":\"view\"}} ]")).unwrap();
        assert_eq!(many, format!("[{signed}, {{\"event\":\"view\"}} ]"));
    }

    #[test]
    fn an_event_that_must_be_signed_is_taken_with_a_right_signature_only() {
        let md5 = signing(SignatureHash::Md5, &["view"]);
        let event = r#"{"event":"view","email":"abc@def.com"}"#;
        let signed = md5.signed(event).unwrap();
        let cases = [
            (event.to_owned(), false),
            (signed.clone(), true),
            (signed.replace("c896", "c897"), false),
            (signed.replacen("abc@def.com", "kim@def.com", 1), false),
            (event.replace("view", "search"), true),
            (r#"{"event":"view","cookie":"c"}"#.to_owned(), true),
        ];
        for (event, is_taken) in cases {
            assert_eq!(md5.accepts(&event), is_taken, "{event}");
        }
    }

    #[test]
    fn the_key_is_in_no_debug_output() {
        assert!(!format!("{:?}", signing(SignatureHash::Md5, &["view"])).contains(KEY));
    }
}
