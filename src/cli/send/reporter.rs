use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::batching::Parcel;
use crate::blueshift::Outgoing;
use crate::blueshift::limits::ATTEMPTS;
use crate::blueshift::safety::Safety;
use crate::cli::stderr;
use crate::event::text::{counted, excerpt, grouped, sanitize, span};
use crate::event::{Difference, QUOTED_DIGITS, Redaction, Sanitized, TypeName, sanitized};
use crate::session::probe::{Probe, ProbeState, Seen, Stage};
use crate::session::{CallOutcome, Delivery, Moment, Problem, Proof, Record, Retry};

/// The widest value of a difference, in columns.
const WIDEST_VALUE: usize = 48;
/// The widest place of one.
const WIDEST_PLACE: usize = 40;
/// The steps of a progress bar.
const STEPS: u64 = 1_000;

/// How many lines and calls that were left out are told of one by one.
const MOST_COMPLAINTS: u64 = 10;
/// For how long events have to go out until a rate says anything.
const SETTLED: Duration = Duration::from_secs(1);
/// No more than so many times what it took so far is said to be left.
const LONGEST_LEFT: f64 = 1e6;

/// Writes the results of calls and proofs.
#[derive(Clone, Debug)]
pub(super) struct Words {
    /// As JSON lines; else in words.
    pub(super) json: bool,
    /// What makes masks of them, where that is asked for.
    pub(super) redaction: Option<Arc<Redaction>>,
}

impl Words {
    /// A line for a call that ended. `perhaps_twice` is whether an attempt before the last may have brought its events
    /// too.
    pub(super) fn call(&self, parcel: &Parcel, delivery: &Delivery, perhaps_twice: bool) -> Sanitized {
        if self.json {
            return self.line(&Record::Delivered(delivery.clone()));
        }
        let what = self.masked(what(&parcel.events));
        let took = span(delivery.took);
        match &delivery.verdict {
            CallOutcome::Taken { status, .. } if delivery.attempts > 1 => {
                let twice = if perhaps_twice { "; an earlier attempt may have delivered it too" } else { "" };
                sanitized!("sent {}: {} in {}, at attempt {}{}\n", what, status, took, delivery.attempts, twice)
            }
            CallOutcome::Taken { status, .. } => sanitized!("sent {}: {} in {}\n", what, status, took),
            // These are told where troubles are told.
            CallOutcome::Refused { .. } | CallOutcome::Failed(_) => "".into(),
        }
    }

    /// A line, or several, for the proof of an event.
    pub(super) fn proof(&self, probe: &Probe, within: Duration, at: Moment) -> Sanitized {
        if self.json {
            return self.line(&Record::Proof(Proof::of(probe, at)));
        }
        let differences = |seen: &Seen| differences(seen, self.redaction.as_deref());
        let name = sanitized!("{} {}", probe.event_type.shown(), sanitize(&probe.uuid));
        self.masked(match &probe.state {
            ProbeState::Waiting => sanitized!("{}: still waiting\n{}", name, stages(probe)),
            ProbeState::NotSent => sanitized!("{}: not sent\n{}", name, stages(probe)),
            ProbeState::Seen(seen) => {
                sanitized!("{}: {}\n{}{}", name, seen.summary(), stages(probe), differences(seen))
            }
            ProbeState::Missed(clues) => {
                let clues: Sanitized = clues.iter().map(|clue| sanitized!("  {}\n", clue.sentence())).collect();
                sanitized!("{}: not seen within {}\n{}{}", name, span(within), stages(probe), clues)
            }
        })
    }

    fn line(&self, record: &Record) -> Sanitized {
        let twin = self.redaction.as_ref().map(|redaction| redaction.record(record));
        sanitized!("{}\n", twin.as_ref().unwrap_or(record).line(&[]))
    }

    /// Lines with masks for what is personal by its form, where that is asked for.
    fn masked(&self, lines: Sanitized) -> Sanitized {
        let Some(redaction) = &self.redaction else { return lines };
        let end = if lines.ends_with('\n') { "\n" } else { "" };
        sanitized!("{}{}", Sanitized::lines(&redaction.text(&lines)), end)
    }
}

/// The content of a call: `purchase`, `30 events`.
fn what(events: &[Outgoing]) -> Sanitized {
    match events {
        [event] => event.event_type.shown(),
        events => counted(events.len() as u64, "event"),
    }
}

/// The stages that a probe came to, a line for each.
fn stages(probe: &Probe) -> Sanitized {
    let stages = probe.stages();
    let widest = stages.iter().map(|stage| stage.stage.label().len()).max().unwrap_or(0);
    let line = |stage: Stage| {
        let (sign, name) = (stage.state.sign(), Sanitized::literal(stage.stage.label()));
        if stage.said.is_empty() {
            sanitized!("  {} {}\n", sign, name)
        } else {
            sanitized!("  {} {}  {}\n", sign, name.pad(widest), stage.said)
        }
    };
    stages.into_iter().map(line).collect()
}

/// The differences in their groups, a line for each.
fn differences(seen: &Seen, redaction: Option<&Redaction>) -> Sanitized {
    let groups = seen.groups();
    let groups = [
        ("dropped", groups.dropped),
        ("changed", groups.changed),
        ("retyped", groups.retyped),
        ("the same instant in other words", groups.respelled),
        ("added by the platform", groups.added),
    ];
    let place = |difference: &Difference| excerpt(&difference.path.to_string(), WIDEST_PLACE);
    let lines = groups.into_iter().filter(|(_, group)| !group.is_empty()).flat_map(|(name, group)| {
        let is_of_quoted_numbers = group.iter().all(|difference| difference.is_quoted_number());
        let meaning = if is_of_quoted_numbers { sanitized!(" ({})", QUOTED_DIGITS) } else { "".into() };
        let widest = group.iter().map(|difference| place(difference).width()).max().unwrap_or(0);
        let each = group.into_iter().map(|difference| {
            let values = [&difference.before, &difference.after].into_iter().flatten();
            let values = values.map(|value| match redaction {
                Some(redaction) => excerpt(&redaction.json_at(&difference.path, value), WIDEST_VALUE),
                None => excerpt(value, WIDEST_VALUE),
            });
            let values = Sanitized::join(values, " → ");
            sanitized!("    {}  {}\n", place(difference).pad(widest), values)
        });
        std::iter::once(sanitized!("  {}{}\n", name, meaning)).chain(each).collect::<Vec<_>>()
    });
    lines.collect()
}

/// Reports errors and progress on stderr, beside the output on stdout.
#[derive(Debug)]
pub(super) struct Reporter {
    bar: Option<ProgressBar>,
    /// How many events and lines were complained of.
    complaints: Cell<u64>,
    /// The types that were named as ones that trigger messages.
    named: BTreeSet<TypeName>,
    /// What makes masks of what is told, where that is asked for.
    redaction: Option<Arc<Redaction>>,
}

impl Reporter {
    /// Without a progress bar, until one is wanted.
    pub(super) fn new(redaction: Option<Arc<Redaction>>) -> Self {
        Self { bar: None, complaints: Cell::new(0), named: BTreeSet::new(), redaction }
    }

    /// Shows a progress bar, if standard error is a terminal that nothing else is printed on.
    pub(super) fn show_progress(&mut self, printing: bool) {
        if !stderr::is_terminal() || (printing && io::stdout().is_terminal()) {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
        // A template that cannot be read leaves the bar as it comes.
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {msg}") {
            bar.set_style(style);
        }
        self.bar = Some(bar);
    }

    /// Whether the progress is shown, so that nobody needs a line for each call.
    pub(super) fn shows_progress(&self) -> bool {
        self.bar.is_some()
    }

    /// Moves the bar: so many events went out in so much time, and they are this part of all, where that is known.
    pub(super) fn progress(&self, events: u64, elapsed: Duration, part: Option<f64>) {
        let Some(bar) = &self.bar else { return };
        let mut message = counted(events, "event");
        if let Some(part) = part.map(|part| part.clamp(0.0, 1.0)) {
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a bar"
            )]
            bar.set_position((part * STEPS as f64) as u64);
        }
        if elapsed >= SETTLED {
            message = sanitized!("{} · {}/s", message, rate(events, elapsed));
            if let Some(part) = part.filter(|part| *part > 0.0) {
                let left = elapsed.mul_f64((1.0 / part - 1.0).clamp(0.0, LONGEST_LEFT));
                message = sanitized!("{} · {} left", message, span(left));
            }
        }
        bar.set_message(message);
    }

    /// Takes the bar away, and tells how many complaints were kept back.
    pub(super) fn done(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let kept_back = self.complaints.take().saturating_sub(MOST_COMPLAINTS);
        if kept_back > 0 {
            self.tell(&sanitized!("and {} more", grouped(kept_back)));
        }
    }

    /// Tells what is wrong with a line or a call while others go on; of thousands, the first few are enough.
    pub(super) fn complain(&self, line: &Sanitized) {
        self.complaints.set(self.complaints.get() + 1);
        if self.complaints.get() <= MOST_COMPLAINTS {
            self.tell(line);
        }
    }

    /// Tells something, in a line.
    pub(super) fn tell(&self, line: &Sanitized) {
        let masked = self.redaction.as_ref().map(|redaction| redaction.words(line));
        let tell = || stderr::say(masked.as_ref().unwrap_or(line));
        match &self.bar {
            Some(bar) => bar.suspend(tell),
            None => tell(),
        }
    }

    pub(super) fn problem(&self, problem: &Problem) {
        self.tell(&sanitized!("{} - {}", problem.what, problem.advice));
    }

    pub(super) fn retry(&self, retry: &Retry) {
        let wait = span(retry.next.since(retry.at));
        let Retry { attempts, problem, .. } = retry;
        self.tell(&sanitized!("{} (attempt {} of {}; trying again in {})", problem.what, *attempts, ATTEMPTS, wait));
    }

    /// Reports a call that was not accepted.
    pub(super) fn verdict(&self, parcel: &Parcel, verdict: &CallOutcome) {
        match verdict {
            CallOutcome::Taken { .. } => {}
            CallOutcome::Refused { status, message, fields } => {
                let fields =
                    fields.iter().filter(|(field, what)| !message.contains(&**field) || !message.contains(&**what));
                let said =
                    fields.fold(message.clone(), |said, (field, what)| sanitized!("{}; {}: {}", said, field, what));
                self.complain(&sanitized!("the server refused {} with {}: {}", what(&parcel.events), status, said));
            }
            CallOutcome::Failed(problem) => self.problem(problem),
        }
    }

    /// Names the types among `events` that usually trigger messages, each once in a run.
    pub(super) fn triggers<'a>(&mut self, events: impl IntoIterator<Item = &'a Outgoing>) {
        let new: Vec<TypeName> =
            Safety::triggers(events).into_iter().filter(|name| !self.named.contains(name)).cloned().collect();
        if !new.is_empty() {
            let names = Sanitized::join(new.iter().map(|name| sanitize(name.as_str())), ", ");
            self.tell(&sanitized!("in production these usually trigger messages to customers: {}", names));
            self.named.extend(new);
        }
    }
}

/// Events a second, rounded.
pub(super) fn rate(events: u64, elapsed: Duration) -> u64 {
    u64::try_from(u128::from(events) * 1_000 / elapsed.as_millis().max(1)).unwrap_or(u64::MAX)
}
