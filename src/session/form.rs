//! Events in our own records, and what is copied from files and terminals.

use std::sync::Arc;

use super::{Change, Moment, RecordLine, resend};
use crate::event::values::{Splitter, Value};
use crate::event::{Document, Form, Payload, TypeName, placeholder, syntax};

/// An event that was captured, in a record of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedEvent<'t> {
    /// The event.
    pub payload: Arc<Payload>,
    /// Its text, where it stands in the record.
    pub text: &'t str,
    /// When it was seen.
    pub at: Moment,
}

/// The event of a record of ours; `Some(None)` of one that holds none, `None` for what is no record.
pub fn captured(text: &str) -> Option<Option<CapturedEvent<'_>>> {
    match RecordLine::read(text) {
        RecordLine::Event { change: Change { payload: Some(payload), at, .. }, text } => {
            Some(Some(CapturedEvent { payload, text, at }))
        }
        RecordLine::Other => None,
        _ => Some(None),
    }
}

impl CapturedEvent<'_> {
    /// The draft that sends it again.
    pub fn draft(&self) -> String {
        let name = self.payload.event_type().map(TypeName::as_str).unwrap_or_default();
        match Document::new(Arc::clone(&self.payload)) {
            Ok(document) => resend::draft(&document, name, |_| None).draft,
            Err(_) => placeholder::literal(self.payload.text()).into_owned(),
        }
    }
}

/// The draft that a text makes which was copied from a file or a terminal: several events become an array, and so does a
/// bulk payload; a captured event becomes the one that was sent. `None` for a text that is a draft as it stands.
pub fn as_draft(copied: &str) -> Option<String> {
    let (copied, headed) = without_heading(copied).map_or((copied, false), |event| (event, true));
    let mut splitter = Splitter::default();
    let mut values: Vec<Value> = Vec::new();
    let mut rest = copied.as_bytes();
    while !rest.is_empty() {
        let (taken, value) = splitter.take(rest);
        rest = rest.get(taken..).unwrap_or_default();
        values.extend(value);
    }
    values.extend(splitter.finish());
    let mut changed = headed || values.len() > 1 || copied.starts_with('\u{feff}');
    let mut events: Vec<String> = Vec::new();
    let mut is_array = false;
    for Value { bytes, .. } in values {
        let text = String::from_utf8(bytes).ok()?;
        // A text with a mistake in it is to be mended as it stands.
        syntax::check(&text).ok()?;
        match captured(&text) {
            Some(event) => {
                changed = true;
                events.extend(event.map(|event| event.draft()));
            }
            None => match Form::read(&text) {
                Form::Many { array, events: many } => {
                    changed |= array.len() < text.trim().len();
                    is_array = true;
                    events.extend(many.into_iter().map(str::to_owned));
                }
                Form::Event(_) => events.push(text.trim().to_owned()),
                Form::NoArray(_) => return None,
            },
        }
    }
    if !changed {
        return None;
    }
    let draft = match events.as_slice() {
        [] => return None,
        [event] if !is_array => event.clone(),
        events => format!("[{}]", events.join(",\n")),
    };
    Some(syntax::format(&draft).unwrap_or(draft))
}

/// The event under a [`heading`](super::heading), as it is copied.
fn without_heading(copied: &str) -> Option<&str> {
    let (first, event) = copied.split_once('\n')?;
    let (_, number) = first.split_once(" event ").filter(|_| event.trim_start().starts_with('{'))?;
    let number = number.split(' ').next()?.trim_end();
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copied_events_make_a_draft_where_they_are_none_as_they_stand() {
        let record = r#"{"record":"event","type":"view","change":"new","event":{"event":"view","sku":"{{x}}","_bsft_ts":"t"},"captured":1,"observed_at":"2026-11-24T12:00:00Z"}"#;
        let count = r#"{"record":"count","type":"x","change":"new","received":1,"captured":0,"observed_at":"2026-11-24T12:00:00Z"}"#;
        let cases: &[(&str, Option<&str>)] = &[
            ("", None),
            (r#"{"event":"view","n":{{seq}}}"#, None),
            ("[{\"event\":\"view\"}]", None),
            // To be mended as they stand.
            ("{\"event\":\"view\"}\n{\"event\":}", None),
            ("plain words", None),
            (r#"{"events":{"1":{}}}"#, None),
            ("\u{feff}{\"a\":1}", Some(r#"{"a":1}"#)),
            ("{\"a\":1}\r\n{\"b\":{{now}}}\n", Some(r#"[{"a":1},{"b":{{now}}}]"#)),
            ("{\n\"a\":1\n}{\"b\":2}", Some(r#"[{"a":1},{"b":2}]"#)),
            ("[{\"a\":1}]\n{\"b\":2}", Some(r#"[{"a":1},{"b":2}]"#)),
            (r#"{"events":[{"a":1}]}"#, Some(r#"[{"a":1}]"#)),
            ("view 14:03:20 event 42 · sku A\n{\"a\":1}", Some(r#"{"a":1}"#)),
            ("view 14:03:20 event 42\r\n{\"a\":1}", Some(r#"{"a":1}"#)),
            ("a main event x\n{\"a\":1}", None),
            (record, Some(r#"{"event":"view","sku":"\u007b{x}}"}"#)),
            (&format!("{count}\n{record}\n"), Some(r#"{"event":"view","sku":"\u007b{x}}"}"#)),
            (count, None),
        ];
        for (copied, expected) in cases {
            let expected = expected.map(|draft| syntax::format(draft).expect("it is JSON"));
            assert_eq!(as_draft(copied), expected, "{copied}");
        }
    }
}
