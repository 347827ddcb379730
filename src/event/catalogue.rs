//! The catalogue: what is known of the standard events. It is validation, completion, documentation and template at
//! once, read from the JSON Schemas in `assets/events`.

use std::sync::LazyLock;

use serde_json::Value;

/// What is known of the standard events.
#[derive(Debug)]
pub struct Catalogue {
    definitions: Vec<Definition>,
    bulk: Template,
}

/// What is known of one event type.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The event type.
    pub event_type: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// Its attributes, in the order of the schema.
    pub attributes: Vec<Attribute>,
    /// Its examples: the first is called as the type, the others by their own names.
    pub templates: Vec<Template>,
}

/// What is known of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// What it is for, in a few words.
    pub description: String,
    /// The JSON types that it may have, by their JSON Schema names: `string`, `number`, `array`.
    pub types: Vec<String>,
    /// How much the event needs it.
    pub need: Need,
    /// The attributes of the objects that it holds, or that stand in its array.
    pub attributes: Vec<Attribute>,
}

/// How much an event needs an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// The event is of no use without it.
    Required,
    /// The event can do less without it.
    Recommended,
    /// It may stand there.
    Optional,
}

/// A draft to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// What it is called: `purchase`, `identify_mobile`.
    pub name: String,
    /// What it is, in one line.
    pub description: String,
    /// The draft: JSON with placeholders, an object or an array.
    pub text: String,
}

/// The schemas, in the order in which their templates are offered.
const SCHEMAS: [&str; 14] = [
    include_str!("../../assets/events/pageload.json"),
    include_str!("../../assets/events/identify.json"),
    include_str!("../../assets/events/view.json"),
    include_str!("../../assets/events/add_to_cart.json"),
    include_str!("../../assets/events/remove_from_cart.json"),
    include_str!("../../assets/events/checkout.json"),
    include_str!("../../assets/events/purchase.json"),
    include_str!("../../assets/events/search.json"),
    include_str!("../../assets/events/custom.json"),
    include_str!("../../assets/events/subscription_start.json"),
    include_str!("../../assets/events/subscription_upgrade.json"),
    include_str!("../../assets/events/subscription_downgrade.json"),
    include_str!("../../assets/events/subscription_billing.json"),
    include_str!("../../assets/events/subscription_cancel.json"),
];

/// Several events in one draft, which belong to no single type.
const BULK: &str = include_str!("../../assets/templates/bulk.json");

/// The definition whose attributes any event may have. No event is called so.
pub const ANY_EVENT: &str = "custom";

impl Catalogue {
    /// The catalogue that the program comes with.
    pub fn standard() -> &'static Self {
        static STANDARD: LazyLock<Catalogue> = LazyLock::new(|| Catalogue {
            // A file that cannot be read is missing from the catalogue; that each can be is tested.
            definitions: SCHEMAS.iter().filter_map(|schema| Definition::read(schema)).collect(),
            bulk: Template {
                name: "bulk".to_owned(),
                description: "several events in one call".to_owned(),
                text: BULK.trim_end().to_owned(),
            },
        });
        &STANDARD
    }

    /// What is known of `event_type`.
    pub fn get(&self, event_type: &str) -> Option<&Definition> {
        self.definitions.iter().find(|definition| definition.event_type == event_type)
    }

    /// Every definition.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// Every template, in the order in which they are offered.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.definitions.iter().flat_map(|definition| &definition.templates).chain([&self.bulk])
    }

    /// The attributes that an event of this type may have; those that any event may have, when nothing else is known.
    pub fn attributes_of(&self, event_type: &str) -> &[Attribute] {
        let definition = self.get(event_type).or_else(|| self.get(ANY_EVENT));
        definition.map_or(&[], |definition| &definition.attributes)
    }
}

impl Definition {
    /// Reads a schema; `None` when it is not one of ours.
    fn read(schema: &str) -> Option<Self> {
        let schema: Value = serde_json::from_str(schema).ok()?;
        let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
        let named = schema.get("x-templates")?.as_array()?.iter().zip(schema.get("examples")?.as_array()?);
        let templates = named.map(|(template, example)| {
            let (name, description) = (text(template, "name")?, text(template, "description")?);
            Some(Template { name, description, text: serde_json::to_string_pretty(example).ok()? })
        });
        Some(Self {
            event_type: text(&schema, "title")?,
            description: text(&schema, "description")?,
            attributes: attributes(&schema),
            templates: templates.collect::<Option<_>>()?,
        })
    }
}

/// The attributes of the objects that `schema` describes, or that stand in its arrays.
fn attributes(schema: &Value) -> Vec<Attribute> {
    let schema = schema.get("items").unwrap_or(schema);
    let names = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Vec::new() };
    let attribute = |(name, property): (&String, &Value)| Attribute {
        name: name.clone(),
        description: property.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        types: match property.get("type") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        },
        need: if names("required").any(|required| required == name) {
            Need::Required
        } else if names("x-recommended").any(|recommended| recommended == name) {
            Need::Recommended
        } else {
            Need::Optional
        },
        attributes: attributes(property),
    };
    properties.iter().map(attribute).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::placeholder::{self, Values};

    #[test]
    fn every_schema_is_read_and_every_name_in_it_is_an_attribute() {
        let catalogue = Catalogue::standard();
        assert_eq!(catalogue.definitions().len(), SCHEMAS.len());
        for schema in SCHEMAS {
            let schema: Value = serde_json::from_str(schema).unwrap();
            let definition = catalogue.get(schema.get("title").unwrap().as_str().unwrap()).unwrap();
            let listed = ["required", "x-recommended"].map(|key| schema.get(key).unwrap().as_array().unwrap());
            for name in listed.into_iter().flatten() {
                let known = definition.attributes.iter().any(|attribute| attribute.name == name.as_str().unwrap());
                assert!(known, "{name} in {}", definition.event_type);
            }
            for attribute in &definition.attributes {
                assert!(!attribute.description.is_empty() && !attribute.types.is_empty(), "{attribute:?}");
            }
        }
    }

    #[test]
    fn there_is_a_template_for_every_event_of_the_vendors_page() {
        let names: Vec<_> = Catalogue::standard().templates().map(|template| &*template.name).collect();
        let expected = [
            "pageload",
            "identify",
            "identify_mobile",
            "view",
            "add_to_cart",
            "remove_from_cart",
            "checkout",
            "purchase",
            "search",
            "custom_event",
            "subscription_start",
            "subscription_upgrade",
            "subscription_downgrade",
            "subscription_billing",
            "subscription_cancel",
            "bulk",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn attributes_are_told_with_what_is_needed_and_what_is_inside() {
        let catalogue = Catalogue::standard();
        let purchase = catalogue.attributes_of("purchase");
        let need = |name: &str| purchase.iter().find(|attribute| attribute.name == name).unwrap().need;
        assert_eq!(
            (need("order_id"), need("total"), need("coupon")),
            (Need::Required, Need::Recommended, Need::Optional)
        );
        let products = purchase.iter().find(|attribute| attribute.name == "products").unwrap();
        let inside: Vec<_> = products.attributes.iter().map(|attribute| &*attribute.name).collect();
        assert_eq!(inside, ["sku", "product_id", "price", "quantity"]);
        assert!(catalogue.attributes_of("anything_else").iter().any(|attribute| attribute.name == "customer_id"));
    }

    proptest! {
        #[test]
        fn every_template_resolves_to_events_of_its_own_type(seed: u128, seq: u64, second in 0_i64..4_000_000_000) {
            let now = jiff::Timestamp::from_second(second).unwrap();
            let environment = |_: &str| None;
            let values = Values { now, seed, seq, email: "clickscope@example.com", environment: &environment };
            let catalogue = Catalogue::standard();
            for template in catalogue.templates() {
                let resolved = placeholder::resolve(&template.text, &values).unwrap();
                prop_assert!(!resolved.contains("{{"), "{}", resolved);
                let value: Value = serde_json::from_str(&resolved).unwrap();
                let events = value.as_array().cloned().unwrap_or_else(|| vec![value]);
                prop_assert!(!events.is_empty());
                for event in events {
                    let name = event.get("event").and_then(Value::as_str).unwrap_or_default();
                    prop_assert!(catalogue.get(name).is_some() || template.name == "custom_event", "{}", resolved);
                }
            }
        }
    }
}
