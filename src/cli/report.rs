//! `clickscope report`: what a tape or a file of events says, for people who were not there.

use std::io::{self, Write};

use super::args::{ReportArgs, ReportFormat};
use super::folding::{Folding, source};
use super::input::Input;
use super::{Exit, Failure, stderr};
use crate::event::{Redaction, sanitized};
use crate::plan::{Plan, SeverityOverrides};
use crate::report::{Extent, csv, html, json, markdown};

pub(super) fn run(
    args: &ReportArgs,
    levels: &SeverityOverrides,
    plan: Plan,
    redaction: Option<Redaction>,
) -> Result<Exit, Failure> {
    let input = Input::open(&args.file)?;
    input.outlast_an_interrupt()?;
    let called = input.called.clone();
    let mut folding = Folding::new(levels.clone(), plan, args.received, redaction);
    folding.read(input);
    let (report, is_broken) = folding.report(&source(&args.file));
    let text = match args.format {
        ReportFormat::Md => markdown(&report, Extent::FILE),
        ReportFormat::Html => html(&report, Extent::FILE),
        ReportFormat::Json => json(&report),
        ReportFormat::Csv => csv(&report),
    };
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    let is_empty = report.events == 0;
    if is_empty && !is_broken {
        stderr::say(&sanitized!("{}: there is no event in it", called));
    }
    Ok(if is_broken || is_empty { Exit::Unusable } else { Exit::Done })
}
