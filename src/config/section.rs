use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{ConfigError, Provenance, Setting};
use crate::event::{Sanitized, sanitized, text};

/// The widest name from the file that a message repeats, in columns.
const WIDEST: usize = 40;

/// The text of a config file, and where it stands.
#[derive(Debug)]
pub(super) struct ConfigText<'a> {
    path: Arc<Path>,
    text: &'a str,
}

impl<'a> ConfigText<'a> {
    pub(super) fn new(path: &Path, text: &'a str) -> Self {
        Self { path: path.into(), text }
    }

    /// The place of what stands at these bytes.
    pub(super) fn place(&self, span: &Range<usize>) -> Provenance {
        let before = self.text.as_bytes().get(..span.start).unwrap_or_default();
        Provenance::File { path: Arc::clone(&self.path), line: line_after(before) }
    }

    /// A folder that the file names: from where the file stands, unless it is a whole path.
    pub(super) fn folder(&self, named: &str) -> Result<PathBuf, String> {
        if named.trim().is_empty() {
            return Err("name a folder, as in \"plan\" for the one beside this file".to_owned());
        }
        Ok(self.path.parent().unwrap_or(Path::new("")).join(named))
    }

    pub(super) fn unusable(&self, span: &Range<usize>, reason: impl Into<String>) -> ConfigError {
        ConfigError::Unusable { place: self.place(span), reason: reason.into() }
    }
}

/// A table of a config file, read field by field. Each error names the file, the line, and what is allowed there; none
/// repeats a value, for people put keys where only their names belong.
#[derive(Debug)]
pub(super) struct Section<'a> {
    source: &'a ConfigText<'a>,
    /// Its name in messages: `profile staging`; empty for the file itself.
    called: String,
    table: &'a DeTable<'a>,
}

impl<'a> Section<'a> {
    /// The table, which may hold no other fields than `allowed`. Those of `elsewhere` have their place there.
    pub(super) fn new(
        source: &'a ConfigText<'a>,
        called: String,
        table: &'a DeTable<'a>,
        allowed: &[&str],
        elsewhere: (&[&str], &str),
    ) -> Result<Self, ConfigError> {
        let unknown = table.keys().filter(|key| !allowed.contains(&&**key.get_ref()));
        let section = Self { source, called, table };
        match unknown.min_by_key(|key| key.span().start) {
            None => Ok(section),
            Some(key) => {
                let name = shown(key.get_ref());
                let reason = if elsewhere.0.contains(&&**key.get_ref()) {
                    format!("{name}{} has its place {}", section.within(), elsewhere.1)
                } else {
                    format!("unknown field {name}{}: use one of {}", section.within(), allowed.join(", "))
                };
                Err(source.unusable(&key.span(), reason))
            }
        }
    }

    /// A field that is a text.
    pub(super) fn text(&self, field: &str) -> Result<Option<Setting<&'a str>>, ConfigError> {
        self.field(field, "a string in quotes", DeValue::as_str)
    }

    /// A field that is a text which stands for something else; the error of `parse` says what is allowed.
    pub(super) fn parsed<T>(
        &self,
        field: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<Setting<T>>, ConfigError> {
        let Some(Setting { value, place }) = self.text(field)? else { return Ok(None) };
        match parse(value) {
            Ok(value) => Ok(Some(Setting { value, place })),
            Err(reason) => Err(ConfigError::Unusable { place, reason: format!("{field}{}: {reason}", self.within()) }),
        }
    }

    /// A field that is true or false.
    pub(super) fn flag(&self, field: &str) -> Result<Option<Setting<bool>>, ConfigError> {
        self.field(field, "true or false", DeValue::as_bool)
    }

    /// A field that is a list of texts which stand for something else; none, when it is not there.
    pub(super) fn list<T>(
        &self,
        field: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, ConfigError> {
        let expected = "a list of strings in quotes, as in [\"one\", \"two\"]";
        let Some(list) = self.field(field, expected, DeValue::as_array)? else { return Ok(Vec::new()) };
        let parse = |item: &Spanned<DeValue<'_>>| {
            let reason = match item.get_ref().as_str() {
                None => self.expected(field, expected),
                Some(text) => match parse(text) {
                    Ok(value) => return Ok(value),
                    Err(reason) => format!("{field}{}: {reason}", self.within()),
                },
            };
            Err(self.source.unusable(&item.span(), reason))
        };
        list.value.iter().map(parse).collect()
    }

    /// A field that is a table.
    pub(super) fn table(&self, field: &str) -> Result<Option<&'a DeTable<'a>>, ConfigError> {
        Ok(self.field(field, "a table", DeValue::as_table)?.map(|table| table.value))
    }

    /// The tables within a field that is a table of tables, with their names, in the order of the names.
    pub(super) fn tables(&self, field: &str) -> Result<Vec<(Setting<&'a str>, &'a DeTable<'a>)>, ConfigError> {
        let Some(tables) = self.field(field, "a table", DeValue::as_table)? else { return Ok(Vec::new()) };
        let table = |(name, value): (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)| {
            let name: Setting<&str> = Setting { value: &**name.get_ref(), place: self.source.place(&name.span()) };
            match value.get_ref().as_table() {
                Some(table) => Ok((name, table)),
                None => Err(ConfigError::Unusable {
                    reason: format!(
                        "{field}.{} is not a table: write [{field}.NAME] above its fields",
                        shown(name.value)
                    ),
                    place: name.place,
                }),
            }
        };
        tables.value.iter().map(table).collect()
    }

    fn field<T>(
        &self,
        field: &str,
        expected: &str,
        get: impl Fn(&'a DeValue<'a>) -> Option<T>,
    ) -> Result<Option<Setting<T>>, ConfigError> {
        let Some(value) = self.table.get(field) else { return Ok(None) };
        match get(value.get_ref()) {
            Some(found) => Ok(Some(Setting { value: found, place: self.source.place(&value.span()) })),
            None => Err(self.source.unusable(&value.span(), self.expected(field, expected))),
        }
    }

    fn expected(&self, field: &str, expected: &str) -> String {
        format!("{field}{} must be {expected}", self.within())
    }

    /// ` in profile staging`.
    fn within(&self) -> String {
        if self.called.is_empty() { String::new() } else { format!(" in {}", self.called) }
    }
}

/// The line, from 1, in which what follows `text` stands.
pub(super) fn line_after(text: &[u8]) -> usize {
    text.split(|byte| *byte == b'\n').count()
}

/// A name from the file, in quotes and not too long.
pub(super) fn shown(name: &str) -> Sanitized {
    sanitized!("\"{}\"", text::excerpt(name, WIDEST))
}
