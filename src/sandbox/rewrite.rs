//! What a platform may do to an event between taking it and showing it.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::SandboxError;
use super::intake::{self, Draft};
use crate::event::{Path, Segment};

/// One thing that happens to every event that is taken in and has a value in that place.
///
/// Written as `drop=PATH`, `retype=PATH` or `set=PATH=JSON`, with the path as in `products[0].price`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewrite {
    path: Path,
    kind: MangleKind,
}

#[derive(Clone, Debug, PartialEq)]
enum MangleKind {
    /// The value is gone.
    Drop,
    /// A number or a boolean becomes a string, and a string that holds one becomes it.
    Retype,
    /// Another value stands there.
    Set(Value),
}

const ALLOWED: &str = "use drop=PATH, retype=PATH or set=PATH=JSON, as in `retype=revenue` or `drop=products[0].price`";

impl FromStr for Rewrite {
    type Err = SandboxError;

    fn from_str(spec: &str) -> Result<Self, SandboxError> {
        let refuse = |reason: String| SandboxError::Rewrite { spec: spec.to_owned(), reason };
        let (name, rest) = spec.trim().split_once('=').ok_or_else(|| refuse(ALLOWED.into()))?;
        let (path, kind) = match name {
            "drop" => (rest, MangleKind::Drop),
            "retype" => (rest, MangleKind::Retype),
            "set" => {
                let (path, value) = rest.split_once('=').ok_or_else(|| refuse("`set` needs a value".into()))?;
                let value = serde_json::from_str(value);
                let value = value.map_err(|_| refuse("the value is not JSON; a string needs its quotes".into()))?;
                (path, MangleKind::Set(value))
            }
            _ => return Err(refuse(ALLOWED.into())),
        };
        let path: Path = path.parse().map_err(|error| refuse(format!("`{path}`: {error}")))?;
        if path == Path::root() {
            return Err(refuse("the path is empty".into()));
        }
        Ok(Self { path, kind })
    }
}

impl fmt::Display for Rewrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            MangleKind::Drop => write!(f, "drop={}", self.path),
            MangleKind::Retype => write!(f, "retype={}", self.path),
            MangleKind::Set(value) => write!(f, "set={}={value}", self.path),
        }
    }
}

/// Lets `rewrites` happen to an event. One that none of them touches, or that would be no event after them, stays as it is
/// to the letter.
pub(super) fn rewrite(rewrites: &[Rewrite], draft: Draft) -> Draft {
    let Ok(mut event) = serde_json::from_str::<Value>(draft.text()) else { return draft };
    let touched = rewrites.iter().filter(|rewrite| rewrite.happen(&mut event)).count();
    if touched == 0 { draft } else { intake::read(&event.to_string()).unwrap_or(draft) }
}

impl Rewrite {
    /// Whether it found something to do.
    fn happen(&self, event: &mut Value) -> bool {
        let Some((last, way)) = self.path.0.split_last() else { return false };
        let Some(parent) = way.iter().try_fold(event, |value, segment| step(value, segment)) else { return false };
        if let (MangleKind::Set(value), Value::Object(fields), Segment::Key { name, .. }) =
            (&self.kind, &mut *parent, last)
        {
            fields.insert(name.to_string(), value.clone());
            return true;
        }
        match (&self.kind, parent, last) {
            (MangleKind::Drop, Value::Object(fields), Segment::Key { name, .. }) => {
                fields.shift_remove(&**name).is_some()
            }
            (MangleKind::Drop, Value::Array(elements), Segment::Index(index)) => {
                let there = *index < elements.len();
                if there {
                    elements.remove(*index);
                }
                there
            }
            (MangleKind::Retype, parent, _) => step(parent, last).is_some_and(retype),
            (MangleKind::Set(value), parent, _) => step(parent, last).map(|place| *place = value.clone()).is_some(),
            _ => false,
        }
    }
}

fn step<'a>(value: &'a mut Value, segment: &Segment) -> Option<&'a mut Value> {
    match segment {
        Segment::Key { name, .. } => value.as_object_mut()?.get_mut(&**name),
        Segment::Index(index) => value.as_array_mut()?.get_mut(*index),
    }
}

fn retype(value: &mut Value) -> bool {
    let other = match value {
        Value::Number(_) | Value::Bool(_) => Some(Value::String(value.to_string())),
        Value::String(text) => {
            serde_json::from_str(text).ok().filter(|inner: &Value| inner.is_number() || inner.is_boolean())
        }
        _ => None,
    };
    let Some(other) = other else { return false };
    *value = other;
    true
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_changed_in_the_places_that_are_named() {
        let event = r#"{"event":"purchase","revenue":31.240,"vip":true,"n":"2","products":[{"sku":"a","price":19},{"sku":"b"}]}"#;
        let cases = [
            (
                "drop=revenue",
                r#"{"event":"purchase","vip":true,"n":"2","products":[{"sku":"a","price":19},{"sku":"b"}]}"#,
            ),
            (
                "retype=revenue",
                r#"{"event":"purchase","revenue":"31.240","vip":true,"n":"2","products":[{"sku":"a","price":19},{"sku":"b"}]}"#,
            ),
            (
                "retype=n",
                r#"{"event":"purchase","revenue":31.240,"vip":true,"n":2,"products":[{"sku":"a","price":19},{"sku":"b"}]}"#,
            ),
            (
                "retype=vip",
                r#"{"event":"purchase","revenue":31.240,"vip":"true","n":"2","products":[{"sku":"a","price":19},{"sku":"b"}]}"#,
            ),
            (
                "set=products[1].sku=\"c\"",
                r#"{"event":"purchase","revenue":31.240,"vip":true,"n":"2","products":[{"sku":"a","price":19},{"sku":"c"}]}"#,
            ),
            (
                "drop=products[0]",
                r#"{"event":"purchase","revenue":31.240,"vip":true,"n":"2","products":[{"sku":"b"}]}"#,
            ),
            ("drop=nothing", event),
            ("retype=products", event),
            ("drop=event", event),
        ];
        for (spec, expected) in cases {
            let rewrite: Rewrite = spec.parse().unwrap();
            assert_eq!(super::rewrite(&[rewrite], intake::read(event).unwrap()).text(), expected, "{spec}");
        }
    }

    #[test]
    fn a_spec_is_read_and_written_back_or_refused_with_what_is_allowed() {
        for spec in ["drop=revenue", "retype=products[0].price", "set=total=30.5", "set=coupon=null"] {
            assert_eq!(spec.parse::<Rewrite>().unwrap().to_string(), spec);
        }
        let cases = [
            ("", "use drop=PATH"),
            ("drop", "use drop=PATH"),
            ("lose=revenue", "use drop=PATH"),
            ("drop=", "empty"),
            ("set=total", "needs a value"),
            ("set=total=thirty", "not JSON"),
            ("drop=a[", "`a[`"),
        ];
        for (spec, reason) in cases {
            let error = spec.parse::<Rewrite>().unwrap_err().to_string();
            assert!(error.contains(reason), "{spec}: {error}");
        }
    }
}
