//! Names that other platforms and other teams have for what this one knows by its own.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::object::Object;
use super::{PRODUCT_KEYS, PRODUCT_NAMES};
use crate::event::catalogue::{ANY_EVENT, Catalogue};
use crate::event::{ByName, NodeKind, sanitized};
use crate::lint::limits::{letters, standard};
use crate::lint::{Expected, Finding, Findings, Fix, Rule, Severity, shown};

static ATTRIBUTE: Rule = Rule {
    id: "attribute-alias",
    severity: Severity::Warning,
    title: "another name for a known attribute",
    why: "Names must match: under another platform's name for it the attribute is one of the sender's own, and what is built \
          on the known one does not see it. Where the name may be meant for something else it is a note.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/360001314233",
    bad: r#"{"event":"view","email":"jane@example.com","products":[{"id":"45790-32"}]}"#,
    good: r#"{"event":"view","email":"jane@example.com","products":[{"product_id":"45790-32"}]}"#,
};

static EVENT: Rule = Rule {
    id: "event-name-alike",
    severity: Severity::Warning,
    title: "nearly the name of a standard event",
    why: "A standard event that is misspelled, or named as on another platform, is a custom one: recommendations, affinity and \
          lifetime revenue do not see it. A name of one's own may be meant: without products or revenue it is a note.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/360001314233",
    bad: r#"{"event":"purchse","email":"jane@example.com","order_id":"50314","revenue":25}"#,
    good: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":25,"products":[{"sku":"45790-32","price":25,"quantity":1}]}"#,
};

pub(super) const RULES: &[&Rule] = &[&ATTRIBUTE, &EVENT];

use Severity::{Note, Warning};

/// By the letters of a field of the event itself: the known attribute, and how sure it is that it is meant.
const OF_EVENTS: [(&str, &str, Severity); 27] = [
    ("clientip", "ip", Note),
    ("currenturl", "url", Note),
    ("emailaddress", "email", Warning),
    ("httpreferer", "referrer", Warning),
    ("ipaddress", "ip", Warning),
    ("lat", "latitude", Note),
    ("lng", "longitude", Note),
    ("lon", "longitude", Note),
    ("mobilenumber", "phone_number", Note),
    ("pageurl", "url", Note),
    ("phone", "phone_number", Note),
    ("referer", "referrer", Warning),
    ("referingurl", "referrer", Warning),
    ("referrerurl", "referrer", Warning),
    ("referringurl", "referrer", Warning),
    ("remoteaddr", "ip", Note),
    ("searchquery", "keywords", Note),
    ("searchterm", "keywords", Note),
    ("searchterms", "keywords", Note),
    ("pushtoken", "device_token", Note),
    ("fcmtoken", "device_token", Note),
    ("apnstoken", "device_token", Note),
    ("ordernumber", "order_id", Note),
    ("transactionid", "order_id", Note),
    ("ordertotal", "total", Note),
    ("couponcode", "coupon", Note),
    ("productids", "product_ids", Warning),
];

/// The same of a product.
const OF_PRODUCTS: [(&str, &str, Severity); 8] = [
    ("id", "product_id", Warning),
    ("itemid", "product_id", Warning),
    ("itemsku", "sku", Warning),
    ("productcode", "product_id", Note),
    ("unitprice", "price", Note),
    ("itemprice", "price", Note),
    ("count", "quantity", Note),
    ("orderedquantity", "quantity", Note),
];

/// By the letters of an event's name: the standard event that other platforms call so.
const EVENTS: [(&str, &str); 41] = [
    ("addedproduct", "add_to_cart"),
    ("addedtocart", "add_to_cart"),
    ("addtobag", "add_to_cart"),
    ("addtobasket", "add_to_cart"),
    ("begincheckout", "checkout"),
    ("checkoutcompleted", "purchase"),
    ("checkoutinitiated", "checkout"),
    ("checkoutstarted", "checkout"),
    ("completedorder", "purchase"),
    ("completepayment", "purchase"),
    ("initiatecheckout", "checkout"),
    ("ordercomplete", "purchase"),
    ("ordercompleted", "purchase"),
    ("orderpaid", "purchase"),
    ("orderplaced", "purchase"),
    ("pageview", "pageload"),
    ("pageviewed", "pageload"),
    ("pageviews", "pageload"),
    ("placedorder", "purchase"),
    ("productadded", "add_to_cart"),
    ("productaddedtocart", "add_to_cart"),
    ("productremoved", "remove_from_cart"),
    ("productremovedfromcart", "remove_from_cart"),
    ("productsearched", "search"),
    ("productssearched", "search"),
    ("productview", "view"),
    ("productviewed", "view"),
    ("purchasecompleted", "purchase"),
    ("purchased", "purchase"),
    ("removedfromcart", "remove_from_cart"),
    ("removefrombag", "remove_from_cart"),
    ("removefrombasket", "remove_from_cart"),
    ("searched", "search"),
    ("searchsubmitted", "search"),
    ("startcheckout", "checkout"),
    ("startedcheckout", "checkout"),
    ("viewcontent", "view"),
    ("viewedproduct", "view"),
    ("viewitem", "view"),
    ("viewproduct", "view"),
    ("viewsearchresults", "search"),
];

/// The attribute that a name stands for, and how sure that is.
type Alias = Option<(&'static str, Severity)>;

fn alias(name: &str, aliases: &[(&str, &'static str, Severity)]) -> Alias {
    // No name is longer.
    let letters = if name.len() > 24 { return None } else { letters(name) };
    aliases.iter().find(|(alias, ..)| *alias == letters).map(|(_, known, severity)| (*known, *severity))
}

impl<'a> Object<'a> {
    /// Checks the names of the event, of its own fields and of those of its `products`.
    pub(super) fn check_aliases(&self, products: &[Object<'a>], findings: &mut Findings) {
        static EVENTS: ByName<Alias> = ByName::new();
        static PRODUCTS: ByName<Alias> = ByName::new();
        self.check_event_name(findings);
        let kind = self.event.event_type().unwrap_or_default();
        self.check_fields(&EVENTS, &OF_EVENTS, findings, |known| match known {
            "keywords" => kind == "search" && !self.has("query"),
            "order_id" | "total" | "coupon" => matches!(kind, "purchase" | "checkout"),
            // Where it is all that names the customer, that is said already.
            "email" | "phone_number" => {
                ["customer_id", "device_id", "cookie", "email", "phone_number"].iter().any(|name| self.has(name))
            }
            _ => true,
        });
        for product in products {
            let is_named = PRODUCT_KEYS.iter().any(|name| product.has_some(name));
            product
                .check_fields(&PRODUCTS, &OF_PRODUCTS, findings, |known| !PRODUCT_KEYS.contains(&known) || !is_named);
        }
    }

    fn check_fields(
        &self,
        known: &'static ByName<Alias>,
        aliases: &'static [(&'static str, &'static str, Severity)],
        findings: &mut Findings,
        counts: impl Fn(&str) -> bool,
    ) {
        let mut told: Option<&str> = None;
        for (name, id) in self.named_fields() {
            let Some((known, severity)) = self.event.by_key(id, known, |name| alias(name, aliases)).flatten() else {
                continue;
            };
            let is_value = !matches!(self.kind(id), None | Some(NodeKind::Null | NodeKind::Object));
            if name == known || !is_value || self.named(known).is_some() || told == Some(known) || !counts(known) {
                continue;
            }
            told = Some(known);
            findings.tell(&ATTRIBUTE, || {
                let fix = (severity == Warning).then(|| Fix::Rename(known.to_owned()));
                let expected = Expected::name(known);
                Finding { severity, fix, ..ATTRIBUTE.at(self.event.path(id), expected, shown(self.event, id)) }
            });
        }
    }

    fn check_event_name(&self, findings: &mut Findings) {
        let Some((name, field)) = self.event.event_type().zip(self.event.type_field()) else { return };
        if name.len() > 40 || Catalogue::standard().get(name).is_some() {
            return;
        }
        let letters = letters(name);
        if standard(&letters).is_some() {
            return;
        }
        let other = EVENTS.binary_search_by_key(&&*letters, |(alias, _)| alias).ok().and_then(|at| EVENTS.get(at));
        let (known, is_misspelled) = match other {
            Some((_, known)) => (*known, false),
            None => match misspelled(&letters) {
                Some(known) => (known, true),
                None => return,
            },
        };
        let names = PRODUCT_NAMES.iter().chain(&["items", "order_id", "revenue", "total"]);
        let is_an_order = is_misspelled || names.into_iter().any(|name| self.has_some(name));
        let fix = is_misspelled.then(|| Fix::Replace(serde_json::Value::from(known).to_string()));
        let expected = sanitized!("{}, if that is what happened", known);
        let finding = EVENT.at(self.event.path(field), expected, shown(self.event, field));
        findings.push(Finding { severity: if is_an_order { Warning } else { Note }, fix, ..finding });
    }
}

/// The standard event of which those letters are a misspelling: one letter more, one less, another, or two changed over.
/// Other forms of a word (`purchases`) are other names.
fn misspelled(letters: &str) -> Option<&'static str> {
    static STANDARD: LazyLock<HashMap<usize, Vec<(String, &str)>>> = LazyLock::new(|| {
        let mut by_length: HashMap<_, Vec<_>> = HashMap::new();
        for definition in Catalogue::standard().definitions().iter().filter(|it| it.event_type != ANY_EVENT) {
            let letters = self::letters(&definition.event_type);
            by_length.entry(letters.len()).or_default().push((letters, definition.event_type.as_str()));
        }
        by_length
    });
    let length = letters.len();
    if !(6..=24).contains(&length) || !letters.is_ascii() {
        return None;
    }
    let alike = [length - 1, length, length + 1].into_iter().filter_map(|length| STANDARD.get(&length)).flatten();
    let is_form = |known: &str| letters.starts_with(known);
    let mut alike = alike.filter(|(known, _)| known.len() >= 6 && !is_form(known));
    alike.find(|(known, _)| strsim::osa_distance(known, letters) == 1).map(|(_, known)| *known)
}

/// The letters of the standard event that a name may stand for, or its own.
pub(in crate::lint) fn meant(name: &str) -> String {
    let letters = letters(name);
    let other = EVENTS.binary_search_by_key(&&*letters, |(alias, _)| alias).ok().and_then(|at| EVENTS.get(at));
    other.map_or(letters, |(_, known)| self::letters(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::Stage;
    use crate::lint::tests::of;

    /// Where something is found, and the name that is meant.
    type Wanted = &'static [(&'static str, &'static str)];

    #[test]
    fn the_names_of_other_platforms_are_known() {
        assert!(EVENTS.is_sorted(), "the list is searched by halves");
        // Of whom it was seen, the event without its customer, and where the finding is, with the name that is meant.
        let cases: [(&str, &str, Wanted); 14] = [
            ("a server", r#""event":"view","sku":"1","ip_address":"203.0.113.24""#, &[("/ip_address", "ip")]),
            (
                "Magento",
                r#""event":"view","sku":"1","referringurl":"https://a.example/""#,
                &[("/referringurl", "referrer")],
            ),
            ("GA4", r#""event":"view","products":[{"item_id":"1"}]"#, &[("/products/0/item_id", "product_id")]),
            (
                "a shop",
                r#""event":"view","products":[{"id":"1"},{"id":"2"}]"#,
                &[("/products/0/id", "product_id"), ("/products/1/id", "product_id")],
            ),
            ("a shop", r#""event":"view","products":[{"id":"1","sku":"2"}]"#, &[]),
            ("a shop", r#""event":"purchase","transaction_id":"1""#, &[("/transaction_id", "order_id")]),
            ("a shop", r#""event":"course_booked","transaction_id":"1""#, &[]),
            ("a shop", r#""event":"search","search_term":"cup""#, &[("/search_term", "keywords")]),
            ("a shop", r#""event":"x","referer":"","referrer":"https://a.example/""#, &[]),
            ("an app", r#""event":"x","lat":1.5,"lng":2.5"#, &[("/lat", "latitude"), ("/lng", "longitude")]),
            ("a shop", r#""event":"x","phone":"+4915112345678""#, &[("/phone", "phone_number")]),
            ("a shop", r#""event":"x","ip":"203.0.113.24","ip_address":"203.0.113.24""#, &[]),
            ("a shop", r#""event":"x","phone":{"model":"a"}"#, &[]),
            ("a shop", r#""event":"x","id":"1","count":2"#, &[]),
        ];
        for (sender, fields, wanted) in cases {
            let event = format!(r#"{{"cookie":"c67dca9f-6a3c-4f0e-9b0a-0d1f9be3a8d2",{fields}}}"#);
            let found = of(&event, Stage::Outgoing, "attribute-alias");
            let found: Vec<_> =
                found.iter().map(|it| (it.path.pointer(), it.right_name().unwrap_or_default())).collect();
            let found: Vec<_> = found.iter().map(|(at, name)| (at.as_str(), *name)).collect();
            assert_eq!(found, wanted, "{sender}: {event}");
        }
    }

    #[test]
    fn nearly_the_name_of_a_standard_event_is_told_from_a_name_of_ones_own() {
        let cases = [
            ("a shop", "purchse", "", Some((Warning, true))),
            ("a shop", "chekout", "", Some((Warning, true))),
            ("a shop", "add_to_crat", "", Some((Warning, true))),
            ("Segment", "order_completed", r#","revenue":25"#, Some((Warning, false))),
            ("Segment", "Product_Viewed", r#","product_id":"1""#, Some((Warning, false))),
            ("GA4", "view_item", r#","items":[{"item_id":"1"}]"#, Some((Warning, false))),
            ("Shopify", "checkout_completed", "", Some((Note, false))),
            ("a shop", "page_view", "", Some((Note, false))),
            ("a shop", "purchases", "", None),
            ("a shop", "review", "", None),
            ("a shop", "research", "", None),
            ("a shop", "preview", "", None),
            ("a shop", "order_shipped", r#","order_id":"1""#, None),
        ];
        for (sender, name, fields, wanted) in cases {
            let event = format!(r#"{{"event":"{name}","cookie":"c"{fields}}}"#);
            let found = of(&event, Stage::Outgoing, "event-name-alike");
            assert_eq!(found.first().map(|it| (it.severity, it.fix.is_some())), wanted, "{sender}: {name}");
        }
    }
}
