//! The rules for sending, and when to ask first: the promises of a profile, the same on the screen and in scripts.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::Outgoing;
use crate::event::text::excerpt;
use crate::event::{Payload, Sanitized, TypeName};

/// The word to type before the first event of a session goes to production.
pub const WORD: &str = "production";

/// The widest address that a message repeats, in columns.
const WIDEST: usize = 60;

/// A profile's rules for sending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Safety {
    /// Nothing is sent at all; the text says where that is set, as in `profile live (…/config.toml:4)`.
    pub read_only: Option<String>,
    /// Real customers are at the other end.
    pub production: bool,
    /// Who the profile says is there, if it does.
    pub environment: Option<Environment>,
    /// Who events may be about; everybody, when it is empty.
    pub identities: Vec<TestIdentity>,
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Real customers.
    Production,
    /// Nobody real, but perhaps colleagues.
    Staging,
    /// The developer alone.
    Development,
}

impl FromStr for Environment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "production" => Ok(Self::Production),
            "staging" => Ok(Self::Staging),
            "development" => Ok(Self::Development),
            _ => Err("use production, staging or development".to_owned()),
        }
    }
}

/// Somebody that test events may be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestIdentity {
    /// One address; what follows a `+` in its local part is free. In lower case.
    Address(String),
    /// Every address of a domain, but none of the domains below it. In lower case, without `@`.
    Domain(String),
}

/// Why events may not be sent.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Forbidden {
    /// The profile only watches.
    #[error("sending is off: read_only is set in {0}")]
    ReadOnly(String),
    /// The event is about somebody who is no test identity.
    #[error("{who} is not among the profile's test identities ({allowed})")]
    NotATestIdentity {
        /// Who it is about.
        who: Sanitized,
        /// Who is allowed.
        allowed: String,
    },
    /// The event names somebody, but not by an address, so nobody can tell whether it is a test identity.
    #[error(
        "the event has no email, only {identifier}, and the profile has test identities: give it the email of one \
         ({allowed})"
    )]
    NoEmail {
        /// The identifier that it has.
        identifier: &'static str,
        /// Who is allowed.
        allowed: String,
    },
}

impl Safety {
    /// Whether `events` may be sent.
    pub fn check<'a>(&self, events: impl IntoIterator<Item = &'a Outgoing>) -> Result<(), Forbidden> {
        if let Some(place) = &self.read_only {
            return Err(Forbidden::ReadOnly(place.clone()));
        }
        if self.identities.is_empty() {
            return Ok(());
        }
        events.into_iter().try_for_each(|event| self.check_identity(&event.payload))
    }

    /// Whether an event is about somebody that events may be about. Of a field that stands there twice, each must name a test
    /// identity: nobody knows which the platform reads.
    pub fn check_identity(&self, event: &Payload) -> Result<(), Forbidden> {
        let allowed = || self.identities.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let (emails, others): (Vec<_>, Vec<_>) = event.identifiers().partition(|(name, _)| *name == "email");
        let stranger = emails.iter().find(|(_, email)| !self.identities.iter().any(|known| known.includes(email)));
        match (stranger, others.first()) {
            (Some((_, stranger)), _) => {
                Err(Forbidden::NotATestIdentity { who: excerpt(stranger, WIDEST), allowed: allowed() })
            }
            (None, Some((identifier, _))) if emails.is_empty() => {
                Err(Forbidden::NoEmail { identifier, allowed: allowed() })
            }
            (None, _) => Ok(()),
        }
    }

    /// The types among `events` that usually trigger real messages to customers, each once.
    pub fn triggers<'a>(events: impl IntoIterator<Item = &'a Outgoing>) -> Vec<&'a TypeName> {
        let mut types = Vec::new();
        for event in events {
            if triggers_messages(&event.event_type) && !types.contains(&&event.event_type) {
                types.push(&event.event_type);
            }
        }
        types
    }

    /// The address that `{{email}}` puts its tag into: that of the first test identity, else one of a domain that is
    /// reserved for examples.
    pub fn test_email(&self) -> String {
        let address = self.identities.iter().find_map(|identity| match identity {
            TestIdentity::Address(address) => Some(address.clone()),
            TestIdentity::Domain(_) => None,
        });
        let domain = || self.identities.first().map(|identity| format!("clickscope@{}", identity.domain()));
        address.or_else(domain).unwrap_or_else(|| "clickscope@example.com".to_owned())
    }
}

/// Whether events of this type usually set off messages to the customer: order confirmations, reminders of a cart that
/// was left, renewals.
fn triggers_messages(event_type: &TypeName) -> bool {
    let name = event_type.as_str().to_lowercase();
    let begins = ["cart", "subscription_"].iter().any(|start| name.starts_with(start));
    begins || matches!(&*name, "purchase" | "add_to_cart" | "remove_from_cart" | "checkout")
}

impl TestIdentity {
    fn includes(&self, email: &str) -> bool {
        let email = email.to_lowercase();
        let Some((local, domain)) = email.split_once('@') else { return false };
        // A second `@` is how one address is made to look like another.
        if local.is_empty() || domain.contains('@') {
            return false;
        }
        match self {
            Self::Domain(own) => domain == own,
            Self::Address(own) => {
                let untagged = local.split_once('+').map_or(local, |(local, _)| local);
                email == *own || format!("{untagged}@{domain}") == *own
            }
        }
    }

    fn domain(&self) -> &str {
        match self {
            Self::Domain(domain) => domain,
            Self::Address(address) => address.split_once('@').map_or("", |(_, domain)| domain),
        }
    }
}

impl FromStr for TestIdentity {
    type Err = String;

    /// Reads an address or a domain. The error says what is allowed.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().to_lowercase();
        let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_graphic() && !"@,;<>".contains(c));
        let host = |domain: &str| plain(domain) && !domain.starts_with('.') && !domain.ends_with('.');
        match text.split_once('@') {
            None if host(&text) => Ok(Self::Domain(text)),
            Some((local, domain)) if plain(local) && host(domain) => Ok(Self::Address(text)),
            _ => Err("write an address such as qa@example.com, or a domain such as example.org".to_owned()),
        }
    }
}

impl fmt::Display for TestIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(text) | Self::Domain(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn event(text: &str) -> Outgoing {
        Outgoing::read(text, uuid::Uuid::nil).unwrap()
    }

    fn safety(identities: &[&str]) -> Safety {
        Safety { identities: identities.iter().map(|text| text.parse().unwrap()).collect(), ..Safety::default() }
    }

    #[test]
    fn only_test_identities_are_sent_where_there_are_any() {
        let some = safety(&["QA@example.com", "example.org", "fixed+tag@example.net"]);
        let cases = [
            (r#"{"event":"view","email":"qa@example.com"}"#, None),
            (r#"{"event":"view","email":"Qa+1@Example.COM"}"#, None),
            (r#"{"event":"view","email":"anybody+x@example.org"}"#, None),
            (r#"{"event":"view","email":"fixed+tag@example.net"}"#, None),
            (r#"{"event":"view","email":"qa@example.com","customer_id":"7"}"#, None),
            (r#"{"event":"view"}"#, None),
            (r#"{"event":"view","email":null,"customer_id":""}"#, None),
            (r#"{"event":"view","user":{"email":"jane@shop.example"}}"#, None),
            (r#"{"event":"view","email":"jane@shop.example"}"#, Some("jane@shop.example is not among")),
            (r#"{"event":"view","email":"qa@sub.example.org"}"#, Some("qa@sub.example.org is not among")),
            (r#"{"event":"view","email":"qa@notexample.org"}"#, Some("qa@notexample.org")),
            (r#"{"event":"view","email":"fixed@example.net"}"#, Some("fixed@example.net")),
            (r#"{"event":"view","email":"fixed+other@example.net"}"#, Some("fixed+other@example.net")),
            (r#"{"event":"view","email":"jane@shop.example@example.org"}"#, Some("jane@shop.example@example.org")),
            (r#"{"event":"view","email":"@example.org"}"#, Some("@example.org")),
            (r#"{"event":"view","email":"example.org"}"#, Some("example.org is not among")),
            (r#"{"event":"view","email":["jane@shop.example"]}"#, Some("jane@shop.example")),
            (r#"{"event":"view","email":"jane@shop.example","email":"qa@example.com"}"#, Some("jane@shop.example")),
            (
                r#"{"event":"view","email":"qa@example.com","\u0065mail":"jane@shop.example"}"#,
                Some("jane@shop.example"),
            ),
            (r#"{"event":"view","email":"\u001b[2J@shop.example"}"#, Some(r"\u001b[2J@shop.example")),
            (r#"{"event":"view","customer_id":7}"#, Some("no email, only customer_id")),
            (r#"{"event":"view","email":"","cookie":"c"}"#, Some("no email, only cookie")),
        ];
        for (text, expected) in cases {
            let outcome = some.check([&event(text)]).map_err(|error| error.to_string());
            match expected {
                None => assert_eq!(outcome, Ok(()), "{text}"),
                Some(part) => {
                    let told = outcome.unwrap_err();
                    assert!(told.contains(part) && told.contains("qa@example.com, example.org"), "{text}: {told}");
                }
            }
            assert_eq!(safety(&[]).check([&event(text)]), Ok(()), "{text}");
        }
        let (fine, stranger) = (event(r#"{"event":"a"}"#), event(r#"{"event":"b","device_id":"d"}"#));
        assert!(some.check([&fine, &stranger]).is_err(), "one of several is enough");
    }

    #[test]
    fn a_profile_that_only_watches_sends_nothing() {
        let place = "profile live (config.toml:4)".to_owned();
        let safety = Safety { read_only: Some(place.clone()), ..safety(&["example.com"]) };
        assert_eq!(safety.check([&event(r#"{"event":"view"}"#)]), Err(Forbidden::ReadOnly(place)));
    }

    #[test]
    fn types_that_trigger_messages_are_named_once() {
        let names = [
            ("purchase", true),
            ("view", false),
            ("add_to_cart", true),
            ("cart_abandoned", true),
            ("remove_from_cart", true),
            ("checkout", true),
            ("subscription_billing", true),
            ("Purchase", true),
            ("subscriptions", false),
            ("identify", false),
            ("descartes", false),
        ];
        let events: Vec<Outgoing> =
            names.iter().chain(&names).map(|(name, _)| event(&format!(r#"{{"event":"{name}"}}"#))).collect();
        let expected: Vec<TypeName> =
            names.iter().filter(|(_, triggers)| *triggers).map(|(name, _)| TypeName::from(*name)).collect();
        assert_eq!(Safety::triggers(&events), expected.iter().collect::<Vec<_>>());
    }

    #[test]
    fn the_test_address_is_one_that_may_be_sent() {
        let cases = [
            (&[][..], "clickscope@example.com"),
            (&["example.org"], "clickscope@example.org"),
            (&["example.org", "QA@shop.example"], "qa@shop.example"),
            (&["b@example.org", "a@example.org"], "b@example.org"),
        ];
        for (identities, expected) in cases {
            let safety = safety(identities);
            assert_eq!(safety.test_email(), expected);
            let event = event(&format!(r#"{{"event":"view","email":"{expected}"}}"#));
            assert_eq!(safety.check([&event]), Ok(()));
        }
    }

    #[test]
    fn an_identity_is_an_address_or_a_domain() {
        for bad in ["", "@", "@example.org", "qa@", "a@b@c", "two words", "qa@example.com, b@example.com", ".org"] {
            assert!(bad.parse::<TestIdentity>().is_err(), "{bad:?}");
        }
    }
}
