//! The changes from one event of a type to the next.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::event::{
    Difference, DifferenceKind, Document, Groups, NodeId, Origin, Path, Sanitized, Segment, diff, origin, sanitized,
    text,
};
use crate::session::{Captured, EventNumber, Moment};

/// Events that are larger together, in bytes, are not compared: a key would wait for it.
pub const MOST_BYTES: usize = 4 << 20;

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
}

/// Two events that were compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Their numbers.
    pub pair: (EventNumber, EventNumber),
    /// The changes from the one to the other; `None` when they cannot be compared.
    pub changes: Option<Arc<Changes>>,
}

impl Pair {
    /// The two, unless they are the same: nothing is compared with itself.
    pub fn of(before: &Captured, after: &Captured) -> Option<Self> {
        (before.number != after.number).then(|| Self { before: before.clone(), after: after.clone() })
    }

    /// The numbers of the two.
    pub fn numbers(&self) -> (EventNumber, EventNumber) {
        (self.before.number, self.after.number)
    }

    /// Compares them. It takes as long as their texts are.
    pub fn compare(&self) -> Compared {
        let after = Document::new(Arc::clone(&self.after.payload)).ok();
        let changes = after.and_then(|after| Changes::between(&self.before, &after));
        Compared { pair: self.numbers(), changes: changes.map(Arc::new) }
    }
}

impl Compared {
    /// The changes in a few words.
    pub fn words(&self) -> Sanitized {
        self.changes.as_ref().map_or_else(|| "not compared".into(), |changes| changes.summary_without(|_| false))
    }
}

/// The changes from the event of a type before it to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// When the event before was seen.
    pub before_at: Moment,
    /// In the order of the fields, what was added last.
    differences: Vec<Difference>,
    /// The differences by the values of the event that they are about.
    by_node: HashMap<NodeId, usize>,
    /// The containers with changes in them.
    around: HashSet<NodeId>,
}

impl Changes {
    /// The changes from `before` to `event`; `None` when the two are too large to be compared, or `before` is no JSON.
    pub fn between(before: &Captured, event: &Document) -> Option<Self> {
        let payload = &before.payload;
        if payload.text().len() + event.payload().text().len() > MOST_BYTES {
            return None;
        }
        let differences = diff(&Document::new(payload.clone()).ok()?, event);
        let mut around = HashSet::new();
        let mut by_node = HashMap::new();
        for (index, difference) in differences.iter().enumerate() {
            let Some(node) = difference.node.filter(|_| !difference.is_volatile()) else { continue };
            by_node.insert(node, index);
            let mut at = event.parent(node);
            // Around one that was marked already, all is marked.
            while let Some(parent) = at.filter(|parent| around.insert(*parent)) {
                at = event.parent(parent);
            }
        }
        Some(Self { before_at: before.at, differences, by_node, around })
    }

    /// The changes that say something, by their sorts.
    pub fn groups(&self) -> Groups<'_> {
        Groups::of(self.differences.iter().filter(|difference| !difference.is_volatile()))
    }

    /// The changes that tell any two events apart: times and UUIDs.
    pub fn volatile(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| difference.is_volatile())
    }

    /// How many changes say something.
    pub fn count(&self) -> usize {
        self.differences.iter().filter(|difference| !difference.is_volatile()).count()
    }

    /// The change of a value of the event, unless it is a time or a UUID.
    pub fn of(&self, node: NodeId) -> Option<&Difference> {
        self.differences.get(*self.by_node.get(&node)?)
    }

    /// Whether something in the container has changed.
    pub fn are_in(&self, container: NodeId) -> bool {
        self.around.contains(&container)
    }

    /// The changes in a few words: `revenue 25 → 31.24 · +coupon · 2 more`; without those of fields that are told already.
    pub fn summary_without(&self, is_told: impl Fn(&Path) -> bool) -> Sanitized {
        let differences = || self.differences.iter().filter(|it| !is_told(&it.path));
        // What the platform may have added says little of what the sender did.
        let (own, others): (Vec<_>, Vec<_>) = differences().filter(|it| !it.is_volatile()).partition(|it| is_own(it));
        let mut parts: Vec<_> = own.into_iter().chain(others).map(words).collect();
        if parts.is_empty() {
            let told = match (differences().next(), self.differences.is_empty()) {
                (None, true) => "the same as the one before",
                (None, false) => "otherwise the same as the one before",
                (Some(_), _) => "only times and ids differ",
            };
            return told.into();
        }
        let more = parts.len().saturating_sub(NAMED);
        parts.truncate(NAMED);
        if more > 0 {
            parts.push(sanitized!("{} more", more));
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
        ];
        for (before, after, expected) in cases {
            let before = captured("view", before);
            let changes = Changes::between(&before, &document(after)).unwrap();
            assert_eq!(changes.summary_without(|_| false), expected, "{after}");
        }
    }

    #[test]
    fn a_value_knows_its_change_and_a_container_of_those_in_it() {
        let before = captured("view", r#"{"list":[{"a":1},{"b":2}],"same":{"x":1}}"#);
        let event = document(r#"{"list":[{"a":1},{"b":3}],"same":{"x":1},"new":true}"#);
        let changes = Changes::between(&before, &event).unwrap();
        let node = |path: &str| event.find(&path.parse().unwrap()).unwrap();
        assert_eq!(changes.of(node("list[1].b")).and_then(|it| it.before.as_deref()), Some("2"));
        assert_eq!(changes.of(node("new")).unwrap().kind, DifferenceKind::Added);
        let marked = ["list", "list[0]", "list[1]", "same"].map(|path| changes.are_in(node(path)));
        assert_eq!(marked, [true, false, true, false]);
        assert_eq!(changes.count(), 2);
    }

    #[test]
    fn what_is_too_large_is_not_compared() {
        let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(MOST_BYTES));
        assert!(Changes::between(&captured("view", &large), &document("{}")).is_none());
    }
}
