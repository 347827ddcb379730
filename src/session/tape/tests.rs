#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::event::{Note, Payload, TypeName};
use crate::session::{
    Arrival, Change, ChangeKind, EventNumber, Gap, Polled, Problem, ProblemKind, Record, RecordLine, Session, Trouble,
};

/// A moment as it is read back.
fn at(millis: u64) -> Moment {
    let wall = Timestamp::from_millisecond(i64::try_from(millis).unwrap()).unwrap();
    Moment { elapsed: Duration::from_millis(millis), wall }
}

fn header() -> Header {
    Header::new("staging · us · api.getblueshift.com".into(), false, at(1_795_262_400_123))
}

#[test]
fn the_header_says_what_it_is_and_is_read_back_also_where_it_has_more() {
    let line = header().line();
    let written = r#"{"record":"tape","version":1,"target":"staging · us · api.getblueshift.com","redacted":false,"observed_at":"2026-11-21T12:00:00.123Z"}"#;
    assert_eq!(&*line, written);
    assert_eq!(RecordLine::read(&line), RecordLine::Header(header()));
    assert_eq!(header().check(), Ok(()));

    let newer = r#"{"record":"tape","version":2,"of":["a"],"observed_at":"2026-11-21T12:00:00.123Z"}"#;
    let RecordLine::Header(newer) = RecordLine::read(newer) else { panic!("{newer}") };
    let said = newer.check().unwrap_err().to_string();
    assert!(said.starts_with("written by a newer version (2); this one reads 1"), "{said}");

    let others = [
        r#"{"record":"tape","observed_at":"2026-11-21T12:00:00.123Z"}"#,
        r#"{"record":"tape","version":"one","observed_at":"2026-11-21T12:00:00.123Z"}"#,
    ];
    for other in others {
        assert_eq!(RecordLine::read(other), RecordLine::Unknown, "{other}");
    }
    let event = r#"{"record":"tape","version":1,"event":"sold","observed_at":"2026-11-21T12:00:00.123Z"}"#;
    assert_eq!(RecordLine::read(event), RecordLine::Other);
}

const TYPES: [&str; 3] = ["view", "a\u{202e}\u{1b}\"", "purchase"];

/// What can happen: of few types, so that they meet.
fn record() -> impl Strategy<Value = Record> {
    use ChangeKind::{Earlier, Gone, New, Returned, Unchanged, Updated};

    let event_type = prop::sample::select(TYPES.to_vec()).prop_map(TypeName::from);
    let kind = prop::sample::select(vec![New, Returned, Updated, Earlier, Unchanged, Gone]);
    let arrival = prop::sample::select(vec![Arrival::Poll, Arrival::Backfill, Arrival::Sent]);
    let text = (0..4_u64, "[a-z\u{9b}é]{0,3}").prop_map(|(n, text)| {
        let text = serde_json::Value::from(text);
        format!(r#"{{"n": {n}.10,"s":{text},"_bsft_ts":"2026-11-24T12:00:0{n}Z"}}"#)
    });
    let numbers = (any::<Option<u32>>(), any::<u32>(), 0..9_u64, any::<bool>());
    let change = (event_type.clone(), kind, arrival, text, numbers, 0..1_000_u64).prop_map(
        |(event_type, kind, arrival, text, (received, captured, arrived, is_counted), millis)| {
            // The text as it is on a tape: what came is written with its tokens, in one line.
            let text = text::json_line(&text);
            let has_event = !matches!(kind, Unchanged | Gone);
            let head = crate::event::Head::of(&text, Some(event_type.as_str()));
            let payload = Payload::with_head(&text, Payload::hash_of(&text), head);
            Record::Change(Change {
                payload: has_event.then(|| Arc::new(payload)),
                received: received.map(u64::from),
                counted_at: is_counted.then(|| at(millis)),
                captured: captured.into(),
                arrived,
                coverage: None,
                at: at(millis),
                arrival,
                number: None,
                event_type,
                kind,
            })
        },
    );
    let gap = (event_type, any::<Option<u32>>(), any::<bool>()).prop_map(|(event_type, lost, late)| {
        Record::Gap(Gap {
            event_type,
            lost: lost.map(u64::from),
            unless: lost.is_none().then_some(50),
            late,
            at: at(7),
        })
    });
    let polled = Polled {
        at: at(8),
        took: Duration::ZERO,
        status: 200,
        bytes: 2,
        types: 1,
        server_ahead_ms: None,
        last_request: None,
    };
    let problem = Problem { kind: ProblemKind::Refused, what: "no".into(), advice: "look".into() };
    let trouble = Trouble { at: at(9), problem, attempt: 1, next: None, unknown: None };
    prop_oneof![
        6 => change,
        2 => gap,
        1 => Just(Record::Polled(polled)),
        1 => Just(Record::Trouble(trouble)),
        1 => Just(Record::Counted { at: at(10) }),
        1 => Just(Record::Note { at: at(11), note: Note("odd".into()) }),
    ]
}

fn tape_of(records: &[Record]) -> String {
    let lines = std::iter::once(header().line()).chain(records.iter().map(Record::tape_line));
    lines.fold(String::new(), |tape, line| tape + &line + "\n")
}

/// The records of the whole lines of a tape, and whether its end is torn.
fn read(tape: &str) -> (Vec<Record>, bool) {
    let mut records = Vec::new();
    for line in tape.split_inclusive('\n') {
        match check(line, line.ends_with('\n')) {
            Ok(()) => {}
            Err(TapeError::Torn) => return (records, true),
            Err(error) => panic!("{error} in {line}"),
        }
        match RecordLine::read(line) {
            RecordLine::Header(read) => assert_eq!(read, header()),
            RecordLine::Record(record) => records.push(*record),
            RecordLine::Event { change, .. } => records.push(Record::Change(change)),
            line => panic!("{line:?}"),
        }
    }
    (records, false)
}

fn unnumbered(records: Vec<Record>) -> Vec<Record> {
    let unnumbered = |record| match record {
        Record::Change(change) => Record::Change(Change { number: None, ..change }),
        record => record,
    };
    records.into_iter().map(unnumbered).collect()
}

fn session_of(records: &[Record]) -> Session {
    let mut session = Session::default();
    for batch in records.chunks(3) {
        session.take_in(&mut batch.to_vec());
    }
    session
}

/// All that is known of each event that is held, and what was lost before it.
fn history(session: &Session) -> Vec<String> {
    let known = |number| format!("{:?} {:?}", session.history.get(number), session.history.lost_before(number));
    let types = TYPES.map(TypeName::from);
    types.iter().flat_map(|name| session.history.versions(name)).map(|event| known(event.number)).collect()
}

proptest! {
    #[test]
    fn a_tape_read_back_gives_the_same_records(records in prop::collection::vec(record(), 0..20), cut in any::<prop::sample::Index>()) {
        let tape = tape_of(&records);
        prop_assert_eq!(read(&tape), (records.clone(), false));

        // Ended by force anywhere: what is before the torn line is there.
        let cut = (0..=cut.index(tape.len() + 1)).rev().find(|at| tape.is_char_boundary(*at)).unwrap();
        let (before, after) = tape.split_at(cut);
        let (read, is_torn) = read(before);
        prop_assert_eq!(Some(&*read), records.get(..read.len()));
        // A line that lacks nothing but its end is whole.
        let lines = before.lines().count();
        let is_whole = before.is_empty() || before.ends_with('\n') || after.starts_with('\n');
        prop_assert_eq!((is_torn, read.len()), (!is_whole, (lines - usize::from(!is_whole)).saturating_sub(1)));
    }

    #[test]
    fn what_a_session_holds_makes_the_same_session(records in prop::collection::vec(record(), 0..40)) {
        let session = session_of(&records);
        let held = session.records();
        let again = session_of(&held);
        prop_assert_eq!(history(&again), history(&session));
        prop_assert_eq!((again.events, session.held()), (session.events, session.events));
        prop_assert_eq!(unnumbered(again.records()), unnumbered(held.clone()));
    }
}

#[test]
fn of_what_comes_with_every_poll_only_the_newest_is_held() {
    let polled = |millis| {
        Record::Polled(Polled {
            at: at(millis),
            took: Duration::ZERO,
            status: 200,
            bytes: 2,
            types: 1,
            server_ahead_ms: None,
            last_request: None,
        })
    };
    let count = |millis, received| {
        Record::Change(Change {
            event_type: "view".into(),
            kind: ChangeKind::Unchanged,
            payload: None,
            received: Some(received),
            counted_at: None,
            captured: 0,
            arrived: 0,
            coverage: None,
            at: at(millis),
            arrival: Arrival::Poll,
            number: None,
        })
    };
    let problem = Problem { kind: ProblemKind::Unreachable, what: "down".into(), advice: "wait".into() };
    let trouble = Record::Trouble(Trouble { at: at(4), problem, attempt: 1, next: None, unknown: None });
    let mut records: Vec<_> = (0..3).flat_map(|n| [polled(n), count(n, n)]).collect();
    records.extend([trouble.clone(), polled(5), polled(6), polled(7), count(8, 8)]);
    let session = session_of(&records);
    assert_eq!(session.records(), [polled(0), count(0, 0), trouble, polled(5), polled(7), count(8, 8)]);
    assert_eq!((session.held(), session.events), (0, 0));
    assert_eq!(session.history.get(EventNumber(0)), None);
}
