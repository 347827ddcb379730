use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

use super::Sanitized;

/// One step into a JSON value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A field of an object. `occurrence` is 0 but where an object holds the same key again behind it.
    Key {
        /// The key, decoded.
        name: Arc<str>,
        /// How many fields with that key come after it.
        occurrence: u32,
    },
    /// An element of an array, from 0.
    Index(usize),
}

impl Segment {
    /// The field named `name`: of several the last, which is the one that most readers of JSON see.
    pub fn key(name: impl Into<Arc<str>>) -> Self {
        Self::Key { name: name.into(), occurrence: 0 }
    }
}

/// Where a value stands in an event: typed steps, so that a key may hold `/`, `.` or anything else.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<Segment>);

impl Path {
    /// The event itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path one step up; `None` at the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    /// The path as a JSON Pointer (RFC 6901): `/products/0/price`, empty for the event itself.
    pub fn pointer(&self) -> String {
        self.0.iter().fold(String::new(), |mut out, segment| {
            out.push('/');
            match segment {
                Segment::Key { name, .. } => out.push_str(&name.replace('~', "~0").replace('/', "~1")),
                Segment::Index(index) => out.push_str(&index.to_string()),
            }
            out
        })
    }

    /// The path as a jq filter that selects the value: `.products[0].price`, `.["event-id"]`, `.` for the event itself.
    pub fn jq(&self) -> String {
        let mut out = String::new();
        for segment in &self.0 {
            match segment {
                Segment::Key { name, .. } if is_identifier(name) => {
                    out.push('.');
                    out.push_str(name);
                }
                Segment::Key { name, .. } => {
                    if out.is_empty() {
                        out.push('.');
                    }
                    out.push('[');
                    out.push_str(&serde_json::Value::from(&**name).to_string());
                    out.push(']');
                }
                Segment::Index(index) => {
                    if out.is_empty() {
                        out.push('.');
                    }
                    out.push('[');
                    out.push_str(&index.to_string());
                    out.push(']');
                }
            }
        }
        if out.is_empty() { ".".into() } else { out }
    }
}

/// The path for people: `products[0].price`, with odd keys quoted.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.jq().strip_prefix('.').unwrap_or_default())
    }
}

/// Why a text is not a path.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("character {column}: {reason}")]
pub struct PathError {
    /// Where reading stopped, in characters from 1.
    pub column: usize,
    /// The expectation there.
    pub reason: Sanitized,
}

/// Reads a path as people write it, and as [`Path`] is shown: `products[0].price`, `["event-id"]`, `customer_id`. A dot
/// in front is allowed, as in jq. A key holds anything but a blank, a quote, `.`, `=` and brackets, unless it is quoted
/// as a JSON string in brackets.
impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let (path, rest) = Self::read(text)?;
        if rest.is_empty() {
            Ok(path)
        } else {
            Err(error(text, rest, "a path ends here; quote a key with `=`: [\"a=b\"]"))
        }
    }
}

impl Path {
    /// Reads a path up to the first `=` outside quotes, or to the end; also what is left.
    pub(super) fn read(text: &str) -> Result<(Self, &str), PathError> {
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() && !rest.starts_with('=') {
            let (segment, after) = step(text, rest, segments.is_empty())?;
            segments.extend(segment);
            rest = after;
        }
        Ok((Self(segments), rest))
    }
}

/// One step of a path, and what is left; no step for the dot that stands for the event itself.
fn step<'t>(text: &'t str, rest: &'t str, is_first: bool) -> Result<(Option<Segment>, &'t str), PathError> {
    if let Some(inside) = rest.strip_prefix('[') {
        return bracket(text, inside).map(|(segment, after)| (Some(segment), after));
    }
    let name = match rest.strip_prefix('.') {
        Some(after) if after.starts_with('[') => return Ok((None, after)),
        Some(after) if is_first && (after.is_empty() || after.starts_with('=')) => return Ok((None, after)),
        Some(after) => after,
        None if is_first => rest,
        None => return Err(error(text, rest, "expected `.`, `[` or the end of the path")),
    };
    let end = name.find(|c: char| c.is_whitespace() || c.is_control() || ".=[]\"'".contains(c)).unwrap_or(name.len());
    let (key, after) = name.split_at(end);
    if key.is_empty() {
        return Err(error(text, name, "expected a key; one with blanks or signs is written [\"so\"]"));
    }
    match after.chars().next() {
        None | Some('.' | '[' | '=') => Ok((Some(Segment::key(key)), after)),
        Some(_) => Err(error(text, after, "a key with blanks, quotes or brackets is written [\"so\"]")),
    }
}

/// The content of brackets: an index, or a key as a JSON string.
fn bracket<'t>(text: &'t str, inside: &'t str) -> Result<(Segment, &'t str), PathError> {
    let (segment, after) = if inside.starts_with('"') {
        let mut key = serde_json::Deserializer::from_str(inside).into_iter::<String>();
        let name = key.next().and_then(Result::ok);
        let name = name.ok_or_else(|| error(text, inside, "expected a key as a JSON string, as in [\"event-id\"]"))?;
        (Segment::key(name), inside.get(key.byte_offset()..).unwrap_or_default())
    } else {
        let digits = inside.find(|c: char| !c.is_ascii_digit()).unwrap_or(inside.len());
        let (index, after) = inside.split_at(digits);
        if index.is_empty() {
            return Err(error(text, inside, "expected an index or a quoted key, as in [0] or [\"event-id\"]"));
        }
        let index = index.parse().map_err(|_| error(text, inside, "no array has so many elements"))?;
        (Segment::Index(index), after)
    };
    let after = after.strip_prefix(']').ok_or_else(|| error(text, after, "expected `]`"))?;
    Ok((segment, after))
}

/// The error at the place in `text` where `rest` begins, which must be the end of it.
fn error(text: &str, rest: &str, reason: &'static str) -> PathError {
    let read = text.len().saturating_sub(rest.len());
    let column = text.get(..read).map_or(0, |read| read.chars().count()) + 1;
    PathError { column, reason: reason.into() }
}

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzz_tests;

    #[test]
    fn any_path_that_is_read_is_read_again_as_it_is_shown() {
        let seeds = ["products[0].price", r#".a.["b.c"][12]"#, r#"["say \"hi\" = ]"]=5"#];
        fuzz_tests::texts(&seeds, |text| match text.parse::<Path>() {
            Ok(path) => {
                assert_eq!(path.to_string().parse(), Ok(path.clone()));
                assert_eq!(path.jq().parse(), Ok(path.clone()));
                Ok(path.0.len().min(8))
            }
            Err(error) => Err(error.reason.to_string()),
        });
    }

    #[test]
    fn a_path_is_spelled_for_people_for_jq_and_as_a_pointer() {
        let key = Segment::key;
        let cases = [
            (vec![], "", ".", ""),
            (vec![key("revenue")], "revenue", ".revenue", "/revenue"),
            (
                vec![key("products"), Segment::Index(0), key("price")],
                "products[0].price",
                ".products[0].price",
                "/products/0/price",
            ),
            (vec![key("event-id")], r#"["event-id"]"#, r#".["event-id"]"#, "/event-id"),
            (vec![key("a/b~c.d")], r#"["a/b~c.d"]"#, r#".["a/b~c.d"]"#, "/a~1b~0c.d"),
            (vec![key("a"), key("say \"hi\"\n")], r#"a["say \"hi\"\n"]"#, r#".a["say \"hi\"\n"]"#, "/a/say \"hi\"\n"),
            (vec![key("")], r#"[""]"#, r#".[""]"#, "/"),
            (vec![Segment::Index(3)], "[3]", ".[3]", "/3"),
        ];
        for (segments, shown, jq, pointer) in cases {
            let path = Path(segments);
            assert_eq!(path.to_string(), shown);
            assert_eq!(path.jq(), jq);
            assert_eq!(path.pointer(), pointer);
        }
    }

    #[test]
    fn a_path_is_read_as_people_write_it() {
        let key = Segment::key;
        let cases = [
            ("customer_id", vec![key("customer_id")]),
            (".customer_id", vec![key("customer_id")]),
            ("products[0].price", vec![key("products"), Segment::Index(0), key("price")]),
            (".products[0]", vec![key("products"), Segment::Index(0)]),
            (r#".["event-id"]"#, vec![key("event-id")]),
            ("event-id", vec![key("event-id")]),
            (r#"a.["b.c"][12]"#, vec![key("a"), key("b.c"), Segment::Index(12)]),
            (r#"["say \"hi\" = ]"]"#, vec![key("say \"hi\" = ]")]),
            ("größe.$x", vec![key("größe"), key("$x")]),
            ("[3]", vec![Segment::Index(3)]),
            ("", vec![]),
            (".", vec![]),
        ];
        for (text, segments) in cases {
            assert_eq!(text.parse(), Ok(Path(segments)), "{text}");
        }
    }

    #[test]
    fn what_is_no_path_is_refused_where_it_stops_to_be_one() {
        let cases = [
            ("a..b", 3, "expected a key"),
            ("a.", 3, "expected a key"),
            ("a[", 3, "expected an index"),
            ("a[-1]", 3, "expected an index"),
            ("a[1", 4, "expected `]`"),
            ("a[1]b", 5, "expected `.`"),
            ("a[99999999999999999999999]", 3, "no array"),
            (r#"["open"#, 2, "JSON string"),
            (r#"["a"x]"#, 5, "expected `]`"),
            ("größe b", 6, "a key with blanks"),
            ("'a'", 1, "expected a key"),
            ("a=1", 2, "a path ends here"),
        ];
        for (text, column, reason) in cases {
            let error = text.parse::<Path>().err();
            let found = error.as_ref().map(|error| (error.column, error.reason.contains(reason)));
            assert_eq!(found, Some((column, true)), "{text}: {error:?}");
        }
    }

    proptest! {
        #[test]
        fn a_path_that_is_shown_is_read_back(
            segments in prop::collection::vec(
                prop_oneof![
                    any::<String>().prop_map(Segment::key),
                    "[a-z_]{1,4}".prop_map(Segment::key),
                    any::<usize>().prop_map(Segment::Index),
                ],
                0..5,
            )
        ) {
            let path = Path(segments);
            prop_assert_eq!(path.to_string().parse(), Ok(path.clone()));
            prop_assert_eq!(path.jq().parse(), Ok(path));
        }
    }
}
