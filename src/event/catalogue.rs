//! The catalogue: what is known of the standard events. It is validation, completion, documentation and template at
//! once, read from the JSON Schemas in `assets/events`, each of which builds on `assets/event.json`.
//!
//! Three keywords are our own: `x-recommended`, the attributes without which an event can do less, `x-personal` on those that
//! tell who it is about, and `x-templates`, the names of the schema's `examples`, in their order.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

/// The identifiers of a customer, in the order in which it asks (documented; `user_uuid` and `group_id` are sent
/// by clients; an account may have others).
pub const IDENTIFIERS: [&str; 7] =
    ["user_uuid", "customer_id", "email", "device_id", "cookie", "phone_number", "group_id"];

/// The attributes that every event may have.
pub(crate) const EVENT: &str = include_str!("../../assets/event.json");

/// The event types, in the order in which they are offered.
const TYPES: [&str; 14] = [
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

/// Several events at once.
const BULK: &str = include_str!("../../assets/bulk.json");

/// The type of the definition that stands for every event type that has none of its own.
pub const ANY_EVENT: &str = "custom";

/// Knowledge about the standard events.
#[derive(Debug, Default)]
pub struct Catalogue {
    definitions: Vec<Definition>,
    bulk: Vec<Template>,
}

/// A standard event type.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The event type; `custom` for one of the sender's own.
    pub event_type: String,
    /// Its purpose, in a sentence.
    pub description: String,
    /// Its attributes, in the order of the schema: its own, then those of every event.
    pub attributes: Vec<Attribute>,
    /// The attributes that an event of the type must or should have.
    pub demands: Vec<Demand>,
    /// Its examples: the first is called as the type (`custom_event` for a custom one), the others by their own names.
    pub templates: Vec<Template>,
}

/// One attribute that an event needs, or several of which it needs one: an identifier, a way to name a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// The names, the usual one first.
    pub any_of: Vec<String>,
    /// [`Need::Required`] or [`Need::Recommended`].
    pub need: Need,
}

/// An attribute of a standard event.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its purpose, in a few words.
    pub description: String,
    /// The JSON types that it may have, by their JSON Schema names: `string`, `number`, `array`. Where a number may also
    /// be a string of digits, as in many of the vendor's samples, both are here, the better one first.
    pub types: Vec<String>,
    /// How much the event needs it.
    pub need: Need,
    /// Whether it tells whom the event is about.
    pub is_personal: bool,
    /// The attributes of the objects that it holds, or that stand in its array.
    pub attributes: Vec<Attribute>,
}

/// How much an event needs an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// The event is of no use without it.
    Required,
    /// The event can do less without it, or it is the usual one of several of which the event needs one.
    Recommended,
    /// It may stand there.
    Optional,
}

/// A draft to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Its name: `purchase`, `identify_mobile`.
    pub name: String,
    /// A description in one line.
    pub description: String,
    /// The draft: JSON with placeholders, an object or an array.
    pub text: String,
}

impl Catalogue {
    /// The catalogue that the program comes with.
    pub fn standard() -> &'static Self {
        // A test promises that the program's own files can be read.
        static STANDARD: LazyLock<Catalogue> =
            LazyLock::new(|| Catalogue::read(EVENT, &TYPES, BULK).unwrap_or_default());
        &STANDARD
    }

    fn read(event: &str, types: &[&str], bulk: &str) -> serde_json::Result<Self> {
        let event: Value = serde_json::from_str(event)?;
        let definition = |text: &&str| {
            let schema: Value = serde_json::from_str(text)?;
            Ok(Definition::read(&schema, &event))
        };
        Ok(Self {
            definitions: types.iter().map(definition).collect::<serde_json::Result<_>>()?,
            bulk: templates(&serde_json::from_str(bulk)?),
        })
    }

    /// The standard event type of that name.
    pub fn get(&self, event_type: &str) -> Option<&Definition> {
        self.definitions.iter().find(|definition| definition.event_type == event_type)
    }

    /// Every definition.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// The attributes of `event_type`; of one that is not known, those that every event may carry.
    pub fn attributes_of(&self, event_type: &str) -> &[Attribute] {
        let definition = self.get(event_type).or_else(|| self.get(ANY_EVENT));
        definition.map_or(&[], |definition| &definition.attributes)
    }

    /// The names of the attributes that tell whom an event is about, each once.
    pub fn personal(&self) -> BTreeSet<&str> {
        let attributes = self.definitions.iter().flat_map(|definition| &definition.attributes);
        let inside = attributes.flat_map(|attribute| std::iter::once(attribute).chain(&attribute.attributes));
        inside.filter(|attribute| attribute.is_personal).map(|attribute| attribute.name.as_str()).collect()
    }

    /// Every template, in the order in which they are offered: one for each event type, then the variants, then those of
    /// several events.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let first = self.definitions.iter().flat_map(|definition| definition.templates.iter().take(1));
        let others = self.definitions.iter().flat_map(|definition| definition.templates.iter().skip(1));
        first.chain(others).chain(&self.bulk)
    }

    /// The template of that name.
    pub fn template(&self, name: &str) -> Option<&Template> {
        self.templates().find(|template| template.name == name)
    }
}

impl Definition {
    fn read(schema: &Value, event: &Value) -> Self {
        let layers = [schema, event];
        Self {
            event_type: text(schema, "title"),
            description: text(schema, "description"),
            attributes: attributes(&layers),
            demands: demands(&layers),
            templates: templates(schema),
        }
    }
}

impl Attribute {
    /// Reads what `layers` say of it, the first of them first.
    fn read(name: &str, layers: &[&Value], demands: &[Demand]) -> Self {
        let inside: Vec<&Value> = layers.iter().map(|layer| layer.get("items").unwrap_or(layer)).collect();
        Self {
            name: name.to_owned(),
            description: layers
                .iter()
                .map(|layer| text(layer, "description"))
                .find(|it| !it.is_empty())
                .unwrap_or_default(),
            types: layers.iter().map(|layer| names(layer.get("type"))).find(|it| !it.is_empty()).unwrap_or_default(),
            need: need(name, demands),
            is_personal: layers.iter().any(|layer| layer.get("x-personal") == Some(&Value::Bool(true))),
            attributes: attributes(&inside),
        }
    }
}

/// The attributes that `layers` know: schemas that all hold for the same object.
fn attributes(layers: &[&Value]) -> Vec<Attribute> {
    let demands = demands(layers);
    let mut found: Vec<(&str, Vec<&Value>)> = Vec::new();
    for (name, property) in layers.iter().filter_map(|layer| layer.get("properties")?.as_object()).flatten() {
        match found.iter_mut().find(|(other, _)| other == name) {
            Some((_, properties)) => properties.push(property),
            None => found.push((name, vec![property])),
        }
    }
    found.into_iter().map(|(name, properties)| Attribute::read(name, &properties, &demands)).collect()
}

/// The requirements of `layers` on an object, each once.
fn demands(layers: &[&Value]) -> Vec<Demand> {
    let mut demands: Vec<Demand> = Vec::new();
    for layer in layers {
        let listed = |key| layer.get(key).and_then(Value::as_array).into_iter().flatten();
        let required = listed("required").map(|name| (names(Some(name)), Need::Required));
        let one_of = listed("anyOf").flat_map(|way| names(way.get("required"))).collect::<Vec<_>>();
        let recommended = listed("x-recommended").map(|group| (names(Some(group)), Need::Recommended));
        for (any_of, need) in required.chain([(one_of, Need::Required)]).chain(recommended) {
            if !any_of.is_empty() && !demands.iter().any(|demand| demand.any_of == any_of) {
                demands.push(Demand { any_of, need });
            }
        }
    }
    demands
}

fn need(name: &str, demands: &[Demand]) -> Need {
    let first = |demand: &&Demand| demand.any_of.first().is_some_and(|first| first == name);
    match demands.iter().find(first) {
        Some(Demand { any_of, need: Need::Required }) if any_of.len() == 1 => Need::Required,
        Some(_) => Need::Recommended,
        None => Need::Optional,
    }
}

fn templates(schema: &Value) -> Vec<Template> {
    let listed = |key| schema.get(key).and_then(Value::as_array).into_iter().flatten();
    listed("examples")
        .zip(listed("x-templates"))
        .map(|(example, about)| Template {
            name: text(about, "name"),
            description: text(about, "description"),
            text: format!("{example:#}"),
        })
        .collect()
}

fn text(schema: &Value, key: &str) -> String {
    schema.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A name, or a list of them.
fn names(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::event::placeholder::{TEST_ADDRESS, Values, resolve};
    use crate::event::syntax;

    const OFFERED: [&str; 17] = [
        "pageload",
        "identify",
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
        "identify_mobile",
        "bulk",
        "journey",
    ];

    fn values() -> Values<'static> {
        let now = "2026-03-17T17:27:20.045Z".parse().unwrap();
        Values { now, seed: 7, seq: 3, email: TEST_ADDRESS, environment: &|_| None }
    }

    fn example(template: &Template, values: &Values<'_>) -> Value {
        serde_json::from_str(&resolve(&template.text, values).unwrap()).unwrap()
    }

    /// The events of a template: itself, or each of an array.
    fn events(example: &Value) -> Vec<&Value> {
        example.as_array().map_or_else(|| vec![example], |events| events.iter().collect())
    }

    fn number(value: &Value, key: &str) -> f64 {
        value.get(key).map_or(0.0, |number| number.as_f64().unwrap())
    }

    #[test]
    fn every_file_is_read_and_named_for_its_type() {
        let catalogue = Catalogue::read(EVENT, &TYPES, BULK).unwrap();
        let types: BTreeSet<_> =
            catalogue.definitions().iter().map(|definition| definition.event_type.clone()).collect();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/events");
        let files: BTreeSet<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(types, files);
        for text in TYPES {
            let schema: Value = serde_json::from_str(text).unwrap();
            let name = schema.pointer("/properties/event/const").map_or(ANY_EVENT, |name| name.as_str().unwrap());
            assert_eq!(schema.get("title").unwrap(), name);
            assert_eq!(schema.get("$ref").unwrap(), "../event.json");
            let lengths = ["examples", "x-templates"].map(|key| schema.get(key).unwrap().as_array().unwrap().len());
            assert_eq!(
                lengths.first(),
                lengths.last(),
                "{name}: an example without a name, or a name without an example"
            );
        }
    }

    #[test]
    fn templates_are_offered_in_their_order() {
        let names: Vec<_> = Catalogue::standard().templates().map(|template| template.name.as_str()).collect();
        assert_eq!(names, OFFERED);
        for template in Catalogue::standard().templates() {
            assert!(!template.description.is_empty() && !template.description.contains('\n'), "{}", template.name);
            assert_eq!(syntax::format(&template.text).as_ref(), Ok(&template.text), "{} is laid out", template.name);
        }
        assert_eq!(Catalogue::standard().template("bulk").unwrap().name, "bulk");
    }

    #[test]
    fn every_attribute_is_described_and_every_demand_names_attributes() {
        fn described(owner: &str, attributes: &[Attribute]) {
            for attribute in attributes {
                assert!(!attribute.description.is_empty(), "{owner}.{} has no description", attribute.name);
                assert!(!attribute.types.is_empty(), "{owner}.{} has no type", attribute.name);
                described(&format!("{owner}.{}", attribute.name), &attribute.attributes);
            }
        }
        for definition in Catalogue::standard().definitions() {
            let name = &definition.event_type;
            assert!(!definition.description.is_empty(), "{name} has no description");
            described(name, &definition.attributes);
            let names: BTreeSet<_> = definition.attributes.iter().map(|attribute| &attribute.name).collect();
            assert_eq!(names.len(), definition.attributes.len(), "{name} has an attribute twice");
            for wanted in definition.demands.iter().flat_map(|demand| &demand.any_of) {
                assert!(names.contains(wanted), "{name} asks for {wanted}, which it does not know");
            }
        }
    }

    #[test]
    fn attributes_say_how_much_they_are_needed() {
        let catalogue = Catalogue::standard();
        let cases = [
            ("purchase", "event", Need::Required),
            ("purchase", "email", Need::Recommended),
            ("purchase", "customer_id", Need::Optional),
            ("purchase", "revenue", Need::Recommended),
            ("purchase", "products", Need::Recommended),
            ("purchase", "sku", Need::Optional),
            ("purchase", "coupon", Need::Optional),
            ("view", "products", Need::Recommended),
            ("search", "keywords", Need::Recommended),
            ("search", "query", Need::Optional),
            ("custom", "products", Need::Optional),
        ];
        for (event_type, name, need) in cases {
            let attribute =
                catalogue.attributes_of(event_type).iter().find(|attribute| attribute.name == name).unwrap();
            assert_eq!(attribute.need, need, "{event_type}.{name}");
        }
        let view = &catalogue.get("view").unwrap().demands;
        let product = view.iter().find(|demand| demand.any_of.contains(&"skus".to_owned())).unwrap();
        assert_eq!(product.any_of, ["products", "product_ids", "product_id", "skus", "sku"]);
        assert_eq!(product.need, Need::Required);
    }

    #[test]
    fn what_a_type_says_of_a_common_attribute_stands_over_what_all_say() {
        use Need::{Optional, Recommended};
        let products = |event_type| {
            let attributes = Catalogue::standard().attributes_of(event_type);
            attributes.iter().find(|attribute| attribute.name == "products").unwrap()
        };
        assert_ne!(products("purchase").description, products("view").description);
        let needs = |event_type| {
            let of = |attribute: &Attribute| (attribute.name.clone(), attribute.need);
            products(event_type).attributes.iter().map(of).collect::<Vec<_>>()
        };
        let named = |needs: [(&str, Need); 4]| needs.map(|(name, need)| (name.to_owned(), need));
        let bought =
            [("product_id", Recommended), ("sku", Optional), ("quantity", Recommended), ("price", Recommended)];
        assert_eq!(needs("purchase"), named(bought));
        let seen = [("product_id", Recommended), ("sku", Optional), ("quantity", Optional), ("price", Optional)];
        assert_eq!(needs("view"), named(seen));
    }

    #[test]
    fn a_type_that_is_not_known_has_what_every_event_has() {
        let catalogue = Catalogue::standard();
        assert!(catalogue.get("order_shipped").is_none());
        let names: Vec<_> =
            catalogue.attributes_of("order_shipped").iter().map(|attribute| attribute.name.as_str()).collect();
        for name in ["event", "email", "timestamp", "event_uuid", "ip", "products", "device_token"] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(!names.contains(&"order_id"));
    }

    #[test]
    fn the_examples_have_what_their_type_asks_for() {
        let catalogue = Catalogue::standard();
        for template in catalogue.templates() {
            for event in events(&example(template, &values())) {
                let event_type = event.get("event").unwrap().as_str().unwrap();
                let demands =
                    catalogue.get(event_type).or_else(|| catalogue.get(ANY_EVENT)).map(|found| &found.demands);
                for Demand { any_of, .. } in demands.unwrap() {
                    assert!(any_of.iter().any(|name| event.get(name).is_some()), "{}: {any_of:?}", template.name);
                }
            }
        }
    }

    #[test]
    fn the_orders_of_the_examples_add_up() {
        let mut orders = 0;
        for template in Catalogue::standard().templates() {
            for event in events(&example(template, &values())).into_iter().filter(|event| event.get("total").is_some())
            {
                let products = event.get("products").unwrap().as_array().unwrap();
                let sum: f64 = products.iter().map(|it| number(it, "price") * number(it, "quantity")).sum();
                let revenue = event.get("revenue").map_or(sum, |_| number(event, "revenue"));
                let total = revenue + number(event, "shipping") + number(event, "tax") - number(event, "discount");
                assert!((sum - revenue).abs() < 0.001 && (total - number(event, "total")).abs() < 0.001, "{event}");
                orders += 1;
            }
        }
        assert_eq!(orders, 5, "checkout, purchase, the purchase of the bulk, and both of the journey");
    }

    proptest! {
        #[test]
        fn a_template_resolves_to_events_of_its_type_whatever_the_values(
            index in 0..OFFERED.len(),
            seed in any::<u128>(),
            seq in any::<u64>(),
            second in -62_000_000_000_i64..250_000_000_000,
            variable in any::<String>(),
            email in any::<String>(),
        ) {
            let template = Catalogue::standard().templates().nth(index).unwrap();
            let now = Timestamp::from_second(second).unwrap();
            let values = Values { now, seed, seq, email: &email, environment: &|_| Some(variable.clone()) };
            let example = example(template, &values);
            let types: Vec<_> = events(&example).iter().map(|event| event.get("event").unwrap().as_str().unwrap()).collect();
            match template.name.as_str() {
                "bulk" => prop_assert_eq!(types, ["identify", "view", "purchase"]),
                "journey" => prop_assert_eq!(types, ["view", "add_to_cart", "checkout", "purchase"]),
                "identify_mobile" => prop_assert_eq!(types, ["identify"]),
                "custom_event" => prop_assert_eq!(types, ["course_booked"]),
                name => prop_assert_eq!(types, [name]),
            }
            let people: BTreeSet<_> = events(&example).iter().map(|event| event.get("email").unwrap().to_string()).collect();
            prop_assert_eq!(people.len(), 1);
        }
    }
}
