use std::sync::Arc;

use super::KeyMask;
use super::debug::{text_of, unknown};
use super::reading::{Memo, Reading};
use crate::event::json::{self, Json};
use crate::event::{Note, Payload, TypeName, Unknown};

/// The answer of the history endpoint for one type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryAnswer {
    /// The events of the type, the newest first.
    pub events: Vec<Arc<Payload>>,
    /// How many events it lists in all.
    pub listed: usize,
    /// What is not as documented.
    pub notes: Vec<Note>,
}

/// Reads the answer of `GET /api/v1/event/history?event_name=…`.
///
/// It is documented as an object with the name as its one key and an array under it; what the debug endpoint may
/// answer is read as well. Knowing the name, a type that is called `data` or `errors` is no riddle here. Events of other
/// types are left out.
pub fn decode_history(body: &[u8], event_name: &TypeName, keys: &KeyMask) -> Result<HistoryAnswer, Unknown> {
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
    let is_in_order = reading.is_in_order();
    let (sightings, mut notes, _) = reading.into_parts();
    let is_asked_for = |name: &TypeName| name.as_str().eq_ignore_ascii_case(event_name.as_str());
    let listed = sightings.iter().map(|sighting| sighting.events.len()).sum();
    let events: Vec<_> = sightings
        .into_iter()
        .filter(|sighting| is_asked_for(&sighting.event_type))
        .flat_map(|sighting| sighting.events)
        .collect();
    let has_uuid = |event: &Arc<Payload>| event.head().uuid.as_ref().is_some_and(|uuid| !uuid.is_empty());
    let oddities = [
        (events.len() < listed, "the history of a type lists events of others; they are left out"),
        (!is_in_order, "the history does not list the newest event first; its events are put in order by their times"),
        (!events.iter().all(has_uuid), "the history has events without event_uuid: content and time tell them apart"),
    ];
    notes.extend(oddities.into_iter().filter(|(is_odd, _)| *is_odd).map(|(_, text)| Note(text.into())));
    Ok(HistoryAnswer { events, listed, notes })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn texts(body: &str, event_name: &str) -> Result<Vec<String>, String> {
        let events = decode_history(body.as_bytes(), &event_name.into(), &KeyMask::default())
            .map_err(|unknown| String::from(unknown.reason))?;
        Ok(events.events.iter().map(|event| event.text().to_owned()).collect())
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
    fn an_answer_that_lies_gives_what_it_has_of_the_type_and_says_so() {
        let event = |name: &str, uuid: &str, second: u32| {
            format!(r#"{{"event":"{name}","event_uuid":"{uuid}","_bsft_ts":"2025-09-17T10:26:{second}.000Z"}}"#)
        };
        let (old, new, other) = (event("view", "a", 10), event("view", "b", 20), event("search", "c", 30));
        let bare = r#"{"event":"view","_bsft_ts":"2025-09-17T10:26:40.000Z"}"#.to_owned();
        let cases = [
            (vec![&new, &old], vec![&new, &old], None),
            (vec![&other, &new, &old], vec![&new, &old], Some("events of others")),
            (vec![&old, &new], vec![&new, &old], Some("newest event first")),
            (vec![&bare, &new], vec![&bare, &new], Some("without event_uuid")),
        ];
        for (listed, expected, said) in cases {
            let list: Vec<&str> = listed.iter().map(|text| text.as_str()).collect();
            let body = format!(r#"{{"view":[{}]}}"#, list.join(","));
            let answer = decode_history(body.as_bytes(), &"view".into(), &KeyMask::default()).unwrap();
            assert!(answer.events.iter().map(|event| event.text()).eq(expected.iter().map(|text| text.as_str())));
            assert_eq!(answer.listed, listed.len());
            assert_eq!(answer.notes.len(), usize::from(said.is_some()), "{:?}", answer.notes);
            assert!(
                said.is_none_or(|said| answer.notes.iter().any(|note| note.0.contains(said))),
                "{:?}",
                answer.notes
            );
        }
    }

    #[test]
    fn an_error_says_why() {
        assert!(texts(r#"{"message":"Forbidden"}"#, "view").unwrap_err().contains("Forbidden"));
        assert!(texts("{", "view").unwrap_err().contains("ends in the middle"));
    }
}
