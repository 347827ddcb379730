use std::borrow::Cow;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use jiff::tz::TimeZone;
use tokio::time::Instant;

use super::filter::Filter;
use super::stdout::Output;
use super::table::table;
use super::{Exit, Failure, lines};
use crate::event::{Document, Redaction, Sanitized, TypeName, sanitized};
use crate::lint::{Finding, LintContext, Stage};
use crate::plan::Linter;
use crate::session::{Arrival, Busy, Change, ChangeKind, Problem, ProblemKind, Record, ServerClock, Trouble};
use crate::source::Source;

/// How many polls in a row may fail before `--once` gives up. The waits between them make 7 s.
const ATTEMPTS: u32 = 4;
/// `--once` does not sit out a longer wait that a server asks for.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// How long `--once` waits for the counts after it has the events.
const COUNTS_PATIENCE: Duration = Duration::from_secs(10);
/// How often it looks whether anybody still reads, where the system does not tell by itself.
const LOOK: Duration = Duration::from_millis(100);

/// The form of the output, and its end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mode {
    /// A JSON line for each change, for ever.
    Follow,
    /// The same until the source has no more.
    FollowToEnd,
    /// The same in lines for people.
    FollowInLines,
    /// The endpoint's current state, once.
    Once {
        /// As JSON lines; else as a table.
        json: bool,
        /// Whether the counts of the summary endpoint come later than the events.
        counts: bool,
    },
}

/// Prints what happened, as far as `filter` leaves it, and what `linter` finds in it, until the source is done or nobody reads
/// any more; troubles go to `tell`, a line each. All of it is masked where there is a `redaction`.
pub(super) async fn run(
    mode: Mode,
    linter: Linter,
    mut filter: Option<Filter>,
    redaction: Option<Arc<Redaction>>,
    mut source: Source,
    mut output: impl Output,
    mut tell: impl FnMut(&Sanitized),
) -> Result<Exit, Failure> {
    // The end of the program may not wait until what it knows is taken apart.
    let mut printer = ManuallyDrop::new(Printer::new(mode, linter, redaction));
    let mut look = tokio::time::interval(LOOK);
    let closed = output.closed();
    tokio::pin!(closed);
    loop {
        let patience = printer.patience;
        let records = tokio::select! {
            records = source.records.recv() => records,
            () = &mut closed => return Ok(Exit::Done),
            _ = look.tick() => {
                if output.is_closed() {
                    return Ok(Exit::Done);
                }
                continue;
            }
            () = until(patience) => None,
        };
        let said = match records {
            Some(records) => {
                let left = match &mut filter {
                    Some(filter) => {
                        // What is asked of masked events is asked of what is seen of them.
                        let twins: Option<Vec<_>> = printer
                            .redaction
                            .as_ref()
                            .map(|redaction| records.iter().map(|record| redaction.record(record)).collect());
                        let (left, failed) = filter.leave(twins.as_ref().unwrap_or(&records)).await?;
                        failed.iter().for_each(&mut tell);
                        left
                    }
                    None => vec![true; records.len()],
                };
                printer.hear(records, &left)
            }
            None if patience.is_some() => printer.finish(),
            None if matches!(mode, Mode::FollowToEnd) => Said::leave(Exit::Done),
            None => Said { told: vec!["polling ended by itself".into()], ..Said::leave(Exit::Unreachable) },
        };
        for told in &said.told {
            match &printer.redaction {
                Some(redaction) => tell(&redaction.words(told)),
                None => tell(told),
            }
        }
        if !said.printed.is_empty() {
            output.write(&said.printed)?;
        }
        if let Some(exit) = said.exit {
            return Ok(exit);
        }
        if output.is_closed() {
            return Ok(Exit::Done);
        }
    }
}

/// The output for records that came at once.
#[derive(Debug, Default)]
struct Said {
    printed: Sanitized,
    told: Vec<Sanitized>,
    exit: Option<Exit>,
}

impl Said {
    fn leave(exit: Exit) -> Self {
        Self { exit: Some(exit), ..Self::default() }
    }

    fn print(&mut self, record: &Record, findings: &[Finding]) {
        self.printed.push(record.line(findings));
        self.printed.push("\n");
    }
}

struct Printer {
    mode: Mode,
    linter: Linter,
    /// What makes masks of all that is printed and told, where that is asked for.
    redaction: Option<Arc<Redaction>>,
    clock: ServerClock,
    /// Where the reader's clock is.
    zone: TimeZone,
    /// The trouble that was told last and still holds.
    trouble: Option<Problem>,
    /// Whether a type was told to change too often, or none will be.
    busy: Option<Busy>,
    /// What `--once` will print of the history, before the types.
    before: Vec<Record>,
    /// The types that `--once` will print.
    types: IndexMap<TypeName, Change>,
    /// Until when `--once` waits for counts, once it has the events.
    patience: Option<Instant>,
}

impl Printer {
    fn new(mode: Mode, linter: Linter, redaction: Option<Arc<Redaction>>) -> Self {
        let (clock, zone, types) = (ServerClock::default(), TimeZone::system(), IndexMap::new());
        Self {
            mode,
            linter,
            redaction,
            clock,
            zone,
            trouble: None,
            busy: None,
            before: Vec::new(),
            types,
            patience: None,
        }
    }

    /// Says what is news of the records that are `left`.
    fn hear(&mut self, records: Vec<Record>, left: &[bool]) -> Said {
        let mut said = Said::default();
        for polled in
            records.iter().filter_map(|record| if let Record::Polled(polled) = record { Some(polled) } else { None })
        {
            let known = self.clock.complaint().is_some();
            self.clock.hear(polled);
            said.told.extend(self.clock.complaint().filter(|_| !known));
        }
        if let Some(busy) = &mut self.busy {
            let known = busy.type_at_every_poll().is_some();
            busy.hear(&records);
            if let Some(event_type) = busy.type_at_every_poll().filter(|_| !known) {
                let name = event_type.shown();
                said.told
                    .push(sanitized!("{} changes at nearly every poll: a shorter --interval sees more of it", name));
            }
        }
        match self.mode {
            Mode::Follow | Mode::FollowToEnd | Mode::FollowInLines => {
                records.iter().zip(left).for_each(|(record, left)| self.follow(record, *left, &mut said));
            }
            Mode::Once { counts, .. } => {
                let left = records.into_iter().zip(left).filter_map(|(record, left)| left.then_some(record));
                self.once(left.collect(), counts, &mut said);
            }
        }
        said
    }

    /// Says what is news of `record`. One that is not left is looked at all the same, for others are judged by it.
    fn follow(&mut self, record: &Record, left: bool, said: &mut Said) {
        match record {
            Record::Change(_) | Record::Errors(_) | Record::Gap(_) => {
                let (record, findings) = self.look(record);
                match (self.mode, &*record) {
                    _ if !left => {}
                    (Mode::FollowInLines, Record::Change(change)) => {
                        said.printed.push(lines::change(change, &findings, &self.zone));
                    }
                    (Mode::FollowInLines, Record::Errors(errors)) => {
                        said.printed.push(lines::errors(errors, &self.zone));
                    }
                    (Mode::FollowInLines, Record::Gap(gap)) => said.printed.push(lines::gap(gap, &self.zone)),
                    (_, record) => said.print(record, &findings),
                }
            }
            Record::Polled(_) if self.trouble.take().is_some() => {
                said.told.push("the server answers again".into());
            }
            Record::Trouble(trouble) => self.tell(trouble, None, said),
            Record::Note { note, .. } if matches!(self.mode, Mode::FollowToEnd) => said.told.push(note.0.clone()),
            Record::CountsTrouble(trouble) => said.told.push(counts_unknown(trouble)),
            Record::HistoryTrouble(trouble) => {
                self.busy.get_or_insert_default();
                said.told.push(no_history(trouble));
            }
            _ => {}
        }
    }

    /// The record as it is printed, with the findings in its event, if it has one.
    fn look<'r>(&mut self, record: &'r Record) -> (Cow<'r, Record>, Vec<Finding>) {
        let findings = record.change().map(|change| look(&mut self.linter, self.clock, change)).unwrap_or_default();
        match &self.redaction {
            Some(redaction) => {
                let (record, findings) = redaction.judged(record, &findings);
                (Cow::Owned(record), findings)
            }
            None => (Cow::Borrowed(record), findings),
        }
    }

    fn once(&mut self, records: Vec<Record>, counts: bool, said: &mut Said) {
        let mut done = false;
        for record in records {
            match record {
                Record::Change(change) if change.arrival == Arrival::Backfill => {
                    self.before.push(Record::Change(change));
                }
                Record::Gap(_) => self.before.push(record),
                Record::HistoryTrouble(trouble) => said.told.push(no_history(&trouble)),
                Record::Change(change) => self.learn(change),
                Record::Polled(_) => {
                    self.patience.get_or_insert_with(|| Instant::now() + COUNTS_PATIENCE);
                    done |= !counts;
                }
                Record::Counted { .. } => done = true,
                // The events are there already: they are what was asked for.
                Record::Trouble(_) if self.patience.is_some() => done = true,
                Record::Trouble(trouble) => self.tell(&trouble, Some(ATTEMPTS), said),
                Record::CountsTrouble(trouble) => {
                    said.told.push(counts_unknown(&trouble));
                    done = true;
                }
                _ => {}
            }
        }
        let counted = || self.types.values().any(|change| change.received.is_some());
        if done || self.patience.is_some() && counted() {
            let Said { printed, told, exit } = self.finish();
            said.told.extend(told);
            (said.printed, said.exit) = (printed, exit);
        }
    }

    /// Prints what was learned, and leaves.
    fn finish(&mut self) -> Said {
        let mut said = Said::leave(Exit::Done);
        if self.types.is_empty() {
            said.told.push("the endpoint knows no events yet".into());
        }
        let types: Vec<_> = std::mem::take(&mut self.types).into_values().map(Record::Change).collect();
        if matches!(self.mode, Mode::Once { json: false, .. }) {
            let looked_at: Vec<_> = types.iter().map(|record| self.look(record)).collect();
            said.printed =
                table(looked_at.iter().filter_map(|(record, findings)| Some((record.change()?, findings.as_slice()))));
        } else {
            for record in std::mem::take(&mut self.before).iter().chain(&types) {
                let (record, findings) = self.look(record);
                said.print(&record, &findings);
            }
        }
        said
    }

    fn learn(&mut self, mut change: Change) {
        if let Some(known) = self.types.get(&change.event_type) {
            let newer = change.payload.take().filter(|_| change.kind != ChangeKind::Earlier);
            change.payload = newer.or_else(|| known.payload.clone());
            // All that is printed once is new to the reader.
            if change.kind != ChangeKind::Gone {
                change.kind = known.kind;
            }
        }
        self.types.insert(change.event_type.clone(), change);
    }

    /// Tells a trouble, unless it is the one that was told last, and leaves where waiting is of no use. A refusal waits
    /// for a key press, and here is nobody to press one.
    fn tell(&mut self, trouble: &Trouble, attempts: Option<u32>, said: &mut Said) {
        let Trouble { problem, attempt, next, at, .. } = trouble;
        let hopeless = attempts.is_some_and(|attempts| {
            let wait = next.map_or(Duration::MAX, |next| next.since(*at));
            *attempt >= attempts || problem.kind == ProblemKind::WrongAnswer || wait > LONGEST_WAIT
        });
        said.exit = match problem.kind {
            ProblemKind::Refused => Some(Exit::Refused),
            _ if hopeless => Some(Exit::Unreachable),
            _ => None,
        };
        let is_news = self.trouble.replace(problem.clone()).as_ref() != Some(problem);
        let mut told = sanitized!("{} - {}", problem.what, problem.advice);
        if let (Some(attempts), None) = (attempts, said.exit) {
            told.push(sanitized!(" (attempt {} of {}; trying again)", attempt, attempts));
        }
        if is_news || said.exit.is_some() {
            said.told.push(told);
        }
    }
}

/// The findings in the event of `change`, if there is one.
fn look(linter: &mut Linter, clock: ServerClock, change: &Change) -> Vec<Finding> {
    let Some(payload) = &change.payload else { return Vec::new() };
    let context = LintContext { stage: Stage::Received, now: clock.time(change.at) };
    // Text that cannot be read has its own error where it is printed.
    Document::new(Arc::clone(payload)).map(|event| linter.observe(&event, context)).unwrap_or_default()
}

fn counts_unknown(Trouble { problem, .. }: &Trouble) -> Sanitized {
    sanitized!("the counts remain unknown: {} - {}", problem.what, problem.advice)
}

fn no_history(Trouble { problem, .. }: &Trouble) -> Sanitized {
    sanitized!("there is no history: {} - {}", problem.what, problem.advice)
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tokio::sync::mpsc;

    use super::*;
    use crate::event::Payload;
    use crate::event::text::sanitize;
    use crate::session::{Arrival, Moment, Polled};
    use crate::source::Clock;

    /// A pipe that is read for ever, or closed from the start.
    struct Pipe {
        printed: Arc<Mutex<String>>,
        closed: bool,
    }

    impl Output for Pipe {
        fn write(&mut self, text: &Sanitized) -> io::Result<()> {
            self.printed.lock().unwrap().push_str(text);
            Ok(())
        }

        fn is_closed(&self) -> bool {
            self.closed
        }

        fn closed(&self) -> impl Future<Output = ()> + Send + use<> {
            std::future::pending()
        }
    }

    fn change(name: &str, kind: ChangeKind, received: Option<u64>, at: Moment) -> Change {
        Change {
            event_type: name.into(),
            kind,
            payload: Some(Arc::new(Payload::new("{}"))),
            received,
            captured: 1,
            arrived: 0,
            counted_at: None,
            coverage: None,
            at,
            arrival: Arrival::Poll,
            number: None,
        }
    }

    fn polled(changes: Vec<Change>, at: Moment) -> Vec<Record> {
        let types = changes.len();
        let polled = Record::Polled(Polled {
            at,
            took: Duration::ZERO,
            status: 200,
            bytes: 2,
            types,
            server_ahead_ms: None,
            last_request: None,
        });
        std::iter::once(polled).chain(changes.into_iter().map(Record::Change)).collect()
    }

    fn trouble(kind: ProblemKind, what: &str, attempt: u32, next: Option<u64>, at: Moment) -> Trouble {
        let problem = Problem { kind, what: sanitize(what), advice: "mend it".into() };
        let next = next.map(|seconds| Moment { elapsed: at.elapsed + Duration::from_secs(seconds), ..at });
        Trouble { at, problem, attempt, next, unknown: None }
    }

    /// A source that tells what is sent here, and ends when the sender is dropped.
    fn source() -> (Source, mpsc::Sender<Vec<Record>>) {
        let (teller, records) = mpsc::channel(16);
        (Source { records, commands: mpsc::channel(1).0 }, teller)
    }

    /// The output, the messages and the exit for `records`; the source ends after them.
    async fn outcome(mode: Mode, records: impl IntoIterator<Item = Vec<Record>>) -> (String, Vec<String>, Option<u8>) {
        let (source, teller) = source();
        for records in records {
            teller.send(records).await.unwrap();
        }
        drop(teller);
        let (printed, mut told) = (Arc::new(Mutex::new(String::new())), Vec::new());
        let pipe = Pipe { printed: Arc::clone(&printed), closed: false };
        let exit = run(mode, Linter::default(), None, None, source, pipe, |line| told.push(line.to_string())).await;
        let printed = printed.lock().unwrap().clone();
        (printed, told, exit.ok().map(Exit::code))
    }

    const ONCE: Mode = Mode::Once { json: true, counts: false };
    const ONCE_WITH_COUNTS: Mode = Mode::Once { json: true, counts: true };

    #[tokio::test]
    async fn following_tells_each_change_of_state_once() {
        let at = Clock::start().now();
        let down = |attempt| vec![Record::Trouble(trouble(ProblemKind::Unreachable, "down", attempt, Some(1), at))];
        let limited = vec![Record::Trouble(trouble(ProblemKind::RateLimited, "too fast", 3, Some(900), at))];
        let counts = vec![Record::CountsTrouble(trouble(ProblemKind::Refused, "refused", 1, None, at))];
        let (printed, told, exit) = outcome(
            Mode::Follow,
            [down(1), down(2), limited, polled(Vec::new(), at), polled(Vec::new(), at), counts, down(1)],
        )
        .await;
        assert_eq!(printed, "", "trouble is told where it is no data");
        assert_eq!(
            told,
            [
                "down - mend it",
                "too fast - mend it",
                "the server answers again",
                "the counts remain unknown: refused - mend it",
                "down - mend it",
                "polling ended by itself",
            ]
        );
        assert_eq!(exit, Some(5));
    }

    #[tokio::test]
    async fn once_gives_up_where_waiting_is_of_no_use() {
        let at = Clock::start().now();
        let cases = [
            (ProblemKind::Refused, 1, None, 4),
            (ProblemKind::WrongAnswer, 1, Some(1), 5),
            (ProblemKind::Unreachable, 4, Some(8), 5),
            (ProblemKind::RateLimited, 1, Some(61), 5),
        ];
        for (kind, attempt, next, code) in cases {
            let records = vec![Record::Trouble(trouble(kind, "trouble", attempt, next, at))];
            let (printed, told, exit) = outcome(ONCE, [records]).await;
            assert_eq!((printed, exit), (String::new(), Some(code)), "{kind:?}");
            assert_eq!(told, ["trouble - mend it"], "{kind:?}");
        }
        let again = vec![Record::Trouble(trouble(ProblemKind::Unreachable, "trouble", 1, Some(1), at))];
        let (printed, told, exit) =
            outcome(ONCE, [again, polled(vec![change("a", ChangeKind::New, None, at)], at)]).await;
        assert_eq!((printed.lines().count(), exit), (1, Some(0)));
        assert_eq!(told, ["trouble - mend it (attempt 1 of 4; trying again)"]);
    }

    #[tokio::test]
    async fn once_waits_for_counts_that_come_later_but_not_for_their_sake_alone() {
        let at = Clock::start().now();
        let events =
            || polled(vec![change("a", ChangeKind::New, None, at), change("b", ChangeKind::New, None, at)], at);
        let counted = vec![
            Record::Counted { at },
            Record::Change(change("b", ChangeKind::Unchanged, Some(7), at)),
            Record::Change(Change { payload: None, ..change("c", ChangeKind::New, Some(1), at) }),
        ];
        let (printed, _, exit) = outcome(ONCE_WITH_COUNTS, [events(), counted]).await;
        let lines: Vec<serde_json::Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let told =
            |line: &serde_json::Value| ["type", "change", "received"].map(|field| line.get(field).unwrap().to_string());
        assert_eq!(
            lines.iter().map(told).collect::<Vec<_>>(),
            [[r#""a""#, r#""new""#, "null"], [r#""b""#, r#""new""#, "7"], [r#""c""#, r#""new""#, "1"]]
        );
        assert_eq!(exit, Some(0));

        let refused = vec![Record::CountsTrouble(trouble(ProblemKind::Refused, "refused", 1, None, at))];
        let (printed, told, exit) = outcome(ONCE_WITH_COUNTS, [events(), refused]).await;
        assert_eq!((printed.lines().count(), exit), (2, Some(0)));
        assert_eq!(told, ["the counts remain unknown: refused - mend it"]);

        let down = vec![Record::Trouble(trouble(ProblemKind::Unreachable, "down", 1, Some(1), at))];
        let (printed, _, exit) = outcome(ONCE_WITH_COUNTS, [events(), down]).await;
        assert_eq!((printed.lines().count(), exit), (2, Some(0)));
    }

    #[tokio::test]
    async fn an_event_is_looked_at_once_and_told_with_what_is_wrong_each_time() {
        let at = Clock::start().now();
        let event = |kind, payload: &Arc<Payload>| Change {
            payload: Some(Arc::clone(payload)),
            ..change("plan.chosen", kind, Some(1), at)
        };
        let payload = |seats: &str| {
            let text = format!(r#"{{"event":"x","email":"jane@example.com","seats":{seats}}}"#);
            Arc::new(Payload::new(&text))
        };
        let (first, second) = (payload("1"), payload(r#""many""#));
        let moved = Change { payload: None, ..event(ChangeKind::Unchanged, &second) };
        let counted = vec![Record::Counted { at }, Record::Change(moved)];
        let records = [
            polled(vec![event(ChangeKind::New, &first)], at),
            polled(vec![event(ChangeKind::Updated, &second)], at),
            counted,
            polled(vec![Change { payload: None, ..event(ChangeKind::New, &second) }], at),
        ];
        let (printed, ..) = outcome(Mode::Follow, records).await;
        let lines: Vec<serde_json::Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let paths = |line: &serde_json::Value| {
            let findings = line.get("findings").and_then(|findings| findings.as_array());
            findings
                .into_iter()
                .flatten()
                .map(|found| found.get("path").unwrap().as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let mistyped = vec!["/seats".to_owned()];
        let expected = [Vec::new(), mistyped, Vec::new(), Vec::new()];
        assert_eq!(lines.iter().map(paths).collect::<Vec<_>>(), expected, "{printed}");
    }

    #[tokio::test]
    async fn a_clock_of_ours_that_is_wrong_is_told_once_and_is_no_fault_of_the_sender() {
        let at = Clock::start().now();
        let soon = at.wall.checked_add(jiff::SignedDuration::from_mins(50)).unwrap();
        let text = format!(r#"{{"event":"view","email":"jane@example.com","timestamp":"{soon:.0}"}}"#);
        let event = |number: u64| Change {
            payload: Some(Arc::new(Payload::new(&text.replace("view", &format!("view{number}"))))),
            ..change("view", ChangeKind::New, None, at)
        };
        let findings = |printed: &str| printed.matches(r#""rule":"#).count();
        let hour_behind = |number| {
            let mut records = polled(vec![event(number)], at);
            if let Some(Record::Polled(polled)) = records.first_mut() {
                polled.server_ahead_ms = Some(3_600_000);
            }
            records
        };
        let (printed, told, _) = outcome(Mode::Follow, [hour_behind(1), hour_behind(2)]).await;
        assert_eq!((printed.lines().count(), findings(&printed)), (2, 0), "{printed}");
        let ended = "polling ended by itself";
        assert_eq!(
            told,
            ["the clock of this machine is 60 min behind the server's: times are judged by the server's", ended]
        );
        let (printed, told, _) = outcome(Mode::Follow, [polled(vec![event(1)], at)]).await;
        assert_eq!((findings(&printed), &*told), (1, &[ended.to_owned()][..]), "{printed}");
    }

    #[tokio::test]
    async fn in_lines_for_people_an_event_is_told_and_a_count_is_not() {
        let at = Clock::start().now();
        let records = [
            polled(vec![change("purchase", ChangeKind::New, Some(1), at)], at),
            polled(vec![Change { payload: None, ..change("purchase", ChangeKind::Unchanged, Some(2), at) }], at),
        ];
        let (printed, ..) = outcome(Mode::FollowInLines, records).await;
        let first = printed.lines().next().unwrap_or_default();
        assert!(first.ends_with("  purchase  new · 1 received, 1 captured"), "{printed}");
        assert!(printed.lines().skip(1).all(|line| line.starts_with("          ")), "{printed}");
    }

    #[tokio::test]
    async fn a_reader_that_is_gone_ends_it_though_nothing_is_to_be_said() {
        let (source, _teller) = source();
        let pipe = Pipe { printed: Arc::default(), closed: true };
        let exit = run(Mode::Follow, Linter::default(), None, None, source, pipe, |_| {}).await;
        assert_eq!(exit.ok(), Some(Exit::Done));
    }
}
