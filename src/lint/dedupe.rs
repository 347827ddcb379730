//! One fault, one finding: where several rules see the same fault, the one that says most exactly what it is, is told.

use foldhash::HashSet;

use super::{Finding, Rule};
use crate::event::Segment;

/// Where these find something no value stands, so nothing else is wrong with it as one.
const NO_VALUE: [&str; 2] = ["literal-text", "placeholder-left"];

/// A rule, and those that are told instead of it where both find something at one place.
const GIVES_WAY: &[(&str, &[&str])] = &[
    ("advertising-id-format", &NO_VALUE),
    (
        "attribute-type",
        &["device-type-value", "email-format", "latitude-range", "longitude-range", "phone-format", "url-format"],
    ),
    ("case-twins", &["attribute-name", "email-format", "event-name-whitespace", "literal-text", "placeholder-left"]),
    ("card-number", &["identifier-of-nobody"]),
    ("currency-format", &NO_VALUE),
    ("date-format", &["foreign-digits"]),
    ("empty-string", &["attribute-recommended", "attribute-required", "order-unnamed"]),
    ("encoding-broken", &NO_VALUE),
    ("event-name-alike", &["event-name-case", "event-name-whitespace", "one-event-two-names"]),
    ("device-type-value", &NO_VALUE),
    ("email-format", &["foreign-digits", "invisible-characters", "literal-text", "placeholder-left"]),
    ("event-name-case", &NO_VALUE),
    ("event-name-period", &["event-name-numeric", "literal-text", "placeholder-left"]),
    ("event-name-too-long", &NO_VALUE),
    ("event-repeated", &["one-event-two-names"]),
    ("event-name-whitespace", &["event-name-case", "event-name-numeric", "literal-text", "placeholder-left"]),
    ("event-uuid-format", &NO_VALUE),
    ("gender-value", &NO_VALUE),
    ("identifier-missing", &["identify-without-identifier"]),
    (
        "identifier-of-nobody",
        &["email-format", "invisible-characters", "literal-text", "phone-format", "placeholder-left"],
    ),
    ("identifier-too-long", &NO_VALUE),
    (
        "invisible-characters",
        &["event-name-whitespace", "half-character", "literal-text", "phone-format", "placeholder-left"],
    ),
    ("ip-format", &NO_VALUE),
    ("latitude-range", &["literal-text", "number-format", "placeholder-left"]),
    ("longitude-range", &["literal-text", "number-format", "placeholder-left"]),
    ("json-in-text", &["products-array"]),
    ("number-format", &["foreign-digits"]),
    ("object-for-array", &["envelope", "products-array"]),
    ("phone-format", &["foreign-digits", "identifier-rounded", "literal-text", "placeholder-left"]),
    ("product-id-numeric", &["number-rounded"]),
    ("purchase-arithmetic", &["amount-in-cents", "amount-negative"]),
    ("transaction-uuid-format", &NO_VALUE),
    ("plan-event", &["event-name-case"]),
    ("timestamp-future", &["date-implausible", "literal-text", "placeholder-left"]),
    ("timestamp-old", &["date-implausible", "literal-text", "placeholder-left"]),
    ("url-format", &["literal-text", "placeholder-left", "url-personal"]),
    (TYPE_CHANGES, FORMS),
];

const TYPE_CHANGES: &str = "field-type-changes";
const MISSING: &str = "field-sometimes-missing";
/// They miss a field that may be there under another name.
const ATTRIBUTES: [&str; 5] = [
    "attribute-recommended",
    "attribute-required",
    "identifier-missing",
    "identify-without-identifier",
    "mobile-attributes",
];

/// The rules that say of which form a value must be, and with that of which type.
const FORMS: &[&str] = &[
    "advertising-id-format",
    "attribute-type",
    "boolean-spelling",
    "currency-format",
    "date-epoch",
    "date-format",
    "date-implausible",
    "date-impossible",
    "email-format",
    "empty-string",
    "foreign-digits",
    "event-name-missing",
    "event-name-numeric",
    "gender-value",
    "ip-format",
    "latitude-range",
    "literal-text",
    "longitude-range",
    "number-format",
    "phone-format",
    "placeholder-left",
    "products-array",
];

/// Whether the rule says of which form a value must be, and with that of which type.
pub(crate) fn is_of_form(rule: &Rule) -> bool {
    FORMS.contains(&rule.id)
}

/// The findings without those whose fault another one tells. They are in the order of the event's fields.
pub(super) fn told(findings: Vec<Finding>) -> Vec<Finding> {
    if findings.len() < 2 {
        return findings;
    }
    let missed = Missed::of(&findings);
    let kept: Vec<bool> = findings
        .chunk_by(|one, other| one.path == other.path)
        .flat_map(|here| here.iter().map(|finding| is_told(finding, here, &missed)))
        .collect();
    let kept = findings.into_iter().zip(kept);
    kept.filter_map(|(finding, kept)| kept.then_some(finding)).collect()
}

fn is_told(finding: &Finding, here: &[Finding], missed: &Missed<'_>) -> bool {
    let object = finding.path.0.as_slice();
    let is_in = |fields: &FieldSet<'_>| finding.missing().iter().any(|name| fields.contains(&(object, name.as_ref())));
    if finding.rule.id == MISSING {
        return !is_in(&missed.otherwise);
    }
    if ATTRIBUTES.contains(&finding.rule.id) && is_in(&missed.more_exactly) {
        return false;
    }
    let Some((_, others)) = GIVES_WAY.iter().find(|(rule, _)| *rule == finding.rule.id) else { return true };
    // A plan says of which type a field is.
    let planned = |id: &str| finding.rule.id == TYPE_CHANGES && matches!(id, "plan-type" | "plan-value");
    !here.iter().any(|other| others.contains(&other.rule.id) || planned(other.rule.id))
}

/// Fields, each with the object that it belongs into.
type FieldSet<'a> = HashSet<(&'a [Segment], &'a str)>;

/// The fields that are missing by other rules than [`MISSING`].
#[derive(Default)]
struct Missed<'a> {
    /// All of them, those too that are there under another name.
    otherwise: FieldSet<'a>,
    /// Those that are there under another name, or that the plan requires.
    more_exactly: FieldSet<'a>,
}

impl<'a> Missed<'a> {
    fn of(findings: &'a [Finding]) -> Self {
        if findings.iter().all(|finding| finding.rule.id != MISSING && !ATTRIBUTES.contains(&finding.rule.id)) {
            return Self::default();
        }
        let mut missed = Self::default();
        for finding in findings.iter().filter(|finding| finding.rule.id != MISSING) {
            let path = finding.path.0.as_slice();
            let missing = finding.missing().iter().map(|name| (path, name.as_ref()));
            let misnamed = path.split_last().and_then(|(_, object)| Some((object, finding.right_name()?)));
            missed.more_exactly.extend(misnamed);
            if finding.rule.id == "plan-missing" {
                missed.more_exactly.extend(missing.clone());
            }
            missed.otherwise.extend(missing.chain(misnamed));
        }
        missed
    }
}

#[cfg(test)]
mod tests {
    use super::super::Stage;
    use super::super::tests::findings;
    use super::*;
    use crate::plan::rule;

    #[test]
    fn every_rule_that_gives_way_is_one_and_so_is_every_rule_that_it_gives_way_to() {
        for id in GIVES_WAY.iter().flat_map(|(id, others)| std::iter::once(id).chain(*others)) {
            assert!(rule(id).is_some(), "{id}");
        }
    }

    #[test]
    fn each_fault_is_told_once() {
        let cases = [
            (r#"{"firstname":"Jane"}"#, "identify-without-identifier", "identify"),
            (r#"{"customer_id":"","firstname":"Jane"}"#, "identifier-empty", "identify"),
            (r#"{"customer_id":""}"#, "identifier-empty", "plan_chosen"),
            (r#"{"customer_id":"undefined"}"#, "literal-text", "plan_chosen"),
            (r#"{"customer_id":"{{ customer_id }}"}"#, "placeholder-left", "identify"),
            (r#"{"user":"7"}"#, "identifier-missing", "plan_chosen"),
            (r#"{"email":"TODO"}"#, "placeholder-left", "plan_chosen"),
            (r#"{"email":"${email}"}"#, "placeholder-left", "plan_chosen"),
            (r#"{"email":"<jane@example.com>"}"#, "email-format", "plan_chosen"),
            (r#"{"email":"NULL"}"#, "literal-text", "plan_chosen"),
            (r#"{"cookie":"c","phone_number":"undefined"}"#, "literal-text", "plan_chosen"),
            (r#"{"cookie":"c","url":"https://shop.example.com/{{ path }}"}"#, "placeholder-left", "pageload"),
            (r#"{"cookie":"c","url":"/coffee"}"#, "url-format", "pageload"),
            (r#"{"cookie":"c","latitude":"37,77"}"#, "number-format", "plan_chosen"),
            (r#"{"cookie":"c","longitude":"12.5 E"}"#, "number-format", "plan_chosen"),
            (r#"{"cookie":"c","latitude":"212.9"}"#, "latitude-range", "plan_chosen"),
            (r#"{"cookie":"c","latitude":true}"#, "latitude-range", "plan_chosen"),
            (r#"{"cookie":"c","at":{"latitude":"37,77"}}"#, "latitude-range", "plan_chosen"),
            (r#"{"cookie":"c","latitude":"undefined"}"#, "literal-text", "plan_chosen"),
            (r#"{"cookie":"c","currency":"YOUR_CURRENCY"}"#, "placeholder-left", "plan_chosen"),
            (r#"{"cookie":"c","currency":""}"#, "empty-string", "plan_chosen"),
            (r#"{"cookie":"c","gender":"null"}"#, "literal-text", "plan_chosen"),
            (r#"{"cookie":"c","device_idfa":"<IDFA>"}"#, "placeholder-left", "plan_chosen"),
            (r#"{"cookie":"c","event_uuid":"undefined"}"#, "literal-text", "plan_chosen"),
            (r#"{"cookie":"c","event_uuid":"{{ uuid }}"}"#, "placeholder-left", "plan_chosen"),
            (r#"{"cookie":"c","event_uuid":""}"#, "event-uuid-format", "plan_chosen"),
            (r#"{"cookie":"c","timestamp":"11/24/2026"}"#, "date-format", "plan_chosen"),
            (r#"{"cookie":"c","timestamp":1758104814}"#, "date-epoch", "plan_chosen"),
            (r#"{"cookie":"c","timestamp":"2026-14-11T10:00:00Z"}"#, "date-impossible", "plan_chosen"),
            (r#"{"cookie":"c","timestamp":"2016-04-12T17:27:20Z"}"#, "timestamp-old", "plan_chosen"),
            (r#"{"cookie":"c","timestamp":"undefined"}"#, "literal-text", "plan_chosen"),
            (r#"{"cookie":"c","is_member":"{{ member }}"}"#, "placeholder-left", "plan_chosen"),
            (r#"{"cookie":"c","revenue":"NaN"}"#, "literal-text", "plan_chosen"),
            (r#"{"cookie":"c","_bsft_ts":"2026-11-24T11:59:00Z"}"#, "reserved-name", "plan_chosen"),
            (r#"{"cookie":"c"}"#, "event-name-empty", " "),
            (r#"{"cookie":"c"}"#, "event-name-numeric", "4.2"),
            (r#"{"cookie":"c"}"#, "event-name-numeric", " 42"),
            (r#"{"cookie":"c","url":"https://shop.example.com/"}"#, "event-name-case", "page load"),
            (r#"{"cookie":"c"}"#, "event-name-whitespace", "plan chosen "),
            (r#"{"cookie":"c"}"#, "event-name-period", "plan.chosen"),
            (r#"{"cookie":"c"}"#, "placeholder-left", "{{ event.name }}"),
            (r#"{"cookie":"c"}"#, "literal-text", "[object Object]"),
            (r#"{"cookie":"c","products":[{}]}"#, "attribute-required", "view"),
            (r#"{"cookie":"c","products":[]}"#, "attribute-required", "view"),
            (r#"{"cookie":"c","products":{"sku":"1"}}"#, "products-array", "view"),
            (r#"{"cookie":"c","items":[{"sku":"1"}]}"#, "products-name", "view"),
            (r#"{"cookie":"c","product_id":"undefined"}"#, "literal-text", "view"),
            (r#"{"cookie":"c","products":[{"sku":"1","qty":2}]}"#, "quantity-name", "add_to_cart"),
            (r#"{"cookie":"c","products":[{"sku":"1","price":"$ 5"}]}"#, "number-format", "view"),
            (r#"{"cookie":"c","keywords":"","sku":"1"}"#, "attribute-required", "search"),
            (r#"{"cookie":"c","orderId":"1","revenue":1,"sku":"1"}"#, "attribute-name", "purchase"),
            (r#"{"cookie":"c","product_ids":"1"}"#, "attribute-type", "view"),
            (r#"{"customerId":"1"}"#, "attribute-name", "plan_chosen"),
            (r#"{"cookie":"c","products":[{"productId":"1"}]}"#, "attribute-name", "view"),
            (r#"{"cookie":"c","device_type":"undefined"}"#, "literal-text", "plan_chosen"),
            (
                r#"{"device_id":"d","device_token":"t","device_type":"iPhone","device_tokens":""}"#,
                "empty-string",
                "plan_chosen",
            ),
            (
                r#"{"cookie":"c","order_id":"1","revenue":"12 USD","products":[{"sku":"1","price":6,"quantity":2}]}"#,
                "number-format",
                "purchase",
            ),
            (
                r#"{"cookie":"c","order_id":"1","revenue":13,"products":[{"sku":"1","price":6,"quantity":2}]}"#,
                "purchase-arithmetic",
                "purchase",
            ),
            (
                r#"{"cookie":"c","subscription_started_at":"2026-06-17","subscription_end_at":"undefined"}"#,
                "literal-text",
                "plan_chosen",
            ),
        ];
        for (fields, wanted, name) in cases {
            let event = format!(r#"{{"event":{},{}"#, serde_json::Value::from(name), fields.trim_start_matches('{'));
            let found = findings(&event, Stage::Outgoing);
            let ids: Vec<_> = found.iter().map(|finding| finding.rule.id).collect();
            assert_eq!(ids, [wanted], "{event}");
        }
    }
}
