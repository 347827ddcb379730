#![expect(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::*;
use crate::sandbox::fault::Dice;

const FILE: &str = r#"
[senders.server]
via = "event"

[[people]]
email = "a@x.example"

[lists]
product = [{ sku = 'a"b', price = 1.10, tags = ["x"] }]

[[events]]
name = "view"
sender = "server"
body = BODY

[opening]
events = ["view"]

[[sessions]]
steps = [{ send = "view" }]
"#;

fn filled(body: &str) -> String {
    first_body(&FILE.replace("BODY", body))
}

/// The first body of a file, as it is sent.
fn first_body(file: &str) -> String {
    let scenario = Scenario::read("test.toml", file).unwrap();
    let template = &scenario.events.first().unwrap().body;
    let now: Timestamp = "2026-05-04T03:02:01.5Z".parse().unwrap();
    let (mut chosen, mut turns, mut counted) = (BTreeMap::new(), BTreeMap::new(), 0);
    let dice = Dice::new(0);
    let mut filling = Filling { chosen: &mut chosen, turns: &mut turns, dice: &dice, counted: &mut counted, now };
    scenario.fill(template, &mut filling)
}

#[test]
fn a_value_takes_the_place_of_a_text_or_is_written_inside_it() {
    let cases = [
        (r#"{"event":"view"}"#, r#"{"event":"view"}"#),
        (r#"{"p":"${product.price}"}"#, r#"{"p":1.10}"#),
        (r#"{"p":"about ${product.price}!"}"#, r#"{"p":"about 1.10!"}"#),
        (r#"{"p":"${product.sku}"}"#, r#"{"p":"a\"b"}"#),
        (r#"{"p":"${product.sku}${product.sku}"}"#, r#"{"p":"a\"ba\"b"}"#),
        (r#"{"p":"${product.tags}"}"#, r#"{"p":["x"]}"#),
        (r#"{"p":"${person.email}"}"#, r#"{"p":"a@x.example"}"#),
        (r#"{"p":"${product}"}"#, r#"{"p":{"sku": "a\"b", "price": 1.10, "tags": ["x"]}}"#),
        (r#"{"p":["${int 3 3}","${decimal 2 2}"]}"#, r#"{"p":[3,2.00]}"#),
        (r#"{"p":["${next 7}","${next 7}"]}"#, r#"{"p":["7","8"]}"#),
        (
            r#"{"p":["${now}","${now +1d}","${now -90m}"]}"#,
            r#"{"p":["2026-05-04T03:02:01.500Z","2026-05-05T03:02:01.500Z","2026-05-04T01:32:01.500Z"]}"#,
        ),
        (r#"{"${int 5 5}":"${int 5 5}","a":1,"a":1e400}"#, r#"{"5":5,"a":1,"a":1e400}"#),
    ];
    for (body, expected) in cases {
        assert_eq!(filled(&format!("'{body}'")), expected, "{body}");
    }
    let many: Value = serde_json::from_str(&filled(r#"'{"p":"${many product 3}"}'"#)).unwrap();
    assert_eq!(many.pointer("/p").unwrap().as_array().unwrap().len(), 3);
}

#[test]
fn a_table_becomes_json_in_the_order_of_the_file_and_with_the_spelling_of_its_numbers() {
    let cases = [
        (r#"{ event = "view", z = 1.10, a = -0.0 }"#, r#"{"event": "view", "z": 1.10, "a": -0.0}"#),
        (
            "{ b = 1e400, a = +5, big = 123456789012345678901234567890 }",
            r#"{"b": 1e400, "a": 5, "big": 123456789012345678901234567890}"#,
        ),
        (
            "{ hex = 0xff, apart = 1_000, is = true, on = 2026-05-04T03:02:01Z, day = 2026-05-04 }",
            r#"{"hex": 255, "apart": 1000, "is": true, "on": "2026-05-04T03:02:01Z", "day": "2026-05-04"}"#,
        ),
        (
            r#"{ list = [1, "two", { three = 3 }], "a b" = "\u001b\"", empty = {} }"#,
            r#"{"list": [1, "two", {"three": 3}], "a b": "\u001b\"", "empty": {}}"#,
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(filled(body), expected, "{body}");
    }
    let file = FILE.replace("body = BODY", "[events.body]\nz = 1\na.b = 2\na.a = 3");
    assert_eq!(first_body(&file), r#"{"z": 1, "a": {"b": 2, "a": 3}}"#);
}

#[test]
fn what_cannot_be_used_is_said_with_its_line_and_what_may_be_meant() {
    let body = |body: &str| FILE.replace("BODY", body);
    let whole = |from: &str, to: &str| {
        assert!(FILE.contains(from), "{from}");
        FILE.replace("BODY", "{}").replacen(from, to, 1)
    };
    let cases = [
        (body(r#"'{"a":"${nobody}"}'"#), "14: `${nobody}`: there is no list `nobody`"),
        (
            body(r#"'{"a":"${persons.email}"}'"#),
            "14: `${persons.email}`: there is no list `persons`: did you mean `person`?",
        ),
        (body(r#"{ a = "${product.size}" }"#), "14: `${product.size}`: not every member of the list `product`"),
        (body(r#"{ a = "${int 5 1}" }"#), "14: `${int 5 1}`: it runs from 5 down to 1"),
        (body(r#"{ a = "${int five 9}" }"#), "14: `${int five 9}`: `five` is not a whole number"),
        (body(r#"{ a = "${now tomorrow}" }"#), "14: `${now tomorrow}`: `tomorrow` is not an offset"),
        (body(r#"{ a = "${dance with me}" }"#), "14: `${dance with me}`: is no value"),
        (body(r#"{ a = "${int 1 2" }"#), "14: `${int 1 2` has no closing brace"),
        (body("nan"), "14: JSON has no number `nan`"),
        (body("5"), "14: a body is a table, or JSON in a text"),
        (body("'{\"a\":}'"), "14: this is not JSON: "),
        (body("\'\'\'\n{\"a\":1,\n\"b\":}\n\'\'\'"), "16: this is not JSON: "),
        (body("[{}]"), "14: an array goes by a bulk call: give a sender with via = \"bulk\""),
        (whole("via = \"event\"", "via = \"bulk\""), "14: a bulk call is an array"),
        (whole("body = BODY", "").replace("body = {}", ""), "11: this event has no body"),
        (whole("via = \"event\"", "via = \"mail\""), "3: unknown variant `mail`, expected one of"),
        (whole("sender = \"server\"", "sender = \"elf\""), "13: there is no sender `elf`: there are server"),
        (whole("sender = \"server\"", "sender = \"serve\""), "13: there is no sender `serve`: did you mean `server`?"),
        (whole("sender = \"server\"", "sendr = \"server\""), "13: unknown field `sendr`: did you mean `sender`?"),
        (whole("sender = \"server\"", "body2 = 1"), "13: unknown field `body2`: did you mean `body`?"),
        (whole("[opening]", "[openings]"), "16: unknown field `openings`: did you mean `opening`?"),
        (whole("[opening]", "[zebra]"), "16: unknown field `zebra`: there are pace, repeat, "),
        (whole("[\"view\"]", "[\"vew\"]"), "17: there is no event of the name `vew`: did you mean `view`?"),
        (whole("send = \"view\"", "send = \"vew\""), "20: there is no event of the name `vew`"),
        (whole("{ send = \"view\" }", "\"vew\""), "20: there is no event of the name `vew`"),
        (
            whole("send = \"view\"", "send = \"view\", anew = [\"x\"]"),
            "20: there is no list `x`: there are person, product",
        ),
        (whole("send = \"view\"", "send = \"view\", chance = 2"), "20: a chance is a number from 0 to 1"),
        (whole("send = \"view\"", "send = \"view\", times = [3, 1]"), "20: it runs from 3 down to 1"),
        (whole("send = \"view\"", "send = \"view\", wait = [\"3s\", \"1s\"]"), "20: it runs from 3s down to 1s"),
        (whole("send = \"view\"", "send = \"view\", wait = 3"), "20: invalid type: integer `3`"),
        (whole("send = \"view\"", "send = \"view\", times = 0"), "19: nothing is ever sent"),
        (
            whole("steps = [{ send = \"view\" }]", "weight = 0\nsteps = [\"view\"]").replacen(
                '\n',
                "repeat = true\n",
                1,
            ),
            "nothing is ever sent",
        ),
        (whole("\n[senders", "every = \"0s\"\n[senders"), "1: at least 1ms must lie between two sessions"),
        (whole("\n[senders", "pace = \"soon\"\n[senders"), "1: `soon` is not a duration"),
        (whole("\n[senders", "pace = [\"key\", \"1s\"]\n[senders"), "1: `key` is not a duration"),
        (
            whole("\n[senders", "repeat = 0\n[senders"),
            "1: invalid value: integer `0`, expected true, false or a number",
        ),
        (whole("\n[senders", "faults = [\"explode\"]\n[senders"), "1: the fault `explode` is not valid"),
        (
            whole("[[people]]\nemail = \"a@x.example\"", "[people]"),
            "5: [[people]] is a list of tables, and there is at least one",
        ),
        (
            whole("product = [{ sku = 'a\"b', price = 1.10, tags = [\"x\"] }]", "product = [5]"),
            "9: lists.product is a list of tables, and this is none",
        ),
        (whole("product =", "person ="), "9: the list `person` is given as [[people]]"),
        ("pace = ".into(), "1: "),
        ("pace = \"1s\"\n".into(), "there is nothing to send"),
    ];
    let mut others = Vec::new();
    for (text, reason) in cases {
        let told = Scenario::read("test.toml", &text).map(|_| ()).unwrap_err().to_string();
        let placed = if reason.starts_with(|c: char| c.is_ascii_digit()) {
            format!("test.toml:{reason}")
        } else {
            reason.to_owned()
        };
        if !(told.starts_with("test.toml:") && told.contains(&placed)) {
            others.push((placed, told));
        }
    }
    assert!(others.is_empty(), "{others:#?}");
}

#[test]
fn a_sender_that_nobody_names_is_made_for_the_body() {
    let via = |body: &str| {
        let scenario = Scenario::read("test.toml", &format!("[[events]]\nbody = {body}")).unwrap();
        scenario.events.first().unwrap().sender.via
    };
    assert_eq!((via("{ event = \"view\" }"), via("[{ event = \"view\" }]")), (Via::Event, Via::Bulk));
}

/// The values of a TOML text as JSON.
fn json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}

#[test]
fn the_schema_knows_the_fields_that_are_read_and_no_others() {
    let schema: Value = serde_json::from_str(SCENARIO_SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let shop = json(include_str!("../../../assets/traffic/shop.toml"));
    assert!(
        validator.is_valid(&shop),
        "{:?}",
        validator.iter_errors(&shop).map(|error| error.to_string()).collect::<Vec<_>>()
    );

    // An unknown field is refused with those that there are, which the schema has to name.
    let file = FILE.replace("BODY", "{}");
    let places = [
        ("/properties", "\n[senders", "?\n[senders"),
        ("/$defs/event/properties", "sender = \"server\"", "?"),
        ("/$defs/sender/properties", "via = \"event\"", "?"),
        ("/properties/opening/properties", "events = [\"view\"]", "?"),
        ("/$defs/session/properties", "steps = [{ send = \"view\" }]", "?"),
        ("/$defs/step/anyOf/1/properties", "send = \"view\"", "?"),
    ];
    for (place, from, to) in places {
        let text = file.replacen(from, &to.replace('?', "zzz = 1"), 1);
        let told = Scenario::read("test.toml", &text).map(|_| ()).unwrap_err().to_string();
        let (_, known) = told.split_once("there are ").unwrap_or_else(|| panic!("{place}: {told}"));
        let known: BTreeSet<_> = known.split(", ").collect();
        let described = schema.pointer(place).and_then(Value::as_object).unwrap_or_else(|| panic!("{place}"));
        assert_eq!(described.keys().map(String::as_str).collect::<BTreeSet<_>>(), known, "{place}");
        assert!(!validator.is_valid(&json(&text)), "{place}");
    }

    let heads = [
        ("", true),
        ("pace = \"key\"", true),
        ("pace = [\"1s\", \"3s\"]", true),
        ("pace = 3", false),
        ("repeat = true", true),
        ("repeat = 3", true),
        ("repeat = 0", false),
        ("repeat = \"yes\"", false),
        ("every = \"500ms\"", true),
        ("faults = [\"delay=2s@send\"]", true),
        ("faults = \"delay=2s\"", false),
        ("people = []", false),
        ("people = [{ ip = \"192.0.2.1\" }, '{\"a\": null}']", true),
        ("lists = { cart = [{ total = 5 }] }", true),
        ("lists = { cart = 5 }", false),
    ];
    for (head, is_right) in heads {
        let text = format!("{head}\n[[events]]\nbody = {{ event = \"view\" }}\n");
        assert_eq!(Scenario::read("test.toml", &text).is_ok(), is_right, "{text}");
        assert_eq!(validator.is_valid(&json(&text)), is_right, "{text}");
    }
}
