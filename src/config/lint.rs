use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::section::{ConfigText, shown};
use crate::plan::{Level, RuleOf, SeverityOverrides};

/// Reads `[lint]`: a level for each rule that is named, and a table of the same for each event type that is.
pub(super) fn levels<'a>(source: &'a ConfigText<'a>, table: &'a DeTable<'a>) -> Result<SeverityOverrides, ConfigError> {
    let mut levels = SeverityOverrides::default();
    for (name, value) in table {
        match value.get_ref().as_table() {
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
