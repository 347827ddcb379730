//! For people: a block of lines a finding.

use std::collections::HashSet;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use indexmap::IndexMap;

use super::report::{FindingsWriter, Of, place};
use super::{Linted, Located, Tally};
use crate::event::Sanitized;
use crate::event::text::grouped;
use crate::lint::{Finding, Fix, Rule, Severity};

/// Of the findings of one rule in one event type, so many are printed, and the others counted.
const MOST_PRINTED: u64 = 10;

/// The column of what is expected, found and so on.
const LABEL: usize = 8;

/// Of so many pairs of a rule and an event type findings are counted apart.
const MOST_COUNTED: usize = 1_000;

/// How what is printed for people looks. The default is plain, for a file or a program.
#[derive(Clone, Copy, Default)]
pub(super) struct Look {
    /// How many columns there are; without an end where that is nobody's concern.
    width: Option<usize>,
    place: Style,
    error: Style,
    warning: Style,
    note: Style,
    fix: Style,
    quiet: Style,
}

impl Look {
    /// As standard output bears it: on a terminal no wider than that, and in colours unless `NO_COLOR` or `CLICOLOR` say
    /// otherwise.
    pub(super) fn of_stdout() -> Self {
        let look = match AutoStream::choice(&io::stdout()) {
            ColorChoice::Never => Self::default(),
            _ => Self::colours(),
        };
        let columns = || Some(crossterm::terminal::size().ok()?.0.into());
        Self { width: io::stdout().is_terminal().then(columns).flatten(), ..look }
    }

    fn colours() -> Self {
        let bold = |colour: AnsiColor| colour.on_default().bold();
        Self {
            place: Style::new().bold(),
            error: bold(AnsiColor::Red),
            warning: bold(AnsiColor::Yellow),
            note: bold(AnsiColor::Cyan),
            fix: AnsiColor::Green.on_default(),
            quiet: Style::new().dimmed(),
            width: None,
        }
    }

    fn of(&self, severity: Severity) -> Style {
        match severity {
            Severity::Error => self.error,
            Severity::Warning => self.warning,
            Severity::Note => self.note,
        }
    }
}

/// Prints words. Why a rule is there is said once, and of its many findings in one event type the first are told.
pub(super) struct Text {
    called: Sanitized,
    look: Look,
    explained: HashSet<&'static str>,
    counts: IndexMap<(&'static str, Of), u64>,
}

impl Text {
    pub(super) fn new(look: Look) -> Self {
        Self { called: Sanitized::default(), look, explained: HashSet::new(), counts: IndexMap::new() }
    }

    /// Prints a block of lines, with an empty one after it.
    fn block(&mut self, event_type: Option<&str>, located: &Located, out: &mut dyn Write) -> io::Result<()> {
        let Located { line, finding } = located;
        let Self { called, look, .. } = self;
        let Rule { id, title, why, documentation, .. } = finding.rule;
        let (bold, bad) = (look.place, look.of(finding.severity));
        write!(out, "{bold}{called}:{line}:{bold:#} {bad}{}[{id}]{bad:#}", finding.severity)?;
        writeln!(out, " {}{title}", place(event_type, finding))?;
        let is_new = self.explained.insert(id);
        let fix = finding.fix.as_ref().map(Fix::words).unwrap_or_default();
        let parts = [
            ("expected", finding.expected.words(), Style::new()),
            ("found", finding.found.words(), Style::new()),
            ("fix", fix, look.fix),
            ("why", if is_new { why } else { "" }.into(), look.quiet),
            ("docs", if is_new { documentation } else { "" }.into(), look.quiet),
        ];
        for (label, said, style) in parts.into_iter().filter(|(_, said, _)| !said.is_empty()) {
            // An address that is broken leads nowhere.
            let room = look.width.filter(|_| label != "docs").map(|width| width.saturating_sub(LABEL + 5).max(20));
            let lines = room.map_or_else(|| vec![said.clone()], |room| said.wrap(room));
            for (index, line) in lines.iter().enumerate() {
                let label = if index == 0 { label } else { "" };
                writeln!(out, "{style}  {label:LABEL$}  {}{style:#}", line.trim_end())?;
            }
        }
        writeln!(out)
    }

    /// Says how many there are of those that were not printed.
    fn input_ends(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.counts.drain(..).filter(|(_, count)| *count > MOST_PRINTED).try_for_each(|((rule, of), count)| {
            let of = of.words();
            writeln!(out, "{}: and {} more of {rule} in {of}", self.called, grouped(count - MOST_PRINTED))
        })
    }
}

impl FindingsWriter for Text {
    fn input(&mut self, called: &Sanitized, out: &mut dyn Write) -> io::Result<()> {
        self.input_ends(out)?;
        self.called = called.clone();
        Ok(())
    }

    fn event(&mut self, event: &Linted, out: &mut dyn Write) -> io::Result<()> {
        event.findings.iter().try_for_each(|located| {
            if is_printed(event, &located.finding, &mut self.counts) {
                self.block(event.event_type.as_deref(), located, out)
            } else {
                Ok(())
            }
        })
    }

    fn end(&mut self, _tally: &Tally, out: &mut dyn Write) -> io::Result<()> {
        self.input_ends(out)
    }
}

/// Counts a finding, and says whether there were not enough like it yet.
fn is_printed(event: &Linted, finding: &Finding, counts: &mut IndexMap<(&'static str, Of), u64>) -> bool {
    let mut key = (finding.rule.id, Of::event(event));
    if counts.len() >= MOST_COUNTED && !counts.contains_key(&key) {
        key.1 = Of::Others;
    }
    let count = counts.entry(key).or_default();
    *count += finding.count();
    *count <= MOST_PRINTED
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::printed;
    use super::*;

    fn with(look: Look) -> String {
        printed(&mut Text::new(look))
    }
    #[test]
    fn colours_change_nothing_but_colours() {
        let coloured = with(Look::colours());
        assert!(
            coloured.contains("\u{1b}[1m\u{1b}[31merror[a-rule]\u{1b}[0m purchase\\u001b<\\uffff /a\\u001b~1"),
            "{coloured:?}"
        );
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), with(Look::default()));
    }

    #[test]
    fn people_are_told_why_once() {
        assert_eq!(
            with(Look::default()),
            "\
events, 1:2.json:4: error[a-rule] purchase\\u001b<\\uffff /a\\u001b~1,:%b: a title
  expected  less, & \"more\"
  found     100%
<b>
  fix       write 12.50
  why       because <it> is so
  docs      https://example.com/

events, 1:2.json:5: note[a-rule] purchase\\u001b<\\uffff /a\\u001b~1,:%b: a title
  expected  less, & \"more\"
  found     100%
<b>

"
        );
    }
}
