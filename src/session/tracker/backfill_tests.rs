//! What polls stepped over: held, completed by a history, told late, lost.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::event::{Shape, Snapshot};
use crate::session::Reach;

const NOW: Moment = Moment { elapsed: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };
const ALL: Holding = Holding { asks: true, most: 30, opening: false };

fn view() -> TypeName {
    "view".into()
}

/// The n-th event as the debug endpoint shows it, or as the history does, which adds a field.
fn event(n: u32, with_uuid: bool, in_history: bool) -> Arc<Payload> {
    let uuid = if with_uuid { format!(r#","event_uuid":"uuid-{n}""#) } else { String::new() };
    let more = if in_history { r#","santized_at":"later""# } else { "" };
    let (minute, second) = (n / 60 % 60, n % 60);
    let text =
        format!(r#"{{"event":"view","n":{n}{uuid},"_bsft_ts":"2026-11-26T10:{minute:02}:{second:02}.000Z"{more}}}"#);
    Arc::new(Payload::new(&text))
}

fn n(payload: &Payload) -> u32 {
    let event: serde_json::Value = serde_json::from_str(payload.text()).unwrap();
    event.get("n").and_then(serde_json::Value::as_u64).and_then(|n| n.try_into().ok()).unwrap()
}

/// A server that keeps so many events of its one type in its history.
struct Server {
    came: u32,
    kept: u32,
    debug_has_uuid: bool,
    history_has_uuid: bool,
    counts: bool,
}

impl Server {
    fn snapshot(&self) -> Snapshot {
        let received = self.counts.then(|| self.came.into());
        let events = if self.came == 0 { Vec::new() } else { vec![event(self.came, self.debug_has_uuid, false)] };
        let sighting = Sighting { event_type: view(), events, received };
        let sightings = if self.came == 0 { Vec::new() } else { vec![sighting] };
        Snapshot { shape: Shape::Keyed, sightings, notes: Vec::new() }
    }

    fn past(&self, reach: Reach) -> Past {
        let oldest = self.came.saturating_sub(self.kept) + 1;
        let events: Vec<_> = (oldest..=self.came).rev().map(|n| event(n, self.history_has_uuid, true)).collect();
        Past { is_full: events.len() >= self.kept as usize, events, reach }
    }
}

/// The records in short: the number of an event, with a mark where it came late; what was lost.
fn told(records: &[Record]) -> Vec<String> {
    let tell = |record: &Record| match record {
        Record::Change(change) => {
            let late = if change.kind == ChangeKind::Earlier { "late " } else { "" };
            change.payload.as_ref().map(|payload| format!("{late}{}", n(payload)))
        }
        Record::Gap(Gap { lost: Some(lost), .. }) => Some(format!("lost {lost}")),
        Record::Gap(gap) => Some(gap.unless.map_or("lost some".into(), |came| format!("lost some unless {came}"))),
        _ => None,
    };
    records.iter().filter_map(tell).collect()
}

fn late(recollection: Recollection) -> Vec<Record> {
    match recollection {
        Recollection::Late(records) => records,
        Recollection::Held { .. } => panic!("nothing is held"),
    }
}

#[test]
fn what_was_stepped_over_is_told_in_order_with_what_is_certainly_lost() {
    // How many were there, how many came between two polls, and whether debug and history have uuids and the debug
    // endpoint has counts.
    let cases = [
        (1, 4, true, true, false, "2 3 4 5"),
        (7, 3, true, true, false, "8 9 10"),
        (7, 3, false, true, false, "8 9 10"),
        (7, 3, true, false, false, "8 9 10"),
        (7, 3, false, false, false, "8 9 10"),
        (0, 3, true, true, false, "1 2 3"),
        (1, 10, true, true, true, "2 3 4 5 6 7 8 9 10 11"),
        (1, 9, true, true, false, "2 3 4 5 6 7 8 9 10"),
        (1, 10, true, true, false, "lost some unless 10 2 3 4 5 6 7 8 9 10 11"),
        (1, 13, true, true, false, "lost some unless 10 5 6 7 8 9 10 11 12 13 14"),
        (1, 13, true, true, true, "lost 3 5 6 7 8 9 10 11 12 13 14"),
        (1, 13, false, false, true, "lost 3 5 6 7 8 9 10 11 12 13 14"),
    ];
    for (there, came, debug_has_uuid, history_has_uuid, counts, expected) in cases {
        let mut server = Server { came: there, kept: 10, debug_has_uuid, history_has_uuid, counts };
        let mut tracker = Tracker::default();
        tracker.begin(event(there, true, false).head().received.unwrap());
        tracker.observe_holding(&server.snapshot(), NOW, ALL);
        server.came += came;
        let observed = tracker.observe_holding(&server.snapshot(), NOW, ALL);
        assert_eq!((observed.held.as_slice(), told(&observed.records).len()), (&[view()][..], 0));
        assert!(matches!(tracker.recall(&view(), server.past(Reach::Session), NOW), Recollection::Held { .. }));
        let records = tracker.complete(&view(), false, NOW);
        assert_eq!(told(&records).join(" "), expected);
        let captured = records.iter().rev().find_map(|record| match record {
            Record::Change(change) => Some((change.captured, change.arrived)),
            _ => None,
        });
        assert!(captured.is_some_and(|(captured, arrived)| captured > 0 && arrived >= 1), "{captured:?}");
        assert_eq!(told(&late(tracker.recall(&view(), server.past(Reach::Session), NOW))), [""; 0], "once is enough");
    }
}

#[test]
fn a_history_that_answers_too_late_is_told_late_and_one_from_before_the_session_when_asked_for() {
    let mut server = Server { came: 4, kept: 10, debug_has_uuid: true, history_has_uuid: true, counts: false };
    let mut tracker = Tracker::default();
    tracker.begin(event(4, true, false).head().received.unwrap());
    tracker.observe_holding(&server.snapshot(), NOW, ALL);
    server.came = 6;
    tracker.observe_holding(&server.snapshot(), NOW, ALL);
    assert_eq!(told(&tracker.complete(&view(), false, NOW)), ["6"], "nobody waits longer");
    assert_eq!(told(&tracker.complete(&view(), false, NOW)), [""; 0]);
    server.came = 7;
    let past = server.past(Reach::Session);
    assert_eq!(told(&late(tracker.recall(&view(), past, NOW))), ["late 5"], "7 comes with the next poll");
    let since = event(3, true, false).head().received.unwrap();
    assert_eq!(told(&late(tracker.recall(&view(), server.past(Reach::Since(since)), NOW))), ["late 3"]);
    let before = late(tracker.recall(&view(), server.past(Reach::Whole), NOW));
    assert_eq!(told(&before), ["late 1", "late 2"]);
    assert!(before.iter().all(|record| matches!(record, Record::Change(change) if change.arrived == 0)), "{before:?}");
}

#[test]
fn counts_from_elsewhere_say_how_many_are_lost_once_all_would_have_come() {
    let count = |count: u64| Counts::from_iter([(view(), count)]);
    let mut server = Server { came: 1, kept: 10, debug_has_uuid: true, history_has_uuid: true, counts: false };
    let mut tracker = Tracker::default();
    tracker.begin(event(1, true, false).head().received.unwrap());
    tracker.observe_holding(&server.snapshot(), NOW, ALL);
    tracker.observe_counts(&count(1), NOW);
    server.came = 14;
    tracker.observe_holding(&server.snapshot(), NOW, ALL);
    let past = server.past(Reach::Session);
    assert!(matches!(tracker.recall(&view(), past, NOW), Recollection::Held { is_overrun: true }));
    assert_eq!(tracker.observe_counts(&count(14), NOW), [], "a held type is not told");
    assert_eq!(tracker.counted(), [view()]);
    assert_eq!(told(&tracker.complete(&view(), true, NOW)).join(" "), "lost 3 5 6 7 8 9 10 11 12 13 14");

    // Without a history the count alone says so, late, and once.
    server.came = 20;
    tracker.observe_holding(&server.snapshot(), NOW, Holding::default());
    assert_eq!(tracker.missing().count(), 0);
    tracker.observe_counts(&count(20), NOW);
    assert_eq!(tracker.missing().cloned().collect::<Vec<_>>(), [view()]);
    let gap = tracker.lost(&view(), NOW).unwrap();
    assert_eq!(gap, Record::Gap(Gap { event_type: view(), lost: Some(5), unless: None, late: true, at: NOW }));
    assert_eq!((tracker.lost(&view(), NOW), tracker.missing().count()), (None, 0));
}

/// What was counted before the session began was not lost in it, also where the counts come while the type is held for its
/// history, and where they leave it out at first.
#[test]
fn a_count_that_comes_while_a_type_is_held_tells_of_no_loss() {
    let server = Server { came: 9, kept: 3, debug_has_uuid: true, history_has_uuid: true, counts: false };
    let opening = Holding { opening: true, ..ALL };
    for (before, meanwhile, lost) in [(None, Some(9), 0), (None, None, 0), (Some(0), Some(9), 6)] {
        let mut tracker = Tracker::default();
        let counts = |count: u64| -> Counts {
            let counted = (count > 0).then(|| (view(), count));
            counted.into_iter().chain([(TypeName::from("other"), 1)]).collect()
        };
        if let Some(count) = before {
            tracker.observe(&Snapshot { shape: Shape::Keyed, sightings: Vec::new(), notes: Vec::new() }, NOW);
            tracker.observe_counts(&counts(count), NOW);
        }
        let held = tracker.observe_holding(&server.snapshot(), NOW, opening).held;
        assert_eq!(held, [view()]);
        if let Some(count) = meanwhile {
            tracker.observe_counts(&counts(count), NOW);
        }
        drop(tracker.recall(&view(), server.past(Reach::Whole), NOW));
        assert_eq!(told_gaps(&tracker.complete(&view(), false, NOW)), 0, "{before:?} {meanwhile:?}");
        tracker.observe_counts(&counts(9), NOW);
        let told = tracker.lost(&view(), NOW).map_or(0, |record| match record {
            Record::Gap(gap) => gap.lost.unwrap_or_default(),
            _ => 0,
        });
        assert_eq!(told, lost, "{before:?} {meanwhile:?}");
    }
}

#[test]
fn nothing_is_lost_that_may_only_be_equal_or_uncounted() {
    let sighting = |text: &str, received| Sighting {
        event_type: view(),
        events: vec![Arc::new(Payload::new(text))],
        received: Some(received),
    };
    let snapshot = |text: &str, received| Snapshot {
        shape: Shape::Counted,
        sightings: vec![sighting(text, received)],
        notes: Vec::new(),
    };
    let mut tracker = Tracker::default();
    let records = [("{\"a\":1}", 1), ("{\"a\":2}", 9), ("{\"a\":2}", 12)].map(|(text, received)| {
        told_gaps(&tracker.observe_holding(&snapshot(text, received), NOW, Holding::default()).records)
    });
    assert_eq!(records, [0, 0, 0], "events that are equal look the same");
}

fn told_gaps(records: &[Record]) -> usize {
    records.iter().filter(|record| matches!(record, Record::Gap(_))).count()
}

/// What happens between two polls, and when the history of the second answers.
#[derive(Clone, Copy, Debug)]
enum Answers {
    Held,
    Late,
    LateAfterMore(u32),
    Twice,
    Never,
}

fn answers() -> impl Strategy<Value = Answers> {
    prop_oneof![
        Just(Answers::Held),
        Just(Answers::Late),
        (0_u32..4).prop_map(Answers::LateAfterMore),
        Just(Answers::Twice),
        Just(Answers::Never),
    ]
}

proptest! {
    /// Whatever comes and whenever the histories answer: each event is told once, those that are not late in their order,
    /// and by the counts no more are lost than were.
    #[test]
    fn backfill_is_idempotent_and_in_order(
        there in 0_u32..6,
        steps in prop::collection::vec((0_u32..25, answers()), 1..20),
        debug_has_uuid: bool,
        counts: bool,
    ) {
        let mut server = Server { came: there, kept: 10, debug_has_uuid, history_has_uuid: true, counts };
        let mut tracker = Tracker::default();
        tracker.begin(event(there, true, false).head().received.unwrap());
        let first = tracker.observe_holding(&server.snapshot(), NOW, ALL);
        let mut records = first.records;
        for (came, answers) in steps {
            server.came += came;
            let observed = tracker.observe_holding(&server.snapshot(), NOW, ALL);
            let is_held = !observed.held.is_empty();
            records.extend(observed.records);
            let past = server.past(Reach::Session);
            if is_held && matches!(answers, Answers::Held) {
                tracker.recall(&view(), past.clone(), NOW);
            }
            records.extend(tracker.complete(&view(), false, NOW));
            let mut recall = |tracker: &mut Tracker, past: Past| {
                if let Recollection::Late(late) = tracker.recall(&view(), past, NOW) {
                    records.extend(late);
                }
            };
            match answers {
                Answers::Late => recall(&mut tracker, past),
                Answers::LateAfterMore(more) => {
                    server.came += more;
                    recall(&mut tracker, server.past(Reach::Session));
                }
                Answers::Twice => {
                    recall(&mut tracker, past.clone());
                    recall(&mut tracker, past);
                }
                Answers::Held | Answers::Never => {}
            }
        }
        let (mut told, mut newest, mut lost) = (BTreeSet::new(), 0, 0);
        for record in &records {
            match record {
                Record::Change(Change { payload: Some(payload), kind, .. }) => {
                    let number = n(payload);
                    prop_assert!(told.insert(number), "{} was told twice", number);
                    if *kind != ChangeKind::Earlier {
                        prop_assert!(number > newest, "{} after {}", number, newest);
                        newest = number;
                    }
                }
                Record::Gap(gap) => lost += gap.lost.unwrap_or(0),
                _ => {}
            }
        }
        let since = there.max(1)..=newest;
        prop_assert!(told.iter().all(|number| since.contains(number)), "{:?}", told);
        let untold = u64::from(newest.saturating_sub(there)) + u64::from(there > 0) - told.len() as u64;
        prop_assert!(lost <= untold, "{} lost of {}", lost, untold);
    }
}
