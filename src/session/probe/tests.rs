#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::session::Arrival;

/// Markers as they are made for an event that has none.
const OURS: [&str; 3] = [
    "7f3a7f3a-0000-4000-8000-000000000001",
    "7f3a7f3a-0000-4000-8000-000000000002",
    "7f3a7f3a-0000-4000-8000-000000000003",
];
const THEIRS: &str = "99999999-0000-4000-8000-000000000009";

/// `millis` after the start, which was at the start of 1970.
fn at(millis: u64) -> Moment {
    let elapsed = Duration::from_millis(millis);
    Moment { elapsed, wall: Timestamp::UNIX_EPOCH.checked_add(elapsed).unwrap() }
}

fn payload(text: &str) -> Arc<Payload> {
    Arc::new(Payload::new(text))
}

fn document(text: &str) -> Arc<Document> {
    Arc::new(Document::new(payload(text)).unwrap())
}

/// A checkout with a marker, by someone.
fn checkout(uuid: &str, customer: &str) -> String {
    format!(r#"{{"event":"checkout","customer_id":"{customer}","total":30,"sku":"a","event_uuid":"{uuid}"}}"#)
}

fn change(kind: ChangeKind, text: Option<&str>, arrived: u64) -> Change {
    Change {
        event_type: "checkout".into(),
        kind,
        payload: text.filter(|_| !matches!(kind, ChangeKind::Unchanged | ChangeKind::Gone)).map(payload),
        received: None,
        captured: 1,
        arrived,
        counted_at: None,
        coverage: None,
        at: at(0),
        arrival: Arrival::Poll,
        number: None,
    }
}

fn updated(text: &str) -> Change {
    change(ChangeKind::Updated, Some(text), 1)
}

fn new(text: &str, arrived: u64) -> Change {
    change(ChangeKind::New, Some(text), arrived)
}

fn count(arrived: u64) -> Change {
    change(ChangeKind::Unchanged, None, arrived)
}

/// Probes that wait for one checkout, which was sent a second after the start.
fn waiting(uuid: &str, sent: &str) -> (Probes, ProbeId) {
    let mut probes = Probes::new(PATIENCE);
    let id = probes.sent("checkout".into(), uuid.into(), document(sent), at(1_000));
    (probes, id)
}

fn send(probes: &mut Probes, number: usize, millis: u64) -> ProbeId {
    let uuid = OURS.get(number).unwrap();
    probes.sent("checkout".into(), (*uuid).into(), document(&checkout(uuid, "c1")), at(millis))
}

fn seen(probes: &Probes, id: ProbeId) -> Option<&Seen> {
    match &probes.get(id)?.state {
        ProbeState::Seen(seen) => Some(seen),
        _ => None,
    }
}

fn recognized(probes: &Probes, id: ProbeId) -> Option<Recognized> {
    seen(probes, id).map(|seen| seen.by)
}

#[test]
fn an_event_with_the_marker_is_the_probe() {
    let [ours, ..] = OURS;
    let sent = checkout(ours, "c1");
    let only_marker = format!(r#"{{"event_uuid":"{ours}"}}"#);
    let nested = format!(r#"{{"event_uuid":"{THEIRS}","context":{{"id":"{ours}"}}}}"#);
    let of_another_type = |text: &str| Change { event_type: "custom_event".into(), ..updated(text) };
    let cases = [
        ("as sent", updated(&sent), true),
        ("everything else dropped", updated(&only_marker), true),
        ("under another key", updated(&nested), true),
        ("in the first snapshot", new(&sent, 0), true),
        ("the first of its type", new(&sent, 1), true),
        ("as another type", of_another_type(&sent), true),
        ("under another key of another type", of_another_type(&nested), false),
        ("another's", updated(&checkout(THEIRS, "c2")), false),
        ("behind a newer one", change(ChangeKind::Earlier, Some(&sent), 1), true),
        ("still there", change(ChangeKind::Unchanged, Some(&sent), 1), false),
        ("gone", change(ChangeKind::Gone, Some(&sent), 0), false),
        ("only a count", count(1), false),
    ];
    for (name, change, expected) in cases {
        let (mut probes, id) = waiting(ours, &sent);
        let found = probes.observe(&[change], at(2_300));
        let expected = expected.then_some((Duration::from_millis(1_300), Recognized::ByMarker));
        assert_eq!(seen(&probes, id).map(|seen| (seen.after, seen.by)), expected, "{name}");
        assert_eq!(found, if expected.is_some() { vec![id] } else { vec![] }, "{name}");
        assert_eq!(probes.is_waiting(), expected.is_none(), "{name}");
    }
}

#[test]
fn a_short_marker_of_the_senders_own_is_looked_for_only_where_markers_stand() {
    let sent = r#"{"customer_id":"c1","event_uuid":"1"}"#;
    let of_another_type = |text: &str| Change { event_type: "view".into(), ..updated(text) };
    let cases = [
        (updated(r#"{"event_uuid":"1"}"#), true),
        (updated(r#"{"event_uuid":"2","quantity":"1"}"#), false),
        (of_another_type(r#"{"event_uuid":"1"}"#), false),
    ];
    for (change, expected) in cases {
        let (mut probes, id) = waiting("1", sent);
        assert_eq!(probes.observe(std::slice::from_ref(&change), at(2_000)).contains(&id), expected, "{change:?}");
    }
    let (mut probes, _) = waiting("", r#"{"customer_id":"c1","event_uuid":""}"#);
    assert_eq!(probes.observe(&[updated(r#"{"event_uuid":"","customer_id":"c2"}"#)], at(2_000)), []);
}

#[test]
fn an_event_without_the_marker_that_says_the_same_is_guessed_to_be_the_probe() {
    let sent = r#"{"event":"checkout","email":"Jane@Example.com","total":30,"gift":true,"coupon":null,"products":[{"sku":"a"}],
        "at":"2026-11-23T14:03:19Z","event_uuid":"7f3a7f3a-0000-4000-8000-000000000001","timestamp":"x"}"#;
    let cases = [
        (
            "types changed",
            r#"{"email":"Jane@Example.com","total":"30","gift":"true","products":[{"sku":"a"}],"at":"2026-11-23T15:03:19+01:00"}"#,
            true,
        ),
        (
            "one of five dropped, a marker put in place",
            r#"{"email":"Jane@Example.com","total":30.0,"gift":true,"products":[{"sku":"a"}],"event_uuid":"99999999-0000-4000-8000-000000000009"}"#,
            true,
        ),
        (
            "the address in lower case",
            r#"{"email":"jane@example.com","total":30,"gift":true,"products":[{"sku":"a"}],"at":"2026-11-23T14:03:19Z"}"#,
            true,
        ),
        ("two of five dropped", r#"{"email":"Jane@Example.com","total":30,"gift":true}"#, false),
        (
            "another person",
            r#"{"email":"joe@example.com","total":30,"gift":true,"products":[{"sku":"a"}],"at":"2026-11-23T14:03:19Z"}"#,
            false,
        ),
        ("an array", r#"[{"email":"Jane@Example.com","total":30,"gift":true}]"#, false),
    ];
    for (name, received, expected) in cases {
        let (mut probes, id) = waiting(OURS.first().unwrap(), sent);
        probes.observe(&[updated(received)], at(2_000));
        assert_eq!(recognized(&probes, id), expected.then_some(Recognized::ByContent), "{name}");
    }
}

#[test]
fn an_event_that_says_nothing_of_its_own_is_never_guessed() {
    let sent = r#"{"event":"checkout","event_uuid":"7f3a7f3a-0000-4000-8000-000000000001"}"#;
    let (mut probes, _) = waiting(OURS.first().unwrap(), sent);
    assert_eq!(probes.observe(&[updated(r#"{"event":"checkout"}"#)], at(2_000)), []);
}

#[test]
fn what_was_there_before_is_never_guessed() {
    let stripped = r#"{"customer_id":"c1","total":30,"sku":"a"}"#;
    let cases = [
        (new(stripped, 0), false),
        (new(stripped, 1), true),
        (updated(stripped), true),
        (change(ChangeKind::Updated, Some(stripped), 0), true),
        (change(ChangeKind::Earlier, Some(stripped), 0), false),
        (change(ChangeKind::Earlier, Some(stripped), 1), true),
        (change(ChangeKind::Unchanged, Some(stripped), 1), false),
        (change(ChangeKind::Gone, Some(stripped), 0), false),
    ];
    for (change, expected) in cases {
        let mut probes = Probes::new(PATIENCE);
        let id = send(&mut probes, 0, 1_000);
        let found = probes.observe(std::slice::from_ref(&change), at(2_000));
        assert_eq!(found.contains(&id), expected, "{:?} {}", change.kind, change.arrived);
    }
}

#[test]
fn an_event_that_is_one_probe_by_its_marker_is_no_guess_for_another() {
    let [_, second, _] = OURS;
    let mut probes = Probes::new(PATIENCE);
    let (older, newer) = (send(&mut probes, 0, 1_000), send(&mut probes, 1, 1_100));
    let text = checkout(second, "c1");
    assert_eq!(probes.observe(&[updated(&text)], at(2_000)), [newer]);
    assert_eq!(recognized(&probes, newer), Some(Recognized::ByMarker));
    // The tracker tells an event again that came back after another.
    assert_eq!(probes.observe(&[updated(&text)], at(3_000)), []);
    assert!(matches!(probes.get(older).unwrap().state, ProbeState::Waiting));
}

#[test]
fn the_marker_overrules_a_guess_and_a_probe_that_was_given_up() {
    let [ours, ..] = OURS;
    let mut probes = Probes::new(PATIENCE);
    let id = send(&mut probes, 0, 1_000);
    probes.observe(&[updated(&checkout(THEIRS, "c1"))], at(2_000));
    assert_eq!(recognized(&probes, id), Some(Recognized::ByContent));
    assert_eq!(probes.observe(&[updated(&checkout(ours, "c1"))], at(3_000)), [id]);
    assert_eq!(recognized(&probes, id), Some(Recognized::ByMarker));
    assert_eq!(probes.latencies().unwrap().count, 1);

    let mut probes = Probes::new(PATIENCE);
    let id = send(&mut probes, 0, 1_000);
    assert_eq!(probes.expire(at(31_000)), [id]);
    assert_eq!(probes.observe(&[updated(&checkout(ours, "c1"))], at(41_000)), [id]);
    assert_eq!(seen(&probes, id).unwrap().after, Duration::from_secs(40));
}

fn recalled(events: &[Arc<Payload>], at: Moment) -> Recalled {
    Recalled { event_type: "checkout".into(), events: events.to_vec(), at }
}

#[test]
fn a_guess_falls_when_its_event_turns_out_to_be_another_probe() {
    let text = checkout(OURS.get(1).unwrap(), "c1");
    let mut probes = Probes::new(PATIENCE);
    let guessed = send(&mut probes, 0, 1_000);
    assert_eq!(probes.observe(&[updated(&text)], at(2_000)), [guessed]);
    let marked = send(&mut probes, 1, 3_000);
    assert_eq!(probes.recall(&recalled(&[payload(&text)], at(4_000))), [marked]);
    assert!(matches!(probes.get(guessed).unwrap().state, ProbeState::Waiting));
}

#[test]
fn a_marker_that_was_sent_twice_needs_two_events() {
    let text = |total: u32| format!(r#"{{"customer_id":"c1","event_uuid":"mine","total":{total}}}"#);
    let mut probes = Probes::new(PATIENCE);
    let ids =
        [1_000, 1_100].map(|millis| probes.sent("checkout".into(), "mine".into(), document(&text(1)), at(millis)));
    assert_eq!(probes.observe(&[updated(&text(2))], at(2_000)), [ids[1]]);
    let events = [2, 1].map(|total| payload(&text(total)));
    assert_eq!(probes.recall(&recalled(&events, at(3_000))), [ids[0]]);
    assert!(seen(&probes, ids[0]).unwrap().received.text().contains(r#""total":1"#));
}

#[test]
fn of_two_within_one_poll_the_newer_is_seen_and_the_older_is_found_in_the_history() {
    let [first, second, _] = OURS;
    let mut probes = Probes::new(PATIENCE);
    let (older, newer) = (send(&mut probes, 0, 1_000), send(&mut probes, 1, 1_200));
    assert_eq!(probes.overtaken(), []);
    let change = Change { arrived: 2, ..updated(&checkout(second, "c1")) };
    assert_eq!(probes.observe(&[change], at(2_000)), [newer]);
    assert_eq!(probes.overtaken(), [TypeName::from("checkout")]);
    assert_eq!(probes.overtaken(), [], "it is named once");
    assert_eq!(probes.observe(&[], at(2_500)), []);
    assert_eq!(probes.overtaken(), [], "nothing came since");

    let events = [payload(&checkout(second, "c1")), payload(&checkout(first, "c1")), payload(&checkout(THEIRS, "c1"))];
    assert_eq!(probes.recall(&recalled(&events, at(2_600))), [older]);
    let seen = seen(&probes, older).unwrap();
    assert_eq!((seen.by, seen.after), (Recognized::ByMarker, Duration::from_millis(1_600)));
    assert!(!probes.is_waiting());
}

#[test]
fn two_without_their_markers_are_found_one_by_one() {
    let received = |time: &str, id: u32| {
        format!(
            r#"{{"customer_id":"c1","total":30,"sku":"a","event_uuid":"other-{id}","_bsft_ts":"1970-01-01T00:00:{time}Z"}}"#
        )
    };
    let mut probes = Probes::new(PATIENCE);
    let (older, newer) = (send(&mut probes, 0, 5_100), send(&mut probes, 1, 6_200));
    assert_eq!(probes.observe(&[updated(&received("06.300", 3))], at(7_000)), [newer]);
    let events = [("06.300", 3), ("05.000", 2), ("04.900", 1)].map(|(time, id)| payload(&received(time, id)));
    assert_eq!(probes.recall(&recalled(&events, at(7_100))), [older]);
    assert_eq!(recognized(&probes, older), Some(Recognized::ByContent));
    assert!(seen(&probes, older).unwrap().received.text().contains("other-2"));
}

#[test]
fn the_history_gives_no_guess_that_may_be_older_than_the_probe() {
    for (time, expected) in
        [(r#","_bsft_ts":"1970-01-01T00:00:04Z""#, false), ("", false), (r#","_bsft_ts":"1970-01-01T00:00:05Z""#, true)]
    {
        let mut probes = Probes::new(PATIENCE);
        let id = send(&mut probes, 0, 5_900);
        let events = [payload(&format!(r#"{{"customer_id":"c1","total":30,"sku":"a"{time}}}"#))];
        assert_eq!(probes.recall(&recalled(&events, at(7_000))).contains(&id), expected, "{time}");
    }
}

/// The changes of each poll.
type Polls = Vec<Vec<Change>>;

#[test]
fn a_probe_that_did_not_come_is_given_up_with_what_is_known() {
    let someone = checkout(OURS.first().unwrap(), "c1");
    let nobody = r#"{"event":"checkout","customer_id":" ","email":null,"device_id":{},"event_uuid":"7f3a7f3a-0000-4000-8000-000000000001"}"#;
    let other = checkout(THEIRS, "c2");
    let elsewhere = Change { event_type: "view".into(), ..updated(&other) };
    let cases: [(&str, Polls, Vec<Clue>); 9] = [
        (&someone, vec![], vec![Clue::NoPoll]),
        (nobody, vec![], vec![Clue::NoPoll, Clue::NoIdentifier]),
        (&someone, vec![vec![]], vec![Clue::NothingCame]),
        (nobody, vec![vec![]], vec![Clue::NoIdentifier, Clue::NothingCame]),
        (&someone, vec![vec![elsewhere], vec![new(&other, 0)]], vec![Clue::NothingCame]),
        (&someone, vec![vec![updated(&other)]], vec![Clue::AnotherCame { arrived: 1 }]),
        (
            &someone,
            vec![
                vec![Change { arrived: 3, ..updated(&other) }],
                vec![],
                vec![Change { arrived: 0, ..updated(&other) }],
            ],
            vec![Clue::AnotherCame { arrived: 4 }],
        ),
        (&someone, vec![vec![count(0)], vec![count(2)]], vec![Clue::CountWentUp { by: 2 }]),
        (
            nobody,
            vec![vec![count(2)], vec![updated(&other)]],
            vec![Clue::AnotherCame { arrived: 1 }, Clue::CountWentUp { by: 2 }, Clue::NoIdentifier],
        ),
    ];
    for (sent, polls, expected) in cases {
        let (mut probes, id) = waiting(OURS.first().unwrap(), sent);
        for changes in &polls {
            assert_eq!(probes.observe(changes, at(2_000)), []);
        }
        assert_eq!(probes.expire(at(30_999)), []);
        assert_eq!(probes.expire(at(31_000)), [id]);
        assert_eq!(probes.expire(at(31_000)), []);
        let ProbeState::Missed(clues) = &probes.get(id).unwrap().state else { panic!("{expected:?}: not given up") };
        assert_eq!(*clues, expected);
    }
}

#[test]
fn beside_an_event_that_equals_it_nobody_can_tell_whether_it_came() {
    let [ours, ..] = OURS;
    let sent = checkout(ours, "c1");
    let unmarked = r#"{"event":"checkout","customer_id":"c1","total":"30","sku":"a"}"#;
    let nothing = vec![Clue::NothingCame];
    let cases = [
        ("without a marker", unmarked.to_owned(), 0, vec![Clue::EqualBefore { counted: 0 }]),
        ("with the same marker", sent.clone(), 0, vec![Clue::EqualBefore { counted: 0 }]),
        ("and it was counted", unmarked.to_owned(), 2, vec![Clue::EqualBefore { counted: 2 }]),
        ("with a marker of its own", checkout(THEIRS, "c1"), 0, nothing.clone()),
        ("another", unmarked.replace("30", "31"), 0, nothing),
        ("another that was counted", checkout(THEIRS, "c1"), 2, vec![Clue::CountWentUp { by: 2 }]),
    ];
    for (name, before, counted, expected) in cases {
        let (mut probes, id) = waiting(ours, &sent);
        probes.sent_beside(id, &payload(&before));
        probes.observe(&[count(counted)], at(2_000));
        probes.expire(at(31_000));
        let ProbeState::Missed(clues) = &probes.get(id).unwrap().state else { panic!("{name}: not given up") };
        assert_eq!(*clues, expected, "{name}");
    }
}

#[test]
fn an_identifier_of_the_users_own_is_one() {
    let sent = format!(r#"{{"event":"checkout","loyalty_id":"7","event_uuid":"{}"}}"#, OURS.first().unwrap());
    for is_named in [true, false] {
        let mut identifiers = Identifiers::default();
        if is_named {
            identifiers.name("loyalty_id");
        }
        let mut probes = Probes::new(PATIENCE).identified_by(identifiers);
        let id = probes.sent("checkout".into(), (*OURS.first().unwrap()).into(), document(&sent), at(1_000));
        let missed = probes.expire(at(99_000));
        let is_clue =
            |probe: &Probe| matches!(&probe.state, ProbeState::Missed(clues) if clues.contains(&Clue::NoIdentifier));
        assert_eq!((missed, is_clue(probes.get(id).unwrap())), (vec![id], !is_named));
        probes.observe(&[updated(&sent)], at(99_100));
        assert_eq!(seen(&probes, id).map(|seen| seen.unidentified), Some(!is_named));
    }
}

#[test]
fn a_type_whose_count_went_up_is_worth_asking_for_too() {
    let mut probes = Probes::new(PATIENCE);
    send(&mut probes, 0, 1_000);
    send(&mut probes, 1, 1_000);
    probes.observe(&[count(0)], at(2_000));
    assert_eq!(probes.overtaken(), []);
    probes.observe(&[count(1)], at(3_000));
    assert_eq!(probes.overtaken(), [TypeName::from("checkout")]);
    assert_eq!(probes.overtaken(), []);
}

#[test]
fn one_whose_call_failed_is_not_waited_for() {
    let mut probes = Probes::new(PATIENCE);
    let id = send(&mut probes, 0, 1_000);
    probes.not_sent(id);
    assert!(!probes.is_waiting());
    assert_eq!(probes.next_expiry(at(2_000)), None);
    assert_eq!(probes.observe(&[updated(&checkout(OURS.first().unwrap(), "c1"))], at(2_000)), []);
    assert_eq!(probes.expire(at(99_000)), []);
    assert!(matches!(probes.get(id).unwrap().state, ProbeState::NotSent));

    let id = send(&mut probes, 1, 3_000);
    probes.observe(&[updated(&checkout(OURS.get(1).unwrap(), "c1"))], at(4_000));
    probes.not_sent(id);
    assert!(seen(&probes, id).is_some(), "what was seen was sent");
}

#[test]
fn one_that_goes_out_again_is_waited_for_from_then_on() {
    let text = checkout(OURS.first().unwrap(), "c1");
    let (mut probes, id) = waiting(OURS.first().unwrap(), &text);
    probes.went_out(id, at(5_000));
    assert_eq!(probes.expire(at(31_000)), []);
    assert_eq!(probes.next_expiry(at(31_000)), Some(Duration::from_secs(4)));
    assert_eq!(probes.next_expiry(at(3_000)), Some(Duration::from_secs(32)), "it has not gone out yet");
    for (seen_at, after) in [(3_000, 2_000), (6_000, 1_000)] {
        let (mut probes, id) = waiting(OURS.first().unwrap(), &text);
        probes.went_out(id, at(5_000));
        probes.observe(&[updated(&text)], at(seen_at));
        assert_eq!(seen(&probes, id).unwrap().after, Duration::from_millis(after));
    }
}

#[test]
fn the_next_expiry_is_that_of_the_one_that_waits_longest() {
    let mut probes = Probes::new(PATIENCE);
    assert_eq!(probes.next_expiry(at(0)), None);
    send(&mut probes, 0, 1_000);
    send(&mut probes, 1, 5_000);
    assert_eq!(probes.next_expiry(at(6_000)), Some(Duration::from_secs(25)));
    assert_eq!(probes.next_expiry(at(99_000)), Some(Duration::ZERO));
    assert_eq!(probes.expire(at(31_500)).len(), 1);
    assert_eq!(probes.next_expiry(at(31_500)), Some(Duration::from_millis(3_500)));
}

#[test]
fn latencies_are_ranks_of_those_that_were_seen() {
    let latencies = |millis: &[u64]| {
        let mut probes = Probes::new(PATIENCE);
        for (number, after) in millis.iter().enumerate() {
            let uuid = format!("7f3a7f3a-0000-4000-8000-{number:012}");
            let text = checkout(&uuid, "c1");
            probes.sent("checkout".into(), uuid.into(), document(&text), at(0));
            probes.observe(&[updated(&text)], at(*after));
        }
        let found = probes.latencies()?;
        Some((found.count, found.min.as_millis(), found.median.as_millis(), found.p95.as_millis()))
    };
    assert_eq!(latencies(&[]), None);
    assert_eq!(latencies(&[700]), Some((1, 700, 700, 700)));
    assert_eq!(latencies(&[3_000, 1_000]), Some((2, 1_000, 1_000, 3_000)));
    assert_eq!(latencies(&[5, 1, 4, 2, 3]), Some((5, 1, 3, 5)));
    let many: Vec<_> = (1..=100).rev().collect();
    assert_eq!(latencies(&many), Some((100, 1, 50, 95)));
}

#[test]
fn what_came_is_told_from_what_was_sent_in_groups() {
    let [ours, ..] = OURS;
    let sent = format!(
        r#"{{"customer_id":"c1","total":30,"revenue":31.24,"coupon":"x","at":"2026-11-23T15:03:19+01:00","event_uuid":"{ours}"}}"#
    );
    let received = format!(
        r#"{{"event_uuid":"{ours}","customer_id":"c1","total":31,"revenue":"31.24","at":"2026-11-23T14:03:19Z","site":"s","_bsft_ts":"2026-11-23T14:03:20Z"}}"#
    );
    let (mut probes, id) = waiting(ours, &sent);
    probes.observe(&[updated(&received)], at(2_300));
    let seen = seen(&probes, id).unwrap();
    let paths = |group: &[&Difference]| group.iter().map(|found| found.path.to_string()).collect::<Vec<_>>();
    let groups = seen.groups();
    assert_eq!(paths(&groups.dropped), ["coupon"]);
    assert_eq!(paths(&groups.changed), ["total"]);
    assert_eq!(paths(&groups.respelled), ["at"]);
    assert_eq!(paths(&groups.retyped), ["revenue"]);
    assert_eq!(paths(&groups.added), ["site", "_bsft_ts"]);
    assert_eq!(groups.altered(), 3);
    assert_eq!(seen.summary(), "seen after 1.3 s · 3 fields changed on the way");
}

#[test]
fn a_probe_that_was_seen_is_told_in_one_line() {
    let [ours, ..] = OURS;
    let cases = [
        (checkout(ours, "c1"), "seen after 1.3 s · as sent"),
        (checkout(ours, "c1").replace("30", "\"30\""), "seen after 1.3 s · 1 field changed on the way"),
        (checkout(ours, "c1").replace("\"sku\"", "\"_bsft_x\":1,\"sku\""), "seen after 1.3 s · as sent"),
        (
            checkout(THEIRS, "c1"),
            "seen after 1.3 s, by its content (a guess: its event_uuid did not come back) · 1 field changed on the way",
        ),
    ];
    for (received, told) in cases {
        let (mut probes, id) = waiting(ours, &checkout(ours, "c1"));
        probes.observe(&[updated(&received)], at(2_300));
        assert_eq!(seen(&probes, id).unwrap().summary(), told);
    }
}

#[test]
fn times_and_clues_are_told_in_words() {
    let [min, median, p95] = [400, 1_300, 12_000].map(Duration::from_millis);
    assert_eq!(Latencies { count: 3, min, median, p95 }.summary(), "min 400 ms · median 1.3 s · p95 12 s");
    let clues = [
        Clue::AnotherCame { arrived: 1 },
        Clue::AnotherCame { arrived: 3 },
        Clue::CountWentUp { by: 2 },
        Clue::NothingCame,
        Clue::NoPoll,
    ];
    let told = [
        "another event of the type came since, and may have taken its place in the answer",
        "3 events of the type came since, and may have taken its place in the answer",
        "the server's count of the type went up by 2, but no event that fits was shown",
        "no event of the type came since it was sent",
        "no poll succeeded since it was sent",
    ];
    assert_eq!(clues.map(|clue| clue.sentence()), told);
    assert!(Clue::NoIdentifier.sentence().contains("customer_id, email, device_id"));
}

#[test]
fn settled_probes_are_forgotten_in_the_end_and_their_names_are_never_given_again() {
    let mut probes = Probes::new(PATIENCE);
    let kept = send(&mut probes, 0, 0);
    let sent = document("{}");
    let ids: Vec<_> = (0..MAX_SETTLED + 10)
        .map(|number| {
            let id = probes.sent("view".into(), format!("view-{number}").into(), Arc::clone(&sent), at(0));
            probes.not_sent(id);
            id
        })
        .collect();
    let last = probes.sent("view".into(), "last".into(), sent, at(0));
    assert_eq!(probes.get(kept).map(|probe| probe.id), Some(kept), "one that is waited for is kept");
    let remembered = ids.iter().filter(|id| probes.get(**id).is_some_and(|probe| probe.id == **id)).count();
    assert_eq!(remembered, MAX_SETTLED);
    assert!(ids.first().is_some_and(|first| probes.get(*first).is_none()));
    assert_eq!(probes.newest_of(&"view".into()).map(|probe| probe.id), Some(last));
    assert_eq!(probes.newest_of(&"checkout".into()).map(|probe| probe.id), Some(kept));
    assert_eq!(ids.iter().chain([&kept, &last]).collect::<std::collections::HashSet<_>>().len(), ids.len() + 2);
}

/// The steps of a random test of a few probes.
#[derive(Clone, Debug)]
enum Step {
    Send(usize),
    Fail(u64),
    Poll(Vec<Change>),
    Recall(Vec<usize>),
    Expire,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let text = (0_usize..4, 0_usize..2).prop_map(|(uuid, customer)| {
        let uuid = OURS.get(uuid).copied().unwrap_or(THEIRS);
        checkout(uuid, if customer == 0 { "c1" } else { "c2" })
    });
    let kind = prop::sample::select(vec![
        ChangeKind::New,
        ChangeKind::Updated,
        ChangeKind::Earlier,
        ChangeKind::Unchanged,
        ChangeKind::Gone,
    ]);
    let change = (kind, text, 0_u64..3).prop_map(|(kind, text, arrived)| change(kind, Some(&text), arrived));
    let step = prop_oneof![
        (0_usize..3).prop_map(Step::Send),
        (0_u64..4).prop_map(Step::Fail),
        prop::collection::vec(change, 0..3).prop_map(Step::Poll),
        prop::collection::vec(0_usize..4, 0..4).prop_map(Step::Recall),
        Just(Step::Expire),
    ];
    prop::collection::vec(step, 0..24)
}

proptest! {
    #[test]
    fn whatever_happens_each_is_reported_once_a_state_and_no_event_is_two_probes(steps in steps()) {
        let mut probes = Probes::new(PATIENCE);
        let mut sent = Vec::new();
        let mut uuids = std::collections::HashSet::new();
        for (number, step) in steps.into_iter().enumerate() {
            let now = at(number as u64 * 7_000);
            let is_sure = |id: &&ProbeId| recognized(&probes, **id) == Some(Recognized::ByMarker);
            let sure: Vec<_> = sent.iter().filter(is_sure).copied().collect();
            let found = match step {
                Step::Send(number) => {
                    if uuids.insert(number) {
                        sent.push(send(&mut probes, number, now.elapsed.as_millis().try_into().unwrap()));
                    }
                    vec![]
                }
                Step::Fail(id) => {
                    probes.not_sent(ProbeId(id));
                    vec![]
                }
                Step::Poll(changes) => probes.observe(&changes, now),
                Step::Recall(events) => {
                    let text = |uuid: &usize| payload(&checkout(OURS.get(*uuid).copied().unwrap_or(THEIRS), "c1"));
                    probes.recall(&recalled(&events.iter().map(text).collect::<Vec<_>>(), now))
                }
                Step::Expire => {
                    for id in probes.expire(now) {
                        let state = &probes.get(id).unwrap().state;
                        prop_assert!(matches!(state, ProbeState::Missed(clues) if !clues.is_empty()));
                    }
                    vec![]
                }
            };
            for id in &found {
                prop_assert!(seen(&probes, *id).is_some());
                prop_assert!(!sure.contains(id), "what is sure stays");
            }
            let seen = sent.iter().filter_map(|id| seen(&probes, *id));
            let received: Vec<_> = seen.map(|seen| seen.received.hash()).collect();
            prop_assert_eq!(received.iter().collect::<std::collections::HashSet<_>>().len(), received.len());
            prop_assert_eq!(probes.is_waiting(), probes.next_expiry(now).is_some());
        }
    }
}

#[test]
fn what_came_otherwise_is_told_but_for_what_is_allowed() {
    let sent = r#"{"event":"checkout","email":"a@b.example","total":30,"items":[{"sku":"a","n":1}],"note":"x"}"#;
    let came = r#"{"event":"checkout","email":"a@b.example","total":"30","items":[{"sku":"b","n":1}],"ip":"::1","event_uuid":"7f3a7f3a-0000-4000-8000-000000000001"}"#;
    let (mut probes, id) = waiting(OURS[0], sent);
    probes.observe(&[updated(came)], at(2_000));
    let seen = seen(&probes, id).unwrap();
    for (allowed, altered) in [
        (&[][..], &["total", "items[0].sku", "note"][..]),
        (&["items", "note"], &["total"]),
        (&["items[0].sku", "total"], &["note"]),
        (&["items[1]", "tot"], &["total", "items[0].sku", "note"]),
    ] {
        let allowed: Vec<Path> = allowed.iter().map(|path| path.parse().unwrap()).collect();
        let mut told: Vec<_> = seen.altered(&allowed).map(|difference| difference.path.to_string()).collect();
        let mut altered: Vec<_> = altered.iter().map(|path| (*path).to_owned()).collect();
        told.sort();
        altered.sort();
        assert_eq!(told, altered);
    }
    assert!(!seen.unidentified && seen.is_added("ip") && !seen.is_added("total"));
}

#[test]
fn an_event_without_an_identifier_is_seen_and_dropped() {
    for (sent, came, dropped) in [
        (r#"{"event":"checkout","total":30"#, r#"{"event":"checkout","total":30"#, true),
        (r#"{"event":"checkout","email":" ""#, r#"{"event":"checkout","email":" ""#, true),
        // A pixel may have added it.
        (r#"{"event":"checkout""#, r#"{"event":"checkout","cookie":"c""#, false),
        (r#"{"event":"checkout","customer_id":7"#, r#"{"event":"checkout""#, false),
    ] {
        let marked = |text: &str| format!(r#"{text},"event_uuid":"{}"}}"#, OURS[0]);
        let (mut probes, id) = waiting(OURS[0], &marked(sent));
        probes.observe(&[updated(&marked(came))], at(2_000));
        let seen = seen(&probes, id).unwrap();
        assert_eq!((seen.unidentified, seen.summary().contains("dropped in processing")), (dropped, dropped), "{sent}");
    }
}
