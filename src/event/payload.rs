use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use serde_json::value::RawValue;

use super::head::{Span, identifies, said};
use super::json::{self, Json};
use super::{Head, Path, Segment, TypeName};

/// One event: its exact text and its head.
///
/// The text is one complete, valid JSON value, exactly as it came: key order, number spelling, duplicate keys and
/// white space included. It is almost always an object; an answer may hold something else in its place.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    text: Box<str>,
    hash: u128,
    head: Head,
}

impl Payload {
    /// Keeps `text`, which must be one valid JSON value, and reads its head.
    pub fn new(text: &str) -> Self {
        Self::with_head(text, Self::hash_of(text), Head::of(text, None))
    }

    /// The same for those who have read it already: `hash` must be [`Payload::hash_of`] of `text`, or of that which the text
    /// is the twin of, and `head` its own.
    pub fn with_head(text: &str, hash: u128, head: Head) -> Self {
        Self::of(text.into(), hash, head)
    }

    /// The same of a text that is held already.
    pub(super) fn of(text: Box<str>, hash: u128, head: Head) -> Self {
        Self { text, hash, head }
    }

    /// The hash that tells two texts apart (XXH3, 128 bits).
    pub fn hash_of(text: &str) -> u128 {
        xxhash_rust::xxh3::xxh3_128(text.as_bytes())
    }

    /// The event's JSON text, exactly as it came.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The hash of the text: equal texts have equal hashes.
    pub fn hash(&self) -> u128 {
        self.hash
    }

    /// The event's head.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The type that the event is of; `None` where neither it nor its place names one.
    pub fn event_type(&self) -> Option<&TypeName> {
        self.head.event_type.as_ref()
    }

    /// Every identifier that says something, with its value: the text of a string, of anything else the JSON. One that
    /// stands there twice is here twice.
    pub fn identifiers(&self) -> impl Iterator<Item = (&'static str, Cow<'_, str>)> {
        let value = |(name, span): &(&'static str, Span)| Some((*name, said(self.slice(*span))?));
        self.head.places.identifiers.iter().filter_map(value)
    }

    /// The identifiers that count: of one that stands there twice the last, and only those that identify somebody.
    pub fn identifiers_that_count(&self) -> impl Iterator<Item = &'static str> {
        let names = self.head.places.identifiers.iter().map(|(name, _)| *name);
        names.filter(|name| self.identifier(name).is_some())
    }

    /// The value of one identifier, if it identifies somebody: of one that stands there twice the last.
    pub fn identifier(&self, name: &str) -> Option<Cow<'_, str>> {
        let (_, span) = self.head.places.identifiers.iter().rfind(|(known, _)| *known == name)?;
        identifies(self.slice(*span))
    }

    /// The value at `path` as it is spelled; `None` where nothing stands there. Only the levels on the way are read.
    pub fn value(&self, path: &Path) -> Option<&str> {
        path.0.iter().try_fold(self.text(), |text, segment| match (segment, json::read(text).ok()?) {
            (Segment::Key { name, occurrence }, Json::Object(members)) => {
                let mut of_name = members.list.iter().rev().filter(|member| member.name == **name);
                of_name.nth(*occurrence as usize).map(|member| member.value)
            }
            (Segment::Index(index), Json::Array(elements)) => elements.list.get(*index).copied(),
            _ => None,
        })
    }

    fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

/// The event as it stands, which only JSON can hold.
impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.text).map_err(ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(|text| Self::new(text.get()))
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload").field("text", &self.text).field("head", &self.head).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::event::Document;

    #[test]
    fn a_value_is_where_the_document_has_it() {
        let text = r#"{"a":1,"b":{"c":[ 10 , {"d":"x"}]},"a":2,"":null}"#;
        let document = Document::read(text).unwrap();
        for id in document.ids() {
            assert_eq!(Payload::new(text).value(&document.path(id)), Some(document.text(id)), "{}", document.path(id));
        }
        for path in ["x", "a.b", "b[0]", "b.c[2]", "b.c.d"] {
            assert_eq!(Payload::new(text).value(&path.parse().unwrap()), None, "{path}");
        }
    }
}
