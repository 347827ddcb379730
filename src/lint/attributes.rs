//! The names and types of attributes, by the catalogue: what is close to a known attribute and yet another one.

use std::sync::LazyLock;

use foldhash::{HashMap, HashSet};

use super::limits::letters;
use super::{Expected, Finding, Findings, Fix, JsonTypes, LintContext, Reason, Rule, Severity, Stage, shown};
use crate::event::catalogue::{ANY_EVENT, Attribute, Catalogue};
use crate::event::{ByName, Document, NodeId, NodeKind, Origin};

static NAME: Rule = Rule {
    id: "attribute-name",
    severity: Severity::Warning,
    title: "a known attribute, spelled differently",
    why: "Names must match to the letter: this one makes an attribute of its own, and what is built on the known one \
          does not see it.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/360001314233",
    bad: r#"{"event":"purchase","email":"jane@example.com","orderId":"50314","revenue":25,"products":[{"sku":"45790-32","price":25,"quantity":1}]}"#,
    good: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":25,"products":[{"sku":"45790-32","price":25,"quantity":1}]}"#,
};

static TYPE: Rule = Rule {
    id: "attribute-type",
    severity: Severity::Warning,
    title: "an attribute of another type than documented",
    why: "What the platform cannot read as the attribute's own type it stores as something else, or not at all.",
    documentation: "https://developer.blueshift.com/reference/post_api-v1-event",
    bad: r#"{"event":"view","email":"jane@example.com","product_ids":"45790-32"}"#,
    good: r#"{"event":"view","email":"jane@example.com","product_ids":["45790-32"]}"#,
};

pub(super) const RULES: &[&Rule] = &[&NAME, &TYPE];

/// The attributes of one event type.
#[derive(Debug, Default)]
struct KnownAttributes {
    by_name: HashMap<&'static str, &'static Attribute>,
    by_letters: HashMap<String, &'static str>,
    /// Those of the objects that stand in an attribute, by its name.
    inside: HashMap<&'static str, KnownAttributes>,
    /// By the names of fields, what each is.
    fields: ByName<Meaning>,
}

/// What a field is among the attributes, by its name.
#[derive(Clone, Copy)]
enum Meaning {
    /// An attribute, and those of the objects that stand in it.
    Attribute(&'static Attribute, Option<&'static KnownAttributes>),
    /// Nearly the name of that one.
    Misnamed(&'static str),
    Other,
}

impl KnownAttributes {
    /// Those of a type; of one that is the sender's own, those that every event may carry.
    fn of(event_type: &str) -> Option<&'static Self> {
        static KNOWN: LazyLock<HashMap<&str, KnownAttributes>> = LazyLock::new(|| {
            let definitions = Catalogue::standard().definitions().iter();
            definitions
                .map(|definition| (definition.event_type.as_str(), KnownAttributes::new(&definition.attributes)))
                .collect()
        });
        KNOWN.get(event_type).or_else(|| KNOWN.get(ANY_EVENT))
    }

    fn new(attributes: &'static [Attribute]) -> Self {
        let names = || attributes.iter().map(|attribute| attribute.name.as_str());
        Self {
            by_name: names().zip(attributes).collect(),
            // Some attributes are spelled as in America, and half of those who send them are not from there.
            by_letters: names()
                .flat_map(|name| [(letters(&name.replace("canceled", "cancelled")), name), (letters(name), name)])
                .collect(),
            inside: attributes
                .iter()
                .filter(|attribute| !attribute.attributes.is_empty())
                .map(|attribute| (attribute.name.as_str(), Self::new(&attribute.attributes)))
                .collect(),
            fields: ByName::new(),
        }
    }

    fn meaning(&'static self, event: &Document, field: NodeId) -> Meaning {
        let of_name = |name: &str| match self.by_name.get(name) {
            Some(attribute) => Meaning::Attribute(attribute, self.inside.get(name)),
            None => self.by_letters.get(&letters(name)).map_or(Meaning::Other, |name| Meaning::Misnamed(name)),
        };
        event.by_key(field, &self.fields, of_name).unwrap_or(Meaning::Other)
    }
}

pub(super) fn check(event: &Document, context: LintContext, findings: &mut Findings) {
    if event.get(NodeId::ROOT).is_none_or(|root| root.kind != NodeKind::Object) {
        return;
    }
    let Some(known) = KnownAttributes::of(event.event_type().unwrap_or_default()) else { return };
    let mut misnamed = Vec::new();
    for field in event.children(NodeId::ROOT) {
        if context.stage == Stage::Received && event.origin(field) != Origin::Sender {
            continue;
        }
        let (attribute, inside) = match known.meaning(event, field) {
            Meaning::Attribute(attribute, inside) => (attribute, inside),
            Meaning::Misnamed(name) => {
                misnamed.push((field, name));
                continue;
            }
            Meaning::Other => continue,
        };
        findings.extend(another_type(event, field, attribute));
        let Some(inside) = inside else { continue };
        for object in event.children(field) {
            let mut misnamed = Vec::new();
            for field in event.children(object) {
                if let Meaning::Misnamed(name) = inside.meaning(event, field) {
                    misnamed.push((field, name));
                }
            }
            tell_misnamed(event, object, &misnamed, findings);
        }
    }
    tell_misnamed(event, NodeId::ROOT, &misnamed, findings);
}

/// Tells the fields of an object that have nearly the name of a known attribute, where that is not there itself.
fn tell_misnamed(event: &Document, object: NodeId, misnamed: &[(NodeId, &'static str)], findings: &mut Findings) {
    if misnamed.is_empty() {
        return;
    }
    let there: HashSet<_> = event.children(object).filter_map(|field| event.key(field)).collect();
    for (field, name) in misnamed.iter().filter(|(_, name)| !there.contains(*name)) {
        findings.tell(&NAME, || {
            let fix = Some(Fix::Rename((*name).to_owned()));
            Finding { fix, ..NAME.at(event.path(*field), Expected::name(*name), shown(event, *field)) }
        });
    }
}

/// That a value cannot be read as what the attribute is. A number and a string of digits stand for each other in the
/// vendor's own samples.
fn another_type(event: &Document, field: NodeId, attribute: &Attribute) -> Option<Finding> {
    let is_any = |names: &[&str]| attribute.types.iter().any(|it| names.contains(&it.as_str()));
    let fits = match event.get(field)?.kind {
        NodeKind::Null => true,
        NodeKind::Object => is_any(&["object"]),
        NodeKind::Array => is_any(&["array"]),
        NodeKind::Bool => is_any(&["boolean"]),
        NodeKind::String | NodeKind::Number => is_any(&["string", "number", "integer", "boolean"]),
    };
    // The products have a rule of their own, which knows what is meant.
    let is_told = fits || attribute.types.is_empty() || attribute.name == "products";
    (!is_told).then(|| {
        let types =
            attribute.types.iter().filter_map(|name| JsonTypes::named(name)).fold(JsonTypes::default(), JsonTypes::or);
        TYPE.at(event.path(field), Expected::Type { types, reason: Reason::Rule }, shown(event, field))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::of;
    use super::*;

    fn found(event: &str, stage: Stage, rule: &str) -> Vec<(String, String)> {
        of(event, stage, rule)
            .into_iter()
            .map(|finding| (finding.path.pointer(), finding.expected.words().to_string()))
            .collect()
    }

    #[test]
    fn a_known_attribute_has_one_spelling() {
        let cases: [(&str, &[(&str, &str)]); 10] = [
            (
                r#"{"event":"view","products":[{"sku":"1"},{"productId":"1","Price":2,"colour":"red"}]}"#,
                &[("/products/1/productId", "the name product_id"), ("/products/1/Price", "the name price")],
            ),
            (r#"{"event":"purchase","orderId":"1"}"#, &[("/orderId", "the name order_id")]),
            (
                r#"{"event":"purchase","Revenue":1,"order id":2}"#,
                &[("/Revenue", "the name revenue"), ("/order id", "the name order_id")],
            ),
            (r#"{"event":"purchase","order_id":"1","orderId":"1"}"#, &[]),
            (r#"{"event":"plan_chosen","customerId":"1"}"#, &[("/customerId", "the name customer_id")]),
            (r#"{"event":"plan_chosen","orderId":"1"}"#, &[]),
            (
                r#"{"event":"subscription_cancel","subscription_cancelled_at":"2026-11-24"}"#,
                &[("/subscription_cancelled_at", "the name subscription_canceled_at")],
            ),
            (r#"{"event":"plan_chosen","plan_id":"1"}"#, &[]),
            (r#"{"customerId":"1"}"#, &[("/customerId", "the name customer_id")]),
            (r#"[{"customerId":"1"}]"#, &[]),
        ];
        for (event, wanted) in cases {
            let wanted: Vec<_> = wanted.iter().map(|(at, name)| ((*at).to_owned(), (*name).to_owned())).collect();
            assert_eq!(found(event, Stage::Outgoing, "attribute-name"), wanted, "{event}");
        }
        let fixes: Vec<_> = of(r#"{"event":"purchase","orderId":"1"}"#, Stage::Received, "attribute-name");
        assert_eq!(fixes.first().and_then(|it| it.fix.clone()), Some(Fix::Rename("order_id".to_owned())));
    }

    #[test]
    fn a_known_attribute_can_be_read_as_what_it_is() {
        let cases: [(&str, &[(&str, &str)]); 7] = [
            (r#"{"event":"view","product_ids":"1"}"#, &[("/product_ids", "an array")]),
            (r#"{"event":"view","product_id":{"a":1}}"#, &[("/product_id", "a string or a number")]),
            (
                r#"{"event":"view","customer_id":true,"cookie":["a"]}"#,
                &[("/customer_id", "a string"), ("/cookie", "a string")],
            ),
            (r#"{"event":"view","customer_id":7,"product_id":7,"product_ids":null,"enable_push":"true"}"#, &[]),
            (r#"{"event":"purchase","revenue":"25","total":25,"products":"1"}"#, &[]),
            (r#"{"event":"purchase","revenue":[25]}"#, &[("/revenue", "a string or a number")]),
            (r#"{"event":"plan_chosen","plan":{"a":[true]}}"#, &[]),
        ];
        for (event, wanted) in cases {
            let wanted: Vec<_> =
                wanted.iter().map(|(at, expected)| ((*at).to_owned(), (*expected).to_owned())).collect();
            assert_eq!(found(event, Stage::Outgoing, "attribute-type"), wanted, "{event}");
        }
    }
}
