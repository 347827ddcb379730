use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::section::{ConfigText, shown};
use crate::plan::{Level, RuleOf, SeverityOverrides};

/// Reads `[lint]`: a level for each rule that is named, a table of the same for each event type that is, and the fields
/// that identify customers.
pub(super) fn levels<'a>(source: &'a ConfigText<'a>, table: &'a DeTable<'a>) -> Result<SeverityOverrides, ConfigError> {
    let mut levels = SeverityOverrides::default();
    for (name, value) in table {
        match value.get_ref().as_table() {
            None if name.get_ref() == IDENTIFIERS => {
                identifiers(source, value)?.into_iter().for_each(|name| levels.identify_by(name));
            }
            None => {
                let rule = rule(source, name.get_ref(), &name.span(), None)?;
                levels.set(rule, level(source, name.get_ref(), value)?);
            }
            Some(table) => {
                for (id, value) in table {
                    let rule = rule(source, id.get_ref(), &id.span(), Some(name.get_ref()))?;
                    levels.set(rule, level(source, id.get_ref(), value)?);
                }
            }
        }
    }
    Ok(levels)
}

/// The name of the list of fields that identify customers beside the platform's own.
const IDENTIFIERS: &str = "identifiers";

fn identifiers<'a>(source: &ConfigText<'_>, value: &'a Spanned<DeValue<'_>>) -> Result<Vec<&'a str>, ConfigError> {
    let unusable = |of: &Spanned<DeValue<'_>>| {
        let reason = "lint.identifiers must be a list of names of fields, as in [\"loyalty_id\"]";
        source.unusable(&of.span(), reason)
    };
    let name = |name: &'a Spanned<DeValue<'_>>| {
        let text = name.get_ref().as_str().filter(|text| !text.trim().is_empty());
        text.ok_or_else(|| unusable(name))
    };
    value.get_ref().as_array().ok_or_else(|| unusable(value))?.iter().map(name).collect()
}

fn rule(
    source: &ConfigText<'_>,
    id: &str,
    span: &std::ops::Range<usize>,
    event_type: Option<&str>,
) -> Result<RuleOf, ConfigError> {
    RuleOf::find(id, event_type).map_err(|unknown| source.unusable(span, format!("lint: {unknown}")))
}

fn level(source: &ConfigText<'_>, id: &str, value: &Spanned<DeValue<'_>>) -> Result<Level, ConfigError> {
    let level = value.get_ref().as_str().and_then(|text| text.parse().ok());
    level.ok_or_else(|| {
        let reason = format!("lint.{} must be one of \"allow\", \"note\", \"warning\", \"error\"", shown(id));
        source.unusable(&value.span(), reason)
    })
}
