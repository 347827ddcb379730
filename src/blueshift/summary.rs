use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::KeyMask;
use super::debug::{text_of, unknown};
use super::envelope::{complains, complaint, not_json};
use crate::event::json::{self, Json, Members};
use crate::event::{Sanitized, TypeName, Unknown, sanitized};

/// How many events of each type, and how many processing errors of each sort, the platform counted.
///
/// The answer of `POST /api/v1/event/summary.json` tells both twice: as totals in `stats` and as a series a day in
/// `events_chart_stats`, which the published samples show as an object and the API description as an array of objects. The
/// two disagree in the published sample; the totals are taken where there are any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Events by type.
    pub counts: IndexMap<TypeName, u64>,
    /// Processing errors by sort, such as `missing_identifier`, those that happened. Their list is open.
    pub errors: BTreeMap<Sanitized, u64>,
}

/// Of so many sorts of errors the counts are taken; the platform has a handful.
const MOST_ERRORS: usize = 100;
/// The columns of the name of a sort.
const LONGEST_ERROR: usize = 64;

impl Summary {
    /// Reads the answer.
    pub fn decode(body: &[u8], keys: &KeyMask) -> Result<Self, Unknown> {
        let (text, _) = text_of(body);
        Self::read(&text, keys).map_err(|reason| unknown(body, reason, keys))
    }

    fn read(text: &str, keys: &KeyMask) -> Result<Self, Sanitized> {
        let Json::Object(members) = json::read(text).map_err(|error| not_json(text, &error, keys))? else {
            return Err("the summary is not an object".into());
        };
        let (stats, charts) = (find(&members, "stats"), find(&members, "events_chart_stats"));
        if stats.is_none() && charts.is_none() {
            return Err(if complains(&members.list) {
                sanitized!("the answer is an error, not a summary: {}", complaint(text, keys))
            } else {
                "the answer is an object without `stats` or `events_chart_stats`, so not a summary".into()
            });
        }
        let (mut totals, mut series) = (Totals::default(), Totals::default());
        if let Some(Ok(Json::Object(stats))) = stats.map(json::read) {
            totals.read_totals(&stats);
        }
        match charts.map(json::read) {
            Some(Ok(Json::Object(chart))) => series.read_series(&chart),
            Some(Ok(Json::Array(charts))) => {
                for chart in charts.list {
                    if let Ok(Json::Object(chart)) = json::read(chart) {
                        series.read_series(&chart);
                    }
                }
            }
            _ => {}
        }
        if totals.counts.is_empty() {
            totals.counts = series.counts;
        }
        for (sort, count) in series.errors {
            totals.errors.entry(sort).or_insert(count);
        }
        let happened = totals.errors.into_iter().filter(|(_, count)| *count > 0).take(MOST_ERRORS);
        let errors = happened.map(|(sort, count)| (keys.line(&sort, LONGEST_ERROR), count)).collect();
        Ok(Self { counts: totals.counts, errors })
    }
}

/// The content of one of the two forms.
#[derive(Default)]
struct Totals {
    counts: IndexMap<TypeName, u64>,
    errors: IndexMap<String, u64>,
}

impl Totals {
    /// `{"view":{"count":310,"type":"standard"},"missing_identifier":{"count":5,"type":"error"}}`
    fn read_totals(&mut self, stats: &Members<'_>) {
        for member in &stats.list {
            let Ok(Json::Object(row)) = json::read(member.value) else { continue };
            let Some(count) = find(&row, "count").and_then(json::as_count) else { continue };
            let sort = find(&row, "type").and_then(json::as_string);
            match sort.as_deref() {
                Some("standard" | "custom_event") | None => {
                    self.counts.insert(TypeName::from(&*member.name), count);
                }
                Some(_) => {
                    self.errors.insert(member.name.to_string(), count);
                }
            }
        }
    }

    /// `{"events":{"view":[100,110]},"error":{"missing_identifier":[0,5]}}`
    fn read_series(&mut self, chart: &Members<'_>) {
        for (name, count) in series(chart, "events") {
            let total = self.counts.entry(TypeName::from(&*name)).or_default();
            *total = total.saturating_add(count);
        }
        for (name, count) in series(chart, "error") {
            let total = self.errors.entry(name).or_default();
            *total = total.saturating_add(count);
        }
    }
}

/// The sum of each series under `name`.
fn series(chart: &Members<'_>, name: &str) -> Vec<(String, u64)> {
    let Some(Ok(Json::Object(rows))) = find(chart, name).map(json::read) else { return Vec::new() };
    let sum = |raw| match json::read(raw) {
        Ok(Json::Array(days)) => Some(days.list.into_iter().filter_map(json::as_count).fold(0, u64::saturating_add)),
        _ => json::as_count(raw),
    };
    rows.list.iter().filter_map(|row| Some((row.name.to_string(), sum(row.value)?))).collect()
}

fn find<'a>(members: &Members<'a>, name: &str) -> Option<&'a str> {
    members.list.iter().find(|member| member.name == name).map(|member| member.value)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    type Rows = Vec<(String, u64)>;

    fn decode(body: &str) -> (Rows, Rows) {
        let summary = Summary::decode(body.as_bytes(), &KeyMask::default()).unwrap();
        let counts = summary.counts.into_iter().map(|(name, count)| (name.as_str().to_owned(), count));
        let errors = summary.errors.into_iter().map(|(sort, count)| (sort.to_string(), count));
        (counts.collect(), errors.collect())
    }

    fn list(rows: &[(&str, u64)]) -> Rows {
        rows.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn the_published_sample_gives_totals_and_errors() {
        let body = r#"{"events_chart_stats":{"archives":{},
            "error":{"invalid_user_attributes":[0,0,0],"missing_identifier":[0,5,0]},
            "events":{"add_to_cart":[100,110,200],"subscription_update":[50,60,80]},
            "timelapse":["10/16","10/17","10/18"]},
          "stats":{"add_to_cart":{"archived":false,"count":310,"display_name":"add_to_cart","properties":{},"type":"standard"},
            "subscription_update":{"archived":false,"count":190,"display_name":"x","properties":{},"type":"custom_event"},
            "missing_identifier":{"archived":false,"count":7,"type":"error"}},
          "status":"ok","timestamp_end":"2018-10-18T06:59:59.999Z","timestamp_start":"2018-10-16T07:00:00.000Z"}"#;
        let (counts, errors) = decode(body);
        assert_eq!(counts, list(&[("add_to_cart", 310), ("subscription_update", 190)]));
        assert_eq!(errors, list(&[("missing_identifier", 7)]));
    }

    #[test]
    fn a_summary_with_only_charts_is_summed_in_both_published_forms() {
        let one = r#"{"events":{"view":[1,2.0,3]},"error":{"missing_identifier":[1]}}"#;
        let other = r#"{"events":{"view":[4],"search":[2]}}"#;
        let object = format!(r#"{{"events_chart_stats":{one}}}"#);
        assert_eq!(decode(&object), (list(&[("view", 6)]), list(&[("missing_identifier", 1)])));
        let array = format!(r#"{{"events_chart_stats":[{one},{other}]}}"#);
        assert_eq!(decode(&array), (list(&[("view", 10), ("search", 2)]), list(&[("missing_identifier", 1)])));
    }

    #[test]
    fn a_quiet_account_has_no_counts() {
        for body in [r#"{"stats":{},"status":"ok"}"#, r#"{"events_chart_stats":[]}"#, r#"{"stats":null}"#] {
            assert_eq!(decode(body), (Vec::new(), Vec::new()), "{body}");
        }
    }

    #[test]
    fn what_is_no_summary_says_why() {
        let cases = [
            (r#"{"message":"Not authorized"}"#, "Not authorized"),
            ("[]", "not an object"),
            (r#"{"status":"ok"}"#, "without `stats`"),
            (r#"{"stats":{"#, "line 1, column 10 (byte 10)"),
            ("<html><title>Sorry</title>", "HTML, not JSON: Sorry"),
        ];
        for (body, said) in cases {
            let unknown = Summary::decode(body.as_bytes(), &KeyMask::default()).unwrap_err();
            assert!(unknown.reason.contains(said), "{body}: {}", unknown.reason);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(body: Vec<u8>, json in "[\\[\\]{}:,\"a-e0-9 ]{0,60}") {
            let _ = Summary::decode(&body, &KeyMask::default());
            prop_assert!(Summary::decode(json.as_bytes(), &KeyMask::default()).map_or_else(|unknown| !unknown.reason.is_empty(), |_| true));
        }
    }
}
