//! Makes a report of an input: what is in it is read one after the other, linted and folded.

use jiff::Timestamp;

use super::input::{BadInput, Input, Part};
use super::lint::{self, is_object};
use super::stderr;
use crate::event::syntax::SyntaxError;
use crate::event::{Document, Form, NO_ARRAY, Redaction, Sanitized};
use crate::lint::{LintContext, Stage};
use crate::plan::{Linter, Plan, SeverityOverrides};
use crate::report::{Fold, Report};
use crate::session::tape::Header;
use crate::session::{Record, RecordLine};

/// One reading of one input.
pub(super) struct Folding {
    fold: Fold,
    linter: Linter,
    redaction: Option<Redaction>,
    context: LintContext,
    /// The name of the input in messages.
    called: Sanitized,
    /// Whether something in it could not be read.
    is_broken: bool,
}

impl Folding {
    /// Looks at events with these severities and this plan. Those without a record around them are as they were sent,
    /// unless they were `received`. Where there is a redaction, the report sees only the twins.
    pub(super) fn new(
        levels: SeverityOverrides,
        plan: Plan,
        received: bool,
        redaction: Option<Redaction>,
        called: Sanitized,
    ) -> Self {
        let stage = if received { Stage::Received } else { Stage::Outgoing };
        let context = LintContext { stage, now: Timestamp::now() };
        let (mut fold, linter) = (Fold::default(), Linter::new(levels, plan));
        if redaction.is_some() {
            fold.masked();
        }
        Self { fold, linter, redaction, context, called, is_broken: false }
    }

    /// Reads all of an input. What cannot be read is told.
    pub(super) fn read(&mut self, input: Input) {
        for part in input.values() {
            match part {
                Ok(part) => self.part(&part),
                Err(unreadable) => self.unreadable(&unreadable.of(&self.called)),
            }
        }
    }

    /// The report, and whether something could not be read.
    pub(super) fn report(self, source: &Sanitized) -> (Report, bool) {
        let source = self.words(source);
        (self.fold.report(source), self.is_broken)
    }

    fn words(&self, words: &Sanitized) -> Sanitized {
        self.redaction.as_ref().map_or_else(|| words.clone(), |redaction| redaction.words(words))
    }

    fn part(&mut self, part: &Part) {
        match RecordLine::read(&part.text) {
            RecordLine::Event { change, .. } => self.record(&Record::Change(change), part),
            RecordLine::Record(record) => self.record(&record, part),
            RecordLine::Header(header) => {
                let target = self.words(&header.target);
                self.fold.header(&Header { target, ..header });
            }
            RecordLine::Unknown => {}
            RecordLine::Other => match Form::read(&part.text) {
                Form::NoArray(_) => self.bad(part, 1, None, NO_ARRAY.into()),
                Form::Event(text) => self.text(text, part),
                Form::Many { events, .. } => events.into_iter().for_each(|text| self.text(text, part)),
            },
        }
    }

    fn record(&mut self, record: &Record, part: &Part) {
        let read = |record: &Record| {
            let payload = record.change().and_then(|change| change.payload.clone());
            payload.map(Document::new).transpose()
        };
        let event = match read(record) {
            Ok(event) => event,
            Err(error) => return self.bad(part, 1, None, Sanitized::of(&error)),
        };
        let context = LintContext { stage: Stage::Received, now: record.at().wall };
        let findings = event.as_ref().map(|event| self.linter.observe(event, context)).unwrap_or_default();
        match &self.redaction {
            None => self.fold.record(record, event.as_ref(), &findings),
            Some(redaction) => {
                let (twin, findings) = redaction.judged(record, &findings);
                // The twin of JSON is JSON.
                let event = read(&twin).ok().flatten();
                self.fold.record(&twin, event.as_ref(), &findings);
            }
        }
    }

    fn text(&mut self, text: &str, part: &Part) {
        let event = match lint::read(text) {
            Ok(event) if is_object(&event) => event,
            Ok(_) => return self.bad(part, 1, None, "an event is an object".into()),
            Err(SyntaxError { line, column, message }) => return self.bad(part, line, Some(column), message),
        };
        let (stage, findings) = (self.context.stage, self.linter.observe(&event, self.context));
        let Some(redaction) = &self.redaction else { return self.fold.event(&event, stage, &findings) };
        let payload = redaction.payload(event.payload());
        let findings: Vec<_> = findings.iter().map(|it| redaction.finding(it, &payload)).collect();
        if let Ok(twin) = Document::new(payload) {
            self.fold.event(&twin, stage, &findings);
        }
    }

    fn bad(&mut self, part: &Part, line: usize, column: Option<usize>, reason: Sanitized) {
        let (line, place) = part.place(line, column.unwrap_or(1));
        let (line, column) = (Some(line), column.map(|_| place));
        self.unreadable(&BadInput { called: self.called.clone(), line, column, reason, can_be_left_out: true });
    }

    fn unreadable(&mut self, bad: &BadInput) {
        self.is_broken = true;
        self.fold.unreadable();
        stderr::say_plainly(&bad.told());
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
