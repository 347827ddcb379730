//! Queries: jq expressions over events. Here is what everybody may know of one: how it is written for a value, what may be
//! wrong with it, what comes of it. Who evaluates it is in `jq`.

mod conditions;

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::event::{Path, Sanitized, Segment, sanitized, text};

pub use conditions::{Assigns, Comparison, assigns, comparison, conditions, dotted, near_name, places};

/// The longest expression that is taken, in bytes: more than anybody types, and less than what its parser nests too deep on.
pub const LONGEST: usize = 16 * 1024;

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The part that it is about, in bytes; empty at the end, where something is missing.
    pub at: Range<usize>,
    /// The reason.
    pub reason: Sanitized,
}

impl Fault {
    /// Where it is in columns from 0, and how many it takes there: at least one, to put a mark under.
    pub fn columns(&self, expression: &str) -> (usize, usize) {
        let width = |range: Range<usize>| expression.get(range).map_or(0, |part| text::width(&text::sanitize(part)));
        (width(0..self.at.start), width(self.at.clone()).max(1))
    }
}

/// The place by its column, counted from 1, and the reason.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.at.start + 1, self.reason)
    }
}

/// Why a query has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryError {
    /// The expression cannot be used.
    Expression(Fault),
    /// The evaluation was ended, or has ended by itself: why.
    Ended(Sanitized),
    /// Nothing can be evaluated here: why.
    Unavailable(Sanitized),
}

impl QueryError {
    /// The reason, without the place.
    pub fn reason(&self) -> &Sanitized {
        match self {
            Self::Expression(Fault { reason, .. }) | Self::Ended(reason) | Self::Unavailable(reason) => reason,
        }
    }
}

/// What an expression gives for one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// The values as indented JSON.
    pub texts: Vec<String>,
    /// How they end.
    pub end: ValuesEnd,
}

/// How the values of an expression end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ValuesEnd {
    /// These are all.
    #[default]
    Complete,
    /// There are more, or the last is longer, than anybody reads.
    Cut,
    /// Evaluating the next one failed: why.
    Failed(Sanitized),
}

/// Whether an event is one of those that an expression asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The expression gives something other than `false` and `null`.
    Matches,
    /// It gives nothing else, or nothing.
    Differs,
    /// It fails for this event before it gives such a value: why.
    Failed(Sanitized),
}

/// The expression for the events that have this value at that path. An element of an array stands for any of them: who asks
/// for a product asks for it wherever it stands in the cart.
///
/// `value` is one JSON scalar; `None` for any other.
pub fn with_value(path: &Path, value: &str) -> Option<String> {
    let value = match serde_json::from_str(value).ok()? {
        serde_json::Value::Array(_) | serde_json::Value::Object(_) => return None,
        // As everybody writes it: the escapes of one sender are no part of the value.
        serde_json::Value::String(text) => serde_json::Value::from(text).to_string(),
        _ => value.trim().to_owned(),
    };
    let condition = match path.0.split_last() {
        // jq takes a field that is not there for null.
        Some((last @ Segment::Key { name, .. }, parent)) if value == "null" => {
            let (key, field) = (serde_json::Value::from(&**name), Path(vec![last.clone()]).jq());
            let parent = if parent.is_empty() { String::new() } else { format!("{} | ", place(parent)) };
            format!("{parent}has({key}) and {field} == null")
        }
        _ => format!("{} == {value}", place(&path.0)),
    };
    // Another event may have something else on the way there, which is no error to tell of.
    let quiet = if path.0.len() > 1 { "?" } else { "" };
    Some(format!("select({condition}){quiet}"))
}

/// The expression for what stands at a path, in any element of an array on the way.
fn place(path: &[Segment]) -> String {
    let parts = path.split(|segment| matches!(segment, Segment::Index(_))).map(|keys| Path(keys.to_vec()).jq());
    parts.enumerate().fold(String::new(), |place, (number, keys)| match (number, keys.as_str()) {
        (0, keys) => keys.to_owned(),
        (_, ".") => place + "[]",
        (_, keys) => place + "[]" + keys.strip_prefix(".[").map_or(keys, |_| keys.get(1..).unwrap_or_default()),
    })
}

/// What a query says to a reader of it when it takes more than it may: one sentence, wherever it is said.
pub fn too_slow(limit: std::time::Duration) -> Sanitized {
    sanitized!("stopped: it took more than {} for one event", text::span(limit))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_asked_for_by_its_path_and_text() {
        let cases = [
            ("customer_id", r#""42""#, r#"select(.customer_id == "42")"#),
            ("revenue", "25.00", "select(.revenue == 25.00)"),
            ("coupon", "null", r#"select(has("coupon") and .coupon == null)"#),
            (r#"products[0]["a b"]"#, "null", r#"select(.products[] | has("a b") and .["a b"] == null)?"#),
            ("list[0]", "null", "select(.list[] == null)?"),
            (r#"["event-id"]"#, "true", r#"select(.["event-id"] == true)"#),
            ("a.b", "1", "select(.a.b == 1)?"),
            ("products[3].sku", r#""A\u0031""#, r#"select(.products[].sku == "A1")?"#),
            ("list[0][1]", "1", "select(.list[][] == 1)?"),
            (r#"list[0]["a b"].c"#, "1", r#"select(.list[]["a b"].c == 1)?"#),
            ("name", r#""\\(env)""#, r#"select(.name == "\\(env)")"#),
        ];
        for (path, value, expected) in cases {
            assert_eq!(with_value(&path.parse().unwrap(), value).as_deref(), Some(expected), "{path}");
        }
        for value in ["{}", "[1]", "no JSON", r#""\ud800""#] {
            assert_eq!(with_value(&"a".parse().unwrap(), value), None, "{value}");
        }
    }

    #[test]
    fn the_place_of_a_fault_is_told_in_columns() {
        let fault = |at| Fault { at, reason: "no".into() };
        let cases = [(fault(0..3), (0, 2)), (fault(8..8), (7, 1)), (fault(5..8), (4, 3)), (fault(99..100), (0, 1))];
        for (fault, expected) in cases {
            assert_eq!(fault.columns(".é | env"), expected, "{fault:?}");
        }
    }
}
