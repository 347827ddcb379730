//! How often each fault was found in a session.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use indexmap::IndexMap;

use super::{Captured, EventNumber, History, Moment};
use crate::event::{Document, NodeId, Path, Payload, Redaction, Sanitized, Segment, TypeName, sanitized, text};
use crate::lint::{Expected, Finding, Severity};

/// So many faults are counted, and so many of one type: of an integration that brings more, these say enough.
const MOST_FAULTS: usize = 2_000;
const MOST_OF_TYPE: usize = 200;

/// So many types are known; of further ones nothing is counted.
const MOST_TYPES: usize = 10_000;

/// For an event in which a field is as it should be, so many events and so many bytes of them are looked through.
const MOST_LOOKED_AT: usize = 256;
const MOST_BYTES: usize = 4 << 20;

/// So many elements of an array are looked at for a field.
const MOST_ELEMENTS: usize = 100;

/// The faults of a session: what was found in its events, each kind of finding once, with how often.
#[derive(Debug, Default)]
pub struct Faults {
    types: HashMap<TypeName, OfType>,
    /// In the order in which they were found first.
    list: IndexMap<FaultId, Fault>,
    counts: FaultCounts,
    left_out: u64,
}

/// What is known of one type.
#[derive(Clone, Copy, Debug, Default)]
struct OfType {
    /// How many events were checked.
    checked: u64,
    faults: usize,
    worst: Option<Severity>,
    /// The event that was checked last.
    last: Option<EventNumber>,
}

/// Names a fault within a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultId(u64);

/// One kind of finding in the events of one type: one rule at one place, in whichever element of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The type.
    pub event_type: TypeName,
    /// The finding, as it was told last.
    pub finding: Finding,
    /// How bad it was at worst.
    pub severity: Severity,
    /// In how many events it was found.
    pub events: u64,
    /// When an event first had it.
    pub first: Moment,
    /// When an event last had it.
    pub last: Moment,
    /// The event that it was found in last.
    pub example: EventNumber,
}

/// How many faults there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FaultCounts {
    /// Of those that are errors.
    pub errors: usize,
    /// Of those that are warnings.
    pub warnings: usize,
    /// Of those that are notes.
    pub notes: usize,
    /// How many types have an error or a warning.
    pub types: usize,
}

impl FaultId {
    /// The fault that a finding in an event of this type is one of: the same in every session.
    pub fn of(event_type: &TypeName, finding: &Finding) -> Self {
        let mut hasher = DefaultHasher::new();
        event_type.hash(&mut hasher);
        finding.hash_kind(&mut hasher);
        Self(hasher.finish())
    }
}

impl FaultCounts {
    fn of(&mut self, severity: Severity) -> &mut usize {
        match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
            Severity::Note => &mut self.notes,
        }
    }
}

impl Faults {
    /// Counts what was found in an event that was checked.
    pub fn take_in(&mut self, event: &Captured, findings: &[Finding]) {
        let Self { types, list, counts, left_out } = self;
        if types.len() >= MOST_TYPES && !types.contains_key(&event.event_type) {
            *left_out += findings.len() as u64;
            return;
        }
        let of_type = types.entry(event.event_type.clone()).or_default();
        // One that is checked anew is no other.
        if of_type.last.replace(event.number) == Some(event.number) {
            return;
        }
        of_type.checked += 1;
        let before = of_type.worst;
        // One that only counts others is no fault of its own.
        for finding in findings.iter().filter(|finding| !finding.is_rest()) {
            let id = FaultId::of(&event.event_type, finding);
            if let Some(fault) = list.get_mut(&id) {
                fault.take_in(event, finding, counts);
            } else if list.len() < MOST_FAULTS && of_type.faults < MOST_OF_TYPE {
                of_type.faults += 1;
                *counts.of(finding.severity) += 1;
                list.insert(id, Fault::new(event, finding));
            } else {
                *left_out += 1;
                continue;
            }
            of_type.worst = of_type.worst.max(Some(finding.severity));
        }
        let is_bad = |worst: Option<Severity>| worst >= Some(Severity::Warning);
        counts.types += usize::from(is_bad(of_type.worst) && !is_bad(before));
    }

    /// The twins of them; `history` holds those of the events.
    #[must_use]
    pub fn twin(&self, redaction: &Redaction, history: &History) -> Self {
        let nothing = Payload::new("null");
        let fault = |fault: &Fault| {
            let example = history.get(fault.example).map_or(&nothing, |event| &event.payload);
            let (event_type, finding) =
                (redaction.type_name(&fault.event_type), redaction.finding(&fault.finding, example));
            (FaultId::of(&event_type, &finding), Fault { event_type, finding, ..fault.clone() })
        };
        Self {
            types: self.types.iter().map(|(name, of_type)| (redaction.type_name(name), *of_type)).collect(),
            list: self.list.values().map(fault).collect(),
            counts: self.counts,
            left_out: self.left_out,
        }
    }

    /// All of them, in the order in which they were found first.
    pub fn iter(&self) -> impl Iterator<Item = (FaultId, &Fault)> {
        self.list.iter().map(|(id, fault)| (*id, fault))
    }

    /// One of them.
    pub fn get(&self, id: FaultId) -> Option<&Fault> {
        self.list.get(&id)
    }

    /// The fault that a finding in an event of a type is one of.
    pub fn of(&self, event_type: &TypeName, finding: &Finding) -> Option<&Fault> {
        self.list.get(&FaultId::of(event_type, finding))
    }

    /// How many events of a type were checked.
    pub fn checked(&self, event_type: &TypeName) -> u64 {
        self.types.get(event_type).map_or(0, |of_type| of_type.checked)
    }

    /// How many there are.
    pub fn counts(&self) -> FaultCounts {
        self.counts
    }

    /// How many findings are not counted, because they were of too many kinds.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }
}

impl Fault {
    /// `14 of 42`: in how many of the events that were `checked` it was found.
    pub fn share(&self, checked: u64) -> Sanitized {
        sanitized!("{} of {}", text::short_count(self.events), text::short_count(checked))
    }

    fn new(event: &Captured, finding: &Finding) -> Self {
        Self {
            event_type: event.event_type.clone(),
            finding: finding.clone(),
            severity: finding.severity,
            events: 1,
            first: event.at,
            last: event.at,
            example: event.number,
        }
    }

    fn take_in(&mut self, event: &Captured, finding: &Finding, counts: &mut FaultCounts) {
        if self.severity < finding.severity {
            *counts.of(self.severity) -= 1;
            *counts.of(finding.severity) += 1;
            self.severity = finding.severity;
        }
        // The first element of an array stands for the others.
        if self.example == event.number {
            return;
        }
        self.events += 1;
        if event.at.elapsed < self.first.elapsed {
            self.first = event.at;
        }
        if event.at.elapsed >= self.last.elapsed {
            (self.last, self.example) = (event.at, event.number);
            self.finding.clone_from(finding);
        }
    }

    /// Whether it is that a field is not of the type, or not there, as in most events: then others have it otherwise.
    pub fn drifts(&self) -> bool {
        self.finding.share.is_some()
    }

    /// The newest of the events that are held in which the field is as in most.
    pub fn counterexample<'h>(&self, history: &'h History) -> Option<&'h Captured> {
        if !self.drifts() {
            return None;
        }
        let mut bytes = 0;
        let events = history.versions(&self.event_type).rev().take(MOST_LOOKED_AT);
        let mut events = events.take_while(|event| {
            bytes += event.payload.text().len();
            bytes <= MOST_BYTES
        });
        events.find(|event| Document::new(event.payload.clone()).is_ok_and(|document| self.is_right_in(&document)))
    }

    fn is_right_in(&self, event: &Document) -> bool {
        let places = places(event, &self.finding.path);
        match &self.finding.expected {
            Expected::Type { types, .. } => {
                let kinds = places.iter().filter_map(|id| event.get(*id));
                kinds.map(|node| node.kind).any(|kind| types.has(kind.into()))
            }
            Expected::Field { any_of, .. } => {
                places.iter().any(|id| any_of.iter().any(|name| event.child(*id, &Segment::key(&**name)).is_some()))
            }
            Expected::Name { .. } | Expected::Value { .. } | Expected::Text(_) => false,
        }
    }
}

/// The values at a path, in whichever element of its arrays.
fn places(event: &Document, path: &Path) -> Vec<NodeId> {
    let mut places = vec![NodeId::ROOT];
    for segment in &path.0 {
        let next = places.into_iter().flat_map(|id| match segment {
            Segment::Key { .. } => event.child(id, segment).into_iter().collect::<Vec<_>>(),
            Segment::Index(_) => event.children(id).take(MOST_ELEMENTS).collect(),
        });
        places = next.take(MOST_ELEMENTS).collect();
    }
    places
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use jiff::Timestamp;

    use super::*;
    use crate::event::Payload;
    use crate::lint::{LintContext, Stage};
    use crate::plan::{Linter, rule};
    use crate::session::{Arrival, Change, ChangeKind, Session};

    fn at(seconds: u64) -> Moment {
        let elapsed = Duration::from_secs(seconds);
        Moment { elapsed, wall: Timestamp::UNIX_EPOCH.checked_add(elapsed).unwrap() }
    }

    fn event(event_type: &str, number: u64) -> Captured {
        Captured {
            event_type: event_type.into(),
            payload: Arc::new(Payload::new("{}")),
            at: at(number),
            number: EventNumber(number),
            arrival: Arrival::Poll,
        }
    }

    fn finding(id: &str, path: &str) -> Finding {
        rule(id).unwrap().at(path.parse().unwrap(), "something else", "it")
    }

    /// Of each fault its type, rule and place, in how many events it was, and when first and last.
    fn told(faults: &Faults) -> Vec<(String, u64, u64, u64)> {
        let told = |fault: &Fault| {
            let what = format!("{} {} {}", fault.event_type.as_str(), fault.finding.rule.id, fault.finding.path);
            (what, fault.events, fault.first.elapsed.as_secs(), fault.last.elapsed.as_secs())
        };
        faults.iter().map(|(_, fault)| told(fault)).collect()
    }

    #[test]
    fn a_fault_is_counted_once_an_event_in_whichever_element_it_is() {
        let mut faults = Faults::default();
        let lines = ["lines[0].at", "lines[1].at"].map(|path| finding("date-impossible", path));
        faults.take_in(&event("view", 1), &lines);
        faults.take_in(&event("view", 2), &[]);
        faults
            .take_in(&event("view", 3), &[finding("date-impossible", "lines[7].at"), finding("empty-string", "name")]);
        faults.take_in(&event("search", 4), &[finding("date-impossible", "lines[0].at")]);
        let expected = [
            ("view date-impossible lines[7].at", 2, 1, 3),
            ("view empty-string name", 1, 3, 3),
            ("search date-impossible lines[0].at", 1, 4, 4),
        ];
        assert_eq!(told(&faults), expected.map(|(what, events, first, last)| (what.to_owned(), events, first, last)));
        assert_eq!((faults.checked(&"view".into()), faults.checked(&"other".into())), (3, 0));
        assert_eq!(faults.counts(), FaultCounts { errors: 2, warnings: 0, notes: 1, types: 2 });
        let same = faults.of(&"view".into(), &finding("date-impossible", "lines[99].at")).unwrap();
        assert_eq!(same.example, EventNumber(3));
        assert_eq!(faults.of(&"view".into(), &finding("date-impossible", "at")), None);
    }

    #[test]
    fn what_is_worse_once_is_counted_as_that_and_an_older_event_is_no_newer_example() {
        let mut faults = Faults::default();
        let note = Finding { severity: Severity::Note, ..finding("identifier-too-long", "email") };
        let warning = Finding { severity: Severity::Warning, ..note.clone() };
        faults.take_in(&event("view", 5), std::slice::from_ref(&note));
        assert_eq!(faults.counts(), FaultCounts { notes: 1, ..FaultCounts::default() });
        let late = Captured { number: EventNumber(6), ..event("view", 2) };
        faults.take_in(&late, &[warning]);
        assert_eq!(faults.counts(), FaultCounts { warnings: 1, types: 1, ..FaultCounts::default() });
        let (_, fault) = faults.iter().next().unwrap();
        assert_eq!((fault.example, fault.first, fault.last, fault.events), (EventNumber(5), at(2), at(5), 2));
    }

    #[test]
    fn what_is_counted_is_bounded_and_the_rest_is_said() {
        let mut faults = Faults::default();
        let many: Vec<_> = (0..10_000).map(|n| finding("empty-string", &format!("key_{n}"))).collect();
        faults.take_in(&event("view", 1), &many);
        assert_eq!((faults.iter().count(), faults.left_out()), (MOST_OF_TYPE, 10_000 - MOST_OF_TYPE as u64));
        for number in 0..100 {
            faults.take_in(&event(&format!("type_{number}"), number), &many);
        }
        assert_eq!((faults.iter().count(), faults.counts().notes), (MOST_FAULTS, MOST_FAULTS));
    }

    #[test]
    fn of_a_field_that_drifts_the_share_of_each_is_known_and_an_event_of_the_other_kind() {
        let mut session = Session::new(1 << 20);
        let mut linter = Linter::default();
        let mut faults = Faults::default();
        let mut take_in = |text: String| {
            let change = Change {
                event_type: "booked".into(),
                kind: ChangeKind::Updated,
                payload: Some(Arc::new(Payload::new(&text))),
                received: None,
                counted_at: None,
                captured: 1,
                arrived: 1,
                coverage: None,
                at: at(1),
                arrival: Arrival::Poll,
                number: None,
            };
            let number = session.history.take_in(&change);
            let event = session.history.get(number.unwrap()).unwrap().clone();
            let document = Document::new(Arc::clone(&event.payload)).unwrap();
            let found = linter.observe(&document, LintContext { stage: Stage::Received, now: Timestamp::UNIX_EPOCH });
            faults.take_in(&event, &found);
            event.number
        };
        let line =
            |sku: &str| format!(r#"{{"event":"booked","email":"a@b.example","lines":[{{"code":{sku},"seat":1}}]}}"#);
        let numbers: Vec<_> = (0..6).map(|n| take_in(line(&format!("\"{n}\"")))).collect();
        let odd = take_in(line("7"));
        take_in(r#"{"event":"booked","email":"a@b.example","lines":[{"seat":2}]}"#.to_owned());
        let of = |id: &str| faults.iter().map(|(_, fault)| fault).find(|fault| fault.finding.rule.id == id).unwrap();
        let retyped = of("field-type-changes");
        assert_eq!(retyped.finding.share.as_ref().unwrap().words(), "string 6, number 1");
        assert_eq!(retyped.example, odd);
        assert_eq!(retyped.counterexample(&session.history).map(|event| event.number), numbers.last().copied());
        let missing = of("field-sometimes-missing");
        assert_eq!(missing.finding.share.as_ref().unwrap().words(), "string 6, number 1, missing 1");
        assert_eq!(missing.counterexample(&session.history).map(|event| event.number), Some(odd));
        assert!(faults.iter().filter(|(_, fault)| fault.drifts()).count() == 2);
    }
}
