//! Why a TOML text is not what is wanted, and where.

use std::ops::Range;

use super::text;

/// A part of a text that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// Where it stands, in bytes.
    pub span: Range<usize>,
    /// Why.
    pub reason: String,
}

impl Misread {
    /// The reason why what stands there cannot be used.
    pub fn new(span: Range<usize>, reason: impl Into<String>) -> Self {
        Self { span, reason: reason.into() }
    }

    /// The line of `text` where it stands, from 1.
    pub fn line(&self, text: &str) -> usize {
        let before = text.as_bytes().get(..self.span.start).unwrap_or_default();
        before.split(|byte| *byte == b'\n').count()
    }
}

impl From<toml::de::Error> for Misread {
    fn from(error: toml::de::Error) -> Self {
        let message = error.message();
        // serde names the field first, and then those that there are.
        let mut quoted = message.split('`').skip(1).step_by(2);
        let reason = match (message.starts_with("unknown field "), quoted.next()) {
            (true, Some(name)) => unknown(&format!("unknown field `{name}`"), name, quoted),
            _ => message.to_owned(),
        };
        Self::new(error.span().unwrap_or_default(), reason)
    }
}

/// That there is no such name, and which is meant or which there are.
pub fn unknown<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.collect();
    match text::nearest(name, known.iter().copied()) {
        Some(nearest) => format!("{what}: did you mean `{nearest}`?"),
        None if known.is_empty() => format!("{what}, for there is none"),
        None => format!("{what}: there are {}", known.join(", ")),
    }
}
