//! The browser pixel, `GET /unity.gif?…`: an event as a query string, as `blueshift.js` writes it. (code)
//!
//! `e` is the event, `t` the time in Unix seconds, `r` the referrer, `k` the cookie, `u` the address of the page, `x` the
//! key and `z` a number against caches. Every other parameter is an attribute; a name that ends in `_json` holds an array
//! or object as JSON. Types are lost on the way: what is not in a `_json` attribute is a text.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::intake::Rejection;

/// The suffix of the attributes that hold JSON.
const JSON_SUFFIX: &str = "_json";

/// The parameters of the pixel itself, and the fields that they are; what has none is not part of the event.
const OWN: [(&str, Option<&str>); 7] = [
    ("x", None),
    ("z", None),
    ("e", Some("event")),
    ("t", Some("timestamp")),
    ("r", Some("referrer")),
    ("k", Some("cookie")),
    ("u", Some("url")),
];

/// A field of the event, with its value as JSON text.
struct Field<'a> {
    name: Cow<'a, str>,
    json: String,
    /// Whether the library wrote it, and not the page.
    is_own: bool,
}

impl Field<'_> {
    /// Whether the page says the same, so that there is one field and not two. The library knows the time to the second,
    /// and an empty value of its own says nothing.
    fn agrees(&self, page: &Field<'_>) -> bool {
        let second = |json| Some(serde_json::from_str::<String>(json).ok()?.parse::<Timestamp>().ok()?.as_second());
        self.json == page.json
            || self.json == r#""""#
            || (self.name == "timestamp" && second(&self.json).is_some_and(|own| Some(own) == second(&page.json)))
    }
}

/// The event that a query string stands for, as JSON text. Attributes keep their order; one that a page sends twice is
/// there twice, and one that the library sends as well only where the two differ.
pub(super) fn event(query: &str) -> String {
    let mut fields: Vec<Field<'_>> = Vec::new();
    let mut own: [Option<Cow<'_, str>>; OWN.len()] = Default::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        // The library writes each of its parameters once, before those of the page, which may have the same names.
        let parameter = OWN.iter().zip(&mut own).find(|((letter, _), _)| *letter == name);
        match parameter {
            Some(((letter, field), seen @ None)) => {
                if let Some(field) = *field {
                    let json = if *letter == "t" { time(&value) } else { text(&value) };
                    fields.push(Field { name: field.into(), json, is_own: true });
                }
                *seen = Some(value);
            }
            Some((_, Some(seen))) if *seen == value => {}
            _ => {
                let is_json = |stem: &&str| !stem.is_empty() && serde_json::from_str::<&RawValue>(&value).is_ok();
                let stem = name.strip_suffix(JSON_SUFFIX).filter(is_json).map(str::to_owned);
                fields.push(match stem {
                    Some(stem) => Field { name: stem.into(), json: value.trim().to_owned(), is_own: false },
                    None => Field { name, json: text(&value), is_own: false },
                });
            }
        }
    }
    let is_said_by_page = |field: &Field<'_>| {
        field.is_own && fields.iter().any(|page| !page.is_own && page.name == field.name && field.agrees(page))
    };
    let written = fields.iter().filter(|field| !is_said_by_page(field));
    let written: Vec<_> = written.map(|Field { name, json, .. }| format!("{}:{json}", text(name))).collect();
    format!("{{{}}}", written.join(","))
}

fn time(value: &str) -> String {
    let at = value.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    text(&at.map_or_else(|| value.to_owned(), |at| at.to_string()))
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
            // The page says what the library says as well.
            (
                "x=K&t=1795419679&e=pageload&r=&z=1&k=c&u=https%3A%2F%2Fa%2F&url=https%3A%2F%2Fa%2F&referrer=b&cookie=c\
                 &event=pageload&timestamp=2026-11-23T07%3A41%3A19.250Z",
                r#"{"url":"https://a/","referrer":"b","cookie":"c","event":"pageload","timestamp":"2026-11-23T07:41:19.250Z"}"#,
            ),
            ("url=a&e=view&u=a", r#"{"url":"a","event":"view"}"#),
            // And something else: nobody knows which of them the platform keeps.
            (
                "x=K&t=1795419679&e=view&u=a&url=b&timestamp=2026-11-23T07%3A41%3A20Z",
                r#"{"timestamp":"2026-11-23T07:41:19Z","event":"view","url":"a","url":"b","timestamp":"2026-11-23T07:41:20Z"}"#,
            ),
            // Attributes with the names of the pixel's own parameters.
            (
                "x=K&e=resize&u=a&z=1&x=10&u=a&z=1&r=&r=2",
                r#"{"event":"resize","url":"a","x":"10","referrer":"","r":"2"}"#,
            ),
        ];
        for (query, expected) in cases {
            assert_eq!(event(query), expected, "{query}");
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
