//! What identifies an event to its reader: its order, its product, its search, else the customer.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::head::{said, scan};
use super::json::{self, Json};
use super::{Path, Payload, Segment};

/// The field of an order.
pub const ORDER: &str = "order_id";

/// What identifies an event to its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Where it stands.
    pub path: Path,
    /// The word for it: `order`, `sku`, `customer`.
    pub word: &'static str,
    /// Its value: the text of a string, of anything else the JSON.
    pub value: Cow<'a, str>,
}

/// The identifiers of a customer with the words for them, what a person tells one by first: the platform's own is not.
const CUSTOMERS: [(&str, &str); 7] = [
    ("customer_id", "customer"),
    ("email", "email"),
    ("phone_number", "phone"),
    ("cookie", "cookie"),
    ("device_id", "device"),
    ("user_uuid", "user"),
    ("group_id", "group"),
];

/// Where it may stand and the word for it, what says most first. Of a list of products it is the first.
const FIELDS: [(&str, &str, Inside); 11] = [
    ("order", ORDER, Inside::Itself),
    ("search", "keywords", Inside::Itself),
    ("search", "query", Inside::Itself),
    ("sku", "sku", Inside::Itself),
    ("sku", "skus", Inside::First),
    ("sku", "products", Inside::FirstOf("sku")),
    ("product", "product_id", Inside::Itself),
    ("product", "product_ids", Inside::First),
    ("product", "products", Inside::FirstOf("product_id")),
    ("plan", "subscription_plan_type", Inside::Itself),
    ("screen", "screen_viewed", Inside::Itself),
];

/// Where within a field it stands.
#[derive(Clone, Copy)]
enum Inside {
    Itself,
    First,
    FirstOf(&'static str),
}

impl Payload {
    /// What identifies it to its reader; `None` where it says nothing of the kind. `event_type` is its type.
    pub fn identity(&self, event_type: &str) -> Option<Identity<'_>> {
        // An event about the customer, and one about a page, say of what they are.
        match event_type {
            "identify" => self.customer().or_else(|| self.subject()),
            "pageload" => self.page().or_else(|| self.subject()).or_else(|| self.customer()),
            _ => self.subject().or_else(|| self.customer()).or_else(|| self.page()),
        }
    }

    /// The customer that it is about.
    pub fn customer(&self) -> Option<Identity<'_>> {
        let known = CUSTOMERS.iter().find_map(|(name, word)| Some((*name, *word, self.identifier(name)?)));
        known.map(|(name, word, value)| Identity { path: Path(vec![Segment::key(name)]), word, value })
    }

    /// Every identifier by which it says whom it is about, each once, with its value.
    pub fn customers(&self) -> impl Iterator<Item = (&'static str, Cow<'_, str>)> {
        CUSTOMERS.iter().filter_map(|(name, _)| Some((*name, self.identifier(name)?)))
    }

    /// The field of that name at the top, if it says something.
    pub fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut value = None;
        scan(self.text(), |field| {
            if field.name == name {
                value = Some(field.value);
            }
        })
        .ok()?;
        value.and_then(said)
    }

    fn subject(&self) -> Option<Identity<'_>> {
        let mut found: [Option<&str>; FIELDS.len()] = [None; FIELDS.len()];
        scan(self.text(), |field| {
            for (slot, (_, name, _)) in found.iter_mut().zip(&FIELDS) {
                if field.name == *name {
                    *slot = Some(field.value);
                }
            }
        })
        .ok()?;
        FIELDS.iter().zip(found).find_map(|((word, name, inside), value)| {
            let (value, mut path) = (value?, vec![Segment::key(*name)]);
            let value = match inside {
                Inside::Itself => value,
                Inside::First => {
                    path.push(Segment::Index(0));
                    first(value)?
                }
                Inside::FirstOf(name) => {
                    path.extend([Segment::Index(0), Segment::key(*name)]);
                    member(first(value)?, name)?
                }
            };
            // A list or an object names nothing.
            let value = said(value).filter(|_| !json::is_container(value))?;
            Some(Identity { path: Path(path), word, value })
        })
    }

    /// The page that the event is about, without the site that it is on.
    fn page(&self) -> Option<Identity<'_>> {
        let url = self.field("url")?;
        let begins =
            url.find("://").and_then(|scheme| Some(scheme + 3 + url.get(scheme + 3..)?.find('/')?)).unwrap_or(0);
        let value = match url {
            Cow::Borrowed(url) => Cow::Borrowed(url.get(begins..)?),
            Cow::Owned(url) => Cow::Owned(url.get(begins..)?.to_owned()),
        };
        Some(Identity { path: Path(vec![Segment::key("url")]), word: "page", value })
    }
}

/// The first element of an array, of however many: the others are not read.
fn first(array: &str) -> Option<&str> {
    let inside = array.strip_prefix('[')?;
    let mut values = serde_json::Deserializer::from_str(inside).into_iter::<&RawValue>();
    if let Ok(value) = values.next()? {
        return Some(value.get());
    }
    // A number ends where a comma stands, which the reader of single values does not know.
    let end = inside.find([',', ']'])?;
    inside.get(..end).map(str::trim).filter(|value| !value.is_empty())
}

fn member<'t>(object: &'t str, name: &str) -> Option<&'t str> {
    match json::read(object).ok()? {
        Json::Object(members) => members.list.iter().rfind(|member| member.name == name).map(|member| member.value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::catalogue::IDENTIFIERS;

    #[test]
    fn every_identifier_of_the_platform_has_a_word() {
        assert!(IDENTIFIERS.iter().all(|name| CUSTOMERS.iter().any(|(known, _)| known == name)));
    }

    #[test]
    fn an_event_is_told_by_what_it_is_about() {
        let cases = [
            ("purchase", r#"{"customer_id":"1","order_id":50314,"products":[{"sku":"a"}]}"#, "order_id order 50314"),
            ("checkout", r#"{"email":"a@b.example","products":[{"sku":"a"},{"sku":"b"}]}"#, "products[0].sku sku a"),
            ("view", r#"{"cookie":"c","products":[{"product_id":7}]}"#, "products[0].product_id product 7"),
            ("view", r#"{"cookie":"c","skus":["x","y"]}"#, "skus[0] sku x"),
            ("view", r#"{"cookie":"c","product_ids":[12,13]}"#, "product_ids[0] product 12"),
            ("view", r#"{"cookie":"c","product_ids":[12]}"#, "product_ids[0] product 12"),
            ("view", r#"{"cookie":"c","product_ids":[]}"#, "cookie cookie c"),
            ("view", r#"{"cookie":"c","sku":" ","products":{"sku":"a"}}"#, "cookie cookie c"),
            ("search", r#"{"customer_id":"1","keywords":"warm coats"}"#, "keywords search warm coats"),
            ("identify", r#"{"customer_id":"1","order_id":"9"}"#, "customer_id customer 1"),
            ("identify", r#"{"email":"a@b.example","customer_id":null}"#, "email email a@b.example"),
            ("pageload", r#"{"cookie":"c","url":"https://shop.example/beans?a=1"}"#, "url page /beans?a=1"),
            ("pageload", r#"{"cookie":"c","url":"https://shop.example"}"#, "url page https://shop.example"),
            ("pageload", r#"{"cookie":"c","screen_viewed":"Home"}"#, "screen_viewed screen Home"),
            ("quiz_done", r#"{"cookie":"c","url":"/quiz"}"#, "cookie cookie c"),
            ("quiz_done", r#"{"url":"/quiz"}"#, "url page /quiz"),
            ("subscription_start", r#"{"subscription_plan_type":"gold"}"#, "subscription_plan_type plan gold"),
            ("purchase", r#"{"order_id":"a","order_id":"b"}"#, "order_id order b"),
            ("view", r#"{"sku":["a"]}"#, ""),
            ("view", "[1]", ""),
            ("view", "{}", ""),
        ];
        for (event_type, text, expected) in cases {
            let payload = Payload::new(text);
            let told = payload.identity(event_type).map(|it| format!("{} {} {}", it.path, it.word, it.value));
            assert_eq!(told.unwrap_or_default(), expected, "{text}");
        }
    }
}
