use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write as _;

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_128;

use super::{Document, NodeId, NodeKind, Path};

mod inside;
mod matching;
mod volatile;

pub use inside::{Piece, PieceKind, inside};
pub use matching::{ArrayMatch, MatchedBy};
pub use volatile::Volatile;

/// One difference between two events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: in the event before, or in the one after for [`DifferenceKind::Added`]. The two are the same but for
    /// elements of an array that grew or shrank.
    pub path: Path,
    /// The kind of difference.
    pub kind: DifferenceKind,
    /// The JSON text of the value before; `None` for [`DifferenceKind::Added`] and [`DifferenceKind::Moved`].
    pub before: Option<String>,
    /// The JSON text of the value after; `None` for [`DifferenceKind::Dropped`] and [`DifferenceKind::Moved`].
    pub after: Option<String>,
    /// The value after, in that event; `None` for [`DifferenceKind::Dropped`].
    pub node: Option<NodeId>,
}

/// The sorts of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DifferenceKind {
    /// It was there before and is not there after.
    Dropped,
    /// Another value of the same JSON type.
    Changed,
    /// A value of another JSON type: `31.24` and `"31.24"`.
    Retyped {
        /// The type before.
        from: NodeKind,
        /// The type after.
        to: NodeKind,
    },
    /// An element of an array that stands elsewhere among those that stayed. What changed in it is told apart.
    Moved {
        /// Its index before.
        from: u32,
        /// Its index after.
        to: u32,
    },
    /// It was not there before and is there after.
    Added,
}

/// What it means that a number came as a string, or a string as a number.
pub const QUOTED_DIGITS: &str = "digits in quotes stand for a number";

impl Difference {
    /// Whether a number stands on one side, and on the other the digits of one in quotes.
    pub fn is_quoted_number(&self) -> bool {
        let text = match self.kind {
            DifferenceKind::Retyped { from: NodeKind::Number, to: NodeKind::String } => &self.after,
            DifferenceKind::Retyped { from: NodeKind::String, to: NodeKind::Number } => &self.before,
            _ => return false,
        };
        text.as_deref().and_then(decoded).is_some_and(|text| decimal(text.trim()).is_some())
    }

    /// Whether both are times, and the same one: `2026-11-23T14:03:19Z` and `2026-11-23T15:03:19+01:00`.
    pub fn same_instant(&self) -> bool {
        let string = |text: &Option<String>| text.as_ref().and_then(|text| serde_json::from_str::<String>(text).ok());
        self.kind == DifferenceKind::Changed
            && string(&self.before)
                .zip(string(&self.after))
                .is_some_and(|(before, after)| are_one_instant(&before, &after))
    }
}

/// Differences by their sorts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups<'a> {
    /// There before, and not after.
    pub dropped: Vec<&'a Difference>,
    /// There with another value.
    pub changed: Vec<&'a Difference>,
    /// There as another type.
    pub retyped: Vec<&'a Difference>,
    /// There in another place of its array.
    pub moved: Vec<&'a Difference>,
    /// There as the same instant, spelled differently: no change of what was said.
    pub respelled: Vec<&'a Difference>,
    /// Not there before.
    pub added: Vec<&'a Difference>,
}

impl<'a> Groups<'a> {
    /// The differences by their sorts, each in order.
    pub fn of(differences: impl IntoIterator<Item = &'a Difference>) -> Self {
        let mut groups = Self::default();
        for difference in differences {
            let group = match difference.kind {
                DifferenceKind::Dropped => &mut groups.dropped,
                DifferenceKind::Changed if difference.same_instant() => &mut groups.respelled,
                DifferenceKind::Changed => &mut groups.changed,
                DifferenceKind::Retyped { .. } => &mut groups.retyped,
                DifferenceKind::Moved { .. } => &mut groups.moved,
                DifferenceKind::Added => &mut groups.added,
            };
            group.push(difference);
        }
        groups
    }

    /// How many of the fields before are not there as they were.
    pub fn altered(&self) -> usize {
        self.dropped.len() + self.changed.len() + self.retyped.len()
    }
}

/// The differences that turn `before` into `after`, in the order of the paths in `before`, additions last. The order of keys
/// does not count, nor how a number is spelled; of a key that an object holds twice the last ones are compared, then those
/// before them.
///
/// - A container that is missing, new or of another type is one difference, whatever is in it.
/// - Arrays are compared without the equal elements at their beginnings and ends; what is left, by index.
/// - Numbers are compared by their exact decimal value, strings by what their escapes stand for.
///
/// The cost is that of the two texts, whatever their depth or width.
pub fn diff(before: &Document, after: &Document) -> Vec<Difference> {
    compare(before, after, None).0
}

/// Like [`diff`], but objects in arrays are matched by what names them (see [`MatchedBy`]), wherever they stand: an item that
/// was put in front of others does not change all of them. Also how the arrays with differences in them were matched.
pub fn diff_matched(before: &Document, after: &Document) -> (Vec<Difference>, Vec<ArrayMatch>) {
    compare(before, after, Some(matching::BUDGET))
}

/// Compares the two, and matches as many elements of arrays as the budget says, if there is one.
fn compare(before: &Document, after: &Document, budget: Option<usize>) -> (Vec<Difference>, Vec<ArrayMatch>) {
    if before.payload().text() == after.payload().text() {
        return (Vec::new(), Vec::new());
    }
    let (before_side, after_side) = (Side::new(before), Side::new(after));
    let mut comparison = Comparison {
        before: before_side,
        after: after_side,
        open: Vec::new(),
        found: Vec::new(),
        budget,
        matched: Vec::new(),
    };
    comparison.run();
    let Comparison { mut found, matched, .. } = comparison;
    found.sort_unstable_by_key(|found| match *found {
        NodeDifference::Dropped(id) | NodeDifference::Differs(id, _) | NodeDifference::Moved(id, _) => (false, id),
        NodeDifference::Added(id) => (true, id),
    });
    let matched = matched.into_iter().map(|(id, by)| ArrayMatch { path: after.path(id), by });
    (found.into_iter().map(|found| found.told(before, after)).collect(), matched.collect())
}

/// Whether two values are equal once types are forgotten: `31.24`, `31.240` and `"31.24"`; `true` and `"true"`; two
/// spellings of one instant. Never true of containers.
pub fn alike(one: (&Document, NodeId), other: (&Document, NodeId)) -> bool {
    let is_scalar =
        |(document, id): (&Document, NodeId)| document.get(id).is_some_and(|node| !node.kind.is_container());
    if !is_scalar(one) || !is_scalar(other) {
        return false;
    }
    let (one, other) = (one.0.plain(one.1), other.0.plain(other.1));
    one == other
        || decimal(&one).zip(decimal(&other)).is_some_and(|(one, other)| one == other)
        || are_one_instant(&one, &other)
}

fn are_one_instant(one: &str, other: &str) -> bool {
    let time = |text: &str| text.parse::<Timestamp>().ok();
    time(one).zip(time(other)).is_some_and(|(one, other)| one == other)
}

/// A difference by the places of its values.
#[derive(Clone, Copy)]
enum NodeDifference {
    Dropped(NodeId),
    Differs(NodeId, NodeId),
    Moved(NodeId, NodeId),
    Added(NodeId),
}

impl NodeDifference {
    fn told(self, before: &Document, after: &Document) -> Difference {
        let text = |document: &Document, id| Some(document.text(id).to_owned());
        let kind = |document: &Document, id| document.get(id).map_or(NodeKind::Null, |node| node.kind);
        match self {
            Self::Dropped(id) => Difference {
                path: before.path(id),
                kind: DifferenceKind::Dropped,
                before: text(before, id),
                after: None,
                node: None,
            },
            Self::Differs(old, new) => {
                let (from, to) = (kind(before, old), kind(after, new));
                let kind = if from == to { DifferenceKind::Changed } else { DifferenceKind::Retyped { from, to } };
                Difference {
                    path: before.path(old),
                    kind,
                    before: text(before, old),
                    after: text(after, new),
                    node: Some(new),
                }
            }
            Self::Moved(old, new) => {
                let index = |document: &Document, id| document.get(id).map_or(0, |node| node.position);
                Difference {
                    path: before.path(old),
                    kind: DifferenceKind::Moved { from: index(before, old), to: index(after, new) },
                    before: None,
                    after: None,
                    node: Some(new),
                }
            }
            Self::Added(id) => Difference {
                path: after.path(id),
                kind: DifferenceKind::Added,
                before: None,
                after: text(after, id),
                node: Some(id),
            },
        }
    }
}

/// The pairs that are still to be compared, and what was found.
struct Comparison<'a> {
    before: Side<'a>,
    after: Side<'a>,
    open: Vec<(NodeId, NodeId)>,
    found: Vec<NodeDifference>,
    /// How many more elements of arrays may be matched; `None` when none are.
    budget: Option<usize>,
    /// How the elements of arrays were matched.
    matched: Vec<(NodeId, MatchedBy)>,
}

impl Comparison<'_> {
    fn run(&mut self) {
        self.open.push((NodeId::ROOT, NodeId::ROOT));
        while let Some((old, new)) = self.open.pop() {
            if self.are_equal(old, new) {
                continue;
            }
            match (self.before.kind(old), self.after.kind(new)) {
                (Some(NodeKind::Object), Some(NodeKind::Object)) => self.objects(old, new),
                (Some(NodeKind::Array), Some(NodeKind::Array)) => self.arrays(old, new),
                _ => self.found.push(NodeDifference::Differs(old, new)),
            }
        }
    }

    fn objects(&mut self, old: NodeId, new: NodeId) {
        let mut fields: HashMap<_, _> =
            self.after.document.children(new).map(|id| (self.after.field(id), id)).collect();
        for id in self.before.document.children(old) {
            match fields.remove(&self.before.field(id)) {
                Some(other) => self.open.push((id, other)),
                None => self.found.push(NodeDifference::Dropped(id)),
            }
        }
        self.found.extend(fields.into_values().map(NodeDifference::Added));
    }

    fn arrays(&mut self, old: NodeId, new: NodeId) {
        let array = new;
        let mut old: Vec<_> = self.before.document.children(old).collect();
        let mut new: Vec<_> = self.after.document.children(new).collect();
        let equal = old.iter().zip(&new).take_while(|(one, other)| self.are_equal(**one, **other)).count();
        while let Some((one, other)) = old.last().zip(new.last())
            && old.len().min(new.len()) > equal
            && self.are_equal(*one, *other)
        {
            old.pop();
            new.pop();
        }
        let (old, new) = (old.split_off(equal), new.split_off(equal));
        if let Some(budget) = self.budget.filter(|_| old.len() + new.len() > 2) {
            let by = self.match_elements(&old, &new, budget);
            self.matched.push((array, by));
            if by != MatchedBy::Position {
                return;
            }
        }
        let common = old.len().min(new.len());
        self.found.extend(old.iter().skip(common).copied().map(NodeDifference::Dropped));
        self.found.extend(new.iter().skip(common).copied().map(NodeDifference::Added));
        self.open.extend(old.into_iter().zip(new));
    }

    fn are_equal(&self, old: NodeId, new: NodeId) -> bool {
        self.before.digest(old) == self.after.digest(new)
    }
}

/// An event with a digest of each of its values: equal values have equal digests, however they are spelled.
struct Side<'a> {
    document: &'a Document,
    digests: Vec<u128>,
}

impl<'a> Side<'a> {
    fn new(document: &'a Document) -> Self {
        let mut side = Self { document, digests: vec![0; document.len()] };
        let mut text = Vec::new();
        // Children come after their parent, so from the end each container finds its values digested.
        for id in document.ids().rev() {
            text.clear();
            side.canonical(id, &mut text);
            if let Some(digest) = side.digests.get_mut(id.index()) {
                *digest = xxh3_128(&text);
            }
        }
        side
    }

    /// Writes a text that equal values share.
    fn canonical(&self, id: NodeId, out: &mut Vec<u8>) {
        let spelled = self.document.text(id);
        match self.kind(id) {
            Some(NodeKind::Object) => {
                let mut sum = 0_u128;
                for child in self.document.children(id) {
                    out.clear();
                    let (key, occurrence) = self.field(child);
                    out.extend(self.digest(child).to_le_bytes());
                    out.extend(occurrence.to_le_bytes());
                    out.extend(key.bytes());
                    sum = sum.wrapping_add(xxh3_128(out));
                }
                out.clear();
                out.push(b'{');
                out.extend(sum.to_le_bytes());
            }
            Some(NodeKind::Array) => {
                out.push(b'[');
                out.extend(self.document.children(id).flat_map(|child| self.digest(child).to_le_bytes()));
            }
            Some(NodeKind::String) => {
                let string = decoded(spelled);
                out.push(if string.is_some() { b'"' } else { b'\\' });
                out.extend(string.as_deref().unwrap_or(spelled).bytes());
            }
            Some(NodeKind::Number) => match decimal(spelled) {
                Some(number) => out.extend(number),
                None => out.extend(spelled.bytes()),
            },
            _ => out.extend(spelled.bytes()),
        }
    }

    fn field(&self, id: NodeId) -> (Cow<'a, str>, u32) {
        (self.document.key(id).unwrap_or_default(), self.document.occurrence(id))
    }

    fn kind(&self, id: NodeId) -> Option<NodeKind> {
        self.document.get(id).map(|node| node.kind)
    }

    fn digest(&self, id: NodeId) -> u128 {
        self.digests.get(id.index()).copied().unwrap_or_default()
    }
}

/// The text of a JSON string; `None` for one that no text can stand for (a lone surrogate).
fn decoded(quoted: &str) -> Option<Cow<'_, str>> {
    if quoted.contains('\\') {
        return serde_json::from_str::<String>(quoted).ok().map(Cow::Owned);
    }
    quoted.strip_prefix('"')?.strip_suffix('"').map(Cow::Borrowed)
}

/// The number's significant digits and the power of ten of the last one: `15e-1` for `1.50`. `None` for what is no JSON
/// number. An exponent that no machine integer holds is left as it is spelled.
fn decimal(text: &str) -> Option<Vec<u8>> {
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let magnitude = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_number =
        are_digits(whole) && (whole == "0" || !whole.starts_with('0')) && are_digits(fraction) && are_digits(magnitude);
    if !is_number {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let mut out = Vec::with_capacity(text.len());
    if fraction.is_empty() {
        out.extend(whole.trim_end_matches('0').bytes());
    } else {
        out.extend(whole.bytes().chain(fraction.bytes()).skip_while(|byte| *byte == b'0'));
    }
    if out.is_empty() {
        return Some(b"0".to_vec());
    }
    let dropped = if fraction.is_empty() { whole.len() - out.len() } else { 0 };
    let shift = i128::try_from(dropped).ok()? - i128::try_from(fraction.len()).ok()?;
    let power = exponent.parse::<i128>().ok().and_then(|exponent| exponent.checked_add(shift));
    let sign = if exponent.starts_with('-') { "-" } else { "" };
    let written = match power {
        Some(power) => write!(out, "e{power}"),
        None => write!(out, "e{sign}{}{shift:+}", magnitude.trim_start_matches('0')),
    };
    written.ok()?;
    if text.starts_with('-') {
        out.insert(0, b'-');
    }
    Some(out)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::event::Segment;
    use crate::fuzz_tests;

    fn document(text: &str) -> Document {
        Document::read(text).unwrap()
    }

    #[test]
    fn any_two_events_are_compared_and_none_differs_from_itself() {
        let seeds = [
            "{\"a\":1,\"b\":[{\"sku\":\"1\",\"n\":1},{\"sku\":\"2\"}]}\n{\"b\":[{\"sku\":\"2\"},{\"sku\":\"1\",\"n\":2}],\"a\":\"1\"}",
            "{\"t\":\"2026-11-24T12:00:00Z\",\"x\":\"long text one\"}\n{\"t\":\"2026-11-24T13:00:00+01:00\",\"x\":\"long text two\"}",
            "[1,2,3]\n[3,2,1]",
        ];
        fuzz_tests::texts(&seeds, |text| {
            let (before, after) = text.split_once('\n').unwrap_or((text, text));
            let read = |text: &str| {
                let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
                is_json.then(|| document(text))
            };
            let (Some(before), Some(after)) = (read(before), read(after)) else { return None };
            assert_eq!(diff(&before, &before), []);
            let found = diff(&before, &after);
            assert_eq!(found.is_empty(), diff(&after, &before).is_empty());
            let parts = inside(before.text(crate::event::NodeId::ROOT), after.text(crate::event::NodeId::ROOT));
            Some((found.len().min(32), parts.len().min(32)))
        });
    }

    fn differences(before: &str, after: &str) -> Vec<Difference> {
        diff(&document(before), &document(after))
    }

    /// The differences in short: `-` dropped, `~` changed, `!` retyped, `>` moved, `+` added.
    fn told(before: &str, after: &str) -> Vec<String> {
        let tell = |difference: Difference| {
            let sign = match difference.kind {
                DifferenceKind::Dropped => '-',
                DifferenceKind::Changed => '~',
                DifferenceKind::Retyped { .. } => '!',
                DifferenceKind::Moved { .. } => '>',
                DifferenceKind::Added => '+',
            };
            let values: Vec<_> = [difference.before, difference.after].into_iter().flatten().collect();
            format!("{sign}{} {}", difference.path, values.join(" → "))
        };
        differences(before, after).into_iter().map(tell).collect()
    }

    #[test]
    fn each_sort_of_difference_is_told_with_the_exact_values() {
        let cases: &[(&str, &str, &[&str])] = &[
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, &[]),
            (r#"{"a":1.10}"#, r#"{"a":1.2}"#, &["~a 1.10 → 1.2"]),
            (r#"{"a":31.24}"#, r#"{"a":"31.24"}"#, &[r#"!a 31.24 → "31.24""#]),
            (r#"{"a":null,"b":true}"#, r#"{"a":false,"b":false}"#, &["!a null → false", "~b true → false"]),
            (r#"{"a":{}}"#, r#"{"a":[]}"#, &["!a {} → []"]),
            (r#"{"a":{"b":1}}"#, r#"{"a":{"b":1,"c":{"d":[2]}}}"#, &[r#"+a.c {"d":[2]}"#]),
            (r#"{"c":{"d":[2], "e":3},"a":1}"#, r#"{"b":1}"#, &[r#"-c {"d":[2], "e":3}"#, "-a 1", "+b 1"]),
            (
                r#"{"z":{"y":1},"x":2}"#,
                r#"{"n":0,"x":3,"z":{"y":2,"m":0}}"#,
                &["~z.y 1 → 2", "~x 2 → 3", "+n 0", "+z.m 0"],
            ),
            (r#"{"a":1,"a":2}"#, r#"{"a":1,"a":3}"#, &["~a 2 → 3"]),
            (r#"{"a":1,"a":2}"#, r#"{"a":1}"#, &["-a 1", "~a 2 → 1"]),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#, &["-a 1"]),
            (r#"{"a":"\u0041"}"#, r#"{"\u0061":"A"}"#, &[]),
            (r#"{"a":"\ud800"}"#, r#"{"a":"\\ud800"}"#, &[r#"~a "\ud800" → "\\ud800""#]),
            ("[1]", "{}", &["! [1] → {}"]),
            ("1", "1.0", &[]),
        ];
        for (before, after, expected) in cases {
            assert_eq!(told(before, after), *expected, "{before} and {after}");
        }
    }

    #[test]
    fn arrays_are_compared_without_their_equal_ends() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("[1,2,3]", "[0,1,2,3]", &["+[0] 0"]),
            ("[1,2,3]", "[1,2,3,4]", &["+[3] 4"]),
            ("[1,2,3]", "[1,9,2,3]", &["+[1] 9"]),
            ("[1,2,3]", "[1,3]", &["-[1] 2"]),
            ("[1,1]", "[1,1,1]", &["+[2] 1"]),
            ("[1,1,1]", "[1,1]", &["-[2] 1"]),
            ("[]", "[1,2]", &["+[0] 1", "+[1] 2"]),
            (r#"[{"p":1,"q":1},5]"#, r#"[{"p":2,"q":1},7,5]"#, &["~[0].p 1 → 2", "+[1] 7"]),
            ("[1,2,3,4]", "[1,9,8]", &["~[1] 2 → 9", "~[2] 3 → 8", "-[3] 4"]),
        ];
        for (before, after, expected) in cases {
            assert_eq!(told(before, after), *expected, "{before} and {after}");
        }
    }

    #[test]
    fn items_are_matched_by_what_names_them() {
        let tell = |before: &str, after: &str| {
            let (before, after) = (document(before), document(after));
            let (differences, arrays) = diff_matched(&before, &after);
            let differences = differences.iter().map(|it| match it.kind {
                DifferenceKind::Moved { from, to } => format!("{} {from}>{to}", it.path),
                DifferenceKind::Added => format!("+{}", it.path),
                DifferenceKind::Dropped => format!("-{}", it.path),
                DifferenceKind::Changed | DifferenceKind::Retyped { .. } => format!("~{}", it.path),
            });
            let by = arrays.iter().map(|array| match array.by {
                MatchedBy::Field(name) => format!("{} by {name}", array.path),
                MatchedBy::Position => format!("{} by place", array.path),
            });
            (differences.collect::<Vec<_>>().join(" "), by.collect::<Vec<_>>().join(", "))
        };
        let cases = [
            (
                r#"[{"sku":"a","n":1},{"sku":"b","n":1}]"#,
                r#"[{"sku":"c"},{"sku":"a","n":2},{"sku":"b","n":3}]"#,
                "~[0].n ~[1].n +[0]",
                " by sku",
            ),
            (
                r#"[{"sku":"a"},{"sku":"b"},{"sku":"c"}]"#,
                r#"[{"sku":"c"},{"sku":"a"},{"sku":"b"}]"#,
                "[2] 2>0",
                " by sku",
            ),
            (r#"[{"id":1},{"id":2}]"#, r#"[{"id":2,"x":0}]"#, "-[0] +[0].x", " by id"),
            (r#"[{"sku":"a","id":1},{"id":2}]"#, r#"[{"id":2},{"sku":"a","id":1}]"#, "[0] 0>1", " by id"),
            (
                r#"[{"sku":"a","n":1},{"sku":"a","n":2}]"#,
                r#"[{"sku":"a","n":3},{"sku":"a","n":4}]"#,
                "~[0].n ~[1].n",
                " by sku",
            ),
            (r#"[{"sku":"a"},{"sku":"b"}]"#, r#"[{"sku":"b"},{"n":1}]"#, "~[0].sku -[1].sku +[1].n", " by place"),
            (r#"{"t":["a","b"]}"#, r#"{"t":["b","c"]}"#, "~t[0] ~t[1]", "t by place"),
            (r#"[{"sku":"a"}]"#, r#"[{"sku":"b"}]"#, "~[0].sku", ""),
            (r#"[{"sku":{}},{"sku":1}]"#, r#"[{"sku":1},{"sku":{}}]"#, "!", " by place"),
        ];
        for (before, after, differences, by) in cases {
            let (told, how) = tell(before, after);
            assert_eq!(how, by, "{before} and {after}");
            assert!(differences == "!" || told == differences, "{before} and {after}: {told}");
        }
    }

    #[test]
    fn the_worst_arrays_cost_no_more_than_their_texts() {
        const ITEMS: usize = 40_000;
        let items = |numbers: &mut dyn Iterator<Item = usize>| {
            document(&format!("[{}]", numbers.map(|n| format!(r#"{{"sku":{n}}}"#)).collect::<Vec<_>>().join(",")))
        };
        // Compared each with each, these would take minutes.
        let (moved, arrays) = diff_matched(&items(&mut (0..ITEMS)), &items(&mut (0..ITEMS).rev()));
        assert_eq!((moved.len(), arrays.len()), (ITEMS - 1, 1));
        let (beyond, arrays) = diff_matched(&items(&mut (0..2 * ITEMS)), &items(&mut (0..2 * ITEMS).rev()));
        assert_eq!(arrays.first().unwrap().by, MatchedBy::Position, "beyond the budget");
        assert_eq!(beyond.len(), 2 * ITEMS);
    }

    #[test]
    fn numbers_are_equal_by_their_exact_value() {
        let digits = "9".repeat(60);
        let huge = |mantissa: &str| format!("{mantissa}e{digits}");
        let equal = [
            ("1.10", "1.1"),
            ("1e2", "100"),
            ("100", "1E+2"),
            ("0.1e3", "1.0e0002"),
            ("0", "-0.00e-7"),
            ("0e999999999999", "0"),
            ("12345678901234567890.0", "12345678901234567890"),
            ("-0.05", "-5e-2"),
            ("1e-999999999999", "0.1e-999999999998"),
            ("10e170141183460469231731687303715884105720", "1e170141183460469231731687303715884105721"),
            (&huge("1.0"), &huge("1")),
        ];
        for (one, other) in equal {
            assert_eq!(told(one, other), [""; 0], "{one} and {other}");
        }
        let different = [
            ("9007199254740993", "9007199254740992"),
            ("0.1", "0.10000000000000001"),
            ("1", "-1"),
            ("1e400", "1e401"),
            ("10", "1"),
            ("1e-1", "1e1"),
            (&huge("1"), &huge("-1")),
            (&huge("1"), &format!("1e-{digits}")),
            (&huge("1"), &format!("1e8{digits}")),
        ];
        for (one, other) in different {
            assert_eq!(differences(one, other).len(), 1, "{one} and {other}");
        }
    }

    #[test]
    fn values_are_alike_when_only_their_types_differ() {
        let cases = [
            ("31.24", r#""31.240""#, true),
            ("true", r#""true""#, true),
            (r#""a""#, r#""\u0061""#, true),
            (r#""2015-03-17T17:27:20+00:00""#, r#""2015-03-17T17:27:20Z""#, true),
            (r#""007""#, "7", false),
            (r#""""#, "null", false),
            ("1", "2", false),
            ("[]", "[]", false),
        ];
        for (one, other, expected) in cases {
            let (one_document, other_document) = (document(one), document(other));
            let found = alike((&one_document, NodeId::ROOT), (&other_document, NodeId::ROOT));
            assert_eq!(found, expected, "{one} and {other}");
        }
    }

    #[test]
    fn a_number_and_its_digits_in_quotes_differ_in_type_alone() {
        let cases = [
            ("31.24", "\"31.24\"", true),
            ("\"7\"", "7", true),
            ("7", "\"\\u0037 \"", true),
            ("7", "\"$ 7\"", false),
            ("7", "\"\"", false),
            ("true", "\"true\"", false),
            ("7", "8", false),
        ];
        for (before, after, expected) in cases {
            let document = |value: &str| Document::read(&format!("{{\"a\":{value}}}")).unwrap();
            let differences = diff(&document(before), &document(after));
            assert!(differences.iter().all(|it| it.is_quoted_number() == expected), "{before} {after}");
        }
    }

    #[test]
    fn one_instant_spelled_in_two_ways_is_told_from_another() {
        let cases = [
            (r#""2026-11-23T14:03:19Z""#, r#""2026-11-23T14:03:19.000Z""#, true),
            (r#""2026-11-23T14:03:19Z""#, r#""2026-11-23T15:03:19+01:00""#, true),
            (r#""2026-11-23T14:03:19Z""#, r#""2026-11-23T14:03:20Z""#, false),
            (r#""2026-11-23""#, r#""2026-11-23T00:00:00Z""#, false),
            ("1", "2", false),
            ("1", r#""1""#, false),
        ];
        for (before, after, expected) in cases {
            let differences = differences(before, after);
            assert_eq!(differences.len(), 1);
            assert_eq!(differences.iter().all(Difference::same_instant), expected, "{before} and {after}");
        }
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = |leaf: &str| format!("{}{leaf}{}", r#"{"a":["#.repeat(20_000), "]}".repeat(20_000));
        assert_eq!(differences(&deep("1"), &deep("1.0")), []);
        let found = differences(&deep("1"), &deep("2"));
        assert_eq!(found.iter().map(|difference| difference.path.0.len()).collect::<Vec<_>>(), [40_000]);
    }

    #[test]
    fn width_costs_no_more_than_its_text() {
        const FIELDS: usize = 200_000;
        let wide = |prefix: &str| {
            let fields: Vec<_> = (0..FIELDS).map(|n| format!(r#""{prefix}{n}":{n}"#)).collect();
            document(&format!("{{{}}}", fields.join(",")))
        };
        // Compared each with each, these would take minutes.
        assert_eq!(diff(&wide("a"), &wide("b")).len(), 2 * FIELDS);
    }

    /// A value apart from how it is spelled.
    #[derive(Clone, Debug, PartialEq)]
    enum Tree {
        Object(BTreeMap<(String, u32), Tree>),
        Array(Vec<Tree>),
        Number(f64),
        Other(String),
    }

    fn tree(document: &Document, id: NodeId) -> Tree {
        match document.get(id).unwrap().kind {
            NodeKind::Object => {
                let field =
                    |id| ((document.key(id).unwrap().into_owned(), document.occurrence(id)), tree(document, id));
                Tree::Object(document.children(id).map(field).collect())
            }
            NodeKind::Array => Tree::Array(document.children(id).map(|id| tree(document, id)).collect()),
            // The numbers of the test are few and small, so that a double tells them apart.
            NodeKind::Number => Tree::Number(document.text(id).parse().unwrap()),
            NodeKind::String => Tree::Other(format!("\"{}", document.plain(id))),
            _ => Tree::Other(document.text(id).to_owned()),
        }
    }

    fn step<'t>(tree: &'t mut Tree, segment: &Segment) -> &'t mut Tree {
        match (tree, segment) {
            (Tree::Object(fields), Segment::Key { name, occurrence }) => {
                fields.get_mut(&(name.to_string(), *occurrence)).unwrap()
            }
            (Tree::Array(elements), Segment::Index(index)) => elements.get_mut(*index).unwrap(),
            (tree, segment) => panic!("{segment:?} does not lead into {tree:?}"),
        }
    }

    fn apply(mut root: Tree, differences: &[Difference], after: &Document) -> Tree {
        let value = |text: &Option<String>| {
            let document = document(text.as_ref().unwrap());
            tree(&document, NodeId::ROOT)
        };
        // Changes keep their places, so they come first; elements go from the last on, and come from the first on.
        let moves = |kind| matches!(kind, DifferenceKind::Moved { .. });
        let stays = |kind| !moves(kind) && !matches!(kind, DifferenceKind::Dropped | DifferenceKind::Added);
        let mut held = BTreeMap::new();
        for difference in differences.iter().filter(|difference| stays(difference.kind)) {
            *difference.path.0.iter().fold(&mut root, step) = value(&difference.after);
        }
        let goes = |kind| moves(kind) || kind == DifferenceKind::Dropped;
        for difference in differences.iter().rev().filter(|difference| goes(difference.kind)) {
            let (last, parents) = difference.path.0.split_last().unwrap();
            match (parents.iter().fold(&mut root, step), last) {
                (Tree::Object(fields), Segment::Key { name, occurrence }) => {
                    assert!(fields.remove(&(name.to_string(), *occurrence)).is_some());
                }
                (Tree::Array(elements), Segment::Index(index)) => {
                    held.insert(difference.node, elements.remove(*index));
                }
                (tree, segment) => panic!("{segment:?} does not lead into {tree:?}"),
            }
        }
        for difference in coming(differences) {
            let path = after.path(difference.node.unwrap());
            let value =
                if moves(difference.kind) { held.remove(&difference.node).unwrap() } else { value(&difference.after) };
            let (last, parents) = path.0.split_last().unwrap();
            match (parents.iter().fold(&mut root, step), last) {
                (Tree::Object(fields), Segment::Key { name, occurrence }) => {
                    assert_eq!(fields.insert((name.to_string(), *occurrence), value), None);
                }
                (Tree::Array(elements), Segment::Index(index)) => elements.insert(*index, value),
                (tree, segment) => panic!("{segment:?} does not lead into {tree:?}"),
            }
        }
        root
    }

    /// What comes to its place, in the order of the event after.
    fn coming(differences: &[Difference]) -> Vec<&Difference> {
        let comes = |kind| matches!(kind, DifferenceKind::Moved { .. } | DifferenceKind::Added);
        let mut coming: Vec<_> = differences.iter().filter(|difference| comes(difference.kind)).collect();
        coming.sort_by_key(|difference| difference.node);
        coming
    }

    /// The differences as operations of RFC 6902, each applied to `value` by somebody else's code.
    fn patched(mut value: serde_json::Value, differences: &[Difference], after: &Document) -> serde_json::Value {
        use json_patch::jsonptr::PointerBuf;
        use json_patch::{AddOperation, Patch, PatchOperation, RemoveOperation, ReplaceOperation};

        let pointer = |path: &Path| PointerBuf::parse(path.pointer()).unwrap();
        let json = |text: &Option<String>| serde_json::from_str(text.as_ref().unwrap()).unwrap();
        let apply = |value: &mut _, operation| json_patch::patch(value, &Patch(vec![operation])).unwrap();
        let mut held = BTreeMap::new();
        for Difference { path, after, .. } in differences.iter().filter(|it| it.before.is_some() && it.after.is_some())
        {
            let replace = ReplaceOperation { path: pointer(path), value: json(after) };
            apply(&mut value, PatchOperation::Replace(replace));
        }
        for Difference { path, node, .. } in differences.iter().rev().filter(|it| it.after.is_none()) {
            held.insert(*node, value.pointer(&path.pointer()).unwrap().clone());
            apply(&mut value, PatchOperation::Remove(RemoveOperation { path: pointer(path) }));
        }
        for Difference { node, after: text, .. } in coming(differences) {
            let text = text.as_ref().map_or_else(|| held.remove(node).unwrap(), |_| json(text));
            let path = pointer(&after.path(node.unwrap()));
            apply(&mut value, PatchOperation::Add(AddOperation { path, value: text }));
        }
        value
    }

    /// JSON texts with items that have names, of which several may have the same; no object holds a key twice.
    fn named() -> impl Strategy<Value = String> {
        let number = 0_u8..3;
        let item = (prop::sample::select(vec!["sku", "product_id", "id", "sku"]), 0_u8..4, number.clone(), number);
        let item = item.prop_map(|(key, name, n, m)| format!(r#"{{"{key}":"{name}","n":{n},"in":[{m},{n}]}}"#));
        item.prop_map(|item| item).prop_recursive(2, 24, 6, |inner| {
            let list = prop::collection::vec(inner, 0..6).prop_map(|items| items.join(","));
            (list, 0_u8..3).prop_map(|(list, n)| format!(r#"{{"items":[{list}],"sku":{n}}}"#))
        })
    }

    /// JSON texts that often share parts, with odd spellings and keys that are held twice.
    fn json() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec![
            "null",
            "true",
            "false",
            "1",
            "1.0",
            "10e-1",
            "-1",
            "0",
            "-0",
            "100",
            "1e2",
            "1.10",
            "1.1",
            "\"\"",
            "\"1\"",
            "\"a\"",
            "\"\\u0061\"",
            "\"\\n\"",
            "\"ü\"",
            "{}",
            "[ ]",
        ])
        .prop_map(str::to_owned);
        let key = prop::sample::select(vec!["a", "b", "c", "\\u0061", "d e", ""]);
        leaf.prop_recursive(4, 48, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(|elements| format!("[{}]", elements.join(","))),
                prop::collection::vec((key.clone(), inner), 0..6).prop_map(|fields| {
                    let fields: Vec<_> = fields.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
                    format!("{{{}}}", fields.join(", "))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn applied_to_the_one_before_it_gives_the_one_after(before in json(), after in json()) {
            let (before, after) = (document(&before), document(&after));
            let differences = diff(&before, &after);
            let (old, new) = (tree(&before, NodeId::ROOT), tree(&after, NodeId::ROOT));
            prop_assert_eq!(differences.is_empty(), old == new);
            prop_assert_eq!(&apply(old.clone(), &differences, &after), &new);
            prop_assert_eq!(diff(&before, &before), []);
            let (matched, _) = diff_matched(&before, &after);
            prop_assert_eq!(matched.is_empty(), old == new);
            prop_assert_eq!(apply(old, &matched, &after), new);
        }

        #[test]
        fn items_may_come_go_and_move_and_others_make_the_same_of_it(before in named(), after in named()) {
            let value: serde_json::Value = serde_json::from_str(&before).unwrap();
            let expected: serde_json::Value = serde_json::from_str(&after).unwrap();
            let (before, after) = (document(&before), document(&after));
            let (matched, _) = diff_matched(&before, &after);
            let (old, new) = (tree(&before, NodeId::ROOT), tree(&after, NodeId::ROOT));
            prop_assert_eq!(apply(old, &matched, &after), new);
            prop_assert_eq!(&patched(value.clone(), &matched, &after), &expected);
            prop_assert_eq!(patched(value, &diff(&before, &after), &after), expected);
        }

        #[test]
        fn each_difference_holds_the_texts_at_its_path(before in json(), after in json()) {
            let (before, after) = (document(&before), document(&after));
            for difference in diff(&before, &after) {
                let in_before = before.find(&difference.path).map(|id| before.text(id).to_owned());
                let in_after = after.find(&difference.path).map(|id| after.text(id).to_owned());
                prop_assert!(difference.before.is_none() || difference.before == in_before);
                prop_assert!(difference.after.is_none() || difference.after == in_after);
            }
        }
    }
}
