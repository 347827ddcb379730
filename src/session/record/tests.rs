#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::event::{EventId, Path, Segment, Unknown, text};
use crate::lint::{Actual, Fix, Rule, Severity};
use crate::session::probe::Recognized;
use crate::session::proof::{Alteration, Altered, Json, ProofOutcome};
use crate::session::tape;
use crate::session::{Arrival, CallOutcome, ChangeKind, Coverage, Forwarded, Problem, ProblemKind, Refusal};

/// A moment as it is read back: its time is told to the millisecond.
fn at(millis: i64) -> Moment {
    let wall = jiff::Timestamp::from_millisecond(millis).unwrap();
    Moment { elapsed: Duration::from_millis(millis.unsigned_abs()), wall }
}

static RULE: Rule = Rule {
    id: "date-impossible",
    severity: Severity::Warning,
    title: "",
    why: "",
    documentation: "",
    bad: "",
    good: "",
};

const NOON: i64 = 1_795_262_400_123;

fn change(event_type: &str, event: Option<&str>) -> Change {
    let payload = event.map(|event| Arc::new(Payload::new(event)));
    let received = event.map(|_| 42);
    let coverage = received.map(|received| Coverage { captured: 40, received });
    let kind = ChangeKind::Updated;
    Change {
        event_type: event_type.into(),
        kind,
        payload,
        received,
        counted_at: received.map(|_| at(NOON)),
        captured: 40,
        arrived: 1,
        coverage,
        at: at(NOON),
        arrival: Arrival::Poll,
        number: None,
    }
}

fn trouble(unknown: Option<Unknown>) -> Trouble {
    let problem = Problem { kind: ProblemKind::WrongAnswer, what: "HTML, not JSON".into(), advice: "look".into() };
    Trouble { at: at(NOON), problem, attempt: 3, next: Some(at(NOON + 2_000)), unknown: unknown.map(Arc::new) }
}

fn delivery(status: Option<u16>, verdict: CallOutcome) -> Record {
    let events = [EventId { event_type: "view".into(), uuid: "u-1".into() }].into();
    let took = Duration::from_millis(88);
    Record::Delivered(Delivery {
        batch: 1,
        call: 0,
        calls: 1,
        events,
        at: at(NOON),
        took,
        attempts: 1,
        status,
        verdict,
    })
}

fn request(refusal: Option<Refusal>) -> Request {
    Request {
        number: 7,
        method: "POST".into(),
        path: "/api/v1/bulkevents".into(),
        status: if refusal.is_some() { 422 } else { 200 },
        sender: Some("curl/8.5.0".into()),
        address: Some("127.0.0.1".into()),
        took: Duration::from_micros(420),
        events: 2,
        forwarded: refusal.as_ref().map(|_| Forwarded {
            to: "api.getblueshift.com".into(),
            own: 422,
            took: Duration::from_millis(88),
            problem: Some("nothing listens there".into()),
        }),
        refusal,
        head: vec![("authorization".into(), "Basic [key]".into())],
        bytes: 12,
        body: Some("{\"events\":\u{1b}".into()),
        answer: None,
        at: at(NOON),
        numbers: Vec::new(),
        proofs: Vec::new(),
        place: 0,
    }
}

fn of_every_kind() -> Vec<(&'static str, Record)> {
    let unknown = Unknown { reason: "HTML".into(), body: "<html>\u{1b}".into(), length: 20 };
    let errors = [(text::sanitize("missing_identifier"), 5)].into();
    let proof = |proof, seen| Proof {
        event_type: "view".into(),
        uuid: "u-1".into(),
        request: None,
        proof,
        after_ms: Some(1_300),
        by: Some(Recognized::ByMarker),
        dropped_in_processing: proof == ProofOutcome::Seen,
        differences: seen,
        clues: None,
        stages: Vec::new(),
        at: at(NOON),
    };
    let altered = |kind, sent, received| Altered { path: "/revenue".to_owned(), kind, sent, received };
    let altered = vec![
        altered(Alteration::Retyped, Some(Json("25".into())), Some(Json(r#""25""#.into()))),
        altered(Alteration::Dropped, Some(Json("null".into())), None),
    ];
    let fields = vec![("revenue".into(), "must be a number".into()), ("total".into(), "again".into())];
    vec![
        ("count", Record::Change(change("view", None))),
        ("errors", Record::Errors(Errors { counts: errors, at: at(NOON) })),
        ("connection", Record::Connecting { at: at(NOON) }),
        (
            "connection",
            Record::Polled(Polled {
                at: at(NOON),
                took: Duration::from_millis(143),
                status: 200,
                bytes: 9,
                types: 1,
                server_ahead_ms: None,
                last_request: None,
            }),
        ),
        ("connection", Record::Counted { at: at(NOON) }),
        ("connection", Record::Trouble(trouble(Some(unknown)))),
        ("connection", Record::CountsTrouble(Trouble { next: None, ..trouble(None) })),
        ("connection", Record::HistoryTrouble(trouble(None))),
        ("gap", Record::Gap(Gap { event_type: "view".into(), lost: Some(3), unless: None, late: false, at: at(NOON) })),
        ("gap", Record::Gap(Gap { event_type: "view".into(), lost: None, unless: Some(50), late: true, at: at(NOON) })),
        ("note", Record::Note { at: at(NOON), note: Note("odd".into()) }),
        ("sent", delivery(Some(200), CallOutcome::Taken { status: 200, body: "{}".into() })),
        ("sent", delivery(Some(422), CallOutcome::Refused { status: 422, message: "no".into(), fields })),
        ("sent", delivery(None, CallOutcome::Failed(trouble(None).problem))),
        (
            "retry",
            Record::Retrying(Retry {
                batch: 1,
                attempts: 2,
                problem: trouble(None).problem,
                perhaps: true,
                next: at(NOON + 1),
                at: at(NOON),
            }),
        ),
        (
            "backfill",
            Record::Recalled(Recalled {
                event_type: "view".into(),
                events: vec![Arc::new(Payload::new(r#"{"event":"view","n":1.10}"#))],
                at: at(NOON),
            }),
        ),
        ("proof", Record::Proof(proof(ProofOutcome::Seen, Some(altered)))),
        ("proof", Record::Proof(proof(ProofOutcome::NotSent, None))),
        (
            "waiting",
            Record::Waiting(Waiting {
                held: 2,
                first: Some("POST /track".into()),
                scenario: true,
                unsent: 1,
                at: at(NOON),
            }),
        ),
        ("request", Record::Request(request(None).into())),
        (
            "request",
            Record::Request(
                request(Some(Refusal {
                    why: "the event name has white space".into(),
                    place: Some("events[1].event".into()),
                    value: Some("\"kiln fired\"".into()),
                    event: 1,
                }))
                .into(),
            ),
        ),
    ]
}

#[test]
fn how_an_event_came_is_written_unless_a_poll_showed_it() {
    for (arrival, written) in [
        (Arrival::Poll, None),
        (Arrival::Backfill, Some(r#""from":"backfill""#)),
        (Arrival::Collector, Some(r#""from":"collector""#)),
        (Arrival::Refused, Some(r#""from":"refused""#)),
        (Arrival::Sent, Some(r#""from":"sent""#)),
        (Arrival::Tape, Some(r#""from":"tape""#)),
    ] {
        let line = Record::Change(Change { arrival, ..change("view", Some("{}")) }).line(&[]);
        assert_eq!(line.contains(r#""from""#), written.is_some(), "{line}");
        assert!(written.is_none_or(|written| line.contains(written)), "{line}");
        let RecordLine::Event { change, .. } = RecordLine::read(&line) else { panic!("{line}") };
        assert_eq!(change.arrival, arrival);
    }
}

#[test]
fn every_kind_is_read_as_it_was_written_and_has_no_event() {
    for (kind, record) in of_every_kind() {
        let line = record.line(&[]);
        let fields: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(fields.get("record"), Some(&Value::from(kind)), "{line}");
        assert_eq!((fields.get("event"), fields.get("observed_at").is_some()), (None, true), "{line}");
        assert!(!line.contains(char::is_control), "{line}");
        assert_eq!(RecordLine::read(&line), RecordLine::Record(Box::new(record)), "{line}");
    }
}

#[test]
fn every_line_is_as_the_schema_says() {
    let schema = serde_json::from_str(tape::SCHEMA).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let event = |change| Record::Change(change);
    let timed = r#"{"timestamp":"2026-11-23T08:59:59Z","_bsft_ts":"2026-11-23T08:59:59.250Z"}"#;
    let late = Change { kind: ChangeKind::Earlier, arrival: Arrival::Backfill, ..change("view", Some("[1e400]")) };
    let uncounted = Change { received: None, counted_at: None, coverage: None, ..change("", Some(timed)) };
    let finding = Finding { fix: Some(Fix::Replace("1.10".into())), ..RULE.at(Path::root(), "a day", Actual::Missing) };
    let rename = Finding { fix: Some(Fix::Rename("a".into())), ..finding.clone() };
    let events = [change("view", Some("{}")), late, uncounted].map(event);
    let mut lines = vec![tape::Header::new("us".into(), true, at(NOON)).line()];
    for record in events.into_iter().chain(of_every_kind().into_iter().map(|(_, record)| record)) {
        lines.extend([record.tape_line(), record.line(&[]), record.line(&[finding.clone(), rename.clone()])]);
    }
    for line in lines {
        let value: Value = serde_json::from_str(&line).unwrap();
        let faults: Vec<_> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{line}\n{faults:#?}");
        // Nothing that a line may have is left unsaid.
        let mut more = value;
        more.as_object_mut().unwrap().insert("more".to_owned(), Value::Null);
        assert!(!schema.is_valid(&more), "{more}");
    }
    let unknown = serde_json::json!({"record": "else", "observed_at": "2026-11-24T12:00:00.000Z"});
    assert!(!schema.is_valid(&unknown));
}

#[test]
fn a_tape_has_what_came_and_no_judgement_of_it() {
    let record = Record::Change(change("view", Some(r#"{"a":1}"#)));
    let line = record.tape_line();
    assert!(line.contains(r#""event":{"a":1}"#) && !line.contains("findings"), "{line}");
    assert_eq!(RecordLine::read(&line), RecordLine::read(&record.line(&[])), "only the place of the text differs");
}

#[test]
fn a_line_holds_the_tokens_of_the_event_as_they_came_and_unknown_things_as_null() {
    let cases = [
        (
            change("purchase", Some("{\r\n  \"b\": 1.10,\n \"a\": 1e400, \"a\": 12345678901234567890}")),
            r#"{"record":"event","type":"purchase","change":"updated","event":{  "b": 1.10, "a": 1e400, "a": 12345678901234567890},"received":42,"counted_at":"2026-11-21T12:00:00.123Z","captured":40,"arrived":1,"coverage":{"captured":40,"received":42},"observed_at":"2026-11-21T12:00:00.123Z","latency_ms":null,"findings":[]}"#,
        ),
        (
            change(
                "é",
                Some(
                    "{\"x\":\"\u{9b}31m\u{7f}é\\n\",\"timestamp\":\"2026-11-23T08:59:59Z\",\"_bsft_ts\":\"2026-11-23T08:59:59.250Z\"}",
                ),
            ),
            r#"{"record":"event","type":"é","change":"updated","event":{"x":"\u009b31m\u007fé\n","timestamp":"2026-11-23T08:59:59Z","_bsft_ts":"2026-11-23T08:59:59.250Z"},"received":42,"counted_at":"2026-11-21T12:00:00.123Z","captured":40,"arrived":1,"coverage":{"captured":40,"received":42},"observed_at":"2026-11-21T12:00:00.123Z","latency_ms":250,"findings":[]}"#,
        ),
        (
            change("a\"\u{1b}[2J\u{202e}", None),
            r#"{"record":"count","type":"a\"\u001b[2J\u202e","change":"updated","received":null,"captured":40,"arrived":1,"coverage":null,"observed_at":"2026-11-21T12:00:00.123Z"}"#,
        ),
    ];
    for (change, line) in cases {
        assert_eq!(&*Record::Change(change).line(&[]), line);
    }
}

#[test]
fn what_is_wrong_stands_at_the_end_of_a_line() {
    let at = |path: Path, fix| Finding {
        severity: Severity::Warning,
        fix,
        ..RULE.at(path, "a \"day\"", Actual::Value("2014-14-11".into()))
    };
    let findings = [
        at(Path(vec![Segment::key("a/\u{9b}")]), Some(Fix::Replace("1.10".to_owned()))),
        at(Path::root(), Some(Fix::Remove)),
        at(Path::root(), None),
    ];
    let line = Record::Change(change("view", Some("{}"))).line(&findings);
    let told = |path, fix| {
        format!(
            r#"{{"rule":"date-impossible","severity":"warning","path":"{path}","expected":"a \"day\"","found":"2014-14-11","fix":{fix}}}"#
        )
    };
    let told = [
        told("/a~1\\u009b", r#"{"kind":"replace","value":1.10}"#),
        told("", r#"{"kind":"remove","value":null}"#),
        told("", "null"),
    ];
    assert!(line.ends_with(&format!(r#""latency_ms":null,"findings":[{}]}}"#, told.join(","))), "{line}");
}

#[test]
fn a_line_is_told_from_events_by_themselves_and_older_ones_are_read() {
    let old = |event: &str| {
        format!(
            r#"{{"type":"view","change":"new","event":{event},"received":1,"captured":1,"observed_at":"2026-11-24T12:00:00Z","latency_ms":null,"findings":[]}}"#
        )
    };
    let count = old("null");
    let old = old(r#"{"a": 1e400}"#);
    let RecordLine::Event { change, text } = RecordLine::read(&old) else { panic!("{old}") };
    assert_eq!((text, change.payload.as_ref().unwrap().text()), (r#"{"a": 1e400}"#, r#"{"a": 1e400}"#));
    assert_eq!(change.payload.unwrap().event_type().map(TypeName::as_str), Some("view"));
    assert!(matches!(RecordLine::read(&count), RecordLine::Record(record) if matches!(*record, Record::Change(_))));

    let unknown = [
        r#"{"record":"gap","lost":2,"observed_at":"2026-11-24T12:00:00Z"}"#,
        r#"{"record":"sent","observed_at":"2026-11-24T12:00:00Z"}"#,
    ];
    for line in unknown {
        assert_eq!(RecordLine::read(line), RecordLine::Unknown, "{line}");
    }
    let others = [
        "",
        "[1]",
        "{\"event\":",
        r#"{"event":"view","observed_at":"now"}"#,
        r#"{"event":"sold","record":"vinyl","observed_at":"2026-11-24T12:00:00Z"}"#,
        r#"{"action":"sold","record":"vinyl","observed_at":"2026-11-24T12:00:00Z"}"#,
        r#"{"record":7,"observed_at":"2026-11-24T12:00:00Z"}"#,
        r#"{"record":"event","event":{"a":1}}"#,
    ];
    for line in others {
        assert_eq!(RecordLine::read(line), RecordLine::Other, "{line}");
    }
}

#[test]
fn a_value_of_a_proof_is_kept_as_it_is_spelled() {
    for value in [r#""2\ud83d""#.to_owned(), format!("{}{}", "[".repeat(200), "]".repeat(200)), "1e400".into()] {
        let altered = Altered {
            path: "/revenue".to_owned(),
            kind: Alteration::Changed,
            sent: Some(Json(value.as_str().into())),
            received: None,
        };
        let written = serde_json::to_string(&altered).unwrap();
        assert!(written.contains(&value), "{written}");
        assert_eq!(serde_json::from_str::<Altered>(&written).unwrap(), altered);
    }
}

/// JSON with odd keys and strings, numbers of any spelling, and white space between its tokens.
fn json() -> impl Strategy<Value = String> {
    let string = any::<String>().prop_map(|text| Value::from(text).to_string());
    let number = "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?";
    let leaf = prop_oneof![
        string,
        number,
        Just(r#""\ud83d""#.to_owned()),
        Just(r#"{"$serde_json::private::Number":"1"}"#.to_owned()),
        Just("null".to_owned())
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let member = (any::<String>(), inner.clone());
        let member = member.prop_map(|(key, value)| format!("{}:\r\n{value}", Value::from(key)));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|values| format!("[{} ]", values.join(" ,\n\t"))),
            prop::collection::vec(member, 0..4).prop_map(|members| format!("{{ {}\n}}", members.join(", "))),
        ]
    })
}

proptest! {
    #[test]
    fn an_event_is_read_with_the_tokens_that_were_written(name: String, event in json()) {
        // That is how older lines say that there is none.
        prop_assume!(event != "null");
        let written = Change { event_type: TypeName::from(&*name), ..change("", Some(&event)) };
        let finding = Finding { fix: Some(Fix::Rename(name.clone())), ..RULE.at(Path::root(), "", Actual::Missing) };
        let line = Record::Change(written.clone()).line(&[finding]);
        prop_assert!(!line.contains(char::is_control));
        let RecordLine::Event { change, text } = RecordLine::read(&line) else { panic!("{line}") };
        let tokens = text::json_line(&event);
        prop_assert_eq!(text, &*tokens);
        let payload = change.payload.clone().unwrap();
        prop_assert_eq!(payload.text(), &*tokens);
        prop_assert_eq!(Change { payload: None, ..change }, Change { payload: None, ..written });
    }

    #[test]
    fn any_text_is_one_line_or_another(line: String, record in "[a-z]{0,10}") {
        let _ = RecordLine::read(&line);
        let _ = RecordLine::read(&format!(r#"{{"record":"{record}","observed_at":{}}}"#, Value::from(line)));
    }
}
