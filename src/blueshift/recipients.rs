//! Who events are about, for the person who has to say yes to sending them.

use std::collections::HashSet;

use super::Batch;
use crate::event::{Sanitized, sanitized, text};

/// How many are named.
const NAMED: usize = 3;

/// The widest address or other identifier, in columns.
const WIDEST: usize = 36;

/// Who the events are about, by their emails, and where there is none by another identifier:
/// `about jane@example.com (customer_id 20418)`, `about a@example.com, customer_id 7 and 2 more`.
pub fn about(batch: &Batch) -> Sanitized {
    let mut people = HashSet::new();
    let mut named = Vec::new();
    let mut others = HashSet::new();
    for event in &batch.events {
        let (emails, identifiers): (Vec<_>, Vec<_>) =
            event.payload.identifiers().partition(|(name, _)| *name == "email");
        let mut emails: Vec<_> = emails.into_iter().map(|(_, email)| email.into_owned()).collect();
        let other = identifiers.first().map(|(field, value)| sanitized!("{} {}", field, shown(value)));
        if emails.is_empty() {
            emails.extend(other.map(String::from));
        } else {
            others.extend(other);
        }
        for name in emails {
            if named.len() < NAMED && !people.contains(&name) {
                named.push(shown(&name));
            }
            people.insert(name);
        }
    }
    let more = people.len() - named.len();
    let one_of_others = others.iter().next();
    match (named.as_slice(), more, others.len(), one_of_others) {
        ([], ..) => "about nobody: no email and no other identifier is set".into(),
        ([one], _, 1, Some(other)) => sanitized!("about {} ({})", one, other),
        ([one], _, 2.., _) => sanitized!("about {} ({} other identifiers)", one, others.len()),
        (_, 0, ..) => sanitized!("about {}", Sanitized::join(named, ", ")),
        _ => sanitized!("about {} and {} more", Sanitized::join(named, ", "), more),
    }
}

fn shown(value: &str) -> Sanitized {
    text::excerpt(value, WIDEST)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod tests {
    use super::*;

    #[test]
    fn those_whom_events_are_about_are_named_once_and_not_all() {
        let cases = [
            (r#"{"email": "jane@example.com", "customer_id": 20418}"#, "about jane@example.com (customer_id 20418)"),
            (r#"{"cookie": "c", "email": ""}"#, "about cookie c"),
            (r#"{"email": null, "user": {"email": "a@b.c"}}"#, "about nobody: no email and no other identifier is set"),
            (r#"{"email": "a@b.c", "email": "d@e.f"}"#, "about a@b.c, d@e.f"),
            (r#"{"email": "\u001b[2J"}"#, r"about \u001b[2J"),
            (
                r#"[{"email": "a@b.c", "customer_id": 1}, {"email": "a@b.c", "customer_id": 1}]"#,
                "about a@b.c (customer_id 1)",
            ),
            (
                r#"[{"email": "a@b.c", "customer_id": 1}, {"email": "a@b.c", "customer_id": 2}]"#,
                "about a@b.c (2 other identifiers)",
            ),
            (
                r#"[{"email": "a@b.c"}, {"device_id": "d"}, {"phone_number": "1"}, {"group_id": 4}, {"email": "x"}]"#,
                "about a@b.c, device_id d, phone_number 1 and 2 more",
            ),
        ];
        for (events, expected) in cases {
            let draft =
                events.replace('{', r#"{"event": "view", "#).replace(r#""user": {"event": "view", "#, r#""user": {"#);
            let batch = Batch::read(&draft, uuid::Uuid::nil).unwrap();
            assert_eq!(about(&batch), expected, "{draft}");
        }
        let long = format!(r#"{{"event": "view", "email": "{}"}}"#, "日".repeat(9_999));
        assert!(text::width(&about(&Batch::read(&long, uuid::Uuid::nil).unwrap())) <= WIDEST + 6);
    }
}
