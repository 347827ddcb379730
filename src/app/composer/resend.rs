//! A received event as a draft: without what the platform put into it.

use crate::event::{Document, NodeId, NodeKind, Origin, Sanitized, origin, placeholder, text};

/// The draft that sends `document` again, and the names of the fields that were taken out of it.
///
/// Values stay as they are spelled; only the layout is another. Fields that the sender had put in under a name that the
/// platform uses too cannot be told from the platform's own. An event whose `event` does not say its type gets one that
/// does.
pub(super) fn draft(document: &Document, event_type: &str) -> (String, Vec<Sanitized>) {
    let whole = |id| document.indented(id, usize::MAX);
    if document.get(NodeId::ROOT).is_none_or(|root| root.kind != NodeKind::Object) {
        return (literal(&whole(NodeId::ROOT)), Vec::new());
    }
    let mut out = String::from("{");
    let names_its_type = document.type_field().is_some() && document.type_field() == document.event_field();
    if !names_its_type {
        out.push_str("\n  \"event\": ");
        out.push_str(&serde_json::Value::from(event_type).to_string());
    }
    let mut taken_out = Vec::new();
    for id in document.children(NodeId::ROOT) {
        let Some(key) = document.key(id) else { continue };
        if key == "event" && !names_its_type {
            continue;
        }
        if origin(&key) == Origin::Platform {
            taken_out.push(text::sanitize(&key));
            continue;
        }
        out.push_str(if out.len() > 1 { ",\n  " } else { "\n  " });
        out.push_str(document.key_text(id));
        out.push_str(": ");
        // No string holds a line break, so every one is the layout's own.
        out.push_str(&whole(id).replace('\n', "\n  "));
    }
    out.push_str(if out.len() > 1 { "\n}" } else { "}" });
    (literal(&out), taken_out)
}

fn literal(json: &str) -> String {
    placeholder::literal(json).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::payload;
    use crate::event::TYPES;

    #[test]
    fn what_the_platform_added_is_taken_out_and_the_rest_keeps_its_spelling() {
        let cases = [
            (
                r#"{"event":"view","_bsft_ts":"x","price":31.240,"\u0061":{"user_uuid":[1,2]},"timestamp":1,"e":{}}"#,
                "{\n  \"event\": \"view\",\n  \"price\": 31.240,\n  \"\\u0061\": {\n    \"user_uuid\": [\n      1,\n      2\n    ]\n  },\n  \"e\": {}\n}",
                vec!["_bsft_ts", "timestamp"],
            ),
            (r#"{"_bsft_a\u001b":1}"#, "{\n  \"event\": \"view\"\n}", vec!["_bsft_a\\u001b"]),
            ("[1]", "[\n  1\n]", vec![]),
        ];
        for (received, draft_text, taken_out) in cases {
            let document = Document::new(payload(received)).expect("it is JSON");
            assert_eq!(
                draft(&document, "view"),
                (draft_text.to_owned(), taken_out.into_iter().map(text::sanitize).collect())
            );
        }
    }

    #[test]
    fn the_draft_is_of_the_type_that_was_shown() {
        for (received, unkeyed, _) in TYPES {
            let document = Document::read(received).expect("it is JSON");
            // A value without a name of its own is shown under a key.
            let shown = unkeyed.unwrap_or("the_key");
            let (draft, _) = draft(&document, shown);
            let draft = Document::read(&draft).expect("it is JSON");
            assert_eq!(draft.event_type(), Some(shown), "{received}");
            assert_eq!(draft.type_field(), draft.event_field(), "{received}");
        }
    }
}
