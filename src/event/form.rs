use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde_json::value::RawValue;

use super::{placeholder, scan};

/// The end of the name that a bulk payload has them under, and what it may be spelled with.
static EVENTS: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("events\""));
static ESCAPE: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("\\u"));

/// The events of one JSON value of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form<'t> {
    /// An event by itself, or what is nothing that is known.
    Event(&'t str),
    /// Many of them: an array, or what `{"events": […]}` holds.
    Many {
        /// The text of the array.
        array: &'t str,
        /// Its elements.
        events: Vec<&'t str>,
    },
    /// `{"events": {…}}`: the object that stands where an array is meant.
    NoArray(&'t str),
}

impl<'t> Form<'t> {
    /// Reads a text that is JSON but for placeholders.
    pub fn read(text: &'t str) -> Self {
        let trimmed = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
        if trimmed.starts_with('[') {
            return Self::many(trimmed).unwrap_or(Self::Event(text));
        }
        // Most events are told from a bulk payload without being read for it.
        let may_be = || EVENTS.find(text.as_bytes()).is_some() || ESCAPE.find(text.as_bytes()).is_some();
        if !trimmed.starts_with('{') || !may_be() {
            return Self::Event(text);
        }
        let masked = placeholder::mask(trimmed);
        let mut found = None;
        let Ok(head) = scan(&masked, |field| {
            if field.name == "events" {
                let start = field.value.as_ptr().addr().saturating_sub(masked.as_ptr().addr());
                found = Some(start..start + field.value.len());
            }
        }) else {
            return Self::Event(text);
        };
        // A name makes it an event, whatever it has.
        let events = found.filter(|_| head.event.is_none()).and_then(|place| trimmed.get(place));
        match events {
            Some(array) if array.starts_with('[') => Self::many(array).unwrap_or(Self::Event(text)),
            Some(object) if object.starts_with('{') => Self::NoArray(object),
            _ => Self::Event(text),
        }
    }

    /// The elements of an array; `None` when it is none.
    fn many(array: &'t str) -> Option<Self> {
        let masked = placeholder::mask(array);
        let raws: Vec<&RawValue> = serde_json::from_str(&masked).ok()?;
        let start = |raw: &RawValue| raw.get().as_ptr().addr().saturating_sub(masked.as_ptr().addr());
        let events = raws.into_iter().filter_map(|raw| array.get(start(raw)..start(raw) + raw.get().len())).collect();
        Some(Self::Many { array, events })
    }
}

/// Why `{"events": {…}}` is no call.
pub const NO_ARRAY: &str = "an object stands where an array of events is meant: {\"events\": [ … ]}";
