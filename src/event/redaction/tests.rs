#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::event::Document;
use crate::event::catalogue::IDENTIFIERS;

/// A redaction with a key of the tests.
pub(crate) fn redaction() -> Redaction {
    Redaction::new(&SecretString::from("a key of the tests alone"), &Identifiers::default())
}

fn twin(text: &str) -> String {
    let twin = redaction().payload(&Arc::new(Payload::new(text)));
    assert_eq!(*twin.head(), Head::of(twin.text(), None), "{}", twin.text());
    twin.text().to_owned()
}

/// What must not be seen of somebody, and an event in which it stands in every way that is known.
pub(crate) const CANARIES: [&str; 12] = [
    "jane.canary",
    "canary.example",
    "Birdsong",
    "BIRDSONG",
    "7701234567",
    "770 123 4567",
    "770-123-4567",
    "203.0.113.77",
    "2a00:1450",
    "4111111111111111",
    "c4n4ryT0kenABCDEF",
    "8812345",
];

/// An event with all of them. `@` stands for the name of its type.
pub(crate) const PLANTED: &str = r#"{
  "event": "@", "event_uuid": "0a0a0a0a-0000-4000-8000-000000000001", "timestamp": "2026-11-24T12:00:00Z",
  "email": "Jane.Canary@canary.example", "customer_id": 8812345, "phone_number": "+17701234567", "first_name": "Birdsong",
  "ip": "203.0.113.77", "cookie": "c4n4ryT0kenABCDEF1234567890abcdef", "lastname": "Ng",
  "url": "https://shop.test/a?email=jane.canary%40canary.example&customer_id=8812345&first_name=Birdsong&x=%2B17701234567#top",
  "referrer": "https://birdsong:c4n4ryT0kenABCDEF@shop.test/?next=https%3A%2F%2Fshop.test%2F%3Fe%3Djane.canary%2540canary.example",
  "message": "write to JANE.CANARY@CANARY.EXAMPLE or call (770) 123-4567, +1 770 123 4567, from 203.0.113.77 or 2a00:1450:4001:81b::200e",
  "greeting": "Dear Birdsong, your number is 8812345.", "title": "For BIRDSONG's cat", "path": "/u/8812345/Birdsong%20x",
  "note": "\u006aane.canary\u0040canary.example",
  "payload": "{\"email\":\"jane.canary@canary.example\",\"first_name\":\"Birdsong\",\"deep\":[{\"phone\":\"+1-770-123-4567\"}]}",
  "printed": "{'first_name': 'Birdsong', 'email': 'jane.canary@canary.example', 'phone': '7701234567'} for 'Birdsong'",
  "torn": "{\"first_name\":\"Birdsong\",\"email\":\"jane.canary@canary.exa",
  "form": "first_name=Birdsong&token=c4n4ryT0kenABCDEF&user%5Bemail%5D=jane.canary%40canary.example",
  "card": {"number": 4111111111111111, "card_number": "4111 1111 1111 1111", "name": "BIRDSONG"},
  "customer": {"name": "Birdsong", "address": {"line1": "Birdsong 12", "extra": ["Birdsong", {"x": "BIRDSONG"}]}},
  "list": [["jane.canary@canary.example"], [[{"token": "c4n4ryT0kenABCDEF"}]]],
  "by_address": {"jane.canary@canary.example": {"orders": 3}, "+17701234567": true},
  "auth": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJCaXJkc29uZyJ9.c4n4ryT0kenABCDEF",
  "header": "Bearer c4n4ryT0kenABCDEF1234567890xyz",
  "paid_with": 4111111111111111, "products": [{"sku": "45790-32", "name": "Warm coat", "price": 31.24}],
  "order_id": "50314", "revenue": 31.24
}"#;

/// Which of the canaries are in `text`, in whatever case.
pub(crate) fn leaks(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    CANARIES.into_iter().filter(|canary| text.contains(&canary.to_lowercase())).collect()
}

#[test]
fn no_canary_is_left_and_what_is_nobodys_stays() {
    for event_type in ["purchase", "jane.canary@canary.example", "call_+17701234567"] {
        let event = PLANTED.replacen('@', event_type, 1);
        let twin = twin(&event);
        assert_eq!(leaks(&twin), [""; 0], "{twin}");
        for kept in ["45790-32", "Warm coat", "31.24", "50314", "0a0a0a0a-0000-4000-8000-000000000001", "2026-11-24T12"]
        {
            assert!(twin.contains(kept), "{kept} in {twin}");
        }
        assert_eq!(leaks(&self::twin(&twin)), [""; 0]);
    }
}

#[test]
fn equal_values_have_equal_masks_in_whatever_form() {
    let redaction = redaction();
    let text = |text: &str| redaction.text(text).into_owned();
    let email = redaction.value("jane@shop.example").into_owned();
    assert!(email.ends_with("@masked.example"), "{email}");
    let encoded = email.replace('@', "%40");
    let cases = [
        ("jane@shop.example", email.clone()),
        ("<jane@shop.example>", format!("<{email}>")),
        ("mailto:jane@shop.example?x=1", format!("mailto:{email}?x=1")),
        ("/u?email=jane%40shop.example&a=1", format!("/u?email={encoded}&a=1")),
        ("/u?email=jane@shop.example", format!("/u?email={email}")),
        ("{'email': 'jane@shop.example', 'sku': '45790-32'}", format!("{{'email': '{email}', 'sku': '45790-32'}}")),
        ("/u?q=jane%2540shop.example", format!("/u?q={}", encoded.replace('%', "%25"))),
        (r#"{"a":"jane@shop.example"}"#, format!(r#"{{"a":"{email}"}}"#)),
    ];
    for (given, expected) in cases {
        assert_eq!(text(given), expected, "{given}");
    }
    let phone = redaction.value("+4915112345678").into_owned();
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    for (given, expected) in [
        ("4915112345678", digits.clone()),
        ("+49 151 12345678", format!("+{} {} {}", &digits[..2], &digits[2..5], &digits[5..])),
    ] {
        assert_eq!(redaction.value(given), expected);
    }
    assert_eq!(twin(r#"{"phone":4915112345678}"#), format!(r#"{{"phone":{digits}}}"#));
    let (small, capital) = (redaction.value("jane@shop.example"), redaction.value("JANE@shop.example"));
    assert_eq!(small.to_lowercase(), capital.to_lowercase());
    assert_ne!(small, capital, "a change of capitals is seen");
}

#[test]
fn a_mask_has_the_type_and_about_the_form() {
    type Case = (&'static str, fn(&str) -> bool);
    let redaction = redaction();
    let cases: [Case; 14] = [
        ("jane@shop.example", |it| it.ends_with("@masked.example")),
        ("+49 151 1234567", |it| it.len() == 15 && it.starts_with('+') && it.contains(' ')),
        ("203.0.113.77", |it| it.parse::<core::net::Ipv4Addr>().is_ok()),
        ("2001:470::1", |it| it.starts_with("2001:db8:")),
        ("0f8fad5b-d9cb-469f-a165-70867728950e", |it| uuid::Uuid::try_parse(it).is_ok()),
        ("1984-05-23", |it| it.parse::<jiff::civil::Date>().is_ok()),
        ("1984-05-23T10:20:30Z", |it| it.ends_with("T00:00:00Z")),
        ("52.520008", |it| it.parse::<f64>().is_ok_and(|it| it < 10.0)),
        ("Jane Doe", |it| it.starts_with("masked-")),
        ("Jane", |it| it == "masked"),
        ("Ng", |it| it == "masked"),
        ("12345", |it| it == "11111"),
        ("7", |it| it == "11111"),
        ("a@b.c", |it| it == "masked@masked.example"),
    ];
    for (value, is_right) in cases {
        let mask = redaction.value(value);
        assert!(is_right(&mask) && *mask != *value, "{value}: {mask}");
    }
    assert_eq!(redaction.value("  "), "  ");
    let kept = r#"{"email":null,"phone":true,"first_name":"","ip":[],"address":{}}"#;
    assert_eq!(twin(kept), kept);
    let numbers = twin(r#"{"customer_id":1234567,"latitude":-52.520008,"longitude":1e5,"user_id":0}"#);
    let numbers: Value = serde_json::from_str(&numbers).unwrap();
    assert!(numbers.as_object().unwrap().values().all(Value::is_number), "{numbers}");
}

#[test]
fn what_only_looks_like_something_stays() {
    let cases = [
        "2026-11-24 12:30:45",
        "24.11.2026 10:30",
        "20261124T123045Z",
        "1758104814000",
        "https://shop.test/2026/11/24/warm-coats?page=2&utm_source=spring-sale",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
        "45790-32",
        "0a0a0a0a-0000-4000-8000-000000000001",
        "icon@2x.png",
        "@handle",
        "std::env::args",
        "12345.678901",
        "1.10.3",
        "127.0.0.1:8787",
        "http://[::1]:8787/",
        "tape · clickscope-demo-2026-11-26-0913.ndjson",
        "subscription_billing",
        "your_custom_event_name_that_is_long",
        "50 % off",
        "a=b",
        "2026-000123",
    ];
    let redaction = redaction();
    for text in cases {
        assert_eq!(redaction.text(text), text);
    }
}

#[test]
fn what_is_quoted_of_a_text_that_is_not_json_is_masked_whatever_it_is() {
    let redaction = redaction();
    let name = redaction.value("Birdsong").into_owned();
    let cases = [
        ("t:5:54: not JSON: `Birdsong` is not a JSON value", format!("t:5:54: not JSON: `{name}` is not a JSON value")),
        ("not JSON: the `{` in column 38 needs its `}`", "not JSON: the `{` in column 38 needs its `}`".to_owned()),
        ("not JSON: expected `:` and not `Birdsong`", format!("not JSON: expected `:` and not `{name}`")),
        ("not JSON: JSON has no escape \\x", "not JSON: JSON has no escape \\x".to_owned()),
        ("`clickscope sandbox` starts one", "`clickscope sandbox` starts one".to_owned()),
    ];
    for (words, expected) in cases {
        assert_eq!(&*redaction.words(&sanitize(words)), expected, "{words}");
    }
    for words in [
        "not JSON: `a`Birdsong`b` is none",
        "not JSON: `Birdsong` x`Birdsong` is none",
        "not JSON: `a`Birdsong` is none",
    ] {
        assert!(!redaction.words(&sanitize(words)).contains("Birdsong"), "{words}");
    }
}

#[test]
fn a_field_is_personal_by_its_name() {
    let names = Names::new(["loyalty_no"].into_iter());
    let personal = [
        "email",
        "customerEmail",
        "E-Mail",
        "billing_email",
        "phone_number",
        "firstName",
        "last-name",
        "IP",
        "client_ip",
        "userIp",
        "shipping_address",
        "zip",
        "date_of_birth",
        "deviceToken",
        "session_id",
        "_bs_cookie",
        "LoyaltyNo",
        "customer_name",
        "user_id",
        "lat",
        "password",
    ];
    for name in IDENTIFIERS.into_iter().chain(personal) {
        assert_eq!(names.meaning(name), Meaning::Personal, "{name}");
    }
    let plain = [
        "timestamp",
        "sku",
        "product_id",
        "order_id",
        "ship_date",
        "zipper",
        "description",
        "coupon",
        "tip",
        "membership_level",
        "total",
        "quantity",
        "keywords",
        "url",
        "latest",
        "price",
    ];
    for name in plain {
        assert_eq!(names.meaning(name), Meaning::Plain, "{name}");
    }
    let event = twin(
        r#"{"name":"Jane Doe","plan":{"name":"Gold plan"},"user":{"name":"Jane Doe"},"items":[{"name":"Warm coat"}]}"#,
    );
    assert!(!event.contains("Jane") && event.contains("Gold plan") && event.contains("Warm coat"), "{event}");
}

#[test]
fn what_one_field_tells_is_masked_in_the_texts_of_the_others() {
    let event = twin(
        r#"{"event":"birdsong_seen","first_name":"Birdsong","customer_id":"C-88123","gender":"female","title":"Dear BIRDSONG, you are c-88123","url":"/u/C-88123/Birdsong%20x","bird":"Birdsongs","kind":"female coats"}"#,
    );
    let event: Value = serde_json::from_str(&event).unwrap();
    let field = |name: &str| event.get(name).unwrap().as_str().unwrap();
    let (name, id) = (field("first_name"), field("customer_id"));
    assert_eq!(field("title"), format!("Dear {name}, you are {id}"));
    assert_eq!(field("url"), format!("/u/{id}/{name}%20x"));
    assert_eq!((field("event"), field("bird"), field("kind")), ("birdsong_seen", "Birdsongs", "female coats"));
}

#[test]
fn another_key_gives_other_masks() {
    let other = Redaction::new(&SecretString::from("another key of the tests"), &Identifiers::default());
    for value in ["jane@shop.example", "Jane Doe", "+4915112345678", "203.0.113.77"] {
        assert_ne!(redaction().value(value), other.value(value));
    }
    assert!(!format!("{:?}", redaction()).contains("a key of the tests"));
}

#[test]
fn depth_and_size_are_no_matter() {
    let depth = 200_000;
    let deep = format!("{}\"jane@shop.example\"{}", "[".repeat(depth), "]".repeat(depth));
    assert!(!redaction().json(&deep).contains("jane"));
    let mut nested = "jane@shop.example".to_owned();
    for _ in 0..8 {
        nested = serde_json::json!({ "first_name": nested, "a": [nested] }).to_string();
    }
    assert!(!redaction().json(&nested).contains("jane"));
    for text in ["a=", "::", "+1 ", "\\\"", "%2540", "a@", "://", "0-", "a\":\"", "a+1234567"] {
        let long = text.repeat(200_000 / text.len());
        drop(redaction().text(&long));
        drop(redaction().json(&Value::from(long).to_string()));
    }
}

proptest! {
    #[test]
    fn a_twin_has_the_fields_of_the_event(names in prop::collection::vec("[a-z_]{1,12}|email|phone|name|ip", 1..6), values in prop::collection::vec(any::<String>(), 1..6)) {
        let fields = names.iter().zip(&values).map(|(name, value)| format!("{}:{}", json_string(name), json_string(value)));
        let event = format!("{{{}}}", fields.collect::<Vec<_>>().join(" , "));
        let (one, other) = (Document::read(&event).unwrap(), Document::read(&twin(&event)).unwrap());
        prop_assert_eq!(one.ids().count(), other.ids().count());
        for id in one.ids() {
            prop_assert_eq!(one.get(id).map(|node| node.kind), other.get(id).map(|node| node.kind));
        }
    }

    #[test]
    fn what_is_passed_over_at_a_glance_has_nothing_personal_in_it(text in "([a-z'\\\\\"@%=:./+ 0-9-]{0,24}|(\\+|0)?[0-9 .()-]{4,12}|[a-f:0-9]{2,12}|[0-9]{1,3}(\\.[0-9]{1,3}){3}|.{0,6}(email|ip)['\"]?[:=] ?['\"]?[a-z0-9]{1,6}.{0,3}|[a-zA-Z0-9_-]{18,40})") {
        if !forms::may_hold(&text) {
            prop_assert_eq!(redaction().text_by_words(&text, 0, &Known::default()), &*text);
        }
    }

    #[test]
    fn any_text_can_be_masked_and_a_mask_stays(text in "\\PC*", name in "[a-z]{1,8}") {
        let redaction = redaction();
        let _ = redaction.text(&text);
        let mask = redaction.value(&text).into_owned();
        if is_mask(mask.trim()) {
            prop_assert_eq!(&redaction.value(&mask), &mask);
            prop_assert_eq!(&redaction.text(&mask), &mask);
        }
        let json = format!("{{{}:{}}}", json_string(&name), json_string(&text));
        prop_assert!(serde_json::from_str::<Value>(&redaction.json(&json)).is_ok());
    }

    #[test]
    fn distinct_values_of_six_characters_have_distinct_masks(one in "[a-zA-Z]{6,12}|[1-9][0-9]{5,20}|[a-z]{4,8}@[a-z]{2,6}\\.com|(19|20)[0-9]{2}-0[1-9]-[12][0-9]", other in "[a-zA-Z]{6,12}|[1-9][0-9]{5,20}|[a-z]{4,8}@[a-z]{2,6}\\.com|(19|20)[0-9]{2}-0[1-9]-[12][0-9]") {
        let redaction = redaction();
        prop_assume!(one != other);
        prop_assert_ne!(redaction.value(&one), redaction.value(&other));
    }
}

#[test]
fn numbers_of_six_digits_are_permuted() {
    let redaction = redaction();
    let masks: std::collections::HashSet<_> =
        (100_000..130_000).map(|number: u32| redaction.value(&number.to_string()).into_owned()).collect();
    assert_eq!(masks.len(), 30_000);
    assert!(masks.iter().all(|mask| mask.len() == 6 && !mask.starts_with('0')));
}
