#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::event::{Head, Shape};
use crate::session::{Coverage, Record, Session};

const NOW: Moment = Moment { elapsed: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };

fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::New => "new",
        ChangeKind::Returned => "returned",
        ChangeKind::Updated => "updated",
        ChangeKind::Earlier => "earlier",
        ChangeKind::Unchanged => "unchanged",
        ChangeKind::Gone => "gone",
    }
}

/// An event without a time.
fn event(text: &str) -> Arc<Payload> {
    Arc::new(Payload::new(text))
}

/// An event that the platform received at a second.
fn at(second: i64, text: &str) -> Arc<Payload> {
    let received = Timestamp::from_second(second).ok();
    Arc::new(Payload::with_head(text, Payload::hash_of(text), Head { received, ..Head::default() }))
}

fn sighting(event_type: &str, events: &[Arc<Payload>], received: Option<u64>) -> Sighting {
    Sighting { event_type: event_type.into(), events: events.to_vec(), received }
}

fn snapshot(shape: Shape, sightings: Vec<Sighting>) -> Snapshot {
    Snapshot { shape, sightings, notes: Vec::new() }
}

/// One type with one event, and perhaps a count.
fn one(event: &Arc<Payload>, received: Option<u64>) -> Snapshot {
    snapshot(Shape::Counted, vec![sighting("view", &[Arc::clone(event)], received)])
}

/// A change in short: type, kind, event, received, captured, arrived.
type Told = (String, &'static str, Option<String>, Option<u64>, u64, u64);

fn told(changes: &[Change]) -> Vec<Told> {
    let text = |payload: &Option<Arc<Payload>>| payload.as_ref().map(|payload| payload.text().to_owned());
    let tell = |change: &Change| {
        let name = change.event_type.as_str().to_owned();
        (name, word(change.kind), text(&change.payload), change.received, change.captured, change.arrived)
    };
    changes.iter().map(tell).collect()
}

/// The changes that a row of snapshots brings, one list a snapshot.
fn observed(snapshots: &[Snapshot]) -> Vec<Vec<Told>> {
    let mut tracker = Tracker::default();
    snapshots.iter().map(|snapshot| told(&tracker.observe(snapshot, NOW))).collect()
}

fn view(kind: &'static str, event: &str, received: Option<u64>, captured: u64, arrived: u64) -> Vec<Told> {
    vec![("view".into(), kind, Some(event.into()), received, captured, arrived)]
}

fn count(kind: &'static str, received: Option<u64>, captured: u64, arrived: u64) -> Vec<Told> {
    vec![("view".into(), kind, None, received, captured, arrived)]
}

#[test]
fn a_type_is_new_then_updated_then_gone_then_back() {
    let (a, b, c) = (event("a"), event("b"), event("c"));
    let empty = snapshot(Shape::Empty, vec![]);
    let found =
        observed(&[one(&a, None), one(&a, None), one(&b, None), empty.clone(), empty, one(&b, None), one(&c, None)]);
    let expected = [
        view("new", "a", None, 1, 0),
        vec![],
        view("updated", "b", None, 2, 1),
        count("gone", None, 2, 0),
        vec![],
        view("returned", "b", None, 2, 0),
        view("updated", "c", None, 3, 1),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_type_that_comes_after_the_first_snapshot_has_arrived() {
    let found = observed(&[snapshot(Shape::Empty, vec![]), one(&event("a"), Some(5))]);
    assert_eq!(found, [vec![], view("new", "a", Some(5), 1, 1)]);
}

#[test]
fn changes_stand_in_the_order_of_the_snapshot_and_what_is_gone_comes_last() {
    let row = |names: &[&str]| {
        let sightings = names.iter().map(|name| sighting(name, &[event(name)], None));
        snapshot(Shape::Keyed, sightings.collect())
    };
    let mut tracker = Tracker::default();
    let names = |changes: Vec<Change>| -> Vec<_> {
        changes.iter().map(|change| format!("{} {}", change.event_type.as_str(), word(change.kind))).collect()
    };
    assert_eq!(names(tracker.observe(&row(&["c", "a", "b"]), NOW)), ["c new", "a new", "b new"]);
    assert_eq!(names(tracker.observe(&row(&["e", "a", "d"]), NOW)), ["e new", "d new", "c gone", "b gone"]);
}

#[test]
fn one_flat_event_says_nothing_of_the_other_types() {
    let single = |name: &str, text: &str| snapshot(Shape::Single, vec![sighting(name, &[event(text)], None)]);
    let found = observed(&[single("view", "a"), single("search", "s"), single("view", "a"), single("view", "b")]);
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 0, 1]);
    assert_eq!(found.last(), Some(&view("updated", "b", None, 2, 1)));
}

#[test]
fn a_known_event_that_is_older_than_the_newest_is_a_stale_answer() {
    let (old, new, newer) = (at(1, "old"), at(2, "new"), at(3, "newer"));
    let found = observed(&[one(&old, None), one(&new, None), one(&old, None), one(&new, None), one(&newer, None)]);
    let expected = [
        view("new", "old", None, 1, 0),
        view("updated", "new", None, 2, 1),
        vec![],
        vec![],
        view("updated", "newer", None, 3, 1),
    ];
    assert_eq!(found, expected);
}

#[test]
fn an_event_never_seen_is_the_newest_whatever_its_clock_says() {
    let found = observed(&[one(&at(100, "a"), None), one(&at(99, "b"), None)]);
    assert_eq!(found.last(), Some(&view("updated", "b", None, 2, 1)));
}

#[test]
fn an_event_without_a_time_that_comes_back_came_again() {
    let (a, b) = (event("a"), event("b"));
    let found = observed(&[one(&a, None), one(&b, None), one(&a, None)]);
    assert_eq!(found.last(), Some(&view("updated", "a", None, 2, 1)));
}

#[test]
fn several_events_in_an_answer_are_captured_once_each() {
    let list = |texts: &[&str]| {
        let events: Vec<_> = texts.iter().map(|text| event(text)).collect();
        snapshot(Shape::KeyedArrays, vec![sighting("view", &events, None)])
    };
    let rows = [
        list(&["c", "b", "a"]),
        list(&["c", "b", "a"]),
        list(&["e", "d", "c"]),
        list(&["e", "c", "x", "x"]),
        list(&["f", "e", "y"]),
        snapshot(Shape::Empty, vec![]),
        list(&["f", "z"]),
    ];
    let view = |kind, text, captured, arrived| view(kind, text, None, captured, arrived);
    let expected = [
        [view("new", "a", 1, 0), view("new", "b", 2, 0), view("new", "c", 3, 0)].concat(),
        vec![],
        [view("updated", "d", 4, 1), view("updated", "e", 5, 1)].concat(),
        view("earlier", "x", 6, 1),
        [view("earlier", "y", 7, 1), view("updated", "f", 8, 1)].concat(),
        count("gone", None, 8, 0),
        [view("returned", "z", 9, 0), view("updated", "f", 9, 1)].concat(),
    ];
    assert_eq!(observed(&rows), expected);
}

#[test]
fn five_new_events_in_one_answer_are_told_one_by_one_and_each_arrival_once() {
    let list = |numbers: std::ops::Range<u64>, received| {
        let events: Vec<_> = numbers.rev().map(|number| event(&number.to_string())).collect();
        snapshot(Shape::KeyedArrays, vec![sighting("view", &events, received)])
    };
    // How many came without being shown is told with the newest; an arrival that was told by the count is not told again.
    let cases = [
        (None, [1, 1, 1, 1, 1]),
        (Some(15), [1, 1, 1, 1, 1]),
        (Some(30), [1, 1, 1, 1, 16]),
        (Some(11), [1, 1, 1, 1, 1]),
    ];
    for (received, arrived) in cases {
        let found = observed(&[list(0..1, received.map(|_| 10)), list(0..6, received)]);
        let told = |number: u64, arrived| view("updated", &number.to_string(), received, number + 1, arrived);
        let expected: Vec<_> = (1..6).zip(arrived).flat_map(|(number, arrived)| told(number, arrived)).collect();
        assert_eq!(found.last(), Some(&expected), "{received:?}");
    }
    let found = observed(&[list(0..1, Some(10)), list(0..1, Some(13)), list(0..6, Some(13))]);
    let arrived: Vec<_> = found.into_iter().flatten().map(|told| told.5).collect();
    assert_eq!(arrived, [0, 3, 0, 0, 0, 1, 1]);

    let found = observed(&[snapshot(Shape::Empty, vec![]), list(0..3, None)]);
    let kinds: Vec<_> = found.iter().flatten().map(|told| (told.1, told.5)).collect();
    assert_eq!(kinds, [("new", 1), ("updated", 1), ("updated", 1)]);
}

#[test]
fn the_server_s_count_tells_what_polls_stepped_over() {
    let (a, b, c) = (event("a"), event("b"), event("c"));
    let cases = [
        // The count grows with the event, beyond it, without it, and not at all.
        (one(&a, Some(10)), view("new", "a", Some(10), 1, 0)),
        (one(&b, Some(11)), view("updated", "b", Some(11), 2, 1)),
        (one(&c, Some(31)), view("updated", "c", Some(31), 3, 20)),
        (one(&c, Some(36)), count("unchanged", Some(36), 3, 5)),
        (one(&c, Some(36)), vec![]),
        // A reset is no arrival, and counting goes on from it.
        (one(&c, Some(2)), count("unchanged", Some(2), 3, 0)),
        (one(&c, Some(5)), count("unchanged", Some(5), 3, 3)),
        // The count is not told any more, then told again: what it grew in between is not known.
        (one(&c, None), count("unchanged", None, 3, 0)),
        (one(&c, Some(50)), count("unchanged", Some(50), 3, 0)),
        (one(&c, Some(u64::MAX)), count("unchanged", Some(u64::MAX), 3, u64::MAX - 50)),
        (one(&c, Some(0)), count("unchanged", Some(0), 3, 0)),
        (one(&c, Some(u64::MAX)), count("unchanged", Some(u64::MAX), 3, 50)),
    ];
    let (snapshots, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    assert_eq!(observed(&snapshots), expected);
}

#[test]
fn an_event_is_not_told_twice_when_its_count_follows_later() {
    let mut tracker = Tracker::default();
    let counts = |count: u64| Counts::from([("view".into(), count)]);
    tracker.observe(&one(&event("a"), None), NOW);
    assert_eq!(told(&tracker.observe_counts(&counts(100), NOW)), count("unchanged", Some(100), 1, 0));
    let captured = tracker.observe(&one(&event("b"), None), NOW);
    assert_eq!(told(&captured), view("updated", "b", Some(100), 2, 1));
    let captured = tracker.observe(&one(&event("c"), None), NOW);
    assert_eq!(told(&captured), view("updated", "c", Some(100), 3, 1));

    let counted = tracker.observe_counts(&counts(107), NOW);
    assert_eq!(told(&counted), count("unchanged", Some(107), 3, 5));
    let coverage = counted.first().unwrap().coverage.unwrap();
    assert_eq!(coverage, Coverage { captured: 2, received: 7 });
}

#[test]
fn an_arrival_is_told_when_it_comes_and_one_that_was_missed_when_it_is_counted() {
    let mut tracker = Tracker::default();
    let counts = |count: u64| Counts::from([("view".into(), count)]);
    let mut number = 0;
    let mut come = |tracker: &mut Tracker| {
        number += 1;
        let changes = tracker.observe(&one(&event(&number.to_string()), None), NOW);
        changes.first().unwrap().arrived
    };
    tracker.observe(&snapshot(Shape::Empty, vec![]), NOW);
    tracker.observe_counts(&Counts::new(), NOW);
    assert_eq!([come(&mut tracker), come(&mut tracker), come(&mut tracker)], [1, 1, 1]);
    // Ten at once, of which one is seen; then two.
    assert_eq!([come(&mut tracker), come(&mut tracker), come(&mut tracker)], [1, 1, 1]);
    let counted = tracker.observe_counts(&counts(15), NOW);
    assert_eq!(told(&counted), count("unchanged", Some(15), 6, 9));
    assert_eq!(counted.first().unwrap().coverage, Some(Coverage { captured: 6, received: 15 }));
    // Later events are reported at once, and not again when they are counted, however late that is.
    assert_eq!(come(&mut tracker), 1);
    assert_eq!(told(&tracker.observe_counts(&counts(15), NOW)), []);
    assert_eq!(come(&mut tracker), 1);
    assert_eq!(told(&tracker.observe_counts(&counts(17), NOW)), count("unchanged", Some(17), 8, 0));
    // A new day.
    assert_eq!(come(&mut tracker), 1);
    assert_eq!(told(&tracker.observe_counts(&Counts::new(), NOW)), count("unchanged", None, 9, 0));
    assert_eq!(come(&mut tracker), 1);
    let counted = tracker.observe_counts(&counts(2), NOW);
    assert_eq!(told(&counted), count("unchanged", Some(2), 10, 0));
    assert_eq!(counted.first().unwrap().coverage, Some(Coverage { captured: 10, received: 19 }));
}

#[test]
fn counts_from_elsewhere_are_for_types_that_the_answer_does_not_count() {
    let mut tracker = Tracker::default();
    let sightings = vec![sighting("own", &[event("a")], Some(3)), sighting("other", &[event("b")], None)];
    tracker.observe(&snapshot(Shape::Counted, sightings), NOW);
    let counts = Counts::from([("own".into(), 900), ("other".into(), 7), ("unseen".into(), 2)]);
    let changes = told(&tracker.observe_counts(&counts, NOW));
    let expected =
        vec![("other".into(), "unchanged", None, Some(7), 1, 0), ("unseen".into(), "unchanged", None, Some(2), 0, 0)];
    assert_eq!(changes, expected);
    assert_eq!(tracker.observe_counts(&counts, NOW), []);

    // Left out is unknown, not zero.
    let changes = told(&tracker.observe_counts(&Counts::from([("unseen".into(), 2)]), NOW));
    assert_eq!(changes, [("other".into(), "unchanged", None, None, 1, 0)]);

    // A type that only a count was known of is not gone when the answer leaves it out, and new when it is seen.
    let changes = tracker.observe(&snapshot(Shape::Counted, vec![sighting("unseen", &[event("c")], None)]), NOW);
    let kinds: Vec<_> = changes.iter().map(|change| (change.event_type.as_str(), word(change.kind))).collect();
    assert_eq!(kinds, [("unseen", "new"), ("own", "gone"), ("other", "gone")]);
}

#[test]
fn a_count_without_a_sample_makes_a_type_without_an_event() {
    let count = |count| snapshot(Shape::Counted, vec![sighting("view", &[], Some(count))]);
    let found = observed(&[count(3), count(3), count(4), one(&event("a"), Some(5))]);
    let expected = [
        vec![("view".into(), "new", None, Some(3), 0, 0)],
        vec![],
        vec![("view".into(), "unchanged", None, Some(4), 0, 1)],
        view("updated", "a", Some(5), 1, 1),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_list_longer_than_the_memory_does_not_count_anew_at_every_poll() {
    let events: Vec<_> = (0..10_000).map(|n| event(&n.to_string())).collect();
    let list = snapshot(Shape::KeyedArrays, vec![sighting("view", &events, None)]);
    let mut tracker = Tracker::remembering(4096);
    assert_eq!(tracker.observe(&list, NOW).last().unwrap().captured, 10_000);
    assert_eq!(tracker.observe(&list, NOW), []);
}

#[test]
fn a_server_that_makes_up_types_does_not_fill_the_memory() {
    let mut tracker = Tracker::remembering(4096);
    for round in 0..5 {
        let sightings = (0..9_000).map(|n| sighting(&format!("{round}-{n}"), &[event("x")], None));
        tracker.observe(&snapshot(Shape::Keyed, sightings.collect()), NOW);
        let counts = (0..9_000).map(|n| (TypeName::from(format!("counted-{round}-{n}")), 1));
        tracker.observe_counts(&counts.collect(), NOW);
    }
    assert!(tracker.types.len() <= MAX_QUIET + 9_000, "{}", tracker.types.len());
    assert!(tracker.types.contains_key(&TypeName::from("4-0")), "what is present stays");
}

#[test]
fn latency_is_told_with_the_change() {
    let event = event(r#"{"timestamp":"2025-09-17T10:26:54.688Z","_bsft_ts":"2025-09-17T10:26:55Z"}"#);
    let changes = Tracker::default().observe(&one(&event, None), NOW);
    assert_eq!(changes.first().unwrap().latency_ms(), Some(312));
}

/// A server's possible answer to one poll: per type, perhaps some of a few events, perhaps a count.
fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    let timed = (0_i64..4, any::<bool>())
        .prop_map(|(n, timed)| if timed { at(n, &format!("timed {n}")) } else { event(&format!("plain {n}")) });
    let row = (0_usize..4, proptest::collection::vec(timed, 0..4), proptest::option::of(0_u64..20));
    let shape = proptest::sample::select(vec![Shape::Single, Shape::Keyed, Shape::Counted, Shape::KeyedArrays]);
    (shape, proptest::collection::vec(row, 0..4)).prop_map(|(shape, rows)| {
        let mut sightings = IndexMap::new();
        for (name, events, received) in rows {
            let name = format!("type {name}");
            sightings.insert(name.clone(), sighting(&name, &events, received));
        }
        snapshot(shape, sightings.into_values().collect())
    })
}

proptest! {
    #[test]
    fn whatever_the_server_tells_the_changes_add_up(
        steps in proptest::collection::vec((any_snapshot(), proptest::option::of(0_u64..20)), 1..30),
        limit in 1_000_usize..4096,
    ) {
        let mut tracker = Tracker::remembering(limit);
        let (mut last, mut distinct) = (HashMap::<TypeName, Change>::new(), HashMap::<TypeName, HashSet<u128>>::new());
        let (mut present, mut session) = (HashSet::new(), Session::default());
        for (number, (snapshot, count)) in steps.iter().enumerate() {
            let mut changes = tracker.observe(snapshot, NOW);
            for sighting in &snapshot.sightings {
                let seen = distinct.entry(sighting.event_type.clone()).or_default();
                seen.extend(sighting.events.iter().map(|event| event.hash()));
            }
            let before = present.clone();
            for change in &changes {
                let was_present = present.contains(&change.event_type);
                let is_sighted = snapshot.sightings.iter().any(|sighting| sighting.event_type == change.event_type);
                match change.kind {
                    ChangeKind::New | ChangeKind::Returned => {
                        prop_assert!(!before.contains(&change.event_type) && is_sighted);
                    }
                    ChangeKind::Gone => prop_assert!(was_present && !is_sighted && snapshot.shape.covers_every_type()),
                    ChangeKind::Updated | ChangeKind::Earlier => prop_assert!(was_present && change.payload.is_some()),
                    ChangeKind::Unchanged => prop_assert!(was_present && change.payload.is_none()),
                }
                if change.kind == ChangeKind::Gone {
                    present.remove(&change.event_type);
                } else {
                    present.insert(change.event_type.clone());
                }
                if number == 0 {
                    prop_assert_eq!(change.arrived, 0);
                }
            }
            if let Some(count) = count {
                let counts = Counts::from([(TypeName::from("type 0"), *count), (TypeName::from("counted"), *count)]);
                changes.extend(tracker.observe_counts(&counts, NOW));
            }
            session.take_in(&mut changes.iter().cloned().map(Record::Change).collect::<Vec<_>>());
            for change in changes {
                let before = last.get(&change.event_type);
                prop_assert!(before.is_none_or(|before| before.captured <= change.captured));
                if let Some(coverage) = change.coverage {
                    prop_assert!(coverage.captured <= coverage.received);
                }
                prop_assert_eq!(change.coverage.is_some(), change.received.is_some());
                last.insert(change.event_type.clone(), change);
            }
            // The changes tell all that is known: nothing moved without being told.
            for (event_type, known) in &tracker.types {
                let told = last.get(event_type);
                let newest = session.history.newest(event_type).map(|newest| newest.payload.hash());
                prop_assert_eq!(newest, known.newest.as_ref().map(|newest| newest.hash));
                prop_assert_eq!(known.captured, distinct.get(event_type).map_or(0, |seen| seen.len() as u64));
                prop_assert_eq!(told.and_then(|told| told.received), known.received.map(|received| received.count));
                prop_assert_eq!(told.map_or(0, |told| told.captured), known.captured);
            }
            prop_assert_eq!(tracker.observe(snapshot, NOW), [], "the same again is no news");
        }
    }
}

proptest! {
    /// An honest server: events come one after another, the answer has the last one, counts are right.
    #[test]
    fn arrivals_add_up_to_what_was_sent(
        polls in proptest::collection::vec((0_u64..6, any::<bool>()), 1..40),
        counts_in_answer: bool,
    ) {
        let mut tracker = Tracker::default();
        let (mut sent, mut sent_before, mut arrived, mut captured) = (1_u64, 1, 0, 0);
        for (number, (more, ask)) in polls.into_iter().enumerate() {
            sent += more;
            if number == 0 {
                sent_before = sent;
            }
            let answer = one(&event(&format!("event {sent}")), counts_in_answer.then_some(sent));
            let mut changes = tracker.observe(&answer, NOW);
            if ask && !counts_in_answer {
                changes.extend(tracker.observe_counts(&Counts::from([("view".into(), sent)]), NOW));
            }
            arrived += changes.iter().map(|change| change.arrived).sum::<u64>();
            captured = changes.iter().map(|change| change.captured).max().unwrap_or(captured);
            if counts_in_answer {
                prop_assert_eq!(arrived, sent - sent_before);
            } else {
                prop_assert!(arrived <= sent - sent_before);
            }
            prop_assert!(captured <= arrived + 1);
        }
    }
}
