//! Annotations of GitHub Actions: lines on standard output that it shows beside the lines of a file.

use crate::event::text::counted;
use crate::event::{Sanitized, sanitized};
use crate::lint::Severity;

/// GitHub shows so many annotations of a kind from one step, and drops the others in silence.
const MOST_SHOWN: usize = 10;

/// What is said at a line of a file, at a file, or at none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// How bad it is.
    pub severity: Severity,
    /// The file, relative to the repository.
    pub file: Option<Sanitized>,
    /// The line in it, from 1.
    pub line: Option<u64>,
    /// Its title.
    pub title: Sanitized,
    /// What is said.
    pub message: Sanitized,
}

/// The annotations of a run, of which those are kept that can be shown.
#[derive(Clone, Debug, Default)]
pub struct Annotations {
    /// Those of each severity, with how many there are in all; the most severe first.
    kinds: [(Vec<Annotation>, u64); 3],
}

impl Annotations {
    /// Adds one.
    pub fn push(&mut self, annotation: Annotation) {
        let [errors, warnings, notes] = &mut self.kinds;
        let (kept, count) = match annotation.severity {
            Severity::Error => errors,
            Severity::Warning => warnings,
            Severity::Note => notes,
        };
        *count += 1;
        if kept.len() < MOST_SHOWN {
            kept.push(annotation);
        }
    }

    /// The commands, a line each: the most severe first, and of each kind no more than are shown. The last of a kind says
    /// how many more there are, and `elsewhere`, such as `see the summary of the job`.
    pub fn commands(&self, elsewhere: &Sanitized) -> String {
        let mut out = String::new();
        for (kept, count) in &self.kinds {
            let more = count.saturating_sub(MOST_SHOWN as u64);
            for (index, annotation) in kept.iter().enumerate() {
                let is_last = index + 1 == MOST_SHOWN && more > 0;
                let message = if is_last {
                    let kind = match annotation.severity {
                        Severity::Error => "more error",
                        Severity::Warning => "more warning",
                        Severity::Note => "more note",
                    };
                    sanitized!("{} (and {}: {})", annotation.message, counted(more, kind), elsewhere)
                } else {
                    annotation.message.clone()
                };
                out += &annotation.command(&message);
            }
        }
        out
    }
}

impl Annotation {
    /// The command. In its properties, what separates them is escaped too.
    fn command(&self, message: &str) -> String {
        let level = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
        let file = self.file.as_ref().map(|file| format!("file={},", property(file)));
        let line = self.line.map(|line| format!("line={line},"));
        let (file, line) = (file.unwrap_or_default(), line.unwrap_or_default());
        format!("::{level} {file}{line}title={}::{}\n", property(&self.title), data(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotation(severity: Severity, line: Option<u64>) -> Annotation {
        let file = line.map(|_| "events, 1:2.json".into());
        Annotation { severity, file, line, title: "a,title".into(), message: Sanitized::lines("100%:\n<b>, ok") }
    }

    #[test]
    fn what_means_something_in_a_command_is_escaped() {
        let cases = [
            (Severity::Error, Some(4), "::error file=events%2C 1%3A2.json,line=4,title=a%2Ctitle::100%25:%0A<b>, ok\n"),
            (Severity::Warning, None, "::warning title=a%2Ctitle::100%25:%0A<b>, ok\n"),
            (Severity::Note, None, "::notice title=a%2Ctitle::100%25:%0A<b>, ok\n"),
        ];
        for (severity, line, command) in cases {
            let mut annotations = Annotations::default();
            annotations.push(annotation(severity, line));
            assert_eq!(annotations.commands(&"see below".into()), command);
        }
    }

    #[test]
    fn the_most_severe_come_first_and_the_last_of_a_kind_counts_the_others() {
        for (count, more) in
            [(10, None), (11, Some("(and 1 more error: see below)")), (1_012, Some("1,002 more errors"))]
        {
            let mut annotations = Annotations::default();
            for severity in [Severity::Note, Severity::Warning, Severity::Error] {
                (0..if severity == Severity::Error { count } else { 1 })
                    .for_each(|line| annotations.push(annotation(severity, Some(line))));
            }
            let commands = annotations.commands(&"see below".into());
            let lines: Vec<&str> = commands.lines().collect();
            let kinds: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
            assert_eq!(kinds, [["::error"; 10].as_slice(), &["::warning"], &["::notice"]].concat());
            let told: Vec<usize> =
                (0..lines.len()).filter(|at| lines.get(*at).is_some_and(|it| it.contains("more"))).collect();
            assert_eq!(told, more.map(|_| 9).into_iter().collect::<Vec<_>>(), "{commands}");
            assert!(more.is_none_or(|more| commands.contains(more)), "{commands}");
        }
    }
}
