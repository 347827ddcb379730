use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::event::TYPES;
use crate::event::catalogue::Catalogue;
use crate::event::placeholder::{TEST_ADDRESS, Values, resolve};
use crate::fuzz_tests;
use crate::plan::{Level, Linter, SeverityOverrides};

/// The plan of the rules' examples.
const COURSES: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "event": { "const": "course_booked" },
    "email": { "type": "string", "format": "email" },
    "course": { "type": "string", "pattern": "^[a-z_]+$" },
    "seats": { "type": "integer", "minimum": 1, "maximum": 12 },
    "level": { "enum": ["beginner", "expert"] }
  },
  "required": ["course"]
}"#;

#[test]
fn any_schema_is_read_or_told_why_not_and_holds_for_any_event() {
    let seeds = [
        COURSES,
        r##"{"$defs":{"a":{"$anchor":"x","type":["string","null"]}},"properties":{"p":{"$ref":"#/$defs/a"},"q":{"$ref":"#x"},"r":{"$ref":"#"}}}"##,
        r#"{"anyOf":[{"required":["a"]},{"not":{"const":1}}],"if":{"minProperties":1},"then":{"unevaluatedProperties":false}}"#,
        r#"{"items":{"prefixItems":[{"multipleOf":0.01}],"contains":{"minimum":1e3},"uniqueItems":true},"patternProperties":{"^a":false},"dependentRequired":{"a":["b"]},"propertyNames":{"maxLength":3}}"#,
    ];
    let event = Document::read(
        r#"{"event":"course_booked","a":1,"seats":2.50,"p":null,"q":[1,1.0,{"a":{}}],"r":{"r":{"p":"x"}},"course":"A b"}"#,
    )
    .unwrap();
    fuzz_tests::texts(&seeds, |schema| {
        let (plan, bad) = Plan::read([file("course_booked.json", schema)]);
        let linter = Linter::new(SeverityOverrides::default(), plan);
        let context = LintContext { stage: Stage::Outgoing, now: jiff::Timestamp::UNIX_EPOCH };
        let found = linter.judge(&event, context).into_iter().map(|finding| finding.rule.id);
        let found: Vec<_> = found.filter(|id| id.starts_with("plan-")).collect();
        let told = |bad: &BadSchema| bad.reason.chars().filter(char::is_ascii_lowercase).collect::<String>();
        (bad.first().map(told), found.len().min(6), found.first().copied())
    });
}

fn file(name: &str, text: &str) -> SchemaFile {
    SchemaFile { name: name.to_owned(), text: Ok(text.to_owned()) }
}

/// A plan of that one schema for events of the type `booked`.
fn plan(schema: &str) -> Plan {
    let (plan, bad) = Plan::read([file("plan/booked.json", schema)]);
    assert_eq!(bad, [], "{schema}");
    plan
}

fn read(event: &str) -> Document {
    Document::read(event).unwrap()
}

fn context(stage: Stage) -> LintContext {
    LintContext { stage, now: "2026-11-24T12:00:00Z".parse().unwrap() }
}

/// The findings of the plan in the event: rule, place, what was expected, and the fix.
fn told(plan: &Plan, event: &str, stage: Stage) -> Vec<String> {
    let mut findings = Findings::default();
    plan.check(&read(event), context(stage), &mut findings);
    let words = |finding: Finding| {
        let fix = match finding.fix {
            None => String::new(),
            Some(Fix::Replace(json)) => format!(" -> {json}"),
            Some(Fix::Rename(name)) => format!(" -> {name}:"),
            Some(Fix::Remove) => " -> nothing".to_owned(),
        };
        let severity = finding.severity.as_str().get(..1).unwrap_or_default();
        format!("{severity} {} {}: {}{fix}", finding.rule.id, finding.path.pointer(), finding.expected.words())
    };
    findings.done().into_iter().map(words).collect()
}

#[test]
fn every_rule_finds_its_bad_example_and_nothing_in_its_good_one() {
    // Of one rule the examples are schemas.
    for rule in RULES.iter().filter(|rule| rule.id != "plan-broken") {
        let linter = || {
            let (plan, bad) = Plan::read([file("courses.json", COURSES)]);
            assert_eq!(bad, []);
            Linter::new(SeverityOverrides::default(), plan)
        };
        // As often as it takes for what was never sent to be told.
        let broken = |event: &str| {
            let (mut linter, event) = (linter(), read(event));
            let findings = (0..20).flat_map(|_| linter.observe(&event, context(Stage::Outgoing)));
            findings.map(|finding| finding.rule).filter(|rule| RULES.contains(rule)).collect::<Vec<_>>()
        };
        assert!(broken(rule.bad).contains(rule), "{} in its bad example", rule.id);
        assert!(!broken(rule.good).contains(rule), "{} in its good example", rule.id);
        assert_eq!(linter().judge(&read(rule.good), context(Stage::Outgoing)), [], "{}", rule.id);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, with a case for each keyword")]
fn what_is_not_as_planned_is_said_at_the_field_with_the_fix_that_is_sure() {
    let cases: [(&str, &str, &[&str]); 41] = [
        ("true", r#"{"a":1}"#, &[]),
        ("{}", r#"{"a":1}"#, &[]),
        (r#"{"required":["a","b"]}"#, r#"{"b":null}"#, &["e plan-missing : a"]),
        (r#"{"dependentRequired":{"a":["b"]}}"#, r#"{"a":1}"#, &["e plan-missing : b, as there is a"]),
        (r#"{"dependentSchemas":{"a":{"required":["b"]}}}"#, r#"{"a":1}"#, &["e plan-missing : b"]),
        (r#"{"properties":{"a":{"type":"number"}}}"#, r#"{"a":"12.50"}"#, &["e plan-type /a: a number -> 12.50"]),
        (r#"{"properties":{"a":{"type":"number"}}}"#, r#"{"a":"12 USD"}"#, &["e plan-type /a: a number"]),
        (r#"{"properties":{"a":{"type":"integer"}}}"#, r#"{"a":"12.5"}"#, &["e plan-type /a: a whole number"]),
        (r#"{"properties":{"a":{"type":"integer"}}}"#, r#"{"a":12.0}"#, &[]),
        (r#"{"properties":{"a":{"type":"string"}}}"#, r#"{"a":1.10}"#, &[r#"e plan-type /a: a string -> "1.10""#]),
        (r#"{"properties":{"a":{"type":"boolean"}}}"#, r#"{"a":"true"}"#, &["e plan-type /a: true or false -> true"]),
        (
            r#"{"properties":{"a":{"type":["string","integer","null"],"enum":["x",1]}}}"#,
            r#"{"a":[]}"#,
            &["e plan-type /a: a string, a whole number or null"],
        ),
        (
            r#"{"properties":{"a":{"enum":["gold","silver"]}}}"#,
            r#"{"a":"Gold "}"#,
            &[r#"e plan-value /a: one of "gold", "silver" -> "gold""#],
        ),
        (r#"{"properties":{"a":{"enum":[1.0,{"b":[2]}]}}}"#, r#"{"a":1}"#, &[]),
        (r#"{"properties":{"a":{"enum":[1.0,{"b":[2]}]}}}"#, r#"{"a":{"b":[2.0]}}"#, &[]),
        (r#"{"properties":{"a":{"const":"EUR"}}}"#, r#"{"a":"USD"}"#, &[r#"e plan-value /a: "EUR" -> "EUR""#]),
        (r#"{"properties":{"a":{"minimum":0.5}}}"#, r#"{"a":0.49}"#, &["e plan-value /a: at least 0.5"]),
        (r#"{"properties":{"a":{"exclusiveMinimum":0}}}"#, r#"{"a":0}"#, &["e plan-value /a: more than 0"]),
        (r#"{"properties":{"a":{"maximum":5}}}"#, r#"{"a":5.0000000000000000001}"#, &["e plan-value /a: at most 5"]),
        (r#"{"properties":{"a":{"exclusiveMaximum":5}}}"#, r#"{"a":5}"#, &["e plan-value /a: less than 5"]),
        (r#"{"properties":{"a":{"multipleOf":0.01}}}"#, r#"{"a":19.99}"#, &[]),
        (r#"{"properties":{"a":{"multipleOf":0.01}}}"#, r#"{"a":1.005}"#, &["e plan-value /a: a multiple of 0.01"]),
        (
            r#"{"properties":{"a":{"minLength":2,"maxLength":3}}}"#,
            r#"{"a":"é"}"#,
            &["e plan-value /a: 2 to 3 characters, here are 1"],
        ),
        (r#"{"properties":{"a":{"pattern":"^[A-Z]{3}$"}}}"#, r#"{"a":"USD"}"#, &[]),
        (
            r#"{"properties":{"a":{"pattern":"^[A-Z]{3}$"}}}"#,
            r#"{"a":"usd"}"#,
            &["e plan-value /a: a text that fits ^[A-Z]{3}$"],
        ),
        (
            r#"{"properties":{"a":{"format":"date"}}}"#,
            r#"{"a":"24.11.2026"}"#,
            &["e plan-value /a: a date such as 2026-11-24"],
        ),
        (r#"{"properties":{"a":{"format":"color"}}}"#, r#"{"a":"x"}"#, &[]),
        (r#"{"properties":{"a":{"minItems":1}}}"#, r#"{"a":[]}"#, &["e plan-value /a: at least 1 element, here are 0"]),
        (
            r#"{"properties":{"a":{"uniqueItems":true}}}"#,
            r#"{"a":[1,{"b":1},{"b":1.0}]}"#,
            &["e plan-value /a: elements that are all different"],
        ),
        (
            r#"{"properties":{"a":{"contains":{"type":"string"}}}}"#,
            r#"{"a":[1]}"#,
            &["e plan-value /a: at least 1 element of the kind that the plan asks for, here are 0"],
        ),
        (
            r##"{"properties":{"a":{"items":{"$ref":"#/$defs/p"}}},"$defs":{"p":{"required":["sku"]}}}"##,
            r#"{"a":[{"sku":1},{}]}"#,
            &["e plan-missing /a/1: sku"],
        ),
        (r#"{"not":{"required":["a"]}}"#, r#"{"a":1}"#, &["e plan-value : anything else: the plan rules this out"]),
        (r#"{"properties":{"a":false}}"#, r#"{"a":1}"#, &["e plan-field /a: no such field: the plan allows no others"]),
        (
            r#"{"properties":{"event":{},"order_id":{}},"additionalProperties":false}"#,
            r#"{"orderId":1}"#,
            &["e plan-field /orderId: the name order_id -> order_id:"],
        ),
        (
            r#"{"properties":{"event":{},"order_id":{}},"unevaluatedProperties":false}"#,
            r#"{"x":1}"#,
            &["e plan-field /x: no such field: the plan allows no others"],
        ),
        (
            r#"{"properties":{"order_id":{},"products":{"items":{"properties":{"sku":{}}}}}}"#,
            r#"{"email":"jane@example.com","order_ids":1,"order_id":2,"products":[{"SKU":1},{"sku":1,"price":2}]}"#,
            &[
                "n plan-field /order_ids: a field of the plan",
                "n plan-field /products/0/SKU: the name sku -> sku:",
                "n plan-field /products/1/price: a field of the plan",
            ],
        ),
        (r#"{"properties":{"a":{}},"additionalProperties":{"type":"string"}}"#, r#"{"b":"x"}"#, &[]),
        (
            r#"{"anyOf":[{"required":["email"]},{"required":["phone"]}]}"#,
            r#"{"a":1}"#,
            &["e plan-missing : one of email, phone"],
        ),
        (
            r#"{"properties":{"a":{"anyOf":[{"type":"number"},{"type":"array"}]}}}"#,
            r#"{"a":"1"}"#,
            &["e plan-type /a: a number or an array -> 1"],
        ),
        (
            r#"{"properties":{"a":{"oneOf":[{"type":"number","minimum":1},{"type":"array"}]}}}"#,
            r#"{"a":0}"#,
            &["e plan-value /a: at least 1"],
        ),
        (
            r#"{"if":{"properties":{"a":{"const":1}},"required":["a"]},"then":{"required":["b"]}}"#,
            r#"{"a":1}"#,
            &["e plan-missing : b"],
        ),
    ];
    for (schema, event, expected) in cases {
        let event = event.replacen('{', r#"{"event":"booked","#, 1);
        assert_eq!(told(&plan(schema), &event, Stage::Outgoing), expected, "{schema} {event}");
    }
}

#[test]
fn an_event_that_is_not_in_the_plan_brings_the_nearest_to_mind() {
    let plan = plan("{}");
    let cases = [
        ("booked", Stage::Outgoing, None),
        ("Booked", Stage::Outgoing, Some(r#"w plan-event /event: an event of the plan, such as booked -> "booked""#)),
        ("bookd", Stage::Outgoing, Some("w plan-event /event: an event of the plan, such as booked")),
        ("cancelled", Stage::Outgoing, Some("w plan-event /event: an event of the plan")),
        ("back_in_stock.view", Stage::Outgoing, Some("w plan-event /event: an event of the plan")),
        ("back_in_stock.view", Stage::Received, None),
    ];
    for (name, stage, expected) in cases {
        let event = json!({ "event": name }).to_string();
        assert_eq!(told(&plan, &event, stage), Vec::from_iter(expected), "{name}");
    }
    for event in [r#"{"a":1}"#, r#"{"event":7}"#, "[]", "1"] {
        assert_eq!(told(&plan, event, Stage::Outgoing), [""; 0], "{event}");
    }
    assert_eq!(told(&Plan::default(), r#"{"event":"booked"}"#, Stage::Outgoing), [""; 0]);
}

#[test]
fn what_the_platform_added_is_not_held_against_a_received_event() {
    let closed = r#"{
      "properties": { "event": {}, "seats": { "type": "integer" }, "timestamp": { "type": "string", "format": "date-time" } },
      "required": ["timestamp"], "additionalProperties": false, "propertyNames": { "maxLength": 9 }, "maxProperties": 2
    }"#;
    let received =
        r#"{"event":"booked","seats":2,"_bsft_ts":"2026-11-24 12:00:00","user_uuid":"x","timestamp":1,"site":"a"}"#;
    assert_eq!(told(&plan(closed), received, Stage::Received), [""; 0]);
    assert_eq!(told(&plan(closed), received, Stage::Outgoing).len(), 5);
    // A number that it made a text is a finding, and so is a field of the sender's own.
    let mangled = r#"{"event":"booked","seats":"2","colour":"red","timestamp":1}"#;
    let expected = [
        "e plan-value : at most 2 fields, here are 3",
        "e plan-type /seats: a whole number -> 2",
        "e plan-field /colour: no such field: the plan allows no others",
    ];
    assert_eq!(told(&plan(closed), mangled, Stage::Received), expected);
}

#[test]
fn each_thing_wrong_with_a_schema_is_told_with_its_place_and_what_to_do() {
    let cases = [
        ("", "plan/booked.json:1: not JSON: it is empty ("),
        ("{\n  \"type\": \"object\",\n}", "plan/booked.json:2:19: not JSON: "),
        ("{\"type\": {{now}}}", "plan/booked.json:1:"),
        ("[]", "plan/booked.json:1: a schema is an object, or true or false (write { } "),
        ("\n7", "plan/booked.json:2: a schema is an object"),
        (
            "{\n\"properties\": {\n\"a\": {\"type\": \"nubmer\"}}}",
            "plan/booked.json:3: /properties/a/type: there is no type \"nubmer\"; did you mean \"number\"? (write one of ",
        ),
        (r#"{"type":["string",1]}"#, ":1: /type/1: type must be a string in quotes, not 1 "),
        (r#"{"required":"a"}"#, ": /required: required must be a list of names, not \"a\" "),
        (r#"{"required":true}"#, ": /required: required must be a list of names"),
        (r#"{"properties":["a"]}"#, ": /properties: properties must be an object that holds schemas by their names"),
        (r#"{"properties":{"a":1}}"#, ": /properties/a: a schema is an object"),
        (r#"{"items":[{}]}"#, ": /items: items is one schema, for all elements (call it prefixItems"),
        (r#"{"anyOf":[]}"#, ": /anyOf: anyOf must be a list of at least one schema"),
        (
            r#"{"minimum":"3"}"#,
            ": /minimum: minimum must be a number, not \"3\" (write 1, without quotes, for example)",
        ),
        (r#"{"exclusiveMinimum":true}"#, ": /exclusiveMinimum: exclusiveMinimum must be a number"),
        (r#"{"minLength":-1}"#, ": /minLength: minLength must be a whole number of at least 0"),
        (r#"{"multipleOf":0}"#, ": /multipleOf: multipleOf must be above 0"),
        (r#"{"enum":"a"}"#, ": /enum: enum must be a list of values"),
        (r#"{"uniqueItems":1}"#, ": /uniqueItems: uniqueItems must be true or false"),
        (r#"{"pattern":"("}"#, ": /pattern: the pattern \"(\" cannot be used: "),
        (r#"{"pattern":"a{999}{999}"}"#, ": /pattern: the pattern \"a{999}{999}\" cannot be used: "),
        (r#"{"patternProperties":{"[":{}}}"#, ": /patternProperties/[: the pattern \"[\" cannot be used: "),
        (r#"{"pattern":"^(?!x)"}"#, "it looks ahead ((?!…)), which could take for ever and is not supported (write it"),
        (
            r#"{"pattern":"\\p{L}"}"#,
            "it names a class of Unicode (\\p{…}), which is not supported (write the characters",
        ),
        (
            r#"{"$ref":"product.json"}"#,
            ": /$ref: \"product.json\" leads to a file: references stay within a schema (copy",
        ),
        (r#"{"$ref":"file:///etc/passwd"}"#, ": /$ref: \"file:///etc/passwd\" leads to a file: "),
        (r#"{"$ref":"https://example.com/a.json"}"#, ": /$ref: \"https://example.com/a.json\" leads to the network: "),
        (
            r#"{"$dynamicRef":"https://example.com/a.json#x"}"#,
            ": /$dynamicRef: \"https://example.com/a.json#x\" leads to",
        ),
        (
            r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","$ref":"https://json-schema.org/draft/2020-12/schema"}"#,
            ": /$ref: \"https://json-schema.org/draft/2020-12/schema\" leads to the network: ",
        ),
        (r##"{"$ref":"#/$defs/a"}"##, ": /$ref: \"#/$defs/a\" leads nowhere: there is no $defs (fix the reference"),
        (r##"{"$ref":"#a"}"##, ": /$ref: \"#a\" leads nowhere: there is no such $anchor"),
        (r##"{"$ref":"#"}"##, "it refers back to itself for the same value, endlessly"),
        (
            r##"{"$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"not":{"$ref":"#/$defs/a"}}}}"##,
            "it refers back to itself for the same value, endlessly",
        ),
        (
            r#"{"$schema":"http://json-schema.org/draft-04/schema#"}"#,
            ": /$schema: \"http://json-schema.org/draft-04/schema#\" is no draft of JSON Schema that is read here (write ",
        ),
        (
            r#"{"properties":{"a":{"pattern":"(a{1,1000}b){1,1000}"}}}"#,
            "it repeats so much that it takes more than 64 KiB",
        ),
        (r#"{"$id":"https://example.com/#a"}"#, ": /$id: a schema cannot have this address"),
        ("{\"properties\":{\"\\u001b[2J\":1}}", ": /properties/\\u001b[2J: a schema is"),
    ];
    for (schema, expected) in cases {
        let (plan, bad) = Plan::read([file("plan/good.json", "{}"), file("plan/booked.json", schema)]);
        let words: Vec<String> = bad.iter().map(|bad| bad.sentence().into()).collect();
        assert!(
            words.len() == 1 && words[0].contains(expected) && !words[0].contains('\u{1b}'),
            "{expected}: {words:#?}"
        );
        // The others go on working, and events of the broken one's type are no strangers.
        assert_eq!(plan.types().map(|known| known.name).collect::<Vec<_>>(), ["good"], "{schema}");
        assert!(told(&plan, r#"{"event":"booked"}"#, Stage::Outgoing).iter().all(|it| it.contains("plan-broken")));
    }
    let (_, bad) = Plan::read([file("a.json", r#"{"type":1,"minimum":"1","properties":{"a":{"enum":1}}}"#)]);
    assert_eq!(bad.len(), 3, "all of what is wrong with a schema is told: {bad:#?}");
}

#[test]
fn a_keyword_that_is_nearly_one_is_told_and_a_foreign_one_is_not() {
    let schema = r#"{"properites":{},"require":["a"],"x-owner":"shop","title":"t","additionalproperties":false}"#;
    let (plan, bad) = Plan::read([file("plan/booked.json", schema)]);
    assert_eq!(bad, []);
    let told: Vec<String> = plan.remarks().iter().map(|bad| bad.sentence().into()).collect();
    let slip = |keyword: &str, meant: &str| {
        format!(
            "plan/booked.json:1: /{keyword}: {keyword} is not a JSON Schema keyword and has no effect ({meant}, if that is what you mean)"
        )
    };
    let wanted = [
        slip("properites", "properties"),
        slip("require", "required"),
        slip("additionalproperties", "additionalProperties"),
    ];
    assert_eq!(told, wanted);
}

#[test]
fn an_event_whose_schema_is_broken_is_not_passed_over_in_silence() {
    let (plan, bad) = Plan::read([file("plan/booked.json", r#"{"type":"nubmer"}"#)]);
    assert_eq!(bad.len(), 1);
    let expected = "w plan-broken /event: a usable schema: plan/booked.json is not";
    assert_eq!(told(&plan, r#"{"event":"booked"}"#, Stage::Received), [expected]);
}

#[test]
fn a_schema_is_for_the_type_that_it_names_or_else_its_file() {
    let constant = |name: &str| json!({"properties": {"event": {"const": name}}}).to_string();
    let files = [
        file("plan/a.json", "{}"),
        file("plan/b.schema.json", "true"),
        file("plan/c.json", &constant("other")),
        file("plan/d.json", &constant("a")),
        file("plan/Purchase.json", "{}"),
    ];
    let (plan, bad) = Plan::read(files);
    let types: Vec<_> = plan.types().map(|known| (known.name, known.file)).collect();
    let expected = [
        ("Purchase", "plan/Purchase.json"),
        ("a", "plan/a.json"),
        ("b", "plan/b.schema.json"),
        ("other", "plan/c.json"),
    ];
    assert_eq!(types, expected);
    let words: Vec<String> = bad.iter().chain(plan.remarks()).map(|bad| bad.sentence().into()).collect();
    assert_eq!(
        words,
        [
            "plan/d.json:1: /properties/event/const: the event type a is already planned in plan/a.json (keep one of the \
             two)",
            "plan/Purchase.json:1: Purchase is another spelling of the standard event purchase (plan the event by the \
             standard name, if it is that one)",
        ]
    );
}

#[test]
fn references_within_a_schema_lead_where_they_should() {
    let product = r#"{"type":"object","required":["sku"]}"#;
    for schema in [
        format!(r##"{{"$defs":{{"a b/c~":{product}}},"properties":{{"p":{{"$ref":"#/$defs/a%20b~1c~0"}}}}}}"##),
        format!(r##"{{"definitions":{{"p":{product}}},"properties":{{"p":{{"$ref":"#/definitions/p"}}}}}}"##),
        format!(r##"{{"x":[1,{product}],"properties":{{"p":{{"$ref":"#/x/1"}}}}}}"##),
        r##"{"$defs":{"p":{"$anchor":"p","required":["sku"]}},"properties":{"p":{"$ref":"#p"}}}"##.to_owned(),
        r##"{"$defs":{"p":{"$dynamicAnchor":"p","required":["sku"]}},"properties":{"p":{"$dynamicRef":"#p"}}}"##
            .to_owned(),
        r#"{"$id":"https://acme.example/booked","$defs":{"p":{"$id":"product","required":["sku"]}},
            "properties":{"p":{"$ref":"https://acme.example/product"}}}"#
            .to_owned(),
    ] {
        assert_eq!(told(&plan(&schema), r#"{"event":"booked","p":{}}"#, Stage::Outgoing), ["e plan-missing /p: sku"]);
    }
}

#[test]
fn the_standard_schemas_are_a_plan_as_they_are() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/events");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        file(&path.display().to_string(), &std::fs::read_to_string(path).unwrap())
    });
    let (plan, bad) = Plan::read(files);
    assert_eq!((bad, plan.types().count()), (Vec::new(), Catalogue::standard().definitions().len()));
    let now = "2026-11-24T11:59:00Z".parse().unwrap();
    let values = Values { now, seed: 7, seq: 3, email: TEST_ADDRESS, environment: &|_| None };
    for template in Catalogue::standard().templates().filter(|template| template.name != "custom_event") {
        let examples: Value = serde_json::from_str(&resolve(&template.text, &values).unwrap()).unwrap();
        for event in examples.as_array().map_or(std::slice::from_ref(&examples), Vec::as_slice) {
            let errors = told(&plan, &event.to_string(), Stage::Outgoing);
            assert!(errors.iter().all(|told| told.starts_with("n plan-field")), "{}: {errors:#?}", template.name);
        }
    }
    let told = told(&plan, r#"{"event":"purchase","revenue":"79,95"}"#, Stage::Outgoing);
    assert_eq!(told.len(), 2, "{told:#?}");
}

#[test]
fn a_planned_field_that_no_event_has_is_told_once() {
    let plan = plan(
        r#"{"properties":{"event":{},"a":{},"b":{},"products":{"items":{"properties":{"sku":{},"price":{}}}}},
            "required":["a"],"anyOf":[{"properties":{"c":{}}}]}"#,
    );
    let events = |has_b: u32| {
        let mut absences = Absences::default();
        let told = (1..=60).flat_map(|number| {
            let b = if number == has_b { r#","b":1"# } else { "" };
            // Only every second event has products.
            let products = if number % 2 == 0 { r#","products":[{"sku":1},{"sku":2}]"# } else { "" };
            let mut findings = Findings::default();
            absences.observe(&plan, &read(&format!(r#"{{"event":"booked"{b}{products}}}"#)), &mut findings);
            let findings = findings.done().into_iter();
            findings.map(|finding| (number, finding.expected.words().to_string())).collect::<Vec<_>>()
        });
        told.collect::<Vec<_>>()
    };
    let price = (40, "products[].price".to_owned());
    assert_eq!(events(0), [(20, "a".to_owned()), (20, "b".to_owned()), price.clone()]);
    assert_eq!(events(7), [(20, "a".to_owned()), price]);
}

#[test]
fn levels_change_what_a_plan_says_too() {
    let mut levels = SeverityOverrides::default();
    levels.set("plan-type@booked".parse().unwrap(), Level::Allow);
    levels.set("plan-missing".parse().unwrap(), Level::At(Severity::Note));
    let mut linter = Linter::new(levels, plan(r#"{"properties":{"a":{"type":"string"}},"required":["b"]}"#));
    let findings =
        linter.observe(&read(r#"{"event":"booked","email":"jane@example.com","a":1}"#), context(Stage::Outgoing));
    let told: Vec<_> = findings.iter().map(|finding| (finding.rule.id, finding.severity)).collect();
    assert_eq!(told, [("plan-missing", Severity::Note)]);
}

#[test]
fn no_schema_and_no_event_takes_for_ever() {
    let cut = |told: &[String]| told.iter().any(|told| told.contains("can be checked in time"));
    // Each definition asks for the next twice: 2^40 in all.
    let mut definitions = serde_json::Map::new();
    for number in 0..40 {
        let next = json!({"$ref": format!("#/$defs/d{}", number + 1)});
        definitions.insert(format!("d{number}"), json!({"allOf": [next, next]}));
    }
    definitions.insert("d40".into(), json!({}));
    let doubling = plan(&json!({"$ref": "#/$defs/d0", "$defs": definitions}).to_string());
    assert!(cut(&told(&doubling, r#"{"event":"booked"}"#, Stage::Outgoing)));

    let tree =
        plan(r##"{"properties":{"a":{"$ref":"#"}},"allOf":[{"properties":{"a":{"type":["object","number"]}}}]}"##);
    let nested =
        |levels: usize| format!(r#"{{"event":"booked","a":{}1{}}}"#, r#"{"a":"#.repeat(levels), "}".repeat(levels));
    assert_eq!(told(&tree, &nested(126), Stage::Outgoing), [""; 0]);
    assert!(cut(&told(&tree, &nested(100_000), Stage::Outgoing)));
    let deep = format!(r#"{{"event":"booked","a":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(cut(&told(&plan(r#"{"properties":{"a":{"enum":[1]}}}"#), &deep, Stage::Outgoing)));

    let wide: serde_json::Map<_, _> = (0..10_000).map(|number| (format!("f{number}"), json!("x"))).collect();
    let wide = Value::Object(wide).to_string().replacen('{', r#"{"event":"booked","#, 1);
    let strings = plan(r#"{"patternProperties":{"^f":{"type":"string","pattern":"^(x|y)+$"}}}"#);
    assert_eq!(told(&strings, &wide, Stage::Outgoing), [""; 0]);
    let findings = told(&plan(r#"{"additionalProperties":false}"#), &wide, Stage::Outgoing);
    assert_eq!(findings.len(), 1_001, "with the one that counts the others");
}

/// Schemas of keywords whose meaning does not hang on the draft, for values as [`instance`] makes them.
fn schema() -> impl Strategy<Value = Value> {
    let name = || prop::sample::select(vec!["a", "b", "c"]);
    let number = || prop::sample::select(bounds());
    let kind = || prop::sample::select(vec!["string", "number", "integer", "boolean", "null", "object", "array"]);
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        Just(json!({})),
        kind().prop_map(|kind| json!({ "type": kind })),
        prop::collection::vec(kind(), 2)
            .prop_filter("different", |kinds| kinds[0] != kinds[1])
            .prop_map(|kinds| json!({ "type": kinds })),
        (prop::sample::select(vec!["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]), number())
            .prop_map(|(keyword, number)| json!({ keyword: number })),
        prop::sample::select(vec![json!(0.1), json!(2), json!(1.5)]).prop_map(|number| json!({ "multipleOf": number })),
        (
            prop::sample::select(vec![
                "minLength",
                "maxLength",
                "minItems",
                "maxItems",
                "minProperties",
                "maxProperties"
            ]),
            0..3
        )
            .prop_map(|(keyword, count)| json!({ keyword: count })),
        prop::sample::select(vec!["^a", "b$", "^[ab]+$", "é"]).prop_map(|pattern| json!({ "pattern": pattern })),
        prop::collection::vec(instance(), 1..4).prop_map(|values| json!({ "enum": values })),
        instance().prop_map(|value| json!({ "const": value })),
        prop::collection::btree_set(name(), 1..3).prop_map(|names| json!({ "required": names })),
        (name(), name()).prop_map(|(one, other)| json!({ "dependentRequired": { one: [other] } })),
        Just(json!({ "uniqueItems": true })),
        Just(json!({ "$ref": "#/$defs/a" })),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let schemas = || prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            (prop::sample::select(vec!["allOf", "anyOf", "oneOf", "prefixItems"]), schemas())
                .prop_map(|(keyword, schemas)| json!({ keyword: schemas })),
            (prop::sample::select(vec!["not", "items", "propertyNames", "additionalProperties"]), inner.clone())
                .prop_map(|(keyword, schema)| json!({ keyword: schema })),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(test, then, other)| json!({ "if": test, "then": then, "else": other })),
            (inner.clone(), 0..3, 1..3).prop_map(|(schema, least, most)| {
                json!({ "contains": schema, "minContains": least, "maxContains": most })
            }),
            (name(), inner.clone()).prop_map(|(name, schema)| json!({ "dependentSchemas": { name: schema } })),
            (prop::collection::btree_map(name(), inner.clone(), 0..3), inner.clone(), inner.clone(), any::<bool>())
                .prop_map(|(properties, pattern, others, is_closed)| {
                    let keyword = if is_closed { "additionalProperties" } else { "unevaluatedProperties" };
                    json!({ "properties": properties, "patternProperties": { "^a": pattern }, keyword: others })
                }),
            (schemas(), inner.clone())
                .prop_map(|(schemas, others)| json!({ "anyOf": schemas, "unevaluatedProperties": others })),
            (schemas(), inner.clone())
                .prop_map(|(schemas, others)| json!({ "allOf": schemas, "unevaluatedItems": others })),
        ]
    })
}

/// Numbers, some of which are at the edge of what a float or 64 bits can hold.
fn bounds() -> Vec<Value> {
    const EDGES: [&str; 14] = [
        "-1",
        "0",
        "-0.0",
        "1.5",
        "2",
        "0.1",
        "3.0",
        "1e2",
        "100",
        "9007199254740991",
        "9007199254740993",
        "-9223372036854775808",
        "18446744073709551615",
        "2.5e-3",
    ];
    EDGES.into_iter().map(|edge| serde_json::from_str(edge).unwrap()).collect()
}

/// The same schema in the words of draft-07, without what that has no words for.
fn in_draft_07(schema: Value) -> Value {
    match schema {
        Value::Array(schemas) => schemas.into_iter().map(in_draft_07).collect(),
        Value::Object(fields) => {
            let newer = ["unevaluatedProperties", "unevaluatedItems", "minContains", "maxContains"];
            let fields = fields.into_iter().filter(|(keyword, _)| !newer.contains(&keyword.as_str()));
            let renamed = |(keyword, value): (String, Value)| {
                let keyword = match keyword.as_str() {
                    "prefixItems" => "items",
                    "dependentRequired" | "dependentSchemas" => "dependencies",
                    _ => &keyword,
                };
                (keyword.to_owned(), if value == "#/$defs/a" { json!("#/definitions/a") } else { in_draft_07(value) })
            };
            Value::Object(fields.map(renamed).collect())
        }
        other => other,
    }
}

fn instance() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec![json!(-1), json!(0), json!(1.5), json!(2), json!(0.3), json!(3), json!(3.0)]),
        prop::sample::select(bounds()),
        prop::sample::select(vec!["", "a", "ab", "bé"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(vec!["a", "b", "c", "ab"]), inner, 0..4)
                .prop_map(|fields| json!(fields)),
        ]
    })
}

/// Whether the other implementation says of an event what is said here.
fn agree(whole: &Value, event: &Value, other: &jsonschema::Validator) -> Result<(), TestCaseError> {
    let document = read(&whole.to_string());
    // Only what refers to itself for ever is refused.
    let Ok((schemas, _)) = reading::read(&document, "x") else { return Ok(()) };
    let mut findings = Findings::default();
    check::check(&schemas, &read(&event.to_string()), Stage::Outgoing, &mut findings);
    let findings = findings.done();
    let fits = !findings.iter().any(|finding| finding.severity == Severity::Error);
    prop_assert_eq!(fits, other.is_valid(event), "{} {} {:#?}", whole, event, findings);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    /// Another implementation of JSON Schema says the same of every value.
    #[test]
    fn a_value_fits_a_schema_as_json_schema_has_it(schema in schema(), definition in schema(), value in instance()) {
        let whole = json!({ "properties": { "x": schema }, "$defs": { "a": definition } });
        let event = json!({ "x": value });
        let Ok(other) = jsonschema::draft202012::new(&whole) else { return Ok(()) };
        agree(&whole, &event, &other)?;
    }

    /// The same of a schema with the header of an older draft, by which its keywords mean what they did in that.
    #[test]
    fn a_value_fits_an_older_schema_as_json_schema_has_it(
        schema in schema(), definition in schema(), others in schema(), value in instance(),
    ) {
        let [schema, definition, others] = [schema, definition, others].map(in_draft_07);
        let tuple = json!({ "items": [schema], "additionalItems": others });
        let whole = json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "properties": { "x": schema, "y": tuple, "z": { "$ref": "#/definitions/a", "type": "null" } },
            "definitions": { "a": definition },
        });
        let event = json!({ "x": value, "y": [value, value], "z": value });
        let Ok(other) = jsonschema::draft7::new(&whole) else { return Ok(()) };
        agree(&whole, &event, &other)?;
    }

    /// Of the formats that have one definition.
    #[test]
    fn a_text_is_of_a_format_as_json_schema_has_it(
        format in prop::sample::select(vec!["date", "ipv4", "ipv6", "uuid"]),
        text in prop_oneof![
            "[0-9]{4}-[0-3][0-9]-[0-3][0-9]",
            "[0-9]{1,3}(\\.[0-9]{1,3}){2,4}",
            "[0-9a-f:]{1,12}",
            "[0-9a-fA-F]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{11,12}",
            "[0-9a-f:.T-]{0,40}",
        ],
    ) {
        let whole = json!({ "properties": { "x": { "format": format } } });
        let other = jsonschema::draft202012::options().should_validate_formats(true).build(&whole).unwrap();
        let found = told(&plan(&whole.to_string()), &json!({ "event": "booked", "x": text }).to_string(), Stage::Outgoing);
        prop_assert_eq!(found.is_empty(), other.is_valid(&json!({ "x": text })), "{} {:?} {:?}", format, text, found);
    }

    #[test]
    fn no_schema_breaks_the_reading_of_a_plan(text in any::<String>(), keyword in "[a-zA-Z$]{1,12}", value in instance()) {
        let (_, bad) = Plan::read([file("a.json", &text)]);
        prop_assert!(bad.iter().all(|bad| !bad.sentence().contains(char::is_control)));
        Plan::read([file("a.json", &json!({ keyword: value }).to_string())]);
    }
}

#[test]
fn an_event_is_judged_as_of_the_type_that_it_is_shown_under() {
    let (plan, bad) = Plan::read([file("purchase.json", r#"{"required":["seats"]}"#)]);
    assert_eq!(bad, []);
    for ((text, unkeyed, is_in_it), key) in
        TYPES.into_iter().flat_map(|case| [None, Some("purchase"), Some("view")].map(|key| (case, key)))
    {
        let wanted = unkeyed.filter(|_| is_in_it || key.is_none()).or(key);
        let event = text.replacen('{', r#"{"paid_at":"25/11/2026","#, 1);
        let event = Document::read_under(&event, key).unwrap();
        for (stage, of) in [Stage::Outgoing, Stage::Received]
            .into_iter()
            .flat_map(|stage| ["purchase", "quiz_done", "view"].map(|of| (stage, of)))
        {
            let mut levels = SeverityOverrides::default();
            levels.set(format!("date-format@{of}").parse().unwrap(), Level::Allow);
            let found = Linter::new(levels, plan.clone()).observe(&event, context(stage));
            let is_found = |id: &str| found.iter().any(|finding| finding.rule.id == id);
            let told = [is_found("date-format"), is_found("plan-missing"), is_found("attribute-required")];
            let wanted = [wanted != Some(of), wanted == Some("purchase"), wanted == Some("view")];
            assert_eq!(told, wanted, "{text} under {key:?}, with date-format@{of} allowed");
        }
    }
}

#[test]
fn of_a_field_that_is_there_twice_the_last_is_held_to_the_plan() {
    let plan = plan(r#"{"properties":{"a":{"type":"number"}},"required":["a"],"maxProperties":2}"#);
    let cases: [(&str, &[&str]); 3] = [
        (r#"{"event":"booked","a":"x","a":1}"#, &[]),
        (r#"{"event":"booked","a":1,"a":"x"}"#, &["e plan-type /a: a number"]),
        (r#"{"event":"view","a":1,"event":"booked"}"#, &[]),
    ];
    for (event, wanted) in cases {
        assert_eq!(told(&plan, event, Stage::Outgoing), wanted, "{event}");
    }
}

#[test]
fn older_drafts_are_read_as_they_are_meant() {
    const OLD: &str = r#""$schema":"http://json-schema.org/draft-07/schema#""#;
    let cases: [(&str, &str, bool); 10] = [
        (r#""properties":{"a":{"items":[{"type":"string"},{"type":"number"}]}}"#, r#""a":["x",1,true]"#, true),
        (r#""properties":{"a":{"items":[{"type":"string"}],"additionalItems":false}}"#, r#""a":["x",1]"#, false),
        (r#""dependencies":{"a":["b"]}"#, r#""a":1"#, false),
        (r#""dependencies":{"a":["b"]}"#, r#""a":1,"b":2"#, true),
        (r#""dependencies":{"a":{"required":["b"]}}"#, r#""a":1"#, false),
        (
            r##""definitions":{"n":{"type":"number"}},"properties":{"a":{"$ref":"#/definitions/n","maximum":5}}"##,
            r#""a":9"#,
            true,
        ),
        (
            r##""definitions":{"n":{"type":"number"}},"properties":{"a":{"$ref":"#/definitions/n"}}"##,
            r#""a":"x""#,
            false,
        ),
        (r#""dependentRequired":{"a":["b"]}"#, r#""a":1"#, true),
        (r#""if":{"required":["a"]},"then":{"required":["b"]}"#, r#""a":1"#, false),
        (r#""properties":{"a":{"exclusiveMinimum":0}}"#, r#""a":0"#, false),
    ];
    for (schema, fields, is_right) in cases {
        let plan = plan(&format!("{{{OLD},{schema}}}"));
        let found = told(&plan, &format!(r#"{{"event":"booked",{fields}}}"#), Stage::Outgoing);
        assert_eq!(found.is_empty(), is_right, "{schema} {fields}: {found:?}");
    }
}

#[test]
fn what_a_schema_asks_in_vain_is_remarked_with_what_is_known() {
    let cases = [
        (
            r#"{"properties":{"a":{"format":"phone"}}}"#,
            "the format \"phone\" is not known here, and asks nothing (one of date-time, ",
        ),
        (r#"{"dependencies":{"a":["b"]}}"#, "dependencies has no effect in 2020-12 (dependentRequired for"),
        (
            r#"{"$schema":"http://json-schema.org/draft-07/schema","dependentRequired":{"a":["b"]}}"#,
            "dependentRequired has no effect: the draft that $schema names does not have it (write ",
        ),
    ];
    for (schema, words) in cases {
        let plan = plan(schema);
        let told: Vec<String> = plan.remarks().iter().map(|remark| remark.sentence().into()).collect();
        assert!(told.len() == 1 && told[0].contains(words), "{schema}: {told:?}");
    }
}

#[test]
fn white_space_in_a_pattern_is_that_of_unicode() {
    let found = |pattern: &str, text: &str| {
        let schema = serde_json::json!({"properties": {"a": {"pattern": pattern}}}).to_string();
        let event = serde_json::json!({"event": "booked", "a": text}).to_string();
        told(&plan(&schema), &event, Stage::Outgoing).len()
    };
    for (pattern, text, is_right) in [
        (r"^\S+$", "a\u{a0}b", false),
        (r"^\S+$", "ab", true),
        (r"^a\sb$", "a\u{2003}b", true),
        (r"^[a-z\s]+$", "a\u{a0}b", true),
        (r"^[^\s.]+$", "a\u{3000}b", false),
        (r"^a\\sb$", r"a\sb", true),
    ] {
        assert_eq!(found(pattern, text) == 0, is_right, "{pattern} {text:?}");
    }
}
