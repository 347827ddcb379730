//! Makes a report of an input: what is in it is read one after the other, linted and folded.

use jiff::Timestamp;

use super::input::{BadInput, Input};
use super::reading::{self, Reader};
use super::stderr;
use crate::event::{Document, Redaction, Sanitized};
use crate::lint::{LintContext, Stage};
use crate::plan::{Linter, Plan, SeverityOverrides};
use crate::report::{Fold, Report};
use crate::session::Record;
use crate::session::tape::Header;

/// One reading of one input.
pub(super) struct Folding {
    fold: Fold,
    linter: Linter,
    redaction: Option<Redaction>,
    context: LintContext,
    /// Whether something in it could not be read.
    is_broken: bool,
}

impl Folding {
    /// Looks at events with these severities and this plan. Those without a record around them are as they were sent,
    /// unless they were `received`. Where there is a redaction, the report sees only the twins.
    pub(super) fn new(levels: SeverityOverrides, plan: Plan, received: bool, redaction: Option<Redaction>) -> Self {
        let stage = if received { Stage::Received } else { Stage::Outgoing };
        let context = LintContext { stage, now: Timestamp::now() };
        let (mut fold, linter) = (Fold::default(), Linter::new(levels, plan));
        if redaction.is_some() {
            fold.masked();
        }
        Self { fold, linter, redaction, context, is_broken: false }
    }

    /// Reads all of an input. What cannot be read is told.
    pub(super) fn read(&mut self, input: Input) {
        let called = input.called.clone();
        reading::read(input, &called, self);
    }

    /// The report, and whether something could not be read.
    pub(super) fn report(self, source: &Sanitized) -> (Report, bool) {
        let source = self.words(source);
        (self.fold.report(source), self.is_broken)
    }

    fn words(&self, words: &Sanitized) -> Sanitized {
        self.redaction.as_ref().map_or_else(|| words.clone(), |redaction| redaction.words(words))
    }
}

impl Reader for Folding {
    fn event(&mut self, event: &Document) {
        let (stage, findings) = (self.context.stage, self.linter.observe(event, self.context));
        let Some(redaction) = &self.redaction else { return self.fold.event(event, stage, &findings) };
        let payload = redaction.payload(event.payload());
        let findings: Vec<_> = findings.iter().map(|it| redaction.finding(it, &payload)).collect();
        if let Ok(twin) = Document::new(payload) {
            self.fold.event(&twin, stage, &findings);
        }
    }

    fn record(&mut self, record: &Record, event: Option<&Document>) {
        let context = LintContext { stage: Stage::Received, now: record.at().wall };
        let findings = event.map(|event| self.linter.observe(event, context)).unwrap_or_default();
        match &self.redaction {
            None => self.fold.record(record, event, &findings),
            Some(redaction) => {
                let (twin, findings) = redaction.judged(record, &findings);
                // The twin of JSON is JSON.
                let event = twin.change().and_then(|change| Document::new(change.payload.clone()?).ok());
                self.fold.record(&twin, event.as_ref(), &findings);
            }
        }
    }

    fn header(&mut self, header: Header) {
        let target = self.words(&header.target);
        self.fold.header(&Header { target, ..header });
    }

    fn unreadable(&mut self, bad: &BadInput) {
        self.is_broken = true;
        self.fold.unreadable();
        stderr::say_plainly(&self.words(&bad.told()));
    }
}

/// What a report calls an input: the name of the file, without the folders of this machine.
pub(super) fn source(file: &str) -> Sanitized {
    if file == "-" {
        return "standard input".into();
    }
    let name = std::path::Path::new(file).file_name().map_or_else(|| file.into(), |name| name.to_string_lossy());
    crate::event::text::excerpt(&name, 120)
}
