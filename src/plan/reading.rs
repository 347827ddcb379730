//! How a schema is read, and what makes a document none.
//!
//! References lead to places of the same document, or to what every event may carry; there is nothing here that could
//! open a file or a connection.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex_lite::RegexBuilder;
use url::Url;

use super::decimal::Decimal;
use super::format::Format;
use super::schema::{
    Bounds, Constraint, DRAFT, Literal, OWN, Pattern, Properties, Resource, Schema, SchemaId, Schemas,
};
use super::{cut, nearest};
use crate::event::catalogue::EVENT;
use crate::event::text::Printable;
use crate::event::{Document, NodeId, NodeKind, Sanitized, Segment, sanitized};
use crate::lint::JsonTypes;

/// Where a schema without an `$id` stands, as far as its references go: as the standard ones do, which refer to
/// `../event.json`.
const HERE: &str = "clickscope:///events/";

/// The URL by which those references find what every event may carry.
const EVERY_EVENT: &str = "clickscope:///event.json";

/// The most memory that a pattern may take once it is read, in bytes: one that repeats a repetition grows without bound.
const LARGEST_PATTERN: usize = 1 << 16;

/// So many faults of one schema are told.
const MOST_ISSUES: usize = 20;

/// How deep a value in a schema may be: no text that is JSON here is deeper.
const DEEPEST: u32 = 128;

/// How alike a keyword must be to a known one to be taken for a slip.
const MISSPELLED: f64 = 0.9;

/// The keywords that say something to the readers of a schema alone.
const ANNOTATIONS: [&str; 11] = [
    "$comment",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
];

/// Every keyword that asks something.
const KEYWORDS: [&str; 41] = [
    "$defs",
    "$dynamicRef",
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "required",
    "then",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
];

/// The drafts that are read beside 2020-12, and whether they are older than 2019-09, which changed most of what differs.
const OTHER_DRAFTS: [(&str, bool); 3] = [
    ("http://json-schema.org/draft-06/schema", true),
    ("http://json-schema.org/draft-07/schema", true),
    ("https://json-schema.org/draft/2019-09/schema", false),
];

/// The keywords that drafts before 2019-09 do not have.
const NEWER: [&str; 10] = [
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "dependentRequired",
    "dependentSchemas",
    "maxContains",
    "minContains",
    "prefixItems",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// The white space of ECMA 262 that is not ASCII, for `\s`.
const SPACES: &str = "\u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}";

const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "object", "array", "null"];

/// Something in a schema that makes it none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SchemaIssue {
    /// Where in the document.
    pub(super) at: NodeId,
    pub(super) reason: Sanitized,
    /// The advice on what to do.
    pub(super) advice: Sanitized,
}

/// Reads the schema in `document`, of a file that is called `name`.
/// Also what looks wrong in it, though it is a schema.
pub(super) fn read(document: &Document, name: &str) -> Result<(Schemas, Vec<SchemaIssue>), Vec<SchemaIssue>> {
    let mut reader = SchemaReader::new(document, name);
    let root = reader.schema(SchemaPlace { document: OWN, at: NodeId::ROOT, resource: 0 });
    reader.connect();
    reader.refuse_loops();
    let SchemaReader { schemas, resources, faults, remarks, has_unevaluated, .. } = reader;
    let schemas = Schemas { root, has_unevaluated, every: schemas, resources };
    if faults.is_empty() { Ok((schemas, remarks)) } else { Err(faults) }
}

/// A place in one of the documents, and the resource around it.
#[derive(Clone, Copy)]
struct SchemaPlace {
    document: usize,
    at: NodeId,
    resource: usize,
}

/// A reference that was met, to be followed once everything is known that it may lead to.
struct PendingReference {
    from: SchemaId,
    place: SchemaPlace,
    is_dynamic: bool,
}

struct SchemaReader<'a> {
    own: &'a Document,
    resources: Vec<Resource>,
    schemas: Vec<Schema>,
    known: HashMap<(usize, NodeId), SchemaId>,
    pending: Vec<PendingReference>,
    faults: Vec<SchemaIssue>,
    remarks: Vec<SchemaIssue>,
    has_unevaluated: bool,
    draft: Draft,
}

/// By which draft a document is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Draft {
    /// 2020-12.
    #[default]
    Newest,
    /// 2019-09.
    Before,
    /// 06 or 07.
    Old,
}

/// The schema of what every event may carry. A test promises that it is one.
fn every_event() -> Option<&'static Document> {
    static DOCUMENT: LazyLock<Option<Document>> = LazyLock::new(|| Document::read(EVENT).ok());
    DOCUMENT.as_ref()
}

impl<'a> SchemaReader<'a> {
    fn new(own: &'a Document, name: &str) -> Self {
        let mut reader = Self {
            own,
            resources: Vec::new(),
            schemas: Vec::new(),
            known: HashMap::new(),
            pending: Vec::new(),
            faults: Vec::new(),
            remarks: Vec::new(),
            has_unevaluated: false,
            draft: Draft::default(),
        };
        let name: String =
            name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
        if let Ok(url) = Url::parse(HERE).and_then(|here| here.join(&name)) {
            reader.resource(url, OWN, NodeId::ROOT);
        }
        reader
    }

    fn document(&self, place: SchemaPlace) -> &'a Document {
        if place.document == OWN { self.own } else { every_event().unwrap_or(self.own) }
    }

    /// Makes a resource known, and says which it is.
    fn resource(&mut self, url: Url, document: usize, root: NodeId) -> usize {
        self.resources.push(Resource { url, document, root, anchors: HashMap::new(), dynamic: HashSet::new() });
        self.resources.len() - 1
    }

    /// A keyword that says nothing to JSON Schema is no fault, but one that is nearly a known one was meant to.
    fn unknown(&mut self, keyword: &str, place: SchemaPlace) {
        if place.document != OWN || ANNOTATIONS.contains(&keyword) {
            return;
        }
        let alike = |known: &&str| strsim::jaro_winkler(keyword, known) >= MISSPELLED;
        let meant = KEYWORDS.into_iter().filter(|known| *known != keyword).find(alike);
        if let Some(meant) = meant {
            let reason = sanitized!("{} is not a JSON Schema keyword and has no effect", cut(keyword));
            self.remark(place, reason, sanitized!("{}, if that is what you mean", meant));
        }
    }

    /// Says what has no effect, though it is no fault.
    fn remark(&mut self, place: SchemaPlace, reason: impl Into<Sanitized>, advice: impl Into<Sanitized>) {
        if place.document == OWN && self.remarks.len() < MOST_ISSUES {
            self.remarks.push(SchemaIssue { at: place.at, reason: reason.into(), advice: advice.into() });
        }
    }

    fn fault(&mut self, place: SchemaPlace, reason: impl Into<Sanitized>, advice: impl Into<Sanitized>) {
        if place.document == OWN && self.faults.len() < MOST_ISSUES {
            self.faults.push(SchemaIssue { at: place.at, reason: reason.into(), advice: advice.into() });
        }
    }

    /// Reads the schema that stands there, once.
    fn schema(&mut self, mut place: SchemaPlace) -> SchemaId {
        if let Some(known) = self.known.get(&(place.document, place.at)) {
            return *known;
        }
        // Known before it is read, for it may refer to itself.
        let id = SchemaId(u32::try_from(self.schemas.len()).unwrap_or(u32::MAX));
        self.schemas.push(Schema::default());
        self.known.insert((place.document, place.at), id);
        let document = self.document(place);
        let constraints = match document.get(place.at).map(|node| node.kind) {
            Some(NodeKind::Bool) if document.text(place.at) == "true" => Vec::new(),
            Some(NodeKind::Bool) => vec![Constraint::Absence],
            Some(NodeKind::Object) => {
                self.identify(&mut place, id);
                self.constraints(place, id)
            }
            _ => {
                self.fault(place, "a schema is an object, or true or false", "write { } for one that accepts anything");
                Vec::new()
            }
        };
        if let Some(schema) = self.schemas.get_mut(id.0 as usize) {
            *schema = Schema { constraints, resource: place.resource };
        }
        id
    }

    /// Reads what says how the schema at `place` is referred to; an `$id` makes it a resource of its own.
    fn identify(&mut self, place: &mut SchemaPlace, id: SchemaId) {
        let document = self.document(*place);
        let field = |name: &str| document.child(place.at, &Segment::key(name));
        let (own, draft) = (field("$id"), field("$schema"));
        let anchors = [(field("$anchor"), false), (field("$dynamicAnchor"), true)];
        if let Some(at) = own {
            let base = self.resources.get(place.resource).map(|resource| resource.url.clone());
            let text = self.text(SchemaPlace { at, ..*place });
            match text.map(|text| base.map(|base| base.join(&text))) {
                Some(Some(Ok(url))) if url.fragment().is_none_or(str::is_empty) => {
                    let url = without_fragment(url);
                    if place.at == NodeId::ROOT {
                        if let Some(resource) = self.resources.get_mut(place.resource) {
                            resource.url = url;
                        }
                    } else {
                        place.resource = self.resource(url, place.document, place.at);
                    }
                }
                Some(_) => self.fault(
                    SchemaPlace { at, ..*place },
                    "a schema cannot have this address",
                    "write an absolute URL without #, or leave $id out",
                ),
                None => {}
            }
        }
        if let Some(at) = draft
            && let Some(text) = self.text(SchemaPlace { at, ..*place })
            && text.trim_end_matches('#') != DRAFT
        {
            let known = OTHER_DRAFTS.iter().find(|(known, _)| text.trim_end_matches('#') == *known);
            if let Some((_, is_old)) = known {
                if place.at == NodeId::ROOT && place.document == OWN {
                    self.draft = if *is_old { Draft::Old } else { Draft::Before };
                }
            } else {
                let reason = sanitized!("{} is no draft of JSON Schema that is read here", quoted(&text));
                let advice =
                    sanitized!("write the schema as 2020-12 has it, and {} here (06, 07 and 2019-09 are read)", DRAFT);
                self.fault(SchemaPlace { at, ..*place }, reason, advice);
            }
        }
        for (at, is_dynamic) in anchors {
            let Some(at) = at else { continue };
            let Some(name) = self.text(SchemaPlace { at, ..*place }) else { continue };
            if let Some(resource) = self.resources.get_mut(place.resource) {
                resource.anchors.insert(name.as_str().into(), id);
                if is_dynamic {
                    resource.dynamic.insert(name.into());
                }
            }
        }
    }

    /// Reads the keywords of a schema.
    fn constraints(&mut self, place: SchemaPlace, id: SchemaId) -> Vec<Constraint> {
        let document = self.document(place);
        let mut constraints = Vec::new();
        let (mut length, mut elements, mut fields, mut found) = <(Bounds, Bounds, Bounds, Bounds)>::default();
        let mut properties = Properties::default();
        let (mut first, mut rest, mut contains) = (Vec::new(), None, None);
        let (mut test, mut then, mut otherwise, mut others) = (None, None, None, None);
        let is_array = |at: NodeId| document.get(at).is_some_and(|node| node.kind == NodeKind::Array);
        let is_reference = self.draft == Draft::Old
            && place.document == OWN
            && document.child(place.at, &Segment::key("$ref")).is_some();
        for child in document.children(place.at) {
            let Some(key) = document.key(child) else { continue };
            let at = SchemaPlace { at: child, ..place };
            let draft = if place.document == OWN { self.draft } else { Draft::Newest };
            match &*key {
                // Before 2019-09 a reference stands for all that is beside it.
                keyword if is_reference && !matches!(keyword, "$ref" | "$defs" | "definitions") => {}
                keyword if draft == Draft::Old && NEWER.contains(&keyword) => self.is_newer(at, keyword),
                "dependencies" => constraints.extend(self.dependencies(at, draft)),
                "additionalItems" if draft != Draft::Newest => others = Some(self.schema(at)),
                "minLength" => length.least = self.count(at),
                "maxLength" => length.most = self.count(at),
                "minItems" => elements.least = self.count(at),
                "maxItems" => elements.most = self.count(at),
                "minProperties" => fields.least = self.count(at),
                "maxProperties" => fields.most = self.count(at),
                "minContains" => found.least = self.count(at),
                "maxContains" => found.most = self.count(at),
                "dependentRequired" => {
                    for (field, at) in self.fields(at, "names of fields") {
                        let others = self.names(at);
                        constraints.extend(others.map(|others| Constraint::RequiredWith { field, others }));
                    }
                }
                "properties" => properties.named = self.schemas_by_name(at).into_iter().collect(),
                "patternProperties" => {
                    for (text, at) in self.fields(at, "schemas") {
                        let schema = self.schema(at);
                        properties.patterns.extend(self.pattern(at, &text).map(|pattern| (pattern, schema)));
                    }
                }
                "additionalProperties" => properties.others = Some(self.schema(at)),
                "dependentSchemas" => {
                    let with = |(field, schema)| Constraint::With { field, schema };
                    constraints.extend(self.schemas_by_name(at).into_iter().map(with));
                }
                "prefixItems" => first = self.schemas_in_order(at),
                "items" if draft != Draft::Newest && is_array(child) => first = self.schemas_in_order(at),
                "items" if is_array(child) => self.fault(
                    at,
                    "items is one schema, for all elements",
                    "call it prefixItems, as the draft 2020-12 does",
                ),
                "items" => rest = Some(self.schema(at)),
                "contains" => contains = Some(self.schema(at)),
                "if" => test = Some(self.schema(at)),
                "then" => then = Some(self.schema(at)),
                "else" => otherwise = Some(self.schema(at)),
                "$ref" => self.pending.push(PendingReference { from: id, place: at, is_dynamic: false }),
                "$dynamicRef" => self.pending.push(PendingReference { from: id, place: at, is_dynamic: true }),
                // Nothing is asked by them, but they may be referred to.
                "$defs" | "definitions" => drop(self.schemas_by_name(at)),
                keyword => constraints.extend(self.constraint(keyword, at)),
            }
        }
        let bounded = [
            (length, Constraint::Length as fn(_) -> _),
            (elements, Constraint::Elements),
            (fields, Constraint::Fields),
        ];
        constraints.extend(
            bounded.into_iter().filter(|(bounds, _)| bounds.is_set()).map(|(bounds, constraint)| constraint(bounds)),
        );
        if !properties.named.is_empty() || !properties.patterns.is_empty() || properties.others.is_some() {
            constraints.push(Constraint::Properties(properties));
        }
        // What older drafts call so is about the elements after those in the list.
        rest = rest.or(others.filter(|_| !first.is_empty()));
        if !first.is_empty() || rest.is_some() {
            constraints.push(Constraint::Items { first, rest });
        }
        if let Some(schema) = contains {
            let bounds = Bounds { least: found.least.or(Some(1)), ..found };
            constraints.push(Constraint::Contains { schema, bounds });
        }
        if let Some(test) = test {
            constraints.push(Constraint::If { test, then, otherwise });
        }
        self.has_unevaluated |= constraints.iter().any(Constraint::is_about_the_rest);
        constraints.sort_by_key(|constraint| match constraint {
            // A value of another type is wrong once, not once for each keyword.
            Constraint::Type(_) => 0,
            constraint if constraint.is_about_the_rest() => 2,
            _ => 1,
        });
        constraints
    }

    /// Says that a keyword is of a later draft than the schema.
    fn is_newer(&mut self, at: SchemaPlace, keyword: &str) {
        let reason = sanitized!("{} has no effect: the draft that $schema names does not have it", cut(keyword));
        self.remark(at, reason, sanitized!("write {} as the $schema", DRAFT));
    }

    /// Reads what older drafts have for `dependentRequired` and `dependentSchemas`.
    fn dependencies(&mut self, at: SchemaPlace, draft: Draft) -> Vec<Constraint> {
        if draft == Draft::Newest {
            let advice = "dependentRequired for names of fields, and dependentSchemas for schemas";
            self.remark(at, "dependencies has no effect in 2020-12", advice);
            return Vec::new();
        }
        let document = self.document(at);
        let mut constraints = Vec::new();
        for (field, at) in self.fields(at, "names of fields or schemas") {
            if document.get(at.at).is_some_and(|node| node.kind == NodeKind::Array) {
                constraints.extend(self.names(at).map(|others| Constraint::RequiredWith { field, others }));
            } else {
                constraints.push(Constraint::With { field, schema: self.schema(at) });
            }
        }
        constraints
    }

    /// Reads a keyword that asks something by itself.
    fn constraint(&mut self, keyword: &str, at: SchemaPlace) -> Option<Constraint> {
        Some(match keyword {
            "type" => Constraint::Type(self.types(at)?),
            "enum" => Constraint::OneOf(self.values(at)?),
            "const" => Constraint::OneOf(vec![Literal::read(self.document(at), at.at, DEEPEST)?]),
            "minimum" => Constraint::Minimum { than: self.number(at)?, exclusive: false },
            "exclusiveMinimum" => Constraint::Minimum { than: self.number(at)?, exclusive: true },
            "maximum" => Constraint::Maximum { than: self.number(at)?, exclusive: false },
            "exclusiveMaximum" => Constraint::Maximum { than: self.number(at)?, exclusive: true },
            "multipleOf" => {
                let divisor = self.number(at)?;
                if !divisor.is_divisor() {
                    self.fault(at, "multipleOf must be above 0, of at most 18 digits", "write 0.01, for example");
                    return None;
                }
                Constraint::MultipleOf(divisor)
            }
            "pattern" => {
                let text = self.text(at)?;
                Constraint::Pattern(self.pattern(at, &text)?)
            }
            "format" => {
                let name = self.text(at)?;
                let Some(format) = Format::named(&name) else {
                    let reason = sanitized!("the format {} is not known here, and asks nothing", quoted(&name));
                    let known = Sanitized::join(Format::ALL.map(Format::as_str), ", ");
                    self.remark(at, reason, sanitized!("one of {}, or a pattern", known));
                    return None;
                };
                Constraint::Format(format)
            }
            "uniqueItems" => self.flag(at)?.then_some(Constraint::Different)?,
            "required" => Constraint::Required(self.names(at)?),
            "propertyNames" => Constraint::Names(self.schema(at)),
            "allOf" => Constraint::All(self.schemas_in_order(at)),
            "anyOf" => Constraint::Any(self.schemas_in_order(at)),
            "oneOf" => Constraint::One(self.schemas_in_order(at)),
            "not" => Constraint::Not(self.schema(at)),
            "unevaluatedItems" => Constraint::UnevaluatedItems(self.schema(at)),
            "unevaluatedProperties" => Constraint::UnevaluatedFields(self.schema(at)),
            _ => {
                self.unknown(keyword, at);
                return None;
            }
        })
    }

    fn types(&mut self, place: SchemaPlace) -> Option<JsonTypes> {
        let document = self.document(place);
        let names = match document.get(place.at).map(|node| node.kind) {
            Some(NodeKind::Array) => document.children(place.at).collect(),
            _ => vec![place.at],
        };
        let mut types = JsonTypes::default();
        for at in names {
            let place = SchemaPlace { at, ..place };
            let name = self.text(place)?;
            let Some(kind) = JsonTypes::named(&name) else {
                let meant = nearest(&name, TYPES.into_iter(), |_| true);
                let meant = meant.map(|meant| sanitized!("; did you mean \"{}\"?", meant)).unwrap_or_default();
                let reason = sanitized!("there is no type {}{}", quoted(&name), meant);
                self.fault(place, reason, sanitized!("write one of {}", Sanitized::join(TYPES, ", ")));
                return None;
            };
            types = types.or(kind);
        }
        Some(types)
    }

    fn values(&mut self, place: SchemaPlace) -> Option<Vec<Literal>> {
        let document = self.document(place);
        if document.get(place.at).is_some_and(|node| node.kind == NodeKind::Array) {
            return document.children(place.at).map(|at| Literal::read(document, at, DEEPEST)).collect();
        }
        self.expected(place, "a list of values", "[\"gold\", \"silver\"]");
        None
    }

    fn number(&mut self, place: SchemaPlace) -> Option<Decimal> {
        let document = self.document(place);
        if document.get(place.at).is_some_and(|node| node.kind == NodeKind::Number) {
            return Some(Decimal::read(document.text(place.at)));
        }
        self.expected(place, "a number", "1, without quotes");
        None
    }

    fn count(&mut self, place: SchemaPlace) -> Option<usize> {
        let number = self.number(place)?;
        let count = number.as_count();
        if count.is_none() {
            self.expected(place, "a whole number of at least 0", "1");
        }
        count
    }

    fn flag(&mut self, place: SchemaPlace) -> Option<bool> {
        match self.document(place).text(place.at) {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.expected(place, "true or false", "true");
                None
            }
        }
    }

    fn text(&mut self, place: SchemaPlace) -> Option<String> {
        let document = self.document(place);
        if document.get(place.at).is_some_and(|node| node.kind == NodeKind::String) {
            return Some(document.plain(place.at).into_owned());
        }
        self.expected(place, "a string in quotes", "\"…\"");
        None
    }

    fn names(&mut self, place: SchemaPlace) -> Option<Vec<Box<str>>> {
        let document = self.document(place);
        if document.get(place.at).is_some_and(|node| node.kind == NodeKind::Array) {
            let names = document.children(place.at).map(|at| self.text(SchemaPlace { at, ..place }).map(Into::into));
            return names.collect();
        }
        self.expected(place, "a list of names", "[\"order_id\"]");
        None
    }

    fn schemas_in_order(&mut self, place: SchemaPlace) -> Vec<SchemaId> {
        let document = self.document(place);
        if document.get(place.at).is_some_and(|node| node.kind == NodeKind::Array && node.children > 0) {
            return document.children(place.at).map(|at| self.schema(SchemaPlace { at, ..place })).collect();
        }
        self.expected(place, "a list of at least one schema", "[{ }]");
        Vec::new()
    }

    fn schemas_by_name(&mut self, place: SchemaPlace) -> Vec<(Box<str>, SchemaId)> {
        let fields = self.fields(place, "schemas");
        fields.into_iter().map(|(name, at)| (name, self.schema(at))).collect()
    }

    /// The fields of an object that holds `what` by name.
    fn fields(&mut self, place: SchemaPlace, what: &'static str) -> Vec<(Box<str>, SchemaPlace)> {
        let document = self.document(place);
        if document.get(place.at).is_some_and(|node| node.kind == NodeKind::Object) {
            let field = |at| Some((document.key(at)?.into(), SchemaPlace { at, ..place }));
            return document.children(place.at).filter_map(field).collect();
        }
        self.expected(place, sanitized!("an object that holds {} by their names", what), "{ \"order_id\": … }");
        Vec::new()
    }

    fn expected(&mut self, place: SchemaPlace, what: impl Printable, example: &'static str) {
        let document = self.document(place);
        let key = document.key(place.at).or_else(|| document.key(document.parent(place.at)?)).unwrap_or_default();
        let found = cut(document.text(place.at));
        self.fault(
            place,
            sanitized!("{} must be {}, not {}", cut(&key), what, found),
            sanitized!("write {}, for example", example),
        );
    }

    fn pattern(&mut self, place: SchemaPlace, text: &str) -> Option<Pattern> {
        let built = RegexBuilder::new(&with_spaces(text)).size_limit(LARGEST_PATTERN).build();
        match built {
            Ok(regex) => Some(Pattern::new(regex, text.into())),
            Err(error) => {
                const WITHOUT: &str = "write it without, as several patterns in allOf or with not";
                const CHARACTERS: &str = "write the characters out, as in [A-Za-zÀ-ÿ]";
                let unsupported = [
                    ("(?=", "it looks ahead ((?=…)), which could take for ever and is not supported", WITHOUT),
                    ("(?!", "it looks ahead ((?!…)), which could take for ever and is not supported", WITHOUT),
                    ("(?<=", "it looks behind ((?<=…)), which could take for ever and is not supported", WITHOUT),
                    ("(?<!", "it looks behind ((?<!…)), which could take for ever and is not supported", WITHOUT),
                    ("\\p{", "it names a class of Unicode (\\p{…}), which is not supported", CHARACTERS),
                    ("\\P{", "it names a class of Unicode (\\P{…}), which is not supported", CHARACTERS),
                ];
                let said = error.to_string();
                let too_large = (
                    "it repeats so much that it takes more than 64 KiB",
                    "repeat less, or say how long the text may be with maxLength",
                );
                let known = unsupported.into_iter().find(|(sign, ..)| text.contains(sign));
                let known = known.map(|(_, reason, advice)| (reason, advice));
                let known = known.or((said.contains("size limit") || said.contains("too many")).then_some(too_large));
                let (reason, advice) = known.map_or_else(
                    || (cut(&said), "fix it, or leave it out"),
                    |(reason, advice)| (reason.into(), advice),
                );
                self.fault(place, sanitized!("the pattern {} cannot be used: {}", quoted(text), reason), advice);
                None
            }
        }
    }

    /// Follows every reference that was met, and those that are met in doing so.
    fn connect(&mut self) {
        while let Some(PendingReference { from, place, is_dynamic }) = self.pending.pop() {
            let Some(reference) = self.text(place) else { continue };
            let Some((schema, anchor)) = self.follow(place, &reference) else { continue };
            let constraint =
                if is_dynamic { Constraint::DynamicRef { schema, anchor } } else { Constraint::Ref(schema) };
            if let Some(schema) = self.schemas.get_mut(from.0 as usize) {
                // Those that look at the rest stay last.
                let at = schema
                    .constraints
                    .iter()
                    .take_while(|constraint| matches!(constraint, Constraint::Type(_)))
                    .count();
                schema.constraints.insert(at, constraint);
            }
        }
    }

    /// Where `reference` leads to; with the name of the dynamic anchor, if it is one.
    fn follow(&mut self, place: SchemaPlace, reference: &str) -> Option<(SchemaId, Option<Box<str>>)> {
        let base = self.resources.get(place.resource)?.url.clone();
        let Ok(url) = base.join(reference) else {
            self.fault(
                place,
                sanitized!("{} is not a reference", quoted(reference)),
                "write #/$defs/product, for example",
            );
            return None;
        };
        let fragment = decoded(url.fragment().unwrap_or_default());
        let url = without_fragment(url);
        if url.as_str() == EVERY_EVENT && !self.resources.iter().any(|resource| resource.url == url) {
            self.resource(url.clone(), OWN + 1, NodeId::ROOT);
        }
        let Some(index) = self.resources.iter().position(|resource| resource.url == url) else {
            let what = match url.scheme() {
                "http" | "https" => "the network",
                "clickscope" | "file" => "a file",
                _ => "something outside of this schema",
            };
            let reason = sanitized!("{} leads to {}: references stay within a schema", quoted(reference), what);
            self.fault(place, reason, "copy what is referred to into $defs, and refer to it as #/$defs/NAME");
            return None;
        };
        let resource = self.resources.get(index)?;
        let mut target = SchemaPlace { document: resource.document, at: resource.root, resource: index };
        if fragment.is_empty() || fragment.starts_with('/') {
            for step in fragment.split('/').skip(1) {
                let step = step.replace("~1", "/").replace("~0", "~");
                let document = self.document(target);
                let segment = match document.get(target.at).map(|node| node.kind) {
                    Some(NodeKind::Array) => step.parse().map(Segment::Index).ok(),
                    _ => Some(Segment::key(step.as_str())),
                };
                let Some(at) = segment.and_then(|segment| document.child(target.at, &segment)) else {
                    let reason = sanitized!("{} leads nowhere: there is no {}", quoted(reference), cut(&step));
                    self.fault(place, reason, "fix the reference, or add what it names");
                    return None;
                };
                target.at = at;
                // On the way it may come into a part with an `$id` of its own.
                let known = self.known.get(&(target.document, at)).and_then(|id| self.schemas.get(id.0 as usize));
                target.resource = known.map_or(target.resource, |schema| schema.resource);
            }
            return Some((self.schema(target), None));
        }
        // Anchors are known once the document is read.
        self.schema(SchemaPlace { at: resource.root, ..target });
        let resource = self.resources.get(index)?;
        let Some(schema) = resource.anchors.get(&*fragment).copied() else {
            self.fault(
                place,
                sanitized!("{} leads nowhere: there is no such $anchor", quoted(reference)),
                "fix the reference",
            );
            return None;
        };
        let is_dynamic = resource.dynamic.contains(&*fragment);
        Some((schema, is_dynamic.then(|| fragment.into())))
    }

    /// Finds schemas that ask of a value what they ask of it already, for ever.
    fn refuse_loops(&mut self) {
        #[derive(Clone, Copy, PartialEq)]
        enum Visited {
            Not,
            OnTheWay,
            Done,
        }
        let mut seen = vec![Visited::Not; self.schemas.len()];
        let mut loops = Vec::new();
        for start in 0..self.schemas.len() {
            // Each with those that are left to look at, for a chain of references may be long.
            let mut way: Vec<(usize, Vec<SchemaId>)> = Vec::new();
            let mut next = Some(start);
            loop {
                if let Some(index) = next.take() {
                    match seen.get(index) {
                        Some(Visited::Not) => {
                            if let Some(seen) = seen.get_mut(index) {
                                *seen = Visited::OnTheWay;
                            }
                            let constraints = self.schemas.get(index).map_or(&[][..], |schema| &schema.constraints);
                            way.push((index, constraints.iter().flat_map(Constraint::of_the_same_value).collect()));
                        }
                        Some(Visited::OnTheWay) => loops.push(index),
                        _ => {}
                    }
                }
                let Some((index, left)) = way.last_mut() else { break };
                if let Some(SchemaId(index)) = left.pop() {
                    next = Some(index as usize);
                    continue;
                }
                if let Some(seen) = seen.get_mut(*index) {
                    *seen = Visited::Done;
                }
                way.pop();
            }
        }
        for index in loops {
            let place = self.known.iter().find(|(_, id)| id.0 as usize == index).map(|(place, _)| *place);
            if let Some((document, at)) = place {
                let place = SchemaPlace { document, at, resource: 0 };
                self.fault(
                    place,
                    "it refers back to itself for the same value, endlessly",
                    "remove one of the references",
                );
            }
        }
    }
}

fn without_fragment(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}

/// A pattern in which `\s` is the white space of ECMA 262: the reader of patterns knows that of ASCII alone.
fn with_spaces(pattern: &str) -> Cow<'_, str> {
    if !pattern.contains("\\s") && !pattern.contains("\\S") {
        return Cow::Borrowed(pattern);
    }
    let mut out = String::with_capacity(pattern.len() + SPACES.len());
    let (mut characters, mut is_in_class) = (pattern.chars(), false);
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some('s') if is_in_class => out.extend(["\\s", SPACES]),
                Some('s') => out.extend(["[\\s", SPACES, "]"]),
                Some('S') if !is_in_class => out.extend(["[^\\s", SPACES, "]"]),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            '[' if !is_in_class => {
                is_in_class = true;
                out.push(c);
            }
            ']' => {
                is_in_class = false;
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A fragment of a URL, without the escapes.
fn decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A text from a schema in quotes, cut short.
fn quoted(text: &str) -> Sanitized {
    sanitized!("\"{}\"", cut(text))
}
