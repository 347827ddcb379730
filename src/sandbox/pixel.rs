//! The browser pixel, `GET /unity.gif?…`: an event as a query string, as `blueshift.js` writes it. (code)
//!
//! `e` is the event, `t` the time in Unix seconds, `r` the referrer, `k` the cookie, `u` the address of the page, `x` the
//! key and `z` a number against caches. Every other parameter is an attribute; a name that ends in `_json` holds an array
//! or object as JSON. Types are lost on the way: what is not in a `_json` attribute is a text.

use jiff::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::intake::Rejection;

/// The suffix of the attributes that hold JSON.
const JSON_SUFFIX: &str = "_json";

/// The event that a query string stands for, as JSON text. Attributes keep their order; one that is sent twice is there
/// twice.
pub(super) fn event(query: &str) -> String {
    let mut fields = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "x" | "z" => {}
            "e" => fields.push(field("event", &text(&value))),
            "t" => {
                let at = value.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
                fields.push(field("timestamp", &text(&at.map_or_else(|| value.to_string(), |at| at.to_string()))));
            }
            "r" => fields.push(field("referrer", &text(&value))),
            "k" => fields.push(field("cookie", &text(&value))),
            "u" => fields.push(field("url", &text(&value))),
            name => fields.push(match name.strip_suffix(JSON_SUFFIX) {
                Some(stem) if !stem.is_empty() && serde_json::from_str::<&RawValue>(&value).is_ok() => {
                    field(stem, value.trim())
                }
                _ => field(name, &text(&value)),
            }),
        }
    }
    format!("{{{}}}", fields.join(","))
}

/// The query string that `blueshift.js` makes of an event, given as JSON text: arrays and objects go into `_json`
/// attributes, `null` too, and everything else becomes a text.
pub(super) fn query(event: &str) -> Result<String, Rejection> {
    let fields: Map<String, Value> =
        serde_json::from_str(event).map_err(|error| Rejection::NotJson(error.to_string()))?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &fields {
        let name = match name.as_str() {
            "event" => "e",
            "referrer" => "r",
            "cookie" => "k",
            "url" => "u",
            name => name,
        };
        match value {
            Value::String(text) => query.append_pair(name, text),
            Value::Bool(_) | Value::Number(_) => query.append_pair(name, &value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                query.append_pair(&format!("{name}{JSON_SUFFIX}"), &value.to_string())
            }
        };
    }
    Ok(query.finish())
}

fn field(name: &str, json: &str) -> String {
    format!("{}:{json}", text(name))
}

fn text(value: &str) -> String {
    Value::from(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_string_is_read_as_the_browser_library_writes_it() {
        let cases = [
            (
                "x=TESTKEY&t=1795419679&e=identify&r=&z=330228&email=a%2Bb%40example.com&customer_id=11111\
                 &joined_at=2015-03-17T17%3A27%3A20%2B00%3A00&firstname=Zo%C3%AB&vip=true&n=3.5&nul_json=null&und=undefined",
                r#"{"timestamp":"2026-11-23T07:41:19Z","event":"identify","referrer":"","email":"a+b@example.com","customer_id":"11111","joined_at":"2015-03-17T17:27:20+00:00","firstname":"Zoë","vip":"true","n":"3.5","nul":null,"und":"undefined"}"#,
            ),
            (
                "e=view&products_json=%5B%7B%22sku%22%3A%2245790-32%22%2C%22price%22%3A1.10%7D%5D",
                r#"{"event":"view","products":[{"sku":"45790-32","price":1.10}]}"#,
            ),
            (
                "e=page%20load&r=https%3A%2F%2Fg.example%2F&k=c67dca9f&u=https%3A%2F%2Fshop.example%2Fa%3Fb%3Dc",
                r#"{"event":"page load","referrer":"https://g.example/","cookie":"c67dca9f","url":"https://shop.example/a?b=c"}"#,
            ),
            (
                "e=a&b_json=%7Bbroken&_json=1&t=soon",
                r#"{"event":"a","b_json":"{broken","_json":"1","timestamp":"soon"}"#,
            ),
            ("e=a&q=1&q=2", r#"{"event":"a","q":"1","q":"2"}"#),
            ("", "{}"),
        ];
        for (query, expected) in cases {
            assert_eq!(event(query), expected);
        }
    }

    #[test]
    fn an_event_goes_through_the_pixel_with_everything_but_its_types() {
        let cases = [
            (
                r#"{"event":"view","cookie":"c","url":"https://a/?b=c&d","referrer":"","n":1.10,"ok":true,"products":[{"p":1.10}],"coupon":null,"t&x":"ü"}"#,
                r#"{"event":"view","cookie":"c","url":"https://a/?b=c&d","referrer":"","n":"1.10","ok":"true","products":[{"p":1.10}],"coupon":null,"t&x":"ü"}"#,
            ),
            ("{}", "{}"),
        ];
        for (sent, received) in cases {
            assert_eq!(query(sent).map(|query| event(&query)).ok().as_deref(), Some(received));
        }
        assert!(query("[").is_err());
    }
}
