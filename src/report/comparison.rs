//! What two reports differ in: types, fields and findings that are on one side only, fields of another type.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use serde::Serialize;

use super::contents::{FindingReport, Report, TypeReport};
use super::profile::{FieldReport, Kinds};
use super::words::percent;
use crate::event::text::{counted, excerpt, grouped, sanitize};
use crate::event::{NodeKind, Sanitized, TypeName, sanitized};
use crate::lint::Severity;
use crate::session::FaultId;

/// How alike two names have to be for the one to be meant by the other (Jaro-Winkler).
const ALIKE: f64 = 0.8;

/// The two sides, and what they differ in.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The one side.
    pub a: Side,
    /// The other.
    pub b: Side,
    /// The differences, by type.
    pub differences: Vec<Difference>,
    /// What differs and may be an accident: what is rare on one side and was not seen on the other, and shares that are far
    /// apart.
    pub notes: Vec<Difference>,
    /// How many differences are ignored.
    pub ignored: u64,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Its name.
    pub name: Sanitized,
    /// `1,204 events of 12 types`.
    pub size: Sanitized,
    /// How many events it has.
    pub events: u64,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// In which way they differ.
    pub kind: DifferenceKind,
    /// The event type.
    #[serde(rename = "type")]
    pub event_type: TypeName,
    /// Where, as for jq, with `[]` for any element; `None` of a whole type.
    pub path: Option<String>,
    /// The rule that is broken on one side only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    /// How bad that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// What is wrong there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Sanitized>,
    /// How the one side has it.
    pub a: Presence,
    /// How the other has it.
    pub b: Presence,
    /// The rules that are broken because of it, on one side only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<&'static str>,
}

/// The ways in which two sides differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceKind {
    /// One has no event of the type.
    MissingType,
    /// One has the field in no event.
    MissingField,
    /// The field has types on one side that it does not have on the other.
    Retyped,
    /// A finding is on one side only.
    Finding,
    /// The field is in a quite different share of the events.
    Share,
}

/// How one side has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Presence {
    /// How often.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// As which types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub types: Option<Kinds>,
}

/// What is not to be compared: a type, a field of it (`purchase.coupon`), or a field of any type (`.coupon`), each with all
/// that is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored(String);

impl FromStr for Ignored {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text == "." {
            return Err("name a type, a field of it (purchase.coupon), or a field of any type (.coupon)");
        }
        Ok(Self(without_places(text)))
    }
}

impl Ignored {
    fn covers(&self, event_type: &TypeName, path: Option<&str>) -> bool {
        let is_within = |whole: &str| {
            whole.strip_prefix(&*self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let path = path.unwrap_or_default();
        is_within(&format!("{}{path}", event_type.as_str())) || self.0.starts_with('.') && is_within(path)
    }

    /// What to say when it is nothing that either side has.
    pub fn complaint(&self, a: &Report, b: &Report) -> Option<Sanitized> {
        let types = || a.types.iter().chain(&b.types);
        let is_found = types().any(|known| {
            self.covers(&known.event_type, None)
                || known.fields.iter().any(|field| self.covers(&known.event_type, Some(&field.path)))
        });
        let of_finding =
            |finding: &FindingReport| places(finding).iter().any(|at| self.covers(&finding.event_type, Some(at)));
        if is_found || a.findings.iter().chain(&b.findings).any(of_finding) {
            return None;
        }
        let names = types().flat_map(|known| {
            let name = known.event_type.as_str();
            let fields =
                known.fields.iter().flat_map(move |field| [field.path.clone(), format!("{name}{}", field.path)]);
            std::iter::once(name.to_owned()).chain(fields)
        });
        let alike = names.map(|name| (strsim::jaro_winkler(&self.0, &name), name)).filter(|(alike, _)| *alike >= ALIKE);
        let nearest = alike.max_by(|(one, _), (other, _)| one.total_cmp(other));
        let nearest =
            nearest.map(|(_, name)| sanitized!("; the nearest is {}", excerpt(&name, 120))).unwrap_or_default();
        Some(sanitized!("--ignore {}: neither side has such a type or field{}", sanitize(&self.0), nearest))
    }
}

/// A path with `[]` for each place in an array.
fn without_places(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        out.push('[');
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        // A key in brackets stays what it is.
        if !rest.starts_with(']') {
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

impl Comparison {
    /// Compares two reports, but for what is ignored.
    pub fn between(a: &Report, b: &Report, ignored: &[Ignored]) -> Self {
        let side = |report: &Report| Side { name: report.source.clone(), size: report.size(), events: report.events };
        let mut comparison = Self { a: side(a), b: side(b), differences: Vec::new(), notes: Vec::new(), ignored: 0 };
        let of =
            |report: &Report, name: &TypeName| report.types.iter().find(|known| known.event_type == *name).cloned();
        let mut names: Vec<&TypeName> = a.types.iter().chain(&b.types).map(|known| &known.event_type).collect();
        names.sort();
        names.dedup();
        for name in names {
            match (of(a, name), of(b, name)) {
                (Some(one), Some(other)) => {
                    let mut found = fields(&one, &other);
                    findings([a, b], [&one, &other], &mut found);
                    for difference in found {
                        comparison.add(difference, ignored);
                    }
                }
                (one, other) => {
                    let presence = |known: Option<TypeReport>, report: &Report| Presence {
                        count: known.map_or(0, |known| known.captured),
                        of: report.events,
                        types: None,
                    };
                    let [a, b] = [presence(one, a), presence(other, b)];
                    comparison.add(Difference::new(DifferenceKind::MissingType, name, None, a, b), ignored);
                }
            }
        }
        comparison
    }

    fn add(&mut self, difference: Difference, ignored: &[Ignored]) {
        if ignored.iter().any(|ignored| ignored.covers(&difference.event_type, difference.path.as_deref())) {
            self.ignored += 1;
        } else if difference.may_be_an_accident() {
            self.notes.push(difference);
        } else {
            self.differences.push(difference);
        }
    }
}

impl Difference {
    fn new(kind: DifferenceKind, event_type: &TypeName, path: Option<&str>, a: Presence, b: Presence) -> Self {
        let (event_type, path) = (event_type.clone(), path.map(str::to_owned));
        Self { kind, event_type, path, rule: None, severity: None, title: None, a, b, findings: Vec::new() }
    }

    /// Whether the one side may have it only because there are more events on it.
    fn may_be_an_accident(&self) -> bool {
        let is_rare = |count: u64, of: u64, other: u64| {
            count.saturating_mul(10) < of && count.saturating_mul(other) < of.saturating_mul(3)
        };
        let (a, b) = (&self.a, &self.b);
        match self.kind {
            DifferenceKind::Share => true,
            DifferenceKind::MissingType => false,
            DifferenceKind::MissingField | DifferenceKind::Finding => {
                if a.count > 0 {
                    is_rare(a.count, a.of, b.of)
                } else {
                    is_rare(b.count, b.of, a.of)
                }
            }
            DifferenceKind::Retyped => [(a, b), (b, a)].into_iter().all(|(one, other)| {
                let (types, others) = (one.types.unwrap_or_default(), other.types.unwrap_or_default());
                types.iter().all(|(kind, count)| others.of(kind) > 0 || is_rare(count, one.count, other.count))
            }),
        }
    }

    /// How the one side and the other have it, in words.
    pub fn words(&self) -> [Sanitized; 2] {
        [(&self.a, &self.b), (&self.b, &self.a)].map(|(side, other)| match self.kind {
            _ if side.count == 0 => "missing".into(),
            DifferenceKind::MissingType => counted(side.count, "event"),
            DifferenceKind::MissingField => {
                sanitized!("{} in {}", side.types.unwrap_or_default().words(), percent(side.count, side.of))
            }
            DifferenceKind::Retyped => side.types.unwrap_or_default().words(),
            DifferenceKind::Finding => sanitized!("in {} of {}", grouped(side.count), grouped(side.of)),
            DifferenceKind::Share if other.of > 0 => percent(side.count, side.of),
            DifferenceKind::Share => Sanitized::default(),
        })
    }
}

/// The fields that are on one side only, and those of another type.
fn fields(one: &TypeReport, other: &TypeReport) -> Vec<Difference> {
    let by_path = |known: &TypeReport| -> HashMap<String, FieldReport> {
        known.fields.iter().map(|field| (field.path.clone(), field.clone())).collect()
    };
    let [of_one, of_other] = [by_path(one), by_path(other)];
    let mut paths: Vec<&str> = one.fields.iter().chain(&other.fields).map(|field| &*field.path).collect();
    let mut seen = HashSet::new();
    paths.retain(|path| seen.insert(*path));
    let presence = |field: Option<&FieldReport>, around: &TypeReport, path: &str| match field {
        Some(field) => Presence { count: field.count, of: field.of, types: Some(field.types) },
        None => Presence { count: 0, of: around_of(around, path), types: None },
    };
    let mut found: Vec<Difference> = Vec::new();
    for path in paths {
        // What is in a field that is missing is missing with it.
        let is_within = |difference: &Difference| {
            difference
                .path
                .as_deref()
                .and_then(|around| path.strip_prefix(around))
                .is_some_and(|rest| rest.starts_with(['.', '[']))
        };
        if found
            .iter()
            .any(|it| matches!(it.kind, DifferenceKind::MissingField | DifferenceKind::Retyped) && is_within(it))
        {
            continue;
        }
        let (a, b) = (of_one.get(path), of_other.get(path));
        let kind = match (a, b) {
            (Some(a), Some(b)) if !a.types.are_those_of(b.types) => DifferenceKind::Retyped,
            (Some(a), Some(b)) if !a.is_element && are_apart(a, b) => DifferenceKind::Share,
            (Some(_), Some(_)) => continue,
            // Arrays that were all empty say nothing of what is in them.
            (Some(field), None) | (None, Some(field)) if field.is_element => continue,
            _ => DifferenceKind::MissingField,
        };
        let [a, b] = [presence(a, one, path), presence(b, other, path)];
        // Nothing can stand in an object that is not there.
        if a.of > 0 && b.of > 0 {
            found.push(Difference::new(kind, &one.event_type, Some(path), a, b));
        }
    }
    found
}

/// How many objects are around a field that is not there.
fn around_of(known: &TypeReport, path: &str) -> u64 {
    let around = known.fields.iter().filter(|field| {
        path.strip_prefix(&*field.path).is_some_and(|rest| rest.starts_with('.') || rest.starts_with("[\""))
    });
    around.max_by_key(|field| field.path.len()).map_or(known.captured, |field| field.types.of(NodeKind::Object))
}

/// Whether the shares of two fields are too far apart for an accident.
fn are_apart(a: &FieldReport, b: &FieldReport) -> bool {
    const ENOUGH: u64 = 10;
    const POINTS: u128 = 30;
    let share = |field: &FieldReport| u128::from(field.count) * 100 / u128::from(field.of.max(1));
    a.of.min(b.of) >= ENOUGH && share(a).abs_diff(share(b)) >= POINTS
}

/// The findings that are on one side only: those about a field that differs are told with it.
fn findings(reports: [&Report; 2], types: [&TypeReport; 2], found: &mut Vec<Difference>) {
    let event_type = &types[0].event_type;
    let of = |report: &'_ Report| -> HashMap<FaultId, FindingReport> {
        let own = report.findings.iter().filter(|finding| finding.event_type == *event_type);
        own.map(|finding| (finding.id, finding.clone())).collect()
    };
    let sides = reports.map(of);
    let [one, other] = &sides;
    for (at, (own, others)) in [(one, other), (other, one)].into_iter().enumerate() {
        let mut own: Vec<_> = own.values().filter(|finding| !others.contains_key(&finding.id)).collect();
        own.sort_by(|one, other| (&one.path, one.rule.id).cmp(&(&other.path, other.rule.id)));
        for finding in own {
            let places = places(finding);
            let is_of_field = |it: &&mut Difference| {
                it.kind != DifferenceKind::Finding
                    && it.path.as_deref().is_some_and(|path| {
                        places.iter().any(|place| {
                            place.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
                        })
                    })
            };
            if let Some(difference) = found.iter_mut().find(is_of_field) {
                difference.findings.push(finding.rule.id);
                continue;
            }
            let has = Presence { count: finding.events, of: finding.of, types: None };
            let lacks = Presence { count: 0, of: types.get(1 - at).map_or(0, |known| known.captured), types: None };
            let (a, b) = if at == 0 { (has, lacks) } else { (lacks, has) };
            let path = places.first().map(String::as_str);
            found.push(Difference {
                rule: Some(finding.rule.id),
                severity: Some(finding.severity),
                title: Some(finding.title.clone()),
                ..Difference::new(DifferenceKind::Finding, event_type, path, a, b)
            });
        }
    }
}

/// The places that a finding is about; of what is missing, where it would be.
fn places(finding: &FindingReport) -> Vec<String> {
    if finding.missing.is_empty() {
        return vec![finding.path.clone()];
    }
    let step = |name: &String| crate::event::Path(vec![crate::event::Segment::key(&**name)]).jq();
    finding.missing.iter().map(|name| format!("{}{}", finding.path, step(name))).collect()
}
