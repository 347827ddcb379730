use std::ops::Range;
use std::str::FromStr;

use serde::de::IgnoredAny;
use thiserror::Error;

use super::syntax::{self, SyntaxError};
use super::text::sanitize;
use super::{Document, DocumentError, NodeId, NodeKind, Path, Sanitized, Segment, placeholder, sanitized};

/// A value for a place in an event, as in `products[0].price=19`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The place.
    pub path: Path,
    /// The value as JSON text, or a placeholder that becomes a number.
    pub value: String,
}

/// Why an assignment cannot be read or made.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AssignmentError {
    /// It is not spelled as one.
    #[error("`{text}`: {reason}; write PATH=VALUE, as in products[0].price=19")]
    Spelling {
        /// The argument.
        text: Sanitized,
        /// The reason.
        reason: Sanitized,
    },
    /// The place is inside something that is no container, or past the end of an array.
    #[error("{path} cannot be set: {reason}")]
    NoPlace {
        /// The place.
        path: Sanitized,
        /// Why it is none.
        reason: Sanitized,
    },
    /// The event is no JSON, so that there are no places in it.
    #[error("nothing can be set in an event that is not JSON: {0}")]
    NotJson(#[from] SyntaxError),
}

/// Reads `PATH=VALUE`. What is JSON is taken as it is spelled; anything else is a string, so that strings need no
/// quotes: `total=19`, `total="19"`, `coupon=BF26`, `sku=007`, `note=`.
impl FromStr for Assignment {
    type Err = AssignmentError;

    fn from_str(text: &str) -> Result<Self, AssignmentError> {
        let spelling = |reason: Sanitized| AssignmentError::Spelling { text: sanitize(text), reason };
        let (path, rest) = Path::read(text).map_err(|error| spelling(Sanitized::of(&error)))?;
        let value = rest.strip_prefix('=').ok_or_else(|| spelling("there is no `=`".into()))?;
        if path == Path::root() {
            return Err(spelling("there is no path before the `=`".into()));
        }
        let trimmed = value.trim_ascii();
        // Skipping over a value is iterative, so a deep one does not turn into a string.
        let is_json = serde_json::from_str::<IgnoredAny>(trimmed).is_ok();
        let value = if is_json || is_bare_placeholder(trimmed) { trimmed.to_owned() } else { json_string(value) };
        Ok(Self { path, value })
    }
}

impl Assignment {
    /// Sets the value in `event`, a JSON text with placeholders; objects on the way are made, an array grows by one
    /// element. What is not on the way keeps its spelling and order. In an array of events, a path that begins with a
    /// key is set in each of them.
    pub fn apply(&self, event: &str) -> Result<String, AssignmentError> {
        syntax::check(event)?;
        let document = read(event)?;
        let kind = document.get(NodeId::ROOT).map(|node| node.kind);
        let each = kind == Some(NodeKind::Array) && matches!(self.path.0.first(), Some(Segment::Key { .. }));
        let edits = if each {
            document
                .children(NodeId::ROOT)
                .map(|root| self.edit(&document, event, root))
                .collect::<Result<Vec<_>, _>>()?
        } else {
            vec![self.edit(&document, event, NodeId::ROOT)?]
        };

        let mut out = String::with_capacity(event.len() + edits.iter().map(|(_, text)| text.len()).sum::<usize>());
        let mut kept = 0;
        for (range, text) in edits {
            out.push_str(event.get(kept..range.start).unwrap_or_default());
            out.push_str(&text);
            kept = range.end;
        }
        out.push_str(event.get(kept..).unwrap_or_default());
        Ok(out)
    }

    /// The text to insert and its place, so that the value is at the path from `root`.
    fn edit(&self, document: &Document, event: &str, root: NodeId) -> Result<(Range<usize>, String), AssignmentError> {
        let mut at = root;
        for (taken, segment) in self.path.0.iter().enumerate() {
            let Some(child) = document.child(at, segment) else {
                let rest = self.path.0.get(taken..).unwrap_or_default();
                return grow(document, event, at, rest, &self.value).map_err(|reason| {
                    let place = document.path(root).0.into_iter().chain(self.path.0.iter().cloned());
                    AssignmentError::NoPlace { path: Sanitized::of(&Path(place.collect())), reason }
                });
            };
            at = child;
        }
        let end = document.span(at).end;
        Ok((end - document.text(at).len()..end, self.value.clone()))
    }
}

/// The text to insert and its place, so that `container` gets a last member or element that holds `value` at `rest`, of which the
/// first step leads nowhere yet. The error is the reason why it cannot be.
fn grow(
    document: &Document,
    event: &str,
    container: NodeId,
    rest: &[Segment],
    value: &str,
) -> Result<(Range<usize>, String), Sanitized> {
    let found = document.get(container).ok_or("there is no event")?;
    let (segment, inner) = rest.split_first().ok_or("the path is empty")?;
    let last = document.children(container).last();
    let colon = last.map_or(":", |last| colon(document, event, last));
    let added = match (segment, found.kind) {
        (Segment::Key { name, .. }, NodeKind::Object) => {
            let times = document.children(container).filter(|id| document.key(*id).is_some_and(|key| key == **name));
            is_next(segment, times.count())?;
            format!("{}{colon}{}", json_string(name), nested(inner, colon, value)?)
        }
        (Segment::Index(_), NodeKind::Array) => {
            is_next(segment, found.children as usize)?;
            nested(inner, colon, value)?
        }
        (segment, kind) => {
            let wanted = if matches!(segment, Segment::Index(_)) { "array" } else { "object" };
            let place = document.path(container);
            let place = if place == Path::root() { "the event".into() } else { Sanitized::of(&place) };
            return Err(sanitized!(
                "{} is {}, not an {}",
                place,
                word(kind, event, document.span(container).end),
                wanted
            ));
        }
    };
    let span = document.span(container);
    let start = span.end - document.text(container).len() + 1;
    Ok(match last {
        None => (start..start, added),
        Some(last) => {
            let last = document.span(last);
            let blank = event.get(start..last.start).unwrap_or_default();
            let blank = blank.get(blank.trim_ascii_end().len()..).unwrap_or_default();
            (last.end..last.end, format!(",{blank}{added}"))
        }
    })
}

/// `value` inside the objects and arrays that `path` asks for.
fn nested(path: &[Segment], colon: &str, value: &str) -> Result<String, Sanitized> {
    let (mut open, mut close) = (String::new(), String::new());
    for segment in path {
        is_next(segment, 0)?;
        match segment {
            Segment::Key { name, .. } => {
                open.push('{');
                open.push_str(&json_string(name));
                open.push_str(colon);
                close.push('}');
            }
            Segment::Index(_) => {
                open.push('[');
                close.push(']');
            }
        }
    }
    open.push_str(value);
    open.extend(close.chars().rev());
    Ok(open)
}

/// Whether the step leads to the next place of something that holds `count` already.
fn is_next(segment: &Segment, count: usize) -> Result<(), Sanitized> {
    match segment {
        Segment::Index(index) if *index != count => {
            Err(sanitized!("the next element of the array would be [{}]", count))
        }
        Segment::Key { occurrence, .. } if *occurrence as usize != count => {
            Err(sanitized!("the object holds the key {} times", count))
        }
        _ => Ok(()),
    }
}

/// The text between the key and the value of a member.
fn colon<'e>(document: &Document, event: &'e str, member: NodeId) -> &'e str {
    let span = document.span(member);
    let to_value = event.get(span.start..span.end - document.text(member).len()).unwrap_or_default();
    to_value.rfind('"').and_then(|quote| to_value.get(quote + 1..)).filter(|colon| !colon.is_empty()).unwrap_or(":")
}

fn word(kind: NodeKind, event: &str, end: usize) -> &'static str {
    match kind {
        _ if event.get(..end).is_some_and(|value| value.ends_with("}}")) && !kind.is_container() => "a placeholder",
        _ => kind.words(),
    }
}

/// Whether the text is one placeholder that becomes a number, and so may stand outside quotes.
fn is_bare_placeholder(text: &str) -> bool {
    let inside = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    inside.is_some_and(|inside| !inside.contains(['{', '}'])) && placeholder::is_number(text)
}

fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The document of a draft: each placeholder outside a string counts as a number of the same length, so that all places
/// in it are those in the draft.
fn read(draft: &str) -> Result<Document, SyntaxError> {
    let mut masked = String::with_capacity(draft.len());
    let mut rest = draft;
    while let Some(at) = rest.find(['"', '{']) {
        let (before, from) = rest.split_at(at);
        masked.push_str(before);
        let end = if let Some(inside) = from.strip_prefix("{{").and_then(|inside| inside.find("}}")) {
            masked.extend(std::iter::repeat_n('1', inside + 4));
            inside + 4
        } else {
            let end = if from.starts_with('"') { string_end(from) } else { 1 };
            masked.push_str(from.get(..end).unwrap_or(from));
            end
        };
        rest = from.get(end..).unwrap_or_default();
    }
    masked.push_str(rest);
    Document::read(&masked).map_err(|error| syntax_error(draft, &error))
}

/// How long the string is that `text` begins with, quotes included.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    let close = text.bytes().skip(1).position(|byte| {
        let is_close = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        is_close
    });
    close.map_or(text.len(), |close| close + 2)
}

fn syntax_error(draft: &str, error: &DocumentError) -> SyntaxError {
    let at = if let DocumentError::Invalid(at) = error { *at } else { 0 };
    let before = String::from_utf8_lossy(draft.as_bytes().get(..at).unwrap_or_default());
    let line = before.rsplit('\n').next().unwrap_or_default();
    SyntaxError {
        line: before.matches('\n').count() + 1,
        column: line.chars().count() + 1,
        message: Sanitized::of(&error),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(event: &str, assignment: &str) -> Result<String, AssignmentError> {
        assignment.parse::<Assignment>()?.apply(event)
    }

    #[test]
    fn a_value_is_json_where_it_can_be_and_a_string_otherwise() {
        let cases = [
            ("a=19", "19"),
            ("a=1.10", "1.10"),
            ("a= true ", "true"),
            ("a=null", "null"),
            (r#"a="19""#, r#""19""#),
            (r#"a=[{"sku":"x"}]"#, r#"[{"sku":"x"}]"#),
            ("a=", r#""""#),
            ("a=BF26", r#""BF26""#),
            ("a=007", r#""007""#),
            ("a=True", r#""True""#),
            ("a= two words ", r#"" two words ""#),
            ("a=b=c", r#""b=c""#),
            (r#"a=say "hi""#, r#""say \"hi\"""#),
            ("a={{now-2d}}", r#""{{now-2d}}""#),
            ("a=x{{seq}}", r#""x{{seq}}""#),
            ("a={{seq}}", "{{seq}}"),
            ("a={{epoch}}", "{{epoch}}"),
            ("a= {{ seq }}", "{{ seq }}"),
            ("a=seq", r#""seq""#),
            ("a={{{seq}}}", r#""{{{seq}}}""#),
        ];
        for (text, value) in cases {
            let assignment: Assignment = text.parse().unwrap();
            assert_eq!((assignment.path.to_string().as_str(), assignment.value.as_str()), ("a", value), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        assert_eq!(format!("a={deep}").parse::<Assignment>().unwrap().value, deep);
    }

    #[test]
    fn what_is_no_assignment_is_refused_with_the_reason() {
        let cases = [
            ("total", "`total`: there is no `=`; write PATH=VALUE, as in products[0].price=19"),
            ("=19", "`=19`: there is no path before the `=`; write PATH=VALUE, as in products[0].price=19"),
            (
                "products[x]=1",
                "`products[x]=1`: character 10: expected an index or a quoted key, as in [0] or [\"event-id\"]; \
                 write PATH=VALUE, as in products[0].price=19",
            ),
            (
                "a\u{1b}b=1",
                "`a\\u001bb=1`: character 2: a key with blanks, quotes or brackets is written [\"so\"]; \
                 write PATH=VALUE, as in products[0].price=19",
            ),
        ];
        for (text, told) in cases {
            assert_eq!(text.parse::<Assignment>().unwrap_err().to_string(), told);
        }
    }

    #[test]
    fn a_value_is_set_and_everything_else_keeps_its_spelling() {
        let cases = [
            (r#"{"a":1,"b":2}"#, "a=3", r#"{"a":3,"b":2}"#),
            (r#"{ "a" : 1.10 ,"b":1e2}"#, "b=x", r#"{ "a" : 1.10 ,"b":"x"}"#),
            (r#"{"a":1}"#, "b=2", r#"{"a":1,"b":2}"#),
            ("{\n  \"a\": 1\n}\n", "b=2", "{\n  \"a\": 1,\n  \"b\": 2\n}\n"),
            ("{}", "a.b.c=1", r#"{"a":{"b":{"c":1}}}"#),
            ("{ }", "a=1", r#"{"a":1 }"#),
            (r#"{"a":1}"#, "products[0].sku=x", r#"{"a":1,"products":[{"sku":"x"}]}"#),
            (r#"{"p":[{"q":1}]}"#, "p[0].q=2", r#"{"p":[{"q":2}]}"#),
            (r#"{"p":[1, 2]}"#, "p[2]=3", r#"{"p":[1, 2, 3]}"#),
            (r#"{"p":[]}"#, "p[0].q=3", r#"{"p":[{"q":3}]}"#),
            (r#"{"p":{"q":[1,{"r":2}]},"s":1}"#, "p=0", r#"{"p":0,"s":1}"#),
            (r#"{"a-b":{"x":1}}"#, r#"["a-b"].x="2""#, r#"{"a-b":{"x":"2"}}"#),
            (r#"{"a\"b":1}"#, "c=2", r#"{"a\"b":1,"c":2}"#),
            (r#"{"n":{{seq}},"u":"{{uuid}}"}"#, "m={{epoch}}", r#"{"n":{{seq}},"u":"{{uuid}}","m":{{epoch}}}"#),
            (r#"{"n":{{seq}},"o":{"p":{{epoch}}}}"#, "n=1", r#"{"n":1,"o":{"p":{{epoch}}}}"#),
            (r#"[{"a":1},{"b":2}]"#, "a=3", r#"[{"a":3},{"b":2,"a":3}]"#),
            (r#"[{"a":1},{"b":2}]"#, "[1].a=3", r#"[{"a":1},{"b":2,"a":3}]"#),
            (r#"[{"a":1}]"#, "[1].a=3", r#"[{"a":1},{"a":3}]"#),
            ("[]", "a=3", "[]"),
        ];
        for (event, assignment, expected) in cases {
            assert_eq!(set(event, assignment).as_deref(), Ok(expected), "{assignment} in {event}");
        }
    }

    #[test]
    fn a_place_that_cannot_be_is_refused_with_the_reason() {
        let cases = [
            (r#"{"p":[1]}"#, "p[2]=3", "p[2] cannot be set: the next element of the array would be [1]"),
            ("{}", "p[1]=3", "p[1] cannot be set: the next element of the array would be [0]"),
            (r#"{"a":"x"}"#, "a.b=3", "a.b cannot be set: a is a string, not an object"),
            (r#"{"a":{{seq}}}"#, "a.b=3", "a.b cannot be set: a is a placeholder, not an object"),
            (r#"{"a":null}"#, "a[0]=3", "a[0] cannot be set: a is null, not an array"),
            (r#"{"a":{}}"#, "a[0]=3", "a[0] cannot be set: a is an object, not an array"),
            (r#"{"a":[]}"#, "a.b=3", "a.b cannot be set: a is an array, not an object"),
            ("{}", "[0].a=3", "[0].a cannot be set: the event is an object, not an array"),
            ("3", "a=3", "a cannot be set: the event is a number, not an object"),
            ("[{},[]]", "a=3", "[1].a cannot be set: [1] is an array, not an object"),
        ];
        for (event, assignment, told) in cases {
            assert_eq!(set(event, assignment).unwrap_err().to_string(), told, "{assignment} in {event}");
        }
    }

    #[test]
    fn a_draft_that_is_no_json_is_refused_at_its_place() {
        for (event, line) in [("{\n  \"ü\" 1}", 2), ("", 1), ("{{seq", 1), ("{\"a\":\n\n1", 3)] {
            let error = set(event, "a=1").unwrap_err();
            let AssignmentError::NotJson(error) = error else { panic!("{event}: {error}") };
            assert_eq!(error.line, line, "{event}");
        }
    }

    fn document(text: &str) -> Document {
        Document::read(text).unwrap()
    }

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop::sample::select(vec!["null", "1.10", "1e2", "\"{{now}}\"", "\"\\\"}\"", "{}", "[ ]"]);
        leaf.prop_map(str::to_owned).prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|elements| format!("[{}]", elements.join(" ,"))),
                prop::collection::btree_map("[ab\u{fc}]{1,2}", inner, 0..4).prop_map(|fields| {
                    let fields: Vec<_> = fields.iter().map(|(key, value)| format!("\"{key}\" : {value}")).collect();
                    format!("{{ {}}}", fields.join(",\n"))
                }),
            ]
        })
    }

    fn path() -> impl Strategy<Value = Path> {
        let segment = prop_oneof!["[abc]{1,2}".prop_map(Segment::key), (0_usize..3).prop_map(Segment::Index)];
        prop::collection::vec(segment, 1..4).prop_map(Path)
    }

    proptest! {
        #[test]
        fn the_value_is_at_the_path_afterwards_and_nothing_else_is_touched(
            event in json(),
            path in path(),
            value in json(),
        ) {
            let assignment = Assignment { path: path.clone(), value: value.clone() };
            let before = document(&event);
            let is_array = before.get(NodeId::ROOT).unwrap().kind == NodeKind::Array;
            if is_array && matches!(path.0.first(), Some(Segment::Key { .. })) {
                return Ok(());
            }
            let Ok(after) = assignment.apply(&event) else { return Ok(()) };
            let after = document(&after);
            let place = after.find(&path).unwrap();
            prop_assert_eq!(after.text(place), &value);
            let on_the_way = |at: &Path| path.0.starts_with(&at.0) || at.0.starts_with(&path.0);
            let texts = |document: &Document| -> Vec<_> {
                let ids = document.ids().map(|id| (document.path(id), document.text(id).to_owned()));
                ids.filter(|(at, _)| !on_the_way(at)).collect()
            };
            prop_assert_eq!(texts(&before), texts(&after));
        }

        #[test]
        fn no_draft_breaks_it(event in "[{}\\[\\]\",:a1 \\\\ü]{0,24}") {
            let assignment: Assignment = "a.b[0]=1".parse().unwrap();
            if let Ok(after) = assignment.apply(&event) {
                prop_assert!(read(&after).is_ok(), "{after}");
            }
        }
    }
}
