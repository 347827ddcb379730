use std::sync::Arc;

use super::KeyMask;
use super::debug::{text_of, unknown};
use super::reading::{Memo, Reading};
use crate::event::json::{self, Json};
use crate::event::{Payload, TypeName, Unknown};

/// Reads the answer of `GET /api/v1/event/history?event_name=…`: the events of that type, the newest first.
///
/// It is documented as an object with the name as its one key and an array under it; what the debug endpoint may
/// answer is read as well. Knowing the name, a type that is called `data` or `errors` is no riddle here.
pub fn decode_history(body: &[u8], event_name: &TypeName, keys: &KeyMask) -> Result<Vec<Arc<Payload>>, Unknown> {
    let (text, _) = text_of(body);
    let memo = Memo::new();
    let mut reading = Reading::new(&memo, keys);
    let lists = match json::read(&text) {
        Ok(Json::Object(members)) => members.list,
        _ => Vec::new(),
    };
    let mut is_as_documented = false;
    for list in lists.iter().filter(|list| list.name == event_name.as_str() && list.value.starts_with('[')) {
        reading.entry(&list.name, list.value, 0);
        is_as_documented = true;
    }
    if !is_as_documented {
        reading.answer(&text, 0).map_err(|reason| unknown(body, reason, keys))?;
    }
    let (mut sightings, ..) = reading.into_parts();
    sightings.retain(|sighting| is_as_documented || sighting.event_type == *event_name);
    Ok(sightings.into_iter().flat_map(|sighting| sighting.events).collect())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn texts(body: &str, event_name: &str) -> Result<Vec<String>, String> {
        let events = decode_history(body.as_bytes(), &event_name.into(), &KeyMask::default())
            .map_err(|unknown| String::from(unknown.reason))?;
        Ok(events.iter().map(|event| event.text().to_owned()).collect())
    }

    #[test]
    fn the_documented_answer_gives_its_events_newest_first() {
        let old = r#"{"event":"app_install","_bsft_ts":"2025-09-17T10:26:55.000Z"}"#;
        let new = r#"{"event":"app_install","_bsft_ts":"2025-09-17T10:26:56.000Z"}"#;
        let body = format!(r#"{{"app_install":[{old},{new}]}}"#);
        assert_eq!(texts(&body, "app_install").unwrap(), [new, old]);
        assert_eq!(texts(&body, "view").unwrap(), [""; 0]);
        assert_eq!(texts(r#"{"view":[]}"#, "view").unwrap(), [""; 0]);
        assert_eq!(texts("{}", "view").unwrap(), [""; 0]);
    }

    #[test]
    fn a_type_named_like_a_wrapper_or_an_error_is_no_riddle_when_the_name_is_known() {
        for name in ["data", "events", "event", "errors", "message"] {
            let body = format!(r#"{{"{name}":[{{"page":"/a"}},{{"page":"/b"}}]}}"#);
            assert_eq!(texts(&body, name).unwrap(), [r#"{"page":"/a"}"#, r#"{"page":"/b"}"#]);
        }
    }

    #[test]
    fn an_error_says_why() {
        assert!(texts(r#"{"message":"Forbidden"}"#, "view").unwrap_err().contains("Forbidden"));
        assert!(texts("{", "view").unwrap_err().contains("ends in the middle"));
    }
}
