//! The attributes that an event of its type needs, by the catalogue, and the faults that shipped integrations make in it.

mod aliases;
mod consent;
mod devices;
mod ids;
mod object;
mod orders;
mod products;
mod subscriptions;
#[cfg(test)]
mod tests;

use super::{Actual, Expected, Findings, LintContext, Rule, Severity, Stage, shown};
use crate::event::catalogue::{ANY_EVENT, Attribute, Catalogue, Definition, Demand, Need};
use crate::event::{Document, NodeId, NodeKind};
pub(super) use aliases::meant;
use object::Object;
pub(super) use products::PRODUCT_KEYS;

const COMMERCE: &str = "https://help.blueshift.com/hc/en-us/articles/21719567098643";

/// The names by which an event can say which products it is about: the platform takes each for the others (documented and
/// seen in SDKs).
pub(super) const PRODUCT_NAMES: [&str; 5] = ["products", "product_ids", "product_id", "skus", "sku"];

static REQUIRED: Rule = Rule {
    id: "attribute-required",
    severity: Severity::Error,
    title: "a required attribute is missing",
    why: "Without it the event says too little to be of use: a view without a product, a search without words.",
    documentation: COMMERCE,
    bad: r#"{"event":"view","email":"jane@example.com"}"#,
    good: r#"{"event":"view","email":"jane@example.com","products":[{"sku":"45790-32"}]}"#,
};

static RECOMMENDED: Rule = Rule {
    id: "attribute-recommended",
    severity: Severity::Warning,
    title: "a recommended attribute is missing",
    why: "The event is accepted, but what is built on the attribute (recommendations, affinity, lifetime revenue) \
          does without it.",
    documentation: COMMERCE,
    bad: r#"{"event":"purchase","email":"jane@example.com","revenue":"31.24"}"#,
    good: r#"{"event":"purchase","email":"jane@example.com","order_id":"50314","revenue":"31.24","products":[{"sku":"45790-32","price":15.62,"quantity":2}]}"#,
};

static IDENTIFY: Rule = Rule {
    id: "identify-without-identifier",
    severity: Severity::Error,
    title: "identify without an identifier",
    why: "An identify sets attributes of the customer it names; one that names nobody sets none.",
    documentation: COMMERCE,
    bad: r#"{"event":"identify","firstname":"Jane"}"#,
    good: r#"{"event":"identify","email":"jane@example.com","firstname":"Jane"}"#,
};

const OWN: &[&Rule] = &[&REQUIRED, &RECOMMENDED, &IDENTIFY];

/// All of them, by what they are about.
pub(super) const RULES: [&[&Rule]; 8] = [
    OWN,
    aliases::RULES,
    products::RULES,
    ids::RULES,
    orders::RULES,
    subscriptions::RULES,
    devices::RULES,
    consent::RULES,
];

pub(super) fn check(event: &Document, context: LintContext, findings: &mut Findings) {
    if event.get(NodeId::ROOT).is_none_or(|root| root.kind != NodeKind::Object) {
        return;
    }
    let fields = Object::read(event, NodeId::ROOT);
    let products = fields.listed_products();
    if let Some(definition) = definition(event, context.stage) {
        fields.check_demands(definition, &products, findings);
    }
    fields.check_aliases(&products, findings);
    fields.check_products(&products, findings);
    fields.check_ids(&products, findings);
    fields.check_orders(&products, findings);
    fields.check_order(&products, findings);
    fields.check_subscription(findings);
    fields.check_device(findings);
    fields.check_consent(findings);
}

/// The definition of the event's type. Nothing is asked of a received event whose type is the sender's own or one that the
/// platform derives (`back_in_stock.view`).
fn definition(event: &Document, stage: Stage) -> Option<&'static Definition> {
    let catalogue = Catalogue::standard();
    let known = event.event_type().and_then(|name| catalogue.get(name)).filter(|it| it.event_type != ANY_EVENT);
    known.or_else(|| catalogue.get(ANY_EVENT).filter(|_| stage == Stage::Outgoing))
}

impl Object<'_> {
    fn check_demands(&self, definition: &'static Definition, products: &[Self], findings: &mut Findings) {
        for Demand { any_of, need } in &definition.demands {
            let asks_for = |wanted: &str| any_of.iter().any(|name| name == wanted);
            if asks_for("email") {
                self.check_identifier(definition, any_of, findings);
                continue;
            }
            let of_products = asks_for("products");
            let others = any_of.iter().map(String::as_str).filter(|_| !of_products);
            let mut all = PRODUCT_NAMES.into_iter().filter(|_| of_products).chain(others);
            // That an event has a name is the platform's own limit, with its own rule.
            let there = asks_for("event")
                || all.clone().any(|name| self.has_some(name))
                || of_products && self.has_misnamed_products();
            if !there {
                let rule = if *need == Need::Required { &REQUIRED } else { &RECOMMENDED };
                // One that is there and empty is missing where it stands.
                let empty = all.find_map(|name| self.named(name));
                findings.push(match empty {
                    Some(id) => rule.at(self.event.path(id), "a value", shown(self.event, id)),
                    None => rule.at(self.path(), Expected::any_of(any_of.iter().map(String::as_str)), Actual::Missing),
                });
            }
        }
        for attribute in definition.attributes.iter().filter(|attribute| !attribute.attributes.is_empty()) {
            if attribute.name == "products" && !products.is_empty() {
                for product in products {
                    product.check_needs(attribute, findings);
                }
                continue;
            }
            for object in self.objects(&attribute.name) {
                object.check_needs(attribute, findings);
            }
        }
    }

    /// An identify needs one of its own identifiers; of other events only the platform's limits ask for one.
    fn check_identifier(&self, definition: &Definition, names: &'static [String], findings: &mut Findings) {
        // The demand of every event, which a cookie also meets, stands beside identify's own.
        if definition.event_type != "identify" || names.iter().any(|name| name == "cookie") {
            return;
        }
        // A blank one is a finding of its own.
        if !names.iter().any(|name| self.has(name)) {
            findings.push(IDENTIFY.at(
                self.path(),
                Expected::any_of(names.iter().map(String::as_str)),
                Actual::NoneOf { but: None },
            ));
        }
    }

    /// Checks that an object within `attribute` has the attributes that it needs.
    fn check_needs(&self, attribute: &'static Attribute, findings: &mut Findings) {
        let products = attribute.name == "products";
        if products && !self.is_product() && self.in_array() {
            let empty = PRODUCT_KEYS.iter().find_map(|name| self.named(name));
            findings.push(match empty {
                Some(id) => REQUIRED.at(self.event.path(id), "a value", shown(self.event, id)),
                None => REQUIRED.at(self.path(), Expected::any_of(PRODUCT_KEYS), Actual::Missing),
            });
        }
        for Attribute { name, need, .. } in &attribute.attributes {
            let misnamed = name == "quantity" && self.has("qty");
            let judged = products && (PRODUCT_KEYS.contains(&name.as_str()) || !self.in_array());
            let rule = match need {
                Need::Required => &REQUIRED,
                Need::Recommended => &RECOMMENDED,
                Need::Optional => continue,
            };
            if !self.has(name) && !misnamed && !judged {
                findings.push(rule.at(self.path(), Expected::field(name.as_str()), Actual::Missing));
            }
        }
    }
}
