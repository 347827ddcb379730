//! The cost of polling a large account: a body of 10 MB with 5,000 event types, decoded and tracked, when nothing
//! changed, when one type in a hundred did, and when all did; and the one in a hundred in the other forms that an answer
//! may have.
//!
//! With `SIDE_BY_SIDE=FOLDER` in the environment nothing is measured by criterion: the body is written to
//! `FOLDER/body.json`, and a line is printed for each case, `unchanged 0.000642`, with the median of the CPU seconds it
//! took, to stand beside those of another program on the same file.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use clickscope::blueshift::{Decoded, Decoder};
use clickscope::session::{Moment, Tracker};
use criterion::{BatchSize, Criterion};
use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};

const TYPES: usize = 5_000;
const ROUNDS: usize = 21;
const NOW: Moment = Moment { elapsed: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };

/// A body, the body of the poll after it, and how many types change between them.
struct Case {
    name: &'static str,
    bodies: [String; 2],
    changes: usize,
}

/// How events become a body.
type Form = fn(&[String]) -> String;

fn cases() -> Vec<Case> {
    let forms: [(&str, Form); 3] = [("", keyed), ("_in_lists", in_lists), ("_wrapped", wrapped)];
    let mut cases = Vec::new();
    for (suffix, form) in forms {
        for (name, every) in [("unchanged", 0), ("one_percent_changed", 100), ("all_changed", 1)] {
            if suffix.is_empty() || every == 100 {
                let changes = TYPES.checked_div(every).unwrap_or_default();
                let name = if suffix.is_empty() { name.to_owned() } else { format!("{name}{suffix}") };
                cases.push(Case { name: name.leak(), bodies: [form(&events(0)), form(&events(every))], changes });
            }
        }
    }
    cases
}

/// An event a type, about 2 kB each, as a shop sends them; one in `changed_every` differs from those of the first poll.
fn events(changed_every: usize) -> Vec<String> {
    let event = |number: usize| {
        let version = usize::from(number.checked_rem(changed_every) == Some(0));
        let mut event = format!(
            r#"{{"event":"type_{number}","_bsft_ts":"2025-09-17T10:26:55.000Z","timestamp":"2025-09-17T10:26:54.688Z","event_uuid":"2f1d5c0e-7a4b-4e6f-9d38-{version:012}","customer_id":"{number}","email":"shopper{number}@example.com","user_agent":"Mozilla/5.0 (X11; Linux x86_64)","revenue":31.24,"tax":2.10,"coupon":null,"newsletter":true,"products":["#
        );
        for product in 0..16 {
            let comma = if product == 0 { "" } else { "," };
            let _ = write!(
                event,
                r#"{comma}{{"sku":"45790-{product}","title":"Wool socks, \"grey\", pack of {product}","price":19.{product},"quantity":{product},"in_stock":true}}"#
            );
        }
        event.push_str("]}");
        event
    };
    (0..TYPES).map(event).collect()
}

fn keyed(events: &[String]) -> String {
    let members = events.iter().enumerate().map(|(number, event)| format!(r#""type_{number}":{event}"#));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn in_lists(events: &[String]) -> String {
    let members = events.iter().enumerate().map(|(number, event)| format!(r#""type_{number}":[{event}]"#));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn wrapped(events: &[String]) -> String {
    format!(r#"{{"status":"ok","data":{}}}"#, keyed(events))
}

/// A decoder and a tracker that have seen a body.
fn after(body: &str) -> (Decoder, Tracker) {
    let (mut decoder, mut tracker) = (Decoder::default(), Tracker::default());
    show(&mut decoder, &mut tracker, body);
    (decoder, tracker)
}

fn show(decoder: &mut Decoder, tracker: &mut Tracker, body: &str) -> usize {
    match decoder.decode(black_box(body).as_bytes()) {
        Decoded::Same => 0,
        Decoded::Snapshot(snapshot) => tracker.observe(&snapshot, NOW).len(),
        Decoded::Unknown(unknown) => panic!("the generated body cannot be read: {}", unknown.reason),
    }
}

fn side_by_side(folder: &Path) -> std::io::Result<()> {
    let cpu_seconds = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default()).as_secs_f64()
    };
    for Case { name, bodies: [first, second], changes } in cases() {
        if name == "unchanged" {
            std::fs::write(folder.join("body.json"), &first)?;
        }
        let mut rounds = [0.0; ROUNDS];
        for round in &mut rounds {
            let (mut decoder, mut tracker) = after(&first);
            let start = cpu_seconds();
            assert_eq!(show(&mut decoder, &mut tracker, &second), changes);
            *round = cpu_seconds() - start;
        }
        rounds.sort_by(f64::total_cmp);
        println!("{name} {:.6}", rounds.get(ROUNDS / 2).copied().unwrap_or_default());
    }
    Ok(())
}

fn main() -> std::io::Result<()> {
    if let Some(folder) = std::env::var_os("SIDE_BY_SIDE") {
        return side_by_side(folder.as_ref());
    }
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("poll_of_10_mb");
    for Case { name, bodies: [first, second], changes } in cases() {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || after(&first),
                |(mut decoder, mut tracker)| {
                    assert_eq!(show(&mut decoder, &mut tracker, &second), changes);
                    (decoder, tracker)
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
    criterion.final_summary();
    Ok(())
}
