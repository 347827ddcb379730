use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use url::form_urlencoded;

use super::store::{DailyCounts, Days};

/// The span that is answered for when none is asked for. (doc)
const DEFAULT_SPAN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The names that are `standard` in a summary; all others are `custom_event`. (code) constants of the mobile SDKs, and
/// the vendor's own page.
const STANDARD: [&str; 20] = [
    "add_to_cart",
    "app_install",
    "app_open",
    "app_update",
    "cancel",
    "checkout",
    "identify",
    "pageload",
    "purchase",
    "remove_from_cart",
    "return",
    "search",
    "subscribe",
    "subscription_billing",
    "subscription_cancel",
    "subscription_downgrade",
    "subscription_start",
    "subscription_upgrade",
    "unsubscribe",
    "view",
];

/// The span that a summary is asked for.
#[derive(Debug)]
pub(super) struct Period {
    start: Timestamp,
    end: Timestamp,
}

#[derive(Default, Deserialize)]
struct Asked<'a> {
    #[serde(borrow)]
    timestamp_start: Option<Cow<'a, str>>,
    #[serde(borrow)]
    timestamp_end: Option<Cow<'a, str>>,
}

impl Period {
    /// Reads the span from the query string or else from a JSON body: both are documented. Fails with the field and the
    /// reason.
    pub(super) fn read(query: &str, body: &str, now: Timestamp) -> Result<Self, (&'static str, String)> {
        let mut asked = match body.trim() {
            "" => Asked::default(),
            body => serde_json::from_str(body).map_err(|error| ("body", format!("is not as documented: {error}")))?,
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "timestamp_start" => asked.timestamp_start = Some(value),
                "timestamp_end" => asked.timestamp_end = Some(value),
                _ => {}
            }
        }
        let read = |field, text: Option<Cow<'_, str>>, default| match text {
            Some(text) => text.parse().map_err(|_| (field, format!("`{text}` is not an ISO 8601 instant"))),
            None => Ok(default),
        };
        let end = read("timestamp_end", asked.timestamp_end, now)?;
        let default = end.checked_sub(DEFAULT_SPAN).unwrap_or(Timestamp::MIN);
        let start = read("timestamp_start", asked.timestamp_start, default)?;
        if start > end {
            return Err(("timestamp_start", "is after timestamp_end".into()));
        }
        Ok(Self { start, end })
    }

    pub(super) fn days(&self) -> Days {
        Days::between(self.start, self.end)
    }
}

/// The summary in its published form. The instants come back snapped to whole days, in UTC here.
pub(super) fn write(days: Days, counts: &DailyCounts) -> String {
    let firsts: Vec<Timestamp> = days.starts().collect();
    let timelapse: Vec<String> = firsts.iter().map(|at| at.strftime("%m/%d").to_string()).collect();
    let start = firsts.first().map(|at| format!("{at:.3}"));
    let last_instant = SignedDuration::from_hours(24) - SignedDuration::from_millis(1);
    let end = firsts.last().and_then(|at| at.checked_add(last_instant).ok()).map(|at| format!("{at:.3}"));

    let zeros = vec![0; firsts.len()];
    let summary = Summary {
        events_chart_stats: Charts {
            archives: Nothing {},
            error: Errors {
                invalid_user_attributes: &zeros,
                missing_identifier: &counts.missing_identifier,
                event_verification_error: &counts.unverified,
            },
            events: counts.events.iter().map(|(name, days)| (&**name, days.as_slice())).collect(),
            timelapse,
        },
        stats: stats(counts),
        status: "ok",
        timestamp_end: end,
        timestamp_start: start,
    };
    // Texts and numbers can always be written.
    serde_json::to_string(&summary).unwrap_or_default()
}

#[derive(Serialize)]
struct Summary<'a> {
    events_chart_stats: Charts<'a>,
    #[serde(serialize_with = "as_map")]
    stats: Vec<(&'a str, Stat<'a>)>,
    status: &'static str,
    timestamp_end: Option<String>,
    timestamp_start: Option<String>,
}

/// How many there were on each day.
#[derive(Serialize)]
struct Charts<'a> {
    archives: Nothing,
    error: Errors<'a>,
    #[serde(serialize_with = "as_map")]
    events: Vec<(&'a str, &'a [u64])>,
    timelapse: Vec<String>,
}

#[derive(Serialize)]
struct Errors<'a> {
    invalid_user_attributes: &'a [u64],
    missing_identifier: &'a [u64],
    /// Its name is not documented; the article calls it an Event Verification Error.
    #[serde(skip_serializing_if = "is_none")]
    event_verification_error: &'a [u64],
}

fn is_none(counts: &&[u64]) -> bool {
    counts.iter().all(|count| *count == 0)
}

/// How many there were in all.
#[derive(Serialize)]
struct Stat<'a> {
    archived: bool,
    count: u64,
    display_name: &'a str,
    properties: Nothing,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// An object that the platform has and this collector does not fill.
#[derive(Serialize)]
struct Nothing {}

fn as_map<V: Serialize, S: Serializer>(fields: &[(&str, V)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.iter().map(|(name, value)| (name, value)))
}

fn stats(counts: &DailyCounts) -> Vec<(&str, Stat<'_>)> {
    let events = counts.events.iter().map(|(name, days)| {
        let kind = if STANDARD.contains(&&**name) { "standard" } else { "custom_event" };
        (&**name, days, kind)
    });
    let errors = [
        ("missing_identifier", &counts.missing_identifier, "error"),
        ("event_verification_error", &counts.unverified, "error"),
    ];
    let errors =
        errors.into_iter().filter(|(name, counts, _)| *name == "missing_identifier" || !is_none(&counts.as_slice()));
    let stat = |(name, days, kind): (_, &Vec<u64>, _)| {
        let stat = Stat { archived: false, count: days.iter().sum(), display_name: name, properties: Nothing {}, kind };
        (name, stat)
    };
    events.chain(errors).map(stat).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-05-04T03:02:01Z".parse().unwrap()
    }

    #[test]
    fn the_span_is_read_from_query_or_body_and_is_seven_days_otherwise() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let body = r#"{"timestamp_start":"2026-05-01T00:00:00Z","timestamp_end":"2026-05-02T23:59:59Z"}"#;
        let query = "timestamp_start=2026-05-03T00%3A00%3A00%2B00:00";
        let cases = [
            ("", "", at("2026-04-27T03:02:01Z"), now()),
            ("", body, at("2026-05-01T00:00:00Z"), at("2026-05-02T23:59:59Z")),
            (query, "", at("2026-05-03T00:00:00Z"), now()),
            (query, "{}", at("2026-05-03T00:00:00Z"), now()),
        ];
        for (query, body, start, end) in cases {
            let span = Period::read(query, body, now()).unwrap();
            assert_eq!((span.start, span.end), (start, end), "{query} {body}");
        }
    }

    #[test]
    fn an_unusable_span_is_refused_by_field() {
        let cases = [
            ("timestamp_start=yesterday", "", "timestamp_start"),
            ("timestamp_end=11/11/2011", "", "timestamp_end"),
            ("timestamp_start=2027-01-01T00:00:00Z", "", "timestamp_start"),
            ("", "[]", "body"),
            ("", "{\"timestamp_start\":5}", "body"),
        ];
        for (query, body, field) in cases {
            assert_eq!(
                Period::read(query, body, now()).map_err(|(field, _)| field).unwrap_err(),
                field,
                "{query}{body}"
            );
        }
    }

    #[test]
    fn a_summary_has_the_published_form() {
        let span = Period::read("timestamp_start=2026-05-03T10:00:00Z", "", now()).unwrap();
        let counts = DailyCounts {
            events: vec![("view".into(), vec![1, 2]), ("mine".into(), vec![0, 4])],
            missing_identifier: vec![0, 5],
            unverified: vec![0, 0],
        };
        let expected = json!({
            "events_chart_stats": {
                "archives": {},
                "error": {"invalid_user_attributes": [0, 0], "missing_identifier": [0, 5]},
                "events": {"view": [1, 2], "mine": [0, 4]},
                "timelapse": ["05/03", "05/04"],
            },
            "stats": {
                "view": {"archived": false, "count": 3, "display_name": "view", "properties": {}, "type": "standard"},
                "mine": {"archived": false, "count": 4, "display_name": "mine", "properties": {}, "type": "custom_event"},
                "missing_identifier": {
                    "archived": false, "count": 5, "display_name": "missing_identifier", "properties": {}, "type": "error"
                },
            },
            "status": "ok",
            "timestamp_end": "2026-05-04T23:59:59.999Z",
            "timestamp_start": "2026-05-03T00:00:00.000Z",
        });
        assert_eq!(write(span.days(), &counts), expected.to_string());
    }

    #[test]
    fn a_span_of_centuries_is_answered_for_its_last_year() {
        let span = Period::read("timestamp_start=0001-01-01T00:00:00Z", "", now()).unwrap();
        assert_eq!(span.days().starts().count(), 366);
    }
}
