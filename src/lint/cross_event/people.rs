use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::fields::CASE_TWINS;
use super::look_back::{LookBack, kept};
use super::recent::{Recent, Weight};
use super::{KeyFields, remembered};
use crate::event::text::trimmed;
use crate::event::{Document, NodeId, sanitized};
use crate::lint::{Expected, Finding, Findings, Rule, Severity, shown};

/// Of how many customers and of how many addresses the other identifier is remembered as it is shown.
const ROOM: usize = 40_000;

pub(super) const RULES: &[&Rule] = &[&IDENTITY_CONFLICT];

static IDENTITY_CONFLICT: Rule = Rule {
    id: "identity-conflict",
    severity: Severity::Warning,
    title: "identifiers that belong to two customers",
    why: "The platform looks for the customer by one identifier after the other: where those of one event belong to \
          two customers, one gets what was meant for the other.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/6479978144275",
    bad: r#"{"event":"plan_chosen","customer_id":"812122","email":"jane@example.com"}
{"event":"plan_chosen","customer_id":"812123","email":"jane@example.com"}"#,
    good: r#"{"event":"plan_chosen","customer_id":"812122","email":"jane@example.com"}
{"event":"plan_chosen","customer_id":"812123","email":"kim@example.com"}"#,
};

/// Who came with which identifiers.
#[derive(Debug)]
pub(super) struct IdentityHistory {
    /// By customer, the address.
    emails: Recent<OtherIdentifier>,
    /// By address, the customer.
    customers: Recent<OtherIdentifier>,
    /// The same as hashes, of many more.
    every_email: LookBack,
    every_customer: LookBack,
    /// Which of them came together before: a pair is told once, and not again at each of its events.
    pairs: LookBack,
    /// By address in small letters, how it was spelled last; and of those that were spelled in several ways, each.
    spelled: LookBack,
    spellings: LookBack,
}

/// The other identifier that one came with last.
#[derive(Debug)]
struct OtherIdentifier {
    hash: u64,
    shown: Box<str>,
}

impl Weight for OtherIdentifier {}

impl Default for IdentityHistory {
    fn default() -> Self {
        let every = LookBack::default;
        let (emails, customers) = (Recent::new(ROOM), Recent::new(ROOM));
        Self {
            emails,
            customers,
            every_email: every(),
            every_customer: every(),
            pairs: every(),
            spelled: every(),
            spellings: every(),
        }
    }
}

impl IdentityHistory {
    /// Has fetched what will be asked for.
    pub(super) fn fetch(&self, key_fields: &KeyFields<'_>) {
        if let Some(mailbox) = key_fields.mailbox {
            self.spelled.fetch(mailbox);
        }
    }

    pub(super) fn observe(&mut self, key_fields: &KeyFields<'_>, findings: &mut Findings) {
        let Some(((email_field, email), mailbox)) = key_fields.email.as_ref().zip(key_fields.mailbox) else { return };
        let (email_field, email) = (*email_field, trimmed(email));
        self.check_spelling(key_fields.event, email_field, (email, mailbox), findings);
        let Some((customer_field, customer)) = &key_fields.customer else { return };
        let (customer_field, customer) = (*customer_field, trimmed(customer));
        let of = |hash: u64, shown: &str| OtherIdentifier { hash, shown: remembered(shown) };
        let (this_email, this_customer) = (of(mailbox, email), of(xxh3_64(customer.as_bytes()), customer));
        let (by_email, by_customer) = (this_email.hash, this_customer.hash);
        let is_known = self.pairs.put(by_email ^ by_customer.rotate_left(32), 0).is_some();
        let others = [self.every_email.put(by_customer, by_email), self.every_customer.put(by_email, by_customer)];
        let [another_email, another_customer] = others.map(|same| same == Some(false) && !is_known);
        let mut tell = |field,
                        is_another: bool,
                        before: Option<OtherIdentifier>,
                        instead: &'static str,
                        words: &'static str| {
            if !is_another {
                return;
            }
            let expected = match before {
                Some(before) => Expected::Value { value: before.shown, words },
                None => sanitized!("{}, {}", instead, words).into(),
            };
            findings.push(IDENTITY_CONFLICT.at(key_fields.event.path(field), expected, shown(key_fields.event, field)));
        };
        let (email, customer) = (self.emails.put(by_customer, this_email), self.customers.put(by_email, this_customer));
        tell(email_field, another_email, email, "another address", "as with this customer_id before");
        tell(customer_field, another_customer, customer, "another customer", "as with this email before");
    }

    /// An address that came in other letters before is the same mailbox, and may be two profiles.
    fn check_spelling(
        &mut self,
        event: &Document,
        field: NodeId,
        (email, mailbox): (&str, u64),
        findings: &mut Findings,
    ) {
        let exact = xxh3_64(email.as_bytes());
        let Some(before) = self.spelled.replace(mailbox, exact).filter(|before| *before != kept(exact)) else { return };
        // Hardly any is ever spelled otherwise, so that only those are remembered that are.
        let spelling = |kept: u64| xxh3_64_with_seed(&kept.to_le_bytes(), mailbox);
        self.spellings.put(spelling(before), 0);
        if self.spellings.put(spelling(kept(exact)), 0).is_none() {
            let expected = "the spelling that it had before, which is of the same mailbox, in all events";
            let finding = CASE_TWINS.at(event.path(field), expected, shown(event, field));
            findings.push(Finding { severity: Severity::Note, ..finding });
        }
    }

    /// Whether some were not remembered for want of room.
    pub(super) fn is_full(&self) -> bool {
        [&self.every_email, &self.every_customer, &self.pairs, &self.spelled, &self.spellings]
            .into_iter()
            .any(LookBack::is_full)
    }

    #[cfg(test)]
    pub(super) fn weight(&self) -> usize {
        self.emails.weight() + self.customers.weight()
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::Stage;
    use crate::lint::tests::across;

    #[test]
    fn a_customer_has_one_address_and_an_address_one_customer() {
        let with = |customer: &str, email: &str| format!(r#"{{"customer_id":{customer},"email":"{email}"}}"#);
        let (jane, kim) = ("jane@example.com", "kim@example.com");
        let first = with("\"1\"", jane);
        let cases: [(String, &[(&str, &str)]); 9] = [
            (with("\"1\"", jane), &[]),
            (with("1", "Jane@Example.com"), &[]),
            (with("\"1\"", kim), &[("/email", "jane@example.com, as with this customer_id before")]),
            (with("\"2\"", jane), &[("/customer_id", "1, as with this email before")]),
            (with("\"2\"", kim), &[]),
            (with("\"2\"", "[email protected]"), &[]),
            (with("\"\"", jane), &[]),
            (with("\"undefined\"", jane), &[]),
            (r#"{"email":"jane@example.com"}"#.to_owned(), &[]),
        ];
        for (second, wanted) in cases {
            let found = across(&[&first, &second], Stage::Outgoing, "identity-conflict");
            let found: Vec<_> =
                found.iter().map(|(at, path, expected)| (*at, path.as_str(), expected.as_str())).collect();
            let wanted: Vec<_> = wanted.iter().map(|(path, expected)| (1, *path, *expected)).collect();
            assert_eq!(found, wanted, "{second}");
        }
    }

    #[test]
    fn an_address_is_spelled_one_way() {
        let with = |email: &str| format!(r#"{{"event":"x","email":"{email}"}}"#);
        let events =
            ["jane@example.com", "Jane@example.com", "kim@example.com", "jane@example.com", "Jane@example.com"];
        let events = events.map(with);
        let events: Vec<&str> = events.iter().map(String::as_str).collect();
        let found = across(&events, Stage::Outgoing, "case-twins");
        assert_eq!(found.iter().map(|(at, path, _)| (*at, path.as_str())).collect::<Vec<_>>(), [(1, "/email")]);
        // Spaces and capitals do not make another address of it.
        let of = |customer: &str, email: &str| format!(r#"{{"customer_id":"{customer}","email":"{email}"}}"#);
        let found = across(
            &[&of("1", "jane@example.com"), &of("2", " Jane@example.com")],
            Stage::Outgoing,
            "identity-conflict",
        );
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn a_change_is_told_when_it_comes_and_not_at_every_event_after_it_nor_when_it_goes_back() {
        let with = |email: &str| format!(r#"{{"customer_id":"1","email":"{email}"}}"#);
        let (old, new) = (with("jane@example.com"), with("jane.doe@example.com"));
        let found = across(&[&old, &new, &new, &new, &old], Stage::Outgoing, "identity-conflict");
        assert_eq!(found.iter().map(|(at, ..)| *at).collect::<Vec<_>>(), [1]);
    }
}
