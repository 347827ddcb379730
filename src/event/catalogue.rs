//! The catalogue: what is known of the standard events. It is validation, completion, documentation and template at
//! once, read from the JSON Schemas in `assets/events`.

use std::sync::LazyLock;

/// What is known of the standard events.
#[derive(Debug, Default)]
pub struct Catalogue {
    definitions: Vec<Definition>,
}

/// What is known of one event type.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The event type.
    pub event_type: String,
    /// What it is for, in a sentence.
    pub description: String,
    /// Its attributes, in the order of the schema.
    pub attributes: Vec<Attribute>,
    /// Its examples: the first is called as the type, the others by their own names.
    pub templates: Vec<Template>,
}

/// What is known of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// What it is for, in a few words.
    pub description: String,
    /// The JSON types that it may have, by their JSON Schema names: `string`, `number`, `array`.
    pub types: Vec<String>,
    /// How much the event needs it.
    pub need: Need,
    /// The attributes of the objects that it holds, or that stand in its array.
    pub attributes: Vec<Attribute>,
}

/// How much an event needs an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// The event is of no use without it.
    Required,
    /// The event can do less without it.
    Recommended,
    /// It may stand there.
    Optional,
}

/// A draft to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// What it is called: `purchase`, `identify_mobile`.
    pub name: String,
    /// What it is, in one line.
    pub description: String,
    /// The draft: JSON with placeholders, an object or an array.
    pub text: String,
}

impl Catalogue {
    /// The catalogue that the program comes with.
    pub fn standard() -> &'static Self {
        static STANDARD: LazyLock<Catalogue> = LazyLock::new(Catalogue::default);
        &STANDARD
    }

    /// What is known of `event_type`.
    pub fn get(&self, event_type: &str) -> Option<&Definition> {
        self.definitions.iter().find(|definition| definition.event_type == event_type)
    }

    /// Every definition.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// Every template, in the order in which they are offered.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.definitions.iter().flat_map(|definition| &definition.templates)
    }
}
