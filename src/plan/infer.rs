//! A plan made from events: what they have in common, as a schema for each type.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::format::{Format, TELLING};
use super::schema::DRAFT;
use super::type_of;
use crate::event::catalogue::IDENTIFIERS;
use crate::event::{Document, NodeId, NodeKind, Origin};
use crate::lint::{JsonTypes, Stage, extract};

/// So many event types, and so many fields of all of them, are kept in memory.
pub const MOST_TYPES: usize = 1_000;
const MOST_FIELDS: usize = 100_000;

/// How deep objects within objects are described; below that anything is allowed.
const DEEPEST: u32 = 16;

/// The longest name of a type or a field, in bytes: what is longer is no name but data.
const LONGEST_NAME: usize = 256;

/// A text is one of a few values if it was seen so often, with no more different values than this, none of them only once
/// and none longer than this, in bytes.
const ENOUGH_VALUES: u64 = 10;
const FEW_VALUES: usize = 6;
const LONGEST_VALUE: usize = 40;

/// Fields that differ from one event, browser or device to the next, whatever the event is: only their type is planned.
/// Nor is one of them required, as no single identifier is: the platform asks for one of several.
const VOLATILE: [&str; 12] = [
    "advertising_id",
    "device_idfa",
    "device_idfv",
    "device_token",
    "event_uuid",
    "firebase_instance_id",
    "ip",
    "referrer",
    "session_uuid",
    "timestamp",
    "transaction_uuid",
    "user_agent",
];

/// The last word of a name whose values are no choice of a few, even when a few were seen: names of one thing, and what
/// people write.
const ONE_OF_MANY: [&str; 24] = [
    "address",
    "city",
    "cookie",
    "description",
    "email",
    "guid",
    "id",
    "ids",
    "ip",
    "key",
    "keywords",
    "message",
    "name",
    "number",
    "phone",
    "query",
    "sku",
    "skus",
    "text",
    "title",
    "token",
    "url",
    "uuid",
    "zip",
];

/// The last word of a name whose values may have a fraction, though those that were seen had none.
const FRACTIONAL: [&str; 14] = [
    "amount",
    "cost",
    "discount",
    "fee",
    "latitude",
    "longitude",
    "price",
    "rate",
    "revenue",
    "shipping",
    "subtotal",
    "tax",
    "total",
    "value",
];

/// Learns from events what their plan may be. It keeps no event, and no more than a bounded part of what they hold.
#[derive(Debug, Default)]
pub struct Inference {
    types: BTreeMap<Box<str>, ValueSummary>,
    places: Places,
}

/// How many places in events there is room for: fields, and the elements of arrays.
#[derive(Debug, Default)]
struct Places {
    taken: usize,
    /// Whether there were more.
    is_full: bool,
}

impl Places {
    /// Takes one, if there is one left.
    fn take(&mut self) -> bool {
        let is_free = self.taken < MOST_FIELDS;
        self.taken += usize::from(is_free);
        self.is_full |= !is_free;
        is_free
    }
}

/// What became of an event that was to be learnt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lesson {
    /// It was learnt from.
    Learnt,
    /// It was learnt from but for a part: it is too large to be looked at in full, or there were too many fields.
    InPart,
    /// Nothing was: its name is missing, blank, no text, or very long.
    Nameless,
    /// Nothing was: there are as many types already as are kept.
    OneTypeTooMany,
}

/// The schema that was inferred for an event type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inferred {
    /// The event type.
    pub event_type: String,
    /// From how many events.
    pub events: u64,
    /// The JSON Schema.
    pub schema: InferredSchema,
}

/// A summary of the values in one place of the events of a type.
#[derive(Debug, Default)]
struct ValueSummary {
    /// An integer is one by its spelling here: `3.0` is a number.
    types: JsonTypes,
    strings: TextSummary,
    objects: u64,
    fields: BTreeMap<Box<str>, FieldSummary>,
    /// Whether there may be more fields than those that are kept.
    is_open: bool,
    elements: Option<Box<ValueSummary>>,
}

#[derive(Debug, Default)]
struct FieldSummary {
    shape: ValueSummary,
    /// In how many objects it was.
    objects: u64,
}

/// The texts that were seen in one place.
#[derive(Debug)]
struct TextSummary {
    count: u64,
    /// Which of the formats they all have.
    formats: Vec<Format>,
    /// Each of them with how often it was seen, while they are few.
    values: Option<BTreeMap<Box<str>, u64>>,
}

impl Default for TextSummary {
    fn default() -> Self {
        Self { count: 0, formats: TELLING.into(), values: Some(BTreeMap::new()) }
    }
}

impl Inference {
    /// Learns from `event`, as far as it is checked too.
    pub fn observe(&mut self, event: &Document, stage: Stage) -> Lesson {
        let is_name = |name: &&str| !name.trim().is_empty() && name.len() <= LONGEST_NAME;
        let Some(event_type) = type_of(event).filter(is_name) else { return Lesson::Nameless };
        if self.types.len() >= MOST_TYPES && !self.types.contains_key(event_type) {
            return Lesson::OneTypeTooMany;
        }
        let (event, _) = extract(event);
        let shape = self.types.entry(event_type.into()).or_default();
        self.places.is_full = false;
        let mut learning = Learner { event: &event, stage, places: &mut self.places };
        learning.value(shape, NodeId::ROOT, DEEPEST);
        let is_whole = matches!(event, Cow::Borrowed(_)) && !self.places.is_full;
        if is_whole { Lesson::Learnt } else { Lesson::InPart }
    }

    /// The schema of each type, by name. The same events make the same schemas, in whatever order they came, as long as
    /// they were not too many to keep.
    pub fn schemas(&self) -> impl Iterator<Item = Inferred> {
        self.types.iter().map(|(event_type, shape)| Inferred {
            event_type: event_type.to_string(),
            events: shape.objects,
            schema: schema(event_type, shape),
        })
    }
}

impl Inferred {
    /// The schema as the text of a file.
    pub fn text(&self) -> String {
        // Texts can always be written.
        serde_json::to_string_pretty(&self.schema).unwrap_or_default() + "\n"
    }
}

struct Learner<'a> {
    event: &'a Document,
    stage: Stage,
    places: &'a mut Places,
}

impl Learner<'_> {
    fn value(&mut self, shape: &mut ValueSummary, at: NodeId, levels: u32) {
        let event = self.event;
        let text = event.text(at);
        let kind = match event.get(at).map(|node| node.kind) {
            None => return,
            Some(NodeKind::Number) if text.contains(['.', 'e', 'E']) => JsonTypes::NUMBER,
            Some(NodeKind::Number) => JsonTypes::INTEGER,
            Some(kind) => kind.into(),
        };
        shape.types = shape.types.or(kind);
        if kind == JsonTypes::STRING {
            shape.strings.learn(&event.plain(at));
        } else if kind == JsonTypes::OBJECT {
            self.object(shape, at, levels);
        } else if kind == JsonTypes::ARRAY && levels > 0 {
            for element in event.children(at) {
                if shape.elements.is_none() && !self.places.take() {
                    break;
                }
                self.value(shape.elements.get_or_insert_default(), element, levels - 1);
            }
        }
    }

    fn object(&mut self, shape: &mut ValueSummary, at: NodeId, levels: u32) {
        let event = self.event;
        let is_top = at == NodeId::ROOT;
        shape.objects += 1;
        shape.is_open |= levels == 0 || !event.is_whole(at);
        if levels == 0 {
            return;
        }
        for child in event.children(at).filter(|child| event.occurrence(*child) == 0) {
            let Some(key) = event.key(child) else { continue };
            if is_top && self.stage == Stage::Received && event.origin(child) != Origin::Sender {
                continue;
            }
            // One that does not name the event is to be what the plan says.
            if is_top && key == "event" && event.type_field() != Some(child) {
                continue;
            }
            if !shape.fields.contains_key(&*key) && (key.len() > LONGEST_NAME || !self.places.take()) {
                shape.is_open = true;
                continue;
            }
            let field = shape.fields.entry(key.as_ref().into()).or_default();
            field.objects += 1;
            let levels = if is_top && is_volatile(&key) { 0 } else { levels - 1 };
            self.value(&mut field.shape, child, levels);
        }
    }
}

impl TextSummary {
    fn learn(&mut self, text: &str) {
        self.count += 1;
        self.formats.retain(|format| format.fits(text));
        if let Some(values) = &mut self.values {
            if let Some(seen) = values.get_mut(text) {
                *seen += 1;
            } else if values.len() < FEW_VALUES && is_value(text) {
                values.insert(text.into(), 1);
            } else {
                self.values = None;
            }
        }
    }

    /// Those that were seen, where they are a choice of a few.
    fn choice(&self) -> Option<Vec<String>> {
        let values = self.values.as_ref().filter(|_| self.count >= ENOUGH_VALUES)?;
        let often = values.values().all(|seen| *seen > 1);
        often.then(|| values.keys().map(ToString::to_string).collect())
    }
}

/// Whether a text may be one of a choice: numbers, blanks and long texts are none.
fn is_value(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LONGEST_VALUE && text.trim().parse::<f64>().is_err()
}

fn is_volatile(key: &str) -> bool {
    VOLATILE.contains(&key) || IDENTIFIERS.contains(&key) || key.starts_with("_bsft")
}

fn schema(event_type: &str, shape: &ValueSummary) -> InferredSchema {
    let mut schema =
        InferredSchema { dialect: Some(DRAFT), title: Some(event_type.to_owned()), ..shape.describe("", true) };
    schema.properties.retain(|(name, _)| name != "event");
    let constant = Some(event_type.to_owned());
    schema.properties.insert(0, ("event".to_owned(), InferredSchema { constant, ..InferredSchema::default() }));
    schema
}

/// A JSON Schema, with the keywords that are inferred.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct InferredSchema {
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    dialect: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(rename = "const", skip_serializing_if = "Option::is_none")]
    constant: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Types::is_none")]
    types: Types,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    choice: Option<Vec<String>>,
    #[serde(serialize_with = "as_map", skip_serializing_if = "Vec::is_empty")]
    properties: Vec<(String, InferredSchema)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    required: Vec<String>,
    #[serde(rename = "additionalProperties", skip_serializing_if = "Option::is_none")]
    others: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Box<InferredSchema>>,
}

/// The types that a value may have: a single one is written by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Types {
    #[default]
    None,
    One(&'static str),
    Several(Vec<&'static str>),
}

impl Types {
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

fn as_map<S: Serializer>(properties: &[(String, InferredSchema)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(properties.iter().map(|(name, schema)| (name, schema)))
}

impl ValueSummary {
    /// Its schema; `name` is that of the field.
    fn describe(&self, name: &str, is_top: bool) -> InferredSchema {
        let types = self.types;
        let has_fraction = types.has(JsonTypes::NUMBER) || FRACTIONAL.contains(&&*last_word(name));
        let types = if has_fraction && types.has(JsonTypes::INTEGER) {
            types.without(JsonTypes::INTEGER).or(JsonTypes::NUMBER)
        } else {
            types
        };
        let mut schema = InferredSchema::default();
        let names: Vec<_> = types.names().collect();
        schema.types = match names[..] {
            [] => Types::None,
            [only] => Types::One(only),
            _ => Types::Several(names),
        };
        if let Some(format) = self.strings.formats.first().filter(|_| self.strings.count > 0) {
            schema.format = Some(format.as_str());
        } else if types == JsonTypes::STRING && !ONE_OF_MANY.contains(&&*last_word(name)) {
            schema.choice = self.strings.choice();
        }
        if types.has(JsonTypes::OBJECT) {
            self.describe_fields(&mut schema, is_top);
        }
        schema.items = self.elements.as_ref().map(|elements| Box::new(elements.describe(name, false)));
        schema
    }

    fn describe_fields(&self, schema: &mut InferredSchema, is_top: bool) {
        // The name of the event comes first, then they are in alphabetical order.
        let event = self.fields.get_key_value("event").filter(|_| is_top);
        let others = self.fields.iter().filter(|(name, _)| !is_top || &***name != "event");
        for (name, field) in event.into_iter().chain(others) {
            let is_volatile = is_top && is_volatile(name);
            let property = if is_volatile {
                Self { types: field.shape.types, is_open: true, ..Self::default() }.describe(name, false)
            } else {
                field.shape.describe(name, false)
            };
            schema.properties.push((name.to_string(), property));
            if field.objects == self.objects && !is_volatile {
                schema.required.push(name.to_string());
            }
        }
        schema.others = (self.is_open && !self.fields.is_empty()).then_some(true);
    }
}

/// The last word of a name, in lower case: `id` of `order_id` and of `orderId`.
fn last_word(name: &str) -> String {
    let start = name.char_indices().rev().zip(name.chars().rev().skip(1).map(Some).chain([None]));
    let mut from = 0;
    for ((at, c), before) in start {
        if matches!(c, '_' | '-' | ' ' | '.') {
            from = at + c.len_utf8();
            break;
        }
        if c.is_uppercase() && before.is_some_and(char::is_lowercase) {
            from = at;
            break;
        }
    }
    name.get(from..).unwrap_or(name).to_lowercase()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
mod tests {

    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::super::{Plan, SchemaFile};
    use super::*;
    use crate::lint::{Findings, LintContext};

    fn read(event: &str) -> Document {
        Document::read(event).unwrap()
    }

    fn inferred(events: &[Value], stage: Stage) -> Inference {
        let mut inference = Inference::default();
        for event in events {
            inference.observe(&read(&event.to_string()), stage);
        }
        inference
    }

    /// The one schema that these fields of events make, below `properties` of the field `x`.
    fn field(values: &[Value]) -> Value {
        named("x", values)
    }

    fn named(name: &str, values: &[Value]) -> Value {
        let events: Vec<Value> = values.iter().map(|value| json!({ "event": "a", name: value })).collect();
        let schema = inferred(&events, Stage::Outgoing).schemas().next().unwrap().schema;
        serde_json::to_value(schema).unwrap()["properties"][name].clone()
    }

    #[test]
    fn a_field_is_described_by_what_all_its_values_have_in_common() {
        let times = |values: &[&str], times: usize| -> Vec<Value> {
            values.iter().cycle().take(values.len() * times).map(|value| json!(value)).collect()
        };
        let cases = [
            (vec![json!("x"), json!("y")], json!({"type": "string"})),
            (vec![json!(1), json!(2)], json!({"type": "integer"})),
            (vec![json!(1), json!(2.5)], json!({"type": "number"})),
            (vec![json!(3.0)], json!({"type": "number"})),
            (vec![json!(1), json!("1"), json!(null)], json!({"type": ["string", "integer", "null"]})),
            (vec![json!(true)], json!({"type": "boolean"})),
            (vec![json!([])], json!({"type": "array"})),
            (vec![json!([1]), json!(["a"])], json!({"type": "array", "items": {"type": ["string", "integer"]}})),
            (vec![json!({})], json!({"type": "object"})),
            (
                vec![json!([{"sku": "a", "price": 1}, {"sku": "b"}]), json!([{"sku": "c", "size": null}])],
                json!({
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "price": {"type": "number"}, "size": {"type": "null"}, "sku": {"type": "string"},
                        },
                        "required": ["sku"],
                    },
                }),
            ),
            (vec![json!("2026-11-24T12:00:00Z")], json!({"type": "string", "format": "date-time"})),
            (vec![json!("2026-11-24")], json!({"type": "string", "format": "date"})),
            (vec![json!("2026-11-24"), json!("x")], json!({"type": "string"})),
            (vec![json!("jane@example.com")], json!({"type": "string", "format": "email"})),
            (vec![json!("https://shop.example.com/")], json!({"type": "string", "format": "uri"})),
            (times(&["gold", "silver"], 5), json!({"type": "string", "enum": ["gold", "silver"]})),
            (times(&["gold", "silver"], 4), json!({"type": "string"})),
            (times(&["a", "b", "c", "d", "e", "f", "g"], 9), json!({"type": "string"})),
            (times(&["1", "2"], 9), json!({"type": "string"})),
            ([times(&["gold"], 9), times(&["once"], 1)].concat(), json!({"type": "string"})),
        ];
        for (values, schema) in cases {
            assert_eq!(field(&values), schema, "{values:?}");
        }
        for name in ["order_id", "orderId", "firstname_text", "sku"] {
            assert_eq!(named(name, &times(&["gold", "silver"], 9)), json!({"type": "string"}), "{name}");
        }
        assert_eq!(named("paid", &times(&["full", "half"], 9)), json!({"type": "string", "enum": ["full", "half"]}));
        assert_eq!(named("unit_price", &[json!(3)]), json!({"type": "number"}));
    }

    #[test]
    fn what_differs_from_one_event_to_the_next_is_left_open_and_what_the_platform_added_out() {
        let event = json!({
            "timestamp": "2026-11-24T12:00:00Z", "event_uuid": "2f1d6a52-6f0e-4c55-8e57-1f9b6a1f0d3c", "email": "jane@example.com",
            "seats": 2, "event": "course_booked", "_bsft_ts": "x", "site": "shop", "cookie": {"a": 1},
        });
        let text = |stage| inferred(std::slice::from_ref(&event), stage).schemas().next().unwrap().text();
        let received = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "course_booked",
  "type": "object",
  "properties": {
    "event": {
      "const": "course_booked"
    },
    "cookie": {
      "type": "object"
    },
    "email": {
      "type": "string"
    },
    "seats": {
      "type": "integer"
    }
  },
  "required": [
    "event",
    "seats"
  ]
}
"#;
        assert_eq!(text(Stage::Received), received);
        let outgoing: Value = serde_json::from_str(&text(Stage::Outgoing)).unwrap();
        let names: Vec<&String> = outgoing["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["event", "_bsft_ts", "cookie", "email", "event_uuid", "seats", "site", "timestamp"]);
        assert_eq!(outgoing["properties"]["event_uuid"], json!({"type": "string"}));
        assert_eq!(outgoing["required"], json!(["event", "seats", "site"]));
    }

    #[test]
    fn what_has_no_name_is_left_out() {
        let mut inference = Inference::default();
        let long = json!({ "event": "n".repeat(257) }).to_string();
        for event in
            [r#"{"a":1}"#, r#"{"event":1}"#, r#"{"event":" "}"#, r#"{"event":"a","event":null}"#, "[]", "1", &long]
        {
            assert_eq!(inference.observe(&read(event), Stage::Outgoing), Lesson::Nameless, "{event}");
        }
        assert_eq!(inference.observe(&read(r#"{"event":"a"}"#), Stage::Outgoing), Lesson::Learnt);
        assert_eq!(inference.schemas().count(), 1);
    }

    #[test]
    fn what_is_too_much_is_not_learnt_and_not_called_nameless() {
        let mut inference = Inference::default();
        let mut learn = |event: &str| inference.observe(&read(event), Stage::Outgoing);
        let many = format!(r#"{{"event":"a","list":[{}1],"after":1}}"#, "1,".repeat(150_000));
        assert_eq!(learn(&many), Lesson::InPart);
        for number in 1..MOST_TYPES {
            assert_eq!(learn(&format!(r#"{{"event":"type_{number}"}}"#)), Lesson::Learnt);
        }
        assert_eq!(learn(r#"{"event":"one more"}"#), Lesson::OneTypeTooMany);
        assert_eq!(learn(r#"{"event":"a","late":1}"#), Lesson::Learnt);
        // Each event names a hundred fields of its own, until there is no room left.
        let fields = |n: usize| (0..100).fold(String::new(), |all, field| all + &format!(r#","f{n}_{field}":[[1]]"#));
        let lessons: Vec<_> = (0..1_000).map(|n| learn(&format!(r#"{{"event":"a"{}}}"#, fields(n)))).collect();
        assert_eq!(lessons.iter().position(|lesson| *lesson == Lesson::InPart), Some(329), "with two for its elements");
        let first = inference.schemas().next().unwrap();
        assert_eq!((first.event_type.as_str(), first.schema.others), ("a", Some(true)));
    }

    #[test]
    fn memory_is_bounded_whatever_the_events_hold() {
        let mut inference = Inference::default();
        for number in 0..1_100 {
            let fields: Map<String, Value> = (0..100).map(|field| (format!("f{number}_{field}"), json!("x"))).collect();
            let event = json!({ "event": format!("type_{number}"), "fields": fields, "list": [[[[[[[[[[[[[[[[[[{"deep": 1}]]]]]]]]]]]]]]]]]] });
            inference.observe(&read(&event.to_string()), Stage::Outgoing);
        }
        assert!(inference.types.len() <= MOST_TYPES && inference.places.taken <= MOST_FIELDS);
        let (first, last) = (inference.schemas().next().unwrap(), inference.schemas().last().unwrap());
        assert!(!first.text().contains("deep"));
        assert_eq!(last.events, 1);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            prop::sample::select(vec!["gold", "silver", "2026-11-24", "jane@example.com", "https://a.example/"])
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c]|x_id", inner, 0..4).prop_map(|fields| json!(fields)),
            ]
        })
    }

    fn event() -> impl Strategy<Value = String> {
        let name = prop::sample::select(vec!["a", "b", "a.b", "Purchase"]);
        let key = prop_oneof![
            "[a-e]",
            any::<String>(),
            prop::sample::select(vec!["timestamp", "site", "_bsft_ts", "email", "products", "price", "event_uuid"])
                .prop_map(str::to_owned),
        ];
        (name, prop::collection::vec((key, value()), 0..8)).prop_map(|(name, fields)| {
            // With keys that are there twice.
            let fields: Vec<_> = fields.iter().map(|(key, value)| format!(",{}:{value}", json!(key))).collect();
            format!("{{\"event\":\"{name}\"{}}}", fields.concat())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn the_same_events_satisfy_their_plan(
            events in prop::collection::vec(event(), 1..24),
            repeat in 1_usize..12,
            is_received: bool,
        ) {
            let stage = if is_received { Stage::Received } else { Stage::Outgoing };
            let documents: Vec<Document> = events.iter().map(|event| read(event)).collect();
            let mut inference = Inference::default();
            for document in (0..repeat).flat_map(|_| &documents) {
                prop_assume!(inference.observe(document, stage) == Lesson::Learnt);
            }
            let file = |(number, inferred): (usize, Inferred)| SchemaFile { name: format!("{number}.json"), text: Ok(inferred.text()) };
            let (plan, bad) = Plan::read(inference.schemas().enumerate().map(file));
            prop_assert!(bad.is_empty(), "{:?}", bad);
            for document in &documents {
                let context = LintContext { stage, now: jiff::Timestamp::UNIX_EPOCH };
                let mut findings = Findings::default();
                plan.check(document, context, &mut findings);
                let findings = findings.done();
                prop_assert!(findings.is_empty(), "{}: {:#?}", document.payload().text(), findings);
            }
            let mut backwards = Inference::default();
            for document in (0..repeat).flat_map(|_| documents.iter().rev()) {
                backwards.observe(document, stage);
            }
            prop_assert_eq!(inference.schemas().collect::<Vec<_>>(), backwards.schemas().collect::<Vec<_>>());
        }
    }
}
