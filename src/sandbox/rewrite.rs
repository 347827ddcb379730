//! Changes that a platform may make to an event between accepting and showing it.

use std::fmt;
use std::str::FromStr;

use serde::de::IgnoredAny;

use super::SandboxError;
use super::intake::{self, AcceptedEvent};
use crate::event::{Assignment, Document, NodeId, NodeKind, Path, Segment, json};

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
    /// Another value stands there, as JSON.
    Set(String),
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
                serde_json::from_str::<IgnoredAny>(value)
                    .map_err(|_| refuse("the value is not JSON; a string needs its quotes".into()))?;
                (path, MangleKind::Set(value.trim().to_owned()))
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

/// Lets `rewrites` happen to an event. What none of them touches stays as it is to the letter, and so does an event that
/// would be none after them.
pub(super) fn rewrite(rewrites: &[Rewrite], draft: AcceptedEvent) -> AcceptedEvent {
    let mut rewritten = None;
    for rewrite in rewrites {
        let text = rewritten.as_deref().unwrap_or(draft.text());
        rewritten = rewrite.happen(text).or(rewritten);
    }
    rewritten.and_then(|text| intake::read(&text).ok()).unwrap_or(draft)
}

impl Rewrite {
    /// The event with it; `None` where it finds nothing to do.
    fn happen(&self, event: &str) -> Option<String> {
        let (last, way) = self.path.0.split_last()?;
        let document = Document::read(event).ok()?;
        let parent = document.find(&Path(way.to_vec()))?;
        let place = document.child(parent, last);
        match &self.kind {
            MangleKind::Drop => place.and_then(|_| without(&document, event, parent, last)),
            MangleKind::Retype => {
                let place = place?;
                let value = retyped(document.text(place))?;
                Some(replaced(&document, event, place, &value))
            }
            MangleKind::Set(value) => match place {
                Some(place) => Some(replaced(&document, event, place, value)),
                None if matches!(last, Segment::Key { .. }) => {
                    Assignment { path: self.path.clone(), value: value.clone() }.apply(event).ok()
                }
                None => None,
            },
        }
    }
}

fn replaced(document: &Document, event: &str, place: NodeId, value: &str) -> String {
    let end = document.span(place).end;
    let (before, after) = event.split_at_checked(end - document.text(place).len()).unwrap_or((event, ""));
    format!("{before}{value}{}", after.get(document.text(place).len()..).unwrap_or_default())
}

/// The event without what stands there; of a key that its object holds twice, without both.
fn without(document: &Document, event: &str, parent: NodeId, gone: &Segment) -> Option<String> {
    let span = document.span(parent);
    let start = span.end - document.text(parent).len() + 1;
    let is_gone = |id| match gone {
        Segment::Key { name, .. } => document.key(id).is_some_and(|key| key == **name),
        Segment::Index(index) => document.get(id).is_some_and(|node| node.position as usize == *index),
    };
    let mut out = event.get(..start)?.to_owned();
    let (mut from, mut is_first) = (start, true);
    for child in document.children(parent) {
        let end = document.span(child).end;
        if !is_gone(child) {
            // With the comma before it, unless nothing stands before it any more.
            let kept = event.get(from..end)?;
            out.push_str(if is_first { kept.trim_ascii_start().trim_start_matches(',') } else { kept });
            is_first = false;
        }
        from = end;
    }
    out.push_str(event.get(from..)?);
    Some(out)
}

/// A number or a boolean as a string, and the other way round.
fn retyped(value: &str) -> Option<String> {
    let kind = |text: &str| Document::read(text).ok()?.get(NodeId::ROOT).map(|node| node.kind);
    let is_plain = |text: &str| matches!(kind(text), Some(NodeKind::Number | NodeKind::Bool));
    if is_plain(value) {
        return Some(format!("\"{value}\""));
    }
    let inner = json::as_string(value)?.trim().to_owned();
    (is_plain(&inner) && serde_json::from_str::<IgnoredAny>(&inner).is_ok()).then_some(inner)
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
            (
                "set=coupon=null",
                r#"{"event":"purchase","revenue":31.240,"vip":true,"n":"2","products":[{"sku":"a","price":19},{"sku":"b"}],"coupon":null}"#,
            ),
            ("set=products[2]=1", event),
            ("set=cart.total=1", event),
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
    fn what_is_not_named_keeps_its_spelling() {
        let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
        let cases = [
            ("retype=revenue", r#""revenue":1e2"#, r#""revenue":"1e2""#),
            ("retype=revenue", r#""revenue":" 1.50 ""#, r#""revenue":1.50"#),
            ("retype=revenue", r#""revenue":"1,50""#, r#""revenue":"1,50""#),
            ("retype=revenue", r#""revenue":1,"revenue":2"#, r#""revenue":1,"revenue":"2""#),
            ("drop=revenue", r#""revenue":1, "keep" : 1.10 ,"revenue":2"#, r#" "keep" : 1.10"#),
            ("set=revenue={}", r#""revenue" : 1"#, r#""revenue" : {}"#),
        ];
        for (spec, part, expected) in cases {
            for rest in
                [r#""title":"shoe \ud83d""#.to_owned(), format!(r#""deep":{deep}"#), r#""n":1,"n":2.0"#.to_owned()]
            {
                let event = format!(r#"{{"event":"purchase",{rest},{part}}}"#);
                let rewrite: Rewrite = spec.parse().unwrap();
                let text = super::rewrite(&[rewrite], intake::read(&event).unwrap()).text().to_owned();
                assert_eq!(text, format!(r#"{{"event":"purchase",{rest},{expected}}}"#), "{spec}");
            }
        }
        let first = ["drop=event", "set=event=\"view\""].map(|spec| spec.parse().unwrap());
        let draft = super::rewrite(&first, intake::read(r#"{ "event" : "a", "n":1 }"#).unwrap());
        assert_eq!(draft.text(), r#"{ "n":1, "event":"view" }"#);
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
