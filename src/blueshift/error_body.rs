use super::KeyMask;
use crate::event::Sanitized;
use crate::event::json::{self, Json};

/// How much of a body is looked at. Bodies that explain an error are short; a longer one is something else.
const MAX_BODY: usize = 64 * 1024;
/// How long a line gets, in columns.
const MAX_LINE: usize = 240;
/// How many fields are kept.
const MAX_FIELDS: usize = 32;

/// The error message in the body of an answer, in one line of bounded length.
///
/// Every envelope of the platform is read: `message`, `error`, `errors` as an array of objects, an object of arrays or
/// an array of strings, `status`; and what proxies put in their place: an HTML page or plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorBody {
    /// One line, with the fields spelled out: `customer_id: can't be blank`.
    pub message: Sanitized,
    /// The fields that the answer names, each with what is wrong with it, in the answer's order.
    pub fields: Vec<(Sanitized, Sanitized)>,
}

impl ErrorBody {
    /// Reads `body`, without `keys`; `None` when it says nothing at all.
    pub fn read(body: &[u8], keys: &KeyMask) -> Option<Self> {
        // Twice as much as is looked at, for the sake of a key that runs over its end.
        let text = String::from_utf8_lossy(body.get(..2 * MAX_BODY).unwrap_or(body));
        let text = text.trim_start_matches('\u{feff}').trim();
        let mut said = Said { keys, texts: Vec::new(), fields: Vec::new(), status: None };
        if let Some(title) = html_title(text) {
            said.texts.push(title.to_owned());
        } else if body.len() > MAX_BODY || !said.read_json(text, 0) {
            said.texts.push(text.to_owned());
        }
        said.into_body()
    }
}

/// The title of an HTML page, or that it has none; `None` when `text` is not one.
pub(super) fn html_title(text: &str) -> Option<&str> {
    if !text.starts_with('<') {
        return None;
    }
    let head = text.get(..text.floor_char_boundary(MAX_BODY)).unwrap_or(text);
    // Same length as `head`, so that places found in one stand in the other.
    let lower = head.to_ascii_lowercase();
    let between = |open: &str, close: &str| {
        let start = lower.find(open)?;
        let start = start + lower.get(start..)?.find('>')? + 1;
        let end = start + lower.get(start..)?.find(close)?;
        head.get(start..end).filter(|title| !title.trim().is_empty())
    };
    Some(between("<title", "</title").or_else(|| between("<h1", "</h1")).unwrap_or("an HTML page"))
}

struct Said<'k> {
    keys: &'k KeyMask,
    texts: Vec<String>,
    fields: Vec<(Sanitized, Sanitized)>,
    /// A status that was all there was.
    status: Option<String>,
}

impl Said<'_> {
    /// Reads an envelope; `false` when `text` is not JSON, or JSON that says nothing.
    fn read_json(&mut self, text: &str, depth: usize) -> bool {
        match json::read(text) {
            Ok(Json::Object(members)) => {
                for member in &members.list {
                    match &*member.name {
                        "message" | "error" | "error_message" | "error_description" | "detail" | "reason" => {
                            if json::is_container(member.value) && depth < 3 {
                                self.read_json(member.value, depth + 1);
                            } else {
                                self.push_text(member.value);
                            }
                        }
                        "errors" => self.read_errors(member.value),
                        "status" | "code" => self.status = self.status.take().or_else(|| plain(member.value)),
                        _ => {}
                    }
                }
                let status = self.status.take().map(|status| format!("status {status}"));
                if self.texts.is_empty() && self.fields.is_empty() {
                    self.texts.extend(status);
                }
                !self.texts.is_empty() || !self.fields.is_empty()
            }
            Ok(Json::Array(_)) => {
                self.read_errors(text);
                !self.texts.is_empty() || !self.fields.is_empty()
            }
            Ok(Json::String(said)) => {
                self.texts.push(said.into_owned());
                true
            }
            Ok(Json::Scalar("null")) => true,
            Ok(Json::Scalar(_)) | Err(_) => false,
        }
    }

    fn read_errors(&mut self, raw: &str) {
        match json::read(raw) {
            Ok(Json::Array(elements)) => {
                for element in elements.list.into_iter().take(MAX_FIELDS) {
                    if element.starts_with('{') {
                        self.read_fields(element);
                    } else {
                        self.push_text(element);
                    }
                }
            }
            Ok(Json::Object(_)) => self.read_fields(raw),
            _ => self.push_text(raw),
        }
    }

    /// `{"customer_id":"can't be blank"}`, `{"name":["can't be blank"]}`, or `{"field":"name","message":"is taken"}`.
    fn read_fields(&mut self, object: &str) {
        let Ok(Json::Object(members)) = json::read(object) else { return };
        let find = |names: &[&str]| {
            members.list.iter().find(|member| names.contains(&&*member.name)).map(|member| member.value)
        };
        if let Some(message) = find(&["message"]).and_then(json::as_string) {
            match find(&["field", "attribute"]).and_then(json::as_string) {
                Some(field) => self.push_field(&field, &message),
                None => self.texts.push(message.into_owned()),
            }
            return;
        }
        for member in members.list.iter().take(MAX_FIELDS) {
            if let Some(said) = plain(member.value) {
                self.push_field(&member.name, &said);
            }
        }
    }

    fn push_field(&mut self, name: &str, said: &str) {
        if self.fields.len() < MAX_FIELDS {
            self.fields.push((self.keys.line(name, MAX_LINE), self.keys.line(said, MAX_LINE)));
        }
    }

    fn push_text(&mut self, raw: &str) {
        if self.texts.len() < MAX_FIELDS {
            self.texts.extend(plain(raw));
        }
    }

    fn into_body(self) -> Option<ErrorBody> {
        let fields = self.fields.iter().map(|(name, said)| format!("{name}: {said}"));
        let message = self.texts.iter().cloned().chain(fields).collect::<Vec<_>>().join("; ");
        let message = self.keys.line(&message, MAX_LINE);
        (!message.is_empty()).then_some(ErrorBody { message, fields: self.fields })
    }
}

/// A value as text for people: a string without quotes, an array as its elements; `None` for nothing.
fn plain(raw: &str) -> Option<String> {
    let text = match json::read(raw) {
        Ok(Json::String(text)) => text.into_owned(),
        Ok(Json::Array(elements)) => {
            let texts = elements.list.into_iter().take(MAX_FIELDS);
            texts.map(|element| json::as_string(element).unwrap_or(element.into())).collect::<Vec<_>>().join(", ")
        }
        Ok(Json::Scalar("null" | "false")) => String::new(),
        _ => raw.to_owned(),
    };
    (!text.trim().is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn read(body: &[u8]) -> Option<ErrorBody> {
        ErrorBody::read(body, &KeyMask::default())
    }

    #[test]
    fn every_known_envelope_becomes_one_line() {
        let cases = [
            (r#"{"message":"Not authorized"}"#, "Not authorized"),
            (r#"{"status":"404","error":"Not Found"}"#, "Not Found"),
            (r#"{"success":false,"error":"Validation failed"}"#, "Validation failed"),
            (r#"{"errors":[{"customer_id":"can't be blank"}]}"#, "customer_id: can't be blank"),
            (r#"{"errors":{"name":["can't be blank","is odd"]}}"#, "name: can't be blank, is odd"),
            (r#"{"errors":["too many","too large"]}"#, "too many; too large"),
            (r#"{"errors":"no"}"#, "no"),
            (r#"{"errors":[{"field":"email","message":"is invalid"}]}"#, "email: is invalid"),
            (r#"{"error":{"code":7,"message":"Rate limit exceeded"}}"#, "Rate limit exceeded"),
            (r#"{"message":"Bad Request","errors":[{"event":"is missing"}]}"#, "Bad Request; event: is missing"),
            (r#"{"status":"error"}"#, "status error"),
            (r#"{"message":null,"status":503}"#, "status 503"),
            (r#""just text""#, "just text"),
            (r#"["a","b"]"#, "a; b"),
            ("upstream connect error\n  or disconnect", "upstream connect error or disconnect"),
            ("<html><head><TITLE>502 Bad\nGateway</TITLE></head></html>", "502 Bad Gateway"),
            ("<!doctype html><body><h1 class=x>Sorry</h1>", "Sorry"),
            ("<p>hm", "an HTML page"),
            (r#"{"reason":"maintenance"}"#, "maintenance"),
            (r#"{"odd":1}"#, r#"{"odd":1}"#),
            ("\u{feff}{\"message\":\"with a mark\"}", "with a mark"),
        ];
        for (body, message) in cases {
            assert_eq!(read(body.as_bytes()).unwrap().message, message, "{body}");
        }
    }

    #[test]
    fn a_body_that_says_nothing_is_none() {
        for body in ["", "  \n", "null", r#""""#, "\u{feff}"] {
            assert_eq!(read(body.as_bytes()), None, "{body:?}");
        }
    }

    #[test]
    fn the_fields_that_an_answer_names_can_be_had_one_by_one() {
        let body = br#"{"errors":[{"customer_id":"can't be blank"},{"event":["is odd","is long"]}]}"#;
        let fields = read(body).unwrap().fields;
        assert_eq!(
            fields,
            [("customer_id".into(), "can't be blank".into()), ("event".into(), "is odd, is long".into())]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_short_line_without_control_characters(body: Vec<u8>) {
            if let Some(said) = read(&body) {
                prop_assert!(said.message.width() <= MAX_LINE);
                prop_assert!(!said.message.contains(char::is_control));
                prop_assert!(said.fields.len() <= MAX_FIELDS);
            }
        }
    }
}
