//! An event, held to a schema: what is not as planned, in the words of findings.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::decimal::Decimal;
use super::nearest;
use super::schema::{Bounds, Constraint, Literal, Properties, SchemaId, Schemas};
use super::{FIELD, MISSING, TYPE, VALUE, is_text};
use crate::event::catalogue::{ANY_EVENT, Catalogue};
use crate::event::text::{counted, excerpt, sanitize};
use crate::event::{Document, FieldIndex, NodeId, NodeKind, Origin, Payload, Sanitized, sanitized};
use crate::lint::{
    Actual, Expected, Finding, Findings, Fix, JsonTypes, Name, Reason, Rule, Severity, Stage, letters, shown,
};

/// How many schemas may be within one another, by fields or by references.
const DEEPEST: u32 = 384;

/// How deep a value is compared with another.
const DEEPEST_VALUE: u32 = 128;

/// So many violations are kept, with those of alternatives, of which most are thrown away.
const MOST: usize = 1_000;

/// So many of the values that are allowed are told.
const MOST_VALUES: usize = 100;

/// The longest text that may be meant for one of those values, in bytes.
const LONGEST_VALUE: usize = 1_024;

/// How many values are gone through in a step, where each costs little.
const VALUES_A_STEP: usize = 16;

/// The cost of matching a pattern: so many bytes of the text are a step.
const BYTES_A_STEP: usize = 8;

/// The widest list of values in a finding, in columns.
const WIDEST: usize = 100;

/// Finds where `event` is not as `schemas` want it, in the order of its fields.
pub(super) fn check(schemas: &Schemas, event: &Document, stage: Stage, findings: &mut Findings) {
    let mut check = Validation::new(schemas, event, stage, findings);
    check.fits(schemas.root, NodeId::ROOT, &mut Evaluated::default());
    check.unplanned();
    check.tell();
}

/// The values that a schema has looked at, directly in the one that it is held to.
#[derive(Default)]
struct Evaluated(Option<Box<HashSet<NodeId>>>);

impl Evaluated {
    fn insert(&mut self, at: NodeId) {
        self.0.get_or_insert_default().insert(at);
    }

    fn contains(&self, at: NodeId) -> bool {
        self.0.as_ref().is_some_and(|evaluated| evaluated.contains(&at))
    }

    fn extend(&mut self, inner: Self) {
        if let Some(inner) = inner.0 {
            self.0.get_or_insert_default().extend(*inner);
        }
    }
}

struct Validation<'a, 'f> {
    schemas: &'a Schemas,
    event: &'a Document,
    stage: Stage,
    /// Pays for the steps of the check.
    findings: &'f mut Findings,
    fields: FieldIndex<'a>,
    depth: u32,
    /// Above 0 where it is only asked whether something fits.
    silent: u32,
    /// Above 0 where it is not known yet which of several alternatives is told.
    trials: u32,
    violations: Vec<Violation>,
    /// Of each rule, how many are not kept.
    more: Vec<(&'static Rule, usize)>,
    /// The resources on the way to where it is.
    scope: Vec<usize>,
    /// The objects whose fields the plan names, with how.
    described: HashMap<NodeId, Vec<&'a Properties>>,
    /// Which values, by their position in the event, a schema says something of.
    known: Vec<bool>,
}

/// Something that is not as planned.
struct Violation {
    at: NodeId,
    rule: &'static Rule,
    severity: Severity,
    expected: Expected,
    found: Actual,
    fix: Option<Fix>,
}

impl<'a, 'f> Validation<'a, 'f> {
    fn new(schemas: &'a Schemas, event: &'a Document, stage: Stage, findings: &'f mut Findings) -> Self {
        Self {
            schemas,
            event,
            stage,
            findings,
            fields: FieldIndex::of(event),
            depth: 0,
            silent: 0,
            trials: 0,
            violations: Vec::new(),
            more: Vec::new(),
            scope: Vec::new(),
            described: HashMap::new(),
            known: vec![false; event.len()],
        }
    }

    /// Whether the value at `at` is as the schema wants it; if it is, what it looked at is added to `outer`.
    fn fits(&mut self, id: SchemaId, at: NodeId, outer: &mut Evaluated) -> bool {
        let schemas = self.schemas;
        let Some(schema) = schemas.get(id) else { return true };
        if !self.spend(1) || self.depth >= DEEPEST {
            self.findings.cut();
            return true;
        }
        let is_new = self.scope.last() != Some(&schema.resource);
        if is_new {
            self.scope.push(schema.resource);
        }
        self.depth += 1;
        let mut seen = Evaluated::default();
        let (mut fits, mut is_other_type) = (true, false);
        for constraint in &schema.constraints {
            // A value of another type is no other value too.
            if is_other_type && matches!(constraint, Constraint::OneOf(_)) {
                continue;
            }
            if !self.holds(constraint, at, &mut seen) {
                fits = false;
                is_other_type |= matches!(constraint, Constraint::Type(_));
                if self.silent > 0 {
                    break;
                }
            }
        }
        self.depth -= 1;
        if is_new {
            self.scope.pop();
        }
        if fits && schemas.has_unevaluated {
            outer.extend(seen);
        }
        fits
    }

    /// Pays for so many steps; false when there are not so many left.
    fn spend(&mut self, steps: usize) -> bool {
        self.findings.spend(steps)
    }

    fn holds(&mut self, constraint: &'a Constraint, at: NodeId, seen: &mut Evaluated) -> bool {
        let Some(kind) = self.event.get(at).map(|node| node.kind) else { return true };
        match constraint {
            Constraint::Absence => self.no_field(at, &[]),
            Constraint::Type(types) => types_of(self.event, at).has(*types) || self.other_type(at, *types),
            Constraint::OneOf(values) => self.one_of(values, at),
            Constraint::All(schemas) => self.all(schemas, at, seen),
            Constraint::Any(schemas) => self.any(schemas, at, seen),
            Constraint::One(schemas) => self.one(schemas, at, seen),
            Constraint::Not(schema) => {
                !self.silently(*schema, at, &mut Evaluated::default()) || {
                    self.value(at, "anything else: the plan rules this out", None)
                }
            }
            Constraint::If { test, then, otherwise } => {
                let branch = if self.silently(*test, at, seen) { then } else { otherwise };
                branch.is_none_or(|branch| self.fits(branch, at, seen))
            }
            Constraint::Ref(schema) => self.fits(*schema, at, seen),
            Constraint::DynamicRef { schema, anchor } => {
                let outermost = anchor
                    .as_ref()
                    .and_then(|anchor| self.scope.iter().find_map(|resource| self.schemas.dynamic(*resource, anchor)));
                self.fits(outermost.unwrap_or(*schema), at, seen)
            }
            _ => match kind {
                NodeKind::Object => self.object_holds(constraint, at, seen),
                NodeKind::Array => self.array_holds(constraint, at, seen),
                NodeKind::String => self.string_holds(constraint, at),
                NodeKind::Number => self.number_holds(constraint, at),
                NodeKind::Bool | NodeKind::Null => true,
            },
        }
    }

    fn number_holds(&mut self, constraint: &Constraint, at: NodeId) -> bool {
        let number = || Decimal::read(self.event.text(at));
        let (holds, words, than) = match constraint {
            Constraint::Minimum { than, exclusive: false } => (number() >= *than, "at least", than),
            Constraint::Minimum { than, exclusive: true } => (number() > *than, "more than", than),
            Constraint::Maximum { than, exclusive: false } => (number() <= *than, "at most", than),
            Constraint::Maximum { than, exclusive: true } => (number() < *than, "less than", than),
            Constraint::MultipleOf(than) => (number().is_multiple_of(than), "a multiple of", than),
            _ => return true,
        };
        holds || self.value(at, sanitized!("{} {}", words, Sanitized::of(than)), None)
    }

    fn string_holds(&mut self, constraint: &Constraint, at: NodeId) -> bool {
        match constraint {
            _ if !self.spend(self.event.text(at).len() / BYTES_A_STEP) => true,
            Constraint::Length(bounds) => {
                let length = self.event.plain(at).chars().count();
                bounds.hold(length)
                    || self.value(at, sanitized!("{}, here are {}", words(*bounds, "character"), length), None)
            }
            Constraint::Pattern(pattern) => {
                let text = self.event.plain(at);
                pattern.is_match(&text) || self.value(at, sanitized!("a text that fits {}", cut(&pattern.text)), None)
            }
            Constraint::Format(format) => format.fits(&self.event.plain(at)) || self.value(at, format.words(), None),
            _ => true,
        }
    }

    fn array_holds(&mut self, constraint: &'a Constraint, at: NodeId, seen: &mut Evaluated) -> bool {
        let event = self.event;
        let count = event.get(at).map_or(0, |node| node.children as usize);
        match constraint {
            _ if !self.spend(count / VALUES_A_STEP) => true,
            Constraint::Elements(bounds) => {
                bounds.hold(count)
                    || self.value(at, sanitized!("{}, here are {}", words(*bounds, "element"), count), None)
            }
            Constraint::Different => self.are_different(at) || self.value(at, "elements that are all different", None),
            Constraint::Items { first, rest } => {
                let mut fits = true;
                for (index, child) in event.children(at).enumerate() {
                    let Some(schema) = first.get(index).or(rest.as_ref()) else { break };
                    fits &= self.visit(*schema, child, seen);
                    if !fits && self.silent > 0 {
                        break;
                    }
                }
                fits
            }
            Constraint::Contains { schema, bounds } => {
                let mut count = 0;
                for child in event.children(at) {
                    if self.silently(*schema, child, &mut Evaluated::default()) {
                        count += 1;
                        seen.insert(child);
                    }
                }
                bounds.hold(count) || !event.is_whole(at) || {
                    let expected = sanitized!("{} of the kind that the plan asks for", words(*bounds, "element"));
                    self.value(at, sanitized!("{}, here are {}", expected, count), None)
                }
            }
            Constraint::UnevaluatedItems(schema) => {
                let left: Vec<NodeId> = event.children(at).filter(|child| !seen.contains(*child)).collect();
                each(left, |child| self.visit(*schema, child, seen))
            }
            _ => true,
        }
    }

    fn object_holds(&mut self, constraint: &'a Constraint, at: NodeId, seen: &mut Evaluated) -> bool {
        let event = self.event;
        let count = event.get(at).map_or(0, |node| node.children as usize);
        match constraint {
            _ if !self.spend(count / VALUES_A_STEP) => true,
            Constraint::Required(names) if self.silent > 0 => {
                !event.is_whole(at)
                    || !self.spend(names.len() / VALUES_A_STEP)
                    || names.iter().all(|name| self.fields.get(at, name).is_some())
            }
            Constraint::Required(names) => {
                let missing = self.missing(at, names);
                each(missing, |name| self.is_missing(at, vec![name.to_owned().into()], Reason::Rule))
            }
            Constraint::RequiredWith { field, others } => {
                if self.sent(at, field).is_none() {
                    return true;
                }
                let reason = Reason::Beside(field.clone());
                let missing = self.missing(at, others);
                each(missing, |name| self.is_missing(at, vec![name.to_owned().into()], reason.clone()))
            }
            Constraint::With { field, schema } => self.sent(at, field).is_none() || self.fits(*schema, at, seen),
            Constraint::Fields(bounds) => {
                let count = event.children(at).filter(|child| !self.is_left_out(*child)).count();
                bounds.hold(count)
                    || !event.is_whole(at)
                    || self.value(at, sanitized!("{}, here are {}", words(*bounds, "field"), count), None)
            }
            Constraint::Properties(properties) => self.properties(properties, at, seen),
            Constraint::Names(schema) => {
                let mut fits = true;
                for child in event.children(at) {
                    if !self.is_left_out(child) && !self.is_name(*schema, child) {
                        let expected = "a field whose name is as the plan wants it".into();
                        let found = Actual::Text(cut(&event.key(child).unwrap_or_default()));
                        fits = self.violated(Violation { expected, found, ..Violation::of(&VALUE, child) });
                    }
                }
                fits
            }
            Constraint::UnevaluatedFields(schema) => {
                let left = event.children(at).filter(|child| !seen.contains(*child) && !self.is_left_out(*child));
                let left: Vec<NodeId> = left.collect();
                each(left, |child| self.other_field(*schema, child, seen, &[]))
            }
            _ => true,
        }
    }

    fn properties(&mut self, properties: &'a Properties, at: NodeId, seen: &mut Evaluated) -> bool {
        let event = self.event;
        if !properties.named.is_empty() {
            let described = self.described.entry(at).or_default();
            if !described.iter().any(|known| std::ptr::eq(*known, properties)) {
                described.push(properties);
            }
        }
        let mut fits = true;
        for child in event.children(at) {
            if self.is_left_out(child) {
                continue;
            }
            let mut is_known = false;
            if let Some(schema) = properties.of_field(event, child) {
                is_known = true;
                fits &= self.visit(schema, child, seen);
            }
            for (pattern, schema) in &properties.patterns {
                let Some(key) = event.key(child) else { continue };
                if self.spend(1 + key.len() / BYTES_A_STEP) && pattern.is_match(&key) {
                    is_known = true;
                    fits &= self.visit(*schema, child, seen);
                }
            }
            if let (false, Some(others)) = (is_known, properties.others) {
                fits &= self.other_field(others, child, seen, &[properties]);
            }
            if !fits && self.silent > 0 {
                return false;
            }
        }
        fits
    }

    /// Holds a value within another to its own schema, and keeps that it was looked at.
    fn visit(&mut self, schema: SchemaId, child: NodeId, seen: &mut Evaluated) -> bool {
        if let Some(known) = self.known.get_mut(child.index()) {
            *known = true;
        }
        if self.schemas.has_unevaluated {
            seen.insert(child);
        }
        self.fits(schema, child, &mut Evaluated::default())
    }

    /// Holds a field that the plan does not name to what it says of such fields: most often, that there are none.
    fn other_field(&mut self, schema: SchemaId, child: NodeId, seen: &mut Evaluated, planned: &[&Properties]) -> bool {
        let constraints = self.schemas.get(schema).map_or(&[][..], |schema| &schema.constraints);
        if !matches!(constraints, [Constraint::Absence]) {
            return self.visit(schema, child, seen);
        }
        if let Some(known) = self.known.get_mut(child.index()) {
            *known = true;
        }
        self.no_field(child, planned)
    }

    fn no_field(&mut self, at: NodeId, planned: &[&Properties]) -> bool {
        if self.silent > 0 {
            return false;
        }
        if self.is_full(&FIELD) {
            return false;
        }
        let (expected, fix) = self.instead(at, planned);
        let expected = expected.unwrap_or_else(|| "no such field: the plan allows no others".into());
        let found = shown(self.event, at);
        self.violated(Violation { severity: Severity::Error, expected, found, fix, ..Violation::of(&FIELD, at) })
    }

    /// The planned field that an unplanned one may be meant for; and the fix, where only its spelling differs.
    fn instead(&mut self, at: NodeId, planned: &[&Properties]) -> (Option<Expected>, Option<Fix>) {
        let Some(key) = self.event.key(at) else { return (None, None) };
        let parent = self.event.parent(at).unwrap_or(NodeId::ROOT);
        let spelled = letters(&key);
        let twins = planned.iter().flat_map(|properties| properties.spelled(&spelled));
        let twins: Vec<&str> = twins.filter(|name| self.sent(parent, name).is_none()).collect();
        if let [twin] = twins[..] {
            return (Some(Expected::name(twin.to_owned())), Some(Fix::Rename(twin.to_owned())));
        }
        let names = planned.iter().flat_map(|properties| properties.named.keys()).map(|name| &**name);
        let Self { fields, findings, event, stage, .. } = self;
        let free = names.filter(|name| sent(fields, event, *stage, parent, name).is_none());
        let near = nearest(&key, free, |steps| findings.may_guess(steps));
        (near.map(|near| sanitized!("a field of the plan, such as {}", cut(near)).into()), None)
    }

    /// Complains of the fields that nothing in the plan speaks of, in objects whose fields it names.
    fn unplanned(&mut self) {
        let mut described: Vec<(NodeId, Vec<&Properties>)> = self.described.drain().collect();
        described.sort_unstable_by_key(|(at, _)| *at);
        for (at, planned) in described {
            for child in self.event.children(at) {
                let is_known = self.known.get(child.index()).is_none_or(|known| *known);
                if is_known || self.is_left_out(child) || at == NodeId::ROOT && is_usual(self.event, child) {
                    continue;
                }
                if self.is_full(&FIELD) {
                    continue;
                }
                let (expected, fix) = self.instead(child, &planned);
                let expected = expected.unwrap_or_else(|| "a field of the plan".into());
                let found = shown(self.event, child);
                self.violated(Violation { expected, found, fix, ..Violation::of(&FIELD, child) });
            }
        }
    }

    fn other_type(&mut self, at: NodeId, types: JsonTypes) -> bool {
        if self.silent > 0 || self.is_full(&TYPE) {
            return false;
        }
        let fix = as_type(self.event, at, types).map(Fix::Replace);
        let (expected, found) = (Expected::Type { types, reason: Reason::Rule }, shown(self.event, at));
        self.violated(Violation { expected, found, fix, ..Violation::of(&TYPE, at) })
    }

    fn one_of(&mut self, values: &[Literal], at: NodeId) -> bool {
        let event = self.event;
        if !self.spend((values.len() + event.text(at).len()) / BYTES_A_STEP) {
            return true;
        }
        let found = if is_text(event, at) {
            let text = event.plain(at);
            values.iter().any(|value| matches!(value, Literal::String(value) if **value == *text))
        } else {
            let value = Literal::read(event, at, DEEPEST_VALUE);
            if value.is_none() {
                self.findings.cut();
            }
            value.is_none_or(|value| values.contains(&value))
        };
        if found || self.silent > 0 || self.is_full(&VALUE) {
            return found;
        }
        let shown: Vec<String> = values.iter().take(MOST_VALUES).map(ToString::to_string).collect();
        let expected = match (&values, sanitize(&shown.join(", "))) {
            ([_], value) => value,
            (_, values) => sanitized!("one of {}", values),
        };
        let text = event.plain(at);
        let alike: Vec<&Literal> = match values {
            [value] => vec![value],
            _ if text.len() > LONGEST_VALUE => Vec::new(),
            _ => values.iter().filter(|value| value.is_spelled(&text)).collect(),
        };
        let fix = match alike[..] {
            [value] => Some(Fix::Replace(value.to_string())),
            _ => None,
        };
        self.value(at, expected.fit(WIDEST), fix)
    }

    fn are_different(&mut self, at: NodeId) -> bool {
        let mut values = HashSet::new();
        for child in self.event.children(at) {
            if !self.spend(1 + self.event.text(child).len() / BYTES_A_STEP) {
                return true;
            }
            match Literal::read(self.event, child, DEEPEST_VALUE) {
                None => self.findings.cut(),
                Some(value) => {
                    if !values.insert(value) {
                        return false;
                    }
                }
            }
        }
        true
    }

    fn all(&mut self, schemas: &[SchemaId], at: NodeId, seen: &mut Evaluated) -> bool {
        each(schemas, |schema| self.fits(*schema, at, seen))
    }

    fn any(&mut self, schemas: &[SchemaId], at: NodeId, seen: &mut Evaluated) -> bool {
        // None is left out: what the others look at counts too.
        let fitting = schemas.iter().filter(|schema| self.silently(**schema, at, seen)).count();
        fitting > 0 || schemas.is_empty() || self.none_fits(schemas, at)
    }

    fn one(&mut self, schemas: &[SchemaId], at: NodeId, seen: &mut Evaluated) -> bool {
        let fitting = schemas.iter().filter(|schema| self.silently(**schema, at, seen)).count();
        match fitting {
            1 => true,
            0 if schemas.is_empty() => true,
            0 => self.none_fits(schemas, at),
            _ => {
                let expected = sanitized!("only one of the {} forms in the plan, here are {}", schemas.len(), fitting);
                self.value(at, expected, None)
            }
        }
    }

    /// Complains that a value is as none of the alternatives wants it, in the words of the one that is meant, if it is
    /// clear which.
    fn none_fits(&mut self, schemas: &[SchemaId], at: NodeId) -> bool {
        if self.silent > 0 {
            return false;
        }
        let mut ways: Vec<Vec<Violation>> = Vec::new();
        self.trials += 1;
        for schema in schemas {
            let before = self.violations.len();
            self.fits(*schema, at, &mut Evaluated::default());
            ways.push(self.violations.split_off(before.min(self.violations.len())));
        }
        self.trials -= 1;
        let missing = |way: &Vec<Violation>| match &way[..] {
            [Violation { at: place, expected: Expected::Field { any_of, .. }, found: Actual::Missing, .. }]
                if *place == at =>
            {
                Some(any_of.clone())
            }
            _ => None,
        };
        let types = |way: &Vec<Violation>| {
            way.iter().find_map(|violation| match violation.expected {
                Expected::Type { types, .. } if violation.at == at => Some(types),
                _ => None,
            })
        };
        if let Some(names) = ways.iter().map(missing).collect::<Option<Vec<_>>>() {
            let mut names = names.concat();
            names.dedup();
            return self.is_missing(at, names, Reason::Rule);
        }
        let of_type = ways.iter().filter(|way| types(way).is_none()).count();
        if of_type == 0 {
            let types = ways.iter().filter_map(types).fold(JsonTypes::default(), JsonTypes::or);
            return self.other_type(at, types);
        }
        if of_type == 1 {
            let meant = ways.into_iter().find(|way| types(way).is_none());
            for violation in meant.into_iter().flatten() {
                self.violated(violation);
            }
            return false;
        }
        self.value(at, sanitized!("one of the {} forms that the plan has for it", schemas.len()), None)
    }

    /// Whether it fits; what is wrong with it is not told.
    fn silently(&mut self, schema: SchemaId, at: NodeId, seen: &mut Evaluated) -> bool {
        self.silent += 1;
        let fits = self.fits(schema, at, seen);
        self.silent -= 1;
        fits
    }

    /// Whether the name of the field at `at` is as the schema wants it.
    fn is_name(&mut self, schema: SchemaId, at: NodeId) -> bool {
        let name = Arc::new(Payload::new(self.event.key_text(at)));
        let Ok(name) = Document::new(name) else { return true };
        let new = Validation::new(self.schemas, &name, self.stage, self.findings);
        let mut check = Validation { depth: self.depth, ..new };
        check.silently(schema, NodeId::ROOT, &mut Evaluated::default())
    }

    /// Which of the names no field at `at` has, as far as that is known.
    fn missing<'n>(&mut self, at: NodeId, names: &'n [Box<str>]) -> Vec<&'n str> {
        if !self.event.is_whole(at) || !self.spend(names.len() / VALUES_A_STEP) {
            return Vec::new();
        }
        names.iter().map(|name| &**name).filter(|name| self.fields.get(at, name).is_none()).collect()
    }

    /// The field of that name, unless it is left out.
    fn sent(&mut self, at: NodeId, name: &str) -> Option<NodeId> {
        sent(&mut self.fields, self.event, self.stage, at, name)
    }

    /// Whether the plan says nothing of that field: the platform put it into a received event, or may have, and the
    /// plan is of what is sent; or another of the same name comes after it, which is the one that counts.
    fn is_left_out(&self, at: NodeId) -> bool {
        is_left_out(self.event, self.stage, at)
    }

    fn is_missing(&mut self, at: NodeId, any_of: Vec<Name>, reason: Reason) -> bool {
        if self.silent > 0 || self.is_full(&MISSING) {
            return false;
        }
        let expected = Expected::Field { any_of, reason };
        self.violated(Violation { expected, found: Actual::Missing, ..Violation::of(&MISSING, at) })
    }

    fn value(&mut self, at: NodeId, expected: impl Into<Expected>, fix: Option<Fix>) -> bool {
        if self.silent > 0 || self.is_full(&VALUE) {
            return false;
        }
        let (expected, found) = (expected.into(), shown(self.event, at));
        self.violated(Violation { expected, found, fix, ..Violation::of(&VALUE, at) })
    }

    /// Keeps a violation, and says that something does not fit.
    fn violated(&mut self, violation: Violation) -> bool {
        if self.silent == 0 && !self.is_full(violation.rule) {
            self.violations.push(violation);
        }
        false
    }

    /// Whether there is no room for another violation; then it is counted.
    fn is_full(&mut self, rule: &'static Rule) -> bool {
        let is_full = self.violations.len() >= MOST;
        if is_full && self.trials == 0 {
            match self.more.iter_mut().find(|(known, _)| std::ptr::eq(*known, rule)) {
                Some((_, count)) => *count += 1,
                None => self.more.push((rule, 1)),
            }
        }
        is_full
    }

    /// Tells the violations as findings.
    fn tell(self) {
        let Self { event, findings, mut violations, more, .. } = self;
        violations.sort_by_key(|violation| (violation.at, violation.rule.id));
        for Violation { at, rule, severity, expected, found, fix } in violations {
            findings.tell(rule, || Finding { rule, severity, path: event.path(at), expected, found, fix, share: None });
        }
        for (rule, count) in more {
            findings.more(rule, count);
        }
    }
}

/// The field of that name, unless it is left out.
fn sent(fields: &mut FieldIndex<'_>, event: &Document, stage: Stage, at: NodeId, name: &str) -> Option<NodeId> {
    // A field that may be the sender's is not told as missing.
    let is_platforms = |field| stage == Stage::Received && event.origin(field) == Origin::Platform;
    fields.get(at, name).filter(|field| event.occurrence(*field) == 0 && !is_platforms(*field))
}

fn is_left_out(event: &Document, stage: Stage, at: NodeId) -> bool {
    event.occurrence(at) > 0 || stage == Stage::Received && event.origin(at) != Origin::Sender
}

impl Violation {
    fn of(rule: &'static Rule, at: NodeId) -> Self {
        Self { at, rule, severity: rule.severity, expected: "".into(), found: "".into(), fix: None }
    }
}

/// Whether all of them do. Unlike `all`, it asks each of them, for each may have something to complain of.
fn each<T>(items: impl IntoIterator<Item = T>, mut does: impl FnMut(T) -> bool) -> bool {
    let mut all = true;
    for item in items {
        all &= does(item);
    }
    all
}

/// Whether a field may be in any event, planned or not: what the platform knows of every event, and its own names.
fn is_usual(event: &Document, at: NodeId) -> bool {
    let Some(key) = event.key(at) else { return false };
    let mut usual = Catalogue::standard().attributes_of(ANY_EVENT).iter();
    key.starts_with("_bsft") || usual.any(|attribute| attribute.name == key)
}

/// The types of the value at `id`.
fn types_of(event: &Document, id: NodeId) -> JsonTypes {
    match event.get(id).map(|node| node.kind) {
        None => JsonTypes::default(),
        Some(NodeKind::Number) => {
            let text = event.text(id);
            let is_whole = !text.contains(['.', 'e', 'E']) || Decimal::read(text).is_integer();
            if is_whole { JsonTypes::NUMBER.or(JsonTypes::INTEGER) } else { JsonTypes::NUMBER }
        }
        Some(kind) => kind.into(),
    }
}

/// The value as JSON of the type that is wanted, where it is the same value.
fn as_type(event: &Document, at: NodeId, types: JsonTypes) -> Option<String> {
    let (text, plain) = (event.text(at), event.plain(at));
    match event.get(at)?.kind {
        NodeKind::String if matches!(&*plain, "true" | "false") => {
            types.has(JsonTypes::BOOLEAN).then(|| plain.into_owned())
        }
        NodeKind::String => {
            let number = serde_json::from_str::<serde_json::Number>(&plain).ok().filter(|_| plain.trim() == plain)?;
            let is_whole = Decimal::read(&number.to_string()).is_integer();
            (types.has(JsonTypes::NUMBER) || types.has(JsonTypes::INTEGER) && is_whole).then(|| plain.into_owned())
        }
        NodeKind::Number | NodeKind::Bool if types.has(JsonTypes::STRING) => Some(format!("\"{text}\"")),
        _ => None,
    }
}

/// `at least 1 element`, `1 to 5 elements`.
fn words(bounds: Bounds, what: &'static str) -> Sanitized {
    let counted = |count: usize| counted(count as u64, what);
    match bounds {
        Bounds { least: Some(least), most: Some(most) } if least == most => counted(least),
        Bounds { least: Some(least), most: Some(most) } => sanitized!("{} to {}", least, counted(most)),
        Bounds { least: Some(least), most: None } => sanitized!("at least {}", counted(least)),
        Bounds { least: None, most: Some(most) } => sanitized!("at most {}", counted(most)),
        Bounds { least: None, most: None } => counted(0),
    }
}

fn cut(text: &str) -> Sanitized {
    excerpt(text, WIDEST)
}
