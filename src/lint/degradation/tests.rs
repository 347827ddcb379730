use proptest::prelude::*;

use super::super::tests::{findings, fixed, of};
use super::*;

/// An event with that field, whose value is JSON.
fn with(name: &str, json: &str) -> String {
    format!(r#"{{"event":"course_finished","email":"jane@example.com","{name}":{json}}}"#)
}

/// The rules of this file that the field breaks, and the JSON that sets it right.
fn broken(name: &str, json: &str) -> (Vec<&'static str>, Option<String>) {
    let event = with(name, json);
    let mut ids: Vec<_> = findings(&event, Stage::Outgoing).iter().map(|finding| finding.rule.id).collect();
    ids.retain(|id| RULES.iter().chain(missing::RULES).any(|rule| rule.id == *id));
    let fix = ids.first().and_then(|id| fixed(&event, id));
    (ids, fix)
}

fn check_all(rule: &str, cases: &[(&str, &str, Option<&str>)]) {
    for (name, json, fix) in cases {
        assert_eq!(broken(name, json), (vec![rule], fix.map(str::to_owned)), "{name}: {json}");
    }
}

fn check_none(cases: &[(&str, &str)]) {
    for (name, json) in cases {
        assert_eq!(broken(name, json), (vec![], None), "{name}: {json}");
    }
}

#[test]
fn half_of_a_character_is_taken_out_and_shown_as_it_is_spelled() {
    let cases = [
        (r#""shoe \ud83d""#, Some(r#""shoe ""#)),
        (r#""\uDE00 a\ud83db""#, Some(r#"" ab""#)),
        (r#""\ud83d\ud83d\ude00""#, Some(r#""\ud83d\ude00""#)),
        (r#""\ud83d\ude00 \u00e9""#, None),
        (r#""a\\ud83d""#, None),
        (r#""a\\\ud83d""#, Some(r#""a\\""#)),
    ];
    for (text, whole) in cases {
        let event = format!(r#"{{"event":"x","cookie":"c","shoe":{text}}}"#);
        let found = of(&event, Stage::Outgoing, "half-character");
        assert!(found.iter().all(|finding| *finding.found.words() == *text), "{found:?}");
        assert_eq!(fixed(&event, "half-character").as_deref(), whole, "{text}");
    }
    let name = of(r#"{"event":"x","cookie":"c","shoe\ud83d":1}"#, Stage::Outgoing, "half-character");
    let name = name.first().map(|it| (it.found.words().to_string(), it.fix.clone()));
    assert_eq!(name, Some(("the name shoe\\ud83d".to_owned(), Some(Fix::Rename("shoe".to_owned())))));
}

#[test]
fn dates_of_the_catalogue_are_known() {
    let mut known = HashSet::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
    let files = std::fs::read_dir(format!("{folder}/events")).unwrap().map(|entry| entry.unwrap().path());
    for file in files.chain([format!("{folder}/event.json").into()]) {
        let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let properties = schema.get("properties").and_then(|it| it.as_object()).into_iter().flatten();
        let dated =
            |it: &serde_json::Value| it.get("format").is_some_and(|format| format == "date-time" || format == "date");
        known.extend(properties.filter(|(_, it)| dated(it)).map(|(name, _)| name.clone()));
    }
    assert_eq!(known, DATES.into_iter().map(str::to_owned).collect());
}

#[test]
fn dates_are_iso_8601() {
    check_all(
        "date-format",
        &[
            ("joined_at", r#""11/11/2011""#, Some(r#""2011-11-11""#)),
            ("finished_at", r#""25/12/2011""#, Some(r#""2011-12-25""#)),
            ("finishedAt", r#""12/25/2011""#, Some(r#""2011-12-25""#)),
            ("start_date", r#""25.12.2011""#, Some(r#""2011-12-25""#)),
            ("start_date", r#""11/12/2011""#, None),
            ("start_date", r#""31/02/2011""#, None),
            ("start_date", r#""1/1/11""#, None),
            ("start_date", r#""2016/04/12""#, Some(r#""2016-04-12""#)),
            ("finished_at", r#""2016-04-12 17:27:20""#, Some(r#""2016-04-12T17:27:20""#)),
            ("finished_at", r#""2016-04-12 17:27:20 UTC""#, Some(r#""2016-04-12T17:27:20Z""#)),
            ("finished_at", r#""2016-04-12 17:27:20 +0200""#, Some(r#""2016-04-12T17:27:20+0200""#)),
            ("finished_at", r#"" 2016-04-12 ""#, Some(r#""2016-04-12""#)),
            ("finished_at", r#""Tue, 12 Apr 2016 17:27:20 +0000""#, Some(r#""2016-04-12T17:27:20Z""#)),
            ("finished_at", r#""Tue Apr 12 2016 17:27:20 GMT+0000""#, None),
            ("finished_at", r#""2016-04-12T""#, None),
            ("finished_at", r#""2016-04-12T17:27:20.Z""#, None),
            ("joined_at", r#""yesterday""#, None),
            ("started_at", r#""Now""#, None),
            ("birthday", r#""11/24/1990""#, Some(r#""1990-11-24""#)),
            ("valid_until", r#""31.12.2026 23:59""#, None),
            ("campaign", r#""11/24/2026 10:00""#, None),
            ("note", r#""24/11/2026""#, Some(r#""2026-11-24""#)),
            ("billing_date", "20160412", None),
        ],
    );
    check_none(&[
        ("joined_at", r#""2016-04-12T17:27:20+00:00""#),
        ("joined_at", r#""2016-04-12T17:27:20Z""#),
        ("joined_at", r#""20160412T172720Z""#),
        ("joined_at", r#""2016-04-12T17:27:20.123456-0330""#),
        ("joined_at", r#""2016-04-12T23:59:60Z""#),
        ("joined_at", r#""2016-04-12T24:00""#),
        ("date_of_birth", r#""2016-02-29""#),
        ("start_date", r#""20160412""#),
        ("expiry_date", r#""2016-04""#),
        ("expires_at", r#""never""#),
        ("opens_at", r#""09:00""#),
        ("arrived_at", "3"),
        ("arrived_at", r#""gate B12""#),
        ("finished_at", "null"),
    ]);
}

#[test]
fn dates_exist() {
    check_all(
        "date-impossible",
        &[
            ("billing_date", r#""2014-14-11T17:27:20+00:00""#, None),
            ("finished_at", r#""2015-02-29""#, None),
            ("finished_at", r#""20161304T172720Z""#, None),
            ("finished_at", r#""0000-00-00""#, None),
            ("expiry_date", r#""2016-13""#, None),
            ("expiry_date", r#""2016-W99""#, None),
            ("expiry_date", r#""2016-W12-8""#, None),
            ("expiry_date", r#""2016-400""#, None),
            ("finished_at", r#""2016-04-12T25:00:00Z""#, None),
            ("finished_at", r#""2016-04-12T24:00:01Z""#, None),
            ("finished_at", r#""2016-04-12T17:27:20+99:00""#, None),
            ("note", r#""2014-14-11T17:27:20Z""#, None),
        ],
    );
    check_none(&[("note", r#""2014-14-11""#), ("article", r#""20161399""#)]);
    check_none(&[("note", r#""30/40/2026""#), ("note", r#""1/2/3""#), ("note", r#""1/2/2026/3""#)]);
    let expected = |date: &str| {
        let event = with("billing_date", &format!("\"{date}\""));
        of(&event, Stage::Outgoing, "date-impossible").pop().unwrap().expected.words().to_string()
    };
    assert!(expected("2014-14-11T17:27:20+00:00").contains("it is 2014-11-14T17:27:20+00:00, if that is meant"));
    assert!(expected("20142501").contains("it is 20140125,"));
    assert_eq!(expected("2015-02-30"), "a date that exists");
}

#[test]
fn seconds_since_1970_are_no_date() {
    check_all(
        "date-epoch",
        &[
            ("timestamp", "1758104814", Some(r#""2025-09-17T10:26:54Z""#)),
            ("timestamp", r#""1758104814""#, Some(r#""2025-09-17T10:26:54Z""#)),
            ("subscription_start_date", "1758104814688", Some(r#""2025-09-17T10:26:54.688Z""#)),
            ("createdAt", r#""1758104814688""#, Some(r#""2025-09-17T10:26:54.688Z""#)),
            ("finished_at", "1758104814.25", None),
            ("date_of_birth", "958104814", None),
        ],
    );
    check_none(&[("timestamp_epoch", "1758104814"), ("order_number", r#""1758104814""#), ("arrived_at", "12")]);
}

#[test]
fn a_field_that_is_there_twice_is_told_where_a_value_is_lost() {
    let event = r#"{"event":"x","email":"a@b.example","a":1,"in":{"a":1,"b":2,"b":3},"a":2,"a":3}"#;
    let found = of(event, Stage::Received, "field-twice");
    let found: Vec<_> = found.iter().map(|it| (it.path.pointer(), it.found.words().to_string())).collect();
    assert_eq!(found, [("/a", "1"), ("/in/b", "2"), ("/a", "2")].map(|(at, found)| (at.to_owned(), found.to_owned())));
}

#[test]
fn booleans_are_true_or_false() {
    check_all(
        "boolean-spelling",
        &[
            ("is_member", r#""TRUE""#, Some("true")),
            ("isMember", r#""yes""#, Some("true")),
            ("has_children", r#""no""#, Some("false")),
            ("enable_push", r#""True""#, Some("true")),
            ("enable_push", r#""maybe""#, None),
            ("enable_push", "1", Some("true")),
            ("enable_push", "2", None),
            ("limit_ad_tracking", r#""0""#, Some("false")),
            ("unsubscribed", r#""1""#, Some("true")),
            ("unsubscribed", "0", Some("false")),
            ("vip", r#""TRUE""#, Some("true")),
            ("newsletter", r#""no""#, Some("false")),
            ("colour", r#""TRUE""#, None),
        ],
    );
    let text = r#"{"event":"x","cookie":"c","enable_push":"true","seats":2}"#;
    let found = of(text, Stage::Outgoing, "boolean-spelling");
    assert_eq!(found.first().map(|it| it.severity), Some(Severity::Note), "others are of their own type");
    assert!(of(&text.replace(":2", ":\"2\""), Stage::Outgoing, "boolean-spelling").is_empty(), "all is text");
    check_none(&[
        ("is_member", "true"),
        ("is_member", r#""false""#),
        ("is_member", r#""since spring""#),
        ("has_children", "1"),
        ("unsubscribed_reason", r#""too many""#),
        ("answer", r#""YES""#),
        ("island", r#""No""#),
    ]);
    let event = with("subscription_groups", r#"[{"id":"news","subscribed":"Yes"}]"#);
    let found = of(&event, Stage::Outgoing, "boolean-spelling");
    assert_eq!(found.first().unwrap().path.pointer(), "/subscription_groups/0/subscribed");
}

#[test]
fn numbers_are_digits() {
    check_all(
        "number-format",
        &[
            ("revenue", r#""$ 79.95""#, Some("79.95")),
            ("revenue", r#""79,95 €""#, Some("79.95")),
            ("revenue", r#""12 USD""#, Some("12")),
            ("revenue", r#""1,000""#, None),
            ("revenue", r#""$1.000""#, None),
            ("revenue", r#""1,234,567""#, Some("1234567")),
            ("revenue", r#""1,234.50""#, Some("1234.50")),
            ("revenue", r#""-1.234,50""#, Some("-1234.50")),
            ("revenue", r#""1,2,3""#, None),
            ("revenue", r#""1,234.567.890""#, None),
            ("quantity", r#"" 2 ""#, Some("2")),
            ("quantity", r#""+1""#, Some("1")),
            ("revenue", r#""1.""#, Some("1")),
            ("revenue", r#"".5""#, Some("0.5")),
            ("course_price", r#""12,50""#, Some("12.50")),
            ("revenue", r#""$ 007""#, Some(r#""007""#)),
            ("course_price", r#""$79.95""#, Some("79.95")),
            ("quantity", r#""2 pieces""#, None),
            ("discount", r#""10%""#, None),
            ("total", r#""$""#, None),
            ("total", r#""1.2.""#, None),
            ("subtotal", r#""inf""#, None),
        ],
    );
    check_none(&[
        ("subscription_amount", r#""29.99""#),
        ("revenue", "29.99"),
        ("revenue", r#""-3""#),
        ("revenue", r#""1e3""#),
        ("course_price", r#""on request""#),
        ("headline", r#""$ 79.95""#),
        ("filters", r#"{"price":"10 to 20"}"#),
    ]);
    let event = with("products", r#"[{"sku":"1","price":"$ 79.95"}]"#);
    let found = of(&event, Stage::Outgoing, "number-format");
    assert_eq!(found.first().unwrap().path.pointer(), "/products/0/price");
}

#[test]
fn a_whole_number_is_one_that_javascript_holds() {
    check_all("number-rounded", &[("booking_id", "9007199254740992", Some("\"9007199254740992\""))]);
    check_none(&[("booking_id", "9007199254740991"), ("share", "0.12345678901234567"), ("at_ns", "-9007199254740991")]);
}

#[test]
fn text_that_stands_for_no_value_is_found_at_any_depth() {
    for text in ["undefined", "null", "(null)", "nil", "NaN", "[object Object]", "None", "Invalid Date", "N/A"] {
        let json = format!("\"{text}\"");
        check_all("literal-text", &[("teacher", &json, None), ("finished_at", &json, None), ("revenue", &json, None)]);
        let found = of(&with("a", &format!("[{{\"b\":[{json}]}}]")), Stage::Outgoing, "literal-text");
        assert_eq!(found.first().unwrap().path.pointer(), "/a/0/b/0");
    }
    check_none(&[("teacher", r#""none of them""#), ("teacher", "null"), ("teacher", r#""Nan""#)]);
}

#[test]
fn an_empty_value_is_worth_a_word_where_no_other_rule_has_one() {
    check_all("empty-string", &[("teacher", r#""""#, None), ("teacher", r#"" ""#, None), ("joined_at", r#""""#, None)]);
    check_none(&[("customer_id", r#""""#), ("event_uuid", r#""""#), ("referrer", r#""""#), ("teacher", "[]")]);
}

#[test]
fn a_placeholder_that_nothing_replaced_is_found() {
    for text in [
        "<TODO>",
        "<EVENT_API_KEY>",
        "'<EVENT_API_KEY>'",
        "<your email>",
        "TODO",
        "YOUR_COUPON",
        "{{ first_name }}",
        "Dear {{first_name}}!",
        "{% if x %}",
        "${x}",
        "https://shop.example/%%sku%%",
        "%EMAIL%",
    ] {
        check_all("placeholder-left", &[("teacher", &quoted(text), None), ("joined_at", &quoted(text), None)]);
    }
    for text in [
        "your_custom_event_name",
        "YOUR",
        "{{}}",
        "<b>Kim</b>",
        "a < b > c",
        "100%",
        "$5",
        "{x}",
        "50%% off",
        "%%50OFF%%",
        "%off%",
        "%",
    ] {
        check_none(&[("teacher", &quoted(text))]);
    }
}

#[test]
fn what_the_platform_added_is_not_held_against_a_received_event() {
    let event = r#"{"event":"x","email":"a@b.example","browser_version":"","timestamp":1758104814,
        "_bsft_type":{"name":"undefined"},"_exp":1,
        "site":"null","in":{"timestamp":1758104814}}"#;
    let at = |stage| {
        let findings = findings(event, stage);
        let own = findings.iter().filter(|it| RULES.contains(&it.rule) || missing::RULES.contains(&it.rule));
        own.map(|finding| finding.path.pointer()).collect::<Vec<_>>()
    };
    assert_eq!(at(Stage::Received), ["/timestamp", "/in/timestamp"], "the platform writes no such timestamp");
    assert_eq!(at(Stage::Outgoing), ["/browser_version", "/timestamp", "/_bsft_type/name", "/site", "/in/timestamp"]);
}
proptest! {
    #[test]
    fn a_value_that_was_set_right_is_right(
        name in "(finished_at|billing_date|is_member|enable_push|revenue|quantity|teacher)",
        text in prop_oneof![
            any::<String>(),
            "[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{2,4}([T ][0-9]{2}:?[0-9]{2}( ?(Z|UTC|[+-][0-9:]{4,5}))?)?",
            "([$€] ?)?-?[0-9]{1,4}([,.][0-9]{1,3}){0,3}( USD)?",
            "[0-9]{8,14}(\\.[0-9]{1,3})?",
            " ?(TRUE|yes|No|0|1|off) ?",
        ],
    ) {
        let (rules, fix) = broken(&name, &quoted(text));
        prop_assert!(rules.len() <= 1, "{rules:?}");
        if let Some(fix) = fix {
            prop_assert_eq!(broken(&name, &fix), (vec![], None), "{}", fix);
        }
    }
}

#[test]
fn what_a_number_in_quotes_means_is_said_in_the_same_words_by_the_rule() {
    let words = crate::event::QUOTED_DIGITS.to_lowercase();
    let why = NUMBER_FORMAT.why.to_lowercase();
    assert!(why.contains(&words), "{words} is not in {why}");
}
