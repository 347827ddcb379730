//! The proof of a batch, row by row: what the server said, what was seen again, and what is different.

use super::cursor::Cursor;
use super::keymap::Action;
use super::layout::Area;
use super::outbox::{Outbox, Sent, SentCall, counted, is_untried};
use crate::blueshift::limits;
use crate::event::{Difference, QUOTED_DIGITS, Sanitized, sanitized, text};
use crate::session::probe::{Latencies, PATIENCE, Probe, ProbeState, Recognized, Stage};
use crate::session::{CallOutcome, Moment};

/// The indent of every row that belongs to a headline, in columns.
pub const INDENT: usize = 3;

/// The columns that the sign and the name of a stage take, with the gap after them.
pub const STAGE_COLUMNS: usize = 12;

/// At most this many differences of a group are shown of one event.
const MOST_DIFFERENCES: usize = 100;

/// At most this many calls in trouble are shown.
const MOST_CALLS: usize = 20;

/// At most about this many columns of what a server said are shown.
const LONGEST_SENTENCE: usize = 2_000;

/// One row of the proof.
#[derive(Clone, Debug)]
pub enum ProofRow<'a> {
    /// An empty one.
    Gap,
    /// How a probe stands.
    Headline(&'a Probe),
    /// A stage that the probe came to, or waits for.
    Stage(Stage),
    /// A sentence, or a piece of one that was broken.
    Sentence {
        /// The text.
        text: Sanitized,
        /// How it is meant.
        tone: Tone,
    },
    /// A call is made again.
    Again {
        /// When.
        next: Moment,
        /// Which attempt that will be, from 1.
        attempt: u32,
        /// How many attempts are made at most.
        most: u32,
    },
    /// A server's words about a field that it refused.
    Field {
        /// The field.
        name: &'a Sanitized,
        /// The reason.
        message: &'a Sanitized,
        /// How wide the names around it are, at most.
        column: usize,
    },
    /// The heading of a group of differences.
    Heading {
        /// The group.
        group: ProofGroup,
        /// How many differences it has.
        count: usize,
    },
    /// A difference.
    Difference {
        /// The difference.
        difference: &'a Difference,
        /// The group that it stands in.
        group: ProofGroup,
        /// How wide the paths around it are, at most.
        column: usize,
    },
}

/// How a sentence is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// In passing.
    Quiet,
    /// As a matter of fact.
    Plain,
    /// As good news.
    Good,
    /// As a warning.
    Warning,
    /// As bad news.
    Bad,
}

/// The groups of differences, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProofGroup {
    /// Sent, and not received.
    Dropped,
    /// Received with another value.
    Changed,
    /// Received with another JSON type.
    Retyped,
    /// Received as the same instant, spelled another way.
    Respelled,
    /// Received, and not sent.
    Added,
}

impl ProofGroup {
    /// The heading.
    pub fn label(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Changed => "changed",
            Self::Retyped => "retyped",
            Self::Respelled => "same instant, other spelling",
            Self::Added => "added by the platform",
        }
    }
}

/// Which part of the proof is on screen.
#[derive(Debug, Default)]
pub struct ProofView {
    view: Cursor,
    width: usize,
    /// The number of the batch on show.
    batch: u64,
    /// The number of the one that was sent last.
    newest: u64,
}

impl ProofView {
    /// The first row on screen.
    pub fn offset(&self) -> usize {
        self.view.offset()
    }

    /// The number of the batch on show.
    pub fn batch(&self) -> u64 {
        self.batch
    }

    /// Turns to a batch, until another is sent.
    pub(super) fn turn_to(&mut self, batch: u64, outbox: &Outbox) {
        self.newest = outbox.count();
        if self.batch != batch {
            self.batch = batch;
            self.view = Cursor::default();
        }
    }

    /// Shows what there is of the batch on show; a new one takes its place.
    pub(super) fn show(&mut self, outbox: &Outbox) {
        if self.newest != outbox.count() {
            self.turn_to(outbox.count(), outbox);
        }
        self.view.set_len(rows(outbox, self.batch, self.width).len());
    }

    pub(super) fn fit(&mut self, inner: Area) {
        self.width = inner.width.into();
        self.view.fit(inner.height.into());
    }

    pub(super) fn scroll_by(&mut self, rows: isize) {
        self.view.scroll(rows);
    }

    /// Does what a key means that moves the view; `false` when it means something else.
    pub(super) fn turn(&mut self, action: Action) -> bool {
        self.view.act_on_view(action)
    }
}

/// The rows of the proof of a batch, with sentences broken at `columns`.
pub fn rows(outbox: &Outbox, batch: u64, columns: usize) -> Vec<ProofRow<'_>> {
    let mut page = Page { rows: Vec::new(), width: columns.saturating_sub(INDENT + 1).max(1) };
    let Some(sent) = outbox.batch(batch) else { return page.rows };
    if batch < outbox.count() {
        page.say(sanitized!("batch {} of the {} that were sent", batch, outbox.count()), Tone::Quiet);
        page.rows.push(ProofRow::Gap);
    }
    let probes = || sent.probes.iter().filter_map(|id| outbox.probes().get(*id));
    if let ([probe], [call]) = (probes().collect::<Vec<_>>().as_slice(), sent.calls.as_slice()) {
        page.rows.push(ProofRow::Headline(probe));
        probe.stages().iter().for_each(|stage| page.stage(stage));
        page.fate(&probe.state);
        if call.is_taken() {
            page.twice(call);
        } else if call.delivery.is_some() || sent.retry.is_some() {
            page.call(call, sent);
        }
        page.findings(&probe.state);
    } else {
        page.calls(sent);
        page.tally(sent, probes());
        // The calls already tell of events that were not sent.
        for probe in probes().filter(|probe| !matches!(probe.state, ProbeState::NotSent)) {
            page.rows.extend([ProofRow::Gap, ProofRow::Headline(probe)]);
            probe.first_wrong().iter().for_each(|stage| page.stage(stage));
            page.fate(&probe.state);
            page.findings(&probe.state);
        }
    }
    if let Some(latencies) = outbox.probes().latencies() {
        page.rows.push(ProofRow::Gap);
        page.latencies(latencies);
    }
    page.rows
}

struct Page<'a> {
    rows: Vec<ProofRow<'a>>,
    width: usize,
}

impl<'a> Page<'a> {
    fn say(&mut self, sentence: impl Into<Sanitized>, tone: Tone) {
        let lines = sentence.into().fit(LONGEST_SENTENCE).wrap(self.width);
        self.rows.extend(lines.into_iter().map(|text| ProofRow::Sentence { text, tone }));
    }

    /// A stage, with the rest of what is said of it in lines below.
    fn stage(&mut self, stage: &Stage) {
        let mut lines = stage.said.wrap(self.width.saturating_sub(STAGE_COLUMNS).max(1)).into_iter();
        let said = lines.next().unwrap_or_default();
        self.rows.push(ProofRow::Stage(Stage { said, ..stage.clone() }));
        let quiet = |text: Sanitized| ProofRow::Sentence { text, tone: Tone::Quiet };
        self.rows.extend(lines.map(quiet));
    }

    /// Says several things in as few lines as they fit into, each unbroken where it can be.
    fn list(&mut self, parts: &[Sanitized], tone: Tone) {
        let mut line = Sanitized::default();
        for part in parts {
            let longer = if line.is_empty() { part.clone() } else { sanitized!("{} · {}", line, part) };
            if longer.width() > self.width && !line.is_empty() {
                self.say(line, tone);
                line = part.clone();
            } else {
                line = longer;
            }
        }
        self.say(line, tone);
    }

    /// The rest of the state of a probe, for which a headline has no room.
    fn fate(&mut self, state: &ProbeState) {
        match state {
            ProbeState::Seen(seen) if seen.by == Recognized::ByContent => {
                self.say("a guess by content: no event_uuid came back", Tone::Warning);
            }
            ProbeState::Missed(clues) => {
                for each in clues {
                    self.say(each.sentence(), Tone::Plain);
                }
            }
            ProbeState::Seen(_) | ProbeState::Waiting | ProbeState::NotSent => {}
        }
    }

    /// Warns of a call that may have brought its events more than once.
    fn twice(&mut self, call: &SentCall) {
        let attempts = call.delivery.as_ref().map_or(0, |delivery| delivery.attempts);
        if attempts > 1 {
            let twice = if attempts == 2 { "twice" } else { "more than once" };
            self.say(sanitized!("sent up to {} times: the platform may have it {}", attempts, twice), Tone::Warning);
        }
    }

    fn calls(&mut self, sent: &'a Sent) {
        let calls = sent.calls.len();
        let head = sanitized!("{} in {}", counted(sent.events(), "event"), counted(calls, "call"));
        if let [call] = sent.calls.as_slice() {
            self.say(head, Tone::Plain);
            self.call(call, sent);
            return;
        }
        let (taken, events) = sent.taken();
        let taken = sanitized!("{} · taken: {}, {}", head, counted(taken, "call"), counted(events, "event"));
        self.say(taken, Tone::Plain);
        let open = sent.calls.iter().position(|call| call.delivery.is_none());
        let told = sent.calls.iter().enumerate().filter(|(index, call)| {
            let again = sent.retry.is_some() && open == Some(*index);
            let told = call.delivery.as_ref().filter(|delivery| !is_untried(delivery));
            let trouble = told.is_some_and(|delivery| delivery.attempts > 1 || !call.is_taken());
            again || trouble
        });
        for (index, call) in told.take(MOST_CALLS) {
            let events = counted(call.events.len(), "event");
            self.say(sanitized!("call {} of {} · {}", index + 1, calls, events), Tone::Plain);
            self.call(call, sent);
        }
        let (untried, events) = sent.untried();
        if untried > 0 {
            let (untried, events) = (counted(untried, "call"), counted(events, "event"));
            self.say(sanitized!("{} after it not tried: {}", untried, events), Tone::Bad);
        }
    }

    fn call(&mut self, call: &'a SentCall, sent: &'a Sent) {
        let Some(delivery) = &call.delivery else {
            match &sent.retry {
                None => self.say("on its way", Tone::Quiet),
                Some(retry) => {
                    self.say(&retry.problem.what, Tone::Warning);
                    let attempt = retry.attempts.saturating_add(1);
                    self.rows.push(ProofRow::Again { next: retry.next, attempt, most: limits::ATTEMPTS });
                    self.say("a retry can duplicate an event: the platform may have it already", Tone::Quiet);
                }
            }
            return;
        };
        let attempts = text::counted(delivery.attempts.into(), "attempt");
        let took = text::span(delivery.took);
        match &delivery.verdict {
            CallOutcome::Taken { status, body } => {
                let body = body.fit(self.width * 4);
                self.list(&[sanitized!("{} in {}", status, took), attempts, body], Tone::Quiet);
                self.twice(call);
            }
            CallOutcome::Refused { status, message, fields } => {
                self.list(&[sanitized!("refused with {} in {}", status, took), attempts], Tone::Bad);
                if !message.is_empty() {
                    self.say(message, Tone::Plain);
                }
                let column = fields.iter().map(|(name, _)| name.width().min(64)).max();
                let column = column.unwrap_or(0);
                self.rows.extend(fields.iter().map(|(name, message)| ProofRow::Field { name, message, column }));
            }
            CallOutcome::Failed(problem) => {
                self.list(&[problem.what.clone(), attempts], Tone::Bad);
                self.say(&problem.advice, Tone::Plain);
            }
        }
    }

    /// How the probes of several events stand, in one sentence.
    fn tally(&mut self, sent: &Sent, probes: impl Iterator<Item = &'a Probe>) {
        let (mut all, mut seen, mut waiting, mut missed) = (0, 0, 0, 0);
        for probe in probes {
            all += 1;
            match probe.state {
                ProbeState::Seen(_) => seen += 1,
                ProbeState::Waiting => waiting += 1,
                ProbeState::Missed(_) => missed += 1,
                ProbeState::NotSent => {}
            }
        }
        let mut parts = vec![sanitized!("{} of {} seen", seen, all)];
        for (count, word) in [(waiting, "waited for"), (missed, "not seen")] {
            if count > 0 {
                parts.push(sanitized!("{} {}", count, word));
            }
        }
        self.list(&parts, if all > 0 && seen == all { Tone::Good } else { Tone::Plain });
        let unwatched = sent.events().saturating_sub(all);
        if unwatched > 0 {
            self.say(
                sanitized!("only the newest {} are looked for, not the {} before them", all, unwatched),
                Tone::Quiet,
            );
        }
    }

    /// The differences between the event that was sent and the one that was seen.
    fn findings(&mut self, state: &'a ProbeState) {
        let ProbeState::Seen(seen) = state else { return };
        let groups = seen.groups();
        if groups.altered() == 0 {
            self.say("everything arrived as it was sent", Tone::Good);
        }
        let groups = [
            (ProofGroup::Dropped, groups.dropped),
            (ProofGroup::Changed, groups.changed),
            (ProofGroup::Retyped, groups.retyped),
            (ProofGroup::Respelled, groups.respelled),
            (ProofGroup::Added, groups.added),
        ];
        let shown = groups.iter().flat_map(|(_, members)| members.iter().take(MOST_DIFFERENCES));
        let column = shown.map(|difference| Sanitized::of(&difference.path).width()).max();
        let column = column.unwrap_or(0);
        for (group, members) in groups.into_iter().filter(|(_, members)| !members.is_empty()) {
            let count = members.len();
            let is_of_quoted_numbers = members.iter().all(|difference| difference.is_quoted_number());
            self.rows.extend([ProofRow::Gap, ProofRow::Heading { group, count }]);
            let shown = members.into_iter().take(MOST_DIFFERENCES);
            self.rows.extend(shown.map(|difference| ProofRow::Difference { difference, group, column }));
            if count > MOST_DIFFERENCES {
                self.say(sanitized!("and {} more", count - MOST_DIFFERENCES), Tone::Quiet);
            }
            if is_of_quoted_numbers {
                self.say(QUOTED_DIGITS, Tone::Quiet);
            }
        }
    }

    fn latencies(&mut self, latencies: Latencies) {
        let Latencies { count, min, median, p95 } = latencies;
        let [min, median, p95] = [min, median, p95].map(text::span);
        let seen = sanitized!("this session: {} seen", count);
        self.list(
            &[seen, sanitized!("min {}", min), sanitized!("median {}", median), sanitized!("p95 {}", p95)],
            Tone::Quiet,
        );
    }
}

/// How a probe stands, in a word or two.
pub fn state(probe: &Probe, now: Moment) -> Sanitized {
    match &probe.state {
        ProbeState::Waiting if probe.sent_at.elapsed > now.elapsed => "waiting to be sent".into(),
        ProbeState::Waiting => {
            sanitized!("waiting {} s of {}", now.since(probe.sent_at).as_secs(), text::span(PATIENCE))
        }
        ProbeState::NotSent => "not sent".into(),
        ProbeState::Seen(seen) => {
            let probably = if seen.by == Recognized::ByContent { "probably " } else { "" };
            sanitized!("{}seen after {}", probably, text::span(seen.after))
        }
        ProbeState::Missed(_) => sanitized!("not seen in {}", text::span(PATIENCE)),
    }
}
