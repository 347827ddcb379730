//! `clickscope report`: what a tape or a file of events says, for people who were not there.

use std::io::{self, Write};

use super::args::{ReportArgs, ReportFormat};
use super::folding::{Folding, source};
use super::input::Input;
use super::{Exit, Failure};
use crate::event::Redaction;
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
    let mut folding = Folding::new(levels.clone(), plan, args.received, redaction, input.called.clone());
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
    Ok(if is_broken { Exit::Unusable } else { Exit::Done })
}
