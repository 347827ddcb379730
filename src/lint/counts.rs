use super::{Finding, Severity};
use crate::event::Sanitized;
use crate::event::text::counted;

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
    /// `2 errors, 1 warning, 3 notes`; empty when there is nothing to count.
    pub fn summary(self) -> Sanitized {
        Sanitized::join(self.each().map(|(severity, count)| counted(count, severity.as_str())), ", ")
    }

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
