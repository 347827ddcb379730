use super::super::tests::{findings, of};
use super::super::{Fix, values};
use super::*;

/// The findings of a rule in an event to be sent: where, what was expected, how bad.
fn found(event: &str, rule: &str) -> Vec<(String, String, Severity)> {
    let found = of(event, Stage::Outgoing, rule).into_iter();
    found.map(|finding| (finding.path.pointer(), finding.expected.words().to_string(), finding.severity)).collect()
}

/// Holds that `rule` finds something at those places, and nowhere else.
fn places(rule: &str, cases: &[(&str, &[&str])]) {
    for (event, places) in cases {
        let found: Vec<_> = found(event, rule).into_iter().map(|(place, ..)| place).collect();
        assert_eq!(found, *places, "{rule}: {event}");
    }
}

#[test]
fn what_a_type_requires_may_stand_in_any_of_its_equal_forms() {
    let cases: [(&str, &[&str]); 21] = [
        (r#"{"event":"view","products":[{"sku":""}]}"#, &["/products/0/sku"]),
        (r#"{"event":"view","products":[{"sku":"1"}]}"#, &[]),
        (r#"{"event":"view","products":[{"product_id":1}]}"#, &[]),
        (r#"{"event":"view","product_ids":["1"]}"#, &[]),
        (r#"{"event":"view","product_id":"1"}"#, &[]),
        (r#"{"event":"view","skus":["1"]}"#, &[]),
        (r#"{"event":"view","sku":"1"}"#, &[]),
        (r#"{"event":"view","items":[{"sku":"1"}]}"#, &[]),
        (r#"{"event":"view","products":{"sku":"1"}}"#, &[]),
        (r#"{"event":"view"}"#, &[""]),
        (r#"{"event":"view","sku":null}"#, &["/sku"]),
        (r#"{"event":"view","products":[]}"#, &["/products"]),
        (r#"{"event":"view","products":[],"sku":" "}"#, &["/products"]),
        (r#"{"event":"view","products":[],"sku":"1"}"#, &[]),
        (r#"{"event":"add_to_cart","products":[{"sku":"1"},{"parent_sku":"2"}]}"#, &["/products/1"]),
        (r#"{"event":"checkout"}"#, &[""]),
        (r#"{"event":"search","keywords":"cup"}"#, &[]),
        (r#"{"event":"search","query":"cup"}"#, &[]),
        (r#"{"event":"search"}"#, &[""]),
        (r#"{"event":"plan_chosen"}"#, &[]),
        (r#"{"event":"plan_chosen","subscription_groups":[{"id":"a"}]}"#, &["/subscription_groups/0"]),
    ];
    places("attribute-required", &cases);
    for event in [r#"{"event":"back_in_stock.view","products":[{}]}"#, r#"{"action":"x","products":[{}]}"#] {
        assert!(of(event, Stage::Received, "attribute-required").is_empty(), "{event}");
    }
    assert_eq!(of(r#"{"event":"view"}"#, Stage::Received, "attribute-required").len(), 1);
}

#[test]
fn what_a_type_can_do_less_without_is_named() {
    let expected = |event| found(event, "attribute-recommended").into_iter().map(|it| (it.0, it.1)).collect::<Vec<_>>();
    let cases: [(&str, &[(&str, &str)]); 9] = [
        (
            r#"{"event":"purchase","order_id":"","revenue":null,"sku":"1"}"#,
            &[("/order_id", "a value"), ("/revenue", "a value")],
        ),
        (r#"{"event":"search","query":"cup"}"#, &[]),
        (r#"{"event":"pageload","screen_viewed":"Cart"}"#, &[]),
        (r#"{"event":"pageload"}"#, &[("", "one of url, screen_viewed")]),
        (r#"{"event":"search","query":"cup","sku":"1"}"#, &[]),
        (r#"{"event":"subscription_billing","revenue":1}"#, &[("", "billing_date")]),
        (r#"{"event":"purchase","order_id":"1","revenue":1,"sku":"1"}"#, &[]),
        (
            r#"{"event":"purchase","order_id":"1","revenue":1,"products":[{"sku":"1"},{"sku":"2","qty":1}]}"#,
            &[("/products/0", "quantity"), ("/products/0", "price"), ("/products/1", "price")],
        ),
        (r#"{"event":"view","products":[{"sku":"1"}]}"#, &[]),
    ];
    for (event, wanted) in cases {
        let wanted: Vec<_> = wanted.iter().map(|(place, name)| ((*place).to_owned(), (*name).to_owned())).collect();
        assert_eq!(expected(event), wanted, "{event}");
    }
}

#[test]
fn an_identify_names_somebody() {
    let cases: [(&str, &[&str]); 7] = [
        (r#"{"event":"identify","customer_id":1}"#, &[]),
        (r#"{"event":"identify","phone_number":"+14155550100"}"#, &[]),
        (r#"{"event":"identify"}"#, &[""]),
        (r#"{"event":"identify","cookie":"c67dca9f"}"#, &[""]),
        (r#"{"event":"identify","customer_id":" "}"#, &[]),
        (r#"{"event":"identify","email":null}"#, &[""]),
        (r#"{"event":"view"}"#, &[]),
    ];
    places("identify-without-identifier", &cases);
}

#[test]
fn products_and_their_quantity_are_called_so_and_stand_in_an_array() {
    let object: [(&str, &[&str]); 12] = [
        (r#"{"products":[null]}"#, &["/products/0"]),
        (r#"{"products":[{"sku":"1"},"2",null]}"#, &["/products/1"]),
        (r#"{"products":[{"sku":"1"}]}"#, &[]),
        (r#"{"products":null}"#, &[]),
        (r#"{"products":{"sku":"1"}}"#, &["/products"]),
        (r#"{"products":{"0":{"sku":"1"}}}"#, &["/products"]),
        (r#"{"products":"[{\"sku\":\"1\"}]"}"#, &["/products"]),
        (r#"{"products":["1","2"]}"#, &["/products"]),
        (r#"{"products":7}"#, &["/products"]),
        (r#"{"products":[]}"#, &[]),
        (r#"{"products":[["1"]]}"#, &["/products/0"]),
        (r#"{"products":" "}"#, &[]),
    ];
    places("products-array", &object);
    let quantity: [(&str, &[&str]); 7] = [
        (r#"{"products":[{"quantity":1}]}"#, &[]),
        (r#"{"products":[{"quantity":1,"qty":1}]}"#, &[]),
        (r#"{"products":[{"qty":1},{"qty":"2"}]}"#, &["/products/0/qty", "/products/1/qty"]),
        (r#"{"items":[{"qty":1}]}"#, &["/items/0/qty"]),
        (r#"{"products":{"sku":"1","qty":1}}"#, &[]),
        (r#"{"sku":"1","qty":1}"#, &["/qty"]),
        (r#"{"qty":1,"products":[{"sku":"1","quantity":1}]}"#, &[]),
    ];
    places("quantity-name", &quantity);
    let name: [(&str, &[&str]); 5] = [
        (r#"{"items":[{"sku":"1"}]}"#, &["/items"]),
        (r#"{"items":[{"product_id":"1"}],"product_ids":["1"]}"#, &["/items"]),
        (r#"{"items":[{"sku":"1"}],"products":[{"sku":"1"}]}"#, &[]),
        (r#"{"items":3}"#, &[]),
        (r#"{"items":["a"]}"#, &[]),
    ];
    places("products-name", &name);
}

#[test]
fn a_fix_is_offered_where_there_is_only_one() {
    let cases = [
        (r#"{"products":{"sku": "1"}}"#, "products-array", Some(Fix::Replace(r#"[{"sku": "1"}]"#.into()))),
        (r#"{"products":{"0":{"sku":"1"}}}"#, "products-array", Some(Fix::Replace(r#"[{"sku":"1"}]"#.into()))),
        (r#"{"products":{"a":{"sku":"1"}}}"#, "products-array", None),
        (r#"{"products":"[{\"sku\":\"1\"}]"}"#, "products-array", Some(Fix::Replace(r#"[{"sku":"1"}]"#.into()))),
        (r#"{"products":"two"}"#, "products-array", None),
        (r#"{"products":["1"]}"#, "products-array", Some(Fix::Rename("product_ids".into()))),
        (r#"{"products":["1"],"product_ids":["1"]}"#, "products-array", None),
        (r#"{"sku":"1","qty":1}"#, "quantity-name", Some(Fix::Rename("quantity".into()))),
        (r#"{"items":[{"sku":"1"}]}"#, "products-name", Some(Fix::Rename("products".into()))),
        (r#"{"items":[{"sku":"1"}],"products":null}"#, "products-name", None),
        (r#"{"device_type":"iphone"}"#, "device-type-value", Some(Fix::Replace(r#""iPhone""#.into()))),
        (r#"{"device_type":"ios"}"#, "device-type-value", None),
        (r#"{"device_tokens":"1"}"#, "device-tokens", None),
    ];
    for (event, rule, fix) in cases {
        let fixes: Vec<_> = of(event, Stage::Outgoing, rule).into_iter().map(|finding| finding.fix).collect();
        assert_eq!(fixes, [fix], "{event}");
    }
}

#[test]
fn an_order_adds_up_to_a_cent_a_piece() {
    let cases: [(&str, &[&str]); 14] = [
        (r#""revenue":20,"products":[{"price":25,"quantity":1,"discount":5}]"#, &[]),
        (r#""revenue":25.01,"products":[{"price":8.33,"quantity":3}]"#, &[]),
        (r#""revenue":22.5,"discount":2.5,"products":[{"price":25,"quantity":1}]"#, &[]),
        (r#""revenue":22,"discount":2.5,"products":[{"price":25,"quantity":1}]"#, &["/revenue"]),
        (r#""revenue":25,"products":[{"price":19,"quantity":1},{"price":"3","quantity":"2"}]"#, &[]),
        (r#""revenue":"0.30","products":[{"price":0.1,"quantity":3}]"#, &[]),
        (r#""revenue":9.99,"products":[{"price":3.333,"quantity":3}]"#, &[]),
        (r#""revenue":25.01,"products":[{"price":25,"quantity":1}]"#, &[]),
        (r#""revenue":25.02,"products":[{"price":25,"quantity":1}]"#, &["/revenue"]),
        (r#""revenue":25,"products":[{"price":19,"quantity":1},{"price":3}]"#, &[]),
        (r#""revenue":25,"products":[]"#, &[]),
        (r#""total":27.5,"revenue":25,"shipping":3,"tax":2,"discount":2.5"#, &[]),
        (r#""total":30,"revenue":25,"shipping":3,"tax":2,"discount":2.5"#, &["/total"]),
        (r#""total":30,"revenue":25,"shipping":3,"tax":2"#, &[]),
    ];
    for (fields, wanted) in cases {
        places("purchase-arithmetic", &[(&format!(r#"{{"event":"purchase",{fields}}}"#), wanted)]);
    }
    let huge = r#"{"event":"purchase","revenue":1e308,"products":[{"price":1e308,"quantity":1e308}]}"#;
    places("purchase-arithmetic", &[(huge, &["/revenue"]), (r#"{"event":"return","total":1}"#, &[])]);
}

#[test]
fn a_subscription_ends_after_it_starts_where_its_period_ends() {
    let cases = [
        ("2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z", "month", "1", ""),
        ("2026-01-31", "2026-03-02", "months", "1", ""),
        ("2026-01-01", "2027-01-01", "Year", "1", ""),
        ("2026-01-01", "2026-01-15", "week", "2", ""),
        ("2026-01-01", "2026-04-01", "month", "1", "subscription-length"),
        ("2015-03-17T17:27:20+00:00", "2015-06-17T17:27:20+00:00", "month", "\"1\"", "subscription-length"),
        ("2026-01-01", "2026-04-01", "season", "1", ""),
        ("2026-01-01", "2026-04-01", "month", "99999999999999999999", ""),
        ("2026-02-01", "2026-01-31", "month", "1", "subscription-dates"),
        ("2026-02-01T12:00:00+02:00", "2026-02-01T09:59:59Z", "month", "1", "subscription-dates"),
        ("soon", "2026-01-31", "month", "1", ""),
    ];
    for (start, end, unit, length, wanted) in cases {
        let event = format!(
            r#"{{"subscription_started_at":"{start}","subscription_end_at":"{end}","subscription_period_type":"{unit}","subscription_period_length":{length}}}"#
        );
        for rule in ["subscription-dates", "subscription-length"] {
            let place: &[&str] = if rule == wanted { &["/subscription_end_at"] } else { &[] };
            places(rule, &[(&event, place)]);
        }
    }
}

#[test]
fn a_device_can_be_reached() {
    use Severity::{Note, Warning};
    let cases: [(&str, &[(&str, Severity)]); 6] = [
        (r#"{"device_id":"1","device_token":"2","device_type":"android"}"#, &[]),
        (r#"{"device_id":"1","device_tokens":"2","device_type":"ios"}"#, &[]),
        (r#"{"device_type":"desktop"}"#, &[]),
        (r#"{"device_id":"1"}"#, &[]),
        (r#"{"device_token":"2"}"#, &[("device_id", Warning), ("device_type", Warning)]),
        (r#"{"device_type":"iPad"}"#, &[("device_id", Warning), ("device_token", Note)]),
    ];
    for (event, wanted) in cases {
        let found: Vec<_> = found(event, "mobile-attributes").into_iter().map(|it| (it.1, it.2)).collect();
        let wanted: Vec<_> = wanted.iter().map(|(name, severity)| ((*name).to_owned(), *severity)).collect();
        assert_eq!(found, wanted, "{event}");
    }
    places(
        "device-tokens",
        &[(r#"{"device_tokens":["1"]}"#, &["/device_tokens"]), (r#"{"device_tokens":"1","device_token":"1"}"#, &[])],
    );
    places(
        "device-type-value",
        &[
            (r#"{"device_type":"iOS"}"#, &["/device_type"]),
            (r#"{"device_type":"ANDROID"}"#, &["/device_type"]),
            (r#"{"device_type":"desktop"}"#, &[]),
        ],
    );
}

#[test]
fn the_samples_of_the_vendors_page_give_what_is_wrong_with_them() {
    const EMAIL: (&str, &str) = ("/email", "email-format");
    let samples: [(&str, &[(&str, &str)]); 15] = [
        (
            r#"{"event":"identify","customer_id":"11111","email":"[email protected]","joined_at":"2015-03-17T17:27:20+00:00","firstname":"John","lastname":"Doe","other":"value"}"#,
            &[EMAIL],
        ),
        (r#"{"event":"view","products":[{"sku":"45790-32"}]}"#, &[]),
        (r#"{"event":"add_to_cart","product_id":"sku1"}"#, &[]),
        (r#"{"event":"remove_from_cart","product_id":"sku1"}"#, &[]),
        (
            r#"{"event":"checkout","email":"[email protected]","total":30,"products":[{"sku":"45790-32"},{"sku":"46493-33"}]}"#,
            &[EMAIL],
        ),
        (
            r#"{"event":"purchase","email":"[email protected]","order_id":"50314","total":30,"revenue":25,"shipping":3,"tax":2,"discount":2.5,"coupon":"hasbros","products":[{"sku":"45790-32","price":19,"quantity":1},{"sku":"46493-32","price":3,"quantity":2}]}"#,
            &[EMAIL, ("/total", "purchase-arithmetic")],
        ),
        (r#"{"event":"search","keywords":"Search Keyword","product_ids":["SKU1","SKU2"]}"#, &[]),
        (r#"{"event":"your_custom_event_name","attribute1":"value1","attribute2":"value2"}"#, &[]),
        (
            r#"{"email":"[email protected]","event":"subscription_start","subscription_period_type":"month","subscription_period_length":"1","subscription_plan_type":"subscription-sku-name1","subscription_amount":"29.99","subscription_started_at":"2015-03-17T17:27:20+00:00","subscription_end_at":"2015-06-17T17:27:20+00:00"}"#,
            &[EMAIL, ("/subscription_end_at", "subscription-length")],
        ),
        (
            r#"{"email":"[email protected]","event":"subscription_upgrade","subscription_period_type":"month","subscription_period_length":"1","subscription_plan_type":"subscription-sku-name2","subscription_amount":"39.99","subscription_started_at":"2015-04-17T17:27:20+00:00"}"#,
            &[EMAIL],
        ),
        (
            r#"{"email":"[email protected]","event":"subscription_downgrade","subscription_period_type":"month","subscription_period_length":"1","subscription_plan_type":"subscription-sku-name3","subscription_amount":"9.99","subscription_started_at":"2015-03-17T17:27:20+00:00"}"#,
            &[EMAIL],
        ),
        (
            r#"{"email":"[email protected]","event":"subscription_billing","revenue":"19.99","billing_date":"2014-14-11T17:27:20+00:00"}"#,
            &[EMAIL],
        ),
        (
            r#"{"email":"[email protected]","event":"subscription_cancel","subscription_plan_type":"subscription-sku-name","subscription_canceled_at":"2016-04-12T17:27:20+00:00"}"#,
            &[EMAIL],
        ),
        (
            r#"{"customer_id":"812122","event":"identify","device_type":"ios","device_tokens":"49244924492449244924492449244924492449244924","device_id":"4444444","device_idfa":"3333","device_idfv":"33133","device_manufacturer":"Apple","os_name":"ios","network_carrier":"verizon","ip":"201.44.11.21","email":"[email protected]","latitude":"212.99333","longitude":"-12.39334"}"#,
            &[
                ("/device_type", "device-type-value"),
                ("/device_tokens", "device-tokens"),
                ("/device_idfa", "advertising-id-format"),
                ("/device_idfv", "advertising-id-format"),
                EMAIL,
                ("/latitude", "latitude-range"),
            ],
        ),
        (
            r#"{"customer_id":"812123","event":"purchase","ip":"201.44.11.22","email":"[email protected]","revenue":"31.24"}"#,
            &[("", "attribute-recommended"), ("", "attribute-recommended"), EMAIL],
        ),
    ];
    let mine: Vec<_> = values::RULES.iter().chain(RULES.into_iter().flatten()).map(|rule| rule.id).collect();
    for (sample, wanted) in samples {
        let found = findings(sample, Stage::Outgoing);
        let found: Vec<_> = found
            .iter()
            .map(|finding| (finding.path.pointer(), finding.rule.id))
            .filter(|(_, rule)| mine.contains(rule))
            .collect();
        let found: Vec<_> = found.iter().map(|(place, rule)| (place.as_str(), *rule)).collect();
        assert_eq!(found, wanted, "{sample}");
    }
}
