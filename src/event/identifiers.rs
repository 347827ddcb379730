use super::head::identifies;
use super::{Document, NodeId, Segment, scan};

/// The fields by which customers are identified: the platform's own, and those that the user names beside them. Whoever
/// wants to know whether an event says who it is about asks here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identifiers {
    own: Vec<Box<str>>,
}

impl Identifiers {
    /// Names a field of the user's own.
    pub fn name(&mut self, field: &str) {
        self.own.push(field.into());
    }

    /// Takes the names of another in, too.
    pub fn extend(&mut self, others: Self) {
        self.own.extend(others.own);
    }

    /// The fields of the user's own.
    pub(super) fn own(&self) -> impl Iterator<Item = &str> {
        self.own.iter().map(|name| &**name)
    }

    /// Whether the event carries an identifier that identifies somebody.
    pub fn identify(&self, event: &Document) -> bool {
        event.payload().identifiers_that_count().next().is_some() || self.name_in(event)
    }

    /// Whether it carries one of the user's own that does.
    pub fn name_in(&self, event: &Document) -> bool {
        self.own.iter().any(|name| {
            let field = event.child(NodeId::ROOT, &Segment::key(&**name));
            field.is_some_and(|field| identifies(event.text(field)).is_some())
        })
    }

    /// The same of the text of an event. Of a field that is there twice the last counts.
    pub(crate) fn name_in_text(&self, text: &str) -> bool {
        if self.own.is_empty() {
            return false;
        }
        let mut says: Vec<bool> = vec![false; self.own.len()];
        let read = scan(text, |field| {
            for (says, _) in says.iter_mut().zip(&self.own).filter(|(_, name)| ***name == *field.name) {
                *says = identifies(field.value).is_some();
            }
        });
        read.is_ok() && says.contains(&true)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn each_identifier_counts_also_those_of_the_users_own_and_blank_ones_do_not() {
        let mut identifiers = Identifiers::default();
        identifiers.name("loyalty_id");
        let values = [
            ("\"x\"", true),
            ("7", true),
            ("\"\\ud83d\"", true),
            ("\"  \"", false),
            ("null", false),
            ("[]", false),
            ("{\"id\":1}", false),
        ];
        let names = ["customer_id", "email", "device_id", "cookie", "phone_number", "user_uuid", "group_id"];
        for name in names.into_iter().chain(["loyalty_id"]) {
            for (value, expected) in values {
                let text = format!(r#"{{"event":"a","{name}":{value}}}"#);
                assert_eq!(identifiers.identify(&Document::read(&text).unwrap()), expected, "{text}");
                assert_eq!(identifiers.name_in_text(&text), expected && name == "loyalty_id", "{text}");
            }
        }
        let none = Identifiers::default();
        for text in [r#"{"loyalty_id":"7"}"#, r#"{"user":{"email":"a@b.c"}}"#, r#"{"email":"a@b.c","email":""}"#, "[]"]
        {
            assert!(!none.identify(&Document::read(text).unwrap()), "{text}");
        }
        let twice = r#"{"loyalty_id":"7","loyalty_id":null}"#;
        assert!(!identifiers.name_in_text(twice) && !identifiers.identify(&Document::read(twice).unwrap()));
    }
}
