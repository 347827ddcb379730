//! How bad something is, on screen.

use ratatui::style::Style;

use super::Theme;
use crate::lint::Severity;

/// The sign for how bad something is.
pub(super) fn sign(severity: Severity) -> &'static str {
    severity.sign()
}

/// The colour for how bad something is.
pub(super) fn style(severity: Severity, theme: &Theme) -> Style {
    match severity {
        Severity::Error => theme.error,
        Severity::Warning => theme.warning,
        Severity::Note => theme.note,
    }
}
