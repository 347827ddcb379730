//! Which events are new, what may have been missed, and what becomes of expectations.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::event::{Document, Path, Payload, TypeName};
use crate::session::{Arrival, Change, ChangeKind, Gap, Moment, Polled, Problem, ProblemKind, Record, Trouble};

const NOON: &str = "2026-11-26T12:00:00Z";

fn at(millis: u64) -> Moment {
    let noon: Timestamp = NOON.parse().unwrap();
    let elapsed = Duration::from_millis(millis);
    Moment { elapsed, wall: noon.checked_add(elapsed).unwrap() }
}

fn polled(millis: u64) -> Record {
    Record::Polled(Polled {
        at: at(millis),
        took: Duration::from_millis(5),
        status: 200,
        bytes: 2,
        types: 1,
        server_ahead_ms: None,
        last_request: None,
    })
}

fn change(millis: u64, kind: ChangeKind, arrived: u64, event: Option<&str>) -> Change {
    let payload = event.map(|text| Arc::new(Payload::new(text)));
    let event_type = payload.as_ref().and_then(|it| it.event_type().cloned()).unwrap_or_else(|| "view".into());
    Change {
        event_type,
        kind,
        payload,
        received: None,
        counted_at: None,
        captured: 1,
        arrived,
        coverage: None,
        at: at(millis),
        arrival: Arrival::Poll,
        number: None,
    }
}

fn event(millis: u64, kind: ChangeKind, text: &str) -> Record {
    Record::Change(change(millis, kind, 1, Some(text)))
}

fn count(millis: u64, arrived: u64) -> Record {
    Record::Change(Change { received: Some(9), ..change(millis, ChangeKind::Unchanged, arrived, None) })
}

/// What arrives of several batches, as texts.
fn arrived(arrivals: &mut Arrivals, batches: &[&[Record]]) -> Vec<String> {
    let all = batches.iter().flat_map(|batch| arrivals.take(batch));
    all.map(|arrived| arrived.payload.text().to_owned()).collect()
}

const BARE: &str = r#"{"event":"view","n":1}"#;
const OTHER: &str = r#"{"event":"view","n":2}"#;
const TOLD: &str = r#"{"event":"view","event_uuid":"u1","_bsft_ts":"2026-11-26T11:59:00Z"}"#;

#[test]
fn what_the_first_poll_shows_and_what_comes_back_unchanged_is_not_new() {
    use ChangeKind::{Returned, Updated};
    let first = |text| [polled(0), Record::Change(change(0, ChangeKind::New, 0, Some(text)))];
    let back = |text| Record::Change(change(9, Returned, 0, Some(text)));
    let cases: [(&str, Vec<Record>, &[&str]); 7] = [
        (BARE, vec![polled(9)], &[]),
        (BARE, vec![polled(9), event(9, Updated, OTHER)], &[OTHER]),
        // It went away and is there again.
        (BARE, vec![polled(9), back(BARE)], &[]),
        (TOLD, vec![polled(9), back(TOLD)], &[]),
        // It is listed again behind another, which a copy that lags may do.
        (TOLD, vec![polled(9), event(9, Updated, OTHER), event(9, Updated, TOLD)], &[OTHER]),
        (BARE, vec![polled(9), event(9, Updated, OTHER), event(9, Updated, BARE)], &[OTHER, BARE]),
        (BARE, vec![polled(9), event(9, ChangeKind::New, r#"{"event":"late"}"#)], &[r#"{"event":"late"}"#]),
    ];
    for (text, then, expected) in cases {
        let mut arrivals = Arrivals::from_now();
        assert_eq!(arrived(&mut arrivals, &[&first(text), &then]), expected, "{text} {then:?}");
        assert!(arrivals.doubts(&"view".into()).is_empty());
    }
}

#[test]
fn an_equal_event_that_only_the_count_knows_of_is_new_and_others_that_were_counted_are_lost() {
    for (before, counted, expected, doubts) in [(BARE, 1, 1, 0), (BARE, 3, 1, 1), (TOLD, 1, 0, 1)] {
        let mut arrivals = Arrivals::from_now();
        let first = [polled(0), Record::Change(change(0, ChangeKind::New, 0, Some(before)))];
        let batches: [&[Record]; 3] = [&first, &[count(100, counted)], &[polled(90)]];
        assert_eq!(arrived(&mut arrivals, &batches).len(), 0, "that poll was asked for before");
        assert_eq!(arrived(&mut arrivals, &[&[polled(200)], &[polled(300)]]).len(), expected, "{before} {counted}");
        assert_eq!(arrivals.doubts(&"view".into()).len(), doubts, "{before} {counted}");
        assert!(arrivals.doubts(&"other".into()).is_empty());
    }
}

#[test]
fn what_may_have_been_missed_is_told_for_its_type() {
    let mut arrivals = Arrivals::from_now();
    let problem = Problem { kind: ProblemKind::WrongAnswer, what: "no history".into(), advice: "".into() };
    let trouble = Trouble { at: at(5), problem, attempt: 1, next: None, unknown: None };
    let gap = |lost| Record::Gap(Gap { event_type: "view".into(), lost, unless: None, late: false, at: at(9) });
    let told =
        |arrivals: &Arrivals| arrivals.doubts(&"view".into()).iter().map(ToString::to_string).collect::<Vec<_>>();
    arrivals.take(&[polled(0)]);
    arrivals.take(&[Record::HistoryTrouble(trouble)]);
    assert!(told(&arrivals).is_empty(), "nothing changed");
    arrivals.take(&[polled(9), event(9, ChangeKind::New, BARE)]);
    assert!(
        told(&arrivals)[0].ends_with("in 1 poll, and what came before it since the last cannot be known: no history")
    );
    arrivals.take(&[gap(None)]);
    assert!(told(&arrivals)[0].starts_with("view at least one event lost"), "{:?}", told(&arrivals));
    arrivals.take(&[gap(Some(2))]);
    assert!(told(&arrivals)[0].starts_with("2 events of view lost"), "{:?}", told(&arrivals));
}

#[test]
fn of_what_came_since_a_baseline_only_that_is_new() {
    let event = |n: u32, second: u32| {
        format!(r#"{{"event":"view","event_uuid":"u{n}","_bsft_ts":"2026-11-26T11:59:{second:02}Z"}}"#)
    };
    let taken = |texts: &[String]| {
        let mut arrivals = Arrivals::from_now();
        let changes = texts.iter().map(|text| Record::Change(change(0, ChangeKind::New, 0, Some(text))));
        arrivals.take(&std::iter::once(polled(0)).chain(changes).collect::<Vec<_>>());
        let baseline = arrivals.baseline("target".into(), at(0).wall);
        Baseline::read(&serde_json::to_string(&baseline).unwrap()).unwrap()
    };
    let shown = |texts: &[String]| {
        let changes = texts.iter().map(|text| Record::Change(change(9, ChangeKind::New, 0, Some(text))));
        std::iter::once(polled(9)).chain(changes).collect::<Vec<_>>()
    };
    let cases: [(Vec<String>, Vec<String>, usize); 5] = [
        (vec![event(1, 1)], vec![event(1, 1)], 0),
        (vec![event(1, 1)], vec![event(1, 1), event(2, 2), event(3, 3)], 2),
        // It is not listed any more.
        (vec![event(1, 1)], vec![event(2, 2), event(3, 3)], 2),
        (vec![event(2, 2)], vec![event(1, 1), event(3, 3)], 1),
        (vec![], vec![event(1, 1)], 1),
    ];
    for (before, now, expected) in cases {
        let mut arrivals = Arrivals::since(taken(&before));
        assert_eq!(arrived(&mut arrivals, &[&shown(&now)]).len(), expected, "{before:?} {now:?}");
    }
}

#[test]
fn a_tape_begins_with_what_was_there_before() {
    let mut arrivals = Arrivals::of_tape();
    let opening = Record::Change(change(0, ChangeKind::New, 0, Some(BARE)));
    let batches: [&[Record]; 2] = [&[polled(0), opening], &[polled(9), event(9, ChangeKind::Updated, OTHER)]];
    assert_eq!(arrived(&mut arrivals, &batches), [OTHER]);
    assert_eq!(arrivals.before(), 1);
}

fn expectation(event_type: &str) -> Expectation {
    Expectation {
        title: None,
        event_type: event_type.into(),
        conditions: vec![Condition::Jq(".n == 1".into()), Condition::Jq(".m == 1".into())],
        wanted: Wanted::default(),
        within: Duration::from_secs(10),
        after: Vec::new(),
        same: Vec::new(),
    }
}

const MET: [Mark; 2] = [Mark::Met, Mark::Met];
const HALF: [Mark; 2] = [Mark::Met, Mark::Unmet];
const NEITHER: [Mark; 2] = [Mark::Unmet, Mark::Unmet];

#[test]
fn a_verdict_follows_from_how_many_came_and_whether_more_may_have() {
    use Verdict::{CannotTell, Met, NotMet};
    let some = |least, most| Wanted { least, most };
    let cases = [
        (some(1, None), 0, [NotMet, CannotTell], false),
        (some(1, None), 1, [Met, Met], true),
        (some(2, None), 1, [NotMet, CannotTell], false),
        (some(2, Some(2)), 2, [Met, CannotTell], false),
        (some(2, Some(2)), 3, [NotMet, NotMet], true),
        (some(0, Some(1)), 0, [Met, CannotTell], false),
        (Wanted::NONE, 0, [Met, CannotTell], false),
        (Wanted::NONE, 1, [NotMet, NotMet], true),
    ];
    for (wanted, matching, expected, is_settled) in cases {
        let mut judge = Judge::new(vec![Expectation { wanted, ..expectation("view") }]);
        let mut arrivals = Arrivals::of_tape();
        for number in 0..4 {
            let arrived = arrivals.event(&Arc::new(Payload::new(BARE)), at(number).wall);
            judge.hear(0, &arrived, if number < matching { MET.to_vec() } else { HALF.to_vec() });
        }
        assert_eq!([false, true].map(|doubtful| judge.verdict(0, doubtful)), expected, "{wanted:?} {matching}");
        assert_eq!(judge.is_settled(0), is_settled, "{wanted:?} {matching}");
    }
}

#[test]
fn what_forbids_is_not_met_by_a_condition_that_could_not_be_evaluated() {
    use Verdict::{CannotTell, Met, NotMet};
    let failed = || Mark::Failed("it ran for too long".into());
    let cases = [
        (Wanted::NONE, vec![Mark::Met, failed()], CannotTell),
        (Wanted::NONE, vec![Mark::Unmet, failed()], Met),
        (Wanted { least: 0, most: Some(1) }, vec![failed(), failed()], Met),
        (Wanted::default(), vec![Mark::Met, failed()], NotMet),
    ];
    for (wanted, marks, expected) in cases {
        let mut judge = Judge::new(vec![Expectation { wanted, ..expectation("view") }]);
        let arrived = Arrivals::of_tape().event(&Arc::new(Payload::new(BARE)), at(1).wall);
        judge.hear(0, &arrived, marks);
        assert_eq!(judge.verdict(0, false), expected, "{wanted:?}");
        assert!(expected == Met || judge.told_of(0).is_some());
    }
}

#[test]
fn the_closest_meets_most_conditions_and_what_comes_too_late_is_not_heard() {
    let mut judge = Judge::new(vec![expectation("view")]);
    let mut arrivals = Arrivals::of_tape();
    let mut hear = |judge: &mut Judge, n: u32, marks: &[Mark]| {
        let text = format!(r#"{{"event":"view","n":{n}}}"#);
        let arrived = arrivals.event(&Arc::new(Payload::new(&text)), at(0).wall);
        judge.hear(0, &arrived, marks.to_vec());
    };
    for (n, marks) in [(1, &NEITHER), (2, &HALF), (3, &HALF), (4, &NEITHER)] {
        hear(&mut judge, n, marks);
    }
    let closest = judge.closest(0).unwrap();
    assert_eq!(closest.arrived.payload.text(), r#"{"event":"view","n":3}"#);
    judge.close(0);
    hear(&mut judge, 5, &MET);
    assert_eq!((judge.came(0), judge.verdict(0, false)), (4, Verdict::NotMet));
}

#[test]
fn order_and_shared_values_hold_between_the_events_of_two_expectations() {
    let path = |text: &str| text.parse::<Path>().unwrap();
    let same = Same { path: path("id"), of: 0, their: path("cart") };
    let cart = expectation("cart");
    let order = Expectation { after: vec![Order::Expectation(0)], same: vec![same], ..expectation("order") };
    let in_order = |events: &[&str]| {
        let mut judge = Judge::new(vec![cart.clone(), order.clone()]);
        let mut arrivals = Arrivals::of_tape();
        for text in events {
            let arrived = arrivals.event(&Arc::new(Payload::new(text)), at(0).wall);
            let numbers: Vec<_> = judge.concerned(&arrived.event_type).collect();
            for number in numbers {
                judge.hear(number, &arrived, MET.to_vec());
            }
        }
        (judge.verdict(1, false), judge)
    };
    let (one, two) = (r#"{"event":"cart","cart":7}"#, r#"{"event":"order","id":7.0}"#);
    let other = r#"{"event":"order","id":"7"}"#;
    for (events, expected) in [
        (&[one, two][..], Verdict::Met),
        (&[two, one], Verdict::NotMet),
        (&[one, other], Verdict::NotMet),
        (&[two], Verdict::NotMet),
        (&[two, one, two], Verdict::Met),
    ] {
        assert_eq!(in_order(events).0, expected, "{events:?}");
    }
    let (_, judge) = in_order(&[one, other]);
    let arrivals = Arrivals::of_tape();
    let outcome = judge.outcome(1, &arrivals, &[], None).unwrap();
    let said: Vec<_> = outcome
        .closest
        .unwrap()
        .conditions
        .into_iter()
        .skip(2)
        .map(|line| (line.met, line.detail.to_string()))
        .collect();
    assert_eq!(said[0].0, Some(true), "{said:?}");
    assert_eq!(said[1].0, Some(false));
    assert!(said[1].1.starts_with(".id is \"7\", a string; .cart of cart"), "{said:?}");
    assert!(said[1].1.ends_with(" is 7, a number"), "{said:?}");
}

#[test]
fn events_of_two_types_in_one_poll_have_the_order_of_their_times_or_none() {
    let mut arrivals = Arrivals::from_now();
    arrivals.take(&[polled(0)]);
    let text = |name: &str, second: Option<u32>| match second {
        Some(second) => format!(r#"{{"event":"{name}","_bsft_ts":"2026-11-26T12:00:{second:02}Z"}}"#),
        None => format!(r#"{{"event":"{name}"}}"#),
    };
    let both = |arrivals: &mut Arrivals, one: String, other: String| {
        let batch = [polled(9), event(9, ChangeKind::New, &one), event(9, ChangeKind::New, &other)];
        let arrived = arrivals.take(&batch);
        arrived[1].is_after(&arrived[0])
    };
    assert_eq!(both(&mut arrivals, text("a", Some(1)), text("b", Some(2))), Some(true));
    assert_eq!(both(&mut arrivals, text("c", Some(2)), text("d", Some(1))), Some(false));
    assert_eq!(both(&mut arrivals, text("e", None), text("f", None)), None);
}

#[test]
fn where_a_path_leads_nowhere_near_names_are_told() {
    let text = r#"{"Currency":"EUR","order":{"total":30,"lines":[1,2]},"note":"x","customer_id":7}"#;
    let event = Document::read(text).unwrap();
    for (path, expected) in [
        ("currency", Some("no such field; near: .Currency \"EUR\"")),
        ("total", Some("no such field; near: .order.total 30")),
        ("customerId", Some("no such field; near: .customer_id 7")),
        ("zzz", Some("no such field")),
        ("order.lines[5]", Some(".order.lines has 2 elements")),
        ("note.x", Some(".note is \"x\", a string")),
        ("order.total", None),
    ] {
        let said = absent(&event, &path.parse().unwrap());
        assert_eq!(said.as_deref(), expected, "{path}");
    }
    let hostile = Document::read("{\"\\u001b[31mcurrency\":\"\\u001b\"}").unwrap();
    let said = absent(&hostile, &"currency".parse().unwrap());
    assert!(said.is_none_or(|said| !said.contains('\u{1b}')));
    let _: TypeName = "view".into();
}
