//! How an end is told to the programs that run jobs.

use std::io::{self, Write};
use std::path::Path;

use super::Ended;
use super::text::about;
use crate::cli::github::{StepSummary, in_repository};
use crate::event::text::sanitize;
use crate::event::{Sanitized, sanitized};
use crate::expect::{CommandEnd, Outcome, Verdict};
use crate::lint::Severity;
use crate::report::{self, Annotation, Annotations, Reason, TestCase, TestSuite};

/// What the expectations are called that stand on the command line.
const HERE: Sanitized = Sanitized::literal("expect");

/// Prints a test report: a case for each expectation, and one for the command.
pub(super) fn junit(ended: &Ended, file: Option<&Path>, is_lenient: bool) -> io::Result<()> {
    let class = file.map_or(HERE, called);
    let case = |name, verdict, output| TestCase { class: class.clone(), name, took: None, verdict, output };
    let of_outcome = |outcome: &Outcome| {
        let text = Sanitized::join(about(outcome), "\n");
        let reason =
            Reason { kind: outcome.verdict.word().into(), message: outcome.reason.clone(), text: text.clone() };
        let verdict = match outcome.verdict {
            _ if ended.trouble.is_some() && outcome.verdict != Verdict::Met => report::Verdict::Broken(reason),
            Verdict::NotMet => report::Verdict::Failed(reason),
            Verdict::CannotTell if !is_lenient => report::Verdict::Failed(reason),
            Verdict::CannotTell => return case(outcome.title.clone(), report::Verdict::Passed, text),
            Verdict::Met => report::Verdict::Passed,
        };
        case(outcome.title.clone(), verdict, Sanitized::default())
    };
    let of_command = ended.command.map(|end| {
        let verdict = end.words().map_or(report::Verdict::Passed, |words| {
            let kind = sanitized!("{}", end.code());
            report::Verdict::Failed(Reason { kind, message: words.clone(), text: words })
        });
        case("the command".into(), verdict, Sanitized::default())
    });
    let cases = ended.outcomes.iter().map(of_outcome).chain(of_command).collect();
    let suite = TestSuite { name: sanitized!("clickscope {}", class), cases };
    report::junit(&[suite], &mut io::stdout().lock())
}

/// Prints an annotation for each expectation that is not met, and adds all that is told to the summary of the step.
pub(super) fn github(ended: &Ended, file: Option<&Path>, is_lenient: bool, lines: &[Sanitized]) -> io::Result<()> {
    let mut annotations = Annotations::default();
    let place = file.map(called);
    let mut add = |severity, title, message| {
        annotations.push(Annotation { severity, file: place.clone(), line: None, title, message });
    };
    if let Some(words) = ended.command.and_then(CommandEnd::words) {
        add(Severity::Error, "clickscope expect".into(), words);
    }
    for outcome in &ended.outcomes {
        let severity = match outcome.verdict {
            Verdict::Met => continue,
            Verdict::CannotTell if is_lenient => Severity::Warning,
            Verdict::CannotTell | Verdict::NotMet => Severity::Error,
        };
        let title = sanitized!("{}: {}", outcome.title, outcome.verdict.word());
        add(severity, title, Sanitized::join(about(outcome).into_iter().skip(1), "\n"));
    }
    let summary = StepSummary::of_environment();
    let elsewhere = if summary.is_some() { "see the summary of the job" } else { "GitHub shows ten of a kind" };
    io::stdout().lock().write_all(annotations.commands(&elsewhere.into()).as_bytes())?;
    if let Some(summary) = summary {
        let met = ended.outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Met).count();
        // Indented, nothing in it is Markdown.
        let all = Sanitized::join(lines, "\n    ");
        let mut markdown = format!("### clickscope expect: {met} of {} met\n\n    {all}\n\n", ended.outcomes.len());
        while markdown.len() > summary.room() && markdown.pop().is_some() {}
        summary.add(&markdown);
    }
    Ok(())
}

fn called(file: &Path) -> Sanitized {
    sanitize(&in_repository(&file.display().to_string()))
}
