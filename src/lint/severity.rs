use std::fmt;

use serde::{Serialize, Serializer};

use super::Finding;
use crate::event::text::counted;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Something will most likely not work as meant.
    Warning,
    /// Something does not work.
    Error,
}

impl Severity {
    /// Its name, for people and programs alike: `note`, `warning`, `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// Its sign of one cell, for colour alone never tells how bad something is.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Note => "i",
            Self::Warning => "!",
            Self::Error => "✗",
        }
    }
}

impl Serialize for Severity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How many findings of each severity there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeverityCounts {
    /// Errors.
    pub errors: u64,
    /// Warnings.
    pub warnings: u64,
    /// Notes.
    pub notes: u64,
}

impl SeverityCounts {
    /// Counts one more.
    pub fn add(&mut self, severity: Severity) {
        *self.of(severity) += 1;
    }

    /// Counts one less.
    pub fn remove(&mut self, severity: Severity) {
        let count = self.of(severity);
        *count = count.saturating_sub(1);
    }

    fn of(&mut self, severity: Severity) -> &mut u64 {
        match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
            Severity::Note => &mut self.notes,
        }
    }

    /// The severities that there are, the worst first, each with how many.
    pub fn each(self) -> impl Iterator<Item = (Severity, u64)> {
        let all = [(Severity::Error, self.errors), (Severity::Warning, self.warnings), (Severity::Note, self.notes)];
        all.into_iter().filter(|(_, count)| *count > 0)
    }

    /// The worst severity that there is.
    pub fn worst(self) -> Option<Severity> {
        self.each().next().map(|(severity, _)| severity)
    }
}

impl<'a> Extend<&'a Finding> for SeverityCounts {
    fn extend<I: IntoIterator<Item = &'a Finding>>(&mut self, findings: I) {
        for finding in findings {
            *self.of(finding.severity) += finding.count();
        }
    }
}

/// `2 errors, 1 warning, 3 notes`; empty when there is nothing to count.
impl fmt::Display for SeverityCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said: Vec<_> = self.each().map(|(severity, count)| counted(count, &severity.to_string())).collect();
        f.write_str(&said.join(", "))
    }
}
