//! The changes from one event of a type to the next.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::event::{
    ArrayMatch, Difference, DifferenceKind, Document, Groups, NodeId, Origin, Path, Payload, Sanitized, Segment,
    Volatile, diff_matched, origin, sanitized, text,
};
use crate::session::{Captured, EventNumber};

/// Events that are larger together, in bytes, are not compared.
pub const MOST_BYTES: usize = 32 << 20;

/// Events that are no larger together, in bytes, are compared at once; for others a key would have to wait.
const AT_ONCE: usize = 64 << 10;

/// The widest path and the widest value that a summary repeats, in columns.
const WIDEST: usize = 24;

/// How much of a value is looked at for the part in which it differs, in columns.
const LOOKED_AT: usize = 256;

/// So many changes are named in a summary.
const NAMED: usize = 3;

/// Two events that are to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    before: Captured,
    after: Captured,
    volatile: Arc<Volatile>,
}

/// Two events that were compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Their numbers.
    pub pair: (EventNumber, EventNumber),
    /// The later one of them.
    pub after: Arc<Payload>,
    /// The changes from the one to the other; `None` when they cannot be compared.
    pub changes: Option<Arc<Changes>>,
}

impl Pair {
    /// The two, unless they are the same: nothing is compared with itself. What is `volatile` does not count.
    pub fn of(before: &Captured, after: &Captured, volatile: &Arc<Volatile>) -> Option<Self> {
        let (one, other, volatile) = (before.clone(), after.clone(), Arc::clone(volatile));
        (before.number != after.number).then_some(Self { before: one, after: other, volatile })
    }

    /// The numbers of the two.
    pub fn numbers(&self) -> (EventNumber, EventNumber) {
        (self.before.number, self.after.number)
    }

    /// Compares them. It takes as long as their texts are.
    pub fn compare(&self) -> Compared {
        let after = Document::new(Arc::clone(&self.after.payload)).ok();
        let changes = after.and_then(|after| Changes::between(&self.before, &after, &self.volatile));
        Compared { pair: self.numbers(), after: Arc::clone(&self.after.payload), changes: changes.map(Arc::new) }
    }
}

impl Compared {
    /// The changes in a few words.
    pub fn words(&self) -> Sanitized {
        self.changes.as_ref().map_or_else(|| "not compared".into(), |changes| changes.summary_without(|_| false))
    }
}

/// The comparison of the event on show with another.
#[derive(Debug, Default)]
pub enum Comparison {
    /// There is no other.
    #[default]
    Nothing,
    /// It was asked for.
    Awaited(Captured),
    /// The two cannot be compared: they are too large, or one is no JSON.
    Impossible(Captured),
    /// It is known what changed since the other.
    Done(Captured, Arc<Changes>),
}

impl Comparison {
    /// Compares an event with another one: at once, unless a key would have to wait for it.
    pub(super) fn begin(
        other: Option<&Captured>,
        event: &Captured,
        document: Option<&Document>,
        volatile: &Volatile,
    ) -> Self {
        let Some(other) = other.filter(|other| other.number != event.number) else { return Self::Nothing };
        let Some(document) = document else { return Self::Impossible(other.clone()) };
        if other.payload.text().len() + event.payload.text().len() > AT_ONCE {
            return Self::Awaited(other.clone());
        }
        Self::done(other.clone(), Changes::between(other, document, volatile).map(Arc::new))
    }

    fn done(other: Captured, changes: Option<Arc<Changes>>) -> Self {
        match changes {
            Some(changes) => Self::Done(other, changes),
            None => Self::Impossible(other),
        }
    }

    /// Takes in what was asked for.
    pub(super) fn learn(&mut self, event: EventNumber, compared: &Compared) {
        if let Self::Awaited(other) = self
            && (other.number, event) == compared.pair
        {
            *self = Self::done(other.clone(), compared.changes.clone());
        }
    }

    /// The two, where the comparison is still to be made.
    pub(super) fn pair(&self, event: &Captured, volatile: &Arc<Volatile>) -> Option<Pair> {
        match self {
            Self::Awaited(other) => Pair::of(other, event, volatile),
            Self::Nothing | Self::Impossible(_) | Self::Done(..) => None,
        }
    }

    /// The event that it is compared with.
    pub fn other(&self) -> Option<&Captured> {
        match self {
            Self::Nothing => None,
            Self::Awaited(other) | Self::Impossible(other) | Self::Done(other, _) => Some(other),
        }
    }

    /// The changes, once they are known.
    pub fn changes(&self) -> Option<&Changes> {
        match self {
            Self::Done(_, changes) => Some(changes),
            Self::Nothing | Self::Awaited(_) | Self::Impossible(_) => None,
        }
    }
}

/// The changes from another event to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// Those that say something, in the order of the fields, what was added last; each where it is in the event itself,
    /// but for what was dropped.
    differences: Vec<Difference>,
    /// Those that tell any two events apart.
    volatile: Vec<Difference>,
    /// How the elements of arrays were matched.
    arrays: Vec<ArrayMatch>,
    /// How many fields of the event itself are the same, all that is in them included.
    same: usize,
    /// The differences by the values of the event that they are about.
    by_node: HashMap<NodeId, usize>,
    /// The containers with changes in them.
    around: HashSet<NodeId>,
}

impl Changes {
    /// The changes from `before` to `event`; `None` when the two are too large to be compared, or `before` is no JSON.
    pub fn between(before: &Captured, event: &Document, volatile: &Volatile) -> Option<Self> {
        let payload = &before.payload;
        if payload.text().len() + event.payload().text().len() > MOST_BYTES {
            return None;
        }
        let (mut all, arrays) = diff_matched(&Document::new(payload.clone()).ok()?, event);
        // The reader looks at the event after, where elements of an array may stand elsewhere.
        for difference in &mut all {
            if let Some(node) = difference.node {
                difference.path = event.path(node);
            }
        }
        let (volatile, differences): (Vec<_>, Vec<_>) = all.into_iter().partition(|it| volatile.holds(it));
        let mut around = HashSet::new();
        let mut by_node = HashMap::new();
        for (index, difference) in differences.iter().enumerate() {
            let Some(node) = difference.node else { continue };
            by_node.insert(node, index);
            let mut at = event.parent(node);
            // Around one that was marked already, all is marked.
            while let Some(parent) = at.filter(|parent| around.insert(*parent)) {
                at = event.parent(parent);
            }
        }
        let dropped_from =
            |difference: &Difference| event.find(&Path(difference.path.0.first().into_iter().cloned().collect()));
        let others: HashSet<_> = volatile
            .iter()
            .chain(&differences)
            .filter_map(|it| if it.node.is_some() && it.path.0.len() == 1 { it.node } else { dropped_from(it) })
            .collect();
        let is_same = |node: &NodeId| !others.contains(node);
        let same = event.children(NodeId::ROOT).filter(is_same).count();
        Some(Self { differences, volatile, arrays, same, by_node, around })
    }

    /// The changes that say something, by their sorts.
    pub fn groups(&self) -> Groups<'_> {
        Groups::of(&self.differences)
    }

    /// The changes that tell any two events apart: times, UUIDs, epochs, and those that are named in the settings.
    pub fn volatile(&self) -> &[Difference] {
        &self.volatile
    }

    /// How the elements of arrays were matched.
    pub fn arrays(&self) -> &[ArrayMatch] {
        &self.arrays
    }

    /// How many fields of the event itself are the same, all that is in them included.
    pub fn same(&self) -> usize {
        self.same
    }

    /// How many changes say something.
    pub fn count(&self) -> usize {
        self.differences.len()
    }

    /// The change of a value of the event, unless it is one that tells any two apart.
    pub fn of(&self, node: NodeId) -> Option<&Difference> {
        self.differences.get(*self.by_node.get(&node)?)
    }

    /// Whether something in the container has changed.
    pub fn are_in(&self, container: NodeId) -> bool {
        self.around.contains(&container)
    }

    /// The changes in a few words: `revenue 25 → 31.24 · +coupon · 2 more`; without those of fields that are told already.
    pub fn summary_without(&self, is_told: impl Fn(&Path) -> bool) -> Sanitized {
        let untold = |it: &&Difference| !is_told(&it.path);
        let count = self.differences.iter().filter(untold).count();
        if count == 0 {
            let told = match (self.volatile.iter().any(|it| untold(&it)), self.differences.is_empty()) {
                (true, true) => "only times and ids differ",
                (true, false) => "otherwise only times and ids differ",
                (false, true) if self.volatile.is_empty() => "the same as the one before",
                (false, _) => "otherwise the same as the one before",
            };
            return told.into();
        }
        // What the platform may have added says little of what the sender did.
        let (own, others): (Vec<_>, Vec<_>) = self.differences.iter().filter(untold).partition(|it| is_own(it));
        let mut parts: Vec<_> = own.into_iter().chain(others).take(NAMED).map(words).collect();
        if count > NAMED {
            parts.push(sanitized!("{} more", count - NAMED));
        }
        Sanitized::join(parts, " · ")
    }
}

/// Whether a change is in a field that the sender has put there, as far as its name tells.
fn is_own(difference: &Difference) -> bool {
    match difference.path.0.first() {
        Some(Segment::Key { name, .. }) => origin(name) == Origin::Sender,
        _ => true,
    }
}

/// One change in a few words.
fn words(difference: &Difference) -> Sanitized {
    let path = match Sanitized::of(&difference.path) {
        path if path.is_empty() => "the event".into(),
        path => path.fit_middle(WIDEST),
    };
    let [before, after] = [&difference.before, &difference.after].map(|json| {
        let json = json.as_deref().unwrap_or_default();
        text::sanitize_within(json, LOOKED_AT).0
    });
    let fits = before.width() <= WIDEST && after.width() <= WIDEST;
    let (before, after) = if fits { (before, after) } else { text::parted(&before, &after) };
    match difference.kind {
        DifferenceKind::Added => sanitized!("+{}", path),
        DifferenceKind::Dropped => sanitized!("−{}", path),
        DifferenceKind::Moved { from, to } => sanitized!("{} from place {} to {}", path, from, to),
        DifferenceKind::Changed | DifferenceKind::Retyped { .. } => {
            sanitized!("{} {} → {}", path, before.fit(WIDEST), after.fit(WIDEST))
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::app::fixture::{captured, document};

    fn between(before: &Captured, event: &Document) -> Option<Changes> {
        Changes::between(before, event, &Volatile::default())
    }

    #[test]
    fn what_is_told_already_is_not_told_again_and_nothing_else_is_claimed() {
        let before = r#"{"product_id":"B7","timestamp":"2026-11-23T14:03:19Z"}"#;
        let cases = [
            (r#"{"product_id":"B8","timestamp":"2026-11-23T14:03:20Z"}"#, "otherwise only times and ids differ"),
            (r#"{"product_id":"B7","timestamp":"2026-11-23T14:03:20Z"}"#, "only times and ids differ"),
            (r#"{"product_id":"B8","timestamp":"2026-11-23T14:03:19Z"}"#, "otherwise the same as the one before"),
            (before, "the same as the one before"),
        ];
        for (after, expected) in cases {
            let changes = between(&captured("view", before), &document(after)).unwrap();
            let is_product = |path: &Path| *path == "product_id".parse().unwrap();
            assert_eq!(changes.summary_without(is_product), expected, "{after}");
        }
    }

    #[test]
    fn changes_are_told_in_a_few_words() {
        let cases = [
            (r#"{"a":1}"#, r#"{"a":1}"#, "the same as the one before"),
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, "the same as the one before"),
            (
                r#"{"timestamp":"2026-11-23T14:03:19Z"}"#,
                r#"{"timestamp":"2026-11-23T14:03:20Z"}"#,
                "only times and ids differ",
            ),
            (r#"{"revenue":25}"#, r#"{"revenue":31.24,"coupon":null}"#, "revenue 25 → 31.24 · +coupon"),
            (r#"{"a":1,"b":2,"c":3,"d":4,"e":5}"#, r#"{"a":"1"}"#, r#"a 1 → "1" · −b · −c · 2 more"#),
            (r#"{"\u001b[2J":1}"#, r#"{"\u001b[2J":"\u001b"}"#, r#"["\u001b[2J"] 1 → "\u001b""#),
            (
                r#"{"url":"https://shop.example/beans"}"#,
                r#"{"url":"https://shop.example/mugs"}"#,
                r#"url …le/beans" → …le/mugs""#,
            ),
            (r#"{"ip":"1","a":1}"#, r#"{"ip":"2","a":2}"#, r#"a 1 → 2 · ip "1" → "2""#),
            (r#"{"items":[{"sku":"a"}]}"#, r#"{"items":[{"sku":"b"}]}"#, r#"items[0].sku "a" → "b""#),
            (
                r#"{"items":[{"sku":"a"},{"sku":"b","n":1}]}"#,
                r#"{"items":[{"sku":"b","n":2},{"sku":"c"},{"sku":"a"}]}"#,
                "items[2] from place 0 to 2 · items[0].n 1 → 2 · +items[1]",
            ),
        ];
        for (before, after, expected) in cases {
            let before = captured("view", before);
            let changes = between(&before, &document(after)).unwrap();
            assert_eq!(changes.summary_without(|_| false), expected, "{after}");
        }
    }

    #[test]
    fn a_value_knows_its_change_and_a_container_of_those_in_it() {
        let before = captured("view", r#"{"list":[{"a":1},{"b":2}],"same":{"x":1}}"#);
        let event = document(r#"{"list":[{"a":1},{"b":3}],"same":{"x":1},"new":true}"#);
        let changes = between(&before, &event).unwrap();
        let node = |path: &str| event.find(&path.parse().unwrap()).unwrap();
        assert_eq!(changes.of(node("list[1].b")).and_then(|it| it.before.as_deref()), Some("2"));
        assert_eq!(changes.of(node("new")).unwrap().kind, DifferenceKind::Added);
        let marked = ["list", "list[0]", "list[1]", "same"].map(|path| changes.are_in(node(path)));
        assert_eq!(marked, [true, false, true, false]);
        assert_eq!((changes.count(), changes.same()), (2, 1));
    }

    #[test]
    fn what_is_too_large_is_not_compared() {
        let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(MOST_BYTES));
        assert!(between(&captured("view", &large), &document("{}")).is_none());
    }
}
