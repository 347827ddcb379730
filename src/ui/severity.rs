//! How bad something is, on screen.

use ratatui::style::Style;

use super::Theme;
use crate::lint::Severity;

/// The sign for how bad something is, for that is never told by colour alone: one cell, another for each.
pub(crate) fn sign(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "✗",
        Severity::Warning => "!",
        Severity::Note => "i",
    }
}

/// The colour for how bad something is.
pub(super) fn style(severity: Severity, theme: &Theme) -> Style {
    match severity {
        Severity::Error => theme.error,
        Severity::Warning => theme.warning,
        Severity::Note => theme.note,
    }
}
