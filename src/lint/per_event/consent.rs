//! What a customer chose to get, and what overwrites it.

use super::object::Object;
use crate::event::NodeKind;
use crate::lint::{Finding, Findings, Rule, Severity, shown};

static CONSENT: Rule = Rule {
    id: "consent-overwritten",
    severity: Severity::Warning,
    title: "an event that subscribes the customer again",
    why: "unsubscribed is an attribute of the customer: false in any event takes back that the customer has opted out, and \
          messages go out that must not. Send it where the customer just chose so, and nowhere else; in an event that by its \
          name is about that choice it is a note.",
    documentation: "https://developer.blueshift.com/docs/customer-related-data",
    bad: r#"{"event":"lead_created","email":"jane@example.com","unsubscribed":false}"#,
    good: r#"{"event":"lead_created","email":"jane@example.com"}"#,
};

pub(super) const RULES: &[&Rule] = &[&CONSENT];

impl Object<'_> {
    pub(super) fn check_consent(&self, findings: &mut Findings) {
        for (name, id) in self.beginning_with("unsubscribed") {
            let rest = name.trim_start_matches("unsubscribed");
            if !matches!(rest, "" | "_email" | "_push" | "_sms" | "_whatsapp" | "_inapp" | "_all") {
                continue;
            }
            let text = self.event.plain(id);
            let is_false = match self.kind(id) {
                Some(NodeKind::Bool) => text == "false",
                Some(NodeKind::String | NodeKind::Number) => {
                    matches!(&*text.trim().to_ascii_lowercase(), "false" | "0" | "no" | "f" | "n")
                }
                _ => false,
            };
            if is_false {
                let expected = "no such field, unless the customer just chose to get messages again";
                let finding = CONSENT.at(self.event.path(id), expected, shown(self.event, id));
                let severity = if self.is_a_choice() { Severity::Note } else { finding.severity };
                findings.push(Finding { severity, ..finding });
            }
        }
    }

    /// Whether the event is, by its name, about what the customer chose to get.
    fn is_a_choice(&self) -> bool {
        let name = self.event.event_type().unwrap_or_default().to_ascii_lowercase();
        let is_plan = name.starts_with("subscription");
        !is_plan
            && ["subscri", "opt_in", "optin", "opt_out", "optout", "consent", "preference", "newsletter"]
                .iter()
                .any(|word| name.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::Severity::{self, Note, Warning};
    use crate::lint::Stage;
    use crate::lint::tests::of;

    #[test]
    fn an_opt_out_is_taken_back_only_by_the_customer() {
        let cases: [(&str, &str, &str, &[Severity]); 10] = [
            ("a lead form", "lead_created", r#""unsubscribed":false"#, &[Warning]),
            ("a lead form", "identify", r#""unsubscribed_sms":"FALSE""#, &[Warning]),
            ("a till", "purchase", r#""unsubscribed":0,"unsubscribed_push":"no""#, &[Warning, Warning]),
            (
                "a shop's back end",
                "account_updated",
                r#""zip":"1","unsubscribed":false,"address":"a","phone":"+14155550100","age":7"#,
                &[Warning],
            ),
            ("a preference centre", "preferences_saved", r#""unsubscribed":false"#, &[Note]),
            ("a shop's footer", "newsletter_signup", r#""unsubscribed":false"#, &[Note]),
            ("a subscription", "subscription_start", r#""unsubscribed":false"#, &[Warning]),
            ("a link in a message", "identify", r#""unsubscribed":true"#, &[]),
            ("a survey", "identify", r#""unsubscribed_reason":"no","unsubscribed":null"#, &[]),
            ("a survey", "identify", r#""is_unsubscribed":false"#, &[]),
        ];
        for (sender, name, fields, severities) in cases {
            let event = format!(r#"{{"event":"{name}","cookie":"c",{fields}}}"#);
            let found = of(&event, Stage::Outgoing, "consent-overwritten");
            assert_eq!(found.iter().map(|it| it.severity).collect::<Vec<_>>(), severities, "{sender}: {event}");
        }
    }
}
