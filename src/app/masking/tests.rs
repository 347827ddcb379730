#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::app::fixture::{at, busy, change, fresh, linted, payload, polled, press, send, setup, type_in};
use crate::event::masks::{CANARIES, PLANTED, leaks};
use crate::event::{EventId, Note, Sanitized, Unknown};
use crate::session::{
    CallOutcome, ChangeKind, Delivery, Errors, Forwarded, Gap, Problem, ProblemKind, Recalled, Refusal, Request, Retry,
    Trouble,
};

/// A type that is called as somebody is.
const TYPE: &str = "jane.canary@canary.example";

/// An event of that type, with all canaries in it.
fn planted(event_type: &str, revenue: &str) -> String {
    PLANTED.replacen('@', event_type, 1).replace("31.24\n", &format!("{revenue}\n"))
}

/// A request that was refused, with the same in it.
fn request(words: &Sanitized) -> Request {
    let body: Arc<str> = planted("view", "31.24").into();
    let place = Some(words.clone());
    Request {
        number: 1,
        method: "POST".into(),
        path: "/unity.gif?email=jane.canary%40canary.example&x=[key]".into(),
        status: 422,
        sender: Some(words.clone()),
        address: Some("203.0.113.77".into()),
        took: Duration::from_millis(1),
        events: 0,
        forwarded: Some(Forwarded { to: words.clone(), own: 200, took: Duration::ZERO, problem: Some(words.clone()) }),
        refusal: Some(Refusal { why: words.clone(), place, value: Some(words.clone()), event: 0 }),
        head: vec![("x-forwarded-for".into(), "203.0.113.77".into()), ("cookie".into(), words.clone())],
        bytes: body.len(),
        body: Some(body),
        answer: Some(format!("no JSON {words}").into()),
        at: at(7),
        numbers: Vec::new(),
        proofs: Vec::new(),
        place: 0,
    }
}

/// Every kind of record, with canaries wherever a record has words of others.
fn records() -> Vec<Message> {
    let words = || "from jane.canary@canary.example, +1 770 123 4567".into();
    let problem = || Problem { kind: ProblemKind::WrongAnswer, what: words(), advice: words() };
    let body = r#"{"first_name":"Birdsong","email":"jane.canary@canary.example""#;
    let unknown = Unknown { reason: words(), body: body.into(), length: body.len() };
    let trouble =
        || Trouble { at: at(5), problem: problem(), attempt: 1, next: None, unknown: Some(Arc::new(unknown.clone())) };
    let id = EventId { event_type: TYPE.into(), uuid: "c4n4ryT0kenABCDEF1234567890".into() };
    let delivery = |verdict| Delivery {
        batch: 1,
        call: 0,
        calls: 1,
        events: [id.clone()].into(),
        at: at(6),
        took: Duration::from_millis(5),
        attempts: 1,
        status: Some(422),
        verdict,
    };
    let fields = vec![(words(), words())];
    let refused = CallOutcome::Refused { status: 422, message: words(), fields };
    let several = ["view", TYPE].map(|name| change(name, ChangeKind::New, &planted(name, "31.24"), 3, 0, at(1)));
    let newer = |name, revenue| change(name, ChangeKind::Updated, &planted(name, revenue), 4, 1, at(3));
    let others = vec![
        Record::Trouble(trouble()),
        Record::CountsTrouble(trouble()),
        Record::HistoryTrouble(trouble()),
        Record::Gap(Gap { event_type: TYPE.into(), lost: Some(2), unless: None, late: false, at: at(6) }),
        Record::Note { at: at(6), note: Note(words()) },
        Record::Delivered(delivery(refused)),
        Record::Delivered(delivery(CallOutcome::Taken { status: 200, body: words() })),
        Record::Delivered(delivery(CallOutcome::Failed(problem()))),
        Record::Retrying(Retry { batch: 1, attempts: 1, problem: problem(), perhaps: false, next: at(9), at: at(6) }),
        Record::Recalled(Recalled { event_type: TYPE.into(), events: vec![payload(&planted(TYPE, "1"))], at: at(6) }),
        Record::Errors(Errors { counts: [(words(), 3)].into(), at: at(6) }),
        Record::Errors(Errors { counts: [(words(), 5)].into(), at: at(7) }),
        Record::Request(Arc::new(request(&words()))),
    ];
    vec![
        polled(several.into(), at(1)),
        polled(vec![newer(TYPE, "40"), newer("view", "\"40\"")], at(3)),
        Message::Records(others),
        polled(vec![change(TYPE, ChangeKind::Updated, &planted(TYPE, "50"), 5, 1, at(8))], at(8)),
    ]
}

/// What of an effect leaves the program, or reaches another part of it that shows what it is given. A new effect says here
/// on which side it is.
fn leaves(effect: &Effect) -> String {
    match effect {
        // What is judged is judged as it came; what is found comes back here, and is masked. A history is asked for by the
        // name that the server has.
        Effect::Lint { .. }
        | Effect::LintAnew
        | Effect::Tape(_)
        | Effect::Recall(_)
        | Effect::PollNow
        | Effect::Collector(_)
        | Effect::SetInterval(_)
        | Effect::StopEvaluation
        | Effect::StopScan
        | Effect::StopRecording
        | Effect::Mouse(_)
        | Effect::SwitchProfile(_)
        | Effect::Suspend
        | Effect::Redraw
        | Effect::Quit => String::new(),
        Effect::Send { .. }
        | Effect::Earlier(_)
        | Effect::Compare(_)
        | Effect::LintDraft(_)
        | Effect::OpenDraft { .. }
        | Effect::Evaluate { .. }
        | Effect::Scan(_)
        | Effect::KeepDraft { .. }
        | Effect::KeepTemplate { .. }
        | Effect::Edit { .. }
        | Effect::BeginRecording { .. }
        | Effect::Record(_)
        | Effect::Report(_)
        | Effect::Plan(_)
        | Effect::Copy(_)
        | Effect::Print(_) => format!("{effect:?}"),
    }
}

/// Carries out what the world would, and fails on the first effect or frame with a canary in it.
fn watch(model: &mut Model, effects: Vec<Effect>, doing: &str) {
    let mut effects = effects;
    while !effects.is_empty() {
        let mut next = Vec::new();
        for effect in effects {
            assert_eq!(leaks(&leaves(&effect)), [""; 0], "{doing}: {effect:?}");
            let outcome = match effect {
                Effect::Lint { events, now: _ } => {
                    Outcome::Linted(events.iter().map(|event| linted(event, at(20))).collect())
                }
                Effect::Scan(step) => match step.answer() {
                    Some(answer) => Outcome::Scanned(Box::new(answer)),
                    None => continue,
                },
                _ => continue,
            };
            next.extend(send(model, Message::Done(outcome), at(20)));
        }
        effects = next;
    }
    frames(model, doing);
}

/// What is on screen, in sizes in which all of it is there, and in which it is cut.
fn frames(model: &mut Model, doing: &str) {
    for (width, height) in [(200, 60), (80, 24)] {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        send(model, Message::Resized(crate::app::Size { width, height }), at(20));
        let theme = crate::ui::Theme::named(crate::app::ThemeName::Dark);
        terminal.draw(|frame| crate::ui::view(model, at(20), &theme, frame)).unwrap();
        let cells = terminal.backend().buffer().content();
        let screen: String = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(leaks(&screen), [""; 0], "{doing}: {screen}");
        assert!(screen.contains("masked"), "{doing}: {screen}");
    }
}

/// All that the model knows but for the one that is held beside: whatever is made of it has no canary in it.
fn knows(model: &mut Model) -> String {
    let masked = std::mem::replace(&mut model.masked, Masked::Nothing);
    let known = format!("{model:?}");
    model.masked = masked;
    known
}

/// Goes everywhere and does everything that shows or gives away something.
fn walk(model: &mut Model) {
    let mut keys = Vec::new();
    for tab in 0..6 {
        keys.extend(["tab".to_owned(), format!("{}y e", "] ".repeat(tab)), "y v".into(), "y k".into(), "y f".into()]);
    }
    for keys_of in [
        "g",
        "j",
        "enter",
        "0",
        "2",
        "v",
        "esc",
        "esc",
        "d",
        "]",
        "]",
        "]",
        "]",
        "m",
        "<",
        ">",
        "d",
        "x",
        "X",
        "!",
        "enter",
        "esc",
        "esc",
        "| . enter",
        "esc",
        "esc",
        "/ c enter",
        "n",
        "esc",
        "tab",
        "j",
        "enter",
        "esc",
        "*",
        "esc",
        "tab tab",
        "z",
        "z",
        "space",
        "space",
        "b",
        "s",
        "S",
        "?",
        "esc",
        ": esc",
        "c esc",
        "e",
        "^p",
        "tab",
        "esc",
        "R",
        "w",
        "esc",
    ] {
        keys.push(keys_of.to_owned());
    }
    for keys in keys {
        for key in keys.split(' ').filter(|key| !key.is_empty()) {
            let effects = press(model, key, at(20));
            watch(model, effects, &keys);
        }
    }
}

#[test]
fn nothing_that_is_seen_or_leaves_has_a_canary_in_it() {
    let mut model = Model::new(Setup { is_masked: true, ..setup(120, 36) });
    frames(&mut model, "the first frame");
    for message in records() {
        let effects = send(&mut model, message, at(9));
        watch(&mut model, effects, "records");
    }
    walk(&mut model);
    let known = knows(&mut model);
    assert_eq!(leaks(&known), [""; 0]);
    assert!(matches!(&model.masked, Masked::ForGood(unjudged) if format!("{unjudged:?}").len() < 100), "let go of");
    press(&mut model, "M", at(20));
    assert!(model.is_masked(), "it is so for good");
}

#[test]
fn what_was_seen_before_the_masks_is_masked_with_them_and_comes_back_without() {
    let mut model = fresh(120, 36);
    for message in records() {
        let effects = send(&mut model, message, at(9));
        let judged = effects.iter().filter_map(|effect| match effect {
            Effect::Lint { events, .. } => Some(events.iter().map(|event| linted(event, at(20))).collect()),
            _ => None,
        });
        for linted in judged.collect::<Vec<_>>() {
            send(&mut model, Message::Done(Outcome::Linted(linted)), at(9));
        }
    }
    press(&mut model, "m", at(10));
    press(&mut model, "/ j a n e enter", at(10));
    assert!(CANARIES.iter().any(|canary| format!("{model:?}").contains(canary)));
    let effects = press(&mut model, "M", at(11));
    watch(&mut model, effects, "M");
    assert_eq!(leaks(&knows(&mut model)), [""; 0]);
    walk(&mut model);
    let newer = change(TYPE, ChangeKind::Updated, &planted(TYPE, "60"), 6, 1, at(21));
    let effects = send(&mut model, polled(vec![newer], at(21)), at(21));
    watch(&mut model, effects, "a newer event");
    assert_eq!(leaks(&knows(&mut model)), [""; 0]);
    press(&mut model, "esc", at(22));
    press(&mut model, "esc", at(22));
    press(&mut model, "M", at(22));
    assert!(!model.is_masked());
    let newest = model.session.history.newest(&TYPE.into()).unwrap();
    assert!(newest.payload.text().contains("60"), "it has heard of what came meanwhile");
    assert!(model.checked.get(newest.number).is_some());
}

#[test]
fn a_twin_is_judged_as_the_event_and_a_change_is_seen_between_twins() {
    let mut model = Model::new(Setup { is_masked: true, ..setup(120, 36) });
    let event = |email: &str| format!(r#"{{"event":"view","email":"{email}","first_name":"{email}"}}"#);
    let new = change("view", ChangeKind::New, &event("jane at shop"), 1, 0, at(1));
    let effects = send(&mut model, polled(vec![new], at(1)), at(1));
    watch(&mut model, effects, "a malformed address");
    let newest = model.session.history.newest(&"view".into()).unwrap().clone();
    let found = model.checked.get(newest.number).unwrap();
    let finding = found.findings().iter().find(|finding| finding.rule.id == "email-format").unwrap();
    assert!(finding.sentence().contains("masked") && !finding.sentence().contains("jane"), "{}", finding.sentence());
    // Both are short, so that both have the same mask; that it is another event is seen all the same.
    for (second, email) in [(2, "al"), (3, "bo")] {
        let newer = change("view", ChangeKind::Updated, &event(email), 2, 1, at(second));
        send(&mut model, polled(vec![newer], at(second)), at(second));
    }
    assert_eq!(model.session.history.count(&"view".into()), 3);
}

#[test]
fn an_event_with_masks_is_sent_only_by_those_who_were_told() {
    let mut model = Model::new(Setup { is_masked: true, ..setup(120, 36) });
    let text = r#"{"event":"view","email":"jane@shop.example","products":[{"sku":"a"}]}"#;
    send(&mut model, polled(vec![change("view", ChangeKind::New, text, 1, 0, at(1))], at(1)), at(1));
    press(&mut model, "e", at(2));
    let sends = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Send { .. }));
    assert!(!sends(&press(&mut model, "^s", at(2))));
    assert!(model.toast.as_ref().is_some_and(|toast| toast.text.contains("masks stand for")));
    let sent = press(&mut model, "^s", at(3));
    assert!(sends(&sent) && format!("{sent:?}").contains("@masked.example"), "{sent:?}");
}

#[test]
fn what_is_typed_goes_out_as_typed_and_is_proved_by_its_twin() {
    for is_masked in [true, false] {
        let mut model = if is_masked { Model::new(Setup { is_masked, ..setup(120, 36) }) } else { busy(120, 36) };
        if !is_masked {
            press(&mut model, "M", at(20));
        }
        press(&mut model, "c", at(20));
        type_in(&mut model, "empty draft\n", at(20));
        let draft =
            r#"{"event":"view","email":"typed@shop.example","event_uuid":"0a0a0a0a-0000-4000-8000-00000000000b"}"#;
        send(&mut model, Message::Paste(draft.into()), at(20));
        let sent = press(&mut model, "^s", at(20));
        let call = sent.iter().find_map(|effect| match effect {
            Effect::Send { calls, .. } => calls.first(),
            _ => None,
        });
        assert!(call.unwrap().body.contains("typed@shop.example"), "{sent:?}");
        let delivered = Delivery {
            batch: 1,
            call: 0,
            calls: 1,
            events: Arc::default(),
            at: at(21),
            took: Duration::from_millis(1),
            attempts: 1,
            status: Some(200),
            verdict: CallOutcome::Taken { status: 200, body: "ok".into() },
        };
        send(&mut model, Message::Records(vec![Record::Delivered(delivered)]), at(21));
        let came = change("view", ChangeKind::Updated, draft, 2, 1, at(22));
        send(&mut model, polled(vec![came], at(22)), at(22));
        let proof = format!("{:?}", model.outbox.probes());
        assert!(proof.contains("Seen") && !proof.contains("typed@shop"), "{proof}");
        assert!(proof.contains("differences: []"), "masked or not, it came as it was sent: {proof}");
    }
}
