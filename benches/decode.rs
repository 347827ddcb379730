//! What a poll of a large account costs: a body of 10 MB with 5,000 event types, decoded and tracked, when nothing
//! changed, when one type in a hundred did, and when all did.
//!
//! With `SIDE_BY_SIDE=FOLDER` in the environment nothing is measured by criterion: the body is written to
//! `FOLDER/body.json`, and one line a case is printed, `unchanged 0.000642`, with the median of its seconds. The work is
//! done on one thread without waiting, so the time is CPU time and can stand beside that of `jq` on the same file.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use clickscope::blueshift::{Decoded, Decoder};
use clickscope::feed::{Moment, Tracker};
use criterion::{BatchSize, Criterion};
use jiff::Timestamp;

const TYPES: usize = 5_000;
const NOW: Moment = Moment { elapsed: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };

/// One event a type, about 2 kB each, as a shop sends them. Of the events, one in `changed_every` differs by `version`.
fn body(version: usize, changed_every: usize) -> String {
    let mut body = String::from("{");
    for number in 0..TYPES {
        let version = if number % changed_every == 0 { version } else { 0 };
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(
            body,
            r#"{comma}"type_{number}":{{"event":"type_{number}","_bsft_ts":"2025-09-17T10:26:55.000Z","timestamp":"2025-09-17T10:26:54.688Z","event_uuid":"2f1d5c0e-7a4b-4e6f-9d38-{version:012}","customer_id":"{number}","email":"shopper{number}@example.com","user_agent":"Mozilla/5.0 (X11; Linux x86_64)","revenue":31.24,"tax":2.10,"coupon":null,"newsletter":true,"products":["#
        );
        for product in 0..16 {
            let comma = if product == 0 { "" } else { "," };
            let _ = write!(
                body,
                r#"{comma}{{"sku":"45790-{product}","title":"Wool socks, \"grey\", pack of {product}","price":19.{product},"quantity":{product},"in_stock":true}}"#
            );
        }
        body.push_str("]}");
    }
    body.push('}');
    body
}

/// A decoder and a tracker that have seen one body and are shown another.
fn poll(first: &str) -> (Decoder, Tracker) {
    let (mut decoder, mut tracker) = (Decoder::default(), Tracker::default());
    show(&mut decoder, &mut tracker, first);
    (decoder, tracker)
}

fn show(decoder: &mut Decoder, tracker: &mut Tracker, body: &str) -> usize {
    match decoder.decode(body.as_bytes()) {
        Decoded::Same => 0,
        Decoded::Snapshot(snapshot) => tracker.observe(&snapshot, NOW).len(),
        Decoded::Unknown(unknown) => panic!("the generated body cannot be read: {}", unknown.reason),
    }
}

fn cases() -> [(&'static str, String, usize); 3] {
    [
        ("unchanged", body(0, 1), 0),
        ("one_percent_changed", body(1, 100), TYPES / 100),
        ("all_changed", body(1, 1), TYPES),
    ]
}

fn side_by_side(folder: &std::path::Path) -> std::io::Result<()> {
    let first = body(0, 1);
    std::fs::write(folder.join("body.json"), &first)?;
    for (name, second, changes) in cases() {
        let mut seconds: Vec<_> = (0..21)
            .map(|_| {
                let (mut decoder, mut tracker) = poll(&first);
                let start = Instant::now();
                assert_eq!(show(&mut decoder, &mut tracker, black_box(&second)), changes);
                start.elapsed().as_secs_f64()
            })
            .collect();
        seconds.sort_by(f64::total_cmp);
        println!("{name} {:.6}", seconds.get(seconds.len() / 2).copied().unwrap_or_default());
    }
    Ok(())
}

fn main() -> std::io::Result<()> {
    if let Some(folder) = std::env::var_os("SIDE_BY_SIDE") {
        return side_by_side(folder.as_ref());
    }
    let mut criterion = Criterion::default().configure_from_args();
    let first = body(0, 1);
    let mut group = criterion.benchmark_group("poll_of_10_mb");
    for (name, second, changes) in cases() {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || poll(&first),
                |(mut decoder, mut tracker)| {
                    assert_eq!(show(&mut decoder, &mut tracker, black_box(&second)), changes);
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
