use super::judge::{Beside, Judge, is_same};
use super::{Arrived, Condition, Line, Mark, Order};
use crate::event::{Document, NodeId, NodeKind, Path, Sanitized, Segment, sanitized, text};
use crate::query::{Comparison, comparison, near_name, places};

/// The widest value that is shown, in columns.
const WIDEST: usize = 60;
/// How many near names are told.
const MOST_NEAR: usize = 3;
/// How many values of one expression are shown.
const MOST_VALUES: usize = 3;

/// What the two sides of a comparison are in an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The values of the left side, as JSON.
    pub left: Vec<String>,
    /// Those of the right side, where it is no value as it stands.
    pub right: Vec<String>,
    /// Why the condition cannot be evaluated, where it cannot.
    pub failed: Option<Sanitized>,
}

/// The word for a value's type, with its article.
fn kind(json: &str) -> &'static str {
    match json.trim_start().as_bytes().first() {
        Some(b'{') => NodeKind::Object.words(),
        Some(b'[') => NodeKind::Array.words(),
        Some(b'"') => NodeKind::String.words(),
        Some(b't' | b'f') => NodeKind::Bool.words(),
        Some(b'n') => NodeKind::Null.words(),
        _ => NodeKind::Number.words(),
    }
}

/// A value with its type: `25, a number`; of several the first.
fn shown(values: &[String]) -> Sanitized {
    let one = |json: &String| {
        // As one line, with its numbers as they are spelled.
        let line =
            serde_json::from_str::<serde_json::Value>(json).map_or_else(|_| json.clone(), |json| json.to_string());
        let value = text::excerpt(&line, WIDEST);
        match kind(json) {
            "null" | "true or false" => value,
            kind => sanitized!("{}, {}", value, kind),
        }
    };
    let more = values.len().saturating_sub(MOST_VALUES);
    let listed = Sanitized::join(values.iter().take(MOST_VALUES).map(one), "; ");
    match (values.is_empty(), more) {
        (true, _) => "nothing".into(),
        (false, 0) => listed,
        (false, more) => sanitized!("{}; and {} more", listed, more),
    }
}

/// Where a path leads nowhere in an event: what there is no such field of, and which names are near; `None` where it leads
/// somewhere.
pub fn absent(event: &Document, path: &Path) -> Option<Sanitized> {
    let mut at = NodeId::ROOT;
    for (depth, segment) in path.0.iter().enumerate() {
        if let Some(child) = event.child(at, segment) {
            at = child;
            continue;
        }
        let parent = event.get(at)?;
        let place = sanitized!("{}", Sanitized::of(&Path(path.0.get(..depth).unwrap_or_default().to_vec()).jq()));
        let Segment::Key { name, .. } = segment else {
            return Some(match parent.kind {
                NodeKind::Array => sanitized!("{} has {}", place, text::counted(parent.children.into(), "element")),
                kind => sanitized!("{} is {}", place, kind.words()),
            });
        };
        if parent.kind != NodeKind::Object {
            return Some(sanitized!("{} is {}", place, kind_of(event, at)));
        }
        let near = near(event, at, name);
        return Some(if near.is_empty() {
            "no such field".into()
        } else {
            sanitized!("no such field; near: {}", Sanitized::join(near, ", "))
        });
    }
    None
}

fn kind_of(event: &Document, id: NodeId) -> Sanitized {
    let kind = event.get(id).map_or("nothing", |node| node.kind.words());
    match text::excerpt(event.text(id), WIDEST) {
        value if kind == "null" => value,
        value => sanitized!("{}, {}", value, kind),
    }
}

/// The fields that may be meant by a name that is not there, with their values: one beside it, and those of that very name
/// elsewhere.
fn near(event: &Document, parent: NodeId, name: &str) -> Vec<Sanitized> {
    let keys: Vec<_> = event.children(parent).filter_map(|id| Some((id, event.key(id)?))).collect();
    let beside = near_name(name, keys.iter().map(|(_, key)| &**key));
    let beside = keys.iter().find(|(_, key)| Some(&**key) == beside).map(|(id, _)| *id);
    let elsewhere = event.ids().filter(|id| event.key(*id).is_some_and(|key| key == name));
    let told = |id: NodeId| {
        let path = text::sanitize(&event.path(id).jq());
        sanitized!("{} {}", path, text::excerpt(event.text(id), WIDEST))
    };
    beside.into_iter().chain(elsewhere).take(MOST_NEAR).map(told).collect()
}

impl Condition {
    /// What is said of it in one event.
    pub(super) fn line(&self, mark: &Mark, found: &Found, event: Option<&Document>) -> Line {
        let Self::Jq(expression) = self else {
            let detail = if let Mark::Failed(why) = mark { why.clone() } else { Sanitized::default() };
            return Line { met: Some(mark.is_met()), condition: self.shown(), detail, is_odd: false };
        };
        let missing = || {
            let event = event?;
            let told = |path: &Path| {
                let path_shown = text::sanitize(&path.jq());
                Some(sanitized!("{}: {}", path_shown, absent(event, path)?))
            };
            let told: Vec<_> = places(expression).iter().filter_map(told).collect();
            (!told.is_empty()).then(|| Sanitized::join(told, "; "))
        };
        let compared = comparison(expression);
        let sides = match &compared {
            // Where a value is forbidden, it stands in the condition and is not told as what is wanted.
            Some(comparison) => {
                let left = text::excerpt(&comparison.left, WIDEST);
                let left = sanitized!("{} is {}", left, shown(&found.left));
                if comparison.is_literal {
                    left
                } else {
                    sanitized!("{}; {} is {}", left, text::excerpt(&comparison.right, WIDEST), shown(&found.right))
                }
            }
            None => sanitized!("it gives {}", shown(&found.left)),
        };
        let odd = compared.as_ref().filter(|_| mark.is_met()).and_then(|comparison| odd_order(comparison, found));
        let missing = missing();
        let is_odd = odd.is_some() || *mark == Mark::Unmet && missing.is_some();
        let detail = match mark {
            Mark::Failed(why) => {
                let why = found.failed.as_ref().unwrap_or(why);
                missing.map_or_else(|| why.clone(), |missing| sanitized!("{}; {}", why, missing))
            }
            Mark::Met => match &odd {
                Some(odd) => sanitized!("{}; {}", sides, odd),
                None => sides,
            },
            Mark::Unmet => match missing {
                Some(missing) if found.left.iter().all(|left| left == "null") => missing,
                Some(missing) => sanitized!("{}; {}", sides, missing),
                None => match compared.as_ref().and_then(|comparison| other_type(comparison, found)) {
                    Some(note) => sanitized!("{}; {}", sides, note),
                    None => sides,
                },
            },
        };
        Line { met: Some(mark.is_met()), condition: self.shown(), detail, is_odd }
    }
}

/// The two values of a comparison, where each side has one.
fn both<'f>(comparison: &'f Comparison, found: &'f Found) -> Option<(&'f str, &'f str)> {
    let [left] = found.left.as_slice() else { return None };
    match (comparison.is_literal, found.right.as_slice()) {
        (true, _) => Some((left, &comparison.right)),
        (false, [right]) => Some((left, right)),
        _ => None,
    }
}

/// That values of two types are never equal.
fn other_type(comparison: &Comparison, found: &Found) -> Option<Sanitized> {
    let (left, right) = both(comparison, found)?;
    let (own, other) = (kind(left), kind(right));
    let is_told = comparison.operator == "==" && own != other && left != "null" && right != "null";
    is_told.then(|| sanitized!("{} is never equal to {}", own, other))
}

/// That values of two types are compared by their types alone.
fn odd_order(comparison: &Comparison, found: &Found) -> Option<Sanitized> {
    let (left, right) = both(comparison, found)?;
    let (own, other) = (kind(left), kind(right));
    let (before, is_ordered) = match comparison.operator {
        "<" | "<=" => ("before", true),
        ">" | ">=" => ("after", true),
        _ => ("", false),
    };
    (is_ordered && own != other).then(|| sanitized!("jq puts {} {} {}, whatever they say", own, before, other))
}

/// When an event came, as far as that is known.
fn when(arrived: &Arrived) -> Sanitized {
    let at = arrived.payload.head().received.unwrap_or(arrived.at);
    Sanitized::of(&format_args!("{at:.3}"))
}

impl Judge {
    /// What is said of an event's place beside those of other expectations.
    pub(super) fn lines_beside(&self, number: usize, arrived: &Arrived) -> Vec<Line> {
        let Some(expectation) = self.expectations().get(number) else { return Vec::new() };
        let name = |other: usize| self.expectations().get(other).map(super::Expectation::called).unwrap_or_default();
        let mut lines = Vec::new();
        for order in &expectation.after {
            let (called, first, stands) = match order {
                Order::Type(event_type) => {
                    (event_type.shown(), self.first_of(event_type), self.after_type(event_type, arrived))
                }
                Order::Expectation(other) => {
                    let first = self.first_held(*other);
                    let stands = first.map_or(Beside::No, |first| match arrived.is_after(first) {
                        Some(true) => Beside::Yes,
                        Some(false) => Beside::No,
                        None => Beside::Unknown,
                    });
                    if let Some(first) = first.filter(|first| self.beside(*other, first) == Beside::No) {
                        let detail = sanitized!("that came {}, and is not met itself", when(first));
                        let condition = sanitized!("after {}", name(*other));
                        lines.push(Line { met: Some(false), condition, detail, is_odd: false });
                        continue;
                    }
                    (name(*other), first, stands)
                }
            };
            let detail = match (first, stands) {
                (None, _) if matches!(order, Order::Expectation(_)) => "nothing came that meets it".into(),
                (None, _) => sanitized!("no {} came", called),
                (Some(first), Beside::Yes) => sanitized!("that came {}", when(first)),
                (Some(first), Beside::No) => {
                    sanitized!("it came {}, and that came {}", when(arrived), when(first))
                }
                (Some(_), Beside::Unknown) => "both came between two polls, and nothing tells which was first".into(),
            };
            let met = match stands {
                Beside::Yes => Some(true),
                Beside::No => Some(false),
                Beside::Unknown => None,
            };
            lines.push(Line { met, condition: sanitized!("after {}", called), detail, is_odd: false });
        }
        for same in &expectation.same {
            let own = arrived.payload.value(&same.path);
            let other = self.first_held(same.of);
            let their = other.and_then(|other| other.payload.value(&same.their));
            let value = |json: Option<&str>| json.map_or("nothing".into(), |json| shown(&[json.to_owned()]));
            let path = |path: &Path| text::sanitize(&path.jq());
            let called = name(same.of);
            let detail = match other {
                None => "nothing came that meets it".into(),
                Some(_) => sanitized!(
                    "{} is {}; {} of {} is {}",
                    path(&same.path),
                    value(own),
                    path(&same.their),
                    called,
                    value(their)
                ),
            };
            let condition = sanitized!("the same {} as {}", path(&same.path), called);
            lines.push(Line { met: Some(is_same(own, their)), condition, detail, is_odd: false });
        }
        lines
    }
}
