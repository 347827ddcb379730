//! Tests of sending: records in, effects, marks, log lines and a proof out.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::time::Duration;

use super::super::fixture::{
    CHECKOUT, answered, at, at_millis, busy, change, composing, payload, polled, press, received, retried, send, ship,
    taken,
};
use super::super::{Effect, Message, Model, Outcome, proof};
use super::*;
use crate::session::{ChangeKind, Problem, ProblemKind, Record};

/// The effects of a message, without the linting that every new event asks for.
fn tell(model: &mut Model, message: Message, now: Moment) -> Vec<Effect> {
    let mut effects = send(model, message, now);
    effects.retain(|effect| !matches!(effect, Effect::Lint { .. }));
    effects
}

fn log(model: &Model) -> Vec<String> {
    let subject = |entry: &Entry| entry.event_type.as_ref().map(TypeName::shown).unwrap_or_default();
    let entry = |entry: &Entry| format!("{:?} {}: {}", entry.kind, subject(entry), entry.text);
    model.stream.entries().map(entry).filter(|line| !line.starts_with("Note")).collect()
}

fn mark(model: &Model) -> Option<ProbeMark> {
    model.outbox.mark(&"checkout".into())
}

fn problem(what: &'static str) -> Problem {
    Problem { kind: ProblemKind::Unreachable, what: what.into(), advice: "look there".into() }
}

/// Several events of one type, so many that they do not fit into one call.
fn crowd(events: usize) -> String {
    format!("[{}]", vec![r#"{"event":"view","email":"a@example.com"}"#; events].join(","))
}

#[test]
fn sending_hands_the_calls_over_and_polls_faster_until_no_probe_is_waited_for() {
    let mut model = busy(120, 36);
    let effects = ship(&mut model, CHECKOUT, at(20));
    assert!(
        matches!(&effects[..], [Effect::Send { batch: 1, calls }, Effect::PollNow] if calls.len() == 1),
        "{effects:?}"
    );
    let fast = tell(&mut model, Message::Woke, at(20));
    assert_eq!(fast, [Effect::SetInterval(Duration::from_secs(1))]);
    assert_eq!(tell(&mut model, taken(1, 0, 1), at(20)), [Effect::PollNow]);
    assert_eq!(tell(&mut model, polled(vec![], at(21)), at(21)), []);
    let effects = tell(&mut model, received(at_millis(21_300)), at_millis(21_300));
    assert_eq!(effects, [Effect::SetInterval(Duration::from_secs(2))]);
    assert_eq!(model.polling_interval(), Duration::from_secs(2));
}

#[test]
fn who_leaves_before_the_end_is_told_what_was_not_sent_and_what_may_have_arrived() {
    let mut model = busy(120, 36);
    let said = |model: &Model, now| model.outbox.unsent(now).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(said(&model, at(20)), [] as [&str; 0]);
    ship(&mut model, &crowd(70), at(20));
    let in_flight = ["40 events not sent; the draft is kept", "30 events may have arrived: look before you send again"];
    assert_eq!(said(&model, at(20)), in_flight);
    tell(&mut model, taken(1, 0, 30), at(20));
    tell(&mut model, retried(1, 2, at(421)), at(21));
    assert_eq!(
        said(&model, at(21)),
        ["40 events not sent (429: too many requests; attempt 3 was due in 6 min 40 s); the draft is kept"]
    );
    // The attempt is under way.
    assert_eq!(
        said(&model, at(421)),
        ["10 events not sent; the draft is kept", "30 events may have arrived: look before you send again",]
    );
    tell(&mut model, taken(1, 1, 30), at(422));
    tell(&mut model, taken(1, 2, 10), at(422));
    assert_eq!(said(&model, at(422)), [] as [&str; 0]);
}

#[test]
fn the_interval_that_the_reader_chooses_meanwhile_is_kept() {
    let cases = [
        ("+ +", vec![], Duration::from_secs(10)),
        ("- -", vec![Effect::SetInterval(Duration::from_millis(500))], Duration::from_millis(500)),
    ];
    for (keys, while_waiting, afterwards) in cases {
        let mut model = busy(120, 36);
        ship(&mut model, CHECKOUT, at(20));
        tell(&mut model, Message::Woke, at(20));
        assert_eq!(press(&mut model, keys, at(20)), while_waiting, "{keys}");
        tell(&mut model, received(at(22)), at(22));
        assert_eq!(model.polling_interval(), afterwards, "{keys}");
    }
}

#[test]
fn a_probe_is_told_when_it_was_sent_and_when_it_was_seen() {
    let mut model = busy(120, 36);
    let before = log(&model).len();
    ship(&mut model, CHECKOUT, at(20));
    assert_eq!(mark(&model), Some(ProbeMark::Waiting));
    tell(&mut model, taken(1, 0, 1), at_millis(20_088));
    tell(&mut model, received(at_millis(21_300)), at_millis(21_300));
    assert_eq!(mark(&model), Some(ProbeMark::Seen));
    let log = log(&model);
    let told: Vec<_> = log.iter().take(log.len() - before).rev().map(String::as_str).collect();
    assert_eq!(
        told,
        [
            "Sent checkout: sent as probe 7f3a · 200 in 88 ms",
            "Updated checkout: email jane@example.com · −total · +event · +revenue · 2 more",
            "Seen checkout: seen after 1.3 s · 1 field changed on the way",
        ]
    );
    let newer = change("checkout", ChangeKind::Updated, r#"{"total":1}"#, 3, 1, at(30));
    tell(&mut model, polled(vec![newer], at(30)), at(30));
    assert_eq!(mark(&model), None, "another event of the type takes the mark away");
}

#[test]
fn a_probe_is_seen_while_the_screen_is_held_still() {
    let mut model = busy(120, 36);
    ship(&mut model, CHECKOUT, at(20));
    press(&mut model, "space", at(20));
    let captured = model.types.row(&"checkout".into()).unwrap().captured;
    tell(&mut model, received(at(21)), at(21));
    assert_eq!(mark(&model), Some(ProbeMark::Seen));
    assert_eq!(model.types.row(&"checkout".into()).unwrap().captured, captured, "the table stands still");
}

#[test]
fn a_probe_that_does_not_come_is_given_up_by_itself() {
    let mut model = busy(120, 36);
    ship(&mut model, CHECKOUT, at(20));
    tell(&mut model, taken(1, 0, 1), at_millis(20_088));
    let fast = model.next_wake(at(49)).unwrap();
    assert!(fast <= Duration::from_secs(1), "{fast:?}");
    let effects = tell(&mut model, Message::Woke, at(51));
    assert_eq!(effects, [Effect::SetInterval(Duration::from_secs(2))]);
    assert_eq!(mark(&model), Some(ProbeMark::Missed));
    let first = log(&model).remove(0);
    assert!(first.starts_with("NotSeen checkout: not seen in 30 s · "), "{first}");
}

#[test]
fn a_probe_that_another_event_stepped_over_is_looked_for_in_the_history() {
    let mut model = busy(120, 36);
    ship(&mut model, CHECKOUT, at(20));
    tell(&mut model, Message::Woke, at(20));
    tell(&mut model, taken(1, 0, 1), at_millis(20_088));
    let other = r#"{"event":"checkout","event_uuid":"another","email":"b@example.com"}"#;
    let change = change("checkout", ChangeKind::Updated, other, 3, 2, at(22));
    let effects = tell(&mut model, polled(vec![change], at(22)), at(22));
    assert_eq!(effects, [Effect::Recall("checkout".into())]);
    let events = vec![payload(other), payload(&CHECKOUT.replace("31.24", "\"31.24\""))];
    let recalled = Record::Recalled(Recalled { event_type: "checkout".into(), events, at: at(23) });
    let effects = tell(&mut model, Message::Records(vec![recalled]), at(23));
    assert_eq!(effects, [Effect::SetInterval(Duration::from_secs(2))]);
    assert_eq!(mark(&model), Some(ProbeMark::Seen));
}

#[test]
fn a_refused_call_is_not_waited_for_and_its_fields_are_kept() {
    let fields = vec![("revenue".into(), "must be a number".into())];
    let verdict =
        CallOutcome::Refused { status: 422, message: "revenue must be a number".into(), fields: fields.clone() };
    let mut model = busy(120, 36);
    ship(&mut model, CHECKOUT, at(20));
    tell(&mut model, Message::Woke, at(20));
    let effects = tell(&mut model, answered(1, 0, 1, 1, verdict), at_millis(20_088));
    assert_eq!(effects, [Effect::SetInterval(Duration::from_secs(2))]);
    assert_eq!(model.outbox.refused_fields(), fields);
    assert_eq!(mark(&model), None);
    assert_eq!(log(&model).remove(0), "Trouble checkout: refused with 422: revenue must be a number");
    ship(&mut model, CHECKOUT, at(25));
    assert_eq!(model.outbox.refused_fields(), [], "they belong to what was sent last");
}

#[test]
fn a_call_that_is_made_again_is_waited_for_from_then_on() {
    let mut model = busy(120, 36);
    ship(&mut model, CHECKOUT, at(20));
    tell(&mut model, retried(1, 1, at(60)), at(21));
    tell(&mut model, Message::Woke, at(55));
    assert_eq!(mark(&model), Some(ProbeMark::Waiting), "it has not gone out yet");
    let countdown = model.outbox.next_wake(at_millis(55_400), Some(1));
    assert_eq!(countdown, Some(Duration::from_millis(600)));
    let expiry = model.outbox.next_wake(at_millis(55_400), None);
    assert!(expiry > Some(Duration::from_secs(1)), "a countdown that nobody sees wakes nobody");
    let mut report = taken(1, 0, 1);
    if let Message::Records(records) = &mut report
        && let [Record::Delivered(delivery)] = &mut **records
    {
        (delivery.at, delivery.attempts) = (at_millis(60_088), 2);
    }
    tell(&mut model, report, at_millis(60_088));
    assert_eq!(log(&model).remove(0), "Sent checkout: sent as probe 7f3a · 200 in 88 ms · 2 attempts");
    tell(&mut model, received(at(61)), at(61));
    assert_eq!(log(&model).remove(0), "Seen checkout: seen after 1 s · 1 field changed on the way");
}

#[test]
fn a_failed_call_takes_only_its_own_probes_along() {
    let mut model = busy(120, 36);
    ship(&mut model, &crowd(70), at(20));
    let probe_states = |model: &Model| -> Vec<bool> {
        let sent = model.outbox.newest().unwrap();
        let probe = |id: &ProbeId| model.outbox.probes().get(*id).unwrap();
        sent.probes.iter().map(|id| matches!(probe(id).state, ProbeState::NotSent)).collect()
    };
    tell(&mut model, taken(1, 0, 30), at(20));
    tell(&mut model, answered(1, 1, 30, 5, CallOutcome::Failed(problem("nobody answers"))), at(20));
    let not_sent: Vec<_> = (0..70).map(|event| (30..60).contains(&event)).collect();
    assert_eq!(probe_states(&model), not_sent);
    tell(&mut model, taken(1, 2, 10), at(20));
    let log = log(&model);
    assert_eq!(
        log.get(..2).unwrap(),
        [
            "Sent view: sent 40 of 70 events in 2 of 3 calls",
            "Trouble view: call 2 of 3: not sent: nobody answers — look there",
        ]
    );
}

#[test]
fn calls_that_were_not_tried_are_told_in_one_line() {
    let mut model = busy(120, 36);
    ship(&mut model, &crowd(130), at(20));
    tell(&mut model, taken(1, 0, 30), at(20));
    tell(&mut model, answered(1, 1, 30, 5, CallOutcome::Failed(problem("nobody answers"))), at(20));
    for (call, events) in [(2, 30), (3, 30), (4, 10)] {
        tell(&mut model, answered(1, call, events, 0, CallOutcome::Failed(problem("nobody answers"))), at(20));
    }
    assert_eq!(
        log(&model).get(..3).unwrap(),
        [
            "Sent view: sent 30 of 130 events in 1 of 5 calls",
            "Trouble view: 3 calls after it not tried: 70 events",
            "Trouble view: call 2 of 5: not sent: nobody answers — look there",
        ]
    );
    assert!(!model.outbox.probes().is_waiting(), "the first call holds none of the newest hundred");
}

#[test]
fn only_the_newest_events_of_a_large_batch_are_waited_for() {
    let mut model = busy(120, 36);
    ship(&mut model, &crowd(130), at(20));
    let sent = model.outbox.newest().unwrap();
    assert_eq!((sent.events(), sent.calls.len(), sent.probes.len()), (130, 5, MOST_PROBES));
    let of_calls: Vec<_> = (0..6).map(|call| sent.probes_of(call).len()).collect();
    assert_eq!(of_calls, [0, 30, 30, 30, 10, 0]);
}

#[test]
fn the_log_sums_up_what_a_bulk_brings() {
    let cases = [
        (crowd(1), "Sent view: sent 1 event in 1 call · 200 in 88 ms"),
        (crowd(5), "Sent view: sent 5 events in 1 call · 200 in 88 ms"),
        (
            format!("[{CHECKOUT},{}]", CHECKOUT.replace("checkout", "view")),
            "Sent : sent 2 events in 1 call · 200 in 88 ms",
        ),
    ];
    for (text, told) in cases {
        let mut model = busy(120, 36);
        ship(&mut model, &text, at(20));
        let events = model.outbox.newest().unwrap().events();
        tell(&mut model, taken(1, 0, events), at(20));
        assert_eq!(log(&model).remove(0), told);
    }
    let mut model = busy(120, 36);
    ship(&mut model, &crowd(20), at(20));
    tell(&mut model, taken(1, 0, 20), at(20));
    tell(&mut model, Message::Woke, at(51));
    let given_up = model.stream.entries().filter(|entry| entry.kind == EntryKind::NotSeen).count();
    assert_eq!(given_up, ENTRIES_AT_ONCE);
    assert!(model.stream.entries().any(|entry| entry.text == "and 14 more probes not seen"));
}

#[test]
fn records_of_what_nobody_sent_change_nothing() {
    let mut model = busy(120, 36);
    let before = log(&model);
    for report in [taken(7, 0, 1), retried(7, 1, at(30))] {
        assert_eq!(tell(&mut model, report, at(20)), []);
    }
    ship(&mut model, CHECKOUT, at(20));
    tell(&mut model, Message::Woke, at(20));
    assert_eq!(tell(&mut model, taken(1, 9, 1), at(20)), []);
    assert_eq!(log(&model), before);
}

#[test]
fn the_proof_scrolls_as_far_as_it_reaches() {
    let mut model = composing(80, 20, CHECKOUT);
    press(&mut model, "^t", at(20));
    press(&mut model, "^t", at(20));
    assert_eq!((proof::rows(&model.outbox, 0, 60).len(), model.composer.proof().offset()), (0, 0));
    ship(&mut model, &crowd(9), at(20));
    send(&mut model, Message::Woke, at(20));
    press(&mut model, "G", at(20));
    let page = model.composer.areas().page;
    let rows = proof::rows(&model.outbox, 1, page.width.into()).len();
    assert_eq!(model.composer.proof().offset(), rows - usize::from(page.height));
    press(&mut model, "k", at(20));
    assert_eq!(model.composer.proof().offset(), rows - usize::from(page.height) - 1);
    ship(&mut model, CHECKOUT, at(21));
    send(&mut model, Message::Woke, at(21));
    assert_eq!(model.composer.proof().offset(), 0, "a new proof is read from its start");
}

#[test]
fn what_nobody_will_send_any_more_is_not_waited_for() {
    let refused = Outcome::NotSent { batch: 1, why: "too much is waiting".into() };
    for end in [Message::Done(refused), Message::SourceEnded(None)] {
        let mut model = busy(120, 36);
        ship(&mut model, CHECKOUT, at(20));
        tell(&mut model, end.clone(), at(21));
        assert_eq!(mark(&model), None, "{end:?}");
        assert!(!model.outbox.probes().is_waiting(), "{end:?}");
    }
}
