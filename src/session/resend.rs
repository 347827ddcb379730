//! A received event as a draft: without what the platform put into it.

use crate::event::{Document, NodeId, NodeKind, Origin, Sanitized, placeholder, text};

/// The draft that sends an event again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resend {
    /// Its text.
    pub draft: String,
    /// The fields that were taken out: what the platform added, and `event_uuid`, for it names the one event.
    pub taken_out: Vec<Sanitized>,
    /// The fields that were kept though the platform may have added them.
    pub perhaps: Vec<Sanitized>,
}

/// The draft that sends `document` again as its sender sent it, as far as that is known.
///
/// Values stay as they are spelled; only the layout is another. An event whose `event` does not say its type gets one that
/// does. `is_added` says of a field whether the platform added it, where that is known otherwise than by the event.
pub fn draft(document: &Document, event_type: &str, is_added: impl Fn(&str) -> Option<bool>) -> Resend {
    let whole = |id| document.indented(id, usize::MAX);
    if document.get(NodeId::ROOT).is_none_or(|root| root.kind != NodeKind::Object) {
        return Resend { draft: literal(&whole(NodeId::ROOT)), ..Resend::default() };
    }
    let mut out = String::from("{");
    let names_its_type = document.type_field().is_some() && document.type_field() == document.event_field();
    if !names_its_type {
        out.push_str("\n  \"event\": ");
        out.push_str(&serde_json::Value::from(event_type).to_string());
    }
    let (mut taken_out, mut perhaps) = (Vec::new(), Vec::new());
    for id in document.children(NodeId::ROOT) {
        let Some(key) = document.key(id) else { continue };
        if key == "event" && !names_its_type {
            continue;
        }
        let origin = match is_added(&key) {
            Some(true) => Origin::Platform,
            Some(false) => Origin::Sender,
            None => document.origin(id),
        };
        if origin == Origin::Platform || key == "event_uuid" {
            taken_out.push(text::sanitize(&key));
            continue;
        }
        if origin == Origin::Perhaps {
            perhaps.push(text::sanitize(&key));
        }
        out.push_str(if out.len() > 1 { ",\n  " } else { "\n  " });
        out.push_str(document.key_text(id));
        out.push_str(": ");
        // No string holds a line break, so every one is the layout's own.
        out.push_str(&whole(id).replace('\n', "\n  "));
    }
    out.push_str(if out.len() > 1 { "\n}" } else { "}" });
    Resend { draft: literal(&out), taken_out, perhaps }
}

fn literal(json: &str) -> String {
    placeholder::literal(json).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Payload, TYPES};

    #[test]
    fn what_the_platform_added_is_taken_out_and_the_rest_keeps_its_spelling() {
        let cases = [
            (
                r#"{"event":"view","event_uuid":"u","_bsft_ts":"x","price":31.240,"\u0061":{"user_uuid":[1,2]},"timestamp":1,"e":{}}"#,
                "{\n  \"event\": \"view\",\n  \"price\": 31.240,\n  \"\\u0061\": {\n    \"user_uuid\": [\n      1,\n      2\n    ]\n  },\n  \"timestamp\": 1,\n  \"e\": {}\n}",
                vec!["event_uuid", "_bsft_ts"],
                vec!["timestamp"],
            ),
            (r#"{"_bsft_a\u001b":1}"#, "{\n  \"event\": \"view\"\n}", vec!["_bsft_a\\u001b"], vec![]),
            (
                r#"{"event":"view","user_agent":"mine","_bsft_ts":"t","account_uuid":"636c6963-6b73-8000-8000-000000000000","ip":"::1"}"#,
                "{\n  \"event\": \"view\",\n  \"user_agent\": \"mine\"\n}",
                vec!["_bsft_ts", "account_uuid", "ip"],
                vec![],
            ),
            ("[1]", "[\n  1\n]", vec![], vec![]),
        ];
        for (received, draft_text, taken_out, perhaps) in cases {
            let document = Document::new(Payload::new(received).into()).expect("it is JSON");
            let names = |names: Vec<&str>| names.into_iter().map(text::sanitize).collect();
            let resend = Resend { draft: draft_text.into(), taken_out: names(taken_out), perhaps: names(perhaps) };
            assert_eq!(draft(&document, "view", |_| None), resend);
        }
    }

    #[test]
    fn what_is_known_otherwise_wins_over_names() {
        let received = r#"{"event":"view","ip":"::1","user_agent":"mine","site":"s","_bsft_ts":"t"}"#;
        let document = Document::read(received).expect("it is JSON");
        let resend = draft(&document, "view", |key| Some(matches!(key, "ip" | "_bsft_ts")));
        assert_eq!(resend.draft, "{\n  \"event\": \"view\",\n  \"user_agent\": \"mine\",\n  \"site\": \"s\"\n}");
        assert_eq!((resend.taken_out, resend.perhaps), (vec!["ip".into(), "_bsft_ts".into()], vec![]));
    }

    #[test]
    fn the_draft_is_of_the_type_that_was_shown() {
        for (received, unkeyed, _) in TYPES {
            let document = Document::read(received).expect("it is JSON");
            // A value without a name of its own is shown under a key.
            let shown = unkeyed.unwrap_or("the_key");
            let draft = draft(&document, shown, |_| None).draft;
            let draft = Document::read(&draft).expect("it is JSON");
            assert_eq!(draft.event_type(), Some(shown), "{received}");
            assert_eq!(draft.type_field(), draft.event_field(), "{received}");
        }
    }
}
