//! A plan that has grown stale: fields that it names and nobody sends any more.

use foldhash::HashMap;

use super::schema::{Constraint, SchemaId, Schemas};
use super::{Plan, Planned, STALE, type_of};
use crate::event::{Document, FieldIndex, NodeId, NodeKind, Path, sanitized};
use crate::lint::{Actual, Expected, Findings};

/// After so many events without a field it is told; fewer say little.
const ENOUGH: u32 = 20;

/// So many fields of one schema are watched, and so deep.
const MOST_FIELDS: usize = 1_000;
const DEEPEST: usize = 8;

/// So many schemas are looked at for them.
const MOST_LOOKS: usize = 10_000;

/// A field that a schema names.
#[derive(Debug)]
pub(super) struct PlannedField {
    /// The steps to it from the event.
    steps: Vec<FieldStep>,
    pub(super) is_required: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum FieldStep {
    Field(Box<str>),
    /// Into each element of an array.
    Each,
}

/// The fields that the team's own schemas name for every event of a type; not those of an alternative, which an event
/// may rightly lack, nor what every event may carry.
pub(super) fn fields(schemas: &Schemas) -> Vec<PlannedField> {
    let mut collection =
        FieldCollection { schemas, steps: Vec::new(), way: Vec::new(), left: MOST_LOOKS, found: Vec::new() };
    collection.collect(schemas.root);
    collection.found
}

/// The fields found so far, and the way to where it is.
struct FieldCollection<'a> {
    schemas: &'a Schemas,
    steps: Vec<FieldStep>,
    way: Vec<SchemaId>,
    /// How many schemas it may still look at: one that is referred to twice, and refers twice, leads to very many.
    left: usize,
    found: Vec<PlannedField>,
}

impl FieldCollection<'_> {
    fn collect(&mut self, id: SchemaId) {
        let Some(schema) = self.schemas.get(id).filter(|schema| self.schemas.is_own(schema.resource)) else { return };
        let Some(left) = self.left.checked_sub(1).filter(|_| !self.way.contains(&id)) else { return };
        self.left = left;
        self.way.push(id);
        for (step, inner) in schema.constraints.iter().flat_map(inside) {
            let Some(step) = step else {
                self.collect(inner);
                continue;
            };
            if self.found.len() >= MOST_FIELDS || self.steps.len() >= DEEPEST {
                continue;
            }
            self.steps.push(step);
            self.keep(&schema.constraints);
            self.collect(inner);
            self.steps.pop();
        }
        self.way.pop();
    }

    /// Keeps the field that the last step leads to, once.
    fn keep(&mut self, constraints: &[Constraint]) {
        let Some(FieldStep::Field(name)) = self.steps.last() else { return };
        let is_required = constraints
            .iter()
            .any(|constraint| matches!(constraint, Constraint::Required(names) if names.contains(name)));
        match self.found.iter_mut().find(|field| field.steps == self.steps) {
            Some(field) => field.is_required |= is_required,
            None => self.found.push(PlannedField { steps: self.steps.clone(), is_required }),
        }
    }
}

/// The schemas that hold for all events that `constraint` holds for, and the step to them.
fn inside(constraint: &Constraint) -> Vec<(Option<FieldStep>, SchemaId)> {
    match constraint {
        Constraint::Properties(properties) => {
            properties.named.iter().map(|(name, schema)| (Some(FieldStep::Field(name.clone())), *schema)).collect()
        }
        Constraint::Items { rest: Some(schema), .. } => vec![(Some(FieldStep::Each), *schema)],
        Constraint::All(schemas) => schemas.iter().map(|schema| (None, *schema)).collect(),
        Constraint::Ref(schema) => vec![(None, *schema)],
        _ => Vec::new(),
    }
}

/// Remembers which planned fields have not been seen yet, over all events of a session. It is as large as the plan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Absences {
    types: HashMap<String, Vec<Absence>>,
}

/// Of one field: in how many events it was not, or that it is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absence {
    For(u32),
    /// It was there once, or it was told that it is not.
    Settled,
}

impl Absences {
    /// Finds the fields of `plan` that `event` shows to be stale: not one event of its type had them. It is said once, at
    /// the 20th. A field within another only counts where that is there.
    pub(crate) fn observe(&mut self, plan: &Plan, event: &Document, findings: &mut Findings) {
        let Some(event_type) = type_of(event) else { return };
        let Some(Ok(planned)) = plan.types.get(event_type) else { return };
        let Planned { fields, .. } = &**planned;
        let mut index = FieldIndex::of(event);
        let known = self.types.entry(event_type.to_owned()).or_insert_with(|| vec![Absence::For(0); fields.len()]);
        for (field, absence) in fields.iter().zip(known) {
            let Absence::For(events) = *absence else { continue };
            *absence = match field.is_in(event, &mut index, findings) {
                None => continue,
                Some(true) => Absence::Settled,
                Some(false) if events + 1 < ENOUGH => Absence::For(events + 1),
                Some(false) => {
                    let found = Actual::Text(sanitized!("not in one of {} events", ENOUGH));
                    findings.push(STALE.at(Path::root(), Expected::field(field.name()), found));
                    Absence::Settled
                }
            };
        }
    }
}

impl PlannedField {
    /// Whether it is in `event`; `None` where what it would stand in is not, and where not all of that was looked at.
    fn is_in(&self, event: &Document, index: &mut FieldIndex<'_>, findings: &mut Findings) -> Option<bool> {
        let (last, way) = self.steps.split_last()?;
        let FieldStep::Field(name) = last else { return None };
        let mut places = vec![NodeId::ROOT];
        for step in way {
            places = match step {
                FieldStep::Field(name) => places.iter().filter_map(|place| index.get(*place, name)).collect(),
                FieldStep::Each => {
                    let arrays = places.iter().filter(|place| is_a(event, **place, NodeKind::Array));
                    arrays.flat_map(|array| event.children(*array)).collect()
                }
            };
            if !findings.spend(places.len()) {
                return None;
            }
        }
        places.retain(|place| is_a(event, *place, NodeKind::Object));
        let is_there = places.iter().any(|place| index.get(*place, name).is_some());
        (is_there || !places.is_empty() && places.iter().all(|place| event.is_whole(*place))).then_some(is_there)
    }

    /// `products[].price`.
    fn name(&self) -> String {
        self.steps.iter().fold(String::new(), |name, step| match step {
            FieldStep::Each => name + "[]",
            FieldStep::Field(field) if name.is_empty() => field.to_string(),
            FieldStep::Field(field) => name + "." + field,
        })
    }
}

fn is_a(event: &Document, id: NodeId, kind: NodeKind) -> bool {
    event.get(id).is_some_and(|node| node.kind == kind)
}
