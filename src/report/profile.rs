//! The fields of the events of one type: which there are, how often, of what type, and with which values.

use std::cmp::Reverse;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use super::values::{Distinct, Frequent, Values};
use crate::event::text::grouped;
use crate::event::{Document, NodeId, NodeKind, Origin, Path, Sanitized, Segment, sanitized};
use crate::lint::{JsonTypes, Stage};

/// So many fields of all types are known, and so many of one.
const MOST_FIELDS: usize = 10_000;
const MOST_OF_TYPE: usize = 500;

/// How deep objects within objects are looked into.
const DEEPEST: u32 = 12;

/// The longest name of a field, in bytes: what is longer is no name but data.
const LONGEST_NAME: usize = 256;

/// How much room there is for fields.
#[derive(Debug, Default)]
pub(super) struct Room {
    taken: usize,
    /// How many values stood in fields that there was no room for.
    pub(super) left_out: u64,
}

/// The fields of the events of a type.
#[derive(Debug, Default)]
pub(super) struct Profile {
    root: Shape,
    fields: usize,
}

/// The values in one place.
#[derive(Debug, Default)]
struct Shape {
    kinds: Kinds,
    values: Values,
    fields: IndexMap<Box<str>, Shape>,
    elements: Option<Box<Shape>>,
}

/// How many values are of which JSON type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds([u64; 6]);

/// A field of the events of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldReport {
    /// Where it stands, as for jq; `[]` is any element of an array: `.products[].sku`.
    pub path: String,
    /// Whether it is the elements of an array.
    #[serde(rename = "elements")]
    pub is_element: bool,
    /// How many of them there are.
    pub count: u64,
    /// Of how many objects, those around it, that have it or not; of elements, in how many arrays.
    pub of: u64,
    /// Their types.
    pub types: Kinds,
    /// How many different values there are among the scalars.
    pub distinct: Distinct,
    /// The most frequent ones.
    pub values: Vec<Frequent>,
    /// One of them, where none is frequent.
    pub example: Option<Sanitized>,
    /// The least and the greatest number.
    pub range: Option<(Sanitized, Sanitized)>,
}

impl Profile {
    /// Takes an event in. What the platform added to one that it received is left out.
    pub(super) fn take_in(&mut self, event: &Document, stage: Stage, room: &mut Room) {
        let mut learning = Learning { event, stage, room, fields: &mut self.fields };
        learning.value(&mut self.root, NodeId::ROOT, DEEPEST);
    }

    /// All fields, each before what is in it.
    pub(super) fn fields(&self) -> Vec<FieldReport> {
        let mut fields = Vec::with_capacity(self.fields);
        list(&self.root, "", &mut fields);
        fields
    }
}

struct Learning<'a> {
    event: &'a Document,
    stage: Stage,
    room: &'a mut Room,
    fields: &'a mut usize,
}

impl Learning<'_> {
    fn value(&mut self, shape: &mut Shape, at: NodeId, levels: u32) {
        let event = self.event;
        let Some(kind) = event.get(at).map(|node| node.kind) else { return };
        shape.kinds.add(kind);
        match kind {
            NodeKind::Object if levels > 0 => {
                for child in event.children(at).filter(|child| event.occurrence(*child) == 0) {
                    if self.is_skipped(child) {
                        continue;
                    }
                    let Some(name) = event.key(child) else { continue };
                    if let Some(field) = shape.fields.get_mut(&*name) {
                        self.value(field, child, levels - 1);
                    } else if name.len() <= LONGEST_NAME && self.take() {
                        self.value(shape.fields.entry((*name).into()).or_default(), child, levels - 1);
                    } else {
                        self.room.left_out += 1;
                    }
                }
            }
            NodeKind::Array if levels > 0 => {
                for element in event.children(at) {
                    if shape.elements.is_none() && !self.take() {
                        self.room.left_out += 1;
                        break;
                    }
                    self.value(shape.elements.get_or_insert_default(), element, levels - 1);
                }
            }
            NodeKind::Object | NodeKind::Array => self.room.left_out += 1,
            _ => shape.values.take_in(event.text(at), kind == NodeKind::Number),
        }
    }

    /// Whether a field is the event's name, or the platform's own.
    fn is_skipped(&self, field: NodeId) -> bool {
        let is_top = self.event.parent(field) == Some(NodeId::ROOT);
        let is_added = || self.stage == Stage::Received && self.event.origin(field) != Origin::Sender;
        is_top && (self.event.type_field() == Some(field) || is_added())
    }

    fn take(&mut self) -> bool {
        let is_free = self.room.taken < MOST_FIELDS && *self.fields < MOST_OF_TYPE;
        if is_free {
            self.room.taken += 1;
            *self.fields += 1;
        }
        is_free
    }
}

fn list(shape: &Shape, path: &str, fields: &mut Vec<FieldReport>) {
    let mut push = |path: String, is_element: bool, of: u64, shape: &Shape| {
        let frequent = shape.values.frequent();
        fields.push(FieldReport {
            path: path.clone(),
            is_element,
            count: shape.kinds.sum(),
            of,
            types: shape.kinds,
            distinct: shape.values.distinct(),
            example: if frequent.is_empty() { shape.values.example() } else { None },
            values: frequent,
            range: shape.values.range(),
        });
        list(shape, &path, fields);
    };
    if let Some(elements) = &shape.elements {
        push(
            format!("{}[]", if path.is_empty() { "." } else { path }),
            true,
            shape.kinds.of(NodeKind::Array),
            elements,
        );
    }
    for (name, field) in &shape.fields {
        let step = Path(vec![Segment::key(&**name)]).jq();
        push(format!("{path}{step}"), false, shape.kinds.of(NodeKind::Object), field);
    }
}

impl Kinds {
    const ALL: [NodeKind; 6] =
        [NodeKind::String, NodeKind::Number, NodeKind::Bool, NodeKind::Object, NodeKind::Array, NodeKind::Null];

    fn add(&mut self, kind: NodeKind) {
        if let Some(count) = self.0.iter_mut().zip(Self::ALL).find_map(|(count, of)| (of == kind).then_some(count)) {
            *count += 1;
        }
    }

    /// How many there are of a kind.
    pub fn of(self, kind: NodeKind) -> u64 {
        self.0.iter().zip(Self::ALL).find_map(|(count, of)| (of == kind).then_some(*count)).unwrap_or(0)
    }

    /// How many there are in all.
    pub fn sum(self) -> u64 {
        self.0.iter().sum()
    }

    /// Whether the same types are among them.
    pub(super) fn are_those_of(self, other: Self) -> bool {
        self.0.iter().zip(other.0).all(|(one, other)| (*one > 0) == (other > 0))
    }

    /// Those that there are, the most frequent first.
    pub fn iter(self) -> impl Iterator<Item = (NodeKind, u64)> {
        let mut kinds: Vec<_> = Self::ALL.into_iter().zip(self.0).filter(|(_, count)| *count > 0).collect();
        kinds.sort_by_key(|(_, count)| Reverse(*count));
        kinds.into_iter()
    }

    /// `string`; of several with shares: `string 31, number 11`.
    pub fn words(self) -> Sanitized {
        let is_one = self.iter().nth(1).is_none();
        let words = self.iter().map(|(kind, count)| {
            if is_one { type_name(kind).into() } else { sanitized!("{} {}", type_name(kind), grouped(count)) }
        });
        Sanitized::join(words, ", ")
    }
}

/// The name of a type of JSON values.
pub fn type_name(kind: NodeKind) -> &'static str {
    JsonTypes::from(kind).names().next().unwrap_or_default()
}

/// An object with the number of each.
impl Serialize for Kinds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(kind, count)| (type_name(kind), count)))
    }
}

impl FieldReport {
    /// Its place for people: `products[].sku`.
    pub fn place(&self) -> Sanitized {
        crate::event::text::excerpt(shown_path(&self.path), 120)
    }

    /// How many values of it are neither objects nor arrays.
    pub fn scalars(&self) -> u64 {
        self.types.iter().filter(|(kind, _)| !kind.is_container()).map(|(_, count)| count).sum()
    }

    /// How many different ones of these there are.
    pub fn different(&self) -> Sanitized {
        if self.scalars() == 0 { "–".into() } else { self.distinct.words() }
    }

    /// Whether it says no more than that there are objects, or lists, whose own fields are told.
    pub fn says_nothing(&self) -> bool {
        self.is_element && self.types.iter().all(|(kind, _)| kind.is_container())
    }
}

/// A path without the dot in front.
pub fn shown_path(path: &str) -> &str {
    path.strip_prefix('.').unwrap_or(path)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn told(stage: Stage, events: &[&str]) -> Vec<String> {
        let (mut profile, mut room) = (Profile::default(), Room::default());
        for event in events {
            profile.take_in(&Document::read(event).unwrap(), stage, &mut room);
        }
        let told = |field: FieldReport| {
            let values: Vec<_> = field.values.iter().map(|it| format!("{}×{}", it.value, it.count)).collect();
            format!("{} {}/{} {} {}", field.path, field.count, field.of, field.types.words(), values.join(" "))
        };
        profile.fields().into_iter().map(told).collect()
    }

    #[test]
    fn a_field_is_told_with_its_share_of_the_objects_around_it() {
        let events = [
            r#"{"event":"purchase","revenue":25,"products":[{"sku":"a"},{"sku":"b","qty":1}],"a.b":null,"tags":["x",1]}"#,
            r#"{"event":"purchase","revenue":"25","revenue":"26","_bsft_ts":"t"}"#,
        ];
        let expected = [
            ".revenue 2/2 string 1, number 1 25×1 \"26\"×1",
            ".products 1/2 array ",
            ".products[] 2/1 object ",
            ".products[].sku 2/2 string \"a\"×1 \"b\"×1",
            ".products[].qty 1/2 number 1×1",
            r#".["a.b"] 1/2 null null×1"#,
            ".tags 1/2 array ",
            r#".tags[] 2/1 string 1, number 1 "x"×1 1×1"#,
        ];
        assert_eq!(told(Stage::Received, &events), expected);
        assert_eq!(told(Stage::Outgoing, &events).len(), expected.len() + 1, "the sender's own name stays");
        assert_eq!(told(Stage::Outgoing, &["[[1]]"]), [".[] 1/1 array ", ".[][] 1/1 number 1×1"]);
    }

    #[test]
    fn the_fields_of_all_events_together_are_bounded() {
        let (mut room, mut profiles) = (Room::default(), Vec::new());
        for kind in 0..40 {
            let mut profile = Profile::default();
            let fields: Vec<_> = (0..600).map(|n| format!(r#""f{kind}_{n}":[{{"a":1}}]"#)).collect();
            profile.take_in(&Document::read(&format!("{{{}}}", fields.join(","))).unwrap(), Stage::Outgoing, &mut room);
            profiles.push(profile);
        }
        assert!(profiles.iter().all(|profile| profile.fields().len() <= MOST_OF_TYPE));
        assert_eq!(profiles.iter().map(|profile| profile.fields().len()).sum::<usize>(), MOST_FIELDS);
        assert!(room.left_out > 0);
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        let mut profile = Profile::default();
        profile.take_in(&Document::read(&deep).unwrap(), Stage::Outgoing, &mut Room::default());
        assert_eq!(profile.fields().len(), DEEPEST as usize);
    }
}
