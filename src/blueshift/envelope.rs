//! The envelope of an answer: wrappers, plain values, complaints; and the words for what is no answer.

use super::KeyMask;
use super::error_body::{ErrorBody, html_title};
use super::outline::Outline;
use crate::event::json::{self, Json, Member, Members};
use crate::event::{Sanitized, sanitized};

/// Members that hold the events rather than being a type, when nothing but other wrappers, [`BESIDE`] and plain values
/// stand beside them. Inferred from the siblings of the debug endpoint: `events` in bulk, `stats` in the summary.
pub(super) const WRAPPERS: [&str; 17] = [
    "events",
    "data",
    "stats",
    "event",
    "debug",
    "result",
    "results",
    "response",
    "items",
    "records",
    "payload",
    "body",
    "types",
    "event_types",
    "latest",
    "latest_events",
    "recent_events",
];
/// Members that come with a wrapper and hold no events.
pub(super) const BESIDE: [&str; 10] =
    ["errors", "error", "warnings", "meta", "metadata", "links", "pagination", "paging", "page", "events_chart_stats"];
/// Plain values that come with events and need no word.
pub(super) const PLAIN: [&str; 12] = [
    "status",
    "code",
    "success",
    "ok",
    "message",
    "count",
    "total",
    "limit",
    "version",
    "timestamp",
    "timestamp_start",
    "timestamp_end",
];

pub(super) fn is_one_of(member: &Member<'_>, names: &[&str]) -> bool {
    names.contains(&&*member.name)
}

/// Whether an answer has a member that says that something went wrong.
pub(super) fn complains(members: &[Member<'_>]) -> bool {
    members.iter().any(|member| {
        let said = json::as_string(member.value);
        let said = said.as_deref().map(str::trim);
        match &*member.name {
            "message" => said.is_some_and(|said| !is_fine(said) && json::encoded(member.value).is_none()),
            "error" | "errors" | "error_message" => {
                let nothing = matches!(member.value, "null" | "false" | "0") || said.is_some_and(is_fine);
                let empty = json::is_container(member.value) && is_empty(member.value);
                !nothing && !empty && !is_recognisable(member)
            }
            "success" | "ok" => member.value == "false" || said == Some("false"),
            "status" | "code" => is_bad_status(said.unwrap_or(member.value)),
            _ => false,
        }
    })
}

fn is_fine(said: &str) -> bool {
    said.is_empty() || ["ok", "success", "successful"].iter().any(|fine| said.eq_ignore_ascii_case(fine))
}

fn is_bad_status(status: &str) -> bool {
    let by_number = status.parse().is_ok_and(|status: u32| (400..600).contains(&status));
    by_number || ["error", "fail", "failed", "failure"].iter().any(|bad| status.eq_ignore_ascii_case(bad))
}

fn is_empty(container: &str) -> bool {
    container.get(1..container.len() - 1).is_none_or(|inner| inner.trim_ascii().is_empty())
}

/// Whether something in a member is surely an event. What stands under `errors` names fields and has the form of events
/// without names, `{"customer_id":"can't be blank"}`, so there only an event of that very type counts.
pub(super) fn is_recognisable(member: &Member<'_>) -> bool {
    let is_complaint = matches!(&*member.name, "error" | "errors");
    any_object(member.value, 0, &mut |outline| {
        if !is_complaint {
            return outline.is_event();
        }
        outline.head.own_type().is_some_and(|(_, name)| name == member.name)
    })
}

/// Whether `wanted` holds for some object in `text`, looking two levels deep and at the first few elements of arrays.
fn any_object(text: &str, depth: usize, wanted: &mut impl FnMut(&Outline<'_>) -> bool) -> bool {
    if let Some(inner) = json::encoded(text) {
        return depth < 3 && any_object(&inner, depth + 1, wanted);
    }
    match json::read(text) {
        Ok(Json::Object(members)) => {
            wanted(&Outline::of(text))
                || (depth < 2 && members.list.iter().any(|member| any_object(member.value, depth + 1, wanted)))
        }
        Ok(Json::Array(elements)) => {
            depth < 3 && elements.list.iter().take(8).any(|element| any_object(element, depth + 1, wanted))
        }
        _ => false,
    }
}

pub(super) fn is_only_an_error(element: &str) -> bool {
    match json::read(element) {
        Ok(Json::Object(members)) => !Outline::of(element).is_event() && complains(&members.list),
        _ => false,
    }
}

/// Whether an answer that holds no event says that there is none, rather than something else.
pub(super) fn says_empty(members: &Members<'_>) -> bool {
    members.list.iter().any(|member| match &*member.name {
        "count" | "total" => json::as_count(member.value) == Some(0),
        _ => is_one_of(member, &WRAPPERS) && member.value == "null",
    })
}

pub(super) fn complaint(text: &str, keys: &KeyMask) -> Sanitized {
    ErrorBody::read(text.as_bytes(), keys).map_or_else(|| keys.line(text, 120), |body| body.message)
}

pub(super) fn names_no_event(members: &Members<'_>, keys: &KeyMask) -> Sanitized {
    let names = members.list.iter().take(4).map(|member| sanitized!("`{}`", keys.line(&member.name, 40)));
    let more = (members.list.len() > 4).then_some(Sanitized::literal("…"));
    let names = Sanitized::join(names.chain(more), ", ");
    sanitized!("the answer is an object without an event in it; it has {}", names)
}

pub(super) fn not_json(text: &str, error: &serde_json::Error, keys: &KeyMask) -> Sanitized {
    if let Some(title) = html_title(text.trim_ascii_start()) {
        return sanitized!("the answer is HTML, not JSON: {}", keys.line(title, 240));
    }
    let (line, column) = (error.line(), error.column());
    let before = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    let place = sanitized!("line {}, column {} (byte {})", line, column, before + column);
    if error.is_eof() {
        return sanitized!("the answer ends in the middle of its JSON, at {}", place);
    }
    let said = error.to_string();
    let what = said.rsplit_once(" at line ").map_or(&*said, |(what, _)| what);
    sanitized!("the answer is not JSON: {} at {}", keys.line(what, 240), place)
}
