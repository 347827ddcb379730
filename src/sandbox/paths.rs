//! Where a collector is asked for what, and what was meant by a path that is none of these.

/// Takes one event.
pub(super) const EVENT: &str = "/api/v1/event";
/// Takes several.
pub(super) const BULK: &str = "/api/v1/bulkevents";
/// Takes one from a page.
pub(super) const PIXEL: &str = "/unity.gif";
/// The browser library's stand-in.
pub(super) const SCRIPT: &str = "/blueshift.js";
/// A shop to click in.
pub(super) const SHOP: &str = "/";
/// The newest event of each type.
pub(super) const DEBUG: &str = "/api/v1/event/debug";
/// The newest events of one type.
pub(super) const HISTORY: &str = "/api/v1/event/history";
/// How many events came.
pub(super) const SUMMARY: &str = "/api/v1/event/summary.json";
/// Forgets everything.
pub(super) const FORGET: &str = "/_sandbox/events";
/// Passes on once more what could not be passed on.
pub(super) const FORWARD: &str = "/_sandbox/forward";
/// What was sent, as records.
pub(super) const RECORDS: &str = "/_sandbox/records";

/// Those that a sender may mean.
const ALL: [&str; 7] = [EVENT, BULK, PIXEL, SCRIPT, DEBUG, HISTORY, SUMMARY];

/// Addresses of the platform, and of others, that are none of a collector's, by how they end, with what to do.
const ELSEWHERE: [(&str, &str); 6] = [
    ("/customers/bulk", "the platform keeps customers there: send an `identify` for each to POST /api/v1/bulkevents"),
    (
        "/customers",
        "the platform keeps customers there, and a collector takes events only: send `identify` to POST /api/v1/event",
    ),
    ("/event/segmentio", "Segment's servers send their own form there: send the event itself to POST /api/v1/event"),
    (
        "/track",
        "what becomes of a message (delivered, open, click) goes there, to the platform alone: events go to POST /api/v1/event",
    ),
    ("/live", "live content comes from the platform alone: a collector has none"),
    ("/catalogs", "catalogues are kept by the platform alone"),
];

/// Whether events are sent there.
pub(super) fn takes_events(path: &str) -> bool {
    [EVENT, BULK, PIXEL].contains(&path)
}

/// Whether it is for those who watch, who ask over and over.
pub(super) fn is_for_watchers(path: &str) -> bool {
    [DEBUG, HISTORY, SUMMARY, RECORDS].contains(&path)
}

/// What was meant by a path that leads nowhere, and what to do, as far as that can be told.
pub(super) fn meant(path: &str) -> Option<String> {
    let lower = path.to_ascii_lowercase();
    let parts: Vec<_> = lower.split('/').filter(|part| !part.is_empty()).collect();
    let plain = format!("/{}", parts.join("/"));
    let plain = ["", ".json", ".php"]
        .iter()
        .find_map(|end| Some(plain.strip_suffix(end)?.to_owned()).filter(|it| is_known(it)));
    if let Some(plain) = plain {
        let known = ALL.into_iter().find(|known| is_named(&plain, known)).unwrap_or(EVENT);
        return Some(format!("did you mean {known}? The path is taken as it is spelled, to the letter"));
    }
    let whole = format!("/{}", parts.join("/"));
    let bare = whole.strip_suffix(".json").unwrap_or(&whole);
    let elsewhere = ELSEWHERE.iter().find(|(end, _)| bare.ends_with(end) || bare.contains(&format!("{end}/")));
    if let Some((_, what)) = elsewhere {
        return Some((*what).to_owned());
    }
    let last = parts.last()?;
    let alone = |known: &&&str| known.rsplit('/').next().is_some_and(|name| similar(name, last));
    ALL.iter().find(alone).map(|known| format!("did you mean {known}?"))
}

fn is_known(path: &str) -> bool {
    ALL.iter().any(|known| is_named(path, known))
}

/// Whether a path is that one, or would be with the same beginning.
fn is_named(path: &str, known: &str) -> bool {
    path == known || path == known.trim_end_matches(".json") || known.strip_prefix("/api/v1") == Some(path)
}

fn similar(name: &str, other: &str) -> bool {
    let stem = |name: &str| name.trim_end_matches('s').replace(['-', '_'], "");
    stem(name) == stem(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_named() {
        for (path, part) in [
            ("/api/v1/event/", "mean /api/v1/event?"),
            ("/API/v1/Event", "mean /api/v1/event?"),
            ("//api/v1/event", "mean /api/v1/event?"),
            ("/api/v1/event.json", "mean /api/v1/event?"),
            ("/api/v1/events", "mean /api/v1/event?"),
            ("/event", "mean /api/v1/event?"),
            ("/bulkevents", "mean /api/v1/bulkevents?"),
            ("/api/v1/bulk_events", "mean /api/v1/bulkevents?"),
            ("/api/v2/bulkevents", "mean /api/v1/bulkevents?"),
            ("/api/v1/event/summary", "mean /api/v1/event/summary.json?"),
            ("/api/v1/event/debug.json", "mean /api/v1/event/debug?"),
            ("/Unity.gif", "mean /unity.gif?"),
            ("/static/blueshift.js", "mean /blueshift.js?"),
            ("/customers", "send `identify` to POST /api/v1/event"),
            ("/api/v1/customers.json", "send `identify` to POST /api/v1/event"),
            ("/api/v1/customers/search", "send `identify`"),
            ("/api/v1/customers/bulk", "an `identify` for each"),
            ("/api/v1/event/segmentio", "Segment's servers"),
            ("/track", "events go to POST /api/v1/event"),
            ("/live", "live content"),
        ] {
            let meant = meant(path);
            assert!(meant.as_ref().is_some_and(|meant| meant.contains(part)), "{path}: {meant:?}");
        }
        for path in ["/", "/favicon.ico", "/robots.txt", "/api/v1/campaigns.json"] {
            assert_eq!(meant(path), None, "{path}");
        }
    }
}
