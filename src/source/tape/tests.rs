use std::io::Write;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::event::TypeName;
use crate::session::tape::Header;
use crate::session::{Change, ChangeKind, History, Moment, Record, Speed, TapeExtent, TapePosition, TapeTarget};

/// Longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

fn at(seconds: u64) -> Moment {
    let start: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    Moment::at(start.checked_add(Duration::from_secs(seconds)).unwrap())
}

fn change(event_type: &str, number: u64, at: Moment) -> Record {
    let payload = crate::event::Payload::new(&serde_json::json!({"event": event_type, "n": number}).to_string());
    Record::Change(Change {
        event_type: event_type.into(),
        kind: if number == 0 { ChangeKind::New } else { ChangeKind::Updated },
        payload: Some(Arc::new(payload)),
        received: Some(number + 1),
        counted_at: None,
        captured: number + 1,
        arrived: 1,
        coverage: None,
        at,
        arrival: crate::session::Arrival::Poll,
        number: None,
    })
}

/// A tape: a header, an event a second of three types in turn, and a quiet type at the beginning.
fn tape(events: u64) -> String {
    let mut lines = vec![Header::new("us · example".into(), false, at(0)).line().to_string()];
    let names = ["view", "purchase", "sea\"rch"];
    lines.push(change("quiet", 0, at(0)).tape_line().to_string());
    for (number, name) in (1..events).zip(names.iter().cycle()) {
        lines.push(Record::Counted { at: at(number) }.tape_line().to_string());
        lines.push(change(name, number / 3, at(number)).tape_line().to_string());
    }
    lines.join("\n") + "\n"
}

fn file(bytes: &[u8]) -> TapeFile {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    TapeFile { called: "t.ndjson".into(), file }
}

/// A tape that is played, and what was told of it.
struct Played {
    player: Player,
    extent: TapeExtent,
    faults: Vec<String>,
    failed: Option<String>,
    seeks: u64,
}

impl Played {
    fn start(bytes: &[u8]) -> Self {
        let mut begun = Self {
            player: Player::start(file(bytes), None),
            extent: TapeExtent::default(),
            faults: Vec::new(),
            failed: None,
            seeks: 0,
        };
        begun.until(|begun| (begun.extent.is_whole || begun.failed.is_some()).then_some(()));
        begun
    }

    fn next(&mut self) -> Option<TapeNews> {
        let begun = Instant::now();
        let news = loop {
            match self.player.news.try_recv() {
                Ok(news) => break news,
                Err(mpsc::error::TryRecvError::Empty) => {
                    assert!(begun.elapsed() < PATIENCE, "nothing is told");
                    thread::yield_now();
                }
                Err(mpsc::error::TryRecvError::Disconnected) => return None,
            }
        };
        match &news {
            TapeNews::Extent { extent, .. } => self.extent = *extent,
            TapeNews::Fault(told) | TapeNews::Lasting(told) => self.faults.push(told.to_string()),
            TapeNews::Failed(told) => self.failed = Some(told.to_string()),
            TapeNews::Played { .. } | TapeNews::Restored { .. } | TapeNews::Ended => {}
        }
        Some(news)
    }

    fn until<T>(&mut self, done: impl Fn(&Self) -> Option<T>) -> T {
        loop {
            if let Some(done) = done(self) {
                return done;
            }
            self.next().unwrap();
        }
    }

    /// Goes there; whether that is told as something new, what is told and where that is.
    fn seek(&mut self, target: TapeTarget) -> (bool, Vec<Record>, TapePosition) {
        self.seeks += 1;
        self.player.command(TapeCommand::Seek { number: self.seeks, target });
        loop {
            match self.next().unwrap() {
                TapeNews::Played { records, position, seek } if seek == self.seeks => {
                    return (false, records, position);
                }
                TapeNews::Restored { records, position, seek } if seek == self.seeks => {
                    return (true, records, position);
                }
                _ => {}
            }
        }
    }
}

/// The newest event of each type that records bring, and how many were captured of it.
fn newest(records: &[Record]) -> Vec<(String, String, u64)> {
    let mut newest: std::collections::BTreeMap<String, (String, u64)> = std::collections::BTreeMap::new();
    for change in records.iter().filter_map(Record::change) {
        if let Some(payload) = &change.payload {
            newest.insert(change.event_type.as_str().to_owned(), (payload.text().to_owned(), change.captured));
        }
    }
    newest.into_iter().map(|(name, (text, captured))| (name, text, captured)).collect()
}

fn events(records: &[Record]) -> usize {
    records.iter().filter_map(Record::change).filter(|change| change.payload.is_some()).count()
}

#[test]
fn a_tape_is_gone_through_in_both_directions_and_every_place_is_the_same_from_wherever_one_comes() {
    let text = tape(9_000);
    let all: Vec<Record> = {
        let mut reader = LineReader::default();
        let told = text.lines().map(|line| reader.read(line.as_bytes(), true).unwrap());
        told.flat_map(|told| if let Told::Records(records) = told { records } else { Vec::new() }).collect()
    };
    let mut played = Played::start(text.as_bytes());
    let extent = played.extent;
    assert_eq!((extent.events, extent.first, extent.last), (9_000, Some(at(0).wall), Some(at(8_999).wall)));
    let expected = |count: usize| {
        let mut seen = 0;
        let until = all.iter().take_while(|record| {
            let is_more = seen < count;
            seen += usize::from(record.change().is_some());
            is_more
        });
        newest(&until.cloned().collect::<Vec<_>>())
    };
    for target in [9_000_u64, 1, 2, 3, 8_000, 7_999, 4_500, 4_501, 10, 9_000] {
        let (is_new, records, position) = played.seek(TapeTarget::Event(target));
        assert_eq!(position.events, target);
        let count = usize::try_from(target).unwrap();
        assert_eq!(position.at, Some(at(target - 1).wall), "{target}");
        if is_new {
            assert_eq!(newest(&records), expected(count), "{target}");
            assert!(events(&records) <= 5_010, "{}", events(&records));
        }
    }
    let cases = [
        (TapeTarget::Time(at(100).wall), 101),
        (TapeTarget::Time(at(8_000).wall), 8_001),
        (TapeTarget::Time(Timestamp::UNIX_EPOCH), 0),
        (TapeTarget::Time(at(1_000_000).wall), 9_000),
        (TapeTarget::Share(5_000), 4_500),
        (TapeTarget::Share(0), 1),
        (TapeTarget::End, 9_000),
    ];
    for (target, expected) in cases {
        assert_eq!(played.seek(target).2.events, expected, "{target:?}");
    }
    // One on is told by itself.
    played.seek(TapeTarget::Event(5_000));
    let (is_new, records, _) = played.seek(TapeTarget::Event(5_001));
    assert_eq!((is_new, events(&records)), (false, 1));
    assert_eq!(played.faults, [""; 0]);
}

#[test]
fn a_tape_is_played_to_its_end_and_as_fast_as_is_asked() {
    let text = tape(40);
    let mut played = Played::start(text.as_bytes());
    played.seek(TapeTarget::Event(1));
    let begun = Instant::now();
    played.player.command(TapeCommand::Play("100".parse().unwrap()));
    let mut told = Vec::new();
    loop {
        match played.next().unwrap() {
            TapeNews::Played { records, position, .. } => {
                told.extend(records);
                assert_eq!(position.events, 1 + events(&told) as u64);
            }
            TapeNews::Ended => break,
            _ => {}
        }
    }
    assert_eq!(events(&told), 39);
    // 39 seconds of it.
    assert!(begun.elapsed() >= Duration::from_millis(380), "{:?}", begun.elapsed());

    // Held, nothing follows; a seek is answered all the same.
    played.seek(TapeTarget::Event(1));
    played.player.command(TapeCommand::Play(Speed::default()));
    played.player.command(TapeCommand::Hold);
    assert_eq!(played.seek(TapeTarget::Event(2)).2.events, 2);
}

#[test]
fn files_of_events_are_played_whatever_they_come_in() {
    let one = r#"{"event":"view","n":1,"timestamp":"2026-11-24T12:00:01Z"}"#;
    let two = r#"{"event":"view","n":2,"timestamp":"2026-11-24T12:00:05Z"}"#;
    let three = r#"{"event":"cart","n":3}"#;
    let lines = format!("{one}\n{two}\n{three}\n");
    let gzip = {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(lines.as_bytes()).unwrap();
        packed.finish().unwrap()
    };
    let zstd = ruzstd::encoding::compress_to_vec(lines.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let forms: [(&str, Vec<u8>); 8] = [
        ("lines", lines.clone().into()),
        ("lines without a last feed", lines.trim_end().into()),
        ("with a mark and CRLF", format!("\u{feff}\r\n{}", lines.replace('\n', "\r\n")).into()),
        ("an array", format!("[{one},\n{two},{three}]").into()),
        ("a bulk payload", format!(r#"{{"events":[{one},{two},{three}]}}"#).into()),
        ("over lines", lines.replace(',', ",\n ").into()),
        ("gzip", gzip),
        ("zstd", zstd),
    ];
    for (form, bytes) in forms {
        let mut played = Played::start(&bytes);
        let (_, records, position) = played.seek(TapeTarget::End);
        let known: Vec<_> = records
            .iter()
            .filter_map(Record::change)
            .map(|change| (change.event_type.as_str(), change.kind, change.captured, change.at.wall))
            .collect();
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let expected = [
            ("view", ChangeKind::New, 1, time("2026-11-24T12:00:01Z")),
            ("view", ChangeKind::Updated, 2, time("2026-11-24T12:00:05Z")),
            ("cart", ChangeKind::New, 1, time("2026-11-24T12:00:05Z")),
        ];
        assert_eq!(known, expected, "{form}");
        assert_eq!((position.events, played.faults.len()), (3, 0), "{form}: {:?}", played.faults);
    }
}

/// A bad input: its name, its bytes, what is told of it, and how many events are left where that is known.
type BadInput<'a> = (&'a str, Vec<u8>, &'a [&'a str], Option<u64>);

#[test]
fn of_what_cannot_be_read_it_is_said_where_and_the_rest_is_played() {
    let good = tape(4);
    let broken = {
        let mut lines: Vec<_> = good.lines().collect();
        lines.insert(4, r#"{"record":"event","type":"view","change":"#);
        lines.insert(6, "[1, 2]");
        lines.join("\n") + "\n"
    };
    let newer = good.replacen(r#""version":1"#, r#""version":2"#, 1);
    let torn = &good[..good.len() - 20];
    let gzip = {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(tape(3_000).as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        packed[..packed.len() / 2].to_vec()
    };
    let zstd = ruzstd::encoding::compress_to_vec(tape(3_000).as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let not_text =
        [good.as_bytes(), b"{\"event\":\"\xff\"}\n", change("view", 9, at(9)).tape_line().as_bytes(), b"\n"].concat();
    let array = "[{\"event\":\"a\"},7]\n{\"event\": oops}\n{\"event\":\"b\"}";
    let cases: [BadInput; 12] = [
        ("a newer version", newer.into(), &["t.ndjson:1: written by a newer version (2)"], Some(4)),
        (
            "broken lines",
            broken.into(),
            &["t.ndjson:5: not JSON: ", "t.ndjson:7: neither a record nor an event"],
            Some(4),
        ),
        ("a torn end", torn.into(), &["t.ndjson:8: the last line is torn"], Some(3)),
        ("not text in it", not_text, &["t.ndjson:9: not text (not UTF-8); left out"], Some(5)),
        ("gzip cut short", gzip, &["the gzip file is cut short here; all before this was read"], None),
        ("zstd cut short", zstd[..zstd.len() / 2].into(), &["the zstd file is cut short here"], None),
        ("values", array.into(), &["t.ndjson:1: neither a record nor", "t.ndjson:2: not JSON"], Some(2)),
        ("a foreign file", b"a,b\n1,2\n".to_vec(), &["!t.ndjson: no tape and no file of events"], Some(0)),
        ("a picture", b"\x89PNG\r\n\x1a\n".to_vec(), &["!t.ndjson: no tape and no file of events"], Some(0)),
        ("UTF-16", b"\xff\xfe{\0}\0".to_vec(), &["!t.ndjson: this is UTF-16"], Some(0)),
        ("an empty one", Vec::new(), &["!t.ndjson: empty"], Some(0)),
        ("blank lines", b"\n \n".to_vec(), &["!t.ndjson: empty"], Some(0)),
    ];
    for (case, bytes, expected, left) in cases {
        let mut played = Played::start(&bytes);
        if played.failed.is_none() {
            let (_, records, position) = played.seek(TapeTarget::End);
            assert!(left.is_none_or(|left| left == position.events), "{case}: {}", position.events);
            assert!(events(&records) > 0, "{case}");
            if case == "a torn end" {
                assert_eq!(played.extent.last, position.at, "{case}");
            }
            // What follows the records is told after them.
            played.seek(TapeTarget::Event(1));
        }
        let mut told = played.faults.clone();
        told.extend(played.failed.iter().map(|failed| format!("!{failed}")));
        for expected in expected {
            let (is_fatal, part) = expected.strip_prefix('!').map_or((false, *expected), |part| (true, part));
            let is_told = |told: &&String| told.starts_with('!') == is_fatal && told.contains(part);
            assert_eq!(told.iter().filter(is_told).count(), 1, "{case}: {told:#?}");
        }
        assert_eq!(told.len(), expected.len(), "{case}: {told:#?}");
    }
}

#[test]
fn a_folder_and_a_file_that_is_not_there_are_no_tapes() {
    let folder = tempfile::tempdir().unwrap();
    let told = |path: &Path| TapeFile::open(path).unwrap_err().to_string();
    assert!(told(folder.path()).ends_with("is a folder, not a tape"));
    let missing = told(&folder.path().join("none.ndjson"));
    assert!(missing.contains("none.ndjson cannot be opened: "), "{missing}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What is written is played again, whatever the records.
    #[test]
    fn records_that_were_written_come_back_as_they_were(
        kinds in prop::collection::vec((0_u8..4, "[a-z\"é]{1,6}", 0_u64..5), 1..40),
    ) {
        let records: Vec<Record> = kinds.iter().zip(0..).map(|((kind, name, number), second)| match kind {
            0 => Record::Counted { at: at(second) },
            1 => Record::Gap(crate::session::Gap {
                event_type: name.as_str().into(), lost: Some(*number), unless: None, late: false, at: at(second),
            }),
            _ => change(name, *number, at(second)),
        }).collect();
        let header = Header::new("us".into(), false, at(0));
        let lines = std::iter::once(header.line()).chain(records.iter().map(Record::tape_line));
        let text = lines.fold(String::new(), |text, line| text + &line + "\n");
        let mut played = Played::start(text.as_bytes());
        let (is_new, told, _) = played.seek(TapeTarget::End);
        prop_assert!(is_new);
        prop_assert_eq!(told, records);
        prop_assert_eq!(&played.faults, &Vec::<String>::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever a file holds, it is read to an end, or it is said why not; and one can go to its end.
    #[test]
    fn a_tape_that_was_damaged_is_played_or_refused(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = tape(30).into_bytes();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        let mut played = Played::start(&bytes);
        if played.failed.is_none() {
            let (_, _, position) = played.seek(TapeTarget::End);
            prop_assert!(position.events <= 30);
        }
    }
}

/// The newest of each type is found also where it stands far behind, and the history holds it.
#[test]
fn a_quiet_type_is_known_wherever_one_goes() {
    let text = tape(20_000);
    let mut played = Played::start(text.as_bytes());
    let (_, mut records, _) = played.seek(TapeTarget::Event(15_000));
    let mut session = crate::session::Session::new(64 << 20);
    session.take_in(&mut records);
    let history: &History = &session.history;
    assert!(history.newest(&TypeName::from("quiet")).is_some());
    assert!(history.count(&TypeName::from("view")) > 700);
}
