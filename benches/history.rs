//! The cost of remembering: the diff of two events of 1 MB, and the memory of a session that goes on for long.
//!
//! With `SIDE_BY_SIDE=FOLDER` in the environment the same inputs are written there, `before.json` and `after.json`, and a
//! line is printed for each case, `diff 0.0123`, with the median of the seconds it took, to stand beside those of other
//! programs; of the memory, how much it is after one million events (`memory_mb`), and how much it grows until ten.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may stop, and prints what it measured")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clickscope::event::{Document, Payload, diff};
use clickscope::session::{Arrival, Change, ChangeKind, HISTORY_LIMIT, Moment, Record, Session};
use criterion::Criterion;
use jiff::Timestamp;

const PRODUCTS: usize = 6_000;
const ROUNDS: usize = 11;

/// An order of about 1 MB; in every hundredth product of the second version two fields differ.
fn order(version: usize) -> String {
    let mut text = r#"{"event":"purchase","order_id":"50314","products":["#.to_owned();
    for number in 0..PRODUCTS {
        let differs = if number % 100 == 0 { version } else { 0 };
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(
            text,
            r#"{comma}{{"sku":"45790-{number}","title":"Wool socks, \"grey\", pack of {number}","price":{}.{},"quantity":{},"in_stock":true,"category":"socks and stockings / wool","image":"https://shop.example.com/i/{number}.jpg"}}"#,
            19 + differs,
            number % 100,
            1 + differs,
        );
    }
    text + "]}"
}

/// Arrays that have nothing in common, with nothing to match their elements by.
fn shuffled(seed: usize) -> String {
    let numbers: Vec<_> = (0..100_000).map(|number| (number * 7_919 + seed * 104_729).to_string()).collect();
    format!(r#"{{"event":"view","list":[{}]}}"#, numbers.join(","))
}

/// Events of a shop, about half a kilobyte each.
fn event(number: usize) -> String {
    format!(
        r#"{{"event":"purchase","event_uuid":"2f1d5c0e-7a4b-4e6f-9d38-{number:012}","timestamp":"2025-09-17T10:26:54.688Z","customer_id":"{}","email":"shopper{}@example.com","user_agent":"Mozilla/5.0 (X11; Linux x86_64)","order_id":"{number}","revenue":{}.24,"tax":2.10,"coupon":null,"products":[{{"sku":"45790-{number}","title":"Wool socks","price":19.95,"quantity":1}},{{"sku":"46493-{number}","title":"Laces","price":3,"quantity":2}}]}}"#,
        number % 977,
        number % 977,
        number % 140,
    )
}

fn document(text: &str) -> Document {
    Document::new(Arc::new(Payload::new(text))).unwrap()
}

/// The median of the seconds that `work` takes.
fn median(mut work: impl FnMut()) -> f64 {
    let mut seconds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    *seconds.get(ROUNDS / 2).unwrap()
}

/// The memory of this process in megabytes.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().map_or(f64::NAN, |kb: f64| kb / 1_000.0)
}

/// Takes these events in.
fn take_in(session: &mut Session, events: std::ops::Range<usize>) {
    for number in events {
        let change = Change {
            event_type: format!("type_{}", number % 40).as_str().into(),
            kind: ChangeKind::Updated,
            payload: Some(Arc::new(Payload::new(&event(number)))),
            received: None,
            counted_at: None,
            captured: 1,
            arrived: 1,
            coverage: None,
            at: Moment { elapsed: Duration::from_millis(number as u64), wall: Timestamp::UNIX_EPOCH },
            arrival: Arrival::default(),
            number: None,
        };
        let _ = session.take_in(&mut [Record::Change(change)]);
    }
}

fn side_by_side(folder: &Path) -> std::io::Result<()> {
    let (before, after) = (order(0), order(1));
    std::fs::write(folder.join("before.json"), &before)?;
    std::fs::write(folder.join("after.json"), &after)?;
    println!(
        "diff {}",
        median(|| {
            black_box(diff(&document(&before), &document(&after)));
        })
    );
    let (one, other) = (document(&shuffled(0)), document(&shuffled(1)));
    println!(
        "diff_of_worst_array {}",
        median(|| {
            black_box(diff(&one, &other));
        })
    );

    let mut session = Session::new(HISTORY_LIMIT);
    take_in(&mut session, 0..1_000_000);
    let early = resident_mb();
    let started = Instant::now();
    take_in(&mut session, 1_000_000..10_000_000);
    println!("memory_mb {early}\nmemory_growth_mb {}", resident_mb() - early);
    println!("events_a_second {}", 9_000_000.0 / started.elapsed().as_secs_f64());
    Ok(())
}

fn main() -> std::io::Result<()> {
    if let Some(folder) = std::env::var_os("SIDE_BY_SIDE") {
        return side_by_side(Path::new(&folder));
    }
    let mut criterion = Criterion::default().configure_from_args();
    let (before, after) = (document(&order(0)), document(&order(1)));
    criterion.bench_function("diff of two events of 1 MB, 1 % changed", |bencher| {
        bencher.iter(|| black_box(diff(&before, &after)));
    });
    let (one, other) = (document(&shuffled(0)), document(&shuffled(1)));
    criterion.bench_function("diff of two lists of 100,000 numbers without a common one", |bencher| {
        bencher.iter(|| black_box(diff(&one, &other)));
    });
    criterion.final_summary();
    Ok(())
}
