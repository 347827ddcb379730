//! A model as it is in the middle of a session, for tests of what happens to it and of how it looks.

#![expect(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::findings::{EventFindings, Linted};
use super::keymap::Action;
use super::scan::{ScanStep, Scanned};
use super::tape::ReplaySettings;
use super::{Effect, Key, KeyCode, Message, Model, Mouse, MouseKind, Outcome, Setup, Size, update};
use crate::blueshift::Batch;
use crate::event::{Document, EventId, Payload, Volatile};
use crate::lint;
use crate::plan::Linter;
use crate::query::{QueryError, Values};
use crate::session::{
    Alteration, Altered, Arrival, CallOutcome, Captured, Change, ChangeKind, Coverage, Delivery, EventNumber,
    Forwarded, HISTORY_LIMIT, Json, Moment, Polled, Problem, ProblemKind, Proof, ProofOutcome, Record, Refusal,
    Request, Retry, TapeExtent, TapeNews, TapePosition, Trouble, Waiting, probe::Recognized, tape::Header,
};

/// The shop's last purchase, as the platform gives it back.
pub(crate) const PURCHASE: &str = r#"{"event":"purchase","customer_id":"812123","email":"jane@example.com","order_id":"50314","total":30,"revenue":"31.24","discount":2.50,"coupon":null,"gift":true,"products":[{"sku":"45790-32","price":19,"quantity":1},{"sku":"46493-32","price":3,"quantity":2}],"note":"Danke!\u202e \u001b[31m","event_uuid":"7f3a7f3a-0000-4000-8000-000000000001","timestamp":"2026-11-23T14:03:19.700Z","_bsft_ts":"2026-11-23T14:03:20.000Z"}"#;

/// `seconds` after the start, which was at 14:03:00.
pub(crate) fn at(seconds: u64) -> Moment {
    at_millis(seconds * 1_000)
}

/// `millis` after the start.
pub(crate) fn at_millis(millis: u64) -> Moment {
    let elapsed = Duration::from_millis(millis);
    let start: jiff::Timestamp = "2026-11-23T14:03:00Z".parse().unwrap();
    Moment { elapsed, wall: start.checked_add(elapsed).unwrap() }
}

/// A model of an application that has just started.
pub(crate) fn fresh(columns: u16, rows: u16) -> Model {
    Model::new(setup(columns, rows))
}

/// The setup that it is given at the start.
pub(crate) fn setup(columns: u16, rows: u16) -> Setup {
    Setup {
        target: "us · api.getblueshift.com".into(),
        interval: Duration::from_secs(2),
        time_zone: TimeZone::UTC,
        size: Size { width: columns, height: rows },
        now: at(0),
        sending: super::Sending::to(crate::blueshift::Region::default().base_url()),
        history_limit: HISTORY_LIMIT,
        table: super::pane::types::TableSettings::default(),
        volatile: Volatile::default(),
        recording: None,
        notices: Vec::new(),
        redaction: crate::event::masks::redaction().into(),
        is_masked: false,
        collector: None,
        reads: false,
        preferences: super::Preferences::default(),
    }
}

/// A document of that text.
pub(crate) fn document(text: &str) -> Document {
    Document::read(text).unwrap()
}

/// A payload of that text.
pub(crate) fn payload(text: &str) -> Arc<Payload> {
    Arc::new(Payload::new(text))
}

/// A collector of this process that was sent three requests, of which it refused two.
pub(crate) fn collecting(columns: u16, rows: u16) -> Model {
    let address = "http://127.0.0.1:8787";
    let target = "collector · http://127.0.0.1:8787".into();
    let mut model = Model::new(Setup { target, collector: Some(address.into()), ..setup(columns, rows) });
    let bulk =
        r#"{"events":[{"event":"view","customer_id":"1","sku":"b"},{"event":"kiln fired","customer_id":"undefined"}]}"#;
    let view = r#"{"event":"view","customer_id":"1","sku":"a"}"#;
    let kiln = r#"{"event":"kiln fired","customer_id":"undefined"}"#;
    let taken = Change { arrival: Arrival::Collector, ..change("view", ChangeKind::New, view, 1, 1, at(3)) };
    let refused = |name, text| {
        Record::Change(Change {
            arrival: Arrival::Refused,
            received: None,
            captured: 0,
            coverage: None,
            ..change(name, ChangeKind::Updated, text, 0, 0, at(5))
        })
    };
    let refusal = Refusal {
        why: "the event name contains white space: use `_` instead".into(),
        place: Some("events[1].event".into()),
        value: Some("\"kiln fired\"".into()),
        event: 1,
    };
    let nowhere = Refusal { why: "no such path".into(), place: None, value: None, event: 0 };
    let records = vec![
        Record::Change(taken),
        Record::Request(request(1, "/api/v1/event", 200, view, 1, None).into()),
        refused("view", r#"{"event":"view","customer_id":"1","sku":"b"}"#),
        refused("kiln fired", kiln),
        Record::Request(request(2, "/api/v1/bulkevents", 422, bulk, 2, Some(refusal)).into()),
        Record::Request(request(3, "/track?x=[key]", 404, "", 0, Some(nowhere)).into()),
    ];
    send(&mut model, Message::Records(records), at(5));
    lint_all(&mut model, at(6));
    model
}

/// The same that passes on what it is sent: one was proved, one was not passed on, and two are held.
pub(crate) fn passing_on(columns: u16, rows: u16) -> Model {
    let mut model = collecting(columns, rows);
    let view = r#"{"event":"view","customer_id":"1","total":30}"#;
    let passed = |number, status, problem: Option<&'static str>| {
        let took = Duration::from_millis(88);
        let problem = problem.map(Into::into);
        let forwarded = Some(Forwarded { to: "api.getblueshift.com".into(), own: 200, took, problem });
        let request = Request { forwarded, ..request(number, "/api/v1/event", status, view, 1, None) };
        Record::Request(Arc::new(Request { took: Duration::from_millis(89), ..request }))
    };
    let proof = Proof {
        event_type: "view".into(),
        uuid: "".into(),
        request: Some(4),
        proof: ProofOutcome::Seen,
        after_ms: Some(1_300),
        by: Some(Recognized::ByContent),
        dropped_in_processing: false,
        differences: Some(vec![Altered {
            path: "/total".to_owned(),
            kind: Alteration::Retyped,
            sent: Some(Json("30".into())),
            received: Some(Json("\"30\"".into())),
        }]),
        clues: None,
        stages: Vec::new(),
        at: at(8),
    };
    let first = Some("POST /api/v1/event".into());
    let waiting = Waiting { held: 2, first, scenario: false, unsent: 1, at: at(8) };
    let records = vec![
        passed(4, 200, None),
        passed(5, 502, Some("nothing listens at api.getblueshift.com")),
        Record::Proof(proof),
        Record::Waiting(waiting),
    ];
    send(&mut model, Message::Records(records), at(8));
    model
}

fn request(
    number: u64,
    path: &'static str,
    status: u16,
    body: &str,
    events: usize,
    refusal: Option<Refusal>,
) -> Request {
    Request {
        number,
        method: "POST".into(),
        path: path.into(),
        status,
        sender: Some("node/24.1".into()),
        address: Some("127.0.0.1".into()),
        took: Duration::from_micros(240),
        events,
        refusal,
        forwarded: None,
        head: vec![("content-type".into(), "application/json".into()), ("authorization".into(), "[key]".into())],
        bytes: body.len(),
        body: Some(body.into()),
        answer: Some(r#"{"success":false}"#.into()),
        at: at(5),
        numbers: Vec::new(),
        proofs: Vec::new(),
        place: 0,
    }
}

/// A change of `event_type` to `text`.
pub(crate) fn change(
    event_type: &str,
    kind: ChangeKind,
    text: &str,
    received: u64,
    arrived: u64,
    at: Moment,
) -> Change {
    Change {
        event_type: event_type.into(),
        kind,
        payload: (!matches!(kind, ChangeKind::Unchanged | ChangeKind::Gone)).then(|| payload(text)),
        received: Some(received),
        captured: received / 2 + 1,
        arrived,
        counted_at: None,
        coverage: (arrived > 0).then_some(Coverage { captured: arrived / 2 + 1, received: arrived }),
        at,
        arrival: Arrival::Poll,
        number: None,
    }
}

/// The first event of a session, of that type and text.
pub(crate) fn captured(event_type: &str, text: &str) -> Captured {
    let number = EventNumber::default();
    Captured { event_type: event_type.into(), payload: payload(text), at: at(1), number, arrival: Arrival::Poll }
}

/// The records of a poll that brought `changes`.
pub(crate) fn polled(changes: Vec<Change>, at: Moment) -> Message {
    let types = changes.len();
    let polled = Polled {
        at,
        took: Duration::from_millis(143),
        status: 200,
        bytes: 4_096,
        types,
        server_ahead_ms: None,
        last_request: None,
    };
    let changes = changes.into_iter().map(Record::Change);
    Message::Records(std::iter::once(Record::Polled(polled)).chain(changes).collect())
}

/// The records of a poll that failed.
pub(crate) fn failed(
    kind: ProblemKind,
    what: &'static str,
    advice: &'static str,
    next: Option<Moment>,
    at: Moment,
) -> Message {
    let problem = Problem { kind, what: what.into(), advice: advice.into() };
    Message::Records(vec![Record::Trouble(Trouble { at, problem, attempt: 1, next, unknown: None })])
}

/// A model in the middle of a session, twenty seconds after the start.
pub(crate) fn busy(columns: u16, rows: u16) -> Model {
    let mut model = fresh(columns, rows);
    let known = [
        ("identify", r#"{"customer_id":"11111","email":"john@example.com","_bsft_ts":"2026-11-23T14:01:00Z"}"#, 12),
        ("view", r#"{"products":[{"sku":"45790-32"}],"_bsft_ts":"2026-11-23T14:02:58Z"}"#, 1_204),
        ("add_to_cart", r#"{"product_id":"sku1","_bsft_ts":"2026-11-23T13:40:00Z"}"#, 96),
        ("subscription_billing", r#"{"revenue":"19.99","billing_date":"2014-14-11T17:27:20+00:00"}"#, 3),
        ("purchase", PURCHASE, 41),
        ("Пошук\u{202e}日本", r#"{"keywords":"a"}"#, 1),
    ];
    let changes = known.map(|(name, text, count)| change(name, ChangeKind::New, text, count, 0, at(1)));
    send(&mut model, polled(changes.into(), at(1)), at(1));
    let newer = PURCHASE.replace("50314", "50315");
    let updates = vec![change("purchase", ChangeKind::Updated, &newer, 43, 2, at(12))];
    send(&mut model, polled(updates, at(12)), at(12));
    let updates = vec![
        change("view", ChangeKind::Updated, r#"{"products":[{"sku":"46493-32"}]}"#, 1_205, 1, at(19)),
        change("checkout", ChangeKind::New, r#"{"total":30}"#, 1, 1, at(19)),
    ];
    send(&mut model, polled(updates, at(19)), at(19));
    model
}

/// A model of a tape that is held at 14:03:19, at the 12,034th of its 248,112 events.
pub(crate) fn replaying(columns: u16, rows: u16) -> Model {
    let target = "tape · session.ndjson".into();
    let mut model = Model::replaying(Setup { target, ..setup(columns, rows) }, ReplaySettings::default());
    let on_tape = |seconds| Moment::at(at(seconds).wall);
    let header = Header::new("us · api.getblueshift.com".into(), false, on_tape(0));
    let (first, last) = (Some(at(0).wall), Some(at(7_200).wall));
    let extent = TapeExtent { events: 248_112, first, last, percent: 100, is_whole: true };
    send(&mut model, Message::Tape(TapeNews::Extent { extent, header: Some(Box::new(header)) }), at(0));
    let changes = [
        ("identify", r#"{"customer_id":"11111","email":"john@example.com"}"#, 12, on_tape(1)),
        ("view", r#"{"products":[{"sku":"45790-32"}]}"#, 1_204, on_tape(2)),
        ("purchase", PURCHASE, 41, on_tape(12)),
        ("view", r#"{"products":[{"sku":"46493-32"}]}"#, 1_205, on_tape(19)),
        ("checkout", r#"{"total":30}"#, 1, on_tape(19)),
    ];
    let change = |(name, text, count, at)| Record::Change(change(name, ChangeKind::Updated, text, count, 1, at));
    let records = changes.map(change).into();
    let position = TapePosition { events: 12_034, at: Some(at(19).wall) };
    send(&mut model, Message::Tape(TapeNews::Restored { records, position, seek: 1 }), at(0));
    model
}

/// Lets a message happen.
///
/// Events are compared at once, and the comparisons are no effects.
pub(crate) fn send(model: &mut Model, message: Message, now: Moment) -> Vec<Effect> {
    let mut effects = update(model, message, now);
    while let Some(at) = effects.iter().position(|effect| matches!(effect, Effect::Compare(_))) {
        let Effect::Compare(pairs) = effects.remove(at) else { break };
        for pair in pairs {
            effects.extend(update(model, Message::Done(Outcome::Compared(pair.compare())), now));
        }
    }
    super::prepare(model);
    effects
}

/// Has everything in the table linted, each event by itself.
pub(crate) fn lint_all(model: &mut Model, now: Moment) -> Vec<Effect> {
    let shown = model.types.rows();
    let linted = shown.filter_map(|(_, row)| Some(linted(row.newest.as_ref()?, now))).collect();
    send(model, Message::Done(Outcome::Linted(linted)), now)
}

/// The findings of an event.
pub(crate) fn linted(event: &Captured, now: Moment) -> Linted {
    let document = Document::new(Arc::clone(&event.payload)).unwrap();
    let findings = lint::lint(&document, lint::LintContext { stage: lint::Stage::Received, now: now.wall });
    Linted { event: event.clone(), found: Arc::new(EventFindings::new(&document, findings)) }
}

/// An event of which several things are wrong, in a model that knows what.
pub(crate) fn faulty(columns: u16, rows: u16) -> Model {
    let mut model = busy(columns, rows);
    let order = change("purchase", ChangeKind::Updated, FAULTY, 44, 1, at(20));
    send(&mut model, polled(vec![order], at(20)), at(20));
    lint_all(&mut model, at(20));
    press(&mut model, "/ p u r c h enter / ^u enter", at(20));
    model
}

/// A purchase that a careless integration sends.
pub(crate) const FAULTY: &str = r#"{"event":"purchase","customer_id":"812123","order_id":"50316","revenue":30,"total":"$ 30","currency":"euro","ship_date":"2026-14-11T17:27:20+00:00","products":[{"sku":"45790-32","price":19,"quantity":1},{"sku":"46493-32","price":"1,100","qty":2}],"no\u001bte":"undefined","_bsft_ts":"2026-11-23T14:03:20.000Z"}"#;

/// Presses keys one after another, as `keymap` writes them, and gives the last one's effects.
pub(crate) fn press(model: &mut Model, keys: &str, now: Moment) -> Vec<Effect> {
    keys.split(' ').fold(Vec::new(), |_, name| {
        let plain = |code| Key { code, ctrl: false, alt: false, shift: false };
        let mut chars = name.chars();
        let key = match (name, chars.next(), chars.next()) {
            ("enter", ..) => plain(KeyCode::Enter),
            ("esc", ..) => plain(KeyCode::Esc),
            ("tab", ..) => plain(KeyCode::Tab),
            ("space", ..) => plain(KeyCode::Char(' ')),
            ("pgdn", ..) => plain(KeyCode::PageDown),
            ("up", ..) => plain(KeyCode::Up),
            ("down", ..) => plain(KeyCode::Down),
            ("left", ..) => plain(KeyCode::Left),
            ("right", ..) => plain(KeyCode::Right),
            ("end", ..) => plain(KeyCode::End),
            ("backspace", ..) => plain(KeyCode::Backspace),
            ("F1", ..) => plain(KeyCode::F(1)),
            ("F8", ..) => plain(KeyCode::F(8)),
            ("shift-F8", ..) => Key { shift: true, ..plain(KeyCode::F(8)) },
            ("^Home", ..) => Key { ctrl: true, ..plain(KeyCode::Home) },
            (_, Some('^'), Some(c)) => Key { ctrl: true, ..plain(KeyCode::Char(c)) },
            (_, Some(c), None) => plain(KeyCode::Char(c)),
            _ => panic!("no key is called {name}"),
        };
        send(model, Message::Key(key), now)
    })
}

/// Does what an action means, as the palette does.
pub(crate) fn act(model: &mut Model, action: Action, now: Moment) -> Vec<Effect> {
    let effects = super::update::act(model, action, now);
    send(model, Message::Woke, now);
    effects
}

/// Types text, character by character, and gives the last one's effects.
pub(crate) fn type_in(model: &mut Model, text: &str, now: Moment) -> Vec<Effect> {
    text.chars().fold(Vec::new(), |_, c| {
        let code = if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
        send(model, Message::Key(Key { code, ctrl: false, alt: false, shift: false }), now)
    })
}

/// A model of which the composer holds `draft`, the cursor at its start.
pub(crate) fn composing(columns: u16, rows: u16, draft: &str) -> Model {
    let mut model = busy(columns, rows);
    press(&mut model, "c", at(20));
    type_in(&mut model, "empty draft\n", at(20));
    send(&mut model, Message::Paste(draft.into()), at(20));
    press(&mut model, "^Home", at(20));
    model
}

/// The same once it is known what is wrong with the draft.
pub(crate) fn judged(columns: u16, rows: u16, draft: &str) -> Model {
    let mut model = busy(columns, rows);
    press(&mut model, "c", at(20));
    type_in(&mut model, "empty draft\n", at(20));
    let effects = send(&mut model, Message::Paste(draft.into()), at(20));
    press(&mut model, "^Home", at(20));
    judge(&mut model, &effects, at(20));
    model
}

/// Answers the questions among `effects` what is wrong with a draft, and gives what that asks of the world.
pub(crate) fn judge(model: &mut Model, effects: &[Effect], now: Moment) -> Vec<Effect> {
    let questions = effects.iter().filter_map(|effect| match effect {
        Effect::LintDraft(question) => Some(question),
        _ => None,
    });
    questions.fold(Vec::new(), |_, question| {
        let answer = question.answer(&Linter::default()).map(Box::new);
        send(model, Message::Done(Outcome::DraftLinted { number: question.number, answer }), now)
    })
}

/// Clicks on a cell.
pub(crate) fn click(model: &mut Model, column: u16, row: u16, now: Moment) {
    send(model, Message::Mouse(Mouse { kind: MouseKind::Press, column, row }), now);
}

/// An event to send, with a marker of its own.
pub(crate) const CHECKOUT: &str = r#"{"event":"checkout","email":"jane@example.com","revenue":31.24,"coupon":null,"event_uuid":"7f3a7f3a-0000-4000-8000-000000000002"}"#;

/// Sends what a draft says; events without a marker get one each.
pub(crate) fn ship(model: &mut Model, draft: &str, now: Moment) -> Vec<Effect> {
    let mut marks = 1_u128..;
    let batch = Batch::read(draft, || uuid::Uuid::from_u128(marks.next().unwrap())).unwrap();
    model.outbox.send(batch, model.sending.limits, (&model.session.history, None), now)
}

/// The records of what came of a call, 88 ms after it went out at 14:03:20.
pub(crate) fn answered(batch: u64, call: usize, events: usize, attempts: u32, verdict: CallOutcome) -> Message {
    let took = Duration::from_millis(88);
    let at = at_millis(20_088);
    let status = match verdict {
        CallOutcome::Taken { status, .. } | CallOutcome::Refused { status, .. } => Some(status),
        CallOutcome::Failed(_) => None,
    };
    Message::Records(vec![Record::Delivered(Delivery {
        batch,
        call,
        calls: call + 1,
        events: vec![EventId { event_type: "checkout".into(), uuid: "7f3a".into() }; events].into(),
        at,
        took,
        attempts,
        status,
        verdict,
    })])
}

/// The records of a call that the server took at once.
pub(crate) fn taken(batch: u64, call: usize, events: usize) -> Message {
    let verdict = CallOutcome::Taken { status: 200, body: r#"{"status":"OK"}"#.into() };
    answered(batch, call, events, 1, verdict)
}

/// The records of a call that is made again at `next`.
pub(crate) fn retried(batch: u64, attempts: u32, next: Moment) -> Message {
    let problem = Problem {
        kind: ProblemKind::RateLimited,
        what: "429: too many requests".into(),
        advice: "wait, or send less".into(),
    };
    Message::Records(vec![Record::Retrying(Retry {
        batch,
        attempts,
        problem,
        perhaps: false,
        next,
        at: at_millis(20_088),
    })])
}

/// The records of a poll that brought [`CHECKOUT`] back, with the revenue as a string.
pub(crate) fn received(at: Moment) -> Message {
    let text = CHECKOUT.replace("31.24", "\"31.24\"");
    polled(vec![change("checkout", ChangeKind::Updated, &text, 2, 1, at)], at)
}

/// The questions to the session among some effects.
pub(crate) fn scans(effects: &[Effect]) -> Vec<&ScanStep> {
    let scans = effects.iter().filter_map(|effect| match effect {
        Effect::Scan(step) => Some(&**step),
        _ => None,
    });
    scans.collect()
}

/// Answers these, and those that follow; a query is true of the events whose text holds `needle`. Says how many events were
/// asked.
pub(crate) fn answer_scans(model: &mut Model, effects: &[Effect], needle: &str) -> usize {
    let mut asked = 0;
    let mut waiting: Vec<_> = scans(effects).into_iter().cloned().collect();
    while let Some(step) = waiting.pop() {
        asked += step.events.len();
        let holds = |event: &&(EventNumber, Arc<Payload>)| event.1.text().contains(needle);
        let found = step.events.iter().filter(holds).map(|(number, _)| *number).collect();
        let told = Scanned { generation: step.generation, found, ..Scanned::default() };
        let scanned = Box::new(step.answer().unwrap_or(told));
        let effects = send(model, Message::Done(Outcome::Scanned(scanned)), at(21));
        waiting.extend(scans(&effects).into_iter().cloned());
    }
    asked
}

/// Answers the evaluation that the last of the effects asks for, and says of which expression.
pub(crate) fn evaluated(model: &mut Model, effects: &[Effect], answer: Result<Values, QueryError>) -> String {
    let Some(Effect::Evaluate { number, expression, .. }) = effects.last() else { panic!("{effects:?}") };
    send(model, Message::Done(Outcome::Evaluated { number: *number, answer }), at(21));
    expression.clone()
}
