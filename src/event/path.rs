use std::fmt;
use std::sync::Arc;

/// One step into a JSON value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A field of an object. `occurrence` counts from 0 and is above it only where an object holds the same key twice.
    Key {
        /// The key, decoded.
        name: Arc<str>,
        /// Which of the fields with that key.
        occurrence: u32,
    },
    /// An element of an array, from 0.
    Index(usize),
}

impl Segment {
    /// The first (and nearly always the only) field named `name`.
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

    /// This path with one more step.
    #[must_use]
    pub fn child(&self, segment: Segment) -> Self {
        let mut segments = Vec::with_capacity(self.0.len() + 1);
        segments.extend_from_slice(&self.0);
        segments.push(segment);
        Self(segments)
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

fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
