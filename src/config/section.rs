use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::fields::{Field, OfProject};
use super::{ConfigError, Provenance, Setting};
use crate::event::{Sanitized, sanitized, text};

/// The widest name from the file that a message repeats, in columns.
const WIDEST: usize = 40;

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The user's own.
    User,
    /// That of a project, which came with its code.
    Project {
        /// Whether the user has agreed to it as it is.
        agreed: bool,
    },
}

/// The text of a config file, and where it stands.
#[derive(Debug)]
pub(super) struct ConfigText<'a> {
    path: Arc<Path>,
    text: &'a str,
    owner: Owner,
}

impl<'a> ConfigText<'a> {
    pub(super) fn new(path: &Path, text: &'a str, owner: Owner) -> Self {
        Self { path: path.into(), text, owner }
    }

    /// A file that is named there: from where the config file stands, or from home where it begins with `~/`.
    pub(super) fn file(&self, named: &str) -> Result<PathBuf, String> {
        if named.trim().is_empty() {
            return Err("name a file, as in \"~/.keys/event\"".to_owned());
        }
        match named.strip_prefix("~/") {
            Some(below) => {
                let home = etcetera::home_dir().map_err(|_| "there is no home folder: set HOME".to_owned())?;
                Ok(home.join(below))
            }
            None => Ok(self.path.parent().unwrap_or(Path::new("")).join(named)),
        }
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
        allowed: &[Field],
        elsewhere: (&[Field], &str),
    ) -> Result<Self, ConfigError> {
        let find = |fields: &[Field], name: &str| fields.iter().find(|field| field.name == name).copied();
        let is_project = matches!(source.owner, Owner::Project { .. });
        let is_refused = |name: &str| match find(allowed, name) {
            Some(field) => is_project && field.of_project == OfProject::Never,
            None => true,
        };
        let refused = table.keys().filter(|key| is_refused(key.get_ref()));
        let section = Self { source, called, table };
        match refused.min_by_key(|key| key.span().start) {
            None => Ok(section),
            Some(key) => {
                let name = shown(key.get_ref());
                let within = section.within();
                let reason = if find(allowed, key.get_ref()).is_some() {
                    format!(
                        "{name}{within} is for your own config file: a file that comes with a project may not say it"
                    )
                } else if find(elsewhere.0, key.get_ref()).is_some() {
                    format!("{name}{within} has its place {}", elsewhere.1)
                } else {
                    let names: Vec<&str> = allowed.iter().map(|field| field.name).collect();
                    format!("unknown field {name}{within}: use one of {}", names.join(", "))
                };
                Err(source.unusable(&key.span(), reason))
            }
        }
    }

    /// The first field that the user has to agree to, and has not.
    pub(super) fn unagreed(&self, fields: &[Field]) -> Option<Setting<&'static str>> {
        if self.source.owner != (Owner::Project { agreed: false }) {
            return None;
        }
        let needs_word = |field: &Field| {
            let (_, value) = self.table.get_key_value(field.name)?;
            let said = written(field.name, value.get_ref());
            field.needs_agreement(&said).then(|| (value.span(), field.name))
        };
        let (span, value) = fields.iter().filter_map(needs_word).min_by_key(|(span, _)| span.start)?;
        Some(Setting { value, place: self.source.place(&span) })
    }

    /// Everything that stands in it, as it is written, each with its name and place.
    pub(super) fn said(&self) -> Vec<(String, Setting<Sanitized>)> {
        let mut said = Vec::new();
        self.say("", self.table, &mut said);
        said.sort_by_key(|(span, ..)| *span);
        said.into_iter().map(|(_, name, setting)| (name, setting)).collect()
    }

    fn say(&self, within: &str, table: &DeTable<'_>, said: &mut Vec<(usize, String, Setting<Sanitized>)>) {
        for (name, value) in table {
            let path = format!("{within}{}", name.get_ref());
            if let Some(table) = value.get_ref().as_table() {
                self.say(&format!("{path}."), table, said);
                continue;
            }
            let shown = written(name.get_ref(), value.get_ref());
            let place = self.source.place(&value.span());
            said.push((value.span().start, path, Setting { value: shown, place }));
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

    /// A field that is a list of texts which stand for something else.
    pub(super) fn list<T>(
        &self,
        field: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<Vec<T>>, ConfigError> {
        let expected = "a list of strings in quotes, as in [\"one\", \"two\"]";
        let Some(list) = self.field(field, expected, DeValue::as_array)? else { return Ok(None) };
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
        list.value.iter().map(parse).collect::<Result<_, _>>().map(Some)
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

/// A value as it is written. Of a command only its first word is shown, for it may have a key among its arguments; and of
/// the file of a key nothing but that it is there, for it may be the key.
fn written(name: &str, value: &DeValue<'_>) -> Sanitized {
    match value {
        DeValue::String(text) if name.ends_with("_command") => {
            sanitized!("{} …", text::excerpt(text.split_whitespace().next().unwrap_or_default(), WIDEST))
        }
        DeValue::String(text) if name.ends_with("_file") && !text.contains('/') => "a file".into(),
        DeValue::String(text) => text::sanitize(text),
        DeValue::Boolean(is) => Sanitized::of(is),
        DeValue::Array(items) => Sanitized::join(items.iter().map(|item| written(name, item.get_ref())), ", "),
        _ => "…".into(),
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
