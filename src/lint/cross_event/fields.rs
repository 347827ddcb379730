use std::sync::LazyLock;

use foldhash::fast::RandomState;
use foldhash::{HashSet, HashSetExt};
use indexmap::IndexMap;
use indexmap::map::Entry;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::recent::{Recent, Weight};
use super::{KeyFields, remembered};
use crate::event::catalogue::IDENTIFIERS;
use crate::event::text::sanitize;
use crate::event::{Document, NodeId, NodeKind, Origin, sanitized};
use crate::lint::amounts::bare;
use crate::lint::budget::cut_short;
use crate::lint::limits::{LONGEST_NAME, letters, standard};
use crate::lint::per_event::{PRODUCT_KEYS, PRODUCT_NAMES};
use crate::lint::{Actual, Expected, Finding, Findings, Fix, Reason, Rule, Severity, Share, Stage, degradation, shown};

/// How many fields of all types are remembered, and how many names of fields and types.
const ROOM: usize = 100_000;

/// How many fields are remembered of the objects at one place.
const MOST_FIELDS: usize = 1_000;

/// From so many events on, what they have in common says something.
const FEWEST: u32 = 5;

/// A field is usual when it is in so many of a hundred.
const USUAL: u64 = 95;

pub(super) const RULES: &[&Rule] = &[&TYPE_CHANGES, &SOMETIMES_MISSING, &CASE_TWINS];

static TYPE_CHANGES: Rule = Rule {
    id: "field-type-changes",
    severity: Severity::Warning,
    title: "a field of another type than before",
    why: "What is now of one type and now of another cannot be compared or summed: a segment sees one of the two.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/115002714773",
    bad: r#"{"event":"course_booked","email":"jane@example.com","seats":2}
{"event":"course_booked","email":"jane@example.com","seats":"2"}"#,
    good: r#"{"event":"course_booked","email":"jane@example.com","seats":2}
{"event":"course_booked","email":"jane@example.com","seats":3}"#,
};

static SOMETIMES_MISSING: Rule = Rule {
    id: "field-sometimes-missing",
    severity: Severity::Note,
    title: "a field that nearly all events of the type have, but not this one",
    why: "What is nearly always there is soon relied on: without it, a message has a gap and a segment misses the \
          customer.",
    documentation: "",
    bad: r#"{"event":"course_booked","email":"jane@example.com","course":"Pottery"}
{"event":"course_booked","email":"kim@example.com","course":"Weaving"}
{"event":"course_booked","email":"lou@example.com","course":"Pottery"}
{"event":"course_booked","email":"max@example.com","course":"Joinery"}
{"event":"course_booked","email":"noa@example.com","course":"Pottery"}
{"event":"course_booked","email":"ola@example.com"}"#,
    good: r#"{"event":"course_booked","email":"jane@example.com","course":"Pottery"}
{"event":"course_booked","email":"kim@example.com","course":"Weaving"}
{"event":"course_booked","email":"lou@example.com","course":"Pottery"}
{"event":"course_booked","email":"max@example.com","course":"Joinery"}
{"event":"course_booked","email":"noa@example.com","course":"Pottery"}
{"event":"course_booked","email":"ola@example.com","course":"Weaving"}"#,
};

pub(super) static CASE_TWINS: Rule = Rule {
    id: "case-twins",
    severity: Severity::Warning,
    title: "one name, spelled two ways",
    why: "Names must match to the letter: these are two, and what is built on one does not see the other.",
    documentation: "https://help.blueshift.com/hc/en-us/articles/360001314233",
    bad: r#"{"event":"course_booked","email":"jane@example.com","course_id":"7"}
{"event":"course_booked","email":"jane@example.com","courseId":"8"}"#,
    good: r#"{"event":"course_booked","email":"jane@example.com","course_id":"7"}
{"event":"course_booked","email":"jane@example.com","course_id":"8"}"#,
};

/// Which fields the events of each type had, and how names were spelled.
#[derive(Debug)]
pub(super) struct FieldHistory {
    /// By type and place, where all elements of an array have one place.
    shapes: Recent<ContainerStats>,
    names: Spellings,
}

/// Counts of the fields of the objects, or of the elements of the arrays, at one place in the events of one type.
#[derive(Debug, Default)]
struct ContainerStats {
    /// How many there were.
    times: u32,
    /// By the hash of their names; of an array, its elements as one.
    fields: IndexMap<u64, FieldStats, RandomState>,
}

#[derive(Debug)]
struct FieldStats {
    name: Box<str>,
    /// The hash of its place and of the letters of its name; 0 when it has none.
    letters: u64,
    times: u32,
    /// How often it was of each of [`KINDS`], and of any.
    kinds: [u32; KINDS.len()],
    total: u32,
}

const KINDS: [NodeKind; 5] = [NodeKind::String, NodeKind::Number, NodeKind::Bool, NodeKind::Array, NodeKind::Object];

/// Where a kind stands among [`KINDS`]; a null is of none.
fn place(kind: NodeKind) -> Option<usize> {
    match kind {
        NodeKind::String => Some(0),
        NodeKind::Number => Some(1),
        NodeKind::Bool => Some(2),
        NodeKind::Array => Some(3),
        NodeKind::Object => Some(4),
        NodeKind::Null => None,
    }
}

impl Weight for ContainerStats {
    fn weight(&self) -> usize {
        1 + self.fields.len()
    }
}

impl Default for FieldHistory {
    fn default() -> Self {
        Self { shapes: Recent::new(ROOM), names: Spellings(Recent::new(ROOM)) }
    }
}

impl FieldHistory {
    /// A `malformed` value sets no example: that it is of another type than others is its own fault, and not theirs.
    pub(super) fn observe(&mut self, key_fields: &KeyFields<'_>, malformed: &HashSet<NodeId>, findings: &mut Findings) {
        // Events without a name are of no type.
        let Some(name) = key_fields.event_type else { return };
        if let Some(field) = key_fields.event.type_field() {
            self.names.check_type(key_fields.event, field, name, findings);
        }
        let event = EventPlaces::read(key_fields);
        let known = self.judge(&event, malformed, findings);
        self.learn(&event, &known, malformed, findings);
    }

    /// Finds in an event that may be sent what is otherwise than in those before it. Nothing is remembered.
    pub(super) fn foresee(&self, key_fields: &KeyFields<'_>, malformed: &HashSet<NodeId>, findings: &mut Findings) {
        if key_fields.event_type.is_some() {
            self.judge(&EventPlaces::read(key_fields), malformed, findings);
        }
    }

    /// Gives by the position in the document where each field stands among those of its object.
    fn judge(
        &self,
        event: &EventPlaces<'_>,
        malformed: &HashSet<NodeId>,
        findings: &mut Findings,
    ) -> Vec<Option<usize>> {
        let mut known_at = vec![None; event.keys.len()];
        let mut there: Vec<bool> = Vec::new();
        // A mistake in one element of a list is in all of them, and worth one word.
        let mut told: HashSet<(u64, u64)> = HashSet::new();
        let enough = event.containers.first().and_then(|root| self.shapes.peek(event.shape(root)));
        let enough = enough.is_some_and(|events| events.times >= FEWEST);
        for container in &event.containers {
            let Some(shape) = self.shapes.peek(event.shape(container)) else { continue };
            // Each of its fields is looked for.
            if !findings.spend(shape.fields.len()) {
                break;
            }
            there.clear();
            there.resize(shape.fields.len(), false);
            for child in event.document.children(container.id) {
                let known = event.key(child).and_then(|key| shape.fields.get_full(&key));
                let Some((index, key, field)) = known else { continue };
                known_at.iter_mut().skip(child.index()).take(1).for_each(|at| *at = Some(index));
                there.iter_mut().skip(index).take(1).for_each(|there| *there = true);
                if !malformed.contains(&child) {
                    let times = (container.kind == NodeKind::Object).then_some(shape.times);
                    let other = field.another_type(event.document, child, times);
                    findings.extend(other.filter(|_| told.insert((event.shape(container), *key))));
                }
            }
            let whole = event.document.is_whole(container.id);
            if enough && whole && container.kind == NodeKind::Object && shape.times >= FEWEST {
                shape.missing(event, container, &there, findings);
            }
        }
        known_at
    }

    fn learn(
        &mut self,
        event: &EventPlaces<'_>,
        known_at: &[Option<usize>],
        malformed: &HashSet<NodeId>,
        findings: &mut Findings,
    ) {
        let Self { shapes, names } = self;
        for container in &event.containers {
            let key = event.shape(container);
            if shapes.peek(key).is_none() {
                shapes.put(key, ContainerStats::default());
            }
            let Some(shape) = shapes.get(key) else { continue };
            let before = shape.fields.len();
            let mut count = 0_usize;
            let mut there: Option<HashSet<u64>> = None;
            shape.times = shape.times.saturating_add(1);
            for child in event.document.children(container.id) {
                let Some(key) = event.key(child) else { continue };
                count += 1;
                let full = shape.fields.len() >= MOST_FIELDS;
                let known_at = known_at.get(child.index()).copied().flatten();
                // What was known when the event was judged may have been forgotten since.
                let known_at =
                    known_at.filter(|at| shape.fields.get_index(*at).is_some_and(|(known, _)| *known == key));
                let field = match known_at {
                    Some(at) => shape.fields.get_index_mut(at).map(|(_, field)| field),
                    None => match shape.fields.entry(key) {
                        Entry::Occupied(field) => Some(field.into_mut()),
                        Entry::Vacant(_) if full => None,
                        Entry::Vacant(place) => Some(place.insert(FieldStats::new(event, container, child))),
                    },
                };
                let Some(field) = field else { continue };
                field.learn(event.document, child, malformed.contains(&child));
                if let Some(twin) = names.twin(event, child, field.letters) {
                    let there = there.get_or_insert_with(|| {
                        event.document.children(container.id).filter_map(|child| event.key(child)).collect()
                    });
                    findings.tell(&CASE_TWINS, || twin.finding(event.document, child, there));
                }
            }
            let grown = shape.fields.len() - before;
            shapes.grew(grown);
            if container.kind == NodeKind::Object && count > MOST_FIELDS {
                let path = event.document.path(container.id);
                let found = Actual::Count { count: count as u64, of: "field" };
                findings.push(cut_short(path, "at most 1,000 fields of an object, which were checked", found));
            }
        }
    }

    /// Whether of some fields or names nothing is known any more.
    pub(super) fn has_forgotten(&self) -> bool {
        self.shapes.has_forgotten() || self.names.0.has_forgotten()
    }

    #[cfg(test)]
    pub(super) fn weight(&self) -> usize {
        self.shapes.weight() + self.names.0.weight()
    }
}

impl ContainerStats {
    /// The usual fields that are not in one object.
    fn missing(&self, event: &EventPlaces<'_>, object: &PlacedContainer, there: &[bool], findings: &mut Findings) {
        // Of identifiers one is enough, and which one is there depends on who it is.
        // The same holds for the names of a product.
        let is_one_of_several = |name: &str| match object.id {
            NodeId::ROOT => IDENTIFIERS.contains(&name) || PRODUCT_NAMES.contains(&name),
            _ => PRODUCT_KEYS.contains(&name),
        };
        let needed = |field: &FieldStats| !is_one_of_several(&field.name);
        let usual = |field: &FieldStats| u64::from(field.times) * 100 >= u64::from(self.times) * USUAL && needed(field);
        let absent = self.fields.values().zip(there).filter(|(field, there)| !**there && usual(field));
        let mut spelled: Option<HashSet<u64>> = None;
        for (field, _) in absent {
            // One that is spelled otherwise is not missing.
            let spelled = spelled.get_or_insert_with(|| {
                let names = event.document.children(object.id).filter_map(|field| event.document.key(field));
                names.map(|name| object.letters(&name)).collect()
            });
            if field.letters == 0 || !spelled.contains(&field.letters) {
                let reason = Reason::Usual { times: field.times, of: self.times };
                let expected = Expected::Field { any_of: vec![field.name.to_string().into()], reason };
                findings.tell(&SOMETIMES_MISSING, || {
                    let share = Some(Box::new(field.share(None, Some(self.times))));
                    let path = event.document.path(object.id);
                    Finding { share, ..SOMETIMES_MISSING.at(path, expected, Actual::Missing) }
                });
            }
        }
    }
}

impl FieldStats {
    fn new(event: &EventPlaces<'_>, container: &PlacedContainer, id: NodeId) -> Self {
        let name = event.document.key(id).unwrap_or_default();
        let letters = container.letters(&name);
        Self { name: remembered(&name), letters, times: 0, kinds: [0; KINDS.len()], total: 0 }
    }

    fn learn(&mut self, event: &Document, id: NodeId, is_malformed: bool) {
        self.times = self.times.saturating_add(1);
        let kind = event.get(id).map(|node| node.kind).filter(|_| !is_malformed);
        if let Some(count) = kind.and_then(place).and_then(|place| self.kinds.get_mut(place)) {
            *count = count.saturating_add(1);
            self.total = self.total.saturating_add(1);
        }
    }

    /// That the value is not of the type that most before it were of.
    fn another_type(&self, event: &Document, id: NodeId, objects: Option<u32>) -> Option<Finding> {
        let kind = event.get(id)?.kind;
        // As all before it.
        let own = place(kind).and_then(|place| self.kinds.get(place)).copied().unwrap_or(0);
        let total = self.total;
        if own == total {
            return None;
        }
        let counts = || self.kinds.into_iter().zip(KINDS);
        let (mut count, mut usual) = counts().max_by_key(|(count, _)| *count)?;
        let mut enough = total / 2;
        // Of what is documented to be a number, a string of digits is the odd one, however many there are.
        if matches!((kind, usual), (NodeKind::String | NodeKind::Number, NodeKind::String | NodeKind::Number))
            && degradation::is_number_by_name(&self.name)
        {
            (count, usual) = counts().find(|(_, known)| *known == NodeKind::Number)?;
            enough = 0;
        }
        // A null says that there is none, and is of no type.
        if usual == kind || kind == NodeKind::Null || count <= enough {
            return None;
        }
        let expected = Expected::Type { types: usual.into(), reason: Reason::Usual { times: count, of: total } };
        let share = Some(Box::new(self.share(Some(kind), objects)));
        let text = event.plain(id);
        let right = match (usual, kind) {
            (NodeKind::Number, NodeKind::String) => {
                bare(&text).filter(|number| serde_json::from_str::<serde_json::Number>(number).is_ok())
            }
            (NodeKind::Bool, NodeKind::String) => {
                let word = text.trim().to_ascii_lowercase();
                matches!(&*word, "true" | "false").then_some(word)
            }
            (NodeKind::String, NodeKind::Number | NodeKind::Bool) => Some(format!("\"{text}\"")),
            _ => None,
        };
        let fix = right.map(Fix::Replace);
        Some(Finding { fix, share, ..TYPE_CHANGES.at(event.path(id), expected, shown(event, id)) })
    }

    /// How it stands in the events so far and in one more, which has it as a value of that kind, or not; `objects` are
    /// those before in which it could be.
    fn share(&self, kind: Option<NodeKind>, objects: Option<u32>) -> Share {
        let counts = self.kinds.into_iter().zip(KINDS);
        let counts = counts.map(|(count, known)| (known, count.saturating_add(u32::from(Some(known) == kind))));
        let mut kinds: Vec<_> = counts.filter(|(_, count)| *count > 0).collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let without = objects.map_or(0, |objects| objects.saturating_sub(self.times));
        Share { kinds, missing: without.saturating_add(u32::from(kind.is_none())) }
    }
}

/// One event, with a hash for each name and each place in it.
struct EventPlaces<'a> {
    document: &'a Document,
    /// The hash of its type.
    typed: u64,
    /// By the position in the document: the hash of the name that a value stands under, none for what does not count.
    keys: Vec<Option<u64>>,
    containers: Vec<PlacedContainer>,
}

struct PlacedContainer {
    id: NodeId,
    kind: NodeKind,
    /// The hash of the names on the way to it.
    place: u64,
}

/// The key of all elements of an array.
const ELEMENT: u64 = 1;

impl<'a> EventPlaces<'a> {
    /// Of a received event, what the platform added does not count.
    fn read(key_fields: &KeyFields<'a>) -> Self {
        let KeyFields { event: document, stage, typed, .. } = *key_fields;
        let mut keys = Vec::with_capacity(document.len());
        let mut places: Vec<Option<u64>> = Vec::with_capacity(document.len());
        let mut containers = Vec::new();
        for id in document.ids() {
            let Some(node) = document.get(id) else { continue };
            keys.resize(id.index(), None);
            places.resize(id.index(), None);
            let around = document.parent(id).map(|parent| places.get(parent.index()).copied().flatten());
            let platforms = stage == Stage::Received && node.depth == 1;
            let counts = !(platforms && document.origin(id) != Origin::Sender) && document.occurrence(id) == 0;
            let key = document.key_hash(id).unwrap_or(ELEMENT);
            let place = match around {
                None => Some(0),
                Some(around) => around.filter(|_| counts).map(|around| joined(around, key)),
            };
            keys.push(place.map(|_| key));
            places.push(place.filter(|_| node.kind.is_container()));
            if let Some(place) = place.filter(|_| node.kind.is_container()) {
                containers.push(PlacedContainer { id, kind: node.kind, place });
            }
        }
        Self { document, typed, keys, containers }
    }

    fn key(&self, id: NodeId) -> Option<u64> {
        self.keys.get(id.index()).copied().flatten()
    }

    /// Under what the shape of a container is remembered.
    fn shape(&self, container: &PlacedContainer) -> u64 {
        joined(self.typed, container.place)
    }
}

impl PlacedContainer {
    /// The hash of this place and of the letters of a name; 0 when it has none.
    fn letters(&self, name: &str) -> u64 {
        if name.contains(char::is_alphabetic) { xxh3_64_with_seed(letters(name).as_bytes(), self.place) } else { 0 }
    }
}

fn joined(place: u64, key: u64) -> u64 {
    xxh3_64_with_seed(&key.to_le_bytes(), place)
}

/// By place and letters, the spelling that names have.
#[derive(Debug)]
struct Spellings(Recent<Spelling>);

#[derive(Debug)]
struct Spelling {
    hash: u64,
    text: Box<str>,
    /// Whether the platform has an attribute of that name.
    standard: bool,
}

impl Weight for Spelling {}

/// The place of the names of event types, which is in no event.
const TYPES: u64 = u64::MAX;

impl Spellings {
    /// The other spelling of a name; the platform's own, or else the first that was seen.
    fn other(&mut self, letters: u64, hash: u64, name: &str, is_standard: fn(&str) -> bool) -> Option<&Spelling> {
        let new = || Spelling { hash, text: remembered(name), standard: is_standard(name) };
        let Some(known) = self.0.get(letters) else {
            self.0.put(letters, new());
            return None;
        };
        if known.hash != hash && !known.standard && is_standard(name) {
            *known = new();
        }
        self.0.peek(letters).filter(|known| known.hash != hash && !is_standard(name))
    }

    fn check_type(&mut self, event: &Document, field: NodeId, name: &str, findings: &mut Findings) {
        // One that is so long is no name.
        if name.len() > 4 * LONGEST_NAME {
            return;
        }
        let letters = letters(name);
        // Other spellings of standard names, and names with white space, have their own rules.
        if letters.is_empty() || standard(&letters).is_some() || name.contains(char::is_whitespace) {
            return;
        }
        let letters = xxh3_64_with_seed(letters.as_bytes(), TYPES);
        if let Some(other) = self.other(letters, xxh3_64(name.as_bytes()), name, |_| false) {
            let expected = sanitized!("{}, as it was spelled before", sanitize(&other.text));
            findings.push(CASE_TWINS.at(event.path(field), expected, shown(event, field)));
        }
    }

    /// The other spelling of a field's name.
    fn twin(&mut self, event: &EventPlaces<'_>, field: NodeId, letters: u64) -> Option<&Spelling> {
        static STANDARD: LazyLock<HashSet<&str>> = LazyLock::new(|| degradation::known(|_| true));
        let hash = event.key(field).filter(|_| letters != 0)?;
        if self.0.get(letters).is_some_and(|known| known.hash == hash) {
            return None;
        }
        let name = event.document.key(field)?;
        self.other(letters, hash, &name, |name| STANDARD.contains(name))
    }
}

impl Spelling {
    /// That a field's name is spelled otherwise than this; the names `there` are in the same object.
    fn finding(&self, event: &Document, field: NodeId, there: &HashSet<u64>) -> Finding {
        let fix = self.standard && !there.contains(&self.hash);
        let fix = fix.then(|| Fix::Rename(self.text.to_string()));
        let reason = if self.standard { Reason::Platform } else { Reason::SpelledBefore };
        let expected = Expected::Name { name: self.text.to_string().into(), reason };
        let found = Actual::Name(remembered(&event.key(field).unwrap_or_default()));
        Finding { fix, ..CASE_TWINS.at(event.path(field), expected, found) }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::Stage::{self, Outgoing, Received};
    use crate::lint::tests::across;

    /// Where something is found, and what was expected there.
    type Wanted = &'static [(&'static str, &'static str)];

    /// The findings of `rule` in the last of these events, all of one type: where, and what was expected.
    fn last(rule: &str, fields: &[&str], stage: Stage) -> Vec<(String, String)> {
        let events: Vec<_> = fields.iter().map(|fields| format!(r#"{{"event":"booked",{fields}}}"#)).collect();
        let events: Vec<&str> = events.iter().map(String::as_str).collect();
        let found = across(&events, stage, rule).into_iter().filter(|(at, ..)| *at + 1 == events.len());
        found.map(|(_, path, expected)| (path, expected)).collect()
    }

    #[test]
    fn a_field_keeps_its_type() {
        let cases: [(&[&str], Wanted); 12] = [
            (&[r#""a":1"#, r#""a":2.5"#], &[]),
            (&[r#""a":1"#, r#""a":"1 seat""#], &[("/a", "a number, as in 1 of 1 before it")]),
            (&[r#""a":"1""#, r#""a":1"#], &[("/a", "a string, as in 1 of 1 before it")]),
            (&[r#""a":1"#, r#""a":null"#], &[]),
            (&[r#""a":null"#, r#""a":1"#], &[]),
            (&[r#""a":1"#, r#""a":null"#, r#""a":true"#], &[("/a", "a number, as in 1 of 1 before it")]),
            (&[r#""a":1"#, r#""a":2"#, r#""a":"x""#, r#""a":[]"#], &[("/a", "a number, as in 2 of 3 before it")]),
            (&[r#""a":1"#, r#""a":"x""#, r#""a":2"#], &[]),
            (&[r#""b":1"#, r#""c":"x""#], &[]),
            (
                &[r#""l":[{"p":1},{"p":2}]"#, r#""l":[{"p":3},{"p":"x"}]"#],
                &[("/l/1/p", "a number, as in 2 of 2 before it")],
            ),
            (&[r#""l":["x","y"]"#, r#""l":["z",1]"#], &[("/l/1", "a string, as in 2 of 2 before it")]),
            (&[r#""l":["x",1]"#, r#""l":["x",1]"#], &[]),
        ];
        for (fields, wanted) in cases {
            let found = last("field-type-changes", fields, Outgoing);
            let wanted: Vec<_> = wanted.iter().map(|(at, expected)| ((*at).into(), (*expected).into())).collect();
            assert_eq!(found, wanted, "{fields:?}");
        }
        let others = [r#"{"event":"a","n":1}"#, r#"{"event":"b","n":"x"}"#, r#"{"n":1}"#, r#"{"n":"x"}"#];
        assert!(across(&others, Outgoing, "field-type-changes").is_empty(), "of other types and of none");
    }

    #[test]
    fn a_value_of_another_type_is_written_in_the_usual_one_where_that_is_certain() {
        let fix = |first: &str, second: &str| {
            let mut linter = crate::plan::Linter::default();
            let found = [first, second].map(|fields| {
                let event = crate::lint::tests::read(&format!(r#"{{"event":"booked","cookie":"c",{fields}}}"#));
                linter.observe(&event, crate::lint::tests::context(Outgoing))
            });
            let [_, found] = found;
            let found = found.into_iter().find(|it| it.rule.id == "field-type-changes");
            found.and_then(|it| it.fix).map(|fix| fix.words().to_string())
        };
        for (first, second, wanted) in [
            (r#""y":1"#, r#""y":"12,50""#, Some("write 12.50")),
            (r#""y":true"#, r#""y":"false""#, Some("write false")),
            (r#""y":"a""#, r#""y":7"#, Some("write \"7\"")),
            (r#""y":1"#, r#""y":"many""#, None),
        ] {
            assert_eq!(fix(first, second).as_deref(), wanted, "{first} {second}");
        }
    }

    #[test]
    fn a_wrong_form_is_told_by_its_own_rule_alone() {
        for (before, now) in [
            (r#""revenue":1"#, r#""revenue":"$ 79.95""#),
            (r#""a":1"#, r#""a":"undefined""#),
            (r#""a":1"#, r#""a":"""#),
            (r#""products":[{"sku":"1"}]"#, r#""products":{"sku":"1"}"#),
        ] {
            assert_eq!(last("field-type-changes", &[before, now], Outgoing), [], "{now}");
        }
    }

    #[test]
    fn what_is_malformed_sets_no_example_and_a_list_is_told_of_once() {
        let order = |revenue: &str| {
            format!(r#"{{"event":"purchase","email":"jane@example.com","order_id":"1","revenue":{revenue}}}"#)
        };
        let (bad, text, number) = (order("\"$ 12.00\""), order("\"12.00\""), order("12.00"));
        let at = |events: &[&str]| across(events, Outgoing, "field-type-changes").iter().map(|(at, ..)| *at).collect();
        let cases: [(&[&str], Vec<usize>); 3] =
            [(&[&bad, &number, &number], vec![]), (&[&text, &number], vec![]), (&[&number, &bad, &text], vec![2])];
        for (events, wanted) in cases {
            let found: Vec<usize> = at(events);
            assert_eq!(found, wanted, "{events:?}");
        }
        let lines =
            |price: &str| format!(r#""lines":[{}{{"price":{price}}}]"#, format!(r#"{{"price":{price}}},"#).repeat(9));
        let found = last("field-type-changes", &[&lines("1"), &lines("\"1\"")], Outgoing);
        assert_eq!(found, [("/lines/0/price".to_owned(), "a number, as in 10 of 10 before it".to_owned())]);
    }

    #[test]
    fn of_a_documented_number_the_text_is_the_odd_one_whichever_comes_first() {
        let with = |revenue: &str| format!(r#""revenue":{revenue},"products":[{{"sku":"1","quantity":{revenue}}}]"#);
        let (text, number) = (with("\"2\""), with("2"));
        let at = |events: &[&str]| last("field-type-changes", events, Outgoing).into_iter().map(|(at, _)| at).collect();
        let told: Vec<String> = at(&[&text, &text, &number]);
        assert_eq!(told, [""; 0], "the number is right");
        let told: Vec<String> = at(&[&text, &number, &text]);
        assert_eq!(told, ["/revenue", "/products/0/quantity"]);
    }

    #[test]
    fn an_identifier_that_most_have_is_not_missed() {
        let (known, anonymous) = (r#""customer_id":"7","cookie":"c""#, r#""cookie":"c""#);
        let events = [known, known, known, known, known, known, anonymous];
        assert_eq!(last("field-sometimes-missing", &events, Outgoing), []);
        let (sku, id) = (r#""products":[{"sku":"1"}]"#, r#""products":[{"product_id":"1"}]"#);
        assert_eq!(last("field-sometimes-missing", &[sku, sku, sku, sku, sku, sku, id], Outgoing), []);
    }

    #[test]
    fn what_nearly_all_events_have_is_missed() {
        let has = r#""a":1,"l":[{"p":1,"q":2}]"#;
        let cases: [(usize, &str, &str, Wanted); 8] = [
            (4, "", r#""l":[]"#, &[]),
            (5, "", r#""l":[]"#, &[("", "a, which 5 of 5 before it have")]),
            (19, r#""l":[]"#, r#""l":[]"#, &[("", "a, which 19 of 20 before it have")]),
            (18, r#""l":[]"#, r#""l":[]"#, &[]),
            (5, "", r#""A":1,"l":[]"#, &[]),
            (5, "", r#""a":null,"l":[]"#, &[]),
            (5, "", r#""a":1,"l":[{"p":1,"q":2},{"p":1}]"#, &[("/l/1", "q, which 5 of 5 before it have")]),
            (3, r#""l":[]"#, r#""l":[]"#, &[]),
        ];
        for (times, without, now, wanted) in cases {
            let mut events = vec![has; times];
            events.extend((!without.is_empty()).then_some(without));
            events.push(now);
            let found = last("field-sometimes-missing", &events, Outgoing);
            let wanted: Vec<_> = wanted.iter().map(|(at, expected)| ((*at).into(), (*expected).into())).collect();
            assert_eq!(found, wanted, "{now} after {times}");
        }
    }

    #[test]
    fn what_another_rule_misses_or_calls_otherwise_is_not_missed_again() {
        let view = |fields: &str| format!(r#"{{"event":"view","email":"jane@example.com",{fields}}}"#);
        let usual = view(r#""products":[{"sku":"1","quantity":2}]"#);
        for odd in [r#""a":1"#, r#""items":[{"sku":"1"}]"#, r#""products":[{"sku":"1","qty":2}]"#] {
            let odd = view(odd);
            let events = [&*usual, &*usual, &*usual, &*usual, &*usual, &*odd];
            assert_eq!(across(&events, Outgoing, "field-sometimes-missing"), [], "{odd}");
        }
    }

    #[test]
    fn a_missing_field_is_told_whatever_it_is_called() {
        for [one, two] in [["one", "two"], ["a", "of"], ["none", "customer_id,"], ["the name", "event x"]] {
            let usual =
                |n: usize| format!(r#"{{"event":"kiln_fired","email":"a{n}@example.com","{one}":1,"{two}":2}}"#);
            let mut events: Vec<_> = (0..40).map(usual).collect();
            events.push(r#"{"event":"kiln_fired"}"#.to_owned());
            let events: Vec<&str> = events.iter().map(String::as_str).collect();
            let missing = across(&events, Outgoing, "field-sometimes-missing");
            let wanted = [one, two].map(|name| (40, String::new(), format!("{name}, which 40 of 40 before it have")));
            assert_eq!(missing, wanted);
            assert_eq!(across(&events, Outgoing, "identifier-missing").len(), 1, "no email");
        }
    }

    #[test]
    fn what_the_platform_added_is_not_compared() {
        let with = r#""site":"a","action":1,"_bsft_x":{"y":1}"#;
        let cases = [r#""n":1"#, r#""site":1,"Action":2,"_bsft_x":{"Y":"1"}"#];
        for now in cases {
            for rule in ["field-type-changes", "field-sometimes-missing", "case-twins"] {
                assert_eq!(last(rule, &[with, with, with, with, with, now], Received), [], "{rule}: {now}");
            }
        }
        assert_eq!(last("field-type-changes", &[with, r#""site":1"#], Outgoing).len(), 1);
    }

    #[test]
    fn a_name_is_spelled_in_one_way() {
        let cases: [(&str, &str, Wanted); 11] = [
            (r#""seat_no":1"#, r#""seat_no":2"#, &[]),
            (r#""seat_no":1"#, r#""seatNo":2"#, &[("/seatNo", "the name seat_no, as it was spelled before")]),
            (r#""seatNo":1"#, r#""seat-no":2"#, &[("/seat-no", "the name seatNo, as it was spelled before")]),
            (r#""seat_no":1"#, r#""seat":{"seatNo":2}"#, &[]),
            (
                r#""l":[{"seat_no":1}]"#,
                r#""l":[{"Seat_No":2}]"#,
                &[("/l/0/Seat_No", "the name seat_no, as it was spelled before")],
            ),
            (r#""a":1"#, r#""b":1,"B":2"#, &[("/B", "the name b, as it was spelled before")]),
            (r#""customerId":"1""#, r#""customer_id":"1""#, &[]),
            // One that the platform knows has a rule of its own.
            (r#""customer_id":"1""#, r#""customerId":"1""#, &[]),
            (
                r#""lines":[{"product_id":"1"}]"#,
                r#""lines":[{"productId":"1"}]"#,
                &[("/lines/0/productId", "the name product_id, as the platform spells it")],
            ),
            (r#""2024-01":1"#, r#""202401":2"#, &[]),
            (r#""_":1"#, r#""-":2"#, &[]),
        ];
        for (before, now, wanted) in cases {
            let found = last("case-twins", &[before, now], Outgoing);
            let wanted: Vec<_> = wanted.iter().map(|(at, expected)| ((*at).into(), (*expected).into())).collect();
            assert_eq!(found, wanted, "{before}, then {now}");
        }
        let types =
            ["plan_chosen", "Plan_Chosen", "planChosen", "plan_chosen", "plan chosen", "add_to_cart", "AddToCart"];
        let events: Vec<_> = types.iter().map(|name| format!(r#"{{"event":"{name}"}}"#)).collect();
        let events: Vec<&str> = events.iter().map(String::as_str).collect();
        let found: Vec<_> =
            across(&events, Outgoing, "case-twins").into_iter().map(|(at, path, _)| (at, path)).collect();
        assert_eq!(found, [(1, "/event".to_owned()), (2, "/event".to_owned())]);
        let between = [r#"{"event":"a","seat_no":1}"#, r#"{"event":"b","seatNo":1}"#];
        assert_eq!(across(&between, Outgoing, "case-twins").len(), 1, "in another type too");
    }

    #[test]
    fn of_an_object_with_too_many_fields_the_first_are_compared_and_that_is_said() {
        let fields: Vec<_> = (0..10_000).map(|n| format!(r#""f{n}":1"#)).collect();
        let other = fields.join(",").replace(":1", ":true");
        let found = |rule| last(rule, &[&fields.join(","), &other], Outgoing);
        let said = [(String::new(), "at most 1,000 fields of an object, which were checked".to_owned())];
        assert_eq!(found("cut-short"), said);
        assert_eq!(found("field-type-changes").len(), 101);
    }
}
