//! Workflow commands of GitHub Actions, one a finding.

use std::io::{self, Write};

use super::Linted;
use super::report::{FindingsWriter, UNREADABLE, message};
use crate::cli::input::BadInput;
use crate::lint::Severity;

/// Prints workflow commands.
pub(super) struct Github<'a> {
    pub(super) called: &'a str,
}

impl FindingsWriter for Github<'_> {
    fn event(&mut self, event: &Linted, out: &mut dyn Write) -> io::Result<()> {
        event.findings.iter().try_for_each(|located| {
            let finding = &located.finding;
            self.command(finding.severity, located.line, finding.rule.id, &message(event, located), out)
        })
    }

    fn unusable(&mut self, bad: &BadInput, out: &mut dyn Write) -> io::Result<()> {
        self.command(Severity::Error, bad.line.unwrap_or(1), UNREADABLE, &bad.reason, out)
    }
}

impl Github<'_> {
    /// Prints one command. In its properties, what separates them is escaped too.
    fn command(
        &self,
        severity: Severity,
        line: u64,
        title: &str,
        message: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let level = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
        let (file, title) = (property(self.called), property(title));
        writeln!(out, "::{level} file={file},line={line},title={title}::{}", data(message))
    }
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::{CALLED, printed};
    use super::*;

    #[test]
    fn what_means_something_in_a_command_is_escaped() {
        let printed = printed(&mut Github { called: CALLED });
        let first = "::error file=events%2C 1%3A2.json,line=4,title=a-rule::purchase\\u001b<\\uffff /a\\u001b~1,:%25b: a title: expected less, & \
                     \"more\", found 100%25%0A<b>; write 12.50";
        assert_eq!(printed.lines().next(), Some(first));
        assert!(printed.lines().nth(1).is_some_and(|line| line.starts_with("::notice ")), "{printed}");
        let last = "::error file=events%2C 1%3A2.json,line=6,title=not-an-event::not JSON: <100%25>";
        assert_eq!(printed.lines().last(), Some(last));
    }
}
